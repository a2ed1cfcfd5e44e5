//! UPDATE and DELETE of one table, which have no join plan (spec 06 §15.2 to §15.4), and what multi-table ones change at once
//! (§15.5).

use super::access::range_type;
use super::assemble::partition_names_of;
use super::cheaper::{OrderedTable, Search, cheaper};
use super::early::without_tables;
use super::equalities::conjuncts;
use super::ordering::order_by_key;
use super::place::{Element, UNLIMITED};
use crate::access::range::analyse;
use crate::access::table_cost::TableCost;
use crate::access::{RangeHints, RangeOutcome, RangePlan, RangePlanKind, RangeRequest, ScanDirection, WantedOrder};
use crate::catalog::{IndexNo, KeySet, Table, TableStatistics};
use crate::context::Context;
use crate::error::Result;
use crate::plan::block::ClauseFlags;
use crate::plan::{AccessMethod, AccessType, BlockPlan, DataChange, JoinBuffer, Outcome, SemijoinMark, TableAccess};
use crate::query::{BlockId, ColumnSet, Command, Expr, ExprId, Query, TableId, TableSet};
use crate::rewrite::conditions::{self, ChosenOrder};

/// What UPDATE or DELETE of one table is planned from.
struct Change<'a, 'c> {
    ctx: &'a Context<'c>,
    query: &'a Query,
    block: BlockId,
    table: TableId,
    statistics: TableStatistics,
    limit: u64,
    where_: Option<ExprId>,
    constants: Vec<u32>,
    is_update: bool,
}

/// In which order rows are read.
struct ReadOrder {
    index: Option<IndexNo>,
    sort: bool,
    reverse: bool,
}

/// Plans an UPDATE or DELETE of one table that is not carried out as a join. WHERE is optimized already; `partitions` are the
/// used ones, if the table is partitioned.
pub fn data_change(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    limit: u64,
    partitions: Option<Vec<usize>>,
) -> Result<BlockPlan> {
    let Some(table) = query[block].leaves.first().copied() else {
        return Ok(without_tables(ctx, query, block, Outcome::NoTables));
    };
    if limit == 0 {
        return Ok(without_tables(ctx, query, block, Outcome::ZeroRows("LIMIT is zero")));
    }
    if partitions.as_ref().is_some_and(Vec::is_empty) {
        return Ok(without_tables(ctx, query, block, Outcome::ZeroRows("No matching rows after partition pruning")));
    }
    let statistics = match &partitions {
        Some(used) => ctx.statistics().table_partitions(&query[table].table, used),
        None => ctx.statistics().table(&query[table].table),
    };
    let where_ = query[block].where_;
    let is_update = matches!(query.command, Command::Update { .. });
    let change = Change { ctx, query, block, table, statistics, limit, where_, constants: Vec::new(), is_update };
    let outcome = change.ranges(partitions.as_deref());
    let mut plan = if outcome.impossible {
        without_tables(ctx, query, block, Outcome::ZeroRows("Impossible WHERE"))
    } else {
        let change = Change { constants: change.constant_parts(), ..change };
        change.plan(outcome, partitions.as_deref())
    };
    let order = ChosenOrder { rank: &|_| 0, materialized: &[] };
    conditions::substitute_best_equal(ctx, query, block, &order)?;
    plan.where_ = query[block].where_;
    if let Some(access) = plan.tables.first_mut() {
        access.condition = match plan.where_ {
            Some(where_) => Some(conditions::folded_copy(ctx, query, block, where_)?),
            None => None,
        };
    }
    Ok(plan)
}

impl Change<'_, '_> {
    fn definition(&self) -> &Table {
        &self.query[self.table].table
    }

    fn ranges(&self, partitions: Option<&[usize]>) -> RangeOutcome {
        let Some(condition) = self.where_ else { return RangeOutcome::default() };
        let conditions = [condition];
        let request = RangeRequest {
            block: self.block,
            table: self.table,
            statistics: &self.statistics,
            partitions,
            conditions: &conditions,
            equalities: &[],
            keys: KeySet::first(self.definition().indexes.len()),
            readable: TableSet::EMPTY,
            previous: TableSet::EMPTY,
            limit: self.limit,
            ignore_table_scan: self.query[self.table].force_index,
            force: self.ctx.settings.safe_updates,
            order: WantedOrder::Any,
            skip_dives: false,
            covering: KeySet::EMPTY,
            inner_of_outer_join: false,
            table_count: 1,
            hints: RangeHints::of(self.query, self.table),
        };
        self.ctx.trace(|trace| {
            trace.open_object(None);
            trace.field("table", crate::join::trace_name(self.query, self.table));
        });
        let outcome = analyse(self.ctx, self.query, &request);
        self.ctx.trace(|trace| trace.close());
        outcome
    }

    fn is_const(&self, expr: ExprId) -> bool {
        self.query.exprs.facts(expr).used.minus(TableSet::INNER).is_empty()
    }

    /// Parts of each index that WHERE binds to a constant, as bit sets.
    fn constant_parts(&self) -> Vec<u32> {
        let Some(root) = self.where_ else { return Vec::new() };
        let is_bound = |column: u16| {
            conjuncts(self.query, root).iter().any(|part| match &self.query.exprs[*part] {
                Expr::MultipleEqual { columns, constant: Some(_), .. } => {
                    columns.iter().any(|c| self.query.column_of(*c) == Some((self.table, column)))
                }
                Expr::Compare { left, right, .. } => [(*left, *right), (*right, *left)].iter().any(|(value, _)| {
                    self.query.column_of(*value) == Some((self.table, column))
                        && conditions::fixes_value(self.query, *part, *value)
                }),
                _ => false,
            })
        };
        let bits = |index: &crate::catalog::Index| {
            let parts = index.parts.iter().take(index.user_parts.min(32)).enumerate();
            parts.fold(0u32, |bits, (part, key_part)| bits | u32::from(is_bound(key_part.column)) << part)
        };
        self.definition().indexes.iter().map(bits).collect()
    }

    fn plan(&self, outcome: RangeOutcome, partitions: Option<&[usize]>) -> BlockPlan {
        let b = &self.query[self.block];
        let keep = |element: &&crate::query::OrderElement| {
            let fixed = self.where_.is_some_and(|root| conditions::fixes_value(self.query, root, element.expr));
            !fixed && !self.is_const(element.expr)
        };
        let order: Vec<Element> = b.order_by.iter().filter(keep).map(Element::ordered).collect();
        let possible_keys = outcome.quick.iter().fold(outcome.possible_keys, |keys, (index, _)| keys.union(KeySet::of(*index)));
        let range = outcome.plan;
        let read = if self.is_update || !order.is_empty() {
            self.index_for_order(&order, range.as_ref())
        } else {
            ReadOrder { index: range.as_ref().and_then(RangePlan::single_index), sort: false, reverse: false }
        };
        let mut index = read.index;
        if read.sort && self.is_update {
            index = self.scan_key();
        }
        let key_modified = self.is_update && self.modifies(index, range.as_ref(), partitions);
        let filesort = read.sort && !order.is_empty();
        let temporary = self.is_update && !filesort && (key_modified || !order.is_empty());
        let delete_all = self.deletes_all();
        let rows = match &range {
            Some(range) => range.rows,
            None if self.where_.is_none() && !read.sort && self.limit != UNLIMITED => self.limit as f64,
            None => self.statistics.rows as f64,
        };
        let (access_type, method) = self.access(range, index, read.reverse);
        let mut flags = ClauseFlags::default();
        flags.order_by.exists = !b.order_by.is_empty();
        flags.order_by.filesort = filesort;
        flags.order_by.temporary = temporary;
        let access = self.table_access(access_type, method, possible_keys, rows, partitions);
        BlockPlan {
            outcome: Outcome::Planned,
            tables: vec![access],
            const_tables: 0,
            primary_tables: 1,
            best_read: 0.0,
            sort_cost: 0.0,
            windowing_cost: 0.0,
            best_rowcount: rows as u64,
            where_: self.where_,
            having: None,
            final_having: None,
            group_by: Vec::new(),
            order_by: b.order_by.clone(),
            distinct: false,
            flags,
            steps: Vec::new(),
            final_aggregate: None,
            group_optimized_away: false,
            count_only: false,
            window_order: Vec::new(),
            row_limit: (self.limit != UNLIMITED).then_some(self.limit),
            row_offset: 0,
            index_subquery: false,
            window_steps: Vec::new(),
            data_change: Some(DataChange { temporary, key_modified, filesort, delete_all }),
        }
    }

    fn access(&self, range: Option<RangePlan>, index: Option<IndexNo>, reverse: bool) -> (AccessType, AccessMethod) {
        match (range, index) {
            (Some(mut range), _) => {
                if let RangePlanKind::IndexRange(scan) = &mut range.kind {
                    scan.mrr = false;
                    if reverse {
                        scan.direction = ScanDirection::Backward;
                    }
                }
                (range_type(&range.kind), AccessMethod::Range(Box::new(range)))
            }
            (None, Some(index)) => (AccessType::Index, AccessMethod::IndexScan { index, reverse }),
            (None, None) => (AccessType::All, AccessMethod::TableScan),
        }
    }

    /// The index by which the engine scans: the clustered primary key.
    fn scan_key(&self) -> Option<IndexNo> {
        let table = self.definition();
        table.primary.filter(|primary| table.clustered == Some(*primary))
    }

    /// Which index gives the order of ORDER BY (spec 06 §15.4).
    fn index_for_order(&self, order: &[Element], range: Option<&RangePlan>) -> ReadOrder {
        let none = ReadOrder { index: None, sort: false, reverse: false };
        let sort = ReadOrder { index: None, sort: true, reverse: false };
        if range.is_some_and(|range| self.is_single_row(range)) {
            return none;
        }
        if order.is_empty() {
            return match range {
                Some(range) => ReadOrder { index: range.single_index(), ..none },
                None => ReadOrder { index: self.scan_key(), ..none },
            };
        }
        if order.iter().any(|element| self.query.column_of(element.expr()).is_none()) {
            return sort;
        }
        if let Some(range) = range {
            let Some(index) = range.single_index() else { return sort };
            let given = order_by_key(self.query, self.table, &self.constants, order, index, true);
            return match given.direction {
                1 => ReadOrder { index: Some(index), ..none },
                -1 if !given.mixed && range.is_reversible() => ReadOrder { index: Some(index), sort: false, reverse: true },
                _ => sort,
            };
        }
        if self.limit == UNLIMITED {
            return sort;
        }
        match self.ordering_index(order) {
            Some((index, reverse)) => ReadOrder { index: Some(index), sort: false, reverse },
            None => sort,
        }
    }

    fn ordering_index(&self, order: &[Element]) -> Option<(IndexNo, bool)> {
        let reference = &self.query[self.table];
        let table = self.definition();
        let per_key = |(number, index): (usize, &crate::catalog::Index)| {
            let parts = 1..=index.parts.len();
            let value = |parts| self.ctx.statistics().records_per_key(table, number as IndexNo, parts).unwrap_or(-1.0);
            parts.map(value).collect::<Vec<f32>>()
        };
        let prices =
            TableCost { constants: self.ctx.costs(), table, numbers: self.statistics, statistics: self.ctx.statistics() };
        let scan_cost = prices.table_scan();
        let ordered = OrderedTable {
            id: self.table,
            table,
            constants: &self.constants,
            rows: self.statistics.rows,
            covering: KeySet::EMPTY,
            quick_rows: Vec::new(),
            records_per_key: table.indexes.iter().enumerate().map(per_key).collect(),
            in_memory: self.statistics.clustered_in_memory,
            scan_cost,
            access: AccessType::All,
            cost: scan_cost,
            fanout: 1.0,
            condition_rows: self.statistics.rows as f64,
            force_order: reference.force_index_order,
        };
        let search = Search {
            list: order,
            constants_removed: true,
            group: false,
            usable: reference.usable_keys_order,
            hint: None,
            limit: self.limit,
        };
        let found = cheaper(self.ctx, self.query, &ordered, &search).0?;
        Some((found.index, found.direction < 0))
    }

    /// One row at most, by a unique key.
    fn is_single_row(&self, range: &RangePlan) -> bool {
        let RangePlanKind::IndexRange(scan) = &range.kind else { return false };
        let Some(index) = self.definition().indexes.get(scan.index as usize) else { return false };
        index.unique && scan.equality_only && scan.key_parts >= index.user_parts && scan.tree_ranges.len() == 1
    }

    /// The update writes what it reads by (spec 06 §15.2 point 7).
    fn modifies(&self, index: Option<IndexNo>, range: Option<&RangePlan>, partitions: Option<&[usize]>) -> bool {
        let written = &self.query[self.table].write_set;
        let table = self.definition();
        let in_index = |index: IndexNo| {
            let parts = table.indexes.get(index as usize).map_or(&[][..], |definition| &definition.parts[..]);
            parts.iter().any(|part| written.contains(part.column)) || self.primary_columns().meets(written)
        };
        let by_key = match (index, range) {
            (Some(index), _) => in_index(index),
            (None, Some(range)) if !self.is_single_row(range) => {
                range.leaves().iter().filter_map(|leaf| leaf.single_index()).any(in_index)
            }
            _ => false,
        };
        let several = partitions.is_none_or(|used| used.len() > 1);
        let by_partition = table
            .partitioning
            .as_ref()
            .is_some_and(|partitioning| several && partitioning.columns.iter().any(|column| written.contains(*column)));
        by_key || by_partition
    }

    fn primary_columns(&self) -> ColumnSet {
        let mut columns = ColumnSet::default();
        let table = self.definition();
        if let Some(primary) = table.clustered {
            let definition = &table.indexes[primary as usize];
            definition.parts[..definition.user_parts].iter().for_each(|part| {
                columns.insert(part.column);
            });
        }
        columns
    }

    /// `Deleting all rows`: only where the statement is not written to the log row by row.
    fn deletes_all(&self) -> bool {
        if self.is_update || self.where_.is_some() || self.limit != UNLIMITED {
            return false;
        }
        let is = |name: &str, values: &[&str]| {
            let value = self.ctx.settings.variables.get(name);
            value.is_some_and(|value| values.iter().any(|known| value.eq_ignore_ascii_case(known)))
        };
        !(is("log_bin", &["ON", "1"]) && is("binlog_format", &["ROW"]))
    }

    fn table_access(
        &self,
        access_type: AccessType,
        method: AccessMethod,
        possible_keys: KeySet,
        rows: f64,
        partitions: Option<&[usize]>,
    ) -> TableAccess {
        let estimated_rows = matches!(&method, AccessMethod::Range(range) if range.estimated);
        TableAccess {
            table: Some(self.table),
            materialized: None,
            inner_of: None,
            access_type,
            method,
            possible_keys,
            dynamic_keys: KeySet::EMPTY,
            index_only: false,
            rows_fetched: rows,
            filter_effect: 1.0,
            prefix_rowcount: rows,
            read_cost: 0.0,
            prefix_cost: 0.0,
            table_rows: self.statistics.rows,
            scan_cost: 0.0,
            condition: self.where_,
            index_condition: None,
            join_buffer: JoinBuffer::None,
            not_exists: false,
            distinct: false,
            last_inner: None,
            first_inner: None,
            first_upper: None,
            semijoin: SemijoinMark::default(),
            sort: None,
            partitions: partition_names_of(self.definition(), partitions),
            const_note: None,
            full_text_hints: None,
            rematerializes: Vec::new(),
            estimated_rows,
        }
    }
}

/// Which targets of a multi-table UPDATE or DELETE are changed as rows come, in the order of the plan (spec 06 §15.5); the
/// others are buffered.
pub fn immediate_targets(query: &Query, plan: &BlockPlan) -> Vec<TableId> {
    match &query.command {
        Command::Delete { targets, .. } => immediate_deletes(query, plan, targets),
        Command::Update { targets, .. } => immediate_update(query, plan, targets).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The same table occurs elsewhere in the statement.
fn occurs_twice(query: &Query, id: TableId) -> bool {
    let table = &query[id].table;
    let same = |other: &crate::query::TableRef| other.table.name == table.name && other.table.schema == table.schema;
    query.tables.iter().filter(|other| same(other)).count() > 1
}

fn immediate_deletes(query: &Query, plan: &BlockPlan, targets: &[TableId]) -> Vec<TableId> {
    if targets.iter().any(|target| occurs_twice(query, *target)) {
        return Vec::new();
    }
    let first = plan.tables.iter().take(plan.const_tables + 1).filter_map(|access| access.table);
    first.filter(|table| targets.contains(table)).collect()
}

fn immediate_update(query: &Query, plan: &BlockPlan, targets: &[TableId]) -> Option<TableId> {
    let access = plan.tables.first()?;
    let id = access.table.filter(|id| targets.contains(id))?;
    if occurs_twice(query, id) {
        return None;
    }
    let reference = &query[id];
    let table = &reference.table;
    let written = &reference.write_set;
    let several = access.partitions.as_ref().is_some_and(|used| used.len() > 1);
    let partitioning = table.partitioning.as_ref();
    if several && partitioning.is_some_and(|p| p.columns.iter().any(|column| written.contains(*column))) {
        return None;
    }
    if targets.len() > 1 && written_is_used_later(query, plan, id) {
        return None;
    }
    let writes_index = |index: IndexNo| {
        table
            .indexes
            .get(index as usize)
            .is_some_and(|definition| definition.parts[..definition.user_parts].iter().any(|part| written.contains(part.column)))
    };
    let writes_primary = || table.clustered.is_some_and(writes_index);
    let allowed = match &access.method {
        AccessMethod::ConstRow => true,
        AccessMethod::Lookup(lookup) => match access.access_type {
            AccessType::Ref | AccessType::RefOrNull => !writes_index(lookup.index),
            AccessType::System | AccessType::Const | AccessType::EqRef => true,
            _ => false,
        },
        AccessMethod::Range(range) => {
            !range.leaves().iter().filter_map(|leaf| leaf.single_index()).any(writes_index) && !writes_primary()
        }
        _ => !writes_primary(),
    };
    allowed.then_some(id)
}

/// A written column is read by conditions or lookups of later tables.
fn written_is_used_later(query: &Query, plan: &BlockPlan, id: TableId) -> bool {
    let written = &query[id].write_set;
    let uses = |root: ExprId| {
        query.any(root, &mut |query, node| {
            matches!(query.exprs[node], Expr::Column { table, column } if table == id && written.contains(column))
        })
    };
    plan.tables.iter().skip(1).any(|access| {
        let lookup = match &access.method {
            AccessMethod::Lookup(lookup) => &lookup.values[..],
            _ => &[],
        };
        access.condition.into_iter().chain(access.index_condition).chain(lookup.iter().copied()).any(uses)
    })
}
