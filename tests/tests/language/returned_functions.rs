//! Functions that return functions: bound and called, passed on, made in branches, by methods.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn scaled(a: f64, b: f64) -> impl Fn(f64) -> f64 {
    let c = a * b;
    move |t| c * t + b
}

mod called {
    use super::*;
    #[differentiate]
    fn make(a: f64, kind: usize) -> Box<dyn Fn(f64) -> f64> {
        let c = a * a;
        if kind == 7 {
            let k = a + 1.0;
            return Box::new(move |t| t / k);
        }
        match kind {
            0 => {
                let k = c * 2.0;
                Box::new(move |t| k * t)
            }
            1 => Box::new(f64::sin),
            2 if a > 0.0 => Box::new(move |t| {
                let s = t * c;
                s.sin()
            }),
            _ => unreachable!(),
        }
    }
    #[differentiate]
    fn pick(kind: usize) -> fn(f64) -> f64 {
        match kind {
            0 => f64::cos,
            _ => |t| t + 1.0,
        }
    }
    #[differentiate]
    fn thrice(a: f64) -> impl Fn(f64) -> Box<dyn Fn(f64) -> f64> {
        move |b| Box::new(move |c| a * b + c * a)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = 1.0;
        for k in 0..2 {
            let g = make(x[k], k);
            s *= g(x[2]) + g(x[3]);
        }
        let p = pick(x.len());
        s + make(x[0] * x[0], 2)(x[1])
            + make(2.0, 7)(x[0])
            + p(x[1]) * pick(0)(x[2])
            + thrice(x[0])(x[1])(x[2])
    }
}

mod passed {
    use super::*;
    #[differentiate]
    fn integrate(g: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
        (g(a) + 4.0 * g(0.5 * (a + b)) + g(b)) * (b - a) / 6.0
    }
    #[differentiate]
    fn slope(f: impl Fn(f64) -> f64, h: f64) -> impl Fn(f64) -> f64 {
        move |t| (f(t + h) - f(t - h)) / (2.0 * h)
    }
    #[differentiate]
    fn compose(f: impl Fn(f64) -> f64, g: impl Fn(f64) -> f64) -> impl Fn(f64) -> f64 {
        move |t| f(g(t))
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = x[0];
        let g = scaled(x[0], x[1]);
        let u = g(x[2]);
        let h: Box<dyn Fn(f64) -> f64> = Box::new(scaled(x[1], 2.0));
        let d = slope(move |t| a * t * t, 0.5);
        let both = compose(move |t| t * a, |t| t.sin());
        let layers: Vec<Box<dyn Fn(f64) -> f64>> =
            vec![Box::new(scaled(x[0], 0.5)), scaled_boxed(x[3])];
        integrate(&g, x[2], x[3])
            + integrate(|t| g(t) * u, 0.0, x[3])
            + integrate(h, 0.0, 1.0)
            + x.iter().map(|v| d(*v)).sum::<f64>() * both(x[1])
            + layers.iter().fold(x[2], |v, layer| layer(v))
    }
    #[differentiate]
    fn scaled_boxed(a: f64) -> Box<dyn Fn(f64) -> f64> {
        Box::new(scaled(a, 1.5))
    }
}

mod methods {
    use super::*;
    #[derive(Differentiable, Clone)]
    struct Kernel {
        length: f64,
        weights: Vec<f64>,
    }
    #[differentiate]
    impl Kernel {
        fn at(&self, s: f64) -> impl Fn(f64, f64) -> f64 + '_ {
            move |a, b| (-(a - b) * (a - b) / self.length).exp() * s * self.weights[0]
        }
        fn mean(k: f64) -> impl Fn(&[f64]) -> f64 {
            move |v| v.iter().sum::<f64>() * k
        }
    }
    #[differentiate]
    trait Law {
        fn law(&self) -> Box<dyn Fn(f64) -> f64 + '_>;
        fn twice(&self, t: f64) -> f64 {
            let law = self.law();
            law(law(t))
        }
    }
    #[derive(Differentiable)]
    struct Linear(f64);
    #[derive(Differentiable)]
    struct Wave {
        w: f64,
        v: f64,
    }
    #[differentiate]
    impl Law for Linear {
        fn law(&self) -> Box<dyn Fn(f64) -> f64 + '_> {
            let w = self.0;
            Box::new(move |t| w * t)
        }
    }
    #[differentiate]
    impl Law for Wave {
        fn law(&self) -> Box<dyn Fn(f64) -> f64 + '_> {
            if self.v > 0.0 {
                return Box::new(|t| self.w + t);
            }
            Box::new(|t| self.w * t.sin() + self.v)
        }
    }
    #[differentiate]
    fn both<L: Law>(l: &L, x: f64) -> f64 {
        let g = l.law();
        g(x) * l.twice(x)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let k = Kernel {
            length: 1.0 + x[0] * x[0],
            weights: x.to_vec(),
        };
        let g = k.at(x[1]);
        let mean = Kernel::mean(x[3]);
        g(x[2], x[3]) * g(x[0], 0.3)
            + k.at(2.0)(x[1], x[2])
            + mean(x) * mean(&x[1..])
            + both(&Linear(x[0]), x[1])
            + both(&Wave { w: x[2], v: x[3] }, x[0])
    }
}

mod changed_later {
    use super::*;
    #[differentiate]
    fn summed(w: &[f64]) -> impl Fn(f64) -> f64 + use<> {
        let s: f64 = w.iter().sum();
        move |t| s * t
    }
    #[differentiate]
    fn grower(k: f64) -> impl Fn(&mut [f64]) {
        move |v| {
            for e in v.iter_mut() {
                *e *= k;
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut w = x.to_vec();
        let g = summed(&w);
        w[0] = 5.0;
        let mut m = x[1];
        let h = scaled(m, m);
        m = 3.0;
        let grow = grower(x[0]);
        grow(&mut w);
        grow(&mut w);
        g(x[1]) * w[0] + h(m) + w[1] * w[2]
    }
}

#[test]
fn all() {
    for x in [[1.3, 0.7, 2.1, -0.4], [-0.6, 1.9, 0.3, 1.2]] {
        slice!(called::f, called::value_and_grad_f, called::jvp_f; x);
        slice!(passed::f, passed::value_and_grad_f, passed::jvp_f; x);
        slice!(methods::f, methods::value_and_grad_f, methods::jvp_f; x);
        slice!(changed_later::f, changed_later::value_and_grad_f, changed_later::jvp_f; x);
    }
}
