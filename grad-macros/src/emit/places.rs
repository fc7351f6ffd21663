//! Places in memory: how a path is read, written, moved out of and lent.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::body::Body;
use super::names::named;
use super::spelling::{infix, member};
use crate::ir::{
    Callee, Form, Graph, Kind, Path, Site, SiteId, Step, Storage, Ty, Value, Var, Variant,
};

impl Body<'_> {
    pub(super) fn variable(&self, var: Var) -> TokenStream {
        let info = self.graph.var(var);
        if info.storage == Storage::Static {
            return infix(&info.name, self.here);
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
    pub(super) fn place_mut(&self, path: &Path) -> TokenStream {
        self.place_for(path, Access::Write)
    }

    pub(super) fn place_for(&self, path: &Path, access: Access) -> TokenStream {
        let mut code = self.relocated(self.variable(path.root));
        if path.steps.is_empty() && self.refs.contains(&path.root) {
            return quote!((*#code));
        }
        let var = self.graph.var(path.root);
        let behind_ref = self.refs.contains(&path.root);
        let whole = |k: usize, code: TokenStream| {
            let dereferenced = k == 0 && behind_ref;
            if dereferenced { quote!((*#code)) } else { code }
        };
        let mut first = 0;
        if let Some((steps, part)) = self.apart_around(path) {
            (first, code) = (steps, part.clone());
        }
        if let Some((steps, reached)) = self.cursor_around(path) {
            (first, code) = (steps, reached);
        }
        if let Some((steps, opened)) = self.opened_around(path) {
            (first, code) = (steps, quote!(#opened));
        }
        for (k, step) in path.steps.iter().enumerate().skip(first) {
            code = match step {
                Step::Field(name) => {
                    let member = member(name);
                    quote!(#code.#member)
                }
                Step::Deref if var.tangent => {
                    let root = &self.root;
                    let whole = whole(k, code);
                    match access {
                        Access::Read => quote!((*#root::private::Behind(&#whole).target())),
                        Access::Write => quote!((*#root::private::BehindMut(&mut #whole).target())),
                    }
                }
                Step::Deref if k == 0 && behind_ref => quote!((**#code)),
                Step::Deref => quote!((*#code)),
                Step::Variant(variant) => {
                    let whole = whole(k, code);
                    self.variant(&whole, variant, var.tangent, access)
                }
                Step::Index(v) => {
                    let index = self.value(*v);
                    quote_spanned!(self.here=> #code[#index])
                }
                Step::Way(v) => {
                    let whole = whole(k, code);
                    self.along(*v, &whole, var.tangent, access)
                }
                Step::Range {
                    start,
                    end,
                    inclusive,
                } => {
                    let range = self.range(*start, *end, *inclusive);
                    quote_spanned!(self.here=> #code[#range])
                }
            };
        }
        code
    }

    /// `start..end`.
    pub(super) fn range(
        &self,
        start: Option<Value>,
        end: Option<Value>,
        inclusive: bool,
    ) -> TokenStream {
        let (start, end) = (start.map(|v| self.value(v)), end.map(|v| self.value(v)));
        if inclusive {
            quote_spanned!(self.here=> #start..=#end)
        } else {
            quote_spanned!(self.here=> #start..#end)
        }
    }

    /// A field of the variant that `whole` holds.
    pub(super) fn variant(
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

    /// Where a way leads from `whole`.
    fn along(&self, way: Value, whole: &TokenStream, tangent: bool, access: Access) -> TokenStream {
        let (root, way) = (&self.root, self.value(way));
        let (mutable, name) = match (access, tangent) {
            (Access::Read, false) => (TokenStream::new(), "of"),
            (Access::Write, false) => (quote!(mut), "of_mut"),
            (Access::Read, true) => (TokenStream::new(), "at"),
            (Access::Write, true) => (quote!(mut), "at_mut"),
        };
        let name = format_ident!("{name}", span = self.here);
        quote_spanned!(self.here=> (*#root::private::Way::#name(&#way, &#mutable #whole)))
    }

    /// The place as a value that may be moved out of it.
    pub(super) fn moved(&self, path: &Path) -> TokenStream {
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
                self.replica(self.is_untyped_at(path), &quote!(&#place))
            }
            _ => self.place(path),
        }
    }

    /// Whether the place is known to be an array, a slice or a vector.
    pub(super) fn is_sequence(&self, path: &Path) -> bool {
        matches!(self.graph.ty_at(path), Ty::Array(_))
    }

    pub(super) fn matches(&self, path: &Path, pattern: &TokenStream) -> TokenStream {
        let (root, place) = (&self.root, self.place(path));
        if pattern.to_string() == "?" {
            quote!(#root::private::Optional::is_present(&#place))
        } else {
            quote!(::core::matches!(#place, #pattern))
        }
    }

    /// What a place holds, as a value.
    pub(super) fn load(&self, path: &Path, ty: &Ty) -> TokenStream {
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
        } else if path.is_error() {
            self.moved(path)
        } else {
            self.replica(self.is_untyped_at(path), &quote!(&#place))
        }
    }

    /// A value that goes into a tape and may be used again.
    pub(super) fn kept(&self, value: Value) -> TokenStream {
        let v = self.value(value);
        let once = self.graph.def(value).is_some_and(|site| {
            matches!(
                site.kind,
                Kind::ZeroLike(_) | Kind::ZeroOf | Kind::Copy(_) | Kind::Own(_) | Kind::Pack { .. }
            )
        });
        let ty = self.graph.ty(value);
        if once || ty.is_scalar() || matches!(ty, Ty::Pullback | Ty::Kept) {
            v
        } else {
            self.replica(self.is_untyped(value), &quote!(&#v))
        }
    }

    /// A value as an argument of a call whose pullback is handed it again.
    pub(super) fn duplicated(&self, value: Value) -> TokenStream {
        let v = self.value(value);
        if self.graph.ty(value).is_scalar() {
            v
        } else {
            self.replica(self.is_untyped(value), &quote!(&#v))
        }
    }

    /// As [`Self::duplicated`]: a copy that stands for a reference is passed as one.
    pub(super) fn passed(&self, value: Value) -> TokenStream {
        if self.graph.ty(value).is_scalar() || !may_be_lent(self.graph, value) {
            return self.duplicated(value);
        }
        let (root, v) = (&self.root, self.value(value));
        quote!((&&&#root::private::Copier(&#v)).pass())
    }

    /// A reference to the place.
    pub(super) fn reference(&self, path: &Path, access: Access) -> TokenStream {
        let bare = path.steps.is_empty() && self.refs.contains(&path.root);
        if let (Some(whole), true) = (self.wholes.get(&path.root), path.steps.is_empty()) {
            return quote!(#whole);
        }
        let place = self.place_for(path, access);
        match (bare, access) {
            (true, Access::Read) => self.variable(path.root),
            (_, Access::Write) => quote!(&mut #place),
            (false, Access::Read) => quote!(&#place),
        }
    }

    pub(super) fn accumulate(&mut self, path: &Path, value: Value) -> TokenStream {
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

    pub(super) fn finish(&self, path: &Path, form: &Form) -> TokenStream {
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

    pub(super) fn allocate(&mut self, var: Var, init: Option<Value>) -> TokenStream {
        let info = self.graph.var(var);
        let init = init.map(|v| self.given(v));
        let name = self.names.fresh(&info.name);
        self.vars.insert(var, quote!(#name));
        match init {
            Some(init) if self.settled.contains(&var) => {
                let root = &self.root;
                quote! {
                    let mut #name = (&mut &mut #root::private::Settler(::core::option::Option::Some(#init))).settle();
                }
            }
            Some(init) => quote!(let mut #name = #init;),
            None => quote!(let mut #name;),
        }
    }
}

/// Variables that hold what a call gave, which may be a copy that stands for a reference.
pub(super) fn lent_variables(graph: &Graph) -> HashSet<Var> {
    let made = |site: &Site| match (&site.kind, site.operands.first()) {
        (Kind::Allocate(var), Some(init)) => may_be_lent(graph, *init).then_some(*var),
        _ => None,
    };
    graph.sites.iter().filter_map(made).collect()
}

/// Of those the ones that are copied where they are made: in a pullback what a reference led to is out
/// of reach, and what follows in the same region may change it, or lend it once more.
pub(super) fn settled_variables(graph: &Graph, lent: &HashSet<Var>) -> HashSet<Var> {
    let pull = graph.pull.map(|pull| graph.sites_within(pull));
    let read = pull.into_iter().flatten();
    let read = read.flat_map(|id| graph.site(id).paths());
    let mut settled: HashSet<Var> = read.map(|path| path.root).collect();
    settled.retain(|var| lent.contains(var));
    for region in graph.regions_within(graph.body) {
        let sites = &graph.block(region).sites;
        for (k, id) in sites.iter().enumerate() {
            let site = graph.site(*id);
            let (Kind::Allocate(var), Some(init)) = (&site.kind, site.operands.first()) else {
                continue;
            };
            if lent.contains(var) && is_disturbed(graph, *init, &sites[k + 1..]) {
                settled.insert(*var);
            }
        }
    }
    settled
}

/// Whether what a call lent is changed by one of the sites that follow.
fn is_disturbed(graph: &Graph, lent: Value, after: &[SiteId]) -> bool {
    let Some(call) = graph.def(lent) else {
        return false;
    };
    // Forward mode borrows the tangent of what may be written as if it were.
    let is_dot = call.results.first() != Some(&lent);
    if is_dot && !call.kind.writes().is_empty() {
        return true;
    }
    let from: HashSet<Var> = call.paths().iter().map(|path| path.root).collect();
    let inner = |id: &SiteId| {
        let regions = graph.site(*id).regions.clone();
        let inside = regions.into_iter().flat_map(|r| graph.sites_within(r));
        std::iter::once(*id).chain(inside).collect::<Vec<_>>()
    };
    after.iter().flat_map(inner).any(|id| {
        let writes = graph.site(id).kind.writes();
        writes.iter().any(|path| from.contains(&path.root))
    })
}

/// Whether a value is what a call of a function of the user's gave.
fn may_be_lent(graph: &Graph, value: Value) -> bool {
    let Some(Kind::Call(call) | Kind::CallVjp(call) | Kind::CallJvp(call, _)) =
        graph.def(value).map(|site| &site.kind)
    else {
        return false;
    };
    matches!(
        call.callee,
        Callee::Function(_) | Callee::Associated(..) | Callee::Method(..)
    )
}

/// Whether a place is read or written where its code stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}
