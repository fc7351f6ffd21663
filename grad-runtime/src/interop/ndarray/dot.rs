//! Products of vectors and matrices.

use ndarray::{Array1, Array2, ArrayBase, Axis, Data, Ix1, Ix2};

use super::methods::DotRules;
use crate::nn::buffer::{self, Rows};
use crate::nn::{Bar, Element};
use crate::private::TangentOf;
use crate::tensor::product::{Matrix, Start, multiply};

/// The product of one pair of ranks. Each is bilinear, so its tangent is the sum of two products, with
/// the tangent in place of each operand.
macro_rules! products {
    ($($left:ty, $right:ty => [$E:ident] $product:ty, zero: |$l:ident, $r:ident| $zero:expr;
       pull: |$a:ident, $b:ident, $bar:ident, $a_bar:ident, $b_bar:ident| $to_left:expr, $to_right:expr;)+) => {$(
        impl<$E, S, S2> DotRules<ArrayBase<S2, $right>> for ArrayBase<S, $left>
        where
            $E: Element,
            S: Data<Elem = $E>,
            S2: Data<Elem = $E>,
        {
            type Product = $product;

            #[track_caller]
            fn __grad_dot(&self, rhs: &ArrayBase<S2, $right>) -> $product {
                self.dot(rhs)
            }

            fn __grad_pull_dot(
                &self,
                rhs: &ArrayBase<S2, $right>,
                $bar: $product,
                self_bar: Bar<'_, Self>,
                rhs_bar: Bar<'_, ArrayBase<S2, $right>>,
            ) {
                let ($a, $b) = (self, rhs);
                if let Some($a_bar) = self_bar {
                    $to_left;
                }
                if let Some($b_bar) = rhs_bar {
                    $to_right;
                }
            }

            #[track_caller]
            fn __grad_push_dot(
                &self,
                rhs: &ArrayBase<S2, $right>,
                self_dot: Option<&TangentOf<Self>>,
                rhs_dot: Option<&TangentOf<ArrayBase<S2, $right>>>,
            ) -> $product {
                let ($l, $r) = (self, rhs);
                let mut dot: $product = $zero;
                if let Some(self_dot) = self_dot {
                    dot += &self_dot.dot(rhs);
                }
                if let Some(rhs_dot) = rhs_dot {
                    dot += &self.dot(rhs_dot);
                }
                dot
            }
        }
    )+};
}
products! {
    Ix2, Ix2 => [E] Array2<E>, zero: |l, r| Array2::zeros((l.nrows(), r.ncols()));
        pull: |a, b, bar, a_bar, b_bar| add_matrix_product(&bar, &b.t(), a_bar), add_matrix_product(&a.t(), &bar, b_bar);
    Ix2, Ix1 => [E] Array1<E>, zero: |l, _r| Array1::zeros(l.nrows());
        pull: |a, b, bar, a_bar, b_bar| add_outer(&bar, b, a_bar), *b_bar += &a.t().dot(&bar);
    Ix1, Ix2 => [E] Array1<E>, zero: |_l, r| Array1::zeros(r.ncols());
        pull: |a, b, bar, a_bar, b_bar| *a_bar += &b.dot(&bar), add_outer(a, &bar, b_bar);
}

impl<E, S, S2> DotRules<ArrayBase<S2, Ix1>> for ArrayBase<S, Ix1>
where
    E: Element,
    S: Data<Elem = E>,
    S2: Data<Elem = E>,
{
    type Product = E;

    #[track_caller]
    fn __grad_dot(&self, rhs: &ArrayBase<S2, Ix1>) -> E {
        self.dot(rhs)
    }

    fn __grad_pull_dot(
        &self,
        rhs: &ArrayBase<S2, Ix1>,
        y_bar: E,
        self_bar: Bar<'_, Self>,
        rhs_bar: Bar<'_, ArrayBase<S2, Ix1>>,
    ) {
        if let Some(bar) = self_bar {
            bar.scaled_add(y_bar, rhs);
        }
        if let Some(bar) = rhs_bar {
            bar.scaled_add(y_bar, self);
        }
    }

    #[track_caller]
    fn __grad_push_dot(
        &self,
        rhs: &ArrayBase<S2, Ix1>,
        self_dot: Option<&Array1<E>>,
        rhs_dot: Option<&Array1<E>>,
    ) -> E {
        let by_left = self_dot.map_or_else(E::zero, |dot| dot.dot(rhs));
        let by_right = rhs_dot.map_or_else(E::zero, |dot| self.dot(dot));
        by_left + by_right
    }
}

/// A matrix as its rows, or as the columns of its transpose where those lie together.
fn with_matrix<E: Element, S: Data<Elem = E>, T>(
    x: &ArrayBase<S, Ix2>,
    f: impl FnOnce(Matrix<'_, E>) -> T,
) -> T {
    let t = x.t();
    match t.as_slice() {
        Some(columns) if x.as_slice().is_none() => f(Matrix::rows(columns, x.nrows()).t()),
        _ => f(Matrix::rows(&Rows::of(x), x.ncols())),
    }
}

/// `to += a b`
fn add_matrix_product<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>>(
    a: &ArrayBase<S, Ix2>,
    b: &ArrayBase<S2, Ix2>,
    to: &mut Array2<E>,
) {
    let extents = [a.ncols(), b.ncols()];
    buffer::change(to, |to| {
        with_matrix(a, |a| {
            with_matrix(b, |b| multiply(a, b, extents, Start::Held, false, to))
        });
    });
}

/// `to += a b^T`
fn add_outer<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>>(
    a: &ArrayBase<S, Ix1>,
    b: &ArrayBase<S2, Ix1>,
    to: &mut Array2<E>,
) {
    let columns = a.view().insert_axis(Axis(1));
    *to += &(&columns * b);
}
