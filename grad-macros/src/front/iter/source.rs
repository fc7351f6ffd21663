//! Where items come from: slices, ranges, options, functions of `std::iter`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, ExprRange, RangeLimits};

use super::super::way::is_users;
use super::super::{Lower, Operand};
use super::{Access, Cut, Iter, RangeOf};
use crate::diag::Problem;
use crate::ir::{Discrete, Kind, Path, Ty, Value};
use crate::signature::COLLECTIONS;

/// Methods of slices that give sub-slices: how they cut, and whether mutably.
const CUTS: &[(&str, Cut, bool)] = &[
    ("chunks", Cut::Chunks, false),
    ("chunks_mut", Cut::Chunks, true),
    ("chunks_exact", Cut::Exact, false),
    ("chunks_exact_mut", Cut::Exact, true),
    ("rchunks", Cut::FromEnd, false),
    ("rchunks_mut", Cut::FromEnd, true),
    ("windows", Cut::Windows, false),
];

impl Lower<'_> {
    /// The operand as an iterator: what `for` and `zip` do with it.
    pub(in crate::front) fn iterator(&mut self, operand: Operand, span: Span) -> Option<Iter> {
        if let Some(items) = self.items_of_map(&operand, span) {
            return Some(items);
        }
        if let Some(items) = self.items_of_array(&operand, span) {
            return Some(items);
        }
        let ty = match self.operand_ty(&operand) {
            ty if super::super::deque::is_deque(&ty) => Ty::Unknown,
            ty => ty,
        };
        let element = ty.element();
        let operand = match self.made_items(operand, span) {
            Ok(items) => return Some(items),
            Err(other) => other,
        };
        match operand {
            Operand::Poison | Operand::Never => None,
            Operand::Iter(iter) => Some(iter),
            Operand::Closure(f) if f.is_table() => Some(self.functions_in_turn(&f)),
            Operand::Maybe(some, item) => Some(Iter::Maybe(some, item)),
            Operand::Value(value) if self.is_none(value) => {
                let no = self.truth(false);
                Some(Iter::Maybe(no, Box::new(Operand::Never)))
            }
            _ if is_optional(&ty) => {
                let (some, item) = self.maybe(operand, span);
                Some(Iter::Maybe(some, Box::new(item)))
            }
            Operand::Ref(path, _) if is_sequence(&ty) => Some(elements(path, element, Access::Ref)),
            Operand::RefMut(path, _) if is_sequence(&ty) => {
                Some(elements(path, element, Access::RefMut))
            }
            Operand::Place(path, _) if is_sequence(&ty) => {
                Some(elements(path, element, Access::Move))
            }
            Operand::Value(_) if is_sequence(&ty) => {
                let path = self.as_path(operand);
                Some(elements(path, element, Access::Move))
            }
            Operand::Value(value) if ty == Ty::Inert => self.inert_items(value, span),
            // The name of an array's type, or a type that is a sequence as far as methods go.
            Operand::Ref(path, ty) if self.may_be_sequence(&ty) => {
                Some(elements(path, element, Access::Ref))
            }
            Operand::RefMut(path, ty) if self.may_be_sequence(&ty) => {
                Some(elements(path, element, Access::RefMut))
            }
            Operand::Place(path, ty) if self.may_be_sequence(&ty) => {
                Some(elements(path, element, Access::Move))
            }
            other => {
                let items = self.items_of_collection(&other, span);
                if items.is_none() {
                    self.report(span, Problem::Iterator("into_iter".to_owned()));
                }
                items
            }
        }
    }

    /// `x.iter()`, `x.chunks(n)` and the like, `array.map(f)`; `None` for any other method.
    pub(super) fn source_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let ty = self.operand_ty(receiver);
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        let optional = matches!(receiver, Operand::Maybe(..)) || is_optional(&ty);
        match (name.as_str(), args.as_slice()) {
            ("iter" | "iter_mut" | "into_iter", []) if optional => {
                let iter = self.iterator(receiver.clone(), span);
                Some(iter.map_or(Operand::Poison, Operand::Iter))
            }
            // A type of the user's that dereferences to a sequence, or a pointer to one.
            ("iter", []) if self.may_be_sequence(&ty) || is_pointer(&ty) => {
                Some(self.elements_of(receiver, Access::Ref))
            }
            ("iter_mut", []) if self.may_be_sequence(&ty) => {
                Some(self.elements_of(receiver, Access::RefMut))
            }
            ("into_iter", []) if self.may_be_sequence(&ty) => {
                let iter = self.iterator(receiver.clone(), span);
                Some(iter.map_or(Operand::Poison, Operand::Iter))
            }
            (_, _) if !matches!(ty, Ty::Array(_) | Ty::Unknown) => None,
            ("iter", []) => Some(self.elements_of(receiver, Access::Ref)),
            ("iter_mut", []) => Some(self.elements_of(receiver, Access::RefMut)),
            ("into_iter", []) => {
                let iter = self.iterator(receiver.clone(), span);
                Some(iter.map_or(Operand::Poison, Operand::Iter))
            }
            ("extend", [items]) => {
                let operand = self.lower_expr(items);
                let iter = self.iterator(operand, items.span());
                Some(match iter {
                    Some(iter) => self.extend(receiver, &iter, span),
                    None => Operand::Poison,
                })
            }
            ("map", [f]) if matches!(ty, Ty::Array(_)) => Some(self.map_array(receiver, f, span)),
            ("rchunks_exact", [size]) => {
                let size = self.value_of(size);
                self.check_size(&call.method, size);
                let path = self.as_path(receiver.clone());
                let len = self.length_of(&path, span);
                let rest = self.remainder(len, size);
                let path = self.cut_of(&path, rest, len, 0);
                Some(Operand::Iter(Iter::Rev(Box::new(Iter::Chunks {
                    path,
                    ty,
                    size,
                    cut: Cut::Exact,
                    mutable: false,
                }))))
            }
            (name, [size]) => {
                let (_, cut, mutable) = CUTS.iter().find(|(own, ..)| *own == name)?;
                let size = self.value_of(size);
                self.check_size(&call.method, size);
                let path = self.as_path(receiver.clone());
                Some(Operand::Iter(Iter::Chunks {
                    path,
                    ty,
                    size,
                    cut: *cut,
                    mutable: *mutable,
                }))
            }
            _ => None,
        }
    }

    /// Whether the value is `None` itself.
    fn is_none(&self, value: Value) -> bool {
        let site = self.graph.def(value);
        site.is_some_and(|site| matches!(&site.kind, Kind::Opaque { code, .. } if is_none(&code.0)))
    }

    fn elements_of(&mut self, receiver: &Operand, access: Access) -> Operand {
        let ty = self.operand_ty(receiver).element();
        let path = self.as_path(receiver.clone());
        Operand::Iter(elements(path, ty, access))
    }

    /// `a..b` as an operand.
    pub(in crate::front) fn lower_range(&mut self, range: &ExprRange) -> Operand {
        let inclusive = matches!(range.limits, RangeLimits::Closed(_));
        let span = match &range.limits {
            RangeLimits::HalfOpen(token) => token.span(),
            RangeLimits::Closed(token) => token.span(),
        };
        let Some(start) = &range.start else {
            return self.unsupported("a range without a start, outside indices,", span);
        };
        let start = self.value_of(start);
        let end = range.end.as_ref().map(|end| self.value_of(end));
        Operand::Iter(Iter::Range(RangeOf {
            start,
            end,
            inclusive,
        }))
    }

    /// What `chunks_exact` leaves at the end.
    pub(super) fn remainder_of(&mut self, iter: &Iter, span: Span) -> Option<Operand> {
        let chunks = match iter {
            Iter::Rest(source, _) | Iter::ByRef(source) => return self.remainder_of(source, span),
            other => other,
        };
        let Iter::Chunks {
            path,
            ty,
            size,
            cut: Cut::Exact,
            mutable,
        } = chunks
        else {
            return None;
        };
        let len = self.length_of(path, span);
        let rest = self.remainder(len, *size);
        let start = self.minus(len, rest);
        let path = self.cut_of(path, start, len, 0);
        Some(if *mutable {
            Operand::RefMut(path, ty.clone())
        } else {
            Operand::Ref(path, ty.clone())
        })
    }

    /// Methods of ranges that do not iterate.
    pub(super) fn range_method(
        &mut self,
        iter: &Iter,
        name: &str,
        args: &[&Expr],
        span: Span,
    ) -> Option<Operand> {
        let Iter::Range(range) = iter else {
            return None;
        };
        match (name, args) {
            ("contains", [x]) => {
                let x = self.value_of(x);
                let above = self.discrete(Discrete::Ge, x, range.start, span);
                let Some(end) = range.end else {
                    return Some(Operand::Value(above));
                };
                let op = if range.inclusive {
                    Discrete::Le
                } else {
                    Discrete::Lt
                };
                let below = self.discrete(op, x, end, span);
                Some(Operand::Value(self.discrete(
                    Discrete::And,
                    above,
                    below,
                    span,
                )))
            }
            _ => None,
        }
    }

    /// Functions of `std::iter` and `std::array`; `None` for any other function.
    pub(in crate::front) fn iterator_function(
        &mut self,
        names: &[&str],
        args: &[&Expr],
        hint: Option<&syn::Type>,
        span: Span,
    ) -> Option<Operand> {
        let iter = match (names, args) {
            ([.., "iter", "once"] | ["once"], [item]) => {
                let item = self.lower_expr(item);
                Iter::Once(Box::new(item))
            }
            ([.., "iter", "empty"], []) => {
                let no = self.truth(false);
                Iter::Maybe(no, Box::new(Operand::Never))
            }
            ([.., "iter", "repeat"] | ["repeat"], [item]) => {
                let item = self.lower_expr(item);
                Iter::Repeat(Box::new(item))
            }
            ([.., "iter", "repeat_n"] | ["repeat_n"], [item, n]) => {
                let item = self.lower_expr(item);
                let n = self.value_of(n);
                Iter::Take(Box::new(Iter::Repeat(Box::new(item))), n)
            }
            ([.., "iter", "repeat_with"] | ["repeat_with"], [f]) => {
                Iter::RepeatWith(self.function_of(f)?)
            }
            ([.., "iter", "zip"] | ["zip"], [a, b]) => {
                let (a, b) = (self.lower_expr(a), self.lower_expr(b));
                let (a, b) = (self.iterator(a, span)?, self.iterator(b, span)?);
                self.zipped(a, b, span)?
            }
            ([.., "iter", "successors"] | ["successors"], [first, f]) => {
                let first = self.lower_expr(first);
                Iter::Successors(Box::new(first), self.function_of(f)?)
            }
            ([.., "iter", "from_fn"], [f]) => Iter::FromFn(self.function_of(f)?),
            ([.., "Vec", "from_iter"], [items]) => {
                let operand = self.lower_expr(items);
                let iter = self.iterator(operand, span)?;
                let site = super::Site {
                    name: "collect",
                    span,
                    hint,
                };
                return Some(self.collect(&iter, &site));
            }
            ([.., owner, "from_iter"], [items]) if is_users_name(owner) => {
                let operand = self.lower_expr(items);
                let iter = self.iterator(operand, span)?;
                let owner = quote::format_ident!("{owner}", span = span);
                return Some(self.made_by_rule(&iter, "collect_of", &quote::quote!(#owner), span));
            }
            ([.., "array", "from_fn"], [f]) => return Some(self.array_from_fn(f, hint, span)),
            ([.., "from_fn"], [f]) if matches!(hint, Some(syn::Type::Array(_))) => {
                return Some(self.array_from_fn(f, hint, span));
            }
            _ => return None,
        };
        if let [name] = names {
            self.items.extend(checked_name(name, span));
        }
        Some(Operand::Iter(iter))
    }
}

/// An item with which rustc says whether a name without a path is that of `std::iter`'s function.
fn checked_name(name: &str, span: Span) -> Option<TokenStream> {
    let ty = match name {
        "once" => quote_spanned!(span=> fn(u8) -> ::core::iter::Once<u8>),
        "repeat" => quote_spanned!(span=> fn(u8) -> ::core::iter::Repeat<u8>),
        "repeat_n" => quote_spanned!(span=> fn(u8, usize) -> ::core::iter::RepeatN<u8>),
        "repeat_with" => {
            quote_spanned!(span=> fn(fn() -> u8) -> ::core::iter::RepeatWith<fn() -> u8>)
        }
        "successors" => quote_spanned! {span=>
            fn(::core::option::Option<u8>, fn(&u8) -> ::core::option::Option<u8>)
                -> ::core::iter::Successors<u8, fn(&u8) -> ::core::option::Option<u8>>
        },
        "zip" => quote_spanned! {span=>
            fn(::core::ops::Range<u8>, ::core::ops::Range<u8>)
                -> ::core::iter::Zip<::core::ops::Range<u8>, ::core::ops::Range<u8>>
        },
        _ => return None,
    };
    let name = quote::format_ident!("{name}", span = span);
    Some(quote_spanned!(span=> const _: #ty = #name;))
}

pub(in crate::front) fn elements(path: Path, ty: Ty, access: Access) -> Iter {
    Iter::Elements { path, ty, access }
}

/// Whether it holds one item or none.
fn is_optional(ty: &Ty) -> bool {
    match ty {
        Ty::Option(_) => true,
        Ty::Named(name) => name == "Result",
        _ => false,
    }
}

/// Whether a name may be that of a type of the user's.
fn is_users_name(name: &str) -> bool {
    let of_std = COLLECTIONS.contains(&name) || name == "String";
    !of_std && name.starts_with(char::is_uppercase) && is_users(&Ty::Named(name.to_owned()))
}

/// Whether it is a pointer of std's.
fn is_pointer(ty: &Ty) -> bool {
    matches!(ty, Ty::Named(name) if ["Box", "Rc", "Arc"].contains(&name.as_str()))
}

/// `None`, or `None::<T>`.
fn is_none(code: &proc_macro2::TokenStream) -> bool {
    let first = code.clone().into_iter().next();
    first.is_some_and(|first| first.to_string() == "None")
}

fn is_sequence(ty: &Ty) -> bool {
    matches!(ty, Ty::Array(_) | Ty::Unknown)
}
