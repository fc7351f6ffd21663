use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Differentiable)]
struct V(f64);

#[differentiate(wrt(self))]
impl std::ops::Add for V {
    type Output = V;
    fn add(self, o: V) -> V {
        V(self.0 + o.0)
    }
}

#[differentiate]
fn total(a: V, b: V) -> f64 {
    let c = a + b;
    c.0
}

fn main() {
    let _ = grad_total(V(1.0), V(2.0));
}
