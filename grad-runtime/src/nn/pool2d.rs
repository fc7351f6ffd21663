//! [`MaxPool2d`] and [`AveragePool2d`]: one number for each window of an image.

use ndarray::{Array4, ArrayBase, Data, Ix4};

use super::buffer::{self, Rows};
use super::error::expect;
use super::{Bar, Element, Layer, LayerError, LayerName};
use crate::tensor::pool::Pooling;
use crate::tensor::workspace;
use crate::{Differentiable, Dimensions, LeafVisitor, NoTangent, Parameters, ShapeError};

macro_rules! pools {
    ($($(#[$doc:meta])* $Pool:ident, $name:literal, $forward:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Pool {
            /// Height and width of a window.
            pub window: [usize; 2],
            /// How far apart windows are, down and across.
            pub stride: [usize; 2],
        }

        impl $Pool {
            /// Square windows side by side.
            #[must_use]
            pub const fn new(side: usize) -> Self {
                Self { window: [side; 2], stride: [side; 2] }
            }

            /// The layer with this stride both ways.
            #[must_use]
            pub const fn stride(self, stride: usize) -> Self {
                Self { stride: [stride; 2], ..self }
            }

            /// The extents for images of this shape, and those of the result.
            fn extents(&self, x: &[usize]) -> Result<(Pooling, Ix4), LayerError> {
                let layer = LayerName::new($name);
                if self.stride.contains(&0) || self.window.contains(&0) {
                    let rule = "window and stride must be positive";
                    return Err(LayerError::Setting { layer, rule });
                }
                if x[1..].contains(&0) {
                    let rule = "image and channels must not be empty";
                    return Err(LayerError::Setting { layer, rule });
                }
                let pooling = Pooling {
                    image: [x[1], x[2]],
                    channels: x[3],
                    window: self.window,
                    stride: self.stride,
                };
                let [height, width] = pooling.output().ok_or_else(|| LayerError::Window {
                    layer,
                    window: Dimensions::of(&self.window),
                    image: Dimensions::of(&[x[1], x[2]]),
                })?;
                Ok((pooling, Ix4(x[0], height, width, x[3])))
            }

            /// The result.
            ///
            /// # Panics
            /// If the window does not fit the image; the message names both.
            #[must_use]
            #[track_caller]
            pub fn forward<E: Element, S: Data<Elem = E>>(&self, x: &ArrayBase<S, Ix4>) -> Array4<E> {
                Layer::forward(self, x)
            }
        }

        impl Differentiable for $Pool {
            type Tangent = NoTangent;
            fn zero_tangent(&self) -> NoTangent {
                NoTangent
            }
            fn check_shape(&self, _: &NoTangent) -> Result<(), ShapeError> {
                Ok(())
            }
        }

        impl Parameters for $Pool {
            fn visit(&mut self, _: &NoTangent, _: &mut impl LeafVisitor) {}
        }

        impl<E: Element, S: Data<Elem = E>> Layer<ArrayBase<S, Ix4>> for $Pool {
            type Output = Array4<E>;
            type Kept = ();

            #[track_caller]
            fn forward(&self, x: &ArrayBase<S, Ix4>) -> Array4<E> {
                let (pooling, shape) = expect(self.extents(x.shape()));
                let mut y = buffer::array(shape);
                pooling.$forward(&Rows::of(x), buffer::entries(&mut y));
                y
            }

            #[track_caller]
            fn forward_keep(&self, x: &ArrayBase<S, Ix4>) -> (Array4<E>, ()) {
                (Layer::forward(self, x), ())
            }

            #[track_caller]
            fn pull(
                &self,
                x: &ArrayBase<S, Ix4>,
                (): (),
                y_bar: Array4<E>,
                _: Bar<'_, Self>,
                x_bar: Bar<'_, ArrayBase<S, Ix4>>,
            ) {
                let (pooling, _) = expect(self.extents(x.shape()));
                let bar = buffer::into_rows(y_bar);
                if let Some(x_bar) = x_bar {
                    buffer::change(x_bar, |x_bar| Self::pull_rows(&pooling, &Rows::of(x), &bar, x_bar));
                }
                workspace::give(bar);
            }

            #[track_caller]
            fn push(
                &self,
                x: &ArrayBase<S, Ix4>,
                _: Option<&NoTangent>,
                x_dot: Option<&Array4<E>>,
            ) -> (Array4<E>, Array4<E>) {
                let (pooling, shape) = expect(self.extents(x.shape()));
                let mut y_dot = buffer::zeros(shape);
                if let Some(x_dot) = x_dot {
                    Self::push_rows(&pooling, &Rows::of(x), &Rows::of(x_dot), buffer::entries(&mut y_dot));
                }
                (Layer::forward(self, x), y_dot)
            }

            fn reuse(y: Array4<E>) {
                buffer::give(y);
            }
        }
    )+};
}

pools! {
    /// The largest entry of each window of each channel.
    ///
    /// Its cotangent goes to the first entry of the window, in reading order, that has that value: after
    /// a rectifier a window is often all zeros, and one of them is chosen.
    ///
    /// ```
    /// use grad_runtime::nn::MaxPool2d;
    /// use ndarray::Array4;
    ///
    /// let x = Array4::from_shape_vec((1, 2, 4, 1), vec![1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0])?;
    /// assert_eq!(MaxPool2d::new(2).forward(&x).into_raw_vec_and_offset().0, [4.0, 8.0]);
    /// # Ok::<(), ndarray::ShapeError>(())
    /// ```
    MaxPool2d, "max pooling", max;
    /// The mean of each window of each channel.
    ///
    /// ```
    /// use grad_runtime::nn::AveragePool2d;
    /// use ndarray::Array4;
    ///
    /// let x = Array4::from_shape_vec((1, 2, 4, 1), vec![1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0])?;
    /// assert_eq!(AveragePool2d::new(2).forward(&x).into_raw_vec_and_offset().0, [2.5, 6.5]);
    /// # Ok::<(), ndarray::ShapeError>(())
    /// ```
    AveragePool2d, "average pooling", mean;
}

impl MaxPool2d {
    fn pull_rows<E: Element>(pooling: &Pooling, x: &[E], y_bar: &[E], x_bar: &mut [E]) {
        pooling.pull_max(x, y_bar, x_bar);
    }

    fn push_rows<E: Element>(pooling: &Pooling, x: &[E], x_dot: &[E], y_dot: &mut [E]) {
        pooling.push_max(x, x_dot, y_dot);
    }
}

impl AveragePool2d {
    fn pull_rows<E: Element>(pooling: &Pooling, _: &[E], y_bar: &[E], x_bar: &mut [E]) {
        pooling.pull_mean(y_bar, x_bar);
    }

    fn push_rows<E: Element>(pooling: &Pooling, _: &[E], x_dot: &[E], y_dot: &mut [E]) {
        pooling.mean(x_dot, y_dot);
    }
}
