//! Maps: the tangent of one is a map of the tangents, with the same keys.

#![allow(
    clippy::implicit_hasher,
    reason = "a tangent is made here, with the hasher of std"
)]

use alloc::collections::BTreeMap;
#[cfg(feature = "std")]
use core::hash::{BuildHasher, Hash};
#[cfg(feature = "std")]
use std::collections::HashMap;

use crate::{Differentiable, LeafVisitor, Parameters, ShapeError, Tangent};

macro_rules! map_tangent {
    ($([$($generics:tt)*] [$($bounds:tt)*] $primal:ty => $Map:ident<K, _>;)*) => {$(
        /// An entry that is missing is zero.
        impl<K: Clone + $($bounds)*, T: Tangent> Tangent for $Map<K, T> {
            fn accumulate(&mut self, other: &Self) {
                for (key, tangent) in other {
                    match self.get_mut(key) {
                        Some(own) => own.accumulate(tangent),
                        None => {
                            self.insert(key.clone(), tangent.duplicate());
                        }
                    }
                }
            }

            fn scale(&mut self, factor: f64) {
                for own in self.values_mut() {
                    own.scale(factor);
                }
            }

            fn dot(&self, other: &Self) -> f64 {
                let products = self.iter().filter_map(|(key, own)| Some(own.dot(other.get(key)?)));
                products.sum()
            }

            fn set_zero(&mut self) {
                for own in self.values_mut() {
                    own.set_zero();
                }
            }

            fn take(&mut self) -> Self {
                let entries = self.iter_mut().map(|(key, own)| (key.clone(), own.take()));
                entries.collect()
            }

            fn duplicate(&self) -> Self {
                let entries = self.iter().map(|(key, own)| (key.clone(), own.duplicate()));
                entries.collect()
            }
        }

        impl<K: Clone + $($bounds)*, V: Differentiable, $($generics)*> Differentiable for $primal {
            type Tangent = $Map<K, V::Tangent>;

            fn zero_tangent(&self) -> Self::Tangent {
                let entries = self.iter().map(|(key, value)| (key.clone(), value.zero_tangent()));
                entries.collect()
            }

            fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
                if self.len() < tangent.len() {
                    return Err(ShapeError::length(self.len(), tangent.len()));
                }
                let mut known = self.iter().filter_map(|(key, value)| Some((value, tangent.get(key)?)));
                known.try_for_each(|(value, tangent)| value.check_shape(tangent))
            }
        }

        /// In the order of the map: that of a `HashMap` stays while its keys stay.
        impl<K: Clone + $($bounds)*, V: Parameters, $($generics)*> Parameters for $primal {
            fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
                for (key, value) in self {
                    match tangent.get(key) {
                        Some(tangent) => value.visit(tangent, visitor),
                        None => {
                            let zero = value.zero_tangent();
                            value.visit(&zero, visitor);
                        }
                    }
                }
            }
        }
    )*};
}

map_tangent! {
    [] [Ord] BTreeMap<K, V> => BTreeMap<K, _>;
}
#[cfg(feature = "std")]
map_tangent! {
    [S: BuildHasher] [Eq + Hash] HashMap<K, V, S> => HashMap<K, _>;
}
