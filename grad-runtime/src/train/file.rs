//! Files that are whole or not there.

use alloc::vec::Vec;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::FileError;

/// Writes a file so that at every moment, a crash or a full disk included, either the old file or
/// the new one is there, whole: under another name first, then to the disk, then renamed.
///
/// # Errors
/// When the file cannot be written; the old one is as it was then.
///
/// ```
/// use grad_runtime::train::write_atomically;
///
/// # let path = std::env::temp_dir().join(format!("grad-atomic-doc-{}", std::process::id()));
/// write_atomically(&path, b"all of it").unwrap();
/// assert_eq!(std::fs::read(&path).unwrap(), b"all of it");
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let part = part_of(path);
    let written = write_and_sync(&part, bytes).map_err(FileError::new("write", path));
    let outcome = written.and_then(|()| {
        fs::rename(&part, path).map_err(FileError::new("rename the new file to it", path))
    });
    match outcome {
        Ok(()) => sync_folder(path).map_err(FileError::new("write its folder", path)),
        Err(error) => {
            // It holds a part only, and room on the disk.
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

/// The name that a file has until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".part");
    path.with_file_name(name)
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename last through a crash of the machine. Only Unix lets folders be opened for that.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder, and those above it.
pub(super) fn make_folder(folder: &Path) -> Result<(), FileError> {
    fs::create_dir_all(folder).map_err(FileError::new("make the folder", folder))
}

/// The content of a file, or `None` where there is no such file.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new("read", path)(error)),
    }
}
