//! Times gradients against their functions and against adjoints an expert writes by hand, all in
//! one run: the best of interleaved rounds, as ratios. Checks first that both gradients agree.
//!
//! ```text
//! cargo run --release --example ratios [-- name..]
//! ```

// The letters of the formulas, and loops as users write them.
#![allow(
    clippy::many_single_char_names,
    clippy::needless_range_loop,
    clippy::too_many_arguments,
    clippy::too_many_lines,
    clippy::type_complexity
)]

mod by_hand;
mod functions;

use std::hint::black_box;
use std::time::Instant;

use functions as f;

/// One function with its two gradients; each returns what is compared.
struct Case<'a> {
    name: &'a str,
    function: Box<dyn FnMut() -> f64 + 'a>,
    generated: Box<dyn FnMut(&mut [f64]) -> f64 + 'a>,
    by_hand: Box<dyn FnMut(&mut [f64]) -> f64 + 'a>,
    /// How many numbers the gradient has.
    size: usize,
}

const ROUNDS: usize = 41;

/// Seconds of one call, over so many that the clock is fine enough.
fn time(calls: u32, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

/// The time of an undisturbed round.
fn best(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn check(case: &mut Case) {
    let (mut generated, mut by_hand) = (vec![0.0; case.size], vec![0.0; case.size]);
    let value = (case.function)();
    for other in [
        (case.generated)(&mut generated),
        (case.by_hand)(&mut by_hand),
    ] {
        assert!(
            (value - other).abs() <= 1e-12 * value.abs(),
            "{}: value {value} against {other}",
            case.name
        );
    }
    let scale = by_hand.iter().fold(1e-300, |most, v| v.abs().max(most));
    for (k, (a, b)) in generated.iter().zip(&by_hand).enumerate() {
        assert!(
            (a - b).abs() <= 1e-9 * scale,
            "{}: entry {k} is {a} generated, {b} by hand",
            case.name
        );
    }
}

fn run(mut case: Case) {
    check(&mut case);
    let mut bar = vec![0.0; case.size];
    let once = time(3, || {
        black_box((case.by_hand)(&mut bar));
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let calls = (0.002 / once).clamp(1.0, 1e6) as u32;
    let (mut function, mut generated, mut by_hand) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        function.push(time(calls, || {
            black_box((case.function)());
        }));
        generated.push(time(calls, || {
            black_box((case.generated)(&mut bar));
        }));
        by_hand.push(time(calls, || {
            black_box((case.by_hand)(&mut bar));
        }));
    }
    let (function, generated, by_hand) = (best(&function), best(&generated), best(&by_hand));
    println!(
        "{:14} function {:10.1} ns   gradient {:10.1} ns   ratio {:5.2}   by hand {:5.2}   generated/by hand {:5.2}",
        case.name,
        function * 1e9,
        generated * 1e9,
        generated / function,
        by_hand / function,
        generated / by_hand
    );
}

fn waves(n: u32, scale: f64) -> Vec<f64> {
    (0..n).map(|k| scale * (f64::from(k) + 0.5).sin()).collect()
}

fn vectors(wanted: &dyn Fn(&str) -> bool) {
    let x = waves(1000, 1.0);
    if wanted("rosenbrock") {
        run(Case {
            name: "rosenbrock",
            function: Box::new(|| f::rosenbrock(black_box(&x))),
            generated: Box::new(|bar| f::accumulate_grad_rosenbrock(black_box(&x), 1.0, bar)),
            by_hand: Box::new(|bar| by_hand::rosenbrock(black_box(&x), 1.0, bar)),
            size: x.len(),
        });
    }
    if wanted("log_sum_exp") {
        run(Case {
            name: "log_sum_exp",
            function: Box::new(|| f::log_sum_exp(black_box(&x))),
            generated: Box::new(|bar| f::accumulate_grad_log_sum_exp(black_box(&x), 1.0, bar)),
            by_hand: Box::new(|bar| by_hand::log_sum_exp(black_box(&x), 1.0, bar)),
            size: x.len(),
        });
    }
    let near_one: Vec<f64> = x.iter().map(|v| 1.0 + 0.01 * v).collect();
    if wanted("speelpenning") {
        run(Case {
            name: "speelpenning",
            function: Box::new(|| f::speelpenning(black_box(&near_one))),
            generated: Box::new(|bar| {
                f::accumulate_grad_speelpenning(black_box(&near_one), 1.0, bar)
            }),
            by_hand: Box::new(|bar| by_hand::speelpenning(black_box(&near_one), 1.0, bar)),
            size: x.len(),
        });
    }
}

/// A Lorenz orbit, whose gradient is `gradient`.
macro_rules! lorenz_case {
    ($name:literal, $function:path, $gradient:path) => {{
        let (start, h, steps) = ([1.0, 1.5, 20.0], 1e-3, 1000);
        let beta = 8.0 / 3.0;
        run(Case {
            name: $name,
            function: Box::new(move || $function(black_box(start), 10.0, 28.0, beta, h, steps)),
            generated: Box::new(move |bar| {
                let (mut s, mut p, mut h_bar) = ([0.0; 3], [0.0; 3], 0.0);
                let [sigma, rho, b] = &mut p;
                let start = black_box(start);
                let value = $gradient(
                    start, 10.0, 28.0, beta, h, steps, 1.0, &mut s, sigma, rho, b, &mut h_bar,
                );
                bar.copy_from_slice(&[s[0], s[1], s[2], p[0], p[1], p[2], h_bar]);
                value
            }),
            by_hand: Box::new(move |bar| {
                let (mut s, mut p, mut h_bar) = ([0.0; 3], [0.0; 3], 0.0);
                let (start, parameters) = (black_box(start), [10.0, 28.0, beta]);
                let value =
                    by_hand::lorenz(start, parameters, h, steps, 1.0, &mut s, &mut p, &mut h_bar);
                bar.copy_from_slice(&[s[0], s[1], s[2], p[0], p[1], p[2], h_bar]);
                value
            }),
            size: 7,
        });
    }};
}

fn calls(wanted: &dyn Fn(&str) -> bool) {
    if wanted("lorenz") {
        lorenz_case!("lorenz", f::lorenz, f::accumulate_grad_lorenz);
    }
    if wanted("lorenz_kept") {
        // By hand with a tape: the difference is what running segments again costs.
        lorenz_case!(
            "lorenz_kept",
            f::lorenz_kept,
            f::accumulate_grad_lorenz_kept
        );
    }
    if wanted("chain16") {
        run(Case {
            name: "chain16",
            function: Box::new(|| f::chain16(black_box(0.9))),
            generated: Box::new(|bar| {
                let (value, bar_of_x) = f::value_and_grad_chain16(black_box(0.9));
                bar[0] = bar_of_x;
                value
            }),
            by_hand: Box::new(|bar| {
                let (value, bar_of_x) = by_hand::chain16(black_box(0.9));
                bar[0] = bar_of_x;
                value
            }),
            size: 1,
        });
    }
}

fn arrays(wanted: &dyn Fn(&str) -> bool) {
    if wanted("matrix_product") {
        let n = 64;
        let (a, b) = (waves(64 * 64, 0.5), waves(64 * 64, 0.3));
        run(Case {
            name: "matrix_product",
            function: Box::new(|| f::matrix_product(black_box(&a), &b, n)),
            generated: Box::new(|bar| {
                let (a_bar, b_bar) = bar.split_at_mut(n * n);
                f::accumulate_grad_matrix_product(black_box(&a), &b, n, 1.0, a_bar, b_bar)
            }),
            by_hand: Box::new(|bar| {
                let (a_bar, b_bar) = bar.split_at_mut(n * n);
                by_hand::matrix_product(black_box(&a), &b, n, 1.0, a_bar, b_bar)
            }),
            size: 2 * n * n,
        });
    }
    if wanted("fft_power") {
        let n = 1024;
        let (signal, weights) = (waves(n, 1.0), waves(n, 0.1));
        let turns: Vec<f64> = (0..2 * n)
            .map(|k| {
                let angle = -2.0 * std::f64::consts::PI * f64::from(k % n) / f64::from(n);
                if k < n { angle.cos() } else { angle.sin() }
            })
            .collect();
        run(Case {
            name: "fft_power",
            function: Box::new(|| f::fft_power(black_box(&signal), &weights, &turns)),
            generated: Box::new(|bar| {
                f::accumulate_grad_fft_power(black_box(&signal), &weights, &turns, 1.0, bar)
            }),
            by_hand: Box::new(|bar| {
                by_hand::fft_power(black_box(&signal), &weights, &turns, 1.0, bar)
            }),
            size: signal.len(),
        });
    }
}

fn models(wanted: &dyn Fn(&str) -> bool) {
    if wanted("mixture") {
        let (d, k) = (10, 25);
        let (alphas, means, factors, points) = (
            waves(k, 1.0),
            waves(k * d, 1.0),
            waves(k * d * (d + 1) / 2, 0.5),
            waves(200 * d, 1.5),
        );
        let (d, k, all) = (d as usize, alphas.len(), factors.len());
        run(Case {
            name: "mixture",
            function: Box::new(|| f::mixture(d, black_box(&alphas), &means, &factors, &points)),
            generated: Box::new(|bar| {
                let (a, rest) = bar.split_at_mut(k);
                let (m, q) = rest.split_at_mut(k * d);
                f::accumulate_grad_mixture(
                    d,
                    black_box(&alphas),
                    &means,
                    &factors,
                    &points,
                    1.0,
                    a,
                    m,
                    q,
                )
            }),
            by_hand: Box::new(|bar| {
                let (a, rest) = bar.split_at_mut(k);
                let (m, q) = rest.split_at_mut(k * d);
                by_hand::mixture(
                    d,
                    black_box(&alphas),
                    &means,
                    &factors,
                    &points,
                    1.0,
                    a,
                    m,
                    q,
                )
            }),
            size: k + k * d + all,
        });
    }
    if wanted("recurrent") {
        let width = 14;
        let (weights, sequence) = (waves(8 * 14, 0.5), waves(14 * 200, 1.0));
        run(Case {
            name: "recurrent",
            function: Box::new(|| f::recurrent(width, black_box(&weights), &sequence)),
            generated: Box::new(|bar| {
                f::accumulate_grad_recurrent(width, black_box(&weights), &sequence, 1.0, bar)
            }),
            by_hand: Box::new(|bar| {
                by_hand::recurrent(width, black_box(&weights), &sequence, 1.0, bar)
            }),
            size: weights.len(),
        });
    }
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| n == name);
    vectors(&wanted);
    calls(&wanted);
    arrays(&wanted);
    models(&wanted);
}
