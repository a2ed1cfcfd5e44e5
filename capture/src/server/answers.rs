//! What a server answered, and the bundle that comes of it: the same from a connection and from the output of a script.

use super::questions::{OBJECTS, Question, SERVER, variable_rank};
use crate::files::BundleFiles;
use myexplain::catalog::bundle::About;
use myexplain::catalog::bundle::decode_file_name;
use std::collections::{BTreeMap, HashSet};

/// A row; none is NULL.
pub(crate) type Row = Vec<Option<String>>;

/// An object of a schema, and what SHOW CREATE said of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Object {
    pub(crate) schema: String,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// `SHOW CREATE …`.
    pub(crate) statement: String,
}

/// In the order of the schema file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Database,
    Table,
    View,
    Function,
    Procedure,
    Trigger,
    Event,
}

impl Kind {
    fn of_word(word: &str) -> Option<Kind> {
        Some(match word {
            "DATABASE" => Kind::Database,
            "TABLE" => Kind::Table,
            "VIEW" => Kind::View,
            "FUNCTION" => Kind::Function,
            "PROCEDURE" => Kind::Procedure,
            "TRIGGER" => Kind::Trigger,
            "EVENT" => Kind::Event,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Database => "DATABASE",
            Kind::Table => "TABLE",
            Kind::View => "VIEW",
            Kind::Function => "FUNCTION",
            Kind::Procedure => "PROCEDURE",
            Kind::Trigger => "TRIGGER",
            Kind::Event => "EVENT",
        }
    }

    /// Which column of SHOW CREATE's answer holds the statement.
    pub(crate) fn definition_column(self) -> usize {
        match self {
            Kind::Database | Kind::Table | Kind::View => 1,
            Kind::Function | Kind::Procedure | Kind::Trigger => 2,
            Kind::Event => 3,
        }
    }

    fn has_body(self) -> bool {
        matches!(self, Kind::Function | Kind::Procedure | Kind::Trigger | Kind::Event)
    }
}

/// All answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// By name of the question; a question that was refused has none.
    pub(crate) rows: BTreeMap<&'static str, Vec<Row>>,
    /// The statement that makes each object; none where the server did not show it.
    pub(crate) definitions: BTreeMap<Object, Option<String>>,
}

impl Answers {
    /// Takes an answer. A lone zero byte stands for NULL (see the questions).
    pub(crate) fn add(&mut self, question: &Question, mut rows: Vec<Row>) {
        for field in rows.iter_mut().flatten() {
            if field.as_deref() == Some("\0") {
                *field = None;
            }
        }
        self.rows.insert(question.name, rows);
    }

    /// The objects that the server listed, in the order of the schema file.
    pub(crate) fn objects(&self) -> Vec<Object> {
        let rows = self.rows.get(OBJECTS).map_or(&[][..], Vec::as_slice);
        let mut objects: Vec<Object> = rows
            .iter()
            .filter_map(|row| {
                let text = |place: usize| row.get(place).cloned().flatten();
                Some(Object { kind: Kind::of_word(&text(0)?)?, schema: text(1)?, name: text(2)?, statement: text(3)? })
            })
            .collect();
        objects.sort();
        objects.dedup();
        objects
    }

    /// Version, comment and date of the server.
    pub(crate) fn server(&self, place: usize) -> Option<&str> {
        self.rows.get(SERVER)?.first()?.get(place)?.as_deref()
    }
}

/// A bundle, and what it lacks: one sentence each.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The bundle.
    pub files: BundleFiles,
    /// What is missing and what planning is like without it.
    pub gaps: Vec<String>,
    /// Number of base tables.
    pub tables: usize,
}

/// Makes the bundle of all answers.
pub(crate) fn bundle(questions: &[Question], answers: &Answers) -> Captured {
    let mut files = BundleFiles::new("(captured)");
    let mut gaps = Vec::new();
    let known = KnownTables::of(answers);
    for question in questions.iter().filter(|question| ![SERVER, OBJECTS].contains(&question.name)) {
        match answers.rows.get(question.name) {
            Some(rows) => files.set(question.name, text_of(question, rows, &known)),
            None => gaps.push(format!("{} is missing (needs {}): {}", question.name, question.needs, question.without)),
        }
    }
    files.set("schema.sql", schema_text(answers, &mut gaps));
    let mut about = About::new(concat!("myexplain ", env!("CARGO_PKG_VERSION")));
    about.server_version = answers.server(0).map(str::to_owned);
    // The day only: two captures of one state of a server on one day are the same.
    about.captured_at = answers.server(2).map(str::to_owned);
    about.notes = gaps.clone();
    files.set_about(&about);
    let tables = answers.definitions.iter().filter(|(object, text)| object.kind == Kind::Table && text.is_some()).count();
    Captured { files, gaps, tables }
}

/// The tables that were captured: answers about others are left out.
struct KnownTables {
    names: HashSet<(String, String)>,
}

impl KnownTables {
    fn of(answers: &Answers) -> KnownTables {
        let tables = answers.definitions.keys().filter(|object| matches!(object.kind, Kind::Table | Kind::View));
        KnownTables { names: tables.map(|object| (object.schema.to_lowercase(), object.name.to_lowercase())).collect() }
    }

    /// A table or one of its partitions (`t#p#p0`).
    fn has(&self, schema: &str, table: &str) -> bool {
        let table = table.to_lowercase();
        let whole = table.split("#p#").next().unwrap_or(&table);
        let schema = schema.to_lowercase();
        self.names.contains(&(schema.clone(), table.clone())) || self.names.contains(&(schema, whole.to_owned()))
    }

    fn has_file_name(&self, name: &str) -> bool {
        // The first slash: names have theirs encoded.
        name.split_once('/').is_some_and(|(schema, table)| self.has(&decode_file_name(schema), &decode_file_name(table)))
    }
}

/// The text of a file, its lines in an order that does not depend on the server.
fn text_of(question: &Question, rows: &[Row], known: &KnownTables) -> String {
    let field = |row: &Row, place: usize| row.get(place).cloned().flatten().unwrap_or_default();
    let mut rows: Vec<&Row> = rows
        .iter()
        .filter(|row| match question.columns[0] {
            "table_schema" | "database_name" | "schema_name" => known.has(&field(row, 0), &field(row, 1)),
            "name" | "table_name" => known.has_file_name(&field(row, 0)),
            _ => true,
        })
        .collect();
    match question.name {
        "variables.tsv" => rows.sort_by_key(|row| variable_rank(&field(row, 0))),
        // Numbers of partitions and key parts in their order.
        "partitions.tsv" => rows.sort_by_key(|row| (field(row, 0), field(row, 1), number(&field(row, 4)), field(row, 3))),
        "statistics.tsv" => rows.sort_by_key(|row| (field(row, 0), field(row, 1), field(row, 2), number(&field(row, 3)))),
        _ => rows.sort(),
    }
    if question.name == "column_statistics.jsonl" {
        return rows.iter().map(|row| histogram_line(row)).collect();
    }
    let mut text = question.columns.join("\t");
    text.push('\n');
    for row in rows {
        let fields: Vec<String> = (0..question.columns.len()).map(|place| tsv_field(row.get(place).cloned().flatten())).collect();
        text.push_str(&fields.join("\t"));
        text.push('\n');
    }
    text
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

/// A field with tab, line end and backslash escaped; NULL is `\N`.
pub(crate) fn tsv_field(field: Option<String>) -> String {
    match field {
        None => "\\N".to_owned(),
        Some(text) => text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r"),
    }
}

/// A line of the file of histograms; the histogram as the server prints it.
fn histogram_line(row: &Row) -> String {
    let text = |place: usize| {
        let field = row.get(place).cloned().flatten().unwrap_or_default();
        serde_json::Value::String(field).to_string()
    };
    let histogram = row.get(3).cloned().flatten().unwrap_or_default().replace('\n', " ");
    format!(
        "{{\"schema_name\": {}, \"table_name\": {}, \"column_name\": {}, \"histogram\": {histogram}}}\n",
        text(0),
        text(1),
        text(2)
    )
}

/// `schema.sql`.
fn schema_text(answers: &Answers, gaps: &mut Vec<String>) -> String {
    let mut text = String::new();
    for (object, definition) in &answers.definitions {
        let Some(definition) = definition else {
            gaps.push(format!("{} is missing from schema.sql: {}", describe(object), hidden(object.kind)));
            continue;
        };
        match object.kind {
            Kind::Database => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&format!("{definition};\nUSE {};\n", super::selection::name(&object.name)));
            }
            kind if kind.has_body() => text.push_str(&format!("\nDELIMITER ;;\n{definition};;\nDELIMITER ;\n")),
            _ => text.push_str(&format!("\n{definition};\n")),
        }
    }
    text
}

fn describe(object: &Object) -> String {
    format!("{} {}.{}", object.kind.word(), object.schema, object.name)
}

/// Why an object's definition may be hidden.
fn hidden(kind: Kind) -> &'static str {
    match kind {
        Kind::Database => "the server did not show it",
        Kind::Table => "the server did not show it (needs any privilege on it); statements with it cannot be planned",
        Kind::View => "the server did not show it (needs SHOW VIEW and SELECT on it); statements with it cannot be planned",
        Kind::Function | Kind::Procedure => {
            "the server hides its body (needs SHOW_ROUTINE); statements with it cannot be planned"
        }
        Kind::Trigger => "the server did not show it (needs TRIGGER on its table); 'explain --routine' cannot plan it",
        Kind::Event => "the server did not show it (needs EVENT on its schema); 'explain --routine' cannot plan it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_escape_what_would_cut_them() {
        assert_eq!(tsv_field(Some("a\tb\\N\nc".into())), "a\\tb\\\\N\\nc");
        assert_eq!(tsv_field(None), "\\N");
    }

    #[test]
    fn partitions_and_encoded_names_belong_to_their_tables() {
        let known = KnownTables { names: HashSet::from([("my-db".to_owned(), "orders".to_owned())]) };
        assert!(known.has_file_name("my@002ddb/orders#p#p0") && known.has_file_name("my@002ddb/orders"));
        assert!(!known.has_file_name("my@002ddb/fts_0001_config") && !known.has("other", "orders"));
    }
}
