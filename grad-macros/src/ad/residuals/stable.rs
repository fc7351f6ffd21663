//! Which places hold at the end what they held at a site.

use super::{Graph, Path, Reads, Residuals, Scratch, SiteId, Storage, Ty, Value, Var, shared};

impl Residuals {
    /// Whether the function made the variable itself.
    pub(in crate::ad) fn is_local(&self, var: Var) -> bool {
        self.made.contains_key(&var)
    }

    /// The value the variable was made from.
    pub(in crate::ad) fn first_content(&self, var: Var) -> Option<Value> {
        self.contents.get(&var).copied()
    }

    /// Whether both sites stand in the same region, the first in front, and none from the first on
    /// writes the variable before the second.
    pub(in crate::ad) fn unwritten_between(&self, var: Var, first: SiteId, second: SiteId) -> bool {
        let (Some(a), Some(b)) = (self.sites.get(&first), self.sites.get(&second)) else {
            return false;
        };
        let writes = self.writes.get(&var).map_or(&[][..], Vec::as_slice);
        a.region == b.region
            && a.number <= b.number
            && !writes
                .iter()
                .any(|write| (a.number..b.number).contains(&write.number))
    }

    /// Whether the reverse of the loop will restore arrays.
    pub(in crate::ad) fn restores(&self, site: SiteId) -> bool {
        self.restored.contains_key(&site)
    }

    /// Whether the place still holds, when the reverse sweep comes back, what it held at `site`.
    pub(in crate::ad) fn is_stable(&self, graph: &Graph, path: &Path, site: SiteId) -> bool {
        self.is_stable_but_for(graph, path, site, None)
    }

    /// As [`Self::is_stable`] for the receiver of a method that may write it: where it does, its
    /// pullback does not look at it again, so that its own write does not count.
    pub(in crate::ad) fn is_stable_receiver(
        &self,
        graph: &Graph,
        path: &Path,
        site: SiteId,
    ) -> bool {
        let own = self.sites.get(&site).map(|at| at.number);
        self.is_stable_but_for(graph, path, site, own)
    }

    pub(in crate::ad) fn is_stable_but_for(
        &self,
        graph: &Graph,
        path: &Path,
        site: SiteId,
        ignored: Option<usize>,
    ) -> bool {
        let var = graph.var(path.root);
        match var.storage {
            Storage::Ref | Storage::Static => return true,
            // The pullback is not handed what may have changed since.
            Storage::RefMut => return false,
            Storage::Owned | Storage::Tape => {}
        }
        let Some(at) = self.sites.get(&site) else {
            return false;
        };
        let writes = self.writes.get(&path.root).map_or(&[][..], Vec::as_slice);
        let Some(made) = self.made.get(&path.root) else {
            // A parameter by value: the pullback is handed what it held at entry.
            return writes.iter().all(|write| Some(write.number) == ignored);
        };
        let depth = made.around.len();
        writes.iter().all(|write| {
            if Some(write.number) == ignored {
                return true;
            }
            let shared = shared(write, at);
            if write.number >= at.number {
                // Written later: the reverse has come back by then if something fused ends between.
                let ended = at.around[shared..].iter();
                return ended.clone().any(|id| self.fused.contains(id));
            }
            // Written before, but again in the next iteration of a loop around both.
            let mut between = write.around.iter().take(shared).skip(depth);
            !between.any(|id| self.runs_ahead(graph, *id))
        })
    }

    /// The loop at the end of whose iterations the place still holds what it held at `site`, where it
    /// is right to keep all of the variable then: the loop writes all of it each time, and reads all
    /// of it, as loops inside do.
    pub(in crate::ad) fn restorable(
        &self,
        graph: &Graph,
        path: &Path,
        site: SiteId,
        reads: Reads,
    ) -> Option<SiteId> {
        let var = path.root;
        let at = self.sites.get(&site)?;
        let depth = self.made.get(&var)?.around.len();
        if !matches!(graph.var(var).ty, Ty::Array(_)) {
            return None;
        }
        let mut least = depth;
        for write in self.writes.get(&var)? {
            let shared = shared(write, at);
            if write.number >= at.number {
                least = least.max(shared);
                continue;
            }
            let again = (depth..shared)
                .rev()
                .find(|k| self.runs_ahead(graph, at.around[*k]));
            least = least.max(again.unwrap_or(depth));
        }
        let around: Vec<(usize, SiteId)> = at
            .around
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, id)| self.runs_ahead(graph, *id))
            .collect();
        let innermost = around.last()?.0;
        let scratch = Scratch::new(graph, self);
        around
            .into_iter()
            .filter(|(k, _)| *k >= least && (*k < innermost || reads == Reads::All))
            .map(|(_, id)| id)
            .find(|id| {
                let body = graph.site(*id).regions.last();
                body.is_some_and(|body| scratch.writes_all(*body, var))
            })
    }

    /// Whether a place that a call reads can be put back as it was before the reverse of the call; if
    /// so, it will be.
    pub(in crate::ad) fn restore(&mut self, graph: &Graph, path: &Path, site: SiteId) -> bool {
        let at = self.restorable(graph, path, site, Reads::All);
        if let Some(at) = at {
            self.restored.entry(at).or_default().push(path.root);
        }
        at.is_some()
    }

    /// Whether the site is a loop whose iterations all run before any of them is reversed.
    pub(in crate::ad) fn runs_ahead(&self, graph: &Graph, id: SiteId) -> bool {
        graph.site(id).kind.is_loop() && !self.fused.contains(&id)
    }
}
