//! Burn 0.22 with its own CPU back end, flex, and AVX-512 products; channels first.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};

use super::channels_first;
use crate::workload::{Rule, Step, Workload};

pub(super) fn step(workload: Workload) -> Step {
    let device = Device::flex().autodiff();
    let entries = channels_first(&workload.entries(), workload.images());
    let [batch, height, width, channels] = workload.images();
    let labels: Vec<i32> = workload
        .labels()
        .into_iter()
        .map(|label| i32::try_from(label).expect("labels are small"))
        .collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch]), &device);
    let loss = CrossEntropyLossConfig::new().init(&device);
    let (rate, optimizer) = optimizer(workload.rule());
    match workload {
        Workload::LeNet | Workload::Cnn => {
            let shape = [batch, channels, height, width];
            let images = Tensor::<4>::from_data(TensorData::new(entries, shape), &device);
            let net = Net::new(workload, &device);
            repeated(net, rate, optimizer, move |net| {
                value(&loss, net.scores(images.clone()), &labels)
            })
        }
        _ => {
            let shape = [batch, height * width * channels];
            let images = Tensor::<2>::from_data(TensorData::new(entries, shape), &device);
            let net = Dense::new(workload, &device);
            repeated(net, rate, optimizer, move |net| {
                value(&loss, net.scores(images.clone()), &labels)
            })
        }
    }
}

fn value(loss: &CrossEntropyLoss, scores: Tensor<2>, labels: &Tensor<1, Int>) -> Tensor<1> {
    loss.forward(scores, labels.clone())
}

fn optimizer(rule: Rule) -> (f64, ModuleOptimizer) {
    match rule {
        Rule::Adam(rate) => (rate, AdamConfig::new().init()),
        Rule::Sgd(rate) => (rate, SgdConfig::new().init()),
        Rule::Momentum(rate) => {
            let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
            let config = SgdConfig::new().with_momentum(Some(momentum));
            (rate, config.init())
        }
    }
}

fn repeated<M: Module + 'static>(
    net: M,
    rate: f64,
    mut optimizer: ModuleOptimizer,
    loss: impl Fn(&M) -> Tensor<1> + 'static,
) -> Step {
    let mut held = Some(net);
    Box::new(move || {
        let net = held.take().expect("it is put back below");
        let gradients = loss(&net).backward();
        let gradients = GradientsParams::from_grads(gradients, &net);
        held = Some(optimizer.step(rate, net, gradients));
    })
}

/// Dense layers with rectifiers between them.
#[derive(Module, Debug)]
struct Dense {
    layers: Vec<Linear>,
}

impl Dense {
    fn new(workload: Workload, device: &Device) -> Self {
        let sizes: &[usize] = match workload {
            Workload::Small | Workload::SmallSgd => &[64, 32, 10],
            Workload::Large => &[784, 512, 256, 10],
            Workload::LeNet => &[400, 120, 84, 10],
            Workload::Cnn => &[4096, 256, 4],
        };
        let layer = |pair: &[usize]| LinearConfig::new(pair[0], pair[1]).init(device);
        Self {
            layers: sizes.windows(2).map(layer).collect(),
        }
    }

    fn scores(&self, mut x: Tensor<2>) -> Tensor<2> {
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if i + 1 < self.layers.len() {
                x = relu(x);
            }
        }
        x
    }
}

/// Convolutions in groups, a pooling behind each group, then dense layers.
#[derive(Module, Debug)]
struct Net {
    groups: Vec<Vec<Conv2d>>,
    pool: MaxPool2d,
    dense: Dense,
}

impl Net {
    fn new(workload: Workload, device: &Device) -> Self {
        let conv = |from, to, kernel, padding| {
            Conv2dConfig::new([from, to], [kernel, kernel])
                .with_padding(PaddingConfig2d::Explicit(
                    padding, padding, padding, padding,
                ))
                .init(device)
        };
        let groups = if workload == Workload::LeNet {
            vec![vec![conv(1, 6, 5, 2)], vec![conv(6, 16, 5, 0)]]
        } else {
            vec![
                vec![conv(3, 32, 3, 1), conv(32, 32, 3, 1)],
                vec![conv(32, 64, 3, 1), conv(64, 64, 3, 1)],
            ]
        };
        Self {
            groups,
            pool: MaxPool2dConfig::new([2, 2]).init(),
            dense: Dense::new(workload, device),
        }
    }

    fn scores(&self, mut x: Tensor<4>) -> Tensor<2> {
        for group in &self.groups {
            for convolution in group {
                x = relu(convolution.forward(x));
            }
            x = self.pool.forward(x);
        }
        self.dense.scores(x.flatten(1, 3))
    }
}
