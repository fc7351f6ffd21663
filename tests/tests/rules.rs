//! Methods of the standard library inside differentiated functions: each function against
//! differences in both modes, the modes against each other, and its value bit for bit.

#![allow(clippy::all, clippy::pedantic, unreachable_pub)]
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use grad_runtime::check::{check_gradient, check_jvp};
use grad_runtime::{Differentiable, differentiate};

/// A sum that tells entries and places apart.
#[differentiate]
fn weigh(entries: &[f64]) -> f64 {
    let mut total = 0.0;
    for i in 0..entries.len() {
        total += entries[i] * entries[i] * (i as f64 + 1.0);
    }
    total
}

#[differentiate]
fn stack(x: &[f64]) -> f64 {
    let mut stack: Vec<f64> = Vec::new();
    for i in 0..x.len() {
        stack.push(x[i] * x[i]);
    }
    let last = stack.pop().unwrap();
    stack.truncate(3);
    stack.insert(1, last.sin());
    let removed = stack.remove(0);
    let other = stack.swap_remove(0);
    stack.push(removed);
    stack.swap(0, 1);
    let total = weigh(&stack) + other * removed;
    stack.clear();
    stack.push(last * total);
    stack[0]
}

#[differentiate]
fn grown(x: &[f64]) -> f64 {
    let mut all = x.to_vec();
    all.extend_from_slice(&x[1..3]);
    all.extend(vec![x[0] * x[1]]);
    all.resize(9, x[2].exp());
    let mut end = all.split_off(4);
    end.append(&mut vec![x[3] * x[0]]);
    end.resize(4, 0.0);
    all.append(&mut end);
    weigh(&all)
}

#[differentiate]
fn overwritten(x: &[f64]) -> f64 {
    let mut place = vec![1.0; 6];
    place.fill(x[0] * x[0]);
    place[1..5].copy_from_slice(x);
    place[2] = place[2] * place[4];
    let mut other = x.to_vec();
    place.truncate(4);
    place.swap_with_slice(&mut other);
    weigh(&place) * weigh(&other)
}

#[differentiate]
fn turned(x: &[f64]) -> f64 {
    let mut place = x.to_vec();
    place.rotate_left(1);
    place[0] *= place[1];
    place.reverse();
    place.rotate_right(2);
    weigh(&place)
}

#[differentiate]
fn ordered(x: &[f64]) -> f64 {
    let mut place = x.to_vec();
    place.sort_by(|a, b| a.partial_cmp(b).unwrap());
    place[0] = place[0] * place[3];
    place.sort_unstable_by(|a, b| b.total_cmp(a));
    place.retain(|v| *v > 0.5);
    weigh(&place)
}

#[differentiate]
fn joined(x: &[f64]) -> f64 {
    let parts = vec![x[..2].to_vec(), x[1..].to_vec()];
    weigh(&parts.concat())
}

#[differentiate]
fn queued(x: &[f64]) -> f64 {
    let mut queue = VecDeque::new();
    for i in 0..x.len() {
        queue.push_back(x[i] * x[i]);
    }
    queue.push_front(x[1]);
    let first = queue.pop_front().unwrap();
    let last = queue.pop_back().unwrap();
    first * last + queue.pop_front().unwrap_or(0.0)
}

#[differentiate]
fn optional(x: &[f64]) -> f64 {
    let mut a = Some(x[0] * x[1]);
    let taken = a.take();
    let none = a.replace(x[2]);
    let old = a.replace(x[0] * x[2]);
    let rows: Option<Vec<f64>> = Some(vec![x[1], x[3]]);
    taken.expect("there is one") * 2.0
        + a.unwrap() * old.unwrap()
        + none.unwrap_or(x[1])
        + weigh(&rows.unwrap())
}

#[differentiate]
fn positive(x: f64) -> Result<f64, String> {
    if x > 0.0 {
        Ok(x * x)
    } else {
        Err("negative".to_owned())
    }
}

#[differentiate]
fn fallible(x: &[f64]) -> f64 {
    let a = positive(x[0]).unwrap();
    let b = positive(-x[1]).unwrap_or(x[0] * x[1]);
    let c = positive(x[2]).ok().unwrap_or_default();
    let d = positive(-x[3]).unwrap_or_default();
    a * b + c + d
}

#[differentiate]
fn exchanged(x: &[f64]) -> f64 {
    let mut a = x[0] * x[1];
    let b = std::mem::replace(&mut a, x[2] * x[2]);
    let mut v = vec![a, b];
    let mut w = std::mem::take(&mut v);
    v.push(x[3]);
    std::mem::swap(&mut v, &mut w);
    weigh(&v) * w[0]
}

/// A mass at a place.
#[derive(Differentiable, Clone, Debug)]
pub struct Particle {
    /// Where.
    pub place: [f64; 2],
    /// How heavy.
    pub mass: f64,
    /// Which.
    pub id: usize,
}

#[differentiate]
fn nested(x: &[f64]) -> f64 {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for i in 0..3 {
        let mut row = x.to_vec();
        row.rotate_left(i);
        row[0] *= x[i];
        rows.push(row);
    }
    let mut last = rows.pop().unwrap();
    last.push(x[1]);
    rows.insert(0, last);
    rows.swap(0, 1);
    rows.reverse();
    let mut total = 0.0;
    for i in 0..rows.len() {
        total += weigh(&rows[i]) * (i as f64 + 1.0);
    }
    total
}

#[differentiate]
fn particles(x: &[f64]) -> f64 {
    let mut all = Vec::new();
    for i in 0..4 {
        all.push(Particle {
            place: [x[i], x[i] * x[0]],
            mass: x[3 - i],
            id: i,
        });
    }
    all.sort_by(|a, b| b.mass.total_cmp(&a.mass));
    let heaviest = all.remove(0);
    all.retain(|p| p.id != 1);
    let mut total = heaviest.mass * heaviest.place[0];
    for p in &all {
        total += p.mass * p.place[0] + p.place[1];
    }
    total
}

/// A binary tree, generic.
#[derive(Differentiable, Clone, Debug)]
pub enum Tree<T> {
    /// A number.
    Leaf(T),
    /// Two.
    Node(Box<Tree<T>>, Box<Tree<T>>),
}

#[differentiate]
fn total(tree: &Tree<f64>) -> f64 {
    match tree {
        Tree::Leaf(x) => x.sin(),
        Tree::Node(a, b) => total(a) * total(b) + total(a),
    }
}

#[test]
fn methods_of_the_standard_library() {
    macro_rules! check {
        ($($f:ident $value_and_grad:ident $grad:ident $jvp:ident)*) => {$(
            for point in [vec![0.9, 1.7, 0.3, 2.1], vec![2.2, 0.4, 1.1, 0.8]] {
                let name = stringify!($f);
                let (value, _) = $value_and_grad(&point);
                assert_eq!(value.to_bits(), $f(&point).to_bits(), "{name}");
                check_gradient(|x: &Vec<f64>| $f(x), |x| $grad(x), point.clone())
                    .unwrap_or_else(|error| panic!("{name}, reverse: {error}"));
                check_jvp(|x: &Vec<f64>| $f(x), |x, x_dot| $jvp(x, x_dot).1, point.clone())
                    .unwrap_or_else(|error| panic!("{name}, forward: {error}"));
            }
        )*};
    }
    check! {
        stack value_and_grad_stack grad_stack jvp_stack
        grown value_and_grad_grown grad_grown jvp_grown
        overwritten value_and_grad_overwritten grad_overwritten jvp_overwritten
        turned value_and_grad_turned grad_turned jvp_turned
        ordered value_and_grad_ordered grad_ordered jvp_ordered
        joined value_and_grad_joined grad_joined jvp_joined
        queued value_and_grad_queued grad_queued jvp_queued
        optional value_and_grad_optional grad_optional jvp_optional
        fallible value_and_grad_fallible grad_fallible jvp_fallible
        nested value_and_grad_nested grad_nested jvp_nested
        particles value_and_grad_particles grad_particles jvp_particles
        exchanged value_and_grad_exchanged grad_exchanged jvp_exchanged
    }
}

#[test]
fn a_recursive_enum() {
    let leaf = |x| Box::new(Tree::Leaf(x));
    let tree = Tree::Node(leaf(0.5), Box::new(Tree::Node(leaf(1.5), leaf(-0.7))));
    check_gradient(total, grad_total, tree.clone()).unwrap();
    check_jvp(total, |x, x_dot| jvp_total(x, x_dot).1, tree).unwrap();
}
