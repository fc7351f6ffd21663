//! The text form of a graph, shown in `mod.rs`: what dumps, snapshots and failure messages show.

use std::fmt::{self, Display, Formatter};

use super::{Arg, Callee, Graph, Kind, Literal, Path, Region, Site, Slot, Step, Ty, Value, Width};

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl Display for Ty {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Float(Some(Width::F32)) => f.write_str("f32"),
            Ty::Float(Some(Width::F64)) => f.write_str("f64"),
            Ty::Float(None) => f.write_str("float"),
            Ty::Int => f.write_str("int"),
            Ty::Bool => f.write_str("bool"),
            Ty::Unit => f.write_str("()"),
            Ty::Array(element) => write!(f, "[{element}]"),
            Ty::Tuple(parts) => {
                f.write_str("(")?;
                for (k, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if k == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Ty::Option(inner) => write!(f, "option {inner}"),
            Ty::Number => f.write_str("number"),
            Ty::Named(name) => f.write_str(name),
            Ty::Inert => f.write_str("inert"),
            Ty::Dyn => f.write_str("dyn"),
            Ty::Unknown => f.write_str("?"),
            Ty::Pullback => f.write_str("pullback"),
            Ty::Kept => f.write_str("kept"),
            Ty::Way => f.write_str("way"),
            Ty::Walk => f.write_str("walk"),
        }
    }
}

impl Display for Graph {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "graph {}(", self.name)?;
        for (k, param) in self.params.iter().enumerate() {
            let comma = if k == 0 { "" } else { ", " };
            match param.slot {
                Slot::Scalar(v) => write!(f, "{comma}{} {v}: {}", param.name, self.ty(v))?,
                Slot::Memory(var) => write!(f, "{comma}{}: {}", param.name, self.var(var).ty)?,
            }
        }
        writeln!(f, ")")?;
        self.write_region(f, self.body, 1)?;
        if let Some(pull) = self.pull {
            writeln!(f, "pull")?;
            self.write_region(f, pull, 2)?;
        }
        Ok(())
    }
}

impl Graph {
    fn write_region(&self, f: &mut Formatter<'_>, region: Region, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        let block = self.block(region);
        if depth > 1 && !block.args.is_empty() {
            writeln!(f, "{indent}|{}|", list(&block.args))?;
        }
        for id in &block.sites {
            let site = self.site(*id);
            f.write_str(&indent)?;
            if !site.results.is_empty() {
                write!(f, "{} = ", list(&site.results))?;
            }
            self.write_site(f, site)?;
            let mut regions = site.regions.iter();
            if regions.any(|region| self.block(*region).checkpoint.is_some()) {
                f.write_str(" checkpoint")?;
            }
            for (k, result) in site.results.iter().enumerate() {
                write!(
                    f,
                    "{}{}",
                    if k == 0 { " : " } else { ", " },
                    self.ty(*result)
                )?;
                if let Some(name) = &self.value(*result).name {
                    write!(f, " `{name}`")?;
                }
            }
            writeln!(f)?;
            for (k, inner) in site.regions.iter().enumerate() {
                if k > 0 {
                    writeln!(f, "{indent}--")?;
                }
                self.write_region(f, *inner, depth + 1)?;
            }
        }
        if !block.yields.is_empty() {
            writeln!(f, "{indent}yield {}", list(&block.yields))?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_lines)] // one arm for each kind
    fn write_site(&self, f: &mut Formatter<'_>, site: &Site) -> fmt::Result {
        let operands = list(&site.operands);
        let space = if operands.is_empty() { "" } else { " " };
        match &site.kind {
            Kind::Literal(Literal::Float(text) | Literal::Int(text)) => f.write_str(text),
            Kind::Literal(Literal::Bool(b)) => write!(f, "{b}"),
            Kind::Literal(Literal::Undefined) => f.write_str("undefined"),
            Kind::Constant(code) => write!(f, "const {}", code.0),
            Kind::Apply(op) => write!(f, "{} {operands}", format!("{op:?}").to_lowercase()),
            Kind::Discrete(op) => write!(f, "{} {operands}", format!("{op:?}").to_lowercase()),
            Kind::Cast(code) => write!(f, "cast {operands} as {}", code.0),
            Kind::FloatLike => write!(f, "float-like {operands}"),
            Kind::IntLike => write!(f, "int-like {operands}"),
            Kind::Append(path) => write!(f, "append {} <- {operands}", self.path_text(path)),
            Kind::Finish(path, form) => write!(f, "finish {} {form:?}", self.path_text(path)),
            Kind::Elements => write!(f, "elements {operands}"),
            Kind::Detach(path) => write!(f, "detach {}", self.path_text(path)),
            Kind::Frozen => write!(f, "frozen {operands}"),
            Kind::PushCast(code) => write!(f, "push-cast {operands} as {}", code.0),
            Kind::PullCast => write!(f, "pull-cast {operands}"),
            Kind::ZeroOf => write!(f, "zero-of {operands}"),
            Kind::Select => write!(f, "select {operands}"),
            Kind::Opaque { code, .. } => write!(f, "opaque `{}`", code.0),
            Kind::Length(path) => write!(f, "len {}", self.path_text(path)),
            Kind::Load(path) => write!(f, "load {}", self.path_text(path)),
            Kind::Store(path) => write!(f, "store {} <- {operands}", self.path_text(path)),
            Kind::Accumulate(path) => {
                write!(f, "accumulate {} += {operands}", self.path_text(path))
            }
            Kind::Take(path) => write!(f, "take {}", self.path_text(path)),
            Kind::Swap(a, b) => write!(f, "swap {}, {}", self.path_text(a), self.path_text(b)),
            Kind::Copy(path) => write!(f, "copy {}", self.path_text(path)),
            Kind::Borrow(path) => write!(f, "borrow {}", self.path_text(path)),
            Kind::Walk(path) => write!(f, "walk from {}", self.path_text(path)),
            Kind::Onward(path, _) => write!(f, "onward {operands} {}", self.path_text(path)),
            Kind::Joined => write!(f, "joined {operands}"),
            Kind::Own(path) => write!(f, "own {}", self.path_text(path)),
            Kind::Allocate(var) => write!(f, "allocate {} <- {operands}", self.var(*var).name),
            Kind::Settle(path) => write!(f, "settle {}", self.path_text(path)),
            Kind::Vanishes(path) => write!(f, "vanishes {}", self.path_text(path)),
            Kind::ZeroLike(path) => write!(f, "zero-like {}", self.path_text(path)),
            Kind::Array { .. } => write!(f, "array {operands}"),
            Kind::Repeat { .. } | Kind::RepeatTangent { .. } => write!(f, "repeat {operands}"),
            Kind::Tuple => write!(f, "tuple {operands}"),
            Kind::Record(record) => {
                write!(f, "record {} {:?} {operands}", record.code.0, record.fields)
            }
            Kind::Boxed => write!(f, "boxed {operands}"),
            Kind::Matches(path, code) => write!(f, "matches {} `{}`", self.path_text(path), code.0),
            Kind::Keep(path, Some(method)) => {
                write!(f, "keep {} for .{method}", self.path_text(path))
            }
            Kind::Keep(path, None) => write!(f, "keep {}", self.path_text(path)),
            Kind::If => write!(f, "if {operands}"),
            Kind::For(range) => write!(f, "for {range:?} {operands}"),
            Kind::While => write!(f, "while {operands}"),
            Kind::Call(call) => self.write_call(f, "call", &call.callee, &call.args),
            Kind::Unmade(call) => self.write_call(f, "unmade", &call.callee, &call.args),
            Kind::CallVjp(call) => self.write_call(f, "call-vjp", &call.callee, &call.args),
            Kind::Replay(tape) => write!(f, "replay {}", self.var(*tape).name),
            Kind::CallJvp(call, dots) | Kind::CallPush(call, dots) => {
                let verb = match &site.kind {
                    Kind::CallPush(..) => "call-push",
                    _ => "call-jvp",
                };
                self.write_call(f, verb, &call.callee, &call.args)?;
                let dots: Vec<_> = dots.iter().flatten().cloned().collect();
                write!(f, " dots {}", self.args_text(&dots))
            }
            Kind::Pull { call, bars, .. } => {
                self.write_call(f, "pull", &call.callee, &call.args)?;
                let bars: Vec<_> = bars
                    .iter()
                    .map(|bar| bar.as_ref().map_or("-".into(), |p| self.path_text(p)))
                    .collect();
                write!(f, "{space}{operands} bars {}", bars.join(", "))
            }
            Kind::Push(var) => write!(f, "push {} <- {operands}", self.var(*var).name),
            Kind::Save(tape, path) => {
                write!(
                    f,
                    "save {} <- {}",
                    self.var(*tape).name,
                    self.path_text(path)
                )
            }
            Kind::Restore(tape, path) => write!(
                f,
                "restore {} <- {}",
                self.path_text(path),
                self.var(*tape).name
            ),
            Kind::Begin(var, _, stride) => {
                let every = stride.map_or(String::new(), |n| format!(" every {n}"));
                write!(f, "begin {}{every}{space}{operands}", self.var(*var).name)
            }
            Kind::Due(var) => write!(f, "due {}", self.var(*var).name),
            Kind::Segments(var) => write!(f, "segments {}", self.var(*var).name),
            Kind::Segment(var) => write!(f, "segment {}", self.var(*var).name),
            Kind::Next(var) => write!(f, "next {}", self.var(*var).name),
            Kind::Pop(var) => write!(f, "pop {}", self.var(*var).name),
            Kind::Pack { right } => write!(
                f,
                "pack-{} {operands}",
                if *right { "right" } else { "left" }
            ),
            Kind::Unpack => write!(f, "unpack {operands}"),
        }
    }

    fn write_call(
        &self,
        f: &mut Formatter<'_>,
        verb: &str,
        callee: &Callee,
        args: &[Arg],
    ) -> fmt::Result {
        let name = match callee {
            Callee::Function(code) => code.0.to_string().replace(' ', ""),
            Callee::Associated(code, name, _) => format!("{}::{name}", code.0),
            Callee::Method(name, _) => format!(".{name}"),
            Callee::Dynamic(name) => format!("dyn .{name}"),
            Callee::Operator(op) => format!("{op:?}").to_lowercase(),
            Callee::Assign(op) => format!("{op:?}-assign").to_lowercase(),
            Callee::Given(name) => name.clone(),
        };
        write!(f, "{verb} {name}({})", self.args_text(args))
    }

    fn args_text(&self, args: &[Arg]) -> String {
        let texts: Vec<_> = args
            .iter()
            .map(|arg| match arg {
                Arg::Value(v) => v.to_string(),
                Arg::Move(path) | Arg::Receiver(path) => self.path_text(path),
                Arg::MaybeMut(path) => format!("mut {}", self.path_text(path)),
                Arg::Kept(path) => format!("kept {}", self.path_text(path)),
                Arg::Given(name) => name.clone(),
                Arg::Code(code, _) | Arg::Closure(_, _, code, _) | Arg::Named(_, code) => {
                    format!("`{}`", code.0)
                }
                Arg::Ref(path) => format!("&{}", self.path_text(path)),
                Arg::RefMut(path) => format!("&mut {}", self.path_text(path)),
                Arg::State(path) => format!("state of {}", self.path_text(path)),
            })
            .collect();
        texts.join(", ")
    }

    pub(crate) fn path_text(&self, path: &Path) -> String {
        let mut text = self.var(path.root).name.clone();
        for step in &path.steps {
            match step {
                Step::Field(name) => text.push_str(&format!(".{name}")),
                Step::Deref => text.insert(0, '*'),
                Step::Variant(v) => text.push_str(&format!(".<{}>.{}", v.name, v.field)),
                Step::Index(v) => text.push_str(&format!("[{v}]")),
                Step::Way(v) => text.push_str(&format!("[by {v}]")),
                Step::Range {
                    start,
                    end,
                    inclusive,
                } => {
                    let show = |v: &Option<Value>| v.map_or(String::new(), |v| v.to_string());
                    let dots = if *inclusive { "..=" } else { ".." };
                    text.push_str(&format!("[{}{dots}{}]", show(start), show(end)));
                }
            }
        }
        text
    }
}

fn list(values: &[Value]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
