//! Arguments for a graph.

use alloc::{vec, vec::Vec};

/// An argument for a graph, and the form its gradient is given in.
///
/// ```
/// use grad_runtime::graph::Input;
///
/// let nested: Input = vec![[1.0, 2.0], [3.0, 4.0]].into();
/// let record = Input::Record(vec![("w", nested), ("b", 0.5.into())]);
/// assert_ne!(record, Input::from((1.0, 2.0)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A number; integers and `bool` as `f64` too.
    Scalar(f64),
    /// An array, slice or vector.
    Array(Vec<Input>),
    /// A struct or a tuple, with the names of its fields.
    Record(Vec<(&'static str, Input)>),
}

impl From<f64> for Input {
    fn from(x: f64) -> Self {
        Self::Scalar(x)
    }
}

impl From<f32> for Input {
    fn from(x: f32) -> Self {
        Self::Scalar(x.into())
    }
}

impl From<bool> for Input {
    fn from(x: bool) -> Self {
        Self::Scalar(x.into())
    }
}

impl From<usize> for Input {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn from(x: usize) -> Self {
        Self::Scalar(x as f64)
    }
}

impl<T: Into<Input>> From<Vec<T>> for Input {
    fn from(xs: Vec<T>) -> Self {
        Self::Array(xs.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Input>, const N: usize> From<[T; N]> for Input {
    fn from(xs: [T; N]) -> Self {
        Self::Array(xs.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Input> + Clone> From<&[T]> for Input {
    fn from(xs: &[T]) -> Self {
        Self::Array(xs.iter().cloned().map(Into::into).collect())
    }
}

macro_rules! tuple_input {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: Into<Input>),+> From<($($name,)+)> for Input {
            fn from(x: ($($name,)+)) -> Self {
                Self::Record(vec![$((stringify!($index), x.$index.into())),+])
            }
        }
    };
}
crate::tuples!(tuple_input);
