//! A region of the graph as Rust statements.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use super::lanes::Lanes;
use super::linear::is_marks;
use super::names::{Names, named, span_within};
use super::places::Access;
use super::spelling::{self, discrete_text, infix, is_shown, placed, spelled};
use crate::ir::{
    Capture, Discrete, Graph, Kind, Op, Path, Region, Site, SiteId, Storage, Ty, Value, Var, Width,
    row,
};

/// Writes the regions of one graph.
pub(super) struct Body<'g> {
    pub(super) graph: &'g Graph,
    pub(super) names: Names,
    pub(super) root: TokenStream,
    pub(super) values: HashMap<Value, TokenStream>,
    pub(super) vars: HashMap<Var, TokenStream>,
    /// Variables that are references where code is written now.
    pub(super) refs: HashSet<Var>,
    /// Variables that may hold copies that stand for references.
    pub(super) lent: HashSet<Var>,
    /// Those of them that are copied where they are made.
    pub(super) settled: HashSet<Var>,
    /// Variables of which only a later use tells the type.
    pub(super) untyped: HashSet<Var>,
    pub(super) held: HashSet<Value>,
    /// How often each value is read.
    pub(super) reads: HashMap<Value, usize>,
    /// The flag that tells whether anybody wants what is added into a variable.
    pub(super) guards: HashMap<Var, Ident>,
    /// Where in the user's source the site being written stands: panics point there.
    pub(super) here: Span,
    /// What the loop whose body begins reads off its tape.
    pub(super) entry: Option<Ident>,
    /// Closures that are passed to functions, by number.
    pub(super) functions: Vec<super::functions::FunctionTokens>,
    /// Whether the functions this one is given have the form of forward mode.
    pub(super) forward: bool,
    /// Where tangents are rows of lanes.
    pub(super) lanes: Option<Lanes>,
    /// Where calls are made for their pushes: how many lanes these have.
    pub(super) linear: Option<Ident>,
    /// Variables that are slices of vectors: the names of these.
    pub(super) wholes: HashMap<Var, Ident>,
    /// Places that are borrowed for their fields, by the names of the references.
    pub(super) opened: Vec<(Path, Ident)>,
    /// Cursors of the loops around.
    pub(super) cursors: Vec<super::cursors::Cursor>,
    /// Parts of arrays that were borrowed for the call being written, as they are called there.
    pub(super) apart: Vec<(Path, TokenStream)>,
}

impl<'g> Body<'g> {
    pub(super) fn new(graph: &'g Graph, names: Names, root: TokenStream) -> Self {
        let refs = graph
            .vars
            .iter()
            .enumerate()
            .filter(|(_, var)| matches!(var.storage, Storage::Ref | Storage::RefMut))
            .map(|(k, _)| Var(u32::try_from(k).unwrap_or(0)))
            .collect();
        let lent = super::places::lent_variables(graph);
        Body {
            graph,
            names,
            root,
            values: HashMap::new(),
            vars: HashMap::new(),
            refs,
            settled: super::places::settled_variables(graph, &lent),
            held: super::held::held_values(graph),
            lent,
            untyped: super::untyped::untyped_variables(graph),
            reads: counted_reads(graph),
            guards: HashMap::new(),
            here: Span::call_site(),
            entry: None,
            functions: Vec::new(),
            forward: false,
            lanes: None,
            linear: None,
            wholes: HashMap::new(),
            opened: Vec::new(),
            cursors: Vec::new(),
            apart: Vec::new(),
        }
    }

    /// The tokens, seen as before but standing where the site does.
    pub(super) fn relocated(&self, tokens: TokenStream) -> TokenStream {
        let here = |mut token: TokenTree| {
            token.set_span(match &token {
                TokenTree::Literal(_) => self.here,
                token => self.here.resolved_at(token.span()),
            });
            token
        };
        tokens.into_iter().map(here).collect()
    }

    pub(super) fn name_value(&mut self, value: Value, name: &Ident) {
        self.values.insert(value, quote!(#name));
    }

    /// Writes the value as the tokens say.
    pub(super) fn spell_value(&mut self, value: Value, tokens: TokenStream) {
        self.values.insert(value, tokens);
    }

    pub(super) fn name_var(&mut self, var: Var, name: &Ident) {
        self.vars.insert(var, quote!(#name));
    }

    /// From here on the variable is behind a reference.
    pub(super) fn set_ref(&mut self, var: Var) {
        self.refs.insert(var);
    }

    pub(super) fn guard(&mut self, var: Var, flag: Ident) {
        self.guards.insert(var, flag);
    }

    /// Declarations of the tapes.
    pub(super) fn tapes(&mut self) -> TokenStream {
        let root = self.root.clone();
        let others: HashMap<Var, TokenStream> = self
            .graph
            .sites
            .iter()
            .filter_map(|site| match &site.kind {
                Kind::Save(tape, _) => Some((*tape, self.store(*tape))),
                Kind::Begin(tape, ..) => Some((*tape, quote!(Checkpoints))),
                Kind::Push(tape) if is_marks(self.graph, *tape) => Some((*tape, quote!(Wants))),
                _ => None,
            })
            .collect();
        let mut tokens = TokenStream::new();
        for k in 0..self.graph.vars.len() {
            let var = Var(u32::try_from(k).unwrap_or(0));
            if self.graph.var(var).storage != Storage::Tape {
                continue;
            }
            let name = self.names.fresh(&self.graph.var(var).name);
            self.vars.insert(var, quote!(#name));
            let kind = others.get(&var).cloned().unwrap_or_else(|| quote!(Tape));
            tokens.extend(quote!(let mut #name = #root::private::#kind::new();));
        }
        tokens
    }

    /// The statements of a region.
    pub(super) fn statements(&mut self, region: Region) -> TokenStream {
        let graph = self.graph;
        graph
            .block(region)
            .sites
            .iter()
            .map(|id| {
                let before = self.set_apart(graph.site(*id));
                let code = self.site(*id);
                quote!(#before #code)
            })
            .collect()
    }

    /// A length: a generic parameter stands alone.
    fn length(&self, value: Value) -> TokenStream {
        match self.graph.def(value).map(|site| &site.kind) {
            Some(Kind::Constant(code)) => code.0.clone(),
            _ => self.value(value),
        }
    }

    pub(super) fn value(&self, value: Value) -> TokenStream {
        match self.values.get(&value) {
            Some(tokens) => self.relocated(tokens.clone()),
            None => match self.graph.def(value).map(|site| &site.kind) {
                Some(Kind::Literal(literal)) => {
                    self.relocated(spelling::literal(literal, self.graph.ty(value)))
                }
                Some(Kind::Constant(code)) => {
                    let code = &code.0;
                    self.relocated(quote!((#code)))
                }
                _ => quote!(::core::compile_error!(
                    "internal error: a value without a name"
                )),
            },
        }
    }

    pub(super) fn fresh(&mut self, value: Value, fallback: &str) -> Ident {
        let hint = self
            .graph
            .value(value)
            .name
            .clone()
            .unwrap_or_else(|| fallback.to_owned());
        let name = self.names.fresh(&hint);
        self.values.insert(value, quote!(#name));
        name
    }

    pub(super) fn define(&mut self, site: &Site, code: &TokenStream) -> TokenStream {
        let Some(value) = site.results.first() else {
            return quote!(#code;);
        };
        let name = self.fresh(*value, "t");
        let ty = self.needed_type(site);
        quote!(let #name #ty = #code;)
    }

    /// The type of a number read from what is written as literals without one: a method cannot be
    /// called on it otherwise.
    pub(super) fn needed_type(&self, site: &Site) -> Option<TokenStream> {
        let Kind::Load(path) = &site.kind else {
            return None;
        };
        let mut leaf = &self.graph.var(path.root).ty;
        while let Ty::Array(element) = leaf {
            leaf = element;
        }
        match (leaf, self.graph.ty(*site.results.first()?)) {
            (Ty::Float(None), Ty::Float(Some(Width::F64))) => Some(quote!(: f64)),
            (Ty::Float(None), Ty::Float(Some(Width::F32))) => Some(quote!(: f32)),
            _ => None,
        }
    }

    #[allow(clippy::too_many_lines)] // one arm an operator
    pub(super) fn site_code(&mut self, id: SiteId) -> TokenStream {
        let graph = self.graph;
        let site = graph.site(id);
        let span = site.span;
        self.here = span;
        let root = self.root.clone();
        let operand = |cx: &Self, k: usize| cx.value(site.operands[k]);
        let code = match &site.kind {
            Kind::Literal(_) | Kind::Constant(_) => return TokenStream::new(),
            Kind::Apply(op) => {
                let mut operands: Vec<_> = site.operands.iter().map(|v| self.value(*v)).collect();
                let is_int = site.results.iter().any(|v| *graph.ty(*v) == Ty::Int);
                if is_int && matches!(op, Op::Div | Op::Rem) {
                    // Division by zero: the parentheses are the user's place in the message.
                    for operand in &mut operands {
                        *operand = quote_spanned!(span=> (#operand));
                    }
                }
                let sums_tangents = *op == Op::Add
                    && site.results.iter().all(|v| {
                        let ty = graph.ty(*v);
                        !ty.is_scalar() && ty.may_be_active() && !self.is_lanes(*v)
                    });
                let code = if sums_tangents {
                    // Only rustc knows the type, which need not have the operator.
                    let (x, y) = (&operands[0], &operands[1]);
                    quote!(#root::private::plus(#x, &#y))
                } else {
                    spelled(row(*op).spelling, &operands, span)
                };
                return self.define(site, &code);
            }
            Kind::Discrete(Discrete::Not) => {
                let a = operand(self, 0);
                quote!(!#a)
            }
            Kind::Discrete(_) if self.is_lanes(site.operands[0]) => {
                // The only question asked of a tangent: whether it is zero.
                let a = operand(self, 0);
                quote!(#a.is_zero())
            }
            Kind::Discrete(op) => {
                let (a, b, op) = (
                    operand(self, 0),
                    operand(self, 1),
                    infix(discrete_text(*op), span),
                );
                quote!(#a #op #b)
            }
            Kind::Cast(code) | Kind::PushCast(code) if self.is_lanes(site.operands[0]) => {
                let (a, ty) = (operand(self, 0), &code.0);
                quote!(#root::private::cast_lanes::<#ty, _>(#a))
            }
            Kind::Cast(code) => {
                let (a, ty) = (operand(self, 0), &code.0);
                quote!(#a as #ty)
            }
            Kind::PushCast(code) => {
                let (a, ty) = (operand(self, 0), &code.0);
                quote!(#root::private::push_cast::<_, #ty>(#a))
            }
            Kind::PullCast => {
                let (x, bar) = (operand(self, 0), operand(self, 1));
                quote!(#root::private::pull_cast(&#x, #bar))
            }
            Kind::FloatLike => {
                let (n, x) = (operand(self, 0), operand(self, 1));
                quote!(#root::private::float_like(#n, #x))
            }
            Kind::Select if self.is_lanes(site.results[0]) => {
                let (a, b) = (self.lane_operand(site, 1), self.lane_operand(site, 2));
                let c = operand(self, 0);
                if self.is_lanes(site.operands[0]) {
                    quote!(#c.select(#a, #b))
                } else {
                    quote!(if #c { #a } else { #b })
                }
            }
            Kind::Select => {
                let (c, a, b) = (operand(self, 0), operand(self, 1), operand(self, 2));
                quote!(if #c { #a } else { #b })
            }
            Kind::Frozen => operand(self, 0),
            Kind::ZeroOf => {
                let a = operand(self, 0);
                self.zero(graph.ty(site.operands[0]), &quote!(&#a))
            }
            Kind::Opaque { code, captures, .. } => self.opaque(&code.0, captures),
            Kind::Length(path) => {
                let place = self.place(path);
                if self.is_sequence(path) {
                    quote_spanned!(span=> #place.len())
                } else {
                    // A method of the user's may have the name, and give a number with a derivative.
                    quote_spanned!(span=> #root::private::length(#place.len()))
                }
            }
            Kind::Load(path) => self.load(path, graph.ty(site.results[0])),
            Kind::Store(path) => {
                let (place, v) = (self.place_mut(path), self.settled(path, site.operands[0]));
                quote!(#place = #v)
            }
            Kind::Accumulate(path) => return self.accumulate(path, site.operands[0]),
            Kind::IntLike => {
                let (n, x) = (operand(self, 0), operand(self, 1));
                quote!(#root::private::int_like(#n, #x))
            }
            Kind::Append(path) => self.append(path, site.operands[0]),
            Kind::Elements => {
                let bar = operand(self, 0);
                quote!(#root::private::elements(#bar))
            }
            Kind::Finish(path, form) => self.finish(path, form),
            Kind::Detach(path) => {
                let place = self.place(path);
                quote!(#root::private::detach(&mut #place))
            }
            Kind::Take(path) => {
                let place = self.place_mut(path);
                quote!(#root::private::take(&mut #place))
            }
            Kind::Swap(a, b) => self.swap(a, b),
            Kind::Copy(path) => {
                let place = self.reference(path, Access::Read);
                if graph.var(path.root).tangent {
                    quote!(#root::private::owned(#place))
                } else {
                    self.replica(self.is_untyped_at(path), &place)
                }
            }
            Kind::Borrow(path) => self.reference(path, Access::Read),
            Kind::Walk(_) | Kind::Onward(..) | Kind::Joined => self.walk(site),
            Kind::Own(path) => {
                let place = self.reference(path, Access::Read);
                quote!((&&#root::private::Copier(#place)).replicate_owned())
            }
            Kind::Allocate(var) => return self.allocate(*var, site.operands.first().copied()),
            Kind::ZeroLike(path) => {
                let place = self.reference(path, Access::Read);
                let zero = self.zero(graph.ty(site.results[0]), &place);
                // Where the type has no tangent, the compiler says so at the variable.
                placed(zero, graph.var(path.root).span)
            }
            Kind::Vanishes(path) => self.vanishes(path),
            Kind::Settle(path) => {
                let (place, count) = (self.place_mut(path), self.lane_count());
                quote!(#root::private::LaneTangent::<#count>::settle(&mut #place))
            }
            Kind::Array { vec } => {
                let parts = site.operands.iter().map(|v| self.value(*v));
                if *vec {
                    quote!(#root::private::vec![#(#parts),*])
                } else {
                    quote!([#(#parts),*])
                }
            }
            Kind::Repeat { vec } => {
                let n = self.length(site.operands[1]);
                let x = site.operands[0];
                if *vec {
                    let used_again = self.reads.get(&x).is_some_and(|reads| *reads > 1);
                    let x = if used_again {
                        self.duplicated(x)
                    } else {
                        operand(self, 0)
                    };
                    quote!(#root::private::vec![#x; #n])
                } else {
                    let x = operand(self, 0);
                    quote!([#x; #n])
                }
            }
            Kind::RepeatTangent { vec } => {
                let (x, n) = (operand(self, 0), self.length(site.operands[1]));
                if *vec {
                    quote!(#root::private::repeat_vec(&#x, #n))
                } else {
                    quote!(#root::private::repeat::<{ #n }, _>(&#x))
                }
            }
            Kind::Tuple => {
                let parts = site.operands.iter().map(|v| self.value(*v));
                quote!((#(#parts,)*))
            }
            Kind::Boxed => {
                let inside = operand(self, 0);
                quote!(#root::private::Box::new(#inside))
            }
            Kind::Matches(path, code) => self.matches(path, &code.0),
            Kind::Keep(path, Some(method)) => {
                let again = self.again(path, method, span);
                quote!((&&#again.keeper()).keep())
            }
            Kind::Keep(path, None) => {
                let place = self.reference(path, Access::Read);
                let copy = self.replica(self.is_untyped_at(path), &place);
                quote!(#root::private::keep_argument(|| #copy))
            }
            Kind::Record(record) => self.record(record, &site.operands),
            Kind::If => return self.branch(site),
            Kind::For(_) | Kind::While => return self.iterated(site),
            Kind::Call(call) => self.call(call, span),
            Kind::Unmade(call) => {
                let call = self.call(call, span);
                return quote!(if false { #call; });
            }
            Kind::CallVjp(call) if Self::passes_closures(call) => {
                let code = self.knit_vjp(call, span);
                return self.define_all(site, &code);
            }
            Kind::CallVjp(call) => {
                let mode = if self.linear.is_some() {
                    "lanes_once"
                } else {
                    "vjp"
                };
                let code = self.call_derived(call, mode, &[], span);
                return self.define_all(site, &code);
            }
            Kind::CallJvp(call, dots) => {
                let opened = self.open_shared(dots);
                let first = dots.first().and_then(Option::as_ref);
                let (before, receiver) = self.receiver_dot(call, first, span).unzip();
                let rest = dots.iter().enumerate().skip(receiver.iter().count());
                let rest = rest.map(|(k, dot)| self.dot(call, k, dot.as_ref(), span));
                let dots: Vec<_> = receiver.into_iter().chain(rest).collect();
                let mode = if self.lanes.is_some() { "lanes" } else { "jvp" };
                let code = if Self::passes_closures(call) {
                    self.knit_jvp(call, &dots, span)
                } else {
                    self.call_derived(call, mode, &dots, span)
                };
                self.opened.clear();
                let code = match before {
                    None if opened.is_empty() => code,
                    before => quote!({ #opened #before #code }),
                };
                return self.define_all(site, &code);
            }
            Kind::Pull { call, bars, idle } => {
                let run = self.pull(site, call, bars);
                if *idle {
                    self.unless_zero(site.operands[1], &run)
                } else {
                    run
                }
            }
            Kind::Replay(tape) => return self.replay(site, *tape),
            Kind::CallPush(call, dots) => self.call_push(site, call, dots),
            Kind::Push(tape) => {
                let tape = self.vars.get(tape).cloned().unwrap_or_default();
                let parts = site.operands.iter().map(|v| self.kept(*v));
                quote!(#tape.push((#(#parts,)*)))
            }
            Kind::Pop(tape) => {
                let tape = self.vars.get(tape).cloned().unwrap_or_default();
                return self.define_tuple(site, &quote!(#tape.pop()));
            }
            Kind::Next(_) => {
                let entry = self.entry.take();
                return self.define_tuple(site, &quote!(::core::clone::Clone::clone(#entry)));
            }
            Kind::Save(tape, path) => self.save(*tape, path),
            Kind::Restore(tape, path) => self.restore(*tape, path, site.operands.first().copied()),
            Kind::Begin(store, range, stride) => {
                return self.begin(*store, range.as_ref(), *stride, site);
            }
            Kind::Due(store) => {
                let store = self.variable(*store);
                quote!(#store.due())
            }
            Kind::Segments(store) => {
                let store = self.variable(*store);
                quote!(#store.segments())
            }
            Kind::Segment(store) => {
                let store = self.variable(*store);
                quote!(#store.segment())
            }
            Kind::Pack { right } => {
                let parts = site.operands.iter().map(|v| self.kept(*v));
                let side = if *right { quote!(Right) } else { quote!(Left) };
                quote!(#root::private::Either::#side((#(#parts,)*)))
            }
            Kind::Unpack => return self.unpack(site),
        };
        self.define(site, &code)
    }

    pub(super) fn opaque(&self, code: &TokenStream, captures: &[(String, Capture)]) -> TokenStream {
        let lets = self.seen(code, captures);
        if lets.is_empty() {
            code.clone()
        } else {
            quote!({ #lets #code })
        }
    }

    /// What code of the user's captures, under the names it has for it.
    pub(super) fn seen(&self, code: &TokenStream, captures: &[(String, Capture)]) -> TokenStream {
        // What is only shown is not moved.
        let shown = is_shown(code);
        captures
            .iter()
            .filter_map(|(name, capture)| {
                let seen = match capture {
                    Capture::Value(v) => self.value(*v),
                    Capture::Place(path, true) => self.reference(path, Access::Read),
                    Capture::Place(path, false) => self.place(path),
                    Capture::Given => return None,
                };
                if seen.to_string() == *name || *name == "self" {
                    return None;
                }
                let ident = named(name, span_within(code, name));
                let seen = match capture {
                    Capture::Place(_, false) => quote!(&#seen),
                    Capture::Value(v) if shown && !self.graph.ty(*v).is_scalar() => quote!(&#seen),
                    _ => seen,
                };
                Some(quote!(let #ident = #seen;))
            })
            .collect()
    }
}

/// How often each value is read, anywhere.
pub(super) fn counted_reads(graph: &Graph) -> HashMap<Value, usize> {
    let mut reads = HashMap::new();
    for region in [Some(graph.body), graph.pull].into_iter().flatten() {
        for inner in graph.regions_within(region) {
            let sites = graph.block(inner).sites.iter();
            let by_sites = sites.flat_map(|id| graph.site(*id).reads());
            let yields = graph.block(inner).yields.iter().copied();
            for value in by_sites.chain(yields) {
                *reads.entry(value).or_insert(0) += 1;
            }
        }
    }
    reads
}
