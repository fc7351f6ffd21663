//! The confusion matrix as SVG.

use alloc::{format, string::String};

use crate::train::Confusion;
use crate::train::confusion::share;

/// The edge of a cell.
const CELL: usize = 46;

/// A matrix with a row for each true class and a column for each predicted one. The names are
/// escaped.
pub(super) fn svg(confusion: &Confusion, names: &[String]) -> String {
    let longest = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let left = 46 + 8 * longest;
    let top = if longest > 4 { 40 + 6 * longest } else { 52 };
    let side = CELL * names.len();
    let (width, height) = (left + side + 70, top + side + 10);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" text-anchor=\"middle\" fill=\"#262626\">\n\
         <title>Confusion matrix</title>\n\
         <text x=\"{}\" y=\"16\" fill=\"#666\">predicted</text>\n\
         <text transform=\"translate(16 {}) rotate(-90)\" fill=\"#666\">true</text>\n",
        left + side / 2,
        top + side / 2
    );
    for (class, name) in names.iter().enumerate() {
        let middle = CELL * class + CELL / 2;
        let x = left + middle;
        svg += &if longest > 4 {
            format!(
                "<text transform=\"translate({x} {}) rotate(-40)\" text-anchor=\"start\">{name}</text>\n",
                top - 8
            )
        } else {
            format!("<text x=\"{x}\" y=\"{}\">{name}</text>\n", top - 8)
        };
        svg += &format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\n",
            left - 8,
            top + middle + 5
        );
        svg += &row(confusion, names, class, (left, top + CELL * class));
    }
    svg + "</svg>\n"
}

/// The cells of one true class, and its share.
fn row(confusion: &Confusion, names: &[String], truth: usize, (left, y): (usize, usize)) -> String {
    let total = confusion.of_class(truth);
    let mut svg = String::new();
    for (predicted, name) in names.iter().enumerate() {
        let count = confusion.count(truth, predicted);
        let shade = share(count, total).unwrap_or(0.0);
        let colour = if truth == predicted {
            "#195fb9"
        } else {
            "#c81e2d"
        };
        // Mistakes are rare: a stronger shade makes them seen.
        let opacity = if truth == predicted {
            shade
        } else {
            shade.sqrt()
        };
        let x = left + CELL * predicted;
        svg += &format!(
            "<g><title>{}, taken for {name}: {count} of {total}</title>\
             <rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{colour}\" \
             fill-opacity=\"{opacity:.3}\" stroke=\"#e4e4e4\"/>",
            names[truth]
        );
        if count > 0 {
            let ink = if opacity > 0.5 { "#fff" } else { "#262626" };
            svg += &format!(
                "<text x=\"{}\" y=\"{}\" fill=\"{ink}\">{count}</text>",
                x + CELL / 2,
                y + CELL / 2 + 5
            );
        }
        svg += "</g>\n";
    }
    if let Some(share) = share(confusion.count(truth, truth), total) {
        svg += &format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"start\" fill=\"#666\">{:.1} %</text>\n",
            left + CELL * names.len() + 8,
            y + CELL / 2 + 5,
            100.0 * share
        );
    }
    svg
}
