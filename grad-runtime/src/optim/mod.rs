//! Optimizers: what moves parameters along a gradient.
//!
//! [`Sgd`] (plain, with momentum, after Nesterov), [`AdaGrad`], [`RmsProp`], [`Adam`] and [`AdamW`];
//! [`schedule`] changes their rate as training goes on, [`Clip`] bounds the gradients they take.
//!
//! An optimizer keeps its state (velocities, moments) in flat buffers in the order in which
//! [`Parameters::visit`] shows the parameters, so that a step is one pass over parameter, gradient
//! and state together. The buffers are allocated by the first step and by no other; `f32`
//! parameters are updated in `f32`, `f64` ones in `f64`.
//!
//! ```
//! use grad_runtime::optim::Adam;
//!
//! // Minimises (x0 - 3)² + (x1 + 1)².
//! let mut x = [0.0_f64, 0.0];
//! let mut adam = Adam::new(0.1);
//! for _ in 0..500 {
//!     let gradient = [2.0 * (x[0] - 3.0), 2.0 * (x[1] + 1.0)];
//!     adam.step(&mut x, &gradient);
//! }
//! assert!((x[0] - 3.0).abs() < 1e-6 && (x[1] + 1.0).abs() < 1e-6);
//! ```

mod adagrad;
mod adam;
mod adamw;
mod clip;
mod rmsprop;
pub mod schedule;
mod sgd;
mod state;

pub use adagrad::AdaGrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use clip::Clip;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use num_traits::Float;

use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};
use clip::Clipping;
use state::State;

/// Anything that moves parameters along a gradient.
///
/// ```
/// use grad_runtime::optim::{Adam, Optimizer, Sgd};
///
/// fn descend(x: &mut f64, mut optimizer: impl Optimizer) {
///     for _ in 0..100 {
///         let gradient = 2.0 * *x;
///         optimizer.step(x, &gradient);
///     }
/// }
/// let (mut a, mut b) = (1.0, 1.0);
/// descend(&mut a, Sgd::new(0.1));
/// descend(&mut b, Adam::new(0.1));
/// assert!(a.abs() < 1e-6 && b.abs() < 0.1);
/// ```
pub trait Optimizer {
    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Panics
    /// When the gradient has another shape than the parameters, or when the parameters have another
    /// shape than at the first step; the message names both lengths.
    fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent);

    /// The rate.
    fn rate(&self) -> f64;

    /// Sets the rate of the steps to come.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    fn set_rate(&mut self, rate: f64);

    /// All that the steps so far have left behind, to continue from with [`restore`](Self::restore).
    /// Settings, the rate among them, are no part of it.
    fn save(&self) -> Snapshot;

    /// Continues where [`save`](Self::save) was called: the steps to come are the same bit for bit.
    ///
    /// # Errors
    /// When the snapshot is not one of such an optimizer, or is damaged; nothing changes then.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError>;
}

/// How one optimizer updates parameters that lie together, given `N` buffers of state and what
/// becomes of the gradient's entries first.
trait Rule<const N: usize>: Sync {
    fn update<F: Real>(
        &self,
        x: &mut [F],
        gradient: &[F],
        state: [&mut [F]; N],
        clip: impl Clipping,
    );
}

/// A float that settings, which are `f64`, can be rounded to.
trait Real: Float + Send + Sync {
    fn round_from(x: f64) -> Self;
}

impl Real for f64 {
    fn round_from(x: f64) -> Self {
        x
    }
}

impl Real for f32 {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "settings are rounded once a step"
    )]
    fn round_from(x: f64) -> Self {
        x as f32
    }
}

/// The methods that every optimizer has of its own as well, so that callers need not import the
/// trait, and the trait's as calls of those.
macro_rules! optimizer {
    ($name:ty) => {
        impl $name {
            /// Sets how gradients are bounded; at first they are taken as they are.
            ///
            /// # Panics
            /// When the bound is not above zero.
            #[must_use]
            #[track_caller]
            pub fn clip(mut self, clip: Clip) -> Self {
                clip.expect_bound();
                self.clip = clip;
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
            #[track_caller]
            pub fn set_rate(&mut self, rate: f64) {
                expect_rate(rate);
                self.rate = rate;
            }
        }

        impl Optimizer for $name {
            #[track_caller]
            fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &P::Tangent) {
                self.step(parameters, gradient);
            }
            fn rate(&self) -> f64 {
                self.rate
            }
            #[track_caller]
            fn set_rate(&mut self, rate: f64) {
                self.set_rate(rate);
            }
            fn save(&self) -> Snapshot {
                self.save()
            }
            fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
                self.restore(snapshot)
            }
        }
    };
}
use optimizer;

#[track_caller]
fn expect_fraction(name: &str, x: f64) {
    assert!(
        (0.0..1.0).contains(&x),
        "{name} must be at least 0 and less than 1, not {x}"
    );
}

#[track_caller]
fn expect_rate(rate: f64) {
    assert!(
        rate >= 0.0 && rate.is_finite(),
        "the rate must be finite and not negative, not {rate}"
    );
}

#[track_caller]
fn expect_epsilon(epsilon: f64) {
    assert!(
        epsilon >= 0.0 && epsilon.is_finite(),
        "epsilon must be finite and not negative, not {epsilon}",
    );
}
