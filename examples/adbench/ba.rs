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

/// A camera.
#[derive(Clone, Debug, Differentiable, PartialEq)]
pub struct Camera {
    /// The axis of its rotation, as long as the angle in radians.
    pub rotation: [f64; 3],
    /// Where it stands.
    pub centre: [f64; 3],
    /// Focal length in pixels.
    pub focal: f64,
    /// Where the optical axis meets the image.
    pub principal_point: [f64; 2],
    /// Radial distortion.
    pub distortion: [f64; 2],
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
    pub points: Vec<[f64; 3]>,
    /// The weight of each observation.
    pub weights: Vec<f64>,
    /// The observations.
    pub observations: Vec<Observation>,
    /// Where each observation was made in the image.
    pub features: Vec<[f64; 2]>,
}

#[differentiate]
fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[differentiate]
fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// Turns a point about an axis, by the axis' length in radians.
#[differentiate]
fn rotate(axis: [f64; 3], point: [f64; 3]) -> [f64; 3] {
    let squared_angle = dot(axis, axis);
    if squared_angle == 0.0 {
        let moved = cross(axis, point);
        return [
            point[0] + moved[0],
            point[1] + moved[1],
            point[2] + moved[2],
        ];
    }
    let angle = squared_angle.sqrt();
    let (sine, cosine) = (angle.sin(), angle.cos());
    let inverse = 1.0 / angle;
    let unit = [axis[0] * inverse, axis[1] * inverse, axis[2] * inverse];
    let across = cross(unit, point);
    let along = dot(unit, point) * (1.0 - cosine);
    [
        point[0] * cosine + across[0] * sine + unit[0] * along,
        point[1] * cosine + across[1] * sine + unit[1] * along,
        point[2] * cosine + across[2] * sine + unit[2] * along,
    ]
}

/// Radial distortion of a point in the image plane.
#[differentiate]
fn distort(distortion: [f64; 2], at: [f64; 2]) -> [f64; 2] {
    let squared = at[0] * at[0] + at[1] * at[1];
    let scale = 1.0 + distortion[0] * squared + distortion[1] * squared * squared;
    [at[0] * scale, at[1] * scale]
}

/// Where a camera sees a point, in pixels.
#[differentiate]
fn project(camera: &Camera, point: &[f64; 3]) -> [f64; 2] {
    let from_centre = [
        point[0] - camera.centre[0],
        point[1] - camera.centre[1],
        point[2] - camera.centre[2],
    ];
    let seen = rotate(camera.rotation, from_centre);
    let plane = distort(camera.distortion, [seen[0] / seen[2], seen[1] / seen[2]]);
    [
        plane[0] * camera.focal + camera.principal_point[0],
        plane[1] * camera.focal + camera.principal_point[1],
    ]
}

/// The weighted distance in pixels between where a point is seen and where it was measured.
#[differentiate(wrt(camera, point, weight))]
#[inline]
#[must_use]
pub fn reprojection_error(
    camera: &Camera,
    point: &[f64; 3],
    weight: f64,
    feature: &[f64; 2],
) -> [f64; 2] {
    let seen = project(camera, point);
    [
        weight * (seen[0] - feature[0]),
        weight * (seen[1] - feature[1]),
    ]
}

/// What pulls a weight towards one.
#[differentiate]
#[inline]
#[must_use]
pub fn weight_error(weight: f64) -> f64 {
    1.0 - weight * weight
}
