//! Methods of which only rustc knows whose they are: a vector's or those of the slice it holds.
//!
//! `x.mean()` may be a method that a trait gives to slices, whose siblings are those of
//! `private::Whole`. Where the receiver is known to be a sequence, the call is written so that rustc finds out
//! (`private/whole.rs`):
//!
//! ```text
//! (&&Standing(&x)).standing().__grad_again_mean().receiver(&x).__grad_vjp_mean(..)
//! ```

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use super::body::Body;
use super::items::{Derived, sibling};
use crate::ir::{Arg, Call, Callee, Graph, Path};
use crate::signature::Wanted;

impl Derived<'_> {
    /// The trait that answers for references to sequences, of the methods that a body calls.
    pub(super) fn asked_of(&self, graph: &Graph) -> Option<TokenStream> {
        let root = &self.root;
        if self.signature.wanted == Wanted::Inside {
            // Two such traits in scope would be one too many.
            return None;
        }
        let names = self.asked_names(graph);
        let again = names
            .iter()
            .map(|name| sibling("again", name, Span::call_site()));
        let again: Vec<_> = again.collect();
        let slices = format_ident!("__GradSlices", span = Span::call_site());
        (!names.is_empty()).then(|| {
            quote! {
                trait #slices<'a>: #root::private::Slices<'a> {
                    #(fn #again(&self) -> #root::private::LentSlice<'a, Self::Item> {
                        #root::private::Slices::lend(self)
                    })*
                }
                impl<'a, T: #root::private::Slices<'a>> #slices<'a> for T {}
            }
        })
    }

    /// The methods in question, in closures inside too.
    pub(super) fn asked_names(&self, graph: &Graph) -> BTreeSet<String> {
        let inside = self.functions.iter().flat_map(|f| f.asked.iter().cloned());
        super::missing::calls(graph)
            .filter_map(|call| asked(graph, call).map(|(name, _)| name.to_owned()))
            .chain(inside)
            .collect()
    }
}

/// The method and the receiver of a call, if rustc is asked whose method it is.
fn asked<'a>(graph: &Graph, call: &'a Call) -> Option<(&'a str, &'a Path)> {
    let (Callee::Method(name, _), Some(Arg::Receiver(path) | Arg::MaybeMut(path))) =
        (&call.callee, call.args.first())
    else {
        return None;
    };
    graph.is_sequence(path).then_some((name, path))
}

impl Body<'_> {
    /// The receiver of a method, for its derivatives.
    pub(super) fn asked_receiver(&self, call: &Call, span: Span) -> Option<TokenStream> {
        let (name, path) = asked(self.graph, call)?;
        let place = self.place(path);
        let (root, sibling) = (&self.root, sibling("again", name, span));
        let answer = self.answer(path, name, span);
        // A slice that is bound by a name is its place here, which may be a vector.
        let both = format_ident!("__VectorsAndSlicesBothHaveIt", span = Span::call_site());
        let answer = quote!({
            let answer = #answer;
            let _ = || {
                trait #both { fn #sibling(&self) {} }
                impl<T: #root::private::Other> #both for T {}
                (&&#root::private::Others(answer.answer(), &#place)).other().#sibling();
            };
            answer
        });
        Some(match &call.args[0] {
            Arg::MaybeMut(_) => {
                let (again, place) = (self.again(path, name, span), self.place_mut(path));
                quote!(#answer.answer().chair(#again.mode(), &mut #place).taken())
            }
            _ => quote!(#answer.receiver(&#place)),
        })
    }

    /// Whose method it is.
    fn answer(&self, path: &Path, method: &str, span: Span) -> TokenStream {
        let (root, place) = (&self.root, self.place(path));
        let again = sibling("again", method, span);
        quote!((&&#root::private::Standing(&#place)).standing().#again())
    }

    /// The receiver of a method for its pullback.
    pub(super) fn again(&self, path: &Path, method: &str, span: Span) -> TokenStream {
        let (place, again) = (self.place(path), sibling("again", method, span));
        if !self.graph.is_sequence(path) {
            return quote!(#place.#again());
        }
        let answer = self.answer(path, method, span);
        quote!(#answer.receiver(&#place).#again())
    }
}
