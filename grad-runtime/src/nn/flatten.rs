//! [`Flatten`]: images as rows of features.

use ndarray::{Array, Array2, ArrayBase, Data, Dimension, Ix2};

use super::buffer::{self, Rows};
use super::error::expect;
use super::{Bar, Element, Layer, LayerError, LayerName};
use crate::tensor::{elementwise, workspace};
use crate::{Differentiable, NoTangent};

/// Puts all axes but the first together: `[batch, height, width, channels]` becomes
/// `[batch, height width channels]`, in the order of the indices.
///
/// ```
/// use grad_runtime::nn::Flatten;
/// use ndarray::Array4;
///
/// let rows = Flatten.forward(&Array4::<f32>::zeros((5, 4, 3, 2)));
/// assert_eq!(rows.dim(), (5, 24));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Differentiable)]
pub struct Flatten;

impl Flatten {
    /// The rows.
    ///
    /// # Panics
    /// If the array has no axis.
    #[must_use]
    #[track_caller]
    pub fn forward<E: Element, S: Data<Elem = E>, D: Dimension>(
        &self,
        x: &ArrayBase<S, D>,
    ) -> Array2<E> {
        Layer::forward(self, x)
    }

    fn shape(x: &[usize]) -> Result<Ix2, LayerError> {
        match x {
            [] => Err(LayerError::Setting {
                layer: LayerName::new("flatten"),
                rule: "the input must have an axis",
            }),
            [batch, rest @ ..] => Ok(Ix2(*batch, rest.iter().product())),
        }
    }
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> Layer<ArrayBase<S, D>> for Flatten {
    type Output = Array2<E>;
    type Kept = ();

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, D>) -> Array2<E> {
        let mut y = buffer::array(expect(Self::shape(x.shape())));
        buffer::entries(&mut y).copy_from_slice(&Rows::of(x));
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, D>) -> (Array2<E>, ()) {
        (Layer::forward(self, x), ())
    }

    fn pull(
        &self,
        _: &ArrayBase<S, D>,
        (): (),
        y_bar: Array2<E>,
        _: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, D>>,
    ) {
        let bar = buffer::into_rows(y_bar);
        if let Some(x_bar) = x_bar {
            buffer::change(x_bar, |x_bar| elementwise::add(x_bar, &bar));
        }
        workspace::give(bar);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, D>,
        _: Option<&NoTangent>,
        x_dot: Option<&Array<E, D>>,
    ) -> (Array2<E>, Array2<E>) {
        let dot = match x_dot {
            Some(x_dot) => Layer::forward(self, x_dot),
            None => buffer::zeros(expect(Self::shape(x.shape()))),
        };
        (Layer::forward(self, x), dot)
    }

    fn reuse(y: Array2<E>) {
        buffer::give(y);
    }
}
