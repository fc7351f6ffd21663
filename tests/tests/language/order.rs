//! The order in which the parts of one statement run, where one of them may leave it.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn small(v: f64) -> Option<f64> {
    if v > 3.0 { None } else { Some(v * v) }
}

/// What runs before `?`, and what is pushed before and after it.
#[differentiate]
fn tried(x: &[f64], log: &mut Vec<f64>) -> Option<f64> {
    let mut v = x.to_vec();
    let y = v.pop().unwrap() + small(v.len() as f64 * x[0])?;
    let z = {
        log.push(x[1]);
        y
    } * small(log.len() as f64 + x[2])?;
    let both = (v.pop()?, v.len() as f64 * small(y * 0.3)?);
    log.push(both.0 * both.1);
    Some(y * z + log[0])
}

#[differentiate]
pub fn before_a_question_mark(x: &[f64]) -> f64 {
    let mut log = vec![];
    let value = tried(x, &mut log).unwrap_or(x[2]);
    value + log.iter().sum::<f64>()
}

#[differentiate]
fn grow(v: &mut f64) -> f64 {
    *v *= 1.5;
    *v
}

#[differentiate]
pub fn before_a_return(x: &[f64]) -> f64 {
    let mut a = x[0];
    let s = a
        + grow(&mut a)
        + if a > 1.0 {
            return a * x[1];
        } else {
            a *= 2.0;
            a * x[2]
        };
    s * a
}

#[differentiate]
pub fn before_a_break(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.extend_from_slice(x);
    let mut s = 0.0;
    while v.len() > 1 {
        s += v.pop().unwrap()
            * match v.last() {
                Some(&last) if last > 1.5 => break,
                Some(&last) if last > 1.0 => {
                    v.pop();
                    continue;
                }
                Some(&last) => last,
                None => 1.0,
            };
    }
    s + v.iter().sum::<f64>() * x[0]
}

#[derive(Differentiable)]
struct Pair {
    second: f64,
    first: f64,
}

#[differentiate]
fn pair(x: &[f64], log: &mut Vec<f64>) -> Option<Pair> {
    let mut twice = |v: f64| {
        log.push(v);
        v * 2.0
    };
    Some(Pair {
        first: twice(x[0]) + small(x[1] * 2.0)?,
        second: twice(x[1]) * small(twice(x[2]))?,
    })
}

#[differentiate]
pub fn fields_as_written(x: &[f64]) -> f64 {
    let mut log = vec![];
    let value = match pair(x, &mut log) {
        Some(pair) => pair.first * pair.second,
        None => x[2],
    };
    value + log.iter().sum::<f64>()
}

/// `?` in an operand that is not always evaluated, in a branch inside an operand, in `vec!`, in an
/// array of equal elements, in a range, in an arm, behind an `if` without parentheses.
#[differentiate]
fn anywhere(x: &[f64]) -> Option<f64> {
    let big = x[0] > 1.0 || small(x[1] * 2.0)? > 0.9;
    let mut v = vec![small(x[2])?, x[0] * small(x[1])?];
    v.push(if big { small(x[0] * 2.5)? } else { x[2] });
    let equal = [small(v[1])?; 2];
    for k in 0..(small(x[0])? * 2.0) as usize {
        v[0] += equal[k % 2] * k as f64;
    }
    let arm = match v.len() {
        3 if big => small(v[0] * 0.5)?,
        _ => 1.0,
    };
    let w = if big { Some(v[0]) } else { None }?;
    let f = |t: f64| small(t * 0.1)?.checked();
    Some(arm * w + f(v[2])?)
}

#[differentiate]
trait Checked {
    fn checked(self) -> Option<f64>;
}

#[differentiate]
impl Checked for f64 {
    fn checked(self) -> Option<f64> {
        if self > 0.0 { Some(self) } else { None }
    }
}

#[differentiate]
pub fn question_marks_anywhere(x: &[f64]) -> f64 {
    anywhere(x).unwrap_or(x[0] * x[1])
}

#[derive(Differentiable)]
struct Gauge {
    level: f64,
    marks: Vec<f64>,
}

#[differentiate]
impl Gauge {
    fn rise(&mut self) -> f64 {
        self.level *= 1.5;
        self.marks.push(self.level);
        self.level
    }
    fn above(&self, base: f64) -> f64 {
        self.level - base * base
    }
}

#[differentiate]
fn three(a: f64, b: f64, c: f64) -> f64 {
    a * b - c * a
}

/// Fields of a struct, whose types are not seen, read before and after they are written in one
/// expression.
#[differentiate]
pub fn fields_read_and_written(x: &[f64]) -> f64 {
    let mut gauge = Gauge {
        level: x[0],
        marks: vec![x[1], x[2]],
    };
    let a = gauge.level * grow(&mut gauge.level) - gauge.level;
    let b = gauge.marks[0] - {
        gauge.marks[0] += 1.0;
        gauge.marks[0]
    } * gauge.marks[1];
    let c = (gauge.level, gauge.rise(), gauge.level);
    let d = three(gauge.level, grow(&mut gauge.level), gauge.level);
    let e = gauge
        .level
        .max(grow(&mut gauge.level))
        .mul_add(gauge.level, gauge.rise());
    let f = gauge.above(2.0) * gauge.rise() - gauge.above(gauge.level);
    a * b + c.0 * c.1 - c.2 + d * e.sin() + f
}

#[derive(Clone, Copy, Differentiable)]
struct Point {
    x: f64,
    y: f64,
}

/// Numbers that are assigned from what has no visible type, in a branch or a loop; `&&` is no borrow.
#[differentiate]
pub fn numbers_of_unseen_types(x: &[f64]) -> f64 {
    let mut p = Point { x: x[0], y: x[1] };
    let (mut a, mut b) = (x[2], x[0]);
    let late: f64;
    if x[1] > 0.8 {
        late = (if x[2] > 1.0 { a } else { b }).sin();
    } else {
        late = (p.x / (1.5 + a * a)).tanh();
    }
    for k in 0..4 {
        if k > 2 {
            break;
        }
        a = three(p.x, a, late).abs().tanh();
        if a > -0.2 && a < p.y && late < 0.9 {
            b = p.y * a;
            continue;
        }
        p.x -= 0.3 * late.sin();
        std::mem::swap(&mut a, &mut b);
    }
    a * b + late * p.x
}

#[test]
fn order() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7], [0.3, 0.5, 0.9], [1.15, 0.5, 0.4];
        before_a_question_mark, value_and_grad_before_a_question_mark, jvp_before_a_question_mark;
        before_a_return, value_and_grad_before_a_return, jvp_before_a_return;
        before_a_break, value_and_grad_before_a_break, jvp_before_a_break;
        fields_as_written, value_and_grad_fields_as_written, jvp_fields_as_written;
        fields_read_and_written, value_and_grad_fields_read_and_written, jvp_fields_read_and_written;
        numbers_of_unseen_types, value_and_grad_numbers_of_unseen_types, jvp_numbers_of_unseen_types;
        question_marks_anywhere, value_and_grad_question_marks_anywhere, jvp_question_marks_anywhere;
    }
}
