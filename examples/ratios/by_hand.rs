//! The adjoints an expert writes by hand: the bar for what is generated. Each adds `seed` times the
//! gradient into the buffers and returns the value, as `accumulate_grad_f` does.

pub(super) fn rosenbrock(x: &[f64], seed: f64, x_bar: &mut [f64]) -> f64 {
    let x_bar = &mut x_bar[..x.len()];
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let a = 1.0 - x[i];
        let b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100.0 * b * b;
        let b_bar = seed * 200.0 * b;
        x_bar[i] -= 2.0 * (seed * a + b_bar * x[i]);
        x_bar[i + 1] += b_bar;
    }
    sum
}

pub(super) fn log_sum_exp(x: &[f64], seed: f64, x_bar: &mut [f64]) -> f64 {
    let mut largest = x[0];
    for &v in x {
        if v > largest {
            largest = v;
        }
    }
    // The shift cancels in the derivative.
    let mut total = 0.0;
    let mut exps = Vec::with_capacity(x.len());
    for &v in x {
        let e = (v - largest).exp();
        total += e;
        exps.push(e);
    }
    let factor = seed / total;
    for (bar, e) in x_bar.iter_mut().zip(&exps) {
        *bar += factor * e;
    }
    largest + total.ln()
}

pub(super) fn speelpenning(x: &[f64], seed: f64, x_bar: &mut [f64]) -> f64 {
    let mut product = 1.0;
    let mut before = Vec::with_capacity(x.len());
    for &v in x {
        before.push(product);
        product *= v;
    }
    let mut bar = seed;
    for ((x_bar, v), before) in x_bar.iter_mut().zip(x).zip(&before).rev() {
        *x_bar += bar * before;
        bar *= v;
    }
    product
}

/// Cotangents of state and parameters, from that of the right-hand side.
fn lorenz_rhs_back(
    s: [f64; 3],
    p: [f64; 3],
    d_bar: [f64; 3],
    s_bar: &mut [f64; 3],
    p_bar: &mut [f64; 3],
) {
    let [x, y, z] = s;
    p_bar[0] += d_bar[0] * (y - x);
    p_bar[1] += d_bar[1] * x;
    p_bar[2] -= d_bar[2] * z;
    s_bar[0] += d_bar[1] * (p[1] - z) - d_bar[0] * p[0] + d_bar[2] * y;
    s_bar[1] += d_bar[0] * p[0] - d_bar[1] + d_bar[2] * x;
    s_bar[2] -= d_bar[1] * x + d_bar[2] * p[2];
}

pub(super) fn lorenz(
    start: [f64; 3],
    p: [f64; 3],
    h: f64,
    steps: usize,
    seed: f64,
    start_bar: &mut [f64; 3],
    p_bar: &mut [f64; 3],
    h_bar: &mut f64,
) -> f64 {
    use super::functions::{axpy3, lorenz_rhs};
    let rhs = |s| lorenz_rhs(s, p[0], p[1], p[2]);
    let mut s = start;
    let mut states = Vec::with_capacity(steps);
    for _ in 0..steps {
        states.push(s);
        let k1 = rhs(s);
        let k2 = rhs(axpy3(s, 0.5 * h, k1));
        let k3 = rhs(axpy3(s, 0.5 * h, k2));
        let k4 = rhs(axpy3(s, h, k3));
        for i in 0..3 {
            s[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
    }
    let value = s[0] * s[0] + s[1] * s[2];
    let mut s_bar = [2.0 * s[0] * seed, s[2] * seed, s[1] * seed];
    let mut hb = 0.0;
    let mut pb = [0.0; 3];
    for s in states.iter().rev().copied() {
        let k1 = rhs(s);
        let a2 = axpy3(s, 0.5 * h, k1);
        let k2 = rhs(a2);
        let a3 = axpy3(s, 0.5 * h, k2);
        let k3 = rhs(a3);
        let a4 = axpy3(s, h, k3);
        let k4 = rhs(a4);
        let w = h / 6.0;
        let mut k1_bar = s_bar.map(|b| w * b);
        let mut k2_bar = s_bar.map(|b| 2.0 * w * b);
        let mut k3_bar = k2_bar;
        let k4_bar = k1_bar;
        for i in 0..3 {
            hb += s_bar[i] * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
        }
        let mut a_bar = [0.0; 3];
        lorenz_rhs_back(a4, p, k4_bar, &mut a_bar, &mut pb);
        for i in 0..3 {
            s_bar[i] += a_bar[i];
            k3_bar[i] += h * a_bar[i];
            hb += k3[i] * a_bar[i];
        }
        a_bar = [0.0; 3];
        lorenz_rhs_back(a3, p, k3_bar, &mut a_bar, &mut pb);
        for i in 0..3 {
            s_bar[i] += a_bar[i];
            k2_bar[i] += 0.5 * h * a_bar[i];
            hb += 0.5 * k2[i] * a_bar[i];
        }
        a_bar = [0.0; 3];
        lorenz_rhs_back(a2, p, k2_bar, &mut a_bar, &mut pb);
        for i in 0..3 {
            s_bar[i] += a_bar[i];
            k1_bar[i] += 0.5 * h * a_bar[i];
            hb += 0.5 * k1[i] * a_bar[i];
        }
        lorenz_rhs_back(s, p, k1_bar, &mut s_bar, &mut pb);
    }
    for i in 0..3 {
        start_bar[i] += s_bar[i];
        p_bar[i] += pb[i];
    }
    *h_bar += hb;
    value
}

fn twice(x: f64) -> (f64, f64) {
    let (sin, cos) = x.sin_cos();
    (sin + x * 0.5, cos + 0.5)
}

fn chain2(x: f64) -> (f64, f64) {
    let ((a, da), (b, db)) = (twice(x), twice(x * 0.5));
    (a * b, da * b + a * db * 0.5)
}

fn chain4(x: f64) -> (f64, f64) {
    let ((a, da), (b, db)) = (chain2(x), chain2(x + 0.1));
    (a + b, da + db)
}

fn chain8(x: f64) -> (f64, f64) {
    let ((a, da), (b, db)) = (chain4(x), chain4(x - 0.2));
    (a * b, da * b + a * db)
}

pub(super) fn chain16(x: f64) -> (f64, f64) {
    let ((a, da), (b, db)) = (chain8(x), chain8(0.5 * x));
    (a - b, da - 0.5 * db)
}

pub(super) fn matrix_product(
    a: &[f64],
    b: &[f64],
    n: usize,
    seed: f64,
    a_bar: &mut [f64],
    b_bar: &mut [f64],
) -> f64 {
    let mut c = vec![0.0; n * n];
    for i in 0..n {
        let row = &mut c[i * n..][..n];
        for k in 0..n {
            let factor = a[i * n + k];
            for (c, b) in row.iter_mut().zip(&b[k * n..][..n]) {
                *c += factor * b;
            }
        }
    }
    let mut sum = 0.0;
    for c in &c {
        sum += c * c;
    }
    for c in &mut c {
        *c *= 2.0 * seed;
    }
    for i in 0..n {
        let row = &c[i * n..][..n];
        for k in 0..n {
            let factor = a[i * n + k];
            let mut lanes = [0.0; 8];
            let (b, b_bar) = (&b[k * n..][..n], &mut b_bar[k * n..][..n]);
            let split = n - n % 8;
            for j in (0..split).step_by(8) {
                for l in 0..8 {
                    lanes[l] += row[j..j + 8][l] * b[j..j + 8][l];
                }
            }
            let mut dot: f64 = lanes.iter().sum();
            for j in split..n {
                dot += row[j] * b[j];
            }
            for (b_bar, c_bar) in b_bar.iter_mut().zip(row) {
                *b_bar += factor * c_bar;
            }
            a_bar[i * n + k] += dot;
        }
    }
    sum
}

/// Swaps the elements at bit-reversed places.
fn bit_reversed(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
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
}

pub(super) fn fft_power(
    signal: &[f64],
    weights: &[f64],
    turns: &[f64],
    seed: f64,
    signal_bar: &mut [f64],
) -> f64 {
    let n = signal.len();
    let mut re = signal.to_vec();
    let mut im = vec![0.0; n];
    bit_reversed(&mut re, &mut im);
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
        re[k] *= 2.0 * seed * weights[k];
        im[k] *= 2.0 * seed * weights[k];
    }
    // The transform is linear: its transpose runs on the cotangents, in place.
    while len > 2 {
        len >>= 1;
        for start in (0..n).step_by(len) {
            for k in 0..len / 2 {
                let c = turns[k * (n / len)];
                let s = turns[n + k * (n / len)];
                let a = start + k;
                let b = a + len / 2;
                let (tr, ti) = (re[a] - re[b], im[a] - im[b]);
                re[a] += re[b];
                im[a] += im[b];
                re[b] = tr * c + ti * s;
                im[b] = ti * c - tr * s;
            }
        }
    }
    bit_reversed(&mut re, &mut im);
    for (bar, re) in signal_bar.iter_mut().zip(&re) {
        *bar += re;
    }
    power
}

#[allow(clippy::too_many_arguments)]
pub(super) fn mixture(
    d: usize,
    alphas: &[f64],
    means: &[f64],
    factors: &[f64],
    points: &[f64],
    seed: f64,
    alphas_bar: &mut [f64],
    means_bar: &mut [f64],
    factors_bar: &mut [f64],
) -> f64 {
    let k = alphas.len();
    let size = d * (d + 1) / 2;
    let mut centred = vec![0.0; k * d];
    let mut scaled = vec![0.0; k * d];
    let mut terms = vec![0.0; k];
    let mut centred_bar = vec![0.0; d];
    let mut total = 0.0;
    for point in points.chunks_exact(d) {
        for c in 0..k {
            let mean = &means[c * d..][..d];
            let (diagonal, triangle) = factors[c * size..][..size].split_at(d);
            let (centred, scaled) = (&mut centred[c * d..][..d], &mut scaled[c * d..][..d]);
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
            for v in scaled {
                norm += *v * *v;
            }
            terms[c] = alphas[c] - 0.5 * norm;
        }
        let mut largest = terms[0];
        for &v in &terms {
            if v > largest {
                largest = v;
            }
        }
        let mut sum = 0.0;
        for v in &mut terms {
            *v = (*v - largest).exp();
            sum += *v;
        }
        total += largest + sum.ln();
        let factor = seed / sum;
        for c in 0..k {
            let bar = factor * terms[c];
            alphas_bar[c] += bar;
            let (centred, scaled) = (&centred[c * d..][..d], &mut scaled[c * d..][..d]);
            for v in &mut *scaled {
                *v *= -bar;
            }
            let (diagonal, triangle) = factors[c * size..][..size].split_at(d);
            let (diagonal_bar, triangle_bar) = factors_bar[c * size..][..size].split_at_mut(d);
            let mean_bar = &mut means_bar[c * d..][..d];
            for i in 0..d {
                diagonal_bar[i] += scaled[i] * centred[i];
                centred_bar[i] = scaled[i] * diagonal[i];
            }
            let mut next = 0;
            for i in 0..d {
                let mut sum = 0.0;
                for j in i + 1..d {
                    triangle_bar[next] += scaled[j] * centred[i];
                    sum += scaled[j] * triangle[next];
                    next += 1;
                }
                mean_bar[i] -= centred_bar[i] + sum;
            }
        }
    }
    total
}

/// What one step of one unit leaves for the way back.
#[derive(Clone, Copy)]
struct Kept {
    hidden: f64,
    cell: f64,
    forget: f64,
    ingate: f64,
    outgate: f64,
    change: f64,
    tanh: f64,
}

pub(super) fn recurrent(
    width: usize,
    weights: &[f64],
    sequence: &[f64],
    seed: f64,
    weights_bar: &mut [f64],
) -> f64 {
    use super::functions::sigmoid;
    let steps = sequence.len() / width;
    let mut hidden = vec![0.0; width];
    let mut cell = vec![0.0; width];
    let mut total = 0.0;
    let mut kept = Vec::with_capacity(steps * width);
    for t in 0..steps {
        for i in 0..width {
            let x = sequence[t * width + i];
            let forget = sigmoid(x * weights[i] + weights[4 * width + i]);
            let ingate = sigmoid(hidden[i] * weights[width + i] + weights[5 * width + i]);
            let outgate = sigmoid(x * weights[2 * width + i] + weights[6 * width + i]);
            let change = (hidden[i] * weights[3 * width + i] + weights[7 * width + i]).tanh();
            let (before, state) = (hidden[i], cell[i]);
            cell[i] = cell[i] * forget + ingate * change;
            let tanh = cell[i].tanh();
            hidden[i] = outgate * tanh;
            total += hidden[i];
            kept.push(Kept {
                hidden: before,
                cell: state,
                forget,
                ingate,
                outgate,
                change,
                tanh,
            });
        }
    }
    let mut hidden_bar = vec![0.0; width];
    let mut cell_bar = vec![0.0; width];
    for t in (0..steps).rev() {
        for i in 0..width {
            let x = sequence[t * width + i];
            let k = kept[t * width + i];
            let bar = hidden_bar[i] + seed;
            let out_bar = bar * k.tanh * k.outgate * (1.0 - k.outgate);
            let cell_bar_now = cell_bar[i] + bar * k.outgate * (1.0 - k.tanh * k.tanh);
            let change_bar = cell_bar_now * k.ingate * (1.0 - k.change * k.change);
            let in_bar = cell_bar_now * k.change * k.ingate * (1.0 - k.ingate);
            let forget_bar = cell_bar_now * k.cell * k.forget * (1.0 - k.forget);
            cell_bar[i] = cell_bar_now * k.forget;
            hidden_bar[i] = in_bar * weights[width + i] + change_bar * weights[3 * width + i];
            weights_bar[i] += forget_bar * x;
            weights_bar[width + i] += in_bar * k.hidden;
            weights_bar[2 * width + i] += out_bar * x;
            weights_bar[3 * width + i] += change_bar * k.hidden;
            weights_bar[4 * width + i] += forget_bar;
            weights_bar[5 * width + i] += in_bar;
            weights_bar[6 * width + i] += out_bar;
            weights_bar[7 * width + i] += change_bar;
        }
    }
    total
}
