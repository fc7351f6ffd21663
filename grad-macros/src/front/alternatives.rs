//! A pattern with `|` inside as several without.

use syn::Pat;

use super::pattern::{is_path_name, record_parts};

/// The alternatives of a pattern that binds names in several ways: one arm each.
pub(super) fn alternatives(pattern: &Pat) -> Vec<Pat> {
    match pattern {
        Pat::Or(or) if or.cases.iter().any(binds) => {
            or.cases.iter().flat_map(alternatives).collect()
        }
        Pat::Paren(inner) => alternatives(&inner.pat),
        // An or-pattern further inside is spread over the whole.
        Pat::TupleStruct(tuple) => spread(&tuple.elems, |elems| {
            Pat::TupleStruct(syn::PatTupleStruct {
                elems,
                ..tuple.clone()
            })
        }),
        Pat::Tuple(tuple) => spread(&tuple.elems, |elems| {
            Pat::Tuple(syn::PatTuple {
                elems,
                ..tuple.clone()
            })
        }),
        Pat::Reference(inner) => alternatives(&inner.pat)
            .into_iter()
            .map(|pat| {
                let mut outer = inner.clone();
                *outer.pat = pat;
                Pat::Reference(outer)
            })
            .collect(),
        other => vec![other.clone()],
    }
}

pub(super) type Elems = syn::punctuated::Punctuated<Pat, syn::Token![,]>;

fn spread(elems: &Elems, whole: impl Fn(Elems) -> Pat) -> Vec<Pat> {
    let mut found = vec![Elems::new()];
    for part in elems {
        let cases = alternatives(part);
        found = found
            .into_iter()
            .flat_map(|before| {
                cases.iter().map(move |case| {
                    let mut elems = before.clone();
                    elems.push(case.clone());
                    elems
                })
            })
            .collect();
    }
    found.into_iter().map(whole).collect()
}

/// Whether a pattern binds a name.
pub(super) fn binds(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(ident) => {
            !is_path_name(&ident.ident.to_string())
                || ident.subpat.as_ref().is_some_and(|(_, inner)| binds(inner))
        }
        Pat::Paren(inner) => binds(&inner.pat),
        Pat::Reference(inner) => binds(&inner.pat),
        Pat::Type(typed) => binds(&typed.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(binds),
        Pat::Slice(slice) => slice.elems.iter().any(binds),
        Pat::Or(or) => or.cases.iter().any(binds),
        Pat::TupleStruct(_) | Pat::Struct(_) => record_parts(pattern).iter().any(|(p, _)| binds(p)),
        _ => false,
    }
}
