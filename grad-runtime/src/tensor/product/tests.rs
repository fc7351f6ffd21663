//! Products against their formula.

use std::{vec, vec::Vec};

use super::{Matrix, Product, Start, Strides, multiply};
use crate::tensor::Element;

fn numbers<E: Element>(len: usize, seed: usize) -> Vec<E> {
    (0..len)
        .map(|i| E::of(f64::from(u8::try_from((i * 37 + seed * 101) % 23).unwrap()) - 11.0))
        .collect()
}

/// Whole numbers are exact in any order.
fn check<E: Element>(rows: usize, terms: usize, columns: usize) {
    let (a, b) = (
        numbers::<E>(rows * terms, 1),
        numbers::<E>(terms * columns, 2),
    );
    let bias = numbers::<E>(columns, 3);
    for (a_turned, b_turned) in [(false, false), (true, false), (false, true), (true, true)] {
        let (ar, ac) = if a_turned { (1, rows) } else { (terms, 1) };
        let (br, bc) = if b_turned { (1, terms) } else { (columns, 1) };
        let at = |i: usize, j: usize| -> E {
            (0..terms)
                .map(|k| a[i * ar + k * ac] * b[k * br + j * bc])
                .sum()
        };
        let left = if a_turned {
            Matrix::rows(&a, rows).t()
        } else {
            Matrix::rows(&a, terms)
        };
        let right = if b_turned {
            Matrix::rows(&b, terms).t()
        } else {
            Matrix::rows(&b, columns)
        };
        let mut c = vec![E::one(); rows * columns];
        for (start, rectify) in [
            (Start::Held, false),
            (Start::Zero, true),
            (Start::Row(&bias), false),
        ] {
            let before = c.clone();
            multiply(left, right, [terms, columns], start, rectify, &mut c);
            for (k, &c) in c.iter().enumerate() {
                let start = match start {
                    Start::Held => before[k],
                    Start::Zero => E::zero(),
                    Start::Row(bias) => bias[k % columns],
                };
                let sum = start + at(k / columns, k % columns);
                assert_eq!(c, if rectify { sum.max(E::zero()) } else { sum });
            }
        }
    }
}

#[test]
fn products_are_their_formula() {
    for rows in [1, 2, 11, 12, 23, 40] {
        for columns in [1, 7, 8, 16, 31, 32, 33, 70] {
            check::<f32>(rows, 19, columns);
            check::<f64>(rows, 5, columns);
        }
    }
    check::<f32>(3, 0, 4);
    check::<f64>(0, 3, 4);
}

#[test]
#[should_panic(expected = "the second operand of a product is too short")]
fn an_operand_too_short_is_refused() {
    let (a, b) = ([1.0_f32; 4], [1.0; 3]);
    multiply(
        Matrix::rows(&a, 2),
        Matrix::rows(&b, 2),
        [2, 2],
        Start::Zero,
        false,
        &mut [0.0; 4],
    );
}

#[test]
fn parts_of_the_columns_make_the_whole() {
    let (rows, terms) = (40, 9);
    for columns in [1, 33, 64, 129, 200] {
        let (a, b) = (
            numbers::<f32>(rows * terms, 1),
            numbers::<f32>(terms * columns, 2),
        );
        let strides = |row, inner| Strides {
            row,
            outer: 0,
            inner,
        };
        let product = Product {
            a: &a,
            a_strides: strides(terms, 1),
            b: &b,
            b_strides: strides(1, columns),
            rows,
            columns,
            terms: (1, terms),
            start: Start::Held,
            rectify: false,
        };
        let mut whole = numbers::<f32>(rows * columns, 3);
        let mut parts = whole.clone();
        product.write_to(&mut whole, columns);
        product.write_in_parts(&mut parts, columns, 3);
        assert!(whole == parts, "{columns}");
    }
}
