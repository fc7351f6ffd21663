//! Elided lifetimes of parameters, named for a pullback that borrows.

use syn::Type;

/// Gives every elided reference the lifetime `'grad`.
pub(super) fn name_lifetimes(ty: &mut Type) {
    match ty {
        Type::Reference(reference) => {
            reference
                .lifetime
                .get_or_insert_with(|| syn::parse_quote!('grad));
            name_lifetimes(&mut reference.elem);
        }
        Type::Slice(slice) => name_lifetimes(&mut slice.elem),
        Type::Array(array) => name_lifetimes(&mut array.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(name_lifetimes),
        Type::Paren(inner) => name_lifetimes(&mut inner.elem),
        Type::Group(inner) => name_lifetimes(&mut inner.elem),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let syn::PathArguments::AngleBracketed(generics) = &mut segment.arguments {
                    generics.args.iter_mut().for_each(name_argument);
                }
            }
        }
        _ => {}
    }
}

fn name_argument(argument: &mut syn::GenericArgument) {
    match argument {
        syn::GenericArgument::Type(ty) => name_lifetimes(ty),
        syn::GenericArgument::Lifetime(lifetime) if lifetime.ident == "_" => {
            *lifetime = syn::parse_quote!('grad);
        }
        _ => {}
    }
}
