//! What is said where a method has no derivative.

/// No type has it: the bound of what generated bodies declare for methods that may lack derivatives,
/// so that the compiler says this of one that does.
#[diagnostic::on_unimplemented(
    message = "this method of `{Self}` is not differentiated",
    label = "it is called on a differentiated value",
    note = "put `#[differentiate]` on the method or its `impl` block; state a derivative with `#[derivative_of(..)]` if it is another crate's; or hold its arguments constant with `constant(..)`"
)]
pub trait HasDerivative {}

/// No type has it: the bound of the derivatives that the companion of a function lacks which returns a
/// function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` returns a function, which has no derivative as a value",
    label = "its result is handed on here",
    note = "bind it and pass a closure that calls it: `let g = {Self}(..);` and `|t| g(t)`"
)]
pub trait GivesAValue {}
