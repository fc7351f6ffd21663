//! Several iterations of a loop side by side: a number of each in every row.
//!
//! Iterations that do not see one another, each followed by its own reverse, are taken [`ABREAST`] at
//! a time. What they rewrite each for itself has a place for each of them, so that short loops inside
//! become arithmetic on rows, which vectorises.

use alloc::vec;
use alloc::vec::Vec;

/// Iterations side by side.
pub const ABREAST: usize = 8;

/// One number of each iteration.
pub type Rank<T> = [T; ABREAST];

/// Numbers of a variable, at most, for which it is made so many times as wide: more would leave the
/// caches.
const MOST: usize = 1 << 13;

/// What counts iterations.
pub trait Counter: Copy {
    /// How many whole ranks there are between the two.
    fn ranks(start: Self, end: Self) -> usize;
    /// The count after `steps` steps.
    #[must_use]
    fn after(self, steps: usize) -> Self;
}

macro_rules! counters {
    ($($int:ty)*) => {$(
        impl Counter for $int {
            #[inline]
            fn ranks(start: Self, end: Self) -> usize {
                match end.checked_sub(start) {
                    Some(trips) => usize::try_from(trips).unwrap_or(0) / ABREAST,
                    None => 0,
                }
            }

            #[inline]
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
            fn after(self, steps: usize) -> Self {
                // No further than the end of the range, which has this type.
                self.wrapping_add(steps as $int)
            }
        }
    )*};
}

counters!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// Where the iterations begin, and how many whole ranks there are.
#[inline]
#[must_use]
pub fn ranks<T: Counter>(start: T, end: T) -> (T, usize) {
    (start, T::ranks(start, end))
}

/// The count after `steps` steps.
#[inline]
#[must_use]
pub fn after<T: Counter>(start: T, steps: usize) -> T {
    start.after(steps)
}

/// A range that LLVM does not count.
///
/// A loop over ranks is made of vectors as it stands. Taken apart into vectors of several iterations,
/// which LLVM would do where it knows their number, it is slower: the ranks have to be transposed.
#[derive(Clone, Debug)]
pub struct Paces<T> {
    at: T,
    end: T,
    /// One, but LLVM does not know.
    pace: usize,
}

/// One step.
#[inline]
#[must_use]
pub fn pace() -> usize {
    core::hint::black_box(1)
}

/// The range from `start` to `end`.
#[inline]
#[must_use]
pub fn paces<T: Counter>(start: T, end: T, pace: usize) -> Paces<T> {
    Paces {
        at: start,
        end,
        pace,
    }
}

impl<T: Counter + PartialOrd> Iterator for Paces<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        let at = self.at;
        if at < self.end {
            self.at = at.after(self.pace);
            Some(at)
        } else {
            None
        }
    }
}

/// A variable that has a place for each of the iterations.
pub trait Widen {
    /// It, with a rank for each number.
    type Wide;
    /// Zeros of its shape.
    fn widen(&self) -> Self::Wide;
    /// How many numbers it holds.
    fn numbers(&self) -> usize;
}

impl<T: Copy + Default> Widen for Vec<T> {
    type Wide = Vec<Rank<T>>;

    #[inline]
    fn widen(&self) -> Self::Wide {
        vec![[T::default(); ABREAST]; self.len()]
    }

    #[inline]
    fn numbers(&self) -> usize {
        self.len()
    }
}

impl<T: Copy + Default, const N: usize> Widen for [T; N] {
    type Wide = [Rank<T>; N];

    #[inline]
    fn widen(&self) -> Self::Wide {
        [[T::default(); ABREAST]; N]
    }

    #[inline]
    fn numbers(&self) -> usize {
        N
    }
}

/// Zeros of the variable's shape, with a rank for each number.
#[inline]
pub fn widen<T: Widen>(variable: &T) -> T::Wide {
    variable.widen()
}

/// Whether the variable is small enough to be made wider.
#[inline]
pub fn widens<T: Widen>(variable: &T) -> bool {
    variable.numbers() <= MOST
}

/// A copy of the variable for each of the iterations, for calls.
#[inline]
pub fn files<T: Clone>(variable: &T) -> Rank<T> {
    core::array::from_fn(|_| variable.clone())
}

/// Gives each iteration's file what the ranks hold.
#[inline]
pub fn split_ranks<T: Copy>(ranks: &[Rank<T>], files: Rank<&mut [T]>) {
    for (lane, file) in files.into_iter().enumerate() {
        for (place, rank) in file.iter_mut().zip(ranks) {
            *place = rank[lane];
        }
    }
}

/// Adds to the ranks what stands in each iteration's file, and leaves zeros there.
#[inline]
pub fn join_ranks<T: Copy + Default + core::ops::AddAssign>(
    ranks: &mut [Rank<T>],
    files: Rank<&mut [T]>,
) {
    for (lane, file) in files.into_iter().enumerate() {
        for (place, rank) in file.iter_mut().zip(&mut *ranks) {
            rank[lane] += core::mem::take(place);
        }
    }
}

/// Puts rows of one length side by side; whether they are there, as long as one another and no longer
/// than it pays.
#[inline]
pub fn put_abreast<T: Copy + Default>(rows: Rank<Option<&[T]>>, ranks: &mut Vec<Rank<T>>) -> bool {
    let Some(Some(first)) = rows.first() else {
        return false;
    };
    let length = first.len();
    let fits = |row: Option<&[T]>| row.is_some_and(|row| row.len() == length);
    if length > MOST || !rows.into_iter().all(fits) {
        return false;
    }
    ranks.resize(length, [T::default(); ABREAST]);
    for (lane, row) in rows.into_iter().enumerate() {
        for (rank, x) in ranks.iter_mut().zip(row.unwrap_or_default()) {
            rank[lane] = *x;
        }
    }
    true
}

/// Adds to each iteration's number its part.
#[inline]
pub fn add_ranks<T: Copy + core::ops::AddAssign>(rank: &mut Rank<T>, part: Rank<T>) {
    for (place, part) in rank.iter_mut().zip(part) {
        *place += part;
    }
}

/// The sum over the iterations.
#[inline]
#[must_use]
pub fn across<T: Copy + core::ops::Add<Output = T>>(rank: Rank<T>) -> T {
    let four: [T; 4] = core::array::from_fn(|k| rank[k] + rank[k + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// The results of calls, and their pullbacks.
#[inline]
pub fn unzip_ranks<R, P>(calls: Rank<(R, P)>) -> (Rank<R>, Rank<P>) {
    let [
        (y0, p0),
        (y1, p1),
        (y2, p2),
        (y3, p3),
        (y4, p4),
        (y5, p5),
        (y6, p6),
        (y7, p7),
    ] = calls;
    (
        [y0, y1, y2, y3, y4, y5, y6, y7],
        [p0, p1, p2, p3, p4, p5, p6, p7],
    )
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::{
        ABREAST, across, after, files, join_ranks, put_abreast, ranks, split_ranks, widen, widens,
    };

    #[test]
    fn whole_ranks_of_any_counter() {
        assert_eq!(ranks(0_usize, 23), (0, 2));
        assert_eq!(ranks(-5_i8, 3), (-5, 1));
        assert_eq!(ranks(3_u32, 1), (3, 0));
        assert_eq!(ranks(i64::MIN, i64::MAX), (i64::MIN, 0));
        assert_eq!(after(-5_i8, 4), -1);
    }

    #[test]
    fn rows_of_one_length_are_put_side_by_side() {
        let x: [usize; 40] = core::array::from_fn(|k| k);
        let mut ranks = vec![];
        let mut put = |of: fn(usize) -> core::ops::Range<usize>| {
            put_abreast(core::array::from_fn(|lane| x.get(of(lane))), &mut ranks)
        };
        assert!(!put(|lane| 5 * lane..5 * lane + 6));
        assert!(!put(|lane| lane..2 * lane));
        assert!(put(|lane| 5 * lane..5 * lane + 5));
        assert_eq!(ranks.len(), 5);
        assert_eq!((ranks[0][7], ranks[4][2]), (35, 14));
    }

    #[test]
    fn what_is_split_is_joined_again() {
        let mut wide = widen(&vec![0; 3]);
        assert!(widens(&[0.0; 3]) && !widens(&vec![0.0_f32; 10_000]));
        for (k, rank) in wide.iter_mut().enumerate() {
            *rank = core::array::from_fn(|lane| 10 * k + lane);
        }
        let mut rows = files(&[0; 2]);
        split_ranks(&wide[1..], rows.each_mut().map(|row| &mut row[..]));
        assert_eq!(rows[3], [13, 23]);
        join_ranks(&mut wide[..2], rows.each_mut().map(|row| &mut row[..]));
        assert_eq!((wide[0][3], wide[1][3], wide[2][3]), (16, 36, 23));
        assert_eq!(rows, [[0; 2]; ABREAST]);
        assert!((across([1.0; ABREAST]) - 8.0_f64).abs() < 1e-15);
    }
}
