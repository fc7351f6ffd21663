//! Loops that only sum cotangents, several iterations side by side.
//!
//! `for j { sum += y_bar[i * n + j] * b[k * n + j] }` waits for one addition after the other, as floats
//! may not be reordered. A cotangent's sum is ours, so such a loop is cut into strips of
//! `private::STRIP` iterations with a sum for each; what is left, and what does not lie within its
//! array, takes the loop as it stands. Additions to arrays keep their order.

mod find;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use self::find::{Part, Row, Strips};
use super::body::Body;
use crate::ir::{Range, Site, Ty, Width};

impl Body<'_> {
    /// The strips of a loop with these carried variables, and where the rest of it begins.
    pub(super) fn strips(
        &mut self,
        site: &Site,
        range: &Range,
        carried: &[Ident],
    ) -> Option<(TokenStream, Ident)> {
        if self.lanes.is_some() || self.linear.is_some() {
            return None;
        }
        let graph = self.graph;
        let strips = Strips::of(graph, site, range)?;
        let sequences = strips.rows.iter().all(|row| self.is_sequence(&row.whole));
        let read_guarded = strips
            .rows
            .iter()
            .any(|row| !row.written && self.guards.contains_key(&row.whole.root));
        if !sequences || read_guarded {
            return None;
        }
        Some(self.strip_loop(site, &strips, carried))
    }

    fn strip_loop(
        &mut self,
        site: &Site,
        strips: &Strips,
        carried: &[Ident],
    ) -> (TokenStream, Ident) {
        let root = self.root.clone();
        let (start, end) = (self.value(site.operands[0]), self.value(site.operands[1]));
        let [rest, whole, at, lane] =
            ["rest", "whole", "at", "lane"].map(|name| self.names.fresh(name));
        let mut fixed = TokenStream::new();
        for (id, part) in &strips.parts {
            if matches!(part, Part::Fixed) {
                fixed.extend(self.site(*id));
            }
        }
        let rows: Vec<Ident> = strips
            .rows
            .iter()
            .map(|_| self.names.fresh("row"))
            .collect();
        let found: Vec<_> = (strips.rows.iter())
            .map(|row| self.row(row, &start, &whole))
            .collect();
        let (opening, closing, elements) = self.ends_of_strip(strips, &rows, &at);
        let sums: Vec<Ident> = carried.iter().map(|_| self.names.fresh("sums")).collect();
        let body = self.strip(strips, &elements, &sums, &lane);
        let zeros = site.results.iter().map(|v| zero(self.graph.ty(*v)));
        let code = quote! {
            let mut #rest = #start;
            let #whole = #root::private::whole_strips(#start, #end);
            if #whole > 0 {
                #fixed
                if let (#(::core::option::Option::Some(#rows),)*) = (#(#found,)*) {
                    #(let mut #sums = [#zeros; #root::private::STRIP];)*
                    for #at in (0..#whole).step_by(#root::private::STRIP) {
                        #opening
                        for #lane in 0..#root::private::STRIP { #body }
                        #closing
                    }
                    #(#carried += #root::private::total(#sums);)*
                    #rest += #whole;
                }
            }
        };
        (code, rest)
    }

    /// The elements that a row consists of, if they are all there; nothing of what nobody wants.
    fn row(&self, row: &Row, start: &TokenStream, whole: &Ident) -> TokenStream {
        let root = &self.root;
        let base = row.base.map_or_else(|| quote!(0), |base| self.value(base));
        if !row.written {
            let place = self.place(&row.whole);
            return quote!(#root::private::row(&#place[..], #base, #start, #whole));
        }
        let place = self.place_mut(&row.whole);
        let found = quote!(#root::private::row_mut(&mut #place[..], #base, #start, #whole));
        match self.guards.get(&row.whole.root) {
            Some(wanted) => quote! {
                if #wanted { #found } else { ::core::option::Option::Some(::core::default::Default::default()) }
            },
            None => found,
        }
    }

    /// What reads the elements of a strip and writes them back, and their names.
    fn ends_of_strip(
        &mut self,
        strips: &Strips,
        rows: &[Ident],
        at: &Ident,
    ) -> (TokenStream, TokenStream, Vec<Ident>) {
        let root = self.root.clone();
        let (mut opening, mut closing) = (TokenStream::new(), TokenStream::new());
        let mut elements = Vec::new();
        for (row, name) in strips.rows.iter().zip(rows) {
            let strip = self.names.fresh("strip");
            let read = quote!(#root::private::strip(#name, #at));
            opening.extend(if row.written {
                // Taken up where it is added to, behind what the strip reads.
                closing.extend(self.wanted(
                    row,
                    &quote! {
                        let mut added = #read;
                        for k in 0..#root::private::STRIP { added[k] += #strip[k]; }
                        #root::private::put_strip(#name, #at, &added);
                    },
                ));
                quote!(let mut #strip = [0.0; #root::private::STRIP];)
            } else {
                quote!(let #strip = #read;)
            });
            elements.push(strip);
        }
        (opening, closing, elements)
    }

    fn wanted(&self, row: &Row, code: &TokenStream) -> TokenStream {
        match self.guards.get(&row.whole.root) {
            Some(wanted) => quote!(if #wanted { #code }),
            None => quote!({ #code }),
        }
    }

    /// One iteration of a strip.
    fn strip(
        &mut self,
        strips: &Strips,
        elements: &[Ident],
        sums: &[Ident],
        lane: &Ident,
    ) -> TokenStream {
        let mut body = TokenStream::new();
        for (id, part) in &strips.parts {
            let site = self.graph.site(*id);
            body.extend(match part {
                Part::Fixed | Part::Place => continue,
                Part::Element(row) => {
                    let strip = &elements[*row];
                    self.spell_value(site.results[0], quote!(#strip[#lane]));
                    continue;
                }
                Part::Each => self.site(*id),
                Part::Add(row) => {
                    let (strip, part) = (&elements[*row], self.value(site.operands[0]));
                    quote!(#strip[#lane] = #part;)
                }
                Part::Sum(k, part) => {
                    let (sum, part) = (&sums[*k], self.value(*part));
                    quote!(#sum[#lane] += #part;)
                }
            });
        }
        body
    }
}

fn zero(ty: &Ty) -> TokenStream {
    match ty {
        Ty::Float(Some(Width::F64)) => quote!(0.0_f64),
        Ty::Float(Some(Width::F32)) => quote!(0.0_f32),
        _ => quote!(0.0),
    }
}
