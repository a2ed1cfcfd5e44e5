//! DISTINCT and GROUP BY: dropped where a unique index makes them idle, DISTINCT carried out as grouping (spec 06 §4.5).

use super::ordering::OrderQuestion;
use super::place::{ClauseKind, Direction, Element, UNLIMITED, Work};
use crate::query::{ExprFlags, ExprId, OrderElement};

impl Work<'_, '_> {
    /// The whole of spec 06 §4.5, ORDER BY first.
    pub(super) fn optimize_distinct_group_order(&mut self) {
        self.simplify_order_by();
        let single = self.single_table();
        let no_aggregates = self.aggregates().is_empty();
        if single && (!self.group_by.is_empty() || self.distinct) && no_aggregates {
            self.drop_by_unique_index();
        }
        let plain = self.group_by.is_empty() && no_aggregates && !self.b().rollup && self.b().windows.is_empty();
        if self.distinct && single && plain {
            self.try_distinct_as_group();
        }
        self.simplify_group_by();
        if self.group_by.is_empty() && self.grouped {
            self.order_by.clear();
            self.simple_order = true;
            self.distinct = false;
            self.group_optimized_away = true;
        }
        self.drop_idle_order_by();
    }

    fn simplify_order_by(&mut self) {
        if self.order_by.is_empty() {
            self.simple_order = true;
            return;
        }
        let before = self.order_by.clone();
        let (kept, simple) = self.remove_const(&before, false);
        self.forget_constant_subqueries(&before, &kept);
        self.printed_order_by = Self::printed_after(&before, &kept);
        if let Some(simple) = simple {
            self.simple_order = simple;
        }
        self.skip_sort_order = kept.is_empty();
        self.order_by = kept;
    }

    fn drop_by_unique_index(&mut self) {
        let Some(first) = self.first() else { return };
        if self.uses_loose_scan(first) {
            return;
        }
        let grouped: Vec<ExprId> = self.group_by.iter().map(Element::expr).collect();
        if !grouped.is_empty() && !self.b().rollup && self.holds_unique_index(first, &grouped) {
            self.group_by.clear();
            self.grouped = false;
        }
        if self.distinct {
            let selected: Vec<ExprId> = self.b().items.iter().map(|item| item.expr).collect();
            if self.holds_unique_index(first, &selected) {
                self.distinct = false;
            }
        }
    }

    /// The expressions hold, as plain columns, all parts of a unique index that cannot be NULL.
    fn holds_unique_index(&self, place: usize, exprs: &[ExprId]) -> bool {
        let Some(id) = self.places[place].table else { return false };
        if self.places[place].first_inner.is_some() {
            return false;
        }
        let table = &self.query[id].table;
        let columns: Vec<u16> = exprs
            .iter()
            .filter_map(|expr| self.query.column_of(*expr))
            .filter(|(of, _)| *of == id)
            .map(|(_, column)| column)
            .collect();
        table.indexes.iter().any(|index| {
            index.unique
                && !index.multi_valued
                && index.parts[..index.user_parts].iter().all(|part| {
                    let fits = table.columns.get(part.column as usize).is_some_and(|column| !column.nullable);
                    fits && part.prefix_chars.is_none() && columns.contains(&part.column)
                })
        })
    }

    /// DISTINCT carried out as GROUP BY (spec 06 §4.5 point 2).
    fn try_distinct_as_group(&mut self) {
        let Some(first) = self.first() else { return };
        let had_order = !self.order_by.is_empty();
        let limit = self.limit;
        let mut order_index = None;
        if had_order {
            let list = self.order_by.clone();
            let keys = self.keys_for_order(first);
            let question = OrderQuestion { list: &list, is_group: false, constants_removed: true, limit, no_changes: true, keys };
            let (provides, index) = self.probe_order(first, question);
            self.skip_sort_order = provides;
            order_index = index;
        }
        let (group, all_used) = self.distinct_group_list();
        let mut skip_group = false;
        if !group.is_empty() && self.skip_sort_order {
            let keys = self.keys_for_order(first);
            let question =
                OrderQuestion { list: &group, is_group: false, constants_removed: false, limit, no_changes: true, keys };
            let (provides, index) = self.probe_order(first, question);
            skip_group = provides;
            if let (Some(a), Some(b)) = (order_index, index)
                && a != b
            {
                self.skip_sort_order = false;
            }
        }
        let accept = (skip_group && all_used) || limit == UNLIMITED || (had_order && !self.skip_sort_order);
        if group.is_empty() || !accept {
            return;
        }
        let mut group = group;
        if !had_order {
            group.iter_mut().for_each(|element| element.direction = Direction::Irrelevant);
        }
        if all_used && self.skip_sort_order && had_order {
            self.no_group_key = true;
        }
        self.group_by = group;
        self.group_source = ClauseKind::Distinct;
        self.grouped = true;
        self.distinct = false;
    }

    /// Whether an index gives the order, and which, without changing anything.
    fn probe_order(&mut self, place: usize, question: OrderQuestion<'_>) -> (bool, Option<crate::catalog::IndexNo>) {
        let saved = self.places[place].clone();
        self.probed_index = None;
        let provides = self.index_gives_order(place, question);
        self.places[place] = saved;
        (provides, if provides { self.probed_index } else { None })
    }

    /// ORDER BY elements that are selected, then the other selected expressions; whether all ORDER BY elements are selected.
    fn distinct_group_list(&self) -> (Vec<Element>, bool) {
        let mut list: Vec<Element> = Vec::new();
        let mut all_used = true;
        for element in &self.order_by {
            if self.is_selected(element.expr()) {
                list.push(element.clone());
            } else {
                all_used = false;
            }
        }
        for (index, item) in self.b().items.iter().enumerate() {
            let aggregate = self.expr_flags(item.expr).any(ExprFlags::AGGREGATE);
            if aggregate || self.is_const(item.expr) || list.iter().any(|known| self.query.same(known.expr(), item.expr)) {
                continue;
            }
            let element = OrderElement {
                expr: item.expr,
                descending: false,
                explicit_direction: false,
                item: Some(index),
                by_alias: false,
            };
            list.push(Element { element, direction: Direction::Ascending });
        }
        (list, all_used)
    }

    fn simplify_group_by(&mut self) {
        if self.group_by.is_empty() {
            self.simple_group = true;
            return;
        }
        let before = self.group_by.clone();
        let (kept, simple) = self.remove_const(&before, true);
        self.forget_constant_subqueries(&before, &kept);
        if self.group_source == ClauseKind::GroupBy {
            self.printed_group_by = Self::printed_after(&before, &kept);
        }
        if let Some(simple) = simple {
            self.simple_group = simple;
        }
        if kept.is_empty() {
            self.distinct = false;
        }
        self.group_by = kept;
    }

    /// ORDER BY goes where grouping gives its order (spec 06 §4.5 point 5).
    fn drop_idle_order_by(&mut self) {
        let by_group = self.is_prefix_of_group() && self.window_sorts() == 0 && !self.b().rollup;
        let single_row = self.group_by.is_empty() && !self.aggregates().is_empty();
        if !(by_group || single_row) {
            return;
        }
        if !self.order_by.is_empty() {
            for (group, order) in self.group_by.iter_mut().zip(&self.order_by) {
                group.direction = order.direction;
            }
            if self.group_source == ClauseKind::GroupBy {
                for group in &self.group_by {
                    let printed = self.printed_group_by.iter_mut().find(|printed| printed.expr == group.element.expr);
                    if let Some(printed) = printed
                        && group.direction != Direction::Irrelevant
                    {
                        printed.descending = group.direction == Direction::Descending;
                    }
                }
            }
            self.order_by.clear();
        }
        self.streaming = false;
    }

    /// ORDER BY is a prefix of GROUP BY, directions ignored; an empty one is.
    pub(super) fn is_prefix_of_group(&self) -> bool {
        self.order_by.len() <= self.group_by.len()
            && self.order_by.iter().zip(&self.group_by).all(|(order, group)| self.query.same(order.expr(), group.expr()))
    }
}
