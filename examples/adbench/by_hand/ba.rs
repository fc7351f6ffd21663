//! The 2 x 15 block of an observation by the chain rule, row by row.
//!
//! A row starts as the covector `v` of the seen point. With the unit axis `u`, the angle `t` and
//! `p = X - C`, from `v . R p = cos t (v . p) + sin t u . (p x v) + (1 - cos t) (v . u) (u . p)`
//! follow `R^T v` and the derivatives by `t` and `u`.

use crate::adbench::csr::Block;
use crate::adbench::vector::Vec2;
use crate::adbench::work::Input;

type Vec3 = [f64; 3];

#[inline]
fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline]
fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// A rotation and the point it is applied to.
enum Turn {
    /// By no angle: only the first order counts.
    None { axis: Vec3, p: Vec3 },
    /// About a unit axis.
    About {
        u: Vec3,
        p: Vec3,
        inverse: f64,
        sine: f64,
        cosine: f64,
    },
}

impl Turn {
    #[inline]
    fn new(axis: Vec3, p: Vec3) -> Self {
        let squared = dot(axis, axis);
        if squared == 0.0 {
            return Self::None { axis, p };
        }
        let angle = squared.sqrt();
        let (sine, cosine) = angle.sin_cos();
        let inverse = 1.0 / angle;
        Self::About {
            u: axis.map(|x| x * inverse),
            p,
            inverse,
            sine,
            cosine,
        }
    }

    #[inline]
    fn turned(&self) -> Vec3 {
        match *self {
            Self::None { axis, p } => {
                let moved = cross(axis, p);
                std::array::from_fn(|i| p[i] + moved[i])
            }
            Self::About {
                u, p, sine, cosine, ..
            } => {
                let (across, along) = (cross(u, p), dot(u, p) * (1.0 - cosine));
                std::array::from_fn(|i| p[i] * cosine + across[i] * sine + u[i] * along)
            }
        }
    }

    /// From the cotangent of the turned point to those of the axis and of the point.
    #[inline]
    fn pull(&self, v: Vec3) -> (Vec3, Vec3) {
        match *self {
            Self::None { axis, p } => {
                let back = cross(v, axis);
                (cross(p, v), std::array::from_fn(|i| v[i] + back[i]))
            }
            Self::About {
                u,
                p,
                inverse,
                sine,
                cosine,
            } => {
                let (volume, rest) = (cross(p, v), 1.0 - cosine);
                let (vp, vu, up) = (dot(v, p), dot(v, u), dot(u, p));
                let angle_bar = cosine * dot(u, volume) + sine * (vu * up - vp);
                let u_bar: Vec3 =
                    std::array::from_fn(|i| sine * volume[i] + rest * (v[i] * up + p[i] * vu));
                let radial = angle_bar - inverse * dot(u, u_bar);
                let axis_bar = std::array::from_fn(|i| u[i] * radial + u_bar[i] * inverse);
                let across = cross(v, u);
                let p_bar =
                    std::array::from_fn(|i| v[i] * cosine + across[i] * sine + u[i] * (rest * vu));
                (axis_bar, p_bar)
            }
        }
    }
}

/// The residuals of an observation; writes their derivative.
#[inline]
pub fn block(input: &Input<'_>, by_inputs: &mut Block) -> Vec2 {
    let camera = input.camera;
    let turn = Turn::new(camera.rotation.into(), (input.point - camera.centre).into());
    let seen = turn.turned();
    let inverse_depth = 1.0 / seen[2];
    let at = [seen[0] / seen[2], seen[1] / seen[2]];
    let squared = at[0] * at[0] + at[1] * at[1];
    let Vec2 { x: k0, y: k1 } = camera.distortion;
    let principal: [f64; 2] = camera.principal_point.into();
    let feature: [f64; 2] = input.feature.into();
    let scale = 1.0 + k0 * squared + k1 * squared * squared;
    let slope = 2.0 * (k0 + 2.0 * k1 * squared);
    let off: [f64; 2] =
        std::array::from_fn(|i| at[i] * scale * camera.focal + principal[i] - feature[i]);
    let factor = input.weight * camera.focal;
    for (i, row) in by_inputs.iter_mut().enumerate() {
        let by_radius = factor * at[i];
        let mut at_bar = [by_radius * slope * at[0], by_radius * slope * at[1]];
        at_bar[i] += factor * scale;
        let [x, y] = at_bar.map(|bar| bar * inverse_depth);
        let (axis_bar, p_bar) = turn.pull([x, y, -(x * at[0] + y * at[1])]);
        row[..3].copy_from_slice(&axis_bar);
        row[3..6].copy_from_slice(&p_bar.map(|bar| -bar));
        row[6] = input.weight * at[i] * scale;
        row[7..9].fill(0.0);
        row[7 + i] = input.weight;
        row[9] = by_radius * squared;
        row[10] = by_radius * squared * squared;
        row[11..14].copy_from_slice(&p_bar);
        row[14] = off[i];
    }
    Vec2::from(off) * input.weight
}
