//! Texts in `mut` variables: references that are values, and iterators over them that give their items
//! one by one.

use proc_macro2::TokenStream;
use std::collections::HashSet;

use quote::{ToTokens, quote};

use syn::{Expr, ExprMethodCall};

use super::iter::Iter;
use super::{Lower, Operand};
use crate::ir::{Capture, Code, Kind, Path, Slot, Step, Ty, Value, Var};
use crate::signature::Signature;

/// Methods of texts that give iterators.
const OF_TEXTS: &[&str] = &[
    "chars",
    "char_indices",
    "bytes",
    "lines",
    "matches",
    "split",
    "rsplit",
    "splitn",
    "rsplitn",
    "split_inclusive",
    "split_terminator",
    "split_whitespace",
    "split_ascii_whitespace",
];

/// Methods that make iterators of iterators.
const ADAPTING: &[&str] = &[
    "peekable",
    "rev",
    "enumerate",
    "skip",
    "skip_while",
    "take",
    "take_while",
    "step_by",
    "filter",
    "filter_map",
    "map",
    "zip",
    "chain",
    "fuse",
];

/// Methods that only texts have and that give parts or forms of them.
const OF_TEXTS_ONLY: &[&str] = &[
    "as_str",
    "as_bytes",
    "chars",
    "char_indices",
    "trim",
    "trim_start",
    "trim_end",
    "trim_matches",
    "trim_start_matches",
    "trim_end_matches",
    "split_whitespace",
    "split_once",
    "to_lowercase",
    "to_uppercase",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "eq_ignore_ascii_case",
    "is_ascii_digit",
    "is_alphabetic",
    "is_alphanumeric",
    "is_whitespace",
];

/// Methods that give a text of its own.
const OWNED: &[&str] = &[
    "to_string",
    "to_owned",
    "to_lowercase",
    "to_uppercase",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "replace",
    "repeat",
    "join",
    "concat",
];

impl Lower<'_> {
    /// A method that only texts have, of what rustc alone knows; it is carried as it stands.
    pub(super) fn text_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let name = call.method.to_string();
        let args: Vec<&Expr> = call.args.iter().collect();
        let known = *ty == Ty::Unknown && OF_TEXTS_ONLY.contains(&name.as_str());
        if !known || self.may_take_floats(&args) {
            return None;
        }
        let receiver = match receiver {
            Operand::Place(path, _) => Capture::Place(path.clone(), false),
            Operand::Ref(path, _) | Operand::RefMut(path, _) => Capture::Place(path.clone(), true),
            Operand::Value(value) => Capture::Value(*value),
            _ => return None,
        };
        let asks = name.starts_with("is_") || name.starts_with("eq_");
        let ty = if asks { Ty::Bool } else { Ty::Inert };
        Some(self.carried_method(receiver, call, ty))
    }

    /// The iterator over a text that a variable is set to.
    pub(super) fn text_in_turn(&mut self, value: Value) -> Option<Iter> {
        let site = self.graph.def(value)?;
        let span = self.graph.value(value).span;
        match &site.kind {
            Kind::Opaque { code, .. } if walks_text(&code.0) => self.inert_items(value, span),
            _ => None,
        }
    }

    /// Whether the value is a text of its own: it is not to be moved where it is only looked at.
    pub(super) fn owns_text(&self, value: Value) -> bool {
        let Some(Kind::Opaque { code, .. }) = self.graph.def(value).map(|site| &site.kind) else {
            return false;
        };
        match syn::parse2::<Expr>(code.0.clone()) {
            Ok(Expr::Macro(made)) => made.mac.path.is_ident("format"),
            Ok(Expr::MethodCall(call)) => OWNED.iter().any(|name| call.method == name),
            _ => false,
        }
    }

    /// The parameters of type `&str`.
    pub(super) fn text_parameters(&self, signature: &Signature) -> HashSet<Var> {
        let slots = self.graph.params.iter().zip(&signature.parameters);
        let texts =
            slots.filter(|(_, parameter)| parameter.base.to_token_stream().to_string() == "str");
        let vars = texts.filter_map(|(param, _)| match param.slot {
            Slot::Memory(var) => Some(var),
            Slot::Scalar(_) => None,
        });
        vars.collect()
    }

    /// Whether a place without floats is a text that only a reference can hold.
    pub(super) fn is_text(&self, path: &Path) -> bool {
        match path.steps.last() {
            None => self.texts.contains(&path.root),
            Some(last) => matches!(last, Step::Range { .. }),
        }
    }

    /// A reference to a text as the value that it is; any other operand as it stands.
    pub(super) fn as_text(&mut self, operand: Operand) -> Operand {
        let Operand::Ref(path, Ty::Inert | Ty::Unknown) = operand else {
            return operand;
        };
        let span = self.graph.var(path.root).span;
        let kind = Kind::Opaque {
            code: Code(quote!(__text)),
            captures: vec![("__text".to_owned(), Capture::Place(path, true))],
            effect: false,
        };
        Operand::Value(self.push(kind, Vec::new(), Ty::Inert, span))
    }
}

/// Whether code makes an iterator over a text.
fn walks_text(code: &TokenStream) -> bool {
    let mut call = syn::parse2::<ExprMethodCall>(code.clone()).ok();
    while let Some(step) = call {
        let method = step.method.to_string();
        if OF_TEXTS.contains(&method.as_str()) {
            return true;
        }
        call = match *step.receiver {
            Expr::MethodCall(inner) if ADAPTING.contains(&method.as_str()) => Some(inner),
            _ => None,
        };
    }
    false
}
