//! Branches: each side is reversed on its own.

use super::{Bars, Pull};
use crate::ad::residuals::Residuals;
use crate::ad::zero;
use crate::ir::{Kind, Region, SiteId, Value};

impl Pull {
    pub(super) fn branch(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let sides: Vec<(Region, Bars)> = site
            .regions
            .iter()
            .map(|primal| {
                let inner = self.graph.new_region();
                let mut own = Bars::new();
                for (value, result) in self
                    .graph
                    .block(*primal)
                    .yields
                    .clone()
                    .into_iter()
                    .zip(&site.results)
                {
                    if let Some(bar) = bars.get(result) {
                        self.add(&mut own, inner, value, *bar);
                    }
                }
                self.region(*primal, inner, &mut own);
                (inner, own)
            })
            .collect();
        let inside = self.graph.defined_within(&site.regions);
        let mut free: Vec<Value> = sides
            .iter()
            .flat_map(|(_, own)| own.keys().copied())
            .filter(|v| !inside.contains(v))
            .collect();
        free.sort_unstable();
        free.dedup();
        for (inner, own) in &sides {
            for value in &free {
                let bar = match own.get(value) {
                    Some(bar) => *bar,
                    None => zero(&mut self.graph, *inner, *value),
                };
                self.graph.block_mut(*inner).yields.push(bar);
            }
        }
        let tys = free.iter().map(|v| self.graph.ty(*v).clone()).collect();
        let inner: Vec<Region> = sides.iter().map(|(region, _)| *region).collect();
        let effects = inner.iter().any(|r| !self.graph.block(*r).sites.is_empty());
        if free.is_empty() && !effects {
            return;
        }
        let reversed = self
            .graph
            .new_site(Kind::If, vec![site.operands[0]], inner, tys, site.span);
        self.graph.block_mut(out).sites.push(reversed);
        self.insert_sites();
        Residuals::resolve_branch(&mut self.graph, &mut self.residuals, id, reversed);
        let results = self.graph.site(reversed).results.clone();
        for (value, bar) in free.into_iter().zip(results) {
            self.add(bars, out, value, bar);
        }
    }
}
