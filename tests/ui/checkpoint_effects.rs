use grad_runtime::differentiate;

#[differentiate]
fn again(mut f: impl FnMut(f64) -> f64, x: f64, n: usize) -> f64 {
    let mut y = x;
    #[differentiate(checkpoint)]
    for _ in 0..n {
        y = f(y);
    }
    y
}

fn main() {}
