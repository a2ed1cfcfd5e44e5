//! The smallest bundle that explains some statements as the whole one does: for a bug report.

use crate::files::BundleFiles;
use crate::pieces::{Pieces, Subject};
use crate::workload::Statement;
use myexplain::catalog::bundle;
use myexplain::explain::{json, note, traditional, tree};
use myexplain::planner::Planner;
use myexplain::planner::parallel::guarded;
use std::collections::BTreeSet;

/// What is left, and how much it was.
#[derive(Debug)]
pub struct Shrunk {
    /// The smaller bundle.
    pub files: BundleFiles,
    /// Pieces (tables, histograms, answers, variables …) before and after.
    pub pieces: (usize, usize),
    /// Bytes before and after.
    pub bytes: (usize, usize),
    /// Times that the statements were planned.
    pub trials: usize,
}

/// Drops pieces as long as every format of EXPLAIN and the notes stay the same for all statements.
///
/// # Errors
/// The bundle cannot be loaded, or a statement's settings are refused.
pub fn shrink(files: &BundleFiles, statements: &[Statement]) -> Result<Shrunk, String> {
    let wanted = explained(files, statements)?;
    let pieces = Pieces::of(files);
    let all = pieces.subjects();
    let mut kept: BTreeSet<Subject> = all.iter().cloned().collect();
    let mut trials = 0;
    let mut same = |kept: &BTreeSet<Subject>| {
        trials += 1;
        explained(&pieces.files(files, |subject| kept.contains(subject)), statements).is_ok_and(|now| now == wanted)
    };
    // Large shares first, then halves of them, until no single piece can go.
    let mut size = all.len().div_ceil(2).max(1);
    loop {
        let mut dropped = false;
        let candidates: Vec<Subject> = kept.iter().cloned().collect();
        for chunk in candidates.chunks(size) {
            let fewer: BTreeSet<Subject> = kept.iter().filter(|subject| !chunk.contains(subject)).cloned().collect();
            if same(&fewer) {
                kept = fewer;
                dropped = true;
            }
        }
        if size == 1 && !dropped {
            break;
        }
        size = size.div_ceil(2).min(kept.len().max(1));
        if kept.is_empty() {
            break;
        }
    }
    let mut shrunk = pieces.files(files, |subject| kept.contains(subject));
    drop_empty_files(&mut shrunk, statements, &wanted);
    let bytes = (size_of(files), size_of(&shrunk));
    Ok(Shrunk { files: shrunk, pieces: (all.len(), kept.len()), bytes, trials })
}

/// A file without lines says the same as no file, or it must stay.
fn drop_empty_files(files: &mut BundleFiles, statements: &[Statement], wanted: &[String]) {
    let names: Vec<String> = files.file_names().map(str::to_owned).collect();
    for name in names.iter().filter(|name| name.as_str() != "schema.sql") {
        let most = usize::from(name.ends_with(".tsv"));
        if files.get(name).is_some_and(|text| text.lines().count() > most) {
            continue;
        }
        let mut fewer = files.clone();
        fewer.remove(name);
        if explained(&fewer, statements).is_ok_and(|now| now == wanted) {
            *files = fewer;
        }
    }
}

fn size_of(files: &BundleFiles) -> usize {
    files.file_names().filter_map(|name| files.get(name)).map(str::len).sum()
}

/// What EXPLAIN prints for each statement in all formats, with its notes; an error's text for one that is refused.
fn explained(files: &BundleFiles, statements: &[Statement]) -> Result<Vec<String>, String> {
    let catalog = bundle::load_files(files).map_err(|error| error.to_string())?;
    let one = |statement: &Statement| -> Result<String, String> {
        let catalog = statement.under(&catalog)?;
        let text = guarded(|| match Planner::new(&catalog).plan(&statement.sql) {
            Ok(plan) => {
                let notes: Vec<String> =
                    note::diagnostics(&plan).into_iter().map(|note| format!("{} {}", note.code, note.text)).collect();
                [traditional::tsv(&plan), tree::render(&plan), json::render(&plan), notes.join("\n")].join("\n")
            }
            Err(error) => error.to_string(),
        });
        Ok(text.unwrap_or_else(|panic| panic))
    };
    statements.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_is_left_for_one_table() {
        let sample = BundleFiles::sample();
        let statements =
            [Statement::plain("SELECT first_name FROM employees WHERE hire_date < '1985-03-01' AND birth_date > '1960-01-01'")];
        let shrunk = shrink(&sample, &statements).unwrap();
        assert_eq!(explained(&shrunk.files, &statements), explained(&sample, &statements));
        let schema = shrunk.files.get("schema.sql").unwrap();
        assert_eq!(schema.matches("CREATE TABLE").count(), 1, "{schema}");
        assert!(shrunk.bytes.1 * 8 < shrunk.bytes.0, "{:?}", shrunk.bytes);
    }
}
