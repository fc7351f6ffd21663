//! What a function's derivatives depend on that its signature does not say: what its receiver's cotangent
//! is put into, and who wants them.

use syn::Type;

use super::Signature;

/// The place for a parameter's cotangent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// What its type says.
    OfType,
    /// Of a trait's receiver: what stands for a slice has a part of its tangent.
    OfReceiver,
}

/// Who wants the derivatives of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// Whoever sees it.
    ByAll,
    /// Only the derivatives of its callers.
    ByCallers,
    /// It is a closure: those of the function around it, in which they stand.
    Inside,
}

impl Signature {
    /// As read in a trait, or an implementation, that says no more of its receivers than that they
    /// have a cotangent.
    pub(crate) fn with_any_receiver(mut self, of_trait: bool) -> Signature {
        if let Some(receiver) = self.parameters.first_mut() {
            let is_self = matches!(&receiver.base, Type::Path(path) if path.path.is_ident("Self"));
            if of_trait && receiver.is_receiver && is_self {
                receiver.place = Place::OfReceiver;
            }
        }
        self
    }

    /// Whether of the receiver, if there is one, only its place is known.
    pub(crate) fn has_any_receiver(&self) -> bool {
        let receiver = self.parameters.first();
        receiver.is_some_and(|p| matches!(p.place, Place::OfReceiver))
    }
}
