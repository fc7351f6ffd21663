//! Convolutions against their formula.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the narrower float is what is tested"
)]

use std::{vec, vec::Vec};

use super::{Convolution, Element};

/// The formula, entry by entry; calls `f` with the indices of image, filters and result.
fn terms(c: &Convolution, images: usize, mut f: impl FnMut(usize, usize, usize)) {
    let [oh, ow] = c.output().unwrap();
    for (n, i, j, k) in (0..images * oh * ow * c.filters).map(|at| {
        let (rest, k) = (at / c.filters, at % c.filters);
        (rest / (oh * ow), rest / ow % oh, rest % ow, k)
    }) {
        for (p, q, ch) in (0..c.kernel[0] * c.kernel[1] * c.channels).map(|at| {
            let (rest, ch) = (at / c.channels, at % c.channels);
            (rest / c.kernel[1], rest % c.kernel[1], ch)
        }) {
            let (y, x) = (i * c.stride[0] + p, j * c.stride[1] + q);
            let Some(y) = y.checked_sub(c.padding[0]).filter(|&y| y < c.image[0]) else {
                continue;
            };
            let Some(x) = x.checked_sub(c.padding[1]).filter(|&x| x < c.image[1]) else {
                continue;
            };
            let image = ((n * c.image[0] + y) * c.image[1] + x) * c.channels + ch;
            let filter = ((p * c.kernel[1] + q) * c.channels + ch) * c.filters + k;
            f(image, filter, ((n * oh + i) * ow + j) * c.filters + k);
        }
    }
}

fn numbers<E: Element>(len: usize, seed: usize) -> Vec<E> {
    (0..len)
        .map(|i| E::of(f64::from(u8::try_from((i * 37 + seed * 101) % 23).unwrap()) - 11.0))
        .collect()
}

#[test]
fn convolutions_are_their_formula() {
    for c in cases() {
        check::<f32>(&c);
        check::<f64>(&c);
    }
}

fn cases() -> Vec<Convolution> {
    let base = Convolution {
        image: [9, 8],
        channels: 1,
        filters: 3,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [0, 0],
    };
    vec![
        base,
        // By Winograd's way: sides odd and even, each padding, channels and filters that fill
        // registers and that do not, several blocks of tiles.
        Convolution {
            channels: 16,
            filters: 32,
            padding: [1, 1],
            ..base
        },
        Convolution {
            channels: 17,
            filters: 37,
            ..base
        },
        Convolution {
            image: [23, 7],
            channels: 33,
            filters: 70,
            padding: [2, 1],
            ..base
        },
        Convolution {
            image: [5, 19],
            channels: 21,
            filters: 16,
            padding: [0, 2],
            ..base
        },
        Convolution {
            padding: [1, 2],
            ..base
        },
        Convolution {
            channels: 5,
            filters: 37,
            padding: [2, 2],
            ..base
        },
        Convolution {
            channels: 4,
            kernel: [1, 1],
            ..base
        },
        Convolution {
            channels: 3,
            kernel: [9, 8],
            filters: 17,
            ..base
        },
        Convolution {
            channels: 6,
            filters: 16,
            stride: [2, 3],
            padding: [1, 0],
            ..base
        },
        Convolution {
            channels: 2,
            kernel: [2, 5],
            filters: 32,
            stride: [3, 2],
            padding: [1, 4],
            ..base
        },
    ]
}

/// Winograd's way rounds more often; the error stays that of a few roundings of the largest result.
#[test]
fn numbers_that_are_not_whole_are_rounded_little() {
    let c = cases()[1];
    let len = c.image[0] * c.image[1] * c.channels;
    let third =
        |x: Vec<f64>| -> Vec<f64> { x.iter().map(|x| f64::from(*x as f32 / 3.0)).collect() };
    let narrow = |x: &[f64]| -> Vec<f32> { x.iter().map(|x| *x as f32).collect() };
    let (x, w) = (
        third(numbers(len, 1)),
        third(numbers(9 * c.channels * c.filters, 2)),
    );
    let (bias, mut y) = (vec![0.0; c.filters], vec![0.0; c.output_len()]);
    c.forward(&x, &w, &bias, false, &mut y);
    let mut y_narrow = vec![0.0; y.len()];
    c.forward(
        &narrow(&x),
        &narrow(&w),
        &narrow(&bias),
        false,
        &mut y_narrow,
    );
    let largest = y.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
    for (narrow, y) in y_narrow.iter().zip(&y) {
        assert!((f64::from(*narrow) - y).abs() < 2e-6 * largest);
    }
}

/// Small whole numbers are exact.
fn check<E: Element>(c: &Convolution) {
    let images = 3;
    let [oh, ow] = c.output().unwrap();
    let x = numbers::<E>(images * c.image[0] * c.image[1] * c.channels, 1);
    let w = numbers::<E>(c.kernel[0] * c.kernel[1] * c.channels * c.filters, 2);
    let bias = numbers::<E>(c.filters, 3);
    let y_bar = numbers::<E>(images * oh * ow * c.filters, 4);
    let mut expected: Vec<E> = (0..y_bar.len()).map(|i| bias[i % c.filters]).collect();
    let (mut x_bar, mut w_bar) = (numbers::<E>(x.len(), 5), numbers::<E>(w.len(), 6));
    let (mut expected_x, mut expected_w) = (x_bar.clone(), w_bar.clone());
    terms(c, images, |i, k, o| {
        expected[o] += x[i] * w[k];
        expected_x[i] += w[k] * y_bar[o];
        expected_w[k] += x[i] * y_bar[o];
    });
    let mut y = vec![E::nan(); y_bar.len()];
    c.forward(&x, &w, &bias, false, &mut y);
    assert_eq!(y, expected, "{c:?}");
    c.forward(&x, &w, &bias, true, &mut y);
    let rectified: Vec<E> = expected.iter().map(|e| e.max(E::zero())).collect();
    assert_eq!(y, rectified, "{c:?}");
    c.pull_image(&w, &y_bar, &mut x_bar);
    assert_eq!(x_bar, expected_x, "{c:?}");
    c.pull_filters(&x, &y_bar, &mut w_bar);
    assert_eq!(w_bar, expected_w, "{c:?}");
}

/// Which numbers there are, infinities and NaN among them.
fn kinds(x: &[f64]) -> Vec<Option<u64>> {
    let kind = |x: &f64| (!x.is_nan()).then_some(x.to_bits());
    x.iter().map(kind).collect()
}

/// What is infinite or NaN reaches the results that see it, as what it is, and no others.
#[test]
fn what_is_not_finite_stays_where_the_formula_has_it() {
    let spoil = |x: &mut [f64]| {
        let len = x.len();
        for (at, bad) in [(1, f64::INFINITY), (3, f64::NEG_INFINITY), (5, f64::NAN)] {
            x[at * len / 7] = bad;
        }
    };
    // By Winograd's way and plainly. Infinities of filters and results are kept from the border: a zero
    // outside times one is NaN.
    for (c, spoiled) in [(1, 0), (3, 0), (5, 0), (1, 1), (2, 1), (2, 2)] {
        let c = cases()[c];
        let mut x = numbers::<f64>(2 * c.image_len(), 1);
        let mut w = numbers::<f64>(c.kernel[0] * c.filter_row() * c.filters, 2);
        let mut y_bar = numbers::<f64>(2 * c.output_len(), 4);
        spoil([&mut x, &mut y_bar, &mut w][spoiled]);
        let bias = vec![1.0; c.filters];
        let (mut y, mut x_bar, mut w_bar) = (
            vec![0.0; y_bar.len()],
            vec![1.0; x.len()],
            vec![1.0; w.len()],
        );
        let mut expected = (vec![1.0; y.len()], x_bar.clone(), w_bar.clone());
        terms(&c, 2, |i, k, o| {
            expected.0[o] += x[i] * w[k];
            expected.1[i] += w[k] * y_bar[o];
            expected.2[k] += x[i] * y_bar[o];
        });
        c.forward(&x, &w, &bias, false, &mut y);
        assert!(kinds(&y) == kinds(&expected.0), "y of {c:?}");
        c.pull_image(&w, &y_bar, &mut x_bar);
        assert!(kinds(&x_bar) == kinds(&expected.1), "x_bar of {c:?}");
        c.pull_filters(&x, &y_bar, &mut w_bar);
        assert!(kinds(&w_bar) == kinds(&expected.2), "w_bar of {c:?}");
    }
}
