//! The objectives over any [`Number`], in the same steps as those of the examples.

use grad_examples::adbench::PI;
use grad_examples::adbench::gmm::{Gmm, wishart_constant};
use grad_examples::adbench::hand::{FINGERS, Hand, Model};
use grad_examples::adbench::lstm::Lstm;
use grad_examples::adbench::matrix::Mat4;
use grad_examples::adbench::vector::Vec2;

use crate::number::Number;

fn zero<T: Number>() -> T {
    T::constant(0.0)
}

fn log_sum_exp<T: Number>(x: &[T]) -> T {
    let largest = |top: T, x: &T| if x.value() > top.value() { *x } else { top };
    let top = x.iter().fold(x[0], largest);
    let mut sum = zero::<T>();
    for &x in x {
        sum += (x - top).exp();
    }
    sum.ln() + top
}

fn squared_norm<T: Number>(x: &[T]) -> T {
    let mut sum = zero::<T>();
    for &x in x {
        sum += x * x;
    }
    sum
}

/// The log posterior of a mixture at `parameters`: alphas, means, factors.
pub fn gmm<T: Number>(data: &Gmm, parameters: &[T]) -> T {
    let (d, k) = (data.d, data.alphas.len());
    let (n, icf_size) = (data.points.len() / d, d * (d + 1) / 2);
    let (alphas, rest) = parameters.split_at(k);
    let (means, icf) = rest.split_at(k * d);
    let mut diagonals = vec![zero::<T>(); k * d];
    let mut sums = vec![zero::<T>(); k];
    for c in 0..k {
        for i in 0..d {
            let q = icf[c * icf_size + i];
            sums[c] += q;
            diagonals[c * d + i] = q.exp();
        }
    }
    let mut centred = vec![zero::<T>(); d];
    let mut scaled = vec![zero::<T>(); d];
    let mut terms = vec![zero::<T>(); k];
    let mut total = T::constant(-0.5 * (n * d) as f64 * (2.0 * PI).ln());
    for point in data.points.chunks_exact(d) {
        for c in 0..k {
            for i in 0..d {
                centred[i] = T::constant(point[i]) - means[c * d + i];
                scaled[i] = diagonals[c * d + i] * centred[i];
            }
            let mut next = c * icf_size + d;
            for i in 0..d {
                for below in &mut scaled[i + 1..] {
                    *below += icf[next] * centred[i];
                    next += 1;
                }
            }
            terms[c] = alphas[c] + sums[c] - squared_norm(&scaled) * 0.5;
        }
        total += log_sum_exp(&terms);
    }
    let wishart = &data.wishart;
    total += -log_sum_exp(alphas) * n as f64;
    for c in 0..k {
        let frobenius = squared_norm(&diagonals[c * d..(c + 1) * d])
            + squared_norm(&icf[c * icf_size + d..(c + 1) * icf_size]);
        total += frobenius * (0.5 * wishart.gamma * wishart.gamma);
        total += -sums[c] * f64::from(wishart.m);
    }
    total - T::constant(k as f64 * wishart_constant(d, wishart))
}

fn sigmoid<T: Number>(x: T) -> T {
    T::constant(1.0) / (T::constant(1.0) + (-x).exp())
}

/// The loss of a character model at `parameters`: main, extra.
pub fn lstm<T: Number>(data: &Lstm, parameters: &[T]) -> T {
    let b = data.bits;
    let (main, extra) = parameters.split_at(data.main.len());
    let mut states: Vec<T> = data.state.iter().map(|&x| T::constant(x)).collect();
    let mut input = vec![zero::<T>(); b];
    let mut total = zero::<T>();
    let characters = data.sequence.chunks_exact(b);
    for (character, next) in characters.clone().zip(characters.skip(1)) {
        for i in 0..b {
            input[i] = extra[i] * character[i];
        }
        for (state, p) in states.chunks_exact_mut(2 * b).zip(main.chunks_exact(8 * b)) {
            for i in 0..b {
                let (hidden, cell) = (state[i], state[b + i]);
                let forget = sigmoid(input[i] * p[i] + p[4 * b + i]);
                let ingate = sigmoid(hidden * p[b + i] + p[5 * b + i]);
                let outgate = sigmoid(input[i] * p[2 * b + i] + p[6 * b + i]);
                let change = (hidden * p[3 * b + i] + p[7 * b + i]).tanh();
                state[b + i] = cell * forget + ingate * change;
                state[i] = outgate * state[b + i].tanh();
                input[i] = state[i];
            }
        }
        let mut sum = T::constant(2.0);
        for i in 0..b {
            input[i] = input[i] * extra[b + i] + extra[2 * b + i];
            sum += input[i].exp();
        }
        let normaliser = sum.ln();
        for i in 0..b {
            total += (input[i] - normaliser) * next[i];
        }
    }
    let count = data.sequence.len() - b;
    -total * (1.0 / count as f64)
}

fn cross<T: Number>(a: [T; 3], b: [T; 3]) -> [T; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// The residuals of an observation, at a camera's eleven parameters, a point and a weight.
pub fn ba<T: Number>(parameters: &[T; 15], feature: Vec2) -> [T; 2] {
    let [r0, r1, r2, c0, c1, c2, focal, u, v, k0, k1, x, y, z, weight] = *parameters;
    let (axis, p) = ([r0, r1, r2], [x - c0, y - c1, z - c2]);
    let squared = squared_norm(&axis);
    let seen: [T; 3] = if squared.value() == 0.0 {
        let moved = cross(axis, p);
        std::array::from_fn(|i| p[i] + moved[i])
    } else {
        let angle = squared.sqrt();
        let (sine, cosine) = angle.sin_cos();
        let inverse = T::constant(1.0) / angle;
        let unit = axis.map(|x| x * inverse);
        let across = cross(unit, p);
        let along =
            (unit[0] * p[0] + unit[1] * p[1] + unit[2] * p[2]) * (T::constant(1.0) - cosine);
        std::array::from_fn(|i| p[i] * cosine + across[i] * sine + unit[i] * along)
    };
    let at = [seen[0] / seen[2], seen[1] / seen[2]];
    let squared = squared_norm(&at);
    let scale = T::constant(1.0) + k0 * squared + k1 * squared * squared;
    let (centre, feature) = ([u, v], <[f64; 2]>::from(feature));
    std::array::from_fn(|i| weight * (at[i] * scale * focal + centre[i] - T::constant(feature[i])))
}

type Transform<T> = [[T; 4]; 4];

/// The product with a constant on the right.
fn times_constant<T: Number>(a: &Transform<T>, b: &Mat4) -> Transform<T> {
    b.columns.map(|column| {
        std::array::from_fn(|i| {
            let mut sum = zero::<T>();
            for k in 0..4 {
                sum += a[k][i] * column[k];
            }
            sum
        })
    })
}

fn product<T: Number>(a: &Transform<T>, b: &Transform<T>) -> Transform<T> {
    std::array::from_fn(|j| {
        std::array::from_fn(|i| {
            let mut sum = zero::<T>();
            for k in 0..4 {
                sum += a[k][i] * b[j][k];
            }
            sum
        })
    })
}

fn axis_rotation<T: Number>(axis: [T; 3]) -> [[T; 3]; 3] {
    let one = T::constant(1.0);
    let angle = squared_norm(&axis).sqrt();
    let [x, y, z] = axis.map(|x| x / angle);
    let (s, c) = angle.sin_cos();
    [
        [
            x * x + (one - x * x) * c,
            x * y * (one - c) + z * s,
            x * z * (one - c) - y * s,
        ],
        [
            x * y * (one - c) - z * s,
            y * y + (one - y * y) * c,
            z * y * (one - c) + x * s,
        ],
        [
            x * z * (one - c) + y * s,
            y * z * (one - c) - x * s,
            z * z + (one - z * z) * c,
        ],
    ]
}

fn bone_rotation<T: Number>([flexion, abduction]: [T; 2]) -> Transform<T> {
    let (sx, cx) = flexion.sin_cos();
    let (sz, cz) = abduction.sin_cos();
    let (o, one) = (zero(), T::constant(1.0));
    [
        [cz, sz, o, o],
        [-sz * cx, cz * cx, sx, o],
        [sz * sx, -cz * sx, cx, o],
        [o, o, o, one],
    ]
}

fn bone_transforms<T: Number>(theta: &[T; 26], model: &Model) -> Vec<Transform<T>> {
    let mut angles = vec![[zero::<T>(); 2]; model.parents.len()];
    for finger in 0..FINGERS {
        let (first, bone) = (6 + 4 * finger, 2 + 4 * finger);
        angles[bone] = [theta[first], theta[first + 1]];
        angles[bone + 1][0] = theta[first + 2];
        angles[bone + 2][0] = theta[first + 3];
    }
    let mut absolutes: Vec<Transform<T>> = Vec::with_capacity(angles.len());
    for (bone, &angles) in angles.iter().enumerate() {
        let base = model.base_relatives[bone]
            .columns
            .map(|c| c.map(T::constant));
        let relative = product(&base, &bone_rotation(angles));
        let absolute = match model.parents[bone] {
            Some(parent) => product(&absolutes[parent], &relative),
            None => relative,
        };
        absolutes.push(absolute);
    }
    let inverses = model.inverse_base_absolutes.iter();
    let transforms = absolutes.iter().zip(inverses);
    transforms
        .map(|(a, inverse)| times_constant(a, inverse))
        .collect()
}

/// The residuals of the simple form.
pub fn hand<T: Number>(data: &Hand, theta: &[T; 26]) -> Vec<T> {
    let model = &data.model;
    let transforms = bone_transforms(theta, model);
    let rotation = axis_rotation([theta[0], theta[1], theta[2]]);
    let weights = model.weights.chunks_exact(model.parents.len());
    let vertices = model.base_positions.iter().zip(weights);
    let positions: Vec<[T; 3]> = vertices
        .map(|(&vertex, weights)| {
            let vertex: [f64; 3] = vertex.into();
            let mut p = [zero::<T>(); 3];
            for (transform, &weight) in transforms.iter().zip(weights) {
                for i in 0..3 {
                    let mut moved = transform[3][i];
                    for k in 0..3 {
                        moved += transform[k][i] * vertex[k];
                    }
                    p[i] += moved * weight;
                }
            }
            std::array::from_fn(|i| {
                rotation[0][i] * p[0] + rotation[1][i] * p[1] + rotation[2][i] * p[2] + theta[3 + i]
            })
        })
        .collect();
    let mut out = Vec::with_capacity(3 * data.points.len());
    for (&point, &vertex) in data.points.iter().zip(&data.correspondences) {
        for (x, position) in <[f64; 3]>::from(point).into_iter().zip(positions[vertex]) {
            out.push(T::constant(x) - position);
        }
    }
    out
}
