//! `Cell` and `RefCell`: variables that are written through shared references.
//!
//! `Cell::new(x)` makes a variable in memory. The cell is the place of it, of type `Cell`, wherever it is
//! named, so a closure or a reference that shares it writes the same variable; what it holds is the same
//! place with the type of the content. An `Rc` around it is the cell again, and a lock is a cell. What
//! `RefCell` checks when the program runs, that nobody else borrows, the derivatives take for granted.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, GenericArgument, PathArguments, Type};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Capture, Code, Kind, Literal, Path, Ty, Var};

/// The types that are cells.
const CELLS: &[&str] = &["Cell", "RefCell", "Mutex", "RwLock"];

/// What is known of a cell.
pub(super) struct Content {
    ty: Ty,
    /// Whether copies of it are the cell itself.
    shared: bool,
}

impl Lower<'_> {
    /// `Cell::new(content)`, `Rc::new(cell)`, `Rc::clone(&cell)`; nothing for any other call.
    pub(super) fn lower_cell(
        &mut self,
        names: &[&str],
        args: &[&Expr],
        hint: Option<&Type>,
    ) -> Option<Operand> {
        let ([.., owner, name], [arg]) = (names, args) else {
            return None;
        };
        match (*owner, *name) {
            (kind, "new") if CELLS.contains(&kind) => {
                self.hint = hint.and_then(content_type).cloned();
                let content = self.lower_expr(arg);
                Some(self.new_cell(kind, content, arg.span()))
            }
            ("Rc" | "Arc", "new" | "clone") if self.makes_cell(arg) => {
                self.hint = hint.and_then(content_type).cloned();
                let cell = self.lower_expr(arg);
                if let Some((path, _)) = self.cell_of(&cell) {
                    if let Some(content) = self.cells.get_mut(&path.root) {
                        content.shared = true;
                    }
                }
                Some(owned(cell))
            }
            _ => None,
        }
    }

    fn new_cell(&mut self, kind: &str, content: Operand, span: Span) -> Operand {
        if matches!(content, Operand::Poison | Operand::Never) {
            return content;
        }
        let value = self.read_spanned(content, span);
        let ty = self.graph.ty(value).clone();
        let var = self.new_variable("cell", ty.clone(), true, Some(value));
        self.cells.insert(var, Content { ty, shared: false });
        Operand::Place(Path::of(var), Ty::Named(kind.to_owned()))
    }

    /// Whether the expression is a cell, as far as its form tells.
    fn makes_cell(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Reference(inner) => self.makes_cell(&inner.expr),
            Expr::Paren(inner) => self.makes_cell(&inner.expr),
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string);
                let held = name.and_then(|name| self.locals.get(&name));
                held.is_some_and(|held| self.cell_of(&held).is_some())
            }
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => {
                    let owner = path.path.segments.iter().rev().nth(1);
                    owner.is_some_and(|owner| CELLS.iter().any(|cell| owner.ident == cell))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The place of what a cell holds, and its type; nothing if the operand is no cell.
    pub(super) fn cell_of(&self, operand: &Operand) -> Option<(Path, Ty)> {
        let (Operand::Place(path, Ty::Named(kind))
        | Operand::Ref(path, Ty::Named(kind))
        | Operand::RefMut(path, Ty::Named(kind))) = operand
        else {
            return None;
        };
        let content = self.cells.get(&path.root)?;
        let is_cell = path.steps.is_empty() && CELLS.contains(&kind.as_str());
        is_cell.then(|| (path.clone(), content.ty.clone()))
    }

    /// A variable's own name for the cell it holds.
    pub(super) fn name_cell(&mut self, name: &str, var: Var) {
        let info = self.graph.var_mut(var);
        if info.name == "cell" {
            info.name = name.to_owned();
        }
    }

    /// A cell that stands where its methods are not called.
    pub(super) fn refuse_cell(&mut self, operand: &Operand, span: Span) -> bool {
        let refused = self.cell_of(operand).is_some();
        if refused {
            self.report(span, Problem::Cell);
        }
        refused
    }

    /// A method of a cell; nothing if the receiver is none.
    pub(super) fn cell_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let (path, ty) = self.cell_of(receiver)?;
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        Some(match (name.as_str(), args.as_slice()) {
            ("get", []) => Operand::Value(self.read_spanned(Operand::Place(path, ty), span)),
            ("lock" | "read" | "write", []) => self.certainly(Operand::RefMut(path, ty)),
            ("into_inner", []) if is_lock(receiver) => self.certainly(Operand::Place(path, ty)),
            ("get_mut", []) if is_lock(receiver) => self.certainly(Operand::RefMut(path, ty)),
            ("into_inner", []) => Operand::Place(path, ty),
            ("borrow", []) => Operand::Ref(path, ty),
            ("borrow_mut" | "get_mut", []) => Operand::RefMut(path, ty),
            ("set", [value]) => {
                let value = self.value_of(value);
                self.store(path, value, span);
                Operand::Unit
            }
            ("replace", [value]) => {
                let value = self.value_of(value);
                self.exchanged_content(path, ty, Some(value), span)
            }
            ("take", []) => self.exchanged_content(path, ty, None, span),
            ("update", [function]) => self.with_function(function, |cx, f| {
                let before = cx.read_spanned(Operand::Place(path.clone(), ty), span);
                let after = cx.call_function(f, vec![Operand::Value(before)], span);
                let after = cx.read_spanned(after, span);
                cx.store(path, after, span);
                Operand::Unit
            }),
            ("swap", [other]) => {
                let other = self.lower_expr(other);
                match self.cell_of(&other) {
                    Some((other, _)) => {
                        self.push_effect(Kind::Swap(path, other), Vec::new(), span);
                        Operand::Unit
                    }
                    None => self.report(span, Problem::Cell),
                }
            }
            ("clone", []) if self.cells[&path.root].shared => owned(receiver.clone()),
            ("clone", []) => {
                let copy = self.copy_of(Operand::Place(path, ty), span);
                let copy = Operand::Value(self.read_spanned(copy, span));
                let Ty::Named(kind) = self.operand_ty(receiver) else {
                    return None;
                };
                self.new_cell(&kind, copy, span)
            }
            _ => self.report(span, Problem::Cell),
        })
    }

    /// What a lock gives: nobody has panicked while he held it.
    fn certainly(&mut self, content: Operand) -> Operand {
        Operand::Maybe(self.truth(true), Box::new(content))
    }

    /// What the cell held, with something else in its place: the default where nothing is given.
    fn exchanged_content(
        &mut self,
        path: Path,
        ty: Ty,
        next: Option<crate::ir::Value>,
        span: Span,
    ) -> Operand {
        if let Ty::Float(_) = ty {
            let before = self.read_spanned(Operand::Place(path.clone(), ty.clone()), span);
            let zero = Kind::Literal(Literal::Float("0.0".to_owned()));
            let next = next.unwrap_or_else(|| self.push(zero, Vec::new(), ty, span));
            self.store(path, next, span);
            return Operand::Value(before);
        }
        let mut args = vec![Arg::RefMut(path)];
        let name = if next.is_some() { "replace" } else { "take" };
        args.extend(next.map(|value| self.as_arg(Operand::Value(value), false, span)));
        let name = ident(name);
        let callee = Callee::Function(Code(quote!(::core::mem::#name)));
        let before = self.finish_call(callee, args, span);
        if let Operand::Value(value) = before {
            self.graph.value_mut(value).ty = ty;
        }
        before
    }
}

fn is_lock(cell: &Operand) -> bool {
    let (Operand::Place(_, Ty::Named(kind))
    | Operand::Ref(_, Ty::Named(kind))
    | Operand::RefMut(_, Ty::Named(kind))) = cell
    else {
        return false;
    };
    kind == "Mutex" || kind == "RwLock"
}

/// A cell that is moved or shared stays where it is.
fn owned(cell: Operand) -> Operand {
    match cell {
        Operand::Ref(path, ty) | Operand::RefMut(path, ty) => Operand::Place(path, ty),
        other => other,
    }
}

/// What stands in the angle brackets of `Cell<..>`.
fn content_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

impl Lower<'_> {
    /// Code that is carried as it stands, with cells of its own that hold what those it names hold now.
    pub(super) fn with_cells(
        &self,
        code: TokenStream,
        captures: &mut [(String, Capture)],
    ) -> TokenStream {
        let mut lets = TokenStream::new();
        for (name, capture) in captures {
            let cell = self.locals.get(name);
            let Some((path, _)) = cell.as_ref().and_then(|cell| self.cell_of(cell)) else {
                continue;
            };
            let Some(Ty::Named(kind)) = cell.map(|cell| self.operand_ty(&cell)) else {
                continue;
            };
            let held = format!("__cell_{name}");
            let (own, seen) = (ident(name), ident(&held));
            let kind = ident(&kind);
            lets.extend(quote! {
                let #own = ::core::cell::#kind::new(::core::clone::Clone::clone(#seen));
            });
            (*name, *capture) = (held, Capture::Place(path, false));
        }
        if lets.is_empty() {
            code
        } else {
            quote!({ #lets #code })
        }
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
