//! SET_VAR hints: settings of one statement (spec 09 §1.6).

use crate::catalog::Settings;
use crate::parse::ast::VariableAssignment;
use crate::query::hints::VariableHint;
use crate::query::{Diagnostic, Level};

/// Variables that SET_VAR accepts in 8.0.39 (spec 09 §4.1), in order.
#[rustfmt::skip]
const ACCEPTED: &[&str] = &[
    "auto_increment_increment", "auto_increment_offset", "big_tables", "bulk_insert_buffer_size", "cte_max_recursion_depth",
    "default_table_encryption", "default_tmp_storage_engine", "div_precision_increment", "end_markers_in_json",
    "eq_range_index_dive_limit", "foreign_key_checks", "group_concat_max_len", "insert_id",
    "internal_tmp_mem_storage_engine", "join_buffer_size", "lock_wait_timeout", "max_error_count", "max_execution_time",
    "max_heap_table_size", "max_join_size", "max_length_for_sort_data", "max_points_in_geometry", "max_seeks_for_key",
    "max_sort_length", "optimizer_max_subgraph_pairs", "optimizer_prune_level", "optimizer_search_depth",
    "optimizer_switch", "range_alloc_block_size", "range_optimizer_max_mem_size", "read_buffer_size",
    "read_rnd_buffer_size", "secondary_engine_cost_threshold", "select_into_buffer_size", "select_into_disk_sync",
    "select_into_disk_sync_delay", "sort_buffer_size", "sql_auto_is_null", "sql_big_selects", "sql_buffer_result",
    "sql_mode", "sql_safe_updates", "sql_select_limit", "time_zone", "timestamp", "tmp_table_size", "unique_checks",
    "updatable_views_with_limit", "use_secondary_engine", "windowing_use_high_precision", "xa_detach_on_prepare",
];

/// Those whose values are texts even where they look like numbers.
const TEXTS: &[&str] = &["optimizer_switch", "sql_mode", "time_zone", "updatable_views_with_limit"];

/// The settings under a statement's SET_VAR hints.
#[derive(Clone, Debug)]
pub struct HintedSettings {
    /// Settings.
    pub settings: Settings,
    /// Hints that took effect, in the order of writing.
    pub applied: Vec<VariableHint>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Applies a statement's SET_VAR hints to the settings that hold without them; none if it has no such hint.
pub fn apply(variables: &[VariableAssignment], settings: &Settings) -> Option<HintedSettings> {
    if variables.is_empty() {
        return None;
    }
    let mut hinted = HintedSettings { settings: settings.clone(), applied: Vec::new(), warnings: Vec::new() };
    variables.iter().for_each(|variable| hinted.apply(variable));
    Some(hinted)
}

impl HintedSettings {
    fn warn(&mut self, code: u16, text: String) {
        self.warnings.push(Diagnostic { level: Level::Warning, code, text });
    }

    fn apply(&mut self, variable: &VariableAssignment) {
        let name = variable.name.to_ascii_lowercase();
        if ACCEPTED.binary_search(&name.as_str()).is_err() {
            if self.settings.variables.contains_key(&name) {
                return self.warn(3637, format!("Variable '{name}' cannot be set using SET_VAR hint."));
            }
            return self.warn(3128, format!("Unresolved name '{}' for SET_VAR hint", variable.name));
        }
        let quote = if variable.quoted { "'" } else { "" };
        if self.applied.iter().any(|applied| *applied.name == *name) {
            let hint = format!("SET_VAR({name}={quote}{}{quote}) ", variable.value);
            return self.warn(3126, format!("Hint {hint} is ignored as conflicting/duplicated"));
        }
        if variable.quoted && self.is_number(&name) || !variable.quoted && variable.value.contains('.') && !takes_fraction(&name)
        {
            return self.warn(1232, format!("Incorrect argument type to variable '{name}'"));
        }
        match self.settings.assign(&name, &variable.value) {
            Ok(()) => {
                let (value, quoted) = (variable.value.clone(), variable.quoted);
                self.applied.push(VariableHint { name: name.into(), value, quoted });
            }
            Err(error) => self.warn(error.code, error.text),
        }
    }

    /// The variable holds a number: its value is one now, and it is none of those whose texts look so.
    fn is_number(&self, name: &str) -> bool {
        let value = self.settings.variables.get(name).map_or("", String::as_str);
        !TEXTS.contains(&name) && !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    }
}

fn takes_fraction(name: &str) -> bool {
    name == "timestamp" || name == "secondary_engine_cost_threshold"
}
