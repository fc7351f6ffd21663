//! References that walk along a structure: `node = if x < *at { below } else { above }`,
//! `cur = node.next.as_deref()`.
//!
//! A path has a fixed length. A reference that moves on in a loop leads to where its variable began, and
//! from there along a walk, a value that each assignment makes longer: so one path stands for all places
//! that the variable ever leads to, and the loop carries the walk. All of them are of one type, since the
//! variable is. Which variables walk shows only where the loop ends, or where sides of a branch meet; then
//! the function is lowered once more. Options of references are told by how they are set.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Local as Let, Pat};

use super::scope::Local;
use super::stmt::ident_of;
use super::walk_names::{is_some, mutable_name, referring};
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Kind, Path, Step, Ty, Value};

/// `variable = branch` with the assignment on each side of the branch.
fn assigned_on_each_side(left: &Expr, right: &Expr) -> Option<Expr> {
    let mut branch = right.clone();
    match &branch {
        Expr::If(choice) if choice.else_branch.is_some() => {}
        Expr::Match(_) => {}
        Expr::Block(block) if block.label.is_none() => {}
        _ => return None,
    }
    super::chosen_place::each_side(&mut branch, &mut |end| {
        vec![syn::parse_quote!(#left = #end;)]
    });
    Some(branch)
}

impl Lower<'_> {
    /// Whether a variable is an option of a reference.
    fn is_option(&self, name: &str) -> bool {
        self.walks.known.options.contains(name)
    }

    /// Notes that a variable is set to a reference of another form, if it may walk, or that an option of
    /// a reference was none before.
    pub(super) fn note_walk(&self, local: Local, (a, b): (Option<&Operand>, Option<&Operand>)) {
        let (Some(a), Some(b)) = (a, b) else {
            return;
        };
        let mut found = self.walks.found.borrow_mut();
        if differ(a, b) {
            found.walks.insert(self.locals.name(local).to_owned());
        }
        if let (Operand::Maybe(_, before), Operand::Maybe(_, after)) = (a, b) {
            if **before == Operand::Never && matches!(**after, Operand::Ref(..)) {
                found.shapes.insert(local, (**after).clone());
            }
        }
    }

    /// What a variable that walks holds when it is declared: where it begins, and a walk from there.
    fn begun(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Ref(path, ty) if may_walk(&ty) => Operand::Ref(self.walk_from(path), ty),
            Operand::RefMut(path, ty) if may_walk(&ty) => Operand::RefMut(self.walk_from(path), ty),
            Operand::Maybe(some, inside) => Operand::Maybe(some, Box::new(self.begun(*inside))),
            other => self.with_bounds(other),
        }
    }

    /// Lets every variable that walks begin to do so, where it does not yet.
    pub(super) fn begin_walks(&mut self) {
        let count = self.locals.snapshot().len();
        for local in self.locals.assignable(count) {
            let Some(held) = self.locals.current(local) else {
                continue;
            };
            let held = match (held, self.walks.known.shapes.get(&local).cloned()) {
                (Operand::Maybe(some, none), Some(shape)) if *none == Operand::Never => {
                    Operand::Maybe(some, Box::new(self.anywhere(shape)))
                }
                (held, _) => held,
            };
            let walks = self.walks.known.walks.contains(self.locals.name(local));
            let held = if walks { self.begun(held) } else { held };
            if self.locals.current(local).as_ref() != Some(&held) {
                self.locals.set(local, held);
            }
        }
    }

    /// Anything that may stand for a value on the path.
    pub(super) fn hole_on(&mut self, path: &Path, value: Value) -> (Value, Ty) {
        if *self.graph.ty(value) != Ty::Walk {
            return (self.undefined(Ty::Int), Ty::Int);
        }
        let at = path.steps.iter().position(|step| *step == Step::Way(value));
        let start = Path {
            root: path.root,
            steps: path.steps[..at.unwrap_or_default()].to_vec(),
        };
        (self.push_walk(&start, self.here), Ty::Walk)
    }

    /// A `let` of a variable that walks.
    pub(super) fn lower_walking_let(&mut self, local: &Let) -> Option<Operand> {
        let init = local.init.as_ref().filter(|init| init.diverge.is_none())?;
        if let (Pat::Tuple(names), Expr::Tuple(values)) = (&local.pat, &*init.expr) {
            let names: Vec<String> = names.elems.iter().filter_map(mutable_name).collect();
            let all = names.len() == values.elems.len() && names.iter().all(|n| self.is_option(n));
            let begun = all.then(|| values.elems.iter().map(|value| self.walk_begun(value)));
            let begun: Vec<Option<Operand>> = begun?.collect();
            for (name, value) in names.iter().zip(begun) {
                self.locals.declare(name, true, value);
            }
            return Some(Operand::Unit);
        }
        if let (Pat::Ident(name), Some(Expr::Reference(_))) = (&local.pat, is_some(&init.expr)) {
            if name.mutability.is_none() && name.by_ref.is_none() {
                let option = self.lower_walked_option(&init.expr);
                self.locals
                    .declare(&name.ident.to_string(), false, Some(option));
                return Some(Operand::Unit);
            }
        }
        let name = mutable_name(&local.pat).filter(|name| self.is_option(name))?;
        let value = self.walk_begun(&init.expr)?;
        self.locals.declare(&name, true, Some(value));
        Some(Operand::Unit)
    }

    /// The option of a reference that a variable which walks begins with.
    fn walk_begun(&mut self, init: &Expr) -> Option<Operand> {
        if ident_of(init).as_deref() == Some("None") {
            let none = self.truth(false);
            return Some(Operand::Maybe(none, Box::new(Operand::Never)));
        }
        if is_some(init).is_none() && referring(init).is_none() {
            return None;
        }
        let value = self.lower_walked_option(init);
        Some(self.begun(value))
    }

    /// `variable = right` where the variable is a reference that may walk, or an option of one.
    pub(super) fn lower_walking(&mut self, left: &Expr, right: &Expr) -> Option<Operand> {
        let name = ident_of(left)?;
        let local = self.locals.find(&name)?;
        let held = self.locals.current(local)?;
        let is_option = match &held {
            Operand::Ref(_, ty) | Operand::RefMut(_, ty) if may_walk(ty) => false,
            Operand::Maybe(..) if self.is_option(&name) => true,
            _ => return None,
        };
        if let Some(branch) = assigned_on_each_side(left, right) {
            self.lower_expr(&branch);
            return Some(if self.dead {
                Operand::Never
            } else {
                Operand::Unit
            });
        }
        if is_option {
            return Some(self.walk_option(local, &held, right));
        }
        self.wants_place = true;
        None
    }

    fn walk_from(&mut self, path: Path) -> Path {
        if self.end_of_walk(&path).is_some() {
            return path;
        }
        let span = self.here;
        let walk = self.push_walk(&path, span);
        path.then(Step::Way(walk))
    }

    /// A reference of this form, for an option that is none yet.
    fn anywhere(&mut self, shape: Operand) -> Operand {
        let Operand::Ref(mut path, ty) = shape else {
            return shape;
        };
        let values: Vec<Value> = (path.values().iter())
            .map(|_| self.undefined(Ty::Int))
            .collect();
        path.set_values(&mut values.into_iter());
        Operand::Ref(path, ty)
    }

    fn push_walk(&mut self, start: &Path, span: Span) -> Value {
        self.push(Kind::Walk(start.clone()), Vec::new(), Ty::Walk, span)
    }

    /// The walk that a path ends with.
    fn end_of_walk(&self, path: &Path) -> Option<Value> {
        match path.steps.last() {
            Some(Step::Way(walk)) if *self.graph.ty(*walk) == Ty::Walk => Some(*walk),
            _ => None,
        }
    }

    /// An option of a reference, as what a variable that walks is set to.
    fn lower_walked_option(&mut self, expr: &Expr) -> Operand {
        if let Some(inside) = is_some(expr) {
            let is_reference = matches!(inside, Expr::Reference(_));
            let inside = match self.lower_expr(inside) {
                Operand::Value(value) if is_reference => {
                    let ty = self.graph.ty(value).clone();
                    Operand::Ref(self.as_path(Operand::Value(value)), ty)
                }
                inside => inside,
            };
            return Operand::Maybe(self.truth(true), Box::new(inside));
        }
        let span = expr.span();
        let Some((option, followed, mutable)) = referring(expr) else {
            let operand = self.lower_expr(expr);
            if matches!(operand, Operand::Poison | Operand::Never) {
                return operand;
            }
            let (some, inside) = self.maybe(operand, span);
            return Operand::Maybe(some, Box::new(inside));
        };
        let operand = self.lower_expr(option);
        if matches!(operand, Operand::Poison | Operand::Never) {
            return operand;
        }
        let (some, inside) = self.maybe(operand, span);
        let inside = match inside {
            Operand::Place(path, ty) | Operand::Ref(path, ty) | Operand::RefMut(path, ty) => {
                let path = if followed {
                    path.then(Step::Deref)
                } else {
                    path
                };
                if mutable {
                    Operand::RefMut(path, ty)
                } else {
                    Operand::Ref(path, ty)
                }
            }
            other => other,
        };
        Operand::Maybe(some, Box::new(inside))
    }

    /// `variable = right` of an option of a reference that walks.
    fn walk_option(&mut self, local: Local, held: &Operand, right: &Expr) -> Operand {
        let (value, span) = match (held, ident_of(right).as_deref()) {
            (Operand::Maybe(_, inside), Some("None")) => (
                Operand::Maybe(self.truth(false), inside.clone()),
                right.span(),
            ),
            _ => (self.lower_walked_option(right), right.span()),
        };
        if self.dead {
            return Operand::Never;
        }
        let value = self.walked_on(held, value, span);
        self.locals.set(local, value);
        Operand::Unit
    }

    /// What a variable that is a reference is set to: nothing, if that is none.
    pub(super) fn moved_on(
        &mut self,
        held: &Operand,
        value: Operand,
        span: Span,
    ) -> Option<Operand> {
        match value {
            Operand::Ref(_, Ty::Array(_)) | Operand::RefMut(_, Ty::Array(_)) => {
                Some(self.with_bounds(value))
            }
            Operand::Ref(..) | Operand::RefMut(..) => Some(self.walked_on(held, value, span)),
            _ => None,
        }
    }

    /// What a variable that walks is set to: a walk from where it began.
    pub(super) fn walked_on(&mut self, held: &Operand, value: Operand, span: Span) -> Operand {
        match (held, value) {
            (Operand::Ref(from, ty), Operand::Ref(to, _) | Operand::RefMut(to, _)) => {
                Operand::Ref(self.onward(from, to, false, span), ty.clone())
            }
            (Operand::RefMut(from, ty), Operand::RefMut(to, _)) => {
                Operand::RefMut(self.onward(from, to, true, span), ty.clone())
            }
            (Operand::Maybe(_, from), Operand::Maybe(some, to)) => {
                Operand::Maybe(some, Box::new(self.walked_on(from, *to, span)))
            }
            (_, value) => value,
        }
    }

    /// The path `to`, which goes on from where `from` began its walk, with a walk at its end; as it is,
    /// where it does not.
    fn onward(&mut self, from: &Path, to: Path, mutable: bool, span: Span) -> Path {
        let Some(start) = self.end_of_walk(from).and(from.steps.split_last()) else {
            return to;
        };
        let start = Path {
            root: from.root,
            steps: start.1.to_vec(),
        };
        if !start.is_around(&to) {
            return to;
        }
        let mut walk = None;
        let mut steps = Path::of(to.root);
        for step in &to.steps[start.steps.len()..] {
            match step {
                Step::Way(other) if *self.graph.ty(*other) == Ty::Walk => {
                    let before = self.gone(&start, walk, &mut steps, mutable, span);
                    walk = Some(match before {
                        Some(walk) => self.push(Kind::Joined, vec![walk, *other], Ty::Walk, span),
                        None => *other,
                    });
                }
                // A function of the user's leads from such a place to such a place.
                Step::Way(way) if steps.steps.is_empty() => {
                    let before = walk.unwrap_or_else(|| self.push_walk(&start, span));
                    walk = Some(self.push(Kind::Joined, vec![before, *way], Ty::Walk, span));
                }
                Step::Way(_) => {
                    self.report(span, Problem::Walk);
                    return from.clone();
                }
                step => steps = steps.then(step.clone()),
            }
        }
        match self.gone(&start, walk, &mut steps, mutable, span) {
            Some(walk) => start.then(Step::Way(walk)),
            None => self.walk_from(start),
        }
    }

    /// The walk with the steps behind it; none of both is no walk yet.
    fn gone(
        &mut self,
        start: &Path,
        walk: Option<Value>,
        steps: &mut Path,
        mutable: bool,
        span: Span,
    ) -> Option<Value> {
        let steps = std::mem::replace(steps, Path::of(start.root));
        if steps.steps.is_empty() {
            return walk;
        }
        let before = walk.unwrap_or_else(|| self.push_walk(start, span));
        Some(self.push(Kind::Onward(steps, mutable), vec![before], Ty::Walk, span))
    }
}

/// Whether references to what is of this type may walk: slices have bounds that move.
fn may_walk(ty: &Ty) -> bool {
    !ty.is_scalar() && !matches!(ty, Ty::Array(_) | Ty::Inert | Ty::Dyn)
}

/// Whether two operands are references into one variable that differ in more than indices.
fn differ(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::Ref(p, ty), Operand::Ref(q, _))
        | (Operand::RefMut(p, ty), Operand::RefMut(q, _)) => {
            (may_walk(ty) || matches!(ty, Ty::Array(_))) && p.root == q.root && !p.same_shape(q)
        }
        (Operand::Maybe(_, a), Operand::Maybe(_, b)) => differ(a, b),
        _ => false,
    }
}
