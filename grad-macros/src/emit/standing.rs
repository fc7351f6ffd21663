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
        let site = self.graph.site(id);
        self.names.stand_at(site.span);
        let code = self.site_code(id);
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

/// The tokens at the user's place. Names that the user gave stay as they are.
pub(super) fn standing(tokens: TokenStream, span: Span) -> TokenStream {
    let mut behind = Behind::Start;
    let mut here = |mut token: TokenTree| {
        let ours = match &token {
            TokenTree::Ident(word) => {
                matches!(behind, Behind::Dot | Behind::Root) || word == "let" || word == "mut"
            }
            TokenTree::Group(group) => {
                let inside = standing(group.stream(), span);
                let mut moved = Group::new(group.delimiter(), inside);
                let is_brace = group.delimiter() == Delimiter::Brace;
                moved.set_span(if is_brace { group.span() } else { span });
                token = moved.into();
                false
            }
            _ => true,
        };
        if ours {
            token.set_span(span);
        }
        behind = behind.then(&token);
        token
    };
    tokens.into_iter().map(&mut here).collect()
}

/// What stands before a token.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    Start,
    Dot,
    /// A path that begins with `::`, as all do that the user did not write.
    Root,
    /// A name or the end of a type, behind which `::` goes on.
    Name,
}

impl Behind {
    fn then(self, token: &TokenTree) -> Self {
        match token {
            TokenTree::Punct(punct) => match (punct.as_char(), self) {
                // `..`, behind which a value stands.
                ('.', Behind::Dot) => Behind::Start,
                ('.', _) => Behind::Dot,
                (':', Behind::Start | Behind::Root) => Behind::Root,
                (':' | '>', _) => Behind::Name,
                _ => Behind::Start,
            },
            TokenTree::Ident(_) if self == Behind::Root => Behind::Root,
            TokenTree::Ident(_) => Behind::Name,
            _ => Behind::Start,
        }
    }
}

/// A call of ours as a whole at the user's place, but for its arguments: what is wrong with it is said
/// once, as it is said of the same expression everywhere.
pub(super) fn whole(call: TokenStream, span: Span) -> TokenStream {
    let here = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    call.into_iter().map(here).collect()
}
