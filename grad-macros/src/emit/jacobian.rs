//! `jacobian_f`, and `jvp_` on a batch of directions.
//!
//! Forward mode takes columns in passes: as many at once as there are lanes, or one at a time where
//! the function has none. Reverse mode takes a row in each pass. For `fn f(x: &[f64]) -> Vec<f64>`
//! with lanes:
//!
//! ```text
//! let (value, push) = f::lanes_once(x, Wrt, Directions::<4>);
//! let mut first = 0;
//! loop {
//!     let mut x_dot = private::zero_lanes::<4, _>(x);
//!     let mut entry = 0;
//!     private::units(&mut x_dot, &mut entry, first, Directions::<4>);
//!     let dot = push(x, Some(&x_dot));
//!     let mut columns = private::Columns::new(jacobian, entry, first);
//!     columns.read_lanes(&dot, Directions::<4>);
//!     first += 4;
//!     if first >= entry { return value; }
//! }
//! ```
//!
//! Where there is but one pass, or `f` changes what it is given, `f::lanes` gives value and tangent.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::items::{Derived, Home};
use super::signatures::bare;
use crate::signature::{Parameter, Passing, entries_of};

/// How a Jacobian is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// Forward, so many columns at once.
    Lanes(u8),
    /// Forward, a column at a time.
    Forward,
    /// A row at a time.
    Reverse,
}

/// Names in the bodies that meet no parameter's.
struct Locals {
    jacobian: Ident,
    first: Ident,
    entry: Ident,
    value: Ident,
    dot: Ident,
    pull: Ident,
    reader: Ident,
    columns: Ident,
    last: Ident,
}

/// How many floats the parameters have, where their types say so.
fn entries<'p>(mut parameters: impl Iterator<Item = &'p Parameter>) -> Option<u64> {
    parameters.try_fold(0_u64, |sum, p| sum.checked_add(entries_of(&p.base)?))
}

impl Derived<'_> {
    /// Reverse mode where the signature says that there are fewer outputs than inputs, else
    /// forward mode.
    fn jacobian_way(&self) -> Way {
        let changed = |p: &&Parameter| p.passing == Passing::RefMut;
        let inputs = entries(self.active());
        let outputs = entries(self.active().filter(changed)).and_then(|changed| {
            let result = entries_of(&self.signature.output_type)?;
            changed.checked_add(result)
        });
        let few_rows = matches!((outputs, inputs), (Some(rows), Some(columns)) if rows < columns);
        match self.lanes {
            _ if self.rows && self.modes.reverse() => Way::Reverse,
            _ if self.modes.reverse() && (few_rows || !self.modes.forward()) => Way::Reverse,
            Some(lanes) => {
                let all = inputs.and_then(|columns| u8::try_from(columns).ok());
                Way::Lanes(all.map_or(lanes, |columns| columns.clamp(1, lanes)))
            }
            None => Way::Forward,
        }
    }

    /// Whether the columns may be more than lanes, so that the value is computed apart.
    fn has_many_passes(&self, way: Way) -> bool {
        let Way::Lanes(lanes) = way else {
            return false;
        };
        let inputs = entries(self.active());
        self.has_linear() && inputs.is_none_or(|columns| columns > lanes.into())
    }

    fn locals(&self) -> Locals {
        Locals {
            jacobian: self.free("jacobian"),
            first: self.free("first"),
            entry: self.free("entry"),
            value: self.free("value"),
            dot: self.free("dot"),
            pull: self.free("pull"),
            reader: self.free("reader"),
            columns: self.free("columns"),
            last: self.free("last"),
        }
    }

    fn dot_name(parameter: &Parameter) -> Ident {
        parameter.dot.clone()
    }

    /// A reference to a parameter's content.
    fn seen(parameter: &Parameter) -> TokenStream {
        let name = &parameter.name;
        match parameter.passing {
            Passing::Value => quote!(&#name),
            Passing::Ref => quote!(#name),
            Passing::RefMut => quote!(&*#name),
        }
    }

    /// Parameters whose tangents are seeded, and those that are outputs too.
    fn active(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters().iter().filter(|p| p.wrt)
    }

    fn changed(&self) -> impl Iterator<Item = &Parameter> {
        (self.parameters().iter()).filter(|p| p.passing == Passing::RefMut)
    }

    pub(super) fn jacobian_items(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (generics, where_clause) = (bare(&self.sig.generics), self.where_clause());
        let output = &self.signature.output_type;
        let inputs: Vec<_> = (self.parameters().iter())
            .map(|p| self.input(p, false))
            .collect();
        let plain: Vec<_> = self.parameters().iter().map(|p| &p.name).collect();
        let locals = self.locals();
        let (jacobian, value) = (&locals.jacobian, &locals.value);
        let [short, both, write] = ["jacobian", "value_and_jacobian", "write_jacobian"]
            .map(|prefix| format_ident!("{prefix}_{name}"));
        let own = |ident: &Ident| match self.home {
            Home::Module => quote!(#ident),
            _ => quote!(Self::#ident),
        };
        let (call_both, call_write) = (own(&both), own(&write));
        let way = self.jacobian_way();
        let how = match way {
            Way::Lanes(lanes) if self.has_many_passes(way) => {
                format!("forward mode, one call and a push of tangents for each {lanes} inputs")
            }
            Way::Lanes(lanes) => {
                format!("forward mode, {lanes} columns at a time: one call for each {lanes} inputs")
            }
            Way::Forward => "forward mode, one call for each input".to_owned(),
            Way::Reverse if self.rows => {
                "reverse mode, one call and a reverse sweep for each output".to_owned()
            }
            Way::Reverse => "reverse mode, one call and a sweep for each output".to_owned(),
        };
        let short = self.function(
            &format!("The derivative of every output of `{name}` by every input ({how})."),
            &quote!(fn #short #generics(#(#inputs),*) -> #root::Jacobian #where_clause),
            &quote!(#call_both(#(#plain),*).1),
            stub,
        );
        let both = self.function(
            &format!("The value of `{name}` and its Jacobian ({how})."),
            &quote!(fn #both #generics(#(#inputs),*) -> (#output, #root::Jacobian) #where_clause),
            &quote! {
                let mut #jacobian = #root::Jacobian::new();
                let #value = #call_write(#(#plain,)* &mut #jacobian);
                (#value, #jacobian)
            },
            stub,
        );
        let body = match way {
            Way::Lanes(_) | Way::Forward => self.by_columns(way, &locals),
            Way::Reverse => self.by_rows(&locals),
        };
        let kept = self.kept_content(way);
        let write = self.writing_function(
            &format!(
                "The value of `{name}`; writes its Jacobian, whose place is used again ({how})."
            ),
            &quote!(fn #write #generics(#(#inputs,)* #jacobian: &mut #root::Jacobian) -> #output #where_clause),
            &quote!(#kept #body),
            stub,
        );
        let batch = self.batch_item(way, &locals, stub);
        quote!(#short #both #write #batch)
    }

    /// What later passes need of the places that a pass changes.
    fn kept_content(&self, way: Way) -> TokenStream {
        let root = &self.root;
        if way == Way::Reverse && self.rows {
            return TokenStream::new();
        }
        let keep = |p: &Parameter| {
            let (kept, name) = (format_ident!("{}_kept", p.name), &p.name);
            quote!(let #kept = #root::private::keep(&*#name);)
        };
        self.changed().map(keep).collect()
    }

    fn restored_content(&self) -> TokenStream {
        let root = &self.root;
        let restore = |p: &Parameter| {
            let (kept, name) = (format_ident!("{}_kept", p.name), &p.name);
            quote!(#root::private::restore(&mut *#name, &#kept);)
        };
        self.changed().map(restore).collect()
    }

    /// Every parameter's tangent as the companion takes it.
    fn dots_given(&self) -> TokenStream {
        let given = self.parameters().iter().map(|p| {
            let dot = Self::dot_name(p);
            match (p.wrt, p.passing) {
                (false, _) => quote!(::core::option::Option::None),
                (true, Passing::RefMut) => quote!(::core::option::Option::Some(&mut #dot)),
                (true, _) => quote!(::core::option::Option::Some(&#dot)),
            }
        });
        quote!(#(#given),*)
    }

    fn pushed(&self, way: Way) -> TokenStream {
        let (root, args, dots) = (&self.root, self.kept_args(), self.dots_given());
        match way {
            Way::Lanes(lanes) => {
                let lanes = Literal::usize_unsuffixed(lanes.into());
                let rest = quote!(#root::private::Directions::<#lanes>, #dots);
                self.call("lanes", &args, &rest)
            }
            _ => self.call("jvp", &args, &dots),
        }
    }

    fn by_columns(&self, way: Way, locals: &Locals) -> TokenStream {
        let root = &self.root;
        let Locals {
            jacobian,
            first,
            entry,
            value,
            dot,
            pull,
            reader,
            last,
            ..
        } = locals;
        let width = match way {
            Way::Lanes(lanes) => usize::from(lanes),
            _ => 1,
        };
        let width = Literal::usize_unsuffixed(width);
        let directions = quote!(#root::private::Directions::<#width>);
        let seeds = self.active().map(|p| {
            let (x_dot, seen) = (Self::dot_name(p), Self::seen(p));
            match way {
                Way::Lanes(_) => quote! {
                    let mut #x_dot = #root::private::zero_lanes::<#width, _>(#seen);
                    #root::private::units(&mut #x_dot, &mut #entry, #first, #directions);
                },
                _ => quote! {
                    let mut #x_dot = #root::private::zero_like(#seen);
                    #root::private::unit(&mut #x_dot, &mut #entry, #first);
                },
            }
        });
        let seeds: TokenStream = seeds.collect();
        let changed = self.changed().filter(|p| p.wrt).map(Self::dot_name);
        let outputs = std::iter::once(dot.clone()).chain(changed);
        let read = outputs.map(|output| match way {
            Way::Lanes(_) => quote!(#reader.read_lanes(&#output, #directions);),
            _ => quote!(#reader.read(&mut #output);),
        });
        let restore = self.restored_content();
        // The value once for all passes, where there may be more than one.
        let (once, each) = if self.has_many_passes(way) {
            let kept = self.call("lanes_once", &self.kept_args(), &directions);
            let (references, dots) = (self.references(), self.dots_given());
            let each =
                quote!(let mut #dot = #pull(#(#references,)* #dots, #root::private::Wanted::ALL););
            (quote!(let (#value, #pull) = #kept;), each)
        } else {
            let call = self.pushed(way);
            (TokenStream::new(), quote!(let (#value, mut #dot) = #call;))
        };
        quote! {
            #once
            let mut #last = ::core::option::Option::None;
            let mut #first = 0_usize;
            loop {
                let mut #entry = 0_usize;
                #seeds
                #each
                let mut #reader = #root::private::Columns::new(#jacobian, #entry, #first);
                #(#read)*
                #first += #width;
                if #first >= #entry {
                    return #value;
                }
                // Kept until the next is there, for its memory to stay with the program.
                #last = ::core::option::Option::Some(#dot);
                #restore
            }
        }
    }

    fn by_rows(&self, locals: &Locals) -> TokenStream {
        let root = &self.root;
        let Locals {
            jacobian,
            first: row,
            entry,
            value,
            dot: seed,
            pull,
            reader,
            columns,
            ..
        } = locals;
        let call = self.call("vjp", &self.kept_args(), &TokenStream::new());
        let (zeros, references) = (self.zeros(|_| true), self.references());
        let places = self.places(|_, bar| quote!(&mut #bar));
        let seed_type = self.output_tangent();
        let changed = self.changed().filter(|p| p.wrt).map(Self::bar_name);
        let bars: Vec<_> = self.active().map(Self::bar_name).collect();
        let restore = self.restored_content();
        // The primal sweep once for all rows, where its pullback can be run again.
        let primal = quote!(let (#value, #pull) = #call;);
        let (once, each, restore) = if self.rows {
            let again = quote!(let #pull = ::core::clone::Clone::clone(&#pull););
            (primal, again, TokenStream::new())
        } else {
            (TokenStream::new(), primal, restore)
        };
        quote! {
            #once
            let mut #row = 0_usize;
            loop {
                #each
                let mut #entry = 0_usize;
                let mut #seed: #seed_type = #root::private::zero_like(&#value);
                #root::private::unit(&mut #seed, &mut #entry, #row);
                #zeros
                #(#root::private::unit(&mut #changed, &mut #entry, #row);)*
                #pull(#seed, #(#references,)* #(#places),*);
                let #columns = 0_usize #(+ #root::private::entries(&mut #bars))*;
                if let ::core::option::Option::Some(mut #reader) =
                    #root::private::Row::new(#jacobian, #row, #entry, #columns)
                {
                    #(#reader.read(&mut #bars);)*
                }
                #row += 1;
                if #row >= #entry {
                    return #value;
                }
                #restore
            }
        }
    }

    /// `jvp_` on many directions; of functions that only read what they are given.
    fn batch_item(&self, way: Way, locals: &Locals, stub: bool) -> TokenStream {
        let forward = self.modes.forward() || self.lanes.is_some();
        if self.changed().next().is_some() || !forward {
            return TokenStream::new();
        }
        let way = match (way, self.lanes) {
            (Way::Reverse, Some(lanes)) => Way::Lanes(lanes),
            (Way::Reverse, None) => Way::Forward,
            (way, _) => way,
        };
        let (root, name) = (&self.root, self.name());
        let (generics, where_clause) = (bare(&self.sig.generics), self.where_clause());
        let (output, tangent) = (&self.signature.output_type, self.public_tangent());
        let inputs: Vec<_> = (self.parameters().iter())
            .map(|p| self.input(p, false))
            .collect();
        let tangents: Vec<_> = self.active().map(|p| p.tangent_type(root)).collect();
        let dots: Vec<_> = self.active().map(Self::dot_name).collect();
        let (direction, parts) = (Self::joined(&tangents), quote!((#(#dots),*)));
        let directions = self.free("directions");
        let jvp = format_ident!("jvp_batch_{name}");
        let checks = self.active().map(|p| {
            let (dot, seen) = (Self::dot_name(p), Self::seen(p));
            let text = dot.to_string();
            if p.is_sequence() {
                let name = &p.name;
                quote!(#root::private::check_len(#text, #name.len(), #dot.len());)
            } else {
                quote!(#root::private::check_shape(#text, #seen, #dot);)
            }
        });
        let check = quote!(for #parts in #directions { #(#checks)* });
        let pass = self.batch_pass(way, locals, &directions, &parts);
        self.function(
            &format!("The value of `{name}` and its derivative in each of the directions (forward mode).\n\n# Panics\n\nIf a direction's length is not its parameter's; the message has both."),
            &quote!(fn #jvp #generics(#(#inputs,)* #directions: &[#direction])
                -> (#output, #root::private::Vec<#tangent>) #where_clause),
            &quote!(#check #pass),
            stub,
        )
    }

    fn batch_pass(
        &self,
        way: Way,
        locals: &Locals,
        directions: &Ident,
        parts: &TokenStream,
    ) -> TokenStream {
        let root = &self.root;
        let Locals {
            jacobian: out,
            first,
            value,
            dot,
            entry: chunk,
            reader: lane,
            ..
        } = locals;
        let call = self.pushed(way);
        let (width, seeds, keep) = if let Way::Lanes(lanes) = way {
            let width = Literal::usize_unsuffixed(lanes.into());
            let kind = quote!(#root::private::Directions::<#width>);
            let zeros = self.active().map(|p| {
                let (x_dot, seen) = (Self::dot_name(p), Self::seen(p));
                quote!(let mut #x_dot = #root::private::zero_lanes::<#width, _>(#seen);)
            });
            let from: Vec<_> = (self.active())
                .map(|p| format_ident!("{}_from", p.name))
                .collect();
            let dots = self.active().map(Self::dot_name);
            let seeds = quote! {
                #(#zeros)*
                for (#lane, (#(#from),*)) in #chunk.iter().enumerate() {
                    #(#root::private::set_lane(&mut #dots, #lane, #from, #kind);)*
                }
            };
            let keep = quote!(#out.extend(#root::private::split_lanes(&#value, &#dot, #chunk.len(), #kind)););
            (usize::from(lanes), seeds, keep)
        } else {
            // One direction: the zero tangent, where there is none.
            let made = self.active().map(|p| {
                let (x_dot, seen) = (Self::dot_name(p), Self::seen(p));
                quote!(let mut #x_dot = #root::private::zero_like(#seen);)
            });
            let dots: Vec<_> = self.active().map(Self::dot_name).collect();
            let from: Vec<_> = (self.active())
                .map(|p| format_ident!("{}_from", p.name))
                .collect();
            let seeds = quote! {
                #(#made)*
                for (#(#from),*) in #chunk {
                    #(#dots = #root::Tangent::duplicate(#from);)*
                }
            };
            let tangent = if self.signature.output == crate::ir::Ty::Unit {
                quote!(())
            } else {
                quote!(#dot)
            };
            let keep = quote!(if !#chunk.is_empty() { #out.push(#tangent); });
            (1, seeds, keep)
        };
        let _ = parts;
        let width = Literal::usize_unsuffixed(width);
        quote! {
            let mut #out = #root::private::Vec::new();
            let mut #first = 0_usize;
            loop {
                let #chunk = &#directions[#first..#directions.len().min(#first + #width)];
                #seeds
                let (#value, #dot) = #call;
                #keep
                #first += #width;
                if #first >= #directions.len() {
                    return (#value, #out);
                }
            }
        }
    }
}
