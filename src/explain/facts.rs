//! What the traditional table and JSON both tell of one table of a plan (spec 07 §3, §4).

use super::subquery::nest_number;
use crate::access::{RangePlan, RangePlanKind, ScanDirection};
use crate::catalog::{IndexNo, KeySet, Table};
use crate::plan::{AccessMethod, AccessType, BlockPlan, JoinBuffer, RefAccess, TableAccess};
use crate::query::{BlockId, Expr, ExprId, Query, RefKind, TableId, TableKind, TableRef, TableSet};
use smallvec::SmallVec;

/// Name of the unique key of a temporary table that removes duplicates.
pub(super) const DISTINCT_KEY: &str = "<auto_distinct_key>";

/// One table of a block's plan.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) query: &'a Query,
    pub(super) block: BlockId,
    pub(super) plan: &'a BlockPlan,
    pub(super) access: &'a TableAccess,
}

/// A piece of Extra, or the JSON member for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extra<'a> {
    ConstRowNotFound,
    UniqueRowNotFound,
    ImpossibleOn,
    IndexCondition(ExprId),
    IndexMerge,
    TableFunction,
    DynamicRange(KeySet),
    Where,
    BackwardScan,
    NotExists,
    Mrr,
    FullTextHints(&'a str),
    Covering(Covering),
    Distinct,
    LooseScan,
    StartTemporary,
    EndTemporary,
    /// Place of the jump's target; none before the first table.
    FirstMatch(Option<usize>),
    Rematerialize(&'a [TableId]),
    FullScanOnNull,
    JoinBuffer(JoinBuffer),
    SecondaryEngine(&'a str),
}

/// Ways to read an index only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Covering {
    Index,
    GroupBy { scanning: bool },
    SkipScan,
}

/// The pieces of one row, in the order in which they print; those of the block (temporary, filesort) come after `Covering`.
#[derive(Debug, Default)]
pub(super) struct Extras<'a> {
    /// Pieces before those of the block.
    pub(super) before: SmallVec<[Extra<'a>; 6]>,
    /// Pieces after.
    pub(super) after: SmallVec<[Extra<'a>; 4]>,
    /// The row stops before the block's pieces.
    pub(super) stops: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn table(&self) -> Option<&'a TableRef> {
        self.access.table.map(|id| &self.query[id])
    }

    fn definition(&self) -> Option<&'a Table> {
        self.table().map(|table| &*table.table)
    }

    fn index_name(&self, index: IndexNo) -> &'a str {
        match self.definition() {
            Some(table) => table.indexes.get(usize::from(index)).map_or("", |index| &*index.name),
            None => DISTINCT_KEY,
        }
    }

    /// Alias; `<derivedN>` where `tabular` asks for it; `<subqueryN>`.
    pub(super) fn push_name(&self, out: &mut String, tabular: bool) {
        push_access_name(out, self.query, self.access, tabular);
    }

    /// `type`
    pub(super) fn type_text(&self) -> &'static str {
        match self.access.access_type {
            AccessType::EqRef if self.plan.index_subquery => "unique_subquery",
            AccessType::Ref | AccessType::RefOrNull if self.plan.index_subquery => "index_subquery",
            access_type => access_type.name(),
        }
    }

    /// Names of `possible_keys`.
    pub(super) fn possible_keys(&self) -> impl Iterator<Item = &'a str> {
        let looked_up = self.access.materialized.is_some() && matches!(self.access.method, AccessMethod::Lookup(_));
        let keys = if looked_up { KeySet::of(0) } else { self.access.possible_keys };
        let this = *self;
        keys.iter().map(move |index| this.index_name(index))
    }

    /// Calls with name and bytes of each key that is used.
    pub(super) fn for_each_key(&self, visit: &mut dyn FnMut(&str, u32)) {
        match &self.access.method {
            AccessMethod::Lookup(lookup) => visit(self.index_name(lookup.index), lookup.key_bytes),
            AccessMethod::IndexScan { index, .. } => {
                let bytes = self.definition().and_then(|t| t.indexes.get(usize::from(*index))).map_or(0, |i| i.key_length());
                visit(self.index_name(*index), bytes);
            }
            AccessMethod::Range(range) => self.for_each_range_key(range, visit),
            AccessMethod::ConstRow | AccessMethod::TableScan | AccessMethod::DynamicRange => {}
        }
    }

    fn for_each_range_key(&self, range: &RangePlan, visit: &mut dyn FnMut(&str, u32)) {
        match &range.kind {
            RangePlanKind::IndexRange(scan) => visit(self.index_name(scan.index), scan.key_bytes),
            RangePlanKind::GroupSkip(scan) => visit(self.index_name(scan.index), scan.key_bytes),
            RangePlanKind::SkipScan(scan) => visit(self.index_name(scan.index), scan.key_bytes),
            RangePlanKind::SortUnion(scans) => {
                for scan in self.clustered_last(scans) {
                    self.for_each_range_key(scan, visit);
                }
            }
            RangePlanKind::Intersection { scans, clustered, .. } => {
                scans.iter().chain(clustered.as_deref()).for_each(|scan| self.for_each_range_key(scan, visit));
            }
            RangePlanKind::Union(scans) => scans.iter().for_each(|scan| self.for_each_range_key(scan, visit)),
        }
    }

    /// The scans of a sort_union: the one over the clustered primary key last.
    fn clustered_last<'r>(&self, scans: &'r [RangePlan]) -> impl Iterator<Item = &'r RangePlan> {
        let primary = self.definition().and_then(|table| table.primary);
        let clustered = move |scan: &&RangePlan| primary.is_some() && scan.single_index() == primary;
        scans.iter().filter(move |scan| !clustered(scan)).chain(scans.iter().filter(clustered))
    }

    /// `union(a,intersect(b,c))`; the index name of a plain range.
    pub(super) fn push_merge(&self, out: &mut String) {
        if let AccessMethod::Range(range) = &self.access.method {
            self.push_range(out, range);
        }
    }

    fn push_range(&self, out: &mut String, range: &RangePlan) {
        match &range.kind {
            RangePlanKind::SortUnion(scans) => self.push_ranges(out, "sort_union(", self.clustered_last(scans)),
            RangePlanKind::Intersection { scans, clustered, .. } => {
                self.push_ranges(out, "intersect(", scans.iter().chain(clustered.as_deref()));
            }
            RangePlanKind::Union(scans) => self.push_ranges(out, "union(", scans.iter()),
            _ => out.push_str(range.single_index().map_or("", |index| self.index_name(index))),
        }
    }

    fn push_ranges<'r>(&self, out: &mut String, word: &str, scans: impl Iterator<Item = &'r RangePlan>) {
        out.push_str(word);
        for (i, scan) in scans.enumerate() {
            if i > 0 {
                out.push(',');
            }
            self.push_range(out, scan);
        }
        out.push(')');
    }

    /// Calls with the column name of each used key part (JSON).
    pub(super) fn for_each_key_part(&self, visit: &mut dyn FnMut(&str)) {
        let (index, parts) = match &self.access.method {
            AccessMethod::Lookup(lookup) => (lookup.index, lookup.values.len()),
            AccessMethod::IndexScan { index, .. } => (*index, usize::MAX),
            AccessMethod::Range(range) => match &range.kind {
                RangePlanKind::IndexRange(scan) => (scan.index, scan.key_parts),
                RangePlanKind::GroupSkip(scan) => (scan.index, scan.used_parts),
                RangePlanKind::SkipScan(scan) => (scan.index, scan.used_parts),
                _ => return,
            },
            _ => return,
        };
        let Some(table) = self.definition() else { return };
        let Some(index) = table.indexes.get(usize::from(index)) else { return };
        let parts = if parts == usize::MAX { index.user_parts } else { parts };
        for part in index.parts.iter().take(parts) {
            if let Some(column) = table.columns.get(usize::from(part.column)) {
                visit(&column_text(column));
            }
        }
    }

    /// Calls with each entry of `ref`.
    pub(super) fn for_each_ref(&self, visit: &mut dyn FnMut(&str)) {
        match &self.access.method {
            AccessMethod::Lookup(lookup) => self.lookup_refs(lookup, visit),
            AccessMethod::Range(range) if self.plan.data_change.is_some() => {
                if let RangePlanKind::IndexRange(scan) = &range.kind {
                    (0..scan.key_parts).for_each(|_| visit("const"));
                }
            }
            _ => {}
        }
    }

    fn lookup_refs(&self, lookup: &RefAccess, visit: &mut dyn FnMut(&str)) {
        let multi_valued = self
            .definition()
            .and_then(|table| table.indexes.get(usize::from(lookup.index)))
            .is_some_and(|index| index.multi_valued);
        let mut text = String::new();
        for (part, value) in lookup.values.iter().enumerate() {
            // A guarded value is looked at anew for each lookup, even if it is constant.
            let guarded = lookup.guarded_parts >> part & 1 == 1;
            if self.access.access_type == AccessType::FullText || !guarded && self.is_const(*value) {
                visit("const");
            } else if !multi_valued && self.push_column(&mut text, *value) {
                visit(&text);
            } else {
                visit("func");
            }
            text.clear();
        }
    }

    /// `schema.alias.column` of a plain column.
    fn push_column(&self, out: &mut String, value: ExprId) -> bool {
        match &self.query.exprs[value] {
            Expr::Column { table, column } => {
                let table = &self.query[*table];
                if !table.schema.is_empty() {
                    out.push_str(&table.schema);
                    out.push('.');
                }
                out.push_str(&table.alias);
                out.push('.');
                if let Some(column) = table.table.columns.get(usize::from(*column)) {
                    out.push_str(&column.name);
                }
                true
            }
            Expr::MaterializedColumn { nest, position } => {
                let (number, name) = super::subquery::materialized_column_name(self.query, *nest, *position as usize);
                out.push_str("<subquery");
                super::push_number(out, u64::from(number));
                out.push_str(">.");
                out.push_str(name);
                true
            }
            Expr::Ref { target, kind: RefKind::View(..) } => self.push_column(out, *target),
            _ => false,
        }
    }

    /// True if a value uses no table that is still to be read.
    fn is_const(&self, value: ExprId) -> bool {
        match &self.query.exprs[value] {
            Expr::Literal { .. } => true,
            Expr::Column { table, .. } => self.query[*table].const_row.is_some(),
            Expr::Ref { target, kind: RefKind::View(..) | RefKind::Item } => self.is_const(*target),
            _ => {
                let used = self.query.exprs.facts(value).used;
                if used.meets(TableSet::OUTER_REF) || used.meets(TableSet::RAND) {
                    return false;
                }
                used.iter().all(|number| self.const_number(number))
            }
        }
    }

    fn const_number(&self, number: u8) -> bool {
        let leaf = self.query[self.block].leaves.get(usize::from(number));
        leaf.is_some_and(|id| self.query[*id].const_row.is_some())
    }

    /// `rows`
    pub(super) fn rows(&self) -> Option<u64> {
        match (self.access.materialized, &self.access.method) {
            (Some(_), AccessMethod::Lookup(_)) => Some(1),
            (Some(_), _) => None,
            _ => Some(self.access.rows_fetched as u64),
        }
    }

    /// `filtered`
    pub(super) fn filtered(&self) -> f32 {
        if self.access.rows_fetched != 0.0 { (100.0 * f64::from(self.access.filter_effect)) as f32 } else { 0.0 }
    }

    /// All pieces of Extra but `Recursive` and those of the block.
    pub(super) fn extras(&self) -> Extras<'a> {
        let access = self.access;
        let mut list = Extras::default();
        let note = match (access.access_type, access.const_note) {
            (AccessType::System, Some("const row not found")) => Some(Extra::ConstRowNotFound),
            (AccessType::Const, Some("unique row not found")) => Some(Extra::UniqueRowNotFound),
            (_, Some("Impossible ON condition")) => Some(Extra::ImpossibleOn),
            (AccessType::System, _) if access.rows_fetched == 0.0 => Some(Extra::ConstRowNotFound),
            (AccessType::Const, _) if access.rows_fetched == 0.0 => Some(Extra::UniqueRowNotFound),
            _ => None,
        };
        if let Some(note) = note {
            list.before.push(note);
            list.stops = true;
        } else {
            self.extras_of_access(&mut list.before);
            if self.plan.data_change.is_none() {
                self.extras_of_join(&mut list.after);
            }
        }
        list.after.extend(self.query.secondary_engine.as_deref().map(Extra::SecondaryEngine));
        list
    }

    fn extras_of_access(&self, list: &mut SmallVec<[Extra<'a>; 6]>) {
        let access = self.access;
        if let Some(condition) = access.index_condition {
            list.push(Extra::IndexCondition(condition));
        }
        if access.access_type == AccessType::IndexMerge {
            list.push(Extra::IndexMerge);
        }
        if self.table().is_some_and(|table| matches!(table.kind, TableKind::JsonTable { .. })) {
            list.push(Extra::TableFunction);
        }
        if access.method == AccessMethod::DynamicRange {
            list.push(Extra::DynamicRange(access.dynamic_keys));
        } else if access.condition.is_some() {
            list.push(Extra::Where);
        }
        if self.is_backward() {
            list.push(Extra::BackwardScan);
        }
        if access.not_exists {
            list.push(Extra::NotExists);
        }
        if matches!(&access.method, AccessMethod::Range(range) if matches!(&range.kind, RangePlanKind::IndexRange(scan) if scan.mrr))
        {
            list.push(Extra::Mrr);
        }
        if let Some(hints) = &access.full_text_hints {
            list.push(Extra::FullTextHints(hints));
        }
        if access.index_only && self.plan.data_change.is_none() {
            list.push(Extra::Covering(self.covering()));
        }
    }

    fn is_backward(&self) -> bool {
        match &self.access.method {
            AccessMethod::Lookup(lookup) => lookup.reverse,
            AccessMethod::IndexScan { reverse, .. } => *reverse && self.plan.data_change.is_none(),
            AccessMethod::Range(range) => {
                matches!(&range.kind, RangePlanKind::IndexRange(scan) if scan.direction == ScanDirection::Backward)
            }
            _ => false,
        }
    }

    fn covering(&self) -> Covering {
        match &self.access.method {
            AccessMethod::Range(range) => match &range.kind {
                RangePlanKind::GroupSkip(scan) => Covering::GroupBy { scanning: scan.scanning },
                RangePlanKind::SkipScan(_) => Covering::SkipScan,
                _ => Covering::Index,
            },
            _ => Covering::Index,
        }
    }

    fn extras_of_join(&self, list: &mut SmallVec<[Extra<'a>; 4]>) {
        let access = self.access;
        let marks = &access.semijoin;
        if access.distinct {
            list.push(Extra::Distinct);
        }
        if marks.loose_scan_until.is_some() {
            list.push(Extra::LooseScan);
        }
        if marks.weedout_start {
            list.push(Extra::StartTemporary);
        }
        if marks.weedout_end {
            list.push(Extra::EndTemporary);
        } else if let Some(target) = marks.first_match_to {
            list.push(Extra::FirstMatch((target != usize::MAX).then_some(target)));
        }
        if !access.rematerializes.is_empty() {
            list.push(Extra::Rematerialize(&access.rematerializes));
        }
        if matches!(&access.method, AccessMethod::Lookup(lookup) if lookup.guarded_parts != 0) {
            list.push(Extra::FullScanOnNull);
        }
        if access.join_buffer != JoinBuffer::None {
            list.push(Extra::JoinBuffer(access.join_buffer));
        }
    }
}

/// Name of a plan's entry.
pub(super) fn push_access_name(out: &mut String, query: &Query, access: &TableAccess, tabular: bool) {
    match (access.table, access.materialized) {
        (Some(table), _) => push_table_name(out, query, table, tabular),
        (None, Some(nest)) => {
            out.push_str("<subquery");
            super::push_number(out, u64::from(nest_number(query, nest)));
            out.push('>');
        }
        (None, None) => {}
    }
}

/// Name of a table: the alias, or `<derivedN>` in the traditional table.
pub(super) fn push_table_name(out: &mut String, query: &Query, id: TableId, tabular: bool) {
    match (tabular, derived_number(query, id)) {
        (true, Some(number)) => {
            out.push_str("<derived");
            super::push_number(out, u64::from(number));
            out.push('>');
        }
        _ => out.push_str(&query[id].alias),
    }
}

/// N of `<derivedN>`: number of the first block of the CTE's first reference.
pub(super) fn derived_number(query: &Query, id: TableId) -> Option<u32> {
    match &query[id].kind {
        TableKind::Derived { shared_with: Some(first), .. } if *first != id => derived_number(query, *first),
        TableKind::Derived { unit, .. } => query[*unit].blocks.first().map(|block| query[*block].select_id),
        _ => None,
    }
}

/// Name of a column, or the expression of a functional index part.
pub(super) fn column_text(column: &crate::catalog::Column) -> std::borrow::Cow<'_, str> {
    match (&column.generated, column.functional) {
        (Some(generated), true) => super::expression::unqualified_expression(&generated.expression).into(),
        _ => (&*column.name).into(),
    }
}
