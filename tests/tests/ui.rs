//! Every message of the macro, as the compiler shows it.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail(std::env::var("UI").unwrap_or("ui/*.rs".into()));
}
