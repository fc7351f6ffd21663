//! `AdaGrad`.

use super::{Clip, Clipping, Optimizer, Real, Rule, State, expect_epsilon, expect_rate, optimizer};
use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};

/// `AdaGrad`: steps divided by the root of the sum of all squared gradients so far, so that rarely
/// moved parameters move far.
///
/// ```text
/// s ← s + g²
/// x ← x - η g / (sqrt(s) + ε)
/// ```
///
/// Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
/// Optimization" (JMLR 2011), the diagonal form; `ε = 1e-10` as in `PyTorch`.
///
/// ```
/// use grad_runtime::optim::AdaGrad;
///
/// let mut x = [1.0_f64, 1.0];
/// let mut adagrad = AdaGrad::new(0.5);
/// adagrad.step(&mut x, &[3.0, 0.0]);
/// adagrad.step(&mut x, &[4.0, 0.0]);
/// // sqrt(3² + 4²) = 5
/// assert!((x[0] - (1.0 - 0.5 - 0.5 * 4.0 / 5.0)).abs() < 1e-9 && x[1] == 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct AdaGrad {
    rate: f64,
    epsilon: f64,
    clip: Clip,
    sums: State<1>,
}

impl AdaGrad {
    /// `AdaGrad` with this rate.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(rate: f64) -> Self {
        expect_rate(rate);
        Self {
            rate,
            epsilon: 1e-10,
            clip: Clip::Off,
            sums: State::new(),
        }
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
            epsilon: self.epsilon,
        };
        self.sums.step(parameters, gradient, &rule, self.clip);
    }

    /// See [`Optimizer::save`].
    #[must_use]
    pub fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::of("adagrad");
        self.sums.save(["sums"], &mut snapshot);
        snapshot
    }

    /// See [`Optimizer::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("adagrad")?;
        self.sums = State::restored(["sums"], snapshot)?;
        Ok(())
    }
}

optimizer!(AdaGrad);

struct Update {
    rate: f64,
    epsilon: f64,
}

impl Rule<1> for Update {
    #[inline(always)]
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        [sums]: [&mut [F]; 1],
        clip: impl Clipping,
    ) {
        let (rate, epsilon) = (F::round_from(self.rate), F::round_from(self.epsilon));
        for ((x, &g), s) in x.iter_mut().zip(gradient).zip(sums) {
            let g = clip.of(g);
            *s = *s + g * g;
            *x = *x - rate * g / (s.sqrt() + epsilon);
        }
    }
}
