//! Reads the reference values, and flattens arguments and derivatives to lists of numbers.

use serde_json::Value;

/// One case of `expected.json`.
pub(crate) struct Case(Value);

impl Case {
    pub(crate) fn read(name: &str) -> Case {
        let all: Value = serde_json::from_str(include_str!("../../cases/expected.json")).unwrap();
        let cases = all["cases"].as_array().unwrap();
        Case(
            cases
                .iter()
                .find(|case| case["name"] == name)
                .unwrap()
                .clone(),
        )
    }

    pub(crate) fn num(&self, name: &str) -> f64 {
        self.0["args"][name].as_f64().unwrap()
    }

    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0["const_args"][name].as_u64().unwrap()
    }

    pub(crate) fn flat(&self, name: &str) -> Vec<f64> {
        numbers(&self.0["args"][name])
    }

    pub(crate) fn shaped<T: Flat>(&self, name: &str) -> T {
        let mut numbers = self.flat(name).into_iter();
        T::build(&mut numbers)
    }

    fn tolerance(&self) -> f64 {
        let single = self.0["tags"]
            .as_array()
            .unwrap()
            .iter()
            .any(|tag| tag == "f32");
        if single { 1e-6 } else { 1e-10 }
    }

    fn close(&self, what: &str, found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (found, expected) in found.iter().zip(expected) {
            let error = (found - expected).abs() / expected.abs().max(1.0);
            assert!(
                error <= self.tolerance(),
                "{what}: {found} instead of {expected}"
            );
        }
    }

    pub(crate) fn check_value(&self, value: &impl Flat) {
        self.close("value", &flat(value), &numbers(&self.0["value"]));
    }

    fn row(&self, row: usize) -> &Value {
        if self.0["jacobian"].is_null() {
            &self.0["gradient"]
        } else {
            &self.0["jacobian"][row]
        }
    }

    pub(crate) fn check_gradient(&self, names: &[&str], row: usize, found: &[f64]) {
        let expected: Vec<f64> = names
            .iter()
            .flat_map(|name| numbers(&self.row(row)[name]))
            .collect();
        self.close("reverse mode", found, &expected);
    }

    pub(crate) fn check_tangent(&self, name: &str, k: usize, tangent: &[f64]) {
        let expected: Vec<f64> = (0..tangent.len())
            .map(|row| numbers(&self.row(row)[name])[k])
            .collect();
        self.close("forward mode", tangent, &expected);
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(numbers).collect(),
        Value::String(text) => vec![text.parse().unwrap()],
        other => vec![other.as_f64().unwrap()],
    }
}

/// A value made of floats.
pub(crate) trait Flat {
    fn each(&mut self, visit: &mut dyn FnMut(f64) -> f64);
    fn copy(&self) -> Self;
    fn build(numbers: &mut dyn Iterator<Item = f64>) -> Self;
}

impl Flat for f64 {
    fn each(&mut self, visit: &mut dyn FnMut(f64) -> f64) {
        *self = visit(*self);
    }
    fn copy(&self) -> Self {
        *self
    }
    fn build(numbers: &mut dyn Iterator<Item = f64>) -> Self {
        numbers.next().unwrap()
    }
}

impl Flat for f32 {
    fn each(&mut self, visit: &mut dyn FnMut(f64) -> f64) {
        *self = visit(f64::from(*self)) as f32;
    }
    fn copy(&self) -> Self {
        *self
    }
    fn build(numbers: &mut dyn Iterator<Item = f64>) -> Self {
        numbers.next().unwrap() as f32
    }
}

impl<T: Flat, const N: usize> Flat for [T; N] {
    fn each(&mut self, visit: &mut dyn FnMut(f64) -> f64) {
        self.iter_mut().for_each(|part| part.each(visit));
    }
    fn copy(&self) -> Self {
        std::array::from_fn(|k| self[k].copy())
    }
    fn build(numbers: &mut dyn Iterator<Item = f64>) -> Self {
        std::array::from_fn(|_| T::build(numbers))
    }
}

impl<T: Flat> Flat for Vec<T> {
    fn each(&mut self, visit: &mut dyn FnMut(f64) -> f64) {
        self.iter_mut().for_each(|part| part.each(visit));
    }
    fn copy(&self) -> Self {
        self.iter().map(Flat::copy).collect()
    }
    fn build(numbers: &mut dyn Iterator<Item = f64>) -> Self {
        let all: Vec<f64> = numbers.collect();
        let (mut rest, mut parts) = (all.into_iter().peekable(), Vec::new());
        while rest.peek().is_some() {
            parts.push(T::build(&mut rest));
        }
        parts
    }
}

impl Flat for (f64, f64) {
    fn each(&mut self, visit: &mut dyn FnMut(f64) -> f64) {
        self.0 = visit(self.0);
        self.1 = visit(self.1);
    }
    fn copy(&self) -> Self {
        *self
    }
    fn build(numbers: &mut dyn Iterator<Item = f64>) -> Self {
        (numbers.next().unwrap(), numbers.next().unwrap())
    }
}

/// The floats of a value, in order.
pub(crate) fn flat(value: &impl Flat) -> Vec<f64> {
    let mut numbers = Vec::new();
    value.copy().each(&mut |x| {
        numbers.push(x);
        x
    });
    numbers
}

/// Sets every float.
pub(crate) fn fill(value: &mut impl Flat, number: f64) {
    value.each(&mut |_| number);
}

/// Sets the k-th float to 1, the others to 0.
pub(crate) fn unit(value: &mut impl Flat, k: usize) {
    let mut next = 0;
    value.each(&mut |_| {
        next += 1;
        f64::from(u8::from(next == k + 1))
    });
}
