//! Iterators that end at the first `None` or `Err`.

use grad_runtime::differentiate;

/// An `Option`.
#[differentiate]
pub fn try_fold(x: &[f64]) -> f64 {
    let r = x.iter().try_fold(1.0, |acc, v| {
        if *v > -5.0 {
            Some(acc * (v + 2.0))
        } else {
            None
        }
    });
    r.unwrap_or(0.0)
}

/// A `Result`.
#[differentiate]
pub fn try_fold_result(x: &[f64]) -> f64 {
    let r: Result<f64, String> = x.iter().try_fold(0.5, |acc: f64, &v| {
        if v.is_finite() {
            Ok(acc + v * v)
        } else {
            Err("bad".to_string())
        }
    });
    match r {
        Ok(v) => v.sqrt(),
        Err(_) => 0.0,
    }
}

/// Stops early.
#[differentiate]
pub fn try_for_each(x: &[f64]) -> f64 {
    let mut s = 0.0;
    let r: Option<()> = x.iter().try_for_each(|v| {
        if *v > 1.8 {
            return None;
        }
        s += v * v;
        Some(())
    });
    if r.is_some() { s } else { s * 3.0 }
}

/// `sum`.
#[differentiate]
pub fn sum_option(x: &[f64]) -> f64 {
    let s = x
        .iter()
        .map(|v| if *v > -3.0 { Some(v * v) } else { None })
        .sum::<Option<f64>>();
    s.unwrap_or(1.0)
}

/// By annotation.
#[differentiate]
pub fn sum_option_let(x: &[f64]) -> f64 {
    let s: Option<f64> = x
        .iter()
        .map(|v| if *v > 0.2 { Some(v.ln()) } else { None })
        .sum();
    match s {
        Some(v) => v,
        None => x[0],
    }
}

/// `sum` of results.
#[differentiate]
pub fn sum_result(x: &[f64]) -> f64 {
    let s: Result<f64, String> = x
        .iter()
        .map(|&v| {
            if v > -9.0 {
                Ok(v * v)
            } else {
                Err(String::from("neg"))
            }
        })
        .sum();
    s.unwrap()
}

/// `product`.
#[differentiate]
pub fn product_option(x: &[f64]) -> f64 {
    let s = x
        .iter()
        .map(|v| if *v > -3.0 { Some(v + 2.0) } else { None })
        .product::<Option<f64>>();
    s.unwrap_or(1.0)
}

/// `collect`.
#[differentiate]
pub fn collect_option(x: &[f64]) -> f64 {
    let v = x
        .iter()
        .map(|&v| if v > -3.0 { Some(v * v) } else { None })
        .collect::<Option<Vec<f64>>>();
    match v {
        Some(v) => v.iter().sum(),
        None => 0.0,
    }
}

/// By annotation.
#[differentiate]
pub fn collect_option_let(x: &[f64]) -> f64 {
    let v: Option<Vec<f64>> = x
        .iter()
        .map(|&v| if v > 0.0 { Some(v.sqrt()) } else { None })
        .collect();
    let Some(v) = v else { return x[0] * x[1] };
    v.iter().map(|a| a * a * a).sum()
}

/// `collect` of results.
#[differentiate]
pub fn collect_result(x: &[f64]) -> f64 {
    let v: Result<Vec<f64>, String> = x
        .iter()
        .map(|&v| {
            if v > -3.0 {
                Ok(v * v)
            } else {
                Err("x".to_string())
            }
        })
        .collect();
    v.unwrap().iter().product()
}

/// With `?`.
#[differentiate]
pub fn inner_q(y: &[f64]) -> Result<f64, String> {
    let v = y
        .iter()
        .map(|&v| {
            if v > -3.0 {
                Ok(v * v)
            } else {
                Err("x".to_string())
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    let w: Vec<f64> = y
        .iter()
        .map(|&v| inner_p(v))
        .collect::<Result<_, String>>()?;
    let t = y.iter().map(|&v| inner_p(v)).sum::<Result<f64, _>>()?;
    let u = y.iter().try_fold(0.0, |a, &v| inner_p(v).map(|b| a + b))?;
    y.iter().try_for_each(|v| {
        if *v > -9.0 {
            Ok(())
        } else {
            Err(String::new())
        }
    })?;
    Ok(v.iter().sum::<f64>() * t + w[0] + u)
}
/// With `?`.
#[differentiate]
pub fn inner_p(y: f64) -> Result<f64, String> {
    if y > -5.0 {
        Ok(y * y)
    } else {
        Err(format!("bad"))
    }
}
/// With `?`.
#[differentiate]
pub fn collect_result_q(x: &[f64]) -> f64 {
    inner_q(x).unwrap()
}

/// With `?`.
#[differentiate]
pub fn inner_o(y: &[f64]) -> Option<f64> {
    let v: Vec<f64> = y.iter().map(|&v| inner_s(v)).collect::<Option<_>>()?;
    let t: f64 = y.iter().map(|&v| inner_s(v)).sum::<Option<f64>>()?;
    let u = y.iter().try_fold(1.0, |a, &v| Some(a * inner_s(v)?))?;
    let m = y
        .iter()
        .copied()
        .map(inner_s)
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .fold(0.0, f64::max);
    Some(v.iter().sum::<f64>() * t + u + m)
}
/// With `?`.
#[differentiate]
pub fn inner_s(y: f64) -> Option<f64> {
    if y > -5.0 {
        Some((y + 6.0).sqrt())
    } else {
        None
    }
}
/// With `?`.
#[differentiate]
pub fn collect_option_q(x: &[f64]) -> f64 {
    inner_o(x).unwrap_or(0.0) + inner_o(&[-7.0]).unwrap_or(1.0)
}

#[test]
fn check_all() {
    each! {
        [0.313, 0.707, 1.117, 0.453, 1.929, 0.611], [1.523, 0.207, 0.941, 2.113, 0.357, 0.829], [0.517, -0.409, 1.237, -1.319, 0.761, 0.253];
        try_fold, value_and_grad_try_fold, jvp_try_fold;
        try_fold_result, value_and_grad_try_fold_result, jvp_try_fold_result;
        try_for_each, value_and_grad_try_for_each, jvp_try_for_each;
        sum_option, value_and_grad_sum_option, jvp_sum_option;
        sum_option_let, value_and_grad_sum_option_let, jvp_sum_option_let;
        sum_result, value_and_grad_sum_result, jvp_sum_result;
        product_option, value_and_grad_product_option, jvp_product_option;
        collect_option, value_and_grad_collect_option, jvp_collect_option;
        collect_option_let, value_and_grad_collect_option_let, jvp_collect_option_let;
        collect_result, value_and_grad_collect_result, jvp_collect_result;
        collect_result_q, value_and_grad_collect_result_q, jvp_collect_result_q;
        collect_option_q, value_and_grad_collect_option_q, jvp_collect_option_q;
    }
}
