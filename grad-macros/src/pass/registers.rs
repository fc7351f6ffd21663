//! Cotangents that a loop adds to one place again and again are summed in a register.
//!
//! Where the place does not change, `for j { x_bar[i] += e }` becomes a carried sum, added once
//! behind the loop. Where neighbours are added to, `for i { x_bar[i] += a; x_bar[i + 1] += b }`, what
//! belongs to the neighbour is carried into the next iteration, so that each element is read and
//! written once (and so that no store is read back, in another width, by the next iteration).
//! Only additions may touch the variable inside the loop: then their order does not matter.

use std::collections::{HashMap, HashSet};

use proc_macro2::Span;

use crate::ir::{
    Adaptor, Discrete, Graph, Kind, Literal, Op, Path, Region, SiteId, Step, Ty, Value, Var,
};

/// Works from the innermost loops out.
pub(super) fn keep_in_registers(graph: &mut Graph, region: Region, shadows: &HashSet<Var>) {
    let mut sites = Vec::new();
    for id in graph.block(region).sites.clone() {
        for inner in graph.site(id).regions.clone() {
            keep_in_registers(graph, inner, shadows);
        }
        let Some(counted) = Counted::of(graph, id) else {
            sites.push(id);
            continue;
        };
        let rests = counted.promote(graph, shadows);
        sites.extend(rests.iter().map(|rest| rest.zero));
        sites.push(id);
        if !rests.is_empty() {
            sites.extend(counted.behind(graph, rests));
        }
    }
    graph.block_mut(region).sites = sites;
}

/// A loop over all indices of a range, forward or backward.
struct Counted {
    id: SiteId,
    body: Region,
    index: Value,
    start: Value,
    end: Value,
    backward: bool,
    /// What the loop defines.
    inside: HashSet<Value>,
    span: Span,
}

/// A place relative to the loop's index.
struct Addition {
    site: SiteId,
    path: Path,
    /// The step in which the index stands, and how far from it; `None` for a fixed place.
    moving: Option<(usize, Value, i64)>,
}

/// What is left in a register when the loop ends.
struct Rest {
    /// The literal the register starts from.
    zero: SiteId,
    path: Path,
    /// The step that moves, and how far from the base's last value the place is.
    moving: Option<(usize, Value, i64)>,
    result: Value,
}

impl Counted {
    fn of(graph: &Graph, id: SiteId) -> Option<Self> {
        let site = graph.site(id);
        let Kind::For(range) = &site.kind else {
            return None;
        };
        let backward = match range.adaptors.as_slice() {
            [] => false,
            [Adaptor::Rev] => true,
            _ => return None,
        };
        if range.inclusive || range.exits {
            return None;
        }
        let body = site.regions[0];
        Some(Counted {
            id,
            body,
            index: graph.block(body).args[0],
            start: site.operands[0],
            end: site.operands[1],
            backward,
            inside: graph.defined_within(&[body]),
            span: site.span,
        })
    }

    /// Takes additions into registers; gives what is left in them.
    fn promote(&self, graph: &mut Graph, shadows: &HashSet<Var>) -> Vec<Rest> {
        let mut groups: Vec<Vec<Addition>> = Vec::new();
        for addition in self.additions(graph, shadows) {
            let group = groups.iter_mut().find(|group| group[0].joins(&addition));
            match group {
                Some(group) => group.push(addition),
                None => groups.push(vec![addition]),
            }
        }
        let mut rests = Vec::new();
        for mut group in groups {
            if group[0].moving.is_none() {
                rests.extend(group.iter().map(|one| self.carry_sum(graph, one)));
            } else if group.len() > 1 {
                group.sort_by_key(Addition::offset);
                if self.backward {
                    group.reverse();
                }
                rests.extend(self.carry_on(graph, &group));
            }
        }
        rests
    }

    /// The additions of variables that nothing else in the loop touches.
    fn additions(&self, graph: &Graph, shadows: &HashSet<Var>) -> Vec<Addition> {
        let mut additions = Vec::new();
        let mut refused: HashSet<Var> = HashSet::new();
        let direct: HashSet<SiteId> = graph.block(self.body).sites.iter().copied().collect();
        for id in graph.sites_within(self.body) {
            let site = graph.site(id);
            if let Kind::Allocate(var) = site.kind {
                refused.insert(var);
            }
            match &site.kind {
                Kind::Accumulate(path)
                    if direct.contains(&id)
                        && shadows.contains(&path.root)
                        && matches!(graph.ty(site.operands[0]), Ty::Float(_)) =>
                {
                    // Those at any other place stay as they are.
                    if let Some(moving) = self.place(graph, path) {
                        additions.push(Addition {
                            site: id,
                            path: path.clone(),
                            moving,
                        });
                    }
                }
                _ => refused.extend(site.paths().iter().map(|path| path.root)),
            }
        }
        additions.retain(|one| !refused.contains(&one.path.root));
        additions
    }

    /// Whether the value is the same in every iteration.
    fn is_fixed(&self, graph: &Graph, value: Value) -> bool {
        if !self.inside.contains(&value) {
            return true;
        }
        graph.def(value).is_some_and(|site| {
            site.kind.is_pure() && site.operands.iter().all(|v| self.is_fixed(graph, *v))
        })
    }

    /// Where the place is, if it is fixed or moves on by one element each iteration.
    #[allow(clippy::option_option)] // no place of use; a fixed one; a moving one
    fn place(&self, graph: &Graph, path: &Path) -> Option<Option<(usize, Value, i64)>> {
        let mut moving = None;
        for (k, step) in path.steps.iter().enumerate() {
            let fixed = match step {
                Step::Index(v) if !self.is_fixed(graph, *v) => {
                    if moving.is_some() {
                        return None;
                    }
                    let (base, offset) = self.offset(graph, *v)?;
                    moving = Some((k, base, offset));
                    true
                }
                Step::Way(v) => self.is_fixed(graph, *v),
                Step::Field(_) | Step::Deref | Step::Variant(_) | Step::Index(_) => true,
                Step::Range { start, end, .. } => [start, end]
                    .into_iter()
                    .flatten()
                    .all(|v| self.is_fixed(graph, *v)),
            };
            if !fixed {
                return None;
            }
        }
        Some(moving)
    }

    /// The value as one that grows by one each iteration, plus a literal.
    fn offset(&self, graph: &Graph, value: Value) -> Option<(Value, i64)> {
        if self.grows_by_one(graph, value) {
            return Some((value, 0));
        }
        let site = graph.def(value)?;
        let literal = |v: Value| match graph.literal(v) {
            Some(Literal::Int(text)) => text.parse::<i64>().ok().filter(|n| (1..=4).contains(n)),
            _ => None,
        };
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Apply(Op::Add), [a, b]) => match (literal(*a), literal(*b)) {
                (None, Some(n)) if self.grows_by_one(graph, *a) => Some((*a, n)),
                (Some(n), None) if self.grows_by_one(graph, *b) => Some((*b, n)),
                _ => None,
            },
            (Kind::Apply(Op::Sub), [a, b]) if self.grows_by_one(graph, *a) => {
                literal(*b).map(|n| (*a, -n))
            }
            _ => None,
        }
    }

    fn grows_by_one(&self, graph: &Graph, value: Value) -> bool {
        if value == self.index {
            return true;
        }
        let Some(site) = graph.def(value) else {
            return false;
        };
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Apply(Op::Add), [a, b]) => {
                let index = self.index;
                let literal = graph.literal(*a).or(graph.literal(*b)).is_some();
                !literal
                    && (*a == index && self.is_fixed(graph, *b)
                        || *b == index && self.is_fixed(graph, *a))
            }
            _ => false,
        }
    }

    /// Adds a carried value to the loop: its first value is 0. Gives the argument and the result.
    fn carry(&self, graph: &mut Graph, like: Value) -> (Value, Value, SiteId) {
        let ty = graph.ty(like).clone();
        let name = graph.value(like).name.clone();
        let zero = Kind::Literal(Literal::Float("0.0".to_owned()));
        let zero = graph.new_site(zero, Vec::new(), Vec::new(), vec![ty.clone()], self.span);
        let first = graph.site(zero).results[0];
        graph.site_mut(self.id).operands.push(first);
        let arg = graph.new_arg(self.body, ty.clone(), self.span);
        graph.value_mut(arg).name.clone_from(&name);
        let result = graph.new_value(ty, self.span, Some(self.id));
        graph.value_mut(result).name = name;
        graph.site_mut(self.id).results.push(result);
        (arg, result, zero)
    }

    fn add_in_body(&self, graph: &mut Graph, at: SiteId, a: Value, b: Value) -> Value {
        let ty = graph.ty(b).clone();
        let sum = graph.new_site(
            Kind::Apply(Op::Add),
            vec![a, b],
            Vec::new(),
            vec![ty],
            self.span,
        );
        let sites = &mut graph.block_mut(self.body).sites;
        let place = sites.iter().position(|id| *id == at).unwrap_or(sites.len());
        sites.insert(place, sum);
        graph.site(sum).results[0]
    }

    fn remove(&self, graph: &mut Graph, site: SiteId) {
        graph.block_mut(self.body).sites.retain(|id| *id != site);
    }

    /// A fixed place: the sum is carried and added once.
    fn carry_sum(&self, graph: &mut Graph, one: &Addition) -> Rest {
        let part = graph.site(one.site).operands[0];
        let (arg, result, zero) = self.carry(graph, part);
        let sum = self.add_in_body(graph, one.site, arg, part);
        self.remove(graph, one.site);
        graph.block_mut(self.body).yields.push(sum);
        Rest {
            zero,
            path: one.path.clone(),
            moving: None,
            result,
        }
    }

    /// Neighbours, those that are passed first in front: each gives what it has to the one before it
    /// in the next iteration.
    fn carry_on(&self, graph: &mut Graph, group: &[Addition]) -> Vec<Rest> {
        let offsets: Vec<i64> = group.iter().map(Addition::offset).collect();
        #[allow(clippy::cast_possible_truncation)] // offsets are small literals
        let distance = |k: usize| (offsets[k] - offsets[0]).unsigned_abs() as usize;
        let most = distance(group.len() - 1);
        let parts: Vec<Value> = group
            .iter()
            .map(|one| graph.site(one.site).operands[0])
            .collect();
        // Everything is known where the last of the group stood.
        let order = graph.block(self.body).sites.clone();
        let at = group
            .iter()
            .map(|one| one.site)
            .max_by_key(|site| order.iter().position(|id| id == site));
        let Some(at) = at else { return Vec::new() };
        let carried: Vec<(Value, Value, SiteId)> =
            (0..most).map(|_| self.carry(graph, parts[0])).collect();
        let part_at = |d: usize| {
            (0..parts.len())
                .find(|k| distance(*k) == d)
                .map(|k| parts[k])
        };
        let mut sums = Vec::new();
        for d in 0..=most {
            let pending = carried.get(d).map(|(arg, _, _)| *arg);
            sums.push(match (pending, part_at(d)) {
                (Some(pending), Some(part)) => self.add_in_body(graph, at, pending, part),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => return Vec::new(),
            });
        }
        // One addition stays: that to the place which no later iteration reaches.
        let add = graph.new_site(
            Kind::Accumulate(group[0].path.clone()),
            vec![sums[0]],
            Vec::new(),
            Vec::new(),
            self.span,
        );
        let sites = &mut graph.block_mut(self.body).sites;
        let place = sites.iter().position(|id| *id == at).unwrap_or(sites.len());
        sites.insert(place, add);
        for one in group {
            self.remove(graph, one.site);
        }
        graph.block_mut(self.body).yields.extend(&sums[1..]);
        let forward = if self.backward { -1 } else { 1 };
        let mut rests = Vec::new();
        let mut moving = group[0].moving;
        for (_, result, zero) in carried {
            if let Some((_, _, offset)) = &mut moving {
                *offset += forward;
            }
            rests.push(Rest {
                zero,
                path: group[0].path.clone(),
                moving,
                result,
            });
        }
        rests
    }

    /// What is added behind the loop, if it ran at all: else the places need not exist.
    fn behind(&self, graph: &mut Graph, rests: Vec<Rest>) -> [SiteId; 2] {
        let (then, otherwise) = (graph.new_region(), graph.new_region());
        let last = if self.backward {
            self.start
        } else {
            let one = literal(graph, then, 1, self.span);
            push(
                graph,
                then,
                Kind::Apply(Op::Sub),
                vec![self.end, one],
                self.span,
            )
        };
        let mut done = HashMap::from([(self.index, last)]);
        for rest in rests {
            let mut path = rest.path;
            if let Some((step, base, _)) = rest.moving {
                path.steps[step] = Step::Index(base);
            }
            let values: Vec<Value> = path
                .values()
                .into_iter()
                .map(|v| self.at_last(graph, then, v, &mut done))
                .collect();
            path.set_values(&mut values.into_iter());
            if let Some((step, base, offset)) = rest.moving {
                let base = done.get(&base).copied().unwrap_or(base);
                let index = moved(graph, then, base, offset, self.span);
                path.steps[step] = Step::Index(index);
            }
            let add = Kind::Accumulate(path);
            let site = graph.new_site(add, vec![rest.result], Vec::new(), Vec::new(), self.span);
            graph.block_mut(then).sites.push(site);
        }
        let ran = graph.new_site(
            Kind::Discrete(Discrete::Lt),
            vec![self.start, self.end],
            Vec::new(),
            vec![Ty::Bool],
            self.span,
        );
        let condition = graph.site(ran).results[0];
        let branch = graph.new_site(
            Kind::If,
            vec![condition],
            vec![then, otherwise],
            Vec::new(),
            self.span,
        );
        [ran, branch]
    }

    /// An index as it was in the last iteration.
    fn at_last(
        &self,
        graph: &mut Graph,
        region: Region,
        value: Value,
        done: &mut HashMap<Value, Value>,
    ) -> Value {
        if let Some(value) = done.get(&value) {
            return *value;
        }
        let site = graph.def(value).filter(|_| self.inside.contains(&value));
        let Some(site) = site.cloned() else {
            return value;
        };
        let operands: Vec<Value> = site
            .operands
            .iter()
            .map(|v| self.at_last(graph, region, *v, done))
            .collect();
        let ty = graph.ty(value).clone();
        let copy = graph.new_site(site.kind, operands, Vec::new(), vec![ty], site.span);
        graph.block_mut(region).sites.push(copy);
        let copy = graph.site(copy).results[0];
        done.insert(value, copy);
        copy
    }
}

impl Addition {
    fn offset(&self) -> i64 {
        self.moving.map_or(0, |(_, _, offset)| offset)
    }

    /// Whether both are neighbours on one line of places.
    fn joins(&self, other: &Addition) -> bool {
        let (Some((step, base, a)), Some((other_step, other_base, b))) =
            (self.moving, other.moving)
        else {
            return false;
        };
        let mut line = other.path.clone();
        let (Some(own), Some(place)) = (self.path.steps.get(step), line.steps.get_mut(step)) else {
            return false;
        };
        *place = own.clone();
        step == other_step && base == other_base && a != b && line == self.path
    }
}

fn literal(graph: &mut Graph, region: Region, number: u64, span: Span) -> Value {
    let literal = Kind::Literal(Literal::Int(number.to_string()));
    push(graph, region, literal, Vec::new(), span)
}

/// `base + offset`.
fn moved(graph: &mut Graph, region: Region, base: Value, offset: i64, span: Span) -> Value {
    if offset == 0 {
        return base;
    }
    let size = literal(graph, region, offset.unsigned_abs(), span);
    let op = if offset < 0 { Op::Sub } else { Op::Add };
    push(graph, region, Kind::Apply(op), vec![base, size], span)
}

fn push(graph: &mut Graph, region: Region, kind: Kind, operands: Vec<Value>, span: Span) -> Value {
    let site = graph.new_site(kind, operands, Vec::new(), vec![Ty::Int], span);
    graph.block_mut(region).sites.push(site);
    graph.site(site).results[0]
}
