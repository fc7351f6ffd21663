//! `#[derivative_of(g)]`: a rule of the user's own for a function the macro cannot see into, or a
//! better formula than its program's.
//!
//! Takes a function with `g`'s arguments that gives the value and a pullback, or the value and its
//! tangent; gives the companion by which calls of `g` find their derivatives, written on it. That the
//! rule's arguments and result are `g`'s is left to rustc, at the user's tokens.

mod attribute;
mod shape;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{FnArg, Generics, ItemFn, Type};

use crate::diag::{Diagnostics, Problem};
use crate::emit::{Derived, Home, companion, companion_stub};
use crate::operator::base;
use crate::options::{Modes, Options};
use crate::signature::{Parameter, Passing, Signature};
use attribute::{Attribute, TangentRule};
use shape::{Pullback, Shape, capture_nothing, shape_of};

/// `#[derivative_of(attr)] item`.
pub(crate) fn derivative_of(attr: TokenStream, item: &TokenStream) -> TokenStream {
    let diag = Diagnostics::default();
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let problem = if syn::parse2::<syn::Item>(item.clone()).is_ok() {
                Problem::RuleNotAFunction
            } else {
                Problem::Unfinished(error.to_string())
            };
            diag.report(error.span(), problem);
            let errors = diag.to_tokens();
            return quote!(#errors #item);
        }
    };
    let parser = |input: ParseStream| Attribute::parse(input, &diag);
    match parser.parse2(attr) {
        Ok(attribute) => rule_items(&attribute, function, &diag),
        Err(error) => {
            diag.report(error.span(), Problem::RuleOptions(error.to_string()));
            let errors = diag.to_tokens();
            quote!(#item #errors)
        }
    }
}

fn rule_items(attribute: &Attribute, mut rule: ItemFn, diag: &Diagnostics) -> TokenStream {
    let shape = shape_of(attribute, &rule.sig, diag);
    let Some(shape) = shape.filter(|_| !diag.any()) else {
        let errors = diag.to_tokens();
        return quote!(#[allow(dead_code)] #rule #errors);
    };
    capture_nothing(&mut rule.sig);
    let companion = Companion::of(attribute, &rule, shape, diag).tokens(diag);
    let errors = diag.to_tokens();
    quote!(#[allow(dead_code)] #rule #companion #errors)
}

/// Type and const parameters as arguments.
fn arguments_of(generics: &Generics) -> Vec<TokenStream> {
    let name = |parameter: &syn::GenericParam| match parameter {
        syn::GenericParam::Type(p) => Some(p.ident.to_token_stream()),
        syn::GenericParam::Const(p) => Some(p.ident.to_token_stream()),
        syn::GenericParam::Lifetime(_) => None,
    };
    generics.params.iter().filter_map(name).collect()
}

/// The companion of the function a rule is for.
struct Companion<'a> {
    attribute: &'a Attribute,
    rule: &'a ItemFn,
    shape: Shape,
    /// The function's signature as its companion's, and read.
    sig: syn::Signature,
    signature: Signature,
    /// The generics around it, where it is a method.
    outer: Option<Generics>,
    /// The type whose method it is.
    own: Option<Type>,
    root: TokenStream,
}

impl<'a> Companion<'a> {
    fn of(attribute: &'a Attribute, rule: &'a ItemFn, shape: Shape, diag: &Diagnostics) -> Self {
        let mut sig = rule.sig.clone();
        if let Some(last) = attribute.target.path.segments.last() {
            sig.ident = last.ident.clone();
        }
        let output = &shape.output;
        sig.output = syn::parse_quote!(-> #output);
        sig.inputs = shape.inputs.iter().cloned().collect();
        let mut options = attribute.options.clone();
        let (mut outer, mut own) = (None, None);
        if let Some(owner) = attribute.owner() {
            own = receiver_type(sig.inputs.first(), owner);
            if own.is_some() {
                outer = Some(std::mem::take(&mut sig.generics));
                as_receiver(&mut sig, &mut options);
            } else {
                let mut path = attribute.target.clone();
                path.path.segments.pop();
                path.path.segments.pop_punct();
                own = Some(syn::parse_quote!(#path));
            }
        }
        let signature = Signature::read(&sig, outer.as_ref(), &options, diag);
        for (parameter, arg) in signature.parameters.iter().zip(&shape.inputs) {
            if parameter.passing == Passing::RefMut {
                diag.report(arg.span(), Problem::RuleMutable);
            }
        }
        let root = options.root.as_ref();
        Companion {
            attribute,
            rule,
            shape,
            sig,
            signature,
            outer,
            own,
            root: root.map_or_else(|| quote!(::grad_runtime), ToTokens::to_token_stream),
        }
    }

    fn tokens(&self, diag: &Diagnostics) -> TokenStream {
        let modes = match self.attribute.tangent {
            TangentRule::Here => Modes::Forward,
            TangentRule::Absent if !self.signature.returns_float() => Modes::Reverse,
            _ => Modes::Both,
        };
        if diag.any() {
            return self.placed(modes, &companion_stub);
        }
        let vjp = modes.reverse().then(|| self.vjp_body());
        let jvp = modes.forward().then(|| match &self.attribute.tangent {
            TangentRule::Here => self.jvp_body(&self.rule.sig.ident.to_token_stream()),
            TangentRule::At(path) => self.jvp_body(&path.to_token_stream()),
            TangentRule::Absent => self.jvp_by_pullback(),
        });
        let empty = TokenStream::new();
        let items = self.placed(modes, &|derived| {
            let declared = derived.home == Home::Trait;
            let body = |body: &'_ Option<TokenStream>| {
                body.as_ref().map(|body| {
                    if declared {
                        empty.clone()
                    } else {
                        body.clone()
                    }
                })
            };
            companion(derived, body(&vjp), body(&jvp))
        });
        let check = self.check();
        quote!(#items #check)
    }

    /// The companion where calls find it: the type `g`, or siblings of a method.
    fn placed(&self, modes: Modes, write: &dyn Fn(&Derived) -> TokenStream) -> TokenStream {
        let derived = |home, vis, outer| {
            write(&Derived {
                sig: &self.sig,
                signature: &self.signature,
                vis,
                attrs: &self.rule.attrs,
                home,
                modes,
                lanes: None,
                jacobian: false,
                rows: false,
                root: self.root.clone(),
                outer,
                of_trait: None,
                functions: &[],
            })
        };
        let (vis, outer) = (&self.rule.vis, self.outer.as_ref());
        let Some(own) = &self.own else {
            return derived(Home::Module, vis, None);
        };
        let generics = self.outer.clone().unwrap_or_default();
        let (parameters, arguments, clause) = generics.split_for_impl();
        if !self.attribute.foreign {
            let items = derived(Home::Impl, vis, outer);
            return quote!(#[automatically_derived] impl #parameters #own #clause { #items });
        }
        let (name, none) = (&self.rule.sig.ident, &syn::Visibility::Inherited);
        let mut around = generics.clone();
        let this = syn::TypeParam::from(Ident::new("Self", Span::call_site()));
        around.params.push(syn::GenericParam::Type(this));
        let declarations = derived(Home::Trait, none, Some(&around));
        let items = derived(Home::TraitImpl, none, outer);
        let doc = format!("Brings the rule for [`{}`] into scope.", self.sig.ident);
        quote! {
            #[doc = #doc] #[allow(non_camel_case_types, dead_code)]
            #vis trait #name #parameters #clause { #declarations }
            #[automatically_derived]
            impl #parameters #name #arguments for #own #clause { #items }
        }
    }

    /// The rule's name with the generic arguments of the companion.
    fn rule_path(&self, path: &TokenStream) -> TokenStream {
        let arguments = arguments_of(&self.rule.sig.generics);
        if arguments.is_empty() || self.attribute.is_forward() {
            path.clone()
        } else {
            quote!(#path::<#(#arguments),*>)
        }
    }

    fn parameters(&self) -> &[Parameter] {
        &self.signature.parameters
    }

    fn differentiated(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters().iter().filter(|p| p.wrt)
    }

    fn names(&self) -> Vec<Ident> {
        self.parameters().iter().map(|p| p.name.clone()).collect()
    }

    /// A name for each parameter's entry; no parameter of the user's has it.
    fn entry(parameter: &Parameter) -> Ident {
        format_ident!("__grad_{}_bar", parameter.name, span = Span::call_site())
    }

    /// `let (x_bar, w_bar): (f64, Vec<f64>) = pull(seed, ..);` with rustc's complaints at the user's
    /// types.
    fn entries(&self, pull: &Pullback, seed: &TokenStream, again: &[TokenStream]) -> TokenStream {
        let names: Vec<_> = self.differentiated().map(Self::entry).collect();
        let types: Vec<_> = self
            .differentiated()
            .map(|p| p.tangent_type(&self.root))
            .collect();
        let (names, types) = match (names.as_slice(), types.as_slice()) {
            ([name], [ty]) => (quote!(#name), quote!(#ty)),
            (names, types) => (quote!((#(#names),*)), quote!((#(#types),*))),
        };
        let seed = respanned(seed.clone(), pull.seed);
        let again = if pull.again { again } else { &[] };
        let call = quote_spanned!(pull.entries=> __grad_pull(#seed #(, #again)*));
        quote!(let #names: #types = #call;)
    }

    fn vjp_body(&self) -> TokenStream {
        let root = &self.root;
        let Some(pull) = &self.shape.pull else {
            return TokenStream::new();
        };
        let (rule, names) = (
            self.rule_path(&self.rule.sig.ident.to_token_stream()),
            self.names(),
        );
        let tangent = crate::signature::tangent_of(&self.signature.output_type, root);
        let (mut inputs, mut bars, mut sums) = (Vec::new(), Vec::new(), TokenStream::new());
        let mut again = Vec::new();
        for parameter in self.parameters() {
            let own = format_ident!("__grad_{}", parameter.name, span = Span::call_site());
            let base = &parameter.base;
            inputs.push(quote!(#own: &#base));
            again.push(match parameter.passing {
                Passing::Value if parameter.ty.is_scalar() => quote!(*#own),
                _ => quote!(#own),
            });
            let bar = format_ident!("{own}_place");
            let bar_type = parameter.bar_type(root);
            bars.push(quote!(#bar: ::core::option::Option<&mut #bar_type>));
            if parameter.wrt {
                let entry = Self::entry(parameter);
                sums.extend(quote! {
                    if let ::core::option::Option::Some(place) = #bar {
                        #root::private::accumulate(place, &#entry);
                    }
                });
            }
        }
        let entries = self.entries(pull, &quote!(__grad_seed), &again);
        quote! {
            let (__grad_value, __grad_pull) = #rule(#(#names),*);
            (__grad_value, move |__grad_seed: #tangent, #(#inputs,)* #(#bars),*| { #entries #sums })
        }
    }

    /// Forward mode by the user's rule.
    fn jvp_body(&self, path: &TokenStream) -> TokenStream {
        let (root, names) = (&self.root, self.names());
        let rule = self.rule_path(path);
        let (mut opening, mut dots) = (TokenStream::new(), Vec::new());
        for parameter in self.differentiated() {
            let (dot, name) = (parameter.dot.clone(), &parameter.name);
            let by_value = parameter.passing == Passing::Value;
            if by_value && parameter.ty.is_scalar() {
                dots.push(quote!(#root::private::or_zero_scalar(#dot, #name)));
                continue;
            }
            let absent = format_ident!("__grad_{dot}_absent", span = Span::call_site());
            let found = format_ident!("__grad_{dot}", span = Span::call_site());
            let like = if by_value {
                quote!(&#name)
            } else {
                quote!(#name)
            };
            let find = if parameter.is_sequence() {
                quote!(or_zeros)
            } else {
                quote!(or_zero_ref)
            };
            opening.extend(quote! {
                let mut #absent = ::core::option::Option::None;
                let #found = #root::private::#find(#dot, #like, &mut #absent);
            });
            dots.push(if by_value && !parameter.is_sequence() {
                quote!(#root::Tangent::duplicate(#found))
            } else {
                quote!(#found)
            });
        }
        let call = quote_spanned!(self.shape.span=> #rule(#(#names,)* #(#dots),*));
        quote!(#opening #call)
    }

    /// Forward mode by the pullback: the result is one float, so the gradient is the whole
    /// derivative.
    fn jvp_by_pullback(&self) -> TokenStream {
        let root = &self.root;
        let Some(pull) = &self.shape.pull else {
            return TokenStream::new();
        };
        let (rule, output) = (
            self.rule_path(&self.rule.sig.ident.to_token_stream()),
            &self.signature.output_type,
        );
        let (mut args, mut again, mut terms) = (Vec::new(), Vec::new(), TokenStream::new());
        for parameter in self.parameters() {
            let name = &parameter.name;
            let moved = parameter.passing == Passing::Value && !parameter.ty.is_scalar();
            args.push(if moved && pull.again {
                quote!(#root::private::duplicate(&#name))
            } else {
                quote!(#name)
            });
            again.push(if moved { quote!(&#name) } else { quote!(#name) });
            if parameter.wrt {
                let entry = Self::entry(parameter);
                let dot = &parameter.dot;
                terms.extend(quote! {
                    if let ::core::option::Option::Some(dot) = #dot {
                        __grad_sum += #root::private::inner(&#entry, dot);
                    }
                });
            }
        }
        let seed = quote!(#root::private::one::<#output>());
        let entries = self.entries(pull, &seed, &again);
        quote! {
            let (__grad_value, __grad_pull) = #rule(#(#args),*);
            #entries
            let mut __grad_sum = 0.0;
            #terms
            (__grad_value, <#output as #root::private::Real>::__grad_of(__grad_sum))
        }
    }

    /// A call of the function with the rule's arguments, so that rustc compares them.
    fn check(&self) -> TokenStream {
        let (target, mut sig) = (&self.attribute.target, self.rule.sig.clone());
        let output = &self.shape.output;
        sig.ident = Ident::new("same_signature", Span::call_site());
        sig.output = syn::parse_quote!(-> #output);
        let (mut inputs, mut args) = (Vec::<FnArg>::new(), Vec::new());
        for (k, arg) in self.shape.inputs.iter().enumerate() {
            let FnArg::Typed(typed) = arg else { continue };
            let (name, ty) = (
                format_ident!("argument_{k}", span = ty_span(typed)),
                &typed.ty,
            );
            inputs.push(syn::parse_quote!(#name: #ty));
            args.push(name);
        }
        sig.inputs = inputs.into_iter().collect();
        let call = quote_spanned!(target.span()=> #target(#(#args),*));
        quote! {
            const _: () = {
                #[allow(dead_code, clippy::all, clippy::pedantic, clippy::restriction)]
                #sig { #call }
            };
        }
    }
}

fn ty_span(typed: &syn::PatType) -> Span {
    typed.ty.span()
}

/// The type of the first argument behind its reference, where it is the method's receiver.
fn receiver_type(first: Option<&FnArg>, owner: &Ident) -> Option<Type> {
    let Some(FnArg::Typed(typed)) = first else {
        return None;
    };
    match base(&typed.ty) {
        ty @ Type::Path(path) if path.path.segments.last()?.ident == *owner => Some(ty.clone()),
        _ => None,
    }
}

/// Writes the first argument as `self`.
fn as_receiver(sig: &mut syn::Signature, options: &mut Options) {
    let Some(FnArg::Typed(typed)) = sig.inputs.first().cloned() else {
        return;
    };
    let span = typed.pat.span();
    let own = Ident::new("self", span);
    let receiver: FnArg = match &*typed.ty {
        Type::Reference(r) if r.mutability.is_some() => syn::parse_quote!(&mut self),
        Type::Reference(_) => syn::parse_quote!(&self),
        _ => syn::parse_quote!(self),
    };
    if let Some(first) = sig.inputs.first_mut() {
        *first = receiver;
    }
    if let syn::Pat::Ident(pattern) = &*typed.pat {
        for name in options.wrt.iter_mut().flatten() {
            if *name == pattern.ident {
                *name = own.clone();
            }
        }
    }
}

/// The tokens with their span.
fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}
