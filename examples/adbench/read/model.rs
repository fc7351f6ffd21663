//! The model of a hand: `bones.txt`, `vertices.txt` and `triangles.txt` in one folder, a row each,
//! cells separated by colons.
//!
//! - a bone: name, parent (-1 for none), 16 numbers of its place inside the parent, 16 of the
//!   inverse of its place in the hand at rest, row after row;
//! - a vertex: position, five numbers not used here, the number of bones it follows, and for each
//!   the bone and the weight;
//! - a triangle: three vertices.

use std::path::Path;
use std::str::Split;

use super::{InputError, finite, text_of, whole};
use crate::adbench::hand::{LEAST_BONES, Model};
use crate::adbench::matrix::Mat4;

/// Reads the model in a folder.
///
/// # Errors
/// When a file of it cannot be read or is not of its form.
pub fn read_model(folder: &Path) -> Result<Model, InputError> {
    let mut model = Model::default();
    read_bones(&folder.join("bones.txt"), &mut model)?;
    read_vertices(&folder.join("vertices.txt"), &mut model)?;
    read_triangles(&folder.join("triangles.txt"), &mut model)?;
    Ok(model)
}

/// Hands the cells of each row that is not blank to `read`, which must use them up.
fn rows(
    path: &Path,
    mut read: impl FnMut(&mut Cells<'_>) -> Result<(), String>,
) -> Result<(), InputError> {
    for (index, line) in text_of(path)?.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let mut cells = Cells(line.split(':'));
        read(&mut cells)
            .and_then(|()| cells.end())
            .map_err(|message| InputError::at(path, index + 1, message))?;
    }
    Ok(())
}

/// The cells of a row.
struct Cells<'t>(Split<'t, char>);

impl<'t> Cells<'t> {
    fn text(&mut self, what: &str) -> Result<&'t str, String> {
        let cell = self.0.next().map(str::trim);
        cell.ok_or_else(|| format!("the line ends where {what} should be"))
    }

    fn real(&mut self, what: &str) -> Result<f64, String> {
        finite(self.text(what)?).map_err(|problem| format!("{what}: {problem}"))
    }

    fn below(&mut self, limit: usize, what: &str) -> Result<usize, String> {
        let value = whole(self.text(what)?).map_err(|problem| format!("{what}: {problem}"))?;
        if value < limit {
            Ok(value)
        } else {
            Err(format!("{what}: {value} is not below {limit}"))
        }
    }

    fn matrix(&mut self, what: &str) -> Result<Mat4, String> {
        let mut columns = [[0.0; 4]; 4];
        for row in 0..4 {
            for column in &mut columns {
                column[row] = self.real(what)?;
            }
        }
        Ok(Mat4 { columns })
    }

    fn end(&mut self) -> Result<(), String> {
        match self.0.next() {
            None => Ok(()),
            Some(cell) => Err(format!("{cell:?} stands after the end of the row")),
        }
    }
}

fn read_bones(path: &Path, model: &mut Model) -> Result<(), InputError> {
    rows(path, |cells| {
        cells.text("a name")?;
        let bone = model.parents.len();
        let parent = match cells.text("a parent")? {
            "-1" => None,
            word => match whole(word) {
                Ok(parent) if parent < bone => Some(parent),
                Ok(parent) => return Err(format!("parent {parent} does not stand before")),
                Err(problem) => return Err(format!("a parent: {problem}")),
            },
        };
        model.parents.push(parent);
        model.base_relatives.push(cells.matrix("a bone's place")?);
        let inverse = cells.matrix("the inverse of a bone's place")?;
        model.inverse_base_absolutes.push(inverse);
        Ok(())
    })?;
    if model.parents.len() < LEAST_BONES {
        let last = text_of(path)?.lines().count();
        let message = format!(
            "a hand has at least {LEAST_BONES} bones, not {}",
            model.parents.len()
        );
        return Err(InputError::at(path, last.max(1), message));
    }
    Ok(())
}

fn read_vertices(path: &Path, model: &mut Model) -> Result<(), InputError> {
    let bones = model.parents.len();
    rows(path, |cells| {
        let mut position = [0.0; 3];
        for place in &mut position {
            *place = cells.real("a vertex")?;
        }
        for _ in 0..5 {
            cells.text("a number that is not used")?;
        }
        let mut weights = vec![0.0; bones];
        for _ in 0..cells.below(bones + 1, "a number of bones")? {
            let bone = cells.below(bones, "a bone")?;
            weights[bone] = cells.real("a weight")?;
        }
        model.base_positions.push(position.into());
        model.weights.extend(weights);
        Ok(())
    })
}

fn read_triangles(path: &Path, model: &mut Model) -> Result<(), InputError> {
    let vertices = model.base_positions.len();
    rows(path, |cells| {
        let mut corners = [0; 3];
        for corner in &mut corners {
            *corner = cells.below(vertices, "a corner")?;
        }
        model.triangles.push(corners);
        Ok(())
    })
}
