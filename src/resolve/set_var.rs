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

/// The settings under a statement's SET_VAR hints.
#[derive(Clone, Debug)]
pub struct HintedSettings {
    /// Settings.
    pub settings: Settings,
    /// Hints that took effect, in the order of writing.
    pub applied: Vec<VariableHint>,
    /// Variables that a hint has named, also if its value was refused.
    named: Vec<String>,
    /// By hint, the warning of its name or of being a second one.
    pub inline: Vec<Option<Diagnostic>>,
    /// Warnings of values, which are checked when the whole statement has been read.
    pub late: Vec<Diagnostic>,
}

/// Applies a statement's SET_VAR hints to the settings that hold without them; none if it has no such hint.
pub fn apply(variables: &[VariableAssignment], settings: &Settings) -> Option<HintedSettings> {
    if variables.is_empty() {
        return None;
    }
    let mut hinted = HintedSettings {
        settings: settings.clone(),
        applied: Vec::new(),
        named: Vec::new(),
        inline: Vec::new(),
        late: Vec::new(),
    };
    for variable in variables {
        let warning = hinted.apply(variable);
        hinted.inline.push(warning);
    }
    Some(hinted)
}

impl HintedSettings {
    fn apply(&mut self, variable: &VariableAssignment) -> Option<Diagnostic> {
        let name = variable.name.to_ascii_lowercase();
        if ACCEPTED.binary_search(&name.as_str()).is_err() {
            if self.settings.variable(&name).is_ok() {
                return warning(3637, format!("Variable '{name}' cannot be set using SET_VAR hint."));
            }
            return warning(3128, format!("Unresolved name '{}' for SET_VAR hint", variable.name));
        }
        let quote = if variable.quoted { "'" } else { "" };
        if self.named.contains(&name) {
            let value = if !variable.quoted && variable.value.contains('.') { "" } else { &*variable.value };
            let hint = format!("SET_VAR({name}={quote}{value}{quote}) ");
            return warning(3126, format!("Hint {hint} is ignored as conflicting/duplicated"));
        }
        self.named.push(name.clone());
        let text = if variable.quoted { format!("'{}'", variable.value.replace('\'', "''")) } else { variable.value.to_string() };
        match self.settings.assign(&name, &text) {
            Ok(()) => {
                self.warn_if_adjusted(&name, variable);
                let (value, quoted) = (variable.value.clone(), variable.quoted);
                self.applied.push(VariableHint { name: name.into(), value, quoted });
            }
            Err(error) => self.late.extend(warning(error.code, error.text)),
        }
        None
    }

    /// 1292 for a number outside of the variable's range, which takes effect as the nearest one within.
    fn warn_if_adjusted(&mut self, name: &str, variable: &VariableAssignment) {
        let number = |text: &str| text.parse::<u64>().ok();
        let held = self.settings.variables.get(name).and_then(|text| number(text));
        // Some sizes are rounded down to whole blocks without a warning.
        let block = match name {
            "join_buffer_size" => 128,
            "max_heap_table_size" | "range_alloc_block_size" => 1024,
            "read_buffer_size" => 4096,
            _ => 1,
        };
        if let (Some(given), Some(held)) = (number(&variable.value), held)
            && (held > given || given - held >= block)
        {
            self.late.extend(warning(1292, format!("Truncated incorrect {name} value: '{}'", variable.value)));
        }
    }
}

fn warning(code: u16, text: String) -> Option<Diagnostic> {
    Some(Diagnostic { level: Level::Warning, code, text })
}
