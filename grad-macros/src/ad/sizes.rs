//! Sizes of what a function works on, told from its graph, and assumptions on them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::residuals::Residuals;
use crate::ir::Size;
use crate::ir::{
    Arg, Assumed, Atom, Call, Callee, Graph, Kind, Literal, Op, Path, Site, SiteId, Slot, Step,
    Storage, Ty, Value, Var,
};

/// Asks about the function's own sites, and notes what the answers rest on.
pub(super) struct Sizes<'a> {
    graph: &'a Graph,
    residuals: &'a Residuals,
    /// The lengths of variables found so far. While one is being found it is taken to be constant:
    /// what contradicts that is found at the site that changes it.
    lengths: RefCell<BTreeMap<Var, Option<Size>>>,
    assumed: RefCell<Vec<Assumed>>,
}

impl<'a> Sizes<'a> {
    pub(super) fn new(graph: &'a Graph, residuals: &'a Residuals) -> Self {
        Sizes {
            graph,
            residuals,
            lengths: RefCell::default(),
            assumed: RefCell::default(),
        }
    }

    /// What was assumed, which is forgotten.
    pub(super) fn take(&self) -> Vec<Assumed> {
        self.assumed.take()
    }

    fn assume(&self, what: Assumed) {
        let mut assumed = self.assumed.borrow_mut();
        if !assumed.contains(&what) {
            assumed.push(what);
        }
    }

    /// Assumes that the value is not less than the variable's length, if both will be known.
    pub(super) fn assume_covers(&self, end: Value, var: Var) -> bool {
        let (Some(end), Some(length)) = (self.value(end), self.whole(var)) else {
            return false;
        };
        let known = end.is_known() && length.is_known();
        if known && end != length {
            self.assume(Assumed::Covers(end, length));
        }
        known
    }

    /// Assumes that a call rewrites the argument, a whole variable, if that will be known.
    pub(super) fn assume_rewrites(&self, call: &Call, argument: usize) -> bool {
        let Callee::Function(callee) = &call.callee else {
            return false;
        };
        let closures = call
            .args
            .iter()
            .any(|arg| matches!(arg, Arg::Closure(..) | Arg::Given(_) | Arg::Code(..)));
        let whole = matches!(&call.args[argument], Arg::RefMut(path) if path.steps.is_empty());
        if closures || !whole {
            return false;
        }
        let known = |size: Option<Size>| size.filter(Size::is_known);
        let sizes = call.args.iter().map(|arg| match arg {
            Arg::Value(v) if *self.graph.ty(*v) == Ty::Int => known(self.value(*v)),
            arg => arg.path().and_then(|path| known(self.length(path))),
        });
        self.assume(Assumed::Rewrites {
            callee: callee.clone(),
            sizes: sizes.collect(),
            argument,
        });
        true
    }

    /// An integer.
    fn value(&self, value: Value) -> Option<Size> {
        if let Some(Literal::Int(text)) = self.graph.literal(value) {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            return digits.parse().ok().map(Size::literal);
        }
        if let Some(k) = self.parameter(Slot::Scalar(value)) {
            return Some(Size::atom(Atom::Parameter(k)));
        }
        let inner = Some(Size::atom(Atom::Inner(value)));
        let Some(site) = self.graph.def(value) else {
            return inner;
        };
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Length(path), _) => self.length(path).or(inner),
            (Kind::Apply(op), [a, b]) if *self.graph.ty(value) == Ty::Int => {
                self.operation(*op, *a, *b).or(inner)
            }
            _ => inner,
        }
    }

    fn operation(&self, op: Op, a: Value, b: Value) -> Option<Size> {
        let (a, b) = (self.value(a)?, self.value(b)?);
        match op {
            Op::Add => Some(a.plus(&b, 1)),
            Op::Sub => Some(a.plus(&b, -1)),
            Op::Mul => Some(a.times(&b)),
            Op::Min => Some(Size::atom(Atom::Least(a, b))),
            Op::Div => match b.number() {
                Some(n) if n != 0 => Some(Size::atom(Atom::Quotient(a, n))),
                _ => None,
            },
            _ => None,
        }
    }

    fn parameter(&self, slot: Slot) -> Option<usize> {
        self.graph
            .params
            .iter()
            .position(|param| param.slot == slot)
    }

    /// The length of a place.
    fn length(&self, path: &Path) -> Option<Size> {
        let Some((last, rest)) = path.steps.split_last() else {
            return self.whole(path.root);
        };
        let Step::Range {
            start,
            end,
            inclusive,
        } = last
        else {
            return None;
        };
        let end = match end {
            Some(end) => self
                .value(*end)?
                .plus(&Size::literal((*inclusive).into()), 1),
            None => self.length(&Path {
                root: path.root,
                steps: rest.to_vec(),
            })?,
        };
        match start {
            Some(start) => Some(end.plus(&self.value(*start)?, -1)),
            None => Some(end),
        }
    }

    /// The length of a variable that never changes it.
    fn whole(&self, var: Var) -> Option<Size> {
        if let Some(known) = self.lengths.borrow().get(&var) {
            return known.clone();
        }
        let first = self.first_length(var);
        self.lengths.borrow_mut().insert(var, first.clone());
        let length = first.filter(|_| self.keeps_length(var));
        self.lengths.borrow_mut().insert(var, length.clone());
        length
    }

    fn first_length(&self, var: Var) -> Option<Size> {
        if !matches!(self.graph.var(var).ty, Ty::Array(_)) {
            return None;
        }
        if let Some(k) = self.parameter(Slot::Memory(var)) {
            return Some(Size::atom(Atom::Parameter(k)));
        }
        let init = self.residuals.first_content(var)?;
        let site = self.graph.def(init)?;
        match &site.kind {
            Kind::Repeat { .. } => self.value(site.operands[1]),
            Kind::Array { .. } => i128::try_from(site.operands.len()).ok().map(Size::literal),
            _ => None,
        }
    }

    fn keeps_length(&self, var: Var) -> bool {
        self.graph.var(var).storage == Storage::Ref
            || (self.residuals.sites_after(0)).all(|id| self.keeps_length_at(id, var))
    }

    /// Whether the site, one of the function's, leaves the variable as many elements as it had; it may
    /// have to be assumed.
    pub(super) fn keeps_length_at(&self, id: SiteId, var: Var) -> bool {
        let site = self.graph.site(id);
        let mut own = site
            .kind
            .writes()
            .into_iter()
            .filter(|path| path.root == var);
        own.all(|path| {
            let part = !path.steps.is_empty();
            match &site.kind {
                Kind::Store(_) | Kind::Accumulate(_) | Kind::Swap(..) => part,
                Kind::Call(call) | Kind::CallVjp(call) => part || self.call_keeps(call, var),
                _ => false,
            }
        }) && !moves(site, self.graph, var)
    }

    fn call_keeps(&self, call: &Call, var: Var) -> bool {
        let whole = |arg: &Arg| arg.path().is_some_and(|path| path.root == var);
        let mut places = (0..call.args.len()).filter(|k| whole(&call.args[*k]));
        places.all(|k| self.assume_rewrites(call, k))
    }
}

/// Whether the site takes the variable away whole.
fn moves(site: &Site, graph: &Graph, var: Var) -> bool {
    matches!(&site.kind, Kind::Load(path)
        if path.root == var && path.steps.is_empty() && !graph.ty(site.results[0]).is_scalar())
}
