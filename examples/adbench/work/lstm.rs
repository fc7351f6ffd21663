//! One number and its gradient by all parameters.

use super::Work;
use crate::adbench::lstm::{Lstm, accumulate_grad_loss, loss};
use crate::adbench::{by_hand, helpers};

/// A model, its loss and the gradient: main parameters, extra parameters.
#[derive(Clone, Debug)]
pub struct LstmWork {
    data: Lstm,
    value: f64,
    gradient: Vec<f64>,
}

impl LstmWork {
    /// Place for the results of `data`.
    #[must_use]
    pub fn new(data: Lstm) -> Self {
        let length = data.main.len() + data.extra.len();
        Self {
            data,
            value: 0.0,
            gradient: vec![0.0; length],
        }
    }

    /// Evaluates objective and gradient by the generated derivative of the other style.
    pub fn jacobian_with_helpers(&mut self) {
        self.by(|data, main_bar, extra_bar| {
            helpers::lstm::accumulate_grad_loss(
                data.bits,
                &data.main,
                &data.extra,
                &data.state,
                &data.sequence,
                1.0,
                main_bar,
                extra_bar,
            )
        });
    }

    fn by(&mut self, gradient: fn(&Lstm, &mut [f64], &mut [f64]) -> f64) {
        let data = &self.data;
        self.gradient.fill(0.0);
        let (main_bar, extra_bar) = self.gradient.split_at_mut(data.main.len());
        self.value = gradient(data, main_bar, extra_bar);
    }
}

impl Work for LstmWork {
    fn objective(&mut self) {
        let data = &self.data;
        self.value = loss(
            data.bits,
            &data.main,
            &data.extra,
            &data.state,
            &data.sequence,
        );
    }

    fn jacobian(&mut self) {
        self.by(|data, main_bar, extra_bar| {
            accumulate_grad_loss(
                data.bits,
                &data.main,
                &data.extra,
                &data.state,
                &data.sequence,
                1.0,
                main_bar,
                extra_bar,
            )
        });
    }

    fn jacobian_by_hand(&mut self) {
        self.by(by_hand::lstm::loss);
    }

    fn objective_part(&self, _: usize) -> Vec<f64> {
        vec![self.value]
    }

    fn jacobian_part(&self, _: usize) -> Vec<f64> {
        self.gradient.clone()
    }
}
