//! Variables that hold references, such as `View { data: &x[..n], rows }`: a reverse sweep cannot keep
//! them, so it makes them again from what their parts refer to.
//!
//! A part refers to a place, where that still holds what it held when the reverse sweep comes back, else
//! to a copy, which is kept like any value.

use std::collections::{HashMap, HashSet};

use super::residuals::Residuals;
use crate::ir::{
    Arg, Call, Callee, Graph, Kind, Path, Region, Site, SiteId, Storage, Value, Var, VarInfo,
};

/// Copies what is borrowed where its place changes before the reverse sweep comes back.
pub(super) fn copy_unstable(graph: &mut Graph, residuals: &Residuals) {
    for id in graph.sites_within(graph.body) {
        if let Kind::Borrow(path) = graph.site(id).kind.clone() {
            if !residuals.is_stable(graph, &path, id) {
                graph.site_mut(id).kind = Kind::Copy(path);
            }
        }
    }
}

/// Whether a value holds references.
pub(super) fn is_lent(graph: &Graph, residuals: &Residuals, value: Value) -> bool {
    let Some(site) = graph.def(value) else {
        return false;
    };
    match &site.kind {
        Kind::Borrow(_) => true,
        Kind::Record(record) => {
            !record.borrowed.is_empty()
                || site.operands.iter().any(|v| is_lent(graph, residuals, *v))
        }
        Kind::Load(path) | Kind::Copy(path) => {
            let is_parameter = graph.lending.contains(&path.root)
                && graph.var(path.root).storage != Storage::RefMut
                && !residuals.is_written(path.root);
            let whole = path.steps.is_empty();
            !graph.ty(value).is_scalar()
                && (is_parameter && !whole || var_is_lent(graph, residuals, path.root))
        }
        Kind::Call(call) | Kind::CallVjp(call) => {
            let id = graph.value(value).site;
            let is_first = site.results.first() == Some(&value);
            is_first && id.is_some_and(|id| may_be_made_again(graph, residuals, call, id))
        }
        _ => false,
    }
}

/// Words in the names of functions of types that do more than put together.
const COMPUTES: &[&str] = &[
    "factor",
    "factorize",
    "decompose",
    "fit",
    "solve",
    "lu",
    "qr",
    "svd",
    "cholesky",
    "eigen",
    "inverse",
    "train",
    "fn",
    "integrate",
    "simulate",
    "run",
    "compute",
];

/// Whether a call by its name gives a view, or a struct around references, and can be made again from
/// what is still there: it does little but borrow.
fn may_be_made_again(graph: &Graph, residuals: &Residuals, call: &Call, id: SiteId) -> bool {
    let of_lent = call.args.first().and_then(Arg::path);
    let of_lent = of_lent.is_some_and(|path| holds_references(graph, residuals, path.root));
    let named = match &call.callee {
        // A view of an array of `ndarray` is kept as an array.
        _ if graph.on_arrays => false,
        Callee::Associated(_, name, _) => {
            let mut words = name.split('_');
            !words.any(|word| COMPUTES.contains(&word))
        }
        Callee::Method(name, _) => graph.views.contains(name) || is_view(name, of_lent),
        _ => false,
    };
    let is_there = |arg: &Arg| match arg {
        Arg::Value(value) => graph.ty(*value).is_scalar(),
        Arg::Move(path) => var_is_lent(graph, residuals, path.root),
        Arg::Ref(path) | Arg::Receiver(path) => residuals.is_stable(graph, path, id),
        Arg::MaybeMut(path) => residuals.is_stable_receiver(graph, path, id),
        _ => false,
    };
    let borrows = |arg: &Arg| arg.path().is_some();
    named && call.args.iter().all(is_there) && call.args.iter().any(borrows)
}

/// Whether a function of this name is one that gives a view; of what is a view itself, a part of it.
fn is_view(name: &str, of_view: bool) -> bool {
    const PARTS: &[&str] = &[
        "top",
        "bottom",
        "left",
        "right",
        "head",
        "tail",
        "sub",
        "submatrix",
        "slice",
        "block",
        "window",
        "narrow",
        "part",
        "range",
        "prefix",
        "suffix",
        "transpose",
        "transposed",
        "reshape",
        "with",
    ];
    let is_word = |word: &str| word == "view" || word == "as" || of_view && PARTS.contains(&word);
    name.split('_').any(is_word)
}

/// Whether a variable holds references, or is a parameter of a type with lifetimes.
fn holds_references(graph: &Graph, residuals: &Residuals, var: Var) -> bool {
    graph.lending.contains(&var) || var_is_lent(graph, residuals, var)
}

/// Whether a variable holds references, and is what it was made as.
pub(super) fn var_is_lent(graph: &Graph, residuals: &Residuals, var: Var) -> bool {
    let content = residuals.first_content(var);
    content.is_some_and(|content| is_lent(graph, residuals, content)) && !graph.changes(var)
}

/// What a reverse region has to make again, in the order it was made, and from which values.
#[derive(Default)]
pub(super) struct Lent {
    vars: Vec<(Var, Value)>,
    pub(super) values: Vec<Value>,
}

impl Lent {
    /// Of the variables that are `made` in the primal regions, those which the sites read that hold
    /// references.
    pub(super) fn read(
        graph: &Graph,
        residuals: &Residuals,
        made: &HashSet<Var>,
        sites: &[SiteId],
    ) -> Self {
        let mut lent = Lent::default();
        let read = sites.iter().flat_map(|id| graph.site(*id).needed_paths());
        let mut roots: Vec<Var> = read.map(|path| path.root).collect();
        roots.sort_unstable();
        roots.dedup();
        for var in roots {
            lent.need(graph, residuals, made, var);
        }
        lent
    }

    fn need(&mut self, graph: &Graph, residuals: &Residuals, made: &HashSet<Var>, var: Var) {
        let known = self.vars.iter().any(|(own, _)| *own == var);
        if known || !made.contains(&var) || !var_is_lent(graph, residuals, var) {
            return;
        }
        let Some(content) = residuals.first_content(var) else {
            return;
        };
        self.parts_of(graph, residuals, made, content);
        self.vars.push((var, content));
    }

    fn parts_of(
        &mut self,
        graph: &Graph,
        residuals: &Residuals,
        made: &HashSet<Var>,
        value: Value,
    ) {
        if !is_lent(graph, residuals, value) {
            self.values.push(value);
            return;
        }
        let Some(site) = graph.def(value) else { return };
        for path in site.paths() {
            self.need(graph, residuals, made, path.root);
        }
        for read in site.reads() {
            self.parts_of(graph, residuals, made, read);
        }
    }

    /// The sites that make the variables again, from the parts by their names in the reverse region,
    /// and what stands for which variable.
    pub(super) fn again(
        &self,
        graph: &mut Graph,
        residuals: &Residuals,
        done: &HashMap<Value, Value>,
    ) -> (Vec<SiteId>, HashMap<Var, Var>) {
        let mut cx = Again {
            residuals,
            done: done.clone(),
            roots: HashMap::new(),
            sites: Vec::new(),
        };
        for (var, content) in &self.vars {
            let value = cx.value(graph, *content);
            let info = graph.var(*var).clone();
            let span = info.span;
            let own = graph.new_var(VarInfo {
                mutable: false,
                ..info
            });
            let make = graph.new_site(
                Kind::Allocate(own),
                vec![value],
                Vec::new(),
                Vec::new(),
                span,
            );
            cx.sites.push(make);
            cx.roots.insert(*var, own);
        }
        (cx.sites, cx.roots)
    }
}

/// What the pullback reads that may be a reference, or a way through a type with lifetimes, whose own
/// type has these too: it is found again. Gives the sites that do so and what stands for what.
pub(super) fn find_again(
    graph: &mut Graph,
    residuals: &Residuals,
    pull: Region,
) -> (Vec<SiteId>, HashMap<Value, Value>) {
    let (mut sites, mut found) = (Vec::new(), HashMap::new());
    let read: Vec<Value> = (graph.sites_within(pull).into_iter())
        .flat_map(|id| graph.site(id).reads())
        .collect();
    for value in read {
        let Some(id) = graph.value(value).site else {
            continue;
        };
        let known = found.contains_key(&value) || residuals.number(id).is_none();
        if known || !is_found_again(graph, residuals, value, id) {
            continue;
        }
        let (site, ty) = (graph.site(id).clone(), graph.ty(value).clone());
        let again = graph.new_site(site.kind, site.operands, Vec::new(), vec![ty], site.span);
        graph.exact.insert(again);
        found.insert(value, graph.site(again).results[0]);
        sites.push(again);
    }
    (sites, found)
}

fn is_found_again(graph: &Graph, residuals: &Residuals, value: Value, id: SiteId) -> bool {
    let paths = graph.site(id).paths();
    let finds = match graph.site(id).kind {
        Kind::Load(_) => is_lent(graph, residuals, value),
        _ if graph.ty(value).is_way() => {
            let mut through = paths.iter();
            through.any(|path| holds_references(graph, residuals, path.root))
        }
        _ => false,
    };
    let is_there = |path: &Path| {
        residuals.is_stable(graph, path, id) || var_is_lent(graph, residuals, path.root)
    };
    finds && paths.iter().all(is_there)
}

struct Again<'r> {
    residuals: &'r Residuals,
    done: HashMap<Value, Value>,
    roots: HashMap<Var, Var>,
    sites: Vec<SiteId>,
}

impl Again<'_> {
    fn value(&mut self, graph: &mut Graph, value: Value) -> Value {
        if let Some(done) = self.done.get(&value) {
            return *done;
        }
        let lent = is_lent(graph, self.residuals, value);
        let Some(mut site) = graph.def(value).filter(|_| lent).cloned() else {
            return value;
        };
        for read in site.reads() {
            self.value(graph, read);
        }
        let done = &self.done;
        site.each_read(&mut |v| *v = done.get(v).copied().unwrap_or(*v));
        if let Kind::CallVjp(call) = site.kind {
            site.kind = Kind::Call(call);
        }
        let roots = &self.roots;
        site.kind.each_path(&mut |path| move_root(path, roots));
        let Site {
            kind,
            operands,
            span,
            ..
        } = site;
        let ty = graph.ty(value).clone();
        let again = graph.new_site(kind, operands, Vec::new(), vec![ty], span);
        graph.exact.insert(again);
        self.sites.push(again);
        let made = graph.site(again).results[0];
        self.done.insert(value, made);
        made
    }
}

fn move_root(path: &mut Path, roots: &HashMap<Var, Var>) {
    if let Some(root) = roots.get(&path.root) {
        path.root = *root;
    }
}

/// Has everything inside `region` read the variables made again.
pub(super) fn redirect(graph: &mut Graph, region: Region, roots: &HashMap<Var, Var>) {
    for id in graph.sites_within(region) {
        graph
            .site_mut(id)
            .kind
            .each_path(&mut |path| move_root(path, roots));
    }
}
