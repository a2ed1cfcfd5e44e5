//! Where a text is printed: what decides quoting, qualification and the form of subqueries (spec 08 §9.1, §11).

use crate::catalog::{ServerVersion, Settings};
use crate::query::{BlockId, Query};

/// The surroundings of a printed expression.
#[derive(Clone, Copy, Debug)]
pub struct PrintContext<'a> {
    /// Names are quoted always; else only where the lexer needs it.
    pub always_quote: bool,
    /// The quote is `"` (sql_mode ANSI_QUOTES).
    pub ansi_quotes: bool,
    /// Schema that is left out before table names.
    pub hidden_schema: Option<&'a str>,
    /// Columns of tables with an alias have their schema before them; not so in the document of version 2.
    pub schema_before_alias: bool,
    /// Subqueries print as text; else as `(select #N)`.
    pub full_subqueries: bool,
    /// Columns of const tables print as values.
    pub const_values: bool,
    /// Columns print without schema and table.
    pub bare_columns: bool,
    /// Strings are converted to the system character set, as in note 1003.
    pub system_charset: bool,
    /// Block whose windows the expression's window functions mean.
    pub block: BlockId,
    /// The release whose words are used.
    pub version: ServerVersion,
}

impl<'a> PrintContext<'a> {
    /// TREE, and names of unnamed columns of temporary tables.
    pub fn tree(query: &'a Query, settings: &Settings, block: BlockId) -> Self {
        PrintContext {
            always_quote: false,
            ansi_quotes: settings.sql_mode.ansi_quotes,
            hidden_schema: query.current_schema.as_deref(),
            schema_before_alias: true,
            full_subqueries: false,
            const_values: true,
            bare_columns: false,
            system_charset: false,
            block,
            version: settings.version,
        }
    }

    /// JSON's conditions and the optimizer trace.
    pub fn json(settings: &Settings, block: BlockId) -> Self {
        PrintContext {
            always_quote: true,
            ansi_quotes: settings.sql_mode.ansi_quotes,
            hidden_schema: None,
            schema_before_alias: true,
            full_subqueries: true,
            const_values: true,
            bare_columns: false,
            system_charset: false,
            block,
            version: settings.version,
        }
    }

    /// Note 1003.
    pub fn note(settings: &Settings, block: BlockId) -> Self {
        PrintContext { system_charset: true, ..PrintContext::json(settings, block) }
    }
}
