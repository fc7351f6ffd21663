//! What a region hands to its reverse, and how the reverse receives it.

use super::{Graph, HashMap, HashSet, Kind, Path, Region, SiteId, Storage, Value, Var, VarInfo};

/// What one region hands to its reverse.
pub(in crate::ad) struct Kept {
    pub(in crate::ad) values: Vec<Value>,
    pub(in crate::ad) vars: Vec<Var>,
}

/// What moves one of the variables out copies it instead: the reverse sweep needs it once more.
pub(in crate::ad) fn copy_moved(graph: &mut Graph, region: Region, used: &HashSet<Var>) {
    for id in graph.sites_within(region) {
        if let Kind::Load(path) = graph.site(id).kind.clone() {
            let whole = path.steps.is_empty() && !graph.ty(graph.site(id).results[0]).is_scalar();
            if whole && used.contains(&path.root) {
                graph.site_mut(id).kind = Kind::Copy(path);
            }
        }
    }
}

impl Kept {
    pub(in crate::ad) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.vars.is_empty()
    }

    /// Zeros of the shape of a variable that is handed over anyway are made from that.
    pub(in crate::ad) fn zeros(&mut self, graph: &Graph) -> Vec<(Value, Var)> {
        let mut zeros = Vec::new();
        self.values
            .retain(|value| match graph.def(*value).map(|site| &site.kind) {
                Some(Kind::ZeroLike(path))
                    if path.steps.is_empty() && self.vars.contains(&path.root) =>
                {
                    zeros.push((*value, path.root));
                    false
                }
                _ => true,
            });
        zeros
    }

    /// The values to hand over, read at the end of the primal region.
    pub(in crate::ad) fn operands(&self, graph: &mut Graph, primal: Region) -> Vec<Value> {
        copy_moved(graph, primal, &self.vars.iter().copied().collect());
        let mut operands = self.values.clone();
        for var in &self.vars {
            let info = graph.var(*var).clone();
            let whole = crate::ad::push_one(
                graph,
                primal,
                Kind::Copy(Path::of(*var)),
                Vec::new(),
                info.ty,
                info.span,
            );
            graph.value_mut(whole).name = Some(info.name);
            operands.push(whole);
        }
        operands
    }

    /// Puts what was handed over in place of the primal values; `first` opens the region.
    pub(in crate::ad) fn receive(
        &self,
        graph: &mut Graph,
        region: Region,
        received: &[Value],
        zeros: Vec<(Value, Var)>,
        first: Vec<SiteId>,
    ) {
        let mut map: HashMap<Value, Value> = self
            .values
            .iter()
            .copied()
            .zip(received.iter().copied())
            .collect();
        let mut opening = first;
        let mut roots = HashMap::new();
        for (var, value) in self.vars.iter().zip(&received[self.values.len()..]) {
            let info = graph.var(*var).clone();
            let span = info.span;
            let again = graph.new_var(VarInfo {
                mutable: false,
                storage: Storage::Owned,
                ..info
            });
            opening.push(graph.new_site(
                Kind::Allocate(again),
                vec![*value],
                Vec::new(),
                Vec::new(),
                span,
            ));
            roots.insert(*var, again);
        }
        for (value, var) in zeros {
            let (ty, span) = (graph.ty(value).clone(), graph.value(value).span);
            let kind = Kind::ZeroLike(Path::of(roots[&var]));
            let zero = graph.new_site(kind, Vec::new(), Vec::new(), vec![ty], span);
            map.insert(value, graph.site(zero).results[0]);
            opening.push(zero);
        }
        graph.substitute(region, &map);
        for id in graph.sites_within(region) {
            graph.site_mut(id).kind.each_path(&mut |path| {
                if let Some(root) = roots.get(&path.root) {
                    path.root = *root;
                }
            });
        }
        let sites = &mut graph.block_mut(region).sites;
        sites.splice(0..0, opening);
    }
}
