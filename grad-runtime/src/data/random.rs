//! A random generator whose whole state can be kept and put back.

/// A random generator: `xoshiro256++` of Blackman and Vigna, "Scrambled Linear Pseudorandom Number
/// Generators" (2021), its state filled by their `splitmix64`.
///
/// Here and not from a library because what it draws is part of a training run: the run must go on
/// bit for bit after its state was read from a file, under every version of every dependency.
///
/// ```
/// use grad_runtime::data::Random;
///
/// let mut random = Random::new(1);
/// random.next_u64();
/// let mut again = Random::from_state(random.state());
/// assert_eq!(random.uniform(), again.uniform());
/// assert!(random.below(6) < 6);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator that depends on the seed alone.
    #[must_use]
    pub fn new(mut seed: u64) -> Self {
        let state = core::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(seed)
        });
        Self { state }
    }

    /// A generator that depends on the seed and on the number of a stream, such as an epoch.
    #[must_use]
    pub fn stream(seed: u64, stream: u64) -> Self {
        Self::new(mix(seed) ^ mix(!stream))
    }

    /// What it goes on from.
    #[must_use]
    pub fn state(&self) -> [u64; 4] {
        self.state
    }

    /// A generator that goes on from this state. All zeros would give zeros for ever, so they
    /// count as the state of seed 0.
    #[must_use]
    pub fn from_state(state: [u64; 4]) -> Self {
        if state == [0; 4] {
            return Self::new(0);
        }
        Self { state }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A number in `0..1`, a multiple of 2⁻⁵³.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number in `0..bound`, each equally likely; 0 when the bound is.
    ///
    /// Lemire, "Fast Random Integer Generation in an Interval" (2019).
    #[allow(clippy::cast_possible_truncation, reason = "the halves of a product")]
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            let low = product as u64;
            if low >= bound || low >= bound.wrapping_neg() % bound.max(1) {
                return (product >> 64) as usize;
            }
        }
    }

    /// Puts a slice in an order drawn at random, each equally likely.
    pub fn shuffle<T>(&mut self, slice: &mut [T]) {
        for end in (1..slice.len()).rev() {
            slice.swap(end, self.below(end + 1));
        }
    }
}

/// The output step of `splitmix64`: a bijection that spreads every bit over all.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of the authors' C programs, for the state 1, 2, 3, 4 and the seed
    /// 1234567.
    #[test]
    fn it_is_the_published_generator() {
        let mut random = Random::from_state([1, 2, 3, 4]);
        let first: [u64; 3] = core::array::from_fn(|_| random.next_u64());
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223]);
        let state = Random::new(1_234_567).state();
        assert_eq!(state[0], 6_457_827_717_110_365_317);
        assert_eq!(state[1], 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_number_is_drawn_alike() {
        let mut random = Random::new(3);
        let mut counts = [0; 6];
        for _ in 0..60_000 {
            counts[random.below(6)] += 1;
        }
        assert!(
            counts.iter().all(|&n| (9_600..10_400).contains(&n)),
            "{counts:?}"
        );
        assert_eq!((random.below(0), random.below(1)), (0, 0));
    }

    #[test]
    fn streams_differ() {
        let first = |seed, stream| Random::stream(seed, stream).next_u64();
        let all = [first(0, 0), first(0, 1), first(1, 0), first(1, 1)];
        for i in 0..4 {
            assert!(!all[..i].contains(&all[i]));
        }
    }
}
