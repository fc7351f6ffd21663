//! [`Dropout`]: a random part of the entries is left out.

use ndarray::{Array, ArrayBase, Data, Dimension};

use super::buffer::{self, Rows};
use super::error::expect;
use super::init::Random;
use super::{Bar, Element, Layer, LayerError, LayerName};
use crate::tensor::elementwise::passes;
use crate::tensor::workspace;
use crate::{Differentiable, LeafVisitor, NoTangent, Parameters, ShapeError};

/// In training, sets entries to zero with probability `rate` and divides the others by `1 - rate`, so
/// that the mean stays; else does nothing (Srivastava et al. 2014).
///
/// Which entries are left out is told by `mask`, a number in plain sight: `forward` is a function of the
/// layer and its input, and gives the same twice. Draw another with [`next_mask`](Self::next_mask)
/// before each step.
///
/// ```
/// use grad_runtime::nn::Dropout;
/// use ndarray::Array1;
///
/// let x = Array1::from_elem(1000, 1.0_f32);
/// let mut layer = Dropout::new(0.25, 7)?;
/// assert_eq!(layer.forward(&x), x); // evaluation
///
/// layer.next_mask();
/// let y = layer.forward(&x);
/// let left_out = y.iter().filter(|&&y| y == 0.0).count();
/// assert!((200..300).contains(&left_out));
/// assert_eq!(layer.forward(&x), y);
///
/// layer.evaluate();
/// assert_eq!(layer.forward(&x), x);
/// # Ok::<(), grad_runtime::nn::LayerError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// The part that is left out, at least 0 and less than 1.
    pub rate: f64,
    /// The mask in training; `None` in evaluation.
    pub mask: Option<u64>,
    /// What the next mask is drawn from.
    pub seed: u64,
}

impl Dropout {
    /// A layer in evaluation.
    ///
    /// # Errors
    /// If the rate is not at least 0 and less than 1.
    pub fn new(rate: f64, seed: u64) -> Result<Self, LayerError> {
        let layer = Self {
            rate,
            mask: None,
            seed,
        };
        layer.check()?;
        Ok(layer)
    }

    /// Draws another mask; from here on the layer is in training.
    pub fn next_mask(&mut self) {
        let mut random = Random::new(self.seed);
        self.mask = Some(random.next());
        self.seed = random.next();
    }

    /// From here on nothing is left out.
    pub fn evaluate(&mut self) {
        self.mask = None;
    }

    /// The result.
    ///
    /// # Panics
    /// If the rate is not at least 0 and less than 1.
    #[must_use]
    #[track_caller]
    pub fn forward<E: Element, S: Data<Elem = E>, D: Dimension>(
        &self,
        x: &ArrayBase<S, D>,
    ) -> Array<E, D> {
        Layer::forward(self, x)
    }

    fn check(&self) -> Result<(), LayerError> {
        if (0.0..1.0).contains(&self.rate) {
            return Ok(());
        }
        Err(LayerError::Setting {
            layer: LayerName::new("dropout"),
            rule: "the rate must be at least 0 and less than 1",
        })
    }

    /// `to += mask from`: the layer, and, as it is linear and its own adjoint, both its derivatives.
    fn add_masked<E: Element>(&self, from: &[E], to: &mut [E]) {
        match self.mask {
            None => crate::tensor::elementwise::add(to, from),
            Some(mask) => {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the rate is less than 1"
                )]
                let threshold = (self.rate * (1_u64 << 32) as f64) as u32;
                add_masked(from, to, mask, threshold, E::of((1.0 - self.rate).recip()));
            }
        }
    }
}

passes! {
    /// Adds `factor from` where the mask's number for the entry is at least `threshold`.
    fn add_masked<'a, E>(from: &'a [E], to: &'a mut [E], mask: u64, threshold: u32, factor: E) -> () {
        const BLOCK: usize = 1 << 16;
        let blocks = to.chunks_mut(BLOCK).zip(from.chunks(BLOCK));
        for (number, (to, from)) in blocks.enumerate() {
            // Every block has a number of its own, an entry one within its block.
            let block = Random::new(mask.wrapping_add(number as u64)).next();
            let (low, high) = ((block & 0xffff_ffff) as u32, (block >> 32) as u32);
            for (i, (to, &from)) in (0_u32..).zip(to.iter_mut().zip(from)) {
                // The finisher of MurmurHash3 (Appleby).
                let mut h = i.wrapping_mul(0x9e37_79b9) ^ low;
                h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
                h = (h ^ (h >> 13) ^ high).wrapping_mul(0xc2b2_ae35);
                h ^= h >> 16;
                *to += if h >= threshold { factor * from } else { E::zero() };
            }
        }
    }
}

impl Differentiable for Dropout {
    type Tangent = NoTangent;

    fn zero_tangent(&self) -> NoTangent {
        NoTangent
    }

    fn check_shape(&self, _: &NoTangent) -> Result<(), ShapeError> {
        Ok(())
    }
}

impl Parameters for Dropout {
    fn visit(&mut self, _: &NoTangent, _: &mut impl LeafVisitor) {}
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> Layer<ArrayBase<S, D>> for Dropout {
    type Output = Array<E, D>;
    type Kept = ();

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
        expect(self.check());
        let mut y = buffer::zeros(x.raw_dim());
        self.add_masked(&Rows::of(x), buffer::entries(&mut y));
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, D>) -> (Array<E, D>, ()) {
        (Layer::forward(self, x), ())
    }

    fn pull(
        &self,
        _: &ArrayBase<S, D>,
        (): (),
        y_bar: Array<E, D>,
        _: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, D>>,
    ) {
        let bar = buffer::into_rows(y_bar);
        if let Some(x_bar) = x_bar {
            buffer::change(x_bar, |x_bar| self.add_masked(&bar, x_bar));
        }
        workspace::give(bar);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, D>,
        _: Option<&NoTangent>,
        x_dot: Option<&Array<E, D>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let mut y_dot = buffer::zeros(x.raw_dim());
        if let Some(x_dot) = x_dot {
            self.add_masked(&Rows::of(x_dot), buffer::entries(&mut y_dot));
        }
        (Layer::forward(self, x), y_dot)
    }

    fn reuse(y: Array<E, D>) {
        buffer::give(y);
    }
}
