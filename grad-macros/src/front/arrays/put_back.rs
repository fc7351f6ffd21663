//! Parts of arrays that are written: `y.row_mut(i).assign(&v)`, `let mut part = y.slice_mut(s![..]);`.
//!
//! A part is a copy, which is put back when nobody can write it any more: at the end of the statement, or
//! behind the last one that names it or what refers to it. Until then the array itself is borrowed, so
//! nobody sees that it still holds what it held. Names do not tell that with certainty, sites do: an array
//! that is touched while a part of it is borrowed, and a part that is written once it was put back, are
//! errors.

use std::collections::{BTreeSet, HashSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Stmt};

use super::super::hoist::has_exit;
use super::super::opaque::names_in;
use super::super::{Lower, Operand};
use super::rank_of;
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Kind, Path, Region, Site, Var};

/// A part that is to be put back.
pub(in crate::front) struct PutBack {
    pub(super) target: Operand,
    /// The method of the runtime's.
    pub(super) method: String,
    pub(super) args: Vec<Operand>,
    pub(super) part: Path,
    pub(super) span: Span,
}

/// The parts that are borrowed now, and those that were.
#[derive(Default)]
pub(in crate::front) struct Parts {
    open: Vec<Held>,
    closed: Vec<Closed>,
}

/// A part that is borrowed: in which region, and how many sites there were before.
struct Held {
    back: PutBack,
    region: Region,
    since: usize,
}

/// A part that was put back, and how many sites there were then.
struct Closed {
    part: Var,
    until: usize,
    span: Span,
}

impl Parts {
    /// How many are borrowed, and how many were.
    pub(in crate::front) fn mark(&self) -> (usize, usize) {
        (self.open.len(), self.closed.len())
    }

    /// Forgets those since the mark.
    pub(in crate::front) fn forget(&mut self, (open, closed): (usize, usize)) {
        self.open.truncate(open);
        self.closed.truncate(closed);
    }

    /// Whether more are borrowed than so many.
    pub(in crate::front) fn more_than(&self, first: usize) -> bool {
        self.open.len() > first
    }
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
    pub(super) fn put_back_later(&mut self, back: PutBack) {
        let (region, since) = (self.region(), self.graph.sites.len());
        self.parts.open.push(Held {
            back,
            region,
            since,
        });
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

    /// An expression that is all of a body: parts that it takes are put back behind it.
    pub(in crate::front) fn lower_whole(&mut self, body: &Expr) -> Operand {
        let (first, _) = self.parts.mark();
        let value = self.lower_expr(body);
        self.put_back_from(first, value)
    }

    /// Goes on behind a statement that has taken parts: they are put back behind the last statement that
    /// names one of them, or what refers to one.
    pub(in crate::front) fn with_parts(
        &mut self,
        first: usize,
        stmt: &Stmt,
        mut rest: &[Stmt],
        mut value: Operand,
    ) -> Operand {
        let mut passed = vec![stmt];
        loop {
            let names = self.names_of_parts(first, &passed);
            let (borrowing, behind) = rest.split_at(last_use(names, rest));
            if borrowing.is_empty() {
                break;
            }
            value = self.lower_stmts(borrowing);
            passed.extend(borrowing);
            rest = behind;
        }
        if let Some(leaving) = passed.into_iter().find(|stmt| leaves(stmt)) {
            self.parts.open.truncate(first);
            return self.report(leaving.span(), Problem::WrittenPart);
        }
        let value = self.put_back_from(first, value);
        if rest.is_empty() {
            return value;
        }
        self.lower_stmts(rest)
    }

    /// The names in scope that refer to parts; closures and iterators do if one of the statements binds
    /// them.
    fn names_of_parts(&self, first: usize, stmts: &[&Stmt]) -> BTreeSet<String> {
        let held = &self.parts.open[first..];
        let parts: HashSet<Var> = held.iter().map(|held| held.back.part.root).collect();
        let bound: BTreeSet<String> = stmts.iter().flat_map(|stmt| bound_by(stmt)).collect();
        let scopes = self.locals.scopes();
        let names = scopes.iter().flat_map(|scope| scope.keys()).filter(|name| {
            let operand = self.locals.get(name);
            operand.is_some_and(|operand| refers(&operand, &parts, bound.contains(*name)))
        });
        names.cloned().collect()
    }

    /// Puts back the parts taken since; gives the value, read before if it is an entry of one.
    fn put_back_from(&mut self, first: usize, value: Operand) -> Operand {
        let held: Vec<Held> = self.parts.open.drain(first..).collect();
        let value = match value {
            Operand::Place(path, ty)
                if !path.steps.is_empty()
                    && held.iter().any(|held| held.back.part.root == path.root) =>
            {
                Operand::Value(self.read(Operand::Place(path, ty)))
            }
            value => value,
        };
        for held in held.into_iter().rev() {
            let (span, part) = (held.back.span, held.back.part.root);
            if held.region != self.region() || self.touched_since(&held) {
                self.report(span, Problem::HeldPart);
            }
            self.put_back(held.back);
            let until = self.graph.sites.len();
            self.parts.closed.push(Closed { part, until, span });
        }
        value
    }

    fn put_back(&mut self, back: PutBack) {
        let mut args = vec![Arg::RefMut(self.as_path(back.target))];
        for arg in back.args {
            args.push(self.as_arg(arg, false, back.span));
        }
        args.push(Arg::Ref(back.part));
        let callee = Callee::Method(back.method, None);
        self.finish_call(callee, args, back.span);
    }

    /// Whether the array was read or written while the part was borrowed, more than its extents were:
    /// then the source's borrow ended before.
    fn touched_since(&self, held: &Held) -> bool {
        let (Operand::Place(target, _) | Operand::Ref(target, _) | Operand::RefMut(target, _)) =
            &held.back.target
        else {
            return false;
        };
        self.graph.sites[held.since..].iter().any(|site| {
            let touches = site.paths().iter().any(|path| path.may_meet(target));
            touches && !asks_extents(&site.kind)
        })
    }

    /// Refuses parts that are not put back, and those that are written behind where they are.
    pub(in crate::front) fn refuse_held_parts(&self) {
        let open = self.parts.open.iter().map(|held| held.back.span);
        let closed = self.parts.closed.iter().filter(|closed| {
            let mut later = self.graph.sites[closed.until..].iter();
            later.any(|site| uses(site, closed.part))
        });
        for span in open.chain(closed.map(|closed| closed.span)) {
            self.report(span, Problem::HeldPart);
        }
    }
}

/// Whether the site writes the variable, or takes or copies it as a whole.
fn uses(site: &Site, part: Var) -> bool {
    let whole = Path::of(part);
    let paths = site.paths();
    let writes = site.kind.writes();
    paths.contains(&whole) || writes.iter().any(|path| path.root == part)
}

/// Whether the site asks an array for nothing but its extents.
fn asks_extents(kind: &Kind) -> bool {
    match kind {
        Kind::Length(_) => true,
        Kind::Opaque { code, .. } => code.0.to_string().contains("__grad_"),
        Kind::Call(call) => matches!(
            &call.callee,
            Callee::Method(name, _) if name == "gathered_indices" || name == "gathered_as"
        ),
        _ => false,
    }
}

/// Whether an operand refers to one of the variables.
fn refers(operand: &Operand, vars: &HashSet<Var>, is_bound: bool) -> bool {
    match operand {
        Operand::Place(path, _) | Operand::Ref(path, _) | Operand::RefMut(path, _) => {
            vars.contains(&path.root)
        }
        Operand::Tuple(parts) => parts.iter().any(|part| refers(part, vars, is_bound)),
        Operand::Maybe(_, inside) => refers(inside, vars, is_bound),
        Operand::Closure(_) | Operand::Iter(_) => is_bound,
        Operand::Value(_) | Operand::Unit | Operand::Never | Operand::Poison => false,
    }
}

/// The names that a `let` binds.
fn bound_by(stmt: &Stmt) -> BTreeSet<String> {
    let mut bound = BTreeSet::new();
    if let Stmt::Local(local) = stmt {
        names_in(local.pat.to_token_stream(), &mut bound);
    }
    bound
}

/// How many of the statements lead up to the last that says one of the names, each until it is bound
/// again.
fn last_use(mut names: BTreeSet<String>, rest: &[Stmt]) -> usize {
    let mut last = 0;
    for (k, stmt) in rest.iter().enumerate() {
        let mut said = BTreeSet::new();
        let code = match stmt {
            Stmt::Local(local) => {
                let init = local.init.as_ref();
                let otherwise = init.and_then(|init| init.diverge.as_ref());
                let (init, otherwise) = (
                    init.map(|init| &init.expr),
                    otherwise.map(|(_, otherwise)| otherwise),
                );
                quote!(#init; #otherwise)
            }
            stmt => stmt.to_token_stream(),
        };
        names_in(code, &mut said);
        if !said.is_disjoint(&names) {
            last = k + 1;
        }
        let bound = bound_by(stmt);
        names.retain(|name| !bound.contains(name));
    }
    last
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
