use grad_runtime::differentiate;

#[differentiate]
fn clipped(x: &Array2<f64>, v: &[f64]) -> f64 {
    let mut y = x.clone();
    for k in 0..v.len() {
        let mut row = y.row_mut(k);
        if v[k] > 1.0 {
            break;
        }
        row[0] = v[k];
    }
    y.sum()
}

#[differentiate]
fn chosen(x: &Array2<f64>, v: f64) -> f64 {
    let mut y = x.clone();
    let mut row = if v > 1.0 { y.row_mut(0) } else { y.row_mut(1) };
    row[0] = v;
    y.sum()
}

#[differentiate]
fn beside(x: &Array2<f64>, v: f64) -> f64 {
    let mut y = x.clone();
    std::mem::replace(&mut y.row_mut(0)[0], v) * y.sum()
}

fn main() {}
