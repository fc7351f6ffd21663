//! Walks: where a reference that moves on has come to.
//!
//! ```text
//! let walk = private::walk(&list, |place| place);
//! let walk_1 = walk.onward(&[], (|place, _| &*place.next.., |place, _| &mut .., .., ..));
//! ```

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use super::body::Body;
use super::names::Names;
use super::places::Access;
use crate::ir::{Kind, Path, Site, Ty, Value};

impl Body<'_> {
    /// A site that gives a walk.
    pub(super) fn walk(&self, site: &Site) -> TokenStream {
        let root = &self.root;
        let operand = |k: usize| self.value(site.operands[k]);
        match &site.kind {
            Kind::Walk(path) => {
                // Only its type is looked at; it may not be there.
                let whole = self.place(&Path::of(path.root));
                let values = path.values().into_iter().map(|v| self.value(v)).collect();
                let tangent = self.graph.var(path.root).tangent;
                let start = self.part_of(path, values, Access::Read, tangent);
                quote!(#root::private::walk(&#whole, |__place| #start))
            }
            Kind::Onward(path, mutable) => {
                let walk = operand(0);
                let keys = path.values().into_iter().map(|v| self.value(v));
                let steps = self.walk_steps(path, *mutable);
                quote!(#walk.onward(&[#(#keys),*], #steps))
            }
            _ => {
                let (walk, then) = (operand(0), operand(1));
                match self.graph.ty(site.operands[1]) {
                    Ty::Walk => quote!(#walk.joined(&#then)),
                    _ => quote!(#walk.through(#then.clone())),
                }
            }
        }
    }

    /// The steps as functions of the place before them and of the indices on them.
    fn walk_steps(&self, path: &Path, mutable: bool) -> TokenStream {
        let root = &self.root;
        let keys: Vec<_> = (0..path.values().len())
            .map(|k| quote!(__key[#k]))
            .collect();
        let step = |access: Access, tangent: bool| {
            let place = self.part_of(path, keys.clone(), access, tangent);
            quote!(|__place, __key| #place)
        };
        let of = step(Access::Read, false);
        let of_mut = if mutable {
            step(Access::Write, false)
        } else {
            quote!(|_, _| ::core::unreachable!())
        };
        let (at, at_mut) = (step(Access::Read, true), step(Access::Write, true));
        quote!(#root::private::Steps { of: #of, of_mut: #of_mut, at: #at, at_mut: #at_mut })
    }

    /// A reference to a part of what `__place` is one to; the values on the path are spelled so.
    pub(super) fn part_of(
        &self,
        path: &Path,
        values: Vec<TokenStream>,
        access: Access,
        tangent: bool,
    ) -> TokenStream {
        let place = format_ident!("__place", span = Span::call_site());
        if path.steps.is_empty() {
            return quote!(#place);
        }
        let mut graph = self.graph.clone();
        graph.var_mut(path.root).tangent = tangent;
        let names = Names::avoiding(&TokenStream::new());
        let mut body = Body::new(&graph, names, self.root.clone());
        body.name_var(path.root, &place);
        body.set_ref(path.root);
        for (value, code) in path.values().into_iter().zip(values) {
            body.spell_value(value, code);
        }
        body.reference(path, access)
    }

    /// A value that leaves a region or goes into the next iteration; a walk may be needed again.
    pub(super) fn handed_on(&self, value: Value) -> TokenStream {
        let code = self.value(value);
        if *self.graph.ty(value) == Ty::Walk {
            quote!(#code.clone())
        } else {
            code
        }
    }
}

/// Whether what is handed on is the variable of that name, or a copy of it.
pub(super) fn is_or_copies(handed: &TokenStream, name: &proc_macro2::Ident) -> bool {
    let handed = handed.to_string();
    *name == handed || handed == quote!(#name.clone()).to_string()
}
