//! Bounds on gradients.

use super::Real;
use crate::{LeafVisitor, Parameters};

/// How a gradient is bounded before an optimizer takes it, in the same pass as the step.
///
/// ```
/// use grad_runtime::optim::{Clip, Sgd};
///
/// let mut x = [0.0_f64, 0.0];
/// Sgd::new(1.0).clip(Clip::Value(1.0)).step(&mut x, &[3.0, -0.5]);
/// assert_eq!(x, [-1.0, 0.5]);
///
/// let mut x = [0.0_f64, 0.0];
/// Sgd::new(1.0).clip(Clip::Norm(1.0)).step(&mut x, &[3.0, 4.0]);
/// assert!((x[0] + 0.6).abs() < 1e-6 && (x[1] + 0.8).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clip {
    /// Gradients are taken as they are.
    #[default]
    Off,
    /// A gradient longer than this is shortened to it: every entry is multiplied by
    /// `min(1, limit / (|g| + 1e-6))`, as in `PyTorch`. Pascanu, Mikolov and Bengio, "On the
    /// difficulty of training recurrent neural networks" (2013).
    Norm(f64),
    /// Every entry is moved into `-limit..=limit`. What is not a number stays.
    Value(f64),
}

impl Clip {
    #[track_caller]
    pub(super) fn expect_bound(self) {
        if let Self::Norm(limit) | Self::Value(limit) = self {
            assert!(
                limit > 0.0,
                "the bound of a gradient must be above zero, not {limit}"
            );
        }
    }
}

/// What a gradient is multiplied by so that it is no longer than `limit`.
pub(super) fn factor<P: Parameters + ?Sized>(
    limit: f64,
    parameters: &mut P,
    gradient: &P::Tangent,
) -> f64 {
    let mut squares = Squares([0.0; LANES]);
    parameters.visit(gradient, &mut squares);
    let norm = num_traits::Float::sqrt(squares.0.iter().sum::<f64>());
    (limit / (norm + 1e-6)).min(1.0)
}

/// Sums that grow side by side, so that the loop vectorises.
const LANES: usize = 16;

/// The sum of the squares of a gradient's entries, in `f64`.
struct Squares([f64; LANES]);

impl Squares {
    #[inline]
    fn add<F: Copy + Into<f64>>(&mut self, entries: &[F]) {
        let (chunks, rest) = entries.as_chunks::<LANES>();
        for chunk in chunks {
            for (sum, &g) in self.0.iter_mut().zip(chunk) {
                *sum += g.into() * g.into();
            }
        }
        for (sum, &g) in self.0.iter_mut().zip(rest) {
            *sum += g.into() * g.into();
        }
    }
}

impl LeafVisitor for Squares {
    fn f32s(&mut self, _: &mut [f32], gradient: &[f32]) {
        self.add(gradient);
    }
    fn f64s(&mut self, _: &mut [f64], gradient: &[f64]) {
        self.add(gradient);
    }
}

/// What becomes of one entry of the gradient; a type each, so that no pass has a test in its loop.
pub(super) trait Clipping: Copy + Send + Sync {
    fn of<F: Real>(self, g: F) -> F;
}

#[derive(Clone, Copy)]
pub(super) struct Whole;
impl Clipping for Whole {
    #[inline(always)]
    fn of<F: Real>(self, g: F) -> F {
        g
    }
}

#[derive(Clone, Copy)]
pub(super) struct Scaled(pub(super) f64);
impl Clipping for Scaled {
    #[inline(always)]
    fn of<F: Real>(self, g: F) -> F {
        F::round_from(self.0) * g
    }
}

#[derive(Clone, Copy)]
pub(super) struct Clamped(pub(super) f64);
impl Clipping for Clamped {
    /// By comparisons, which a NaN passes: `max` and `min` would hide it.
    #[inline(always)]
    fn of<F: Real>(self, g: F) -> F {
        let limit = F::round_from(self.0);
        if g > limit {
            limit
        } else if g < -limit {
            -limit
        } else {
            g
        }
    }
}
