//! Calls: what is called, and how each argument is passed.

use super::graph::Value;
use super::items::Items;
use super::kind::{Capture, each_captured, each_captured_path};
use super::ops::Op;
use super::path::Path;
use super::types::Code;

/// One argument of a call.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Arg {
    Value(Value),
    /// A place passed by value.
    Move(Path),
    /// A place passed as a shared reference.
    Ref(Path),
    /// The receiver of a method, in a variable that is never written: the compiler borrows it as the
    /// method wants.
    Receiver(Path),
    /// The receiver of a method that may write it, or a variable that is a mutable reference, for a
    /// function that may take a shared one.
    MaybeMut(Path),
    /// A place passed as a mutable reference.
    RefMut(Path),
    /// What was kept of a receiver, or of what may be passed mutably, whose place has changed since;
    /// only in pullbacks.
    Kept(Path),
    /// A closure or other code that is not differentiated, seen by the callee as it stands.
    Code(Code, Vec<(String, Capture)>),
    /// A closure that the callee calls: its number, how many of the call's last arguments are what it
    /// captures, and how it stands in the source.
    Closure(usize, usize, Code, Vec<(String, Capture)>),
    /// A function this one is given, handed on.
    Given(String),
    /// What a function that this one is given may change: the parameter stands for it. No argument in
    /// the source, but an effect of the call, behind its arguments.
    State(Path),
    /// A differentiated function, by its name, and how it stands in the source.
    Named(Box<Callee>, Code),
}

/// The function a call names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Callee {
    /// `path(..)`: the companion type is found by the same path.
    Function(Code),
    /// `Type::name(..)`: type, name, generic arguments.
    Associated(Code, String, Option<Code>),
    /// `receiver.name(..)`: the receiver is the first argument.
    Method(String, Option<Code>),
    /// A method of a `dyn Trait`, the first argument, which is held constant.
    Dynamic(String),
    /// A function this one is given.
    Given(String),
    /// `a op b`, `-a` on operands of which at least one has a type that only rustc knows.
    Operator(Op),
    /// `a op= b`, likewise.
    Assign(Op),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) args: Vec<Arg>,
    /// Which arguments are active; set by the transforms.
    pub(crate) mask: u64,
    /// Which arguments are written, but with nothing differentiated: nothing that a closure changes
    /// depends on a float.
    pub(crate) inert: u64,
    /// Of `f(a, b)(c)`, where `f` returns a function, how many arguments each call but the first has.
    pub(crate) curried: Vec<usize>,
    pub(crate) items: Items,
}

impl Call {
    /// The arguments as the source has them, without what closures among them capture and what given
    /// functions may change.
    pub(crate) fn own_args(&self) -> &[Arg] {
        let before = &self.args[..self.first_captured()];
        let states = before.iter().rev();
        let states = states.take_while(|arg| matches!(arg, Arg::State(_)));
        &before[..before.len() - states.count()]
    }

    /// The closures among the arguments, by number.
    pub(crate) fn closures(&self) -> impl Iterator<Item = usize> + '_ {
        self.args.iter().filter_map(|arg| match arg {
            Arg::Closure(number, ..) => Some(*number),
            _ => None,
        })
    }

    /// Where in the arguments stands what closures among them capture.
    pub(crate) fn first_captured(&self) -> usize {
        self.args.len() - self.args.iter().map(Arg::captures).sum::<usize>()
    }

    /// Whether a function that this one is given runs in the call: what it captures may be active.
    pub(crate) fn runs_given(&self) -> bool {
        let runs = |arg: &Arg| match arg {
            Arg::Given(_) => true,
            Arg::Closure(_, _, _, captures) => captures.iter().any(|(_, c)| *c == Capture::Given),
            _ => false,
        };
        matches!(self.callee, Callee::Given(_)) || self.args.iter().any(runs)
    }
}

impl Arg {
    pub(super) fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        match self {
            Arg::Value(v) => visit(v),
            Arg::Code(_, captures) | Arg::Closure(_, _, _, captures) => {
                each_captured(captures, visit);
            }
            _ => {}
        }
    }

    pub(super) fn each_path(&mut self, visit: &mut dyn FnMut(&mut Path)) {
        if let Arg::Code(_, captures) | Arg::Closure(_, _, _, captures) = self {
            each_captured_path(captures, visit);
        } else if let Some(path) = self.path_mut() {
            visit(path);
        }
    }

    fn path_mut(&mut self) -> Option<&mut Path> {
        match self {
            Arg::Value(_) | Arg::Code(..) | Arg::Closure(..) | Arg::Given(_) | Arg::Named(..) => {
                None
            }
            Arg::Move(path)
            | Arg::Ref(path)
            | Arg::Receiver(path)
            | Arg::MaybeMut(path)
            | Arg::RefMut(path)
            | Arg::State(path)
            | Arg::Kept(path) => Some(path),
        }
    }

    /// How much it captures, if it is a closure.
    pub(crate) fn captures(&self) -> usize {
        match self {
            Arg::Closure(_, count, ..) => *count,
            _ => 0,
        }
    }

    /// The place that the callee may write.
    pub(crate) fn written(&self) -> Option<&Path> {
        match self {
            Arg::RefMut(path) | Arg::MaybeMut(path) | Arg::State(path) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Arg::Value(_) | Arg::Code(..) | Arg::Closure(..) | Arg::Given(_) | Arg::Named(..) => {
                None
            }
            Arg::Move(path)
            | Arg::Ref(path)
            | Arg::Receiver(path)
            | Arg::MaybeMut(path)
            | Arg::RefMut(path)
            | Arg::State(path)
            | Arg::Kept(path) => Some(path),
        }
    }
}

pub(super) fn mutable_args(args: &[Arg]) -> impl Iterator<Item = &Path> {
    args.iter().filter_map(Arg::written)
}
