//! A small plain matrix type: 4 x 4, column after column.

use std::ops::Mul;

use grad_runtime::{Differentiable, differentiate};

use super::vector::Vec3;

/// A transform of homogeneous coordinates.
#[derive(Clone, Copy, Debug, Differentiable, PartialEq)]
#[differentiate(lanes)]
pub struct Mat4 {
    /// The columns.
    pub columns: [[f64; 4]; 4],
}

/// The product of two transforms: the one on the right, then the one on the left.
#[differentiate(lanes)]
impl Mul for Mat4 {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut columns = [[0.0; 4]; 4];
        for j in 0..4 {
            for k in 0..4 {
                for i in 0..4 {
                    columns[j][i] += self.columns[k][i] * other.columns[j][k];
                }
            }
        }
        Self { columns }
    }
}

/// Where a transform takes a point.
#[differentiate(lanes)]
impl Mul<Vec3> for Mat4 {
    type Output = Vec3;
    #[inline]
    fn mul(self, point: Vec3) -> Vec3 {
        let [a, b, c, d] = self.columns;
        Vec3 {
            x: a[0] * point.x + b[0] * point.y + c[0] * point.z + d[0],
            y: a[1] * point.x + b[1] * point.y + c[1] * point.z + d[1],
            z: a[2] * point.x + b[2] * point.y + c[2] * point.z + d[2],
        }
    }
}
