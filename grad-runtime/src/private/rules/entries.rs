//! The rules of maps: `insert`, `remove`, `clear`, and the way to an entry.
//!
//! Keys are not differentiated: like closures they are handed to the rule alone, and a pullback keeps
//! what it needs of them.

use alloc::collections::BTreeMap;
use core::borrow::Borrow;
#[cfg(feature = "std")]
use core::hash::{BuildHasher, Hash};
#[cfg(feature = "std")]
use std::collections::HashMap;

use super::super::way::{Way, way};
use super::super::{Exclusive, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, IndexBar, exclusive, sum_into, tangent_or_zero};
use crate::{Differentiable, NoTangent};

macro_rules! map_rules {
    ($($(#[$doc:meta])* $Rules:ident: [$($generics:tt)*] [$($kept:ident),*] [$($bounds:tt)*] $own:ty => $Map:ident;)*) => {$(
        $(#[$doc])*
        pub trait $Rules<K, V: Differentiable> {
            /// The value gets the cotangent of the entry, the entry that of what was there.
            fn __grad_vjp_insert<const M: u64>(
                &mut self,
                key: K,
                value: V,
                _: Wrt<M>,
            ) -> (
                Option<V>,
                impl FnOnce(
                    Option<TangentOf<V>>,
                    (),
                    (),
                    &V,
                    Option<&mut $Map<K, TangentOf<V>>>,
                    IndexBar<'_>,
                    Bar<'_, V>,
                ) + use<Self, K, V, M>,
            );

            /// The tangent is inserted too.
            fn __grad_jvp_insert<const M: u64>(
                &mut self,
                key: K,
                value: V,
                _: Wrt<M>,
                self_dot: Option<&mut $Map<K, TangentOf<V>>>,
                _: Option<&NoTangent>,
                value_dot: Option<&TangentOf<V>>,
            ) -> (Option<V>, Option<TangentOf<V>>);

            /// The key in the map that equals this one.
            fn __grad_key<Q: ?Sized + $($bounds)*>(&self, key: &Q) -> Option<K>
            where
                K: Borrow<Q>;

            /// What `or_default` puts into the map.
            fn __grad_default(&self) -> V
            where
                V: Default,
            {
                V::default()
            }

            /// `remove` of a key that may be in the map.
            fn take_entry(&mut self, key: Option<K>) -> Option<V>;

            /// The cotangent of what was taken out goes back in.
            fn __grad_vjp_take_entry<const M: u64>(
                &mut self,
                key: Option<K>,
                _: Wrt<M>,
            ) -> (
                Option<V>,
                impl FnOnce(
                    Option<TangentOf<V>>,
                    (),
                    (),
                    Option<&mut $Map<K, TangentOf<V>>>,
                    IndexBar<'_>,
                ) + use<Self, K, V, M>,
            );

            /// The tangent is taken out too.
            fn __grad_jvp_take_entry<const M: u64>(
                &mut self,
                key: Option<K>,
                _: Wrt<M>,
                self_dot: Option<&mut $Map<K, TangentOf<V>>>,
                _: Option<&NoTangent>,
            ) -> (Option<V>, Option<TangentOf<V>>);

            /// The cotangents of the entries are zero.
            fn __grad_vjp_clear<const M: u64>(
                &mut self,
                _: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(UnitTangent, (), Option<&mut $Map<K, TangentOf<V>>>) + use<Self, K, V, M>,
            );

            /// The tangents go too.
            fn __grad_jvp_clear<const M: u64>(
                &mut self,
                _: Wrt<M>,
                self_dot: Option<&mut $Map<K, TangentOf<V>>>,
            ) -> ((), UnitTangent);

            /// Where the entry is, if it is there.
            fn __grad_way_entry<Q: ?Sized + $($bounds)*>(
                &self,
                key: &Q,
            ) -> Option<
                impl Way<Of = Self, Bar = $Map<K, TangentOf<V>>, To = V, ToBar = TangentOf<V>>
                + use<Self, K, V, Q>,
            >
            where
                K: Borrow<Q>;

            exclusive!(__grad_again_insert, __grad_again_take_entry, __grad_again_clear);
        }

        impl<K: Clone + $($bounds)*, V: Differentiable, $($generics)*> $Rules<K, V> for $own {
            #[inline]
            fn __grad_vjp_insert<const M: u64>(
                &mut self,
                key: K,
                value: V,
                _: Wrt<M>,
            ) -> (
                Option<V>,
                impl FnOnce(
                    Option<TangentOf<V>>,
                    (),
                    (),
                    &V,
                    Option<&mut $Map<K, TangentOf<V>>>,
                    IndexBar<'_>,
                    Bar<'_, V>,
                ) + use<K, V, $($kept,)* M>,
            ) {
                let old = self.insert(key.clone(), value);
                let zero = old.as_ref().map(V::zero_tangent);
                let pull = move |y_bar: Option<TangentOf<V>>,
                                 (): (),
                                 (): (),
                                 _: &V,
                                 self_bar: Option<&mut $Map<K, TangentOf<V>>>,
                                 _: IndexBar<'_>,
                                 bar: Bar<'_, V>| {
                    if let Some(self_bar) = self_bar {
                        sum_into(bar, self_bar.remove::<K>(&key).iter());
                        if let Some(before) = zero.map(|zero| y_bar.unwrap_or(zero)) {
                            self_bar.insert(key, before);
                        }
                    }
                };
                (old, pull)
            }

            #[inline]
            fn __grad_jvp_insert<const M: u64>(
                &mut self,
                key: K,
                value: V,
                _: Wrt<M>,
                self_dot: Option<&mut $Map<K, TangentOf<V>>>,
                _: Option<&NoTangent>,
                value_dot: Option<&TangentOf<V>>,
            ) -> (Option<V>, Option<TangentOf<V>>) {
                let dot = tangent_or_zero(value_dot, &value);
                let old_dot = self_dot.and_then(|self_dot| self_dot.insert(key.clone(), dot));
                let old = self.insert(key, value);
                let old_dot = old_dot.or_else(|| old.zero_tangent());
                (old, old_dot)
            }

            #[inline]
            fn __grad_key<Q: ?Sized + $($bounds)*>(&self, key: &Q) -> Option<K>
            where
                K: Borrow<Q>,
            {
                self.get_key_value(key).map(|(key, _)| key.clone())
            }

            #[inline]
            fn take_entry(&mut self, key: Option<K>) -> Option<V> {
                self.remove::<K>(&key?)
            }

            #[inline]
            fn __grad_vjp_take_entry<const M: u64>(
                &mut self,
                key: Option<K>,
                _: Wrt<M>,
            ) -> (
                Option<V>,
                impl FnOnce(
                    Option<TangentOf<V>>,
                    (),
                    (),
                    Option<&mut $Map<K, TangentOf<V>>>,
                    IndexBar<'_>,
                ) + use<K, V, $($kept,)* M>,
            ) {
                let removed = key.as_ref().and_then(|key| self.remove::<K>(key));
                let zero = removed.as_ref().map(V::zero_tangent);
                let pull = move |y_bar: Option<TangentOf<V>>,
                                 (): (),
                                 (): (),
                                 self_bar: Option<&mut $Map<K, TangentOf<V>>>,
                                 _: IndexBar<'_>| {
                    if let (Some(self_bar), Some(key), Some(zero)) = (self_bar, key, zero) {
                        self_bar.insert(key, y_bar.unwrap_or(zero));
                    }
                };
                (removed, pull)
            }

            #[inline]
            fn __grad_jvp_take_entry<const M: u64>(
                &mut self,
                key: Option<K>,
                _: Wrt<M>,
                self_dot: Option<&mut $Map<K, TangentOf<V>>>,
                _: Option<&NoTangent>,
            ) -> (Option<V>, Option<TangentOf<V>>) {
                let dot = match (self_dot, &key) {
                    (Some(self_dot), Some(key)) => self_dot.remove::<K>(key),
                    _ => None,
                };
                let removed = self.take_entry(key);
                let dot = dot.or_else(|| removed.zero_tangent());
                (removed, dot)
            }

            #[inline]
            fn __grad_vjp_clear<const M: u64>(
                &mut self,
                _: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(UnitTangent, (), Option<&mut $Map<K, TangentOf<V>>>)
                + use<K, V, $($kept,)* M>,
            ) {
                let zeros = self.zero_tangent();
                self.clear();
                let pull = |_: UnitTangent, (): (), self_bar: Option<&mut $Map<K, TangentOf<V>>>| {
                    if let Some(self_bar) = self_bar {
                        *self_bar = zeros;
                    }
                };
                ((), pull)
            }

            #[inline]
            fn __grad_jvp_clear<const M: u64>(
                &mut self,
                _: Wrt<M>,
                self_dot: Option<&mut $Map<K, TangentOf<V>>>,
            ) -> ((), UnitTangent) {
                self.clear();
                if let Some(self_dot) = self_dot {
                    self_dot.clear();
                }
                ((), unit_tangent())
            }

            #[inline]
            fn __grad_way_entry<Q: ?Sized + $($bounds)*>(
                &self,
                key: &Q,
            ) -> Option<
                impl Way<Of = Self, Bar = $Map<K, TangentOf<V>>, To = V, ToBar = TangentOf<V>>
                + use<K, V, $($kept,)* Q>,
            >
            where
                K: Borrow<Q>,
            {
                let key = self.__grad_key(key)?;
                Some(way(
                    key,
                    (
                        |place: &Self, key: &K| place.get::<K>(key).expect(ENTRY),
                        |place: &mut Self, key: &K| place.get_mut::<K>(key).expect(ENTRY),
                        |bar: &$Map<K, TangentOf<V>>, key: &K| bar.get::<K>(key).expect(ENTRY),
                        |bar: &mut $Map<K, TangentOf<V>>, key: &K| bar.get_mut::<K>(key).expect(ENTRY),
                    ),
                ))
            }
        }
    )*};
}

const ENTRY: &str = "the tangent of a map has the keys of the map";

map_rules! {
    /// The derivatives of the methods of `BTreeMap`.
    TreeRules: [] [] [Ord] BTreeMap<K, V> => BTreeMap;
}
#[cfg(feature = "std")]
map_rules! {
    /// The derivatives of the methods of `HashMap`.
    HashRules: [S: BuildHasher] [S] [Eq + Hash] HashMap<K, V, S> => HashMap;
}
