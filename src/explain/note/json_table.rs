//! JSON_TABLE in note 1003 (spec 08 §10.3).

use super::super::expression::Printer;
use super::super::literal;
use crate::parse::ast::{CastType, JsonTable, JsonTableColumn};
use crate::query::ExprId;
use std::sync::Arc;

impl Printer<'_, '_> {
    /// `json_table(document, path columns (…))`
    pub(super) fn json_table(&mut self, document: ExprId, definition: Option<&JsonTable>) {
        self.around("json_table(", document, "");
        if let Some(definition) = definition {
            self.push(", ");
            self.path(&definition.path);
            self.json_columns(&definition.columns);
        }
        self.push(")");
    }

    fn path(&mut self, path: &str) {
        literal::print_string(self.out, path, self.context.system_charset);
    }

    fn json_columns(&mut self, columns: &[JsonTableColumn]) {
        self.push(" columns (");
        for (i, column) in columns.iter().enumerate() {
            self.push(if i > 0 { ", " } else { "" });
            self.json_column(column);
        }
        self.push(")");
    }

    fn json_column(&mut self, column: &JsonTableColumn) {
        match column {
            JsonTableColumn::Ordinality(name) => {
                self.name(name);
                self.push(" for ordinality");
            }
            JsonTableColumn::Nested { path, columns } => {
                self.push("nested path ");
                self.path(path);
                self.json_columns(columns);
            }
            JsonTableColumn::Path { name, ty, path, exists, on_empty, on_error } => {
                self.name(name);
                self.push(" ");
                self.json_type(ty);
                self.push(if *exists { " exists path " } else { " path " });
                self.path(path);
                self.json_handler(on_empty.as_ref(), " on empty");
                self.json_handler(on_error.as_ref(), " on error");
            }
        }
    }

    fn json_handler(&mut self, handler: Option<&Arc<str>>, words: &str) {
        let Some(handler) = handler else { return };
        self.push(" ");
        // Only the word before a default value is the server's.
        match handler.split_once(' ') {
            Some((word, value)) => {
                self.lower_case(word);
                self.push(" ");
                self.push(value);
            }
            None => self.lower_case(handler),
        }
        self.push(words);
    }

    fn json_type(&mut self, ty: &CastType) {
        self.lower_case(&ty.name);
        if let Some(length) = ty.length {
            self.push("(");
            self.number(u64::from(length));
            if let Some(decimals) = ty.decimals {
                self.push(",");
                self.number(u64::from(decimals));
            }
            self.push(")");
        }
        let characters = ["CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET"];
        if characters.contains(&&*ty.name) {
            self.push(" character set ");
            self.push(ty.charset.as_deref().unwrap_or("utf8mb4"));
            if let Some(collation) = &ty.collation {
                self.push(" collate ");
                self.push(collation);
            }
        }
    }
}
