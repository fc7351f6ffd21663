//! What the signatures of all generated items are made of: parameters, bounds, tangents, places.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::WhereClause;
use syn::ext::IdentExt;

use super::items::{Derived, Home};
use crate::ir::Ty;
use crate::signature::generics::{operators, other_operand, output_of};
use crate::signature::{Parameter, Passing, lanes_of, tangent_of};
use crate::stages::Tangents;

impl Derived<'_> {
    pub(super) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.signature.parameters
    }

    /// A name that no parameter, cotangent or tangent has.
    pub(super) fn free(&self, name: &str) -> Ident {
        let mut name = name.to_owned();
        let taken = |name: &str| {
            self.parameters()
                .iter()
                .any(|p| [&p.name, &p.bar, &p.dot].iter().any(|own| **own == name))
        };
        while taken(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::call_site().resolved_at(self.sig.ident.span()))
    }

    pub(super) fn returns_nothing(&self) -> bool {
        self.signature.output == Ty::Unit
    }

    /// The tangent of the result, as callers of the companion see it.
    pub(super) fn output_tangent(&self) -> TokenStream {
        let root = &self.root;
        if let Some(tangent) = &self.signature.output_tangent {
            tangent.to_token_stream()
        } else if self.returns_nothing() {
            quote!(#root::private::UnitTangent)
        } else {
            tangent_of(&self.signature.output_type, root)
        }
    }

    /// The tangent of the result, as users see it.
    pub(super) fn public_tangent(&self) -> TokenStream {
        if self.returns_nothing() {
            quote!(())
        } else {
            self.output_tangent()
        }
    }

    /// The function's `where` clause with what derivatives ask of its type parameters.
    pub(super) fn where_clause(&self) -> Option<WhereClause> {
        let root = &self.root;
        let mut generics = self.sig.generics.clone();
        let numbers = &self.signature.numbers;
        let others = self.signature.types.iter().filter(|t| !numbers.contains(t));
        let clause = generics.make_where_clause();
        for number in numbers {
            clause
                .predicates
                .push(syn::parse_quote!(#number: #root::Scalar));
        }
        for other in others {
            let is_wrt = |p: &Parameter| p.wrt && mentions(p.base.to_token_stream(), other);
            if self.parameters().iter().any(is_wrt) {
                clause
                    .predicates
                    .push(syn::parse_quote!(#other: #root::Differentiable));
                // What a trait's method is differentiated by is for values whose size is known: a
                // `dyn Trait` has no tangent.
                clause
                    .predicates
                    .push(syn::parse_quote!(#other: ::core::marker::Sized));
            }
        }
        for parameter in self.sig.generics.type_params() {
            for (name, path) in operators(parameter, &self.sig.generics) {
                let own = &parameter.ident;
                let bound = rule_bound(own, &name, &path, root);
                let bound = quote!(#root::Differentiable + #bound);
                clause.predicates.push(syn::parse_quote!(#own: #bound));
            }
        }
        clause.predicates.extend(self.copy_bound());
        if self.home == Home::Trait {
            let bounds = self.trait_bounds();
            clause.predicates.extend(bounds);
        }
        (!clause.predicates.is_empty()).then(|| clause.clone())
    }

    /// What a parameter is called where its value is handed again.
    pub(super) fn again(&self, parameter: &Parameter) -> Ident {
        if parameter.is_receiver {
            self.free("this")
        } else {
            parameter.name.clone()
        }
    }

    /// The traits of std's methods in scope, under no name that could meet the user's.
    pub(super) fn traits(&self) -> TokenStream {
        let root = &self.root;
        quote!(use #root::private::rules::methods::*;)
    }

    /// The type in which a pullback is handed an argument again.
    pub(super) fn again_type(&self, parameter: &Parameter) -> TokenStream {
        let _ = self;
        let base = &parameter.base;
        match parameter.passing {
            Passing::RefMut => quote!(()),
            _ if parameter.function.is_some() => quote!(()),
            _ => quote!(&#base),
        }
    }

    /// The const parameter that says how many directions a call pushes.
    pub(super) fn lane_count(&self) -> Ident {
        let _ = self;
        Ident::new("__GRAD_LANES", Span::call_site())
    }

    /// The type behind the reference to a parameter's tangent.
    pub(super) fn dot_type(&self, parameter: &Parameter, tangents: Tangents) -> TokenStream {
        match tangents {
            Tangents::One => parameter.bar_type(&self.root),
            Tangents::Lanes => parameter.lanes_type(&self.root, &self.lane_count()),
        }
    }

    /// The tangent of the result.
    pub(super) fn result_tangent(&self, tangents: Tangents) -> TokenStream {
        match tangents {
            Tangents::Lanes if !self.returns_nothing() => {
                let output = &self.signature.output_type;
                lanes_of(output, &self.root, &self.lane_count())
            }
            _ => self.output_tangent(),
        }
    }

    pub(super) fn allows(&self) -> TokenStream {
        let _ = self;
        quote! {
            #[allow(
                unused_variables, unused_mut, unused_assignments, unused_parens, unused_braces, unused_imports, unused_must_use, dead_code,
                unreachable_code, unreachable_patterns, non_snake_case, refining_impl_trait, unused_comparisons, unknown_lints, mismatched_lifetime_syntaxes, clippy::all, clippy::pedantic, clippy::restriction
            )]
        }
    }

    /// What only computes is of no use but for its result.
    pub(super) fn must_use(&self) -> Option<TokenStream> {
        let writes = self
            .parameters()
            .iter()
            .any(|p| p.passing == Passing::RefMut);
        (!writes).then(|| quote!(#[must_use]))
    }

    pub(super) fn cfgs(&self) -> TokenStream {
        self.attrs
            .iter()
            .filter(|a| a.path().is_ident("cfg"))
            .map(ToTokens::to_token_stream)
            .collect()
    }

    /// A parameter in a signature.
    pub(super) fn input(&self, parameter: &Parameter, with_mut: bool) -> TokenStream {
        let _ = self;
        let name = &parameter.name;
        let mutable = (with_mut && parameter.mutable && parameter.passing == Passing::Value)
            .then(|| quote!(mut));
        if parameter.is_receiver {
            return match parameter.passing {
                Passing::Ref if parameter.by_value => quote!(self),
                Passing::Value => quote!(#mutable self),
                Passing::Ref => quote!(&self),
                Passing::RefMut => quote!(&mut self),
            };
        }
        let ty = &parameter.written;
        quote!(#mutable #name: #ty)
    }

    /// The gradient's parts, joined: bare when there is one.
    pub(super) fn joined(parts: &[TokenStream]) -> TokenStream {
        match parts {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        }
    }

    pub(super) fn call(&self, mode: &str, args: &[TokenStream], rest: &TokenStream) -> TokenStream {
        let (root, mask) = (&self.root, u64::MAX);
        let wrt = quote!(#root::private::Wrt::<#mask>);
        // The mask is inferred, and the number of lanes.
        let generics = self.own_generics(if mode == "lanes" { 2 } else { 1 });
        match self.home {
            Home::Module => {
                let (ident, mode) = (&self.sig.ident, Ident::new(mode, Span::call_site()));
                quote!(#ident::#mode #generics(#(#args,)* #wrt, #rest))
            }
            _ => {
                let mut args = args.to_vec();
                if let (true, Some(first)) = (self.first_is_borrowed(), args.first_mut()) {
                    *first = quote!(&#first);
                }
                let name = self.path_sibling(mode);
                match &self.of_trait {
                    // A rule of the runtime's may have the same name.
                    Some(of) => quote!(<Self as #of>::#name #generics(#(#args,)* #wrt, #rest)),
                    None => quote!(Self::#name #generics(#(#args,)* #wrt, #rest)),
                }
            }
        }
    }

    /// Arguments for a call that must leave them usable.
    pub(super) fn kept_args(&self) -> Vec<TokenStream> {
        let arg = |p: &Parameter| {
            let name = &p.name;
            match p.passing {
                Passing::Value if !p.ty.is_scalar() => self.copy_of(&quote!(&#name)),
                Passing::RefMut => quote!(&mut *#name),
                _ => quote!(#name),
            }
        };
        self.parameters().iter().map(arg).collect()
    }

    /// The arguments as a pullback wants them again.
    pub(super) fn references(&self) -> Vec<TokenStream> {
        let reference = |p: &Parameter| {
            let name = &p.name;
            match p.passing {
                Passing::Value => quote!(&#name),
                Passing::Ref => quote!(#name),
                Passing::RefMut => quote!(()),
            }
        };
        self.parameters().iter().map(reference).collect()
    }

    /// Where cotangents go: a name for each differentiated parameter.
    pub(super) fn bar_name(parameter: &Parameter) -> Ident {
        parameter.bar.clone()
    }

    /// A zero cotangent for each differentiated parameter that `which` picks.
    pub(super) fn zeros(&self, which: impl Fn(&Parameter) -> bool) -> TokenStream {
        let root = &self.root;
        self.parameters()
            .iter()
            .filter(|p| p.wrt && which(p))
            .map(|p| {
                let (bar, name) = (Self::bar_name(p), &p.name);
                let reference = match p.passing {
                    Passing::Value => quote!(&#name),
                    Passing::Ref => quote!(#name),
                    Passing::RefMut => quote!(&*#name),
                };
                quote!(let mut #bar = #root::private::zero_like(#reference);)
            })
            .collect()
    }

    /// The cotangent places for the pullback, each differentiated one through `place`.
    pub(super) fn places(
        &self,
        place: impl Fn(&Parameter, &Ident) -> TokenStream,
    ) -> Vec<TokenStream> {
        let of = |p: &Parameter| {
            if p.wrt {
                let place = place(p, &Self::bar_name(p));
                quote!(::core::option::Option::Some(#place))
            } else {
                quote!(::core::option::Option::None)
            }
        };
        self.parameters().iter().map(of).collect()
    }
}

/// Whether the tokens hold an identifier.
pub(super) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => ident == *name,
        _ => false,
    })
}

pub(super) fn mentions_self(tokens: TokenStream) -> bool {
    mentions(tokens, &Ident::new("Self", Span::call_site()))
}

/// What an operator of a type parameter is differentiated by: `MulRule<f64, ..>` for `Mul<f64, ..>`.
pub(crate) fn rule_bound(
    own: &Ident,
    name: &str,
    path: &syn::Path,
    root: &TokenStream,
) -> syn::TypeParamBound {
    let rule = format_ident!("{name}Rule");
    let rules = quote!(#root::private::rules);
    let output = output_of(path).map(|ty| quote!(Output = #ty,));
    if name == "Neg" {
        return syn::parse_quote!(#rules::#rule<#output SelfBase = #own>);
    }
    let other =
        other_operand(path).map_or_else(|| own.to_token_stream(), ToTokens::to_token_stream);
    let bar = quote!(#root::private::TangentOf<#other>);
    if name.ends_with("Assign") {
        return syn::parse_quote!(#rules::#rule<#other, RhsBase = #other, RhsBar = #bar>);
    }
    syn::parse_quote!(
        #rules::#rule<#other, #output SelfBase = #own, RhsBase = #other, RhsBar = #bar>
    )
}

/// Generics without their `where` clause.
pub(super) fn bare(generics: &syn::Generics) -> syn::Generics {
    let mut generics = generics.clone();
    generics.where_clause = None;
    generics
}
