//! Functions that return references and do more than look for the place.

use quote::ToTokens;
use syn::{Block, Expr, ReturnType, Signature, Stmt, Type};

use crate::ir::{Graph, Slot};

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
    let leaves = rest.iter().any(|stmt| {
        let tokens = stmt.to_token_stream().to_string();
        tokens.split_whitespace().any(|word| word == "return")
    });
    if reference.mutability.is_none() || !own || !given || leaves {
        return None;
    }
    let (mut sig, mut block) = (sig.clone(), block.clone());
    sig.output = ReturnType::Default;
    block.stmts = rest.to_vec();
    Some((sig, block))
}

/// Whether the function writes what its parameters hold.
pub(crate) fn changes_parameters(graph: &Graph) -> bool {
    let parameters: Vec<_> = graph.params.iter().map(|p| p.slot).collect();
    graph.sites_within(graph.body).into_iter().any(|id| {
        let writes = graph.site(id).kind.writes();
        writes
            .iter()
            .any(|path| parameters.contains(&Slot::Memory(path.root)))
    })
}
