//! The same steps by hand, on the same kernels: every buffer is allocated once, gradients are written
//! where they are used, and nothing is computed that is not needed.

#![allow(
    clippy::many_single_char_names,
    clippy::cast_precision_loss,
    clippy::inline_always,
    reason = "short names for arrays, small numbers, loops in the kernels' registers"
)]

use grad_runtime::optim::Optimizer;
use grad_runtime::tensor::conv::Convolution;
use grad_runtime::tensor::elementwise::{self, Curve};
use grad_runtime::tensor::parallel;
use grad_runtime::tensor::pool::Pooling;
use grad_runtime::tensor::product::{Matrix, Start, multiply};
use grad_runtime::tensor::reduce;

/// The rectifier from its result.
#[derive(Clone, Copy)]
struct Relu;

impl Curve<f32> for Relu {
    const FROM_RESULT: bool = true;
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        if 0.0 > x { 0.0 } else { x }
    }
    #[inline(always)]
    fn pull(self, y: f32, bar: f32) -> f32 {
        if y <= 0.0 { 0.0 } else { bar }
    }
}

/// Back through the rectifier, whose results are `y`.
fn rectify_back(y: &[f32], bar: &mut [f32]) {
    parallel::chunks(bar, 1, parallel::ENTRY, |first, bar| {
        elementwise::pull(&y[first..first + bar.len()], bar, Relu);
    });
}

/// The cotangent of mean softmax cross-entropy, in place of the scores.
fn loss(scores: &mut [f32], columns: usize, labels: &[usize], logs: &mut [f32]) -> f32 {
    let at_labels: f32 = labels
        .iter()
        .enumerate()
        .map(|(i, l)| scores[i * columns + l])
        .sum();
    reduce::softmax_rows(scores, columns, logs);
    let weight = 1.0 / labels.len() as f32;
    for (row, &label) in scores.chunks_exact_mut(columns).zip(labels) {
        row[label] -= 1.0;
    }
    for x in scores {
        *x *= weight;
    }
    (logs.iter().sum::<f32>() - at_labels) * weight
}

/// A dense layer's place in the flat parameters.
#[derive(Clone, Copy)]
struct Dense {
    inputs: usize,
    outputs: usize,
    at: usize,
}

impl Dense {
    fn len(self) -> usize {
        self.inputs * self.outputs + self.outputs
    }

    fn forward(self, p: &[f32], x: &[f32], rectify: bool, y: &mut [f32]) {
        let (w, b) = p[self.at..][..self.len()].split_at(self.inputs * self.outputs);
        let (x, w) = (Matrix::rows(x, self.inputs), Matrix::rows(w, self.outputs));
        multiply(x, w, [self.inputs, self.outputs], Start::Row(b), rectify, y);
    }

    fn pull(self, x: &[f32], y_bar: &[f32], p_bar: &mut [f32]) {
        let part = &mut p_bar[self.at..][..self.len()];
        let (w_bar, b_bar) = part.split_at_mut(self.inputs * self.outputs);
        let batch = y_bar.len() / self.outputs;
        let (x, y_bar_rows) = (
            Matrix::rows(x, self.inputs).t(),
            Matrix::rows(y_bar, self.outputs),
        );
        multiply(
            x,
            y_bar_rows,
            [batch, self.outputs],
            Start::Zero,
            false,
            w_bar,
        );
        b_bar.fill(0.0);
        reduce::add_column_sums(y_bar, b_bar);
    }

    fn pull_input(self, p: &[f32], y_bar: &[f32], x_bar: &mut [f32]) {
        let w = Matrix::rows(&p[self.at..][..self.inputs * self.outputs], self.outputs).t();
        let y_bar = Matrix::rows(y_bar, self.outputs);
        multiply(
            y_bar,
            w,
            [self.outputs, self.inputs],
            Start::Zero,
            false,
            x_bar,
        );
    }
}

/// Layers one after another in a flat vector of parameters.
fn dense_layers(sizes: &[usize], mut at: usize) -> Vec<Dense> {
    let layer = |pair: &[usize]| {
        let layer = Dense {
            inputs: pair[0],
            outputs: pair[1],
            at,
        };
        at += layer.len();
        layer
    };
    sizes.windows(2).map(layer).collect()
}

/// Dense layers with rectifiers between them.
pub(crate) struct Mlp {
    layers: Vec<Dense>,
    parameters: Vec<f32>,
    gradient: Vec<f32>,
    /// The results of the layers, then their cotangents.
    results: Vec<Vec<f32>>,
    bars: Vec<Vec<f32>>,
    logs: Vec<f32>,
}

impl Mlp {
    pub(crate) fn new(sizes: &[usize], batch: usize) -> Self {
        let layers = dense_layers(sizes, 0);
        let len = layers.iter().map(|layer| layer.len()).sum();
        let buffers: Vec<Vec<f32>> = sizes[1..].iter().map(|n| vec![0.0; n * batch]).collect();
        Self {
            layers,
            parameters: crate::workload::numbers(len, 3)
                .iter()
                .map(|x| x * 0.05)
                .collect(),
            gradient: vec![0.0; len],
            bars: buffers.clone(),
            results: buffers,
            logs: vec![0.0; batch],
        }
    }

    pub(crate) fn step(
        &mut self,
        images: &[f32],
        labels: &[usize],
        optimizer: &mut impl Optimizer,
    ) {
        self.forward(images);
        std::hint::black_box(self.back(images, labels));
        optimizer.step(&mut self.parameters, &self.gradient);
    }

    fn forward(&mut self, images: &[f32]) {
        for (k, layer) in self.layers.iter().enumerate() {
            let (before, after) = self.results.split_at_mut(k);
            let x = before.last().map_or(images, Vec::as_slice);
            layer.forward(
                &self.parameters,
                x,
                k + 1 < self.layers.len(),
                &mut after[0],
            );
        }
    }

    fn back(&mut self, images: &[f32], labels: &[usize]) -> f32 {
        let last = self.layers.len() - 1;
        let scores = &mut self.results[last];
        let value = loss(scores, self.layers[last].outputs, labels, &mut self.logs);
        core::mem::swap(&mut self.results[last], &mut self.bars[last]);
        for k in (0..=last).rev() {
            let x = if k == 0 { images } else { &self.results[k - 1] };
            self.layers[k].pull(x, &self.bars[k], &mut self.gradient);
            if k > 0 {
                let (before, after) = self.bars.split_at_mut(k);
                self.layers[k].pull_input(&self.parameters, &after[0], &mut before[k - 1]);
                rectify_back(&self.results[k - 1], &mut before[k - 1]);
            }
        }
        value
    }
}

/// A convolution's place in the flat parameters, and its buffers.
struct Conv {
    extents: Convolution,
    at: usize,
    y: Vec<f32>,
    y_bar: Vec<f32>,
}

impl Conv {
    fn new(extents: Convolution, batch: usize, at: usize) -> Self {
        let [height, width] = extents.output().expect("the filter fits");
        let len = batch * height * width * extents.filters;
        Self {
            extents,
            at,
            y: vec![0.0; len],
            y_bar: vec![0.0; len],
        }
    }

    fn filters_len(&self) -> usize {
        let c = self.extents;
        c.kernel[0] * c.kernel[1] * c.channels * c.filters
    }

    fn len(&self) -> usize {
        self.filters_len() + self.extents.filters
    }

    fn forward(&mut self, p: &[f32], x: &[f32]) {
        let (w, b) = p[self.at..][..self.len()].split_at(self.filters_len());
        self.extents.forward(x, w, b, true, &mut self.y);
    }

    /// From `y_bar` on; `x_bar` is written if it is wanted.
    fn pull(&mut self, p: &[f32], x: &[f32], p_bar: &mut [f32], x_bar: Option<&mut [f32]>) {
        rectify_back(&self.y, &mut self.y_bar);
        let (at, len, filters_len) = (self.at, self.len(), self.filters_len());
        let part = &mut p_bar[at..][..len];
        part.fill(0.0);
        let (w_bar, b_bar) = part.split_at_mut(filters_len);
        self.extents.pull_filters(x, &self.y_bar, w_bar);
        self.extents.pull_bias(&self.y_bar, b_bar);
        if let Some(x_bar) = x_bar {
            x_bar.fill(0.0);
            self.extents
                .pull_image(&p[at..][..filters_len], &self.y_bar, x_bar);
        }
    }
}

/// Pooling of largest entries, two by two.
struct Pool {
    extents: Pooling,
    y: Vec<f32>,
    y_bar: Vec<f32>,
}

impl Pool {
    fn new(image: [usize; 2], channels: usize, batch: usize) -> Self {
        let extents = Pooling {
            image,
            channels,
            window: [2, 2],
            stride: [2, 2],
        };
        let len = batch * image[0] / 2 * (image[1] / 2) * channels;
        Self {
            extents,
            y: vec![0.0; len],
            y_bar: vec![0.0; len],
        }
    }

    fn forward(&mut self, x: &[f32]) {
        self.extents.max(x, &mut self.y);
    }

    fn pull(&self, x: &[f32], x_bar: &mut [f32]) {
        x_bar.fill(0.0);
        self.extents.pull_max(x, &self.y_bar, x_bar);
    }
}

/// LeNet-5.
pub(crate) struct LeNet {
    convs: [Conv; 2],
    pools: [Pool; 2],
    head: Mlp,
    head_at: usize,
    parameters: Vec<f32>,
    gradient: Vec<f32>,
}

fn extents(
    side: usize,
    channels: usize,
    filters: usize,
    kernel: usize,
    padding: usize,
) -> Convolution {
    Convolution {
        image: [side; 2],
        channels,
        filters,
        kernel: [kernel; 2],
        stride: [1; 2],
        padding: [padding; 2],
    }
}

/// The head's own copy of its part of the parameters is avoided: its layers start behind the others.
fn head(sizes: &[usize], batch: usize, at: usize) -> Mlp {
    let mut head = Mlp::new(sizes, batch);
    head.layers = dense_layers(sizes, at);
    head.parameters = Vec::new();
    head.gradient = Vec::new();
    head
}

impl LeNet {
    pub(crate) fn new(batch: usize) -> Self {
        let first = Conv::new(extents(28, 1, 6, 5, 2), batch, 0);
        let second = Conv::new(extents(14, 6, 16, 5, 0), batch, first.len());
        let head_at = first.len() + second.len();
        let head = head(&[400, 120, 84, 10], batch, head_at);
        let len = head_at + head.layers.iter().map(|layer| layer.len()).sum::<usize>();
        Self {
            convs: [first, second],
            pools: [
                Pool::new([28, 28], 6, batch),
                Pool::new([10, 10], 16, batch),
            ],
            head,
            head_at,
            parameters: crate::workload::numbers(len, 3)
                .iter()
                .map(|x| x * 0.1)
                .collect(),
            gradient: vec![0.0; len],
        }
    }

    pub(crate) fn step(
        &mut self,
        images: &[f32],
        labels: &[usize],
        optimizer: &mut impl Optimizer,
    ) {
        debug_assert!(self.head_at < self.parameters.len());
        let ([c1, c2], [p1, p2]) = (&mut self.convs, &mut self.pools);
        c1.forward(&self.parameters, images);
        p1.forward(&c1.y);
        c2.forward(&self.parameters, &p1.y);
        p2.forward(&c2.y);
        run_head(
            &mut self.head,
            &mut self.parameters,
            &mut self.gradient,
            &p2.y,
            labels,
            &mut p2.y_bar,
        );
        p2.pull(&c2.y, &mut c2.y_bar);
        c2.pull(
            &self.parameters,
            &p1.y,
            &mut self.gradient,
            Some(&mut p1.y_bar),
        );
        p1.pull(&c1.y, &mut c1.y_bar);
        c1.pull(&self.parameters, images, &mut self.gradient, None);
        optimizer.step(&mut self.parameters, &self.gradient);
    }
}

/// Forward and back through the dense layers, down to the cotangent of their input.
fn run_head(
    head: &mut Mlp,
    parameters: &mut Vec<f32>,
    gradient: &mut Vec<f32>,
    x: &[f32],
    labels: &[usize],
    x_bar: &mut [f32],
) {
    core::mem::swap(&mut head.parameters, parameters);
    core::mem::swap(&mut head.gradient, gradient);
    head.forward(x);
    std::hint::black_box(head.back(x, labels));
    head.layers[0].pull_input(&head.parameters, &head.bars[0], x_bar);
    core::mem::swap(&mut head.parameters, parameters);
    core::mem::swap(&mut head.gradient, gradient);
}

/// The convolutional network of workload d.
pub(crate) struct Cnn {
    convs: [Conv; 4],
    pools: [Pool; 2],
    head: Mlp,
    parameters: Vec<f32>,
    gradient: Vec<f32>,
}

impl Cnn {
    pub(crate) fn new(batch: usize) -> Self {
        let mut at = 0;
        let mut conv = |side, channels, filters| {
            let conv = Conv::new(extents(side, channels, filters, 3, 1), batch, at);
            at += conv.len();
            conv
        };
        let convs = [
            conv(32, 3, 32),
            conv(32, 32, 32),
            conv(16, 32, 64),
            conv(16, 64, 64),
        ];
        let head = head(&[4096, 256, 4], batch, at);
        let len = at + head.layers.iter().map(|layer| layer.len()).sum::<usize>();
        Self {
            convs,
            pools: [
                Pool::new([32, 32], 32, batch),
                Pool::new([16, 16], 64, batch),
            ],
            head,
            parameters: crate::workload::numbers(len, 3)
                .iter()
                .map(|x| x * 0.05)
                .collect(),
            gradient: vec![0.0; len],
        }
    }

    pub(crate) fn step(
        &mut self,
        images: &[f32],
        labels: &[usize],
        optimizer: &mut impl Optimizer,
    ) {
        let ([c1, c2, c3, c4], [p1, p2]) = (&mut self.convs, &mut self.pools);
        c1.forward(&self.parameters, images);
        c2.forward(&self.parameters, &c1.y);
        p1.forward(&c2.y);
        c3.forward(&self.parameters, &p1.y);
        c4.forward(&self.parameters, &c3.y);
        p2.forward(&c4.y);
        run_head(
            &mut self.head,
            &mut self.parameters,
            &mut self.gradient,
            &p2.y,
            labels,
            &mut p2.y_bar,
        );
        p2.pull(&c4.y, &mut c4.y_bar);
        c4.pull(
            &self.parameters,
            &c3.y,
            &mut self.gradient,
            Some(&mut c3.y_bar),
        );
        c3.pull(
            &self.parameters,
            &p1.y,
            &mut self.gradient,
            Some(&mut p1.y_bar),
        );
        p1.pull(&c2.y, &mut c2.y_bar);
        c2.pull(
            &self.parameters,
            &c1.y,
            &mut self.gradient,
            Some(&mut c1.y_bar),
        );
        c1.pull(&self.parameters, images, &mut self.gradient, None);
        optimizer.step(&mut self.parameters, &self.gradient);
    }
}
