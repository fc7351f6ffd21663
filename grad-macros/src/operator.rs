//! The rule of an operator on a user's type, from `#[differentiate] impl Add<R> for T`.
//!
//! The siblings of the operator's method stand in an implementation of the rule's trait in
//! `grad-runtime`, so that callers that do not know the operands' types find them.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{FnArg, Generics, ItemImpl, Path, Signature, Type};

use crate::signature::bar_of;
use crate::signature::generics::{OPERATORS, other_operand};

/// An operator as its trait names it.
pub(crate) struct Operator {
    name: String,
    /// The right operand, where the trait says it.
    right: Option<Type>,
}

impl Operator {
    /// The operator whose trait the path names.
    pub(crate) fn named(path: &Path) -> Option<Operator> {
        let last = path.segments.last()?;
        let name = last.ident.to_string();
        let right = other_operand(path).cloned();
        OPERATORS
            .contains(&name.as_str())
            .then_some(Operator { name, right })
    }

    /// Writes the receiver of the operator's method as what it is: `self` of a reference type is a
    /// reference. The result has the type that the `impl` gives it.
    pub(crate) fn name_types(sig: &mut Signature, block: &ItemImpl) {
        let output = block.items.iter().find_map(|item| match item {
            syn::ImplItem::Type(ty) if ty.ident == "Output" => Some(ty.ty.clone()),
            _ => None,
        });
        if let (syn::ReturnType::Type(_, ty), Some(output)) = (&mut sig.output, output) {
            **ty = output;
        }
        let own = &block.self_ty;
        if let Some(FnArg::Typed(typed)) = sig.inputs.iter_mut().nth(1) {
            if matches!(&*typed.ty, Type::Path(path) if path.path.is_ident("Self")) {
                typed.ty = own.clone();
            }
        }
    }

    /// The block with a name for the lifetime of `impl Sub for &T`, where both operands have it.
    pub(crate) fn with_lifetime(&self, block: &ItemImpl) -> ItemImpl {
        let mut block = block.clone();
        if let (None, Type::Reference(own)) = (&self.right, &mut *block.self_ty) {
            if own.lifetime.is_none() {
                let lifetime: syn::Lifetime = syn::parse_quote!('__grad_operand);
                own.lifetime = Some(lifetime.clone());
                block
                    .generics
                    .params
                    .insert(0, syn::parse_quote!(#lifetime));
                block.generics.lt_token.get_or_insert_default();
                block.generics.gt_token.get_or_insert_default();
            }
        }
        block
    }

    /// The implementation of the rule's trait around the siblings.
    pub(crate) fn rule(
        &self,
        block: &ItemImpl,
        generics: &Generics,
        [siblings, lanes]: [&TokenStream; 2],
        root: &TokenStream,
    ) -> TokenStream {
        let rule = format_ident!("{}Rule", self.name, span = Span::call_site());
        let lanes_rule = format_ident!("{}Lanes", self.name, span = Span::call_site());
        let (own, clause) = (&block.self_ty, &generics.where_clause);
        let assigns = self.name.ends_with("Assign");
        let right = self.right.clone().unwrap_or_else(|| (**own).clone());
        let (own_base, right_base) = (base(own), base(&right));
        let own_type = (!assigns).then(|| quote!(type SelfBase = #own_base;));
        let (arguments, right_type) = if self.name == "Neg" {
            (TokenStream::new(), TokenStream::new())
        } else {
            let bar = bar_of(right_base, root);
            let types = quote!(type RhsBase = #right_base; type RhsBar = #bar;);
            (quote!(<#right>), types)
        };
        let in_lanes = (!lanes.is_empty()).then(|| {
            quote! {
                #[automatically_derived]
                impl #generics #root::private::rules::#lanes_rule #arguments for #own #clause {
                    #lanes
                }
            }
        });
        quote! {
            #in_lanes
            #[automatically_derived]
            #[allow(refining_impl_trait)]
            impl #generics #root::private::rules::#rule #arguments for #own #clause {
                #own_type
                #right_type
                #siblings
            }
        }
    }
}

/// The type behind `&`.
pub(crate) fn base(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => &reference.elem,
        Type::Paren(inner) => base(&inner.elem),
        Type::Group(inner) => base(&inner.elem),
        other => other,
    }
}

/// `Index` and `IndexMut`: their rules find the way to the element.
pub(crate) struct Place;

impl Place {
    /// Whether the path names one of the traits.
    pub(crate) fn named(path: &Path) -> bool {
        let last = path.segments.last();
        last.is_some_and(|last| last.ident == "Index" || last.ident == "IndexMut")
    }

    /// Writes out the type of the element.
    pub(crate) fn name_types(sig: &mut Signature, block: &ItemImpl) {
        let output = block.items.iter().find_map(|item| match item {
            syn::ImplItem::Type(ty) if ty.ident == "Output" => Some(ty.ty.clone()),
            _ => None,
        });
        if let (syn::ReturnType::Type(_, ty), Some(output)) = (&mut sig.output, output) {
            if let Type::Reference(reference) = &mut **ty {
                *reference.elem = output;
            }
        }
    }

    /// The implementation of the rule's trait around what finds the way.
    pub(crate) fn rule(
        path: &Path,
        block: &ItemImpl,
        generics: &Generics,
        way: &TokenStream,
        root: &TokenStream,
    ) -> TokenStream {
        let Some(last) = path.segments.last() else {
            return TokenStream::new();
        };
        let rule = format_ident!("{}Rule", last.ident, span = Span::call_site());
        let (arguments, own) = (&last.arguments, &block.self_ty);
        let clause = &generics.where_clause;
        quote! {
            #[automatically_derived]
            #[allow(refining_impl_trait)]
            impl #generics #root::private::rules::#rule #arguments for #own #clause { #way }
        }
    }
}
