//! Arrays made of entries: `array![..]`, `Array::from_shape_fn(..)`, `stack(..)`, each as an expression
//! over `shaped`, which gives a vector of entries its shape.

use proc_macro2::Span;
use quote::quote_spanned;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Macro, Token};

use super::super::macros::name_of;
use super::super::{Lower, Operand};
use super::{Rank, rank_of_name};
use crate::ir::{Callee, Code, Kind};

impl Lower<'_> {
    /// A call that makes an array of entries or of arrays; `None` for any other.
    pub(in crate::front) fn made_array(
        &mut self,
        names: &[&str],
        args: &[&Expr],
        span: Span,
    ) -> Option<Operand> {
        if !self.graph.on_arrays {
            return None;
        }
        let rules = quote_spanned!(span=> __grad::private::rules);
        match (names, args) {
            ([] | [.., "ndarray"], _) => None,
            (["stack" | "concatenate"] | ["ndarray", "stack" | "concatenate"], [axis, arrays]) => {
                let name = syn::Ident::new(names.last()?, span);
                let arrays = owned_elements(arrays);
                self.lowered(&quote_spanned!(span=> #rules::#name(#axis, #arrays)), None)
            }
            (["arr1"] | ["ndarray", "arr1"], [entries]) => {
                let code = quote_spanned!(span=> {
                    let __entries = (#entries).to_vec();
                    #rules::shaped(__entries.len(), __entries)
                });
                self.lowered(&code, Some(Rank::Of(1)))
            }
            (["arr2"] | ["ndarray", "arr2"], [Expr::Reference(entries)]) => {
                let Expr::Array(rows) = &*entries.expr else {
                    return None;
                };
                self.array_of(rows.elems.iter(), span)
            }
            ([.., "Slice", "from"], [range @ Expr::Range(_)]) => {
                let part = Part {
                    range: (*range).clone(),
                    step: None,
                };
                let mut captures = Vec::new();
                let range = self.info_part(&part, &mut captures);
                let path = names.iter().map(|name| syn::Ident::new(name, span));
                let code = quote_spanned!(span=> #(#path)::*(#range));
                let info = self.extent_value(code, captures, crate::ir::Ty::Inert, span);
                Some(Operand::Value(info))
            }
            ([.., of, name], _) => {
                let rank = rank_of_name(of)?;
                let code = made_of(name, args, rank, span)?;
                let rank = if matches!(*name, "from_vec" | "from_iter" | "from") {
                    Rank::Of(1)
                } else {
                    rank
                };
                self.lowered(&code, Some(rank))
            }
            _ => None,
        }
    }

    /// `Array2::from_shape_vec(shape, entries).unwrap()`, `.expect(..)`.
    pub(in crate::front) fn shaped_vector(&mut self, call: &ExprMethodCall) -> Option<Operand> {
        let unwraps = call.method == "unwrap" || call.method == "expect";
        let Expr::Call(made) = &*call.receiver else {
            return None;
        };
        let Expr::Path(path) = &*made.func else {
            return None;
        };
        if !unwraps || !self.graph.on_arrays || made.args.len() != 2 {
            return None;
        }
        let mut segments = path.path.segments.iter().rev();
        let (last, of) = (segments.next()?, segments.next()?);
        let rank =
            rank_of_name(&of.ident.to_string()).filter(|_| last.ident == "from_shape_vec")?;
        let (shape, entries) = (&made.args[0], &made.args[1]);
        let code =
            quote_spanned!(last.ident.span()=> __grad::private::rules::shaped(#shape, #entries));
        self.lowered(&code, Some(rank))
    }

    /// `array![..]`, `stack![..]`, `concatenate![..]`, `s![..]`; `None` for any other macro.
    pub(in crate::front) fn array_macro(&mut self, mac: &Macro) -> Option<Operand> {
        if !self.graph.on_arrays {
            return None;
        }
        let name = name_of(mac);
        let span = mac.path.span();
        let parse = || Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone());
        match name.as_str() {
            "array" => self.array_of(parse().ok()?.iter(), span),
            "stack" | "concatenate" => {
                let parts = parse().ok()?;
                let axis = parts.first()?;
                let arrays = parts.iter().skip(1);
                let name = syn::Ident::new(&name, span);
                let code = quote_spanned!(span=>
                    __grad::private::rules::#name(#axis, &[#((#arrays).to_owned()),*]).unwrap()
                );
                self.lowered(&code, None)
            }
            "azip" => {
                let zip: Zipping = syn::parse2(mac.tokens.clone()).ok()?;
                self.lowered(&zip.chain(span), None)
            }
            "s" => self.slice_info(mac),
            _ => None,
        }
    }

    fn lowered(&mut self, code: &proc_macro2::TokenStream, rank: Option<Rank>) -> Option<Operand> {
        let expr: Expr = syn::parse2(code.clone()).ok()?;
        let made = self.lower_expr(&expr);
        if let (Operand::Value(value), Some(rank)) = (&made, rank) {
            self.graph.value_mut(*value).ty = rank.ty();
        }
        Some(made)
    }

    /// An array of the entries as they are nested.
    fn array_of<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e Expr>,
        span: Span,
    ) -> Option<Operand> {
        let mut level: Vec<&Expr> = entries.collect();
        let mut shape = vec![level.len()];
        while let Some(Expr::Array(first)) = level.first() {
            let side = first.elems.len();
            let inner: Option<Vec<_>> = level
                .iter()
                .map(|row| match row {
                    Expr::Array(row) if row.elems.len() == side => Some(row.elems.iter()),
                    _ => None,
                })
                .collect();
            level = inner?.into_iter().flatten().collect();
            shape.push(side);
        }
        let rank = u8::try_from(shape.len()).ok()?;
        let code = quote_spanned!(span=>
            __grad::private::rules::shaped([#(#shape),*], ::std::vec![#(#level),*])
        );
        self.lowered(&code, Some(Rank::Of(rank)))
    }

    /// An array of what an iterator gave.
    pub(in crate::front) fn collected_array(&mut self, entries: Operand, span: Span) -> Operand {
        let path = self.as_path(entries);
        let len = self.push(
            Kind::Length(path.clone()),
            Vec::new(),
            crate::ir::Ty::Int,
            span,
        );
        let ty = self.graph.var(path.root).ty.clone();
        let callee = Callee::Function(Code(quote_spanned!(span=> __grad::private::rules::shaped)));
        let args = vec![
            crate::ir::Arg::Value(len),
            self.as_arg(Operand::Place(path, ty), false, span),
        ];
        self.typed(callee, args, Rank::Of(1).ty(), span)
    }

    /// `s![a..b, i, ..;2]`: bounds and indices are evaluated like any others.
    fn slice_info(&mut self, mac: &Macro) -> Option<Operand> {
        let parts = Punctuated::<Part, Token![,]>::parse_terminated
            .parse2(mac.tokens.clone())
            .ok()?;
        let mut captures = Vec::new();
        let parts: Vec<_> = parts
            .iter()
            .map(|part| self.info_part(part, &mut captures))
            .collect();
        let path = &mac.path;
        let kind = Kind::Opaque {
            code: Code(quote_spanned!(path.span()=> #path![#(#parts),*])),
            captures,
            effect: false,
        };
        Some(Operand::Value(self.push(
            kind,
            Vec::new(),
            crate::ir::Ty::Unknown,
            path.span(),
        )))
    }
}

/// One part of `s![..]`.
struct Part {
    range: Expr,
    step: Option<Expr>,
}

impl syn::parse::Parse for Part {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let range = input.parse()?;
        let step = match input.parse::<Option<Token![;]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Part { range, step })
    }
}

type Captures = Vec<(String, crate::ir::Capture)>;

impl Lower<'_> {
    fn info_part(&mut self, part: &Part, captures: &mut Captures) -> proc_macro2::TokenStream {
        let range = match &part.range {
            Expr::Range(range) => {
                let start = range
                    .start
                    .as_ref()
                    .map(|start| self.info_bound(start, captures));
                let end = range.end.as_ref().map(|end| self.info_bound(end, captures));
                let limits = &range.limits;
                quote::quote!(#start #limits #end)
            }
            index => self.info_bound(index, captures),
        };
        match &part.step {
            Some(step) => {
                let step = self.info_bound(step, captures);
                quote::quote!(#range;#step)
            }
            None => range,
        }
    }

    /// A bound: a literal or a constant as it stands, else evaluated here.
    fn info_bound(&mut self, expr: &Expr, captures: &mut Captures) -> proc_macro2::TokenStream {
        let is_constant = match expr {
            Expr::Lit(_) => true,
            Expr::Unary(unary) => matches!(*unary.expr, Expr::Lit(_)),
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string);
                name.is_none_or(|name| self.locals.get(&name).is_none())
            }
            _ => false,
        };
        if is_constant {
            return quote::ToTokens::to_token_stream(expr);
        }
        let operand = self.lower_expr(expr);
        let value = self.read_spanned(operand, expr.span());
        let name = quote::format_ident!("__bound_{}", captures.len());
        captures.push((name.to_string(), crate::ir::Capture::Value(value)));
        quote::quote!(#name)
    }
}

/// The elements of a literal array behind a reference, as arrays that own their entries.
fn owned_elements(arrays: &Expr) -> Expr {
    let Expr::Reference(reference) = arrays else {
        return arrays.clone();
    };
    let Expr::Array(array) = &*reference.expr else {
        return arrays.clone();
    };
    let elements = array.elems.iter();
    syn::parse_quote_spanned!(arrays.span()=> &[#((#elements).to_owned()),*])
}

/// `Array::name(args)` as an expression over `shaped`.
fn made_of(name: &str, args: &[&Expr], rank: Rank, span: Span) -> Option<proc_macro2::TokenStream> {
    let rules = quote_spanned!(span=> __grad::private::rules);
    Some(match (name, args) {
        ("from_vec" | "from", [entries]) => quote_spanned!(span=> {
            let __entries = #entries;
            #rules::shaped(__entries.len(), __entries)
        }),
        ("from_iter", [items]) => quote_spanned!(span=> {
            let __entries: ::std::vec::Vec<_> = (#items).into_iter().collect();
            #rules::shaped(__entries.len(), __entries)
        }),
        ("from_elem", [shape, entry]) => quote_spanned!(span=> {
            let __shape = #shape;
            let __entries: usize = #rules::entries_of(__shape);
            #rules::shaped(__shape, ::std::vec![#entry; __entries])
        }),
        ("from_shape_fn", [shape, f]) => {
            let index = match rank {
                Rank::Of(1) => quote::quote!(usize),
                Rank::Of(rank) if rank > 1 => {
                    let sides = (0..rank).map(|_| quote::quote!(usize));
                    quote::quote!((#(#sides),*))
                }
                _ => quote::quote!(_),
            };
            quote_spanned!(span=> {
                let __shape = #shape;
                let __indices: ::std::vec::Vec<#index> = #rules::indices_of(__shape);
                let __entries: ::std::vec::Vec<_> = __indices.into_iter().map(#f).collect();
                #rules::shaped(__shape, __entries)
            })
        }
        _ => return None,
    })
}

/// `(a in &mut x, &b in y) body`, with `index i` in front.
struct Zipping {
    index: Option<syn::Pat>,
    over: Vec<(syn::Pat, Expr)>,
    body: Expr,
}

impl syn::parse::Parse for Zipping {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let list;
        syn::parenthesized!(list in input);
        let (mut index, mut over) = (None, Vec::new());
        while !list.is_empty() {
            let says_index = list.peek(syn::Ident) && !list.peek2(Token![in]);
            if over.is_empty() && says_index && list.fork().parse::<syn::Ident>()? == "index" {
                list.parse::<syn::Ident>()?;
                index = Some(syn::Pat::parse_single(&list)?);
            } else {
                let pattern = syn::Pat::parse_single(&list)?;
                list.parse::<Token![in]>()?;
                over.push((pattern, list.parse()?));
            }
            list.parse::<Option<Token![,]>>()?;
        }
        let body = input.parse()?;
        Ok(Zipping { index, over, body })
    }
}

impl Zipping {
    /// The chain of `Zip` it stands for.
    fn chain(&self, span: Span) -> proc_macro2::TokenStream {
        let start = match self.index {
            Some(_) => quote_spanned!(span=> Zip::indexed),
            None => quote_spanned!(span=> Zip::from),
        };
        let (patterns, over): (Vec<_>, Vec<_>) = self.over.iter().cloned().unzip();
        let (first, rest) = (over.first(), over.iter().skip(1));
        let index = self.index.iter();
        let body = &self.body;
        quote_spanned!(span=> #start(#first) #(.and(#rest))* .for_each(|#(#index,)* #(#patterns),*| #body))
    }
}
