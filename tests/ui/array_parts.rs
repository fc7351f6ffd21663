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

fn main() {}
