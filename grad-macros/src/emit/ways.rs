//! The functions that find ways, and the derivatives of functions that return references.
//!
//! ```text
//! fn row(&self, i: usize) -> &[f64] { &self.data[i * self.cols..(i + 1) * self.cols] }
//! fn __grad_way_row(&self, i: usize) -> impl Way<Of = Self, Bar = .., To = [f64], ToBar = [f64]> {
//!     let start = i * self.cols; let end = (i + 1) * self.cols;
//!     way((start, end), (|place: &Self, (start, end)| &place.data[*start..*end], ..))
//! }
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use super::body::Body;
use super::companion::Members;
use super::items::{Derived, Home, sibling};
use super::names::Names;
use super::places::Access;
use super::signatures::{bare, mentions};
use crate::signature::{Parameter, Passing, tangent_of};
use crate::stages::{Lowered, Route};

/// Everything generated for a function that returns a reference.
pub(crate) fn emit_ways(derived: &Derived, lowered: &Lowered, avoid: &TokenStream) -> TokenStream {
    let names = Names::avoiding(avoid);
    let (vjp, jvp) = match derived.home {
        Home::Rule => (None, None),
        _ => derived.lent_members(lowered, &names),
    };
    let way = derived.way_item(Some((lowered, names)));
    derived.place_ways(&way, vjp, jvp)
}

/// What a trait asks of its implementations for a method that returns a reference.
pub(crate) fn declare_ways(derived: &Derived) -> TokenStream {
    let way = derived.way_item(None);
    let lent = derived.declare_lent();
    quote!(#way #lent)
}

impl Derived<'_> {
    /// The type behind the reference that is returned.
    pub(super) fn target(&self) -> Type {
        match &self.signature.output_type {
            Type::Reference(reference) => (*reference.elem).clone(),
            other => other.clone(),
        }
    }

    /// A parameter of the function that finds the way: nothing is written there.
    fn read_input(&self, parameter: &Parameter) -> TokenStream {
        if parameter.passing != Passing::RefMut {
            return self.input(parameter, true);
        }
        let (name, base) = (&parameter.name, &parameter.base);
        if parameter.is_receiver {
            quote!(&self)
        } else {
            quote!(#name: &#base)
        }
    }

    fn way_item(&self, body: Option<(&Lowered, Names)>) -> TokenStream {
        let (root, vis, allows) = (&self.root, self.vis, self.allows());
        let name = match self.home {
            Home::Module => Ident::new("way", Span::call_site()),
            _ => sibling("way", &self.name(), Span::call_site()),
        };
        let generics = bare(&self.sig.generics);
        let inputs = self.parameters().iter().map(|p| self.read_input(p));
        if !self.signature.output.may_be_active() {
            return TokenStream::new();
        }
        let roots = body.iter().flat_map(|(lowered, _)| &lowered.routes);
        let roots: std::collections::HashSet<usize> = roots.map(|r| r.parameter).collect();
        if roots.len() > 1 {
            return TokenStream::new();
        }
        let place = body
            .as_ref()
            .and_then(|(lowered, _)| lowered.routes.first());
        let Some(place) = self
            .parameters()
            .get(place.map_or(0, |route| route.parameter))
        else {
            return TokenStream::new();
        };
        let (of, bar) = (&place.base, place.bar_type(root));
        let to = self.target();
        let to_bar = target_bar(&to, root);
        let capturing = self.capturing(&self.captured());
        let where_clause = self.way_clause(&to);
        let body = match body {
            None => quote!(;),
            Some((lowered, names)) => {
                let types = quote!(_, #of, #bar, #to, #to_bar, _, _, _, _);
                let (traits, body) = (self.traits(), self.way_body(lowered, names, &types));
                quote!({ #traits #body })
            }
        };
        quote! {
            /// Where the reference leads; called by the derivatives of callers.
            #[doc(hidden)] #[inline] #[must_use] #allows
            #vis fn #name #generics(#(#inputs),*)
                -> impl #root::private::Way<Of = #of, Bar = #bar, To = #to, ToBar = #to_bar> + #capturing
                #where_clause #body
        }
    }

    /// The `where` clause, with what a type parameter must be that the way leads to.
    fn way_clause(&self, to: &Type) -> Option<syn::WhereClause> {
        let root = &self.root;
        let mut generics = self.sig.generics.clone();
        generics.where_clause = self.where_clause();
        if matches!(self.home, Home::Impl | Home::Module) {
            let outer = self.outer.into_iter().flat_map(|outer| outer.type_params());
            for parameter in outer.map(|p| &p.ident) {
                if mentions(quote!(#to), parameter) {
                    let clause = generics.make_where_clause();
                    let bound = syn::parse_quote!(#parameter: #root::Differentiable);
                    clause.predicates.push(bound);
                }
            }
        }
        generics.where_clause
    }

    fn way_body(&self, lowered: &Lowered, names: Names, types: &TokenStream) -> TokenStream {
        let (root, graph) = (&self.root, &lowered.graph);
        let mut body = self.declare(graph, names);
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let key = yields.iter().map(|v| body.value(*v));
        let key = quote!((#(#key,)*));
        let items = self.prelude(lowered);
        let steps = [
            (Access::Read, false),
            (Access::Write, false),
            (Access::Read, true),
            (Access::Write, true),
        ]
        .map(|(access, tangent)| self.steps(lowered, access, tangent));
        quote!(#items #statements #root::private::way::<#types>(#key, (#(#steps,)*)))
    }

    /// The way itself as a function of the place it starts at and the values on it.
    fn steps(&self, lowered: &Lowered, access: Access, tangent: bool) -> TokenStream {
        let primal = !tangent && access == Access::Write;
        if primal && self.signature.returned != Some(Passing::RefMut) {
            return quote!(|_, _| ::core::unreachable!());
        }
        let mut graph = lowered.graph.clone();
        for route in &lowered.routes {
            graph.var_mut(route.path.root).tangent = tangent;
        }
        let count = graph.block(graph.body).yields.len();
        let keys: Vec<Ident> = (0..count).map(|k| format_ident!("__key_{k}")).collect();
        let several = lowered.routes.len() > 1;
        let spell = |key: &Ident| quote!((*#key));
        let place = format_ident!("__place");
        let arms = lowered.routes.iter();
        let arms =
            arms.map(|route| self.route_place(&graph, route, &keys, (&place, access), &spell));
        let arms: Vec<_> = arms.collect();
        let leads = match (arms.as_slice(), keys.first()) {
            ([one], _) => one.clone(),
            (many, Some(which)) if several => {
                let numbers = numbers(many.len());
                quote!(match *#which { #(#numbers => #many,)* _ => ::core::unreachable!() })
            }
            _ => quote!(::core::unreachable!()),
        };
        quote!(|__place, (#(#keys,)*)| #leads)
    }

    /// A reference to where a route leads from what the name says, the values on it spelled so.
    pub(super) fn route_place(
        &self,
        graph: &crate::ir::Graph,
        route: &Route,
        keys: &[Ident],
        (name, access): (&Ident, Access),
        spell: &dyn Fn(&Ident) -> TokenStream,
    ) -> TokenStream {
        let mut body = Body::new(
            graph,
            Names::avoiding(&TokenStream::new()),
            self.root.clone(),
        );
        body.name_var(route.path.root, name);
        body.set_ref(route.path.root);
        for (value, key) in route
            .path
            .values()
            .into_iter()
            .zip(keys.iter().skip(route.first))
        {
            body.spell_value(value, spell(key));
        }
        if route.path.steps.is_empty() {
            quote!(#name)
        } else {
            body.reference(&route.path, access)
        }
    }

    fn place_ways(
        &self,
        way: &TokenStream,
        vjp: Option<TokenStream>,
        jvp: Option<TokenStream>,
    ) -> TokenStream {
        let cfgs = self.cfgs();
        let way = (!way.is_empty()).then(|| quote!(#cfgs #way));
        if self.home == Home::Rule || self.home != Home::Module && vjp.is_none() && jvp.is_none() {
            return quote!(#way);
        }
        let members = Members {
            vjp: match self.home {
                // Inside the companion.
                Home::Module => Some(quote!(#vjp #way)),
                _ => vjp,
            },
            jvp,
            lanes: None,
            linear: None,
            given: TokenStream::new(),
            rewrites: None,
        };
        let placed = self.place(&members);
        match self.home {
            Home::Module => placed,
            _ => quote!(#placed #way),
        }
    }
}

/// The numbers of routes.
pub(super) fn numbers(count: usize) -> impl Iterator<Item = syn::LitInt> {
    (0..count).map(|k| syn::LitInt::new(&k.to_string(), Span::call_site()))
}

/// The tangent of what a reference leads to: of a slice, a slice.
pub(super) fn target_bar(to: &Type, root: &TokenStream) -> TokenStream {
    match to {
        Type::Slice(slice) => {
            let element = tangent_of(&slice.elem, root);
            quote!([#element])
        }
        other => tangent_of(other, root),
    }
}
