//! When a loss has all but stopped falling.

/// Stops training when the loss is steady: when its mean over the last `window` epochs is less than
/// the share `tolerance` below its mean over the `window` epochs before.
///
/// ```
/// use grad_runtime::train::Steady;
///
/// let steady = Steady::new(2, 0.01);
/// assert!(!steady.holds(&[4.0, 3.0, 2.0, 1.0]));
/// assert!(steady.holds(&[4.0, 3.0, 2.0, 2.0, 2.0, 1.99]));
/// assert!(!steady.holds(&[2.0, 2.0, 2.0]), "too short to tell");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    window: usize,
    tolerance: f64,
}

impl Steady {
    /// Compares means over `window` epochs.
    ///
    /// # Panics
    /// When the window is 0 or the tolerance is not finite.
    #[must_use]
    #[track_caller]
    pub fn new(window: usize, tolerance: f64) -> Self {
        assert!(window > 0, "a mean needs at least one epoch");
        assert!(
            tolerance.is_finite(),
            "the tolerance must be finite, not {tolerance}"
        );
        Self { window, tolerance }
    }

    /// Whether these losses, of one epoch each, have become steady at their end.
    #[must_use]
    pub fn holds(&self, losses: &[f64]) -> bool {
        let Some(start) = losses.len().checked_sub(self.window.saturating_mul(2)) else {
            return false;
        };
        let (before, last) = losses[start..].split_at(self.window);
        last.iter().sum::<f64>() > (1.0 - self.tolerance) * before.iter().sum::<f64>()
    }
}
