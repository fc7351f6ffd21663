//! The dense Jacobian, forwards: a parameter moves its bone and those that hang on it.
//!
//! The positions are those of the function, for every vertex. Their derivatives are taken only by
//! the parameters that move them, and only for the vertices that a correspondence names. The
//! product rule `d(absolute) = absolute_parent base d(rotation)` starts at a bone;
//! `d(absolute_child) = d(absolute) relative_child` goes on from it.

use crate::adbench::hand::{FINGERS, Hand, Model, PARAMETERS};
use crate::adbench::matrix::Mat4;
use crate::adbench::vector::{Vec2, Vec3, vec3};

/// The columns of a 3 x 3 matrix.
type Mat3 = [Vec3; 3];

/// The columns of the unit matrix.
const UNIT: Mat3 = [
    Vec3 {
        x: 1.0,
        y: 0.0,
        z: 0.0,
    },
    Vec3 {
        x: 0.0,
        y: 1.0,
        z: 0.0,
    },
    Vec3 {
        x: 0.0,
        y: 0.0,
        z: 1.0,
    },
];

/// How a parameter moves one bone.
struct Motion {
    bone: usize,
    transform: Mat4,
}

impl Motion {
    /// Adds the global rotation after the motion, so that it is done once and not for each point.
    fn turn(&mut self, rotation: &Mat3) {
        for column in &mut self.transform.columns {
            let turned = times(rotation, vec3(column[0], column[1], column[2]));
            column[..3].copy_from_slice(&<[f64; 3]>::from(turned));
        }
    }
}

/// The posed bones, and how each of the fingers' parameters moves them.
struct Pose {
    transforms: Vec<Mat4>,
    motions: Vec<Vec<Motion>>,
}

/// The residuals and, column after column, their Jacobian.
pub fn jacobian(data: &Hand, residuals: &mut [Vec3], jacobian: &mut [Vec3]) {
    let model = &data.model;
    let mut pose = Pose::new(&data.theta, model);
    let bones = model.parents.len();
    let (rotation, rotation_by) = axis_rotation(vec3(data.theta[0], data.theta[1], data.theta[2]));
    for motion in pose.motions.iter_mut().flatten() {
        motion.turn(&rotation);
    }
    let skinned: Vec<Vec3> = model
        .base_positions
        .iter()
        .zip(model.weights.chunks_exact(bones))
        .map(|(&vertex, weights)| skin(&pose.transforms, weights, vertex))
        .collect();
    let translation = vec3(data.theta[3], data.theta[4], data.theta[5]);
    let rows = residuals.len();
    let (by_us, by_theta) = jacobian.split_at_mut(jacobian.len() - PARAMETERS * rows);
    for (p, &correspondence) in data.correspondences.iter().enumerate() {
        let (corners, share) = match &data.us {
            None => ([correspondence; 3], [1.0, 0.0, 0.0]),
            Some(us) => {
                let Vec2 { x: u0, y: u1 } = us[p];
                (model.triangles[correspondence], [u0, u1, 1.0 - u0 - u1])
            }
        };
        let used = if data.us.is_some() { 3 } else { 1 };
        let mut at = Vec3::default();
        for (&corner, share) in corners.iter().zip(share).take(used) {
            at = at + skinned[corner] * share;
        }
        residuals[p] = data.points[p] - (times(&rotation, at) + translation);
        let mut place = |column: usize, value: Vec3| {
            by_theta[column * rows + p] = value * -1.0;
        };
        for (axis, by_axis) in rotation_by.iter().enumerate() {
            place(axis, times(by_axis, at));
            place(3 + axis, UNIT[axis]);
        }
        for (parameter, motions) in pose.motions.iter().enumerate() {
            let mut dot = Vec3::default();
            for (&corner, share) in corners.iter().zip(share).take(used) {
                let weights = &model.weights[corner * bones..(corner + 1) * bones];
                for motion in motions {
                    let moved = motion.transform * model.base_positions[corner];
                    dot = dot + moved * (share * weights[motion.bone]);
                }
            }
            place(6 + parameter, dot);
        }
        if !by_us.is_empty() {
            for (u, column) in by_us.chunks_exact_mut(rows).enumerate() {
                let (here, last) = (skinned[corners[u]], skinned[corners[2]]);
                column[p] = times(&rotation, last - here);
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
            .map(|(base, &angles)| *base * bone_rotation(angles))
            .collect();
        let mut absolutes: Vec<Mat4> = Vec::with_capacity(relatives.len());
        for (bone, relative) in relatives.iter().enumerate() {
            absolutes.push(in_hand(model.parents[bone], &absolutes, *relative));
        }
        let motions = moved_by
            .iter()
            .map(|&(bone, angle)| {
                let turned = bone_rotation_by(angles[bone], angle);
                let relative = model.base_relatives[bone] * turned;
                let start = in_hand(model.parents[bone], &absolutes, relative);
                motions_of(bone, start, &relatives, model)
            })
            .collect();
        let transforms = (absolutes.iter().zip(&model.inverse_base_absolutes))
            .map(|(&absolute, &inverse)| absolute * inverse)
            .collect();
        Self {
            transforms,
            motions,
        }
    }
}

/// From a bone's transform inside its parent to that in the hand.
fn in_hand(parent: Option<usize>, absolutes: &[Mat4], relative: Mat4) -> Mat4 {
    parent.map_or(relative, |parent| absolutes[parent] * relative)
}

/// How a motion of one bone moves it and every bone that hangs on it.
fn motions_of(first: usize, start: Mat4, relatives: &[Mat4], model: &Model) -> Vec<Motion> {
    let mut absolutes = vec![(first, start)];
    for bone in first + 1..relatives.len() {
        let parent = model.parents[bone];
        if let Some(&(_, moved)) = absolutes.iter().find(|(bone, _)| Some(*bone) == parent) {
            absolutes.push((bone, moved * relatives[bone]));
        }
    }
    absolutes
        .into_iter()
        .map(|(bone, absolute)| Motion {
            bone,
            transform: absolute * model.inverse_base_absolutes[bone],
        })
        .collect()
}

fn skin(transforms: &[Mat4], weights: &[f64], vertex: Vec3) -> Vec3 {
    let mut out = Vec3::default();
    for (&transform, &weight) in transforms.iter().zip(weights) {
        out = out + transform * vertex * weight;
    }
    out
}

fn times(a: &Mat3, x: Vec3) -> Vec3 {
    a[0] * x.x + a[1] * x.y + a[2] * x.z
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
    let angle = axis.dot(axis).sqrt();
    if angle < 0.0001 {
        return (UNIT, [[Vec3::default(); 3]; 3]);
    }
    let (s, c) = angle.sin_cos();
    let u = axis * (1.0 / angle);
    let parts = [u.x, u.y, u.z];
    let rotation =
        std::array::from_fn(|j| UNIT[j] * c + u * ((1.0 - c) * parts[j]) + u.cross(UNIT[j]) * s);
    let by = std::array::from_fn(|axis| {
        let u_dot = (UNIT[axis] - u * parts[axis]) * (1.0 / angle);
        let parts_dot = [u_dot.x, u_dot.y, u_dot.z];
        let (s_dot, c_dot) = (c * parts[axis], -s * parts[axis]);
        std::array::from_fn(|j| {
            (UNIT[j] - u * parts[j]) * c_dot
                + (u_dot * parts[j] + u * parts_dot[j]) * (1.0 - c)
                + u.cross(UNIT[j]) * s_dot
                + u_dot.cross(UNIT[j]) * s
        })
    });
    (rotation, by)
}
