//! [`Layer`]: a differentiated `forward`, and layers put one after another by tuples.

use crate::Differentiable;
use crate::private::{Shared, TangentOf, Wrt};

/// Layers that generated code hands to the way back by reference.
macro_rules! receivers {
    ($($layer:ident)+; $($generic:ident)+) => {
        $(impl Receiver for crate::nn::$layer {})+
        $(impl<E: crate::nn::Element> Receiver for crate::nn::$generic<E> {})+
    };
}
receivers!(
    Activation AveragePool2d Dropout Flatten LogSoftmax MaxPool2d Softmax;
    BatchNorm Conv2d Dense LayerNorm Maxout
);

/// Where cotangents go; `None` where one is not wanted.
pub type Bar<'a, T> = Option<&'a mut TangentOf<T>>;

/// What has a differentiated `forward`: a layer, or a tuple of layers, each fed by the one before.
///
/// A layer of one's own usually is a struct of layers and a method with `#[differentiate]`; implement
/// this only for a derivative written by hand.
///
/// ```
/// use grad_runtime::Differentiable;
/// use grad_runtime::nn::{Bar, Layer, Receiver};
///
/// /// `x² ` times a factor.
/// #[derive(Differentiable)]
/// struct Square {
///     factor: f64,
/// }
///
/// impl Receiver for Square {}
///
/// impl Layer<f64> for Square {
///     type Output = f64;
///     type Kept = ();
///     fn forward(&self, x: &f64) -> f64 {
///         self.factor * x * x
///     }
///     fn forward_keep(&self, x: &f64) -> (f64, ()) {
///         (self.forward(x), ())
///     }
///     fn pull(&self, x: &f64, (): (), y_bar: f64, self_bar: Bar<'_, Self>, x_bar: Bar<'_, f64>) {
///         if let Some(self_bar) = self_bar {
///             self_bar.factor += y_bar * x * x;
///         }
///         if let Some(x_bar) = x_bar {
///             *x_bar += 2.0 * self.factor * x * y_bar;
///         }
///     }
///     fn push(&self, x: &f64, self_dot: Option<&Square>, x_dot: Option<&f64>) -> (f64, f64) {
///         let from_factor = self_dot.map_or(0.0, |dot| dot.factor * x * x);
///         let from_x = x_dot.map_or(0.0, |dot| 2.0 * self.factor * x * dot);
///         (self.forward(x), from_factor + from_x)
///     }
/// }
///
/// let twice = (Square { factor: 3.0 }, Square { factor: 1.0 });
/// let (y, kept) = twice.forward_keep(&2.0);
/// assert_eq!(y, 144.0); // 9 x⁴
/// let mut x_bar = 0.0;
/// twice.pull(&2.0, kept, 1.0, None, Some(&mut x_bar));
/// assert_eq!(x_bar, 288.0); // 36 x³
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer for an input of type `{X}`",
    note = "in a tuple of layers, each must take what the one before gives"
)]
pub trait Layer<X: Differentiable>: Differentiable + Receiver {
    /// What `forward` returns.
    type Output: Differentiable;
    /// What the way back needs besides the layer and its input.
    type Kept;

    /// The result.
    #[must_use]
    fn forward(&self, x: &X) -> Self::Output;

    /// The result, the same bit for bit, and what the way back needs.
    #[must_use]
    fn forward_keep(&self, x: &X) -> (Self::Output, Self::Kept);

    /// Adds to the cotangents of the layer and of its input what that of the result gives.
    fn pull(
        &self,
        x: &X,
        kept: Self::Kept,
        y_bar: TangentOf<Self::Output>,
        self_bar: Bar<'_, Self>,
        x_bar: Bar<'_, X>,
    );

    /// The result and its tangent.
    #[must_use]
    fn push(
        &self,
        x: &X,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&TangentOf<X>>,
    ) -> (Self::Output, TangentOf<Self::Output>);

    /// Takes back a result that nobody needs any more, for its memory.
    fn reuse(_: Self::Output) {}

    #[doc(hidden)]
    #[inline]
    fn __grad_vjp_forward<const M: u64>(
        &self,
        x: &X,
        _: Wrt<M>,
    ) -> (
        Self::Output,
        impl FnOnce(TangentOf<Self::Output>, &Self, &X, Bar<'_, Self>, Bar<'_, X>) + use<Self, X, M>,
    ) {
        let (y, kept) = self.forward_keep(x);
        let pull =
            move |y_bar: TangentOf<Self::Output>,
                  this: &Self,
                  x: &X,
                  self_bar: Bar<'_, Self>,
                  x_bar: Bar<'_, X>| this.pull(x, kept, y_bar, self_bar, x_bar);
        (y, pull)
    }

    #[doc(hidden)]
    #[inline]
    fn __grad_jvp_forward<const M: u64>(
        &self,
        x: &X,
        _: Wrt<M>,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&TangentOf<X>>,
    ) -> (Self::Output, TangentOf<Self::Output>) {
        self.push(x, self_dot, x_dot)
    }
}

/// How a layer is handed to the way back again: by reference. Apart from [`Layer`], as it does not
/// depend on the input.
pub trait Receiver {
    #[doc(hidden)]
    #[inline]
    fn __grad_again_forward(&self) -> Shared<'_, Self> {
        Shared::new(self)
    }
}

/// The inherent `forward` of a layer, so that no trait need be in scope.
macro_rules! inherent_forward {
    ($layer:ty, $x:ty => $y:ty) => {
        impl<E: $crate::nn::Element> $layer {
            /// The result.
            ///
            /// # Panics
            /// If the input does not fit; the message names the layer and both shapes.
            #[must_use]
            #[track_caller]
            pub fn forward<S: ndarray::Data<Elem = E>>(&self, x: &$x) -> $y {
                $crate::nn::Layer::forward(self, x)
            }
        }
    };
}
pub(crate) use inherent_forward;

macro_rules! keep_chain {
    ($this:ident, $x:expr; $last:tt) => {
        $this.$last.forward_keep($x)
    };
    ($this:ident, $x:expr; $head:tt $($rest:tt)+) => {{
        let (y, kept) = $this.$head.forward_keep($x);
        let (result, rest) = keep_chain!($this, &y; $($rest)+);
        (result, (kept, y, rest))
    }};
}

macro_rules! forward_chain {
    ($this:ident, $x:expr; $last:tt $L:ident $X:ty) => {
        $this.$last.forward($x)
    };
    ($this:ident, $x:expr; $head:tt $L:ident $X:ty, $($rest:tt)+) => {{
        let y = $this.$head.forward($x);
        let result = forward_chain!($this, &y; $($rest)+);
        <$L as Layer<$X>>::reuse(y);
        result
    }};
}

macro_rules! pull_chain {
    ($this:ident $bars:ident, $x:expr, $kept:expr, $y_bar:expr, $x_bar:expr; $last:tt $L:ident $X:ty) => {
        $this.$last.pull($x, $kept, $y_bar, $bars.as_mut().map(|bars| &mut bars.$last), $x_bar)
    };
    ($this:ident $bars:ident, $x:expr, $kept:expr, $y_bar:expr, $x_bar:expr;
     $head:tt $L:ident $X:ty, $($rest:tt)+) => {{
        let (kept, y, rest) = $kept;
        let mut bar = y.zero_tangent();
        pull_chain!($this $bars, &y, rest, $y_bar, Some(&mut bar); $($rest)+);
        <$L as Layer<$X>>::reuse(y);
        $this.$head.pull($x, kept, bar, $bars.as_mut().map(|bars| &mut bars.$head), $x_bar);
    }};
}

macro_rules! push_chain {
    ($this:ident $dots:ident, $x:expr, $x_dot:expr; $last:tt) => {
        $this.$last.push($x, $dots.map(|dots| &dots.$last), $x_dot)
    };
    ($this:ident $dots:ident, $x:expr, $x_dot:expr; $head:tt $($rest:tt)+) => {{
        let (y, y_dot) = $this.$head.push($x, $dots.map(|dots| &dots.$head), $x_dot);
        push_chain!($this $dots, &y, Some(&y_dot); $($rest)+)
    }};
}

macro_rules! kept_type {
    ($L:ident $X:ty) => { <$L as Layer<$X>>::Kept };
    ($L:ident $X:ty, $($rest:tt)+) => {
        (<$L as Layer<$X>>::Kept, <$L as Layer<$X>>::Output, kept_type!($($rest)+))
    };
}

macro_rules! chains {
    ($(($($index:tt $L:ident $X:ty),+; $last:ident $last_x:ty))+) => {$(
        impl<$($L),+> Receiver for ($($L,)+) {}

        impl<X: Differentiable, $($L: Layer<$X>),+> Layer<X> for ($($L,)+) {
            type Output = <$last as Layer<$last_x>>::Output;
            type Kept = kept_type!($($L $X),+);

            #[track_caller]
            fn forward(&self, x: &X) -> Self::Output {
                forward_chain!(self, x; $($index $L $X),+)
            }

            #[track_caller]
            fn forward_keep(&self, x: &X) -> (Self::Output, Self::Kept) {
                keep_chain!(self, x; $($index)+)
            }

            fn pull(
                &self,
                x: &X,
                kept: Self::Kept,
                y_bar: TangentOf<Self::Output>,
                mut self_bar: Bar<'_, Self>,
                x_bar: Bar<'_, X>,
            ) {
                pull_chain!(self self_bar, x, kept, y_bar, x_bar; $($index $L $X),+);
            }

            #[track_caller]
            fn push(
                &self,
                x: &X,
                self_dot: Option<&TangentOf<Self>>,
                x_dot: Option<&TangentOf<X>>,
            ) -> (Self::Output, TangentOf<Self::Output>) {
                push_chain!(self self_dot, x, x_dot; $($index)+)
            }

            fn reuse(y: Self::Output) {
                <$last as Layer<$last_x>>::reuse(y);
            }
        }
    )+};
}

chains! {
    (0 A X, 1 B A::Output; B A::Output)
    (0 A X, 1 B A::Output, 2 C B::Output; C B::Output)
    (0 A X, 1 B A::Output, 2 C B::Output, 3 D C::Output; D C::Output)
    (0 A X, 1 B A::Output, 2 C B::Output, 3 D C::Output, 4 E D::Output; E D::Output)
    (0 A X, 1 B A::Output, 2 C B::Output, 3 D C::Output, 4 E D::Output, 5 F E::Output; F E::Output)
    (0 A X, 1 B A::Output, 2 C B::Output, 3 D C::Output, 4 E D::Output, 5 F E::Output, 6 G F::Output;
     G F::Output)
    (0 A X, 1 B A::Output, 2 C B::Output, 3 D C::Output, 4 E D::Output, 5 F E::Output, 6 G F::Output,
     7 H G::Output; H G::Output)
}
