//! What takes no part in derivatives stands in differentiated functions as it does elsewhere: texts,
//! collections, output, other threads, code that is not written yet.

use std::collections::{BTreeMap, HashMap};

use grad_runtime::{Differentiable, differentiate};

/// Texts are compared and matched, as references, owned, and in fields.
#[differentiate]
fn by_name(x: f64, name: &str, owned: String, key: Option<&str>) -> f64 {
    let y = if name == "sin" || owned == name {
        x.sin()
    } else if name < "b" {
        x * x
    } else {
        3.0 * x
    };
    let z = match name {
        "exp" => x.exp(),
        "a" | "b" => x.cos(),
        _ => 1.0,
    };
    if key == Some("twice") {
        2.0 * y * z
    } else {
        y * z
    }
}

#[derive(Clone, Differentiable)]
struct Named {
    kind: String,
    scale: f64,
}

#[differentiate]
fn by_field(it: &Named, x: f64) -> f64 {
    let y = match it.kind.as_str() {
        "exp" => x.exp(),
        "sine" => x,
        _ => x * x,
    };
    if it.kind == "sin" {
        y * x.sin()
    } else {
        y * it.scale
    }
}

#[differentiate(wrt(x))]
fn looked_up(x: f64, table: &HashMap<String, f64>) -> f64 {
    let mut counts = BTreeMap::new();
    counts.insert(1, 2_usize);
    let mut text = String::new();
    for _ in 0..3 {
        text.push_str("ab");
        text += "c";
    }
    x.sin() * table["a"]
        + x * counts[&1] as f64
        + table.get("b").copied().unwrap_or(0.5) * text.len() as f64
}

#[differentiate]
fn shown(x: f64) -> f64 {
    let y = dbg!(x * x);
    dbg!(y.sin()) + dbg!(x)
}

#[differentiate]
fn threaded(x: f64) -> f64 {
    let other = std::thread::spawn(|| 3_usize);
    std::thread::sleep(std::time::Duration::from_micros(1));
    x.exp() * other.join().unwrap() as f64
}

#[differentiate]
fn sorted(v: &[f64]) -> f64 {
    let mut w = v.to_vec();
    w.sort_by(f64::total_cmp);
    w[0] * w[0] + 2.0 * w[1]
}

#[test]
fn texts() {
    for name in ["sin", "exp", "a", "b", "z"] {
        for key in [None, Some("twice"), Some("once")] {
            let (owned, x) = (String::from("z"), [0.7]);
            crate::check::check(
                name,
                &|x| by_name(x[0], name, owned.clone(), key),
                &|x| {
                    let (y, bar) = value_and_grad_by_name(x[0], name, owned.clone(), key);
                    (y, vec![bar])
                },
                &|x, d| jvp_by_name(x[0], name, owned.clone(), key, d[0]),
                &x,
            );
        }
    }
    for kind in ["exp", "sine", "sin", "q"] {
        let it = |scale| Named {
            kind: kind.to_owned(),
            scale,
        };
        crate::check::check(
            kind,
            &|x| by_field(&it(x[0]), x[1]),
            &|x| {
                let (y, (it, x)) = value_and_grad_by_field(&it(x[0]), x[1]);
                (y, vec![it.scale, x])
            },
            &|x, d| {
                let dot = NamedTangent {
                    scale: d[0],
                    kind: grad_runtime::NoTangent,
                };
                jvp_by_field(&it(x[0]), x[1], &dot, d[1])
            },
            &[1.3, 0.4],
        );
    }
}

#[test]
fn collections_output_threads() {
    let table = HashMap::from([("a".to_owned(), 2.0)]);
    crate::check::check(
        "looked_up",
        &|x| looked_up(x[0], &table),
        &|x| {
            let (y, bar) = value_and_grad_looked_up(x[0], &table);
            (y, vec![bar])
        },
        &|x, d| jvp_looked_up(x[0], &table, d[0]),
        &[0.3],
    );
    numbers!(shown, value_and_grad_shown, jvp_shown, 1; [0.3]);
    numbers!(threaded, value_and_grad_threaded, jvp_threaded, 1; [0.3]);
    slice!(sorted, value_and_grad_sorted, jvp_sorted; [0.3, -0.4, 2.0], [1.0, 2.0]);
}

/// Code that is not written yet compiles, callers with it, and says so when it runs.
mod unwritten {
    use super::{Differentiable, differentiate};

    #[derive(Clone, Differentiable)]
    pub struct Model {
        pub a: f64,
    }

    #[differentiate]
    impl Model {
        fn energy(&self, _x: f64) -> f64 {
            todo!("the energy")
        }
        fn forces(&self, _x: &[f64]) -> Vec<f64> {
            unimplemented!()
        }
        fn step(&mut self) {
            todo!()
        }
        fn both(&self) -> (f64, f64) {
            todo!()
        }
    }

    #[differentiate]
    pub fn total(model: &Model, x: f64) -> f64 {
        let mut own = model.clone();
        own.step();
        let (a, b) = own.both();
        own.energy(x) + own.a * a + b + own.forces(&[x])[0]
    }

    #[differentiate]
    pub fn later(_x: f64) -> f64 {
        todo!("later")
    }
}

#[test]
#[should_panic(expected = "not yet implemented: later")]
fn unwritten_functions_say_so() {
    let _ = unwritten::grad_later(1.0);
}

#[test]
#[should_panic(expected = "not yet implemented")]
fn unwritten_methods_say_so() {
    let _ = unwritten::grad_total(&unwritten::Model { a: 1.0 }, 1.0);
}
