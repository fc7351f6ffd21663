//! Values that leave loops and blocks, variables declared without a value or with a written type,
//! numbers as generic parameters.

use std::collections::HashMap;

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Found {
    at: f64,
    rest: Vec<f64>,
}

#[differentiate]
pub fn values_of_loops(x: &[f64]) -> f64 {
    let mut n = 0;
    let found = 'outer: loop {
        for (i, v) in x.iter().enumerate() {
            if v * (n as f64 + 0.5) > 1.5 {
                break 'outer Found {
                    at: v * x[0],
                    rest: x[i..].to_vec(),
                };
            }
        }
        n += 1;
    };
    let pair = loop {
        n += 1;
        if x[n % 3] > 1.0 {
            break [x[n % 3], found.at];
        }
        if n > 5 {
            break [found.at; 2];
        }
    };
    let option = 'block: {
        if pair[0] > 1.5 {
            break 'block Some(pair[1]);
        }
        if found.at > 1.0 {
            break 'block None;
        }
        Some(pair[0])
    };
    let vector = 'block: {
        if found.at > 0.7 {
            break 'block vec![x[0], pair[1]];
        }
        let t = x[1] * x[2];
        if t > 1.0 {
            break 'block x.to_vec();
        }
        vec![t; 3]
    };
    pair[0] * pair[1] + option.unwrap_or(x[0]) + vector.iter().sum::<f64>() * found.rest[0]
}

#[differentiate]
pub fn declared_before_branches(x: &[f64]) -> f64 {
    let (mut values, found);
    let option: Option<f64>;
    if x[0] > 1.0 {
        values = x.to_vec();
        found = Found {
            at: x[1],
            rest: vec![x[1] * x[1], 1.0],
        };
        option = Some(x[2]);
    } else {
        values = vec![x[0], x[1]];
        values.push(x[2] * values[0]);
        found = Found {
            at: x[2],
            rest: vec![x[1]],
        };
        option = None;
    }
    values.push(found.at);
    let last;
    match values.len() {
        4 if x[1] > 1.0 => last = (values[3], 1.0),
        _ => last = (x[2], values[0]),
    }
    values[0] *= found.rest[0] * last.0;
    values.iter().product::<f64>() * last.1 + option.unwrap_or(found.at)
}

#[differentiate]
pub fn written_types(x: &[f64]) -> f64 {
    let mut state: u64 = 1;
    let power: i32 = -3;
    let mut rows: Vec<Vec<f64>> = vec![];
    let mut seen: Vec<f64> = Vec::with_capacity(3);
    let none: Vec<f64> = Vec::new();
    let mut s = 0.0;
    for v in &none {
        s += v * x[0];
    }
    for k in 0..4usize {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let j = (state >> 33) as usize % 3;
        rows.push(vec![x[j]; k]);
        seen.push(x[j] * x[k % 3]);
    }
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, name) in ["low", "high"].iter().enumerate() {
        places.insert(name, place);
    }
    s += x[places["high"]];
    let all: f64 = rows.iter().map(|row| row.iter().sum::<f64>()).sum();
    s + all * seen[1] + seen[2] * power.pow(2) as f64
}

#[derive(Clone, Copy, Differentiable)]
struct Matrix<const R: usize, const C: usize> {
    a: [[f64; C]; R],
}

#[differentiate]
impl<const R: usize, const C: usize> Matrix<R, C> {
    fn times<const K: usize>(&self, other: &Matrix<C, K>) -> Matrix<R, K> {
        let mut product = Matrix::<R, K> { a: [[0.0; K]; R] };
        for i in 0..R {
            for j in 0..K {
                for k in 0..C {
                    product.a[i][j] += self.a[i][k] * other.a[k][j];
                }
            }
        }
        product
    }
    fn trace(&self) -> f64 {
        let mut s = 0.0;
        for i in 0..R.min(C) {
            s += self.a[i][i];
        }
        s
    }
}

#[differentiate]
fn first<const N: usize>(x: &[f64], scale: f64) -> f64 {
    let mut s = 0.0;
    for v in &x[..N.min(x.len())] {
        s += v * scale;
    }
    s
}

#[differentiate]
pub fn generic_numbers(x: &[f64]) -> f64 {
    let a = Matrix::<2, 1> {
        a: [[x[0]], [x[1]]],
    };
    let b = Matrix::<1, 2> { a: [[x[2], x[0]]] };
    let square = a.times(&b);
    square.times(&square).trace() * first::<2>(x, x[2])
}

#[test]
fn declared() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7], [0.3, 0.5, 0.9];
        values_of_loops, value_and_grad_values_of_loops, jvp_values_of_loops;
        declared_before_branches, value_and_grad_declared_before_branches, jvp_declared_before_branches;
        written_types, value_and_grad_written_types, jvp_written_types;
        generic_numbers, value_and_grad_generic_numbers, jvp_generic_numbers;
    }
}

type Vector = Vec<f64>;
type Rows = Vec<Vector>;

#[differentiate]
fn scaled(v: &Vector, by: f64) -> Vector {
    v.iter().map(|x| x * by).collect()
}

#[differentiate]
fn transposed(a: &Rows) -> Rows {
    (0..a[0].len())
        .map(|j| a.iter().map(|row| row[j]).collect())
        .collect()
}

/// Items are collected into what is a `Vec` by another name.
#[differentiate]
pub fn by_alias(x: &[f64]) -> f64 {
    let m: Rows = vec![scaled(&x.to_vec(), x[0]), x.iter().map(|v| v * v).collect()];
    let positive = transposed(&m)
        .iter()
        .map(|row| row.iter().copied().filter(|v| *v > 0.0).collect::<Vector>())
        .collect::<Rows>();
    positive.iter().map(|row| row.iter().product::<f64>()).sum()
}

#[test]
fn aliases_of_vectors() {
    slice!(by_alias, value_and_grad_by_alias, jvp_by_alias; [0.7, -1.1, 2.0]);
}
