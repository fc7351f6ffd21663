//! `HashMap` and `BTreeMap` that may hold floats: an entry is a place behind a way, which the rules of
//! maps find by its key. Keys are not differentiated. What iterates over a map goes over a copy of its
//! keys; all else is written out with `contains_key`, `insert` and indices.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall};

use super::{Lower, Operand};
use crate::ir::{Arg, Callee, Capture, Code, Kind, Path, Step, Ty, Value};
use crate::signature::MAP;

/// Whether a type is a map that may hold floats.
fn is_map(ty: &Ty) -> bool {
    matches!(ty, Ty::Named(name) if name == MAP)
}

/// Whether it is any map of std's.
pub(super) fn is_any_map(ty: &Ty) -> bool {
    is_map(ty) || matches!(ty, Ty::Named(name) if name == "HashMap" || name == "BTreeMap")
}

/// A key: the code of a reference to it, and what that captures.
struct Key {
    code: TokenStream,
    captures: Vec<(String, Capture)>,
}

impl Lower<'_> {
    /// A function that makes a map; nothing for one that is known to hold no floats.
    pub(super) fn made_map(
        &mut self,
        call: &ExprCall,
        names: &[&str],
        args: &[&Expr],
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        let [.., "HashMap" | "BTreeMap", name] = names else {
            return None;
        };
        let known = hint.map(|ty| self.ty_of(ty));
        if known.is_some_and(|ty| !is_map(&ty)) {
            return None;
        }
        let ty = Ty::Named(MAP.to_owned());
        match (*name, args) {
            ("new", []) | ("with_capacity", [_]) => {
                let made = Expr::Call(call.clone());
                Some(self.opaque(&made, ty, "this call"))
            }
            ("from" | "from_iter", [items]) if self.may_take_floats(args) => {
                let span = items.span();
                let items = self.lower_expr(items);
                let function = &call.func;
                let of = match &**function {
                    Expr::Path(path) => path.path.segments.iter().rev().nth(1).cloned(),
                    _ => None,
                };
                let ty = match hint {
                    Some(ty) => ty.to_token_stream(),
                    None => quote!(#of<_, _>),
                };
                Some(self.map_of(items, &ty, span))
            }
            _ => None,
        }
    }

    /// A map of the entries.
    pub(super) fn map_of(&mut self, items: Operand, ty: &TokenStream, span: Span) -> Operand {
        let code = quote!({
            let mut __map: #ty = ::core::default::Default::default();
            for (__key, __value) in __items {
                __map.insert(__key, __value);
            }
            __map
        });
        self.write_out(vec![("__items", items)], code, span)
    }

    /// A method of a map that may hold floats; nothing for any other.
    pub(super) fn map_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        if !is_map(&self.operand_ty(receiver)) {
            return None;
        }
        let name = call.method.to_string();
        let span = call.method.span();
        let args: Vec<&Expr> = call.args.iter().collect();
        let path = self.as_path(receiver.clone());
        match (name.as_str(), args.as_slice()) {
            ("get" | "get_mut", [key]) => {
                let key = self.key(key);
                let there = self.asked_of_map(&path, "contains_key", &key, Ty::Bool, span);
                let place = self.entry_of_map(&path, &key, span);
                let place = super::unwrapped::borrowed(place, name == "get_mut");
                Some(Operand::Maybe(there, Box::new(place)))
            }
            ("contains_key", [key]) => {
                let key = self.key(key);
                let there = self.asked_of_map(&path, "contains_key", &key, Ty::Bool, span);
                Some(Operand::Value(there))
            }
            ("insert", [key, value]) => {
                let key = self.value_of(key);
                let value = self.lower_arg(value);
                let args = vec![Arg::RefMut(path), held_key(key), value];
                Some(self.taken_out("insert", args, span))
            }
            ("remove", [key]) => {
                let key = self.key(key);
                let found = self.asked_of_map(&path, "__grad_key", &key, Ty::Inert, span);
                let args = vec![Arg::RefMut(path), held_key(found)];
                Some(self.taken_out("take_entry", args, span))
            }
            ("clear", []) => {
                let callee = Callee::Method("clear".to_owned(), None);
                if let Operand::Value(unit) =
                    self.finish_call(callee, vec![Arg::RefMut(path)], span)
                {
                    self.graph.value_mut(unit).ty = Ty::Unit;
                }
                Some(Operand::Unit)
            }
            ("keys" | "into_keys", []) => {
                let keys = self.keys_of(&path, span);
                let code = match name.as_str() {
                    "keys" => quote!(__keys.iter()),
                    _ => quote!(__keys.into_iter()),
                };
                Some(self.write_out(vec![("__keys", keys)], code, span))
            }
            ("range", [range]) => {
                let tokens = range.to_token_stream();
                let mut captures = self.captures(&tokens);
                captures.push(("__map".to_owned(), Capture::Place(path.clone(), false)));
                let found = quote!(__map.range(#tokens).map(|(__key, _)| __key));
                let keys = self.gathered_keys(&found, captures, span);
                Some(self.entries_by(&path, keys, "iter", span))
            }
            ("retain", [f]) => {
                let keys = self.keys_of(&path, span);
                let f = self.function_of(f)?;
                let operands = vec![
                    ("__keys", keys),
                    ("__map", Operand::RefMut(path, Ty::Named(MAP.to_owned()))),
                    ("__function", Operand::Closure(f)),
                ];
                let code = quote!(for __k in __keys.iter() {
                    if !__function(__k, &mut __map[__k]) {
                        __map.remove(__k);
                    }
                });
                Some(self.write_out(operands, code, span))
            }
            ("extend", [items]) => {
                let items = self.lower_expr(items);
                let operands = vec![
                    ("__items", items),
                    ("__map", Operand::RefMut(path, Ty::Named(MAP.to_owned()))),
                ];
                let code = quote!(for (__key, __value) in __items {
                    __map.insert(__key, __value);
                });
                Some(self.write_out(operands, code, span))
            }
            ("iter" | "iter_mut" | "into_iter" | "values" | "values_mut" | "into_values", []) => {
                Some(self.entries_of(receiver.clone(), &name, span))
            }
            _ => None,
        }
    }

    /// What an iteration over a map gives, as an iterator; nothing where the operand is none.
    pub(super) fn items_of_map(
        &mut self,
        operand: &Operand,
        span: Span,
    ) -> Option<super::iter::Iter> {
        if !is_map(&self.operand_ty(operand)) {
            return None;
        }
        let way = match operand {
            Operand::Ref(..) => "iter",
            Operand::RefMut(..) => "iter_mut",
            _ => "into_iter",
        };
        match self.entries_of(operand.clone(), way, span) {
            Operand::Iter(iter) => Some(iter),
            _ => None,
        }
    }

    /// `map[&key]`; nothing where the base is no map that may hold floats.
    pub(super) fn index_map(&mut self, base: &Operand, key: &Expr, span: Span) -> Option<Operand> {
        if !is_map(&self.operand_ty(base)) {
            return None;
        }
        let path = self.as_path(base.clone());
        let key = self.key(key);
        let there = self.asked_of_map(&path, "contains_key", &key, Ty::Bool, span);
        let code = quote_spanned!(span=> assert!(__there, "no entry found for key"));
        let kind = Kind::Opaque {
            code: Code(code),
            captures: vec![("__there".to_owned(), Capture::Value(there))],
            effect: true,
        };
        self.push_effect(kind, Vec::new(), span);
        Some(self.entry_of_map(&path, &key, span))
    }

    fn entries_of(&mut self, map: Operand, name: &str, span: Span) -> Operand {
        let path = self.as_path(map);
        let keys = self.keys_of(&path, span);
        self.entries_by(&path, keys, name, span)
    }

    /// What the method gives for the entries with these keys.
    fn entries_by(&mut self, path: &Path, keys: Operand, name: &str, span: Span) -> Operand {
        let mutable = name.ends_with("_mut");
        let (path, ty) = (path.clone(), Ty::Named(MAP.to_owned()));
        let map = if mutable {
            Operand::RefMut(path, ty)
        } else {
            Operand::Ref(path, ty)
        };
        let place = match name {
            "into_iter" | "into_values" => quote!(__map[__k].clone()),
            _ if mutable => quote!(&mut __map[__k]),
            _ => quote!(&__map[__k]),
        };
        let item = match name {
            "values" | "values_mut" | "into_values" => place,
            "into_iter" => quote!((__k.clone(), #place)),
            _ => quote!((__k, #place)),
        };
        let code = quote!(__keys.iter().map(move |__k| #item));
        self.write_out(vec![("__keys", keys), ("__map", map)], code, span)
    }

    /// A copy of the keys, in the order in which the map gives them.
    fn keys_of(&mut self, path: &Path, span: Span) -> Operand {
        let captures = vec![("__map".to_owned(), Capture::Place(path.clone(), false))];
        self.gathered_keys(&quote!(__map.keys()), captures, span)
    }

    fn gathered_keys(
        &mut self,
        keys: &TokenStream,
        captures: Vec<(String, Capture)>,
        span: Span,
    ) -> Operand {
        let ty = Ty::Array(Box::new(Ty::Inert));
        let kind = Kind::Opaque {
            code: Code(quote!(#keys.__grad_gathered())),
            captures,
            effect: false,
        };
        let keys = self.push(kind, Vec::new(), ty.clone(), span);
        let keys = self.new_variable("keys", ty.clone(), false, Some(keys));
        self.gathered.insert(keys);
        Operand::Place(Path::of(keys), ty)
    }

    fn key(&mut self, key: &Expr) -> Key {
        let behind = matches!(key, Expr::Reference(_));
        let operand = self.lower_expr(key);
        let (capture, code) = match operand {
            Operand::Ref(path, ty) | Operand::RefMut(path, ty) if !ty.is_scalar() => {
                (Capture::Place(path, true), quote!(__key))
            }
            // The place holds a reference.
            Operand::Place(path, ty) if !ty.is_scalar() => {
                (Capture::Place(path, false), quote!(*__key))
            }
            other => {
                let value = self.read_spanned(other, key.span());
                let scalar = self.graph.ty(value).is_scalar();
                let code = if scalar || behind {
                    quote!(&__key)
                } else {
                    quote!(__key)
                };
                (Capture::Value(value), code)
            }
        };
        Key {
            code,
            captures: vec![("__key".to_owned(), capture)],
        }
    }

    fn asked_of_map(
        &mut self,
        path: &Path,
        question: &str,
        key: &Key,
        ty: Ty,
        span: Span,
    ) -> Value {
        let mut captures = key.captures.clone();
        captures.push(("__map".to_owned(), Capture::Place(path.clone(), false)));
        let (code, question) = (&key.code, format_ident!("{question}", span = span));
        let kind = Kind::Opaque {
            code: Code(quote_spanned!(span=> __map.#question(#code))),
            captures,
            effect: false,
        };
        self.push(kind, Vec::new(), ty, span)
    }

    fn entry_of_map(&mut self, path: &Path, key: &Key, span: Span) -> Operand {
        let mut captures = key.captures.clone();
        captures.push(("__map".to_owned(), Capture::Place(path.clone(), false)));
        let (name, code) = (format_ident!("__grad_way_entry", span = span), &key.code);
        let way = self.way(quote_spanned!(span=> __map.#name(#code)), captures, span);
        Operand::Place(path.then(Step::Way(way)), Ty::Unknown)
    }

    /// A call that gives what was in the map before, if anything.
    fn taken_out(&mut self, name: &str, args: Vec<Arg>, span: Span) -> Operand {
        let result = self.finish_call(Callee::Method(name.to_owned(), None), args, span);
        if let Operand::Value(value) = result {
            self.graph.value_mut(value).ty = Ty::Option(Box::new(Ty::Unknown));
        }
        result
    }
}

/// A key as an argument of a rule.
fn held_key(key: Value) -> Arg {
    let captures = vec![("__key".to_owned(), Capture::Value(key))];
    Arg::Code(Code(quote!(__key)), captures)
}
