use grad_runtime::differentiate;

#[differentiate]
fn table(x: f64) -> f64 {
    let table = std::array::from_fn(|i| x * i as f64);
    let [a, b] = table;
    a * b
}

fn main() {}
