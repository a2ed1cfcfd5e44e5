//! Partition pruning: which partitions a condition leaves to be read (spec 03 §12).

mod bounds;
mod expression;
mod hash;

use super::interval::{Bound, Interval, List, ListKind};
use super::key_value::KeyValue;
use super::predicate::Builder;
use super::setup::{IndexSetup, Part, Setup};
use super::tree_and_or::{KeyTree, Tree};
use crate::catalog::{ColumnNo, IndexNo, PartitionMethod, Partitioning, Table, TypeKind};
use crate::context::Context;
use crate::query::{ExprId, Query, TableId, TableSet};
use bounds::{BoundValue, End, Monotonic};
use expression::PartitionExpr;
use std::cell::{Cell, RefCell};

/// What pruning left of a partitioned table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedPartitions {
    /// Numbers of the used leaf partitions (subpartitions where there are any), in definition order.
    pub used: Vec<usize>,
    /// Number of all leaf partitions.
    pub total: usize,
}

/// Names of the leaf partitions in order, as statistics and `partitions` columns name them: `p0`, or `p0_p0sp0` with
/// subpartitions.
pub fn leaf_names(partitioning: &Partitioning) -> Vec<String> {
    let mut names = Vec::new();
    for partition in &partitioning.partitions {
        if partition.subpartitions.is_empty() {
            names.push(partition.name.to_string());
        }
        for sub in &partition.subpartitions {
            names.push(format!("{}_{sub}", partition.name));
        }
    }
    names
}

/// Prunes the partitions of a table by a condition (WHERE, or the outermost ON that mentions it). None if the table is not
/// partitioned. `readable`: const tables; `may_evaluate`: subqueries and stored functions may be evaluated (not while
/// preparing).
pub fn prune(
    ctx: &Context<'_>,
    query: &Query,
    table_id: TableId,
    condition: Option<ExprId>,
    readable: TableSet,
    may_evaluate: bool,
) -> Option<PrunedPartitions> {
    let table = &*query[table_id].table;
    let partitioning = table.partitioning.as_ref()?;
    let named = explicit_partitions(query, table_id, partitioning);
    let used = match condition
        .and_then(|condition| by_condition(ctx, query, table_id, table, partitioning, condition, readable, may_evaluate))
    {
        Some(used) => (0..named.len()).filter(|place| named[*place] && used[*place]).collect(),
        None => (0..named.len()).filter(|place| named[*place]).collect(),
    };
    Some(PrunedPartitions { used, total: named.len() })
}

/// Leaf partitions of `PARTITION (…)`, or all.
fn explicit_partitions(query: &Query, table: TableId, partitioning: &Partitioning) -> Vec<bool> {
    let names = &query[table].partitions;
    let wanted = |name: &str| names.is_empty() || names.iter().any(|given| given.eq_ignore_ascii_case(name));
    let mut used = Vec::new();
    for partition in &partitioning.partitions {
        let whole = wanted(&partition.name);
        if partition.subpartitions.is_empty() {
            used.push(whole);
        }
        used.extend(partition.subpartitions.iter().map(|sub| whole || wanted(sub)));
    }
    used
}

#[allow(clippy::too_many_arguments)]
fn by_condition(
    ctx: &Context<'_>,
    query: &Query,
    table_id: TableId,
    table: &Table,
    partitioning: &Partitioning,
    condition: ExprId,
    readable: TableSet,
    may_evaluate: bool,
) -> Option<Vec<bool>> {
    let pruner = Pruner::new(ctx, table, partitioning)?;
    let setup = Setup {
        ctx,
        query,
        table_id,
        table,
        indexes: vec![pruner.index.clone()],
        readable,
        previous: TableSet::EMPTY,
        equalities: &[],
        inner_of_outer_join: false,
        pruning: true,
        may_evaluate,
        diagnostics: RefCell::new(Vec::new()),
        memory_bytes: Cell::new(0),
        met_unknown: Cell::new(false),
    };
    match Builder::new(&setup).tree(condition) {
        None | Some(Tree::Always) => None,
        Some(Tree::Impossible) => Some(vec![false; pruner.leaves()]),
        Some(Tree::Key(tree)) => Some(pruner.tree(&tree)),
    }
}

/// How an interval is turned into partitions.
enum Method {
    /// Bounds of numbers.
    Range {
        bounds: Vec<Option<i128>>,
        expr: PartitionExpr,
        kind: Monotonic,
        nullable: bool,
    },
    /// Lists of numbers.
    List {
        lists: Vec<Vec<Option<i128>>>,
        expr: PartitionExpr,
        kind: Monotonic,
        nullable: bool,
    },
    RangeColumns(Vec<Vec<BoundValue>>),
    ListColumns(Vec<Vec<Vec<BoundValue>>>),
    /// The partition of every single value of one integer column, or of points only.
    Function {
        function: Function,
        walks: bool,
    },
}

/// From values to a partition.
enum Function {
    Hash { expr: PartitionExpr, linear: bool },
    Key { linear: bool },
    Range { bounds: Vec<Option<i128>>, expr: PartitionExpr },
    List { lists: Vec<Vec<Option<i128>>>, expr: PartitionExpr },
}

/// One level of partitioning.
struct LevelRule {
    method: Method,
    /// First of its parts in the pseudo index, and their number.
    first: usize,
    columns: usize,
    /// Number of partitions.
    count: usize,
}

struct Pruner<'a> {
    ctx: &'a Context<'a>,
    index: IndexSetup,
    partitions: Option<LevelRule>,
    sub: Option<LevelRule>,
    partition_count: usize,
    sub_count: usize,
}

impl<'a> Pruner<'a> {
    fn new(ctx: &'a Context<'a>, table: &Table, partitioning: &Partitioning) -> Option<Self> {
        let mut parts = Vec::new();
        let count = partitioning.partitions.len();
        let main = level(
            ctx,
            table,
            Some(partitioning),
            partitioning.method,
            &partitioning.expression,
            &partitioning.columns,
            count,
            &mut parts,
        );
        let sub_count = partitioning.partitions.first().map_or(1, |first| first.subpartitions.len().max(1));
        let sub = partitioning
            .sub
            .as_ref()
            .and_then(|sub| level(ctx, table, None, sub.method, &sub.expression, &sub.columns, sub_count, &mut parts));
        if parts.is_empty() {
            return None;
        }
        let index = IndexSetup { index: IndexNo::MAX, name: "".into(), parts };
        Some(Pruner { ctx, index, partitions: main, sub, partition_count: count, sub_count })
    }

    fn leaves(&self) -> usize {
        self.partition_count * self.sub_count
    }

    fn tree(&self, tree: &KeyTree) -> Vec<bool> {
        let mut used = vec![true; self.leaves()];
        if let Some(Some(list)) = tree.lists.first()
            && list.kind == ListKind::Range
        {
            intersect(&mut used, &self.list(list));
        }
        for merge in &tree.merges {
            let mut any = vec![false; self.leaves()];
            for member in &merge.0 {
                unite(&mut any, &self.tree(member));
            }
            intersect(&mut used, &any);
        }
        used
    }

    /// Leaves that a list leaves.
    fn list(&self, list: &List) -> Vec<bool> {
        let mut used = vec![false; self.leaves()];
        self.collect(list, &mut Vec::new(), &mut used);
        used
    }

    fn partition_columns(&self) -> usize {
        self.partitions.as_ref().map_or(0, |level| level.columns)
    }

    fn collect(&self, list: &List, prefix: &mut Vec<KeyValue>, used: &mut [bool]) {
        let columns = self.partition_columns();
        let part = usize::from(list.part);
        if list.kind != ListKind::Range || part < columns && part != prefix.len() {
            used.fill(true);
            return;
        }
        if part >= columns {
            let all: Vec<usize> = (0..self.partition_count).collect();
            self.mark(&all, Some(list), used);
            return;
        }
        for interval in &list.intervals {
            let next = interval.next.as_deref();
            let next_column = next.filter(|next| usize::from(next.part) == part + 1 && part + 1 < columns);
            if interval.is_point()
                && let (Some(next), Some(value)) = (next_column, interval.low.value.clone())
            {
                prefix.push(value);
                self.collect(next, prefix, used);
                prefix.pop();
                continue;
            }
            let found = self.partitions.as_ref().and_then(|level| self.of_interval(level, prefix, interval));
            let found = found.unwrap_or_else(|| (0..self.partition_count).collect());
            self.mark(&found, next.filter(|next| usize::from(next.part) >= columns), used);
        }
    }

    /// Marks the leaves of some partitions that a list on subpartitioning columns leaves.
    fn mark(&self, partitions: &[usize], sub_list: Option<&List>, used: &mut [bool]) {
        let subs = self.subpartitions(sub_list);
        for partition in partitions {
            for sub in &subs {
                used[partition * self.sub_count + sub] = true;
            }
        }
    }

    fn subpartitions(&self, list: Option<&List>) -> Vec<usize> {
        let all = || (0..self.sub_count).collect();
        let (Some(level), Some(list)) = (&self.sub, list) else { return all() };
        let mut used = vec![false; self.sub_count];
        if self.collect_sub(level, list, &mut Vec::new(), &mut used).is_none() {
            return all();
        }
        (0..self.sub_count).filter(|place| used[*place]).collect()
    }

    fn collect_sub(&self, level: &LevelRule, list: &List, prefix: &mut Vec<KeyValue>, used: &mut [bool]) -> Option<()> {
        if list.kind != ListKind::Range || usize::from(list.part) != level.first + prefix.len() {
            return None;
        }
        for interval in &list.intervals {
            let next = interval.next.as_deref().filter(|next| next.part == list.part + 1);
            if interval.is_point()
                && prefix.len() + 1 < level.columns
                && let Some(value) = interval.low.value.clone()
            {
                prefix.push(value);
                let result = next.and_then(|next| self.collect_sub(level, next, prefix, used));
                prefix.pop();
                result?;
                continue;
            }
            for place in self.of_interval(level, prefix, interval)? {
                used[place] = true;
            }
        }
        Some(())
    }

    /// Partitions of an interval behind a prefix of points; none if it cannot be mapped.
    fn of_interval(&self, level: &LevelRule, prefix: &[KeyValue], interval: &Interval) -> Option<Vec<usize>> {
        match &level.method {
            Method::Range { bounds, expr, kind, nullable } => {
                self.mapped(expr, *kind, *nullable, interval, true, |low, high, _| bounds::in_range(bounds, low, high))
            }
            Method::List { lists, expr, kind, nullable } => {
                let has_null = lists.iter().any(|values| values.contains(&None));
                self.mapped(expr, *kind, *nullable && has_null, interval, false, |low, high, null| {
                    bounds::in_list(lists, low, high, null)
                })
            }
            Method::RangeColumns(bounds) => {
                let (left, right) = self.ends(level, prefix, interval);
                Some(bounds::in_range_columns(bounds, &left, &right))
            }
            Method::ListColumns(lists) => {
                let (left, right) = self.ends(level, prefix, interval);
                Some(bounds::in_list_columns(lists, &left, &right))
            }
            Method::Function { function, walks } => self.by_function(level, function, *walks, prefix, interval),
        }
    }

    fn value(&self, expr: &PartitionExpr, values: &[KeyValue]) -> Option<Option<i128>> {
        let columns: Option<Vec<_>> = values.iter().map(bounds::column_value).collect();
        expr.value(&columns?, self.ctx.settings.time_zone_seconds)
    }

    /// An interval of a monotonic expression's column (spec 03 §12.3, §12.4).
    fn mapped(
        &self,
        expr: &PartitionExpr,
        kind: Monotonic,
        may_be_null: bool,
        interval: &Interval,
        is_range: bool,
        find: impl Fn(bounds::NumberEnd, bounds::NumberEnd, bool) -> Vec<usize>,
    ) -> Option<Vec<usize>> {
        // The first partition stands in for a missing NULL partition of LIST (checked against a live server).
        let null_partition = || match find(Some((1, false)), Some((0, false)), true) {
            found if is_range || found.is_empty() => vec![0],
            found => found,
        };
        if interval.is_null_point() {
            return Some(null_partition());
        }
        let end = |bound: &Bound, is_left: bool| -> Option<bounds::NumberEnd> {
            let Some(value) = bound.value.as_ref().filter(|value| !value.is_null()) else { return Some(None) };
            let number = self.value(expr, std::slice::from_ref(value))?;
            let open = bound.open && bounds::stays_open(kind, value, is_left);
            // A date that the function has no number for: everything from there on.
            Some(number.map(|number| (number, open)))
        };
        let (low, high) = (end(&interval.low, true)?, end(&interval.high, false)?);
        if interval.is_point() && low.is_none() {
            return Some(null_partition());
        }
        let holds_null = match &interval.low {
            Bound { value: Some(value), open } => value.is_null() && !open,
            Bound { value: None, .. } => self.index.parts.first().is_some_and(|part| part.nullable),
        };
        let mut found = find(low, high, holds_null);
        let spans = !interval.is_point() && !bounds::same_month(interval.low.value.as_ref(), interval.high.value.as_ref());
        if may_be_null && spans {
            let null = if is_range { vec![0] } else { find(Some((1, false)), Some((0, false)), true) };
            found.extend(null);
            found.sort_unstable();
            found.dedup();
        }
        Some(found)
    }

    /// Ends of an interval as tuples, lengthened within the level's columns.
    fn ends(&self, level: &LevelRule, prefix: &[KeyValue], interval: &Interval) -> (End, End) {
        let mut left = End { values: prefix.to_vec(), open: false };
        let mut right = left.clone();
        let last = level.first + level.columns;
        lengthen(&mut left, interval, true, last);
        lengthen(&mut right, interval, false, last);
        (left, right)
    }

    fn by_function(
        &self,
        level: &LevelRule,
        function: &Function,
        walks: bool,
        prefix: &[KeyValue],
        interval: &Interval,
    ) -> Option<Vec<usize>> {
        if interval.is_point() {
            let mut values = prefix.to_vec();
            values.push(interval.low.value.clone()?);
            if values.len() < level.columns {
                return None;
            }
            return Some(self.place(level, function, &values)?.into_iter().collect());
        }
        let (KeyValue::Integer(low), KeyValue::Integer(high)) = (interval.low.value.as_ref()?, interval.high.value.as_ref()?)
        else {
            return None;
        };
        if !walks {
            return None;
        }
        const MOST_VALUES: i128 = 32;
        let first = low + i128::from(interval.low.open);
        let end = high + i128::from(!interval.high.open);
        let count = end - first;
        if count > 2 * level.count as i128 && count > MOST_VALUES {
            return None;
        }
        let mut found = Vec::new();
        for value in first..end {
            found.extend(self.place(level, function, &[KeyValue::Integer(value)])?);
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// The partition of one row; an inner none if no partition takes it.
    fn place(&self, level: &LevelRule, function: &Function, values: &[KeyValue]) -> Option<Option<usize>> {
        Some(match function {
            Function::Hash { expr, linear } => {
                // The expression's columns are numbered within the level.
                Some(hash::of_number(self.value(expr, values)?, level.count, *linear))
            }
            Function::Key { linear } => {
                let parts = &self.index.parts[level.first..level.first + level.columns];
                Some(hash::of_key(values, parts, level.count, *linear)?)
            }
            Function::Range { bounds, expr } => match self.value(expr, values)? {
                None => Some(0),
                Some(value) => bounds.iter().position(|bound| bound.is_none_or(|bound| value < bound)),
            },
            Function::List { lists, expr } => {
                let value = self.value(expr, values)?;
                lists.iter().position(|list| list.contains(&value))
            }
        })
    }
}

fn lengthen(end: &mut End, interval: &Interval, is_left: bool, last: usize) {
    let bound = if is_left { &interval.low } else { &interval.high };
    let Some(value) = &bound.value else { return };
    end.values.push(value.clone());
    end.open = bound.open;
    if bound.open {
        return;
    }
    let Some(next) = interval.next.as_deref().filter(|next| next.kind == ListKind::Range) else { return };
    // A gap between the columns ends the tuple.
    if usize::from(next.part) >= last || usize::from(next.part) != end.values.len() {
        return;
    }
    if let Some(inner) = if is_left { next.intervals.first() } else { next.intervals.last() } {
        lengthen(end, inner, is_left, last);
    }
}

fn unite(a: &mut [bool], b: &[bool]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a |= b);
}

fn intersect(a: &mut [bool], b: &[bool]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a &= b);
}

/// The rule of one level; its columns are appended to `parts`. None if the level cannot be pruned.
#[allow(clippy::too_many_arguments)]
fn level(
    ctx: &Context<'_>,
    table: &Table,
    partitioning: Option<&Partitioning>,
    method: PartitionMethod,
    text: &str,
    listed: &[ColumnNo],
    count: usize,
    parts: &mut Vec<Part>,
) -> Option<LevelRule> {
    use PartitionMethod::*;
    let first = parts.len();
    let mut expr = None;
    let columns: Vec<ColumnNo> = match method {
        Range | List | Hash | LinearHash => {
            let mut names = Vec::new();
            expr = Some(PartitionExpr::parse(text, &mut names)?);
            names.iter().map(|name| table.column_by_name(name)).collect::<Option<_>>()?
        }
        _ if listed.is_empty() => primary_columns(table),
        _ => listed.to_vec(),
    };
    let unusable = |column: &ColumnNo| matches!(table.columns[*column as usize].ty.kind, TypeKind::Enum | TypeKind::Geometry);
    if columns.is_empty() || columns.iter().any(unusable) {
        return None;
    }
    let own: Vec<Part> = columns.iter().map(|column| column_part(table, *column)).collect();
    let integer = |part: &Part| part.ty.is_integer();
    // MEDIUMINT subpartition columns are not walked.
    let walks = own.len() == 1 && integer(&own[0]) && (partitioning.is_some() || own[0].ty.kind != TypeKind::MediumInt);
    let definitions = partitioning.map_or(&[][..], |partitioning| &partitioning.partitions);
    let monotonic =
        expr.as_ref().filter(|_| own.len() == 1).and_then(|expr| bounds::monotonic(expr, own[0].ty.kind, integer(&own[0])));
    let settings = ctx.settings;
    let method = match (method, expr) {
        (Range, Some(expr)) => {
            let bounds: Vec<_> = definitions.iter().map(bounds::range_bound).collect::<Option<_>>()?;
            match monotonic {
                Some((kind, nullable)) => Method::Range { bounds, expr, kind, nullable },
                None => Method::Function { function: Function::Range { bounds, expr }, walks },
            }
        }
        (List, Some(expr)) => {
            let lists: Vec<_> = definitions.iter().map(bounds::list_values).collect::<Option<_>>()?;
            match monotonic {
                Some((kind, nullable)) => Method::List { lists, expr, kind, nullable },
                None => Method::Function { function: Function::List { lists, expr }, walks },
            }
        }
        (RangeColumns, _) => {
            Method::RangeColumns(definitions.iter().map(|one| bounds::range_columns(one, &own, settings)).collect::<Option<_>>()?)
        }
        (ListColumns, _) => {
            Method::ListColumns(definitions.iter().map(|one| bounds::list_columns(one, &own, settings)).collect::<Option<_>>()?)
        }
        (Hash | LinearHash, Some(expr)) => {
            Method::Function { function: Function::Hash { expr, linear: method == LinearHash }, walks }
        }
        (Key | LinearKey, _) => Method::Function { function: Function::Key { linear: method == LinearKey }, walks },
        _ => return None,
    };
    let columns = own.len();
    parts.extend(own);
    Some(LevelRule { method, first, columns, count })
}

fn primary_columns(table: &Table) -> Vec<ColumnNo> {
    let Some(primary) = table.primary else { return Vec::new() };
    let index = &table.indexes[primary as usize];
    index.parts[..index.user_parts].iter().map(|part| part.column).collect()
}

fn column_part(table: &Table, column: ColumnNo) -> Part {
    let definition = &table.columns[column as usize];
    Part {
        column,
        name: definition.name.clone(),
        ty: definition.ty.clone(),
        length: definition.ty.key_bytes(),
        store_length: definition.ty.key_bytes(),
        prefix: false,
        prefix_chars: None,
        nullable: definition.nullable,
        descending: false,
        array: false,
        geometry: false,
    }
}
