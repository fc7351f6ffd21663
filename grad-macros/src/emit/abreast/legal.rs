//! Where iterations may run side by side: what they carry are sums of the function's own, added to in
//! their order, and what they write is private to each, or sums of cotangents.

use std::collections::HashSet;

use super::find::Abreast;
use crate::ir::{Kind, Op, Region, Site, SiteId, Ty, Value, Var};

impl Abreast<'_> {
    /// Each carried value is yielded with parts added, in additions that nothing else looks into.
    pub(super) fn sums(&mut self, body: Region) -> Option<()> {
        let graph = self.graph;
        let block = graph.block(body);
        for (arg, next) in block.args[1..].iter().zip(&block.yields) {
            let mut chain = Vec::new();
            self.leads(body, *next, *arg, &mut chain).then_some(())?;
            self.chains.extend(chain);
        }
        let mut seen = HashSet::new();
        let once = self.chains.iter().all(|id| seen.insert(*id));
        once.then_some(())
    }

    fn leads(&self, body: Region, value: Value, arg: Value, chain: &mut Vec<SiteId>) -> bool {
        let graph = self.graph;
        if self.reads(body, value) != 1 || !matches!(graph.ty(value), Ty::Float(_)) {
            return false;
        }
        if value == arg {
            return true;
        }
        let Some(id) = graph.value(value).site else {
            return false;
        };
        let site = graph.site(id);
        let sides: &[usize] = match &site.kind {
            Kind::Apply(Op::Add) => &[0, 1],
            Kind::Apply(Op::Sub) => &[0],
            _ => return false,
        };
        let own = graph.block(body).sites.contains(&id);
        own && sides.iter().any(|k| {
            let mut before = Vec::new();
            let found = self.leads(body, site.operands[*k], arg, &mut before);
            if found {
                chain.extend(before);
                chain.push(id);
            }
            found
        })
    }

    /// How often the value is read within the region.
    fn reads(&self, body: Region, value: Value) -> usize {
        let regions = self.graph.regions_within(body).into_iter();
        let of = |region| {
            let block = self.graph.block(region);
            let sites = block
                .sites
                .iter()
                .flat_map(|id| self.graph.site(*id).reads());
            sites
                .chain(block.yields.iter().copied())
                .filter(|v| *v == value)
                .count()
        };
        regions.map(of).sum()
    }

    /// Whether what the iterations write is theirs alone, or only added to; tapes begin and end empty.
    pub(super) fn is_apart(&self, body: Region) -> bool {
        let graph = self.graph;
        let inside: Vec<SiteId> = graph.sites_within(body);
        let written = inside.iter().flat_map(|id| {
            let site = graph.site(*id);
            let added = matches!(site.kind, Kind::Accumulate(_) | Kind::Pull { .. });
            let writes = site.kind.writes().into_iter();
            writes
                .map(move |path| (path.root, added))
                .collect::<Vec<_>>()
        });
        let shared: Vec<(Var, bool)> = written.filter(|(var, _)| !self.is_private(*var)).collect();
        let read = |var: Var| {
            inside.iter().any(|id| {
                let site = graph.site(*id);
                let adds = matches!(site.kind, Kind::Accumulate(_) | Kind::Pull { .. });
                !adds && site.paths().iter().any(|path| path.root == var)
            })
        };
        let only_added = shared.iter().all(|(var, added)| *added && !read(*var));
        let inside: HashSet<SiteId> = inside.into_iter().collect();
        let outside = graph.sites_within(graph.body).into_iter();
        let mut outside = outside.filter(|id| !inside.contains(id));
        only_added && outside.all(|id| self.leaves_alone(graph.site(id)))
    }

    /// Whether a site outside does nothing with what is private.
    fn leaves_alone(&self, site: &Site) -> bool {
        match &site.kind {
            Kind::Allocate(_) | Kind::Length(_) => true,
            Kind::Push(tape) | Kind::Pop(tape) | Kind::Next(tape) => !self.tapes.contains_key(tape),
            Kind::Save(tape, _) | Kind::Restore(tape, _) if self.saved.contains_key(tape) => false,
            _ => {
                let used = |var| self.memory.contains(&var) || self.lying.contains_key(&var);
                site.paths().iter().all(|path| !used(path.root))
            }
        }
    }
}
