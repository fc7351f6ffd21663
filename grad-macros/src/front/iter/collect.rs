//! Ends that make vectors and arrays.
//!
//! Where the number of items is known and each is a number, the vector is made with zeros and its
//! elements are stored, so that both modes know its shape beforehand. Otherwise items are appended;
//! the reverse sweep takes the cotangents of the items off its end again.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::Expr;

use super::super::convert::is_owned_slice;
use super::super::pattern::last_segment;
use super::super::{Lower, Operand};
use super::indexed::Count;
use super::{Function, Iter, Site};
use crate::diag::Problem;
use crate::ir::{Code, Form, Kind, Literal, Path, Step, Ty, Value};
use crate::signature::COLLECTIONS;

/// What collects items.
pub(super) struct Target {
    path: Path,
    ty: Ty,
    /// Whether items are appended, not stored.
    pub(super) grows: bool,
}

impl Lower<'_> {
    pub(super) fn collect(&mut self, iter: &Iter, site: &Site) -> Operand {
        let span = site.span;
        let of_std = site.hint.and_then(|ty| self.collect_other(iter, ty, span));
        if let Some(collected) = of_std {
            return collected;
        }
        if let Some(ty) = site.hint.filter(|ty| is_owned_slice(ty)) {
            let items = self.collect(
                iter,
                &Site {
                    hint: None,
                    ..*site
                },
            );
            return self.same_elements(&ty.to_token_stream(), items, span);
        }
        if site.hint.is_some_and(|ty| self.is_array(ty)) {
            let vector: syn::Type = syn::parse_quote!(Vec<_>);
            let entries = self.collect(
                iter,
                &Site {
                    hint: Some(&vector),
                    ..*site
                },
            );
            return self.collected_array(entries, span);
        }
        let named = site.hint.filter(|ty| !is_vector(ty));
        if let Some(ty) = named.filter(|ty| may_be_vector(ty)) {
            return self.made_by_rule(iter, "collect_of", &ty.to_token_stream(), span);
        }
        if let Some(ty) = named {
            let name = ty.to_token_stream().to_string().replace(' ', "");
            return self.report(span, Problem::Collection(name));
        }
        let hinted = site.hint.map_or(Ty::Unknown, |ty| self.ty_of(ty).element());
        let ty = match hinted {
            Ty::Unknown => self.item_ty(iter, span),
            known => known,
        };
        if let Some(probe) = self.probed(|_| Ty::Array(Box::new(ty.clone()))) {
            return probe;
        }
        let count = self.count_of(iter, span);
        let target = self.new_target(&ty, count, span);
        if target.grows {
            self.drive(iter, span, &mut |cx, item| {
                cx.put(&target, None, item, span)
            });
        } else {
            let numbered = Iter::Enumerate(Box::new(iter.clone()));
            self.drive(&numbered, span, &mut |cx, item| {
                let k = cx.project(item.clone(), "0");
                let k = cx.read(k);
                let item = cx.project(item, "1");
                cx.put(&target, Some(k), item, span);
            });
        }
        self.collected(&target, Form::Vec, span)
    }

    /// A vector to collect into.
    pub(super) fn new_target(&mut self, ty: &Ty, count: Count, span: Span) -> Target {
        let filled = match count {
            Count::Known(len) => self.zero_of(ty, span).map(|zero| (zero, len)),
            _ => None,
        };
        let array = Ty::Array(Box::new(ty.clone()));
        let grows = filled.is_none();
        let (kind, operands) = match filled {
            Some((zero, len)) => (Kind::Repeat { vec: true }, vec![zero, len]),
            None => (Kind::Array { vec: true }, Vec::new()),
        };
        let first = self.push(kind, operands, array.clone(), span);
        Target {
            path: Path::of(self.new_variable("collected", array, true, Some(first))),
            ty: ty.clone(),
            grows,
        }
    }

    /// A zero of a type made of numbers.
    fn zero_of(&mut self, ty: &Ty, span: Span) -> Option<Value> {
        let literal = match ty {
            Ty::Float(_) => Literal::Float("0.0".to_owned()),
            Ty::Int => Literal::Int("0".to_owned()),
            Ty::Bool => Literal::Bool(false),
            _ => return None,
        };
        Some(self.push(Kind::Literal(literal), Vec::new(), ty.clone(), span))
    }

    pub(super) fn put(&mut self, target: &Target, k: Option<Value>, item: Operand, span: Span) {
        let item = match item {
            Operand::Ref(..) | Operand::RefMut(..) => self.cloned(item, span),
            other => other,
        };
        let value = self.read_spanned(item, span);
        match k {
            Some(k) => {
                let place = target.path.then(Step::Index(k));
                self.push_effect(Kind::Store(place), vec![value], span);
            }
            None => self.push_effect(Kind::Append(target.path.clone()), vec![value], span),
        }
    }

    /// What was collected, as an operand.
    pub(super) fn collected(&mut self, target: &Target, form: Form, span: Span) -> Operand {
        let ty = Ty::Array(Box::new(target.ty.clone()));
        if target.grows {
            let kind = Kind::Finish(target.path.clone(), form);
            return Operand::Value(self.push(kind, Vec::new(), ty, span));
        }
        let var = target.path.root;
        self.graph.var_mut(var).mutable = false;
        self.fresh.insert(var);
        Operand::Place(target.path.clone(), ty)
    }

    pub(super) fn partition(&mut self, iter: &Iter, f: &Function, span: Span) -> Operand {
        let ty = self.item_ty(iter, span);
        let yes = self.new_target(&ty, Count::Unknown, span);
        let no = self.new_target(&ty, Count::Unknown, span);
        self.drive(iter, span, &mut |cx, item| {
            let (item, seen) = cx.lent(item);
            let belongs = cx.asked(f, seen, span);
            cx.branch(
                belongs,
                span,
                |cx| {
                    cx.put(&yes, None, item.clone(), span);
                    Operand::Unit
                },
                |cx| {
                    cx.put(&no, None, item.clone(), span);
                    Operand::Unit
                },
            );
        });
        let first = self.collected(&yes, Form::Vec, span);
        let second = self.collected(&no, Form::Vec, span);
        Operand::Tuple(vec![first, second])
    }

    /// `array.map(f)`.
    pub(super) fn map_array(&mut self, receiver: &Operand, f: &Expr, span: Span) -> Operand {
        let element = self.operand_ty(receiver).element();
        let path = self.as_path(receiver.clone());
        let like = path.clone();
        self.with_function(f, |cx, f| {
            let source = Iter::Elements {
                path,
                ty: element.clone(),
                access: super::Access::Move,
            };
            let mapped = Iter::Map(Box::new(source), f.clone());
            let ty = cx.item_ty(&mapped, span);
            if let Some(probe) = cx.probed(|_| Ty::Array(Box::new(ty.clone()))) {
                return probe;
            }
            // An array of as many floats is the zero tangent of one.
            let zeros =
                (ty == element && matches!(ty, Ty::Float(_))).then(|| Kind::ZeroLike(like.clone()));
            cx.fill_array(
                &mapped,
                ty,
                zeros.map(|kind| (kind, Vec::new())),
                Form::Like(like),
                span,
            )
        })
    }

    /// `std::array::from_fn(f)`; the annotation tells the length.
    pub(super) fn array_from_fn(
        &mut self,
        f: &Expr,
        hint: Option<&syn::Type>,
        span: Span,
    ) -> Operand {
        let Some(syn::Type::Array(array)) = hint else {
            return self.array_of_open_length(f, span);
        };
        let len = array.len.to_token_stream();
        let element = self.ty_of(&array.elem);
        self.with_function(f, |cx, f| {
            let (start, end) = (cx.int(0), cx.constant(len.clone(), Ty::Int));
            cx.usizes.insert(end);
            let range = Iter::Range(super::RangeOf {
                start,
                end: Some(end),
                inclusive: false,
            });
            let mapped = Iter::Map(Box::new(range), f.giving(&array.elem));
            let ty = match element {
                Ty::Unknown => cx.item_ty(&mapped, span),
                known => known,
            };
            if let Some(probe) = cx.probed(|_| Ty::Array(Box::new(ty.clone()))) {
                return probe;
            }
            let zero = cx.zero_of(&ty, span);
            let zeros = zero.map(|zero| (Kind::Repeat { vec: false }, vec![zero, end]));
            cx.fill_array(&mapped, ty, zeros, Form::Array(Code(len)), span)
        })
    }

    /// The same where only the use of the array tells its length: an array of nothing has the length,
    /// and what is collected is made like it.
    fn array_of_open_length(&mut self, f: &Expr, span: Span) -> Operand {
        if self.named {
            // What a pattern says of the length is lost.
            return self.report(span, Problem::ArrayLength);
        }
        self.with_function(f, |cx, f| {
            let nothing = Kind::Opaque {
                code: Code(quote!([(); _])),
                captures: Vec::new(),
                effect: false,
            };
            let ty = Ty::Array(Box::new(Ty::Unit));
            let nothing = cx.push(nothing, Vec::new(), ty.clone(), span);
            let like = Path::of(cx.new_variable("length", ty, false, Some(nothing)));
            let start = cx.int(0);
            let end = cx.push(Kind::Length(like.clone()), Vec::new(), Ty::Int, span);
            cx.usizes.insert(end);
            let mapped = Iter::Map(
                Box::new(Iter::Range(super::RangeOf {
                    start,
                    end: Some(end),
                    inclusive: false,
                })),
                f.clone(),
            );
            let ty = cx.item_ty(&mapped, span);
            if let Some(probe) = cx.probed(|_| Ty::Array(Box::new(ty.clone()))) {
                return probe;
            }
            cx.fill_array(&mapped, ty, None, Form::Like(like), span)
        })
    }

    /// An array of the items: stored over zeros, or appended and turned into an array.
    fn fill_array(
        &mut self,
        iter: &Iter,
        ty: Ty,
        zeros: Option<(Kind, Vec<Value>)>,
        form: Form,
        span: Span,
    ) -> Operand {
        let Some((kind, operands)) = zeros else {
            let target = self.new_target(&ty, Count::Unknown, span);
            self.drive(iter, span, &mut |cx, item| {
                cx.put(&target, None, item, span)
            });
            return self.collected(&target, form, span);
        };
        let array = Ty::Array(Box::new(ty.clone()));
        let first = self.push(kind, operands, array.clone(), span);
        let target = Target {
            path: Path::of(self.new_variable("collected", array, true, Some(first))),
            ty,
            grows: false,
        };
        let numbered = Iter::Enumerate(Box::new(iter.clone()));
        self.drive(&numbered, span, &mut |cx, item| {
            let k = cx.project(item.clone(), "0");
            let k = cx.read(k);
            let item = cx.project(item, "1");
            cx.put(&target, Some(k), item, span);
        });
        self.collected(&target, form, span)
    }

    /// `v.extend(items)`: one `push` an item.
    pub(in crate::front) fn extend(
        &mut self,
        receiver: &Operand,
        iter: &Iter,
        span: Span,
    ) -> Operand {
        let of_queue = super::super::deque::is_deque(&self.operand_ty(receiver));
        let push = if of_queue { "push_back" } else { "push" };
        let path = self.as_path(receiver.clone());
        self.drive(iter, span, &mut |cx, item| {
            let item = match item {
                Operand::Ref(..) | Operand::RefMut(..) => cx.cloned(item, span),
                other => other,
            };
            let arg = cx.as_arg(item, false, span);
            let callee = crate::ir::Callee::Method(push.to_owned(), None);
            let args = vec![crate::ir::Arg::RefMut(path.clone()), arg];
            if let Operand::Value(value) = cx.finish_call(callee, args, span) {
                cx.graph.value_mut(value).ty = Ty::Unit;
            }
        });
        Operand::Unit
    }
}

/// Whether a type may be a `Vec` by another name: a path that is no collection of std's.
fn may_be_vector(ty: &syn::Type) -> bool {
    const OTHERS: &[&str] = &[
        "VecDeque",
        "LinkedList",
        "String",
        "Box",
        "Rc",
        "Arc",
        "Cow",
        "Option",
        "Result",
    ];
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = last_segment(&path.path);
    ![OTHERS, COLLECTIONS].concat().contains(&last.as_str())
}

/// Whether a type is one that items are collected into here: a `Vec`, a boxed slice, or left open.
pub(super) fn is_vector(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Infer(_)) || is_container(ty, "Vec")
}

fn is_container(ty: &syn::Type, name: &str) -> bool {
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == name)
}
