use grad_runtime::differentiate;

macro_rules! set {
    ($y:ident[$i:literal] = $v:expr) => {
        $y[$i] = $v
    };
}

macro_rules! add {
    ($y:ident, $v:expr) => {
        $y[0] += $v;
    };
}

macro_rules! stop {
    ($c:expr) => {
        if $c {
            return 0.0;
        }
    };
}

#[differentiate]
fn assigned(x: &mut [f64], k: f64) {
    set!(x[0] = k);
}

#[differentiate]
fn written(x: f64) -> f64 {
    let mut y = vec![x; 2];
    add!(y, x);
    y[0]
}

#[differentiate]
fn left(x: f64) -> f64 {
    stop!(x < 0.0);
    x * x
}

fn main() {}
