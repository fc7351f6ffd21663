//! Entries of maps that are filled where they are missing: `map.entry(key).or_insert(value)`.

use quote::quote;
use syn::{Expr, ExprMethodCall};

use super::map::is_any_map;
use super::{Lower, Operand};
use crate::ir::{Capture, Code, Kind, Ty};
use crate::signature::MAP;

/// The methods that end a chain which starts with `entry`.
const FILLING: &[&str] = &["or_insert", "or_insert_with", "or_default"];

impl Lower<'_> {
    /// `map.entry(key).or_insert(value)` and its kin, a place; nothing where the receiver is no map.
    pub(super) fn map_entry(&mut self, call: &ExprMethodCall) -> Option<Operand> {
        let name = call.method.to_string();
        if !FILLING.contains(&name.as_str()) {
            return None;
        }
        let mut changes = Vec::new();
        let mut inner = &*call.receiver;
        let entry = loop {
            match inner {
                Expr::MethodCall(step) if step.method == "and_modify" => {
                    changes.extend(step.args.first());
                    inner = &step.receiver;
                }
                Expr::MethodCall(step) if step.method == "entry" && step.args.len() == 1 => {
                    break step;
                }
                _ => return None,
            }
        };
        let mark = self.diag.mark();
        let map = self.lower_expr(&entry.receiver);
        let ty = self.operand_ty(&map);
        if self.diag.mark() > mark || !is_any_map(&ty) {
            return None;
        }
        let span = call.method.span();
        let key = self.lower_expr(entry.args.first()?);
        let key = match key {
            Operand::Value(value) if !self.graph.ty(value).is_scalar() => self.placed(key),
            Operand::Tuple(_) => {
                let value = self.read(key);
                self.placed(Operand::Value(value))
            }
            key => key,
        };
        let path = self.as_path(map);
        let value = match (name.as_str(), call.args.first()) {
            ("or_default", _) => {
                let kind = Kind::Opaque {
                    code: Code(quote!(__map.__grad_default())),
                    captures: vec![("__map".to_owned(), Capture::Place(path.clone(), false))],
                    effect: false,
                };
                let value = self.push(kind, Vec::new(), Ty::Unknown, span);
                self.locals.enter();
                self.locals
                    .declare("__value", false, Some(Operand::Value(value)));
                quote!(__value)
            }
            ("or_insert", Some(value)) => {
                let value = self.lower_expr(value);
                let value = match value {
                    Operand::Value(v) if !self.graph.ty(v).is_scalar() => self.placed(value),
                    value => value,
                };
                self.locals.enter();
                self.locals.declare("__value", false, Some(value));
                quote!(__value)
            }
            (_, Some(function)) => quote!((#function)()),
            _ => return None,
        };
        let operands = vec![
            ("__key", key),
            ("__map", Operand::RefMut(path, Ty::Named(MAP.to_owned()))),
        ];
        changes.reverse();
        let changed = if changes.is_empty() {
            quote!()
        } else {
            quote!(#((#changes)(&mut __map[&__key]);)*)
        };
        let code = quote!({
            if __map.contains_key(&__key) {
                #changed
            } else {
                __map.insert(__key.clone(), #value);
            }
            &mut __map[&__key]
        });
        let place = self.write_out(operands, code, span);
        if name != "or_insert_with" {
            self.locals.leave();
        }
        Some(place)
    }
}
