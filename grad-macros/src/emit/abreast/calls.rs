//! Calls that each iteration makes for itself.
//!
//! A callee knows nothing of ranks: what it is handed of private arrays is copied into a file for each
//! iteration, and what it adds to their cotangents is added from files.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Ranks;
use crate::ir::{Call, Path, Site, Var};

impl Ranks<'_, '_> {
    /// The call of a companion, whose results are ranks.
    pub(super) fn call(&mut self, site: &Site, call: &Call) -> TokenStream {
        let root = self.body.root.clone();
        let paths: Vec<Path> = call
            .args
            .iter()
            .filter_map(|arg| arg.path().cloned())
            .collect();
        let filled = self.fill(&paths);
        let lane = self.body.names.fresh("lane");
        let (before, places) = (self.enter(site, &lane), self.open(&paths, &lane));
        let code = self.body.call_derived(call, "vjp", &[], site.span);
        self.leave(before);
        self.close(places);
        let names: Vec<Ident> = (site.results.iter())
            .map(|value| self.body.fresh(*value, "t"))
            .collect();
        quote! {
            #filled
            let (#(#names,)*) = #root::private::unzip_ranks(::core::array::from_fn(|#lane| #code));
        }
    }

    /// The pullbacks of such calls.
    pub(super) fn pull(
        &mut self,
        site: &Site,
        call: &Call,
        bars: &[Option<Path>],
        idle: bool,
    ) -> TokenStream {
        let root = self.body.root.clone();
        let args: Vec<Path> = call
            .args
            .iter()
            .filter_map(|arg| arg.path().cloned())
            .collect();
        let own: Vec<Path> = bars.iter().flatten().cloned().collect();
        let filled = self.fill(&args);
        let [lane, pull] = ["lane", "pull"].map(|name| self.body.names.fresh(name));
        let pulls = self.body.value(site.operands[0]);
        let before = self.enter(site, &lane);
        let (handed, places) = (site.operands[0], self.open(&args, &lane));
        let shadows = self.open(&own, &lane);
        self.body.spell_value(handed, quote!(#pull));
        let mut run = self.body.pull(site, call, bars);
        if idle {
            run = self.body.unless_zero(site.operands[1], &run);
        }
        self.leave(before);
        self.close(shadows);
        self.close(places);
        let mut joined = TokenStream::new();
        for path in &own {
            if let Some(files) = self.files_of(path) {
                let ranks = self.body.place_mut(path);
                joined.extend(quote!(#root::private::join_ranks(&mut #ranks[..], #files);));
            }
        }
        quote! {
            #filled
            for (#lane, #pull) in #pulls.into_iter().enumerate() { #run; }
            #joined
        }
    }

    /// Copies what calls are handed of private arrays into their files.
    fn fill(&mut self, paths: &[Path]) -> TokenStream {
        let root = self.body.root.clone();
        let mut code = TokenStream::new();
        for path in paths {
            if let Some(files) = self.files_of(path) {
                let ranks = self.body.place(path);
                code.extend(quote!(#root::private::split_ranks(&#ranks[..], #files);));
            }
        }
        code
    }

    /// The part of each file that stands for the place.
    fn files_of(&mut self, path: &Path) -> Option<TokenStream> {
        let files = self.found.files_name(path.root)?.clone();
        let before = self.spell(path.root, quote!(file));
        let place = self.body.place(path);
        self.close(vec![before]);
        Some(quote!(#files.each_mut().map(|file| &mut #place[..])))
    }

    /// From here on private arrays are spelled as their files.
    fn open(&mut self, paths: &[Path], lane: &Ident) -> Vec<Spelled> {
        let mut before = Vec::new();
        for path in paths {
            if let Some(files) = self.found.files_name(path.root).cloned() {
                before.push(self.spell(path.root, quote!(#files[#lane])));
            } else if self.found.cells.contains(&path.root) {
                let cell = self.body.variable(path.root);
                before.push(self.spell(path.root, quote!(#cell[#lane])));
            }
        }
        before
    }

    fn spell(&mut self, var: Var, name: TokenStream) -> Spelled {
        Spelled {
            var,
            name: self.body.vars.insert(var, name),
            is_ref: self.body.refs.remove(&var),
            whole: self.body.wholes.remove(&var),
        }
    }

    fn close(&mut self, before: Vec<Spelled>) {
        for spelled in before.into_iter().rev() {
            if let Some(name) = spelled.name {
                self.body.vars.insert(spelled.var, name);
            }
            if spelled.is_ref {
                self.body.refs.insert(spelled.var);
            }
            if let Some(whole) = spelled.whole {
                self.body.wholes.insert(spelled.var, whole);
            }
        }
    }
}

/// How a variable was spelled.
struct Spelled {
    var: Var,
    name: Option<TokenStream>,
    is_ref: bool,
    whole: Option<Ident>,
}
