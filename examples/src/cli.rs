//! What every example does around its work: report how it went, and write files.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::path::Path;
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
