//! The DDL that SHOW CREATE prints, and what people write by hand (spec 09 §6.10, §6.11), read with nom.

mod alter;
mod build;
mod columns;
mod definition;
mod expression_type;
mod keys;
mod lexis;
mod options;
mod partitions;
mod routines;
#[cfg(test)]
mod tests;

pub use alter::{Alteration, ColumnPlace, NamedTable, SchemaStatement, read_migration};
pub(crate) use build::resolve_collation;
pub use build::{build_table, resolve_charset_words, resolve_type};
pub use definition::definition_of;

use super::schema::{IndexKind, PartitionMethod};
use super::types::TypeKind;
use lexis::{Parsed, any_word, blank, flag, name, punctuation, qualified_name, word, words};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// One statement of a schema script.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Definition {
    Database { name: String, charset: Option<String>, collation: Option<String> },
    Use(String),
    Table(Box<TableDefinition>),
    View(ViewDefinition),
    Routine(RoutineDefinition),
}

/// CREATE TABLE as written: names not looked up, character sets not resolved.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct TableDefinition {
    pub schema: Option<String>,
    pub name: String,
    pub columns: Vec<ColumnDefinition>,
    pub keys: Vec<KeyDefinition>,
    pub foreign_keys: Vec<ForeignKey>,
    pub options: TableOptions,
    pub partitioning: Option<PartitionClause>,
}

/// A column as written.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ColumnDefinition {
    pub name: String,
    pub ty: TypeDefinition,
    /// NOT NULL or NULL, if written.
    pub nullable: Option<bool>,
    pub auto_increment: bool,
    pub invisible: bool,
    pub default: Option<String>,
    /// Expression, and whether it is STORED.
    pub generated: Option<(String, bool)>,
    pub primary: bool,
    pub unique: bool,
}

/// A type as written.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct TypeDefinition {
    pub kind: TypeKind,
    pub length: Option<u32>,
    pub decimals: Option<u32>,
    pub unsigned: bool,
    pub zerofill: bool,
    pub members: Vec<String>,
    /// A byte string: BINARY, VARBINARY, BLOB.
    pub bytes: bool,
    pub charset: Option<String>,
    pub collation: Option<String>,
}

/// What KEY, UNIQUE … introduce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum KeyType {
    Primary,
    Unique,
    Plain,
    FullText,
    Spatial,
}

/// An index as written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct KeyDefinition {
    pub key_type: KeyType,
    pub name: Option<String>,
    pub parts: Vec<PartDefinition>,
    /// USING.
    pub method: Option<IndexKind>,
    pub invisible: bool,
    pub parser: Option<String>,
}

/// An index part as written: a column or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PartDefinition {
    pub column: Option<String>,
    pub expression: Option<String>,
    pub prefix: Option<u32>,
    pub descending: bool,
}

/// FOREIGN KEY: what matters is the index that it needs.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ForeignKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

/// Table options that matter to planning.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct TableOptions {
    pub engine: Option<String>,
    pub charset: Option<String>,
    pub collation: Option<String>,
    pub row_format: Option<String>,
    pub key_block_size: Option<u32>,
    pub secondary_engine: Option<String>,
}

/// PARTITION BY as written.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct PartitionClause {
    pub method: PartitionMethod,
    pub expression: String,
    pub columns: Vec<String>,
    pub sub: Option<Box<PartitionClause>>,
    /// PARTITIONS n or SUBPARTITIONS n.
    pub count: Option<u32>,
    pub partitions: Vec<PartitionItem>,
}

/// One partition as written.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct PartitionItem {
    pub name: String,
    pub description: Option<String>,
    pub subpartitions: Vec<String>,
}

/// CREATE VIEW.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ViewDefinition {
    pub schema: Option<String>,
    pub name: String,
    pub algorithm: super::ViewAlgorithm,
    pub columns: Vec<String>,
    pub select: String,
}

/// What kind of stored program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RoutineType {
    Function,
    Procedure,
    Trigger,
    Event,
}

/// CREATE FUNCTION, PROCEDURE, TRIGGER, EVENT.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct RoutineDefinition {
    pub routine_type: RoutineType,
    pub schema: Option<String>,
    pub name: String,
    pub parameters: usize,
    pub returns: Option<TypeDefinition>,
    pub deterministic: bool,
    pub text: String,
}

/// A statement that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DdlError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Reads a schema script: CREATE statements, USE; other statements (SET, DROP, INSERT, LOCK …) are passed over.
pub fn read_script(script: &str) -> Result<Vec<(usize, Definition)>, DdlError> {
    let mut found = Vec::new();
    for (line, text) in lexis::statements(script) {
        let opened = lexis::open_version_comments(text);
        let text = opened.trim();
        match furthest(text, &[create, use_schema]) {
            Ok((_, definition)) => found.push((line, definition)),
            Err(problem) if is_definition(text) => {
                let rest = unread(&problem);
                let line = line + text[..text.len() - rest.len()].matches('\n').count();
                let near: String = rest.chars().take(60).collect();
                let what = if near.is_empty() {
                    "the definition ends too early".to_owned()
                } else {
                    format!("cannot read the definition near '{}'; expected the form that SHOW CREATE prints", near.trim())
                };
                return Err(DdlError { line, what });
            }
            Err(_) => {}
        }
    }
    Ok(found)
}

/// Text that was left where a parser failed.
fn unread<'a>(problem: &nom::Err<nom::error::Error<&'a str>>) -> &'a str {
    match problem {
        nom::Err::Error(error) | nom::Err::Failure(error) => error.input,
        nom::Err::Incomplete(_) => "",
    }
}

type DefinitionParser = for<'a> fn(&'a str) -> Parsed<'a, Definition>;

/// The first parser that fits, or the error of the one that came furthest.
fn furthest<'a>(input: &'a str, parsers: &[DefinitionParser]) -> Parsed<'a, Definition> {
    let mut worst: Option<nom::Err<nom::error::Error<&'a str>>> = None;
    for parser in parsers {
        match parser(input) {
            Ok(found) => return Ok(found),
            Err(problem) => {
                if worst.as_ref().is_none_or(|worst| unread(&problem).len() < unread(worst).len()) {
                    worst = Some(problem);
                }
            }
        }
    }
    Err(worst.unwrap_or_else(|| nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Alt))))
}

fn is_definition(text: &str) -> bool {
    let kinds = ["table", "view", "database", "schema", "function", "procedure"];
    let head: String = text.chars().take(200).collect::<String>().to_ascii_lowercase();
    let mut words = head.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.next() == Some("create") && words.any(|word| kinds.contains(&word))
}

/// A column type in words, e.g. `decimal(5,2)`, with its character set.
pub fn read_type(text: &str) -> Option<TypeDefinition> {
    let (rest, mut ty) = columns::data_type(text.trim()).ok()?;
    columns::charset_words(rest, &mut ty).ok()?;
    Some(ty)
}

fn use_schema(input: &str) -> Parsed<'_, Definition> {
    let (rest, _) = word("use")(input)?;
    map(name, Definition::Use).parse(rest)
}

fn create(input: &str) -> Parsed<'_, Definition> {
    let (rest, _) = word("create")(input)?;
    let (rest, _) = opt(words(&["or", "replace"])).parse(rest)?;
    furthest(rest, &[create_database, create_table, routines::create_view, routines::create_routine])
}

fn create_database(input: &str) -> Parsed<'_, Definition> {
    let (rest, _) = alt((word("database"), word("schema"))).parse(input)?;
    let (rest, _) = flag(&["if", "not", "exists"])(rest)?;
    let (rest, database) = name(rest)?;
    let (rest, options) = options::table_options(rest)?;
    Ok((rest, Definition::Database { name: database, charset: options.charset, collation: options.collation }))
}

enum Item {
    Column(Box<ColumnDefinition>),
    Key(KeyDefinition),
    ForeignKey(ForeignKey),
    Check,
}

fn create_table(input: &str) -> Parsed<'_, Definition> {
    let (rest, _) = opt(word("temporary")).parse(input)?;
    let (rest, _) = word("table")(rest)?;
    let (rest, _) = flag(&["if", "not", "exists"])(rest)?;
    let (rest, (schema, table)) = qualified_name(rest)?;
    let (mut rest, _) = punctuation('(')(rest)?;
    let mut definition = TableDefinition { schema, name: table, ..TableDefinition::default() };
    loop {
        let (after, item) = table_item(rest)?;
        match item {
            Item::Column(column) => definition.columns.push(*column),
            Item::Key(key) => definition.keys.push(key),
            Item::ForeignKey(key) => definition.foreign_keys.push(key),
            Item::Check => {}
        }
        let (after, more) = opt(punctuation(',')).parse(after)?;
        rest = after;
        if more.is_none() {
            break;
        }
    }
    let (rest, _) = punctuation(')')(rest)?;
    let (rest, options) = options::table_options(rest)?;
    definition.options = options;
    let (rest, partitioning) = opt(partitions::partition_by).parse(rest)?;
    definition.partitioning = partitioning;
    let (rest, ()) = blank(rest)?;
    if !rest.is_empty() {
        return Err(nom::Err::Error(nom::error::Error::new(rest, nom::error::ErrorKind::Eof)));
    }
    Ok((rest, Definition::Table(Box::new(definition))))
}

fn table_item(input: &str) -> Parsed<'_, Item> {
    let starts = |wanted: &'static str| word(wanted)(input).is_ok();
    if starts("constraint") || starts("foreign") || starts("check") {
        return constraint(input);
    }
    if ["primary", "unique", "key", "index", "fulltext", "spatial"].into_iter().any(starts) {
        return map(keys::key, Item::Key).parse(input);
    }
    map(columns::column, |column| Item::Column(Box::new(column))).parse(input)
}

fn constraint(input: &str) -> Parsed<'_, Item> {
    let (rest, named) = opt(word("constraint")).parse(input)?;
    let is_clause = |text| ["foreign", "check", "primary", "unique"].into_iter().any(|each| word(each)(text).is_ok());
    let (rest, constraint_name) = if named.is_some() && !is_clause(rest) { map(name, Some).parse(rest)? } else { (rest, None) };
    if word("check")(rest).is_ok() {
        return map(columns::check, |()| Item::Check).parse(rest);
    }
    if word("foreign")(rest).is_ok() {
        let (rest, columns) = keys::foreign_key(rest)?;
        return Ok((rest, Item::ForeignKey(ForeignKey { name: constraint_name, columns })));
    }
    let (rest, mut key) = keys::key(rest)?;
    key.name = key.name.or(constraint_name);
    Ok((rest, Item::Key(key)))
}

/// `DEFINER=user@host`, SQL SECURITY, ALGORITHM and the like before VIEW, FUNCTION …; gives the algorithm.
fn program_options(input: &str) -> Parsed<'_, Option<String>> {
    let (mut rest, mut algorithm) = (input, None);
    loop {
        if let Ok((after, _)) = word("algorithm")(rest) {
            let (after, _) = opt(punctuation('=')).parse(after)?;
            let (after, value) = any_word(after)?;
            algorithm = Some(value.to_ascii_uppercase());
            rest = after;
        } else if let Ok((after, _)) = word("definer")(rest) {
            let (after, _) = opt(punctuation('=')).parse(after)?;
            let (after, _) = account_part(after)?;
            let (after, host) = opt(punctuation('@')).parse(after)?;
            rest = if host.is_some() { account_part(after)?.0 } else { after };
        } else if let Ok((after, ())) = words(&["sql", "security"])(rest) {
            rest = any_word(after)?.0;
        } else {
            return Ok((rest, algorithm));
        }
    }
}

fn account_part(input: &str) -> Parsed<'_, String> {
    alt((lexis::string, name)).parse(input)
}
