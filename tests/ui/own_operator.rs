use grad_runtime::differentiate;

#[derive(Clone, Copy, grad_runtime::Differentiable)]
struct V(f64);

impl std::ops::Add for V {
    type Output = V;
    fn add(self, o: V) -> V {
        V(self.0 + o.0)
    }
}

#[differentiate]
fn f(a: V, b: V) -> f64 {
    let c = a + b;
    c.0
}

fn main() {}
