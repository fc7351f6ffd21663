//! Files in a folder, under the names that they usually have.

use alloc::string::String;
use std::fs;
use std::path::{Path, PathBuf};

use super::{DataError, Problem};

/// The first of a file's usual names that is there. A link that leads nowhere counts: it has an
/// error of its own when it is opened.
pub(super) fn find(folder: &Path, names: &[String]) -> Result<PathBuf, DataError> {
    fs::read_dir(folder).map_err(|error| DataError::new(folder, Problem::Folder(error)))?;
    let mut paths = names.iter().map(|name| folder.join(name));
    let found = paths.find(|path| fs::symlink_metadata(path).is_ok());
    found.ok_or_else(|| {
        let names = names.join(", ");
        DataError::new(folder, Problem::NotFound { names })
    })
}
