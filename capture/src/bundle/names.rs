//! Taking names out of a bundle: every schema, table, column, index, view and partition gets a name that says nothing (`s1`, `t1`,
//! `c1`, …), the same one wherever it stands. A name that serves for several things, as a schema and a table, has one mask for all.
//!
//! Stored programs are dropped: their bodies are text that somebody wrote, in which a name cannot be told from a word for certain.

mod rewrite;
mod words;

use crate::files::BundleFiles;
use crate::pieces::{Piece, Pieces, Subject};
use crate::tsv::Tsv;
use myexplain::catalog::{Catalog, bundle};
use rewrite::{Text, rewrite};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a name stands for, where it was seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A schema.
    Schema,
    /// A table.
    Table,
    /// A column of a table or view.
    Column,
    /// An index.
    Index,
    /// A view.
    View,
    /// A partition or subpartition.
    Partition,
    /// A stored function.
    Routine,
    /// An alias, a constraint, an account, and whatever else has a name.
    Other,
}

impl Role {
    fn letter(self) -> char {
        match self {
            Role::Schema => 's',
            Role::Table => 't',
            Role::Column => 'c',
            Role::Index => 'i',
            Role::View => 'v',
            Role::Partition => 'p',
            Role::Routine => 'f',
            Role::Other => 'a',
        }
    }
}

/// Which name stands for which.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By the name in lower case: the name as first seen, its role, its mask.
    masks: BTreeMap<String, (String, Role, String)>,
    count: BTreeMap<Role, usize>,
}

/// Names that the server gives or that mean something to it.
const FIXED: &[&str] = &[
    "primary",
    "gen_clust_index",
    "fts_doc_id",
    "fts_doc_id_index",
    "db_row_id",
    "db_trx_id",
    "db_roll_ptr",
    "mysql",
    "information_schema",
    "performance_schema",
    "sys",
];

impl Names {
    /// The names of a catalog, in its order.
    fn of_catalog(catalog: &Catalog) -> Names {
        let mut names = Names::default();
        for (schema_name, schema) in &catalog.schemas {
            names.of(schema_name, Role::Schema);
            schema.tables.values().for_each(|table| drop(names.of(&table.name, Role::Table)));
            schema.views.keys().for_each(|view| drop(names.of(view, Role::View)));
            schema.functions.keys().for_each(|function| drop(names.of(function, Role::Routine)));
        }
        for table in catalog.schemas.values().flat_map(|schema| schema.tables.values()) {
            table
                .columns
                .iter()
                .filter(|column| !column.functional)
                .for_each(|column| drop(names.of(&column.name, Role::Column)));
            table.indexes.iter().for_each(|index| drop(names.of(&index.name, Role::Index)));
            for partition in table.partitioning.iter().flat_map(|partitioning| &partitioning.partitions) {
                names.of(&partition.name, Role::Partition);
                partition.subpartitions.iter().for_each(|sub| drop(names.of(sub, Role::Partition)));
            }
        }
        names
    }

    /// The mask of a name; a new one if it has none yet.
    fn of(&mut self, name: &str, role: Role) -> String {
        if let Some(known) = self.known(name) {
            return known;
        }
        if FIXED.contains(&name.to_lowercase().as_str()) {
            return name.to_owned();
        }
        let count = self.count.entry(role).or_default();
        *count += 1;
        let mask = format!("{}{count}", role.letter());
        self.masks.insert(name.to_lowercase(), (name.to_owned(), role, mask.clone()));
        mask
    }

    /// The mask of a name that has one.
    fn known(&self, name: &str) -> Option<String> {
        self.masks.get(&name.to_lowercase()).map(|(_, _, mask)| mask.clone())
    }

    fn role(&self, name: &str) -> Option<Role> {
        self.masks.get(&name.to_lowercase()).map(|(_, role, _)| *role)
    }

    /// A text in which words are names: what EXPLAIN prints, or the text of a range.
    pub fn in_words(&mut self, text: &str) -> String {
        // Names that are no words would be cut.
        let odd = self.masks.values().filter(|(name, ..)| name.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '$'));
        let text = odd.fold(text.to_owned(), |text, (name, _, mask)| text.replace(name.as_str(), mask));
        rewrite(&text, Text::Range, self)
    }

    /// A statement with its names masked.
    pub fn in_statement(&mut self, sql: &str) -> String {
        rewrite(sql, Text::Statement, self)
    }

    /// The mapping as a file: kind, name, mask, separated by tabs.
    pub fn text(&self) -> String {
        let mut rows: Vec<_> = self.masks.values().collect();
        rows.sort_by_key(|(_, role, mask)| (*role, mask.len(), mask.clone()));
        let mut tsv = Tsv::new(&["kind", "name", "mask"]);
        for (name, role, mask) in rows {
            tsv.push(&[&format!("{role:?}").to_lowercase(), name, mask]);
        }
        tsv.text()
    }
}

/// A bundle without names.
#[derive(Debug)]
pub struct Masked {
    /// The bundle.
    pub files: BundleFiles,
    /// The statements with the same masks.
    pub statements: Vec<String>,
    /// Which mask stands for what.
    pub names: Names,
    /// Stored programs that were dropped.
    pub dropped: usize,
}

/// Masks the names of a bundle, and of statements in the same way.
///
/// # Errors
/// The bundle cannot be loaded, or not any more with masked names.
pub fn mask(files: &BundleFiles, statements: &[String]) -> Result<Masked, String> {
    let catalog = bundle::load_files(files).map_err(|error| error.to_string())?;
    let mut names = Names::of_catalog(&catalog);
    let mut pieces = Pieces::of(files);
    let mut dropped = 0;
    if let Some(file) = pieces.files.get_mut("schema.sql") {
        let before = file.pieces.len();
        file.pieces.retain(|piece| !matches!(piece.subject, Subject::Program(..)) || is_view(&piece.text));
        dropped = before - file.pieces.len();
        file.pieces.iter_mut().for_each(|piece| definition(piece, &mut names));
    }
    for (name, file) in pieces.files.iter_mut().filter(|(name, _)| *name != "schema.sql") {
        match &file.header {
            Some(header) => {
                let header = header.clone();
                file.pieces.iter_mut().for_each(|piece| line_of_table(&header, piece, &mut names));
            }
            None => file.pieces.iter_mut().for_each(|piece| answer(name, piece, &mut names)),
        }
    }
    let statements = statements.iter().map(|sql| names.in_statement(sql)).collect();
    let mut masked = pieces.files(files, |_| true);
    let mut about = files.about().map_err(|error| error.to_string())?;
    if !about.guesses.is_empty() {
        about.guesses = vec!["some statistics are guessed".to_owned()];
    }
    about.notes = vec!["names were masked".to_owned()];
    if dropped > 0 {
        about.notes.push(format!("{dropped} stored programs were dropped"));
    }
    masked.set_about(&about);
    bundle::load_files(&masked).map_err(|error| format!("the bundle with masked names cannot be read: {error}"))?;
    Ok(Masked { files: masked, statements, names, dropped })
}

fn is_view(definition: &str) -> bool {
    let head = words::cut(definition).into_iter().filter(|word| word.kind == words::Kind::Word).take(12);
    let mut is_view = None;
    for word in head {
        match definition[word.start..word.end].to_ascii_uppercase().as_str() {
            "VIEW" => is_view = is_view.or(Some(true)),
            "FUNCTION" | "PROCEDURE" | "TRIGGER" | "EVENT" => is_view = is_view.or(Some(false)),
            _ => {}
        }
    }
    is_view == Some(true)
}

fn definition(piece: &mut Piece, names: &mut Names) {
    piece.text = rewrite(&piece.text, Text::Definition, names);
    if let Some(schema) = &mut piece.schema {
        *schema = names.of(schema, Role::Schema);
    }
}

/// A line of a TSV file.
fn line_of_table(header: &str, piece: &mut Piece, names: &mut Names) {
    let mut tsv = Tsv::read(&format!("{header}\n{}\n", piece.text));
    let columns = tsv.header.clone();
    let Some(row) = tsv.rows.first_mut() else { return };
    let counts_differences = row.iter().flatten().any(|field| field.starts_with("n_diff_pfx"));
    for (column, field) in columns.iter().zip(row.iter_mut()) {
        let Some(text) = field.as_mut() else { continue };
        *text = match column.to_lowercase().as_str() {
            "table_schema" | "database_name" => names.of(text, Role::Schema),
            "table_name" | "name" => file_name(text, names),
            "index_name" => names.of(text, Role::Index),
            "column_name" => names.of(text, Role::Column),
            "partition_name" | "subpartition_name" => names.of(text, Role::Partition),
            "expression" => rewrite(text, Text::Definition, names),
            "partition_expression" | "subpartition_expression" => names.in_words(text),
            "stat_description" if counts_differences => {
                text.split(',').map(|name| names.of(name, Role::Column)).collect::<Vec<_>>().join(",")
            }
            "comment" => {
                *field = None;
                continue;
            }
            _ => continue,
        };
    }
    piece.text = tsv.text().lines().nth(1).unwrap_or_default().to_owned();
}

/// A table as InnoDB names it: `schema/table#p#partition#sp#subpartition`, odd characters as `@0040`.
fn file_name(text: &str, names: &mut Names) -> String {
    let (schema, table) = match text.split_once('/') {
        Some((schema, table)) => (Some(crate::pieces::decoded(schema)), crate::pieces::decoded(table)),
        None => (None, text.to_owned()),
    };
    let mut out = schema.map_or(String::new(), |schema| format!("{}/", names.of(&schema, Role::Schema)));
    let lower = table.to_lowercase();
    let Some(at) = lower.find("#p#") else { return out + &names.of(&table, Role::Table) };
    let (partition, sub) = match lower[at + 3..].split_once("#sp#") {
        Some((partition, sub)) => (partition, Some(sub)),
        None => (&lower[at + 3..], None),
    };
    out.push_str(&names.of(lower.get(..at).unwrap_or_default(), Role::Table));
    out.push_str(&format!("#p#{}", names.of(partition, Role::Partition)));
    if let Some(sub) = sub {
        out.push_str(&format!("#sp#{}", names.of(sub, Role::Partition)));
    }
    out
}

/// A line of a JSON file.
fn answer(file: &str, piece: &mut Piece, names: &mut Names) {
    let Ok(Json::Object(line)) = serde_json::from_str::<Json>(&piece.text) else {
        piece.text.clear();
        return;
    };
    let mut masked = serde_json::Map::new();
    for (key, value) in line {
        let value = match (key.as_str(), value) {
            ("schema" | "schema_name", Json::String(name)) => Json::String(names.of(&name, Role::Schema)),
            ("table" | "table_name", Json::String(name)) => Json::String(names.of(&name, Role::Table)),
            ("index", Json::String(name)) => Json::String(names.of(&name, Role::Index)),
            ("column_name", Json::String(name)) => Json::String(names.of(&name, Role::Column)),
            ("sql", Json::String(sql)) => Json::String(names.in_statement(&sql)),
            ("ranges", list) => each_text(list, |text| names.in_words(text)),
            ("partitions", list) => each_text(list, |name| names.of(name, Role::Partition)),
            ("columns", list) if file == "subqueries.jsonl" => each_text(list, |text| names.in_statement(text)),
            ("row", Json::Object(row)) => {
                Json::Object(row.into_iter().map(|(column, value)| (names.of(&column, Role::Column), value)).collect())
            }
            (_, value) => value,
        };
        masked.insert(key, value);
    }
    piece.text = Json::Object(masked).to_string();
}

fn each_text(value: Json, mut change: impl FnMut(&str) -> String) -> Json {
    match value {
        Json::Array(list) => {
            Json::Array(list.into_iter().map(|each| each_text(each, &mut change as &mut dyn FnMut(&str) -> String)).collect())
        }
        Json::String(text) => Json::String(change(&text)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myexplain::explain::traditional;
    use myexplain::planner::Planner;

    #[test]
    fn plans_stay_but_for_names() {
        let sample = BundleFiles::sample();
        let statements: Vec<String> = [
            "SELECT e.first_name, COUNT(*) AS cnt FROM employees e JOIN salaries s USE INDEX (ix_salary) ON s.emp_no = e.emp_no \
             WHERE s.salary > 60000 AND e.hire_date > '1990-01-01' - INTERVAL 1 YEAR GROUP BY e.first_name ORDER BY cnt",
            "SELECT * FROM employees.`dept_emp` WHERE dept_no = 'd005' AND CAST(from_date AS DATE) = DATE '1995-01-01'",
            "WITH x AS (SELECT emp_no FROM titles WHERE title = 'Staff') SELECT /*+ NO_MERGE(x) */ * FROM x JOIN employees USING (emp_no)",
            "SELECT /*+ NO_SEMIJOIN(@sub) */ * FROM departments d WHERE d.dept_no IN \
             (SELECT /*+ QB_NAME(sub) */ de.dept_no FROM dept_emp de WHERE de.from_date > '2000-01-01')",
            "SELECT * FROM employees_parted PARTITION (p1991_1995) WHERE hire_date < '1993-01-01'",
        ]
        .map(str::to_owned)
        .to_vec();
        let mut masked = mask(&sample, &statements).unwrap();
        let plan = |files: &BundleFiles, sql: &str| {
            let catalog = bundle::load_files(files).unwrap();
            traditional::tsv(&Planner::new(&catalog).plan(sql).unwrap_or_else(|error| panic!("{sql}: {error}")))
        };
        for (before, after) in statements.iter().zip(&masked.statements) {
            let expected = masked.names.in_words(&plan(&sample, before));
            assert_eq!(plan(&masked.files, after), expected, "{after}");
        }
        for name in masked.files.file_names() {
            let text = masked.files.get(name).unwrap().to_lowercase();
            for word in ["emp_no", "first_name", "dept_", "salaries", "ix_", "p1991", "hire"] {
                assert!(!text.contains(word), "{word} in {name}");
            }
        }
        assert!(masked.names.text().contains("table\tsalaries\tt"));
    }
}
