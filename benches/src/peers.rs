//! The derivatives by other crates: gradients by echidna's tape, Jacobians by the dual numbers of
//! echidna and of num-dual that carry all directions at once.

use echidna::DualVec;
use grad_examples::adbench::ba::Ba;
use grad_examples::adbench::csr::{BLOCK, Block};
use grad_examples::adbench::gmm::Gmm;
use grad_examples::adbench::hand::{Hand, PARAMETERS};
use grad_examples::adbench::lstm::Lstm;
use nalgebra::{SVector, U1};
use num_dual::{Derivative, DualSVec64};

use crate::number::Number;
use crate::objectives;

/// A dual number with `N` directions.
pub trait Dual<const N: usize>: Number {
    /// The variable of a direction.
    fn variable(value: f64, direction: usize) -> Self;
    /// The derivatives.
    fn derivatives(&self) -> [f64; N];
}

impl<const N: usize> Dual<N> for DualVec<f64, N> {
    fn variable(value: f64, direction: usize) -> Self {
        Self::with_tangent(value, direction)
    }
    fn derivatives(&self) -> [f64; N] {
        self.eps
    }
}

impl<const N: usize> Dual<N> for DualSVec64<N> {
    fn variable(value: f64, direction: usize) -> Self {
        let unit = SVector::from_fn(|i, _| if i == direction { 1.0 } else { 0.0 });
        Self::new(value, Derivative::some(unit))
    }
    fn derivatives(&self) -> [f64; N] {
        let vector = self.eps.unwrap_generic(nalgebra::Const::<N>, U1);
        vector.into()
    }
}

/// The gradient of the log posterior by alphas, means, factors, by echidna's tape.
#[must_use]
pub fn gmm_tape(data: &Gmm) -> Vec<f64> {
    let parameters = [&data.alphas[..], &data.means, &data.icf].concat();
    echidna::grad(|x| objectives::gmm(data, x), &parameters)
}

/// The gradient of the loss by main and extra parameters, by echidna's tape.
#[must_use]
pub fn lstm_tape(data: &Lstm) -> Vec<f64> {
    let parameters = [&data.main[..], &data.extra].concat();
    echidna::grad(|x| objectives::lstm(data, x), &parameters)
}

/// The sum of all blocks, by dual numbers.
#[must_use]
pub fn ba_duals<D: Dual<BLOCK>>(data: &Ba) -> Block {
    let mut sum = [[0.0; BLOCK]; 2];
    for (i, seen) in data.observations.iter().enumerate() {
        let camera = &data.cameras[seen.camera];
        let [r0, r1, r2] = camera.rotation.into();
        let [c0, c1, c2] = camera.centre.into();
        let [u, v] = camera.principal_point.into();
        let [k0, k1] = camera.distortion.into();
        let [x, y, z] = data.points[seen.point].into();
        let weight = data.weights[i];
        let parameters: [f64; BLOCK] = [
            r0,
            r1,
            r2,
            c0,
            c1,
            c2,
            camera.focal,
            u,
            v,
            k0,
            k1,
            x,
            y,
            z,
            weight,
        ];
        let variables = std::array::from_fn(|j| D::variable(parameters[j], j));
        let errors = objectives::ba(&variables, data.features[i]);
        for (row, error) in sum.iter_mut().zip(errors) {
            for (sum, value) in row.iter_mut().zip(error.derivatives()) {
                *sum += value;
            }
        }
    }
    sum
}

/// The Jacobian of the simple form, column after column, by dual numbers.
#[must_use]
pub fn hand_duals<D: Dual<PARAMETERS>>(data: &Hand) -> Vec<f64> {
    let variables = std::array::from_fn(|j| D::variable(data.theta[j], j));
    let residuals = objectives::hand(data, &variables);
    let rows = residuals.len();
    let mut out = vec![0.0; rows * PARAMETERS];
    for (row, residual) in residuals.iter().enumerate() {
        for (column, value) in residual.derivatives().into_iter().enumerate() {
            out[column * rows + row] = value;
        }
    }
    out
}
