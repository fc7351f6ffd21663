//! Every layer: derivatives, both precisions, values by formula, errors.

use grad_runtime::nn::{
    Activation, AveragePool2d, BatchNorm, BatchNormMode, Conv2d, Dense, Dropout, Element,
    Embedding, Flatten, Init, Layer, LayerError, LayerNorm, LogSoftmax, MaxPool2d, Maxout, Softmax,
};
use grad_runtime::private::Wrt;
use grad_runtime::{Differentiable, Parameters};
use ndarray::{Array1, Array2, Array3, Array4, arr1, arr2};

use super::{check_layer, check_precisions, distinct, panic_text, random};

const ACTIVATIONS: [Activation; 9] = [
    Activation::Linear,
    Activation::Relu,
    Activation::LeakyRelu(0.1),
    Activation::Elu(0.7),
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Gelu,
    Activation::Softplus,
    Activation::Silu,
];

fn dense<E: Element>(activation: Activation) -> Dense<E> {
    let mut layer = Dense::new(5, 4, Init::glorot(3)).with(activation);
    layer.bias = random(4, 4);
    layer
}

fn conv<E: Element>(stride: usize, padding: usize, activation: Activation) -> Conv2d<E> {
    let mut layer = Conv2d::new([3, 2], 2, 3, Init::he(5))
        .stride(stride)
        .padding(padding)
        .with(activation);
    layer.bias = random(3, 6);
    layer
}

#[test]
fn dense_layers() {
    for activation in ACTIVATIONS {
        check_layer(&dense::<f64>(activation), &random((3, 5), 1));
        let (x, wide_x) = (random::<f32, _>((3, 5), 1), random::<f64, _>((3, 5), 1));
        check_precisions(
            &dense::<f32>(activation),
            &dense::<f64>(activation),
            &x,
            &wide_x,
        );
    }
    // An input in another order of memory, and an empty batch.
    let x = random::<f64, _>((5, 3), 1).reversed_axes();
    let layer = dense::<f64>(Activation::Tanh);
    assert_eq!(
        layer.forward(&x),
        layer.forward(&x.as_standard_layout().to_owned())
    );
    assert_eq!(layer.forward(&x.view()), layer.forward(&x));
    check_layer(&layer, &x);
    check_layer(&layer, &Array2::<f64>::zeros((0, 5)));
}

#[test]
fn activations_of_any_rank() {
    for activation in ACTIVATIONS {
        check_layer(&activation, &distinct(7));
        check_layer(&activation, &distinct((2, 3, 2, 2)));
    }
}

#[test]
fn convolutions() {
    for (stride, padding) in [(1, 0), (1, 1), (2, 0), (2, 1), (3, 1)] {
        for activation in [Activation::Linear, Activation::Relu, Activation::Silu] {
            let layer = conv::<f64>(stride, padding, activation);
            check_layer(&layer, &random((2, 6, 5, 2), 2));
            let (x, wide_x) = (
                random::<f32, _>((2, 6, 5, 2), 2),
                random::<f64, _>((2, 6, 5, 2), 2),
            );
            check_precisions(
                &conv::<f32>(stride, padding, activation),
                &layer,
                &x,
                &wide_x,
            );
        }
    }
    check_layer(
        &conv::<f64>(1, 0, Activation::Tanh),
        &Array4::zeros((0, 6, 5, 2)),
    );
    // The first layer of a network of grey images copies its patches.
    check_layer(
        &Conv2d::<f64>::new([5, 5], 1, 6, Init::he(1)),
        &random((2, 8, 7, 1), 3),
    );
}

#[test]
fn pools() {
    for stride in [1, 2, 3] {
        check_layer(&MaxPool2d::new(2).stride(stride), &distinct((2, 4, 5, 3)));
        check_layer(
            &AveragePool2d::new(2).stride(stride),
            &random((2, 4, 5, 3), 1),
        );
    }
    let window = MaxPool2d {
        window: [1, 3],
        stride: [2, 1],
    };
    check_layer(&window, &distinct((1, 3, 4, 2)));
    // At a tie the first entry gets the cotangent.
    let x = Array4::<f64>::zeros((1, 2, 2, 1));
    let (_, pull) = MaxPool2d::new(2).__grad_vjp_forward(&x, Wrt::<2>);
    let mut x_bar = x.zero_tangent();
    pull(
        Array4::ones((1, 1, 1, 1)),
        &MaxPool2d::new(2),
        &x,
        None,
        Some(&mut x_bar),
    );
    assert_eq!(x_bar.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn flatten() {
    check_layer(&Flatten, &random((2, 3, 2, 2), 1));
    check_layer(&Flatten, &random(4, 1));
    let x = random::<f64, _>((2, 3, 2), 1);
    assert_eq!(
        Flatten.forward(&x),
        x.into_shape_with_order((2, 6)).unwrap()
    );
}

#[test]
fn dropout() {
    let mut layer = Dropout::new(0.4, 1).unwrap();
    check_layer(&layer, &random((3, 4), 1));
    layer.next_mask();
    check_layer(&layer, &random((3, 4), 1));
    let ones = Array1::<f64>::ones(200_000);
    let y = layer.forward(&ones);
    let kept = y.iter().filter(|&&y| y != 0.0).count();
    assert!(y.iter().all(|&y| y == 0.0 || (y - 1.0 / 0.6).abs() < 1e-12));
    assert!((119_000..121_000).contains(&kept), "{kept} of 200000");
    // Neighbours are independent.
    let pairs = y
        .windows(2)
        .into_iter()
        .filter(|w| w[0] != 0.0 && w[1] != 0.0)
        .count();
    assert!((71_000..73_000).contains(&pairs), "{pairs}");
    layer.next_mask();
    assert_ne!(layer.forward(&ones), y);
}

#[test]
fn normalisations() {
    let mut layer = LayerNorm::<f64>::new(4);
    layer.scale = random(4, 1);
    layer.shift = random(4, 2);
    check_layer(&layer, &random((3, 4), 3));
    check_layer(&layer, &random((2, 2, 4), 3));

    let mut layer = BatchNorm::<f64>::new(3);
    layer.scale = random(3, 1);
    layer.shift = random(3, 2);
    check_layer(&layer, &random((5, 3), 4));
    check_layer(&layer, &random((2, 2, 2, 3), 4));
    layer.observe(&random((5, 3), 4));
    layer.mode = BatchNormMode::Evaluation;
    check_layer(&layer, &random((5, 3), 4));
    // The gradient of what a training batch gives is orthogonal to a shift of it.
    layer.mode = BatchNormMode::Training;
    let x = random::<f64, _>((5, 3), 4);
    let (y, moved) = (layer.forward(&x), layer.forward(&(&x + 10.0)));
    assert!((y - moved).iter().all(|d| d.abs() < 1e-9));
}

#[test]
fn batch_norm_observes() {
    let mut layer = BatchNorm::<f64>::new(2);
    layer.observe(&arr2(&[[1.0, 0.0], [2.0, 0.0], [3.0, 3.0]]));
    let close = |found: &Array1<f64>, expected: [f64; 2]| {
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(f, e)| (f - e).abs() < 1e-12),
            "{found}"
        );
    };
    close(&layer.mean, [0.2, 0.1]);
    close(&layer.variance, [1.0, 0.9 + 0.1 * 3.0]);
}

#[test]
fn maxout() {
    for pieces in [1, 2, 3] {
        let mut layer = Maxout::<f64>::new(4, 3, pieces, Init::glorot(1));
        layer.bias = random((pieces, 3), 2);
        check_layer(&layer, &random((5, 4), 3));
    }
    // Two equal pieces share.
    let layer = Maxout::from_parts(Array3::<f64>::ones((2, 1, 1)), Array2::zeros((2, 1))).unwrap();
    let x = arr2(&[[3.0]]);
    let (y, pull) = layer.__grad_vjp_forward(&x, Wrt::<3>);
    let (mut layer_bar, mut x_bar) = (layer.zero_tangent(), x.zero_tangent());
    pull(
        arr2(&[[1.0]]),
        &layer,
        &x,
        Some(&mut layer_bar),
        Some(&mut x_bar),
    );
    assert_eq!((y[[0, 0]], x_bar[[0, 0]]), (3.0, 1.0));
    assert_eq!(layer_bar.bias, arr2(&[[0.5], [0.5]]));
}

#[test]
fn softmaxes() {
    check_layer(&Softmax, &random((3, 4), 1));
    check_layer(&LogSoftmax, &random((3, 4), 1));
    check_layer(&Softmax, &random(5, 1));
    check_layer(&LogSoftmax, &random((2, 2, 3), 1));
    let y = Softmax.forward(&arr1(&[0.0, -1000.0]));
    assert_eq!(y, arr1(&[1.0, 0.0]));
}

#[test]
fn embedding() {
    let layer = Embedding::<f64>::new(4, 3, Init::uniform(0.5, 1));
    let indices = [2, 0, 2];
    let y_bar = random::<f64, _>((3, 3), 1);
    let vjp = |layer: &Embedding<f64>| {
        let (value, pull) = layer.__grad_vjp_forward(&indices, Wrt::<1>);
        assert_eq!(value, layer.forward(&indices));
        let mut bar = layer.zero_tangent();
        pull(y_bar.clone(), layer, &indices, Some(&mut bar), None);
        bar
    };
    let value = |layer: &Embedding<f64>| (layer.forward(&indices) * &y_bar).sum();
    grad_runtime::check::check_gradient(value, vjp, layer.clone()).unwrap();
    let jvp = |layer: &Embedding<f64>, dot: &_| {
        let (_, dot) = layer.__grad_jvp_forward(&indices, Wrt::<1>, Some(dot), None);
        (dot * &y_bar).sum()
    };
    grad_runtime::check::check_jvp(value, jvp, layer).unwrap();
}

#[test]
fn tuples_of_layers() {
    let model = (
        conv::<f64>(1, 1, Activation::Tanh),
        AveragePool2d::new(2),
        Flatten,
        Dense::<f64>::new(18, 4, Init::glorot(1)).with(Activation::Gelu),
        LayerNorm::<f64>::new(4),
    );
    check_layer(&model, &random((2, 5, 6, 2), 1));
    let nested = (
        (dense::<f64>(Activation::Silu), Activation::Tanh),
        (Dense::<f64>::new(4, 2, Init::glorot(2)), LogSoftmax),
    );
    check_layer(&nested, &random((3, 5), 1));
}

/// A model of one's own, differentiated by hand as generated code does it.
#[derive(Clone, Differentiable)]
struct Model {
    first: Dense<f64>,
    second: Dense<f64>,
}

/// The number of floats.
struct Count(usize);

impl grad_runtime::LeafVisitor for Count {
    fn f32s(&mut self, _: &mut [f32], _: &[f32]) {}
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.0 += x.len();
    }
}

#[test]
fn a_model_has_a_gradient_of_its_shape() {
    let mut model = Model {
        first: dense(Activation::Tanh),
        second: Dense::new(4, 2, Init::he(1)),
    };
    let bar: ModelTangent = model.zero_tangent();
    assert_eq!(bar.first.weights.dim(), (5, 4));
    assert_eq!(bar.second.bias.dim(), 2);
    let mut count = Count(0);
    model.visit(&bar, &mut count);
    assert_eq!(count.0, 5 * 4 + 4 + 4 * 2 + 2);
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    assert_eq!(dense::<f32>(Activation::Relu), dense(Activation::Relu));
    let other: Dense = Dense::new(5, 4, Init::glorot(4));
    assert_ne!(other.weights, dense(Activation::Relu).weights);
    for (init, limit) in [
        (Init::glorot(1), (6.0_f64 / 300.0).sqrt()),
        (Init::he(1), (6.0_f64 / 100.0).sqrt()),
        (Init::uniform(0.3, 1), 0.3),
    ] {
        let weights = Dense::<f64>::new(100, 200, init).weights;
        assert!(weights.iter().all(|w| w.abs() <= limit));
        let mean_square = weights.mapv(|w| w * w).mean().unwrap();
        assert!((mean_square / (limit * limit / 3.0) - 1.0).abs() < 0.03);
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let cases: [(&str, fn()); 11] = [
        (
            "conv2d layer (2 to 3): image, channels and filters must not be empty",
            || {
                let _ = conv::<f32>(1, 0, Activation::Relu).forward(&Array4::zeros((1, 0, 8, 2)));
            },
        ),
        ("max pooling: image and channels must not be empty", || {
            let _ = MaxPool2d::new(2).forward(&Array4::<f32>::zeros((1, 4, 4, 0)));
        }),
        (
            "dense layer (5 to 4): the input has shape (2, 6), expected (_, 5)",
            || {
                let _ = dense::<f32>(Activation::Relu).forward(&Array2::zeros((2, 6)));
            },
        ),
        (
            "conv2d layer (2 to 3): the input has shape (1, 8, 8, 3), expected (_, _, _, 2)",
            || {
                let _ = conv::<f32>(1, 0, Activation::Relu).forward(&Array4::zeros((1, 8, 8, 3)));
            },
        ),
        (
            "conv2d layer (2 to 3): a window of (3, 2) does not fit an image of (2, 8)",
            || {
                let _ = conv::<f32>(1, 0, Activation::Relu).forward(&Array4::zeros((1, 2, 8, 2)));
            },
        ),
        (
            "max pooling: a window of (3, 3) does not fit an image of (2, 8)",
            || {
                let _ = MaxPool2d::new(3).forward(&Array4::<f32>::zeros((1, 2, 8, 2)));
            },
        ),
        (
            "layer normalisation (4 to 4): the input has shape (2, 3), expected (_, 4)",
            || {
                let _ = LayerNorm::<f32>::new(4).forward(&Array2::zeros((2, 3)));
            },
        ),
        (
            "batch normalisation (4 to 4): a batch to train on must not be empty",
            || {
                let _ = BatchNorm::<f32>::new(4).forward(&Array2::zeros((0, 4)));
            },
        ),
        (
            "maxout layer (4 to 3): the input has shape (2, 3), expected (_, 4)",
            || {
                let _ = Maxout::<f32>::new(4, 3, 2, Init::he(1)).forward(&Array2::zeros((2, 3)));
            },
        ),
        ("embedding (4 to 3): index 4 of 4 rows", || {
            let _ = Embedding::<f32>::new(4, 3, Init::he(1)).forward(&[1, 4]);
        }),
        (
            "conv2d layer (2 to 3): the padding must be less than the kernel, else a result sees no pixel",
            || {
                let _ = conv::<f32>(1, 2, Activation::Relu).forward(&Array4::zeros((1, 8, 8, 2)));
            },
        ),
    ];
    for (text, case) in cases {
        assert_eq!(panic_text(case), text);
    }
    assert!(matches!(
        Dropout::new(1.0, 0),
        Err(LayerError::Setting { .. })
    ));
    assert!(Maxout::from_parts(Array3::<f32>::zeros((0, 2, 2)), Array2::zeros((0, 2))).is_err());
    assert!(Conv2d::from_parts(Array4::<f32>::zeros((3, 3, 1, 4)), Array1::zeros(3)).is_err());
    let error = Dense::<f32>::new(2, 3, Init::he(1))
        .check_shape(&Dense::<f32>::new(3, 3, Init::he(1)).zero_tangent())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tangent has another shape in field `weights`: expected (2, 3), found (3, 3)"
    );
}
