//! Products with factors that a loop does not change wait until it has ended; beside each loop where
//! they may, its neighbours where they may not.

use grad_runtime::differentiate;

/// Coordinate `i` of point `p`.
fn point(p: usize, i: usize) -> f64 {
    ((3 * p + i) as f64 * 0.37).sin()
}

fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|k| (k as f64 * 1.7 + 0.4).cos()).collect()
}

/// One factor, 3 by 3, and one mean.
#[differentiate]
pub fn one_factor(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for i in 0..3 {
            let at: f64 = point(p, i);
            centred[i] = at - x[9 + i];
            scaled[i] = 0.0;
        }
        for i in 0..3 {
            for j in 0..3 {
                scaled[i] += x[3 * i + j] * centred[j];
            }
        }
        for i in 0..3 {
            total += scaled[i].sin() * scaled[i];
        }
    }
    total
}

/// A triangle of a factor, and a mean, for each of two components.
#[differentiate]
pub fn a_factor_each(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut terms = vec![0.0; 2];
    let mut total = 0.0;
    for p in 0..n {
        for c in 0..2 {
            let triangle = &x[c * 3..(c + 1) * 3];
            let mean = &x[6 + c * 3..9 + c * 3];
            for i in 0..3 {
                let at: f64 = point(p, i);
                centred[i] = at - mean[i];
                scaled[i] = 1.5 * centred[i];
            }
            let mut next = 0;
            for i in 0..3 {
                for j in i + 1..3 {
                    scaled[j] += triangle[next] * centred[i];
                    next += 1;
                }
            }
            terms[c] = (scaled[0] * scaled[1]).sin() + scaled[2] * scaled[2];
        }
        total += terms[0] * terms[1];
    }
    total
}

/// Two loops between the points and the product.
#[differentiate]
pub fn two_indices(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 2];
    let mut scaled = vec![0.0; 2];
    let mut total = 0.0;
    for p in 0..n {
        for g in 0..2 {
            for c in 0..3 {
                let mean = &x[(g * 3 + c) * 2..(g * 3 + c + 1) * 2];
                for i in 0..2 {
                    let at: f64 = point(p, i);
                    centred[i] = at - mean[i];
                    scaled[i] = 0.0;
                }
                for i in 0..2 {
                    for j in 0..2 {
                        scaled[i] += x[12 + 4 * g + 2 * i + j] * centred[j];
                    }
                }
                for i in 0..2 {
                    let at: f64 = point(c, g);
                    total += (scaled[i] * at).exp();
                }
            }
        }
    }
    total
}

/// The factor depends on the point.
#[differentiate]
pub fn changing_factor(x: &[f64], n: usize) -> f64 {
    let mut factor = x[..9].to_vec();
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for i in 0..3 {
            let at: f64 = point(p, i);
            centred[i] = at - x[9 + i];
            scaled[i] = 0.0;
        }
        let at: f64 = point(p, 1);
        factor[p % 9] = at;
        for i in 0..3 {
            for j in 0..3 {
                scaled[i] += factor[3 * i + j] * centred[j];
            }
        }
        for i in 0..3 {
            total += scaled[i].sin() * scaled[i];
        }
    }
    total
}

/// The means depend on the point.
#[differentiate]
pub fn moving_mean(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for i in 0..3 {
            let at: f64 = point(p, i);
            centred[i] = at - x[9 + (i + p) % 3];
            scaled[i] = 0.0;
        }
        for i in 0..3 {
            for j in 0..3 {
                scaled[i] += x[3 * i + j] * centred[j];
            }
        }
        for i in 0..3 {
            total += scaled[i].sin() * scaled[i];
        }
    }
    total
}

/// Some points have no product.
#[differentiate]
pub fn some_points(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for i in 0..3 {
            let at: f64 = point(p, i);
            centred[i] = at - x[9 + i];
            scaled[i] = centred[i];
        }
        if p % 2 == 0 {
            for i in 0..3 {
                for j in 0..3 {
                    scaled[i] += x[3 * i + j] * centred[j];
                }
            }
        }
        for i in 0..3 {
            total += scaled[i].sin() * scaled[i];
        }
    }
    total
}

/// Only some of what is centred is scaled: what comes back is not all taken.
#[differentiate]
pub fn part_of_it(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for i in 0..3 {
            scaled[i] = 0.0;
        }
        for i in 0..1 + p % 3 {
            let at: f64 = point(p, i);
            centred[i] = at - x[9 + i];
        }
        for i in 0..3 {
            for j in 0..3 {
                scaled[i] += x[3 * i + j] * centred[j];
            }
        }
        for i in 0..3 {
            total += scaled[i].sin() * scaled[i];
        }
    }
    total
}

/// Each point's product goes on to the next.
#[differentiate]
pub fn carried(x: &[f64], n: usize) -> f64 {
    let mut state = vec![0.1; 3];
    let mut scaled = vec![0.0; 3];
    for p in 0..n {
        for i in 0..3 {
            let at: f64 = point(p, i);
            scaled[i] = at - x[9 + i];
        }
        for i in 0..3 {
            for j in 0..3 {
                scaled[i] += x[3 * i + j] * state[j];
            }
        }
        for i in 0..3 {
            state[i] = scaled[i].sin();
        }
    }
    state[0] * state[1] + state[2]
}

/// Stops early.
#[differentiate]
pub fn until_large(x: &[f64], n: usize) -> f64 {
    let mut centred = vec![0.0; 3];
    let mut scaled = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for i in 0..3 {
            let at: f64 = point(p, i);
            centred[i] = at - x[9 + i];
            scaled[i] = 0.0;
        }
        for i in 0..3 {
            for j in 0..3 {
                scaled[i] += x[3 * i + j] * centred[j];
            }
        }
        for i in 0..3 {
            total += scaled[i].sin() * scaled[i];
        }
        if total > 2.0 {
            break;
        }
    }
    total
}

agree! {
    the_product_comes_once: one_factor, accumulate_grad_one_factor, vjp_one_factor, jvp_one_factor; numbers(12), 5;
    no_point_no_place: one_factor, accumulate_grad_one_factor, vjp_one_factor, jvp_one_factor; numbers(2), 0;
    once_for_each_component: a_factor_each, accumulate_grad_a_factor_each, vjp_a_factor_each, jvp_a_factor_each; numbers(12), 4;
    once_for_each_pair: two_indices, accumulate_grad_two_indices, vjp_two_indices, jvp_two_indices; numbers(20), 3;
    not_where_the_factor_changes: changing_factor, accumulate_grad_changing_factor, vjp_changing_factor, jvp_changing_factor; numbers(12), 4;
    not_where_the_place_changes: moving_mean, accumulate_grad_moving_mean, vjp_moving_mean, jvp_moving_mean; numbers(12), 4;
    not_in_a_branch: some_points, accumulate_grad_some_points, vjp_some_points, jvp_some_points; numbers(12), 5;
    not_where_something_stays: part_of_it, accumulate_grad_part_of_it, vjp_part_of_it, jvp_part_of_it; numbers(12), 5;
    not_where_it_goes_on: carried, accumulate_grad_carried, vjp_carried, jvp_carried; numbers(12), 5;
    not_with_an_early_end: until_large, accumulate_grad_until_large, vjp_until_large, jvp_until_large; numbers(12), 9;
}
