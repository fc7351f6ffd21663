//! Line charts as SVG text (feature `plot`).
//!
//! ```
//! use grad_runtime::plot::Plot;
//!
//! let parabola: Vec<(f64, f64)> = (-10..=10).map(|x| (x.into(), (x * x).into())).collect();
//! let svg = Plot::new("A parabola").x_label("x").line("x²", &parabola).svg();
//! assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
//! ```

mod axis;

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use core::ops::RangeInclusive;

use axis::Axis;

/// Colours that people with any colour vision tell apart: Okabe and Ito, "Color Universal Design"
/// (2008), without the yellow, which is pale on white.
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c564b",
];
const INK: &str = "#262626";
const PALE: &str = "#666";
const GRID: &str = "#e4e4e4";

/// The room for labels on the left, for the title, and for labels below.
const LEFT: f64 = 62.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 48.0;
const RIGHT: f64 = 18.0;
/// The height of a row of the legend, and about the width of a letter in it.
const LEGEND: f64 = 20.0;
const LETTER: f64 = 7.6;
/// About how many pixels there are from one label of an axis to the next.
const X_SPACING: f64 = 50.0;
const Y_SPACING: f64 = 36.0;

/// A chart of lines over two axes.
///
/// Points that are not finite, or not positive on a logarithmic axis, are gaps in their line.
#[derive(Clone, Debug)]
pub struct Plot {
    title: String,
    size: (f64, f64),
    labels: (String, String),
    x_range: Option<(f64, f64)>,
    y_range: Option<(f64, f64)>,
    log_y: bool,
    percent_y: bool,
    lines: Vec<Line>,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug)]
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
    colour: &'static str,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Solid,
    Dashed,
    Background,
}

#[derive(Clone, Debug)]
struct Mark {
    text: String,
    at: (f64, f64),
}

impl Plot {
    /// An empty chart of 480 by 320 pixels.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            size: (480.0, 320.0),
            labels: (String::new(), String::new()),
            x_range: None,
            y_range: None,
            log_y: false,
            percent_y: false,
            lines: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Sets the size in pixels, at least 160 by 120.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width.max(160).into(), height.max(120).into());
        self
    }

    /// Names the horizontal axis.
    #[must_use]
    pub fn x_label(mut self, label: &str) -> Self {
        self.labels.0 = label.to_owned();
        self
    }

    /// Names the vertical axis.
    #[must_use]
    pub fn y_label(mut self, label: &str) -> Self {
        self.labels.1 = label.to_owned();
        self
    }

    /// Sets what the horizontal axis shows; else all points.
    #[must_use]
    pub fn x_range(mut self, range: RangeInclusive<f64>) -> Self {
        self.x_range = Some(range.into_inner());
        self
    }

    /// Sets what the vertical axis shows; else all points.
    #[must_use]
    pub fn y_range(mut self, range: RangeInclusive<f64>) -> Self {
        self.y_range = Some(range.into_inner());
        self
    }

    /// Whether the vertical axis is logarithmic.
    #[must_use]
    pub fn log_y(mut self, log_y: bool) -> Self {
        self.log_y = log_y;
        self
    }

    /// Whether the vertical axis shows shares in percent.
    #[must_use]
    pub fn percent_y(mut self, percent_y: bool) -> Self {
        self.percent_y = percent_y;
        self
    }

    /// Adds a line, in the next colour, with its name in the legend.
    #[must_use]
    pub fn line(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.push(name, points, Style::Solid)
    }

    /// Adds a dashed line, in the next colour, with its name in the legend.
    #[must_use]
    pub fn dashed(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.push(name, points, Style::Dashed)
    }

    /// Adds a thin pale line without a name, below the others.
    #[must_use]
    pub fn background(self, points: &[(f64, f64)]) -> Self {
        self.push("", points, Style::Background)
    }

    /// Marks a point with a word.
    #[must_use]
    pub fn mark(mut self, text: &str, x: f64, y: f64) -> Self {
        self.marks.push(Mark {
            text: text.to_owned(),
            at: (x, y),
        });
        self
    }

    fn push(mut self, name: &str, points: &[(f64, f64)], style: Style) -> Self {
        let named = self
            .lines
            .iter()
            .filter(|line| line.style != Style::Background);
        let place = named.count();
        self.lines.push(Line {
            name: name.to_owned(),
            points: points.to_vec(),
            colour: match style {
                Style::Background => "#c8c8c8",
                _ => COLOURS[place % COLOURS.len()],
            },
            style,
        });
        self
    }

    /// The chart as the text of an SVG element, complete in itself.
    #[must_use]
    pub fn svg(&self) -> String {
        let (width, height) = self.size;
        let legend = self.legend();
        let top = TOP + LEGEND * rows(&legend);
        let (x, y) = self.axes((width - LEFT - RIGHT, height - top - BOTTOM));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"{INK}\">\n\
             <title>{0}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"24\" font-size=\"15\" font-weight=\"600\">{0}</text>\n",
            escape(&self.title)
        );
        for item in &legend {
            svg += &item.svg();
        }
        svg += &format!("<g transform=\"translate({LEFT} {top})\">\n");
        svg += &self.frame(&x, &y);
        // An inner `svg` clips what it holds, and needs no name for that, which could meet another
        // chart's on one page.
        svg += &format!("<svg width=\"{}\" height=\"{}\">\n", x.pixels(), y.pixels());
        for background in [true, false] {
            for line in &self.lines {
                if (line.style == Style::Background) == background {
                    svg += &line.svg(&x, &y);
                }
            }
        }
        svg += "</svg>\n";
        for mark in &self.marks {
            svg += &mark.svg(&x, &y);
        }
        svg + "</g>\n</svg>\n"
    }

    fn axes(&self, (width, height): (f64, f64)) -> (Axis, Axis) {
        let (xs, ys): (Vec<f64>, Vec<f64>) = self
            .lines
            .iter()
            .flat_map(|line| line.points.iter().copied())
            .chain(self.marks.iter().map(|mark| mark.at))
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .unzip();
        let x = Axis::new(&xs, self.x_range, (width, X_SPACING), false);
        let y_range = self.y_range.or_else(|| self.around_one_share(&ys));
        let y = Axis::new(&ys, y_range, (height, Y_SPACING), self.log_y);
        (x, y)
    }

    /// A range for shares that are all the same, which would else reach beyond 100 percent.
    fn around_one_share(&self, shares: &[f64]) -> Option<(f64, f64)> {
        let (&first, others) = shares.split_first()?;
        let share = self.percent_y && (0.0..=1.0).contains(&first);
        let same = others.iter().all(|other| other.total_cmp(&first).is_eq());
        (share && same).then(|| ((first - 0.1).max(0.0), (first + 0.1).min(1.0)))
    }

    /// The grid with its labels.
    fn frame(&self, x: &Axis, y: &Axis) -> String {
        let (width, height) = (x.pixels(), y.pixels());
        let mut svg = format!("<g fill=\"{PALE}\" stroke=\"none\">\n");
        for (value, text) in y.ticks(self.percent_y) {
            let at = height - y.place(value);
            svg += &format!(
                "<path d=\"M0 {at:.1}h{width}\" stroke=\"{GRID}\"/>\
                 <text x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>\n",
                at + 4.0
            );
        }
        for (value, text) in x.ticks(false) {
            let at = x.place(value);
            svg += &format!(
                "<path d=\"M{at:.1} 0v{height}\" stroke=\"{GRID}\"/>\
                 <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>\n",
                height + 18.0
            );
        }
        let (x_label, y_label) = (escape(&self.labels.0), escape(&self.labels.1));
        svg += &format!(
            "<path d=\"M0 0v{height}h{width}\" fill=\"none\" stroke=\"{PALE}\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{x_label}</text>\n\
             <text transform=\"translate(-48 {}) rotate(-90)\" text-anchor=\"middle\">{y_label}</text>\n",
            width / 2.0,
            height + 38.0,
            height / 2.0
        );
        svg + "</g>\n"
    }

    fn legend(&self) -> Vec<Item<'_>> {
        let named = self.lines.iter().filter(|line| !line.name.is_empty());
        let (mut items, mut x, mut row) = (Vec::new(), LEFT, 0.0);
        for line in named {
            #[allow(clippy::cast_precision_loss, reason = "names are short")]
            let width = 42.0 + LETTER * line.name.chars().count() as f64;
            if x + width > self.size.0 && x > LEFT {
                (x, row) = (LEFT, row + 1.0);
            }
            items.push(Item { line, x, row });
            x += width;
        }
        items
    }
}

/// A name in the legend.
struct Item<'a> {
    line: &'a Line,
    x: f64,
    row: f64,
}

impl Item<'_> {
    fn svg(&self) -> String {
        let Line { name, colour, .. } = self.line;
        let (x, y) = (self.x, TOP + LEGEND * self.row + 4.0);
        format!(
            "<path d=\"M{x} {}h18\" stroke=\"{colour}\" stroke-width=\"2\"{}/>\
             <text x=\"{}\" y=\"{y}\">{}</text>\n",
            y - 4.0,
            self.line.style.dashes(),
            x + 23.0,
            escape(name)
        )
    }
}

fn rows(legend: &[Item<'_>]) -> f64 {
    legend.last().map_or(0.0, |item| item.row + 1.0)
}

impl Style {
    fn dashes(self) -> &'static str {
        match self {
            Self::Dashed => " stroke-dasharray=\"6 4\"",
            Self::Solid | Self::Background => "",
        }
    }
}

impl Line {
    fn svg(&self, x: &Axis, y: &Axis) -> String {
        let mut path = String::new();
        let mut pen = "M";
        for &(px, py) in &self.points {
            if x.can_show(px) && y.can_show(py) {
                path += &format!("{pen}{:.1} {:.1}", x.place(px), y.pixels() - y.place(py));
                pen = "L";
            } else {
                pen = "M";
            }
        }
        let width = if self.style == Style::Background {
            1
        } else {
            2
        };
        // A single point is a line of no length, which round ends make a dot.
        format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" \
             stroke-linejoin=\"round\" stroke-linecap=\"round\"{}/>\n",
            self.colour,
            self.style.dashes()
        )
    }
}

impl Mark {
    fn svg(&self, x: &Axis, y: &Axis) -> String {
        let (at_x, at_y) = self.at;
        if !x.can_show(at_x) || !y.can_show(at_y) {
            return String::new();
        }
        let (at_x, at_y) = (x.place(at_x), y.pixels() - y.place(at_y));
        // The word stands above, and within the frame.
        #[allow(clippy::cast_precision_loss, reason = "words are short")]
        let half = LETTER * self.text.chars().count() as f64 / 2.0;
        let middle = at_x.min(x.pixels() - half).max(half - LEFT);
        format!(
            "<circle cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"4\" fill=\"#fff\" stroke=\"{INK}\" \
             stroke-width=\"1.5\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            middle,
            at_y - 9.0,
            escape(&self.text)
        )
    }
}

/// Text as SVG and HTML hold it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            // What XML does not allow even as a number.
            letter if letter.is_control() && !letter.is_whitespace() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_no_number_is_written() {
        let points = [
            (0.0, f64::NAN),
            (1.0, 0.0),
            (2.0, -1.0),
            (f64::INFINITY, 2.0),
            (3.0, 10.0),
        ];
        for log_y in [false, true] {
            for points in [&points[..], &points[..2], &points[4..], &[]] {
                let svg = Plot::new("p").log_y(log_y).line("a", points).svg();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }

    #[test]
    fn no_share_is_above_all() {
        let whole = Plot::new("").percent_y(true);
        let svg = whole.line("", &[(0.0, 1.0), (1.0, 1.0)]).svg();
        assert!(svg.contains("100 %") && svg.contains("90 %"), "{svg}");
        assert!(!svg.contains("150 %") && !svg.contains("110 %"), "{svg}");
    }

    #[test]
    fn names_are_escaped_and_wrapped() {
        let mut plot = Plot::new("a < b & c").size(300, 300);
        for _ in 0..5 {
            plot = plot.line("a long name", &[(0.0, 0.0), (1.0, 1.0)]);
        }
        let svg = plot.svg();
        assert!(svg.contains("a &lt; b &amp; c") && !svg.contains("a < b"));
        assert_eq!(svg.matches("a long name").count(), 5);
        assert!(plot.legend().last().is_some_and(|item| item.row > 1.0));
    }

    #[test]
    fn a_gap_starts_a_line_anew() {
        let line = [(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0)];
        let svg = Plot::new("").line("", &line).svg();
        let path = svg
            .lines()
            .find(|line| line.contains("stroke-linejoin"))
            .expect("a line");
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }
}
