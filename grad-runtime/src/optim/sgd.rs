//! Gradient descent, with momentum.

use super::{
    Clip, Clipping, Optimizer, Real, Rule, State, expect_fraction, expect_rate, optimizer,
};
use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};

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
    clip: Clip,
    velocity: State<1>,
    nothing: State<0>,
}

impl Sgd {
    /// Gradient descent with this rate, without momentum.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(rate: f64) -> Self {
        expect_rate(rate);
        Self {
            rate,
            momentum: 0.0,
            nesterov: false,
            clip: Clip::Off,
            velocity: State::new(),
            nothing: State::new(),
        }
    }

    /// Sets the momentum, 0 at first.
    ///
    /// # Panics
    /// Unless `0 <= momentum < 1`.
    #[must_use]
    #[track_caller]
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

    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Panics
    /// As [`Optimizer::step`].
    #[track_caller]
    pub fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
        let (rate, momentum, clip) = (self.rate, self.momentum, self.clip);
        if momentum == 0.0 {
            let rule = Plain { rate };
            self.nothing.step(parameters, gradient, &rule, clip);
        } else if self.nesterov {
            let rule = Nesterov { rate, momentum };
            self.velocity.step(parameters, gradient, &rule, clip);
        } else {
            let rule = Heavy { rate, momentum };
            self.velocity.step(parameters, gradient, &rule, clip);
        }
    }

    /// See [`Optimizer::save`].
    #[must_use]
    pub fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::of("sgd");
        self.velocity.save(["velocity"], &mut snapshot);
        snapshot
    }

    /// See [`Optimizer::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("sgd")?;
        self.velocity = State::restored(["velocity"], snapshot)?;
        self.nothing = State::new();
        Ok(())
    }
}

optimizer!(Sgd);

struct Plain {
    rate: f64,
}

impl Rule<0> for Plain {
    #[inline(always)]
    fn update<F: Real>(&self, x: &mut [F], gradient: &[F], []: [&mut [F]; 0], clip: impl Clipping) {
        let rate = F::round_from(self.rate);
        for (x, &g) in x.iter_mut().zip(gradient) {
            *x = *x - rate * clip.of(g);
        }
    }
}

struct Heavy {
    rate: f64,
    momentum: f64,
}

impl Rule<1> for Heavy {
    #[inline(always)]
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        [velocity]: [&mut [F]; 1],
        clip: impl Clipping,
    ) {
        let (rate, momentum) = (F::round_from(self.rate), F::round_from(self.momentum));
        for ((x, &g), v) in x.iter_mut().zip(gradient).zip(velocity) {
            let g = clip.of(g);
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
    #[inline(always)]
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        [velocity]: [&mut [F]; 1],
        clip: impl Clipping,
    ) {
        let (rate, momentum) = (F::round_from(self.rate), F::round_from(self.momentum));
        for ((x, &g), v) in x.iter_mut().zip(gradient).zip(velocity) {
            let g = clip.of(g);
            *v = momentum * *v + g;
            *x = *x - rate * (g + momentum * *v);
        }
    }
}
