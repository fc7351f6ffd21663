//! One number and its gradient by all parameters.

use super::Work;
use crate::adbench::gmm::{Gmm, accumulate_grad_log_posterior, log_posterior};
use crate::adbench::{by_hand, helpers};

/// A mixture, its log posterior and the gradient: alphas, means, factors.
#[derive(Clone, Debug)]
pub struct GmmWork {
    data: Gmm,
    value: f64,
    gradient: Vec<f64>,
}

impl GmmWork {
    /// Place for the results of `data`.
    #[must_use]
    pub fn new(data: Gmm) -> Self {
        let length = data.alphas.len() + data.means.len() + data.icf.len();
        Self {
            data,
            value: 0.0,
            gradient: vec![0.0; length],
        }
    }

    /// Evaluates objective and gradient by the generated derivative of the other style.
    pub fn jacobian_with_helpers(&mut self) {
        self.by(|data, alphas_bar, means_bar, icf_bar| {
            helpers::gmm::accumulate_grad_log_posterior(
                data.d,
                &data.alphas,
                &data.means,
                &data.icf,
                &data.points,
                &data.wishart,
                1.0,
                alphas_bar,
                means_bar,
                icf_bar,
            )
        });
    }

    /// Evaluates objective and gradient by hand, four points at a time.
    pub fn jacobian_in_lanes(&mut self) {
        self.by(by_hand::gmm_lanes::log_posterior);
    }

    fn by(&mut self, gradient: fn(&Gmm, &mut [f64], &mut [f64], &mut [f64]) -> f64) {
        let data = &self.data;
        self.gradient.fill(0.0);
        let (alphas_bar, rest) = self.gradient.split_at_mut(data.alphas.len());
        let (means_bar, icf_bar) = rest.split_at_mut(data.means.len());
        self.value = gradient(data, alphas_bar, means_bar, icf_bar);
    }
}

impl Work for GmmWork {
    fn objective(&mut self) {
        let data = &self.data;
        self.value = log_posterior(
            data.d,
            &data.alphas,
            &data.means,
            &data.icf,
            &data.points,
            &data.wishart,
        );
    }

    fn jacobian(&mut self) {
        self.by(|data, alphas_bar, means_bar, icf_bar| {
            accumulate_grad_log_posterior(
                data.d,
                &data.alphas,
                &data.means,
                &data.icf,
                &data.points,
                &data.wishart,
                1.0,
                alphas_bar,
                means_bar,
                icf_bar,
            )
        });
    }

    fn jacobian_by_hand(&mut self) {
        self.by(by_hand::gmm::log_posterior);
    }

    fn objective_part(&self, _: usize) -> Vec<f64> {
        vec![self.value]
    }

    fn jacobian_part(&self, _: usize) -> Vec<f64> {
        self.gradient.clone()
    }
}
