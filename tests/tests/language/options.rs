//! `Option`, `Result`, `?`, `if let`, `let else`, `while let`.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn checked_div(a: f64, b: f64) -> Option<f64> {
    if b == 0.0 { None } else { Some(a / b) }
}

#[differentiate]
pub fn chain(a: f64, b: f64, c: f64) -> Option<f64> {
    let q = checked_div(a, b)?;
    let r = checked_div(q + b, c)?;
    Some(q * r)
}

#[differentiate]
pub fn settled(a: f64, b: f64, c: f64) -> f64 {
    match chain(a, b, c) {
        Some(v) => v * a,
        None => b,
    }
}

#[differentiate]
pub fn if_lets(a: f64, b: f64) -> f64 {
    let first = checked_div(a, b);
    let second = if a > 1.0 { Some(a * a) } else { None };
    let mut s = 0.0;
    if let Some(v) = first {
        s += v * v;
    }
    if let Some(v) = second {
        s += v * b;
    } else {
        s -= a;
    }
    s + second.unwrap_or(b * 3.0) + first.unwrap()
}

#[differentiate]
pub fn let_else(a: f64, b: f64) -> f64 {
    let Some(q) = checked_div(a, b) else {
        return a;
    };
    let Some(r) = checked_div(b, q - 1.0) else {
        return b * q;
    };
    q * r
}

#[differentiate]
pub fn parsed(a: f64, b: f64) -> Result<f64, String> {
    if a < 0.0 {
        return Err(format!("negative: {a}"));
    }
    Ok(a.sqrt() * b)
}

#[differentiate]
pub fn results(a: f64, b: f64) -> Result<f64, String> {
    let x = parsed(a, b)?;
    let y = parsed(x * x, a)?;
    Ok(x + y)
}

#[differentiate]
pub fn unwrapped(a: f64, b: f64) -> f64 {
    let ok = results(a, b).unwrap();
    let other = match parsed(b - 5.0, a) {
        Ok(v) => v,
        Err(_) => a * b,
    };
    ok * other
}

#[differentiate]
pub fn stack(a: f64, b: f64) -> f64 {
    let mut stack = Vec::new();
    stack.push(a);
    stack.push(b);
    stack.push(a * b);
    let mut s = 1.0;
    while let Some(top) = stack.pop() {
        s = s * top + 1.0;
        if top > 10.0 {
            stack.push(top * 0.5);
        }
    }
    s
}

#[differentiate]
pub fn ends(x: &[f64]) -> f64 {
    let first = x.first().unwrap();
    let last = *x.last().unwrap();
    let third = x.get(2).copied().unwrap_or(1.5);
    let mut s = first * last * third;
    if let Some((head, tail)) = x.split_first() {
        s += head * tail.len() as f64;
    }
    if let Some(v) = x.get(7) {
        s += v;
    }
    s
}

#[derive(Differentiable, Clone)]
pub struct Layer {
    pub weight: f64,
    pub bias: Option<f64>,
}

impl Layer {
    #[differentiate]
    pub fn apply(&self, x: f64) -> f64 {
        let y = self.weight * x;
        match self.bias {
            Some(b) => y + b * b,
            None => y,
        }
    }
}

#[differentiate]
pub fn optional_field(w: f64, b: f64, x: f64) -> f64 {
    let with = Layer {
        weight: w,
        bias: Some(b),
    };
    let without = Layer {
        weight: w * w,
        bias: None,
    };
    with.apply(x) * without.apply(b)
}

/// An option that begins as `None`: what it will hold has methods.
#[differentiate]
pub fn filled_in_a_loop(x: &[f64]) -> f64 {
    let mut best: Option<f64> = None;
    for &v in x {
        best = match best {
            Some(b) if b > v => Some(b),
            Some(b) => Some((b * v).sin()),
            None => Some(v),
        };
    }
    best.unwrap_or(2.0)
}

#[test]
fn options() {
    slice!(filled_in_a_loop, value_and_grad_filled_in_a_loop, jvp_filled_in_a_loop; [0.7, 1.9, 0.3, 2.5]);
    numbers!(settled, value_and_grad_settled, jvp_settled, 3; [0.7, 1.9, 0.4]);
    numbers!(if_lets, value_and_grad_if_lets, jvp_if_lets, 2; [0.7, 1.9], [1.5, 0.4]);
    numbers!(let_else, value_and_grad_let_else, jvp_let_else, 2; [0.7, 1.9], [1.5, 0.4]);
    numbers!(unwrapped, value_and_grad_unwrapped, jvp_unwrapped, 2; [0.7, 1.9], [1.5, 7.4]);
    numbers!(stack, value_and_grad_stack, jvp_stack, 2; [0.7, 1.9], [11.0, 5.0]);
    slice!(ends, value_and_grad_ends, jvp_ends; [0.7, 1.9], [11.0, 5.0, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
    numbers!(optional_field, value_and_grad_optional_field, jvp_optional_field, 3; [0.7, 1.9, 0.4]);
    let (value, pull) = vjp_chain(1.0, 2.0, 4.0);
    assert_eq!(value, Some(0.3125));
    let (a, _, _) = pull(Some(1.0));
    assert!((a - (0.5 * 2.5 / 4.0 + 0.5 * 0.5 / 4.0)).abs() < 1e-12);
    let (value, pull) = vjp_chain(1.0, 0.0, 4.0);
    assert_eq!(value, None);
    assert_eq!(pull(None), (0.0, 0.0, 0.0));
}
