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
    let pair = |k: f64| {
        for i in 0..n {
            if k > i as f64 {
                return [k, 1.0];
            }
        }
        [1.0, k]
    };
    pair(x)[0]
}

#[differentiate]
fn set_later(x: f64, n: usize) -> f64 {
    let mut s = x;
    for i in 0..n {
        let pair;
        if i % 2 == 0 {
            pair = [s, 1.0];
        } else {
            if s > 3.0 {
                continue;
            }
            pair = [1.0, x];
        }
        s += pair[0];
    }
    s
}

fn main() {}
