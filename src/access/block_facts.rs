//! What loose index scan and skip scan ask of a block (spec 03 §8.1, §9).

use crate::catalog::ColumnNo;
use crate::query::{AggregateKind, BlockId, ColumnSet, Command, Expr, ExprId, Query, RefKind, TableId};

/// One aggregate function.
#[derive(Clone, Debug)]
struct Aggregate {
    kind: AggregateKind,
    distinct: bool,
    args: Vec<ExprId>,
    /// Column of each argument, if all are plain columns.
    columns: Option<Vec<(TableId, ColumnNo)>>,
}

/// Facts of a block.
#[derive(Clone, Debug)]
pub struct BlockFacts {
    /// Number of tables.
    pub tables: usize,
    /// WITH ROLLUP.
    pub rollup: bool,
    /// SELECT DISTINCT.
    pub distinct: bool,
    /// COUNT, SUM or AVG with DISTINCT that a loose index scan could serve.
    pub aggregate_distinct: bool,
    /// Any COUNT, SUM or AVG with DISTINCT.
    pub has_distinct_aggregate: bool,
    /// MIN is taken.
    pub has_min: bool,
    /// MAX is taken.
    pub has_max: bool,
    aggregates: Vec<Aggregate>,
}

/// UPDATE or DELETE of a single table has no join.
pub fn is_single_table_change(query: &Query) -> bool {
    matches!(query.command, Command::Update { multi_table: false, .. } | Command::Delete { multi_table: false, .. })
}

/// Facts of a block.
pub fn of(query: &Query, block: BlockId) -> BlockFacts {
    let definition = &query[block];
    let aggregates = aggregates(query, block);
    let mut facts = BlockFacts {
        tables: definition.leaves.len(),
        rollup: definition.rollup,
        distinct: definition.options.distinct,
        aggregate_distinct: false,
        has_distinct_aggregate: aggregates.iter().any(is_distinct_aggregate),
        has_min: aggregates.iter().any(|aggregate| aggregate.kind == AggregateKind::Min),
        has_max: aggregates.iter().any(|aggregate| aggregate.kind == AggregateKind::Max),
        aggregates,
    };
    facts.aggregate_distinct = facts.serves_distinct_aggregates();
    facts
}

fn is_distinct_aggregate(aggregate: &Aggregate) -> bool {
    aggregate.distinct && matches!(aggregate.kind, AggregateKind::Count | AggregateKind::Sum | AggregateKind::Avg)
}

fn is_min_max(aggregate: &Aggregate) -> bool {
    matches!(aggregate.kind, AggregateKind::Min | AggregateKind::Max)
}

impl BlockFacts {
    fn serves_distinct_aggregates(&self) -> bool {
        if !self.has_distinct_aggregate || self.tables != 1 || self.distinct || self.rollup {
            return false;
        }
        let mut common: Option<Vec<(TableId, ColumnNo)>> = None;
        for aggregate in &self.aggregates {
            if is_min_max(aggregate) {
                continue;
            }
            if !is_distinct_aggregate(aggregate) || aggregate.kind != AggregateKind::Count && aggregate.args.len() != 1 {
                return false;
            }
            let Some(columns) = &aggregate.columns else { return false };
            let mut columns = columns.clone();
            columns.sort_unstable();
            columns.dedup();
            if common.get_or_insert_with(|| columns.clone()) != &columns {
                return false;
            }
        }
        true
    }

    /// The one column that all MIN and MAX take; none if there is none. An error if the aggregates do not fit.
    pub fn min_max_column(&self, table: TableId) -> Result<Option<ColumnNo>, &'static str> {
        let mut found = None;
        for aggregate in &self.aggregates {
            if self.aggregate_distinct && is_distinct_aggregate(aggregate) {
                continue;
            }
            let column = match (is_min_max(aggregate), aggregate.columns.as_deref()) {
                (true, Some([(owner, column)])) if *owner == table => *column,
                _ => return Err("not_applicable_aggregate_function"),
            };
            if *found.get_or_insert(column) != column {
                return Err("not_applicable_aggregate_function");
            }
        }
        Ok(found)
    }

    /// Columns of the DISTINCT aggregates, in order of appearance.
    pub fn distinct_columns(&self, table: TableId) -> impl Iterator<Item = ColumnNo> + '_ {
        self.aggregates
            .iter()
            .filter(|aggregate| is_distinct_aggregate(aggregate))
            .flat_map(|aggregate| aggregate.columns.iter().flatten())
            .filter(move |(owner, _)| *owner == table)
            .map(|(_, column)| *column)
    }
}

fn aggregates(query: &Query, block: BlockId) -> Vec<Aggregate> {
    let definition = &query[block];
    let mut found = Vec::new();
    if !definition.has_aggregates {
        return found;
    }
    let mut seen = Vec::new();
    let roots = definition
        .items
        .iter()
        .map(|item| item.expr)
        .chain(definition.having)
        .chain(definition.order_by.iter().map(|element| element.expr));
    for root in roots {
        query.walk(root, &mut |id| {
            let Expr::Aggregate { kind, distinct, args, .. } = &query.exprs[id] else { return };
            if seen.contains(&id) {
                return;
            }
            seen.push(id);
            let columns = args.iter().map(|arg| plain_column(query, *arg)).collect();
            found.push(Aggregate { kind: *kind, distinct: *distinct, args: args.clone(), columns });
        });
    }
    found
}

/// The column that an expression is, through references to select elements and views.
pub fn plain_column(query: &Query, mut expr: ExprId) -> Option<(TableId, ColumnNo)> {
    loop {
        match &query.exprs[expr] {
            Expr::Column { table, column } => return Some((*table, *column)),
            Expr::Ref { target, kind } if !matches!(kind, RefKind::Outer(_)) => expr = *target,
            _ => return None,
        }
    }
}

/// The column of one table that an expression is.
pub fn own_column(query: &Query, table: TableId, expr: ExprId) -> Option<ColumnNo> {
    plain_column(query, expr).filter(|(owner, _)| *owner == table).map(|(_, column)| column)
}

/// Columns of a table that conditions mention.
pub fn columns(query: &Query, table: TableId, conditions: &[ExprId]) -> ColumnSet {
    let mut found = ColumnSet::default();
    for condition in conditions {
        query.walk(*condition, &mut |id| {
            if let Expr::Column { table: owner, column } = &query.exprs[id]
                && *owner == table
            {
                found.insert(*column);
            }
        });
    }
    found
}
