//! Training shown live: a bar on a terminal, a line now and then in a log.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Epochs between two lines where there is no terminal to redraw.
const LOG_EVERY: usize = 10;

/// A progress bar over the epochs of a training run.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts a bar that is full after `epochs`.
    #[must_use]
    pub fn new(epochs: usize) -> Self {
        let bar = ProgressBar::new(epochs as u64);
        let style = ProgressStyle::with_template("{bar:18.cyan/blue} {msg} {elapsed:>4}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar }
    }

    /// Shows how far training has come after `epoch` epochs.
    pub fn show(&self, epoch: usize, status: &str) {
        self.bar.set_position(epoch as u64);
        self.bar.set_message(status.to_owned());
        if self.bar.is_hidden() && (epoch == 1 || epoch.is_multiple_of(LOG_EVERY)) {
            println!("{status}");
        }
    }

    /// Fills the bar, however early training stopped, and leaves it there with the last status.
    pub fn finish(&self) {
        self.bar.set_length(self.bar.position());
        self.bar.abandon();
    }
}
