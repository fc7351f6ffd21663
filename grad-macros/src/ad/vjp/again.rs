//! Regions of the function a second time, with values, variables and sites of their own.

use std::collections::HashMap;

use crate::ir::{Graph, Kind, Region, Site, SiteId, Value, Var};

/// What stands for what in a copy.
pub(in crate::ad) struct Copied {
    pub(in crate::ad) values: HashMap<Value, Value>,
    pub(in crate::ad) vars: HashMap<Var, Var>,
    pub(in crate::ad) sites: HashMap<SiteId, SiteId>,
    pub(in crate::ad) regions: HashMap<Region, Region>,
}

impl Copied {
    /// A copy in which variables from outside are others.
    pub(super) fn new(vars: HashMap<Var, Var>) -> Self {
        Copied {
            values: HashMap::new(),
            vars,
            sites: HashMap::new(),
            regions: HashMap::new(),
        }
    }

    /// Copies the function's own sites in `from` to the end of `to`. What is only said or checked
    /// once, such as `println!`, is left out.
    pub(super) fn sites_of(&mut self, graph: &mut Graph, from: Region, to: Region) {
        self.regions.insert(from, to);
        for id in graph.block(from).sites.clone() {
            if !is_said_once(graph.site(id)) {
                let copy = self.site(graph, id);
                graph.block_mut(to).sites.push(copy);
            }
        }
    }

    fn site(&mut self, graph: &mut Graph, id: SiteId) -> SiteId {
        let mut site = graph.site(id).clone();
        if let Kind::Allocate(var) = site.kind {
            let info = graph.var(var).clone();
            self.vars.insert(var, graph.new_var(info));
        }
        site.each_read(&mut |v| *v = self.value(*v));
        site.kind
            .each_path(&mut |path| path.root = self.var(path.root));
        if let Kind::Allocate(var) = &mut site.kind {
            *var = self.var(*var);
        }
        let regions = site
            .regions
            .iter()
            .map(|from| self.region(graph, *from))
            .collect();
        let tys = site.results.iter().map(|v| graph.ty(*v).clone()).collect();
        let copy = graph.new_site(site.kind, site.operands, regions, tys, site.span);
        for (old, new) in site.results.iter().zip(graph.site(copy).results.clone()) {
            graph.value_mut(new).name = graph.value(*old).name.clone();
            self.values.insert(*old, new);
        }
        graph.exact.insert(copy);
        self.sites.insert(id, copy);
        copy
    }

    fn region(&mut self, graph: &mut Graph, from: Region) -> Region {
        let to = graph.new_region();
        for arg in graph.block(from).args.clone() {
            let info = graph.value(arg).clone();
            let own = graph.new_arg(to, info.ty, info.span);
            graph.value_mut(own).name = info.name;
            self.values.insert(arg, own);
        }
        self.sites_of(graph, from, to);
        graph.block_mut(to).yields = self.yields(graph, from);
        graph.block_mut(to).checkpoint = graph.block(from).checkpoint;
        to
    }

    /// What the copy of a region yields.
    pub(super) fn yields(&self, graph: &Graph, from: Region) -> Vec<Value> {
        let yields = graph.block(from).yields.iter();
        yields.map(|v| self.value(*v)).collect()
    }

    fn value(&self, value: Value) -> Value {
        self.values.get(&value).copied().unwrap_or(value)
    }

    fn var(&self, var: Var) -> Var {
        self.vars.get(&var).copied().unwrap_or(var)
    }
}

/// Code that gives nothing, and after which control runs on.
fn is_said_once(site: &Site) -> bool {
    matches!(&site.kind, Kind::Opaque { effect: true, .. })
        && site.results.is_empty()
        && !site.kind.diverges()
}
