//! How the numbers of a table of the plan came to be: what is read, rows, cost with the formula and its values, and where each
//! condition is checked.

mod conditions;
mod cost;
mod sources;

use myexplain::catalog::{Index, IndexNo, Table, TableStatistics};
use myexplain::plan::{AccessMethod, AccessType, BlockPlan, Plan, TableAccess};
use myexplain::query::{BlockId, TableId};

/// Some lines under a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// One or two words.
    pub title: &'static str,
    /// Sentences, formulas.
    pub lines: Vec<String>,
}

/// A table of the plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableDetails {
    /// Name or alias.
    pub name: String,
    /// Name of the base table with its schema; none for derived and temporary tables.
    pub base: Option<(String, String)>,
    /// Number of the SELECT that it belongs to.
    pub select: u32,
    /// `type`.
    pub access_type: String,
    /// The index, or the indexes with commas.
    pub index: Option<String>,
    /// Names of `possible_keys`.
    pub possible: Vec<String>,
    /// Rows of one execution.
    pub rows: f64,
    /// Percent of them that pass.
    pub filtered: f64,
    /// Cost of reading it for all rows before it, in the optimizer's units.
    pub read_cost: f64,
    /// Cost of the join up to here.
    pub prefix_cost: f64,
    /// Rows of the join up to here.
    pub prefix_rows: f64,
    /// Columns that its conditions compare, as an index on them would name them: equalities first, then one range.
    pub index_columns: Vec<String>,
    /// What there is to say.
    pub sections: Vec<Section>,
}

/// A table in its surroundings.
struct Place<'p> {
    plan: &'p Plan,
    block: BlockId,
    block_plan: &'p BlockPlan,
    number: usize,
    access: &'p TableAccess,
}

/// Details of all tables, block by block in the order of the plan, and the accesses that they are about.
pub fn of_plan(plan: &Plan) -> (Vec<TableDetails>, Vec<&TableAccess>) {
    let mut details = Vec::new();
    let mut accesses = Vec::new();
    for (block, block_plan) in plan.blocks.iter().enumerate() {
        let Some(block_plan) = block_plan else { continue };
        for (number, access) in block_plan.tables.iter().enumerate() {
            let place = Place { plan, block: BlockId(block as u32), block_plan, number, access };
            details.push(place.details());
            accesses.push(access);
        }
    }
    (details, accesses)
}

impl<'p> Place<'p> {
    fn details(&self) -> TableDetails {
        let access = self.access;
        let base = self.table().filter(|table| !table.schema.is_empty());
        let definition = self.table();
        let name_of = |index: IndexNo| definition.and_then(|table| table.indexes.get(usize::from(index))).map(index_name);
        TableDetails {
            name: self.name(),
            base: base.map(|table| (table.schema.to_string(), table.name.to_string())),
            select: self.plan.query[self.block].select_id,
            access_type: access.access_type.name().to_owned(),
            index: self.index_text(),
            possible: access.possible_keys.iter().filter_map(name_of).collect(),
            rows: access.rows_fetched,
            filtered: f64::from(access.filter_effect) * 100.0,
            read_cost: access.read_cost,
            prefix_cost: access.prefix_cost,
            prefix_rows: access.prefix_rowcount,
            index_columns: self.index_columns(),
            sections: [self.reading(), self.rows(), self.cost(), self.conditions()]
                .into_iter()
                .filter(|section| !section.lines.is_empty())
                .collect(),
        }
    }

    fn table_id(&self) -> Option<TableId> {
        self.access.table
    }

    fn table(&self) -> Option<&'p Table> {
        self.table_id().map(|id| &*self.plan.query[id].table)
    }

    fn index(&self, index: IndexNo) -> Option<&'p Index> {
        self.table()?.indexes.get(usize::from(index))
    }

    fn statistics(&self) -> Option<TableStatistics> {
        let table = self.table().filter(|table| !table.schema.is_empty())?;
        Some(self.plan.statistics.table(table))
    }

    fn name(&self) -> String {
        match (self.table_id(), self.access.materialized) {
            (Some(id), _) => self.plan.query[id].alias.to_string(),
            (None, Some(_)) => "<materialized subquery>".to_owned(),
            (None, None) => "<temporary table>".to_owned(),
        }
    }

    /// Rows that come from the tables before it: how often it is read.
    fn executions(&self) -> f64 {
        let before = self.number.checked_sub(1).and_then(|number| self.block_plan.tables.get(number));
        match before {
            Some(_) if self.number <= self.block_plan.const_tables => 1.0,
            Some(before) if before.inner_of == self.access.inner_of => before.prefix_rowcount,
            _ => 1.0,
        }
    }

    fn index_text(&self) -> Option<String> {
        let name = |index: IndexNo| self.index(index).map(index_name);
        match &self.access.method {
            AccessMethod::Lookup(lookup) => Some(name(lookup.index).unwrap_or_else(|| "<auto_distinct_key>".into())),
            AccessMethod::IndexScan { index, .. } => name(*index),
            AccessMethod::Range(range) => {
                let leaves = range.leaves();
                let names: Vec<String> = leaves.iter().filter_map(|leaf| leaf.single_index().and_then(name)).collect();
                (!names.is_empty()).then(|| names.join(","))
            }
            AccessMethod::ConstRow => self.access.possible_keys.iter().next().and_then(name),
            AccessMethod::TableScan | AccessMethod::DynamicRange => None,
        }
    }

    fn reading(&self) -> Section {
        let mut lines = vec![self.what_is_read()];
        let access = self.access;
        if let AccessMethod::Lookup(lookup) = &access.method {
            lines.extend(self.index_parts(lookup.index, lookup.values.len(), lookup.key_bytes));
            let values = lookup.values.iter().enumerate().map(|(part, value)| {
                let or_null = if lookup.null_part == Some(part) { " or NULL" } else { "" };
                format!("  {} = {}{or_null}", self.part_name(lookup.index, part), self.expression(*value))
            });
            lines.extend(values);
        }
        if let AccessMethod::Range(range) = &access.method {
            for leaf in range.leaves() {
                let Some(index) = leaf.single_index() else { continue };
                lines.extend(self.index_parts(index, leaf.key_parts(), leaf.key_bytes()));
                let ranges = leaf.index_range().map(|scan| scan.tree_ranges.as_slice()).unwrap_or_default();
                lines.extend(ranges.iter().take(MOST_RANGES).map(|range| format!("  {range}")));
                if ranges.len() > MOST_RANGES {
                    lines.push(format!("  … {} more ranges", ranges.len() - MOST_RANGES));
                }
            }
        }
        if access.index_only {
            lines.push("Only the index is read, no row (covering: Using index).".into());
        }
        match access.join_buffer {
            myexplain::plan::JoinBuffer::Hash => lines.push("Rows before it are kept in a join buffer: hash join.".into()),
            myexplain::plan::JoinBuffer::BatchedKeyAccess => lines.push("Its keys are looked up in batches (BKA).".into()),
            myexplain::plan::JoinBuffer::None => {}
        }
        if let Some(partitions) = &access.partitions {
            lines.push(format!("Partitions: {}.", partitions.join(", ")));
        }
        lines.extend(access.const_note.map(str::to_owned));
        Section { title: "Read", lines }
    }

    fn what_is_read(&self) -> String {
        let what = match self.access.access_type {
            AccessType::System => "the only row of a system table",
            AccessType::Const => "one row by a unique key, read while planning",
            AccessType::EqRef => "one row by a unique key for each row before it",
            AccessType::Ref => "lookup of all rows with one key",
            AccessType::FullText => "full-text search",
            AccessType::RefOrNull => "lookup of all rows with one key, and of those with NULL",
            AccessType::IndexMerge => "several indexes, merged by row id",
            AccessType::UniqueSubquery => "lookup in a unique index in place of a subquery",
            AccessType::IndexSubquery => "lookup in an index in place of a subquery",
            AccessType::Range => "the ranges of an index that the condition asks for",
            AccessType::Index => "a whole index, in its order",
            AccessType::All => "the whole table, row after row",
        };
        let base = match self.table().filter(|table| !table.schema.is_empty()) {
            Some(table) => format!(" ({}.{})", table.schema, table.name),
            None => String::new(),
        };
        format!("{}{base}: {}, {what}.", self.name(), self.access.access_type.name())
    }

    /// `ix (a, b): 1 of 2 parts, 58 bytes`.
    fn index_parts(&self, number: IndexNo, used: usize, bytes: u32) -> Option<String> {
        let index = self.index(number)?;
        let parts: Vec<String> = (0..index.user_parts).map(|part| self.part_name(number, part)).collect();
        let hidden = if index.visible { "" } else { ", invisible" };
        let unique = if index.unique { ", unique" } else { "" };
        Some(format!(
            "Index {} ({}){unique}{hidden}: {used} of {} parts used, {bytes} bytes of key.",
            index.name,
            parts.join(", "),
            index.user_parts.max(used),
        ))
    }

    fn part_name(&self, index: IndexNo, part: usize) -> String {
        let column = self.index(index).and_then(|index| index.parts.get(part)).map(|part| part.column);
        let column = column.and_then(|column| self.table()?.columns.get(usize::from(column)));
        match column {
            Some(column) if column.functional => column
                .generated
                .as_ref()
                .map_or_else(|| column.name.to_string(), |generated| format!("({})", generated.expression)),
            Some(column) => column.name.to_string(),
            None => format!("part {}", part + 1),
        }
    }

    fn rows(&self) -> Section {
        let access = self.access;
        let mut lines = Vec::new();
        if matches!(access.access_type, AccessType::Const | AccessType::System) {
            return Section { title: "Rows", lines: vec!["1 row, known while planning.".into()] };
        }
        if self.statistics().is_some() {
            lines.push(format!("The table has {} rows (statistics).", number(access.table_rows as f64)));
        }
        lines.push(self.rows_source());
        if access.estimated_rows {
            lines.push("The range was not captured: its rows are estimated from histogram and index statistics.".into());
        }
        lines.extend(self.filter_parts());
        let filtered = f64::from(access.filter_effect) * 100.0;
        let executions = self.executions();
        let times = if executions == 1.0 { String::new() } else { format!("{} executions × ", number(executions)) };
        lines.push(format!(
            "{times}{} rows × {}% filtered = {} rows handed on.",
            number(access.rows_fetched),
            percent(filtered),
            number(access.prefix_rowcount)
        ));
        Section { title: "Rows", lines }
    }

    /// Where the rows of one execution come from.
    fn rows_source(&self) -> String {
        let access = self.access;
        let rows = number(access.rows_fetched);
        match &access.method {
            AccessMethod::Lookup(lookup) => {
                let used = lookup.values.len();
                let per_key = self.table().and_then(|table| self.plan.statistics.records_per_key(table, lookup.index, used));
                match per_key {
                    Some(per_key) if (f64::from(per_key) - access.rows_fetched).abs() < 1e-3 * access.rows_fetched.max(1.0) => {
                        format!("{rows} rows a lookup: records per key of the first {used} parts (index statistics).")
                    }
                    Some(per_key) => format!(
                        "{rows} rows a lookup: {}; on average a key has {} rows.",
                        self.range_source(lookup.index, access.rows_fetched).unwrap_or("of this value"),
                        number(f64::from(per_key))
                    ),
                    None => format!("{rows} rows a lookup."),
                }
            }
            AccessMethod::Range(range) => {
                let source = range.single_index().and_then(|index| self.range_source(index, range.rows));
                let source = source.unwrap_or(if range.estimated { "estimated" } else { "counted in the index" });
                format!("{rows} rows in the ranges: {source}.")
            }
            AccessMethod::ConstRow => "1 row.".into(),
            AccessMethod::IndexScan { .. } | AccessMethod::TableScan | AccessMethod::DynamicRange => {
                format!("{rows} rows a scan.")
            }
        }
    }
}

/// Ranges that are listed.
const MOST_RANGES: usize = 6;

fn index_name(index: &Index) -> String {
    index.name.to_string()
}

/// A number as TREE prints it: three significant digits and more for integers, large ones with an exponent.
pub fn number(value: f64) -> String {
    let mut text = String::new();
    myexplain::explain::tree::push_number(&mut text, value);
    text
}

/// A percentage in at most two decimals.
pub fn percent(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
