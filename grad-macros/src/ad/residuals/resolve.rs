//! Which values each reverse is handed: regions from the inside out.

use super::kept::{Kept, copy_moved};
use super::{
    Graph, HashSet, Kind, Known, Path, Region, Residuals, SiteId, Storage, Ty, Value, Var, VarInfo,
    Way, recompute,
};
use crate::ad::borrowed::{self, Lent};
use std::collections::HashMap;

impl Residuals {
    /// Gives the two sides of a reversed branch what they read of the primal sides.
    pub(in crate::ad) fn resolve_branch(
        graph: &mut Graph,
        residuals: &mut Residuals,
        primal: SiteId,
        reversed: SiteId,
    ) {
        let sides: Vec<(Region, Region)> = {
            let (a, b) = (graph.site(primal), graph.site(reversed));
            a.regions
                .iter()
                .copied()
                .zip(b.regions.iter().copied())
                .collect()
        };
        let kept: Vec<Kept> = sides
            .iter()
            .map(|(a, b)| recompute(graph, residuals, &[*a], *b, Known::default()))
            .collect();
        if kept.iter().all(Kept::is_empty) {
            return;
        }
        let span = graph.site(primal).span;
        for (k, ((side, inner), mut kept)) in sides.into_iter().zip(kept).enumerate() {
            let zeros = kept.zeros(graph);
            let operands = kept.operands(graph, side);
            let pack = crate::ad::push_one(
                graph,
                side,
                Kind::Pack { right: k == 1 },
                operands.clone(),
                Ty::Pullback,
                span,
            );
            graph.block_mut(side).yields.push(pack);
            let args: Vec<Value> = operands
                .iter()
                .map(|v| {
                    let info = graph.value(*v).clone();
                    let arg = graph.new_arg(inner, info.ty, info.span);
                    graph.value_mut(arg).name = info.name;
                    arg
                })
                .collect();
            kept.receive(graph, inner, &args, zeros, Vec::new());
        }
        let pack = graph.new_value(Ty::Pullback, span, Some(primal));
        graph.value_mut(pack).name = Some("residuals".to_owned());
        graph.site_mut(primal).results.push(pack);
        let site = graph.site_mut(reversed);
        site.kind = Kind::Unpack;
        site.operands = vec![pack];
    }

    /// Gives a reversed loop body what it reads of the primal body and does not know itself.
    pub(in crate::ad) fn resolve_loop(
        graph: &mut Graph,
        residuals: &mut Residuals,
        id: SiteId,
        primal: Region,
        reversed: Region,
        known: Known,
        way: Way,
    ) {
        let mut kept = recompute(graph, residuals, &[primal], reversed, known);
        residuals.resolve_restored(graph, id, primal, reversed);
        if kept.is_empty() {
            return;
        }
        let span = graph.value(graph.block(reversed).args[0]).span;
        let tape = graph.new_tape(span);
        let zeros = kept.zeros(graph);
        let operands = kept.operands(graph, primal);
        let tys: Vec<Ty> = operands.iter().map(|v| graph.ty(*v).clone()).collect();
        crate::ad::push(
            graph,
            primal,
            Kind::Push(tape),
            operands.clone(),
            Vec::new(),
            span,
        );
        let pop = match way {
            Way::Back => Kind::Pop(tape),
            Way::On => Kind::Next(tape),
        };
        let pop = graph.new_site(pop, Vec::new(), Vec::new(), tys, span);
        let results = graph.site(pop).results.clone();
        for (result, operand) in results.iter().zip(&operands) {
            let name = graph.value(*operand).name.clone();
            graph.value_mut(*result).name = name;
        }
        kept.receive(graph, reversed, &results, zeros, vec![pop]);
    }

    /// Keeps variables as they are at the end of an iteration, for its reverse to put back.
    pub(in crate::ad) fn resolve_restored(
        &mut self,
        graph: &mut Graph,
        id: SiteId,
        primal: Region,
        reversed: Region,
    ) {
        let mut vars = self.restored.remove(&id).unwrap_or_default();
        vars.sort_unstable();
        vars.dedup();
        let mut opening = Vec::new();
        for var in vars {
            let span = graph.var(var).span;
            let tape = graph.new_var(VarInfo {
                name: "saved".to_owned(),
                ty: Ty::Unknown,
                storage: Storage::Tape,
                mutable: true,
                tangent: false,
                span,
            });
            let save = Kind::Save(tape, Path::of(var));
            crate::ad::push(graph, primal, save, Vec::new(), Vec::new(), span);
            let restore = Kind::Restore(tape, Path::of(var));
            opening.push(graph.new_site(restore, Vec::new(), Vec::new(), Vec::new(), span));
        }
        graph.block_mut(reversed).sites.splice(0..0, opening);
    }

    /// The pullback captures; what it captures and the body also returns is returned as a copy.
    pub(in crate::ad) fn resolve_function(graph: &mut Graph, residuals: &Residuals) {
        let Some(pull) = graph.pull else { return };
        residuals.make_again(graph, pull);
        let used: HashSet<Var> = graph
            .sites_within(pull)
            .into_iter()
            .flat_map(|id| graph.site(id).needed_paths())
            .map(|path| path.root)
            .collect();
        copy_moved(graph, graph.body, &used);
    }

    /// What holds references is not captured but made again.
    fn make_again(&self, graph: &mut Graph, pull: Region) {
        let body = graph.block(graph.body).sites.clone();
        let made = body.into_iter().filter_map(|id| match graph.site(id).kind {
            Kind::Allocate(var) => Some(var),
            _ => None,
        });
        let (made, reads) = (made.collect(), graph.sites_within(pull));
        let lent = Lent::read(graph, self, &made, &reads);
        let (mut sites, roots) = lent.again(graph, self, &HashMap::new());
        let (ways, found) = borrowed::find_again(graph, self, pull);
        graph.substitute(pull, &found);
        sites.extend(ways);
        graph.block_mut(pull).sites.splice(0..0, sites);
        borrowed::redirect(graph, pull, &roots);
    }

    /// In a body that the reverse follows in the same scope, what the reverse reads is not moved out
    /// of its variable; sites from number `first` on are the reverse's.
    pub(in crate::ad) fn resolve_moves(graph: &mut Graph, first: usize) {
        let all = graph.sites_within(graph.body);
        let used: HashSet<Var> = all
            .iter()
            .filter(|id| id.0 as usize >= first)
            .flat_map(|id| graph.site(*id).needed_paths())
            .map(|path| path.root)
            .collect();
        for id in all {
            if let Kind::Load(path) = graph.site(id).kind.clone() {
                let whole =
                    path.steps.is_empty() && !graph.ty(graph.site(id).results[0]).is_scalar();
                if whole && used.contains(&path.root) && (id.0 as usize) < first {
                    graph.site_mut(id).kind = Kind::Copy(path);
                }
            }
        }
    }
}
