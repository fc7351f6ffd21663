//! Runs `ADBench`'s objectives and their Jacobians on text files, checks them against references and
//! times them.
//!
//! ```text
//! cargo run --release --example adbench
//! cargo run --release --example adbench -- gmm FILE --check REFERENCE.csv --json
//! ```

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use grad_examples::adbench::measure::{Times, peak_memory};
use grad_examples::adbench::reference::Reference;
use grad_examples::adbench::work::{Kind, Work};
use grad_examples::cli;
use lexopt::{Arg, Parser, ValueExt};

const USAGE: &str = "\
usage: adbench [gmm|ba|lstm|hand] [PATH] [options]

PATH is a file, or a folder whose files are run one after another; without it the files that come
with the example. Where the kind is not given, it is told from the path.

options:
  --check REFERENCE  compare with this file, or with the files of this folder
                     (gmm/1k/x.txt with gmm__1k__x.csv); a folder `reference` inside PATH
                     is used without being named
  --repeat N         rounds to take medians of (default 11)
  --model FOLDER     the model of the hand (default: the folder `model` beside the file)
  --json             a JSON object for each file, one a line
  --help             print this";

struct Options {
    kind: Option<Kind>,
    path: PathBuf,
    check: Option<PathBuf>,
    model: Option<PathBuf>,
    repeat: usize,
    json: bool,
}

fn main() -> ExitCode {
    cli::run(USAGE, parse(Parser::from_env()), run)
}

/// The options; `None` where help was asked for.
fn parse(mut parser: Parser) -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        kind: None,
        path: PathBuf::new(),
        check: None,
        model: None,
        repeat: 11,
        json: false,
    };
    let mut words = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("check") => options.check = Some(parser.value()?.into()),
            Arg::Long("model") => options.model = Some(parser.value()?.into()),
            Arg::Long("repeat") => options.repeat = parser.value()?.parse()?,
            Arg::Long("json") => options.json = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Value(word) if words.len() < 2 => words.push(word),
            _ => return Err(argument.unexpected()),
        }
    }
    if options.repeat == 0 {
        return Err("--repeat must not be 0".into());
    }
    let mut words = words.into_iter().peekable();
    options.kind = words.peek().and_then(|word| Kind::named(word));
    if options.kind.is_some() {
        words.next();
    }
    options.path = words.next().map_or_else(data, PathBuf::from);
    match words.next() {
        Some(word) => Err(Arg::Value(word).unexpected()),
        None => Ok(Some(options)),
    }
}

/// The files that come with the example.
fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("adbench/data")
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let files = if options.path.is_dir() {
        let files = files_in(options)?;
        if files.is_empty() {
            return Err(format!("{}: no problem is here", options.path.display()).into());
        }
        files
    } else {
        let kind = options.kind.or_else(|| Kind::of_path(&options.path));
        let kind = kind.ok_or_else(|| {
            let path = options.path.display();
            format!("{path}: of which kind is it? Say gmm, ba, lstm or hand before it")
        })?;
        vec![(kind, options.path.clone())]
    };
    let mut failed = 0;
    for (kind, path) in &files {
        if let Err(error) = run_file(*kind, path, options) {
            if files.len() == 1 {
                return Err(error);
            }
            eprintln!("error: {error}");
            failed += 1;
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} of {} files failed", files.len()).into()),
    }
}

/// The problems in a folder and the folders in it, in the order of their names.
fn files_in(options: &Options) -> Result<Vec<(Kind, PathBuf)>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut folders = vec![options.path.clone()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error| format!("{}: cannot be read: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                // A model is read with the problem that uses it.
                if path.file_name().is_some_and(|name| name != "model") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "txt") {
                let kind = Kind::of_path(path.strip_prefix(&options.path).unwrap_or(&path));
                let kind = kind.or_else(|| Kind::of_path(&path));
                let wanted = kind.filter(|kind| options.kind.is_none_or(|only| only == *kind));
                files.extend(wanted.map(|kind| (kind, path)));
            }
        }
    }
    files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(files)
}

/// The reference of a file, where there is one to compare with.
fn reference_of(path: &Path, options: &Options) -> Result<Option<Reference>, Box<dyn Error>> {
    let folder = match &options.check {
        Some(file) if !file.is_dir() => return Ok(Some(Reference::read(file)?)),
        Some(folder) => folder.clone(),
        None => options.path.join("reference"),
    };
    // The name holds the folders below the data's root: the longest that there is counts.
    let mut name = String::new();
    let mut found = None;
    for part in path.with_extension("").iter().rev() {
        let part = part.to_string_lossy();
        name = match name.as_str() {
            "" => part.into_owned(),
            rest => format!("{part}__{rest}"),
        };
        let file = folder.join(format!("{name}.csv"));
        if file.is_file() {
            found = Some(file);
        }
    }
    match found {
        Some(file) => Ok(Some(Reference::read(&file)?)),
        None if options.check.is_some() => Err(format!(
            "{}: no reference is in {}",
            path.display(),
            folder.display()
        )
        .into()),
        None => Ok(None),
    }
}

/// The largest differences from a reference.
struct Checked {
    generated: f64,
    by_hand: f64,
}

fn run_file(kind: Kind, path: &Path, options: &Options) -> Result<(), Box<dyn Error>> {
    let reference = reference_of(path, options)?;
    let mut work = kind.read(path, options.model.as_deref())?;
    let memory_read = peak_memory();
    let checked = match reference {
        Some(reference) => Some(check(work.as_mut(), &reference, path)?),
        None => None,
    };
    let times = Times::of(work.as_mut(), options.repeat);
    let report = Report {
        kind,
        path,
        checked,
        times,
        memory_read,
        memory: peak_memory(),
    };
    let report = if options.json {
        report.json()
    } else {
        report.text()
    };
    // Not `print!`, which panics where a pipe is closed.
    io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

fn check(work: &mut dyn Work, reference: &Reference, path: &Path) -> Result<Checked, String> {
    let path = path.display();
    work.jacobian_by_hand();
    let by_hand = reference
        .check(work)
        .map_err(|error| format!("{path}: written by hand: {error}"))?;
    work.jacobian();
    let generated = reference
        .check(work)
        .map_err(|error| format!("{path}: {error}"))?;
    work.objective();
    let objective = reference
        .check(work)
        .map_err(|error| format!("{path}: the objective alone: {error}"))?;
    Ok(Checked {
        generated: generated.max(objective),
        by_hand,
    })
}

/// What there is to say of a file.
struct Report<'a> {
    kind: Kind,
    path: &'a Path,
    checked: Option<Checked>,
    times: Times,
    /// The peak memory when the file was read, in bytes.
    memory_read: Option<u64>,
    /// The peak memory in the end.
    memory: Option<u64>,
}

impl Report<'_> {
    fn text(&self) -> String {
        let times = &self.times;
        let mut out = format!("{} {}\n", self.kind.name(), self.path.display());
        let mut row = |name: &str, seconds: f64, ratio: f64| {
            let _ = writeln!(out, "  {name:10} {:12.3} us   {ratio:6.2}", seconds * 1e6);
        };
        row("objective", times.objective, 1.0);
        row("jacobian", times.jacobian, times.ratio);
        row("by hand", times.by_hand, times.by_hand_ratio);
        if let Some(checked) = &self.checked {
            let _ = writeln!(
                out,
                "  agrees with the reference to {:.1e}, by hand to {:.1e}",
                checked.generated, checked.by_hand
            );
        }
        if let (Some(read), Some(memory)) = (self.memory_read, self.memory) {
            let _ = writeln!(
                out,
                "  peak memory {} KiB, {} KiB when the file was read",
                memory / 1024,
                read / 1024
            );
        }
        out
    }

    fn json(&self) -> String {
        let real =
            |value: Option<f64>| value.map_or("null".to_owned(), |value| format!("{value:e}"));
        let whole = |value: Option<u64>| value.map_or("null".to_owned(), |value| value.to_string());
        let (times, checked) = (&self.times, self.checked.as_ref());
        let fields = [
            ("kind", quoted(self.kind.name())),
            ("file", quoted(&self.path.to_string_lossy())),
            ("objective_seconds", format!("{:e}", times.objective)),
            ("jacobian_seconds", format!("{:e}", times.jacobian)),
            ("by_hand_seconds", format!("{:e}", times.by_hand)),
            ("ratio", format!("{:.4}", times.ratio)),
            ("by_hand_ratio", format!("{:.4}", times.by_hand_ratio)),
            ("difference", real(checked.map(|checked| checked.generated))),
            (
                "by_hand_difference",
                real(checked.map(|checked| checked.by_hand)),
            ),
            ("peak_memory_bytes", whole(self.memory)),
            ("peak_memory_when_read_bytes", whole(self.memory_read)),
        ];
        let fields = fields.map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}\n", fields.join(","))
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
