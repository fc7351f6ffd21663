//! Control flow: exits from anywhere, labels, `let else`, chains of conditions.

use grad_runtime::differentiate;

#[differentiate]
pub fn labelled(x: &[f64]) -> f64 {
    let mut total = 0.0;
    'rows: for i in 0..x.len() {
        let mut j = i;
        loop {
            if j >= x.len() {
                continue 'rows;
            }
            if x[j] > 2.0 {
                break 'rows;
            }
            total += x[i] * x[j];
            if total > 50.0 {
                return total * x[0];
            }
            j += 2;
        }
    }
    total
}

#[differentiate]
pub fn block_value(a: f64, b: f64) -> f64 {
    let v = 'found: {
        if a > b {
            break 'found a * a;
        }
        let c = a * b;
        if c > 1.0 {
            break 'found c.sin();
        }
        c + b
    };
    v * v + a
}

#[differentiate]
pub fn loop_value(a: f64, b: f64) -> f64 {
    let mut t = a;
    let mut n = 0;
    let r = loop {
        t = t * 0.5 + b;
        n += 1;
        if t < 2.0 * b + 0.1 {
            break t * n as f64;
        }
        if n > 20 {
            break -t;
        }
    };
    r * a
}

#[differentiate]
pub fn while_with_change(a: f64) -> f64 {
    let mut s = 0.0;
    let mut k = 0;
    while {
        k += 1;
        k < 5
    } {
        s += a.powi(k) / k as f64;
    }
    s
}

#[differentiate]
pub fn matches_values(n: usize, a: f64, b: f64) -> f64 {
    let mut acc = a;
    for k in 0..n {
        acc = match (k % 4, acc > b) {
            (0, _) => acc * b,
            (1, true) => acc - b,
            (1, false) => acc + a,
            (x @ 2..=3, _) if x == 2 => acc.sin(),
            _ => {
                if acc < -10.0 {
                    return acc;
                }
                continue;
            }
        };
    }
    acc
}

#[differentiate]
pub fn diverging_arms(a: f64, b: f64) -> f64 {
    let x = match a {
        v if v < 0.0 => return b * b,
        v if v > 10.0 => return v,
        v => v * b,
    };
    let y = if x > 1.0 { x } else { return x * a };
    y * y * b
}

#[differentiate]
pub fn nested_returns(x: &[f64]) -> f64 {
    let mut best = x[0];
    for i in 0..x.len() {
        for j in 0..i {
            let d = x[i] - x[j];
            if d * d < 1e-6 {
                return best * d;
            }
            if d > best {
                best = d * x[j];
            }
        }
    }
    best
}

#[differentiate]
pub fn newton(a: f64, b: f64) -> f64 {
    let mut x = 1.0 + a;
    for _ in 0..50 {
        let f = x * x * x - a * x - b;
        let g = 3.0 * x * x - a;
        let next = x - f / g;
        if (next - x).abs() < 1e-15 {
            return next;
        }
        x = next;
    }
    x
}

fn outer_helper(v: f64) -> f64 {
    v + 1.0
}

#[differentiate]
pub fn inactive_calls(a: f64, n: usize) -> f64 {
    let k = outer_helper(n as f64) as usize;
    let mut s = 0.0;
    for i in 0..k {
        s += a * i as f64;
    }
    s
}

#[test]
fn flow() {
    slice!(labelled, value_and_grad_labelled, jvp_labelled; [0.5, 1.5, -0.3, 1.1], [0.5, 3.0, 1.0], [1.9, 1.8, 1.7, 1.9, 1.8, 1.6, 1.9, 1.9, 1.9]);
    numbers!(block_value, value_and_grad_block_value, jvp_block_value, 2; [0.7, 1.9], [1.5, 0.4], [0.3, 0.6]);
    numbers!(loop_value, value_and_grad_loop_value, jvp_loop_value, 2; [7.3, 0.3], [0.1, 0.4]);
    numbers!(while_with_change, value_and_grad_while_with_change, jvp_while_with_change, 1; [0.7]);
    for n in 0..7 {
        let f = |a, b| matches_values(n, a, b);
        let g = |a, b| value_and_grad_matches_values(n, a, b);
        let j = |a, b, c, d| jvp_matches_values(n, a, b, c, d);
        numbers!(f, g, j, 2; [0.7, 1.9], [1.5, 0.4]);
    }
    numbers!(diverging_arms, value_and_grad_diverging_arms, jvp_diverging_arms, 2; [-0.7, 1.9], [11.0, 0.4], [2.0, 0.9], [0.2, 0.3]);
    slice!(nested_returns, value_and_grad_nested_returns, jvp_nested_returns; [0.5, 1.5, -0.3, 1.1], [0.5, 0.5000001, 1.0]);
    numbers!(newton, value_and_grad_newton, jvp_newton, 2; [0.7, 1.9]);
    assert_eq!(grad_inactive_calls(2.0, 3), 6.0);
}
