//! Functions that are passed to functions.
//!
//! The caller writes a closure in the form of the mode. It owns copies of what it captures, as the
//! callee's pullback may outlive the caller's variables; its own pullbacks gather the cotangents of
//! what it captures in places that all of them share, and the caller's pullback takes them from there:
//!
//! ```text
//! let cap = copy of w; let cell = gather(zero_like(cap));
//! let (y, inner) = integrate::vjp(|x| { let (y, pull) = ..; (y, |y_bar, x, x_bar| pull(.., cell)) }, a, ..);
//! ..; inner(y_bar, (), a, None, a_bar); cell.give_to(w_bar)
//! ```

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::body::Body;
use super::items::Derived;
use super::names::{Names, named};
use super::places::Access;
use crate::ir::{Arg, Call, Capture};
use crate::signature::{Parameter, Passing};
use crate::stages::{Forward, Lowered, Reverse, Tangents};

/// A closure in the forms of both modes, over names of what it captures.
#[derive(Clone)]
pub(crate) struct FunctionTokens {
    inputs: Vec<Parameter>,
    pub(super) captures: Vec<Parameter>,
    vjp: TokenStream,
    jvp: TokenStream,
    /// The methods of which rustc is asked whose they are, here and in closures inside.
    pub(super) asked: BTreeSet<String>,
    /// As it stands, in either mode, where it changes something.
    pub(super) plain: [TokenStream; 2],
}

/// Writes a closure whose first parameters are its inputs.
pub(crate) fn function_tokens(
    derived: &Derived,
    lowered: &Lowered,
    forward: Option<&Forward>,
    reverse: Option<&Reverse>,
    inputs: usize,
    avoid: &TokenStream,
) -> FunctionTokens {
    let names = Names::avoiding(avoid);
    let (own, captures) = derived.parameters().split_at(inputs);
    let graphs = forward.map(|forward| &forward.graph);
    let graphs = graphs
        .into_iter()
        .chain(reverse.map(|reverse| &reverse.graph));
    let asked = graphs
        .flat_map(|graph| derived.asked_names(graph))
        .collect();
    let changes = captures.iter().any(|p| p.passing == Passing::RefMut);
    let plain = |forward| derived.plain_body(lowered, forward, names.clone());
    let plain = if changes {
        [false, true].map(plain)
    } else {
        <[TokenStream; 2]>::default()
    };
    FunctionTokens {
        asked,
        plain,
        inputs: own.to_vec(),
        captures: captures.to_vec(),
        vjp: reverse
            .map(|reverse| derived.vjp_body(lowered, reverse, names.clone()))
            .unwrap_or_default(),
        jvp: forward
            .map(|forward| derived.push_body(lowered, forward, Tangents::One, names))
            .unwrap_or_default(),
    }
}

/// A closure of a call: its tokens, and names for what it captures and gathers.
pub(super) struct Knit<'a> {
    pub(super) tokens: &'a FunctionTokens,
    pub(super) captures: Vec<Ident>,
    cells: Vec<Ident>,
    /// Functions its caller is given.
    pub(super) given: Vec<Ident>,
    pub(super) args: &'a [Arg],
}

fn own_name(text: &str, number: usize, k: usize) -> Ident {
    format_ident!("__grad_{text}_{number}_{k}", span = Span::call_site())
}

impl Body<'_> {
    /// The closures of a call with what each captures.
    pub(super) fn knits<'a>(&'a self, call: &'a Call) -> Vec<(usize, Knit<'a>)> {
        let mut first = call.first_captured();
        let mut knits = Vec::new();
        for (place, arg) in call.own_args().iter().enumerate() {
            let Arg::Closure(number, count, _, captured) = arg else {
                continue;
            };
            let given = captured.iter().filter(|(_, c)| *c == Capture::Given);
            let given = given.map(|(name, _)| named(name, Span::call_site()));
            let Some(tokens) = self.functions.get(*number) else {
                continue;
            };
            let names = |text| (0..*count).map(|k| own_name(text, place, k)).collect();
            knits.push((
                place,
                Knit {
                    tokens,
                    captures: names("capture"),
                    cells: names("cell"),
                    given: given.collect(),
                    args: &call.args[first..first + count],
                },
            ));
            first += count;
        }
        knits
    }

    pub(super) fn passes_closures(call: &Call) -> bool {
        call.own_args().len() < call.args.len()
            || call.args.iter().any(|arg| matches!(arg, Arg::Closure(..)))
    }

    /// A call with closures in reverse mode: value and pullback.
    pub(super) fn knit_vjp(&self, call: &Call, span: Span) -> TokenStream {
        let root = &self.root;
        let knits = self.knits(call);
        let mut opening = TokenStream::new();
        for (_, knit) in &knits {
            opening.extend(self.copies(knit));
            for (k, capture) in knit.tokens.captures.iter().enumerate() {
                if capture.wrt {
                    let (cell, like) = (&knit.cells[k], knit.content(k));
                    opening.extend(quote! {
                        let #cell = #root::private::Gathered::of(#root::private::zero_like(#like));
                    });
                }
            }
        }
        let mut args = self.own_arguments(call, "vjp", span);
        for (place, knit) in &knits {
            args[*place] = knit.reverse();
        }
        let inner = self.companion_call(call, "vjp", &args, &[], span);
        let cells = knits.iter().flat_map(|(_, knit)| knit.gathered());
        let changed = self.give_changed(&knits);
        quote!({
            #opening
            let (__grad_value, __grad_inner) = #inner;
            #changed
            (__grad_value, (__grad_inner, (#(#cells,)*)))
        })
    }

    /// Runs the pullback of a call with closures, and takes what they gathered.
    pub(super) fn knit_pull(
        &self,
        call: &Call,
        pull: &TokenStream,
        seed: &TokenStream,
        args: &[TokenStream],
        bars: &[TokenStream],
    ) -> TokenStream {
        let own = call.own_args().len();
        let knits = self.knits(call);
        let cells = knits.iter().flat_map(|(_, knit)| knit.gathered());
        let root = &self.root;
        let (mut opening, mut closing) = (TokenStream::new(), TokenStream::new());
        let mut next = call.first_captured();
        for (_, knit) in &knits {
            for (capture, cell) in knit.tokens.captures.iter().zip(&knit.cells) {
                let bar = &bars[next];
                if capture.wrt && capture.passing == Passing::RefMut {
                    // Of what the closure changes, in and out.
                    let exchange = quote! {
                        if let ::core::option::Option::Some(place) = #bar {
                            #root::private::exchange(&mut *#cell.place(), place);
                        }
                    };
                    opening.extend(exchange.clone());
                    closing.extend(exchange);
                } else if capture.wrt {
                    closing.extend(quote! {
                        if let ::core::option::Option::Some(place) = #bar { #cell.give_to(place); }
                    });
                }
                next += 1;
            }
        }
        let (args, bars) = (&args[..own], &bars[..own]);
        quote!({
            let (__grad_inner, (#(#cells,)*)) = #pull;
            #opening
            __grad_inner(#seed, #(#args,)* #(#bars),*);
            #closing
        })
    }

    /// A call with closures in forward mode: value and tangent.
    pub(super) fn knit_jvp(&self, call: &Call, dots: &[TokenStream], span: Span) -> TokenStream {
        let root = &self.root;
        let knits = self.knits(call);
        let own = call.own_args().len();
        let mut opening = TokenStream::new();
        let mut closing = self.give_changed(&knits);
        let mut args = self.own_arguments(call, "jvp", span);
        let mut next = call.first_captured();
        for (place, knit) in &knits {
            opening.extend(self.copies(knit));
            for (k, capture) in knit.tokens.captures.iter().enumerate() {
                let (cell, dot) = (&knit.cells[k], &dots[next]);
                if capture.wrt && capture.passing == Passing::RefMut {
                    let like = knit.content(k);
                    opening.extend(quote! {
                        let #cell = #root::private::Gathered::of(#root::private::zero_like(#like));
                    });
                    let exchange = quote! {
                        if let ::core::option::Option::Some(place) = #dot {
                            #root::private::exchange(&mut *#cell.place(), place);
                        }
                    };
                    opening.extend(exchange.clone());
                    closing.extend(exchange);
                } else if capture.wrt {
                    opening.extend(quote! {
                        let #cell = #root::private::owned_dot(#dot);
                    });
                }
                next += 1;
            }
            args[*place] = knit.forward();
        }
        let call = self.companion_call(call, "jvp", &args, &dots[..own], span);
        if closing.is_empty() {
            return quote!({ #opening #call });
        }
        quote!({
            #opening
            let __grad_pushed = #call;
            #closing
            __grad_pushed
        })
    }

    /// Copies of what a closure captures.
    fn copies(&self, knit: &Knit) -> TokenStream {
        let root = &self.root;
        let copy = |(own, arg): (&Ident, &Arg)| match arg {
            Arg::State(_) => TokenStream::new(),
            Arg::Value(v) => {
                let value = self.duplicated(*v);
                quote!(let #own = #root::private::Rc::new(#value);)
            }
            Arg::RefMut(path) => {
                let place = self.reference(path, Access::Read);
                quote!(let #own = #root::private::Gathered::of(#root::private::copy(#place));)
            }
            arg => {
                let place = self.argument(arg);
                quote!(let #own = #root::private::Rc::new(#root::private::copy(#place));)
            }
        };
        knit.captures.iter().zip(knit.args).map(copy).collect()
    }
}

impl Knit<'_> {
    /// What the closure captures, under the names its body has for it.
    fn seen(&self) -> TokenStream {
        let see = |(capture, own): (&Parameter, &Ident)| {
            let name = &capture.name;
            if capture.function.is_some() {
                TokenStream::new()
            } else if capture.passing == Passing::RefMut {
                quote!(let mut #own = #own.place(); let #name = &mut *#own;)
            } else if capture.passing == Passing::Value {
                quote!(let #name = *#own;)
            } else {
                quote!(let #name = &*#own;)
            }
        };
        self.tokens
            .captures
            .iter()
            .zip(&self.captures)
            .map(see)
            .collect()
    }

    /// A reference to what is captured.
    fn content(&self, k: usize) -> TokenStream {
        let own = &self.captures[k];
        if self.tokens.captures[k].passing == Passing::RefMut {
            quote!(&*#own.place())
        } else {
            quote!(&*#own)
        }
    }

    pub(super) fn inputs(&self) -> Vec<TokenStream> {
        let input = |p: &Parameter| {
            let (name, ty) = (&p.name, &p.written);
            let mutable = p.mutable.then(|| quote!(mut));
            quote!(#mutable #name: #ty)
        };
        self.tokens.inputs.iter().map(input).collect()
    }

    /// The cells of what is differentiated.
    fn gathered(&self) -> impl Iterator<Item = &Ident> {
        let all = self.tokens.captures.iter().zip(&self.cells);
        all.filter(|(c, _)| c.wrt && c.function.is_none())
            .map(|(_, cell)| cell)
    }

    /// The captures and cells, and functions that the closure calls, shared once more.
    fn shared(&self) -> TokenStream {
        let captures = self.tokens.captures.iter().zip(&self.captures);
        let captures = captures.filter(|(c, _)| c.function.is_none());
        let all = captures.map(|(_, own)| own).chain(self.gathered());
        let all = all.chain(&self.given);
        all.map(|own| quote!(let #own = ::core::clone::Clone::clone(&#own);))
            .collect()
    }

    fn reverse(&self) -> TokenStream {
        let (inputs, seen, shared, body) =
            (self.inputs(), self.seen(), self.shared(), &self.tokens.vjp);
        let (mut again, mut types, mut bars) = (Vec::new(), Vec::new(), Vec::new());
        for (k, input) in self.tokens.inputs.iter().enumerate() {
            again.push(own_name("again", 1, k));
            types.push(match input.passing {
                Passing::RefMut => quote!(()),
                _ => quote!(&_),
            });
            bars.push(own_name("bar", 1, k));
        }
        let (mut handed, mut places, mut opening) = (Vec::new(), Vec::new(), TokenStream::new());
        for (k, capture) in self.tokens.captures.iter().enumerate() {
            let (own, cell) = (&self.captures[k], &self.cells[k]);
            handed.push(match capture.passing {
                Passing::RefMut => quote!(()),
                _ => quote!(&*#own),
            });
            if capture.wrt {
                let place = own_name("place", 1, k);
                opening.extend(quote!(let mut #place = #cell.place();));
                places.push(quote!(::core::option::Option::Some(&mut *#place)));
            } else {
                places.push(quote!(::core::option::Option::None));
            }
        }
        quote!({
            #shared
            move |#(#inputs),*| {
                let (__grad_value, mut __grad_pull) = { #seen #body };
                #shared
                (__grad_value, move |__grad_seed, #(#again: #types,)* #(#bars: ::core::option::Option<&mut _>),*| {
                    #opening
                    __grad_pull(__grad_seed, #(#again,)* #(#handed,)* #(#bars,)* #(#places),*)
                })
            }
        })
    }

    fn forward(&self) -> TokenStream {
        let (inputs, seen, body) = (self.inputs(), self.seen(), &self.tokens.jvp);
        let dots = self.tokens.inputs.iter().map(|p| {
            let dot = &p.dot;
            let mutable = (p.passing == Passing::RefMut).then(|| quote!(mut));
            quote!(#dot: ::core::option::Option<&#mutable _>)
        });
        let captured = self
            .tokens
            .captures
            .iter()
            .zip(&self.cells)
            .filter(|(c, _)| c.wrt);
        let tangents: TokenStream = captured
            .map(|(capture, cell)| {
                let dot = &capture.dot;
                if capture.passing == Passing::RefMut {
                    return quote!(let mut #cell = #cell.place(); let #dot = ::core::option::Option::Some(&mut *#cell););
                }
                quote!(let #dot = #cell.as_ref();)
            })
            .collect();
        quote!(|#(#inputs,)* #(#dots),*| { #seen #tangents #body })
    }
}
