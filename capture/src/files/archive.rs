//! A bundle as one file: a tar archive compressed with zstd. The same files give the same bytes.

use super::directory::is_bundle_file;
use super::{Existing, FilesError, temporary_beside, text_of};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// More than this, unpacked, is no bundle but an attack or an accident.
const MOST_BYTES: u64 = 4 << 30;

/// A good ratio at a speed that nobody notices.
const LEVEL: i32 = 9;

/// Reads the archive; directories in front of the files' names are dropped.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, FilesError> {
    let fail = |source| FilesError::Read { path: path.to_owned(), source };
    let refuse = |what: &str| FilesError::Refused { path: path.to_owned(), what: what.to_owned() };
    let mut file = File::open(path).map_err(fail)?;
    let mut magic = [0; 4];
    let is_zstd = file.read_exact(&mut magic).is_ok() && magic == [0x28, 0xb5, 0x2f, 0xfd];
    if !is_zstd {
        return Err(refuse("is no bundle: neither a directory nor a .tar.zst file"));
    }
    let file = File::open(path).map_err(fail)?;
    let unpacked = zstd::Decoder::new(file).map_err(fail)?.take(MOST_BYTES);
    let mut archive = tar::Archive::new(unpacked);
    let mut files = BTreeMap::new();
    for entry in archive.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().map_err(fail)?.file_name().map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name.filter(|name| is_bundle_file(name)) else { continue };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(fail)?;
        if files.insert(name.clone(), text_of(bytes)).is_some() {
            return Err(refuse(&format!("holds '{name}' twice; a bundle is one directory")));
        }
    }
    Ok(files)
}

/// Writes the archive beside its place and renames it.
pub(super) fn write(path: &Path, files: &BTreeMap<String, String>, existing: Existing) -> Result<(), FilesError> {
    let refuse = |what: &str| Err(FilesError::Refused { path: path.to_owned(), what: what.to_owned() });
    if let Ok(facts) = fs::symlink_metadata(path) {
        if !facts.is_file() {
            return refuse("is there already and is no file; choose another name");
        }
        if existing == Existing::Keep {
            return refuse("is there already; choose another name, or --force to replace it");
        }
    }
    let new = temporary_beside(path, "new");
    let written = fs::create_dir_all(path.parent().unwrap_or(Path::new("")))
        .and_then(|()| pack(&new, path, files))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|source| {
        // What is half written is nobody's bundle.
        let _ = fs::remove_file(&new);
        FilesError::Write { path: path.to_owned(), source }
    })
}

fn pack(new: &Path, path: &Path, files: &BTreeMap<String, String>) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(BufWriter::new(File::create_new(new)?), LEVEL)?;
    encoder.include_checksum(true)?;
    let mut archive = tar::Builder::new(encoder);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let directory = name.split(".t").next().filter(|stem| !stem.is_empty()).unwrap_or("bundle").to_owned();
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{directory}/{name}"), text.as_bytes())?;
    }
    let mut out = archive.into_inner()?.finish()?;
    out.flush()?;
    out.get_ref().sync_all()
}
