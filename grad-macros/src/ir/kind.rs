//! The kinds of sites, with what each reads and writes.

use proc_macro2::Span;

use super::call::{Arg, Call, mutable_args};
use super::graph::{Region, Value, Var};
use super::ops::Op;
use super::path::{Path, Step, Variant};
use super::types::{Code, Discrete, Literal};

/// What a closure or macro of the user's that is carried as [`Code`] reads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Capture {
    Value(Value),
    /// A place, seen by the code as itself (`false`) or as a reference to it (`true`).
    Place(Path, bool),
    /// A function this one is given, under its own name.
    Given,
}

/// An operator and what it carries beside its operands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Literal(Literal),
    /// A constant, static or associated constant of the user's or of std.
    Constant(Code),
    /// A row of the operator table.
    Apply(Op),
    Discrete(Discrete),
    /// `operand as type`.
    Cast(Code),
    /// The first operand, an integer, as a float of the second operand's type.
    FloatLike,
    /// The first operand, a `usize`, as an integer of the second operand's type.
    IntLike,
    /// `if c { a } else { b }` on values already computed.
    Select,
    /// `x_dot as type` of operand 0, a tangent whose type only rustc knows: zero for an integer.
    PushCast(Code),
    /// The cotangent of `operand 0 as type`, whose own cotangent is operand 1.
    PullCast,
    /// A zero tangent of operand 0.
    ZeroOf,
    /// Operand 0, held constant.
    Frozen,
    /// An expression of the user's that is not differentiated. Effectful code stays in order.
    Opaque {
        code: Code,
        captures: Vec<(String, Capture)>,
        effect: bool,
    },

    /// Number of elements.
    Length(Path),
    Load(Path),
    /// Writes operand 0.
    Store(Path),
    /// Adds operand 0.
    Accumulate(Path),
    /// Reads the place and leaves zero there.
    Take(Path),
    Swap(Path, Path),
    /// A copy of the place: `to_vec`, `clone`.
    Copy(Path),
    /// A reference to the place, which only a record holds.
    Borrow(Path),
    /// A walk that begins at the place; nothing there is read.
    Walk(Path),
    /// The walk that is operand 0 goes on along the steps of a path, whose root is of no account; whether
    /// something may be written at its end.
    Onward(Path, bool),
    /// The walk that is operand 0, and then the walk or way that is operand 1.
    Joined,
    /// A copy that owns what the place may only view: `to_owned` where only rustc knows the type.
    Own(Path),
    /// What a pullback needs of a receiver, of the method named, or of what may be passed mutably.
    Keep(Path, Option<String>),
    /// Appends operand 0 to a vector that [`Kind::Finish`] ends.
    Append(Path),
    /// What was appended: the vector leaves its variable.
    Finish(Path, Form),
    /// The elements of operand 0, a vector or an array, as a vector.
    Elements,
    /// Takes the last element off a vector: the cotangent of what was appended last.
    Detach(Path),
    /// Makes a variable; operand 0, where there is one, is its first content.
    Allocate(Var),
    /// A zero tangent of the place's shape.
    ZeroLike(Path),
    /// Whether the tangent at the place is seen to be zero in every direction.
    Vanishes(Path),
    /// Has the tangent at the place remember whether it is zero.
    Settle(Path),

    /// `[a, b, ..]`, or `vec![a, b, ..]`.
    Array {
        vec: bool,
    },
    /// `[x; n]` or `vec![x; n]`.
    Repeat {
        vec: bool,
    },
    /// The tangent of such an array of what is no number: tangents copy themselves.
    RepeatTangent {
        vec: bool,
    },
    Tuple,
    /// `Type { field: operand, .. }`, a variant of an enum likewise.
    Record(Record),
    /// `Box::new(operand)`.
    Boxed,
    /// Whether a place matches a pattern that binds nothing.
    Matches(Path, Code),

    /// Operand 0 chooses one of two regions without arguments.
    If,
    /// Operands: start, end, those of the adaptors, carried values. Region arguments: index, carried.
    For(Range),
    /// Operands: carried values. Regions: condition (yields one bool), body; both take the carried
    /// values.
    While,
    /// A call of a function that is not differentiated here.
    Call(Call),
    /// A call that is never made: it tells rustc of what type its arguments are.
    Unmade(Call),
    /// A call in reverse mode. Results: the value, the pullback.
    CallVjp(Call),
    /// A call in forward mode; the tangent of each argument, where it is active.
    CallJvp(Call, Vec<Option<Arg>>),
    /// The value and the push of a call, which were kept on the tape when the function ran.
    Replay(Var),
    /// Pushes the tangents of a call's arguments, each where it is active, by operand 0.
    CallPush(Call, Vec<Option<Arg>>),
    /// Runs a pullback: operand 0 is the pullback, operand 1, if `seeded`, the cotangent. The call's
    /// own arguments again, and a cotangent place for each active one.
    Pull {
        call: Call,
        bars: Vec<Option<Path>>,
        /// Whether it is left out where the cotangent is zero: see `ad::idle`.
        idle: bool,
    },

    /// Pushes the operands as one tuple.
    Push(Var),
    /// Pops a tuple: one result for each part.
    Pop(Var),
    /// Opens the body of a loop that runs as often as that which pushed: gives the tuple its iteration
    /// pushed. Once the loop has ended its tuples are gone.
    Next(Var),
    /// Keeps a copy of what the place holds: all elements of an array.
    Save(Var, Path),
    /// Writes back what the last `Save` not restored yet kept; a variable that is a
    /// reference sees it where it lies instead.
    Restore(Var, Path),
    /// Begins a run of a loop under `checkpoint`, in front of it: the operands and the range tell its
    /// trip count, where the range is given. The number is the stride, where the source gives it.
    Begin(Var, Option<Range>, Option<usize>),
    /// Opens an iteration of such a loop: whether what it starts from is to be kept.
    Due(Var),
    /// The number of segments into which what was kept divides the last run not reversed yet.
    Segments(Var),
    /// The number of iterations of the last segment not reversed yet.
    Segment(Var),
    /// The residuals of one branch, as the left or right side of a two-sided enum.
    Pack {
        right: bool,
    },
    /// Operand 0 is a pack: region 0 gets the parts of a left one, region 1 of a right one.
    Unpack,
}

/// What appended elements become.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Form {
    Vec,
    /// An array as long as the one at the place.
    Like(Path),
    /// An array of the length given.
    Array(Code),
}

/// What a struct expression builds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Record {
    /// The path of the type or the variant as the user writes it.
    pub(crate) code: Code,
    pub(crate) fields: Vec<String>,
    /// The name of the variant, for one of an enum.
    pub(crate) variant: Option<String>,
    /// Which fields hold references to their operands.
    pub(crate) borrowed: Vec<usize>,
}

impl Record {
    /// Whether it is the error of a `Result`.
    pub(crate) fn is_error(&self) -> bool {
        self.variant.as_deref() == Some("Err")
    }

    /// The way to field `k`.
    pub(crate) fn step(&self, k: usize) -> Step {
        let field = self.fields.get(k).cloned().unwrap_or_default();
        match &self.variant {
            None => Step::Field(field),
            Some(name) => Step::Variant(Variant {
                code: self.code.clone(),
                name: name.clone(),
                field,
            }),
        }
    }
}

/// The iteration of a counted loop.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Range {
    pub(crate) inclusive: bool,
    /// Whether the first carried value is an exit code: the loop ends once it is not 0.
    pub(crate) exits: bool,
    /// Adaptors in source order; each `StepBy` and `Take` has one operand.
    pub(crate) adaptors: Vec<Adaptor>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Adaptor {
    Rev,
    StepBy,
    Take,
}

impl Range {
    fn adaptor_operands(&self) -> usize {
        self.adaptors.iter().filter(|a| **a != Adaptor::Rev).count()
    }

    /// Index of the first carried operand.
    pub(crate) fn first_carried(&self) -> usize {
        2 + self.adaptor_operands()
    }

    pub(crate) fn reversed(&self) -> Range {
        let mut range = self.clone();
        if range.adaptors.last() == Some(&Adaptor::Rev) {
            range.adaptors.pop();
        } else {
            range.adaptors.push(Adaptor::Rev);
        }
        range
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) kind: Kind,
    pub(crate) operands: Vec<Value>,
    pub(crate) regions: Vec<Region>,
    pub(crate) results: Vec<Value>,
    pub(crate) span: Span,
}

impl Site {
    /// Visits every value the site reads: operands, indices in its paths, captures, arguments.
    pub(crate) fn each_read(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        self.operands.iter_mut().for_each(&mut *visit);
        self.kind.each_path(&mut |path| path.each_value(visit));
        match &mut self.kind {
            Kind::Onward(path, _) => path.each_value(visit),
            Kind::Opaque { captures, .. } => each_captured(captures, visit),
            Kind::Call(call)
            | Kind::Unmade(call)
            | Kind::CallVjp(call)
            | Kind::Pull { call, .. } => {
                call.args.iter_mut().for_each(|arg| arg.each_value(visit));
            }
            Kind::CallJvp(call, dots) | Kind::CallPush(call, dots) => {
                call.args.iter_mut().for_each(|arg| arg.each_value(visit));
                dots.iter_mut()
                    .flatten()
                    .for_each(|arg| arg.each_value(visit));
            }
            _ => {}
        }
    }

    pub(crate) fn reads(&self) -> Vec<Value> {
        let mut values = Vec::new();
        self.clone().each_read(&mut |v| values.push(*v));
        values
    }

    /// The paths the site goes through, reading or writing.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.kind
            .clone()
            .each_path(&mut |path| paths.push(path.clone()));
        paths
    }

    /// The paths whose content the site needs: a pullback is not handed what was passed by mutable
    /// reference.
    pub(crate) fn needed_paths(&self) -> Vec<Path> {
        let Kind::Pull { call, bars, .. } = &self.kind else {
            return self.paths();
        };
        let handed = call
            .args
            .iter()
            .filter(|arg| !matches!(arg, Arg::RefMut(_) | Arg::State(_)));
        let handed = handed.filter_map(|arg| arg.path().cloned());
        handed.chain(bars.iter().flatten().cloned()).collect()
    }
}

pub(super) fn each_captured(captures: &mut [(String, Capture)], visit: &mut dyn FnMut(&mut Value)) {
    for (_, capture) in captures {
        if let Capture::Value(v) = capture {
            visit(v);
        }
    }
}

pub(super) fn each_captured_path(
    captures: &mut [(String, Capture)],
    visit: &mut dyn FnMut(&mut Path),
) {
    for (_, capture) in captures {
        if let Capture::Place(path, _) = capture {
            visit(path);
        }
    }
}

impl Kind {
    pub(crate) fn each_path(&mut self, visit: &mut dyn FnMut(&mut Path)) {
        match self {
            Kind::Length(path)
            | Kind::Load(path)
            | Kind::Store(path)
            | Kind::Accumulate(path)
            | Kind::Take(path)
            | Kind::Append(path)
            | Kind::Detach(path)
            | Kind::Finish(path, Form::Vec | Form::Array(_))
            | Kind::Copy(path)
            | Kind::Borrow(path)
            | Kind::Own(path)
            | Kind::Walk(path)
            | Kind::Keep(path, _)
            | Kind::Matches(path, _)
            | Kind::Save(_, path)
            | Kind::Restore(_, path)
            | Kind::Vanishes(path)
            | Kind::Settle(path)
            | Kind::ZeroLike(path) => visit(path),
            Kind::Swap(a, b) | Kind::Finish(a, Form::Like(b)) => {
                visit(a);
                visit(b);
            }
            Kind::Opaque { captures, .. } => each_captured_path(captures, visit),
            Kind::Call(call) | Kind::Unmade(call) | Kind::CallVjp(call) => {
                call.args.iter_mut().for_each(|arg| arg.each_path(visit));
            }
            Kind::CallJvp(call, dots) | Kind::CallPush(call, dots) => {
                let args = call.args.iter_mut().chain(dots.iter_mut().flatten());
                args.for_each(|arg| arg.each_path(visit));
            }
            Kind::Pull { call, bars, .. } => {
                call.args.iter_mut().for_each(|arg| arg.each_path(visit));
                bars.iter_mut().flatten().for_each(visit);
            }
            _ => {}
        }
    }

    /// Places the site writes. The user's opaque code never writes: the front sees to that.
    pub(crate) fn writes(&self) -> Vec<&Path> {
        match self {
            Kind::Store(path)
            | Kind::Accumulate(path)
            | Kind::Take(path)
            | Kind::Append(path)
            | Kind::Restore(_, path)
            | Kind::Settle(path)
            | Kind::Detach(path) => vec![path],
            Kind::Swap(a, b) => vec![a, b],
            Kind::Call(call) | Kind::CallVjp(call) => mutable_args(&call.args).collect(),
            Kind::CallJvp(call, dots) => {
                let dots = dots.iter().flatten().filter_map(Arg::written);
                mutable_args(&call.args).chain(dots).collect()
            }
            Kind::Pull { bars, .. } => bars.iter().flatten().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the site must stay even if nothing reads its results.
    pub(crate) fn has_effect(&self) -> bool {
        matches!(
            self,
            Kind::Opaque { effect: true, .. }
                | Kind::Call(_)
                | Kind::Unmade(_)
                | Kind::Push(_)
                | Kind::Pull { .. }
                | Kind::Pop(_)
                | Kind::Replay(_)
                | Kind::Next(_)
                | Kind::Save(..)
                | Kind::Restore(..)
                | Kind::Begin(..)
                | Kind::Due(_)
                | Kind::Segments(_)
                | Kind::Segment(_)
        ) || !self.writes().is_empty()
    }

    /// Whether it is a macro behind which control does not run on.
    pub(crate) fn diverges(&self) -> bool {
        let Kind::Opaque {
            code, effect: true, ..
        } = self
        else {
            return false;
        };
        let text = code.0.to_string();
        ["panic", "unreachable", "todo", "unimplemented"]
            .iter()
            .any(|name| {
                text.strip_prefix(name)
                    .is_some_and(|rest| rest.trim_start().starts_with('!'))
            })
    }

    pub(crate) fn is_loop(&self) -> bool {
        matches!(self, Kind::For(_) | Kind::While)
    }

    /// Whether equal operands give an equal result, wherever the site stands.
    pub(crate) fn is_pure(&self) -> bool {
        matches!(
            self,
            Kind::Literal(_)
                | Kind::Constant(_)
                | Kind::Apply(_)
                | Kind::Discrete(_)
                | Kind::Cast(_)
                | Kind::FloatLike
                | Kind::IntLike
                | Kind::Select
        )
    }
}

/// The shape of a function's result over the values its body yields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    Unit,
    /// The function never returns.
    Never,
    Leaf,
    Tuple(Vec<Output>),
}
