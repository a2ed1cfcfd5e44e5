//! The share of rows that one predicate lets pass (spec 04 §8.4), by default factors, index statistics and histograms.

use crate::catalog::{ColumnNo, TypeKind};
use crate::context::Context;
use crate::context::notes::{FilterPart, FilterSource};
use crate::parse::ast::CompareOp;
use crate::query::{ColumnSet, Expr, ExprId, Query, SubqueryKind, TableId, TableSet};
use std::cell::{Cell, RefCell};

/// Share of rows equal to a value, where nothing is known.
pub const EQUALITY: f32 = 0.1;
/// Share of rows on one side of a value.
pub const INEQUALITY: f32 = 0.3333;
/// Share of rows between two values.
pub const BETWEEN: f32 = 0.1111;
/// An IN list never passes more than this.
const IN_LIST_CAP: f32 = 0.5;

/// What a histogram answered for a predicate of a table: asked once, since the search asks for every place.
#[derive(Debug, Default)]
pub struct HistogramCache(RefCell<Vec<(ExprId, TableId, Option<f32>)>>);

/// One answer of a histogram, as the trace shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramLine {
    /// The predicate.
    pub condition: ExprId,
    /// Its selectivity.
    pub selectivity: f32,
}

impl HistogramCache {
    fn answer(&self, predicate: ExprId, table: TableId, ask: impl FnOnce() -> Option<f64>) -> Option<f32> {
        if let Some(known) = self.0.borrow().iter().find(|(e, t, _)| *e == predicate && *t == table) {
            return known.2;
        }
        let answer = ask().map(|share| share as f32);
        self.0.borrow_mut().push((predicate, table, answer));
        answer
    }
}

/// What a predicate's effect depends on.
pub(super) struct Effect<'a, 'c, 'l> {
    pub ctx: &'a Context<'c>,
    pub query: &'a Query,
    pub cache: &'a HistogramCache,
    pub table: TableId,
    pub number: u8,
    pub records: u64,
    pub available: TableSet,
    pub ignore: ColumnSet,
    pub lines: Option<&'l mut Vec<HistogramLine>>,
    /// Where shares come from, if that is noted.
    pub noted: Option<&'l mut Vec<FilterPart>>,
    /// Where the share of the innermost predicate came from.
    pub source: Cell<Option<FilterSource>>,
}

/// The share of rows of `table` that pass one predicate alone; everything but the table is available.
pub fn effect(ctx: &Context<'_>, query: &Query, table: TableId, records: u64, predicate: ExprId) -> f32 {
    let number = query[table].number;
    let available = TableSet(!TableSet::of(number).0);
    let cache = HistogramCache::default();
    let ignore = ColumnSet::default();
    Effect {
        ctx,
        query,
        cache: &cache,
        table,
        number,
        records,
        available,
        ignore,
        lines: None,
        noted: None,
        source: Cell::new(None),
    }
    .of(predicate)
}

/// The share of rows of `table` that pass conditions as far as they are about `column` alone, if the column has `distinct` values
/// (skip scan, spec 03 §9). Answers of histograms are added to `lines`.
pub fn column_effect(
    ctx: &Context<'_>,
    query: &Query,
    table: TableId,
    column: ColumnNo,
    distinct: u64,
    conditions: &[ExprId],
    lines: Option<&mut Vec<HistogramLine>>,
) -> f32 {
    let number = query[table].number;
    let mut ignore = ColumnSet::default();
    for other in 0..query[table].table.columns.len() as ColumnNo {
        if other != column {
            ignore.insert(other);
        }
    }
    let cache = HistogramCache::default();
    let available = TableSet(!TableSet::of(number).0).tables();
    let mut effect = Effect {
        ctx,
        query,
        cache: &cache,
        table,
        number,
        records: distinct,
        available,
        ignore,
        lines,
        noted: None,
        source: Cell::new(None),
    };
    conditions.iter().fold(1.0f32, |share, &condition| share * effect.of(condition))
}

impl Effect<'_, '_, '_> {
    /// The share that passes `predicate`.
    pub fn of(&mut self, predicate: ExprId) -> f32 {
        let share = self.share_of(predicate);
        if let (Some(source), Some(noted)) = (self.source.take(), &mut self.noted) {
            noted.push(FilterPart::Condition { condition: predicate.0, share, source });
        }
        share
    }

    fn share_of(&mut self, predicate: ExprId) -> f32 {
        let query = self.query;
        match &query.exprs[predicate] {
            Expr::And(args) => {
                if !self.uses_table(predicate) {
                    return 1.0;
                }
                args.iter().fold(1.0f32, |share, &arg| share * self.of(arg))
            }
            Expr::Or(args) => self.of_or(predicate, args),
            Expr::Xor(left, right) => {
                let (a, b) = (self.of(*left), self.of(*right));
                if a == 1.0 || b == 1.0 { 1.0 } else { a + b - 2.0 * a * b }
            }
            Expr::Not(arg) | Expr::QuantifierWrapper { arg, .. } => {
                let share = self.of(*arg);
                if share == 1.0 { 1.0 } else { 1.0 - share }
            }
            Expr::Compare { op, left, right } => self.of_comparison(predicate, *op, *left, *right),
            Expr::Between { arg, low, high, negated } => {
                let Some(column) = self.filtering_column(predicate, &[*arg, *low, *high]) else { return 1.0 };
                let question = Question::Between { column: *arg, low: *low, high: *high, negated: *negated };
                if let Some(share) = self.histogram(predicate, column, question) {
                    return share;
                }
                let share = self.default_share(column, BETWEEN);
                if *negated { 1.0 - share } else { share }
            }
            Expr::Like { arg, pattern, .. } => {
                let Some(column) = self.filtering_column(predicate, &[*arg, *pattern]) else { return 1.0 };
                self.default_share(column, BETWEEN)
            }
            Expr::IsNull { arg, negated } => {
                let Some(column) = self.filtering_column_of_one(predicate, *arg) else { return 1.0 };
                if let Some(share) = self.histogram(predicate, column, Question::IsNull { column: *arg, negated: *negated }) {
                    return share;
                }
                let share = self.default_share(column, EQUALITY);
                if *negated { 1.0 - share } else { share }
            }
            Expr::In { arg, list, negated } => self.of_in_list(predicate, *arg, list, *negated),
            Expr::MultipleEqual { columns, constant, .. } => self.of_multiple_equality(predicate, columns, *constant),
            Expr::Match { columns, .. } => match columns.first().and_then(|&c| self.query.column_of(c)) {
                Some((table, column)) if table == self.table && !self.ignore.contains(column) => {
                    self.default_share(column, BETWEEN)
                }
                _ => 1.0,
            },
            Expr::Column { .. } | Expr::Ref { .. } => match self.query.column_of(predicate) {
                Some((table, column)) if table == self.table && !self.ignore.contains(column) => {
                    1.0 - self.default_share(column, EQUALITY)
                }
                Some(_) => 1.0,
                None => match &self.query.exprs[predicate] {
                    Expr::Ref { target, .. } => self.of(*target),
                    _ => 1.0,
                },
            },
            _ => 1.0,
        }
    }

    fn uses_table(&self, predicate: ExprId) -> bool {
        self.query.exprs.facts(predicate).used.contains(self.number)
    }

    fn of_or(&mut self, predicate: ExprId, args: &[ExprId]) -> f32 {
        if !self.uses_table(predicate) {
            return 1.0;
        }
        let mut share = 0.0f32;
        for &arg in args {
            // An argument of 1 makes it 1, but for the last bit: single precision rounds every step.
            let next = self.of(arg);
            share = share + next - share * next;
        }
        share
    }

    fn of_comparison(&mut self, predicate: ExprId, op: CompareOp, left: ExprId, right: ExprId) -> f32 {
        let ordering = !matches!(op, CompareOp::Equal | CompareOp::NotEqual | CompareOp::NullSafeEqual);
        if ordering {
            let is_match = |e: ExprId| matches!(self.query.exprs[e], Expr::Match { .. });
            let is_constant = |e: ExprId| self.query.exprs.facts(e).used.is_empty();
            for (one, other) in [(left, right), (right, left)] {
                if is_match(one) && is_constant(other) {
                    return self.of(one);
                }
            }
        }
        let Some(column) = self.filtering_column(predicate, &[left, right]) else { return 1.0 };
        if let Some(share) = self.histogram(predicate, column, Question::Compare { op, left, right }) {
            return share;
        }
        match op {
            CompareOp::Equal | CompareOp::NullSafeEqual => self.default_share(column, EQUALITY),
            CompareOp::NotEqual => 1.0 - self.default_share(column, EQUALITY),
            _ => self.default_share(column, INEQUALITY),
        }
    }

    fn of_in_list(&mut self, predicate: ExprId, arg: ExprId, list: &[ExprId], negated: bool) -> f32 {
        let used = self.query.exprs.facts(predicate).used.minus(self.available);
        if used != TableSet::of(self.number) || list.iter().any(|&item| self.has_dependent_subquery(item)) {
            return 1.0;
        }
        let length = list.len() as f32;
        let share = match &self.query.exprs[arg] {
            Expr::Row(elements) => {
                let product = elements.iter().fold(1.0f32, |share, &element| share * self.equality_of_column(element));
                if product == 1.0 { 1.0 } else { (length * product).min(IN_LIST_CAP) }
            }
            _ => {
                if let Some((table, column)) = self.query.column_of(arg)
                    && table == self.table
                    && matches!(self.query.exprs[arg], Expr::Column { .. })
                {
                    let question = Question::InList { column: arg, list, negated };
                    if let Some(share) = self.histogram(predicate, column, question) {
                        return share;
                    }
                }
                let share = self.equality_of_column(arg);
                if share == 1.0 { 1.0 } else { (length * share).min(IN_LIST_CAP) }
            }
        };
        if negated && share != 1.0 { 1.0 - share } else { share }
    }

    /// Default share of an equality on a column of the table that is not accounted for yet; else 1.
    fn equality_of_column(&self, expr: ExprId) -> f32 {
        match self.query.column_of(expr) {
            Some((table, column)) if table == self.table && !self.ignore.contains(column) => self.default_share(column, EQUALITY),
            _ => 1.0,
        }
    }

    fn of_multiple_equality(&mut self, predicate: ExprId, columns: &[ExprId], constant: Option<ExprId>) -> f32 {
        if !self.uses_table(predicate) {
            return 1.0;
        }
        let mut comparable = constant.is_some();
        let mut share = 1.0f32;
        for &expr in columns {
            let Some((table, column)) = self.query.column_of(expr) else { continue };
            if table != self.table {
                comparable |= self.available.contains(self.query[table].number);
            } else if self.ignore.contains(column) {
                comparable = true;
            } else {
                share *= self.equality_by_statistics(predicate, column, constant);
            }
        }
        if comparable { share } else { 1.0 }
    }

    /// Spec 04 §8.4.1: statistics of the first index that starts with the column go before its histogram.
    fn equality_by_statistics(&mut self, predicate: ExprId, column: ColumnNo, constant: Option<ExprId>) -> f32 {
        let definition = &self.query[self.table].table;
        let statistics = self.ctx.statistics();
        for (number, index) in definition.indexes.iter().enumerate() {
            if index.parts.first().is_none_or(|part| part.column != column) {
                continue;
            }
            if let Some(per_key) = statistics.records_per_key(definition, number as u8, 1) {
                self.source.set(Some(FilterSource::IndexStatistics(number as u8)));
                return ((f64::from(per_key) / self.records as f64) as f32).min(1.0);
            }
        }
        if let Some(value) = constant
            && let Some(share) = self.histogram(predicate, column, Question::Constant { value })
        {
            return share;
        }
        self.default_share(column, EQUALITY)
    }

    /// The default share, not below one in the number of distinct values that the type allows.
    fn default_share(&self, column: ColumnNo, share: f32) -> f32 {
        self.source.set(Some(FilterSource::Default(column)));
        let definition = &self.query[self.table].table;
        let share = self.ctx.statistics().guessed_share(definition, column, f64::from(share)) as f32;
        let mut distinct = self.records;
        if let Some(column) = definition.columns.get(column as usize) {
            match column.ty.kind {
                TypeKind::Enum => {
                    let members = column.ty.members.as_ref().map_or(0, |members| members.len() as u64);
                    distinct = distinct.min(members.max(1));
                }
                TypeKind::Bit if column.ty.length < 64 => distinct = distinct.min(1 << column.ty.length),
                _ => {}
            }
        }
        ((1.0 / distinct.max(1) as f64) as f32).max(share)
    }

    /// The column of the table that a function predicate restricts, if it restricts one (spec 04 §8.4, `usable`).
    fn filtering_column(&self, predicate: ExprId, args: &[ExprId]) -> Option<ColumnNo> {
        if self.query.exprs.facts(predicate).used.minus(self.available) != TableSet::of(self.number) {
            return None;
        }
        let mut filtering = None;
        let mut comparable = false;
        for &arg in args {
            if self.has_dependent_subquery(arg) {
                return None;
            }
            match self.query.column_of(arg) {
                Some((table, column)) if table == self.table && !self.ignore.contains(column) && filtering.is_none() => {
                    filtering = Some(column);
                }
                _ => comparable = true,
            }
        }
        filtering.filter(|_| comparable)
    }

    fn filtering_column_of_one(&self, predicate: ExprId, arg: ExprId) -> Option<ColumnNo> {
        if self.query.exprs.facts(predicate).used.minus(self.available) != TableSet::of(self.number) {
            return None;
        }
        match self.query.column_of(arg) {
            Some((table, column)) if table == self.table && !self.ignore.contains(column) => Some(column),
            _ => None,
        }
    }

    /// A subquery as an argument that is not constant for the execution.
    fn has_dependent_subquery(&self, expr: ExprId) -> bool {
        let mut expr = expr;
        loop {
            match &self.query.exprs[expr] {
                Expr::Ref { target, .. } | Expr::Cache(target) => expr = *target,
                Expr::Subquery(subquery) if subquery.kind == SubqueryKind::Scalar => {
                    return !self.query.exprs.facts(expr).used.is_subset(TableSet::INNER);
                }
                Expr::Subquery(_) | Expr::InOptimizer { .. } => return true,
                _ => return false,
            }
        }
    }

    fn histogram(&mut self, predicate: ExprId, column: ColumnNo, question: Question<'_>) -> Option<f32> {
        let definition = &self.query[self.table].table;
        let histogram = self.ctx.statistics().histogram(definition, column)?;
        let ty = &definition.columns.get(column as usize)?.ty;
        let (ctx, query) = (self.ctx, self.query);
        let answer =
            self.cache.answer(predicate, self.table, || super::histogram::selectivity(ctx, query, histogram, ty, question))?;
        if let Some(lines) = &mut self.lines {
            lines.push(HistogramLine { condition: predicate, selectivity: answer });
        }
        self.source.set(Some(FilterSource::Histogram(column)));
        Some(answer)
    }
}

/// What a histogram is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'a> {
    Compare { op: CompareOp, left: ExprId, right: ExprId },
    Constant { value: ExprId },
    Between { column: ExprId, low: ExprId, high: ExprId, negated: bool },
    InList { column: ExprId, list: &'a [ExprId], negated: bool },
    IsNull { column: ExprId, negated: bool },
}
