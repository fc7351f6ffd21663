//! [`Differentiable`]: which values have derivatives, and of what shape; [`Parameters`]: which of
//! them can be moved along one.

#[cfg(feature = "alloc")]
use alloc::{
    boxed::Box,
    collections::{BinaryHeap, VecDeque},
    rc::Rc,
    string::String,
    vec::Vec,
};
use core::marker::PhantomData;
use core::ops::Range;

use crate::{NoTangent, ShapeError, Tangent};

/// A value that derivatives can be taken of, or with respect to.
///
/// | type | tangent |
/// |---|---|
/// | `f32`, `f64` | itself |
/// | integers, `bool`, `char`, `str`, `String`, `()` | [`NoTangent`] |
/// | `[T; N]`, tuples, `Box<T>`, `Option<T>`, `Range<T>`, `VecDeque<T>`, `BTreeMap<K, T>`, `HashMap<K, T>` | the same of the parts' tangents |
/// | `Result<T, E>` | `Option<T::Tangent>` |
/// | `[T]`, `Vec<T>`, `Box<[T]>` | `Vec<T::Tangent>` |
/// | `&T`, `&mut T`, `Rc<T>`, `Arc<T>` | that of `T` |
/// | `Reverse<T>` | `Reverse<T::Tangent>` |
/// | `BinaryHeap<T>` | `Vec<T::Tangent>`, in the order in which the heap keeps its entries |
/// | a type with `#[derive(Differentiable)]` | itself or a generated type, see the derive |
///
/// A tangent is differentiable itself, and its own tangent.
///
/// ```
/// use grad_runtime::Differentiable;
///
/// #[derive(Differentiable)]
/// struct Layer {
///     name: String,
///     weights: Vec<[f64; 2]>,
///     bias: f64,
/// }
///
/// let layer = Layer { name: "first".into(), weights: vec![[1.0, 2.0]; 3], bias: 0.5 };
/// let zero = layer.zero_tangent();
/// assert_eq!(zero.weights, [[0.0, 0.0]; 3]);
/// assert_eq!(zero.bias, 0.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative",
    note = "derive it with `#[derive(Differentiable)]`, or leave the parameter out with `#[differentiate(wrt(..))]`"
)]
pub trait Differentiable {
    /// The type of derivatives with respect to this value.
    type Tangent: Tangent + Parameters<Tangent = Self::Tangent>;

    /// The zero of this value's shape.
    fn zero_tangent(&self) -> Self::Tangent;

    /// A zero that is only a start for sums: of a few floats `-0.0`, as `-0.0 + x` is `x` for every
    /// float, so that the first addition costs nothing. `0.0 + x` is not where `x` is `-0.0`.
    #[doc(hidden)]
    #[inline]
    fn neutral_tangent(&self) -> Self::Tangent {
        self.zero_tangent()
    }

    /// Whether `tangent` has this value's shape.
    ///
    /// # Errors
    /// Names the expected and the found length, and the field they are in.
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError>;

    /// [`zero_tangents`](Self::zero_tangents) of an array, for which floats take a buffer that was used
    /// before.
    #[doc(hidden)]
    #[cfg(feature = "nn")]
    #[inline]
    fn zero_tangents_reused(xs: &[Self]) -> Vec<Self::Tangent>
    where
        Self: Sized,
    {
        Self::zero_tangents(xs)
    }

    /// The zeros of all of `xs`, in one allocation where one is enough.
    #[doc(hidden)]
    #[cfg(feature = "alloc")]
    #[inline]
    fn zero_tangents(xs: &[Self]) -> Vec<Self::Tangent>
    where
        Self: Sized,
    {
        xs.iter().map(Self::zero_tangent).collect()
    }
}

/// A differentiable value whose entries can be changed in place, as an optimizer does.
///
/// Everything [`Differentiable`] but what stands behind a shared reference; derived along with it
/// for types without references.
///
/// ```
/// use grad_runtime::{Differentiable, LeafVisitor, Parameters};
///
/// /// `x += rate * x_dot`
/// struct Move {
///     rate: f64,
/// }
/// impl LeafVisitor for Move {
///     fn f32s(&mut self, x: &mut [f32], x_dot: &[f32]) {
///         for (x, x_dot) in x.iter_mut().zip(x_dot) {
///             *x += self.rate as f32 * x_dot;
///         }
///     }
///     fn f64s(&mut self, x: &mut [f64], x_dot: &[f64]) {
///         for (x, x_dot) in x.iter_mut().zip(x_dot) {
///             *x += self.rate * x_dot;
///         }
///     }
/// }
///
/// let mut point = (1.0_f64, [2.0_f32, 3.0]);
/// point.visit(&(10.0, [100.0, 0.0]), &mut Move { rate: 0.5 });
/// assert_eq!(point, (6.0, [52.0, 3.0]));
/// ```
#[diagnostic::on_unimplemented(
    message = "the entries of `{Self}` cannot be changed in place",
    note = "derive `Differentiable` for an owned type; what stands behind `&` cannot be a parameter"
)]
pub trait Parameters: Differentiable {
    /// Shows the visitor every float, whole slices at a time where they lie together, with its
    /// entry of `tangent`. The order depends on the type and the shape alone.
    ///
    /// # Panics
    /// When `tangent` has another shape; the message names both lengths.
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor);

    /// [`visit`](Self::visit) for many at once; the lengths are equal.
    #[doc(hidden)]
    #[inline]
    fn visit_slice(xs: &mut [Self], tangents: &[Self::Tangent], visitor: &mut impl LeafVisitor)
    where
        Self: Sized,
    {
        for (x, tangent) in xs.iter_mut().zip(tangents) {
            x.visit(tangent, visitor);
        }
    }
}

/// What [`Parameters::visit`] calls; both slices have one length.
pub trait LeafVisitor {
    /// Floats of one precision that lie together, and their tangents.
    fn f32s(&mut self, x: &mut [f32], tangent: &[f32]);
    /// Floats of the other.
    fn f64s(&mut self, x: &mut [f64], tangent: &[f64]);
}

/// The tangent of a skipped field. A trait, so that the generic parameters of the field's type
/// count as used.
#[doc(hidden)]
pub trait Skipped {
    type Tangent;
}

impl<T: ?Sized> Skipped for T {
    type Tangent = NoTangent;
}

macro_rules! floats {
    ($($float:ident $visit:ident),+) => {$(
        impl Differentiable for $float {
            type Tangent = $float;
            #[inline]
            fn zero_tangent(&self) -> $float {
                0.0
            }
            #[inline]
            fn neutral_tangent(&self) -> $float {
                -0.0
            }
            #[inline]
            fn check_shape(&self, _: &$float) -> Result<(), ShapeError> {
                Ok(())
            }
            #[cfg(feature = "alloc")]
            #[inline]
            fn zero_tangents(xs: &[$float]) -> Vec<$float> {
                alloc::vec![0.0; xs.len()]
            }
            #[cfg(feature = "nn")]
            #[inline]
            fn zero_tangents_reused(xs: &[$float]) -> Vec<$float> {
                crate::tensor::workspace::take_zeroed(xs.len())
            }
        }
        impl Parameters for $float {
            #[inline]
            fn visit(&mut self, tangent: &$float, visitor: &mut impl LeafVisitor) {
                visitor.$visit(core::slice::from_mut(self), core::slice::from_ref(tangent));
            }
            #[inline]
            fn visit_slice(xs: &mut [$float], tangents: &[$float], visitor: &mut impl LeafVisitor) {
                visitor.$visit(xs, tangents);
            }
        }
    )+};
}
floats!(f32 f32s, f64 f64s);

macro_rules! constants {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $constant:ty,)+) => {$(
        $(#[$attribute])*
        impl<$($generics)*> Differentiable for $constant {
            type Tangent = NoTangent;
            #[inline]
            fn zero_tangent(&self) -> NoTangent {
                NoTangent
            }
            #[inline]
            fn check_shape(&self, _: &NoTangent) -> Result<(), ShapeError> {
                Ok(())
            }
        }
        $(#[$attribute])*
        impl<$($generics)*> Parameters for $constant {
            #[inline]
            fn visit(&mut self, _: &NoTangent, _: &mut impl LeafVisitor) {}
        }
    )+};
}
constants! {
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize,
    [] bool, [] char, [] (), [] str, [] NoTangent, [T: ?Sized] PhantomData<T>,
    #[cfg(feature = "alloc")] [] String,
}

impl<T: Differentiable, const N: usize> Differentiable for [T; N] {
    type Tangent = [T::Tangent; N];
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        core::array::from_fn(|i| self[i].zero_tangent())
    }
    #[inline]
    fn neutral_tangent(&self) -> Self::Tangent {
        // Long arrays are cleared faster than filled.
        if N > 8 {
            return self.zero_tangent();
        }
        core::array::from_fn(|i| self[i].neutral_tangent())
    }
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        self.iter()
            .zip(tangent)
            .try_for_each(|(x, t)| x.check_shape(t))
    }
}

impl<T: Parameters, const N: usize> Parameters for [T; N] {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        T::visit_slice(self, tangent, visitor);
    }
    #[inline]
    fn visit_slice(xs: &mut [Self], tangents: &[Self::Tangent], visitor: &mut impl LeafVisitor) {
        T::visit_slice(xs.as_flattened_mut(), tangents.as_flattened(), visitor);
    }
}

#[cfg(feature = "alloc")]
impl<T: Differentiable> Differentiable for [T] {
    type Tangent = Vec<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        T::zero_tangents(self)
    }
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        if self.len() != tangent.len() {
            return Err(ShapeError::length(self.len(), tangent.len()));
        }
        self.iter()
            .zip(tangent)
            .try_for_each(|(x, t)| x.check_shape(t))
    }
}

#[cfg(feature = "alloc")]
impl<T: Parameters> Parameters for [T] {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        if self.len() != tangent.len() {
            crate::tangent::mismatch(ShapeError::length(self.len(), tangent.len()));
        }
        T::visit_slice(self, tangent, visitor);
    }
}

/// What points at one `T` has the tangent of `T`, through the wrapper `$tangent`.
macro_rules! pointers {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $pointer:ty => $tangent:ty, $wrap:expr;)+) => {$(
        $(#[$attribute])*
        impl<$($generics)*> Differentiable for $pointer {
            type Tangent = $tangent;
            #[inline]
            fn zero_tangent(&self) -> Self::Tangent {
                $wrap((**self).zero_tangent())
            }
            #[inline]
            fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
                (**self).check_shape(tangent)
            }
        }
    )+};
}
pointers! {
    [T: Differentiable + ?Sized] &T => T::Tangent, core::convert::identity;
    [T: Differentiable + ?Sized] &mut T => T::Tangent, core::convert::identity;
    #[cfg(feature = "alloc")] [T: Differentiable] Vec<T> => Vec<T::Tangent>, core::convert::identity;
    #[cfg(feature = "alloc")] [T: Differentiable] Box<[T]> => Vec<T::Tangent>, core::convert::identity;
    // What is shared cannot change, as nothing differentiable has interior mutability; so a shared
    // pointer is read as a reference is, and two to one target add into their own cotangents.
    #[cfg(feature = "alloc")] [T: Differentiable + ?Sized] Rc<T> => T::Tangent, core::convert::identity;
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))] [T: Differentiable + ?Sized] alloc::sync::Arc<T> => T::Tangent, core::convert::identity;
    #[cfg(feature = "alloc")] [T: Differentiable] Box<T> => Box<T::Tangent>, Box::new;
}

macro_rules! owning_pointers {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $pointer:ty;)+) => {$(
        $(#[$attribute])*
        impl<$($generics)*> Parameters for $pointer {
            #[inline]
            fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
                (**self).visit(tangent, visitor);
            }
        }
    )+};
}
owning_pointers! {
    [T: Parameters + ?Sized] &mut T;
    #[cfg(feature = "alloc")] [T: Parameters] Vec<T>;
    #[cfg(feature = "alloc")] [T: Parameters] Box<[T]>;
    #[cfg(feature = "alloc")] [T: Parameters] Box<T>;
}

impl<T: Differentiable> Differentiable for Option<T> {
    type Tangent = Option<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        self.as_ref().map(T::zero_tangent)
    }
    /// `None` is the zero of any shape.
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        match (self, tangent) {
            (Some(x), Some(t)) => x.check_shape(t),
            (None, Some(_)) => Err(ShapeError::variant("Option")),
            (_, None) => Ok(()),
        }
    }
}

impl<T: Parameters> Parameters for Option<T> {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        match (self, tangent) {
            (Some(x), Some(t)) => x.visit(t, visitor),
            (Some(x), None) => {
                let zero = x.zero_tangent();
                x.visit(&zero, visitor);
            }
            (None, Some(_)) => crate::tangent::mismatch(ShapeError::variant("Option")),
            (None, None) => {}
        }
    }
}

/// A failure has no derivative, as `None` has none.
impl<T: Differentiable, E> Differentiable for Result<T, E> {
    type Tangent = Option<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        self.as_ref().ok().map(T::zero_tangent)
    }
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        match (self, tangent) {
            (Ok(x), Some(t)) => x.check_shape(t),
            (Err(_), Some(_)) => Err(ShapeError::variant("Result")),
            (_, None) => Ok(()),
        }
    }
}

impl<T: Parameters, E> Parameters for Result<T, E> {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        match (self, tangent) {
            (Ok(x), Some(t)) => x.visit(t, visitor),
            (Ok(x), None) => {
                let zero = x.zero_tangent();
                x.visit(&zero, visitor);
            }
            (Err(_), Some(_)) => crate::tangent::mismatch(ShapeError::variant("Result")),
            (Err(_), None) => {}
        }
    }
}

impl<T: Differentiable> Differentiable for Range<T> {
    type Tangent = Range<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        self.start.zero_tangent()..self.end.zero_tangent()
    }
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        self.start.check_shape(&tangent.start)?;
        self.end.check_shape(&tangent.end)
    }
}

impl<T: Parameters> Parameters for Range<T> {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        self.start.visit(&tangent.start, visitor);
        self.end.visit(&tangent.end, visitor);
    }
}

/// In the order in which the heap keeps its entries.
#[cfg(feature = "alloc")]
impl<T: Differentiable> Differentiable for BinaryHeap<T> {
    type Tangent = Vec<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        self.as_slice().zero_tangent()
    }
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        self.as_slice().check_shape(tangent)
    }
}

#[cfg(feature = "alloc")]
impl<T: Differentiable> Differentiable for VecDeque<T> {
    type Tangent = VecDeque<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        self.iter().map(T::zero_tangent).collect()
    }
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        if self.len() != tangent.len() {
            return Err(ShapeError::length(self.len(), tangent.len()));
        }
        self.iter()
            .zip(tangent)
            .try_for_each(|(x, t)| x.check_shape(t))
    }
}

#[cfg(feature = "alloc")]
impl<T: Parameters> Parameters for VecDeque<T> {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        if self.len() != tangent.len() {
            crate::tangent::mismatch(ShapeError::length(self.len(), tangent.len()));
        }
        for (x, t) in self.iter_mut().zip(tangent) {
            x.visit(t, visitor);
        }
    }
}

macro_rules! tuple_differentiable {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: Differentiable),+> Differentiable for ($($name,)+) {
            type Tangent = ($($name::Tangent,)+);
            #[inline]
            fn zero_tangent(&self) -> Self::Tangent {
                ($(self.$index.zero_tangent(),)+)
            }
            #[inline]
            fn neutral_tangent(&self) -> Self::Tangent {
                ($(self.$index.neutral_tangent(),)+)
            }
            #[inline]
            fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
                $(self.$index.check_shape(&tangent.$index)?;)+
                Ok(())
            }
        }
        impl<$($name: Parameters),+> Parameters for ($($name,)+) {
            #[inline]
            fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
                $(self.$index.visit(&tangent.$index, visitor);)+
            }
        }
    };
}
crate::tuples!(tuple_differentiable);
