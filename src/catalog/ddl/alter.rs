//! Statements that change tables: ALTER TABLE, CREATE INDEX, DROP INDEX, DROP TABLE, RENAME TABLE, and ANALYZE TABLE … HISTOGRAM.

use super::lexis::{self, Parsed, any_word, blank, flag, list, name, number, punctuation, qualified_name, string, word, words};
use super::{ColumnDefinition, DdlError, Definition, KeyDefinition, KeyType, PartitionClause, TableOptions};
use super::{columns, keys, options, partitions};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// A table as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NamedTable {
    pub schema: Option<String>,
    pub name: String,
}

/// One statement of a migration.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum SchemaStatement {
    /// CREATE TABLE, CREATE VIEW, USE …
    Define(Definition),
    /// ALTER TABLE, CREATE INDEX, DROP INDEX.
    Alter {
        table: NamedTable,
        actions: Vec<Alteration>,
    },
    DropTables {
        tables: Vec<NamedTable>,
        if_exists: bool,
    },
    DropViews {
        views: Vec<NamedTable>,
        if_exists: bool,
    },
    RenameTables(Vec<(NamedTable, NamedTable)>),
    /// ANALYZE TABLE … UPDATE HISTOGRAM.
    UpdateHistogram {
        table: NamedTable,
        columns: Vec<String>,
        buckets: u32,
    },
    /// ANALYZE TABLE … DROP HISTOGRAM.
    DropHistogram {
        table: NamedTable,
        columns: Vec<String>,
    },
}

/// Where a column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ColumnPlace {
    First,
    After(String),
}

/// One action of ALTER TABLE.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Alteration {
    AddColumn {
        column: Box<ColumnDefinition>,
        place: Option<ColumnPlace>,
    },
    DropColumn(String),
    /// MODIFY COLUMN and CHANGE COLUMN: the old name, and what it becomes.
    ChangeColumn {
        old: String,
        column: Box<ColumnDefinition>,
        place: Option<ColumnPlace>,
    },
    RenameColumn {
        old: String,
        new: String,
    },
    AddIndex(KeyDefinition),
    /// DROP INDEX, DROP KEY, DROP PRIMARY KEY.
    DropIndex(String),
    RenameIndex {
        old: String,
        new: String,
    },
    IndexVisibility {
        index: String,
        visible: bool,
    },
    /// The index that a foreign key needs, by its columns.
    AddForeignKey(super::ForeignKey),
    RenameTable(NamedTable),
    Options(TableOptions),
    /// CONVERT TO CHARACTER SET.
    Convert {
        charset: Option<String>,
        collation: Option<String>,
    },
    PartitionBy(PartitionClause),
    RemovePartitioning,
    /// Nothing that matters to planning: CHECK constraints, defaults, comments, ALGORITHM, LOCK …
    Nothing,
}

/// Reads a migration: statements that change the schema, histograms, USE. SET statements, which session variables belong to, are
/// passed over.
///
/// # Errors
/// A statement that is none of these, by its line.
pub fn read_migration(script: &str) -> Result<Vec<(usize, SchemaStatement)>, DdlError> {
    let mut found = Vec::new();
    for (line, text) in lexis::statements(script) {
        let opened = lexis::open_version_comments(text);
        let text = opened.trim();
        if text.is_empty() || word("set")(text).is_ok() {
            continue;
        }
        match schema_statement(text) {
            Ok((_, statement)) => found.push((line, statement)),
            Err(problem) => {
                let rest = super::unread(&problem);
                let line = line + text[..text.len() - rest.len()].matches('\n').count();
                let near: String = rest.trim().chars().take(60).collect();
                let what = match near.is_empty() {
                    true => "the statement ends too early".to_owned(),
                    false => format!("cannot read the statement near '{near}'"),
                };
                return Err(DdlError { line, what });
            }
        }
    }
    Ok(found)
}

fn schema_statement(input: &str) -> Parsed<'_, SchemaStatement> {
    let starts = |wanted: &'static str| word(wanted)(input).is_ok();
    let (rest, statement) = if starts("alter") {
        alter_table(input)?
    } else if starts("drop") {
        drop_statement(input)?
    } else if starts("rename") {
        rename_tables(input)?
    } else if starts("analyze") {
        analyze_table(input)?
    } else if let Ok(found) = create_index(input) {
        found
    } else {
        map(|input| super::furthest(input, &[super::create, super::use_schema]), SchemaStatement::Define).parse(input)?
    };
    let (rest, ()) = blank(rest)?;
    if rest.is_empty() { Ok((rest, statement)) } else { fail(rest) }
}

fn fail<T>(input: &str) -> Parsed<'_, T> {
    Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag)))
}

fn named_table(input: &str) -> Parsed<'_, NamedTable> {
    map(qualified_name, |(schema, name)| NamedTable { schema, name }).parse(input)
}

fn separated<'a, T>(mut item: impl FnMut(&'a str) -> Parsed<'a, T>, input: &'a str) -> Parsed<'a, Vec<T>> {
    let (mut rest, first) = item(input)?;
    let mut items = vec![first];
    while let Ok((after, _)) = punctuation(',')(rest) {
        let (after, next) = item(after)?;
        items.push(next);
        rest = after;
    }
    Ok((rest, items))
}

fn create_index(input: &str) -> Parsed<'_, SchemaStatement> {
    let (rest, _) = word("create")(input)?;
    let kinds = [("unique", KeyType::Unique), ("fulltext", KeyType::FullText), ("spatial", KeyType::Spatial)];
    let kind = kinds.into_iter().find_map(|(text, kind)| word(text)(rest).ok().map(|(rest, _)| (rest, kind)));
    let (rest, key_type) = kind.unwrap_or((rest, KeyType::Plain));
    let (rest, _) = word("index")(rest)?;
    let (rest, index) = name(rest)?;
    let (rest, method) = opt((word("using"), any_word)).parse(rest)?;
    let (rest, _) = word("on")(rest)?;
    let (rest, table) = named_table(rest)?;
    let (rest, mut key) = keys::parts_and_options(rest, key_type, Some(index))?;
    if let Some((_, method)) = method {
        key.method.get_or_insert(keys::method_of(method));
    }
    let (rest, ()) = how_to_alter(rest)?;
    Ok((rest, SchemaStatement::Alter { table, actions: vec![Alteration::AddIndex(key)] }))
}

/// ALGORITHM=… LOCK=… behind CREATE INDEX and DROP INDEX.
fn how_to_alter(input: &str) -> Parsed<'_, ()> {
    let mut rest = input;
    while let Ok((after, _)) = alt((word("algorithm"), word("lock"))).parse(rest) {
        let (after, _) = opt(punctuation('=')).parse(after)?;
        rest = any_word(after)?.0;
    }
    Ok((rest, ()))
}

fn drop_statement(input: &str) -> Parsed<'_, SchemaStatement> {
    let (rest, _) = word("drop")(input)?;
    if let Ok((rest, _)) = word("index")(rest) {
        let (rest, index) = name(rest)?;
        let (rest, _) = word("on")(rest)?;
        let (rest, table) = named_table(rest)?;
        let (rest, ()) = how_to_alter(rest)?;
        return Ok((rest, SchemaStatement::Alter { table, actions: vec![Alteration::DropIndex(index)] }));
    }
    let (rest, _) = flag(&["temporary"])(rest)?;
    let (rest, kind) = alt((word("table"), word("view"))).parse(rest)?;
    let (rest, if_exists) = flag(&["if", "exists"])(rest)?;
    let (rest, names) = separated(named_table, rest)?;
    let (rest, _) = opt(alt((word("restrict"), word("cascade")))).parse(rest)?;
    let statement = match kind.eq_ignore_ascii_case("view") {
        true => SchemaStatement::DropViews { views: names, if_exists },
        false => SchemaStatement::DropTables { tables: names, if_exists },
    };
    Ok((rest, statement))
}

fn rename_tables(input: &str) -> Parsed<'_, SchemaStatement> {
    let (rest, ()) = words(&["rename", "table"])(input)?;
    let pair = |input| map((named_table, word("to"), named_table), |(old, _, new)| (old, new)).parse(input);
    let (rest, pairs) = separated(pair, rest)?;
    Ok((rest, SchemaStatement::RenameTables(pairs)))
}

fn analyze_table(input: &str) -> Parsed<'_, SchemaStatement> {
    const DEFAULT_BUCKETS: u64 = 100;
    let (rest, _) = word("analyze")(input)?;
    let (rest, _) = opt(alt((word("local"), word("no_write_to_binlog")))).parse(rest)?;
    let (rest, _) = word("table")(rest)?;
    let (rest, table) = named_table(rest)?;
    let (rest, action) = alt((word("update"), word("drop"))).parse(rest)?;
    let (rest, ()) = words(&["histogram", "on"])(rest)?;
    let (rest, columns) = separated(name, rest)?;
    if action.eq_ignore_ascii_case("drop") {
        return Ok((rest, SchemaStatement::DropHistogram { table, columns }));
    }
    let (rest, buckets) = opt(map((word("with"), number, word("buckets")), |(_, buckets, _)| buckets)).parse(rest)?;
    let buckets = u32::try_from(buckets.unwrap_or(DEFAULT_BUCKETS)).unwrap_or(u32::MAX);
    Ok((rest, SchemaStatement::UpdateHistogram { table, columns, buckets }))
}

fn alter_table(input: &str) -> Parsed<'_, SchemaStatement> {
    let (rest, ()) = words(&["alter", "table"])(input)?;
    let (mut rest, table) = named_table(rest)?;
    let mut actions = Vec::new();
    loop {
        if let Ok((after, clause)) = partitions::partition_by(rest) {
            actions.push(Alteration::PartitionBy(clause));
            rest = after;
        } else {
            let (after, action) = alteration(rest)?;
            actions.extend(action);
            rest = after;
        }
        match punctuation(',')(rest) {
            Ok((after, _)) => rest = after,
            Err(_) if word("partition")(rest).is_ok() => {}
            Err(_) => return Ok((rest, SchemaStatement::Alter { table, actions })),
        }
    }
}

fn alteration(input: &str) -> Parsed<'_, Vec<Alteration>> {
    let one = |(rest, action)| Ok((rest, vec![action]));
    if let Ok((rest, _)) = word("add")(input) {
        return added(rest);
    }
    if let Ok((rest, _)) = word("drop")(input) {
        return one(dropped(rest)?);
    }
    if let Ok((rest, _)) = word("modify")(input) {
        let (rest, _) = flag(&["column"])(rest)?;
        let (rest, (column, place)) = placed_column(rest)?;
        let old = column.name.clone();
        return one((rest, Alteration::ChangeColumn { old, column: Box::new(column), place }));
    }
    if let Ok((rest, _)) = word("change")(input) {
        let (rest, _) = flag(&["column"])(rest)?;
        let (rest, old) = name(rest)?;
        let (rest, (column, place)) = placed_column(rest)?;
        return one((rest, Alteration::ChangeColumn { old, column: Box::new(column), place }));
    }
    if let Ok((rest, _)) = word("rename")(input) {
        return one(renamed(rest)?);
    }
    if let Ok((rest, ())) = words(&["alter", "index"])(input) {
        let (rest, index) = name(rest)?;
        let (rest, visible) = visibility(rest)?;
        return one((rest, Alteration::IndexVisibility { index, visible }));
    }
    if let Ok((rest, ())) = words(&["convert", "to"])(input) {
        let (rest, options) = some_options(rest)?;
        return one((rest, Alteration::Convert { charset: options.charset, collation: options.collation }));
    }
    if let Ok((rest, ())) = words(&["remove", "partitioning"])(input) {
        return one((rest, Alteration::RemovePartitioning));
    }
    if let Ok((rest, ())) = without_effect(input) {
        return one((rest, Alteration::Nothing));
    }
    let (rest, options) = some_options(input)?;
    one((rest, Alteration::Options(options)))
}

/// Table options up to the next comma.
fn some_options(input: &str) -> Parsed<'_, TableOptions> {
    let text = options::until_comma(input);
    let (left, options) = options::table_options(input[..text].trim_end())?;
    if left.is_empty() { Ok((&input[text..], options)) } else { fail(input) }
}

fn visibility(input: &str) -> Parsed<'_, bool> {
    map(alt((word("visible"), word("invisible"))), |found: &str| found.eq_ignore_ascii_case("visible")).parse(input)
}

fn added(input: &str) -> Parsed<'_, Vec<Alteration>> {
    let starts = |wanted: &'static str| word(wanted)(input).is_ok();
    if starts("partition") {
        return fail(input);
    }
    let key_words = ["constraint", "foreign", "check", "primary", "unique", "key", "index", "fulltext", "spatial"];
    if key_words.into_iter().any(starts) {
        let (rest, item) = super::table_item(input)?;
        return Ok((rest, vec![alteration_of(item)]));
    }
    let (rest, _) = flag(&["column"])(input)?;
    if rest.starts_with('(') {
        let (rest, items) = list(super::table_item)(rest)?;
        return Ok((rest, items.into_iter().map(alteration_of).collect()));
    }
    let (rest, (column, place)) = placed_column(rest)?;
    Ok((rest, vec![Alteration::AddColumn { column: Box::new(column), place }]))
}

fn alteration_of(item: super::Item) -> Alteration {
    match item {
        super::Item::Column(column) => Alteration::AddColumn { column, place: None },
        super::Item::Key(key) => Alteration::AddIndex(key),
        super::Item::ForeignKey(key) => Alteration::AddForeignKey(key),
        super::Item::Check => Alteration::Nothing,
    }
}

fn placed_column(input: &str) -> Parsed<'_, (ColumnDefinition, Option<ColumnPlace>)> {
    let (rest, column) = columns::column(input)?;
    if let Ok((rest, _)) = word("first")(rest) {
        return Ok((rest, (column, Some(ColumnPlace::First))));
    }
    let (rest, after) = opt((word("after"), name)).parse(rest)?;
    Ok((rest, (column, after.map(|(_, name)| ColumnPlace::After(name)))))
}

fn dropped(input: &str) -> Parsed<'_, Alteration> {
    if let Ok((rest, ())) = words(&["primary", "key"])(input) {
        return Ok((rest, Alteration::DropIndex("PRIMARY".to_owned())));
    }
    if let Ok((rest, _)) = alt((word("index"), word("key"))).parse(input) {
        return map(name, Alteration::DropIndex).parse(rest);
    }
    if let Ok((rest, ())) = words(&["foreign", "key"])(input) {
        return map(name, |_| Alteration::Nothing).parse(rest);
    }
    if let Ok((rest, _)) = alt((word("constraint"), word("check"))).parse(input) {
        return map(name, |_| Alteration::Nothing).parse(rest);
    }
    if word("partition")(input).is_ok() {
        return fail(input);
    }
    let (rest, _) = flag(&["column"])(input)?;
    map(name, Alteration::DropColumn).parse(rest)
}

fn renamed(input: &str) -> Parsed<'_, Alteration> {
    let pair = |input| map((name, word("to"), name), |(old, _, new)| (old, new)).parse(input);
    if let Ok((rest, _)) = word("column")(input) {
        return map(pair, |(old, new)| Alteration::RenameColumn { old, new }).parse(rest);
    }
    if let Ok((rest, _)) = alt((word("index"), word("key"))).parse(input) {
        return map(pair, |(old, new)| Alteration::RenameIndex { old, new }).parse(rest);
    }
    let (rest, _) = opt(alt((word("to"), word("as")))).parse(input)?;
    map(named_table, Alteration::RenameTable).parse(rest)
}

/// Actions that change nothing that planning looks at.
fn without_effect(input: &str) -> Parsed<'_, ()> {
    if let Ok((rest, _)) = alt((word("algorithm"), word("lock"))).parse(input) {
        let (rest, _) = opt(punctuation('=')).parse(rest)?;
        return map(any_word, |_| ()).parse(rest);
    }
    if let Ok((rest, _)) = alt((word("force"), word("validation"))).parse(input) {
        return Ok((rest, ()));
    }
    if let Ok((rest, _)) =
        alt((map(words(&["with", "validation"]), |()| ""), map(words(&["without", "validation"]), |()| ""))).parse(input)
    {
        return Ok((rest, ()));
    }
    if let Ok((rest, _)) = alt((word("enable"), word("disable"))).parse(input) {
        return map(word("keys"), |_| ()).parse(rest);
    }
    // ALTER COLUMN c SET DEFAULT …, DROP DEFAULT: defaults play no part in plans of SELECT.
    let (rest, _) = word("alter")(input)?;
    let (rest, _) = flag(&["column"])(rest)?;
    let (rest, _) = name(rest)?;
    if let Ok((rest, ())) = words(&["drop", "default"])(rest) {
        return Ok((rest, ()));
    }
    let (rest, ()) = words(&["set", "default"])(rest)?;
    alt((map(string, |_| ()), map(lexis::any_value, |_| ()))).parse(rest)
}
