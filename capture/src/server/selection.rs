//! Which schemas and tables to capture: names, and patterns with `*` and `?`.

use std::fmt::Write;

/// Schemas that every server has and nobody plans against.
const SYSTEM_SCHEMAS: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

/// What to capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Names or patterns; empty: all but the server's own.
    schemas: Vec<String>,
    /// Names or patterns of tables, with or without their schema; empty: all.
    tables: Vec<(Option<String>, String)>,
}

impl Selection {
    /// Schemas by names or patterns (`*`, `?`), none: all but the server's own; tables as `table` or `schema.table`, none: all.
    ///
    /// # Errors
    /// A pattern that is empty.
    pub fn new(schemas: &[String], tables: &[String]) -> Result<Selection, String> {
        let names = |texts: &[String]| texts.iter().flat_map(|text| text.split(',')).map(str::trim).map(str::to_owned).collect();
        let (schemas, tables): (Vec<String>, Vec<String>) = (names(schemas), names(tables));
        if schemas.iter().chain(&tables).any(|name| name.is_empty()) {
            return Err("an empty name of a schema or table".to_owned());
        }
        let tables = tables.iter().map(|text| match text.split_once('.') {
            Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
            None => (None, text.clone()),
        });
        Ok(Selection { schemas, tables: tables.collect() })
    }

    /// Condition on a column that holds a schema's name.
    pub(crate) fn schemas_only(&self, schema: &str) -> String {
        if self.schemas.is_empty() {
            let names = SYSTEM_SCHEMAS.map(|name| format!("'{name}'")).join(", ");
            return format!("{schema} NOT IN ({names})");
        }
        any(self.schemas.iter().map(|name| matches(schema, name)))
    }

    /// Condition on columns that hold the names of a schema and a table.
    pub(crate) fn condition(&self, schema: &str, table: &str) -> String {
        let schemas = self.schemas_only(schema);
        if self.tables.is_empty() {
            return schemas;
        }
        let tables = any(self.tables.iter().map(|(in_schema, name)| match in_schema {
            Some(in_schema) => format!("({} AND {})", matches(schema, in_schema), matches(table, name)),
            None => matches(table, name),
        }));
        format!("{schemas} AND {tables}")
    }

    /// Condition on a column that holds `schema/table` in the encoding of file names. It may let more through than was asked for:
    /// what belongs to no captured table is left out later.
    pub(crate) fn encoded_schemas(&self, name: &str) -> String {
        let first = format!("SUBSTRING_INDEX({name}, '/', 1)");
        let is_plain = |schema: &String| schema.chars().all(|c| c.is_ascii_alphanumeric() || "_*?".contains(c));
        if !self.schemas.is_empty() && self.schemas.iter().all(is_plain) {
            return any(self.schemas.iter().map(|schema| matches(&first, schema)));
        }
        format!("{first} NOT IN ('mysql', 'sys')")
    }

    /// A sentence's end for messages: `schema 'shop'`.
    pub(crate) fn describe(&self) -> String {
        let mut out = match self.schemas.as_slice() {
            [] => "any schema but the server's own".to_owned(),
            [one] => format!("schema '{one}'"),
            many => format!("schemas '{}'", many.join("', '")),
        };
        if !self.tables.is_empty() {
            let names: Vec<String> = self
                .tables
                .iter()
                .map(|(schema, name)| schema.iter().map(|s| format!("{s}.")).collect::<String>() + name)
                .collect();
            let _ = write!(out, ", tables '{}'", names.join("', '"));
        }
        out
    }
}

fn any(conditions: impl Iterator<Item = String>) -> String {
    let conditions: Vec<String> = conditions.collect();
    if conditions.len() == 1 { conditions.concat() } else { format!("({})", conditions.join(" OR ")) }
}

/// `column = 'name'`, or LIKE for a pattern.
fn matches(column: &str, pattern: &str) -> String {
    if !pattern.contains(['*', '?']) {
        return format!("{column} = {}", literal(pattern));
    }
    let mut like = String::new();
    for c in pattern.chars() {
        match c {
            '*' => like.push('%'),
            '?' => like.push('_'),
            '%' | '_' => like.extend(['\\', c]),
            other => like.push(other),
        }
    }
    format!("{column} LIKE {}", literal(&like).replace("\\\\%", "\\%").replace("\\\\_", "\\_"))
}

/// A string as SQL has it, under any sql_mode with backslash escapes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A name in backticks.
pub(crate) fn name(text: &str) -> String {
    format!("`{}`", text.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_patterns() {
        let selection = Selection::new(&["shop,s_*".into()], &["shop.o'rders".into(), "x?".into()]).unwrap();
        let expected = r"(S = 'shop' OR S LIKE 's\_%') AND ((S = 'shop' AND T = 'o''rders') OR T LIKE 'x_')";
        assert_eq!(selection.condition("S", "T"), expected);
        assert_eq!(selection.schemas_only("S"), r"(S = 'shop' OR S LIKE 's\_%')");
        let all = Selection::default();
        assert_eq!(all.condition("S", "T"), "S NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')");
        assert!(Selection::new(&["a,,b".into()], &[]).is_err());
    }
}
