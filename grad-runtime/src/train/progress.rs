//! Training shown live: a bar on a terminal, a line now and then in a log.

use alloc::{borrow::ToOwned, format, string::String};
use std::eprintln;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Epoch;

/// Epochs between two lines where there is no terminal to redraw.
const LOG_EVERY: usize = 10;
/// The least time between two drawings.
const REDRAW: Duration = Duration::from_millis(100);

/// A bar over the batches of all epochs of a run, with speed and remaining time; below it, what the
/// epoch has come to. Side by side they are wider than most terminals.
pub(super) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    epochs: usize,
    batches: usize,
    start: Instant,
    drawn: Instant,
    /// Batches that an earlier run did, and batches and samples of this one.
    before: usize,
    done: usize,
    samples: usize,
    last: String,
    /// A line for a log that was not due yet.
    waiting: Option<String>,
}

impl Progress {
    /// A bar that is full after `epochs` of `batches` each, of which `before` are done.
    pub(super) fn new(epochs: usize, batches: usize, before: usize, quiet: bool) -> Self {
        let bar = if quiet {
            ProgressBar::hidden()
        } else {
            ProgressBar::new((epochs * batches) as u64)
        };
        let style = ProgressStyle::with_template("{bar:30.cyan/blue}{prefix}\n{wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let start = Instant::now();
        Self {
            bar,
            quiet,
            epochs,
            batches,
            start,
            drawn: start,
            before,
            done: 0,
            samples: 0,
            last: String::new(),
            waiting: None,
        }
    }

    /// Counts a batch. Looks at the clock, and draws ten times a second.
    pub(super) fn batch(&mut self, samples: usize, loss: f64) {
        self.done += 1;
        self.samples += samples;
        let now = Instant::now();
        if self.quiet || now - self.drawn < REDRAW {
            return;
        }
        self.drawn = now;
        let epoch = (self.before + self.done).div_ceil(self.batches.max(1));
        let message = format!("epoch {epoch}/{}  loss {loss:.4}{}", self.epochs, self.last);
        self.draw(&message);
    }

    /// Shows what an epoch came to.
    pub(super) fn epoch(&mut self, number: usize, epoch: &Epoch) {
        if self.quiet {
            return;
        }
        self.last = shown(epoch);
        let message = format!(
            "epoch {number}/{}  loss {:.4}{}",
            self.epochs, epoch.loss, self.last
        );
        self.draw(&message);
        if self.bar.is_hidden() {
            self.waiting = Some(format!("{message}{}", self.pace()));
            if number == 1 || number.is_multiple_of(LOG_EVERY) {
                self.log();
            }
        }
    }

    /// Writes the line that waits.
    fn log(&mut self) {
        if let Some(line) = self.waiting.take() {
            eprintln!("{line}");
        }
    }

    fn draw(&self, message: &str) {
        self.bar.set_position((self.before + self.done) as u64);
        self.bar.set_prefix(self.pace());
        self.bar.set_message(message.to_owned());
    }

    /// Speed and remaining time.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn pace(&self) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let left = (self.epochs * self.batches).saturating_sub(self.before + self.done);
        let remaining = seconds / self.done.max(1) as f64 * left as f64;
        format!("  {:.0} samples/s  {} left", self.speed(), clock(remaining))
    }

    /// Samples a second, validation included.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(super) fn speed(&self) -> f64 {
        self.samples as f64 / self.seconds().max(1e-9)
    }

    /// How long the run has taken.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Fills the bar, however early training stopped, and leaves it there; in a log, says what the last
    /// epoch came to.
    pub(super) fn finish(&mut self) {
        self.log();
        self.bar.set_length(self.bar.position());
        self.bar.abandon();
    }
}

/// What the validation data told.
fn shown(epoch: &Epoch) -> String {
    let mut text = String::new();
    if let Some(loss) = epoch.validation_loss {
        text += &format!("  validation {loss:.4}");
    }
    if let Some(share) = epoch.accuracy {
        text += &format!("  {:.1} %", 100.0 * share);
    }
    text
}

/// Minutes and seconds, and hours where there are some.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are not negative, and longer than u64 holds means for ever"
)]
fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_clocks_do() {
        let shown = [0.4, 59.6, 61.0, 3600.0, 36_061.0].map(clock);
        assert_eq!(shown, ["0:00", "1:00", "1:01", "1:00:00", "10:01:01"]);
    }
}
