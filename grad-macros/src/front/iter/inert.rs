//! Iterators of which only rustc knows what they give: words of a text, the entries of maps. Their
//! items are gathered first. Where floats that are differentiated are among them, that is an error.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprMethodCall};

use super::super::{Lower, Operand};
use super::source::elements;
use super::{Access, Iter};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Kind, Path, Ty, Value};
use crate::signature::COLLECTIONS;

/// Methods of iterators that take a function or other items, of which floats may be a part.
const TAKING: &[&str] = &[
    "map",
    "zip",
    "filter",
    "fold",
    "for_each",
    "flat_map",
    "filter_map",
    "take_while",
    "skip_while",
    "scan",
    "chain",
];

/// Methods that end an iterator which has no end of its own.
const ENDING: &[&str] = &["take", "take_while", "map_while"];

/// Methods of collections that give iterators.
const VIEWS: &[&str] = &[
    "iter",
    "keys",
    "values",
    "into_iter",
    "into_keys",
    "into_values",
    "range",
    "union",
    "intersection",
    "difference",
];

impl Lower<'_> {
    /// The items of an iterator without floats; of one that starts again and again, those of one turn.
    pub(in crate::front) fn inert_items(&mut self, iterator: Value, span: Span) -> Option<Iter> {
        let made_by = self.graph.def(iterator).map(|site| site.kind.clone());
        if let Some(Kind::Opaque { code, captures, .. }) = made_by {
            match endless(&code.0) {
                Endless::No => {}
                Endless::Turns(turn) => {
                    let items = self.gathered(&turn, captures, Ty::Inert, span);
                    return Some(Iter::Cycle(Box::new(items)));
                }
                Endless::Otherwise => {
                    self.report(span, Problem::Endless);
                    return None;
                }
            }
        }
        let code = quote!(::core::iter::IntoIterator::into_iter(__items));
        let captures = vec![("__items".to_owned(), Capture::Value(iterator))];
        Some(self.gathered(&code, captures, Ty::Inert, span))
    }

    /// The items of a collection of std's.
    pub(super) fn items_of_collection(&mut self, operand: &Operand, span: Span) -> Option<Iter> {
        let (path, lent) = match operand {
            Operand::Place(path, _) => (path, false),
            Operand::Ref(path, _) => (path, true),
            _ => return None,
        };
        if !self.is_collection(operand) {
            return None;
        }
        let code = quote!(::core::iter::IntoIterator::into_iter(__items));
        let captures = vec![("__items".to_owned(), Capture::Place(path.clone(), lent))];
        Some(self.gathered(&code, captures, Ty::Unknown, span))
    }

    /// Whether it is an item, or a part of one, that only rustc knows.
    pub(in crate::front) fn is_gathered(&self, operand: &Operand) -> bool {
        matches!(operand, Operand::Place(path, _) | Operand::Ref(path, _)
            if self.gathered.contains(&path.root))
    }

    fn is_collection(&self, operand: &Operand) -> bool {
        matches!(self.operand_ty(operand), Ty::Named(name) if COLLECTIONS.contains(&name.as_str()))
    }

    /// What a method gives of a collection, or of an iterator without floats that is handed some.
    pub(super) fn inert_source(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        let name = call.method.to_string();
        if self.is_collection(receiver) && VIEWS.contains(&name.as_str()) {
            let captures = self.captures(&call.to_token_stream());
            let items = self.gathered(
                &call.to_token_stream(),
                captures,
                Ty::Unknown,
                call.method.span(),
            );
            return Some(Operand::Iter(items));
        }
        let Operand::Value(iterator) = receiver else {
            return None;
        };
        let args: Vec<&Expr> = call.args.iter().collect();
        let known = TAKING.contains(&name.as_str()) && *self.graph.ty(*iterator) == Ty::Inert;
        if !known || !self.may_take_floats(&args) {
            return None;
        }
        Some(match self.inert_items(*iterator, call.method.span()) {
            Some(items) => self.iterator_method(&items, call, hint),
            None => Operand::Poison,
        })
    }

    /// The items that the code iterates over, in a vector.
    fn gathered(
        &mut self,
        code: &TokenStream,
        captures: Vec<(String, Capture)>,
        element: Ty,
        span: Span,
    ) -> Iter {
        let ty = Ty::Array(Box::new(element.clone()));
        let kind = Kind::Opaque {
            code: Code(quote!(#code.__grad_gathered())),
            captures,
            effect: false,
        };
        let items = self.push(kind, Vec::new(), ty.clone(), span);
        let problem = Problem::ActiveCode("this iterator".to_owned());
        self.if_active.insert(items, problem);
        let items = self.new_variable("items", ty, false, Some(items));
        self.gathered.insert(items);
        elements(Path::of(items), element, Access::Place)
    }
}

/// Whether an iterator ends.
enum Endless {
    No,
    /// It starts again after each turn: the iterator of one.
    Turns(TokenStream),
    Otherwise,
}

/// What the code of an iterator says of its end: a `cycle` that no later method ends.
fn endless(code: &TokenStream) -> Endless {
    let Ok(mut call) = syn::parse2::<ExprMethodCall>(code.clone()) else {
        return Endless::No;
    };
    if call.method == "cycle" {
        return Endless::Turns(call.receiver.to_token_stream());
    }
    loop {
        let method = call.method.to_string();
        if method == "cycle" {
            return Endless::Otherwise;
        }
        let inner = match *call.receiver {
            Expr::MethodCall(inner) if !ENDING.contains(&method.as_str()) => inner,
            _ => return Endless::No,
        };
        call = inner;
    }
}
