//! Scratch memory: whether each iteration of a loop writes what it reads of a variable first.
//!
//! The walk collects what was surely written in this iteration: elements at an index, or all of a
//! range where a loop stored at its own index. A read must be covered by one of them.

use super::residuals::Residuals;
use super::sizes::Sizes;
use crate::ir::{
    Assumed, Call, Capture, Graph, Kind, Literal, Path, Region, Site, Step, Value, Var,
};

/// Something of the variable that was written.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    All,
    Element(Value),
    /// The elements from the first to before the second.
    Range(Value, Value),
}

/// What is known at one point of the walk.
#[derive(Clone, Default)]
struct Known {
    written: Vec<Written>,
    /// Indices of the loops around, with where they start and end.
    indices: Vec<(Value, Value, Value)>,
}

/// Asks about the function's own sites: those of its reverse are passed over.
pub(super) struct Scratch<'a> {
    graph: &'a Graph,
    residuals: &'a Residuals,
    /// Where something may be assumed of sizes and callees, what is.
    sizes: Option<Sizes<'a>>,
}

impl<'a> Scratch<'a> {
    pub(super) fn new(graph: &'a Graph, residuals: &'a Residuals) -> Self {
        Scratch {
            graph,
            residuals,
            sizes: residuals.assumes().then(|| Sizes::new(graph, residuals)),
        }
    }

    /// Whether every read of the variable in one run of the region sees what the run wrote.
    pub(super) fn is_rewritten(&self, body: Region, var: Var) -> bool {
        let fine = self.covers(body, var, &mut Known::default());
        self.note(fine)
    }

    /// Whether one run of the region writes all of the variable.
    pub(super) fn writes_all(&self, body: Region, var: Var) -> bool {
        let mut known = Known::default();
        self.covers(body, var, &mut known);
        let fine = self.is_written(&Path::of(var), &known);
        self.note(fine)
    }

    /// Whether the region writes all of the variable and reads nothing else of it, and what must hold
    /// for that.
    pub(super) fn rewrites(&self, body: Region, var: Var) -> Option<Vec<Assumed>> {
        let mut known = Known::default();
        let fine = self.covers(body, var, &mut known) && self.is_written(&Path::of(var), &known);
        let assumed = self.sizes.as_ref().map(Sizes::take).unwrap_or_default();
        fine.then_some(assumed)
    }

    /// What a yes rests on holds from now on.
    fn note(&self, answer: bool) -> bool {
        if let Some(sizes) = &self.sizes {
            let assumed = sizes.take();
            if answer {
                self.residuals.assume(assumed);
            }
        }
        answer
    }

    fn covers(&self, region: Region, var: Var, known: &mut Known) -> bool {
        let mut covered = true;
        for id in &self.graph.block(region).sites {
            if self.residuals.number(*id).is_some() {
                covered &= self.covers_site(self.graph.site(*id), var, known);
            }
        }
        covered
    }

    fn covers_site(&self, site: &Site, var: Var, known: &mut Known) -> bool {
        let own = |path: &Path| path.root == var;
        match &site.kind {
            Kind::Load(path) | Kind::Accumulate(path) if own(path) => self.is_written(path, known),
            Kind::Length(_) | Kind::ZeroLike(_) => true,
            Kind::Store(path) if own(path) => {
                match path.steps.as_slice() {
                    [] => known.written.push(Written::All),
                    [Step::Index(v)] => known.written.push(Written::Element(*v)),
                    _ => {}
                }
                true
            }
            Kind::Opaque { captures, .. } => captures.iter().all(|(_, capture)| match capture {
                Capture::Place(path, _) => !own(path) || self.is_written(path, known),
                Capture::Value(_) | Capture::Given => true,
            }),
            Kind::Call(call) | Kind::CallVjp(call) => self.covers_call(call, var, known),
            Kind::For(range) => {
                let mut inner = known.clone();
                let block = self.graph.block(site.regions[0]);
                let (index, start, end) = (block.args[0], site.operands[0], site.operands[1]);
                let whole = !range.inclusive && !range.exits && range.first_carried() == 2;
                if whole {
                    inner.indices.push((index, start, end));
                }
                let fine = self.covers(site.regions[0], var, &mut inner);
                if whole && inner.written.contains(&Written::Element(index)) {
                    known.written.push(Written::Range(start, end));
                    if self.reaches_end(start, end, var, known) {
                        known.written.push(Written::All);
                    }
                }
                fine
            }
            _ => {
                let untouched = site.paths().iter().all(|path| !own(path));
                untouched
                    && site
                        .regions
                        .iter()
                        .all(|inner| self.covers(*inner, var, &mut known.clone()))
            }
        }
    }

    fn covers_call(&self, call: &Call, var: Var, known: &mut Known) -> bool {
        let mut covered = true;
        for (k, arg) in call.args.iter().enumerate() {
            let Some(path) = arg.path().filter(|path| path.root == var) else {
                continue;
            };
            if self.is_written(path, known) {
                continue;
            }
            let sizes = self.sizes.as_ref();
            if sizes.is_some_and(|sizes| sizes.assume_rewrites(call, k)) {
                known.written.push(Written::All);
            } else {
                covered = false;
            }
        }
        covered
    }

    /// Whether a loop over this range, which writes each element at its index, is assumed to write
    /// them all.
    fn reaches_end(&self, start: Value, end: Value, var: Var, known: &Known) -> bool {
        self.graph.number(start) == Some(0.0)
            && !known.written.contains(&Written::All)
            && (self.sizes.as_ref()).is_some_and(|sizes| sizes.assume_covers(end, var))
    }

    fn is_written(&self, path: &Path, known: &Known) -> bool {
        let all = known.written.iter().any(|written| match written {
            Written::All => true,
            Written::Range(start, end) => {
                self.graph.number(*start) == Some(0.0) && self.is_length(*end, path.root)
            }
            Written::Element(_) => false,
        });
        let Some(Step::Index(index)) = path.steps.first() else {
            return all;
        };
        all || known.written.iter().any(|written| match written {
            Written::Element(v) => self.same(*v, *index),
            Written::Range(start, end) => {
                let ends = [*start, *index, *end].map(|value| self.integer(value));
                let within = matches!(ends, [Some(from), Some(k), Some(to)] if from <= k && k < to);
                within
                    || known.indices.iter().any(|(i, from, to)| {
                        i == index && self.same(*from, *start) && self.same(*to, *end)
                    })
            }
            Written::All => true,
        })
    }

    /// Whether the value is the number of elements the variable was made with.
    fn is_length(&self, value: Value, var: Var) -> bool {
        let Some(init) = self.residuals.first_content(var) else {
            return false;
        };
        let Some(site) = self.graph.def(init) else {
            return false;
        };
        if !self.keeps_length(var) {
            return false;
        }
        match &site.kind {
            Kind::Repeat { .. } => self.same(value, site.operands[1]),
            Kind::Array { .. } => self.integer(value) == Some(site.operands.len()),
            _ => false,
        }
    }

    /// Whether nothing can change the number of elements: only elements are written.
    fn keeps_length(&self, var: Var) -> bool {
        self.residuals.sites_after(0).all(|id| {
            let kind = &self.graph.site(id).kind;
            let elements = matches!(
                kind,
                Kind::Store(_)
                    | Kind::Accumulate(_)
                    | Kind::Swap(..)
                    | Kind::Call(_)
                    | Kind::CallVjp(_)
            );
            let mut own = kind.writes().into_iter().filter(|path| path.root == var);
            own.all(|path| elements && !path.steps.is_empty())
        })
    }

    fn same(&self, a: Value, b: Value) -> bool {
        let integer = self.integer(a);
        a == b || integer.is_some() && integer == self.integer(b)
    }

    /// The integer that the value is, as a literal or as the length of an array type.
    fn integer(&self, value: Value) -> Option<usize> {
        let text = match &self.graph.def(value)?.kind {
            Kind::Literal(Literal::Int(text)) => text.clone(),
            Kind::Constant(code) => code.0.to_string(),
            _ => return None,
        };
        let text = text.replace('_', "");
        text.trim_end_matches("usize").parse().ok()
    }
}
