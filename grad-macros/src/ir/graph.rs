//! Graph, value, site, region and variable: the data every stage works on.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Span, TokenStream};

use super::ops::Op;

/// One typed value of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Value(pub(crate) u32);

/// One application of an operator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct SiteId(pub(crate) u32);

/// A sequence of sites with arguments and results.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Region(pub(crate) u32);

/// A memory variable: an array, a struct, or anything whose type only rustc knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Var(pub(crate) u32);

/// The width of a float, where the source says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Width {
    F32,
    F64,
}

/// What is known of a type without a type checker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ty {
    /// A float; `None` where rustc will infer the width.
    Float(Option<Width>),
    Int,
    Bool,
    Unit,
    /// Array, slice or `Vec`, owned or behind a reference.
    Array(Box<Ty>),
    Tuple(Vec<Ty>),
    /// `Option` of what is inside.
    Option(Box<Ty>),
    /// A type parameter that stands for a float.
    Number,
    /// A named type of the user's.
    Named(String),
    /// A type that carries no derivative: `&str`, `char`, a range.
    Inert,
    /// Only rustc knows.
    Unknown,
    /// A pullback: used once.
    Pullback,
    /// What is kept of a receiver.
    Kept,
}

impl Ty {
    /// Whether a value of this type can carry a tangent.
    pub(crate) fn may_be_active(&self) -> bool {
        match self {
            Ty::Float(_) | Ty::Number | Ty::Named(_) | Ty::Unknown => true,
            Ty::Array(element) | Ty::Option(element) => element.may_be_active(),
            Ty::Tuple(parts) => parts.iter().any(Ty::may_be_active),
            Ty::Int | Ty::Bool | Ty::Unit | Ty::Inert | Ty::Pullback | Ty::Kept => false,
        }
    }

    /// Whether values of this type are renamed rather than kept in memory.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Ty::Float(_) | Ty::Number | Ty::Int | Ty::Bool | Ty::Unit
        )
    }

    /// The type with the names of numeric type parameters read as numbers.
    pub(crate) fn with_numbers(self, numbers: &[String]) -> Ty {
        let inner = |ty: Box<Ty>| Box::new(ty.with_numbers(numbers));
        match self {
            Ty::Named(name) if numbers.contains(&name) => Ty::Number,
            Ty::Array(element) => Ty::Array(inner(element)),
            Ty::Option(element) => Ty::Option(inner(element)),
            Ty::Tuple(parts) => Ty::Tuple(
                parts
                    .into_iter()
                    .map(|ty| ty.with_numbers(numbers))
                    .collect(),
            ),
            other => other,
        }
    }

    pub(crate) fn element(&self) -> Ty {
        match self {
            Ty::Array(element) => (**element).clone(),
            _ => Ty::Unknown,
        }
    }
}

/// A piece of the user's source that the graph carries without looking inside.
#[derive(Clone, Debug)]
pub(crate) struct Code(pub(crate) TokenStream);

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}
impl Eq for Code {}
impl std::hash::Hash for Code {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_string().hash(state);
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Literal {
    /// The digits, without a suffix.
    Float(String),
    /// The digits and the suffix the user gave.
    Int(String),
    Bool(bool),
    /// The value of a slot that control flow never reads.
    Undefined,
}

/// Operators whose result is an integer or a truth value, so that nothing is differentiated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Discrete {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Not,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Step {
    Field(String),
    /// What a `Box` holds.
    Deref,
    /// A field of an enum's variant, which the place is known to hold.
    Variant(Variant),
    Index(Value),
    /// `[start..end]`; `inclusive` is `..=`.
    Range {
        start: Option<Value>,
        end: Option<Value>,
        inclusive: bool,
    },
}

/// A field of a variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Variant {
    /// The path of the variant as the user writes it.
    pub(crate) code: Code,
    /// Its last segment.
    pub(crate) name: String,
    pub(crate) field: String,
}

/// A place: a variable and the way into it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Path {
    pub(crate) root: Var,
    pub(crate) steps: Vec<Step>,
}

impl Path {
    pub(crate) fn of(root: Var) -> Self {
        Path {
            root,
            steps: Vec::new(),
        }
    }

    pub(crate) fn then(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step);
        path
    }

    pub(crate) fn with_root(&self, root: Var) -> Self {
        Path {
            root,
            steps: self.steps.clone(),
        }
    }

    /// Whether the place is the error of a `Result`, which is never differentiated.
    pub(crate) fn is_error(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Variant(v) if v.name == "Err"))
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        let mut values = Vec::new();
        self.clone().each_value(&mut |v| values.push(*v));
        values
    }

    /// Replaces the values in the path, in order.
    pub(crate) fn set_values(&mut self, next: &mut impl Iterator<Item = Value>) {
        self.each_value(&mut |v| *v = next.next().unwrap_or(*v));
    }

    /// Whether the paths differ in nothing but values.
    pub(crate) fn same_shape(&self, other: &Path) -> bool {
        let mut other = other.clone();
        if other.values().len() != self.values().len() {
            return false;
        }
        other.set_values(&mut self.values().into_iter());
        other == *self
    }

    fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        for step in &mut self.steps {
            match step {
                Step::Field(_) | Step::Deref | Step::Variant(_) => {}
                Step::Index(v) => visit(v),
                Step::Range { start, end, .. } => {
                    start.iter_mut().for_each(&mut *visit);
                    end.iter_mut().for_each(&mut *visit);
                }
            }
        }
    }
}

/// How a variable came to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Storage {
    /// A parameter held by value, or a local.
    Owned,
    /// A parameter that is a shared reference.
    Ref,
    /// A parameter that is a mutable reference.
    RefMut,
    /// A constant or static of the user's; its name is the path to it.
    Static,
    /// A tape: a stack of residual tuples.
    Tape,
}

#[derive(Clone, Debug)]
pub(crate) struct VarInfo {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) storage: Storage,
    /// Whether the source declares it `mut`: if not, it is never written after it is made.
    pub(crate) mutable: bool,
    /// Whether it holds tangents: then variants are reached through accessors.
    pub(crate) tangent: bool,
    pub(crate) span: Span,
}

/// What a closure or macro of the user's that is carried as [`Code`] reads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Capture {
    Value(Value),
    /// A place, seen by the code as itself (`false`) or as a reference to it (`true`).
    Place(Path, bool),
}

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
    /// The receiver of a method that may write it.
    MaybeMut(Path),
    /// A place passed as a mutable reference.
    RefMut(Path),
    /// What was kept of a receiver whose place has changed since; only in pullbacks.
    Kept(Path),
    /// A closure or other code that is not differentiated, seen by the callee as it stands.
    Code(Code, Vec<(String, Capture)>),
    /// A closure that the callee calls: its number, how many of the call's last arguments are what it
    /// captures, and how it stands in the source.
    Closure(usize, usize, Code, Vec<(String, Capture)>),
    /// A function this one is given, handed on.
    Given(String),
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
    /// What the pullback of the method named needs of its receiver.
    Keep(Path, String),
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

    /// `[a, b, ..]`, or `vec![a, b, ..]`.
    Array {
        vec: bool,
    },
    /// `[x; n]` or `vec![x; n]`.
    Repeat {
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
    /// A call in reverse mode. Results: the value, the pullback.
    CallVjp(Call),
    /// A call in forward mode; the tangent of each argument, where it is active.
    CallJvp(Call, Vec<Option<Arg>>),
    /// Runs a pullback: operand 0 is the pullback, operand 1, if `seeded`, the cotangent. The call's
    /// own arguments again, and a cotangent place for each active one.
    Pull {
        call: Call,
        bars: Vec<Option<Path>>,
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
    /// Writes back what the last `Save` not restored yet kept.
    Restore(Var, Path),
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
}

impl Record {
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

#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) args: Vec<Value>,
    pub(crate) sites: Vec<SiteId>,
    pub(crate) yields: Vec<Value>,
}

#[derive(Clone, Debug)]
pub(crate) struct ValueInfo {
    pub(crate) ty: Ty,
    /// The user's name for it, as a hint to emission.
    pub(crate) name: Option<String>,
    pub(crate) span: Span,
    /// The site that computes it; `None` for arguments of a region.
    pub(crate) site: Option<SiteId>,
}

/// What a parameter is inside the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slot {
    /// A scalar: an argument of the body region.
    Scalar(Value),
    Memory(Var),
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) slot: Slot,
    /// Whether the gradient has an entry for it.
    pub(crate) wrt: bool,
    pub(crate) span: Span,
}

/// One function as a graph.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Region,
    /// The pullback: reads what the body computed.
    pub(crate) pull: Option<Region>,
    /// Whether operators on unknown types may be on whole arrays: too dear to do again.
    pub(crate) on_arrays: bool,
    pub(crate) sites: Vec<Site>,
    pub(crate) values: Vec<ValueInfo>,
    pub(crate) regions: Vec<Block>,
    pub(crate) vars: Vec<VarInfo>,
    /// Sites that compute a value of the function a second time: to the bit, as branches may hang
    /// on it.
    pub(crate) exact: HashSet<SiteId>,
}

impl Graph {
    pub(crate) fn new(name: &str) -> Self {
        Graph {
            name: name.to_owned(),
            params: Vec::new(),
            body: Region(0),
            pull: None,
            on_arrays: false,
            sites: Vec::new(),
            values: Vec::new(),
            regions: vec![Block::default()],
            vars: Vec::new(),
            exact: HashSet::new(),
        }
    }

    pub(crate) fn new_region(&mut self) -> Region {
        self.regions.push(Block::default());
        Region(u32::try_from(self.regions.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn new_var(&mut self, info: VarInfo) -> Var {
        self.vars.push(info);
        Var(u32::try_from(self.vars.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn new_value(&mut self, ty: Ty, span: Span, site: Option<SiteId>) -> Value {
        self.values.push(ValueInfo {
            ty,
            name: None,
            span,
            site,
        });
        Value(u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn new_arg(&mut self, region: Region, ty: Ty, span: Span) -> Value {
        let value = self.new_value(ty, span, None);
        self.block_mut(region).args.push(value);
        value
    }

    /// Makes a site that stands in no region yet.
    pub(crate) fn new_site(
        &mut self,
        kind: Kind,
        operands: Vec<Value>,
        regions: Vec<Region>,
        tys: Vec<Ty>,
        span: Span,
    ) -> SiteId {
        let id = SiteId(u32::try_from(self.sites.len()).unwrap_or(u32::MAX));
        self.sites.push(Site {
            kind,
            operands,
            regions,
            results: Vec::new(),
            span,
        });
        let results = tys
            .into_iter()
            .map(|ty| self.new_value(ty, span, Some(id)))
            .collect();
        self.site_mut(id).results = results;
        id
    }

    pub(crate) fn site(&self, id: SiteId) -> &Site {
        &self.sites[id.0 as usize]
    }

    pub(crate) fn site_mut(&mut self, id: SiteId) -> &mut Site {
        &mut self.sites[id.0 as usize]
    }

    pub(crate) fn block(&self, region: Region) -> &Block {
        &self.regions[region.0 as usize]
    }

    pub(crate) fn block_mut(&mut self, region: Region) -> &mut Block {
        &mut self.regions[region.0 as usize]
    }

    pub(crate) fn var(&self, var: Var) -> &VarInfo {
        &self.vars[var.0 as usize]
    }

    pub(crate) fn var_mut(&mut self, var: Var) -> &mut VarInfo {
        &mut self.vars[var.0 as usize]
    }

    pub(crate) fn value(&self, value: Value) -> &ValueInfo {
        &self.values[value.0 as usize]
    }

    pub(crate) fn value_mut(&mut self, value: Value) -> &mut ValueInfo {
        &mut self.values[value.0 as usize]
    }

    pub(crate) fn ty(&self, value: Value) -> &Ty {
        &self.value(value).ty
    }

    /// The site that computes `value`.
    pub(crate) fn def(&self, value: Value) -> Option<&Site> {
        self.value(value).site.map(|id| self.site(id))
    }

    /// The literal `value` is, if it is one.
    pub(crate) fn literal(&self, value: Value) -> Option<&Literal> {
        match self.def(value).map(|site| &site.kind) {
            Some(Kind::Literal(literal)) => Some(literal),
            _ => None,
        }
    }

    /// The number `value` is, if it is a literal.
    pub(crate) fn number(&self, value: Value) -> Option<f64> {
        match self.literal(value)? {
            Literal::Float(text) => text.replace('_', "").parse().ok(),
            Literal::Int(text) => {
                let digits: String = text
                    .chars()
                    .take_while(|c| c.is_ascii_digit() || *c == '_' || *c == '-')
                    .filter(|c| *c != '_')
                    .collect();
                digits.parse().ok()
            }
            Literal::Bool(_) | Literal::Undefined => None,
        }
    }

    /// `region` and every region inside it.
    pub(crate) fn regions_within(&self, region: Region) -> Vec<Region> {
        let mut found = vec![region];
        let mut next = 0;
        while next < found.len() {
            for id in &self.block(found[next]).sites {
                found.extend(self.site(*id).regions.iter().copied());
            }
            next += 1;
        }
        found
    }

    /// Every site in `region` and inside it, in evaluation order.
    pub(crate) fn sites_within(&self, region: Region) -> Vec<SiteId> {
        let mut found = Vec::new();
        for id in &self.block(region).sites {
            found.push(*id);
            for inner in &self.site(*id).regions {
                found.extend(self.sites_within(*inner));
            }
        }
        found
    }

    /// The values a region defines itself: its arguments and the results of its sites.
    pub(crate) fn defined_in(&self, region: Region) -> Vec<Value> {
        let block = self.block(region);
        let results = block
            .sites
            .iter()
            .flat_map(|id| self.site(*id).results.clone());
        block.args.iter().copied().chain(results).collect()
    }

    /// The values defined in the regions and inside them.
    pub(crate) fn defined_within(&self, regions: &[Region]) -> std::collections::HashSet<Value> {
        let all = regions
            .iter()
            .flat_map(|region| self.regions_within(*region));
        all.flat_map(|region| self.defined_in(region)).collect()
    }

    /// Replaces the values a site reads, everywhere inside `region`.
    pub(crate) fn substitute(&mut self, region: Region, map: &HashMap<Value, Value>) {
        if map.is_empty() {
            return;
        }
        let swap = |v: &mut Value| {
            if let Some(to) = map.get(v) {
                *v = *to;
            }
        };
        for region in self.regions_within(region) {
            for id in self.block(region).sites.clone() {
                self.site_mut(id).each_read(&mut |v| swap(v));
            }
            self.block_mut(region).yields.iter_mut().for_each(swap);
        }
    }
}

impl Site {
    /// Visits every value the site reads: operands, indices in its paths, captures, arguments.
    pub(crate) fn each_read(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        self.operands.iter_mut().for_each(&mut *visit);
        self.kind.each_path(&mut |path| path.each_value(visit));
        match &mut self.kind {
            Kind::Opaque { captures, .. } => each_captured(captures, visit),
            Kind::Call(call) | Kind::CallVjp(call) | Kind::Pull { call, .. } => {
                call.args.iter_mut().for_each(|arg| arg.each_value(visit));
            }
            Kind::CallJvp(call, dots) => {
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
}

fn each_captured(captures: &mut [(String, Capture)], visit: &mut dyn FnMut(&mut Value)) {
    for (_, capture) in captures {
        if let Capture::Value(v) = capture {
            visit(v);
        }
    }
}

fn each_captured_path(captures: &mut [(String, Capture)], visit: &mut dyn FnMut(&mut Path)) {
    for (_, capture) in captures {
        if let Capture::Place(path, _) = capture {
            visit(path);
        }
    }
}

impl Graph {
    /// The closures that calls pass to functions, by number, and what each captures.
    pub(crate) fn passed_closures(&self) -> Vec<(usize, Vec<Arg>)> {
        let mut found = Vec::new();
        for id in self.sites_within(self.body) {
            let Kind::Call(call) = &self.site(id).kind else {
                continue;
            };
            let mut first = call.own_args().len();
            for arg in call.own_args() {
                if let Arg::Closure(number, count, ..) = arg {
                    found.push((*number, call.args[first..first + count].to_vec()));
                    first += count;
                }
            }
        }
        found
    }
}

impl Call {
    /// The arguments as the source has them, without what closures among them capture.
    pub(crate) fn own_args(&self) -> &[Arg] {
        let captured = |arg: &Arg| match arg {
            Arg::Closure(_, count, ..) => *count,
            _ => 0,
        };
        let count: usize = self.args.iter().map(captured).sum();
        &self.args[..self.args.len() - count]
    }

    /// Whether a function that this one is given runs in the call: what it captures may be active.
    pub(crate) fn runs_given(&self) -> bool {
        matches!(self.callee, Callee::Given(_))
            || self.args.iter().any(|arg| matches!(arg, Arg::Given(_)))
    }
}

impl Arg {
    fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        match self {
            Arg::Value(v) => visit(v),
            Arg::Code(_, captures) | Arg::Closure(_, _, _, captures) => {
                each_captured(captures, visit);
            }
            _ => {}
        }
    }

    fn each_path(&mut self, visit: &mut dyn FnMut(&mut Path)) {
        if let Arg::Code(_, captures) | Arg::Closure(_, _, _, captures) = self {
            each_captured_path(captures, visit);
        } else if let Some(path) = self.path_mut() {
            visit(path);
        }
    }

    fn path_mut(&mut self) -> Option<&mut Path> {
        match self {
            Arg::Value(_) | Arg::Code(..) | Arg::Closure(..) | Arg::Given(_) => None,
            Arg::Move(path)
            | Arg::Ref(path)
            | Arg::Receiver(path)
            | Arg::MaybeMut(path)
            | Arg::RefMut(path)
            | Arg::Kept(path) => Some(path),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Arg::Value(_) | Arg::Code(..) | Arg::Closure(..) | Arg::Given(_) => None,
            Arg::Move(path)
            | Arg::Ref(path)
            | Arg::Receiver(path)
            | Arg::MaybeMut(path)
            | Arg::RefMut(path)
            | Arg::Kept(path) => Some(path),
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
            | Kind::Keep(path, _)
            | Kind::Matches(path, _)
            | Kind::Save(_, path)
            | Kind::Restore(_, path)
            | Kind::ZeroLike(path) => visit(path),
            Kind::Swap(a, b) | Kind::Finish(a, Form::Like(b)) => {
                visit(a);
                visit(b);
            }
            Kind::Opaque { captures, .. } => each_captured_path(captures, visit),
            Kind::Call(call) | Kind::CallVjp(call) => {
                call.args.iter_mut().for_each(|arg| arg.each_path(visit));
            }
            Kind::CallJvp(call, dots) => {
                let args = call.args.iter_mut().chain(dots.iter_mut().flatten());
                args.for_each(|arg| arg.each_path(visit));
            }
            Kind::Pull { call, bars } => {
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
            | Kind::Detach(path) => vec![path],
            Kind::Swap(a, b) => vec![a, b],
            Kind::Call(call) | Kind::CallVjp(call) => mutable_args(&call.args).collect(),
            Kind::CallJvp(call, dots) => {
                let dots = dots.iter().flatten().filter_map(mutable_arg);
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
                | Kind::Push(_)
                | Kind::Pull { .. }
                | Kind::Pop(_)
                | Kind::Next(_)
                | Kind::Save(..)
                | Kind::Restore(..)
        ) || !self.writes().is_empty()
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

fn mutable_args(args: &[Arg]) -> impl Iterator<Item = &Path> {
    args.iter().filter_map(mutable_arg)
}

fn mutable_arg(arg: &Arg) -> Option<&Path> {
    match arg {
        Arg::RefMut(path) | Arg::MaybeMut(path) => Some(path),
        _ => None,
    }
}

/// The shape of a function's result over the values its body yields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    Unit,
    Leaf,
    Tuple(Vec<Output>),
}
