//! What every example does around its work: report how it went, and write files.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs an example on its options, shows its usage when there are none because help was asked
/// for, and turns an error into a message and an exit code.
pub fn run<O>(
    usage: &str,
    options: Result<Option<O>, impl Display>,
    work: impl FnOnce(&O) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    let outcome = match options {
        Ok(Some(options)) => work(&options),
        Ok(None) => {
            println!("{usage}");
            Ok(())
        }
        Err(error) => Err(format!("{error}\n{usage}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a file, in a folder made for it where there is none, and says so.
///
/// # Errors
/// When the folder or the file cannot be written; the message names it.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("{}: cannot make the folder: {error}", folder.display()))?;
    }
    fs::write(path, text).map_err(|error| format!("{}: cannot write: {error}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

/// What the examples that train can be told.
#[derive(Clone, Debug)]
pub struct TrainingOptions {
    /// The data to read.
    pub data: PathBuf,
    /// The folder for the checkpoints and the report.
    pub out: PathBuf,
    /// How many epochs at most.
    pub epochs: usize,
    /// Whether to go on from the checkpoint in the folder.
    pub resume: bool,
}

/// The options on the command line over the usual ones; none when help was asked for. Data without
/// a usual place must be given.
///
/// # Errors
/// When the command line is not understood.
pub fn training_options(
    data: Option<PathBuf>,
    out: &str,
    epochs: usize,
) -> Result<Option<TrainingOptions>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut options = TrainingOptions {
        data: PathBuf::new(),
        out: out.into(),
        epochs,
        resume: false,
    };
    let mut given = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("out") => options.out = parser.value()?.into(),
            Long("epochs") => options.epochs = parser.value()?.parse()?,
            Long("resume") => options.resume = true,
            Value(path) if given.is_none() => given = Some(PathBuf::from(path)),
            _ => return Err(argument.unexpected()),
        }
    }
    let Some(data) = given.or(data) else {
        return Err("the data is missing".into());
    };
    options.data = data;
    Ok(Some(options))
}

/// The one file that an example writes; none when help was asked for.
///
/// # Errors
/// When the command line is not understood.
pub fn file_option(usual: &str) -> Result<Option<PathBuf>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut given = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Value(path) if given.is_none() => given = Some(PathBuf::from(path)),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(given.unwrap_or_else(|| usual.into())))
}
