//! Temporary tables, sorts and aggregation after the join (spec 06 §9).

use super::place::{ClauseKind, Direction, Element, OrderedBy, UNLIMITED, Work};
use crate::catalog::TypeKind;
use crate::plan::block::ClauseFlag;
use crate::plan::{AccessType, SortStep, TempTableKind, TempTableStep};
use crate::query::{AggregateKind, Expr, ExprFlags, OrderElement, TableId};

/// What a temporary table does about duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uniqueness {
    Plain,
    Distinct,
    Grouped,
}

impl Work<'_, '_> {
    /// Step 12 of spec 06 §1.
    pub(super) fn make_steps(&mut self) {
        if let Some(first) = self.first()
            && self.uses_loose_scan(first)
        {
            self.precomputed = self.loose_scan_groups(first);
        }
        let window_steps = self.has_window_steps();
        let grouped_query = self.b().grouped;
        let mut first_uniqueness = None;
        let mut materialized_join = false;
        if self.need_temporary {
            let uniqueness = self.first_temporary_table();
            first_uniqueness = Some(uniqueness);
            if self.needs_second_table(window_steps) {
                materialized_join = uniqueness == Uniqueness::Plain;
                self.second_temporary_table(materialized_join);
            }
            self.pending_distinct(window_steps);
            self.streaming = false;
        }
        self.final_steps(window_steps, grouped_query, first_uniqueness, materialized_join);
        if window_steps {
            self.make_window_steps();
        }
    }

    fn loose_scan_groups(&self, place: usize) -> bool {
        match self.places[place].range.as_ref().map(|range| &range.kind) {
            Some(crate::access::RangePlanKind::GroupSkip(scan)) => !scan.aggregate_distinct,
            _ => false,
        }
    }

    fn flag(&mut self, clause: ClauseKind) -> &mut ClauseFlag {
        let flag = match clause {
            ClauseKind::OrderBy => &mut self.flags.order_by,
            ClauseKind::GroupBy => &mut self.flags.group_by,
            ClauseKind::Distinct => &mut self.flags.distinct,
            ClauseKind::Windowing => &mut self.flags.windowing,
        };
        flag.exists = true;
        flag
    }

    /// Sorts the present last table: that of the last step, or the first table of the join. One row needs no sort.
    pub(super) fn add_sort(&mut self, list: &[Element], clause: ClauseKind, limit: Option<u64>) {
        let sort =
            SortStep { elements: list.iter().map(Element::shown).collect(), limit, remove_duplicates: false, row_ids: false };
        if !self.steps.is_empty() {
            let row_ids = self.stores_large_column();
            if let Some(step) = self.steps.last_mut() {
                step.sort = Some(SortStep { row_ids, ..sort });
            }
            self.flag(clause).filesort = true;
            return;
        }
        let Some(first) = self.first() else { return };
        if matches!(self.places[first].access, AccessType::Const | AccessType::EqRef | AccessType::System) {
            return;
        }
        self.flag(clause).filesort = true;
        let row_ids = self.sorts_row_ids(first);
        self.places[first].sort = Some(SortStep { row_ids, ..sort });
    }

    /// Does a sort of a table's rows sort row ids (spec 08 §3.6)?
    fn sorts_row_ids(&self, place: usize) -> bool {
        let entry = &self.places[place];
        let weedout = self.places.iter().any(|p| p.semijoin.weedout_start) && self.inside_weedout(place);
        let Some(id) = entry.table else { return weedout };
        let table = &self.query[id];
        let large = table
            .read_set
            .iter()
            .any(|column| table.table.columns.get(column as usize).is_some_and(|column| is_large(&column.ty)));
        weedout || large || entry.access == AccessType::FullText || self.is_searched_by_text(id)
    }

    /// MATCH of the block looks into the table.
    fn is_searched_by_text(&self, id: TableId) -> bool {
        let b = self.b();
        let items = b.items.iter().map(|item| item.expr);
        let ordered = b.order_by.iter().map(|element| element.expr);
        let mut roots = items.chain(ordered).chain(b.where_).chain(b.having);
        roots.any(|root| {
            self.query.exprs.facts(root).flags.any(ExprFlags::FULL_TEXT)
                && self.query.any(root, &mut |query, node| match &query.exprs[node] {
                    Expr::Match { columns, .. } => {
                        columns.iter().any(|column| query.column_of(*column).is_some_and(|(table, _)| table == id))
                    }
                    _ => false,
                })
        })
    }

    /// Does the sort of a temporary table sort row ids: a large column is kept in it (spec 08 §3.6)?
    fn stores_large_column(&self) -> bool {
        const LARGEST_TEXT: u64 = 65_535;
        self.b().items.iter().any(|item| {
            let ty = &self.query.exprs.facts(item.expr).ty;
            if !ty.is_blob() || matches!(ty.kind, TypeKind::Json | TypeKind::Geometry) {
                return false;
            }
            let made = self.query.column_of(item.expr).is_none() && self.own_aggregate(item.expr).is_none();
            is_large(ty) || made && u64::from(ty.length) * u64::from(ty.char_bytes()) > LARGEST_TEXT
        })
    }

    /// MIN and MAX keep their argument's type.
    fn own_aggregate(&self, expr: crate::query::ExprId) -> Option<AggregateKind> {
        match &self.query.exprs[self.query.real(expr)] {
            Expr::Aggregate { kind: kind @ (AggregateKind::Min | AggregateKind::Max), .. } => Some(*kind),
            _ => None,
        }
    }

    fn inside_weedout(&self, place: usize) -> bool {
        let start = (0..=place).rev().find(|index| self.places[*index].semijoin.weedout_start);
        start.is_some_and(|start| !(start..place).any(|index| self.places[index].semijoin.weedout_end))
    }

    /// Creates a temporary table's step. `key`: it may group by its own key.
    fn push_table(&mut self, kind: TempTableKind, uniqueness: Uniqueness, group_by: Vec<OrderElement>, limit: u64) {
        self.steps.push(TempTableStep {
            kind,
            deduplicates: uniqueness != Uniqueness::Plain && kind != TempTableKind::Aggregate,
            group_by,
            limit: (limit != UNLIMITED).then_some(limit),
            having: None,
            condition: None,
            duplicate_removal: None,
            sort: None,
            streamed_window: false,
        });
    }

    /// Table #1 (spec 06 §9.2 points 1 to 6).
    fn first_temporary_table(&mut self) -> Uniqueness {
        let key_possible = !self.simple_group && !self.has_json_aggregate() && self.may_group_by_key();
        let by_key = key_possible && !self.group_by.is_empty();
        let has_windows = !self.b().windows.is_empty();
        let uniqueness = if by_key {
            Uniqueness::Grouped
        } else if self.distinct
            && self.group_by.is_empty()
            && !has_windows
            && !self.distinct_needs_second_table()
            && self.selects_a_variable()
        {
            Uniqueness::Distinct
        } else {
            Uniqueness::Plain
        };
        self.flag_first_table(uniqueness, has_windows);
        let has_aggregates = !self.aggregates().is_empty();
        let streamed_group = !self.group_by.is_empty() && self.simple_group;
        let limit = self.table_limit(has_windows, has_aggregates);
        let mut group_list: Vec<OrderElement> = Vec::new();
        if streamed_group {
            if self.ordered_by != OrderedBy::GroupBy {
                let list = self.group_by.clone();
                self.add_sort(&list, self.clause_of(true), None);
            }
            self.streaming = true;
            group_list = self.group_by.iter().map(Element::shown).collect();
            self.finished_group = self.group_by.clone();
            self.group_by.clear();
        } else if self.group_by.is_empty()
            && uniqueness != Uniqueness::Distinct
            && !self.order_by.is_empty()
            && self.simple_order
            && !self.b().rollup
            && self.window_sorts() == 0
        {
            if self.ordered_by != OrderedBy::OrderBy {
                let list = self.order_by.clone();
                self.add_sort(&list, ClauseKind::OrderBy, None);
            }
            self.order_by.clear();
        } else if by_key {
            group_list = self.group_by.iter().map(Element::shown).collect();
        }
        if uniqueness == Uniqueness::Distinct {
            self.mark_unused_in_distinct();
            if self.skip_sort_order {
                self.order_by.clear();
            }
        }
        let kind = if by_key && has_aggregates && !self.precomputed {
            TempTableKind::Aggregate
        } else if self.streaming && !self.precomputed {
            TempTableKind::AggregateThenStore
        } else {
            TempTableKind::Store
        };
        self.push_table(kind, uniqueness, group_list, limit);
        let stores_having =
            (self.streaming && self.b().rollup) || (uniqueness == Uniqueness::Distinct && self.group_by.is_empty());
        if (stores_having || kind == TempTableKind::Aggregate)
            && let Some(having) = self.having
            && let Some(step) = self.steps.last_mut()
        {
            step.having = Some(having);
            self.having = None;
        }
        if by_key {
            self.adopt_group_order();
            self.finished_group = std::mem::take(&mut self.group_by);
            self.grouped = false;
        }
        if streamed_group {
            self.grouped = false;
        }
        uniqueness
    }

    fn flag_first_table(&mut self, uniqueness: Uniqueness, has_windows: bool) {
        let buffers = self.buffers_result() || self.b().options.sql_big_result;
        if uniqueness == Uniqueness::Grouped {
            let clause = self.clause_of(true);
            self.flag(clause).temporary = true;
        } else if uniqueness == Uniqueness::Distinct || self.distinct {
            self.flag(ClauseKind::Distinct).temporary = true;
        } else if (self.group_by.is_empty() && (self.order_by.is_empty() || has_windows)) || buffers {
            self.flags.buffer_result.exists = true;
            self.flags.buffer_result.temporary = true;
        }
    }

    /// Rows that a temporary table stores at most (spec 06 §11.4).
    fn table_limit(&self, has_windows: bool, has_aggregates: bool) -> u64 {
        let any_order = self.order_by.is_empty() || self.skip_sort_order;
        if any_order && self.group_by.is_empty() && !has_windows && !has_aggregates { self.limit } else { UNLIMITED }
    }

    /// After grouping by key: rows come in no order, so a relevant direction of GROUP BY becomes an ORDER BY.
    fn adopt_group_order(&mut self) {
        let relevant = self.group_by.iter().any(|element| element.direction != Direction::Irrelevant);
        if self.order_by.is_empty() && !self.skip_sort_order && relevant {
            self.order_by = self.group_by.clone();
            self.order_source = self.clause_of(true);
        }
    }

    /// Something else than constants is selected: constants alone make no unique key.
    fn selects_a_variable(&self) -> bool {
        self.b().items.iter().any(|item| !self.is_const(item.expr))
    }

    fn distinct_needs_second_table(&self) -> bool {
        self.b().rollup
    }

    fn needs_second_table(&self, window_steps: bool) -> bool {
        let rollup = self.b().rollup;
        let group = !self.group_by.is_empty();
        (group && (!self.is_prefix_of_group() || self.distinct || window_steps || rollup))
            || (self.distinct && rollup && self.steps.last().is_some_and(|step| !step.deduplicates))
    }

    /// Table #2 (spec 06 §9.2 point 7).
    fn second_temporary_table(&mut self, materializes_join: bool) {
        if materializes_join && !self.group_by.is_empty() {
            self.flags.buffer_result.exists = true;
            self.flags.buffer_result.temporary = true;
        }
        let mut group_list = Vec::new();
        let grouped_here = !self.group_by.is_empty();
        if grouped_here {
            let clause = self.clause_of(true);
            self.flag(clause).temporary = true;
            let list = self.group_by.clone();
            if !self.plan_is_const() {
                self.add_sort(&list, clause, None);
            }
            self.streaming = true;
            group_list = list.iter().map(Element::shown).collect();
            self.finished_group = std::mem::take(&mut self.group_by);
            self.grouped = false;
        }
        let has_windows = !self.b().windows.is_empty();
        let uniqueness = if self.distinct && !has_windows { Uniqueness::Distinct } else { Uniqueness::Plain };
        let limit = self.table_limit(has_windows, !self.aggregates().is_empty());
        let kind = if grouped_here && !self.precomputed { TempTableKind::AggregateThenStore } else { TempTableKind::Store };
        self.push_table(kind, uniqueness, group_list, limit);
        let streaming = self.streaming && grouped_here;
        if let Some(having) = self.having
            && (streaming || uniqueness == Uniqueness::Distinct)
            && let Some(step) = self.steps.last_mut()
        {
            step.having = Some(having);
            self.having = None;
        }
    }

    /// DISTINCT that no key of a table did (spec 06 §9.2 point 8).
    fn pending_distinct(&mut self, window_steps: bool) {
        if !self.distinct {
            return;
        }
        if self.steps.last().is_some_and(|step| step.deduplicates && step.kind != TempTableKind::Aggregate)
            && self.finished_group.is_empty()
        {
            self.distinct = false;
            return;
        }
        if self.b().rollup && self.steps.last().is_some_and(|step| step.deduplicates) {
            self.distinct = false;
            return;
        }
        if self.group_by.is_empty() && !window_steps {
            let (elements, covers_order) = self.distinct_sort_list();
            self.flag(ClauseKind::Distinct).duplicates = true;
            let having = self.having.take();
            let row_ids = self.stores_large_column();
            if let Some(step) = self.steps.last_mut() {
                step.condition = having.or(step.condition);
                step.duplicate_removal = Some(SortStep { elements, limit: None, remove_duplicates: true, row_ids });
            }
            self.order_covered = covers_order;
            self.distinct = false;
        }
    }

    /// ORDER BY elements that are selected, then the rest of the select list; constants are left out.
    fn distinct_sort_list(&self) -> (Vec<OrderElement>, bool) {
        let mut list: Vec<OrderElement> = Vec::new();
        let mut covers = true;
        for element in &self.order_by {
            if self.is_selected(element.expr()) {
                list.push(element.shown());
            } else {
                covers = false;
            }
        }
        for (index, item) in self.b().items.iter().enumerate() {
            let known = list.iter().any(|element| self.query.same(element.expr, item.expr));
            if known || self.is_const(item.expr) {
                continue;
            }
            list.push(OrderElement {
                expr: item.expr,
                descending: false,
                explicit_direction: false,
                item: Some(index),
                by_alias: false,
            });
        }
        (list, covers)
    }

    /// Aggregation on the way out, and the last sort (spec 06 §9.3).
    fn final_steps(&mut self, window_steps: bool, grouped_query: bool, first: Option<Uniqueness>, materialized_join: bool) {
        let left = !self.group_by.is_empty();
        if self.grouped && !window_steps && !self.count_only {
            let list = self.group_by.iter().map(Element::shown).collect();
            if !self.precomputed {
                self.final_aggregate = Some(list);
            }
            self.streaming = true;
        }
        if !(left || (!self.order_by.is_empty() && !window_steps)) {
            return;
        }
        if !left && !self.streaming && !self.b().rollup && !self.steps.is_empty() {
            let having = self.having.take();
            if let Some(step) = self.steps.last_mut() {
                step.condition = match (step.condition, having) {
                    (None, having) => having,
                    (condition, _) => condition,
                };
            }
        } else if !left && !self.streaming && !self.b().rollup && self.steps.is_empty() && !grouped_query {
            self.move_having_to_first();
        }
        if self.grouped || (!self.need_temporary && self.later_tables_filter()) {
            self.limit = UNLIMITED;
        }
        let list = if left { self.group_by.clone() } else { self.order_by.clone() };
        let clause = if left { self.clause_of(true) } else { self.order_source };
        let done = if left { OrderedBy::GroupBy } else { OrderedBy::OrderBy };
        if self.ordered_by == done || window_steps {
            return;
        }
        if self.need_temporary && !materialized_join && first != Some(Uniqueness::Grouped) {
            self.flag(clause).temporary = true;
        }
        let follows = self.steps.is_empty() && self.first().is_some_and(|first| first + 1 < self.primary);
        let limited = grouped_query || follows || self.found_rows;
        let limit = if limited { self.limit } else { self.state.select_limit };
        let limit = (limit != UNLIMITED).then_some(limit);
        self.add_sort(&list, clause, limit);
        if self.order_covered
            && let Some(step) = self.steps.last_mut()
        {
            step.sort = None;
        }
    }

    /// HAVING without grouping is checked before the sort of the first table.
    fn move_having_to_first(&mut self) {
        let Some(first) = self.first() else { return };
        if self.ordered_by == OrderedBy::OrderBy {
            return;
        }
        let having = self.having.take();
        let condition = self.places[first].condition;
        self.places[first].condition = self.and(condition, having);
    }

    /// A table after the first may drop rows: the sort cannot stop early.
    fn later_tables_filter(&self) -> bool {
        let Some(first) = self.first() else { return false };
        (first + 1..self.primary).any(|index| {
            let place = &self.places[index];
            let has_key_uses = self.state.key_uses.iter().any(|use_| use_.table == place.number);
            place.condition.is_some() || (has_key_uses && place.first_inner.is_none())
        })
    }

    /// Trailing tables that give nothing to the select list (spec 06 §10.3).
    fn mark_unused_in_distinct(&mut self) {
        let mut used = crate::query::TableSet::EMPTY;
        for item in &self.b().items {
            used = used.union(self.query.exprs.facts(item.expr).used);
        }
        for index in (0..self.primary).rev() {
            if used.contains(self.places[index].number) {
                break;
            }
            self.places[index].unused_in_distinct = true;
        }
    }

    /// Sort cost of the search goes if nothing is sorted in the end (spec 06 §14).
    pub(super) fn withdraw_sort_cost(&mut self) {
        let flags = &self.flags;
        let sorts = flags.order_by.filesort || flags.group_by.filesort || flags.distinct.filesort;
        if self.state.sort_cost > 0.0 && !sorts {
            self.state.best_read -= self.state.sort_cost;
            self.state.sort_cost = 0.0;
        }
    }
}

/// Values of this type are not carried in sort records.
fn is_large(ty: &crate::catalog::DataType) -> bool {
    use crate::catalog::TypeKind;
    matches!(ty.kind, TypeKind::MediumBlob | TypeKind::LongBlob)
}
