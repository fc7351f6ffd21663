//! Structs and variants from their parts.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use super::spelling::member;
use crate::ir::{Kind, Path, Record, Site, Value};

impl Body<'_> {
    pub(super) fn record(&self, record: &Record, parts: &[Value]) -> TokenStream {
        let path = &record.code.0;
        let parts = record.fields.iter().zip(parts).enumerate();
        let fields = parts.map(|(k, (field, value))| {
            let (member, part) = (member(field), self.part(record, k, *value));
            quote!(#member: #part)
        });
        quote!(#path { #(#fields),* })
    }

    /// `Some(&x)` that is passed as it stands, so that the compiler turns `&Vec<_>` into `&[_]`.
    pub(super) fn optional(&self, path: &Path) -> Option<TokenStream> {
        if !path.steps.is_empty() {
            return None;
        }
        let makes = |site: &&Site| site.kind == Kind::Allocate(path.root);
        let made = self.graph.sites.iter().find(makes)?.operands.first()?;
        let site = self.graph.def(*made)?;
        let Kind::Record(record) = &site.kind else {
            return None;
        };
        let optional = record.variant.as_deref() == Some("Some") && !record.borrowed.is_empty();
        optional.then(|| self.record(record, &site.operands))
    }

    /// Part `k` of a record: the field may be a reference to it.
    fn part(&self, record: &Record, k: usize, value: Value) -> TokenStream {
        let v = self.value(value);
        let made = self.graph.def(value).map(|site| &site.kind);
        if record.borrowed.contains(&k) && !matches!(made, Some(Kind::Borrow(_))) {
            return quote!(&#v);
        }
        self.given(value)
    }
}
