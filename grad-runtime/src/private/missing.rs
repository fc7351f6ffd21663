//! What is said where a method has no derivative.

/// No type has it: the bound of what generated bodies declare for methods that may lack derivatives,
/// so that the compiler says this of one that does.
#[diagnostic::on_unimplemented(
    message = "this method of `{Self}` is not differentiated",
    label = "it is called on a differentiated value",
    note = "put `#[differentiate]` on the method or its `impl` block; state a derivative with `#[derivative_of(..)]` if it is another crate's; or hold its arguments constant with `constant(..)`"
)]
pub trait HasDerivative {}
