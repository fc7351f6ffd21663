//! Giving memory back: the last statements of a reverse sweep.
//!
//! What a call returned, the array of a layer for one, lives until the sweep is done with it. Then
//!
//! ```text
//! (&private::Reuse::of(h)).give_back();
//! ```
//!
//! lets the next step have its memory, where the type has any that can be used again, and drops it
//! where not; only rustc knows.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use crate::ir::{Arg, Capture, Kind, Region, Site, Storage, Ty, Value, Var};

impl Body<'_> {
    /// `value`, computed before what `made` made is given back.
    pub(super) fn before_giving_back(&mut self, value: TokenStream, made: Region) -> TokenStream {
        let reuse = self.give_back(made, made);
        if reuse.is_empty() {
            return value;
        }
        let name = self.names.fresh("value");
        quote!(let #name = #value; #reuse #name)
    }

    /// Statements that give back what was made in `made` and is still there at the end of `last`, where
    /// they stand; what was made last, which might borrow from the others, first.
    pub(super) fn give_back(&self, made: Region, last: Region) -> TokenStream {
        let sites = self.graph.block(made).sites.iter().rev();
        sites
            .map(|id| self.graph.site(*id))
            .filter_map(|site| match site.kind {
                Kind::Allocate(var) => (self.is_returned(site) && self.is_given_back(var, last))
                    .then(|| self.vars.get(&var))?,
                _ => None,
            })
            .map(|name| {
                let root = &self.root;
                quote!((&#root::private::Reuse::of(#name)).give_back();)
            })
            .collect()
    }

    /// Whether the first content is what a call returned.
    fn is_returned(&self, site: &Site) -> bool {
        let call = |v: &Value| self.graph.def(*v).map(|site| &site.kind);
        site.operands
            .first()
            .is_some_and(|v| matches!(call(v), Some(Kind::CallVjp(_))))
    }

    /// Whether the variable may hold an array of ndarray, is seen by the reverse sweep, and is never
    /// moved or put in another's hands.
    fn is_given_back(&self, var: Var, last: Region) -> bool {
        let info = self.graph.var(var);
        let may_be_array = matches!(info.ty, Ty::Unknown | Ty::Named(_));
        if !may_be_array || info.storage != Storage::Owned || info.tangent {
            return false;
        }
        let regions = [Some(self.graph.body), self.graph.pull];
        let sites: Vec<&Site> = regions
            .into_iter()
            .flatten()
            .flat_map(|region| self.graph.sites_within(region))
            .map(|id| self.graph.site(id))
            .filter(|site| site.paths().iter().any(|path| path.root == var))
            .collect();
        let pulled = |id| matches!(self.graph.site(id).kind, Kind::Pull { .. });
        let in_sweep = self
            .graph
            .sites_within(last)
            .into_iter()
            .any(|id| pulled(id) && self.graph.site(id).paths().iter().any(|p| p.root == var));
        in_sweep && sites.into_iter().all(|site| lends(&site.kind, var))
    }
}

/// Whether the site only looks at the variable. The receiver of a differentiated method is looked at
/// again by its pullback, so that it cannot have been moved.
fn lends(kind: &Kind, var: Var) -> bool {
    let args = match kind {
        Kind::ZeroLike(_) => return true,
        Kind::CallVjp(call) | Kind::Pull { call, .. } => &call.args,
        _ => return false,
    };
    args.iter().all(|arg| match arg {
        Arg::Ref(_) | Arg::Receiver(_) => true,
        Arg::Code(_, captures) | Arg::Closure(_, _, _, captures) => {
            let captured = |(_, capture): &(String, Capture)| matches!(capture, Capture::Place(path, _) if path.root == var);
            !captures.iter().any(captured)
        }
        arg => arg.path().is_none_or(|path| path.root != var),
    })
}
