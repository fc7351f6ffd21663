//! Iterators over arrays: their items are gathered in a vector, over which the loop runs.

use proc_macro2::Span;
use quote::quote_spanned;
use syn::{Expr, ExprMethodCall};

use super::super::iter::{Access, Iter, elements};
use super::super::{Lower, Operand};
use super::put_back::PutBack;
use super::{Rank, rank_of};
use crate::ir::{Arg, Callee, Capture, Code, Path, Ty};

/// An iterator over an array: the method that gives it and how many arguments it has, the one of the
/// runtime's that gathers its items, and the one that puts them back where they may be written.
struct Iterating {
    name: &'static str,
    args: usize,
    gather: &'static str,
    put_back: Option<&'static str>,
    /// The items.
    item: Item,
}

#[derive(Clone, Copy, PartialEq)]
enum Item {
    Line,
    /// One axis less than the array.
    Part,
    /// As many axes.
    Window,
}

#[rustfmt::skip]
const ITERATING: &[Iterating] = &[
    Iterating { name: "rows",           args: 0, gather: "gathered_rows",    put_back: None,                     item: Item::Line },
    Iterating { name: "rows_mut",       args: 0, gather: "gathered_rows",    put_back: Some("put_back_rows"),    item: Item::Line },
    Iterating { name: "columns",        args: 0, gather: "gathered_columns", put_back: None,                     item: Item::Line },
    Iterating { name: "columns_mut",    args: 0, gather: "gathered_columns", put_back: Some("put_back_columns"), item: Item::Line },
    Iterating { name: "outer_iter",     args: 0, gather: "gathered_outer",   put_back: None,                     item: Item::Part },
    Iterating { name: "outer_iter_mut", args: 0, gather: "gathered_outer",   put_back: Some("put_back_outer"),   item: Item::Part },
    Iterating { name: "axis_iter",      args: 1, gather: "gathered_along",   put_back: None,                     item: Item::Part },
    Iterating { name: "axis_iter_mut",  args: 1, gather: "gathered_along",   put_back: Some("put_back_along"),   item: Item::Part },
    Iterating { name: "windows",        args: 1, gather: "gathered_windows", put_back: None,                     item: Item::Window },
];

impl Lower<'_> {
    /// What iterates over an array, or its entries by `iter` and the like.
    pub(super) fn array_items(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        let rank = rank_of(ty);
        match (name.as_str(), args.as_slice(), rank) {
            ("iter" | "iter_mut" | "into_iter", [], Some(_)) => {
                let mutable = name == "iter_mut" || matches!(receiver, Operand::RefMut(..));
                let access = match (mutable, receiver) {
                    (true, _) => Access::RefMut,
                    (_, Operand::Place(..) | Operand::Value(_)) if name == "into_iter" => {
                        Access::Place
                    }
                    _ => Access::Ref,
                };
                return Some(Operand::Iter(self.entries(receiver, ty, access, span)));
            }
            ("indexed_iter" | "indexed_iter_mut", [], _) => {
                let access = if name == "indexed_iter" {
                    Access::Ref
                } else {
                    Access::RefMut
                };
                let entries = self.indexed_entries(receiver, ty, access, span);
                return Some(Operand::Iter(entries));
            }
            // Of slices too.
            ("windows", _, None) => return None,
            _ => {}
        }
        let way = ITERATING
            .iter()
            .find(|way| way.name == name && way.args == args.len())?;
        let item = match (way.item, rank) {
            (Item::Line, _) => Rank::Of(1).ty(),
            (Item::Part, Some(rank)) => rank.map(|rank| rank.saturating_sub(1)).ty(),
            (Item::Window, Some(rank)) => rank.ty(),
            _ => Rank::Unknown.ty(),
        };
        let args = self.args_for_later(&args);
        let items = self.gathered_items(receiver, way.gather, &args, item.clone(), span);
        let access = if way.put_back.is_some() {
            Access::RefMut
        } else {
            Access::Place
        };
        if let Some(method) = way.put_back {
            self.put_back_later(PutBack {
                target: receiver.clone(),
                method: method.to_owned(),
                args,
                part: items.clone(),
                span,
            });
        }
        Some(Operand::Iter(elements(items, item, access)))
    }

    /// The entries of an array: those of one axis where they stand, all others in a vector.
    pub(in crate::front) fn entries(
        &mut self,
        array: &Operand,
        ty: &Ty,
        access: Access,
        span: Span,
    ) -> Iter {
        if rank_of(ty) == Some(Rank::Of(1)) {
            let path = self.as_path(array.clone());
            return elements(path, Ty::Unknown, access);
        }
        let items = self.gathered_items(array, "gathered", &[], Ty::Unknown, span);
        if access == Access::RefMut {
            self.put_back_later(PutBack {
                target: array.clone(),
                method: "put_back".to_owned(),
                args: Vec::new(),
                part: items.clone(),
                span,
            });
        }
        elements(items, Ty::Unknown, access)
    }

    /// The entries with their indices.
    fn indexed_entries(&mut self, array: &Operand, ty: &Ty, access: Access, span: Span) -> Iter {
        let array = &self.placed(array.clone());
        let entries = self.entries(array, ty, access, span);
        Iter::Zip(
            Box::new(self.indices_of(array, ty, span)),
            Box::new(entries),
        )
    }

    /// The indices of an array in their order.
    pub(super) fn indices_of(&mut self, array: &Operand, ty: &Ty, span: Span) -> Iter {
        let index = match rank_of(ty) {
            Some(Rank::Of(1)) => Ty::Int,
            Some(Rank::Of(rank)) => Ty::Tuple(vec![Ty::Int; usize::from(rank)]),
            _ => Ty::Unknown,
        };
        let items = self.gathered_items(array, "gathered_indices", &[], index.clone(), span);
        elements(items, index, Access::Place)
    }

    /// A vector of what a method of the runtime's gathers.
    fn gathered_items(
        &mut self,
        array: &Operand,
        method: &str,
        args: &[Operand],
        item: Ty,
        span: Span,
    ) -> Path {
        let receiver = Arg::Receiver(self.as_path(array.clone()));
        let mut all = vec![receiver];
        for arg in args {
            all.push(self.arg_again(arg, span));
        }
        let ty = Ty::Array(Box::new(item));
        let items = self.call_rule(method, all, ty.clone(), span);
        let value = self.read_spanned(items, span);
        Path::of(self.new_variable("items", ty, true, Some(value)))
    }

    /// An array that `for` or `zip` goes over; `None` where it is not known to be one.
    pub(in crate::front) fn items_of_array(
        &mut self,
        operand: &Operand,
        span: Span,
    ) -> Option<Iter> {
        let ty = self.operand_ty(operand);
        rank_of(&ty).filter(|_| self.graph.on_arrays)?;
        let access = match operand {
            Operand::Ref(..) => Access::Ref,
            Operand::RefMut(..) => Access::RefMut,
            _ => Access::Place,
        };
        Some(self.entries(operand, &ty, access, span))
    }

    /// Methods that slices and arrays of one axis share, of what is known to be an array.
    pub(super) fn as_sequence(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let rank = rank_of(ty)?;
        let span = call.method.span();
        let args: Vec<&Expr> = call.args.iter().collect();
        match (call.method.to_string().as_str(), args.as_slice()) {
            ("to_vec", []) => {
                let receiver = Arg::Receiver(self.as_path(receiver.clone()));
                let ty = Ty::Array(Box::new(Ty::Unknown));
                Some(self.call_rule("to_vec", vec![receiver], ty, span))
            }
            ("first" | "last" | "get" | "first_mut" | "last_mut", _) if rank == Rank::Of(1) => {
                Some(self.slice_method(receiver.clone(), &Ty::Unknown, call, &args))
            }
            ("as_slice", []) => {
                let receiver = self.placed(receiver.clone());
                let path = self.as_path(receiver.clone());
                let captures = vec![("__array".to_owned(), Capture::Place(path, false))];
                let code = quote_spanned!(span=> __array.as_slice().is_some());
                let in_line = self.extent_value(code, captures, Ty::Bool, span);
                let entries = self.gathered_items(&receiver, "gathered", &[], Ty::Unknown, span);
                let ty = Ty::Array(Box::new(Ty::Unknown));
                let entries = Operand::Ref(entries, ty);
                Some(Operand::Maybe(in_line, Box::new(entries)))
            }
            ("split_at", [_, _]) => {
                let receiver = self.placed(receiver.clone());
                let args = self.args_for_later(&args);
                let mut part = |method: &str| {
                    let mut all = vec![Arg::Receiver(self.as_path(receiver.clone()))];
                    for arg in &args {
                        all.push(self.arg_again(arg, span));
                    }
                    self.call_rule(method, all, ty.clone(), span)
                };
                let parts = vec![part("before_along"), part("behind_along")];
                Some(Operand::Tuple(parts))
            }
            _ => None,
        }
    }

    /// `fold` of an array: that of its entries.
    pub(super) fn folded_array(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        const FOLDS: &[&str] = &["fold", "for_each", "map_inplace", "map_axis", "fold_axis"];
        rank_of(ty).filter(|_| FOLDS.iter().any(|name| call.method == name))?;
        let receiver = &self.placed(receiver.clone());
        let span = call.method.span();
        let args: Vec<&Expr> = call.args.iter().collect();
        match (call.method.to_string().as_str(), args.as_slice()) {
            ("fold", [_, _]) => {
                let entries = self.entries(receiver, ty, Access::Ref, span);
                Some(self.ended(&entries, call))
            }
            ("for_each" | "map_inplace", [_]) => {
                let access = if call.method == "map_inplace" {
                    Access::RefMut
                } else {
                    Access::Ref
                };
                let entries = self.entries(receiver, ty, access, span);
                let mut call = call.clone();
                call.method = syn::Ident::new("for_each", span);
                Some(self.ended(&entries, &call))
            }
            ("map_axis", [axis, f]) => {
                let function: Expr = (*f).clone();
                self.map_lanes(receiver, axis, &function, span)
            }
            ("fold_axis", [axis, first, f]) => {
                let function = syn::parse_quote_spanned!(span=> |__lane| {
                    let mut __sum = #first;
                    for __entry in __lane.iter() {
                        __sum = (#f)(&__sum, __entry);
                    }
                    __sum
                });
                self.map_lanes(receiver, axis, &function, span)
            }
            _ => None,
        }
    }

    /// `map_axis`: what a function gives of each lane.
    fn map_lanes(
        &mut self,
        array: &Operand,
        axis: &Expr,
        function: &Expr,
        span: Span,
    ) -> Option<Operand> {
        let axis = self.args_for_later(&[axis]);
        let line = Rank::Of(1).ty();
        let lanes = self.gathered_items(array, "gathered_lanes", &axis, line.clone(), span);
        let lanes = elements(lanes, line, Access::Place);
        let map: ExprMethodCall =
            syn::parse2(quote_spanned!(span=> __lanes.map(#function))).ok()?;
        let Operand::Iter(mapped) = self.ended(&lanes, &map) else {
            return Some(Operand::Poison);
        };
        let collect: ExprMethodCall =
            syn::parse2(quote_spanned!(span=> __lanes.collect::<Vec<_>>())).ok()?;
        let entries = self.ended(&mapped, &collect);
        let path = self.as_path(array.clone());
        let mut captures = vec![("__array".to_owned(), Capture::Place(path, false))];
        captures.extend(axis.into_iter().map(|axis| {
            let capture = match axis {
                Operand::Place(path, _) => Capture::Place(path, false),
                other => Capture::Value(self.read(other)),
            };
            ("__axis".to_owned(), capture)
        }));
        let code = quote_spanned!(span=> __array.shape_without(__axis.to_owned()).__grad_extents());
        let shape = self.extent_value(code, captures, Ty::Inert, span);
        let ty = match rank_of(&self.operand_ty(array)) {
            Some(rank) => rank.map(|rank| rank.saturating_sub(1)).ty(),
            None => Rank::Unknown.ty(),
        };
        let shaped = Code(quote_spanned!(span=> __grad::private::rules::shaped));
        let args = vec![
            self.as_arg(Operand::Value(shape), false, span),
            self.as_arg(entries, false, span),
        ];
        Some(self.typed(Callee::Function(shaped), args, ty, span))
    }
}
