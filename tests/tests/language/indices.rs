//! Lists of indices in fields, of which a method does not see the types, as arguments.

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Differentiable)]
struct Table {
    ids: Vec<usize>,
    v: Vec<f64>,
    o: Option<usize>,
    p: Vec<(usize, usize)>,
    q: [u8; 3],
    order: Vec<usize>,
}
#[differentiate]
fn pick(ids: &[usize], v: &[f64]) -> f64 {
    let mut s = 0.0;
    for &i in ids {
        s += v[i];
    }
    s
}
#[differentiate]
fn pick2(ids: &Vec<usize>, v: &[f64]) -> f64 {
    let mut s = 0.0;
    for &i in ids {
        s += v[i];
    }
    s
}
#[differentiate]
fn pairs(ids: &[(usize, usize)], q: &[u8; 3], v: &[f64]) -> f64 {
    let mut s = 0.0;
    for &(i, j) in ids {
        s += v[i] * v[j] * q[0] as f64;
    }
    s
}
#[differentiate]
fn opt(o: Option<usize>, v: &[f64]) -> f64 {
    match o {
        Some(i) => v[i],
        None => 0.0,
    }
}
#[differentiate]
fn opt2(o: &Option<usize>, v: &[f64]) -> f64 {
    match o {
        Some(i) => v[*i],
        None => 0.0,
    }
}
#[differentiate]
fn visit(order: &mut Vec<usize>, v: &[f64]) -> f64 {
    order.push(1);
    order.push(0);
    order.push(1);
    v[order[0]] * 2.0
}
#[differentiate]
impl Table {
    fn go(&mut self) -> f64 {
        let a = visit(&mut self.order, &self.v) + pick(&self.order, &self.v);
        a + pick(&self.ids, &self.v)
            + pick2(&self.ids, &self.v)
            + opt(self.o, &self.v)
            + opt2(&self.o, &self.v)
            + pairs(&self.p, &self.q, &self.v)
            + pick(&[0, 1], &self.v)
            + opt(None, &self.v)
            + opt(Some(1), &self.v)
    }
}
#[differentiate]
pub fn lists_of_indices(x: &[f64]) -> f64 {
    let mut s = Table {
        ids: vec![0, 1],
        v: x.to_vec(),
        o: Some(1),
        p: vec![(0, 1)],
        q: [1, 2, 3],
        order: vec![],
    };
    s.go() + pick(&s.ids, x)
}

#[test]
fn indices() {
    slice!(lists_of_indices, value_and_grad_lists_of_indices, jvp_lists_of_indices; [0.4, 1.3]);
}

static KNOTS: [f64; 3] = [0.0, 1.0, 2.0];
const TABLE: &[f64] = &[0.0, 1.0, 2.0];

#[derive(Clone, Copy, PartialEq, Differentiable)]
enum Mode {
    Fast,
    Slow,
}

#[differentiate]
impl Mode {
    fn level(&self, x: f64) -> usize {
        if *self == Mode::Fast && x > 1.0 { 2 } else { 1 }
    }
}

#[differentiate]
fn found(x: f64, knots: &[f64]) -> usize {
    knots.iter().position(|k| *k > x).unwrap_or(knots.len())
}

/// Statics and constants are asked where something lies; nothing is put into them.
#[differentiate]
pub fn in_tables(x: &[f64]) -> f64 {
    let k = KNOTS.partition_point(|k| *k < x[0]);
    let below = match TABLE.binary_search_by(|v| v.total_cmp(&x[1])) {
        Ok(k) => k,
        Err(0) => return x[0],
        Err(k) => k - 1,
    };
    let at = x
        .binary_search_by(|v| v.total_cmp(&1.0))
        .unwrap_or_else(|k| k);
    let level = Mode::Fast.level(x[0]) + Mode::Slow.level(x[1]) + found(x[0], &KNOTS);
    if KNOTS.contains(&x[0]) {
        return 0.0;
    }
    x[0] * (k + 2 * below) as f64 + x[1] * (at + level) as f64
}

#[test]
fn tables_are_asked() {
    slice!(in_tables, value_and_grad_in_tables, jvp_in_tables; [1.5, 1.2], [0.5, 2.5], [0.2, -1.0]);
}
