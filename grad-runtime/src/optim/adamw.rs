//! `AdamW`.

use super::adam::{Update as AdamUpdate, next_powers, restore_moments, save_moments};
use super::{
    Clip, Clipping, Optimizer, Real, Rule, State, expect_epsilon, expect_fraction, expect_rate,
    optimizer,
};
use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};

/// Adam with decay of the weights themselves, not through the gradient.
///
/// ```text
/// x ← x - η λ x            then as Adam
/// ```
///
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019), algorithm 2;
/// `λ = 0.01` as in `PyTorch`, the rest as [`Adam`](super::Adam).
///
/// ```
/// use grad_runtime::optim::AdamW;
///
/// let mut x = [1.0_f64];
/// AdamW::new(0.1).decay(0.5).step(&mut x, &[0.0]);
/// assert_eq!(x, [1.0 - 0.1 * 0.5]);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW {
    rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    decay: f64,
    clip: Clip,
    /// `β1^t` and `β2^t`.
    powers: (f64, f64),
    moments: State<2>,
}

impl AdamW {
    /// `AdamW` with this rate and the settings of the paper.
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
            decay: 0.01,
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

    /// Sets `λ`, the decay of the weights.
    ///
    /// # Panics
    /// When negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        assert!(
            decay >= 0.0 && decay.is_finite(),
            "the decay must be finite and not negative, not {decay}"
        );
        self.decay = decay;
        self
    }

    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Panics
    /// As [`Optimizer::step`].
    #[track_caller]
    pub fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
        let powers = next_powers(self.powers, self.betas);
        let rule = Update {
            keep: 1.0 - self.rate * self.decay,
            adam: AdamUpdate::new(self.rate, self.betas, self.epsilon, powers),
        };
        self.moments.step(parameters, gradient, &rule, self.clip);
        self.powers = powers;
    }

    /// See [`Optimizer::save`].
    #[must_use]
    pub fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::of("adamw");
        save_moments(self.powers, &self.moments, &mut snapshot);
        snapshot
    }

    /// See [`Optimizer::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("adamw")?;
        (self.powers, self.moments) = restore_moments(snapshot)?;
        Ok(())
    }
}

optimizer!(AdamW);

struct Update {
    /// What is left of a weight: `1 - η λ`.
    keep: f64,
    adam: AdamUpdate,
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
        let keep = F::round_from(self.keep);
        let adam = self.adam.rounded();
        for (((x, &g), m), v) in x.iter_mut().zip(gradient).zip(means).zip(squares) {
            *x = keep * *x - adam.step(clip.of(g), m, v);
        }
    }
}
