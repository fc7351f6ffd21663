use grad_runtime::differentiate;

#[differentiate]
fn f(n: usize) -> usize {
    n
}

fn main() {}
