//! Integers and arrays that iterators are lowered to.

use alloc::vec::Vec;

/// An integer.
pub trait Integer: Copy {
    /// The number as an integer of this type.
    fn of_usize(n: usize) -> Self;
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl Integer for $int {
            #[inline]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                clippy::cast_lossless
            )]
            fn of_usize(n: usize) -> Self {
                n as $int
            }
        }
    )*};
}

integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

/// A number of items as an integer of the type of `like`.
#[inline]
pub fn int_like<T: Integer>(n: usize, _like: T) -> T {
    T::of_usize(n)
}

/// Elements as an array as long as another.
///
/// # Panics
///
/// If there are more or fewer elements, which generated code never lets happen.
#[inline]
#[must_use]
pub fn array_like<T, S, const N: usize>(elements: Vec<T>, _like: &[S; N]) -> [T; N] {
    array_of(elements)
}

/// Elements as an array.
///
/// # Panics
///
/// If there are more or fewer elements, which generated code never lets happen.
#[inline]
#[must_use]
pub fn array_of<T, const N: usize>(elements: Vec<T>) -> [T; N] {
    let count = elements.len();
    let Ok(array) = elements.try_into() else {
        panic!("{count} elements for an array of {N}");
    };
    array
}

/// A sequence whose elements can be had as a vector.
pub trait Elements {
    /// The element.
    type Element;
    /// The elements.
    fn into_elements(self) -> Vec<Self::Element>;
}

impl<T> Elements for Vec<T> {
    type Element = T;
    #[inline]
    fn into_elements(self) -> Vec<T> {
        self
    }
}

impl<T, const N: usize> Elements for [T; N] {
    type Element = T;
    #[inline]
    fn into_elements(self) -> Vec<T> {
        self.into_iter().collect()
    }
}

/// The elements of the cotangent of a vector or an array.
#[inline]
pub fn elements<S: Elements>(bar: S) -> Vec<S::Element> {
    bar.into_elements()
}

/// Takes the last element off: the cotangent of what was appended last.
///
/// # Panics
///
/// If there is none, which generated code never lets happen.
#[inline]
pub fn detach<T>(bar: &mut Vec<T>) -> T {
    bar.pop().expect("there is one cotangent for each element")
}
