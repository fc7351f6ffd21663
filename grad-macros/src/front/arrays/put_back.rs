//! Parts of arrays that are written: `y.row_mut(i).assign(&v)`, `let mut part = y.slice_mut(s![..]);`.
//!
//! A part is a copy, which is put back when nobody can write it any more: at the end of the statement, or
//! behind the last one that names it. Until then the array itself is borrowed, so nobody sees that it
//! still holds what it held.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Stmt};

use super::super::hoist::has_exit;
use super::super::opaque::names_in;
use super::super::{Lower, Operand};
use super::rank_of;
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Kind, Path};

/// A part that is to be put back.
pub(in crate::front) struct PutBack {
    pub(super) target: Operand,
    /// The method of the runtime's.
    pub(super) method: String,
    pub(super) args: Vec<Operand>,
    pub(super) part: Path,
    pub(super) span: Span,
}

/// Methods that give a part to be written, the one that gives it to be read, the one that puts it back.
const PARTS: &[(&str, &str, &str)] = &[
    ("row_mut", "row", "put_back_row"),
    ("column_mut", "column", "put_back_column"),
    ("index_axis_mut", "index_axis", "put_back_index_axis"),
    ("slice_mut", "slice", "put_back_slice"),
    ("diag_mut", "diag", "put_back_diag"),
];

impl Lower<'_> {
    pub(super) fn put_back_later(&mut self, part: PutBack) {
        self.put_backs.push(part);
    }

    /// A part of an array that may be written.
    pub(super) fn written_part(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let name = call.method.to_string();
        let (_, read, put_back) = PARTS.iter().find(|(written, ..)| *written == name)?;
        let span = call.method.span();
        let args: Vec<&Expr> = call.args.iter().collect();
        let args = self.args_for_later(&args);
        let mut all = vec![Arg::Receiver(self.as_path(receiver.clone()))];
        for arg in &args {
            all.push(self.arg_again(arg, span));
        }
        let part = self.finish_call(Callee::Method((*read).to_owned(), None), all, span);
        let ty = match (self.operand_ty(&part), read) {
            (_, &("row" | "column" | "diag")) => super::Rank::Of(1).ty(),
            (ty, _) if rank_of(&ty).is_some() => ty,
            _ => super::Rank::Unknown.ty(),
        };
        // Of what is not differentiated it is a view.
        let view = self.as_path(part);
        let owned = self.push(Kind::Own(view), Vec::new(), ty.clone(), span);
        let part = Path::of(self.new_variable("part", ty.clone(), true, Some(owned)));
        self.put_back_later(PutBack {
            target: receiver.clone(),
            method: (*put_back).to_owned(),
            args,
            part: part.clone(),
            span,
        });
        Some(Operand::RefMut(part, ty))
    }

    /// Goes on behind a statement that has taken parts: they are put back behind it, or where it binds
    /// names behind the last statement that says one of them.
    pub(in crate::front) fn with_parts(
        &mut self,
        first: usize,
        stmt: &Stmt,
        rest: &[Stmt],
        value: Operand,
    ) -> Operand {
        let (borrowing, rest) = rest.split_at(last_use(stmt, rest));
        let value = if borrowing.is_empty() {
            value
        } else {
            self.lower_stmts(borrowing)
        };
        if let Some(leaving) = [stmt]
            .into_iter()
            .chain(borrowing)
            .find(|stmt| leaves(stmt))
        {
            self.put_backs.truncate(first);
            return self.report(leaving.span(), Problem::WrittenPart);
        }
        self.put_back_from(first);
        if rest.is_empty() {
            return value;
        }
        self.lower_stmts(rest)
    }

    fn put_back_from(&mut self, first: usize) {
        let parts: Vec<PutBack> = self.put_backs.drain(first..).collect();
        for part in parts.into_iter().rev() {
            let mut args = vec![Arg::RefMut(self.as_path(part.target))];
            for arg in part.args {
                args.push(self.as_arg(arg, false, part.span));
            }
            args.push(Arg::Ref(part.part));
            let callee = Callee::Method(part.method, None);
            self.finish_call(callee, args, part.span);
        }
    }
}

/// How many of the statements behind a `let` lead up to the last that names what it binds.
fn last_use(stmt: &Stmt, rest: &[Stmt]) -> usize {
    let Stmt::Local(local) = stmt else { return 0 };
    let mut bound = BTreeSet::new();
    names_in(local.pat.to_token_stream(), &mut bound);
    bound.retain(|name| name != "mut" && name != "ref");
    let names_one = |stmt: &Stmt| {
        let mut names = BTreeSet::new();
        names_in(stmt.to_token_stream(), &mut names);
        !names.is_disjoint(&bound)
    };
    rest.iter().rposition(names_one).map_or(0, |last| last + 1)
}

/// Whether a statement may be left before its end, other than a loop by its own `break`.
fn leaves(stmt: &Stmt) -> bool {
    let is_loop = matches!(
        stmt,
        Stmt::Expr(Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_), _)
    );
    if !is_loop {
        return has_exit(stmt.to_token_stream());
    }
    jumps_far(stmt.to_token_stream())
}

/// Whether code has `return`, `?` or a label.
fn jumps_far(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => jumps_far(group.stream()),
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => matches!(punct.as_char(), '?' | '\''),
        TokenTree::Literal(_) => false,
    })
}
