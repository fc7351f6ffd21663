//! Evaluations as pictures.

use alloc::{format, string::String, vec::Vec};
use core::fmt::Write as _;

use super::{
    Evaluation, Origin, TraceNode,
    layout::{Item, Layout, Source, lay_out},
};

const VALUE: &str = "#1f5fbf";
const GRADIENT: &str = "#c62828";
const INK: &str = "#333b45";
const WIRE: &str = "#98a2ad";
const FAINT: &str = "#7b8794";

/// The radius of an operator's circle.
const RADIUS: f64 = 19.0;
/// The room between layers, where wires bend.
const GAP: f64 = 58.0;
const MARGIN: f64 = 24.0;

/// What a picture shows besides values and gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SvgStyle {
    /// Nothing.
    #[default]
    Plain,
    /// At each wire's end, in gray, the local gradient: the derivative of the operation by that
    /// operand.
    LocalGradients,
}

impl Evaluation<'_> {
    /// What was executed, as a picture: inputs at the left, the output at the right, the value of
    /// each node in blue above its wire and its gradient in red below.
    ///
    /// The picture shows every operation, so it is meant for graphs of tens of them.
    #[must_use]
    pub fn to_svg(&self) -> String {
        self.to_svg_in(SvgStyle::Plain)
    }

    /// As [`to_svg`](Self::to_svg), with a choice of what is shown.
    #[must_use]
    pub fn to_svg_in(&self, style: SvgStyle) -> String {
        let nodes = self.drawn();
        let boxes: Vec<Shape> = nodes.iter().map(Shape::of).collect();
        let position = |record: usize| {
            nodes
                .binary_search_by_key(&record, |node| node.index)
                .unwrap_or(0)
        };
        let items: Vec<Item> = nodes
            .iter()
            .zip(&boxes)
            .map(|(node, shape)| Item {
                operands: node
                    .operands
                    .iter()
                    .map(|edge| position(edge.operand))
                    .collect(),
                source: match node.origin {
                    Origin::Input => Source::Parameter,
                    Origin::Constant => Source::Constant,
                    Origin::Operator => Source::Operation,
                },
                width: shape.width(),
                height: if shape.caption.is_empty() { 58.0 } else { 74.0 },
            })
            .collect();
        let gap = if style == SvgStyle::LocalGradients {
            GAP + 34.0
        } else {
            GAP
        };
        let layout = lay_out(&items, gap);

        let mut svg = String::new();
        open(&mut svg, &layout, self.graph().name);
        for (v, item) in items.iter().enumerate() {
            let ports = ports(nodes[v].label, &item.operands, &layout, v);
            for (k, &u) in item.operands.iter().enumerate() {
                let (from, to) = (layout.places[u], layout.places[v]);
                let start = (from.0 + boxes[u].width(), from.1);
                let end = Shape::port(to, ports[k], item.operands.len());
                wire(&mut svg, start, &layout.wires[v][k], end);
                if let (SvgStyle::LocalGradients, Some(partial)) =
                    (style, nodes[v].operands[k].partial)
                {
                    let (x, y) = (end.0 - 9.0, end.1 + if end.1 > to.1 { 14.0 } else { -6.0 });
                    text(&mut svg, (x, y), "end", FAINT, 10, &format_number(partial));
                }
            }
        }
        for ((node, shape), &place) in nodes.iter().zip(&boxes).zip(&layout.places) {
            shape.draw(&mut svg, place, node, Some(node.index) == self.output());
        }
        svg.push_str("</g>\n</svg>\n");
        svg
    }
}

/// A node's form: a circle or a box with a title, a caption above, and a piece of wire to the right
/// that holds the value and the gradient.
struct Shape {
    round: bool,
    title: String,
    caption: String,
    body: f64,
    stub: f64,
    value: String,
    gradient: String,
}

impl Shape {
    fn of(node: &TraceNode<'_>) -> Self {
        let (value, gradient) = (format_number(node.value), format_number(node.cotangent));
        let (title, caption) = match (node.origin, node.name) {
            (Origin::Operator, name) => (String::from(symbol(node.label)), name),
            (Origin::Constant, "") => (value.clone(), ""),
            (_, name) => (String::from(name), ""),
        };
        let round = node.origin == Origin::Operator;
        let body = if round {
            (text_width(&title, 15.0) + 14.0).max(2.0 * RADIUS)
        } else {
            (text_width(&title, 14.0) + 18.0).max(30.0)
        };
        let stub = text_width(&value, 12.0).max(text_width(&gradient, 12.0)) + 12.0;
        let wide = (text_width(caption, 12.0) - body).max(0.0);
        Self {
            round,
            title,
            caption: caption.into(),
            body,
            stub: stub.max(wide),
            value,
            gradient,
        }
    }

    fn width(&self) -> f64 {
        self.body + self.stub
    }

    /// Where the wire of operand `k` of `count` ends.
    #[allow(clippy::cast_precision_loss, reason = "operands are few")]
    fn port((x, y): (f64, f64), k: usize, count: usize) -> (f64, f64) {
        let along = if count == 1 {
            0.0
        } else {
            2.0 * k as f64 / (count - 1) as f64 - 1.0
        };
        // On the circle's edge, or that of the wider form's round end; up to 40° off the middle.
        let (sine, cosine) = (0.62 * along, 1.0 - 0.215 * along * along);
        (x + RADIUS * (1.0 - cosine) - 1.0, y + RADIUS * sine)
    }

    fn draw(&self, svg: &mut String, (x, y): (f64, f64), node: &TraceNode<'_>, is_output: bool) {
        let middle = x + self.body / 2.0;
        let (height, corner) = if self.round {
            (2.0 * RADIUS, RADIUS)
        } else {
            (28.0, 6.0)
        };
        let (fill, stroke) = match node.origin {
            Origin::Operator => ("#ffffff", INK),
            Origin::Input => ("#eef3fb", "#9db6dc"),
            Origin::Constant => ("#f3f4f6", "#c5cbd3"),
        };
        let end = x + self.width();
        let arrow = if is_output {
            " marker-end=\"url(#arrow)\""
        } else {
            ""
        };
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {y:.1}H{:.1}\" fill=\"none\" stroke=\"{WIRE}\" \
             stroke-width=\"1.4\"{arrow}/>",
            x + self.body,
            if is_output { end + 14.0 } else { end },
        );
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height}\" rx=\"{corner}\" \
             fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.4\"/>",
            y - height / 2.0,
            self.body,
        );
        let size = if self.round { 15 } else { 14 };
        text(svg, (middle, y + 5.0), "middle", INK, size, &self.title);
        if !self.caption.is_empty() {
            let above = (middle, y - RADIUS - 7.0);
            text(svg, above, "middle", FAINT, 12, &self.caption);
        }
        let label = x + self.body + self.stub / 2.0;
        text(svg, (label, y - 5.0), "middle", VALUE, 12, &self.value);
        text(
            svg,
            (label, y + 14.0),
            "middle",
            GRADIENT,
            12,
            &self.gradient,
        );
    }
}

fn open(svg: &mut String, layout: &Layout, name: &str) {
    let width = layout.width + 2.0 * MARGIN + 14.0;
    let height = layout.height + 2.0 * MARGIN;
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Helvetica, Arial, sans-serif\">\n\
         <title>{}</title>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0.8L8 4L0 7.2z\" fill=\"{WIRE}\"/>\
         </marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n",
        escaped(name),
    );
}

/// The ports of a node's operands, from the top: in order, except where the order means nothing and
/// wires would cross.
fn ports(label: &str, operands: &[usize], layout: &Layout, v: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..operands.len()).collect();
    if matches!(label, "+" | "*" | "max" | "min") {
        let height = |k: usize| match layout.wires[v][k].last() {
            Some([_, (_, y)]) => *y,
            None => layout.places[operands[k]].1,
        };
        order.sort_by(|&a, &b| height(a).total_cmp(&height(b)));
    }
    let mut ports = order.clone();
    for (port, &k) in order.iter().enumerate() {
        ports[k] = port;
    }
    ports
}

/// A wire: level through the points it is led through, bends in between.
fn wire(svg: &mut String, start: (f64, f64), through: &[[(f64, f64); 2]], end: (f64, f64)) {
    let mut path = format!("M{:.1} {:.1}", start.0, start.1);
    let mut from = start;
    let mut bend = |path: &mut String, to: (f64, f64)| {
        let pull = (to.0 - from.0) / 2.0;
        let _ = write!(
            path,
            "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            from.0 + pull,
            from.1,
            to.0 - pull,
            to.1,
            to.0,
            to.1,
        );
        from = to;
    };
    for &[left, right] in through {
        bend(&mut path, left);
        bend(&mut path, right);
    }
    bend(&mut path, end);
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{WIRE}\" stroke-width=\"1.4\" \
         marker-end=\"url(#arrow)\"/>",
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, color: &str, size: u8, text: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" \
         fill=\"{color}\">{}</text>",
        escaped(text),
    );
}

/// An estimate, on the wide side, for letters of this size.
#[allow(clippy::cast_precision_loss, reason = "texts are short")]
fn text_width(text: &str, size: f64) -> f64 {
    0.6 * size * text.chars().count() as f64
}

/// The sign that textbooks write for an operator.
pub(super) fn symbol(label: &str) -> &str {
    match label {
        "*" => "×",
        "-" | "neg" => "−",
        "/" => "÷",
        "sqrt" => "√",
        "<=" => "≤",
        ">=" => "≥",
        "!=" => "≠",
        other => other,
    }
}

/// `text` as the content of an element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A number in four digits.
pub(super) fn format_number(x: f64) -> String {
    let size = x.abs();
    let written = if size == 0.0 {
        String::from("0")
    } else if !x.is_finite() {
        format!("{x}").replace("inf", "∞")
    } else if !(1e-3..1e5).contains(&size) {
        let written = format!("{x:.2e}");
        match written.split_once('e') {
            Some((digits, power)) if digits.contains('.') => {
                format!(
                    "{}e{power}",
                    digits.trim_end_matches('0').trim_end_matches('.')
                )
            }
            _ => written,
        }
    } else {
        let decimals = match size {
            1000.0.. => 1,
            100.0.. => 2,
            10.0.. => 3,
            0.1.. => 4,
            _ => 5,
        };
        let written = format!("{x:.decimals$}");
        String::from(written.trim_end_matches('0').trim_end_matches('.'))
    };
    written.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::{escaped, format_number};

    #[test]
    fn numbers_have_four_digits() {
        let cases = [
            (0.0, "0"),
            (-2.0, "−2"),
            (0.196_611_933, "0.1966"),
            (1234.567, "1234.6"),
            (1e-5, "1e−5"),
            (-1.234_56e9, "−1.23e9"),
            (f64::INFINITY, "∞"),
            (f64::NAN, "NaN"),
        ];
        for (x, written) in cases {
            assert_eq!(format_number(x), written);
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            escaped("a < b && \"c\""),
            "a &lt; b &amp;&amp; &quot;c&quot;"
        );
    }
}
