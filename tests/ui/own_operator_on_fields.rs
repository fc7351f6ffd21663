use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Differentiable)]
struct Complex {
    re: f64,
    im: f64,
}

impl std::ops::Mul for Complex {
    type Output = Complex;
    fn mul(self, o: Complex) -> Complex {
        Complex {
            re: self.re * o.re - self.im * o.im,
            im: self.re * o.im + self.im * o.re,
        }
    }
}

#[derive(Differentiable)]
struct Pair {
    a: Complex,
    b: Complex,
}

#[differentiate]
fn f(p: &Pair) -> f64 {
    let c = p.a * p.b;
    c.re
}

fn main() {}
