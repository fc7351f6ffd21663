//! `collect` into what is no vector: queues, maps, and what holds no floats.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::Type;

use super::super::{Lower, Operand};
use super::{Iter, Site};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Kind, Ty};
use crate::signature::MAP;

/// Collections that are made as the source makes them, of items that are not differentiated.
const INERT: &[&str] = &[
    "HashMap",
    "BTreeMap",
    "HashSet",
    "BTreeSet",
    "BinaryHeap",
    "String",
];

impl Lower<'_> {
    /// The items in a collection of the type, where it is one of these.
    pub(super) fn collect_other(&mut self, iter: &Iter, ty: &Type, span: Span) -> Option<Operand> {
        if super::super::deque::is_written_deque(ty) {
            return Some(self.deque_of(Operand::Iter(iter.clone()), Some(ty), span));
        }
        if matches!(self.ty_of(ty), Ty::Named(name) if name == MAP) {
            return Some(self.map_of(Operand::Iter(iter.clone()), &ty.to_token_stream(), span));
        }
        let Type::Path(path) = ty else { return None };
        let name = path.path.segments.last()?.ident.to_string();
        if !INERT.contains(&name.as_str()) {
            return None;
        }
        let site = Site {
            name: "collect",
            span,
            hint: None,
        };
        let items = self.collect(iter, &site);
        let items = self.read_spanned(items, span);
        let kind = Kind::Opaque {
            code: Code(quote!(__items.into_iter().collect::<#ty>())),
            captures: vec![("__items".to_owned(), Capture::Value(items))],
            effect: false,
        };
        let known = self.ty_of(ty);
        let made = self.push(kind, Vec::new(), known, span);
        self.if_active.insert(made, Problem::Collection(name));
        Some(Operand::Value(made))
    }
}
