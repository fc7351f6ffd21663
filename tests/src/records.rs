//! Random programs on structs, on vectors that grow, and on options.
//!
//! There are two types, [`TYPES`]: one that is `Copy` and one that is not, with nested fields, an
//! array and a vector. A vector that grows has at least three elements at any time.

use super::{Form, Kind, Shape, Var, Writer};

/// The types of the programs, in marked text.
pub const TYPES: &str = "#[derive(Clone, Copy, Debug)]
struct Point { x: ℝ, y: ℝ }
#[derive(Clone, Debug)]
struct State { at: Point, w: [ℝ; 3], list: Vec<ℝ>, k: ℝ }
";

impl Writer<'_> {
    pub(super) fn state(&mut self, mutable: bool) -> Option<Var> {
        let frozen = self.frozen.clone();
        self.pick_var(|v| {
            matches!(v.kind, Kind::State(_)) && (!mutable || v.mutable && !frozen.contains(&v.name))
        })
    }

    pub(super) fn point(&mut self, mutable: bool) -> Option<Var> {
        self.pick_var(|v| v.kind == Kind::Point && (!mutable || v.mutable))
    }

    /// A field of a struct that holds a number.
    pub(super) fn field(&mut self, name: &str) -> String {
        let k = self.rng.below(3);
        match self.rng.below(5) {
            0 => format!("{name}.at.x"),
            1 => format!("{name}.at.y"),
            2 => format!("{name}.w[{k}]"),
            3 => format!("{name}.list[{k}]"),
            _ => format!("{name}.k"),
        }
    }

    /// A vector that may be added to, by its path.
    fn growing(&mut self) -> Option<String> {
        let frozen = self.frozen.clone();
        let var = self.pick_var(|v| {
            v.mutable
                && matches!(v.kind, Kind::Growing | Kind::State(_))
                && !frozen.contains(&v.name)
        })?;
        Some(match var.kind {
            Kind::State(_) => format!("{}.list", var.name),
            _ => var.name,
        })
    }

    /// Something with elements, to read.
    pub(super) fn sequence(&mut self) -> Option<String> {
        let var =
            self.pick_var(|v| matches!(v.kind, Kind::List(..) | Kind::Growing | Kind::State(_)))?;
        Some(match (var.kind, self.rng.below(2)) {
            (Kind::State(_), 0) => format!("{}.list", var.name),
            (Kind::State(_), _) => format!("{}.w", var.name),
            _ => var.name,
        })
    }

    pub(super) fn point_value(&mut self) -> String {
        match (self.rng.below(4), self.point(false), self.state(false)) {
            (0, Some(point), _) => point.name,
            (1, _, Some(state)) => format!("{}.at", state.name),
            (2, Some(point), _) => format!("Point {{ y: {}, ..{} }}", self.tame(1), point.name),
            _ => format!("Point {{ x: {}, y: {} }}", self.tame(1), self.tame(1)),
        }
    }

    pub(super) fn state_value(&mut self) -> String {
        match (self.rng.below(4), self.state(false)) {
            (0, Some(state)) => format!("{}.clone()", state.name),
            (1, Some(state)) => {
                format!("State {{ k: {}, ..{}.clone() }}", self.tame(1), state.name)
            }
            _ => format!(
                "State {{ at: {}, list: vec!{}, k: {}, w: {} }}",
                self.point_value(),
                self.tame_array(),
                self.tame(1),
                self.tame_array()
            ),
        }
    }

    fn tame_array(&mut self) -> String {
        let parts: Vec<String> = (0..3).map(|_| self.tame(1)).collect();
        format!("[{}]", parts.join(", "))
    }

    /// A statement on structs or vectors that grow.
    pub(super) fn record(&mut self) {
        let most = if self.rich { 13 } else { 9 };
        match self.rng.below(most) {
            0 => {
                let (name, value) = (self.fresh("p"), self.point_value());
                self.line(&format!("let mut {name} = {value};"));
                self.declare(&name, Kind::Point, true);
            }
            1 => {
                let (name, value) = (self.fresh("o"), self.state_value());
                self.line(&format!("let mut {name} = {value};"));
                self.declare(&name, Kind::State(Form::Vec), true);
            }
            2 => self.new_growing(),
            3 | 4 => self.push(),
            5 => self.point_assignment(),
            6 => self.field_swap(),
            7 => self.lent_field(),
            8 => self.loop_over_growing(),
            9 => self.option(),
            10 => self.shrink(),
            11 => self.replaced(),
            _ => self.rearranged(),
        }
    }

    fn new_growing(&mut self) {
        let name = self.fresh("l");
        if self.rng.one_in(2) {
            let values = self.tame_array();
            self.line(&format!("let mut {name} = vec!{values};"));
        } else {
            let (i, e) = (self.fresh("i"), self.tame(1));
            let empty = if self.rich { "Vec::new()" } else { "vec![]" };
            self.line(&format!("let mut {name} = {empty};"));
            self.line(&format!(
                "for {i} in 0..3 {{ {name}.push({e} + ⟦{i} as f64⟧); }}"
            ));
        }
        self.declare(&name, Kind::Growing, true);
    }

    fn push(&mut self) {
        let Some(list) = self.growing() else {
            return self.record();
        };
        let e = self.tame(1);
        if self.rng.one_in(3) {
            let condition = self.condition(1);
            self.line(&format!("if {condition} {{ {list}.push({e}); }}"));
        } else {
            self.line(&format!("{list}.push({e});"));
        }
    }

    fn point_assignment(&mut self) {
        let value = self.point_value();
        match (self.point(true), self.state(true), self.rng.below(2)) {
            (Some(point), _, 0) => self.line(&format!("{} = {value};", point.name)),
            (_, Some(state), _) => self.line(&format!("{}.at = {value};", state.name)),
            _ => self.assignment(),
        }
    }

    fn field_swap(&mut self) {
        let Some(state) = self.state(true) else {
            return self.assignment();
        };
        let (name, k) = (&state.name, 1 + self.rng.below(2));
        match (self.point(true), self.rng.below(3)) {
            (Some(point), 0) => self.line(&format!(
                "std::mem::swap(&mut {name}.at, &mut {});",
                point.name
            )),
            (_, 1) => self.line(&format!("{name}.w.swap(0, {k});")),
            _ => self.line(&format!("std::mem::swap(&mut {name}.at.x, &mut {name}.k);")),
        }
    }

    /// A mutable reference to a part in a local.
    fn lent_field(&mut self) {
        let Some(state) = self.state(true) else {
            return self.assignment();
        };
        self.hidden.push(state.name.clone());
        let (a, b) = (self.tame(1), self.tame(1));
        self.hidden.clear();
        let r = self.fresh("r");
        if self.rng.one_in(2) {
            self.line(&format!(
                "{{ let {r} = &mut {}.at; {r}.x += {a}; {r}.y = {r}.x * {b}; }}",
                state.name
            ));
        } else {
            self.line(&format!(
                "for {r} in {}.list.iter_mut() {{ *{r} = (*{r} * {a}).sin(); }}",
                state.name
            ));
        }
    }

    fn loop_over_growing(&mut self) {
        let Some(var) = self.pick_var(|v| matches!(v.kind, Kind::Growing | Kind::State(_))) else {
            return self.record();
        };
        if self.loops.len() > 2 {
            return self.assignment();
        }
        let source = match var.kind {
            Kind::State(_) => format!("{}.list", var.name),
            _ => var.name.clone(),
        };
        let e = self.fresh("e");
        let head = self.enter_loop();
        self.frozen.push(var.name);
        self.block(&format!("{head}for &{e} in {source}.iter() {{"), |cx| {
            cx.declare(&e, Kind::Float, false);
            cx.statements(2);
            cx.assignment();
        });
        self.line("}");
        self.frozen.pop();
        self.loops.pop();
    }

    fn option(&mut self) {
        let (name, t) = (self.fresh("o"), self.fresh("t"));
        let (condition, e) = (self.condition(1), self.tame(1));
        self.line(&format!(
            "let {name} = if {condition} {{ Some({e}) }} else {{ None }};"
        ));
        match self.rng.below(3) {
            0 => {
                self.block(&format!("if let Some({t}) = {name} {{"), |cx| {
                    cx.declare(&t, Kind::Float, false);
                    cx.assignment();
                });
                self.line("}");
            }
            1 => {
                let value = self.value(self.result);
                let leave = if self.loops.is_empty() || self.no_exits {
                    format!("return {value}")
                } else {
                    "continue".to_owned()
                };
                self.line(&format!("let Some({t}) = {name} else {{ {leave}; }};"));
                self.declare(&t, Kind::Float, false);
            }
            _ => {
                let (a, e) = (self.fresh("a"), self.tame(1));
                self.line(&format!(
                    "let {a} = {name}.map(|{t}| {t} * {t}).unwrap_or({e});"
                ));
                self.declare(&a, Kind::Float, false);
            }
        }
    }

    /// Takes elements off the end, down to three.
    fn shrink(&mut self) {
        let Some(list) = self.growing() else {
            return self.record();
        };
        let t = self.fresh("t");
        let place = self.pick_var(|v| v.mutable && v.kind == Kind::Float);
        match (place, self.rng.below(3)) {
            (Some(place), 0) => self.line(&format!(
                "while {list}.len() > 3 {{ let {t} = {list}.pop().unwrap(); ⟪{}¦+¦{t}⟫; }}",
                place.name
            )),
            (Some(place), 1) => {
                let place = place.name;
                self.line(&format!(
                    "while let Some({t}) = {list}.pop() {{ if {list}.len() < 3 {{ {list}.push({t} * {place}); break; }} {place} = ({place} * {t}).cos(); }}"
                ));
            }
            _ => self.line(&format!("{list}.truncate(3);")),
        }
    }

    fn replaced(&mut self) {
        let Some(list) = self.growing() else {
            return self.record();
        };
        let (name, new, values) = (self.fresh("l"), self.fresh("l"), self.tame_array());
        self.line(&format!("let {new} = vec!{values};"));
        if self.rng.one_in(2) {
            self.line(&format!(
                "let {name} = std::mem::replace(&mut {list}, {new});"
            ));
        } else {
            self.line(&format!("let {name} = std::mem::take(&mut {list});"));
            self.line(&format!("{list}.extend_from_slice(&{new});"));
        }
        self.declare(&name, Kind::Growing, false);
    }

    fn rearranged(&mut self) {
        let Some(list) = self.growing() else {
            return self.record();
        };
        let k = self.rng.below(3);
        match self.rng.below(5) {
            0 => self.line(&format!("{list}.reverse();")),
            1 => self.line(&format!("{list}.rotate_left({k});")),
            2 => self.line(&format!(
                "{list}.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));"
            )),
            3 => {
                let e = self.tame(1);
                self.line(&format!("{list}.insert({k}, {e});"));
            }
            _ => {
                let e = self.tame(1);
                self.line(&format!(
                    "if let Some(last) = {list}.last_mut() {{ *last = {e}; }}"
                ));
            }
        }
    }

    /// A struct as an argument.
    pub(super) fn record_argument(&mut self, shape: Shape) -> Option<String> {
        Some(match shape {
            Shape::Point => self.point_value(),
            Shape::State => {
                let state = self.state(false)?;
                match state.kind {
                    Kind::State(Form::Borrowed) => state.name,
                    _ => format!("&{}", state.name),
                }
            }
            Shape::StateMut => {
                let state = self.state(true)?;
                match state.kind {
                    Kind::State(Form::Exclusive) => state.name,
                    _ => format!("&mut {}", state.name),
                }
            }
            _ => return None,
        })
    }
}
