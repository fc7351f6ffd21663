use grad_runtime::differentiate;

#[differentiate]
fn taken(x: f64) -> f64 {
    let mut powers = std::iter::successors(Some(x), |v| Some(v * x));
    let first = powers.next().unwrap();
    first + powers.next().unwrap()
}

#[differentiate]
fn by_fours(x: &[f64]) -> f64 {
    let (chunks, _) = x.as_chunks::<4>();
    chunks[0][0] * x[1]
}

#[differentiate]
fn head(x: &[f64]) -> f64 {
    let Some([a, b]) = x.first_chunk() else {
        return x[0];
    };
    a * b
}

fn main() {}
