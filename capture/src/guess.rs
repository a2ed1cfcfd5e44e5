//! Plausible statistics for tables of which only the definition and the number of rows is known.

use crate::statistics::{IndexNumbers, PartNumbers, TableNumbers, stored_names};
use myexplain::catalog::{Catalog, DataType, Index, IndexKind, Table, TypeKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of a table of which nothing is said.
pub const DEFAULT_ROWS: u64 = 1000;

/// Bytes of a page that records fill: InnoDB leaves a sixteenth free.
const FILLED_BYTES: u64 = 16_252 * 15 / 16;

/// Guessed numbers of all tables, and a sentence on each of what was guessed. `rows` by table, or `schema.table`.
///
/// # Errors
/// A name that the catalog does not have.
pub fn statistics(catalog: &Catalog, rows: &BTreeMap<String, u64>) -> Result<(Vec<TableNumbers>, Vec<String>), String> {
    let tables = || catalog.schemas.values().flat_map(|schema| schema.tables.values());
    let qualified = |table: &Table| format!("{}.{}", table.schema, table.name).to_lowercase();
    let given = |table: &Table| {
        let named = |(name, _): &(&String, &u64)| {
            name.to_lowercase() == qualified(table) || name.to_lowercase() == table.name.to_lowercase()
        };
        rows.iter().find(named).map(|(_, rows)| *rows)
    };
    for name in rows.keys() {
        let wanted = name.to_lowercase();
        if !tables().any(|table| table.name.to_lowercase() == wanted || qualified(table) == wanted) {
            return Err(format!("the definitions have no table '{name}'"));
        }
    }
    let all: BTreeMap<String, u64> =
        tables().map(|table| (table.name.to_lowercase(), given(table).unwrap_or(DEFAULT_ROWS))).collect();
    let mut guesses = Vec::new();
    let mut numbers = Vec::new();
    for table in tables() {
        let rows = all.get(&table.name.to_lowercase()).copied().unwrap_or(DEFAULT_ROWS);
        let how = if given(table).is_some() { "as given" } else { "guessed" };
        guesses.push(format!(
            "{}.{}: {rows} rows, {how}; its pages and distinct values are guessed by type",
            table.schema, table.name
        ));
        numbers.push(table_numbers(table, rows, &all));
    }
    Ok((numbers, guesses))
}

fn table_numbers(table: &Arc<Table>, rows: u64, all: &BTreeMap<String, u64>) -> TableNumbers {
    let names = stored_names(table);
    let share = rows / names.len().max(1) as u64;
    let parts = names.into_iter().map(|stored_as| part_numbers(table, stored_as, share, all)).collect();
    TableNumbers { table: Arc::clone(table), parts }
}

fn part_numbers(table: &Table, stored_as: String, rows: u64, all: &BTreeMap<String, u64>) -> PartNumbers {
    let clustered = table.clustered.and_then(|no| table.indexes.get(no as usize));
    let row_bytes: u64 = 18 + table.columns.iter().map(|column| typical_bytes(&column.ty)).sum::<u64>();
    let mut indexes = vec![match clustered {
        Some(index) => index_numbers(table, index, rows, row_bytes, all),
        None => pages("GEN_CLUST_INDEX", rows, row_bytes, vec![(rows, "DB_ROW_ID".to_owned())]),
    }];
    let others =
        table.indexes.iter().filter(|index| index.kind == IndexKind::BTree && clustered.is_none_or(|own| own.name != index.name));
    for index in others {
        let bytes = 5 + index.parts.iter().map(|part| typical_bytes(&table.columns[part.column as usize].ty)).sum::<u64>();
        // Inserts in random order leave a third of each page free.
        indexes.push(index_numbers(table, index, rows, bytes * 4 / 3, all));
    }
    PartNumbers { stored_as, rows, indexes }
}

fn index_numbers(table: &Table, index: &Index, rows: u64, record_bytes: u64, all: &BTreeMap<String, u64>) -> IndexNumbers {
    let counted = if index.unique { index.user_parts } else { index.parts.len() };
    let mut distinct = Vec::new();
    let mut product = 1u64;
    let mut names: Vec<&str> = Vec::new();
    for (place, part) in index.parts[..counted].iter().enumerate() {
        let column = &table.columns[part.column as usize];
        names.push(&column.name);
        product = product.saturating_mul(distinct_values(&column.name, &column.ty, rows, all)).clamp(1, rows.max(1));
        let whole =
            index.unique && place + 1 == index.user_parts || !index.unique && place + 1 == counted && counted > index.user_parts;
        distinct.push((if whole { rows } else { product.min(rows) }, names.join(",")));
    }
    pages(&index.name, rows, record_bytes, distinct)
}

fn pages(name: &str, rows: u64, record_bytes: u64, distinct: Vec<(u64, String)>) -> IndexNumbers {
    let leaf_pages = (rows * record_bytes).div_ceil(FILLED_BYTES).max(1);
    let above = if leaf_pages > 1 { 1 + leaf_pages / 800 } else { 0 };
    let reserved = if leaf_pages <= 32 { leaf_pages } else { 32 + 64 * (leaf_pages - 32).div_ceil(64) };
    IndexNumbers {
        name: name.to_owned(),
        distinct,
        leaf_pages,
        size_pages: reserved + above,
        cached_pages: leaf_pages + above,
        sampled_pages: 20,
    }
}

/// Bytes of a value of which only the type is known.
fn typical_bytes(ty: &DataType) -> u64 {
    match ty.kind {
        TypeKind::VarChar => u64::from(ty.max_chars() / 3).clamp(1, 40) + 1,
        TypeKind::Char => u64::from(ty.max_chars()).max(1),
        TypeKind::Json | TypeKind::Geometry => 200,
        _ if ty.is_blob() => 200,
        _ => u64::from(ty.pack_bytes()),
    }
}

/// Distinct values of a column of which only name and type are known.
fn distinct_values(name: &str, ty: &DataType, rows: u64, all: &BTreeMap<String, u64>) -> u64 {
    let few = |values: u64| values.clamp(1, rows.max(1));
    if let Some(parent) = referenced_rows(name, all) {
        return few(parent);
    }
    match ty.kind {
        TypeKind::Enum | TypeKind::Set => few(ty.member_count() as u64),
        TypeKind::TinyInt | TypeKind::Bit => few(2),
        TypeKind::Year => few(50),
        TypeKind::Date => few(3650),
        TypeKind::DateTime | TypeKind::Timestamp => few(rows),
        _ => few(rows / 10),
    }
}

/// Rows of the table that a column named `customer_id` seems to refer to.
fn referenced_rows(column: &str, all: &BTreeMap<String, u64>) -> Option<u64> {
    let column = column.to_lowercase();
    let stem = ["_id", "_no", "_key"].iter().find_map(|end| column.strip_suffix(end))?;
    let plural = stem.strip_suffix('y').map_or(format!("{stem}s"), |stem| format!("{stem}ies"));
    [stem.to_owned(), plural, format!("{stem}es")].iter().find_map(|name| all.get(name)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::BundleFiles;
    use crate::statistics;
    use myexplain::catalog::bundle::load_files;

    #[test]
    fn definitions_and_rows_are_enough_to_plan() {
        let mut files = BundleFiles::new("guessed");
        files.set(
            "schema.sql",
            "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(60), KEY (name));\n\
             CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INT NOT NULL, status ENUM('new','paid') NOT NULL, \
             ordered_on DATE, KEY (customer_id), KEY (status));",
        );
        let catalog = load_files(&files).unwrap();
        let rows = BTreeMap::from([("orders".to_owned(), 10_000_000), ("customers".to_owned(), 50_000)]);
        let (numbers, guesses) = super::statistics(&catalog, &rows).unwrap();
        assert_eq!(guesses.len(), 2);
        statistics::write(&mut files, &numbers);
        let catalog = load_files(&files).unwrap();
        let orders = &catalog.schemas["test"].tables["orders"];
        let ask = |name: &str| catalog.statistics.records_per_key(orders, orders.index_by_name(name).unwrap(), 1);
        assert_eq!(catalog.statistics.table(orders).rows, 10_000_000);
        assert_eq!((ask("customer_id"), ask("status"), ask("PRIMARY")), (Some(200.0), Some(5_000_000.0), Some(1.0)));
        assert!(super::statistics(&catalog, &BTreeMap::from([("order".to_owned(), 1)])).is_err());
    }
}
