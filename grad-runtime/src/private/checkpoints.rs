//! What is kept of a loop under `#[differentiate(checkpoint)]`: the states from which its iterations
//! are computed again.

use alloc::vec::Vec;

/// How many times its stride a run keeps before it drops every other state.
const FULL: usize = 4;

/// States of loops, one in so many iterations, from which the iterations between are run again.
///
/// Where the trip count `n` is known, the stride is its square root. Where it is not, the stride
/// begins with one; whenever there are four times as many states as the stride is long, every other
/// is dropped and the stride doubles. So after `n` iterations the stride is between `√n / 2` and
/// `√n`, there are at most `2 √n` states, and no more than `6 √n` were ever kept (Griewank and
/// Walther, *Evaluating Derivatives*, 2nd edition, section 12.3, online checkpointing).
///
/// ```
/// use grad_runtime::private::Checkpoints;
///
/// // Twenty iterations, each of which adds its number.
/// let (mut kept, mut sum) = (Checkpoints::new(), 0_usize);
/// kept.begin(None);
/// for k in 0..20 {
///     if kept.due() {
///         kept.push(sum);
///     }
///     sum += k;
/// }
/// // From the last segment to the first.
/// let mut end = 20;
/// for _ in 0..kept.segments() {
///     end -= kept.segment();
///     assert_eq!(kept.pop(), (0..end).sum());
/// }
/// assert_eq!(end, 0);
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints<S> {
    states: Vec<S>,
    runs: Vec<Run>,
}

/// One run of a loop.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Where its states begin.
    first: usize,
    /// The number of iterations from one state to the next.
    stride: usize,
    /// Whether it stays, whatever the number of states.
    fixed: bool,
    /// How many iterations there are until the next state is due.
    left: usize,
}

impl<S> Checkpoints<S> {
    /// Nothing kept.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Checkpoints {
            states: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Begins a run, of so many iterations where that is known.
    #[inline]
    pub fn begin(&mut self, trips: Option<usize>) {
        self.runs.push(Run {
            first: self.states.len(),
            stride: trips.map_or(1, root),
            fixed: false,
            left: 0,
        });
    }

    /// Begins a run of which a state is kept every `stride` iterations.
    #[inline]
    pub fn begin_every(&mut self, stride: usize) {
        self.runs.push(Run {
            first: self.states.len(),
            stride,
            fixed: true,
            left: 0,
        });
    }

    /// Opens an iteration: whether the state before it is to be kept.
    #[inline]
    pub fn due(&mut self) -> bool {
        let run = self.run();
        if run.left > 0 {
            run.left -= 1;
            return false;
        }
        self.make_room();
        true
    }

    /// Drops every other state where there are too many.
    fn make_room(&mut self) {
        let count = self.states.len();
        let run = self.run();
        if !run.fixed
            && count - run.first >= FULL.saturating_mul(run.stride)
            && (count - run.first).is_multiple_of(2)
        {
            let (first, half) = (run.first, (count - run.first) / 2);
            run.stride *= 2;
            for k in 1..half {
                self.states.swap(first + k, first + 2 * k);
            }
            self.states.truncate(first + half);
        }
        let run = self.run();
        run.left = run.stride - 1;
    }

    /// Keeps the state before an iteration.
    #[inline]
    pub fn push(&mut self, state: S) {
        self.states.push(state);
    }

    /// The number of segments of the last run not reversed yet.
    #[inline]
    pub fn segments(&mut self) -> usize {
        let count = self.states.len() - self.run().first;
        if count == 0 {
            self.runs.pop();
        }
        count
    }

    /// The number of iterations of the last segment not reversed yet, whose state is popped next.
    #[inline]
    pub fn segment(&mut self) -> usize {
        let count = self.states.len();
        let run = self.run();
        let trips = run.stride - run.left;
        run.left = 0;
        if count == run.first + 1 {
            self.runs.pop();
        }
        trips
    }

    /// The last state.
    ///
    /// # Panics
    ///
    /// If there is none, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn pop(&mut self) -> S {
        self.states.pop().expect("a segment begins with a state")
    }

    fn run(&mut self) -> &mut Run {
        self.runs.last_mut().expect("a run was begun")
    }
}

impl<S> Default for Checkpoints<S> {
    fn default() -> Self {
        Checkpoints::new()
    }
}

/// The square root, rounded up; at least one.
fn root(n: usize) -> usize {
    let floor = n.isqrt();
    (floor + usize::from(floor * floor < n)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The segments of a run, from the first to the last: from where, and how long.
    fn run(kept: &mut Checkpoints<usize>, known: Option<usize>, trips: usize) -> usize {
        kept.begin(known);
        let mut most = 0;
        for k in 0..trips {
            if kept.due() {
                kept.push(k);
            }
            most = most.max(kept.states.len());
        }
        most
    }

    /// Walks the last run back; gives its longest segment.
    fn back(kept: &mut Checkpoints<usize>, trips: usize) -> usize {
        let (mut end, mut longest) = (trips, 0);
        for _ in 0..kept.segments() {
            let length = kept.segment();
            end -= length;
            assert_eq!(kept.pop(), end);
            longest = longest.max(length);
        }
        assert_eq!(end, 0);
        longest
    }

    #[test]
    fn every_trip_count_is_divided_into_segments_that_meet() {
        for trips in 0..300 {
            for known in [None, Some(trips)] {
                let mut kept = Checkpoints::new();
                run(&mut kept, known, trips);
                back(&mut kept, trips);
                assert!(kept.runs.is_empty() && kept.states.is_empty());
            }
        }
    }

    #[test]
    fn both_the_states_and_the_longest_segment_are_about_the_root() {
        for (known, most) in [(None, 2.0), (Some(100_000), 1.0)] {
            let mut kept = Checkpoints::new();
            let states = run(&mut kept, known, 100_000);
            let longest = back(&mut kept, 100_000);
            let root = 100_000_f64.sqrt() + 1.0;
            #[allow(clippy::cast_precision_loss)] // small numbers
            let (states, longest) = (states as f64, longest as f64);
            assert!(
                states <= most * root && longest <= root,
                "{states}, {longest}"
            );
        }
    }

    #[test]
    fn a_stride_that_is_given_stays() {
        for (stride, trips) in [(1_usize, 9_usize), (4, 0), (4, 8), (4, 101), (200, 101)] {
            let mut kept = Checkpoints::new();
            kept.begin_every(stride);
            for k in 0..trips {
                if kept.due() {
                    kept.push(k);
                }
            }
            assert_eq!(kept.states.len(), trips.div_ceil(stride));
            assert_eq!(back(&mut kept, trips), stride.min(trips));
        }
    }

    #[test]
    fn runs_lie_on_one_another() {
        let mut kept = Checkpoints::new();
        for trips in [7, 0, 100] {
            run(&mut kept, None, trips);
        }
        for trips in [100, 0, 7] {
            back(&mut kept, trips);
        }
        assert!(kept.runs.is_empty());
    }
}
