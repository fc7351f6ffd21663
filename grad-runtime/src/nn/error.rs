//! [`LayerError`]: what is wrong with a layer, or with an input given to it.

use core::fmt;

use crate::Dimensions;

/// A layer that cannot be built, or an input that does not fit one.
///
/// ```
/// use grad_runtime::nn::{Dense, Init};
/// use ndarray::{Array1, Array2};
///
/// let error = Dense::from_parts(Array2::<f32>::zeros((3, 2)), Array1::zeros(5)).unwrap_err();
/// assert_eq!(error.to_string(), "dense layer (3 to 2): the bias has shape (5), expected (2)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LayerError {
    /// An operand of another shape.
    Shape {
        /// The layer.
        layer: LayerName,
        /// Which operand: `"input"`, `"bias"`, ...
        operand: &'static str,
        /// The shape it must have; [`Dimensions::ANY`] where any length will do.
        expected: Dimensions,
        /// The shape it has.
        found: Dimensions,
    },
    /// A setting out of its range.
    Setting {
        /// The layer.
        layer: LayerName,
        /// What must hold: `"the stride must be positive"`.
        rule: &'static str,
    },
    /// A window or filter larger than the image.
    Window {
        /// The layer.
        layer: LayerName,
        /// Height and width of the window.
        window: Dimensions,
        /// Height and width of the image, with its padding.
        image: Dimensions,
    },
    /// An index of a row that is not there.
    Index {
        /// The layer.
        layer: LayerName,
        /// The index.
        index: usize,
        /// How many rows there are.
        rows: usize,
    },
}

/// A kind of layer with its sizes, such as `dense layer (784 to 512)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerName {
    kind: &'static str,
    sizes: Option<(usize, usize)>,
}

impl LayerName {
    /// A kind of layer without sizes.
    #[must_use]
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, sizes: None }
    }

    /// A kind of layer from so many channels to so many.
    #[must_use]
    pub const fn sized(kind: &'static str, inputs: usize, outputs: usize) -> Self {
        Self {
            kind,
            sizes: Some((inputs, outputs)),
        }
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        match self.sizes {
            Some((inputs, outputs)) => write!(f, " ({inputs} to {outputs})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape {
                layer,
                operand,
                expected,
                found,
            } => write!(
                f,
                "{layer}: the {operand} has shape {found}, expected {expected}"
            ),
            Self::Setting { layer, rule } => write!(f, "{layer}: {rule}"),
            Self::Window {
                layer,
                window,
                image,
            } => write!(
                f,
                "{layer}: a window of {window} does not fit an image of {image}"
            ),
            Self::Index { layer, index, rows } => {
                write!(f, "{layer}: index {index} of {rows} rows")
            }
        }
    }
}

impl core::error::Error for LayerError {}

/// An error unless `found` is `expected`, in which [`Dimensions::ANY`] is any length.
pub(crate) fn check(
    layer: LayerName,
    operand: &'static str,
    expected: &[usize],
    found: &[usize],
) -> Result<(), LayerError> {
    let fits = |(&e, &f): (&usize, &usize)| e == Dimensions::ANY || e == f;
    if expected.len() == found.len() && expected.iter().zip(found).all(fits) {
        return Ok(());
    }
    Err(LayerError::Shape {
        layer,
        operand,
        expected: Dimensions::of(expected),
        found: Dimensions::of(found),
    })
}

/// The value, or a panic that shows the error.
#[track_caller]
pub(crate) fn expect<T>(result: Result<T, LayerError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
