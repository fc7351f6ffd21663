//! Tests of layers, losses and array rules: forward mode against differences, reverse against forward,
//! values by their formulas, errors by their texts.

#![deny(warnings, missing_docs, clippy::pedantic)]
// Not forbidden: `ndarray::s!` allows it for itself.
#![deny(unsafe_code)]
#![allow(clippy::float_cmp, reason = "the values compared are exact")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "checks are handed what they check"
)]

#[path = "nn/arrays.rs"]
mod arrays;
#[path = "nn/functions.rs"]
mod functions;
#[path = "nn/layers.rs"]
mod layers;
#[path = "nn/losses.rs"]
mod losses;
#[path = "nn/models.rs"]
mod models;
#[path = "nn/written.rs"]
mod written;

use grad_runtime::nn::{Element, Layer};
use grad_runtime::private::{TangentOf, Wrt};
use grad_runtime::{Differentiable, Parameters, Tangent};
use ndarray::{Array, Dimension, IntoDimension};

/// An array of fixed pseudo-random numbers between -1 and 1.
fn random<E: Element, I: IntoDimension>(shape: I, seed: u64) -> Array<E, I::Dim> {
    let zeros = Array::from_elem(shape, E::zero());
    grad_runtime::check::random_tangent(&zeros, seed)
}

/// An array of distinct numbers in no order, no two closer than a hundredth: far from ties and kinks.
fn distinct<I: IntoDimension>(shape: I) -> Array<f64, I::Dim> {
    let mut k = 0;
    Array::from_shape_simple_fn(shape, || {
        k = (k + 37) % 101;
        f64::from(k) / 50.0 - 1.005
    })
}

/// Checks the derivatives of a layer at an input, against differences and against each other, and that
/// the value along a derivative is the layer's own.
#[track_caller]
fn check_layer<L, X, D>(layer: &L, x: &X)
where
    L: Layer<X, Output = Array<f64, D>> + Parameters + Clone,
    X: Parameters + Clone,
    D: Dimension,
{
    let y_bar: Array<f64, D> = random(layer.forward(x).raw_dim(), 17);
    let vjp = |(layer, x): &(L, X), y_bar: &Array<f64, D>| {
        let (value, pull) = layer.__grad_vjp_forward(x, Wrt::<3>);
        assert_eq!(value, layer.forward(x), "the value along the way back");
        let (mut layer_bar, mut x_bar) = (layer.zero_tangent(), x.zero_tangent());
        let (layer_place, x_place) = (Some(&mut layer_bar), Some(&mut x_bar));
        pull(y_bar.clone(), layer, x, layer_place, x_place);
        (layer_bar, x_bar)
    };
    let jvp = |(layer, x): &(L, X), (layer_dot, x_dot): &(TangentOf<L>, TangentOf<X>)| {
        let dots = (Some(layer_dot), Some(x_dot));
        let (value, dot) = layer.__grad_jvp_forward(x, Wrt::<3>, dots.0, dots.1);
        assert_eq!(value, layer.forward(x), "the value along the way forward");
        dot
    };
    let value = |(layer, x): &(L, X)| (layer.forward(x) * &y_bar).sum();
    let point = (layer.clone(), x.clone());
    grad_runtime::check::check_gradient(value, |point| vjp(point, &y_bar), point.clone()).unwrap();
    grad_runtime::check::check_vjp(jvp, vjp, point.clone(), &y_bar).unwrap();

    // Cotangents are added to, and one that is not asked for costs nothing but itself.
    let (layer_bar, x_bar) = vjp(&point, &y_bar);
    let mut twice = layer_bar.duplicate();
    let (_, pull) = layer.__grad_vjp_forward(x, Wrt::<1>);
    pull(y_bar.clone(), layer, x, Some(&mut twice), None);
    close(&layer_bar, &layer_bar, &twice);
    let mut twice = x_bar.duplicate();
    let (_, pull) = layer.__grad_vjp_forward(x, Wrt::<2>);
    pull(y_bar.clone(), layer, x, None, Some(&mut twice));
    close(&x_bar, &x_bar, &twice);
}

/// `a + b = sum` up to rounding.
#[track_caller]
fn close<T: Tangent>(a: &T, b: &T, sum: &T) {
    let mut difference = sum.duplicate();
    difference.scale(-1.0);
    difference.accumulate(a);
    difference.accumulate(b);
    assert!(difference.norm() <= 1e-12 * (1.0 + sum.norm()));
}

/// Checks that a layer gives in `f32` what it gives in `f64`, forward and back.
#[track_caller]
fn check_precisions<L, M, X, Y, D>(single: &L, double: &M, x: &X, wide_x: &Y)
where
    L: Layer<X, Output = Array<f32, D>>,
    M: Layer<Y, Output = Array<f64, D>>,
    X: Differentiable<Tangent: AsWide>,
    Y: Differentiable<Tangent: AsWide>,
    D: Dimension,
{
    let (y, pull) = single.__grad_vjp_forward(x, Wrt::<2>);
    let (wide_y, wide_pull) = double.__grad_vjp_forward(wide_x, Wrt::<2>);
    let near = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        assert!(
            a.iter()
                .zip(b)
                .all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()))
        );
    };
    near(&y.as_wide(), &wide_y.as_wide());
    let (mut x_bar, mut wide_x_bar) = (x.zero_tangent(), wide_x.zero_tangent());
    pull(y.map(|_| 1.0), single, x, None, Some(&mut x_bar));
    wide_pull(
        wide_y.map(|_| 1.0),
        double,
        wide_x,
        None,
        Some(&mut wide_x_bar),
    );
    near(&x_bar.as_wide(), &wide_x_bar.as_wide());
}

/// Entries as `f64`.
trait AsWide {
    /// In the order of the indices.
    fn as_wide(&self) -> Vec<f64>;
}

impl<E: Element, D: Dimension> AsWide for Array<E, D> {
    fn as_wide(&self) -> Vec<f64> {
        self.iter().map(|x| x.wide()).collect()
    }
}

/// The text of the panic that `f` ends in.
#[track_caller]
fn panic_text(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(f).expect_err("it must panic");
    let text = panic
        .downcast_ref::<String>()
        .expect("the message is formatted");
    text.clone()
}
