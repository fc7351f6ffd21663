//! What an optimizer keeps for each parameter, and the one pass of a step.

use alloc::{format, vec, vec::Vec};
use core::{array, mem};

use super::clip::{self, Clamped, Clip, Clipping, Scaled, Whole};
use super::{Real, Rule};
use crate::snapshot::{Snapshot, SnapshotError};
use crate::{LeafVisitor, Parameters};

/// `N` buffers, each with an entry for each parameter.
#[derive(Clone, Debug)]
pub(super) struct State<const N: usize> {
    layout: Option<Layout>,
    f32s: [Vec<f32>; N],
    f64s: [Vec<f64>; N],
}

impl<const N: usize> State<N> {
    pub(super) fn new() -> Self {
        Self {
            layout: None,
            f32s: array::from_fn(|_| Vec::new()),
            f64s: array::from_fn(|_| Vec::new()),
        }
    }

    #[track_caller]
    pub(super) fn step<P: Parameters + ?Sized>(
        &mut self,
        parameters: &mut P,
        gradient: &P::Tangent,
        rule: &impl Rule<N>,
        clip: Clip,
    ) {
        if let Err(error) = parameters.check_shape(gradient) {
            panic!("the gradient does not fit the parameters: {error}");
        }
        let mut layout = Layout::default();
        parameters.visit(gradient, &mut layout);
        match self.layout {
            None => {
                self.f32s = array::from_fn(|_| vec![0.0; layout.f32s]);
                self.f64s = array::from_fn(|_| vec![0.0; layout.f64s]);
                self.layout = Some(layout);
            }
            Some(first) => assert!(
                first == layout,
                "the parameters changed their shape between two steps: {} entries at first, {} now; \
                 a new shape needs a new optimizer",
                first.len(),
                layout.len(),
            ),
        }
        match clip {
            Clip::Off => self.walk(parameters, gradient, rule, Whole),
            Clip::Value(limit) => self.walk(parameters, gradient, rule, Clamped(limit)),
            Clip::Norm(limit) => {
                let factor = clip::factor(limit, parameters, gradient);
                self.walk(parameters, gradient, rule, Scaled(factor));
            }
        }
    }

    fn walk<P: Parameters + ?Sized>(
        &mut self,
        parameters: &mut P,
        gradient: &P::Tangent,
        rule: &impl Rule<N>,
        clip: impl Clipping,
    ) {
        let mut walk = Walk {
            rule,
            clip,
            f32s: self.f32s.each_mut().map(Vec::as_mut_slice),
            f64s: self.f64s.each_mut().map(Vec::as_mut_slice),
        };
        parameters.visit(gradient, &mut walk);
    }

    /// Adds the buffers to a snapshot under these names, and nothing before the first step.
    pub(super) fn save(&self, names: [&str; N], snapshot: &mut Snapshot) {
        let Some(layout) = self.layout else {
            return;
        };
        snapshot.put("layout", layout.words());
        for ((name, f32s), f64s) in names.iter().zip(&self.f32s).zip(&self.f64s) {
            snapshot.put(&format!("{name}.f32"), f32s.clone());
            snapshot.put(&format!("{name}.f64"), f64s.clone());
        }
    }

    /// The buffers of a snapshot.
    pub(super) fn restored(names: [&str; N], snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let mut state = Self::new();
        if snapshot.get("layout").is_none() {
            return Ok(state);
        }
        let layout = Layout::from_words(snapshot.u64s("layout")?)?;
        for (i, name) in names.iter().enumerate() {
            let (f32s, f64s) = (format!("{name}.f32"), format!("{name}.f64"));
            state.f32s[i] = snapshot.f32s_of(&f32s, layout.f32s)?.to_vec();
            state.f64s[i] = snapshot.f64s_of(&f64s, layout.f64s)?.to_vec();
        }
        state.layout = Some(layout);
        Ok(state)
    }
}

/// How many floats there are, and a hash of how they lie together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Layout {
    f32s: usize,
    f64s: usize,
    hash: u64,
}

impl Layout {
    fn len(&self) -> usize {
        self.f32s + self.f64s
    }

    fn words(self) -> Vec<u64> {
        vec![self.f32s as u64, self.f64s as u64, self.hash]
    }

    fn from_words(words: &[u64]) -> Result<Self, SnapshotError> {
        let &[f32s, f64s, hash] = words else {
            return Err(SnapshotError::length("layout", 3, words.len()));
        };
        let count = |words: u64| {
            usize::try_from(words).map_err(|_| SnapshotError::value("layout", "a length", words))
        };
        Ok(Self {
            f32s: count(f32s)?,
            f64s: count(f64s)?,
            hash,
        })
    }

    /// One step of FNV-1a, a word at a time.
    fn mix(&mut self, word: usize) {
        self.hash = (self.hash ^ word as u64).wrapping_mul(0x0100_0000_01b3);
    }
}

impl LeafVisitor for Layout {
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        self.f32s += x.len();
        self.mix(2 * x.len() + 1);
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.f64s += x.len();
        self.mix(2 * x.len() + 2);
    }
}

/// The pass of one step, with what is left of the buffers.
struct Walk<'a, R, C, const N: usize> {
    rule: &'a R,
    clip: C,
    f32s: [&'a mut [f32]; N],
    f64s: [&'a mut [f64]; N],
}

impl<R: Rule<N>, C: Clipping, const N: usize> LeafVisitor for Walk<'_, R, C, N> {
    fn f32s(&mut self, x: &mut [f32], gradient: &[f32]) {
        let state = split_off(&mut self.f32s, x.len());
        run_parts(self.rule, x, gradient, state, self.clip);
    }
    fn f64s(&mut self, x: &mut [f64], gradient: &[f64]) {
        let state = split_off(&mut self.f64s, x.len());
        run_parts(self.rule, x, gradient, state, self.clip);
    }
}

/// The update on all threads where there is enough to do. Every entry is updated by itself, so the parts
/// change no bit of it.
#[cfg(feature = "rayon")]
fn run_parts<F: Real, R: Rule<N>, const N: usize>(
    rule: &R,
    x: &mut [F],
    gradient: &[F],
    state: [&mut [F]; N],
    clip: impl Clipping,
) {
    /// Entries below which a second thread costs more than it does.
    const LEAST: usize = 32_768;

    let worth = x.len() / LEAST;
    if worth <= 1 {
        return run(rule, x, gradient, state, clip);
    }
    let parts = worth.min(rayon::current_num_threads());
    run_halves(parts, rule, x, gradient, state, clip);
}

/// The update in this many parts.
#[cfg(feature = "rayon")]
fn run_halves<F: Real, R: Rule<N>, const N: usize>(
    parts: usize,
    rule: &R,
    x: &mut [F],
    gradient: &[F],
    mut state: [&mut [F]; N],
    clip: impl Clipping,
) {
    if parts <= 1 {
        return run(rule, x, gradient, state, clip);
    }
    let half = parts / 2;
    let len = x.len() * half / parts;
    let held = split_off(&mut state, len);
    let (x, others) = x.split_at_mut(len);
    let (slopes, other_slopes) = gradient.split_at(len);
    rayon::join(
        || run_halves(half, rule, x, slopes, held, clip),
        || run_halves(parts - half, rule, others, other_slopes, state, clip),
    );
}

#[cfg(not(feature = "rayon"))]
use run as run_parts;

/// The update, compiled for every instruction set and picked at run time: it is additions, products,
/// divisions and roots, none of them fused, so all give the same bits.
#[cfg(feature = "nn")]
fn run<F: Real, R: Rule<N>, const N: usize>(
    rule: &R,
    x: &mut [F],
    gradient: &[F],
    state: [&mut [F]; N],
    clip: impl Clipping,
) {
    struct Pass<'a, F, R, C, const N: usize> {
        rule: &'a R,
        x: &'a mut [F],
        gradient: &'a [F],
        state: [&'a mut [F]; N],
        clip: C,
    }
    impl<F: Real, R: Rule<N>, C: Clipping, const N: usize> pulp::NullaryFnOnce
        for Pass<'_, F, R, C, N>
    {
        type Output = ();
        #[inline(always)]
        fn call(self) {
            self.rule
                .update(self.x, self.gradient, self.state, self.clip);
        }
    }
    pulp::Arch::new().dispatch(Pass {
        rule,
        x,
        gradient,
        state,
        clip,
    });
}

#[cfg(not(feature = "nn"))]
fn run<F: Real, R: Rule<N>, const N: usize>(
    rule: &R,
    x: &mut [F],
    gradient: &[F],
    state: [&mut [F]; N],
    clip: impl Clipping,
) {
    rule.update(x, gradient, state, clip);
}

/// The next `len` entries of each buffer, which are taken off it.
fn split_off<'a, T, const N: usize>(
    buffers: &mut [&'a mut [T]; N],
    len: usize,
) -> [&'a mut [T]; N] {
    buffers.each_mut().map(|rest| {
        let (first, others) = mem::take(rest).split_at_mut(len);
        *rest = others;
        first
    })
}
