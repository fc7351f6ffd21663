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

/// An iterator that starts again and again; a map as a parameter, which is constant.
#[differentiate]
fn in_turns(x: &[f64], places: &BTreeMap<String, usize>) -> f64 {
    let mut s = "ab"
        .chars()
        .cycle()
        .zip(x)
        .map(|(c, v)| if c == 'a' { v * v } else { *v })
        .sum::<f64>();
    for (c, v) in "xyz".chars().cycle().zip(x) {
        s *= if c == 'y' { *v } else { 1.5 };
    }
    for (name, place) in places {
        s += x[*place] * name.len() as f64;
    }
    s
}

#[differentiate]
pub fn turns(x: &[f64]) -> f64 {
    in_turns(
        x,
        &BTreeMap::from([("a".to_string(), 2), ("bc".to_string(), 0)]),
    )
}

#[test]
fn text() {
    slice!(words, value_and_grad_words, jvp_words; [0.4, 1.3, 0.7]);
    slice!(owned, value_and_grad_owned, jvp_owned; [0.4, 1.3, 0.7]);
    slice!(maps, value_and_grad_maps, jvp_maps; [0.4, 1.3, 0.7]);
    slice!(turns, value_and_grad_turns, jvp_turns; [0.4, 1.3, 0.7]);
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

/// What a text says of a value, and whether there was an error, are numbers without a derivative.
fn weight(text: &str) -> f64 {
    text.len() as f64
}

#[differentiate]
fn labelled(x: &[f64]) -> Result<f64, String> {
    if x[0] > 0.0 {
        Ok(x[0] * x[1])
    } else {
        Err(format!("{:.1} is too small", x[0]))
    }
}

#[differentiate]
pub fn of_texts(x: &[f64]) -> f64 {
    let text = format!("{:.0}", x[1]);
    let places = text.len() as f64 * x[0] + weight(&text) * x[2];
    let bits = if x[2].to_bits() >> 63 == 1 {
        x[0]
    } else {
        x[1] * x[2]
    };
    match labelled(x) {
        Ok(value) => value * places + bits,
        Err(text) => places * weight(&text) + text.len() as f64 * x[1] + bits,
    }
}

#[test]
fn texts_that_are_measured() {
    each! {
        [1.3, 0.7, 2.1], [-0.6, 1.9, -0.3];
        of_texts, value_and_grad_of_texts, jvp_of_texts;
    }
}
