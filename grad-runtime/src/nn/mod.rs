//! Layers of neural networks, on arrays of the `ndarray` crate.
//!
//! A layer is a struct with its weights as public fields, a constructor that draws them from a seed,
//! and a `forward`. A model is a plain struct of layers (or a tuple, which is a layer itself); its loss
//! is a plain method with `#[differentiate]`, and the gradient is a struct of the model's shape. Layers
//! carry the derivative of `forward` by hand, on kernels that are as fast forward as back.
//!
//! | layer | input | result |
//! |---|---|---|
//! | [`Dense`] | `[batch, inputs]` | `[batch, outputs]` |
//! | [`Maxout`] | `[batch, inputs]` | `[batch, outputs]` |
//! | [`Conv2d`] | `[batch, height, width, channels]` | `[batch, height, width, filters]` |
//! | [`MaxPool2d`], [`AveragePool2d`] | `[batch, height, width, channels]` | the same, smaller |
//! | [`Flatten`] | `[batch, height, width, channels]` | `[batch, features]` |
//! | [`Dropout`], [`Activation`] | any | the same |
//! | [`BatchNorm`], [`LayerNorm`] | `[.., features]` | the same |
//! | [`Softmax`], [`LogSoftmax`] | `[.., classes]` | the same |
//! | [`Embedding`] | indices | `[indices, features]` |
//!
//! Images are channels-last. State that is not learnt, such as the mask of a dropout or the running
//! means of a batch normalisation, is a field in plain sight, and `forward` never changes it.
//!
//! ```
//! use grad_runtime::nn::{Activation, Dense, Init, Layer};
//! use ndarray::Array2;
//!
//! let model = (
//!     Dense::<f32>::new(4, 8, Init::glorot(1)).with(Activation::Tanh),
//!     Dense::new(8, 3, Init::glorot(2)),
//! );
//! let scores = model.forward(&Array2::zeros((5, 4)));
//! assert_eq!(scores.dim(), (5, 3));
//! ```
//!
//! A shape that does not fit is a panic that names the layer and both shapes; constructors from parts
//! return it as a [`LayerError`].

#![allow(
    clippy::type_complexity,
    reason = "what a pullback takes is spelled out, as generated code passes it"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "numbers of entries are below 2^52"
)]

mod activation;
mod batch_norm;
pub(crate) mod buffer;
mod conv2d;
mod curves;
mod dense;
mod dropout;
mod embedding;
pub(crate) mod error;
mod flatten;
mod init;
mod layer;
mod layer_norm;
mod maxout;
mod normalise;
mod pool2d;
mod soft;

pub use activation::{Activation, ActivationKept};
pub use batch_norm::{BatchNorm, BatchNormKept, BatchNormMode, BatchNormTangent};
pub use conv2d::{Conv2d, Conv2dTangent};
pub use curves::{
    elu, gelu, grad_gelu, grad_relu, grad_sigmoid, grad_silu, grad_softplus, grad_tanh, leaky_relu,
    relu, sigmoid, silu, softplus, tanh,
};
pub use dense::{Dense, DenseTangent};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingTangent};
pub use error::{LayerError, LayerName};
pub use flatten::Flatten;
pub use init::Init;
pub use layer::{Bar, Layer, Receiver};
pub use layer_norm::{LayerNorm, LayerNormTangent};
pub use maxout::{Maxout, MaxoutTangent};
pub use pool2d::{AveragePool2d, MaxPool2d};
pub use soft::{LogSoftmax, Softmax, log_softmax, softmax};

pub use crate::tensor::Element;
