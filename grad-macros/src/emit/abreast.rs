//! Loops whose iterations do not see one another, several of them side by side.
//!
//! A loop that was fused (`ad::vjp::fuse`) runs each iteration's reverse at once. What an iteration
//! writes is its own, or sums. So `private::ABREAST` iterations can run together, with a row of
//! numbers for each number; what is the same for all of them stays one:
//!
//! ```text
//! for i { y[i] = x[p * d + i] - m[i]; .. m_bar[i] += t }        becomes
//! for i { y[i] = from_fn(|lane| x[p[lane] * d + i] - m[i]); .. m_bar[i] += across(t) }
//! ```
//!
//! Short loops inside, which fill no vectors, become arithmetic on rows, which does. The function's
//! own sums are added to iteration by iteration, in their order. What is left over takes the loop as
//! it stands.

mod calls;
mod control;
mod find;
mod legal;
mod rows;
mod worth;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use self::find::Abreast;
use super::body::Body;
use super::standing::standing;
use crate::ir::{Kind, Path, Range, Region, Site, SiteId, Ty, Value, Width};

impl Body<'_> {
    /// The whole ranks of a loop with these carried variables, and where the rest of it begins.
    pub(super) fn abreast(
        &mut self,
        site: &Site,
        range: &Range,
        carried: &[Ident],
    ) -> Option<(TokenStream, Ident)> {
        if self.lanes.is_some() || self.linear.is_some() {
            return None;
        }
        let found = Abreast::of(self.graph, site, range)?;
        let (values, vars, refs) = (self.values.clone(), self.vars.clone(), self.refs.clone());
        let wholes = self.wholes.clone();
        let pace = self.names.fresh("pace");
        let code = Ranks {
            body: self,
            found,
            pace,
        }
        .whole(site, carried);
        (self.values, self.vars, self.refs) = (values, vars, refs);
        self.wholes = wholes;
        Some(code)
    }
}

/// Writes one loop's body for several iterations.
struct Ranks<'b, 'g> {
    body: &'b mut Body<'g>,
    found: Abreast<'g>,
    /// What stands for one step where LLVM is not to count.
    pace: Ident,
}

impl Ranks<'_, '_> {
    fn whole(&mut self, site: &Site, carried: &[Ident]) -> (TokenStream, Ident) {
        let graph = self.body.graph;
        let root = self.body.root.clone();
        let (start, end) = (
            self.body.value(site.operands[0]),
            self.body.value(site.operands[1]),
        );
        let [rest, ranks] = ["rest", "ranks"].map(|name| self.body.names.fresh(name));
        let (fits, memory) = self.memory();
        let region = site.regions[0];
        let block = graph.block(region);
        let index = self.body.fresh(block.args[0], "i");
        let lane = self.body.names.fresh("lane");
        let (places, rows) = (self.row_places(), self.read_rows());
        let body = self.region(region);
        let sums = self.sums(&lane, carried, region);
        let pace = &self.pace;
        let code = quote! {
            let (mut #rest, #ranks) = #root::private::ranks(#start, #end);
            if #ranks > 0 #(&& #fits)* {
                #memory
                #places
                let #pace = #root::private::pace();
                for _ in 0..#ranks {
                    let #index: [_; #root::private::ABREAST] = ::core::array::from_fn(
                        |#lane| #root::private::after(#rest, #lane)
                    );
                    #rows
                    #body
                    #sums
                    #rest = #root::private::after(#rest, #root::private::ABREAST);
                }
            }
        };
        (code, rest)
    }

    /// Declares what each iteration has for itself, and says of each whether it can be.
    fn memory(&mut self) -> (Vec<TokenStream>, TokenStream) {
        let root = self.body.root.clone();
        let mut lets = TokenStream::new();
        let mut fits = Vec::new();
        for var in self.found.files.clone() {
            let narrow = self.body.variable(var);
            let name = self.body.names.fresh("files");
            lets.extend(quote!(let mut #name = #root::private::files(&#narrow);));
            self.found.name_files(var, name);
        }
        for var in self.found.memory.clone() {
            let narrow = self.body.variable(var);
            let name = self.body.names.fresh(&self.body.graph.var(var).name);
            fits.push(quote!(#root::private::widens(&#narrow)));
            lets.extend(quote!(let mut #name = #root::private::widen(&#narrow);));
            self.body.name_var(var, &name);
        }
        for tape in self.found.tapes() {
            let name = self.body.names.fresh(&self.body.graph.var(tape).name);
            let kind = if self.found.is_saved(tape) {
                self.body.store(tape)
            } else {
                quote!(Tape)
            };
            lets.extend(quote!(let mut #name = #root::private::#kind::new();));
            self.body.vars.insert(tape, quote!(#name));
        }
        (fits, lets)
    }

    /// Adds to the carried sums iteration by iteration.
    fn sums(&mut self, lane: &Ident, carried: &[Ident], region: Region) -> TokenStream {
        if carried.is_empty() {
            return TokenStream::new();
        }
        let root = self.body.root.clone();
        let mut code = TokenStream::new();
        for id in self.found.chains.clone() {
            let before = self.enter(self.body.graph.site(id), lane);
            code.extend(self.body.site(id));
            self.leave(before);
        }
        let advance = self.body.advance(carried, region);
        quote!(for #lane in 0..#root::private::ABREAST { #code #advance })
    }

    fn region(&mut self, region: Region) -> TokenStream {
        let sites = self.body.graph.block(region).sites.iter();
        let own = sites.filter(|id| !self.found.chains.contains(id));
        let own: Vec<SiteId> = own.copied().collect();
        own.into_iter().map(|id| self.site(id)).collect()
    }

    /// Within code for one of the iterations, ranks that the site reads are its numbers.
    fn enter(&mut self, site: &Site, lane: &Ident) -> Vec<(Value, TokenStream)> {
        let mut before = Vec::new();
        let mut reads = site.reads();
        reads.sort_unstable();
        reads.dedup();
        for value in reads {
            if !self.found.is_rank(value) {
                continue;
            }
            if let Some(name) = self.body.values.get(&value).cloned() {
                self.body.spell_value(value, quote!(#name[#lane]));
                before.push((value, name));
            }
        }
        before
    }

    fn leave(&mut self, before: Vec<(Value, TokenStream)>) {
        for (value, name) in before {
            self.body.spell_value(value, name);
        }
    }

    fn site(&mut self, id: SiteId) -> TokenStream {
        let site = self.body.graph.site(id);
        self.body.names.stand_at(site.span);
        self.body.here = site.span;
        match &site.kind {
            Kind::For(range) => self.counted(site, range),
            Kind::If => self.branch(site),
            Kind::CallVjp(call) => self.call(site, call),
            Kind::Allocate(var) => {
                let first = self.rank(site.operands[0]);
                let name = self.body.names.fresh(&self.body.graph.var(*var).name);
                self.body.name_var(*var, &name);
                quote!(let mut #name = #first;)
            }
            Kind::Pull { call, bars, idle } => self.pull(site, call, bars, *idle),
            Kind::Store(path) | Kind::Accumulate(path) | Kind::Take(path) | Kind::Load(path) => {
                let lies = self.found.lies(path);
                let private = lies.as_ref().is_some_and(|lies| lies.private);
                let scattered = lies.is_some_and(|lies| lies.scattered);
                let code = match (&site.kind, private) {
                    (Kind::Load(_), false) => match self.element(id) {
                        Some(code) => code,
                        None => return self.each(id),
                    },
                    (Kind::Accumulate(_), false) => self.add_up(site, path, scattered),
                    _ if scattered => self.reach(site, path),
                    _ => self.touch(site, path),
                };
                standing(code, site.span)
            }
            _ => self.each(id),
        }
    }

    /// The site, for each of the iterations where it differs between them.
    fn each(&mut self, id: SiteId) -> TokenStream {
        let site = self.body.graph.site(id);
        let result = site.results.first().copied();
        let (Some(result), false) = (result, is_kept(&site.kind)) else {
            return self.body.site(id);
        };
        if !self.found.is_rank(result) {
            return self.body.site(id);
        }
        let lane = self.body.names.fresh("lane");
        let before = self.enter(site, &lane);
        let code = self.body.site(id);
        let number = self.body.value(result);
        self.leave(before);
        self.define(
            result,
            &quote!(::core::array::from_fn(|#lane| { #code #number })),
        )
    }

    fn define(&mut self, value: Value, code: &TokenStream) -> TokenStream {
        let root = self.body.root.clone();
        let name = self.body.fresh(value, "t");
        let number = match self.body.graph.ty(value) {
            Ty::Float(Some(Width::F64)) => quote!(f64),
            Ty::Float(Some(Width::F32)) => quote!(f32),
            _ => quote!(_),
        };
        quote!(let #name: #root::private::Rank<#number> = #code;)
    }

    /// The value as a rank.
    fn rank(&self, value: Value) -> TokenStream {
        let (root, code) = (&self.body.root, self.body.value(value));
        if self.found.is_rank(value) {
            code
        } else {
            quote!([#code; #root::private::ABREAST])
        }
    }

    /// Reads or writes a place that each iteration has for itself, all at one index.
    fn touch(&mut self, site: &Site, path: &Path) -> TokenStream {
        let (root, place) = (self.body.root.clone(), self.body.place_mut(path));
        match &site.kind {
            Kind::Store(_) => {
                let rank = self.rank(site.operands[0]);
                quote!(#place = #rank;)
            }
            Kind::Accumulate(_) => {
                let rank = self.rank(site.operands[0]);
                quote!(#root::private::add_ranks(&mut #place, #rank);)
            }
            Kind::Take(_) => {
                let taken = quote!(#root::private::take(&mut #place));
                self.define(site.results[0], &taken)
            }
            _ => self.define(site.results[0], &place),
        }
    }

    /// The same at indices that differ.
    fn reach(&mut self, site: &Site, path: &Path) -> TokenStream {
        let root = self.body.root.clone();
        let lane = self.body.names.fresh("lane");
        let before = self.enter(site, &lane);
        let place = self.body.place_mut(path);
        let part = site.operands.first().map(|v| self.body.value(*v));
        self.leave(before);
        let each = quote!(for #lane in 0..#root::private::ABREAST);
        match &site.kind {
            Kind::Store(_) => quote!(#each { #place[#lane] = #part; }),
            Kind::Accumulate(_) => quote!(#each { #place[#lane] += #part; }),
            kind => {
                let number = if matches!(kind, Kind::Take(_)) {
                    quote!(#root::private::take(&mut #place[#lane]))
                } else {
                    quote!(#place[#lane])
                };
                let code = quote!(::core::array::from_fn(|#lane| #number));
                self.define(site.results[0], &code)
            }
        }
    }

    /// Adds to a sum over all iterations.
    fn add_up(&mut self, site: &Site, path: &Path, scattered: bool) -> TokenStream {
        let root = self.body.root.clone();
        let part = site.operands[0];
        if !scattered {
            let (place, rank) = (self.body.place_mut(path), self.rank(part));
            return quote!(#place += #root::private::across(#rank););
        }
        let lane = self.body.names.fresh("lane");
        let before = self.enter(site, &lane);
        let (place, part) = (self.body.place_mut(path), self.body.value(part));
        self.leave(before);
        quote!(for #lane in 0..#root::private::ABREAST { #place += #part; })
    }
}

/// Whether the site only moves ranks to a tape or back.
fn is_kept(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Push(_) | Kind::Pop(_) | Kind::Next(_) | Kind::Save(..) | Kind::Restore(..)
    )
}
