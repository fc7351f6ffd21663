//! Iterators of the user's own types, and functions that return iterators.
//!
//! Only rustc knows which values are iterators. What the source tells: a method that only iterators
//! have somewhere in the chain of calls, `for` over a struct made here, and the signatures around. An
//! iterator of the user's is asked for its `next` item, which is a call like any other; what a function
//! returns is, along a derivative, the vector of its items.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Pat, Stmt};

use super::super::signatures::called_on;
use super::super::way::is_users;
use super::super::{Lower, Operand};
use super::source::elements;
use super::{Access, Iter};
use crate::diag::Problem;
use crate::ir::{Arg, Call, Callee, Items, Kind, Path, SiteId, Storage, Ty, Value, Var};

/// Methods that only iterators have, with so many arguments.
const TELLING: &[(&str, usize)] = &[
    ("by_ref", 0),
    ("collect", 0),
    ("enumerate", 0),
    ("peekable", 0),
    ("skip", 1),
    ("step_by", 1),
    ("take", 1),
    ("__grad_listed", 0),
];

/// Those that only iterators have where they are given a function of so many inputs.
const TELLING_BY_FUNCTION: &[(&str, usize)] = &[
    ("all", 1),
    ("any", 1),
    ("filter_map", 1),
    ("find", 1),
    ("find_map", 1),
    ("flat_map", 1),
    ("fold", 2),
    ("for_each", 1),
    ("map_while", 1),
    ("max_by", 2),
    ("min_by", 2),
    ("partition", 1),
    ("position", 1),
    ("reduce", 2),
    ("scan", 2),
    ("skip_while", 1),
    ("take_while", 1),
];

/// Those that an option has too, but hardly a type of the user's: `nth(n)`, `filter(|item| ..)`.
fn tells_of_users(call: &ExprMethodCall) -> bool {
    let name = call.method.to_string();
    let closure = matches!(call.args.first(), Some(Expr::Closure(f)) if f.inputs.len() == 1);
    call.args.len() == 1 && (name == "nth" || name == "filter" && closure)
}

/// Methods that give an iterator if they are called on one.
const PASSING: &[&str] = &[
    "chain", "cloned", "copied", "filter", "flatten", "fuse", "inspect", "map", "rev", "zip",
];

/// Whether the call can only be one of an iterator's methods.
fn tells(call: &ExprMethodCall) -> bool {
    let name = call.method.to_string();
    let known = |all: &[(&str, usize)], count| all.contains(&(name.as_str(), count));
    if let (Some(Expr::Closure(f)), false) = (call.args.last(), name == "inspect") {
        return known(TELLING_BY_FUNCTION, f.inputs.len());
    }
    let summed = matches!(name.as_str(), "sum" | "product") && call.turbofish.is_some();
    summed && call.args.is_empty()
        || known(TELLING, call.args.len())
        || name == "fold" && call.args.len() == 2 && matches!(call.args[1], Expr::Path(_))
}

/// The variables of which items are taken, and those that methods of iterators are called on.
pub(in crate::front) fn iterators(code: &TokenStream) -> [HashSet<String>; 2] {
    let takes = |name: &str| name == "next" || name == "by_ref";
    let all = [TELLING, TELLING_BY_FUNCTION];
    let tells = |name: &str| {
        let mut known = all.iter().flat_map(|names| names.iter());
        matches!(name, "sum" | "product") || known.any(|(known, _)| *known == name)
    };
    [called_on(code, &takes), called_on(code, &tells)]
}

/// The method call that an expression is.
fn as_call(expr: &Expr) -> Option<&ExprMethodCall> {
    match expr {
        Expr::MethodCall(call) => Some(call),
        Expr::Paren(inner) => as_call(&inner.expr),
        _ => None,
    }
}

impl Iter {
    /// Whether it certainly comes to an end, or is told when to stop.
    fn ends(&self) -> bool {
        match self {
            Iter::Range(range) => range.end.is_some(),
            Iter::Elements { .. }
            | Iter::Chunks { .. }
            | Iter::Once(_)
            | Iter::Maybe(..)
            | Iter::Take(..)
            | Iter::TakeWhile(..)
            | Iter::MapWhile(..) => true,
            Iter::Repeat(_)
            | Iter::RepeatWith(_)
            | Iter::Successors(..)
            | Iter::FromFn(_)
            | Iter::Cycle(_) => false,
            Iter::Rest(inner, _)
            | Iter::ByRef(inner)
            | Iter::Whole(inner)
            | Iter::Map(inner, _)
            | Iter::Inspect(inner, _)
            | Iter::Copied(inner)
            | Iter::Cloned(inner)
            | Iter::Enumerate(inner)
            | Iter::Rev(inner)
            | Iter::Skip(inner, _)
            | Iter::StepBy(inner, _)
            | Iter::Filter(inner, _)
            | Iter::FilterMap(inner, _)
            | Iter::SkipWhile(inner, _)
            | Iter::FlatMap(inner, _)
            | Iter::FlatMapBack(inner, _)
            | Iter::Scan(inner, ..) => inner.ends(),
            Iter::Zip(a, b) => a.ends() || b.ends(),
            Iter::Chain(a, b) => a.ends() && b.ends(),
        }
    }
}

impl Lower<'_> {
    /// Whether the chain of calls that the call is a link of is one of iterators; `iterates` is kept
    /// for the link before.
    pub(in crate::front) fn asks_items(&mut self, call: &ExprMethodCall) -> bool {
        let later = std::mem::take(&mut self.iterates);
        let passes = PASSING.iter().any(|name| call.method == name);
        let asks = tells(call) || later && passes;
        self.iterates = asks && as_call(&call.receiver).is_some();
        let taken = match &*call.receiver {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let is_taken = taken
            .is_some_and(|name| name != "self" && self.iterators[0].contains(&name.to_string()));
        asks || tells_of_users(call) || is_taken && call.method != "next"
    }

    /// Whether a `let` binds what a chain of calls gives under a name that is an iterator's later.
    pub(in crate::front) fn iterated_later(&self, stmt: &Stmt) -> bool {
        let Stmt::Local(local) = stmt else {
            return false;
        };
        let chain = local.init.as_ref().and_then(|init| as_call(&init.expr));
        let is_later = |name: &syn::PatIdent| self.iterators[1].contains(&name.ident.to_string());
        chain.is_some() && matches!(&local.pat, Pat::Ident(name) if is_later(name))
    }

    /// The receiver of a call that only iterators have, as one.
    pub(in crate::front) fn asked_items(
        &mut self,
        receiver: Operand,
        call: &ExprMethodCall,
    ) -> Operand {
        let (ty, span) = (self.operand_ty(&receiver), call.receiver.span());
        if self.graph.on_arrays {
            return receiver;
        }
        let items = match &receiver {
            _ if is_users(&ty) => self.users_items(&receiver, span),
            Operand::Value(_) | Operand::Place(..)
                if ty == Ty::Unknown && !tells_of_users(call) =>
            {
                self.returned_items(&receiver).or_else(|| {
                    let made = self.is_made(&receiver);
                    made.then(|| self.users_items(&receiver, span))?
                })
            }
            _ => None,
        };
        items.map_or(receiver, Operand::Iter)
    }

    /// The items of an iterator of the user's, which is asked for one after another.
    pub(super) fn users_items(&mut self, iterator: &Operand, span: Span) -> Option<Iter> {
        let (path, ty) = match iterator.clone() {
            Operand::RefMut(path, ty) => (path, ty),
            Operand::Place(path, ty)
                if path.steps.is_empty() && self.graph.var(path.root).storage == Storage::Owned =>
            {
                self.graph.var_mut(path.root).mutable = true;
                (path, ty)
            }
            moved @ (Operand::Value(_) | Operand::Place(..)) => {
                let ty = self.operand_ty(&moved);
                let value = self.read(moved);
                let var = self.new_variable("items", ty.clone(), true, Some(value));
                (Path::of(var), ty)
            }
            _ => return None,
        };
        let operands = vec![("__items", Operand::RefMut(path, ty))];
        let code = quote_spanned!(span=> ::std::iter::from_fn(|| __items.next()));
        match self.write_out(operands, code, span) {
            Operand::Iter(items) => Some(items),
            _ => None,
        }
    }

    /// The items of what a call gives: along a derivative they are a vector.
    pub(in crate::front) fn returned_items(&mut self, returned: &Operand) -> Option<Iter> {
        let site = self.origin_of(returned)?;
        let Kind::Call(call) = &mut self.graph.site_mut(site).kind else {
            return None;
        };
        if is_maker(call) {
            return None;
        }
        call.items.listed = true;
        let path = self.as_path(returned.clone());
        Some(elements(path, Ty::Unknown, Access::Place))
    }

    /// The items of a struct that is made here or of what a call gives; the operand, if it is neither.
    pub(super) fn made_items(&mut self, operand: Operand, span: Span) -> Result<Iter, Operand> {
        let owned = matches!(operand, Operand::Value(_) | Operand::Place(..));
        let ty = self.operand_ty(&operand);
        if !owned || self.graph.on_arrays || !(is_users(&ty) || ty == Ty::Unknown) {
            return Err(operand);
        }
        if self.is_made(&operand) {
            return self.users_items(&operand, span).ok_or(operand);
        }
        if matches!(operand, Operand::Value(_)) {
            return self.returned_items(&operand).ok_or(operand);
        }
        Err(operand)
    }

    /// Whether it is a struct that is made here.
    pub(super) fn is_made(&self, operand: &Operand) -> bool {
        let Some(site) = self.origin_of(operand) else {
            return false;
        };
        match &self.graph.site(site).kind {
            Kind::Record(record) => record.variant.is_none(),
            Kind::Call(call) => is_maker(call),
            _ => false,
        }
    }

    /// The site that gives a value, or the first content of a variable.
    fn origin_of(&self, operand: &Operand) -> Option<SiteId> {
        match operand {
            Operand::Value(value) => self.source_of(*value),
            Operand::Place(path, _) if path.steps.is_empty() => self.content_of(path.root),
            _ => None,
        }
    }

    fn source_of(&self, value: Value) -> Option<SiteId> {
        let site = self.graph.value(value).site?;
        match &self.graph.site(site).kind {
            Kind::Load(path) if path.steps.is_empty() => self.content_of(path.root),
            _ => Some(site),
        }
    }

    fn content_of(&self, var: Var) -> Option<SiteId> {
        let mut sites = self.graph.sites.iter();
        let made = sites.find(|site| site.kind == Kind::Allocate(var))?;
        self.source_of(*made.operands.first()?)
    }

    /// The items of an iterator, for a function that is given them.
    pub(in crate::front) fn listed_arg(&mut self, iter: &Iter, span: Span) -> Arg {
        if matches!(iter, Iter::Range(_)) || !iter.can_be_made() {
            self.report(span, Problem::FunctionValue);
            return Arg::Value(self.undefined(Ty::Unknown));
        }
        let lent = matches!(self.probe(iter, span), Some(Operand::Ref(..)));
        match iter {
            Iter::Elements {
                path,
                access: Access::Ref,
                ..
            } => Arg::Ref(path.clone()),
            _ => {
                let items = self.listed(iter, span);
                let path = self.as_path(items);
                self.listed.insert(path.root);
                if lent {
                    Arg::Ref(path)
                } else {
                    Arg::Move(path)
                }
            }
        }
    }

    /// Which of the arguments are iterators that have been made vectors.
    pub(in crate::front) fn items_given(&self, args: &[Arg]) -> Items {
        let is_list =
            |arg: &Arg| matches!(arg, Arg::Move(path) if self.listed.contains(&path.root));
        let lists = args.iter().enumerate().filter(|(_, arg)| is_list(arg));
        Items {
            listed: false,
            given: lists.fold(0, |all, (k, _)| all | 1 << k),
        }
    }

    /// What a function returns of an iterator: the vector of its items.
    pub(super) fn returned_list(&mut self, iter: &Iter, span: Span) -> Operand {
        if !iter.ends() {
            return self.report(span, Problem::ReturnedEndless);
        }
        let first = self.graph.block(self.region()).sites.len();
        let items = self.listed(iter, span);
        let made = &self.graph.block(self.region()).sites[first..];
        if made.iter().any(|id| self.changes_parameters(*id)) {
            return self.report(span, Problem::ReturnedEffects);
        }
        items
    }

    /// Whether a loop changes what a parameter refers to: then it shows how many items were asked for.
    fn changes_parameters(&self, id: SiteId) -> bool {
        let site = self.graph.site(id);
        let within = site.regions.iter();
        let mut within = within.flat_map(|region| self.graph.sites_within(*region));
        let outside = |path: &Path| self.graph.var(path.root).storage == Storage::RefMut;
        site.kind.is_loop()
            && within.any(|id| self.graph.site(id).kind.writes().into_iter().any(outside))
    }

    pub(super) fn listed(&mut self, iter: &Iter, span: Span) -> Operand {
        let site = super::Site {
            name: "collect",
            span,
            hint: None,
        };
        self.collect(&Iter::Cloned(Box::new(iter.clone())), &site)
    }

    /// Whether a method of the type around returns an iterator.
    pub(in crate::front) fn returns_items(&self, receiver: &Operand, name: &str) -> bool {
        let own = matches!(self.operand_ty(receiver), Ty::Named(name) if name == "Self");
        own && self.listing.contains(name)
    }
}

/// Whether a function is one that makes a value of its type, as far as its name tells.
fn is_maker(call: &Call) -> bool {
    const STARTS: &[&str] = &["new_", "with_", "from_"];
    let Callee::Associated(of, name, _) = &call.callee else {
        return false;
    };
    let of = of.0.to_string();
    let mut words = of.split(|c: char| !c.is_alphanumeric() && c != '_');
    let of_users = words.all(|word| word != "Vec" && is_users(&Ty::Named(word.to_owned())));
    of_users
        && (matches!(name.as_str(), "new" | "default")
            || STARTS.iter().any(|start| name.starts_with(start)))
}
