//! LSTM: the loss of `lstm`, with a helper for a layer and one for a prediction.

use grad_runtime::differentiate;

#[differentiate]
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(2 + sum(exp(x)))`.
#[differentiate]
fn log_sum_exp(x: &[f64]) -> f64 {
    let sum: f64 = x.iter().map(|v| v.exp()).sum();
    (sum + 2.0).ln()
}

/// One layer at one step: from its parameters, its state and its input to the next state.
#[differentiate]
fn step(parameters: &[f64], input: &[f64], hidden: &mut [f64], cell: &mut [f64]) {
    let b = input.len();
    let (weight, bias) = parameters.split_at(4 * b);
    for i in 0..b {
        let forget = sigmoid(input[i] * weight[i] + bias[i]);
        let ingate = sigmoid(hidden[i] * weight[b + i] + bias[b + i]);
        let outgate = sigmoid(input[i] * weight[2 * b + i] + bias[2 * b + i]);
        let change = (hidden[i] * weight[3 * b + i] + bias[3 * b + i]).tanh();
        cell[i] = cell[i] * forget + ingate * change;
        hidden[i] = outgate * cell[i].tanh();
    }
}

/// What the model makes of a character: its state moves on.
#[differentiate]
fn predict(
    main: &[f64],
    extra: &[f64],
    character: &[f64],
    hidden: &mut [f64],
    cell: &mut [f64],
    output: &mut [f64],
) {
    let b = character.len();
    for i in 0..b {
        output[i] = character[i] * extra[i];
    }
    for (l, parameters) in main.chunks_exact(8 * b).enumerate() {
        let (start, end) = (l * b, (l + 1) * b);
        step(
            parameters,
            &output[..],
            &mut hidden[start..end],
            &mut cell[start..end],
        );
        output.copy_from_slice(&hidden[start..end]);
    }
    for i in 0..b {
        output[i] = output[i] * extra[b + i] + extra[2 * b + i];
    }
}

/// The loss.
#[differentiate(wrt(main, extra))]
#[must_use]
pub fn loss(bits: usize, main: &[f64], extra: &[f64], state: &[f64], sequence: &[f64]) -> f64 {
    let mut hidden = Vec::new();
    let mut cell = Vec::new();
    for layer in state.chunks_exact(2 * bits) {
        hidden.extend_from_slice(&layer[..bits]);
        cell.extend_from_slice(&layer[bits..]);
    }
    let mut output = vec![0.0; bits];
    let mut total = 0.0;
    let mut count = 0;
    let next = sequence.chunks_exact(bits).skip(1);
    for (character, next) in sequence.chunks_exact(bits).zip(next) {
        predict(main, extra, character, &mut hidden, &mut cell, &mut output);
        let normaliser = log_sum_exp(&output);
        for (x, y) in next.iter().zip(&output) {
            total += x * (y - normaliser);
        }
        count += bits;
    }
    -total / count as f64
}
