//! What could be changed for a plan: indexes, histograms and rows of its tables, switches, cost constants, variables.

use super::{Changes, Step};
use crate::model::Planned;
use crate::model::details::number;
use myexplain::Catalog;
use myexplain::catalog::settings::SWITCH_NAMES;
use myexplain::catalog::{ColumnNo, Table};
use std::sync::Arc;

/// What a choice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Group {
    Title,
    Index,
    AddIndex,
    Histogram,
    Rows,
    Switch,
    Cost,
    Variable,
    OtherVariable,
    /// A change that has no line of its own, as one added by the command line.
    Other,
}

/// How a thing stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemState {
    /// In words: `invisible`, `on`, `0.1`.
    pub text: String,
    /// It is not as the bundle has it.
    pub changed: bool,
}

/// A row of the pane.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it is about.
    pub group: Group,
    /// What is shown.
    pub label: String,
    /// The thing as options name it: `employees.ix_firstname`, `mrr`.
    pub name: String,
    /// Alias of the table, for hints.
    pub alias: String,
    /// How it stands.
    pub state: ItemState,
    /// How it stands in the bundle.
    pub original: String,
    /// The plan uses it.
    pub used: bool,
}

impl Choice {
    fn new(group: Group, label: impl Into<String>, name: impl Into<String>) -> Choice {
        Choice {
            group,
            label: label.into(),
            name: name.into(),
            alias: String::new(),
            state: ItemState::default(),
            original: String::new(),
            used: false,
        }
    }

    /// True for a title between groups.
    pub fn is_title(&self) -> bool {
        self.group == Group::Title
    }

    /// What tells it from other rows.
    pub fn key(&self) -> String {
        format!("{:?} {} {}", self.group, self.name, self.alias)
    }

    /// The target of the step that changes it; see [`Step::target`].
    pub fn target(&self) -> String {
        match self.group {
            Group::Index => format!("index {}", self.name),
            Group::Histogram => format!("histogram {}", self.name),
            Group::Rows => format!("rows {}", self.name),
            Group::Switch => format!("switch {}", self.name),
            Group::Cost => format!("cost {}", self.name),
            Group::Variable => format!("set {}", self.name),
            _ => self.name.clone(),
        }
    }

    /// The hint steps that can be about an index: force it, ignore it.
    pub fn hints(&self) -> [Step; 2] {
        let index = self.name.rsplit('.').next().unwrap_or("");
        let value = format!("{} {index}", self.alias);
        [Step::new("index", value.clone()), Step::new("no-index", value)]
    }
}

/// Variables that change plans, beside `optimizer_switch`.
const VARIABLES: [&str; 11] = [
    "eq_range_index_dive_limit",
    "join_buffer_size",
    "max_heap_table_size",
    "max_length_for_sort_data",
    "max_seeks_for_key",
    "optimizer_prune_level",
    "optimizer_search_depth",
    "range_optimizer_max_mem_size",
    "read_rnd_buffer_size",
    "sort_buffer_size",
    "sql_mode",
];

/// The rows for a plan.
pub(super) fn of(catalog: &Catalog, planned: &Planned, changes: &Changes) -> Vec<Choice> {
    let tables = tables_of(catalog, planned);
    let mut choices = vec![title("Indexes")];
    let others: Vec<&Step> = changes.steps().iter().filter(|step| matches!(step.option.as_str(), "add-index" | "ddl")).collect();
    for (alias, table) in &tables {
        choices.extend(indexes(catalog, planned, changes, alias, table));
    }
    for step in others {
        let mut choice = Choice::new(Group::Other, step.value.clone(), step.target());
        choice.state = ItemState { text: "added".into(), changed: true };
        choices.push(choice);
    }
    choices.push(Choice::new(Group::AddIndex, "add an index that does not exist", "add"));
    choices.push(title("Rows and histograms"));
    for (_, table) in unique(&tables) {
        choices.push(rows(catalog, changes, table));
        choices.extend(histograms(catalog, changes, table));
    }
    choices.push(title("Optimizer switches"));
    choices.extend(SWITCH_NAMES.iter().map(|name| switch(catalog, changes, name)));
    choices.push(title("Cost constants"));
    choices.extend(myexplain::what_if::COST_NAMES.iter().map(|name| cost(catalog, changes, name)));
    choices.push(title("Variables"));
    choices.extend(VARIABLES.iter().map(|name| variable(catalog, changes, name)));
    let listed = |step: &&Step| step.option == "set" && !choices.iter().any(|choice| choice.target() == step.target());
    let more: Vec<Choice> = changes
        .steps()
        .iter()
        .filter(listed)
        .map(|step| variable(catalog, changes, step.value.split('=').next().unwrap_or("").trim()))
        .collect();
    choices.extend(more);
    choices.push(Choice::new(Group::OtherVariable, "another variable", "other"));
    choices
}

fn title(text: &str) -> Choice {
    Choice::new(Group::Title, text, text)
}

/// The base tables of a plan, each alias once.
fn tables_of<'c>(catalog: &'c Catalog, planned: &Planned) -> Vec<(String, &'c Arc<Table>)> {
    let mut tables: Vec<(String, &Arc<Table>)> = Vec::new();
    for details in &planned.tables {
        let Some((schema, name)) = &details.base else { continue };
        let found = catalog.schemas.get(schema).and_then(|schema| schema.tables.get(&name.to_lowercase()));
        let alias = match details.select {
            0 | 1 => details.name.clone(),
            select => format!("{}@`select#{select}`", details.name),
        };
        if let Some(table) = found.filter(|_| tables.iter().all(|(own, _)| *own != alias)) {
            tables.push((alias, table));
        }
    }
    tables
}

/// The tables without the repetition of those that stand under several aliases.
fn unique<'t, 'c>(tables: &'t [(String, &'c Arc<Table>)]) -> Vec<(&'t str, &'c Arc<Table>)> {
    let first = |at: usize| tables[..at].iter().all(|(_, before)| !Arc::ptr_eq(before, tables[at].1));
    (0..tables.len()).filter(|at| first(*at)).map(|at| (tables[at].0.as_str(), tables[at].1)).collect()
}

/// The name of a table as options have it: without the schema if it is the current one.
fn table_name(catalog: &Catalog, table: &Table) -> String {
    if catalog.current_schema.as_deref() == Some(&*table.schema) {
        table.name.to_string()
    } else {
        format!("{}.{}", table.schema, table.name)
    }
}

fn indexes(catalog: &Catalog, planned: &Planned, changes: &Changes, alias: &str, table: &Table) -> Vec<Choice> {
    let name = table_name(catalog, table);
    let plain_alias = alias.split('@').next().unwrap_or(alias);
    let uses = |index: &str| {
        let of_alias = planned.tables.iter().filter(|details| details.name == plain_alias);
        of_alias.filter_map(|details| details.index.as_ref()).any(|own| own.split(',').any(|own| own == index))
    };
    let one = |index: &myexplain::catalog::Index| {
        let parts: Vec<&str> = index.parts[..index.user_parts].iter().map(|part| part_name(table, part.column)).collect();
        let known_as = if plain_alias == &*table.name { name.clone() } else { format!("{plain_alias} = {name}") };
        let label = format!("{known_as}.{} ({})", index.name, parts.join(", "));
        let mut choice = Choice::new(Group::Index, label, format!("{name}.{}", index.name));
        choice.alias = alias.to_owned();
        choice.used = uses(&index.name);
        choice.original = if index.visible { "visible" } else { "invisible" }.to_owned();
        let mut words = Vec::new();
        words.extend(changes.about(&choice.target()).map(|step| match step.option.as_str() {
            "drop-index" => "dropped".to_owned(),
            option => option.to_owned(),
        }));
        let [force, ignore] = choice.hints();
        let hint = changes.about(&force.target()).map(|step| step.option == force.option);
        let hint = hint.or_else(|| changes.about(&ignore.target()).map(|step| step.option == force.option));
        words.extend(hint.map(|forced| if forced { "forced" } else { "ignored" }.to_owned()));
        let changed = !words.is_empty();
        if !changed {
            words.push(choice.original.clone());
        }
        choice.state = ItemState { text: words.join(", "), changed };
        choice
    };
    table.indexes.iter().map(one).collect()
}

fn part_name(table: &Table, column: ColumnNo) -> &str {
    match table.columns.get(usize::from(column)) {
        Some(column) if column.functional => column.generated.as_ref().map_or("expression", |generated| &generated.expression),
        Some(column) => &column.name,
        None => "?",
    }
}

/// The value after `=` of the step about a target, if there is one.
fn stated(changes: &Changes, target: &str, original: &str) -> ItemState {
    match changes.about(target) {
        Some(step) => {
            let value = step.value.split_once('=').map_or(step.value.as_str(), |(_, value)| value);
            ItemState { text: value.trim().to_owned(), changed: true }
        }
        None => ItemState { text: original.to_owned(), changed: false },
    }
}

fn rows(catalog: &Catalog, changes: &Changes, table: &Table) -> Choice {
    let name = table_name(catalog, table);
    let mut choice = Choice::new(Group::Rows, format!("rows of {name}"), name);
    choice.original = catalog.statistics.table(table).rows.to_string();
    choice.state = stated(changes, &choice.target(), &choice.original);
    choice
}

fn histograms(catalog: &Catalog, changes: &Changes, table: &Table) -> Vec<Choice> {
    let name = table_name(catalog, table);
    let mut choices = Vec::new();
    for (number, column) in table.columns.iter().enumerate() {
        let of_column = format!("{name}.{}", column.name);
        let mut choice = Choice::new(Group::Histogram, format!("histogram of {of_column}"), of_column);
        let has = catalog.statistics.histogram(table, number as ColumnNo).is_some();
        let step = changes.about(&choice.target());
        if !has && step.is_none() {
            continue;
        }
        choice.original = if has { "there" } else { "none" }.to_owned();
        choice.state = match step.map(|step| step.option.as_str()) {
            Some("drop-histogram") => ItemState { text: "dropped".into(), changed: true },
            Some(_) => ItemState { text: "added".into(), changed: true },
            None => ItemState { text: choice.original.clone(), changed: false },
        };
        choices.push(choice);
    }
    choices
}

fn switch(catalog: &Catalog, changes: &Changes, name: &str) -> Choice {
    let mut choice = Choice::new(Group::Switch, name, name);
    choice.original = if catalog.settings.switches.by_name(name) == Some(true) { "on" } else { "off" }.to_owned();
    choice.state = stated(changes, &choice.target(), &choice.original);
    choice
}

fn cost(catalog: &Catalog, changes: &Changes, name: &str) -> Choice {
    let costs = &catalog.costs;
    let value = match name {
        "row_evaluate_cost" => costs.row_evaluate,
        "key_compare_cost" => costs.key_compare,
        "memory_temptable_create_cost" => costs.memory_temptable_create,
        "memory_temptable_row_cost" => costs.memory_temptable_row,
        "disk_temptable_create_cost" => costs.disk_temptable_create,
        "disk_temptable_row_cost" => costs.disk_temptable_row,
        "io_block_read_cost" => costs.io_block_read,
        _ => costs.memory_block_read,
    };
    let mut choice = Choice::new(Group::Cost, name, name);
    choice.original = number(value);
    choice.state = stated(changes, &choice.target(), &choice.original);
    choice
}

fn variable(catalog: &Catalog, changes: &Changes, name: &str) -> Choice {
    let mut choice = Choice::new(Group::Variable, name, name);
    choice.original = catalog.settings.variables.get(name).cloned().unwrap_or_else(|| "default".into());
    choice.state = stated(changes, &choice.target(), &choice.original);
    choice
}
