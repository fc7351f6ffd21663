//! How long the macro itself takes, without what the compiler does with its output.

use std::time::{Duration, Instant};

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::mutations::items;
use crate::driver;

/// Run it by hand: `cargo test --release -p grad-macros --lib -- --ignored --nocapture times`.
#[test]
#[ignore = "prints times, which depend on the machine"]
fn times_of_expansion() {
    let mut times: Vec<(Duration, String)> = Vec::new();
    for item in items() {
        let name = match &item {
            syn::Item::Fn(item) => item.sig.ident.to_string(),
            syn::Item::Impl(item) => format!("impl {}", item.self_ty.to_token_stream()),
            syn::Item::Trait(item) => item.ident.to_string(),
            _ => continue,
        };
        let tokens = item.to_token_stream();
        let once = || {
            let start = Instant::now();
            let output = driver::differentiate(TokenStream::new(), tokens.clone());
            assert!(!output.is_empty());
            start.elapsed()
        };
        let fastest = (0..5).map(|_| once()).min().unwrap_or_default();
        times.push((fastest, name));
    }
    times.sort();
    let (median, worst) = (&times[times.len() / 2], &times[times.len() - 1]);
    println!("{} items", times.len());
    println!(
        "median {:?} ({}), worst {:?} ({})",
        median.0, median.1, worst.0, worst.1
    );
}
