//! Checks that a graph is well formed: run after each stage in debug builds and in tests.

use std::collections::HashSet;

use super::{Graph, Kind, Region, SiteId, Slot, Value, Var};

impl Graph {
    /// The first thing wrong with the graph, if any: a value read before it is computed, a site that
    /// stands twice, a region whose yields do not match its operator, a variable used unmade.
    pub(crate) fn verify(&self) -> Result<(), String> {
        let mut check = Check {
            graph: self,
            values: HashSet::new(),
            vars: HashSet::new(),
            sites: HashSet::new(),
        };
        for param in &self.params {
            if let Slot::Memory(var) = param.slot {
                check.vars.insert(var);
            }
        }
        // Shadows of parameters and tapes are made by the signature of what is emitted.
        for (k, var) in self.vars.iter().enumerate() {
            if var.storage != super::graph::Storage::Owned {
                check.vars.insert(Var(u32::try_from(k).unwrap_or(u32::MAX)));
            }
        }
        check.function().map_err(|fault| format!("{fault}\n{self}"))
    }

    /// Panics on an ill-formed graph, in debug builds only.
    pub(crate) fn debug_verify(&self, stage: &str) {
        if cfg!(debug_assertions) {
            if let Err(fault) = self.verify() {
                unreachable!("after {stage}: {fault}");
            }
        }
    }
}

struct Check<'g> {
    graph: &'g Graph,
    values: HashSet<Value>,
    vars: HashSet<Var>,
    sites: HashSet<SiteId>,
}

impl Check<'_> {
    /// The pullback sees everything the body made.
    fn function(&mut self) -> Result<(), String> {
        self.sites_of(self.graph.body)?;
        self.graph.pull.map_or(Ok(()), |pull| self.sites_of(pull))
    }

    fn region(&mut self, region: Region) -> Result<(), String> {
        let outside = (self.values.clone(), self.vars.clone());
        self.sites_of(region)?;
        (self.values, self.vars) = outside;
        Ok(())
    }

    fn sites_of(&mut self, region: Region) -> Result<(), String> {
        let block = self.graph.block(region);
        self.values.extend(&block.args);
        for id in &block.sites {
            self.site(*id)?;
        }
        for value in &block.yields {
            self.known(*value, "yield")?;
        }
        Ok(())
    }

    fn known(&self, value: Value, by: &str) -> Result<(), String> {
        if self.values.contains(&value) {
            Ok(())
        } else {
            Err(format!("{value} is read by {by} before it is computed"))
        }
    }

    fn site(&mut self, id: SiteId) -> Result<(), String> {
        if !self.sites.insert(id) {
            return Err(format!("site {id:?} stands twice"));
        }
        let site = self.graph.site(id);
        let name = format!("{:?}", site.kind);
        for value in site.reads() {
            self.known(value, &name)?;
        }
        for path in site.needed_paths() {
            if !self.vars.contains(&path.root) {
                let var = &self.graph.var(path.root).name;
                return Err(format!("`{var}` is used by {name} before it is made"));
            }
        }
        self.arity(id)?;
        for region in &site.regions {
            self.region(*region)?;
        }
        if let Kind::Allocate(var) = site.kind {
            self.vars.insert(var);
        }
        for value in &site.results {
            if !self.values.insert(*value) {
                return Err(format!("{value} is computed twice"));
            }
        }
        Ok(())
    }

    fn arity(&self, id: SiteId) -> Result<(), String> {
        let site = self.graph.site(id);
        let yields: Vec<_> = site
            .regions
            .iter()
            .map(|region| self.graph.block(*region).yields.len())
            .collect();
        let results = site.results.len();
        let fine = match &site.kind {
            Kind::If | Kind::Unpack => yields == [results, results],
            Kind::For(range) => {
                yields == [results] && site.operands.len() == range.first_carried() + results
            }
            Kind::While => yields == [1, results] && site.operands.len() == results,
            Kind::Apply(op) => site.operands.len() == super::ops::row(*op).wrt.len(),
            _ => true,
        };
        if fine {
            Ok(())
        } else {
            Err(format!(
                "{:?} has the wrong number of operands or yields",
                site.kind
            ))
        }
    }
}
