//! Checks of derivatives, for tests: gradients against differences, reverse mode against forward.
//!
//! With `h` a step and `e_k` the `k`-th unit vector, [`check_gradient`] compares the `k`-th entry of
//! the gradient with the central difference
//!
//! ```text
//! (f(x + h e_k) - f(x - h e_k)) / 2h,    h = cbrt(ε) max(1, |x_k|)
//! ```
//!
//! where `ε` is the precision of the entry (`f64` or `f32`). Its error is of order `h²` by the third
//! derivative of `f`, and `ε |f| / h` by rounding, so the two may differ by
//!
//! ```text
//! tolerance = cbrt(ε)/4 max(1, |entry|, |difference|) + 16 ε max |f| / h
//! ```
//!
//! that is `1.5e-6` relative for `f64`, `1.2e-3` for `f32`, and the rounding of `f`. Points of more
//! than [`COORDINATES`] entries are checked along [`DIRECTIONS`] fixed pseudo-random directions
//! instead, which costs the same for any size.
//!
//! [`check_vjp`] needs no step: for a linear map `J` and its adjoint, `⟨y_bar, J x_dot⟩` and
//! `⟨J^T y_bar, x_dot⟩` are equal up to rounding.
//!
//! Differences say nothing at a kink, where `f` has no derivative: check beside it.

use alloc::{format, vec::Vec};
use core::fmt;

#[cfg(not(feature = "std"))]
use num_traits::Float;

use crate::{Differentiable, LeafVisitor, Parameters, Tangent};

/// The most entries a point may have to be checked entry by entry.
pub const COORDINATES: usize = 256;

/// The number of directions in which larger points are checked.
pub const DIRECTIONS: usize = 16;

/// Compares the gradient `grad_f` of `f` with central differences at `x`; see the
/// [module](self) for the formula and the tolerance.
///
/// # Errors
/// The first entry or direction in which the two differ, with both values. A derivative or a
/// difference that is not finite differs from everything.
///
/// ```
/// use grad_runtime::check::check_gradient;
///
/// let f = |(x, w): &(f64, Vec<f64>)| x.sin() * w.iter().map(|w| w * w).sum::<f64>();
/// let grad_f = |(x, w): &(f64, Vec<f64>)| {
///     let square = w.iter().map(|w| w * w).sum::<f64>();
///     (x.cos() * square, w.iter().map(|w| 2.0 * w * x.sin()).collect())
/// };
/// let x = (0.5, vec![1.0, -2.0, 3.0]);
/// check_gradient(f, grad_f, x.clone()).unwrap();
///
/// let wrong = |x: &(f64, Vec<f64>)| (-grad_f(x).0, grad_f(x).1);
/// let error = check_gradient(f, wrong, x).unwrap_err();
/// assert_eq!(error.to_string().split(':').next(), Some("the derivative by entry 0 is wrong"));
/// ```
pub fn check_gradient<P: Parameters>(
    f: impl Fn(&P) -> f64,
    grad_f: impl Fn(&P) -> P::Tangent,
    mut x: P,
) -> Result<(), GradientMismatch> {
    let gradient = grad_f(&x);
    let mut gather = Gather::default();
    x.visit(&gradient, &mut gather);
    let Gather { entries } = gather;

    if entries.len() <= COORDINATES {
        for (k, entry) in entries.iter().enumerate() {
            let h = entry.epsilon.cbrt() * entry.x.abs().max(1.0);
            let direction = |i| if i == k { 1.0 } else { 0.0 };
            let difference = Difference::along(&f, &mut x, &gradient, &entries, direction, h);
            difference.compare(Place::Entry(k), entry.t, entry.epsilon, h)?;
        }
        return Ok(());
    }
    let epsilon = entries
        .iter()
        .map(|entry| entry.epsilon)
        .fold(f64::EPSILON, f64::max);
    let largest = entries
        .iter()
        .map(|entry| entry.x.abs())
        .fold(1.0, f64::max);
    for number in 0..DIRECTIONS {
        let mut random = Random::new(number as u64);
        let direction: Vec<f64> = entries.iter().map(|_| random.next()).collect();
        let h = epsilon.cbrt() * largest;
        let slope = entries
            .iter()
            .zip(&direction)
            .map(|(entry, d)| entry.t * d)
            .sum();
        let difference = Difference::along(&f, &mut x, &gradient, &entries, |i| direction[i], h);
        difference.compare(Place::Direction(number), slope, epsilon, h)?;
    }
    Ok(())
}

/// Compares reverse mode with forward mode at `x`, by `⟨y_bar, jvp(x, x_dot)⟩ = ⟨vjp(x, y_bar),
/// x_dot⟩` in [`DIRECTIONS`] fixed pseudo-random directions `x_dot`, up to
/// `64 ε (|y_bar| |y_dot| + |x_bar| |x_dot|)` with `ε` the coarsest precision among the entries.
///
/// `jvp` returns the tangent of the result, `vjp` the cotangent of `x`.
///
/// # Errors
/// The first direction in which the two products differ.
///
/// ```
/// use grad_runtime::check::check_vjp;
///
/// // y = (x0 x1, sin x0)
/// let jvp = |x: &[f64; 2], d: &[f64; 2]| [d[0] * x[1] + x[0] * d[1], x[0].cos() * d[0]];
/// let vjp = |x: &[f64; 2], y_bar: &[f64; 2]| {
///     [y_bar[0] * x[1] + y_bar[1] * x[0].cos(), y_bar[0] * x[0]]
/// };
/// check_vjp(jvp, vjp, [0.5, 2.0], &[1.0, -3.0]).unwrap();
/// ```
pub fn check_vjp<P: Parameters, Y: Tangent>(
    jvp: impl Fn(&P, &P::Tangent) -> Y,
    vjp: impl Fn(&P, &Y) -> P::Tangent,
    mut x: P,
    y_bar: &Y,
) -> Result<(), GradientMismatch> {
    let x_bar = vjp(&x, y_bar);
    let mut gather = Gather::default();
    x.visit(&x_bar, &mut gather);
    let epsilon = gather
        .entries
        .iter()
        .map(|entry| entry.epsilon)
        .fold(f64::EPSILON, f64::max);
    for number in 0..DIRECTIONS {
        let x_dot = random_tangent(&x, number as u64);
        let y_dot = jvp(&x, &x_dot);
        let (forward, reverse) = (y_bar.dot(&y_dot), x_bar.dot(&x_dot));
        let scale = y_bar.norm() * y_dot.norm() + x_bar.norm() * x_dot.norm();
        agree(
            Place::Direction(number),
            reverse,
            forward,
            64.0 * epsilon * scale,
        )?;
    }
    Ok(())
}

/// Compares forward mode with central differences at `x`, for a function of one float, in
/// [`DIRECTIONS`] fixed pseudo-random directions; the tolerance is that of [`check_gradient`].
///
/// # Errors
/// The first direction in which the two differ.
///
/// ```
/// use grad_runtime::check::check_jvp;
///
/// let f = |x: &[f64; 2]| x[0] * x[1];
/// let jvp = |x: &[f64; 2], x_dot: &[f64; 2]| x_dot[0] * x[1] + x[0] * x_dot[1];
/// check_jvp(f, jvp, [3.0, 4.0]).unwrap();
/// ```
pub fn check_jvp<P: Parameters>(
    f: impl Fn(&P) -> f64,
    jvp: impl Fn(&P, &P::Tangent) -> f64,
    mut x: P,
) -> Result<(), GradientMismatch> {
    for number in 0..DIRECTIONS {
        let x_dot = random_tangent(&x, number as u64);
        let mut gather = Gather::default();
        x.visit(&x_dot, &mut gather);
        let Gather { entries } = gather;
        let epsilon = entries
            .iter()
            .map(|entry| entry.epsilon)
            .fold(f64::EPSILON, f64::max);
        let h = epsilon.cbrt()
            * entries
                .iter()
                .map(|entry| entry.x.abs())
                .fold(1.0, f64::max);
        let slope = jvp(&x, &x_dot);
        let difference = Difference::along(&f, &mut x, &x_dot, &entries, |i| entries[i].t, h);
        difference.compare(Place::Direction(number), slope, epsilon, h)?;
    }
    Ok(())
}

/// A fixed pseudo-random tangent of the shape of `x`, with entries between -1 and 1; a `seed` gives
/// a direction.
///
/// ```
/// use grad_runtime::check::random_tangent;
///
/// let x_dot: Vec<f64> = random_tangent(&vec![1.0, 2.0], 0);
/// assert_eq!(x_dot, random_tangent(&vec![1.0, 2.0], 0));
/// assert!(x_dot.iter().all(|x_dot| x_dot.abs() < 1.0));
/// ```
#[must_use]
pub fn random_tangent<P: Differentiable + ?Sized>(x: &P, seed: u64) -> P::Tangent {
    let mut tangent = x.zero_tangent();
    let zero = x.zero_tangent();
    tangent.visit(&zero, &mut Randomize(Random::new(seed)));
    tangent
}

/// Two derivatives that ought to be equal and are not.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientMismatch {
    place: Place,
    found: f64,
    expected: f64,
    tolerance: f64,
}

/// Where two derivatives were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The derivative by one entry, counted in the order of [`Parameters::visit`].
    Entry(usize),
    /// The derivative in one of the pseudo-random directions.
    Direction(usize),
}

impl GradientMismatch {
    /// Where the two differ.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// The derivative under test.
    #[must_use]
    pub const fn found(&self) -> f64 {
        self.found
    }

    /// What it was compared with: a difference, or forward mode.
    #[must_use]
    pub const fn expected(&self) -> f64 {
        self.expected
    }

    /// How far apart the two may be.
    #[must_use]
    pub const fn tolerance(&self) -> f64 {
        self.tolerance
    }
}

impl fmt::Display for GradientMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Entry(k) => format!("by entry {k}"),
            Place::Direction(k) => format!("in direction {k}"),
        };
        let Self {
            found,
            expected,
            tolerance,
            ..
        } = self;
        write!(
            f,
            "the derivative {place} is wrong: found {found:e}, expected {expected:e} \
             (tolerance {tolerance:.1e})",
        )
    }
}

impl core::error::Error for GradientMismatch {}

fn agree(place: Place, found: f64, expected: f64, tolerance: f64) -> Result<(), GradientMismatch> {
    // NaN fails: nothing is at most something then.
    if (found - expected).abs() <= tolerance {
        Ok(())
    } else {
        Err(GradientMismatch {
            place,
            found,
            expected,
            tolerance,
        })
    }
}

/// A central difference, and the larger of the two values it is made of.
struct Difference {
    slope: f64,
    size: f64,
}

impl Difference {
    /// Moves `x` by `±h direction` and back.
    fn along<P: Parameters>(
        f: impl Fn(&P) -> f64,
        x: &mut P,
        tangent: &P::Tangent,
        entries: &[Entry],
        direction: impl Fn(usize) -> f64,
        h: f64,
    ) -> Self {
        let mut at = |step: f64| {
            let to = |i: usize| {
                let d = direction(i);
                if d == 0.0 {
                    entries[i].x
                } else {
                    entries[i].x + step * d
                }
            };
            x.visit(tangent, &mut Move { to, next: 0 });
            f(x)
        };
        let (above, below) = (at(h), at(-h));
        at(0.0);
        Self {
            slope: (above - below) / (2.0 * h),
            size: above.abs().max(below.abs()),
        }
    }

    fn compare(
        &self,
        place: Place,
        found: f64,
        epsilon: f64,
        h: f64,
    ) -> Result<(), GradientMismatch> {
        let scale = self.slope.abs().max(found.abs()).max(1.0);
        let tolerance = 0.25 * epsilon.cbrt() * scale + 16.0 * epsilon * self.size / h;
        agree(place, found, self.slope, tolerance)
    }
}

/// One float of a point, its tangent, and its precision.
struct Entry {
    x: f64,
    t: f64,
    epsilon: f64,
}

#[derive(Default)]
struct Gather {
    entries: Vec<Entry>,
}

impl LeafVisitor for Gather {
    fn f32s(&mut self, x: &mut [f32], tangent: &[f32]) {
        let entry = |(&x, &t): (&f32, &f32)| Entry {
            x: x.into(),
            t: t.into(),
            epsilon: f32::EPSILON.into(),
        };
        self.entries.extend(x.iter().zip(tangent).map(entry));
    }
    fn f64s(&mut self, x: &mut [f64], tangent: &[f64]) {
        let entry = |(&x, &t): (&f64, &f64)| Entry {
            x,
            t,
            epsilon: f64::EPSILON,
        };
        self.entries.extend(x.iter().zip(tangent).map(entry));
    }
}

/// Sets every entry, by its number.
struct Move<F> {
    to: F,
    next: usize,
}

impl<F: Fn(usize) -> f64> LeafVisitor for Move<F> {
    #[allow(clippy::cast_possible_truncation, reason = "the entry is an `f32`")]
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        for x in x {
            *x = (self.to)(self.next) as f32;
            self.next += 1;
        }
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        for x in x {
            *x = (self.to)(self.next);
            self.next += 1;
        }
    }
}

struct Randomize(Random);

impl LeafVisitor for Randomize {
    #[allow(clippy::cast_possible_truncation, reason = "the entry is an `f32`")]
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        x.fill_with(|| self.0.next() as f32);
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        x.fill_with(|| self.0.next());
    }
}

/// `SplitMix64`, as numbers between -1 and 1.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1))
    }

    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}
