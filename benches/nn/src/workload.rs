//! The four workloads: their data, and which optimizer they take.

use grad_runtime::optim::{Adam, Optimizer, Sgd};
use grad_runtime::{Parameters, Tangent};
use ndarray::{Array2, Array4};

use crate::{by_hand, models};

/// A training step that can be called again and again.
pub(crate) type Step = Box<dyn FnMut()>;
/// One that may run on any thread.
pub(crate) type SendStep = Box<dyn FnMut() + Send>;

/// What is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// MLP 64-32-10, batch 32, Adam.
    Small,
    /// The same with plain gradient descent.
    SmallSgd,
    /// MLP 784-512-256-10, batch 128, Adam.
    Large,
    /// LeNet-5, batch 64, momentum.
    LeNet,
    /// A network of four convolutions, batch 64, Adam.
    Cnn,
}

/// How a workload's parameters are moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// Adam with this rate.
    Adam(f64),
    /// Gradient descent with this rate.
    Sgd(f64),
    /// Gradient descent with this rate and a momentum of 0.9.
    Momentum(f64),
}

impl Workload {
    /// All of them.
    pub(crate) const ALL: [Workload; 5] = [
        Workload::Small,
        Workload::SmallSgd,
        Workload::Large,
        Workload::LeNet,
        Workload::Cnn,
    ];

    /// Its letter in the tables.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Workload::Small => "a",
            Workload::SmallSgd => "a-sgd",
            Workload::Large => "b",
            Workload::LeNet => "c",
            Workload::Cnn => "d",
        }
    }

    /// What it is, in words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Workload::Small => "a: MLP 64-32-10, batch 32, Adam",
            Workload::SmallSgd => "a: the same with SGD",
            Workload::Large => "b: MLP 784-512-256-10, batch 128, Adam",
            Workload::LeNet => "c: LeNet-5, batch 64, momentum",
            Workload::Cnn => "d: CNN 3 x 32 x 32, batch 64, Adam",
        }
    }

    /// How its parameters are moved.
    pub(crate) fn rule(self) -> Rule {
        match self {
            Workload::Small => Rule::Adam(1e-3),
            Workload::SmallSgd => Rule::Sgd(1e-2),
            Workload::Large | Workload::Cnn => Rule::Adam(1e-4),
            Workload::LeNet => Rule::Momentum(1e-3),
        }
    }

    /// Images of a batch, and of an image the height, the width and the channels; dense layers take
    /// their product.
    pub(crate) fn images(self) -> [usize; 4] {
        match self {
            Workload::Small | Workload::SmallSgd => [32, 8, 8, 1],
            Workload::Large => [128, 28, 28, 1],
            Workload::LeNet => [64, 28, 28, 1],
            Workload::Cnn => [64, 32, 32, 3],
        }
    }

    /// The entries of a batch, channels last.
    pub(crate) fn entries(self) -> Vec<f32> {
        numbers(self.images().iter().product(), 1)
    }

    /// A class for each image.
    pub(crate) fn labels(self) -> Vec<usize> {
        let classes = if self == Workload::Cnn { 4 } else { 10 };
        (0..self.images()[0]).map(|i| i * 7 % classes).collect()
    }

    fn rows(self) -> Array2<f32> {
        let [batch, height, width, channels] = self.images();
        let shape = (batch, height * width * channels);
        Array2::from_shape_vec(shape, self.entries()).expect("the sizes agree")
    }

    fn image_array(self) -> Array4<f32> {
        Array4::from_shape_vec(self.images(), self.entries()).expect("the sizes agree")
    }

    /// A step through the generated gradient.
    pub(crate) fn generated(self) -> SendStep {
        let labels = self.labels();
        match self {
            Workload::Small | Workload::SmallSgd => {
                let images = self.rows();
                trained(self.rule(), models::Small::new(), move |m, g| {
                    m.accumulate_grad_loss(&images, &labels, 1.0, g)
                })
            }
            Workload::Large => {
                let images = self.rows();
                trained(self.rule(), models::Large::new(), move |m, g| {
                    m.accumulate_grad_loss(&images, &labels, 1.0, g)
                })
            }
            Workload::LeNet => {
                let images = self.image_array();
                trained(self.rule(), models::LeNet::new(), move |m, g| {
                    m.accumulate_grad_loss(&images, &labels, 1.0, g)
                })
            }
            Workload::Cnn => {
                let images = self.image_array();
                trained(self.rule(), models::Cnn::new(), move |m, g| {
                    m.accumulate_grad_loss(&images, &labels, 1.0, g)
                })
            }
        }
    }

    /// The same step by hand.
    pub(crate) fn by_hand(self) -> Step {
        match self.rule() {
            Rule::Adam(rate) => self.by_hand_with(Adam::new(rate)),
            Rule::Sgd(rate) => self.by_hand_with(Sgd::new(rate)),
            Rule::Momentum(rate) => self.by_hand_with(Sgd::new(rate).momentum(0.9)),
        }
    }

    fn by_hand_with(self, mut optimizer: impl Optimizer + 'static) -> Step {
        let (images, labels) = (self.entries(), self.labels());
        let batch = labels.len();
        match self {
            Workload::Small | Workload::SmallSgd => {
                let mut model = by_hand::Mlp::new(&[64, 32, 10], batch);
                Box::new(move || model.step(&images, &labels, &mut optimizer))
            }
            Workload::Large => {
                let mut model = by_hand::Mlp::new(&[784, 512, 256, 10], batch);
                Box::new(move || model.step(&images, &labels, &mut optimizer))
            }
            Workload::LeNet => {
                let mut model = by_hand::LeNet::new(batch);
                Box::new(move || model.step(&images, &labels, &mut optimizer))
            }
            Workload::Cnn => {
                let mut model = by_hand::Cnn::new(batch);
                Box::new(move || model.step(&images, &labels, &mut optimizer))
            }
        }
    }
}

fn trained<M: Parameters + Send + 'static>(
    rule: Rule,
    model: M,
    accumulate: impl FnMut(&M, &mut M::Tangent) -> f32 + Send + 'static,
) -> SendStep
where
    M::Tangent: Send + 'static,
{
    match rule {
        Rule::Adam(rate) => step(model, Adam::new(rate), accumulate),
        Rule::Sgd(rate) => step(model, Sgd::new(rate), accumulate),
        Rule::Momentum(rate) => step(model, Sgd::new(rate).momentum(0.9), accumulate),
    }
}

/// A step of `model` with `optimizer`, the gradient in the same place each time.
fn step<M: Parameters + Send + 'static>(
    mut model: M,
    mut optimizer: impl Optimizer + Send + 'static,
    mut accumulate: impl FnMut(&M, &mut M::Tangent) -> f32 + Send + 'static,
) -> SendStep
where
    M::Tangent: Send + 'static,
{
    let mut gradient = model.zero_tangent();
    Box::new(move || {
        gradient.set_zero();
        std::hint::black_box(accumulate(&model, &mut gradient));
        optimizer.step(&mut model, &gradient);
    })
}

/// Pseudo-random numbers between -1 and 1.
pub(crate) fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(state >> 16).expect("16 bits are left")) / 32768.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}
