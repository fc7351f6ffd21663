//! From Rust syntax to the expression graph.
//!
//! Takes a parsed function and its signature, gives a graph, or reports problems and carries on.
//!
//! | construct | in the graph |
//! |---|---|
//! | scalar variables, assignment, shadowing | renaming: each assignment is a new value |
//! | arrays, `Vec`s, structs | memory variables, read and written through paths |
//! | references, sub-slices, elements of a loop over a slice | paths: borrows do not exist |
//! | `if`, `match` | `if` regions; variables that differ become results |
//! | `for`, `while`, `loop` | loop regions; variables that change are carried |
//! | `return`, `break`, `continue` | an exit code, and regions that run while it is 0 |
//! | closures | inlined where they are called |
//! | iterators | loops, built where an iterator is used up |
//! | calls, methods | rows of the operator table, known std methods, or calls |
//! | code without active values | carried as it stands |
//!
//! What has no place in the graph is a [`Problem`]; what merely has no derivative is carried as
//! opaque code and rejected later, where it turns out to be active.
//!
//! More than 400 lines, as the state of lowering has a documented field for each thing it knows.

mod alternatives;
mod args;
mod arrays;
mod attempts;
mod before;
mod bounded;
mod branch;
mod call;
mod capture;
mod captured;
mod cells;
mod changed;
mod checked;
mod chosen_place;
mod closure;
mod closure_code;
mod compound;
mod convert;
mod deque;
mod dereferenced;
mod elements;
mod exchange;
mod expr;
mod filled;
mod flow;
mod fluent;
mod function;
mod function_rows;
mod function_tables;
mod here;
mod hoist;
mod infer;
mod inner_items;
mod iter;
mod lengths;
mod lent;
mod loops;
mod macros;
mod made;
mod map;
mod matching;
mod method;
mod moves;
mod opaque;
mod operator;
mod option;
mod option_places;
mod optional_args;
mod outcomes;
mod parts;
mod passed;
mod pattern;
mod place;
mod projection;
mod quiet;
mod ranged;
mod record;
mod returned;
mod scope;
mod sequence;
mod sides;
mod signatures;
mod stmt;
mod tables;
mod tested;
mod texts;
mod to_array;
mod told;
mod tuples;
mod unwrapped;
mod users_macro;
mod vector;
mod views;
mod walk;
mod walk_names;
mod way;
mod written;

pub(crate) use fluent::without_self;
use std::collections::{BTreeSet, HashMap, HashSet};

use proc_macro2::{Span, TokenStream};
use syn::Block;

use crate::diag::{Diagnostics, Problem};
use crate::ir::Output;
use crate::ir::{
    Code, Graph, Kind, Literal, Param, Path, Region, Slot, Storage, Ty, Value, Var, VarInfo,
};
use crate::signature::{Parameter, Passing, Signature};
use crate::stages::{Lowered, Passed};
use scope::{Local, Locals};

/// A lowered expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// A computed value.
    Value(Value),
    /// A place not read yet.
    Place(Path, Ty),
    /// A reference to a place.
    Ref(Path, Ty),
    /// A mutable reference to a place.
    RefMut(Path, Ty),
    Tuple(Vec<Operand>),
    /// An `Option` that is nowhere in memory: whether it holds something, and what.
    Maybe(Value, Box<Operand>),
    /// A function: inlined, or called, where it is called.
    Closure(function::Function),
    /// An iterator that has not run yet.
    Iter(iter::Iter),
    Unit,
    /// No value: control went elsewhere.
    Never,
    /// No value: a problem was reported.
    Poison,
}

/// The state of lowering.
#[allow(clippy::struct_excessive_bools)] // four facts of where control stands, independent
pub(super) struct Lower<'d> {
    graph: Graph,
    diag: &'d Diagnostics,
    /// The expression at hand.
    here: Span,
    /// The region being filled, innermost last.
    regions: Vec<Region>,
    locals: Locals,
    /// The exit code: 0 while control runs on.
    exit: Local,
    /// What `return` gives.
    returned: Local,
    /// Where `return` puts its value, if that has no number to stand for it while it is not there.
    pile: Option<Path>,
    /// Whether `break` puts its value on a pile, for the same reason.
    piles_breaks: bool,
    /// The pile of the loop or block about to be lowered.
    next_pile: Option<Path>,
    /// Nonzero codes the exit may have here.
    exits: BTreeSet<i64>,
    loops: Vec<flow::Loop>,
    next_code: i64,
    /// Whether the rest of the region cannot be reached.
    dead: bool,
    /// Whether the rest cannot be reached because the code before panics.
    never: bool,
    /// Whether the value of the statements being lowered is the function's.
    tail: bool,
    /// Whether the pattern being read may fail to match.
    refutable: bool,
    next_try: usize,
    /// Whether the expression being lowered is certainly an `Option`.
    wants_option: bool,
    /// What is known of the type of the expression about to be lowered from where it stands.
    expected: Option<Ty>,
    /// Type parameters that stand for numbers.
    numbers: Vec<String>,
    /// Names that are indexed, borrowed or taken apart somewhere.
    projected: HashSet<String>,
    /// Fields that bound a range or index an array somewhere.
    integers: HashSet<String>,
    /// Fields that are indexed or iterated somewhere.
    arrays: HashSet<String>,
    /// Names that are borrowed mutably somewhere: they live in memory, numbers too.
    borrowed_mut: HashSet<String>,
    /// Names that `mem::swap` and its like get as a whole: tuples live in memory, numbers are renamed.
    exchanged: HashSet<String>,
    /// The written types of variables declared without a value.
    declared: HashMap<Local, Ty>,
    statics: HashMap<String, Var>,
    items: Vec<TokenStream>,
    item_types: HashMap<String, Ty>,
    if_active: HashMap<Value, Problem>,
    own_name: String,
    /// Whether it is a method: the name of a function is not that of a method it calls.
    is_method: bool,
    recursive: bool,
    /// Whether a method of the same name on a part is another's.
    wraps: bool,
    passed: Vec<Passed>,
    /// Where each of them came from.
    passed_sources: Vec<changed::Source>,
    /// The variables that stand for what the functions this one is given may change.
    states: HashMap<String, Var>,
    output: Ty,
    /// The written type of what `return` gives.
    output_type: Option<syn::Type>,
    /// The exit code of `return`.
    return_code: i64,
    /// Parts of arrays that are written and then put back.
    parts: arrays::Parts,
    /// The type the source annotates the next expression with.
    hint: Option<syn::Type>,
    /// How many arguments of functions that return functions are held.
    next_made: usize,
    /// With how many arguments what the `let` about to be lowered binds is called.
    called: Option<usize>,
    /// Whether the call being lowered is all that a `let` without a type binds.
    named: bool,
    /// Values known to be of type `usize`.
    usizes: HashSet<Value>,
    /// Bounds of sub-slices that iterators cut, so that they are inside the whole, and how many
    /// elements these have at least.
    cuts: HashMap<(Value, Value), i64>,
    /// Variables without a name yet: the binding of one takes it over.
    fresh: HashSet<Var>,
    /// Variables that `Cell`s and `RefCell`s hold.
    cells: HashMap<Var, cells::Content>,
    /// Whether code is lowered only to learn types; its sites go nowhere.
    probing: usize,
    /// The first parameter whose assignment is noted.
    watched_from: usize,
    /// Where the reference leads that the function returns, if it does.
    routes: Option<projection::Routes>,
    /// Whether the expression about to be lowered gives a reference, so that a call is a way.
    wants_place: bool,
    /// Whether the place about to be lowered is written.
    writes_place: bool,
    /// Ways along which nothing may be written.
    read_only: HashSet<Value>,
    /// Items of iterators of which only rustc knows what they give.
    gathered: HashSet<Var>,
    /// Items that the closure being lowered sees through a second reference.
    seen_twice: Vec<Path>,
    /// Parameters that are references to numbers.
    number_references: HashSet<Local>,
    /// Parameters that are texts.
    texts: HashSet<Var>,
    /// Variables that are options of such.
    optional_numbers: HashSet<Var>,
    /// The methods around that return references, and of what type.
    references: HashMap<String, way::Gives>,
    /// Whether a method `len` around measures something.
    measures: bool,
    /// Variables that are references and walk.
    walks: walk_names::Walks,
    /// The methods around that return iterators.
    listing: HashSet<String>,
    /// Variables of which items are taken, and those that methods of iterators are called on.
    iterators: [HashSet<String>; 2],
    /// Whether a later call of the chain being lowered says that it is one of iterators.
    iterates: bool,
    /// Vectors of the items of iterators that calls are given.
    listed: HashSet<Var>,
}

/// Lowers a function; `around` is the code it stands in, which tells of the fields of its types.
pub(crate) fn lower(
    name: &str,
    signature: &Signature,
    body: &Block,
    around: &TokenStream,
    diag: &Diagnostics,
) -> Lowered {
    inner_items::report_inner_items(&quote::quote!(#body), diag);
    if signature.returned.is_some() {
        return projection::lower(name, signature, body, around, diag);
    }
    attempts::attempts(
        (signature, body),
        diag,
        || start(name, signature, body, around, diag),
        |cx, body| cx.lower_function(signature, body),
    )
}

fn start<'d>(
    name: &str,
    signature: &Signature,
    body: &Block,
    around: &TokenStream,
    diag: &'d Diagnostics,
) -> Lower<'d> {
    let mut locals = Locals::default();
    let (exit, returned) = (locals.hidden("exit"), locals.hidden("returned"));
    let mut graph = Graph::new(name);
    let (borrowed_mut, exchanged) = infer::mutably_borrowed_names(body);
    graph.views = views::views(around);
    graph.on_arrays = infer::names_arrays(signature, around);
    Lower {
        graph,
        diag,
        regions: vec![Region(0)],
        locals,
        exit,
        returned,
        pile: None,
        piles_breaks: false,
        next_pile: None,
        exits: BTreeSet::new(),
        loops: Vec::new(),
        next_code: 2,
        here: Span::call_site(),
        dead: false,
        never: false,
        tail: true,
        refutable: false,
        next_try: 0,
        wants_option: false,
        expected: None,
        numbers: signature.number_names.clone(),
        projected: infer::projected_names(body),
        integers: infer::integer_places(around),
        arrays: infer::array_fields(around),
        borrowed_mut,
        exchanged,
        declared: HashMap::new(),
        statics: HashMap::new(),
        items: Vec::new(),
        item_types: HashMap::new(),
        if_active: HashMap::new(),
        own_name: name.to_owned(),
        is_method: signature
            .parameters
            .first()
            .is_some_and(|p| p.name == "self"),
        recursive: false,
        wraps: signature.wraps,
        passed: Vec::new(),
        passed_sources: Vec::new(),
        states: HashMap::new(),
        output: signature.output.clone(),
        output_type: Some(signature.output_type.clone()),
        return_code: RETURN,
        parts: arrays::Parts::default(),
        hint: None,
        next_made: 0,
        called: None,
        named: false,
        usizes: HashSet::new(),
        cuts: HashMap::new(),
        fresh: HashSet::new(),
        cells: HashMap::new(),
        probing: 0,
        watched_from: usize::MAX,
        routes: None,
        wants_place: false,
        writes_place: false,
        read_only: HashSet::new(),
        gathered: HashSet::new(),
        seen_twice: Vec::new(),
        number_references: HashSet::new(),
        texts: HashSet::new(),
        optional_numbers: HashSet::new(),
        references: way::references(around),
        measures: lengths::measures(around),
        walks: walk_names::Walks::of(body),
        listing: signatures::listing(around),
        iterators: iter::iterators(&quote::quote!(#body)),
        iterates: false,
        listed: HashSet::new(),
    }
}

/// The exit code of the function's own `return`.
const RETURN: i64 = 1;

impl Lower<'_> {
    fn lower_function(self, signature: &Signature, body: &Block) -> Lowered {
        self.lower_watched(signature, body).0
    }

    /// The function, and whether it assigns a parameter that is watched.
    fn lower_watched(mut self, signature: &Signature, body: &Block) -> (Lowered, bool) {
        let zero = self.int(0);
        self.locals.set(self.exit, Operand::Value(zero));
        self.locals.enter();
        for name in &signature.consts {
            let value = self.constant(quote::quote!(#name), Ty::Int);
            self.locals
                .declare(&name.to_string(), false, Some(Operand::Value(value)));
        }
        for (k, parameter) in signature.parameters.iter().enumerate() {
            self.declare_parameter(parameter);
            if parameter.ty.is_scalar() && parameter.passing == Passing::Ref {
                let local = self.locals.find(&parameter.name.to_string());
                self.number_references.extend(local);
            }
            let inside = crate::signature::optional_reference(&parameter.base);
            if inside.is_some_and(|inside| crate::signature::ty_of(inside).is_scalar()) {
                let param = self.graph.params.last().map(|param| param.slot);
                if let Some(Slot::Memory(var)) = param {
                    self.optional_numbers.insert(var);
                }
            }
            if k >= self.watched_from {
                self.locals.watch(&parameter.name.to_string());
            }
        }
        self.texts = self.text_parameters(signature);
        self.graph.lending = self.lending_parameters(signature);
        for parameter in &signature.parameters {
            if let Some(pattern) = &parameter.pattern {
                let operand = self.locals.get(&parameter.name.to_string());
                self.bind(pattern, operand.unwrap_or(Operand::Poison), None);
            }
        }
        let value = self.lower_stmts(&body.stmts);
        self.return_value(value);
        let returned = self.returned_value();
        let (yields, output) = self.output_of(returned);
        let region = self.region();
        self.graph.block_mut(region).yields = yields;
        self.refuse_held_parts();
        moves::copy_moved_in_loops(&mut self.graph);
        self.refuse_changed_borrowers();
        let changed = self.locals.any_changed();
        let routes = self.found_routes();
        let lowered = Lowered {
            graph: self.graph,
            output,
            items: self.items,
            if_active: self.if_active,
            recursive: self.recursive,
            passed: self.passed,
            routes,
        };
        (lowered, changed)
    }

    fn lending_parameters(&self, signature: &Signature) -> HashSet<Var> {
        let slots = self.graph.params.iter().zip(&signature.parameters);
        let lending = slots.filter(|(_, parameter)| signature.lends(parameter));
        let vars = lending.filter_map(|(param, _)| match param.slot {
            Slot::Memory(var) => Some(var),
            Slot::Scalar(_) => None,
        });
        vars.collect()
    }

    fn declare_given(&mut self, given: &[std::rc::Rc<passed::Given>]) {
        self.locals.enter();
        for given in given {
            let function = function::Function::Given(given.clone());
            let operand = Operand::Closure(function);
            self.locals.declare(&given.name, false, Some(operand));
        }
    }

    fn declare_parameter(&mut self, parameter: &Parameter) {
        let name = parameter.name.to_string();
        let span = parameter.name.span();
        let scalar = parameter.ty.is_scalar();
        let changing = parameter.function.as_ref().is_some_and(|f| f.changing);
        let (slot, operand) = if scalar && parameter.passing != Passing::RefMut {
            let value = self.graph.new_arg(Region(0), parameter.ty.clone(), span);
            self.graph.value_mut(value).name = Some(name.clone());
            (Slot::Scalar(value), Operand::Value(value))
        } else {
            let var = self.graph.new_var(VarInfo {
                name: name.clone(),
                ty: parameter.ty.clone(),
                storage: match parameter.passing {
                    // What its calls may change is there before and after.
                    _ if changing => Storage::RefMut,
                    Passing::Value => Storage::Owned,
                    Passing::Ref => Storage::Ref,
                    Passing::RefMut => Storage::RefMut,
                },
                mutable: parameter.mutable,
                tangent: false,
                span,
            });
            let path = Path::of(var);
            let operand = match parameter.passing {
                Passing::Value => Operand::Place(path, parameter.ty.clone()),
                _ if parameter.is_place => Operand::Place(path, parameter.ty.clone()),
                Passing::Ref => Operand::Ref(path, parameter.ty.clone()),
                Passing::RefMut => Operand::RefMut(path, parameter.ty.clone()),
            };
            (Slot::Memory(var), operand)
        };
        self.graph.params.push(Param {
            name: name.clone(),
            slot,
            wrt: parameter.wrt || changing,
            span,
        });
        if let Some(function) = &parameter.function {
            let state = match slot {
                Slot::Memory(var) if changing => Some(var),
                _ => None,
            };
            if let Some(var) = state {
                self.states.insert(name.clone(), var);
            }
            let given = passed::Given {
                name: name.clone(),
                function: function.clone(),
                state,
            };
            let function = function::Function::Given(std::rc::Rc::new(given));
            self.locals
                .declare(&name, false, Some(Operand::Closure(function)));
            return;
        }
        match operand {
            // A number of which a mutable reference is taken lives in memory.
            Operand::Value(value) if parameter.mutable && self.borrowed_mut.contains(&name) => {
                self.bind_name(&name, true, Operand::Value(value), None);
            }
            Operand::Ref(path, ty @ Ty::Array(_)) if parameter.mutable => {
                let operand = Operand::Ref(self.bounded(path), ty);
                self.locals.declare(&name, true, Some(operand));
            }
            operand => {
                let operand = self.range_parameter(parameter).unwrap_or(operand);
                self.locals.declare(&name, parameter.mutable, Some(operand));
            }
        }
    }

    /// What a written type says, with type parameters that stand for numbers.
    fn ty_of(&self, ty: &syn::Type) -> Ty {
        crate::signature::ty_of(ty).with_numbers(&self.numbers)
    }

    fn report(&self, span: Span, problem: Problem) -> Operand {
        self.diag.report(span, problem);
        Operand::Poison
    }

    fn region(&self) -> Region {
        self.regions.last().copied().unwrap_or(Region(0))
    }

    /// Appends a site with one result.
    fn push(&mut self, kind: Kind, operands: Vec<Value>, ty: Ty, span: Span) -> Value {
        let region = self.region();
        let site = self
            .graph
            .new_site(kind, operands, Vec::new(), vec![ty], span);
        self.graph.block_mut(region).sites.push(site);
        self.graph.site(site).results[0]
    }

    /// Appends a site without results.
    fn push_effect(&mut self, kind: Kind, operands: Vec<Value>, span: Span) {
        let region = self.region();
        let site = self
            .graph
            .new_site(kind, operands, Vec::new(), Vec::new(), span);
        self.graph.block_mut(region).sites.push(site);
    }

    fn int(&mut self, number: i64) -> Value {
        let literal = Literal::Int(number.to_string());
        self.push(
            Kind::Literal(literal),
            Vec::new(),
            Ty::Int,
            Span::call_site(),
        )
    }

    fn undefined(&mut self, ty: Ty) -> Value {
        self.push(
            Kind::Literal(Literal::Undefined),
            Vec::new(),
            ty,
            Span::call_site(),
        )
    }

    fn constant(&mut self, code: TokenStream, ty: Ty) -> Value {
        self.push(
            Kind::Constant(Code(code)),
            Vec::new(),
            ty,
            Span::call_site(),
        )
    }
}
