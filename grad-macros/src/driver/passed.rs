//! The closures that a function passes to functions.

use proc_macro2::TokenStream;

use super::stages::active_in;
use crate::diag::Diagnostics;
use crate::emit::{Derived, FunctionTokens, function_tokens};
use crate::stages::{Lowered, Tangents};
use crate::{ad, pass};

/// The closures a function passes to functions, differentiated by what is active where they are
/// passed.
pub(super) fn passed_functions(
    lowered: &mut Lowered,
    active: &ad::Activity,
    around: &Derived,
    avoid: &TokenStream,
    diag: &Diagnostics,
) -> Vec<FunctionTokens> {
    for (number, captured) in lowered.graph.passed_closures() {
        let Some(passed) = lowered.passed.get_mut(number) else {
            continue;
        };
        for (k, arg) in captured.iter().enumerate() {
            let (place, wrt) = (passed.inputs + k, active.arg(arg));
            let parameter = &mut passed.signature.parameters[place];
            parameter.wrt = wrt && parameter.function.is_none();
            passed.lowered.graph.params[place].wrt = wrt;
        }
    }
    let sig: syn::Signature = syn::parse_quote!(fn closure());
    let mut functions = Vec::new();
    for passed in &mut lowered.passed {
        pass::simplify_lowered(&mut passed.lowered.graph);
        let own = active_in(&mut passed.lowered, diag);
        let derived = Derived {
            sig: &sig,
            signature: &passed.signature,
            root: around.root.clone(),
            of_trait: None,
            functions: &[],
            ..*around
        };
        let inner = passed_functions(&mut passed.lowered, &own, &derived, avoid, diag);
        if diag.any() {
            return Vec::new();
        }
        let derived = Derived {
            functions: &inner,
            root: around.root.clone(),
            of_trait: None,
            ..derived
        };
        let forward = derived.modes.forward().then(|| {
            let mut forward = ad::forward(&passed.lowered.graph, &own, Tangents::One);
            pass::simplify(&mut forward.graph);
            forward
        });
        let reverse = derived.modes.reverse().then(|| {
            let mut reverse = ad::reverse(&passed.lowered.graph, &passed.lowered.output, &own);
            pass::simplify_reverse(&mut reverse.graph, pass::Size::of(&passed.lowered.graph));
            reverse
        });
        functions.push(function_tokens(
            &derived,
            &passed.lowered,
            forward.as_ref(),
            reverse.as_ref(),
            passed.inputs,
            avoid,
        ));
    }
    functions
}
