//! The errors of this crate.
//!
//! Every fallible function returns the narrowest type that fits; [`Error`] holds any of them, for
//! callers who let them all travel up through `?`.

use core::fmt;

#[cfg(feature = "alloc")]
use crate::check::GradientMismatch;
#[cfg(feature = "alloc")]
use crate::graph::GraphError;

/// Any error of this crate.
///
/// ```
/// use grad_runtime::{Differentiable, Error};
///
/// fn check(x: &[f64], x_bar: &Vec<f64>) -> Result<(), Error> {
///     x.check_shape(x_bar)?;
///     Ok(())
/// }
/// let error = check(&[1.0, 2.0], &vec![0.0]).unwrap_err();
/// assert_eq!(error.to_string(), "the tangent has another shape: expected length 2, found 1");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A tangent that does not fit its point.
    Shape(ShapeError),
    /// A derivative that disagrees with a check.
    #[cfg(feature = "alloc")]
    Gradient(GradientMismatch),
    /// An expression graph that cannot be evaluated at the point given.
    #[cfg(feature = "alloc")]
    Graph(GraphError),
    /// A layer that cannot be built, or an input that does not fit one.
    #[cfg(feature = "nn")]
    Layer(crate::nn::LayerError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => error.fmt(f),
            #[cfg(feature = "alloc")]
            Self::Gradient(error) => error.fmt(f),
            #[cfg(feature = "alloc")]
            Self::Graph(error) => error.fmt(f),
            #[cfg(feature = "nn")]
            Self::Layer(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

#[cfg(feature = "alloc")]
impl From<GradientMismatch> for Error {
    fn from(error: GradientMismatch) -> Self {
        Self::Gradient(error)
    }
}

#[cfg(feature = "alloc")]
impl From<GraphError> for Error {
    fn from(error: GraphError) -> Self {
        Self::Graph(error)
    }
}

#[cfg(feature = "nn")]
impl From<crate::nn::LayerError> for Error {
    fn from(error: crate::nn::LayerError) -> Self {
        Self::Layer(error)
    }
}

/// A tangent that does not have the shape of its point.
///
/// ```
/// use grad_runtime::{Differentiable, ShapeMismatch};
///
/// let error = vec![1.0, 2.0, 3.0].check_shape(&vec![0.0]).unwrap_err();
/// assert_eq!(error.mismatch(), ShapeMismatch::Length { expected: 3, found: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeError {
    field: Option<&'static str>,
    mismatch: ShapeMismatch,
}

/// In what a tangent and its point differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeMismatch {
    /// A slice or a vector of another length.
    Length {
        /// The length of the point.
        expected: usize,
        /// The length of the tangent.
        found: usize,
    },
    /// Another variant of an enum.
    Variant {
        /// The name of the enum.
        name: &'static str,
    },
    /// An array of another shape.
    #[cfg(feature = "nn")]
    Dimensions {
        /// The shape of the point.
        expected: Dimensions,
        /// The shape of the tangent.
        found: Dimensions,
    },
}

/// The shape of an array: at most [`Dimensions::MOST`] lengths, further ones are cut off.
///
/// ```
/// use grad_runtime::Dimensions;
///
/// let shape = Dimensions::of(&[2, 3]);
/// assert!(shape.lengths().eq([2, 3]));
/// assert_eq!(shape.to_string(), "(2, 3)");
/// ```
#[cfg(feature = "nn")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dimensions {
    rank: u8,
    /// Small, so that an error with two shapes is passed in a few registers.
    lengths: [u32; Self::MOST],
}

#[cfg(feature = "nn")]
impl Dimensions {
    /// The most lengths that are kept.
    pub const MOST: usize = 6;
    /// Stands for any length, shown as `_`; so do lengths that do not fit 32 bits.
    pub const ANY: usize = u32::MAX as usize;

    /// The shape with these lengths.
    #[must_use]
    pub fn of(shape: &[usize]) -> Self {
        let mut dimensions = Self {
            rank: 0,
            lengths: [0; Self::MOST],
        };
        for (to, &length) in dimensions.lengths.iter_mut().zip(shape) {
            *to = u32::try_from(length).unwrap_or(u32::MAX);
            dimensions.rank += 1;
        }
        dimensions
    }

    /// Its lengths.
    pub fn lengths(&self) -> impl Iterator<Item = usize> + use<'_> {
        let lengths = self.lengths.iter().take(self.rank.into());
        lengths.map(|&length| length as usize)
    }
}

#[cfg(feature = "nn")]
impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (k, length) in self.lengths().enumerate() {
            let comma = if k == 0 { "" } else { ", " };
            if length == Self::ANY {
                write!(f, "{comma}_")?;
            } else {
                write!(f, "{comma}{length}")?;
            }
        }
        f.write_str(")")
    }
}

impl ShapeError {
    /// An error of two lengths.
    #[must_use]
    pub const fn length(expected: usize, found: usize) -> Self {
        Self {
            field: None,
            mismatch: ShapeMismatch::Length { expected, found },
        }
    }

    /// An error of two variants of the enum `name`.
    #[must_use]
    pub const fn variant(name: &'static str) -> Self {
        Self {
            field: None,
            mismatch: ShapeMismatch::Variant { name },
        }
    }

    /// An error of the shapes of two arrays.
    #[cfg(feature = "nn")]
    #[must_use]
    pub fn dimensions(expected: &[usize], found: &[usize]) -> Self {
        Self {
            field: None,
            mismatch: ShapeMismatch::Dimensions {
                expected: Dimensions::of(expected),
                found: Dimensions::of(found),
            },
        }
    }

    /// Names the field the error is in, unless an inner field is named already.
    #[must_use]
    pub const fn in_field(self, field: &'static str) -> Self {
        match self.field {
            None => Self {
                field: Some(field),
                mismatch: self.mismatch,
            },
            Some(_) => self,
        }
    }

    /// The innermost field that differs, if the difference is in one.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        self.field
    }

    /// What differs.
    #[must_use]
    pub const fn mismatch(&self) -> ShapeMismatch {
        self.mismatch
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tangent has another shape")?;
        if let Some(field) = self.field {
            write!(f, " in field `{field}`")?;
        }
        match self.mismatch {
            ShapeMismatch::Length { expected, found } => {
                write!(f, ": expected length {expected}, found {found}")
            }
            #[cfg(feature = "nn")]
            ShapeMismatch::Dimensions { expected, found } => {
                write!(f, ": expected {expected}, found {found}")
            }
            ShapeMismatch::Variant { name } => write!(f, ": another variant of `{name}`"),
        }
    }
}

impl core::error::Error for ShapeError {}
