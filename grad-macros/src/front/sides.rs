//! What the two sides of a branch give, in one form: references to places of one form stay references,
//! of others a copy leaves the branch.

use super::branch::Arm;
use super::{Lower, Operand};
use crate::ir::Ty;

impl Lower<'_> {
    /// Brings the values of both sides into one form.
    pub(super) fn agree(&mut self, a: &mut Arm, b: &mut Arm) {
        if !gives_one_place(&a.value, &b.value) {
            self.bound_slices(a, b);
        }
        self.own_options(a, b);
        if !gives_one_place(&a.value, &b.value) {
            self.own_arm(a);
            self.own_arm(b);
        }
    }

    /// Slices of one array, each as a range with both bounds.
    fn bound_slices(&mut self, a: &mut Arm, b: &mut Arm) {
        let (
            Operand::Ref(p, Ty::Array(_)) | Operand::RefMut(p, Ty::Array(_)),
            Operand::Ref(q, Ty::Array(_)) | Operand::RefMut(q, Ty::Array(_)),
        ) = (&a.value, &b.value)
        else {
            return;
        };
        if p.root != q.root {
            return;
        }
        for arm in [a, b] {
            let slice = arm.value.clone();
            arm.value = self.inside(arm.region, |cx| cx.with_bounds(slice));
        }
    }

    /// Options of references into different places, with copies instead.
    fn own_options(&mut self, a: &mut Arm, b: &mut Arm) {
        let (Operand::Maybe(_, x), Operand::Maybe(_, y)) = (&a.value, &b.value) else {
            return;
        };
        if !(is_reference(x) && is_reference(y)) || gives_one_place(x, y) {
            return;
        }
        for arm in [a, b] {
            let option = std::mem::replace(&mut arm.value, Operand::Never);
            arm.value = self.whole_in(arm.region, option);
        }
    }

    /// What a reference leads to, read where the branch ends.
    fn own_arm(&mut self, arm: &mut Arm) {
        if is_reference(&arm.value) {
            let value = std::mem::replace(&mut arm.value, Operand::Never);
            arm.value = self.inside(arm.region, |cx| cx.own(value, &Ty::Unknown));
        }
    }
}

/// Whether a reference leaves a branch as one: to a number it is what it leads to, unless it is
/// written.
pub(super) fn is_reference(operand: &Operand) -> bool {
    match operand {
        Operand::Ref(_, ty) => !ty.is_scalar(),
        Operand::RefMut(..) => true,
        _ => false,
    }
}

/// Whether two branches give references that differ in nothing but indices.
fn gives_one_place(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::Ref(p, _), Operand::Ref(q, _))
        | (Operand::RefMut(p, _), Operand::RefMut(q, _)) => p.same_shape(q),
        (Operand::Never, other) | (other, Operand::Never) => is_reference(other),
        _ => false,
    }
}
