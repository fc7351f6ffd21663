//! What is assumed of sizes and callees, as Rust: in the companion of a function that rewrites what it
//! is handed by `&mut`, and in front of a gradient that is built on it.
//!
//! For `fn subtract(x: &[f64], y: &[f64], out: &mut [f64])`, whose companion says that all of `out` is
//! written if it is no longer than `x` and `y`:
//!
//! ```text
//! if subtract::rewrites([Some(d), Some(d), Some(d)]) & 4 != 0 { .. } else { .. }
//! ```

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Type;

use super::callee::companion_path;
use super::items::{Derived, Home};
use crate::ir::{Assumed, Atom, Size};
use crate::signature::Passing;

/// Writes a parameter's size.
type Spell<'a> = &'a dyn Fn(usize) -> TokenStream;

impl Derived<'_> {
    /// The function of the companion that tells which slices are rewritten when the arguments have
    /// these sizes.
    pub(super) fn rewrites_item(&self, rewritten: &[(usize, Vec<Assumed>)]) -> Option<TokenStream> {
        let is_slice = |k: usize| {
            let base = self.parameters().get(k).map(|parameter| &parameter.base);
            matches!(base, Some(Type::Slice(_) | Type::Array(_)))
        };
        let known: Vec<_> = rewritten.iter().filter(|(k, _)| is_slice(*k)).collect();
        if known.is_empty() || self.home != Home::Module || !self.modes.reverse() {
            return None;
        }
        let (vis, allows) = (self.vis, self.allows());
        let (root, count) = (&self.root, self.parameters().len());
        let masks = known.iter().map(|(k, assumed)| {
            let bit = Literal::u64_suffixed(1 << k);
            let all = self.all(assumed, &|k| quote!(#root::private::known(sizes[#k])?));
            quote! {
                if (|| ::core::option::Option::Some(#all))() == ::core::option::Option::Some(true) {
                    mask |= #bit;
                }
            }
        });
        Some(quote! {
            /// Which slices it writes all of before it reads any of them, where sizes are known; asked
            /// by the derivatives of callers.
            #[doc(hidden)] #[inline] #[must_use] #allows
            #vis fn rewrites(sizes: [::core::option::Option<usize>; #count]) -> u64 {
                use #root::private::Rewrites as _;
                let mut mask = 0;
                #(#masks)*
                mask
            }
        })
    }

    /// Whether all that is assumed holds for what the function is given.
    pub(super) fn holds(&self, assumed: &[Assumed]) -> TokenStream {
        let root = &self.root;
        let all = self.all(assumed, &|k| {
            let parameter = &self.parameters()[k];
            let name = &parameter.name;
            if parameter.is_sequence() || matches!(parameter.base, Type::Array(_)) {
                return quote!((#name.len() as i128));
            }
            match parameter.passing {
                Passing::Value => quote!((#name as i128)),
                _ => quote!((*#name as i128)),
            }
        });
        quote!({ use #root::private::Rewrites as _; #all })
    }

    fn all(&self, assumed: &[Assumed], parameter: Spell) -> TokenStream {
        let root = &self.root;
        let each = assumed.iter().map(|one| match one {
            Assumed::Covers(end, length) => {
                let (end, length) = (spelled(end, parameter), spelled(length, parameter));
                quote!(#end >= #length)
            }
            Assumed::Rewrites {
                callee,
                sizes,
                argument,
            } => {
                let path = companion_path(&callee.0, root);
                let bit = Literal::u64_suffixed(1 << argument);
                let sizes = sizes.iter().map(|size| match size {
                    None => quote!(::core::option::Option::None),
                    Some(size) => {
                        let size = spelled(size, parameter);
                        quote!(#root::private::size(|| ::core::option::Option::Some(#size)))
                    }
                });
                quote!(#path::rewrites([#(#sizes),*]) & #bit != 0)
            }
        });
        let each: Vec<_> = each.collect();
        if each.is_empty() {
            quote!(true)
        } else {
            quote!(#(#each)&&*)
        }
    }
}

/// A size as an `i128`.
fn spelled(size: &Size, parameter: Spell) -> TokenStream {
    let terms = size.terms().map(|(product, factor)| {
        let digits = Literal::i128_suffixed(factor.abs());
        let factor = if factor < 0 {
            quote!((-#digits))
        } else {
            quote!(#digits)
        };
        let atoms = product.iter().map(|atom| spelled_atom(atom, parameter));
        quote!(#factor #(.wrapping_mul(#atoms))*)
    });
    let terms = terms.reduce(|sum, term| quote!(#sum.wrapping_add(#term)));
    terms.unwrap_or_else(|| quote!(0_i128))
}

fn spelled_atom(atom: &Atom, parameter: Spell) -> TokenStream {
    match atom {
        Atom::Parameter(k) => parameter(*k),
        Atom::Quotient(size, by) => {
            let (size, by) = (spelled(size, parameter), Literal::i128_suffixed(*by));
            quote!(#size.wrapping_div(#by))
        }
        Atom::Least(a, b) => {
            let (a, b) = (spelled(a, parameter), spelled(b, parameter));
            quote!(#a.min(#b))
        }
        // Only sizes that are known are assumed anything of.
        Atom::Inner(_) => quote!(::core::unreachable!()),
    }
}
