//! Chains of adaptors over slices and ranges.

use grad_runtime::differentiate;

/// Sums and products.
#[differentiate]
fn sums(x: &[f64]) -> f64 {
    let total: f64 = x.iter().sum();
    let squares: f64 = x.iter().map(|v| v * v).sum();
    let product = x.iter().product::<f64>();
    let shifted: f64 = x.iter().map(|&v| v + 0.5).product();
    total * squares + product - shifted
}

/// `zip` of slices of different lengths, `enumerate`, `rev`.
#[differentiate]
fn zips(x: &[f64]) -> f64 {
    let dot: f64 = x.iter().zip(&x[1..]).map(|(a, b)| a * b).sum();
    let weighted: f64 = x
        .iter()
        .enumerate()
        .map(|(i, v)| (i + 1) as f64 * v * v)
        .sum();
    let crossed: f64 = x.iter().zip(x.iter().rev()).map(|(a, b)| a * b.sin()).sum();
    let triple: f64 = x
        .iter()
        .zip(x.iter().skip(1))
        .zip(x.iter().skip(2))
        .map(|((a, b), c)| a * b * c)
        .sum();
    dot + weighted * crossed - triple
}

/// Numbers: closed, open and inclusive ranges, backwards, in steps.
#[differentiate]
fn ranges(x: &[f64]) -> f64 {
    let n = x.len();
    let a: f64 = (0..n).map(|i| x[i] * i as f64).sum();
    let b: f64 = (0..n).rev().map(|i| x[i] * x[n - 1 - i]).sum();
    let c: f64 = (1..=n).map(|i| x[i - 1] / i as f64).sum();
    let d: f64 = (0..n).step_by(2).map(|i| x[i].sin()).sum();
    let e: f64 = (0..n).skip(1).take(2).map(|i| x[i] * x[i - 1]).sum();
    let f: f64 = x.iter().zip(1..).map(|(v, i)| v.powi(i)).sum();
    let g: f64 = x.iter().zip(1_i32..=3).map(|(v, i)| v * f64::from(i)).sum();
    let h: f64 = (2..5).zip(x).map(|(i, v)| v * v * i as f64).sum();
    let i: f64 = (0..3_i64).step_by(2).map(|k| x[0] * k as f64).sum();
    let j: f64 = (1..).step_by(3).take(3).map(|k: i32| x[1] * k as f64).sum();
    a + b + c + d + e + f * g + h + i + j
}

/// `skip`, `take`, `step_by` in any order.
#[differentiate]
fn picks(x: &[f64]) -> f64 {
    let a: f64 = x.iter().skip(2).sum();
    let b: f64 = x.iter().take(2).map(|v| v * v).sum();
    let c: f64 = x.iter().skip(1).step_by(2).map(|v| v.cos()).sum();
    let d: f64 = x.iter().step_by(2).skip(1).map(|v| v.exp()).sum();
    let e: f64 = x
        .iter()
        .rev()
        .take(3)
        .enumerate()
        .map(|(i, v)| v * i as f64)
        .sum();
    let f: f64 = x.iter().skip(100).sum();
    let g: f64 = x
        .iter()
        .enumerate()
        .skip(1)
        .step_by(2)
        .rev()
        .map(|(i, v)| i as f64 * v)
        .sum();
    let h: f64 = x
        .iter()
        .zip(x.iter().skip(1))
        .rev()
        .skip(1)
        .map(|(a, b)| a * b)
        .sum();
    a * b + c * d + e + f + g + h
}

/// Sub-slices.
#[differentiate]
fn cuts(x: &[f64]) -> f64 {
    let a: f64 = x.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
    let b: f64 = x.chunks(2).map(|c| c.iter().product::<f64>()).sum();
    let c: f64 = x.chunks_exact(2).map(|c| c[0] * c[1]).sum();
    let d: f64 = x
        .windows(3)
        .map(|w| {
            w.iter()
                .zip(&[1.0, -2.0, 1.0])
                .map(|(a, b)| a * b)
                .sum::<f64>()
        })
        .map(|v| v * v)
        .sum();
    let e: f64 = x.rchunks(2).enumerate().map(|(i, c)| c[0] * i as f64).sum();
    let f: f64 = x
        .chunks(3)
        .rev()
        .map(|c| c.len() as f64 * c[c.len() - 1])
        .sum();
    let g: f64 = x[1..]
        .chunks(2)
        .zip(x.windows(2))
        .map(|(c, w)| c[0] * w[1])
        .sum();
    a + b * c + d + e + f + g
}

/// Nested iterators in closures.
#[differentiate]
fn nested(x: &[f64]) -> f64 {
    let n = x.len();
    let pairs: f64 = (0..n)
        .map(|i| (0..i).map(|j| (x[i] - x[j]).powi(2)).sum::<f64>())
        .sum();
    let outer: f64 = x
        .iter()
        .map(|a| x.iter().map(|b| (a * b).sin()).sum::<f64>() * a)
        .sum();
    pairs + outer
}

/// Stages whose items only running them tells.
#[differentiate]
fn stages(x: &[f64]) -> f64 {
    let a: f64 = x.iter().filter(|v| **v > 0.0).map(|v| v.ln()).sum();
    let b: f64 = x.iter().take_while(|v| **v > -0.5).sum();
    let c: f64 = x.iter().skip_while(|&&v| v > 0.0).map(|v| v * v).sum();
    let d: f64 = x.iter().chain(&x[1..]).map(|v| v.sin()).sum();
    let e: f64 = x
        .iter()
        .scan(1.0, |state, v| {
            *state *= 1.0 + v;
            Some(*state)
        })
        .sum();
    let f: f64 = (0..x.len())
        .flat_map(|i| (0..=i).map(move |j| (i, j)))
        .map(|(i, j)| x[i] * x[j])
        .sum();
    let g: f64 = x
        .iter()
        .filter_map(|v| if *v > 0.2 { Some(v * v) } else { None })
        .sum();
    let h: f64 = x.iter().map_while(|v| (*v > 0.0).then_some(v.sqrt())).sum();
    a + b + c * d + e + f + g + h
}

/// What comes behind such a stage.
#[differentiate]
fn behind_stages(x: &[f64]) -> f64 {
    let positive = |v: &&f64| **v > 0.0;
    let a: f64 = x
        .iter()
        .filter(positive)
        .enumerate()
        .map(|(i, v)| v * i as f64)
        .sum();
    let b: f64 = x.iter().filter(positive).zip(x).map(|(a, b)| a * b).sum();
    let c: f64 = x
        .iter()
        .zip(x.iter().filter(positive))
        .map(|(a, b)| a * b * b)
        .sum();
    let d: f64 = x.iter().filter(positive).skip(1).map(|v| v.sin()).sum();
    let e: f64 = x.iter().filter(positive).take(2).map(|v| v.exp()).sum();
    let f: f64 = x.iter().filter(positive).step_by(2).sum();
    let g: f64 = x.iter().filter(positive).rev().take(1).map(|v| v * v).sum();
    let h: f64 = x
        .iter()
        .chain(x.iter().rev())
        .skip(2)
        .take(3)
        .map(|v| v * v)
        .sum();
    let i: f64 = x
        .iter()
        .chain(x)
        .rev()
        .enumerate()
        .map(|(i, v)| i as f64 * v)
        .sum();
    a + b + c + d + e + f + g + h + i
}

/// Folds: numbers, tuples, arrays.
#[differentiate]
fn folds(x: &[f64]) -> f64 {
    let largest = x.iter().cloned().fold(f64::MIN, f64::max);
    let smallest = x.iter().copied().fold(f64::INFINITY, |a, b| a.min(b));
    let (sum, product) = x
        .iter()
        .fold((0.0, 1.0), |(s, p), v| (s + v, p * (1.0 + v * v)));
    let moments = x.iter().fold([0.0; 3], |mut acc, v| {
        acc[0] += 1.0;
        acc[1] += v;
        acc[2] += v * v;
        acc
    });
    let rotated = x
        .iter()
        .fold([1.0, 2.0], |acc, v| [acc[1] * v, acc[0] + acc[1]]);
    let horner = x.iter().rfold(0.0, |acc, c| acc * 0.5 + c);
    let mean = moments[1] / moments[0];
    largest * smallest + sum * product + moments[2] / moments[0] - mean * mean
        + rotated[0] * rotated[1]
        + horner
}

/// Ends that choose an item.
#[differentiate]
fn chosen(x: &[f64]) -> f64 {
    let a = x.iter().copied().reduce(f64::max).unwrap();
    let b = x.iter().max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap();
    let c = x
        .iter()
        .map(|v| v * v)
        .min_by(|a, b| a.total_cmp(b))
        .unwrap();
    let (i, d) = x
        .iter()
        .enumerate()
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .unwrap();
    let e = x.last().unwrap() * x.iter().last().unwrap();
    let f = x.iter().nth(1).unwrap();
    let g = x.iter().find(|v| **v > 0.5).unwrap_or(&0.25);
    let h = x.iter().position(|v| *v > 0.5).unwrap_or(0) as f64;
    let j = x
        .iter()
        .filter(|v| **v < 0.65)
        .last()
        .copied()
        .unwrap_or(1.0);
    let k = (0..x.len()).max_by_key(|&i| i % 2).unwrap() as f64;
    let l = x
        .iter()
        .copied()
        .filter(|v| *v > 0.0)
        .max_by(f64::total_cmp)
        .unwrap();
    let m = x.iter().rev().next().unwrap();
    a * b + c * d * i as f64 + e * f + g * h * x[0] + j * k + l * m
}

/// Ends that tell nothing of derivatives.
#[differentiate]
fn inactive_ends(x: &[f64]) -> f64 {
    let any = x.iter().any(|&v| v > 1.0);
    let all = x.iter().all(|v| *v > -10.0);
    let count = x.iter().filter(|v| **v > 0.0).count();
    let len = x.iter().count() + x.iter().skip(1).len();
    let number: usize = x.iter().enumerate().map(|(i, _)| i).sum();
    let mut total = 0.0;
    if any {
        total += x[0] * x[0];
    }
    if all {
        total += x[1].sin();
    }
    total * (count + len + number) as f64
}

/// Iterators in variables, and taken from one by one.
#[differentiate]
fn stored(x: &[f64]) -> f64 {
    let squares = x.iter().map(|v| v * v);
    let again = squares.clone();
    let mut it = x.iter();
    let first = it.next().unwrap();
    let second = it.next().unwrap();
    let rest: f64 = it.map(|v| v.cos()).sum();
    let mut count = 0;
    let mut steps = x.iter().copied();
    let mut walked = 1.0;
    while let Some(v) = steps.next() {
        walked = walked * 0.5 + v * v;
        count += 1;
        if count > 2 {
            break;
        }
    }
    let range = 1..x.len();
    let inside = range.contains(&1);
    let middle: f64 = range.map(|i| x[i] * x[i - 1]).sum();
    squares.sum::<f64>() * again.take(2).sum::<f64>()
        + first * second
        + rest
        + walked
        + middle
        + if inside { x[0] } else { 0.0 }
}

/// Functions of `std::iter`.
#[differentiate]
fn made(x: &[f64]) -> f64 {
    let a: f64 = std::iter::once(x[0])
        .chain(std::iter::once(x[1] * 2.0))
        .map(|v| v * v)
        .sum();
    let b: f64 = std::iter::repeat(x[1])
        .take(3)
        .enumerate()
        .map(|(i, v)| v.powi(i as i32))
        .sum();
    let c: f64 = std::iter::successors(Some(x[0]), |v| {
        if *v < 50.0 { Some(v * 2.0 + 1.0) } else { None }
    })
    .sum();
    let d: f64 = std::iter::zip(x, &x[1..])
        .map(|(a, b)| a / (2.0 + b * b))
        .sum();
    let mut n = 0;
    let e: f64 = std::iter::from_fn(|| {
        n += 1;
        if n < 4 { Some(x[0] * n as f64) } else { None }
    })
    .sum();
    let f: f64 = Some(x[0]).into_iter().chain(None).map(|v: f64| v * v).sum();
    a + b + c + d + e + f
}

#[cfg(test)]
mod tests {
    use crate::iterators::check;

    const LONG: [f64; 6] = [0.7, -0.4, 1.3, 0.25, -1.1, 0.6];

    check! {
        sums, value_and_grad_sums, jvp_sums at LONG, [0.3], [];
        zips, value_and_grad_zips, jvp_zips at LONG, [0.3, 0.4], [0.5];
        ranges, value_and_grad_ranges, jvp_ranges at LONG, [0.3, 0.4, -0.7];
        picks, value_and_grad_picks, jvp_picks at LONG, [0.3, 0.4, -0.7], [];
        cuts, value_and_grad_cuts, jvp_cuts at LONG, [0.3, 0.4, -0.7, 0.1, 0.2], [0.2], [0.3, 0.5];
        nested, value_and_grad_nested, jvp_nested at LONG, [];
        stages, value_and_grad_stages, jvp_stages at LONG, [0.25, 0.8];
        behind_stages, value_and_grad_behind_stages, jvp_behind_stages at LONG, [0.3, 0.5, 0.9, 0.7], [-1.0];
        folds, value_and_grad_folds, jvp_folds at LONG, [0.3, 0.5, 0.9, 0.7];
        chosen, value_and_grad_chosen, jvp_chosen at LONG, [0.3, 0.4, 0.9];
        inactive_ends, value_and_grad_inactive_ends, jvp_inactive_ends at LONG, [0.3, 0.4];
        stored, value_and_grad_stored, jvp_stored at LONG, [0.3, 0.4];
        made, value_and_grad_made, jvp_made at LONG, [0.3, 0.4];
    }
}
