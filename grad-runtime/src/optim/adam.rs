//! Adam.

use super::{Optimizer, Real, Rule, State, expect_fraction, expect_rate};
use crate::Parameters;

/// Adam: steps scaled by running means of the gradient and of its square.
///
/// With gradient `g`, rate `η`, and `t` the number of the step from 1 on,
///
/// ```text
/// m ← β1 m + (1 - β1) g
/// v ← β2 v + (1 - β2) g²
/// x ← x - η (m / (1 - β1^t)) / (sqrt(v / (1 - β2^t)) + ε)
/// ```
///
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015), algorithm 1, whose
/// settings are the defaults: `β1 = 0.9`, `β2 = 0.999`, `ε = 1e-8`.
///
/// ```
/// use grad_runtime::optim::Adam;
///
/// let mut x = [1.0_f64, 1.0];
/// let mut adam = Adam::new(0.1).betas(0.8, 0.99).epsilon(1e-6);
/// adam.step(&mut x, &[1000.0, -0.001]);
/// // The first step is as long as the rate, however steep the slope.
/// assert!((x[0] - 0.9).abs() < 1e-9 && (x[1] - 1.1).abs() < 1e-3);
/// ```
#[derive(Clone, Debug)]
pub struct Adam {
    rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    /// `β1^t` and `β2^t`.
    powers: (f64, f64),
    moments: State<2>,
}

impl Adam {
    /// Adam with this rate and the settings of the paper.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        expect_rate(rate);
        Self {
            rate,
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            powers: (1.0, 1.0),
            moments: State::new(),
        }
    }

    /// Sets the decay of the two means.
    ///
    /// # Panics
    /// Unless both are at least 0 and less than 1.
    #[must_use]
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        expect_fraction("the first beta", first);
        expect_fraction("the second beta", second);
        self.betas = (first, second);
        self
    }

    /// Sets what is added to the root.
    ///
    /// # Panics
    /// When negative or not finite.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        assert!(
            epsilon >= 0.0 && epsilon.is_finite(),
            "epsilon must be finite and not negative, not {epsilon}",
        );
        self.epsilon = epsilon;
        self
    }

    /// The rate.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Sets the rate of the steps to come.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    pub fn set_rate(&mut self, rate: f64) {
        expect_rate(rate);
        self.rate = rate;
    }

    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Panics
    /// As [`Optimizer::step`].
    #[track_caller]
    pub fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
        let powers = (self.powers.0 * self.betas.0, self.powers.1 * self.betas.1);
        let rule = Update {
            betas: self.betas,
            rate: self.rate / (1.0 - powers.0),
            unbias: 1.0 / num_traits::Float::sqrt(1.0 - powers.1),
            epsilon: self.epsilon,
        };
        self.moments.step(parameters, gradient, &rule);
        self.powers = powers;
    }
}

impl Optimizer for Adam {
    #[track_caller]
    fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
        self.step(parameters, gradient);
    }
}

/// One step; the corrections of the two means are folded into `rate` and `unbias`.
struct Update {
    betas: (f64, f64),
    rate: f64,
    unbias: f64,
    epsilon: f64,
}

impl Rule<2> for Update {
    fn update<F: Real>(&self, x: &mut [F], gradient: &[F], [means, squares]: [&mut [F]; 2]) {
        let (beta1, beta2) = (F::round_from(self.betas.0), F::round_from(self.betas.1));
        let (rest1, rest2) = (
            F::round_from(1.0 - self.betas.0),
            F::round_from(1.0 - self.betas.1),
        );
        let (rate, unbias) = (F::round_from(self.rate), F::round_from(self.unbias));
        let epsilon = F::round_from(self.epsilon);
        for (((x, &g), m), v) in x.iter_mut().zip(gradient).zip(means).zip(squares) {
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * (g * g);
            *x = *x - rate * *m / (v.sqrt() * unbias + epsilon);
        }
    }
}
