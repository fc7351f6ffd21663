//! Random programs on what is left of the language: exits with values, parts of sequences held in
//! locals, references, closures that change what they capture, enums, methods, `?`, iterators.
//!
//! What is lent out is hidden meanwhile, so that every program passes the borrow checker.

#![allow(clippy::many_single_char_names)] // they are names of the programs

use super::{Form, Kind, Len, Var, Writer};

impl Writer<'_> {
    /// A statement of this module.
    pub(super) fn form(&mut self) {
        let most = if self.rich { 36 } else { 15 };
        match self.rng.below(most) {
            0 => self.loop_with_value(),
            1 => self.block_with_label(),
            2 => self.halving(),
            3 => self.match_with_guards(),
            4 => self.taken_apart(),
            5 | 6 => self.parts(),
            7 => self.part_in_a_local(),
            8 => self.reference(),
            9 => self.chunks(),
            10 => self.exchanged(),
            11 => self.buffers(),
            12 | 15 | 16 => self.chain(),
            13 => self.largest(),
            14 => self.rows(),
            17 | 18 => self.changing_closure(),
            19 => self.passed_closure(),
            20 | 21 => self.motion(),
            22..=24 => self.methods(),
            25 => self.points(),
            26 => self.outcome(),
            27 => self.option_chain(),
            28 => self.cell(),
            29 => self.table(),
            30 => self.list_of_points(),
            31 => self.list_of_rows(),
            32 => self.library(),
            33 => self.best_option(),
            34 => self.slice_pattern(),
            _ => self.rich_chain(),
        }
    }

    fn mutable_list(&mut self) -> Option<(Var, Len)> {
        let frozen = self.frozen.clone();
        let var = self.pick_var(|v| {
            v.mutable && matches!(v.kind, Kind::List(..)) && !frozen.contains(&v.name)
        })?;
        match var.kind.clone() {
            Kind::List(len, _) => Some((var, len)),
            _ => None,
        }
    }

    fn mutable_float(&mut self) -> Option<Var> {
        let frozen = self.frozen.clone();
        self.pick_var(|v| v.mutable && v.kind == Kind::Float && !frozen.contains(&v.name))
    }

    /// An expression that does not name the variable.
    fn without(&mut self, name: &str, depth: usize) -> String {
        self.hidden.push(name.to_owned());
        let e = self.tame(depth);
        self.hidden.pop();
        e
    }

    fn bind(&mut self, hint: &str, e: &str) {
        let name = self.fresh(hint);
        self.line(&format!("let {name} = {e};"));
        self.declare(&name, Kind::Float, false);
    }

    /// `let a = loop { .. break e; };`.
    fn loop_with_value(&mut self) {
        if self.loops.len() > 1 {
            return self.assignment();
        }
        let (name, k, most) = (self.fresh("a"), self.fresh("k"), 1 + self.rng.below(3));
        self.line(&format!("let mut {k} = 0;"));
        self.loops.push(None);
        // What breaks without a value would not compile: no other exits in here.
        let quiet = std::mem::replace(&mut self.no_exits, true);
        self.block(&format!("let {name} = loop {{"), |cx| {
            cx.line(&format!("{k} += 1;"));
            cx.declare(&k, Kind::Count(Some(most + 2)), false);
            cx.assignment();
            let (condition, e) = (cx.condition(1), cx.tame(1));
            cx.line(&format!("if {condition} {{"));
            cx.line(&format!("    break {e};"));
            cx.line("}");
            cx.statements(1);
            let e = cx.tame(1);
            cx.line(&format!("if {k} > {most} {{"));
            cx.line(&format!("    break {e};"));
            cx.line("}");
        });
        self.line("};");
        self.no_exits = quiet;
        self.loops.pop();
        self.declare(&name, Kind::Float, false);
    }

    /// `let a = 'b: { .. break 'b e; .. e };`.
    fn block_with_label(&mut self) {
        let (name, label) = (self.fresh("a"), self.fresh("'b"));
        // Exits of a loop around would have to name it.
        let quiet = std::mem::replace(&mut self.no_exits, true);
        self.block(&format!("let {name} = {label}: {{"), |cx| {
            let (condition, e) = (cx.condition(1), cx.tame(1));
            cx.line(&format!("if {condition} {{"));
            cx.line(&format!("    break {label} {e};"));
            cx.line("}");
            cx.statements(2);
            let e = cx.tame(1);
            cx.line(&e);
        });
        self.line("};");
        self.no_exits = quiet;
        self.declare(&name, Kind::Float, false);
    }

    /// A loop whose trips depend on data.
    fn halving(&mut self) {
        if self.loops.len() > 1 {
            return self.assignment();
        }
        let (name, e) = (self.fresh("h"), self.expr(1));
        self.line(&format!("let mut {name} = {e}.abs().min(⟦9.0⟧);"));
        let head = self.enter_loop();
        self.block(&format!("{head}while {name} > ⟦0.4⟧ {{"), |cx| {
            cx.declare(&name, Kind::Float, false);
            cx.line(&format!("{name} = {name} * ⟦0.5⟧;"));
            cx.statements(2);
            cx.assignment();
        });
        self.line("}");
        self.loops.pop();
        self.declare(&name, Kind::Float, false);
    }

    fn match_with_guards(&mut self) {
        let counts = |v: &Var| matches!(v.kind, Kind::Count(_) | Kind::IndexOf(_));
        let Some(count) = self.pick_var(counts) else {
            return self.declaration();
        };
        let (flag, guard) = (self.condition(1), self.condition(1));
        let (name, k) = (self.fresh("a"), self.fresh("k"));
        let arms: Vec<String> = (0..4).map(|_| self.tame(1)).collect();
        self.line(&format!("let {name} = match ({}, {flag}) {{", count.name));
        self.line(&format!("    (0, true) => {},", arms[0]));
        self.line(&format!(
            "    ({k} @ 1..=2, _) if {guard} => {} * (⟦{k} as f64⟧),",
            arms[1]
        ));
        self.line(&format!("    (_, false) => {},", arms[2]));
        self.line(&format!("    _ => {},", arms[3]));
        self.line("};");
        self.declare(&name, Kind::Float, false);
    }

    /// Arrays and pairs by patterns, nested.
    fn taken_apart(&mut self) {
        let (a, b, c) = (self.fresh("a"), self.fresh("a"), self.fresh("a"));
        let (x, y, z) = (self.tame(1), self.tame(1), self.tame(1));
        let array = Kind::List(Len::Known(3), Form::Array);
        match (self.rng.below(3), self.pick_var(|v| v.kind == array)) {
            (0, Some(list)) => self.line(&format!("let [{a}, {b}, {c}] = {};", list.name)),
            (1, _) => self.line(&format!("let ({a}, [{b}, {c}]) = ({x}, [{y}, {z}]);")),
            _ => self.line(&format!("let (({a}, {b}), {c}) = (({x}, {y}), {z});")),
        }
        for name in [a, b, c] {
            self.declare(&name, Kind::Float, false);
        }
    }

    /// `split_at` and `split_at_mut`.
    fn parts(&mut self) {
        let (lo, hi) = (self.fresh("lo"), self.fresh("hi"));
        if let (true, Some((list, _))) = (self.rng.one_in(2), self.mutable_list()) {
            let (x, y) = (self.without(&list.name, 1), self.without(&list.name, 1));
            let at = 1 + self.rng.below(2);
            let name = &list.name;
            let which = self.rng.below(3);
            return self.line(&match which {
                0 => format!("{{ let ({lo}, {hi}) = {name}.split_at_mut({at}); {lo}[0] = ({lo}[0] + {hi}[0] * {x}).sin(); {hi}[0] = {lo}[0] * {y}; }}"),
                1 => format!("{{ let ({lo}, {hi}) = {name}.split_at_mut({at}); for (a, b) in {lo}.iter_mut().zip({hi}.iter()) {{ *a = (*a * {x} - *b).sin(); }} {hi}[0] = {y}; }}"),
                _ => format!("{{ let ({lo}, {hi}) = {name}.split_at_mut({at}); std::mem::swap(&mut {lo}[0], &mut {hi}[0]); {hi}[0] = ({hi}[0] * {x}).cos(); }}"),
            });
        }
        let Some((list, _)) = self.any_list() else {
            return self.declaration();
        };
        let e = self.tame(1);
        self.line(&format!("let ({lo}, {hi}) = {}.split_at(1);", list.name));
        let v = self.fresh("v");
        self.bind(
            "a",
            &format!("{lo}[0] * {e} + {hi}.iter().map(|&{v}| {v} * {hi}[1]).sum::<ℝ>()"),
        );
    }

    /// A part of a list that is held while it is changed.
    fn part_in_a_local(&mut self) {
        let Some((list, _)) = self.mutable_list() else {
            return self.assignment();
        };
        let (x, y) = (self.without(&list.name, 1), self.without(&list.name, 1));
        let (r, v) = (self.fresh("r"), self.fresh("v"));
        let range = ["1..", "..3", "..", "1..=2"][self.rng.below(4)];
        let lend = format!("let {r} = &mut {}[{range}]", list.name);
        let which = self.rng.below(if self.rich { 4 } else { 2 });
        self.line(&match which {
            0 => format!("{{ {lend}; {r}[0] = ({r}[0] + {x}).sin(); {r}[1] = {r}[0] * {y}; {r}.swap(0, 1); }}"),
            1 => format!("{{ {lend}; for {v} in {r}.iter_mut() {{ *{v} = (*{v} * {x}).cos(); }} {r}[1] = {y}; }}"),
            2 => format!("{{ {lend}; {r}[..2].copy_from_slice(&[{x}, {y}]); {r}.rotate_left(1); }}"),
            _ => format!("{{ {lend}; {r}.reverse(); {r}[0] *= {x}; {r}[1..].fill({y}); }}"),
        });
    }

    /// References to numbers, elements and rows in locals.
    fn reference(&mut self) {
        let r = self.fresh("r");
        if let (0, Some(grid)) = (
            self.rng.below(3),
            self.pick_var(|v| matches!(v.kind, Kind::Grid(..))),
        ) {
            let row = self.rng.below(2);
            self.line(&format!("let {r} = &{}[{row}];", grid.name));
            return self.bind("a", &format!("{r}[0] * {r}[1] + {r}.iter().sum::<ℝ>()"));
        }
        if let (1, Some(float)) = (self.rng.below(2), self.mutable_float()) {
            let name = float.name;
            let (x, y) = (self.without(&name, 1), self.without(&name, 1));
            self.hidden.push(name.clone());
            let condition = self.condition(1);
            self.hidden.pop();
            return self.line(&format!(
                "{{ let {r} = &mut {name}; *{r} = (*{r} + {x}).sin(); if {condition} {{ *{r} = *{r} * {y}; }} }}"
            ));
        }
        let Some((list, len)) = self.mutable_list() else {
            return self.assignment();
        };
        let index = self.index(&list, &len);
        let (x, y) = (self.without(&list.name, 1), self.without(&list.name, 1));
        self.line(&format!(
            "{{ let {r} = &mut {}[{index}]; *{r} = (*{r} * {x}).sin(); *{r} = *{r} - {y}; }}",
            list.name
        ));
    }

    fn chunks(&mut self) {
        let (c, v) = (self.fresh("c"), self.fresh("v"));
        if let (true, Some((list, _))) = (self.rng.one_in(2), self.mutable_list()) {
            let (x, name) = (self.without(&list.name, 1), &list.name);
            let which = self.rng.below(2);
            return self.line(&match which {
                0 => format!("for {c} in {name}.chunks_mut(2) {{ {c}[0] = ({c}[0] * {x}).sin(); if {c}.len() > 1 {{ {c}[1] = {c}[0] - {c}[1]; }} }}"),
                _ => format!("for {c} in {name}.chunks_exact_mut(2) {{ {c}.swap(0, 1); {c}[1] = ({c}[0] + {x}).cos(); }}"),
            });
        }
        let Some((list, _)) = self.any_list() else {
            return self.declaration();
        };
        let name = &list.name;
        let e = match self.rng.below(3) {
            0 => format!("{name}.chunks(2).map(|{c}| {c}[0] * {c}[{c}.len() - 1]).sum::<ℝ>()"),
            1 => {
                format!("{name}.chunks_exact(2).map(|{c}| ({c}[0] - {c}[1]).sin()).sum::<ℝ>()")
            }
            _ => format!(
                "{name}.windows(3).map(|{c}| {c}.iter().map(|&{v}| {v} * {c}[1]).sum::<ℝ>()).sum::<ℝ>()"
            ),
        };
        self.bind("a", &e);
    }

    /// Assignments to patterns, `mem::replace`.
    fn exchanged(&mut self) {
        let (Some(a), Some(b)) = (self.mutable_float(), self.mutable_float()) else {
            return self.assignment();
        };
        let (x, y) = (self.tame(1), self.tame(1));
        if a.name == b.name && !self.rich {
            return self.assignment();
        }
        if a.name == b.name || self.rich && self.rng.one_in(3) {
            let old = self.fresh("a");
            let e = self.without(&a.name, 1);
            self.line(&format!(
                "let {old} = std::mem::replace(&mut {}, {e});",
                a.name
            ));
            return self.declare(&old, Kind::Float, false);
        }
        let which = self.rng.below(3);
        self.line(&match which {
            0 => format!("({0}, {1}) = ({1}, {0} - {1} * {x});", a.name, b.name),
            1 => format!("[{}, {}] = [{x}, {y}];", a.name, b.name),
            _ => format!("({}, {}) = ({x}, {y});", a.name, b.name),
        });
    }

    /// Two buffers that take turns.
    fn buffers(&mut self) {
        if self.loops.len() > 1 {
            return self.assignment();
        }
        let (a, b, i) = (self.fresh("m"), self.fresh("m"), self.fresh("i"));
        let (values, x) = (self.array(3), self.tame(1));
        let steps = 1 + self.rng.below(3);
        let vec = if self.rng.one_in(2) { "vec!" } else { "" };
        self.line(&format!("let mut {a} = {vec}{values};"));
        self.line(&format!("let mut {b} = {a}.clone();"));
        self.line(&format!("for _ in 0..{steps} {{ for {i} in 0..3 {{ {b}[{i}] = ({a}[{i}] + {a}[({i} + 1) % 3] * {x}).sin(); }} std::mem::swap(&mut {a}, &mut {b}); }}"));
        let form = if vec.is_empty() {
            Form::Array
        } else {
            Form::Vec
        };
        self.declare(&a, Kind::List(Len::Known(3), form), true);
    }

    /// A sum, product or fold over a chain of adaptors.
    fn chain(&mut self) {
        let (Some(list), Some(other)) = (self.sequence(), self.sequence()) else {
            return self.declaration();
        };
        let (a, b, i) = (self.fresh("v"), self.fresh("v"), self.fresh("i"));
        let (e, f) = (self.element_expr(&[&a], 1), self.element_expr(&[&a, &b], 1));
        let (x, literal) = (self.tame(1), self.literal());
        // The interpreter does not know what `scan` asks for.
        let which = self.rng.below(if self.rich { 12 } else { 11 });
        let e = match which {
            0 => format!("{list}.iter().skip(1).step_by(2).map(|&{a}| {e}).sum::<ℝ>()"),
            1 => format!(
                "{list}.iter().rev().zip({other}.iter().skip(1)).map(|(&{a}, &{b})| {f}).sum::<ℝ>()"
            ),
            2 => format!("{list}.iter().chain({other}.iter()).map(|&{a}| {e}).sum::<ℝ>()"),
            3 => format!(
                "{list}.iter().take_while(|{a}| **{a} > {literal}).map(|&{a}| {e}).sum::<ℝ>()"
            ),
            4 => format!(
                "{list}.iter().skip_while(|{a}| **{a} > {literal}).map(|&{a}| {e}).sum::<ℝ>()"
            ),
            5 => format!(
                "(0..3).flat_map(|{i}| (0..{i}).map(move |j| ({i}, j))).map(|({i}, j)| {list}[{i}] * {other}[j]).sum::<ℝ>()"
            ),
            11 => format!(
                "{list}.iter().scan({x}, |{b}, &{a}| {{ *{b} = (*{b} + {a}).sin(); Some(*{b}) }}).map(|{a}| {a} * {a}).sum::<ℝ>()"
            ),
            7 => format!("{list}.iter().map(|&{a}| {e}.sin()).fold({x}, |{a}, {b}| {a}.max({b}))"),
            8 => format!(
                "{list}.iter().copied().enumerate().filter(|({i}, {a})| {i} % 2 == 0 || *{a} > {literal}).map(|(_, {a})| {e}).sum::<ℝ>()"
            ),
            9 => format!(
                "{list}.iter().fold((⟦0.0⟧, {x}), |(s, p), &{a}| (s + {a}, (p * {a}).sin())).1"
            ),
            10 => format!(
                "{list}.iter().zip({other}.iter()).zip({list}.iter().rev()).map(|((&{a}, &{b}), &c)| ({a} - {b}) * c).sum::<ℝ>()"
            ),
            _ => format!("(1..3).map(|{i}| {list}[{i}] * {other}[{i} - 1]).sum::<ℝ>()"),
        };
        self.bind("a", &e);
    }

    fn largest(&mut self) {
        let Some((list, _)) = self.any_list() else {
            return self.declaration();
        };
        let (best, i) = (self.fresh("k"), self.fresh("i"));
        let name = &list.name;
        self.line(&format!("let mut {best} = 0;"));
        self.line(&format!(
            "for {i} in 1..3 {{ if {name}[{i}] > {name}[{best}] {{ {best} = {i}; }} }}"
        ));
        self.bind("a", &format!("{name}[{best}] * {name}[2 - {best}]"));
        self.declare(&best, Kind::Count(Some(3)), false);
    }

    /// Loops over the rows of a grid.
    fn rows(&mut self) {
        let frozen = self.frozen.clone();
        let grid = self.pick_var(|v| {
            v.mutable && matches!(v.kind, Kind::Grid(..)) && !frozen.contains(&v.name)
        });
        let Some(grid) = grid else {
            let (name, e) = (self.fresh("m"), self.tame(1));
            self.line(&format!("let mut {name} = [[{e}; 2]; 3];"));
            return self.declare(&name, Kind::Grid(3, 2), true);
        };
        let (r, v, name) = (self.fresh("r"), self.fresh("v"), grid.name.clone());
        let x = self.without(&name, 1);
        match self.rng.below(4) {
            0 => self.line(&format!("for {r} in {name}.iter_mut() {{ {r}[0] = ({r}[1] * {x}).sin(); }}")),
            1 => self.line(&format!("for {r} in {name}.iter_mut() {{ for {v} in {r}.iter_mut() {{ *{v} = (*{v} - {x}).cos(); }} }}")),
            2 => self.line(&format!("{name}.swap(0, 1);")),
            _ => self.bind("a", &format!("{name}.iter().map(|{r}| {r}[0] * {r}[1]).sum::<ℝ>()")),
        }
    }

    /// A closure that changes what it captures.
    fn changing_closure(&mut self) {
        let Some(float) = self.mutable_float() else {
            return self.declaration();
        };
        let (f, t, name) = (self.fresh("f"), self.fresh("t"), float.name);
        let mutable = self.vars.iter().filter(|var| var.mutable);
        self.hidden = mutable.map(|var| var.name.clone()).collect();
        let (x, y, z) = (self.tame(1), self.tame(1), self.tame(1));
        self.hidden.clear();
        match self.rng.below(3) {
            0 => {
                self.line(&format!(
                    "let mut {f} = |{t}: ℝ| {{ {name} = ({name} + {t} * {x}).sin(); }};"
                ));
                self.line(&format!("{f}({y}); {f}({z});"));
            }
            1 => {
                self.line(&format!(
                    "let mut {f} = |{t}: ℝ| -> ℝ {{ {name} = ({name} * {t}).cos(); {name} + {x} }};"
                ));
                self.bind("a", &format!("{f}({y}) * {f}({z})"));
            }
            _ => {
                let Some(list) = self.sequence() else { return };
                if list == name {
                    return;
                }
                self.line(&format!(
                    "{list}.iter().for_each(|&{t}| {name} = ({name} + {t} * {x}).sin());"
                ));
            }
        }
    }

    fn passed_closure(&mut self) {
        let t = self.fresh("t");
        let (e, x) = (self.element_expr(&[&t], 1), self.tame(1));
        match (self.rng.below(4), self.mutable_list()) {
            (0, Some((list, _))) => {
                let name = list.name;
                self.hidden.push(name.clone());
                let e = self.element_expr(&[&t], 1);
                self.hidden.pop();
                self.line(&format!("lib_each(&mut {name}, |{t}| {e});"));
            }
            (1, _) => self.bind("a", &format!("lib_apply(&|{t}| {e}.sin(), {x})")),
            (2, _) => {
                let g = self.fresh("g");
                self.line(&format!("let {g} = lib_scaled({x});"));
                let y = self.tame(1);
                self.bind("a", &format!("{g}({y}) + {g}({x})"));
            }
            _ => self.bind("a", &format!("lib_twice(|{t}| {e}, {x})")),
        }
    }

    /// An enum with data: made in branches, changed, matched.
    fn motion(&mut self) {
        let (m, t) = (self.fresh("e"), self.fresh("t"));
        let condition = self.condition(1);
        let (x, y, p) = (self.tame(1), self.tame(1), self.point_value());
        let other = [
            "Motion::Still".to_owned(),
            format!("Motion::At({p})"),
            format!("Motion::Turn({y})"),
        ];
        let other = &other[self.rng.below(3)];
        self.line(&format!("let mut {m} = if {condition} {{ Motion::Move {{ x: {x}, y: {y} }} }} else {{ {other} }};"));
        let z = self.tame(1);
        match self.rng.below(3) {
            0 => self.line(&format!("{m}.step({z});")),
            1 => self.line(&format!("if let Motion::Move {{ x, .. }} | Motion::Turn(x) = &mut {m} {{ *x = (*x * {z}).sin(); }}")),
            _ => self.line(&format!("for _ in 0..2 {{ {m}.step({z}); }}")),
        }
        if self.rng.one_in(2) {
            return self.bind("a", &format!("{m}.size() * {z}"));
        }
        let guard = self.literal();
        self.bind("a", &format!("match &{m} {{ Motion::Still => {x}, Motion::Turn({t}) if *{t} > {guard} => {t}.sin(), Motion::Turn({t}) => *{t}, Motion::Move {{ x, y: {t} }} => *x * *{t}, Motion::At(Point {{ x, y }}) => *x - *y }}"));
    }

    fn methods(&mut self) {
        let x = self.tame(1);
        match (self.rng.below(9), self.state(true), self.state(false)) {
            (0, Some(state), _) => {
                let e = self.without(&state.name, 1);
                self.line(&format!("{}.kick({e});", state.name));
            }
            (1, Some(state), _) => {
                let (e, f) = (self.without(&state.name, 1), self.without(&state.name, 1));
                self.line(&format!("{}.kick({e}).kick({f});", state.name));
            }
            (2, Some(state), _) => {
                let e = self.without(&state.name, 1);
                self.line(&format!("{}.at.turn({e});", state.name));
            }
            (3, Some(state), _) => {
                let e = self.without(&state.name, 1);
                self.line(&format!("*{}.largest() = {e};", state.name));
            }
            (4, _, Some(state)) => self.bind("a", &format!("{}.energy({x})", state.name)),
            (5, _, Some(state)) => {
                self.bind("a", &format!("{}.product({x}).unwrap_or({x})", state.name))
            }
            (6, _, Some(state)) => self.bind(
                "a",
                &format!(
                    "{}.double({x}) + {}.at.measure({x})",
                    state.name, state.name
                ),
            ),
            (7, _, Some(state)) => {
                let name = self.fresh("o");
                self.line(&format!(
                    "let mut {name} = {}.clone().moved({x});",
                    state.name
                ));
                self.declare(&name, Kind::State(Form::Vec), true);
            }
            _ => {
                let (name, y) = (self.fresh("o"), self.tame(1));
                self.line(&format!("let mut {name} = State::fresh({x}, {y});"));
                self.declare(&name, Kind::State(Form::Vec), true);
            }
        }
    }

    /// Operators on points.
    fn points(&mut self) {
        let (p, q, x) = (self.point_value(), self.point_value(), self.tame(1));
        let name = self.fresh("p");
        match (self.rng.below(4), self.point(true)) {
            (0, Some(point)) => return self.line(&format!("{} += {q} * {x};", point.name)),
            (1, _) => return self.bind("a", &format!("({p}).dot({q} + {p})")),
            (2, _) => {
                return self.bind("a", &format!("lib_total(&{p}, &{q}, {x})"));
            }
            _ => self.line(&format!("let mut {name} = {p} + -({q} * {x});")),
        }
        self.declare(&name, Kind::Point, true);
    }

    fn outcome(&mut self) {
        let (x, y, z, t) = (self.tame(1), self.tame(1), self.tame(1), self.fresh("t"));
        let e = match self.rng.below(4) {
            0 => format!("lib_quotient({x}, {y}).unwrap_or({z})"),
            1 => format!("match lib_chain({x}, {y}) {{ Ok({t}) => {t} * {z}, Err(_) => {z} }}"),
            2 => format!("if let Ok({t}) = lib_chain({x}, {y}) {{ {t} }} else {{ {z} }}"),
            _ => format!("lib_quotient({x}, {y}).map(|{t}| {t}.sin()).unwrap_or_else(|_| {z})"),
        };
        self.bind("a", &e);
    }

    /// Iterators that end in an option.
    fn option_chain(&mut self) {
        let Some(list) = self.sequence() else {
            return self.declaration();
        };
        let (v, t, x, literal) = (
            self.fresh("v"),
            self.fresh("t"),
            self.tame(1),
            self.literal(),
        );
        let e = match self.rng.below(6) {
            0 => format!("{list}.iter().copied().find(|{v}| *{v} > {literal}).unwrap_or({x})"),
            1 => format!(
                "{list}.iter().position(|&{v}| {v} > {literal}).map_or({x}, |k| {list}[k] * {x})"
            ),
            2 => format!("{list}.last().map(|{t}| *{t} * {x}).unwrap_or({x})"),
            3 => format!(
                "{list}.iter().map(|&{v}| if {v} > {literal} {{ Some({v}.sin()) }} else {{ None }}).flatten().sum::<ℝ>()"
            ),
            4 => format!(
                "{list}.iter().filter_map(|&{v}| ({v} > {literal}).then(|| {v} * {x})).sum::<ℝ>()"
            ),
            _ => format!(
                "match {list}.get(1) {{ Some({t}) if *{t} > {literal} => *{t} * {x}, Some({t}) => *{t}, None => {x} }}"
            ),
        };
        self.bind("a", &e);
    }

    fn cell(&mut self) {
        let (c, v) = (self.fresh("c"), self.fresh("v"));
        let (Some(list), x) = (self.sequence(), self.tame(1)) else {
            return self.declaration();
        };
        self.line(&format!("let {c} = std::cell::Cell::new({x});"));
        self.line(&format!(
            "for &{v} in {list}.iter() {{ {c}.set(({c}.get() * {v}).sin()); }}"
        ));
        self.bind("a", &format!("{c}.get()"));
    }

    /// A table of functions.
    fn table(&mut self) {
        let (f, x) = (self.fresh("f"), self.tame(1));
        let counts = |v: &Var| matches!(v.kind, Kind::Count(_) | Kind::IndexOf(_));
        let k = self.pick_var(counts).map_or("1".to_owned(), |var| var.name);
        self.line(&format!("let {f}: [fn(ℝ) -> ℝ; 2] = [ℝ::sin, ℝ::tanh];"));
        self.bind("a", &format!("{f}[{k} % 2]({x})"));
    }

    fn list_of_points(&mut self) {
        let (l, p, x) = (self.fresh("l"), self.fresh("p"), self.tame(1));
        let (a, b, c) = (self.point_value(), self.point_value(), self.point_value());
        self.line(&format!("let mut {l} = vec![{a}, {b}];"));
        self.line(&format!("{l}.push({c});"));
        match self.rng.below(4) {
            0 => self.line(&format!(
                "for {p} in {l}.iter_mut() {{ {p}.x = ({p}.y * {x}).sin(); }}"
            )),
            1 => self.line(&format!("for {p} in &mut {l} {{ {p}.turn({x}); }}")),
            2 => self.line(&format!("{l}.swap(0, 2); {l}[1].x = {x};")),
            _ => self.line(&format!(
                "if let Some({p}) = {l}.pop() {{ {l}[0] += {p} * {x}; }}"
            )),
        }
        self.bind(
            "a",
            &format!("{l}.iter().map(|{p}| {p}.x * {p}.y).sum::<ℝ>() + {l}[0].dot({l}[1])"),
        );
    }

    fn list_of_rows(&mut self) {
        let (l, r, x) = (self.fresh("l"), self.fresh("r"), self.tame(1));
        let (a, b) = (self.array(3), self.array(3));
        self.line(&format!("let mut {l} = vec![vec!{a}, vec!{b}];"));
        match self.rng.below(5) {
            0 => self.line(&format!("for {r} in {l}.iter_mut() {{ {r}[0] = ({r}[1] * {x}).sin(); {r}.push({x}); }}")),
            1 => self.line(&format!("{l}[0].push({x}); {l}.swap(0, 1);")),
            2 => self.line(&format!("let {r} = {l}.remove(0); {l}.push({r}.iter().map(|v| (*v * {x}).cos()).collect());")),
            3 => self.line(&format!("for i in 0..2 {{ for j in 0..3 {{ {l}[i][j] = ({l}[i][j] + {l}[1 - i][j] * {x}).sin(); }} }}")),
            _ => self.line(&format!("{l}.push({l}[0].clone()); {l}[2][1] = {x};")),
        }
        self.bind(
            "a",
            &format!("{l}.iter().map(|{r}| {r}[0] * {r}.iter().sum::<ℝ>()).sum::<ℝ>()"),
        );
    }

    /// Calls of what the library has.
    fn library(&mut self) {
        let (x, y, n) = (self.tame(1), self.tame(1), self.rng.below(5));
        let counts = |v: &Var| matches!(v.kind, Kind::Count(Some(n)) if n < 7);
        let n = self.pick_var(counts).map_or(n.to_string(), |var| var.name);
        match (self.rng.below(4), self.mutable_list(), self.sequence()) {
            (0, _, Some(list)) => self.bind("a", &format!("lib_tree(&{list}[..])")),
            (1, Some((list, _)), _) => {
                let e = self.without(&list.name, 1);
                self.bind("a", &format!("lib_relax(&mut {}[..], {e})", list.name));
            }
            (2, ..) => self.bind("a", &format!("lib_root({x}.sin())")),
            _ => self.bind("a", &format!("lib_even({x}, {y}, {n})")),
        }
    }

    /// An option that is carried through a loop.
    fn best_option(&mut self) {
        let Some(list) = self.sequence() else {
            return self.declaration();
        };
        let (o, v, b, x) = (
            self.fresh("o"),
            self.fresh("v"),
            self.fresh("b"),
            self.tame(1),
        );
        self.line(&format!("let mut {o}: Option<ℝ> = None;"));
        let which = self.rng.below(3);
        self.line(&match which {
            0 => format!("for &{v} in {list}.iter() {{ {o} = match {o} {{ None => Some({v}), Some({b}) if {b} > {v} => Some({b}), Some({b}) => Some(({b} * {v}).sin()) }}; }}"),
            1 => format!("for &{v} in {list}.iter() {{ if let Some({b}) = {o} {{ {o} = Some(({b} + {v} * {x}).cos()); }} else {{ {o} = Some({v}); }} }}"),
            _ => format!("for &{v} in {list}.iter() {{ if {o}.is_none_or(|{b}| {v} > {b}) {{ {o} = Some({v} * {x}); }} }}"),
        });
        self.bind("a", &format!("{o}.unwrap_or({x})"));
    }

    fn slice_pattern(&mut self) {
        let Some((list, _)) = self.any_list() else {
            return self.declaration();
        };
        let (a, b, r, name) = (
            self.fresh("a"),
            self.fresh("b"),
            self.fresh("r"),
            &list.name,
        );
        let e = match self.rng.below(3) {
            0 => format!("match &{name}[..] {{ [{a}, .., {b}] => *{a} * *{b}, _ => ⟦1.0⟧ }}"),
            1 => format!(
                "if let [{a}, {r} @ ..] = &{name}[..] {{ *{a} * {r}.iter().sum::<ℝ>() }} else {{ ⟦0.5⟧ }}"
            ),
            _ => format!(
                "match &{name}[..] {{ [{a}, {b}, _] => *{a} - *{b}, [{a}, {r} @ .., {b}] => *{a} * *{b} + {r}[0], _ => ⟦0.0⟧ }}"
            ),
        };
        self.bind("a", &e);
    }

    /// Chains that the interpreter does not know.
    fn rich_chain(&mut self) {
        let (Some(list), Some(other)) = (self.sequence(), self.sequence()) else {
            return self.declaration();
        };
        let (a, b, l) = (self.fresh("v"), self.fresh("v"), self.fresh("m"));
        let (x, e) = (self.tame(1), self.element_expr(&[&a], 1));
        match self.rng.below(6) {
            0 => {
                self.line(&format!("let {l}: Vec<(ℝ, ℝ)> = {list}.iter().copied().zip({other}.iter().copied()).collect();"));
                self.bind("a", &format!("{l}.iter().map(|({a}, {b})| *{a} * *{b}).sum::<ℝ>()"));
            }
            1 => self.bind("a", &format!("{list}.iter().map(|&{a}| {e}.sin()).fold(ℝ::min({x}, {x}), ℝ::max)")),
            2 => {
                self.line(&format!("let mut {l} = {list}.iter().map(|&{a}| {e}.sin()).peekable(); let mut s = {x};"));
                self.line(&format!("while let Some({a}) = {l}.next() {{ if let Some({b}) = {l}.peek() {{ s = (s + {a} * *{b}).sin(); }} }}"));
                self.bind("a", "s");
            }
            3 => {
                self.line(&format!("let ({l}, {b}): (Vec<ℝ>, Vec<ℝ>) = {list}.iter().copied().partition(|{a}| *{a} > {x});"));
                self.bind("a", &format!("{l}.iter().sum::<ℝ>() * {b}.iter().map(|&{a}| {a} * {a}).sum::<ℝ>()"));
            }
            4 => self.bind("a", &format!("{list}.iter().try_fold({x}, |{b}, &{a}| if {a} > ⟦1.8⟧ {{ None }} else {{ Some(({b} + {a}).sin()) }}).unwrap_or(⟦0.25⟧)")),
            _ => self.bind("a", &format!("{list}.iter().map(|&{a}| {e}).min_by(|{a}, {b}| {a}.partial_cmp({b}).unwrap_or(std::cmp::Ordering::Equal)).unwrap_or({x})")),
        }
    }
}
