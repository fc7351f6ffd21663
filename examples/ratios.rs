//! Times gradients against their functions, in one run: medians of many rounds, as ratios.
//!
//! ```text
//! cargo run --release --example ratios
//! ```

use std::hint::black_box;
use std::time::Instant;

use grad_runtime::differentiate;

#[differentiate]
fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let a = 1.0 - x[i];
        let b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100.0 * b * b;
    }
    sum
}

#[differentiate]
fn log_sum_exp(x: &[f64]) -> f64 {
    let mut largest = x[0];
    for &v in x {
        if v > largest {
            largest = v;
        }
    }
    let mut total = 0.0;
    for &v in x {
        total += (v - largest).exp();
    }
    largest + total.ln()
}

#[differentiate]
fn twice(x: f64) -> f64 {
    x.sin() + x * 0.5
}

#[differentiate]
fn chain2(x: f64) -> f64 {
    twice(x) * twice(x * 0.5)
}

#[differentiate]
fn chain4(x: f64) -> f64 {
    chain2(x) + chain2(x + 0.1)
}

#[differentiate]
fn chain8(x: f64) -> f64 {
    chain4(x) * chain4(x - 0.2)
}

#[differentiate]
fn chain16(x: f64) -> f64 {
    chain8(x) - chain8(0.5 * x)
}

/// Median seconds of one call.
fn median(mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..31)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..2000 {
                call();
            }
            start.elapsed().as_secs_f64() / 2000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn report(name: &str, function: f64, gradient: f64) {
    let ratio = gradient / function;
    println!(
        "{name:12} function {:8.1} ns  gradient {:8.1} ns  ratio {ratio:.2}",
        function * 1e9,
        gradient * 1e9
    );
}

fn main() {
    let x: Vec<f64> = (0..1000_u32).map(|k| f64::from(k).sin()).collect();
    let mut bar = vec![0.0; x.len()];
    let function = median(|| {
        black_box(rosenbrock(black_box(&x)));
    });
    let gradient = median(|| {
        black_box(accumulate_grad_rosenbrock(black_box(&x), 1.0, &mut bar));
    });
    report("rosenbrock", function, gradient);
    let function = median(|| {
        black_box(log_sum_exp(black_box(&x)));
    });
    let gradient = median(|| {
        black_box(accumulate_grad_log_sum_exp(black_box(&x), 1.0, &mut bar));
    });
    report("log_sum_exp", function, gradient);
    let function = median(|| {
        black_box(chain16(black_box(0.9)));
    });
    let gradient = median(|| {
        black_box(value_and_grad_chain16(black_box(0.9)));
    });
    report("chain16", function, gradient);
}
