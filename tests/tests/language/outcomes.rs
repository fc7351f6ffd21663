//! Methods of `Option` and `Result` that are a `match` by definition; errors that hold floats; `first`, `last` and `get`
//! of fields.

use grad_runtime::{Differentiable, differentiate};

#[derive(Debug)]
pub enum Failure {
    Text(String),
    Length(usize),
    Residual { left: f64 },
}

#[differentiate]
pub fn root(a: f64) -> Result<f64, String> {
    if a > 0.0 {
        Ok(a.sqrt())
    } else {
        Err("negative".to_owned())
    }
}

#[differentiate]
pub fn both(a: f64, b: f64) -> Result<f64, Failure> {
    let u = root(a).map_err(Failure::Text)?;
    let v = root(b).map_err(|e| Failure::Length(e.len()))?;
    Ok(u * v + a)
}

#[differentiate]
pub fn of_errors(x: &[f64]) -> f64 {
    let both = match both(x[0], x[1]) {
        Ok(v) => v * x[2],
        Err(Failure::Text(_)) => x[1],
        Err(Failure::Length(n)) => n as f64 * x[2],
        Err(Failure::Residual { .. }) => 0.0,
    };
    let instead = root(x[2]).unwrap_or_else(|e| x[1] * e.len() as f64);
    let mapped = root(x[1]).map_or_else(|e| x[0] * e.len() as f64, |v| v * x[2]);
    both + instead * mapped
}

#[differentiate]
pub fn settled(a: f64, b: f64) -> Result<f64, Failure> {
    if a > 0.0 {
        Ok(a * b)
    } else {
        Err(Failure::Residual { left: a * b })
    }
}

#[differentiate]
pub fn residuals(x: &[f64]) -> f64 {
    match settled(x[0], x[1]) {
        Ok(v) => v * v,
        Err(Failure::Residual { left }) if left > 0.0 => x[1],
        Err(_) => x[2] * x[1],
    }
}

#[differentiate]
pub fn entry(x: &[f64], i: usize) -> Result<f64, String> {
    let v = x.get(i).copied().ok_or_else(|| format!("no entry {i}"))?;
    Ok(v * x[0])
}

#[differentiate]
pub fn of_options(x: &[f64]) -> f64 {
    let a = (x[0] > 0.0).then_some(x[1] * x[1]);
    let b = if x[2] > 0.0 { Some(x[2] * x[0]) } else { None };
    let nested = if x[0] > 0.0 { Some(b) } else { None };
    let pair = if x[1] > 0.0 { Some((x[0], x[2])) } else { None };
    let (p, q) = pair.unzip();
    let entries = entry(x, 1).unwrap_or(0.0) * entry(x, 9).unwrap_or(x[2]);
    a.xor(b).unwrap_or(x[0])
        + a.and(b).unwrap_or(x[2])
        + nested.flatten().unwrap_or(x[1])
        + p.unwrap_or(x[1]) * q.unwrap_or(x[0])
        + entries
}

#[derive(Differentiable, Clone)]
pub struct Step {
    pub at: f64,
    pub weights: Vec<f64>,
}

#[derive(Differentiable, Clone)]
pub struct Path {
    pub lengths: Vec<f64>,
    pub steps: Vec<Step>,
}

#[differentiate]
impl Path {
    fn ends(&self, i: usize) -> f64 {
        let mut sum = 0.0;
        if let Some(step) = self.steps.last() {
            sum += step.at * step.weights[0];
        }
        let Some(length) = self.lengths.get(i) else {
            return sum;
        };
        sum + length * *length
    }
    fn product(&self) -> Option<f64> {
        let first = self.lengths.first()?;
        let second = self.lengths.get(1)?;
        Some(first * second)
    }
}

#[differentiate]
pub fn of_fields(x: &[f64]) -> f64 {
    let path = Path {
        lengths: x.to_vec(),
        steps: vec![Step {
            at: x[0],
            weights: vec![x[1]],
        }],
    };
    path.ends(2) * path.ends(7) + path.product().unwrap_or(0.0)
}

#[differentiate]
fn rooted(x: f64) -> Result<f64, String> {
    if x < 0.0 {
        return Err("negative".into());
    }
    Ok(x.sqrt())
}

#[differentiate]
fn after_another_error(x: f64) -> Result<f64, String> {
    let outcome = rooted(x).map_err(|error| format!("{error} root"));
    let value = outcome?;
    if value > 1.4 {
        return Err("too large".to_string());
    }
    Ok(value * x)
}

#[differentiate]
fn boxed(x: &[f64]) -> Result<f64, Box<dyn std::error::Error>> {
    let k: usize = "1".parse()?;
    let value = after_another_error(x[k])?;
    if value > 1e9 {
        return Err("too large".into());
    }
    Ok(value * x[0])
}

#[differentiate]
pub fn errors_after_errors(x: &[f64]) -> f64 {
    let all = [x[0], x[1], x[2] * x[2]].map(after_another_error);
    all.iter()
        .map(|r| r.as_ref().map_or(0.5, |v| v * v))
        .sum::<f64>()
        * x[2]
        + boxed(x).unwrap_or(x[1])
}

#[test]
fn outcomes() {
    each! {
        [1.3, 0.7, 2.1], [-0.6, 1.9, 0.3], [0.4, -1.1, -0.9], [-0.4, -1.1, 0.9];
        of_errors, value_and_grad_of_errors, jvp_of_errors;
        residuals, value_and_grad_residuals, jvp_residuals;
        of_options, value_and_grad_of_options, jvp_of_options;
        of_fields, value_and_grad_of_fields, jvp_of_fields;
        errors_after_errors, value_and_grad_errors_after_errors, jvp_errors_after_errors;
    }
}

/// An error that cannot be copied.
#[derive(Debug)]
pub enum Refused {
    TooFar,
}

#[differentiate]
fn reached(x: f64, t: f64) -> Result<f64, Refused> {
    if t > 5.0 {
        return Err(Refused::TooFar);
    }
    Ok(x * t)
}

/// `?` in a closure whose results are summed.
#[differentiate]
fn sum_of_tried(x: &[f64]) -> Result<f64, Refused> {
    x.iter().map(|v| Ok(reached(*v, 2.0 * v)? * v)).sum()
}

/// Results mapped, which are summed.
#[differentiate]
fn sum_of_mapped(x: &[f64]) -> Result<f64, Refused> {
    x.iter().map(|v| reached(*v, 2.0 * v).map(|d| d * v)).sum()
}

/// The end of a function, a chain, and an error handed on.
#[differentiate]
fn handed_on(x: &[f64]) -> Result<f64, Refused> {
    let first = match reached(x[0], 1.5) {
        Ok(v) => v * v,
        Err(e) => return Err(e),
    };
    let second = reached(x[1], first).map(|d| d * x[0])?;
    reached(first, x[0])
        .map_err(|e| e)
        .and_then(|d| reached(d, x[1]))
        .map(|d| d + second)
}

#[differentiate]
pub fn refused(x: &[f64]) -> f64 {
    let one = sum_of_tried(x).unwrap_or(x[0]);
    let two = match sum_of_mapped(x) {
        Ok(v) => v * x[1],
        Err(_) => -x[1],
    };
    one * two + handed_on(x).unwrap_or(x[0] * x[1])
}

#[test]
fn errors_that_are_no_clones_are_handed_on() {
    slice!(refused, value_and_grad_refused, jvp_refused; [0.7, 1.1], [0.7, 3.1], [3.7, 0.2]);
}
