//! A script that asks what a capture asks, for an administrator to run with the plain mysql client, and a bundle from its output.

mod import;

pub use import::{ImportError, import};

use crate::server::Selection;
use crate::server::questions::{OBJECTS, asked, session};
use std::fmt::Write;

/// First word of the lines that cut the output into answers. A line of an answer has several fields, these have one.
const MARK: &str = "===";

/// How the output begins: format of the script.
const FORMAT: &str = "=== myexplain capture 1";

/// True if a text is the script's output.
pub fn is_output(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == FORMAT)
}

/// What the script shall be able to read.
#[derive(Clone, Debug)]
pub struct ScriptOptions {
    /// Schemas and tables.
    pub selection: Selection,
    /// Seconds that the server may spend on one statement.
    pub limit_seconds: u32,
    /// Leave out what holds values of the tables: histograms and bounds of partitions (definitions have these too).
    pub no_values: bool,
    /// How many definitions of tables, views and stored programs it has room for: a script has no loops.
    pub most_objects: usize,
}

/// The script.
pub fn script(options: &ScriptOptions) -> String {
    let mut out = String::from(HEAD);
    for statement in session(options.limit_seconds) {
        let _ = writeln!(out, "{statement};");
    }
    let _ = writeln!(out, "SELECT '{FORMAT}';");
    for question in asked(&options.selection, options.no_values) {
        let _ = writeln!(out, "\n-- {}", purpose(question.name));
        let _ = writeln!(out, "SELECT '{MARK} ask {}';\n{};", question.name, question.sql);
        let _ = writeln!(out, "SELECT CONCAT('{MARK} end ', @@error_count);");
        if question.name == OBJECTS {
            write_definitions(&mut out, &question.sql, options.most_objects);
        }
    }
    let _ = writeln!(out, "\nCOMMIT;\nSELECT '{MARK} done';");
    out
}

/// The statements that show what `objects` lists. A script has no loops: the same lines, as often as there is room for.
fn write_definitions(out: &mut String, objects: &str, room: usize) {
    let _ = writeln!(
        out,
        "\n-- Definitions: the statements that the last answer listed, one after the other. A script has no loops; 'DO 0' is what \
         remains to be done\n-- when all are through.\n\
         SET @shows = (SELECT JSON_ARRAYAGG(o.statement) FROM ({objects}) AS o);\n\
         SELECT CONCAT('{MARK} room {room} ', JSON_LENGTH(@shows));\nSET @n = 0;"
    );
    let show = format!(
        "SET @show = IFNULL(JSON_UNQUOTE(JSON_EXTRACT(@shows, CONCAT('$[', @n, ']'))), 'DO 0'); SET @n = @n + 1; \
         SELECT CONCAT('{MARK} show ', @show) FROM DUAL WHERE @show <> 'DO 0'; PREPARE s FROM @show; EXECUTE s;\n"
    );
    out.push_str(&show.repeat(room));
}

const HEAD: &str = "\
-- Reads schema and statistics of this server for a bundle of myexplain: definitions, row counts, histograms, settings.
--
-- It changes nothing: the session is read-only, every statement has a time limit, no row of any table is read. Histograms and
-- the bounds of partitions hold values that stand in the tables: docs/privacy.md lists what is in a bundle, byte by byte.
--
-- Run it with the mysql client:
--
--   mysql -h HOST -u USER -p --batch --skip-column-names --force < capture.sql > answers.txt
--
-- --force goes on where the user may not read something: the bundle will say what it lacks. Then, on any machine:
--
--   myexplain bundle import answers.txt --output BUNDLE

";

fn purpose(name: &str) -> &'static str {
    match name {
        "server" => "The server's version.",
        "variables.tsv" => "Settings that the optimizer looks at.",
        "server_cost.tsv" | "engine_cost.tsv" => "Cost constants.",
        "innodb_cached_indexes.tsv" => "Pages of each index in the buffer pool.",
        "tables.tsv" => "Tables.",
        "partitions.tsv" => "Partitions.",
        "statistics.tsv" => "Indexes.",
        "column_statistics.jsonl" => "Histograms.",
        "innodb_tablestats.tsv" => "Row counts and pages as the running server has them.",
        "innodb_table_stats.tsv" | "innodb_index_stats.tsv" => "Persistent statistics.",
        _ => "Names of what is defined.",
    }
}

#[cfg(test)]
mod tests;
