//! Structs that hold references, made in a function and handed on; options of references; mutable
//! references whose target a branch chooses.

mod block_local {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable)]
    struct Block<'a> {
        w: &'a [f64],
        n: usize,
    }
    #[differentiate]
    impl<'a> Block<'a> {
        fn apply(&self, x: f64) -> f64 {
            let mut s = 0.0;
            for i in 0..self.n {
                s = s * x + self.w[i];
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = [x[0], x[1] * x[2], x[2].sin()];
        let block = Block { w: &w, n: 3 };
        block.apply(x[0]) * block.apply(x[1])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7]);
    }
}

mod view_block {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct View<'a> {
        data: &'a [f64],
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl<'a> View<'a> {
        fn at(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
    }
    #[differentiate]
    fn trace(v: &View<'_>) -> f64 {
        let mut s = 0.0;
        for i in 0..v.rows {
            s += v.at(i, i) * v.data[i];
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let v = View {
            data: &x[..4],
            rows: 2,
            cols: 2,
        };
        trace(&v) * v.at(0, 1)
            + trace(&View {
                data: &x[2..],
                rows: 2,
                cols: 2,
            })
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3, 1.1, 2.0]);
    }
}

mod trait_view {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    trait Field {
        fn eval(&self, x: f64) -> f64;
        fn twice(&self, x: f64) -> f64 {
            self.eval(x) + self.eval(x * x)
        }
    }
    #[derive(Differentiable, Clone, Copy)]
    struct Grid<'a> {
        data: &'a [f64],
        h: f64,
    }
    #[differentiate]
    impl Field for Grid<'_> {
        fn eval(&self, x: f64) -> f64 {
            let i = ((x / self.h) as usize).min(self.data.len() - 2);
            let t = x / self.h - i as f64;
            self.data[i] * (1.0 - t) + self.data[i + 1] * t
        }
    }
    #[differentiate]
    impl<'a> Grid<'a> {
        fn at2(&self, x: f64) -> f64 {
            self.eval(x) * self.eval(x + 0.1)
        }
    }
    #[differentiate]
    fn through<F: Field>(f: &F, x: f64) -> f64 {
        f.eval(x) * f.twice(x)
    }
    #[differentiate]
    fn direct(g: &Grid<'_>, x: f64) -> f64 {
        g.eval(x) * g.at2(0.5 * x)
    }
    #[differentiate]
    fn g(x: &[f64]) -> f64 {
        let y: Vec<f64> = x.iter().map(|v| v * v).collect();
        let g = Grid { data: &y, h: 0.5 };
        let h = Grid { data: x, h: 0.4 };
        direct(&g, x[0]) + h.eval(0.3) + h.at2(0.35)
    }
    #[test]
    fn t() {
        slice!(g, value_and_grad_g, jvp_g; [0.33, 1.5, -0.7, 0.9]);
    }
}

mod two_lifetimes {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct View<'a> {
        data: &'a [f64],
    }
    #[differentiate]
    impl<'a> View<'a> {
        fn dot<'b>(&self, o: &View<'b>) -> f64 {
            self.data.iter().zip(o.data).map(|(a, b)| a * b).sum()
        }
        fn dist(&self, o: &View<'_>) -> f64 {
            self.data
                .iter()
                .zip(o.data)
                .map(|(a, b)| (a - b) * (a - b))
                .sum::<f64>()
                .sqrt()
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let y: Vec<f64> = x.iter().map(|v| v * v).collect();
        let a = View { data: x };
        let b = View { data: &y };
        a.dot(&b) + b.dist(&a)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3, 1.1, 2.0]);
    }
}

mod ref_struct {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Params {
        k: f64,
        c: f64,
    }
    #[derive(Differentiable, Clone)]
    struct Sim<'a> {
        p: &'a Params,
        dt: f64,
    }
    #[differentiate]
    impl Sim<'_> {
        fn acc(&self, x: f64, v: f64) -> f64 {
            -self.p.k * x - self.p.c * v
        }
        fn step(&self, s: (f64, f64)) -> (f64, f64) {
            let a = self.acc(s.0, s.1);
            (s.0 + self.dt * s.1, s.1 + self.dt * a)
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let p = Params {
            k: x[0] * x[0],
            c: x[1],
        };
        let sim = Sim { p: &p, dt: 0.1 };
        let mut s = (x[2], x[3]);
        for _ in 0..10 {
            s = sim.step(s);
        }
        s.0 * s.0 + s.1
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let p = Params {
            k: x[0] * x[0],
            c: x[1],
        };
        let sim = Sim { p: &p, dt: 0.1 };
        let mut s = (x[2], x[3]);
        #[differentiate(checkpoint)]
        for _ in 0..10 {
            s = sim.step(s);
        }
        s.0 * s.0 + s.1
    }
    #[differentiate]
    pub fn h(x: &[f64]) -> f64 {
        let mut s = (x[2], x[3]);
        let mut k = x[0];
        for i in 0..10 {
            let p = Params {
                k: k * x[0],
                c: x[1],
            };
            let sim = Sim { p: &p, dt: 0.1 };
            s = sim.step(s);
            k += 0.1 * s.0;
        }
        s.0 * s.0 + s.1
    }
    #[test]
    fn t() {
        each!([0.5, 1.5, -0.7, 0.3]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g; h, value_and_grad_h, jvp_h;);
    }
}

mod opt_ref {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    fn bias(x: f64, b: Option<&f64>) -> f64 {
        match b {
            Some(b) => x + b,
            None => x,
        }
    }
    #[differentiate]
    fn wsum(x: &[f64], w: Option<&[f64]>) -> f64 {
        match w {
            Some(w) => x.iter().zip(w).map(|(a, b)| a * b).sum(),
            None => x.iter().sum(),
        }
    }
    #[differentiate]
    fn wsum2(x: &[f64], w: Option<&Vec<f64>>) -> f64 {
        let mut s = 0.0;
        for i in 0..x.len() {
            s += x[i] * w.map_or(1.0, |w| w[i]);
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = x[1..].to_vec();
        bias(x[0], Some(&x[1])) * bias(x[1], None)
            + wsum(&x[..3], Some(&x[1..])) * wsum(x, None)
            + wsum2(&x[..2], Some(&w)) * wsum2(x, None)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod branch_ref {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    pub fn f(x: f64, y: f64) -> f64 {
        let mut a = x * y;
        let mut b = y.sin();
        let r = if x > y { &mut a } else { &mut b };
        *r += x * x;
        *r *= 2.0;
        a * b
    }
    #[differentiate]
    pub fn g(x: f64, y: f64) -> f64 {
        let a = [x, y * x];
        let b = [y, x.cos()];
        let r = if x > y { &a } else { &b };
        r[0] * r[1] + a[0]
    }
    #[differentiate]
    pub fn h(x: f64, y: f64) -> f64 {
        let mut a = vec![x, y * x];
        let mut b = vec![y, x.cos(), 1.0];
        for k in 0..3 {
            let r = match k {
                0 => &mut a,
                1 => &mut b,
                _ => &mut a,
            };
            r[0] *= y;
            r.push(x * k as f64);
        }
        a.iter().sum::<f64>() * b.iter().product::<f64>()
    }
    #[differentiate]
    pub fn l(x: f64, y: f64) -> f64 {
        let (a, b) = (x * y, y.exp());
        let r = if x > y { &a } else { &b };
        let m = if a > b { a } else { *r };
        *r * m
    }
    #[differentiate]
    pub fn m(x: f64, y: f64) -> f64 {
        let mut lo = [x, y];
        let mut hi = [y, x * x];
        let (p, q) = if x < y {
            (&mut lo, &mut hi)
        } else {
            (&mut hi, &mut lo)
        };
        p[0] += q[1];
        std::mem::swap(&mut p[1], &mut q[0]);
        lo[0] * lo[1] + hi[0] / hi[1]
    }
    #[test]
    fn t() {
        numbers!(f, value_and_grad_f, jvp_f, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(g, value_and_grad_g, jvp_g, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(h, value_and_grad_h, jvp_h, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(l, value_and_grad_l, jvp_l, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(m, value_and_grad_m, jvp_m, 2; [0.5, 1.5], [1.5, 0.5]);
    }
}
