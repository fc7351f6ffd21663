//! Inputs of `ADBench`'s sizes from a fixed sequence of random numbers; the model of the hand is the
//! one that comes with the examples.

use std::path::Path;

use grad_examples::adbench::ba::{Ba, Camera, Observation};
use grad_examples::adbench::gmm::{Gmm, Wishart};
use grad_examples::adbench::hand::{Hand, PARAMETERS};
use grad_examples::adbench::lstm::Lstm;
use grad_examples::adbench::read::{InputError, read_model};

/// Numbers between -1 and 1, the same in every run: Knuth's linear congruences, MMIX.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        const FACTOR: u64 = 6_364_136_223_846_793_005;
        const STEP: u64 = 1_442_695_040_888_963_407;
        self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(STEP);
        (self.0 >> 12) as f64 / (1_u64 << 51) as f64 - 1.0
    }

    fn reals(&mut self, count: usize, scale: f64) -> Vec<f64> {
        (0..count).map(|_| scale * self.next()).collect()
    }

    fn array<const N: usize>(&mut self) -> [f64; N] {
        std::array::from_fn(|_| self.next())
    }
}

/// `n` points in `d` dimensions and `k` components.
#[must_use]
pub fn gmm(d: usize, k: usize, n: usize) -> Gmm {
    let mut random = Random(1);
    Gmm {
        d,
        alphas: random.reals(k, 1.0),
        means: random.reals(k * d, 1.0),
        icf: random.reals(k * d * (d + 1) / 2, 0.5),
        points: random.reals(n * d, 1.5),
        wishart: Wishart { gamma: 1.0, m: 0 },
    }
}

/// `layers` layers of `bits` units over `characters` characters.
#[must_use]
pub fn lstm(layers: usize, characters: usize, bits: usize) -> Lstm {
    let mut random = Random(2);
    let sequence = random.reals(characters * bits, 1.0);
    Lstm {
        bits,
        main: random.reals(8 * layers * bits, 1.0),
        extra: random.reals(3 * bits, 1.0),
        state: random.reals(2 * layers * bits, 1.0),
        sequence: sequence
            .into_iter()
            .map(|x| if x > 0.0 { 1.0 } else { 0.0 })
            .collect(),
    }
}

/// `p` observations of `m` points by `n` cameras.
#[must_use]
pub fn ba(n: usize, m: usize, p: usize) -> Ba {
    let mut random = Random(3);
    let camera = |random: &mut Random| Camera {
        rotation: random.array().into(),
        centre: random.array().map(|x: f64| 30.0 + x).into(),
        focal: 400.0 + random.next(),
        principal_point: random.array().into(),
        distortion: random.array().map(|x: f64| 0.1 * x).into(),
    };
    Ba {
        cameras: (0..n).map(|_| camera(&mut random)).collect(),
        points: (0..m).map(|_| random.array().into()).collect(),
        weights: random.reals(p, 1.0),
        observations: (0..p)
            .map(|i| Observation {
                camera: i % n,
                point: i % m,
            })
            .collect(),
        features: (0..p).map(|_| random.array().into()).collect(),
    }
}

/// `n` points on the hand; in the complicated form where `complicated`.
///
/// # Errors
/// When the model that comes with the examples cannot be read.
pub fn hand(n: usize, form: Form) -> Result<Hand, InputError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = read_model(&root.join("../examples/adbench/data/hand/model"))?;
    let mut random = Random(4);
    let targets = match form {
        Form::Simple => model.base_positions.len(),
        Form::Complicated => model.triangles.len(),
    };
    Ok(Hand {
        correspondences: (0..n).map(|i| i * 7 % targets).collect(),
        points: (0..n).map(|_| random.array().into()).collect(),
        theta: random.reals(PARAMETERS, 1.0),
        us: match form {
            Form::Simple => None,
            Form::Complicated => {
                let us = (0..n).map(|_| random.array().map(|u: f64| 0.25 + 0.25 * u).into());
                Some(us.collect())
            }
        },
        model,
    })
}

/// Which of the two forms of HAND.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Points correspond to vertices.
    Simple,
    /// Points correspond to places in triangles.
    Complicated,
}
