//! Graph, value, site, region and variable: the data every stage works on.

use std::collections::{HashMap, HashSet};

use proc_macro2::Span;

use super::call::Arg;
use super::kind::{Kind, Site};
use super::types::{Literal, Ty};
use super::{Path, Step};

/// One typed value of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Value(pub(crate) u32);

/// One application of an operator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct SiteId(pub(crate) u32);

/// A sequence of sites with arguments and results.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Region(pub(crate) u32);

/// A memory variable: an array, a struct, or anything whose type only rustc knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Var(pub(crate) u32);

/// How a variable came to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Storage {
    /// A parameter held by value, or a local.
    Owned,
    /// A parameter that is a shared reference.
    Ref,
    /// A parameter that is a mutable reference.
    RefMut,
    /// A constant or static of the user's; its name is the path to it.
    Static,
    /// A tape: a stack of residual tuples.
    Tape,
}

#[derive(Clone, Debug)]
pub(crate) struct VarInfo {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) storage: Storage,
    /// Whether the source declares it `mut`: if not, it is never written after it is made.
    pub(crate) mutable: bool,
    /// Whether it holds tangents: then variants are reached through accessors.
    pub(crate) tangent: bool,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) args: Vec<Value>,
    pub(crate) sites: Vec<SiteId>,
    pub(crate) yields: Vec<Value>,
    /// Where it is the body of a loop under `#[differentiate(checkpoint)]`.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// Where it is the body of a loop that each iteration's own reverse ends: the variables from outside
    /// that every iteration rewrites before it reads them, and their cotangents, zero in between.
    pub(crate) private: Option<Vec<Var>>,
}

/// What the source says of a loop under `#[differentiate(checkpoint)]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkpoint {
    /// The word.
    pub(crate) span: Span,
    /// Of how many iterations one is kept, where that is said.
    pub(crate) stride: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct ValueInfo {
    pub(crate) ty: Ty,
    /// The user's name for it, as a hint to emission.
    pub(crate) name: Option<String>,
    pub(crate) span: Span,
    /// The site that computes it; `None` for arguments of a region.
    pub(crate) site: Option<SiteId>,
}

/// What a parameter is inside the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slot {
    /// A scalar: an argument of the body region.
    Scalar(Value),
    Memory(Var),
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) slot: Slot,
    /// Whether the gradient has an entry for it.
    pub(crate) wrt: bool,
    pub(crate) span: Span,
}

/// One function as a graph.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Region,
    /// The pullback: reads what the body computed.
    pub(crate) pull: Option<Region>,
    /// Whether operators on unknown types may be on whole arrays: too dear to do again.
    pub(crate) on_arrays: bool,
    pub(crate) sites: Vec<Site>,
    pub(crate) values: Vec<ValueInfo>,
    pub(crate) regions: Vec<Block>,
    pub(crate) vars: Vec<VarInfo>,
    /// Sites that compute a value of the function a second time: to the bit, as branches may hang
    /// on it.
    pub(crate) exact: HashSet<SiteId>,
    /// Sites that stay for what may panic in them: arithmetic of the user's on whole numbers, and
    /// what else nobody uses of the reads, once the graph was simplified.
    pub(crate) checks: HashSet<SiteId>,
    /// Parameters of types with lifetimes: what is read of them may be a reference.
    pub(crate) lending: HashSet<Var>,
    /// Methods around that return structs with lifetimes.
    pub(crate) views: HashSet<String>,
    /// Receivers that the source says to be sequences, where their places do not.
    pub(crate) sequences: HashSet<Path>,
}

impl Graph {
    pub(crate) fn new(name: &str) -> Self {
        Graph {
            name: name.to_owned(),
            params: Vec::new(),
            body: Region(0),
            pull: None,
            on_arrays: false,
            sites: Vec::new(),
            values: Vec::new(),
            regions: vec![Block::default()],
            vars: Vec::new(),
            exact: HashSet::new(),
            checks: HashSet::new(),
            lending: HashSet::new(),
            views: HashSet::new(),
            sequences: HashSet::new(),
        }
    }

    pub(crate) fn new_region(&mut self) -> Region {
        self.regions.push(Block::default());
        Region(u32::try_from(self.regions.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn new_var(&mut self, info: VarInfo) -> Var {
        self.vars.push(info);
        Var(u32::try_from(self.vars.len() - 1).unwrap_or(u32::MAX))
    }

    /// A tape: a vector that the primal sweep fills and the reverse one empties.
    pub(crate) fn new_tape(&mut self, span: Span) -> Var {
        self.new_var(VarInfo {
            name: "tape".to_owned(),
            ty: Ty::Unknown,
            storage: Storage::Tape,
            mutable: true,
            tangent: false,
            span,
        })
    }

    pub(crate) fn new_value(&mut self, ty: Ty, span: Span, site: Option<SiteId>) -> Value {
        self.values.push(ValueInfo {
            ty,
            name: None,
            span,
            site,
        });
        Value(u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn new_arg(&mut self, region: Region, ty: Ty, span: Span) -> Value {
        let value = self.new_value(ty, span, None);
        self.block_mut(region).args.push(value);
        value
    }

    /// Makes a site that stands in no region yet.
    pub(crate) fn new_site(
        &mut self,
        kind: Kind,
        operands: Vec<Value>,
        regions: Vec<Region>,
        tys: Vec<Ty>,
        span: Span,
    ) -> SiteId {
        let id = SiteId(u32::try_from(self.sites.len()).unwrap_or(u32::MAX));
        self.sites.push(Site {
            kind,
            operands,
            regions,
            results: Vec::new(),
            span,
        });
        let results = tys
            .into_iter()
            .map(|ty| self.new_value(ty, span, Some(id)))
            .collect();
        self.site_mut(id).results = results;
        id
    }

    pub(crate) fn site(&self, id: SiteId) -> &Site {
        &self.sites[id.0 as usize]
    }

    pub(crate) fn site_mut(&mut self, id: SiteId) -> &mut Site {
        &mut self.sites[id.0 as usize]
    }

    pub(crate) fn block(&self, region: Region) -> &Block {
        &self.regions[region.0 as usize]
    }

    pub(crate) fn block_mut(&mut self, region: Region) -> &mut Block {
        &mut self.regions[region.0 as usize]
    }

    pub(crate) fn var(&self, var: Var) -> &VarInfo {
        &self.vars[var.0 as usize]
    }

    pub(crate) fn var_mut(&mut self, var: Var) -> &mut VarInfo {
        &mut self.vars[var.0 as usize]
    }

    pub(crate) fn value(&self, value: Value) -> &ValueInfo {
        &self.values[value.0 as usize]
    }

    pub(crate) fn value_mut(&mut self, value: Value) -> &mut ValueInfo {
        &mut self.values[value.0 as usize]
    }

    pub(crate) fn ty(&self, value: Value) -> &Ty {
        &self.value(value).ty
    }

    /// The type of what a path leads to, as far as indices tell.
    pub(crate) fn ty_at(&self, path: &Path) -> Ty {
        let whole = self.var(path.root).ty.clone();
        path.steps.iter().fold(whole, |ty, step| match step {
            Step::Index(_) => ty.element(),
            Step::Range { .. } => ty,
            _ => Ty::Unknown,
        })
    }

    /// Whether a place is known to hold a vector, an array or a slice.
    pub(crate) fn is_sequence(&self, path: &Path) -> bool {
        matches!(self.ty_at(path), Ty::Array(_)) || self.sequences.contains(path)
    }

    /// The site that computes `value`.
    pub(crate) fn def(&self, value: Value) -> Option<&Site> {
        self.value(value).site.map(|id| self.site(id))
    }

    /// The literal `value` is, if it is one.
    pub(crate) fn literal(&self, value: Value) -> Option<&Literal> {
        match self.def(value).map(|site| &site.kind) {
            Some(Kind::Literal(literal)) => Some(literal),
            _ => None,
        }
    }

    /// The number `value` is, if it is a literal.
    pub(crate) fn number(&self, value: Value) -> Option<f64> {
        match self.literal(value)? {
            Literal::Float(text) => text.replace('_', "").parse().ok(),
            Literal::Int(text) => {
                let digits: String = text
                    .chars()
                    .take_while(|c| c.is_ascii_digit() || *c == '_' || *c == '-')
                    .filter(|c| *c != '_')
                    .collect();
                digits.parse().ok()
            }
            Literal::Bool(_) | Literal::Undefined => None,
        }
    }

    /// `region` and every region inside it.
    pub(crate) fn regions_within(&self, region: Region) -> Vec<Region> {
        let mut found = vec![region];
        let mut next = 0;
        while next < found.len() {
            for id in &self.block(found[next]).sites {
                found.extend(self.site(*id).regions.iter().copied());
            }
            next += 1;
        }
        found
    }

    /// Every site in `region` and inside it, in evaluation order.
    pub(crate) fn sites_within(&self, region: Region) -> Vec<SiteId> {
        let mut found = Vec::new();
        for id in &self.block(region).sites {
            found.push(*id);
            for inner in &self.site(*id).regions {
                found.extend(self.sites_within(*inner));
            }
        }
        found
    }

    /// The receiver of a call, where the method may write it by what its variable allows.
    pub(crate) fn mutable_receiver(&self, kind: &Kind) -> Option<Var> {
        let (Kind::Call(call) | Kind::CallVjp(call) | Kind::CallJvp(call, _)) = kind else {
            return None;
        };
        call.args.iter().find_map(|arg| match arg {
            Arg::Receiver(path) if self.var(path.root).mutable => Some(path.root),
            _ => None,
        })
    }

    /// Whether a site writes the variable after it is made.
    pub(crate) fn changes(&self, var: Var) -> bool {
        let mut sites = self.sites.iter();
        sites.any(|site| site.kind.writes().iter().any(|path| path.root == var))
    }

    /// Whether arrays on the tape are read where they lie: see `pass/shelf`.
    pub(crate) fn is_shelf(&self, tape: Var) -> bool {
        self.sites.iter().any(|site| match &site.kind {
            Kind::Restore(from, path) => {
                *from == tape && self.var(path.root).storage == Storage::Ref
            }
            _ => false,
        })
    }

    /// The values a region defines itself: its arguments and the results of its sites.
    pub(crate) fn defined_in(&self, region: Region) -> Vec<Value> {
        let block = self.block(region);
        let results = block
            .sites
            .iter()
            .flat_map(|id| self.site(*id).results.clone());
        block.args.iter().copied().chain(results).collect()
    }

    /// The values defined in the regions and inside them.
    pub(crate) fn defined_within(&self, regions: &[Region]) -> std::collections::HashSet<Value> {
        let all = regions
            .iter()
            .flat_map(|region| self.regions_within(*region));
        all.flat_map(|region| self.defined_in(region)).collect()
    }

    /// Replaces the values a site reads, everywhere inside `region`.
    pub(crate) fn substitute(&mut self, region: Region, map: &HashMap<Value, Value>) {
        if map.is_empty() {
            return;
        }
        let swap = |v: &mut Value| {
            if let Some(to) = map.get(v) {
                *v = *to;
            }
        };
        for region in self.regions_within(region) {
            for id in self.block(region).sites.clone() {
                self.site_mut(id).each_read(&mut |v| swap(v));
            }
            self.block_mut(region).yields.iter_mut().for_each(swap);
        }
    }

    /// The closures that calls pass to functions, by number, and what each captures.
    pub(crate) fn passed_closures(&self) -> Vec<(usize, Vec<Arg>)> {
        let mut found = Vec::new();
        for id in self.sites_within(self.body) {
            let Kind::Call(call) = &self.site(id).kind else {
                continue;
            };
            let mut first = call.first_captured();
            for arg in call.own_args() {
                if let Arg::Closure(number, count, ..) = arg {
                    found.push((*number, call.args[first..first + count].to_vec()));
                    first += count;
                }
            }
        }
        found
    }
}
