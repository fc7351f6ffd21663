//! Options taken apart and put together: a flag, and what there is where it is set.

use proc_macro2::Span;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, ExprMethodCall};

use super::iter::is_plain;
use super::{Lower, Operand};
use crate::ir::{Code, Discrete, Kind, Ty, Value, Variant};

/// Methods that only `Option` and `Result` have.
pub(super) const OPTIONAL: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
];

impl Lower<'_> {
    /// `condition.then(f)`, `condition.then_some(value)`.
    pub(super) fn lower_then(
        &mut self,
        condition: Operand,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Operand {
        let span = call.method.span();
        let condition = self.read_spanned(condition, span);
        let [arg] = args else {
            return Operand::Poison;
        };
        if call.method == "then_some" {
            let item = self.lower_expr(arg);
            return Operand::Maybe(condition, Box::new(item));
        }
        let Some(f) = self.function_of(arg) else {
            return Operand::Poison;
        };
        let ty = self.nowhere(|cx| {
            let item = cx.call_function(&f, Vec::new(), span);
            cx.operand_ty(&item)
        });
        if !is_plain(&ty) {
            // Nothing can stand for it where there is none.
            let operands = vec![
                ("__condition", Operand::Value(condition)),
                ("__function", Operand::Closure(f)),
            ];
            let code = quote!(if __condition {
                Some(__function())
            } else {
                None
            });
            return self.write_out(operands, code, span);
        }
        let item = self.branch(
            condition,
            span,
            |cx| cx.call_function(&f, Vec::new(), span),
            |_| Operand::Never,
        );
        Operand::Maybe(condition, Box::new(item))
    }

    /// Methods of `Option` and `Result`, and of what may be one.
    pub(super) fn optional_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Option<Operand> {
        let name = call.method.to_string();
        let span = call.method.span();
        let is_result = matches!(ty, Ty::Named(name) if name == "Result");
        let is_option =
            matches!(receiver, Operand::Maybe(..)) || matches!(ty, Ty::Option(_)) || is_result;
        let certain = is_option || *ty == Ty::Unknown && OPTIONAL.contains(&name.as_str());
        if !certain {
            return None;
        }
        Some(match (name.as_str(), args) {
            ("copied" | "cloned", []) => match receiver.clone() {
                Operand::Maybe(present, item) => {
                    Operand::Maybe(present, Box::new(super::pattern::deref(*item)))
                }
                Operand::Place(path, _) if self.optional_numbers.contains(&path.root) => {
                    let (present, item) = self.maybe(receiver.clone(), span);
                    Operand::Maybe(present, Box::new(super::pattern::deref(item)))
                }
                other => self.copy_of(other, span),
            },
            ("is_some" | "is_ok", []) => {
                let (present, _) = self.maybe(receiver.clone(), span);
                Operand::Value(present)
            }
            ("is_none" | "is_err", []) => {
                let (present, _) = self.maybe(receiver.clone(), span);
                Operand::Value(self.push(
                    Kind::Discrete(Discrete::Not),
                    vec![present],
                    Ty::Bool,
                    span,
                ))
            }
            ("unwrap" | "expect", _) => self.lower_unwrap(receiver.clone(), call),
            ("unwrap_or", [default]) => {
                let default = self.lower_expr(default);
                let (present, item) = self.maybe(receiver.clone(), span);
                self.branch(present, span, |_| super::pattern::deref(item), |_| default)
            }
            ("take" | "replace" | "insert", _) => self.user_method(receiver.clone(), call, args),
            _ => return None,
        })
    }

    /// Whether an optional operand holds something, and that something.
    pub(super) fn maybe(&mut self, operand: Operand, span: Span) -> (Value, Operand) {
        if let Operand::Maybe(present, item) = operand {
            return (present, *item);
        }
        let operand = self.placed(operand);
        let path = self.as_path(operand.clone());
        let present = self.push(
            Kind::Matches(path, Code(quote!(?))),
            Vec::new(),
            Ty::Bool,
            span,
        );
        let variant = Variant {
            code: Code(quote!(?)),
            name: "Some".to_owned(),
            field: "0".to_owned(),
        };
        let part = self.project_variant(operand.clone(), variant);
        (present, super::pattern::as_bound(part, &operand))
    }

    /// `unwrap` and `expect`: they panic as the user's own would.
    fn lower_unwrap(&mut self, receiver: Operand, call: &ExprMethodCall) -> Operand {
        if let Operand::Maybe(present, item) = receiver {
            let not = self.push(
                Kind::Discrete(Discrete::Not),
                vec![present],
                Ty::Bool,
                call.method.span(),
            );
            let (method, args) = (&call.method, &call.args);
            // What gave the option is not run again; the message is the same.
            let code =
                quote_spanned!(method.span()=> ::core::option::Option::<()>::None.#method(#args));
            self.branch(
                not,
                call.method.span(),
                |cx| {
                    let captures = cx.captures(&args.to_token_stream());
                    cx.push_effect(
                        Kind::Opaque {
                            code: Code(code),
                            captures,
                            effect: true,
                        },
                        Vec::new(),
                        method.span(),
                    );
                    Operand::Unit
                },
                |_| Operand::Unit,
            );
            return *item;
        }
        let receiver = self.placed(receiver);
        let path = self.as_path(receiver.clone());
        let (method, args) = (&call.method, &call.args);
        let place = method.span();
        let code = Code(quote_spanned!(place=> __optional.as_ref().#method(#args)));
        let mut captures = self.captures(&args.to_token_stream());
        captures.push((
            "__optional".to_owned(),
            crate::ir::Capture::Place(path, false),
        ));
        let span = method.span();
        self.push_effect(
            Kind::Opaque {
                code,
                captures,
                effect: true,
            },
            Vec::new(),
            span,
        );
        let (_, item) = self.maybe(receiver, span);
        item
    }

    /// `None`, of the annotated type: a method of what it is replaced by may be called before that tells.
    pub(super) fn lower_none(&mut self, hint: Option<&syn::Type>, span: Span) -> Operand {
        let inner = hint.and_then(|ty| match ty {
            syn::Type::Path(path) => path.path.segments.last(),
            _ => None,
        });
        let inner = inner.filter(|last| last.ident == "Option" && !last.arguments.is_none());
        let Some(arguments) = inner.map(|last| &last.arguments) else {
            return Operand::Value(self.none(Ty::Unknown, span));
        };
        let code = match arguments {
            syn::PathArguments::AngleBracketed(list) => {
                let args = &list.args;
                quote!(None::<#args>)
            }
            _ => quote!(None),
        };
        let ty = hint.map_or(Ty::Unknown, |ty| self.ty_of(ty));
        let kind = Kind::Opaque {
            code: Code(code),
            captures: Vec::new(),
            effect: false,
        };
        Operand::Value(self.push(kind, Vec::new(), ty, span))
    }

    /// `None`; never shared with another, as its type is its own.
    pub(super) fn none(&mut self, inner: Ty, span: Span) -> Value {
        let kind = Kind::Opaque {
            code: Code(quote!(None)),
            captures: Vec::new(),
            effect: false,
        };
        self.push(kind, Vec::new(), Ty::Option(Box::new(inner)), span)
    }

    /// An optional operand as a value of type `Option`.
    pub(super) fn whole_option(&mut self, present: Value, item: Operand) -> Operand {
        let span = self.here;
        let ty = self.operand_ty(&item);
        self.branch(
            present,
            span,
            |cx| {
                let value = cx.read(item);
                cx.record(
                    &syn::parse_quote!(Some),
                    vec!["0".to_owned()],
                    vec![value],
                    span,
                )
            },
            |cx| Operand::Value(cx.none(ty, span)),
        )
    }
}

pub(super) fn borrowed(item: Operand, mutable: bool) -> Operand {
    match item {
        Operand::Place(path, ty) if mutable => Operand::RefMut(path, ty),
        Operand::Place(path, ty) => Operand::Ref(path, ty),
        other => other,
    }
}
