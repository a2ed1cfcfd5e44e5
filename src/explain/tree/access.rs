//! Descriptions of accesses by index (spec 08 §6.1, §6.2).

use super::Writer;
use crate::access::{RangePlan, RangePlanKind, ScanDirection, tree_ranges_text};
use crate::catalog::{IndexNo, Table};
use crate::explain::facts::{column_text, push_access_name};
use crate::explain::subquery::materialized_column_name;
use crate::plan::tree::LookupType;
use crate::plan::{AccessMethod, RefAccess, TableAccess};
use crate::query::{BlockId, Expr, ExprId, Query};
use std::borrow::Cow;

/// What an index description is made of.
struct Description<'a> {
    prefix: &'a str,
    covering: bool,
    operation: &'a str,
    reverse: bool,
}

impl<'p> Writer<'p> {
    pub(super) fn alias(&mut self, access: &TableAccess) {
        push_access_name(&mut self.out, &self.plan.query, access, false);
    }

    fn definition(&self, access: &TableAccess) -> Option<&'p Table> {
        access.table.map(|id| &*self.plan.query[id].table)
    }

    pub(super) fn index_name(&mut self, access: &TableAccess, index: IndexNo) {
        let name = match self.definition(access) {
            Some(table) => table.indexes.get(usize::from(index)).map_or("", |index| &*index.name),
            None => "<auto_distinct_key>",
        };
        self.out.push_str(name);
    }

    /// `[Prefix ]{Covering index|Index} operation on t using k`
    fn index_words(&mut self, access: &TableAccess, index: IndexNo, words: &Description<'_>) {
        let name = match (words.prefix.is_empty(), words.covering) {
            (true, true) => "Covering index ",
            (true, false) => "Index ",
            (false, true) => " covering index ",
            (false, false) => " index ",
        };
        self.push(words.prefix);
        self.push(name);
        self.push(words.operation);
        self.push(" on ");
        self.alias(access);
        self.push(" using ");
        self.index_name(access, index);
    }

    fn tail(&mut self, access: &TableAccess, reverse: bool, block: BlockId) {
        if reverse {
            self.push(" (reverse)");
        }
        self.index_condition(access, block);
    }

    fn index_condition(&mut self, access: &TableAccess, block: BlockId) {
        if let Some(condition) = access.index_condition {
            self.push(", with index condition: ");
            self.expr(condition, block);
        }
    }

    pub(super) fn index_scan(&mut self, access: &TableAccess, index: IndexNo, reverse: bool, covering: bool) {
        let words = Description { prefix: "", covering, operation: "scan", reverse };
        self.index_words(access, index, &words);
        if words.reverse {
            self.push(" (reverse)");
        }
    }

    pub(super) fn lookup(&mut self, access: &TableAccess, lookup: LookupType, block: BlockId) {
        let AccessMethod::Lookup(values) = &access.method else { return };
        let (prefix, operation) = match lookup {
            LookupType::Ref | LookupType::RefOrNull => ("", "lookup"),
            LookupType::EqRef => ("Single-row", "lookup"),
            LookupType::FullText => ("Full-text", "search"),
            LookupType::MultiRange => ("Multi-range", "lookup"),
        };
        let covering = access.index_only && access.materialized.is_none();
        let words = Description { prefix, covering, operation, reverse: values.reverse };
        self.index_words(access, values.index, &words);
        self.push(" (");
        self.lookup_values(access, values, block);
        self.push(")");
        self.tail(access, words.reverse, block);
    }

    /// `a=1, b=t.b or NULL`
    pub(super) fn lookup_values(&mut self, access: &TableAccess, lookup: &RefAccess, block: BlockId) {
        for (part, value) in lookup.values.iter().enumerate() {
            if part > 0 {
                self.push(", ");
            }
            let column = self.part_name(access, lookup.index, part);
            self.push(&column);
            self.push(self.equals());
            self.lookup_value(*value, block);
            if lookup.null_part == Some(part) {
                self.push(" or NULL");
            }
        }
    }

    /// Between a column and the value that it is looked up by: with blanks in 9.7 (spec 08 §14).
    pub(super) fn equals(&self) -> &'static str {
        if self.since_9_7() { " = " } else { "=" }
    }

    fn lookup_value(&mut self, value: ExprId, block: BlockId) {
        match &self.query().exprs[value] {
            Expr::Match { against, .. } => self.expr(*against, block),
            _ => self.expr(value, block),
        }
    }

    /// Column of an index part, or the expression of a functional one.
    pub(super) fn part_name(&self, access: &TableAccess, index: IndexNo, part: usize) -> Cow<'p, str> {
        let query: &'p Query = &self.plan.query;
        if let (None, Some(nest)) = (access.table, access.materialized) {
            return Cow::Borrowed(materialized_column_name(query, nest, part).1);
        }
        let column = self.definition(access).and_then(|table| {
            let part = table.indexes.get(usize::from(index))?.parts.get(part)?;
            table.columns.get(usize::from(part.column))
        });
        column.map_or(Cow::Borrowed(""), column_text)
    }

    pub(super) fn range(&mut self, access: &TableAccess, range: &RangePlan, block: BlockId, merged: bool) {
        let covering = |own: bool| (own || access.index_only) && !merged;
        match &range.kind {
            RangePlanKind::IndexRange(scan) => {
                let reverse = scan.direction == ScanDirection::Backward;
                // Whether blocks of row ids are sorted first is told since 9.7 (spec 08 §14).
                let operation = if scan.mrr && self.since_9_7() { "range scan (Multi-Range Read)" } else { "range scan" };
                let words = Description { prefix: "", covering: covering(false), operation, reverse };
                self.index_words(access, scan.index, &words);
                self.over(&tree_ranges_text(&scan.tree_ranges, true));
                if merged {
                    return;
                }
                self.tail(access, reverse, block);
            }
            RangePlanKind::SkipScan(scan) => {
                let words = Description { prefix: "", covering: covering(true), operation: "skip scan", reverse: false };
                self.index_words(access, scan.index, &words);
                self.over(&scan.tree_text());
            }
            RangePlanKind::GroupSkip(scan) => {
                let min_max = scan.has_min || scan.has_max;
                let operation = if min_max { "skip scan for grouping" } else { "skip scan for deduplication" };
                let words = Description { prefix: "", covering: covering(true), operation, reverse: false };
                self.index_words(access, scan.index, &words);
                self.over(&tree_ranges_text(&scan.tree_ranges, true));
            }
            RangePlanKind::SortUnion(_) | RangePlanKind::Intersection { .. } | RangePlanKind::Union(_) => {}
        }
    }

    fn over(&mut self, ranges: &str) {
        if !ranges.is_empty() {
            self.push(" over ");
            self.push(ranges);
        }
    }

    pub(super) fn dynamic_range(&mut self, access: &TableAccess, block: BlockId) {
        self.push(if access.index_only && !self.since_9_7() { "Covering index range scan on " } else { "Index range scan on " });
        self.alias(access);
        self.push(" (re-planned for each iteration)");
        self.index_condition(access, block);
    }
}
