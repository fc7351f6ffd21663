use grad_runtime::differentiate;

#[differentiate]
fn blocks(x: f64) -> f64 {
    let a = unsafe { x };
    let b = async { x };
    drop(b);
    a
}

#[differentiate]
fn label(x: f64) -> f64 {
    loop {
        break 'outer;
    }
    x
}

#[differentiate]
fn assigned(x: f64) -> f64 {
    let mut a = [x, x];
    *{ &mut a[0] } = 1.0;
    a[0]
}

#[differentiate]
fn branched(x: f64, y: f64, c: bool) -> f64 {
    let (a, b) = ([x, 1.0], [y, 2.0]);
    let r = if c { &a } else { &b };
    r[0] * r[1]
}

#[differentiate]
fn borrowed(x: f64) -> f64 {
    let mut a = x;
    let r = &mut a;
    *r *= 2.0;
    a
}

#[differentiate]
fn guard(x: f64) -> f64 {
    let mut k = 0;
    let mut s = x;
    while {
        k += 1;
        k < 3
    } {
        s *= x;
    }
    s
}

#[differentiate]
fn by_parts(x: f64) -> f64 {
    let text = x.to_string();
    text.parse::<f64>().unwrap() * x
}

#[differentiate]
fn left_early(x: f64, n: usize) -> f64 {
    let mut i = 0;
    let pair = loop {
        if x > i as f64 || i == n {
            break [x, 1.0];
        }
        i += 1;
    };
    pair[0]
}

fn main() {}
