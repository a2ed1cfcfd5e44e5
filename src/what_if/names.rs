//! Names in options: `t`, `s.t`, `t.c`, `s.t.c`, with or without backquotes.

use crate::catalog::ddl::NamedTable;
use crate::catalog::{Catalog, Table};
use crate::explain::identifier::needs_quotes;
use std::fmt;
use std::sync::Arc;

/// A column or an index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The table.
    pub table: NamedTable,
    /// Name of its column or index.
    pub name: String,
}

/// Splits a dotted name at dots outside of backquotes.
fn pieces(text: &str) -> Option<Vec<String>> {
    let (mut pieces, mut piece, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '`' if quoted && chars.peek() == Some(&'`') => {
                chars.next();
                piece.push('`');
            }
            '`' => quoted = !quoted,
            '.' if !quoted => pieces.push(std::mem::take(&mut piece)),
            c => piece.push(c),
        }
    }
    pieces.push(piece);
    (!quoted && pieces.iter().all(|piece| !piece.is_empty())).then_some(pieces)
}

/// `t` or `s.t`.
pub(super) fn table_of_text(text: &str) -> Option<NamedTable> {
    let mut pieces = pieces(text)?;
    let name = pieces.pop()?;
    let schema = pieces.pop();
    pieces.is_empty().then_some(NamedTable { schema, name })
}

/// `t.c` or `s.t.c`.
pub(super) fn member_of_text(text: &str) -> Option<Member> {
    let mut pieces = pieces(text)?;
    let name = pieces.pop()?;
    let table = NamedTable { name: pieces.pop()?, schema: pieces.pop() };
    pieces.is_empty().then_some(Member { table, name })
}

/// A name as SQL needs it: in backquotes only if it must be.
pub(super) fn quoted(name: &str) -> String {
    if needs_quotes(name) { backquoted(name) } else { name.to_owned() }
}

fn backquoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's name as SQL needs it.
pub(super) fn quoted_table(table: &NamedTable) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&table.name)),
        None => quoted(&table.name),
    }
}

/// A table's name as options have it: words of SQL need no quotes there.
pub(super) fn table_text(table: &NamedTable) -> String {
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'));
    let piece = |name: &str| if plain(name) { name.to_owned() } else { backquoted(name) };
    match &table.schema {
        Some(schema) => format!("{}.{}", piece(schema), piece(&table.name)),
        None => piece(&table.name),
    }
}

impl fmt::Display for Member {
    /// As options have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = table_text(&NamedTable { schema: None, name: self.name.clone() });
        write!(f, "{}.{name}", table_text(&self.table))
    }
}

/// Looks a table up; without a schema in the current one, or in the only schema that has such a table.
pub(super) fn find_table(catalog: &Catalog, named: &NamedTable) -> Result<Arc<Table>, String> {
    let lower = named.name.to_lowercase();
    let in_schema = |schema: &str| catalog.schemas.get(schema)?.tables.get(&lower).cloned();
    let schema = named.schema.as_deref().or(catalog.current_schema.as_deref());
    if let Some(table) = schema.and_then(in_schema) {
        return Ok(table);
    }
    let mut elsewhere = catalog.schemas.values().filter_map(|schema| schema.tables.get(&lower));
    match (named.schema.is_none(), elsewhere.next(), elsewhere.next()) {
        (true, Some(table), None) => Ok(table.clone()),
        _ => {
            let schema = schema.unwrap_or_default();
            Err(format!("Table '{schema}.{}' doesn't exist", named.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_backquotes() {
        let member = member_of_text("s.`a.b`.`k``1`").unwrap();
        assert_eq!((member.table.schema.as_deref(), &*member.table.name, &*member.name), (Some("s"), "a.b", "k`1"));
        assert_eq!(member.to_string(), "s.`a.b`.`k``1`");
        assert_eq!(member_of_text("t"), None);
        assert_eq!(table_of_text("a.b.c"), None);
        assert_eq!(quoted("order"), "`order`");
    }
}
