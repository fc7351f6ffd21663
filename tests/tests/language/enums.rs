//! Enums with data, structs, patterns on them.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable, Clone, Debug, PartialEq)]
pub enum Shape {
    Circle { r: f64 },
    Rect { w: f64, h: f64 },
    Triangle(f64, f64, f64),
    Nothing,
}

#[differentiate]
pub fn area(shape: &Shape) -> f64 {
    match shape {
        Shape::Circle { r } => 3.0 * r * r,
        Shape::Rect { w, h } if *w > *h => w * h,
        Shape::Rect { w, h } => w * h * h,
        Shape::Triangle(a, b, c) => {
            let p = 0.5 * (a + b + c);
            (p * (p - a) * (p - b) * (p - c)).sqrt()
        }
        Shape::Nothing => 0.0,
    }
}

#[differentiate]
pub fn built(a: f64, b: f64) -> f64 {
    let shapes = [
        Shape::Circle { r: a * b },
        Shape::Rect { w: a + b, h: b },
        Shape::Triangle(a + 1.0, b + 1.0, a.max(b)),
        Shape::Nothing,
    ];
    let mut total = 0.0;
    for shape in &shapes {
        total += area(shape);
    }
    total
}

#[differentiate]
pub fn chosen(a: f64, b: f64) -> f64 {
    let shape = if a > b {
        Shape::Circle { r: a }
    } else {
        Shape::Rect { w: a, h: b * a }
    };
    let mut grown = shape;
    if let Shape::Circle { r } = &mut grown {
        *r *= 2.0;
    }
    area(&grown) * b
}

#[derive(Differentiable, Clone)]
pub enum Expr {
    Leaf(f64),
    Sum(Box<Expr>, Box<Expr>),
    Product { left: Box<Expr>, right: Box<Expr> },
}

impl Expr {
    #[differentiate]
    pub fn eval(&self) -> f64 {
        match self {
            Expr::Leaf(v) => v * 1.0,
            Expr::Sum(a, b) => a.eval() + b.eval(),
            Self::Product { left, right } => left.eval() * right.eval(),
        }
    }
}

#[differentiate]
pub fn tree(a: f64, b: f64) -> f64 {
    let sum = Expr::Sum(Box::new(Expr::Leaf(a)), Box::new(Expr::Leaf(b)));
    let product = Expr::Product {
        left: Box::new(sum),
        right: Box::new(Expr::Leaf(a * b)),
    };
    product.eval()
}

#[derive(Differentiable, Clone, Copy)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Differentiable, Clone, Copy)]
pub struct Pair(pub f64, pub Point);

#[differentiate]
pub fn patterns(a: f64, b: f64) -> f64 {
    let Pair(first, Point { x, y: height }) = Pair(a * b, Point { x: a, y: b });
    let moved = Point {
        y: x * height,
        ..Point { x: first, y: 0.0 }
    };
    match (moved.x > 1.0, moved) {
        (true, Point { x, y }) => x * y,
        (false, p @ Point { .. }) => p.x - p.y * p.y,
    }
}

#[differentiate]
pub fn or_patterns(a: f64, b: f64) -> f64 {
    let shape = if a < 0.0 {
        Shape::Circle { r: b }
    } else {
        Shape::Triangle(b, a, a)
    };
    match shape {
        Shape::Circle { r: size } | Shape::Triangle(size, _, _) => size * size * a,
        _ => 0.0,
    }
}

#[derive(Clone, Copy, PartialEq, Differentiable)]
pub enum Kind {
    Linear,
    Square,
}

#[differentiate]
pub fn by_kind(kind: Kind, x: f64) -> f64 {
    use Kind::*;
    let factor = match kind {
        Linear => 2.0,
        Square => x,
    };
    if kind == Kind::Square {
        factor * x
    } else {
        factor + x
    }
}

#[differentiate]
pub fn slices_matched(x: &[f64]) -> f64 {
    match x {
        [] => 0.0,
        [only] => only * only,
        [first, .., last] if *first > *last => first * last,
        [first, rest @ ..] => {
            let mut s = *first;
            for v in rest {
                s *= v + 1.0;
            }
            s
        }
    }
}

#[test]
fn enums() {
    numbers!(built, value_and_grad_built, jvp_built, 2; [0.7, 1.9], [1.5, 0.4]);
    numbers!(chosen, value_and_grad_chosen, jvp_chosen, 2; [0.7, 1.9], [1.5, 0.4]);
    numbers!(tree, value_and_grad_tree, jvp_tree, 2; [0.7, 1.9]);
    numbers!(patterns, value_and_grad_patterns, jvp_patterns, 2; [0.7, 1.9], [0.3, 0.5]);
    numbers!(or_patterns, value_and_grad_or_patterns, jvp_or_patterns, 2; [0.7, 1.9], [-0.3, 0.5]);
    slice!(slices_matched, value_and_grad_slices_matched, jvp_slices_matched; [], [0.3], [2.0, 1.0, 0.5], [0.5, 1.0, 0.7]);
    let (y, (_, dx)) = value_and_grad_by_kind(Kind::Square, 3.0);
    assert_eq!((y, dx), (9.0, 6.0));
    let grad = grad_area(&Shape::Rect { w: 3.0, h: 2.0 });
    assert_eq!(grad, ShapeTangent::Rect { w: 2.0, h: 3.0 });
}
