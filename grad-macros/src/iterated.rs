//! Functions that return an iterator or are given one: what is differentiated is the function with a
//! `Vec` of the items in its place.
//!
//! `fn values(&self) -> impl Iterator<Item = f64> + '_ { self.v.iter().map(..) }` is taken for
//! `fn values(&self) -> Vec<f64> { self.v.iter().map(..).collect() }`, and
//! `fn mean(items: impl Iterator<Item = f64>) -> f64` for `fn mean(items: Vec<f64>) -> f64`. An iterator
//! keeps its state to itself, so that nobody sees when its items are made; it must have an end.

use quote::quote;
use syn::spanned::Spanned;
use syn::{Block, ReturnType, Signature};

use crate::returns::with_returned;
use crate::signature::iterators::{listed_signature, returns_items};

/// The function with vectors in the place of iterators; nothing if it has none.
pub(crate) fn listed(sig: &Signature, block: &Block) -> Option<(Signature, Block)> {
    let (signature, given) = listed_signature(sig)?;
    let mut block = block.clone();
    if let ReturnType::Type(_, ty) = &signature.output {
        if returns_items(sig) {
            block = with_returned(&block, &|items| {
                let span = items.span();
                syn::parse_quote_spanned!(span=> (#items).__grad_listed::<#ty>())
            });
        }
    }
    for (name, mutable, by_reference) in given.iter().rev() {
        let mutable = mutable.then(|| quote!(mut));
        let method = if *by_reference {
            quote!(iter)
        } else {
            quote!(into_iter)
        };
        let taken = syn::parse_quote!(let #mutable #name = #name.#method(););
        block.stmts.insert(0, taken);
    }
    Some((signature, block))
}
