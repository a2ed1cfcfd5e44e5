//! UPDATE, DELETE, INSERT.

use super::MANY_ROWS;
use crate::advise::finding::Draft;
use crate::advise::subject::Subject;
use crate::parse::ast::StatementKind;
use crate::query::{Command, TableId};

/// The tables that the statement changes.
fn targets(subject: &Subject<'_>) -> Vec<TableId> {
    match &subject.query().command {
        Command::Update { targets, .. } | Command::Delete { targets, .. } => targets.clone(),
        _ => Vec::new(),
    }
}

/// UPDATE or DELETE of all rows.
pub(super) fn change_without_where(subject: &Subject<'_>) -> Vec<Draft> {
    let (unconditional, verb) = match &subject.statement.kind {
        StatementKind::Update(update) => (update.where_.is_none() && update.limit.is_none(), "update"),
        StatementKind::Delete(delete) => (delete.where_.is_none() && delete.limit.is_none(), "delete"),
        _ => return Vec::new(),
    };
    let query = subject.query();
    let mut drafts = Vec::new();
    for target in targets(subject) {
        let rows = subject.catalog.statistics.table(&query[target].table).rows as f64;
        let joined = query.tables.iter().filter(|table| table.block == query[target].block).count() > 1;
        if !unconditional || rows < MANY_ROWS || joined {
            continue;
        }
        let text = format!("no WHERE: all {rows:.0} rows of {} are changed in one transaction", query[target].alias);
        let draft = Draft::at(subject.words.place_of(&[verb]), text).on(&query[target].table);
        drafts.push(draft.number("rows", rows, "rows"));
    }
    drafts
}

/// UPDATE or DELETE with LIMIT and without ORDER BY.
pub(super) fn change_limit_without_order(subject: &Subject<'_>) -> Vec<Draft> {
    let unordered = match &subject.statement.kind {
        StatementKind::Update(update) => update.limit.is_some() && update.order_by.is_empty(),
        StatementKind::Delete(delete) => delete.limit.is_some() && delete.order_by.is_empty(),
        _ => false,
    };
    if !unordered {
        return Vec::new();
    }
    let text = "LIMIT without ORDER BY: which rows are changed is left to the plan, and a replica may choose others";
    vec![Draft::at(subject.words.place_of(&["limit"]), text)]
}

/// INSERT without a list of columns.
pub(super) fn insert_without_columns(subject: &Subject<'_>) -> Vec<Draft> {
    let StatementKind::Insert(insert) = &subject.statement.kind else { return Vec::new() };
    if !insert.columns.is_empty() || subject.words.find(0, &["set"]).is_some_and(|at| at < 5) {
        return Vec::new();
    }
    let (Command::Insert(target) | Command::Replace(target)) = &subject.query().command else { return Vec::new() };
    let table = &subject.query()[target.table].table;
    let columns = table.columns.iter().filter(|column| column.visible && !column.functional).count();
    let text = format!("the values go to all {columns} columns of {} by their order", table.name);
    let place = subject.words.place_of(&["into"]).or_else(|| subject.words.place_of(&["insert"]));
    vec![Draft::at(place, text).on(table).number("columns", columns as f64, "")]
}

/// REPLACE, which deletes and inserts.
pub(super) fn replace_rows(subject: &Subject<'_>) -> Vec<Draft> {
    let Command::Replace(target) = &subject.query().command else { return Vec::new() };
    let table = &subject.query()[target.table].table;
    let rows = subject.catalog.statistics.table(table).rows as f64;
    let secondary = table.indexes.len().saturating_sub(1);
    if rows < MANY_ROWS || secondary == 0 {
        return Vec::new();
    }
    let text = format!(
        "a row that is there already is deleted and inserted again, with its entries in {secondary} secondary indexes; \
         columns that are not given get their defaults",
    );
    let draft = Draft::at(subject.words.place_of(&["replace"]), text).on(table);
    vec![draft.number("indexes", secondary as f64, "")]
}
