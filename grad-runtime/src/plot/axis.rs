//! One axis of a chart: where values lie, and which of them are labelled.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use num_traits::Float;

/// A stretch of values on a stretch of pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    pixels: f64,
    spacing: f64,
    log: bool,
}

impl Axis {
    /// An axis of so many pixels, with about `spacing` from one label to the next, for these values
    /// or for a range if one is given.
    pub(super) fn new(
        values: &[f64],
        range: Option<(f64, f64)>,
        (pixels, spacing): (f64, f64),
        log: bool,
    ) -> Self {
        let shown = values.iter().copied().filter(|&x| !log || x > 0.0);
        let whole = (f64::INFINITY, f64::NEG_INFINITY);
        let extent = shown.fold(whole, |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = range
            .filter(|(low, _)| !log || *low > 0.0)
            .unwrap_or(extent);
        let (low, high) = if low < high {
            (low, high)
        } else if low.is_finite() && log {
            (low / 2.0, low * 2.0)
        } else if low.is_finite() {
            (low - 0.5, low + 0.5)
        } else {
            (0.1, 1.0)
        };
        let mut axis = Self {
            low,
            high,
            pixels: pixels.max(1.0),
            spacing,
            log,
        };
        if range.is_none() {
            axis.widen();
        }
        // So that differences and quotients on the axis are finite.
        if log {
            axis.low = axis.low.clamp(1e-290, 1e290);
            axis.high = axis.high.clamp(1.0001 * axis.low, 1e300);
        } else {
            axis.low = axis.low.clamp(-1e300, 1e300);
            axis.high = axis.high.clamp(axis.low, 1e300);
        }
        axis
    }

    /// Leaves a little room beyond the outermost values.
    fn widen(&mut self) {
        if self.log {
            let share = Float::powf(self.high / self.low, 0.04);
            (self.low, self.high) = (self.low / share, self.high * share);
        } else {
            let share = 0.04 * (self.high - self.low);
            (self.low, self.high) = (self.low - share, self.high + share);
        }
    }

    pub(super) fn pixels(&self) -> f64 {
        self.pixels
    }

    pub(super) fn can_show(&self, value: f64) -> bool {
        value.is_finite() && (!self.log || value > 0.0)
    }

    /// The pixels from the start of the axis to a value; far off the axis it stays within what
    /// viewers draw.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = if self.log {
            Float::ln(value / self.low) / Float::ln(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if share.is_nan() {
            return 0.0;
        }
        (share * self.pixels).clamp(-1e4, 1e4)
    }

    /// The values labelled, with their labels.
    pub(super) fn ticks(&self, percent: bool) -> Vec<(f64, String)> {
        let values = if self.log { self.decades() } else { vec![] };
        let (values, step) = if values.len() < 2 {
            self.even()
        } else {
            (values, self.high)
        };
        let label = |value: f64| match (percent, self.log) {
            (true, _) => format!("{} %", decimal(100.0 * value, 100.0 * step)),
            (false, true) => short(value),
            (false, false) => decimal(value, step),
        };
        values
            .into_iter()
            .map(|value| (value, label(value)))
            .collect()
    }

    /// The values 1, 2 and 5 of each decade, or the decades alone where those are many.
    fn decades(&self) -> Vec<f64> {
        let (first, last) = (
            Float::log10(self.low).floor(),
            Float::log10(self.high).ceil(),
        );
        let all = |digits: &[f64], every: usize| -> Vec<f64> {
            let decades = (exponent(first)..=exponent(last)).step_by(every);
            decades
                .flat_map(|decade| {
                    digits
                        .iter()
                        .map(move |digit| digit * Float::powi(10.0, decade))
                })
                .filter(|value| (self.low..=self.high).contains(value))
                .collect()
        };
        let most = (self.pixels / self.spacing * 2.0).max(2.0);
        let fine = all(&[1.0, 2.0, 5.0], 1);
        if count(&fine) <= most {
            return fine;
        }
        let every = (last - first) / most;
        all(&[1.0], 1 + usize::try_from(exponent(every)).unwrap_or(0))
    }

    /// Multiples of a round number, and that number.
    fn even(&self) -> (Vec<f64>, f64) {
        let wish = (self.high - self.low) / (self.pixels / self.spacing).max(2.0);
        let decade = Float::powf(10.0, Float::log10(wish).floor());
        let digit = [1.0, 2.0, 5.0]
            .into_iter()
            .find(|digit| digit * decade >= 0.999 * wish);
        let step = digit.unwrap_or(10.0) * decade;
        let mut values = Vec::new();
        let mut value = (self.low / step - 1e-9).ceil();
        while value * step <= self.high + 1e-9 * step && values.len() < 50 {
            // Adding 0 makes -0 a 0.
            values.push(value * step + 0.0);
            value += 1.0;
        }
        (values, step)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "exponents of f64 are small"
)]
fn exponent(x: f64) -> i32 {
    x as i32
}

#[allow(clippy::cast_precision_loss, reason = "labels are few")]
fn count(values: &[f64]) -> f64 {
    values.len() as f64
}

/// A multiple of `step`, with the digits that tell it from its neighbours.
fn decimal(value: f64, step: f64) -> String {
    let exponent = exponent(Float::log10(step).floor());
    if !(-5..=5).contains(&exponent) {
        return short(value);
    }
    let digits = usize::try_from(-exponent).unwrap_or(0);
    format!("{value:.digits$}")
}

/// A number of one digit and a power of ten.
fn short(value: f64) -> String {
    if value == 0.0 || (1e-4..1e6).contains(&value.abs()) {
        let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
        return rounded.to_string();
    }
    format!("{:e}", format!("{value:.3e}").parse().unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, log: bool) -> Vec<String> {
        let axis = Axis::new(&[], Some((low, high)), (240.0, 60.0), log);
        axis.ticks(false)
            .into_iter()
            .map(|(_, label)| label)
            .collect()
    }

    #[test]
    fn labels_are_round() {
        assert_eq!(labels(0.0, 10.0, false), ["0", "5", "10"]);
        assert_eq!(
            labels(-1.0, 1.0, false),
            ["-1.0", "-0.5", "0.0", "0.5", "1.0"]
        );
        assert_eq!(
            labels(0.123, 0.127, false),
            ["0.123", "0.124", "0.125", "0.126", "0.127"]
        );
        assert_eq!(
            labels(0.02, 3.0, true),
            ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]
        );
        assert_eq!(
            labels(1e-9, 1.0, true).first().map(String::as_str),
            Some("1e-9")
        );
        assert!(labels(1e-30, 1.0, true).len() < 20);
        assert_eq!(labels(0.71, 0.79, true), ["0.72", "0.74", "0.76", "0.78"]);
    }

    #[test]
    fn every_extent_has_an_axis() {
        for values in [
            &[][..],
            &[3.0],
            &[-1.0, -1.0],
            &[0.0],
            &[1e300, -1e300],
            &[5e-324],
        ] {
            for log in [false, true] {
                let axis = Axis::new(values, None, (100.0, 50.0), log);
                assert!(axis.ticks(false).len() < 60);
                assert!(axis.place(1.0).is_finite(), "{values:?} {log}");
            }
        }
    }
}
