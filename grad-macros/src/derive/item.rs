//! The item a derive stands on, parsed and checked, and what its tangent is.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Attribute, Error, Fields, GenericArgument, Generics, Item, Member, PathArguments, Result, Type,
    TypePath, Visibility, spanned::Spanned,
};

use super::generics::substitute;
use super::lifetimes;

/// A struct or an enum.
pub(super) struct Target {
    pub(super) name: Ident,
    pub(super) visibility: Visibility,
    pub(super) generics: Generics,
    pub(super) is_enum: bool,
    pub(super) variants: Vec<Variant>,
    /// Whether its tangents can be carried in lanes.
    pub(super) lanes: bool,
}

/// A variant, or the one form of a struct, whose name is `None`.
pub(super) struct Variant {
    pub(super) name: Option<Ident>,
    pub(super) fields: Vec<Field>,
    pub(super) style: Style,
}

pub(super) struct Field {
    pub(super) member: Member,
    pub(super) visibility: Visibility,
    pub(super) ty: Type,
    pub(super) role: Role,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    Differentiated,
    Skipped,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Named,
    Tuple,
    Unit,
}

pub(super) fn parse(input: TokenStream) -> Result<Target> {
    match syn::parse2(input)? {
        Item::Struct(item) => Ok(Target {
            name: item.ident,
            visibility: item.vis,
            generics: item.generics,
            is_enum: false,
            variants: vec![parse_variant(None, &item.fields)?],
            lanes: parse_lanes(&item.attrs)?,
        }),
        Item::Enum(item) => Ok(Target {
            name: item.ident,
            visibility: item.vis,
            generics: item.generics,
            is_enum: true,
            variants: item
                .variants
                .iter()
                .map(|variant| parse_variant(Some(variant.ident.clone()), &variant.fields))
                .collect::<Result<_>>()?,
            lanes: parse_lanes(&item.attrs)?,
        }),
        Item::Union(item) => Err(problem(
            item.union_token.span(),
            "a union has no derivative, as it does not know which of its fields it holds",
            "make it an `enum`",
        )),
        other => Err(problem(
            other.span(),
            "`Differentiable` can be derived for structs and enums only",
            "put the derive on a `struct` or an `enum`",
        )),
    }
}

/// `#[differentiate(lanes)]` on the type.
fn parse_lanes(attributes: &[Attribute]) -> Result<bool> {
    let mut lanes = false;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("differentiate"))
    {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("lanes") {
                lanes = true;
                return Ok(());
            }
            Err(problem(
                meta.path.span(),
                "unknown option of a type",
                "`#[differentiate(lanes)]` carries its tangents in several directions at once",
            ))
        })?;
    }
    Ok(lanes)
}

fn parse_variant(name: Option<Ident>, fields: &Fields) -> Result<Variant> {
    let style = match fields {
        Fields::Named(_) => Style::Named,
        Fields::Unnamed(_) => Style::Tuple,
        Fields::Unit => Style::Unit,
    };
    let fields = fields
        .iter()
        .zip(fields.members())
        .map(|(field, member)| {
            let visibility = field.vis.clone();
            let role = parse_role(&field.attrs)?;
            Ok(Field {
                member,
                visibility,
                ty: alone(field.ty.clone()),
                role,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Variant {
        name,
        fields,
        style,
    })
}

fn parse_role(attributes: &[Attribute]) -> Result<Role> {
    let mut role = Role::Differentiated;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("differentiate"))
    {
        let mut found = false;
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                found = true;
                role = Role::Skipped;
                return Ok(());
            }
            Err(problem(
                meta.path.span(),
                "unknown option of a field",
                "`#[differentiate(skip)]` holds the field constant",
            ))
        })?;
        if !found {
            return Err(problem(
                attribute.span(),
                "`#[differentiate]` on a field names no option",
                "`#[differentiate(skip)]` holds the field constant",
            ));
        }
    }
    Ok(role)
}

pub(super) fn problem(span: Span, message: &str, help: &str) -> Error {
    Error::new(span, format!("{message}\n\nhelp: {help}"))
}

/// What a type's tangent is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Nothing,
    Own,
    Generated,
}

impl Target {
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.variants.iter().flat_map(|variant| &variant.fields)
    }

    pub(super) fn kind(&self) -> Kind {
        let own =
            |field: &Field| field.role == Role::Differentiated && is_own_tangent(&field.ty, self);
        if self.fields().next().is_none() {
            Kind::Nothing
        } else if self.fields().all(own)
            && crate::signature::generics::bounds_tangents(&self.generics)
        {
            Kind::Own
        } else {
            Kind::Generated
        }
    }

    /// Whether values can be changed in place: no differentiated field is or holds a reference.
    pub(super) fn is_owned(&self) -> bool {
        self.fields()
            .filter(|field| field.role == Role::Differentiated)
            .all(|field| is_owned(&field.ty))
    }

    /// Whether a field is or holds a mutable reference, of which there is no copy.
    pub(super) fn holds_mutably(&self) -> bool {
        let mut fields = self
            .fields()
            .map(|field| field.ty.to_token_stream().to_string());
        fields.any(|ty| ty.contains('&') && ty.split_whitespace().any(|word| word == "mut"))
    }

    pub(super) fn tangent_name(&self) -> Ident {
        format_ident!("{}Tangent", self.name)
    }

    /// The tangent's type. The generic arguments of an own tangent are themselves tangents.
    pub(super) fn tangent_type(&self, kind: Kind) -> TokenStream {
        let (name, tangent_name) = (&self.name, self.tangent_name());
        let (_, arguments, _) = self.generics.split_for_impl();
        match kind {
            Kind::Nothing => quote!(::grad_runtime::NoTangent),
            Kind::Own => {
                let arguments = substitute(arguments.to_token_stream(), &self.generics);
                quote!(#name #arguments)
            }
            Kind::Generated => match lifetimes::freed(self, &self.generics) {
                Some((generics, _)) => {
                    let (_, arguments, _) = generics.split_for_impl();
                    quote!(#tangent_name #arguments)
                }
                None => quote!(#tangent_name #arguments),
            },
        }
    }

    /// The name that constructs and matches the tangent.
    pub(super) fn tangent_path(&self, kind: Kind) -> Ident {
        if kind == Kind::Generated {
            self.tangent_name()
        } else {
            self.name.clone()
        }
    }

    /// What two values of different variants come to, where there can be two.
    pub(super) fn variants_differ(&self, otherwise: &TokenStream) -> TokenStream {
        if self.variants.len() > 1 {
            quote!(_ => #otherwise,)
        } else {
            TokenStream::new()
        }
    }
}

impl Field {
    /// Where this field stands: what is wrong with its type is reported there, and once.
    pub(super) fn span(&self) -> Span {
        self.ty.span()
    }

    pub(super) fn call(&self, path: &TokenStream, arguments: &[&Ident]) -> TokenStream {
        quote_spanned!(self.span()=> ::grad_runtime::#path(#(#arguments),*))
    }
}

impl Variant {
    pub(super) fn path(&self, base: &TokenStream) -> TokenStream {
        match &self.name {
            Some(name) => quote!(#base::#name),
            None => base.clone(),
        }
    }

    /// `Base::Variant { field: a0, .. }`, as a pattern.
    pub(super) fn pattern(&self, base: &TokenStream, letter: &str) -> TokenStream {
        self.with(base, |i, _| bind(letter, i).into_token_stream())
    }

    /// `Base::Variant { field: entry(i, field), .. }`.
    pub(super) fn with(
        &self,
        base: &TokenStream,
        entry: impl Fn(usize, &Field) -> TokenStream,
    ) -> TokenStream {
        let path = self.path(base);
        let entries = self.fields.iter().enumerate().map(|(i, field)| {
            let (member, entry) = (&field.member, entry(i, field));
            quote!(#member: #entry)
        });
        quote!(#path { #(#entries),* })
    }

    /// `Base::Variant { field: a0, .. }` without the skipped fields.
    pub(super) fn pattern_of_active(&self, base: &TokenStream, letter: &str) -> TokenStream {
        let path = self.path(base);
        let entries = self.active().map(|(i, field)| {
            let (member, name) = (&field.member, bind(letter, i));
            quote!(#member: #name)
        });
        quote!(#path { #(#entries,)* .. })
    }

    pub(super) fn active(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.role == Role::Differentiated)
    }
}

pub(super) fn bind(letter: &str, index: usize) -> Ident {
    format_ident!("{letter}{index}", span = Span::mixed_site())
}

/// Whether `ty` is, by its spelling, its own tangent once the generic parameters are. The type that
/// the derive stands on counts as such inside itself: if all its other fields are, so is it.
fn is_own_tangent(ty: &Type, target: &Target) -> bool {
    let own = |ty: &Type| is_own_tangent(ty, target);
    match ty {
        Type::Array(array) => own(&array.elem),
        Type::Tuple(tuple) => !tuple.elems.is_empty() && tuple.elems.iter().all(own),
        Type::Paren(inner) => own(&inner.elem),
        Type::Group(inner) => own(&inner.elem),
        Type::Path(path) if path.qself.is_none() && is_itself(path, target) => true,
        Type::Path(path) if path.qself.is_none() => {
            if let Some(name) = path.path.get_ident() {
                return name == "f32"
                    || name == "f64"
                    || target
                        .generics
                        .type_params()
                        .any(|parameter| parameter.ident == *name);
            }
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return false;
            };
            ["Vec", "Box", "Option"]
                .iter()
                .any(|name| last.ident == name)
                && arguments.args.len() == 1
                && arguments
                    .args
                    .iter()
                    .all(|argument| matches!(argument, GenericArgument::Type(ty) if own(ty)))
        }
        _ => false,
    }
}

/// Whether the path is the type the derive stands on, with its own parameters: `Tree<T>` in `Tree<T>`.
fn is_itself(path: &TypePath, target: &Target) -> bool {
    let name = &target.name;
    let (_, arguments, _) = target.generics.split_for_impl();
    let written = path.to_token_stream().to_string();
    written == quote!(#name #arguments).to_string() || written == "Self"
}

/// Whether the value of `ty` can be changed in place: it holds nothing shared.
fn is_owned(ty: &Type) -> bool {
    let mut tokens = vec![ty.to_token_stream()];
    while let Some(stream) = tokens.pop() {
        for token in stream {
            match token {
                TokenTree::Group(group) => tokens.push(group.stream()),
                TokenTree::Ident(name) if name == "Rc" || name == "Arc" => return false,
                TokenTree::Punct(punct) if punct.as_char() == '&' || punct.as_char() == '\'' => {
                    return false;
                }
                _ => {}
            }
        }
    }
    true
}

/// The type in a form that may stand anywhere: `A + B` is in parentheses.
fn alone(ty: Type) -> Type {
    match ty {
        Type::TraitObject(object) if object.dyn_token.is_none() => syn::parse_quote!((#object)),
        ty => ty,
    }
}
