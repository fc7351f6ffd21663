//! The derivatives of a function that returns a shared reference, for callers that do not know that it
//! does: what it gives is a copy of the place, and the copy's cotangent is added to the place's.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Lifetime, Type};

use super::companion::Members;
use super::items::{Bodies, Derived, Home};
use super::names::Names;
use super::places::Access;
use super::signatures::bare;
use crate::ir::Ty;
use crate::signature::{Parameter, Passing, Signature, sequence_element, vec_path};
use crate::stages::{Lowered, Route};

impl Derived<'_> {
    /// The signature with a result that derivatives can give; nothing where that cannot be said or made.
    fn lent_signature(&self) -> Option<Signature> {
        if self.signature.returned != Some(Passing::Ref) || self.of_type_parameter() {
            return None;
        }
        let root = &self.root;
        let mut signature = self.signature.clone();
        signature.returned = None;
        let target = self.target();
        signature.output_type = match (&signature.output, &target) {
            (ty, target) if ty.is_scalar() => target.clone(),
            _ if self.element().is_some() => {
                let (lifetime, element) = (self.lifetime("'_"), self.element());
                signature.output_tangent =
                    Some(syn::parse_quote!(#root::private::Touched<#element>));
                syn::parse_quote!(#root::private::Seen<#lifetime, #target>)
            }
            (_, Type::Slice(slice)) => {
                let (vec, element) = (vec_path(root), &slice.elem);
                syn::parse_quote!(#root::private::Lent<#vec<#element>>)
            }
            (_, Type::TraitObject(_) | Type::ImplTrait(_)) => return None,
            (_, target) => syn::parse_quote!(#root::private::Lent<#target>),
        };
        Some(signature)
    }

    /// The float of which what is returned is a sequence: it need not be copied.
    fn element(&self) -> Option<Type> {
        let target = self.target();
        let sequence = match &target {
            Type::Slice(_) => true,
            Type::Path(path) => path.path.segments.last().is_some_and(|s| s.ident == "Vec"),
            _ => false,
        };
        let element = sequence_element(&target).filter(|_| sequence)?;
        matches!(crate::signature::ty_of(element), Ty::Float(_)).then(|| element.clone())
    }

    /// What stands behind what has been seen.
    fn behind(&self) -> Type {
        let Type::Path(path) = &self.signature.output_type else {
            return self.target();
        };
        let arguments = path.path.segments.last().map(|last| &last.arguments);
        let Some(syn::PathArguments::AngleBracketed(list)) = arguments else {
            return self.target();
        };
        let ty = list.args.iter().find_map(|arg| match arg {
            syn::GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        });
        ty.unwrap_or_else(|| self.target())
    }

    /// The lifetime of the reference that is returned.
    fn lifetime(&self, elided: &str) -> Lifetime {
        match &self.signature.output_type {
            Type::Reference(reference) => reference.lifetime.clone(),
            _ => None,
        }
        .filter(|lifetime| lifetime.ident != "_")
        .unwrap_or_else(|| Lifetime::new(elided, Span::call_site()))
    }

    /// Forward mode of a sequence: what is lent is that of the place, and so is its tangent.
    fn seen_jvp(&self, body: Option<TokenStream>) -> TokenStream {
        let (root, vis, allows) = (&self.root, self.vis, self.allows());
        let (target, element) = (self.target(), self.element());
        let own = Lifetime::new("'__grad", Span::call_site());
        let lifetime = self.lifetime("'__grad");
        let mut generics = bare(&self.sig.generics);
        if lifetime == own {
            generics.params.insert(0, syn::parse_quote!(#own));
        }
        generics.params.push(syn::parse_quote!(const __GRAD_M: u64));
        let name = match self.home {
            Home::Module => Ident::new("jvp", Span::call_site()),
            _ => super::items::sibling("jvp", &self.name(), Span::call_site()),
        };
        let receiver = self.parameters().iter().any(|p| p.is_receiver);
        let lends = |p: &Parameter| {
            p.passing == Passing::Ref
                && match &p.written {
                    _ if lifetime == own => p.is_receiver || !receiver,
                    Type::Reference(written) => written.lifetime.as_ref() == Some(&lifetime),
                    _ => false,
                }
        };
        let inputs = self
            .parameters()
            .iter()
            .map(|p| match (lends(p), p.is_receiver) {
                (true, true) => quote!(&#lifetime self),
                (true, false) => {
                    let (name, base) = (&p.name, &p.base);
                    quote!(#name: &#lifetime #base)
                }
                _ => self.input(p, true),
            });
        // What is lent may be what a parameter holds: `&'a [f64]` out of a `View<'a>`.
        let is_own = self
            .sig
            .generics
            .lifetimes()
            .any(|p| p.lifetime == lifetime);
        let holds = |p: &Parameter| {
            let base = p.base.to_token_stream();
            lifetime != own
                && (p.is_receiver && !is_own || super::signatures::mentions(base, &lifetime.ident))
        };
        let dots = self.parameters().iter().map(|p| {
            let (dot, ty) = (&p.dot, p.bar_type(root));
            let lifetime = (lends(p) || holds(p)).then_some(&lifetime);
            quote!(#dot: ::core::option::Option<&#lifetime #ty>)
        });
        let clause = self.where_clause();
        let bar = super::ways::target_bar(&target, root);
        let body = body.map_or_else(|| quote!(;), |body| quote!({ #body }));
        quote! {
            /// The value and its tangent; called by the derivatives of callers.
            #[doc(hidden)] #[inline] #allows
            #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<__GRAD_M>, #(#dots),*)
                -> (#root::private::Seen<#lifetime, #target>, #root::private::Dot<#lifetime, #bar, #element>)
                #clause #body
        }
    }

    /// Whether what is returned speaks of a type parameter, which need not be copied.
    fn of_type_parameter(&self) -> bool {
        let target = self.target().to_token_stream();
        let around = self
            .outer
            .iter()
            .flat_map(|generics| generics.type_params());
        around
            .chain(self.sig.generics.type_params())
            .any(|p| super::signatures::mentions(target.clone(), &p.ident))
    }

    /// What a trait asks of its implementations.
    pub(super) fn declare_lent(&self) -> TokenStream {
        let none = |_: &Derived| Some(TokenStream::new());
        let Some(members) = self.lent(&none, &none) else {
            return TokenStream::new();
        };
        self.place(&members)
    }

    /// The derivatives that give copies or what they have seen.
    pub(super) fn lent_members(
        &self,
        lowered: &Lowered,
        names: &Names,
    ) -> (Option<TokenStream>, Option<TokenStream>) {
        let vjp = |derived: &Derived| Some(derived.lent_vjp(lowered, names));
        let jvp = |derived: &Derived| Some(derived.lent_jvp(lowered, names));
        match self.lent(&vjp, &jvp) {
            Some(members) => (members.vjp, members.jvp),
            None => (None, None),
        }
    }

    /// The members of the companion, from their bodies: an empty one is declared only.
    fn lent(
        &self,
        vjp: &dyn Fn(&Derived) -> Option<TokenStream>,
        jvp: &dyn Fn(&Derived) -> Option<TokenStream>,
    ) -> Option<Members> {
        let signature = self.lent_signature()?;
        let derived = Derived {
            signature: &signature,
            root: self.root.clone(),
            of_trait: None,
            ..*self
        };
        let seen = self.element().is_some();
        let forward = self.modes.forward().then(|| jvp(&derived)).flatten();
        let bodies = Bodies {
            vjp: self.modes.reverse().then(|| vjp(&derived)).flatten(),
            jvp: forward.clone().filter(|_| !seen),
            ..Bodies::default()
        };
        let mut members = derived.members(&bodies, false);
        if let Some(body) = forward.filter(|_| seen) {
            members.jvp = Some(self.seen_jvp(Some(body).filter(|body| !body.is_empty())));
        }
        Some(members)
    }

    /// What finds the place, and the copy of it.
    fn lent_value(&self, lowered: &Lowered, names: &Names) -> (TokenStream, Vec<Ident>) {
        let graph = &lowered.graph;
        let mut body = self.declare(graph, names.clone());
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let keys: Vec<Ident> = (0..yields.len())
            .map(|k| format_ident!("__key_{k}"))
            .collect();
        let values = yields.iter().map(|v| body.value(*v));
        let (traits, items, target) = (self.traits(), self.prelude(lowered), self.behind());
        let place = self.chosen(lowered, &keys, &|route| {
            let name = &self.parameters()[route.parameter].name;
            let place = self.lent_place(lowered, route, &keys, name, Access::Read, false);
            if self.signature.output_tangent.is_some() {
                let (root, target) = (&self.root, &target);
                quote!(#root::private::Seen::<#target>(#place))
            } else {
                self.copied(&place)
            }
        });
        let code = quote!(#traits #items #statements let (#(#keys,)*) = (#(#values,)*); let __value = #place;);
        (code, keys)
    }

    /// A copy of what a reference leads to, as the derivatives give it.
    fn copied(&self, place: &TokenStream) -> TokenStream {
        let root = &self.root;
        let copy = quote!((&&#root::private::Copier(#place)).replicate());
        if self.signature.output.is_scalar() {
            copy
        } else {
            quote!(#root::private::Lent(#copy))
        }
    }

    fn lent_place(
        &self,
        lowered: &Lowered,
        route: &Route,
        keys: &[Ident],
        name: &Ident,
        access: Access,
        tangent: bool,
    ) -> TokenStream {
        let mut graph = lowered.graph.clone();
        graph.var_mut(route.path.root).tangent = tangent;
        let spell = |key: &Ident| quote!(#key);
        self.route_place(&graph, route, keys, (name, access), &spell)
    }

    /// Code of the route that was taken.
    fn chosen(
        &self,
        lowered: &Lowered,
        keys: &[Ident],
        of: &dyn Fn(&Route) -> TokenStream,
    ) -> TokenStream {
        let _ = self;
        let arms: Vec<_> = lowered.routes.iter().map(of).collect();
        match (arms.as_slice(), keys.first()) {
            ([one], _) => one.clone(),
            (many, Some(which)) => {
                let numbers = super::ways::numbers(many.len());
                quote!(match #which { #(#numbers => #many,)* _ => ::core::unreachable!() })
            }
            _ => quote!(::core::unreachable!()),
        }
    }

    fn lent_vjp(&self, lowered: &Lowered, names: &Names) -> TokenStream {
        let root = &self.root;
        let (opening, keys) = self.lent_value(lowered, names);
        let again = self.parameters().iter().map(|p| {
            let ty = self.fresh(self.again_type(p));
            quote!(_: #ty)
        });
        let bars = self.parameters().iter().map(|p| {
            let (name, ty) = (&p.bar, self.fresh(p.bar_type(root)));
            quote!(#name: ::core::option::Option<&mut #ty>)
        });
        let tangent = self.fresh(self.output_tangent());
        let scalar = matches!(self.signature.output, Ty::Float(_) | Ty::Number);
        let add = self.chosen(lowered, &keys, &|route| {
            let parameter = &self.parameters()[route.parameter];
            if !parameter.wrt || !self.signature.output.may_be_active() {
                return quote!(());
            }
            let bar = &parameter.bar;
            let place = self.lent_place(lowered, route, &keys, bar, Access::Write, true);
            let add = if scalar {
                quote!(*#place += __y_bar)
            } else {
                quote!(#root::private::accumulate(#place, &__y_bar))
            };
            quote!(if let ::core::option::Option::Some(#bar) = #bar { #add })
        });
        quote! {
            #opening
            (__value, move |__y_bar: #tangent, #(#again,)* #(#bars),*| { #add })
        }
    }

    fn lent_jvp(&self, lowered: &Lowered, names: &Names) -> TokenStream {
        let root = &self.root;
        let (opening, keys) = self.lent_value(lowered, names);
        let seen = self.signature.output_tangent.is_some();
        let zero = if seen {
            quote!(#root::private::Dot::Zero(#root::private::zero_like(&*__value)))
        } else {
            quote!(#root::private::zero_like(&__value))
        };
        let dot = self.chosen(lowered, &keys, &|route| {
            let parameter = &self.parameters()[route.parameter];
            if !parameter.wrt || !self.signature.output.may_be_active() {
                return zero.clone();
            }
            let dot = &parameter.dot;
            let place = self.lent_place(lowered, route, &keys, dot, Access::Read, true);
            let found = if seen {
                let bar = super::ways::target_bar(&self.behind(), root);
                quote!(#root::private::Dot::<#bar, _>::Of(#place))
            } else {
                quote!(#root::private::owned(#place))
            };
            quote!(match #dot {
                ::core::option::Option::Some(#dot) => #found,
                ::core::option::Option::None => #zero,
            })
        });
        quote!(#opening let __dot = #dot; (__value, __dot))
    }
}
