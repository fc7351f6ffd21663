//! [`Conv2d`]: two-dimensional convolution.

use ndarray::{Array1, Array4, ArrayBase, Data, Ix4};

use super::buffer::{self, Rows};
use super::error::{check, expect};
use super::layer::inherent_forward;
use super::{Activation, ActivationKept, Bar, Element, Init, Layer, LayerError, LayerName};
use crate::private::TangentOf;
use crate::tensor::conv::Convolution;
use crate::tensor::{elementwise, workspace};
use crate::{Differentiable, Dimensions};

/// A convolution of channels-last images, followed by an activation.
///
/// Of `[batch, height, width, channels]` it makes `[batch, height', width', filters]` with
/// `height' = (height + 2 padding - kernel) / stride + 1`, rounded down:
///
/// ```text
/// y[n, i, j, f] = act(bias[f] + Σ_p Σ_q Σ_c x[n, i stride + p - padding, ..., c] filters[p, q, c, f])
/// ```
///
/// where `x` is zero outside the image. As everywhere in this field the filters are not turned round.
///
/// ```
/// use grad_runtime::nn::{Activation, Conv2d, Init};
/// use ndarray::Array4;
///
/// let layer: Conv2d = Conv2d::new([3, 3], 3, 16, Init::he(1))
///     .padding(1)
///     .stride(2)
///     .with(Activation::Relu);
/// let y = layer.forward(&Array4::zeros((5, 32, 32, 3)));
/// assert_eq!(y.dim(), (5, 16, 16, 16));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Conv2d<E: Element = f32> {
    /// Of `[kernel height, kernel width, channels, filters]`.
    pub filters: Array4<E>,
    /// Of `[filters]`.
    pub bias: Array1<E>,
    /// How far apart results are, down and across.
    #[differentiate(skip)]
    pub stride: [usize; 2],
    /// Zeros put above and below, left and right.
    #[differentiate(skip)]
    pub padding: [usize; 2],
    /// What ends it.
    #[differentiate(skip)]
    pub activation: Activation,
}

impl<E: Element> Conv2d<E> {
    /// A linear convolution of stride 1 without padding, with filters drawn as `init` says and a bias
    /// of zero.
    #[must_use]
    pub fn new(kernel: [usize; 2], channels: usize, filters: usize, init: Init) -> Self {
        let [height, width] = kernel;
        let area = height * width;
        Self {
            filters: init.weights(
                Ix4(height, width, channels, filters),
                area * channels,
                area * filters,
            ),
            bias: Array1::zeros(filters),
            stride: [1, 1],
            padding: [0, 0],
            activation: Activation::Linear,
        }
    }

    /// A linear convolution with these filters, stride 1 and no padding.
    ///
    /// # Errors
    /// If the bias has not one entry for each filter.
    pub fn from_parts(filters: Array4<E>, bias: Array1<E>) -> Result<Self, LayerError> {
        let layer = Self {
            filters,
            bias,
            stride: [1, 1],
            padding: [0, 0],
            activation: Activation::Linear,
        };
        layer.check_parts()?;
        Ok(layer)
    }

    /// The layer with this stride both ways.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = [stride; 2];
        self
    }

    /// The layer with this padding on all sides.
    #[must_use]
    pub fn padding(mut self, padding: usize) -> Self {
        self.padding = [padding; 2];
        self
    }

    /// The layer with an activation.
    ///
    /// # Panics
    /// If a setting of the activation is out of its range.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, activation: Activation) -> Self {
        activation.expect_settings();
        self.activation = activation;
        self
    }

    fn name(&self) -> LayerName {
        let (_, _, channels, filters) = self.filters.dim();
        LayerName::sized("conv2d layer", channels, filters)
    }

    fn check_parts(&self) -> Result<(), LayerError> {
        let (height, width, _, filters) = self.filters.dim();
        let rule = |rule| {
            Err(LayerError::Setting {
                layer: self.name(),
                rule,
            })
        };
        if self.stride.contains(&0) {
            return rule("the stride must be positive");
        }
        if height == 0 || width == 0 {
            return rule("the kernel must not be empty");
        }
        if self.padding[0] >= height || self.padding[1] >= width {
            return rule("the padding must be less than the kernel, else a result sees no pixel");
        }
        check(self.name(), "bias", &[filters], self.bias.shape())
    }

    /// The extents for images of this shape, and those of the result.
    fn extents(&self, x: &[usize]) -> Result<(Convolution, Ix4), LayerError> {
        self.check_parts()?;
        let (height, width, channels, filters) = self.filters.dim();
        let any = Dimensions::ANY;
        check(self.name(), "input", &[any, any, any, channels], x)?;
        if x[1..].contains(&0) || filters == 0 {
            let rule = "image, channels and filters must not be empty";
            return Err(LayerError::Setting {
                layer: self.name(),
                rule,
            });
        }
        let convolution = Convolution {
            image: [x[1], x[2]],
            channels,
            filters,
            kernel: [height, width],
            stride: self.stride,
            padding: self.padding,
        };
        let [rows, columns] = convolution.output().ok_or_else(|| LayerError::Window {
            layer: self.name(),
            window: Dimensions::of(&[height, width]),
            image: Dimensions::of(&[x[1] + 2 * self.padding[0], x[2] + 2 * self.padding[1]]),
        })?;
        Ok((convolution, Ix4(x[0], rows, columns, filters)))
    }

    /// The sums, made positive if `rectify`.
    #[track_caller]
    fn sums<S: Data<Elem = E>>(&self, x: &ArrayBase<S, Ix4>, rectify: bool) -> Array4<E> {
        let (convolution, shape) = expect(self.extents(x.shape()));
        let mut y = buffer::array(shape);
        convolution.forward(
            &Rows::of(x),
            &Rows::of(&self.filters),
            &Rows::of(&self.bias),
            rectify,
            buffer::entries(&mut y),
        );
        y
    }
}

impl<E: Element, S: Data<Elem = E>> Layer<ArrayBase<S, Ix4>> for Conv2d<E> {
    type Output = Array4<E>;
    type Kept = ActivationKept<E>;

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, Ix4>) -> Array4<E> {
        let rectify = self.activation == Activation::Relu;
        let mut y = self.sums(x, rectify);
        if !rectify {
            self.activation.apply(buffer::entries(&mut y));
        }
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, Ix4>) -> (Array4<E>, ActivationKept<E>) {
        let rectify = self.activation == Activation::Relu;
        let mut y = self.sums(x, rectify);
        let entries = buffer::entries(&mut y);
        let kept = if rectify {
            Activation::keep_rectified(entries)
        } else {
            self.activation.apply_keep(entries)
        };
        (y, kept)
    }

    #[track_caller]
    fn pull(
        &self,
        x: &ArrayBase<S, Ix4>,
        kept: ActivationKept<E>,
        y_bar: Array4<E>,
        self_bar: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, Ix4>>,
    ) {
        let (convolution, _) = expect(self.extents(x.shape()));
        let mut bar = buffer::into_rows(y_bar);
        self.activation.pull(&kept, &mut bar);
        kept.give();
        if let Some(self_bar) = self_bar {
            buffer::change(&mut self_bar.bias, |bias_bar| {
                convolution.pull_bias(&bar, bias_bar);
            });
            let x = Rows::of(x);
            buffer::change(&mut self_bar.filters, |filters_bar| {
                convolution.pull_filters(&x, &bar, filters_bar);
            });
        }
        if let Some(x_bar) = x_bar {
            let filters = Rows::of(&self.filters);
            buffer::change(x_bar, |x_bar| convolution.pull_image(&filters, &bar, x_bar));
        }
        workspace::give(bar);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, Ix4>,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&Array4<E>>,
    ) -> (Array4<E>, Array4<E>) {
        let (convolution, shape) = expect(self.extents(x.shape()));
        let (y, kept) = self.forward_keep(x);
        let no_bias = workspace::take_zeroed(convolution.filters);
        let mut y_dot = buffer::zeros(shape);
        let dot = buffer::entries(&mut y_dot);
        let mut part = workspace::take(dot.len());
        let mut add = |x: &[E], filters: &[E], bias: &[E]| {
            convolution.forward(x, filters, bias, false, &mut part);
            elementwise::add(dot, &part);
        };
        if let Some(x_dot) = x_dot {
            add(&Rows::of(x_dot), &Rows::of(&self.filters), &no_bias);
        }
        if let Some(self_dot) = self_dot {
            let (filters, bias) = (Rows::of(&self_dot.filters), Rows::of(&self_dot.bias));
            add(&Rows::of(x), &filters, &bias);
        }
        self.activation.pull(&kept, dot);
        kept.give();
        workspace::give(no_bias);
        workspace::give(part);
        (y, y_dot)
    }

    fn reuse(y: Array4<E>) {
        buffer::give(y);
    }
}

inherent_forward!(Conv2d<E>, ArrayBase<S, Ix4> => Array4<E>);
