//! Linear chains: from an array of cotangents, by factors that a loop does not change, to sums that
//! nothing in the loop reads.

use std::collections::{HashMap, HashSet};

use super::fixed::Fixed;
use crate::ir::{Graph, Kind, Op, Path, Region, SiteId, Step, Ty, Value, Var};

/// The body of a loop, as seen by those who look for chains in it.
pub(super) struct Body<'g> {
    pub(super) graph: &'g Graph,
    pub(super) region: Region,
    pub(super) fixed: Fixed,
    pub(super) sites: Vec<SiteId>,
    /// The sites that go through each variable.
    pub(super) uses: HashMap<Var, Vec<SiteId>>,
    /// The loops around each site, those outside first: where all of these run the same way each time.
    pub(super) around: HashMap<SiteId, Vec<SiteId>>,
    /// Arrays made of zeros before the loop, with their lengths.
    pub(super) arrays: HashMap<Var, Value>,
}

/// A chain, found.
pub(super) struct Chain {
    /// Where it starts.
    pub(super) source: Var,
    /// Arrays that it fills and empties on the way.
    pub(super) between: HashSet<Var>,
    /// What it adds to in the end, and what it does to the arrays between.
    pub(super) effects: Vec<SiteId>,
    /// Those of the effects that it ends in.
    pub(super) sinks: Vec<SiteId>,
    /// What reads the source for it.
    pub(super) readers: Vec<SiteId>,
    /// Its products.
    pub(super) products: Vec<SiteId>,
}

impl<'g> Body<'g> {
    pub(super) fn new(graph: &'g Graph, region: Region, shadows: &HashSet<Var>) -> Self {
        let sites = graph.sites_within(region);
        let mut uses: HashMap<Var, Vec<SiteId>> = HashMap::new();
        for id in &sites {
            let site = graph.site(*id);
            for path in site.paths() {
                uses.entry(path.root).or_default().push(*id);
            }
        }
        let mut body = Body {
            graph,
            region,
            fixed: Fixed::of(graph, region),
            arrays: zero_arrays(graph, &sites, shadows),
            sites,
            uses,
            around: HashMap::new(),
        };
        body.descend(region, &mut Vec::new());
        body
    }

    fn descend(&mut self, region: Region, around: &mut Vec<SiteId>) {
        for id in &self.graph.block(region).sites {
            self.around.insert(*id, around.clone());
            let site = self.graph.site(*id);
            if let Kind::For(range) = &site.kind {
                let mut bounds = site.operands[..range.first_carried()].iter();
                if !range.exits && bounds.all(|v| self.fixed.has(*v)) {
                    around.push(*id);
                    self.descend(site.regions[0], around);
                    around.pop();
                }
            }
        }
    }

    /// The place, if it is one element of an array, the same in every iteration.
    pub(super) fn element(&self, path: &Path) -> Option<Value> {
        match path.steps.as_slice() {
            [Step::Index(v)] if self.fixed.has(*v) => Some(*v),
            _ => None,
        }
    }

    /// The chain that starts at an array.
    pub(super) fn chain(&self, source: Var, shadows: &HashSet<Var>) -> Option<Chain> {
        let mut between: HashSet<Var> = self.arrays.keys().copied().collect();
        between.retain(|var| *var != source && self.is_filled_and_emptied(*var));
        loop {
            let linear = self.linear(source, &between);
            let sinks = self.sinks(source, &between, &linear, shadows);
            let before = between.len();
            between.retain(|var| self.is_filled_by(*var, &linear));
            if !self.stays_within(&between, &linear, &sinks) {
                between.clear();
            }
            if between.len() == before {
                return self.assembled(source, between, &linear, sinks);
            }
        }
    }

    fn is_filled_and_emptied(&self, var: Var) -> bool {
        self.uses_of(var).all(|id| match &self.graph.site(id).kind {
            Kind::Accumulate(path) | Kind::Take(path) => self.element(path).is_some(),
            _ => false,
        })
    }

    fn is_filled_by(&self, var: Var, linear: &HashSet<Value>) -> bool {
        self.uses_of(var).all(|id| {
            let site = self.graph.site(id);
            !matches!(site.kind, Kind::Accumulate(_)) || linear.contains(&site.operands[0])
        })
    }

    pub(super) fn uses_of(&self, var: Var) -> impl Iterator<Item = SiteId> + '_ {
        self.uses.get(&var).into_iter().flatten().copied()
    }

    /// The values that are linear in what the arrays hold.
    fn linear(&self, source: Var, between: &HashSet<Var>) -> HashSet<Value> {
        let mut linear = HashSet::new();
        for id in self.sites.iter().filter(|id| self.around.contains_key(id)) {
            let site = self.graph.site(*id);
            let is = |k: usize| linear.contains(&site.operands[k]);
            let fixed = |k: usize| self.fixed.has(site.operands[k]);
            let found = match &site.kind {
                Kind::Load(path) => path.root == source && self.element(path).is_some(),
                Kind::Take(path) => {
                    (path.root == source || between.contains(&path.root))
                        && self.element(path).is_some()
                }
                Kind::Apply(Op::Neg) => is(0),
                Kind::Apply(Op::Add | Op::Sub) => is(0) && is(1),
                Kind::Apply(Op::Mul) => is(0) && fixed(1) || fixed(0) && is(1),
                _ => false,
            };
            let float = |v: &Value| matches!(self.graph.ty(*v), Ty::Float(_));
            if found && site.results.iter().all(float) {
                linear.extend(&site.results);
            }
        }
        linear
    }

    /// Additions of the chain to what the loop only adds to.
    fn sinks(
        &self,
        source: Var,
        between: &HashSet<Var>,
        linear: &HashSet<Value>,
        shadows: &HashSet<Var>,
    ) -> HashSet<SiteId> {
        let added_to = |var: Var| {
            var != source
                && shadows.contains(&var)
                && !between.contains(&var)
                && self
                    .uses_of(var)
                    .all(|id| matches!(self.graph.site(id).kind, Kind::Accumulate(_)))
        };
        let made: HashSet<Var> = made(self.graph, &self.sites).collect();
        let is_sink = |id: &SiteId| match &self.graph.site(*id).kind {
            Kind::Accumulate(path) => {
                self.around.contains_key(id)
                    && linear.contains(&self.graph.site(*id).operands[0])
                    && self.fixed.has_path(path)
                    && !made.contains(&path.root)
                    && added_to(path.root)
            }
            _ => false,
        };
        self.sites.iter().copied().filter(is_sink).collect()
    }

    /// Whether what the arrays between hold goes nowhere but on in the chain.
    fn stays_within(
        &self,
        between: &HashSet<Var>,
        linear: &HashSet<Value>,
        sinks: &HashSet<SiteId>,
    ) -> bool {
        let mut held: HashSet<Value> = HashSet::new();
        for id in &self.sites {
            let site = self.graph.site(*id);
            let reads_held = site.reads().iter().any(|v| held.contains(v));
            let goes_on = match &site.kind {
                Kind::Take(path) if between.contains(&path.root) => {
                    self.around.contains_key(id) && site.results.iter().all(|v| linear.contains(v))
                }
                Kind::Apply(_) if reads_held => site.results.iter().all(|v| linear.contains(v)),
                Kind::Accumulate(path) if reads_held => {
                    sinks.contains(id)
                        || between.contains(&path.root) && self.around.contains_key(id)
                }
                _ if reads_held => false,
                _ => continue,
            };
            if !goes_on {
                return false;
            }
            held.extend(&site.results);
        }
        let mut regions = self.graph.regions_within(self.region).into_iter();
        regions.all(|region| {
            let mut yields = self.graph.block(region).yields.iter();
            yields.all(|v| !held.contains(v))
        })
    }

    fn assembled(
        &self,
        source: Var,
        between: HashSet<Var>,
        linear: &HashSet<Value>,
        sinks: HashSet<SiteId>,
    ) -> Option<Chain> {
        let of_chain = |id: &SiteId| {
            let mut roots = self.graph.site(*id).paths().into_iter();
            sinks.contains(id) || roots.any(|path| between.contains(&path.root))
        };
        let effects: Vec<SiteId> = self.sites.iter().copied().filter(of_chain).collect();
        let mut wanted: HashSet<Value> = HashSet::new();
        let (mut readers, mut products) = (Vec::new(), Vec::new());
        for id in self.sites.iter().rev() {
            let site = self.graph.site(*id);
            if effects.contains(id) {
                wanted.extend(&site.operands);
            }
            if !site.results.iter().any(|v| wanted.contains(v)) {
                continue;
            }
            match &site.kind {
                Kind::Load(path) | Kind::Take(path) if path.root == source => readers.push(*id),
                Kind::Apply(op) => {
                    let operands = site.operands.iter();
                    wanted.extend(operands.filter(|v| linear.contains(v)));
                    if *op == Op::Mul {
                        products.push(*id);
                    }
                }
                _ => {}
            }
        }
        let sinks: Vec<SiteId> = sinks.into_iter().collect();
        (!sinks.is_empty() && !readers.is_empty()).then_some(Chain {
            source,
            between,
            effects,
            sinks,
            readers,
            products,
        })
    }
}

fn made<'g>(graph: &'g Graph, sites: &'g [SiteId]) -> impl Iterator<Item = Var> + 'g {
    sites.iter().filter_map(|id| match graph.site(*id).kind {
        Kind::Allocate(var) => Some(var),
        _ => None,
    })
}

/// Arrays of cotangents that are made once, of zeros, and not by these sites.
fn zero_arrays(graph: &Graph, sites: &[SiteId], shadows: &HashSet<Var>) -> HashMap<Var, Value> {
    let inside: HashSet<Var> = made(graph, sites).collect();
    let mut arrays = HashMap::new();
    let mut again = HashSet::new();
    let everywhere = [Some(graph.body), graph.pull];
    for id in everywhere
        .into_iter()
        .flatten()
        .flat_map(|region| graph.sites_within(region))
    {
        let site = graph.site(id);
        let Kind::Allocate(var) = site.kind else {
            continue;
        };
        let content = site.operands.first().and_then(|v| graph.def(*v));
        let length = content.and_then(|content| match content.kind {
            Kind::Repeat { vec: true } if graph.number(content.operands[0]) == Some(0.0) => {
                Some(content.operands[1])
            }
            _ => None,
        });
        match length {
            Some(length) if shadows.contains(&var) && !inside.contains(&var) => {
                if arrays.insert(var, length).is_some() {
                    again.insert(var);
                }
            }
            _ => {
                again.insert(var);
            }
        }
    }
    arrays.retain(|var, _| !again.contains(var));
    arrays
}
