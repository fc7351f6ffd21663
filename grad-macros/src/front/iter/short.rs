//! Ends that stop at the first `None` or `Err`: `collect`, `sum` and `product` into an `Option` or a
//! `Result`, `try_fold`, `try_for_each`. They are written out as the loops they stand for.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, Type};

use super::super::{Lower, Operand};
use super::{Function, Iter, Site};
use crate::ir::Ty;

/// Which of the two.
#[derive(Clone, Copy, PartialEq)]
enum Try {
    Option,
    Result,
}

impl Try {
    /// By the name of a type or of what makes a value of one.
    fn named(name: &str) -> Option<Self> {
        match name {
            "Option" | "Some" | "None" | "then" | "then_some" => Some(Try::Option),
            "Result" | "Ok" | "Err" => Some(Try::Result),
            _ => None,
        }
    }

    /// The type and what it holds.
    fn of_type(ty: &Type) -> Option<(Self, Type)> {
        let Type::Path(path) = ty else { return None };
        let last = path.path.segments.last()?;
        let known = Self::named(&last.ident.to_string())?;
        let syn::PathArguments::AngleBracketed(generics) = &last.arguments else {
            return None;
        };
        let inner = generics.args.iter().find_map(|arg| match arg {
            syn::GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })?;
        Some((known, inner))
    }

    /// By the first name in the code that tells.
    fn told_by(tokens: TokenStream) -> Option<Self> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(name) => Self::named(&name.to_string()),
            TokenTree::Group(group) => Self::told_by(group.stream()),
            _ => None,
        })
    }

    /// The arm that leaves, and what holds a value.
    fn spelled(self) -> (TokenStream, TokenStream) {
        match self {
            Try::Option => (quote!(None => break '__short None), quote!(Some)),
            Try::Result => (
                quote!(Err(__error) => break '__short Err(__error)),
                quote!(Ok),
            ),
        }
    }
}

/// The iterator, of which the last function gives what the end stops at: results where it collects into
/// a `Result`, options where into an `Option`.
fn told(iter: &Iter, ty: &Type) -> Iter {
    let Iter::Map(items, function) = iter else {
        return iter.clone();
    };
    let mut item = ty.clone();
    if let Type::Path(path) = &mut item {
        let last = path
            .path
            .segments
            .last_mut()
            .map(|last| &mut last.arguments);
        if let Some(syn::PathArguments::AngleBracketed(list)) = last {
            if let Some(first) = list.args.first_mut() {
                *first = syn::parse_quote!(_);
            }
        }
    }
    Iter::Map(items.clone(), function.giving(&item))
}

/// Whether the body of a closure tells that it gives a `Result`.
pub(crate) fn gives_result(body: &Expr) -> bool {
    Try::given_by(body) == Some(Try::Result)
}

/// What the body of a closure that may return early tells of the type that it gives.
pub(crate) fn told_output(body: &Expr) -> Ty {
    match Try::given_by(body) {
        Some(Try::Option) => Ty::Option(Box::new(Ty::Unknown)),
        Some(Try::Result) => Ty::Named("Result".to_owned()),
        None => Ty::Unknown,
    }
}

impl Try {
    /// By its last expression, or by what stands before.
    fn given_by(body: &Expr) -> Option<Self> {
        let last = match body {
            Expr::Block(block) => match block.block.stmts.last() {
                Some(syn::Stmt::Expr(last, None)) => Try::told_by(last.to_token_stream()),
                _ => None,
            },
            _ => None,
        };
        last.or_else(|| Try::told_by(body.to_token_stream()))
    }
}

impl Lower<'_> {
    /// The end named, if it stops early; `None` if it does not.
    pub(super) fn short(&mut self, iter: &Iter, args: &[&Expr], site: &Site) -> Option<Operand> {
        match (site.name, args) {
            ("collect" | "sum" | "product", []) => {
                let (kind, inner) = Try::of_type(site.hint?)?;
                let (start, step) = match site.name {
                    "collect" if !super::collect::is_vector(&inner) => return None,
                    "collect" => (quote!(Vec::new()), quote!(__all.push(__value))),
                    "sum" => (self.start_of(&inner, "Sum"), quote!(__all += __value)),
                    _ => (self.start_of(&inner, "Product"), quote!(__all *= __value)),
                };
                let (leaves, holds) = kind.spelled();
                let code = quote!({
                    let mut __all: #inner = #start;
                    for __item in __items {
                        match __item { #holds(__value) => #step, #leaves }
                    }
                    #holds(__all)
                });
                let items = Operand::Iter(told(iter, site.hint?));
                Some(self.written_out(vec![("__items", items)], &code, site))
            }
            ("try_fold", [first, f]) => {
                let kind = self.kind_of(f, site)?;
                let (leaves, holds) = kind.spelled();
                let first = self.lower_expr(first);
                let code = quote!({
                    let mut __all = __first;
                    for __item in __items {
                        match __function(__all, __item) {
                            #holds(__value) => __all = __value,
                            #leaves
                        }
                    }
                    #holds(__all)
                });
                Some(self.tried(iter, vec![("__first", first)], f, &code, site))
            }
            ("try_for_each", [f]) => {
                let kind = self.kind_of(f, site)?;
                let (leaves, holds) = kind.spelled();
                let code = quote!({
                    for __item in __items {
                        match __function(__item) { #holds(_) => {} #leaves }
                    }
                    #holds(())
                });
                Some(self.tried(iter, Vec::new(), f, &code, site))
            }
            _ => None,
        }
    }

    /// Which of the two a function gives: as annotated, as its code tells, or as this one returns.
    fn kind_of(&mut self, f: &Expr, site: &Site) -> Option<Try> {
        let annotated = site.hint.and_then(Try::of_type);
        if let Some((kind, _)) = annotated {
            return Some(kind);
        }
        let code = match self.function_of(f)? {
            Function::Written(written) => written.tokens(&quote!()),
            _ => f.to_token_stream(),
        };
        if code.to_string().contains("ControlFlow") {
            return None;
        }
        let returned = self.output_type.as_ref().and_then(Try::of_type);
        Try::told_by(code).or(returned.map(|(kind, _)| kind))
    }

    fn tried(
        &mut self,
        iter: &Iter,
        mut operands: Vec<(&str, Operand)>,
        f: &Expr,
        code: &TokenStream,
        site: &Site,
    ) -> Operand {
        operands.push(("__items", Operand::Iter(iter.clone())));
        self.with_function(f, |cx, f| {
            operands.push(("__function", Operand::Closure(f.clone())));
            cx.written_out(operands, code, site)
        })
    }

    /// The labelled block, with the names its code uses.
    fn written_out(
        &mut self,
        operands: Vec<(&str, Operand)>,
        block: &TokenStream,
        site: &Site,
    ) -> Operand {
        let annotation = match site.hint {
            Some(ty) if Try::of_type(ty).is_some() => quote!(: #ty),
            _ => quote!(),
        };
        let code = quote!({ let __result #annotation = '__short: #block; __result });
        self.write_out(operands, code, site.span)
    }

    /// What std's sum or product of nothing is.
    fn start_of(&self, ty: &Type, of: &str) -> TokenStream {
        let name = ty.to_token_stream().to_string();
        let sums = of == "Sum";
        if self.numbers.contains(&name) {
            return if sums {
                quote!(<#ty as ::core::iter::Sum<#ty>>::sum(::core::iter::empty::<#ty>()))
            } else {
                quote!(<#ty as ::core::iter::Product<#ty>>::product(::core::iter::empty::<#ty>()))
            };
        }
        let whole = super::super::call::integer_type(ty).is_some();
        match (sums, whole) {
            (true, true) => quote!(0),
            (false, true) => quote!(1),
            (true, false) => quote!(-0.0),
            (false, false) => quote!(1.0),
        }
    }
}
