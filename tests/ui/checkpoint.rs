use grad_runtime::differentiate;

#[differentiate(checkpoint)]
fn on_the_function(x: f64) -> f64 {
    x
}

#[differentiate]
fn on_no_loop(x: f64) -> f64 {
    #[differentiate(checkpoint)]
    let y = x.sin();
    y
}

#[differentiate]
fn another_option(x: f64, n: usize) -> f64 {
    let mut y = x;
    #[differentiate(checkpoint, forward)]
    for _ in 0..n {
        y = y.sin();
    }
    y
}

#[differentiate]
fn nothing_is_carried(x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    #[differentiate(checkpoint)]
    for i in 0..x.len() {
        y[i] = x[i].sin();
    }
    y
}

#[differentiate]
fn no_stride(x: f64, n: usize) -> f64 {
    let mut y = x;
    #[differentiate(checkpoint = 0)]
    for _ in 0..n {
        y = y.sin();
    }
    y
}

fn main() {}
