//! Two parts of one array in one call.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn mix(a: &mut f64, b: &mut f64) -> bool {
    *a += *b * 0.5;
    *b *= *a;
    *a > 1.0
}

#[differentiate]
fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(p, q)| p * q).sum()
}

#[differentiate]
fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (p, q) in x.iter().zip(y) {
        *q += a * p * *q;
    }
}

/// Elements: by a split, a pattern, a swap; and one part that is only read.
#[differentiate]
pub fn elements(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let (a, b) = v.split_at_mut(2);
    mix(&mut a[1], &mut b[0]);
    for o in b.iter_mut() {
        mix(&mut a[0], o);
    }
    if let [a, _, b, ..] = &mut v[..] {
        mix(a, b);
    }
    let (a, b) = v.split_at_mut(2);
    std::mem::swap(&mut a[0], &mut b[1]);
    a[1] += inner(a, b);
    v.iter().sum()
}

/// Slices, in a loop, the longer one first or last.
#[differentiate]
pub fn slices(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    for i in 1..v.len() {
        let (head, tail) = v.split_at_mut(i);
        axpy(head[0], head, &mut tail[..1]);
        axpy(0.1, &tail[..1], &mut head[..1]);
    }
    v.iter().product()
}

#[derive(Clone, Copy, Differentiable)]
pub struct Ball {
    at: [f64; 2],
    radius: f64,
}

#[differentiate]
impl Ball {
    fn hit(&mut self, other: &mut Ball) -> f64 {
        self.radius += other.radius * 0.3;
        other.at[0] *= self.radius;
        self.at[0] - other.at[1]
    }

    fn near(&self, other: &Ball) -> f64 {
        self.at[0] * other.radius
    }

    fn see(&self, other: &mut Ball) {
        other.radius *= self.radius;
    }
}

/// Receivers.
#[differentiate]
pub fn receivers(x: &[f64]) -> f64 {
    let ball = Ball {
        at: [x[0], x[1]],
        radius: x[2],
    };
    let mut balls = [ball; 3];
    let mut total = 0.0;
    for i in 0..2 {
        let (head, tail) = balls.split_at_mut(i + 1);
        for other in tail {
            total += head[i].hit(other);
            head[0].see(other);
        }
    }
    for i in 0..3 {
        for j in 0..3 {
            total += balls[i].near(&balls[j]);
        }
    }
    total + balls.iter().map(|b| b.radius * b.at[0]).sum::<f64>()
}

/// Rows, and parts of a row.
#[differentiate]
pub fn rows(x: &[f64]) -> f64 {
    let mut grid = vec![x.to_vec(), x.to_vec()];
    let k = x.len() - 3;
    let (p, q) = grid[k].split_at_mut(1);
    mix(&mut p[0], &mut q[1]);
    let (top, bottom) = grid.split_at_mut(1);
    axpy(x[0], &top[0], &mut bottom[0]);
    grid[0][0] * grid[1][1] + grid[1][2]
}

#[differentiate]
fn blend(a: &mut f64, b: &mut f64, c: &[f64]) {
    *a += *b * c[0];
    *b *= *a + c[c.len() - 1];
}

/// Parts of parts.
#[differentiate]
pub fn nested(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let (first, rest) = v.split_at_mut(1);
    let (second, rest) = rest.split_at_mut(1);
    blend(&mut first[0], &mut second[0], rest);
    blend(&mut rest[1], &mut first[0], second);
    v.iter().sum()
}

#[test]
fn parts_of_one_array() {
    each! {
        [1.3, 0.7, 0.4, 0.9], [0.6, -0.9, 0.3, 1.2];
        elements, value_and_grad_elements, jvp_elements;
        slices, value_and_grad_slices, jvp_slices;
        receivers, value_and_grad_receivers, jvp_receivers;
        rows, value_and_grad_rows, jvp_rows;
        nested, value_and_grad_nested, jvp_nested;
    }
}
