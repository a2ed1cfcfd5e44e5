//! The files of a bundle, held in memory by name: read from a directory or a `.tar.zst` file, written back as either.

mod archive;
mod directory;

use myexplain::catalog::bundle::{ABOUT_FILE, About, Files};
use myexplain::error::InputError;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Why a bundle could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The bundle's place cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The place.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bundle's place cannot be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The place.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What stands there is no bundle, or must not be overwritten.
    #[error("{path}: {what}", path = path.display())]
    Refused {
        /// The place.
        path: PathBuf,
        /// What is wrong and what to do.
        what: String,
    },
}

/// What to do where a bundle is to be written and one stands there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and refuse.
    Keep,
    /// Put the new one in its place. Anything that is no bundle is kept even so.
    Replace,
}

/// The files of a bundle by name, in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleFiles {
    /// Where they were read from: error messages name it.
    origin: PathBuf,
    files: BTreeMap<String, String>,
}

impl BundleFiles {
    /// No file yet. Messages about its content name `origin`.
    pub fn new(origin: impl Into<PathBuf>) -> BundleFiles {
        BundleFiles { origin: origin.into(), files: BTreeMap::new() }
    }

    /// The built-in employees bundle.
    pub fn sample() -> BundleFiles {
        let mut files = BundleFiles::new("(built-in employees bundle)");
        for (name, text) in myexplain::catalog::bundle::sample_files() {
            files.set(*name, *text);
        }
        files
    }

    /// Reads a bundle: a directory, or a tar archive compressed with zstd, whatever its name.
    pub fn read(path: &Path) -> Result<BundleFiles, FilesError> {
        let read = |source| FilesError::Read { path: path.to_owned(), source };
        let files = if std::fs::metadata(path).map_err(read)?.is_dir() { directory::read(path) } else { archive::read(path) }?;
        Ok(BundleFiles { origin: path.to_owned(), files })
    }

    /// Writes a bundle: one compressed file if the path ends in `.tar.zst`, else a directory. Either is there whole or not at
    /// all: it is written beside its place and then renamed.
    pub fn write(&self, path: &Path, existing: Existing) -> Result<(), FilesError> {
        if path.file_name().is_none() {
            return Err(FilesError::Refused { path: path.to_owned(), what: "is no name of a file or directory".to_owned() });
        }
        if is_archive_name(path) {
            archive::write(path, &self.files, existing)
        } else {
            directory::write(path, &self.files, existing)
        }
    }

    /// Names of the files, in order.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The text of a file.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// Adds or replaces a file.
    pub fn set(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.files.insert(name.into(), text.into());
    }

    /// Takes a file out.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.files.remove(name)
    }

    /// Where the files were read from.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// What `bundle.json` says, or what its absence means.
    pub fn about(&self) -> Result<About, InputError> {
        let Some(text) = self.get(ABOUT_FILE) else { return About::read("{}").map_err(|problem| self.problem(problem)) };
        About::read(text).map_err(|problem| self.problem(problem))
    }

    fn problem(&self, (line, what): (usize, String)) -> InputError {
        InputError::Content { path: self.path(ABOUT_FILE), line, what }
    }

    /// Writes `bundle.json`.
    pub fn set_about(&mut self, about: &About) {
        self.set(ABOUT_FILE, about.text());
    }
}

impl Files for BundleFiles {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        Ok(self.get(name).map(Cow::Borrowed))
    }
    fn path(&self, name: &str) -> PathBuf {
        self.origin.join(name)
    }
    fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }
}

/// True if a bundle of this name is one compressed file.
pub fn is_archive_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    [".tar.zst", ".tzst", ".tar.zstd"].iter().any(|end| name.ends_with(end))
}

/// A name beside `path` that nobody else uses.
fn temporary_beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{what}-{}", std::process::id()))
}

/// Text of a file; bytes that are no UTF-8 are replaced.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
