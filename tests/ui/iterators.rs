use grad_runtime::differentiate;
use std::collections::LinkedList;

#[differentiate]
fn zipped(x: &[f64]) -> f64 {
    let (mut up, mut down) = (0.0, 0.0);
    let a = x.iter().filter(|v| {
        up += **v;
        up > 0.0
    });
    let b = x.iter().filter(|v| {
        down -= **v;
        down < 1.0
    });
    a.zip(b).map(|(p, q)| p * q).sum()
}

#[differentiate]
fn collected(x: &[f64]) -> f64 {
    let set: LinkedList<u64> = x.iter().map(|v| v.to_bits()).collect();
    x[0] * set.len() as f64
}

#[differentiate]
fn no_length(x: f64) -> f64 {
    let a = std::array::from_fn(|i| x * i as f64);
    total(&a)
}

#[differentiate]
fn total(a: &[f64; 3]) -> f64 {
    a[0] + a[1] + a[2]
}

#[differentiate]
fn as_value(x: f64) -> f64 {
    let g = |t: f64| t * x;
    let pair = (g, 1.0);
    pair.1 * x
}

fn apply(g: impl Fn(f64) -> f64, x: f64) -> f64 {
    g(x)
}

#[differentiate]
fn passed(x: f64) -> f64 {
    apply(|t: f64| t * x, x)
}

#[differentiate]
fn unseen(x: f64, table: &[fn(f64) -> f64; 2]) -> f64 {
    (table[0])(x)
}

#[differentiate]
fn logistic(rate: f64, start: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(start), move |x| Some(rate * x * (1.0 - x)))
}

#[differentiate]
fn first(items: &mut impl Iterator<Item = f64>, x: f64) -> f64 {
    items.next().unwrap_or(x)
}

#[differentiate]
fn running<'a>(xs: &'a [f64], sum: &'a mut f64) -> impl Iterator<Item = f64> + 'a {
    xs.iter().map(move |x| {
        *sum += x;
        *sum
    })
}

fn main() {}
