use grad_runtime::differentiate;

#[differentiate(wrt(z), wrt(x), fast)]
fn options(x: f64) -> f64 {
    x
}

#[differentiate]
fn body(x: f64, y: f64) -> f64 {
    let z = unsafe { x };
    let w = async { y };
    let v: std::collections::LinkedList<u64> = [x].iter().map(|v| v.to_bits()).collect();
    drop(w);
    x * v.len() as f64 + z
}

fn main() {
    let _ = grad_options(1.0);
    let _ = grad_body(1.0, 2.0);
}
