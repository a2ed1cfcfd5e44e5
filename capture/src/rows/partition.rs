//! Which partition a row belongs to: the planner's own pruning tells.

use super::held::HeldTable;
use myexplain::catalog::{Catalog, ColumnNo, Partitioning, Table};
use myexplain::explain::traditional;
use myexplain::planner::Planner;
use myexplain::planner::parallel::guarded;
use std::collections::HashMap;

/// Rows of each leaf partition, in order.
pub(super) fn rows_of_partitions(
    held: &HeldTable,
    partitioning: &Partitioning,
    catalog: &Catalog,
    remarks: &mut Vec<String>,
) -> Vec<Vec<u32>> {
    let names = myexplain::access::partition::leaf_names(partitioning);
    let columns = partition_columns(&held.table, partitioning);
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); names.len().max(1)];
    let mut known: HashMap<Vec<Option<&str>>, usize> = HashMap::new();
    let mut unclear = 0;
    for row in 0..held.rows() {
        let values: Vec<Option<&str>> = columns.iter().map(|column| held.text(row, *column)).collect();
        let place = match known.get(&values) {
            Some(place) => *place,
            None => {
                let found =
                    pruned(&held.table, &columns, &values, catalog).and_then(|name| names.iter().position(|each| *each == name));
                unclear += usize::from(found.is_none());
                let place = found.unwrap_or(0);
                known.insert(values, place);
                place
            }
        };
        rows[place].push(row as u32);
    }
    if unclear > 0 {
        remarks.push(format!("{}: the partition of {unclear} values cannot be told; put into the first", held.table.name));
    }
    rows
}

/// Columns that decide about the partition.
fn partition_columns(table: &Table, partitioning: &Partitioning) -> Vec<ColumnNo> {
    let texts = [Some(&partitioning.expression), partitioning.sub.as_ref().map(|sub| &sub.expression)];
    let mut words: Vec<String> = Vec::new();
    for text in texts.into_iter().flatten() {
        words.extend(text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).map(str::to_lowercase));
    }
    let mut columns: Vec<ColumnNo> = partitioning.columns.clone();
    columns.extend(partitioning.sub.iter().flat_map(|sub| &sub.columns));
    let named = |(_, column): &(usize, &myexplain::catalog::Column)| words.contains(&column.name.to_lowercase());
    columns.extend(table.columns.iter().enumerate().filter(named).map(|(no, _)| no as ColumnNo));
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// The one partition that a statement for these values would read.
fn pruned(table: &Table, columns: &[ColumnNo], values: &[Option<&str>], catalog: &Catalog) -> Option<String> {
    let condition: Vec<String> = columns
        .iter()
        .zip(values)
        .map(|(column, value)| {
            let column = &table.columns[*column as usize];
            match value {
                None => format!("`{}` IS NULL", column.name),
                Some(text) if column.ty.is_numeric() => format!("`{}` = {text}", column.name),
                Some(text) => format!("`{}` = '{}'", column.name, text.replace('\\', "\\\\").replace('\'', "''")),
            }
        })
        .collect();
    let sql = format!("SELECT 1 FROM `{}`.`{}` WHERE {}", table.schema, table.name, condition.join(" AND "));
    let plan = guarded(|| Planner::new(catalog).plan(&sql)).ok()?.ok()?;
    let rows = traditional::rows(&plan);
    let names = rows.first()?.0[3].as_ref()?;
    (!names.contains(',')).then(|| names.to_string())
}
