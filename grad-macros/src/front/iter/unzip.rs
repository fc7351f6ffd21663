//! `unzip`, of pairs and of pairs in pairs.

use proc_macro2::Span;
use syn::Type;

use super::super::{Lower, Operand};
use super::collect::Target;
use super::indexed::Count;
use super::{Iter, Site};
use crate::ir::{Form, Ty, Value};

/// The vectors that the parts of an item go into.
enum Targets {
    One(Target),
    Pair(Box<(Targets, Targets)>),
}

impl Lower<'_> {
    pub(super) fn unzip(&mut self, iter: &Iter, site: &Site) -> Operand {
        let span = site.span;
        let count = self.count_of(iter, span);
        let ty = self.item_ty(iter, span);
        let pair = pair_of(site.hint);
        let targets = self.targets(true, pair, &ty, count, span);
        let numbered = Iter::Enumerate(Box::new(iter.clone()));
        self.drive(&numbered, span, &mut |cx, item| {
            let k = cx.project(item.clone(), "0");
            let k = cx.read(k);
            let item = cx.project(item, "1");
            cx.put_item(&targets, k, item, span);
        });
        self.unzipped(&targets, span)
    }

    /// Vectors for an item, which is a pair as a whole, and so are its parts where the type says so.
    fn targets(
        &mut self,
        is_pair: bool,
        written: Option<(&Type, &Type)>,
        ty: &Ty,
        count: Count,
        span: Span,
    ) -> Targets {
        if !is_pair && written.is_none() {
            return Targets::One(self.new_target(ty, count, span));
        }
        let part = |k: usize| match ty {
            Ty::Tuple(parts) if parts.len() == 2 => parts[k].clone(),
            _ => Ty::Unknown,
        };
        let of = |k: usize| pair_of(written.map(|(first, second)| [first, second][k]));
        let first = self.targets(false, of(0), &part(0), count, span);
        let second = self.targets(false, of(1), &part(1), count, span);
        Targets::Pair(Box::new((first, second)))
    }

    fn put_item(&mut self, targets: &Targets, k: Value, item: Operand, span: Span) {
        match targets {
            Targets::One(target) => self.put(target, (!target.grows).then_some(k), item, span),
            Targets::Pair(pair) => {
                let item = self.placed(item);
                for (targets, field) in [(&pair.0, "0"), (&pair.1, "1")] {
                    let part = self.project(item.clone(), field);
                    self.put_item(targets, k, part, span);
                }
            }
        }
    }

    fn unzipped(&mut self, targets: &Targets, span: Span) -> Operand {
        match targets {
            Targets::One(target) => self.collected(target, Form::Vec, span),
            Targets::Pair(pair) => {
                let first = self.unzipped(&pair.0, span);
                let second = self.unzipped(&pair.1, span);
                Operand::Tuple(vec![first, second])
            }
        }
    }
}

/// The parts of a type that is a pair.
fn pair_of(ty: Option<&Type>) -> Option<(&Type, &Type)> {
    match ty? {
        Type::Tuple(tuple) if tuple.elems.len() == 2 => Some((&tuple.elems[0], &tuple.elems[1])),
        _ => None,
    }
}
