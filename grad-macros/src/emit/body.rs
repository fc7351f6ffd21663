//! A region of the graph as Rust statements.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use super::lanes::Lanes;
use super::names::{Names, named};
use crate::ir::{
    Adaptor, Arg, Call, Callee, Capture, Discrete, Form, Graph, Kind, Literal, Op, Path, Range,
    Region, Site, SiteId, Spelling, Step, Storage, Ty, Value, Var, Variant, Width, row,
};

/// Writes the regions of one graph.
pub(super) struct Body<'g> {
    pub(super) graph: &'g Graph,
    pub(super) names: Names,
    pub(super) root: TokenStream,
    values: HashMap<Value, TokenStream>,
    vars: HashMap<Var, TokenStream>,
    /// Variables that are references where code is written now.
    refs: HashSet<Var>,
    /// The flag that tells whether anybody wants what is added into a variable.
    guards: HashMap<Var, Ident>,
    /// Where in the user's source the site being written stands: panics point there.
    here: Span,
    /// What the loop whose body begins reads off its tape.
    entry: Option<Ident>,
    /// Closures that are passed to functions, by number.
    pub(super) functions: Vec<super::functions::FunctionTokens>,
    /// Whether the functions this one is given have the form of forward mode.
    pub(super) forward: bool,
    /// Where tangents are rows of lanes.
    pub(super) lanes: Option<Lanes>,
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
        Body {
            graph,
            names,
            root,
            values: HashMap::new(),
            vars: HashMap::new(),
            refs,
            guards: HashMap::new(),
            here: Span::call_site(),
            entry: None,
            functions: Vec::new(),
            forward: false,
            lanes: None,
        }
    }

    /// The tokens, seen as before but standing where the site does.
    fn relocated(&self, tokens: TokenStream) -> TokenStream {
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
        let saved: HashSet<Var> = self
            .graph
            .sites
            .iter()
            .filter_map(|site| match &site.kind {
                Kind::Save(tape, _) => Some(*tape),
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
            let kind = if saved.contains(&var) {
                quote!(Saved)
            } else {
                quote!(Tape)
            };
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
            .map(|id| self.site(*id))
            .collect()
    }

    pub(super) fn value(&self, value: Value) -> TokenStream {
        match self.values.get(&value) {
            Some(tokens) => self.relocated(tokens.clone()),
            None => match self.graph.def(value).map(|site| &site.kind) {
                Some(Kind::Literal(literal)) => {
                    self.relocated(Self::literal(literal, self.graph.ty(value)))
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

    fn literal(literal: &Literal, ty: &Ty) -> TokenStream {
        let text = match literal {
            Literal::Float(text) => {
                let text = if text.contains(['.', 'e', 'E']) {
                    text.clone()
                } else {
                    format!("{text}.0")
                };
                let suffix = match ty {
                    Ty::Float(Some(Width::F32)) => "_f32",
                    Ty::Float(Some(Width::F64)) => "_f64",
                    _ => "",
                };
                let text = if text.ends_with('.') {
                    format!("{text}0")
                } else {
                    text
                };
                format!("{text}{suffix}")
            }
            Literal::Int(text) => text.clone(),
            Literal::Bool(b) => b.to_string(),
            Literal::Undefined => match ty {
                Ty::Int => "0".to_owned(),
                Ty::Bool => "false".to_owned(),
                Ty::Unit => "()".to_owned(),
                Ty::Float(Some(Width::F32)) => "0.0_f32".to_owned(),
                Ty::Float(Some(Width::F64)) => "0.0_f64".to_owned(),
                Ty::Float(None) => "0.0".to_owned(),
                _ => "::core::default::Default::default()".to_owned(),
            },
        };
        let tokens: TokenStream = text.parse().unwrap_or_default();
        if text.starts_with('-') {
            quote!((#tokens))
        } else {
            tokens
        }
    }

    fn fresh(&mut self, value: Value, fallback: &str) -> Ident {
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

    fn define(&mut self, site: &Site, code: &TokenStream) -> TokenStream {
        let Some(value) = site.results.first() else {
            return quote!(#code;);
        };
        let name = self.fresh(*value, "t");
        let ty = self.needed_type(site);
        quote!(let #name #ty = #code;)
    }

    /// The type of a number read from what is written as literals without one: a method cannot be
    /// called on it otherwise.
    fn needed_type(&self, site: &Site) -> Option<TokenStream> {
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
    fn site(&mut self, id: SiteId) -> TokenStream {
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
                let (place, v) = (self.place_mut(path), operand(self, 0));
                quote!(#place = #v)
            }
            Kind::Accumulate(path) => return self.accumulate(path, site.operands[0]),
            Kind::IntLike => {
                let (n, x) = (operand(self, 0), operand(self, 1));
                quote!(#root::private::int_like(#n, #x))
            }
            Kind::Append(path) => {
                let (place, v) = (self.place(path), operand(self, 0));
                quote!(#place.push(#v))
            }
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
                    quote!(#root::private::copy(#place))
                } else {
                    quote!((&&#root::private::Copier(#place)).replicate())
                }
            }
            Kind::Allocate(var) => return self.allocate(*var, site.operands.first().copied()),
            Kind::ZeroLike(path) => {
                let place = self.reference(path, Access::Read);
                self.zero(graph.ty(site.results[0]), &place)
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
                let (x, n) = (operand(self, 0), operand(self, 1));
                if *vec {
                    quote!(#root::private::vec![#x; #n])
                } else {
                    quote!([#x; #n])
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
            Kind::Keep(path, method) => {
                let again = self.again(path, method, span);
                quote!((&&#again.keeper()).keep())
            }
            Kind::Record(record) => {
                let path = &record.code.0;
                let fields = record.fields.iter().zip(&site.operands).map(|(field, v)| {
                    let (member, v) = (member(field), self.value(*v));
                    quote!(#member: #v)
                });
                quote!(#path { #(#fields),* })
            }
            Kind::If => return self.branch(site),
            Kind::For(range) => return self.counted(site, range),
            Kind::While => return self.repeated(site),
            Kind::Call(call) => self.call(call, span),
            Kind::CallVjp(call) if Self::passes_closures(call) => {
                let code = self.knit_vjp(call, span);
                return self.define_all(site, &code);
            }
            Kind::CallVjp(call) => {
                let code = self.call_derived(call, "vjp", &[], span);
                return self.define_all(site, &code);
            }
            Kind::CallJvp(call, dots) => {
                // The receiver may be borrowed mutably when the call's arguments are computed.
                let mut before = None;
                let dots: Vec<_> = dots
                    .iter()
                    .map(|dot| {
                        let code = self.dot(call, dot.as_ref(), span);
                        if !matches!(dot, Some(Arg::MaybeMut(_))) {
                            return code;
                        }
                        let name = self.names.fresh("receiver_dot");
                        before = Some(quote!(let #name = #code;));
                        quote!(#name)
                    })
                    .collect();
                let mode = if self.lanes.is_some() { "lanes" } else { "jvp" };
                let code = if Self::passes_closures(call) {
                    self.knit_jvp(call, &dots, span)
                } else {
                    self.call_derived(call, mode, &dots, span)
                };
                let code = before.map_or(code.clone(), |before| quote!({ #before #code }));
                return self.define_all(site, &code);
            }
            Kind::Pull { call, bars } => self.pull(site, call, bars),
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
            Kind::Save(tape, path) => {
                let (tape, place) = (self.variable(*tape), self.place(path));
                quote!(#tape.save(&#place[..]))
            }
            Kind::Restore(tape, path) => {
                let (tape, place) = (self.variable(*tape), self.place(path));
                quote!(#place[..].clone_from_slice(#tape.restore()))
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

    fn opaque(&self, code: &TokenStream, captures: &[(String, Capture)]) -> TokenStream {
        // What is only shown is not moved.
        let shown = is_shown(code);
        let lets: TokenStream = captures
            .iter()
            .filter_map(|(name, capture)| {
                let seen = match capture {
                    Capture::Value(v) => self.value(*v),
                    Capture::Place(path, true) => self.reference(path, Access::Read),
                    Capture::Place(path, false) => self.place(path),
                };
                if seen.to_string() == *name || *name == "self" {
                    return None;
                }
                let ident = named(name, Span::call_site());
                let seen = match capture {
                    Capture::Place(_, false) => quote!(&#seen),
                    Capture::Value(v) if shown && !self.graph.ty(*v).is_scalar() => quote!(&#seen),
                    _ => seen,
                };
                Some(quote!(let #ident = #seen;))
            })
            .collect();
        if lets.is_empty() {
            code.clone()
        } else {
            quote!({ #lets #code })
        }
    }

    fn variable(&self, var: Var) -> TokenStream {
        let info = self.graph.var(var);
        if info.storage == Storage::Static {
            return info.name.parse().unwrap_or_default();
        }
        self.vars.get(&var).cloned().unwrap_or_else(|| {
            let name = named(&info.name, Span::call_site());
            quote!(#name)
        })
    }

    /// The place itself.
    pub(super) fn place(&self, path: &Path) -> TokenStream {
        self.place_for(path, Access::Read)
    }

    /// The place itself, to be written.
    fn place_mut(&self, path: &Path) -> TokenStream {
        self.place_for(path, Access::Write)
    }

    fn place_for(&self, path: &Path, access: Access) -> TokenStream {
        let mut code = self.relocated(self.variable(path.root));
        if path.steps.is_empty() && self.refs.contains(&path.root) {
            return quote!((*#code));
        }
        let var = self.graph.var(path.root);
        let behind_ref = self.refs.contains(&path.root);
        for (k, step) in path.steps.iter().enumerate() {
            code = match step {
                Step::Field(name) => {
                    let member = member(name);
                    quote!(#code.#member)
                }
                Step::Deref if k == 0 && behind_ref => quote!((**#code)),
                Step::Deref => quote!((*#code)),
                Step::Variant(variant) => {
                    let whole = if k == 0 && behind_ref {
                        quote!((*#code))
                    } else {
                        code
                    };
                    self.variant(&whole, variant, var.tangent, access)
                }
                Step::Index(v) => {
                    let index = self.value(*v);
                    quote_spanned!(self.here=> #code[#index])
                }
                Step::Range {
                    start,
                    end,
                    inclusive,
                } => {
                    let (start, end) = (start.map(|v| self.value(v)), end.map(|v| self.value(v)));
                    if *inclusive {
                        quote!(#code[#start..=#end])
                    } else {
                        quote!(#code[#start..#end])
                    }
                }
            };
        }
        code
    }

    /// A field of the variant that `whole` holds.
    fn variant(
        &self,
        whole: &TokenStream,
        variant: &Variant,
        tangent: bool,
        access: Access,
    ) -> TokenStream {
        let root = &self.root;
        let (mutable, verb) = match access {
            Access::Read => (TokenStream::new(), "ref"),
            Access::Write => (quote!(mut), "mut"),
        };
        if tangent {
            let accessor = format_ident!("__grad_{verb}_{}_{}", variant.name, variant.field);
            return quote!((*#whole.#accessor()));
        }
        let path = &variant.code.0;
        if path.to_string() == "?" {
            let part = format_ident!("part_{verb}");
            return quote!((*#root::private::Optional::#part(&#mutable #whole)));
        }
        let member = member(&variant.field);
        quote!((*match &#mutable #whole {
            #path { #member: __part, .. } => __part,
            _ => ::core::unreachable!(),
        }))
    }

    /// The place as a value that may be moved out of it.
    fn moved(&self, path: &Path) -> TokenStream {
        let root = &self.root;
        match &path.steps[..] {
            [Step::Variant(variant)] if path.is_error() && !self.refs.contains(&path.root) => {
                let (whole, path) = (self.variable(path.root), &variant.code.0);
                let member = member(&variant.field);
                quote!(match #whole { #path { #member: part, .. } => part, _ => ::core::unreachable!() })
            }
            steps
                if steps
                    .iter()
                    .any(|s| matches!(s, Step::Variant(_) | Step::Deref)) =>
            {
                let place = self.place(path);
                quote!((&&#root::private::Copier(&#place)).replicate())
            }
            _ => self.place(path),
        }
    }

    /// Whether the place is known to be an array, a slice or a vector.
    fn is_sequence(&self, path: &Path) -> bool {
        let whole = self.graph.var(path.root).ty.clone();
        let ty = path.steps.iter().fold(whole, |ty, step| match step {
            Step::Index(_) => ty.element(),
            Step::Range { .. } => ty,
            _ => Ty::Unknown,
        });
        matches!(ty, Ty::Array(_))
    }

    fn matches(&self, path: &Path, pattern: &TokenStream) -> TokenStream {
        let (root, place) = (&self.root, self.place(path));
        if pattern.to_string() == "?" {
            quote!(#root::private::Optional::is_present(&#place))
        } else {
            quote!(::core::matches!(#place, #pattern))
        }
    }

    /// The receiver of a method for its pullback.
    fn again(&self, path: &Path, method: &str, span: Span) -> TokenStream {
        let (place, again) = (
            self.place(path),
            super::items::sibling("again", method, span),
        );
        quote!(#place.#again())
    }

    /// What a place holds, as a value.
    fn load(&self, path: &Path, ty: &Ty) -> TokenStream {
        let root = &self.root;
        let place = self.place(path);
        let tangent = self.graph.var(path.root).tangent;
        if tangent && path.steps.is_empty() && self.refs.contains(&path.root) && !ty.is_scalar() {
            let whole = self.variable(path.root);
            quote!(#root::private::owned(&*#whole))
        } else if ty.is_scalar() || path.steps.is_empty() {
            place
        } else if tangent {
            quote!(#root::Tangent::duplicate(&#place))
        } else {
            quote!((&&#root::private::Copier(&#place)).replicate())
        }
    }

    /// A value that goes into a tape and may be used again.
    fn kept(&self, value: Value) -> TokenStream {
        let (root, v) = (&self.root, self.value(value));
        let once = self.graph.def(value).is_some_and(|site| {
            matches!(
                site.kind,
                Kind::ZeroLike(_) | Kind::ZeroOf | Kind::Copy(_) | Kind::Pack { .. }
            )
        });
        let ty = self.graph.ty(value);
        if once || ty.is_scalar() || matches!(ty, Ty::Pullback | Ty::Kept) {
            v
        } else {
            quote!((&&#root::private::Copier(&#v)).replicate())
        }
    }

    /// A value as an argument of a call whose pullback is handed it again.
    pub(super) fn duplicated(&self, value: Value) -> TokenStream {
        let (root, v) = (&self.root, self.value(value));
        if self.graph.ty(value).is_scalar() {
            v
        } else {
            quote!((&&#root::private::Copier(&#v)).replicate())
        }
    }

    /// A reference to the place.
    fn reference(&self, path: &Path, access: Access) -> TokenStream {
        let bare = path.steps.is_empty() && self.refs.contains(&path.root);
        let place = self.place_for(path, access);
        match (bare, access) {
            (true, Access::Read) => self.variable(path.root),
            (_, Access::Write) => quote!(&mut #place),
            (false, Access::Read) => quote!(&#place),
        }
    }

    fn accumulate(&mut self, path: &Path, value: Value) -> TokenStream {
        let (root, v) = (self.root.clone(), self.value(value));
        let place = self.place_mut(path);
        let add = match self.graph.ty(value) {
            Ty::Float(_) | Ty::Int => quote!(#place += #v;),
            _ if !self.graph.var(path.root).tangent => quote!(#place += #v;),
            _ => quote!(#root::private::accumulate(&mut #place, &#v);),
        };
        match self.guards.get(&path.root) {
            Some(wanted) => quote!(if #wanted { #add }),
            None => add,
        }
    }

    fn finish(&self, path: &Path, form: &Form) -> TokenStream {
        let (root, place) = (&self.root, self.place(path));
        match form {
            Form::Vec => place,
            Form::Like(like) => {
                let like = self.reference(like, Access::Read);
                quote!(#root::private::array_like(#place, #like))
            }
            Form::Array(len) => {
                let len = &len.0;
                quote!(#root::private::array_of::<_, { #len }>(#place))
            }
        }
    }

    fn swap(&self, a: &Path, b: &Path) -> TokenStream {
        if let ([before @ .., Step::Index(i)], [other @ .., Step::Index(j)]) =
            (&a.steps[..], &b.steps[..])
        {
            if a.root == b.root && before == other {
                let base = self.place_mut(&Path {
                    root: a.root,
                    steps: before.to_vec(),
                });
                let (i, j) = (self.value(*i), self.value(*j));
                return quote!(#base.swap(#i, #j));
            }
        }
        let (a, b) = (self.place_mut(a), self.place_mut(b));
        quote!(::core::mem::swap(&mut #a, &mut #b))
    }

    fn allocate(&mut self, var: Var, init: Option<Value>) -> TokenStream {
        let info = self.graph.var(var);
        let init = init.map(|v| self.value(v));
        let name = self.names.fresh(&info.name);
        self.vars.insert(var, quote!(#name));
        match init {
            Some(init) => quote!(let mut #name = #init;),
            None => quote!(let mut #name;),
        }
    }

    fn define_all(&mut self, site: &Site, code: &TokenStream) -> TokenStream {
        self.define_tuple_as(site, code, false)
    }

    fn define_tuple(&mut self, site: &Site, code: &TokenStream) -> TokenStream {
        self.define_tuple_as(site, code, true)
    }

    fn define_tuple_as(&mut self, site: &Site, code: &TokenStream, always: bool) -> TokenStream {
        let names: Vec<Ident> = site.results.iter().map(|v| self.fresh(*v, "t")).collect();
        match names.as_slice() {
            [] => quote!(#code;),
            [name] if !always => quote!(let #name = #code;),
            names => quote!(let (#(#names,)*) = #code;),
        }
    }

    /// A region as a block that gives its yields.
    fn block(&mut self, region: Region) -> TokenStream {
        let statements = self.statements(region);
        let graph = self.graph;
        let last = graph.block(region).sites.last().map(|id| graph.site(*id));
        if last.is_some_and(|site| diverges(&site.kind)) {
            return quote!({ #statements });
        }
        let yields: Vec<_> = graph
            .block(region)
            .yields
            .iter()
            .map(|v| self.value(*v))
            .collect();
        match yields.as_slice() {
            [] => quote!({ #statements }),
            [one] => quote!({ #statements #one }),
            many => quote!({ #statements (#(#many,)*) }),
        }
    }

    fn branch(&mut self, site: &Site) -> TokenStream {
        let condition = self.value(site.operands[0]);
        let (then, otherwise) = (self.block(site.regions[0]), self.block(site.regions[1]));
        self.define_all(site, &quote!(if #condition #then else #otherwise))
    }

    fn unpack(&mut self, site: &Site) -> TokenStream {
        let root = self.root.clone();
        let pack = self.value(site.operands[0]);
        let side = |cx: &mut Self, region: Region| {
            let args: Vec<Ident> = cx
                .graph
                .block(region)
                .args
                .clone()
                .iter()
                .map(|v| cx.fresh(*v, "kept"))
                .collect();
            let block = cx.block(region);
            (quote!((#(#args,)*)), block)
        };
        let (left, on_left) = side(self, site.regions[0]);
        let (right, on_right) = side(self, site.regions[1]);
        self.define_all(
            site,
            &quote!(match #pack {
                #root::private::Either::Left(#left) => #on_left
                #root::private::Either::Right(#right) => #on_right
            }),
        )
    }

    /// Declares the carried variables of a loop with their first values; they are also its results.
    fn carried(
        &mut self,
        site: &Site,
        inits: &[Value],
        args: &[Value],
    ) -> (Vec<Ident>, TokenStream) {
        let first: Vec<_> = inits.iter().map(|v| self.value(*v)).collect();
        let mut names = Vec::new();
        for (arg, result) in args.iter().zip(&site.results) {
            let hint = self
                .graph
                .value(*arg)
                .name
                .clone()
                .unwrap_or_else(|| "carried".to_owned());
            let name = self.names.fresh(&hint);
            self.values.insert(*arg, quote!(#name));
            self.values.insert(*result, quote!(#name));
            names.push(name);
        }
        let lets = quote!(#(let mut #names = #first;)*);
        (names, lets)
    }

    /// The carried variables take the values the body yields, all at once.
    fn advance(&mut self, names: &[Ident], region: Region) -> TokenStream {
        let yields: Vec<_> = self
            .graph
            .block(region)
            .yields
            .iter()
            .map(|v| self.value(*v))
            .collect();
        let changed: Vec<_> = names
            .iter()
            .zip(&yields)
            .filter(|(name, next)| name.to_string() != next.to_string())
            .collect();
        let read_late = changed.iter().enumerate().any(|(k, (name, _))| {
            changed[k + 1..]
                .iter()
                .any(|(_, next)| next.to_string() == name.to_string())
        });
        if read_late {
            let (names, nexts): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
            return quote!((#(#names,)*) = (#(#nexts,)*););
        }
        let assign = changed.iter().map(|(name, next)| quote!(#name = #next;));
        quote!(#(#assign)*)
    }

    fn counted(&mut self, site: &Site, range: &Range) -> TokenStream {
        let region = site.regions[0];
        let args = self.graph.block(region).args.clone();
        let (start, end) = (self.value(site.operands[0]), self.value(site.operands[1]));
        let mut iteration = if range.inclusive {
            quote!((#start..=#end))
        } else {
            quote!((#start..#end))
        };
        let mut operands = site.operands[2..].iter();
        for adaptor in &range.adaptors {
            iteration = match adaptor {
                Adaptor::Rev => quote!(#iteration.rev()),
                Adaptor::StepBy | Adaptor::Take => {
                    let n = operands.next().map(|v| self.value(*v)).unwrap_or_default();
                    if *adaptor == Adaptor::StepBy {
                        quote!(#iteration.step_by(#n))
                    } else {
                        quote!(#iteration.take(#n))
                    }
                }
            };
        }
        if range.adaptors.is_empty() {
            iteration = if range.inclusive {
                quote!(#start..=#end)
            } else {
                quote!(#start..#end)
            };
        }
        let (names, lets) = self.carried(site, &site.operands[range.first_carried()..], &args[1..]);
        let index = self.fresh(args[0], "i");
        let tape_in = |wanted: fn(&Kind) -> Option<Var>| {
            let sites = self.graph.block(region).sites.iter();
            let tape = sites
                .copied()
                .find_map(|id| wanted(&self.graph.site(id).kind));
            tape.map(|tape| self.variable(tape))
        };
        let read = tape_in(|kind| match kind {
            Kind::Next(tape) => Some(*tape),
            _ => None,
        });
        let written = tape_in(|kind| match kind {
            Kind::Push(tape) => Some(*tape),
            _ => None,
        });
        let mut iterate = quote!(for #index in #iteration);
        if let Some(tape) = read {
            let (range, entry) = (self.names.fresh("range"), self.names.fresh("entry"));
            let root = &self.root;
            iterate = quote! {
                let #range = #iteration;
                let #entry = #tape.rewind(#root::private::trips(&#range));
                for (#index, #entry) in #range.zip(#entry)
            };
            self.entry = Some(entry);
        }
        if let (Some(tape), false) = (written, range.exits) {
            let (range, root) = (self.names.fresh("range"), &self.root);
            iterate = quote! {
                let #range = #iteration;
                #tape.reserve(#root::private::trips(&#range));
                for #index in #range
            };
        }
        let body = self.statements(region);
        let advance = self.advance(&names, region);
        let exit = if range.exits {
            let code = &names[0];
            quote!(if #code != 0 { break; })
        } else {
            TokenStream::new()
        };
        quote!(#lets #iterate { #body #advance #exit })
    }

    fn repeated(&mut self, site: &Site) -> TokenStream {
        let (condition, body) = (site.regions[0], site.regions[1]);
        let args = self.graph.block(body).args.clone();
        let (names, lets) = self.carried(site, &site.operands, &args);
        for (arg, name) in self
            .graph
            .block(condition)
            .args
            .clone()
            .into_iter()
            .zip(&names)
        {
            self.values.insert(arg, quote!(#name));
        }
        let condition = self.block(condition);
        let statements = self.statements(body);
        let advance = self.advance(&names, body);
        quote!(#lets while #condition { #statements #advance })
    }

    pub(super) fn argument(&self, arg: &Arg) -> TokenStream {
        match arg {
            Arg::Value(v) => self.value(*v),
            Arg::Move(path) => self.moved(path),
            Arg::Receiver(path) => self.place(path),
            Arg::MaybeMut(path) => self.place_mut(path),
            Arg::Ref(path) => self.reference(path, Access::Read),
            Arg::RefMut(path) => self.reference(path, Access::Write),
            Arg::Kept(_) => TokenStream::new(),
            Arg::Code(code, captures) | Arg::Closure(_, _, code, captures) => {
                self.opaque(&code.0, captures)
            }
            Arg::Given(name) => {
                let name = Ident::new(name, Span::call_site());
                quote!(::core::clone::Clone::clone(&#name))
            }
        }
    }

    /// The receiver of a method call: the compiler borrows it.
    fn receiver(&self, arg: &Arg) -> TokenStream {
        match arg {
            Arg::RefMut(path) => self.place_mut(path),
            Arg::Ref(path) => self.place(path),
            Arg::Value(v) => {
                let v = self.value(*v);
                quote!((#v))
            }
            arg => self.argument(arg),
        }
    }

    fn call(&self, call: &Call, span: Span) -> TokenStream {
        let args: Vec<_> = call
            .own_args()
            .iter()
            .map(|arg| self.argument(arg))
            .collect();
        match &call.callee {
            Callee::Given(name) => {
                let none = quote!(::core::option::Option::None);
                let dots = if self.forward {
                    vec![none; args.len()]
                } else {
                    Vec::new()
                };
                let call = super::functions::given_call(name, &args, &dots, span);
                quote!(#call.0)
            }
            Callee::Function(path) => {
                let path = &path.0;
                quote!(#path(#(#args),*))
            }
            Callee::Associated(ty, name, generics) => {
                let (ty, name, generics) =
                    (&ty.0, named(name, span), generics.as_ref().map(|g| &g.0));
                quote!(#ty::#name #generics(#(#args),*))
            }
            Callee::Method(name, generics) => {
                let receiver = call.args.first().map(|arg| self.receiver(arg));
                let (name, generics) = (named(name, span), generics.as_ref().map(|g| &g.0));
                let args = args.iter().skip(1);
                quote!(#receiver.#name #generics(#(#args),*))
            }
            Callee::Operator(op) => {
                let operands: Vec<_> = args.iter().map(|arg| quote!((#arg))).collect();
                spelled(row(*op).spelling, &operands, span)
            }
            Callee::Assign(op) => match (call.args.first().and_then(Arg::path), args.get(1)) {
                (Some(path), Some(value)) => {
                    let (place, op) = (self.place_mut(path), infix(&assign_text(*op), span));
                    quote!(#place #op #value)
                }
                _ => TokenStream::new(),
            },
        }
    }

    /// A call of the companion of a function.
    fn call_derived(
        &self,
        call: &Call,
        mode: &str,
        dots: &[TokenStream],
        span: Span,
    ) -> TokenStream {
        let args = self.own_arguments(call);
        self.companion_call(call, mode, &args, dots, span)
    }

    /// The arguments of a call as a companion wants them.
    pub(super) fn own_arguments(&self, call: &Call) -> Vec<TokenStream> {
        let root = &self.root;
        call.own_args()
            .iter()
            .map(|arg| match arg {
                Arg::Move(path) => {
                    let place = self.reference(path, Access::Read);
                    quote!((&&#root::private::Copier(#place)).replicate())
                }
                Arg::Value(v) => self.duplicated(*v),
                arg => self.argument(arg),
            })
            .collect()
    }

    /// A call of the companion with the arguments given.
    pub(super) fn companion_call(
        &self,
        call: &Call,
        mode: &str,
        args: &[TokenStream],
        dots: &[TokenStream],
        span: Span,
    ) -> TokenStream {
        let root = &self.root;
        let own = call.own_args().len();
        let mask = call.mask
            & 1_u64
                .checked_shl(u32::try_from(own).unwrap_or(64))
                .map_or(u64::MAX, |bit| bit - 1);
        let mut wrt = quote!(#root::private::Wrt::<#mask>);
        let mut suffix = "Rule";
        if let (Some(lanes), "lanes") = (&self.lanes, mode) {
            let count = &lanes.count;
            wrt.extend(quote!(, #root::private::Directions::<#count>));
            suffix = "Lanes";
        }
        match &call.callee {
            Callee::Given(name) => super::functions::given_call(name, args, dots, span),
            Callee::Function(path) => {
                let inferred = if mode == "lanes" { 2 } else { 1 };
                let mode = Ident::new(mode, span);
                let path = std_companion(&path.0, root).unwrap_or_else(|| path.0.clone());
                let (path, generics) = without_turbofish(path, inferred);
                quote!(#path::#mode #generics(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Associated(ty, name, _) => {
                let (ty, name) = (&ty.0, super::items::sibling(mode, name, span));
                quote!(#ty::#name(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Method(name, _) => {
                let receiver = call.args.first().map(|arg| self.receiver(arg));
                let name = super::items::sibling(mode, name, span);
                let args = args.iter().skip(1);
                quote!(#receiver.#name(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Operator(op) => {
                let name = format!("{op:?}");
                let rule = Ident::new(&format!("{name}{suffix}"), span);
                let method = super::items::sibling(mode, &name.to_lowercase(), span);
                quote!(#root::private::rules::#rule::#method(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Assign(op) => {
                let name = format!("{op:?}");
                let rule = Ident::new(&format!("{name}Assign{suffix}"), span);
                let method =
                    super::items::sibling(mode, &format!("{}_assign", name.to_lowercase()), span);
                quote!(#root::private::rules::#rule::#method(#(#args,)* #wrt, #(#dots),*))
            }
        }
    }

    fn dot(&self, call: &Call, dot: Option<&Arg>, span: Span) -> TokenStream {
        match dot {
            None => quote!(::core::option::Option::None),
            Some(Arg::Value(v)) => {
                let v = self.value(*v);
                quote!(::core::option::Option::Some(&#v))
            }
            Some(Arg::MaybeMut(shadow)) => match (&call.callee, call.args.first()) {
                (Callee::Method(name, _), Some(Arg::MaybeMut(path))) => {
                    let (again, place) = (self.again(path, name, span), self.place_mut(shadow));
                    quote!(#again.dot(&mut #place))
                }
                _ => TokenStream::new(),
            },
            Some(Arg::RefMut(path)) => {
                let place = self.reference(path, Access::Write);
                quote!(::core::option::Option::Some(#place))
            }
            Some(arg) => {
                let place = arg.path().map(|path| self.reference(path, Access::Read));
                quote!(::core::option::Option::Some(#place))
            }
        }
    }

    fn pull(&self, site: &Site, call: &Call, bars: &[Option<Path>]) -> TokenStream {
        let (pull, bar) = (self.value(site.operands[0]), self.value(site.operands[1]));
        let args = call
            .args
            .iter()
            .map(|arg| self.handed_again(call, arg, site.span));
        let bars = bars.iter().map(|bar| match bar {
            None => quote!(::core::option::Option::None),
            Some(path) => {
                let place = self.reference(path, Access::Write);
                match self.guards.get(&path.root) {
                    Some(wanted) => quote!(if #wanted { ::core::option::Option::Some(#place) } else { ::core::option::Option::None }),
                    None => quote!(::core::option::Option::Some(#place)),
                }
            }
        });
        quote!(#pull(#bar, #(#args,)* #(#bars),*))
    }

    /// An argument as the pullback of its call wants it.
    fn handed_again(&self, call: &Call, arg: &Arg, span: Span) -> TokenStream {
        let root = &self.root;
        match (arg, &call.callee) {
            (Arg::Value(v), _) => {
                let v = self.value(*v);
                quote!(&#v)
            }
            (Arg::RefMut(_) | Arg::Code(..) | Arg::Closure(..) | Arg::Given(_), _) => quote!(()),
            (Arg::Kept(path), _) => {
                let place = self.place(path);
                quote!(#root::private::Again::again(&#place))
            }
            (Arg::Receiver(path) | Arg::MaybeMut(path), Callee::Method(name, _)) => {
                let again = self.again(path, name, span);
                quote!(#again.give())
            }
            (arg, _) => arg
                .path()
                .map(|path| self.reference(path, Access::Read))
                .unwrap_or_default(),
        }
    }
}

/// Whether a place is read or written where its code stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// The companion of a function of std's that has a rule.
fn std_companion(path: &TokenStream, root: &TokenStream) -> Option<TokenStream> {
    match path.to_string().replace(' ', "").as_str() {
        "::core::mem::take" => Some(quote!(#root::private::rules::take)),
        "::core::mem::replace" => Some(quote!(#root::private::rules::replace)),
        _ => None,
    }
}

/// A function's path, and the generic arguments it is given as its companion's method takes them,
/// `inferred` more of which the compiler finds.
fn without_turbofish(path: TokenStream, inferred: usize) -> (TokenStream, Option<TokenStream>) {
    let Ok(mut parsed) = syn::parse2::<syn::ExprPath>(path.clone()) else {
        return (path, None);
    };
    let Some(last) = parsed.path.segments.last_mut() else {
        return (path, None);
    };
    match std::mem::replace(&mut last.arguments, syn::PathArguments::None) {
        syn::PathArguments::AngleBracketed(list) => {
            let args = list.args.iter();
            let inferred = std::iter::repeat_n(quote!(_), inferred);
            (quote!(#parsed), Some(quote!(::<#(#args,)* #(#inferred),*>)))
        }
        _ => (path, None),
    }
}

fn assign_text(op: Op) -> String {
    match row(op).spelling {
        Spelling::Infix(text) => format!("{text}="),
        _ => String::new(),
    }
}

pub(super) fn member(name: &str) -> syn::Member {
    match name.parse::<u32>() {
        Ok(index) => syn::Member::Unnamed(syn::Index {
            index,
            span: Span::call_site(),
        }),
        Err(_) => syn::Member::Named(
            syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site())),
        ),
    }
}

/// Whether control does not come back from the site.
fn diverges(kind: &Kind) -> bool {
    let Kind::Opaque {
        code, effect: true, ..
    } = kind
    else {
        return false;
    };
    let text = code.0.to_string();
    ["panic", "unreachable", "todo", "unimplemented"]
        .iter()
        .any(|name| {
            text.strip_prefix(name)
                .is_some_and(|rest| rest.trim_start().starts_with('!'))
        })
}

pub(super) fn spelled(spelling: Spelling, operands: &[TokenStream], span: Span) -> TokenStream {
    match (spelling, operands) {
        (Spelling::Infix(op), [a, b]) => {
            let op = infix(op, span);
            quote!(#a #op #b)
        }
        (Spelling::Prefix(op), [a]) => {
            let op = infix(op, span);
            quote!(#op #a)
        }
        (Spelling::Method(name), [receiver, args @ ..]) => {
            let name = Ident::new(name, span);
            quote!(#receiver.#name(#(#args),*))
        }
        _ => TokenStream::new(),
    }
}

/// The tokens of an operator, at the user's place.
fn infix(text: &str, span: Span) -> TokenStream {
    let tokens: TokenStream = text.parse().unwrap_or_default();
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

pub(super) fn discrete_text(op: Discrete) -> &'static str {
    match op {
        Discrete::Eq => "==",
        Discrete::Ne => "!=",
        Discrete::Lt => "<",
        Discrete::Le => "<=",
        Discrete::Gt => ">",
        Discrete::Ge => ">=",
        Discrete::And => "&&",
        Discrete::Or => "||",
        Discrete::Not => "!",
        Discrete::BitAnd => "&",
        Discrete::BitOr => "|",
        Discrete::BitXor => "^",
        Discrete::Shl => "<<",
        Discrete::Shr => ">>",
    }
}

/// Whether the code is a macro of std's that takes what it writes by reference.
fn is_shown(code: &TokenStream) -> bool {
    const MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "format"];
    let mut tokens = code.clone().into_iter();
    let name = tokens.next().map(|token| token.to_string());
    let bang = tokens.next().map(|token| token.to_string());
    bang.as_deref() == Some("!") && name.is_some_and(|name| MACROS.contains(&name.as_str()))
}
