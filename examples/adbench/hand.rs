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

use super::matrix::{IDENTITY, Mat4, apply, product};

/// The parameters `theta`.
pub const PARAMETERS: usize = 26;

/// Fingers, of four bones each.
pub const FINGERS: usize = 5;

/// The bones that parameters bend, and those before them.
pub const LEAST_BONES: usize = 1 + 4 * FINGERS;

/// The model of a hand.
#[derive(Clone, Debug, Default, Differentiable, PartialEq)]
pub struct Model {
    /// For each bone its parent, which stands before it; a bone without one names itself.
    pub parents: Vec<usize>,
    /// Where each bone rests inside its parent.
    pub base_relatives: Vec<Mat4>,
    /// From the hand at rest to each bone.
    pub inverse_base_absolutes: Vec<Mat4>,
    /// The vertices of the hand at rest.
    pub base_positions: Vec<[f64; 3]>,
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
    pub points: Vec<[f64; 3]>,
    /// Global rotation and translation, and four angles for each finger.
    pub theta: Vec<f64>,
    /// In the complicated form, where each point is in its triangle.
    pub us: Option<Vec<[f64; 2]>>,
}

/// The columns of a rotation matrix.
type Rotation = [[f64; 3]; 3];

/// The rotation about an axis by the axis' length in radians.
#[differentiate]
fn axis_rotation(axis: [f64; 3]) -> Rotation {
    let angle = (axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]).sqrt();
    if angle < 0.0001 {
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    }
    let (x, y, z) = (axis[0] / angle, axis[1] / angle, axis[2] / angle);
    let (s, c) = (angle.sin(), angle.cos());
    [
        [
            x * x + (1.0 - x * x) * c,
            x * y * (1.0 - c) + z * s,
            x * z * (1.0 - c) - y * s,
        ],
        [
            x * y * (1.0 - c) - z * s,
            y * y + (1.0 - y * y) * c,
            z * y * (1.0 - c) + x * s,
        ],
        [
            x * z * (1.0 - c) + y * s,
            y * z * (1.0 - c) - x * s,
            z * z + (1.0 - z * z) * c,
        ],
    ]
}

/// The rotation of a bone by flexion, abduction and twist: `Rz(abduction) Ry(twist) Rx(flexion)`.
#[differentiate]
fn bone_rotation(angles: [f64; 3]) -> Mat4 {
    let (sx, cx) = (angles[0].sin(), angles[0].cos());
    let (sy, cy) = (angles[2].sin(), angles[2].cos());
    let (sz, cz) = (angles[1].sin(), angles[1].cos());
    let mut columns = IDENTITY.columns;
    columns[0] = [cz * cy, sz * cy, -sy, 0.0];
    columns[1] = [cz * sy * sx - sz * cx, sz * sy * sx + cz * cx, cy * sx, 0.0];
    columns[2] = [cz * sy * cx + sz * sx, sz * sy * cx - cz * sx, cy * cx, 0.0];
    Mat4 { columns }
}

/// The angles of each bone: of a finger's four bones after the first, the next two only bend, and
/// the wrist and the forearm rest.
#[differentiate]
fn bone_angles(theta: &[f64], bones: usize) -> Vec<[f64; 3]> {
    let mut angles = vec![[0.0; 3]; bones];
    for finger in 0..FINGERS {
        let first = 6 + 4 * finger;
        let bone = 2 + 4 * finger;
        angles[bone][0] = theta[first];
        angles[bone][1] = theta[first + 1];
        angles[bone + 1][0] = theta[first + 2];
        angles[bone + 2][0] = theta[first + 3];
    }
    angles
}

/// For each bone the transform from the hand at rest to the posed hand.
#[differentiate(wrt(theta))]
fn bone_transforms(theta: &[f64], model: &Model) -> Vec<Mat4> {
    let bones = model.parents.len();
    let angles = bone_angles(theta, bones);
    let mut absolutes = model.base_relatives.clone();
    let mut transforms = model.base_relatives.clone();
    for b in 0..bones {
        let relative = product(&model.base_relatives[b], &bone_rotation(angles[b]));
        let parent = model.parents[b];
        absolutes[b] = if parent == b {
            relative
        } else {
            product(&absolutes[parent], &relative)
        };
        transforms[b] = product(&absolutes[b], &model.inverse_base_absolutes[b]);
    }
    transforms
}

/// Where a vertex goes that follows the bones by weights.
#[differentiate(wrt(transforms))]
fn skin(transforms: &[Mat4], weights: &[f64], vertex: [f64; 3]) -> [f64; 3] {
    let mut out = [0.0; 3];
    for b in 0..transforms.len() {
        let moved = apply(&transforms[b], vertex);
        for i in 0..3 {
            out[i] += moved[i] * weights[b];
        }
    }
    out
}

/// The vertices of the posed hand.
#[differentiate(wrt(theta))]
fn vertex_positions(theta: &[f64], model: &Model) -> Vec<[f64; 3]> {
    let transforms = bone_transforms(theta, model);
    let rotation = axis_rotation([theta[0], theta[1], theta[2]]);
    let bones = model.parents.len();
    let mut positions = vec![[0.0; 3]; model.base_positions.len()];
    for v in 0..positions.len() {
        let weights = &model.weights[v * bones..(v + 1) * bones];
        let p = skin(&transforms, weights, model.base_positions[v]);
        for i in 0..3 {
            positions[v][i] = rotation[0][i] * p[0]
                + rotation[1][i] * p[1]
                + rotation[2][i] * p[2]
                + theta[3 + i];
        }
    }
    positions
}

/// Three residuals for each point, which corresponds to a vertex.
#[differentiate(wrt(theta))]
#[must_use]
pub fn residuals(
    theta: &[f64],
    model: &Model,
    correspondences: &[usize],
    points: &[[f64; 3]],
) -> Vec<f64> {
    let positions = vertex_positions(theta, model);
    let mut out = vec![0.0; 3 * points.len()];
    for p in 0..points.len() {
        for i in 0..3 {
            out[3 * p + i] = points[p][i] - positions[correspondences[p]][i];
        }
    }
    out
}

/// Three residuals for each point, which corresponds to a place `u` in a triangle.
#[differentiate(wrt(theta, us))]
#[must_use]
pub fn residuals_in_triangles(
    theta: &[f64],
    us: &[[f64; 2]],
    model: &Model,
    correspondences: &[usize],
    points: &[[f64; 3]],
) -> Vec<f64> {
    let positions = vertex_positions(theta, model);
    let mut out = vec![0.0; 3 * points.len()];
    for p in 0..points.len() {
        let [a, b, c] = model.triangles[correspondences[p]];
        let u = us[p];
        for i in 0..3 {
            let on_hand = u[0] * positions[a][i]
                + u[1] * positions[b][i]
                + (1.0 - u[0] - u[1]) * positions[c][i];
            out[3 * p + i] = points[p][i] - on_hand;
        }
    }
    out
}
