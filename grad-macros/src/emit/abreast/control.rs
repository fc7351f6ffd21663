//! Branches and loops inside, which all iterations go through together.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Ranks;
use crate::ir::{Kind, Range, Site, Value};

impl Ranks<'_, '_> {
    pub(super) fn branch(&mut self, site: &Site) -> TokenStream {
        let condition = self.body.value(site.operands[0]);
        let sides: Vec<TokenStream> = (site.regions.iter())
            .map(|region| {
                let statements = self.region(*region);
                let yields = &self.body.graph.block(*region).yields;
                let yields: Vec<TokenStream> = (yields.iter().zip(&site.results))
                    .map(|(value, result)| self.as_wide(*value, *result))
                    .collect();
                quote!({ #statements (#(#yields,)*) })
            })
            .collect();
        let (then, otherwise) = (&sides[0], &sides[1]);
        self.body
            .define_tuple(site, &quote!(if #condition #then else #otherwise))
    }

    /// The value, a rank where `like` is one.
    fn as_wide(&self, value: Value, like: Value) -> TokenStream {
        if self.found.is_rank(like) {
            self.rank(value)
        } else {
            self.body.value(value)
        }
    }

    pub(super) fn counted(&mut self, site: &Site, range: &Range) -> TokenStream {
        let region = site.regions[0];
        let block = self.body.graph.block(region);
        let inits = &site.operands[range.first_carried()..];
        let (mut lets, mut names) = (TokenStream::new(), Vec::new());
        for (k, init) in inits.iter().enumerate() {
            let (arg, result) = (block.args[k + 1], site.results[k]);
            let first = self.as_wide(*init, arg);
            let ty = self.body.carried_type(*init, [arg, result]);
            let name = self.body.fresh(arg, "carried");
            self.body.spell_value(result, quote!(#name));
            lets.extend(self.carried(&name, arg, &first, ty));
            names.push(name);
        }
        let index = self.body.fresh(block.args[0], "i");
        let head = self.head(site, range, &index);
        let body = self.region(region);
        let nexts: Vec<TokenStream> = (block.yields.iter().zip(&block.args[1..]))
            .map(|(next, arg)| self.as_wide(*next, *arg))
            .collect();
        let advance = match names.as_slice() {
            [] => TokenStream::new(),
            _ => quote!((#(#names,)*) = (#(#nexts,)*);),
        };
        quote!(#lets #head { #body #advance })
    }

    /// The head of a loop inside; LLVM does not see how long an innermost one is.
    fn head(&mut self, site: &Site, range: &Range, index: &Ident) -> TokenStream {
        let graph = self.body.graph;
        let mut inside = graph.sites_within(site.regions[0]).into_iter();
        let plain = inside.all(|id| {
            let kind = &graph.site(id).kind;
            !kind.is_loop() && !matches!(kind, Kind::Push(_) | Kind::Next(_))
        });
        if range.inclusive || !range.adaptors.is_empty() || !plain {
            let iteration = self.body.iteration(site, range);
            return self.body.head(site.regions[0], range, index, &iteration);
        }
        let (start, end) = (
            self.body.value(site.operands[0]),
            self.body.value(site.operands[1]),
        );
        let (root, pace) = (&self.body.root, &self.pace);
        quote!(for #index in #root::private::paces(#start, #end, #pace))
    }

    fn carried(
        &self,
        name: &Ident,
        arg: Value,
        first: &TokenStream,
        ty: Option<TokenStream>,
    ) -> TokenStream {
        let root = &self.body.root;
        match (self.found.is_rank(arg), ty) {
            (true, Some(ty)) => quote! {
                let mut #name: #root::private::Rank<_> = { let first #ty = #first[0]; [first; #root::private::ABREAST] };
            },
            (true, None) => quote!(let mut #name: #root::private::Rank<_> = #first;),
            (false, ty) => quote!(let mut #name #ty = #first;),
        }
    }
}
