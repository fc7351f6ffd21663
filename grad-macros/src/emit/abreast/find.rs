//! Which loops can run several iterations side by side, and which values differ between these.

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;

use super::rows::Rows;
use super::worth::Worth;
use crate::ir::{
    Arg, Call, Callee, Capture, Graph, Kind, Path, Range, Region, Site, SiteId, Step, Storage, Ty,
    Value, Var,
};

/// A loop that can.
pub(in crate::emit) struct Abreast<'g> {
    pub(super) graph: &'g Graph,
    /// What the loop's iterations have each for itself.
    private: HashSet<Var>,
    /// Values that each iteration has one of.
    pub(super) ranks: HashSet<Value>,
    /// Of what is private, what is used.
    pub(super) memory: Vec<Var>,
    /// Numbers in variables that each iteration makes: cotangents for calls to add to.
    pub(super) cells: HashSet<Var>,
    /// Variables that arrays on a tape are read through, and what was put there.
    pub(super) lying: HashMap<Var, Var>,
    /// What tapes hold: which parts of an entry are ranks.
    pub(super) tapes: HashMap<Var, Vec<bool>>,
    /// Variables saved on tapes.
    pub(super) saved: HashMap<Var, Var>,
    /// Variables of which calls get a file for each iteration.
    pub(super) files: Vec<Var>,
    /// What these are called.
    names: HashMap<Var, Ident>,
    /// Rows that each iteration reads one of.
    pub(super) rows: Rows<'g>,
    /// The additions that lead from each carried value to the next, in order.
    pub(super) chains: Vec<SiteId>,
}

/// Where a place lies.
pub(super) struct Lies {
    /// In what each iteration has for itself.
    pub(super) private: bool,
    /// At an index that differs between them.
    pub(super) scattered: bool,
}

impl<'g> Abreast<'g> {
    pub(super) fn of(graph: &'g Graph, site: &Site, range: &Range) -> Option<Self> {
        let body = site.regions[0];
        let block = graph.block(body);
        let private = block.private.clone()?;
        if range.inclusive || range.exits || !range.adaptors.is_empty() {
            return None;
        }
        let mut found = Abreast {
            graph,
            private: private.into_iter().collect(),
            ranks: HashSet::from([block.args[0]]),
            memory: Vec::new(),
            cells: HashSet::new(),
            lying: HashMap::new(),
            tapes: HashMap::new(),
            saved: HashMap::new(),
            files: Vec::new(),
            names: HashMap::new(),
            rows: Rows::new(graph, body),
            chains: Vec::new(),
        };
        found.sums(body)?;
        found.settle(body)?;
        let fits = found.is_apart(body) && Worth::of(graph, body, &found).is_given();
        fits.then_some(found)
    }

    pub(super) fn is_rank(&self, value: Value) -> bool {
        self.ranks.contains(&value)
    }

    /// Goes over the body until no more values turn out to differ.
    fn settle(&mut self, body: Region) -> Option<()> {
        loop {
            let known = self.ranks.len();
            self.region(body)?;
            if self.ranks.len() == known {
                return Some(());
            }
        }
    }

    fn region(&mut self, region: Region) -> Option<()> {
        for id in &self.graph.block(region).sites {
            if !self.chains.contains(id) {
                self.site(*id)?;
            }
        }
        Some(())
    }

    fn site(&mut self, id: SiteId) -> Option<()> {
        let graph = self.graph;
        let site = graph.site(id);
        let differs = match &site.kind {
            Kind::For(range) => return self.counted(site, range),
            Kind::If => return self.branch(site),
            kind if kind.is_pure() => self.any_rank(&site.operands),
            Kind::Length(path) => self.lies(path)?.scattered,
            Kind::Load(path) => {
                let lies = self.lies(path)?;
                if lies.scattered && !lies.private {
                    self.rows.note(id, path, &self.ranks);
                }
                lies.private || lies.scattered
            }
            Kind::Take(path) => {
                self.lies(path)?.private.then_some(())?;
                true
            }
            Kind::Store(path) => {
                self.lies(path)?.private.then_some(())?;
                return is_float(graph.ty(site.operands[0])).then_some(());
            }
            Kind::Accumulate(path) => {
                let fine = self.lies(path)?.private || graph.var(path.root).tangent;
                return (fine && is_float(graph.ty(site.operands[0]))).then_some(());
            }
            Kind::Opaque {
                captures,
                effect: false,
                ..
            } => self.opaque(captures)?,
            Kind::CallVjp(call) if site.results.len() == 2 => {
                self.call(call)?;
                self.ranks.extend(&site.results);
                return Some(());
            }
            Kind::Pull { call, bars, .. } => {
                self.call(call)?;
                return self.bars(bars);
            }
            Kind::Push(tape) => {
                let ranks = site.operands.iter().map(|v| self.is_rank(*v)).collect();
                self.tapes.insert(*tape, ranks);
                return Some(());
            }
            Kind::Pop(tape) | Kind::Next(tape) => {
                let ranks = self.tapes.get(tape)?;
                let parts = site.results.iter().zip(ranks);
                self.ranks
                    .extend(parts.filter(|(_, rank)| **rank).map(|(v, _)| *v));
                return Some(());
            }
            Kind::Save(tape, path) => {
                self.lies(path)?.private.then_some(())?;
                let other = self.saved.insert(*tape, path.root);
                return other.is_none_or(|other| other == path.root).then_some(());
            }
            Kind::Restore(tape, path) => return self.restore(*tape, path),
            Kind::Allocate(var) => {
                let number = site
                    .operands
                    .first()
                    .is_some_and(|v| is_float(graph.ty(*v)));
                number.then(|| self.cells.insert(*var))?;
                return Some(());
            }
            _ => return None,
        };
        if differs {
            let scalar = site.results.iter().all(|v| graph.ty(*v).is_scalar());
            scalar.then_some(())?;
            self.ranks.extend(&site.results);
        }
        Some(())
    }

    fn any_rank(&self, values: &[Value]) -> bool {
        values.iter().any(|v| self.is_rank(*v))
    }

    fn counted(&mut self, site: &Site, range: &Range) -> Option<()> {
        let graph = self.graph;
        let (bounds, inits) = site.operands.split_at(range.first_carried());
        if range.exits || self.any_rank(bounds) {
            return None;
        }
        let body = site.regions[0];
        let block = graph.block(body);
        self.rows.enter(site);
        self.region(body)?;
        for (k, init) in inits.iter().enumerate() {
            let (arg, next) = (block.args[k + 1], block.yields[k]);
            if self.is_rank(*init) || self.is_rank(next) {
                graph.ty(arg).is_scalar().then_some(())?;
                self.ranks.extend([arg, site.results[k]]);
            }
        }
        Some(())
    }

    fn branch(&mut self, site: &Site) -> Option<()> {
        (!self.is_rank(site.operands[0])).then_some(())?;
        for region in &site.regions {
            self.region(*region)?;
        }
        for (k, result) in site.results.iter().enumerate() {
            let mut sides = site.regions.iter();
            if sides.any(|side| self.is_rank(self.graph.block(*side).yields[k])) {
                self.ranks.insert(*result);
            }
        }
        Some(())
    }

    fn opaque(&self, captures: &[(String, Capture)]) -> Option<bool> {
        let mut differs = false;
        for (_, capture) in captures {
            match capture {
                Capture::Value(v) => differs |= self.is_rank(*v),
                Capture::Place(path, _) => {
                    let private = self.is_private(path.root);
                    let scattered = path.values().iter().any(|v| self.is_rank(*v));
                    (!private).then_some(())?;
                    differs |= scattered;
                }
                Capture::Given => return None,
            }
        }
        Some(differs)
    }

    /// A call that each iteration makes for itself.
    fn call(&mut self, call: &Call) -> Option<()> {
        let plain = matches!(call.callee, Callee::Function(_) | Callee::Associated(..));
        (plain && call.curried.is_empty()).then_some(())?;
        for arg in &call.args {
            match arg {
                Arg::Value(v) => self.graph.ty(*v).is_scalar().then_some(())?,
                Arg::Ref(path) => self.handed(path)?,
                _ => return None,
            }
        }
        Some(())
    }

    fn bars(&mut self, bars: &[Option<Path>]) -> Option<()> {
        let mut roots = HashSet::new();
        for path in bars.iter().flatten() {
            let tangent = self.graph.var(path.root).tangent;
            (tangent && roots.insert(path.root)).then_some(())?;
            self.handed(path)?;
        }
        Some(())
    }

    /// A place that a call gets: of what is private, numbers in a row.
    fn handed(&mut self, path: &Path) -> Option<()> {
        let lies = self.lies(path)?;
        if self.cells.contains(&path.root) {
            return path.steps.is_empty().then_some(());
        }
        if lies.private {
            let whole = matches!(self.graph.ty_at(path), Ty::Array(inner) if is_float(&inner));
            (whole && !lies.scattered).then_some(())?;
            let of = self.lying.get(&path.root).copied().unwrap_or(path.root);
            if !self.files.contains(&of) {
                self.files.push(of);
            }
        }
        Some(())
    }

    fn restore(&mut self, tape: Var, path: &Path) -> Option<()> {
        let from = *self.saved.get(&tape)?;
        if path.root != from {
            let lies = self.graph.var(path.root).storage == Storage::Ref;
            (lies && path.steps.is_empty()).then_some(())?;
            self.lying.insert(path.root, from);
        }
        Some(())
    }

    pub(super) fn is_private(&self, var: Var) -> bool {
        self.private.contains(&var) || self.lying.contains_key(&var) || self.cells.contains(&var)
    }

    /// Where the place lies, if it can be reached abreast.
    pub(super) fn lies(&mut self, path: &Path) -> Option<Lies> {
        let plain = (path.steps.iter())
            .all(|step| matches!(step, Step::Field(_) | Step::Index(_) | Step::Range { .. }));
        let info = self.graph.var(path.root);
        if !plain || info.storage == Storage::Tape {
            return None;
        }
        let private = self.is_private(path.root);
        if self.private.contains(&path.root) && !self.memory.contains(&path.root) {
            let numbers = info.storage == Storage::Owned
                && matches!(&info.ty, Ty::Array(inner) if is_float(inner));
            numbers.then_some(())?;
            self.memory.push(path.root);
        }
        Some(Lies {
            private,
            scattered: path.values().iter().any(|v| self.is_rank(*v)),
        })
    }

    pub(super) fn name_files(&mut self, var: Var, name: Ident) {
        self.names.insert(var, name);
    }

    /// What the files of a private variable are called.
    pub(super) fn files_name(&self, var: Var) -> Option<&Ident> {
        self.names.get(self.lying.get(&var).unwrap_or(&var))
    }

    /// Whether the tape holds arrays.
    pub(super) fn is_saved(&self, tape: Var) -> bool {
        self.saved.contains_key(&tape)
    }

    /// The tapes that are filled and emptied in each iteration.
    pub(super) fn tapes(&self) -> Vec<Var> {
        let mut tapes: Vec<Var> = self
            .tapes
            .keys()
            .chain(self.saved.keys())
            .copied()
            .collect();
        tapes.sort_unstable();
        tapes
    }
}

fn is_float(ty: &Ty) -> bool {
    matches!(ty, Ty::Float(_))
}
