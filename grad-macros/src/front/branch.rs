//! Branches: each side is lowered in a region of its own, and what differs after them is merged.
//!
//! A local that only one side sets gets a placeholder on the other, which nothing reads.

use std::collections::BTreeSet;
use std::rc::Rc;

use proc_macro2::Span;

use super::function::Function;
use super::scope::Locals;
use super::sides::is_reference;
use super::{Lower, Operand, infer};
use crate::diag::Problem;
use crate::ir::{Kind, Path, Region, Ty, Value};

/// One side of a branch, lowered.
pub(super) struct Arm {
    pub(super) region: Region,
    pub(super) locals: Vec<Option<Operand>>,
    pub(super) value: Operand,
    pub(super) exits: BTreeSet<i64>,
    pub(super) dead: bool,
    pub(super) never: bool,
}

impl Lower<'_> {
    /// `if condition { then } else { otherwise }`, variables and values merged.
    pub(super) fn branch(
        &mut self,
        condition: Value,
        span: Span,
        then: impl FnOnce(&mut Self) -> Operand,
        otherwise: impl FnOnce(&mut Self) -> Operand,
    ) -> Operand {
        let before = self.locals.snapshot();
        let exits = self.exits.clone();
        let mut first = self.arm(then);
        self.locals.restore(&before);
        self.exits.clone_from(&exits);
        let mut second = self.arm(otherwise);
        self.locals.restore(&before);
        self.agree(&mut first, &mut second);
        self.merge(condition, span, &before, &first, &second)
    }

    pub(super) fn arm(&mut self, lower: impl FnOnce(&mut Self) -> Operand) -> Arm {
        let region = self.graph.new_region();
        self.regions.push(region);
        let (dead, never) = (
            std::mem::take(&mut self.dead),
            std::mem::take(&mut self.never),
        );
        let value = lower(self);
        let value = if self.dead {
            Operand::Never
        } else if is_reference(&value) {
            value
        } else {
            self.own(value, &Ty::Unknown)
        };
        self.regions.pop();
        Arm {
            region,
            locals: self.locals.snapshot(),
            value,
            exits: self.exits.clone(),
            dead: std::mem::replace(&mut self.dead, dead),
            never: std::mem::replace(&mut self.never, never),
        }
    }

    pub(super) fn merge(
        &mut self,
        condition: Value,
        span: Span,
        before: &[Option<Operand>],
        a: &Arm,
        b: &Arm,
    ) -> Operand {
        let mut merge = Merge::new(a, b, before.len());
        let value = self.merged(Some(&a.value), Some(&b.value), &mut merge, span);
        let mut made = Vec::new();
        for local in self.locals.assignable(before.len()) {
            let (of_a, of_b) = (
                Locals::held(&a.locals, local),
                Locals::held(&b.locals, local),
            );
            // What a side holds that never ends is not there.
            let (of_a, of_b) = match (a.never, b.never) {
                _ if of_a == of_b => (of_a, of_b),
                (true, _) => (None, of_b),
                (_, true) => (of_a, None),
                _ => (of_a, of_b),
            };
            self.note_walk(local, (of_a.as_ref(), of_b.as_ref()));
            let operand = if of_a == of_b {
                of_a
            } else if Locals::held(before, local).is_none() {
                match (of_a, of_b) {
                    (Some(Operand::Place(p, p_ty)), Some(Operand::Place(q, q_ty))) => {
                        made.push(local);
                        self.set_here((p, p_ty), (q, q_ty), &mut merge, span)
                    }
                    (of_a, of_b) => self.merged(of_a.as_ref(), of_b.as_ref(), &mut merge, span),
                }
            } else {
                self.merged(of_a.as_ref(), of_b.as_ref(), &mut merge, span)
            };
            if let Some(operand) = operand {
                self.locals.set(local, operand);
            }
        }
        let tys = merge.yields.iter().map(|(_, _, ty)| ty.clone()).collect();
        let site = self.graph.new_site(
            Kind::If,
            vec![condition],
            vec![a.region, b.region],
            tys,
            span,
        );
        let results = self.graph.site(site).results.clone();
        for (result, (x, y, _)) in results.iter().zip(&merge.yields) {
            let names = (&self.graph.value(*x).name, &self.graph.value(*y).name);
            let name = names.0.clone().or_else(|| names.1.clone());
            self.graph.value_mut(*result).name = name;
        }
        self.graph.block_mut(a.region).yields = merge.yields.iter().map(|y| y.0).collect();
        self.graph.block_mut(b.region).yields = merge.yields.iter().map(|y| y.1).collect();
        let region = self.region();
        self.graph.block_mut(region).sites.push(site);
        self.resolve_merged(before.len(), &results);
        for local in made {
            self.make_home(local);
        }
        self.exits = a.exits.union(&b.exits).copied().collect();
        self.dead = a.dead && b.dead;
        self.never = a.never && b.never;
        value.map_or(Operand::Never, |value| placed(value, &results))
    }

    /// What two branches set a variable to that had no value, each in memory of its own: the content.
    fn set_here(
        &mut self,
        a: (Path, Ty),
        b: (Path, Ty),
        merge: &mut Merge,
        span: Span,
    ) -> Option<Operand> {
        let regions = merge.regions;
        if !self.is_made_in(&a.0, regions.0) || !self.is_made_in(&b.0, regions.1) {
            return Some(self.report(span, Problem::SetInBranches));
        }
        let content = |cx: &mut Self, region, (path, ty)| {
            let value = cx.inside(region, |cx| cx.read(Operand::Place(path, ty)));
            Operand::Value(value)
        };
        let (a, b) = (content(self, regions.0, a), content(self, regions.1, b));
        self.merged(Some(&a), Some(&b), merge, span)
    }

    /// Whether the place is a whole variable that every run of the region makes.
    fn is_made_in(&self, path: &Path, region: Region) -> bool {
        let mut sites = self.graph.block(region).sites.iter();
        path.steps.is_empty()
            && sites.any(|id| self.graph.site(*id).kind == Kind::Allocate(path.root))
    }

    /// Memory for a variable whose first content is a value.
    fn make_home(&mut self, local: super::scope::Local) {
        if let Some(held @ Operand::Value(_)) = self.locals.current(local) {
            let name = self.locals.name(local).to_owned();
            let held = self.first_assignment(&name, held);
            self.locals.set(local, held);
        }
    }

    /// After a merge, variables hold placeholders that name results by number; puts the results in.
    pub(super) fn resolve_merged(&mut self, count: usize, results: &[Value]) {
        for local in self.locals.assignable(count) {
            if let Some(operand) = self.locals.current(local) {
                self.locals.set(local, placed(operand, results));
            }
        }
    }

    /// The merged operand, with a placeholder for each value that differs.
    pub(super) fn merged(
        &mut self,
        a: Option<&Operand>,
        b: Option<&Operand>,
        merge: &mut Merge,
        span: Span,
    ) -> Option<Operand> {
        use Operand::{
            Closure, Maybe, Never, Place, Poison, Ref, RefMut, Tuple, Unit, Value as Val,
        };
        Some(match (a, b) {
            (None, None) => return None,
            (Some(Never), Some(Never)) => Never,
            (Some(Poison), _) | (_, Some(Poison)) => Poison,
            (Some(Unit), _) | (_, Some(Unit)) => Unit,
            (None | Some(Never), Some(other)) | (Some(other), None | Some(Never)) => {
                let missing_in_a = matches!(a, None | Some(Never));
                self.merge_missing(other, missing_in_a, merge, span)
            }
            (Some(Maybe(x, inside_x)), Some(Maybe(y, inside_y))) => {
                let some = self.merged(Some(&Val(*x)), Some(&Val(*y)), merge, span);
                let inside = self.merged(Some(inside_x), Some(inside_y), merge, span);
                match (some, inside) {
                    (Some(Val(some)), Some(inside)) => Maybe(some, Box::new(inside)),
                    _ => Poison,
                }
            }
            (Some(Tuple(xs)), Some(Tuple(ys))) if xs.len() == ys.len() => {
                let parts = xs
                    .iter()
                    .zip(ys)
                    .map(|(x, y)| self.merged(Some(x), Some(y), merge, span));
                Tuple(parts.map(|part| part.unwrap_or(Poison)).collect())
            }
            (Some(x), Some(y)) if x == y => x.clone(),
            (Some(Val(x)), Some(Val(y))) => {
                let ty = infer::join(self.graph.ty(*x), self.graph.ty(*y));
                merge.place(*x, *y, ty)
            }
            (
                Some(Place(p, _) | Ref(p, _) | RefMut(p, _)),
                Some(Place(q, _) | Ref(q, _) | RefMut(q, _)),
            ) if p == q => a.cloned().unwrap_or(Poison),
            (Some(Val(_)), Some(y @ (Tuple(_) | Maybe(..)))) => {
                let y = self.whole_in(merge.regions.1, y.clone());
                return self.merged(a, Some(&y), merge, span);
            }
            (Some(x @ (Tuple(_) | Maybe(..))), Some(Val(_))) => {
                let x = self.whole_in(merge.regions.0, x.clone());
                return self.merged(Some(&x), b, merge, span);
            }
            (Some(Closure(f)), Some(Closure(g)))
                if f.outlives(merge.locals) && g.outlives(merge.locals) =>
            {
                self.merged_functions(f, g, merge)
            }
            (Some(Ref(p, ty)), Some(Ref(q, _))) if p.same_shape(q) => {
                Ref(self.merged_path(p, q, merge), ty.clone())
            }
            (Some(RefMut(p, ty)), Some(RefMut(q, _))) if p.same_shape(q) => {
                RefMut(self.merged_path(p, q, merge), ty.clone())
            }
            _ => self.report(span, Problem::BranchedReference),
        })
    }

    /// Which of two functions it is becomes a truth value.
    pub(super) fn merged_functions(
        &mut self,
        f: &Function,
        g: &Function,
        merge: &mut Merge,
    ) -> Operand {
        let yes = self.inside(merge.regions.0, |cx| cx.truth(true));
        let no = self.inside(merge.regions.1, |cx| cx.truth(false));
        let first = merge.slot(yes, no, Ty::Bool);
        let f = self.only_choices(f, false, merge);
        let g = self.only_choices(g, true, merge);
        Operand::Closure(Function::Either(first, Rc::new((f, g))))
    }

    /// A function that only one side has: its choices are anything on the other.
    pub(super) fn only_choices(
        &mut self,
        f: &Function,
        missing_in_a: bool,
        merge: &mut Merge,
    ) -> Function {
        let region = if missing_in_a {
            merge.regions.0
        } else {
            merge.regions.1
        };
        let values: Vec<Value> = f
            .choices()
            .into_iter()
            .map(|value| {
                let hole = self.inside(region, |cx| cx.undefined(Ty::Bool));
                if missing_in_a {
                    merge.slot(hole, value, Ty::Bool)
                } else {
                    merge.slot(value, hole, Ty::Bool)
                }
            })
            .collect();
        f.with_choices(&mut values.into_iter())
    }

    /// Places that differ in nothing but indices: the indices are merged.
    pub(super) fn merged_path(&self, a: &Path, b: &Path, merge: &mut Merge) -> Path {
        let pairs = a.values().into_iter().zip(b.values());
        let merged = pairs.map(|(x, y)| match self.graph.ty(x) {
            _ if x == y => x,
            Ty::Walk => merge.slot(x, y, Ty::Walk),
            _ => merge.slot(x, y, Ty::Int),
        });
        let values: Vec<Value> = merged.collect();
        let mut path = a.clone();
        path.set_values(&mut values.into_iter());
        path
    }

    /// A variable that only one side has set.
    pub(super) fn merge_missing(
        &mut self,
        other: &Operand,
        missing_in_a: bool,
        merge: &mut Merge,
        span: Span,
    ) -> Operand {
        match other {
            Operand::Value(value) => {
                let ty = self.graph.ty(*value).clone();
                let never = if missing_in_a {
                    merge.never.0
                } else {
                    merge.never.1
                };
                if !never && !may_be_absent(&ty) && !matches!(ty, Ty::Option(_)) {
                    return self.report(span, Problem::Undefined);
                }
                let region = if missing_in_a {
                    merge.regions.0
                } else {
                    merge.regions.1
                };
                self.regions.push(region);
                let hole = match &ty {
                    Ty::Option(inner) if !never => self.none((**inner).clone(), span),
                    ty => self.undefined(ty.clone()),
                };
                self.regions.pop();
                if missing_in_a {
                    merge.place(hole, *value, ty)
                } else {
                    merge.place(*value, hole, ty)
                }
            }
            Operand::Tuple(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.merge_missing(part, missing_in_a, merge, span));
                Operand::Tuple(parts.collect())
            }
            Operand::Closure(f) if f.outlives(merge.locals) => {
                Operand::Closure(self.only_choices(f, missing_in_a, merge))
            }
            Operand::Closure(_) => self.report(span, Problem::BranchedReference),
            Operand::Ref(path, ty) => {
                Operand::Ref(self.missing_path(path, missing_in_a, merge), ty.clone())
            }
            Operand::RefMut(path, ty) => {
                Operand::RefMut(self.missing_path(path, missing_in_a, merge), ty.clone())
            }
            Operand::Maybe(some, inside) => {
                let some = Operand::Value(*some);
                let some = self.merge_missing(&some, missing_in_a, merge, span);
                let inside = self.merge_missing(inside, missing_in_a, merge, span);
                match some {
                    Operand::Value(some) => Operand::Maybe(some, Box::new(inside)),
                    _ => Operand::Poison,
                }
            }
            other => other.clone(),
        }
    }

    /// A reference that only one side has: on the other its indices are anything.
    pub(super) fn missing_path(
        &mut self,
        path: &Path,
        missing_in_a: bool,
        merge: &mut Merge,
    ) -> Path {
        let region = if missing_in_a {
            merge.regions.0
        } else {
            merge.regions.1
        };
        self.regions.push(region);
        let values: Vec<Value> = path
            .values()
            .into_iter()
            .map(|value| {
                let (hole, ty) = self.hole_on(path, value);
                let (x, y) = if missing_in_a {
                    (hole, value)
                } else {
                    (value, hole)
                };
                merge.slot(x, y, ty)
            })
            .collect();
        self.regions.pop();
        let mut path = path.clone();
        path.set_values(&mut values.into_iter());
        path
    }
}

/// Only a number can stand for a value that is not there.
pub(super) fn may_be_absent(ty: &Ty) -> bool {
    ty.is_scalar() || *ty == Ty::Unknown
}

/// Values that differ between two branches.
pub(super) struct Merge {
    pub(super) regions: (Region, Region),
    /// Which of the two sides control does not come back from.
    pub(super) never: (bool, bool),
    pub(super) yields: Vec<(Value, Value, Ty)>,
    /// How many variables there were before.
    pub(super) locals: usize,
}

/// Placeholders count down from here; no graph has that many values.
pub(super) const PLACEHOLDER: u32 = u32::MAX;

impl Merge {
    fn new(a: &Arm, b: &Arm, locals: usize) -> Self {
        Merge {
            regions: (a.region, b.region),
            never: (a.never, b.never),
            yields: Vec::new(),
            locals,
        }
    }

    fn place(&mut self, x: Value, y: Value, ty: Ty) -> Operand {
        Operand::Value(self.slot(x, y, ty))
    }

    fn slot(&mut self, x: Value, y: Value, ty: Ty) -> Value {
        let known = self.yields.iter().position(|(a, b, _)| (*a, *b) == (x, y));
        let k = known.unwrap_or_else(|| {
            self.yields.push((x, y, ty));
            self.yields.len() - 1
        });
        Value(PLACEHOLDER - u32::try_from(k).unwrap_or(0))
    }
}

/// Puts results where placeholders stand.
pub(super) fn placed(operand: Operand, results: &[Value]) -> Operand {
    match operand {
        Operand::Value(value) => Operand::Value(placed_value(value, results)),
        Operand::Closure(f) => {
            let values = f.choices().into_iter().map(|v| placed_value(v, results));
            Operand::Closure(f.with_choices(&mut values.collect::<Vec<_>>().into_iter()))
        }
        Operand::Ref(path, ty) => Operand::Ref(placed_path(&path, results), ty),
        Operand::RefMut(path, ty) => Operand::RefMut(placed_path(&path, results), ty),
        Operand::Tuple(parts) => {
            Operand::Tuple(parts.into_iter().map(|p| placed(p, results)).collect())
        }
        Operand::Maybe(some, inside) => Operand::Maybe(
            placed_value(some, results),
            Box::new(placed(*inside, results)),
        ),
        other => other,
    }
}

pub(super) fn placed_value(value: Value, results: &[Value]) -> Value {
    let k = (PLACEHOLDER - value.0) as usize;
    results.get(k).copied().unwrap_or(value)
}

pub(super) fn placed_path(path: &Path, results: &[Value]) -> Path {
    let values = path.values().into_iter().map(|v| placed_value(v, results));
    let mut path = path.clone();
    path.set_values(&mut values.collect::<Vec<_>>().into_iter());
    path
}

/// The values inside an operand that assignment may change.
pub(super) fn leaves(operand: &Operand) -> Vec<Value> {
    match operand {
        Operand::Value(value) => vec![*value],
        Operand::Tuple(parts) => parts.iter().flat_map(leaves).collect(),
        Operand::Ref(path, _) | Operand::RefMut(path, _) => path.values(),
        Operand::Maybe(some, inside) => {
            let mut all = vec![*some];
            all.extend(leaves(inside));
            all
        }
        _ => Vec::new(),
    }
}

pub(super) fn with_leaves(operand: &Operand, next: &mut impl Iterator<Item = Value>) -> Operand {
    match operand {
        Operand::Value(value) => Operand::Value(next.next().unwrap_or(*value)),
        Operand::Tuple(parts) => {
            Operand::Tuple(parts.iter().map(|p| with_leaves(p, next)).collect())
        }
        Operand::Ref(path, ty) => {
            let mut path = path.clone();
            path.set_values(next);
            Operand::Ref(path, ty.clone())
        }
        Operand::Maybe(some, inside) => {
            let some = next.next().unwrap_or(*some);
            Operand::Maybe(some, Box::new(with_leaves(inside, next)))
        }
        Operand::RefMut(path, ty) => {
            let mut path = path.clone();
            path.set_values(next);
            Operand::RefMut(path, ty.clone())
        }
        other => other.clone(),
    }
}

/// Whether two operands name the same places up to indices.
pub(super) fn same_places(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::Ref(p, _), Operand::Ref(q, _))
        | (Operand::RefMut(p, _), Operand::RefMut(q, _)) => p.same_shape(q),
        (Operand::Tuple(xs), Operand::Tuple(ys)) => {
            xs.iter().zip(ys).all(|(x, y)| same_places(x, y))
        }
        (Operand::Place(p, _), Operand::Place(q, _)) => p == q,
        (Operand::Maybe(_, x), Operand::Maybe(_, y)) => same_places(x, y),
        (Operand::Closure(_) | Operand::Iter(_), _) => a == b,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
