//! Moves a chain behind its loop.

use std::collections::HashMap;

use proc_macro2::Span;

use super::Postponed;
use crate::ir::{
    Discrete, Graph, Kind, Literal, Op, Path, Range, Region, SiteId, Step, Ty, Value, Var,
};

/// Rewrites the loop, which stands at `position` of the region; says how many sites stand in front of
/// it now that did not before.
pub(super) fn move_behind(
    graph: &mut Graph,
    postponed: &Postponed,
    region: Region,
    position: usize,
) -> usize {
    let mut moving = Moving::new(graph, postponed);
    let before = moving.make_sums();
    let behind = moving.behind();
    moving.sum_up();
    moving.remove_chain();
    let count = before.len();
    let sites = &mut graph.block_mut(region).sites;
    sites.splice(position + 1..=position, behind);
    sites.splice(position..position, before);
    count
}

struct Moving<'g> {
    graph: &'g mut Graph,
    postponed: &'g Postponed,
    sums: Var,
    span: Span,
    /// Values of the loop's body, and of its copy.
    values: HashMap<Value, Value>,
    /// In the copy: where the sums start and end, if they are more than one row.
    row: Option<(Value, Value)>,
}

impl<'g> Moving<'g> {
    fn new(graph: &'g mut Graph, postponed: &'g Postponed) -> Self {
        let mut info = graph.var(postponed.chain.source).clone();
        info.name.push_str("_sum");
        let sums = graph.new_var(info);
        let span = graph.site(postponed.id).span;
        Moving {
            graph,
            postponed,
            sums,
            span,
            values: HashMap::new(),
            row: None,
        }
    }

    fn site(&mut self, kind: Kind, operands: Vec<Value>, tys: Vec<Ty>) -> SiteId {
        self.graph
            .new_site(kind, operands, Vec::new(), tys, self.span)
    }

    /// A site with one result.
    fn value(
        &mut self,
        sites: &mut Vec<SiteId>,
        kind: Kind,
        operands: Vec<Value>,
        ty: Ty,
    ) -> Value {
        let id = self.site(kind, operands, vec![ty]);
        sites.push(id);
        self.graph.site(id).results[0]
    }

    fn int(&mut self, sites: &mut Vec<SiteId>, op: Op, a: Value, b: Value) -> Value {
        self.value(sites, Kind::Apply(op), vec![a, b], Ty::Int)
    }

    /// The array of sums: a row for each iteration of the loops between.
    fn make_sums(&mut self) -> Vec<SiteId> {
        let mut sites = Vec::new();
        let mut length = self.postponed.length;
        for id in &self.postponed.nest {
            let trips = self.graph.site(*id).operands[1];
            length = self.int(&mut sites, Op::Mul, trips, length);
        }
        let float = Ty::Float(None);
        let zero = Kind::Literal(Literal::Float("0.0".to_owned()));
        let zero = self.value(&mut sites, zero, Vec::new(), float.clone());
        let zeros = self.value(
            &mut sites,
            Kind::Repeat { vec: true },
            vec![zero, length],
            Ty::Array(Box::new(float)),
        );
        let made = self.site(Kind::Allocate(self.sums), vec![zeros], Vec::new());
        sites.push(made);
        sites
    }

    /// Where the row of an iteration starts and ends, its indices given.
    fn row(&mut self, sites: &mut Vec<SiteId>, indices: &[Value]) -> Option<(Value, Value)> {
        let (first, rest) = indices.split_first()?;
        let mut number = *first;
        for (id, index) in self.postponed.nest[1..].iter().zip(rest) {
            let trips = self.graph.site(*id).operands[1];
            number = self.int(sites, Op::Mul, number, trips);
            number = self.int(sites, Op::Add, number, *index);
        }
        let start = self.int(sites, Op::Mul, number, self.postponed.length);
        let end = self.int(sites, Op::Add, start, self.postponed.length);
        Some((start, end))
    }

    fn sum(&self, row: Option<(Value, Value)>, index: Value) -> Path {
        let whole = Path::of(self.sums);
        let row = match row {
            Some((start, end)) => whole.then(Step::Range {
                start: Some(start),
                end: Some(end),
                inclusive: false,
            }),
            None => whole,
        };
        row.then(Step::Index(index))
    }

    /// Indices of the loops between.
    fn indices(&self) -> Vec<Value> {
        let nest = self.postponed.nest.iter();
        let index = |id: &SiteId| self.graph.block(self.graph.site(*id).regions[0]).args[0];
        nest.map(index).collect()
    }

    /// Adds the source to its sum, in front of what the chain did with it.
    fn sum_up(&mut self) {
        let mut sites = Vec::new();
        let indices = self.indices();
        let row = self.row(&mut sites, &indices);
        let zero = Kind::Literal(Literal::Int("0".to_owned()));
        let zero = self.value(&mut sites, zero, Vec::new(), Ty::Int);
        let body = self.graph.new_region();
        let index = self.graph.new_arg(body, Ty::Int, self.span);
        let float = Ty::Float(None);
        let element = Path::of(self.postponed.chain.source).then(Step::Index(index));
        let mut inner = Vec::new();
        let part = self.value(&mut inner, Kind::Load(element), Vec::new(), float);
        let add = Kind::Accumulate(self.sum(row, index));
        inner.push(self.site(add, vec![part], Vec::new()));
        self.graph.block_mut(body).sites = inner;
        let bounds = vec![zero, self.postponed.length];
        let each = Kind::For(Range::default());
        let added = self
            .graph
            .new_site(each, bounds, vec![body], Vec::new(), self.span);
        sites.push(added);
        let first = self.postponed.first;
        let frame = &mut self.graph.block_mut(self.postponed.frame).sites;
        let place = frame.iter().position(|id| *id == first).unwrap_or(0);
        frame.splice(place..place, sites);
    }

    /// Takes the chain out of the loop. What it read and nobody else reads is dead now.
    fn remove_chain(&mut self) {
        let body = self.graph.site(self.postponed.id).regions[0];
        for region in self.graph.regions_within(body) {
            let effects = &self.postponed.chain.effects;
            let sites = &mut self.graph.block_mut(region).sites;
            sites.retain(|id| !effects.contains(id));
        }
    }

    /// The chain, once, if the loop ran at all: else its places need not exist.
    fn behind(&mut self) -> [SiteId; 2] {
        let site = self.graph.site(self.postponed.id).clone();
        let (then, otherwise) = (self.graph.new_region(), self.graph.new_region());
        self.copy_sites(site.regions[0], then);
        let bounds = site.operands[..2].to_vec();
        let ran = self.site(Kind::Discrete(Discrete::Lt), bounds, vec![Ty::Bool]);
        let condition = self.graph.site(ran).results[0];
        let sides = vec![then, otherwise];
        let branch = self
            .graph
            .new_site(Kind::If, vec![condition], sides, Vec::new(), self.span);
        [ran, branch]
    }

    /// Copies what the chain may need; what it does not is dead.
    fn copy_sites(&mut self, from: Region, to: Region) {
        if from == self.postponed.frame {
            let indices = self.indices();
            let indices: Vec<Value> = indices.into_iter().map(|v| self.values[&v]).collect();
            let mut sites = Vec::new();
            self.row = self.row(&mut sites, &indices);
            self.graph.block_mut(to).sites = sites;
        }
        for id in self.graph.block(from).sites.clone() {
            let kind = &self.graph.site(id).kind;
            let harmless =
                kind.is_pure() || matches!(kind, Kind::Load(_) | Kind::Length(_) | Kind::For(_));
            if harmless || self.postponed.kept.contains(&id) {
                let copy = self.copy_site(id);
                self.graph.block_mut(to).sites.push(copy);
            }
        }
    }

    fn copy_site(&mut self, id: SiteId) -> SiteId {
        let mut site = self.graph.site(id).clone();
        let values = &self.values;
        site.each_read(&mut |v| *v = values.get(v).copied().unwrap_or(*v));
        if let Kind::Load(path) | Kind::Take(path) = &mut site.kind {
            if let ([Step::Index(v)], true) = (
                path.steps.as_slice(),
                path.root == self.postponed.chain.source,
            ) {
                *path = self.sum(self.row, *v);
            }
        }
        let regions = site.regions.iter();
        let regions = regions.map(|from| self.copy_region(*from)).collect();
        let tys = site.results.iter().map(|v| self.graph.ty(*v).clone());
        let tys = tys.collect();
        let copy = self
            .graph
            .new_site(site.kind, site.operands, regions, tys, site.span);
        for (old, new) in site
            .results
            .iter()
            .zip(self.graph.site(copy).results.clone())
        {
            self.rename(*old, new);
        }
        copy
    }

    fn copy_region(&mut self, from: Region) -> Region {
        let to = self.graph.new_region();
        let block = self.graph.block(from).clone();
        for arg in block.args {
            let info = self.graph.value(arg).clone();
            let new = self.graph.new_arg(to, info.ty, info.span);
            self.rename(arg, new);
        }
        self.copy_sites(from, to);
        let yields = block.yields.iter();
        let yields = yields.map(|v| self.values.get(v).copied().unwrap_or(*v));
        self.graph.block_mut(to).yields = yields.collect();
        to
    }

    fn rename(&mut self, old: Value, new: Value) {
        let name = self.graph.value(old).name.clone();
        self.graph.value_mut(new).name = name;
        self.values.insert(old, new);
    }
}
