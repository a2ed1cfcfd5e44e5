//! The working state of one block: the places of the plan and the clauses as they get simpler.

use crate::access::RangePlan;
use crate::catalog::{IndexNo, KeySet, Table};
use crate::context::Context;
use crate::join::{JoinState, JoinTable, Position};
use crate::plan::block::{ClauseFlags, TempTableStep, WindowStep};
use crate::plan::{AccessType, JoinBuffer, RefAccess, SemijoinMark, SortStep};
use crate::query::{Block, BlockId, Expr, ExprFlags, ExprId, NestId, OrderElement, Query, TableId, TableSet};
use std::sync::Arc;

/// No limit.
pub(super) const UNLIMITED: u64 = u64::MAX;

/// Which outer (or anti) join a place is inner to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OuterJoin {
    /// The table itself is the right operand.
    Table(TableId),
    /// A nest is.
    Nest(NestId),
}

/// Whether the filter of a place still holds (spec 06 notation, "stale").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilterState {
    /// The search's value holds.
    Known,
    /// The access changed: compute it anew, rows are reset too.
    Stale,
    /// The access changed and the number of rows is final.
    StaleRowsFinal,
}

/// One entry of the plan (spec 05 §5.3).
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Number in the block's table sets; temporary tables of nests are numbered after the leaves.
    pub number: u8,
    /// The table; none for a nest's temporary table.
    pub table: Option<TableId>,
    /// The nest whose temporary table this is.
    pub nest: Option<NestId>,
    /// The materialized nest that it is an inner table of.
    pub inner_of: Option<NestId>,
    /// What the search found.
    pub position: Position,
    /// Filter and rows as they will be shown.
    pub rows: f64,
    /// See [`Place::rows`].
    pub filter: f32,
    /// Whether the filter still holds.
    pub filter_state: FilterState,
    /// `type`.
    pub access: AccessType,
    /// Lookup by key.
    pub lookup: Option<RefAccess>,
    /// Range scan.
    pub range: Option<RangePlan>,
    /// Index of a full index scan.
    pub index: Option<IndexNo>,
    /// Ranges are made anew for each row of the tables before.
    pub dynamic: bool,
    /// The range scan was chosen by the ref→range switch: not looked at again.
    pub range_settled: bool,
    /// Read backwards (ref, index).
    pub reversed: bool,
    /// The order of the range scan is wanted: no MRR.
    pub ordered_range: bool,
    /// Key-only read.
    pub index_only: bool,
    /// Condition.
    pub condition: Option<ExprId>,
    /// Condition pushed into the index.
    pub index_condition: Option<ExprId>,
    /// Occurrences of values that already have an IS NOT NULL (spec 06 §3.2).
    pub not_null: Vec<ExprId>,
    /// Tables that are there when the place's row is read, its own included; constants and outer references too.
    pub available: TableSet,
    /// Those of them that the place before did not have.
    pub added: TableSet,
    /// Join buffer.
    pub buffer: JoinBuffer,
    /// `Not exists`.
    pub not_exists: bool,
    /// Contributes nothing to the select list behind the last table that does.
    pub unused_in_distinct: bool,
    /// Outer joins around it, innermost first.
    pub outer_joins: Vec<OuterJoin>,
    /// Place of the last inner table, if an outer join starts here.
    pub last_inner: Option<usize>,
    /// First place of the innermost outer join around it.
    pub first_inner: Option<usize>,
    /// First place of the next one around that.
    pub first_upper: Option<usize>,
    /// Semijoin marks.
    pub semijoin: SemijoinMark,
    /// A FirstMatch, LooseScan or weedout range that it lies in: first and last place.
    pub semijoin_range: Option<(usize, usize)>,
    /// Sort of its rows before the join goes on.
    pub sort: Option<SortStep>,
    /// Indexes for dynamic ranges.
    pub dynamic_keys: KeySet,
}

/// Direction of an element of ORDER BY or GROUP BY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
    /// GROUP BY without ORDER BY.
    Irrelevant,
}

/// An element of a clause at work.
#[derive(Clone, Debug)]
pub(super) struct Element {
    /// As resolved.
    pub element: OrderElement,
    /// Wanted direction.
    pub direction: Direction,
}

impl Element {
    pub(super) fn expr(&self) -> ExprId {
        self.element.expr
    }
    pub(super) fn ordered(element: &OrderElement) -> Element {
        let direction = if element.descending { Direction::Descending } else { Direction::Ascending };
        Element { element: element.clone(), direction }
    }
    pub(super) fn irrelevant(element: &OrderElement) -> Element {
        Element { element: element.clone(), direction: Direction::Irrelevant }
    }
    /// As it prints.
    pub(super) fn shown(&self) -> OrderElement {
        OrderElement { descending: self.direction == Direction::Descending, ..self.element.clone() }
    }
}

/// The clause that a list came from (spec 07 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClauseKind {
    OrderBy,
    GroupBy,
    Distinct,
    Windowing,
}

/// What an index is used for in place of a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderedBy {
    Nothing,
    GroupBy,
    OrderBy,
}

/// The working state.
pub(super) struct Work<'a, 'c> {
    pub ctx: &'a Context<'c>,
    pub query: &'a mut Query,
    pub state: JoinState,
    pub block: BlockId,
    /// Places of the plan; inner tables of materialized nests last.
    pub places: Vec<Place>,
    /// Places before those.
    pub primary: usize,
    /// WHERE after substitution.
    pub where_: Option<ExprId>,
    /// HAVING.
    pub having: Option<ExprId>,
    /// ORDER BY.
    pub order_by: Vec<Element>,
    /// GROUP BY.
    pub group_by: Vec<Element>,
    /// Where the GROUP BY list came from: GROUP BY or DISTINCT.
    pub group_source: ClauseKind,
    /// DISTINCT has still to be done.
    pub distinct: bool,
    /// The block is grouped (and not yet carried out).
    pub grouped: bool,
    /// GROUP BY consisted of constants only.
    pub group_optimized_away: bool,
    /// ORDER BY can be sorted on the first table.
    pub simple_order: bool,
    /// GROUP BY can.
    pub simple_group: bool,
    /// Rows come in the order of ORDER BY, or any order will do.
    pub skip_sort_order: bool,
    /// Grouping by the key of a temporary table is forbidden (spec 06 §4.5).
    pub no_group_key: bool,
    /// Streaming aggregation of an indexed AGG(DISTINCT).
    pub streaming: bool,
    /// A temporary table is needed before windowing.
    pub need_temporary: bool,
    /// What an index delivers.
    pub ordered_by: OrderedBy,
    /// Limit that decides plans (`m_limit` of spec 06 §1).
    pub limit: u64,
    /// SQL_CALC_FOUND_ROWS with LIMIT.
    pub found_rows: bool,
    /// Clause flags.
    pub flags: ClauseFlags,
    /// Steps after the join.
    pub steps: Vec<TempTableStep>,
    /// The final aggregation.
    pub final_aggregate: Option<Vec<OrderElement>>,
    /// Windows in the order of execution.
    pub window_steps: Vec<WindowStep>,
    /// All of it is a count of records.
    pub count_only: bool,
    /// The subquery is an index lookup.
    pub index_subquery: bool,
    /// Lists as the note prints them.
    pub printed_order_by: Vec<OrderElement>,
    /// See above.
    pub printed_group_by: Vec<OrderElement>,
    /// Indexes that an ordered scan was tried with.
    pub tried_ranges: Vec<(usize, IndexNo)>,
    /// Hash join and batched key access are mixed: neither is used.
    pub no_hash_joins: bool,
    /// A loose index scan has grouped already.
    pub precomputed: bool,
    /// GROUP BY list that a step carried out.
    pub finished_group: Vec<Element>,
    /// Clause that the ORDER BY list came from.
    pub order_source: ClauseKind,
    /// The sort that removes duplicates gives the order too.
    pub order_covered: bool,
    /// HAVING as the note prints it.
    pub shown_having: Option<ExprId>,
    /// Multiple equalities of WHERE.
    pub where_equalities: Vec<ExprId>,
    /// Direction of the order that the last question found.
    pub probed_direction: i8,
    /// Index that the last question for an order found.
    pub probed_index: Option<IndexNo>,
    /// Multiple equalities of WHERE (no join) and of ON conditions, as they were before substitution.
    pub equalities: Vec<(Option<OuterJoin>, ExprId)>,
}

impl<'a, 'c> Work<'a, 'c> {
    pub(super) fn new(ctx: &'a Context<'c>, query: &'a mut Query, state: JoinState) -> Self {
        let block = state.block;
        let b = &query[block];
        let order_by: Vec<Element> = b.order_by.iter().map(Element::ordered).collect();
        let group_by: Vec<Element> = b.group_by.iter().map(Element::irrelevant).collect();
        let printed_order_by = b.order_by.clone();
        let printed_group_by = b.group_by.clone();
        let found_rows = b.options.sql_calc_found_rows && state.select_limit != UNLIMITED;
        let limit = if b.having.is_some() || found_rows { UNLIMITED } else { state.select_limit };
        let mut flags = ClauseFlags::default();
        flags.order_by.exists = !order_by.is_empty();
        flags.group_by.exists = !group_by.is_empty();
        flags.distinct.exists = b.options.distinct;
        flags.windowing.exists = !b.windows.is_empty();
        let all_const = state.const_tables == state.positions.len();
        let distinct = b.options.distinct && (b.rollup || !all_const);
        let (where_, having, grouped) = (state.where_, b.having, b.grouped);
        Work {
            ctx,
            query,
            state,
            block,
            places: Vec::new(),
            primary: 0,
            where_,
            having,
            order_by,
            group_by,
            group_source: ClauseKind::GroupBy,
            distinct,
            grouped,
            group_optimized_away: false,
            simple_order: false,
            simple_group: false,
            skip_sort_order: false,
            no_group_key: false,
            streaming: false,
            need_temporary: false,
            ordered_by: OrderedBy::Nothing,
            limit,
            found_rows,
            flags,
            steps: Vec::new(),
            final_aggregate: None,
            window_steps: Vec::new(),
            count_only: false,
            index_subquery: false,
            printed_order_by,
            printed_group_by,
            tried_ranges: Vec::new(),
            no_hash_joins: false,
            probed_direction: 0,
            probed_index: None,
            where_equalities: Vec::new(),
            shown_having: having,
            precomputed: false,
            finished_group: Vec::new(),
            order_source: ClauseKind::OrderBy,
            order_covered: false,
            equalities: Vec::new(),
        }
    }

    /// The block.
    pub(super) fn b(&self) -> &Block {
        &self.query[self.block]
    }
    /// First place that is no const table, if there is one.
    pub(super) fn first(&self) -> Option<usize> {
        (self.state.const_tables < self.primary).then_some(self.state.const_tables)
    }
    /// Every table is const (or there is none).
    pub(super) fn plan_is_const(&self) -> bool {
        self.first().is_none()
    }
    /// Exactly one table is not const.
    pub(super) fn single_table(&self) -> bool {
        self.primary == self.state.const_tables + 1 && self.places.len() == self.primary
    }
    /// Planner's facts about a place's table; none for temporary tables of nests.
    pub(super) fn facts(&self, place: usize) -> Option<&JoinTable> {
        let place = &self.places[place];
        place.table?;
        self.state.tables.get(place.number as usize)
    }
    /// See [`Work::facts`].
    pub(super) fn facts_mut(&mut self, place: usize) -> Option<&mut JoinTable> {
        let place = &self.places[place];
        place.table?;
        self.state.tables.get_mut(place.number as usize)
    }
    /// Definition of a place's table.
    pub(super) fn table(&self, place: usize) -> Option<&Arc<Table>> {
        self.places[place].table.map(|id| &self.query[id].table)
    }
    /// The place of a table.
    pub(super) fn place_of(&self, id: TableId) -> Option<usize> {
        self.places.iter().position(|place| place.table == Some(id))
    }
    /// Tables that an expression uses; const tables count as constants (spec 02 §7.2), and so do outer references to const
    /// tables of the outer block (05 §9.2).
    pub(super) fn used(&self, expr: ExprId) -> TableSet {
        let used = self.query.exprs.facts(expr).used.minus(self.state.const_table_set);
        if used.meets(TableSet::OUTER_REF) && self.outer_references_are_const(expr) {
            return used.minus(TableSet::OUTER_REF);
        }
        used
    }
    fn outer_references_are_const(&self, expr: ExprId) -> bool {
        let foreign_variable = |query: &Query, id: ExprId| match &query.exprs[id] {
            Expr::Column { table, .. } => {
                let table = &query[*table];
                table.block != self.block && table.const_row.is_none()
            }
            Expr::Subquery(_) | Expr::Aggregate { .. } | Expr::Window { .. } => true,
            _ => false,
        };
        !self.query.any(expr, &mut |query, id| foreign_variable(query, id))
    }
    /// Constant during one execution of the block.
    pub(super) fn is_const(&self, expr: ExprId) -> bool {
        self.used(expr).minus(TableSet::INNER).is_empty()
    }
    /// Flags of an expression.
    pub(super) fn expr_flags(&self, expr: ExprId) -> ExprFlags {
        self.query.exprs.facts(expr).flags
    }
    /// Too costly to evaluate while planning (spec 02 §4.7).
    pub(super) fn is_expensive(&self, expr: ExprId) -> bool {
        self.expr_flags(expr).any(ExprFlags::STORED_FUNCTION)
    }
    /// Adds an expression.
    pub(super) fn add(&mut self, node: Expr) -> ExprId {
        self.query.add(self.block, node)
    }
    /// `first AND second` as a new AND of two members, or what there is of them.
    pub(super) fn and(&mut self, first: Option<ExprId>, second: Option<ExprId>) -> Option<ExprId> {
        match (first, second) {
            (Some(a), Some(b)) => Some(self.add(Expr::And(vec![a, b]))),
            (a, b) => a.or(b),
        }
    }
    /// Records per key of the first `parts` parts of an index of a place; none if unknown.
    pub(super) fn records_per_key(&self, place: usize, index: IndexNo, parts: usize) -> Option<f32> {
        let facts = self.facts(place)?.indexes.get(index as usize)?;
        let value = *facts.records_per_key.get(parts.checked_sub(1)?)?;
        (value >= 0.0).then_some(value)
    }
    /// Windows that need a sort (spec 06 §12.1).
    pub(super) fn window_sorts(&self) -> usize {
        self.window_order().iter().filter(|step| !step.1.is_empty()).count()
    }
}
