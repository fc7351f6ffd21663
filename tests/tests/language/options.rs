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

#[differentiate]
fn positive(a: f64, b: f64) -> Option<f64> {
    if a > 0.0 { Some(a * b) } else { None }
}

#[differentiate]
fn asked(a: f64, b: f64) -> Result<f64, String> {
    if a > 0.0 {
        Ok(a * b)
    } else {
        Err("negative".to_owned())
    }
}

/// The types of these options are told by nothing but their methods.
#[differentiate]
pub fn untold(x: &[f64]) -> f64 {
    let mut first = positive(x[0], x[1]);
    *first.get_or_insert(x[2]) *= x[1];
    let filled = *first.get_or_insert_with(|| x[0] * x[0]);
    let mut second = positive(x[2], x[0]);
    let taken = second.take_if(|v| *v > 0.5).unwrap_or(x[1]);
    let old = second.replace(x[2] * x[2]);
    *second.insert(x[0] * x[1]) += x[2];
    let both = positive(x[0], x[1]).zip(positive(x[2], x[1]));
    let (a, b) = both.unwrap_or((x[1], x[0]));
    let either = positive(x[0], x[1]).xor(old).or(second);
    let last = positive(x[1], x[2])
        .and(positive(x[2], x[2]))
        .filter(|v| *v > 0.1)
        .inspect(|v| assert!(v.is_finite()));
    filled * taken + a * b + either.unwrap_or(x[2]) * last.unwrap_or(x[0])
}

#[differentiate]
pub fn chained_results(x: &[f64]) -> f64 {
    let first: Result<f64, String> = asked(x[0], x[1]);
    let total = first.iter().map(|v| v * v).sum::<f64>();
    let next = first
        .map(|v| v * x[2])
        .and_then(|v| asked(x[1], v))
        .or_else(|text| {
            if text.is_empty() {
                Err(text)
            } else {
                asked(x[2], x[0])
            }
        })
        .inspect_err(|text| assert!(!text.is_empty()));
    let second: Result<f64, String> = asked(x[2], x[1]);
    let joined = second.and(asked(x[1], x[0])).or(asked(x[0], x[2]));
    let turned: Option<Result<f64, String>> = Some(asked(x[1], x[1]));
    let turned = turned.transpose().unwrap_or(None).unwrap_or(x[0]);
    let list: Result<Vec<f64>, String> = x.iter().map(|&v| asked(v, x[0])).collect();
    let list = list.map(|v| v.iter().sum::<f64>()).unwrap_or(x[1]);
    total + next.unwrap_or_default() * joined.unwrap_or(x[1]) + turned * list
}

/// A method is not the function around it for its name.
#[differentiate]
pub fn replace(x: &[f64]) -> f64 {
    let mut best: Option<f64> = None;
    for &v in x {
        best = Some(best.map_or(v, |b: f64| b.max(v)));
    }
    let old = best.replace(x[0] * x[1]);
    old.unwrap_or(x[0]) * best.unwrap_or(x[1])
}

#[derive(Clone, Debug, Default, Differentiable)]
pub struct Tally {
    sum: f64,
    seen: Vec<f64>,
}

/// What stands in for nothing is of the item's type.
#[differentiate]
pub fn defaults(x: &[f64]) -> f64 {
    let all = (x[0] > 1.0).then(|| x.to_vec()).unwrap_or_default();
    let tally = if x[1] > 0.0 {
        Some(Tally {
            sum: x[1] * x[2],
            seen: vec![x[0]],
        })
    } else {
        None
    };
    let tally = tally.unwrap_or_default();
    let (a, b): (f64, Vec<f64>) = Some((x[1], all)).filter(|_| x[2] > 0.0).unwrap_or_default();
    let name = ["one", "two"].get(x.len()).copied().unwrap_or_default();
    tally.sum
        + tally.seen.iter().sum::<f64>() * a
        + b.iter().sum::<f64>() * (x[2] + name.len() as f64)
}

#[test]
fn methods_that_tell() {
    each! {
        [1.3, 0.7, 2.1], [-0.6, 1.9, -0.3], [0.4, -1.1, 0.9];
        untold, value_and_grad_untold, jvp_untold;
        chained_results, value_and_grad_chained_results, jvp_chained_results;
        replace, value_and_grad_replace, jvp_replace;
        defaults, value_and_grad_defaults, jvp_defaults;
    }
}

#[differentiate]
fn times(a: f64, b: Option<&f64>) -> f64 {
    b.map_or(a, |b| a * b)
}

/// Arguments are evaluated in their order.
#[differentiate]
pub fn order_of_arguments(x: &[f64]) -> f64 {
    let mut k = 0;
    let product = times(
        {
            k += 1;
            x[k]
        },
        x.get(k + 1),
    );
    product * x[0]
}

#[test]
fn options_behind_what_changes() {
    slice!(order_of_arguments, value_and_grad_order_of_arguments, jvp_order_of_arguments; [0.7, 1.3, 0.4]);
}
