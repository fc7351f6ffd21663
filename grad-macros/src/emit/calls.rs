//! Calls, of functions and of their companions and pullbacks.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::body::Body;
use super::callee::{rooted, std_companion, without_turbofish};
use super::given::named_function;
use super::names::named;
use super::places::Access;
use super::spelling::{assign_text, infix, spelled};
use super::standing::whole;
use crate::ir::{Arg, Call, Callee, Capture, Path, Site, Ty, Value, row};

impl Body<'_> {
    pub(super) fn argument(&self, arg: &Arg) -> TokenStream {
        match arg {
            Arg::Value(v) => self.value(*v),
            Arg::Move(path) => self.optional(path).unwrap_or_else(|| self.moved(path)),
            Arg::Receiver(path) => self.place(path),
            Arg::Ref(path) => self.reference(path, Access::Read),
            Arg::RefMut(path) | Arg::MaybeMut(path) => self.reference(path, Access::Write),
            Arg::Kept(_) | Arg::State(_) => TokenStream::new(),
            Arg::Code(code, captures) => self.told(&code.0, captures),
            Arg::Closure(_, _, code, captures) => self.closure(&code.0, captures),
            Arg::Named(_, code) => code.0.clone(),
            Arg::Given(name) => {
                let name = Ident::new(name, Span::call_site());
                quote!(::core::clone::Clone::clone(&#name))
            }
        }
    }

    /// The receiver of a method call: the compiler borrows it.
    pub(super) fn receiver(&self, arg: &Arg) -> TokenStream {
        match arg {
            Arg::RefMut(path) | Arg::MaybeMut(path) => self.place_mut(path),
            Arg::Ref(path) => self.place(path),
            Arg::Value(v) => {
                let v = self.value(*v);
                quote!((#v))
            }
            arg => self.argument(arg),
        }
    }

    pub(super) fn call(&self, call: &Call, span: Span) -> TokenStream {
        let args = self.plain_arguments(call).unwrap_or_else(|| {
            let args = call.own_args().iter();
            args.map(|arg| self.argument(arg)).collect()
        });
        let args = args.into_iter().enumerate();
        let mut args: Vec<_> = args.map(|(k, arg)| iterated(call, k, arg)).collect();
        // The arguments of what a function returns stand in parentheses of their own.
        let mut later = Vec::new();
        for count in call.curried.iter().rev() {
            let inputs = args.split_off(args.len().saturating_sub(*count));
            later.push(quote!((#(#inputs),*)));
        }
        later.reverse();
        let first = self.first_call(call, &args, span);
        let whole = quote!(#first #(#later)*);
        if call.items.listed {
            let root = &self.root;
            return quote!(#root::private::Listed::of(#whole).__grad_listed());
        }
        whole
    }

    fn first_call(&self, call: &Call, args: &[TokenStream], span: Span) -> TokenStream {
        match &call.callee {
            Callee::Given(name) => {
                let none = quote!(::core::option::Option::None);
                let dots = if self.forward {
                    vec![none; args.len()]
                } else {
                    Vec::new()
                };
                let call = super::callee::given_call(name, args, &dots, span);
                quote!(#call.0)
            }
            Callee::Function(path) => {
                let path = rooted(&path.0, &self.root);
                quote!(#path(#(#args),*))
            }
            Callee::Associated(ty, name, generics) => {
                let (ty, name, generics) =
                    (&ty.0, named(name, span), generics.as_ref().map(|g| &g.0));
                quote!(#ty::#name #generics(#(#args),*))
            }
            Callee::Dynamic(name) => {
                let receiver = call.args.first().map(|arg| self.receiver(arg));
                let (name, args) = (named(name, span), args.iter().skip(1));
                quote!(#receiver.#name(#(#args),*))
            }
            Callee::Method(name, generics) => {
                let receiver = call.args.first().map(|arg| self.receiver(arg));
                let (name, generics) = (named(name, span), generics.as_ref().map(|g| &g.0));
                let args = args.iter().skip(1);
                quote!(#receiver.#name #generics(#(#args),*))
            }
            Callee::Operator(op) => {
                // An operator takes its operands; what is read again is copied.
                let operand = |arg: &Arg| match arg {
                    Arg::Value(v) if self.reads.get(v).is_some_and(|n| *n > 1) => {
                        self.duplicated(*v)
                    }
                    arg => self.argument(arg),
                };
                let operands = call.args.iter().map(operand);
                let operands: Vec<_> = operands.map(|arg| quote!((#arg))).collect();
                spelled(row(*op).spelling, &operands, span)
            }
            Callee::Assign(op) => match (call.args.first().and_then(Arg::path), args.get(1)) {
                (Some(path), Some(value)) => {
                    let (place, op) = (self.place_mut(path), infix(&assign_text(*op), span));
                    quote!(#place #op #value)
                }
                _ => TokenStream::new(),
            },
        }
    }

    /// A call of the companion of a function.
    pub(super) fn call_derived(
        &self,
        call: &Call,
        mode: &str,
        dots: &[TokenStream],
        span: Span,
    ) -> TokenStream {
        let args = self.own_arguments(call, mode, span);
        // What given functions change is no argument.
        let dots = &dots[..dots.len().min(args.len())];
        self.companion_call(call, mode, &args, dots, span)
    }

    /// Code that a rule is handed. A closure sees numbers by their names inside, as it may outlive a
    /// block around it.
    fn told(&self, code: &TokenStream, captures: &[(String, Capture)]) -> TokenStream {
        let is_number = |(_, capture): &(String, Capture)| match capture {
            Capture::Value(value) => self.graph.ty(*value).is_scalar(),
            _ => false,
        };
        let is_closure = syn::parse2::<syn::ExprClosure>(code.clone()).is_ok();
        if is_closure && captures.iter().all(is_number) {
            return self.closure(code, captures);
        }
        self.opaque(code, captures)
    }

    /// A closure that is passed as it stands, with what it captures under the names it has for it.
    fn closure(&self, code: &TokenStream, captures: &[(String, Capture)]) -> TokenStream {
        let seen = self.seen(code, captures);
        match syn::parse2::<syn::Expr>(code.clone()) {
            Ok(mut expr) if !seen.is_empty() => {
                let mut inside = &mut expr;
                // It may stand behind a reference and in a box.
                loop {
                    inside = match inside {
                        syn::Expr::Reference(reference) => &mut reference.expr,
                        syn::Expr::Paren(inner) => &mut inner.expr,
                        syn::Expr::Cast(cast) => &mut cast.expr,
                        syn::Expr::Call(call) if call.args.len() == 1 => &mut call.args[0],
                        syn::Expr::Closure(closure) => {
                            let body = &closure.body;
                            *closure.body = syn::parse_quote!({ #seen #body });
                            break;
                        }
                        _ => break,
                    };
                }
                quote!(#expr)
            }
            _ => code.clone(),
        }
    }

    /// The arguments of a call as a companion wants them.
    pub(super) fn own_arguments(&self, call: &Call, mode: &str, span: Span) -> Vec<TokenStream> {
        let root = &self.root;
        call.own_args()
            .iter()
            .map(|arg| match arg {
                Arg::Move(path) => {
                    if let Some(optional) = self.optional(path) {
                        return optional;
                    }
                    let place = self.reference(path, Access::Read);
                    if self.lent.contains(&path.root) {
                        quote!((&&&#root::private::Copier(#place)).pass())
                    } else {
                        self.replica(self.is_untyped_at(path), &place)
                    }
                }
                Arg::Value(v) => self.passed(*v),
                Arg::Named(function, _) => named_function(function, mode, span),
                arg => self.argument(arg),
            })
            .collect()
    }

    /// A call of the companion with the arguments given.
    pub(super) fn companion_call(
        &self,
        call: &Call,
        mode: &str,
        args: &[TokenStream],
        dots: &[TokenStream],
        span: Span,
    ) -> TokenStream {
        let root = &self.root;
        let own = call.own_args().len();
        let mask = call.mask
            & 1_u64
                .checked_shl(u32::try_from(own).unwrap_or(64))
                .map_or(u64::MAX, |bit| bit - 1);
        let mut wrt = quote!(#root::private::Wrt::<#mask>);
        let mut suffix = "Rule";
        if let (Some(lanes), "lanes") = (&self.lanes, mode) {
            let count = &lanes.count;
            wrt.extend(quote!(, #root::private::Directions::<#count>));
            suffix = "Lanes";
        }
        if let Some(count) = &self.linear {
            wrt.extend(quote!(, #root::private::Directions::<#count>));
        }
        let several = matches!(mode, "lanes" | "lanes_once");
        let mode = &super::items::in_mode(mode, !call.curried.is_empty());
        match &call.callee {
            Callee::Given(name) => super::callee::given_call(name, args, dots, span),
            Callee::Function(path) => {
                let inferred = if several { 2 } else { 1 };
                let mode = Ident::new(mode, span);
                let path = std_companion(&path.0, root).unwrap_or_else(|| rooted(&path.0, root));
                let (path, generics) = without_turbofish(path, inferred);
                quote!(#path::#mode #generics(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Associated(ty, name, _) => {
                let ty = &ty.0;
                let (name, args) = self.by_path(call, mode, name, args, span);
                quote!(#ty::#name(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Dynamic(name) => {
                let receiver = call.args.first().map(|arg| self.receiver(arg));
                let args = args.iter().skip(1);
                if mode == "vjp" {
                    // The object runs the pullback itself, in the reverse sweep.
                    let name = named(name, span);
                    return quote!((#receiver.#name(#(#args),*), ()));
                }
                let name = super::items::sibling(&format!("dyn_{mode}"), name, span);
                let dots = dots.iter().skip(1);
                quote!(#receiver.#name(#(#args,)* #(#dots),*))
            }
            Callee::Method(name, _) => {
                let receiver = (!several)
                    .then(|| self.asked_receiver(call, span))
                    .flatten();
                let receiver = receiver.or_else(|| call.args.first().map(|arg| self.receiver(arg)));
                let name = super::items::sibling(mode, name, span);
                let args = args.iter().skip(1);
                // Where there is no such method, the compiler shows the whole call.
                quote_spanned!(span=> #receiver.#name(#(#args,)* #wrt, #(#dots),*))
            }
            Callee::Operator(op) => {
                let name = format!("{op:?}");
                let rule = Ident::new(&format!("{name}{suffix}"), span);
                let method = super::items::sibling(mode, &name.to_lowercase(), span);
                let call =
                    quote!(#root::private::rules::#rule::#method(#(#args,)* #wrt, #(#dots),*));
                whole(call, span)
            }
            Callee::Assign(op) => {
                let name = format!("{op:?}");
                let rule = Ident::new(&format!("{name}Assign{suffix}"), span);
                let method =
                    super::items::sibling(mode, &format!("{}_assign", name.to_lowercase()), span);
                let call =
                    quote!(#root::private::rules::#rule::#method(#(#args,)* #wrt, #(#dots),*));
                whole(call, span)
            }
        }
    }

    pub(super) fn pull(&self, site: &Site, call: &Call, bars: &[Option<Path>]) -> TokenStream {
        let (pull, bar) = (self.value(site.operands[0]), self.value(site.operands[1]));
        let count = if Self::passes_closures(call) {
            call.args.len()
        } else {
            call.own_args().len()
        };
        let args = (0..count).map(|k| self.handed_again(call, k, site.span));
        let bars = bars.iter().zip(&call.args).take(count);
        let bars = bars.map(|(bar, arg)| match bar {
            _ if matches!(arg, Arg::State(_)) => quote!(::core::option::Option::None),
            None => quote!(::core::option::Option::None),
            Some(path) => {
                let place = self.reference(path, Access::Write);
                match self.guards.get(&path.root) {
                    Some(wanted) => quote!(if #wanted { ::core::option::Option::Some(#place) } else { ::core::option::Option::None }),
                    None => quote!(::core::option::Option::Some(#place)),
                }
            }
        });
        if Self::passes_closures(call) {
            let (args, bars): (Vec<_>, Vec<_>) = (args.collect(), bars.collect());
            return self.knit_pull(call, &pull, &bar, &args, &bars);
        }
        if let Callee::Dynamic(name) = &call.callee {
            let receiver = call.args.first().map(|arg| self.receiver(arg));
            let name = super::items::sibling("dyn_pull", name, site.span);
            let (args, bars) = (args.skip(1), bars.skip(1));
            return quote!(#receiver.#name(#bar, #(#args,)* #(#bars),*));
        }
        quote!(#pull(#bar, #(#args,)* #(#bars),*))
    }

    /// The code, where the cotangent is not zero.
    pub(super) fn unless_zero(&self, bar: Value, run: &TokenStream) -> TokenStream {
        let (root, value) = (&self.root, self.value(bar));
        match self.graph.ty(bar) {
            Ty::Float(_) => quote!(if #value != 0.0 { #run }),
            _ => quote!(if !#root::private::is_zero(&#value) { #run }),
        }
    }

    /// Argument `k` as the pullback of its call wants it.
    pub(super) fn handed_again(&self, call: &Call, k: usize, span: Span) -> TokenStream {
        let root = &self.root;
        let is_receiver = k == 0 && matches!(call.callee, Callee::Method(..));
        match (&call.args[k], &call.callee) {
            (Arg::Value(v), _) => {
                let v = self.value(*v);
                quote!(&#v)
            }
            (
                Arg::RefMut(_)
                | Arg::State(_)
                | Arg::Code(..)
                | Arg::Closure(..)
                | Arg::Given(_)
                | Arg::Named(..),
                _,
            ) => quote!(()),
            (Arg::Kept(path), _) if is_receiver => {
                let place = self.place(path);
                quote!(#root::private::Again::again(&#place))
            }
            (Arg::Kept(path), _) => {
                let place = self.place(path);
                quote!(#root::private::kept_argument(&#place))
            }
            (Arg::Receiver(path) | Arg::MaybeMut(path), Callee::Method(name, _)) if is_receiver => {
                let again = self.again(path, name, span);
                quote!(#again.give())
            }
            (Arg::MaybeMut(path), _) => {
                let place = self.reference(path, Access::Read);
                quote!(#root::private::handed_argument(#place))
            }
            (Arg::Move(path), _) if self.optional(path).is_some() => {
                let optional = self.optional(path);
                quote!(&#optional)
            }
            (arg, _) => arg
                .path()
                .map(|path| self.reference(path, Access::Read))
                .unwrap_or_default(),
        }
    }
}

/// Argument number `k` of a call, an iterator again where it is the vector of the items of one.
fn iterated(call: &Call, k: usize, arg: TokenStream) -> TokenStream {
    if call.items.given >> k & 1 == 0 {
        return arg;
    }
    quote!(::core::iter::IntoIterator::into_iter(#arg))
}
