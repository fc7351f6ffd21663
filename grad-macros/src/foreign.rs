//! Implementations of traits of the standard library, which take no siblings.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, Generics, Ident, ImplItem, ItemImpl, Path, PathArguments, Type};

use crate::operator::base;

/// What becomes of an implementation of a trait of std's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It takes no part in derivatives, or the type's own methods do.
    Untouched,
    /// Its methods have their siblings in an `impl` block of the type.
    Beside,
    /// `From`: the conversion has a rule, as a type has many.
    Conversion,
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
    "Extend",
    "FromIterator",
    "FromStr",
    "Hash",
    "IntoIterator",
    "LowerExp",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Product",
    "Sum",
    "TryFrom",
    "UpperExp",
    "Write",
];

/// Whether the path names a trait of std's that the macro knows.
pub(crate) fn foreign(path: &Path) -> Option<Foreign> {
    let name = path.segments.last()?.ident.to_string();
    match name.as_str() {
        "Iterator" => Some(Foreign::Beside),
        "From" => Some(Foreign::Conversion),
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

/// What a conversion starts from.
fn source_of(path: &Path) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &path.segments.last()?.arguments else {
        return None;
    };
    list.args.iter().find_map(|arg| match arg {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
