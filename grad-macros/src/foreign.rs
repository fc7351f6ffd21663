//! Implementations of traits of the standard library, which take no siblings.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, Generics, Ident, ImplItem, ItemImpl, Path, PathArguments, Type};

use crate::operator::base;
use crate::signature::lifetimes::unnamed;

/// What becomes of an implementation of a trait of std's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It takes no part in derivatives, or the type's own methods do.
    Untouched,
    /// Its methods have their siblings in an `impl` block of the type.
    Beside,
    /// `From`: the conversion has a rule, as a type has many.
    Conversion,
    /// `Sum`, `Product`, `FromIterator`: rules of what is made of items.
    Gathering,
}

/// Traits whose methods give nothing with a derivative, or are followed without one: what is
/// dereferenced or borrowed is the same place, and a `default` depends on nothing.
const UNTOUCHED: &[&str] = &[
    "AsMut",
    "AsRef",
    "Borrow",
    "BorrowMut",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deref",
    "DerefMut",
    "Display",
    "Drop",
    "Eq",
    "Error",
    "FromStr",
    "Hash",
    "IntoIterator",
    "LowerExp",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "TryFrom",
    "UpperExp",
    "Write",
];

/// Whether the path names a trait of std's that the macro knows.
pub(crate) fn foreign(path: &Path) -> Option<Foreign> {
    let name = path.segments.last()?.ident.to_string();
    match name.as_str() {
        "Extend" if items_by_reference(path) => Some(Foreign::Untouched),
        "Extend" | "Iterator" => Some(Foreign::Beside),
        "From" => Some(Foreign::Conversion),
        "FromIterator" | "Product" | "Sum" => Some(Foreign::Gathering),
        name => UNTOUCHED.contains(&name).then_some(Foreign::Untouched),
    }
}

/// The block with its associated types written out, where its functions stand beside it.
pub(crate) fn without_associated(block: &ItemImpl) -> ItemImpl {
    let mut block = block.clone();
    let types: Vec<(Ident, Type)> = block
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Type(ty) => Some((ty.ident.clone(), ty.ty.clone())),
            _ => None,
        })
        .collect();
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item {
            let tokens = written_out(function.to_token_stream(), &types);
            if let Ok(written) = syn::parse2(tokens) {
                *function = written;
            }
            function.vis = syn::parse_quote!(pub);
        }
    }
    block
}

/// The tokens with `Self::Name` replaced by the type of that name.
fn written_out(tokens: TokenStream, types: &[(Ident, Type)]) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut written = TokenStream::new();
    let mut k = 0;
    while let Some(token) = tokens.get(k) {
        if let Some(ty) = associated(tokens.get(k..).unwrap_or_default(), types) {
            written.extend(ty.to_token_stream());
            k += 4;
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                let inside = written_out(group.stream(), types);
                let mut whole = Group::new(group.delimiter(), inside);
                whole.set_span(group.span());
                written.extend([TokenTree::Group(whole)]);
            }
            other => written.extend([other.clone()]),
        }
        k += 1;
    }
    written
}

fn associated<'t>(tokens: &[TokenTree], types: &'t [(Ident, Type)]) -> Option<&'t Type> {
    let [
        TokenTree::Ident(own),
        TokenTree::Punct(first),
        TokenTree::Punct(second),
        TokenTree::Ident(name),
        ..,
    ] = tokens
    else {
        return None;
    };
    if own != "Self" || first.as_char() != ':' || second.as_char() != ':' {
        return None;
    }
    types
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, ty)| ty)
}

/// Writes out the type that a conversion starts from: `Self` of the rule is what it gives.
pub(crate) fn name_source(sig: &mut syn::Signature, block: &ItemImpl) {
    if let syn::ReturnType::Type(_, ty) = &mut sig.output {
        **ty = syn::parse_quote!(Self);
    }
    let own = &block.self_ty;
    if let Some(FnArg::Typed(typed)) = sig.inputs.first_mut() {
        if matches!(&*typed.ty, Type::Path(path) if path.path.is_ident("Self")) {
            typed.ty = own.clone();
        }
    }
}

/// The rule of a conversion around its siblings.
pub(crate) fn conversion_rule(
    path: &Path,
    block: &ItemImpl,
    generics: &Generics,
    (siblings, bar): (&TokenStream, &TokenStream),
    root: &TokenStream,
) -> TokenStream {
    let Some(source) = source_of(path) else {
        return TokenStream::new();
    };
    let rule = format_ident!("FromRule", span = Span::call_site());
    let (own, clause, source_base) = (&block.self_ty, &generics.where_clause, base(source));
    quote! {
        #[automatically_derived]
        #[allow(refining_impl_trait)]
        impl #generics #root::private::rules::#rule<#source> for #own #clause {
            type Base = #source_base;
            type Bar = #bar;
            #siblings
        }
    }
}

/// The rule of what is made of items around its siblings.
pub(crate) fn gathering_rule(
    path: &Path,
    block: &ItemImpl,
    generics: &Generics,
    siblings: &TokenStream,
    root: &TokenStream,
) -> TokenStream {
    let Some(last) = path.segments.last() else {
        return TokenStream::new();
    };
    let (own, clause) = (&block.self_ty, &generics.where_clause);
    let generics = of_type(generics, own);
    let of_trait = unnamed(path.to_token_stream());
    let item = source_of(path).map_or(&**own, base);
    let by_reference = items_by_reference(path);
    let (how, method) = match last.ident.to_string().as_str() {
        "Sum" => ("sum_of", quote!(sum)),
        "Product" => ("product_of", quote!(product)),
        _ => ("collect_of", quote!(from_iter)),
    };
    let how = format_ident!("{how}{}", if by_reference { "_refs" } else { "" });
    let items = if by_reference {
        quote!(iter)
    } else {
        quote!(into_iter)
    };
    quote! {
        #[automatically_derived]
        #[allow(refining_impl_trait)]
        impl #generics #root::private::rules::GatheredRule<#item, #root::private::rules::#how>
            for #own #clause
        {
            fn of_items(items: ::std::vec::Vec<#item>) -> Self {
                <Self as #of_trait>::#method(items.#items())
            }
            #siblings
        }
    }
}

/// The generics without lifetimes that the type does not have: those of items that are references.
fn of_type(generics: &Generics, own: &Type) -> Generics {
    let mut generics = generics.clone();
    let own = own.to_token_stream().to_string();
    let kept = generics.params.into_iter().filter(|param| match param {
        syn::GenericParam::Lifetime(lifetime) => own.contains(&lifetime.lifetime.to_string()),
        _ => true,
    });
    generics.params = kept.collect();
    generics
}

/// Whether the items that a trait of them names are references.
fn items_by_reference(path: &Path) -> bool {
    matches!(source_of(path), Some(Type::Reference(_)))
}

/// What a conversion starts from, and of what the items are.
fn source_of(path: &Path) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &path.segments.last()?.arguments else {
        return None;
    };
    list.args.iter().find_map(|arg| match arg {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
