//! Candle 0.11 on the CPU, channels first.

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::loss::cross_entropy;
use candle_nn::{
    AdamW, Conv2d, Conv2dConfig, Linear, Module, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap,
    conv2d, linear,
};

use super::channels_first;
use crate::workload::{Rule, Step, Workload};

pub(super) fn step(workload: Workload) -> Result<Step> {
    let device = Device::Cpu;
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, &device);
    let model = Model::new(workload, &builder)?;
    let [batch, height, width, channels] = workload.images();
    let entries = channels_first(&workload.entries(), workload.images());
    let images = if model.convolutions.is_empty() {
        Tensor::from_vec(entries, (batch, height * width * channels), &device)?
    } else {
        Tensor::from_vec(entries, (batch, channels, height, width), &device)?
    };
    let labels: Vec<u32> = workload
        .labels()
        .into_iter()
        .map(|label| u32::try_from(label).expect("labels are small"))
        .collect();
    let labels = Tensor::from_vec(labels, batch, &device)?;
    let mut optimizer = Moves::new(workload.rule(), variables.all_vars())?;
    let mut step = move || -> Result<()> {
        let loss = cross_entropy(&model.scores(&images)?, &labels)?;
        optimizer.step(&loss.backward()?)
    };
    Ok(Box::new(move || step().expect("the shapes agree")))
}

/// Convolutions, each with whether it is pooled, then dense layers; a rectifier between any two.
struct Model {
    convolutions: Vec<(Conv2d, bool)>,
    dense: Vec<Linear>,
}

impl Model {
    fn new(workload: Workload, builder: &VarBuilder<'_>) -> Result<Self> {
        let convolution = |name: &str, from, to, kernel, padding| {
            let config = Conv2dConfig {
                padding,
                ..Conv2dConfig::default()
            };
            conv2d(from, to, kernel, config, builder.pp(name))
        };
        let convolutions = match workload {
            Workload::LeNet => vec![
                (convolution("c0", 1, 6, 5, 2)?, true),
                (convolution("c1", 6, 16, 5, 0)?, true),
            ],
            Workload::Cnn => vec![
                (convolution("c0", 3, 32, 3, 1)?, false),
                (convolution("c1", 32, 32, 3, 1)?, true),
                (convolution("c2", 32, 64, 3, 1)?, false),
                (convolution("c3", 64, 64, 3, 1)?, true),
            ],
            _ => Vec::new(),
        };
        let sizes: &[usize] = match workload {
            Workload::Small | Workload::SmallSgd => &[64, 32, 10],
            Workload::Large => &[784, 512, 256, 10],
            Workload::LeNet => &[400, 120, 84, 10],
            Workload::Cnn => &[4096, 256, 4],
        };
        let dense = sizes
            .windows(2)
            .enumerate()
            .map(|(i, pair)| linear(pair[0], pair[1], builder.pp(format!("d{i}"))))
            .collect::<Result<_>>()?;
        Ok(Self {
            convolutions,
            dense,
        })
    }

    fn scores(&self, images: &Tensor) -> Result<Tensor> {
        let mut x = images.clone();
        for (convolution, pooled) in &self.convolutions {
            x = convolution.forward(&x)?.relu()?;
            if *pooled {
                x = x.max_pool2d(2)?;
            }
        }
        if !self.convolutions.is_empty() {
            x = x.flatten_from(1)?;
        }
        for (i, layer) in self.dense.iter().enumerate() {
            x = layer.forward(&x)?;
            if i + 1 < self.dense.len() {
                x = x.relu()?;
            }
        }
        Ok(x)
    }
}

/// The optimizers; momentum, which candle lacks, is written on its tensors.
enum Moves {
    Adam(AdamW),
    Sgd(SGD),
    Momentum(f64, Vec<(Var, Var)>),
}

impl Moves {
    fn new(rule: Rule, variables: Vec<Var>) -> Result<Self> {
        Ok(match rule {
            Rule::Adam(lr) => {
                let settings = ParamsAdamW {
                    lr,
                    weight_decay: 0.0,
                    ..ParamsAdamW::default()
                };
                Moves::Adam(AdamW::new(variables, settings)?)
            }
            Rule::Sgd(rate) => Moves::Sgd(SGD::new(variables, rate)?),
            Rule::Momentum(rate) => {
                let with_velocity =
                    |var: Var| Ok((var.clone(), Var::from_tensor(&var.zeros_like()?)?));
                let pairs = variables
                    .into_iter()
                    .map(with_velocity)
                    .collect::<Result<_>>()?;
                Moves::Momentum(rate, pairs)
            }
        })
    }

    fn step(&mut self, gradients: &GradStore) -> Result<()> {
        match self {
            Moves::Adam(adam) => adam.step(gradients),
            Moves::Sgd(sgd) => sgd.step(gradients),
            Moves::Momentum(rate, pairs) => {
                for (parameter, velocity) in pairs {
                    if let Some(gradient) = gradients.get(parameter) {
                        velocity.set(&((velocity.as_tensor() * 0.9)? + gradient)?)?;
                        parameter.set(&parameter.sub(&(velocity.as_tensor() * *rate)?)?)?;
                    }
                }
                Ok(())
            }
        }
    }
}
