use grad_runtime::differentiate;

#[differentiate]
struct S;

fn main() {}
