//! The tree of one query block (spec 08 §3.1, §3.6).

use super::join::{JoinBuilder, single_row};
use super::{Builder, Node, NodeKind, Numbers, TempTable};
use crate::plan::{BlockPlan, Outcome, TempTableKind, TempTableStep};
use crate::query::{BlockId, Expr, ExprFlags, ExprId, UnitId};

impl<'p> Builder<'p> {
    /// The tree of a block, its own LIMIT included.
    pub(super) fn block(&self, block: BlockId) -> Node<'p> {
        let Some(plan) = self.block_plan(block) else { return zero_rows("Not optimized, outer query is empty".into()) };
        let (mut node, goes_on) = self.short_cut(block, plan);
        if !goes_on {
            return node;
        }
        if let Some(having) = plan.final_having.filter(|having| self.constant_truth(*having) != Some(Some(true))) {
            node = Node::above(NodeKind::Filter { conditions: vec![having], block }, node);
        }
        node = self.block_limit(plan, node);
        if let NodeKind::Limit { counts_all, .. } = &mut node.kind {
            *counts_all = self.plan.query[block].options.sql_calc_found_rows;
        }
        self.attach_projections(block, plan, &mut node);
        node
    }

    fn block_limit(&self, plan: &BlockPlan, node: Node<'p>) -> Node<'p> {
        if plan.row_limit.is_some() || plan.row_offset > 0 { self.limit(plan.row_limit, plan.row_offset, node) } else { node }
    }

    /// Everything below HAVING; false for a tree that gets neither HAVING nor LIMIT.
    fn short_cut(&self, block: BlockId, plan: &'p BlockPlan) -> (Node<'p>, bool) {
        let definition = &self.plan.query[block];
        let node = match plan.outcome {
            Outcome::ZeroRows(cause) => {
                // ROLLUP makes its last row of no rows too; 9.7 shows it.
                let grand_total = definition.rollup && self.since_9_7();
                let keeps_row =
                    (definition.implicitly_grouped() || grand_total) && !cause.contains("HAVING") && cause != "Zero limit";
                if !keeps_row {
                    return (zero_rows(cause.into()), false);
                }
                let node = Node::new(NodeKind::ZeroRowsAggregated(cause), Vec::new());
                node.with(Numbers { rows: 1.0, cost: 0.0, init: 0.0 })
            }
            Outcome::OptimizedAway => single_row(),
            Outcome::Values => {
                let rows = definition.values.as_ref().map_or(1, Vec::len) as f64;
                self.after_join(block, plan, single_row().with(Numbers { rows, cost: 0.0, init: 0.0 }))
            }
            Outcome::NoTables | Outcome::Planned => match plan.tables.first() {
                Some(access) if plan.count_only => Node::new(NodeKind::CountRows(access), Vec::new()),
                _ if plan.index_subquery => self.index_subquery(block, plan),
                _ => self.after_join(block, plan, self.joined(block, plan)),
            },
        };
        (node, true)
    }

    fn joined(&self, block: BlockId, plan: &'p BlockPlan) -> Node<'p> {
        if plan.const_tables >= plan.primary_tables {
            let condition: Vec<ExprId> = plan.where_.filter(|_| self.keeps_where(block, plan)).into_iter().collect();
            return self.attach_filter(single_row(), condition, block);
        }
        JoinBuilder::new(self, block, plan).build(plan.const_tables, plan.primary_tables)
    }

    /// A WHERE that could not be decided while planning is left above const tables.
    fn keeps_where(&self, _block: BlockId, plan: &BlockPlan) -> bool {
        plan.where_.is_some_and(|condition| self.constant_truth(condition) != Some(Some(true)))
    }

    /// The IN subquery that is one index lookup: the access, with filters that have no numbers (spec 08 §3.1, end).
    fn index_subquery(&self, block: BlockId, plan: &'p BlockPlan) -> Node<'p> {
        let Some(access) = plan.tables.first() else { return single_row() };
        let mut node = self.table_node(access, block, plan, &[]);
        if let Some(condition) = access.condition {
            let mut members = Vec::new();
            self.flatten(condition, &mut members);
            node = Node::new(NodeKind::Filter { conditions: members, block }, vec![node]);
        }
        node
    }

    /// Temporary tables, sorts, windows and the final aggregation (spec 08 §3.6).
    fn after_join(&self, block: BlockId, plan: &'p BlockPlan, mut node: Node<'p>) -> Node<'p> {
        for step in &plan.steps {
            node = self.step(block, plan, step, node);
        }
        if let Some(elements) = &plan.final_aggregate {
            node = self.aggregate(block, elements, node);
        }
        node
    }

    fn step(&self, block: BlockId, plan: &'p BlockPlan, step: &'p TempTableStep, mut node: Node<'p>) -> Node<'p> {
        let filter =
            |condition: ExprId, child: Node<'p>| Node::new(NodeKind::Filter { conditions: vec![condition], block }, vec![child]);
        if step.kind == TempTableKind::AggregateThenStore {
            node = self.aggregate(block, &step.group_by, node);
        }
        // Rows that go on to a sort are not stored: the condition is checked on the stream.
        let streams = matches!(step.kind, TempTableKind::Store | TempTableKind::AggregateThenStore)
            && step.sort.as_ref().is_some_and(|sort| !sort.row_ids)
            && !step.deduplicates
            && step.duplicate_removal.is_none();
        let having = step.having.filter(|_| step.kind != TempTableKind::Aggregate);
        // Under ROLLUP 9.7 checks HAVING before the rows are handed on.
        let checked_first = !streams || self.since_9_7() && self.plan.query[block].rollup;
        if let Some(having) = having.filter(|_| checked_first) {
            node = filter(having, node);
        }
        node = match step.kind {
            TempTableKind::Window(number) => self.window(block, plan, step, number, node),
            TempTableKind::Aggregate => {
                let scan = Node::new(NodeKind::TempTableScan(TempTable::Plain), Vec::new());
                let node = Node::new(NodeKind::TempTableAggregate(Box::new(scan)), vec![node]);
                step.having.map_or(node.clone(), |having| filter(having, node))
            }
            TempTableKind::Store | TempTableKind::AggregateThenStore if streams => Node::above(NodeKind::Stream, node),
            TempTableKind::Store | TempTableKind::AggregateThenStore => self.temporary_table(step, node),
        };
        if let Some(having) = having.filter(|_| !checked_first) {
            node = filter(having, node);
        }
        if let Some(condition) = step.condition {
            node = filter(condition, node);
        }
        if let Some(removal) = &step.duplicate_removal {
            node =
                if removal.elements.is_empty() { self.limit(Some(1), 0, node) } else { self.sort(removal, block, false, node) };
        }
        if let Some(sort) = &step.sort {
            node = self.sort(sort, block, false, node);
        }
        node
    }

    fn window(&self, block: BlockId, plan: &'p BlockPlan, step: &'p TempTableStep, number: usize, child: Node<'p>) -> Node<'p> {
        let Some(window) = plan.window_steps.iter().find(|window| window.window == number) else { return child };
        let rows = child.rows;
        let mut node = Node::new(NodeKind::Window { step: window, block }, vec![child]);
        // 9.7 knows how many rows come out of a window, at no cost (spec 08 §14).
        if rows >= 0.0 && self.since_9_7() {
            node.set(Numbers { rows, cost: 0.0, init: -1.0 });
        }
        if step.streamed_window { node } else { self.temporary_table(step, node) }
    }

    fn temporary_table(&self, step: &TempTableStep, input: Node<'p>) -> Node<'p> {
        let text = if step.deduplicates { "Temporary table with deduplication" } else { "Temporary table" };
        let scan = Node::new(NodeKind::TempTableScan(TempTable::Plain), Vec::new());
        let input = match step.limit {
            Some(limit) => input.under(limit_heading(limit, step.deduplicates)),
            None => input,
        };
        self.materialize(text.to_owned(), scan, vec![input], super::materialize::RowsOf::Sum)
    }

    /// Puts the subqueries of the select list behind the topmost line that is no stream or temporary table (spec 08 §5.2).
    fn attach_projections(&self, block: BlockId, plan: &'p BlockPlan, node: &mut Node<'p>) {
        let subqueries = self.projected_subqueries(block, plan);
        if !subqueries.is_empty() {
            attach(node, &subqueries);
        }
    }

    fn projected_subqueries(&self, block: BlockId, plan: &'p BlockPlan) -> Vec<UnitId> {
        let definition = &self.plan.query[block];
        let query = &self.plan.query;
        let has_subquery = |expr: ExprId| query.exprs.facts(expr).flags.any(ExprFlags::SUBQUERY);
        let mut hidden: Vec<ExprId> = Vec::new();
        for element in definition.group_by.iter().chain(&definition.order_by) {
            if element.item.is_none() && has_subquery(element.expr) {
                hidden.push(element.expr);
            }
        }
        if let Some(having) = plan.having.or(definition.having)
            && query.exprs.facts(having).flags.any(ExprFlags::AGGREGATE)
        {
            query.walk(having, &mut |id| {
                if let Expr::Subquery(subquery) = &query.exprs[id] {
                    let first = query[subquery.unit].blocks.first();
                    if first.is_some_and(|block| query[*block].uncacheable.dependent) {
                        hidden.push(id);
                    }
                }
            });
        }
        let mut found = Vec::new();
        let items = definition.items.iter().map(|item| item.expr).filter(|expr| has_subquery(*expr));
        for expr in hidden.into_iter().rev().chain(items) {
            self.subqueries_in(expr, &mut found);
        }
        found
    }

    /// Subqueries of an expression in the order in which they print, those inside of subqueries left out.
    pub(super) fn subqueries_in(&self, expr: ExprId, found: &mut Vec<UnitId>) {
        let query = &self.plan.query;
        if !query.exprs.facts(expr).flags.any(ExprFlags::SUBQUERY) {
            return;
        }
        query.children(expr).into_iter().for_each(|child| self.subqueries_in(child, found));
        if let Expr::Subquery(subquery) = &query.exprs[expr]
            && !found.contains(&subquery.unit)
        {
            found.push(subquery.unit);
        }
    }
}

fn attach(node: &mut Node<'_>, subqueries: &[UnitId]) {
    match &node.kind {
        NodeKind::Stream | NodeKind::Materialize(_) => {
            node.children.iter_mut().for_each(|child| attach(child, subqueries));
        }
        NodeKind::ZeroRows(_) => {}
        _ => node.projections.extend_from_slice(subqueries),
    }
}

/// `Zero rows (cause)`
pub(super) fn zero_rows<'p>(cause: std::borrow::Cow<'static, str>) -> Node<'p> {
    Node::new(NodeKind::ZeroRows(cause), Vec::new()).with(Numbers { rows: 0.0, cost: 0.0, init: 0.0 })
}

/// `Limit table size: 5 unique row(s)`
pub(super) fn limit_heading(limit: u64, unique: bool) -> String {
    format!("Limit table size: {limit}{} row(s)", if unique { " unique" } else { "" })
}
