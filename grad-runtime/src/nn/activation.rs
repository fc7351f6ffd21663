//! [`Activation`]: a scalar function applied to every entry of an array.

use std::vec::Vec;

use ndarray::{Array, ArrayBase, Data, Dimension};

use super::buffer::{self, Rows};
use super::curves::{Elu, Gelu, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Tanh};
use super::{Bar, Element, Layer};
use crate::private::TangentOf;
use crate::tensor::elementwise::{self, Curve};
use crate::tensor::{parallel, workspace};
use crate::{Differentiable, LeafVisitor, NoTangent, Parameters, ShapeError};

/// A scalar function applied to every entry: the last step of [`Dense`](super::Dense) and
/// [`Conv2d`](super::Conv2d), or a layer of its own.
///
/// Its settings are constants. Values and derivatives are those of the function of the same name.
///
/// ```
/// use grad_runtime::nn::{Activation, Layer};
/// use ndarray::arr1;
///
/// let y = Activation::LeakyRelu(0.1).forward(&arr1(&[-2.0, 3.0]));
/// assert_eq!(y, arr1(&[-0.2, 3.0]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// Nothing: the identity.
    #[default]
    Linear,
    /// [`relu`](super::relu())
    Relu,
    /// [`leaky_relu`](super::leaky_relu()) with this slope, which is not negative.
    LeakyRelu(f64),
    /// [`elu`](super::elu()) with this scale, which is not negative.
    Elu(f64),
    /// [`sigmoid`](super::sigmoid())
    Sigmoid,
    /// [`tanh`](super::tanh())
    Tanh,
    /// [`gelu`](super::gelu())
    Gelu,
    /// [`softplus`](super::softplus())
    Softplus,
    /// [`silu`](super::silu())
    Silu,
}

/// Calls a generic function with the curve of an activation, or evaluates `$linear`.
macro_rules! with_curve {
    ($activation:expr, $linear:expr, |$curve:ident| $body:expr) => {
        match $activation {
            Activation::Linear => $linear,
            Activation::Relu => {
                let $curve = Relu;
                $body
            }
            Activation::LeakyRelu(slope) => {
                let $curve = LeakyRelu(E::of(slope));
                $body
            }
            Activation::Elu(scale) => {
                let $curve = Elu(E::of(scale));
                $body
            }
            Activation::Sigmoid => {
                let $curve = Sigmoid;
                $body
            }
            Activation::Tanh => {
                let $curve = Tanh;
                $body
            }
            Activation::Gelu => {
                let $curve = Gelu;
                $body
            }
            Activation::Softplus => {
                let $curve = Softplus;
                $body
            }
            Activation::Silu => {
                let $curve = Silu;
                $body
            }
        }
    };
}

impl Activation {
    /// Panics if a setting is out of its range.
    #[track_caller]
    pub(crate) fn expect_settings(self) {
        if let Activation::LeakyRelu(setting) | Activation::Elu(setting) = self {
            assert!(
                setting >= 0.0 && setting.is_finite(),
                "the setting of an activation must not be negative, it is {setting}"
            );
        }
    }

    /// `y = f(y)`; what [`pull`](Self::pull) needs.
    pub(crate) fn apply_keep<E: Element>(self, y: &mut [E]) -> ActivationKept<E> {
        fn run<E: Element, F: Curve<E> + Sync>(y: &mut [E], curve: F) -> ActivationKept<E> {
            if F::FROM_RESULT {
                apply(y, curve);
                ActivationKept::Entries(buffer::copy(y))
            } else {
                let kept = buffer::copy(y);
                apply(y, curve);
                ActivationKept::Entries(kept)
            }
        }
        if self == Activation::Relu {
            apply(y, Relu);
            return Self::keep_rectified(y);
        }
        with_curve!(self, ActivationKept::Nothing, |curve| run(y, curve))
    }

    /// What the way back needs of what a rectifier gave: where it is not zero.
    pub(crate) fn keep_rectified<E: Element>(y: &[E]) -> ActivationKept<E> {
        let mut mask = workspace::take(y.len());
        parallel::chunks(&mut mask, 1, parallel::ENTRY, |first, mask| {
            elementwise::mask(&y[first..first + mask.len()], mask);
        });
        ActivationKept::Mask(mask)
    }

    /// `y = f(y)`.
    pub(crate) fn apply<E: Element>(self, y: &mut [E]) {
        with_curve!(self, (), |curve| apply(y, curve));
    }

    /// `bar = f' bar`, which is the tangent's way as well.
    pub(crate) fn pull<E: Element>(self, kept: &ActivationKept<E>, bar: &mut [E]) {
        match kept {
            ActivationKept::Nothing => {}
            ActivationKept::Mask(mask) => {
                parallel::chunks(bar, 1, parallel::ENTRY, |first, bar| {
                    elementwise::keep_masked(&mask[first..first + bar.len()], bar);
                })
            }
            ActivationKept::Entries(kept) => {
                with_curve!(self, (), |curve| {
                    parallel::chunks(bar, 1, parallel::ENTRY, |first, bar| {
                        elementwise::pull(&kept[first..first + bar.len()], bar, curve);
                    });
                });
            }
        }
    }
}

/// `y = f(y)`, on all threads where there is enough to do.
fn apply<E: Element>(y: &mut [E], curve: impl Curve<E> + Sync) {
    parallel::chunks(y, 1, parallel::ENTRY, |_, y| elementwise::apply(y, curve));
}

/// What the way back through an activation needs.
#[derive(Debug)]
pub enum ActivationKept<E: Element> {
    /// Nothing.
    Nothing,
    /// Which results are not zero.
    Mask(Vec<u8>),
    /// The arguments, or the results where they tell the derivative.
    Entries(Vec<E>),
}

impl<E: Element> ActivationKept<E> {
    /// Gives the memory back.
    pub(crate) fn give(self) {
        match self {
            ActivationKept::Nothing => {}
            ActivationKept::Mask(mask) => workspace::give(mask),
            ActivationKept::Entries(entries) => workspace::give(entries),
        }
    }
}

impl Differentiable for Activation {
    type Tangent = NoTangent;

    fn zero_tangent(&self) -> NoTangent {
        NoTangent
    }

    fn check_shape(&self, _: &NoTangent) -> Result<(), ShapeError> {
        Ok(())
    }
}

impl Parameters for Activation {
    fn visit(&mut self, _: &NoTangent, _: &mut impl LeafVisitor) {}
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> Layer<ArrayBase<S, D>> for Activation {
    type Output = Array<E, D>;
    type Kept = ActivationKept<E>;

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
        self.expect_settings();
        let mut y = buffer::array(x.raw_dim());
        let entries = buffer::entries(&mut y);
        entries.copy_from_slice(&Rows::of(x));
        self.apply(entries);
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, D>) -> (Array<E, D>, ActivationKept<E>) {
        self.expect_settings();
        let mut y = buffer::array(x.raw_dim());
        let entries = buffer::entries(&mut y);
        entries.copy_from_slice(&Rows::of(x));
        let kept = self.apply_keep(entries);
        (y, kept)
    }

    fn pull(
        &self,
        _: &ArrayBase<S, D>,
        kept: ActivationKept<E>,
        y_bar: Array<E, D>,
        _: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, D>>,
    ) {
        let mut bar = buffer::into_rows(y_bar);
        if let Some(x_bar) = x_bar {
            Activation::pull(*self, &kept, &mut bar);
            buffer::change(x_bar, |x_bar| elementwise::add(x_bar, &bar));
        }
        kept.give();
        workspace::give(bar);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, D>,
        _: Option<&NoTangent>,
        x_dot: Option<&TangentOf<ArrayBase<S, D>>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let (y, kept) = self.forward_keep(x);
        let mut y_dot = buffer::zeros(x.raw_dim());
        if let Some(x_dot) = x_dot {
            let entries = buffer::entries(&mut y_dot);
            entries.copy_from_slice(&Rows::of(x_dot));
            Activation::pull(*self, &kept, entries);
        }
        kept.give();
        (y, y_dot)
    }

    fn reuse(y: Array<E, D>) {
        buffer::give(y);
    }
}
