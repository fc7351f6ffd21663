//! Gradient descent, with momentum.

use super::{Optimizer, Real, Rule, State, expect_fraction, expect_rate};
use crate::Parameters;

/// Gradient descent with a fixed rate, with momentum if asked for.
///
/// With gradient `g`, rate `η` and momentum `μ`,
///
/// ```text
/// v ← μ v + g
/// x ← x - η v              or, after Nesterov,   x ← x - η (g + μ v)
/// ```
///
/// Without momentum it keeps no state. The form of Nesterov's step is that of Sutskever, Martens,
/// Dahl and Hinton, "On the importance of initialization and momentum in deep learning" (2013),
/// at the point looked ahead to, as in `PyTorch`.
///
/// ```
/// use grad_runtime::optim::Sgd;
///
/// let mut x = vec![1.0, 2.0];
/// let mut sgd = Sgd::new(0.5).momentum(0.9);
/// sgd.step(&mut x, &vec![1.0, 0.0]);
/// sgd.step(&mut x, &vec![0.0, 0.0]);
/// assert_eq!(x, [1.0 - 0.5 - 0.45, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Sgd {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    velocity: State<1>,
    nothing: State<0>,
}

impl Sgd {
    /// Gradient descent with this rate, without momentum.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        expect_rate(rate);
        Self {
            rate,
            momentum: 0.0,
            nesterov: false,
            velocity: State::new(),
            nothing: State::new(),
        }
    }

    /// Sets the momentum, 0 at first.
    ///
    /// # Panics
    /// Unless `0 <= momentum < 1`.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        expect_fraction("the momentum", momentum);
        self.momentum = momentum;
        self
    }

    /// Whether to take Nesterov's step.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
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
        if self.momentum == 0.0 {
            self.nothing
                .step(parameters, gradient, &Plain { rate: self.rate });
        } else if self.nesterov {
            let rule = Nesterov {
                rate: self.rate,
                momentum: self.momentum,
            };
            self.velocity.step(parameters, gradient, &rule);
        } else {
            let rule = Heavy {
                rate: self.rate,
                momentum: self.momentum,
            };
            self.velocity.step(parameters, gradient, &rule);
        }
    }
}

impl Optimizer for Sgd {
    #[track_caller]
    fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
        self.step(parameters, gradient);
    }
}

struct Plain {
    rate: f64,
}

impl Rule<0> for Plain {
    fn update<F: Real>(&self, x: &mut [F], gradient: &[F], []: [&mut [F]; 0]) {
        let rate = F::round_from(self.rate);
        for (x, &g) in x.iter_mut().zip(gradient) {
            *x = *x - rate * g;
        }
    }
}

struct Heavy {
    rate: f64,
    momentum: f64,
}

impl Rule<1> for Heavy {
    fn update<F: Real>(&self, x: &mut [F], gradient: &[F], [velocity]: [&mut [F]; 1]) {
        let (rate, momentum) = (F::round_from(self.rate), F::round_from(self.momentum));
        for ((x, &g), v) in x.iter_mut().zip(gradient).zip(velocity) {
            *v = momentum * *v + g;
            *x = *x - rate * *v;
        }
    }
}

struct Nesterov {
    rate: f64,
    momentum: f64,
}

impl Rule<1> for Nesterov {
    fn update<F: Real>(&self, x: &mut [F], gradient: &[F], [velocity]: [&mut [F]; 1]) {
        let (rate, momentum) = (F::round_from(self.rate), F::round_from(self.momentum));
        for ((x, &g), v) in x.iter_mut().zip(gradient).zip(velocity) {
            *v = momentum * *v + g;
            *x = *x - rate * (g + momentum * *v);
        }
    }
}
