//! The sparse Jacobian of bundle adjustment, in compressed rows.

use super::ba::Ba;

/// Columns of one camera.
pub const CAMERA: usize = 11;
/// Columns of one point.
pub const POINT: usize = 3;
/// Columns that one observation depends on: its camera, its point and its weight.
pub const BLOCK: usize = CAMERA + POINT + 1;
/// Entries for one observation: two rows of residuals, and its weight's.
pub const NONZEROS_PER_OBSERVATION: usize = 2 * BLOCK + 1;

/// The derivative of an observation's two residuals by its camera, its point and its weight.
pub type Block = [[f64; BLOCK]; 2];

/// How many columns there are for `n` cameras, `m` points and `p` observations, where that can be
/// counted.
#[must_use]
pub fn columns_of(n: usize, m: usize, p: usize) -> Option<usize> {
    let cameras = n.checked_mul(CAMERA)?;
    let points = m.checked_mul(POINT)?;
    cameras.checked_add(points)?.checked_add(p)
}

/// A sparse matrix: the entries of row `i` are `starts[i]..starts[i + 1]` of `columns` and `values`.
///
/// Rows are first the two residuals of each observation, then the weights' errors; columns are all
/// cameras, all points, all weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Csr {
    /// Where each row starts, and the end of the last.
    pub starts: Vec<u32>,
    /// The column of each entry.
    pub columns: Vec<u32>,
    /// The entries.
    pub values: Vec<f64>,
}

impl Csr {
    /// The Jacobian of all observations: `block` writes the derivative of an observation, `weight`
    /// gives that of a weight's error. The place that `self` has is used again.
    pub fn assemble(
        &mut self,
        data: &Ba,
        mut block: impl FnMut(usize, &mut Block),
        mut weight: impl FnMut(usize) -> f64,
    ) {
        let observations = data.observations.len();
        let first_point = CAMERA * data.cameras.len();
        let first_weight = first_point + POINT * data.points.len();
        let blocks = 2 * BLOCK * observations;
        let nonzeros = blocks + observations;
        self.starts.clear();
        let block_starts = (0..blocks).step_by(BLOCK);
        self.starts
            .extend(block_starts.chain(blocks..=nonzeros).map(narrow));
        self.columns.resize(nonzeros, 0);
        self.values.resize(nonzeros, 0.0);
        let (block_columns, weight_columns) = self.columns.split_at_mut(blocks);
        let (block_values, weight_values) = self.values.split_at_mut(blocks);
        let places = pairs(block_columns).zip(pairs(block_values));
        for (i, ((columns, values), seen)) in places.zip(&data.observations).enumerate() {
            let row = columns_of_block(
                CAMERA * seen.camera,
                first_point + POINT * seen.point,
                first_weight + i,
            );
            *columns = [row; 2];
            block(i, values);
        }
        for (i, (column, value)) in weight_columns.iter_mut().zip(weight_values).enumerate() {
            *column = narrow(first_weight + i);
            *value = weight(i);
        }
    }

    /// The entries of a row.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

/// Places for blocks, one after another.
fn pairs<T>(entries: &mut [T]) -> impl Iterator<Item = &mut [[T; BLOCK]; 2]> {
    let (rows, _) = entries.as_chunks_mut::<BLOCK>();
    rows.as_chunks_mut::<2>().0.iter_mut()
}

/// The columns of a block whose camera, point and weight start at these.
fn columns_of_block(camera: usize, point: usize, weight: usize) -> [u32; BLOCK] {
    let mut columns = [narrow(weight); BLOCK];
    let (cameras, points) = columns.split_at_mut(CAMERA);
    for (column, next) in cameras.iter_mut().zip(narrow(camera)..) {
        *column = next;
    }
    for (column, next) in points[..POINT].iter_mut().zip(narrow(point)..) {
        *column = next;
    }
    columns
}

/// A count that the reader has checked to fit.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("the reader refuses sizes beyond 32 bits")
}
