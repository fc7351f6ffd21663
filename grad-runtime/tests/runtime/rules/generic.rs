//! Rules called from generic code: what is inferred, and that pullbacks borrow nothing.

use grad_runtime::Scalar;
use grad_runtime::private::rules::methods::*;
use grad_runtime::private::rules::{AddAssignRule, MulRule, NegRule};
use grad_runtime::private::{Again, Wrt, unit_tangent};

/// A user's trait on numbers, one of whose names is a row's.
trait Number: Copy {
    fn sqrt(self) -> Self;
    fn scale(self, by: Self) -> Self;
}

impl Number for f64 {
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn scale(self, by: Self) -> Self {
        self * by
    }
}

/// The gradient of `-(a * b).sqrt()`, then `+= a`, as generated code would have it.
fn gradient<T: Scalar + Number>(a: T, b: T, one: T) -> (T, [T; 2]) {
    let (product, pull_product) = MulRule::__grad_vjp_mul(a, b, Wrt::<3>);
    let (root, pull_root) = product.__grad_vjp_sqrt(Wrt::<1>);
    let (mut y, pull_neg) = NegRule::__grad_vjp_neg(root, Wrt::<1>);
    let ((), pull_add) = AddAssignRule::__grad_vjp_add_assign(&mut y, a, Wrt::<3>);
    assert!(product.sqrt() == product.sqrt().scale(one));

    let zero = || T::default();
    let (mut y_bar, mut a_bar, mut b_bar, mut product_bar, mut root_bar) =
        (one, zero(), zero(), zero(), zero());
    pull_add(unit_tangent(), (), &a, Some(&mut y_bar), Some(&mut a_bar));
    pull_neg(y_bar, &root, Some(&mut root_bar));
    pull_root(root_bar, &product, Some(&mut product_bar));
    pull_product(product_bar, &a, &b, Some(&mut a_bar), Some(&mut b_bar));
    (y, [a_bar, b_bar])
}

#[test]
fn a_generic_function_needs_no_annotation() {
    let (y, gradient) = gradient(4.0, 9.0, 1.0);
    assert_eq!(y, -2.0);
    assert_eq!(gradient, [1.0 - 0.75, -1.0 / 3.0]);
}

#[test]
fn a_pullback_borrows_nothing_and_takes_no_room() {
    let (mut a, mut b) = (3.0_f64, 4.0_f64);
    let (y, pull) = MulRule::__grad_vjp_mul(&a, &b, Wrt::<3>);
    a += 1.0;
    b += 1.0;
    assert_eq!((y, size_of_val(&pull)), (12.0, 0));
    let (mut a_bar, mut b_bar) = (0.0, 0.0);
    pull(
        1.0,
        &(a - 1.0),
        &(b - 1.0),
        Some(&mut a_bar),
        Some(&mut b_bar),
    );
    assert_eq!((a_bar, b_bar), (4.0, 3.0));

    let mut x = 0.25_f32;
    let kept = (&&x.__grad_again_sqrt().keeper()).keep();
    let (y, pull) = x.__grad_vjp_sqrt(Wrt::<1>);
    x = 9.0;
    let mut x_bar = 0.0;
    assert_eq!(size_of_val(&pull), 0);
    pull(1.0, kept.again(), Some(&mut x_bar));
    assert_eq!((x, y, x_bar), (9.0, 0.5, 1.0));
}
