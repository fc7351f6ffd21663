//! Tangents as rows of lanes: several directions pushed at once.
//!
//! The forward graph is that of one direction; what differs is how a tangent is written. Sums, and
//! products of a tangent by a number, are operators of `private::Lanes`. A zero is `Lanes::ZERO`, and
//! what depends on a tangent's being zero is chosen lane by lane:
//!
//! ```text
//! let t_1 = x_dot.is_zero();
//! let t_2 = x_dot * t;
//! let t_3 = t_1.select(Lanes::<_, L>::ZERO, t_2);
//! ```

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::body::Body;
use super::places::Access;
use super::spelling::member;
use crate::ir::{Arg, Graph, Kind, Path, Region, Site, Slot, Step, Ty, Value, Var};

/// Which values of a graph are tangents.
pub(super) struct Lanes {
    /// How many there are: a const parameter.
    pub(super) count: Ident,
    values: HashSet<Value>,
    /// In a push, which elements of the result are wanted.
    pub(super) wanted: Option<Ident>,
    /// Which are wanted of what a call gives, by its tape.
    pub(super) wanted_of: HashMap<Var, TokenStream>,
}

impl Lanes {
    /// The tangents of a forward graph: those given, what is read from the tangents of variables,
    /// zeros, and what comes of them.
    pub(super) fn of(graph: &Graph, count: &Ident, given: &[Value]) -> Self {
        let mut lanes = Lanes {
            count: count.clone(),
            values: given.iter().copied().collect(),
            wanted: None,
            wanted_of: HashMap::new(),
        };
        lanes.region(graph, graph.body);
        lanes
    }

    fn region(&mut self, graph: &Graph, region: Region) {
        for id in &graph.block(region).sites {
            let site = graph.site(*id);
            self.enter(graph, site);
            for inner in &site.regions {
                self.region(graph, *inner);
            }
            self.leave(graph, site);
        }
    }

    /// The arguments of a loop's regions are tangents where their first values are.
    fn enter(&mut self, graph: &Graph, site: &Site) {
        let first = match &site.kind {
            Kind::For(range) => range.first_carried(),
            Kind::While => 0,
            _ => return,
        };
        for region in &site.regions {
            let args = &graph.block(*region).args;
            let inits = &site.operands[first..];
            let skip = args.len().saturating_sub(inits.len());
            for (arg, init) in args[skip..].iter().zip(inits) {
                if self.values.contains(init) {
                    self.values.insert(*arg);
                }
            }
        }
    }

    fn leave(&mut self, graph: &Graph, site: &Site) {
        let from_operands = site.operands.iter().any(|v| self.values.contains(v));
        let all = match &site.kind {
            Kind::ZeroOf | Kind::ZeroLike(_) | Kind::CallPush(..) => true,
            Kind::Load(path)
            | Kind::Finish(path, _)
            | Kind::Copy(path)
            | Kind::Borrow(path)
            | Kind::Own(path) => graph.var(path.root).tangent,
            Kind::Apply(_)
            | Kind::Discrete(_)
            | Kind::Select
            | Kind::Cast(_)
            | Kind::PushCast(_) => from_operands,
            _ => false,
        };
        for (k, result) in site.results.iter().enumerate() {
            let by_region = site.regions.iter().any(|region| {
                let yields = &graph.block(*region).yields;
                yields.get(k).is_some_and(|v| self.values.contains(v))
            });
            let by_call = k == 1 && matches!(site.kind, Kind::CallJvp(..));
            if all || by_region || by_call {
                self.values.insert(*result);
            }
        }
    }
}

impl Body<'_> {
    /// Whether the value is a tangent in lanes, or a question asked of one.
    pub(super) fn is_lanes(&self, value: Value) -> bool {
        self.lanes
            .as_ref()
            .is_some_and(|lanes| lanes.values.contains(&value))
    }

    /// An operand that is a tangent, or the literal zero.
    pub(super) fn lane_operand(&self, site: &Site, k: usize) -> TokenStream {
        let value = site.operands[k];
        if self.is_lanes(value) {
            self.value(value)
        } else {
            self.zero_lanes()
        }
    }

    fn zero_lanes(&self) -> TokenStream {
        let root = &self.root;
        let count = self.lanes.as_ref().map(|lanes| &lanes.count);
        quote!(#root::private::Lanes::<_, #count>::ZERO)
    }

    /// The const parameter that says how many lanes there are.
    pub(super) fn lane_count(&self) -> Option<Ident> {
        self.lanes.as_ref().map(|lanes| lanes.count.clone())
    }

    /// Whether a tangent is zero. An index that is out of range is left to the function.
    pub(super) fn vanishes(&self, path: &Path) -> TokenStream {
        let (root, count) = (&self.root, self.lane_count());
        let vanishes = quote!(#root::private::vanishes::<#count, _>);
        let [Step::Index(at), fields @ ..] = path.steps.as_slice() else {
            let place = self.reference(path, Access::Read);
            return quote!(#vanishes(#place));
        };
        let (whole, at) = (self.variable(path.root), self.value(*at));
        let fields = fields.iter().filter_map(|step| match step {
            Step::Field(name) => Some(member(name)),
            _ => None,
        });
        quote!(#whole.get(#at).is_some_and(|element| #vanishes(&(*element) #(.#fields)*)))
    }

    /// A value as the content of a place or a part of a struct: a copy, where it is needed once more.
    pub(super) fn given(&self, value: Value) -> TokenStream {
        if self.held.contains(&value) {
            self.duplicated(value)
        } else {
            self.value(value)
        }
    }

    /// A value that is stored at the place. What becomes an element is asked by later loops whether
    /// it is zero.
    pub(super) fn settled(&self, path: &Path, value: Value) -> TokenStream {
        let (root, v) = (&self.root, self.given(value));
        let element = matches!(path.steps.last(), Some(Step::Index(_)));
        match self.lane_count() {
            Some(count) if element && self.remembers(path, value) => {
                quote!(#root::private::settled::<#count, _>(#v))
            }
            _ => v,
        }
    }

    /// Appends a value to the sequence at the place; a tangent is looked at.
    pub(super) fn append(&self, path: &Path, value: Value) -> TokenStream {
        let (root, place, v) = (&self.root, self.place(path), self.given(value));
        match self.lane_count() {
            Some(count) if self.remembers(path, value) => {
                quote!(#root::private::push_settled::<#count, _>(&mut #place, #v))
            }
            _ => quote!(#place.push(#v)),
        }
    }

    /// Whether the value is a tangent that remembers whether it is zero.
    fn remembers(&self, path: &Path, value: Value) -> bool {
        self.graph.var(path.root).tangent && !self.graph.ty(value).is_scalar()
    }

    /// Borrows what several of a call's tangents are fields of, where one of them is written: a
    /// struct's tangent is reached through what remembers whether it is zero, one field at a time.
    pub(super) fn open_shared(&mut self, dots: &[Option<Arg>]) -> TokenStream {
        let mut opened = TokenStream::new();
        if self.lanes.is_none() {
            return opened;
        }
        let dots = dots.iter().flatten();
        let written = dots
            .clone()
            .filter(|dot| matches!(dot, Arg::RefMut(_) | Arg::MaybeMut(_)));
        let mut roots: Vec<_> = written.filter_map(|dot| Some(dot.path()?.root)).collect();
        roots.dedup();
        for root in roots {
            let paths = dots.clone().filter_map(Arg::path);
            let paths: Vec<Path> = paths.filter(|path| path.root == root).cloned().collect();
            self.open_group(&paths, 0, &mut opened);
        }
        opened
    }

    /// Of places that agree in their first `depth` steps.
    fn open_group(&mut self, paths: &[Path], mut depth: usize, opened: &mut TokenStream) {
        let [prefix, _, ..] = paths else {
            return;
        };
        let prefix = prefix.clone();
        while paths
            .iter()
            .all(|path| path.steps.get(depth) == prefix.steps.get(depth))
        {
            if depth == prefix.steps.len() {
                return;
            }
            depth += 1;
        }
        let part = |path: &Path| match path.steps.get(depth) {
            Some(Step::Field(name)) => Some(name.clone()),
            _ => None,
        };
        let Some(fields) = paths.iter().map(part).collect::<Option<Vec<_>>>() else {
            return;
        };
        let whole = Path {
            root: prefix.root,
            steps: prefix.steps[..depth].to_vec(),
        };
        let (root, count, place) = (&self.root, self.lane_count(), self.place_mut(&whole));
        let name = self.names.fresh("opened");
        opened.extend(quote!(let #name = #root::private::open::<#count, _>(&mut #place);));
        self.opened.push((whole, name));
        let mut names = fields.clone();
        names.sort();
        names.dedup();
        for field in names {
            let group = paths.iter().zip(&fields).filter(|(_, own)| **own == field);
            let group: Vec<Path> = group.map(|(path, _)| path.clone()).collect();
            self.open_group(&group, depth + 1, opened);
        }
    }

    /// What is borrowed around the place, with how many of its steps that takes.
    pub(super) fn opened_around(&self, path: &Path) -> Option<(usize, &Ident)> {
        let around = self.opened.iter().filter(|(whole, _)| {
            whole.root == path.root
                && whole.steps.len() < path.steps.len()
                && path.steps.starts_with(&whole.steps)
        });
        let (whole, name) = around.max_by_key(|(whole, _)| whole.steps.len())?;
        Some((whole.steps.len(), name))
    }

    /// A zero tangent of what stands behind the reference.
    pub(super) fn zero(&self, ty: &Ty, reference: &TokenStream) -> TokenStream {
        let root = &self.root;
        match (&self.lanes, ty) {
            (None, _) if self.forward => quote!(#root::private::zero_like(#reference)),
            (None, _) => quote!(#root::private::neutral_like(#reference)),
            (Some(_), Ty::Float(_)) => self.zero_lanes(),
            (Some(lanes), _) => {
                let count = &lanes.count;
                quote!(#root::private::zero_lanes::<#count, _>(#reference))
            }
        }
    }

    /// From here on tangents, of which these are given, are rows of as many lanes as `count` says.
    pub(super) fn push_lanes(&mut self, count: &Ident, given: &[Option<Slot>]) {
        let given: Vec<Value> = given
            .iter()
            .filter_map(|slot| match slot {
                Some(Slot::Scalar(value)) => Some(*value),
                _ => None,
            })
            .collect();
        self.lanes = Some(Lanes::of(self.graph, count, &given));
        let held = super::held::moved_before(self.graph, |v| self.is_lanes(v));
        self.held.extend(held);
    }
}
