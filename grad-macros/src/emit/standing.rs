//! Where generated code stands in the user's source.
//!
//! A panic names the place of the expression that it happens in: from its first token to its last, or
//! from the name of a method to the parenthesis behind its arguments. All of these must be the user's,
//! as a single token that the macro made would lead to the line of the attribute. Braces are left alone:
//! they decide under which edition's rules temporaries end.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use super::body::Body;
use crate::ir::{Kind, Site, SiteId};

impl Body<'_> {
    /// The code of a site, standing where the site does.
    pub(super) fn site(&mut self, id: SiteId) -> TokenStream {
        let code = self.site_code(id);
        let site = self.graph.site(id);
        if has_own_places(site) {
            return code;
        }
        standing(code, site.span)
    }
}

/// Whether there is code of other sites inside, or the user's own.
fn has_own_places(site: &Site) -> bool {
    match &site.kind {
        Kind::Opaque { .. } => true,
        Kind::Call(call)
        | Kind::CallVjp(call)
        | Kind::CallJvp(call, _)
        | Kind::CallPush(call, _)
        | Kind::Pull { call, .. } => Body::passes_closures(call),
        _ => !site.regions.is_empty(),
    }
}

/// The tokens at the user's place; names keep what they mean.
pub(super) fn standing(tokens: TokenStream, span: Span) -> TokenStream {
    let mut behind_dot = false;
    let mut here = |mut token: TokenTree| {
        let dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        match &token {
            TokenTree::Group(group) => {
                let inside = standing(group.stream(), span);
                let mut moved = Group::new(group.delimiter(), inside);
                let is_brace = group.delimiter() == Delimiter::Brace;
                moved.set_span(if is_brace { group.span() } else { span });
                token = moved.into();
            }
            TokenTree::Ident(_) if !behind_dot => {}
            _ => token.set_span(span),
        }
        behind_dot = dot;
        token
    };
    tokens.into_iter().map(&mut here).collect()
}
