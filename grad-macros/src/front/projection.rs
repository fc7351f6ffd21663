//! Functions that return references.
//!
//! Such a function is a projection: it looks for a place inside a parameter. Its graph has no value to
//! give but where that is: which of the places that `return` names, and the indices on the way there.
//! The tail of the body is read as a `return`, so that each place stands at one.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Block, Expr, Stmt};

use super::{Lower, Operand, start};
use crate::diag::{Diagnostics, Problem};
use crate::ir::{Capture, Path, Slot, Ty, Value, Var};
use crate::signature::Signature;
use crate::stages::{Lowered, Route};

/// The places that the `return`s of a function name.
#[derive(Default)]
pub(super) struct Routes {
    /// All of them with the types of the values on the way, from a first walk over the body.
    known: Vec<(Path, Vec<Ty>)>,
    found: Vec<Path>,
}

/// Lowers a function that returns a reference: its results are where that leads.
pub(super) fn lower(
    name: &str,
    signature: &Signature,
    body: &Block,
    around: &TokenStream,
    diag: &Diagnostics,
) -> Lowered {
    let mut body = body.clone();
    return_tail(&mut body);
    let mark = diag.mark();
    let (seen, walks) = super::walk_names::found(|walks| {
        let mut first = start(name, signature, &body, around, diag);
        first.routes = Some(Routes::default());
        let walks = first.walks.set(walks);
        let seen = first.lower_function(signature, &body);
        diag.forget(mark);
        (seen, walks)
    });
    let known = seen.routes.iter().map(|route| {
        let tys = route.path.values().into_iter();
        let tys = tys.map(|v| seen.graph.ty(v).clone()).collect();
        (route.path.clone(), tys)
    });
    let mut second = start(name, signature, &body, around, diag);
    second.walks = walks;
    second.routes = Some(Routes {
        known: known.collect(),
        found: Vec::new(),
    });
    let lowered = second.lower_function(signature, &body);
    if lowered.routes.is_empty() && !diag.any() {
        let span = signature.output_type.span();
        diag.report(span, Problem::ReturnedReference);
    }
    lowered
}

/// Reads the value at the end of the block as returned.
fn return_tail(block: &mut Block) {
    if let Some(Stmt::Expr(expr, semicolon @ None)) = block.stmts.last_mut() {
        return_value(expr);
        *semicolon = Some(syn::Token![;](Span::call_site()));
    }
}

fn return_value(expr: &mut Expr) {
    match expr {
        Expr::Block(block) if block.label.is_none() => return_tail(&mut block.block),
        Expr::If(branch) => {
            return_tail(&mut branch.then_branch);
            if let Some((_, otherwise)) = &mut branch.else_branch {
                return_value(otherwise);
            }
        }
        Expr::Match(m) => m
            .arms
            .iter_mut()
            .for_each(|arm| return_value(&mut arm.body)),
        Expr::Paren(inner) => return_value(&mut inner.expr),
        Expr::Return(_)
        | Expr::Break(_)
        | Expr::Continue(_)
        | Expr::Macro(_)
        | Expr::Loop(_)
        | Expr::While(_)
        | Expr::ForLoop(_) => {}
        _ => *expr = syn::parse_quote!(return #expr),
    }
}

impl Lower<'_> {
    /// The places that were returned, for the stages to come.
    pub(super) fn found_routes(&self) -> Vec<Route> {
        let found = self.routes.iter().flat_map(|routes| &routes.found);
        let paths: Vec<&Path> = found.collect();
        let mut first = usize::from(paths.len() > 1);
        let mut routes = Vec::new();
        for path in paths {
            let mut parameters = self.graph.params.iter();
            let parameter = parameters.position(|p| p.slot == Slot::Memory(path.root));
            routes.push(Route {
                path: path.clone(),
                parameter: parameter.unwrap_or_default(),
                first,
            });
            first += path.values().len();
        }
        routes
    }

    /// What `return` gives where the function returns a reference: where it leads.
    pub(super) fn route(&mut self, operand: Operand) -> Operand {
        let span = self
            .output_type
            .as_ref()
            .map_or_else(Span::call_site, Spanned::span);
        let path = match operand {
            Operand::Ref(path, _) | Operand::RefMut(path, _) | Operand::Place(path, _) => path,
            Operand::Never | Operand::Poison => return operand,
            _ => return self.report(span, Problem::ReturnedReference),
        };
        if !self.is_parameter(path.root) {
            return self.report(span, Problem::ReturnedReference);
        }
        let values = path.values();
        let Some(routes) = &mut self.routes else {
            return Operand::Unit;
        };
        let known = routes.found.iter().position(|p| p.same_shape(&path));
        let number = known.unwrap_or(routes.found.len());
        if known.is_none() {
            routes.found.push(path);
        }
        self.results(number, &values, span)
    }

    /// Whether the place is a parameter of a function that looks for a place in it: what it calls on the
    /// way gets it by shared reference, and the compiler rejects what wants more.
    pub(super) fn looks_only(&self, path: &Path) -> bool {
        self.routes.is_some() && self.is_parameter(path.root)
    }

    fn is_parameter(&self, var: Var) -> bool {
        let mut parameters = self.graph.params.iter();
        parameters.any(|p| p.slot == Slot::Memory(var))
    }

    /// The number of the route and the values on all of them, of which only its own are used.
    fn results(&mut self, number: usize, values: &[Value], span: Span) -> Operand {
        let known = match &self.routes {
            Some(routes) if !routes.known.is_empty() => routes.known.clone(),
            _ => return Operand::Unit,
        };
        let several = known.len() > 1;
        let mut results = Vec::new();
        if several {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            results.push(Operand::Value(self.int(number)));
        }
        for (k, (_, tys)) in known.iter().enumerate() {
            for (place, ty) in tys.iter().enumerate() {
                let own = values.get(place).copied().filter(|_| k == number);
                let value = match (own, ty) {
                    (Some(way), Ty::Way) if several => {
                        let captures = vec![("__way".to_owned(), Capture::Value(way))];
                        self.way(quote!(::core::option::Option::Some(__way)), captures, span)
                    }
                    (None, Ty::Way) => {
                        self.way(quote!(::core::option::Option::None), Vec::new(), span)
                    }
                    (Some(value), _) => value,
                    // Any index of std's is an integer.
                    (None, Ty::Int | Ty::Unknown) => self.int(0),
                    (None, _) => return self.report(span, Problem::ReturnedReference),
                };
                results.push(Operand::Value(value));
            }
        }
        Operand::Tuple(results)
    }
}
