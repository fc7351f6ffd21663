//! Arrays and vectors of functions: indexed, iterated over, pushed onto.

use grad_runtime::differentiate;

#[differentiate]
fn square(x: f64) -> f64 {
    x * x
}

mod indexed {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        const PAIR: [fn(f64) -> f64; 2] = [square, f64::sin];
        let a = x[0];
        let table: [fn(f64) -> f64; 3] = [square, f64::sin, f64::cos];
        let ops = [square as fn(f64) -> f64, f64::tanh];
        let mut s = 1.0;
        for i in 0..x.len() {
            s += table[i % 3](x[i] * a) * ops[(i + 1) % ops.len()](s);
        }
        s + PAIR[0](x[1]) + PAIR[x.len() - 3](x[2]) + [square; 2][1](s)
    }
}

mod in_turn {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = x[1];
        let scaled = |t: f64| t * w;
        let table: Vec<Box<dyn Fn(f64) -> f64>> =
            vec![Box::new(square), Box::new(scaled), Box::new(move |t| t + w)];
        let a: f64 = table.iter().zip(x).map(|(f, v)| f(*v)).sum();
        let b: f64 = (table.iter().enumerate())
            .map(|(i, f)| f(x[i]) * i as f64)
            .sum();
        let c = table.iter().rev().fold(x[0], |v, f| f(v));
        let mut d = x[2];
        for f in table.iter().skip(1) {
            d = f(d);
        }
        for f in table {
            d += f(d);
        }
        let references: [&dyn Fn(f64) -> f64; 2] = [&scaled, &square];
        let e = references.map(|f| f(x[3]));
        for g in [|v: f64| v * 2.0, |v: f64| v * v] {
            d *= g(x[1]);
        }
        a * b + c * d + e[0] * e[1]
    }
}

mod pushed {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = x[0];
        let mut table: Vec<Box<dyn Fn(f64) -> f64>> = Vec::new();
        table.push(Box::new(move |v| v * a));
        if x[1] > 0.0 {
            table.push(Box::new(f64::sin));
        } else {
            table.push(Box::new(f64::cos));
            table.push(Box::new(move |v| v + a));
        }
        let mut v = x[2];
        for g in &table {
            v = g(v);
        }
        v * table.len() as f64 + table[1](x[3])
    }
}

mod boxed {
    use super::*;
    #[differentiate]
    fn twice(g: Box<dyn Fn(f64) -> f64>, x: f64) -> f64 {
        g(x) * g(x + 1.0)
    }
    #[differentiate]
    fn lent(g: &Box<dyn Fn(f64) -> f64>, x: f64) -> f64 {
        g(x) * g(x + 1.0)
    }
    #[differentiate]
    fn of_given(f: impl Fn(f64) -> f64, g: &dyn Fn(f64) -> f64, x: f64) -> f64 {
        let table: [&dyn Fn(f64) -> f64; 2] = [&f, g];
        let mut v = x;
        for h in table {
            v = h(v);
        }
        v
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = x[0];
        let b: Box<dyn Fn(f64) -> f64> = Box::new(move |t| t * a * a);
        let double: Box<dyn Fn(f64) -> f64> = Box::new(|t| t * 2.0);
        let held = lent(&double, 1.0) + twice(Box::new(f64::sin), 2.0);
        let active = twice(Box::new(move |t| t * a), x[1]) + lent(&b, x[2]) + twice(b, x[3]);
        let table: [Box<dyn Fn(f64) -> f64>; 2] = [Box::new(move |t| t * a), Box::new(f64::sin)];
        held * active + of_given(&table[0], &f64::sin, x[1]) + of_given(|t| t, table[1].as_ref(), a)
    }
}

mod rows {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for (g, w) in [
            (square as fn(f64) -> f64, 1.0),
            (f64::sin, x[1]),
            (|t| t * 2.0, 0.5),
        ] {
            s += w * g(x[0] * s + x[1]);
        }
        s
    }
}
mod named_rows {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let table = [
            ("sin", f64::sin as fn(f64) -> f64),
            ("cos", f64::cos),
            ("square", square),
        ];
        let mut s = 0.0;
        for (name, g) in table.iter() {
            if *name != "cos" {
                s += g(x[0]);
            }
        }
        for (k, &(name, g)) in table.iter().enumerate() {
            if name == "cos" {
                s *= g(x[k]);
            }
        }
        for i in 0..x.len() {
            s += table[i % 3].1(x[i]) * (table[(i + 1) % 3].1)(s);
        }
        let found = table.iter().map(|(_, g)| g(x[2])).sum::<f64>();
        s + table[1].1(x[2]) * found
    }
}
mod rows_of_boxes {
    use super::*;
    #[differentiate]
    fn apply(f: fn(f64) -> f64, t: f64) -> f64 {
        f(t) * f(t + 1.0)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = x[1];
        let mut scale = x[0];
        let rules: Vec<(Box<dyn Fn(f64) -> f64>, f64, usize)> = vec![
            (Box::new(move |t| t * w), scale, 2),
            (Box::new(square), 0.5, 1),
            (Box::new(f64::exp), x[2], 3),
        ];
        scale *= 2.0;
        let mut y = scale;
        for (rule, weight, n) in &rules {
            for _ in 0..*n {
                y += weight * rule(y * 0.1);
            }
        }
        const PAIR: [(fn(f64) -> f64, f64); 2] = [(square, 2.0), (f64::tanh, 3.0)];
        for (f, k) in PAIR {
            y += k * f(x[0]);
        }
        for (f, k) in PAIR.iter() {
            y += k * f(x[1]);
        }
        y + rules.len() as f64 * rules[1].0(x[1]) + apply(PAIR[0].0, x[1]) + PAIR[1].1
    }
}

#[test]
fn all() {
    for x in [[1.3, 0.7, 2.1, -0.4], [-0.6, -1.9, 0.3, 1.2]] {
        slice!(indexed::f, indexed::value_and_grad_f, indexed::jvp_f; x);
        slice!(in_turn::f, in_turn::value_and_grad_f, in_turn::jvp_f; x);
        slice!(pushed::f, pushed::value_and_grad_f, pushed::jvp_f; x);
        slice!(boxed::f, boxed::value_and_grad_f, boxed::jvp_f; x);
    }
}

#[differentiate]
fn outside(x: f64, i: usize) -> f64 {
    [f64::sin, f64::cos][i](x)
}

#[test]
#[should_panic(expected = "index out of bounds: the len is 2 but the index is 2")]
fn an_index_outside_panics() {
    let _ = grad_outside(1.0, 2);
}

#[test]
fn rows_with_functions() {
    slice!(rows::f, rows::value_and_grad_f, rows::jvp_f; [0.5, 0.7, 1.1]);
    slice!(named_rows::f, named_rows::value_and_grad_f, named_rows::jvp_f; [0.5, 0.7, 1.1]);
    slice!(rows_of_boxes::f, rows_of_boxes::value_and_grad_f, rows_of_boxes::jvp_f; [0.5, 0.7, 1.1]);
}
