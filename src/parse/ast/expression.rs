//! Literals, operators, windows and expressions as written.

use super::{ColumnName, Name, OrderItem, QueryExpr};
use std::sync::Arc;

/// A literal as written.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Literal {
    Null,
    /// TRUE / FALSE, with the word as written.
    Boolean(bool, Arc<str>),
    /// Digits without point or exponent.
    Integer(Arc<str>),
    /// Digits with a point.
    Decimal(Arc<str>),
    /// Digits with an exponent.
    Float(Arc<str>),
    /// A character string with its introducer (`_latin1'…'`) and whether it was `N'…'`.
    String {
        value: Arc<str>,
        introducer: Option<Arc<str>>,
        national: bool,
    },
    /// `X'…'`, `0x…`, `b'…'`: the bytes.
    Hex {
        bytes: Arc<[u8]>,
        bit: bool,
        introducer: Option<Arc<str>>,
    },
    /// `DATE'…'`, `TIME'…'`, `TIMESTAMP'…'`.
    Temporal {
        kind: TemporalLiteral,
        text: Arc<str>,
    },
}

/// Typed temporal literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TemporalLiteral {
    Date,
    Time,
    Timestamp,
}

/// Binary operators that are neither comparisons nor logical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntegerDivide,
    Modulo,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CompareOp {
    Equal,
    NullSafeEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl CompareOp {
    /// The operator as messages and EXPLAIN print it.
    pub fn symbol(self) -> &'static str {
        match self {
            CompareOp::Equal => "=",
            CompareOp::NullSafeEqual => "<=>",
            CompareOp::NotEqual => "<>",
            CompareOp::Less => "<",
            CompareOp::LessEqual => "<=",
            CompareOp::Greater => ">",
            CompareOp::GreaterEqual => ">=",
        }
    }

    /// The operator that holds exactly where this one does not, for values that are not NULL; none for `<=>`.
    pub fn negated(self) -> Option<CompareOp> {
        Some(match self {
            CompareOp::Equal => CompareOp::NotEqual,
            CompareOp::NotEqual => CompareOp::Equal,
            CompareOp::Less => CompareOp::GreaterEqual,
            CompareOp::LessEqual => CompareOp::Greater,
            CompareOp::Greater => CompareOp::LessEqual,
            CompareOp::GreaterEqual => CompareOp::Less,
            CompareOp::NullSafeEqual => return None,
        })
    }
}

/// Truth tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TruthTest {
    True,
    False,
    Unknown,
}

/// ANY or ALL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Quantifier {
    Any,
    All,
}

/// Target of CAST and CONVERT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CastType {
    /// Upper-cased type name: SIGNED, UNSIGNED, CHAR, BINARY, DATE, TIME, DATETIME, DECIMAL, FLOAT, DOUBLE, JSON, YEAR, …; for
    /// JSON_TABLE any column type.
    pub name: Arc<str>,
    /// First number in parentheses.
    pub length: Option<u32>,
    /// Second number.
    pub decimals: Option<u32>,
    /// CHARACTER SET.
    pub charset: Option<Arc<str>>,
    /// COLLATE of a JSON_TABLE column.
    pub collation: Option<Arc<str>>,
    /// ARRAY.
    pub array: bool,
}

/// A window definition.
#[derive(Clone, Debug, Default)]
pub struct WindowSpec {
    /// Existing window that it builds on.
    pub base: Option<Name>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// Frame.
    pub frame: Option<Frame>,
}

/// OVER.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Over {
    Named(Name),
    Spec(WindowSpec),
}

/// A window frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// ROWS, not RANGE.
    pub rows: bool,
    /// Start.
    pub start: FrameBound,
    /// End, if BETWEEN was written.
    pub end: Option<FrameBound>,
}

/// A bound of a frame.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}

/// Scope of a system variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum VariableScope {
    Default,
    Session,
    Global,
}

/// An expression.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Expr {
    Literal(Literal),
    Column(ColumnName),
    /// `?`
    Parameter,
    UserVariable(Name),
    AssignUserVariable(Name, Box<Expr>),
    SystemVariable(VariableScope, Name),
    Negate(Box<Expr>),
    BitNot(Box<Expr>),
    /// NOT and `!`.
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Xor(Box<Expr>, Box<Expr>),
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `x op ANY|ALL (subquery)`; also SOME.
    Quantified {
        left: Box<Expr>,
        op: CompareOp,
        quantifier: Quantifier,
        query: Arc<QueryExpr>,
    },
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    IsTruth {
        expr: Box<Expr>,
        test: TruthTest,
        negated: bool,
    },
    Between {
        expr: Box<Expr>,
        negated: bool,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    InList {
        expr: Box<Expr>,
        negated: bool,
        list: Vec<Expr>,
    },
    InSubquery {
        expr: Box<Expr>,
        negated: bool,
        query: Arc<QueryExpr>,
    },
    Exists(Arc<QueryExpr>),
    /// A scalar or row subquery.
    Subquery(Arc<QueryExpr>),
    Like {
        expr: Box<Expr>,
        negated: bool,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
    },
    Regexp {
        expr: Box<Expr>,
        negated: bool,
        pattern: Box<Expr>,
    },
    SoundsLike(Box<Expr>, Box<Expr>),
    MemberOf(Box<Expr>, Box<Expr>),
    /// `(a, b, …)` with at least two elements, or ROW(…).
    Row(Vec<Expr>),
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Cast {
        expr: Box<Expr>,
        ty: CastType,
    },
    /// `CONVERT(x USING charset)`
    ConvertUsing {
        expr: Box<Expr>,
        charset: Arc<str>,
    },
    Collate {
        expr: Box<Expr>,
        collation: Arc<str>,
    },
    /// `BINARY x`
    Binary(Box<Expr>),
    /// `x + INTERVAL n unit` and DATE_ADD/DATE_SUB/ADDDATE/SUBDATE with INTERVAL; unit upper-cased.
    DateAdd {
        date: Box<Expr>,
        amount: Box<Expr>,
        unit: Arc<str>,
        subtract: bool,
    },
    /// EXTRACT(unit FROM x)
    Extract {
        unit: Arc<str>,
        expr: Box<Expr>,
    },
    /// TIMESTAMPDIFF / TIMESTAMPADD(unit, a, b)
    TimestampFunction {
        add: bool,
        unit: Arc<str>,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// TRIM([LEADING|TRAILING|BOTH] [remove] FROM x)
    Trim {
        side: Option<Arc<str>>,
        remove: Option<Box<Expr>>,
        expr: Box<Expr>,
    },
    /// POSITION(a IN b)
    Position(Box<Expr>, Box<Expr>),
    /// `col -> path` / `col ->> path`
    JsonPath {
        expr: Box<Expr>,
        path: Arc<str>,
        unquote: bool,
    },
    Match {
        columns: Vec<ColumnName>,
        against: Box<Expr>,
        mode: MatchMode,
    },
    /// DEFAULT(col)
    DefaultOf(ColumnName),
    /// DEFAULT as an inserted or assigned value
    DefaultValue,
    /// VALUES(col) of ON DUPLICATE KEY UPDATE
    ValuesOf(ColumnName),
    /// Any other call: built-in, aggregate, window or stored function, told apart by name when resolved.
    Call(Box<Call>),
}

/// Modifiers of MATCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum MatchMode {
    NaturalLanguage,
    Boolean,
    QueryExpansion,
}

/// A function call.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Schema of a stored function.
    pub schema: Option<Name>,
    /// Name as written.
    pub name: Name,
    /// COUNT(*).
    pub star: bool,
    /// DISTINCT.
    pub distinct: bool,
    /// Arguments.
    pub args: Vec<Expr>,
    /// ORDER BY of GROUP_CONCAT.
    pub order_by: Vec<OrderItem>,
    /// SEPARATOR of GROUP_CONCAT.
    pub separator: Option<Arc<str>>,
    /// OVER.
    pub over: Option<Over>,
    /// `CHAR(… USING charset)`, `WEIGHT_STRING(… AS …)` and the like: the extra words.
    pub suffix: Option<Arc<str>>,
    /// FROM LAST, IGNORE NULLS were written (refused or ignored).
    pub ignore_nulls: bool,
    /// A blank stood before the parenthesis of a function that allows none: it is a stored function then (error 1630).
    pub blank_before_parenthesis: bool,
}
