//! [`Init`]: the first values of a layer's weights.

use std::vec::Vec;

use ndarray::{Array, Dimension};

use super::Element;
use crate::interop::ndarray::from_rows;

/// How a layer's weights start: a distribution and the seed it is drawn with.
///
/// | | entries, uniform in | by |
/// |---|---|---|
/// | [`glorot`](Self::glorot) | `± sqrt(6 / (inputs + outputs))` | Glorot and Bengio 2010, for tanh and sigmoid |
/// | [`he`](Self::he) | `± sqrt(6 / inputs)` | He et al. 2015, for rectifiers |
/// | [`uniform`](Self::uniform) | `± limit` | |
///
/// `inputs` and `outputs` are what one output, and one input, is connected to. Biases start at zero.
/// The same seed gives the same weights on every machine.
///
/// ```
/// use grad_runtime::nn::{Dense, Init};
///
/// let layer: Dense<f64> = Dense::new(3, 2, Init::uniform(0.1, 7));
/// assert!(layer.weights.iter().all(|w| w.abs() <= 0.1));
/// let again: Dense<f64> = Dense::new(3, 2, Init::uniform(0.1, 7));
/// assert_eq!(layer.weights, again.weights);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Init {
    scheme: Scheme,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scheme {
    Glorot,
    He,
    Uniform(f64),
}

impl Init {
    /// For activations that are linear about zero.
    #[must_use]
    pub const fn glorot(seed: u64) -> Self {
        Self {
            scheme: Scheme::Glorot,
            seed,
        }
    }

    /// For rectifiers.
    #[must_use]
    pub const fn he(seed: u64) -> Self {
        Self {
            scheme: Scheme::He,
            seed,
        }
    }

    /// Between `-limit` and `limit`.
    #[must_use]
    pub const fn uniform(limit: f64, seed: u64) -> Self {
        Self {
            scheme: Scheme::Uniform(limit),
            seed,
        }
    }

    /// An array of weights of which one output has `inputs` and one input `outputs`.
    #[allow(clippy::cast_precision_loss, reason = "a network is smaller than 2^52")]
    pub(crate) fn weights<E: Element, D: Dimension>(
        self,
        shape: D,
        inputs: usize,
        outputs: usize,
    ) -> Array<E, D> {
        let limit = match self.scheme {
            Scheme::Glorot => (6.0 / (inputs + outputs) as f64).sqrt(),
            Scheme::He => (6.0 / inputs as f64).sqrt(),
            Scheme::Uniform(limit) => limit,
        };
        let mut random = Random::new(self.seed);
        let len = shape.size();
        let entries: Vec<E> = (0..len)
            .map(|_| E::of(limit * (2.0 * random.fraction() - 1.0)))
            .collect();
        from_rows(shape, entries)
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least 0 and less than 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
