//! Losses of rows of scores, one for each class; past 400 lines as each has value, both modes and an
//! example.

use std::vec::Vec;

use ndarray::{Array2, ArrayBase, Data, Ix2};

use crate::NoTangent;
use crate::nn::buffer::{self, Rows};
use crate::nn::error::{check, expect};
use crate::nn::{Bar, Element, LayerError, LayerName};
use crate::private::{TangentOf, Wrt};
use crate::tensor::{elementwise, reduce, workspace};

/// What one row counts in the mean.
fn weight<E: Element>(rows: usize) -> E {
    E::of(rows as f64).recip()
}

/// A label for each row, each a column.
fn check_labels(name: &'static str, scores: &[usize], labels: &[usize]) -> Result<(), LayerError> {
    let layer = LayerName::new(name);
    check(layer, "list of labels", &scores[..1], &[labels.len()])?;
    match labels.iter().find(|&&label| label >= scores[1]) {
        None => Ok(()),
        Some(&index) => Err(LayerError::Index {
            layer,
            index,
            rows: scores[1],
        }),
    }
}

/// The softmax of each row, and the logarithms of the denominators.
fn softmax<E: Element, S: Data<Elem = E>>(scores: &ArrayBase<S, Ix2>) -> (Vec<E>, Vec<E>) {
    let mut softmax = buffer::copy(&Rows::of(scores));
    let mut logs = workspace::take(scores.nrows());
    if scores.ncols() > 0 {
        reduce::softmax_rows(&mut softmax, scores.ncols(), &mut logs);
    }
    (softmax, logs)
}

/// The mean cross-entropy of the softmax of each row of `scores` (logits) with its label,
/// `ln Σ_j e^s_j - s_label`.
///
/// ```
/// use grad_runtime::loss::softmax_cross_entropy;
/// use ndarray::arr2;
///
/// let loss = softmax_cross_entropy(&arr2(&[[0.0, 0.0], [1000.0, 0.0]]), &[1, 0]);
/// assert_eq!(loss, 2.0_f64.ln() / 2.0);
/// ```
///
/// # Panics
/// If there is not one label for each row, or a label is no column.
#[must_use]
#[track_caller]
pub fn softmax_cross_entropy<E: Element, S: Data<Elem = E>>(
    scores: &ArrayBase<S, Ix2>,
    labels: &[usize],
) -> E {
    let (value, softmax) = softmax_cross_entropy_keep(scores, labels);
    workspace::give(softmax);
    value
}

#[track_caller]
fn softmax_cross_entropy_keep<E: Element, S: Data<Elem = E>>(
    scores: &ArrayBase<S, Ix2>,
    labels: &[usize],
) -> (E, Vec<E>) {
    expect(check_labels(
        "softmax cross-entropy",
        scores.shape(),
        labels,
    ));
    let (softmax, logs) = softmax(scores);
    let rows = logs.iter().zip(labels).enumerate();
    let total: E = rows
        .map(|(i, (&log, &label))| log - scores[[i, label]])
        .sum();
    workspace::give(logs);
    (total * weight(labels.len()), softmax)
}

/// The companion of [`softmax_cross_entropy()`]: its derivatives, for generated code.
#[allow(non_camel_case_types, reason = "found by the function's own path")]
#[derive(Clone, Copy, Debug)]
pub struct softmax_cross_entropy {}

impl softmax_cross_entropy {
    #[doc(hidden)]
    #[track_caller]
    pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>>(
        scores: &ArrayBase<S, Ix2>,
        labels: &[usize],
        _: Wrt<M>,
    ) -> (
        E,
        impl FnOnce(
            E,
            &ArrayBase<S, Ix2>,
            &[usize],
            Bar<'_, ArrayBase<S, Ix2>>,
            Option<&mut [NoTangent]>,
        ) + use<M, E, S>,
    ) {
        let (value, mut softmax) = softmax_cross_entropy_keep(scores, labels);
        let pull = move |y_bar: E,
                         scores: &ArrayBase<S, Ix2>,
                         labels: &[usize],
                         scores_bar: Bar<'_, ArrayBase<S, Ix2>>,
                         _: Option<&mut [NoTangent]>| {
            if let Some(scores_bar) = scores_bar {
                let columns = scores.ncols();
                for (row, &label) in softmax.chunks_exact_mut(columns.max(1)).zip(labels) {
                    row[label] -= E::one();
                }
                let factor = y_bar * weight(labels.len());
                buffer::change(scores_bar, |bar| {
                    elementwise::add_scaled(bar, &softmax, factor)
                });
            }
            workspace::give(softmax);
        };
        (value, pull)
    }

    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>>(
        scores: &ArrayBase<S, Ix2>,
        labels: &[usize],
        _: Wrt<M>,
        scores_dot: Option<&TangentOf<ArrayBase<S, Ix2>>>,
        _: Option<&[NoTangent]>,
    ) -> (E, E) {
        let (value, softmax) = softmax_cross_entropy_keep(scores, labels);
        let dot = scores_dot.map_or_else(E::zero, |dot| {
            let at_labels = labels.iter().enumerate().map(|(i, &label)| dot[[i, label]]);
            (reduce::dot(&softmax, &Rows::of(dot)) - at_labels.sum()) * weight(labels.len())
        });
        workspace::give(softmax);
        (value, dot)
    }
}

/// The mean cross-entropy of the softmax of each row of `scores` (logits) with a row of target
/// probabilities, `Σ_j t_j (ln Σ_k e^s_k - s_j)`.
///
/// ```
/// use grad_runtime::loss::soft_cross_entropy;
/// use ndarray::arr2;
///
/// let loss = soft_cross_entropy(&arr2(&[[0.0, 0.0]]), &arr2(&[[0.25, 0.75]]));
/// assert_eq!(loss, 2.0_f64.ln());
/// ```
///
/// # Panics
/// If the shapes differ; the message names both.
#[must_use]
#[track_caller]
pub fn soft_cross_entropy<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>>(
    scores: &ArrayBase<S, Ix2>,
    targets: &ArrayBase<S2, Ix2>,
) -> E {
    let (value, kept) = soft_cross_entropy_keep(scores, targets);
    kept.give();
    value
}

/// The softmax of each row and the logarithms of the denominators.
struct SoftmaxKept<E: Element>(Vec<E>, Vec<E>);

impl<E: Element> SoftmaxKept<E> {
    fn give(self) {
        workspace::give(self.0);
        workspace::give(self.1);
    }
}

#[track_caller]
fn soft_cross_entropy_keep<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>>(
    scores: &ArrayBase<S, Ix2>,
    targets: &ArrayBase<S2, Ix2>,
) -> (E, SoftmaxKept<E>) {
    let name = LayerName::new("softmax cross-entropy");
    expect(check(
        name,
        "array of targets",
        scores.shape(),
        targets.shape(),
    ));
    let (softmax, logs) = softmax(scores);
    let rows = logs.iter().zip(scores.rows()).zip(targets.rows());
    let row =
        |((&log, s), t): ((&E, ndarray::ArrayView1<'_, E>), ndarray::ArrayView1<'_, E>)| -> E {
            s.iter().zip(t).map(|(&s, &t)| t * (log - s)).sum()
        };
    let total: E = rows.map(row).sum();
    (total * weight(scores.nrows()), SoftmaxKept(softmax, logs))
}

/// The companion of [`soft_cross_entropy()`]: its derivatives, for generated code.
#[allow(non_camel_case_types, reason = "found by the function's own path")]
#[derive(Clone, Copy, Debug)]
pub struct soft_cross_entropy {}

impl soft_cross_entropy {
    #[doc(hidden)]
    #[track_caller]
    pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>, S2: Data<Elem = E>>(
        scores: &ArrayBase<S, Ix2>,
        targets: &ArrayBase<S2, Ix2>,
        _: Wrt<M>,
    ) -> (
        E,
        impl FnOnce(
            E,
            &ArrayBase<S, Ix2>,
            &ArrayBase<S2, Ix2>,
            Bar<'_, ArrayBase<S, Ix2>>,
            Bar<'_, ArrayBase<S2, Ix2>>,
        ) + use<M, E, S, S2>,
    ) {
        let (value, kept) = soft_cross_entropy_keep(scores, targets);
        let pull = move |y_bar: E,
                         scores: &ArrayBase<S, Ix2>,
                         targets: &ArrayBase<S2, Ix2>,
                         scores_bar: Bar<'_, ArrayBase<S, Ix2>>,
                         targets_bar: Bar<'_, ArrayBase<S2, Ix2>>| {
            let factor = y_bar * weight(scores.nrows());
            if let Some(bar) = targets_bar {
                add_logs(bar, scores, &kept.1, factor);
            }
            if let Some(bar) = scores_bar {
                add_scores_bar(bar, targets, &kept.0, factor);
            }
            kept.give();
        };
        (value, pull)
    }

    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>, S2: Data<Elem = E>>(
        scores: &ArrayBase<S, Ix2>,
        targets: &ArrayBase<S2, Ix2>,
        _: Wrt<M>,
        scores_dot: Option<&TangentOf<ArrayBase<S, Ix2>>>,
        targets_dot: Option<&TangentOf<ArrayBase<S2, Ix2>>>,
    ) -> (E, E) {
        let (value, kept) = soft_cross_entropy_keep(scores, targets);
        // The loss has one row of derivatives by each operand.
        let mut row = Array2::zeros(scores.raw_dim());
        let mut dot = E::zero();
        if let Some(scores_dot) = scores_dot {
            add_scores_bar(&mut row, targets, &kept.0, weight(scores.nrows()));
            dot += reduce::dot(&Rows::of(&row), &Rows::of(scores_dot));
        }
        if let Some(targets_dot) = targets_dot {
            row.fill(E::zero());
            add_logs(&mut row, scores, &kept.1, weight(scores.nrows()));
            dot += reduce::dot(&Rows::of(&row), &Rows::of(targets_dot));
        }
        kept.give();
        (value, dot)
    }
}

/// `bar += factor (log - s)`.
fn add_logs<E: Element, S: Data<Elem = E>>(
    bar: &mut Array2<E>,
    scores: &ArrayBase<S, Ix2>,
    logs: &[E],
    factor: E,
) {
    for ((mut bar, s), &log) in bar.rows_mut().into_iter().zip(scores.rows()).zip(logs) {
        for (bar, &s) in bar.iter_mut().zip(s) {
            *bar += factor * (log - s);
        }
    }
}

/// `bar += factor (softmax Σ t - t)`: the targets need not add up to 1.
fn add_scores_bar<E: Element, S: Data<Elem = E>>(
    bar: &mut Array2<E>,
    targets: &ArrayBase<S, Ix2>,
    softmax: &[E],
    factor: E,
) {
    let columns = targets.ncols().max(1);
    let rows = bar.rows_mut().into_iter().zip(targets.rows());
    for ((mut bar, t), softmax) in rows.zip(softmax.chunks_exact(columns)) {
        let total: E = t.iter().copied().sum();
        for ((bar, &t), &softmax) in bar.iter_mut().zip(t).zip(softmax) {
            *bar += factor * (softmax * total - t);
        }
    }
}

/// The mean multi-class hinge loss (support vector machine, Weston and Watkins 1999) of each row of
/// scores with its label, `Σ_{j ≠ label} max(0, s_j - s_label + 1)`; at a margin of exactly 0 the
/// derivative is 0.
///
/// ```
/// use grad_runtime::loss::multiclass_hinge;
/// use ndarray::arr2;
///
/// // max(0, 5.1 - 3.2 + 1) + max(0, -1.7 - 3.2 + 1)
/// let loss: f64 = multiclass_hinge(&arr2(&[[3.2, 5.1, -1.7]]), &[0]);
/// assert!((loss - 2.9).abs() < 1e-12);
/// ```
///
/// # Panics
/// If there is not one label for each row, or a label is no column.
#[must_use]
#[track_caller]
pub fn multiclass_hinge<E: Element, S: Data<Elem = E>>(
    scores: &ArrayBase<S, Ix2>,
    labels: &[usize],
) -> E {
    expect(check_labels("multi-class hinge", scores.shape(), labels));
    let mut total = E::zero();
    for_margins(scores, labels, |_, _, margin| {
        total += if margin > E::zero() || margin.is_nan() {
            margin
        } else {
            E::zero()
        };
    });
    total * weight(labels.len())
}

/// Calls `f` with row, column and margin of every column but the label's.
fn for_margins<E: Element, S: Data<Elem = E>>(
    scores: &ArrayBase<S, Ix2>,
    labels: &[usize],
    mut f: impl FnMut(usize, usize, E),
) {
    for (i, (row, &label)) in scores.rows().into_iter().zip(labels).enumerate() {
        for (j, &s) in row.iter().enumerate() {
            if j != label {
                f(i, j, s - row[label] + E::one());
            }
        }
    }
}

/// The companion of [`multiclass_hinge()`]: its derivatives, for generated code.
#[allow(non_camel_case_types, reason = "found by the function's own path")]
#[derive(Clone, Copy, Debug)]
pub struct multiclass_hinge {}

impl multiclass_hinge {
    #[doc(hidden)]
    #[track_caller]
    pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>>(
        scores: &ArrayBase<S, Ix2>,
        labels: &[usize],
        _: Wrt<M>,
    ) -> (
        E,
        impl FnOnce(
            E,
            &ArrayBase<S, Ix2>,
            &[usize],
            Bar<'_, ArrayBase<S, Ix2>>,
            Option<&mut [NoTangent]>,
        ) + use<M, E, S>,
    ) {
        let pull = |y_bar: E,
                    scores: &ArrayBase<S, Ix2>,
                    labels: &[usize],
                    scores_bar: Bar<'_, ArrayBase<S, Ix2>>,
                    _: Option<&mut [NoTangent]>| {
            let Some(bar) = scores_bar else { return };
            let factor = y_bar * weight(labels.len());
            for_margins(scores, labels, |i, j, margin| {
                if margin > E::zero() {
                    bar[[i, j]] += factor;
                    bar[[i, labels[i]]] -= factor;
                }
            });
        };
        (multiclass_hinge(scores, labels), pull)
    }

    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>>(
        scores: &ArrayBase<S, Ix2>,
        labels: &[usize],
        _: Wrt<M>,
        scores_dot: Option<&TangentOf<ArrayBase<S, Ix2>>>,
        _: Option<&[NoTangent]>,
    ) -> (E, E) {
        let mut total = E::zero();
        if let Some(dot) = scores_dot {
            for_margins(scores, labels, |i, j, margin| {
                if margin > E::zero() {
                    total += dot[[i, j]] - dot[[i, labels[i]]];
                }
            });
        }
        (
            multiclass_hinge(scores, labels),
            total * weight(labels.len()),
        )
    }
}
