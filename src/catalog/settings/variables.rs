//! The variables that planning looks at: ranges, defaults, and where their values go (spec 09 §4.2).

use super::Settings;
use crate::catalog::ServerVersion;

/// What values a variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    Bool,
    /// Values outside are cut to the range, then rounded down to whole blocks.
    Integer {
        min: u64,
        max: u64,
        block: u64,
    },
}

const fn between(min: u64, max: u64) -> Domain {
    Domain::Integer { min, max, block: 1 }
}

const fn blocks(min: u64, max: u64, block: u64) -> Domain {
    Domain::Integer { min, max, block }
}

/// (name, domain, default as the variable prints it)
const VARIABLES: &[(&str, Domain, &str)] = &[
    ("big_tables", Domain::Bool, "OFF"),
    ("cte_max_recursion_depth", between(0, u32::MAX as u64), "1000"),
    ("default_week_format", between(0, 7), "0"),
    ("div_precision_increment", between(0, 30), "4"),
    ("end_markers_in_json", Domain::Bool, "OFF"),
    ("eq_range_index_dive_limit", between(0, u32::MAX as u64), "200"),
    ("group_concat_max_len", between(4, u64::MAX), "1024"),
    ("innodb_buffer_pool_size", between(5_242_880, u64::MAX), "134217728"),
    ("innodb_page_size", between(4096, 65_536), "16384"),
    ("join_buffer_size", blocks(128, u64::MAX, 128), "262144"),
    ("lower_case_table_names", between(0, 2), "0"),
    ("max_execution_time", between(0, u32::MAX as u64), "0"),
    ("max_heap_table_size", blocks(16_384, u64::MAX, 1024), "16777216"),
    ("max_join_size", between(1, u64::MAX), "18446744073709551615"),
    ("max_length_for_sort_data", between(4, 8_388_608), "4096"),
    ("max_seeks_for_key", between(1, u64::MAX), "18446744073709551615"),
    ("max_sort_length", between(4, 8_388_608), "1024"),
    ("optimizer_max_subgraph_pairs", between(1, i32::MAX as u64), "100000"),
    ("optimizer_prune_level", between(0, 1), "1"),
    ("optimizer_search_depth", between(0, 62), "62"),
    ("range_optimizer_max_mem_size", between(0, u64::MAX), "8388608"),
    ("read_buffer_size", blocks(8192, i32::MAX as u64, 4096), "131072"),
    ("read_rnd_buffer_size", between(1, i32::MAX as u64), "262144"),
    ("sort_buffer_size", between(32_768, u64::MAX), "262144"),
    ("sql_auto_is_null", Domain::Bool, "OFF"),
    ("sql_big_selects", Domain::Bool, "ON"),
    ("sql_buffer_result", Domain::Bool, "OFF"),
    ("sql_safe_updates", Domain::Bool, "OFF"),
    ("sql_select_limit", between(0, u64::MAX), "18446744073709551615"),
    ("tmp_table_size", between(1024, u64::MAX), "16777216"),
    ("windowing_use_high_precision", Domain::Bool, "ON"),
];

/// Defaults of variables that are no numbers, or that no stage looks at.
const TEXTS: &[(&str, &str)] = &[
    ("autocommit", "ON"),
    ("auto_increment_increment", "1"),
    ("auto_increment_offset", "1"),
    ("bulk_insert_buffer_size", "8388608"),
    ("character_set_client", "utf8mb4"),
    ("character_set_connection", "utf8mb4"),
    ("character_set_database", "utf8mb4"),
    ("character_set_filesystem", "binary"),
    ("character_set_results", "utf8mb4"),
    ("character_set_server", "utf8mb4"),
    ("character_set_system", "utf8mb3"),
    ("collation_connection", "utf8mb4_0900_ai_ci"),
    ("collation_database", "utf8mb4_0900_ai_ci"),
    ("collation_server", "utf8mb4_0900_ai_ci"),
    ("default_collation_for_utf8mb4", "utf8mb4_0900_ai_ci"),
    ("default_storage_engine", "InnoDB"),
    ("default_table_encryption", "OFF"),
    ("default_tmp_storage_engine", "InnoDB"),
    ("explain_format", "TRADITIONAL"),
    ("foreign_key_checks", "ON"),
    ("histogram_generation_max_mem_size", "20000000"),
    ("hostname", "localhost"),
    ("information_schema_stats_expiry", "86400"),
    ("innodb_stats_auto_recalc", "ON"),
    ("innodb_stats_method", "nulls_equal"),
    ("innodb_stats_persistent", "ON"),
    ("innodb_stats_persistent_sample_pages", "20"),
    ("insert_id", "0"),
    ("internal_tmp_mem_storage_engine", "TempTable"),
    ("last_insert_id", "0"),
    ("lc_time_names", "en_US"),
    ("lock_wait_timeout", "31536000"),
    ("max_allowed_packet", "67108864"),
    ("max_connections", "151"),
    ("max_error_count", "1024"),
    ("max_points_in_geometry", "65536"),
    ("optimizer_switch", "default"),
    ("optimizer_trace", "enabled=off,one_line=off"),
    ("optimizer_trace_features", "greedy_search=on,range_optimizer=on,dynamic_range=on,repeated_subselect=on"),
    ("optimizer_trace_limit", "1"),
    ("optimizer_trace_max_mem_size", "1048576"),
    ("optimizer_trace_offset", "-1"),
    ("port", "3306"),
    ("print_identified_with_as_hex", "OFF"),
    ("rand_seed1", "0"),
    ("rand_seed2", "0"),
    ("range_alloc_block_size", "4096"),
    ("secondary_engine_cost_threshold", "100000.000000"),
    ("select_into_buffer_size", "131072"),
    ("select_into_disk_sync", "OFF"),
    ("select_into_disk_sync_delay", "0"),
    ("server_id", "1"),
    ("show_create_table_verbosity", "OFF"),
    ("sql_generate_invisible_primary_key", "OFF"),
    (
        "sql_mode",
        "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
    ),
    ("sql_quote_show_create", "ON"),
    ("sql_require_primary_key", "OFF"),
    ("sql_warnings", "OFF"),
    ("storage_engine", "InnoDB"),
    ("system_time_zone", "UTC"),
    ("temptable_max_ram", "1073741824"),
    ("time_zone", "SYSTEM"),
    ("timestamp", "0"),
    ("transaction_isolation", "REPEATABLE-READ"),
    ("transaction_read_only", "OFF"),
    ("tx_isolation", "REPEATABLE-READ"),
    ("unique_checks", "ON"),
    ("updatable_views_with_limit", "YES"),
    ("use_secondary_engine", "ON"),
    ("version_comment", "MySQL Community Server - GPL"),
    ("wait_timeout", "28800"),
    ("xa_detach_on_prepare", "ON"),
];

/// What values a variable takes; none for texts and unknown names.
pub(super) fn domain(name: &str) -> Option<Domain> {
    VARIABLES.iter().find(|(each, ..)| *each == name).map(|(_, domain, _)| *domain)
}

/// Variables whose default differs between releases, or that came later than 8.0 (spec 09 §3.3).
pub(super) const DIFFERING: &[&str] = &["explain_format", "explain_json_format_version"];

/// Default of a variable; none for unknown names.
pub(super) fn default_of(name: &str, version: ServerVersion) -> Option<&'static str> {
    match (name, version) {
        ("version", version) => return Some(version.variable()),
        ("explain_format", ServerVersion::V9_7) => return Some("TREE"),
        ("explain_json_format_version", ServerVersion::V8_0) => return None,
        ("explain_json_format_version", ServerVersion::V8_4) => return Some("1"),
        ("explain_json_format_version", ServerVersion::V9_7) => return Some("2"),
        _ => {}
    }
    let number = VARIABLES.iter().find(|(each, ..)| *each == name).map(|(.., default)| *default);
    number.or_else(|| TEXTS.iter().find(|(each, _)| *each == name).map(|(_, default)| *default))
}

/// Writes a number or switch into its field; variables without one are kept as text only.
pub(super) fn store(settings: &mut Settings, name: &str, value: u64) {
    let small = u32::try_from(value).unwrap_or(u32::MAX);
    let on = value != 0;
    match name {
        "big_tables" => settings.big_tables = on,
        "div_precision_increment" => settings.div_precision_increment = small,
        "end_markers_in_json" => settings.end_markers_in_json = on,
        "eq_range_index_dive_limit" => settings.eq_range_index_dive_limit = small,
        "group_concat_max_len" => settings.group_concat_max_len = value,
        "innodb_buffer_pool_size" => settings.buffer_pool_bytes = value,
        "join_buffer_size" => settings.join_buffer_bytes = value,
        "lower_case_table_names" => settings.lower_case_table_names = small as u8,
        "max_heap_table_size" => settings.max_heap_table_bytes = value,
        "max_seeks_for_key" => settings.max_seeks_for_key = value,
        "optimizer_prune_level" => settings.prune_level = small,
        "optimizer_search_depth" => settings.search_depth = small,
        "range_optimizer_max_mem_size" => settings.range_optimizer_max_mem_size = value,
        "read_rnd_buffer_size" => settings.read_rnd_buffer_bytes = value,
        "sort_buffer_size" => settings.sort_buffer_bytes = value,
        "sql_auto_is_null" => settings.auto_is_null = on,
        "sql_buffer_result" => settings.buffer_result = on,
        "sql_safe_updates" => settings.safe_updates = on,
        "sql_select_limit" => settings.select_limit = value,
        "tmp_table_size" => settings.tmp_table_bytes = value,
        "windowing_use_high_precision" => settings.windowing_use_high_precision = on,
        _ => {}
    }
}
