//! Numbers: literals and operators.

use super::*;

/// A site on scalars alone; `None` if it is another.
pub(super) fn scalar(graph: &Graph, site: &Site, operands: &[Datum]) -> Run<Option<Datum>> {
    Ok(Some(match &site.kind {
        Kind::Literal(literal) => self::literal(literal, graph.ty(site.results[0]))?,
        Kind::Constant(code) => constant(&code.0.to_string())?,
        Kind::Apply(op) => apply(*op, operands)?,
        Kind::Discrete(op) => discrete(*op, operands)?,
        Kind::Select => operands[if operands[0].bool()? { 1 } else { 2 }].clone(),
        Kind::FloatLike => Datum::Float(operands[0].float()?),
        Kind::Cast(code) => operands[0].cast(&code.0.to_string())?,
        Kind::PushCast(_) if operands[0] == Datum::Nothing => Datum::Float(0.0),
        Kind::PushCast(_) | Kind::Frozen | Kind::IntLike | Kind::Elements => operands[0].clone(),
        Kind::PullCast => match operands[0] {
            Datum::Float(_) => operands[1].clone(),
            _ => Datum::Nothing,
        },
        _ => return Ok(None),
    }))
}

pub(super) fn literal(literal: &Literal, ty: &Ty) -> Run<Datum> {
    Ok(match (literal, ty) {
        (Literal::Float(text), _) => Datum::Float(float_of(text)?),
        (Literal::Int(text), _) => Datum::Int(integer_of(text)?),
        (Literal::Bool(b), _) => Datum::Bool(*b),
        (Literal::Undefined, Ty::Int) => Datum::Int(0),
        (Literal::Undefined, Ty::Bool) => Datum::Bool(false),
        (Literal::Undefined, Ty::Unit) => Datum::Nothing,
        (Literal::Undefined, _) => Datum::Float(0.0),
    })
}

pub(super) fn float_of(text: &str) -> Run<f64> {
    let digits = text.replace('_', "");
    let digits = digits.trim_end_matches("f64").trim_end_matches("f32");
    digits.parse().or_else(|_| unknown(format!("float {text}")))
}

fn integer_of(text: &str) -> Run<i128> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let end = digits
        .find(|c: char| c.is_alphabetic())
        .unwrap_or(digits.len());
    digits[..end]
        .parse()
        .or_else(|_| unknown(format!("integer {text}")))
}

pub(super) fn constant(code: &str) -> Run<Datum> {
    match code.rsplit("::").next().unwrap_or(code).trim() {
        "PI" => Ok(Datum::Float(std::f64::consts::PI)),
        "E" => Ok(Datum::Float(std::f64::consts::E)),
        "INFINITY" => Ok(Datum::Float(f64::INFINITY)),
        "NEG_INFINITY" => Ok(Datum::Float(f64::NEG_INFINITY)),
        "NAN" => Ok(Datum::Float(f64::NAN)),
        "EPSILON" => Ok(Datum::Float(f64::EPSILON)),
        text if text.contains('.') => Ok(Datum::Float(float_of(text)?)),
        text => Ok(Datum::Int(integer_of(text)?)),
    }
}

pub(super) fn apply(op: Op, operands: &[Datum]) -> Run<Datum> {
    if let [Datum::Int(a), rest @ ..] = operands {
        let b = rest.first().map_or(Ok(0), Datum::int)?;
        if matches!(op, Op::Div | Op::Rem) && b == 0 {
            return Err(Stop::Panic("division by zero".to_owned()));
        }
        return Ok(Datum::Int(match op {
            Op::Add => a + b,
            Op::Sub => a - b,
            Op::Mul => a * b,
            Op::Div => a / b,
            Op::Rem => a % b,
            Op::Neg => -a,
            Op::Abs => a.abs(),
            Op::Signum => a.signum(),
            Op::Max => *a.max(&b),
            Op::Min => *a.min(&b),
            other => return unknown(format!("{other:?} of integers")),
        }));
    }
    let numbers = operands
        .iter()
        .map(Datum::float)
        .collect::<Run<Vec<f64>>>()?;
    Ok(Datum::Float((row(op).reference)(&numbers)))
}

pub(super) fn discrete(op: Discrete, operands: &[Datum]) -> Run<Datum> {
    use Discrete::{And, BitAnd, BitOr, BitXor, Eq, Ge, Gt, Le, Lt, Ne, Not, Or, Shl, Shr};
    let order = || operands[0].compare(&operands[1]);
    Ok(Datum::Bool(match (op, operands) {
        (Eq, _) => order()?.is_some_and(std::cmp::Ordering::is_eq),
        (Ne, _) => !order()?.is_some_and(std::cmp::Ordering::is_eq),
        (Lt, _) => order()?.is_some_and(std::cmp::Ordering::is_lt),
        (Le, _) => order()?.is_some_and(std::cmp::Ordering::is_le),
        (Gt, _) => order()?.is_some_and(std::cmp::Ordering::is_gt),
        (Ge, _) => order()?.is_some_and(std::cmp::Ordering::is_ge),
        (Not, [Datum::Bool(a)]) => !a,
        (And | BitAnd, [Datum::Bool(a), Datum::Bool(b)]) => *a && *b,
        (Or | BitOr, [Datum::Bool(a), Datum::Bool(b)]) => *a || *b,
        (BitXor, [Datum::Bool(a), Datum::Bool(b)]) => a != b,
        (BitAnd, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a & b)),
        (BitOr, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a | b)),
        (BitXor, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a ^ b)),
        (Shl, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a << b)),
        (Shr, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a >> b)),
        (op, operands) => return unknown(format!("{op:?} of {operands:?}")),
    }))
}
