//! The attribute's arguments: parsed and checked, nothing else.
//!
//! `#[differentiate(wrt(x, w), reverse, crate = my::path)]`

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{LitInt, Path, Token, parenthesized, punctuated::Punctuated};

use crate::diag::{Diagnostics, Problem};

/// How many directions are pushed at once where nothing else is said: two vectors of two numbers, or one
/// of four. The value is computed once for all, and fewer columns together move less.
const LANES: u8 = 4;

/// Which modes are emitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Modes {
    #[default]
    Both,
    Forward,
    Reverse,
}

impl Modes {
    pub(crate) fn forward(self) -> bool {
        self != Modes::Reverse
    }
    pub(crate) fn reverse(self) -> bool {
        self != Modes::Forward
    }
}

#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Names in `wrt(..)`, if given.
    pub(crate) wrt: Option<Vec<Ident>>,
    pub(crate) modes: Modes,
    /// Whether derivatives in several directions at once are emitted, and how many at once.
    pub(crate) lanes: Option<u8>,
    /// Whether pullbacks can be run again, once for each row of a Jacobian.
    pub(crate) rows: bool,
    /// Whether `jacobian_f` is emitted.
    pub(crate) jacobian: bool,
    /// Whether a call of the function may come back to it in a way that does not show in its body.
    pub(crate) recursive: bool,
    /// The root of the paths in generated code.
    pub(crate) root: Option<Path>,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream, diag: &Diagnostics) -> Options {
        let mut options = Options::default();
        let parser = |input: ParseStream| {
            while !input.is_empty() {
                options.parse_one(input, diag)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            diag.report(error.span(), Problem::Options(error.to_string()));
        }
        options
    }

    /// The options of a function in a block with options: its own first.
    pub(crate) fn within(mut self, around: &Options) -> Options {
        self.wrt = self.wrt.or_else(|| around.wrt.clone());
        if self.modes == Modes::Both {
            self.modes = around.modes;
        }
        self.root = self.root.or_else(|| around.root.clone());
        self.lanes = self.lanes.or(around.lanes);
        self.rows |= around.rows;
        self.jacobian |= around.jacobian;
        self.recursive |= around.recursive;
        self
    }

    pub(crate) fn parse_one(&mut self, input: ParseStream, diag: &Diagnostics) -> syn::Result<()> {
        if input.peek(Token![crate]) {
            let span = input.parse::<Token![crate]>()?.span;
            input.parse::<Token![=]>()?;
            let path = input.call(Path::parse_mod_style)?;
            once(self.root.replace(path).is_some(), "crate", span, diag);
            return Ok(());
        }
        let name: Ident = input.parse()?;
        let text = name.to_string();
        match text.as_str() {
            "wrt" => {
                let content;
                parenthesized!(content in input);
                let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(
                    &content,
                    syn::ext::IdentExt::parse_any,
                )?;
                let names = names.into_iter().collect();
                once(self.wrt.replace(names).is_some(), &text, name.span(), diag);
            }
            "forward" | "reverse" => {
                let seen = self.modes != Modes::Both;
                self.modes = if text == "forward" {
                    Modes::Forward
                } else {
                    Modes::Reverse
                };
                once(seen, &text, name.span(), diag);
            }
            "lanes" => {
                let lanes = if input.peek(Token![=]) {
                    input.parse::<Token![=]>()?;
                    let count: LitInt = input.parse()?;
                    let lanes = count.base10_parse().unwrap_or(0);
                    if lanes == 0 {
                        diag.report(count.span(), Problem::LaneCount);
                    }
                    lanes.max(1)
                } else {
                    LANES
                };
                once(
                    self.lanes.replace(lanes).is_some(),
                    &text,
                    name.span(),
                    diag,
                );
            }
            "rows" => {
                once(self.rows, &text, name.span(), diag);
                self.rows = true;
            }
            "recursive" => {
                once(self.recursive, &text, name.span(), diag);
                self.recursive = true;
            }
            "jacobian" => {
                once(self.jacobian, &text, name.span(), diag);
                self.jacobian = true;
            }
            "checkpoint" => diag.report(name.span(), Problem::CheckpointHere),
            _ => diag.report(name.span(), Problem::UnknownOption(text)),
        }
        Ok(())
    }
}

fn once(seen: bool, name: &str, span: Span, diag: &Diagnostics) {
    if seen {
        diag.report(span, Problem::OptionTwice(name.to_owned()));
    }
}
