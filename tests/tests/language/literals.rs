//! Byte strings and characters beside floats, bits of integers, arrays of functions, places zipped with values.

use grad_runtime::differentiate;

#[differentiate]
pub fn run_bytes(x: &[f64]) -> f64 {
    let s = b"kitten";
    let t = b"sit";
    let mut r = 0.0;
    for (i, a) in s.iter().enumerate() {
        for j in 0..t.len() {
            r += if *a == t[j] { x[0] * i as f64 } else { x[2] };
        }
    }
    r
}

#[differentiate]
pub fn run_str(x: &[f64]) -> f64 {
    let s = "kitten";
    let t: Vec<char> = "sitting".chars().collect();
    let mut r = 0.0;
    for (i, a) in s.chars().enumerate() {
        for c in &t {
            if a == *c {
                r += x[i] * x[0];
            }
        }
    }
    for b in s.bytes() {
        r += x[(b % 8) as usize];
    }
    r
}

#[differentiate]
fn score(a: &str, b: &str, gap: f64, hit: f64) -> f64 {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row = vec![0.0; b.len() + 1];
    for i in 1..=a.len() {
        let mut diag = row[0];
        row[0] = i as f64 * gap;
        for j in 1..=b.len() {
            let m = diag + if a[i - 1] == b[j - 1] { hit } else { -hit };
            diag = row[j];
            row[j] = m.max(row[j] + gap).max(row[j - 1] + gap);
        }
    }
    row[b.len()]
}

#[differentiate]
pub fn run_align(x: &[f64]) -> f64 {
    score("gattaca", "gcatgcu", -x[0], x[1]) * x[2]
}

#[differentiate]
pub fn run_bits(x: &[f64]) -> f64 {
    let mut r = 0.0;
    for mask in 0u32..16 {
        let mut p = 1.0;
        for (i, v) in x.iter().take(4).enumerate() {
            if mask >> i & 1 == 1 {
                p *= v;
            }
        }
        r += if mask.count_ones() % 2 == 0 { p } else { -p };
    }
    r
}

#[differentiate]
pub fn run_fn_table(x: &[f64]) -> f64 {
    let table: [fn(f64) -> f64; 3] = [f64::sin, f64::cos, f64::exp];
    let mut total = 0.0;
    for f in table {
        total += f(x[2]);
    }

    total + table.iter().map(|f| f(x[0])).product::<f64>()
}

#[differentiate]
pub fn run_zip_places(x: &[f64]) -> f64 {
    let (mut a, mut b, mut c) = (x[0], x[1], 1.0);
    for (v, g) in [&mut a, &mut b, &mut c].into_iter().zip(&x[3..]) {
        *v += g * g;
    }
    a * b - c
}

#[test]
fn all() {
    each!([0.4, 1.3, 0.9, 1.7, 0.6, 1.1, 0.3, 1.5], [1.6, 0.7, 1.2, 0.5, 1.4, 0.8, 1.9, 0.2];
        run_bytes, value_and_grad_run_bytes, jvp_run_bytes;
        run_str, value_and_grad_run_str, jvp_run_str;
        run_align, value_and_grad_run_align, jvp_run_align;
        run_bits, value_and_grad_run_bits, jvp_run_bits;
        run_fn_table, value_and_grad_run_fn_table, jvp_run_fn_table;
        run_zip_places, value_and_grad_run_zip_places, jvp_run_zip_places;
    );
}
