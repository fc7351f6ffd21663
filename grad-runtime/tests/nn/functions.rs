//! Functions written on arrays, one for each way to write, against differences and forward mode
//! against reverse.

use grad_runtime::check::{check_gradient, check_vjp};
use grad_runtime::differentiate;
use ndarray::{Array1, Array2, Axis, s};

use super::random;

type Point = (Array2<f64>, (Array1<f64>, Array1<f64>, f64));

/// Functions of a matrix of 4 by 6, of a vector of 6, of one of 4 and of a number.
macro_rules! functions {
    ($($name:ident($x:ident, $v:ident, $w:ident, $c:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            #[differentiate]
            #[allow(
                unused_variables,
                clippy::cast_precision_loss,
                reason = "not each function takes all; small numbers"
            )]
            fn f($x: &Array2<f64>, $v: &Array1<f64>, $w: &Array1<f64>, $c: f64) -> f64 $body

            #[test]
            fn derivatives() {
                let value = |(x, (v, w, c)): &Point| f(x, v, w, *c);
                let reverse = |(x, (v, w, c)): &Point| {
                    let (x, v, w, c) = grad_f(x, v, w, *c);
                    (x, (v, w, c))
                };
                let forward = |(x, (v, w, c)): &Point, (x_dot, (v_dot, w_dot, c_dot)): &Point| {
                    let (y, y_dot) = jvp_f(x, v, w, *c, x_dot, v_dot, w_dot, *c_dot);
                    assert!(y == f(x, v, w, *c));
                    y_dot
                };
                let point = (random((4, 6), 1), (random(6, 2), random(4, 3), 0.7));
                check_gradient(value, reverse, point.clone()).unwrap();
                let pull = |point: &Point, y_bar: &f64| {
                    let (x, (v, w, c)) = reverse(point);
                    (x * *y_bar, (v * *y_bar, w * *y_bar, c * *y_bar))
                };
                check_vjp(forward, pull, point, &1.5).unwrap();
            }
        }
    )+};
}

functions! {
    spread(x, v, w, c) {
        x.var(c) + v.std(0.0) * c + w.var(1.0) * x.std(c)
    }
    entries(x, v, w, c) {
        let roots = x.abs().sqrt() + v.cos().exp();
        let bounded = (x.tanh() * v.atan()).sin() + w.exp().recip().sum();
        (&roots * &bounded).sum() * c + (w.abs() + 0.5).ln().sum()
    }
    centred_rows(x, v, w, c) {
        let mean = x.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
        let centred = x - &mean;
        (&centred * &centred).sum() * c
    }
    outer_product(x, v, w, c) {
        let outer = w.view().insert_axis(Axis(1)).dot(&v.view().insert_axis(Axis(0)));
        (&outer * x).sum() * c
    }
    another_shape(x, v, w, c) {
        let y = x.clone().into_shape_with_order((6, 4)).unwrap();
        let z = x.to_shape((2, 12)).unwrap();
        (&y * w).sum() * c + (&z * &z).sum()
    }
    slices(x, v, w, c) {
        let part = x.slice(s![..;2, 1..5]);
        let turned = x.slice(s![.., ..;-1]);
        let last = x.slice(s![-1, ..]);
        (&part * &part).sum() + (x * &turned).sum() * c + (&last * v).sum()
    }
    numbers_on_the_left(x, v, w, c) {
        let y = 2.0 * x;
        let z = 1.5 - &y;
        let inverse = c / &(&z * &z + 1.0);
        inverse.sum()
    }
    covariance(x, v, w, c) {
        let centred = x - &x.mean_axis(Axis(0)).unwrap();
        let s = centred.t().dot(&centred) / (x.nrows() as f64 - 1.0);
        (&s * &s).sum() * c / (x.ncols() * x.ndim()) as f64
    }
    rows_and_columns(x, v, w, c) {
        let mut total = 0.0;
        for i in 0..x.nrows() {
            total += x.row(i).dot(v) * w[i] * c;
        }
        total * x.column(2).dot(w) + x.row(1).dot(&x.row(2))
    }
    parts(x, v, w, c) {
        let row = x.index_axis(Axis(0), 2);
        let some = x.select(Axis(0), &[1, 3, 1]);
        row.dot(v) * row.sum() * c + (&some * &some).sum()
    }
    written(x, v, w, c) {
        let mut y = x.clone();
        let mut z = Array2::<f64>::zeros((4, 6));
        z.assign(v);
        z.scaled_add(c, x);
        z.scaled_add(0.5, v);
        y.scaled_add(c, &z);
        z.fill(c);
        y += &z;
        z.assign(x);
        y *= &z;
        (&y * &y).sum()
    }
}
