//! Lengths and integers as formulas in what a function is given, and what is assumed of them.
//!
//! `&x[p * d..(p + 1) * d]` has `d` elements whatever `p` is: as polynomials, the two ends differ by
//! `d`. What does not cancel and is known only inside the function is an [`Atom::Inner`].

use std::collections::BTreeMap;

use super::graph::Value;
use super::types::Code;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Atom {
    /// The length of a parameter, or its value if it is an integer.
    Parameter(usize),
    /// A value that only the running function knows.
    Inner(Value),
    /// A quotient, rounded to zero; the divisor is not 0.
    Quotient(Size, i128),
    /// The smaller of two.
    Least(Size, Size),
}

/// A polynomial: a factor for each product of atoms, which are in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Size {
    terms: BTreeMap<Vec<Atom>, i128>,
}

impl Size {
    pub(crate) fn literal(number: i128) -> Self {
        Size::default().with(Vec::new(), number)
    }

    pub(crate) fn atom(atom: Atom) -> Self {
        Size::default().with(vec![atom], 1)
    }

    fn with(mut self, product: Vec<Atom>, factor: i128) -> Self {
        let sum = self.terms.get(&product).copied().unwrap_or(0) + factor;
        if sum == 0 {
            self.terms.remove(&product);
        } else {
            self.terms.insert(product, sum);
        }
        self
    }

    /// `self + factor * other`.
    pub(crate) fn plus(self, other: &Size, factor: i128) -> Self {
        let terms = other.terms.iter();
        terms.fold(self, |sum, (product, own)| {
            sum.with(product.clone(), factor * own)
        })
    }

    pub(crate) fn times(&self, other: &Size) -> Self {
        let mut result = Size::default();
        for (a, m) in &self.terms {
            for (b, n) in &other.terms {
                let mut product = [a.as_slice(), b].concat();
                product.sort();
                result = result.with(product, m * n);
            }
        }
        result
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<i128> {
        match self.terms.len() {
            0 => Some(0),
            1 => self.terms.get(&Vec::new()).copied(),
            _ => None,
        }
    }

    /// Whether it is known before the function runs.
    pub(crate) fn is_known(&self) -> bool {
        self.terms.keys().flatten().all(|atom| match atom {
            Atom::Parameter(_) => true,
            Atom::Inner(_) => false,
            Atom::Quotient(size, _) => size.is_known(),
            Atom::Least(a, b) => a.is_known() && b.is_known(),
        })
    }

    /// The products with their factors.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (&[Atom], i128)> {
        let terms = self.terms.iter();
        terms.map(|(product, factor)| (product.as_slice(), *factor))
    }
}

/// What must hold for a sweep that was built on it: only the run tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Assumed {
    /// The first size is not less than the second.
    Covers(Size, Size),
    /// A function called with arguments of these sizes writes all of the one numbered, a slice, before
    /// it reads any of it.
    Rewrites {
        callee: Code,
        sizes: Vec<Option<Size>>,
        argument: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::{Atom, Size};
    use crate::ir::Value;

    #[test]
    fn the_length_of_a_row_is_that_of_any_other() {
        let (d, p) = (
            Size::atom(Atom::Parameter(0)),
            Size::atom(Atom::Inner(Value(7))),
        );
        let end = p.clone().plus(&Size::literal(1), 1).times(&d);
        let length = end.plus(&p.times(&d), -1);
        assert_eq!(length, d);
        assert!(length.is_known() && !p.is_known());
    }
}
