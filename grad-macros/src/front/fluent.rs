//! Chains of methods that change their receiver and give it back: `sim.step(a).step(b);`.
//!
//! A method that ends with `self` and returns `&mut Self` is differentiated as one that gives nothing.
//! Where the code around shows that it is one, what it gives is the receiver. Elsewhere a chain that is
//! a statement is taken for one, and generated code has rustc check what its methods give.

use quote::{ToTokens, quote_spanned};
use syn::{Block, Expr, ExprMethodCall, ReturnType, Signature, Stmt, Type};

use super::{Lower, Operand};
use crate::ir::{Capture, Code, Kind, Ty};

impl Lower<'_> {
    /// The receiver, where the call has changed it and gives it back.
    pub(super) fn given_back(&self, receiver: &Operand, name: &str) -> Option<Operand> {
        let own = matches!(self.operand_ty(receiver), Ty::Named(name) if name == "Self");
        let known = self.references.get(name).filter(|_| own)?;
        match receiver {
            Operand::Place(path, ty) | Operand::RefMut(path, ty) if known.chains => {
                Some(Operand::RefMut(path.clone(), ty.clone()))
            }
            _ => None,
        }
    }

    /// A chain that is a statement, as a statement for each of its methods.
    pub(super) fn lower_fluent(&mut self, chain: &Expr) -> Option<Operand> {
        let Expr::MethodCall(last) = chain else {
            return None;
        };
        let (root, calls) = links(last);
        let (_, before) = calls.split_last()?;
        if before.is_empty() || !matches!(root, Expr::Path(_)) {
            return None;
        }
        let name = root.to_token_stream().to_string();
        let Some(Operand::Place(_, ty) | Operand::RefMut(_, ty)) = self.locals.get(&name) else {
            return None;
        };
        let links = before.iter().map(|call| call.method.to_string());
        let fluent = (super::way::is_users(&ty) || ty == Ty::Unknown)
            && links.into_iter().all(|link| self.may_give_back(&ty, &link));
        if !fluent || self.graph.on_arrays {
            return None;
        }
        for call in before {
            self.lower_link(call, root);
        }
        let last = ExprMethodCall {
            receiver: Box::new(root.clone()),
            ..last.clone()
        };
        Some(self.lower_expr(&Expr::MethodCall(last)))
    }

    /// Whether a method that is not known to be another kind may give its receiver back.
    fn may_give_back(&self, ty: &Ty, name: &str) -> bool {
        let own = matches!(ty, Ty::Named(name) if name == "Self");
        let known = self.references.get(name).filter(|_| own);
        known.map_or(!own && super::way::may_be_fluent(name), |gives| {
            gives.chains
        })
    }

    /// A call in the chain, which must give the receiver back, or nothing.
    fn lower_link(&mut self, call: &ExprMethodCall, root: &Expr) {
        let span = call.method.span();
        let link = ExprMethodCall {
            receiver: Box::new(root.clone()),
            ..call.clone()
        };
        if let Operand::Value(given) = self.lower_expr(&Expr::MethodCall(link)) {
            let kind = Kind::Opaque {
                code: Code(quote_spanned!(span=> (__given,).__grad_given_back())),
                captures: vec![("__given".to_owned(), Capture::Value(given))],
                effect: true,
            };
            self.push(kind, Vec::new(), Ty::Unit, span);
        }
    }
}

/// What a chain of method calls starts from, and the calls in order.
fn links(last: &ExprMethodCall) -> (&Expr, Vec<&ExprMethodCall>) {
    let mut calls = vec![last];
    let mut root = &*last.receiver;
    while let Expr::MethodCall(call) = root {
        calls.push(call);
        root = &call.receiver;
    }
    calls.reverse();
    (root, calls)
}

/// A method that changes `self` and gives it back, so that calls can be chained, as the method that
/// gives nothing: what it gives is the receiver that its caller has already.
pub(crate) fn without_self(sig: &Signature, block: &Block) -> Option<(Signature, Block)> {
    let ReturnType::Type(_, ty) = &sig.output else {
        return None;
    };
    let Type::Reference(reference) = &**ty else {
        return None;
    };
    let own = matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self"));
    sig.receiver()?;
    let (tail, rest) = block.stmts.split_last()?;
    let given = matches!(tail, Stmt::Expr(Expr::Path(path), None) if path.path.is_ident("self"));
    let leaves = rest
        .iter()
        .any(|stmt| super::hoist::has_return(stmt.to_token_stream()));
    if reference.mutability.is_none() || !own || !given || leaves {
        return None;
    }
    let (mut sig, mut block) = (sig.clone(), block.clone());
    sig.output = ReturnType::Default;
    block.stmts = rest.to_vec();
    Some((sig, block))
}
