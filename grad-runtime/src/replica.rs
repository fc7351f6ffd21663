//! Copies of values that need not be `Clone`: a pullback is handed its arguments as they were, and a
//! receiver that changes later has to be kept.
//!
//! Generated code writes `(&&Copier(&x)).replicate()`. The compiler looks for the method on fewer
//! references first, so that [`ByReplica`] is taken where the type is [`Replica`], else [`ByClone`]
//! where it is `Clone`.

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, vec::Vec};

/// A value that derived code can copy; `#[derive(Differentiable)]` implements it field by field.
pub trait Replica: Sized {
    /// A copy.
    #[must_use]
    fn replica(&self) -> Self;
}

macro_rules! copied {
    ($($ty:ty)*) => {$(
        impl Replica for $ty {
            #[inline]
            fn replica(&self) -> Self {
                *self
            }
        }
    )*};
}
copied!(f32 f64 u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize bool char crate::NoTangent);

/// What is shared stays where it is.
impl<T: ?Sized> Replica for &T {
    #[inline]
    fn replica(&self) -> Self {
        self
    }
}

impl Replica for () {
    #[inline]
    fn replica(&self) {}
}

impl<T: Replica, const N: usize> Replica for [T; N] {
    #[inline]
    fn replica(&self) -> Self {
        core::array::from_fn(|i| self[i].replica())
    }
}

impl<T: Replica> Replica for Option<T> {
    #[inline]
    fn replica(&self) -> Self {
        self.as_ref().map(T::replica)
    }
}

#[cfg(feature = "alloc")]
impl<T: Replica> Replica for Vec<T> {
    #[inline]
    fn replica(&self) -> Self {
        self.iter().map(T::replica).collect()
    }
}

#[cfg(feature = "alloc")]
impl<T: Replica> Replica for Box<[T]> {
    #[inline]
    fn replica(&self) -> Self {
        self.iter().map(T::replica).collect()
    }
}

#[cfg(feature = "alloc")]
impl<T: Replica> Replica for Box<T> {
    #[inline]
    fn replica(&self) -> Self {
        Box::new((**self).replica())
    }
}

#[cfg(feature = "alloc")]
impl Replica for alloc::string::String {
    #[inline]
    fn replica(&self) -> Self {
        self.clone()
    }
}

macro_rules! tuple_replica {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: Replica),+> Replica for ($($name,)+) {
            #[inline]
            fn replica(&self) -> Self {
                ($(self.$index.replica(),)+)
            }
        }
    };
}
crate::tuples!(tuple_replica);

/// What is to be copied.
#[derive(Debug)]
pub struct Copier<'a, T: ?Sized>(pub &'a T);

/// Copies what is [`Replica`].
pub trait ByReplica {
    /// The owned form.
    type Owned;
    /// A copy.
    fn replicate(&self) -> Self::Owned;
    /// What `to_owned` gives.
    #[inline]
    fn replicate_owned(&self) -> Self::Owned {
        self.replicate()
    }
    /// What is passed by value.
    #[inline]
    fn pass(&self) -> Self::Owned {
        self.replicate()
    }
}

impl<T: Replica> ByReplica for &Copier<'_, T> {
    type Owned = T;
    #[inline]
    fn replicate(&self) -> T {
        self.0.replica()
    }
}

#[cfg(feature = "alloc")]
impl<T: Replica> ByReplica for &Copier<'_, [T]> {
    type Owned = Vec<T>;
    #[inline]
    fn replicate(&self) -> Vec<T> {
        self.0.iter().map(T::replica).collect()
    }
}

/// Copies what is `Clone`.
pub trait ByClone {
    /// The owned form.
    type Owned;
    /// A copy.
    fn replicate(&self) -> Self::Owned;
    /// What `to_owned` gives.
    #[inline]
    fn replicate_owned(&self) -> Self::Owned {
        self.replicate()
    }
    /// What is passed by value.
    #[inline]
    fn pass(&self) -> Self::Owned {
        self.replicate()
    }
}

impl<T: Clone> ByClone for Copier<'_, T> {
    type Owned = T;
    #[inline]
    fn replicate(&self) -> T {
        self.0.clone()
    }
}

#[cfg(feature = "alloc")]
impl<T: Clone> ByClone for Copier<'_, [T]> {
    type Owned = Vec<T>;
    #[inline]
    fn replicate(&self) -> Vec<T> {
        self.0.to_vec()
    }
}

/// Copies a field that the derive skips, where it is `Clone`.
pub trait SkippedByClone {
    /// The type of the field.
    type Owned;
    /// A copy.
    fn replicate_skipped(&self) -> Self::Owned;
}

impl<T: Clone> SkippedByClone for &Copier<'_, T> {
    type Owned = T;
    #[inline]
    fn replicate_skipped(&self) -> T {
        self.0.clone()
    }
}

/// Where a skipped field is not `Clone`.
pub trait SkippedByNothing {
    /// The type of the field.
    type Owned;
    /// Panics.
    fn replicate_skipped(&self) -> Self::Owned;
}

impl<T> SkippedByNothing for Copier<'_, T> {
    type Owned = T;
    #[cold]
    fn replicate_skipped(&self) -> T {
        panic!(
            "a differentiated value changes while its old content is needed, and a field of type `{}` is not `Clone`",
            core::any::type_name::<T>()
        )
    }
}
