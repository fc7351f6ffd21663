//! Programs of numerical work that pass closures which change what they capture.

use std::rc::Rc;

use grad_runtime::{Differentiable, differentiate};

// Adaptive Simpson with a counter through &mut dyn FnMut.
mod simpson {
    use super::*;
    #[differentiate]
    fn adapt(
        f: &mut dyn FnMut(f64) -> f64,
        a: f64,
        b: f64,
        fa: f64,
        fm: f64,
        fb: f64,
        depth: usize,
    ) -> f64 {
        let m = 0.5 * (a + b);
        let h = b - a;
        let whole = h / 6.0 * (fa + 4.0 * fm + fb);
        if depth == 0 {
            return whole;
        }
        let (flm, frm) = (f(0.5 * (a + m)), f(0.5 * (m + b)));
        adapt(f, a, m, fa, flm, fm, depth - 1) + adapt(f, m, b, fm, frm, fb, depth - 1)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut evals = 0u32;
        let mut largest = 0.0_f64;
        let mut g = |t: f64| {
            evals += 1;
            let y = (x[0] * t).sin() * (-x[1] * t).exp();
            if y.abs() > largest {
                largest = y.abs();
            }
            y
        };
        let (fa, fm, fb) = (g(0.0), g(x[2] * 0.5), g(x[2]));
        let y = adapt(&mut g, 0.0, x[2], fa, fm, fb, 2);
        y + largest / evals as f64
    }
}

// Line search with memo vector and early break; Option state.
mod search {
    use super::*;
    #[differentiate]
    fn bracket<F>(mut f: F, lo: f64, hi: f64) -> (f64, f64)
    where
        F: FnMut(f64) -> f64,
    {
        let (mut a, mut b) = (lo, hi);
        let mut fa = f(a);
        for _ in 0..4 {
            let m = 0.5 * (a + b);
            let fm = f(m);
            if fa * fm <= 0.0 {
                b = m;
            } else {
                a = m;
                fa = fm;
            }
        }
        (a, b)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut history: Vec<(f64, f64)> = Vec::new();
        let (a, b) = bracket(
            |t| {
                let v = t * t * x[0] - x[1];
                history.push((t, v));
                v
            },
            0.0,
            x[2] + 2.0,
        );
        let area: f64 = history
            .windows(2)
            .map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) * 0.5)
            .sum();
        area * (a + b) + history.last().unwrap().1
    }
}

// Observer of an ODE solver, struct solver with method taking FnMut, closures with several states.
mod observer {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct State {
        q: f64,
        p: f64,
    }
    #[derive(Clone, Differentiable)]
    struct Solver {
        dt: f64,
        steps: usize,
    }
    #[differentiate]
    impl Solver {
        fn run<R, O>(&self, s0: State, rhs: R, mut observe: O) -> State
        where
            R: Fn(&State, f64) -> State,
            O: FnMut(usize, f64, &State) -> bool,
        {
            let mut s = s0;
            let mut t = 0.0;
            for k in 0..self.steps {
                let d = rhs(&s, t);
                s.q += self.dt * d.q;
                s.p += self.dt * d.p;
                t += self.dt;
                if !observe(k, t, &s) {
                    break;
                }
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let solver = Solver {
            dt: 0.1 * x[2],
            steps: 6,
        };
        let mut energies = [0.0; 6];
        let mut prev: Option<State> = None;
        let mut crossings = 0;
        let mut work = 0.0;
        let end = solver.run(
            State { q: x[0], p: x[1] },
            |s, t| State {
                q: s.p,
                p: -s.q * x[0] - 0.1 * t,
            },
            |k, t, s| {
                energies[k] = 0.5 * (s.p * s.p + x[0] * s.q * s.q);
                if let Some(old) = prev {
                    work += 0.5 * (old.p + s.p) * (s.q - old.q);
                    if old.q * s.q < 0.0 {
                        crossings += 1;
                    }
                }
                prev = Some(*s);
                t < 10.0 && k < 4
            },
        );
        energies.iter().sum::<f64>() * work
            + end.q
            + crossings as f64 * end.p
            + prev.map(|s| s.q * s.p).unwrap_or(0.0)
    }
}

// In-place matrix ops through for_each_row
mod matrix {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Mat {
        d: Vec<f64>,
        n: usize,
    }
    #[differentiate]
    impl Mat {
        fn map_rows(&mut self, mut f: impl FnMut(usize, &mut [f64])) {
            let n = self.n;
            for (i, row) in self.d.chunks_mut(n).enumerate() {
                f(i, row);
            }
        }
        fn for_pairs<F: FnMut(usize, usize, f64)>(&self, mut f: F) {
            for i in 0..self.n {
                for j in 0..i {
                    f(i, j, self.d[i * self.n + j]);
                }
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut m = Mat {
            d: vec![x[0], x[1], x[2], x[0] * x[1]],
            n: 2,
        };
        let mut norms = vec![0.0; 2];
        let mut scale = 1.0;
        m.map_rows(|i, row| {
            let s: f64 = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            norms[i] = s;
            for v in row.iter_mut() {
                *v /= s * scale;
            }
            scale *= s + 0.5;
        });
        let mut best = (0, 0, f64::MIN);
        let mut tri = 0.0;
        m.for_pairs(|i, j, v| {
            tri += v * norms[i] * norms[j];
            if v > best.2 {
                best = (i, j, v * v);
            }
        });
        tri + best.2 * scale + m.d[3]
    }
}

// Retry, generic reduce, fold by FnMut, closure in struct method with self state
mod reduce {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Acc {
        mean: f64,
        n: f64,
        seen: Vec<f64>,
    }
    #[differentiate]
    impl Acc {
        fn new() -> Self {
            Acc {
                mean: 0.0,
                n: 0.0,
                seen: Vec::new(),
            }
        }
        fn feed(&mut self, x: &[f64], transform: impl Fn(f64) -> f64) -> f64 {
            let mut drift = 0.0;
            walk(x, &mut |k, v| {
                let t = transform(v);
                self.n += 1.0;
                let d = t - self.mean;
                self.mean += d / self.n;
                self.seen.push(self.mean);
                drift += d * k as f64;
            });
            drift
        }
    }
    #[differentiate]
    fn walk(x: &[f64], f: &mut dyn FnMut(usize, f64)) {
        for (k, v) in x.iter().enumerate().rev() {
            f(k, *v);
        }
        if let Some(first) = x.first() {
            f(0, *first);
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut a = Acc::new();
        let d = a.feed(x, |t| t * t + x[1]);
        let e = a.feed(&x[1..], f64::exp);
        a.seen.iter().sum::<f64>() * d + e * a.mean
    }
}

// FnOnce with move of vector; composing; closures returning closures results
mod buffers {
    use super::*;
    #[differentiate]
    fn with_buffer(n: usize, f: impl FnOnce(&mut [f64]) -> f64) -> f64 {
        let mut buf = vec![0.0; n];
        let y = f(&mut buf);
        y + buf.iter().sum::<f64>()
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut out = vec![0.0; 3];
        let a = with_buffer(3, |b| {
            for k in 0..3 {
                b[k] = x[k] * x[0];
                out[k] = b[k] * 2.0;
            }
            b[1] * b[2]
        });
        a * out[2]
    }
}

// closures changed in while loops and matches, called through iterator adaptors by the callee
mod adaptors {
    use super::*;
    #[differentiate]
    fn pipeline(
        x: &[f64],
        mut keep: impl FnMut(f64) -> bool,
        mut map: impl FnMut(f64) -> f64,
    ) -> Vec<f64> {
        x.iter()
            .copied()
            .filter(|v| keep(*v))
            .map(|v| map(v))
            .collect()
    }
    #[differentiate]
    fn scan(x: &[f64], mut step: impl FnMut(&mut f64, f64) -> f64) -> f64 {
        let mut s = 0.2;
        let mut y = 0.0;
        for v in x {
            y += step(&mut s, *v);
        }
        y * s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut passed = 0;
        let mut total = 0.0;
        let mut prod = 1.0;
        let v = pipeline(
            x,
            |v| {
                let ok = v > 0.0;
                if ok {
                    passed += 1;
                    total += v * v;
                }
                ok
            },
            |v| {
                prod *= 1.0 + v;
                prod * v
            },
        );
        let mut peak = f64::NEG_INFINITY;
        let s = scan(&v, |s, v| {
            *s = 0.5 * *s + v;
            peak = peak.max(*s * v);
            *s * total
        });
        s * peak / passed as f64
    }
}

mod random {
    use super::*;
    #[differentiate]
    fn monte_carlo(n: usize, mut draw: impl FnMut() -> f64, f: impl Fn(f64) -> f64) -> f64 {
        let mut s = 0.0;
        for _ in 0..n {
            s += f(draw());
        }
        s / n as f64
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut seed: u64 = 42;
        let mut drawn = 0;
        let y = monte_carlo(
            5,
            || {
                seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                drawn += 1;
                x[0] + x[1] * ((seed >> 33) as f64 / 4294967296.0)
            },
            |u| (u * x[2]).sin(),
        );
        y * drawn as f64
    }
}
mod patterns {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    fn on_pairs(v: &[(f64, f64)], mut f: impl FnMut((f64, f64)) -> f64) -> f64 {
        let mut s = 0.0;
        for p in v {
            s += f(*p);
        }
        s
    }
    #[differentiate]
    fn on_refs(v: &[f64], mut f: impl FnMut(&f64)) {
        for p in v {
            f(p);
        }
    }
    #[differentiate]
    fn on_points(v: &[P], mut f: impl FnMut(P) -> P) -> P {
        let mut q = v[0];
        for p in v {
            q = f(P {
                x: p.x + q.y,
                y: p.y,
            });
        }
        q
    }
    #[differentiate]
    fn on_arrays(v: &[f64], f: impl Fn([f64; 2]) -> [f64; 2]) -> [f64; 2] {
        let mut a = [v[0], v[1]];
        for _ in 0..3 {
            a = f(a);
        }
        a
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = 0.0;
        let pairs: Vec<(f64, f64)> = x
            .iter()
            .zip(x.iter().skip(1))
            .map(|(a, b)| (*a, *b))
            .collect();
        let a = on_pairs(&pairs, |(a, b)| {
            t += a * b;
            a - t
        });
        on_refs(x, |&v| t += v * v);
        on_refs(x, |v| t *= *v + 1.0);
        let points = [P { x: x[0], y: x[1] }, P { x: t, y: a }];
        let mut low = f64::INFINITY;
        let q = on_points(&points, |P { x, y }| {
            low = low.min(x * y);
            P { x: y * 0.5, y: x }
        });
        let r = on_arrays(x, |[a, b]| [b * x[2], a + b]);
        q.x * q.y + low + r[0] * r[1]
    }
}
mod results {
    use super::*;
    #[differentiate]
    fn solve(mut f: impl FnMut(f64) -> Result<f64, String>, x0: f64) -> Result<f64, String> {
        let mut x = x0;
        for _ in 0..3 {
            let y = f(x)?;
            x -= 0.3 * y;
        }
        Ok(x)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut calls = 0;
        let mut sum = 0.0;
        let r = solve(
            |t| {
                calls += 1;
                sum += t;
                if t > 100.0 {
                    return Err("far".to_string());
                }
                Ok(t * t - x[1])
            },
            x[0],
        );
        match r {
            Ok(v) => v * sum + calls as f64,
            Err(_) => 0.0,
        }
    }
}
mod system {
    use super::*;
    #[differentiate]
    fn euler(
        rhs: impl Fn(f64, &[f64], &mut [f64]),
        y: &mut [f64],
        h: f64,
        n: usize,
        mut monitor: impl FnMut(f64, &[f64]),
    ) {
        let mut dy = vec![0.0; y.len()];
        for k in 0..n {
            rhs(k as f64 * h, y, &mut dy);
            for (y, d) in y.iter_mut().zip(&dy) {
                *y += h * d;
            }
            monitor(k as f64 * h, y);
        }
    }
    #[differentiate]
    fn lorenz(_t: f64, y: &[f64], dy: &mut [f64]) {
        dy[0] = 10.0 * (y[1] - y[0]);
        dy[1] = y[0] * (28.0 - y[2]) - y[1];
        dy[2] = y[0] * y[1] - 8.0 / 3.0 * y[2];
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut y = x.to_vec();
        let mut path: Vec<f64> = vec![];
        let mut length = 0.0;
        euler(lorenz, &mut y, 0.01, 4, |t, y| {
            if let Some(last) = path.last() {
                let d: f64 = y[0] - last;
                length += (d * d + 1e-3).sqrt();
            }
            path.push(y[0] * (1.0 + t));
        });
        y[0] * length + path.iter().sum::<f64>()
    }
}
mod pointers {
    use super::*;
    #[differentiate]
    fn rc(f: Rc<dyn Fn(f64) -> f64>, x: f64) -> f64 {
        f(x) * f(x + 1.0)
    }
    #[differentiate]
    fn send(f: Box<dyn Fn(f64) -> f64 + Send + Sync>, x: f64) -> f64 {
        f(x)
    }
    #[differentiate]
    fn copied<F: Fn(f64) -> f64 + Copy>(f: F, x: f64) -> f64 {
        let g = f;
        g(x) + f(x * 2.0)
    }
    #[differentiate]
    fn mutable<F>(f: &mut F, n: usize)
    where
        F: FnMut(usize) -> f64 + ?Sized,
    {
        for k in 0..n {
            f(k);
        }
    }
    #[differentiate]
    fn nested(x: &[f64], f: &mut impl FnMut(f64)) {
        mutable(
            &mut |k| {
                f(x[k] * 2.0);
                x[k]
            },
            x.len(),
        );
        (*f)(x[0]);
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = x[0];
        let mut t = 1.0;
        nested(x, &mut |v| t = t * 0.5 + v);
        rc(Rc::new(move |v| v * a), x[1])
            + send(Box::new(move |v| v * a), x[2])
            + copied(|v| v * a, x[1])
            + t
    }
}
mod capturing_given {
    use super::*;
    #[differentiate]
    fn inner(x: &[f64], mut f: impl FnMut(f64) -> f64) -> f64 {
        let mut s = 0.0;
        for v in x {
            s += f(*v);
        }
        s
    }
    #[differentiate]
    fn outer(x: &[f64], g: impl Fn(f64) -> f64, mut h: impl FnMut(f64)) -> f64 {
        let mut own = 0.5;
        let y = inner(x, |v| {
            own += g(v);
            h(own);
            own * v
        });
        h(y);
        inner(&x[1..], |v| {
            h(v);
            g(v)
        }) * own
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut log = vec![1.0];
        let y = outer(x, |v| v * x[0], |v| log.push(v * log[log.len() - 1]));
        let mut rev = 0.0;
        while let Some(v) = log.pop() {
            rev = rev * 0.5 + v;
        }
        y * rev
    }
}
mod struct_state {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Tape {
        vals: Vec<f64>,
        grads: Vec<f64>,
        n: usize,
    }
    #[differentiate]
    impl Tape {
        fn push(&mut self, v: f64) -> usize {
            self.vals.push(v);
            self.grads.push(0.0);
            self.n += 1;
            self.n - 1
        }
        fn visit_mut(&mut self, mut f: impl FnMut(&mut f64, f64)) {
            for (g, v) in self.grads.iter_mut().zip(&self.vals) {
                f(g, *v);
            }
        }
        fn visit_back<F: FnMut(usize, f64)>(&self, mut f: F) {
            for i in (0..self.n).rev() {
                f(i, self.vals[i]);
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut tape = Tape {
            vals: vec![],
            grads: vec![],
            n: 0,
        };
        let mut ids = Vec::new();
        for v in x {
            ids.push(tape.push(v * v));
        }
        let mut carry = 1.0;
        tape.visit_mut(|g, v| {
            *g += carry * v;
            carry *= v;
        });
        let mut acc = 0.0;
        tape.visit_back(|i, v| acc = acc * x[i] + v);
        let mut sorted = tape.grads.clone();
        sorted.sort_by(|a, b| b.partial_cmp(a).unwrap());
        acc * carry + sorted[0] * tape.grads[ids[1]]
    }
}

mod references {
    use super::*;
    #[differentiate]
    fn on_refs(v: &[f64], f: impl Fn(&f64) -> f64) -> f64 {
        let mut s = 0.0;
        for p in v {
            s += f(p);
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let t = x[0];
        on_refs(x, |v| t * (*v + 1.0)) * on_refs(x, |&v| v * v) + on_refs(x, |v| v * t)
    }
}

#[test]
fn programs_with_changing_closures() {
    macro_rules! all { ($($name:ident)*) => { $(slice!($name::f, $name::value_and_grad_f, $name::jvp_f; [0.5, 0.7, 1.1], [1.3, 0.4, 0.8]);)* }; }
    all!(simpson search observer matrix reduce buffers adaptors
        random patterns results system pointers capturing_given struct_state references);
}
