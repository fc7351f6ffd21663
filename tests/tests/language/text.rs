//! Loops over what holds no floats, of which only rustc knows the items: words, letters, maps.

use std::collections::BTreeMap;

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn words(x: &[f64]) -> f64 {
    let prog = "0 1 2 x";
    let mut s = 0.0;
    for tok in prog.split_whitespace() {
        if let Ok(k) = tok.parse::<usize>() {
            s += x[k] * x[0];
        }
    }
    let flag = f64::from(s > 1.0) + (s < 2.0) as u8 as f64;
    for (i, c) in "abca".chars().enumerate() {
        if c == 'a' {
            s *= x[i % 3];
        }
    }
    s + flag
        + "hello"
            .bytes()
            .map(|b| x[(b - b'a') as usize % 3])
            .sum::<f64>()
        + "ab"
            .chars()
            .zip(x)
            .map(|(c, v)| if c == 'a' { v * v } else { *v })
            .sum::<f64>()
}
#[differentiate]
pub fn owned(x: &[f64]) -> f64 {
    let names: Vec<String> = (0..3).map(|i| format!("n{i}")).collect();
    let mut s = 0.0;
    for n in &names {
        if n.ends_with('1') {
            s += x[1];
        }
    }
    for n in names {
        if n == "n2" {
            s *= x[2];
        }
    }
    s
}
#[differentiate]
pub fn maps(x: &[f64]) -> f64 {
    let mut m: BTreeMap<String, usize> = BTreeMap::new();
    m.insert("a".to_string(), 1);
    m.insert("b".into(), 2);
    let mut s = 0.0;
    for (k, v) in &m {
        if k == "a" {
            s += x[*v];
        } else {
            s += x[*v] * x[0];
        }
    }
    for v in m.values() {
        s += x[*v];
    }
    for k in m.keys() {
        s += x[k.len()];
    }
    let weights = BTreeMap::from([("a", 3.0), ("b", 2.0)]);
    for (name, weight) in &weights {
        s += if *name == "a" {
            x[1] * weight
        } else {
            x[0].powf(*weight)
        };
    }
    s
}
#[test]
fn text() {
    slice!(words, value_and_grad_words, jvp_words; [0.4, 1.3, 0.7]);
    slice!(owned, value_and_grad_owned, jvp_owned; [0.4, 1.3, 0.7]);
    slice!(maps, value_and_grad_maps, jvp_maps; [0.4, 1.3, 0.7]);
}

#[derive(Differentiable)]
enum Expression {
    Number(f64),
    Binary {
        sign: char,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Call(&'static str, Box<Expression>),
}

#[differentiate]
impl Expression {
    fn value(&self) -> f64 {
        match self {
            Expression::Number(x) => *x,
            Expression::Binary { sign, left, right } => {
                let (a, b) = (left.value(), right.value());
                match sign {
                    '+' => a + b,
                    '*' => a * b,
                    _ => unreachable!("sign {sign}"),
                }
            }
            Expression::Call(name, x) if *name == "sin" => x.value().sin(),
            Expression::Call("exp", x) => x.value().exp(),
            Expression::Call(..) => f64::NAN,
        }
    }
}

#[differentiate]
pub fn signs_and_names(x: &[f64]) -> f64 {
    let number = |k: usize| Box::new(Expression::Number(x[k]));
    let sum = Expression::Binary {
        sign: '+',
        left: number(0),
        right: Box::new(Expression::Call("exp", number(1))),
    };
    let product = Expression::Binary {
        sign: '*',
        left: Box::new(sum),
        right: Box::new(Expression::Call("sin", number(2))),
    };
    product.value()
}

#[test]
fn patterns_of_text() {
    slice!(signs_and_names, value_and_grad_signs_and_names, jvp_signs_and_names; [0.4, 1.3, 0.7]);
}
