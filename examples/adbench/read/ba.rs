//! `n m p`; one camera (11 numbers), one point (3), one weight, one feature (2): all cameras, points,
//! weights and features are copies of these. Observation `i` is of point `i mod m` by camera
//! `i mod n`.

use std::path::Path;

use super::numbers::Numbers;
use super::{InputError, text_of};
use crate::adbench::ba::{Ba, Camera, Observation};
use crate::adbench::csr::{NONZEROS_PER_OBSERVATION, columns_of};
use crate::adbench::vector::{Vec2, Vec3};

/// Reads cameras, points and observations.
///
/// # Errors
/// When the file cannot be read or is not of this form, or the Jacobian has more entries or
/// columns than 32 bits can count, or than there is memory for.
pub fn read_ba(path: &Path) -> Result<Ba, InputError> {
    let text = text_of(path)?;
    let mut numbers = Numbers::new(path, &text);
    let n = numbers.positive("the number of cameras n")?;
    let m = numbers.positive("the number of points m")?;
    let p = numbers.positive("the number of observations p")?;
    let nonzeros = numbers.size(&[p, NONZEROS_PER_OBSERVATION])?;
    let columns = columns_of(n, m, p).ok_or_else(|| numbers.error("the sizes are too large"))?;
    if u32::try_from(nonzeros.max(columns)).is_err() {
        return Err(numbers.error("the sizes are too large"));
    }
    let camera = camera(&mut numbers)?;
    let point = Vec3::from(numbers.array("a point")?);
    let weight = numbers.real("a weight")?;
    let feature = Vec2::from(numbers.array("a feature")?);
    numbers.end()?;
    let replicate = || {
        Some(Ba {
            cameras: copies(camera.clone(), n)?,
            points: copies(point, m)?,
            weights: copies(weight, p)?,
            observations: observations(n, m, p)?,
            features: copies(feature, p)?,
        })
    };
    replicate().ok_or_else(|| InputError::at(path, 1, "there is no memory for these sizes"))
}

fn camera(numbers: &mut Numbers<'_>) -> Result<Camera, InputError> {
    Ok(Camera {
        rotation: numbers.array("a camera's rotation")?.into(),
        centre: numbers.array("a camera's centre")?.into(),
        focal: numbers.real("a camera's focal length")?,
        principal_point: numbers.array("a camera's principal point")?.into(),
        distortion: numbers.array("a camera's distortion")?.into(),
    })
}

fn copies<T: Clone>(value: T, count: usize) -> Option<Vec<T>> {
    let mut out = Vec::new();
    out.try_reserve_exact(count).ok()?;
    out.resize(count, value);
    Some(out)
}

fn observations(n: usize, m: usize, p: usize) -> Option<Vec<Observation>> {
    let mut out = Vec::new();
    out.try_reserve_exact(p).ok()?;
    out.extend((0..p).map(|i| Observation {
        camera: i % n,
        point: i % m,
    }));
    Some(out)
}
