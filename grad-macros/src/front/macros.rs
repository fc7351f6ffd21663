//! Macros of std: `vec!`, assertions, printing, panics.

use proc_macro2::Span;
use quote::{ToTokens, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Macro, Token};

use super::function_tables::{holds_functions, table};
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Kind, Ty};

const EFFECTS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "print",
    "println",
    "eprint",
    "eprintln",
];
/// Macros whose value is known.
const KNOWN: &[&str] = &[
    "vec",
    "matches",
    "format",
    "concat",
    "stringify",
    "env",
    "file",
    "module_path",
    "dbg",
    "line",
    "column",
    "write",
    "writeln",
    "format_args",
    "include_str",
    "option_env",
];
const PANICS: &[&str] = &["panic", "unreachable", "todo", "unimplemented"];

pub(super) fn name_of(mac: &Macro) -> String {
    mac.path
        .segments
        .last()
        .map_or(String::new(), |s| s.ident.to_string())
}

/// Whether control does not come back from the macro.
pub(super) fn panics(mac: &Macro) -> bool {
    PANICS.contains(&name_of(mac).as_str())
}

impl Lower<'_> {
    pub(super) fn lower_macro(&mut self, mac: &Macro) -> Operand {
        let name = name_of(mac);
        let span = mac.path.span();
        match name.as_str() {
            "vec" => self.lower_vec(mac, span),
            "matches" => self.opaque_macro(mac, Ty::Bool),
            "format" | "concat" | "stringify" | "env" | "file" | "module_path" => {
                self.opaque_macro(mac, Ty::Inert)
            }
            "dbg" => self.lower_dbg(mac, span),
            "line" | "column" => self.opaque_macro(mac, Ty::Int),
            _ if EFFECTS.contains(&name.as_str()) => self.lower_effect(mac, span),
            _ if panics(mac) => {
                self.lower_effect(mac, span);
                self.panics()
            }
            "write" | "writeln" | "format_args" | "include_str" | "option_env" => {
                self.opaque_macro(mac, Ty::Unknown)
            }
            _ => self.users_macro(mac),
        }
    }

    /// A macro whose value is not used.
    pub(super) fn macro_statement(&mut self, mac: &Macro) -> Operand {
        let name = name_of(mac);
        let known = KNOWN.contains(&name.as_str()) || EFFECTS.contains(&name.as_str());
        if known || panics(mac) {
            self.lower_macro(mac)
        } else {
            self.users_statement(mac)
        }
    }

    fn opaque_macro(&mut self, mac: &Macro, ty: Ty) -> Operand {
        let mut captures = self.captures(&mac.tokens);
        let kind = Kind::Opaque {
            code: Code(self.with_cells(mac.to_token_stream(), &mut captures)),
            captures,
            effect: false,
        };
        let value = self.push(kind, Vec::new(), ty, mac.path.span());
        self.if_active
            .insert(value, Problem::ActiveMacro(name_of(mac)));
        Operand::Value(value)
    }

    /// `dbg!(expr)` of a number: what it prints, and the value.
    fn lower_dbg(&mut self, mac: &Macro, span: Span) -> Operand {
        let Ok(expr) = syn::parse2::<Expr>(mac.tokens.clone()) else {
            return self.opaque_macro(mac, Ty::Unknown);
        };
        let operand = self.lower_expr(&expr);
        if !self.operand_ty(&operand).is_scalar() {
            return self.opaque_macro(mac, Ty::Unknown);
        }
        let value = self.read_spanned(operand, expr.span());
        let code = quote_spanned! {span=>
            ::std::eprintln!("[{}:{}:{}] {} = {:#?}", file!(), line!(), column!(), stringify!(#expr), __shown)
        };
        let kind = Kind::Opaque {
            code: Code(code),
            captures: vec![("__shown".to_owned(), Capture::Value(value))],
            effect: true,
        };
        self.push_effect(kind, Vec::new(), span);
        Operand::Value(value)
    }

    fn lower_effect(&mut self, mac: &Macro, span: Span) -> Operand {
        let mut captures = self.captures(&mac.tokens);
        let kind = Kind::Opaque {
            code: Code(self.with_cells(mac.to_token_stream(), &mut captures)),
            captures,
            effect: true,
        };
        self.push_effect(kind, Vec::new(), span);
        Operand::Unit
    }

    fn lower_vec(&mut self, mac: &Macro, span: Span) -> Operand {
        let hint = self.hint.take();
        if mac.tokens.is_empty() {
            return match hint {
                Some(ty) if holds_functions(&ty) => table(Vec::new()),
                Some(ty) => self.empty_vector(&syn::parse_quote!(Vec::new), Some(&ty), span),
                None => self.lower_array([].iter(), true, span),
            };
        }
        let tokens = &mac.tokens;
        if let Ok(Expr::Repeat(repeat)) = syn::parse2(quote::quote!([#tokens])) {
            return self.lower_repeat(&repeat.expr, &repeat.len, true, span);
        }
        match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
            Ok(elements) => self.lower_array(elements.iter(), true, span),
            Err(error) => self.report(
                error.span(),
                Problem::Expression("these arguments of `vec!`".to_owned()),
            ),
        }
    }
}
