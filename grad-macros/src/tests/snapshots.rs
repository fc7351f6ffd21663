//! Small functions as text at each stage: the graph, both derivatives, the code.
//!
//! `UPDATE_EXPECT=1 cargo test -p grad-macros snapshots` blesses what is there now.

use std::path::Path;

use expect_test::expect_file;

use crate::diag::Diagnostics;
use crate::options::Options;
use crate::signature::Signature;
use crate::{ad, driver, front, pass};

const FUNCTIONS: &[(&str, &str)] = &[
    ("square", "fn square(x: f64) -> f64 { x * x }"),
    (
        "two_results",
        "fn two_results(x: f64, y: f64) -> (f64, f64) { let p = x * y; (p.sin(), p / y) }",
    ),
    (
        "dot",
        "fn dot(a: &[f64], b: &[f64]) -> f64 { let mut s = 0.0; for i in 0..a.len() { s += a[i] * b[i]; } s }",
    ),
    (
        "early_return",
        "fn early_return(x: f64) -> f64 { if x < 0.0 { return -x; } x.sqrt() }",
    ),
    (
        "carried",
        "fn carried(x: f64, n: usize) -> f64 { let mut p = x; for _ in 0..n { p = p.sin() * x; } p }",
    ),
    (
        "broken_loop",
        "fn broken_loop(x: &[f64], limit: f64) -> f64 { let mut s = 0.0; for v in x { if s > limit { break; } s += v * v; } s }",
    ),
    (
        "stored",
        "fn stored(x: f64) -> f64 { let mut a = [x, 1.0]; a[1] = a[0] * a[0]; a[0] = a[1].exp(); a[0] + a[1] }",
    ),
    (
        "calls",
        "fn calls(x: f64, w: &[f64]) -> f64 { let y = norm(w, x); y * y }",
    ),
    ("half_typed", "fn half_typed(x: f64) -> f64 { let y = x. }"),
    ("rejected", "fn rejected(x: f64) -> f64 { unsafe { x } }"),
];

/// The stages of a function as text.
fn stages(name: &str, text: &str) -> String {
    let Ok(item) = syn::parse_str::<syn::ItemFn>(text) else {
        return String::new();
    };
    let diag = Diagnostics::default();
    let signature = Signature::read(&item.sig, None, &Options::default(), &diag);
    let mut lowered = front::lower(
        name,
        &signature,
        &item.block,
        &quote::ToTokens::to_token_stream(&item.block),
        &diag,
    );
    if diag.any() {
        return String::new();
    }
    pass::simplify_lowered(&mut lowered.graph);
    let active = ad::activity(&lowered.graph, &lowered.if_active, &diag);
    let mut forward = ad::forward(&lowered.graph, &active, crate::stages::Tangents::One).graph;
    pass::simplify(&mut forward);
    let mut reverse = ad::reverse(&lowered.graph, &lowered.output, &active).graph;
    pass::simplify(&mut reverse);
    format!(
        "-- the function\n{}\n-- forward mode\n{forward}\n-- reverse mode\n{reverse}\n",
        lowered.graph
    )
}

/// The code, formatted, without the attributes that every item has.
fn code(text: &str) -> String {
    let item = text.parse().expect("tokens");
    let tokens = driver::differentiate(proc_macro2::TokenStream::new(), item);
    match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(file) => {
            let text = prettyplease::unparse(&file);
            let mut lines = Vec::new();
            let mut inside = false;
            for line in text.lines() {
                inside |= line.trim_start().starts_with("#[allow(");
                if !inside {
                    lines.push(line);
                }
                inside &= !line.trim_end().ends_with(")]");
            }
            lines.join("\n") + "\n"
        }
        Err(_) => format!("{tokens}\n"),
    }
}

#[test]
fn stages_and_code_are_as_they_were() {
    for (name, text) in FUNCTIONS {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots");
        let found = format!(
            "{text}\n\n{}-- the code\n{}",
            stages(name, text),
            code(text)
        );
        expect_file![place.join(format!("{name}.txt"))].assert_eq(&found);
    }
}
