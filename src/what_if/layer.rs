//! A layer over [`Statistics`]: answers about changed tables, all else passed on.
//!
//! What lies below knows the tables as they were, and finds its facts by numbers of columns and indexes. So a changed table keeps
//! its original, and each of its columns and indexes the number that it had there.

use crate::catalog::histogram::Histogram;
use crate::catalog::schema::same_name;
use crate::catalog::{ColumnNo, ConstRow, IndexKind, IndexNo, RangeQuestion, Statistics, SubqueryResult, Table, TableStatistics};
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Statistics with some answers changed.
#[derive(Clone, Debug)]
pub struct Layered {
    pub(super) base: Arc<dyn Statistics>,
    pub(super) tables: Vec<TableLayer>,
}

/// What is supposed of one table.
#[derive(Clone, Debug)]
pub(super) struct TableLayer {
    /// As it is supposed to be.
    pub(super) table: Arc<Table>,
    /// As the answers below know it; none for a new table.
    pub(super) original: Option<Arc<Table>>,
    pub(super) numbers: TableStatistics,
    /// Rows now for one row before.
    pub(super) growth: f64,
    /// By column: its number in the original; none for a new one.
    pub(super) columns: Vec<Option<ColumnNo>>,
    pub(super) indexes: Vec<IndexLayer>,
    /// Changed histograms: none where it was dropped.
    pub(super) histograms: Vec<(ColumnNo, Option<Arc<Histogram>>)>,
}

/// Statistics of one index of a changed table.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexLayer {
    /// Its number in the original; none for a hypothetical one.
    pub(super) original: Option<IndexNo>,
    pub(super) records_per_key: Vec<Option<f32>>,
    pub(super) leaf_pages: Option<u64>,
    pub(super) in_memory: f64,
    pub(super) in_memory_known: bool,
}

impl TableLayer {
    /// A table as it is.
    pub(super) fn of(table: &Arc<Table>, below: &dyn Statistics) -> TableLayer {
        let index = |no: usize| {
            let number = no as IndexNo;
            let parts = table.indexes[no].parts.len();
            IndexLayer {
                original: Some(number),
                records_per_key: (1..=parts).map(|parts| below.records_per_key(table, number, parts)).collect(),
                leaf_pages: below.leaf_pages(table, number),
                in_memory: below.index_in_memory(table, number),
                in_memory_known: below.index_in_memory_known(table, number),
            }
        };
        TableLayer {
            table: Arc::clone(table),
            original: Some(Arc::clone(table)),
            numbers: below.table(table),
            growth: 1.0,
            columns: (0..table.columns.len()).map(|no| Some(no as ColumnNo)).collect(),
            indexes: (0..table.indexes.len()).map(index).collect(),
            histograms: Vec::new(),
        }
    }

    fn original_column(&self, column: ColumnNo) -> Option<ColumnNo> {
        self.columns.get(column as usize).copied().flatten()
    }

    /// Rows of a captured dive in the grown table: ranges grow as the table does, keys as the records per key do.
    fn grown(&self, rows: u64, question: &RangeQuestion<'_>, index: &IndexLayer, below: &dyn Statistics) -> u64 {
        if self.growth == 1.0 || rows == 0 {
            return rows;
        }
        let parts = question.ranges.first().map_or(1, |range| range.matches(" AND ").count() + 1);
        let one_key = question.ranges.iter().all(|range| !range.contains('<'));
        let factor = if one_key { self.key_growth(index, parts, below) } else { self.growth };
        ((rows as f64 * factor).round() as u64).clamp(1, self.numbers.rows.max(1))
    }

    fn key_growth(&self, index: &IndexLayer, parts: usize, below: &dyn Statistics) -> f64 {
        let now = index.records_per_key.get(parts - 1).copied().flatten();
        let before = self.original.as_ref().zip(index.original).and_then(|(table, no)| below.records_per_key(table, no, parts));
        match (now, before) {
            (Some(now), Some(before)) if before > 0.0 => f64::from(now / before),
            _ => self.growth,
        }
    }
}

impl Layered {
    pub(super) fn layer(&self, table: &Table) -> Option<&TableLayer> {
        self.tables.iter().find(|layer| layer.table.name == table.name && layer.table.schema == table.schema)
    }

    fn index(&self, table: &Table, index: IndexNo) -> Option<(&TableLayer, &IndexLayer)> {
        let layer = self.layer(table)?;
        Some((layer, layer.indexes.get(index as usize)?))
    }

    /// Dives into indexes of the original that begin with the column that this one begins with: the printed ranges name the
    /// columns, so equal texts are equal questions.
    fn dive_elsewhere(&self, layer: &TableLayer, question: RangeQuestion<'_>) -> Option<u64> {
        let original = layer.original.as_ref()?;
        let first = question.table.indexes.get(question.index as usize)?.parts.first()?;
        let column = layer.original_column(first.column)?;
        let fits = |index: &crate::catalog::Index| {
            let same = |part: &crate::catalog::KeyPart| part.column == column && part.prefix_chars == first.prefix_chars;
            matches!(index.kind, IndexKind::BTree) && index.parts.first().is_some_and(same)
        };
        let candidates = original.indexes.iter().enumerate().filter(|(_, index)| fits(index));
        candidates
            .map(|(no, _)| RangeQuestion { table: original, index: no as IndexNo, ..question })
            .find_map(|question| self.base.rows_in_ranges(question))
    }
}

impl Statistics for Layered {
    fn table(&self, table: &Table) -> TableStatistics {
        self.layer(table).map_or_else(|| self.base.table(table), |layer| layer.numbers)
    }

    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        match self.layer(table) {
            None => self.base.table_partitions(table, used),
            Some(TableLayer { original: Some(original), growth, numbers, .. }) => {
                let part = self.base.table_partitions(original, used);
                super::rows::scaled(&part, *growth, numbers.clustered_in_memory)
            }
            Some(layer) => layer.numbers,
        }
    }

    fn leaf_pages(&self, table: &Table, index: IndexNo) -> Option<u64> {
        match self.index(table, index) {
            Some((_, index)) => index.leaf_pages,
            None => self.base.leaf_pages(table, index),
        }
    }

    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        match self.index(table, index) {
            Some((_, index)) => *index.records_per_key.get(parts.checked_sub(1)?)?,
            None => self.base.records_per_key(table, index, parts),
        }
    }

    fn index_in_memory(&self, table: &Table, index: IndexNo) -> f64 {
        match self.index(table, index) {
            Some((_, index)) => index.in_memory,
            None => self.base.index_in_memory(table, index),
        }
    }

    fn index_in_memory_known(&self, table: &Table, index: IndexNo) -> bool {
        match self.index(table, index) {
            Some((_, index)) => index.in_memory_known,
            None => self.base.index_in_memory_known(table, index),
        }
    }

    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        let Some((layer, index)) = self.index(question.table, question.index) else {
            return self.base.rows_in_ranges(question);
        };
        let rows = match (&layer.original, index.original) {
            (Some(original), Some(number)) => {
                self.base.rows_in_ranges(RangeQuestion { table: original, index: number, ..question })
            }
            _ => self.dive_elsewhere(layer, question),
        };
        rows.map(|rows| layer.grown(rows, &question, index, &*self.base))
    }

    fn guessed_share(&self, table: &Table, column: ColumnNo, share: f64) -> f64 {
        self.base.guessed_share(table, column, share)
    }

    fn is_supposed(&self, table: &Table, index: Option<IndexNo>) -> bool {
        self.layer(table).is_some_and(|layer| {
            let new = |no: IndexNo| layer.indexes.get(no as usize).is_some_and(|index| index.original.is_none());
            layer.original.is_none() || layer.growth != 1.0 || index.is_some_and(new)
        })
    }

    fn is_supposed_histogram(&self, table: &Table, column: ColumnNo) -> bool {
        self.layer(table).is_some_and(|layer| layer.histograms.iter().any(|(no, made)| *no == column && made.is_some()))
    }

    fn histogram(&self, table: &Table, column: ColumnNo) -> Option<&Histogram> {
        let Some(layer) = self.layer(table) else { return self.base.histogram(table, column) };
        if let Some((_, changed)) = layer.histograms.iter().find(|(no, _)| *no == column) {
            return changed.as_deref();
        }
        self.base.histogram(layer.original.as_ref()?, layer.original_column(column)?)
    }

    fn partition_rows(&self, table: &Table) -> Option<Vec<u64>> {
        let Some(layer) = self.layer(table) else { return self.base.partition_rows(table) };
        let rows = self.base.partition_rows(layer.original.as_ref()?)?;
        Some(rows.into_iter().map(|rows| (rows as f64 * layer.growth).round() as u64).collect())
    }

    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        let Some(layer) = self.layer(table) else { return self.base.const_row(table, index, key) };
        let Some(original) = &layer.original else { return ConstRow::Unknown };
        let number = match index {
            Some(no) => match layer.indexes.get(no as usize).and_then(|index| index.original) {
                Some(number) => Some(number),
                None => return ConstRow::Unknown,
            },
            None => None,
        };
        match self.base.const_row(original, number, key) {
            ConstRow::Found(row) => {
                let renumbered = layer.columns.iter().enumerate().filter_map(|(no, column)| {
                    let value = row.get(&(*column)?)?;
                    Some((no as ColumnNo, value.clone()))
                });
                ConstRow::Found(renumbered.collect::<BTreeMap<_, _>>())
            }
            other => other,
        }
    }

    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        self.base.subquery(schema, sql)
    }
}

/// Number of a column by name, hidden ones of functional parts by their expression.
pub(super) fn same_column(table: &Table, wanted: &crate::catalog::Column) -> Option<ColumnNo> {
    let expression = |column: &crate::catalog::Column| column.generated.as_ref().map(|generated| generated.expression.clone());
    let same = |column: &crate::catalog::Column| match (column.functional, wanted.functional) {
        (false, false) => same_name(&column.name, &wanted.name),
        (true, true) => expression(column) == expression(wanted),
        _ => false,
    };
    table.columns.iter().position(same).map(|no| no as ColumnNo)
}
