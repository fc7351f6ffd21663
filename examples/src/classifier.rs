//! A network of two dense layers, in plain Rust.

#![allow(
    clippy::cast_precision_loss,
    reason = "batches and layers are far below 2^24, where f32 stops holding every integer"
)]
#![allow(
    clippy::needless_range_loop,
    reason = "the loops over indices are the mathematics as it is written"
)]

use grad_runtime::data::{Data, DataLoader, Random, Samples};
use grad_runtime::train::{Tally, Task};
use grad_runtime::{Differentiable, differentiate};

/// Weighted sums of all inputs: `outputs = biases + inputs · weights`.
#[derive(Clone, Debug, Differentiable)]
pub struct Dense {
    /// A row for each input, with a column for each output.
    pub weights: Vec<f32>,
    /// One for each output.
    pub biases: Vec<f32>,
}

impl Dense {
    /// Weights drawn evenly from `±sqrt(6 / (inputs + outputs))`, biases zero: Glorot and Bengio,
    /// "Understanding the difficulty of training deep feedforward neural networks" (2010).
    #[must_use]
    pub fn random(inputs: usize, outputs: usize, random: &mut Random) -> Self {
        let bound = (6.0 / (inputs + outputs) as f64).sqrt();
        #[allow(clippy::cast_possible_truncation, reason = "meant")]
        let mut draw = || (bound * (2.0 * random.uniform() - 1.0)) as f32;
        Self {
            weights: (0..inputs * outputs).map(|_| draw()).collect(),
            biases: vec![0.0; outputs],
        }
    }

    /// The weights of one output, in the order of the inputs.
    #[must_use]
    pub fn template(&self, output: usize) -> Vec<f32> {
        let width = self.biases.len();
        self.weights
            .iter()
            .skip(output)
            .step_by(width)
            .copied()
            .collect()
    }

    /// The outputs for one sample. The inner loop runs along a row, so that it vectorises.
    #[must_use]
    #[differentiate]
    pub fn forward(&self, inputs: &[f32]) -> Vec<f32> {
        let mut outputs = self.biases.clone();
        let width = outputs.len();
        for i in 0..inputs.len() {
            let row = &self.weights[i * width..(i + 1) * width];
            for j in 0..width {
                outputs[j] += inputs[i] * row[j];
            }
        }
        outputs
    }
}

/// How much the label surprises whoever believes the softmax of the scores:
/// `ln(Σ exp(scores)) - scores[label]`, shifted by the largest score so that nothing overflows.
#[must_use]
#[differentiate]
pub fn cross_entropy(scores: &[f32], label: usize) -> f32 {
    let mut largest = scores[0];
    for &score in scores {
        largest = largest.max(score);
    }
    let mut sum = 0.0;
    for &score in scores {
        sum += (score - largest).exp();
    }
    sum.ln() + largest - scores[label]
}

/// A dense layer, `max(0, x)`, and another dense layer: one score for each class.
#[derive(Clone, Debug, Differentiable)]
pub struct Classifier {
    /// From the input to the hidden units.
    pub hidden: Dense,
    /// From those to the scores.
    pub output: Dense,
}

impl Classifier {
    /// A network that knows nothing.
    #[must_use]
    pub fn random(inputs: usize, hidden: usize, classes: usize, random: &mut Random) -> Self {
        Self {
            hidden: Dense::random(inputs, hidden, random),
            output: Dense::random(hidden, classes, random),
        }
    }

    /// One score for each class: the larger, the more the sample looks like it.
    #[must_use]
    #[differentiate]
    pub fn scores(&self, inputs: &[f32]) -> Vec<f32> {
        let mut hidden: Vec<f32> = self.hidden.forward(inputs);
        for j in 0..hidden.len() {
            hidden[j] = hidden[j].max(0.0);
        }
        self.output.forward(&hidden)
    }

    /// The mean cross-entropy over a batch, whose samples lie one after another.
    #[must_use]
    #[differentiate(wrt(self))]
    pub fn loss(&self, inputs: &[f32], labels: &[usize]) -> f32 {
        let width = inputs.len() / labels.len();
        let mut sum = 0.0;
        for n in 0..labels.len() {
            let scores: Vec<f32> = self.scores(&inputs[n * width..(n + 1) * width]);
            sum += cross_entropy(&scores, labels[n]);
        }
        sum / labels.len() as f32
    }

    /// The score of one class. Its gradient with respect to the inputs is the sensitivity map.
    #[must_use]
    #[differentiate(wrt(inputs))]
    pub fn score(&self, inputs: &[f32], class: usize) -> f32 {
        let scores: Vec<f32> = self.scores(inputs);
        scores[class]
    }
}

/// Learning classes from samples with labels.
#[derive(Clone, Copy, Debug)]
pub struct Classify;

impl Task<Classifier, Samples<f32>> for Classify {
    fn step(
        &mut self,
        model: &mut Classifier,
        batch: &Samples<f32>,
        gradient: &mut <Classifier as Differentiable>::Tangent,
    ) -> f64 {
        let loss = model.accumulate_grad_loss(batch.values(), batch.labels(), 1.0, gradient);
        loss.into()
    }

    fn judge(&mut self, model: &Classifier, batch: &Samples<f32>, tally: &mut Tally) {
        for (inputs, label) in batch.iter() {
            let scores = model.scores(inputs);
            tally.loss(cross_entropy(&scores, label).into(), 1);
            tally.predict(label, largest(&scores));
        }
    }
}

/// The place of the largest number; of the first of them where there are several.
#[must_use]
pub fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = class;
        }
    }
    best
}

/// How the network does on samples that it never saw.
pub fn judge(model: &Classifier, data: &impl Data<Batch = Samples<f32>>) -> Tally {
    let mut tally = Tally::default();
    let mut loader = DataLoader::new(data, 256);
    while let Some(batch) = loader.next_batch() {
        Classify.judge(model, batch, &mut tally);
    }
    tally
}
