//! Where fusion is right: the reverse of a loop or branch then runs before that of the sites behind
//! it, and before the next iteration.
//!
//! 1. The cotangents of its results are known before it.
//! 2. The active values a loop carries are sums: `s + e` and `s - e` leave the cotangent of `s` what
//!    it was, so that every iteration sees the same one.
//! 3. Memory from outside that it reads is not written from there on: what other sites add to its
//!    cotangent can be added in any order.
//!    Its cotangent is there already.
//! 4. Memory from outside that it writes is not used behind it, and every iteration writes what it
//!    reads of it before it does ([`crate::ad::scratch`]).

use std::collections::{HashMap, HashSet};

use super::{Bars, Pull};
use crate::ad::scratch::Scratch;
use crate::ir::{Kind, Op, Region, SiteId, Value, Var};

impl Pull {
    pub(super) fn may_fuse(&self, id: SiteId, bars: &Bars) -> bool {
        let Some(number) = self.residuals.number(id) else {
            return false;
        };
        let results = &self.graph.site(id).results;
        results
            .iter()
            .filter_map(|result| bars.get(result))
            .all(|bar| self.available(*bar, number))
            && self.carries_only_sums(id, bars)
            && self.memory_allows(id, number)
    }

    fn carries_only_sums(&self, id: SiteId, bars: &Bars) -> bool {
        let site = self.graph.site(id);
        let skip = match &site.kind {
            Kind::For(_) => 1,
            Kind::While => 0,
            _ => return true,
        };
        let Some(body) = site.regions.last() else {
            return false;
        };
        let block = self.graph.block(*body);
        (0..site.results.len()).all(|k| {
            let arg = block.args[k + skip];
            let seeded = bars.contains_key(&site.results[k]);
            if !seeded && !self.active.values.contains(&arg) {
                return true;
            }
            self.is_sum(*body, arg, block.yields[k])
                || !seeded && self.flowing_reads(*body, arg) == 0
        })
    }

    /// Whether `next` is `arg` plus or minus terms that do not contain it, and nothing else reads it.
    pub(super) fn is_sum(&self, body: Region, arg: Value, next: Value) -> bool {
        let mut reads = HashMap::from([(next, 1)]);
        self.leads_to(next, arg, &mut reads)
            && reads
                .iter()
                .all(|(value, count)| self.flowing_reads(body, *value) == *count)
    }

    /// Follows a sum back to `arg`, counting the reads of each partial sum on the way.
    fn leads_to(&self, value: Value, arg: Value, reads: &mut HashMap<Value, usize>) -> bool {
        if value == arg {
            return true;
        }
        let Some(id) = self.graph.value(value).site else {
            return false;
        };
        let site = self.graph.site(id);
        let Some(k) = site.results.iter().position(|v| *v == value) else {
            return false;
        };
        match &site.kind {
            Kind::Apply(Op::Add) => {
                let mut other = reads.clone();
                if self.follows(site.operands[0], arg, reads) {
                    return true;
                }
                let found = self.follows(site.operands[1], arg, &mut other);
                *reads = other;
                found
            }
            Kind::Apply(Op::Sub) => self.follows(site.operands[0], arg, reads),
            Kind::If => site
                .regions
                .iter()
                .all(|side| self.follows(self.graph.block(*side).yields[k], arg, reads)),
            Kind::For(range) => {
                let block = self.graph.block(site.regions[0]);
                self.follows(block.yields[k], block.args[k + 1], reads)
                    && self.follows(site.operands[range.first_carried() + k], arg, reads)
            }
            Kind::While => {
                let block = self.graph.block(site.regions[1]);
                self.follows(block.yields[k], block.args[k], reads)
                    && self.follows(site.operands[k], arg, reads)
            }
            _ => false,
        }
    }

    fn follows(&self, value: Value, arg: Value, reads: &mut HashMap<Value, usize>) -> bool {
        let count = reads.entry(value).or_insert(0);
        *count += 1;
        *count > 1 || self.leads_to(value, arg, reads)
    }

    /// How often the value is read inside the region but by comparisons, which end derivatives.
    pub(super) fn flowing_reads(&self, region: Region, value: Value) -> usize {
        let mut count = 0;
        for inner in self.graph.regions_within(region) {
            let block = self.graph.block(inner);
            for id in &block.sites {
                let site = self.graph.site(*id);
                if !matches!(site.kind, Kind::Discrete(_)) {
                    count += site.reads().iter().filter(|v| **v == value).count();
                }
            }
            count += block.yields.iter().filter(|v| **v == value).count();
        }
        count
    }

    fn memory_allows(&self, id: SiteId, number: usize) -> bool {
        let inside = self.primal_sites(id);
        let roots = self.differentiated_roots(&inside);
        let last = inside
            .iter()
            .filter_map(|site| self.residuals.number(*site))
            .max()
            .unwrap_or(number);
        roots.into_iter().all(|var| {
            if self.shadow_after.get(&var).is_some_and(|at| *at >= number) {
                return false;
            }
            if inside.iter().any(|site| self.writes(*site, var)) {
                self.is_private(id, var, last)
            } else {
                !self
                    .residuals
                    .sites_after(last)
                    .any(|site| self.writes(site, var))
            }
        })
    }

    /// The variables from outside that the sites touch and that have cotangents.
    fn differentiated_roots(&self, inside: &[SiteId]) -> Vec<Var> {
        let made: HashSet<Var> = inside
            .iter()
            .filter_map(|site| match self.graph.site(*site).kind {
                Kind::Allocate(var) => Some(var),
                _ => None,
            })
            .collect();
        let mut roots: Vec<Var> = inside
            .iter()
            .flat_map(|site| self.graph.site(*site).paths())
            .map(|path| path.root)
            .filter(|var| self.active.vars.contains(var) || self.shadows.contains_key(var))
            .filter(|var| !made.contains(var))
            .collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// The variables that each iteration of a loop that is fused has for itself.
    pub(super) fn rewritten_within(&self, id: SiteId) -> Vec<Var> {
        let inside = self.primal_sites(id);
        let mut roots = self.differentiated_roots(&inside);
        roots.retain(|var| inside.iter().any(|site| self.writes(*site, *var)));
        roots
    }

    /// Whether what a site does to the variable ends with it: nothing behind uses the variable, and
    /// no iteration sees what an earlier one left there.
    fn is_private(&self, id: SiteId, var: Var, last: usize) -> bool {
        let used_later = self
            .residuals
            .sites_after(last)
            .any(|site| self.graph.site(site).paths().iter().any(|p| p.root == var));
        let site = self.graph.site(id);
        !used_later
            && self.residuals.is_local(var)
            && (site.kind == Kind::If
                || site
                    .regions
                    .last()
                    .is_some_and(|body| self.scratch().is_rewritten(*body, var)))
    }

    fn scratch(&self) -> Scratch<'_> {
        Scratch::new(&self.graph, &self.residuals)
    }

    /// The sites of the function inside a site.
    fn primal_sites(&self, id: SiteId) -> Vec<SiteId> {
        let regions = self.graph.site(id).regions.clone();
        regions
            .into_iter()
            .flat_map(|region| self.graph.sites_within(region))
            .filter(|site| self.residuals.number(*site).is_some())
            .collect()
    }

    /// Whether the site may write the variable.
    fn writes(&self, id: SiteId, var: Var) -> bool {
        let kind = &self.graph.site(id).kind;
        self.graph.mutable_receiver(kind) == Some(var)
            || kind.writes().iter().any(|path| path.root == var)
    }
}
