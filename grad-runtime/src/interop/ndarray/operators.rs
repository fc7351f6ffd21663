//! The operators between arrays, with broadcasting, and between arrays and numbers.
//!
//! Values are those of `ndarray`'s own operators. An operand that was repeated to the result's shape
//! gets the sum over its copies. Past 400 lines for the signatures, which stand once for each form of
//! operands.

use core::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

use ndarray::{
    Array, ArrayBase, ArrayD, ArrayViewD, Data, DimMax, Dimension, OwnedRepr, Zip, arr0,
};

use super::broadcast::{add_to, repeat, view};
use crate::Differentiable;
use crate::nn::{Bar, Element};
use crate::private::rules::{
    AddAssignRule, AddRule, DivAssignRule, DivRule, MulAssignRule, MulRule, NegRule, SubAssignRule,
    SubRule,
};
use crate::private::{TangentOf, UnitTangent, Wrt, unit_tangent};

/// An operator's derivatives, each as the operand's share of a cotangent; the tangent goes the same
/// way, as all four are elementwise.
#[derive(Clone, Copy)]
enum Operator {
    Add,
    Sub,
    Mul,
    Div,
}

impl Operator {
    /// Whether the pullback of an assignment, with this mask, needs the old value.
    const fn keeps<const M: u64>(self) -> bool {
        M & 2 != 0 && matches!(self, Operator::Mul | Operator::Div)
    }

    fn to_left<E: Element>(self, bar: E, _: E, r: E) -> E {
        match self {
            Operator::Add | Operator::Sub => bar,
            Operator::Mul => bar * r,
            Operator::Div => bar / r,
        }
    }

    fn to_right<E: Element>(self, bar: E, l: E, r: E) -> E {
        match self {
            Operator::Add => bar,
            Operator::Sub => -bar,
            Operator::Mul => bar * l,
            Operator::Div => -(bar * ((l / r) / r)),
        }
    }
}

/// What `share` makes of `bar` and both operands, all of `bar`'s shape.
fn shares<E: Element>(
    mut bar: ArrayD<E>,
    l: &ArrayViewD<'_, E>,
    r: &ArrayViewD<'_, E>,
    share: impl Fn(E, E, E) -> E,
) -> ArrayD<E> {
    let shape = bar.shape().to_vec();
    Zip::from(&mut bar)
        .and(&repeat(l, &shape))
        .and(&repeat(r, &shape))
        .for_each(|bar, &l, &r| *bar = share(*bar, l, r));
    bar
}

/// Adds the operands' shares of `y_bar`.
fn pull<E: Element, L: Dimension, R: Dimension>(
    operator: Operator,
    y_bar: ArrayD<E>,
    l: &ArrayViewD<'_, E>,
    r: &ArrayViewD<'_, E>,
    l_bar: Option<&mut Array<E, L>>,
    r_bar: Option<&mut Array<E, R>>,
) {
    let Some(r_bar) = r_bar else {
        if let Some(l_bar) = l_bar {
            add_to(
                l_bar,
                shares(y_bar, l, r, |bar, l, r| operator.to_left(bar, l, r)),
            );
        }
        return;
    };
    if let Some(l_bar) = l_bar {
        let y_bar = y_bar.clone();
        add_to(
            l_bar,
            shares(y_bar, l, r, |bar, l, r| operator.to_left(bar, l, r)),
        );
    }
    add_to(
        r_bar,
        shares(y_bar, l, r, |bar, l, r| operator.to_right(bar, l, r)),
    );
}

/// The tangent of a result of this shape.
fn push<E: Element>(
    operator: Operator,
    shape: &[usize],
    l: &ArrayViewD<'_, E>,
    r: &ArrayViewD<'_, E>,
    l_dot: Option<ArrayViewD<'_, E>>,
    r_dot: Option<ArrayViewD<'_, E>>,
) -> ArrayD<E> {
    let mut y_dot = ArrayD::zeros(shape);
    if let Some(dot) = l_dot {
        let dot = repeat(&dot, shape).to_owned();
        y_dot += &shares(dot, l, r, |dot, l, r| operator.to_left(dot, l, r));
    }
    if let Some(dot) = r_dot {
        let dot = repeat(&dot, shape).to_owned();
        y_dot += &shares(dot, l, r, |dot, l, r| operator.to_right(dot, l, r));
    }
    y_dot
}

fn with_rank<E: Element, D: Dimension>(x: ArrayD<E>) -> Array<E, D> {
    x.into_dimensionality()
        .expect("the result has the rank of the larger operand")
}

/// The rule of an operator for one form of operands; `$D` is the rank of the result.
macro_rules! array_rule {
    ($Rule:ident $Op:ident $vjp:ident $jvp:ident $method:ident;
     [$($generics:tt)*] $left:ty, $right:ty => $D:ty; [$($types:ident),*] $S:ty, $S2:ty; where $($bounds:tt)*) => {
        impl<$($generics)*> $Rule<$right> for $left
        where
            E: Element, $S: Data<Elem = E>, $S2: Data<Elem = E>, D: Dimension, D2: Dimension, $($bounds)*
        {
            type SelfBase = ArrayBase<$S, D>;
            type RhsBase = ArrayBase<$S2, D2>;
            type RhsBar = TangentOf<ArrayBase<$S2, D2>>;

            #[track_caller]
            fn $vjp<const M: u64>(
                self,
                rhs: $right,
                _: Wrt<M>,
            ) -> (
                Array<E, $D>,
                impl FnOnce(
                    Array<E, $D>,
                    &ArrayBase<$S, D>,
                    &ArrayBase<$S2, D2>,
                    Bar<'_, ArrayBase<$S, D>>,
                    Bar<'_, ArrayBase<$S2, D2>>,
                ) + use<M, $($types),*>,
            ) {
                let pullback = |y_bar: Array<E, $D>,
                                l: &ArrayBase<$S, D>,
                                r: &ArrayBase<$S2, D2>,
                                l_bar: Bar<'_, ArrayBase<$S, D>>,
                                r_bar: Bar<'_, ArrayBase<$S2, D2>>| {
                    pull(Operator::$Op, y_bar.into_dyn(), &view(l), &view(r), l_bar, r_bar);
                };
                ($Op::$method(self, rhs), pullback)
            }

            #[track_caller]
            fn $jvp<const M: u64>(
                self,
                rhs: $right,
                _: Wrt<M>,
                self_dot: Option<&TangentOf<ArrayBase<$S, D>>>,
                rhs_dot: Option<&TangentOf<ArrayBase<$S2, D2>>>,
            ) -> (Array<E, $D>, Array<E, $D>) {
                // The operator may take its operands.
                let (l, r) = (self.to_owned(), rhs.to_owned());
                let y = $Op::$method(self, rhs);
                let dots = (self_dot.map(view), rhs_dot.map(view));
                let dot = push(Operator::$Op, y.shape(), &view(&l), &view(&r), dots.0, dots.1);
                (y, with_rank(dot))
            }
        }
    };
}

/// Adds the shares of `y_bar` of an array and a number.
fn pull_number<E: Element, S: Data<Elem = E>, D: Dimension>(
    y_bar: &Array<E, D>,
    x: &ArrayBase<S, D>,
    x_bar: Option<&mut Array<E, D>>,
    number_bar: Option<&mut E>,
    to_array: impl Fn(E, E) -> E,
    to_number: impl Fn(E, E) -> E,
) {
    if let Some(number_bar) = number_bar {
        let entries = y_bar.iter().zip(x);
        *number_bar += entries.map(|(&bar, &x)| to_number(bar, x)).sum();
    }
    if let Some(x_bar) = x_bar {
        Zip::from(x_bar)
            .and(y_bar)
            .and(x)
            .for_each(|x_bar, &bar, &x| *x_bar += to_array(bar, x));
    }
}

/// The tangent of a result of an array and a number.
fn push_number<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
    x_dot: Option<&Array<E, D>>,
    number_dot: Option<&E>,
    to_array: impl Fn(E, E) -> E,
    to_number: impl Fn(E, E) -> E,
) -> Array<E, D> {
    let mut y_dot = match number_dot {
        Some(&dot) => x.map(|&x| to_number(dot, x)),
        None => Array::zeros(x.raw_dim()),
    };
    if let Some(x_dot) = x_dot {
        Zip::from(&mut y_dot)
            .and(x_dot)
            .and(x)
            .for_each(|y_dot, &dot, &x| *y_dot += to_array(dot, x));
    }
    y_dot
}

/// The rule of an operator between an array and a number on its right or left.
macro_rules! number_rule {
    (right $float:ty; $Rule:ident $Op:ident $vjp:ident $jvp:ident $method:ident;
     [$($generic:ident),*] $array:ty; $S:ty) => {
        impl<$($generic),*> $Rule<$float> for $array
        where
            $S: Data<Elem = $float>,
            D: Dimension,
        {
            type SelfBase = ArrayBase<$S, D>;
            type RhsBase = $float;
            type RhsBar = TangentOf<$float>;

            fn $vjp<const M: u64>(
                self,
                rhs: $float,
                _: Wrt<M>,
            ) -> (
                Array<$float, D>,
                impl FnOnce(
                    Array<$float, D>,
                    &ArrayBase<$S, D>,
                    &$float,
                    Bar<'_, ArrayBase<$S, D>>,
                    Option<&mut $float>,
                ) + use<M, $($generic),*>,
            ) {
                let pullback = |y_bar: Array<$float, D>,
                                l: &ArrayBase<$S, D>,
                                r: &$float,
                                l_bar: Bar<'_, ArrayBase<$S, D>>,
                                r_bar: Option<&mut $float>| {
                    let to_left = |bar, l| Operator::$Op.to_left(bar, l, *r);
                    let to_right = |bar, l| Operator::$Op.to_right(bar, l, *r);
                    pull_number(&y_bar, l, l_bar, r_bar, to_left, to_right);
                };
                ($Op::$method(self, rhs), pullback)
            }

            fn $jvp<const M: u64>(
                self,
                rhs: $float,
                _: Wrt<M>,
                self_dot: Option<&TangentOf<ArrayBase<$S, D>>>,
                rhs_dot: Option<&$float>,
            ) -> (Array<$float, D>, Array<$float, D>) {
                let to_left = |dot, l| Operator::$Op.to_left(dot, l, rhs);
                let to_right = |dot, l| Operator::$Op.to_right(dot, l, rhs);
                let y_dot = push_number(&self.view(), self_dot, rhs_dot, to_left, to_right);
                ($Op::$method(self, rhs), y_dot)
            }
        }
    };
    (left $float:ty; $Rule:ident $Op:ident $vjp:ident $jvp:ident $method:ident;
     [$($generic:ident),*] $array:ty; $S:ty) => {
        impl<$($generic),*> $Rule<$array> for $float
        where
            $S: Data<Elem = $float>,
            D: Dimension,
        {
            type SelfBase = $float;
            type RhsBase = ArrayBase<$S, D>;
            type RhsBar = TangentOf<ArrayBase<$S, D>>;

            fn $vjp<const M: u64>(
                self,
                rhs: $array,
                _: Wrt<M>,
            ) -> (
                Array<$float, D>,
                impl FnOnce(
                    Array<$float, D>,
                    &$float,
                    &ArrayBase<$S, D>,
                    Option<&mut $float>,
                    Bar<'_, ArrayBase<$S, D>>,
                ) + use<M, $($generic),*>,
            ) {
                let pullback = |y_bar: Array<$float, D>,
                                l: &$float,
                                r: &ArrayBase<$S, D>,
                                l_bar: Option<&mut $float>,
                                r_bar: Bar<'_, ArrayBase<$S, D>>| {
                    let to_left = |bar, r| Operator::$Op.to_left(bar, *l, r);
                    let to_right = |bar, r| Operator::$Op.to_right(bar, *l, r);
                    pull_number(&y_bar, r, r_bar, l_bar, to_right, to_left);
                };
                ($Op::$method(self, rhs), pullback)
            }

            fn $jvp<const M: u64>(
                self,
                rhs: $array,
                _: Wrt<M>,
                self_dot: Option<&$float>,
                rhs_dot: Option<&TangentOf<ArrayBase<$S, D>>>,
            ) -> (Array<$float, D>, Array<$float, D>) {
                let to_left = |dot, r| Operator::$Op.to_left(dot, self, r);
                let to_right = |dot, r| Operator::$Op.to_right(dot, self, r);
                let y_dot = push_number(&rhs.view(), rhs_dot, self_dot, to_right, to_left);
                ($Op::$method(self, rhs), y_dot)
            }
        }
    };
}

/// The cotangent of an array that was assigned to becomes that of its old value.
fn pull_assign<E: Element, D: Dimension, R: Dimension>(
    operator: Operator,
    old: Option<Array<E, D>>,
    r: &ArrayViewD<'_, E>,
    self_bar: Option<&mut Array<E, D>>,
    r_bar: Option<&mut Array<E, R>>,
) {
    let Some(self_bar) = self_bar else { return };
    let bar = core::mem::replace(self_bar, Array::zeros(D::zeros(self_bar.ndim())));
    // Sums and differences never look at the old value.
    let l = old.unwrap_or_else(|| bar.clone());
    let l = view(&l);
    if let Some(r_bar) = r_bar {
        let bar = bar.clone().into_dyn();
        add_to(
            r_bar,
            shares(bar, &l, r, |bar, l, r| operator.to_right(bar, l, r)),
        );
    }
    let bar = bar.into_dyn();
    *self_bar = with_rank(shares(bar, &l, r, |bar, l, r| operator.to_left(bar, l, r)));
}

macro_rules! assign_rules {
    ($($Rule:ident $Op:ident $vjp:ident $jvp:ident $method:ident $operator:ident;)+) => {$(
        impl<'a, E, S2, D, D2> $Rule<&'a ArrayBase<S2, D2>> for Array<E, D>
        where
            E: Element,
            S2: Data<Elem = E>,
            D: Dimension,
            D2: Dimension,
        {
            type RhsBase = ArrayBase<S2, D2>;
            type RhsBar = TangentOf<ArrayBase<S2, D2>>;

            #[track_caller]
            fn $vjp<const M: u64>(
                &mut self,
                rhs: &'a ArrayBase<S2, D2>,
                _: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(
                    UnitTangent,
                    (),
                    &ArrayBase<S2, D2>,
                    Option<&mut Array<E, D>>,
                    Bar<'_, ArrayBase<S2, D2>>,
                ) + use<M, E, S2, D, D2>,
            ) {
                let old = Operator::$operator.keeps::<M>().then(|| self.clone());
                $Op::$method(self, rhs);
                let pullback = |_: UnitTangent,
                                (): (),
                                rhs: &ArrayBase<S2, D2>,
                                self_bar: Option<&mut Array<E, D>>,
                                rhs_bar: Bar<'_, ArrayBase<S2, D2>>| {
                    pull_assign(Operator::$operator, old, &view(rhs), self_bar, rhs_bar);
                };
                ((), pullback)
            }

            #[track_caller]
            fn $jvp<const M: u64>(
                &mut self,
                rhs: &'a ArrayBase<S2, D2>,
                _: Wrt<M>,
                self_dot: Option<&mut Array<E, D>>,
                rhs_dot: Option<&TangentOf<ArrayBase<S2, D2>>>,
            ) -> ((), UnitTangent) {
                if let Some(self_dot) = self_dot {
                    let dots = (Some(view(self_dot)), rhs_dot.map(view));
                    let (l, r) = (view(self), view(rhs));
                    let dot = push(Operator::$operator, self.shape(), &l, &r, dots.0, dots.1);
                    *self_dot = with_rank(dot);
                }
                $Op::$method(self, rhs);
                ((), unit_tangent())
            }
        }

        assign_rules!(@ f32 $Rule $Op $vjp $jvp $method $operator);
        assign_rules!(@ f64 $Rule $Op $vjp $jvp $method $operator);
    )+};
    (@ $float:ident $Rule:ident $Op:ident $vjp:ident $jvp:ident $method:ident $operator:ident) => {
        impl<D: Dimension> $Rule<$float> for Array<$float, D> {
            type RhsBase = $float;
            type RhsBar = TangentOf<$float>;

            fn $vjp<const M: u64>(
                &mut self,
                rhs: $float,
                _: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(
                    UnitTangent,
                    (),
                    &$float,
                    Option<&mut Array<$float, D>>,
                    Option<&mut $float>,
                ) + use<M, D>,
            ) {
                let old = Operator::$operator.keeps::<M>().then(|| self.clone());
                $Op::$method(self, rhs);
                let pullback = |_: UnitTangent,
                                (): (),
                                rhs: &$float,
                                self_bar: Option<&mut Array<$float, D>>,
                                rhs_bar: Option<&mut $float>| {
                    let rhs = arr0(*rhs);
                    let mut bar = arr0(0.0);
                    let place = rhs_bar.as_ref().map(|_| &mut bar);
                    pull_assign(Operator::$operator, old, &view(&rhs), self_bar, place);
                    if let Some(rhs_bar) = rhs_bar {
                        *rhs_bar += bar.into_scalar();
                    }
                };
                ((), pullback)
            }

            fn $jvp<const M: u64>(
                &mut self,
                rhs: $float,
                _: Wrt<M>,
                self_dot: Option<&mut Array<$float, D>>,
                rhs_dot: Option<&$float>,
            ) -> ((), UnitTangent) {
                if let Some(self_dot) = self_dot {
                    let to_left = |dot, l| Operator::$operator.to_left(dot, l, rhs);
                    let to_right = |dot, l| Operator::$operator.to_right(dot, l, rhs);
                    *self_dot = push_number(&*self, Some(&*self_dot), rhs_dot, to_left, to_right);
                }
                $Op::$method(self, rhs);
                ((), unit_tangent())
            }
        }
    };
}
assign_rules! {
    AddAssignRule AddAssign __grad_vjp_add_assign __grad_jvp_add_assign add_assign Add;
    SubAssignRule SubAssign __grad_vjp_sub_assign __grad_jvp_sub_assign sub_assign Sub;
    MulAssignRule MulAssign __grad_vjp_mul_assign __grad_jvp_mul_assign mul_assign Mul;
    DivAssignRule DivAssign __grad_vjp_div_assign __grad_jvp_div_assign div_assign Div;
}

/// All forms of operands of one operator.
macro_rules! binary_rules {
    ($($Rule:ident $Op:ident $vjp:ident $jvp:ident $method:ident;)+) => {$(
        array_rule!(
            $Rule $Op $vjp $jvp $method; ['a, E, S, S2, D, D2]
            &'a ArrayBase<S, D>, &'a ArrayBase<S2, D2> => <D as DimMax<D2>>::Output;
            [E, S, S2, D, D2] S, S2; where D: DimMax<D2>
        );
        array_rule!(
            $Rule $Op $vjp $jvp $method; ['a, E, S2, D, D2]
            Array<E, D>, &'a ArrayBase<S2, D2> => <D as DimMax<D2>>::Output;
            [E, S2, D, D2] OwnedRepr<E>, S2; where D: DimMax<D2>
        );
        array_rule!(
            $Rule $Op $vjp $jvp $method; [E, S2, D, D2]
            Array<E, D>, ArrayBase<S2, D2> => <D as DimMax<D2>>::Output;
            [E, S2, D, D2] OwnedRepr<E>, S2; where D: DimMax<D2>
        );
        array_rule!(
            $Rule $Op $vjp $jvp $method; ['a, E, S, D, D2]
            &'a ArrayBase<S, D>, Array<E, D2> => <D2 as DimMax<D>>::Output;
            [E, S, D, D2] S, OwnedRepr<E>; where D2: DimMax<D>
        );
        number_rule!(right f32; $Rule $Op $vjp $jvp $method; [D] Array<f32, D>; OwnedRepr<f32>);
        number_rule!(right f64; $Rule $Op $vjp $jvp $method; [D] Array<f64, D>; OwnedRepr<f64>);
        number_rule!(right f32; $Rule $Op $vjp $jvp $method; [S, D] &ArrayBase<S, D>; S);
        number_rule!(right f64; $Rule $Op $vjp $jvp $method; [S, D] &ArrayBase<S, D>; S);
        number_rule!(left f32; $Rule $Op $vjp $jvp $method; [D] Array<f32, D>; OwnedRepr<f32>);
        number_rule!(left f64; $Rule $Op $vjp $jvp $method; [D] Array<f64, D>; OwnedRepr<f64>);
        number_rule!(left f32; $Rule $Op $vjp $jvp $method; [S, D] &ArrayBase<S, D>; S);
        number_rule!(left f64; $Rule $Op $vjp $jvp $method; [S, D] &ArrayBase<S, D>; S);
    )+};
}
binary_rules! {
    AddRule Add __grad_vjp_add __grad_jvp_add add;
    SubRule Sub __grad_vjp_sub __grad_jvp_sub sub;
    MulRule Mul __grad_vjp_mul __grad_jvp_mul mul;
    DivRule Div __grad_vjp_div __grad_jvp_div div;
}

macro_rules! neg_rule {
    ([$($life:lifetime)?] [$($generic:ident)?] $array:ty; $S:ty; where $($bounds:tt)*) => {
        impl<$($life,)? E: Element, D: Dimension, $($generic: Data<Elem = E>)?> NegRule for $array
        where $($bounds)*
        {
            type SelfBase = ArrayBase<$S, D>;

            fn __grad_vjp_neg<const M: u64>(
                self,
                _: Wrt<M>,
            ) -> (
                Array<E, D>,
                impl FnOnce(Array<E, D>, &ArrayBase<$S, D>, Bar<'_, ArrayBase<$S, D>>)
                + use<M, E, D, $($generic)?>,
            ) {
                let pullback = |y_bar: Array<E, D>,
                                _: &ArrayBase<$S, D>,
                                bar: Bar<'_, ArrayBase<$S, D>>| {
                    if let Some(bar) = bar {
                        *bar -= &y_bar;
                    }
                };
                (-self, pullback)
            }

            fn __grad_jvp_neg<const M: u64>(
                self,
                _: Wrt<M>,
                self_dot: Option<&TangentOf<ArrayBase<$S, D>>>,
            ) -> (Array<E, D>, Array<E, D>) {
                let dot = self_dot.map_or_else(|| self.zero_tangent(), |dot| dot.map(|&dot| -dot));
                (-self, dot)
            }
        }
    };
}
neg_rule!([] [] Array<E, D>; OwnedRepr<E>; where);
neg_rule!(['a] [S] &'a ArrayBase<S, D>; S; where &'a E: core::ops::Neg<Output = E>);
