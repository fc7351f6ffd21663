//! The dense Jacobian, forwards: a parameter moves its bone and those that hang on it.
//!
//! The positions are those of the function, for every vertex. Their derivatives are taken only by
//! the parameters that move them, and only for the vertices that a correspondence names. The
//! product rule `d(absolute) = absolute_parent base d(rotation)` starts at a bone;
//! `d(absolute_child) = d(absolute) relative_child` goes on from it.

use crate::adbench::hand::{FINGERS, Hand, Model, PARAMETERS};
use crate::adbench::matrix::{Mat4, apply, product};

type Vec3 = [f64; 3];

/// The columns of a 3 x 3 matrix.
type Mat3 = [Vec3; 3];

const UNIT: Mat3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// How a parameter moves one bone.
struct Motion {
    bone: usize,
    transform: Mat4,
}

impl Motion {
    /// Adds the global rotation after the motion, so that it is done once and not for each point.
    fn turn(&mut self, rotation: &Mat3) {
        for column in &mut self.transform.columns {
            let turned = times(rotation, [column[0], column[1], column[2]]);
            column[..3].copy_from_slice(&turned);
        }
    }
}

/// The posed bones, and how each of the fingers' parameters moves them.
struct Pose {
    transforms: Vec<Mat4>,
    motions: Vec<Vec<Motion>>,
}

/// The residuals and, column after column, their Jacobian.
pub fn jacobian(data: &Hand, residuals: &mut [f64], jacobian: &mut [f64]) {
    let model = &data.model;
    let mut pose = Pose::new(&data.theta, model);
    let bones = model.parents.len();
    let (rotation, rotation_by) = axis_rotation([data.theta[0], data.theta[1], data.theta[2]]);
    for motion in pose.motions.iter_mut().flatten() {
        motion.turn(&rotation);
    }
    let skinned: Vec<Vec3> = model
        .base_positions
        .iter()
        .zip(model.weights.chunks_exact(bones))
        .map(|(&vertex, weights)| skin(&pose.transforms, weights, vertex))
        .collect();
    let translation = [data.theta[3], data.theta[4], data.theta[5]];
    let rows = residuals.len();
    let (by_us, by_theta) = jacobian.split_at_mut(jacobian.len() - PARAMETERS * rows);
    for (p, &correspondence) in data.correspondences.iter().enumerate() {
        let (corners, share) = match &data.us {
            None => ([correspondence; 3], [1.0, 0.0, 0.0]),
            Some(us) => {
                let [u0, u1] = us[p];
                (model.triangles[correspondence], [u0, u1, 1.0 - u0 - u1])
            }
        };
        let used = if data.us.is_some() { 3 } else { 1 };
        let mut at = [0.0; 3];
        for (&corner, share) in corners.iter().zip(share).take(used) {
            add_scaled(&mut at, share, skinned[corner]);
        }
        let turned = times(&rotation, at);
        for i in 0..3 {
            residuals[3 * p + i] = data.points[p][i] - (turned[i] + translation[i]);
        }
        let mut place = |column: usize, value: Vec3| {
            for (i, value) in value.into_iter().enumerate() {
                by_theta[column * rows + 3 * p + i] = -value;
            }
        };
        for (axis, by_axis) in rotation_by.iter().enumerate() {
            place(axis, times(by_axis, at));
            place(3 + axis, UNIT[axis]);
        }
        for (parameter, motions) in pose.motions.iter().enumerate() {
            let mut dot = [0.0; 3];
            for (&corner, share) in corners.iter().zip(share).take(used) {
                let weights = &model.weights[corner * bones..(corner + 1) * bones];
                for motion in motions {
                    let moved = apply(&motion.transform, model.base_positions[corner]);
                    add_scaled(&mut dot, share * weights[motion.bone], moved);
                }
            }
            place(6 + parameter, dot);
        }
        if !by_us.is_empty() {
            for (u, column) in by_us.chunks_exact_mut(rows).enumerate() {
                let (here, last) = (skinned[corners[u]], skinned[corners[2]]);
                let edge = times(&rotation, std::array::from_fn(|i| last[i] - here[i]));
                column[3 * p..3 * p + 3].copy_from_slice(&edge);
            }
        }
    }
}

impl Pose {
    fn new(theta: &[f64], model: &Model) -> Self {
        let mut angles = vec![[0.0; 2]; model.parents.len()];
        let mut moved_by = Vec::new();
        for finger in 0..FINGERS {
            let bone = 2 + 4 * finger;
            for (bone, angle) in [(bone, 0), (bone, 1), (bone + 1, 0), (bone + 2, 0)] {
                angles[bone][angle] = theta[6 + moved_by.len()];
                moved_by.push((bone, angle));
            }
        }
        let relatives: Vec<Mat4> = (model.base_relatives.iter().zip(&angles))
            .map(|(base, &angles)| product(base, &bone_rotation(angles)))
            .collect();
        let mut absolutes: Vec<Mat4> = Vec::with_capacity(relatives.len());
        for (bone, relative) in relatives.iter().enumerate() {
            let absolute = match model.parents[bone] {
                parent if parent == bone => *relative,
                parent => product(&absolutes[parent], relative),
            };
            absolutes.push(absolute);
        }
        let motions = moved_by
            .iter()
            .map(|&(bone, angle)| {
                let turned = bone_rotation_by(angles[bone], angle);
                let relative = product(&model.base_relatives[bone], &turned);
                let start = match model.parents[bone] {
                    parent if parent == bone => relative,
                    parent => product(&absolutes[parent], &relative),
                };
                motions_of(bone, start, &relatives, model)
            })
            .collect();
        let transforms = (absolutes.iter().zip(&model.inverse_base_absolutes))
            .map(|(absolute, inverse)| product(absolute, inverse))
            .collect();
        Self {
            transforms,
            motions,
        }
    }
}

/// How a motion of one bone moves it and every bone that hangs on it.
fn motions_of(first: usize, start: Mat4, relatives: &[Mat4], model: &Model) -> Vec<Motion> {
    let mut absolutes = vec![(first, start)];
    for bone in first + 1..relatives.len() {
        let parent = model.parents[bone];
        if let Some(&(_, moved)) = absolutes.iter().find(|(bone, _)| *bone == parent) {
            absolutes.push((bone, product(&moved, &relatives[bone])));
        }
    }
    absolutes
        .into_iter()
        .map(|(bone, absolute)| Motion {
            bone,
            transform: product(&absolute, &model.inverse_base_absolutes[bone]),
        })
        .collect()
}

fn skin(transforms: &[Mat4], weights: &[f64], vertex: Vec3) -> Vec3 {
    let mut out = [0.0; 3];
    for (transform, &weight) in transforms.iter().zip(weights) {
        add_scaled(&mut out, weight, apply(transform, vertex));
    }
    out
}

fn add_scaled(sum: &mut Vec3, factor: f64, x: Vec3) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
    }
}

fn times(a: &Mat3, x: Vec3) -> Vec3 {
    std::array::from_fn(|i| a[0][i] * x[0] + a[1][i] * x[1] + a[2][i] * x[2])
}

/// `Rz(abduction) Rx(flexion)`: no parameter twists.
fn bone_rotation([flexion, abduction]: [f64; 2]) -> Mat4 {
    let (sx, cx) = flexion.sin_cos();
    let (sz, cz) = abduction.sin_cos();
    Mat4 {
        columns: [
            [cz, sz, 0.0, 0.0],
            [-sz * cx, cz * cx, sx, 0.0],
            [sz * sx, -cz * sx, cx, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ],
    }
}

/// The derivative of [`bone_rotation`] by one of its angles.
fn bone_rotation_by([flexion, abduction]: [f64; 2], angle: usize) -> Mat4 {
    let (sx, cx) = flexion.sin_cos();
    let (sz, cz) = abduction.sin_cos();
    let columns = if angle == 0 {
        [
            [0.0; 4],
            [sz * sx, -cz * sx, cx, 0.0],
            [sz * cx, -cz * cx, -sx, 0.0],
            [0.0; 4],
        ]
    } else {
        [
            [-sz, cz, 0.0, 0.0],
            [-cz * cx, -sz * cx, 0.0, 0.0],
            [cz * sx, sz * sx, 0.0, 0.0],
            [0.0; 4],
        ]
    };
    Mat4 { columns }
}

/// The rotation about an axis by its length, and its derivatives by the axis.
///
/// With the unit axis `u` and the angle `t`: `R = cos t I + (1 - cos t) u u^T + sin t [u]`.
fn axis_rotation(axis: Vec3) -> (Mat3, [Mat3; 3]) {
    let angle = axis.iter().map(|x| x * x).sum::<f64>().sqrt();
    if angle < 0.0001 {
        return (UNIT, [[[0.0; 3]; 3]; 3]);
    }
    let (s, c) = angle.sin_cos();
    let u = axis.map(|x| x / angle);
    let turn = |u: Vec3, i: usize, j: usize| match (3 + j - i) % 3 {
        // Row i of [u] x, column j.
        1 => -u[3 - i - j],
        2 => u[3 - i - j],
        _ => 0.0,
    };
    let rotation = std::array::from_fn(|j| {
        std::array::from_fn(|i| c * UNIT[j][i] + (1.0 - c) * u[i] * u[j] + s * turn(u, i, j))
    });
    let by = std::array::from_fn(|axis| {
        let u_dot: Vec3 = std::array::from_fn(|i| (UNIT[axis][i] - u[axis] * u[i]) / angle);
        let (s_dot, c_dot) = (c * u[axis], -s * u[axis]);
        std::array::from_fn(|j| {
            std::array::from_fn(|i| {
                c_dot * (UNIT[j][i] - u[i] * u[j])
                    + (1.0 - c) * (u_dot[i] * u[j] + u[i] * u_dot[j])
                    + s_dot * turn(u, i, j)
                    + s * turn(u_dot, i, j)
            })
        })
    });
    (rotation, by)
}
