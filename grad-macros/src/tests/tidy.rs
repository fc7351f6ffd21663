//! The house rules that a machine can check: layers, a doc on every module, sizes of files, a
//! compile-fail case for every message.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;

use crate::diag::Problem;

/// What each layer may import of the crate beside itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("ir", &[]),
    ("pass", &["ir"]),
    ("ad", &["ir", "diag", "stages"]),
    (
        "front",
        &["ir", "checkpoint", "diag", "signature", "options", "stages"],
    ),
    (
        "emit",
        &["ir", "signature", "options", "operator", "stages"],
    ),
];

/// Files past 400 lines without a word on it in their documentation; to become fewer.
const LONG: &[&str] = &[
    "ad/forward.rs",
    "front/branch.rs",
    "front/iter/choose.rs",
    "front/iter/drive.rs",
    "ir/kind.rs",
    "ir/ops.rs",
    "pass/registers.rs",
    "rule.rs",
    "signature.rs",
    "ad/vjp/memory.rs",
    "emit/body.rs",
    "emit/graph.rs",
    "emit/jacobian.rs",
    "emit/rules.rs",
    "front/expr.rs",
    "front/loops.rs",
    "front/pattern.rs",
    "front/stmt.rs",
];

/// Problems that no compile-fail case shows: the reason stands beside each.
const UNSEEN: &[&str] = &[
    // The compiler itself takes no variadic function of Rust's.
    "Variadic",
    // Rare constructs that the front may still meet; the mutated inputs reach them.
    "Assignment",
    "BranchedReference",
    "MutableBorrow",
    "MutatedGuard",
    "Pattern",
    "Try",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file by its path from `src`, with its text.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut queue = vec![source()];
    while let Some(directory) = queue.pop() {
        for entry in fs::read_dir(directory).expect("the sources are there") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                queue.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                let name = path.strip_prefix(source()).expect("a file of the sources");
                found.push((name.display().to_string().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}

fn layer(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

/// Modules of the crate that a text names.
fn imports(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split("crate::").skip(1) {
        let end = part
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(part.len());
        if end == 0 {
            let inside = part
                .trim_start_matches('{')
                .split('}')
                .next()
                .unwrap_or_default();
            let heads = inside
                .split(',')
                .map(|item| item.trim().split("::").next().unwrap_or_default());
            names.extend(heads.map(ToOwned::to_owned));
        } else {
            names.push(part[..end].to_owned());
        }
    }
    names
}

#[test]
fn layers_import_only_what_is_below() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let Some((own, allowed)) = LAYERS.iter().find(|(own, _)| *own == layer(&file)) else {
            continue;
        };
        for name in imports(&text) {
            let fine = name == *own || allowed.contains(&name.as_str());
            let is_module = LAYERS.iter().any(|(layer, _)| *layer == name)
                || source().join(format!("{name}.rs")).exists();
            if is_module && !fine {
                faults.push(format!("{file} imports `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Only `front`, `emit`, the signature and the entry points know the user's syntax.
#[test]
fn the_middle_sees_no_syntax() {
    for (file, text) in files() {
        if matches!(layer(&file), "ir" | "ad" | "pass") {
            let names = |word: &str| {
                text.contains(&format!("use {word}")) || text.contains(&format!("{word}::"))
            };
            assert!(!names("syn") && !names("quote"), "{file} looks at syntax");
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    let bare: Vec<String> = files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(file, _)| file)
        .collect();
    assert!(bare.is_empty(), "no module documentation: {bare:?}");
}

#[test]
fn files_stay_short() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let docs: String = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        let lines = text.lines().count();
        if lines > 400
            && !docs.contains("400 lines")
            && !LONG.contains(&file.as_str())
            && !file.starts_with("tests/")
        {
            faults.push(format!("{file}: {lines} lines"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The longest piece of a message that no argument fills.
fn fixed_part(message: &str) -> &str {
    let parts = message.split("..");
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}

#[test]
fn every_message_has_a_case() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui");
    let mut shown = String::new();
    for entry in fs::read_dir(ui).expect("the cases are there") {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_some_and(|e| e == "stderr") {
            shown += &fs::read_to_string(path).expect("a readable file");
        }
    }
    let mut faults = Vec::new();
    for (name, problem) in Problem::each() {
        let case = shown.contains(fixed_part(&problem.texts().0));
        if !case && !UNSEEN.contains(&name) {
            faults.push(format!("`{name}` has no case under tests/ui"));
        }
        if case && UNSEEN.contains(&name) {
            faults.push(format!("`{name}` has a case: take it off the list"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// `UPDATE_EXPECT=1` writes the page anew.
#[test]
fn the_page_of_errors_is_the_table() {
    let mut page = "# What is rejected\n\nEvery error of the macros: what was found, and what to write instead. `..` stands for the name in question. The compiler shows it at the place in your source, and only where a derivative depends on it; `tests/ui` has a case of each.\n\n| error | help |\n|---|---|\n".to_owned();
    let cell = |text: String| text.replace('|', "\\|");
    for (_, problem) in Problem::each() {
        let (message, help) = problem.texts();
        page += &format!("| {} | {} |\n", cell(message), cell(help));
    }
    expect_file!["../../../docs/errors.md"].assert_eq(&page);
}
