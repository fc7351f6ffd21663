//! The scalar activations: functions of one float with their derivatives.

use crate::private::Wrt;
use crate::tensor::elementwise::Curve;

use super::Element;

/// What generated code calls for a function of one float.
macro_rules! companions {
    ($($name:ident $grad:ident $Curve:ident)+) => {$(
        #[doc = concat!("The derivative of [`", stringify!($name), "()`].")]
        ///
        /// ```
        #[doc = concat!("use grad_runtime::nn::{", stringify!($name), ", ", stringify!($grad), "};")]
        ///
        /// let (x, h) = (0.7_f64, 1e-5);
        #[doc = concat!("let slope = (", stringify!($name), "(x + h) - ", stringify!($name), "(x - h)) / (2.0 * h);")]
        #[doc = concat!("assert!((", stringify!($grad), "(x) - slope).abs() < 1e-8);")]
        /// ```
        #[inline]
        #[must_use]
        pub fn $grad<E: Element>(x: E) -> E {
            let kept = if <$Curve as Curve<E>>::FROM_RESULT { $Curve.value(x) } else { x };
            $Curve.pull(kept, E::one())
        }

        #[doc = concat!("The companion of [`", stringify!($name), "()`]: its derivatives, for generated code.")]
        #[allow(non_camel_case_types, reason = "found by the function's own path")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name {}

        impl $name {
            #[doc(hidden)]
            #[inline]
            pub fn vjp<E: Element, const M: u64>(
                x: E,
                _: Wrt<M>,
            ) -> (E, impl FnOnce(E, &E, Option<&mut E>) + use<E, M>) {
                let y = $Curve.value(x);
                let pull = move |y_bar: E, x: &E, x_bar: Option<&mut E>| {
                    if let Some(x_bar) = x_bar {
                        let kept = if <$Curve as Curve<E>>::FROM_RESULT { y } else { *x };
                        *x_bar += $Curve.pull(kept, y_bar);
                    }
                };
                (y, pull)
            }

            #[doc(hidden)]
            #[inline]
            pub fn jvp<E: Element, const M: u64>(x: E, _: Wrt<M>, x_dot: Option<&E>) -> (E, E) {
                let y = $Curve.value(x);
                let kept = if <$Curve as Curve<E>>::FROM_RESULT { y } else { x };
                (y, x_dot.map_or_else(E::zero, |&x_dot| $Curve.pull(kept, x_dot)))
            }
        }
    )+};
}
companions! {
    relu grad_relu Relu
    sigmoid grad_sigmoid Sigmoid
    tanh grad_tanh Tanh
    gelu grad_gelu Gelu
    softplus grad_softplus Softplus
    silu grad_silu Silu
}

/// A function with a setting: derivatives by both arguments.
macro_rules! companions_with_setting {
    ($($name:ident $Curve:ident, by setting: |$x:ident, $s:ident| $by_setting:expr;)+) => {$(
        #[doc = concat!("The companion of [`", stringify!($name), "()`]: its derivatives, for generated code.")]
        #[allow(non_camel_case_types, reason = "found by the function's own path")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name {}

        impl $name {
            fn by_setting<E: Element>($x: E, $s: E) -> E {
                $by_setting
            }

            #[doc(hidden)]
            #[inline]
            pub fn vjp<E: Element, const M: u64>(
                x: E,
                setting: E,
                _: Wrt<M>,
            ) -> (E, impl FnOnce(E, &E, &E, Option<&mut E>, Option<&mut E>) + use<E, M>) {
                let y = $Curve(setting).value(x);
                let pull = move |y_bar: E, x: &E, setting: &E, x_bar: Option<&mut E>, setting_bar: Option<&mut E>| {
                    if let Some(x_bar) = x_bar {
                        *x_bar += $Curve(*setting).slope(*x) * y_bar;
                    }
                    if let Some(setting_bar) = setting_bar {
                        *setting_bar += Self::by_setting(*x, *setting) * y_bar;
                    }
                };
                (y, pull)
            }

            #[doc(hidden)]
            #[inline]
            pub fn jvp<E: Element, const M: u64>(
                x: E,
                setting: E,
                _: Wrt<M>,
                x_dot: Option<&E>,
                setting_dot: Option<&E>,
            ) -> (E, E) {
                let by_x = x_dot.map_or_else(E::zero, |&dot| $Curve(setting).slope(x) * dot);
                let by_setting = setting_dot.map_or_else(E::zero, |&dot| Self::by_setting(x, setting) * dot);
                ($Curve(setting).value(x), by_x + by_setting)
            }
        }
    )+};
}
companions_with_setting! {
    leaky_relu LeakyRelu, by setting: |x, _s| if x > E::zero() { E::zero() } else { x };
    elu Elu, by setting: |x, _s| if x > E::zero() { E::zero() } else { x.fast_exp() - E::one() };
}

/// The rectifier, `max(x, 0)`; at 0 its derivative is 0.
///
/// ```
/// assert_eq!(grad_runtime::nn::relu(-2.0), 0.0);
/// assert_eq!(grad_runtime::nn::grad_relu(0.0), 0.0);
/// ```
#[inline]
#[must_use]
pub fn relu<E: Element>(x: E) -> E {
    Relu.value(x)
}

/// `x` above 0, `slope x` below; at 0 its derivative is `slope`.
///
/// ```
/// assert_eq!(grad_runtime::nn::leaky_relu(-2.0, 0.25), -0.5);
/// ```
#[inline]
#[must_use]
pub fn leaky_relu<E: Element>(x: E, slope: E) -> E {
    LeakyRelu(slope).value(x)
}

/// The exponential linear unit: `x` above 0, `scale (e^x - 1)` below (Clevert et al. 2016); at 0 its
/// derivative is `scale`.
///
/// ```
/// assert_eq!(grad_runtime::nn::elu(f64::NEG_INFINITY, 0.5), -0.5);
/// ```
#[inline]
#[must_use]
pub fn elu<E: Element>(x: E, scale: E) -> E {
    Elu(scale).value(x)
}

/// The logistic function, `1 / (1 + e^-x)`.
///
/// ```
/// assert_eq!(grad_runtime::nn::sigmoid(0.0), 0.5);
/// ```
#[inline]
#[must_use]
pub fn sigmoid<E: Element>(x: E) -> E {
    Sigmoid.value(x)
}

/// The hyperbolic tangent; of an `f32` at most 2 units in the last place off, and fast in loops.
///
/// ```
/// let y: f32 = grad_runtime::nn::tanh(0.5);
/// assert!((y - 0.5_f32.tanh()).abs() < 1e-7);
/// ```
#[inline]
#[must_use]
pub fn tanh<E: Element>(x: E) -> E {
    Tanh.value(x)
}

/// The Gaussian error linear unit in its tanh form,
/// `x/2 (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))` (Hendrycks and Gimpel 2016).
///
/// ```
/// assert!((grad_runtime::nn::gelu(1.0_f64) - 0.841_191_99).abs() < 1e-8);
/// ```
#[inline]
#[must_use]
pub fn gelu<E: Element>(x: E) -> E {
    Gelu.value(x)
}

/// `ln(1 + e^x)`, a smooth rectifier.
///
/// ```
/// assert_eq!(grad_runtime::nn::softplus(0.0_f64), 2.0_f64.ln());
/// assert_eq!(grad_runtime::nn::softplus(1000.0), 1000.0);
/// ```
#[inline]
#[must_use]
pub fn softplus<E: Element>(x: E) -> E {
    Softplus.value(x)
}

/// The sigmoid linear unit, `x / (1 + e^-x)`, also called swish.
///
/// ```
/// assert_eq!(grad_runtime::nn::silu(0.0), 0.0);
/// ```
#[inline]
#[must_use]
pub fn silu<E: Element>(x: E) -> E {
    Silu.value(x)
}

macro_rules! markers {
    ($($Curve:ident)+) => {$(
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $Curve;
    )+};
}
markers!(Relu Sigmoid Tanh Gelu Softplus Silu);

#[derive(Clone, Copy, Debug)]
pub(crate) struct LeakyRelu<E>(pub(crate) E);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Elu<E>(pub(crate) E);

impl<E: Element> Curve<E> for Relu {
    const FROM_RESULT: bool = true;

    #[inline(always)]
    fn value(self, x: E) -> E {
        // What is not a number stays.
        if E::zero() > x { E::zero() } else { x }
    }

    #[inline(always)]
    fn pull(self, y: E, bar: E) -> E {
        if y <= E::zero() { E::zero() } else { bar }
    }
}

impl<E: Element> LeakyRelu<E> {
    #[inline(always)]
    fn slope(self, x: E) -> E {
        if x > E::zero() { E::one() } else { self.0 }
    }
}

impl<E: Element> Curve<E> for LeakyRelu<E> {
    // With a slope that is not negative, which layers see to, the result has the argument's sign.
    const FROM_RESULT: bool = true;

    #[inline(always)]
    fn value(self, x: E) -> E {
        if x > E::zero() { x } else { self.0 * x }
    }

    #[inline(always)]
    fn pull(self, y: E, bar: E) -> E {
        bar * self.slope(y)
    }
}

impl<E: Element> Elu<E> {
    #[inline(always)]
    fn slope(self, x: E) -> E {
        if x > E::zero() {
            E::one()
        } else {
            self.0 * x.fast_exp()
        }
    }
}

impl<E: Element> Curve<E> for Elu<E> {
    // As `leaky_relu`.
    const FROM_RESULT: bool = true;

    #[inline(always)]
    fn value(self, x: E) -> E {
        if x > E::zero() {
            x
        } else {
            self.0 * (x.fast_exp() - E::one())
        }
    }

    #[inline(always)]
    fn pull(self, y: E, bar: E) -> E {
        if y > E::zero() {
            bar
        } else {
            bar * (y + self.0)
        }
    }
}

impl<E: Element> Curve<E> for Sigmoid {
    const FROM_RESULT: bool = true;

    #[inline(always)]
    fn value(self, x: E) -> E {
        E::one() / (E::one() + (-x).fast_exp())
    }

    #[inline(always)]
    fn pull(self, y: E, bar: E) -> E {
        bar * (y * (E::one() - y))
    }
}

impl<E: Element> Curve<E> for Tanh {
    const FROM_RESULT: bool = true;

    #[inline(always)]
    fn value(self, x: E) -> E {
        x.fast_tanh()
    }

    #[inline(always)]
    fn pull(self, y: E, bar: E) -> E {
        bar * ((E::one() - y) * (E::one() + y))
    }
}

/// `sqrt(2/π)` and the coefficient of the cube.
const GELU: (f64, f64) = (0.797_884_560_802_865_4, 0.044_715);

impl<E: Element> Curve<E> for Gelu {
    const FROM_RESULT: bool = false;

    #[inline(always)]
    fn value(self, x: E) -> E {
        let inner = E::of(GELU.0) * (x + E::of(GELU.1) * x * x * x);
        E::of(0.5) * x * (E::one() + inner.fast_tanh())
    }

    #[inline(always)]
    fn pull(self, x: E, bar: E) -> E {
        let half = E::of(0.5);
        let t = (E::of(GELU.0) * (x + E::of(GELU.1) * x * x * x)).fast_tanh();
        let inner_slope = E::of(GELU.0) * (E::one() + E::of(3.0 * GELU.1) * x * x);
        bar * (half * (E::one() + t) + half * x * (E::one() - t) * (E::one() + t) * inner_slope)
    }
}

impl<E: Element> Curve<E> for Softplus {
    const FROM_RESULT: bool = false;

    #[inline(always)]
    fn value(self, x: E) -> E {
        let positive = if E::zero() > x { E::zero() } else { x };
        positive + (-x.abs()).fast_exp().ln_1p()
    }

    #[inline(always)]
    fn pull(self, x: E, bar: E) -> E {
        bar * Sigmoid.value(x)
    }
}

impl<E: Element> Curve<E> for Silu {
    const FROM_RESULT: bool = false;

    #[inline(always)]
    fn value(self, x: E) -> E {
        x * Sigmoid.value(x)
    }

    #[inline(always)]
    fn pull(self, x: E, bar: E) -> E {
        let s: E = Sigmoid.value(x);
        bar * (s * (E::one() + x * (E::one() - s)))
    }
}
