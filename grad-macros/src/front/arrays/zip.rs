//! `Zip::from(a).and(b).for_each(|a, &b| ..)`: a loop over the entries of all.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::super::iter::{Access, Iter};
use super::super::{Lower, Operand};
use super::{Rank, rank_of};
use crate::ir::{Arg, Capture, Code, Kind, Path};

/// What a chain of `and` starts with, and what it goes over.
struct Producers<'e> {
    exprs: Vec<&'e Expr>,
    /// Whether the function takes the index first.
    indexed: bool,
}

/// The arrays that the chain goes over.
fn producers(expr: &Expr) -> Option<Producers<'_>> {
    match expr {
        Expr::Paren(inner) => producers(&inner.expr),
        Expr::MethodCall(call) if call.method == "and" && call.args.len() == 1 => {
            let mut found = producers(&call.receiver)?;
            found.exprs.push(call.args.first()?);
            Some(found)
        }
        Expr::Call(call) if call.args.len() == 1 => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let mut segments = path.path.segments.iter().rev();
            let (last, of) = (segments.next()?, segments.next()?);
            let starts = of.ident == "Zip" && (last.ident == "from" || last.ident == "indexed");
            starts.then(|| Producers {
                exprs: call.args.iter().collect(),
                indexed: last.ident == "indexed",
            })
        }
        _ => None,
    }
}

impl Lower<'_> {
    /// The end of a chain of `Zip`; `None` of any other method.
    pub(in crate::front) fn zipped_arrays(&mut self, call: &ExprMethodCall) -> Option<Operand> {
        if !self.graph.on_arrays {
            return None;
        }
        let found = producers(&call.receiver)?;
        let name = call.method.to_string();
        let name = name.strip_prefix("par_").unwrap_or(&name);
        let count = found.exprs.len() + usize::from(found.indexed);
        let args: Vec<&Expr> = call.args.iter().collect();
        let (first, function) = match (name, args.as_slice()) {
            ("for_each" | "map_collect" | "all" | "any", [f]) => (None, *f),
            ("fold", [first, f]) => (Some(*first), *f),
            _ => return None,
        };
        let span = call.method.span();
        let (iter, arrays) = self.producing(&found, span);
        let function = of_tuple(function, count, first.is_some());
        let function: Expr = syn::parse2(function).ok()?;
        let adapted = |name: &str, args: TokenStream| -> Option<ExprMethodCall> {
            let name = format_ident!("{name}", span = span);
            syn::parse2(quote_spanned!(span=> __zip.#name(#args))).ok()
        };
        match (name, first) {
            ("map_collect", _) => {
                let map = adapted("map", function.to_token_stream())?;
                let Operand::Iter(mapped) = self.ended(&iter, &map) else {
                    return Some(Operand::Poison);
                };
                let collect: ExprMethodCall =
                    syn::parse2(quote_spanned!(span=> __zip.collect::<Vec<_>>())).ok()?;
                let entries = self.ended(&mapped, &collect);
                Some(self.like_first(arrays.first(), entries, span))
            }
            (name, Some(first)) => {
                let call = adapted(name, quote_spanned!(span=> #first, #function))?;
                Some(self.ended(&iter, &call))
            }
            (name, None) => {
                let call = adapted(name, function.to_token_stream())?;
                Some(self.ended(&iter, &call))
            }
        }
    }

    /// The entries of all, one beside the other, and the arrays they are of.
    fn producing(&mut self, found: &Producers<'_>, span: Span) -> (Iter, Vec<Path>) {
        let mut arrays: Vec<Path> = Vec::new();
        let mut whole: Option<Iter> = None;
        for expr in &found.exprs {
            let operand = match self.lower_expr(expr) {
                Operand::Iter(iter) => {
                    whole = Some(beside(whole, iter));
                    continue;
                }
                Operand::Value(value) => {
                    let ty = self.graph.ty(value).clone();
                    Operand::Place(self.as_path(Operand::Value(value)), ty)
                }
                other => other,
            };
            let ty = self.operand_ty(&operand);
            let path = self.as_path(operand.clone());
            if let Some(first) = arrays.first().cloned() {
                self.check_same_shape(&first, &path, expr.span());
            } else if found.indexed {
                let indices = self.indices_of(&operand, &ty, span);
                whole = Some(beside(whole, indices));
            }
            let access = match operand {
                Operand::RefMut(..) => Access::RefMut,
                _ => Access::Ref,
            };
            let entries = self.entries(&operand, &ty, access, span);
            whole = Some(beside(whole, entries));
            arrays.push(path);
        }
        let none = Iter::Repeat(Box::new(Operand::Unit));
        (whole.unwrap_or(none), arrays)
    }

    /// As `Zip` does, a panic where the shapes differ.
    fn check_same_shape(&mut self, a: &Path, b: &Path, span: Span) {
        let capture =
            |name: &str, path: &Path| (name.to_owned(), Capture::Place(path.clone(), false));
        let kind = Kind::Opaque {
            code: Code(quote_spanned!(span=>
                __a.shape().__grad_same_shape(__b.shape())
            )),
            captures: vec![capture("__a", a), capture("__b", b)],
            effect: true,
        };
        self.push_effect(kind, Vec::new(), span);
    }

    /// An array of the entries that has the shape of the first.
    fn like_first(&mut self, first: Option<&Path>, entries: Operand, span: Span) -> Operand {
        let entries = self.as_arg(entries, false, span);
        let Some(first) = first else {
            return self.report(
                span,
                crate::diag::Problem::Iterator("map_collect".to_owned()),
            );
        };
        let ty = match rank_of(&self.graph.var(first.root).ty) {
            Some(rank) if first.steps.is_empty() => rank.ty(),
            _ => Rank::Unknown.ty(),
        };
        let args = vec![Arg::Receiver(first.clone()), entries];
        self.call_rule("gathered_as", args, ty, span)
    }
}

fn beside(whole: Option<Iter>, next: Iter) -> Iter {
    match whole {
        Some(whole) => Iter::Zip(Box::new(whole), Box::new(next)),
        None => next,
    }
}

/// A function of so many arguments as one of them in pairs, as iterators give them: `|a, b, c| ..` as
/// `|((a, b), c)| ..`. What a fold has added up so far stays the first argument.
fn of_tuple(function: &Expr, count: usize, folds: bool) -> TokenStream {
    let span = function.span();
    let pairs = |parts: Vec<TokenStream>| {
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        parts.fold(first, |whole, part| quote_spanned!(span=> (#whole, #part)))
    };
    let front = usize::from(folds);
    if let Expr::Closure(closure) = function {
        let mut inputs: Vec<TokenStream> = closure
            .inputs
            .iter()
            .map(ToTokens::to_token_stream)
            .collect();
        if inputs.len() == count + front {
            let first = folds.then(|| inputs.remove(0)).into_iter();
            let (moves, item, body) = (&closure.capture, pairs(inputs), &closure.body);
            return quote_spanned!(span=> #moves |#(#first,)* #item| #body);
        }
    }
    let names: Vec<_> = (0..count + front)
        .map(|k| format_ident!("__item_{k}", span = span).to_token_stream())
        .collect();
    let first = names.iter().take(front);
    let item = pairs(names.iter().skip(front).cloned().collect());
    quote_spanned!(span=> |#(#first,)* #item| (#function)(#(#names),*))
}
