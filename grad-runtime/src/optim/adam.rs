//! Adam.

use alloc::vec;

use super::{
    Clip, Clipping, Optimizer, Real, Rule, State, expect_epsilon, expect_fraction, expect_rate,
    optimizer,
};
use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};

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
    clip: Clip,
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
    #[track_caller]
    pub fn new(rate: f64) -> Self {
        expect_rate(rate);
        Self {
            rate,
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            clip: Clip::Off,
            powers: (1.0, 1.0),
            moments: State::new(),
        }
    }

    /// Sets the decay of the two means.
    ///
    /// # Panics
    /// Unless both are at least 0 and less than 1.
    #[must_use]
    #[track_caller]
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
        let powers = next_powers(self.powers, self.betas);
        let rule = Update::new(self.rate, self.betas, self.epsilon, powers);
        self.moments.step(parameters, gradient, &rule, self.clip);
        self.powers = powers;
    }

    /// See [`Optimizer::save`].
    #[must_use]
    pub fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::of("adam");
        save_moments(self.powers, &self.moments, &mut snapshot);
        snapshot
    }

    /// See [`Optimizer::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("adam")?;
        (self.powers, self.moments) = restore_moments(snapshot)?;
        Ok(())
    }
}

optimizer!(Adam);

const MOMENTS: [&str; 2] = ["means", "squares"];

/// The powers of the next step. One that no longer changes 1 when it is taken from it becomes 0, as
/// numbers close to 0 slow every step after some thousands.
pub(super) fn next_powers(powers: (f64, f64), betas: (f64, f64)) -> (f64, f64) {
    let next = |power: f64, beta: f64| {
        let power = power * beta;
        if power < 1e-100 { 0.0 } else { power }
    };
    (next(powers.0, betas.0), next(powers.1, betas.1))
}

pub(super) fn save_moments(powers: (f64, f64), moments: &State<2>, snapshot: &mut Snapshot) {
    snapshot.put("powers", vec![powers.0, powers.1]);
    moments.save(MOMENTS, snapshot);
}

pub(super) fn restore_moments(
    snapshot: &Snapshot,
) -> Result<((f64, f64), State<2>), SnapshotError> {
    let powers = snapshot.f64s_of("powers", 2)?;
    Ok(((powers[0], powers[1]), State::restored(MOMENTS, snapshot)?))
}

/// One step; the corrections of the two means are folded into `rate` and `unbias`.
pub(super) struct Update {
    betas: (f64, f64),
    rate: f64,
    unbias: f64,
    epsilon: f64,
}

impl Update {
    pub(super) fn new(rate: f64, betas: (f64, f64), epsilon: f64, powers: (f64, f64)) -> Self {
        Self {
            betas,
            rate: rate / (1.0 - powers.0),
            unbias: 1.0 / num_traits::Float::sqrt(1.0 - powers.1),
            epsilon,
        }
    }
}

/// The numbers of an [`Update`] in the precision of the parameters.
#[derive(Clone, Copy)]
pub(super) struct Rounded<F> {
    betas: (F, F),
    rests: (F, F),
    rate: F,
    unbias: F,
    epsilon: F,
}

impl Update {
    pub(super) fn rounded<F: Real>(&self) -> Rounded<F> {
        let (first, second) = self.betas;
        Rounded {
            betas: (F::round_from(first), F::round_from(second)),
            rests: (F::round_from(1.0 - first), F::round_from(1.0 - second)),
            rate: F::round_from(self.rate),
            unbias: F::round_from(self.unbias),
            epsilon: F::round_from(self.epsilon),
        }
    }
}

impl<F: Real> Rounded<F> {
    /// Moves the two means of one parameter, and gives what the parameter goes down by.
    #[inline(always)]
    pub(super) fn step(self, g: F, m: &mut F, v: &mut F) -> F {
        *m = self.betas.0 * *m + self.rests.0 * g;
        *v = self.betas.1 * *v + self.rests.1 * (g * g);
        self.rate * *m / (v.sqrt() * self.unbias + self.epsilon)
    }
}

impl Rule<2> for Update {
    #[inline(always)]
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        [means, squares]: [&mut [F]; 2],
        clip: impl Clipping,
    ) {
        let adam = self.rounded();
        for (((x, &g), m), v) in x.iter_mut().zip(gradient).zip(means).zip(squares) {
            *x = *x - adam.step(clip.of(g), m, v);
        }
    }
}
