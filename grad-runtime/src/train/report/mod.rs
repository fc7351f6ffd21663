//! [`Report`]: a page of what training came to.

mod matrix;
mod picture;

pub use picture::Picture;

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::path::Path;

use super::{Confusion, Epoch, FileError, History, Outcome, Stop, write_atomically};
use crate::plot::{Plot, escape};

/// The width at which samples and templates are shown, in pixels.
const SHOWN: usize = 84;

/// An image, what it was taken for, and what each pixel had to say about that.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The image.
    pub image: Picture,
    /// The gradient of the score of the predicted class with respect to each pixel.
    pub sensitivity: Picture,
    /// The class that it is of.
    pub truth: usize,
    /// The class that it was taken for.
    pub predicted: usize,
}

/// A page of what training came to: one HTML file that needs no other, with SVG inside.
///
/// ```
/// use grad_runtime::train::{Picture, Report, Sample};
///
/// let image = Picture::ink(2, &[0.0_f32, 1.0, 1.0, 0.0]);
/// let sensitivity = Picture::signed(2, &[0.0_f32, 0.5, -0.5, 0.0]);
/// let html = Report::new("Crosses and circles")
///     .classes(&["cross", "circle"])
///     .sample(Sample { image, sensitivity, truth: 0, predicted: 1 })
///     .html();
/// assert!(html.contains("taken for circle"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Report {
    title: String,
    notes: Vec<String>,
    facts: Vec<(String, String)>,
    classes: Vec<String>,
    history: History,
    confusion: Confusion,
    samples: Vec<Sample>,
    templates: Vec<(String, Picture)>,
}

impl Report {
    /// An empty page with a title.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a paragraph below the title.
    #[must_use]
    pub fn note(mut self, text: &str) -> Self {
        self.notes.push(text.to_owned());
        self
    }

    /// Adds a number with its name to those at the top.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    pub fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.push((name.to_owned(), value.to_string()));
        self
    }

    /// Names the classes, which are numbered otherwise.
    #[must_use]
    pub fn classes(mut self, names: &[impl ToString]) -> Self {
        self.classes = names.iter().map(ToString::to_string).collect();
        self.confusion.grow(self.classes.len());
        self
    }

    /// Adds the curves, the confusion matrix and the numbers of a run.
    #[must_use]
    pub fn outcome(mut self, outcome: &Outcome) -> Self {
        self.history = outcome.history.clone();
        self = self.confusion(outcome.validation.confusion());
        if let Some(share) = outcome.validation.accuracy() {
            self = self.fact("validation accuracy", format!("{:.1} %", 100.0 * share));
        }
        if let Some(loss) = outcome.validation.mean_loss() {
            self = self.fact("validation loss", format!("{loss:.4}"));
        }
        let stop = match outcome.stop {
            Stop::Epochs => "",
            Stop::Steady => ", loss steady",
        };
        self = self.fact("epochs", format!("{}{stop}", outcome.history.len()));
        if let Some(epoch) = outcome.best_epoch {
            self = self.fact("best epoch", epoch);
        }
        self.fact("training time", format!("{:.1} s", outcome.seconds))
            .fact(
                "samples a second",
                format!("{:.0}", outcome.samples_per_second),
            )
    }

    /// Sets the confusion matrix, of test data for one, in place of that of the run.
    #[must_use]
    pub fn confusion(mut self, confusion: &Confusion) -> Self {
        self.confusion = confusion.clone();
        self.confusion.grow(self.classes.len());
        self
    }

    /// Adds an image with its sensitivity map.
    #[must_use]
    pub fn sample(mut self, sample: Sample) -> Self {
        self.samples.push(sample);
        self
    }

    /// Adds the weights of one unit of the first layer, laid out like an image.
    #[must_use]
    pub fn template(mut self, name: &str, weights: Picture) -> Self {
        self.templates.push((name.to_owned(), weights));
        self
    }

    /// Writes the page, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        write_atomically(path, self.html().as_bytes())
    }

    /// The text of the page.
    #[must_use]
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        );
        for note in &self.notes {
            page += &format!("<p>{}</p>\n", escape(note));
        }
        page += &self.facts();
        page += &self.curves();
        page += &self.matrix();
        page += &self.images();
        page += &self.weights();
        page + "</body>\n</html>\n"
    }

    fn name(&self, class: usize) -> String {
        let name = self.classes.get(class);
        name.map_or_else(|| class.to_string(), |name| escape(name))
    }

    fn facts(&self) -> String {
        if self.facts.is_empty() {
            return String::new();
        }
        let mut text = "<dl>\n".to_owned();
        for (name, value) in &self.facts {
            let (name, value) = (escape(name), escape(value));
            text += &format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n");
        }
        text + "</dl>\n"
    }

    fn curves(&self) -> String {
        if self.history.is_empty() {
            return String::new();
        }
        let first = self.history.iter().next().map(|epoch| epoch.rate);
        let shares = self.history.iter().any(|epoch| epoch.accuracy.is_some());
        let rates = self.history.iter().any(|epoch| Some(epoch.rate) != first);
        let width = if shares && rates { 333 } else { 500 };
        let plot = |title| Plot::new(title).size(width, 300).x_label("epoch");

        let losses = plot("Loss").log_y(true);
        let losses = self.curve(losses, "training", |epoch| Some(epoch.loss));
        let losses = self.curve(losses, "validation", |epoch| epoch.validation_loss);
        let mut text = format!("<h2>Curves</h2>\n<div class=\"row\">\n{}", losses.svg());
        if shares {
            let shares = plot("Accuracy").percent_y(true);
            let shares = self.curve(shares, "training", |epoch| epoch.training_accuracy);
            text += &self
                .curve(shares, "validation", |epoch| epoch.accuracy)
                .svg();
        }
        if rates {
            text += &self
                .curve(plot("Rate"), "rate", |epoch| Some(epoch.rate))
                .svg();
        }
        text + "</div>\n"
    }

    /// Adds a curve over the epochs, unless there is nothing on it.
    fn curve(&self, plot: Plot, name: &str, value: fn(&Epoch) -> Option<f64>) -> Plot {
        let points: Vec<(f64, f64)> = (1..)
            .map(f64::from)
            .zip(self.history.iter())
            .filter_map(|(number, epoch)| Some((number, value(epoch)?)))
            .collect();
        if points.is_empty() {
            plot
        } else {
            plot.line(name, &points)
        }
    }

    fn matrix(&self) -> String {
        if self.confusion.total() == 0 {
            return String::new();
        }
        let names: Vec<String> = (0..self.confusion.classes())
            .map(|class| self.name(class))
            .collect();
        format!(
            "<h2>Which class is taken for which</h2>\n\
             <p>Shade: the share of the true class. Blue: recognised; red: mistaken.</p>\n{}",
            matrix::svg(&self.confusion, &names)
        )
    }

    fn images(&self) -> String {
        let (right, wrong): (Vec<_>, Vec<_>) = self
            .samples
            .iter()
            .partition(|sample| sample.truth == sample.predicted);
        if self.samples.is_empty() {
            return String::new();
        }
        let mut text =
            "<h2>What the model saw</h2>\n<p>Left: the image. Right: the gradient of the \
                        predicted class's score with respect to each pixel. \
                        <b class=\"red\">Red</b>: a larger value here would raise the score; \
                        <b class=\"blue\">blue</b>: it would lower it.</p>\n"
                .to_owned();
        for (name, samples) in [("Recognised", right), ("Mistaken", wrong)] {
            if samples.is_empty() {
                continue;
            }
            text += &format!("<h3>{name}</h3>\n<div class=\"row\">\n");
            for sample in samples {
                let truth = self.name(sample.truth);
                let caption = if sample.truth == sample.predicted {
                    truth
                } else {
                    let predicted = self.name(sample.predicted);
                    format!("{truth}, <b class=\"red\">taken for {predicted}</b>")
                };
                text += &format!(
                    "<figure>{}{}<figcaption>{caption}</figcaption></figure>\n",
                    sample.image.svg(SHOWN),
                    sample.sensitivity.svg(SHOWN)
                );
            }
            text += "</div>\n";
        }
        text
    }

    fn weights(&self) -> String {
        if self.templates.is_empty() {
            return String::new();
        }
        let mut text =
            "<h2>What the first layer looks for</h2>\n<p>The weights of each unit, laid out \
                        like an image. <b class=\"red\">Red</b>: ink here excites the unit; \
                        <b class=\"blue\">blue</b>: it calms it.</p>\n<div class=\"row\">\n"
                .to_owned();
        for (name, weights) in &self.templates {
            let (name, picture) = (escape(name), weights.svg(SHOWN));
            text += &format!("<figure>{picture}<figcaption>{name}</figcaption></figure>\n");
        }
        text + "</div>\n"
    }
}

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #262626; background: #fff;
       max-width: 1080px; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1rem 0 .4rem; }
p { margin: .3rem 0 .8rem; color: #555; max-width: 46rem; }
dl { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
dl div { border: 1px solid #e4e4e4; border-radius: 6px; padding: .5rem .9rem; }
dt { font-size: .8rem; color: #666; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; }
.row > svg { max-width: 100%; height: auto; }
figure { margin: 0; }
figure svg { border: 1px solid #e4e4e4; margin-right: 4px; }
figcaption { font-size: .85rem; }
.red { color: #c81e2d; }
.blue { color: #195fb9; }
";

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(loss: f64) -> Epoch {
        Epoch {
            loss,
            validation_loss: Some(2.0 * loss),
            accuracy: Some(0.5),
            training_accuracy: None,
            rate: loss,
        }
    }

    #[test]
    fn a_page_is_whole_and_names_are_escaped() {
        let mut report = Report::new("<Digits> & more").classes(&["a<b", "c"]);
        report.history.push(epoch(1.0));
        report.history.push(epoch(0.5));
        report.confusion.add(0, 1);
        let image = Picture::ink(1, &[0.5]);
        let html = report
            .note("n & m")
            .template("unit <0>", image.clone())
            .sample(Sample {
                sensitivity: image.clone(),
                image,
                truth: 0,
                predicted: 1,
            })
            .html();
        for text in [
            "&lt;Digits&gt; &amp; more",
            "a&lt;b",
            "unit &lt;0&gt;",
            "n &amp; m",
        ] {
            assert!(html.contains(text), "{text}");
        }
        for text in ["<Digits>", "a<b", "NaN", "http:", "https:", "src="] {
            let html = html.replace("http://www.w3.org/2000/svg", "");
            assert!(!html.contains(text), "{text}");
        }
        for tag in ["svg", "div", "figure", "p", "g", "text", "h2", "dl"] {
            let opened = html.matches(&format!("<{tag} ")).count()
                + html.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn an_empty_page_is_a_title() {
        let html = Report::new("Nothing").html();
        assert!(html.contains("<h1>Nothing</h1>") && !html.contains("<h2>"));
    }
}
