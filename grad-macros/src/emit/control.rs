//! Branches and loops as Rust.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::body::Body;
use super::walks::is_or_copies;
use crate::ir::{Adaptor, Discrete, Graph, Kind, Range, Region, Site, Ty, Value, Var, Width};

impl Body<'_> {
    pub(super) fn define_all(&mut self, site: &Site, code: &TokenStream) -> TokenStream {
        self.define_tuple_as(site, code, false)
    }

    pub(super) fn define_tuple(&mut self, site: &Site, code: &TokenStream) -> TokenStream {
        self.define_tuple_as(site, code, true)
    }

    pub(super) fn define_tuple_as(
        &mut self,
        site: &Site,
        code: &TokenStream,
        always: bool,
    ) -> TokenStream {
        let names: Vec<Ident> = site.results.iter().map(|v| self.fresh(*v, "t")).collect();
        match names.as_slice() {
            [] => quote!(#code;),
            [name] if !always => quote!(let #name = #code;),
            names => quote!(let (#(#names,)*) = #code;),
        }
    }

    /// A region as a block that gives its yields.
    pub(super) fn block(&mut self, region: Region) -> TokenStream {
        let statements = self.statements(region);
        let graph = self.graph;
        let last = graph.block(region).sites.last().map(|id| graph.site(*id));
        if last.is_some_and(|site| site.kind.diverges()) {
            return quote!({ #statements });
        }
        let yields: Vec<_> = graph
            .block(region)
            .yields
            .iter()
            .map(|v| self.handed_on(*v))
            .collect();
        match yields.as_slice() {
            [] => quote!({ #statements }),
            [one] => quote!({ #statements #one }),
            many => quote!({ #statements (#(#many,)*) }),
        }
    }

    pub(super) fn branch(&mut self, site: &Site) -> TokenStream {
        let condition = self.value(site.operands[0]);
        if self.gives_lanes(site) {
            let (then, otherwise) = (
                self.yields_of(site.regions[0]),
                self.yields_of(site.regions[1]),
            );
            let names: Vec<Ident> = site.results.iter().map(|v| self.fresh(*v, "t")).collect();
            let side = |(statements, yields): (TokenStream, Option<Vec<TokenStream>>)| match yields
            {
                Some(yields) => quote!({ #statements #(#names = #yields;)* }),
                None => quote!({ #statements }),
            };
            let (then, otherwise) = (side(then), side(otherwise));
            return quote!(#(let #names;)* if #condition #then else #otherwise);
        }
        let (then, otherwise) = (self.block(site.regions[0]), self.block(site.regions[1]));
        self.define_all(site, &quote!(if #condition #then else #otherwise))
    }

    /// Whether tangents of structs come out of the site: they are large, and each is written once where
    /// it stays, by no way of a tuple.
    fn gives_lanes(&self, site: &Site) -> bool {
        let large = |v: &Value| self.is_lanes(*v) && !self.graph.ty(*v).is_scalar();
        site.results.iter().any(large)
    }

    /// The statements of a region and what it yields, if it does not diverge.
    fn yields_of(&mut self, region: Region) -> (TokenStream, Option<Vec<TokenStream>>) {
        let statements = self.statements(region);
        let block = self.graph.block(region);
        let last = block.sites.last().map(|id| self.graph.site(*id));
        let diverges = last.is_some_and(|site| site.kind.diverges());
        let yields = (!diverges).then(|| block.yields.iter().map(|v| self.value(*v)).collect());
        (statements, yields)
    }

    pub(super) fn unpack(&mut self, site: &Site) -> TokenStream {
        let root = self.root.clone();
        let pack = self.value(site.operands[0]);
        let side = |cx: &mut Self, region: Region| {
            let args: Vec<Ident> = cx
                .graph
                .block(region)
                .args
                .clone()
                .iter()
                .map(|v| cx.fresh(*v, "kept"))
                .collect();
            let block = cx.block(region);
            (quote!((#(#args,)*)), block)
        };
        let (left, on_left) = side(self, site.regions[0]);
        let (right, on_right) = side(self, site.regions[1]);
        self.define_all(
            site,
            &quote!(match #pack {
                #root::private::Either::Left(#left) => #on_left
                #root::private::Either::Right(#right) => #on_right
            }),
        )
    }

    /// Declares the carried variables of a loop with their first values; they are also its results.
    pub(super) fn carried(
        &mut self,
        site: &Site,
        inits: &[Value],
        args: &[Value],
    ) -> (Vec<Ident>, TokenStream) {
        let first: Vec<_> = inits.iter().map(|v| self.handed_on(*v)).collect();
        // What begins as a literal without a type may have methods called on it.
        let tys: Vec<_> = (0..inits.len())
            .map(|k| self.carried_type(inits[k], [args[k], site.results[k]]))
            .collect();
        let mut names = Vec::new();
        for (arg, result) in args.iter().zip(&site.results) {
            let hint = self
                .graph
                .value(*arg)
                .name
                .clone()
                .unwrap_or_else(|| "carried".to_owned());
            let name = self.names.fresh(&hint);
            self.values.insert(*arg, quote!(#name));
            self.values.insert(*result, quote!(#name));
            names.push(name);
        }
        let lets = quote!(#(let mut #names #tys = #first;)*);
        (names, lets)
    }

    /// The type of a carried variable that begins as a number without one.
    pub(super) fn carried_type(&self, init: Value, others: [Value; 2]) -> Option<TokenStream> {
        let in_lanes = others.iter().any(|value| self.is_lanes(*value));
        if in_lanes || *self.graph.ty(init) != Ty::Float(None) {
            return None;
        }
        others.iter().find_map(|value| match self.graph.ty(*value) {
            Ty::Float(Some(Width::F64)) => Some(quote!(: f64)),
            Ty::Float(Some(Width::F32)) => Some(quote!(: f32)),
            _ => None,
        })
    }

    /// The carried variables take the values the body yields, all at once.
    pub(super) fn advance(&mut self, names: &[Ident], region: Region) -> TokenStream {
        let yields = &self.graph.block(region).yields;
        let changed = names.iter().zip(yields);
        let changed: Vec<_> = changed
            .filter(|(name, next)| name.to_string() != self.value(**next).to_string())
            .map(|(name, next)| (name, self.handed_on(*next)))
            .collect();
        let read_late = changed.iter().enumerate().any(|(k, (name, _))| {
            changed[k + 1..]
                .iter()
                .any(|(_, next)| is_or_copies(next, name))
        });
        if read_late {
            let (names, nexts): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
            return quote!((#(#names,)*) = (#(#nexts,)*););
        }
        let assign = changed.iter().map(|(name, next)| quote!(#name = #next;));
        quote!(#(#assign)*)
    }

    /// The range of a counted loop, with its adaptors.
    pub(super) fn iteration(&self, site: &Site, range: &Range) -> TokenStream {
        let (start, end) = (self.value(site.operands[0]), self.value(site.operands[1]));
        let plain = if range.inclusive {
            quote!(#start..=#end)
        } else {
            quote!(#start..#end)
        };
        if range.adaptors.is_empty() {
            return plain;
        }
        let mut iteration = quote!((#plain));
        let mut operands = site.operands[2..].iter();
        for adaptor in &range.adaptors {
            iteration = match adaptor {
                Adaptor::Rev => quote!(#iteration.rev()),
                Adaptor::StepBy | Adaptor::Take => {
                    let n = operands.next().map(|v| self.value(*v)).unwrap_or_default();
                    if *adaptor == Adaptor::StepBy {
                        quote!(#iteration.step_by(#n))
                    } else {
                        quote!(#iteration.take(#n))
                    }
                }
            };
        }
        iteration
    }

    /// Begins a run of a loop under `checkpoint`.
    pub(super) fn begin(
        &self,
        store: Var,
        range: Option<&Range>,
        stride: Option<usize>,
        site: &Site,
    ) -> TokenStream {
        let (root, store) = (&self.root, self.variable(store));
        if let Some(stride) = stride {
            return quote!(#store.begin_every(#stride););
        }
        match range {
            Some(range) => {
                let range = self.iteration(site, range);
                quote!(#store.begin(::core::option::Option::Some(#root::private::trips(&(#range))));)
            }
            None => quote!(#store.begin(::core::option::Option::None);),
        }
    }

    /// A loop, with the cursors it needs.
    pub(super) fn iterated(&mut self, site: &Site) -> TokenStream {
        let (before, cursors) = self.open_cursors(site);
        let code = match &site.kind {
            Kind::For(range) => self.counted(site, range),
            _ => self.repeated(site),
        };
        self.cursors.truncate(before);
        quote!(#cursors #code)
    }

    fn counted(&mut self, site: &Site, range: &Range) -> TokenStream {
        let region = site.regions[0];
        let args = self.graph.block(region).args.clone();
        let iteration = self.iteration(site, range);
        let (names, lets) = self.carried(site, &site.operands[range.first_carried()..], &args[1..]);
        let strips = self.abreast(site, range, &names);
        let strips = strips.or_else(|| self.strips(site, range, &names));
        let (strips, iteration) = match strips {
            Some((strips, rest)) => {
                let end = self.value(site.operands[1]);
                (strips, quote!(#rest..#end))
            }
            None => (TokenStream::new(), iteration),
        };
        let index = self.fresh(args[0], "i");
        let iterate = self.head(region, range, &index, &iteration);
        let body = self.statements(region);
        let advance = self.advance(&names, region);
        let exit = if range.exits {
            let code = &names[0];
            quote!(if #code != 0 { break; })
        } else {
            TokenStream::new()
        };
        let pass = self.passing_over(site);
        quote!(#lets #strips #iterate { #pass #body #advance #exit })
    }

    /// The head of a counted loop; what its iterations keep or read back is made ready before it.
    pub(super) fn head(
        &mut self,
        region: Region,
        range: &Range,
        index: &Ident,
        iteration: &TokenStream,
    ) -> TokenStream {
        let tape_in = |wanted: fn(&Kind) -> Option<Var>| {
            let sites = self.graph.block(region).sites.iter();
            let tape = sites
                .copied()
                .find_map(|id| wanted(&self.graph.site(id).kind));
            tape.map(|tape| self.variable(tape))
        };
        let read = tape_in(|kind| match kind {
            Kind::Next(tape) => Some(*tape),
            _ => None,
        });
        let written = tape_in(|kind| match kind {
            Kind::Push(tape) => Some(*tape),
            _ => None,
        });
        let mut iterate = quote!(for #index in #iteration);
        if let Some(tape) = read {
            let (range, entry) = (self.names.fresh("range"), self.names.fresh("entry"));
            let root = &self.root;
            iterate = quote! {
                let #range = #iteration;
                let #entry = #tape.rewind(#root::private::trips(&#range));
                for (#index, #entry) in #range.zip(#entry)
            };
            self.entry = Some(entry);
        }
        let mut grow: Vec<TokenStream> = written.into_iter().collect();
        grow.extend(self.appended_to(region));
        if !grow.is_empty() && !range.exits {
            let (range, trips) = (self.names.fresh("range"), self.names.fresh("trips"));
            let root = &self.root;
            iterate = quote! {
                let #range = #iteration;
                let #trips = #root::private::trips(&#range);
                #(#grow.reserve(#trips);)*
                for #index in #range
            };
        }
        iterate
    }

    /// Vectors of tangents in lanes to which each iteration appends.
    fn appended_to(&self, body: Region) -> Vec<TokenStream> {
        if self.lanes.is_none() {
            return Vec::new();
        }
        let graph = self.graph;
        // A body that stands twice appends the same in both.
        let own = graph.block(body).sites.iter().flat_map(|id| {
            let site = graph.site(*id);
            let twice = site.kind == Kind::If && asks_for_zeros(graph, site.operands[0]);
            let copy = site.regions.first().filter(|_| twice);
            let inner = copy.map(|copy| graph.block(*copy).sites.as_slice());
            inner.unwrap_or_default().iter().chain([id])
        });
        let vectors = own.filter_map(|id| match &graph.site(*id).kind {
            Kind::Append(path) if path.steps.is_empty() => Some(self.place(path)),
            _ => None,
        });
        vectors.collect()
    }

    fn repeated(&mut self, site: &Site) -> TokenStream {
        let (condition, body) = (site.regions[0], site.regions[1]);
        let args = self.graph.block(body).args.clone();
        let (names, lets) = self.carried(site, &site.operands, &args);
        for (arg, name) in self
            .graph
            .block(condition)
            .args
            .clone()
            .into_iter()
            .zip(&names)
        {
            self.values.insert(arg, quote!(#name));
        }
        let condition = self.block(condition);
        let statements = self.statements(body);
        let advance = self.advance(&names, body);
        quote!(#lets while #condition { #statements #advance })
    }
}

/// Whether a condition only asks tangents whether they are zero.
fn asks_for_zeros(graph: &Graph, condition: Value) -> bool {
    graph.def(condition).is_some_and(|site| match site.kind {
        Kind::Vanishes(_) => true,
        Kind::Discrete(Discrete::And) => {
            let mut both = site.operands.iter();
            both.all(|value| asks_for_zeros(graph, *value))
        }
        _ => false,
    })
}
