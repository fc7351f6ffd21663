//! The companion of a function: the derivatives that those of its callers call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::items::{Bodies, Derived, Home, in_mode, own_sibling, sibling};
use super::receivers::stays_by_value;
use super::signatures::bare;
use crate::signature::functions::Mode;
use crate::signature::{Passing, Signature};
use crate::stages::Tangents;

/// The functions of a companion.
pub(super) struct Members {
    pub(super) vjp: Option<TokenStream>,
    pub(super) jvp: Option<TokenStream>,
    pub(super) lanes: Option<TokenStream>,
    pub(super) linear: Option<TokenStream>,
    /// The forms in which it is given to functions.
    pub(super) given: TokenStream,
    pub(super) rewrites: Option<TokenStream>,
}

/// One function of a companion, but for how its receiver is passed.
struct Member<'a> {
    mode: &'static str,
    attributes: TokenStream,
    generics: syn::Generics,
    /// The types without content that it takes behind the parameters, and their arguments.
    marks: Vec<(TokenStream, TokenStream)>,
    /// The tangents, with their types.
    dots: Vec<(Ident, TokenStream)>,
    output: TokenStream,
    where_clause: Option<syn::WhereClause>,
    body: &'a TokenStream,
}

/// The companion alone, of bodies written elsewhere.
pub(crate) fn companion(
    derived: &Derived,
    vjp: Option<TokenStream>,
    jvp: Option<TokenStream>,
) -> TokenStream {
    let bodies = Bodies {
        vjp,
        jvp,
        ..Bodies::default()
    };
    derived.companion(&bodies, false)
}

impl Derived<'_> {
    /// The same in a signature as users see it.
    pub(crate) fn for_users<'a>(&'a self, signature: &'a Signature) -> Derived<'a> {
        Derived {
            signature,
            root: self.root.clone(),
            of_trait: self.of_trait.clone(),
            ..*self
        }
    }

    /// The derivatives that every implementation of a trait has, written on the siblings.
    pub(crate) fn trait_items(&self) -> TokenStream {
        let some = || Some(TokenStream::new());
        let bodies = Bodies {
            vjp: self.modes.reverse().then(some).flatten(),
            jvp: self.modes.forward().then(some).flatten(),
            ..Bodies::default()
        };
        self.public_items(&bodies, false)
    }

    /// The siblings of an associated function whose result depends on no float: zero tangents, and a
    /// pullback that does nothing.
    pub(crate) fn constant_items(&self) -> TokenStream {
        let is_constructor = self.home == Home::Impl
            && self
                .parameters()
                .iter()
                .all(|p| !p.is_receiver && p.passing != Passing::RefMut)
            && self.signature.output.may_be_active()
            && self.sig.generics.type_params().next().is_none();
        if !is_constructor {
            return TokenStream::new();
        }
        let (root, name) = (&self.root, &self.sig.ident);
        let args: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let again = self.parameters().iter().map(|p| {
            let ty = self.fresh(self.again_type(p));
            quote!(_: #ty)
        });
        let bars = self
            .parameters()
            .iter()
            .map(|_| quote!(_: ::core::option::Option<&mut #root::NoTangent>));
        let tangent = self.output_tangent();
        let bodies = Bodies {
            vjp: self.modes.reverse().then(|| {
                quote!((Self::#name(#(#args),*), |_: #tangent, #(#again,)* #(#bars),*| {}))
            }),
            jvp: self.modes.forward().then(|| {
                quote!(let value = Self::#name(#(#args),*); let zero = #root::private::zero_like(&value); (value, zero))
            }),
            lanes: self.lanes.map(|_| {
                let count = self.lane_count();
                quote! {
                    let value = Self::#name(#(#args),*);
                    let zero = #root::private::zero_lanes::<#count, _>(&value);
                    (value, zero)
                }
            }),
            linear: None,
            ..Bodies::default()
        };
        self.companion(&bodies, false)
    }

    /// The siblings of a trait's method without a body.
    pub(crate) fn declarations(&self) -> TokenStream {
        let some = || Some(TokenStream::new());
        let bodies = Bodies {
            vjp: self.modes.reverse().then(some).flatten(),
            jvp: self.modes.forward().then(some).flatten(),
            ..Bodies::default()
        };
        if self.signature.is_given_functions() {
            return self.given_items(&bodies, false);
        }
        self.companion(&bodies, false)
    }

    /// The companion of a function that is given functions: their form is the mode's.
    pub(super) fn given_items(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        let of_mode = |mode, bodies: &Bodies| {
            let (sig, signature) = self.signature.in_mode(self.sig, mode, &self.root);
            let derived = Derived {
                sig: &sig,
                signature: &signature,
                root: self.root.clone(),
                of_trait: None,
                ..*self
            };
            derived.members(bodies, recursive)
        };
        self.place(&Members {
            vjp: of_mode(Mode::Reverse, bodies).vjp,
            jvp: of_mode(Mode::Forward, bodies).jvp,
            lanes: None,
            linear: None,
            rewrites: None,
            given: TokenStream::new(),
        })
    }

    pub(super) fn companion(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        self.place(&self.members(bodies, recursive))
    }

    /// The functions of a companion.
    pub(super) fn members(&self, bodies: &Bodies, recursive: bool) -> Members {
        Members {
            vjp: (bodies.vjp.as_ref()).map(|body| self.pull_member(body, recursive)),
            jvp: (bodies.jvp.as_ref()).map(|body| self.push_member(body, Tangents::One)),
            lanes: (bodies.lanes.as_ref()).map(|body| self.push_member(body, Tangents::Lanes)),
            linear: (bodies.linear.as_ref()).map(|body| self.linear_member(body, recursive)),
            given: self.given_forms(bodies, recursive),
            rewrites: bodies.rewrites.clone(),
        }
    }

    /// The function of reverse mode.
    fn pull_member(&self, body: &TokenStream, recursive: bool) -> TokenStream {
        let mut generics = bare(&self.sig.generics);
        generics.params.push(syn::parse_quote!(const __GRAD_M: u64));
        let output = &self.signature.output_type;
        let mut kept = self.captured();
        kept.push(quote!(__GRAD_M));
        let mut where_clause = self.where_clause();
        let alive = (recursive && self.may_die()).then(|| {
            if self.signature.outlived.is_none() {
                generics.params.insert(0, syn::parse_quote!('__grad));
            }
            outlive(&mut where_clause, &self.outlived_kinds())
        });
        // The functions that a trait's method is given outlive the pullback.
        let given = recursive && self.signature.outlived.is_some();
        let alive = alive.or_else(|| given.then(|| quote!(+ '__grad)));
        let pull = self.pull_type(&kept, recursive, alive.as_ref());
        self.both_receivers(&Member {
            mode: "vjp",
            attributes: quote! {
                /// The value and the pullback; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #[must_use]
            },
            generics,
            marks: vec![(quote!(Wrt), quote!(__GRAD_M))],
            dots: Vec::new(),
            output: quote!((#output, #pull)),
            where_clause,
            body,
        })
    }

    /// The type of the pullback, which captures what is listed.
    pub(super) fn pull_type(
        &self,
        kept: &[TokenStream],
        recursive: bool,
        alive: Option<&TokenStream>,
    ) -> TokenStream {
        let (root, parameters) = (&self.root, self.parameters());
        let again = parameters.iter().map(|p| self.fresh(self.again_type(p)));
        let bars = parameters.iter().map(|p| self.fresh(p.bar_type(root)));
        let tangent = self.fresh(self.output_tangent());
        let pull = quote!(FnOnce(#tangent, #(#again,)* #(::core::option::Option<&mut #bars>),*));
        let again_and_again = (self.rows).then(|| quote!(::core::clone::Clone+));
        if recursive {
            quote!(#root::private::Box<dyn #pull #alive>)
        } else {
            let capturing = self.capturing_types(kept);
            quote!(impl #pull + #again_and_again #capturing)
        }
    }

    /// The function of forward mode, in one direction or several.
    fn push_member(&self, body: &TokenStream, tangents: Tangents) -> TokenStream {
        let mut generics = bare(&self.sig.generics);
        generics.params.push(syn::parse_quote!(const __GRAD_M: u64));
        let mut marks = vec![(quote!(Wrt), quote!(__GRAD_M))];
        let in_lanes = tangents == Tangents::Lanes;
        if in_lanes {
            let count = self.lane_count();
            generics.params.push(syn::parse_quote!(const #count: usize));
            marks.push((quote!(Directions), quote!(#count)));
        }
        let dots = self.parameters().iter().map(|p| {
            let mutable = (p.passing == Passing::RefMut).then(|| quote!(mut));
            let ty = self.dot_type(p, tangents);
            (p.dot.clone(), quote!(::core::option::Option<&#mutable #ty>))
        });
        let (output, tangent) = (&self.signature.output_type, self.result_tangent(tangents));
        let must_use = self.must_use();
        self.both_receivers(&Member {
            mode: if in_lanes { "lanes" } else { "jvp" },
            attributes: quote! {
                /// The value and its tangent; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #must_use
            },
            generics,
            marks,
            dots: dots.collect(),
            output: quote!((#output, #tangent)),
            where_clause: self.where_clause(),
            body,
        })
    }

    /// A function of a companion. Of a method that takes `self` there are two: one takes it too, and
    /// one borrows it, so that a caller that needs the receiver again can call the method all the same.
    fn both_receivers(&self, member: &Member) -> TokenStream {
        let inputs = self.parameters().iter().map(|p| self.sibling_input(p));
        let mode = &in_mode(member.mode, self.signature.applied);
        let name = match self.home {
            Home::Module => Ident::new(mode, Span::call_site()),
            _ if self.takes_itself() => own_sibling(mode, &self.name(), Span::call_site()),
            _ => self.path_sibling(mode),
        };
        let is_declared = self.home == Home::Trait && member.body.is_empty();
        let (body, opening) = (member.body, self.owned_first());
        let body = if is_declared {
            quote!(;)
        } else {
            quote!({ #opening #body })
        };
        let own = self.member(member, &name, &inputs.collect::<Vec<_>>(), &body);
        if !self.takes_itself() || self.home == Home::TraitImpl {
            return own;
        }
        let by_name = self.home == Home::Trait && stays_by_value(&self.name());
        let (receiver, given) = if by_name {
            (quote!(self), quote!(self))
        } else {
            (quote!(&self), self.copy_of(&quote!(self)))
        };
        let others = self.parameters().iter().skip(1);
        let inputs: Vec<_> = std::iter::once(receiver)
            .chain(others.clone().map(|p| self.input(p, false)))
            .collect();
        let others = others.map(|p| p.name.to_token_stream());
        let root = &self.root;
        let marks = (member.marks.iter()).map(|(mark, of)| quote!(#root::private::#mark::<#of>));
        let dots = member.dots.iter().map(|(name, _)| name.to_token_stream());
        let args = std::iter::once(given)
            .chain(others)
            .chain(marks)
            .chain(dots);
        let body = quote!({ Self::#name(#(#args),*) });
        let borrows = sibling(mode, &self.name(), Span::call_site());
        let borrowing = self.member(member, &borrows, &inputs, &body);
        quote!(#own #borrowing)
    }

    fn member(
        &self,
        member: &Member,
        name: &Ident,
        inputs: &[TokenStream],
        body: &TokenStream,
    ) -> TokenStream {
        let (vis, allows, where_clause) = (self.vis, self.allows(), &member.where_clause);
        let (attributes, generics, output) = (&member.attributes, &member.generics, &member.output);
        let root = &self.root;
        let marks = (member.marks.iter()).map(|(mark, of)| quote!(_: #root::private::#mark<#of>));
        let rest = marks.chain(member.dots.iter().map(|(name, ty)| quote!(#name: #ty)));
        quote! {
            #attributes #allows
            #vis fn #name #generics(#(#inputs,)* #(#rest),*) -> #output #where_clause #body
        }
    }

    /// Whether what a boxed pullback holds may not live for ever: it is of types or has lifetimes that
    /// are parameters. A method of a trait has the signature the trait says.
    pub(super) fn may_die(&self) -> bool {
        matches!(self.home, Home::Module | Home::Impl) && !self.outlived_kinds().is_empty()
    }

    /// The functions of a companion where calls find them.
    pub(super) fn place(&self, members: &Members) -> TokenStream {
        let (vis, ident, cfgs) = (self.vis, &self.sig.ident, self.cfgs());
        let Members {
            vjp,
            jvp,
            lanes,
            linear,
            given,
            rewrites,
        } = members;
        match self.home {
            Home::Rule if lanes.is_some() => quote!(#lanes),
            Home::Rule => quote!(#vjp #jvp),
            Home::Module => {
                let doc = format!(
                    "Derivatives of [`fn@{}`], found by whatever path finds the function.",
                    self.name()
                );
                quote! {
                    #[doc = #doc] #[doc(hidden)] #[allow(non_camel_case_types, missing_debug_implementations, dead_code)] #cfgs
                    #vis struct #ident {}
                    #cfgs
                    impl #ident { #vjp #jvp #lanes #linear #given #rewrites }
                }
            }
            _ => {
                let again = self.again_item();
                quote!(#cfgs #vjp #cfgs #jvp #cfgs #lanes #cfgs #linear #cfgs #again #given)
            }
        }
    }

    /// How callers hand the receiver to the pullback again.
    pub(super) fn again_item(&self) -> Option<TokenStream> {
        let (root, vis) = (&self.root, self.vis);
        let receiver = self.parameters().first().filter(|p| p.is_receiver)?;
        let name = sibling("again", &self.name(), Span::call_site());
        let sized = (self.home == Home::Trait).then(|| quote!(where Self: ::core::marker::Sized));
        let (ty, value) = match receiver.passing {
            Passing::RefMut => (
                quote!(#root::private::Exclusive),
                quote!(#root::private::Exclusive),
            ),
            _ => (
                quote!(#root::private::Shared<'_, Self>),
                quote!(#root::private::Shared::new(self)),
            ),
        };
        Some(quote! {
            /// The receiver for a pullback; called by the derivatives of callers.
            #[doc(hidden)] #[inline] #[must_use] #[allow(dead_code)]
            #vis fn #name(&self) -> #ty #sized { #value }
        })
    }
}

/// Says of all of these parameters, and of the pullback, that they outlive `'__grad`.
fn outlive(clause: &mut Option<syn::WhereClause>, parameters: &[TokenStream]) -> TokenStream {
    let clause = clause.get_or_insert_with(|| syn::parse_quote!(where));
    for parameter in parameters {
        clause
            .predicates
            .push(syn::parse_quote!(#parameter: '__grad));
    }
    quote!(+ '__grad)
}
