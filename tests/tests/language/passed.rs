//! Functions passed by name, and closures that call functions and closures: each module is one
//! function of one or two numbers, or of a slice.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn apply<F: Fn(f64) -> f64>(g: F, x: f64) -> f64 {
    g(x) * g(x * 0.5)
}

#[differentiate]
fn cube(x: f64) -> f64 {
    x * x * x
}

mod by_name {
    use super::*;
    #[differentiate]
    fn integrate(f: impl Fn(f64) -> f64, a: f64, b: f64, n: usize) -> f64 {
        let h = (b - a) / n as f64;
        let mut s = 0.0;
        for i in 0..n {
            s += f(a + (i as f64 + 0.5) * h);
        }
        s * h
    }
    #[differentiate]
    fn newton<F: Fn(f64) -> f64>(g: F, x0: f64) -> f64 {
        let mut x = x0;
        for _ in 0..2 {
            x -= 0.1 * g(x);
        }
        x
    }
    #[differentiate]
    fn dynamic(g: &dyn Fn(f64) -> f64, x: f64) -> f64 {
        g(x) * g(x + 1.0)
    }
    #[differentiate]
    fn refd<F>(g: &F, x: f64) -> f64
    where
        F: Fn(f64, f64) -> f64,
    {
        g(x, 1.0) + g(2.0, x)
    }
    #[differentiate]
    fn my_fn(x: f64) -> f64 {
        x * x.sin()
    }
    #[differentiate]
    fn two_args(x: f64, y: f64) -> f64 {
        x * y.cos()
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        integrate(my_fn, a, b, 5) + newton(my_fn, b) + dynamic(&my_fn, a) + refd(&two_args, b)
    }
}

mod pointers {
    use super::*;
    #[differentiate]
    fn apply(f: fn(f64) -> f64, x: f64) -> f64 {
        f(x) * f(2.0 * x)
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        apply(cube, a) + apply(f64::sin, b) + apply(|t| t * t, b)
    }
}

mod associated {
    use super::*;
    mod phys {
        use super::*;
        #[differentiate]
        pub fn drag(v: f64) -> f64 {
            v * v.abs()
        }
    }
    #[derive(Clone, Copy, Differentiable)]
    struct Law {
        k: f64,
    }
    #[differentiate]
    impl Law {
        fn cubic(x: f64) -> f64 {
            x * x * x
        }
        fn at(&self, x: f64) -> f64 {
            self.k * x
        }
        fn own(x: f64) -> f64 {
            apply(Self::cubic, x)
        }
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        apply(Law::cubic, a)
            + apply(phys::drag, b)
            + Law::own(b)
            + [a, b].iter().copied().map(Law::cubic).sum::<f64>()
    }
}

mod generic {
    use super::*;
    use std::ops::{Add, Mul};
    trait Num: Copy + Add<Output = Self> + Mul<Output = Self> {}
    impl Num for f64 {}
    #[differentiate]
    fn sq<T: Num>(x: T) -> T {
        x * x + x
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        apply(sq, a) + apply(sq::<f64>, b) + [a, b].iter().map(|v| sq(*v)).sum::<f64>()
    }
}

mod in_variables {
    use super::*;
    #[differentiate]
    fn quad(x: f64) -> f64 {
        x * x + 1.0
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let g = cube;
        let h: fn(f64) -> f64 = if a > b { cube } else { quad };
        let k: fn(f64) -> f64 = quad;
        apply(g, a) + h(b) + k(a) + apply(k, b)
    }
}

mod of_slices {
    use super::*;
    #[differentiate]
    fn weighted(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> f64 {
        f(x) * f(&x[1..])
    }
    #[differentiate]
    fn norm2(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for v in x {
            s += v * v;
        }
        s
    }
    #[differentiate]
    fn ode(f: impl Fn(f64, &[f64]) -> Vec<f64>, y0: &[f64], t: f64) -> Vec<f64> {
        let mut y = y0.to_vec();
        let h = t / 4.0;
        for i in 0..4 {
            let d = f(i as f64 * h, &y);
            for k in 0..y.len() {
                y[k] += h * d[k];
            }
        }
        y
    }
    #[differentiate]
    fn rhs(t: f64, y: &[f64]) -> Vec<f64> {
        vec![y[1] + t, -y[0].sin()]
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let y = ode(rhs, &x[..2], x[2]);
        weighted(norm2, x) + y[0] * y[1]
    }
}

mod to_methods {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct R {
        w: f64,
    }
    #[differentiate]
    impl R {
        fn apply(&self, f: impl Fn(f64) -> f64, x: f64) -> f64 {
            self.w * f(x)
        }
        fn bump(&mut self, f: impl Fn(f64) -> f64) {
            self.w = f(self.w) * 2.0;
        }
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let mut r = R { w: a };
        r.bump(cube);
        r.bump(|t| t * b + a);
        r.apply(cube, b) + r.w
    }
}

mod untyped {
    use super::*;
    #[differentiate]
    fn ode(f: impl Fn(&[f64]) -> Vec<f64>, y0: &[f64], h: f64) -> Vec<f64> {
        let mut y = y0.to_vec();
        for _ in 0..3 {
            let d = f(&y);
            for k in 0..y.len() {
                y[k] += h * d[k];
            }
        }
        y
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let k = x[2];
        let y = ode(|p| vec![p[1] * k, -p[0].sin()], &x[..2], 0.1);
        let z = ode(|p| p.iter().map(|v| v * k).collect(), &x[..2], 0.1);
        y[0] * y[1] + z[0] * z[1]
    }
}

mod closures_in_closures {
    use super::*;
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let g = |t: f64| t * a;
        let h = |t: f64| g(t) + g(b);
        let c = cube;
        apply(h, a) + apply(|t| g(t) * t, b) + apply(|t| c(t) + h(t), a) + apply(|t| apply(g, t), b)
    }
}

mod recursive {
    use super::*;
    #[differentiate]
    fn rec(f: &dyn Fn(f64) -> f64, n: usize, x: f64) -> f64 {
        if n == 0 { x } else { rec(f, n - 1, f(x)) }
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        rec(&|t| t * a + 0.1, 3, b)
    }
}

mod adaptive {
    use super::*;
    #[differentiate]
    fn simpson(f: &dyn Fn(f64) -> f64, a: f64, b: f64) -> f64 {
        (b - a) / 6.0 * (f(a) + 4.0 * f(0.5 * (a + b)) + f(b))
    }
    #[differentiate]
    fn adaptive(f: &dyn Fn(f64) -> f64, a: f64, b: f64, depth: usize) -> f64 {
        let m = 0.5 * (a + b);
        if depth == 0 {
            return simpson(f, a, b);
        }
        adaptive(f, a, m, depth - 1) + adaptive(f, m, b, depth - 1)
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        adaptive(&|t| (t * a).sin() * b, 0.0, b, 2)
    }
}

mod handed_on {
    use super::*;
    #[differentiate]
    fn integrate(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
        let h = (b - a) / 4.0;
        let mut s = 0.0;
        for i in 0..4 {
            s += f(a + (i as f64 + 0.5) * h);
        }
        s * h
    }
    #[differentiate]
    fn double(f: impl Fn(f64, f64) -> f64, a: f64, b: f64) -> f64 {
        integrate(|x| integrate(|y| f(x, y), a, b), a, b)
    }
    #[differentiate]
    fn shifted(f: &dyn Fn(f64) -> f64, s: f64, x: f64) -> f64 {
        let g = |t: f64| f(t + s);
        integrate(&g, 0.0, x) + integrate(|t| g(t) * s, 0.0, x)
    }
    #[differentiate]
    fn compose<F: Fn(f64) -> f64, G: Fn(f64) -> f64>(f: F, g: G, x: f64) -> f64 {
        f(g(x)) + integrate(|t| f(g(t)), 0.0, x)
    }
    #[differentiate]
    fn sq(x: f64) -> f64 {
        x * x
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        double(|x, y| x * y.sin() * a, 0.0, b)
            + shifted(&|t| t * t * b, a, b)
            + compose(sq, |t| t.exp() * a, b)
            + compose(f64::sin, sq, a)
    }
}

mod held_constant {
    use super::*;
    #[differentiate]
    fn count(g: impl Fn(f64) -> f64, n: usize) -> usize {
        if g(n as f64) > 2.0 { 1 } else { n }
    }
    #[differentiate(wrt(b))]
    fn h(a: f64, b: f64) -> f64 {
        let k = |t: f64| t * a;
        let c = apply(|t| k(t) + a, 1.5) + apply(cube, a) + apply(&k, a);
        c * b
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let n: usize = count(cube, 1) + count(|t| t + 5.0, 2);
        let k = |t: f64| t + 1.0;
        let k2 = |t: f64| k(t) * 2.0;
        let w = apply(k2, 1.5);
        h(2.0, b) * a * w * n as f64
    }
}

mod in_loops {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = x[0];
        let sc = |t: f64| t * x[1];
        for i in 0..3 {
            let w = x[i % x.len()];
            s = apply(|t| sc(t) + w * s.sin(), s) + apply(cube, w);
            if s > 1.0 {
                s = apply(|t| t * 0.3 + w, s);
            }
        }
        let v: Vec<f64> = x.iter().map(|e| apply(|t| t * e, *e)).collect();
        s + v.iter().sum::<f64>()
    }
}

mod structs {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Solver {
        tol: f64,
        w: Vec<f64>,
    }
    #[differentiate]
    impl Solver {
        fn new(tol: f64) -> Self {
            Solver { tol, w: vec![] }
        }
        fn with_w(mut self, w: Vec<f64>) -> Self {
            self.w = w;
            self
        }
        fn run(self, f: impl Fn(f64) -> f64, x: f64) -> f64 {
            let mut y = x;
            for w in &self.w {
                y -= w * f(y) * self.tol;
            }
            y
        }
        fn step(&mut self, f: &dyn Fn(f64) -> f64) -> f64 {
            self.tol = f(self.tol);
            self.w[0] += self.tol;
            self.tol
        }
        fn own(&self, x: f64) -> f64 {
            integrate(|t| t * self.tol + self.w[0], x) + integrate(|t| self.at(t), x)
        }
        fn at(&self, t: f64) -> f64 {
            self.tol * t
        }
    }
    #[differentiate]
    fn integrate(f: impl Fn(f64) -> f64, x: f64) -> f64 {
        0.5 * x * (f(0.0) + f(x))
    }
    #[differentiate]
    fn cubic(x: f64) -> f64 {
        x * x * x - 1.0
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let mut s = Solver::new(a).with_w(vec![b, a * b]);
        let mut t = 0.0;
        for _ in 0..2 {
            t += s.step(&|x| x * b + 0.1);
        }
        t += s.step(&cubic) + s.own(b);
        s.run(cubic, b) + t
    }
}

mod differential_equation {
    use super::*;
    #[differentiate]
    fn rk4(f: impl Fn(f64, &[f64]) -> Vec<f64>, y0: &[f64], t1: f64, n: usize) -> Vec<f64> {
        let h = t1 / n as f64;
        let mut y = y0.to_vec();
        let mut t = 0.0;
        for _ in 0..n {
            let k1 = f(t, &y);
            let y2: Vec<f64> = y.iter().zip(&k1).map(|(a, b)| a + 0.5 * h * b).collect();
            let k2 = f(t + 0.5 * h, &y2);
            let y3: Vec<f64> = y.iter().zip(&k2).map(|(a, b)| a + 0.5 * h * b).collect();
            let k3 = f(t + 0.5 * h, &y3);
            for i in 0..y.len() {
                y[i] += h / 4.0 * (k1[i] + 2.0 * k2[i] + k3[i]);
            }
            t += h;
        }
        y
    }
    #[differentiate]
    fn pendulum(t: f64, y: &[f64]) -> Vec<f64> {
        vec![y[1], -y[0].sin() + t]
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let y = rk4(pendulum, &x[..2], x[2], 3);
        let z = rk4(|t, y| vec![y[1] * x[2], -y[0] * t], &x[..2], 1.0, 2);
        let q = rk4(
            |t: f64, y: &[f64]| vec![y[1] * x[2], -y[0] * t],
            &x[..2],
            1.0,
            2,
        );
        y[0] * y[1] + z[0] * q[1]
    }
}

mod once {
    use super::*;
    #[differentiate]
    fn with<F: FnOnce(f64) -> f64>(x: f64, f: F) -> f64 {
        f(x * x)
    }
    #[differentiate]
    fn each(x: &[f64], mut f: impl FnMut(f64) -> f64) -> f64 {
        let mut s = 0.0;
        for v in x {
            s += f(*v);
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        with(x[0], |t| t * x[1]) + with(x[1], cube) + each(x, |v| v * x[2]) + each(x, cube)
    }
}

mod of_structs {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    impl P {
        fn norm(&self) -> f64 {
            self.x.hypot(self.y)
        }
        fn flip(self) -> P {
            P {
                x: self.y,
                y: -self.x,
            }
        }
    }
    #[differentiate]
    fn total(f: impl Fn(&P) -> f64, ps: &[P]) -> f64 {
        let mut s = 0.0;
        for p in ps {
            s += f(p);
        }
        s
    }
    #[differentiate]
    fn moved(f: impl Fn(P) -> P, p: P) -> P {
        f(f(p))
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let ps = [P { x: a, y: b }, P { x: b, y: a * b }];
        let q = moved(P::flip, ps[1]);
        let r = moved(
            |p| P {
                x: p.x * a,
                y: p.y + b,
            },
            q,
        );
        total(P::norm, &ps) + total(|p| p.x * p.y * a, &ps) + q.x * r.y
    }
}

/// Parameters of which only traits are known, and boxed closures of which one is chosen.
mod bounded {
    use super::*;
    #[differentiate]
    trait Act {
        fn act(&self, x: f64) -> f64;
    }
    #[derive(Clone, Differentiable)]
    struct Linear {
        k: f64,
    }
    #[differentiate]
    impl Act for Linear {
        fn act(&self, x: f64) -> f64 {
            self.k * x
        }
    }
    #[differentiate]
    fn run(m: &(impl Act + Differentiable), x: f64) -> f64 {
        m.act(x) * m.act(1.0)
    }
    #[differentiate]
    fn run_owned(x: f64, m: impl Act + Clone + Differentiable) -> f64 {
        m.act(x) * x
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        let g: Box<dyn Fn(f64) -> f64> = if a > 0.6 {
            Box::new(move |x| a * x)
        } else {
            Box::new(move |x| x * x + b)
        };
        let m = Linear { k: a };
        g(b) + run(&m, b) + run_owned(b, m)
    }
}

mod to_recursive {
    use super::*;
    #[differentiate]
    fn adaptive(f: &dyn Fn(f64) -> f64, a: f64, b: f64, depth: usize) -> f64 {
        let m = 0.5 * (a + b);
        if depth == 0 {
            return (b - a) * f(m);
        }
        adaptive(f, a, m, depth - 1) + adaptive(f, m, b, depth - 1)
    }
    #[differentiate]
    fn integrate(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
        adaptive(&f, a, b, 2) + adaptive(&|t| f(t) * a, a, b, 1)
    }
    #[differentiate]
    fn arc(f: impl Fn(f64) -> f64, b: f64) -> f64 {
        integrate(|x| f(x) * f(x), 0.0, b)
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        integrate(|t| (t * a).sin() * b, 0.0, b) + arc(|t| t * a, b) + arc(f64::cos, a)
    }
}

mod of_vectors {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct Vec2 {
        x: f64,
        y: f64,
    }
    #[differentiate]
    impl Vec2 {
        fn new(x: f64, y: f64) -> Self {
            Self { x, y }
        }
        fn map(self, f: impl Fn(f64) -> f64) -> Self {
            Self::new(f(self.x), f(self.y))
        }
        fn fold(&self, f: fn(f64, f64) -> f64) -> f64 {
            f(self.x, self.y)
        }
    }
    #[differentiate]
    fn hyp(a: f64, b: f64) -> f64 {
        (a * a + b * b).sqrt()
    }
    #[differentiate]
    fn relu(x: f64) -> f64 {
        if x > 0.0 { x } else { 0.1 * x }
    }
    #[differentiate]
    fn compose2(f: fn(f64) -> f64, g: fn(f64) -> f64, x: f64) -> f64 {
        f(g(x))
    }
    #[differentiate]
    pub fn f(a: f64, b: f64) -> f64 {
        Vec2::new(a, b)
            .map(relu)
            .map(f64::tanh)
            .map(|t| t * a)
            .fold(hyp)
            + compose2(relu, f64::exp, b)
            + [a, b].map(relu).iter().sum::<f64>()
    }
}

mod descent {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Opt {
        lr: f64,
        m: Vec<f64>,
        beta: f64,
    }
    #[differentiate]
    impl Opt {
        fn new(n: usize) -> Self {
            Opt {
                lr: 0.1,
                m: vec![0.0; n],
                beta: 0.9,
            }
        }
        fn lr(self, lr: f64) -> Self {
            Self { lr, ..self }
        }
        fn step(&mut self, w: &mut [f64], g: &[f64]) {
            for i in 0..w.len() {
                self.m[i] = self.beta * self.m[i] + g[i];
                w[i] -= self.lr * self.m[i];
            }
        }
    }
    #[differentiate]
    fn loss(w: &[f64], x: &[f64]) -> f64 {
        w.iter().zip(x).map(|(a, b)| (a * b - 1.0).powi(2)).sum()
    }
    #[differentiate]
    fn grad_by_hand(w: &[f64], x: &[f64]) -> Vec<f64> {
        w.iter()
            .zip(x)
            .map(|(a, b)| 2.0 * (a * b - 1.0) * b)
            .collect()
    }
    #[differentiate]
    fn minimise(
        l: impl Fn(&[f64]) -> f64,
        g: impl Fn(&[f64]) -> Vec<f64>,
        w: &mut Vec<f64>,
        mut o: Opt,
    ) -> f64 {
        for _ in 0..3 {
            let d = g(w);
            o.step(w, &d);
        }
        l(w)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut w = vec![0.1; x.len()];
        let o = Opt::new(x.len()).lr(x[0] * 0.1);
        let l = minimise(|w| loss(w, x), |w| grad_by_hand(w, x), &mut w, o);
        l + w[0]
    }
}

#[test]
fn functions_passed() {
    numbers!(to_recursive::f, to_recursive::value_and_grad_f, to_recursive::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(of_vectors::f, of_vectors::value_and_grad_f, of_vectors::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(descent::f, descent::value_and_grad_f, descent::jvp_f; [0.5, 0.7, 1.1]);
    numbers!(bounded::f, bounded::value_and_grad_f, bounded::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(by_name::f, by_name::value_and_grad_f, by_name::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(pointers::f, pointers::value_and_grad_f, pointers::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(associated::f, associated::value_and_grad_f, associated::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(generic::f, generic::value_and_grad_f, generic::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(in_variables::f, in_variables::value_and_grad_f, in_variables::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(of_slices::f, of_slices::value_and_grad_f, of_slices::jvp_f; [0.5, 0.7, 1.1]);
    numbers!(to_methods::f, to_methods::value_and_grad_f, to_methods::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(untyped::f, untyped::value_and_grad_f, untyped::jvp_f; [0.5, 0.7, 1.1]);
    numbers!(closures_in_closures::f, closures_in_closures::value_and_grad_f, closures_in_closures::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(recursive::f, recursive::value_and_grad_f, recursive::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(adaptive::f, adaptive::value_and_grad_f, adaptive::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(handed_on::f, handed_on::value_and_grad_f, handed_on::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(held_constant::f, held_constant::value_and_grad_f, held_constant::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(in_loops::f, in_loops::value_and_grad_f, in_loops::jvp_f; [0.5, 0.7, 1.1]);
    numbers!(structs::f, structs::value_and_grad_f, structs::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(differential_equation::f, differential_equation::value_and_grad_f, differential_equation::jvp_f; [0.5, 0.7, 1.1]);
    slice!(once::f, once::value_and_grad_f, once::jvp_f; [0.5, 0.7, 1.1]);
    numbers!(of_structs::f, of_structs::value_and_grad_f, of_structs::jvp_f, 2; [0.5, 0.7], [1.2, -0.3]);
}
