use grad_runtime::differentiate;

#[differentiate]
pub fn failed<'a, T: Clone, const N: usize>(x: f64, _t: T, w: &'a [f64; N]) -> f64 {
    let g = async { x };
    w[0]
}

mod inner {
    #[grad_runtime::differentiate(forward)]
    pub(super) fn only_forward(x: f64) -> (f64, f64) {
        (x, unsafe { x })
    }
}

#[differentiate]
pub fn calls(x: f64, w: &[f64; 3]) -> f64 {
    failed(x, 1.0, w) + other(w)
}

#[differentiate]
pub fn other(w: &[f64; 3]) -> f64 {
    let z = unsafe { w[0] };
    z * w[1]
}

fn main() {
    let _: (f64, f64, [f64; 3]) = grad_failed(1.0, 1.0, &[1.0; 3]);
    let (_, pull) = vjp_failed(1.0, 1.0, &[1.0; 3]);
    let _: (f64, f64, [f64; 3]) = pull(1.0);
    let _: (f64, f64) = jvp_failed(1.0, 1.0, &[1.0; 3], 1.0, 1.0, &[1.0; 3]);
    let _: ((f64, f64), (f64, f64)) = inner::jvp_only_forward(1.0, 1.0);
    let _ = grad_calls(1.0, &[1.0; 3]);
    let _ = graph_failed();
}
