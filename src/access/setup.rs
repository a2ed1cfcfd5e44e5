//! What one analysis looks at: the table, its indexes with their parts, which other tables can be read (spec 03 §1).

use super::interval::{List, ListKind};
use crate::catalog::{ColumnNo, DataType, Index, IndexKind, IndexNo, Switch, Table, TypeKind};
use crate::context::Context;
use crate::query::{Diagnostic, ExprId, Query, TableId, TableSet};
use crate::rewrite::generated_columns::array_argument;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// One key part, as interval building needs it.
#[derive(Clone, Debug)]
pub struct Part {
    /// The column.
    pub column: ColumnNo,
    /// Its name, or the expression of a functional part.
    pub name: Arc<str>,
    /// Its type (of an array: the element's).
    pub ty: DataType,
    /// Bytes without NULL and length bytes.
    pub length: u32,
    /// Bytes that it adds to `key_len`.
    pub store_length: u32,
    /// Only a prefix of the column is indexed.
    pub prefix: bool,
    /// Characters of the prefix.
    pub prefix_chars: Option<u32>,
    /// NULL is possible.
    pub nullable: bool,
    /// DESC.
    pub descending: bool,
    /// Multi-valued.
    pub array: bool,
    /// SPATIAL.
    pub geometry: bool,
}

/// An index, or the partitioning columns taken as one.
#[derive(Clone, Debug)]
pub struct IndexSetup {
    /// Its number; `IndexNo::MAX` for partitioning columns.
    pub index: IndexNo,
    /// Name for warnings.
    pub name: Arc<str>,
    /// Parts that may carry intervals.
    pub parts: Vec<Part>,
}

/// The surroundings of interval building.
pub struct Setup<'a> {
    /// Settings, statistics, trace.
    pub ctx: &'a Context<'a>,
    /// The statement.
    pub query: &'a Query,
    /// The table.
    pub table_id: TableId,
    /// Its definition.
    pub table: &'a Table,
    /// Indexes looked at, in index order.
    pub indexes: Vec<IndexSetup>,
    /// Tables whose values can be read now.
    pub readable: TableSet,
    /// Tables whose values will be known when the table is read.
    pub previous: TableSet,
    /// Multiple equalities that hold besides the condition.
    pub equalities: &'a [ExprId],
    /// The table is the inner side of an outer join: IS [NOT] NULL says nothing.
    pub inner_of_outer_join: bool,
    /// Partition pruning: lists that start at later parts stay usable, prefixes do not matter, no warnings.
    pub pruning: bool,
    /// Subqueries and stored functions may be evaluated.
    pub may_evaluate: bool,
    /// Warnings of the analysis.
    pub diagnostics: RefCell<Vec<Diagnostic>>,
    /// Bytes that tree building has taken (spec 03 §3.6).
    pub memory_bytes: Cell<u64>,
    /// A value that is not known from the bundle took part.
    pub met_unknown: Cell<bool>,
}

impl Setup<'_> {
    /// The memory limit is exceeded.
    pub fn out_of_memory(&self) -> bool {
        let limit = self.ctx.settings.range_optimizer_max_mem_size;
        limit != 0 && self.memory_bytes.get() > limit
    }
    /// Accounts for a leaf (spec 03 §3.6).
    pub fn account(&self, part: &Part) {
        let image = u64::from(part.store_length + 1).div_ceil(8) * 8;
        self.memory_bytes.set(self.memory_bytes.get() + 120 + image);
    }
}

/// An index's parts for interval building. `extensions`: appended primary key columns take part.
pub fn index_setup(ctx: &Context<'_>, table: &Table, index_no: IndexNo) -> IndexSetup {
    let index = &table.indexes[index_no as usize];
    IndexSetup {
        index: index_no,
        name: index.name.clone(),
        parts: index.parts[..actual_parts(ctx, index)].iter().map(|part| part_setup(table, index, part)).collect(),
    }
}

/// Parts of an index that ranges may use (spec 03, "actual parts").
pub fn actual_parts(ctx: &Context<'_>, index: &Index) -> usize {
    if index.unique || !ctx.settings.switches.on(Switch::UseIndexExtensions) { index.user_parts } else { index.parts.len() }
}

fn part_setup(table: &Table, index: &Index, part: &crate::catalog::KeyPart) -> Part {
    let column = &table.columns[part.column as usize];
    Part {
        column: part.column,
        name: printed_name(column),
        ty: column.ty.clone(),
        length: part.length,
        store_length: part.store_length,
        prefix: part.prefix_chars.is_some(),
        prefix_chars: part.prefix_chars,
        nullable: column.nullable,
        descending: part.descending,
        array: column.generated.as_ref().is_some_and(|generated| generated.is_array),
        geometry: index.kind == IndexKind::Spatial || column.ty.kind == TypeKind::Geometry,
    }
}

/// Name of a column in ranges: of a functional key part its expression, of a multi-valued one the argument of its CAST.
fn printed_name(column: &crate::catalog::Column) -> Arc<str> {
    match &column.generated {
        Some(generated) if generated.is_array => {
            let text: String = generated.expression.chars().filter(|c| *c != '`').collect();
            array_argument(&text).into()
        }
        Some(generated) if column.functional => generated.expression.clone(),
        _ => column.name.clone(),
    }
}

/// A condition's lists of one index, ready to be enumerated: they start at the first part and are real intervals.
pub fn usable_list(list: Option<&List>) -> Option<&List> {
    list.filter(|list| list.part == 0 && list.kind == ListKind::Range)
}
