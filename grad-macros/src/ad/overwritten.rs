//! What is stored in memory and never read there: `a[0]` in `a[0] = bad; a[0] = good;`, the first
//! element where only `a[1]` is read.
//!
//! From each store the ways onward are walked until the place is read or written again. A loop counts
//! as one that runs, and a read whose index is not known as one of this very place; two indices that
//! one iteration computes differently count as different. What a loop writes at a place that moves
//! with its counter it does not write again.

use std::collections::{HashMap, HashSet};

use super::Activity;
use super::activity::sources;
use crate::ir::{
    Arg, Callee, Graph, Kind, Path, Region, Site, SiteId, Slot, Step, Storage, Value, Var,
};

/// What nobody reads.
#[derive(Default)]
pub(super) struct Unread {
    /// Stores.
    pub(super) stores: HashSet<SiteId>,
    /// Parts of an aggregate that a variable starts with: the site that makes it, and the operand.
    pub(super) parts: HashSet<(SiteId, usize)>,
}

/// A step of a place, as far as it tells places apart.
#[derive(Clone, PartialEq, Debug)]
enum Part {
    Name(String),
    Number(f64),
    Index(Value),
    Other,
}

#[derive(Clone, Debug)]
struct Place {
    root: Var,
    parts: Vec<Part>,
}

/// How far the walk has come from the store.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// In the same iteration of every loop around it.
    Same,
    /// Anywhere.
    Far,
}

/// What becomes of a place's content.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It is read, or ends with its variable.
    Read,
    Lost,
    /// It is still there.
    Kept,
}

struct Walk<'a> {
    graph: &'a Graph,
    active: &'a Activity,
    /// The site a region belongs to, the region that stands in, and where.
    parents: HashMap<Region, (SiteId, Region, usize)>,
    /// What sites write and read that take part in the derivative.
    reads: HashMap<SiteId, Vec<Place>>,
    read: Vec<Place>,
}

/// Finds the stores whose values nobody reads.
pub(super) fn unread(graph: &Graph, active: &Activity) -> Unread {
    let mut walk = Walk {
        graph,
        active,
        parents: HashMap::new(),
        reads: HashMap::new(),
        read: Vec::new(),
    };
    let mut stores = Vec::new();
    walk.gather(graph.body, &mut stores);
    let mut unread = Unread::default();
    for (id, region, at) in stores {
        let site = graph.site(id);
        match &site.kind {
            Kind::Store(path) if walk.is_lost(&walk.place(path), region, at) => {
                unread.stores.insert(id);
            }
            Kind::Allocate(var) => {
                let made = site.operands.first().and_then(|v| graph.value(*v).site);
                let Some(made) = made else { continue };
                for k in 0..graph.site(made).operands.len() {
                    let place = walk.part(*var, graph.site(made), k);
                    if place.is_some_and(|place| walk.is_lost(&place, region, at)) {
                        unread.parts.insert((made, k));
                    }
                }
            }
            _ => {}
        }
    }
    unread
}

impl Walk<'_> {
    fn gather(&mut self, region: Region, stores: &mut Vec<(SiteId, Region, usize)>) {
        for (at, id) in self.graph.block(region).sites.iter().enumerate() {
            let site = self.graph.site(*id);
            let places = self.read_by(site);
            if !places.is_empty() {
                self.read.extend(places.iter().cloned());
                self.reads.insert(*id, places);
            }
            match &site.kind {
                Kind::Store(path) if self.active.vars.contains(&path.root) => {
                    stores.push((*id, region, at));
                }
                Kind::Allocate(var) if self.active.vars.contains(var) => {
                    stores.push((*id, region, at));
                }
                _ => {}
            }
            for inner in &site.regions {
                self.parents.insert(*inner, (*id, region, at));
                self.gather(*inner, stores);
            }
        }
    }

    /// The places out of which a derivative flows into the site.
    fn read_by(&self, site: &Site) -> Vec<Place> {
        let swaps = matches!(&site.kind, Kind::Swap(a, _) if self.active.vars.contains(&a.root));
        if !(swaps || self.active.site(site)) {
            return Vec::new();
        }
        let (_, vars) = sources(self.graph, site);
        let paths = site.paths();
        let read = paths
            .iter()
            .filter(|path| swaps || vars.contains(&path.root) && !overwrites(site).contains(path));
        read.map(|path| self.place(path)).collect()
    }

    fn place(&self, path: &Path) -> Place {
        let part = |step: &Step| match step {
            Step::Field(name) => Part::Name(name.clone()),
            Step::Variant(variant) => Part::Name(format!("{} {}", variant.name, variant.field)),
            Step::Index(v) => match self.graph.number(*v) {
                Some(number) => Part::Number(number),
                None => Part::Index(*v),
            },
            Step::Deref | Step::Way(_) | Step::Range { .. } => Part::Other,
        };
        Place {
            root: path.root,
            parts: path.steps.iter().map(part).collect(),
        }
    }

    /// Operand `k` of the aggregate that `var` starts with.
    fn part(&self, var: Var, made: &Site, k: usize) -> Option<Place> {
        #[allow(clippy::cast_precision_loss)]
        let part = match &made.kind {
            Kind::Array { .. } => Part::Number(k as f64),
            Kind::Tuple => Part::Name(k.to_string()),
            Kind::Record(record) => {
                return Some(self.place(&Path::of(var).then(record.step(k))));
            }
            _ => return None,
        };
        let parts = vec![part];
        Some(Place { root: var, parts })
    }

    /// Whether what the site `at` of a region wrote to the place is read on no way, or on some way
    /// overwritten first.
    fn is_lost(&self, place: &Place, region: Region, at: usize) -> bool {
        let lasts = self.graph.params.iter().any(|param| {
            param.slot == Slot::Memory(place.root)
                && self.graph.var(place.root).storage == Storage::RefMut
        });
        let meets = |read: &Place| may_meet(read, place, Way::Far);
        if !lasts && !self.read.iter().any(meets) {
            return true;
        }
        self.onward(place, region, at) == Fate::Lost
    }

    /// What becomes of the place behind a site of a region.
    fn onward(&self, place: &Place, region: Region, at: usize) -> Fate {
        let (mut region, mut at, mut way) = (region, at, Way::Same);
        loop {
            let fate = self.scan(place, region, at + 1, way);
            if fate != Fate::Kept {
                return fate;
            }
            let Some((id, outside, outer_at)) = self.parents.get(&region).copied() else {
                return Fate::Kept;
            };
            if self.graph.site(id).kind.is_loop() {
                way = Way::Far;
                let again = self.repeated(place, id);
                if again != Fate::Kept {
                    return again;
                }
            }
            (region, at) = (outside, outer_at);
        }
    }

    /// What becomes of it in a further iteration of the loop.
    fn repeated(&self, place: &Place, id: SiteId) -> Fate {
        let index = |part: &Part| match part {
            Part::Index(v) => Some(*v),
            _ => None,
        };
        let mut indices = place.parts.iter().filter_map(index);
        if indices.any(|v| self.moves(v, id, &mut HashSet::new())) {
            // What the next iteration writes is another place.
            return Fate::Kept;
        }
        self.scan_regions(place, id, Way::Far)
    }

    fn scan_regions(&self, place: &Place, id: SiteId, way: Way) -> Fate {
        for inner in &self.graph.site(id).regions {
            let fate = self.scan(place, *inner, 0, way);
            if fate != Fate::Kept {
                return fate;
            }
        }
        Fate::Kept
    }

    fn scan(&self, place: &Place, region: Region, from: usize, way: Way) -> Fate {
        for id in self.graph.block(region).sites.iter().skip(from) {
            let fate = self.step(place, *id, way);
            if fate != Fate::Kept {
                return fate;
            }
        }
        Fate::Kept
    }

    fn step(&self, place: &Place, id: SiteId, way: Way) -> Fate {
        let site = self.graph.site(id);
        let read = self.reads.get(&id);
        if read.is_some_and(|read| read.iter().any(|r| may_meet(r, place, way))) {
            return Fate::Read;
        }
        let covers = |path: &&Path| {
            let written = self.place(path);
            written.parts.len() <= place.parts.len() && may_meet(&written, place, way)
        };
        if overwrites(site).iter().any(covers) {
            return Fate::Lost;
        }
        match &site.kind {
            // A new content, with no way from the old one.
            Kind::Allocate(var) if *var == place.root => Fate::Read,
            Kind::If => {
                let fates = site
                    .regions
                    .iter()
                    .map(|side| self.scan(place, *side, 0, way));
                let fates: Vec<Fate> = fates.collect();
                if fates.contains(&Fate::Lost) {
                    Fate::Lost
                } else if fates.iter().all(|fate| *fate == Fate::Read) {
                    Fate::Read
                } else {
                    Fate::Kept
                }
            }
            kind if kind.is_loop() => self.scan_regions(place, id, Way::Far),
            _ => Fate::Kept,
        }
    }

    /// Whether the value differs from one iteration of the loop to the next.
    fn moves(&self, value: Value, id: SiteId, seen: &mut HashSet<Value>) -> bool {
        if !seen.insert(value) {
            return false;
        }
        let own = &self.graph.site(id).regions;
        if own
            .iter()
            .any(|region| self.graph.block(*region).args.contains(&value))
        {
            return true;
        }
        let Some(site) = self.graph.value(value).site else {
            return self
                .starts(value)
                .is_some_and(|start| self.moves(start, id, seen));
        };
        match &self.graph.site(site).kind {
            Kind::Literal(_) | Kind::Constant(_) => false,
            kind if kind.is_pure() => {
                let operands = &self.graph.site(site).operands;
                operands.iter().any(|v| self.moves(*v, id, seen))
            }
            _ => own
                .iter()
                .any(|region| self.graph.sites_within(*region).contains(&site)),
        }
    }

    /// What an argument of an inner loop starts from.
    fn starts(&self, value: Value) -> Option<Value> {
        let (region, k) = self.parents.keys().find_map(|region| {
            let args = &self.graph.block(*region).args;
            args.iter()
                .position(|arg| *arg == value)
                .map(|k| (region, k))
        })?;
        let (id, ..) = self.parents.get(region)?;
        let site = self.graph.site(*id);
        let operand = match &site.kind {
            Kind::For(range) if k > 0 => range.first_carried() + k - 1,
            _ => k,
        };
        site.operands.get(operand).copied()
    }
}

/// The places that the site writes without a look at what is there.
fn overwrites(site: &Site) -> Vec<&Path> {
    match &site.kind {
        Kind::Store(path) => vec![path],
        Kind::Call(call) => match (&call.callee, call.args.first().and_then(Arg::path)) {
            (Callee::Method(name, None), Some(path)) if is_overwriting(name) => vec![path],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn is_overwriting(method: &str) -> bool {
    matches!(
        method,
        "fill" | "copy_from_slice" | "clone_from_slice" | "clear"
    )
}

/// Whether one of the places may be in the other.
fn may_meet(a: &Place, b: &Place, way: Way) -> bool {
    let apart = |(a, b): (&Part, &Part)| match (a, b) {
        (Part::Name(a), Part::Name(b)) => a != b,
        #[allow(clippy::float_cmp)] // whole numbers
        (Part::Number(a), Part::Number(b)) => a != b,
        (Part::Index(a), Part::Index(b)) => way == Way::Same && a != b,
        _ => false,
    };
    // Behind a range the steps of the two are no longer of one level.
    let level = |(a, b): &(&Part, &Part)| **a != Part::Other && **b != Part::Other;
    let mut steps = a.parts.iter().zip(&b.parts).take_while(level);
    a.root == b.root && !steps.any(apart)
}
