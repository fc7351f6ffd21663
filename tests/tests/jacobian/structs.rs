//! Derived types, operators on them, methods, options.

use std::ops::{Add, AddAssign, Mul, Neg};

use grad_runtime::{Differentiable, differentiate};

use super::assert_differences;

#[derive(Clone, Copy, Debug, Differentiable, PartialEq)]
#[differentiate(lanes)]
struct Pair {
    x: f64,
    y: f64,
}

/// Not its own tangent.
#[derive(Clone, Debug, Differentiable)]
#[differentiate(lanes)]
struct Chain {
    name: String,
    links: Vec<Pair>,
    offset: [f64; 2],
    #[differentiate(skip)]
    still: f64,
    parents: Vec<Option<usize>>,
}

#[derive(Clone, Debug, Differentiable)]
#[differentiate(lanes)]
enum Shape {
    Circle { r: f64 },
    Box(f64, f64),
}

#[differentiate(lanes, rows)]
impl Add for Pair {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

#[differentiate(lanes, rows)]
impl Mul<f64> for Pair {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self {
            x: self.x * factor,
            y: self.y * factor,
        }
    }
}

#[differentiate(lanes, rows)]
impl Neg for Pair {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            x: -self.x,
            y: -self.y,
        }
    }
}

#[differentiate(lanes, rows)]
impl AddAssign for Pair {
    fn add_assign(&mut self, other: Self) {
        self.x += other.x;
        self.y += other.y;
    }
}

#[differentiate(lanes, rows)]
impl Pair {
    fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    fn grow(&mut self, by: f64) {
        self.x *= by;
        self.y = self.y.exp() * by;
    }

    fn turned(&self, angle: f64) -> Self {
        let (s, c) = angle.sin_cos();
        Self {
            x: self.x * c - self.y * s,
            y: self.x * s + self.y * c,
        }
    }
}

#[differentiate(jacobian, lanes = 3)]
fn follow(chain: &Chain, angles: &[f64], start: Pair) -> (Vec<Pair>, f64) {
    let mut at: Vec<Pair> = Vec::new();
    let mut total = start;
    for b in 0..chain.links.len() {
        let mut link = chain.links[b].turned(angles[b]);
        link.grow(chain.offset[1]);
        link = link * chain.offset[0];
        let here = match chain.parents[b] {
            Some(parent) => at[parent] + link * 0.5,
            None => -link + start,
        };
        total += here * (here.dot(start) / (1.0 + here.x * here.x).sqrt());
        at.push(here);
    }
    (at, total.dot(start) * chain.offset[0])
}

fn chain(x: &[f64]) -> (Chain, Vec<f64>, Pair) {
    let links = (0..3)
        .map(|b| Pair {
            x: x[2 * b],
            y: x[2 * b + 1],
        })
        .collect();
    let chain = Chain {
        name: "arm".to_owned(),
        links,
        offset: [x[6], x[7]],
        still: 0.3,
        parents: vec![None, Some(0), Some(0)],
    };
    (chain, x[8..11].to_vec(), Pair { x: x[11], y: x[12] })
}

#[test]
fn structs_operators_and_methods() {
    let x: Vec<f64> = (0..13).map(|i| 0.3 + 0.07 * f64::from(i)).collect();
    let (model, angles, start) = chain(&x);
    assert_eq!((model.name.as_str(), model.still), ("arm", 0.3));
    let (value, jacobian) = value_and_jacobian_follow(&model, &angles, start);
    assert_eq!(value, follow(&model, &angles, start));
    assert_differences(&jacobian, &x, |x| {
        let (model, angles, start) = chain(x);
        let (at, total) = follow(&model, &angles, start);
        at.iter().flat_map(|p| [p.x, p.y]).chain([total]).collect()
    });
}

#[differentiate(jacobian, lanes)]
impl Pair {
    fn product(&self, other: Pair) -> [f64; 2] {
        [
            self.x * other.x - self.y * other.y,
            self.x * other.y + self.y * other.x,
        ]
    }
}

#[test]
fn methods_have_jacobians() {
    let (a, b) = (Pair { x: 2.0, y: 3.0 }, Pair { x: 5.0, y: 7.0 });
    let jacobian = a.jacobian_product(b);
    assert_eq!(jacobian.row(0), [5.0, -7.0, 2.0, -3.0]);
    assert_eq!(jacobian.row(1), [7.0, 5.0, 3.0, 2.0]);
}

#[differentiate(jacobian, lanes)]
fn sizes(shape: &Shape, scale: f64) -> [f64; 2] {
    match shape {
        Shape::Circle { r } => [r * r * scale, 2.0 * r],
        Shape::Box(a, b) => [a * b * scale, 2.0 * (a + b)],
    }
}

#[test]
fn enums() {
    let circle = jacobian_sizes(&Shape::Circle { r: 3.0 }, 2.0);
    assert_eq!(circle.entries(), [12.0, 9.0, 2.0, 0.0]);
    let rectangle = jacobian_sizes(&Shape::Box(3.0, 5.0), 2.0);
    assert_eq!(rectangle.entries(), [10.0, 6.0, 15.0, 2.0, 2.0, 0.0]);
}

#[differentiate(jacobian, rows)]
fn midpoint(a: Pair, b: &Pair, angle: f64) -> Pair {
    let turned = b.turned(angle);
    (a + turned) * (0.5 * a.dot(turned))
}

#[test]
fn operators_row_by_row() {
    let x = [0.3, 0.7, 1.1, -0.4, 0.9];
    let pairs = |x: &[f64]| (Pair { x: x[0], y: x[1] }, Pair { x: x[2], y: x[3] });
    let (a, b) = pairs(&x);
    assert_differences(&jacobian_midpoint(a, &b, x[4]), &x, |x| {
        let (a, b) = pairs(x);
        let p = midpoint(a, &b, x[4]);
        vec![p.x, p.y]
    });
}

#[derive(Clone, Copy, Debug, Differentiable)]
#[differentiate(lanes)]
struct Couple {
    both: [Pair; 2],
    left: Pair,
    right: Pair,
    weight: f64,
}

#[differentiate(lanes)]
fn stir(to: &mut Pair, from: &Pair, weight: &mut f64) {
    to.x += from.y * *weight;
    to.y *= from.x;
    *weight *= to.x;
}

#[differentiate(jacobian, lanes = 4)]
fn exchange(mut couple: Couple) -> [f64; 5] {
    stir(&mut couple.left, &couple.right, &mut couple.weight);
    std::mem::swap(&mut couple.left, &mut couple.right);
    stir(&mut couple.both[0], &couple.right, &mut couple.left.x);
    std::mem::swap(&mut couple.left.x, &mut couple.left.y);
    let Couple {
        both,
        left,
        right,
        weight,
    } = couple;
    [
        both[0].x * both[1].y,
        left.x,
        left.y * both[0].y,
        right.x,
        right.y * weight,
    ]
}

#[test]
fn fields_of_one_struct_written_in_one_call() {
    let x = [0.3, 0.7, 1.1, -0.4, 0.9, 1.3, -0.2, 0.6, 1.7];
    let couple = |x: &[f64]| Couple {
        both: [Pair { x: x[0], y: x[1] }, Pair { x: x[2], y: x[3] }],
        left: Pair { x: x[4], y: x[5] },
        right: Pair { x: x[6], y: x[7] },
        weight: x[8],
    };
    assert_differences(&jacobian_exchange(couple(&x)), &x, |x| {
        exchange(couple(x)).to_vec()
    });
}

#[differentiate(lanes)]
fn length(p: Pair) -> f64 {
    p.dot(p).sqrt()
}

/// Most passes move neither `from[i]` nor `to[i]`.
#[differentiate(jacobian, lanes = 2)]
fn walk(from: &[Pair], to: &[Pair], start: f64) -> (f64, Vec<Pair>) {
    let mut total = start;
    let mut steps = Vec::new();
    for i in 0..from.len() {
        if to[i].x > from[i].x {
            total = total * 0.5 + length(to[i] + -from[i]) / from[i].x;
        }
        steps.push(from[i].turned(total) + to[i]);
    }
    for step in &steps {
        total += step.x * step.y;
    }
    (total, steps)
}

#[test]
fn what_a_pass_does_not_move() {
    let x: Vec<f64> = (0..13).map(|i| (1.0 + f64::from(i)).sin()).collect();
    let pairs =
        |x: &[f64]| -> Vec<Pair> { x.chunks(2).map(|p| Pair { x: p[0], y: p[1] }).collect() };
    let jacobian = jacobian_walk(&pairs(&x[..6]), &pairs(&x[6..12]), x[12]);
    assert_differences(&jacobian, &x, |x| {
        let (total, steps) = walk(&pairs(&x[..6]), &pairs(&x[6..12]), x[12]);
        let steps = steps.iter().flat_map(|p| [p.x, p.y]);
        [total].into_iter().chain(steps).collect()
    });
    // The derivative of the first length is infinite; what does not move it does not see that.
    let from = [Pair { x: 1.0, y: 2.0 }, Pair { x: 3.0, y: 4.0 }];
    let lengths = jacobian_lengths(&from, &[from[0], Pair { x: 0.0, y: 0.0 }]);
    let half = 5.0_f64.sqrt().recip();
    assert_eq!(lengths.row(0)[..2], [half, 2.0 * half]);
}

#[differentiate(jacobian, lanes = 2, wrt(to))]
fn lengths(from: &[Pair], to: &[Pair]) -> f64 {
    let mut total = 0.0;
    for i in 0..to.len() {
        total += length(to[i]) * from[i].x;
    }
    total
}
