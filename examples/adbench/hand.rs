//! HAND: how far the surface of a posed hand model is from points measured on a hand.
//!
//! Each bone has a rotation by Euler angles inside its parent; a vertex follows its bones by
//! weights (linear blend skinning), and the whole hand is turned by an angle-axis vector and moved:
//!
//! ```text
//! absolute_b = absolute_parent(b) base_b rotation_b
//! position_v = R (sum_b weight_bv absolute_b inverse_base_b vertex_v) + translation
//! err_i      = point_i - position at correspondence i
//! ```
//!
//! `theta` holds the global rotation and translation and four angles for each finger. In the
//! complicated form a correspondence is a place inside a triangle, and its two barycentric
//! coordinates `u` are parameters too. The Jacobian is dense by `theta`, 26 columns.

use grad_runtime::{Differentiable, differentiate};

use super::matrix::Mat4;
use super::vector::{Vec2, Vec3, vec3};

/// The parameters `theta`.
pub const PARAMETERS: usize = 26;

/// Fingers, of four bones each.
pub const FINGERS: usize = 5;

/// The bones that parameters bend, and those before them.
pub const LEAST_BONES: usize = 1 + 4 * FINGERS;

/// The model of a hand.
#[derive(Clone, Debug, Default, Differentiable, PartialEq)]
pub struct Model {
    /// For each bone its parent, which stands before it.
    pub parents: Vec<Option<usize>>,
    /// Where each bone rests inside its parent.
    pub base_relatives: Vec<Mat4>,
    /// From the hand at rest to each bone.
    pub inverse_base_absolutes: Vec<Mat4>,
    /// The vertices of the hand at rest.
    pub base_positions: Vec<Vec3>,
    /// How much each vertex follows each bone, the bones of one vertex together.
    pub weights: Vec<f64>,
    /// The corners of each triangle of the surface.
    pub triangles: Vec<[usize; 3]>,
}

/// Points measured on a hand, the model, and the parameters at which it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    /// The model.
    pub model: Model,
    /// For each point its vertex, in the complicated form its triangle.
    pub correspondences: Vec<usize>,
    /// The points.
    pub points: Vec<Vec3>,
    /// Global rotation and translation, and four angles for each finger.
    pub theta: Vec<f64>,
    /// In the complicated form, where each point is in its triangle.
    pub us: Option<Vec<Vec2>>,
}

/// The columns of a rotation matrix.
#[derive(Clone, Copy, Debug, Differentiable)]
#[differentiate(lanes)]
struct Rotation {
    x: Vec3,
    y: Vec3,
    z: Vec3,
}

/// The rotation about an axis by the axis' length in radians.
#[differentiate(forward, lanes)]
fn axis_rotation(axis: Vec3) -> Rotation {
    let angle = axis.dot(axis).sqrt();
    if angle < 0.0001 {
        return Rotation {
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: vec3(0.0, 0.0, 1.0),
        };
    }
    let Vec3 { x, y, z } = axis * (1.0 / angle);
    let (s, c) = angle.sin_cos();
    Rotation {
        x: vec3(
            x * x + (1.0 - x * x) * c,
            x * y * (1.0 - c) + z * s,
            x * z * (1.0 - c) - y * s,
        ),
        y: vec3(
            x * y * (1.0 - c) - z * s,
            y * y + (1.0 - y * y) * c,
            z * y * (1.0 - c) + x * s,
        ),
        z: vec3(
            x * z * (1.0 - c) + y * s,
            y * z * (1.0 - c) - x * s,
            z * z + (1.0 - z * z) * c,
        ),
    }
}

/// The angles of a bone.
#[derive(Clone, Copy, Debug, Default, Differentiable)]
#[differentiate(lanes)]
struct Angles {
    flexion: f64,
    abduction: f64,
    twist: f64,
}

/// The rotation of a bone: `Rz(abduction) Ry(twist) Rx(flexion)`.
#[differentiate(forward, lanes)]
fn bone_rotation(angles: Angles) -> Mat4 {
    let (sx, cx) = angles.flexion.sin_cos();
    let (sy, cy) = angles.twist.sin_cos();
    let (sz, cz) = angles.abduction.sin_cos();
    Mat4 {
        columns: [
            [cz * cy, sz * cy, -sy, 0.0],
            [cz * sy * sx - sz * cx, sz * sy * sx + cz * cx, cy * sx, 0.0],
            [cz * sy * cx + sz * sx, sz * sy * cx - cz * sx, cy * cx, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ],
    }
}

/// The angles of all bones: of a finger's four bones the second bends and spreads, the next two
/// bend; all others rest.
#[differentiate(forward, lanes)]
fn bone_angles(theta: &[f64], bones: usize) -> Vec<Angles> {
    let mut angles = vec![Angles::default(); bones];
    for finger in 0..FINGERS {
        let first = 6 + 4 * finger;
        let bone = 2 + 4 * finger;
        angles[bone].flexion = theta[first];
        angles[bone].abduction = theta[first + 1];
        angles[bone + 1].flexion = theta[first + 2];
        angles[bone + 2].flexion = theta[first + 3];
    }
    angles
}

/// For each bone the transform from the hand at rest to the posed hand.
#[differentiate(forward, lanes, wrt(theta))]
fn bone_transforms(theta: &[f64], model: &Model) -> Vec<Mat4> {
    let bones = model.parents.len();
    let angles = bone_angles(theta, bones);
    let mut absolutes: Vec<Mat4> = Vec::new();
    let mut transforms = Vec::new();
    for b in 0..bones {
        let relative = model.base_relatives[b] * bone_rotation(angles[b]);
        let absolute = match model.parents[b] {
            Some(parent) => absolutes[parent] * relative,
            None => relative,
        };
        transforms.push(absolute * model.inverse_base_absolutes[b]);
        absolutes.push(absolute);
    }
    transforms
}

/// Where a vertex goes that follows the bones by weights.
#[differentiate(forward, lanes, wrt(transforms))]
fn skin(transforms: &[Mat4], weights: &[f64], vertex: Vec3) -> Vec3 {
    let mut out = vec3(0.0, 0.0, 0.0);
    for b in 0..transforms.len() {
        out = out + transforms[b] * vertex * weights[b];
    }
    out
}

/// The vertices of the posed hand.
#[differentiate(forward, lanes, wrt(theta))]
fn vertex_positions(theta: &[f64], model: &Model) -> Vec<Vec3> {
    let transforms = bone_transforms(theta, model);
    let rotation = axis_rotation(vec3(theta[0], theta[1], theta[2]));
    let translation = vec3(theta[3], theta[4], theta[5]);
    let bones = model.parents.len();
    let mut positions = Vec::new();
    for v in 0..model.base_positions.len() {
        let weights = &model.weights[v * bones..(v + 1) * bones];
        let p = skin(&transforms, weights, model.base_positions[v]);
        positions.push(rotation.x * p.x + rotation.y * p.y + rotation.z * p.z + translation);
    }
    positions
}

/// For each point what it is off its vertex.
#[differentiate(forward, jacobian, lanes, wrt(theta))]
#[must_use]
pub fn residuals(
    theta: &[f64],
    model: &Model,
    correspondences: &[usize],
    points: &[Vec3],
) -> Vec<Vec3> {
    let positions = vertex_positions(theta, model);
    let mut out = Vec::new();
    for p in 0..points.len() {
        out.push(points[p] - positions[correspondences[p]]);
    }
    out
}

/// For each point what it is off its place `u` in a triangle.
#[differentiate(forward, lanes, wrt(theta, us))]
#[must_use]
pub fn residuals_in_triangles(
    theta: &[f64],
    us: &[Vec2],
    model: &Model,
    correspondences: &[usize],
    points: &[Vec3],
) -> Vec<Vec3> {
    let positions = vertex_positions(theta, model);
    let mut out = Vec::new();
    for p in 0..points.len() {
        let [a, b, c] = model.triangles[correspondences[p]];
        let u = us[p];
        let on_hand = positions[a] * u.x + positions[b] * u.y + positions[c] * (1.0 - u.x - u.y);
        out.push(points[p] - on_hand);
    }
    out
}

/// [`residuals_in_triangles`] after all places were moved by the same `shift`.
///
/// A point's residuals depend on its own place alone, so at no shift the derivative by it holds, in
/// each point's rows, that by the point's own `u`: two columns in place of two for each point.
#[differentiate(forward, jacobian, lanes, wrt(shift, theta))]
#[must_use]
pub fn residuals_after_shift(
    shift: Vec2,
    theta: &[f64],
    us: &[Vec2],
    model: &Model,
    correspondences: &[usize],
    points: &[Vec3],
) -> Vec<Vec3> {
    let mut moved = Vec::new();
    for p in 0..us.len() {
        moved.push(us[p] + shift);
    }
    residuals_in_triangles(theta, &moved, model, correspondences, points)
}
