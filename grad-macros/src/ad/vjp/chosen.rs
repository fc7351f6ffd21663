//! Loops that only choose: `if x[i] > top { top = x[i] }`. Of what they carry only the last iteration
//! that chose matters, so that the primal sweep notes which it was, and the reverse sweep runs that
//! one alone: no tape, and no loop.

use std::collections::HashMap;

use super::{Bars, Pull};
use crate::ad::recompute;
use crate::ad::residuals::Known;
use crate::ad::zero;
use crate::ir::{Kind, Literal, Region, SiteId, Ty, Value};

/// A loop that chooses.
struct Choice {
    id: SiteId,
    body: Region,
    /// The branch in its body.
    branch: SiteId,
    /// The side that chooses: the other hands on what was.
    side: usize,
    /// The carried values with cotangents.
    carried: Vec<usize>,
}

impl Pull {
    /// Reverses a loop that only chooses; says whether it is one.
    pub(super) fn chosen(&mut self, id: SiteId, out: Region, bars: &mut Bars) -> bool {
        let Some(choice) = self.choice(id, bars) else {
            return false;
        };
        let site = self.graph.site(id).clone();
        let index = self.graph.block(choice.body).args[0];
        let taken = self.graph.site(choice.branch).regions[choice.side];
        let inner = self.graph.new_region();
        let mut own = Bars::new();
        let branch = self.graph.site(choice.branch).clone();
        for k in &choice.carried {
            let next = self.graph.block(choice.body).yields[*k];
            let place = branch.results.iter().position(|v| *v == next);
            let chosen = place.map(|place| self.graph.block(taken).yields[place]);
            if let (Some(chosen), Some(bar)) = (chosen, bars.get(&site.results[*k])) {
                let bar = *bar;
                self.add(&mut own, inner, chosen, bar);
            }
        }
        for region in [taken, choice.body] {
            let sites = self.graph.block(region).sites.clone();
            for at in sites.into_iter().rev().filter(|at| *at != choice.branch) {
                self.site(at, inner, &mut own);
            }
        }
        // Which iteration it was is not known yet: the index stands for it in this question.
        let known = HashMap::from([(index, index)]);
        let primal = [choice.body, taken];
        if !recompute::all_again(&self.graph, &mut self.residuals, &primal, inner, known) {
            return false;
        }
        let (at, ran) = self.note_choice(&choice, index);
        let known = Known {
            values: HashMap::from([(index, at)]),
            opening: Vec::new(),
        };
        recompute::compute_again(&mut self.graph, &mut self.residuals, &primal, inner, known);
        self.reverse_choice(&choice, (inner, own), ran, out, bars);
        true
    }

    fn choice(&self, id: SiteId, bars: &Bars) -> Option<Choice> {
        let site = self.graph.site(id);
        let Kind::For(range) = &site.kind else {
            return None;
        };
        if range.exits {
            return None;
        }
        let body = site.regions[0];
        let block = self.graph.block(body);
        let carried: Vec<usize> = (0..site.results.len())
            .filter(|k| {
                self.active.values.contains(&block.args[k + 1])
                    || bars.contains_key(&site.results[*k])
            })
            .collect();
        let branch = self.graph.value(block.yields[*carried.first()?]).site?;
        let (sides, results) = {
            let site = self.graph.site(branch);
            if site.kind != Kind::If || !block.sites.contains(&branch) {
                return None;
            }
            (site.regions.clone(), site.results.clone())
        };
        let hands_on = |side: usize| {
            carried.iter().all(|k| {
                let arg = block.args[k + 1];
                let place = results.iter().position(|v| *v == block.yields[*k]);
                place.is_some_and(|place| self.graph.block(sides[side]).yields[place] == arg)
                    && self.flowing_reads(body, arg) == 1
                    && self.flowing_reads(body, block.yields[*k]) == 1
            })
        };
        let side = usize::from(hands_on(0));
        let other_is_empty = self.graph.block(sides[1 - side]).sites.is_empty();
        let plain = self.graph.sites_within(body).into_iter().all(|at| {
            at == branch
                || matches!(
                    self.graph.site(at).kind,
                    Kind::Literal(_)
                        | Kind::Constant(_)
                        | Kind::Apply(_)
                        | Kind::Discrete(_)
                        | Kind::Cast(_)
                        | Kind::FloatLike
                        | Kind::Select
                        | Kind::Load(_)
                        | Kind::Length(_)
                )
        });
        (hands_on(1 - side) && other_is_empty && plain).then_some(Choice {
            id,
            body,
            branch,
            side,
            carried,
        })
    }

    /// Makes the primal loop carry the index of the last iteration that chose, and whether one did.
    fn note_choice(&mut self, choice: &Choice, index: Value) -> (Value, Value) {
        let span = self.graph.site(choice.id).span;
        let start = self.graph.site(choice.id).operands[0];
        let literal = |truth: bool| Kind::Literal(Literal::Bool(truth));
        let no = self
            .graph
            .new_site(literal(false), Vec::new(), Vec::new(), vec![Ty::Bool], span);
        self.before.entry(choice.id).or_default().push(no);
        let no = self.graph.site(no).results[0];
        let sides = self.graph.site(choice.branch).regions.clone();
        let taken = sides[choice.side];
        let yes = crate::ad::push_one(
            &mut self.graph,
            taken,
            literal(true),
            Vec::new(),
            Ty::Bool,
            span,
        );
        let mut results = Vec::new();
        for (ty, init, chosen, name) in [
            (Ty::Int, start, index, "chosen_at"),
            (Ty::Bool, no, yes, "chose"),
        ] {
            let arg = self.graph.new_arg(choice.body, ty.clone(), span);
            self.graph.value_mut(arg).name = Some(name.to_owned());
            for (k, side) in sides.iter().enumerate() {
                let value = if k == choice.side { chosen } else { arg };
                self.graph.block_mut(*side).yields.push(value);
            }
            let next = self.graph.new_value(ty.clone(), span, Some(choice.branch));
            self.graph.site_mut(choice.branch).results.push(next);
            self.graph.block_mut(choice.body).yields.push(next);
            let result = self.graph.new_value(ty, span, Some(choice.id));
            let own = self.graph.site_mut(choice.id);
            own.operands.push(init);
            own.results.push(result);
            results.push(result);
        }
        (results[0], results[1])
    }

    /// Runs the reverse of the chosen iteration, if there is one; else the first values stay.
    fn reverse_choice(
        &mut self,
        choice: &Choice,
        (inner, own): (Region, Bars),
        ran: Value,
        out: Region,
        bars: &mut Bars,
    ) {
        let site = self.graph.site(choice.id).clone();
        let Kind::For(range) = &site.kind else { return };
        let first = range.first_carried();
        let other = self.graph.new_region();
        let mut given = Vec::new();
        for k in &choice.carried {
            let Some(bar) = bars.get(&site.results[*k]).copied() else {
                continue;
            };
            let init = site.operands[first + k];
            let none = zero(&mut self.graph, inner, init);
            self.graph.block_mut(inner).yields.push(none);
            self.graph.block_mut(other).yields.push(bar);
            given.push(init);
        }
        let inside = self.graph.defined_within(&site.regions);
        let mut free: Vec<Value> = own
            .keys()
            .copied()
            .filter(|v| !inside.contains(v))
            .collect();
        free.sort_unstable();
        for value in free {
            self.graph.block_mut(inner).yields.push(own[&value]);
            let none = zero(&mut self.graph, other, value);
            self.graph.block_mut(other).yields.push(none);
            given.push(value);
        }
        let tys = given.iter().map(|v| self.graph.ty(*v).clone()).collect();
        let reversed = self
            .graph
            .new_site(Kind::If, vec![ran], vec![inner, other], tys, site.span);
        self.graph.block_mut(out).sites.push(reversed);
        self.insert_sites();
        let results = self.graph.site(reversed).results.clone();
        for (value, bar) in given.into_iter().zip(results) {
            self.add(bars, out, value, bar);
        }
    }
}
