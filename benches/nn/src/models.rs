//! The models as a user writes them.

use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Conv2d, Dense, Flatten, Init, MaxPool2d};
use grad_runtime::{Differentiable, differentiate};
use ndarray::{Array2, Array4};

/// 64-32-10.
#[derive(Differentiable)]
pub(crate) struct Small {
    hidden: Dense,
    output: Dense,
}

impl Small {
    pub(crate) fn new() -> Self {
        Self {
            hidden: Dense::new(64, 32, Init::he(1)).with(Activation::Relu),
            output: Dense::new(32, 10, Init::glorot(2)),
        }
    }

    #[differentiate(wrt(self))]
    pub(crate) fn loss(&self, images: &Array2<f32>, labels: &[usize]) -> f32 {
        let h = self.hidden.forward(images);
        softmax_cross_entropy(&self.output.forward(&h), labels)
    }
}

/// 784-512-256-10.
#[derive(Differentiable)]
pub(crate) struct Large {
    first: Dense,
    second: Dense,
    output: Dense,
}

impl Large {
    pub(crate) fn new() -> Self {
        Self {
            first: Dense::new(784, 512, Init::he(1)).with(Activation::Relu),
            second: Dense::new(512, 256, Init::he(2)).with(Activation::Relu),
            output: Dense::new(256, 10, Init::glorot(3)),
        }
    }

    #[differentiate(wrt(self))]
    pub(crate) fn loss(&self, images: &Array2<f32>, labels: &[usize]) -> f32 {
        let h = self.first.forward(images);
        let h = self.second.forward(&h);
        softmax_cross_entropy(&self.output.forward(&h), labels)
    }
}

/// `LeNet-5` (`LeCun` et al. 1998), with rectifiers and largest entries.
#[derive(Differentiable)]
pub(crate) struct LeNet {
    first: Conv2d,
    second: Conv2d,
    pool: MaxPool2d,
    third: Dense,
    fourth: Dense,
    output: Dense,
}

impl LeNet {
    pub(crate) fn new() -> Self {
        let relu = Activation::Relu;
        Self {
            first: Conv2d::new([5, 5], 1, 6, Init::he(1)).padding(2).with(relu),
            second: Conv2d::new([5, 5], 6, 16, Init::he(2)).with(relu),
            pool: MaxPool2d::new(2),
            third: Dense::new(400, 120, Init::he(3)).with(relu),
            fourth: Dense::new(120, 84, Init::he(4)).with(relu),
            output: Dense::new(84, 10, Init::glorot(5)),
        }
    }

    #[differentiate(wrt(self))]
    pub(crate) fn loss(&self, images: &Array4<f32>, labels: &[usize]) -> f32 {
        let x = self.pool.forward(&self.first.forward(images));
        let x = self.pool.forward(&self.second.forward(&x));
        let x = self.third.forward(&Flatten.forward(&x));
        let x = self.fourth.forward(&x);
        softmax_cross_entropy(&self.output.forward(&x), labels)
    }
}

/// Two pairs of convolutions, 32 and 64 filters, and a hidden layer of 256.
#[derive(Differentiable)]
pub(crate) struct Cnn {
    convolutions: [Conv2d; 4],
    pool: MaxPool2d,
    hidden: Dense,
    output: Dense,
}

impl Cnn {
    pub(crate) fn new() -> Self {
        let conv = |channels, filters, seed| {
            Conv2d::new([3, 3], channels, filters, Init::he(seed))
                .padding(1)
                .with(Activation::Relu)
        };
        Self {
            convolutions: [
                conv(3, 32, 1),
                conv(32, 32, 2),
                conv(32, 64, 3),
                conv(64, 64, 4),
            ],
            pool: MaxPool2d::new(2),
            hidden: Dense::new(4096, 256, Init::he(5)).with(Activation::Relu),
            output: Dense::new(256, 4, Init::glorot(6)),
        }
    }

    #[differentiate(wrt(self))]
    pub(crate) fn loss(&self, images: &Array4<f32>, labels: &[usize]) -> f32 {
        let x = self.convolutions[0].forward(images);
        let x = self.pool.forward(&self.convolutions[1].forward(&x));
        let x = self.convolutions[2].forward(&x);
        let x = self.pool.forward(&self.convolutions[3].forward(&x));
        let x = self.hidden.forward(&Flatten.forward(&x));
        softmax_cross_entropy(&self.output.forward(&x), labels)
    }
}
