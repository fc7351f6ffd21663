//! The derivatives of a function that returns a shared reference, for callers that do not know that it
//! does: what it gives is a copy of the place, and the copy's cotangent is added to the place's.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Type;

use super::items::{Bodies, Derived};
use super::names::Names;
use super::places::Access;
use crate::ir::Ty;
use crate::signature::{Passing, Signature, vec_path};
use crate::stages::{Lowered, Route};

impl Derived<'_> {
    /// The signature with an owned result; nothing where that cannot be said or made.
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
            (_, Type::Slice(slice)) => {
                let (vec, element) = (vec_path(root), &slice.elem);
                syn::parse_quote!(#root::private::Lent<#vec<#element>>)
            }
            (_, Type::TraitObject(_) | Type::ImplTrait(_)) => return None,
            (_, target) => syn::parse_quote!(#root::private::Lent<#target>),
        };
        Some(signature)
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
        let Some(signature) = self.lent_signature() else {
            return TokenStream::new();
        };
        let derived = Derived {
            signature: &signature,
            root: self.root.clone(),
            of_trait: None,
            ..*self
        };
        derived.declarations()
    }

    /// The derivatives that give copies, with the companion around them and the way.
    pub(super) fn lent_members(
        &self,
        lowered: &Lowered,
        names: &Names,
    ) -> (Option<TokenStream>, Option<TokenStream>) {
        let Some(signature) = self.lent_signature() else {
            return (None, None);
        };
        let derived = Derived {
            signature: &signature,
            root: self.root.clone(),
            of_trait: None,
            ..*self
        };
        let bodies = Bodies {
            vjp: self
                .modes
                .reverse()
                .then(|| derived.lent_vjp(lowered, names)),
            jvp: self
                .modes
                .forward()
                .then(|| derived.lent_jvp(lowered, names)),
            ..Bodies::default()
        };
        let members = derived.members(&bodies, false);
        (members.vjp, members.jvp)
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
        let (traits, items) = (self.traits(), self.prelude(lowered));
        let place = self.chosen(lowered, &keys, &|route| {
            let name = &self.parameters()[route.parameter].name;
            let place = self.lent_place(lowered, route, &keys, name, Access::Read, false);
            self.copied(&place)
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
            let ty = self.again_type(p);
            quote!(_: #ty)
        });
        let bars = self.parameters().iter().map(|p| {
            let (name, ty) = (&p.bar, p.bar_type(root));
            quote!(#name: ::core::option::Option<&mut #ty>)
        });
        let tangent = self.output_tangent();
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
        let zero = quote!(#root::private::zero_like(&__value));
        let dot = self.chosen(lowered, &keys, &|route| {
            let parameter = &self.parameters()[route.parameter];
            if !parameter.wrt || !self.signature.output.may_be_active() {
                return zero.clone();
            }
            let dot = &parameter.dot;
            let place = self.lent_place(lowered, route, &keys, dot, Access::Read, true);
            quote!(match #dot {
                ::core::option::Option::Some(#dot) => #root::private::owned(#place),
                ::core::option::Option::None => #zero,
            })
        });
        quote!(#opening let __dot = #dot; (__value, __dot))
    }
}
