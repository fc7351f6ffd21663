//! What the objects of a trait can be asked for.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Block;

use super::passed_functions;
use super::stages::differentiated;
use crate::diag::Diagnostics;
use crate::emit::{Derived, Inside, bodies};
use crate::ir::Ty;
use crate::options::Options;
use crate::{ad, front, pass};

/// What a trait object can be asked for of a method of a trait.
pub(super) fn object_items(
    derived: &Derived,
    default: Option<&Block>,
    sized: bool,
    options: &Options,
) -> TokenStream {
    let inside = match default {
        _ if sized => Inside::Siblings,
        None => Inside::Nothing,
        Some(block) => match own_bodies(derived, block, options) {
            Some(inside) => inside,
            None => return derived.dynamic_items(&Inside::Siblings, true),
        },
    };
    derived.dynamic_items(&inside, sized)
}

/// The bodies of a default method's derivatives that know the receiver as an object only.
fn own_bodies(derived: &Derived, block: &Block, options: &Options) -> Option<Inside> {
    let mut signature = derived.signature.clone();
    if let Some(receiver) = signature.parameters.first_mut() {
        receiver.wrt = false;
        receiver.ty = Ty::Dyn;
    }
    let derived = Derived {
        signature: &signature,
        root: derived.root.clone(),
        of_trait: None,
        ..*derived
    };
    let (sig, diag) = (derived.sig, Diagnostics::default());
    let name = sig.ident.to_string();
    let mut lowered = front::lower(&name, &signature, block, &block.to_token_stream(), &diag);
    if diag.any() {
        return None;
    }
    pass::simplify_lowered(&mut lowered.graph);
    let active = ad::activity(&lowered.graph, &lowered.if_active, &diag);
    let avoid = quote!(#sig #block);
    let functions = passed_functions(&mut lowered, &active, &derived, &avoid, &diag);
    if diag.any() {
        return None;
    }
    let derived = Derived {
        functions: &functions,
        root: derived.root.clone(),
        of_trait: None,
        ..derived
    };
    let graphs = differentiated(&lowered, &active, &signature, derived.home, options);
    let (vjp, jvp) = bodies(&derived, &lowered, &graphs, &avoid);
    Some(Inside::Own(vjp, jvp))
}
