//! Loops under `#[differentiate(checkpoint)]`: instead of residuals of every iteration, the primal
//! sweep keeps what some iterations start from. The reverse sweep takes the segments between them
//! from the last to the first, runs each again, now with a tape, and reverses it.
//!
//! For `for _ in 0..n { x = x.sin() }`:
//!
//! ```text
//! begin checkpoints
//! %x = for 0, n, x0
//!   |%i, %x|
//!   %d = due checkpoints
//!   if %d
//!     push checkpoints <- %x
//!   %s = sin %x
//!   yield %s
//! pull
//!   %k = segments checkpoints
//!   %x_bar = for 0, %k, seed
//!     |%, %x_bar|
//!     %m = segment checkpoints
//!     %x = pop checkpoints
//!     for 0, %m, %x: the body again, and a push of its residuals
//!     %x_bar = for reversed 0, %m, %x_bar: its reverse
//!     yield %x_bar
//! ```
//!
//! What a segment starts from is the carried values and the memory that the loop writes. Memory it
//! only reads is read where it stands if it stays as it is, else in a copy made before the loop.

use std::collections::{HashMap, HashSet};

use proc_macro2::Span;

use super::{Bars, Pull};
use crate::ad::residuals::kept::copy_moved;
use crate::ad::{push, push_one, recompute, zero};
use crate::ir::{Kind, Literal, Path, Range, Region, SiteId, Storage, Ty, Value, Var, VarInfo};

/// A loop under `checkpoint`, and what is needed to run it again.
pub(super) struct Marked {
    pub(super) id: SiteId,
    pub(super) body: Region,
    /// Index of its first carried operand.
    first: usize,
    /// Its index, where it has one that it reads.
    pub(super) index: Option<Value>,
    /// The arguments of the body that stand for carried values.
    pub(super) carried: Vec<Value>,
    /// Memory from outside that it writes.
    pub(super) written: Vec<Var>,
    pub(super) span: Span,
    /// Of how many iterations one is kept, where the source says it.
    stride: Option<usize>,
}

impl Pull {
    /// Reverses a loop under `checkpoint` segment by segment; says whether it is one.
    pub(super) fn checkpointed(&mut self, id: SiteId, out: Region, bars: &mut Bars) -> bool {
        let Some(marked) = self.marked(id) else {
            return false;
        };
        let store = self.new_store(marked.span);
        let before = self.copies_of_read(&marked);
        let segment = self.graph.new_region();
        self.graph.new_arg(segment, Ty::Int, marked.span);
        let (again, copied) = self.run_again(&marked, store, segment, before);
        self.segments.push(segment);
        self.keep_states(&marked, store);

        let site = self.graph.site(id).clone();
        let active = self.with_cotangents(&marked, bars);
        let (mut own, mut inits) = (Bars::new(), Vec::new());
        let results = self.graph.site(again).results.clone();
        for k in &active {
            inits.push(match bars.get(&site.results[*k]) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, out, site.operands[marked.first + k]),
            });
            let arg = self.new_bar_arg(segment, site.results[*k]);
            own.insert(results[*k], arg);
        }
        // The sums of what values from outside get go on from segment to segment.
        let free = self.active_from_outside(&marked);
        for value in &free {
            inits.push(match bars.get(value) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, out, *value),
            });
            let arg = self.new_bar_arg(segment, *value);
            own.insert(*value, arg);
        }
        self.repeat(again, segment, &mut own);
        self.insert_sites();
        let reverse = self.graph.block(segment).sites.clone();
        self.keep_moved(&reverse, again, segment, &copied);

        let starts = self.graph.site(again).operands.clone();
        let mut yields = Vec::new();
        for k in &active {
            let start = starts[2 + k];
            yields.push(match own.get(&start) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, segment, start),
            });
        }
        yields.extend(free.iter().map(|value| own[value]));
        self.graph.block_mut(segment).yields = yields;

        let reversed = self.over_segments(store, segment, inits, out, marked.span);
        let mut results = self.graph.site(reversed).results.clone();
        for (value, bar) in free.into_iter().zip(results.split_off(active.len())) {
            bars.insert(value, bar);
        }
        for (k, bar) in active.iter().zip(results) {
            self.add(bars, out, site.operands[marked.first + k], bar);
        }
        true
    }

    fn marked(&self, id: SiteId) -> Option<Marked> {
        let site = self.graph.site(id);
        let body = *site.regions.last()?;
        let crate::ir::Checkpoint { span, stride } = self.graph.block(body).checkpoint?;
        if !super::order::carries(&self.graph, &self.active, id) {
            return None;
        }
        let args = &self.graph.block(body).args;
        let (first, index, carried) = match &site.kind {
            Kind::For(range) => (range.first_carried(), Some(args[0]), args[1..].to_vec()),
            _ => (0, None, args.clone()),
        };
        let read = recompute::reads_within(&self.graph, body);
        let index = index.filter(|index| read.contains(index));
        let written = self.residuals.written_in(&self.graph, id);
        Some(Marked {
            id,
            body,
            first,
            index,
            carried,
            written,
            span,
            stride,
        })
    }

    /// The carried values that have cotangents.
    fn with_cotangents(&self, marked: &Marked, bars: &Bars) -> Vec<usize> {
        let results = &self.graph.site(marked.id).results;
        (0..results.len())
            .filter(|k| {
                self.active.values.contains(&marked.carried[*k]) || bars.contains_key(&results[*k])
            })
            .collect()
    }

    /// Active values from outside that the body reads.
    fn active_from_outside(&self, marked: &Marked) -> Vec<Value> {
        let inside = self
            .graph
            .defined_within(&self.graph.site(marked.id).regions);
        let mut free = recompute::reads_within(&self.graph, marked.body);
        free.retain(|v| self.active.values.contains(v) && !inside.contains(v));
        free
    }

    fn new_store(&mut self, span: Span) -> Var {
        self.graph.new_var(VarInfo {
            name: "checkpoints".to_owned(),
            ty: Ty::Unknown,
            storage: Storage::Tape,
            mutable: true,
            tangent: false,
            span,
        })
    }

    /// Copies, made before the loop, of memory it only reads and that changes later.
    fn copies_of_read(&mut self, marked: &Marked) -> HashMap<Var, Var> {
        let regions = self.graph.site(marked.id).regions.clone();
        let sites: Vec<SiteId> = regions
            .iter()
            .flat_map(|region| self.graph.sites_within(*region))
            .collect();
        let made: HashSet<Var> = sites
            .iter()
            .filter_map(|id| match self.graph.site(*id).kind {
                Kind::Allocate(var) => Some(var),
                _ => None,
            })
            .collect();
        let mut read: Vec<Var> = sites
            .iter()
            .flat_map(|id| self.graph.site(*id).paths())
            .map(|path| path.root)
            .filter(|var| !made.contains(var) && !marked.written.contains(var))
            .collect();
        read.sort_unstable();
        read.dedup();
        let mut copies = HashMap::new();
        for var in read {
            let whole = Path::of(var);
            if self.residuals.is_stable(&self.graph, &whole, marked.id) {
                continue;
            }
            let ty = self.graph.var(var).ty.clone();
            let copy = self.snapshot(marked.id, Kind::Copy(whole), ty, marked.span);
            self.follow(var, copy.root);
            copies.insert(var, copy.root);
        }
        copies
    }

    /// Makes the second variable share activity and cotangent with the first.
    pub(super) fn follow(&mut self, var: Var, copy: Var) {
        if self.active.vars.contains(&var) {
            self.active.vars.insert(copy);
        }
        if let Some(shadow) = self.shadows.get(&var) {
            self.shadows.insert(copy, *shadow);
        }
    }

    /// Makes the primal loop keep what some of its iterations start from.
    fn keep_states(&mut self, marked: &Marked, store: Var) {
        let span = marked.span;
        let site = self.graph.site(marked.id).clone();
        let (range, operands) = match &site.kind {
            Kind::For(range) if !range.exits => {
                (Some(range.clone()), site.operands[..marked.first].to_vec())
            }
            _ => (None, Vec::new()),
        };
        let begin = Kind::Begin(store, range, marked.stride);
        let begin = self
            .graph
            .new_site(begin, operands, Vec::new(), Vec::new(), span);
        self.before.entry(marked.id).or_default().push(begin);

        let (then, otherwise) = (self.graph.new_region(), self.graph.new_region());
        let mut state: Vec<Value> = marked.index.into_iter().collect();
        state.extend(&marked.carried);
        for var in &marked.written {
            let info = self.graph.var(*var).clone();
            let whole = Kind::Copy(Path::of(*var));
            state.push(push_one(
                &mut self.graph,
                then,
                whole,
                Vec::new(),
                info.ty,
                span,
            ));
        }
        let keep = Kind::Push(store);
        push(&mut self.graph, then, keep, state, Vec::new(), span);
        let due = self.graph.new_site(
            Kind::Due(store),
            Vec::new(),
            Vec::new(),
            vec![Ty::Bool],
            span,
        );
        let condition = vec![self.graph.site(due).results[0]];
        let regions = vec![then, otherwise];
        let branch = self
            .graph
            .new_site(Kind::If, condition, regions, Vec::new(), span);
        let sites = &mut self.graph.block_mut(marked.body).sites;
        sites.splice(0..0, [due, branch]);
    }

    /// What the reverse of a segment still reads is not moved out of its variable.
    fn keep_moved(&mut self, sites: &[SiteId], again: SiteId, segment: Region, copies: &[Var]) {
        let used: HashSet<Var> = sites
            .iter()
            .skip_while(|id| **id != again)
            .skip(1)
            .flat_map(|id| {
                let inner = self.graph.site(*id).regions.clone();
                let inner = inner.into_iter().flat_map(|r| self.graph.sites_within(r));
                std::iter::once(*id).chain(inner).collect::<Vec<_>>()
            })
            .flat_map(|id| self.graph.site(id).paths())
            .map(|path| path.root)
            .filter(|var| copies.contains(var))
            .collect();
        copy_moved(&mut self.graph, segment, &used);
    }

    /// The loop over the segments, from the last to the first.
    fn over_segments(
        &mut self,
        store: Var,
        segment: Region,
        inits: Vec<Value>,
        out: Region,
        span: Span,
    ) -> SiteId {
        let kind = Kind::Segments(store);
        let count = push_one(&mut self.graph, out, kind, Vec::new(), Ty::Int, span);
        let zero = Kind::Literal(Literal::Int("0".to_owned()));
        let zero = push_one(&mut self.graph, out, zero, Vec::new(), Ty::Int, span);
        let tys = inits.iter().map(|v| self.graph.ty(*v).clone()).collect();
        let mut operands = vec![zero, count];
        operands.extend(inits);
        let kind = Kind::For(Range::default());
        let reversed = self
            .graph
            .new_site(kind, operands, vec![segment], tys, span);
        self.graph.block_mut(out).sites.push(reversed);
        reversed
    }
}
