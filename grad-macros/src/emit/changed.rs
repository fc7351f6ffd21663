//! Closures that change what they capture: what they changed is put back behind the call, and a call
//! that is not differentiated is given a closure that writes through references.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use super::functions::Knit;
use super::places::Access;
use crate::ir::{Arg, Call};
use crate::signature::{Parameter, Passing};

impl Body<'_> {
    /// Puts back what closures have changed.
    pub(super) fn give_changed(&self, knits: &[(usize, Knit)]) -> TokenStream {
        let root = &self.root;
        let all = knits
            .iter()
            .flat_map(|(_, knit)| knit.captures.iter().zip(knit.args));
        all.filter_map(|(own, arg)| match arg {
            Arg::RefMut(path) => {
                let place = self.reference(path, Access::Write);
                Some(quote!(#root::private::exchange(&mut *#own.place(), #place);))
            }
            _ => None,
        })
        .collect()
    }

    /// The arguments of a call that is not differentiated, where a closure among them changes something.
    pub(super) fn plain_arguments(&self, call: &Call) -> Option<Vec<TokenStream>> {
        let knits = self.knits(call);
        let changes = |p: &Parameter| p.passing == Passing::RefMut;
        if !(knits.iter()).any(|(_, knit)| knit.tokens.captures.iter().any(changes)) {
            return None;
        }
        let mut args: Vec<_> = call
            .own_args()
            .iter()
            .map(|arg| self.argument(arg))
            .collect();
        for (place, knit) in &knits {
            if !knit.tokens.captures.iter().any(changes) {
                continue;
            }
            let (inputs, body) = (knit.inputs(), &knit.tokens.plain[usize::from(self.forward)]);
            let captures = knit.tokens.captures.iter().zip(knit.args);
            let lets: TokenStream = captures
                .filter(|(capture, _)| capture.function.is_none())
                .map(|(capture, arg)| {
                    let (name, value) = (&capture.name, self.argument(arg));
                    quote!(let #name = #value;)
                })
                .collect();
            let given = knit.given.iter();
            let given = given.map(|own| quote!(let #own = ::core::clone::Clone::clone(&#own);));
            let closure = quote!({ #(#given)* #lets move |#(#inputs),*| { #body } });
            args[*place] = with_closure(&args[*place], &closure);
        }
        Some(args)
    }
}

/// The argument, a closure behind a reference or in a box, with other code in place of the closure.
fn with_closure(argument: &TokenStream, closure: &TokenStream) -> TokenStream {
    match syn::parse2::<syn::Expr>(argument.clone()) {
        Ok(expr) => {
            let expr = replaced(expr, closure);
            quote!(#expr)
        }
        Err(_) => closure.clone(),
    }
}

fn replaced(mut expr: syn::Expr, closure: &TokenStream) -> syn::Expr {
    use syn::Expr;
    let inside = match &mut expr {
        Expr::Reference(reference) => &mut reference.expr,
        Expr::Paren(inner) => &mut inner.expr,
        Expr::Cast(cast) => &mut cast.expr,
        Expr::Call(call) if call.args.len() == 1 => {
            call.args[0] = replaced(call.args[0].clone(), closure);
            return expr;
        }
        _ => return Expr::Verbatim(closure.clone()),
    };
    **inside = replaced((**inside).clone(), closure);
    expr
}
