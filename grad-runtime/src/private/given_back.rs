//! What methods in a chain give: `sim.step(a).step(b);`.

/// Nothing, which is what derivatives give of a method that ends with `self`, or the mutable reference
/// that the method itself gives.
#[diagnostic::on_unimplemented(
    message = "a chain of methods is differentiated where each gives its receiver back, and this one gives `{Self}`",
    label = "this method does not return `&mut Self`",
    note = "write the call as a `let` of its own, and the next method on that"
)]
pub trait GivenBack {}

impl GivenBack for () {}

impl<T: ?Sized> GivenBack for &mut T {}

/// What was given, in a tuple, so that it is not borrowed to make it fit.
pub trait Given<T>: Sized {
    /// Has rustc check it.
    fn __grad_given_back(self)
    where
        T: GivenBack,
    {
    }
}

impl<T> Given<T> for (T,) {}
