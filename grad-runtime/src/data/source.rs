//! Bytes of a file, unpacked if it is gzipped.

use alloc::{boxed::Box, vec::Vec};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::{DataError, Place, Problem};

/// The first bytes of a gzipped file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that is read from start to end, and how far that has come.
pub(super) struct Source {
    path: PathBuf,
    reader: Box<dyn Read>,
    offset: u64,
}

/// The content of a file; a gzipped one is known by its first bytes, whatever its name.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, DataError> {
    let refused = |error| DataError::new(path, Problem::Open(error));
    let file = File::open(path).map_err(refused)?;
    // A folder can be opened on some systems, and fails when it is read.
    let mut file = BufReader::new(file);
    let start = file.fill_buf().map_err(refused)?;
    if start.starts_with(&GZIP) {
        Ok(Box::new(MultiGzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        Ok(Self {
            path: path.to_path_buf(),
            reader: open(path)?,
            offset: 0,
        })
    }

    /// The error of a problem at a byte.
    pub(super) fn refuse(&self, byte: u64, problem: Problem) -> DataError {
        DataError::at(&self.path, Place::Byte(byte), problem)
    }

    /// The next 4 bytes as a number, the most significant first.
    pub(super) fn word(&mut self) -> Result<u32, DataError> {
        let bytes = self.exactly(4)?;
        Ok(bytes
            .iter()
            .fold(0, |word, &byte| word << 8 | u32::from(byte)))
    }

    /// The next `count` bytes. Room is made as they come, so that a header that lies about their
    /// number costs nothing.
    pub(super) fn exactly(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let start = self.offset;
        let bytes = self.up_to(count)?;
        if (bytes.len() as u64) < count {
            let problem = Problem::Truncated {
                expected: start.saturating_add(count),
                found: self.offset,
            };
            return Err(self.refuse(self.offset, problem));
        }
        Ok(bytes)
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next `count` bytes, or all that are left if they are fewer.
    pub(super) fn up_to(&mut self, count: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let outcome = (&mut self.reader).take(count).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        match outcome {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.refuse(self.offset, Problem::Read(error))),
        }
    }

    /// Refuses whatever is left. Packed bytes that were damaged may unpack to more than they were:
    /// whether they were is known at their end, so that is looked for, but not beyond all bounds.
    pub(super) fn end(&mut self) -> Result<(), DataError> {
        const LOOKED_AT: u64 = 1 << 28;
        let expected = self.offset;
        let mut rest = (&mut self.reader).take(LOOKED_AT);
        match io::copy(&mut rest, &mut io::sink()) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.refuse(expected, Problem::Oversized { expected })),
            Err(error) => Err(self.refuse(expected, Problem::Read(error))),
        }
    }
}
