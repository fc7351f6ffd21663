//! A function's signature, read once: what each parameter is, how it is passed, what its derivative
//! is called and typed. Used by the front to set up scopes and by emission to write signatures.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Pat, PathArguments, ReturnType, Type};

pub(crate) mod bounds;
pub(crate) mod functions;
pub(crate) mod generics;
pub(crate) mod iterators;
pub(crate) mod lifetimes;
mod standing;

use crate::diag::{Diagnostics, Problem};
use crate::ir::{Ty, Width};
use crate::options::Options;
pub(crate) use standing::{Place, Wanted};

/// How a parameter is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passing {
    Value,
    Ref,
    RefMut,
}

/// One parameter.
#[allow(clippy::struct_excessive_bools)] // facts of how it is written
#[derive(Clone)]
pub(crate) struct Parameter {
    /// Its name, or one made up where the user wrote a pattern.
    pub(crate) name: Ident,
    /// The pattern, where it is not a plain name.
    pub(crate) pattern: Option<Pat>,
    pub(crate) mutable: bool,
    /// The type as written; `Self` types for receivers.
    pub(crate) written: Type,
    /// The type behind the reference.
    pub(crate) base: Type,
    pub(crate) passing: Passing,
    pub(crate) ty: Ty,
    /// Whether the gradient has an entry for it.
    pub(crate) wrt: bool,
    pub(crate) is_receiver: bool,
    /// A receiver `self` whose type is a reference.
    pub(crate) by_value: bool,
    /// Something that a closure captures and that is no reference itself: its name is the place.
    pub(crate) is_place: bool,
    /// Of a closure's, whose type may not be written, what it is.
    pub(crate) of_closure: Option<functions::OfClosure>,
    /// What its cotangent is put into.
    pub(crate) place: Place,
    /// What its cotangent and its tangent are called in signatures.
    pub(crate) bar: Ident,
    pub(crate) dot: Ident,
    /// What it takes and gives, where it is a function.
    pub(crate) function: Option<functions::FunctionType>,
}

/// A function's signature.
#[derive(Clone)]
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Ty,
    pub(crate) output_type: Type,
    /// How it hands out what it returns, where that is a reference to a part of a parameter.
    pub(crate) returned: Option<Passing>,
    /// The tangent of what it returns, where that does not follow from the type.
    pub(crate) output_tangent: Option<Type>,
    /// Whether it is a method of a type that wraps a type parameter with methods: one of the same name
    /// that it calls on a part of itself is that one's.
    pub(crate) wraps: bool,
    /// Names of const parameters.
    pub(crate) consts: Vec<Ident>,
    /// Its type parameters that stand for numbers.
    pub(crate) numbers: Vec<Ident>,
    /// The names of those, and of the ones around it.
    pub(crate) number_names: Vec<String>,
    /// Other type parameters, and those of numbers: everything a pullback's type may name.
    pub(crate) types: Vec<Ident>,
    /// Whether it is that of a function that returns one, with the arguments of both.
    pub(crate) applied: bool,
    /// What outlives the pullback of a recursive function that is given functions.
    pub(crate) outlived: Option<syn::Lifetime>,
    /// The type of the `impl` block around it without the names of its lifetimes.
    pub(crate) lending: Option<TokenStream>,
    /// Who wants its derivatives.
    pub(crate) wanted: Wanted,
}

impl Signature {
    /// Type parameters of an `impl` block or trait that stand for numbers.
    pub(crate) fn numbers_of(outer: &syn::Generics) -> Vec<Ident> {
        generics::numbers(outer, None)
    }

    /// Type parameters of an `impl` block that its type holds something of, other than numbers.
    pub(crate) fn holders_of(outer: &syn::Generics, own: &Type) -> Vec<Ident> {
        generics::holders(outer, &quote!(#own))
    }

    /// Reads a signature; `outer` are the generics around the function.
    pub(crate) fn read(
        sig: &syn::Signature,
        outer: Option<&syn::Generics>,
        options: &Options,
        diag: &Diagnostics,
    ) -> Signature {
        reject(sig, diag);
        let numbers = generics::numbers(&sig.generics, Some(sig));
        let around = outer.map(Signature::numbers_of).unwrap_or_default();
        let names: Vec<String> = numbers
            .iter()
            .chain(&around)
            .map(ToString::to_string)
            .collect();
        let mut parameters: Vec<Parameter> = sig
            .inputs
            .iter()
            .enumerate()
            .map(|(k, arg)| {
                let mut parameter = parameter(k, arg, &sig.generics, diag);
                parameter.ty = parameter.ty.with_numbers(&names);
                parameter
            })
            .collect();
        keep_apart(&mut parameters);
        let (output, output_type) = match &sig.output {
            ReturnType::Default => (Ty::Unit, syn::parse_quote!(())),
            ReturnType::Type(_, ty) => {
                let ty = &lifetimes::owned(ty);
                if let Some(problem) = bounds::returned(ty) {
                    diag.report(ty.span(), problem);
                } else if let Some(span) = reference_inside(ty) {
                    diag.report(span, Problem::ReturnedReference);
                }
                (ty_of(ty).with_numbers(&names), ty.clone())
            }
        };
        let mut signature = Signature {
            parameters,
            returned: match &output_type {
                Type::Reference(reference) if reference.mutability.is_some() => {
                    Some(Passing::RefMut)
                }
                Type::Reference(_) => Some(Passing::Ref),
                _ => None,
            },
            output_tangent: None,
            wraps: outer.is_some_and(generics::has_holders),
            output,
            output_type,
            consts: outer
                .into_iter()
                .chain([&sig.generics])
                .flat_map(syn::Generics::const_params)
                .map(|p| p.ident.clone())
                .collect(),
            number_names: names,
            numbers,
            types: sig
                .generics
                .type_params()
                .map(|p| p.ident.clone())
                .collect(),
            applied: false,
            lending: None,
            outlived: None,
            wanted: Wanted::ByAll,
        };
        signature.choose_wrt(sig, options, diag);
        for parameter in signature.parameters.iter().filter(|p| p.wrt) {
            if let Some(problem) = bounds::unknown(parameter, &sig.generics) {
                diag.report(parameter.written.span(), problem);
            }
        }
        lifetimes::refuse_optional_places(&signature, diag);
        signature
    }

    /// As read for an `impl` on a reference: `self` is one.
    pub(crate) fn with_self(mut self, own: Option<&Type>) -> Signature {
        if let (Some(Type::Reference(reference)), Some(receiver)) =
            (own, self.parameters.first_mut())
        {
            if receiver.is_receiver && receiver.passing == Passing::Value {
                receiver.passing = Passing::Ref;
                receiver.base = (*reference.elem).clone();
                receiver.by_value = true;
            }
        }
        self
    }

    /// Marks the parameters that are differentiated.
    fn choose_wrt(&mut self, sig: &syn::Signature, options: &Options, diag: &Diagnostics) {
        if let Some(names) = &options.wrt {
            for name in names {
                // An implementation that does not use a parameter of its trait may say so.
                let unused = format!("_{name}");
                let found = |p: &&mut Parameter| p.name == *name || p.name == unused;
                match self.parameters.iter_mut().find(found) {
                    None => diag.report(name.span(), Problem::UnknownParameter(name.to_string())),
                    Some(p) if !p.ty.may_be_active() => {
                        diag.report(name.span(), Problem::InertParameter(name.to_string()));
                    }
                    Some(p) => p.wrt = true,
                }
            }
        } else {
            for p in &mut self.parameters {
                p.wrt = p.ty.may_be_active() && !is_inert_collection(&p.base);
            }
        }
        // What a function that is passed captures may be differentiated.
        let any = self
            .parameters
            .iter()
            .any(|p| p.wrt || p.function.is_some());
        if !any && !diag.any() {
            diag.report(sig.ident.span(), Problem::NothingToDifferentiate);
        }
        if self.parameters.len() > 64 {
            diag.report(sig.ident.span(), Problem::TooManyParameters);
        }
    }

    /// Whether the function is given functions.
    pub(crate) fn is_given_functions(&self) -> bool {
        self.parameters.iter().any(|p| p.function.is_some())
    }

    /// Whether what is returned is a reference to something differentiated, or holds one.
    pub(crate) fn gives_references(&self) -> bool {
        self.returned.is_some() || reference_inside(&self.output_type).is_some()
    }

    pub(crate) fn returns_float(&self) -> bool {
        matches!(self.output, Ty::Float(_) | Ty::Number)
    }
}

/// The reference to something differentiated that stands inside a returned type: in a tuple or an
/// `Option`. A returned type that is one as a whole leads to a place.
fn reference_inside(ty: &Type) -> Option<Span> {
    let reference = |ty: &Type| match ty {
        Type::Reference(inner) => ty_of(&inner.elem).may_be_active().then(|| inner.span()),
        other => reference_inside(other),
    };
    match ty {
        Type::Paren(inner) => reference_inside(&inner.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(reference),
        Type::Array(array) => reference(&array.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(list) = &last.arguments else {
                return None;
            };
            list.args.iter().find_map(|arg| match arg {
                GenericArgument::Type(ty) => reference(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Names cotangents and tangents so that none has the name of a parameter.
fn keep_apart(parameters: &mut [Parameter]) {
    let names: Vec<Ident> = parameters.iter().map(|p| p.name.clone()).collect();
    let free = |mut name: Ident| {
        while names.contains(&name) {
            name = format_ident!("{name}_");
        }
        name
    };
    for parameter in parameters {
        parameter.bar = free(format_ident!("{}_bar", parameter.name));
        parameter.dot = free(format_ident!("{}_dot", parameter.name));
    }
}

fn reject(sig: &syn::Signature, diag: &Diagnostics) {
    if let Some(token) = &sig.asyncness {
        diag.report(token.span, Problem::AsyncFunction);
    }
    if let syn::Safety::Unsafe(token) = &sig.safety {
        diag.report(token.span, Problem::UnsafeFunction);
    }
    if let Some(variadic) = &sig.variadic {
        diag.report(variadic.span(), Problem::Variadic);
    }
}

fn parameter(k: usize, arg: &FnArg, generics: &syn::Generics, diag: &Diagnostics) -> Parameter {
    match arg {
        FnArg::Receiver(receiver) => {
            let (passing, span) = match &receiver.kind {
                syn::ReceiverKind::Reference(_, _, None) => (Passing::Ref, receiver.span()),
                syn::ReceiverKind::Reference(_, _, Some(token)) => (Passing::RefMut, token.span),
                syn::ReceiverKind::Typed(_, ty) => {
                    let what = "a receiver with a written type".to_owned();
                    diag.report(ty.span(), Problem::Expression(what));
                    (Passing::Value, receiver.span())
                }
                _ => (Passing::Value, receiver.span()),
            };
            let base: Type = syn::parse_quote!(Self);
            Parameter {
                name: Ident::new("self", receiver.self_token.span),
                pattern: None,
                mutable: receiver.mutability.is_some() || passing == Passing::RefMut,
                written: match passing {
                    Passing::Value => base.clone(),
                    Passing::Ref => syn::parse_quote!(&Self),
                    Passing::RefMut => syn::parse_quote!(&mut Self),
                },
                base,
                passing,
                ty: Ty::Named("Self".to_owned()),
                wrt: false,
                is_receiver: true,
                by_value: false,
                is_place: false,
                of_closure: None,
                place: Place::OfType,
                function: None,
                bar: format_ident!("self_bar"),
                dot: format_ident!("self_dot"),
            }
            .spanned(span)
        }
        FnArg::Typed(typed) => typed_parameter(k, typed, generics),
    }
}

impl Parameter {
    fn spanned(mut self, span: Span) -> Self {
        self.name.set_span(span);
        self
    }

    /// The type of the tangent as the user sees it.
    pub(crate) fn tangent_type(&self, root: &TokenStream) -> TokenStream {
        tangent_of(&self.base, root)
    }

    /// The type behind the reference to a cotangent buffer: unsized for slices and `Vec`s.
    pub(crate) fn bar_type(&self, root: &TokenStream) -> TokenStream {
        if !self.wrt && !holds_indices(&self.base) {
            return quote!(#root::NoTangent);
        }
        if self.place == Place::OfReceiver {
            return quote!(<Self as #root::private::Receives>::Bar);
        }
        match sequence_element(&self.base).filter(|_| self.is_growable()) {
            Some(element) => {
                let (element, vec) = (tangent_of(element, root), vec_path(root));
                quote!(#vec<#element>)
            }
            None => bar_of(&self.base, root),
        }
    }

    /// As [`bar_type`](Self::bar_type), with as many lanes as `count` says.
    pub(crate) fn lanes_type(&self, root: &TokenStream, count: &Ident) -> TokenStream {
        if !self.wrt && !holds_indices(&self.base) {
            return quote!(#root::NoTangent);
        }
        match sequence_element(&self.base) {
            Some(element) => {
                let element = lanes_of(element, root, count);
                if self.is_growable() {
                    let vec = vec_path(root);
                    return quote!(#vec<#element>);
                }
                quote!([#element])
            }
            None => lanes_of(&self.base, root, count),
        }
    }

    /// `&mut Vec<_>`: the length may change, and that of the cotangent with it.
    pub(crate) fn is_growable(&self) -> bool {
        self.passing == Passing::RefMut
            && !matches!(self.base, Type::Slice(_))
            && self.is_sequence()
    }

    /// Whether the buffer is a slice whose length the caller chose.
    pub(crate) fn is_sequence(&self) -> bool {
        sequence_element(&self.base).is_some()
    }

    /// The type of the tangent passed to forward mode.
    pub(crate) fn dot_type(&self, root: &TokenStream) -> TokenStream {
        let bar = self.bar_type(root);
        if self.passing == Passing::RefMut {
            quote!(&mut #bar)
        } else if self.is_sequence() || self.passing == Passing::Ref {
            quote!(&#bar)
        } else {
            bar
        }
    }
}

fn typed_parameter(k: usize, typed: &syn::PatType, generics: &syn::Generics) -> Parameter {
    let (name, pattern, mutable) = match &*typed.pat {
        Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => {
            (p.ident.clone(), None, p.mutability.is_some())
        }
        other => (format_ident!("arg{k}"), Some(other.clone()), false),
    };
    let function = functions::function_of(&typed.ty, generics);
    let (passing, base) = match &*typed.ty {
        Type::Reference(r) if r.mutability.is_some() => (Passing::RefMut, (*r.elem).clone()),
        Type::Reference(r) => (Passing::Ref, (*r.elem).clone()),
        other => (Passing::Value, other.clone()),
    };
    let passing = if function.is_some() {
        Passing::Value
    } else {
        passing
    };
    Parameter {
        name,
        pattern,
        mutable: mutable || passing == Passing::RefMut,
        ty: if function.is_some() {
            Ty::Inert
        } else {
            ty_of(&base)
        },
        written: (*typed.ty).clone(),
        base,
        passing,
        wrt: false,
        is_receiver: false,
        by_value: false,
        is_place: false,
        of_closure: None,
        place: Place::OfType,
        function,
        bar: format_ident!("self_bar"),
        dot: format_ident!("self_dot"),
    }
}

/// What the graph knows of a written type; references are looked through.
pub(crate) fn ty_of(ty: &Type) -> Ty {
    match ty {
        Type::Paren(inner) => ty_of(&inner.elem),
        Type::Group(inner) => ty_of(&inner.elem),
        Type::Reference(inner) => ty_of(&inner.elem),
        Type::Array(inner) => Ty::Array(Box::new(ty_of(&inner.elem))),
        Type::Slice(inner) => Ty::Array(Box::new(ty_of(&inner.elem))),
        Type::Tuple(inner) if inner.elems.is_empty() => Ty::Unit,
        Type::Tuple(inner) => Ty::Tuple(inner.elems.iter().map(ty_of).collect()),
        Type::Path(path) => path_ty(path),
        Type::Infer(_) => Ty::Unknown,
        Type::TraitObject(object) if !functions::is_function(object) => Ty::Dyn,
        _ => Ty::Inert,
    }
}

fn path_ty(path: &syn::TypePath) -> Ty {
    let Some(last) = path.path.segments.last() else {
        return Ty::Unknown;
    };
    let name = last.ident.to_string();
    match name.as_str() {
        "f32" => Ty::Float(Some(Width::F32)),
        "f64" => Ty::Float(Some(Width::F64)),
        "bool" => Ty::Bool,
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128"
        | "isize" => Ty::Int,
        "Range" | "RangeInclusive"
            if first_type_argument(&last.arguments).is_some_and(|ty| ty_of(ty).may_be_active()) =>
        {
            Ty::Named(name)
        }
        "char" | "str" | "String" | "Range" | "RangeInclusive" | "PhantomData" | "Duration"
        | "Instant" => Ty::Inert,
        "Vec" => match first_type_argument(&last.arguments) {
            Some(Type::Infer(_)) | None => Ty::Array(Box::new(Ty::Unknown)),
            Some(element) => Ty::Array(Box::new(ty_of(element))),
        },
        "Option" => match first_type_argument(&last.arguments) {
            Some(inner) => Ty::Option(Box::new(ty_of(inner))),
            None => Ty::Option(Box::new(Ty::Unknown)),
        },
        "Box" => match first_type_argument(&last.arguments) {
            Some(inner @ Type::Slice(_)) => ty_of(inner),
            Some(inner) if ty_of(inner) == Ty::Dyn => Ty::Dyn,
            Some(inner) if !ty_of(inner).may_be_active() => Ty::Inert,
            _ => Ty::Named(name),
        },
        "Rc" | "Arc" if first_type_argument(&last.arguments).map(ty_of) == Some(Ty::Dyn) => Ty::Dyn,
        "HashMap" | "BTreeMap" if may_hold_floats(&last.arguments) => Ty::Named(MAP.to_owned()),
        _ => Ty::Named(name),
    }
}

/// The name of the type of maps that may hold floats.
pub(crate) const MAP: &str = "map";

/// Whether the values of a map may be or hold floats, as far as its type is written.
fn may_hold_floats(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(list) = arguments else {
        return true;
    };
    let mut types = list.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    let value = types.nth(1);
    value.is_none_or(|value| {
        let ty = ty_of(value);
        // What a sequence in a map holds is reached through the map, be it floats or not.
        matches!(ty, Ty::Array(_)) || ty.may_be_active() && !is_inert_collection(value)
    })
}

fn first_type_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = arguments else {
        return None;
    };
    list.args.iter().find_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The element type of a slice or a `Vec`.
pub(crate) fn sequence_element(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Paren(inner) => sequence_element(&inner.elem),
        Type::Group(inner) => sequence_element(&inner.elem),
        Type::Slice(slice) => Some(&slice.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let inner = first_type_argument(&last.arguments);
            match inner {
                Some(Type::Slice(slice)) if last.ident == "Box" => Some(&slice.elem),
                inner => inner.filter(|_| last.ident == "Vec"),
            }
        }
        _ => None,
    }
}

/// Whether the type is a container of what has no derivatives: a list of indices or texts, an index
/// that may not be there. Its tangent has the container's shape, as callers that do not know the type of
/// what they hand over have it.
fn holds_indices(ty: &Type) -> bool {
    let plain = |ty: &Type| {
        matches!(ty_of(ty), Ty::Int | Ty::Bool) || is_plain_text(ty) || holds_indices(ty)
    };
    match ty {
        Type::Paren(inner) => holds_indices(&inner.elem),
        Type::Group(inner) => holds_indices(&inner.elem),
        Type::Reference(inner) => holds_indices(&inner.elem),
        Type::Array(array) => plain(&array.elem),
        Type::Slice(slice) => plain(&slice.elem),
        Type::Tuple(tuple) => !tuple.elems.is_empty() && tuple.elems.iter().all(plain),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let inner = first_type_argument(&last.arguments);
            let boxed = last.ident == "Box" && matches!(inner, Some(Type::Slice(_)));
            let holds = ["Vec", "Option", "Range"]
                .iter()
                .any(|name| last.ident == name);
            (boxed || holds) && inner.is_some_and(plain)
        }),
        _ => false,
    }
}

/// Whether the type is a text or a letter, or a reference to one.
fn is_plain_text(ty: &Type) -> bool {
    match ty {
        Type::Reference(inner) => is_plain_text(&inner.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            matches!(last.ident.to_string().as_str(), "char" | "str" | "String")
        }),
        _ => false,
    }
}

/// Collections of std's that are iterated over in an order of their own. They have no tangents.
pub(crate) const COLLECTIONS: &[&str] =
    &["HashMap", "BTreeMap", "HashSet", "BTreeSet", "BinaryHeap"];

/// Whether the type is one of them and holds no floats: such a parameter is constant.
fn is_inert_collection(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    let known = last.filter(|last| COLLECTIONS.iter().any(|name| last.ident == name));
    let Some(PathArguments::AngleBracketed(list)) = known.map(|last| &last.arguments) else {
        return false;
    };
    list.args.iter().all(|argument| match argument {
        syn::GenericArgument::Type(ty) => !ty_of(ty).may_be_active() || is_inert_collection(ty),
        _ => true,
    })
}

/// The type behind the reference to a cotangent buffer that keeps its length.
pub(crate) fn bar_of(base: &Type, root: &TokenStream) -> TokenStream {
    match sequence_element(base) {
        Some(element) => {
            let element = tangent_of(element, root);
            quote!([#element])
        }
        None => tangent_of(base, root),
    }
}

/// The tangent type of a written type: floats and containers of floats in full, anything else
/// through the trait.
pub(crate) fn tangent_of(ty: &Type, root: &TokenStream) -> TokenStream {
    match ty {
        Type::Paren(inner) => tangent_of(&inner.elem, root),
        Type::Group(inner) => tangent_of(&inner.elem, root),
        Type::Reference(inner) => tangent_of(&inner.elem, root),
        Type::Array(array) => {
            let (element, len) = (tangent_of(&array.elem, root), &array.len);
            quote!([#element; #len])
        }
        Type::Infer(_) => quote!(_),
        // A `+` may not stand before `as`.
        Type::TraitObject(object) if object.bounds.len() > 1 || object.bounds.trailing_punct() => {
            quote!(<(#ty) as #root::Differentiable>::Tangent)
        }
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let parts = tuple.elems.iter().map(|part| tangent_of(part, root));
            quote!((#(#parts,)*))
        }
        _ if optional_reference(ty).is_some() => {
            let inside = optional_reference(ty).map(|inside| tangent_of(inside, root));
            quote!(::core::option::Option<#inside>)
        }
        _ => match sequence_element(ty) {
            Some(element) => {
                let element = tangent_of(element, root);
                let vec = vec_path(root);
                quote!(#vec<#element>)
            }
            None if matches!(ty_of(ty), Ty::Float(_)) => quote!(#ty),
            // What is wrong with the type is said there.
            None => quote_spanned!(ty.span()=> <#ty as #root::Differentiable>::Tangent),
        },
    }
}

/// What `Option<&T>` refers to.
pub(crate) fn optional_reference(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|s| s.ident == "Option")?;
    match first_type_argument(&last.arguments)? {
        Type::Reference(reference) => Some(&reference.elem),
        _ => None,
    }
}

/// The tangent of a written type in lanes.
pub(crate) fn lanes_of(ty: &Type, root: &TokenStream, count: &Ident) -> TokenStream {
    quote!(#root::private::LanesOf<#ty, #count>)
}

/// How many floats a value of the written type has, where the type says so.
pub(crate) fn entries_of(ty: &Type) -> Option<u64> {
    match ty {
        Type::Paren(inner) => entries_of(&inner.elem),
        Type::Group(inner) => entries_of(&inner.elem),
        Type::Reference(inner) => entries_of(&inner.elem),
        Type::Array(array) => {
            let syn::Expr::Lit(len) = &array.len else {
                return None;
            };
            let syn::Lit::Int(len) = &len.lit else {
                return None;
            };
            let len: u64 = len.base10_parse().ok()?;
            entries_of(&array.elem)?.checked_mul(len)
        }
        Type::Tuple(tuple) => tuple
            .elems
            .iter()
            .try_fold(0_u64, |sum, part| sum.checked_add(entries_of(part)?)),
        _ => match ty_of(ty) {
            Ty::Float(_) => Some(1),
            ty if ty.may_be_active() => None,
            _ => Some(0),
        },
    }
}

/// `Vec`, by a path that works without `std`.
pub(crate) fn vec_path(root: &TokenStream) -> TokenStream {
    quote!(#root::private::Vec)
}
