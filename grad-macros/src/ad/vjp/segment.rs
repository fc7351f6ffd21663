//! A segment of a loop under `checkpoint`, run again from what was kept: the loop of its iterations,
//! in the region that reverses it.

use std::collections::HashMap;

use super::Pull;
use super::again::Copied;
use super::checkpoint::Marked;
use crate::ad::{push, push_one};
use crate::ir::{
    Adaptor, Kind, Literal, Op, Range, Region, SiteId, Storage, Ty, Value, Var, VarInfo,
};

impl Pull {
    /// The iterations of a segment once more, into `segment`: the loop that runs them, and the
    /// variables that stand for those the loop writes.
    pub(super) fn run_again(
        &mut self,
        marked: &Marked,
        store: Var,
        segment: Region,
        before: HashMap<Var, Var>,
    ) -> (SiteId, Vec<Var>) {
        let span = marked.span;
        let count = Kind::Segment(store);
        let trips = push_one(&mut self.graph, segment, count, Vec::new(), Ty::Int, span);
        let mut tys: Vec<Ty> = marked.index.iter().map(|_| Ty::Int).collect();
        tys.extend(marked.carried.iter().map(|v| self.graph.ty(*v).clone()));
        tys.extend(
            marked
                .written
                .iter()
                .map(|var| self.graph.var(*var).ty.clone()),
        );
        let pop = Kind::Pop(store);
        let popped = push(&mut self.graph, segment, pop, Vec::new(), tys, span);
        let mut popped = popped.into_iter();
        let start = marked.index.and_then(|_| popped.next());
        let carried: Vec<Value> = popped.by_ref().take(marked.carried.len()).collect();
        for (own, arg) in carried.iter().zip(&marked.carried) {
            self.graph.value_mut(*own).name = self.graph.value(*arg).name.clone();
            if self.active.values.contains(arg) {
                self.active.values.insert(*own);
            }
            if self.idle.contains(arg) {
                self.idle.insert(*own);
            }
        }
        let mut roots = before;
        let mut copies = Vec::new();
        for (var, content) in marked.written.iter().zip(popped) {
            let copy = self.graph.new_var(VarInfo {
                storage: Storage::Owned,
                mutable: true,
                ..self.graph.var(*var).clone()
            });
            let make = Kind::Allocate(copy);
            push(
                &mut self.graph,
                segment,
                make,
                vec![content],
                Vec::new(),
                span,
            );
            self.follow(*var, copy);
            roots.insert(*var, copy);
            copies.push(copy);
        }

        let zero = Kind::Literal(Literal::Int("0".to_owned()));
        let zero = push_one(&mut self.graph, segment, zero, Vec::new(), Ty::Int, span);
        let mut operands = vec![zero, trips];
        operands.extend(carried);
        let tys = self.graph.site(marked.id).results.iter();
        let tys = tys.map(|v| self.graph.ty(*v).clone()).collect();
        let kind = Kind::For(Range::default());
        let again = self.graph.new_site(kind, operands, Vec::new(), tys, span);
        self.graph.block_mut(segment).sites.push(again);
        let body = self.body_again(marked, start, again, segment, roots);
        self.graph.site_mut(again).regions = vec![body];
        (again, copies)
    }

    /// The body of the loop again; `start` is the index of the segment's first iteration.
    fn body_again(
        &mut self,
        marked: &Marked,
        start: Option<Value>,
        again: SiteId,
        segment: Region,
        roots: HashMap<Var, Var>,
    ) -> Region {
        let body = self.graph.new_region();
        let number = self.graph.new_arg(body, Ty::Int, marked.span);
        let mut copied = Copied::new(roots);
        if let (Some(index), Some(start)) = (marked.index, start) {
            let own = self.index_again(marked, start, number, body);
            copied.values.insert(index, own);
        }
        for arg in &marked.carried {
            let info = self.graph.value(*arg).clone();
            let own = self.graph.new_arg(body, info.ty, info.span);
            self.graph.value_mut(own).name = info.name;
            copied.values.insert(*arg, own);
        }
        let site = self.graph.site(marked.id).clone();
        for (result, own) in site
            .results
            .iter()
            .zip(self.graph.site(again).results.clone())
        {
            self.graph.value_mut(own).name = self.graph.value(*result).name.clone();
            copied.values.insert(*result, own);
        }
        copied.sites.insert(marked.id, again);
        copied.sites_of(&mut self.graph, marked.body, body);
        self.graph.block_mut(body).yields = copied.yields(&self.graph, marked.body);
        self.active.copy(&copied.values, &copied.vars);
        let idle = copied
            .values
            .iter()
            .filter(|(of, _)| self.idle.contains(of));
        let idle: Vec<Value> = idle.map(|(_, copy)| *copy).collect();
        self.idle.extend(idle);
        self.residuals.copy(&copied, marked.id, segment);
        body
    }

    /// The index of iteration `number` of a segment that starts with index `start`.
    fn index_again(&mut self, marked: &Marked, start: Value, number: Value, body: Region) -> Value {
        let span = marked.span;
        let site = self.graph.site(marked.id).clone();
        let Kind::For(range) = &site.kind else {
            return start;
        };
        let mut int = |kind, operands| {
            let value = push_one(&mut self.graph, body, kind, operands, Ty::Int, span);
            let site = self.graph.value(value).site;
            self.graph.exact.extend(site);
            value
        };
        let mut distance = number;
        let mut operands = site.operands[2..].iter();
        let mut back = false;
        for adaptor in &range.adaptors {
            match adaptor {
                Adaptor::Rev => back = !back,
                Adaptor::StepBy => {
                    if let Some(step) = operands.next() {
                        distance = int(Kind::Apply(Op::Mul), vec![distance, *step]);
                    }
                }
                Adaptor::Take => {
                    operands.next();
                }
            }
        }
        let distance = int(Kind::IntLike, vec![distance, start]);
        let op = if back { Op::Sub } else { Op::Add };
        int(Kind::Apply(op), vec![start, distance])
    }
}
