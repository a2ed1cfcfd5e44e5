//! Names of the keys that were generated for derived tables (spec 02 §2.7, §10-1).

use crate::plan::{AccessMethod, BlockPlan};
use crate::query::{Query, TableId, TableKind};
use std::sync::Arc;

/// Of the keys that were generated for a derived table only the used one is left; since 9.7 it gets the first free number, which
/// is 0 unless other references of the same CTE use other keys.
pub fn renumber(query: &mut Query, blocks: &[Option<BlockPlan>]) {
    let mut kept: Vec<(TableId, Vec<u16>)> = Vec::new();
    for access in blocks.iter().flatten().flat_map(|plan| &plan.tables) {
        let (Some(id), AccessMethod::Lookup(lookup)) = (access.table, &access.method) else { continue };
        let TableKind::Derived { shared_with, .. } = query[id].kind else { continue };
        let root = shared_with.unwrap_or(id);
        let Some(index) = query[id].table.indexes.get(usize::from(lookup.index)) else { continue };
        if !index.name.starts_with("<auto_key") {
            continue;
        }
        let columns: Vec<u16> = index.parts.iter().map(|part| part.column).collect();
        let of_root = |kept: &[(TableId, Vec<u16>)]| -> Vec<Vec<u16>> {
            kept.iter().filter(|(other, _)| *other == root).map(|(_, columns)| columns.clone()).collect()
        };
        let known = of_root(&kept);
        let number = known.iter().position(|other| *other == columns).unwrap_or(known.len());
        if number == known.len() {
            kept.push((root, columns));
        }
        let table = Arc::make_mut(&mut query[id].table);
        table.indexes[usize::from(lookup.index)].name = Arc::from(format!("<auto_key{number}>"));
    }
}
