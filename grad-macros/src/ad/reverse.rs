//! Reverse mode: a pullback that walks the sites backwards and adds into cotangents.
//!
//! The reverse code of a region is built first, naming primal values as if all were at hand; then
//! [`super::residuals`] decides for each of them whether it is kept or computed again.

use std::collections::HashMap;

use proc_macro2::Span;

use super::forward::mask;
use super::residuals::Residuals;
use super::{Activity, float, push, push_one, term, zero};
use crate::ir::{
    Adaptor, Arg, Call, Graph, Kind, Literal, Op, Output, Path, Range, Region, SiteId, Slot, Step,
    Storage, Ty, Value, Var, VarInfo,
};

/// A graph whose body computes the function and whose pull region is its pullback.
pub(crate) struct Reverse {
    pub(crate) graph: Graph,
    /// The cotangent of the result.
    pub(crate) seed: Option<Slot>,
    /// For each differentiated parameter the buffer its cotangent is added into.
    pub(crate) bars: Vec<Option<Var>>,
}

/// Cotangents of the values of one region, and of values outside it, while it is walked.
type Bars = HashMap<Value, Value>;

pub(super) struct Pull<'a> {
    pub(super) graph: Graph,
    active: &'a Activity,
    shadows: HashMap<Var, Var>,
    residuals: Residuals,
    /// Sites to put into primal regions, after the site named.
    after: HashMap<SiteId, Vec<SiteId>>,
    before: HashMap<SiteId, Vec<SiteId>>,
}

/// Differentiates in reverse mode.
pub(crate) fn reverse(graph: &Graph, output: &Output, active: &Activity) -> Reverse {
    let mut cx = Pull {
        graph: graph.clone(),
        active,
        shadows: HashMap::new(),
        residuals: Residuals::new(graph),
        after: HashMap::new(),
        before: HashMap::new(),
    };
    let pull = cx.graph.new_region();
    let bars: Vec<_> = graph
        .params
        .iter()
        .map(|p| p.wrt.then(|| cx.declare_bar(p.slot, &p.name)))
        .collect();
    let own = cx.own_shadows(&bars, pull);
    let mut cotangents = Bars::new();
    let seed = cx.seed(output, pull, &mut cotangents);
    cx.region(graph.body, pull, &mut cotangents);
    for (shadow, bar) in own {
        cx.add_whole(shadow, bar, pull);
    }
    for (param, bar) in graph.params.iter().zip(&bars) {
        if let (Slot::Scalar(v), Some(bar)) = (param.slot, bar) {
            if let Some(cotangent) = cotangents.get(&v) {
                push(
                    &mut cx.graph,
                    pull,
                    Kind::Accumulate(Path::of(*bar)),
                    vec![*cotangent],
                    Vec::new(),
                    param.span,
                );
            }
        }
    }
    cx.insert_sites();
    cx.graph.pull = Some(pull);
    Residuals::resolve_function(&mut cx.graph);
    Reverse {
        graph: cx.graph,
        seed,
        bars,
    }
}

impl Pull<'_> {
    fn declare_bar(&mut self, slot: Slot, name: &str) -> Var {
        let (ty, span) = match slot {
            Slot::Scalar(v) => (self.graph.ty(v).clone(), self.graph.value(v).span),
            Slot::Memory(var) => (self.graph.var(var).ty.clone(), self.graph.var(var).span),
        };
        let name = format!("{name}_bar");
        let bar = self.graph.new_var(VarInfo {
            name,
            ty,
            storage: Storage::RefMut,
            mutable: true,
            span,
        });
        if let Slot::Memory(var) = slot {
            self.shadows.insert(var, bar);
        }
        bar
    }

    /// A parameter by value that the function changes has a cotangent of its own: the caller's holds
    /// contributions already, which no store here may clear.
    fn own_shadows(&mut self, bars: &[Option<Var>], pull: Region) -> Vec<(Var, Var)> {
        let mut own = Vec::new();
        for (param, bar) in self.graph.params.clone().iter().zip(bars) {
            let (Slot::Memory(var), Some(bar)) = (param.slot, bar) else {
                continue;
            };
            let info = self.graph.var(var).clone();
            if info.storage != Storage::Owned || !self.residuals.is_written(var) {
                continue;
            }
            let graph = &mut self.graph;
            let (ty, span) = (info.ty.clone(), info.span);
            let zero = Kind::ZeroLike(Path::of(var));
            let zero = push_one(graph, pull, zero, Vec::new(), ty, span);
            let shadow = graph.new_var(VarInfo {
                name: format!("{}_bar", info.name),
                mutable: true,
                ..info
            });
            let make = Kind::Allocate(shadow);
            push(graph, pull, make, vec![zero], Vec::new(), span);
            self.shadows.insert(var, shadow);
            own.push((shadow, *bar));
        }
        own
    }

    /// `bar += shadow`.
    fn add_whole(&mut self, shadow: Var, bar: Var, pull: Region) {
        let (ty, span) = (
            self.graph.var(shadow).ty.clone(),
            self.graph.var(shadow).span,
        );
        let load = Kind::Load(Path::of(shadow));
        let whole = push_one(&mut self.graph, pull, load, Vec::new(), ty, span);
        let add = Kind::Accumulate(Path::of(bar));
        push(&mut self.graph, pull, add, vec![whole], Vec::new(), span);
    }

    fn seed(&mut self, output: &Output, pull: Region, bars: &mut Bars) -> Option<Slot> {
        let yields = self.graph.block(self.graph.body).yields.clone();
        match output {
            Output::Unit => None,
            Output::Leaf => {
                let ty = self.graph.ty(yields[0]).clone();
                let seed = self.graph.new_arg(pull, ty, Span::call_site());
                self.graph.value_mut(seed).name = Some("y_bar".to_owned());
                self.add(bars, pull, yields[0], seed);
                Some(Slot::Scalar(seed))
            }
            Output::Tuple(_) => {
                let info = VarInfo {
                    name: "y_bar".to_owned(),
                    ty: Ty::Unknown,
                    storage: Storage::Ref,
                    mutable: false,
                    span: Span::call_site(),
                };
                let var = self.graph.new_var(info);
                let mut leaves = Vec::new();
                leaf_paths(output, Path::of(var), &mut leaves);
                for (value, path) in yields.into_iter().zip(leaves) {
                    if self.active.values.contains(&value) {
                        let ty = self.graph.ty(value).clone();
                        let part = push_one(
                            &mut self.graph,
                            pull,
                            Kind::Load(path),
                            Vec::new(),
                            ty,
                            Span::call_site(),
                        );
                        self.add(bars, pull, value, part);
                    }
                }
                Some(Slot::Memory(var))
            }
        }
    }

    /// Adds a contribution to the cotangent of a value.
    fn add(&mut self, bars: &mut Bars, out: Region, value: Value, contribution: Value) {
        if !self.active.values.contains(&value) {
            return;
        }
        let info = self.graph.value(value).clone();
        let sum = match bars.get(&value) {
            None => contribution,
            Some(before) => push_one(
                &mut self.graph,
                out,
                Kind::Apply(Op::Add),
                vec![*before, contribution],
                info.ty,
                info.span,
            ),
        };
        if let (Some(name), None) = (info.name, &self.graph.value(sum).name) {
            self.graph.value_mut(sum).name = Some(format!("{name}_bar"));
        }
        bars.insert(value, sum);
    }

    fn shadow(&self, path: &Path) -> Option<Path> {
        self.shadows.get(&path.root).map(|var| path.with_root(*var))
    }

    /// Builds into `out` the reverse of `primal`.
    fn region(&mut self, primal: Region, out: Region, bars: &mut Bars) {
        let sites = self.graph.block(primal).sites.clone();
        self.declare_shadows(&sites, out);
        for id in sites.into_iter().rev() {
            self.site(id, out, bars);
        }
    }

    /// Shadows of the variables a region makes: zero before its reverse begins.
    fn declare_shadows(&mut self, sites: &[SiteId], out: Region) {
        for id in sites {
            let site = self.graph.site(*id).clone();
            let Kind::Allocate(var) = site.kind else {
                continue;
            };
            if !self.active.vars.contains(&var) {
                continue;
            }
            let info = self.graph.var(var).clone();
            let zero = self.zero_shadow(*id, var, &site.operands, out);
            let name = format!("{}_bar", info.name);
            let shadow = self.graph.new_var(VarInfo {
                name,
                mutable: true,
                ..info.clone()
            });
            push(
                &mut self.graph,
                out,
                Kind::Allocate(shadow),
                vec![zero],
                Vec::new(),
                info.span,
            );
            self.shadows.insert(var, shadow);
        }
    }

    /// A zero of the variable's shape: told from how it is made, else taken in the primal sweep.
    fn zero_shadow(&mut self, id: SiteId, var: Var, init: &[Value], out: Region) -> Value {
        let info = self.graph.var(var).clone();
        let made = init.first().and_then(|v| self.graph.def(*v).cloned());
        if let Some(site) = made {
            let floats = matches!(self.graph.ty(init[0]).element(), Ty::Float(_));
            let len = match &site.kind {
                Kind::Repeat { .. } if floats => Some(site.operands[1]),
                Kind::Array { .. } if floats => {
                    let len = Kind::Literal(Literal::Int(site.operands.len().to_string()));
                    Some(push_one(
                        &mut self.graph,
                        out,
                        len,
                        Vec::new(),
                        Ty::Int,
                        site.span,
                    ))
                }
                _ => None,
            };
            if let (Some(len), Kind::Repeat { vec } | Kind::Array { vec }) = (len, &site.kind) {
                let element = self.graph.ty(init[0]).element();
                let zero = push_one(
                    &mut self.graph,
                    out,
                    float("0.0"),
                    Vec::new(),
                    element,
                    site.span,
                );
                return push_one(
                    &mut self.graph,
                    out,
                    Kind::Repeat { vec: *vec },
                    vec![zero, len],
                    info.ty,
                    site.span,
                );
            }
        }
        let site = self.graph.new_site(
            Kind::ZeroLike(Path::of(var)),
            Vec::new(),
            Vec::new(),
            vec![info.ty],
            info.span,
        );
        self.after.entry(id).or_default().push(site);
        self.graph.site(site).results[0]
    }

    fn site(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        match &site.kind {
            Kind::If => self.branch(id, out, bars),
            Kind::For(_) | Kind::While => self.repeat(id, out, bars),
            Kind::Store(path) => {
                if let Some(path) = self.shadow(path) {
                    let ty = self.graph.ty(site.operands[0]).clone();
                    let taken = push_one(
                        &mut self.graph,
                        out,
                        Kind::Take(path),
                        Vec::new(),
                        ty,
                        site.span,
                    );
                    self.add(bars, out, site.operands[0], taken);
                }
            }
            Kind::Accumulate(path) => {
                if let Some(path) = self.shadow(path) {
                    let ty = self.graph.ty(site.operands[0]).clone();
                    let bar = push_one(
                        &mut self.graph,
                        out,
                        Kind::Load(path),
                        Vec::new(),
                        ty,
                        site.span,
                    );
                    self.add(bars, out, site.operands[0], bar);
                }
            }
            Kind::Swap(a, b) => {
                if let (Some(a), Some(b)) = (self.shadow(a), self.shadow(b)) {
                    push(
                        &mut self.graph,
                        out,
                        Kind::Swap(a, b),
                        Vec::new(),
                        Vec::new(),
                        site.span,
                    );
                }
            }
            Kind::Allocate(var) => {
                self.allocate(*var, site.operands.first().copied(), out, bars, site.span)
            }
            Kind::Call(call) => {
                if self.active.values.contains(&site.results[0]) {
                    let call = call.clone();
                    self.call(id, call, out, bars);
                }
            }
            _ => {
                if let Some(bar) = site.results.first().and_then(|v| bars.get(v).copied()) {
                    self.operator(id, bar, out, bars);
                }
            }
        }
    }

    /// The adjoint of a site with one result whose cotangent is `bar`.
    fn operator(&mut self, id: SiteId, bar: Value, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        match &site.kind {
            Kind::Apply(op) => {
                for (k, operand) in site.operands.iter().enumerate() {
                    if self.active.values.contains(operand) {
                        let at = (&site.operands[..], site.results[0]);
                        if let Some(part) =
                            term(&mut self.graph, out, at, k, &self.active.values, *op, bar)
                        {
                            self.add(bars, out, *operand, part);
                        }
                    }
                }
            }
            Kind::Load(path) | Kind::Copy(path) => {
                if let Some(path) = self.shadow(path) {
                    push(
                        &mut self.graph,
                        out,
                        Kind::Accumulate(path),
                        vec![bar],
                        Vec::new(),
                        span,
                    );
                }
            }
            Kind::Cast(_) => {
                let from = site.operands[0];
                let ty = self.graph.ty(from).clone();
                let part = push_one(
                    &mut self.graph,
                    out,
                    Kind::PullCast,
                    vec![from, bar],
                    ty,
                    span,
                );
                self.add(bars, out, from, part);
            }
            Kind::Select => {
                for (k, operand) in site.operands.iter().enumerate().skip(1) {
                    if self.active.values.contains(operand) {
                        let none = zero(&mut self.graph, out, *operand);
                        let sides = if k == 1 { [bar, none] } else { [none, bar] };
                        let ty = self.graph.ty(*operand).clone();
                        let operands = vec![site.operands[0], sides[0], sides[1]];
                        let part = push_one(&mut self.graph, out, Kind::Select, operands, ty, span);
                        self.add(bars, out, *operand, part);
                    }
                }
            }
            Kind::Array { .. } | Kind::Repeat { .. } | Kind::Tuple | Kind::Record { .. } => {
                let ty = self.graph.ty(site.results[0]).clone();
                let info = VarInfo {
                    name: "parts_bar".to_owned(),
                    ty,
                    storage: Storage::Owned,
                    mutable: false,
                    span,
                };
                let var = self.graph.new_var(info);
                push(
                    &mut self.graph,
                    out,
                    Kind::Allocate(var),
                    vec![bar],
                    Vec::new(),
                    span,
                );
                self.parts(&site, var, out, bars);
            }
            _ => {}
        }
    }

    fn allocate(
        &mut self,
        var: Var,
        init: Option<Value>,
        out: Region,
        bars: &mut Bars,
        span: Span,
    ) {
        let (Some(init), Some(shadow)) = (init, self.shadows.get(&var).copied()) else {
            return;
        };
        if !self.active.values.contains(&init) {
            return;
        }
        if let Some(site) = self.graph.def(init).cloned() {
            if matches!(
                site.kind,
                Kind::Array { .. } | Kind::Repeat { .. } | Kind::Tuple | Kind::Record { .. }
            ) {
                self.parts(&site, shadow, out, bars);
                return;
            }
        }
        let ty = self.graph.ty(init).clone();
        let whole = push_one(
            &mut self.graph,
            out,
            Kind::Load(Path::of(shadow)),
            Vec::new(),
            ty,
            span,
        );
        self.add(bars, out, init, whole);
    }

    /// The cotangents of the parts of an aggregate, out of the variable that holds the whole.
    fn parts(&mut self, site: &crate::ir::Site, whole: Var, out: Region, bars: &mut Bars) {
        let path = Path::of(whole);
        if let Kind::Repeat { .. } = site.kind {
            let sum = self.sum_elements(&path, site.operands[0], out, site.span);
            self.add(bars, out, site.operands[0], sum);
            return;
        }
        for (k, operand) in site.operands.iter().enumerate() {
            if !self.active.values.contains(operand) {
                continue;
            }
            let step = match &site.kind {
                Kind::Record { fields, .. } => Step::Field(fields[k].clone()),
                Kind::Tuple => Step::Field(k.to_string()),
                _ => {
                    let index = Kind::Literal(Literal::Int(k.to_string()));
                    Step::Index(push_one(
                        &mut self.graph,
                        out,
                        index,
                        Vec::new(),
                        Ty::Int,
                        site.span,
                    ))
                }
            };
            let ty = self.graph.ty(*operand).clone();
            let part = push_one(
                &mut self.graph,
                out,
                Kind::Load(path.then(step)),
                Vec::new(),
                ty,
                site.span,
            );
            self.add(bars, out, *operand, part);
        }
    }

    /// `[x; n]`: the cotangent of `x` is the sum over the elements'.
    fn sum_elements(&mut self, path: &Path, like: Value, out: Region, span: Span) -> Value {
        let ty = self.graph.ty(like).clone();
        let start = push_one(
            &mut self.graph,
            out,
            Kind::Literal(Literal::Int("0".to_owned())),
            Vec::new(),
            Ty::Int,
            span,
        );
        let len = push_one(
            &mut self.graph,
            out,
            Kind::Length(path.clone()),
            Vec::new(),
            Ty::Int,
            span,
        );
        let none = zero(&mut self.graph, out, like);
        if !ty.is_scalar() && ty != Ty::Unknown {
            return self.sum_in_memory(path, [start, len, none], out, span);
        }
        let body = self.graph.new_region();
        let index = self.graph.new_arg(body, Ty::Int, span);
        let sum = self.graph.new_arg(body, ty.clone(), span);
        let element = push_one(
            &mut self.graph,
            body,
            Kind::Load(path.then(Step::Index(index))),
            Vec::new(),
            ty.clone(),
            span,
        );
        let next = push_one(
            &mut self.graph,
            body,
            Kind::Apply(Op::Add),
            vec![sum, element],
            ty.clone(),
            span,
        );
        self.graph.block_mut(body).yields = vec![next];
        let kind = Kind::For(Range::default());
        let site = self
            .graph
            .new_site(kind, vec![start, len, none], vec![body], vec![ty], span);
        self.graph.block_mut(out).sites.push(site);
        self.graph.site(site).results[0]
    }

    /// As [`Self::sum_elements`], for elements that are no numbers: operands are 0, the length and
    /// the zero to begin with.
    fn sum_in_memory(
        &mut self,
        path: &Path,
        [start, len, none]: [Value; 3],
        out: Region,
        span: Span,
    ) -> Value {
        let ty = self.graph.ty(none).clone();
        let sum = Path::of(self.graph.new_var(VarInfo {
            name: "sum_bar".to_owned(),
            ty: ty.clone(),
            storage: Storage::Owned,
            mutable: true,
            span,
        }));
        let graph = &mut self.graph;
        let make = Kind::Allocate(sum.root);
        push(graph, out, make, vec![none], Vec::new(), span);
        let body = graph.new_region();
        let index = graph.new_arg(body, Ty::Int, span);
        let element = Kind::Load(path.then(Step::Index(index)));
        let element = push_one(graph, body, element, Vec::new(), ty.clone(), span);
        let add = Kind::Accumulate(sum.clone());
        push(graph, body, add, vec![element], Vec::new(), span);
        let kind = Kind::For(Range::default());
        let site = graph.new_site(kind, vec![start, len], vec![body], Vec::new(), span);
        graph.block_mut(out).sites.push(site);
        push_one(graph, out, Kind::Load(sum), Vec::new(), ty, span)
    }

    fn call(&mut self, id: SiteId, mut call: Call, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        let Some(bar) = bars.get(&site.results[0]).copied() else {
            return;
        };
        call.mask = mask(call.args.iter().map(|arg| self.active.arg(arg)));
        let pullback = self.graph.new_value(Ty::Unknown, span, Some(id));
        self.graph.value_mut(pullback).name = Some("pull".to_owned());
        let own = self.graph.site_mut(id);
        own.kind = Kind::CallVjp(call.clone());
        own.results.push(pullback);

        let mut again = call.clone();
        let mut places: Vec<Option<Path>> = Vec::new();
        let mut used: Vec<Path> = Vec::new();
        let mut later: Vec<(usize, Path)> = Vec::new();
        for (k, arg) in call.args.iter().enumerate() {
            if let Some(path) = arg.path() {
                if !self.residuals.is_stable(&self.graph, path, id) {
                    again.args[k] = Arg::Ref(self.snapshot(id, path.clone(), span));
                }
            }
            if !self.active.arg(arg) {
                places.push(None);
                continue;
            }
            let place = arg.path().and_then(|path| self.shadow(path));
            match place.filter(|place| !used.iter().any(|other| overlap(place, other))) {
                Some(place) => {
                    used.push(place.clone());
                    places.push(Some(place));
                }
                None => {
                    let path = self.temporary_bar(arg, out, span);
                    later.push((k, path.clone()));
                    places.push(Some(path));
                }
            }
        }
        let kind = Kind::Pull {
            call: again,
            bars: places,
        };
        push(
            &mut self.graph,
            out,
            kind,
            vec![pullback, bar],
            Vec::new(),
            span,
        );
        for (k, path) in later {
            self.collect(&call.args[k], path, out, bars, span);
        }
    }

    /// A cotangent of its own for an argument that has no place, or shares one.
    fn temporary_bar(&mut self, arg: &Arg, out: Region, span: Span) -> Path {
        let (first, ty) = match arg {
            Arg::Value(v) => (zero(&mut self.graph, out, *v), self.graph.ty(*v).clone()),
            other => {
                let shadow = other.path().and_then(|path| self.shadow(path));
                let kind = shadow.map_or_else(|| float("0.0"), Kind::ZeroLike);
                let ty = Ty::Array(Box::new(Ty::Unknown));
                (
                    push_one(&mut self.graph, out, kind, Vec::new(), ty.clone(), span),
                    ty,
                )
            }
        };
        let info = VarInfo {
            name: "arg_bar".to_owned(),
            ty,
            storage: Storage::Owned,
            mutable: true,
            span,
        };
        let var = self.graph.new_var(info);
        push(
            &mut self.graph,
            out,
            Kind::Allocate(var),
            vec![first],
            Vec::new(),
            span,
        );
        Path::of(var)
    }

    fn collect(&mut self, arg: &Arg, from: Path, out: Region, bars: &mut Bars, span: Span) {
        let ty = self.graph.var(from.root).ty.clone();
        let bar = push_one(&mut self.graph, out, Kind::Load(from), Vec::new(), ty, span);
        match arg {
            Arg::Value(v) => self.add(bars, out, *v, bar),
            other => {
                if let Some(path) = other.path().and_then(|path| self.shadow(path)) {
                    push(
                        &mut self.graph,
                        out,
                        Kind::Accumulate(path),
                        vec![bar],
                        Vec::new(),
                        span,
                    );
                }
            }
        }
    }

    /// A copy of a place that is written later, made before the call that reads it.
    fn snapshot(&mut self, id: SiteId, path: Path, span: Span) -> Path {
        let ty = if path.steps.is_empty() {
            self.graph.var(path.root).ty.clone()
        } else {
            Ty::Unknown
        };
        let copy = self.graph.new_site(
            Kind::Copy(path),
            Vec::new(),
            Vec::new(),
            vec![ty.clone()],
            span,
        );
        let value = self.graph.site(copy).results[0];
        let info = VarInfo {
            name: "before".to_owned(),
            ty,
            storage: Storage::Owned,
            mutable: false,
            span,
        };
        let var = self.graph.new_var(info);
        let make = self.graph.new_site(
            Kind::Allocate(var),
            vec![value],
            Vec::new(),
            Vec::new(),
            span,
        );
        self.before.entry(id).or_default().extend([copy, make]);
        Path::of(var)
    }

    fn branch(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let sides: Vec<(Region, Bars)> = site
            .regions
            .iter()
            .map(|primal| {
                let inner = self.graph.new_region();
                let mut own = Bars::new();
                for (value, result) in self
                    .graph
                    .block(*primal)
                    .yields
                    .clone()
                    .into_iter()
                    .zip(&site.results)
                {
                    if let Some(bar) = bars.get(result) {
                        self.add(&mut own, inner, value, *bar);
                    }
                }
                self.region(*primal, inner, &mut own);
                (inner, own)
            })
            .collect();
        let inside = self.graph.defined_within(&site.regions);
        let mut free: Vec<Value> = sides
            .iter()
            .flat_map(|(_, own)| own.keys().copied())
            .filter(|v| !inside.contains(v))
            .collect();
        free.sort_unstable();
        free.dedup();
        for (inner, own) in &sides {
            for value in &free {
                let bar = match own.get(value) {
                    Some(bar) => *bar,
                    None => zero(&mut self.graph, *inner, *value),
                };
                self.graph.block_mut(*inner).yields.push(bar);
            }
        }
        let tys = free.iter().map(|v| self.graph.ty(*v).clone()).collect();
        let inner: Vec<Region> = sides.iter().map(|(region, _)| *region).collect();
        let effects = inner.iter().any(|r| !self.graph.block(*r).sites.is_empty());
        if free.is_empty() && !effects {
            return;
        }
        let reversed = self
            .graph
            .new_site(Kind::If, vec![site.operands[0]], inner, tys, site.span);
        self.graph.block_mut(out).sites.push(reversed);
        self.insert_sites();
        Residuals::resolve_branch(&mut self.graph, &self.residuals, id, reversed);
        let results = self.graph.site(reversed).results.clone();
        for (value, bar) in free.into_iter().zip(results) {
            self.add(bars, out, value, bar);
        }
    }

    fn repeat(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        let (first, skip) = match &site.kind {
            Kind::For(range) => (range.first_carried(), 1),
            _ => (0, 0),
        };
        let Some(primal) = site.regions.last().copied() else {
            return;
        };
        let block = self.graph.block(primal).clone();
        let inner = self.graph.new_region();
        let index = self.graph.new_arg(inner, Ty::Int, span);
        let mut own = Bars::new();
        let mut inits = Vec::new();
        let active: Vec<usize> = (0..site.results.len())
            .filter(|k| {
                self.active.values.contains(&block.args[k + skip])
                    || bars.contains_key(&site.results[*k])
            })
            .collect();
        for k in &active {
            let init = match bars.get(&site.results[*k]) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, out, site.operands[first + k]),
            };
            inits.push(init);
            let arg = self.new_bar_arg(inner, site.results[*k]);
            if self.active.values.contains(&block.yields[*k]) {
                self.add(&mut own, inner, block.yields[*k], arg);
            }
        }
        self.region(primal, inner, &mut own);
        let mut yields = Vec::new();
        for k in &active {
            let arg = block.args[k + skip];
            let next = match own.remove(&arg) {
                Some(bar) => bar,
                None => zero(&mut self.graph, inner, arg),
            };
            yields.push(next);
        }
        let inside = self.graph.defined_within(&site.regions);
        let mut free: Vec<Value> = own
            .keys()
            .copied()
            .filter(|v| !inside.contains(v))
            .collect();
        free.sort_unstable();
        for value in &free {
            let init = match bars.get(value) {
                Some(bar) => *bar,
                None => zero(&mut self.graph, out, *value),
            };
            inits.push(init);
            let arg = self.new_bar_arg(inner, *value);
            let ty = self.graph.ty(*value).clone();
            let sum = push_one(
                &mut self.graph,
                inner,
                Kind::Apply(Op::Add),
                vec![arg, own[value]],
                ty,
                span,
            );
            yields.push(sum);
        }
        self.graph.block_mut(inner).yields = yields;
        let (kind, mut operands) = self.reversed_range(id, out);
        self.insert_sites();
        operands.extend(inits);
        let tys = operands[operands.len() - active.len() - free.len()..]
            .iter()
            .map(|v| self.graph.ty(*v).clone())
            .collect();
        let reversed = self.graph.new_site(kind, operands, vec![inner], tys, span);
        self.graph.block_mut(out).sites.push(reversed);
        let index_of = (skip == 1).then(|| block.args[0]);
        Residuals::resolve_loop(
            &mut self.graph,
            &self.residuals,
            primal,
            inner,
            index_of.map(|i| (i, index)),
        );
        // What the loop read from outside first: a variable may begin with one of those values.
        let mut results = self.graph.site(reversed).results.clone();
        let read = results.split_off(active.len());
        for (value, bar) in free.into_iter().zip(read) {
            bars.insert(value, bar);
        }
        for (k, bar) in active.iter().zip(results) {
            self.add(bars, out, site.operands[first + k], bar);
        }
    }

    fn new_bar_arg(&mut self, region: Region, of: Value) -> Value {
        let info = self.graph.value(of).clone();
        let arg = self.graph.new_arg(region, info.ty, info.span);
        self.graph.value_mut(arg).name = info.name.map(|n| format!("{n}_bar"));
        arg
    }

    /// The iteration of a loop backwards. A loop whose trip count only running tells counts.
    fn reversed_range(&mut self, id: SiteId, out: Region) -> (Kind, Vec<Value>) {
        let site = self.graph.site(id).clone();
        if let Kind::For(range) = &site.kind {
            let mut operands = site.operands[..range.first_carried()].to_vec();
            let mut range = range.clone();
            if range.exits {
                operands.push(self.count(id));
                range.adaptors.push(Adaptor::Take);
                range.exits = false;
            }
            if range.inclusive && !range.adaptors.is_empty() {
                // Inclusive ranges do not know their length, so that adaptors cannot be undone.
                let one = Kind::Literal(Literal::Int("1".to_owned()));
                let one = push_one(&mut self.graph, out, one, Vec::new(), Ty::Int, site.span);
                let end = vec![operands[1], one];
                operands[1] = push_one(
                    &mut self.graph,
                    out,
                    Kind::Apply(Op::Add),
                    end,
                    Ty::Int,
                    site.span,
                );
                range.inclusive = false;
            }
            return (Kind::For(range.reversed()), operands);
        }
        let count = self.count(id);
        let zero = push_one(
            &mut self.graph,
            out,
            Kind::Literal(Literal::Int("0".to_owned())),
            Vec::new(),
            Ty::Int,
            site.span,
        );
        (Kind::For(Range::default().reversed()), vec![zero, count])
    }

    /// Makes a loop carry the number of its iterations.
    fn count(&mut self, id: SiteId) -> Value {
        let site = self.graph.site(id).clone();
        let int = |text: &str| Kind::Literal(Literal::Int(text.to_owned()));
        let start = self.graph.new_site(
            int("0usize"),
            Vec::new(),
            Vec::new(),
            vec![Ty::Int],
            site.span,
        );
        self.before.entry(id).or_default().push(start);
        let start = self.graph.site(start).results[0];
        self.graph.site_mut(id).operands.push(start);
        for region in &site.regions {
            let arg = self.graph.new_arg(*region, Ty::Int, site.span);
            self.graph.value_mut(arg).name = Some("trips".to_owned());
            if Some(region) == site.regions.last() {
                let one = push_one(
                    &mut self.graph,
                    *region,
                    int("1"),
                    Vec::new(),
                    Ty::Int,
                    site.span,
                );
                let next = push_one(
                    &mut self.graph,
                    *region,
                    Kind::Apply(Op::Add),
                    vec![arg, one],
                    Ty::Int,
                    site.span,
                );
                self.graph.block_mut(*region).yields.push(next);
            }
        }
        let count = self.graph.new_value(Ty::Int, site.span, Some(id));
        self.graph.value_mut(count).name = Some("trips".to_owned());
        self.graph.site_mut(id).results.push(count);
        count
    }

    /// Puts pending sites into their primal regions.
    fn insert_sites(&mut self) {
        if self.before.is_empty() && self.after.is_empty() {
            return;
        }
        for region in self.graph.regions_within(self.graph.body) {
            let mut sites = Vec::new();
            for id in std::mem::take(&mut self.graph.block_mut(region).sites) {
                sites.extend(self.before.remove(&id).unwrap_or_default());
                sites.push(id);
                sites.extend(self.after.remove(&id).unwrap_or_default());
            }
            self.graph.block_mut(region).sites = sites;
        }
    }
}

fn leaf_paths(output: &Output, path: Path, leaves: &mut Vec<Path>) {
    match output {
        Output::Unit => {}
        Output::Leaf => leaves.push(path),
        Output::Tuple(parts) => {
            for (k, part) in parts.iter().enumerate() {
                leaf_paths(part, path.then(Step::Field(k.to_string())), leaves);
            }
        }
    }
}

/// Whether two places may share memory: not if they part at a field before any index.
fn overlap(a: &Path, b: &Path) -> bool {
    if a.root != b.root {
        return false;
    }
    for (x, y) in a.steps.iter().zip(&b.steps) {
        match (x, y) {
            (Step::Field(x), Step::Field(y)) if x == y => {}
            (Step::Field(_), Step::Field(_)) => return false,
            _ => return true,
        }
    }
    true
}
