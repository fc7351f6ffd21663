//! `RMSProp`.

use super::{
    Clip, Clipping, Optimizer, Real, Rule, State, expect_epsilon, expect_fraction, expect_rate,
    optimizer,
};
use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};

/// `RMSProp`: steps divided by the root of a running mean of squared gradients, with momentum if
/// asked for.
///
/// ```text
/// s ← α s + (1 - α) g²
/// v ← μ v + g / (sqrt(s) + ε)
/// x ← x - η v
/// ```
///
/// Tieleman and Hinton, "Lecture 6.5: `RMSProp`" (Coursera, 2012); `α = 0.99`, `ε = 1e-8`, `μ = 0` as
/// in `PyTorch`.
///
/// ```
/// use grad_runtime::optim::RmsProp;
///
/// let mut x = [1.0_f64];
/// RmsProp::new(0.1).decay(0.75).step(&mut x, &[8.0]);
/// // sqrt(0.25 · 8²) = 4
/// assert!((x[0] - (1.0 - 0.1 * 8.0 / 4.0)).abs() < 1e-8);
/// ```
#[derive(Clone, Debug)]
pub struct RmsProp {
    rate: f64,
    decay: f64,
    momentum: f64,
    epsilon: f64,
    clip: Clip,
    squares: State<1>,
    both: State<2>,
}

const PLAIN: [&str; 1] = ["squares"];
const BOTH: [&str; 2] = ["squares", "velocity"];

impl RmsProp {
    /// `RMSProp` with this rate, without momentum.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(rate: f64) -> Self {
        expect_rate(rate);
        Self {
            rate,
            decay: 0.99,
            momentum: 0.0,
            epsilon: 1e-8,
            clip: Clip::Off,
            squares: State::new(),
            both: State::new(),
        }
    }

    /// Sets `α`, what the running mean keeps at each step.
    ///
    /// # Panics
    /// Unless `0 <= decay < 1`.
    #[must_use]
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        expect_fraction("the decay", decay);
        self.decay = decay;
        self
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

    /// Sets what is added to the root.
    ///
    /// # Panics
    /// When negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        expect_epsilon(epsilon);
        self.epsilon = epsilon;
        self
    }

    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Panics
    /// As [`Optimizer::step`].
    #[track_caller]
    pub fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
        let rule = Update {
            rate: self.rate,
            decay: self.decay,
            momentum: self.momentum,
            epsilon: self.epsilon,
        };
        if self.momentum == 0.0 {
            self.squares.step(parameters, gradient, &rule, self.clip);
        } else {
            self.both.step(parameters, gradient, &rule, self.clip);
        }
    }

    /// See [`Optimizer::save`].
    #[must_use]
    pub fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::of("rmsprop");
        if self.momentum == 0.0 {
            self.squares.save(PLAIN, &mut snapshot);
        } else {
            self.both.save(BOTH, &mut snapshot);
        }
        snapshot
    }

    /// See [`Optimizer::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("rmsprop")?;
        if self.momentum == 0.0 {
            self.squares = State::restored(PLAIN, snapshot)?;
        } else {
            self.both = State::restored(BOTH, snapshot)?;
        }
        Ok(())
    }
}

optimizer!(RmsProp);

struct Update {
    rate: f64,
    decay: f64,
    momentum: f64,
    epsilon: f64,
}

impl Rule<1> for Update {
    #[inline(always)]
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        [squares]: [&mut [F]; 1],
        clip: impl Clipping,
    ) {
        let (decay, rest) = (F::round_from(self.decay), F::round_from(1.0 - self.decay));
        let (rate, epsilon) = (F::round_from(self.rate), F::round_from(self.epsilon));
        for ((x, &g), s) in x.iter_mut().zip(gradient).zip(squares) {
            let g = clip.of(g);
            *s = decay * *s + rest * (g * g);
            *x = *x - rate * g / (s.sqrt() + epsilon);
        }
    }
}

impl Rule<2> for Update {
    #[inline(always)]
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        [squares, velocity]: [&mut [F]; 2],
        clip: impl Clipping,
    ) {
        let (decay, rest) = (F::round_from(self.decay), F::round_from(1.0 - self.decay));
        let (rate, epsilon) = (F::round_from(self.rate), F::round_from(self.epsilon));
        let momentum = F::round_from(self.momentum);
        for (((x, &g), s), v) in x.iter_mut().zip(gradient).zip(squares).zip(velocity) {
            let g = clip.of(g);
            *s = decay * *s + rest * (g * g);
            *v = momentum * *v + g / (s.sqrt() + epsilon);
            *x = *x - rate * *v;
        }
    }
}
