//! The methods that arrays share with floats, `x.exp()` and the like: each entry goes by the rule of
//! its float.

use ndarray::{Array, ArrayBase, Data, Dimension};

use super::entries::{Sweep, push};
use crate::nn::Element;
use crate::private::rules::{RealRules, shared};
use crate::private::{Shared, Wrt};

macro_rules! real_entry_rules {
    ($($again:ident $vjp:ident $jvp:ident;)+) => {
        /// The derivatives of the methods of one argument that arrays share with floats.
        #[allow(
            missing_docs,
            reason = "each is the rule of the method it is named after"
        )]
        pub trait RealEntryRules<E: Element + RealRules, S: Data<Elem = E>, D: Dimension>:
            Sized
        {
            fn __grad_reals(&self) -> &ArrayBase<S, D>;

            $(
                shared!($again);

                fn $vjp<const M: u64>(
                    &self,
                    _: Wrt<M>,
                ) -> (
                    Array<E, D>,
                    impl FnOnce(Array<E, D>, &Self, Option<&mut Array<E, D>>)
                    + use<M, Self, E, S, D>,
                ) {
                    let rule = |x: &E| RealRules::$vjp(x, Wrt::<1>);
                    let (y, sweep) = Sweep::start(self.__grad_reals(), rule);
                    let pull =
                        move |y_bar: Array<E, D>, x: &Self, bar: Option<&mut Array<E, D>>| {
                            sweep.add(y_bar, x.__grad_reals(), bar);
                        };
                    (y, pull)
                }

                fn $jvp<const M: u64>(
                    &self,
                    _: Wrt<M>,
                    dot: Option<&Array<E, D>>,
                ) -> (Array<E, D>, Array<E, D>) {
                    push(self.__grad_reals(), dot, |x, dot| {
                        RealRules::$jvp(x, Wrt::<1>, dot)
                    })
                }
            )+
        }
    };
}
real_entry_rules! {
    __grad_again_abs __grad_vjp_abs __grad_jvp_abs;
    __grad_again_recip __grad_vjp_recip __grad_jvp_recip;
    __grad_again_sqrt __grad_vjp_sqrt __grad_jvp_sqrt;
    __grad_again_cbrt __grad_vjp_cbrt __grad_jvp_cbrt;
    __grad_again_exp __grad_vjp_exp __grad_jvp_exp;
    __grad_again_exp2 __grad_vjp_exp2 __grad_jvp_exp2;
    __grad_again_exp_m1 __grad_vjp_exp_m1 __grad_jvp_exp_m1;
    __grad_again_ln __grad_vjp_ln __grad_jvp_ln;
    __grad_again_ln_1p __grad_vjp_ln_1p __grad_jvp_ln_1p;
    __grad_again_log2 __grad_vjp_log2 __grad_jvp_log2;
    __grad_again_log10 __grad_vjp_log10 __grad_jvp_log10;
    __grad_again_sin __grad_vjp_sin __grad_jvp_sin;
    __grad_again_cos __grad_vjp_cos __grad_jvp_cos;
    __grad_again_tan __grad_vjp_tan __grad_jvp_tan;
    __grad_again_asin __grad_vjp_asin __grad_jvp_asin;
    __grad_again_acos __grad_vjp_acos __grad_jvp_acos;
    __grad_again_atan __grad_vjp_atan __grad_jvp_atan;
    __grad_again_sinh __grad_vjp_sinh __grad_jvp_sinh;
    __grad_again_cosh __grad_vjp_cosh __grad_jvp_cosh;
    __grad_again_tanh __grad_vjp_tanh __grad_jvp_tanh;
}

impl<E: Element + RealRules, S: Data<Elem = E>, D: Dimension> RealEntryRules<E, S, D>
    for ArrayBase<S, D>
{
    fn __grad_reals(&self) -> &ArrayBase<S, D> {
        self
    }
}
