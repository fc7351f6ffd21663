//! Swaps of two places.
//!
//! Two elements of one sequence cannot both be borrowed, so they are swapped by their indices. Where
//! the places are in parts of it, `w[..k][i]` and `w[k..][j]`, these are `i` and `k + j`.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use crate::ir::{Path, Step};

impl Body<'_> {
    pub(super) fn swap(&self, a: &Path, b: &Path) -> TokenStream {
        if let (Some((before, i)), Some((other, j))) = (self.element(a), self.element(b)) {
            if a.root == b.root && before == other {
                let base = self.place_mut(&Path {
                    root: a.root,
                    steps: before.to_vec(),
                });
                let whole = before.len() + 1 == a.steps.len() && before.len() + 1 == b.steps.len();
                if whole {
                    return quote!(#base.swap(#i, #j));
                }
                let (a, b) = (self.place(a), self.place(b));
                return quote!({
                    let _ = (&#a, &#b);
                    #base.swap(#i, #j)
                });
            }
        }
        let fields_of_one = a.root == b.root && self.lanes.is_some();
        let (root, a, b) = (&self.root, self.place_mut(a), self.place_mut(b));
        if fields_of_one {
            // Only one of them can be borrowed through what remembers whether it is zero.
            let take = quote!(#root::private::take);
            return quote!({ let part = #take(&mut #a); #a = #take(&mut #b); #b = part; });
        }
        quote!(::core::mem::swap(&mut #a, &mut #b))
    }

    /// The steps to the sequence that an element is of, and its index there.
    fn element<'p>(&self, path: &'p Path) -> Option<(&'p [Step], TokenStream)> {
        let (last, mut before) = path.steps.split_last()?;
        let Step::Index(index) = last else {
            return None;
        };
        let mut index = self.value(*index);
        while let Some((Step::Range { start, .. }, outer)) = before.split_last() {
            if let Some(start) = start.map(|start| self.value(start)) {
                index = quote!(#start + #index);
            }
            before = outer;
        }
        Some((before, index))
    }
}
