//! Where two bundles differ in what decides about plans.

use crate::files::BundleFiles;
use crate::pieces::{Pieces, Subject, owner};
use crate::tsv::Tsv;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// `schema`, `statistics`, `histogram`, `variable`, `cost`, `answers`.
    pub area: &'static str,
    /// What it is about.
    pub subject: String,
    /// The value in the first bundle; none if it is not there.
    pub before: Option<String>,
    /// The value in the second bundle; none if it is not there.
    pub after: Option<String>,
}

/// Statistics that are compared: file, columns that name the number, columns that hold it.
const NUMBERS: [(&str, &[&str], &[&str]); 4] = [
    ("innodb_table_stats.tsv", &["database_name", "table_name"], &["n_rows", "clustered_index_size", "sum_of_other_index_sizes"]),
    ("innodb_tablestats.tsv", &["name"], &["num_rows", "clust_index_size", "other_index_size"]),
    ("innodb_index_stats.tsv", &["database_name", "table_name", "index_name", "stat_name"], &["stat_value"]),
    ("innodb_cached_indexes.tsv", &["table_name", "index_name"], &["n_cached_pages"]),
];

/// All differences in order; numbers differ if one is more than `threshold` (0.1: ten percent) greater than the other.
pub fn diff(before: &BundleFiles, after: &BundleFiles, threshold: f64) -> Vec<Difference> {
    let mut found = Vec::new();
    let (first, second) = (by_subject(before), by_subject(after));
    let subjects: BTreeSet<&(&str, Subject)> = first.keys().chain(second.keys()).collect();
    let mut answers = (0, 0);
    for key in subjects {
        let (one, other) = (first.get(key), second.get(key));
        if one == other {
            continue;
        }
        let (area, subject) = match &key.1 {
            Subject::Answer(..) => {
                answers.0 += usize::from(one.is_some());
                answers.1 += usize::from(other.is_some());
                continue;
            }
            Subject::Schema(name) => ("schema", format!("database {name}")),
            Subject::Table(schema, name) => ("schema", format!("table {schema}.{name}")),
            Subject::Program(schema, name) => ("schema", format!("program {schema}.{name}")),
            Subject::Histogram(schema, table, column) => ("histogram", format!("{schema}.{table}.{column}")),
            Subject::Variable(name) => ("variable", name.clone()),
            Subject::Cost(_, name) => ("cost", name.trim().to_owned()),
        };
        let shown = |text: Option<&String>| text.map(|text| shown(area, text));
        let (one, other) = (shown(one), shown(other));
        if one != other {
            found.push(Difference { area, subject, before: one, after: other });
        }
    }
    numbers(before, after, threshold, &mut found);
    if answers != (0, 0) {
        let count = |number: usize| Some(format!("{number} that the other has not, or answers otherwise"));
        let subject = "dives, rows and subqueries".to_owned();
        found.push(Difference { area: "answers", subject, before: count(answers.0), after: count(answers.1) });
    }
    found.sort();
    found
}

/// Texts of the pieces by file kind and subject; statistics are compared apart.
fn by_subject(files: &BundleFiles) -> BTreeMap<(&'static str, Subject), String> {
    let mut texts = BTreeMap::new();
    for (name, file) in Pieces::of(files).files {
        let kind = match name.as_str() {
            "schema.sql" => "schema",
            "variables.tsv" | "server_cost.tsv" | "engine_cost.tsv" => "server",
            _ if name.ends_with(".jsonl") => "lines",
            _ => continue,
        };
        for piece in file.pieces {
            texts.insert((kind, piece.subject), piece.text);
        }
    }
    texts
}

/// The part of a piece that matters, short enough to read.
fn shown(area: &str, text: &str) -> String {
    match area {
        "histogram" => {
            let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            let histogram = &json["histogram"];
            let buckets = histogram["buckets"].to_string();
            let sum = buckets.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
            let count = histogram["buckets"].as_array().map_or(0, Vec::len);
            let kind = histogram["histogram-type"].as_str().unwrap_or("?");
            format!("{kind}, {count} buckets, nulls {}, values #{sum:08x}", histogram["null-values"])
        }
        "variable" => text.split_once('\t').map_or(text, |(_, value)| value).to_owned(),
        // cost_name, cost_value … and engine_name, device_type, cost_name, cost_value …
        "cost" => {
            let fields: Vec<&str> = text.split('\t').collect();
            let place = if fields.get(1).is_some_and(|field| *field == "0" || field.parse::<u8>().is_ok()) && fields.len() > 5 {
                3
            } else {
                1
            };
            match fields.get(place) {
                Some(&"\\N") | None => "default".to_owned(),
                Some(value) => (*value).to_owned(),
            }
        }
        _ => text.to_owned(),
    }
}

fn numbers(before: &BundleFiles, after: &BundleFiles, threshold: f64, found: &mut Vec<Difference>) {
    for (file, names, columns) in NUMBERS {
        let (one, other) = (numbers_of(before, file, names, columns), numbers_of(after, file, names, columns));
        let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for key in keys {
            let (one, other) = (one.get(key).copied(), other.get(key).copied());
            let far = match (one, other) {
                (Some(one), Some(other)) => one.max(other) as f64 > one.min(other) as f64 * (1.0 + threshold),
                _ => true,
            };
            if far {
                let text = |number: Option<u64>| number.map(|number| number.to_string());
                found.push(Difference { area: "statistics", subject: key.clone(), before: text(one), after: text(other) });
            }
        }
    }
}

fn numbers_of(files: &BundleFiles, file: &str, names: &[&str], columns: &[&str]) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    let Some(tsv) = files.get(file).map(Tsv::read) else { return numbers };
    for row in &tsv.rows {
        let (schema, table) = owner(&tsv, row);
        // InnoDB's own tables of full-text indexes have numbers in their names.
        if table.starts_with("fts_0") {
            continue;
        }
        let mut subject = format!("{schema}.{table}");
        let stored = tsv.get(row, "table_name").unwrap_or_default();
        if let Some(at) = stored.to_lowercase().find("#p#") {
            subject.push_str(&stored[at..]);
        }
        for name in names.iter().filter(|name| matches!(**name, "index_name" | "stat_name")) {
            subject.push_str(&format!(".{}", tsv.get(row, name).unwrap_or_default()));
        }
        for column in columns {
            if let Some(number) = tsv.number(row, column) {
                let what = if *column == "stat_value" { subject.clone() } else { format!("{subject} {column}") };
                numbers.insert(what, number);
            }
        }
    }
    numbers
}

/// The differences for people, one a line.
pub fn text(differences: &[Difference]) -> String {
    let side = |text: &Option<String>| match text {
        None => "(not there)".to_owned(),
        Some(text) if text.contains('\n') => format!("({} lines)", text.lines().count()),
        Some(text) => text.clone(),
    };
    let line = |difference: &Difference| {
        format!("{:<10}  {}: {} -> {}\n", difference.area, difference.subject, side(&difference.before), side(&difference.after))
    };
    differences.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::grow::grow;

    #[test]
    fn equal_bundles_have_no_difference() {
        let sample = BundleFiles::sample();
        assert_eq!(diff(&sample, &sample, 0.0), []);
    }

    #[test]
    fn each_area_is_told() {
        let sample = BundleFiles::sample();
        let mut other = grow(&sample, &[("titles".to_owned(), 1.05)]).unwrap();
        assert_eq!(diff(&sample, &other, 0.1).iter().filter(|each| each.area == "statistics").count(), 0);
        assert!(diff(&sample, &other, 0.01).iter().any(|each| each.subject == "employees.titles n_rows"));
        let change = |files: &mut BundleFiles, name: &str, from: &str, to: &str| {
            let text = files.get(name).unwrap();
            assert!(text.contains(from), "{name}");
            let text = text.replacen(from, to, 1);
            files.set(name, text);
        };
        change(&mut other, "variables.tsv", "join_buffer_size\t262144", "join_buffer_size\t1024");
        change(&mut other, "server_cost.tsv", "row_evaluate_cost\t\\N", "row_evaluate_cost\t0.2");
        change(&mut other, "schema.sql", "`hire_date` date", "`hire_date` datetime");
        change(&mut other, "column_statistics.jsonl", "0.0026062267355936985", "0.5");
        let found = diff(&sample, &other, 0.1);
        let areas: BTreeSet<&str> = found.iter().map(|each| each.area).collect();
        assert!(["schema", "histogram", "variable", "cost"].iter().all(|area| areas.contains(area)), "{found:?}");
        let text = text(&found);
        assert!(text.contains("variable    join_buffer_size: 262144 -> 1024"), "{text}");
        assert!(text.contains("cost        row_evaluate_cost: default -> 0.2"), "{text}");
    }
}
