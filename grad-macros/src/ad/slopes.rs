//! How steep values are: whether their tangents may be infinite in forward mode.
//!
//! `1 / (1 + exp(-x))` at -800 is 0 with a derivative of 0, but the tangent of the overflown `exp` is
//! infinite, and 0 times infinity is not 0. The reverse sweep meets the zero first, and a zero
//! cotangent stays zero; forward mode has to ask for it: of costly operators wherever a tangent may be
//! infinite, of products only where it is so at a finite value, for else the product itself is NaN.
//!
//! The tangents that a function is given are finite, so nothing is asked before the first division,
//! exponential or root on the way. Memory is as steep as the steepest value in it.

use std::collections::HashMap;

use super::Activity;
use super::activity::{links, sources, targets};
use crate::ir::{At, Cost, Cursor, Graph, Kind, Op, Reach, Site, Value, Var, Wrt, row};

/// How large a tangent may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Slope {
    #[default]
    Finite,
    /// Infinite where the value is.
    Steep,
    /// Infinite where the value is not.
    Vertical,
}

/// The values and variables whose tangents may be infinite.
pub(super) struct Slopes {
    values: HashMap<Value, Slope>,
    vars: HashMap<Var, Slope>,
}

impl Slopes {
    pub(super) fn of(graph: &Graph, active: &Activity) -> Slopes {
        let mut slopes = Slopes {
            values: HashMap::new(),
            vars: HashMap::new(),
        };
        let mut scratch = graph.clone();
        let sites = graph.sites_within(graph.body);
        let mut changed = true;
        while changed {
            changed = false;
            for id in &sites {
                let site = graph.site(*id);
                if active.site(site) || !site.regions.is_empty() {
                    changed |= slopes.site(&mut scratch, site, active);
                }
            }
        }
        slopes
    }

    /// What the product of the operator's factor and the operand's tangent has to be asked.
    pub(super) fn reach(&self, op: Op, operand: Value) -> Reach {
        match (self.value(operand), row(op).cost) {
            (Slope::Vertical, _) | (Slope::Steep, Cost::Dear) => Reach::Infinite,
            _ => Reach::Certain,
        }
    }

    /// What stands for a value is as steep as that.
    pub(super) fn copy(&mut self, of: Value, copy: Value) {
        self.raise(copy, self.value(of));
    }

    fn value(&self, value: Value) -> Slope {
        self.values.get(&value).copied().unwrap_or_default()
    }

    fn raise(&mut self, value: Value, to: Slope) -> bool {
        let slope = self.values.entry(value).or_default();
        let rises = to > *slope;
        *slope = to.max(*slope);
        rises
    }

    fn raise_var(&mut self, var: Var, to: Slope) -> bool {
        let slope = self.vars.entry(var).or_default();
        let rises = to > *slope;
        *slope = to.max(*slope);
        rises
    }

    fn site(&mut self, scratch: &mut Graph, site: &Site, active: &Activity) -> bool {
        let mut changed = false;
        for (from, to) in links(scratch, site) {
            changed |= self.raise(to, self.value(from));
        }
        if let Kind::Swap(a, b) = &site.kind {
            let of =
                |path: &crate::ir::Path| self.vars.get(&path.root).copied().unwrap_or_default();
            let most = of(a).max(of(b));
            changed |= self.raise_var(a.root, most);
            changed |= self.raise_var(b.root, most);
        }
        let (values, vars) = sources(scratch, site);
        let of_values = values.iter().map(|v| self.value(*v));
        let of_vars = vars.iter().filter_map(|var| self.vars.get(var).copied());
        let own = match &site.kind {
            Kind::Apply(op) => own_slope(scratch, *op, site, active),
            Kind::Call(_) => Slope::Steep,
            _ => Slope::Finite,
        };
        let most = of_values.chain(of_vars).fold(own, Slope::max);
        if site.regions.is_empty() {
            for result in &site.results {
                changed |= self.raise(*result, most);
            }
            for var in targets(site) {
                changed |= self.raise_var(var, most);
            }
        }
        changed
    }
}

/// What the operator adds to the slopes of its operands.
fn own_slope(scratch: &mut Graph, op: Op, site: &Site, active: &Activity) -> Slope {
    let body = scratch.body;
    let cursor = Cursor::new(scratch, body, site.span);
    let is_active = |v: &Value| active.values.contains(v);
    let Some(out) = site.results.first() else {
        return Slope::Finite;
    };
    let at = At {
        operands: site.operands.iter().map(|v| cursor.ex(*v)).collect(),
        out: cursor.ex(*out),
        active: site.operands.iter().map(is_active).collect(),
    };
    let rows = row(op).wrt.iter().zip(&at.active);
    let slopes = rows
        .filter(|(_, active)| **active)
        .map(|(wrt, _)| match wrt {
            Wrt::Steep(_) => Slope::Steep,
            Wrt::Vertical(_) => Slope::Vertical,
            Wrt::SteepWhen(_, when) if when(&at) => Slope::Steep,
            Wrt::VerticalWhen(_, when) if when(&at) => Slope::Vertical,
            _ => Slope::Finite,
        });
    slopes.max().unwrap_or_default()
}
