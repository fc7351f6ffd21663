//! Iterators over fields, over the user's own types, in methods and in generic functions.

use grad_runtime::{Differentiable, differentiate};

/// A layer with its weights as rows.
#[derive(Clone, Debug, Differentiable)]
pub(crate) struct Layer {
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) bias: Vec<f64>,
}

#[differentiate]
impl Layer {
    pub(crate) fn forward(&self, x: &[f64]) -> Vec<f64> {
        self.rows
            .iter()
            .zip(&self.bias)
            .map(|(row, b)| row.iter().zip(x).map(|(w, v)| w * v).sum::<f64>() + b)
            .map(f64::tanh)
            .collect()
    }

    pub(crate) fn norm(&self) -> f64 {
        let rows: f64 = self.rows.iter().flatten().map(|w| w * w).sum();
        let bias = self.bias.iter().map(|b| b * b).sum::<f64>();
        (rows + bias).sqrt()
    }
}

/// Layers one behind the other.
#[derive(Clone, Debug, Differentiable)]
pub(crate) struct Network {
    pub(crate) layers: Vec<Layer>,
}

#[differentiate]
impl Network {
    pub(crate) fn loss(&self, x: &[f64]) -> f64 {
        let mut h = x.to_vec();
        for layer in &self.layers {
            h = layer.forward(&h);
        }
        let penalty: f64 = self.layers.iter().map(|layer| layer.norm()).sum();
        h.iter().map(|v| v * v).sum::<f64>() + 0.1 * penalty
    }
}

/// A point.
#[derive(Clone, Copy, Debug, Differentiable)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

#[differentiate]
impl Point {
    pub(crate) fn length(&self) -> f64 {
        self.x.hypot(self.y)
    }
}

/// Fields of elements; methods by path; points collected.
#[differentiate]
fn points(x: &[f64]) -> f64 {
    let points: Vec<Point> = x
        .chunks_exact(2)
        .map(|c| Point {
            x: c[0],
            y: c[0] * c[1],
        })
        .collect();
    let lengths: f64 = points.iter().map(Point::length).sum();
    let areas: f64 = points
        .windows(2)
        .map(|w| w[0].x * w[1].y - w[1].x * w[0].y)
        .sum();
    let largest = points.iter().map(|p| p.x).fold(f64::NEG_INFINITY, f64::max);
    let far = points
        .iter()
        .max_by(|a, b| a.x.total_cmp(&b.x))
        .map(|p| p.y)
        .unwrap_or(0.0);
    let mut sum = 0.0;
    for Point { x, y } in &points {
        sum += x * y;
    }
    lengths * areas + largest * far + sum
}

/// Weights of a network as one list.
#[differentiate]
fn network(x: &[f64]) -> f64 {
    let network = Network {
        layers: x
            .chunks_exact(6)
            .map(|w| Layer {
                rows: w[..4].chunks(2).map(|row| row.to_vec()).collect(),
                bias: w[4..].to_vec(),
            })
            .collect(),
    };
    network.loss(&[0.5, -0.3])
}

/// Closures on options.
#[differentiate]
fn options(x: &[f64]) -> f64 {
    let positive = |v: f64| if v > 0.0 { Some(v) } else { None };
    let a = positive(x[0]).map(|v| v.ln()).unwrap_or(x[1]);
    let b = positive(x[1]).map_or(x[0] * 2.0, |v| v * v);
    let c = positive(x[0])
        .and_then(|v| positive(v - 1.0))
        .unwrap_or_else(|| x[0] * x[1]);
    let d = positive(x[1]).filter(|v| *v < 10.0).is_some();
    let e = x.get(1).map(|v| v.sin()).unwrap_or_default();
    let f = positive(x[0]).or_else(|| positive(x[1])).unwrap_or(1.0);
    let g = positive(x[0]).is_some_and(|v| v > 0.5);
    let h = positive(x[0])
        .zip(positive(x[1]))
        .map(|(a, b)| a / b)
        .unwrap_or(x[1]);
    a * b + c + e * f + h + if d { x[1] } else { x[0] } + if g { x[0].cos() } else { 0.0 }
}

/// `?` in a closure leaves the closure.
#[differentiate]
fn questions(x: &[f64]) -> f64 {
    let root = |v: f64| if v >= 0.0 { Some(v.sqrt()) } else { None };
    let both = |a: f64, b: f64| -> Option<f64> {
        let p = root(a)?;
        let q = root(b)?;
        Some(p * q + p)
    };
    let total: f64 = x.windows(2).filter_map(|w| both(w[0], w[1])).sum();
    total + both(x[0], 2.0).unwrap_or(x[0])
}

/// Functions chosen at run time, boxed, behind references, made by closures.
#[differentiate]
fn chosen_functions(x: &[f64]) -> f64 {
    let mut total = 0.0;
    for (k, v) in x.iter().enumerate() {
        let activation = match k % 3 {
            0 => f64::tanh,
            1 => f64::exp,
            _ => f64::cos,
        };
        let shift: fn(f64) -> f64 = if *v > 0.0 { |t| t + 1.0 } else { |t| t * t };
        total += shift(activation(*v));
    }
    let scale = |k: f64| move |t: f64| k * t;
    let double = scale(2.0 * x[0]);
    let by_reference: &dyn Fn(f64) -> f64 = &|t| t * x[1];
    let boxed: Box<dyn Fn(f64) -> f64> = Box::new(|t| t.sin() * x[0]);
    total + double(x[1]) + by_reference(x[0]) + boxed(total)
}

/// Points, rows and a table behind fields.
#[derive(Clone, Debug, Differentiable)]
pub(crate) struct Many {
    pub(crate) points: Vec<Point>,
    pub(crate) scale: f64,
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) table: [[f64; 2]; 2],
}

#[differentiate]
impl Many {
    /// Elements by reference, copied, moved, taken apart.
    pub(crate) fn walked(&self) -> f64 {
        let mut total = 0.0;
        for p in self.points.iter().copied() {
            total += p.x * p.y;
        }
        for p in self.points.clone() {
            total += p.x * p.x;
        }
        for row in self.rows.clone() {
            for v in row {
                total += v * v;
            }
        }
        for row in self.table {
            total += row[0] * row[1];
        }
        for [a, b] in &self.table {
            total += a / (2.0 + b * b);
        }
        total
    }

    /// Captured `self`, vectors out of vectors.
    pub(crate) fn scaled(&self) -> f64 {
        let scaled: Vec<f64> = self.points.iter().map(|p| p.x * self.scale).collect();
        let shifted = Vec::from_iter(scaled.iter().map(|v| v + 1.0));
        let doubled = shifted
            .iter()
            .copied()
            .fold(Vec::new(), |mut all: Vec<f64>, v| {
                all.push(v * 2.0);
                all
            });
        doubled.iter().product()
    }

    /// Fields of elements changed in place.
    pub(crate) fn changed(&self) -> f64 {
        let mut me = self.clone();
        for p in &mut me.points {
            p.x *= self.scale;
            p.y += p.x;
        }
        for row in me.rows.iter_mut() {
            for v in row.iter_mut() {
                *v = v.sin();
            }
        }
        me.rows.iter_mut().flatten().for_each(|v| *v *= 2.0);
        me.points.iter().map(|p| p.y).sum::<f64>() + me.rows.iter().map(|r| r[0]).sum::<f64>()
    }

    /// Columns, and the row that is largest.
    pub(crate) fn columns(&self) -> f64 {
        let sums: Vec<f64> = self.rows.iter().map(|r| r.iter().sum()).collect();
        let best = sums
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.partial_cmp(b.1).unwrap())
            .map(|(i, _)| i)
            .unwrap();
        let columns: Vec<f64> = (0..2)
            .map(|j| self.rows.iter().map(|r| r[j]).sum::<f64>())
            .collect();
        self.rows[best][0] * columns[1] + sums[best]
    }
}

#[differentiate]
fn fields(x: &[f64]) -> f64 {
    let many = Many {
        points: vec![Point { x: x[0], y: x[1] }, Point { x: x[2], y: x[0] }],
        scale: x[3],
        rows: x.chunks_exact(2).map(|row| row.to_vec()).collect(),
        table: [[x[1], x[2]], [x[0] * x[3], 0.5]],
    };
    many.walked() * many.scaled() + many.changed() * many.columns()
}

/// What a number type of one's own offers.
pub(crate) trait Real:
    Copy + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self> + std::iter::Sum
{
    fn sin(self) -> Self;
}

impl Real for f64 {
    fn sin(self) -> Self {
        f64::sin(self)
    }
}

/// Generic over the number type.
#[differentiate]
fn generic_sum<T: Real>(x: &[T]) -> T {
    let squares = x.iter().map(|&v| v * v).sum::<T>();
    let sines: Vec<T> = x.iter().map(|v| v.sin()).collect();
    let products: T = sines.iter().zip(x).map(|(a, b)| *a * *b).sum();
    x.iter().fold(squares * products, |total, v| total + *v)
}

#[differentiate]
fn generic(x: &[f64]) -> f64 {
    generic_sum(x)
}

#[derive(Clone, Differentiable)]
struct Listed {
    list: Vec<f64>,
}

/// What is looked at through two references, of a type that the front does not know.
#[differentiate]
fn looked_at(x: &[f64]) -> f64 {
    let o = Listed { list: x.to_vec() };
    let large = o.list.iter().filter(|v| **v > 0.3).map(|v| v.sin());
    let first = o.list.iter().take_while(|&v| *v > 0.3);
    let rest = o.list.iter().enumerate().skip_while(|(_, v)| **v > 0.3);
    large.sum::<f64>() * first.product::<f64>() + rest.map(|(_, v)| v * v).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use crate::iterators::check;

    check! {
        fields, value_and_grad_fields, jvp_fields at [0.7, -0.4, 1.3, 0.25], [0.7, -0.4, 1.3, 0.25, 0.3];
        generic, value_and_grad_generic, jvp_generic at [0.7, -0.4, 1.3], [];
        looked_at, value_and_grad_looked_at, jvp_looked_at at [0.7, 0.4, 0.1, 1.3], [0.2, 0.5];
        points, value_and_grad_points, jvp_points at [0.7, -0.4, 1.3, 0.25, -1.1, 0.6], [0.3, 0.4];
        network, value_and_grad_network, jvp_network
            at [0.7, -0.4, 1.3, 0.25, -1.1, 0.6, 0.3, -0.2, 0.5, 0.9, 0.1, -0.7];
        options, value_and_grad_options, jvp_options at [0.7, -0.4], [1.3, 0.6], [-0.3, 0.2];
        questions, value_and_grad_questions, jvp_questions at [0.7, 1.4, -0.3, 0.2, 0.9], [-0.3, 0.2];
        chosen_functions, value_and_grad_chosen_functions, jvp_chosen_functions at [0.7, 1.4, -0.3, 0.2, 0.9];
    }
}
