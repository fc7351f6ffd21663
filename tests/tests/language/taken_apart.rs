//! Sequences that are taken apart: by a selection, by predicates, into several vectors.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn selected(x: &[f64]) -> f64 {
    let mut all: Vec<f64> = x.iter().flat_map(|v| [v * v, v.sin(), 1.0 / v]).collect();
    let at = all.len() / 2;
    all.select_nth_unstable_by(at, |a, b| a.partial_cmp(b).unwrap());
    let median = all[at];
    let mut pairs: Vec<(f64, usize)> = x.iter().copied().zip(0..).collect();
    let (low, middle, high) = pairs.select_nth_unstable_by(1, |a, b| b.0.total_cmp(&a.0));
    median * middle.0 + low[0].0 * 3.0 - high[0].0 * low[0].1 as f64
        + *all.select_nth_unstable_by(2, f64::total_cmp).1 * x[0]
}

#[differentiate]
pub fn parted(x: &[f64]) -> f64 {
    let limit = x[0] + 0.1;
    let back = x.rsplit(|v| *v > limit).enumerate();
    let back = back.map(|(k, part)| (k as f64 + 1.5) * part.iter().sum::<f64>());
    let two = x.splitn(2, |v| *v < limit).enumerate();
    let two = two.map(|(k, part)| (k as f64 + 2.5) * part.iter().map(|v| v * v).sum::<f64>());
    let (a, (b, c)): (Vec<f64>, (Vec<f64>, Vec<f64>)) =
        x.iter().map(|v| (*v, (v * v, v.cos()))).unzip();
    let mut kept = x.to_vec();
    kept.retain(|v| *v >= limit || *v < 0.65);
    back.sum::<f64>() + two.sum::<f64>() + a[0] * b[1] * c[2] + kept.iter().product::<f64>()
}

/// What is told by numbers ends a `zip` before the other side is asked for one more item.
#[differentiate]
pub fn asked_in_turn(x: &[f64]) -> f64 {
    let mut asked = 0;
    let counted = std::iter::from_fn(|| {
        asked += 1;
        Some(asked as f64)
    });
    let total: f64 = x.iter().zip(counted).map(|(a, b)| a * b).sum();
    total * x[0] * asked as f64
}

#[differentiate]
fn powers(x: f64) -> [f64; 3] {
    [x, x * x, x * x * x]
}

#[derive(Clone, Copy, Differentiable)]
struct Curve {
    from: f64,
    to: f64,
}

#[differentiate]
impl Curve {
    fn split_at(self, t: f64) -> (Curve, Curve) {
        let mid = self.from * (1.0 - t) + self.to * t;
        (Curve { to: mid, ..self }, Curve { from: mid, ..self })
    }
}

/// Split at a whole number is an array, whatever is known of it; at a float it is the user's.
#[differentiate]
pub fn split_untold(x: &[f64]) -> f64 {
    let all = powers(x[0]);
    let k = x.len() - 2;
    let ((low, high), (head, tail)) = (all.split_at(1), all.split_at(k));
    let curve = Curve {
        from: x[1],
        to: x[2],
    };
    let (left, right) = curve.split_at(0.3 * x[0]);
    low[0] * high[1] + head.iter().sum::<f64>() * tail[0] + left.to * right.to
}

#[test]
fn taken_apart() {
    each! {
        [1.3, 0.7, 2.1], [0.4, 1.9, 0.6];
        selected, value_and_grad_selected, jvp_selected;
        parted, value_and_grad_parted, jvp_parted;
        asked_in_turn, value_and_grad_asked_in_turn, jvp_asked_in_turn;
        split_untold, value_and_grad_split_untold, jvp_split_untold;
    }
}
