//! Two bundles as one.

use crate::files::BundleFiles;
use crate::pieces::{Pieces, Subject};
use myexplain::catalog::bundle::About;
use std::collections::BTreeSet;

/// The union of two bundles. What both know is taken from the later one, a table with all its statistics; captured answers are
/// added up, none twice.
pub fn merge(earlier: &BundleFiles, later: &BundleFiles) -> BundleFiles {
    let (first, second) = (Pieces::of(earlier), Pieces::of(later));
    let told: BTreeSet<Subject> = second.subjects().into_iter().collect();
    let mut union = Pieces::default();
    let names: BTreeSet<&String> = first.files.keys().chain(second.files.keys()).collect();
    for name in names {
        let mut file = first.files.get(name).cloned().unwrap_or_default();
        file.pieces.retain(|piece| !told.contains(&piece.subject));
        if let Some(more) = second.files.get(name) {
            let same_header = file.header.is_none() || file.pieces.is_empty() || file.header == more.header;
            if same_header {
                file.header = more.header.clone().or(file.header);
                file.pieces.extend(more.pieces.iter().cloned());
            } else {
                append_by_columns(&mut file, more);
            }
        }
        union.files.insert(name.clone(), file);
    }
    let mut merged = union.files(later, |_| true);
    merged.set_about(&about(earlier, later));
    merged
}

/// Lines of a file whose columns are others: each value goes to the column of its name.
fn append_by_columns(file: &mut crate::pieces::FilePieces, more: &crate::pieces::FilePieces) {
    let cut = |header: &Option<String>| -> Vec<String> {
        header.iter().flat_map(|header| header.split('\t')).map(str::to_owned).collect()
    };
    let (mut columns, theirs) = (cut(&file.header), cut(&more.header));
    let new: Vec<String> = theirs.iter().filter(|name| !columns.contains(name)).cloned().collect();
    for piece in &mut file.pieces {
        piece.text.push_str(&"\t\\N".repeat(new.len()));
    }
    columns.extend(new);
    for piece in &more.pieces {
        let fields: Vec<&str> = piece.text.split('\t').collect();
        let value =
            |name: &String| theirs.iter().position(|each| each == name).and_then(|at| fields.get(at)).copied().unwrap_or("\\N");
        let text = columns.iter().map(value).collect::<Vec<_>>().join("\t");
        file.pieces.push(crate::pieces::Piece { text, ..piece.clone() });
    }
    file.header = Some(columns.join("\t"));
}

fn about(earlier: &BundleFiles, later: &BundleFiles) -> About {
    let first = earlier.about().unwrap_or_default();
    let mut about = later.about().unwrap_or_default();
    about.format = about.format.max(first.format);
    about.made_by = about.made_by.or(first.made_by);
    about.server_version = about.server_version.or(first.server_version);
    about.captured_at = about.captured_at.or(first.captured_at);
    for (into, from) in [(&mut about.guesses, first.guesses), (&mut about.notes, first.notes)] {
        for text in from {
            if !into.contains(&text) {
                into.push(text);
            }
        }
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;
    use myexplain::catalog::bundle::load_files;

    fn files(texts: &[(&str, &str)]) -> BundleFiles {
        let mut files = BundleFiles::new("b");
        for (name, text) in texts {
            files.set(*name, *text);
        }
        files
    }

    #[test]
    fn merging_a_bundle_with_itself_changes_nothing_that_matters() {
        let sample = BundleFiles::sample();
        let merged = merge(&sample, &sample);
        for name in ["dives.jsonl", "rows.jsonl", "subqueries.jsonl", "innodb_index_stats.tsv", "column_statistics.jsonl"] {
            assert_eq!(merged.get(name), sample.get(name), "{name}");
        }
        assert_eq!(load_files(&merged).unwrap().schemas["employees"].tables.len(), 12);
    }

    #[test]
    fn the_later_table_wins_with_its_statistics() {
        let schema = "CREATE DATABASE `d`;\nUSE `d`;\nCREATE TABLE `t` (`a` int);\nCREATE TABLE `u` (`a` int);\n";
        let first = files(&[
            ("schema.sql", schema),
            ("innodb_table_stats.tsv", "database_name\ttable_name\tn_rows\nd\tt\t1\nd\tu\t2\n"),
            ("dives.jsonl", "{\"schema\":\"d\",\"table\":\"t\",\"index\":\"i\",\"ranges\":[\"a = 1\"],\"rows\":1}\n"),
        ]);
        let second = files(&[
            ("schema.sql", "CREATE TABLE `d`.`t` (`a` int, `b` int);\n"),
            ("innodb_table_stats.tsv", "database_name\ttable_name\tn_rows\tmore\nd\tt\t9\tx\n"),
            (
                "dives.jsonl",
                "{\"schema\":\"d\",\"table\":\"t\",\"index\":\"i\",\"ranges\":[\"a = 1\"],\"rows\":5}\n\
                             {\"schema\":\"d\",\"table\":\"t\",\"index\":\"i\",\"ranges\":[\"a = 2\"],\"rows\":6}\n",
            ),
        ]);
        let merged = merge(&first, &second);
        assert_eq!(
            merged.get("innodb_table_stats.tsv"),
            Some("database_name\ttable_name\tn_rows\tmore\nd\tu\t2\t\\N\nd\tt\t9\tx\n")
        );
        assert_eq!(merged.get("dives.jsonl").map(|text| text.lines().count()), Some(2));
        assert!(merged.get("dives.jsonl").is_some_and(|text| text.contains("\"rows\":5") && !text.contains("\"rows\":1")));
        let catalog = load_files(&files(&[("schema.sql", merged.get("schema.sql").unwrap())])).unwrap();
        assert_eq!(catalog.schemas["d"].tables["t"].columns.len(), 2);
    }
}
