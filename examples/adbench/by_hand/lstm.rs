//! The loss and its gradient, backwards through time.
//!
//! Of each unit at each step six numbers are kept: the gates, the cell and its `tanh`. The hidden
//! states and the inputs follow from those of the step or the layer before. The seed is known
//! before the sweep, so the output's part of the gradient is done on the way forward.

use crate::adbench::lstm::Lstm;

/// Numbers kept of each unit.
const KEPT: usize = 6;

/// The loss; adds its gradient into the buffers.
pub fn loss(data: &Lstm, main_bar: &mut [f64], extra_bar: &mut [f64]) -> f64 {
    let b = data.bits;
    let layers = data.main.len() / (8 * b);
    let steps = data.sequence.len() / b - 1;
    let seed = -1.0 / (steps * b) as f64;
    let mut kept = vec![0.0; steps * layers * KEPT * b];
    let mut from_output = vec![0.0; steps * b];
    let mut hidden: Vec<f64> = Vec::with_capacity(layers * b);
    let mut cell: Vec<f64> = Vec::with_capacity(layers * b);
    for state in data.state.chunks_exact(2 * b) {
        hidden.extend(&state[..b]);
        cell.extend(&state[b..]);
    }
    let mut input = vec![0.0; b];
    let mut total = 0.0;
    let characters = data.sequence.chunks_exact(b);
    let next = characters.clone().skip(1);
    let step_kept = kept.chunks_exact_mut(layers * KEPT * b);
    let bars = from_output.chunks_exact_mut(b);
    for (((character, next), kept), bar) in characters.zip(next).zip(step_kept).zip(bars) {
        for ((h, x), w) in input.iter_mut().zip(character).zip(&data.extra) {
            *h = x * w;
        }
        for (l, kept) in kept.chunks_exact_mut(KEPT * b).enumerate() {
            let own = l * b..(l + 1) * b;
            step(
                &data.main[8 * l * b..8 * (l + 1) * b],
                &mut input,
                &mut hidden[own.clone()],
                &mut cell[own],
                kept,
            );
        }
        total += judge(
            &input,
            next,
            &data.extra[b..],
            seed,
            &mut extra_bar[b..],
            bar,
        );
    }
    sweep(data, &kept, &from_output, main_bar, &mut extra_bar[..b]);
    seed * total
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One layer at one step.
fn step(
    parameters: &[f64],
    input: &mut [f64],
    hidden: &mut [f64],
    cell: &mut [f64],
    kept: &mut [f64],
) {
    let b = input.len();
    let p = |kind: usize, i: usize| parameters[kind * b + i];
    for i in 0..b {
        let forget = sigmoid(input[i] * p(0, i) + p(4, i));
        let ingate = sigmoid(hidden[i] * p(1, i) + p(5, i));
        let outgate = sigmoid(input[i] * p(2, i) + p(6, i));
        let change = (hidden[i] * p(3, i) + p(7, i)).tanh();
        cell[i] = cell[i] * forget + ingate * change;
        let squashed = cell[i].tanh();
        hidden[i] = outgate * squashed;
        input[i] = hidden[i];
        for (kind, value) in [forget, ingate, outgate, change, cell[i], squashed]
            .into_iter()
            .enumerate()
        {
            kept[kind * b + i] = value;
        }
    }
}

/// What a prediction adds to the loss; its gradient by the output's parameters goes to `extra_bar`,
/// by the last layer to `bar`.
fn judge(
    hidden: &[f64],
    next: &[f64],
    extra: &[f64],
    seed: f64,
    extra_bar: &mut [f64],
    bar: &mut [f64],
) -> f64 {
    let (weight, bias) = extra.split_at(hidden.len());
    let (weight_bar, bias_bar) = extra_bar.split_at_mut(hidden.len());
    let mut sum = 2.0;
    for i in 0..hidden.len() {
        bar[i] = (hidden[i] * weight[i] + bias[i]).exp();
        sum += bar[i];
    }
    let normaliser = sum.ln();
    let on = next.iter().sum::<f64>();
    let mut total = 0.0;
    for i in 0..hidden.len() {
        let y = hidden[i] * weight[i] + bias[i];
        total += next[i] * (y - normaliser);
        let y_bar = seed * (next[i] - on * bar[i] / sum);
        weight_bar[i] += y_bar * hidden[i];
        bias_bar[i] += y_bar;
        bar[i] = y_bar * weight[i];
    }
    total
}

/// Back through time and layers.
fn sweep(
    data: &Lstm,
    kept: &[f64],
    from_output: &[f64],
    main_bar: &mut [f64],
    in_weight_bar: &mut [f64],
) {
    let b = data.bits;
    let layers = data.main.len() / (8 * b);
    let mut hidden_bar = vec![0.0; layers * b];
    let mut cell_bar = vec![0.0; layers * b];
    let mut above = vec![0.0; b];
    let mut cell_before = vec![0.0; b];
    let mut hidden_before = vec![0.0; b];
    let mut input = vec![0.0; b];
    for t in (0..from_output.len() / b).rev() {
        above.copy_from_slice(&from_output[t * b..(t + 1) * b]);
        let character = &data.sequence[t * b..(t + 1) * b];
        for l in (0..layers).rev() {
            let record = |t: usize, l: usize| &kept[(t * layers + l) * KEPT * b..][..KEPT * b];
            if t == 0 {
                let state = &data.state[2 * l * b..2 * (l + 1) * b];
                hidden_before.copy_from_slice(&state[..b]);
                cell_before.copy_from_slice(&state[b..]);
            } else {
                let before = record(t - 1, l);
                cell_before.copy_from_slice(&before[4 * b..5 * b]);
                hidden_of(before, &mut hidden_before);
            }
            if l == 0 {
                for ((h, x), w) in input.iter_mut().zip(character).zip(&data.extra) {
                    *h = x * w;
                }
            } else {
                hidden_of(record(t, l - 1), &mut input);
            }
            let unit = Unit {
                kept: record(t, l),
                parameters: &data.main[8 * l * b..8 * (l + 1) * b],
                input: &input,
                hidden: &hidden_before,
                cell: &cell_before,
            };
            unit.step_back(
                &mut main_bar[8 * l * b..8 * (l + 1) * b],
                &mut above,
                &mut hidden_bar[l * b..(l + 1) * b],
                &mut cell_bar[l * b..(l + 1) * b],
            );
        }
        for ((bar, x), h_bar) in in_weight_bar.iter_mut().zip(character).zip(&above) {
            *bar += x * h_bar;
        }
    }
}

/// The hidden state that a step ended with.
fn hidden_of(record: &[f64], out: &mut [f64]) {
    let b = out.len();
    let (outgate, squashed) = (&record[2 * b..3 * b], &record[5 * b..6 * b]);
    for ((h, o), s) in out.iter_mut().zip(outgate).zip(squashed) {
        *h = o * s;
    }
}

/// One layer at one step: what it kept and what it started from.
struct Unit<'a> {
    kept: &'a [f64],
    parameters: &'a [f64],
    input: &'a [f64],
    hidden: &'a [f64],
    cell: &'a [f64],
}

impl Unit<'_> {
    /// From the cotangents of the states after the step to those before it. `above` comes with the
    /// cotangent of what the layer above read, and goes with that of the layer's own input.
    fn step_back(
        &self,
        bars: &mut [f64],
        above: &mut [f64],
        hidden_bar: &mut [f64],
        cell_bar: &mut [f64],
    ) {
        let b = above.len();
        let kept: [&[f64]; KEPT] = std::array::from_fn(|kind| &self.kept[kind * b..][..b]);
        let [forget, ingate, outgate, change, _, squashed] = kept;
        let weight: [&[f64]; 4] = std::array::from_fn(|kind| &self.parameters[kind * b..][..b]);
        let (input, hidden, cell) = (&self.input[..b], &self.hidden[..b], &self.cell[..b]);
        let (hidden_bar, cell_bar) = (&mut hidden_bar[..b], &mut cell_bar[..b]);
        let mut rows = bars.chunks_exact_mut(b);
        let [wf, wi, wo, wc, bf, bi, bo, bc] =
            std::array::from_fn(|_| rows.next().expect("a layer has eight rows"));
        for i in 0..b {
            let h_bar = above[i] + hidden_bar[i];
            let c_bar = cell_bar[i] + h_bar * outgate[i] * (1.0 - squashed[i] * squashed[i]);
            let forget_bar = c_bar * cell[i] * forget[i] * (1.0 - forget[i]);
            let ingate_bar = c_bar * change[i] * ingate[i] * (1.0 - ingate[i]);
            let outgate_bar = h_bar * squashed[i] * outgate[i] * (1.0 - outgate[i]);
            let change_bar = c_bar * ingate[i] * (1.0 - change[i] * change[i]);
            wf[i] += forget_bar * input[i];
            wi[i] += ingate_bar * hidden[i];
            wo[i] += outgate_bar * input[i];
            wc[i] += change_bar * hidden[i];
            bf[i] += forget_bar;
            bi[i] += ingate_bar;
            bo[i] += outgate_bar;
            bc[i] += change_bar;
            above[i] = forget_bar * weight[0][i] + outgate_bar * weight[2][i];
            hidden_bar[i] = ingate_bar * weight[1][i] + change_bar * weight[3][i];
            cell_bar[i] = c_bar * forget[i];
        }
    }
}
