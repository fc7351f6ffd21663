//! The operator table: every real function with its derivative, stated once.
//!
//! A [`Row`] gives the spelling, the reference implementation for the interpreter, where it is
//! checked, what it costs, and for each operand the derivative of the result, as a factor built from
//! graph handles ([`Ex`]). Forward and reverse mode are both read off the row; nothing else in the
//! project states a derivative of a scalar function.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use proc_macro2::Span;

use super::{Discrete, Graph, Kind, Literal, Region, Ty, Value};

macro_rules! operators {
    ($($op:ident),* $(,)?) => {
        /// A function of real numbers.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub(crate) enum Op { $($op),* }

        impl Op {
            pub(crate) const ALL: &'static [Op] = &[$(Op::$op),*];
        }
    };
}

operators! {
    Add, Sub, Mul, Div, Rem, Neg,
    Abs, Signum, Copysign, Max, Min, Clamp, AbsSub,
    Floor, Ceil, Round, RoundTiesEven, Trunc, Fract, DivEuclid, RemEuclid,
    Recip, Sqrt, Cbrt, Hypot, MulAdd, Midpoint, Powi, Powf,
    Exp, Exp2, ExpM1, Ln, Ln1p, Log, Log2, Log10,
    Sin, Cos, Tan, Asin, Acos, Atan, Atan2,
    Sinh, Cosh, Tanh, Asinh, Acosh, Atanh,
    ToDegrees, ToRadians,
}

/// How the source spells an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spelling {
    Infix(&'static str),
    Prefix(&'static str),
    Method(&'static str),
}

/// Whether the reverse sweep computes a value again or keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cost {
    Cheap,
    Dear,
}

/// The derivative of the result by one operand.
#[derive(Clone, Copy)]
pub(crate) enum Wrt {
    /// Flat, or not a real operand.
    Zero,
    /// A factor that is finite wherever the function is.
    Scale(Factor),
    /// A factor that can be infinite, as the function is there; a zero cotangent times it is zero.
    Steep(Factor),
    /// A steep factor where the function says so, else a plain one.
    SteepWhen(Factor, fn(&At) -> bool),
    /// A factor that can be infinite where the function is not, as that of a root at 0.
    Vertical(Factor),
    /// A vertical factor where the function says so, else a plain one.
    VerticalWhen(Factor, fn(&At) -> bool),
    /// The result chooses between operands: the tangent or cotangent passes or does not, untouched
    /// by a factor, because 0 times infinity is not 0.
    Mask(for<'a, 'g> fn(&'a At<'g>, Ex<'g>) -> Ex<'g>),
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) spelling: Spelling,
    pub(crate) wrt: &'static [Wrt],
    /// The result from the operands.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) reference: fn(&[f64]) -> f64,
    /// Boxes of operands on which the row's tests sample; one for each smooth piece.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) checked_on: &'static [&'static [(f64, f64)]],
    pub(crate) cost: Cost,
}

impl Op {
    /// The operator a method call names.
    pub(crate) fn from_method(name: &str, operands: usize) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| {
            let row = row(*op);
            row.spelling == Spelling::Method(static_name(name, row.spelling))
                && row.wrt.len() == operands
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match row(self).spelling {
            Spelling::Infix(name) | Spelling::Prefix(name) | Spelling::Method(name) => name,
        }
    }
}

/// The row's own name when it equals `name`, so that spellings compare.
fn static_name(name: &str, spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Method(own) if own == name => own,
        _ => "",
    }
}

/// Where a row is asked for a derivative: handles to its operands and its result.
pub(crate) struct At<'g> {
    pub(crate) operands: Vec<Ex<'g>>,
    pub(crate) out: Ex<'g>,
    /// Which operands are active.
    pub(crate) active: Vec<bool>,
}

impl<'g> At<'g> {
    fn x(&self) -> Ex<'g> {
        self.operands[0]
    }
    fn y(&self) -> Ex<'g> {
        self.operands[1]
    }
    fn z(&self) -> Ex<'g> {
        self.operands[2]
    }
    fn lit(&self, number: f64) -> Ex<'g> {
        self.out.lit(number)
    }
}

/// Where new sites go: the end of one region of a graph.
pub(crate) struct Cursor<'g> {
    pub(crate) graph: RefCell<&'g mut Graph>,
    pub(crate) region: Region,
    pub(crate) span: Span,
}

impl<'g> Cursor<'g> {
    pub(crate) fn new(graph: &'g mut Graph, region: Region, span: Span) -> Self {
        Cursor {
            graph: RefCell::new(graph),
            region,
            span,
        }
    }

    pub(crate) fn ex(&self, value: Value) -> Ex<'_> {
        Ex {
            cx: self.erase(),
            value,
        }
    }

    fn erase(&self) -> &dyn Build {
        self
    }

    /// What a value that was negated last is without the sign, which goes.
    pub(crate) fn take_sign(&self, value: Value) -> Option<Value> {
        let mut graph = self.graph.borrow_mut();
        let last = *graph.block(self.region).sites.last()?;
        let site = graph.site(last);
        let rest = *site.operands.first()?;
        if site.kind != Kind::Apply(Op::Neg) || site.results != [value] {
            return None;
        }
        graph.block_mut(self.region).sites.pop();
        Some(rest)
    }
}

/// Appends sites; lets [`Ex`] forget how long the graph is borrowed.
pub(crate) trait Build {
    fn push(&self, kind: Kind, operands: &[Value], ty: Ty) -> Value;
    fn ty(&self, value: Value) -> Ty;
    fn number(&self, value: Value) -> Option<f64>;
}

impl Build for Cursor<'_> {
    fn push(&self, kind: Kind, operands: &[Value], ty: Ty) -> Value {
        let mut graph = self.graph.borrow_mut();
        let site = graph.new_site(kind, operands.to_vec(), Vec::new(), vec![ty], self.span);
        graph.block_mut(self.region).sites.push(site);
        graph.site(site).results[0]
    }

    fn ty(&self, value: Value) -> Ty {
        self.graph.borrow().ty(value).clone()
    }

    fn number(&self, value: Value) -> Option<f64> {
        self.graph.borrow().number(value)
    }
}

/// A handle to a value with arithmetic that builds the graph.
#[derive(Clone, Copy)]
pub(crate) struct Ex<'g> {
    cx: &'g dyn Build,
    pub(crate) value: Value,
}

impl<'g> Ex<'g> {
    fn of(self, value: Value) -> Ex<'g> {
        Ex { cx: self.cx, value }
    }

    pub(crate) fn ty(self) -> Ty {
        self.cx.ty(self.value)
    }

    pub(crate) fn apply(self, op: Op, others: &[Ex<'g>]) -> Ex<'g> {
        let mut operands = vec![self.value];
        operands.extend(others.iter().map(|e| e.value));
        let ty = others
            .iter()
            .fold(self.ty(), |ty, other| float_of(&ty, &other.ty()));
        self.of(self.cx.push(Kind::Apply(op), &operands, ty))
    }

    /// A literal of this handle's type.
    pub(crate) fn lit(self, number: f64) -> Ex<'g> {
        let ty = match self.ty() {
            ty @ Ty::Float(_) => ty,
            _ => Ty::Float(None),
        };
        let literal = Kind::Literal(Literal::Float(format!("{number:?}")));
        self.of(self.cx.push(literal, &[], ty))
    }

    fn int(self, number: i32) -> Ex<'g> {
        let literal = Kind::Literal(Literal::Int(number.to_string()));
        self.of(self.cx.push(literal, &[], Ty::Int))
    }

    fn discrete(self, op: Discrete, other: Ex<'g>) -> Ex<'g> {
        let operands = [self.value, other.value];
        self.of(self.cx.push(Kind::Discrete(op), &operands, Ty::Bool))
    }

    pub(crate) fn is_zero(self) -> Ex<'g> {
        self.discrete(Discrete::Eq, self.lit(0.0))
    }

    /// `if self { yes } else { no }`.
    pub(crate) fn select(self, yes: Ex<'g>, no: Ex<'g>) -> Ex<'g> {
        let ty = float_of(&yes.ty(), &no.ty());
        let operands = [self.value, yes.value, no.value];
        self.of(self.cx.push(Kind::Select, &operands, ty))
    }

    /// This integer as a float of `like`'s type.
    fn float_like(self, like: Ex<'g>) -> Ex<'g> {
        let operands = [self.value, like.value];
        self.of(self.cx.push(Kind::FloatLike, &operands, like.ty()))
    }
}

/// The type of arithmetic on two floats of which one may be known better.
pub(crate) fn float_of(a: &Ty, b: &Ty) -> Ty {
    match (a, b) {
        (Ty::Float(Some(_)), _) => a.clone(),
        (_, Ty::Float(Some(_))) | (Ty::Unknown, Ty::Float(_)) => b.clone(),
        _ => a.clone(),
    }
}

macro_rules! arithmetic {
    ($($trait:ident :: $method:ident => $op:expr;)*) => {$(
        impl<'g> $trait for Ex<'g> {
            type Output = Ex<'g>;
            fn $method(self, other: Ex<'g>) -> Ex<'g> {
                self.apply($op, &[other])
            }
        }
        impl<'g> $trait<f64> for Ex<'g> {
            type Output = Ex<'g>;
            fn $method(self, other: f64) -> Ex<'g> {
                self.apply($op, &[self.lit(other)])
            }
        }
        impl<'g> $trait<Ex<'g>> for f64 {
            type Output = Ex<'g>;
            fn $method(self, other: Ex<'g>) -> Ex<'g> {
                other.lit(self).apply($op, &[other])
            }
        }
    )*};
}

arithmetic! {
    Add::add => Op::Add;
    Sub::sub => Op::Sub;
    Mul::mul => Op::Mul;
    Div::div => Op::Div;
}

impl<'g> Neg for Ex<'g> {
    type Output = Ex<'g>;
    fn neg(self) -> Ex<'g> {
        self.apply(Op::Neg, &[])
    }
}

/// A partial derivative, built from the handles of a site.
pub(crate) type Factor = for<'a, 'g> fn(&'a At<'g>) -> Ex<'g>;

const REAL: &[(f64, f64)] = &[(-3.0, 3.0)];
const UNIT: &[(f64, f64)] = &[(-0.9, 0.9)];
const POSITIVE: &[(f64, f64)] = &[(0.2, 4.0)];
const NEGATIVE: &[(f64, f64)] = &[(-4.0, -0.2)];
const BETWEEN_INTEGERS: &[(f64, f64)] = &[(1.1, 1.4)];
const BETWEEN_NEGATIVE: &[(f64, f64)] = &[(-1.9, -1.6)];
const TWO_REALS: &[(f64, f64)] = &[(-3.0, 3.0), (-3.0, 3.0)];
const THREE_REALS: &[(f64, f64)] = &[(-3.0, 3.0), (-3.0, 3.0), (-3.0, 3.0)];
const LESS: &[(f64, f64)] = &[(-3.0, -0.5), (0.5, 3.0)];
const MORE: &[(f64, f64)] = &[(0.5, 3.0), (-3.0, -0.5)];
const BOTH_POSITIVE: &[(f64, f64)] = &[(0.3, 3.0), (0.3, 3.0)];
const BOTH_NEGATIVE: &[(f64, f64)] = &[(-3.0, -0.3), (-3.0, -0.3)];
const QUOTIENT: &[(f64, f64)] = &[(5.3, 5.6), (2.1, 2.3)];
const QUOTIENT_NEGATIVE: &[(f64, f64)] = &[(-5.6, -5.3), (2.1, 2.3)];
const QUOTIENT_BY_NEGATIVE: &[(f64, f64)] = &[(5.3, 5.6), (-2.3, -2.1)];

const QUOTIENTS: &[&[(f64, f64)]] = &[QUOTIENT, QUOTIENT_NEGATIVE, QUOTIENT_BY_NEGATIVE];
const STEPS: &[&[(f64, f64)]] = &[BETWEEN_INTEGERS, BETWEEN_NEGATIVE];
const SIGNS: &[&[(f64, f64)]] = &[POSITIVE, NEGATIVE];
const ORDERS: &[&[(f64, f64)]] = &[LESS, MORE];

/// Half to each operand at a tie, otherwise all to the one that is the result.
fn chosen<'g>(s: &At<'g>, own: Ex<'g>, t: Ex<'g>) -> Ex<'g> {
    let tie = s.x().discrete(Discrete::Eq, s.y());
    let is_own = s.out.discrete(Discrete::Eq, own);
    tie.select(t * 0.5, is_own.select(t, t.lit(0.0)))
}

/// The row of `op`.
#[rustfmt::skip]
#[allow(clippy::too_many_lines, clippy::redundant_closure_for_method_calls)] // one line an operator
pub(crate) fn row(op: Op) -> Row {
    use Cost::{Cheap, Dear};
    use Spelling::{Infix, Method, Prefix};
    use Wrt::{Mask, Scale, Steep, SteepWhen, Vertical, VerticalWhen, Zero};
    let new = |spelling, cost, checked_on, reference: fn(&[f64]) -> f64, wrt| Row { spelling, wrt, reference, checked_on, cost };
    match op {
        //                     spelling                 cost   checked on       reference                        derivative by each operand
        Op::Add       => new(Infix("+"),               Cheap, &[TWO_REALS],    |v| v[0] + v[1],                 &[Scale(|s| s.lit(1.0)), Scale(|s| s.lit(1.0))]),
        Op::Sub       => new(Infix("-"),               Cheap, &[TWO_REALS],    |v| v[0] - v[1],                 &[Scale(|s| s.lit(1.0)), Scale(|s| s.lit(-1.0))]),
        Op::Mul       => new(Infix("*"),               Cheap, &[TWO_REALS],    |v| v[0] * v[1],                 &[Scale(|s| s.y()), Scale(|s| s.x())]),
        Op::Div       => new(Infix("/"),               Dear,  &[BOTH_POSITIVE, BOTH_NEGATIVE],
                             |v| v[0] / v[1],          // One quotient for both, and of `1 / y` it is the result.
                             &[SteepWhen(|s| 1.0 / s.y(), |s| s.active[1]), Steep(|s| -(s.out * (1.0 / s.y())))]),
        Op::Rem       => new(Infix("%"),               Dear,  QUOTIENTS,       |v| v[0] % v[1],                 &[Scale(|s| s.lit(1.0)), Scale(|s| -(s.x() / s.y()).apply(Op::Trunc, &[]))]),
        Op::Neg       => new(Prefix("-"),              Cheap, &[REAL],         |v| -v[0],                       &[Scale(|s| s.lit(-1.0))]),

        Op::Abs       => new(Method("abs"),            Cheap, SIGNS,           |v| v[0].abs(),
                             &[Mask(|s, t| s.x().discrete(Discrete::Gt, s.lit(0.0)).select(t, s.x().discrete(Discrete::Lt, s.lit(0.0)).select(-t, t.lit(0.0))))]),
        Op::Signum    => new(Method("signum"),         Cheap, SIGNS,           |v| v[0].signum(),               &[Zero]),
        Op::Copysign  => new(Method("copysign"),       Cheap, &[BOTH_POSITIVE, BOTH_NEGATIVE, LESS, MORE],
                             |v| v[0].copysign(v[1]),
                             &[Mask(|s, t| s.x().apply(Op::Signum, &[]).discrete(Discrete::Eq, s.out.apply(Op::Signum, &[])).select(t, -t)), Zero]),
        Op::Max       => new(Method("max"),            Cheap, ORDERS,          |v| v[0].max(v[1]),              &[Mask(|s, t| chosen(s, s.x(), t)), Mask(|s, t| chosen(s, s.y(), t))]),
        Op::Min       => new(Method("min"),            Cheap, ORDERS,          |v| v[0].min(v[1]),              &[Mask(|s, t| chosen(s, s.x(), t)), Mask(|s, t| chosen(s, s.y(), t))]),
        Op::Clamp     => new(Method("clamp"),          Cheap, &[&[(-4.0, -2.5), (-2.0, -1.0), (1.0, 2.0)], &[(-0.9, 0.9), (-2.0, -1.0), (1.0, 2.0)], &[(2.5, 4.0), (-2.0, -1.0), (1.0, 2.0)]],
                             |v| v[0].clamp(v[1], v[2]), &[
                                 Mask(|s, t| {
                                     let tie = s.x().discrete(Discrete::Eq, s.y()).discrete(Discrete::Or, s.x().discrete(Discrete::Eq, s.z()));
                                     tie.select(t * 0.5, s.out.discrete(Discrete::Eq, s.x()).select(t, t.lit(0.0)))
                                 }),
                                 Mask(|s, t| s.x().discrete(Discrete::Lt, s.y()).select(t, s.x().discrete(Discrete::Eq, s.y()).select(t * 0.5, t.lit(0.0)))),
                                 Mask(|s, t| {
                                     let tie = s.x().discrete(Discrete::Eq, s.z()).discrete(Discrete::And, s.x().discrete(Discrete::Ne, s.y()));
                                     s.x().discrete(Discrete::Gt, s.z()).select(t, tie.select(t * 0.5, t.lit(0.0)))
                                 }),
                             ]),
        Op::AbsSub    => new(Method("abs_sub"),        Cheap, ORDERS,          |v| (v[0] - v[1]).max(0.0),      &[
                                 Mask(|s, t| s.x().discrete(Discrete::Gt, s.y()).select(t, t.lit(0.0))),
                                 Mask(|s, t| s.x().discrete(Discrete::Gt, s.y()).select(-t, t.lit(0.0))),
                             ]),

        Op::Floor     => new(Method("floor"),          Cheap, STEPS,           |v| v[0].floor(),                &[Zero]),
        Op::Ceil      => new(Method("ceil"),           Cheap, STEPS,           |v| v[0].ceil(),                 &[Zero]),
        Op::Round     => new(Method("round"),          Cheap, STEPS,           |v| v[0].round(),                &[Zero]),
        Op::RoundTiesEven => new(Method("round_ties_even"), Cheap, STEPS,      |v| v[0].round_ties_even(),      &[Zero]),
        Op::Trunc     => new(Method("trunc"),          Cheap, STEPS,           |v| v[0].trunc(),                &[Zero]),
        Op::Fract     => new(Method("fract"),          Cheap, STEPS,           |v| v[0].fract(),                &[Scale(|s| s.lit(1.0))]),
        Op::DivEuclid => new(Method("div_euclid"),     Dear,  QUOTIENTS,       |v| v[0].div_euclid(v[1]),       &[Zero, Zero]),
        Op::RemEuclid => new(Method("rem_euclid"),     Dear,  QUOTIENTS,       |v| v[0].rem_euclid(v[1]),       &[Scale(|s| s.lit(1.0)), Scale(|s| -s.x().apply(Op::DivEuclid, &[s.y()]))]),

        Op::Recip     => new(Method("recip"),          Dear,  SIGNS,           |v| v[0].recip(),                &[Steep(|s| -(s.out * s.out))]),
        Op::Sqrt      => new(Method("sqrt"),           Dear,  &[POSITIVE],     |v| v[0].sqrt(),                 &[Vertical(|s| 0.5 / s.out)]),
        Op::Cbrt      => new(Method("cbrt"),           Dear,  SIGNS,           |v| v[0].cbrt(),                 &[Vertical(|s| 1.0 / (3.0 * (s.out * s.out)))]),
        Op::Hypot     => new(Method("hypot"),          Dear,  &[BOTH_POSITIVE, BOTH_NEGATIVE, LESS, MORE],
                             |v| v[0].hypot(v[1]),     &[Scale(|s| s.out.is_zero().select(s.lit(0.0), s.x() / s.out)), Scale(|s| s.out.is_zero().select(s.lit(0.0), s.y() / s.out))]),
        Op::MulAdd    => new(Method("mul_add"),        Cheap, &[THREE_REALS],  |v| v[0].mul_add(v[1], v[2]),    &[Scale(|s| s.y()), Scale(|s| s.x()), Scale(|s| s.lit(1.0))]),
        Op::Midpoint  => new(Method("midpoint"),       Cheap, &[TWO_REALS],    |v| v[0].midpoint(v[1]),         &[Scale(|s| s.lit(0.5)), Scale(|s| s.lit(0.5))]),
        Op::Powi      => new(Method("powi"),           Dear,  &[&[(0.3, 2.0), (3.0, 3.0)], &[(-2.0, -0.3), (2.0, 2.0)], &[(0.4, 2.0), (-2.0, -2.0)], &[(-2.0, 2.0), (0.0, 0.0)], &[(-2.0, 2.0), (1.0, 1.0)]],
                             #[allow(clippy::cast_possible_truncation)] |v| v[0].powi(v[1] as i32),
                             &[SteepWhen(powi_factor, |s| s.y().cx.number(s.y().value).is_none_or(|n| n < 0.0)), Zero]),
        Op::Powf      => new(Method("powf"),           Dear,  &[BOTH_POSITIVE, &[(0.3, 3.0), (-3.0, -0.3)]],
                             |v| v[0].powf(v[1]),      &[
                                 VerticalWhen(|s| s.y() * s.x().apply(Op::Powf, &[s.y() - 1.0]), |s| s.y().cx.number(s.y().value).is_none_or(|n| n < 1.0)),
                                 Steep(|s| s.out.is_zero().select(s.lit(0.0), s.out * s.x().apply(Op::Ln, &[]))),
                             ]),

        Op::Exp       => new(Method("exp"),            Dear,  &[REAL],         |v| v[0].exp(),                  &[Steep(|s| s.out)]),
        Op::Exp2      => new(Method("exp2"),           Dear,  &[REAL],         |v| v[0].exp2(),                 &[Steep(|s| s.out * std::f64::consts::LN_2)]),
        Op::ExpM1     => new(Method("exp_m1"),         Dear,  &[REAL],         |v| v[0].exp_m1(),               &[Steep(|s| s.out + 1.0)]),
        Op::Ln        => new(Method("ln"),             Dear,  &[POSITIVE],     |v| v[0].ln(),                   &[Steep(|s| 1.0 / s.x())]),
        Op::Ln1p      => new(Method("ln_1p"),          Dear,  &[UNIT],         |v| v[0].ln_1p(),                &[Steep(|s| 1.0 / (1.0 + s.x()))]),
        Op::Log       => new(Method("log"),            Dear,  &[&[(0.3, 3.0), (1.3, 4.0)], &[(0.3, 3.0), (0.2, 0.8)]],
                             |v| v[0].log(v[1]),       &[Steep(|s| 1.0 / (s.x() * s.y().apply(Op::Ln, &[]))), Steep(|s| -(s.out / (s.y() * s.y().apply(Op::Ln, &[]))))]),
        Op::Log2      => new(Method("log2"),           Dear,  &[POSITIVE],     |v| v[0].log2(),                 &[Steep(|s| 1.0 / (s.x() * std::f64::consts::LN_2))]),
        Op::Log10     => new(Method("log10"),          Dear,  &[POSITIVE],     |v| v[0].log10(),                &[Steep(|s| 1.0 / (s.x() * std::f64::consts::LN_10))]),

        Op::Sin       => new(Method("sin"),            Dear,  &[REAL],         |v| v[0].sin(),                  &[Scale(|s| s.x().apply(Op::Cos, &[]))]),
        Op::Cos       => new(Method("cos"),            Dear,  &[REAL],         |v| v[0].cos(),                  &[Scale(|s| -s.x().apply(Op::Sin, &[]))]),
        Op::Tan       => new(Method("tan"),            Dear,  &[&[(-1.2, 1.2)]], |v| v[0].tan(),                &[Scale(|s| 1.0 + s.out * s.out)]),
        Op::Asin      => new(Method("asin"),           Dear,  &[UNIT],         |v| v[0].asin(),                 &[Vertical(|s| 1.0 / ((1.0 - s.x()) * (1.0 + s.x())).apply(Op::Sqrt, &[]))]),
        Op::Acos      => new(Method("acos"),           Dear,  &[UNIT],         |v| v[0].acos(),                 &[Vertical(|s| -1.0 / ((1.0 - s.x()) * (1.0 + s.x())).apply(Op::Sqrt, &[]))]),
        Op::Atan      => new(Method("atan"),           Dear,  &[REAL],         |v| v[0].atan(),                 &[Scale(|s| 1.0 / (1.0 + s.x() * s.x()))]),
        Op::Atan2     => new(Method("atan2"),          Dear,  &[BOTH_POSITIVE, BOTH_NEGATIVE, LESS, MORE],
                             |v| v[0].atan2(v[1]),     &[Steep(|s| s.y() / (s.x() * s.x() + s.y() * s.y())), Steep(|s| -(s.x() / (s.x() * s.x() + s.y() * s.y())))]),
        Op::Sinh      => new(Method("sinh"),           Dear,  &[REAL],         |v| v[0].sinh(),                 &[Steep(|s| s.x().apply(Op::Cosh, &[]))]),
        Op::Cosh      => new(Method("cosh"),           Dear,  &[REAL],         |v| v[0].cosh(),                 &[Steep(|s| s.x().apply(Op::Sinh, &[]))]),
        Op::Tanh      => new(Method("tanh"),           Dear,  &[REAL],         |v| v[0].tanh(),                 &[Scale(|s| (1.0 - s.out) * (1.0 + s.out))]),
        Op::Asinh     => new(Method("asinh"),          Dear,  &[REAL],         |v| v[0].asinh(),                &[Scale(|s| 1.0 / (s.x() * s.x() + 1.0).apply(Op::Sqrt, &[]))]),
        Op::Acosh     => new(Method("acosh"),          Dear,  &[&[(1.2, 4.0)]], |v| v[0].acosh(),               &[Vertical(|s| 1.0 / ((s.x() - 1.0) * (s.x() + 1.0)).apply(Op::Sqrt, &[]))]),
        Op::Atanh     => new(Method("atanh"),          Dear,  &[UNIT],         |v| v[0].atanh(),                &[Steep(|s| 1.0 / ((1.0 - s.x()) * (1.0 + s.x())))]),
        Op::ToDegrees => new(Method("to_degrees"),     Cheap, &[REAL],         |v| v[0].to_degrees(),           &[Scale(|s| s.lit(180.0 / std::f64::consts::PI))]),
        Op::ToRadians => new(Method("to_radians"),     Cheap, &[REAL],         |v| v[0].to_radians(),           &[Scale(|s| s.lit(std::f64::consts::PI / 180.0))]),
    }
}

/// `n * x^(n - 1)`, and 0 for `n = 0` even where `x^-1` is infinite.
fn powi_factor<'g>(s: &At<'g>) -> Ex<'g> {
    let (x, n) = (s.x(), s.y());
    let less = |n: Ex<'g>| match n.cx.number(n.value) {
        #[allow(clippy::cast_possible_truncation)]
        Some(number) => n.int(number as i32 - 1),
        None => n.apply(Op::Sub, &[n.int(1)]),
    };
    match n.cx.number(n.value) {
        Some(0.0) => s.lit(0.0),
        Some(1.0) => s.lit(1.0),
        Some(2.0) => 2.0 * x,
        Some(number) => number * x.apply(Op::Powi, &[less(n)]),
        None => n
            .discrete(Discrete::Eq, n.int(0))
            .select(s.lit(0.0), n.float_like(x) * x.apply(Op::Powi, &[less(n)])),
    }
}
