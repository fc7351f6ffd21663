//! Every message of the macro, as the compiler shows it, and what must compile and run.
//!
//! `UI=pass/names.rs cargo test -p grad-tests --test ui` runs one case.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    match std::env::var("UI") {
        Ok(one) if one.starts_with("pass") => cases.pass(one),
        Ok(one) => cases.compile_fail(one),
        Err(_) => {
            cases.pass("pass/*.rs");
            cases.compile_fail("ui/*.rs");
        }
    }
}
