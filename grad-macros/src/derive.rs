//! `#[derive(Differentiable)]`: the tangent type of a struct or an enum, and the traits of both.
//!
//! Takes the item, gives the impls of `Tangent`, `Differentiable` and `Parameters`. The tangent of
//!
//! - a type without fields is `NoTangent`;
//! - a type whose every field is its own tangent (floats, arrays, tuples, vectors, boxes and
//!   options of those) is the type itself, and `FooTangent` is an alias. A generic parameter counts
//!   as its own tangent: that of `Pair<T>` is `Pair<T::Tangent>`, hence `Pair<f64>` is its own;
//! - any other type is a generated `FooTangent` of the same form, each field of which is the
//!   tangent of the field of that name.
//!
//! Tangents are not asked to be `Clone`, `Debug` or `PartialEq`, as one cannot see here what else
//! the user derives; the generated `FooTangent` gets all three through `Tangent`'s own methods,
//! which every tangent has, and `Copy` where the type is. With `#[differentiate(lanes)]` on the type there is a `FooLanes` too,
//! whose fields are the fields' tangents in several directions at once. `FooTangent` also gets `+`, `-` and a number times it. The tangent of an enum has
//! accessors to the fields of its variants, for generated code.
//!
//! All bodies have one form, a `match` over the variants (a struct is one), with the fields bound
//! as `a0, a1, ..` and, of a second value, `b0, b1, ..`. Past 400 lines for the templates alone.

mod accessors;
mod arithmetic;
mod copied;
mod generics;
mod inline;
mod item;
mod lanes;
mod lifetimes;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Generics, Member, parse_quote, parse_quote_spanned};

use accessors::accessors;
use arithmetic::arithmetic;
use copied::copied;
use generics::{bounded, impl_generics, unbounded};
use item::{Field, Kind, Role, Style, Target, Variant, bind};

/// The expansion of `#[derive(Differentiable)]` on `input`.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    item::parse(input).map_or_else(|error| error.to_compile_error(), |target| expand(&target))
}

fn expand(target: &Target) -> TokenStream {
    let kind = target.kind();
    let parts = match kind {
        Kind::Nothing => vec![alias(target, kind), without_fields(target)],
        Kind::Own => vec![
            alias(target, kind),
            tangent_impl(target, &bounded(&target.generics, &parse_quote!(Tangent))),
            differentiable_impl(target, kind),
            parameters_impl(target, kind),
            accessors(target, &target.name),
        ],
        Kind::Generated => {
            let tangent = tangent_target(target);
            vec![
                definition(target, &tangent),
                standard_impls(&tangent),
                copied(target, &tangent),
                arithmetic(&tangent),
                accessors(&tangent, &target.name),
                tangent_impl(&tangent, &tangent.generics),
                as_its_own(&tangent),
                differentiable_impl(target, kind),
                parameters_impl(target, kind),
            ]
        }
    };
    let replica = (!target.holds_mutably()).then(|| replica_impl(target));
    let in_lanes = target.lanes.then(|| lanes::in_lanes(target, kind));
    quote!(#(#parts)* #replica #in_lanes)
}

/// `FooTangent` for a type that needs no type of that name.
fn alias(target: &Target, kind: Kind) -> TokenStream {
    let (visibility, tangent_name) = (&target.visibility, target.tangent_name());
    let tangent = target.tangent_type(kind);
    let generics = if kind == Kind::Own {
        unbounded(&target.generics)
    } else {
        Generics::default()
    };
    let doc = format!(
        "The type of derivatives with respect to [`{}`].",
        target.name
    );
    quote! {
        #[doc = #doc]
        #[allow(dead_code)]
        #visibility type #tangent_name #generics = #tangent;
    }
}

/// The impls of a type without fields.
fn without_fields(target: &Target) -> TokenStream {
    let name = &target.name;
    let (parameters, arguments, clause) = target.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::Differentiable for #name #arguments #clause {
            type Tangent = ::grad_runtime::NoTangent;
            fn zero_tangent(&self) -> ::grad_runtime::NoTangent {
                ::grad_runtime::NoTangent
            }
            fn check_shape(
                &self,
                _: &::grad_runtime::NoTangent,
            ) -> ::core::result::Result<(), ::grad_runtime::ShapeError> {
                ::core::result::Result::Ok(())
            }
        }
        #[automatically_derived]
        impl #parameters ::grad_runtime::Parameters for #name #arguments #clause {
            fn visit(
                &mut self,
                _: &::grad_runtime::NoTangent,
                _: &mut impl ::grad_runtime::LeafVisitor,
            ) {}
        }
    }
}

/// `FooTangent` as an item of its own: the same form, with tangents for fields.
fn tangent_target(target: &Target) -> Target {
    let whole = impl_generics(target, Kind::Generated, &parse_quote!(Differentiable));
    let (generics, types) = lifetimes::freed(target, &whole).unwrap_or_else(|| {
        (
            whole,
            target.fields().map(|field| field.ty.clone()).collect(),
        )
    });
    let mut types = types.into_iter();
    let mut tangent_field = |field: &Field| {
        let ty = types.next().unwrap_or_else(|| field.ty.clone());
        let ty = match field.role {
            Role::Differentiated => parse_quote_spanned! {field.span()=>
                <#ty as ::grad_runtime::Differentiable>::Tangent
            },
            Role::Skipped => parse_quote!(<#ty as ::grad_runtime::Skipped>::Tangent),
        };
        Field {
            member: field.member.clone(),
            visibility: field.visibility.clone(),
            ty,
            role: Role::Differentiated,
        }
    };
    Target {
        name: target.tangent_name(),
        visibility: target.visibility.clone(),
        generics,
        is_enum: target.is_enum,
        variants: target
            .variants
            .iter()
            .map(|variant| Variant {
                name: variant.name.clone(),
                fields: variant.fields.iter().map(&mut tangent_field).collect(),
                style: variant.style,
            })
            .collect(),
        lanes: false,
    }
}

fn definition(target: &Target, tangent: &Target) -> TokenStream {
    let Target {
        name,
        visibility,
        generics,
        ..
    } = tangent;
    let clause = &generics.where_clause;
    let bodies = tangent.variants.iter().map(|variant| {
        let fields = variant.fields.iter().map(|field| {
            let Field {
                visibility,
                ty,
                member,
                ..
            } = field;
            let doc = format!(
                "The derivative with respect to `{}`.",
                member
                    .to_token_stream()
                    .to_string()
                    .trim_start_matches("r#"),
            );
            match member {
                Member::Named(name) => quote!(#[doc = #doc] #visibility #name: #ty),
                Member::Unnamed(_) => quote!(#[doc = #doc] #visibility #ty),
            }
        });
        match variant.style {
            Style::Named => quote!({ #(#fields),* }),
            Style::Tuple => quote!((#(#fields),*)),
            Style::Unit => TokenStream::new(),
        }
    });
    let doc = format!(
        "The type of derivatives with respect to [`{}`].",
        target.name
    );
    let attributes = quote!(#[doc = #doc] #[allow(dead_code)]);
    if target.is_enum {
        let variants = tangent.variants.iter().zip(bodies).map(|(variant, body)| {
            let doc = format!(
                "The tangent of [`{0}::{1}`].",
                target.name,
                variant.name.to_token_stream(),
            );
            let name = &variant.name;
            quote!(#[doc = #doc] #name #body)
        });
        quote! {
            #attributes
            #visibility enum #name #generics #clause { #(#variants),* }
        }
    } else {
        let body: TokenStream = bodies.collect();
        if tangent.variants[0].style == Style::Named {
            quote!(#attributes #visibility struct #name #generics #clause #body)
        } else {
            quote!(#attributes #visibility struct #name #generics #body #clause;)
        }
    }
}

/// `Clone`, `PartialEq` and `Debug`, through the methods that every tangent has.
fn standard_impls(tangent: &Target) -> TokenStream {
    let name = &tangent.name;
    let (parameters, arguments, clause) = tangent.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters ::core::clone::Clone for #name #arguments #clause {
            fn clone(&self) -> Self {
                ::grad_runtime::Tangent::duplicate(self)
            }
        }
        #[automatically_derived]
        impl #parameters ::core::cmp::PartialEq for #name #arguments #clause {
            fn eq(&self, other: &Self) -> bool {
                ::grad_runtime::Tangent::equals(self, other)
            }
        }
        #[automatically_derived]
        impl #parameters ::core::fmt::Debug for #name #arguments #clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::grad_runtime::Tangent::debug(self, f)
            }
        }
    }
}

fn tangent_impl(target: &Target, generics: &Generics) -> TokenStream {
    let name = &target.name;
    let (parameters, arguments, clause) = generics.split_for_impl();
    let this = quote!(Self);

    // Bodies on one value and on two, from an expression for each field.
    let one = |entry: &dyn Fn(&Ident) -> TokenStream| {
        let arms = target.variants.iter().map(|variant| {
            let pattern = variant.pattern(&this, "a");
            let entries = (0..variant.fields.len()).map(|i| entry(&bind("a", i)));
            quote!(#pattern => { #(#entries)* })
        });
        quote!(match self { #(#arms)* })
    };
    let rebuild = |method: &TokenStream| {
        let arms = target.variants.iter().map(|variant| {
            let pattern = variant.pattern(&this, "a");
            let value = variant.with(&this, |i, _| {
                let a = bind("a", i);
                quote!(::grad_runtime::Tangent::#method(#a))
            });
            quote!(#pattern => #value,)
        });
        quote!(match self { #(#arms)* })
    };
    let two = |start: TokenStream, entry: &dyn Fn(&Ident, &Ident) -> TokenStream, differ| {
        let arms = target.variants.iter().map(|variant| {
            let (a, b) = (variant.pattern(&this, "a"), variant.pattern(&this, "b"));
            let entries = (0..variant.fields.len()).map(|i| entry(&bind("a", i), &bind("b", i)));
            quote!((#a, #b) => { #start #(#entries)* })
        });
        let differ = target.variants_differ(&differ);
        quote!(match (self, other) { #(#arms)* #differ })
    };

    let written = name.to_string();
    let panic = quote!(::grad_runtime::mismatch(::grad_runtime::ShapeError::variant(#written)));
    let accumulate = two(
        TokenStream::new(),
        &|a, b| quote!(::grad_runtime::Tangent::accumulate(#a, #b);),
        panic.clone(),
    );
    let dot = two(
        quote!(0.0_f64),
        &|a, b| quote!(+ ::grad_runtime::Tangent::dot(#a, #b)),
        panic,
    );
    let equals = two(
        quote!(true),
        &|a, b| quote!(&& ::grad_runtime::Tangent::equals(#a, #b)),
        quote!(false),
    );
    let scale = one(&|a| quote!(::grad_runtime::Tangent::scale(#a, factor);));
    let set_zero = one(&|a| quote!(::grad_runtime::Tangent::set_zero(#a);));
    let take = rebuild(&quote!(take));
    let duplicate = rebuild(&quote!(duplicate));
    let debug = debug_body(target);
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::Tangent for #name #arguments #clause {
            #[inline]
            fn accumulate(&mut self, other: &Self) {
                #accumulate
            }
            #[inline]
            fn scale(&mut self, factor: f64) {
                #scale
            }
            #[inline]
            fn dot(&self, other: &Self) -> f64 {
                #dot
            }
            #[inline]
            fn set_zero(&mut self) {
                #set_zero
            }
            #[inline]
            fn take(&mut self) -> Self {
                #take
            }
            #[inline]
            fn duplicate(&self) -> Self {
                #duplicate
            }
            fn equals(&self, other: &Self) -> bool {
                #equals
            }
            fn debug(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #debug
            }
        }
    }
}

fn debug_body(target: &Target) -> TokenStream {
    let arms = target.variants.iter().map(|variant| {
        let pattern = variant.pattern(&quote!(Self), "a");
        let shown = variant.name.as_ref().unwrap_or(&target.name).to_string();
        let fields = variant.fields.iter().enumerate().map(|(i, field)| {
            let a = bind("a", i);
            match &field.member {
                Member::Named(name) => {
                    let name = name.to_string();
                    quote!(.field(#name, &::grad_runtime::Debugged(#a)))
                }
                Member::Unnamed(_) => quote!(.field(&::grad_runtime::Debugged(#a))),
            }
        });
        match variant.style {
            Style::Named => quote!(#pattern => f.debug_struct(#shown) #(#fields)* .finish(),),
            Style::Tuple => quote!(#pattern => f.debug_tuple(#shown) #(#fields)* .finish(),),
            Style::Unit => quote!(#pattern => f.write_str(#shown),),
        }
    });
    quote!(match self { #(#arms)* })
}

/// `Differentiable` and `Parameters` of a generated tangent, which is its own tangent.
fn as_its_own(tangent: &Target) -> TokenStream {
    let name = &tangent.name;
    let (parameters, arguments, clause) = tangent.generics.split_for_impl();
    let head = quote!(impl #parameters);
    let this = quote!(#name #arguments);
    let differentiable = differentiable_items(tangent, &quote!(Self), name);
    let visit = visit_item(tangent, name);
    quote! {
        #[automatically_derived]
        #head ::grad_runtime::Differentiable for #this #clause { #differentiable }
        #[automatically_derived]
        #head ::grad_runtime::Parameters for #this #clause { #visit }
    }
}

fn differentiable_impl(target: &Target, kind: Kind) -> TokenStream {
    let name = &target.name;
    let generics = impl_generics(target, kind, &parse_quote!(Differentiable));
    let (parameters, arguments, clause) = generics.split_for_impl();
    let items = differentiable_items(
        target,
        &target.tangent_type(kind),
        &target.tangent_path(kind),
    );
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::Differentiable for #name #arguments #clause { #items }
    }
}

fn differentiable_items(
    target: &Target,
    tangent_type: &TokenStream,
    tangent_path: &Ident,
) -> TokenStream {
    let tangent_path = tangent_path.to_token_stream();
    let made_by = |method: &TokenStream| -> TokenStream {
        let arms = target.variants.iter().map(|variant| {
            let pattern = variant.pattern_of_active(&quote!(Self), "a");
            let value = variant.with(&tangent_path, |i, field| match field.role {
                Role::Differentiated => field.call(method, &[&bind("a", i)]),
                Role::Skipped => quote!(::grad_runtime::NoTangent),
            });
            quote!(#pattern => #value,)
        });
        quote!(match self { #(#arms)* })
    };
    let zero = made_by(&quote!(Differentiable::zero_tangent));
    let neutral = made_by(&quote!(Differentiable::neutral_tangent));
    let checks = target.variants.iter().map(|variant| {
        let a = variant.pattern_of_active(&quote!(Self), "a");
        let b = variant.pattern_of_active(&tangent_path, "b");
        let fields = variant.active().map(|(i, field)| {
            let (a, b) = (bind("a", i), bind("b", i));
            let name = field.member.to_token_stream().to_string();
            let check = field.call(&quote!(Differentiable::check_shape), &[&a, &b]);
            quote! {
                #check.map_err(|error| error.in_field(#name))?;
            }
        });
        quote!((#a, #b) => { #(#fields)* })
    });
    let written = target.name.to_string();
    let differ = target.variants_differ(
        &quote!(return ::core::result::Result::Err(::grad_runtime::ShapeError::variant(#written))),
    );
    quote! {
        type Tangent = #tangent_type;
        #[inline]
        fn zero_tangent(&self) -> Self::Tangent {
            #zero
        }
        #[inline]
        fn neutral_tangent(&self) -> Self::Tangent {
            #neutral
        }
        fn check_shape(
            &self,
            tangent: &Self::Tangent,
        ) -> ::core::result::Result<(), ::grad_runtime::ShapeError> {
            match (self, tangent) { #(#checks)* #differ }
            ::core::result::Result::Ok(())
        }
    }
}

/// A copy field by field, for values that are not `Clone` and change while their old content is
/// needed.
fn replica_impl(target: &Target) -> TokenStream {
    let mut generics = target.generics.clone();
    let names: Vec<Ident> = generics.type_params().map(|p| p.ident.clone()).collect();
    for name in names {
        let clause = generics.make_where_clause();
        clause
            .predicates
            .push(parse_quote!(#name: ::grad_runtime::replica::Replica));
    }
    let name = &target.name;
    let (parameters, arguments, clause) = generics.split_for_impl();
    let arms = target.variants.iter().map(|variant| {
        let path = variant.path(&quote!(Self));
        let members: Vec<_> = variant.fields.iter().map(|f| &f.member).collect();
        let names: Vec<_> = (0..variant.fields.len()).map(|i| bind("a", i)).collect();
        let copies = variant.fields.iter().zip(&names).map(|(field, name)| {
            let method = match field.role {
                Role::Differentiated => quote!(replicate),
                Role::Skipped => quote!(replicate_skipped),
            };
            quote!((&&::grad_runtime::replica::Copier(#name)).#method())
        });
        quote!(#path { #(#members: #names),* } => #path { #(#members: #copies),* },)
    });
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::replica::Replica for #name #arguments #clause {
            #[allow(unused_imports, unused_variables)]
            fn replica(&self) -> Self {
                use ::grad_runtime::replica::{
                    ByClone as _, ByReplica as _, SkippedByClone as _, SkippedByNothing as _,
                };
                match self { #(#arms)* }
            }
        }
    }
}

fn parameters_impl(target: &Target, kind: Kind) -> TokenStream {
    if !target.is_owned() {
        return TokenStream::new();
    }
    let name = &target.name;
    let generics = impl_generics(target, kind, &parse_quote!(Parameters));
    let (parameters, arguments, clause) = generics.split_for_impl();
    let visit = visit_item(target, &target.tangent_path(kind));
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::Parameters for #name #arguments #clause { #visit }
    }
}

fn visit_item(target: &Target, tangent_path: &Ident) -> TokenStream {
    let tangent_path = tangent_path.to_token_stream();
    let visitor = Ident::new("visitor", Span::mixed_site());
    let arms = target.variants.iter().map(|variant| {
        let a = variant.pattern_of_active(&quote!(Self), "a");
        let b = variant.pattern_of_active(&tangent_path, "b");
        let fields = variant.active().map(|(i, field)| {
            let visit = field.call(
                &quote!(Parameters::visit),
                &[&bind("a", i), &bind("b", i), &visitor],
            );
            quote!(#visit;)
        });
        quote!((#a, #b) => { #(#fields)* })
    });
    let written = target.name.to_string();
    let differ = target.variants_differ(
        &quote!(::grad_runtime::mismatch(::grad_runtime::ShapeError::variant(#written))),
    );
    let inline = inline::inlined(target);
    quote! {
        #inline
        fn visit(
            &mut self,
            tangent: &Self::Tangent,
            #visitor: &mut impl ::grad_runtime::LeafVisitor,
        ) {
            match (self, tangent) { #(#arms)* #differ }
        }
    }
}
