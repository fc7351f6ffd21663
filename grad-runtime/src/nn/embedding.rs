//! [`Embedding`]: a row of a table for each index.

use ndarray::{Array2, Ix2};

use super::buffer;
use super::error::expect;
use super::{Bar, Element, Init, LayerError, LayerName};
use crate::private::{Shared, TangentOf, Wrt};
use crate::tensor::elementwise;
use crate::tensor::workspace;
use crate::{Differentiable, NoTangent};

/// A table of vectors, one of which stands for each index.
///
/// ```
/// use grad_runtime::nn::Embedding;
/// use ndarray::arr2;
///
/// let layer = Embedding { table: arr2(&[[1.0, 2.0], [3.0, 4.0]]) };
/// assert_eq!(layer.forward(&[1, 0, 1]), arr2(&[[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Embedding<E: Element = f32> {
    /// Of `[rows, features]`.
    pub table: Array2<E>,
}

impl<E: Element> Embedding<E> {
    /// A table drawn as `init` says, with a row counted as one input.
    #[must_use]
    pub fn new(rows: usize, features: usize, init: Init) -> Self {
        Self {
            table: init.weights(Ix2(rows, features), 1, features),
        }
    }

    fn check(&self, indices: &[usize]) -> Result<(), LayerError> {
        let (rows, features) = self.table.dim();
        match indices.iter().find(|&&index| index >= rows) {
            None => Ok(()),
            Some(&index) => Err(LayerError::Index {
                layer: LayerName::sized("embedding", rows, features),
                index,
                rows,
            }),
        }
    }

    /// The rows of the table at `indices`, of `[indices, features]`.
    ///
    /// # Panics
    /// If there is no such row; the message names index and rows.
    #[must_use]
    #[track_caller]
    pub fn forward(&self, indices: &[usize]) -> Array2<E> {
        expect(self.check(indices));
        gather(&self.table, indices)
    }

    #[doc(hidden)]
    #[track_caller]
    pub fn __grad_vjp_forward<const M: u64>(
        &self,
        indices: &[usize],
        _: Wrt<M>,
    ) -> (
        Array2<E>,
        impl FnOnce(Array2<E>, &Self, &[usize], Bar<'_, Self>, Option<&mut [NoTangent]>) + use<E, M>,
    ) {
        let pull = |y_bar: Array2<E>,
                    _: &Self,
                    indices: &[usize],
                    self_bar: Bar<'_, Self>,
                    _: Option<&mut [NoTangent]>| {
            let bar = buffer::into_rows(y_bar);
            if let Some(self_bar) = self_bar {
                let features = self_bar.table.ncols();
                buffer::change(&mut self_bar.table, |table_bar| {
                    for (&index, bar) in indices.iter().zip(bar.chunks_exact(features.max(1))) {
                        elementwise::add(&mut table_bar[index * features..][..features], bar);
                    }
                });
            }
            workspace::give(bar);
        };
        (self.forward(indices), pull)
    }

    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn __grad_jvp_forward<const M: u64>(
        &self,
        indices: &[usize],
        _: Wrt<M>,
        self_dot: Option<&TangentOf<Self>>,
        _: Option<&[NoTangent]>,
    ) -> (Array2<E>, Array2<E>) {
        let dot = match self_dot {
            Some(self_dot) => gather(&self_dot.table, indices),
            None => buffer::zeros(Ix2(indices.len(), self.table.ncols())),
        };
        (self.forward(indices), dot)
    }

    #[doc(hidden)]
    #[must_use]
    pub fn __grad_again_forward(&self) -> Shared<'_, Self> {
        Shared::new(self)
    }
}

fn gather<E: Element>(table: &Array2<E>, indices: &[usize]) -> Array2<E> {
    let mut y = buffer::array(Ix2(indices.len(), table.ncols()));
    for (mut row, &index) in y.rows_mut().into_iter().zip(indices) {
        row.assign(&table.row(index));
    }
    y
}
