//! Forward mode: beside each active site, the site that carries its tangent.

pub(super) mod call;

use std::collections::HashMap;

use call::is_plain;
use proc_macro2::Span;

use super::linear::{Memo, pushed_by};
use super::slopes::Slopes;
use super::{Activity, push, push_one, zero};
use crate::ir::{
    Arg, Call, Callee, Graph, Kind, Partial, Path, Region, Site, SiteId, Slot, Storage, Ty, Value,
    Var, VarInfo, term,
};
use crate::stages::{Forward, Tangents};

pub(super) struct Push {
    pub(super) graph: Graph,
    pub(super) tangents: Tangents,
    pub(super) active: Activity,
    pub(super) slopes: Slopes,
    pub(super) dots: HashMap<Value, Value>,
    pub(super) vars: HashMap<Var, Var>,
    /// Zero tangents made before the site that uses their values up.
    zeros: HashMap<Value, Value>,
    /// Places whose tangents are zero where code is written now.
    pub(super) absent: Vec<Path>,
    /// Calls whose values were kept.
    pub(super) memo: Memo,
}

/// Differentiates in forward mode.
pub(crate) fn forward(graph: &Graph, active: &Activity, tangents: Tangents) -> Forward {
    differentiate(graph, active, tangents, Memo::default())
}

/// Differentiates in several directions at once, by values of calls that were kept.
pub(super) fn forward_again(graph: &Graph, active: &Activity, memo: Memo) -> Forward {
    differentiate(graph, active, Tangents::Lanes, memo)
}

pub(super) fn differentiate(
    graph: &Graph,
    active: &Activity,
    tangents: Tangents,
    memo: Memo,
) -> Forward {
    let mut cx = Push {
        graph: graph.clone(),
        tangents,
        active: active.clone(),
        slopes: Slopes::of(graph, active),
        dots: HashMap::new(),
        vars: HashMap::new(),
        zeros: HashMap::new(),
        absent: Vec::new(),
        memo,
    };
    let body = graph.body;
    let dots = graph
        .params
        .iter()
        .map(|param| param.wrt.then(|| cx.declare(param.slot, &param.name)))
        .collect();
    cx.region(body);
    let yields = cx.graph.block(body).yields.clone();
    for value in yields {
        let dot = cx.dot_or_zero(body, value);
        cx.graph.block_mut(body).yields.push(dot);
    }
    Forward {
        graph: cx.graph,
        dots,
    }
}

impl Push {
    fn declare(&mut self, slot: Slot, name: &str) -> Slot {
        let name = format!("{name}_dot");
        match slot {
            Slot::Scalar(v) => {
                let info = self.graph.value(v).clone();
                let body = self.graph.body;
                let dot = self.graph.new_arg(body, info.ty, info.span);
                self.graph.value_mut(dot).name = Some(name);
                self.dots.insert(v, dot);
                Slot::Scalar(dot)
            }
            Slot::Memory(var) => {
                let info = self.graph.var(var).clone();
                // What the function changes, it changes in the tangent too: in a copy of it where the
                // parameter is its own.
                let changes = info.storage == Storage::RefMut
                    || info.storage == Storage::Owned && info.mutable;
                let dot = self.graph.new_var(VarInfo {
                    name,
                    storage: if changes {
                        Storage::RefMut
                    } else {
                        Storage::Ref
                    },
                    mutable: changes,
                    tangent: true,
                    ..info
                });
                self.vars.insert(var, dot);
                Slot::Memory(dot)
            }
        }
    }

    pub(super) fn dot(&self, value: Value) -> Option<Value> {
        self.dots.get(&value).copied()
    }

    pub(super) fn dot_or_zero(&mut self, region: Region, value: Value) -> Value {
        match self.dot(value).or_else(|| self.zeros.remove(&value)) {
            Some(dot) => dot,
            None => self.zero(region, value),
        }
    }

    pub(super) fn zero(&mut self, region: Region, value: Value) -> Value {
        match self.tangents {
            Tangents::One => zero(&mut self.graph, region, value),
            Tangents::Lanes => {
                let info = self.graph.value(value).clone();
                push_one(
                    &mut self.graph,
                    region,
                    Kind::ZeroOf,
                    vec![value],
                    info.ty,
                    info.span,
                )
            }
        }
    }

    pub(super) fn shadow(&self, path: &Path) -> Option<Path> {
        let is_zero =
            |absent: &Path| absent.root == path.root && path.steps.starts_with(&absent.steps);
        if self.absent.iter().any(is_zero) {
            return None;
        }
        self.vars.get(&path.root).map(|var| path.with_root(*var))
    }

    pub(super) fn set(&mut self, value: Value, dot: Value) {
        if self.graph.value(dot).name.is_none() {
            let name = self.graph.value(value).name.clone();
            self.graph.value_mut(dot).name = name.map(|n| format!("{n}_dot"));
        }
        self.dots.insert(value, dot);
    }

    pub(super) fn region(&mut self, region: Region) {
        let sites = std::mem::take(&mut self.graph.block_mut(region).sites);
        for id in sites {
            self.site(region, id);
        }
    }

    fn is_active(&self, id: SiteId) -> bool {
        self.active.site(self.graph.site(id))
    }

    pub(super) fn site(&mut self, region: Region, id: SiteId) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        match &site.kind {
            Kind::If => return self.branch(region, id),
            Kind::For(_) | Kind::While => return self.repeat(region, id),
            Kind::Call(call) if self.is_active(id) || self.memo.tapes.contains_key(&id) => {
                let call = call.clone();
                return self.call(region, id, call);
            }
            _ => {}
        }
        self.make_zeros(region, &site);
        self.graph.block_mut(region).sites.push(id);
        match &site.kind {
            Kind::Store(path)
            | Kind::Accumulate(path)
            | Kind::Append(path)
            | Kind::Swap(path, _)
                if !self.vars.contains_key(&path.root) => {}
            Kind::Store(path) | Kind::Append(path) => {
                let dot = self.dot_or_zero(region, site.operands[0]);
                let path = self.shadow(path).unwrap_or_else(|| path.clone());
                let kind = match &site.kind {
                    Kind::Append(_) => Kind::Append(path),
                    _ => Kind::Store(path),
                };
                push(&mut self.graph, region, kind, vec![dot], Vec::new(), span);
            }
            Kind::Accumulate(path) => {
                if let (Some(dot), Some(path)) = (self.dot(site.operands[0]), self.shadow(path)) {
                    push(
                        &mut self.graph,
                        region,
                        Kind::Accumulate(path),
                        vec![dot],
                        Vec::new(),
                        span,
                    );
                }
            }
            Kind::Swap(a, b) => {
                if let (Some(a), Some(b)) = (self.shadow(a), self.shadow(b)) {
                    push(
                        &mut self.graph,
                        region,
                        Kind::Swap(a, b),
                        Vec::new(),
                        Vec::new(),
                        span,
                    );
                }
            }
            Kind::Allocate(var) if self.active.vars.contains(var) => {
                self.allocate(region, *var, site.operands.first().copied())
            }
            _ if self.is_active(id) => {
                if let Some(dot) = self.result(region, id) {
                    self.set(site.results[0], dot);
                }
            }
            _ => {}
        }
    }

    /// The tangents of operands that have none, made before the site takes the values away.
    fn make_zeros(&mut self, region: Region, site: &Site) {
        let builds = matches!(site.kind, Kind::Array { .. } | Kind::Tuple | Kind::Boxed);
        let stores = matches!(&site.kind, Kind::Store(path) if self.vars.contains_key(&path.root));
        if !(builds && self.active.site(site) || stores) {
            return;
        }
        for value in &site.operands {
            if self.dot(*value).is_none() && !self.graph.ty(*value).is_scalar() {
                let none = self.zero(region, *value);
                self.zeros.insert(*value, none);
            }
        }
    }

    pub(super) fn allocate(&mut self, region: Region, var: Var, init: Option<Value>) {
        let info = self.graph.var(var).clone();
        let dot_var = self.graph.new_var(VarInfo {
            name: format!("{}_dot", info.name),
            mutable: true,
            tangent: true,
            ..info.clone()
        });
        self.vars.insert(var, dot_var);
        let record = init
            .and_then(|v| self.graph.def(v).cloned())
            .filter(|site| matches!(site.kind, Kind::Record(_)));
        let first = match init.and_then(|v| self.dot(v)) {
            Some(dot) if record.is_none() => dot,
            _ => push_one(
                &mut self.graph,
                region,
                Kind::ZeroLike(Path::of(var)),
                Vec::new(),
                info.ty,
                info.span,
            ),
        };
        push(
            &mut self.graph,
            region,
            Kind::Allocate(dot_var),
            vec![first],
            Vec::new(),
            info.span,
        );
        if let Some(site) = record {
            let Kind::Record(record) = &site.kind else {
                return;
            };
            for (k, value) in site.operands.iter().enumerate() {
                if let Some(dot) = self.dot(*value) {
                    let path = Path::of(dot_var).then(record.step(k));
                    // The tangent of a reference to an array may be a vector, as that of a slice is.
                    let write = if record.borrowed.contains(&k) {
                        Kind::Accumulate(path)
                    } else {
                        Kind::Store(path)
                    };
                    push(
                        &mut self.graph,
                        region,
                        write,
                        vec![dot],
                        Vec::new(),
                        info.span,
                    );
                }
            }
        }
    }

    /// The tangent of a site with one result.
    pub(super) fn result(&mut self, region: Region, id: SiteId) -> Option<Value> {
        let site = self.graph.site(id).clone();
        let (out, span) = (site.results[0], site.span);
        let ty = self.graph.ty(out).clone();
        let one = |cx: &mut Self, kind, operands| {
            Some(push_one(
                &mut cx.graph,
                region,
                kind,
                operands,
                ty.clone(),
                span,
            ))
        };
        match &site.kind {
            Kind::Apply(op) => {
                let mut sum: Option<Value> = None;
                for (k, operand) in site.operands.iter().enumerate() {
                    let Some(dot) = self.dot(*operand) else {
                        continue;
                    };
                    let partial = Partial {
                        op: *op,
                        site: (&site.operands[..], out),
                        k,
                        active: &self.active.values,
                        reach: self.slopes.reach(*op, *operand),
                    };
                    if let Some(part) = term(&mut self.graph, region, partial, dot) {
                        sum = Some(match sum {
                            None => part,
                            Some(sum) => push_one(
                                &mut self.graph,
                                region,
                                Kind::Apply(crate::ir::Op::Add),
                                vec![sum, part],
                                ty.clone(),
                                span,
                            ),
                        });
                    }
                }
                sum
            }
            Kind::Load(path) => {
                let path = self.shadow(path)?;
                // A parameter's tangent is behind a reference, out of which nothing moves.
                let borrowed = self.graph.var(path.root).storage != Storage::Owned;
                let whole = path.steps.is_empty() && !ty.is_scalar();
                if borrowed && whole {
                    return one(self, Kind::Copy(path), Vec::new());
                }
                one(self, Kind::Load(path), Vec::new())
            }
            Kind::Finish(path, form) => self
                .shadow(path)
                .and_then(|path| one(self, Kind::Finish(path, form.clone()), Vec::new())),
            Kind::Copy(path) | Kind::Borrow(path) | Kind::Own(path) => self
                .shadow(path)
                .and_then(|path| one(self, Kind::Copy(path), Vec::new())),
            Kind::Cast(code) => {
                let dot = self.dot(site.operands[0])?;
                let kind = match self.graph.ty(site.operands[0]) {
                    Ty::Float(_) => Kind::Cast(code.clone()),
                    _ => Kind::PushCast(code.clone()),
                };
                one(self, kind, vec![dot])
            }
            Kind::Select => {
                let (a, b) = (
                    self.dot_or_zero(region, site.operands[1]),
                    self.dot_or_zero(region, site.operands[2]),
                );
                one(self, Kind::Select, vec![site.operands[0], a, b])
            }
            Kind::Array { .. } | Kind::Tuple | Kind::Boxed => {
                let dots = site
                    .operands
                    .iter()
                    .map(|v| self.dot_or_zero(region, *v))
                    .collect();
                one(self, site.kind.clone(), dots)
            }
            Kind::Repeat { vec } => {
                let dot = self.dot_or_zero(region, site.operands[0]);
                let copies = self.tangents == Tangents::Lanes || is_plain(self.graph.ty(dot));
                let kind = if copies {
                    site.kind.clone()
                } else {
                    Kind::RepeatTangent { vec: *vec }
                };
                one(self, kind, vec![dot, site.operands[1]])
            }
            _ => None,
        }
    }

    pub(super) fn branch(&mut self, region: Region, id: SiteId) {
        let site = self.graph.site(id).clone();
        for inner in &site.regions {
            self.region(*inner);
        }
        for (k, result) in site.results.iter().enumerate() {
            if !self.active.values.contains(result) {
                continue;
            }
            for inner in &site.regions {
                let value = self.graph.block(*inner).yields[k];
                let dot = self.dot_or_zero(*inner, value);
                self.graph.block_mut(*inner).yields.push(dot);
            }
            self.add_result(id, *result);
        }
        self.graph.block_mut(region).sites.push(id);
    }

    pub(super) fn add_result(&mut self, id: SiteId, of: Value) {
        let info = self.graph.value(of).clone();
        let dot = self.graph.new_value(info.ty, info.span, Some(id));
        self.graph.site_mut(id).results.push(dot);
        self.set(of, dot);
    }

    pub(super) fn repeat(&mut self, region: Region, id: SiteId) {
        let site = self.graph.site(id).clone();
        let (first, skip) = match &site.kind {
            Kind::For(range) => (range.first_carried(), 1),
            _ => (0, 0),
        };
        let carried: Vec<usize> = (0..site.results.len())
            .filter(|k| {
                self.active.values.contains(&site.results[*k]) || {
                    let body = *site.regions.last().unwrap_or(&region);
                    self.active
                        .values
                        .contains(&self.graph.block(body).args[k + skip])
                }
            })
            .collect();
        for k in &carried {
            let init = self.dot_or_zero(region, site.operands[first + k]);
            self.graph.site_mut(id).operands.push(init);
            for inner in &site.regions {
                let skip = if Some(inner) == site.regions.last() {
                    skip
                } else {
                    0
                };
                let arg = self.graph.block(*inner).args[k + skip];
                let info = self.graph.value(arg).clone();
                let dot = self.graph.new_arg(*inner, info.ty, info.span);
                self.set(arg, dot);
            }
        }
        for inner in &site.regions {
            let guards = self.guards(&site, *inner);
            if guards.is_empty() {
                self.region(*inner);
            } else {
                self.settle(region, &guards);
                self.guarded(*inner, guards, &carried);
            }
        }
        if let Some(body) = site.regions.last() {
            for k in &carried {
                let next = self.graph.block(*body).yields[*k];
                let dot = self.dot_or_zero(*body, next);
                self.graph.block_mut(*body).yields.push(dot);
                self.add_result(id, site.results[*k]);
            }
        }
        self.graph.block_mut(region).sites.push(id);
    }
}

/// Bit k set where the k-th is true.
pub(super) fn mask(active: impl Iterator<Item = bool>) -> u64 {
    active
        .enumerate()
        .filter(|(_, on)| *on)
        .fold(0, |mask, (k, _)| mask | 1 << k)
}
