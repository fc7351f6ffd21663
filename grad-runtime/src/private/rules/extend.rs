//! The rules of what joins sequences: `extend` by each kind of sequence, and `concat`.

use alloc::vec::Vec;

use super::super::{Exclusive, Shared, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{VecBar, exclusive, shared};
use crate::{Differentiable, Tangent};

/// The derivative of `Vec::extend` by an `I`.
pub trait ExtendRules<T: Differentiable, I> {
    /// The source's type behind `&`.
    type Base: ?Sized;
    /// Its tangent.
    type Bar: ?Sized;

    /// The source gets the cotangents of the end.
    fn __grad_vjp_extend<const M: u64>(
        &mut self,
        source: I,
        wrt: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &Self::Base, VecBar<'_, T>, Option<&mut Self::Bar>)
        + use<Self, T, I, M>,
    );

    /// The tangent is extended too.
    fn __grad_jvp_extend<const M: u64>(
        &mut self,
        source: I,
        wrt: Wrt<M>,
        self_dot: VecBar<'_, T>,
        source_dot: Option<&Self::Bar>,
    ) -> ((), UnitTangent);

    exclusive!(__grad_again_extend);
}

macro_rules! sources {
    ($($Source:ty [$($bound:ident)? $(; $n:ident)?]: $Base:ty, $Bar:ty, $add:path;)*) => {$(
        impl<T: Differentiable $(+ $bound)?, $(const $n: usize)?> ExtendRules<T, $Source> for Vec<T> {
            type Base = $Base;
            type Bar = $Bar;

            #[inline]
            fn __grad_vjp_extend<const M: u64>(
                &mut self,
                source: $Source,
                _: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(UnitTangent, (), &$Base, VecBar<'_, T>, Option<&mut $Bar>)
                + use<T, $($n,)? M>,
            ) {
                let before = self.len();
                self.extend(source);
                let pull = move |_: UnitTangent,
                                 (): (),
                                 _: &$Base,
                                 self_bar: VecBar<'_, T>,
                                 bar: Option<&mut $Bar>| {
                    if let Some(self_bar) = self_bar {
                        if let Some(bar) = bar {
                            $add(bar, &self_bar[before..]);
                        }
                        self_bar.truncate(before);
                    }
                };
                ((), pull)
            }

            #[inline]
            fn __grad_jvp_extend<const M: u64>(
                &mut self,
                source: $Source,
                _: Wrt<M>,
                self_dot: VecBar<'_, T>,
                source_dot: Option<&$Bar>,
            ) -> ((), UnitTangent) {
                let before = self.len();
                self.extend(source);
                if let Some(self_dot) = self_dot {
                    match source_dot {
                        Some(dot) => self_dot.extend(dot.iter().map(Tangent::duplicate)),
                        None => self_dot.extend(T::zero_tangents(&self[before..])),
                    }
                }
                ((), unit_tangent())
            }
        }
    )*};
}

sources! {
    Vec<T> []: Vec<T>, [TangentOf<T>], super::add;
    &Vec<T> [Copy]: Vec<T>, [TangentOf<T>], super::add;
    &[T] [Copy]: [T], [TangentOf<T>], super::add;
    [T; N] [; N]: [T; N], [TangentOf<T>; N], super::add;
    &[T; N] [Copy; N]: [T; N], [TangentOf<T>; N], super::add;
    Option<T> []: Option<T>, Option<TangentOf<T>>, add_content;
}

/// `bar += end`, which has an entry where the option has a content.
#[inline]
fn add_content<T: Tangent>(bar: &mut Option<T>, end: &[T]) {
    match (bar, end.first()) {
        (Some(bar), Some(end)) => bar.accumulate(end),
        (bar, Some(end)) => *bar = Some(end.duplicate()),
        (_, None) => {}
    }
}

/// The derivative of `concat`, of a slice of vectors or arrays.
pub trait ConcatRules<T: Differentiable> {
    /// The tangent of one part.
    type Part;

    /// Each part gets the cotangents of its place.
    fn __grad_vjp_concat<const M: u64>(
        &self,
        wrt: Wrt<M>,
    ) -> (
        Vec<T>,
        impl FnOnce(Vec<TangentOf<T>>, &Self, Option<&mut [Self::Part]>) + use<Self, T, M>,
    );

    /// The tangents are joined too.
    fn __grad_jvp_concat<const M: u64>(
        &self,
        wrt: Wrt<M>,
        self_dot: Option<&[Self::Part]>,
    ) -> (Vec<T>, Vec<TangentOf<T>>);

    shared!(__grad_again_concat);
}

macro_rules! parts {
    ($($Part:ty [$($n:ident)?]: $Bar:ty;)*) => {$(
        impl<T: Differentiable + Clone, $(const $n: usize)?> ConcatRules<T> for [$Part] {
            type Part = $Bar;

            #[inline]
            fn __grad_vjp_concat<const M: u64>(
                &self,
                _: Wrt<M>,
            ) -> (
                Vec<T>,
                impl FnOnce(Vec<TangentOf<T>>, &Self, Option<&mut [$Bar]>) + use<T, $($n,)? M>,
            ) {
                let pull = |y_bar: Vec<TangentOf<T>>, _: &Self, bars: Option<&mut [$Bar]>| {
                    let mut rest = &y_bar[..];
                    for bar in bars.into_iter().flatten() {
                        let (own, others) = rest.split_at(bar.len());
                        super::add(bar, own);
                        rest = others;
                    }
                };
                (self.concat(), pull)
            }

            #[inline]
            fn __grad_jvp_concat<const M: u64>(
                &self,
                _: Wrt<M>,
                self_dot: Option<&[$Bar]>,
            ) -> (Vec<T>, Vec<TangentOf<T>>) {
                let dots = self_dot.into_iter().flatten().flatten();
                let dot = if self_dot.is_some() {
                    dots.map(Tangent::duplicate).collect()
                } else {
                    self.iter().flatten().map(T::zero_tangent).collect()
                };
                (self.concat(), dot)
            }
        }
    )*};
}

parts! {
    Vec<T> []: Vec<TangentOf<T>>;
    [T; N] [N]: [TangentOf<T>; N];
}
