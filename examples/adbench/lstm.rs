//! LSTM: the loss of a character model with diagonal weights.
//!
//! For each character `x_t` in turn, `h = x_t * w_in` passes through the layers, each with the
//! state `(hidden, cell)` of every unit:
//!
//! ```text
//! forget = sigmoid(h wf + bf)           in  = sigmoid(hidden wi + bi)
//! out    = sigmoid(h wo + bo)           change = tanh(hidden wc + bc)
//! cell'  = cell forget + in change      h = hidden' = out tanh(cell')
//! ```
//!
//! The prediction `y = h w_out + b_out` is judged against the next character by
//! `sum x_{t+1} (y - ln(2 + sum exp(y)))`; the loss is minus the mean.

use grad_runtime::differentiate;

/// A model and the text it is judged on.
#[derive(Clone, Debug, PartialEq)]
pub struct Lstm {
    /// Bits of a character: the width of every layer.
    pub bits: usize,
    /// For each layer four weights, then four biases, of `bits` numbers: forget, in, out, change.
    pub main: Vec<f64>,
    /// Weights of the input and the output, and biases of the output.
    pub extra: Vec<f64>,
    /// For each layer the hidden state, then the cells.
    pub state: Vec<f64>,
    /// The characters, `bits` numbers each.
    pub sequence: Vec<f64>,
}

#[differentiate]
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(2 + sum(exp(x)))`.
#[differentiate]
fn log_sum_exp(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() {
        sum += x[i].exp();
    }
    (sum + 2.0).ln()
}

/// The loss.
#[differentiate(wrt(main, extra))]
#[must_use]
pub fn loss(bits: usize, main: &[f64], extra: &[f64], state: &[f64], sequence: &[f64]) -> f64 {
    let layers = main.len() / (8 * bits);
    let characters = sequence.len() / bits;
    let in_weight = &extra[..bits];
    let out_weight = &extra[bits..2 * bits];
    let out_bias = &extra[2 * bits..3 * bits];
    let mut hidden = vec![0.0; layers * bits];
    let mut cell = vec![0.0; layers * bits];
    for l in 0..layers {
        for i in 0..bits {
            hidden[l * bits + i] = state[2 * l * bits + i];
            cell[l * bits + i] = state[(2 * l + 1) * bits + i];
        }
    }
    let mut input = vec![0.0; bits];
    let mut total = 0.0;
    for t in 0..characters - 1 {
        for i in 0..bits {
            input[i] = sequence[t * bits + i] * in_weight[i];
        }
        for l in 0..layers {
            let weight = &main[8 * l * bits..(8 * l + 4) * bits];
            let bias = &main[(8 * l + 4) * bits..(8 * l + 8) * bits];
            for i in 0..bits {
                let unit = l * bits + i;
                let forget = sigmoid(input[i] * weight[i] + bias[i]);
                let ingate = sigmoid(hidden[unit] * weight[bits + i] + bias[bits + i]);
                let outgate = sigmoid(input[i] * weight[2 * bits + i] + bias[2 * bits + i]);
                let change = (hidden[unit] * weight[3 * bits + i] + bias[3 * bits + i]).tanh();
                cell[unit] = cell[unit] * forget + ingate * change;
                hidden[unit] = outgate * cell[unit].tanh();
                input[i] = hidden[unit];
            }
        }
        for i in 0..bits {
            input[i] = input[i] * out_weight[i] + out_bias[i];
        }
        let normaliser = log_sum_exp(&input);
        for i in 0..bits {
            total += sequence[(t + 1) * bits + i] * (input[i] - normaliser);
        }
    }
    -total / ((characters - 1) * bits) as f64
}
