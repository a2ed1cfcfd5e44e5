//! Aggregation: what is computed, and how many groups come out (spec 08 §4.7, §6.3).

use super::{Builder, Node, NodeKind, Numbers};
use crate::query::{BlockId, Expr, ExprFlags, ExprId, OrderElement, RefKind, TableId};

/// The exponent by which further estimates count less.
const DAMPING: f64 = 0.67;

impl<'p> Builder<'p> {
    /// The aggregation of a stream; `elements` is the executed group list, empty for implicit grouping.
    pub(super) fn aggregate(&self, block: BlockId, elements: &[OrderElement], child: Node<'p>) -> Node<'p> {
        let definition = &self.plan.query[block];
        let grouped = !elements.is_empty() || !definition.implicitly_grouped();
        // Literals alone make one group.
        let literal = |element: &OrderElement| self.plan.query.exprs.facts(element.expr).used.is_empty();
        // 9.7 also knows of columns that are constant, which leave the list before execution.
        let dropped = self.since_9_7() && elements.is_empty();
        let one_group = dropped || !definition.group_by.is_empty() && definition.group_by.iter().all(literal);
        let rows = if grouped && !one_group { self.groups(block, elements, child.rows) } else { 1.0 };
        let numbers = Numbers { rows, cost: child.cost + self.per_row() * child.rows.max(0.0), init: child.init };
        let functions = self.aggregates(block);
        let unknown = child.rows < 0.0 && rows < 0.0;
        let kind = NodeKind::Aggregate { functions, grouped, rollup: definition.rollup, block };
        let node = Node::new(kind, vec![child]);
        if unknown { node } else { node.with(numbers) }
    }

    /// The aggregates of the block's item list: hidden ones first, the last one added first, then those of the select list.
    pub(super) fn aggregates(&self, block: BlockId) -> Vec<ExprId> {
        let definition = &self.plan.query[block];
        let (mut hidden, mut visible) = (Vec::new(), Vec::new());
        for item in &definition.items {
            match self.own_aggregate(item.expr) {
                Some(aggregate) => visible.push(aggregate),
                None => self.aggregates_within(item.expr, &mut hidden),
            }
        }
        for element in &definition.order_by {
            if element.item.is_none() {
                self.aggregates_within(element.expr, &mut hidden);
            }
        }
        let having = self.block_plan(block).and_then(|plan| plan.having).or(definition.having);
        if let Some(having) = having {
            self.aggregates_within(having, &mut hidden);
        }
        hidden.reverse();
        hidden.extend(visible);
        hidden
    }

    /// The aggregate that an item is, without its rollup wrapper.
    fn own_aggregate(&self, expr: ExprId) -> Option<ExprId> {
        match &self.plan.query.exprs[expr] {
            Expr::Aggregate { .. } => Some(expr),
            Expr::RollupSum(arg) => self.own_aggregate(*arg),
            _ => None,
        }
    }

    fn aggregates_within(&self, expr: ExprId, out: &mut Vec<ExprId>) {
        let query = &self.plan.query;
        if !query.exprs.facts(expr).flags.any(ExprFlags::AGGREGATE) {
            return;
        }
        match &query.exprs[expr] {
            Expr::Aggregate { .. } => out.push(expr),
            // An item that is named or pushed down adds nothing to the list.
            Expr::Ref { kind: RefKind::Alias(_) | RefKind::Item, .. } => {}
            _ => query.children(expr).into_iter().for_each(|child| self.aggregates_within(child, out)),
        }
    }

    /// Groups that `rows` rows form (spec 08 §4.7).
    fn groups(&self, block: BlockId, elements: &[OrderElement], rows: f64) -> f64 {
        if rows < 1.0 {
            return rows;
        }
        let definition = &self.plan.query[block];
        let terms: Vec<ExprId> = if definition.group_by.is_empty() {
            elements.iter().rev().map(|element| element.expr).collect()
        } else {
            definition.group_by.iter().map(|element| element.expr).collect()
        };
        let groups = if rows <= 10.0 {
            rows.sqrt()
        } else if rows >= 11.0 {
            self.distinct_groups(&terms, rows)
        } else {
            let share = (rows - 10.0) / (11.0 - 10.0);
            rows.sqrt() * (1.0 - share) + self.distinct_groups(&terms, rows) * share
        };
        if definition.rollup { groups + self.rollup_rows(&terms, groups) } else { groups }
    }

    fn rollup_rows(&self, terms: &[ExprId], groups: f64) -> f64 {
        let count = terms.len() as f64;
        let by_power = |groups: f64| {
            let geometric = || (1.0 - groups) / (1.0 - groups.powf(1.0 / count));
            if groups <= 1.01 {
                groups * count
            } else if groups >= 1.02 {
                geometric()
            } else {
                let share = (groups - 1.01) / (1.02 - 1.01);
                groups * count * (1.0 - share) + geometric() * share
            }
        };
        let by_terms = || {
            let mut sum = 1.0;
            for first in (1..terms.len()).rev() {
                sum += self.distinct_groups(&terms[..first], groups);
            }
            sum
        };
        let (low, high) = (50.0, 50.0 * 1.1);
        if groups <= low {
            by_power(groups)
        } else if groups >= high {
            by_terms()
        } else {
            let share = (groups - low) / (high - low);
            by_power(groups) * (1.0 - share) + by_terms() * share
        }
    }

    /// The column that a term is.
    fn column_of(&self, term: ExprId) -> Option<(TableId, u16)> {
        match &self.plan.query.exprs[term] {
            Expr::Column { table, column } => Some((*table, *column)),
            Expr::Ref { target, .. } | Expr::RollupGroupItem { arg: target, .. } => self.column_of(*target),
            _ => None,
        }
    }

    /// Estimate by index statistics, histograms, square roots (`A(n)`).
    fn distinct_groups(&self, terms: &[ExprId], rows: f64) -> f64 {
        let columns: Vec<Option<(TableId, u16)>> = terms.iter().map(|term| self.column_of(*term)).collect();
        let mut consumed = vec![false; terms.len()];
        let mut estimates = self.index_estimates(&columns, &mut consumed);
        for (place, column) in columns.iter().enumerate() {
            if let (Some((table, column)), false) = (column, consumed[place]) {
                estimates.push(self.distinct_values(*table, *column));
            }
        }
        let others = columns.iter().filter(|column| column.is_none()).count() as f64;
        let product: f64 = estimates.iter().product();
        let top = estimates.iter().copied().fold(1.0, f64::max);
        let mut groups = top * (product / top).powf(DAMPING);
        groups *= rows.powf(others / (others + 1.0));
        let combined = estimates.len() > 1 || estimates.len() == 1 && others > 0.0;
        groups.min(if combined { rows.powf(0.9) } else { rows })
    }

    fn distinct_values(&self, table: TableId, column: u16) -> f64 {
        let definition = &self.plan.query[table];
        if let Some(histogram) = self.plan.statistics.histogram(&definition.table, column) {
            let distinct = histogram.distinct_values();
            if distinct > 0 {
                return distinct as f64 + if histogram.null_share > 0.0 { 1.0 } else { 0.0 };
            }
        }
        self.table_rows(table).sqrt()
    }

    fn table_rows(&self, table: TableId) -> f64 {
        let entry = |plan: &'p super::super::BlockPlan| plan.tables.iter().find(|access| access.table == Some(table));
        let access = self.block_plan(self.plan.query[table].block).and_then(entry);
        access.map_or_else(|| self.plan.statistics.table(&self.plan.query[table].table).rows, |access| access.table_rows) as f64
    }

    /// The longest prefixes of indexes whose columns are all terms (spec 08 §4.7-1).
    fn index_estimates(&self, columns: &[Option<(TableId, u16)>], consumed: &mut [bool]) -> Vec<f64> {
        let query = &self.plan.query;
        let mut prefixes: Vec<(TableId, u8, Vec<usize>)> = Vec::new();
        for (table, column) in columns.iter().flatten() {
            let definition = &query[*table].table;
            for (no, index) in definition.indexes.iter().enumerate() {
                if index.parts.first().is_none_or(|part| part.column != *column) {
                    continue;
                }
                let mut places = Vec::new();
                for (length, part) in index.parts.iter().enumerate() {
                    let known = self.plan.statistics.records_per_key(definition, no as u8, length + 1).is_some();
                    let place = columns.iter().position(|term| *term == Some((*table, part.column)));
                    match place.filter(|_| known) {
                        Some(place) => places.push(place),
                        None => break,
                    }
                }
                if !places.is_empty() {
                    prefixes.push((*table, no as u8, places));
                }
            }
        }
        let mut estimates = Vec::new();
        while consumed.iter().any(|used| !used) {
            let mut longest = None;
            for (place, (.., columns)) in prefixes.iter().enumerate() {
                if !columns.is_empty() && longest.is_none_or(|best: usize| columns.len() > prefixes[best].2.len()) {
                    longest = Some(place);
                }
            }
            let Some(longest) = longest else { break };
            if let Some(used) = prefixes[longest].2.iter().position(|place| consumed[*place]) {
                prefixes[longest].2.truncate(used);
                continue;
            }
            let (table, index, places) = prefixes.remove(longest);
            let definition = &query[table].table;
            let per_key = self.plan.statistics.records_per_key(definition, index, places.len()).unwrap_or(1.0);
            // A division in single precision, as the records per key are.
            estimates.push(f64::from(self.table_rows(table) as f32 / per_key));
            places.into_iter().for_each(|place| {
                // Equal columns count once.
                let same = columns[place];
                columns.iter().enumerate().filter(|(_, column)| **column == same).for_each(|(no, _)| consumed[no] = true);
            });
        }
        estimates
    }
}
