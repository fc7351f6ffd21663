//! Rows of arrays that all iterations read, each one of its own: the elements of several rows are put
//! side by side before the iterations begin, once for all loops that go over them.
//!
//! `for i in 0..d { .. points[p * d..(p + 1) * d][i] .. }` and `.. points[p * d + i] ..` read the row of
//! point `p`. A row that is not there, or not as long as its neighbours, is left to the loop as it
//! stands, which says what is wrong.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Ranks;
use crate::ir::{Graph, Kind, Op, Path, Region, Site, SiteId, Step, Ty, Value, Var};

/// A row: of which array, from where, and how long it is.
#[derive(Clone, PartialEq)]
struct Row {
    of: Var,
    start: Value,
    until: Until,
}

#[derive(Clone, PartialEq)]
enum Until {
    End(Value),
    Count(Value),
}

/// The rows that a loop's body reads.
pub(super) struct Rows<'g> {
    graph: &'g Graph,
    index: Value,
    inside: HashSet<Value>,
    /// Indices of the loops inside that begin at 0, and where these end.
    counted: HashMap<Value, Value>,
    all: Vec<Row>,
    names: Vec<Ident>,
    /// Of what reads an element, the number of the row and which element it is.
    loads: HashMap<SiteId, (usize, Value)>,
}

impl<'g> Rows<'g> {
    pub(super) fn new(graph: &'g Graph, body: Region) -> Self {
        Rows {
            graph,
            index: graph.block(body).args[0],
            inside: graph.defined_within(&[body]),
            counted: HashMap::new(),
            all: Vec::new(),
            names: Vec::new(),
            loads: HashMap::new(),
        }
    }

    /// Goes into a loop from 0.
    pub(super) fn enter(&mut self, site: &Site) {
        let index = self.graph.block(site.regions[0]).args[0];
        if self.graph.number(site.operands[0]) == Some(0.0) {
            self.counted.insert(index, site.operands[1]);
        }
    }

    /// Notes what reads an element of a row at the same index in each iteration.
    pub(super) fn note(&mut self, id: SiteId, path: &Path, ranks: &HashSet<Value>) {
        let whole = Path::of(path.root);
        let floats = matches!(self.graph.ty_at(&whole), Ty::Array(e) if matches!(*e, Ty::Float(_)));
        if let (Some((row, index)), true) = (self.row(path, ranks), floats) {
            let known = self.all.iter().position(|other| *other == row);
            let k = known.unwrap_or_else(|| {
                self.all.push(row);
                self.all.len() - 1
            });
            self.loads.insert(id, (k, index));
        }
    }

    fn row(&self, path: &Path, ranks: &HashSet<Value>) -> Option<(Row, Value)> {
        let of = path.root;
        let row = |start, until| Row { of, start, until };
        match path.steps.as_slice() {
            [
                Step::Range {
                    start: Some(start),
                    end: Some(end),
                    inclusive: false,
                },
                Step::Index(index),
            ] => {
                let known = self.is_early(*start) && self.is_early(*end);
                let along = self.counted.contains_key(index) && !ranks.contains(index);
                (known && along).then(|| (row(*start, Until::End(*end)), *index))
            }
            [Step::Index(at)] => {
                let site = self.graph.def(*at)?;
                (site.kind == Kind::Apply(Op::Add)).then_some(())?;
                let (a, b) = (site.operands[0], site.operands[1]);
                [(a, b), (b, a)].into_iter().find_map(|(start, index)| {
                    let count = *self.counted.get(&index)?;
                    let known = self.is_early(start) && self.is_early(count);
                    let along = !ranks.contains(&index) && !ranks.contains(&count);
                    (known && along).then(|| (row(start, Until::Count(count)), index))
                })
            }
            _ => None,
        }
    }

    /// Whether an integer follows from the loop's own index and what is known before it.
    fn is_early(&self, value: Value) -> bool {
        if value == self.index || !self.inside.contains(&value) {
            return true;
        }
        self.graph.def(value).is_some_and(|site| {
            site.kind.is_pure() && site.operands.iter().all(|v| self.is_early(*v))
        })
    }

    /// The sites inside that the value follows from, in order.
    fn sites_before(&self, value: Value, found: &mut Vec<SiteId>) {
        let site = self.graph.value(value).site;
        let Some(id) = site.filter(|id| self.inside.contains(&value) && !found.contains(id)) else {
            return;
        };
        for operand in &self.graph.site(id).operands {
            self.sites_before(*operand, found);
        }
        found.push(id);
    }
}

impl Ranks<'_, '_> {
    /// Declares places for the rows.
    pub(super) fn row_places(&mut self) -> TokenStream {
        let root = self.body.root.clone();
        let count = self.found.rows.all.len();
        let names: Vec<Ident> = (0..count).map(|_| self.body.names.fresh("row")).collect();
        let code = quote!(#(let mut #names = #root::private::Vec::new();)*);
        self.found.rows.names = names;
        code
    }

    /// Reads the rows of the iterations that begin, or leaves these to the loop as it stands.
    pub(super) fn read_rows(&mut self) -> TokenStream {
        let root = self.body.root.clone();
        let rows = self.found.rows.all.clone();
        let mut before = Vec::new();
        for row in &rows {
            let (Until::End(until) | Until::Count(until)) = row.until;
            for value in [row.start, until] {
                self.found.rows.sites_before(value, &mut before);
            }
        }
        let mut code: TokenStream = before.into_iter().map(|id| self.site(id)).collect();
        for (row, name) in rows.iter().zip(self.found.rows.names.clone()) {
            let lane = self.body.names.fresh("lane");
            let of = self.body.variable(row.of);
            let start = self.in_lane(row.start, &lane);
            let end = match row.until {
                Until::End(end) => self.in_lane(end, &lane),
                Until::Count(count) => {
                    let count = self.in_lane(count, &lane);
                    quote!(#start + #count)
                }
            };
            code.extend(quote! {
                let found = ::core::array::from_fn(|#lane| #of.get(#start..#end));
                if !#root::private::put_abreast(found, &mut #name) { break; }
            });
        }
        code
    }

    fn in_lane(&self, value: Value, lane: &Ident) -> TokenStream {
        let code = self.body.value(value);
        if self.found.is_rank(value) {
            quote!(#code[#lane])
        } else {
            code
        }
    }

    /// An element of each iteration's row.
    pub(super) fn element(&mut self, id: SiteId) -> Option<TokenStream> {
        let (row, index) = *self.found.rows.loads.get(&id)?;
        let (name, index) = (
            self.found.rows.names.get(row)?.clone(),
            self.body.value(index),
        );
        let result = self.body.graph.site(id).results[0];
        Some(self.define(result, &quote!(#name[#index])))
    }
}
