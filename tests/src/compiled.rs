//! What a crate of compiled random programs calls to check itself.
//!
//! Every column of the Jacobian comes from dual numbers, once for each input; forward mode must give
//! the same columns, reverse mode the same rows, and all of them the value bit for bit.

use std::collections::BTreeMap;

use crate::dual::{D, overflowed};
use crate::programs::Rng;

/// An argument, or a part of a result.
pub trait Arg: Clone {
    /// The same on dual numbers.
    type Dual;
    /// A random argument.
    fn draw(rng: &mut Rng) -> Self;
    /// With tangent 1 at float number `which`, counted on from `next`.
    fn lift(&self, next: &mut usize, which: usize) -> Self::Dual;
    /// Of this shape: 1 at float number `which`, else 0.
    #[must_use]
    fn unit(&self, next: &mut usize, which: usize) -> Self;
    /// The floats in order.
    fn floats(&self) -> Vec<f64>;
}

/// A result on dual numbers.
pub trait Parts {
    /// The numbers in order.
    fn parts(&self) -> Vec<D>;
}

impl Arg for f64 {
    type Dual = D;
    fn draw(rng: &mut Rng) -> Self {
        rng.between(-2.0, 2.0)
    }
    fn lift(&self, next: &mut usize, which: usize) -> D {
        D(*self, self.unit(next, which))
    }
    fn unit(&self, next: &mut usize, which: usize) -> Self {
        *next += 1;
        f64::from(u8::from(*next == which + 1))
    }
    fn floats(&self) -> Vec<f64> {
        vec![*self]
    }
}

macro_rules! constants {
    ($($ty:ty |$rng:ident| $draw:expr;)*) => {$(
        impl Arg for $ty {
            type Dual = $ty;
            fn draw($rng: &mut Rng) -> Self {
                $draw
            }
            fn lift(&self, _: &mut usize, _: usize) -> $ty {
                *self
            }
            fn unit(&self, _: &mut usize, _: usize) -> Self {
                *self
            }
            fn floats(&self) -> Vec<f64> {
                Vec::new()
            }
        }
    )*};
}

constants! {
    usize |rng| rng.below(5);
    bool |rng| rng.one_in(2);
}

impl Arg for Vec<f64> {
    type Dual = Vec<D>;
    fn draw(rng: &mut Rng) -> Self {
        (0..3 + rng.below(3)).map(|_| f64::draw(rng)).collect()
    }
    fn lift(&self, next: &mut usize, which: usize) -> Vec<D> {
        self.iter().map(|x| x.lift(next, which)).collect()
    }
    fn unit(&self, next: &mut usize, which: usize) -> Self {
        self.iter().map(|x| x.unit(next, which)).collect()
    }
    fn floats(&self) -> Vec<f64> {
        self.clone()
    }
}

impl<const N: usize> Arg for [f64; N] {
    type Dual = [D; N];
    fn draw(rng: &mut Rng) -> Self {
        std::array::from_fn(|_| f64::draw(rng))
    }
    fn lift(&self, next: &mut usize, which: usize) -> [D; N] {
        self.map(|x| x.lift(next, which))
    }
    fn unit(&self, next: &mut usize, which: usize) -> Self {
        self.map(|x| x.unit(next, which))
    }
    fn floats(&self) -> Vec<f64> {
        self.to_vec()
    }
}

impl Arg for (f64, f64) {
    type Dual = (D, D);
    fn draw(rng: &mut Rng) -> Self {
        (f64::draw(rng), f64::draw(rng))
    }
    fn lift(&self, next: &mut usize, which: usize) -> (D, D) {
        (self.0.lift(next, which), self.1.lift(next, which))
    }
    fn unit(&self, next: &mut usize, which: usize) -> Self {
        (self.0.unit(next, which), self.1.unit(next, which))
    }
    fn floats(&self) -> Vec<f64> {
        vec![self.0, self.1]
    }
}

impl Parts for D {
    fn parts(&self) -> Vec<D> {
        vec![*self]
    }
}

impl Parts for (D, D) {
    fn parts(&self) -> Vec<D> {
        vec![self.0, self.1]
    }
}

impl<const N: usize> Parts for [D; N] {
    fn parts(&self) -> Vec<D> {
        self.to_vec()
    }
}

/// What was checked, and what failed.
#[derive(Default, Debug)]
pub struct Tally {
    counts: BTreeMap<&'static str, usize>,
    program: String,
    failures: Vec<String>,
}

/// The Jacobian at one point, by dual numbers: for each input the tangents of the results.
pub struct Reference {
    columns: Vec<Vec<f64>>,
    scale: f64,
}

impl Tally {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn fail(&mut self, what: &str) {
        self.failures.push(format!("{}: {what}", self.program));
    }

    /// Begins a program at one input.
    pub fn begin(&mut self, program: &str, inputs: &str) {
        self.program = format!("{program} at {inputs}");
    }

    /// The reference; `None` where numbers are too large to compare, or infinite on the way.
    pub fn reference(
        &mut self,
        value: &[f64],
        inputs: usize,
        dual: impl Fn(usize) -> Vec<D>,
    ) -> Option<Reference> {
        let mut columns = Vec::new();
        let _ = overflowed();
        for which in 0..inputs {
            let parts = dual(which);
            let values: Vec<f64> = parts.iter().map(|part| part.0).collect();
            self.value("dual numbers", value, &values);
            columns.push(parts.iter().map(|part| part.1).collect::<Vec<f64>>());
        }
        let all = columns.iter().flatten().chain(value);
        let scale = all.fold(1.0_f64, |most, x| {
            if x.is_finite() {
                most.max(x.abs())
            } else {
                f64::INFINITY
            }
        });
        // Where a value on the way is infinite, a tangent of it is no number.
        let tame = scale < 1e6 && !overflowed();
        self.count(if tame { "checked" } else { "wild" });
        tame.then_some(Reference { columns, scale })
    }

    /// The value along a derivative must be the function's own.
    pub fn value(&mut self, what: &str, expected: &[f64], found: &[f64]) {
        let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        let all =
            expected.len() == found.len() && expected.iter().zip(found).all(|(a, b)| same(a, b));
        if !all {
            self.fail(&format!("value {expected:?}, by {what} {found:?}"));
        }
    }

    /// A column in forward mode.
    pub fn column(&mut self, reference: &Reference, k: usize, found: &[f64]) {
        let expected = reference.columns[k].clone();
        self.close("forward mode", reference, &expected, found);
    }

    /// A row, times `seed`, in reverse mode.
    pub fn row(&mut self, what: &str, reference: &Reference, row: usize, seed: f64, found: &[f64]) {
        let columns = reference.columns.iter();
        let expected: Vec<f64> = columns.map(|column| seed * column[row]).collect();
        self.close(what, reference, &expected, found);
    }

    fn close(&mut self, what: &str, reference: &Reference, expected: &[f64], found: &[f64]) {
        let fits = |a: &f64, b: &f64| (a - b).abs() <= 1e-8 * reference.scale;
        let all =
            expected.len() == found.len() && expected.iter().zip(found).all(|(a, b)| fits(a, b));
        if !all {
            self.fail(&format!("{what} {found:?}, dual numbers {expected:?}"));
        }
    }

    /// Prints counts and failures.
    ///
    /// # Panics
    ///
    /// If there are failures.
    pub fn report(&self) {
        for failure in &self.failures {
            println!("{failure}");
        }
        println!(
            "points {:?}, mismatches {}",
            self.counts,
            self.failures.len()
        );
        assert!(self.failures.is_empty(), "mismatches");
    }
}
