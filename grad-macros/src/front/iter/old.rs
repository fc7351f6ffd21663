//! What a `for` loop runs over: ranges and slices.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprForLoop, RangeLimits};

use crate::diag::Problem;
use crate::front::{Lower, Operand};
use crate::ir::{Adaptor, Kind, Path, Range, Step, Ty, Value};

/// A source of items.
enum Source {
    Range {
        range: Range,
        operands: Vec<Value>,
    },
    /// Elements of a place, by reference or by value, with adaptors on their indices.
    Elements {
        path: Path,
        ty: Ty,
        by_ref: bool,
        range: Range,
        operands: Vec<Value>,
    },
}

impl Source {
    fn range_mut(&mut self) -> (&mut Range, &mut Vec<Value>) {
        match self {
            Source::Range { range, operands }
            | Source::Elements {
                range, operands, ..
            } => (range, operands),
        }
    }
}

impl Lower<'_> {
    pub(in crate::front) fn lower_for(&mut self, l: &ExprForLoop) -> Operand {
        let span = l.for_token.span();
        let Some(source) = self.source(&l.expr) else {
            return Operand::Poison;
        };
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        match source {
            Source::Range { range, operands } => {
                self.lower_counted(range, operands, label, span, |cx, index| {
                    cx.locals.enter();
                    cx.bind(&l.pat, Operand::Value(index), Some(&Ty::Int));
                    cx.lower_block(&l.body);
                    cx.locals.leave();
                })
            }
            Source::Elements {
                path,
                ty,
                by_ref,
                range,
                operands,
            } => {
                let zero = self.int(0);
                let len = self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span);
                let bounds = [zero, len].into_iter().chain(operands).collect();
                self.lower_counted(range, bounds, label, span, |cx, index| {
                    cx.locals.enter();
                    let item = path.then(Step::Index(index));
                    let item = if by_ref {
                        Operand::Ref(item, ty)
                    } else {
                        Operand::Place(item, ty)
                    };
                    cx.bind(&l.pat, item, None);
                    cx.lower_block(&l.body);
                    cx.locals.leave();
                })
            }
        }
    }

    fn source(&mut self, expr: &Expr) -> Option<Source> {
        match expr {
            Expr::Paren(inner) => self.source(&inner.expr),
            Expr::Group(inner) => self.source(&inner.expr),
            Expr::Range(range) => {
                let (Some(start), Some(end)) = (&range.start, &range.end) else {
                    self.report(range.span(), Problem::Iterator("..".to_owned()));
                    return None;
                };
                let operands = vec![self.value_of(start), self.value_of(end)];
                let inclusive = matches!(range.limits, RangeLimits::Closed(_));
                Some(Source::Range {
                    range: Range {
                        inclusive,
                        ..Range::default()
                    },
                    operands,
                })
            }
            Expr::MethodCall(call) => self.adapted(call),
            _ => {
                let operand = self.lower_expr(expr);
                self.elements(operand, expr.span())
            }
        }
    }

    fn elements(&mut self, operand: Operand, span: Span) -> Option<Source> {
        let ty = self.operand_ty(&operand).element();
        let by_ref = matches!(operand, Operand::Ref(..));
        match operand {
            Operand::Poison | Operand::Never => None,
            Operand::Ref(path, Ty::Array(_) | Ty::Unknown)
            | Operand::Place(path, Ty::Array(_) | Ty::Unknown) => Some(Source::Elements {
                path,
                ty,
                by_ref,
                range: Range::default(),
                operands: Vec::new(),
            }),
            Operand::Value(value) if matches!(self.graph.ty(value), Ty::Array(_) | Ty::Unknown) => {
                let path = self.as_path(operand);
                Some(Source::Elements {
                    path,
                    ty,
                    by_ref,
                    range: Range::default(),
                    operands: Vec::new(),
                })
            }
            _ => {
                self.report(span, Problem::Iterator("into_iter".to_owned()));
                None
            }
        }
    }

    fn adapted(&mut self, call: &syn::ExprMethodCall) -> Option<Source> {
        let name = call.method.to_string();
        match (name.as_str(), call.args.first()) {
            ("iter", None) => {
                let operand = self.lower_expr(&call.receiver);
                let operand = match operand {
                    Operand::Place(path, ty) => Operand::Ref(path, ty),
                    other => other,
                };
                self.elements(operand, call.method.span())
            }
            ("into_iter", None) => {
                let operand = self.lower_expr(&call.receiver);
                self.elements(operand, call.method.span())
            }
            ("copied" | "cloned", None) => {
                let source = self.source(&call.receiver)?;
                Some(match source {
                    Source::Elements {
                        path,
                        ty,
                        range,
                        operands,
                        ..
                    } => Source::Elements {
                        path,
                        ty,
                        by_ref: false,
                        range,
                        operands,
                    },
                    range => range,
                })
            }
            ("rev", None) => {
                let mut source = self.source(&call.receiver)?;
                source.range_mut().0.adaptors.push(Adaptor::Rev);
                Some(source)
            }
            ("step_by" | "take", Some(step)) => {
                let mut source = self.source(&call.receiver)?;
                let step = self.value_of(step);
                let adaptor = if name == "take" {
                    Adaptor::Take
                } else {
                    Adaptor::StepBy
                };
                let (range, operands) = source.range_mut();
                range.adaptors.push(adaptor);
                operands.push(step);
                Some(source)
            }
            _ => {
                const OTHERS: &[&str] = &[
                    "zip",
                    "enumerate",
                    "map",
                    "skip",
                    "chunks",
                    "windows",
                    "filter",
                    "chain",
                    "iter_mut",
                    "chunks_exact",
                ];
                if OTHERS.contains(&name.as_str()) {
                    self.report(call.method.span(), Problem::Iterator(name));
                    return None;
                }
                let operand = self.lower_expr(&Expr::MethodCall(call.clone()));
                self.elements(operand, call.method.span())
            }
        }
    }
}
