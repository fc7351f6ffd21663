//! The sparse Jacobian of bundle adjustment, in compressed rows.

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
    /// Takes every row out, and makes place for those of `observations`.
    pub fn clear(&mut self, observations: usize) {
        self.starts.clear();
        self.columns.clear();
        self.values.clear();
        self.starts.reserve(3 * observations + 1);
        self.columns
            .reserve(NONZEROS_PER_OBSERVATION * observations);
        self.values.reserve(NONZEROS_PER_OBSERVATION * observations);
        self.starts.push(0);
    }

    /// Adds the two rows of an observation, whose camera, point and weight start at these columns.
    pub fn push_block(&mut self, camera: usize, point: usize, weight: usize, block: &Block) {
        let column: [u32; BLOCK] = std::array::from_fn(|j| match j {
            0..CAMERA => narrow(camera + j),
            CAMERA..14 => narrow(point + j - CAMERA),
            _ => narrow(weight),
        });
        for row in block {
            self.columns.extend_from_slice(&column);
            self.values.extend_from_slice(row);
            self.end_row();
        }
    }

    /// Adds the row of a weight's error.
    pub fn push_weight(&mut self, weight: usize, value: f64) {
        self.columns.push(narrow(weight));
        self.values.push(value);
        self.end_row();
    }

    /// The entries of a row.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    fn end_row(&mut self) {
        self.starts.push(narrow(self.values.len()));
    }
}

/// A count that the reader has checked to fit.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("the reader refuses sizes beyond 32 bits")
}
