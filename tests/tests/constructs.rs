//! Constructs in combination: reverse mode against central differences, values bit for bit.
#![allow(clippy::all, clippy::pedantic, deprecated, unreachable_pub)]
#![forbid(unsafe_code)]

mod iterators;

use grad_runtime::{Differentiable, differentiate};

/// Geometry.
pub mod geometry {
    use grad_runtime::differentiate;
    /// Dot.
    #[differentiate]
    #[must_use]
    pub fn dot(a: &[f64], b: &[f64]) -> f64 {
        let mut s = 0.0;
        for i in 0..a.len() {
            s += a[i] * b[i];
        }
        s
    }
}
use geometry::dot;

/// A model.
#[derive(Differentiable, Clone, Debug)]
pub struct Model {
    /// w
    pub w: Vec<f64>,
    /// n
    pub count: usize,
    /// Inner
    pub inner: Inner,
}
/// Inner
#[derive(Differentiable, Clone, Debug)]
pub struct Inner {
    /// k
    pub k: f64,
}
impl Model {
    /// loss
    #[differentiate]
    #[must_use]
    pub fn loss(&self, x: &[f64]) -> f64 {
        let mut total = self.inner.k;
        for i in 0..self.count {
            total += dot(&self.w, x) * self.inner.k / (i as f64 + 1.0);
        }
        total / self.count as f64
    }
}
/// aliasing
#[differentiate]
#[must_use]
pub fn alias(x: &[f64]) -> f64 {
    dot(x, x) * dot(&x[1..], &x[..x.len() - 1])
}
/// loops with nested exits
#[differentiate]
#[must_use]
pub fn exits(x: &[f64], limit: f64) -> f64 {
    let mut total = 0.0;
    let mut p = 1.0;
    'outer: for i in 0..x.len() {
        for j in 0..=i {
            if x[j] < 0.0 {
                continue 'outer;
            }
            p *= 1.0 + 0.1 * x[j];
            if total > limit {
                break 'outer;
            }
            if p > 1000.0 {
                return total * p;
            }
        }
        total += p * x[i];
    }
    total * p
}
/// overwritten memory passed to calls
#[differentiate]
#[must_use]
pub fn overwrite(x: &[f64]) -> f64 {
    let mut a = x.to_vec();
    let mut s = 0.0;
    for k in 0..3 {
        s += dot(&a, x);
        for i in 0..a.len() {
            a[i] = a[i] * a[i] * 0.5 + x[k];
        }
    }
    let b = [s, a[0], a[1]];
    let mut c = [[0.0; 2]; 3];
    for i in 0..3 {
        c[i][0] = b[i];
        c[i][1] = b[i] * b[2 - i];
    }
    c[2][0] *= c[1][1];
    c[0][1] + c[1][1] * c[2][0] + c[2][1]
}
/// while with memory
#[differentiate]
#[must_use]
pub fn newton(a: f64, tol: f64) -> f64 {
    let mut x = a;
    let mut n = 0;
    while (x * x - a).abs() > tol && n < 50 {
        let h = [x, a / x];
        x = 0.5 * (h[0] + h[1]);
        n += 1;
    }
    if n > 3 { x * 2.0 } else { x }
}
/// early return of an array
#[differentiate]
#[must_use]
pub fn early_array(x: f64, y: f64) -> [f64; 2] {
    if x > 1.0 {
        return [x * y, y];
    }
    let z = x.sin();
    if y > 1.0 {
        return [z, z * y];
    }
    [x, z * y]
}
/// early tuple in a branch
#[differentiate]
#[must_use]
pub fn tuples(x: f64, y: f64) -> f64 {
    let (a, b) = if x > y { (x * x, y) } else { (y, x * y) };
    let mut t = (a, b);
    t.0 += b;
    let (mut p, q) = t;
    p *= q;
    p - q
}
/// f32
#[differentiate]
#[must_use]
pub fn single(x: f32, n: i32) -> f32 {
    let y = if n % 2 == 0 { x.powi(n) } else { 2.0 * x };
    y.max(0.5) + (f64::from(x) * 3.0) as f32
}
/// vec returned
#[differentiate]
#[must_use]
pub fn squares(x: &[f64], k: f64) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    for i in 0..x.len() {
        out[i] = x[i] * x[i] * k;
    }
    out
}
/// uses it
#[differentiate]
#[must_use]
pub fn uses_squares(x: &[f64], k: f64) -> f64 {
    let s = squares(x, k);
    let t = squares(&s, k);
    dot(&s, &t)
}
/// A parameter that is changed, then read in a branch and a loop
#[differentiate]
#[must_use]
pub fn changed_parameter(x: f64, mut w: [f64; 3]) -> f64 {
    w[1] *= x;
    if x > 0.0 {
        return w[1] * w[1];
    }
    let mut s = 0.0;
    for i in 0..3 {
        s += w[i] * w[i];
    }
    s
}
/// Equal rows
#[differentiate]
#[must_use]
pub fn equal_rows(x: f64) -> f64 {
    let mut m = [[x * x; 2]; 3];
    m[1][0] *= x;
    m[1][0] + m[2][1] + m[0][1]
}
#[cfg(test)]
mod tests {
    use super::*;
    fn check(f: impl Fn(&[f64]) -> f64, g: &[f64], x: &[f64]) {
        for k in 0..x.len() {
            let mut a = x.to_vec();
            let mut b = x.to_vec();
            a[k] += 1e-6;
            b[k] -= 1e-6;
            let d = (f(&a) - f(&b)) / 2e-6;
            assert!(
                (d - g[k]).abs() < 1e-5 * (1.0 + d.abs()),
                "{k}: {d} {}",
                g[k]
            );
        }
    }
    #[test]
    fn changed_parameters_and_equal_rows() {
        for x in [0.7, -0.7] {
            let (dx, dw) = grad_changed_parameter(x, [0.5, -1.2, 0.3]);
            let point = [x, 0.5, -1.2, 0.3];
            check(
                |p| changed_parameter(p[0], [p[1], p[2], p[3]]),
                &[dx, dw[0], dw[1], dw[2]],
                &point,
            );
            check(|p| equal_rows(p[0]), &[grad_equal_rows(x)], &[x]);
        }
    }
    #[test]
    fn t1() {
        let x = [0.4, -0.9, 1.3];
        check(alias, &grad_alias(&x), &x);
        let x = [0.4, 0.9, -0.3, 1.3, 2.0];
        check(|x| exits(x, 3.5), &grad_exits(&x, 3.5).0, &x);
        check(|x| exits(x, 0.2), &grad_exits(&x, 0.2).0, &x);
        let x = [40.4, 9.9, 1.3, 1.3, 2.0];
        check(|x| exits(x, 1e9), &grad_exits(&x, 1e9).0, &x);
        let x = [0.4, -0.9, 1.3];
        check(overwrite, &grad_overwrite(&x), &x);
        println!("{:?}", jvp_overwrite(&x, &[1.0, 0.0, 0.0]));
        check(|x| newton(x[0], 1e-9), &[grad_newton(7.0, 1e-9).0], &[7.0]);
        for p in [[0.3, 0.7], [2.0, 0.5], [0.3, 1.7]] {
            let (v, pull) = vjp_early_array(p[0], p[1]);
            assert_eq!(v, early_array(p[0], p[1]));
            let g = pull([1.0, 2.0]);
            check(
                |x| {
                    let r = early_array(x[0], x[1]);
                    r[0] + 2.0 * r[1]
                },
                &[g.0, g.1],
                &p,
            );
            let g = grad_tuples(p[0], p[1]);
            check(|x| tuples(x[0], x[1]), &[g.0, g.1], &p);
        }
        println!("{:?} {:?}", grad_single(1.5, 2), grad_single(1.5, 3));
        let x = [0.4, -0.9, 1.3];
        check(|x| uses_squares(x, 0.7), &grad_uses_squares(&x, 0.7).0, &x);
        let m = Model {
            w: vec![0.1, 0.2, 0.3],
            count: 2,
            inner: Inner { k: 0.5 },
        };
        let (g, gx) = m.grad_loss(&x);
        check(|x| m.loss(x), &gx, &x);
        check(
            |w| {
                Model {
                    w: w.to_vec(),
                    ..m.clone()
                }
                .loss(&x)
            },
            &g.w,
            &m.w,
        );
        check(
            |k| {
                Model {
                    inner: Inner { k: k[0] },
                    ..m.clone()
                }
                .loss(&x)
            },
            &[g.inner.k],
            &[0.5],
        );
        println!("{:?}", m.jvp_loss(&x, &g, &gx));
    }
}
