//! Three residuals for each point, and their dense Jacobian, column after column.

use super::Work;
use crate::adbench::by_hand;
use crate::adbench::hand::{
    Hand, PARAMETERS, jvp_residuals, jvp_residuals_in_triangles, residuals, residuals_in_triangles,
};

/// Points, their residuals and the Jacobian.
#[derive(Clone, Debug)]
pub struct HandWork {
    data: Hand,
    residuals: Vec<f64>,
    jacobian: Vec<f64>,
}

impl HandWork {
    /// Place for the results of `data`.
    #[must_use]
    pub fn new(data: Hand) -> Self {
        let rows = 3 * data.points.len();
        let columns = PARAMETERS + if data.us.is_some() { 2 } else { 0 };
        Self {
            data,
            residuals: vec![0.0; rows],
            jacobian: vec![0.0; rows * columns],
        }
    }
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
        let mut columns = self.jacobian.chunks_exact_mut(3 * data.points.len());
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
                let rest = vec![[0.0; 2]; us.len()];
                // A point's residuals depend on its own coordinates only: one direction moves the
                // first of every point, one the second.
                let along = |theta_dot: &[f64], us_dot: &[[f64; 2]]| {
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
                for (coordinate, column) in columns.by_ref().take(2).enumerate() {
                    let mut us_dot = rest.clone();
                    for u_dot in &mut us_dot {
                        u_dot[coordinate] = 1.0;
                    }
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
        self.residuals.clone()
    }

    fn jacobian_part(&self, _: usize) -> Vec<f64> {
        self.jacobian.clone()
    }
}
