//! The syntax tree of a statement: what was written, before names mean anything.
//!
//! It holds no type of another crate; `span` fields are byte offsets into the statement's text, so that unnamed select items
//! get their text as name and errors find their place.

mod expression;

pub use expression::*;

use std::sync::Arc;

/// Byte offsets `start..end` into the statement's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A name as written, without its quotes.
pub type Name = Arc<str>;

/// `[schema.]name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// Schema, if written.
    pub schema: Option<Name>,
    /// Name.
    pub name: Name,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text of the statement, without a trailing `;` and without the EXPLAIN that may have stood before it.
    pub text: Arc<str>,
    /// What stood before it: `EXPLAIN FORMAT=…`, if anything.
    pub explain: Option<ExplainFormat>,
    /// The statement.
    pub kind: StatementKind,
    /// Warnings that parsing raised (deprecated syntax, bad hints), in order.
    pub warnings: Vec<ParseWarning>,
    /// SET_VAR hints of all blocks, in the order in which blocks are finished: inner before outer.
    pub variables: Vec<VariableAssignment>,
    /// The strongest row lock that a locking clause anywhere in the statement asks for.
    pub locks: Option<RowLock>,
    /// Where INTO anywhere in the statement sends the rows.
    pub into: Option<IntoTarget>,
}

/// `SET_VAR(name = value)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableAssignment {
    /// Name as written.
    pub name: Arc<str>,
    /// Value: text without quotes, a number with its scale resolved.
    pub value: Arc<str>,
    /// It was a text or a bare word, not a number.
    pub quoted: bool,
}

/// A warning that the parser raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseWarning {
    /// MySQL's code.
    pub code: u16,
    /// Text.
    pub text: String,
}

/// The FORMAT of an EXPLAIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ExplainFormat {
    Default,
    Traditional,
    Json,
    Tree,
    Analyze,
}

/// Statement kinds that can be planned, and those that change the session before one.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum StatementKind {
    Select(QueryExpr),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    /// `SET name = value, …`.
    Set(Vec<(Name, Expr)>),
    /// `USE schema`.
    Use(Name),
}

/// Row locks of a locking clause, weaker first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowLock {
    /// FOR SHARE, LOCK IN SHARE MODE.
    Share,
    /// FOR UPDATE.
    Update,
}

/// Target of INTO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntoTarget {
    /// OUTFILE and DUMPFILE: a file on the server's host.
    File,
    /// Variables.
    Variables,
}

/// A query expression: a body with WITH, ORDER BY and LIMIT around it.
#[derive(Clone, Debug)]
pub struct QueryExpr {
    /// WITH.
    pub with: Option<With>,
    /// The body.
    pub body: QueryBody,
    /// ORDER BY of the whole.
    pub order_by: Vec<OrderItem>,
    /// LIMIT of the whole.
    pub limit: Option<Limit>,
    /// FOR UPDATE / FOR SHARE / LOCK IN SHARE MODE.
    pub locking: bool,
    /// Its text.
    pub span: Span,
}

/// A body of a query expression.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum QueryBody {
    Select(Box<Select>),
    SetOperation {
        operator: SetOperator,
        distinct: bool,
        left: Box<QueryBody>,
        right: Box<QueryBody>,
    },
    /// A query expression in parentheses, with its own ORDER BY and LIMIT.
    Parens(Box<QueryExpr>),
    /// `VALUES ROW(…), ROW(…)`.
    Values(Vec<Vec<Expr>>),
    /// `TABLE t`.
    Table(ObjectName),
}

/// Set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

/// WITH.
#[derive(Clone, Debug)]
pub struct With {
    /// RECURSIVE.
    pub recursive: bool,
    /// The expressions, in order.
    pub ctes: Vec<Cte>,
}

/// One common table expression.
#[derive(Clone, Debug)]
pub struct Cte {
    /// Name.
    pub name: Name,
    /// Column list, if written.
    pub columns: Vec<Name>,
    /// Definition.
    pub query: Arc<QueryExpr>,
}

/// Options between SELECT and the select list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SelectOptions {
    pub distinct: bool,
    pub straight_join: bool,
    pub high_priority: bool,
    pub sql_small_result: bool,
    pub sql_big_result: bool,
    pub sql_buffer_result: bool,
    pub sql_no_cache: bool,
    pub sql_calc_found_rows: bool,
}

/// One query specification.
#[derive(Clone, Debug)]
pub struct Select {
    /// The optimizer hint comment's hints, in order.
    pub hints: Vec<Hint>,
    /// Options.
    pub options: SelectOptions,
    /// Select list.
    pub items: Vec<SelectItem>,
    /// FROM: elements separated by commas; empty without FROM (or FROM DUAL).
    pub from: Vec<TableExpr>,
    /// WHERE.
    pub where_: Option<Expr>,
    /// GROUP BY.
    pub group_by: Vec<OrderItem>,
    /// WITH ROLLUP.
    pub rollup: bool,
    /// HAVING.
    pub having: Option<Expr>,
    /// WINDOW.
    pub windows: Vec<(Name, WindowSpec)>,
    /// Its text, from SELECT on.
    pub span: Span,
}

/// An element of a select list.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum SelectItem {
    Expr {
        expr: Expr,
        alias: Option<Name>,
        /// Text of the expression as written: the name of an unaliased item.
        span: Span,
    },
    /// `*`
    Wildcard,
    /// `t.*` or `s.t.*`
    TableWildcard(ObjectName),
}

/// ORDER BY and GROUP BY elements.
#[derive(Clone, Debug)]
pub struct OrderItem {
    /// The expression.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// ASC or DESC was written.
    pub explicit_direction: bool,
}

/// LIMIT with OFFSET.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Rows.
    pub count: Expr,
    /// Rows to skip.
    pub offset: Option<Expr>,
}

/// A table or a join of tables.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum TableExpr {
    Table(TableFactor),
    /// `(a, b JOIN c …)`: a list in parentheses.
    Nested(Vec<TableExpr>),
    Join(Box<Join>),
}

/// One join.
#[derive(Clone, Debug)]
pub struct Join {
    /// Left operand.
    pub left: TableExpr,
    /// Right operand.
    pub right: TableExpr,
    /// Kind.
    pub kind: JoinKind,
    /// NATURAL.
    pub natural: bool,
    /// ON.
    pub on: Option<Expr>,
    /// USING.
    pub using: Vec<Name>,
}

/// Join kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Straight,
}

/// A table in FROM.
#[derive(Clone, Debug)]
pub struct TableFactor {
    /// What it is.
    pub source: TableSource,
    /// Alias; a base table without one is known by its name.
    pub alias: Option<Name>,
    /// Column list after the alias of a derived table.
    pub columns: Vec<Name>,
    /// PARTITION (…).
    pub partitions: Vec<Name>,
    /// USE / FORCE / IGNORE INDEX.
    pub index_hints: Vec<IndexHint>,
}

/// What stands in FROM.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum TableSource {
    Named(ObjectName),
    Derived { query: Arc<QueryExpr>, lateral: bool },
    JsonTable(Box<JsonTable>),
}

/// JSON_TABLE.
#[derive(Clone, Debug)]
pub struct JsonTable {
    /// The document.
    pub document: Expr,
    /// Row path.
    pub path: Arc<str>,
    /// Columns.
    pub columns: Vec<JsonTableColumn>,
}

/// A column of JSON_TABLE.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum JsonTableColumn {
    Ordinality(Name),
    Path { name: Name, ty: CastType, path: Arc<str>, exists: bool, on_empty: Option<Arc<str>>, on_error: Option<Arc<str>> },
    Nested { path: Arc<str>, columns: Vec<JsonTableColumn> },
}

/// An old-style index hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexHint {
    /// USE, FORCE, IGNORE.
    pub kind: IndexHintKind,
    /// FOR JOIN / ORDER BY / GROUP BY.
    pub scope: IndexHintScope,
    /// Names; empty for `USE INDEX ()`.
    pub indexes: Vec<Name>,
}

/// Kinds of index hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum IndexHintKind {
    Use,
    Force,
    Ignore,
}

/// Scopes of index hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum IndexHintScope {
    All,
    Join,
    OrderBy,
    GroupBy,
}

/// One optimizer hint of a `/*+ … */` comment (spec 09 §1.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// Upper-cased name, `NO_` included.
    pub name: Arc<str>,
    /// `@qb` before the arguments, without the `@`.
    pub query_block: Option<Name>,
    /// Arguments.
    pub arguments: HintArguments,
}

/// Arguments of a hint.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum HintArguments {
    /// `t1, t2@qb`
    Tables(Vec<HintTable>),
    /// `t1 k1, k2`
    Indexes { table: HintTable, indexes: Vec<Name> },
    /// `FIRSTMATCH, LOOSESCAN` of SEMIJOIN; `MATERIALIZATION` of SUBQUERY.
    Strategies(Vec<Arc<str>>),
    /// `QB_NAME(name)`, `RESOURCE_GROUP(name)`.
    Name(Name),
    /// `MAX_EXECUTION_TIME(n)`.
    Number(u64),
    /// `SET_VAR(name = value)`.
    Variable { name: Arc<str>, value: Arc<str>, quoted: bool },
}

/// A table in a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintTable {
    /// Alias.
    pub name: Name,
    /// `@qb` after it.
    pub query_block: Option<Name>,
}

/// INSERT and REPLACE.
#[derive(Clone, Debug)]
pub struct Insert {
    /// Hints.
    pub hints: Vec<Hint>,
    /// REPLACE.
    pub replace: bool,
    /// IGNORE.
    pub ignore: bool,
    /// Target.
    pub table: ObjectName,
    /// PARTITION (…).
    pub partitions: Vec<Name>,
    /// Column list.
    pub columns: Vec<Name>,
    /// Rows.
    pub source: InsertSource,
    /// `AS new(a, b)`.
    pub row_alias: Option<(Name, Vec<Name>)>,
    /// ON DUPLICATE KEY UPDATE.
    pub on_duplicate: Vec<(ColumnName, Expr)>,
}

/// Source of an INSERT.
#[derive(Clone, Debug)]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum InsertSource {
    Values(Vec<Vec<Expr>>),
    Query(QueryExpr),
}

/// UPDATE of one or more tables.
#[derive(Clone, Debug)]
pub struct Update {
    /// WITH.
    pub with: Option<With>,
    /// Hints.
    pub hints: Vec<Hint>,
    /// IGNORE.
    pub ignore: bool,
    /// Tables.
    pub tables: Vec<TableExpr>,
    /// SET.
    pub assignments: Vec<(ColumnName, Expr)>,
    /// WHERE.
    pub where_: Option<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Limit>,
}

/// DELETE from one or more tables.
#[derive(Clone, Debug)]
pub struct Delete {
    /// WITH.
    pub with: Option<With>,
    /// Hints.
    pub hints: Vec<Hint>,
    /// IGNORE.
    pub ignore: bool,
    /// QUICK.
    pub quick: bool,
    /// Targets of the multi-table forms (`DELETE a, b FROM …`); empty for the single-table form.
    pub targets: Vec<ObjectName>,
    /// Tables.
    pub tables: Vec<TableExpr>,
    /// WHERE.
    pub where_: Option<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Limit>,
}

/// `[[schema.]table.]column`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnName {
    /// Schema.
    pub schema: Option<Name>,
    /// Table.
    pub table: Option<Name>,
    /// Column.
    pub column: Name,
}
