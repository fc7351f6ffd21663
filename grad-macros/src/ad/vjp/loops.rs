//! Loops: the reverse of the body, iterated backwards.

use super::{Bars, Pull};
use crate::ad::residuals::{Known, Residuals, Way};
use crate::ad::{push_one, zero};
use crate::ir::{Adaptor, Kind, Literal, Op, Range, Region, SiteId, Ty, Value};

impl Pull {
    pub(super) fn repeat(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        let (first, skip) = match &site.kind {
            Kind::For(range) => (range.first_carried(), 1),
            _ => (0, 0),
        };
        let Some(primal) = site.regions.last().copied() else {
            return;
        };
        let block = self.graph.block(primal).clone();
        let inner = self.graph.new_region();
        let index = self.graph.new_arg(inner, Ty::Int, span);
        let mut own = Bars::new();
        let mut inits = Vec::new();
        let has_cotangent = |k: &usize| {
            self.active.values.contains(&block.args[k + skip])
                || bars.contains_key(&site.results[*k])
        };
        let active: Vec<usize> = (0..site.results.len()).filter(has_cotangent).collect();
        for k in &active {
            let init = match bars.get(&site.results[*k]) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, out, site.operands[first + k]),
            };
            inits.push(init);
            let arg = self.new_bar_arg(inner, site.results[*k]);
            if self.active.values.contains(&block.yields[*k]) {
                self.add(&mut own, inner, block.yields[*k], arg);
            }
        }
        self.region(primal, inner, &mut own);
        let mut yields = Vec::new();
        for k in &active {
            let arg = block.args[k + skip];
            let next = match own.remove(&arg) {
                Some(bar) => bar,
                None => zero(&mut self.graph, inner, arg),
            };
            yields.push(next);
        }
        let inside = self.graph.defined_within(&site.regions);
        let mut free: Vec<Value> = own
            .keys()
            .copied()
            .filter(|v| !inside.contains(v))
            .collect();
        free.sort_unstable();
        for value in &free {
            let init = match bars.get(value) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, out, *value),
            };
            inits.push(init);
            yields.push(self.sum_up(inner, *value, own[value]));
        }
        let mut known = Known::default();
        if skip == 1 {
            known.values.insert(block.args[0], index);
        }
        let way = if self.any_order(id, primal, inner, &active) {
            Way::On
        } else {
            Way::Back
        };
        let counters = self.count_again(id, inner, way, &mut known);
        inits.extend(&counters.inits);
        yields.extend(&counters.yields);
        self.graph.block_mut(inner).yields = yields;
        let (kind, mut operands) = match way {
            Way::On => (site.kind.clone(), site.operands[..first].to_vec()),
            Way::Back => self.reversed_range(id, out),
        };
        self.insert_sites();
        let tys = inits.iter().map(|v| self.graph.ty(*v).clone()).collect();
        operands.extend(inits);
        let reversed = self.graph.new_site(kind, operands, vec![inner], tys, span);
        self.graph.block_mut(out).sites.push(reversed);
        Residuals::resolve_loop(
            &mut self.graph,
            &mut self.residuals,
            id,
            primal,
            inner,
            known,
            way,
        );
        // What the loop read from outside first: a variable may begin with one of those values.
        let mut results = self.graph.site(reversed).results.clone();
        let mut read = results.split_off(active.len()).into_iter();
        for (value, bar) in free.into_iter().zip(read.by_ref()) {
            bars.insert(value, bar);
        }
        for (result, end) in counters.results.into_iter().zip(read) {
            self.note_count(id, result, end, way);
        }
        for (k, bar) in active.iter().zip(results) {
            self.add(bars, out, site.operands[first + k], bar);
        }
    }

    /// Makes the reverse body carry the sum of what its iterations give a value from outside.
    fn sum_up(&mut self, inner: Region, value: Value, part: Value) -> Value {
        let arg = self.new_bar_arg(inner, value);
        let (ty, span) = (self.graph.ty(value).clone(), self.graph.value(value).span);
        let operands = vec![arg, part];
        push_one(
            &mut self.graph,
            inner,
            Kind::Apply(Op::Add),
            operands,
            ty,
            span,
        )
    }

    /// Notes with what a counter of the reversed loop ends.
    fn note_count(&mut self, id: SiteId, result: Value, end: Value, way: Way) {
        let site = self.graph.site(id);
        let first = match &site.kind {
            Kind::For(range) => range.first_carried(),
            _ => 0,
        };
        let Some(k) = site.results.iter().position(|v| *v == result) else {
            return;
        };
        let init = site.operands[first + k];
        let counted = match way {
            Way::On => &mut self.counted_on,
            Way::Back => &mut self.counted_back,
        };
        counted.insert(result, (init, end));
    }

    pub(super) fn new_bar_arg(&mut self, region: Region, of: Value) -> Value {
        let info = self.graph.value(of).clone();
        let arg = self.graph.new_arg(region, info.ty, info.span);
        self.graph.value_mut(arg).name = info.name.map(|n| format!("{n}_bar"));
        arg
    }

    /// The iteration of a loop backwards. A loop whose trip count only running tells counts.
    pub(super) fn reversed_range(&mut self, id: SiteId, out: Region) -> (Kind, Vec<Value>) {
        let site = self.graph.site(id).clone();
        if let Kind::For(range) = &site.kind {
            let mut operands = site.operands[..range.first_carried()].to_vec();
            let mut range = range.clone();
            if range.exits {
                operands.push(self.count(id));
                range.adaptors.push(Adaptor::Take);
                range.exits = false;
            }
            if range.inclusive && !range.adaptors.is_empty() {
                // Inclusive ranges do not know their length, so that adaptors cannot be undone.
                let one = Kind::Literal(Literal::Int("1".to_owned()));
                let one = push_one(&mut self.graph, out, one, Vec::new(), Ty::Int, site.span);
                let end = vec![operands[1], one];
                operands[1] = push_one(
                    &mut self.graph,
                    out,
                    Kind::Apply(Op::Add),
                    end,
                    Ty::Int,
                    site.span,
                );
                range.inclusive = false;
            }
            return (Kind::For(range.reversed()), operands);
        }
        let count = self.count(id);
        let zero = push_one(
            &mut self.graph,
            out,
            Kind::Literal(Literal::Int("0".to_owned())),
            Vec::new(),
            Ty::Int,
            site.span,
        );
        (Kind::For(Range::default().reversed()), vec![zero, count])
    }

    /// Makes a loop carry the number of its iterations.
    pub(super) fn count(&mut self, id: SiteId) -> Value {
        let site = self.graph.site(id).clone();
        let int = |text: &str| Kind::Literal(Literal::Int(text.to_owned()));
        let start = self.graph.new_site(
            int("0usize"),
            Vec::new(),
            Vec::new(),
            vec![Ty::Int],
            site.span,
        );
        self.before.entry(id).or_default().push(start);
        let start = self.graph.site(start).results[0];
        self.graph.site_mut(id).operands.push(start);
        for region in &site.regions {
            let arg = self.graph.new_arg(*region, Ty::Int, site.span);
            self.graph.value_mut(arg).name = Some("trips".to_owned());
            if Some(region) == site.regions.last() {
                let one = push_one(
                    &mut self.graph,
                    *region,
                    int("1"),
                    Vec::new(),
                    Ty::Int,
                    site.span,
                );
                let next = push_one(
                    &mut self.graph,
                    *region,
                    Kind::Apply(Op::Add),
                    vec![arg, one],
                    Ty::Int,
                    site.span,
                );
                self.graph.block_mut(*region).yields.push(next);
            }
        }
        let count = self.graph.new_value(Ty::Int, site.span, Some(id));
        self.graph.value_mut(count).name = Some("trips".to_owned());
        self.graph.site_mut(id).results.push(count);
        count
    }
}
