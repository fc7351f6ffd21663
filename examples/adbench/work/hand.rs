//! Three residuals for each point, and their dense Jacobian, column after column.

use grad_runtime::Jacobian;

use super::Work;
use crate::adbench::by_hand;
use crate::adbench::hand::{
    Hand, PARAMETERS, jvp_batch_residuals_in_triangles, residuals, residuals_in_triangles,
    write_jacobian_residuals,
};
use crate::adbench::vector::{Vec2, Vec3, vec3};

/// Points, their residuals and the Jacobian.
#[derive(Clone, Debug)]
pub struct HandWork {
    data: Hand,
    residuals: Vec<Vec3>,
    jacobian: Vec<Vec3>,
    /// As the generated derivative writes it, row after row.
    dense: Jacobian,
}

impl HandWork {
    /// Place for the results of `data`.
    #[must_use]
    pub fn new(data: Hand) -> Self {
        let rows = data.points.len();
        let columns = PARAMETERS + if data.us.is_some() { 2 } else { 0 };
        Self {
            data,
            residuals: vec![Vec3::default(); rows],
            jacobian: vec![Vec3::default(); rows * columns],
            dense: Jacobian::new(),
        }
    }
}

fn flat(vectors: &[Vec3]) -> Vec<f64> {
    vectors.iter().flat_map(|v| [v.x, v.y, v.z]).collect()
}

/// The columns' directions. A point's residuals depend on its own coordinates `u` only: one direction
/// moves the first of every point, one the second.
fn directions(points: usize) -> Vec<(Vec<f64>, Vec<Vec2>)> {
    let units = [Vec2 { x: 1.0, y: 0.0 }, Vec2 { x: 0.0, y: 1.0 }];
    let by_us = units.map(|unit| (vec![0.0; PARAMETERS], vec![unit; points]));
    let by_theta = (0..PARAMETERS).map(|index| {
        let mut unit = vec![0.0; PARAMETERS];
        unit[index] = 1.0;
        (unit, vec![Vec2::default(); points])
    });
    by_us.into_iter().chain(by_theta).collect()
}

impl Work for HandWork {
    fn objective(&mut self) {
        let data = &self.data;
        let (theta, model) = (&data.theta, &data.model);
        self.residuals = match &data.us {
            None => residuals(theta, model, &data.correspondences, &data.points),
            Some(us) => {
                residuals_in_triangles(theta, us, model, &data.correspondences, &data.points)
            }
        };
    }

    fn jacobian(&mut self) {
        let data = &self.data;
        let (theta, model) = (&data.theta, &data.model);
        let Some(us) = &data.us else {
            self.residuals = write_jacobian_residuals(
                theta,
                model,
                &data.correspondences,
                &data.points,
                &mut self.dense,
            );
            for (column, by) in self
                .jacobian
                .chunks_exact_mut(data.points.len())
                .enumerate()
            {
                for (row, place) in by.iter_mut().enumerate() {
                    let entry = |k: usize| self.dense[(3 * row + k, column)];
                    *place = vec3(entry(0), entry(1), entry(2));
                }
            }
            return;
        };
        let directions = directions(us.len());
        let (value, columns) = jvp_batch_residuals_in_triangles(
            theta,
            us,
            model,
            &data.correspondences,
            &data.points,
            &directions,
        );
        self.residuals = value;
        let places = self.jacobian.chunks_exact_mut(data.points.len());
        for (place, column) in places.zip(&columns) {
            place.copy_from_slice(column);
        }
    }

    fn jacobian_by_hand(&mut self) {
        by_hand::hand::jacobian(&self.data, &mut self.residuals, &mut self.jacobian);
    }

    fn objective_part(&self, _: usize) -> Vec<f64> {
        flat(&self.residuals)
    }

    fn jacobian_part(&self, _: usize) -> Vec<f64> {
        flat(&self.jacobian)
    }
}
