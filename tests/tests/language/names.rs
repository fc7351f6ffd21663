//! Names that stand in one side of a branch and again behind it.

use grad_runtime::differentiate;

#[differentiate]
fn positive(x: f64) -> Option<f64> {
    (x > 0.0).then_some(x)
}

/// The arm that stays has a name of the block's.
#[differentiate]
pub fn of_an_arm(x: &[f64]) -> f64 {
    let value = x[0];
    let y = match positive(1.5) {
        Some(value) => value * 2.0,
        None => return 3.0,
    };
    value * y * x[1]
}

/// So has the condition.
#[differentiate]
pub fn of_a_condition(x: &[f64]) -> f64 {
    let value = x[0];
    let y = if let Some(value) = positive(1.5) {
        let x = value * value;
        x
    } else {
        return 1.0;
    };
    let z = {
        let value = y;
        if value > 100.0 {
            return value;
        }
        value * x[1]
    };
    value * y + x[1] * z
}

/// What `let .. else` names is seen by what follows.
#[differentiate]
pub fn of_an_else(x: &[f64]) -> f64 {
    let value = x[0];
    let Some(value) = positive(value * x[1]) else {
        return value;
    };
    value * value
}

/// `?` gives names to nothing.
#[differentiate]
pub fn tried(x: &[f64]) -> Result<f64, String> {
    let (value, error) = (x[0], x[1]);
    let (a, b) = "2 3".split_once(' ').ok_or("no blank")?;
    let k: f64 = a.parse().map_err(|_| "no number")?;
    let name = b.parse::<f64>().map_err(|e| e.to_string())?;
    Ok(value * k + error * name * value)
}

#[differentiate]
pub fn trying(x: &[f64]) -> f64 {
    tried(x).unwrap_or(0.0)
}

#[test]
fn names_of_one_side_end_with_it() {
    slice!(of_an_arm, value_and_grad_of_an_arm, jvp_of_an_arm; [2.0, 0.3]);
    slice!(of_a_condition, value_and_grad_of_a_condition, jvp_of_a_condition; [2.0, 0.3]);
    slice!(of_an_else, value_and_grad_of_an_else, jvp_of_an_else; [2.0, 0.3], [2.0, -0.3]);
    slice!(trying, value_and_grad_trying, jvp_trying; [2.0, 0.3]);
}
