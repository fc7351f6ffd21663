//! Idioms that once did not compile: the end of what a call gives, closures that return options,
//! lists of texts behind `&mut`, values named twice, maps of lists.

use std::collections::HashMap;

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn squares(x: &[f64]) -> Vec<f64> {
    x.iter().map(|v| v * v).collect()
}

#[differentiate]
pub fn end_of_a_call(x: &[f64]) -> f64 {
    *squares(x).last().unwrap() * squares(x).first().copied().unwrap() + squares(x).get(1).unwrap()
}

#[differentiate]
fn converted(value: f64, from: &str, to: &str) -> Option<f64> {
    let metres = |v: f64, unit: &str| {
        Some(match unit {
            "m" => v,
            "ft" => v * 0.3048,
            "log" => v.exp(),
            _ => return None,
        })
    };
    let si = metres(value, from)?;
    match to {
        "m" => Some(si),
        "log" if si > 0.0 => Some(si.ln()),
        _ => None,
    }
}

#[differentiate]
pub fn option_of_a_closure(x: &[f64]) -> f64 {
    converted(x[0], "ft", "log").unwrap() * converted(x[1], "log", "m").unwrap_or_default()
        + converted(x[1], "stone", "m").unwrap_or(x[2])
}

#[differentiate]
fn audit(values: &[f64], names: &[&str], log: &mut Vec<String>) -> f64 {
    let mut total = 0.0;
    for (v, name) in values.iter().zip(names) {
        if *v > 0.65 {
            log.push(format!("{name} is {v}"));
            total += v * v;
        }
    }
    total
}

#[differentiate]
pub fn log_of_texts(x: &[f64]) -> f64 {
    let mut log = Vec::new();
    let names = vec!["a", "b", "c"];
    let total = audit(x, &names, &mut log) + audit(&x[1..], &names[1..], &mut log);
    total * (1 + log.len()) as f64
}

#[derive(Clone, Copy, Differentiable)]
struct Term {
    power: i32,
    factor: f64,
}

#[derive(Differentiable)]
struct Pair {
    left: Term,
    right: Term,
    names: Vec<String>,
}

#[differentiate]
impl Pair {
    fn term(factor: f64) -> Term {
        Term { power: 2, factor }
    }

    fn at(&self, x: f64) -> f64 {
        self.left.factor * x.powi(self.left.power) * self.right.factor
            + x.powi(self.right.power) * self.names.len() as f64
    }
}

#[differentiate]
pub fn named_twice(x: &[f64]) -> f64 {
    let term = Pair::term(x[0]);
    let pair = Pair {
        left: term,
        right: term,
        names: Vec::new(),
    };
    let both = [term, term];
    pair.at(x[1]) + both[0].factor * both[1].factor
}

#[differentiate]
pub fn map_of_lists(x: &[f64]) -> f64 {
    let mut next: HashMap<u32, Vec<(u32, usize)>> = HashMap::new();
    for (k, &(a, b)) in [(0, 1), (0, 2), (1, 2)].iter().enumerate() {
        next.entry(a).or_default().push((b, k));
    }
    let mut total = 0.0;
    let mut open = vec![0];
    while let Some(u) = open.pop() {
        if let Some(out) = next.get(&u) {
            for &(v, k) in out {
                total += x[k] * x[0] * f64::from(v);
                open.push(v);
            }
        }
    }
    total
}

#[test]
fn all() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.65, 1.7];
        end_of_a_call, value_and_grad_end_of_a_call, jvp_end_of_a_call;
        option_of_a_closure, value_and_grad_option_of_a_closure, jvp_option_of_a_closure;
        log_of_texts, value_and_grad_log_of_texts, jvp_log_of_texts;
        named_twice, value_and_grad_named_twice, jvp_named_twice;
        map_of_lists, value_and_grad_map_of_lists, jvp_map_of_lists;
    }
}
