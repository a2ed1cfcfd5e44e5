//! Several statements together, as rules for workloads look at them.

use crate::catalog::{Catalog, Table};
use crate::plan::Plan;
use crate::query::TableKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Planned statements.
#[derive(Debug)]
pub(super) struct Workload<'a> {
    /// What they were planned against.
    pub(super) catalog: &'a Catalog,
    /// Their plans.
    pub(super) plans: &'a [Plan],
    /// True if these are all statements that the schema serves, so that what none uses is of no use.
    pub(super) complete: bool,
}

impl Workload<'_> {
    /// Base tables that the statements use, by schema and name.
    pub(super) fn tables(&self) -> Vec<Arc<Table>> {
        let mut found = BTreeMap::new();
        for table in self.plans.iter().flat_map(|plan| &plan.query.tables).filter(|table| table.kind == TableKind::Base) {
            found.entry((table.table.schema.clone(), table.table.name.clone())).or_insert_with(|| Arc::clone(&table.table));
        }
        found.into_values().collect()
    }
}
