use grad_runtime::differentiate;

macro_rules! shifted {
    ($name:ident, $x:ident, $body:expr) => {
        #[differentiate]
        fn $name($x: f64) -> f64 {
            let shift = 10.0 * $x;
            $body + shift
        }
    };
}

shifted!(f, shift, shift * 100.0);

fn main() {
    let _ = grad_f(1.0);
}
