//! Which loops can be cut into strips.

use std::collections::{HashMap, HashSet};

use crate::ir::{Graph, Kind, Op, Path, Range, Region, Site, SiteId, Step, Ty, Value, Var};

/// What a site of the body is in a strip.
pub(super) enum Part {
    /// The same in every iteration: computed before.
    Fixed,
    /// An index that moves on by one: it stands in rows only.
    Place,
    /// An element of the row with this number.
    Element(usize),
    /// Arithmetic, for each iteration of the strip.
    Each,
    /// Adds to an element of the row with this number.
    Add(usize),
    /// Adds the value to the sum with this number.
    Sum(usize, Value),
}

/// Consecutive elements of an array, one for each iteration.
#[derive(PartialEq)]
pub(super) struct Row {
    pub(super) whole: Path,
    /// Where it begins before the loop's index is added.
    pub(super) base: Option<Value>,
    pub(super) written: bool,
}

/// How a value changes from iteration to iteration.
#[derive(Clone, Copy, PartialEq)]
enum Moves {
    Anyhow,
    /// It is the loop's index.
    Index,
    /// It is the loop's index, and this more.
    From(Value),
}

/// A loop that can be cut into strips.
pub(super) struct Strips<'g> {
    graph: &'g Graph,
    /// The values that are not the same in every iteration; how they move.
    moving: HashMap<Value, Moves>,
    /// The carried arguments.
    sums: Vec<Value>,
    pub(super) parts: Vec<(SiteId, Part)>,
    pub(super) rows: Vec<Row>,
}

impl<'g> Strips<'g> {
    pub(super) fn of(graph: &'g Graph, site: &Site, range: &Range) -> Option<Self> {
        let block = graph.block(site.regions[0]);
        let (index, sums) = block.args.split_first()?;
        if range.inclusive || range.exits || !range.adaptors.is_empty() || sums.is_empty() {
            return None;
        }
        let mut strips = Strips {
            graph,
            moving: sums.iter().map(|sum| (*sum, Moves::Anyhow)).collect(),
            sums: sums.to_vec(),
            parts: Vec::new(),
            rows: Vec::new(),
        };
        strips.moving.insert(*index, Moves::Index);
        for id in &block.sites {
            let part = strips.part(graph.site(*id))?;
            strips.parts.push((*id, part));
        }
        let fits = strips.is_summed(&block.yields) && strips.are_apart();
        (fits && only_ours(graph, &site.results)).then_some(strips)
    }

    fn part(&mut self, site: &Site) -> Option<Part> {
        let graph = self.graph;
        let (part, moves) = match &site.kind {
            Kind::Literal(_) | Kind::Constant(_) => return Some(Part::Fixed),
            Kind::Load(path) => {
                let is_float = matches!(graph.ty(site.results[0]), Ty::Float(_));
                if !is_float || path.steps.is_empty() {
                    return None;
                }
                if path.values().iter().all(|v| self.is_fixed(*v)) {
                    return is_plain(path).then_some(Part::Fixed);
                }
                (Part::Element(self.row(path, false)?), Moves::Anyhow)
            }
            Kind::Accumulate(path) => {
                let part = site.operands[0];
                if !matches!(graph.ty(part), Ty::Float(_)) || !self.is_number(part) {
                    return None;
                }
                (Part::Add(self.row(path, true)?), Moves::Anyhow)
            }
            kind if kind.is_pure() && site.operands.iter().all(|v| self.is_fixed(*v)) => {
                return Some(Part::Fixed);
            }
            Kind::Apply(Op::Add) if *graph.ty(site.results[0]) == Ty::Int => {
                (Part::Place, Moves::From(self.begin(site)?))
            }
            _ => (self.arithmetic(site)?, Moves::Anyhow),
        };
        for result in &site.results {
            self.moving.insert(*result, moves);
        }
        Some(part)
    }

    fn is_fixed(&self, value: Value) -> bool {
        !self.moving.contains_key(&value)
    }

    /// Whether arithmetic may read the value: no index, no sum.
    fn is_number(&self, value: Value) -> bool {
        !self.sums.contains(&value) && matches!(self.moving.get(&value), None | Some(Moves::Anyhow))
    }

    /// Where an index that is the loop's plus something begins.
    fn begin(&self, site: &Site) -> Option<Value> {
        let (a, b) = (site.operands[0], site.operands[1]);
        let is_index = |v: Value| self.moving.get(&v) == Some(&Moves::Index);
        match () {
            () if is_index(a) && self.is_fixed(b) => Some(b),
            () if is_index(b) && self.is_fixed(a) => Some(a),
            () => None,
        }
    }

    fn arithmetic(&self, site: &Site) -> Option<Part> {
        let graph = self.graph;
        if let (Kind::Apply(Op::Add), [a, b]) = (&site.kind, site.operands.as_slice()) {
            for (sum, part) in [(*a, *b), (*b, *a)] {
                if let Some(k) = self.sums.iter().position(|own| *own == sum) {
                    return self.is_number(part).then_some(Part::Sum(k, part));
                }
            }
        }
        let known = matches!(
            site.kind,
            Kind::Apply(Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Neg)
                | Kind::Discrete(_)
                | Kind::Select
        );
        let scalar = |v: &Value| matches!(graph.ty(*v), Ty::Float(_) | Ty::Bool);
        let all = site
            .operands
            .iter()
            .all(|v| scalar(v) && self.is_number(*v));
        (known && all && site.results.iter().all(scalar)).then_some(Part::Each)
    }

    /// The row that the place runs along, if it does.
    fn row(&mut self, path: &Path, written: bool) -> Option<usize> {
        let (last, steps) = path.steps.split_last()?;
        let Step::Index(index) = last else {
            return None;
        };
        let base = match self.moving.get(index)? {
            Moves::Anyhow => return None,
            Moves::Index => None,
            Moves::From(base) => Some(*base),
        };
        let whole = Path {
            root: path.root,
            steps: steps.to_vec(),
        };
        if !is_plain(&whole) || !whole.values().iter().all(|v| self.is_fixed(*v)) {
            return None;
        }
        let row = Row {
            whole,
            base,
            written,
        };
        let known = self.rows.iter().position(|other| *other == row);
        match known {
            Some(_) if written => None,
            Some(k) => Some(k),
            None => {
                self.rows.push(row);
                Some(self.rows.len() - 1)
            }
        }
    }

    /// Whether each carried value is yielded with a part added, in an addition of its own.
    fn is_summed(&self, yields: &[Value]) -> bool {
        let added = |k: usize, value: Value| {
            let mut parts = self.parts.iter();
            parts.any(|(id, part)| {
                matches!(part, Part::Sum(own, _) if *own == k)
                    && self.graph.site(*id).results[0] == value
            })
        };
        let once = self
            .parts
            .iter()
            .filter(|(_, part)| matches!(part, Part::Sum(..)));
        let sums: HashSet<Value> = (once.clone())
            .map(|(id, _)| self.graph.site(*id).results[0])
            .collect();
        let read = self.parts.iter().any(|(id, _)| {
            let reads = self.graph.site(*id).reads();
            reads.iter().any(|v| sums.contains(v))
        });
        !read
            && once.count() == self.sums.len()
            && yields.len() == self.sums.len()
            && yields.iter().enumerate().all(|(k, value)| added(k, *value))
    }

    /// Whether what is written is touched in one row only.
    fn are_apart(&self) -> bool {
        let roots: Vec<Var> = self
            .parts
            .iter()
            .flat_map(|(id, _)| self.graph.site(*id).paths())
            .map(|path| path.root)
            .collect();
        let touched = |var: Var| roots.iter().filter(|root| **root == var).count();
        let mut written = self.rows.iter().filter(|row| row.written);
        !self.rows.is_empty() && written.all(|row| touched(row.whole.root) == 1)
    }
}

/// Whether the place is reached through fields and indices alone.
fn is_plain(path: &Path) -> bool {
    (path.steps.iter())
        .all(|step| matches!(step, Step::Field(_) | Step::Index(_) | Step::Range { .. }))
}

/// Whether the values are read only to be added to cotangents.
fn only_ours(graph: &Graph, values: &[Value]) -> bool {
    let regions = [Some(graph.body), graph.pull].into_iter().flatten();
    let mut regions = regions.flat_map(|region| graph.regions_within(region));
    regions.all(|region: Region| {
        let block = graph.block(region);
        let yielded = block.yields.iter().any(|v| values.contains(v));
        !yielded
            && block.sites.iter().all(|id| {
                let site = graph.site(*id);
                let reads = site.reads().iter().any(|v| values.contains(v));
                let ours = match &site.kind {
                    Kind::Accumulate(path) => graph.var(path.root).tangent,
                    _ => false,
                };
                !reads || ours
            })
    })
}
