//! Maps that hold floats: filled, read and changed by key, iterated over, passed and returned.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn sums_by_key(x: &[f64]) -> f64 {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    for (i, v) in x.iter().enumerate() {
        *sums.entry(i % 2).or_insert(0.0) += v * v;
        sums.entry(i % 3).and_modify(|sum| *sum *= v).or_insert(*v);
    }
    sums.iter().map(|(k, v)| v / (*k as f64 + 1.0)).sum::<f64>() * sums[&0]
}

#[differentiate]
pub fn by_name(x: &[f64]) -> f64 {
    let mut rates: HashMap<String, f64> = HashMap::new();
    for (name, v) in ["a", "b", "a"].iter().zip(x) {
        if let Some(rate) = rates.get_mut(*name) {
            *rate *= v;
        } else {
            rates.insert(name.to_string(), v * v);
        }
    }
    let fixed = HashMap::from([("a", 0.5), ("b", 2.0)]);
    let removed = rates.remove("b").unwrap_or(x[0]);
    rates["a"] * fixed["a"] + removed * rates.get("c").copied().unwrap_or(x[2])
}

#[differentiate]
pub fn groups(x: &[f64]) -> f64 {
    let mut groups: HashMap<i32, Vec<f64>> = HashMap::new();
    for v in x {
        groups.entry(v.floor() as i32).or_default().push(v * x[0]);
    }
    let mut keys: Vec<i32> = groups.keys().copied().collect();
    keys.sort_unstable();
    let products = keys
        .iter()
        .map(|k| groups[k].iter().product::<f64>() * *k as f64);
    let mut means: BTreeMap<i32, (f64, usize)> = BTreeMap::new();
    for v in x {
        let entry = means.entry(v.floor() as i32).or_insert((0.0, 0));
        entry.0 += v.sin();
        entry.1 += 1;
    }
    products.sum::<f64>() + means.values().map(|(s, n)| s * s / *n as f64).sum::<f64>()
}

#[differentiate]
pub fn iterated(x: &[f64]) -> f64 {
    let mut all: BTreeMap<usize, f64> = x.iter().copied().enumerate().collect();
    for (k, v) in &mut all {
        *v += *k as f64 * x[0];
    }
    for v in all.values_mut() {
        *v *= x[1];
    }
    let before = all.insert(1, x[2] * x[2]).unwrap_or(x[0]);
    all.extend(x.iter().map(|v| v.exp()).enumerate().skip(1).take(1));
    let seen: f64 = all
        .iter()
        .filter(|(k, v)| **k > 0 && **v > -9.0)
        .map(|(_, v)| v * v)
        .sum();
    all.retain(|k, v| *k != 2 || *v > 0.0);
    let range: f64 = all.range(0..2).map(|(_, v)| v * before).sum();
    let mut total = seen + range;
    for (k, v) in all {
        total *= v + k as f64;
    }
    total
}

#[differentiate]
fn raise(map: &mut BTreeMap<(usize, usize), f64>, key: (usize, usize), by: f64) {
    *map.entry(key).or_insert(1.0) *= by;
}

#[differentiate]
fn weighted(map: &BTreeMap<(usize, usize), f64>, weight: f64) -> f64 {
    map.iter()
        .map(|((i, j), v)| v * weight * (i + 2 * j) as f64)
        .sum()
}

#[differentiate]
pub fn passed(x: &[f64]) -> f64 {
    let mut map = BTreeMap::new();
    for (i, v) in x.iter().enumerate() {
        raise(&mut map, (i % 2, 1), *v);
        raise(&mut map, (0, i), v * v);
    }
    weighted(&map, x[1])
}

#[derive(Differentiable, Clone)]
pub struct Curve {
    pub rates: BTreeMap<u32, f64>,
    pub shift: f64,
}

#[differentiate]
fn value(curve: &Curve) -> f64 {
    let mut total = 0.0;
    let rates: &BTreeMap<u32, f64> = &curve.rates;
    for (year, rate) in rates {
        total += (-(rate + curve.shift) * *year as f64).exp();
    }
    total
}

/// Keys, counts and indices have no derivative.
#[differentiate]
pub fn counted(x: &[f64]) -> f64 {
    let mut counts: HashMap<i32, usize> = HashMap::new();
    for v in x {
        *counts.entry(v.floor() as i32).or_insert(0) += 1;
    }
    let kinds: HashSet<i32> = x.iter().map(|v| v.floor() as i32).collect();
    let places: BTreeSet<usize> = [2usize, 0, 2].iter().copied().collect();
    let none: [f64; 0] = [];
    let some: f64 = places.iter().map(|i| x[*i] * x[*i]).sum();
    some * counts.len() as f64 * kinds.len() as f64 + none.iter().sum::<f64>()
}

#[test]
fn maps() {
    each! {
        [1.3, 0.7, 2.1], [-0.6, 1.9, -0.3], [0.4, -1.1, 0.9];
        sums_by_key, value_and_grad_sums_by_key, jvp_sums_by_key;
        by_name, value_and_grad_by_name, jvp_by_name;
        groups, value_and_grad_groups, jvp_groups;
        iterated, value_and_grad_iterated, jvp_iterated;
        passed, value_and_grad_passed, jvp_passed;
        counted, value_and_grad_counted, jvp_counted;
    }
}

#[test]
fn the_gradient_by_a_map_is_a_map() {
    let curve = Curve {
        rates: BTreeMap::from([(1, 0.02), (5, 0.03)]),
        shift: 0.01,
    };
    let gradient = grad_value(&curve);
    let discount = |rate: f64, year: f64| (-(rate + 0.01) * year).exp();
    let expected = [-discount(0.02, 1.0), -5.0 * discount(0.03, 5.0)];
    let found = gradient.rates.values();
    assert!(found.zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!((gradient.shift - expected[0] - expected[1]).abs() < 1e-12);
}
