//! Tables in JSON: the joinables of a block and the members of each (spec 07 §9.3, §9.5).

use super::Document;
use super::units::Lists;
use crate::explain::context::PrintContext;
use crate::explain::facts::{Covering, Entry, Extra, Extras, column_text, push_access_name};
use crate::explain::traditional::{command_word, is_changed};
use crate::explain::{expression, push_number};
use crate::plan::{AccessMethod, AccessType, BlockPlan, JoinBuffer, TableAccess};
use crate::query::{BlockId, ExprId, NestId, TableKind, TableRef};
use std::fmt::Write;
use std::ops::Range;

/// Largest number of rows that prints.
const MOST_ROWS: f64 = 18_446_744_073_709_549_568.0;

impl<'a> Document<'a> {
    /// All tables of a block.
    pub(super) fn tables(&mut self, block: BlockId, plan: &'a BlockPlan, lists: &Lists) {
        let end = plan.primary_tables.min(plan.tables.len());
        let end = if plan.data_change.is_some() { plan.tables.len() } else { end };
        self.joinables(block, plan, lists, 0..end, true);
    }

    /// One joinable alone, several in a `nested_loop`; the tables of a weedout range are one joinable.
    fn joinables(&mut self, block: BlockId, plan: &'a BlockPlan, lists: &Lists, places: Range<usize>, weedouts: bool) {
        let groups = group(&plan.tables, places, weedouts);
        if let [one] = groups.as_slice() {
            return self.joinable(block, plan, lists, one.clone(), weedouts);
        }
        self.writer.open_member("nested_loop", '[');
        for places in groups {
            self.writer.element();
            self.writer.open('{');
            self.joinable(block, plan, lists, places, weedouts);
            self.writer.close('}', None);
        }
        self.writer.close(']', Some("nested_loop"));
    }

    fn joinable(&mut self, block: BlockId, plan: &'a BlockPlan, lists: &Lists, places: Range<usize>, weedouts: bool) {
        let Some(access) = plan.tables.get(places.start) else { return };
        if weedouts && access.semijoin.weedout_start {
            self.writer.open_member("duplicates_removal", '{');
            self.writer.boolean("using_temporary_table", true);
            self.joinables(block, plan, lists, places, false);
            return self.writer.close('}', Some("duplicates_removal"));
        }
        let entry = Entry { query: &self.plan.query, block, plan, access };
        self.writer.open_member("table", '{');
        match access.materialized {
            Some(nest) => self.materialized_nest(&entry, nest, lists),
            None => self.table(&entry, lists),
        }
        self.writer.close('}', Some("table"));
    }

    /// The temporary table of a materialized semijoin.
    fn materialized_nest(&mut self, entry: &Entry<'a>, nest: NestId, lists: &Lists) {
        self.name_and_type(entry);
        self.keys(entry, false);
        if let Some(rows) = entry.rows() {
            self.writer.number("rows_examined_per_scan", rows);
        }
        self.extras(entry, &entry.extras());
        self.condition(entry, lists);
        self.writer.open_member("materialized_from_subquery", '{');
        self.writer.boolean("using_temporary_table", true);
        self.writer.open_member("query_block", '{');
        let is_inner = |access: &&TableAccess| access.inner_of == Some(nest) && access.materialized != Some(nest);
        let start = entry.plan.tables.iter().position(|access| is_inner(&access)).unwrap_or(entry.plan.tables.len());
        let count = entry.plan.tables.iter().filter(is_inner).count();
        self.joinables(entry.block, entry.plan, lists, start..start + count, true);
        self.writer.close('}', Some("query_block"));
        self.writer.close('}', Some("materialized_from_subquery"));
    }

    fn table(&mut self, entry: &Entry<'a>, lists: &Lists) {
        let access = entry.access;
        if self.changes() && access.table.is_some_and(|table| is_changed(&entry.query.command, table)) {
            self.changed_table_flag();
        }
        self.name_and_type(entry);
        self.keys(entry, true);
        if let Some(rows) = entry.rows() {
            self.writer.number("rows_examined_per_scan", rows);
            if entry.plan.data_change.is_none() {
                self.writer.number("rows_produced_per_join", access.prefix_rowcount.min(MOST_ROWS) as u64);
            }
            self.writer.percent("filtered", entry.filtered());
        }
        self.extras(entry, &entry.extras());
        let change = entry.plan.data_change;
        if let Some(change) = change {
            if change.temporary && change.key_modified && !change.filesort {
                self.writer.string("using_temporary_table", "for update");
            }
        } else if let Some(table) = entry.table() {
            self.costs(access, table);
            self.used_columns(table);
        }
        if change.is_some_and(|change| change.delete_all) {
            return self.writer.string("message", "Deleting all rows");
        }
        self.condition(entry, lists);
        if let Some(TableKind::Derived { unit, .. }) = entry.table().map(|table| &table.kind) {
            self.materialized_unit(*unit);
        }
    }

    fn changed_table_flag(&mut self) {
        if let Some(word) = command_word(&self.plan.query.command) {
            self.writer.boolean(&word.to_ascii_lowercase(), true);
        }
    }

    fn name_and_type(&mut self, entry: &Entry<'_>) {
        let start = self.writer.open_text("table_name");
        entry.push_name(&mut self.writer.out, false);
        self.writer.close_text(start);
        if let Some(partitions) = entry.access.partitions.as_ref().filter(|list| !list.is_empty()) {
            self.writer.open_member("partitions", '[');
            for name in partitions {
                self.writer.element();
                self.writer.quoted(name);
            }
            self.writer.close(']', Some("partitions"));
        }
        self.writer.string("access_type", entry.type_text());
    }

    /// `possible_keys` to `ref`. `all`: also the members that a materialized nest lacks.
    fn keys(&mut self, entry: &Entry<'_>, all: bool) {
        if all {
            let mut list = ListMember::new("possible_keys");
            entry.possible_keys().for_each(|key| list.push(self, key));
            list.end(self);
        }
        let merged = entry.access.access_type == AccessType::IndexMerge;
        let mut lengths = String::new();
        let mut start = None;
        entry.for_each_key(&mut |key, bytes| {
            if start.is_none() {
                start = Some(self.writer.open_text("key"));
                if merged {
                    entry.push_merge(&mut self.writer.out);
                } else {
                    self.writer.out.push_str(key);
                }
            }
            if !lengths.is_empty() {
                lengths.push(',');
            }
            push_number(&mut lengths, u64::from(bytes));
        });
        if let Some(start) = start {
            self.writer.close_text(start);
        }
        if all {
            let mut list = ListMember::new("used_key_parts");
            entry.for_each_key_part(&mut |part| list.push(self, part));
            list.end(self);
        }
        if !lengths.is_empty() {
            self.writer.string("key_length", &lengths);
        }
        let mut list = ListMember::new("ref");
        entry.for_each_ref(&mut |part| list.push(self, part));
        list.end(self);
    }

    fn extras(&mut self, entry: &Entry<'_>, extras: &Extras<'_>) {
        extras.before.iter().chain(&extras.after).for_each(|extra| self.extra(entry, extra));
    }

    fn extra(&mut self, entry: &Entry<'_>, extra: &Extra<'_>) {
        let key = match extra {
            Extra::ConstRowNotFound => "const_row_not_found",
            Extra::UniqueRowNotFound => "unique_row_not_found",
            Extra::ImpossibleOn => "impossible_on_condition",
            Extra::IndexCondition(condition) => return self.expression("index_condition", entry.block, *condition),
            Extra::TableFunction => {
                self.writer.string("table_function", "json_table");
                "using_temporary_table"
            }
            Extra::DynamicRange(keys) => {
                let start = self.writer.open_text("range_checked_for_each_record");
                // Writing to a String cannot fail.
                let _ = write!(self.writer.out, "index map: 0x{:X}", keys.0);
                return self.writer.close_text(start);
            }
            Extra::BackwardScan => "backward_index_scan",
            Extra::NotExists => "not_exists",
            Extra::Mrr => "using_MRR",
            Extra::FullTextHints(hints) => return self.writer.string("ft_hints", hints),
            Extra::Covering(Covering::Index) => "using_index",
            Extra::Covering(Covering::GroupBy { scanning: false }) => "using_index_for_group_by",
            Extra::Covering(Covering::GroupBy { scanning: true }) => {
                return self.writer.string("using_index_for_group_by", "scanning");
            }
            Extra::Covering(Covering::SkipScan) => "using_index_for_skip_scan",
            Extra::Distinct => "distinct",
            Extra::LooseScan => "loosescan",
            Extra::FirstMatch(None) => "first_match",
            Extra::FirstMatch(Some(place)) => {
                let start = self.writer.open_text("first_match");
                if let Some(target) = entry.plan.tables.get(*place) {
                    push_access_name(&mut self.writer.out, entry.query, target, false);
                }
                return self.writer.close_text(start);
            }
            Extra::Rematerialize(tables) => {
                let start = self.writer.open_text("rematerialize");
                for (i, table) in tables.iter().enumerate() {
                    self.writer.out.push_str(if i > 0 { "," } else { "" });
                    self.writer.out.push_str(&entry.query[*table].alias);
                }
                return self.writer.close_text(start);
            }
            Extra::FullScanOnNull => "full_scan_on_NULL_key",
            Extra::JoinBuffer(kind) => {
                let text = if *kind == JoinBuffer::BatchedKeyAccess { "Batched Key Access" } else { "hash join" };
                return self.writer.string("using_join_buffer", text);
            }
            // No recording shows a member of the JSON for it.
            Extra::SecondaryEngine(_) => return,
            // In the key, in `attached_condition`, or shown by the levels around.
            Extra::IndexMerge | Extra::Where | Extra::StartTemporary | Extra::EndTemporary => return,
        };
        self.writer.boolean(key, true);
    }

    fn expression(&mut self, key: &str, block: BlockId, condition: ExprId) {
        let start = self.writer.open_text(key);
        let context = PrintContext::json(&self.plan.settings, block);
        expression::print(&mut self.writer.out, &self.plan.query, &self.plan.blocks, condition, &context);
        self.writer.close_text(start);
    }

    fn condition(&mut self, entry: &Entry<'_>, lists: &Lists) {
        if entry.access.method == AccessMethod::DynamicRange {
            return;
        }
        if let Some(condition) = entry.access.condition.filter(|_| !entry.extras().stops) {
            self.expression("attached_condition", entry.block, condition);
            self.attached_subqueries(condition, lists);
        }
    }

    fn costs(&mut self, access: &TableAccess, table: &TableRef) {
        let rows = access.prefix_rowcount;
        self.writer.open_member("cost_info", '{');
        self.writer.cost("read_cost", access.read_cost.max(0.0));
        self.writer.cost("eval_cost", (rows * self.plan.costs.row_evaluate).max(0.0));
        self.writer.cost("prefix_cost", access.prefix_cost);
        let start = self.writer.open_text("data_read_per_join");
        push_data_size(&mut self.writer.out, rows * f64::from(table.table.record_buffer_bytes()));
        self.writer.close_text(start);
        self.writer.close('}', Some("cost_info"));
    }

    fn used_columns(&mut self, table: &TableRef) {
        let mut list = ListMember::new("used_columns");
        // A materialized table is read as a whole.
        let all = matches!(table.kind, TableKind::Derived { .. } | TableKind::RecursiveReference { .. });
        for (no, column) in table.table.columns.iter().enumerate() {
            let no = no as crate::catalog::ColumnNo;
            if all || table.read_set.contains(no) || table.write_set.contains(no) {
                list.push(self, &column_text(column));
            }
        }
        list.end(self);
    }
}

/// An array of strings that is left out if it is empty.
struct ListMember {
    key: &'static str,
    open: bool,
}

impl ListMember {
    fn new(key: &'static str) -> Self {
        ListMember { key, open: false }
    }
    fn push(&mut self, document: &mut Document<'_>, text: &str) {
        if !std::mem::replace(&mut self.open, true) {
            document.writer.open_member(self.key, '[');
        }
        document.writer.element();
        document.writer.quoted(text);
    }
    fn end(self, document: &mut Document<'_>) {
        if self.open {
            document.writer.close(']', Some(self.key));
        }
    }
}

/// Splits places into joinables: single tables and, if asked for, weedout ranges.
fn group(tables: &[TableAccess], places: Range<usize>, weedouts: bool) -> Vec<Range<usize>> {
    let mut groups = Vec::with_capacity(places.len());
    let mut place = places.start;
    while place < places.end {
        let range_end = || (place..places.end).find(|at| tables[*at].semijoin.weedout_end).unwrap_or(places.end - 1) + 1;
        let end = if weedouts && tables[place].semijoin.weedout_start { range_end() } else { place + 1 };
        groups.push(place..end);
        place = end;
    }
    groups
}

/// Bytes with the suffix of how often 1024 divides them.
fn push_data_size(out: &mut String, bytes: f64) {
    const SUFFIXES: [&str; 9] = ["", "K", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut size = bytes;
    let mut divisions = 0;
    while size > 1024.0 && divisions + 1 < SUFFIXES.len() {
        size /= 1024.0;
        divisions += 1;
    }
    if size > MOST_ROWS {
        return out.push_str("+INF");
    }
    push_number(out, size as u64);
    out.push_str(SUFFIXES[divisions]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_sizes() {
        let text = |bytes| {
            let mut out = String::new();
            push_data_size(&mut out, bytes);
            out
        };
        assert_eq!(text(639.9), "639");
        assert_eq!(text(1024.0), "1024");
        assert_eq!(text(1025.0), "1K");
        assert_eq!(text(96_000.0), "93K");
    }
}
