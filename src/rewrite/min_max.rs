//! Aggregates answered from indexes instead of from rows   (spec 02 §7.1)
//!
//! before: `SELECT MAX(b) FROM t WHERE a = 5`, index (a, b)
//! after:  one value, read while planning
//! holds if: the block is grouped implicitly, and every MIN and MAX has an index whose leading parts the condition binds
//! not if:   OR, IN, LIKE, `<>`, conditions on other columns, grouping, semijoins

use crate::catalog::{ColumnNo, IndexKind, IndexNo, SubqueryResult};
use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate, is_constant};
use crate::parse::ast::CompareOp;
use crate::query::{AggregateKind, BlockId, Expr, ExprFlags, ExprId, Query, TableId, TableKind, TableSet, UnitRole};
use crate::value::{StoreOutcome, store};

/// What became of a block's aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateAnswer {
    /// The tables must be read.
    NotPossible,
    /// `Select tables optimized away`.
    OptimizedAway,
    /// `No matching min/max row`.
    NoMatchingRow,
    /// Counting all rows of all tables is left to the engine: TREE `Count rows in t`.
    CountedByEngine,
}

/// Tries to answer the aggregates of a block; its conditions are optimized already.
pub fn answer_aggregates(ctx: &Context<'_>, query: &Query, block: BlockId) -> AggregateAnswer {
    let b = &query[block];
    if !b.implicitly_grouped() || b.leaves.is_empty() || !b.semijoin_nests.is_empty() {
        return AggregateAnswer::NotPossible;
    }
    let inner: TableSet = b
        .leaves
        .iter()
        .filter(|table| is_inner_of_outer_join(query, **table))
        .fold(TableSet::EMPTY, |all, table| all.union(TableSet::of(query[*table].number)));
    if let Some(condition) = b.where_ {
        let used = query.exprs.facts(condition).used;
        if used.meets(TableSet::OUTER_REF) || used.meets(TableSet::RAND) || used.meets(inner) {
            return AggregateAnswer::NotPossible;
        }
    }
    let mut search = Search { ctx, query, block, inner, answered: TableSet::EMPTY, counted: false, read: false, exact: false };
    let items: Vec<ExprId> = b.items.iter().map(|item| item.expr).chain(b.having).collect();
    if !items.iter().all(|item| search.answers(*item)) {
        return AggregateAnswer::NotPossible;
    }
    search.conclude()
}

/// Is the table on the inner side of an outer join?
fn is_inner_of_outer_join(query: &Query, table: TableId) -> bool {
    let mut nest = query[table].nest;
    let mut inner = query[table].outer_join;
    while let Some(at) = nest {
        inner |= query[at].outer_join;
        nest = query[at].parent;
    }
    inner
}

struct Search<'a, 'c> {
    ctx: &'a Context<'c>,
    query: &'a Query,
    block: BlockId,
    /// Inner tables of outer joins.
    inner: TableSet,
    /// Tables that gave a MIN or MAX.
    answered: TableSet,
    /// A count that only the engine can give.
    counted: bool,
    /// A MIN or MAX was read.
    read: bool,
    /// A count that was known exactly.
    exact: bool,
}

impl Search<'_, '_> {
    /// Can an element of the select list (or HAVING) be known without rows?
    fn answers(&mut self, item: ExprId) -> bool {
        match &self.query.exprs[item] {
            Expr::Aggregate { kind, distinct, args, .. } => match kind {
                AggregateKind::Count | AggregateKind::CountStar if !distinct => self.counts(args),
                AggregateKind::Min | AggregateKind::Max => args.first().is_some_and(|arg| self.finds(*arg, *kind)),
                _ => false,
            },
            _ if !self.query.exprs.facts(item).flags.any(ExprFlags::AGGREGATE) => is_constant(self.query, item),
            Expr::Window { .. } => false,
            _ => self.query.children(item).into_iter().all(|child| self.answers(child)),
        }
    }

    /// COUNT of all rows.
    fn counts(&mut self, args: &[ExprId]) -> bool {
        let block = &self.query[self.block];
        let tables_are_base = block.leaves.iter().all(|table| self.query[*table].kind == TableKind::Base);
        let no_nulls = args.iter().all(|arg| !self.query.exprs.facts(*arg).nullable);
        if block.where_.is_some() || !self.inner.is_empty() || !tables_are_base || !no_nulls {
            return false;
        }
        if self.all_counts_exact() {
            self.exact = true;
        } else {
            self.counted = true;
        }
        true
    }

    fn all_counts_exact(&self) -> bool {
        let leaves = &self.query[self.block].leaves;
        leaves.iter().all(|table| self.ctx.statistics().table(&self.query[*table].table).rows_exact)
    }

    /// MIN or MAX of a column by an index.
    fn finds(&mut self, arg: ExprId, kind: AggregateKind) -> bool {
        let block = &self.query[self.block];
        let Some((table, column)) = self.query.column_of(arg) else {
            return is_constant(self.query, arg) && block.where_.is_none() && self.inner.is_empty() && self.all_counts_exact();
        };
        let number = self.query[table].number;
        if self.query[table].block != self.block || self.query[table].kind != TableKind::Base || self.inner.contains(number) {
            return false;
        }
        debug_assert!(matches!(kind, AggregateKind::Min | AggregateKind::Max));
        if self.index_for(table, column).is_none() {
            return false;
        }
        self.answered.insert(number);
        self.read = true;
        true
    }

    /// The first index that gives the smallest or largest value of a column.
    fn index_for(&self, table: TableId, column: ColumnNo) -> Option<IndexNo> {
        let t = &self.query[table];
        t.usable_keys.iter().find(|number| {
            let Some(index) = t.table.indexes.get(usize::from(*number)) else { return false };
            if index.kind != IndexKind::BTree || index.multi_valued {
                return false;
            }
            let Some(part) = index.parts.iter().position(|part| part.column == column) else { return false };
            let usable = index.parts[..=part].iter().all(|part| part.prefix_chars.is_none() && !part.descending);
            let columns: Vec<ColumnNo> = index.parts[..=part].iter().map(|part| part.column).collect();
            usable && self.condition_fits(table, &columns)
        })
    }

    /// Does the condition bind all columns but the last, and restrict nothing else of the table but the last?
    fn condition_fits(&self, table: TableId, columns: &[ColumnNo]) -> bool {
        let mut bound: Vec<(ColumnNo, ExprId)> = Vec::new();
        if let Some(condition) = self.query[self.block].where_
            && !self.part_fits(condition, table, columns, &mut bound)
        {
            return false;
        }
        let Some((_, leading)) = columns.split_last() else { return false };
        leading.iter().all(|column| bound.iter().any(|(each, _)| each == column))
    }

    fn part_fits(&self, condition: ExprId, table: TableId, columns: &[ColumnNo], bound: &mut Vec<(ColumnNo, ExprId)>) -> bool {
        let used = self.query.exprs.facts(condition).used.tables();
        if !used.contains(self.query[table].number) {
            return true;
        }
        if used.len() > 1 {
            return matches!(&self.query.exprs[condition], Expr::And(args)
                if args.iter().all(|arg| self.part_fits(*arg, table, columns, bound)));
        }
        let last = columns.last().copied();
        let own = |expr: ExprId| {
            self.query.column_of(expr).filter(|(of, column)| *of == table && columns.contains(column)).map(|(_, column)| column)
        };
        match &self.query.exprs[condition] {
            Expr::And(args) => args.iter().all(|arg| self.part_fits(*arg, table, columns, bound)),
            Expr::MultipleEqual { columns: equal, constant: Some(constant), .. } => match equal[..] {
                [column] => own(column).is_some_and(|number| self.binds(number, column, *constant, false, bound)),
                _ => false,
            },
            Expr::IsNull { arg, negated: false } => own(*arg).is_some_and(|column| {
                bound.push((column, condition));
                true
            }),
            Expr::Compare { op, left, right } => {
                let (column, constant) = if is_constant(self.query, *right) { (*left, *right) } else { (*right, *left) };
                let Some(number) = own(column).filter(|_| is_constant(self.query, constant)) else { return false };
                match op {
                    CompareOp::Equal => self.binds(number, column, constant, false, bound),
                    CompareOp::NullSafeEqual => self.binds(number, column, constant, true, bound),
                    CompareOp::NotEqual => false,
                    _ => Some(number) == last && self.converts(column, constant, false),
                }
            }
            Expr::Between { arg, low, high, negated: false } => {
                own(*arg).is_some() && own(*arg) == last && self.converts(*arg, *low, false) && self.converts(*arg, *high, false)
            }
            _ => false,
        }
    }

    /// Binds a column to a constant; false for contradictions and constants that cannot be used.
    fn binds(
        &self,
        number: ColumnNo,
        column: ExprId,
        constant: ExprId,
        null_safe: bool,
        bound: &mut Vec<(ColumnNo, ExprId)>,
    ) -> bool {
        if !self.converts(column, constant, null_safe) {
            return false;
        }
        if let Some((_, other)) = bound.iter().find(|(each, _)| *each == number) {
            return self.query.same(*other, constant);
        }
        bound.push((number, constant));
        true
    }

    /// Can the column hold the constant exactly?
    fn converts(&self, column: ExprId, constant: ExprId, null_safe: bool) -> bool {
        match evaluate(self.ctx, self.query, constant) {
            Evaluated::Known(value) if value.is_null() => null_safe,
            Evaluated::Known(value) => {
                let ty = &self.query.exprs.facts(self.query.real(column)).ty;
                store(&value, ty, self.ctx.settings.lenient_store_rules()).outcome == StoreOutcome::Exact
            }
            Evaluated::Unknown => true,
            Evaluated::NotConstant => false,
        }
    }

    fn conclude(self) -> AggregateAnswer {
        if self.counted {
            return if self.read { AggregateAnswer::NotPossible } else { AggregateAnswer::CountedByEngine };
        }
        if !self.read {
            return AggregateAnswer::OptimizedAway;
        }
        let all = self.query[self.block].leaves.iter().all(|table| {
            let number = self.query[*table].number;
            self.inner.contains(number) || self.answered.contains(number)
        });
        if !all {
            return AggregateAnswer::NotPossible;
        }
        if self.was_not_found() { AggregateAnswer::NoMatchingRow } else { AggregateAnswer::OptimizedAway }
    }

    /// Does the captured result say that an index had no entry? Without one the entry is assumed.
    fn was_not_found(&self) -> bool {
        let unit = &self.query[self.query[self.block].unit];
        let text = match unit.role {
            UnitRole::Top => Some(self.ctx.sql),
            _ => unit.text.as_deref(),
        };
        let schema = self.query.current_schema.as_deref().unwrap_or_default();
        match text.and_then(|text| self.ctx.statistics().subquery(schema, text)) {
            Some(SubqueryResult::Rows { rows, .. }) => match rows.first() {
                Some(row) => self.query[self.block].items.iter().zip(row).any(|(item, value)| {
                    value.is_none()
                        && matches!(
                            &self.query.exprs[item.expr],
                            Expr::Aggregate { kind: AggregateKind::Min | AggregateKind::Max, .. }
                        )
                }),
                None => false,
            },
            _ => false,
        }
    }
}
