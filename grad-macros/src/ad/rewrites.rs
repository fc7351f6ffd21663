//! Which slices a function writes all of before it reads any of them: what it is handed by `&mut` as
//! scratch or to return a result in. A caller's loop may then be followed by its own reverse in each
//! iteration, as nothing is carried from one to the next.

use super::residuals::Residuals;
use super::scratch::Scratch;
use crate::ir::{Assumed, Graph, Slot, Storage, Ty};

/// The numbers of such parameters, each with what must hold when the function is called.
pub(crate) fn rewritten(graph: &Graph) -> Vec<(usize, Vec<Assumed>)> {
    let residuals = Residuals::new(graph).trusting();
    let scratch = Scratch::new(graph, &residuals);
    let parameters = graph.params.iter().enumerate();
    parameters
        .filter_map(|(k, param)| {
            let Slot::Memory(var) = param.slot else {
                return None;
            };
            let info = graph.var(var);
            let slice = info.storage == Storage::RefMut && matches!(info.ty, Ty::Array(_));
            (param.wrt && slice)
                .then(|| scratch.rewrites(graph.body, var))?
                .map(|assumed| (k, assumed))
        })
        .collect()
}
