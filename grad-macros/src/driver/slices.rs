//! Implementations of traits for slices.
//!
//! What is generated beside a trait's methods may be for types with a size only, and a slice has none.
//! So each method's derivatives are those of a function of the slice, which stands in a block of its
//! own, and the trait is implemented once more, for `private::Whole`, which stands for a slice:
//!
//! ```text
//! impl Stats for [f64] { fn mean(&self) -> f64 { .. } }
//! const _: () = {
//!     struct __grad_mean {}                      // derivatives of fn mean(this: &[f64]) -> f64
//!     impl Stats for Whole<f64> { .. }           // siblings that call them
//! };
//! ```
//!
//! What callers that know a slice only by a type parameter call is written on the latter. A method that
//! speaks of `Self` otherwise than by its receiver has no such form: its trait has no objects, and its
//! siblings are those of any type.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, ImplItem, ImplItemFn, ItemImpl, Type, TypeSlice, Visibility};

use super::{Function, function_items, root_of};
use crate::cycles;
use crate::diag::Diagnostics;
use crate::emit::{Derived, Home};
use crate::independent::Asked;
use crate::options::Options;
use crate::signature::Signature;
use crate::traits::borrows_itself;

/// What a method calls its receiver where it is a function of the slice.
const THIS: &str = "__grad_this";

/// The slice that a block implements a trait for, if all it has there speaks of no other `Self`.
pub(super) fn slice_of(block: &ItemImpl) -> Option<&TypeSlice> {
    let Type::Slice(slice) = &*block.self_ty else {
        return None;
    };
    let simple = |item: &ImplItem| match item {
        ImplItem::Fn(function) => borrows_itself(&function.sig),
        _ => true,
    };
    block.items.iter().all(simple).then_some(slice)
}

/// Whether a function of the block calls itself, so that pullbacks are in boxes.
pub(super) fn is_recursive(block: &ItemImpl, options: &[Options]) -> bool {
    let circles = cycles::in_circles(&functions_of(block));
    circles.contains(&true) || options.iter().any(|options| options.recursive)
}

fn functions_of(block: &ItemImpl) -> Vec<&ImplItemFn> {
    let functions = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    functions.collect()
}

/// The functions of the block: what stands beside them in it, and the block that implements the trait
/// for what stands for a slice.
pub(super) fn slice_items(
    block: &ItemImpl,
    slice: &TypeSlice,
    options: &[Options],
) -> (TokenStream, TokenStream) {
    let functions = functions_of(block);
    let circles = cycles::in_circles(&functions);
    let (mut beside, mut companions, mut siblings) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    let mut root = quote!(::grad_runtime);
    for ((method, options), circle) in functions.into_iter().zip(options).zip(circles) {
        root = root_of(options);
        let options = Options {
            recursive: options.recursive || circle,
            lanes: None,
            jacobian: false,
            rows: false,
            ..options.clone()
        };
        let written = Written {
            block,
            slice,
            method,
            options,
        };
        if let Some([own, companion, sibling]) = written.items() {
            beside.extend(own);
            companions.extend(companion);
            siblings.extend(sibling);
        }
    }
    let Some((path, _)) = &block.trait_ else {
        return (beside, companions);
    };
    let element = &slice.elem;
    let items = block.items.iter().map(|item| delegated(item, path, slice));
    let (generics, clause) = (&block.generics, &block.generics.where_clause);
    let whole = quote! {
        #[automatically_derived]
        impl #generics #path for #root::private::Whole<#element> #clause { #(#items)* #siblings }
    };
    (beside, quote!(const _: () = { #companions #whole };))
}

/// A method of the block.
struct Written<'a> {
    block: &'a ItemImpl,
    slice: &'a TypeSlice,
    method: &'a ImplItemFn,
    options: Options,
}

impl Written<'_> {
    /// Its siblings in the block, the companion that has its derivatives, and the siblings of what
    /// stands for a slice; nothing where there is nothing to differentiate.
    fn items(&self) -> Option<[TokenStream; 3]> {
        let (method, trial) = (self.method, Diagnostics::default());
        let sig = &method.sig;
        let signature = Signature::read(sig, Some(&self.block.generics), &self.options, &trial);
        if trial.any() || sig.receiver().is_none() || signature.returned.is_some() {
            return None;
        }
        let diag = Diagnostics::default();
        let companion = self.companion(&diag);
        let path = self.block.trait_.as_ref().map(|(path, _)| path);
        let signature = signature.with_any_receiver(true);
        let derived = Derived {
            sig,
            signature: &signature,
            vis: &Visibility::Inherited,
            attrs: &method.attrs,
            home: Home::TraitImpl,
            modes: self.options.modes,
            lanes: None,
            jacobian: false,
            rows: false,
            root: root_of(&self.options),
            outer: Some(&self.block.generics),
            of_trait: path.map(ToTokens::to_token_stream),
            functions: &[],
        };
        let siblings = derived.siblings_of_whole(&self.name());
        Some([derived.objects_of_nobody(), companion, siblings])
    }

    /// The name of the function of the slice.
    fn name(&self) -> Ident {
        let name = self.method.sig.ident.to_string();
        let name = name.trim_start_matches("r#");
        format_ident!("__grad_{name}", span = self.method.sig.ident.span())
    }

    /// The derivatives of the method as a function of the slice.
    fn companion(&self, diag: &Diagnostics) -> TokenStream {
        let (method, block, slice) = (self.method, self.block, self.slice);
        let mut sig = method.sig.clone();
        sig.ident = self.name();
        let mut this = Ident::new(THIS, Span::call_site());
        if let Some(first) = sig.inputs.first_mut() {
            if let FnArg::Receiver(receiver) = first {
                let mutable = match &receiver.kind {
                    syn::ReceiverKind::Reference(_, _, mutable) => *mutable,
                    _ => None,
                };
                this.set_span(receiver.self_token.span);
                *first = syn::parse_quote!(#this: &#mutable #slice);
            }
        }
        for parameter in block.generics.params.iter().rev() {
            sig.generics.params.insert(0, parameter.clone());
        }
        let (lifetimes, others): (Vec<_>, Vec<_>) = std::mem::take(&mut sig.generics.params)
            .into_iter()
            .partition(|p| matches!(p, syn::GenericParam::Lifetime(_)));
        sig.generics.params = lifetimes.into_iter().chain(others).collect();
        if let Some(outer) = &block.generics.where_clause {
            let clause = sig.generics.make_where_clause();
            clause.predicates.extend(outer.predicates.iter().cloned());
        }
        let of_trait = block.trait_.as_ref().map(|(path, _)| quote!(as #path));
        let own = quote!(<#slice #of_trait>);
        let body = renamed(method.block.to_token_stream(), &this, &own, slice);
        let sig = renamed(sig.to_token_stream(), &this, &own, slice);
        let (Ok(body), Ok(sig)) = (syn::parse2(body), syn::parse2(sig)) else {
            return TokenStream::new();
        };
        let function = Function {
            attrs: &method.attrs,
            vis: &Visibility::Inherited,
            sig: &sig,
            block: &body,
            home: Home::Module,
            outer: None,
            own: None,
            around: None,
            of_trait: None,
            asked: Asked::Alone,
            applied: false,
            any_receiver: false,
        };
        function_items(&function, &self.options, diag)
    }
}

/// An item of the block for what stands for a slice: it is the slice's.
fn delegated(item: &ImplItem, path: &syn::Path, slice: &TypeSlice) -> TokenStream {
    let own = quote!(<#slice as #path>);
    match item {
        ImplItem::Const(constant) => {
            let (attrs, name, ty) = (&constant.attrs, &constant.ident, &constant.ty);
            quote!(#(#attrs)* const #name: #ty = #own::#name;)
        }
        ImplItem::Type(ty) => {
            let (name, generics) = (&ty.ident, &ty.generics);
            quote!(type #name #generics = #own::#name #generics;)
        }
        ImplItem::Fn(function) => {
            let mut sig = function.sig.clone();
            let mut args = Vec::new();
            for (k, input) in sig.inputs.iter_mut().enumerate() {
                match input {
                    FnArg::Receiver(receiver) => {
                        args.push(receiver.self_token.to_token_stream());
                    }
                    FnArg::Typed(typed) => {
                        let name = format_ident!("arg{k}");
                        args.push(name.to_token_stream());
                        *typed.pat = syn::parse_quote!(#name);
                    }
                }
            }
            let name = &sig.ident;
            let cfgs = function.attrs.iter().filter(|a| a.path().is_ident("cfg"));
            quote!(#(#cfgs)* #[inline] #sig { #own::#name(#(#args),*) })
        }
        _ => TokenStream::new(),
    }
}

/// The tokens with `this` for `self`, and the slice for `Self`.
fn renamed(tokens: TokenStream, this: &Ident, own: &TokenStream, slice: &TypeSlice) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == "self" => {
                let mut this = this.clone();
                this.set_span(name.span());
                out.extend([TokenTree::Ident(this)]);
            }
            TokenTree::Ident(name) if name == "Self" => {
                let goes_on =
                    matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':');
                out.extend(if goes_on { own.clone() } else { quote!(#slice) });
            }
            TokenTree::Group(group) => {
                let inner = renamed(group.stream(), this, own, slice);
                let mut group_of = Group::new(group.delimiter(), inner);
                group_of.set_span(group.span());
                out.extend([TokenTree::Group(group_of)]);
            }
            other => out.extend([other]),
        }
    }
    out
}
