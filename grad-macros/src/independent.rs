//! No silent zero: a compiler warning at each differentiated parameter that the result cannot depend
//! on.
//!
//! Takes the activity of a function, gives the use of a deprecated constant at the parameter, which is
//! how a macro warns on the stable compiler; its note says what to do. `wrt(..)` says that the zero is
//! meant, and so does a parameter's name that starts with `_`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::ad::Activity;
use crate::emit::Home;
use crate::ir::{Graph, Slot, Ty};
use crate::options::Options;
use crate::signature::{Parameter, Passing, Signature};

/// Where the attribute stands that asks for the derivatives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// On the function itself, or on the block or trait around it.
    Here,
    /// On the function around it, whose derivatives repeat this one.
    Outside,
    /// On the block around it; its derivatives are for callers alone, and the function is none of the
    /// user's.
    Alone,
}

/// The warnings, as an item that stands beside the function.
pub(crate) fn warnings(
    signature: &Signature,
    (name, home, asked): (&syn::Ident, Home, Asked),
    options: &Options,
    graph: &Graph,
    active: &Activity,
) -> TokenStream {
    let is_rule = matches!(home, Home::Trait | Home::TraitImpl | Home::Rule);
    if options.wrt.is_some() || is_rule || asked != Asked::Here || !gives(signature, graph) {
        return TokenStream::new();
    }
    let uses: TokenStream = signature
        .parameters
        .iter()
        .zip(&graph.params)
        .filter(|(parameter, _)| is_surprise(parameter))
        .filter(|(_, param)| match param.slot {
            Slot::Scalar(value) => !active.values.contains(&value),
            Slot::Memory(var) => !active.vars.contains(&var),
        })
        .map(|(parameter, _)| warning(name, parameter))
        .collect();
    if uses.is_empty() {
        return uses;
    }
    let item = match home {
        Home::Module => format_ident!("_", span = Span::call_site()),
        _ => format_ident!("__grad_zero_{}", name.unraw(), span = Span::call_site()),
    };
    quote! {
        #[doc(hidden)] #[allow(dead_code, non_upper_case_globals, clippy::all, clippy::pedantic)]
        const #item: () = { #uses };
    }
}

/// Whether the function gives anything that has a derivative, and returns at all.
fn gives(signature: &Signature, graph: &Graph) -> bool {
    let returns = !graph.block(graph.body).yields.is_empty();
    let changes = |p: &Parameter| p.wrt && p.passing == Passing::RefMut;
    signature.output.may_be_active() && returns || signature.parameters.iter().any(changes)
}

/// Whether a zero entry of the parameter would be a surprise. A named type may be without floats.
fn is_surprise(parameter: &Parameter) -> bool {
    parameter.wrt
        && parameter.passing != Passing::RefMut
        && !parameter.name.to_string().starts_with('_')
        && certainly_floats(&parameter.ty)
}

fn certainly_floats(ty: &Ty) -> bool {
    match ty {
        Ty::Float(_) | Ty::Number => true,
        Ty::Array(inner) | Ty::Option(inner) => certainly_floats(inner),
        Ty::Tuple(parts) => parts.iter().any(certainly_floats),
        _ => false,
    }
}

fn warning(function: &syn::Ident, parameter: &Parameter) -> TokenStream {
    let own = parameter.name.unraw();
    let span = parameter
        .pattern
        .as_ref()
        .map_or(parameter.name.span(), Spanned::span);
    let written = match &parameter.pattern {
        Some(pattern) => pattern.to_token_stream().to_string(),
        None => own.to_string(),
    };
    let text = format!(
        "nothing that `{function}` gives depends on `{written}` in a way that can be differentiated, so its derivative is 0. If that is meant, list the other parameters in `#[differentiate(wrt(..))]`. If not: comparisons, casts to integers and `constant(..)` end differentiation; the root that a search finds by comparing has a derivative all the same, which `#[derivative_of(..)]` states"
    );
    let name = format_ident!(
        "derivative_of_{}_by_{own}_is_zero",
        function.unraw(),
        span = span
    );
    let used = quote_spanned!(span=> let _ = #name;);
    quote! {
        #[deprecated(note = #text)]
        const #name: u8 = 0;
        #used
    }
}
