//! `#[differentiate(jacobian)]`: against differences, and against `jvp_` and `vjp_` column by column
//! and row by row; in lanes, one column at a time, and by rows.
#![allow(clippy::all, clippy::pedantic)] // functions as users write them, values compared bit for bit

#[path = "jacobian/functions.rs"]
mod functions;
#[path = "jacobian/resting.rs"]
mod resting;
#[path = "jacobian/structs.rs"]
mod structs;
#[path = "jacobian/wanted.rs"]
mod wanted;

use grad_runtime::Jacobian;

/// The Jacobian is that of central differences of `f` at `x`.
#[track_caller]
pub fn assert_differences(jacobian: &Jacobian, x: &[f64], f: impl Fn(&[f64]) -> Vec<f64>) {
    let rows = f(x).len();
    assert_eq!((jacobian.rows(), jacobian.columns()), (rows, x.len()));
    for j in 0..x.len() {
        let step = 1e-5 * x[j].abs().max(1.0);
        let moved = |by: f64| {
            let mut x = x.to_vec();
            x[j] += by;
            f(&x)
        };
        let (up, down) = (moved(step), moved(-step));
        for i in 0..rows {
            let difference = (up[i] - down[i]) / (2.0 * step);
            let error = (jacobian[(i, j)] - difference).abs();
            assert!(
                error <= 1e-7 * difference.abs().max(1.0),
                "entry ({i}, {j}) is {}, differences give {difference}",
                jacobian[(i, j)]
            );
        }
    }
}

/// The column is that of `jvp_`.
#[track_caller]
pub fn assert_column(jacobian: &Jacobian, column: usize, dot: &[f64]) {
    let found: Vec<f64> = jacobian.column(column).collect();
    assert_eq!(found.len(), dot.len());
    for (found, dot) in found.iter().zip(dot) {
        let error = (found - dot).abs();
        assert!(error <= 1e-14 * dot.abs().max(1.0), "{found} is not {dot}");
    }
}
