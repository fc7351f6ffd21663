//! The functions users call: thin layers on the companion.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::items::{Bodies, Derived, Home, not_generated};
use super::lifetimes::name_lifetimes;
use super::signatures::bare;
use crate::ir::Ty;
use crate::signature::{Parameter, Passing};

impl Derived<'_> {
    pub(super) fn public_items(&self, bodies: &Bodies, stub: bool) -> TokenStream {
        let mut items = TokenStream::new();
        if self.modes.reverse() && (bodies.vjp.is_some() || stub) {
            items.extend(self.vjp_item(bodies, stub));
            if self.signature.returns_float() {
                items.extend(self.gradient_items(bodies, stub));
            }
        }
        if self.modes.forward() && (bodies.jvp.is_some() || stub) {
            items.extend(self.jvp_item(stub));
        }
        if self.jacobian {
            items.extend(self.jacobian_items(stub));
        }
        items
    }

    /// A generated function: its attributes, and a diverging body for a stub.
    pub(super) fn function(
        &self,
        doc: &str,
        head: &TokenStream,
        body: &TokenStream,
        stub: bool,
    ) -> TokenStream {
        let must_use = self.must_use();
        let function = self.writing_function(doc, head, body, stub);
        quote!(#must_use #function)
    }

    /// As [`function`](Self::function), for one that is of use without its result.
    pub(super) fn writing_function(
        &self,
        doc: &str,
        head: &TokenStream,
        body: &TokenStream,
        stub: bool,
    ) -> TokenStream {
        let (vis, allows, cfgs) = (self.vis, self.allows(), self.cfgs());
        let body = if stub { not_generated() } else { body.clone() };
        quote!(#[doc = #doc] #cfgs #[inline] #allows #vis #head { #body })
    }

    pub(super) fn graph_item(&self, data: &TokenStream, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let head = format_ident!("graph_{name}");
        let doc = format!(
            "The expression graph of `{name}` as data: to draw it, and to see values and gradients at a point."
        );
        self.function(
            &doc,
            &quote!(fn #head() -> &'static #root::graph::Graph),
            data,
            stub,
        )
    }

    #[allow(clippy::too_many_lines)] // three signatures, one after another
    pub(super) fn gradient_items(&self, bodies: &Bodies, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (generics, where_clause) = (bare(&self.sig.generics), self.where_clause());
        let output = &self.signature.output_type;
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, false))
            .collect();
        let active: Vec<&Parameter> = self.parameters().iter().filter(|p| p.wrt).collect();
        let tangents: Vec<_> = active.iter().map(|p| p.tangent_type(root)).collect();
        let gradient = Self::joined(&tangents);
        let bars: Vec<_> = active.iter().map(|p| Self::bar_name(p)).collect();
        let bar_types: Vec<_> = active.iter().map(|p| p.bar_type(root)).collect();
        let (grad, value_and_grad, accumulate) = (
            format_ident!("grad_{name}"),
            format_ident!("value_and_grad_{name}"),
            format_ident!("accumulate_grad_{name}"),
        );
        let generic = self.own_generics(0);
        let own = |ident: &Ident| match self.home {
            Home::Module => quote!(#ident #generic),
            _ => quote!(Self::#ident #generic),
        };
        let plain: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let names: Vec<String> = active.iter().map(|p| format!("`{}`", p.name)).collect();
        let by = names.join(", ");

        let changes = self
            .parameters()
            .iter()
            .any(|p| p.passing == Passing::RefMut);
        // What is changed goes through the pullback.
        let kept = bodies.kept.iter().skip(usize::from(changes));
        let kept = kept.flatten().next();
        let call = own(&value_and_grad);
        let grad_item = self.function(
            &with_memory(
                &format!(
                    "The gradient of `{name}` by {by}, in reverse mode: every entry in one sweep."
                ),
                kept,
            ),
            &quote!(fn #grad #generics(#(#inputs),*) -> #gradient #where_clause),
            &quote!(#call(#(#plain),*).1),
            stub,
        );
        let parts: Vec<_> = bars.iter().map(ToTokens::to_token_stream).collect();
        let parts = Self::joined(&parts);
        let kept = self.kept_args();
        let companion = self.call("vjp", &kept, &TokenStream::new());
        let references = self.references();
        let (value, pull) = (self.free("value"), self.free("pull"));
        let one = self.one();
        let zeros = self.zeros(|_| true);
        let body = if changes {
            // The shape of what is changed is known only after the call.
            let places = self.places(|_, bar| quote!(&mut #bar));
            quote! {
                let (#value, #pull) = #companion;
                #zeros
                #pull(#one, #(#references,)* #(#places),*);
                (#value, #parts)
            }
        } else {
            let call = own(&accumulate);
            quote!(#zeros let value = #call(#(#plain,)* #one, #(&mut #bars),*); (value, #parts))
        };
        let value_item = self.function(
            &format!("The value of `{name}` and its gradient by {by}."),
            &quote!(fn #value_and_grad #generics(#(#inputs),*) -> (#output, #gradient) #where_clause),
            &body,
            stub,
        );
        let checks = active.iter().zip(&bars).map(|(p, bar)| {
            let (text, name) = (bar.to_string(), &p.name);
            let reference = match p.passing {
                Passing::Value => quote!(&#name),
                Passing::Ref => quote!(#name),
                Passing::RefMut => quote!(&*#name),
            };
            if p.is_growable() {
                TokenStream::new()
            } else if p.is_sequence() {
                quote!(#root::private::check_len(#text, #name.len(), #bar.len());)
            } else {
                quote!(#root::private::check_shape(#text, #reference, &*#bar);)
            }
        });
        let checks: TokenStream = checks.collect();
        let seed = self.free("seed");
        let owned: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, true))
            .collect();
        let body = match &bodies.gradient {
            Some(body) => body.clone(),
            None => {
                let places = self.places(|_, bar| quote!(#bar));
                quote!(let (#value, #pull) = #companion; #pull(#seed, #(#references,)* #(#places),*); #value)
            }
        };
        let accumulate_item = self.writing_function(
            &format!(
                "Adds `seed` times the gradient of `{name}` by {by} into the buffers; returns the value.\n\n# Panics\n\nIf a buffer's length is not its parameter's; the message has both."
            ),
            &quote!(fn #accumulate #generics(#(#owned,)* #seed: #output, #(#bars: &mut #bar_types),*) -> #output #where_clause),
            &quote!(#checks #body),
            stub,
        );
        quote!(#grad_item #value_item #accumulate_item)
    }

    /// One, as a seed.
    pub(super) fn one(&self) -> TokenStream {
        let root = &self.root;
        match self.signature.output {
            Ty::Number => {
                let output = &self.signature.output_type;
                quote!(#root::private::one::<#output>())
            }
            _ => quote!(1.0),
        }
    }

    pub(super) fn vjp_item(&self, bodies: &Bodies, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (output, tangent) = (&self.signature.output_type, self.public_tangent());
        let mut generics = bare(&self.sig.generics);
        generics.params.insert(0, syn::parse_quote!('grad));
        let own_lifetimes = self
            .sig
            .generics
            .lifetimes()
            .map(|l| l.lifetime.to_token_stream());
        let mut kept: Vec<_> = own_lifetimes.collect();
        for captured in self.captured() {
            if !kept.iter().any(|k| k.to_string() == captured.to_string()) {
                kept.push(captured);
            }
        }
        kept.sort_by_key(|k| !k.to_string().starts_with('\''));
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.borrowed_input(p))
            .collect();
        let is_entry = |p: &&Parameter| p.wrt && p.passing != Passing::RefMut;
        let entries: Vec<&Parameter> = self.parameters().iter().filter(is_entry).collect();
        let tangents: Vec<_> = entries.iter().map(|p| p.tangent_type(root)).collect();
        let gradient = Self::joined(&tangents);
        let bars: Vec<_> = entries
            .iter()
            .map(|p| Self::bar_name(p).to_token_stream())
            .collect();
        let parts = Self::joined(&bars);
        // The cotangents of what is changed are handed in and out.
        let given = self
            .parameters()
            .iter()
            .filter(|p| p.wrt && p.passing == Passing::RefMut);
        let (given_names, given_types): (Vec<_>, Vec<_>) = given
            .map(|p| {
                let ty = p.bar_type(root);
                (Self::bar_name(p), quote!(&mut #ty))
            })
            .unzip();
        let (args, references) = (self.kept_args(), self.references());
        let zeros = self.zeros(|p| p.passing != Passing::RefMut);
        let call = self.call("vjp", &args, &TokenStream::new());
        let places = self.places(|p, bar| match p.passing {
            Passing::RefMut => quote!(#bar),
            _ => quote!(&mut #bar),
        });
        let vjp = format_ident!("vjp_{name}");
        let where_clause = self.where_clause();
        let function = quote!(FnOnce(#tangent, #(#given_types),*) -> #gradient);
        let (value, run, seed) = (self.free("value"), self.free("pull"), self.free("seed"));
        let inner_seed = if self.returns_nothing() {
            quote!(#root::private::unit_tangent())
        } else {
            quote!(#seed)
        };
        let body = quote! {
            let (#value, #run) = #call;
            (#value, move |#seed: #tangent, #(#given_names: #given_types),*| { #zeros #run(#inner_seed, #(#references,)* #(#places),*); #parts })
        };
        let mut doc = format!(
            "The value of `{name}` and its pullback, which takes the cotangent of the result to the cotangents of the parameters (reverse mode)."
        );
        if !given_names.is_empty() {
            doc.push_str(" The buffers of what is changed hold the cotangent of its final content before, of its initial content after.");
        }
        let doc = with_memory(&doc, bodies.kept[1].as_ref());
        let result = if stub {
            quote!(#root::private::Box<dyn #function>)
        } else {
            kept.insert(0, quote!('grad));
            let capturing = self.capturing(&kept);
            quote!(impl #function + #capturing)
        };
        self.function(
            &doc,
            &quote!(fn #vjp #generics(#(#inputs),*) -> (#output, #result) #where_clause),
            &body,
            stub,
        )
    }

    /// A parameter whose elided lifetimes are named, for a pullback that borrows.
    pub(super) fn borrowed_input(&self, parameter: &Parameter) -> TokenStream {
        if parameter.is_receiver {
            return match parameter.passing {
                Passing::Value => quote!(self),
                Passing::Ref => quote!(&'grad self),
                Passing::RefMut => quote!(&mut self),
            };
        }
        if parameter.passing == Passing::RefMut {
            // Nothing of it is borrowed by the pullback.
            return self.input(parameter, false);
        }
        let (name, mut ty) = (&parameter.name, parameter.written.clone());
        name_lifetimes(&mut ty);
        quote!(#name: #ty)
    }

    pub(super) fn jvp_item(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (output, tangent) = (&self.signature.output_type, self.public_tangent());
        let generics = bare(&self.sig.generics);
        let where_clause = self.where_clause();
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, false))
            .collect();
        let active = self.parameters().iter().filter(|p| p.wrt);
        let dots = active.clone().map(|p| {
            let (dot, ty) = (p.dot.clone(), p.dot_type(root));
            quote!(#dot: #ty)
        });
        let checks: TokenStream = active
            .map(|p| {
                let (dot, name) = (p.dot.clone(), &p.name);
                let text = dot.to_string();
                let by_ref = p.is_sequence() || p.passing == Passing::Ref;
                let (dot, like) = match p.passing {
                    Passing::RefMut => (quote!((&*#dot)), quote!(&*#name)),
                    Passing::Ref => (quote!(#dot), quote!(#name)),
                    Passing::Value if by_ref => (quote!(#dot), quote!(&#name)),
                    Passing::Value => (quote!(&#dot), quote!(&#name)),
                };
                if p.is_sequence() {
                    quote!(#root::private::check_len(#text, #name.len(), #dot.len());)
                } else {
                    quote!(#root::private::check_shape(#text, #like, #dot);)
                }
            })
            .collect();
        let plain: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let given = self.parameters().iter().map(|p| {
            let dot = p.dot.clone();
            match (p.wrt, p.is_sequence() || p.passing != Passing::Value) {
                (false, _) => quote!(::core::option::Option::None),
                (true, true) => quote!(::core::option::Option::Some(#dot)),
                (true, false) => quote!(::core::option::Option::Some(&#dot)),
            }
        });
        let call = self.call("jvp", &plain, &quote!(#(#given),*));
        let jvp = format_ident!("jvp_{name}");
        let doc = format!(
            "The value of `{name}` and its derivative in the direction of the tangents `.._dot` (forward mode).\n\n# Panics\n\nIf a tangent's length is not its parameter's; the message has both."
        );
        let head =
            quote!(fn #jvp #generics(#(#inputs,)* #(#dots),*) -> (#output, #tangent) #where_clause);
        let body = if self.returns_nothing() {
            quote!(#checks #call; ((), ()))
        } else {
            quote!(#checks #call)
        };
        self.function(&doc, &head, &body, stub)
    }
}

/// Documentation, and what the function keeps.
fn with_memory(doc: &str, kept: Option<&String>) -> String {
    kept.map_or_else(|| doc.to_owned(), |kept| format!("{doc}\n\n{kept}"))
}
