//! Whole arrays on tapes.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use crate::ir::{Path, Storage, Value, Var};

impl Body<'_> {
    /// The type of the tape.
    pub(super) fn store(&self, tape: Var) -> TokenStream {
        if self.graph.is_shelf(tape) {
            quote!(Shelf)
        } else {
            quote!(Saved)
        }
    }

    pub(super) fn save(&self, tape: Var, path: &Path) -> TokenStream {
        let (store, place) = (self.variable(tape), self.place(path));
        quote!(#store.save(&#place[..]))
    }

    pub(super) fn restore(&mut self, tape: Var, path: &Path, length: Option<Value>) -> TokenStream {
        let store = self.variable(tape);
        let info = self.graph.var(path.root);
        if info.storage != Storage::Ref {
            let place = self.place(path);
            return quote!(#place[..].clone_from_slice(#store.restore()));
        }
        let name = self.names.fresh(&info.name);
        self.name_var(path.root, &name);
        let Some(length) = length else {
            return quote!(let #name = #store.restore());
        };
        // As a slice of known length its bounds need no check; a call may want the vector.
        let whole = self.names.fresh(&info.name);
        self.wholes.insert(path.root, whole.clone());
        let length = self.value(length);
        quote!(let #whole = #store.restore(); let #name = &#whole[..#length])
    }
}
