//! Operands are evaluated in order: what a later one writes is read before.
//!
//! A place is an operand without being read, as `s.a` in `s.a * grow(&mut s.a)`. Where the sites that
//! came since write its variable, the read is put where the operand stood.

use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

use super::{Lower, Operand};
use crate::ir::{Arg, Kind, Path, Region, SiteId, Var};

/// A place in the graph: so far it was built.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    region: Region,
    sites: usize,
}

impl Lower<'_> {
    pub(super) fn now(&self) -> Moment {
        let region = self.region();
        Moment {
            region,
            sites: self.graph.block(region).sites.len(),
        }
    }

    /// Lowers operands; each is what it was in its turn.
    pub(super) fn lower_all<'e>(&mut self, exprs: impl Iterator<Item = &'e Expr>) -> Vec<Operand> {
        let parts: Vec<_> = exprs
            .map(|expr| (self.lower_expr(expr), self.now(), expr.span()))
            .collect();
        let parts = parts.into_iter().rev();
        let mut parts: Vec<Operand> = parts
            .map(|(part, then, span)| self.as_of(part, then, span))
            .collect();
        parts.reverse();
        parts
    }

    /// Lowers the arguments of a call; each is what it was in its turn.
    pub(super) fn lower_args(&mut self, args: &[&Expr]) -> Vec<Arg> {
        let parts: Vec<_> = args
            .iter()
            .map(|arg| (self.lower_arg(arg), self.now(), arg.span()))
            .collect();
        let parts = parts.into_iter().rev();
        let mut parts: Vec<Arg> = parts
            .map(|(part, then, span)| match part {
                Arg::Move(path) if self.written_since(path.root, then, Writes::Any) => {
                    Arg::Value(self.read_then(path, then, span))
                }
                other => other,
            })
            .collect();
        parts.reverse();
        parts
    }

    /// The operand as it was then.
    pub(super) fn as_of(&mut self, operand: Operand, then: Moment, span: Span) -> Operand {
        match operand {
            Operand::Place(path, _) if self.written_since(path.root, then, Writes::Any) => {
                Operand::Value(self.read_then(path, then, span))
            }
            Operand::Tuple(parts) => {
                let parts = parts.into_iter().map(|part| self.as_of(part, then, span));
                Operand::Tuple(parts.collect())
            }
            other => other,
        }
    }

    /// The receiver of a method as it was then. What is borrowed cannot be written meanwhile, so that
    /// one that is written is a copy; a method that may or may not write says nothing, unless the
    /// receiver is a number.
    pub(super) fn receiver_as_of(
        &mut self,
        operand: Operand,
        (name, count): (&str, usize),
        then: Moment,
        span: Span,
    ) -> Operand {
        let which = if super::call::is_real(name, count) {
            Writes::Any
        } else {
            Writes::Certain
        };
        match operand {
            Operand::Place(path, _) if self.written_since(path.root, then, which) => {
                Operand::Value(self.read_then(path, then, span))
            }
            other => other,
        }
    }

    fn read_then(&mut self, path: Path, then: Moment, span: Span) -> crate::ir::Value {
        let now = self.now();
        let ty = self.graph.var(path.root).ty.clone();
        let ty = if path.steps.is_empty() {
            ty
        } else {
            crate::ir::Ty::Unknown
        };
        let value = self.read_spanned(Operand::Place(path, ty), span);
        let sites = &mut self.graph.block_mut(then.region).sites;
        let read = sites.split_off(now.sites);
        sites.splice(then.sites..then.sites, read);
        value
    }

    /// Whether the variable was written by what came since.
    fn written_since(&self, var: Var, then: Moment, which: Writes) -> bool {
        if self.region() != then.region {
            return false;
        }
        let sites = &self.graph.block(then.region).sites;
        let since = sites.get(then.sites..).unwrap_or_default();
        since.iter().any(|id| self.writes(*id, var, which))
    }

    fn writes(&self, id: SiteId, var: Var, which: Writes) -> bool {
        let site = self.graph.site(id);
        let own = match (&site.kind, which) {
            (Kind::Call(call), Writes::Certain) => call
                .args
                .iter()
                .any(|arg| matches!(arg, Arg::RefMut(path) if path.root == var)),
            (kind, _) => kind.writes().iter().any(|path| path.root == var),
        };
        own || site
            .regions
            .iter()
            .flat_map(|region| self.graph.block(*region).sites.iter())
            .any(|inner| self.writes(*inner, var, which))
    }
}

/// Which calls count as writing their receiver.
#[derive(Clone, Copy)]
enum Writes {
    /// Those that may.
    Any,
    /// Those that do.
    Certain,
}
