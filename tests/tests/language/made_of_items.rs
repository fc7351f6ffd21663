//! What is made of the items of an iterator by an implementation of the user's: `Sum`, `Product`,
//! `FromIterator`, `Extend`.

use std::iter::{Product, Sum};
use std::ops::{Add, Mul};

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Debug, Default, Differentiable)]
struct Pair<T = f64> {
    a: T,
    b: T,
}

#[differentiate]
impl Add for Pair {
    type Output = Pair;
    fn add(self, o: Pair) -> Pair {
        Pair {
            a: self.a + o.a,
            b: self.b + o.b,
        }
    }
}

#[differentiate]
impl Mul for Pair {
    type Output = Pair;
    fn mul(self, o: Pair) -> Pair {
        Pair {
            a: self.a * o.a - self.b * o.b,
            b: self.a * o.b + self.b * o.a,
        }
    }
}

#[differentiate]
impl Mul<Pair> for f64 {
    type Output = Pair;
    fn mul(self, o: Pair) -> Pair {
        Pair {
            a: self * o.a,
            b: self * o.b,
        }
    }
}

#[differentiate]
impl Sum for Pair {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Pair::default(), |s, v| s + v)
    }
}

#[differentiate]
impl<'a> Sum<&'a Pair> for Pair {
    fn sum<I: Iterator<Item = &'a Pair>>(items: I) -> Pair {
        let mut total = Pair { a: 0.0, b: 0.0 };
        for item in items {
            total = total + *item;
        }
        total
    }
}

#[differentiate]
impl Product for Pair {
    fn product<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Pair { a: 1.0, b: 0.0 }, |s, v| s * v)
    }
}

#[differentiate]
impl Pair {
    /// A method of its own beside std's.
    fn sum(&self) -> f64 {
        self.a + self.b
    }
}

#[derive(Differentiable)]
struct Body {
    mass: f64,
    at: Pair,
}

#[derive(Differentiable)]
struct System {
    bodies: Vec<Body>,
}

#[differentiate]
impl System {
    fn centre(&self) -> Pair {
        let mass: f64 = self.bodies.iter().map(|b| b.mass).sum();
        (1.0 / mass) * self.bodies.iter().map(|b| b.mass * b.at).sum::<Pair>()
    }

    fn whole(&self) -> Pair {
        self.bodies.iter().map(|b| b.at).sum()
    }
}

#[differentiate]
pub fn summed(x: &[f64]) -> f64 {
    let pairs: Vec<Pair> = x.iter().map(|v| Pair { a: *v, b: v * v }).collect();
    let total: Pair = pairs.iter().sum();
    let product = pairs.iter().copied().product::<Pair>();
    let bodies = x.windows(3).map(|w| Body {
        mass: w[0],
        at: Pair { a: w[1], b: w[2] },
    });
    let system = System {
        bodies: bodies.collect(),
    };
    let (centre, whole) = (system.centre(), system.whole());
    total.a * total.b + product.a * product.b + centre.a * centre.b + whole.sum()
}

/// Running moments.
#[derive(Default, Differentiable)]
struct Moments {
    n: usize,
    mean: f64,
    m2: f64,
}

#[differentiate]
impl Moments {
    fn put(&mut self, v: f64) {
        self.n += 1;
        let d = v - self.mean;
        self.mean += d / self.n as f64;
        self.m2 += d * (v - self.mean);
    }
}

#[differentiate]
impl FromIterator<f64> for Moments {
    fn from_iter<T: IntoIterator<Item = f64>>(items: T) -> Self {
        let mut all = Moments::default();
        for v in items {
            all.put(v);
        }
        all
    }
}

#[differentiate]
impl Extend<f64> for Moments {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, items: T) {
        for v in items {
            self.put(v);
        }
    }
}

#[derive(Differentiable)]
struct Ids(Vec<usize>);

#[differentiate]
impl FromIterator<usize> for Ids {
    fn from_iter<T: IntoIterator<Item = usize>>(items: T) -> Self {
        Ids(items.into_iter().collect())
    }
}

type Row = Vec<f64>;

#[differentiate]
pub fn collected(x: &[f64]) -> f64 {
    let mut moments: Moments = x.iter().map(|v| v * v).collect();
    moments.extend(x.iter().map(|v| v.sin()));
    let again = Moments::from_iter(x.iter().copied().filter(|v| *v > 0.5));
    let row = x.iter().map(|v| v * x[0]).collect::<Row>();
    let ids: Ids = (0..x.len()).filter(|k| k % 2 == 0).collect();
    let picked: f64 = ids.0.iter().map(|k| row[*k]).sum();
    moments.m2 / moments.n as f64 + moments.mean * again.mean * picked
}

#[test]
fn made_of_items() {
    each! {
        [1.3, 0.7, 2.1], [0.4, 1.9, 0.6];
        summed, value_and_grad_summed, jvp_summed;
        collected, value_and_grad_collected, jvp_collected;
    }
}
