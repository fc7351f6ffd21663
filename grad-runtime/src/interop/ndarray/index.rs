//! The rules of `array[index]`, where the macro knows of the array a name of the user's only.

use ndarray::{Array, ArrayBase, Data, DataMut, Dimension, NdIndex};

use crate::Differentiable;
use crate::private::rules::{IndexMutRule, IndexRule};
use crate::private::{TangentOf, Way, way};

/// The tangent of an array.
type Bar<E, D> = Array<TangentOf<E>, D>;

impl<S, D, I> IndexRule<I> for ArrayBase<S, D>
where
    S: Data<Elem: Differentiable>,
    D: Dimension,
    I: NdIndex<D> + Clone,
{
    #[inline]
    fn __grad_way_index(
        &self,
        index: I,
    ) -> impl Way<Of = Self, Bar = Bar<S::Elem, D>, To = S::Elem, ToBar = TangentOf<S::Elem>>
    + use<S, D, I> {
        way(
            index,
            (
                |place: &Self, k: &I| &place[k.clone()],
                |_: &mut Self, _: &I| unreachable!(),
                |bar: &Bar<S::Elem, D>, k: &I| &bar[k.clone()],
                |bar: &mut Bar<S::Elem, D>, k: &I| &mut bar[k.clone()],
            ),
        )
    }
}

impl<S, D, I> IndexMutRule<I> for ArrayBase<S, D>
where
    S: DataMut<Elem: Differentiable>,
    D: Dimension,
    I: NdIndex<D> + Clone,
{
    #[inline]
    fn __grad_way_index_mut(
        &self,
        index: I,
    ) -> impl Way<Of = Self, Bar = Bar<S::Elem, D>, To = S::Elem, ToBar = TangentOf<S::Elem>>
    + use<S, D, I> {
        way(
            index,
            (
                |place: &Self, k: &I| &place[k.clone()],
                |place: &mut Self, k: &I| &mut place[k.clone()],
                |bar: &Bar<S::Elem, D>, k: &I| &bar[k.clone()],
                |bar: &mut Bar<S::Elem, D>, k: &I| &mut bar[k.clone()],
            ),
        )
    }
}
