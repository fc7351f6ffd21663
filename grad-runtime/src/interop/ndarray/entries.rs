//! The methods of arrays that apply a function to each entry.

use core::mem::size_of;
use std::vec::Vec;

use ndarray::{Array, ArrayBase, Data, Dimension, Zip};

use crate::NoTangent;
use crate::nn::Element;
use crate::nn::buffer;
use crate::private::rules::{IndexBar, exclusive, shared};
use crate::private::{Exclusive, Shared, UnitTangent, Wrt, unit_tangent};

/// What a pullback needs of the entries: the slope of each where the function captures nothing, so
/// that its derivative is a number; else their pullbacks, in the order of the indices, which hand on the
/// cotangents of what it captures.
pub(super) enum Sweep<E, D, P> {
    Slopes(Array<E, D>),
    Pulls(Vec<P>),
}

impl<E: Element, D: Dimension, P: FnOnce(E, &E, Option<&mut E>)> Sweep<E, D, P> {
    /// The values and what the reverse sweep needs.
    pub(super) fn start<S: Data<Elem = E>, F: Fn(&E) -> (E, P)>(
        x: &ArrayBase<S, D>,
        f: F,
    ) -> (Array<E, D>, Self) {
        let mut y = place_like(x);
        if size_of::<F>() > 0 {
            let mut pulls = Vec::with_capacity(x.len());
            for (y, x) in y.iter_mut().zip(x) {
                let (value, pull) = f(x);
                *y = value;
                pulls.push(pull);
            }
            return (y, Sweep::Pulls(pulls));
        }
        let mut slopes = buffer::array(x.raw_dim());
        Zip::from(&mut y)
            .and(&mut slopes)
            .and(x)
            .for_each(|y, slope, x| {
                let (value, pull) = f(x);
                (*y, *slope) = (value, E::zero());
                pull(E::one(), x, Some(slope));
            });
        (y, Sweep::Slopes(slopes))
    }

    /// Turns the cotangents of the values into those of the entries. A cotangent of zero stays zero,
    /// whatever the slope.
    fn reverse<S: Data<Elem = E>>(self, y_bar: &mut Array<E, D>, x: &ArrayBase<S, D>) {
        match self {
            Sweep::Slopes(slopes) => {
                scale(y_bar, &slopes);
                buffer::give(slopes);
            }
            Sweep::Pulls(pulls) => {
                for ((bar, x), pull) in y_bar.iter_mut().zip(x).zip(pulls) {
                    if !bar.is_zero() {
                        let y_bar = core::mem::replace(bar, E::zero());
                        pull(y_bar, x, Some(bar));
                    }
                }
            }
        }
    }

    /// Adds the cotangents of the entries to `bar`, if anybody wants them.
    pub(super) fn add<S: Data<Elem = E>>(
        self,
        mut y_bar: Array<E, D>,
        x: &ArrayBase<S, D>,
        bar: Option<&mut Array<E, D>>,
    ) {
        self.reverse(&mut y_bar, x);
        if let Some(bar) = bar {
            *bar += &y_bar;
        }
        buffer::give(y_bar);
    }
}

/// `bar slope` for each entry, where a zero stays zero even if the slope is infinite.
fn scale<E: Element, D: Dimension>(bars: &mut Array<E, D>, slopes: &Array<E, D>) {
    Zip::from(bars).and(slopes).for_each(|bar, &slope| {
        *bar = if bar.is_zero() { *bar } else { *bar * slope };
    });
}

/// A place for what is made of each entry, which may hold anything. It lies in memory as `x` does, for
/// sums are added up in that order: the first index fastest where it is so in `x`.
fn place_like<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> Array<E, D> {
    if x.is_standard_layout() || !x.t().is_standard_layout() {
        return buffer::array(x.raw_dim());
    }
    buffer::array(x.t().raw_dim()).reversed_axes()
}

/// Values and tangents.
pub(super) fn push<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
    dot: Option<&Array<E, D>>,
    call: impl Fn(&E, Option<&E>) -> (E, E),
) -> (Array<E, D>, Array<E, D>) {
    let mut y = place_like(x);
    let mut y_dot = place_like(x);
    let both = Zip::from(&mut y).and(&mut y_dot).and(x);
    match dot {
        Some(dot) => both.and(dot).for_each(|y, y_dot, x, dot| {
            (*y, *y_dot) = call(x, (!dot.is_zero()).then_some(dot));
        }),
        None => both.for_each(|y, y_dot, x| (*y, *y_dot) = call(x, None)),
    }
    (y, y_dot)
}

/// The derivatives of the methods that apply a function to each entry.
///
/// They take the function in the form of the mode, as any function that is passed to one: `f(x) -> (y,
/// pull)`, `f(x, x_dot) -> (y, y_dot)`. Where it captures nothing, that is one pass forward, which keeps
/// the slopes, and one back.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait EntryRules<E: Element, S: Data<Elem = E>, D: Dimension>: Sized {
    fn __grad_entries(&self) -> &ArrayBase<S, D>;

    shared!(__grad_again_mapv);

    fn __grad_vjp_mapv<
        const M: u64,
        F: Fn(E) -> (E, P) + Clone,
        P: FnOnce(E, &E, Option<&mut E>),
    >(
        &self,
        f: F,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, (), Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, F, P>,
    ) {
        let (y, sweep) = Sweep::start(self.__grad_entries(), move |&x: &E| f(x));
        let pull = move |y_bar: Array<E, D>,
                         x: &Self,
                         (): (),
                         bar: Option<&mut Array<E, D>>,
                         _: IndexBar<'_>| {
            sweep.add(y_bar, x.__grad_entries(), bar);
        };
        (y, pull)
    }

    fn __grad_jvp_mapv<const M: u64>(
        &self,
        f: impl Fn(E, Option<&E>) -> (E, E) + Clone,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Array<E, D>, Array<E, D>) {
        push(self.__grad_entries(), dot, |&x, dot| f(x, dot))
    }

    shared!(__grad_again_map);

    fn __grad_vjp_map<
        const M: u64,
        F: Fn(&E) -> (E, P) + Clone,
        P: FnOnce(E, &E, Option<&mut E>),
    >(
        &self,
        f: F,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, (), Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, F, P>,
    ) {
        let (y, sweep) = Sweep::start(self.__grad_entries(), f);
        let pull = move |y_bar: Array<E, D>,
                         x: &Self,
                         (): (),
                         bar: Option<&mut Array<E, D>>,
                         _: IndexBar<'_>| {
            sweep.add(y_bar, x.__grad_entries(), bar);
        };
        (y, pull)
    }

    fn __grad_jvp_map<const M: u64>(
        &self,
        f: impl Fn(&E, Option<&E>) -> (E, E) + Clone,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Array<E, D>, Array<E, D>) {
        push(self.__grad_entries(), dot, f)
    }
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> EntryRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_entries(&self) -> &ArrayBase<S, D> {
        self
    }
}

/// The derivative of `mapv_inplace` on an array that owns its entries.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait EntryWriteRules<E: Element, D: Dimension> {
    exclusive!(__grad_again_mapv_inplace);

    fn __grad_vjp_mapv_inplace<
        const M: u64,
        F: Fn(E) -> (E, P) + Clone,
        P: FnOnce(E, &E, Option<&mut E>),
    >(
        &mut self,
        f: F,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), (), Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, D, F, P>,
    );

    fn __grad_jvp_mapv_inplace<const M: u64>(
        &mut self,
        f: impl Fn(E, Option<&E>) -> (E, E) + Clone,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent);
}

#[allow(
    refining_impl_trait,
    reason = "a pullback captures less than the trait says, so that nothing stays borrowed"
)]
impl<E: Element, D: Dimension> EntryWriteRules<E, D> for Array<E, D> {
    fn __grad_vjp_mapv_inplace<
        const M: u64,
        F: Fn(E) -> (E, P) + Clone,
        P: FnOnce(E, &E, Option<&mut E>),
    >(
        &mut self,
        f: F,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), (), Option<&mut Array<E, D>>, IndexBar<'_>) + use<M, E, D, F, P>,
    ) {
        let (y, sweep) = Sweep::start(self, move |&x: &E| f(x));
        let before = core::mem::replace(self, y);
        let pull = move |_: UnitTangent,
                         (): (),
                         (): (),
                         bar: Option<&mut Array<E, D>>,
                         _: IndexBar<'_>| {
            if let Some(bar) = bar {
                sweep.reverse(bar, &before);
            }
            buffer::give(before);
        };
        ((), pull)
    }

    fn __grad_jvp_mapv_inplace<const M: u64>(
        &mut self,
        f: impl Fn(E, Option<&E>) -> (E, E) + Clone,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        let (y, y_dot) = push(self, dot.as_deref(), |&x, dot| f(x, dot));
        *self = y;
        if let Some(dot) = dot {
            *dot = y_dot;
        }
        ((), unit_tangent())
    }
}
