//! Random programs compiled in one crate and checked against dual numbers.
//!
//! `cargo run -p grad-tests --example compiled_programs [programs] [inputs] [first seed] [edition]`
//!
//! Writes a crate to `target/compiled_programs`, builds and runs it. Programs that do not compile are
//! named with what the compiler says and left out: those that the macro rejects, and those whose
//! generated code is wrong. Ends with an error on any mismatch or wrong code.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use grad_tests::programs::{FUNCTIONS, LIBRARY, Shape, Source, TYPES, dual, plain, program};

const HEAD: &str = "#![allow(warnings)]
#![forbid(unsafe_code)]
use grad_runtime::{Differentiable, differentiate};
use grad_tests::compiled::*;
use grad_tests::dual::*;
use grad_tests::programs::Rng;

";

fn main() -> Result<(), Box<dyn Error>> {
    let number = |k: usize, default: u64| -> Result<u64, Box<dyn Error>> {
        Ok(std::env::args()
            .nth(k)
            .map_or(Ok(default), |text| text.parse())?)
    };
    let (programs, inputs, first) = (number(1, 200)?, number(2, 50)?, number(3, 0)?);
    let edition = number(4, 2024)?;
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    let place = root.join("target/compiled_programs");
    fs::create_dir_all(place.join("src"))?;
    fs::write(place.join("Cargo.toml"), manifest(&root, edition))?;
    fs::copy(root.join("Cargo.lock"), place.join("Cargo.lock"))?;

    let mut sources: BTreeMap<u64, Vec<Source>> = (first..first + programs)
        .map(|seed| (seed, program(seed, &format!("p{seed}_"))))
        .collect();
    let mut faults = 0;
    loop {
        let (text, lines) = crate_text(&sources, inputs);
        fs::write(place.join("src/main.rs"), text)?;
        let errors = build(&place, &lines)?;
        if errors.is_empty() {
            break;
        }
        for (seed, message) in errors {
            if seed == u64::MAX {
                return Err(format!("the library does not compile: {message}").into());
            }
            sources.remove(&seed);
            let rejected = message.contains("help:");
            faults += usize::from(!rejected);
            println!(
                "{} {seed}: {message}",
                if rejected { "rejected" } else { "WRONG CODE" }
            );
        }
    }
    println!("{} of {programs} programs compile", sources.len());
    let status = Command::new(place.join("target/debug/compiled_programs")).status()?;
    if faults > 0 || !status.success() {
        return Err("mismatches or wrong code".into());
    }
    Ok(())
}

fn manifest(root: &Path, edition: u64) -> String {
    let root = root.display();
    format!(
        "[package]\nname = \"compiled_programs\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n\n[dependencies]\n\
         grad-runtime = {{ path = \"{root}/grad-runtime\" }}\ngrad-tests = {{ path = \"{root}/tests\" }}\n\n\
         [workspace]\n\n[profile.dev]\ndebug = 0\n"
    )
}

/// The first error of each program that does not compile.
fn build(place: &Path, lines: &[u64]) -> Result<BTreeMap<u64, String>, Box<dyn Error>> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--color=never"])
        .env("CARGO_TARGET_DIR", place.join("target"))
        .current_dir(place)
        .output()?;
    let mut errors = BTreeMap::new();
    if output.status.success() {
        return Ok(errors);
    }
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    for message in log.split("\nerror").skip(1) {
        let line = message.split("--> src/main.rs:").nth(1);
        let line = line.and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
        let seed = line.and_then(|line| lines.get(line - 1)).copied();
        if let Some(seed) = seed {
            let text: Vec<&str> = message.lines().take(14).collect();
            errors.entry(seed).or_insert(text.join("\n"));
        }
    }
    if errors.is_empty() {
        return Err(format!("the crate does not build:\n{log}").into());
    }
    Ok(errors)
}

/// The crate, and the program that each of its lines belongs to.
fn crate_text(sources: &BTreeMap<u64, Vec<Source>>, inputs: u64) -> (String, Vec<u64>) {
    let library: Vec<String> = FUNCTIONS.iter().map(|name| (*name).to_owned()).collect();
    let types = format!("{TYPES}{LIBRARY}");
    let own = plain(&types).replace("derive(Clone", "derive(Differentiable, Clone");
    let own = own.replace("∂∂", "#[differentiate(recursive)]\n");
    let own = own.replace('∂', "#[differentiate]\n");
    let reference = dual(&types, &library).replace('∂', "");
    let mut text = format!("{HEAD}{own}{reference}");
    let mut lines = vec![u64::MAX; text.lines().count()];
    let mut calls = String::new();
    for (seed, functions) in sources {
        let mut names = library.clone();
        names.extend(functions.iter().map(|f| f.name.clone()));
        let mut own = String::new();
        for function in functions {
            let _ = write!(own, "#[differentiate]\n{}", plain(&function.text));
            own += &dual(&function.text, &names);
        }
        if let Some(last) = functions.last() {
            own += &check_text(*seed, last, inputs);
            let _ = writeln!(calls, "    check_{seed}(&mut tally);");
        }
        lines.extend(own.lines().map(|_| *seed));
        text += &own;
    }
    let _ = write!(
        text,
        "fn main() {{\n    let mut tally = Tally::default();\n{calls}    tally.report();\n}}\n"
    );
    (text, lines)
}

fn owned(shape: Shape) -> String {
    match shape {
        Shape::Float | Shape::FloatMut | Shape::Unit => "f64".to_owned(),
        Shape::Point => "Point".to_owned(),
        Shape::State | Shape::StateMut => "State".to_owned(),
        Shape::Count => "usize".to_owned(),
        Shape::Flag => "bool".to_owned(),
        Shape::Slice | Shape::SliceMut | Shape::Vec => "Vec<f64>".to_owned(),
        Shape::Array(n) | Shape::ArrayRef(n) => format!("[f64; {n}]"),
        Shape::Pair => "(f64, f64)".to_owned(),
    }
}

/// The function that checks one program.
#[allow(clippy::too_many_lines, clippy::format_collect)] // the text of one function, top to bottom
fn check_text(seed: u64, function: &Source, inputs: u64) -> String {
    let name = &function.name;
    let numbered = || function.params.iter().enumerate();
    let active = |shape: &Shape| !matches!(shape, Shape::Count | Shape::Flag);
    let given = |letter: char, with: &dyn Fn(&Shape) -> bool| -> String {
        let args = numbered()
            .filter(|(_, shape)| with(shape))
            .map(|(k, shape)| match shape {
                Shape::Slice | Shape::ArrayRef(_) => format!("&{letter}{k}, "),
                _ => format!("{letter}{k}.clone(), "),
            });
        args.collect()
    };
    let args = given('a', &|_| true);
    // A tangent is a reference where the parameter is a sequence or a reference.
    let dots: String = numbered()
        .filter(|(_, shape)| active(shape))
        .map(|(k, shape)| match shape {
            Shape::Slice | Shape::ArrayRef(_) | Shape::Vec => format!("&d{k}, "),
            _ => format!("d{k}, "),
        })
        .collect();
    let lets = |letter: char,
                code: &dyn Fn(usize, &Shape) -> String,
                with: &dyn Fn(&Shape) -> bool|
     -> String {
        let lets = numbered().filter(|(_, shape)| with(shape));
        lets.map(|(k, shape)| format!("let {letter}{k} = {}; ", code(k, shape)))
            .collect()
    };
    let draws = lets(
        'a',
        &|_, shape| format!("<{}>::draw(&mut rng)", owned(*shape)),
        &|_| true,
    );
    let lifts = lets('b', &|k, _| format!("a{k}.lift(next, which)"), &|_| true);
    let units = lets('d', &|k, _| format!("a{k}.unit(next, which)"), &active);
    let gradient: Vec<String> = numbered()
        .filter(|(_, shape)| active(shape))
        .map(|(k, _)| format!("g{k}"))
        .collect();
    let pattern = match gradient.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    };
    let joined = |letter: char| -> String {
        let parts = numbered().filter(|(_, shape)| active(shape));
        let parts: Vec<String> = parts
            .map(|(k, _)| format!("{letter}{k}.floats()"))
            .collect();
        format!("[{}].concat()", parts.join(", "))
    };
    let shown: String = numbered().map(|(k, _)| format!("{{a{k}:?}} ")).collect();
    let mut text = format!(
        "fn check_{seed}(tally: &mut Tally) {{
    let mut rng = Rng::new({seed});
    for _ in 0..{inputs} {{
        {draws}
        tally.begin(\"{name}\", &format!(\"{shown}\"));
        let value = {name}({args});
        let values = value.floats();
        let inputs = {all}.len();
        let dual = |which: usize| {{ let next = &mut 0; {lifts} {name}_dual({lifted}).parts() }};
        let Some(reference) = tally.reference(&values, inputs, dual) else {{ continue }};
        for which in 0..inputs {{
            let next = &mut 0;
            {units}
            let (found, tangent) = jvp_{name}({args} {dots});
            tally.value(\"forward mode\", &values, &found.floats());
            tally.column(&reference, which, &tangent.floats());
        }}
        for row in 0..values.len() {{
            let (found, pull) = vjp_{name}({args});
            tally.value(\"reverse mode\", &values, &found.floats());
            let {pattern} = pull(value.unit(&mut 0, row));
            tally.row(\"reverse mode\", &reference, row, 1.0, &{row});
        }}
",
        lifted = given('b', &|_| true),
        all = joined('a'),
        row = joined('g'),
    );
    if function.result == Shape::Float {
        let places: String = numbered()
            .filter(|(_, shape)| active(shape))
            .map(|(k, _)| format!("&mut z{k}, "))
            .collect();
        let zeros: String = numbered()
            .filter(|(_, shape)| active(shape))
            .map(|(k, _)| format!("let mut z{k} = a{k}.unit(&mut 0, usize::MAX - 1); "))
            .collect();
        let _ = write!(
            text,
            "        let (found, {pattern}) = value_and_grad_{name}({args});
        tally.value(\"value_and_grad\", &values, &found.floats());
        tally.row(\"value_and_grad\", &reference, 0, 1.0, &{row});
        {zeros}
        for _ in 0..2 {{ accumulate_grad_{name}({args} -0.75, {places}); }}
        tally.row(\"accumulate_grad\", &reference, 0, -1.5, &{summed});
",
            row = joined('g'),
            summed = joined('z'),
        );
    }
    text + "    }\n}\n"
}
