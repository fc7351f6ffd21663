//! Every error the macro can report, and the sink that collects them.
//!
//! A [`Problem`] says what was found and what to write instead; stages report to [`Diagnostics`] and
//! carry on, so that one run shows every mistake.

use std::cell::{Cell, RefCell};

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

macro_rules! problems {
    ($($variant:ident $(($($arg:ident: $ty:ty),*))? => $message:expr, $help:expr;)*) => {
        /// What can be wrong with the user's code.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum Problem { $($variant $(($($ty),*))?),* }

        impl Problem {
            /// What was found, and what to write instead.
            pub(crate) fn texts(&self) -> (String, String) {
                match self { $(Problem::$variant $(($($arg),*))? => ($message.into(), $help.into()),)* }
            }

            /// One of each, with its name, about something called `..`.
            #[cfg(test)]
            pub(crate) fn each() -> Vec<(&'static str, Problem)> {
                vec![$((stringify!($variant), Problem::$variant $(($(<$ty as tests::Example>::example()),*))?)),*]
            }
        }
    };
}

problems! {
    NotAFunction => "`#[differentiate]` stands on something that is not a function, an `impl` block or a trait",
        "put it on a `fn`, on a method, on an `impl` block or on a trait";
    Unfinished(fault: String) => format!("this does not parse: {fault}"),
        "finish it; its derivatives are back as soon as it parses";
    TwoOrigins(name: String) => format!("`{name}` is two variables here, one of a macro and one of its caller"),
        "give one of them another name";
    UnknownOption(name: String) => format!("unknown option `{name}`"),
        "the options are `wrt(..)`, `forward`, `reverse`, `jacobian`, `lanes`, `lanes = number`, `rows`, `recursive` and `crate = path`";
    Options(fault: String) => format!("this is not what the attribute says: {fault}"),
        "write `differentiate`, or `differentiate(..)` with options such as `wrt(x, y)`, `forward` and `jacobian`, separated by commas";
    LaneCount => "this is not a number of directions to push at once",
        "write a number from 1 to 255";
    LanesHere(what: String) => format!("{what} is not differentiated in several directions at once yet"),
        "drop `lanes`: `jacobian` alone takes one direction after another";
    JacobianHere(what: String) => format!("{what} has no Jacobian yet"),
        "write a function of its own that calls it, and put `jacobian` there";
    WrtOfOperator => "an operator is differentiated by all of its operands",
        "drop `wrt(..)`: where it is called decides which derivatives are computed";
    OptionTwice(name: String) => format!("option `{name}` is given twice"),
        "write it once";
    UnknownParameter(name: String) => format!("`{name}` is not a parameter of this function"),
        "`wrt(..)` lists names of parameters, or `self`";
    InertParameter(name: String) => format!("parameter `{name}` has a type that is never differentiated"),
        "list only parameters made of floats; integers, `bool`, `char` and `str` are held constant";
    NothingToDifferentiate => "no parameter of this function can be differentiated",
        "give it a float parameter, or drop `#[differentiate]`";
    TooManyParameters => "more than 64 parameters",
        "group them in a struct that derives `Differentiable`";
    AsyncFunction => "`async` functions are not differentiated",
        "differentiate the computation inside as a plain function";
    UnsafeFunction => "`unsafe` code is not differentiated",
        "move it into a function of its own that takes no active values";
    Variadic => "variadic functions are not differentiated",
        "take a slice instead";
    IteratorParameter => "a parameter that is an iterator is not differentiated",
        "take a slice or a `Vec`, and iterate inside";
    ViewParameter(name: String) => format!("a parameter of which only `{name}` is known is not differentiated"),
        "take what it is made into, `&[f64]` or `f64`, and let the caller convert";
    ReturnedReference => "what this reference leads to is not found in one of the parameters",
        "return a reference to a field, an element or a range of a parameter, or an owned value: a float, an array, a `Vec` or a struct";
    ReturnedFunction => "a returned function is not differentiated where it keeps something from call to call, or where making it changes something",
        "return an `impl Fn` or `Box<dyn Fn>` without cells, and take nothing by `&mut`; or return a struct that derives `Differentiable` with what it keeps, and write the function as its method";
    ReturnedTrait => "a returned `impl Trait` has no derivative of its own",
        "name the type: a float, an array, a `Vec` or a struct";
    ReturnedEndless => "nothing says that this returned iterator has an end, and along a derivative it is a vector of its items",
        "end it here, with `take` or `take_while`; or return a struct with an `impl Iterator` of its own, which is asked for one item after another";
    ReturnedEffects => "this returned iterator changes a parameter as it goes, and along a derivative all its items are made at once",
        "change it in a loop of its own, or return a struct with an `impl Iterator` of its own, which is asked for one item after another";
    ChangesAndReturns => "this function changes a parameter and returns a reference into one",
        "split it: one function that changes, and one that returns the reference; or return `&mut Self` at the end";
    InnerItem(name: String) => format!("`{name}` stands outside of this block too, where it may be something else"),
        "give the item of this block a name of its own, or put it at the top of the function";
    Pattern => "this pattern is not differentiated yet",
        "bind a name and take it apart with indices or fields";
    Expression(what: String) => format!("{what} is not differentiated yet"),
        "write it with `let`, `if`, `match` on integers, `for`, `while`, indices and function calls";
    ActiveCode(what: String) => format!("{what} depends on a differentiated value, and its derivative is not known"),
        "use a function marked `#[differentiate]`, or hold the value constant with `constant(..)`";
    ErrorValue => "the error of a `Result` is used as a number here, and it has no derivative",
        "return what is differentiated inside `Ok`, in an enum that derives `Differentiable` for instance, or hold it constant with `constant(..)`";
    Disguised(name: String) => format!("`{name}` makes a number of what depends on a differentiated value, and its derivative would be 0 without a word"),
        "compute with the value itself, state the derivative with `#[derivative_of(..)]`, or hold the value constant with `constant(..)`";
    InertMethod(name: String) => format!("`{name}` is handed a differentiated value, and its derivative is not known: its receiver has no floats"),
        "take a generic parameter `T: Trait` with `#[differentiate]` on the trait and its `impl`s, or hold the argument constant with `constant(..)`";
    DynamicReceiver(name: String) => format!("`{name}` is called on a `dyn Trait` that holds a differentiated value"),
        "differentiate by the arguments of the method: a trait object has no derivative of its own; or call through a generic parameter `T: Trait`";
    ActiveMacro(name: String) => format!("macro `{name}!` reads a differentiated value in a way the graph cannot follow"),
        "write the computation without the macro, or hold the value constant with `constant(..)`";
    MacroWrites(name: String) => format!("macro `{name}!` may change a variable, which the graph cannot follow"),
        "write what it changes without the macro, or assign what it gives";
    WrittenPart => "this may leave while a part of an array is borrowed to be written, which the graph puts back later",
        "leave before or behind the statements that write the part, or write it by its indices";
    HeldPart => "where this part of an array, which may be written, is put back is not found",
        "bind it with `let` in the block where it is written, and use the array behind its last use; or write its entries by their indices";
    Cell => "a `Cell` or `RefCell` is used as a value here, and the graph follows what it holds only where its methods are called",
        "call `get`, `set`, `borrow` or `borrow_mut` here, or hand on a `&mut` of a plain variable";
    Escapes => "a differentiated value is put where the graph does not look, and what is read there has no derivative",
        "hold it constant with `constant(..)`, or keep it in a variable, in a field of a parameter, or in a `Cell` or `RefCell` made here";
    ClosureArgument => "this function, passed to a function, is not differentiated yet",
        "pass a closure whose names each mean one thing in it and in the closures it calls, and choose between functions inside it";
    PassedEffects => "a closure that changes a variable is passed to a function",
        "write a loop, or pass it to a function under `#[differentiate]`";
    PassedPart(name: String) => format!("a closure that changes a part of `{name}` is passed beside another part of it"),
        format!("borrow what it changes in front of the call, `let part = &mut {name}.field;`, and change `*part` in the closure");
    EntryEffects => "a closure that changes a variable is applied to each entry of an array",
        "let it give only the new entry, and compute what it changes in a loop or with `sum`, `fold`";
    FunctionTable => "a table of functions is used in a way that the macro cannot follow",
        "make it with `[..]`, `vec![..]` or by `push` outside of loops, and index it, iterate over it or call its functions";
    Closure => "this is not a closure or function the macro can see",
        "write the closure where it is used, bind it to a variable of this function, or take it as a parameter `impl Fn(f64) -> f64`; what is in a field or in a list that is a parameter has no derivative";
    ZippedStages => "`zip` of two iterators that both drop or add items is not differentiated yet",
        "collect one of them into a `Vec` before";
    ZippedEffects => "`zip` on a closure that changes a variable: std does not say how often the closure runs",
        "collect its items into a `Vec` before, or make it the argument of `zip`";
    Endless => "this iterator has no end",
        "end it with `take`, or zip it with a finite one";
    SequenceMethod(name: String) => format!("`{name}` gives what no index leads to: it is not differentiated yet"),
        "write it with `chunks_exact`, `windows`, ranges of indices or `iter`";
    ChunkLength(name: String) => format!("the length of what `{name}` gives is told by its use alone"),
        "write it: `first_chunk::<3>()`";
    UsedLater => "items are taken from this iterator, and it is used again",
        "collect its items into a `Vec` before, and take them from that";
    Collection(name: String) => format!("`collect` into `{name}` is not differentiated yet"),
        "collect into a `Vec`";
    ArrayLength => "the length of this array is not known",
        "annotate it: `let a: [f64; N] = std::array::from_fn(..)`";
    FunctionValue => "a closure or an iterator is used as a value",
        "call the closure, or use the iterator up with `sum`, `fold`, `collect` or `for`";
    NotAVariable(name: String) => format!("`{name}` is no variable of this function"),
        "check its name; a function is called, or passed to a function by its name";
    Iterator(name: String) => format!("iterator adaptor `{name}` is not differentiated yet"),
        "write the loop with `for` over a range or a slice";
    MutableBorrow => "a mutable borrow of a scalar variable is not differentiated yet",
        "assign the result of a function instead";
    Walk => "this step of a reference that walks along a structure is not differentiated yet",
        "go by fields, indices and patterns, or by one method of the structure itself; of an option, begin with `let mut cur = Some(..)`; or keep the nodes in a `Vec`";
    ChangedBorrower => "a struct that holds references changes after it is made",
        "keep what changes in a variable of its own, or in a struct without references";
    MutableField => "a struct made with a mutable reference is not differentiated yet",
        "hand the place over as a `&mut` argument beside the struct";
    OptionalPlace => "what is behind an `Option<&mut _>` is not differentiated yet",
        "take a `&mut` place, or leave the parameter out with `#[differentiate(wrt(..))]`";
    BranchedReference => "a reference whose target depends on a branch is not differentiated yet",
        "read the value inside each branch";
    SetInBranches => "an array or struct is declared without a value and set in a branch that may leave",
        "declare it with its value, `let x = if .. { .. } else { .. };`";
    Assignment => "assignment to this place is not differentiated yet",
        "assign to a variable, a field or an element";
    Undefined => "this value leaves a loop early and its type is not known to be a number",
        "annotate it, or keep the result in a variable declared before the loop";
    Unsafe => "`unsafe` blocks are not differentiated",
        "move the code into a function of its own that takes no active values";
    Await => "`async` code is not differentiated",
        "await first, and differentiate the computation on the result";
    Try => "`?` in this place is not differentiated yet",
        "bind the value in a `let` before";
    UnknownLabel(name: String) => format!("no enclosing loop is labelled `{name}`"),
        "label the loop, or drop the label";
    RuleNotAFunction => "`#[derivative_of(..)]` stands on something that is not a function",
        "put it on a `fn` with the arguments of the function whose derivative it gives";
    RuleOptions(fault: String) => format!("this is not what a rule says: {fault}"),
        "write `derivative_of(path::g)`, and behind a comma `forward`, `forward = path`, `wrt(..)`, `foreign` or `crate = path`";
    RuleResult => "a rule returns the value and a pullback",
        "write `-> (R, impl FnOnce(R) -> (A, B))`: from the cotangent of the result to one entry for each differentiated argument";
    TangentRuleResult => "a tangent rule returns the value and its tangent",
        "write `-> (R, R)`";
    TangentRuleArguments => "these are not the arguments of a function and their tangents",
        "give it the arguments of the function, then one tangent for each differentiated argument";
    PullbackArguments(count: usize) => format!("a pullback takes the cotangent of the result, and the {count} arguments again if it wants them"),
        "write `impl FnOnce(R) -> ..`, or list every argument behind the cotangent";
    RuleMutable => "a rule takes no argument by `&mut`",
        "wrap the function in one that returns what it changes, and give the rule of that";
    CheckpointHere => "`checkpoint` stands on something that is no loop",
        "put it on a `for`, `while` or `loop` inside a differentiated function; an iterator's `fold` or `for_each` is written as a `for`";
    LoopOption => "`#[differentiate(..)]` on a loop says nothing but `checkpoint`",
        "write `#[differentiate(checkpoint)]`, or `#[differentiate(checkpoint = 100)]` for one state in a hundred iterations, and put other options on the function";
    CheckpointOfEffects => "this loop calls a function that may change what it captures, so it cannot run again from its middle",
        "take `impl Fn` in place of `impl FnMut`, or leave `checkpoint` out";
    CheckpointOfNothing => "this loop hands nothing that is differentiated from one iteration to the next, so there is no tape to trade for time",
        "drop `#[differentiate(checkpoint)]`";
    MutatedGuard => "an assignment inside a condition is not differentiated yet",
        "assign in a statement before the condition";
}

impl Problem {
    pub(crate) fn text(&self) -> String {
        let (message, help) = self.texts();
        format!("{message}\n\nhelp: {help}")
    }
}

/// Collects problems.
#[derive(Default)]
pub(crate) struct Diagnostics {
    found: RefCell<Vec<(Span, Problem)>>,
    looked_at: Cell<bool>,
}

impl Diagnostics {
    pub(crate) fn report(&self, span: Span, problem: Problem) {
        let mut found = self.found.borrow_mut();
        // A construct lowered twice is one mistake all the same.
        let place = |span: &Span| format!("{span:?}");
        let again = |(at, known): &(Span, Problem)| *known == problem && place(at) == place(&span);
        if !found.iter().any(again) {
            found.push((span, problem));
        }
    }

    /// How many problems there are.
    pub(crate) fn mark(&self) -> usize {
        self.found.borrow().len()
    }

    /// Forgets the problems found since the mark: the code will be read again.
    pub(crate) fn forget(&self, mark: usize) {
        self.found.borrow_mut().truncate(mark);
    }

    /// Whether this problem was found since the mark.
    pub(crate) fn has_since(&self, mark: usize, problem: &Problem) -> bool {
        let found = self.found.borrow();
        found.iter().skip(mark).any(|(_, found)| found == problem)
    }

    pub(crate) fn any(&self) -> bool {
        self.looked_at.set(true);
        !self.found.borrow().is_empty()
    }

    /// Whether there is any problem but this one.
    pub(crate) fn has_more_than(&self, problem: &Problem) -> bool {
        self.looked_at.set(true);
        self.found
            .borrow()
            .iter()
            .any(|(_, found)| found != problem)
    }

    /// One `compile_error!` for each problem.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.looked_at.set(true);
        let errors = self.found.borrow();
        errors
            .iter()
            .map(|(span, problem)| {
                let text = problem.text();
                quote_spanned!(*span=> ::core::compile_error! { #text })
            })
            .collect()
    }
}

#[cfg(test)]
impl Drop for Diagnostics {
    fn drop(&mut self) {
        let unseen = !self.looked_at.get() && !self.found.borrow().is_empty();
        assert!(
            !unseen || std::thread::panicking(),
            "problems nobody looked at"
        );
    }
}

#[cfg(test)]
mod tests {
    /// Something to fill a message with.
    pub(super) trait Example {
        fn example() -> Self;
    }

    impl Example for String {
        fn example() -> Self {
            "..".to_owned()
        }
    }

    impl Example for usize {
        fn example() -> Self {
            2
        }
    }
}
