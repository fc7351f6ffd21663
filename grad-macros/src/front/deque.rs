//! `VecDeque`: its elements are reached by index like those of a slice, its ends by `push_..` and
//! `pop_..`, which have rules; all other methods are written out with these.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall};

use super::{Lower, Operand};
use crate::ir::Ty;

/// Methods of slices that `make_contiguous` leads to and that change the order alone.
const SORTS: &[&str] = &[
    "sort",
    "sort_unstable",
    "sort_by",
    "sort_unstable_by",
    "sort_by_key",
    "sort_unstable_by_key",
    "sort_by_cached_key",
    "reverse",
];

/// Whether a type is known to be a `VecDeque`.
pub(super) fn is_deque(ty: &Ty) -> bool {
    matches!(ty, Ty::Named(name) if name == "VecDeque")
}

/// Whether a type is written as one.
pub(super) fn is_written_deque(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "VecDeque")
}

impl Lower<'_> {
    /// A function of `VecDeque`; nothing for any other.
    pub(super) fn made_deque(
        &mut self,
        call: &ExprCall,
        names: &[&str],
        args: &[&Expr],
        hint: Option<&syn::Type>,
        span: Span,
    ) -> Option<Operand> {
        let [.., "VecDeque", name] = names else {
            return None;
        };
        let hint = hint.filter(|ty| is_written_deque(ty));
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        match (*name, args) {
            ("new", []) | ("with_capacity", [_]) => {
                let name = path.path.segments.last().map(|last| last.ident.clone());
                let made = match hint {
                    Some(ty) => {
                        let made = syn::parse_quote!(<#ty>::#name(#(#args),*));
                        self.opaque(&made, Ty::Unknown, "this call")
                    }
                    None => self.lower_named(path, args, span),
                };
                if let Operand::Value(value) = made {
                    self.graph.value_mut(value).ty = Ty::Named("VecDeque".to_owned());
                }
                Some(made)
            }
            ("from" | "from_iter", [items]) => {
                let items = self.lower_expr(items);
                Some(self.deque_of(items, hint, span))
            }
            _ => None,
        }
    }

    /// A queue of the items.
    pub(super) fn deque_of(
        &mut self,
        items: Operand,
        ty: Option<&syn::Type>,
        span: Span,
    ) -> Operand {
        let ty = ty.map(|ty| quote!(: #ty));
        let code = quote!({
            let mut __queue #ty = ::std::collections::VecDeque::new();
            for __item in __items {
                __queue.push_back(__item);
            }
            __queue
        });
        self.write_out(vec![("__items", items)], code, span)
    }

    /// The items of a queue that is used up, as a vector.
    pub(super) fn vector_of_deque(&mut self, queue: Operand, span: Span) -> Operand {
        let queue = self.placed(queue);
        let code = quote!({
            let mut __all = Vec::new();
            for __k in 0..__queue.len() {
                __all.push(__queue[__k].clone());
            }
            __all
        });
        self.write_out(vec![("__queue", queue)], code, span)
    }

    /// A method of a queue; nothing where the receiver is none, or has the method of anything else.
    pub(super) fn deque_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        if !is_deque(&self.operand_ty(receiver)) {
            return None;
        }
        let name = call.method.to_string();
        let span = call.method.span();
        let args: Vec<&Expr> = call.args.iter().collect();
        let code = match (name.as_str(), args.as_slice()) {
            ("iter" | "iter_mut" | "into_iter", []) => {
                return Some(self.deque_items(receiver, &name));
            }
            ("make_contiguous", []) => {
                let path = self.as_path(receiver.clone());
                return Some(Operand::RefMut(path, self.operand_ty(receiver)));
            }
            ("drain", [_]) => {
                let ty = self.operand_ty(receiver);
                return self.ranged_method(receiver, &ty, (&name, span), &args);
            }
            ("range", [range]) => {
                let path = self.as_path(receiver.clone());
                let (start, end) = self.bounds_of(range, &path, span);
                let operands = vec![
                    ("__whole", Operand::Ref(path, Ty::Unknown)),
                    ("__start", Operand::Value(start)),
                    ("__end", Operand::Value(end)),
                ];
                let code = quote!((__start..__end).map(move |__k| &__whole[__k]));
                return Some(self.write_out(operands, code, span));
            }
            ("front" | "front_mut" | "back" | "back_mut" | "get" | "get_mut" | "swap", _) => {
                return Some(self.slice_method(receiver.clone(), &Ty::Unknown, call, &args));
            }
            ("extend", [items]) => {
                let operand = self.lower_expr(items);
                let iter = self.iterator(operand, items.span());
                return Some(match iter {
                    Some(iter) => self.extend(receiver, &iter, span),
                    None => Operand::Poison,
                });
            }
            ("into", []) => return Some(self.vector_of_deque(receiver.clone(), span)),
            ("retain" | "retain_mut", [_]) => {
                return self.asking_written(receiver, (&name, span), &args);
            }
            (sort, _) if SORTS.contains(&sort) => {
                let (sort, args) = (&call.method, &call.args);
                quote!({
                    let mut __all = Vec::new();
                    for _ in 0..__whole.len() {
                        __all.push(__whole.pop_front().unwrap());
                    }
                    __all.#sort(#args);
                    for __item in __all {
                        __whole.push_back(__item);
                    }
                })
            }
            _ => written_out(&name, args.as_slice())?,
        };
        let path = self.as_path(receiver.clone());
        let whole = Operand::RefMut(path, self.operand_ty(receiver));
        Some(self.write_out(vec![("__whole", whole)], code, span))
    }

    fn deque_items(&mut self, receiver: &Operand, name: &str) -> Operand {
        let path = self.as_path(receiver.clone());
        let part = match (name, receiver) {
            ("iter_mut", _) | ("into_iter", Operand::RefMut(..)) => {
                Operand::RefMut(path, Ty::Unknown)
            }
            ("iter", _) | (_, Operand::Ref(..)) => Operand::Ref(path, Ty::Unknown),
            _ => Operand::Place(path, Ty::Unknown),
        };
        let iter = self.iterator(part, Span::call_site());
        iter.map_or(Operand::Poison, Operand::Iter)
    }
}

/// A method in terms of indices and of what is done at the ends.
fn written_out(name: &str, args: &[&Expr]) -> Option<TokenStream> {
    Some(match (name, args) {
        ("append", [other]) => quote!({
            let __other = #other;
            for _ in 0..__other.len() {
                __whole.push_back(__other.pop_front().unwrap());
            }
        }),
        ("truncate", [len]) => quote!(for _ in (#len)..__whole.len() {
            __whole.pop_back();
        }),
        ("clear", []) => quote!(for _ in 0..__whole.len() {
            __whole.pop_back();
        }),
        ("resize", [len, value]) => quote!({
            let (__len, __value) = (#len, #value);
            for _ in __len..__whole.len() {
                __whole.pop_back();
            }
            for _ in __whole.len()..__len {
                __whole.push_back(__value.clone());
            }
        }),
        ("rotate_left", [count]) => quote!({
            let __count = #count;
            assert!(__count <= __whole.len());
            for _ in 0..__count {
                let __item = __whole.pop_front().unwrap();
                __whole.push_back(__item);
            }
        }),
        ("rotate_right", [count]) => quote!({
            let __count = #count;
            assert!(__count <= __whole.len());
            for _ in 0..__count {
                let __item = __whole.pop_back().unwrap();
                __whole.push_front(__item);
            }
        }),
        ("insert", [index, value]) => quote!({
            let __index = #index;
            assert!(__index <= __whole.len(), "index out of bounds");
            __whole.push_back(#value);
            for __k in ((__index + 1)..__whole.len()).rev() {
                __whole.swap(__k - 1, __k);
            }
        }),
        ("remove", [index]) => quote!({
            let __index = #index;
            if __index < __whole.len() {
                for __k in (__index + 1)..__whole.len() {
                    __whole.swap(__k - 1, __k);
                }
                __whole.pop_back()
            } else {
                None
            }
        }),
        ("split_off", [at]) => quote!({
            let __at = #at;
            assert!(__at <= __whole.len(), "`at` out of bounds");
            let mut __end = ::std::collections::VecDeque::new();
            for _ in __at..__whole.len() {
                __end.push_front(__whole.pop_back().unwrap());
            }
            __end
        }),
        _ => return None,
    })
}
