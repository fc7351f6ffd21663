//! Fusion: where the cotangents of what a loop or branch gives are known before it runs, each
//! iteration is followed at once by its own reverse, in one loop, and nothing is kept.
//!
//! For `s += x[i] * x[i]` with the cotangent `s_bar` known:
//!
//! ```text
//! %s = for 0, n, 0.0
//!   |%i, %s|
//!   %x = load x[%i]
//!   %t = mul %x, %x
//!   %n = add %s, %t
//!   %d = mul %s_bar, %x
//!   accumulate x_bar[%i] += add %d, %d
//!   yield %n
//! ```
//!
//! [`super::legal`] says where this is right.

use std::collections::HashMap;

use super::{Bars, Pull};
use crate::ad::{float, push_one};
use crate::ir::{Kind, Op, Region, SiteId, Ty, Value, Var};

/// The cotangent of each result of a site, where it has one.
pub(super) type Seeds = Vec<Option<Value>>;

impl Pull {
    /// The seeds of a site that can be fused, computed before it; `None` where it cannot be.
    pub(super) fn fusion(&mut self, id: SiteId, bars: &Bars) -> Option<Seeds> {
        if !self.fusing || !self.may_fuse(id, bars) {
            return None;
        }
        let results = self.graph.site(id).results.clone();
        let mut done = HashMap::new();
        Some(
            results
                .iter()
                .map(|result| bars.get(result).map(|bar| self.hoist(*bar, id, &mut done)))
                .collect(),
        )
    }

    /// Whether the value can be computed before the site numbered `number`.
    pub(super) fn available(&self, value: Value, number: usize) -> bool {
        let Some(id) = self.graph.value(value).site else {
            return true;
        };
        if self.residuals.number(id).is_some_and(|at| at < number) {
            return true;
        }
        let site = self.graph.site(id);
        (site.kind.is_pure() || matches!(site.kind, Kind::ZeroOf | Kind::PullCast))
            && site
                .reads()
                .iter()
                .all(|read| self.available(*read, number))
    }

    /// Computes an available value before the site.
    fn hoist(&mut self, value: Value, before: SiteId, done: &mut HashMap<Value, Value>) -> Value {
        if let Some(hoisted) = done.get(&value) {
            return *hoisted;
        }
        let Some(id) = self.graph.value(value).site else {
            return value;
        };
        let number = |site| self.residuals.number(site);
        if number(id).is_some_and(|at| number(before).is_some_and(|own| at < own)) {
            return value;
        }
        let site = self.graph.site(id).clone();
        for read in site.reads() {
            self.hoist(read, before, done);
        }
        let tys = vec![self.graph.ty(value).clone()];
        let copy = self
            .graph
            .new_site(site.kind, site.operands, Vec::new(), tys, site.span);
        self.graph.site_mut(copy).each_read(&mut |v| {
            if let Some(to) = done.get(v) {
                *v = *to;
            }
        });
        self.before.entry(before).or_default().push(copy);
        let result = self.graph.site(copy).results[0];
        self.graph.value_mut(result).name = self.graph.value(value).name.clone();
        done.insert(value, result);
        result
    }

    pub(super) fn fuse_loop(&mut self, id: SiteId, seeds: &Seeds, out: Region, bars: &mut Bars) {
        self.residuals.fuse(id);
        let site = self.graph.site(id).clone();
        let (first, skip) = match &site.kind {
            Kind::For(range) => (range.first_carried(), 1),
            _ => (0, 0),
        };
        let Some(primal) = site.regions.last().copied() else {
            return;
        };
        let block = self.graph.block(primal).clone();
        let private = self.rewritten_within(id);
        let inner = self.graph.new_region();
        let mut own = Bars::new();
        for (seed, next) in seeds.iter().zip(&block.yields) {
            if let Some(seed) = seed {
                self.add(&mut own, inner, *next, *seed);
            }
        }
        self.region(primal, inner, &mut own);
        for (k, seed) in seeds.iter().enumerate() {
            // The loop only adds to it, so that its cotangent stays what it was.
            own.remove(&block.args[k + skip]);
            if let Some(seed) = seed {
                self.add(bars, out, site.operands[first + k], *seed);
            }
        }
        for value in self.free(&own, &site.regions) {
            let sum = self.carry_cotangent(id, value, own[&value], inner);
            self.add(bars, out, value, sum);
        }
        self.append(primal, inner);
        let bars = private.iter().filter_map(|var| self.shadows.get(var));
        let bars: Vec<Var> = bars.copied().collect();
        self.graph.block_mut(primal).private = Some(private.into_iter().chain(bars).collect());
    }

    pub(super) fn fuse_branch(&mut self, id: SiteId, seeds: &Seeds, out: Region, bars: &mut Bars) {
        self.residuals.fuse(id);
        let site = self.graph.site(id).clone();
        let mut sides = Vec::new();
        for primal in &site.regions {
            let inner = self.graph.new_region();
            let mut own = Bars::new();
            for (seed, value) in seeds.iter().zip(self.graph.block(*primal).yields.clone()) {
                if let Some(seed) = seed {
                    self.add(&mut own, inner, value, *seed);
                }
            }
            self.region(*primal, inner, &mut own);
            sides.push((*primal, inner, own));
        }
        let mut free: Vec<Value> = Vec::new();
        for (_, _, own) in &sides {
            free.extend(self.free(own, &site.regions));
        }
        free.sort_unstable();
        free.dedup();
        for value in free {
            let parts: Vec<Option<Value>> = sides
                .iter()
                .map(|(_, _, own)| own.get(&value).copied())
                .collect();
            if let (Some(one), true) = (parts[0], parts.iter().all(|part| *part == parts[0])) {
                // Both sides hand through what they were given.
                self.add(bars, out, value, one);
                continue;
            }
            for ((primal, inner, _), part) in sides.iter().zip(parts) {
                let part = match part {
                    Some(part) => part,
                    None => crate::ad::zero(&mut self.graph, *inner, value),
                };
                self.graph.block_mut(*primal).yields.push(part);
            }
            let bar = self.new_result(id, value);
            self.add(bars, out, value, bar);
        }
        for (primal, inner, _) in sides {
            self.append(primal, inner);
        }
    }

    /// The values from outside the regions that got a cotangent inside.
    fn free(&self, own: &Bars, regions: &[Region]) -> Vec<Value> {
        let inside = self.graph.defined_within(regions);
        let mut free: Vec<Value> = own
            .keys()
            .copied()
            .filter(|v| !inside.contains(v))
            .collect();
        free.sort_unstable();
        free
    }

    fn new_result(&mut self, id: SiteId, of: Value) -> Value {
        let info = self.graph.value(of).clone();
        let result = self.graph.new_value(info.ty, info.span, Some(id));
        self.graph.value_mut(result).name = info.name.map(|n| format!("{n}_bar"));
        self.graph.site_mut(id).results.push(result);
        result
    }

    /// Makes the loop carry the sum of the cotangents its iterations give a value from outside.
    fn carry_cotangent(&mut self, id: SiteId, of: Value, part: Value, inner: Region) -> Value {
        let span = self.graph.site(id).span;
        let ty = self.graph.ty(of).clone();
        let (kind, operands) = match ty {
            Ty::Float(_) => (float("0.0"), Vec::new()),
            _ => (Kind::ZeroOf, vec![of]),
        };
        let zero = self
            .graph
            .new_site(kind, operands, Vec::new(), vec![ty.clone()], span);
        self.before.entry(id).or_default().push(zero);
        let zero = self.graph.site(zero).results[0];
        self.graph.site_mut(id).operands.push(zero);
        let regions = self.graph.site(id).regions.clone();
        for region in &regions {
            let arg = self.new_bar_arg(*region, of);
            if Some(region) == regions.last() {
                let operands = vec![arg, part];
                let sum = push_one(
                    &mut self.graph,
                    inner,
                    Kind::Apply(Op::Add),
                    operands,
                    ty.clone(),
                    span,
                );
                self.graph.block_mut(*region).yields.push(sum);
            }
        }
        self.new_result(id, of)
    }

    /// Puts the reverse of a region behind its own sites.
    fn append(&mut self, primal: Region, inner: Region) {
        self.insert_sites();
        let sites = std::mem::take(&mut self.graph.block_mut(inner).sites);
        self.graph.block_mut(primal).sites.extend(sites);
    }
}
