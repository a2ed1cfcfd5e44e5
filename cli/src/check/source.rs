//! Where statements come from: files of SQL, directories of them, and what they were at a commit.

use crate::session;
use myexplain::ingest::slowlog::{self, Class, Classes};
use myexplain::parse::script::{self, ScriptStatement};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// A file and its statements, in order; SET and USE among them.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) statements: Vec<ScriptStatement>,
    /// It is a log of a server: it holds what other programs sent too.
    pub(super) is_log: bool,
}

/// The statements of files; of directories, those of all `.sql` files below, by name.
pub(super) fn collect(paths: &[PathBuf]) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { sql_files(path, &mut files)? } else { files.push(path.clone()) }
    }
    files.into_iter().map(|path| read(path, session::read_text)).collect()
}

/// The same files as they were at a commit; a file that was not there has no statements.
pub(super) fn at_commit(files: &[SourceFile], commit: &str) -> Result<Vec<SourceFile>, String> {
    let verified = git(Path::new("."), &["rev-parse", "--verify", "--quiet", &format!("{commit}^{{commit}}")])?;
    let commit = verified.ok_or_else(|| format!("'{commit}' is no commit here; fetch it first (git fetch --depth)"))?;
    let commit = commit.trim();
    let at_commit = |path: &Path| -> Result<String, String> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(git(directory, &["show", &format!("{commit}:./{name}")])?.unwrap_or_default())
    };
    files.iter().map(|file| read(file.path.clone(), at_commit)).collect()
}

/// What a git command prints; none if it fails.
fn git(directory: &Path, arguments: &[&str]) -> Result<Option<String>, String> {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output();
    let output = output.map_err(|error| format!("cannot run git: {error}"))?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn sql_files(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = std::fs::read_dir(directory).map_err(|error| format!("cannot read {}: {error}", directory.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        // A link may lead back up.
        if path.is_dir() && !path.is_symlink() {
            sql_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: PathBuf, text_of: impl Fn(&Path) -> Result<String, String>) -> Result<SourceFile, String> {
    let text = text_of(&path)?;
    if let Some(statements) = logged(&text) {
        return Ok(SourceFile { path, statements, is_log: true });
    }
    let mut statements = script::read(&text);
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (no, statement) in statements.iter_mut().enumerate() {
        statement.name = stable_name(statement, no);
        let first = *lines.entry(statement.name.clone()).or_insert(statement.line);
        if first != statement.line && !is_unnamed(&statement.name) {
            let (path, name) = (path.display(), &statement.name);
            return Err(format!("{path}:{}: the name '{name}' is taken by the statement in line {first}", statement.line));
        }
    }
    Ok(SourceFile { path, statements, is_log: false })
}

/// One statement of every class of a general or slow log, named by its digest, so that runs with other literals compare; none if the
/// text is no log. What is no query is left out.
fn logged(text: &str) -> Option<Vec<ScriptStatement>> {
    let mut classes = Classes::default();
    let reading = slowlog::read(&mut text.as_bytes(), &mut classes, &mut |_| {}).ok()?;
    if matches!(reading.form, None | Some(slowlog::Form::Sql)) {
        return None;
    }
    let mut classes: Vec<Class> = classes.into_sorted();
    classes.sort_by(|a, b| a.digest.cmp(&b.digest));
    let statement = |name: String, sql: String| ScriptStatement { name, sets: Vec::new(), comments: Vec::new(), sql, line: 1 };
    let mut statements = Vec::new();
    for class in classes.into_iter().filter(|class| !class.sample.cut && is_query(&class.sample.sql)) {
        if !class.sample.schema.is_empty() {
            statements.push(statement(String::new(), format!("USE `{}`", class.sample.schema.replace('`', "``"))));
        }
        let short: String = class.digest.chars().take(16).collect();
        statements.push(statement(format!("digest-{short}"), class.sample.sql));
    }
    Some(statements)
}

/// True if a statement reads or changes rows.
fn is_query(sql: &str) -> bool {
    let word: String = sql.trim_start_matches(['(', ' ', '\n', '\t']).chars().take_while(char::is_ascii_alphabetic).collect();
    ["SELECT", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "TABLE", "VALUES"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&word))
}

/// Mark of names that we gave.
const UNNAMED: &str = "unnamed-";

fn is_unnamed(name: &str) -> bool {
    name.starts_with(UNNAMED)
}

/// A statement's own name; without one, a name from its text, which stays when
/// statements before it come or go.
fn stable_name(statement: &ScriptStatement, no: usize) -> String {
    if statement.name != format!("query-{}", no + 1) {
        return statement.name.clone();
    }
    let words: Vec<&str> = statement.sql.split_whitespace().collect();
    let hash = crate::report::fingerprint([words.join(" ").as_str()]);
    format!("{UNNAMED}{:08x}", hash >> 32)
}

/// Path of a statement's snapshot below the directory of snapshots: the file's path without its extension, then the name.
pub(super) fn snapshot_path(file: &Path, name: &str) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = file.strip_prefix(&here).unwrap_or(file).with_extension("");
    let parts = relative.components().filter(|part| matches!(part, Component::Normal(_)));
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.+=@".contains(c) { c } else { '_' }).collect();
    parts.collect::<PathBuf>().join(format!("{}.plan", safe.trim_start_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_when_statements_before_them_come() {
        let names = |text: &str| -> Vec<String> {
            let file = read(PathBuf::from("q.sql"), |_| Ok(text.to_owned())).expect("reads");
            file.statements.into_iter().map(|statement| statement.name).collect()
        };
        let one = names("SELECT 1;\n-- name: by_id :one\nSELECT 2;");
        let two = names("SELECT 0;\nSELECT\n  1;\n-- name: by_id :one\nSELECT 2;");
        assert_eq!(one[..], two[1..]);
        assert_eq!(one[1], "by_id");
    }

    #[test]
    fn a_name_stands_once() {
        let wrong = read(PathBuf::from("q.sql"), |_| Ok("-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;".to_owned()));
        assert_eq!(wrong.expect_err("twice"), "q.sql:4: the name 'a' is taken by the statement in line 2");
    }

    #[test]
    fn snapshots_stay_below_their_directory() {
        assert_eq!(snapshot_path(Path::new("../db/orders.sql"), "../x y"), PathBuf::from("db/orders/_x_y.plan"));
        assert_eq!(snapshot_path(Path::new("/db/orders.sql"), "a"), PathBuf::from("db/orders/a.plan"));
    }
}
