//! Three residuals for each point, and their dense Jacobian.

use grad_runtime::Jacobian;

use super::Work;
use crate::adbench::by_hand;
use crate::adbench::hand::{
    Hand, PARAMETERS, residuals, residuals_in_triangles, write_jacobian_residuals,
    write_jacobian_residuals_after_shift,
};
use crate::adbench::vector::{Vec2, Vec3};

/// Points, their residuals and the Jacobian.
#[derive(Clone, Debug)]
pub struct HandWork {
    data: Hand,
    residuals: Vec<Vec3>,
    /// As the generated derivative writes it: row after row.
    generated: Jacobian,
    /// As the one by hand does: column after column.
    by_hand: Vec<Vec3>,
    latest: Latest,
}

/// Which of the two places holds the Jacobian that was evaluated last.
#[derive(Clone, Copy, Debug)]
enum Latest {
    Generated,
    ByHand,
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
            generated: Jacobian::new(),
            by_hand: vec![Vec3::default(); rows * columns],
            latest: Latest::ByHand,
        }
    }
}

fn flat(vectors: &[Vec3]) -> Vec<f64> {
    vectors.iter().flat_map(|v| [v.x, v.y, v.z]).collect()
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
        let Hand {
            model,
            correspondences,
            points,
            theta,
            us,
        } = &self.data;
        let place = &mut self.generated;
        self.residuals = match us {
            None => write_jacobian_residuals(theta, model, correspondences, points, place),
            Some(us) => write_jacobian_residuals_after_shift(
                Vec2::default(),
                theta,
                us,
                model,
                correspondences,
                points,
                place,
            ),
        };
        self.latest = Latest::Generated;
    }

    fn jacobian_by_hand(&mut self) {
        by_hand::hand::jacobian(&self.data, &mut self.residuals, &mut self.by_hand);
        self.latest = Latest::ByHand;
    }

    fn objective_part(&self, _: usize) -> Vec<f64> {
        flat(&self.residuals)
    }

    fn jacobian_part(&self, _: usize) -> Vec<f64> {
        match self.latest {
            Latest::Generated => (0..self.generated.columns())
                .flat_map(|column| self.generated.column(column))
                .collect(),
            Latest::ByHand => flat(&self.by_hand),
        }
    }
}
