//! What was written through a mutable view of an array, put back: `put_back` after `iter_mut`,
//! `put_back_row` after `row_mut`, and the like.
//!
//! Each part gets the cotangent of its place, which is zero afterwards.

use core::slice::{from_mut, from_ref};

use ndarray::{Array, Array1, ArrayViewMut, ArrayViewMut1, Axis, Dimension, RemoveAxis, SliceArg};

use crate::NoTangent;
use crate::nn::Element;
use crate::private::rules::{IndexBar, exclusive};
use crate::private::{Exclusive, UnitTangent, Wrt, unit_tangent};

/// Writes parts into their places.
fn assign_all<'a, E: Element, D: Dimension + 'a>(
    places: impl IntoIterator<Item = ArrayViewMut<'a, E, D>>,
    parts: &[Array<E, D>],
) {
    for (mut place, part) in places.into_iter().zip(parts) {
        place.assign(part);
    }
}

/// Moves the cotangents of places to those of the parts.
fn take_all<'a, E: Element, D: Dimension + 'a>(
    places: impl IntoIterator<Item = ArrayViewMut<'a, E, D>>,
    parts: Option<&mut [Array<E, D>]>,
) {
    let mut parts = parts.into_iter().flatten();
    for mut place in places {
        if let Some(part) = parts.next() {
            *part += &place;
        }
        place.fill(E::zero());
    }
}

/// Rules that differ in the places of the parts; one part (`from_ref`) or several (`<[_]>::as_ref`).
macro_rules! put_back_rules {
    ($($put:ident $again:ident $vjp:ident $jvp:ident
       ($($arg:ident: $Arg:ty),*) $Part:ty, $many:expr, $many_mut:expr, |$x:ident| $places:expr;)+) => {$(
        #[doc = concat!("As `", stringify!($places), "` says.")]
        #[track_caller]
        fn $put(&mut self, $($arg: $Arg,)* parts: &$Part)
        where
            D: RemoveAxis,
        {
            let $x = self.__grad_target();
            assign_all($places, $many(parts));
        }

        exclusive!($again);

        #[track_caller]
        fn $vjp<const M: u64>(
            &mut self,
            $($arg: $Arg,)*
            parts: &$Part,
            _: Wrt<M>,
        ) -> (
            (),
            impl FnOnce(
                UnitTangent,
                (),
                $(&$Arg,)*
                &$Part,
                Option<&mut Array<E, D>>,
                $(without!($arg, IndexBar<'_>),)*
                Option<&mut $Part>,
            ) + use<M, Self, E, D>,
        )
        where
            D: RemoveAxis,
        {
            self.$put($($arg,)* parts);
            let pull = |_: UnitTangent,
                        (): (),
                        $($arg: &$Arg,)*
                        _: &$Part,
                        bar: Option<&mut Array<E, D>>,
                        $(_: without!($arg, IndexBar<'_>),)*
                        part_bars: Option<&mut $Part>| {
                if let Some($x) = bar {
                    $(let $arg = *$arg;)*
                    take_all($places, part_bars.map($many_mut));
                }
            };
            ((), pull)
        }

        #[track_caller]
        #[allow(
            clippy::too_many_arguments,
            reason = "each argument has a tangent beside it"
        )]
        fn $jvp<const M: u64>(
            &mut self,
            $($arg: $Arg,)*
            parts: &$Part,
            _: Wrt<M>,
            dot: Option<&mut Array<E, D>>,
            $(_: without!($arg, Option<&NoTangent>),)*
            part_dots: Option<&$Part>,
        ) -> ((), UnitTangent)
        where
            D: RemoveAxis,
        {
            self.$put($($arg,)* parts);
            if let Some($x) = dot {
                match part_dots {
                    Some(parts) => assign_all($places, $many(parts)),
                    None => take_all($places, None),
                }
            }
            ((), unit_tangent())
        }
    )+};
}

/// Writing back into an array that owns its entries, with the derivatives.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait PutBackRules<E: Element, D: Dimension>: Sized {
    fn __grad_target(&mut self) -> &mut Array<E, D>;

    put_back_rules! {
        put_back_rows __grad_again_put_back_rows __grad_vjp_put_back_rows __grad_jvp_put_back_rows
            () [Array1<E>], <[_]>::as_ref, <[_]>::as_mut, |x| x.rows_mut();
        put_back_columns __grad_again_put_back_columns __grad_vjp_put_back_columns __grad_jvp_put_back_columns
            () [Array1<E>], <[_]>::as_ref, <[_]>::as_mut, |x| x.columns_mut();
        put_back_outer __grad_again_put_back_outer __grad_vjp_put_back_outer __grad_jvp_put_back_outer
            () [Array<E, D::Smaller>], <[_]>::as_ref, <[_]>::as_mut, |x| x.outer_iter_mut();
        put_back_along __grad_again_put_back_along __grad_vjp_put_back_along __grad_jvp_put_back_along
            (axis: Axis) [Array<E, D::Smaller>], <[_]>::as_ref, <[_]>::as_mut, |x| x.axis_iter_mut(axis);
        put_back_row __grad_again_put_back_row __grad_vjp_put_back_row __grad_jvp_put_back_row
            (row: usize) Array<E, D::Smaller>, from_ref, from_mut, |x| [x.index_axis_mut(Axis(0), row)];
        put_back_column __grad_again_put_back_column __grad_vjp_put_back_column __grad_jvp_put_back_column
            (column: usize) Array<E, D::Smaller>, from_ref, from_mut, |x| [x.index_axis_mut(Axis(1), column)];
        put_back_index_axis __grad_again_put_back_index_axis __grad_vjp_put_back_index_axis __grad_jvp_put_back_index_axis
            (axis: Axis, index: usize) Array<E, D::Smaller>, from_ref, from_mut, |x| [x.index_axis_mut(axis, index)];
        put_back_diag __grad_again_put_back_diag __grad_vjp_put_back_diag __grad_jvp_put_back_diag
            () Array1<E>, from_ref, from_mut, |x| [diagonal(x)];
    }

    /// Every entry.
    fn put_back(&mut self, entries: &[E]) {
        for (place, entry) in self.__grad_target().iter_mut().zip(entries) {
            *place = *entry;
        }
    }

    exclusive!(__grad_again_put_back);

    fn __grad_vjp_put_back<const M: u64>(
        &mut self,
        entries: &[E],
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &[E], Option<&mut Array<E, D>>, Option<&mut [E]>)
        + use<M, Self, E, D>,
    ) {
        self.put_back(entries);
        let pull = |_: UnitTangent,
                    (): (),
                    _: &[E],
                    bar: Option<&mut Array<E, D>>,
                    entries: Option<&mut [E]>| {
            let Some(bar) = bar else { return };
            for (entry, place) in entries.into_iter().flatten().zip(&*bar) {
                *entry += *place;
            }
            bar.fill(E::zero());
        };
        ((), pull)
    }

    fn __grad_jvp_put_back<const M: u64>(
        &mut self,
        entries: &[E],
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        entry_dots: Option<&[E]>,
    ) -> ((), UnitTangent) {
        self.put_back(entries);
        match (dot, entry_dots) {
            (Some(dot), Some(entries)) => dot.put_back(entries),
            (Some(dot), None) => dot.fill(E::zero()),
            (None, _) => {}
        }
        ((), unit_tangent())
    }

    /// What a slice leaves out stays.
    #[track_caller]
    fn put_back_slice<I: SliceArg<D>>(&mut self, info: I, part: &Array<E, I::OutDim>) {
        self.__grad_target().slice_mut(info).assign(part);
    }

    exclusive!(__grad_again_put_back_slice);

    #[track_caller]
    fn __grad_vjp_put_back_slice<const M: u64, I: SliceArg<D> + Clone>(
        &mut self,
        info: I,
        part: &Array<E, I::OutDim>,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(
            UnitTangent,
            (),
            &I,
            &Array<E, I::OutDim>,
            Option<&mut Array<E, D>>,
            IndexBar<'_>,
            Option<&mut Array<E, I::OutDim>>,
        ) + use<M, Self, E, D, I>,
    ) {
        self.put_back_slice(info, part);
        let pull = |_: UnitTangent,
                    (): (),
                    info: &I,
                    _: &Array<E, I::OutDim>,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>,
                    part: Option<&mut Array<E, I::OutDim>>| {
            if let Some(bar) = bar {
                take_all([bar.slice_mut(info.clone())], part.map(from_mut));
            }
        };
        ((), pull)
    }

    #[track_caller]
    fn __grad_jvp_put_back_slice<const M: u64, I: SliceArg<D> + Clone>(
        &mut self,
        info: I,
        part: &Array<E, I::OutDim>,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        _: Option<&NoTangent>,
        part_dot: Option<&Array<E, I::OutDim>>,
    ) -> ((), UnitTangent) {
        self.put_back_slice(info.clone(), part);
        if let Some(dot) = dot {
            match part_dot {
                Some(part) => dot.put_back_slice(info, part),
                None => dot.slice_mut(info).fill(E::zero()),
            }
        }
        ((), unit_tangent())
    }
}

fn diagonal<E, D: Dimension>(x: &mut Array<E, D>) -> ArrayViewMut1<'_, E> {
    x.diag_mut()
}

impl<E: Element, D: Dimension> PutBackRules<E, D> for Array<E, D> {
    fn __grad_target(&mut self) -> &mut Array<E, D> {
        self
    }
}
