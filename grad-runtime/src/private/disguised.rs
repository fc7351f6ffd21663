//! Whether something without a derivative, the error of a `Result` or code that is carried as it stands,
//! hands on a float that depends on a differentiated value: its derivative would be a silent zero.
//!
//! Only rustc knows the types. Generated code asks `(&&&(&x,)).__grad_kind()` of what goes in and of what
//! comes out, and has rustc check the pair.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::{Differentiable, NoTangent};

/// A tangent without entries.
pub trait Entryless {}

impl Entryless for NoTangent {}
impl Entryless for () {}
impl<T: Entryless, const N: usize> Entryless for [T; N] {}
impl<T: Entryless> Entryless for Vec<T> {}
impl<T: Entryless> Entryless for VecDeque<T> {}
impl<T: Entryless> Entryless for Option<T> {}
impl<T: Entryless> Entryless for Box<T> {}
impl<T: Entryless> Entryless for core::ops::Range<T> {}

macro_rules! tuple_entryless {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: Entryless),+> Entryless for ($($name,)+) {}
    };
}
crate::tuples!(tuple_entryless);

/// Of a type that holds no floats.
#[derive(Clone, Copy, Debug)]
pub struct Floatless;

/// Of a type with a derivative.
#[derive(Clone, Copy, Debug)]
pub struct Floats;

/// Of a type of which nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct Opaque;

/// What a value is; asked first.
pub trait KindOfFloatless {
    /// The kind.
    fn __grad_kind(&self) -> Floatless {
        Floatless
    }
}

impl<T: Differentiable<Tangent: Entryless> + ?Sized> KindOfFloatless for &&(&T,) {}

/// What a value is; asked next.
pub trait KindOfFloats {
    /// The kind.
    fn __grad_kind(&self) -> Floats {
        Floats
    }
}

impl<T: Differentiable + ?Sized> KindOfFloats for &(&T,) {}

/// What a value is; asked last.
pub trait KindOfOpaque {
    /// The kind.
    fn __grad_kind(&self) -> Opaque {
        Opaque
    }
}

impl<T: ?Sized> KindOfOpaque for (&T,) {}

/// What may come of `From` where nothing is differentiated.
#[diagnostic::on_unimplemented(
    message = "a float that depends on a differentiated value comes of something without a derivative",
    label = "its derivative would be 0 without a word",
    note = "the error of a `Result` has none: return what is differentiated inside `Ok`, or in an enum that derives `Differentiable`; or hold this constant with `constant(..)`"
)]
pub trait ComesOf<From> {}

impl<From> ComesOf<From> for Floatless {}
impl<From> ComesOf<From> for Opaque {}
impl ComesOf<Floatless> for Floats {}
impl ComesOf<&Floatless> for Floats {}

/// What went in, and what came out.
pub trait Disguised<From, To>: Sized {
    /// Has rustc check it.
    fn __grad_undisguised(self)
    where
        To: ComesOf<From>,
    {
    }
}

impl<From, To> Disguised<From, To> for (From, To) {}

/// What came out of something that has no derivative.
pub trait NotAFloat<To>: Sized {
    /// Has rustc check it.
    fn __grad_not_a_float(self)
    where
        To: ComesOf<Opaque>,
    {
    }
}

impl<To> NotAFloat<To> for (To,) {}
