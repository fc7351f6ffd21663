//! The log posterior and its gradient in one pass over the points, four at a time.
//!
//! The sums are those of [`gmm`](super::gmm). Four points stand side by side in every number, so
//! that the short loops over a triangle's columns turn into vector operations without a rest, and
//! the triangle's cotangent is loaded and stored once for four points.

use super::gmm::Sums;
use crate::adbench::gmm::Gmm;

/// Points taken at a time.
const LANES: usize = 4;

type Lanes = [f64; LANES];

/// What is kept of four points, for every component.
struct Kept {
    points: Vec<Lanes>,
    centred: Vec<Lanes>,
    scaled: Vec<Lanes>,
    terms: Vec<Lanes>,
}

/// The log posterior; adds its gradient into the buffers.
pub fn log_posterior(
    data: &Gmm,
    alphas_bar: &mut [f64],
    means_bar: &mut [f64],
    icf_bar: &mut [f64],
) -> f64 {
    let (d, k) = (data.d, data.alphas.len());
    let mut sums = Sums::new(data);
    let mut kept = Kept {
        points: vec![[0.0; LANES]; d],
        centred: vec![[0.0; LANES]; k * d],
        scaled: vec![[0.0; LANES]; k * d],
        terms: vec![[0.0; LANES]; k],
    };
    let mut total = 0.0;
    let groups = data.points.chunks_exact(LANES * d);
    let rest = groups.remainder();
    for group in groups {
        for (lane, point) in group.chunks_exact(d).enumerate() {
            for (place, x) in kept.points.iter_mut().zip(point) {
                place[lane] = *x;
            }
        }
        let top = kept.evaluate(data, &sums);
        total += kept.add(data, top, &mut sums, icf_bar);
    }
    for point in rest.chunks_exact(d) {
        total += sums.add_point(data, point, icf_bar);
    }
    total + sums.finish(data, alphas_bar, means_bar, icf_bar)
}

impl Kept {
    /// The components' terms of four points; their maxima.
    fn evaluate(&mut self, data: &Gmm, sums: &Sums) -> Lanes {
        let d = data.d;
        let icf_size = d * (d + 1) / 2;
        let mut top = [f64::NEG_INFINITY; LANES];
        for (c, term) in self.terms.iter_mut().enumerate() {
            let own = c * d..(c + 1) * d;
            let centred = &mut self.centred[own.clone()];
            let scaled = &mut self.scaled[own.clone()];
            let (mean, diagonal) = (&data.means[own.clone()], &sums.diagonals[own]);
            let triangle = &data.icf[c * icf_size + d..(c + 1) * icf_size];
            for i in 0..d {
                for lane in 0..LANES {
                    centred[i][lane] = self.points[i][lane] - mean[i];
                    scaled[i][lane] = diagonal[i] * centred[i][lane];
                }
            }
            let mut entries = triangle.iter();
            for i in 0..d {
                let x = centred[i];
                for (y, l) in scaled[i + 1..].iter_mut().zip(&mut entries) {
                    for lane in 0..LANES {
                        y[lane] += l * x[lane];
                    }
                }
            }
            let mut squares = [0.0; LANES];
            for y in scaled {
                for lane in 0..LANES {
                    squares[lane] += y[lane] * y[lane];
                }
            }
            for lane in 0..LANES {
                term[lane] = sums.offsets[c] - 0.5 * squares[lane];
                top[lane] = top[lane].max(term[lane]);
            }
        }
        top
    }

    /// The sum of the four points' terms; adds what they add to the gradient.
    fn add(&mut self, data: &Gmm, top: Lanes, sums: &mut Sums, icf_bar: &mut [f64]) -> f64 {
        let d = data.d;
        let icf_size = d * (d + 1) / 2;
        let mut sum = [0.0; LANES];
        for term in &mut self.terms {
            for lane in 0..LANES {
                term[lane] = (term[lane] - top[lane]).exp();
                sum[lane] += term[lane];
            }
        }
        for (c, term) in self.terms.iter().enumerate() {
            let r: Lanes = std::array::from_fn(|lane| term[lane] / sum[lane]);
            sums.responsible[c] += across(r);
            let own = c * d..(c + 1) * d;
            let centred = &self.centred[own.clone()];
            let scaled = &mut self.scaled[own.clone()];
            let weighted = &mut sums.weighted[own.clone()];
            let by_diagonal = &mut sums.by_diagonal[own];
            for i in 0..d {
                for lane in 0..LANES {
                    scaled[i][lane] *= r[lane];
                }
                weighted[i] += across(scaled[i]);
                by_diagonal[i] -= across(product(scaled[i], centred[i]));
            }
            let mut entries = icf_bar[c * icf_size + d..(c + 1) * icf_size].iter_mut();
            for i in 0..d {
                for (y, bar) in scaled[i + 1..].iter().zip(&mut entries) {
                    *bar -= across(product(*y, centred[i]));
                }
            }
        }
        (0..LANES).map(|lane| sum[lane].ln() + top[lane]).sum()
    }
}

fn product(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|lane| a[lane] * b[lane])
}

fn across(a: Lanes) -> f64 {
    (a[0] + a[2]) + (a[1] + a[3])
}
