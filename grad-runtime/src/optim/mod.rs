//! Optimizers: what moves parameters along a gradient.
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

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::Sgd;

use alloc::{vec, vec::Vec};
use core::{array, mem};

use num_traits::Float;

use crate::{LeafVisitor, Parameters};

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
}

/// How one optimizer updates parameters that lie together, given `N` buffers of state.
trait Rule<const N: usize> {
    fn update<F: Real>(&self, x: &mut [F], gradient: &[F], state: [&mut [F]; N]);
}

/// A float that settings, which are `f64`, can be rounded to.
trait Real: Float {
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

/// `N` buffers, each with an entry for each parameter.
#[derive(Clone, Debug)]
struct State<const N: usize> {
    layout: Option<Layout>,
    f32s: [Vec<f32>; N],
    f64s: [Vec<f64>; N],
}

impl<const N: usize> State<N> {
    fn new() -> Self {
        Self {
            layout: None,
            f32s: array::from_fn(|_| Vec::new()),
            f64s: array::from_fn(|_| Vec::new()),
        }
    }

    #[track_caller]
    fn step<P: Parameters + ?Sized>(
        &mut self,
        parameters: &mut P,
        gradient: &P::Tangent,
        rule: &impl Rule<N>,
    ) {
        if let Err(error) = parameters.check_shape(gradient) {
            panic!("the gradient does not fit the parameters: {error}");
        }
        let mut layout = Layout::default();
        parameters.visit(gradient, &mut layout);
        match self.layout {
            None => {
                self.f32s = array::from_fn(|_| vec![0.0; layout.f32s]);
                self.f64s = array::from_fn(|_| vec![0.0; layout.f64s]);
                self.layout = Some(layout);
            }
            Some(first) => assert!(
                first == layout,
                "the parameters changed their shape between two steps: {} entries at first, {} now; \
                 a new shape needs a new optimizer",
                first.len(),
                layout.len(),
            ),
        }
        let mut walk = Walk {
            rule,
            f32s: self.f32s.each_mut().map(Vec::as_mut_slice),
            f64s: self.f64s.each_mut().map(Vec::as_mut_slice),
        };
        parameters.visit(gradient, &mut walk);
    }
}

/// How many floats there are, and a hash of how they lie together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Layout {
    f32s: usize,
    f64s: usize,
    hash: u64,
}

impl Layout {
    fn len(&self) -> usize {
        self.f32s + self.f64s
    }

    /// One step of FNV-1a, a word at a time.
    fn mix(&mut self, word: usize) {
        self.hash = (self.hash ^ word as u64).wrapping_mul(0x0100_0000_01b3);
    }
}

impl LeafVisitor for Layout {
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        self.f32s += x.len();
        self.mix(2 * x.len() + 1);
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.f64s += x.len();
        self.mix(2 * x.len() + 2);
    }
}

/// The pass of one step, with what is left of the buffers.
struct Walk<'a, R, const N: usize> {
    rule: &'a R,
    f32s: [&'a mut [f32]; N],
    f64s: [&'a mut [f64]; N],
}

impl<R: Rule<N>, const N: usize> LeafVisitor for Walk<'_, R, N> {
    fn f32s(&mut self, x: &mut [f32], gradient: &[f32]) {
        let state = split_off(&mut self.f32s, x.len());
        self.rule.update(x, gradient, state);
    }
    fn f64s(&mut self, x: &mut [f64], gradient: &[f64]) {
        let state = split_off(&mut self.f64s, x.len());
        self.rule.update(x, gradient, state);
    }
}

/// The next `len` entries of each buffer, which are taken off it.
fn split_off<'a, T, const N: usize>(
    buffers: &mut [&'a mut [T]; N],
    len: usize,
) -> [&'a mut [T]; N] {
    buffers.each_mut().map(|rest| {
        let (first, others) = mem::take(rest).split_at_mut(len);
        *rest = others;
        first
    })
}

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
