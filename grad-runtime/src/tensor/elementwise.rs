//! Passes over whole buffers, each compiled for every instruction set.

/// Declares functions whose bodies are compiled once for each instruction set and picked at run time.
/// A struct carries the arguments, because a closure cannot be forced inline on stable Rust, and code
/// that is not inline is not compiled for the wider registers.
macro_rules! passes {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime, E $(, $generic:ident: $bound:path)*>
        ($($arg:ident: $ty:ty),* $(,)?) -> $out:ty $body:block)+) => {$(
        $(#[$meta])*
        $vis fn $name<$life, E: $crate::tensor::Element $(, $generic: $bound)*>(
            $($arg: $ty),*
        ) -> $out {
            struct Pass<$life, E $(, $generic)*> {
                $($arg: $ty,)*
                marker: core::marker::PhantomData<&$life (E, $($generic,)*)>,
            }
            impl<$life, E: $crate::tensor::Element $(, $generic: $bound)*> pulp::NullaryFnOnce
                for Pass<$life, E $(, $generic)*>
            {
                type Output = $out;
                #[inline(always)]
                fn call(self) -> $out {
                    let Self { $($arg,)* marker: _ } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Pass { $($arg,)* marker: core::marker::PhantomData })
        }
    )+};
}
pub(crate) use passes;

/// A differentiable function of one float, for passes.
pub trait Curve<E>: Copy {
    /// Whether [`pull`](Self::pull) takes the function's result; else its argument.
    const FROM_RESULT: bool;
    /// The value.
    fn value(self, x: E) -> E;
    /// The derivative times `bar`.
    fn pull(self, kept: E, bar: E) -> E;
}

passes! {
    /// `y = f(y)`.
    pub fn apply<'a, E, F: Curve<E>>(y: &'a mut [E], curve: F) -> () {
        for y in y {
            *y = curve.value(*y);
        }
    }

    /// `bar = f' bar`, with `kept` as [`Curve::FROM_RESULT`] says.
    pub fn pull<'a, E, F: Curve<E>>(kept: &'a [E], bar: &'a mut [E], curve: F) -> () {
        for (bar, &kept) in bar.iter_mut().zip(kept) {
            *bar = curve.pull(kept, *bar);
        }
    }

    /// Which entries are not at most 0; what is not a number is not.
    pub fn mask<'a, E>(y: &'a [E], mask: &'a mut [u8]) -> () {
        for (mask, &y) in mask.iter_mut().zip(y) {
            *mask = u8::from((y > E::zero()) | y.is_nan());
        }
    }

    /// Sets `bar` to zero where the mask is.
    pub fn keep_masked<'a, E>(mask: &'a [u8], bar: &'a mut [E]) -> () {
        for (bar, &mask) in bar.iter_mut().zip(mask) {
            *bar = if mask == 0 { E::zero() } else { *bar };
        }
    }

    /// `to += factor from`.
    pub fn add_scaled<'a, E>(to: &'a mut [E], from: &'a [E], factor: E) -> () {
        for (to, &from) in to.iter_mut().zip(from) {
            *to += factor * from;
        }
    }

    /// `to += from`.
    pub fn add<'a, E>(to: &'a mut [E], from: &'a [E]) -> () {
        for (to, &from) in to.iter_mut().zip(from) {
            *to += from;
        }
    }

    /// `to += x y`.
    pub fn add_product<'a, E>(to: &'a mut [E], x: &'a [E], y: &'a [E]) -> () {
        for ((to, &x), &y) in to.iter_mut().zip(x).zip(y) {
            *to += x * y;
        }
    }
}
