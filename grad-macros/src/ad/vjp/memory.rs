//! Shadows of memory variables, and cotangents of aggregates.

use proc_macro2::Span;

use super::{Bars, Pull};
use crate::ad::sizes::Sizes;
use crate::ad::{float, push, push_one, zero};
use crate::ir::{
    Graph, Kind, Literal, Op, Path, Range, Region, Site, SiteId, Slot, Step, Storage, Ty, Value,
    Var, VarInfo,
};

impl Pull {
    /// Shadows of the variables a region makes: zero before its reverse begins.
    pub(super) fn declare_shadows(&mut self, sites: &[SiteId], out: Region) {
        for id in sites {
            self.declare_shadow(*id, sites, out);
        }
    }

    /// Notes behind which site the shadow of the variable that a site makes is there.
    fn note_shadow(&mut self, id: SiteId, last: SiteId) {
        if let (Kind::Allocate(var), Some(number)) =
            (&self.graph.site(id).kind, self.residuals.number(last))
        {
            self.shadow_after.insert(*var, number);
        }
    }

    /// The shadow of the variable that a site makes, into `out`; the site behind which it has its
    /// shape: where that may change, the last one that changes it.
    fn declare_shadow(&mut self, id: SiteId, sites: &[SiteId], out: Region) -> Option<SiteId> {
        let site = self.graph.site(id).clone();
        let Kind::Allocate(var) = site.kind else {
            return None;
        };
        if !self.active.vars.contains(&var) || self.is_collected(sites, var) {
            return None;
        }
        let info = self.graph.var(var).clone();
        let last = self.last_reshape(sites, var).unwrap_or(id);
        let init = if last == id { &site.operands[..] } else { &[] };
        let zero = self.zero_shadow(last, var, init, out);
        let shadow = self.graph.new_var(VarInfo {
            name: format!("{}_bar", info.name),
            mutable: true,
            tangent: true,
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
        Some(last)
    }

    /// Whether the variable only collects elements that leave it as a whole.
    fn is_collected(&self, sites: &[SiteId], var: Var) -> bool {
        sites.iter().any(
            |id| matches!(&self.graph.site(*id).kind, Kind::Finish(path, _) if path.root == var),
        )
    }

    /// The cotangent of what was collected is the shadow of what collected it: each append takes its
    /// element off again.
    pub(super) fn finished(&mut self, path: &Path, bar: Value, out: Region, span: Span) {
        let info = self.graph.var(path.root).clone();
        let shadow = self.graph.new_var(VarInfo {
            name: format!("{}_bar", info.name),
            mutable: true,
            tangent: true,
            ..info
        });
        let ty = Ty::Array(Box::new(self.graph.ty(bar).element()));
        let elements = push_one(&mut self.graph, out, Kind::Elements, vec![bar], ty, span);
        let make = Kind::Allocate(shadow);
        push(&mut self.graph, out, make, vec![elements], Vec::new(), span);
        self.shadows.insert(path.root, shadow);
    }

    /// A parameter by value that the function changes has a cotangent of its own: the caller's holds
    /// contributions already, which no store here may clear.
    pub(super) fn own_shadows(&mut self, bars: &[Option<Var>], pull: Region) -> Vec<(Var, Var)> {
        let mut own = Vec::new();
        for (param, bar) in self.graph.params.clone().iter().zip(bars) {
            let (Slot::Memory(var), Some(bar)) = (param.slot, bar) else {
                continue;
            };
            let info = self.graph.var(var).clone();
            if info.storage != Storage::Owned || !self.residuals.is_written(var) {
                continue;
            }
            let body = self.graph.body;
            let sites = self.graph.block(body).sites.clone();
            let (ty, span) = (info.ty.clone(), info.span);
            let scratch = self.graph.new_region();
            let last = self.last_reshape(&sites, var);
            let zero = match last {
                Some(last) => self.zero_shadow(last, var, &[], scratch),
                None => {
                    let zero = Kind::ZeroLike(Path::of(var));
                    push_one(&mut self.graph, scratch, zero, Vec::new(), ty, span)
                }
            };
            let shadow = self.graph.new_var(VarInfo {
                name: format!("{}_bar", info.name),
                mutable: true,
                tangent: true,
                ..info
            });
            let make = Kind::Allocate(shadow);
            push(&mut self.graph, scratch, make, vec![zero], Vec::new(), span);
            let made = std::mem::take(&mut self.graph.block_mut(scratch).sites);
            // Where the reverse follows at once it may begin inside the body.
            match last {
                Some(last) if self.fusing => {
                    self.after.entry(last).or_default().extend(made);
                    let number = self.residuals.number(last).unwrap_or(usize::MAX);
                    self.shadow_after.insert(var, number);
                }
                None if self.fusing => {
                    self.graph.block_mut(body).sites.splice(0..0, made);
                }
                _ => self.graph.block_mut(pull).sites.extend(made),
            }
            self.shadows.insert(var, shadow);
            own.push((shadow, *bar));
        }
        own
    }

    /// `bar += shadow`.
    pub(super) fn add_whole(&mut self, shadow: Var, bar: Var, pull: Region) {
        let (ty, span) = (
            self.graph.var(shadow).ty.clone(),
            self.graph.var(shadow).span,
        );
        let load = Kind::Load(Path::of(shadow));
        let whole = push_one(&mut self.graph, pull, load, Vec::new(), ty, span);
        let add = Kind::Accumulate(Path::of(bar));
        push(&mut self.graph, pull, add, vec![whole], Vec::new(), span);
    }

    /// The last of the sites that may give the variable another shape.
    fn last_reshape(&self, sites: &[SiteId], var: Var) -> Option<SiteId> {
        let reshapes = |id: &SiteId| {
            let site = self.graph.site(*id);
            let inner = site
                .regions
                .iter()
                .flat_map(|region| self.graph.sites_within(*region));
            std::iter::once(*id)
                .chain(inner)
                .any(|id| reshapes(&self.graph, self.graph.site(id), var) && !self.trusts(id, var))
        };
        sites.iter().rev().find(|id| reshapes(id)).copied()
    }

    /// Whether the site may be assumed to leave a variable of numbers as long as it was.
    fn trusts(&self, id: SiteId, var: Var) -> bool {
        if !self.residuals.assumes() || !self.graph.var(var).ty.element().is_scalar() {
            return false;
        }
        let sizes = Sizes::new(&self.graph, &self.residuals);
        let keeps = sizes.keeps_length_at(id, var);
        if keeps {
            self.residuals.assume(sizes.take());
        }
        keeps
    }

    /// Takes the cotangent of what a store wrote out of its place, which goes back to zero of the
    /// shape it had before.
    pub(super) fn take_stored(&mut self, id: SiteId, shadow: Path, out: Region) -> Value {
        let site = self.graph.site(id).clone();
        let Kind::Store(path) = &site.kind else {
            return site.operands[0];
        };
        let element = self.graph.var(path.root).ty.element();
        // An element of a slice of numbers is a number, whatever is known of what is stored.
        let ty = match path.steps.as_slice() {
            [Step::Index(_)] if element.is_scalar() => element.clone(),
            _ => self.graph.ty(site.operands[0]).clone(),
        };
        if has_fixed_shape(&ty) {
            return push_one(
                &mut self.graph,
                out,
                Kind::Take(shadow),
                Vec::new(),
                ty,
                site.span,
            );
        }
        let zero = self.graph.new_site(
            Kind::ZeroLike(path.clone()),
            Vec::new(),
            Vec::new(),
            vec![ty.clone()],
            site.span,
        );
        self.before.entry(id).or_default().push(zero);
        self.copied.insert(path.root);
        let zero = self.graph.site(zero).results[0];
        let taken = push_one(
            &mut self.graph,
            out,
            Kind::Load(shadow.clone()),
            Vec::new(),
            ty,
            site.span,
        );
        push(
            &mut self.graph,
            out,
            Kind::Store(shadow),
            vec![zero],
            Vec::new(),
            site.span,
        );
        taken
    }

    /// Where the reverse follows at once, shadows are made together with their variables: the
    /// reverse of a loop fused with it comes before that of the sites behind it.
    pub(super) fn declare_shadows_early(&mut self, sites: &[SiteId]) {
        for id in sites {
            let scratch = self.graph.new_region();
            if let Some(last) = self.declare_shadow(*id, sites, scratch) {
                self.note_shadow(*id, last);
                let made = std::mem::take(&mut self.graph.block_mut(scratch).sites);
                self.after.entry(last).or_default().extend(made);
            }
        }
    }

    /// A zero of the variable's shape: told from how it is made, else taken in the primal sweep.
    pub(super) fn zero_shadow(
        &mut self,
        id: SiteId,
        var: Var,
        init: &[Value],
        out: Region,
    ) -> Value {
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
        // What is moved out on some way through it would not be there.
        let within = self.graph.site(id).regions.iter();
        let moved = within
            .flat_map(|region| self.graph.sites_within(*region))
            .any(|id| matches!(&self.graph.site(id).kind, Kind::Load(path) if *path == Path::of(var)));
        if moved {
            self.copied.insert(var);
        }
        self.graph.site(site).results[0]
    }

    pub(super) fn allocate(
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
                Kind::Array { .. } | Kind::Repeat { .. } | Kind::Tuple | Kind::Record(_)
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
    pub(super) fn parts(&mut self, site: &Site, whole: Var, out: Region, bars: &mut Bars) {
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
                Kind::Record(record) => record.step(k),
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
    pub(super) fn sum_elements(
        &mut self,
        path: &Path,
        like: Value,
        out: Region,
        span: Span,
    ) -> Value {
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
            tangent: true,
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
}

/// Whether the site may give the variable another shape: a vector of another length, another variant.
fn reshapes(graph: &Graph, site: &Site, var: Var) -> bool {
    match &site.kind {
        Kind::Store(path) => path.root == var && !has_fixed_shape(graph.ty(site.operands[0])),
        Kind::Swap(a, b) => {
            let element = |path: &Path| {
                let is_element = matches!(path.steps.last(), Some(Step::Index(_)));
                is_element && has_fixed_shape(&graph.ty_at(path))
            };
            (a.root == var || b.root == var) && !(element(a) && element(b))
        }
        Kind::Call(_) | Kind::CallVjp(_) => site.kind.writes().iter().any(|path| path.root == var),
        _ => false,
    }
}

/// Whether all values of a type have tangents of one shape.
fn has_fixed_shape(ty: &Ty) -> bool {
    match ty {
        Ty::Tuple(parts) => parts.iter().all(has_fixed_shape),
        ty => ty.is_scalar() || *ty == Ty::Inert,
    }
}
