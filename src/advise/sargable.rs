//! Conditions that an index could serve: a column of a base table compared with something that does not depend on the table.

use super::subject::Subject;
use crate::catalog::ColumnNo;
use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, TableId, TableSet};
use crate::value::Value;

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Comparison {
    /// `=`, `<=>`, IS NULL with a value known before the table is read.
    Equality,
    /// IN with several values.
    InList,
    /// `<`, BETWEEN, LIKE 'x%'.
    Range,
}

/// One condition that an index on its column could serve.
#[derive(Clone, Debug)]
pub(super) struct Sargable {
    /// Block of the condition.
    pub(super) block: BlockId,
    /// The condition.
    pub(super) expr: ExprId,
    /// Table of the column.
    pub(super) table: TableId,
    /// The column.
    pub(super) column: ColumnNo,
    /// How it is compared.
    pub(super) comparison: Comparison,
    /// Tables of the block that the value comes from; empty for constants.
    pub(super) from: TableSet,
}

impl Sargable {
    /// True if the value is known before any table of the block is read.
    pub(super) fn is_constant(&self) -> bool {
        self.from.is_empty()
    }
}

/// All of a block.
pub(super) fn of_block(subject: &Subject<'_>, block: BlockId) -> Vec<Sargable> {
    subject.conjuncts(block).into_iter().flat_map(|expr| of_condition(subject, block, expr)).collect()
}

/// All of the statement.
pub(super) fn of_statement(subject: &Subject<'_>) -> Vec<Sargable> {
    subject.blocks().flat_map(|(block, _)| of_block(subject, block)).collect()
}

/// Of one conjunct; an equality of two columns gives two.
pub(super) fn of_condition(subject: &Subject<'_>, block: BlockId, expr: ExprId) -> Vec<Sargable> {
    let query = subject.query();
    let collect = |sides: Vec<(ExprId, Vec<ExprId>, Comparison)>| {
        let one = |(operand, others, comparison): (ExprId, Vec<ExprId>, Comparison)| {
            let (table, column) = subject.column(operand)?;
            let own = query.table_bit(block, table);
            let from = others.iter().fold(TableSet::EMPTY, |set, other| set.union(query.exprs.facts(*other).used.tables()));
            (!from.meets(own)).then_some(Sargable { block, expr, table, column, comparison, from })
        };
        sides.into_iter().filter_map(one).collect()
    };
    match &query.exprs[query.real(expr)] {
        Expr::Compare { op, left, right } => {
            let comparison = match op {
                CompareOp::Equal | CompareOp::NullSafeEqual => Comparison::Equality,
                CompareOp::NotEqual => return Vec::new(),
                _ => Comparison::Range,
            };
            collect(vec![(*left, vec![*right], comparison), (*right, vec![*left], comparison)])
        }
        Expr::Between { arg, low, high, negated: false } => collect(vec![(*arg, vec![*low, *high], Comparison::Range)]),
        Expr::In { arg, list, negated: false } => {
            let comparison = if list.len() == 1 { Comparison::Equality } else { Comparison::InList };
            collect(vec![(*arg, list.clone(), comparison)])
        }
        Expr::IsNull { arg, negated: false } => collect(vec![(*arg, Vec::new(), Comparison::Equality)]),
        Expr::Like { arg, pattern, .. } if !begins_with_wildcard(subject, *pattern) => {
            collect(vec![(*arg, vec![*pattern], Comparison::Range)])
        }
        Expr::MultipleEqual { columns, constant, .. } => {
            let side = |column: &ExprId| {
                let others = match constant {
                    Some(constant) => vec![*constant],
                    None => columns.iter().copied().filter(|other| other != column).take(1).collect(),
                };
                (*column, others, Comparison::Equality)
            };
            collect(columns.iter().map(side).collect())
        }
        _ => Vec::new(),
    }
}

/// True for a pattern that begins with `%` or `_`.
pub(super) fn begins_with_wildcard(subject: &Subject<'_>, pattern: ExprId) -> bool {
    literal_text(subject, pattern).is_some_and(|text| text.starts_with(['%', '_']))
}

/// The value of a string literal.
pub(super) fn literal_text<'a>(subject: &Subject<'a>, expr: ExprId) -> Option<&'a str> {
    let query = subject.query();
    match &query.exprs[query.real(expr)] {
        Expr::Literal { value: Value::Str(text), .. } => Some(text),
        Expr::Cache(inner) | Expr::ConvertUsing { arg: inner, .. } => literal_text(subject, *inner),
        _ => None,
    }
}
