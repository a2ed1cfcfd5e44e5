//! Statements that a capture shall be exact for, from a file.

use crate::{Failure, session};
use myexplain::parse::script;
use myexplain_capture::workload::{Query, Statement};
use std::path::Path;

/// The statements of a file; `USE` and `SET` hold for those behind them.
pub(super) fn read(path: &Path) -> Result<Vec<Query>, Failure> {
    let mut before: Vec<String> = Vec::new();
    let mut settings: Vec<String> = Vec::new();
    let mut queries = Vec::new();
    for read in script::read(&session::read_text(path)?) {
        let first = read.sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        if first.eq_ignore_ascii_case("set") {
            let assignment = of_session(&read.sql);
            let assignment =
                assignment.ok_or_else(|| format!("{}:{}: SET of something else than the session", path.display(), read.line))?;
            settings.push(assignment);
        }
        if first.eq_ignore_ascii_case("set") || first.eq_ignore_ascii_case("use") {
            before.push(read.sql);
            continue;
        }
        let (session, own) = (before.clone(), read.sets.clone());
        let apply = move |catalog: &mut myexplain::Catalog| {
            for sql in &session {
                session::change(catalog, sql).map_err(|error| error.to_string())?;
            }
            session::assign(catalog, &own).map_err(|error| error.to_string())
        };
        let sets = settings.iter().cloned().chain(read.sets).collect();
        queries.push(Query { statement: Statement { name: read.name, sql: read.sql, settings: Box::new(apply) }, sets });
    }
    Ok(queries)
}

/// What a SET statement assigns; none if it is not for the session alone.
fn of_session(sql: &str) -> Option<String> {
    let rest = sql.get(3..)?.trim();
    let upper = rest.to_ascii_uppercase();
    if ["GLOBAL", "PERSIST", "@@GLOBAL", "@@PERSIST", "PASSWORD", "ROLE", "DEFAULT"].iter().any(|word| upper.starts_with(word)) {
        return None;
    }
    let word = ["SESSION ", "LOCAL ", "@@SESSION.", "@@LOCAL.", "@@"].iter().find(|word| upper.starts_with(**word));
    Some(rest[word.map_or(0, |word| word.len())..].trim().to_owned())
}
