//! How the visit of a type's parts is inlined.
//!
//! The row of a Jacobian is read by as many visits as there are structs in the inputs, and what a
//! visitor does with each float is less than a call. So a few floats are always visited in place;
//! anything longer is left to the compiler.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::item::{Field, Target};

/// How many floats are few.
const FEW: usize = 16;

/// The attribute of the visit.
pub(super) fn inlined(target: &Target) -> TokenStream {
    let is_float = |field: &Field| {
        let ty = field.ty.to_token_stream().to_string();
        matches!(ty.as_str(), "f32" | "f64")
    };
    match target.variants.as_slice() {
        [only] if only.fields.len() <= FEW && only.fields.iter().all(is_float) => {
            quote!(#[inline(always)])
        }
        _ => quote!(#[inline]),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    #[test]
    fn few_floats_are_visited_in_place() {
        let visit = |item| {
            let derived = crate::derive::derive(item).to_string();
            derived.contains("inline (always)")
        };
        assert!(visit(quote!(
            struct Point {
                x: f64,
                y: f64,
            }
        )));
        assert!(!visit(quote!(
            struct Line {
                points: Vec<f64>,
            }
        )));
        assert!(!visit(quote!(
            enum Shape {
                Round(f64),
                Square(f64),
            }
        )));
    }
}
