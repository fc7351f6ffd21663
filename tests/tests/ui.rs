//! Every message of the macro, as the compiler shows it.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
