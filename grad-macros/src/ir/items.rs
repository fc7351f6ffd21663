//! Where iterators stand in a call that is not differentiated: its derivatives have vectors there.

/// The iterators among what a call takes and gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Items {
    /// Whether what it gives may be an iterator, of which the items are wanted.
    pub(crate) listed: bool,
    /// The arguments that are vectors of the items of an iterator, one bit each.
    pub(crate) given: u64,
}
