//! `n t`; `n` rows of a correspondence and a point; in the complicated form `n` rows of two
//! barycentric coordinates; `t` parameters.

use std::path::Path;

use super::numbers::Numbers;
use super::{InputError, read_model, text_of};
use crate::adbench::hand::{Hand, PARAMETERS};

/// Reads points and parameters, and the model of the hand from its folder.
///
/// # Errors
/// When a file cannot be read or is not of its form.
pub fn read_hand(path: &Path, model: &Path) -> Result<Hand, InputError> {
    let model = read_model(model)?;
    let text = text_of(path)?;
    let mut numbers = Numbers::new(path, &text);
    let n = numbers.positive("the number of points n")?;
    let parameters = numbers.whole("the number of parameters")?;
    if parameters != PARAMETERS {
        let message = format!("there must be {PARAMETERS} parameters, not {parameters}");
        return Err(numbers.error(message));
    }
    // A file cut short may hold as many numbers as the simple form: rows of two tell it apart.
    let (following, row) = numbers.ahead(numbers.size(&[n, 4])?, PARAMETERS + 1);
    let complicated = following > PARAMETERS || row == 2;
    let (targets, kind) = if complicated {
        (model.triangles.len(), "triangles")
    } else {
        (model.base_positions.len(), "vertices")
    };
    let mut correspondences = Vec::new();
    let mut points = Vec::new();
    for _ in 0..n {
        let target = numbers.whole("a correspondence")?;
        if target >= targets {
            let message = format!("correspondence {target}: the model has {targets} {kind}");
            return Err(numbers.error(message));
        }
        correspondences.push(target);
        points.push(numbers.array("a point")?.into());
    }
    let us = if complicated {
        let mut us = Vec::new();
        for _ in 0..n {
            us.push(numbers.array("a barycentric coordinate")?.into());
        }
        Some(us)
    } else {
        None
    };
    let theta = numbers.reals(PARAMETERS, "a parameter")?;
    numbers.end()?;
    Ok(Hand {
        model,
        correspondences,
        points,
        theta,
        us,
    })
}
