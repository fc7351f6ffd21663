use grad_runtime::differentiate;

#[differentiate]
fn f(x: f64, n: usize) -> f64 {
    let y = x.sin() + ;
    y
}

fn main() {
    let _ = grad_f(1.0, 2);
    let _ = jvp_f(1.0, 2, 1.0);
    let _ = graph_f();
}
