//! Expressions: one arena a statement.
//!
//! Every occurrence in the text is a node of its own (nothing is interned: the server prints and counts by place). A rewrite
//! adds nodes; a node is changed in place only where the server's sharing of items shows in what it prints (`<cache>`, hash
//! join operands).

use super::block::{BlockId, OrderElement, UnitId};
use super::facts::Facts;
use super::function::Func;
use super::tables::{NestId, TableId};
use crate::catalog::{ColumnNo, DataType};
use crate::parse::ast::{ArithmeticOp, CompareOp, MatchMode, Quantifier, TruthTest, VariableScope};
use crate::value::Value;
use std::sync::Arc;

/// An expression's place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// Number of a MATCH … AGAINST in its statement.
pub type MatchId = u32;

/// The arena.
#[derive(Clone, Debug, Default)]
pub struct Exprs {
    nodes: Vec<Expr>,
    facts: Vec<Facts>,
}

impl Exprs {
    /// Adds a node with its facts. Use `Query::add` (facts.rs), which computes them.
    pub fn push(&mut self, node: Expr, facts: Facts) -> ExprId {
        self.nodes.push(node);
        self.facts.push(facts);
        ExprId(self.nodes.len() as u32 - 1)
    }
    /// Facts of a node.
    pub fn facts(&self, id: ExprId) -> &Facts {
        &self.facts[id.0 as usize]
    }
    /// Facts of a node, to renew.
    pub fn facts_mut(&mut self, id: ExprId) -> &mut Facts {
        &mut self.facts[id.0 as usize]
    }
    /// Replaces a node in place (see the module's comment for when this is right).
    pub fn replace(&mut self, id: ExprId, node: Expr) {
        self.nodes[id.0 as usize] = node;
    }
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    /// True if there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl std::ops::Index<ExprId> for Exprs {
    type Output = Expr;
    fn index(&self, id: ExprId) -> &Expr {
        &self.nodes[id.0 as usize]
    }
}
impl std::ops::IndexMut<ExprId> for Exprs {
    fn index_mut(&mut self, id: ExprId) -> &mut Expr {
        &mut self.nodes[id.0 as usize]
    }
}

/// How a literal prints (spec 08 §9.3).
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum LiteralForm {
    /// By its value: digits, `'…'` with escapes, `NULL`.
    Plain,
    /// Exactly this text: TRUE as written, `1.5e-10`.
    Text(Arc<str>),
    /// `_charset'…'`.
    Introducer(Arc<str>),
    /// `DATE'…'`, `TIME'…'`, `TIMESTAMP'…'`: typed literals and folded strings.
    TypedTemporal,
    /// `0x…`.
    Hex,
    /// The optimizer's own `true` / `false`.
    Boolean(bool),
}

/// What a reference goes through.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum RefKind {
    /// A select list element named by its alias in HAVING, GROUP BY or ORDER BY: prints the alias.
    Alias(Arc<str>),
    /// A select list element that is reached by position or by equal text: prints its target.
    Item,
    /// A column of a merged derived table, view or CTE: prints its target.
    View(TableId, ColumnNo),
    /// An aggregate or select element of an outer block.
    Outer(BlockId),
}

/// Conditions that only hold while a join is in some state (spec 08 §9.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum GuardKind {
    /// `is_not_null_compl(first..last)`: holds the first inner table of the outer join.
    IsNotNullComplement(TableId),
    /// `found_match(first..last)`.
    FoundMatch(TableId),
    /// `is_not_null_compl(<subqueryN>)`: the inner side is the temporary table of a materialized antijoin.
    IsNotNullComplementOfNest(NestId),
    /// `found_match(<subqueryN>)`.
    FoundMatchOfNest(NestId),
    /// `outer_field_is_not_null`.
    OuterFieldIsNotNull,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AggregateKind {
    Count,
    CountStar,
    Sum,
    Avg,
    Min,
    Max,
    BitAnd,
    BitOr,
    BitXor,
    Std,
    StddevSamp,
    VarPop,
    VarSamp,
    GroupConcat,
    JsonArrayAgg,
    JsonObjectAgg,
    AnyValue,
}

/// Window functions that are not aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
    /// An aggregate with OVER.
    Aggregate(AggregateKind),
}

/// Truth value that a subquery predicate is tested for (spec 02 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TruthValue {
    Identity,
    Negated,
    IsTrue,
    IsFalse,
    IsNotTrue,
    IsNotFalse,
}

/// Kinds of subqueries in expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SubqueryKind {
    /// A value or a row.
    Scalar,
    Exists,
    /// IN, `= ANY`; NOT IN and `<> ALL` carry a negating truth value.
    In,
    /// Any other comparison with ANY or ALL.
    Quantified(CompareOp, Quantifier),
}

/// How a subquery is carried out, as far as decided (spec 02 §5.5 to §5.7, 05 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SubqueryStrategy {
    /// Nothing special: scalar, row, EXISTS.
    Plain,
    /// IN→EXISTS was injected; materialization may still replace it.
    Undecided,
    /// IN→EXISTS.
    Exists,
    /// Materialized with a hash look-up.
    Materialize,
    /// ANY/ALL over `<min>(…)`.
    Min,
    /// ANY/ALL over `<max>(…)`.
    Max,
}

/// A subquery in an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct SubqueryExpr {
    /// Its query expression.
    pub unit: UnitId,
    /// Its kind.
    pub kind: SubqueryKind,
    /// Left operand of IN, ANY, ALL (a Row for several columns).
    pub left: Option<ExprId>,
    /// Tested truth value.
    pub truth: TruthValue,
    /// True while the predicate stands where only "true or not" matters (AND chain of WHERE/ON): spec 02 §5.1.
    pub at_predicate_level: bool,
    /// How it is carried out.
    pub strategy: SubqueryStrategy,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Expr {
    Literal {
        value: Value,
        form: LiteralForm,
    },
    /// A column of a table of this statement, in this block or an outer one.
    Column {
        table: TableId,
        column: ColumnNo,
    },
    Ref {
        target: ExprId,
        kind: RefKind,
    },
    /// A value that is known only while running: a parameter without value, a routine's variable.
    Parameter {
        name: Option<Arc<str>>,
    },
    UserVariable(Arc<str>),
    AssignUserVariable {
        name: Arc<str>,
        value: ExprId,
    },
    SystemVariable {
        scope: VariableScope,
        name: Arc<str>,
    },
    /// A built-in function. `extra` holds words that are no expression: the unit of EXTRACT, the side of TRIM.
    Func {
        func: Func,
        args: Vec<ExprId>,
        extra: Option<Arc<str>>,
    },
    StoredFunction {
        schema: Arc<str>,
        name: Arc<str>,
        deterministic: bool,
        args: Vec<ExprId>,
    },
    Negate(ExprId),
    Arithmetic {
        op: ArithmeticOp,
        left: ExprId,
        right: ExprId,
    },
    BitNot(ExprId),
    Compare {
        op: CompareOp,
        left: ExprId,
        right: ExprId,
    },
    /// n-ary.
    And(Vec<ExprId>),
    Or(Vec<ExprId>),
    Xor(ExprId, ExprId),
    Not(ExprId),
    IsNull {
        arg: ExprId,
        negated: bool,
    },
    IsTruth {
        arg: ExprId,
        test: TruthTest,
        negated: bool,
    },
    Between {
        arg: ExprId,
        low: ExprId,
        high: ExprId,
        negated: bool,
    },
    In {
        arg: ExprId,
        list: Vec<ExprId>,
        negated: bool,
    },
    Like {
        arg: ExprId,
        pattern: ExprId,
        escape: Option<ExprId>,
    },
    Case {
        operand: Option<ExprId>,
        branches: Vec<(ExprId, ExprId)>,
        otherwise: Option<ExprId>,
    },
    If {
        condition: ExprId,
        then: ExprId,
        otherwise: ExprId,
    },
    /// CAST and the casts that comparison adds; the target is the node's type in its facts.
    Cast {
        arg: ExprId,
        ty: DataType,
        array: bool,
    },
    ConvertUsing {
        arg: ExprId,
        charset: Arc<str>,
    },
    Collate {
        arg: ExprId,
        collation: Arc<str>,
    },
    /// `date ± INTERVAL amount unit`.
    DateAdd {
        date: ExprId,
        amount: ExprId,
        unit: Arc<str>,
        subtract: bool,
    },
    Row(Vec<ExprId>),
    Match {
        columns: Vec<ExprId>,
        against: ExprId,
        mode: MatchMode,
    },
    Aggregate {
        kind: AggregateKind,
        distinct: bool,
        args: Vec<ExprId>,
        order_by: Vec<OrderElement>,
        separator: Option<Arc<str>>,
    },
    /// A window function; `window` indexes the block's windows.
    Window {
        function: WindowFunction,
        args: Vec<ExprId>,
        window: usize,
    },
    /// GROUPING(…)
    Grouping(Vec<ExprId>),
    /// `rollup_group_item(arg, position)`.
    RollupGroupItem {
        arg: ExprId,
        position: u32,
    },
    /// `rollup_sum_switcher(arg)`.
    RollupSum(ExprId),
    DefaultOf(ExprId),
    ValuesOf(ExprId),
    Subquery(SubqueryExpr),
    /// `<in_optimizer>(left, inner)` around an IN subquery that was not converted.
    InOptimizer {
        left: ExprId,
        inner: ExprId,
    },
    /// `<not>(…)` (ALL) and `<nop>(…)` (ANY).
    QuantifierWrapper {
        all: bool,
        arg: ExprId,
    },
    /// `<cache>(arg)`.
    Cache(ExprId),
    /// `<if>(guard, condition, true)`.
    Guard {
        kind: GuardKind,
        condition: ExprId,
    },
    /// `<is_not_null_test>(arg)`.
    IsNotNullTest(ExprId),
    /// `<ref_null_helper>(arg)`.
    RefNullHelper(ExprId),
    /// `multiple equal(constant, columns…)`; `always_false` when two constants contradict (spec 02 §4.5).
    MultipleEqual {
        columns: Vec<ExprId>,
        constant: Option<ExprId>,
        always_false: bool,
    },
    /// The condition that makes an antijoin's inner side "not exists": always false, prints `false`.
    AntijoinMarker,
    /// A column of a semijoin materialization's temporary table (`<subqueryN>.name`).
    MaterializedColumn {
        nest: super::tables::NestId,
        position: u32,
    },
}
