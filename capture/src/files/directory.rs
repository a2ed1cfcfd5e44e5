//! A bundle as a directory.

use super::{Existing, FilesError, temporary_beside, text_of};
use myexplain::catalog::bundle::KNOWN_FILES;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Reads the files of a directory that may belong to a bundle: known names, and data files that a later format may have added.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, FilesError> {
    let fail = |source| FilesError::Read { path: path.to_owned(), source };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_file = fs::metadata(entry.path()).is_ok_and(|facts| facts.is_file());
        if is_file && is_bundle_file(&name) {
            let bytes = fs::read(entry.path()).map_err(|source| FilesError::Read { path: entry.path(), source })?;
            files.insert(name, text_of(bytes));
        }
    }
    Ok(files)
}

/// Known files, and others of the kinds that bundles consist of.
pub(super) fn is_bundle_file(name: &str) -> bool {
    let data = [".tsv", ".jsonl", ".json", ".sql"].iter().any(|end| name.ends_with(end));
    KNOWN_FILES.contains(&name) || (data && !name.starts_with('.'))
}

/// Writes a directory beside its place and renames it.
pub(super) fn write(path: &Path, files: &BTreeMap<String, String>, existing: Existing) -> Result<(), FilesError> {
    let fail = |source| FilesError::Write { path: path.to_owned(), source };
    let occupied = occupied(path, existing)?;
    let new = temporary_beside(path, "new");
    let written = fs::create_dir_all(path.parent().unwrap_or(Path::new("")))
        .and_then(|()| fs::create_dir(&new))
        .and_then(|()| files.iter().try_for_each(|(name, text)| write_file(&new.join(name), text)));
    let placed = written.and_then(|()| if occupied { exchange(path, &new) } else { fs::rename(&new, path) });
    placed.map_err(|source| {
        // What is half written is nobody's bundle.
        let _ = fs::remove_dir_all(&new);
        fail(source)
    })
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut file = fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Puts the new directory in the place of the old one.
fn exchange(path: &Path, new: &Path) -> io::Result<()> {
    let old = temporary_beside(path, "old");
    fs::rename(path, &old)?;
    if let Err(error) = fs::rename(new, path) {
        fs::rename(&old, path)?;
        return Err(error);
    }
    fs::remove_dir_all(&old)
}

/// True if a bundle stands in the place that may be replaced; an error if something stands there that must be kept.
fn occupied(path: &Path, existing: Existing) -> Result<bool, FilesError> {
    let refuse = |what: String| Err(FilesError::Refused { path: path.to_owned(), what });
    let Ok(facts) = fs::symlink_metadata(path) else { return Ok(false) };
    if !facts.is_dir() {
        return refuse("is there already and is no directory; choose another name".to_owned());
    }
    let entries = fs::read_dir(path).map_err(|source| FilesError::Read { path: path.to_owned(), source })?;
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if names.is_empty() {
        return Ok(true);
    }
    if existing == Existing::Keep {
        return refuse("is there already; choose another name, or --force to replace it".to_owned());
    }
    match names.iter().find(|name| !is_bundle_file(name) || path.join(name).is_dir()) {
        Some(foreign) => refuse(format!("holds '{foreign}', which is no part of a bundle; choose another name")),
        None => Ok(true),
    }
}
