//! Closures that change what they capture and are passed to functions: each module is one function of
//! a slice.

use std::collections::HashMap;

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn visit(xs: &[f64], mut f: impl FnMut(f64)) {
    for x in xs {
        f(*x);
    }
}

#[differentiate]
fn each<F: FnMut(f64) -> f64>(xs: &[f64], mut f: F) -> f64 {
    let mut product = 1.0;
    for x in xs {
        product *= f(*x);
    }
    product
}

#[differentiate]
fn by_object(xs: &[f64], f: &mut dyn FnMut(f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for (k, x) in xs.iter().enumerate() {
        if k % 2 == 0 {
            sum += f(*x) * x;
        } else {
            f(x.sin());
        }
    }
    sum
}

#[differentiate]
fn square(x: f64) -> f64 {
    x * x
}

mod sums {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut count = 0;
        let mut total = 0.0;
        visit(x, |v| {
            total += v * v;
            count += 1;
        });
        total / count as f64
    }
}

mod states {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut last = x[0];
        let y = each(x, |v| {
            last = last * v.sin() + 0.5;
            last
        });
        y * last
            + by_object(x, &mut |v| {
                last += v * v;
                last * 0.5
            })
            + last
    }
}

mod twice {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut total = x[1];
        let mut add = |v: f64| {
            total = total * v + 1.0;
            total
        };
        let a = each(x, &mut add);
        let b = add(x[0]);
        let c = each(&x[1..], add);
        a + b * c + total
    }
}

mod vectors {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut seen = Vec::new();
        let mut best = [0.0; 2];
        visit(x, |v| {
            seen.push(v * v);
            if v > best[0] {
                best[1] = best[0];
                best[0] = v;
            }
        });
        let s: f64 = seen.iter().zip(x).map(|(a, b)| a * b).sum();
        s + best[0] * best[1]
    }
}

mod slices {
    use super::*;
    #[differentiate]
    fn fill(x: &[f64], out: &mut [f64], norm: &mut f64) {
        let mut k = 0;
        visit(x, |v| {
            out[k] = out[k] * v + v;
            k += 1;
            *norm += v * v;
        });
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut out = x.to_vec();
        let mut norm = x[0];
        fill(x, &mut out, &mut norm);
        out.iter().map(|v| v.cos()).sum::<f64>() * norm
    }
}

mod records {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Stats {
        n: usize,
        mean: f64,
        m2: f64,
    }
    #[differentiate]
    impl Stats {
        fn record(&mut self, v: f64) {
            self.n += 1;
            let d = v - self.mean;
            self.mean += d / self.n as f64;
            self.m2 += d * (v - self.mean);
        }
        fn variance(&self) -> f64 {
            self.m2 / self.n as f64
        }
        fn all(&mut self, x: &[f64]) {
            visit(x, |v| self.record(v));
            visit(x, |v| self.m2 += v);
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = Stats {
            n: 0,
            mean: 0.0,
            m2: x[0],
        };
        visit(x, |v| s.record(v * v));
        s.all(x);
        s.variance() + s.mean
    }
}

mod handed_on {
    use super::*;
    #[differentiate]
    fn twice(xs: &[f64], mut f: impl FnMut(f64) -> f64) -> f64 {
        let a = each(xs, &mut f);
        let b = f(a);
        a * b + each(xs, |v| f(v * 2.0) + 1.0)
    }
    #[differentiate]
    fn walk(n: usize, x: f64, f: &mut dyn FnMut(f64)) {
        if n > 0 {
            f(x * n as f64);
            walk(n - 1, x * x, f);
            f(x);
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = 0.3;
        let y = twice(x, |v| {
            t = t * 0.5 + v;
            t.sin()
        });
        walk(3, x[0], &mut |v| t = t * v + y);
        t
    }
}

mod unread {
    use super::*;
    /// The value of the call is not read, what it changed is; and a call in a condition.
    #[differentiate]
    fn until(xs: &[f64], limit: f64, mut more: impl FnMut(f64) -> bool) -> usize {
        let mut k = 0;
        while k < xs.len() && more(xs[k] * limit) {
            k += 1;
        }
        k
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut total = 0.0;
        let n = until(x, x[1], |v| {
            total += v * v;
            total < 1.5
        });
        total * n as f64
    }
}

mod nested {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut total = 0.0;
        let mut pairs = 0usize;
        visit(x, |a| {
            let mut row = 1.0;
            visit(x, |b| {
                row += a * b;
                total += row * b;
                pairs += 1;
            });
            total *= row;
        });
        total / pairs as f64
    }
}

mod in_loops {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut total = 0.0;
        let mut pair = (0.0, 0);
        for k in 0..x.len() {
            if x[k] > 0.4 {
                visit(&x[k..], |v| {
                    total = 0.5 * total + v * x[k];
                    pair.0 += total;
                    pair.1 += 1;
                });
            }
            total += x[k];
        }
        total * pair.0 / (1 + pair.1) as f64
    }
}

mod inert {
    use super::*;
    fn repeat(n: usize, mut f: impl FnMut(usize)) {
        for k in 0..n {
            f(k);
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut order = Vec::new();
        let mut odd = 0;
        repeat(x.len(), |k| {
            order.insert(0, k);
            odd += k % 2;
        });
        let mut s = 0.0;
        for (j, k) in order.iter().enumerate() {
            s += x[*k] * x[j] * (1 + odd) as f64;
        }
        s
    }
}

mod once {
    use super::*;
    #[differentiate]
    fn maybe(run: bool, x: f64, f: impl FnOnce(f64) -> f64) -> f64 {
        if run { f(x) * x } else { x }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = x[0];
        let a = maybe(x[0] > 0.0, x[1], |v| {
            t *= v;
            t + v
        });
        let b = maybe(false, x[1], |v| {
            t *= v;
            t + v
        });
        a + b * t
    }
}

mod moved {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = x[0];
        let y = each(x, move |v| {
            t += v;
            t
        });
        t *= 2.0;
        y * t
    }
}

mod parts {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Model {
        xs: Vec<f64>,
        total: f64,
    }
    #[differentiate]
    impl Model {
        fn run(&mut self) -> f64 {
            let total = &mut self.total;
            visit(&self.xs, |v| *total += v * v);
            self.total
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut m = Model {
            xs: x.to_vec(),
            total: x[0],
        };
        m.run() * m.run()
    }
}

mod own_parts {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Inner {
        sum: f64,
        n: usize,
    }
    #[derive(Clone, Differentiable)]
    struct Model {
        xs: Vec<f64>,
        inner: Inner,
        k: f64,
        pair: (f64, f64),
    }
    #[differentiate]
    impl Model {
        fn run(&mut self, c: f64) -> f64 {
            visit(&self.xs, |v| {
                self.inner.sum += v * v * self.k * c;
                self.inner.n += 1;
            });
            let y = each(&self.xs[1..], |v| {
                self.pair.0 += v;
                self.pair.0 * self.inner.n as f64
            });
            self.inner.sum * y
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut m = Model {
            xs: x.to_vec(),
            inner: Inner { sum: x[0], n: 0 },
            k: x[1],
            pair: (x[1], 0.0),
        };
        let a = m.run(x[0]);
        let mut other = m.clone();
        other.k = 2.0;
        visit(&other.xs, |v| m.k = m.k * v + other.k);
        a * m.run(x[1]) + m.k
    }
}
mod two_closures {
    use super::*;
    #[differentiate]
    fn both(xs: &[f64], mut f: impl FnMut(f64), mut g: impl FnMut(f64) -> f64) {
        for x in xs {
            let y = g(*x);
            f(y);
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut a = 0.0;
        let mut b = x[0];
        both(
            x,
            |v| a += v * v,
            |v| {
                b *= v;
                b
            },
        );
        a * b
    }
}
mod options {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    enum Best {
        None,
        Some { at: f64 },
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut best: Option<f64> = None;
        visit(x, |v| {
            if best.map_or(true, |b| v > b) {
                best = Some(v * v);
            }
        });
        best.unwrap_or(0.0) * x[0]
    }
}
mod options2 {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut best = None;
        visit(x, |v| match best {
            None => best = Some(v),
            Some(b) if v > b => best = Some(v * b),
            _ => {}
        });
        best.unwrap() * x[0]
    }
}
mod texts {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut log = String::new();
        let mut names = Vec::new();
        let mut y = 1.0;
        visit(x, |v| {
            log.push_str("x");
            names.push(format!("n{}", names.len()));
            y *= v;
        });
        y * log.len() as f64
    }
}
mod given_to_iterators {
    use super::*;
    #[differentiate]
    fn m1(xs: &[f64], mut f: impl FnMut(f64) -> f64) -> f64 {
        let a: f64 = xs.iter().map(|x| f(*x)).sum();
        let b: Vec<f64> = xs.iter().copied().map(&mut f).collect();
        xs.iter().for_each(|x| {
            f(*x);
        });
        xs.iter().copied().for_each(|x| {
            f(x + b[0]);
        });
        a * b[1]
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = 0.1;
        let y = m1(x, |v| {
            t = 0.5 * t * v + v;
            t
        });
        y * t
    }
}
mod methods {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Grid {
        cells: Vec<f64>,
        w: usize,
    }
    #[differentiate]
    impl Grid {
        fn for_each(&self, mut f: impl FnMut(usize, usize, f64)) {
            for (k, c) in self.cells.iter().enumerate() {
                f(k / self.w, k % self.w, *c);
            }
        }
        fn for_each_mut(&mut self, mut f: impl FnMut(usize, &mut f64)) {
            for (k, c) in self.cells.iter_mut().enumerate() {
                f(k, c);
            }
        }
        fn update<F>(&mut self, f: &mut F)
        where
            F: FnMut(f64, f64) -> f64,
        {
            for k in 1..self.cells.len() {
                self.cells[k] = f(self.cells[k - 1], self.cells[k]);
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut g = Grid {
            cells: x.to_vec(),
            w: 2,
        };
        let mut rows = vec![0.0; 2];
        let mut t = 1.0;
        g.for_each_mut(|k, c| {
            *c = *c * t + k as f64;
            t *= *c;
        });
        g.for_each(|i, j, c| rows[i] += c * (j + 1) as f64);
        g.update(&mut |a, b| {
            t += a * b;
            t
        });
        rows[0] * rows[1] + g.cells[2] * t
    }
}
mod dp {
    use super::*;
    #[differentiate]
    fn dfs(children: &[Vec<usize>], u: usize, f: &mut impl FnMut(usize)) {
        for &c in &children[u] {
            dfs(children, c, f);
        }
        f(u);
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let children = vec![vec![1, 2], vec![], vec![]];
        let mut acc = x[..3].to_vec();
        let mut order = vec![];
        dfs(&children, 0, &mut |u| {
            for &c in &children[u] {
                acc[u] += acc[c] * acc[c];
            }
            order.push(u);
        });
        acc[0] * acc[1] + order.len() as f64 * x[0]
    }
}
mod adaptive {
    use super::*;
    #[differentiate]
    fn rk4<F>(mut f: F, y0: f64, h: f64, n: usize) -> f64
    where
        F: FnMut(f64, f64) -> f64,
    {
        let mut y = y0;
        for i in 0..n {
            let t = i as f64 * h;
            let k1 = f(t, y);
            let k2 = f(t + h / 2.0, y + h / 2.0 * k1);
            y += h * (k1 + k2) / 2.0;
        }
        y
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut evals = 0usize;
        let mut peak = f64::NEG_INFINITY;
        let y = rk4(
            |t, y| {
                evals += 1;
                peak = peak.max(y);
                x[0] * y * (1.0 - y / x[1]) + t
            },
            x[2],
            0.1,
            6,
        );
        y * peak / evals as f64
    }
}
mod maps {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut memo: HashMap<usize, f64> = HashMap::new();
        let mut k = 0;
        visit(x, |v| {
            memo.insert(k % 2, v * v);
            k += 1;
        });
        memo[&0] * memo[&1]
    }
}
mod boxed {
    use super::*;
    #[differentiate]
    fn all(mut f: Box<dyn FnMut(f64) -> f64 + '_>, x: f64) -> f64 {
        f(x) * f(x)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = x[1];
        let y = all(
            Box::new(|v| {
                t += v;
                t
            }),
            x[0],
        );
        y * t
    }
}
mod early {
    use super::*;
    #[differentiate]
    fn try_each(xs: &[f64], mut f: impl FnMut(f64) -> Option<f64>) -> Option<f64> {
        let mut s = 0.0;
        for x in xs {
            s += f(*x)?;
        }
        Some(s)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut n = 0;
        let mut z = 1.0;
        let r = try_each(x, |v| {
            n += 1;
            z *= v;
            if v < 0.0 {
                return None;
            }
            Some(v * v)
        });
        r.unwrap_or(3.0) * z + n as f64
    }
}
mod generic_float {
    use super::*;
    trait Num: Copy + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self> {}
    impl Num for f64 {}
    #[differentiate]
    fn scan<T: Num>(xs: &[T], mut f: impl FnMut(T) -> T) -> T {
        let mut y = xs[0];
        for x in xs {
            y = y * f(*x);
        }
        y
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = 0.5;
        scan(x, |v| {
            t = t * v + 1.0;
            t
        }) + t
    }
}
mod structs_moved {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct P {
        x: f64,
        v: f64,
    }
    #[differentiate]
    fn run(n: usize, mut step: impl FnMut(usize, P) -> P, p: P) -> P {
        let mut p = p;
        for k in 0..n {
            p = step(k, p);
        }
        p
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut trace: Vec<P> = Vec::with_capacity(4);
        let mut energy = 0.0;
        let p = run(
            3,
            |k, p| {
                let q = P {
                    x: p.x + 0.1 * p.v,
                    v: p.v - 0.1 * p.x * x[1],
                };
                energy += 0.5 * q.v * q.v;
                if k > 0 {
                    trace.push(q);
                }
                q
            },
            P { x: x[0], v: x[1] },
        );
        p.x * energy + trace.iter().map(|p| p.v).sum::<f64>() + trace[0].x
    }
}

mod names {
    use super::*;
    #[differentiate]
    fn same(mut f: impl FnMut(f64) -> f64, x: f64) -> f64 {
        f(x) + f(x) * f(x)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut n = 1.0;
        same(
            |v| {
                n *= v;
                n
            },
            x[0],
        ) + same(square, x[1])
            + each(x, f64::sin)
            + each(x, &mut square)
            + same(f64::exp, n)
    }
}
mod one_mode {
    use super::*;
    #[differentiate(reverse)]
    fn r(xs: &[f64], mut f: impl FnMut(f64)) {
        for x in xs {
            f(*x)
        }
    }
    #[differentiate(reverse)]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = 0.0;
        r(x, |v| t += v * v);
        t
    }
    #[differentiate(forward)]
    fn s(xs: &[f64], mut f: impl FnMut(f64)) {
        for x in xs {
            f(*x)
        }
    }
    #[differentiate(forward)]
    pub fn g(x: &[f64]) -> f64 {
        let mut t = 0.0;
        s(x, |v| t += v * v);
        t
    }
    #[test]
    fn one() {
        assert_eq!(grad_f(&[1.0, 2.0]), [2.0, 4.0]);
        assert_eq!(jvp_g(&[1.0, 2.0], &[1.0, 0.0]), (5.0, 2.0));
    }
}
mod inactive_calls {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        // Neither depends on a float.
        let mut n = 0;
        let mut w = 0.25;
        let ones = [1.0, 2.0];
        visit(&ones, |v| {
            n += 1;
            w *= v;
        });
        let mut fresh = vec![0usize; 2];
        for k in 0..2 {
            idx(3, &mut |i| {
                fresh[k] += i;
            });
        }
        x[0] * x[1] * w * n as f64 + x[fresh[1] % 2]
    }
    #[differentiate]
    fn idx(n: usize, f: &mut dyn FnMut(usize)) {
        for k in 0..n {
            f(k)
        }
    }
}
mod captured_read {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        w: Vec<f64>,
        b: f64,
    }
    #[differentiate]
    impl Net {
        fn eval(&self, v: f64) -> f64 {
            self.w.iter().map(|w| w * v).sum::<f64>() + self.b
        }
    }
    #[differentiate]
    fn integrate(f: impl Fn(f64) -> f64, n: usize) -> f64 {
        let mut s = 0.0;
        for k in 0..n {
            s += f(k as f64 * 0.1);
        }
        s
    }
    #[differentiate]
    fn two(f: impl Fn(f64) -> f64, g: impl Fn(f64) -> f64) -> f64 {
        f(1.0) * g(2.0)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut net = Net {
            w: x.to_vec(),
            b: 0.0,
        };
        net.b = x[1];
        let y = integrate(|t| net.eval(t), 4);
        net.w[0] = y;
        y * net.eval(x[0]) + two(|t| net.eval(t), |t| net.eval(t * t))
    }
}
mod floats {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let n = x.len();
        let mut grid = vec![vec![0.0; 2]; n];
        let mut k = 0;
        let mut errs = [0.0; 3];
        visit(x, |v| {
            grid[k][0] = v;
            grid[k][1] = v * v;
            let row = &mut grid[k];
            row[0] += row[1];
            for (e, g) in errs.iter_mut().zip(row.iter()) {
                *e += g * v;
            }
            errs[2] = errs[0].max(errs[1]);
            k = k + 1;
        });
        grid.iter().map(|r| r[0] * r[1]).sum::<f64>() + errs[2]
    }
}
mod fnmut_var {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = 0.0;
        let mut k = 0;
        {
            let mut add: Box<dyn FnMut(f64) -> f64> = Box::new(|v| {
                t += v * v;
                k += 1;
                t
            });
            add(x[1]);
            each(x, &mut add);
            each(x, &mut *add);
            each(x, add.as_mut());
        }
        t * k as f64
    }
}
mod kept {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut all = x.to_vec();
        let mut count = 0.0;
        all.retain(|v| {
            count += v;
            *v > 0.0
        });
        all[0] * count
    }
}

#[test]
fn closures_that_change_what_they_capture() {
    macro_rules! all {
        ($($name:ident)*) => { $(slice!($name::f, $name::value_and_grad_f, $name::jvp_f; [0.5, 0.7, 1.1], [0.3, 1.2, -0.4, 0.8]);)* };
    }
    all!(sums states twice vectors slices records handed_on unread
        nested in_loops inert once moved parts own_parts two_closures
        options options2 texts given_to_iterators methods dp adaptive maps
        boxed early generic_float structs_moved names kept inactive_calls captured_read
        floats fnmut_var);
}

mod left_unread {
    use super::*;
    #[differentiate]
    fn logged(v: f64, total: &mut f64) -> f64 {
        *total += v * v;
        v.ln() * (1.0 / v)
    }
    #[differentiate]
    pub fn by_call(x: &[f64]) -> f64 {
        let mut total = 0.0;
        for v in x {
            logged(*v, &mut total);
        }
        total
    }
    #[differentiate]
    fn run(x: &[f64], mut f: impl FnMut(f64) -> f64) {
        for v in x {
            f(*v);
        }
    }
    #[differentiate]
    pub fn by_closure(x: &[f64]) -> f64 {
        let mut total = 0.0;
        run(x, |v| {
            total += v * v;
            v.ln() * (1.0 / v)
        });
        total
    }
}

#[test]
fn an_infinite_result_that_nobody_reads() {
    assert_eq!(left_unread::grad_by_call(&[0.0, 1.0]), [0.0, 2.0]);
    assert_eq!(left_unread::grad_by_closure(&[0.0, 1.0]), [0.0, 2.0]);
}

/// `a.b` and `a_b` are different parts of one struct.
mod like_names {
    use super::*;
    #[derive(Clone, Differentiable)]
    pub struct Inner {
        b: f64,
    }
    #[derive(Clone, Differentiable)]
    pub struct Outer {
        a: Inner,
        a_b: f64,
    }
    #[differentiate]
    pub fn parts(x: &[f64]) -> f64 {
        let mut sums = Outer {
            a: Inner { b: x[0] },
            a_b: x[1],
        };
        visit(x, |v| {
            sums.a.b += v * v;
            sums.a_b += 3.0 * v * x[0];
        });
        sums.a.b * sums.a_b
    }
}

/// What goes from one changed variable into another depends on what that held.
mod moved_over {
    use super::*;
    #[differentiate]
    fn called(f: impl FnOnce()) {
        f();
    }
    #[differentiate]
    pub fn number(x: &[f64]) -> f64 {
        let mut full = x[0] * x[1];
        let mut empty = 0.0;
        called(|| {
            empty = full;
            full = 0.0;
        });
        empty * x[0] + full
    }
}

#[test]
fn parts_and_what_goes_between_them() {
    each! { [0.7, 1.3, 0.4];
        parts_of, grad_parts_of, push_parts_of;
        number_of, grad_number_of, push_number_of;
    }
}

use like_names::{
    jvp_parts as push_parts_of, parts as parts_of, value_and_grad_parts as grad_parts_of,
};
use moved_over::{
    jvp_number as push_number_of, number as number_of, value_and_grad_number as grad_number_of,
};
