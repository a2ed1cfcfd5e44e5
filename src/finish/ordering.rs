//! Can an index deliver the order of ORDER BY or GROUP BY, so that no sort is needed (spec 06 §7.1 to §7.3, §7.5, §7.6)?

use super::access::range_type;
use super::place::{ClauseKind, Direction, Element, FilterState, OrderedBy, UNLIMITED, Work};
use crate::access::{RangePlanKind, ScanDirection, WantedOrder};
use crate::catalog::{IndexKind, IndexNo, KeySet, ServerVersion, Switch, Table, TypeKind};
use crate::plan::AccessType;
use crate::query::{Expr, Query, TableId};

/// What reading an index in order gives for a list (spec 06 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyOrder {
    /// +1 forwards, -1 backwards, 0 not at all.
    pub direction: i8,
    /// Parts of the index that were consumed.
    pub parts: usize,
    /// Backwards over parts of mixed directions: range scans cannot do it.
    pub mixed: bool,
}

const NO_ORDER: KeyOrder = KeyOrder { direction: 0, parts: 0, mixed: false };

/// What a table is searched with for an order.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderQuestion<'l> {
    /// The list.
    pub list: &'l [Element],
    /// It is the GROUP BY list.
    pub is_group: bool,
    /// The list was freed of constants already.
    pub constants_removed: bool,
    /// Rows wanted.
    pub limit: u64,
    /// Only ask; change nothing.
    pub no_changes: bool,
    /// Indexes that may be used.
    pub keys: KeySet,
}

/// Columns of a table that carry the order of an index.
fn is_sortable(table: &Table, index: IndexNo, part: usize) -> bool {
    let Some(definition) = table.indexes.get(index as usize) else { return false };
    let Some(key_part) = definition.parts.get(part) else { return false };
    let Some(column) = table.columns.get(key_part.column as usize) else { return false };
    let blob = matches!(
        column.ty.kind,
        TypeKind::TinyBlob | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob | TypeKind::Json | TypeKind::Geometry
    );
    key_part.prefix_chars.is_none() && !blob && definition.kind == IndexKind::BTree && !definition.multi_valued
}

/// Number of parts of an index with the appended primary key columns that an order can use: those of the primary key follow
/// the parts that the user wrote (spec 06 §7.2 step 3.2).
struct OrderedParts<'t> {
    table: &'t Table,
    index: IndexNo,
}

impl OrderedParts<'_> {
    fn user(&self) -> usize {
        self.table.indexes[self.index as usize].user_parts
    }
    fn primary(&self) -> Option<IndexNo> {
        self.table.primary.filter(|primary| self.table.clustered == Some(*primary) && *primary != self.index)
    }
}

/// Direction and parts in which index `key` of a table orders rows as the list wants (spec 06 §7.2). `constants` gives
/// the parts of an index that are bound to constants.
pub(super) fn order_by_key(
    query: &Query,
    id: TableId,
    constants: &[u32],
    list: &[Element],
    key: IndexNo,
    removed: bool,
) -> KeyOrder {
    let table = &*query[id].table;
    let Some(definition) = table.indexes.get(key as usize) else { return NO_ORDER };
    if definition.kind != IndexKind::BTree || definition.multi_valued {
        return NO_ORDER;
    }
    let parts = OrderedParts { table, index: key };
    let const_parts = |index: IndexNo| constants.get(index as usize).copied().unwrap_or(0);
    let mut current = key;
    let mut part = 0usize;
    let mut bound = const_parts(key);
    let mut on_primary = false;
    let mut direction = 0i8;
    let mut mixed = false;
    let first_descending = definition.parts.first().is_some_and(|p| p.descending);
    for element in list {
        let Some((of, column)) = query.column_of(element.expr()) else { return NO_ORDER };
        if of != id {
            return NO_ORDER;
        }
        loop {
            let end = table.indexes[current as usize].user_parts;
            if part < end {
                let is_this = table.indexes[current as usize].parts[part].column == column;
                if bound & 1 == 1 && (removed || !is_this) {
                    part += 1;
                    bound >>= 1;
                    continue;
                }
                break;
            }
            let Some(primary) = parts.primary().filter(|_| !on_primary) else {
                if on_primary && direction == 0 {
                    return KeyOrder { direction: 1, parts: 0, mixed: false };
                }
                return NO_ORDER;
            };
            on_primary = true;
            current = primary;
            part = 0;
            bound = const_parts(primary);
        }
        let key_part = &table.indexes[current as usize].parts[part];
        if key_part.column != column || !is_sortable(table, current, part) {
            return NO_ORDER;
        }
        if element.direction != Direction::Irrelevant {
            let wanted = element.direction == Direction::Descending;
            let this = if wanted == key_part.descending { 1 } else { -1 };
            if direction != 0 && direction != this {
                return NO_ORDER;
            }
            direction = this;
        }
        mixed |= key_part.descending != first_descending;
        part += 1;
        bound >>= 1;
    }
    let consumed = if on_primary { parts.user() + part } else { part };
    let direction = if direction == 0 { 1 } else { direction };
    KeyOrder { direction, parts: consumed, mixed: mixed && direction == -1 }
}

impl Work<'_, '_> {
    /// [`order_by_key`] for a place of the plan.
    pub(super) fn place_order_by_key(&self, place: usize, list: &[Element], key: IndexNo, removed: bool) -> KeyOrder {
        let (Some(id), Some(facts)) = (self.places[place].table, self.facts(place)) else { return NO_ORDER };
        order_by_key(self.query, id, &facts.const_key_parts, list, key, removed)
    }

    /// Asks for GROUP BY or ORDER BY (spec 06 §7.1).
    pub(super) fn look_for_index_order(&mut self) {
        let Some(first) = self.first() else { return };
        if !self.group_by.is_empty() {
            self.look_for_group_order(first);
        } else if !self.order_by.is_empty() && (self.simple_order || self.skip_sort_order) && self.window_sorts() == 0 {
            let list = self.order_by.clone();
            let limit = self.limit;
            let keys = self.keys_for_order(first);
            let question =
                OrderQuestion { list: &list, is_group: false, constants_removed: true, limit, no_changes: false, keys };
            self.skip_sort_order = self.index_gives_order(first, question);
            if self.skip_sort_order {
                self.ordered_by = OrderedBy::OrderBy;
            }
        }
    }

    fn look_for_group_order(&mut self, first: usize) {
        let loose = self.uses_loose_scan(first);
        let skipped = (self.b().options.sql_big_result || self.has_json_aggregate()) && !loose;
        if skipped {
            return;
        }
        if self.simple_group && !self.distinct {
            let list = self.group_by.clone();
            let limit = if self.need_temporary { UNLIMITED } else { self.limit };
            let keys = self.keys_for_group(first);
            let question = OrderQuestion { list: &list, is_group: true, constants_removed: true, limit, no_changes: false, keys };
            if self.index_gives_order(first, question) {
                self.ordered_by = OrderedBy::GroupBy;
            }
        }
        let is_loose_scan = self.places[first].position.loose_scan.is_some();
        if self.ordered_by != OrderedBy::GroupBy && (self.may_group_by_key() || is_loose_scan) {
            self.need_temporary = true;
            self.simple_order = false;
            self.simple_group = false;
        }
    }

    /// Indexes that ORDER BY may use.
    pub(super) fn keys_for_order(&self, place: usize) -> KeySet {
        self.places[place].table.map_or(KeySet::EMPTY, |id| self.query[id].usable_keys_order)
    }

    /// Indexes that GROUP BY may use.
    pub(super) fn keys_for_group(&self, place: usize) -> KeySet {
        self.places[place].table.map_or(KeySet::EMPTY, |id| self.query[id].usable_keys_group)
    }

    /// A loose index scan reads the place.
    pub(super) fn uses_loose_scan(&self, place: usize) -> bool {
        self.places[place].range.as_ref().is_some_and(|range| matches!(range.kind, RangePlanKind::GroupSkip(_)))
    }

    /// Does (or can) an index deliver the order at a place? With changes allowed, the access is changed for it (spec 06 §7.3).
    pub(super) fn index_gives_order(&mut self, place: usize, question: OrderQuestion<'_>) -> bool {
        match self.places[place].access {
            AccessType::EqRef | AccessType::Const | AccessType::System => return true,
            _ => {}
        }
        if let Some(answer) = self.full_text_order(place, &question) {
            return answer;
        }
        let Some(usable) = self.ordering_candidates(place, &question) else { return false };
        if matches!(self.places[place].access, AccessType::RefOrNull | AccessType::FullText) {
            return false;
        }
        let saved = self.places[place].clone();
        if self.current_key(place).is_none() {
            return false;
        }
        self.trace_order_question(&question);
        self.probed_direction = 0;
        let provides = self.ordered_access(place, &question, usable).unwrap_or(false);
        if !provides {
            self.places[place] = saved.clone();
        }
        self.trace_order_summary(place, &saved, provides, self.probed_direction);
        provides
    }

    fn full_text_order(&self, place: usize, question: &OrderQuestion<'_>) -> Option<bool> {
        let [only] = question.list else { return None };
        let is_match = matches!(self.query.exprs[self.query.real(only.expr())], Expr::Match { .. });
        if !is_match || only.direction != Direction::Descending || !self.simple_order {
            return None;
        }
        (self.places[place].access == AccessType::FullText).then_some(true)
    }

    /// Indexes that hold every element as a sortable column; none if an element is no column of the table or no index is left.
    fn ordering_candidates(&self, place: usize, question: &OrderQuestion<'_>) -> Option<KeySet> {
        let id = self.places[place].table?;
        let table = &self.query[id].table;
        let mut usable = question.keys;
        for element in question.list {
            let (of, column) = self.query.column_of(element.expr())?;
            if of != id {
                return None;
            }
            let clustered = table.primary.filter(|primary| table.clustered == Some(*primary));
            let in_primary = clustered.is_some_and(|primary| {
                let definition = &table.indexes[primary as usize];
                (0..definition.user_parts)
                    .any(|part| definition.parts[part].column == column && is_sortable(table, primary, part))
            });
            let mut sortable = KeySet::EMPTY;
            for (number, definition) in table.indexes.iter().enumerate() {
                let index = number as IndexNo;
                let own = (0..definition.user_parts)
                    .any(|part| definition.parts[part].column == column && is_sortable(table, index, part));
                if own || (in_primary && definition.kind == IndexKind::BTree) {
                    sortable.insert(index);
                }
            }
            usable = usable.intersect(sortable);
            if usable.is_empty() {
                return None;
            }
        }
        Some(usable)
    }

    /// Steps 4 to 9 of spec 06 §7.3. None: no.
    fn ordered_access(&mut self, place: usize, question: &OrderQuestion<'_>, usable: KeySet) -> Option<bool> {
        let mut limit = question.limit;
        let saved_range = self.places[place].range.clone();
        let (mut current, current_parts) = self.current_key(place)?;
        let covering = self.facts(place).map_or(KeySet::EMPTY, |facts| facts.covering);
        let mut order = NO_ORDER;
        let mut changed: Option<IndexNo> = None;
        let mut switch_ref = false;
        if let Some(key) = current {
            let mut key = key;
            if !usable.contains(key) {
                let candidates = if covering.contains(key) { usable.intersect(covering) } else { usable };
                if let Some(replacement) = self.replacement_key(place, question, key, current_parts, candidates) {
                    if self.places[place].lookup.is_some() {
                        switch_ref = true;
                    } else if !question.no_changes {
                        self.rerun_range(place, replacement, question, false)?;
                    }
                    key = replacement;
                    changed = Some(replacement);
                }
            }
            current = Some(key);
            if usable.contains(key) {
                order = self.place_order_by_key(place, question.list, key, question.constants_removed);
            }
        }
        let mut best: Option<super::cheaper::CheaperKey> = None;
        if current.is_none() || order.direction <= 0 {
            let hint = if order.direction == 0 && self.places[place].access == AccessType::Index { None } else { current };
            best = self.search_cheaper(place, question, usable, hint, &mut limit);
            match &best {
                None if order.direction < 0 => {}
                None => return None,
                Some(found) if order.direction < 0 && found.direction == -1 => best = None,
                Some(found) => {
                    let found = found.clone();
                    self.check_full_index_scan(place, question, limit, &found)?;
                    self.rerun_for_best(place, question, &found, current);
                    order.direction = found.direction;
                    let parts = self.table(place).map_or(0, |t| t.indexes[found.index as usize].user_parts);
                    order.parts = if found.direction == -1 { found.parts } else { parts };
                    changed = Some(found.index);
                    switch_ref = false;
                }
            }
        }
        if order.direction < 0
            && let Some(range) = &self.places[place].range
        {
            let reversed = range.index_range().is_some_and(|scan| scan.direction == ScanDirection::Backward);
            if !reversed {
                let known = range.single_index().is_some_and(|index| self.has_quick(place, index));
                if !known || !range.is_reversible() {
                    return None;
                }
            }
        }
        self.probed_direction = order.direction;
        self.probed_index = best.as_ref().map(|found| found.index).or(changed).or(current);
        if question.no_changes {
            return Some(true);
        }
        self.carry_out_order(place, question, order, best.map(|b| b.index), changed, switch_ref, saved_range)?;
        if self.places[place].access == AccessType::Index && limit < self.table_rows(place) {
            self.places[place].rows = limit as f64;
            self.places[place].filter_state = FilterState::StaleRowsFinal;
        }
        Some(true)
    }

    fn table_rows(&self, place: usize) -> u64 {
        self.facts(place).map_or(UNLIMITED, |facts| facts.records)
    }

    pub(super) fn has_quick(&self, place: usize, index: IndexNo) -> bool {
        self.facts(place).is_some_and(|facts| facts.quick.get(index as usize).is_some_and(Option::is_some))
    }

    /// Index and parts that the present access uses; `None` outside: several indexes are merged.
    fn current_key(&self, place: usize) -> Option<(Option<IndexNo>, usize)> {
        let entry = &self.places[place];
        match entry.access {
            AccessType::Ref => {
                let lookup = entry.lookup.as_ref()?;
                Some((Some(lookup.index), lookup.values.len()))
            }
            AccessType::Range | AccessType::IndexMerge => {
                let range = entry.range.as_ref()?;
                Some((Some(range.single_index()?), range.key_parts()))
            }
            AccessType::Index => {
                let index = entry.index?;
                let parts = self.table(place)?.indexes.get(index as usize)?.parts.len();
                Some((Some(index), parts))
            }
            _ => Some((None, 0)),
        }
    }

    /// `prefer_ordering_index=off` forbids another index for the sake of order; since 9.7 only where an index is used already
    /// (spec 06 §7.4, §19).
    pub(super) fn switch_keeps_access(&self, place: usize) -> bool {
        let settings = self.ctx.settings;
        let scans = settings.version >= ServerVersion::V9_7 && self.places[place].access == AccessType::All;
        !scans && !settings.switches.on(Switch::PreferOrderingIndex)
    }

    fn search_cheaper(
        &mut self,
        place: usize,
        question: &OrderQuestion<'_>,
        usable: KeySet,
        hint: Option<IndexNo>,
        limit: &mut u64,
    ) -> Option<super::cheaper::CheaperKey> {
        let id = self.places[place].table?;
        let table = &self.query[id];
        let forced = table.force_index || if question.is_group { table.force_index_group } else { table.force_index_order };
        if !forced && self.switch_keeps_access(place) {
            return None;
        }
        let found = self.cheaper_for_place(place, question, usable, hint, *limit)?;
        *limit = found.limit;
        Some(found)
    }

    /// A full index scan before a join is not better than a sort (spec 06 §7.3 step 6.6).
    fn check_full_index_scan(
        &self,
        place: usize,
        question: &OrderQuestion<'_>,
        limit: u64,
        found: &super::cheaper::CheaperKey,
    ) -> Option<()> {
        let id = self.places[place].table?;
        let table = &self.query[id];
        let forced = table.force_index || if question.is_group { table.force_index_group } else { table.force_index_order };
        let clustered = table.table.clustered == Some(found.index) && table.table.primary == Some(found.index);
        let several = self.primary > self.state.const_tables + 1;
        let scan = self.places[place].access == AccessType::All;
        if !forced && limit >= self.table_rows(place) && scan && several && !clustered {
            return None;
        }
        Some(())
    }

    fn rerun_for_best(
        &mut self,
        place: usize,
        question: &OrderQuestion<'_>,
        found: &super::cheaper::CheaperKey,
        current: Option<IndexNo>,
    ) {
        let tried = self.tried_ranges.contains(&(place, found.index));
        if !self.has_quick(place, found.index) || tried || current == Some(found.index) {
            return;
        }
        self.tried_ranges.push((place, found.index));
        let _ = self.rerun_range(place, found.index, question, true);
    }

    /// Runs the range optimizer on one index; the outcome replaces the range scan of the place. None: no range.
    fn rerun_range(&mut self, place: usize, index: IndexNo, question: &OrderQuestion<'_>, forced: bool) -> Option<()> {
        let descending = question.list.first().is_some_and(|element| element.direction == Direction::Descending);
        let wanted = match question.list.first().map(|element| element.direction) {
            Some(Direction::Irrelevant) | None => WantedOrder::Any,
            _ if descending => WantedOrder::Descending,
            _ => WantedOrder::Ascending,
        };
        let limit = if self.found_rows { UNLIMITED } else { self.state.select_limit };
        let condition = self.places[place].condition;
        self.trace_ordering_ranges(place, index);
        let outcome = self.analyse_ranges(place, KeySet::of(index), condition, limit, forced, wanted);
        self.trace_end();
        let outcome = outcome?;
        self.places[place].range = outcome.plan;
        self.places[place].range.is_some().then_some(())
    }

    /// A key that starts with the parts of the present one and gives the order (spec 06 §7.5).
    fn replacement_key(
        &self,
        place: usize,
        question: &OrderQuestion<'_>,
        current: IndexNo,
        parts: usize,
        candidates: KeySet,
    ) -> Option<IndexNo> {
        let table = self.table(place)?;
        let present = table.indexes.get(current as usize)?;
        let mut best: Option<(IndexNo, u32)> = None;
        for index in candidates.iter() {
            let Some(definition) = table.indexes.get(index as usize) else { continue };
            let length = definition.key_length();
            if best.is_some_and(|(_, shortest)| length >= shortest) || definition.user_parts < parts {
                continue;
            }
            let same =
                (0..parts).all(|part| definition.parts.get(part).map(|p| p.column) == present.parts.get(part).map(|p| p.column));
            let order = self.place_order_by_key(place, question.list, index, question.constants_removed);
            if same && order.direction != 0 && !order.mixed {
                best = Some((index, length));
            }
        }
        best.map(|found| found.0)
    }

    /// Step 8 of spec 06 §7.3: the access is changed.
    #[allow(clippy::too_many_arguments)]
    fn carry_out_order(
        &mut self,
        place: usize,
        question: &OrderQuestion<'_>,
        order: KeyOrder,
        best: Option<IndexNo>,
        changed: Option<IndexNo>,
        switch_ref: bool,
        saved_range: Option<crate::access::RangePlan>,
    ) -> Option<()> {
        let mut best = best;
        let mut switched = switch_ref;
        if switch_ref && let Some(key) = changed {
            self.make_lookup(place, key);
            self.places[place].filter_state = FilterState::Stale;
            if self.longer_range_wins(place, key, question) {
                best = changed;
                switched = false;
            }
        }
        if !switched && let Some(index) = best {
            self.use_ordered_index(place, index, saved_range);
        }
        if order.direction < 0 {
            self.reverse_access(place, order.parts)?;
        } else if self.places[place].range.is_some() {
            self.places[place].ordered_range = true;
        }
        Some(())
    }

    fn use_ordered_index(&mut self, place: usize, index: IndexNo, saved_range: Option<crate::access::RangePlan>) {
        let entry = &mut self.places[place];
        entry.lookup = None;
        let unchanged = entry.range.is_none() || entry.range == saved_range;
        if unchanged {
            entry.range = None;
            entry.access = AccessType::Index;
            entry.index = Some(index);
            entry.filter_state = FilterState::Stale;
        } else if entry.access != AccessType::All
            && let Some(range) = &entry.range
        {
            entry.access = range_type(&range.kind);
            entry.filter_state = FilterState::Stale;
        }
    }

    fn reverse_access(&mut self, place: usize, parts: usize) -> Option<()> {
        let entry = &mut self.places[place];
        if let Some(range) = &mut entry.range {
            let RangePlanKind::IndexRange(scan) = &mut range.kind else { return None };
            scan.direction = ScanDirection::Backward;
            entry.access = AccessType::Range;
            entry.filter_state = FilterState::Stale;
            entry.ordered_range = true;
        } else if let (AccessType::Ref, Some(lookup)) = (entry.access, &entry.lookup) {
            if lookup.values.len() <= parts {
                entry.reversed = true;
            }
        } else if entry.access == AccessType::Index {
            entry.reversed = true;
        }
        Some(())
    }

    /// The range optimizer on the key of a switched ref: a longer range wins (spec 06 §7.6).
    fn longer_range_wins(&mut self, place: usize, key: IndexNo, question: &OrderQuestion<'_>) -> bool {
        let Some(lookup) = self.places[place].lookup.clone() else { return false };
        let table = self.table(place).cloned();
        let nullable = |part: usize| {
            table.as_ref().is_some_and(|table| {
                let column = table.indexes[key as usize].parts[part].column;
                table.columns[column as usize].nullable
            })
        };
        let constant = lookup.values.iter().all(|value| self.used(*value).tables().is_empty());
        if !constant || (0..lookup.values.len()).any(nullable) {
            return false;
        }
        let wanted = match question.list.first().map(|element| element.direction) {
            Some(Direction::Descending) => WantedOrder::Descending,
            Some(Direction::Ascending) => WantedOrder::Ascending,
            _ => WantedOrder::Any,
        };
        let on = self.places[place].outer_joins.first().and_then(|join| self.on_condition(*join));
        let condition = on.or(self.where_);
        let limit = self.state.row_limit;
        self.trace_longer_range();
        let outcome = self.analyse_ranges(place, KeySet::of(key), condition, limit, false, wanted);
        self.trace_end();
        let Some(outcome) = outcome else { return false };
        let Some(range) = outcome.plan.filter(|range| range.key_bytes() > lookup.key_bytes) else { return false };
        self.places[place].range = Some(range);
        true
    }

    /// The clause that a list belongs to.
    pub(super) fn clause_of(&self, is_group: bool) -> ClauseKind {
        if is_group { self.group_source } else { ClauseKind::OrderBy }
    }
}
