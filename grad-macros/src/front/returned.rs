//! What a function returns: a variable that every `return` sets.
//!
//! Where control may leave before there is a value, a number stands for the value that is not there.
//! A value that no number can stand for is put on a pile, a vector, and taken off at the end.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Expr, Stmt, parse_quote};

use super::iter::is_plain;
use super::scope::Local;
use super::{Lower, Operand, Output};
use crate::ir::{Arg, Callee, Kind, Path, Ty, Value};

impl Lower<'_> {
    /// Makes every `return` put its value on a pile.
    pub(super) fn pile_returns(&mut self) {
        let pile = self.new_pile("returned", self.output.clone());
        self.pile = Some(pile);
    }

    fn new_pile(&mut self, name: &str, element: Ty) -> Path {
        let ty = Ty::Array(Box::new(element));
        let kind = Kind::Array { vec: true };
        let empty = self.push(kind, Vec::new(), ty.clone(), self.here);
        Path::of(self.new_variable(name, ty, true, Some(empty)))
    }

    pub(super) fn lower_return(&mut self, value: Operand) -> Operand {
        let value = self.owned_output(value);
        self.set_returned(value);
        self.leave(self.return_code)
    }

    /// Ends the body of a function or closure with its tail value.
    pub(super) fn return_value(&mut self, value: Operand) {
        if self.dead {
            return;
        }
        let value = self.owned_output(value);
        if self.exits.is_empty() {
            self.set_returned(value);
        } else {
            // Where an early return happened, the tail was not reached.
            let running = self.running();
            self.branch(
                running,
                self.here,
                |cx| {
                    cx.set_returned(value);
                    Operand::Unit
                },
                |_| Operand::Unit,
            );
        }
    }

    /// The value of whichever `return` was reached.
    pub(super) fn returned_value(&mut self) -> Operand {
        let Some(pile) = self.pile.clone() else {
            return self.locals.current(self.returned).unwrap_or(Operand::Never);
        };
        let ty = self.output.clone();
        self.take_off(pile, &ty)
    }

    /// The only value on a pile.
    fn take_off(&mut self, pile: Path, ty: &Ty) -> Operand {
        let first = Arg::Value(self.int(0));
        let callee = Callee::Method("swap_remove".to_owned(), None);
        let value = self.finish_call(callee, vec![Arg::RefMut(pile), first], self.here);
        if let Operand::Value(value) = value {
            self.graph.value_mut(value).ty = ty.clone();
        }
        self.own(value, ty)
    }

    fn put_on(&mut self, pile: Path, value: Operand) {
        // Appended as a vector of its own: what is pushed is handed to the pullback again, for which
        // it would have to be copied, and an error need not be `Clone`.
        let span = self.here;
        let ty = Ty::Array(Box::new(self.operand_ty(&value)));
        let value = self.read(value);
        let alone = self.push(Kind::Array { vec: true }, vec![value], ty.clone(), span);
        let alone = self.new_variable("leaving", ty, true, Some(alone));
        let callee = Callee::Method("append".to_owned(), None);
        let args = vec![Arg::RefMut(pile), Arg::RefMut(Path::of(alone))];
        let unit = self.finish_call(callee, args, span);
        if let Operand::Value(unit) = unit {
            self.graph.value_mut(unit).ty = Ty::Unit;
        }
    }

    /// A pile for the values of `break`, where piles are wanted and the loop or block has any.
    pub(super) fn pile_of_breaks(&mut self, body: &Block) -> Option<Path> {
        if !self.piles_breaks || !breaks_with_value(body.to_token_stream()) {
            return None;
        }
        Some(self.new_pile("broken", Ty::Unknown))
    }

    /// `break value`.
    pub(super) fn set_broken(&mut self, result: Local, pile: Option<Path>, value: Operand) {
        let value = self.own(value, &Ty::Unknown);
        let Some(pile) = pile else {
            return self.locals.set(result, value);
        };
        let ty = self.operand_ty(&value);
        if let Ty::Array(element) = &mut self.graph.var_mut(pile.root).ty {
            **element = super::infer::join(element, &ty);
        }
        self.put_on(pile, value);
    }

    /// The value of a loop or block that `break` ends.
    pub(super) fn broken_value(&mut self, result: Local, pile: Option<Path>) -> Operand {
        match pile {
            Some(pile) if !self.dead => {
                let ty = match &self.graph.var(pile.root).ty {
                    Ty::Array(element) => (**element).clone(),
                    _ => Ty::Unknown,
                };
                self.take_off(pile, &ty)
            }
            _ => self.locals.current(result).unwrap_or(Operand::Unit),
        }
    }

    /// The operand as results of the graph, and how they make the value.
    pub(super) fn output_of(&mut self, operand: Operand) -> (Vec<Value>, Output) {
        match operand {
            Operand::Never if self.output != Ty::Unit => (Vec::new(), Output::Never),
            Operand::Unit | Operand::Never | Operand::Poison => (Vec::new(), Output::Unit),
            Operand::Tuple(parts) => {
                let mut values = Vec::new();
                let mut shapes = Vec::new();
                for part in parts {
                    let (inner, shape) = self.output_of(part);
                    values.extend(inner);
                    shapes.push(shape);
                }
                (values, Output::Tuple(shapes))
            }
            other => (vec![self.read(other)], Output::Leaf),
        }
    }

    fn owned_output(&mut self, value: Operand) -> Operand {
        if self.routes.is_some() && self.return_code == super::RETURN {
            return self.route(value);
        }
        match (&self.output, value) {
            (Ty::Unit, _) => Operand::Unit,
            // Nothing can stand for it where there is none.
            (_, Operand::Maybe(some, item)) if !is_plain(&self.operand_ty(&item)) => {
                let whole = self.whole_option(some, *item);
                Operand::Value(self.read(whole))
            }
            (_, value) => self.own(value, &self.output.clone()),
        }
    }

    fn set_returned(&mut self, value: Operand) {
        let Some(pile) = self.pile.clone() else {
            return self.locals.set(self.returned, value);
        };
        if value == Operand::Unit {
            // The end of a loop that only `return` leaves.
            return;
        }
        self.put_on(pile, value);
    }
}

/// The body with a `return` at each of its ends: a branch at the end of a function, sides of which
/// leave early, then gives no value.
pub(super) fn returning(body: &Block) -> Block {
    let mut body = body.clone();
    if let Some(Stmt::Expr(end, None)) = body.stmts.last_mut() {
        return_from(end);
    }
    body
}

fn panics(code: &syn::Macro) -> bool {
    let name = code.path.segments.last().map(|s| s.ident.to_string());
    matches!(
        name.as_deref(),
        Some("panic" | "unreachable" | "todo" | "unimplemented")
    )
}

fn return_from(end: &mut Expr) {
    match end {
        Expr::Block(block) if block.label.is_none() => block.block = returning(&block.block),
        Expr::Match(choice) => {
            for arm in &mut choice.arms {
                return_from(&mut arm.body);
            }
        }
        Expr::If(choice) => {
            if let Some((_, otherwise)) = &mut choice.else_branch {
                choice.then_branch = returning(&choice.then_branch);
                return_from(otherwise);
            }
        }
        Expr::Return(_) => {}
        Expr::Macro(code) if panics(&code.mac) => {}
        value => *value = parse_quote!(return #value),
    }
}

/// Whether the tokens say `break value`.
fn breaks_with_value(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(k, token)| match token {
        TokenTree::Group(group) => breaks_with_value(group.stream()),
        TokenTree::Ident(word) if word == "break" => {
            let mut rest = &tokens[k + 1..];
            if let [TokenTree::Punct(quote), TokenTree::Ident(_), after @ ..] = rest {
                if quote.as_char() == '\'' {
                    rest = after;
                }
            }
            !matches!(rest, [] | [TokenTree::Punct(_), ..])
                || matches!(rest, [TokenTree::Punct(sign), ..] if !matches!(sign.as_char(), ';' | ','))
        }
        _ => false,
    })
}
