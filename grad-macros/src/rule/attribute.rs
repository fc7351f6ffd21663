//! What `#[derivative_of(..)]` says.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{ExprPath, Path, Token};

use crate::diag::Diagnostics;
use crate::options::Options;

/// What the attribute says.
pub(super) struct Attribute {
    /// The function whose derivative the rule is.
    pub(super) target: ExprPath,
    pub(super) options: Options,
    pub(super) tangent: TangentRule,
    /// Whether the type of a method is another crate's.
    pub(super) foreign: bool,
}

/// Where the rule of forward mode is.
pub(super) enum TangentRule {
    /// Nowhere: the pullback gives it, where the result is one float.
    Absent,
    /// The function under the attribute is it.
    Here,
    /// A function of this path.
    At(Path),
}

impl Attribute {
    pub(super) fn parse(input: ParseStream, diag: &Diagnostics) -> syn::Result<Attribute> {
        let mut attribute = Attribute {
            target: input.parse()?,
            options: Options::default(),
            tangent: TangentRule::Absent,
            foreign: false,
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let ahead = input.fork();
            match ahead.parse::<Ident>() {
                Ok(name) if name == "forward" => {
                    input.parse::<Ident>()?;
                    attribute.tangent = if input.parse::<Option<Token![=]>>()?.is_some() {
                        TangentRule::At(input.call(Path::parse_mod_style)?)
                    } else {
                        TangentRule::Here
                    };
                }
                Ok(name) if name == "foreign" => {
                    input.parse::<Ident>()?;
                    attribute.foreign = true;
                }
                Ok(name) if name != "wrt" => {
                    let text = format!("`{name}`");
                    return Err(syn::Error::new(name.span(), text));
                }
                _ => attribute.options.parse_one(input, diag)?,
            }
        }
        Ok(attribute)
    }

    pub(super) fn is_forward(&self) -> bool {
        matches!(self.tangent, TangentRule::Here)
    }

    /// The type of an associated function or method.
    pub(super) fn owner(&self) -> Option<&Ident> {
        let owner = &self.target.path.segments.iter().rev().nth(1)?.ident;
        owner
            .to_string()
            .starts_with(char::is_uppercase)
            .then_some(owner)
    }
}
