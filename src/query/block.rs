//! Query blocks and query expressions ("units").

use super::expr::ExprId;
use super::tables::{JoinMember, NestId, TableId};
use crate::parse::ast::{Hint, SelectOptions, SetOperator};
use std::sync::Arc;

/// A query block of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

/// A query expression of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

/// Why a block cannot be evaluated once and kept (spec 02 §5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Uncacheable {
    pub dependent: bool,
    pub rand: bool,
    pub side_effect: bool,
    pub united: bool,
}

impl Uncacheable {
    /// True if any flag is set.
    pub fn any(self) -> bool {
        self.dependent || self.rand || self.side_effect || self.united
    }
}

/// An element of the select list.
#[derive(Clone, Debug)]
pub struct SelectItem {
    /// The expression.
    pub expr: ExprId,
    /// Output name.
    pub name: Arc<str>,
    /// The name was written with AS or as a bare alias, or is a column's own name.
    pub name_is_alias: bool,
    /// The name was written with AS or as a bare alias.
    pub alias_written: bool,
}

/// An element of ORDER BY or GROUP BY.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderElement {
    /// The expression, resolved (through the select list where that applies).
    pub expr: ExprId,
    /// DESC.
    pub descending: bool,
    /// ASC or DESC written.
    pub explicit_direction: bool,
    /// Position in the select list that it names, if it does.
    pub item: Option<usize>,
    /// It was written as the select item's alias: prints that.
    pub by_alias: bool,
}

/// A window of a block.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Window {
    pub name: Option<Arc<str>>,
    /// Name of the window that it extends.
    pub base: Option<Arc<str>>,
    pub partition_by: Vec<OrderElement>,
    pub order_by: Vec<OrderElement>,
    pub frame: Option<WindowFrame>,
}

/// A frame.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct WindowFrame {
    pub rows: bool,
    pub start: WindowFrameBound,
    pub end: WindowFrameBound,
    /// BETWEEN was written.
    pub explicit_end: bool,
}

/// A frame bound.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum WindowFrameBound {
    UnboundedPreceding,
    Preceding(ExprId),
    CurrentRow,
    Following(ExprId),
    UnboundedFollowing,
}

/// One query block: a SELECT, a VALUES, or the block of an UPDATE or DELETE.
#[derive(Clone, Debug)]
pub struct Block {
    /// Number in EXPLAIN and in `/* select#N */`.
    pub select_id: u32,
    /// Its query expression.
    pub unit: UnitId,
    /// Hints of its hint comment.
    pub hints: Vec<Hint>,
    /// QB_NAME.
    pub name: Option<Arc<str>>,
    /// Options as written; `distinct` is cleared when it is found to be implied.
    pub options: SelectOptions,
    /// Select list.
    pub items: Vec<SelectItem>,
    /// The FROM clause, flattened by join simplification.
    pub from: Vec<JoinMember>,
    /// Leaf tables by number.
    pub leaves: Vec<TableId>,
    /// WHERE.
    pub where_: Option<ExprId>,
    /// The WHERE of a single-table UPDATE or DELETE as it was written, if it is one equality: note 1003 prints that.
    pub written_where: Option<ExprId>,
    /// A WHERE was written or added, so that a removed one prints `where true` (spec 02 §4.11).
    pub had_where: bool,
    /// GROUP BY.
    pub group_by: Vec<OrderElement>,
    /// WITH ROLLUP.
    pub rollup: bool,
    /// HAVING.
    pub having: Option<ExprId>,
    /// ORDER BY.
    pub order_by: Vec<OrderElement>,
    /// LIMIT as written (literals, parameters).
    pub limit: Option<ExprId>,
    /// OFFSET as written.
    pub offset: Option<ExprId>,
    /// Windows in the order in which they were met.
    pub windows: Vec<Window>,
    /// VALUES rows, if the block is a table value constructor.
    pub values: Option<Vec<Vec<ExprId>>>,
    /// Query expressions directly inside: subqueries and derived tables, newest first (spec 07 §2.3).
    pub inner_units: Vec<UnitId>,
    /// Semijoin and antijoin nests, in conversion order.
    pub semijoin_nests: Vec<NestId>,
    /// It has aggregates or GROUP BY.
    pub grouped: bool,
    /// It contains aggregate functions of its own.
    pub has_aggregates: bool,
    /// Why it cannot be evaluated once.
    pub uncacheable: Uncacheable,
    /// All partitions of an inner-joined table were pruned while resolving (spec 02 §0.2-17e).
    pub empty: bool,
    /// It is the part of a recursive CTE that refers to it.
    pub recursive: bool,
    /// Conditions that IN→EXISTS added.
    pub injected: Injected,
}

/// What IN→EXISTS added to a block, so that materialization can take it back (spec 02 §5.6, 05 §8.4).
#[derive(Clone, Debug, Default)]
pub struct Injected {
    /// Conjuncts of WHERE.
    pub where_: Vec<ExprId>,
    /// Conjuncts of HAVING.
    pub having: Vec<ExprId>,
    /// The flags before.
    pub uncacheable_before: Uncacheable,
}

/// What a unit serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnitRole {
    /// The statement.
    Top,
    /// A derived table, view or CTE reference.
    Derived(TableId),
    /// A subquery in an expression.
    Subquery(ExprId),
}

/// A node of a set operation's tree (spec 06 §16.1).
#[derive(Clone, Debug)]
pub struct Term {
    /// What it is.
    pub kind: TermKind,
    /// Number of the node itself: the id of its RESULT row (a block's own select id for blocks).
    pub select_id: u32,
    /// ORDER BY on the result.
    pub order_by: Vec<OrderElement>,
    /// LIMIT on the result.
    pub limit: Option<ExprId>,
    /// OFFSET on the result.
    pub offset: Option<ExprId>,
}

/// Kinds of terms.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum TermKind {
    Block(BlockId),
    /// `distinct_until`: children up to and with this index are deduplicated (UNION DISTINCT before UNION ALL); none if
    /// nothing is.
    SetOperation {
        operator: SetOperator,
        children: Vec<Term>,
        distinct_until: Option<usize>,
    },
    /// A parenthesized query expression with an ORDER BY or LIMIT outside the parentheses.
    Parenthesized(Box<Term>),
}

/// Where a subquery was written (spec 07 §9.6); merging its block does not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Clause {
    SelectList,
    /// WHERE and ON.
    Where,
    Having,
    GroupBy,
    OrderBy,
    UpdateValue,
    InsertValues,
    InsertUpdate,
    Derived,
    /// Anything else, and a subquery whose expression was dropped or evaluated while planning.
    #[default]
    OptimizedAway,
}

/// A query expression.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What it serves.
    pub role: UnitRole,
    /// Clause that it was written in.
    pub clause: Clause,
    /// Block that contains it; none for the outermost.
    pub outer: Option<BlockId>,
    /// Its tree; a single block in the usual case.
    pub term: Term,
    /// Its blocks in order.
    pub blocks: Vec<BlockId>,
    /// Why it cannot be evaluated once.
    pub uncacheable: Uncacheable,
    /// Its WITH list: name, columns, the printed definition's unit; only CTEs that are materialized print.
    pub ctes: Vec<(Arc<str>, TableId)>,
    /// WITH RECURSIVE.
    pub recursive: bool,
    /// Its text as written, as key into the captured subquery results.
    pub text: Option<Arc<str>>,
    /// The flags before IN→EXISTS made it dependent.
    pub uncacheable_before_injection: Uncacheable,
}

impl Unit {
    /// A query expression without blocks.
    pub fn new(role: UnitRole, clause: Clause, outer: Option<BlockId>) -> Unit {
        Unit {
            role,
            clause,
            outer,
            term: Term { kind: TermKind::Block(BlockId(0)), select_id: 0, order_by: Vec::new(), limit: None, offset: None },
            blocks: Vec::new(),
            uncacheable: Uncacheable::default(),
            ctes: Vec::new(),
            recursive: false,
            text: None,
            uncacheable_before_injection: Uncacheable::default(),
        }
    }
}

/// Severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Level {
    Note,
    Warning,
    Error,
}

/// A warning or note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Severity.
    pub level: Level,
    /// MySQL's code.
    pub code: u16,
    /// Text.
    pub text: String,
}

/// What the statement does with the rows.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Command {
    Select,
    Insert(InsertTarget),
    Replace(InsertTarget),
    /// Tables that are changed, with `column = value` pairs (each a Column and its new value).
    Update {
        targets: Vec<TableId>,
        assignments: Vec<(ExprId, ExprId)>,
        multi_table: bool,
        /// Written with one table, though it may be carried out as a join: its note keeps that form.
        single_form: bool,
        ignore: bool,
    },
    Delete {
        targets: Vec<TableId>,
        multi_table: bool,
        /// Written in the form for one table, though it may be carried out as a join: its note keeps that form.
        single_form: bool,
        ignore: bool,
        quick: bool,
    },
}

/// The target of INSERT and REPLACE.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct InsertTarget {
    pub table: TableId,
    pub columns: Vec<ExprId>,
    /// Rows of VALUES; empty for INSERT … SELECT.
    pub rows: Vec<Vec<ExprId>>,
    pub from_query: bool,
    pub ignore: bool,
    pub on_duplicate: Vec<(ExprId, ExprId)>,
}

impl Block {
    /// True for an implicitly grouped block: aggregates without GROUP BY.
    pub fn implicitly_grouped(&self) -> bool {
        self.grouped && self.group_by.is_empty()
    }
}
