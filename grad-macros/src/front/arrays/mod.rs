//! Arrays of `ndarray`: what the names of their types and methods tell.
//!
//! | in the source | lowered as | module |
//! |---|---|---|
//! | `x.iter()`, `x.rows()`, `x.axis_iter(a)` | a loop over a vector of the items | [`iterate`] |
//! | `x.row_mut(i)`, `x.rows_mut()` | a copy, put back at the end of the statement | [`put_back`] |
//! | `Zip::from(a).and(b).for_each(f)` | a loop over all of them | [`zip`] |
//! | `array![..]`, `Array::from_shape_fn(..)` | a vector of the entries, given a shape | [`make`] |
//!
//! A pullback can hold no view of an array, hence the vectors. None of this is tried in code that does
//! not name a type of arrays, and nothing on a receiver whose type is known to be another.

mod iterate;
mod make;
mod put_back;
mod zip;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

pub(super) use put_back::Parts;

use super::{Lower, Operand};
use crate::ir::{Arg, Call, Callee, Capture, Code, Kind, Ty, Value};

/// How many axes an array has, if its type's name says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rank {
    Of(u8),
    Unknown,
}

impl Rank {
    /// The type of an array of so many axes.
    fn ty(self) -> Ty {
        Ty::Named(match self {
            Rank::Of(rank) => format!("Array{rank}"),
            Rank::Unknown => "ArrayBase".to_owned(),
        })
    }

    fn map(self, f: impl FnOnce(u8) -> u8) -> Self {
        match self {
            Rank::Of(rank) => Rank::Of(f(rank)),
            Rank::Unknown => Rank::Unknown,
        }
    }
}

/// The rank of a type by its name; `None` of what is not known to be an array.
pub(super) fn rank_of(ty: &Ty) -> Option<Rank> {
    match ty {
        Ty::Named(name) => rank_of_name(name),
        _ => None,
    }
}

fn rank_of_name(name: &str) -> Option<Rank> {
    const PREFIXES: &[&str] = &[
        "ArrayViewMut",
        "ArrayView",
        "ArrayRef",
        "ArcArray",
        "CowArray",
        "Array",
    ];
    let rest = PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))?;
    match rest {
        "" | "D" | "Base" => Some(Rank::Unknown),
        rank => rank.parse().ok().filter(|rank| *rank < 7).map(Rank::Of),
    }
}

/// Methods that give an array with as many axes as the receiver has.
const ALIKE: &[&str] = &[
    "mapv",
    "mapv_into",
    "map",
    "t",
    "reversed_axes",
    "permuted_axes",
    "clone",
    "to_owned",
    "view",
    "into_owned",
    "select",
    "slice_axis",
    "powi",
    "powf",
];

/// Methods that give one axis less.
const LESS: &[&str] = &[
    "sum_axis",
    "var_axis",
    "std_axis",
    "index_axis",
    "index_axis_move",
    "remove_axis",
];

/// Methods of arrays that give numbers of entries, or all of them.
const EXTENTS: &[&str] = &["dim", "raw_dim", "shape", "len_of"];

impl Lower<'_> {
    /// Whether the type may be that of an array.
    fn may_be_array(&self, ty: &Ty) -> bool {
        self.graph.on_arrays && (*ty == Ty::Unknown || rank_of(ty).is_some())
    }

    /// Whether a type is written as that of an array.
    pub(super) fn is_array(&self, ty: &syn::Type) -> bool {
        self.graph.on_arrays && rank_of(&self.ty_of(ty)).is_some()
    }

    /// A method that arrays have, of what is or may be one; `None` for any other.
    pub(super) fn array_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let ty = self.operand_ty(receiver);
        if !self.may_be_array(&ty) {
            return None;
        }
        let name = call.method.to_string();
        if EXTENTS.contains(&name.as_str()) {
            return Some(self.extents_of(receiver, call));
        }
        if let Some(items) = self.array_items(receiver, &ty, call) {
            return Some(items);
        }
        if let Some(part) = self.written_part(receiver, call) {
            return Some(part);
        }
        if let Some(folded) = self.folded_array(receiver, &ty, call) {
            return Some(folded);
        }
        self.as_sequence(receiver, &ty, call)
    }

    /// What `dim`, `shape` and the like give: rustc sees that no float is among it.
    fn extents_of(&mut self, receiver: &Operand, call: &ExprMethodCall) -> Operand {
        let span = call.method.span();
        let (method, args) = (&call.method, &call.args);
        let mut captures = Vec::new();
        let args: Vec<_> = args
            .iter()
            .map(|arg| {
                let value = self.value_of(arg);
                let name = quote::format_ident!("__extent_{}", captures.len());
                captures.push((name.to_string(), Capture::Value(value)));
                name
            })
            .collect();
        let path = self.as_path(receiver.clone());
        captures.push(("__array".to_owned(), Capture::Place(path, false)));
        let (owned, ty) = match method.to_string().as_str() {
            "shape" => (
                quote_spanned!(span=> .to_vec()),
                Ty::Array(Box::new(Ty::Int)),
            ),
            "len_of" => (quote_spanned!(span=>), Ty::Int),
            _ => match rank_of(&self.operand_ty(receiver)) {
                Some(Rank::Of(1)) if method == "dim" => (quote_spanned!(span=>), Ty::Int),
                Some(Rank::Of(rank)) if rank > 1 && method == "dim" => {
                    let parts = vec![Ty::Int; usize::from(rank)];
                    (quote_spanned!(span=>), Ty::Tuple(parts))
                }
                _ => (quote_spanned!(span=>), Ty::Inert),
            },
        };
        let code = quote_spanned! {span=>
            __array.#method(#(#args),*) #owned.__grad_extents()
        };
        Operand::Value(self.extent_value(code, captures, ty, span))
    }

    /// What code that is carried as it stands gives, which holds no float.
    fn extent_value(
        &mut self,
        code: TokenStream,
        captures: Vec<(String, Capture)>,
        ty: Ty,
        span: Span,
    ) -> Value {
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        self.push(kind, Vec::new(), ty, span)
    }

    /// Calls a method of the runtime's.
    fn call_rule(&mut self, name: &str, args: Vec<Arg>, ty: Ty, span: Span) -> Operand {
        let callee = Callee::Method(name.to_owned(), None);
        self.typed(callee, args, ty, span)
    }

    fn typed(&mut self, callee: Callee, args: Vec<Arg>, ty: Ty, span: Span) -> Operand {
        let result = self.finish_call(callee, args, span);
        if let Operand::Value(value) = result {
            self.graph.value_mut(value).ty = ty;
        }
        result
    }

    /// The type of what a call gives, where its name and its receiver say that it is an array.
    pub(super) fn array_of_call(&self, call: &Call) -> Option<Ty> {
        if !self.graph.on_arrays {
            return None;
        }
        let rank = match &call.callee {
            Callee::Method(name, _) => self.rank_of_method(name, call),
            Callee::Associated(ty, ..) => {
                let name = ty.0.clone().into_iter().next();
                name.and_then(|name| rank_of_name(&name.to_string()))
            }
            _ => None,
        };
        rank.map(Rank::ty)
    }

    fn rank_of_method(&self, name: &str, call: &Call) -> Option<Rank> {
        let receiver = call.args.first().and_then(Arg::path)?;
        let var = self.graph.var(receiver.root);
        let of_whole = receiver.steps.is_empty();
        if of_whole && matches!(name, "row" | "column") && rank_of(&var.ty).is_some() {
            return Some(Rank::Of(1));
        }
        let rank = rank_of(&var.ty).filter(|_| of_whole)?;
        match name {
            _ if ALIKE.contains(&name) => Some(rank),
            _ if LESS.contains(&name) => Some(rank.map(|rank| rank.saturating_sub(1))),
            "insert_axis" => Some(rank.map(|rank| rank + 1)),
            _ => None,
        }
    }

    /// The type of what an operator gives of arrays, numbers and what is not known.
    pub(super) fn array_of_operator(&self, operands: &[Ty]) -> Ty {
        let mut ranks = operands.iter().filter_map(rank_of).peekable();
        if !self.graph.on_arrays || ranks.peek().is_none() {
            return Ty::Unknown;
        }
        let all_known = operands
            .iter()
            .all(|ty| ty.is_scalar() || matches!(rank_of(ty), Some(Rank::Of(_))));
        let largest = ranks.filter_map(|rank| match rank {
            Rank::Of(rank) => Some(rank),
            Rank::Unknown => None,
        });
        match largest.max() {
            Some(rank) if all_known => Rank::Of(rank).ty(),
            _ => Rank::Unknown.ty(),
        }
    }

    /// Lowers arguments that are used twice: each as a place of its own.
    fn args_for_later(&mut self, args: &[&Expr]) -> Vec<Operand> {
        let mut lowered = Vec::new();
        for arg in args {
            let operand = self.lower_expr(arg);
            let ty = self.operand_ty(&operand);
            lowered.push(if ty.is_scalar() {
                Operand::Value(self.read_spanned(operand, arg.span()))
            } else {
                let value = self.read_spanned(operand, arg.span());
                let var = self.new_variable("info", ty.clone(), false, Some(value));
                Operand::Place(crate::ir::Path::of(var), ty)
            });
        }
        lowered
    }

    /// One of them, which is needed again, as an argument.
    fn arg_again(&mut self, operand: &Operand, span: Span) -> Arg {
        match operand {
            Operand::Place(path, ty) => {
                let copy = self.push(Kind::Copy(path.clone()), Vec::new(), ty.clone(), span);
                self.as_arg(Operand::Value(copy), false, span)
            }
            other => self.as_arg(other.clone(), false, span),
        }
    }
}
