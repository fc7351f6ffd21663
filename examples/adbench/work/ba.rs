//! Residuals of all observations, and their sparse Jacobian put together from blocks.

use super::Work;
use crate::adbench::ba::{
    Ba, Camera, grad_weight_error, reprojection_error, vjp_reprojection_error, weight_error,
};
use crate::adbench::by_hand;
use crate::adbench::csr::{BLOCK, Block, CAMERA, Csr, POINT};

/// Observations, their residuals and the Jacobian.
#[derive(Clone, Debug)]
pub struct BaWork {
    data: Ba,
    errors: Vec<[f64; 2]>,
    weight_errors: Vec<f64>,
    jacobian: Csr,
}

impl BaWork {
    /// Place for the results of `data`.
    #[must_use]
    pub fn new(data: Ba) -> Self {
        let observations = data.observations.len();
        Self {
            data,
            errors: vec![[0.0; 2]; observations],
            weight_errors: vec![0.0; observations],
            jacobian: Csr::default(),
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
        self.sum_of_blocks(block)
    }

    /// As [`blocks`](Self::blocks), by the derivative written by hand.
    pub fn blocks_by_hand(&mut self) -> Block {
        self.sum_of_blocks(by_hand::ba::block)
    }

    fn sum_of_blocks(&mut self, block: impl Fn(&Input<'_>) -> ([f64; 2], Block)) -> Block {
        let mut sum = [[0.0; BLOCK]; 2];
        for i in 0..self.data.observations.len() {
            let (error, by_inputs) = block(&Input::of(&self.data, i));
            self.errors[i] = error;
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

    fn assemble(&mut self, block: impl Fn(&Input<'_>) -> ([f64; 2], Block)) {
        let data = &self.data;
        let first_point = CAMERA * data.cameras.len();
        let first_weight = first_point + POINT * data.points.len();
        self.jacobian.clear(data.observations.len());
        for (i, observation) in data.observations.iter().enumerate() {
            let (error, by_inputs) = block(&Input::of(data, i));
            self.errors[i] = error;
            self.jacobian.push_block(
                CAMERA * observation.camera,
                first_point + POINT * observation.point,
                first_weight + i,
                &by_inputs,
            );
        }
    }

    fn push_weights(&mut self, derivative: impl Fn(f64) -> (f64, f64)) {
        let data = &self.data;
        let first_weight = CAMERA * data.cameras.len() + POINT * data.points.len();
        for (i, &weight) in data.weights.iter().enumerate() {
            let (error, by_weight) = derivative(weight);
            self.weight_errors[i] = error;
            self.jacobian.push_weight(first_weight + i, by_weight);
        }
    }
}

/// What one observation depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The camera.
    pub camera: &'a Camera,
    /// The point.
    pub point: &'a [f64; 3],
    /// The weight.
    pub weight: f64,
    /// Where the point was seen.
    pub feature: &'a [f64; 2],
}

impl<'a> Input<'a> {
    fn of(data: &'a Ba, observation: usize) -> Self {
        let seen = data.observations[observation];
        Self {
            camera: &data.cameras[seen.camera],
            point: &data.points[seen.point],
            weight: data.weights[observation],
            feature: &data.features[observation],
        }
    }
}

/// The residuals of an observation and their derivative, in reverse mode: one sweep for each of the
/// two residuals.
#[inline]
fn block(input: &Input<'_>) -> ([f64; 2], Block) {
    let sweep = |seed: [f64; 2]| {
        let (error, pull) =
            vjp_reprojection_error(input.camera, input.point, input.weight, input.feature);
        (error, row(&pull(seed)))
    };
    let (error, first) = sweep([1.0, 0.0]);
    let (_, second) = sweep([0.0, 1.0]);
    (error, [first, second])
}

/// The columns of a block in the order that ADBench gives them.
fn row((camera, point, weight): &(Camera, [f64; 3], f64)) -> [f64; BLOCK] {
    let [r0, r1, r2] = camera.rotation;
    let [c0, c1, c2] = camera.centre;
    let [u, v] = camera.principal_point;
    let [k0, k1] = camera.distortion;
    let [x, y, z] = *point;
    [
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
        *weight,
    ]
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
        self.assemble(block);
        self.push_weights(|weight| (weight_error(weight), grad_weight_error(weight)));
    }

    fn jacobian_by_hand(&mut self) {
        self.assemble(by_hand::ba::block);
        self.push_weights(|weight| (weight_error(weight), -2.0 * weight));
    }

    fn parts(&self) -> usize {
        self.data.observations.len()
    }

    fn objective_part(&self, part: usize) -> Vec<f64> {
        let [x, y] = self.errors[part];
        vec![x, y, self.weight_errors[part]]
    }

    fn jacobian_part(&self, part: usize) -> Vec<f64> {
        let weights = 2 * self.data.observations.len();
        let rows = [2 * part, 2 * part + 1, weights + part];
        rows.map(|row| self.jacobian.row(row)).concat()
    }
}
