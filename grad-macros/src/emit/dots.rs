//! The tangents of a call's arguments, as forward mode is handed them.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::body::Body;
use super::places::Access;
use crate::ir::{Arg, Call, Callee};

impl Body<'_> {
    /// The tangent of a receiver that may be borrowed mutably when the call's arguments are computed:
    /// the statement before the call, and the argument.
    pub(super) fn receiver_dot(
        &mut self,
        call: &Call,
        dot: Option<&Arg>,
        span: Span,
    ) -> Option<(TokenStream, TokenStream)> {
        let Callee::Method(name, _) = &call.callee else {
            return None;
        };
        let (Some(Arg::MaybeMut(path)), Some(Arg::MaybeMut(shadow))) = (call.args.first(), dot)
        else {
            return None;
        };
        let mode = self.names.fresh("mode");
        let (again, place) = (self.again(path, name, span), self.place_mut(shadow));
        Some((
            quote!(let #mode = #again.mode();),
            quote!(#mode.dot(&mut #place)),
        ))
    }

    /// The tangent of argument `k` as forward mode is handed it.
    pub(super) fn dot(&self, call: &Call, k: usize, dot: Option<&Arg>, span: Span) -> TokenStream {
        let (is_receiver, arg) = (k == 0, &call.args[k]);
        match dot {
            None | Some(Arg::State(_)) => quote!(::core::option::Option::None),
            Some(Arg::Value(v)) => {
                let v = self.value(*v);
                quote!(::core::option::Option::Some(&#v))
            }
            Some(Arg::MaybeMut(shadow)) => match (&call.callee, arg) {
                (Callee::Method(name, _), Arg::MaybeMut(path)) if is_receiver => {
                    let (again, place) = (self.again(path, name, span), self.place_mut(shadow));
                    quote!(#again.mode().dot(&mut #place))
                }
                _ => {
                    let (root, place) = (&self.root, self.reference(shadow, Access::Write));
                    quote!(#root::private::handed_dot(#place))
                }
            },
            Some(Arg::RefMut(path)) => {
                let place = self.reference(path, Access::Write);
                quote!(::core::option::Option::Some(#place))
            }
            Some(arg) => {
                let place = arg.path().map(|path| self.reference(path, Access::Read));
                quote!(::core::option::Option::Some(#place))
            }
        }
    }
}
