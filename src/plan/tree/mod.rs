//! The tree of iterators that would carry a plan out, as EXPLAIN FORMAT=TREE shows it (spec 08 §2 to §4).
//!
//! The tree is built from the finished block plans when it is asked for; it borrows everything from the plan.

mod access;
mod aggregation;
mod block;
mod change;
mod condition;
mod hash_join;
mod join;
mod materialize;
mod numbers;
mod set_operation;

pub use change::ChangedTable;

use super::{Plan, SortStep, TableAccess, WindowStep};
use crate::access::RangePlan;
use crate::catalog::{IndexNo, ServerVersion};
use crate::query::{BlockId, Command, ExprId, TableId, UnitId};
use std::borrow::Cow;

/// A node with the numbers that the server keeps for it; -1 is "unknown".
#[derive(Clone, Debug)]
pub struct Node<'p> {
    /// What it does.
    pub kind: NodeKind<'p>,
    /// Inputs, in the order in which they print.
    pub children: Vec<Node<'p>>,
    /// Printed on a line of its own above the node.
    pub heading: Option<Cow<'static, str>>,
    /// Subqueries of the select list of the block whose topmost line this is: printed behind it, at its level.
    pub projections: Vec<UnitId>,
    /// Estimated rows.
    pub rows: f64,
    /// Total cost.
    pub cost: f64,
    /// Cost until the first row.
    pub init: f64,
}

/// How two inputs are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JoinType {
    Inner,
    Left,
    Semi,
    Anti,
}

/// How an index is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LookupType {
    Ref,
    RefOrNull,
    EqRef,
    FullText,
    MultiRange,
}

/// An equality of a hash join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCondition {
    /// The comparison.
    pub condition: ExprId,
    /// Keys are too long to be compared: only their hashes are.
    pub hash_only: bool,
}

/// A temporary table that has no entry in a block's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TempTable {
    Plain,
    Union,
    Intersect,
    Except,
    /// A parenthesized block with an ORDER BY or LIMIT outside.
    Result,
}

/// How the elements of a sort are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortNames {
    /// Columns as expressions, others by name.
    Usual,
    /// All by name: a grouping sort under ROLLUP, whose elements are no plain columns.
    Rollup,
    /// By column of the temporary table of a set operation.
    Columns,
}

/// What a MATERIALIZE fills.
#[derive(Clone, Debug)]
pub struct Materialize<'p> {
    /// The way in which the table is read: printed above the node's own line.
    pub table_path: Node<'p>,
    /// Cost of the inputs and of keeping their rows.
    pub cost: f64,
    /// The words of its line.
    pub text: String,
}

/// Kinds of nodes (spec 08 §6).
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum NodeKind<'p> {
    TableScan(&'p TableAccess),
    TempTableScan(TempTable),
    /// `started`: it ran while planning; only then does it show whether it reads the index alone.
    IndexScan {
        access: &'p TableAccess,
        index: IndexNo,
        reverse: bool,
        started: bool,
    },
    Lookup {
        access: &'p TableAccess,
        lookup: LookupType,
        block: BlockId,
    },
    /// The look-up into the table of a materialized IN subquery.
    SubqueryLookup {
        unit: UnitId,
        left: ExprId,
    },
    ConstRow(&'p TableAccess),
    FollowTail(&'p TableAccess),
    Range {
        access: &'p TableAccess,
        range: &'p RangePlan,
        block: BlockId,
        merged: bool,
    },
    DynamicRange {
        access: &'p TableAccess,
        block: BlockId,
    },
    SortedMerge,
    RowIdIntersection,
    RowIdUnion,
    RowsBeforeExecution,
    ZeroRows(Cow<'static, str>),
    ZeroRowsAggregated(&'static str),
    TableFunction,
    CountRows(&'p TableAccess),
    Filter {
        conditions: Vec<ExprId>,
        block: BlockId,
    },
    /// `… is not null` of the inner expressions of a materialized semijoin.
    NotNullFilter {
        tested: Vec<ExprId>,
        block: BlockId,
    },
    /// The comparison above the look-up of a materialized IN subquery.
    SubqueryFilter {
        unit: UnitId,
        left: ExprId,
        block: BlockId,
    },
    NestedLoop(JoinType),
    NestedLoopDuplicateRemoval {
        access: &'p TableAccess,
    },
    BatchedKeyAccess(JoinType),
    HashJoin {
        join: JoinType,
        conditions: Vec<HashCondition>,
        extra: Vec<ExprId>,
        block: BlockId,
    },
    Sort {
        step: Cow<'p, SortStep>,
        block: BlockId,
        names: SortNames,
    },
    Aggregate {
        functions: Vec<ExprId>,
        grouped: bool,
        rollup: bool,
        block: BlockId,
    },
    TempTableAggregate(Box<Node<'p>>),
    /// `counts_all`: rows beyond the limit are counted too (SQL_CALC_FOUND_ROWS).
    Limit {
        end: Option<u64>,
        offset: u64,
        counts_all: bool,
    },
    Stream,
    Materialize(Box<Materialize<'p>>),
    InformationSchema(Box<Node<'p>>, &'p TableAccess),
    Append,
    Window {
        step: &'p WindowStep,
        block: BlockId,
    },
    Weedout(Vec<&'p TableAccess>),
    RemoveDuplicatesOnIndex(&'p TableAccess),
    Alternative {
        access: &'p TableAccess,
    },
    CacheInvalidator(&'p TableAccess),
    Delete(Vec<ChangedTable>),
    Update(Vec<ChangedTable>),
    InsertInto(TableId),
    ReplaceInto(TableId),
    NotExecutable,
}

/// The numbers of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numbers {
    rows: f64,
    cost: f64,
    init: f64,
}

impl<'p> Node<'p> {
    /// A node without numbers.
    fn new(kind: NodeKind<'p>, children: Vec<Node<'p>>) -> Node<'p> {
        Node { kind, children, heading: None, projections: Vec::new(), rows: -1.0, cost: -1.0, init: -1.0 }
    }
    /// A node over one child that has the child's numbers.
    fn above(kind: NodeKind<'p>, child: Node<'p>) -> Node<'p> {
        let numbers = child.numbers();
        Node::new(kind, vec![child]).with(numbers)
    }
    fn with(mut self, numbers: Numbers) -> Node<'p> {
        self.set(numbers);
        self
    }
    fn set(&mut self, numbers: Numbers) {
        self.rows = numbers.rows;
        self.cost = numbers.cost;
        self.init = numbers.init;
    }
    fn numbers(&self) -> Numbers {
        Numbers { rows: self.rows, cost: self.cost, init: self.init }
    }
    fn under(mut self, heading: impl Into<Cow<'static, str>>) -> Node<'p> {
        self.heading = Some(heading.into());
        self
    }
    fn is_zero_rows(&self) -> bool {
        matches!(self.kind, NodeKind::ZeroRows(_))
    }
}

/// The tree of a statement.
pub fn build(plan: &Plan) -> Node<'_> {
    let builder = Builder { plan };
    match &plan.query.command {
        Command::Select => builder.unit(plan.query.root),
        Command::Insert(target) | Command::Replace(target) => {
            // 9.7 shows INSERT … VALUES too (spec 08 §14).
            let rows = match (target.from_query, builder.since_9_7()) {
                (true, _) => builder.unit(plan.query.root),
                (false, true) => Node::new(NodeKind::RowsBeforeExecution, Vec::new()),
                (false, false) => return Node::new(NodeKind::NotExecutable, Vec::new()),
            };
            let replaces = matches!(plan.query.command, Command::Replace(_));
            let kind = if replaces { NodeKind::ReplaceInto(target.table) } else { NodeKind::InsertInto(target.table) };
            Node::new(kind, vec![rows])
        }
        Command::Update { .. } | Command::Delete { .. } => builder.change(),
    }
}

/// The tree of a subquery in an expression.
pub fn build_subquery<'p>(plan: &'p Plan, subquery: &crate::query::SubqueryExpr) -> Node<'p> {
    use crate::query::SubqueryStrategy;
    let builder = Builder { plan };
    match (subquery.strategy, subquery.left) {
        (SubqueryStrategy::Materialize, Some(left)) => builder.materialized_subquery(subquery.unit, left),
        _ => builder.unit(subquery.unit),
    }
}

/// Builds trees.
#[derive(Clone, Copy)]
struct Builder<'p> {
    plan: &'p Plan,
}

impl<'p> Builder<'p> {
    fn since_9_7(&self) -> bool {
        self.plan.settings.version >= ServerVersion::V9_7
    }
    fn evaluate(&self, rows: f64) -> f64 {
        self.plan.costs.rows(rows)
    }
    fn block_plan(&self, block: BlockId) -> Option<&'p super::BlockPlan> {
        self.plan.blocks.get(block.0 as usize)?.as_ref()
    }
    /// A sort; `rolled_up`: it groups for ROLLUP.
    fn sort(&self, step: &'p SortStep, block: BlockId, rolled_up: bool, child: Node<'p>) -> Node<'p> {
        let names = if rolled_up { SortNames::Rollup } else { SortNames::Usual };
        Node::new(NodeKind::Sort { step: Cow::Borrowed(step), block, names }, vec![child])
    }
    /// The order elements as an owned step: of a set operation, which has no step of its own.
    fn sort_of_columns(&self, step: SortStep, block: BlockId, child: Node<'p>) -> Node<'p> {
        Node::new(NodeKind::Sort { step: Cow::Owned(step), block, names: SortNames::Columns }, vec![child])
    }
}
