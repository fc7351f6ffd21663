//! Residuals of all observations, and their sparse Jacobian put together from blocks.

use grad_runtime::Jacobian;

use super::Work;
use crate::adbench::ba::{
    Ba, Camera, grad_weight_error, reprojection_error, weight_error,
    write_jacobian_reprojection_error,
};
use crate::adbench::by_hand;
use crate::adbench::csr::{BLOCK, Block, Csr};
use crate::adbench::vector::{Vec2, Vec3};

/// Observations, their residuals and the Jacobian.
#[derive(Clone, Debug)]
pub struct BaWork {
    data: Ba,
    errors: Vec<Vec2>,
    weight_errors: Vec<f64>,
    jacobian: Csr,
    /// The place for a block as the generated derivative writes it.
    dense: Jacobian,
}

impl BaWork {
    /// Place for the results of `data`.
    #[must_use]
    pub fn new(data: Ba) -> Self {
        let observations = data.observations.len();
        Self {
            data,
            errors: vec![Vec2::default(); observations],
            weight_errors: vec![0.0; observations],
            jacobian: Csr::default(),
            dense: Jacobian::new(),
        }
    }

    /// The Jacobian that was evaluated last.
    #[must_use]
    pub fn csr(&self) -> &Csr {
        &self.jacobian
    }

    /// The sum of all blocks by the generated derivatives, which are not assembled: what the
    /// derivatives alone cost.
    pub fn blocks(&mut self) -> Block {
        let mut dense = std::mem::take(&mut self.dense);
        let sum = self.sum_of_blocks(|input, place| block(input, &mut dense, place));
        self.dense = dense;
        sum
    }

    /// As [`blocks`](Self::blocks), by the derivative written by hand.
    pub fn blocks_by_hand(&mut self) -> Block {
        self.sum_of_blocks(by_hand::ba::block)
    }

    fn sum_of_blocks(&mut self, mut block: impl FnMut(&Input<'_>, &mut Block) -> Vec2) -> Block {
        let mut sum = [[0.0; BLOCK]; 2];
        let mut by_inputs = sum;
        for i in 0..self.data.observations.len() {
            self.errors[i] = block(&Input::of(&self.data, i), &mut by_inputs);
            for (sum, value) in sum
                .as_flattened_mut()
                .iter_mut()
                .zip(by_inputs.as_flattened())
            {
                *sum += value;
            }
        }
        sum
    }

    fn assemble(
        &mut self,
        mut block: impl FnMut(&Input<'_>, &mut Block) -> Vec2,
        weight: impl Fn(f64) -> f64,
    ) {
        let (data, errors) = (&self.data, &mut self.errors);
        let weight_errors = &mut self.weight_errors;
        self.jacobian.assemble(
            data,
            |i, by_inputs| errors[i] = block(&Input::of(data, i), by_inputs),
            |i| {
                weight_errors[i] = weight_error(data.weights[i]);
                weight(data.weights[i])
            },
        );
    }
}

/// What one observation depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The camera.
    pub camera: &'a Camera,
    /// The point.
    pub point: Vec3,
    /// The weight.
    pub weight: f64,
    /// Where the point was seen.
    pub feature: Vec2,
}

impl<'a> Input<'a> {
    fn of(data: &'a Ba, observation: usize) -> Self {
        let seen = data.observations[observation];
        Self {
            camera: &data.cameras[seen.camera],
            point: data.points[seen.point],
            weight: data.weights[observation],
            feature: data.features[observation],
        }
    }
}

/// The residuals of an observation and their derivative, whose columns `ADBench` orders as the
/// fields are.
#[inline]
fn block(input: &Input<'_>, dense: &mut Jacobian, by_inputs: &mut Block) -> Vec2 {
    let Input {
        camera,
        point,
        weight,
        feature,
    } = *input;
    let error = write_jacobian_reprojection_error(camera, point, weight, feature, dense);
    by_inputs
        .as_flattened_mut()
        .copy_from_slice(dense.entries());
    error
}

impl Work for BaWork {
    fn objective(&mut self) {
        let data = &self.data;
        for i in 0..data.observations.len() {
            let input = Input::of(data, i);
            self.errors[i] =
                reprojection_error(input.camera, input.point, input.weight, input.feature);
        }
        for (error, &weight) in self.weight_errors.iter_mut().zip(&data.weights) {
            *error = weight_error(weight);
        }
    }

    fn jacobian(&mut self) {
        let mut dense = std::mem::take(&mut self.dense);
        self.assemble(
            |input, place| block(input, &mut dense, place),
            grad_weight_error,
        );
        self.dense = dense;
    }

    fn jacobian_by_hand(&mut self) {
        self.assemble(by_hand::ba::block, |weight| -2.0 * weight);
    }

    fn parts(&self) -> usize {
        self.data.observations.len()
    }

    fn objective_part(&self, part: usize) -> Vec<f64> {
        let Vec2 { x, y } = self.errors[part];
        vec![x, y, self.weight_errors[part]]
    }

    fn jacobian_part(&self, part: usize) -> Vec<f64> {
        let weights = 2 * self.data.observations.len();
        let rows = [2 * part, 2 * part + 1, weights + part];
        rows.map(|row| self.jacobian.row(row)).concat()
    }
}
