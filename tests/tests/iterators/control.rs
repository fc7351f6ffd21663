//! `for` over iterators left early: `break`, `continue`, `return`, labels.

use grad_runtime::differentiate;

/// `break` and `continue` over each kind of source.
#[differentiate]
fn early(x: &[f64]) -> f64 {
    let mut total = 0.0;
    for (i, v) in x.iter().enumerate() {
        if *v < 0.0 {
            continue;
        }
        if total > 2.0 {
            break;
        }
        total += v * v * (i + 1) as f64;
    }
    for w in x.windows(2).rev() {
        if w[0] > w[1] {
            continue;
        }
        total += w[0] * w[1];
        if total > 4.0 {
            break;
        }
    }
    for v in x.iter().filter(|v| **v > 0.1) {
        total += v.sin();
        if total > 5.0 {
            break;
        }
    }
    for v in x.iter().chain(x.iter().rev()) {
        if *v > 1.0 {
            break;
        }
        total *= 1.0 + 0.1 * v;
    }
    total
}

/// Labels across iterators of several loops.
#[differentiate]
fn labels(x: &[f64]) -> f64 {
    let mut total = 1.0;
    'rows: for (i, row) in x.chunks(2).enumerate() {
        for v in row.iter().chain(std::iter::once(&0.5)) {
            if *v < -1.0 {
                break 'rows;
            }
            if *v < 0.0 {
                continue 'rows;
            }
            total += v * i as f64 + total * 0.1;
        }
        total *= row[0] + 1.0;
    }
    'outer: for v in x.iter().flat_map(|v| [*v, v * 0.5]) {
        for k in 0.. {
            if k as f64 > v {
                continue 'outer;
            }
            if k > 1 {
                break 'outer;
            }
            total += v * v;
        }
    }
    total
}

/// `return` out of a loop over a chain.
#[differentiate]
fn found(x: &[f64]) -> f64 {
    for (a, b) in x.iter().zip(x.iter().skip(1)) {
        if a * b < -0.3 {
            return a - b;
        }
    }
    for v in x.iter().take_while(|v| **v > 0.0) {
        if *v > 0.5 {
            return v * v * x[0];
        }
    }
    x.iter().product()
}

/// Open ranges that the body ends.
#[differentiate]
fn open(x: &[f64]) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1.. {
        term *= x[0] / k as f64;
        sum += term;
        if term.abs() < 1e-17 || k > 60 {
            break;
        }
    }
    for (k, v) in (1..).zip(x) {
        sum += v / k as f64;
    }
    for v in std::iter::repeat(x[1]) {
        sum *= v;
        if sum.abs() < 0.2 {
            break;
        }
    }
    sum
}

/// Stages that end early, on top of one another.
#[differentiate]
fn stacked(x: &[f64]) -> f64 {
    let mut total = 0.0;
    for (i, v) in x
        .iter()
        .filter(|v| v.abs() > 0.3)
        .take_while(|v| **v < 1.2)
        .chain(x.iter().skip_while(|v| **v > 0.0).take(2))
        .enumerate()
    {
        total += v * v * i as f64;
        if i == 3 {
            break;
        }
    }
    let first = x
        .iter()
        .map(|v| v * 2.0)
        .filter(|v| *v > 0.5)
        .take(1)
        .sum::<f64>();
    let ended: f64 = x
        .iter()
        .flat_map(|v| std::iter::repeat(*v).take(3))
        .take(4)
        .sum();
    total + first * ended
}

/// The order of effects of closures in a chain is the source's.
#[differentiate]
fn effects(x: &[f64]) -> f64 {
    let mut running = 0.0;
    let sums: Vec<f64> = x
        .iter()
        .map(|v| {
            running += v;
            running
        })
        .collect();
    let mut previous = 1.0;
    let ratios: f64 = x
        .iter()
        .map(|v| {
            let ratio = v / (2.0 + previous);
            previous = *v;
            ratio
        })
        .skip(1)
        .step_by(2)
        .sum();
    let mut seen = 0.0;
    let kept: f64 = x
        .iter()
        .inspect(|v| seen += v.sin())
        .filter(|v| **v > 0.0)
        .sum();
    sums.iter().product::<f64>() + ratios + seen * kept + running
}

#[cfg(test)]
mod tests {
    use crate::iterators::check;

    const LONG: [f64; 6] = [0.7, -0.4, 1.3, 0.25, -1.1, 0.6];

    check! {
        early, value_and_grad_early, jvp_early at LONG, [0.3, 0.5, 0.9, 0.7], [];
        labels, value_and_grad_labels, jvp_labels at LONG, [0.3, 0.5, 0.9, 2.7], [];
        found, value_and_grad_found, jvp_found at LONG, [0.3, 0.45, 0.9, 0.7], [0.3, 0.4], [];
        open, value_and_grad_open, jvp_open at [0.7, 0.4], [1.5, -0.3, 0.2];
        stacked, value_and_grad_stacked, jvp_stacked at LONG, [0.4, 0.5, 1.1, 0.7], [];
        effects, value_and_grad_effects, jvp_effects at LONG, [0.4, 0.5, 1.1, 0.7];
    }
}
