//! Sites without regions: one adjoint each.

use super::{Bars, Pull};
use crate::ad::{push, push_one, zero};
use crate::ir::{
    Kind, Op, Partial, Path, Reach, Region, Site, SiteId, Step, Storage, Value, VarInfo, term,
};

impl Pull {
    pub(super) fn site(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        match &site.kind {
            Kind::If | Kind::For(_) | Kind::While => self.structured(id, out, bars),
            Kind::Store(path) => {
                if let Some(path) = self.shadow(path) {
                    let taken = self.take_stored(id, path, out);
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
            Kind::Append(path) => {
                if let Some(path) = self.shadow(path) {
                    let ty = self.graph.ty(site.operands[0]).clone();
                    let kind = Kind::Detach(path);
                    let last = push_one(&mut self.graph, out, kind, Vec::new(), ty, site.span);
                    self.add(bars, out, site.operands[0], last);
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
                if self.active.site(&site) {
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

    /// A site with regions: fused with its reverse where that is right, else reversed later.
    fn structured(&mut self, id: SiteId, out: Region, bars: &mut Bars) {
        let is_branch = self.graph.site(id).kind == Kind::If;
        if let Some(seeds) = self.fusion(id, bars) {
            if is_branch {
                self.fuse_branch(id, &seeds, out, bars);
            } else {
                self.fuse_loop(id, &seeds, out, bars);
            }
            return;
        }
        let fusing = std::mem::replace(&mut self.fusing, false);
        if is_branch {
            self.branch(id, out, bars);
        } else if !self.checkpointed(id, out, bars) && !self.chosen(id, out, bars) {
            self.repeat(id, out, bars);
        }
        self.fusing = fusing;
    }

    /// The adjoint of a site of the operator table.
    fn row(&mut self, site: &Site, op: Op, bar: Value, out: Region, bars: &mut Bars) {
        let reach = if self.idle.contains(&site.results[0]) {
            Reach::Idle
        } else {
            Reach::Certain
        };
        for (k, operand) in site.operands.iter().enumerate() {
            if !self.active.values.contains(operand) {
                continue;
            }
            let partial = Partial {
                op,
                site: (&site.operands, site.results[0]),
                k,
                active: &self.active.values,
                reach,
            };
            if let Some(part) = term(&mut self.graph, out, partial, bar) {
                self.add(bars, out, *operand, part);
            }
        }
    }

    /// The adjoint of a site with one result whose cotangent is `bar`.
    pub(super) fn operator(&mut self, id: SiteId, bar: Value, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        match &site.kind {
            Kind::Apply(op) => self.row(&site, *op, bar, out, bars),
            Kind::Load(path) | Kind::Copy(path) | Kind::Borrow(path) | Kind::Own(path) => {
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
            Kind::Finish(path, _) => self.finished(path, bar, out, span),
            Kind::Boxed => {
                let info = VarInfo {
                    name: "boxed_bar".to_owned(),
                    ty: self.graph.ty(site.results[0]).clone(),
                    storage: Storage::Owned,
                    mutable: false,
                    tangent: true,
                    span,
                };
                let var = self.graph.new_var(info);
                let kind = Kind::Allocate(var);
                push(&mut self.graph, out, kind, vec![bar], Vec::new(), span);
                let ty = self.graph.ty(site.operands[0]).clone();
                let inside = Kind::Load(Path::of(var).then(Step::Deref));
                let part = push_one(&mut self.graph, out, inside, Vec::new(), ty, span);
                self.add(bars, out, site.operands[0], part);
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
            Kind::Array { .. } | Kind::Repeat { .. } | Kind::Tuple | Kind::Record(_) => {
                let ty = self.graph.ty(site.results[0]).clone();
                let info = VarInfo {
                    name: "parts_bar".to_owned(),
                    ty,
                    storage: Storage::Owned,
                    mutable: false,
                    tangent: true,
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
}
