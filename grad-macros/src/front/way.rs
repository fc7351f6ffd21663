//! Calls of functions that return references, as ways into their arguments.
//!
//! A way is a value that the call of the function's sibling gives; the place is a path with a step along
//! it. What returns a reference is told by what the code around says of its own methods, by names that
//! end in `_mut`, and by `*` before a call. Where nothing tells, the call is lowered like one that gives a
//! value: then the companion gives a copy.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::signatures::methods;
use super::{Lower, Operand};
use crate::ir::{Arg, Callee, Capture, Code, Kind, Path, Step, Ty, Value};

/// What a method gives a reference to.
pub(super) struct Gives {
    mutable: bool,
    ty: Ty,
    /// It changes its receiver and gives that back.
    pub(super) chains: bool,
}

/// Types of std's that are indexed without a rule.
const INDEXED: &[&str] = &[
    "HashMap", "BTreeMap", "VecDeque", "String", "Box", "Rc", "Arc", "Cow", "Option", "Result",
];

/// Methods of std's that give a reference or a box, and those that give a whole again.
const OF_STD: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "as_ref",
    "as_mut",
    "as_slice",
    "as_mut_slice",
    "borrow",
    "borrow_mut",
    "by_ref",
    "clone",
    "cloned",
    "copied",
    "to_owned",
    "deref",
    "deref_mut",
    "lock",
    "or_insert",
    "or_insert_with",
    "or_default",
    "insert",
    "get_or_insert_with",
    "max_by",
    "min_by",
    "next",
];

/// Methods of std's and of arrays that write and end like the user's that give a mutable reference.
const MUTABLE_OF_STD: &[&str] = &[
    "iter_mut",
    "split_at_mut",
    "chunks_mut",
    "chunks_exact_mut",
    "rchunks_mut",
    "split_first_mut",
    "split_last_mut",
    "values_mut",
    "as_mut",
    "as_mut_slice",
    "borrow_mut",
    "deref_mut",
];

/// Methods of std's sequences, where the receiver may be one.
const MUTABLE_OF_SEQUENCES: &[&str] =
    &["get_mut", "first_mut", "last_mut", "front_mut", "back_mut"];

/// Whether a method of this name is std's and gives a reference or a whole again.
pub(super) fn is_of_std(name: &str) -> bool {
    OF_STD.contains(&name)
}

/// Whether the type is one of the user's, as far as its name tells.
pub(super) fn is_users(ty: &Ty) -> bool {
    matches!(ty, Ty::Named(name) if !INDEXED.contains(&name.as_str()))
}

/// Whether a method of this name may be one of the user's that gives its receiver back.
pub(super) fn may_be_fluent(name: &str) -> bool {
    const ITERATORS: &[&str] = &[
        "iter",
        "into_iter",
        "drain",
        "windows",
        "chunks",
        "chunks_exact",
        "chars",
        "bytes",
        "split",
        "lines",
        "entry",
        "get",
        "first",
        "last",
        "pop",
        "keys",
        "values",
    ];
    !name.ends_with("_mut") && !OF_STD.contains(&name) && !ITERATORS.contains(&name)
}

/// The methods in the code that return references.
pub(super) fn references(code: &TokenStream) -> HashMap<String, Gives> {
    let mut found = HashMap::new();
    for (signature, body) in methods(code) {
        let syn::ReturnType::Type(_, ty) = &signature.output else {
            continue;
        };
        if let syn::Type::Reference(reference) = &**ty {
            let body = body.and_then(|body| syn::parse2(body).ok());
            let gives = Gives {
                mutable: reference.mutability.is_some(),
                ty: crate::signature::ty_of(&reference.elem),
                chains: body
                    .is_some_and(|body| super::fluent::without_self(&signature, &body).is_some()),
            };
            found.insert(signature.ident.to_string(), gives);
        }
    }
    found
}

impl Lower<'_> {
    pub(super) fn way(
        &mut self,
        code: TokenStream,
        captures: Vec<(String, Capture)>,
        span: Span,
    ) -> Value {
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        self.push(kind, Vec::new(), Ty::Way, span)
    }

    /// Goes from `path` where the code says that it leads.
    fn follow(
        &mut self,
        path: &Path,
        code: TokenStream,
        mut captures: Vec<(String, Capture)>,
        gives: &Gives,
        span: Span,
    ) -> Operand {
        let place = Capture::Place(path.clone(), false);
        captures.push(("__place".to_owned(), place));
        let way = self.way(code, captures, span);
        let path = path.then(Step::Way(way));
        if gives.mutable {
            return Operand::RefMut(path, gives.ty.clone());
        }
        self.read_only.insert(way);
        Operand::Ref(path, gives.ty.clone())
    }

    /// Whether a place may be read only.
    pub(super) fn is_read_only(&self, path: &Path) -> bool {
        let mut steps = path.steps.iter();
        steps.any(|step| matches!(step, Step::Way(way) if self.read_only.contains(way)))
    }

    /// Whether a type of the user's may be used as a sequence.
    pub(super) fn may_be_sequence(&self, ty: &Ty) -> bool {
        let named = matches!(ty, Ty::Named(name) if !INDEXED.contains(&name.as_str()));
        named && !self.graph.on_arrays
    }

    /// Whether an index asks for the rule of a type of the user's.
    pub(super) fn asks_rule(&self, base: &Operand, index: &Expr) -> bool {
        let several = matches!(index, Expr::Tuple(_) | Expr::Array(_));
        match self.operand_ty(base) {
            Ty::Named(name) if name == "Self" => true,
            _ if self.graph.on_arrays => false,
            Ty::Named(name) => several || !INDEXED.contains(&name.as_str()),
            Ty::Unknown => several,
            _ => false,
        }
    }

    /// `base[index]` by the rule of the base's type.
    pub(super) fn index_by_rule(
        &mut self,
        base: Operand,
        index: &Expr,
        mutable: bool,
        span: Span,
    ) -> Operand {
        if base == Operand::Poison {
            return base;
        }
        let path = self.as_path(base);
        let mut captures = Vec::new();
        let index = self.way_arg(index, &mut captures);
        let name = if mutable { "index_mut" } else { "index" };
        let name = format_ident!("__grad_way_{name}", span = span);
        let gives = Gives {
            mutable,
            ty: Ty::Unknown,
            chains: false,
        };
        let code = quote_spanned!(span=> __place.#name(#index));
        super::pattern::deref(self.follow(&path, code, captures, &gives, span))
    }

    /// An argument of a way: tuples and arrays in parts, so that the way holds plain integers.
    fn way_arg(&mut self, arg: &Expr, captures: &mut Vec<(String, Capture)>) -> TokenStream {
        match arg {
            Expr::Paren(inner) => self.way_arg(&inner.expr, captures),
            Expr::Tuple(tuple) => {
                let parts = tuple.elems.iter().map(|e| self.way_arg(e, captures));
                let parts: Vec<_> = parts.collect();
                quote!((#(#parts,)*))
            }
            Expr::Array(array) => {
                let parts = array.elems.iter().map(|e| self.way_arg(e, captures));
                let parts: Vec<_> = parts.collect();
                quote!([#(#parts,)*])
            }
            arg => {
                let operand = self.lower_expr(arg);
                self.way_operand(operand, captures, arg.span())
            }
        }
    }

    fn way_operand(
        &mut self,
        operand: Operand,
        captures: &mut Vec<(String, Capture)>,
        span: Span,
    ) -> TokenStream {
        let capture = match operand {
            Operand::Tuple(parts) => {
                let parts = parts
                    .into_iter()
                    .map(|p| self.way_operand(p, captures, span));
                let parts: Vec<_> = parts.collect();
                return quote!((#(#parts,)*));
            }
            Operand::Ref(path, ty) | Operand::RefMut(path, ty) if !ty.is_scalar() => {
                Capture::Place(path, false)
            }
            Operand::Place(path, ty) if !ty.is_scalar() => {
                let copy = Kind::Copy(path);
                Capture::Value(self.push(copy, Vec::new(), ty, span))
            }
            other => Capture::Value(self.read_spanned(other, span)),
        };
        let name = format_ident!("__way_{}", captures.len());
        captures.push((name.to_string(), capture));
        name.to_token_stream()
    }

    /// A method call as a way into its receiver, where what is known says that it gives a reference.
    pub(super) fn way_of_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
        wanted: bool,
    ) -> Option<Operand> {
        let name = call.method.to_string();
        if !wanted && call.args.iter().any(super::closure_code::is_closure) {
            return None;
        }
        let gives = self.gives(receiver, &name, wanted)?;
        let span = call.method.span();
        let path = self.as_path(receiver.clone());
        let mut captures = Vec::new();
        let args: Vec<_> = call
            .args
            .iter()
            .map(|arg| self.way_arg(arg, &mut captures))
            .collect();
        let name = format_ident!("__grad_way_{}", call.method, span = span);
        let code = quote_spanned!(span=> __place.#name(#(#args),*));
        Some(self.follow(&path, code, captures, &gives, span))
    }

    fn gives(&self, receiver: &Operand, name: &str, wanted: bool) -> Option<Gives> {
        let ty = self.operand_ty(receiver);
        let own = matches!(&ty, Ty::Named(name) if name == "Self");
        if let Some(known) = self.references.get(name).filter(|_| own) {
            if known.chains {
                return None;
            }
            return Some(Gives {
                chains: false,
                mutable: known.mutable,
                ty: known.ty.clone().with_numbers(&self.numbers),
            });
        }
        let place = matches!(
            receiver,
            Operand::Place(..) | Operand::Ref(..) | Operand::RefMut(..)
        );
        let is_user = is_users(&ty);
        if !place || self.graph.on_arrays || !(is_user || ty == Ty::Unknown) {
            return None;
        }
        let mutable = name.ends_with("_mut")
            && !MUTABLE_OF_STD.contains(&name)
            && (is_user || !MUTABLE_OF_SEQUENCES.contains(&name));
        let found = mutable || wanted && !OF_STD.contains(&name);
        found.then_some(Gives {
            mutable: mutable || !matches!(receiver, Operand::Ref(..)),
            ty: Ty::Unknown,
            chains: false,
        })
    }

    /// A call of a function as a way into the one argument that it may lead into.
    pub(super) fn way_of_function(
        &mut self,
        path: &syn::ExprPath,
        args: &[Arg],
        span: Span,
    ) -> Option<Operand> {
        let lent = |wanted: fn(&Arg) -> bool| {
            let mut lent = args.iter().enumerate().filter(|(_, arg)| wanted(arg));
            let first = lent.next()?;
            lent.next().is_none().then_some(first)
        };
        let found = lent(|arg| matches!(arg, Arg::RefMut(_)))
            .or_else(|| lent(|arg| matches!(arg, Arg::Ref(_) | Arg::RefMut(_) | Arg::Receiver(_))));
        let (root, arg) = found?;
        let gives = Gives {
            mutable: matches!(arg, Arg::RefMut(_)),
            ty: Ty::Unknown,
            chains: false,
        };
        let place = arg.path()?.clone();
        let mut captures = Vec::new();
        let mut tokens = Vec::new();
        for (k, arg) in args.iter().enumerate() {
            if k == root {
                tokens.push(quote!(__place));
                continue;
            }
            let operand = match arg {
                Arg::Value(value) => Operand::Value(*value),
                Arg::Move(path) => Operand::Place(path.clone(), Ty::Unknown),
                other => Operand::Ref(other.path()?.clone(), Ty::Unknown),
            };
            tokens.push(self.way_operand(operand, &mut captures, span));
        }
        let code = match self.callee_of(path) {
            Callee::Associated(ty, name, _) => {
                let (ty, name) = (ty.0, format_ident!("__grad_way_{name}", span = span));
                quote!(#ty::#name(#(#tokens),*))
            }
            _ => quote!(#path::way(#(#tokens),*)),
        };
        Some(self.follow(&place, code, captures, &gives, span))
    }
}
