//! Shadows of memory variables, and cotangents of aggregates.

use proc_macro2::Span;

use super::{Bars, Pull};
use crate::ad::{float, push, push_one, zero};
use crate::ir::{
    Kind, Literal, Op, Path, Range, Region, Site, SiteId, Step, Ty, Value, Var, VarInfo,
};

impl Pull<'_> {
    /// Shadows of the variables a region makes: zero before its reverse begins.
    pub(super) fn declare_shadows(&mut self, sites: &[SiteId], out: Region) {
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
}
