//! Code as users write it on arrays: iterators, parts that are written, `Zip`, and what makes arrays.
//! Each function is checked in both modes, and its value along a derivative is its own.

#![allow(
    clippy::cast_precision_loss,
    clippy::explicit_iter_loop,
    reason = "what is checked is code as users write it"
)]

use grad_runtime::check::{check_gradient, check_vjp};
use grad_runtime::differentiate;
use ndarray::{Array1, Array2, Array3, Axis, Slice, Zip, s};

use super::random;

/// What every function takes: a matrix, a vector of its columns, one of its rows, a number.
type Point = (Array2<f64>, Array1<f64>, Array1<f64>, f64);

fn point() -> Point {
    let positive = |x: f64| x.abs() + 0.3;
    let matrix = random::<f64, _>((4, 6), 1).mapv(positive);
    let (row, column) = (random(6, 2), random(4, 3));
    (matrix, row.mapv(positive), column, 0.7)
}

macro_rules! rows {
    ($($name:ident |$x:ident, $v:ident, $w:ident, $c:ident| { $($body:tt)* })+) => {$(
        #[test]
        fn $name() {
            #[differentiate]
            fn f($x: &Array2<f64>, $v: &Array1<f64>, $w: &Array1<f64>, $c: f64) -> f64 {
                $($body)*
            }
            let value = |(x, v, w, c): &Point| f(x, v, w, *c);
            let grad = |(x, v, w, c): &Point, y_bar: f64| {
                let (found, pull) = vjp_f(x, v, w, *c);
                assert_eq!(found, f(x, v, w, *c), "the value along the way back");
                pull(y_bar)
            };
            let push = |(x, v, w, c): &Point, (x_dot, v_dot, w_dot, c_dot): &Point| {
                let (found, dot) = jvp_f(x, v, w, *c, x_dot, v_dot, w_dot, *c_dot);
                assert_eq!(found, f(x, v, w, *c), "the value along the way forward");
                dot
            };
            check_gradient(value, |point| grad(point, 1.0), point()).unwrap();
            check_vjp(push, |point, y_bar| grad(point, *y_bar), point(), &1.3).unwrap();
        }
    )+};
}

rows! {
    entries |x, v, w, c| {
        let mut total = w.iter().zip(v.iter()).map(|(a, b)| a * b).sum::<f64>();
        for (k, a) in x.iter().enumerate() {
            total += a * a * c * (k as f64 + 1.0);
        }
        for a in x {
            total += a.sin();
        }
        for &a in &x.t() {
            total = total * 0.9 + a;
        }
        total + x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    indexed_entries |x, v, w, c| {
        let mut total = 0.0;
        for ((i, j), a) in x.indexed_iter() {
            total += a * w[i] * v[j] * c;
        }
        for (i, &a) in v.indexed_iter() {
            total += a * a * (i as f64);
        }
        total
    }

    lines |x, v, w, c| {
        let mut total = 0.0;
        for row in x.rows() {
            total += row.dot(v) * row.sum();
        }
        for (column, &a) in x.columns().into_iter().zip(w) {
            total += column.dot(w) * a;
        }
        for (i, row) in x.outer_iter().enumerate() {
            total += row.iter().map(|a| a * a).sum::<f64>() * w[i];
        }
        total + x.axis_iter(Axis(1)).map(|line| line.dot(w).powi(2) * c).sum::<f64>()
    }

    windows |x, v, w, c| {
        let mut total = w.sum();
        for pair in v.windows(2) {
            total += pair[0] * pair[1] * c;
        }
        for window in x.windows((2, 3)) {
            total += window[[0, 0]] * window[[1, 2]] * window.sum();
        }
        total
    }

    lanes |x, v, w, c| {
        let dots = x.map_axis(Axis(1), |row| row.dot(v) * c);
        let squares = x.fold_axis(Axis(0), 0.5, |total, a| total + a * a);
        dots.dot(w) + squares.dot(v) + v.fold(1.0, |total, &a| total * a)
    }

    written_entries |x, v, w, c| {
        let mut y = x.clone();
        for a in y.iter_mut() {
            *a = *a * *a + c;
        }
        for a in &mut y {
            *a *= c;
        }
        y.map_inplace(|a| *a = a.sin());
        for ((i, j), a) in y.indexed_iter_mut() {
            *a *= (i + 2 * j) as f64;
        }
        let mut z = v.clone();
        for (a, b) in z.iter_mut().zip(w) {
            *a += b * c;
        }
        y.sum() + z.dot(v)
    }

    written_lines |x, v, w, c| {
        let mut y = x.clone();
        for mut row in y.rows_mut() {
            row += v;
        }
        for (mut column, &a) in y.columns_mut().into_iter().zip(v) {
            column *= a;
        }
        for (k, mut row) in y.outer_iter_mut().enumerate() {
            row -= w[k];
        }
        for mut line in y.axis_iter_mut(Axis(1)) {
            if line[0] > 0.8 {
                break;
            }
            line *= c;
        }
        (&y * &y).sum()
    }

    written_parts |x, v, w, c| {
        let mut y = x.clone();
        y.row_mut(1).assign(v);
        y.column_mut(2).assign(w);
        y.row_mut(0).fill(c);
        let mut row = y.row_mut(2);
        row += v;
        row[1] = c;
        let mut part = y.slice_mut(s![.., 1..3]);
        part *= c;
        y.slice_mut(s![3, ..]).assign(&(v * v));
        y.index_axis_mut(Axis(1), 5).mapv_inplace(|a| a * a);
        y.diag_mut().fill(c);
        (&y * x).sum() + (&y * &y).sum()
    }

    zips |x, v, w, c| {
        let mut y = x.clone();
        Zip::from(&mut y).and(x).for_each(|y, &x| *y = x * x * c);
        ndarray::azip!((y in &mut y, &x in x) *y += x);
        let products = Zip::from(&y).and(x).map_collect(|&a, &b| a.max(b) * b);
        let mut rows = w.clone();
        Zip::from(&mut rows).and(products.rows()).for_each(|sum, row| *sum += row.dot(v));
        let mut numbered = v.clone();
        Zip::indexed(&mut numbered).for_each(|i, a| *a *= i as f64);
        rows.sum() + numbered.dot(v) + Zip::from(v).and(v).fold(0.0, |sum, &a, &b| sum + a * b)
    }

    made |x, v, w, c| {
        let table = Array2::from_shape_fn((4, 6), |(i, j)| x[[i, j]] * v[j] * c);
        let line = Array1::from_shape_fn(6, |j| v[j] * c);
        let few = ndarray::array![c, v[0], v[1] * c];
        let grid = ndarray::array![[c, v[0]], [w[1] * c, 1.0]];
        let shaped = Array2::from_shape_vec((2, 2), vec![c, v[0], v[1], c * v[2]]).unwrap();
        let same = Array1::from_elem(3, c);
        let collected: Array1<f64> = v.iter().map(|a| a * c).collect();
        let again = Array1::from_vec(v.to_vec());
        let more = Array1::from_iter(w.iter().map(|a| a * a));
        table.sum() + line.dot(v) + few.dot(&same) + (&grid * &shaped).sum()
            + collected.dot(&again) + more.dot(w)
    }

    joined |x, v, w, c| {
        let rows = ndarray::stack(Axis(0), &[v.view(), (v * c).view()]).unwrap();
        let line = ndarray::concatenate(Axis(0), &[v.view(), w.view()]).unwrap();
        let tall = ndarray::concatenate![Axis(0), *x, rows];
        line.dot(&line) * c + (&tall * &tall).sum() + ndarray::stack![Axis(1), *w, *w].sum()
    }

    extents |x, v, w, c| {
        let (rows, columns) = x.dim();
        let mut y = Array2::zeros(x.raw_dim());
        let mut z = Array2::<f64>::zeros((rows, columns));
        y.scaled_add(c, x);
        z += v;
        let part = v.len() - w.len();
        let tail = v.slice(s![part..v.len()]);
        (&y * &z).sum() / x.shape()[0] as f64 + tail.dot(w) * x.len_of(Axis(1)) as f64
    }

    rearranged |x, v, w, c| {
        let turned = x.clone().reversed_axes();
        let permuted = x.clone().permuted_axes([1, 0]);
        let mut swapped = x.clone();
        swapped.swap_axes(0, 1);
        let (head, tail) = v.view().split_at(Axis(0), 3);
        let cut = x.slice_axis(Axis(0), Slice::from(1..3));
        let flat = x.flatten();
        let wide = v.broadcast((4, 6)).unwrap();
        let removed = x.clone().insert_axis(Axis(0)).remove_axis(Axis(0));
        (&turned * &permuted).sum() + swapped.dot(w).dot(v) + head.dot(&tail)
            + cut.dot(v).sum() * c + flat.dot(&flat) + (&wide * &removed).sum()
            + x.diag().dot(w)
            + v.as_slice().unwrap().iter().sum::<f64>()
            + v.first().unwrap() * v.last().unwrap() * v.get(2).unwrap()
    }

    powers |x, v, w, c| {
        let cubes = x.powi(3).sum() + x.powf(c).sum();
        let spread = x.var_axis(Axis(0), 0.0).dot(v) + x.std_axis(Axis(1), 1.0).dot(w);
        cubes + spread + v.product() * x.slice(s![0, ..]).product()
    }
}

/// The entries of a product with a zero factor.
#[test]
fn product_with_zeros() {
    #[differentiate]
    fn product(x: &Array1<f64>) -> f64 {
        x.product()
    }
    let of = |entries: &[f64]| grad_product(&Array1::from(entries.to_vec())).to_vec();
    assert_eq!(of(&[2.0, 0.0, 5.0]), [0.0, 10.0, 0.0]);
    assert_eq!(of(&[0.0, 0.0, 5.0]), [0.0, 0.0, 0.0]);
}

/// A view of what is not differentiated is not kept as a view.
#[differentiate(wrt(weights))]
fn recurrent(weights: &Array2<f64>, steps: &Array3<f64>) -> f64 {
    let mut state: Array2<f64> = Array2::zeros((steps.len_of(Axis(1)), weights.ncols()));
    for t in 0..steps.len_of(Axis(0)) {
        let input = steps.index_axis(Axis(0), t);
        state = (input.dot(weights) + steps.index_axis(Axis(0), 0).dot(weights) * &state)
            .mapv(f64::tanh);
    }
    for input in steps.outer_iter() {
        state = (input.dot(weights) + &state).mapv(f64::tanh);
    }
    state.sum()
}

#[test]
fn views_of_constants() {
    let steps: Array3<f64> = random((3, 4, 2), 5);
    let weights: Array2<f64> = random((2, 3), 6);
    let value = |w: &Array2<f64>| recurrent(w, &steps);
    check_gradient(value, |w| grad_recurrent(w, &steps), weights).unwrap();
}

/// A part is put back before its array is read again, in an array that is a `&mut` parameter too.
#[differentiate]
fn scale_rows(x: &mut Array2<f64>, factors: &Array1<f64>) {
    for k in 0..factors.len() {
        let mut row = x.row_mut(k);
        row *= factors[k];
        let first = x[[0, 0]];
        x.row_mut(k)[1] += first;
    }
}

#[differentiate]
fn scaled(x: &Array2<f64>, factors: &Array1<f64>) -> f64 {
    let mut x = x.clone();
    scale_rows(&mut x, factors);
    (&x * &x).sum()
}

#[test]
fn parts_of_a_parameter() {
    type Point = (Array2<f64>, Array1<f64>);
    let point: Point = (random((3, 2), 7), random(3, 8));
    let value = |(x, f): &Point| scaled(x, f);
    check_gradient(value, |(x, f)| grad_scaled(x, f), point).unwrap();
}

/// Shapes that differ are a panic along a derivative as well.
#[test]
#[should_panic(expected = "equal_dim")]
fn zips_of_different_shapes() {
    #[differentiate]
    fn dot(x: &Array1<f64>, y: &Array1<f64>) -> f64 {
        Zip::from(x).and(y).fold(0.0, |sum, a, b| sum + a * b)
    }
    let _ = grad_dot(&random(3, 1), &random(4, 2));
}

// Where a part is put back.
rows! {
    parts_by_another_name |x, v, w, c| {
        let mut y = x.clone();
        let mut row = y.row_mut(0);
        let first = &mut row;
        first[0] = c * v[0];
        first[1] *= w[1];
        (&y * &y).sum()
    }
    parts_whose_name_is_taken |x, v, w, c| {
        let mut y = x.clone();
        let mut row = y.row_mut(0);
        row[0] = c * v[0] * w[0];
        let sum = y.sum();
        let row = sum * c;
        row * y[[0, 0]]
    }
    parts_taken_twice |x, v, w, c| {
        let mut y = x.clone();
        let mut row = y.row_mut(0);
        row[0] = c * v[0];
        let mut row = y.row_mut(0);
        row[1] = row[0] * w[0];
        (&y * &y).sum()
    }
    parts_of_one_statement |x, v, w, c| {
        let mut y = x.clone();
        let old = std::mem::replace(&mut y.row_mut(0)[0], c * v[0] * w[0]);
        let sum = y.sum();
        old * sum
    }
    parts_in_bodies |x, v, w, c| {
        let mut y = x.clone();
        for k in 0..3 {
            match k {
                0 => y.row_mut(0).fill(c),
                _ => y.row_mut(k)[0] *= w[k],
            }
        }
        (0..2).for_each(|k| y.row_mut(k)[1] = v[k] * c);
        (&y * &y).sum()
    }
}

/// What is made of each entry lies in memory as the array does: sums are added up in that order.
#[test]
fn layouts_are_kept() {
    #[differentiate]
    fn f(x: &Array2<f64>) -> f64 {
        let mut turned = x.clone();
        turned.swap_axes(0, 1);
        turned.powi(3).sum()
    }
    #[differentiate]
    fn g(x: &Array2<f64>) -> f64 {
        x.clone().reversed_axes().mapv(|a| a * 1.3).sum()
    }
    for seed in 0..20 {
        let x = random((5, 7), seed);
        assert_eq!(jvp_f(&x, &x).0, f(&x));
        assert_eq!(value_and_grad_f(&x).0, f(&x));
        assert_eq!(jvp_g(&x, &x).0, g(&x));
        assert_eq!(value_and_grad_g(&x).0, g(&x));
    }
}
