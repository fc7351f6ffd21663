//! The functions, as anybody would write them.

use grad_runtime::differentiate;

/// Rosenbrock's valley.
#[differentiate]
pub(super) fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let a = 1.0 - x[i];
        let b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100.0 * b * b;
    }
    sum
}

/// `ln(sum(exp(x)))` without overflow.
#[differentiate]
pub(super) fn log_sum_exp(x: &[f64]) -> f64 {
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

/// The product of all elements.
#[differentiate]
pub(super) fn speelpenning(x: &[f64]) -> f64 {
    let mut product = 1.0;
    for &v in x {
        product *= v;
    }
    product
}

#[differentiate]
pub(super) fn lorenz_rhs(s: [f64; 3], sigma: f64, rho: f64, beta: f64) -> [f64; 3] {
    let [x, y, z] = s;
    [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

#[differentiate]
pub(super) fn axpy3(a: [f64; 3], k: f64, b: [f64; 3]) -> [f64; 3] {
    [a[0] + k * b[0], a[1] + k * b[1], a[2] + k * b[2]]
}

/// A Lorenz orbit by the classical Runge-Kutta method.
macro_rules! lorenz {
    ($name:ident $(, $checkpoint:meta)?) => {
        #[differentiate]
        pub(super) fn $name(
            start: [f64; 3],
            sigma: f64,
            rho: f64,
            beta: f64,
            h: f64,
            steps: usize,
        ) -> f64 {
            let mut s = start;
            $(#[$checkpoint])?
            for _ in 0..steps {
                let k1 = lorenz_rhs(s, sigma, rho, beta);
                let k2 = lorenz_rhs(axpy3(s, 0.5 * h, k1), sigma, rho, beta);
                let k3 = lorenz_rhs(axpy3(s, 0.5 * h, k2), sigma, rho, beta);
                let k4 = lorenz_rhs(axpy3(s, h, k3), sigma, rho, beta);
                for i in 0..3 {
                    s[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
                }
            }
            s[0] * s[0] + s[1] * s[2]
        }
    };
}

lorenz!(lorenz);
lorenz!(lorenz_kept, differentiate(checkpoint));

#[differentiate]
pub(super) fn twice(x: f64) -> f64 {
    x.sin() + x * 0.5
}

#[differentiate]
pub(super) fn chain2(x: f64) -> f64 {
    twice(x) * twice(x * 0.5)
}

#[differentiate]
pub(super) fn chain4(x: f64) -> f64 {
    chain2(x) + chain2(x + 0.1)
}

#[differentiate]
pub(super) fn chain8(x: f64) -> f64 {
    chain4(x) * chain4(x - 0.2)
}

/// Calls in calls in calls.
#[differentiate]
pub(super) fn chain16(x: f64) -> f64 {
    chain8(x) - chain8(0.5 * x)
}

/// The sum of squares of the entries of `a * b`.
#[differentiate]
pub(super) fn matrix_product(a: &[f64], b: &[f64], n: usize) -> f64 {
    let mut c = vec![0.0; n * n];
    for i in 0..n {
        for k in 0..n {
            for j in 0..n {
                c[i * n + j] += a[i * n + k] * b[k * n + j];
            }
        }
    }
    let mut sum = 0.0;
    for i in 0..n * n {
        sum += c[i] * c[i];
    }
    sum
}

/// An in-place radix-2 transform, and a weighted power spectrum of it. `turns` holds cosines, then
/// sines, of `-2 pi k / n`.
#[differentiate(wrt(signal))]
pub(super) fn fft_power(signal: &[f64], weights: &[f64], turns: &[f64]) -> f64 {
    let n = signal.len();
    let mut re = signal.to_vec();
    let mut im = vec![0.0; n];
    let mut j = 0;
    for i in 1..n {
        let mut bit = n >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j |= bit;
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
    let mut len = 2;
    while len <= n {
        for start in (0..n).step_by(len) {
            for k in 0..len / 2 {
                let c = turns[k * (n / len)];
                let s = turns[n + k * (n / len)];
                let a = start + k;
                let b = a + len / 2;
                let tr = re[b] * c - im[b] * s;
                let ti = re[b] * s + im[b] * c;
                re[b] = re[a] - tr;
                im[b] = im[a] - ti;
                re[a] += tr;
                im[a] += ti;
            }
        }
        len <<= 1;
    }
    let mut power = 0.0;
    for k in 0..n {
        power += weights[k] * (re[k] * re[k] + im[k] * im[k]);
    }
    power
}

/// The log likelihood of points under a mixture of Gaussians with triangular factors.
#[differentiate(wrt(alphas, means, factors))]
pub(super) fn mixture(
    d: usize,
    alphas: &[f64],
    means: &[f64],
    factors: &[f64],
    points: &[f64],
) -> f64 {
    let k = alphas.len();
    let n = points.len() / d;
    let size = d * (d + 1) / 2;
    let mut centred = vec![0.0; d];
    let mut scaled = vec![0.0; d];
    let mut terms = vec![0.0; k];
    let mut total = 0.0;
    for p in 0..n {
        let point = &points[p * d..(p + 1) * d];
        for c in 0..k {
            let mean = &means[c * d..(c + 1) * d];
            let diagonal = &factors[c * size..c * size + d];
            let triangle = &factors[c * size + d..(c + 1) * size];
            for i in 0..d {
                centred[i] = point[i] - mean[i];
                scaled[i] = diagonal[i] * centred[i];
            }
            let mut next = 0;
            for i in 0..d {
                for j in i + 1..d {
                    scaled[j] += triangle[next] * centred[i];
                    next += 1;
                }
            }
            let mut norm = 0.0;
            for i in 0..d {
                norm += scaled[i] * scaled[i];
            }
            terms[c] = alphas[c] - 0.5 * norm;
        }
        total += log_sum_exp(&terms);
    }
    total
}

#[differentiate]
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A recurrent cell with diagonal weights, run over a sequence; the sum of its outputs.
#[differentiate(wrt(weights))]
pub(super) fn recurrent(width: usize, weights: &[f64], sequence: &[f64]) -> f64 {
    let steps = sequence.len() / width;
    let mut hidden = vec![0.0; width];
    let mut cell = vec![0.0; width];
    let mut total = 0.0;
    for t in 0..steps {
        for i in 0..width {
            let x = sequence[t * width + i];
            let forget = sigmoid(x * weights[i] + weights[4 * width + i]);
            let ingate = sigmoid(hidden[i] * weights[width + i] + weights[5 * width + i]);
            let outgate = sigmoid(x * weights[2 * width + i] + weights[6 * width + i]);
            let change = (hidden[i] * weights[3 * width + i] + weights[7 * width + i]).tanh();
            cell[i] = cell[i] * forget + ingate * change;
            hidden[i] = outgate * cell[i].tanh();
            total += hidden[i];
        }
    }
    total
}
