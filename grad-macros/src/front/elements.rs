//! What is pushed into a vector or a queue that was made without a written type tells the type where it
//! was made: the generated code may ask for it before the push.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, Path, PathArguments, PathSegment};

use super::Lower;
use crate::ir::{Arg, Call, Callee, Code, Kind, SiteId, Ty, Var, Width};

impl Lower<'_> {
    /// Notes the type of what the call pushes, if it is such a call.
    pub(super) fn tell_element(&mut self, call: &Call) {
        let Callee::Method(name, None) = &call.callee else {
            return;
        };
        if !matches!(name.as_str(), "push" | "push_back" | "push_front") {
            return;
        }
        let (Some(path), Some(Arg::Value(item))) =
            (call.args.first().and_then(Arg::path), call.args.get(1))
        else {
            return;
        };
        if path.steps.is_empty() {
            if let Some(element) = written(self.graph.ty(*item)) {
                self.name_element(path.root, &element);
            }
        }
    }

    fn name_element(&mut self, var: Var, element: &TokenStream) {
        let Some(site) = self.first_content(var) else {
            return;
        };
        match &mut self.graph.site_mut(site).kind {
            Kind::Opaque { code, .. } => {
                if let Ok(Expr::Call(mut made)) = syn::parse2(code.0.clone()) {
                    name_in_path(&mut made.func, element);
                    *code = Code(made.to_token_stream());
                }
            }
            Kind::Call(Call {
                callee: Callee::Associated(of, name, None),
                ..
            }) if is_maker(name) => {
                if let Ok(mut container) = syn::parse2(of.0.clone()) {
                    name_of_container(&mut container, element);
                    *of = Code(container.to_token_stream());
                }
            }
            _ => {}
        }
    }

    /// The site that computes what the variable starts with.
    fn first_content(&self, var: Var) -> Option<SiteId> {
        let mut sites = self.graph.sites.iter();
        let made = sites.find(|site| site.kind == Kind::Allocate(var))?;
        self.graph.value(*made.operands.first()?).site
    }
}

/// A type as far as it is known, if anything is.
fn written(ty: &Ty) -> Option<TokenStream> {
    match ty {
        Ty::Float(Some(Width::F64)) => Some(quote!(f64)),
        Ty::Float(Some(Width::F32)) => Some(quote!(f32)),
        Ty::Tuple(parts) => {
            let known: Vec<_> = parts.iter().map(written).collect();
            known.iter().any(Option::is_some).then(|| {
                let parts = known.into_iter().map(|ty| ty.unwrap_or(quote!(_)));
                quote!((#(#parts,)*))
            })
        }
        _ => None,
    }
}

/// `Vec::new` as `Vec::<element>::new`.
fn name_in_path(function: &mut Expr, element: &TokenStream) {
    let Expr::Path(function) = function else {
        return;
    };
    let segments = &mut function.path.segments;
    if segments
        .last()
        .is_some_and(|last| is_maker(&last.ident.to_string()))
    {
        if let Some(container) = segments.iter_mut().rev().nth(1) {
            name_of_segment(container, element);
        }
    }
}

fn name_of_container(container: &mut Path, element: &TokenStream) {
    if let Some(last) = container.segments.last_mut() {
        name_of_segment(last, element);
    }
}

fn name_of_segment(segment: &mut PathSegment, element: &TokenStream) {
    let is_container = segment.ident == "Vec" || segment.ident == "VecDeque";
    if is_container && segment.arguments.is_none() {
        segment.arguments = PathArguments::AngleBracketed(syn::parse_quote!(::<#element>));
    }
}

fn is_maker(name: &str) -> bool {
    name == "new" || name == "with_capacity"
}
