//! BA: bundle adjustment, the reprojection errors of points seen by cameras.
//!
//! ```text
//! err = w (f distort(project(R(r) (X - C))) + u0 - feature),   w_err = 1 - w^2
//! ```
//!
//! `R` turns by an angle-axis vector (Rodrigues), `project` divides by depth, and `distort` scales
//! by `1 + k1 |p|^2 + k2 |p|^4`. The Jacobian is sparse: a 2 x 15 block for each observation, by
//! the camera, the point and the weight it uses, and one entry for each weight.

use grad_runtime::{Differentiable, differentiate};

use super::vector::{Vec2, Vec3};

/// A camera.
#[derive(Clone, Debug, Differentiable, PartialEq)]
pub struct Camera {
    /// The axis of its rotation, as long as the angle in radians.
    pub rotation: Vec3,
    /// Where it stands.
    pub centre: Vec3,
    /// Focal length in pixels.
    pub focal: f64,
    /// Where the optical axis meets the image.
    pub principal_point: Vec2,
    /// Radial distortion.
    pub distortion: Vec2,
}

/// Which camera sees which point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Index of the camera.
    pub camera: usize,
    /// Index of the point.
    pub point: usize,
}

/// Cameras, points, and where which camera sees which point.
#[derive(Clone, Debug, PartialEq)]
pub struct Ba {
    /// The cameras.
    pub cameras: Vec<Camera>,
    /// The points.
    pub points: Vec<Vec3>,
    /// The weight of each observation.
    pub weights: Vec<f64>,
    /// The observations.
    pub observations: Vec<Observation>,
    /// Where each observation was made in the image.
    pub features: Vec<Vec2>,
}

/// Turns a point about an axis, by the axis' length in radians (Rodrigues).
#[differentiate(rows)]
fn rotate(axis: Vec3, point: Vec3) -> Vec3 {
    let squared_angle = axis.dot(axis);
    if squared_angle == 0.0 {
        return point + axis.cross(point);
    }
    let angle = squared_angle.sqrt();
    let (sine, cosine) = angle.sin_cos();
    let unit = axis * (1.0 / angle);
    let along = unit.dot(point) * (1.0 - cosine);
    point * cosine + unit.cross(point) * sine + unit * along
}

/// Radial distortion of a point in the image plane.
#[differentiate(rows)]
fn distort(distortion: Vec2, at: Vec2) -> Vec2 {
    let squared = at.dot(at);
    at * (1.0 + distortion.x * squared + distortion.y * squared * squared)
}

/// Where a camera sees a point, in pixels.
#[differentiate(rows)]
fn project(camera: &Camera, point: Vec3) -> Vec2 {
    let seen = rotate(camera.rotation, point - camera.centre);
    let plane = Vec2 {
        x: seen.x / seen.z,
        y: seen.y / seen.z,
    };
    distort(camera.distortion, plane) * camera.focal + camera.principal_point
}

/// The weighted distance in pixels between where a point is seen and where it was measured.
#[differentiate(jacobian, rows, wrt(camera, point, weight))]
#[inline]
#[must_use]
pub fn reprojection_error(camera: &Camera, point: Vec3, weight: f64, feature: Vec2) -> Vec2 {
    (project(camera, point) - feature) * weight
}

/// What pulls a weight towards one.
#[differentiate]
#[inline]
#[must_use]
pub fn weight_error(weight: f64) -> f64 {
    1.0 - weight * weight
}
