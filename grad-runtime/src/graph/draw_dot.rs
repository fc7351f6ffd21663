//! Graphs and evaluations in the language of Graphviz.

use alloc::{format, string::String, vec::Vec};
use core::fmt::Write as _;

use super::{
    Block, Evaluation, Graph, Kind, Origin, Path, Slot, Step,
    draw_svg::{format_number, symbol},
};

impl Graph {
    /// The structure in DOT: values as ellipses, memory as cylinders, blocks as boxes; dashed lines
    /// lead through memory, dotted ones from a round of a loop to the next.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph {\n  rankdir=LR; compound=true;\n");
        dot.push_str("  node [fontname=\"sans-serif\", fontsize=12];\n  edge [arrowsize=0.7];\n");
        let _ = writeln!(dot, "  label={}; labelloc=t;", quoted(self.name));
        for (i, variable) in self.variables.iter().enumerate() {
            let name = quoted(variable.name);
            let fill = if variable.input {
                ", style=filled, fillcolor=\"#eef3fb\""
            } else {
                ""
            };
            let _ = writeln!(dot, "  v{i} [shape=cylinder, label={name}{fill}];");
        }
        for slot in self.inputs {
            if let Slot::Scalar(node) = slot.slot {
                let name = quoted(slot.name);
                let _ = writeln!(
                    dot,
                    "  n{node} [shape=box, label={name}, style=filled, fillcolor=\"#eef3fb\"];",
                );
            }
        }
        self.write_block(&mut dot, &self.body, 1);
        let _ = writeln!(
            dot,
            "  result [shape=plaintext, label={}];",
            quoted(self.name)
        );
        for result in self.body.results {
            let _ = writeln!(dot, "  n{result} -> result;");
        }
        dot.push_str("}\n");
        dot
    }

    fn write_block(&self, dot: &mut String, block: &Block, depth: usize) {
        // Constants need not be steps; they are written where they are used first.
        for &node in block.steps {
            self.write_node(dot, node, depth);
        }
    }

    fn write_node(&self, dot: &mut String, number: usize, depth: usize) {
        let Some(node) = self.nodes.get(number) else {
            return;
        };
        let indent = "  ".repeat(depth);
        let text = match (&node.kind, node.name) {
            (Kind::Constant(x), "") => format_number(x()),
            (Kind::Constant(x), name) => format!("{name} = {}", format_number(x())),
            (_, "") => symbol(node.label).into(),
            (_, name) => format!("{name} = {}", symbol(node.label)),
        };
        let shape = match node.kind {
            Kind::Constant(_) => "plaintext",
            Kind::Branch { .. } => "diamond",
            Kind::Loop { .. } | Kind::Opaque | Kind::Allocate { .. } => "box",
            _ => "ellipse",
        };
        let _ = writeln!(
            dot,
            "{indent}n{number} [shape={shape}, label={}];",
            quoted(&text)
        );
        for &operand in node.operands {
            self.write_unlisted(dot, operand, &indent);
            let _ = writeln!(dot, "{indent}n{operand} -> n{number};");
        }
        match &node.kind {
            Kind::Load(path) | Kind::Length(path) => {
                let from = path.variable;
                let label = quoted(&self.spell(path));
                let _ = writeln!(
                    dot,
                    "{indent}v{from} -> n{number} [style=dashed, label={label}];"
                );
            }
            Kind::Store(path) | Kind::Accumulate(path) => {
                let to = path.variable;
                let label = quoted(&self.spell(path));
                let _ = writeln!(
                    dot,
                    "{indent}n{number} -> v{to} [style=dashed, label={label}];"
                );
            }
            Kind::Allocate { variable, .. } => {
                let _ = writeln!(dot, "{indent}n{number} -> v{variable} [style=dashed];");
            }
            Kind::Branch { then, otherwise } => {
                self.write_cluster(dot, number, "then", then, depth);
                self.write_cluster(dot, number, "else", otherwise, depth);
            }
            Kind::Loop { condition, body } => {
                self.write_cluster(dot, number, "while", condition, depth);
                self.write_cluster(dot, number, "do", body, depth);
                for (result, argument) in body.results.iter().zip(body.arguments) {
                    let _ = writeln!(
                        dot,
                        "{indent}n{result} -> n{argument} [style=dotted, constraint=false];",
                    );
                }
            }
            Kind::Result { of, index } => {
                let _ = writeln!(dot, "{indent}n{of} -> n{number} [label={index}];");
            }
            Kind::Argument | Kind::Constant(_) | Kind::Operator { .. } | Kind::Opaque => {}
        }
    }

    fn write_cluster(&self, dot: &mut String, of: usize, title: &str, block: &Block, depth: usize) {
        let indent = "  ".repeat(depth);
        let _ = writeln!(dot, "{indent}subgraph cluster_{of}_{title} {{");
        let _ = writeln!(
            dot,
            "{indent}  label={title}; style=rounded; color=\"#8899aa\";"
        );
        for (k, &argument) in block.arguments.iter().enumerate() {
            let name = self.nodes.get(argument).map_or("", |node| node.name);
            let _ = writeln!(
                dot,
                "{indent}  n{argument} [shape=box, label={}];",
                quoted(name)
            );
            let _ = writeln!(
                dot,
                "{indent}  n{of} -> n{argument} [label={k}, color=gray];"
            );
        }
        self.write_block(dot, block, depth + 1);
        let _ = writeln!(dot, "{indent}}}");
        for (k, result) in block.results.iter().enumerate() {
            self.write_unlisted(dot, *result, &indent);
            let _ = writeln!(
                dot,
                "{indent}n{result} -> n{of} [label={k}, color=gray, constraint=false];",
            );
        }
    }

    /// A constant or a result that is used without being a step of a block.
    fn write_unlisted(&self, dot: &mut String, number: usize, indent: &str) {
        match self.nodes.get(number).map(|node| &node.kind) {
            Some(Kind::Constant(x)) => {
                let text = quoted(&format_number(x()));
                let _ = writeln!(dot, "{indent}n{number} [shape=plaintext, label={text}];");
            }
            Some(Kind::Result { of, index }) => {
                let _ = writeln!(dot, "{indent}n{of} -> n{number} [label={index}];");
            }
            _ => {}
        }
    }

    fn spell(&self, path: &Path) -> String {
        let name = |node: usize| match self.nodes.get(node) {
            Some(node) if !node.name.is_empty() => String::from(node.name),
            Some(super::Node {
                kind: Kind::Constant(x),
                ..
            }) => format_number(x()),
            _ => format!("#{node}"),
        };
        path.steps
            .iter()
            .map(|step| match *step {
                Step::Field(field) => format!(".{field}"),
                Step::Index(node) => format!("[{}]", name(node)),
                Step::Range(start, end) => {
                    let [start, end] = [start, end].map(|n| n.map(name).unwrap_or_default());
                    format!("[{start}..{end}]")
                }
            })
            .collect::<Vec<_>>()
            .concat()
    }
}

impl Evaluation<'_> {
    /// What was executed, in DOT, with values in blue and gradients in red.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph {\n  rankdir=LR;\n");
        dot.push_str("  node [fontname=\"sans-serif\", fontsize=12];\n");
        dot.push_str(
            "  edge [fontname=\"sans-serif\", fontsize=9, fontcolor=\"#888888\", arrowsize=0.7];\n",
        );
        for node in self.drawn() {
            let title = match (node.origin, node.name) {
                (Origin::Operator, "") => String::from(symbol(node.label)),
                (Origin::Operator, name) => format!("{name} = {}", symbol(node.label)),
                (Origin::Constant, "") => String::from("constant"),
                (_, name) => name.into(),
            };
            let shape = if node.origin == Origin::Operator {
                "ellipse"
            } else {
                "box"
            };
            let _ = writeln!(
                dot,
                "  t{} [shape={shape}, label=<{}<br/><font color=\"#1f5fbf\">{}</font><br/>\
                 <font color=\"#c62828\">{}</font>>];",
                node.index,
                super::draw_svg::escaped(&title),
                format_number(node.value),
                format_number(node.cotangent),
            );
            for edge in node.operands {
                let label = edge.partial.map_or_else(String::new, format_number);
                let _ = writeln!(
                    dot,
                    "  t{} -> t{} [label={}];",
                    edge.operand,
                    node.index,
                    quoted(&label)
                );
            }
        }
        dot.push_str("}\n");
        dot
    }
}

/// A string of DOT.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
