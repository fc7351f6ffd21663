//! What the reverse sweep keeps, in words: for the documentation of the generated functions.
//!
//! Counted in the graph of the derivative, so it is what the derivative does. The loops of the
//! function, iterators among them, have numbers in the order in which they stand.

use std::collections::HashMap;
use std::fmt::Write;

use crate::ir::{Call, Callee, Graph, Kind, Region, Site, SiteId, Ty, Value, Var, Width};
use crate::stages::{Gradient, Lowered, Reverse};

/// What `grad_f` keeps.
pub(super) fn of_gradient(lowered: &Lowered, gradient: &Gradient) -> String {
    let always = kept(lowered, &gradient.always);
    let trusting = gradient.trusting.as_ref();
    match trusting.map(|(trusting, _)| kept(lowered, trusting)) {
        Some(trusting) if trusting != always => format!(
            "# Memory\n\nWhere scratch is as long as what is written to it: {trusting}\n\nElsewhere: {always}"
        ),
        _ => format!("# Memory\n\n{always}"),
    }
}

/// What a pullback keeps.
pub(super) fn of_pullback(lowered: &Lowered, reverse: &Reverse) -> String {
    format!("# Memory\n\n{}", kept(lowered, reverse))
}

fn kept(lowered: &Lowered, reverse: &Reverse) -> String {
    let primal = &lowered.graph;
    let loops = primal.sites_within(primal.body).into_iter();
    let loops = loops.filter(|id| primal.site(*id).kind.is_loop());
    let mut cost = Cost {
        graph: &reverse.graph,
        numbers: loops.zip(1..).collect(),
        lines: Vec::new(),
        callees: Vec::new(),
    };
    cost.region(cost.graph.body, &Around::Nothing);
    if let Some(pull) = cost.graph.pull {
        cost.region(pull, &Around::Nothing);
    }
    cost.text()
}

/// The loop that something stands in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Around {
    Nothing,
    /// One of the function's, with its number.
    Loop(usize),
    /// One that is run again, segment by segment.
    Segments,
    /// The iterations of a segment, or a loop inside them.
    Again(&'static str),
}

struct Cost<'g> {
    graph: &'g Graph,
    numbers: HashMap<SiteId, usize>,
    lines: Vec<(Around, String)>,
    /// Whose pullbacks wait at the top.
    callees: Vec<String>,
}

impl Cost<'_> {
    fn text(mut self) -> String {
        self.lines.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut text = match self.lines.as_slice() {
            [] => "No tape.".to_owned(),
            [(_, line)] => format!("A tape of {line}."),
            lines => {
                let mut text = "Tapes of".to_owned();
                for (_, line) in lines {
                    let _ = write!(text, "\n* {line}");
                }
                text
            }
        };
        self.callees.sort();
        self.callees.dedup();
        if !self.callees.is_empty() {
            let _ = write!(
                text,
                "{} And what {} for the way back.",
                if self.lines.len() > 1 { "\n\n" } else { "" },
                kept_by(&self.callees)
            );
        }
        text
    }

    fn region(&mut self, region: Region, around: &Around) {
        for id in &self.graph.block(region).sites {
            let site = self.graph.site(*id);
            self.site(site, around);
            let inner = self.inside(*id, site, around);
            for region in &site.regions {
                self.region(*region, &inner);
            }
        }
    }

    /// Where the regions of a site are.
    fn inside(&self, id: SiteId, site: &Site, around: &Around) -> Around {
        if !site.kind.is_loop() {
            return around.clone();
        }
        let end = site.operands.get(1).and_then(|end| self.graph.def(*end));
        match (around, self.numbers.get(&id)) {
            _ if end.is_some_and(|end| matches!(end.kind, Kind::Segments(_))) => Around::Segments,
            (Around::Segments, _) => Around::Again("in one segment, about √n"),
            (Around::Again(_), _) => Around::Again("of the loops in one segment"),
            (_, Some(number)) => Around::Loop(*number),
            (around, None) => around.clone(),
        }
    }

    fn site(&mut self, site: &Site, around: &Around) {
        match &site.kind {
            Kind::Push(tape) => {
                let entry = self.entry(&site.operands);
                if entry.is_nothing() {
                    return;
                }
                let line = if self.is_store(*tape) {
                    format!(
                        "about 2 √n states of {entry}, √n where n is known, for the n iterations {around}"
                    )
                } else {
                    format!("{entry} for each iteration {around}")
                };
                self.lines.push((around.clone(), line));
            }
            Kind::Save(_, path) => {
                let name = &self.graph.var(path.root).name;
                let line = format!("a copy of `{name}` for each iteration {around}");
                self.lines.push((around.clone(), line));
            }
            Kind::CallVjp(call) if matches!(around, Around::Nothing) => {
                self.callees.extend(named(call));
            }
            _ => {}
        }
    }

    /// Whether what is pushed are states that a loop under `checkpoint` is run again from.
    fn is_store(&self, tape: Var) -> bool {
        let mut sites = self.graph.sites.iter();
        sites.any(|site| matches!(&site.kind, Kind::Begin(store, ..) if *store == tape))
    }

    fn entry(&self, values: &[Value]) -> Entry {
        let mut entry = Entry::default();
        for value in values {
            entry.join(self.size(*value));
        }
        entry
    }

    fn size(&self, value: Value) -> Entry {
        let info = self.graph.value(value);
        match &info.ty {
            Ty::Pullback => self.pullback(value),
            Ty::Kept | Ty::Way | Ty::Walk => Entry::other("what leads to a receiver".to_owned()),
            ty => Entry::of(ty).unwrap_or_else(|| match (ty, &info.name) {
                (Ty::Array(_), Some(name)) => Entry::other(format!("a copy of `{name}`")),
                _ => Entry {
                    values: 1,
                    ..Entry::default()
                },
            }),
        }
    }

    /// The residuals of a branch, the larger side of it; or what a call keeps.
    fn pullback(&self, value: Value) -> Entry {
        match self.graph.def(value) {
            Some(site) if site.kind == Kind::If => {
                let mut larger = Entry::default();
                for region in &site.regions {
                    larger.either(self.packed(*region));
                }
                larger.join(Entry::bytes(1, 1));
                larger
            }
            Some(Site {
                kind: Kind::CallVjp(call),
                ..
            }) => match named(call) {
                Some(name) => Entry {
                    callees: vec![name],
                    ..Entry::default()
                },
                None => Entry::other("what an operator keeps".to_owned()),
            },
            _ => Entry::default(),
        }
    }

    fn packed(&self, region: Region) -> Entry {
        let block = self.graph.block(region);
        let mut packs = block.sites.iter().rev().map(|id| self.graph.site(*id));
        let pack = packs.find(|site| matches!(site.kind, Kind::Pack { .. }));
        pack.map(|pack| self.entry(&pack.operands))
            .unwrap_or_default()
    }
}

/// What one iteration keeps.
#[derive(Default)]
struct Entry {
    bytes: usize,
    align: usize,
    /// Numbers of the type parameter.
    numbers: usize,
    /// Values whose type only the compiler knows.
    values: usize,
    others: Vec<String>,
    callees: Vec<String>,
}

impl Entry {
    fn bytes(bytes: usize, align: usize) -> Entry {
        Entry {
            bytes,
            align,
            ..Entry::default()
        }
    }

    fn other(what: String) -> Entry {
        Entry {
            others: vec![what],
            ..Entry::default()
        }
    }

    /// Of a value of this type, where that is known. Integers count as the largest usual ones.
    fn of(ty: &Ty) -> Option<Entry> {
        Some(match ty {
            Ty::Float(Some(Width::F32)) => Entry::bytes(4, 4),
            Ty::Float(_) | Ty::Int => Entry::bytes(8, 8),
            Ty::Bool => Entry::bytes(1, 1),
            Ty::Unit => Entry::default(),
            Ty::Number => Entry {
                numbers: 1,
                ..Entry::default()
            },
            Ty::Tuple(parts) => {
                let mut all = Entry::default();
                for part in parts {
                    all.join(Entry::of(part)?);
                }
                all
            }
            _ => return None,
        })
    }

    fn is_nothing(&self) -> bool {
        self.bytes == 0
            && self.numbers + self.values == 0
            && self.others.is_empty()
            && self.callees.is_empty()
    }

    fn join(&mut self, other: Entry) {
        self.bytes += other.bytes;
        self.align = self.align.max(other.align);
        self.numbers += other.numbers;
        self.values += other.values;
        self.others.extend(other.others);
        self.callees.extend(other.callees);
    }

    /// The larger of both.
    fn either(&mut self, other: Entry) {
        self.bytes = self.bytes.max(other.bytes);
        self.align = self.align.max(other.align);
        self.numbers = self.numbers.max(other.numbers);
        self.values = self.values.max(other.values);
        self.others.extend(other.others);
        self.callees.extend(other.callees);
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        let counted = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        if self.bytes > 0 {
            let bytes = self.bytes.next_multiple_of(self.align.max(1));
            parts.push(counted(bytes, "byte"));
        }
        if self.numbers > 0 {
            parts.push(counted(self.numbers, "number"));
        }
        if self.values > 0 {
            parts.push(counted(self.values, "value"));
        }
        let mut others = self.others.clone();
        others.sort();
        others.dedup();
        parts.extend(others);
        let mut callees = self.callees.clone();
        callees.sort();
        callees.dedup();
        if !callees.is_empty() {
            parts.push(format!("what {}", kept_by(&callees)));
        }
        f.write_str(&parts.join(" and "))
    }
}

impl std::fmt::Display for Around {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Around::Nothing => f.write_str("of a loop"),
            Around::Loop(number) => write!(f, "of loop {number}"),
            Around::Segments => f.write_str("of the segments"),
            Around::Again(what) => f.write_str(what),
        }
    }
}

fn kept_by(callees: &[String]) -> String {
    let names: Vec<String> = callees.iter().map(|name| format!("`{name}`")).collect();
    let keeps = if names.len() == 1 { "keeps" } else { "keep" };
    format!("{} {keeps}", names.join(", "))
}

/// The name of a function whose pullback keeps something; operators on numbers keep nothing.
fn named(call: &Call) -> Option<String> {
    Some(match &call.callee {
        Callee::Function(path) => path.0.to_string().replace(' ', ""),
        Callee::Associated(ty, name, _) => format!("{}::{name}", ty.0).replace(' ', ""),
        Callee::Method(name, _) | Callee::Dynamic(name) | Callee::Given(name) => name.clone(),
        Callee::Operator(_) | Callee::Assign(_) => return None,
    })
}
