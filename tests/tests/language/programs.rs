//! Programs written in texts: words that are parsed where only a later use tells the type, parts of
//! texts that a branch chooses, operators in variables.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn reverse_polish(program: &str, x: &[f64]) -> Option<f64> {
    let mut stack: Vec<f64> = Vec::new();
    for word in program.split_whitespace() {
        match word {
            "a" => stack.push(x[0]),
            "b" => stack.push(x[1]),
            "+" | "*" | "/" => {
                let (b, a) = (stack.pop()?, stack.pop()?);
                stack.push(match word {
                    "+" => a + b,
                    "*" => a * b,
                    _ => a / b,
                });
            }
            "dup" => {
                let top = *stack.last()?;
                stack.push(top);
            }
            "sin" => {
                let top = stack.last_mut()?;
                *top = top.sin();
            }
            number => stack.push(number.parse().ok()?),
        }
    }
    (stack.len() == 1).then(|| stack[0])
}

#[differentiate]
pub fn stack_machine(x: &[f64]) -> f64 {
    reverse_polish("a dup * b sin + 2.5 /", x).unwrap() * x[2]
}

#[derive(Differentiable)]
struct Line {
    slope: f64,
    start: f64,
}

#[differentiate]
fn scaled(a: f64, b: f64) -> f64 {
    a * b
}

#[differentiate]
fn line(slope: &str, start: f64) -> Result<f64, std::num::ParseFloatError> {
    let line = Line {
        slope: slope.parse()?,
        start,
    };
    Ok(line.slope * line.start + scaled(slope.parse()?, start.sin()))
}

#[differentiate]
pub fn parsed_for_a_field(x: &[f64]) -> f64 {
    line("2.5", x[0] * x[1]).unwrap() + x[2]
}

#[derive(Differentiable)]
enum Token {
    Number(f64),
    Operator(char),
    Name(String),
}

#[differentiate]
fn from_left(tokens: &[Token], x: f64) -> f64 {
    let mut total = 0.0;
    let mut operator = '+';
    for token in tokens {
        let value = match token {
            Token::Number(v) => *v,
            Token::Name(name) if name == "x" => x,
            Token::Name(_) => 1.0,
            Token::Operator(o) => {
                operator = *o;
                continue;
            }
        };
        total = match operator {
            '-' => total - value,
            '*' => total * value,
            _ => total + value,
        };
    }
    total
}

#[differentiate]
pub fn operator_in_a_variable(x: &[f64]) -> f64 {
    let tokens = vec![
        Token::Number(x[0]),
        Token::Operator('*'),
        Token::Name("x".to_owned()),
        Token::Operator('-'),
        Token::Number(x[1]),
    ];
    from_left(&tokens, x[2])
}

#[differentiate]
fn applied(call: &str, x: f64) -> f64 {
    let (name, argument) = match call.find('(') {
        Some(at) => (&call[..at], Some(call[at + 1..].trim_end_matches(')'))),
        None => (call, None),
    };
    match (name, argument) {
        ("sin", None) => x.sin(),
        ("scale", Some(k)) => k.parse::<f64>().unwrap() * x,
        _ => x,
    }
}

#[differentiate]
pub fn parts_by_branches(x: &[f64]) -> f64 {
    let mut rest = "sin,scale(2.5),none,sin";
    let mut y = x[0] * x[1];
    while !rest.is_empty() {
        let (head, tail) = match rest.find(',') {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, ""),
        };
        y = applied(head, y) * x[2];
        rest = tail;
    }
    y
}

#[differentiate]
fn grown(rule: &str, step: f64, angle: f64) -> f64 {
    let mut word = "F+F".to_string();
    for _ in 0..2 {
        word = word
            .chars()
            .map(|c| match c {
                'F' => rule.to_string(),
                other => other.to_string(),
            })
            .collect();
    }
    let (mut x, mut heading) = (0.0, 0.1);
    for c in word.chars() {
        match c {
            'F' => x += step * f64::cos(heading),
            '+' => heading += angle,
            _ => continue,
        }
    }
    x
}

#[differentiate]
pub fn rewritten_word(x: &[f64]) -> f64 {
    grown("F+F-F", x[0], x[1]) * x[2]
}

#[test]
fn all() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7];
        stack_machine, value_and_grad_stack_machine, jvp_stack_machine;
        parsed_for_a_field, value_and_grad_parsed_for_a_field, jvp_parsed_for_a_field;
        operator_in_a_variable, value_and_grad_operator_in_a_variable, jvp_operator_in_a_variable;
        rewritten_word, value_and_grad_rewritten_word, jvp_rewritten_word;
        parts_by_branches, value_and_grad_parts_by_branches, jvp_parts_by_branches;
    }
}
