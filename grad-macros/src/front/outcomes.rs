//! Methods of `Option` and `Result` that are a `match` by their definition: they are lowered as it.
//!
//! The functions of a `Result`'s error (`map_err(|e| ..)`) are written into the arm, so what they
//! take needs no derivative.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Pat};

use super::pattern::last_segment;
use super::{Lower, Operand};
use crate::ir::Ty;

/// The receiver, under a name that no source has.
const RECEIVER: &str = "__outcome";

/// Methods that only results have.
const OF_RESULTS: &[&str] = &[
    "map_err",
    "ok",
    "err",
    "is_ok",
    "is_err",
    "unwrap_err",
    "inspect_err",
];

/// Methods that give a result of a result, an option of an option.
const KEEPING: &[&str] = &["map", "and_then"];

/// What the receiver is known to be.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Option,
    Result,
    Neither,
}

impl Lower<'_> {
    /// The `E` of the `Result<T, E>` that the function around returns, where it says so.
    pub(super) fn error_type(&self) -> Option<syn::Type> {
        let Some(syn::Type::Path(output)) = &self.output_type else {
            return None;
        };
        let last = output.path.segments.last()?;
        let syn::PathArguments::AngleBracketed(list) = &last.arguments else {
            return None;
        };
        match (last.ident == "Result", list.args.iter().nth(1)) {
            (true, Some(syn::GenericArgument::Type(error))) => Some(error.clone()),
            _ => None,
        }
    }

    /// A method with a `match` for definition; `None` for any other.
    pub(super) fn outcome_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        let known = match (receiver, self.operand_ty(receiver)) {
            (Operand::Maybe(..), _) | (_, Ty::Option(_)) => Known::Option,
            (_, Ty::Named(name)) if name == "Result" => Known::Result,
            (_, Ty::Unknown) if keeps_error(call) && hint.is_some_and(is_result) => Known::Result,
            (_, Ty::Unknown) => Known::Neither,
            _ => return None,
        };
        let args: Vec<&Expr> = call.args.iter().collect();
        let name = call.method.to_string();
        let meaning = match known {
            Known::Option => of_option(&name, &args),
            Known::Result => of_result(&name, &args),
            Known::Neither if name == "xor" => of_option(&name, &args),
            Known::Neither => None,
        };
        let meaning = meaning.or_else(|| of_either(&name, &args, known, call.method.span()))?;
        let receiver = match receiver {
            Operand::Value(_) => self.placed(receiver.clone()),
            other => other.clone(),
        };
        self.locals.enter();
        self.locals.declare(RECEIVER, true, Some(receiver));
        self.hint = hint.cloned();
        let result = self.lower_expr(&meaning);
        self.locals.leave();
        Some(result)
    }
}

/// Methods whose names other types have too.
fn of_option(name: &str, args: &[&Expr]) -> Option<Expr> {
    Some(match (name, args) {
        ("and", [other]) => syn::parse_quote!({
            let __other = #other;
            match __outcome { Some(_) => __other, None => None }
        }),
        ("xor", [other]) => syn::parse_quote!({
            let __other = #other;
            match __outcome {
                Some(__item) => if __other.is_some() { None } else { Some(__item) },
                None => __other,
            }
        }),
        ("flatten", []) => {
            syn::parse_quote!(match __outcome {
                Some(__item) => __item,
                None => None,
            })
        }
        ("transpose", []) => syn::parse_quote!(match __outcome {
            Some(Ok(__item)) => Ok(Some(__item)),
            Some(Err(__error)) => Err(__error),
            None => Ok(None),
        }),
        ("unzip", []) => syn::parse_quote!(match __outcome {
            Some((__a, __b)) => (Some(__a), Some(__b)),
            None => (None, None),
        }),
        _ => return None,
    })
}

/// Methods of results that options have too, or other types.
fn of_result(name: &str, args: &[&Expr]) -> Option<Expr> {
    Some(match (name, args) {
        ("and", [other]) => syn::parse_quote!({
            let __other: Result<_, _> = #other;
            match __outcome {
                Ok(_) => __other,
                Err(__error) => Err(__error),
            }
        }),
        ("or", [other]) => syn::parse_quote!({
            let __other: Result<_, _> = #other;
            match __outcome {
                Ok(__item) => Ok(__item),
                Err(_) => __other,
            }
        }),
        ("transpose", []) => syn::parse_quote!(match __outcome {
            Ok(Some(__item)) => Some(Ok(__item)),
            Ok(None) => None,
            Err(__error) => Some(Err(__error)),
        }),
        _ => return None,
    })
}

/// Methods that only options and results have.
fn of_either(name: &str, args: &[&Expr], known: Known, span: Span) -> Option<Expr> {
    Some(match (name, args) {
        ("ok_or_else", [f]) => {
            let error = applied(f, &[]);
            syn::parse_quote_spanned!(span=> match __outcome {
                Some(__item) => Ok(__item),
                None => Err(#error),
            })
        }
        ("map_err", [f]) => {
            let (pat, error) = of_error(f);
            syn::parse_quote_spanned!(span=> match __outcome {
                Ok(__item) => Ok(__item),
                Err(#pat) => Err(#error),
            })
        }
        ("or_else", [f]) if takes_error(f, known) => {
            let (pat, otherwise) = of_error(f);
            syn::parse_quote_spanned!(span=> match __outcome {
                Ok(__item) => Ok(__item),
                Err(#pat) => #otherwise,
            })
        }
        ("inspect_err", [f]) => {
            let seen = applied(f, &[syn::parse_quote!(__error)]);
            syn::parse_quote_spanned!(span=> {
                if let Err(__error) = &__outcome {
                    #seen;
                }
                __outcome
            })
        }
        ("map", [f]) if known == Known::Result => {
            let mapped = applied(f, &[syn::parse_quote!(__item)]);
            syn::parse_quote_spanned!(span=> match __outcome {
                Ok(__item) => Ok(#mapped),
                Err(__error) => Err(__error),
            })
        }
        ("and_then", [f]) if known == Known::Result => {
            let next = applied(f, &[syn::parse_quote!(__item)]);
            syn::parse_quote_spanned!(span=> match __outcome {
                Ok(__item) => #next,
                Err(__error) => Err(__error),
            })
        }
        ("unwrap_or_else", [f]) if takes_error(f, known) => {
            let (pat, otherwise) = of_error(f);
            syn::parse_quote_spanned!(span=> match __outcome {
                Ok(__item) => __item,
                Err(#pat) => #otherwise,
            })
        }
        ("map_or_else", [f, g]) if takes_error(f, known) => {
            let (pat, otherwise) = of_error(f);
            let mapped = applied(g, &[syn::parse_quote!(__item)]);
            syn::parse_quote_spanned!(span=> match __outcome {
                Ok(__item) => #mapped,
                Err(#pat) => #otherwise,
            })
        }
        _ => return None,
    })
}

/// Whether what the method gives is what its receiver is, an option or a result.
fn keeps_error(call: &ExprMethodCall) -> bool {
    KEEPING.contains(&call.method.to_string().as_str())
}

/// What the receiver of a method certainly is, where it is a `Result`: by the method, or by what the
/// method must give.
pub(super) fn receiver_hint(name: &str, hint: Option<&syn::Type>) -> Option<syn::Type> {
    let certain =
        OF_RESULTS.contains(&name) || KEEPING.contains(&name) && hint.is_some_and(is_result);
    certain.then(|| syn::parse_quote!(Result<_, _>))
}

/// Whether a type is a `Result` by its name.
fn is_result(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if last_segment(&path.path) == "Result")
}

/// Whether the function is one of a `Result`'s error: that of an `Option` takes nothing.
fn takes_error(function: &Expr, known: Known) -> bool {
    match function {
        Expr::Closure(closure) => closure.inputs.len() == 1,
        _ => known == Known::Result,
    }
}

/// The pattern and the value of the arm of the error.
fn of_error(function: &Expr) -> (Pat, Expr) {
    if let Expr::Closure(closure) = function {
        if let (Some(pat), false) = (closure.inputs.first(), returns(&closure.body)) {
            let pat = match pat {
                Pat::Type(typed) => &typed.pat,
                pat => pat,
            };
            return (pat.clone(), (*closure.body).clone());
        }
    }
    let error: Expr = syn::parse_quote!(__error);
    (syn::parse_quote!(__error), applied(function, &[error]))
}

/// The function called; a closure that takes nothing stands in place.
fn applied(function: &Expr, args: &[Expr]) -> Expr {
    match function {
        Expr::Closure(closure) if args.is_empty() && !returns(&closure.body) => {
            (*closure.body).clone()
        }
        Expr::Path(path) => syn::parse_quote!(#path(#(#args),*)),
        other => syn::parse_quote!((#other)(#(#args),*)),
    }
}

/// Whether something inside may leave the closure, which would leave the function where it is
/// inlined.
fn returns(body: &Expr) -> bool {
    fn leaves(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => leaves(group.stream()),
            TokenTree::Ident(ident) => ident == "return",
            TokenTree::Punct(punct) => punct.as_char() == '?',
            TokenTree::Literal(_) => false,
        })
    }
    leaves(body.to_token_stream())
}
