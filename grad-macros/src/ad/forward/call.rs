//! Calls in forward mode.

use super::{
    Arg, Call, Callee, Graph, Kind, Path, Push, Region, SiteId, Span, Storage, Tangents, Ty, Var,
    VarInfo, mask, push, push_one, pushed_by,
};

impl Push {
    pub(in crate::ad) fn call(&mut self, region: Region, id: SiteId, mut call: Call) {
        let mut dots: Vec<Option<Arg>> = call
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Value(v) => self.dot(*v).map(Arg::Value),
                other => {
                    let path = other.path().and_then(|path| self.shadow(path));
                    path.map(|path| match other {
                        Arg::RefMut(_) => Arg::RefMut(path),
                        Arg::State(_) => Arg::State(path),
                        Arg::MaybeMut(_) => Arg::MaybeMut(path),
                        _ => Arg::Ref(path),
                    })
                }
            })
            .collect();
        call.mask = mask(dots.iter().map(Option::is_some));
        if let Some(tape) = self.memo.tapes.get(&id).copied() {
            return self.replay(region, id, tape, call, dots);
        }
        if self.tangents == Tangents::Lanes {
            if let Some(vector) = self.appended(&call) {
                self.graph.block_mut(region).sites.push(id);
                return self.append(region, &call.args[1], vector);
            }
        }
        if call.mask == 0 && !self.absent.is_empty() {
            self.graph.block_mut(region).sites.push(id);
            return;
        }
        let site = self.graph.site(id).clone();
        self.part_lent(region, &call, &mut dots, site.span);
        let ty = self.graph.ty(site.results[0]).clone();
        let dot = self.graph.new_value(ty, site.span, Some(id));
        let own = self.graph.site_mut(id);
        own.kind = Kind::CallJvp(call, dots);
        own.results.push(dot);
        self.graph.block_mut(region).sites.push(id);
        if self.active.values.contains(&site.results[0]) {
            self.set(site.results[0], dot);
        }
    }

    /// The vector of tangents of `vector.push(element)` on what is known to be a vector, where the
    /// element has a tangent or is a number.
    fn appended(&self, call: &crate::ir::Call) -> Option<Path> {
        let vector = pushes(&self.graph, call)?;
        let known = match &call.args[1] {
            Arg::Value(v) => self.dot(*v).is_some() || self.graph.ty(*v).is_scalar(),
            element => element
                .path()
                .is_some_and(|path| self.shadow(path).is_some()),
        };
        self.shadow(vector).filter(|_| known)
    }

    /// Appends the element's tangent.
    pub(in crate::ad) fn append(&mut self, region: Region, element: &Arg, vector: Path) {
        let span = self.graph.var(vector.root).span;
        let dot = match element.path().and_then(|path| self.shadow(path)) {
            Some(shadow) => {
                let ty = self.graph.var(shadow.root).ty.clone();
                let copy = Kind::Copy(shadow);
                push_one(&mut self.graph, region, copy, Vec::new(), ty, span)
            }
            None => match element {
                Arg::Value(v) => self.dot_or_zero(region, *v),
                _ => return,
            },
        };
        let kind = Kind::Append(vector);
        push(&mut self.graph, region, kind, vec![dot], Vec::new(), span);
    }

    /// A call whose value and push are on a tape.
    pub(in crate::ad) fn replay(
        &mut self,
        region: Region,
        id: SiteId,
        tape: Var,
        call: crate::ir::Call,
        dots: Vec<Option<Arg>>,
    ) {
        let (span, result) = (self.graph.site(id).span, self.graph.site(id).results[0]);
        let pushed = pushed_by(&mut self.graph, id);
        self.graph.site_mut(id).kind = Kind::Replay(tape);
        self.graph.block_mut(region).sites.push(id);
        if call.mask != 0 {
            let (kind, ty) = (Kind::CallPush(call, dots), self.graph.ty(result).clone());
            let dot = push_one(&mut self.graph, region, kind, vec![pushed], ty, span);
            if self.active.values.contains(&result) {
                self.set(result, dot);
            }
        }
    }

    /// Of a variable that the call is lent, a part may be passed by value too: its tangent is copied
    /// before. So is that of a part passed by reference beside a receiver: the tangent of that is
    /// borrowed mutably, whether the method changes it or not.
    fn part_lent(&mut self, region: Region, call: &Call, dots: &mut [Option<Arg>], span: Span) {
        let lent: Vec<Var> = dots
            .iter()
            .flatten()
            .filter_map(|dot| match dot {
                Arg::RefMut(path) | Arg::MaybeMut(path) => Some(path.root),
                _ => None,
            })
            .collect();
        let receiver = match dots.first() {
            Some(Some(Arg::MaybeMut(path))) => Some(path.root),
            _ => None,
        };
        for (arg, dot) in call.args.iter().zip(dots.iter_mut()) {
            let Some(Arg::Ref(path)) = dot else {
                continue;
            };
            let moved = matches!(arg, Arg::Move(_)) && lent.contains(&path.root);
            if !moved && receiver != Some(path.root) {
                continue;
            }
            let kind = Kind::Copy(path.clone());
            let copy = push_one(&mut self.graph, region, kind, Vec::new(), Ty::Unknown, span);
            let var = self.graph.new_var(VarInfo {
                name: "part_dot".to_owned(),
                ty: Ty::Unknown,
                storage: Storage::Owned,
                mutable: false,
                tangent: true,
                span,
            });
            let made = vec![copy];
            push(
                &mut self.graph,
                region,
                Kind::Allocate(var),
                made,
                Vec::new(),
                span,
            );
            *dot = Some(Arg::Ref(Path::of(var)));
        }
    }
}

/// The vector of `vector.push(element)`, where it is a local one and the element a value or a variable.
pub(in crate::ad) fn pushes<'c>(graph: &Graph, call: &'c crate::ir::Call) -> Option<&'c Path> {
    let Callee::Method(name, None) = &call.callee else {
        return None;
    };
    let [Arg::MaybeMut(vector) | Arg::RefMut(vector), element] = call.args.as_slice() else {
        return None;
    };
    let whole = match element {
        Arg::Value(_) => true,
        Arg::Move(path) => path.steps.is_empty(),
        _ => false,
    };
    let var = graph.var(vector.root);
    let is_vector = var.storage == Storage::Owned && matches!(var.ty, Ty::Array(_));
    (name == "push" && whole && is_vector && vector.steps.is_empty()).then_some(vector)
}

/// Whether the type is made of numbers alone, so that its tangents are what they are.
pub(in crate::ad) fn is_plain(ty: &Ty) -> bool {
    match ty {
        Ty::Array(element) => is_plain(element),
        Ty::Tuple(parts) => parts.iter().all(is_plain),
        ty => ty.is_scalar(),
    }
}
