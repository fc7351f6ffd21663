//! Sums over what was broadcast: the adjoint of repeating an operand.

use ndarray::{Array, ArrayBase, ArrayD, ArrayViewD, Axis, Data, Dimension, IxDyn};

use crate::nn::Element;

/// A view of any rank.
pub(super) fn view<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
) -> ArrayViewD<'_, E> {
    x.view().into_dyn()
}

/// `x` repeated to `shape`.
#[track_caller]
pub(super) fn repeat<'a, E: Element>(
    x: &'a ArrayViewD<'_, E>,
    shape: &[usize],
) -> ArrayViewD<'a, E> {
    x.broadcast(IxDyn(shape))
        .expect("the operator has broadcast its operands to this shape")
}

/// Adds to `bar` what `y_bar`, of the shape the operand was repeated to, gives.
pub(super) fn add_to<E: Element, D: Dimension>(bar: &mut Array<E, D>, mut y_bar: ArrayD<E>) {
    while y_bar.ndim() > bar.ndim() {
        y_bar = y_bar.sum_axis(Axis(0));
    }
    for axis in 0..bar.ndim() {
        if bar.len_of(Axis(axis)) == 1 && y_bar.len_of(Axis(axis)) != 1 {
            y_bar = y_bar.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
    }
    let mut bar = bar.view_mut().into_dyn();
    bar += &y_bar;
}
