//! Pictures as SVG text: the curves of a training run, and images with their sensitivity maps.

use std::io;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use crate::data::SIDE;

/// Why a picture could not be drawn.
pub type ChartError = DrawingAreaErrorKind<io::Error>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const INK: RGBColor = RGBColor(38, 38, 38);
const PALE: RGBColor = RGBColor(115, 115, 115);
const GRID: RGBColor = RGBColor(228, 228, 228);
const RED: RGBColor = RGBColor(200, 30, 45);
const BLUE: RGBColor = RGBColor(25, 95, 185);
const ORANGE: RGBColor = RGBColor(225, 115, 15);

/// What a training run came to after each epoch.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The mean loss over the batches of the epoch.
    pub losses: Vec<f64>,
    /// The share of training images recognised.
    pub training: Vec<f64>,
    /// The share of test images recognised.
    pub test: Vec<f64>,
}

impl History {
    /// Adds what one epoch came to.
    pub fn push(&mut self, loss: f64, training: f64, test: f64) {
        self.losses.push(loss);
        self.training.push(training);
        self.test.push(test);
    }
}

/// Draws the loss, on a logarithmic scale, and beside it the accuracies.
///
/// # Errors
/// When plotters cannot draw.
pub fn curves(history: &History) -> Result<String, ChartError> {
    picture((1000, 420), |root| {
        let (left, right) = root.split_horizontally(500);
        let epochs = 0.0..f64::from(as_i32(history.losses.len()));

        let losses = [Curve::new("training", BLUE, &history.losses)];
        let (low, high) = extent(&history.losses);
        let range = (low * 0.8..high * 1.2).log_scale();
        let title = "Loss (logarithmic scale)";
        panel(&left, title, epochs.clone(), range, decimal, &losses)?;

        let accuracies = [
            Curve::new("training", BLUE, &history.training),
            Curve::new("test", ORANGE, &history.test),
        ];
        let low = extent(&history.training).0.min(extent(&history.test).0);
        let range = (low * 20.0).floor() / 20.0..1.005;
        panel(&right, "Accuracy", epochs, range, percent, &accuracies)
    })
}

/// The labels 1, 2 and 5 of each decade; those between would touch.
fn decimal(value: f64) -> String {
    let text = format!("{value:.0e}");
    if text.starts_with(['1', '2', '5']) {
        text.parse::<f64>()
            .map_or(text, |rounded| rounded.to_string())
    } else {
        String::new()
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// One line of a panel, with a value for each epoch.
struct Curve<'a> {
    name: &'a str,
    colour: RGBColor,
    values: &'a [f64],
}

impl<'a> Curve<'a> {
    fn new(name: &'a str, colour: RGBColor, values: &'a [f64]) -> Self {
        Self {
            name,
            colour,
            values,
        }
    }
}

/// Draws curves over the epochs, with their names.
fn panel<Y>(
    area: &Area<'_>,
    title: &str,
    epochs: Range<f64>,
    range: Y,
    label: fn(f64) -> String,
    curves: &[Curve<'_>],
) -> Result<(), ChartError>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20, &INK))
        .margin(16)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(epochs, range)?;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .label_style(("sans-serif", 14, &PALE))
        .axis_style(PALE)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .y_label_formatter(&|value| label(*value))
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .draw()?;
    for curve in curves {
        let colour = curve.colour;
        chart
            .draw_series(LineSeries::new(
                (1..).map(f64::from).zip(curve.values.iter().copied()),
                colour.stroke_width(2),
            ))?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .label_font(("sans-serif", 15, &INK))
        .position(SeriesLabelPosition::MiddleRight)
        .border_style(TRANSPARENT)
        .draw()
}

/// The smallest and the largest value.
fn extent(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| {
            (low.min(value), high.max(value))
        })
}

/// An image, what it was taken for, and what each pixel had to say about that.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The image.
    pub pixels: Vec<f64>,
    /// The digit that it shows.
    pub truth: usize,
    /// The digit that it was taken for.
    pub predicted: usize,
    /// The gradient of the predicted digit's score with respect to each pixel.
    pub sensitivity: Vec<f64>,
}

/// The edge of a pixel, and of an image of [`SIDE`] pixels.
const PIXEL: i32 = 12;
const IMAGE: i32 = 8 * PIXEL;
/// Samples in a row, and from one sample to the next.
const COLUMNS: usize = 5;
const ACROSS: i32 = 2 * IMAGE + 40;
const DOWN: i32 = IMAGE + 48;
const MARGIN: i32 = 32;
/// The height of the title and its legend, and of the heading of a section.
const HEADER: i32 = 112;
const HEADING: i32 = 36;

/// Draws images, each with its sensitivity map beside it: those recognised, then the mistaken.
///
/// # Errors
/// When plotters cannot draw.
pub fn samples(samples: &[Sample]) -> Result<String, ChartError> {
    let (right, wrong): (Vec<_>, Vec<_>) = samples.iter().partition(|s| s.truth == s.predicted);
    let rows = right.len().div_ceil(COLUMNS) + wrong.len().div_ceil(COLUMNS);
    let width = 2 * MARGIN + as_i32(COLUMNS) * ACROSS - 24;
    let height = HEADER + 2 * HEADING + as_i32(rows) * DOWN + MARGIN / 2;
    picture((width.unsigned_abs(), height.unsigned_abs()), |root| {
        header(root)?;
        let mut top = HEADER;
        for (name, samples) in [("Recognised", right), ("Mistaken", wrong)] {
            write(root, (MARGIN, top + 4), (18, INK), name)?;
            top += HEADING;
            for row in samples.chunks(COLUMNS) {
                for (column, sample) in (0..).zip(row) {
                    draw_sample(root, (MARGIN + column * ACROSS, top), sample)?;
                }
                top += DOWN;
            }
        }
        Ok(())
    })
}

/// Draws the title and the meaning of the colours.
fn header(root: &Area<'_>) -> Result<(), ChartError> {
    let small = (15, PALE);
    write(root, (MARGIN, 20), (22, INK), "What the network saw")?;
    let text = "Left: the image. Right: the gradient of the predicted digit's score with respect \
                to each pixel.";
    write(root, (MARGIN, 50), small, text)?;
    square(root, (MARGIN, 72), 12, RED.filled())?;
    let text = "more ink here would raise the score";
    write(root, (MARGIN + 18, 72), small, text)?;
    square(root, (MARGIN + 290, 72), 12, BLUE.filled())?;
    let text = "more ink here would lower it";
    write(root, (MARGIN + 308, 72), small, text)
}

/// Draws an image, its sensitivity map on a scale of its own, and a caption.
fn draw_sample(root: &Area<'_>, (x, y): (i32, i32), sample: &Sample) -> Result<(), ChartError> {
    grid(root, (x, y), &sample.pixels, |ink| INK.mix(ink))?;
    let (low, high) = extent(&sample.sensitivity);
    let largest = high.max(-low).max(f64::MIN_POSITIVE);
    grid(root, (x + IMAGE + 8, y), &sample.sensitivity, |slope| {
        let colour = if slope > 0.0 { RED } else { BLUE };
        colour.mix(slope.abs() / largest)
    })?;
    let (truth, predicted) = (sample.truth, sample.predicted);
    let colour = if truth == predicted { INK } else { RED };
    let caption = format!("predicted {predicted}, true {truth}");
    write(root, (x, y + IMAGE + 6), (15, colour), &caption)
}

/// Draws one square for each pixel, and a frame.
fn grid(
    root: &Area<'_>,
    (x, y): (i32, i32),
    values: &[f64],
    colour: impl Fn(f64) -> RGBAColor,
) -> Result<(), ChartError> {
    for (row, values) in (0..).zip(values.chunks(SIDE)) {
        for (column, &value) in (0..).zip(values) {
            let corner = (x + column * PIXEL, y + row * PIXEL);
            square(root, corner, PIXEL, colour(value).filled())?;
        }
    }
    square(root, (x, y), IMAGE, GRID.stroke_width(1))
}

/// Draws a square by its upper left corner and its edge.
fn square(
    root: &Area<'_>,
    (x, y): (i32, i32),
    edge: i32,
    style: ShapeStyle,
) -> Result<(), ChartError> {
    root.draw(&Rectangle::new([(x, y), (x + edge, y + edge)], style))
}

/// Writes text by its upper left corner.
fn write(
    root: &Area<'_>,
    corner: (i32, i32),
    (size, colour): (u32, RGBColor),
    text: &str,
) -> Result<(), ChartError> {
    let style = ("sans-serif", size).into_font().color(&colour);
    root.draw_text(text, &style, corner)
}

/// The SVG text of what `draw` puts on a white ground.
fn picture(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    draw(&root)?;
    root.present()?;
    drop(root);
    Ok(svg)
}

/// Counts here are tiny.
fn as_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture has as many texts as expected, and only finite numbers.
    fn assert_sound(svg: &str, texts: usize) {
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert_eq!(svg.matches("<text").count(), texts);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn samples_have_captions_even_without_a_gradient() {
        let sample = |predicted| Sample {
            pixels: vec![0.5; SIDE * SIDE],
            truth: 3,
            predicted,
            sensitivity: vec![0.0; SIDE * SIDE],
        };
        let svg = samples(&[sample(3), sample(8)]).expect("text takes all");
        let (titles, headings, captions) = (4, 2, 2);
        assert_sound(&svg, titles + headings + captions);
        assert!(svg.contains("predicted 8, true 3"));
    }

    #[test]
    fn one_epoch_makes_curves() {
        let mut history = History::default();
        history.push(0.5, 0.9, 0.8);
        let svg = curves(&history).expect("text takes all");
        assert_sound(&svg, svg.matches("</text>").count());
        assert!(svg.contains("training") && svg.contains("test"));
    }

    #[test]
    fn few_labels_stand_on_a_logarithmic_axis() {
        let labels = [0.09, 0.1, 0.2, 0.300_000_000_000_000_04, 0.5, 2.0, 10.0].map(decimal);
        assert_eq!(labels, ["", "0.1", "0.2", "", "0.5", "2", "10"]);
    }
}
