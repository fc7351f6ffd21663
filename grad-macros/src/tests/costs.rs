//! What the documentation of generated functions says they keep, for one function of each kind.
//!
//! `UPDATE_EXPECT=1 cargo test -p grad-macros costs` blesses what is there now.

use std::path::Path;

use expect_test::expect_file;

use crate::driver;

const FUNCTIONS: &[&str] = &[
    "fn straight(x: f64) -> f64 { x.exp().sin() }",
    "fn fused(a: &[f64]) -> f64 { let mut s = 0.0; for v in a { s += v.exp() * v; } s }",
    "fn carried(x: f64, n: usize) -> f64 { let mut p = x; for _ in 0..n { p = p.sin() * x; } p }",
    "fn single(x: f32, n: usize) -> f32 { let mut p = x; for _ in 0..n { p = p.sin() * x; } p }",
    "fn generic<T: Float>(x: T, n: usize) -> T { let mut p = x; for _ in 0..n { p = p.sin() * x; } p }",
    "fn branches(x: f64, n: usize) -> f64 { let mut p = x; for i in 0..n { if p > 0.5 { p = p.sin() * x; } else if i > 3 { p = p * p.exp() * x; } } p }",
    "fn until(x: f64) -> f64 { let mut p = x; while p > 1.0 { p = p.sqrt() * x.sin(); } p }",
    "fn nested(x: f64, n: usize) -> f64 { let mut p = x; for _ in 0..n { p = p.sin(); for _ in 0..3 { p = p.exp() - x; } } p }",
    "fn called(x: f64, n: usize) -> f64 { let mut p = g(x); for _ in 0..n { p = g(p) * h::k(x); } p }",
    "fn scratch(x: f64, n: usize) -> f64 { let mut a = [x; 4]; for _ in 0..n { let s = a[0].sin() * a[1]; for k in 0..4 { a[k] = s * a[k]; } } a[0] }",
    "fn checkpoints(x: f64, n: usize) -> f64 { let (mut p, mut q) = (x, 1.0); #[differentiate(checkpoint)] for _ in 0..n { p = p.sin() * q; q += p * x; } p }",
    "fn writes(x: &mut [f64], n: usize) -> f64 { let mut s = 1.0; for k in 0..n { s *= x[k]; x[k] = s; } s }",
];

/// The documentation of a generated function, from where it says what is kept.
fn memory(tokens: &syn::File, prefix: &str) -> Option<String> {
    let function = tokens.items.iter().find_map(|item| match item {
        syn::Item::Fn(function) if function.sig.ident.to_string().starts_with(prefix) => {
            Some(function)
        }
        _ => None,
    })?;
    let docs = function.attrs.iter().filter_map(|attr| {
        let syn::Meta::NameValue(pair) = &attr.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        }
    });
    let docs = docs.collect::<Vec<_>>().join("\n");
    let (_, memory) = docs.split_once("# Memory\n\n")?;
    Some(memory.to_owned())
}

#[test]
fn costs_are_stated() {
    let mut page = String::new();
    for text in FUNCTIONS {
        let tokens = driver::differentiate(
            proc_macro2::TokenStream::new(),
            text.parse().expect("tokens"),
        );
        let file = syn::parse2::<syn::File>(tokens).expect("items");
        page += &format!("{text}\n");
        for prefix in ["grad_", "vjp_"] {
            let memory = memory(&file, prefix).expect("the costs");
            page += &format!("\n{prefix}: {memory}\n");
        }
        page += "\n";
    }
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots/costs.txt");
    expect_file![place].assert_eq(&page);
}
