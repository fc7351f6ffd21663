//! Random programs in the language that is differentiated.
//!
//! Takes a seed, gives a few functions that call one another, the last of them the one to test, as
//! source text. The text marks number literals and the type of numbers, so that one program reads as
//! plain Rust ([`plain`]) and as the same program on dual numbers ([`dual`]). Every program compiles
//! and ends; all indices are in bounds. Most values stay of moderate size.

use std::fmt::Write as _;

#[path = "forms.rs"]
mod forms;
#[path = "library.rs"]
mod library;
#[path = "records.rs"]
mod records;
pub use library::{FUNCTIONS, LIBRARY};
pub use records::TYPES;

/// A small random number generator (`SplitMix64`: Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose numbers depend on the seed alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    #[allow(clippy::cast_possible_truncation)]
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % (n.max(1) as u64)) as usize
    }

    /// A number between `low` and `high`.
    #[allow(clippy::cast_precision_loss)]
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let k = self.below(from.len());
        from.get(k)
    }
}

/// The form of a parameter or a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `f64`.
    Float,
    /// `usize`, below 5.
    Count,
    /// `bool`.
    Flag,
    /// `&[f64]`, at least 3 long.
    Slice,
    /// `Vec<f64>`, at least 3 long.
    Vec,
    /// `[f64; n]`.
    Array(usize),
    /// `&[f64; n]`.
    ArrayRef(usize),
    /// `(f64, f64)`.
    Pair,
    /// `&mut [f64]`, at least 3 long; for functions that others call.
    SliceMut,
    /// `&mut f64`, likewise.
    FloatMut,
    /// `Point`, of [`TYPES`]; this and the next two for functions that others call.
    Point,
    /// `&State`; as a result `State`.
    State,
    /// `&mut State`.
    StateMut,
    /// Nothing, as a result.
    Unit,
}

impl Shape {
    fn text(self) -> String {
        match self {
            Shape::Float => "ℝ".to_owned(),
            Shape::Count => "usize".to_owned(),
            Shape::Flag => "bool".to_owned(),
            Shape::Slice => "&[ℝ]".to_owned(),
            Shape::Vec => "Vec<ℝ>".to_owned(),
            Shape::Array(n) => format!("[ℝ; {n}]"),
            Shape::ArrayRef(n) => format!("&[ℝ; {n}]"),
            Shape::Pair => "(ℝ, ℝ)".to_owned(),
            Shape::SliceMut => "&mut [ℝ]".to_owned(),
            Shape::FloatMut => "&mut ℝ".to_owned(),
            Shape::Point => "Point".to_owned(),
            Shape::State => "&State".to_owned(),
            Shape::StateMut => "&mut State".to_owned(),
            Shape::Unit => "()".to_owned(),
        }
    }
}

/// One argument.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// For [`Shape::Float`].
    Float(f64),
    /// For [`Shape::Count`].
    Count(usize),
    /// For [`Shape::Flag`].
    Flag(bool),
    /// For slices, vectors and arrays.
    List(Vec<f64>),
    /// For [`Shape::Pair`].
    Pair(f64, f64),
}

/// One function.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// The marked text.
    pub text: String,
    /// The parameters in order.
    pub params: Vec<Shape>,
    /// The result.
    pub result: Shape,
}

impl Shape {
    fn is_mutable(self) -> bool {
        matches!(self, Shape::SliceMut | Shape::FloatMut | Shape::StateMut)
    }
}

impl Source {
    /// Random arguments.
    pub fn inputs(&self, rng: &mut Rng) -> Vec<Input> {
        let input = |shape: &Shape| random_input(*shape, rng);
        self.params.iter().map(input).collect()
    }
}

fn random_input(shape: Shape, rng: &mut Rng) -> Input {
    let mut list = |n: usize| (0..n).map(|_| rng.between(-2.0, 2.0)).collect();
    match shape {
        Shape::Array(n) | Shape::ArrayRef(n) => Input::List(list(n)),
        Shape::Slice | Shape::SliceMut | Shape::Vec => {
            let n = 3 + rng.below(3);
            Input::List((0..n).map(|_| rng.between(-2.0, 2.0)).collect())
        }
        Shape::Float
        | Shape::FloatMut
        | Shape::Point
        | Shape::State
        | Shape::StateMut
        | Shape::Unit => Input::Float(rng.between(-2.0, 2.0)),
        Shape::Pair => Input::Pair(rng.between(-2.0, 2.0), rng.between(-2.0, 2.0)),
        Shape::Count => Input::Count(rng.below(5)),
        Shape::Flag => Input::Flag(rng.one_in(2)),
    }
}

/// The text as plain Rust on `f64`.
#[must_use]
pub fn plain(text: &str) -> String {
    compound(text, |place, op, e| format!("{place} {op}= {e}"))
        .replace(['⟦', '⟧'], "")
        .replace('ℝ', "f64")
}

/// Writes the compound assignments, `⟪place¦op¦expression⟫`.
fn compound(text: &str, write: impl Fn(&str, &str, &str) -> String) -> String {
    let mut parts = text.split('⟪');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, after) = part.split_once('⟫').unwrap_or((part, ""));
        let mut fields = inside.split('¦');
        let mut field = || fields.next().unwrap_or_default();
        let (place, op, e) = (field(), field(), field());
        out += &write(place, op, e);
        out += after;
    }
    out
}

/// The text on the type `D`, with `C(..)` around constants; names end in `_dual`.
#[must_use]
pub fn dual(text: &str, names: &[String]) -> String {
    // The compiler evaluates the right side of `+=` first, but for its own numbers alone.
    let mut text = compound(text, |place, op, e| format!("{place} = {place} {op} ({e})"))
        .replace('⟦', "C(")
        .replace('⟧', ")")
        .replace('ℝ', "D");
    for name in names {
        for mark in ['(', '<'] {
            text = text.replace(&format!("{name}{mark}"), &format!("{name}_dual{mark}"));
        }
    }
    for name in ["Point", "State", "Motion", "Measure"] {
        text = text.replace(name, &format!("{name}Dual"));
    }
    text
}

/// Whether program number `seed` may use what the interpreter does not know.
#[must_use]
pub fn is_rich(seed: u64) -> bool {
    seed % 3 == 2
}

/// The functions of program number `seed`; names begin with `prefix`.
#[must_use]
pub fn program(seed: u64, prefix: &str) -> Vec<Source> {
    let mut rng = Rng::new(seed);
    let rich = is_rich(seed);
    let mut functions: Vec<Source> = Vec::new();
    for k in 0..rng.below(3) {
        let name = format!("{prefix}h{k}");
        let helper = if rng.one_in(5) {
            recursive(&name, &mut rng)
        } else {
            function(&name, &functions, Role::Helper, rich, &mut rng)
        };
        functions.push(helper);
    }
    functions.push(function(
        &format!("{prefix}f"),
        &functions,
        Role::Main,
        rich,
        &mut rng,
    ));
    functions
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    Helper,
}

/// How long a list is, as far as indices must know.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Len {
    Known(usize),
    /// As long as the list of that name.
    Of(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Behind a shared reference.
    Borrowed,
    /// Behind a mutable reference.
    Exclusive,
    Array,
    Vec,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Float,
    /// Below a number, if known.
    Count(Option<usize>),
    /// An index of the list of that name.
    IndexOf(String),
    Flag,
    /// A float behind a mutable reference.
    Exclusive,
    /// A function of one number.
    Closure,
    List(Len, Form),
    Grid(usize, usize),
    Pair,
    /// A struct of [`TYPES`].
    Point,
    /// Owned, where the form is a vector's.
    State(Form),
    /// A vector that is added to: at least 3 long.
    Growing,
}

#[derive(Clone, Debug)]
struct Var {
    name: String,
    kind: Kind,
    mutable: bool,
}

struct Writer<'a> {
    rng: &'a mut Rng,
    text: String,
    indent: usize,
    vars: Vec<Var>,
    /// Lists that a loop around runs over, which must not change.
    frozen: Vec<String>,
    /// Variables that must not be named for the moment: they are lent out.
    hidden: Vec<String>,
    callees: &'a [Source],
    result: Shape,
    loops: Vec<Option<String>>,
    next: usize,
    /// Statements that may still be written.
    budget: usize,
    /// Whether it may say what the interpreter does not know.
    rich: bool,
    /// Whether the loop around breaks with a value.
    no_exits: bool,
}

#[allow(clippy::fn_params_excessive_bools)]
fn function(name: &str, callees: &[Source], role: Role, rich: bool, rng: &mut Rng) -> Source {
    let mut params = vec![Shape::Float];
    for _ in 0..=rng.below(4) {
        let n = 3 + rng.below(2);
        let shapes = [
            Shape::Float,
            Shape::Float,
            Shape::Slice,
            Shape::Slice,
            Shape::Vec,
            Shape::Array(n),
            Shape::ArrayRef(n),
            Shape::Pair,
            Shape::Count,
            Shape::Flag,
        ];
        params.extend(rng.pick(&shapes));
    }
    if role == Role::Helper && rng.one_in(3) {
        params.push([Shape::Point, Shape::State][rng.below(2)]);
    }
    let changes = role == Role::Helper && rng.one_in(3);
    if changes {
        params.push([Shape::SliceMut, Shape::FloatMut, Shape::StateMut][rng.below(3)]);
    }
    let result = match rng.below(8) {
        0..=3 if changes => Shape::Unit,
        0 => Shape::Pair,
        1 => Shape::Array(3),
        2 if role == Role::Helper => [Shape::Vec, Shape::Point, Shape::State][rng.below(3)],
        _ => Shape::Float,
    };
    let budget = if role == Role::Main { 16 } else { 7 };
    let mut writer = Writer {
        rng,
        text: String::new(),
        indent: 1,
        vars: Vec::new(),
        frozen: Vec::new(),
        hidden: Vec::new(),
        callees,
        result,
        loops: Vec::new(),
        // Parameters have the numbers below.
        next: 9,
        budget,
        rich,
        no_exits: false,
    };
    let mut heads = Vec::new();
    for (k, shape) in params.iter().enumerate() {
        heads.push(writer.parameter(k, *shape));
    }
    let most = if role == Role::Main { 9 } else { 4 };
    let count = 2 + writer.rng.below(most);
    writer.statements(count);
    writer.tail();
    let text = format!(
        "fn {name}({}) -> {} {{\n{}}}\n",
        heads.join(", "),
        result.text().trim_start_matches('&'),
        writer.text
    );
    Source {
        name: name.to_owned(),
        text,
        params,
        result,
    }
}

/// A function that calls itself.
fn recursive(name: &str, rng: &mut Rng) -> Source {
    let inner = ["x * y", "(x + y).sin()", "x - ⟦0.5⟧ * y", "(x * y).cos()"];
    let outer = ["y * r", "r + x * r", "(r * x).tanh()", "r * r - y"];
    let pick = |rng: &mut Rng, from: &[&str]| from[rng.below(from.len())].to_owned();
    let (a, b) = (pick(rng, &inner), pick(rng, &outer));
    let leaf = pick(rng, &inner);
    let text = format!(
        "fn {name}(x: ℝ, y: ℝ, n: usize) -> ℝ {{\n    if n == 0 {{\n        return {leaf};\n    }}\n    let r = {name}({a}, y, n - 1);\n    {b}\n}}\n"
    );
    Source {
        name: name.to_owned(),
        text,
        params: vec![Shape::Float, Shape::Float, Shape::Count],
        result: Shape::Float,
    }
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "    ".repeat(self.indent));
    }

    fn fresh(&mut self, hint: &str) -> String {
        self.next += 1;
        format!("{hint}{}", self.next)
    }

    fn declare(&mut self, name: &str, kind: Kind, mutable: bool) {
        self.vars.push(Var {
            name: name.to_owned(),
            kind,
            mutable,
        });
    }

    fn parameter(&mut self, k: usize, shape: Shape) -> String {
        let name = format!(
            "{}{k}",
            [
                "x", "n", "c", "s", "v", "w", "q", "p", "u", "e", "", "d", "b", "h"
            ][shape_number(shape)]
        );
        let by_value = matches!(
            shape,
            Shape::Float | Shape::Vec | Shape::Array(_) | Shape::Pair | Shape::Point
        );
        let by_mut = shape.is_mutable();
        let mutable = by_value && self.rng.one_in(3);
        let kind = match shape {
            Shape::Float => Kind::Float,
            Shape::Count => Kind::Count(Some(5)),
            Shape::Flag | Shape::Unit => Kind::Flag,
            Shape::Slice => Kind::List(Len::Of(name.clone()), Form::Borrowed),
            Shape::SliceMut => Kind::List(Len::Of(name.clone()), Form::Exclusive),
            Shape::FloatMut => Kind::Exclusive,
            Shape::Vec => Kind::List(Len::Of(name.clone()), Form::Vec),
            Shape::Array(n) => Kind::List(Len::Known(n), Form::Array),
            Shape::ArrayRef(n) => Kind::List(Len::Known(n), Form::Borrowed),
            Shape::Pair => Kind::Pair,
            Shape::Point => Kind::Point,
            Shape::State => Kind::State(Form::Borrowed),
            Shape::StateMut => Kind::State(Form::Exclusive),
        };
        self.declare(&name, kind, mutable || by_mut);
        let head = if mutable { "mut " } else { "" };
        format!("{head}{name}: {}", shape.text())
    }

    /// The last variable of each name: shadowed ones are out of reach.
    fn visible(&self) -> Vec<Var> {
        let shadowed = |k: usize, var: &Var| self.vars[k + 1..].iter().any(|v| v.name == var.name);
        let all = self.vars.iter().enumerate();
        all.filter(|(k, var)| !shadowed(*k, var) && !self.hidden.contains(&var.name))
            .map(|(_, var)| var.clone())
            .collect()
    }

    fn pick_var(&mut self, fits: impl Fn(&Var) -> bool) -> Option<Var> {
        let found: Vec<Var> = self.visible().into_iter().filter(|v| fits(v)).collect();
        // Later variables more often, so that what is computed is used.
        let k = self.rng.below(found.len()).max(self.rng.below(found.len()));
        found.get(k).cloned()
    }

    fn literal(&mut self) -> String {
        let number = self.rng.between(-1.5, 1.5);
        if number < 0.0 {
            format!("(-⟦{:.2}⟧)", -number)
        } else {
            format!("⟦{number:.2}⟧")
        }
    }

    /// An index into a list that is certainly in bounds.
    fn index(&mut self, list: &Var, len: &Len) -> String {
        let name = &list.name;
        let (least, of) = match len {
            Len::Known(n) => (*n, None),
            Len::Of(of) => (3, Some(of.clone())),
        };
        let fitting = self.pick_var(|var| match &var.kind {
            Kind::Count(Some(n)) => *n <= least,
            Kind::IndexOf(list) => Some(list) == of.as_ref(),
            _ => false,
        });
        let any = self.pick_var(|var| matches!(var.kind, Kind::Count(_) | Kind::IndexOf(_)));
        match (self.rng.below(4), fitting, any) {
            (0..=2, Some(var), _) => var.name,
            (0 | 1, None, Some(var)) => match (of, self.rng.one_in(2)) {
                // The length of what is being changed cannot be asked for meanwhile.
                (Some(_), true) if !list.mutable => {
                    format!("({} + {}) % {name}.len()", var.name, self.rng.below(3))
                }
                _ => format!("({} + {}) % {least}", var.name, self.rng.below(3)),
            },
            _ => self.rng.below(least).to_string(),
        }
    }

    /// A variable, element or field that holds a number.
    fn place(&mut self, mutable: bool) -> Option<String> {
        let frozen = self.frozen.clone();
        let var = self.pick_var(|var| {
            (!mutable || var.mutable && !frozen.contains(&var.name))
                && !matches!(
                    var.kind,
                    Kind::Count(_) | Kind::IndexOf(_) | Kind::Flag | Kind::Closure
                )
        })?;
        Some(match &var.kind {
            Kind::List(len, _) => {
                let index = self.index(&var, len);
                format!("{}[{index}]", var.name)
            }
            Kind::Grid(n, m) => {
                let (i, j) = (
                    self.index(&var, &Len::Known(*n)),
                    self.index(&var, &Len::Known(*m)),
                );
                format!("{}[{i}][{j}]", var.name)
            }
            Kind::Pair => format!("{}.{}", var.name, self.rng.below(2)),
            Kind::Point => format!("{}.{}", var.name, ["x", "y"][self.rng.below(2)]),
            Kind::State(_) => self.field(&var.name),
            // What is being changed cannot be asked for its length.
            Kind::Growing if !mutable && self.rng.one_in(3) => {
                format!("{0}[{0}.len() - 1]", var.name)
            }
            Kind::Growing => format!("{}[{}]", var.name, self.rng.below(3)),
            Kind::Exclusive if mutable => format!("*{}", var.name),
            Kind::Exclusive => format!("(*{})", var.name),
            _ => var.name,
        })
    }

    fn atom(&mut self) -> String {
        if self.rng.one_in(12) {
            if let Some(var) =
                self.pick_var(|v| matches!(v.kind, Kind::Count(_) | Kind::IndexOf(_)))
            {
                return format!("(⟦{} as f64⟧)", var.name);
            }
        }
        let place = self.place(false);
        match place {
            Some(place) => place,
            // The parameter may be lent out.
            None if self.hidden.iter().any(|name| name == "x0") => self.literal(),
            None => "x0".to_owned(),
        }
    }

    /// A number expression, safe to stand anywhere; its type is known to the compiler.
    fn expr(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        let d = depth - 1;
        match self.rng.below(25) {
            22 | 23 => self.iterated(d.min(1)).unwrap_or_else(|| self.atom()),
            24 => match self.pick_var(|v| v.kind == Kind::Closure) {
                Some(closure) => format!("{}({})", closure.name, self.expr(d)),
                None => self.atom(),
            },
            0 | 1 => format!("({} + {})", self.expr(d), self.expr(d)),
            2 => format!("({} - {})", self.expr(d), self.expr(d)),
            3..=5 => format!("({} * {})", self.expr(d), self.expr(d)),
            6 => {
                let b = self.expr(d.min(1));
                format!("({} / (⟦1.5⟧ + {b} * {b}))", self.expr(d))
            }
            7 => {
                let op = ["+", "-", "*"][self.rng.below(3)];
                let (literal, e) = (self.literal(), self.expr(d));
                if self.rng.one_in(2) {
                    format!("({e} {op} {literal})")
                } else {
                    format!("({literal} {op} {e})")
                }
            }
            8 => format!("(-{})", self.expr(d)),
            9..=11 => {
                let method = ["sin", "cos", "tanh", "abs", "atan", "sin"][self.rng.below(6)];
                format!("{}.{method}()", self.expr(d))
            }
            12 => {
                let method = ["exp", "sinh", "exp_m1"][self.rng.below(3)];
                format!("{}.tanh().{method}()", self.expr(d))
            }
            13 => {
                let (method, e) = (
                    ["sqrt", "ln", "recip", "cbrt"][self.rng.below(4)],
                    self.expr(d),
                );
                format!("({e} * {e} + ⟦0.7⟧).{method}()")
            }
            14 => {
                let method = ["max", "min", "hypot", "atan2", "copysign"][self.rng.below(5)];
                format!("{}.{method}({})", self.expr(d), self.expr(d))
            }
            15 => format!("{}.powi({})", self.expr(d), self.rng.below(4)),
            16 => format!(
                "{}.mul_add({}, {})",
                self.expr(d),
                self.expr(d),
                self.expr(d)
            ),
            17 | 18 => {
                let condition = self.condition(1);
                format!(
                    "(if {condition} {{ {} }} else {{ {} }})",
                    self.expr(d),
                    self.expr(d)
                )
            }
            19 => self.match_expr(d),
            20 => {
                let name = self.fresh("b");
                let first = self.expr(d);
                let count = self.vars.len();
                self.declare(&name, Kind::Float, false);
                let second = self.expr(d);
                self.vars.truncate(count);
                format!("({{ let {name} = {first}; {name} * {second} }})")
            }
            _ => self.call(Shape::Float).unwrap_or_else(|| self.atom()),
        }
    }

    fn match_expr(&mut self, depth: usize) -> String {
        let Some(var) = self.pick_var(|v| matches!(v.kind, Kind::Count(_) | Kind::IndexOf(_)))
        else {
            return self.expr(depth);
        };
        let arms = [self.expr(depth), self.expr(depth), self.expr(depth)];
        let patterns = if self.rng.one_in(2) {
            ["0", "1"]
        } else {
            ["0 | 2", "3..=4"]
        };
        format!(
            "(match {} {{ {} => {}, {} => {}, _ => {} }})",
            var.name, patterns[0], arms[0], patterns[1], arms[1], arms[2]
        )
    }

    fn condition(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.rng.below(if depth == 0 { 6 } else { 9 }) {
            0 | 1 => format!("{} > {}", self.expr(d), self.literal()),
            2 => format!("{} < {}", self.expr(d), self.expr(d)),
            3 | 4 => {
                let counts = |v: &Var| matches!(v.kind, Kind::Count(_) | Kind::IndexOf(_));
                match self.pick_var(counts) {
                    Some(var) if self.rng.one_in(2) => {
                        format!(
                            "{} % {} == {}",
                            var.name,
                            2 + self.rng.below(2),
                            self.rng.below(2)
                        )
                    }
                    Some(var) => format!("{} < {}", var.name, self.rng.below(4)),
                    None => format!("{} >= {}", self.atom(), self.literal()),
                }
            }
            5 => match self.pick_var(|v| v.kind == Kind::Flag) {
                Some(var) if self.rng.one_in(2) => format!("!{}", var.name),
                Some(var) => var.name,
                None => format!("{} <= {}", self.atom(), self.literal()),
            },
            6 => format!("({} && {})", self.condition(d), self.condition(d)),
            7 => format!("({} || {})", self.condition(d), self.condition(d)),
            _ => format!("!({})", self.condition(d)),
        }
    }

    /// A call of an earlier function with the wanted result.
    fn call(&mut self, result: Shape) -> Option<String> {
        let fitting: Vec<Source> = self
            .callees
            .iter()
            .filter(|source| source.result == result)
            .cloned()
            .collect();
        let callee = self.rng.pick(&fitting)?.clone();
        if callee.params.iter().any(|shape| shape.is_mutable()) {
            return None;
        }
        let mut args = Vec::new();
        for shape in &callee.params {
            args.push(self.argument(*shape)?);
        }
        Some(format!("{}({})", callee.name, args.join(", ")))
    }

    /// A call of an earlier function that changes one of its arguments. The other arguments are
    /// numbers worked out before, as they may not look at what is changed.
    fn changing_call(&mut self) -> Option<()> {
        let fitting: Vec<Source> = self
            .callees
            .iter()
            .filter(|source| source.params.iter().any(|shape| shape.is_mutable()))
            .cloned()
            .collect();
        let callee = self.rng.pick(&fitting)?.clone();
        let mut args = Vec::new();
        for shape in &callee.params {
            if shape.is_mutable() {
                args.push(self.argument(*shape)?);
                continue;
            }
            let name = self.fresh("g");
            match shape {
                Shape::State => {
                    let text = self.argument(*shape)?;
                    let text = text.trim_start_matches('&');
                    self.line(&format!("let {name} = {text}.clone();"));
                    args.push(format!("&{name}"));
                }
                Shape::Slice | Shape::ArrayRef(_) => {
                    let text = self.array(if let Shape::ArrayRef(n) = shape {
                        *n
                    } else {
                        3
                    });
                    self.line(&format!("let {name} = {text};"));
                    args.push(format!("&{name}"));
                }
                _ => {
                    let text = self.argument(*shape)?;
                    self.line(&format!("let {name} = {text};"));
                    args.push(name);
                }
            }
        }
        let call = format!("{}({})", callee.name, args.join(", "));
        if callee.result == Shape::Float {
            let name = self.fresh("r");
            self.line(&format!("let {name} = {call};"));
            self.declare(&name, Kind::Float, false);
        } else if callee.result == Shape::Unit {
            self.line(&format!("{call};"));
        } else {
            self.line(&format!("let _ = {call};"));
        }
        Some(())
    }

    fn argument(&mut self, shape: Shape) -> Option<String> {
        let list = |var: &Var| matches!(var.kind, Kind::List(..));
        Some(match shape {
            Shape::Float => self.expr(1),
            Shape::Flag => self.condition(0),
            Shape::Count => match self.pick_var(|v| matches!(v.kind, Kind::Count(Some(_)))) {
                Some(var) if self.rng.one_in(2) => var.name,
                _ => self.rng.below(5).to_string(),
            },
            Shape::Pair => match self.pick_var(|v| v.kind == Kind::Pair) {
                Some(var) if self.rng.one_in(2) => var.name,
                _ => format!("({}, {})", self.expr(1), self.expr(1)),
            },
            Shape::Slice => {
                let var = self.pick_var(list)?;
                match var.kind {
                    Kind::List(Len::Known(n), _) if n > 3 && self.rng.one_in(2) => {
                        let range = if self.rng.one_in(2) { "1.." } else { "..3" };
                        format!("&{}[{range}]", var.name)
                    }
                    Kind::List(_, Form::Borrowed) => var.name,
                    _ => format!("&{}", var.name),
                }
            }
            Shape::Unit => return None,
            Shape::Point | Shape::State | Shape::StateMut => return self.record_argument(shape),
            Shape::SliceMut => {
                let frozen = self.frozen.clone();
                if self.rng.one_in(3) {
                    if let Some(state) = self.record_argument(Shape::StateMut) {
                        let part = ["w", "list"][self.rng.below(2)];
                        return Some(match state.strip_prefix("&mut ") {
                            Some(name) => format!("&mut {name}.{part}"),
                            None => format!("&mut {state}.{part}"),
                        });
                    }
                }
                let var = self.pick_var(|v| list(v) && v.mutable && !frozen.contains(&v.name))?;
                match var.kind {
                    Kind::List(_, Form::Exclusive) => var.name,
                    Kind::List(Len::Known(n), _) if n > 3 && self.rng.one_in(2) => {
                        format!("&mut {}[1..]", var.name)
                    }
                    _ => format!("&mut {}", var.name),
                }
            }
            Shape::FloatMut => {
                let place = self.place(true)?;
                match place.strip_prefix('*') {
                    Some(name) => name.to_owned(),
                    None => format!("&mut {place}"),
                }
            }
            Shape::Vec => {
                let var = self.pick_var(list)?;
                format!("{}.to_vec()", var.name)
            }
            Shape::Array(n) => {
                let fits = Kind::List(Len::Known(n), Form::Array);
                match self.pick_var(|v| v.kind == fits) {
                    Some(var) if self.rng.one_in(2) => var.name,
                    _ => self.array(n),
                }
            }
            Shape::ArrayRef(n) => {
                let fits = Kind::List(Len::Known(n), Form::Array);
                match self.pick_var(|v| v.kind == fits) {
                    Some(var) => format!("&{}", var.name),
                    None => format!("&{}", self.array(n)),
                }
            }
        })
    }

    fn array(&mut self, n: usize) -> String {
        let parts: Vec<String> = (0..n).map(|_| self.expr(1)).collect();
        format!("[{}]", parts.join(", "))
    }

    /// A number that does not grow from one iteration to the next.
    fn tame(&mut self, depth: usize) -> String {
        let e = self.expr(depth);
        if self.loops.is_empty() && !self.rng.one_in(4) {
            return e;
        }
        match self.rng.below(3) {
            0 => format!("{e}.sin()"),
            1 => format!("{e}.tanh()"),
            _ => format!("(⟦0.3⟧ * {e})"),
        }
    }

    fn statements(&mut self, count: usize) {
        for _ in 0..count {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement();
        }
    }

    fn statement(&mut self) {
        match self.rng.below(60) {
            44.. => self.form(),
            30 | 31 if self.changing_call().is_some() => {}
            36..=43 => self.record(),
            32 => self.closure(),
            33 | 34 => self.collected(),
            35 => self.changed_elements(),
            0..=4 => self.declaration(),
            5..=7 => self.new_list(),
            14 => self.swap(),
            15..=17 => self.branch(),
            18..=22 if self.loops.len() < 3 => self.counted_loop(),
            23 if self.loops.len() < 2 => self.while_loop(),
            24 if self.loops.len() < 2 => self.endless_loop(),
            25 | 26 if !self.loops.is_empty() && !self.no_exits => self.exit(),
            27 => self.early_return(),
            28 => self.call_statement(),
            _ => self.assignment(),
        }
    }

    fn declaration(&mut self) {
        let depth = 1 + self.rng.below(2);
        let mutable = self.rng.one_in(2);
        let head = if mutable { "mut " } else { "" };
        match self.rng.below(8) {
            0 => {
                let (a, b) = (self.fresh("a"), self.fresh("a"));
                let (x, y) = (self.tame(depth), self.tame(depth));
                self.line(&format!("let ({head}{a}, {b}) = ({x}, {y});"));
                self.declare(&a, Kind::Float, mutable);
                self.declare(&b, Kind::Float, false);
            }
            1 => {
                let name = self.fresh("t");
                let (x, y) = (self.tame(depth), self.tame(depth));
                self.line(&format!("let {head}{name} = ({x}, {y});"));
                self.declare(&name, Kind::Pair, mutable);
            }
            2 => {
                let name = self.fresh("c");
                let condition = self.condition(1);
                self.line(&format!("let {name} = {condition};"));
                self.declare(&name, Kind::Flag, false);
            }
            3 => {
                // Shadowing.
                let name =
                    match self.pick_var(|v| v.kind == Kind::Float && !v.name.starts_with('(')) {
                        Some(var) => var.name,
                        None => self.fresh("a"),
                    };
                let e = self.tame(depth);
                self.line(&format!("let {head}{name} = {e};"));
                self.declare(&name, Kind::Float, mutable);
            }
            4 => {
                // Set later, on every path.
                let name = self.fresh("z");
                self.line(&format!("let {name}: ℝ;"));
                let condition = self.condition(1);
                let (x, y) = (self.tame(depth), self.tame(1));
                self.line(&format!(
                    "if {condition} {{ {name} = {x}; }} else {{ {name} = {y}; }}"
                ));
                self.declare(&name, Kind::Float, false);
            }
            _ => {
                let name = self.fresh("a");
                let e = self.tame(depth);
                self.line(&format!("let {head}{name} = {e};"));
                self.declare(&name, Kind::Float, mutable);
            }
        }
    }

    fn new_list(&mut self) {
        let name = self.fresh("m");
        let mutable = !self.rng.one_in(4);
        let head = if mutable { "mut " } else { "" };
        let source = self.pick_var(|v| matches!(v.kind, Kind::List(..)));
        let (text, kind) = match (self.rng.below(8), source) {
            (0 | 1, Some(source)) => {
                let Kind::List(len, _) = source.kind.clone() else {
                    return;
                };
                let copied = format!("{}.to_vec()", source.name);
                (copied, Kind::List(len, Form::Vec))
            }
            (2, Some(source)) => {
                let Kind::List(len, _) = source.kind.clone() else {
                    return;
                };
                let e = self.expr(1);
                let text = format!("vec![{e}; {}.len()]", source.name);
                (text, Kind::List(len, Form::Vec))
            }
            (3, _) => {
                let e = self.expr(1);
                let (n, m) = (2 + self.rng.below(2), 2 + self.rng.below(2));
                (format!("[[{e}; {m}]; {n}]"), Kind::Grid(n, m))
            }
            (4, Some(source)) if !source.mutable => {
                let Kind::List(len, _) = source.kind.clone() else {
                    return;
                };
                let (range, len) = match len {
                    Len::Known(n) if n > 3 => ("1..", Len::Known(n - 1)),
                    Len::Of(_) => ("..3", Len::Known(3)),
                    Len::Known(_) => ("..", len),
                };
                let text = format!("&{}[{range}]", source.name);
                self.line(&format!("let {name} = {text};"));
                self.declare(&name, Kind::List(len, Form::Borrowed), false);
                return;
            }
            (5, _) => {
                let (e, n) = (self.expr(1), 3 + self.rng.below(2));
                (
                    format!("[{e}; {n}]"),
                    Kind::List(Len::Known(n), Form::Array),
                )
            }
            (6, _) => {
                let n = 3 + self.rng.below(2);
                let text = format!("vec!{}", self.array(n));
                (text, Kind::List(Len::Known(n), Form::Vec))
            }
            _ => {
                let n = 3 + self.rng.below(2);
                (self.array(n), Kind::List(Len::Known(n), Form::Array))
            }
        };
        self.line(&format!("let {head}{name} = {text};"));
        self.declare(&name, kind, mutable);
    }

    fn assignment(&mut self) {
        let Some(place) = self.place(true) else {
            return self.declaration();
        };
        let depth = 1 + self.rng.below(2);
        let e = self.tame(depth);
        let text = match self.rng.below(8) {
            0..=2 => format!("⟪{place}¦+¦{e}⟫;"),
            3 => format!("⟪{place}¦-¦{e}⟫;"),
            4 => format!("⟪{place}¦*¦{e}⟫;"),
            5 => format!("⟪{place}¦/¦⟦1.5⟧ + {e} * {e}⟫;"),
            _ => format!("{place} = {e};"),
        };
        self.line(&text);
    }

    fn swap(&mut self) {
        let frozen = self.frozen.clone();
        let list = self.pick_var(|v| {
            v.mutable && matches!(v.kind, Kind::List(..)) && !frozen.contains(&v.name)
        });
        let float = |v: &Var| v.mutable && v.kind == Kind::Float;
        let pair = (self.pick_var(float), self.pick_var(float));
        match (self.rng.below(4), list, pair) {
            (0, Some(list), _) => {
                let e = self.tame(1);
                let value = self.fresh("a");
                self.line(&format!("let {value} = {e};"));
                self.line(&format!("{}.fill({value});", list.name));
            }
            (1 | 2, Some(list), _) => {
                let Kind::List(len, _) = &list.kind else {
                    return;
                };
                let (i, j) = (self.index(&list, len), self.index(&list, len));
                self.line(&format!("{}.swap({i}, {j});", list.name));
            }
            (_, _, (Some(a), Some(b))) if a.name != b.name => {
                self.line(&format!(
                    "std::mem::swap(&mut {}, &mut {});",
                    a.name, b.name
                ));
            }
            _ => self.assignment(),
        }
    }

    /// A block: what it declares is gone after it.
    fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(head);
        let count = self.vars.len();
        self.indent += 1;
        body(self);
        self.indent -= 1;
        self.vars.truncate(count);
    }

    fn branch(&mut self) {
        let condition = self.condition(2);
        let (then, otherwise) = (1 + self.rng.below(2), self.rng.below(3));
        self.block(&format!("if {condition} {{"), |cx| cx.statements(then));
        if otherwise > 0 {
            self.block("} else {", |cx| cx.statements(otherwise));
        }
        self.line("}");
    }

    /// The head of a loop: its label, if it has one, and the loop on the stack.
    fn enter_loop(&mut self) -> String {
        let label = self.rng.one_in(3).then(|| self.fresh("'l"));
        self.loops.push(label.clone());
        label.map_or(String::new(), |label| format!("{label}: "))
    }

    fn counted_loop(&mut self) {
        let i = self.fresh("i");
        let list = self.pick_var(|v| matches!(v.kind, Kind::List(..)));
        let most = 1 + self.rng.below(4);
        let count = self.pick_var(|v| matches!(v.kind, Kind::Count(Some(_))));
        let (pattern, source, kind, frozen) = match (self.rng.below(10), list, count) {
            (0 | 1, Some(list), _) => {
                let Kind::List(len, _) = list.kind.clone() else {
                    return;
                };
                let kind = match len {
                    Len::Known(n) => Kind::Count(Some(n)),
                    Len::Of(of) => Kind::IndexOf(of),
                };
                let range = format!("0..{}.len()", list.name);
                let range = if self.rng.one_in(3) {
                    format!("({range}).rev()")
                } else {
                    range
                };
                (i.clone(), range, kind, None)
            }
            (2 | 3, Some(list), _) => {
                let Kind::List(_, form) = list.kind.clone() else {
                    return;
                };
                let source = match (form, self.rng.below(3)) {
                    (Form::Borrowed, 0) => list.name.clone(),
                    (Form::Exclusive, _) | (_, 1) => format!("{}.iter()", list.name),
                    (Form::Borrowed, _) => format!("{}.iter().rev()", list.name),
                    _ => format!("&{}", list.name),
                };
                (format!("&{i}"), source, Kind::Float, Some(list.name))
            }
            (4, _, Some(count)) => (i.clone(), format!("0..{}", count.name), count.kind, None),
            (5, _, _) => (
                i.clone(),
                format!("0..={most}"),
                Kind::Count(Some(most + 1)),
                None,
            ),
            (6, _, _) => (
                i.clone(),
                format!("(1..{}).rev()", most + 1),
                Kind::Count(Some(most + 1)),
                None,
            ),
            (7, _, _) => {
                let step = 1 + self.rng.below(2);
                (
                    i.clone(),
                    format!("(0..{}).step_by({step})", most + 1),
                    Kind::Count(Some(most + 1)),
                    None,
                )
            }
            _ => (
                i.clone(),
                format!("0..{most}"),
                Kind::Count(Some(most)),
                None,
            ),
        };
        let head = self.enter_loop();
        let freezes = frozen.is_some();
        self.frozen.extend(frozen);
        let count = 1 + self.rng.below(3);
        self.block(&format!("{head}for {pattern} in {source} {{"), |cx| {
            cx.declare(&i, kind, false);
            cx.statements(count);
            cx.assignment();
        });
        self.line("}");
        if freezes {
            self.frozen.pop();
        }
        self.loops.pop();
    }

    fn while_loop(&mut self) {
        let (k, most) = (self.fresh("k"), 1 + self.rng.below(4));
        self.line(&format!("let mut {k} = 0;"));
        let condition = self.condition(1);
        let head = self.enter_loop();
        let count = 1 + self.rng.below(3);
        self.block(
            &format!("{head}while {k} < {most} && ({condition}) {{"),
            |cx| {
                cx.line(&format!("{k} += 1;"));
                cx.declare(&k, Kind::Count(Some(most + 1)), false);
                cx.statements(count);
                cx.assignment();
            },
        );
        self.line("}");
        self.loops.pop();
        self.declare(&k, Kind::Count(Some(most + 1)), false);
    }

    fn endless_loop(&mut self) {
        let (k, most) = (self.fresh("k"), 1 + self.rng.below(4));
        self.line(&format!("let mut {k} = 0;"));
        let head = self.enter_loop();
        let count = 1 + self.rng.below(2);
        self.block(&format!("{head}loop {{"), |cx| {
            cx.line(&format!("{k} += 1;"));
            // Before anything that may `continue`.
            cx.line(&format!("if {k} > {most} {{"));
            cx.line("    break;");
            cx.line("}");
            cx.declare(&k, Kind::Count(Some(most + 1)), false);
            cx.statements(count);
            let condition = cx.condition(1);
            cx.line(&format!("if {condition} {{"));
            cx.line("    break;");
            cx.line("}");
            cx.assignment();
        });
        self.line("}");
        self.loops.pop();
    }

    fn exit(&mut self) {
        let condition = self.condition(1);
        let labels: Vec<String> = self.loops.iter().flatten().cloned().collect();
        let word = ["break", "continue"][self.rng.below(2)];
        let target = match self.rng.pick(&labels) {
            Some(label) if self.rng.one_in(2) => format!("{word} {label}"),
            _ => word.to_owned(),
        };
        let first = self.rng.one_in(3);
        self.block(&format!("if {condition} {{"), |cx| {
            if first {
                cx.assignment();
            }
            cx.line(&format!("{target};"));
        });
        self.line("}");
    }

    fn early_return(&mut self) {
        let condition = self.condition(1);
        let value = self.value(self.result);
        self.line(&format!("if {condition} {{"));
        self.line(&format!("    return {value};"));
        self.line("}");
    }

    /// `let g = |t| ..;`.
    fn closure(&mut self) {
        let (name, argument) = (self.fresh("f"), self.fresh("t"));
        // What it captures must not change while it is alive.
        let mutable = self.vars.iter().filter(|var| var.mutable);
        self.hidden = mutable.map(|var| var.name.clone()).collect();
        let body = self.element_expr(&[&argument], 2);
        self.hidden.clear();
        self.line(&format!("let {name} = |{argument}: ℝ| {body};"));
        self.declare(&name, Kind::Closure, false);
    }

    fn any_list(&mut self) -> Option<(Var, Len)> {
        let var = self.pick_var(|v| matches!(v.kind, Kind::List(..)))?;
        match var.kind.clone() {
            Kind::List(len, _) => Some((var, len)),
            _ => None,
        }
    }

    /// An expression of the elements of an iterator, named so.
    fn element_expr(&mut self, names: &[&str], depth: usize) -> String {
        let count = self.vars.len();
        for name in names {
            self.declare(name, Kind::Float, false);
        }
        let e = self.expr(depth);
        self.vars.truncate(count);
        e
    }

    /// `let m: Vec<_> = x.iter().map(..).collect();`.
    fn collected(&mut self) {
        let Some((list, len)) = self.any_list() else {
            return self.declaration();
        };
        let (name, v) = (self.fresh("m"), self.fresh("v"));
        let e = self.element_expr(&[&v], 1);
        let e = if self.loops.is_empty() {
            e
        } else {
            format!("{e}.sin()")
        };
        let (source, len) = match (self.rng.below(4), len) {
            (0, Len::Known(n)) if n > 3 => ("iter().skip(1)", Len::Known(n - 1)),
            (1, _) => ("iter().take(3)", Len::Known(3)),
            (2, len) => ("iter().rev()", len),
            (_, len) => ("iter()", len),
        };
        self.line(&format!(
            "let mut {name}: Vec<ℝ> = {}.{source}.map(|&{v}| {e}).collect();",
            list.name
        ));
        self.declare(&name, Kind::List(len, Form::Vec), true);
    }

    /// A sum over an iterator chain.
    fn iterated(&mut self, depth: usize) -> Option<String> {
        let list = self.sequence()?;
        let other = self.sequence()?;
        let (a, b, i) = (self.fresh("v"), self.fresh("v"), self.fresh("i"));
        Some(match self.rng.below(6) {
            0 => {
                let e = self.element_expr(&[&a], depth);
                format!("{list}.iter().map(|&{a}| {e}).sum::<ℝ>()")
            }
            1 => {
                let e = self.element_expr(&[&a, &b], depth);
                format!("{list}.iter().zip({other}.iter()).map(|(&{a}, &{b})| {e}).sum::<ℝ>()")
            }
            2 => {
                let start = self.expr(1);
                let e = self.element_expr(&[&a, &b], 1);
                format!("{list}.iter().fold({start}, |{a}, &{b}| (⟦0.5⟧ * {a} + {e}).sin())")
            }
            3 => {
                let e = self.element_expr(&[&a], depth);
                format!(
                    "{list}.iter().enumerate().map(|({i}, &{a})| {e} * (⟦{i} as f64⟧)).sum::<ℝ>()"
                )
            }
            4 => {
                let (e, literal) = (self.element_expr(&[&a], depth), self.literal());
                format!("{list}.iter().filter(|&&{a}| {a} > {literal}).map(|&{a}| {e}).sum::<ℝ>()")
            }
            _ => {
                let w = self.fresh("w");
                format!("{list}.windows(2).map(|{w}| {w}[0] * {w}[1]).sum::<ℝ>()")
            }
        })
    }

    /// A loop over elements that are changed in place, or over pairs of them.
    fn changed_elements(&mut self) {
        let frozen = self.frozen.clone();
        let list = self.pick_var(|v| {
            v.mutable && matches!(v.kind, Kind::List(..)) && !frozen.contains(&v.name)
        });
        let Some(list) = list else {
            return self.assignment();
        };
        let v = self.fresh("v");
        // Nothing of the list itself while its elements are lent out.
        self.hidden.push(list.name.clone());
        let e = self.expr(1);
        self.hidden.clear();
        match self.rng.below(3) {
            0 => self.line(&format!(
                "for {v} in {}.iter_mut() {{ *{v} *= {e}.sin(); }}",
                list.name
            )),
            1 => self.line(&format!(
                "for {v} in {}.iter_mut().rev() {{ *{v} = (⟦0.5⟧ * *{v} + {e}).sin(); }}",
                list.name
            )),
            _ => {
                let i = self.fresh("i");
                self.line(&format!("for ({i}, {v}) in {}.iter_mut().enumerate() {{ *{v} -= {e} * (⟦{i} as f64⟧); }}", list.name));
            }
        }
    }

    fn call_statement(&mut self) {
        let name = self.fresh("r");
        let n = 3;
        if let Some(call) = self.call(Shape::Pair) {
            if self.rng.one_in(2) {
                let other = self.fresh("r");
                self.line(&format!("let ({name}, {other}) = {call};"));
                self.declare(&name, Kind::Float, false);
                self.declare(&other, Kind::Float, false);
            } else {
                self.line(&format!("let {name} = {call};"));
                self.declare(&name, Kind::Pair, false);
            }
        } else if let Some(call) = self.call(Shape::Array(n)) {
            self.line(&format!("let {name} = {call};"));
            self.declare(&name, Kind::List(Len::Known(n), Form::Array), false);
        } else if let Some(call) = self.call(Shape::Vec) {
            self.line(&format!("let {name} = {call};"));
            self.declare(&name, Kind::List(Len::Of(name.clone()), Form::Vec), false);
        } else if let Some(call) = self.call(Shape::Point) {
            self.line(&format!("let mut {name} = {call};"));
            self.declare(&name, Kind::Point, true);
        } else if let Some(call) = self.call(Shape::State) {
            self.line(&format!("let mut {name} = {call};"));
            self.declare(&name, Kind::State(Form::Vec), true);
        } else if let Some(call) = self.call(Shape::Float) {
            self.line(&format!("let {name} = {call};"));
            self.declare(&name, Kind::Float, false);
        } else {
            self.assignment();
        }
    }

    fn value(&mut self, shape: Shape) -> String {
        match shape {
            Shape::Unit => String::new(),
            Shape::Pair => format!("({}, {})", self.expr(2), self.expr(2)),
            Shape::Array(n) => self.array(n),
            Shape::Point => self.point_value(),
            Shape::State => self.state_value(),
            Shape::Vec => {
                let vec = self.pick_var(|v| matches!(v.kind, Kind::List(..)));
                match vec {
                    Some(var) if self.rng.one_in(2) => format!("{}.to_vec()", var.name),
                    _ => format!("vec!{}", self.array(3)),
                }
            }
            _ => self.expr(2),
        }
    }

    /// The last expression: a sum over much of what is in scope.
    fn tail(&mut self) {
        if self.result == Shape::Unit {
            return self.assignment();
        }
        if self.result != Shape::Float {
            let value = self.value(self.result);
            return self.line(&value);
        }
        let mut parts = Vec::new();
        for _ in 0..2 + self.rng.below(3) {
            let depth = self.rng.below(2);
            parts.push(self.expr(depth));
        }
        self.line(&parts.join(" + "));
    }
}

fn shape_number(shape: Shape) -> usize {
    match shape {
        Shape::Float => 0,
        Shape::Count => 1,
        Shape::Flag => 2,
        Shape::Slice => 3,
        Shape::Vec => 4,
        Shape::Array(_) => 5,
        Shape::ArrayRef(_) => 6,
        Shape::Pair => 7,
        Shape::SliceMut => 8,
        Shape::FloatMut => 9,
        Shape::Unit => 10,
        Shape::Point => 11,
        Shape::State => 12,
        Shape::StateMut => 13,
    }
}
