//! Texts taken apart bit by bit: rests in variables, iterators asked for one item at a time, numbers
//! parsed where an annotation says of what type.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn power(term: &str, vars: &[f64]) -> Option<f64> {
    let mut parts = term.split('^');
    let index: usize = parts.next()?.parse().ok()?;
    let exponent: i32 = match parts.next() {
        Some(digits) => digits.parse().ok()?,
        None => 1,
    };
    Some(vars.get(index)?.powi(exponent))
}

#[differentiate]
fn powers(text: &str, vars: &[f64]) -> Option<f64> {
    let mut sum = 0.0;
    for term in text.split('+') {
        let mut product = 1.0;
        for factor in term.trim().split('*') {
            product *= power(factor.trim(), vars)?;
        }
        sum += product;
    }
    Some(sum)
}

#[differentiate]
fn letters(x: &[f64]) -> f64 {
    let mut letters = "1+2*0".chars().peekable();
    let mut total = 0.0;
    loop {
        match letters.peek() {
            Some(c) if c.is_ascii_digit() => {
                let digit = letters.next().unwrap().to_digit(10).unwrap();
                total += x[digit as usize] * x[0];
            }
            Some('+') => {
                letters.next();
                total *= 2.0;
            }
            Some(_) => {
                letters.next();
                total *= x[1];
            }
            None => break,
        }
    }
    total
}

#[differentiate]
fn rests(text: &str, x: &[f64]) -> f64 {
    let mut rest = text;
    let mut sum = 0.0;
    while let Some((head, tail)) = rest.split_once(',') {
        rest = tail;
        sum += x[head.len()] * x[0];
    }
    while !rest.is_empty() {
        let (first, last) = rest.split_at(1);
        rest = last.trim_start_matches('-');
        sum *= x[first.len()];
    }
    sum
}

#[differentiate]
fn by_place(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (i, c) in "abca".char_indices() {
        let k = i + 1;
        sum += match c {
            'a' => x[i % 3] * k as f64,
            'b' if i > 0 => x[i - 1].sin(),
            _ => x[i - 2],
        };
    }
    sum
}

#[differentiate]
fn activate(kind: &str, x: f64) -> f64 {
    match kind {
        "tanh" => x.tanh(),
        "square" => x * x,
        _ => x,
    }
}

/// Parts of a text handed to calls, in loops in one another.
#[differentiate]
fn network(layers: &str, x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (i, layer) in layers.split(';').enumerate() {
        let mut h = x[i];
        for part in layer.split(',') {
            h = activate(part.trim(), h * x[2]);
        }
        sum += h * h;
    }
    sum
}

#[derive(Differentiable)]
struct Layer {
    kind: String,
    weight: f64,
}

#[differentiate]
impl Layer {
    fn run(&self, x: f64) -> f64 {
        activate(self.kind.as_str(), self.weight * x) + activate(&self.kind, x)
    }
}

/// Parts of a text that the function makes.
#[differentiate]
fn made(n: usize, x: &[f64]) -> f64 {
    let name = format!("tanh{n}");
    let mut h = activate(name.trim_end_matches(char::is_numeric), x[0]);
    for part in name.split('n') {
        h += activate(part, x[1]) * x[0];
    }
    let kind = "square".to_string();
    h * Layer { kind, weight: x[2] }.run(x[1])
}

#[test]
fn parts_of_texts_are_handed_on() {
    let x = [0.7, 1.3, 0.4];
    let layers = "tanh, square; square,square";
    crate::check::check(
        "network",
        &|x| network(layers, x),
        &|x| value_and_grad_network(layers, x),
        &|x, d| jvp_network(layers, x, d),
        &x,
    );
    crate::check::check(
        "made",
        &|x| made(3, x),
        &|x| value_and_grad_made(3, x),
        &|x, d| jvp_made(3, x, d),
        &x,
    );
}

#[test]
fn texts_are_taken_apart() {
    let x = [0.7, 1.3, 0.4];
    let d = [0.2, -0.3, 0.5];
    slice!(letters, value_and_grad_letters, jvp_letters; x);
    slice!(by_place, value_and_grad_by_place, jvp_by_place; x);
    crate::check::check(
        "rests",
        &|x| rests(",a,bb,x-y", x),
        &|x| value_and_grad_rests(",a,bb,x-y", x),
        &|x, d| jvp_rests(",a,bb,x-y", x, d),
        &x,
    );
    let text = "0^2*1 + 2 * 2^3";
    let (value, dot) = jvp_powers(text, &x, &d);
    assert_eq!(value, powers(text, &x));
    let (_, pull) = vjp_powers(text, &x);
    let gradient = pull(Some(1.0));
    let expected = [2.0 * 0.7 * 1.3, 0.49, 4.0 * 0.4f64.powi(3)];
    let along: f64 = expected.iter().zip(d).map(|(g, d)| g * d).sum();
    assert!((dot.unwrap() - along).abs() < 1e-12);
    for (got, wanted) in gradient.iter().zip(expected) {
        assert!((got - wanted).abs() < 1e-12);
    }
    assert_eq!(powers("9", &x), None);
}
