//! The graph as data: the static that `graph_f` returns.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::body::Body;
use super::names::Names;
use super::spelling::{discrete_text, spelled};
use crate::ir::{
    Discrete, Graph, Kind, Literal, Op, Path, Region, Site, Slot, Step, Ty, Value, Var, Width, row,
};
use crate::ir::{Partial, Reach, term};
use crate::stages::Lowered;

struct Data<'g> {
    graph: &'g Graph,
    root: TokenStream,
    nodes: Vec<TokenStream>,
    ids: HashMap<Value, usize>,
    vars: HashMap<Var, usize>,
    variables: Vec<TokenStream>,
}

/// The body of `graph_f`.
pub(super) fn data(lowered: &Lowered, name: &str, root: &TokenStream) -> TokenStream {
    let graph = &lowered.graph;
    let mut cx = Data {
        graph,
        root: quote!(#root::graph),
        nodes: Vec::new(),
        ids: HashMap::new(),
        vars: HashMap::new(),
        variables: Vec::new(),
    };
    let inputs: Vec<_> = graph.params.iter().map(|param| cx.input(param)).collect();
    let body = cx.block(graph.body, None);
    let (root, nodes, variables) = (&cx.root, &cx.nodes, &cx.variables);
    let items = &lowered.items;
    quote! {
        #(#items)*
        static GRAPH: #root::Graph = #root::Graph {
            name: #name,
            inputs: &[#(#inputs),*],
            variables: &[#(#variables),*],
            nodes: &[#(#nodes),*],
            body: #body,
        };
        &GRAPH
    }
}

impl Data<'_> {
    fn node(&mut self, label: &str, name: &str, operands: &[usize], kind: &TokenStream) -> usize {
        let root = &self.root;
        self.nodes.push(quote!(#root::Node { label: #label, name: #name, operands: &[#(#operands),*], kind: #kind }));
        self.nodes.len() - 1
    }

    fn input(&mut self, param: &crate::ir::Param) -> TokenStream {
        let root = self.root.clone();
        let (name, active) = (&param.name, param.wrt);
        let slot = match param.slot {
            Slot::Scalar(v) => {
                let id = self.argument(v);
                quote!(#root::Slot::Scalar(#id))
            }
            Slot::Memory(var) => {
                let id = self.variable(var, true);
                quote!(#root::Slot::Memory(#id))
            }
        };
        quote!(#root::InputSlot { name: #name, slot: #slot, active: #active })
    }

    fn variable(&mut self, var: Var, input: bool) -> usize {
        if let Some(id) = self.vars.get(&var) {
            return *id;
        }
        let (root, name) = (&self.root, &self.graph.var(var).name);
        self.variables
            .push(quote!(#root::Variable { name: #name, input: #input }));
        self.vars.insert(var, self.variables.len() - 1);
        self.variables.len() - 1
    }

    fn argument(&mut self, value: Value) -> usize {
        let name = self.graph.value(value).name.clone().unwrap_or_default();
        let root = self.root.clone();
        let id = self.node(&name, &name, &[], &quote!(#root::Kind::Argument));
        self.ids.insert(value, id);
        id
    }

    /// A block; `first` is a node that it evaluates and yields before all others.
    fn block(&mut self, region: Region, first: Option<usize>) -> TokenStream {
        let block = self.graph.block(region).clone();
        let arguments: Vec<usize> = block
            .args
            .iter()
            .map(|arg| match self.ids.get(arg) {
                Some(id) => *id,
                None => self.argument(*arg),
            })
            .collect();
        let mut steps: Vec<usize> = first.into_iter().collect();
        for id in &block.sites {
            let site = self.graph.site(*id);
            self.site(site, &mut steps);
        }
        let results = first
            .into_iter()
            .chain(block.yields.iter().map(|v| self.id(*v)));
        let results: Vec<usize> = results.collect();
        let root = &self.root;
        quote!(#root::Block { arguments: &[#(#arguments),*], steps: &[#(#steps),*], results: &[#(#results),*] })
    }

    fn id(&self, value: Value) -> usize {
        self.ids.get(&value).copied().unwrap_or_default()
    }

    fn path(&mut self, path: &Path) -> Option<TokenStream> {
        let root = self.root.clone();
        let variable = self.vars.get(&path.root).copied()?;
        let mut steps = Vec::new();
        for step in &path.steps {
            steps.push(match step {
                Step::Field(name) => quote!(#root::Step::Field(#name)),
                Step::Index(v) => {
                    let id = self.id(*v);
                    quote!(#root::Step::Index(#id))
                }
                Step::Range {
                    start,
                    end,
                    inclusive: false,
                } => {
                    let side = |v: &Option<Value>| match v.map(|v| self.id(v)) {
                        Some(id) => quote!(::core::option::Option::Some(#id)),
                        None => quote!(::core::option::Option::None),
                    };
                    let (start, end) = (side(start), side(end));
                    quote!(#root::Step::Range(#start, #end))
                }
                _ => return None,
            });
        }
        Some(quote!(#root::Path { variable: #variable, steps: &[#(#steps),*] }))
    }

    fn site(&mut self, site: &Site, steps: &mut Vec<usize>) {
        let root = self.root.clone();
        let (label, kind) = match self.kind(site) {
            Some(found) => found,
            None => (label(&site.kind), quote!(#root::Kind::Opaque)),
        };
        let operands: Vec<usize> = match &site.kind {
            Kind::For(range) => [site.operands[0]]
                .iter()
                .chain(&site.operands[range.first_carried()..])
                .map(|v| self.id(*v))
                .collect(),
            _ => site.operands.iter().map(|v| self.id(*v)).collect(),
        };
        let name = site
            .results
            .first()
            .and_then(|v| self.graph.value(*v).name.clone())
            .unwrap_or_default();
        let id = self.node(&label, &name, &operands, &kind);
        steps.push(id);
        match site.kind {
            Kind::If | Kind::For(_) | Kind::While => {
                let first = usize::from(matches!(site.kind, Kind::For(_)));
                for (k, result) in site.results.iter().enumerate() {
                    let index = k + first;
                    let name = self.graph.value(*result).name.clone().unwrap_or_default();
                    let part = self.node(
                        &label,
                        &name,
                        &[],
                        &quote!(#root::Kind::Result { of: #id, index: #index }),
                    );
                    self.ids.insert(*result, part);
                }
            }
            _ => {
                for result in &site.results {
                    self.ids.insert(*result, id);
                }
            }
        }
    }

    fn kind(&mut self, site: &Site) -> Option<(String, TokenStream)> {
        let root = self.root.clone();
        let label = label(&site.kind);
        let code = match &site.kind {
            Kind::Literal(literal) => {
                let value = literal_code(literal)?;
                quote!(#root::Kind::Constant(|| #value))
            }
            Kind::Constant(code) if self.graph.ty(site.results[0]).is_scalar() => {
                let text = code.0.to_string();
                // A constant parameter or one of `Self` cannot be named inside a static.
                let named = text.contains("Self")
                    || !text.contains("::")
                        && !text
                            .chars()
                            .all(|c| c.is_uppercase() || c == '_' || c.is_numeric())
                    || text.len() == 1;
                if named {
                    return None;
                }
                let code = &code.0;
                quote!(#root::Kind::Constant(|| (#code) as f64))
            }
            Kind::Apply(op) => self.operator(*op, site),
            Kind::Discrete(op) => discrete(*op, &root),
            Kind::Select => quote!(#root::Kind::Operator {
                eval: |v| if v[0] != 0.0 { v[1] } else { v[2] },
                partials: &[None, Some(|v, _| if v[0] != 0.0 { 1.0 } else { 0.0 }), Some(|v, _| if v[0] != 0.0 { 0.0 } else { 1.0 })],
            }),
            Kind::Cast(_) if matches!(self.graph.ty(site.results[0]), Ty::Float(_)) => {
                quote!(#root::Kind::Operator { eval: |v| v[0], partials: &[Some(|_, _| 1.0)] })
            }
            Kind::Cast(_) => {
                quote!(#root::Kind::Operator { eval: |v| v[0].trunc(), partials: &[None] })
            }
            Kind::Frozen => quote!(#root::Kind::Operator { eval: |v| v[0], partials: &[None] }),
            Kind::Load(path) => {
                let path = self.path(path)?;
                quote!(#root::Kind::Load(#path))
            }
            Kind::Length(path) => {
                let path = self.path(path)?;
                quote!(#root::Kind::Length(#path))
            }
            Kind::Store(path) => {
                let path = self.path(path)?;
                quote!(#root::Kind::Store(#path))
            }
            Kind::Accumulate(path) => {
                let path = self.path(path)?;
                quote!(#root::Kind::Accumulate(#path))
            }
            Kind::Allocate(var) => {
                let init = self.init(*site.operands.first()?)?;
                let variable = self.variable(*var, false);
                quote!(#root::Kind::Allocate { variable: #variable, init: #init })
            }
            // Aggregates are drawn where they are put into a variable.
            Kind::Array { .. }
            | Kind::Repeat { .. }
            | Kind::Copy(_)
            | Kind::Borrow(_)
            | Kind::Own(_) => {
                quote!(#root::Kind::Constant(|| 0.0))
            }
            Kind::If => {
                let (then, otherwise) = (
                    self.block(site.regions[0], None),
                    self.block(site.regions[1], None),
                );
                quote!(#root::Kind::Branch { then: #then, otherwise: #otherwise })
            }
            Kind::For(range) if range.adaptors.is_empty() && !range.exits => {
                self.counted(site, range.inclusive)
            }
            Kind::While => {
                let (condition, body) = (
                    self.block(site.regions[0], None),
                    self.block(site.regions[1], None),
                );
                quote!(#root::Kind::Loop { condition: #condition, body: #body })
            }
            _ => return None,
        };
        Some((label, code))
    }

    fn init(&mut self, value: Value) -> Option<TokenStream> {
        let root = self.root.clone();
        let site = self.graph.def(value)?.clone();
        Some(match &site.kind {
            Kind::Array { .. } => {
                let parts: Vec<usize> = site.operands.iter().map(|v| self.id(*v)).collect();
                quote!(#root::Init::Array(&[#(#parts),*]))
            }
            Kind::Repeat { .. } => {
                let (value, len) = (self.id(site.operands[0]), self.id(site.operands[1]));
                quote!(#root::Init::Repeat { value: #value, len: #len })
            }
            Kind::Copy(path) | Kind::Borrow(path) | Kind::Own(path) | Kind::Load(path) => {
                let path = self.path(path)?;
                quote!(#root::Init::Copy(#path))
            }
            _ => return None,
        })
    }

    /// A counted loop carries its index.
    fn counted(&mut self, site: &Site, inclusive: bool) -> TokenStream {
        let root = self.root.clone();
        let end = self.id(site.operands[1]);
        let argument = quote!(#root::Kind::Argument);
        let tested = self.node("i", "", &[], &argument);
        let others: Vec<usize> = site
            .results
            .iter()
            .map(|_| self.node("", "", &[], &argument))
            .collect();
        let eval = if inclusive {
            truth(&quote!(v[0] <= v[1]))
        } else {
            truth(&quote!(v[0] < v[1]))
        };
        let goes_on = self.node(
            "<",
            "",
            &[tested, end],
            &quote!(#root::Kind::Operator { eval: #eval, partials: &[None, None] }),
        );
        let arguments: Vec<usize> = std::iter::once(tested).chain(others).collect();
        let condition = quote!(#root::Block { arguments: &[#(#arguments),*], steps: &[#goes_on], results: &[#goes_on] });
        let region = site.regions[0];
        let index = self.argument(self.graph.block(region).args[0]);
        let next = self.node(
            "+ 1",
            "",
            &[index],
            &quote!(#root::Kind::Operator { eval: |v| v[0] + 1.0, partials: &[None] }),
        );
        let body = self.block(region, Some(next));
        quote!(#root::Kind::Loop { condition: #condition, body: #body })
    }

    fn operator(&self, op: Op, site: &Site) -> TokenStream {
        let root = &self.root;
        let count = site.operands.len();
        let operands: Vec<TokenStream> = (0..count)
            .map(|k| {
                if op == Op::Powi && k == 1 {
                    quote!((v[#k] as i32))
                } else {
                    quote!(v[#k])
                }
            })
            .collect();
        let value = spelled(row(op).spelling, &operands, Span::call_site());
        let is_float = self.graph.ty(site.results[0]).may_be_active();
        let value = if op == Op::Div && !is_float {
            quote!((#value).trunc())
        } else {
            value
        };
        let partials = (0..count).map(|k| {
            let partial = if is_float {
                partial(op, k, count)
            } else {
                None
            };
            match partial {
                Some(code) => quote!(::core::option::Option::Some(|v, y| { #code })),
                None => quote!(::core::option::Option::None),
            }
        });
        quote!(#root::Kind::Operator { eval: |v| #value, partials: &[#(#partials),*] })
    }
}

/// The row's derivative by operand `k`, as code over `v` and `y`.
fn partial(op: Op, k: usize, count: usize) -> Option<TokenStream> {
    let mut graph = Graph::new("partial");
    let float = Ty::Float(Some(Width::F64));
    let region = graph.body;
    let operands: Vec<Value> = (0..count)
        .map(|index| {
            let ty = if op == Op::Powi && index == 1 {
                Ty::Int
            } else {
                float.clone()
            };
            graph.new_arg(region, ty, Span::call_site())
        })
        .collect();
    let out = graph.new_arg(region, float.clone(), Span::call_site());
    let one = graph.new_site(
        Kind::Literal(Literal::Float("1.0".to_owned())),
        Vec::new(),
        Vec::new(),
        vec![float],
        Span::call_site(),
    );
    graph.block_mut(region).sites.push(one);
    let one = graph.site(one).results[0];
    let active: HashSet<Value> = operands.iter().copied().collect();
    let partial = Partial {
        op,
        site: (&operands, out),
        k,
        active: &active,
        reach: Reach::Certain,
    };
    let result = term(&mut graph, region, partial, one)?;
    graph.block_mut(region).yields = vec![result];
    let result = graph.block(region).yields[0];
    let mut body = Body::new(
        &graph,
        Names::avoiding(&quote!(v y)),
        quote!(::grad_runtime),
    );
    for (index, value) in operands.iter().enumerate() {
        body.spell_value(
            *value,
            if op == Op::Powi && index == 1 {
                quote!((v[#index] as i32))
            } else {
                quote!(v[#index])
            },
        );
    }
    body.spell_value(out, quote!(y));
    let statements = body.statements(region);
    let result = body.value(result);
    Some(quote!(#statements #result))
}

/// A truth value as a number.
fn truth(of: &TokenStream) -> TokenStream {
    quote!(|v| if #of { 1.0 } else { 0.0 })
}

fn discrete(op: Discrete, root: &TokenStream) -> TokenStream {
    let text: TokenStream = discrete_text(op).parse().unwrap_or_default();
    let eval = match op {
        Discrete::Not => truth(&quote!(v[0] == 0.0)),
        Discrete::And | Discrete::Or => truth(&quote!((v[0] != 0.0) #text (v[1] != 0.0))),
        Discrete::BitAnd | Discrete::BitOr | Discrete::BitXor | Discrete::Shl | Discrete::Shr => {
            quote!(|v| ((v[0] as i64) #text (v[1] as i64)) as f64)
        }
        _ => truth(&quote!(v[0] #text v[1])),
    };
    let partials = if op == Discrete::Not {
        quote!(&[None])
    } else {
        quote!(&[None, None])
    };
    quote!(#root::Kind::Operator { eval: #eval, partials: #partials })
}

fn literal_code(literal: &Literal) -> Option<TokenStream> {
    let text = match literal {
        Literal::Float(text) if text.contains(['.', 'e', 'E']) => {
            text.trim_end_matches('.').to_owned()
        }
        Literal::Float(text) => format!("{text}.0"),
        Literal::Int(text) => {
            return text
                .parse::<TokenStream>()
                .ok()
                .map(|code| quote!(#code as f64));
        }
        Literal::Bool(b) => if *b { "1.0" } else { "0.0" }.to_owned(),
        Literal::Undefined => "0.0".to_owned(),
    };
    let text = if text.contains(['.', 'e', 'E']) {
        text
    } else {
        format!("{text}.0")
    };
    format!("{text}_f64").parse().ok()
}

fn label(kind: &Kind) -> String {
    match kind {
        Kind::Literal(Literal::Float(text) | Literal::Int(text)) => text.clone(),
        Kind::Literal(Literal::Bool(b)) => b.to_string(),
        Kind::Constant(code) => code.0.to_string().replace(' ', ""),
        Kind::Apply(op) => op.name().to_owned(),
        Kind::Discrete(op) => discrete_text(*op).to_owned(),
        Kind::Cast(code) => format!("as {}", code.0),
        Kind::If | Kind::Select => "if".to_owned(),
        Kind::For(_) => "for".to_owned(),
        Kind::While => "while".to_owned(),
        Kind::Call(_) => "call".to_owned(),
        Kind::Load(_) => "load".to_owned(),
        Kind::Store(_) => "store".to_owned(),
        Kind::Accumulate(_) => "+=".to_owned(),
        Kind::Length(_) => "len".to_owned(),
        _ => "code".to_owned(),
    }
}
