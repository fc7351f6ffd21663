//! Whether running iterations side by side pays.
//!
//! Arithmetic on ranks vectorises; calls are made one by one, and what they are handed of private
//! arrays is copied out of the ranks before and back after. So loops must be nested deeper than the
//! loops such copies amount to.

use super::find::Abreast;
use crate::ir::{Graph, Kind, Path, Region};

pub(super) struct Worth {
    /// Loops in one another around the innermost arithmetic.
    arithmetic: usize,
    /// The same for copies that calls need.
    copies: usize,
    private: bool,
}

impl Worth {
    pub(super) fn of(graph: &Graph, body: Region, found: &Abreast) -> Self {
        let mut worth = Worth {
            arithmetic: 0,
            copies: 0,
            private: !found.memory.is_empty(),
        };
        worth.region(graph, body, found, 0);
        worth
    }

    fn region(&mut self, graph: &Graph, region: Region, found: &Abreast, depth: usize) {
        for id in &graph.block(region).sites {
            let site = graph.site(*id);
            let copied = |path: &Path| found.memory.contains(&path.root);
            match &site.kind {
                Kind::For(_) => {
                    self.arithmetic = self.arithmetic.max(depth + 1);
                    self.region(graph, site.regions[0], found, depth + 1);
                    continue;
                }
                Kind::CallVjp(_) if site.paths().iter().any(copied) => {
                    self.copies = self.copies.max(depth + 1);
                }
                _ => {}
            }
            for inner in &site.regions {
                self.region(graph, *inner, found, depth);
            }
        }
    }

    pub(super) fn is_given(&self) -> bool {
        self.private && self.arithmetic > self.copies
    }
}
