//! A small plain matrix type: 4 x 4, column after column.

use grad_runtime::{Differentiable, differentiate};

/// A transform of homogeneous coordinates.
#[derive(Clone, Copy, Debug, Differentiable, PartialEq)]
pub struct Mat4 {
    /// The columns.
    pub columns: [[f64; 4]; 4],
}

/// The transform that leaves every point where it is.
pub const IDENTITY: Mat4 = Mat4 {
    columns: [
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ],
};

/// The product of two transforms: `b`, then `a`.
#[differentiate]
#[must_use]
pub fn product(a: &Mat4, b: &Mat4) -> Mat4 {
    let mut columns = [[0.0; 4]; 4];
    for j in 0..4 {
        for k in 0..4 {
            for i in 0..4 {
                columns[j][i] += a.columns[k][i] * b.columns[j][k];
            }
        }
    }
    Mat4 { columns }
}

/// Where a transform takes a point.
#[differentiate]
#[must_use]
pub fn apply(a: &Mat4, point: [f64; 3]) -> [f64; 3] {
    let mut out = [a.columns[3][0], a.columns[3][1], a.columns[3][2]];
    for k in 0..3 {
        for i in 0..3 {
            out[i] += a.columns[k][i] * point[k];
        }
    }
    out
}
