//! What a closure that is passed to a function captures.
//!
//! Values and places become parameters of it. A closure that it calls is written out inside it, and
//! what that one captures is captured too; so every name must mean one thing in all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::changed::{Changeable, Lent};
use super::closure::Written;
use super::function::{Function, bound_names};
use super::opaque::names_in;
use super::passed::Given;
use super::{Lower, Operand};
use crate::ir::{Arg, Capture, Path};
use crate::signature::Parameter;

/// What a closure captures.
#[derive(Default)]
pub(super) struct Captured {
    /// Its inputs, and then what it captures.
    pub(super) parameters: Vec<Parameter>,
    /// What the captured parameters stand for.
    pub(super) args: Vec<Arg>,
    /// The functions that it calls, by the names it has for them.
    pub(super) lets: TokenStream,
    /// The closure as code.
    pub(super) code: TokenStream,
    /// The functions it calls that its caller is given.
    pub(super) given: Vec<Rc<Given>>,
    /// Variables that are put into memory for it.
    pub(super) lent: Vec<Lent>,
    /// Of the variables it captures, those that it may change.
    changeable: Option<Changeable>,
    /// What it captures, for code that is carried as it stands.
    pub(super) shown: Vec<(String, Capture)>,
    /// What each name means; of an input nothing that may be captured.
    names: BTreeMap<String, Operand>,
}

impl Lower<'_> {
    /// What a closure captures; nothing where that cannot be told by names.
    pub(super) fn capture(
        &mut self,
        written: &Written,
        inputs: Vec<Parameter>,
        changeable: Option<Changeable>,
        span: Span,
    ) -> Option<Captured> {
        let bound = bound_names(&written.inputs);
        let mut captured = Captured {
            names: bound
                .iter()
                .map(|name| (name.clone(), Operand::Never))
                .collect(),
            parameters: inputs,
            changeable,
            ..Captured::default()
        };
        self.capture_of(written, &bound, &mut captured, span)?;
        Some(captured)
    }

    fn capture_of(
        &mut self,
        written: &Written,
        bound: &BTreeSet<String>,
        captured: &mut Captured,
        span: Span,
    ) -> Option<()> {
        let mut names = BTreeSet::new();
        names_in(written.body.to_token_stream(), &mut names);
        let scopes = self.locals.swap_scopes(written.scopes());
        let free = names.into_iter().filter(|name| !bound.contains(name));
        let found = free.map(|name| self.capture_name(name, captured, span));
        let found = found.collect::<Option<Vec<()>>>();
        self.locals.swap_scopes(scopes);
        found.map(|_| ())
    }

    fn capture_name(&mut self, name: String, captured: &mut Captured, span: Span) -> Option<()> {
        let Some(operand) = self.locals.get(&name) else {
            return Some(());
        };
        if matches!(operand, Operand::Unit | Operand::Never | Operand::Poison) {
            return Some(());
        }
        if let Some(known) = captured.names.get(&name) {
            return (*known == operand).then_some(());
        }
        captured.names.insert(name.clone(), operand.clone());
        match operand {
            cell if self.refuse_cell(&cell, span) => None,
            Operand::Iter(_) => None,
            Operand::Closure(function) => self.capture_function(&name, &function, captured, span),
            operand if self.may_lend(&name, &operand, captured) => {
                self.capture_changed(name, operand, captured, span)
            }
            operand => {
                self.capture_value(name, operand, captured, span);
                Some(())
            }
        }
    }

    fn capture_function(
        &mut self,
        name: &str,
        function: &Function,
        captured: &mut Captured,
        span: Span,
    ) -> Option<()> {
        let ident = Ident::new(name, Span::call_site());
        let code = match function {
            Function::Written(written) => {
                let bound = bound_names(&written.inputs);
                self.capture_of(&written.clone(), &bound, captured, span)?;
                written.tokens(&TokenStream::new())
            }
            Function::Path(path) => path.to_token_stream(),
            Function::Given(given) => {
                capture_given(given, captured);
                if given.name == name {
                    return Some(());
                }
                Ident::new(&given.name, Span::call_site()).to_token_stream()
            }
            Function::Either(..) | Function::Table(_) | Function::Row(_) => return None,
        };
        captured.lets.extend(quote!(let #ident = #code;));
        Some(())
    }

    /// Whether the closure may change the variable.
    fn may_lend(&self, name: &str, operand: &Operand, captured: &Captured) -> bool {
        let local = self.locals.find(name);
        let mutable = local.is_some_and(|local| self.locals.is_mutable(local))
            || matches!(operand, Operand::RefMut(..));
        let lendable = matches!(
            operand,
            Operand::Place(..) | Operand::RefMut(..) | Operand::Value(_) | Operand::Tuple(_)
        );
        let asked = captured.changeable.as_ref();
        mutable && lendable && asked.is_some_and(|changeable| changeable.has(name))
    }

    fn capture_value(
        &mut self,
        name: String,
        operand: Operand,
        captured: &mut Captured,
        span: Span,
    ) {
        let ty = self.operand_ty(&operand);
        let is_reference = matches!(operand, Operand::Ref(..) | Operand::RefMut(..));
        let (arg, shown, written) = if ty.is_scalar() {
            let value = self.read_spanned(operand, span);
            (
                Arg::Value(value),
                Capture::Value(value),
                syn::parse_quote!(_),
            )
        } else {
            let path = self.as_path(operand);
            let shown = Capture::Place(path.clone(), is_reference);
            (Arg::Ref(path), shown, syn::parse_quote!(&_))
        };
        let own = if name == "self" {
            super::passed::THIS
        } else {
            &name
        };
        let own = Ident::new(own, span);
        let mut parameter = Parameter::captured(own, written, ty);
        parameter.is_place = !is_reference;
        captured.parameters.push(parameter);
        captured.args.push(arg);
        captured.shown.push((name, shown));
    }
}

/// Captures a function that the one around is given.
fn capture_given(given: &Rc<Given>, captured: &mut Captured) {
    let own = Ident::new(&given.name, Span::call_site());
    let known = |p: &Parameter| p.function.is_some() && p.name == own;
    if captured.parameters.iter().any(known) {
        return;
    }
    captured.shown.push((given.name.clone(), Capture::Given));
    match given.state {
        None => captured.given.push(given.clone()),
        Some(state) => {
            let parameter = Parameter::of_given(own, given.function.clone());
            captured.parameters.push(parameter);
            captured.args.push(Arg::State(Path::of(state)));
        }
    }
}
