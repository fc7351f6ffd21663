//! Three residuals for each point, and their dense Jacobian, column after column.

use super::Work;
use crate::adbench::by_hand;
use crate::adbench::hand::{
    Hand, PARAMETERS, jvp_residuals, jvp_residuals_in_triangles, residuals, residuals_in_triangles,
};
use crate::adbench::vector::{Vec2, Vec3};

/// Points, their residuals and the Jacobian.
#[derive(Clone, Debug)]
pub struct HandWork {
    data: Hand,
    residuals: Vec<Vec3>,
    jacobian: Vec<Vec3>,
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
        }
    }
}

fn flat(vectors: &[Vec3]) -> Vec<f64> {
    vectors.iter().flat_map(|v| [v.x, v.y, v.z]).collect()
}

/// The vector with one at `index`, zero elsewhere.
fn unit(index: usize) -> [f64; PARAMETERS] {
    std::array::from_fn(|i| if i == index { 1.0 } else { 0.0 })
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
        let mut columns = self.jacobian.chunks_exact_mut(data.points.len());
        let directions = (0..PARAMETERS).map(unit);
        match &data.us {
            None => {
                for (theta_dot, column) in directions.zip(columns) {
                    let (value, dot) = jvp_residuals(
                        theta,
                        model,
                        &data.correspondences,
                        &data.points,
                        &theta_dot,
                    );
                    self.residuals = value;
                    column.copy_from_slice(&dot);
                }
            }
            Some(us) => {
                let rest = vec![Vec2::default(); us.len()];
                // A point's residuals depend on its own coordinates only: one direction moves the
                // first of every point, one the second.
                let along = |theta_dot: &[f64], us_dot: &[Vec2]| {
                    jvp_residuals_in_triangles(
                        theta,
                        us,
                        model,
                        &data.correspondences,
                        &data.points,
                        theta_dot,
                        us_dot,
                    )
                };
                let units = [Vec2 { x: 1.0, y: 0.0 }, Vec2 { x: 0.0, y: 1.0 }];
                for (unit, column) in units.into_iter().zip(columns.by_ref()) {
                    let us_dot = vec![unit; us.len()];
                    column.copy_from_slice(&along(&[0.0; PARAMETERS], &us_dot).1);
                }
                for (theta_dot, column) in directions.zip(columns) {
                    let (value, dot) = along(&theta_dot, &rest);
                    self.residuals = value;
                    column.copy_from_slice(&dot);
                }
            }
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
