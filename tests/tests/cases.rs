//! Ordinary functions against reference derivatives: value, reverse mode and forward mode, to 1e-10
//! relative (`f32`: 1e-6), and the values bit for bit.
//!
//! `../cases/` says where the functions and the references come from.
#![allow(missing_docs, deprecated, clippy::pedantic, clippy::all)]

#[path = "cases/items.rs"]
mod items;
mod reference;

use std::f64::consts::{PI, SQRT_2};

use grad_runtime::{Differentiable, differentiate};
use reference::{Case, fill, flat, unit};

/// Griewank and Walther, "Evaluating Derivatives", the running example of chapter 2.
#[differentiate]
pub fn griewank_intro(x1: f64, x2: f64) -> f64 {
    ((x1 / x2).sin() + x1 / x2 - x2.exp()) * (x1 / x2 - x2.exp())
}

/// Griewank and Walther's lighthouse: two outputs.
#[differentiate]
pub fn lighthouse(nu: f64, gamma: f64, omega: f64, t: f64) -> (f64, f64) {
    let tan = (omega * t).tan();
    let y1 = nu * tan / (gamma - tan);
    let y2 = gamma * y1;
    (y1, y2)
}

#[differentiate]
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Abramowitz and Stegun 26.2.17. Calls itself for the left tail.
#[differentiate]
pub fn norm_cdf(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - norm_cdf(-x);
    }
    let k = 1.0 / (1.0 + 0.2316419 * x);
    let poly = k
        * (0.319381530
            + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
    1.0 - (-0.5 * x * x).exp() / (2.0 * PI).sqrt() * poly
}

#[differentiate]
pub fn black_scholes_call(spot: f64, strike: f64, rate: f64, sigma: f64, time: f64) -> f64 {
    let d1 = ((spot / strike).ln() + (rate + 0.5 * sigma * sigma) * time) / (sigma * time.sqrt());
    let d2 = d1 - sigma * time.sqrt();
    spot * norm_cdf(d1) - strike * (-rate * time).exp() * norm_cdf(d2)
}

#[differentiate]
pub fn himmelblau(x: f64, y: f64) -> f64 {
    (x * x + y - 11.0).powi(2) + (x + y * y - 7.0).powi(2)
}

#[differentiate]
pub fn compound_assign(x: f64, y: f64) -> f64 {
    let mut z = x;
    z += y * x;
    z *= z;
    z -= y / x;
    z /= x + y;
    z
}

/// Touches most of the `f64` method surface.
#[differentiate]
pub fn math_zoo(x: f64, y: f64) -> f64 {
    let a = x.mul_add(y, 0.5).tanh() + x.sinh() / y.cosh();
    let b = (0.3 * x).asin() + (0.2 * y).acos() + (x * y).atan() + y.atan2(x);
    let c = x.exp_m1() + y.ln_1p() + x.exp2() + y.log2() + x.log10() + y.log(3.0);
    let d = x.hypot(y) + y.cbrt() + x.recip() + x.sqrt();
    let e = x.asinh() + (1.0 + y).acosh() + (0.25 * x).atanh() + y.to_radians();
    a * b + c * d - e
}

#[differentiate]
pub fn huber_f32(residual: f32, delta: f32) -> f32 {
    let r = residual.abs();
    if r <= delta {
        0.5 * r * r
    } else {
        delta * (r - 0.5 * delta)
    }
}

#[differentiate]
pub fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let a = 1.0 - x[i];
        let b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100.0 * b * b;
    }
    sum
}

/// Speelpenning's product, 1980.
#[differentiate]
pub fn speelpenning(x: &[f64]) -> f64 {
    let mut p = 1.0;
    for &v in x {
        p *= v;
    }
    p
}

/// Helmholtz energy of a mixed fluid (Griewank and Walther, exercise set; Peng-Robinson form).
#[differentiate]
pub fn helmholtz_energy(x: &[f64], a: &[f64], b: &[f64], rt: f64) -> f64 {
    let n = x.len();
    let mut bx = 0.0;
    let mut entropy = 0.0;
    for i in 0..n {
        bx += b[i] * x[i];
    }
    for i in 0..n {
        entropy += x[i] * (x[i] / (1.0 - bx)).ln();
    }
    let mut xax = 0.0;
    for i in 0..n {
        let mut row = 0.0;
        for j in 0..n {
            row += a[i * n + j] * x[j];
        }
        xax += x[i] * row;
    }
    rt * entropy
        - xax / (8f64.sqrt() * bx)
            * ((1.0 + (1.0 + SQRT_2) * bx) / (1.0 + (1.0 - SQRT_2) * bx)).ln()
}

/// The textbook stable log-sum-exp with a hand-written maximum (google/tangent issue 66).
#[differentiate]
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let mut largest = x[0];
    for i in 1..x.len() {
        if x[i] > largest {
            largest = x[i];
        }
    }
    let mut total = 0.0;
    for i in 0..x.len() {
        total += (x[i] - largest).exp();
    }
    largest + total.ln()
}

#[differentiate]
pub fn norm_const<const N: usize>(x: &[f64; N]) -> f64 {
    let mut s = 0.0;
    for k in 0..N {
        s += x[k] * x[k];
    }
    s.sqrt()
}

#[differentiate]
pub fn polygon_area(points: &[(f64, f64)]) -> f64 {
    let n = points.len();
    let mut twice = 0.0;
    for i in 0..n {
        let (x0, y0) = points[i];
        let (x1, y1) = points[(i + 1) % n];
        twice += x0 * y1 - x1 * y0;
    }
    0.5 * twice.abs()
}

/// In-place prefix sums on a local copy.
#[differentiate]
pub fn prefix_sum_squares(x: &[f64]) -> f64 {
    let mut p = x.to_vec();
    for i in 1..p.len() {
        p[i] += p[i - 1];
    }
    let mut s = 0.0;
    for v in &p {
        s += v * v;
    }
    s
}

#[differentiate]
pub fn bratu_2d<const N: usize>(u: &[[f64; N]; N], lambda: f64) -> f64 {
    let h = 1.0 / (N as f64 - 1.0);
    let mut energy = 0.0;
    for i in 1..N - 1 {
        for j in 1..N - 1 {
            let lap = u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1] - 4.0 * u[i][j];
            let r = lap + h * h * lambda * u[i][j].exp();
            energy += 0.5 * r * r;
        }
    }
    energy
}

#[differentiate]
pub fn kalman_loglik(q: f64, r: f64, ys: &[f64]) -> f64 {
    let mut mean = 0.0;
    let mut var = 1.0;
    let mut ll = 0.0;
    for y in ys {
        var += q;
        let s = var + r;
        let innovation = y - mean;
        ll -= 0.5 * ((2.0 * PI * s).ln() + innovation * innovation / s);
        let gain = var / s;
        mean += gain * innovation;
        var *= 1.0 - gain;
    }
    ll
}

#[differentiate]
pub fn nested_branches(x: f64, y: f64) -> f64 {
    let z;
    if x > y {
        if x * y > 1.0 {
            z = x.sin() * y;
        } else {
            z = x - y * y;
        }
    } else if y > 2.0 {
        z = y.ln() * x;
    } else {
        z = x * x * y;
    }
    z * z + x
}

#[differentiate]
pub fn early_returns(x: f64, y: f64) -> f64 {
    if x > 10.0 {
        return x;
    }
    let a = x * y;
    if y > 10.0 {
        return y * a;
    }
    let b = a + x.exp();
    if b < 0.0 {
        return -b;
    }
    a * b
}

#[differentiate]
pub fn continue_and_break(xs: &[f64], limit: f64) -> f64 {
    let mut total = 0.0;
    let mut product = 1.0;
    for &x in xs {
        if x < 0.0 {
            continue;
        }
        product *= 1.0 + x;
        total += x * product;
        if total > limit {
            break;
        }
    }
    total * product
}

#[differentiate]
pub fn heron_sqrt(a: f64) -> f64 {
    let mut x = a;
    let root = loop {
        let next = 0.5 * (x + a / x);
        if (next - x).abs() < 1e-14 * next {
            break next;
        }
        x = next;
    };
    root
}

#[differentiate]
pub fn match_kind(kind: u8, x: f64) -> f64 {
    match kind {
        0 => x.tanh(),
        1 | 2 => {
            let e = (-x).exp();
            1.0 / (1.0 + e)
        }
        3..=5 => x * x,
        _ => x,
    }
}

#[differentiate]
pub fn match_guard(x: f64, y: f64) -> f64 {
    match x * y {
        p if p < 0.0 => -p * x,
        p if p < 1.0 => p.sqrt(),
        p => p.ln() + y,
    }
}

#[differentiate]
pub fn shadowing(x: f64) -> f64 {
    let x = x * x;
    let mut acc = x;
    {
        let x = 2.0 * x.sin();
        acc += x * acc;
    }
    let x = x + acc;
    for i in 0..3 {
        let x = x * (i as f64 + 1.0);
        acc += x.cos();
    }
    acc * x
}

#[differentiate]
pub fn power_recursive(x: f64, n: u32) -> f64 {
    if n == 0 {
        return 1.0;
    }
    let half = power_recursive(x, n / 2);
    if n % 2 == 0 {
        half * half
    } else {
        x * half * half
    }
}

#[differentiate]
pub fn bessel_j0(x: f64) -> f64 {
    let q = -0.25 * x * x;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..200 {
        term *= q / (k * k) as f64;
        sum += term;
        if term.abs() < 1e-17 {
            break;
        }
    }
    sum
}

#[differentiate]
pub fn nbody_potential(pos: &[[f64; 3]], mass: &[f64]) -> f64 {
    let mut u = 0.0;
    for i in 0..pos.len() {
        for j in 0..i {
            let mut r2 = 0.0;
            for k in 0..3 {
                let d = pos[i][k] - pos[j][k];
                r2 += d * d;
            }
            u -= mass[i] * mass[j] / r2.sqrt();
        }
    }
    u
}

#[differentiate]
pub fn quat_rotate(q: [f64; 4], v: [f64; 3]) -> [f64; 3] {
    let [w, x, y, z] = q;
    let t = [
        2.0 * (y * v[2] - z * v[1]),
        2.0 * (z * v[0] - x * v[2]),
        2.0 * (x * v[1] - y * v[0]),
    ];
    [
        v[0] + w * t[0] + (y * t[2] - z * t[1]),
        v[1] + w * t[1] + (z * t[0] - x * t[2]),
        v[2] + w * t[2] + (x * t[1] - y * t[0]),
    ]
}

#[differentiate]
pub fn lorenz_rhs(s: [f64; 3], sigma: f64, rho: f64, beta: f64) -> [f64; 3] {
    let [x, y, z] = s;
    [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

#[differentiate]
pub fn axpy3(a: [f64; 3], k: f64, b: [f64; 3]) -> [f64; 3] {
    [a[0] + k * b[0], a[1] + k * b[1], a[2] + k * b[2]]
}

#[differentiate]
pub fn lorenz_rk4(start: [f64; 3], sigma: f64, rho: f64, beta: f64, h: f64, steps: usize) -> f64 {
    let mut s = start;
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

#[differentiate]
pub fn kink_sum(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for &v in x {
        s += v.abs() + v.max(0.5) * v.min(2.0) + v.clamp(-1.0, 1.0).powi(2);
    }
    s
}

/// clad issue 1108: the NaN is dead code and must not reach the gradient.
#[differentiate]
pub fn dead_nan(c: f64, a: f64) -> f64 {
    let _unused = (-c / a).acos();
    2.0 * c * c * a
}

/// Names a generator might like to use.
#[differentiate]
pub fn hostile_names(x: f64, dx: f64) -> f64 {
    let x_bar = x * dx;
    let d_x = x_bar.sin();
    let tape = d_x + dx;
    let grad = tape * x_bar;
    let t0 = grad - d_x;
    let tmp = t0 * t0;
    tmp + x
}

#[differentiate]
pub fn twice(x: f64) -> f64 {
    x.sin() + x * 0.5
}

#[differentiate]
pub fn chain2(x: f64) -> f64 {
    twice(x) * twice(x * 0.5)
}

#[differentiate]
pub fn chain4(x: f64) -> f64 {
    chain2(x) + chain2(x + 0.1)
}

#[differentiate]
pub fn chain8(x: f64) -> f64 {
    chain4(x) * chain4(x - 0.2)
}

/// Nested calls, each level calling the previous one twice: exposes recompute blow-up.
#[differentiate]
pub fn chain16(x: f64) -> f64 {
    chain8(x) - chain8(0.5 * x)
}

/// Every element overwritten several times before use.
#[differentiate]
pub fn overwrite_storm(x: &[f64]) -> f64 {
    let mut a = x.to_vec();
    let n = a.len();
    for pass in 0..3 {
        for i in 0..n {
            let left = a[(i + n - 1) % n];
            a[i] = a[i] * left + 0.1 * pass as f64;
            a[i] = a[i].sin();
        }
    }
    a[0] * a[n - 1] + a[n / 2]
}

#[differentiate]
pub fn swap_vars(x: f64, y: f64) -> f64 {
    let mut a = x * x;
    let mut b = y;
    std::mem::swap(&mut a, &mut b);
    (a, b) = (b + a, a * b);
    a * b.exp() + a
}

#[differentiate]
pub fn rosenbrock_windows(x: &[f64]) -> f64 {
    x.windows(2)
        .map(|w| (1.0 - w[0]).powi(2) + 100.0 * (w[1] - w[0].powi(2)).powi(2))
        .sum()
}

#[differentiate]
pub fn softmax_cross_entropy(logits: &[f64], label: usize) -> f64 {
    let max = logits.iter().cloned().fold(f64::MIN, f64::max);
    let exps: Vec<f64> = logits.iter().map(|z| (z - max).exp()).collect();
    let total: f64 = exps.iter().sum();
    -(exps[label] / total).ln()
}

#[differentiate]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[differentiate]
pub fn cosine_similarity(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt())
}

#[differentiate]
pub fn horner(coeffs: &[f64], x: f64) -> f64 {
    let mut acc = 0.0;
    for c in coeffs.iter().rev() {
        acc = acc * x + c;
    }
    acc
}

const LANCZOS: [f64; 9] = [
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
];

#[differentiate]
pub fn ln_gamma(z: f64) -> f64 {
    let z = z - 1.0;
    let mut a = LANCZOS[0];
    for (i, c) in LANCZOS.iter().enumerate().skip(1) {
        a += c / (z + i as f64);
    }
    let t = z + 7.5;
    0.5 * (2.0 * PI).ln() + (z + 0.5) * t.ln() - t + a.ln()
}

#[differentiate]
pub fn simpson_gaussian_bump(lo: f64, hi: f64, width: f64, intervals: usize) -> f64 {
    let f = |t: f64| (-(t / width).powi(2)).exp();
    let h = (hi - lo) / intervals as f64;
    let mut s = f(lo) + f(hi);
    for i in 1..intervals {
        let weight = if i % 2 == 1 { 4.0 } else { 2.0 };
        s += weight * f(lo + i as f64 * h);
    }
    s * h / 3.0
}

/// Explicit heat equation, double buffering with `std::mem::swap`.
#[differentiate]
pub fn heat_1d(u0: &[f64], alpha: f64, steps: usize) -> f64 {
    let n = u0.len();
    let mut u = u0.to_vec();
    let mut next = vec![0.0; n];
    for _ in 0..steps {
        next[0] = u[0];
        next[n - 1] = u[n - 1];
        for i in 1..n - 1 {
            next[i] = u[i] + alpha * (u[i - 1] - 2.0 * u[i] + u[i + 1]);
        }
        std::mem::swap(&mut u, &mut next);
    }
    u.iter().map(|v| v * v).sum()
}

#[differentiate]
pub fn conv1d_loss(signal: &[f64], kernel: &[f64], target: &[f64]) -> f64 {
    let half = kernel.len() / 2;
    let mut loss = 0.0;
    for i in 0..signal.len() {
        let mut acc = 0.0;
        for (k, w) in kernel.iter().enumerate() {
            let j = i + k;
            if j < half || j - half >= signal.len() {
                continue;
            }
            acc += w * signal[j - half];
        }
        let e = acc - target[i];
        loss += e * e;
    }
    loss / signal.len() as f64
}

#[differentiate]
pub fn hmm_log_likelihood(init: &[f64], trans: &[f64], emit: &[f64], obs: &[usize]) -> f64 {
    let k = init.len();
    let m = emit.len() / k;
    let mut alpha: Vec<f64> = (0..k).map(|s| init[s] * emit[s * m + obs[0]]).collect();
    let mut loglik = 0.0;
    for &o in &obs[1..] {
        let scale: f64 = alpha.iter().sum();
        loglik += scale.ln();
        let mut next = vec![0.0; k];
        for s in 0..k {
            let mut acc = 0.0;
            for r in 0..k {
                acc += alpha[r] / scale * trans[r * k + s];
            }
            next[s] = acc * emit[s * m + o];
        }
        alpha = next;
    }
    loglik + alpha.iter().sum::<f64>().ln()
}

#[differentiate]
pub fn haar_energy(x: &[f64]) -> f64 {
    x.chunks_exact(2)
        .map(|c| {
            let (a, d) = ((c[0] + c[1]) / SQRT_2, (c[0] - c[1]) / SQRT_2);
            a * a * d
        })
        .sum()
}

/// Step-size control: the number of steps depends on the data.
#[differentiate]
pub fn adaptive_heun(y0: f64, rate: f64, t_end: f64) -> f64 {
    let f = |y: f64| -rate * y * y;
    let mut y = y0;
    let mut t = 0.0;
    let mut h = 0.1;
    while t < t_end {
        if t + h > t_end {
            h = t_end - t;
        }
        let k1 = f(y);
        let k2 = f(y + h * k1);
        let err = 0.5 * h * (k2 - k1).abs();
        if err > 1e-3 {
            h *= 0.5;
            continue;
        }
        y += 0.5 * h * (k1 + k2);
        t += h;
        if err < 1e-4 {
            h *= 1.5;
        }
    }
    y
}

#[differentiate]
pub fn swap_elements(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let n = v.len();
    for i in 0..n / 2 {
        v[i] *= v[n - 1 - i];
        v.swap(i, n - 1 - i);
    }
    let mut s = 0.0;
    for (i, e) in v.iter().enumerate() {
        s += (i + 1) as f64 * e * e;
    }
    s
}

#[differentiate]
pub fn cholesky_log_det(a: &[f64], n: usize) -> f64 {
    let mut l = a.to_vec();
    for j in 0..n {
        for k in 0..j {
            for i in j..n {
                l[i * n + j] -= l[i * n + k] * l[j * n + k];
            }
        }
        let d = l[j * n + j].sqrt();
        for i in j..n {
            l[i * n + j] /= d;
        }
    }
    2.0 * (0..n).map(|i| l[i * n + i].ln()).sum::<f64>()
}

/// Radix-2 in-place FFT, then a weighted power spectrum.
#[differentiate]
pub fn fft_weighted_power(signal: &[f64], weights: &[f64]) -> f64 {
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
        let angle = -2.0 * PI / len as f64;
        for start in (0..n).step_by(len) {
            for k in 0..len / 2 {
                let (s, c) = (angle * k as f64).sin_cos();
                let (a, b) = (start + k, start + k + len / 2);
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
    (0..n)
        .map(|k| weights[k] * (re[k] * re[k] + im[k] * im[k]))
        .sum()
}

#[differentiate]
pub fn slice_views(x: &[f64]) -> f64 {
    let (head, tail) = x.split_at(x.len() / 2);
    let first = head.first().unwrap();
    let last = tail[tail.len() - 1];
    dot(head, &tail[..head.len()]) * first + last * dot(&x[1..], &x[..x.len() - 1])
}

#[differentiate]
pub fn vec_stack(x: f64, y: f64) -> f64 {
    let mut stack = Vec::new();
    stack.push(x);
    stack.push(y);
    for _ in 0..3 {
        let b = stack.pop().unwrap();
        let a = stack.pop().unwrap();
        stack.push(a * b);
        stack.push(a + b);
    }
    stack.iter().product()
}

#[differentiate]
pub fn array_map(x: [f64; 3]) -> f64 {
    let y = x.map(|v| v * v + 1.0);
    let z = [y[0] * y[1], y[1] * y[2], y[2] * y[0]];
    z.iter().sum::<f64>() / y.iter().product::<f64>()
}

#[differentiate]
pub fn closure_capture(a: f64, b: f64) -> f64 {
    let parabola = |t: f64| a * t * t + b;
    let scaled = |t: f64| parabola(t) * b.exp();
    parabola(1.5) + scaled(a) - parabola(b)
}

#[differentiate]
pub fn kmeans_cost(points: &[f64], centroids: &[f64], dim: usize) -> f64 {
    let mut cost = 0.0;
    for p in points.chunks(dim) {
        let mut best = f64::INFINITY;
        for c in centroids.chunks(dim) {
            let d2: f64 = p.iter().zip(c).map(|(a, b)| (a - b) * (a - b)).sum();
            if d2 < best {
                best = d2;
            }
        }
        cost += best;
    }
    cost
}

/// The same borrow passed twice.
#[differentiate]
pub fn aliased_arguments(x: &[f64]) -> f64 {
    dot(x, x) * dot(x, &x[..]) + cosine_similarity(x, x)
}

#[differentiate]
pub fn macros_inside(x: f64, n: usize) -> f64 {
    assert!(n > 0, "n must be positive");
    debug_assert!(x.is_finite());
    let mut v = vec![x; n];
    let w = vec![1.0, 2.0, 3.0];
    for (i, e) in v.iter_mut().enumerate() {
        *e *= w[i % w.len()];
        if *e > 1e12 {
            eprintln!("large value at {i}: {e}");
            unreachable!();
        }
    }
    v.iter().map(|e| e * e).sum::<f64>()
}

#[differentiate]
pub fn tuple_accumulator(x: &[f64]) -> f64 {
    let (sum, prod) = x
        .iter()
        .fold((0.0, 1.0), |(s, p), v| (s + v, p * (1.0 + v * v)));
    sum * prod
}

/// Piecewise-linear interpolation in a sorted table.
#[differentiate]
pub fn linear_interp(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    if x <= xs[0] {
        return ys[0];
    }
    if x >= xs[xs.len() - 1] {
        return ys[ys.len() - 1];
    }
    let i = xs.partition_point(|&v| v <= x);
    let t = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
    ys[i - 1] * (1.0 - t) + ys[i] * t
}

/// Expansion by minors, recursive (cmpad / GradBench).
#[differentiate]
pub fn det_by_minors(a: &[f64], n: usize) -> f64 {
    if n == 1 {
        return a[0];
    }
    let mut det = 0.0;
    let mut sign = 1.0;
    for col in 0..n {
        let mut minor = Vec::with_capacity((n - 1) * (n - 1));
        for i in 1..n {
            for j in 0..n {
                if j != col {
                    minor.push(a[i * n + j]);
                }
            }
        }
        det += sign * a[col] * det_by_minors(&minor, n - 1);
        sign = -sign;
    }
    det
}

#[derive(Clone, Debug, Differentiable)]
pub struct Spring {
    pub stiffness: f64,
    pub rest: f64,
}

#[differentiate]
impl Spring {
    pub fn energy(&self, length: f64) -> f64 {
        let stretch = length - self.rest;
        0.5 * self.stiffness * stretch * stretch
    }
}

#[derive(Clone, Debug, Differentiable)]
pub struct Chain {
    pub springs: Vec<Spring>,
    pub gravity: f64,
}

#[differentiate]
impl Chain {
    /// A method that calls a method on elements of a field.
    pub fn total_energy(&self, x: &[f64]) -> f64 {
        let mut e = 0.0;
        for (s, pair) in self.springs.iter().zip(x.windows(2)) {
            e += s.energy(pair[1] - pair[0]);
        }
        for xi in x {
            e -= self.gravity * xi;
        }
        e
    }
}

#[derive(Clone, Debug, Differentiable)]
pub struct Mlp {
    pub w1: Vec<Vec<f64>>,
    pub b1: Vec<f64>,
    pub w2: Vec<f64>,
    pub b2: f64,
}

#[differentiate]
impl Mlp {
    pub fn forward(&self, x: &[f64]) -> f64 {
        let mut out = self.b2;
        for (i, row) in self.w1.iter().enumerate() {
            let mut z = self.b1[i];
            for (w, xi) in row.iter().zip(x) {
                z += w * xi;
            }
            out += self.w2[i] * z.tanh();
        }
        out
    }

    pub fn loss(&self, xs: &[Vec<f64>], ys: &[f64]) -> f64 {
        let mut total = 0.0;
        for (x, y) in xs.iter().zip(ys) {
            let e = self.forward(x) - y;
            total += e * e;
        }
        total / ys.len() as f64
    }
}

#[test]
fn case_griewank_intro() {
    let case = Case::read("griewank_intro");
    let x1 = case.num("x1");
    let x2 = case.num("x2");
    let value = griewank_intro(x1, x2);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_griewank_intro(x1, x2);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x1", "x2"], 0, &found);
    let mut x1_dot = 0.0;
    let mut x2_dot = 0.0;
    for k in 0..flat(&x1).len() {
        unit(&mut x1_dot, k);
        let (same, tangent) = jvp_griewank_intro(x1, x2, x1_dot, x2_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x1", k, &flat(&tangent));
        fill(&mut x1_dot, 0.0);
    }
    for k in 0..flat(&x2).len() {
        unit(&mut x2_dot, k);
        let (same, tangent) = jvp_griewank_intro(x1, x2, x1_dot, x2_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x2", k, &flat(&tangent));
        fill(&mut x2_dot, 0.0);
    }
}

#[test]
fn case_lighthouse() {
    let case = Case::read("lighthouse");
    let nu = case.num("nu");
    let gamma = case.num("gamma");
    let omega = case.num("omega");
    let t = case.num("t");
    let value = lighthouse(nu, gamma, omega, t);
    case.check_value(&value);
    for row in 0..flat(&value).len() {
        let (same, pull) = vjp_lighthouse(nu, gamma, omega, t);
        assert_eq!(same, value);
        let mut seed = value;
        unit(&mut seed, row);
        let gradient = pull(seed);
        let found = [
            flat(&gradient.0),
            flat(&gradient.1),
            flat(&gradient.2),
            flat(&gradient.3),
        ]
        .concat();
        case.check_gradient(&["nu", "gamma", "omega", "t"], row, &found);
    }
    let mut nu_dot = 0.0;
    let mut gamma_dot = 0.0;
    let mut omega_dot = 0.0;
    let mut t_dot = 0.0;
    for k in 0..flat(&nu).len() {
        unit(&mut nu_dot, k);
        let (same, tangent) =
            jvp_lighthouse(nu, gamma, omega, t, nu_dot, gamma_dot, omega_dot, t_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("nu", k, &flat(&tangent));
        fill(&mut nu_dot, 0.0);
    }
    for k in 0..flat(&gamma).len() {
        unit(&mut gamma_dot, k);
        let (same, tangent) =
            jvp_lighthouse(nu, gamma, omega, t, nu_dot, gamma_dot, omega_dot, t_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("gamma", k, &flat(&tangent));
        fill(&mut gamma_dot, 0.0);
    }
    for k in 0..flat(&omega).len() {
        unit(&mut omega_dot, k);
        let (same, tangent) =
            jvp_lighthouse(nu, gamma, omega, t, nu_dot, gamma_dot, omega_dot, t_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("omega", k, &flat(&tangent));
        fill(&mut omega_dot, 0.0);
    }
    for k in 0..flat(&t).len() {
        unit(&mut t_dot, k);
        let (same, tangent) =
            jvp_lighthouse(nu, gamma, omega, t, nu_dot, gamma_dot, omega_dot, t_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("t", k, &flat(&tangent));
        fill(&mut t_dot, 0.0);
    }
}

#[test]
fn case_softplus() {
    let case = Case::read("softplus");
    let x = case.num("x");
    let value = softplus(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_softplus(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_softplus(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_norm_cdf() {
    let case = Case::read("norm_cdf");
    let x = case.num("x");
    let value = norm_cdf(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_norm_cdf(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_norm_cdf(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_norm_cdf_left() {
    let case = Case::read("norm_cdf_left");
    let x = case.num("x");
    let value = norm_cdf(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_norm_cdf(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_norm_cdf(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_black_scholes_call() {
    let case = Case::read("black_scholes_call");
    let spot = case.num("spot");
    let strike = case.num("strike");
    let rate = case.num("rate");
    let sigma = case.num("sigma");
    let time = case.num("time");
    let value = black_scholes_call(spot, strike, rate, sigma, time);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_black_scholes_call(spot, strike, rate, sigma, time);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [
        flat(&gradient.0),
        flat(&gradient.1),
        flat(&gradient.2),
        flat(&gradient.3),
        flat(&gradient.4),
    ]
    .concat();
    case.check_gradient(&["spot", "strike", "rate", "sigma", "time"], 0, &found);
    let mut spot_dot = 0.0;
    let mut strike_dot = 0.0;
    let mut rate_dot = 0.0;
    let mut sigma_dot = 0.0;
    let mut time_dot = 0.0;
    for k in 0..flat(&spot).len() {
        unit(&mut spot_dot, k);
        let (same, tangent) = jvp_black_scholes_call(
            spot, strike, rate, sigma, time, spot_dot, strike_dot, rate_dot, sigma_dot, time_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("spot", k, &flat(&tangent));
        fill(&mut spot_dot, 0.0);
    }
    for k in 0..flat(&strike).len() {
        unit(&mut strike_dot, k);
        let (same, tangent) = jvp_black_scholes_call(
            spot, strike, rate, sigma, time, spot_dot, strike_dot, rate_dot, sigma_dot, time_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("strike", k, &flat(&tangent));
        fill(&mut strike_dot, 0.0);
    }
    for k in 0..flat(&rate).len() {
        unit(&mut rate_dot, k);
        let (same, tangent) = jvp_black_scholes_call(
            spot, strike, rate, sigma, time, spot_dot, strike_dot, rate_dot, sigma_dot, time_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("rate", k, &flat(&tangent));
        fill(&mut rate_dot, 0.0);
    }
    for k in 0..flat(&sigma).len() {
        unit(&mut sigma_dot, k);
        let (same, tangent) = jvp_black_scholes_call(
            spot, strike, rate, sigma, time, spot_dot, strike_dot, rate_dot, sigma_dot, time_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("sigma", k, &flat(&tangent));
        fill(&mut sigma_dot, 0.0);
    }
    for k in 0..flat(&time).len() {
        unit(&mut time_dot, k);
        let (same, tangent) = jvp_black_scholes_call(
            spot, strike, rate, sigma, time, spot_dot, strike_dot, rate_dot, sigma_dot, time_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("time", k, &flat(&tangent));
        fill(&mut time_dot, 0.0);
    }
}

#[test]
fn case_himmelblau() {
    let case = Case::read("himmelblau");
    let x = case.num("x");
    let y = case.num("y");
    let value = himmelblau(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_himmelblau(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_himmelblau(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_himmelblau(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_compound_assign() {
    let case = Case::read("compound_assign");
    let x = case.num("x");
    let y = case.num("y");
    let value = compound_assign(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_compound_assign(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_compound_assign(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_compound_assign(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_math_zoo() {
    let case = Case::read("math_zoo");
    let x = case.num("x");
    let y = case.num("y");
    let value = math_zoo(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_math_zoo(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_math_zoo(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_math_zoo(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_huber_f32() {
    let case = Case::read("huber_f32");
    let residual: f32 = case.num("residual") as f32;
    let delta: f32 = case.num("delta") as f32;
    let value = huber_f32(residual, delta);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_huber_f32(residual, delta);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["residual", "delta"], 0, &found);
    let mut residual_dot = 0.0;
    let mut delta_dot = 0.0;
    for k in 0..flat(&residual).len() {
        unit(&mut residual_dot, k);
        let (same, tangent) = jvp_huber_f32(residual, delta, residual_dot, delta_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("residual", k, &flat(&tangent));
        fill(&mut residual_dot, 0.0);
    }
    for k in 0..flat(&delta).len() {
        unit(&mut delta_dot, k);
        let (same, tangent) = jvp_huber_f32(residual, delta, residual_dot, delta_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("delta", k, &flat(&tangent));
        fill(&mut delta_dot, 0.0);
    }
}

#[test]
fn case_rosenbrock() {
    let case = Case::read("rosenbrock");
    let x = case.flat("x");
    let value = rosenbrock(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_rosenbrock(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_rosenbrock(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_speelpenning() {
    let case = Case::read("speelpenning");
    let x = case.flat("x");
    let value = speelpenning(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_speelpenning(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_speelpenning(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_speelpenning_zero() {
    let case = Case::read("speelpenning_zero");
    let x = case.flat("x");
    let value = speelpenning(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_speelpenning(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_speelpenning(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_helmholtz_energy() {
    let case = Case::read("helmholtz_energy");
    let x = case.flat("x");
    let a = case.flat("a");
    let b = case.flat("b");
    let rt = case.num("rt");
    let value = helmholtz_energy(&x, &a, &b, rt);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_helmholtz_energy(&x, &a, &b, rt);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [
        flat(&gradient.0),
        flat(&gradient.1),
        flat(&gradient.2),
        flat(&gradient.3),
    ]
    .concat();
    case.check_gradient(&["x", "a", "b", "rt"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    let mut a_dot = a.clone();
    fill(&mut a_dot, 0.0);
    let mut b_dot = b.clone();
    fill(&mut b_dot, 0.0);
    let mut rt_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_helmholtz_energy(&x, &a, &b, rt, &x_dot, &a_dot, &b_dot, rt_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_helmholtz_energy(&x, &a, &b, rt, &x_dot, &a_dot, &b_dot, rt_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
    for k in 0..flat(&b).len() {
        unit(&mut b_dot, k);
        let (same, tangent) = jvp_helmholtz_energy(&x, &a, &b, rt, &x_dot, &a_dot, &b_dot, rt_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("b", k, &flat(&tangent));
        fill(&mut b_dot, 0.0);
    }
    for k in 0..flat(&rt).len() {
        unit(&mut rt_dot, k);
        let (same, tangent) = jvp_helmholtz_energy(&x, &a, &b, rt, &x_dot, &a_dot, &b_dot, rt_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("rt", k, &flat(&tangent));
        fill(&mut rt_dot, 0.0);
    }
}

#[test]
fn case_log_sum_exp() {
    let case = Case::read("log_sum_exp");
    let x = case.flat("x");
    let value = log_sum_exp(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_log_sum_exp(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_log_sum_exp(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_norm_const() {
    let case = Case::read("norm_const");
    let x: [f64; 4] = case.shaped("x");
    let value = norm_const(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_norm_const(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_norm_const(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_bessel_j0() {
    let case = Case::read("bessel_j0");
    let x = case.num("x");
    let value = bessel_j0(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_bessel_j0(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_bessel_j0(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_polygon_area() {
    let case = Case::read("polygon_area");
    let points: Vec<(f64, f64)> = case.shaped("points");
    let value = polygon_area(&points);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_polygon_area(&points);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["points"], 0, &found);
    let mut points_dot = points.clone();
    fill(&mut points_dot, 0.0);
    for k in 0..flat(&points).len() {
        unit(&mut points_dot, k);
        let (same, tangent) = jvp_polygon_area(&points, &points_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("points", k, &flat(&tangent));
        fill(&mut points_dot, 0.0);
    }
}

#[test]
fn case_prefix_sum_squares() {
    let case = Case::read("prefix_sum_squares");
    let x = case.flat("x");
    let value = prefix_sum_squares(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_prefix_sum_squares(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_prefix_sum_squares(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_bratu_2d() {
    let case = Case::read("bratu_2d");
    let u: [[f64; 4]; 4] = case.shaped("u");
    let lambda = case.num("lambda");
    let value = bratu_2d(&u, lambda);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_bratu_2d(&u, lambda);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["u", "lambda"], 0, &found);
    let mut u_dot = u.clone();
    fill(&mut u_dot, 0.0);
    let mut lambda_dot = 0.0;
    for k in 0..flat(&u).len() {
        unit(&mut u_dot, k);
        let (same, tangent) = jvp_bratu_2d(&u, lambda, &u_dot, lambda_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("u", k, &flat(&tangent));
        fill(&mut u_dot, 0.0);
    }
    for k in 0..flat(&lambda).len() {
        unit(&mut lambda_dot, k);
        let (same, tangent) = jvp_bratu_2d(&u, lambda, &u_dot, lambda_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("lambda", k, &flat(&tangent));
        fill(&mut lambda_dot, 0.0);
    }
}

#[test]
fn case_kalman_loglik() {
    let case = Case::read("kalman_loglik");
    let q = case.num("q");
    let r = case.num("r");
    let ys = case.flat("ys");
    let value = kalman_loglik(q, r, &ys);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_kalman_loglik(q, r, &ys);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1), flat(&gradient.2)].concat();
    case.check_gradient(&["q", "r", "ys"], 0, &found);
    let mut q_dot = 0.0;
    let mut r_dot = 0.0;
    let mut ys_dot = ys.clone();
    fill(&mut ys_dot, 0.0);
    for k in 0..flat(&q).len() {
        unit(&mut q_dot, k);
        let (same, tangent) = jvp_kalman_loglik(q, r, &ys, q_dot, r_dot, &ys_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("q", k, &flat(&tangent));
        fill(&mut q_dot, 0.0);
    }
    for k in 0..flat(&r).len() {
        unit(&mut r_dot, k);
        let (same, tangent) = jvp_kalman_loglik(q, r, &ys, q_dot, r_dot, &ys_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("r", k, &flat(&tangent));
        fill(&mut r_dot, 0.0);
    }
    for k in 0..flat(&ys).len() {
        unit(&mut ys_dot, k);
        let (same, tangent) = jvp_kalman_loglik(q, r, &ys, q_dot, r_dot, &ys_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("ys", k, &flat(&tangent));
        fill(&mut ys_dot, 0.0);
    }
}

#[test]
fn case_nested_branches_1() {
    let case = Case::read("nested_branches_1");
    let x = case.num("x");
    let y = case.num("y");
    let value = nested_branches(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_nested_branches(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_nested_branches_2() {
    let case = Case::read("nested_branches_2");
    let x = case.num("x");
    let y = case.num("y");
    let value = nested_branches(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_nested_branches(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_nested_branches_3() {
    let case = Case::read("nested_branches_3");
    let x = case.num("x");
    let y = case.num("y");
    let value = nested_branches(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_nested_branches(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_nested_branches_4() {
    let case = Case::read("nested_branches_4");
    let x = case.num("x");
    let y = case.num("y");
    let value = nested_branches(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_nested_branches(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_nested_branches(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_early_returns_1() {
    let case = Case::read("early_returns_1");
    let x = case.num("x");
    let y = case.num("y");
    let value = early_returns(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_early_returns(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_early_returns_2() {
    let case = Case::read("early_returns_2");
    let x = case.num("x");
    let y = case.num("y");
    let value = early_returns(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_early_returns(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_early_returns_3() {
    let case = Case::read("early_returns_3");
    let x = case.num("x");
    let y = case.num("y");
    let value = early_returns(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_early_returns(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_early_returns_4() {
    let case = Case::read("early_returns_4");
    let x = case.num("x");
    let y = case.num("y");
    let value = early_returns(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_early_returns(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_early_returns(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_continue_and_break() {
    let case = Case::read("continue_and_break");
    let xs = case.flat("xs");
    let limit = case.num("limit");
    let value = continue_and_break(&xs, limit);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_continue_and_break(&xs, limit);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["xs", "limit"], 0, &found);
    let mut xs_dot = xs.clone();
    fill(&mut xs_dot, 0.0);
    let mut limit_dot = 0.0;
    for k in 0..flat(&xs).len() {
        unit(&mut xs_dot, k);
        let (same, tangent) = jvp_continue_and_break(&xs, limit, &xs_dot, limit_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("xs", k, &flat(&tangent));
        fill(&mut xs_dot, 0.0);
    }
    for k in 0..flat(&limit).len() {
        unit(&mut limit_dot, k);
        let (same, tangent) = jvp_continue_and_break(&xs, limit, &xs_dot, limit_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("limit", k, &flat(&tangent));
        fill(&mut limit_dot, 0.0);
    }
}

#[test]
fn case_heron_sqrt() {
    let case = Case::read("heron_sqrt");
    let a = case.num("a");
    let value = heron_sqrt(a);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_heron_sqrt(a);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["a"], 0, &found);
    let mut a_dot = 0.0;
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_heron_sqrt(a, a_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
}

#[test]
fn case_match_kind_0() {
    let case = Case::read("match_kind_0");
    let kind = case.count("kind") as u8;
    let x = case.num("x");
    let value = match_kind(kind, x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_kind(kind, x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_kind(kind, x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_match_kind_2() {
    let case = Case::read("match_kind_2");
    let kind = case.count("kind") as u8;
    let x = case.num("x");
    let value = match_kind(kind, x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_kind(kind, x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_kind(kind, x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_match_kind_4() {
    let case = Case::read("match_kind_4");
    let kind = case.count("kind") as u8;
    let x = case.num("x");
    let value = match_kind(kind, x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_kind(kind, x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_kind(kind, x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_match_kind_9() {
    let case = Case::read("match_kind_9");
    let kind = case.count("kind") as u8;
    let x = case.num("x");
    let value = match_kind(kind, x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_kind(kind, x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_kind(kind, x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_match_guard_1() {
    let case = Case::read("match_guard_1");
    let x = case.num("x");
    let y = case.num("y");
    let value = match_guard(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_guard(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_guard(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_match_guard(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_match_guard_2() {
    let case = Case::read("match_guard_2");
    let x = case.num("x");
    let y = case.num("y");
    let value = match_guard(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_guard(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_guard(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_match_guard(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_match_guard_3() {
    let case = Case::read("match_guard_3");
    let x = case.num("x");
    let y = case.num("y");
    let value = match_guard(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_match_guard(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_match_guard(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_match_guard(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_shadowing() {
    let case = Case::read("shadowing");
    let x = case.num("x");
    let value = shadowing(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_shadowing(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_shadowing(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_swap_vars() {
    let case = Case::read("swap_vars");
    let x = case.num("x");
    let y = case.num("y");
    let value = swap_vars(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_swap_vars(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_swap_vars(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_swap_vars(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_power_recursive() {
    let case = Case::read("power_recursive");
    let x = case.num("x");
    let n = case.count("n") as u32;
    let value = power_recursive(x, n);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_power_recursive(x, n);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_power_recursive(x, n, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_nbody_potential() {
    let case = Case::read("nbody_potential");
    let pos: Vec<[f64; 3]> = case.shaped("pos");
    let mass = case.flat("mass");
    let value = nbody_potential(&pos, &mass);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_nbody_potential(&pos, &mass);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["pos", "mass"], 0, &found);
    let mut pos_dot = pos.clone();
    fill(&mut pos_dot, 0.0);
    let mut mass_dot = mass.clone();
    fill(&mut mass_dot, 0.0);
    for k in 0..flat(&pos).len() {
        unit(&mut pos_dot, k);
        let (same, tangent) = jvp_nbody_potential(&pos, &mass, &pos_dot, &mass_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("pos", k, &flat(&tangent));
        fill(&mut pos_dot, 0.0);
    }
    for k in 0..flat(&mass).len() {
        unit(&mut mass_dot, k);
        let (same, tangent) = jvp_nbody_potential(&pos, &mass, &pos_dot, &mass_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("mass", k, &flat(&tangent));
        fill(&mut mass_dot, 0.0);
    }
}

#[test]
fn case_quat_rotate() {
    let case = Case::read("quat_rotate");
    let q: [f64; 4] = case.shaped("q");
    let v: [f64; 3] = case.shaped("v");
    let value = quat_rotate(q, v);
    case.check_value(&value);
    for row in 0..flat(&value).len() {
        let (same, pull) = vjp_quat_rotate(q, v);
        assert_eq!(same, value);
        let mut seed = value;
        unit(&mut seed, row);
        let gradient = pull(seed);
        let found = [flat(&gradient.0), flat(&gradient.1)].concat();
        case.check_gradient(&["q", "v"], row, &found);
    }
    let mut q_dot = q.clone();
    fill(&mut q_dot, 0.0);
    let mut v_dot = v.clone();
    fill(&mut v_dot, 0.0);
    for k in 0..flat(&q).len() {
        unit(&mut q_dot, k);
        let (same, tangent) = jvp_quat_rotate(q, v, q_dot, v_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("q", k, &flat(&tangent));
        fill(&mut q_dot, 0.0);
    }
    for k in 0..flat(&v).len() {
        unit(&mut v_dot, k);
        let (same, tangent) = jvp_quat_rotate(q, v, q_dot, v_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("v", k, &flat(&tangent));
        fill(&mut v_dot, 0.0);
    }
}

#[test]
fn case_lorenz_rk4() {
    let case = Case::read("lorenz_rk4");
    let start: [f64; 3] = case.shaped("start");
    let sigma = case.num("sigma");
    let rho = case.num("rho");
    let beta = case.num("beta");
    let h = case.num("h");
    let steps = case.count("steps") as usize;
    let value = lorenz_rk4(start, sigma, rho, beta, h, steps);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_lorenz_rk4(start, sigma, rho, beta, h, steps);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [
        flat(&gradient.0),
        flat(&gradient.1),
        flat(&gradient.2),
        flat(&gradient.3),
        flat(&gradient.4),
    ]
    .concat();
    case.check_gradient(&["start", "sigma", "rho", "beta", "h"], 0, &found);
    let mut start_dot = start.clone();
    fill(&mut start_dot, 0.0);
    let mut sigma_dot = 0.0;
    let mut rho_dot = 0.0;
    let mut beta_dot = 0.0;
    let mut h_dot = 0.0;
    for k in 0..flat(&start).len() {
        unit(&mut start_dot, k);
        let (same, tangent) = jvp_lorenz_rk4(
            start, sigma, rho, beta, h, steps, start_dot, sigma_dot, rho_dot, beta_dot, h_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("start", k, &flat(&tangent));
        fill(&mut start_dot, 0.0);
    }
    for k in 0..flat(&sigma).len() {
        unit(&mut sigma_dot, k);
        let (same, tangent) = jvp_lorenz_rk4(
            start, sigma, rho, beta, h, steps, start_dot, sigma_dot, rho_dot, beta_dot, h_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("sigma", k, &flat(&tangent));
        fill(&mut sigma_dot, 0.0);
    }
    for k in 0..flat(&rho).len() {
        unit(&mut rho_dot, k);
        let (same, tangent) = jvp_lorenz_rk4(
            start, sigma, rho, beta, h, steps, start_dot, sigma_dot, rho_dot, beta_dot, h_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("rho", k, &flat(&tangent));
        fill(&mut rho_dot, 0.0);
    }
    for k in 0..flat(&beta).len() {
        unit(&mut beta_dot, k);
        let (same, tangent) = jvp_lorenz_rk4(
            start, sigma, rho, beta, h, steps, start_dot, sigma_dot, rho_dot, beta_dot, h_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("beta", k, &flat(&tangent));
        fill(&mut beta_dot, 0.0);
    }
    for k in 0..flat(&h).len() {
        unit(&mut h_dot, k);
        let (same, tangent) = jvp_lorenz_rk4(
            start, sigma, rho, beta, h, steps, start_dot, sigma_dot, rho_dot, beta_dot, h_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("h", k, &flat(&tangent));
        fill(&mut h_dot, 0.0);
    }
}

#[test]
fn case_kink_sum() {
    let case = Case::read("kink_sum");
    let x = case.flat("x");
    let value = kink_sum(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_kink_sum(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_kink_sum(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_dead_nan() {
    let case = Case::read("dead_nan");
    let c = case.num("c");
    let a = case.num("a");
    let value = dead_nan(c, a);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_dead_nan(c, a);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["c", "a"], 0, &found);
    let mut c_dot = 0.0;
    let mut a_dot = 0.0;
    for k in 0..flat(&c).len() {
        unit(&mut c_dot, k);
        let (same, tangent) = jvp_dead_nan(c, a, c_dot, a_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("c", k, &flat(&tangent));
        fill(&mut c_dot, 0.0);
    }
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_dead_nan(c, a, c_dot, a_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
}

#[test]
fn case_hostile_names() {
    let case = Case::read("hostile_names");
    let x = case.num("x");
    let dx = case.num("dx");
    let value = hostile_names(x, dx);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_hostile_names(x, dx);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "dx"], 0, &found);
    let mut x_dot = 0.0;
    let mut dx_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_hostile_names(x, dx, x_dot, dx_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&dx).len() {
        unit(&mut dx_dot, k);
        let (same, tangent) = jvp_hostile_names(x, dx, x_dot, dx_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("dx", k, &flat(&tangent));
        fill(&mut dx_dot, 0.0);
    }
}

#[test]
fn case_chain16() {
    let case = Case::read("chain16");
    let x = case.num("x");
    let value = chain16(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_chain16(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_chain16(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_overwrite_storm() {
    let case = Case::read("overwrite_storm");
    let x = case.flat("x");
    let value = overwrite_storm(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_overwrite_storm(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_overwrite_storm(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_rosenbrock_windows() {
    let case = Case::read("rosenbrock_windows");
    let x = case.flat("x");
    let value = rosenbrock_windows(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_rosenbrock_windows(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_rosenbrock_windows(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_softmax_cross_entropy() {
    let case = Case::read("softmax_cross_entropy");
    let logits = case.flat("logits");
    let label = case.count("label") as usize;
    let value = softmax_cross_entropy(&logits, label);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_softmax_cross_entropy(&logits, label);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["logits"], 0, &found);
    let mut logits_dot = logits.clone();
    fill(&mut logits_dot, 0.0);
    for k in 0..flat(&logits).len() {
        unit(&mut logits_dot, k);
        let (same, tangent) = jvp_softmax_cross_entropy(&logits, label, &logits_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("logits", k, &flat(&tangent));
        fill(&mut logits_dot, 0.0);
    }
}

#[test]
fn case_dot() {
    let case = Case::read("dot");
    let a = case.flat("a");
    let b = case.flat("b");
    let value = dot(&a, &b);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_dot(&a, &b);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["a", "b"], 0, &found);
    let mut a_dot = a.clone();
    fill(&mut a_dot, 0.0);
    let mut b_dot = b.clone();
    fill(&mut b_dot, 0.0);
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_dot(&a, &b, &a_dot, &b_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
    for k in 0..flat(&b).len() {
        unit(&mut b_dot, k);
        let (same, tangent) = jvp_dot(&a, &b, &a_dot, &b_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("b", k, &flat(&tangent));
        fill(&mut b_dot, 0.0);
    }
}

#[test]
fn case_cosine_similarity() {
    let case = Case::read("cosine_similarity");
    let a = case.flat("a");
    let b = case.flat("b");
    let value = cosine_similarity(&a, &b);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_cosine_similarity(&a, &b);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["a", "b"], 0, &found);
    let mut a_dot = a.clone();
    fill(&mut a_dot, 0.0);
    let mut b_dot = b.clone();
    fill(&mut b_dot, 0.0);
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_cosine_similarity(&a, &b, &a_dot, &b_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
    for k in 0..flat(&b).len() {
        unit(&mut b_dot, k);
        let (same, tangent) = jvp_cosine_similarity(&a, &b, &a_dot, &b_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("b", k, &flat(&tangent));
        fill(&mut b_dot, 0.0);
    }
}

#[test]
fn case_horner() {
    let case = Case::read("horner");
    let coeffs = case.flat("coeffs");
    let x = case.num("x");
    let value = horner(&coeffs, x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_horner(&coeffs, x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["coeffs", "x"], 0, &found);
    let mut coeffs_dot = coeffs.clone();
    fill(&mut coeffs_dot, 0.0);
    let mut x_dot = 0.0;
    for k in 0..flat(&coeffs).len() {
        unit(&mut coeffs_dot, k);
        let (same, tangent) = jvp_horner(&coeffs, x, &coeffs_dot, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("coeffs", k, &flat(&tangent));
        fill(&mut coeffs_dot, 0.0);
    }
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_horner(&coeffs, x, &coeffs_dot, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_ln_gamma() {
    let case = Case::read("ln_gamma");
    let z = case.num("z");
    let value = ln_gamma(z);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_ln_gamma(z);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["z"], 0, &found);
    let mut z_dot = 0.0;
    for k in 0..flat(&z).len() {
        unit(&mut z_dot, k);
        let (same, tangent) = jvp_ln_gamma(z, z_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("z", k, &flat(&tangent));
        fill(&mut z_dot, 0.0);
    }
}

#[test]
fn case_simpson_gaussian_bump() {
    let case = Case::read("simpson_gaussian_bump");
    let lo = case.num("lo");
    let hi = case.num("hi");
    let width = case.num("width");
    let intervals = case.count("intervals") as usize;
    let value = simpson_gaussian_bump(lo, hi, width, intervals);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_simpson_gaussian_bump(lo, hi, width, intervals);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1), flat(&gradient.2)].concat();
    case.check_gradient(&["lo", "hi", "width"], 0, &found);
    let mut lo_dot = 0.0;
    let mut hi_dot = 0.0;
    let mut width_dot = 0.0;
    for k in 0..flat(&lo).len() {
        unit(&mut lo_dot, k);
        let (same, tangent) =
            jvp_simpson_gaussian_bump(lo, hi, width, intervals, lo_dot, hi_dot, width_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("lo", k, &flat(&tangent));
        fill(&mut lo_dot, 0.0);
    }
    for k in 0..flat(&hi).len() {
        unit(&mut hi_dot, k);
        let (same, tangent) =
            jvp_simpson_gaussian_bump(lo, hi, width, intervals, lo_dot, hi_dot, width_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("hi", k, &flat(&tangent));
        fill(&mut hi_dot, 0.0);
    }
    for k in 0..flat(&width).len() {
        unit(&mut width_dot, k);
        let (same, tangent) =
            jvp_simpson_gaussian_bump(lo, hi, width, intervals, lo_dot, hi_dot, width_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("width", k, &flat(&tangent));
        fill(&mut width_dot, 0.0);
    }
}

#[test]
fn case_heat_1d() {
    let case = Case::read("heat_1d");
    let u0 = case.flat("u0");
    let alpha = case.num("alpha");
    let steps = case.count("steps") as usize;
    let value = heat_1d(&u0, alpha, steps);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_heat_1d(&u0, alpha, steps);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["u0", "alpha"], 0, &found);
    let mut u0_dot = u0.clone();
    fill(&mut u0_dot, 0.0);
    let mut alpha_dot = 0.0;
    for k in 0..flat(&u0).len() {
        unit(&mut u0_dot, k);
        let (same, tangent) = jvp_heat_1d(&u0, alpha, steps, &u0_dot, alpha_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("u0", k, &flat(&tangent));
        fill(&mut u0_dot, 0.0);
    }
    for k in 0..flat(&alpha).len() {
        unit(&mut alpha_dot, k);
        let (same, tangent) = jvp_heat_1d(&u0, alpha, steps, &u0_dot, alpha_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("alpha", k, &flat(&tangent));
        fill(&mut alpha_dot, 0.0);
    }
}

#[test]
fn case_conv1d_loss() {
    let case = Case::read("conv1d_loss");
    let signal = case.flat("signal");
    let kernel = case.flat("kernel");
    let target = case.flat("target");
    let value = conv1d_loss(&signal, &kernel, &target);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_conv1d_loss(&signal, &kernel, &target);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1), flat(&gradient.2)].concat();
    case.check_gradient(&["signal", "kernel", "target"], 0, &found);
    let mut signal_dot = signal.clone();
    fill(&mut signal_dot, 0.0);
    let mut kernel_dot = kernel.clone();
    fill(&mut kernel_dot, 0.0);
    let mut target_dot = target.clone();
    fill(&mut target_dot, 0.0);
    for k in 0..flat(&signal).len() {
        unit(&mut signal_dot, k);
        let (same, tangent) = jvp_conv1d_loss(
            &signal,
            &kernel,
            &target,
            &signal_dot,
            &kernel_dot,
            &target_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("signal", k, &flat(&tangent));
        fill(&mut signal_dot, 0.0);
    }
    for k in 0..flat(&kernel).len() {
        unit(&mut kernel_dot, k);
        let (same, tangent) = jvp_conv1d_loss(
            &signal,
            &kernel,
            &target,
            &signal_dot,
            &kernel_dot,
            &target_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("kernel", k, &flat(&tangent));
        fill(&mut kernel_dot, 0.0);
    }
    for k in 0..flat(&target).len() {
        unit(&mut target_dot, k);
        let (same, tangent) = jvp_conv1d_loss(
            &signal,
            &kernel,
            &target,
            &signal_dot,
            &kernel_dot,
            &target_dot,
        );
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("target", k, &flat(&tangent));
        fill(&mut target_dot, 0.0);
    }
}

#[test]
fn case_hmm_log_likelihood() {
    let case = Case::read("hmm_log_likelihood");
    let init = case.flat("init");
    let trans = case.flat("trans");
    let emit = case.flat("emit");
    let obs = [0, 2, 1, 1, 0];
    let value = hmm_log_likelihood(&init, &trans, &emit, &obs);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_hmm_log_likelihood(&init, &trans, &emit, &obs);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1), flat(&gradient.2)].concat();
    case.check_gradient(&["init", "trans", "emit"], 0, &found);
    let mut init_dot = init.clone();
    fill(&mut init_dot, 0.0);
    let mut trans_dot = trans.clone();
    fill(&mut trans_dot, 0.0);
    let mut emit_dot = emit.clone();
    fill(&mut emit_dot, 0.0);
    for k in 0..flat(&init).len() {
        unit(&mut init_dot, k);
        let (same, tangent) =
            jvp_hmm_log_likelihood(&init, &trans, &emit, &obs, &init_dot, &trans_dot, &emit_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("init", k, &flat(&tangent));
        fill(&mut init_dot, 0.0);
    }
    for k in 0..flat(&trans).len() {
        unit(&mut trans_dot, k);
        let (same, tangent) =
            jvp_hmm_log_likelihood(&init, &trans, &emit, &obs, &init_dot, &trans_dot, &emit_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("trans", k, &flat(&tangent));
        fill(&mut trans_dot, 0.0);
    }
    for k in 0..flat(&emit).len() {
        unit(&mut emit_dot, k);
        let (same, tangent) =
            jvp_hmm_log_likelihood(&init, &trans, &emit, &obs, &init_dot, &trans_dot, &emit_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("emit", k, &flat(&tangent));
        fill(&mut emit_dot, 0.0);
    }
}

#[test]
fn case_haar_energy() {
    let case = Case::read("haar_energy");
    let x = case.flat("x");
    let value = haar_energy(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_haar_energy(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_haar_energy(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_adaptive_heun() {
    let case = Case::read("adaptive_heun");
    let y0 = case.num("y0");
    let rate = case.num("rate");
    let t_end = case.num("t_end");
    let value = adaptive_heun(y0, rate, t_end);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_adaptive_heun(y0, rate, t_end);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1), flat(&gradient.2)].concat();
    case.check_gradient(&["y0", "rate", "t_end"], 0, &found);
    let mut y0_dot = 0.0;
    let mut rate_dot = 0.0;
    let mut t_end_dot = 0.0;
    for k in 0..flat(&y0).len() {
        unit(&mut y0_dot, k);
        let (same, tangent) = jvp_adaptive_heun(y0, rate, t_end, y0_dot, rate_dot, t_end_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y0", k, &flat(&tangent));
        fill(&mut y0_dot, 0.0);
    }
    for k in 0..flat(&rate).len() {
        unit(&mut rate_dot, k);
        let (same, tangent) = jvp_adaptive_heun(y0, rate, t_end, y0_dot, rate_dot, t_end_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("rate", k, &flat(&tangent));
        fill(&mut rate_dot, 0.0);
    }
    for k in 0..flat(&t_end).len() {
        unit(&mut t_end_dot, k);
        let (same, tangent) = jvp_adaptive_heun(y0, rate, t_end, y0_dot, rate_dot, t_end_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("t_end", k, &flat(&tangent));
        fill(&mut t_end_dot, 0.0);
    }
}

#[test]
fn case_swap_elements() {
    let case = Case::read("swap_elements");
    let x = case.flat("x");
    let value = swap_elements(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_swap_elements(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_swap_elements(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_cholesky_log_det() {
    let case = Case::read("cholesky_log_det");
    let a = case.flat("a");
    let n = case.count("n") as usize;
    let value = cholesky_log_det(&a, n);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_cholesky_log_det(&a, n);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["a"], 0, &found);
    let mut a_dot = a.clone();
    fill(&mut a_dot, 0.0);
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_cholesky_log_det(&a, n, &a_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
}

#[test]
fn case_fft_weighted_power() {
    let case = Case::read("fft_weighted_power");
    let signal = case.flat("signal");
    let weights = case.flat("weights");
    let value = fft_weighted_power(&signal, &weights);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_fft_weighted_power(&signal, &weights);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["signal", "weights"], 0, &found);
    let mut signal_dot = signal.clone();
    fill(&mut signal_dot, 0.0);
    let mut weights_dot = weights.clone();
    fill(&mut weights_dot, 0.0);
    for k in 0..flat(&signal).len() {
        unit(&mut signal_dot, k);
        let (same, tangent) = jvp_fft_weighted_power(&signal, &weights, &signal_dot, &weights_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("signal", k, &flat(&tangent));
        fill(&mut signal_dot, 0.0);
    }
    for k in 0..flat(&weights).len() {
        unit(&mut weights_dot, k);
        let (same, tangent) = jvp_fft_weighted_power(&signal, &weights, &signal_dot, &weights_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("weights", k, &flat(&tangent));
        fill(&mut weights_dot, 0.0);
    }
}

#[test]
fn case_slice_views() {
    let case = Case::read("slice_views");
    let x = case.flat("x");
    let value = slice_views(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_slice_views(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_slice_views(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_vec_stack() {
    let case = Case::read("vec_stack");
    let x = case.num("x");
    let y = case.num("y");
    let value = vec_stack(x, y);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_vec_stack(x, y);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["x", "y"], 0, &found);
    let mut x_dot = 0.0;
    let mut y_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_vec_stack(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
    for k in 0..flat(&y).len() {
        unit(&mut y_dot, k);
        let (same, tangent) = jvp_vec_stack(x, y, x_dot, y_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("y", k, &flat(&tangent));
        fill(&mut y_dot, 0.0);
    }
}

#[test]
fn case_array_map() {
    let case = Case::read("array_map");
    let x: [f64; 3] = case.shaped("x");
    let value = array_map(x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_array_map(x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_array_map(x, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_closure_capture() {
    let case = Case::read("closure_capture");
    let a = case.num("a");
    let b = case.num("b");
    let value = closure_capture(a, b);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_closure_capture(a, b);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["a", "b"], 0, &found);
    let mut a_dot = 0.0;
    let mut b_dot = 0.0;
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_closure_capture(a, b, a_dot, b_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
    for k in 0..flat(&b).len() {
        unit(&mut b_dot, k);
        let (same, tangent) = jvp_closure_capture(a, b, a_dot, b_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("b", k, &flat(&tangent));
        fill(&mut b_dot, 0.0);
    }
}

#[test]
fn case_kmeans_cost() {
    let case = Case::read("kmeans_cost");
    let points = case.flat("points");
    let centroids = case.flat("centroids");
    let dim = case.count("dim") as usize;
    let value = kmeans_cost(&points, &centroids, dim);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_kmeans_cost(&points, &centroids, dim);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1)].concat();
    case.check_gradient(&["points", "centroids"], 0, &found);
    let mut points_dot = points.clone();
    fill(&mut points_dot, 0.0);
    let mut centroids_dot = centroids.clone();
    fill(&mut centroids_dot, 0.0);
    for k in 0..flat(&points).len() {
        unit(&mut points_dot, k);
        let (same, tangent) =
            jvp_kmeans_cost(&points, &centroids, dim, &points_dot, &centroids_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("points", k, &flat(&tangent));
        fill(&mut points_dot, 0.0);
    }
    for k in 0..flat(&centroids).len() {
        unit(&mut centroids_dot, k);
        let (same, tangent) =
            jvp_kmeans_cost(&points, &centroids, dim, &points_dot, &centroids_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("centroids", k, &flat(&tangent));
        fill(&mut centroids_dot, 0.0);
    }
}

#[test]
fn case_aliased_arguments() {
    let case = Case::read("aliased_arguments");
    let x = case.flat("x");
    let value = aliased_arguments(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_aliased_arguments(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_aliased_arguments(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_macros_inside() {
    let case = Case::read("macros_inside");
    let x = case.num("x");
    let n = case.count("n") as usize;
    let value = macros_inside(x, n);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_macros_inside(x, n);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = 0.0;
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_macros_inside(x, n, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_tuple_accumulator() {
    let case = Case::read("tuple_accumulator");
    let x = case.flat("x");
    let value = tuple_accumulator(&x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_tuple_accumulator(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["x"], 0, &found);
    let mut x_dot = x.clone();
    fill(&mut x_dot, 0.0);
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_tuple_accumulator(&x, &x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_linear_interp() {
    let case = Case::read("linear_interp");
    let xs = case.flat("xs");
    let ys = case.flat("ys");
    let x = case.num("x");
    let value = linear_interp(&xs, &ys, x);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_linear_interp(&xs, &ys, x);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient.0), flat(&gradient.1), flat(&gradient.2)].concat();
    case.check_gradient(&["xs", "ys", "x"], 0, &found);
    let mut xs_dot = xs.clone();
    fill(&mut xs_dot, 0.0);
    let mut ys_dot = ys.clone();
    fill(&mut ys_dot, 0.0);
    let mut x_dot = 0.0;
    for k in 0..flat(&xs).len() {
        unit(&mut xs_dot, k);
        let (same, tangent) = jvp_linear_interp(&xs, &ys, x, &xs_dot, &ys_dot, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("xs", k, &flat(&tangent));
        fill(&mut xs_dot, 0.0);
    }
    for k in 0..flat(&ys).len() {
        unit(&mut ys_dot, k);
        let (same, tangent) = jvp_linear_interp(&xs, &ys, x, &xs_dot, &ys_dot, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("ys", k, &flat(&tangent));
        fill(&mut ys_dot, 0.0);
    }
    for k in 0..flat(&x).len() {
        unit(&mut x_dot, k);
        let (same, tangent) = jvp_linear_interp(&xs, &ys, x, &xs_dot, &ys_dot, x_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("x", k, &flat(&tangent));
        fill(&mut x_dot, 0.0);
    }
}

#[test]
fn case_det_by_minors() {
    let case = Case::read("det_by_minors");
    let a = case.flat("a");
    let n = case.count("n") as usize;
    let value = det_by_minors(&a, n);
    case.check_value(&value);
    let (same, gradient) = value_and_grad_det_by_minors(&a, n);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [flat(&gradient)].concat();
    case.check_gradient(&["a"], 0, &found);
    let mut a_dot = a.clone();
    fill(&mut a_dot, 0.0);
    for k in 0..flat(&a).len() {
        unit(&mut a_dot, k);
        let (same, tangent) = jvp_det_by_minors(&a, n, &a_dot);
        assert_eq!(flat(&same), flat(&value));
        case.check_tangent("a", k, &flat(&tangent));
        fill(&mut a_dot, 0.0);
    }
}

#[test]
fn case_spring_energy() {
    let case = Case::read("spring_energy");
    let spring = Spring {
        stiffness: case.num("stiffness"),
        rest: case.num("rest"),
    };
    let length = case.num("length");
    let value = spring.energy(length);
    case.check_value(&value);
    let (same, (own, by_length)) = spring.value_and_grad_energy(length);
    assert_eq!(same.to_bits(), value.to_bits());
    let names = ["stiffness", "rest", "length"];
    case.check_gradient(&names, 0, &[own.stiffness, own.rest, by_length]);
    for (k, name) in names.iter().enumerate() {
        let one = |n: usize| f64::from(u8::from(n == k));
        let dot = Spring {
            stiffness: one(0),
            rest: one(1),
        };
        let (same, tangent) = spring.jvp_energy(length, &dot, one(2));
        assert_eq!(same.to_bits(), value.to_bits());
        case.check_tangent(name, 0, &[tangent]);
    }
}

#[test]
fn case_chain_total_energy() {
    let case = Case::read("chain_total_energy");
    let springs: Vec<Spring> = case
        .flat("springs")
        .chunks(2)
        .map(|s| Spring {
            stiffness: s[0],
            rest: s[1],
        })
        .collect();
    let chain = Chain {
        springs,
        gravity: case.num("gravity"),
    };
    let x = case.flat("x");
    let value = chain.total_energy(&x);
    case.check_value(&value);
    let (same, (own, by_x)) = chain.value_and_grad_total_energy(&x);
    assert_eq!(same.to_bits(), value.to_bits());
    let by_springs: Vec<f64> = own
        .springs
        .iter()
        .flat_map(|s| [s.stiffness, s.rest])
        .collect();
    let found = [by_springs, vec![own.gravity], by_x.clone()].concat();
    case.check_gradient(&["springs", "gravity", "x"], 0, &found);
    let (same, tangent) = chain.jvp_total_energy(&x, &own, &by_x);
    assert_eq!(same.to_bits(), value.to_bits());
    let square: f64 = found.iter().map(|g| g * g).sum();
    assert!((tangent - square).abs() <= 1e-10 * square);
}

#[test]
fn case_mlp_loss() {
    let case = Case::read("mlp_loss");
    let rows = |name: &str| case.flat(name).chunks(2).map(<[f64]>::to_vec).collect();
    let mlp = Mlp {
        w1: rows("w1"),
        b1: case.flat("b1"),
        w2: case.flat("w2"),
        b2: case.num("b2"),
    };
    let xs: Vec<Vec<f64>> = rows("xs");
    let ys = case.flat("ys");
    let value = mlp.loss(&xs, &ys);
    case.check_value(&value);
    let (same, (own, by_xs, by_ys)) = mlp.value_and_grad_loss(&xs, &ys);
    assert_eq!(same.to_bits(), value.to_bits());
    let found = [
        own.w1.concat(),
        own.b1.clone(),
        own.w2.clone(),
        vec![own.b2],
        by_xs.concat(),
        by_ys.clone(),
    ]
    .concat();
    case.check_gradient(&["w1", "b1", "w2", "b2", "xs", "ys"], 0, &found);
    let (same, tangent) = mlp.jvp_loss(&xs, &ys, &own, &by_xs, &by_ys);
    assert_eq!(same.to_bits(), value.to_bits());
    let square: f64 = found.iter().map(|g| g * g).sum();
    assert!((tangent - square).abs() <= 1e-10 * square);
}
