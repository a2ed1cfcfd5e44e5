//! What a capture asks a server: one list, asked over a connection or printed as a script, so that both give the same bundle
//! (spec 01 §11).

use super::selection::Selection;

/// Statements before the questions: they make the session harmless and what it prints independent of the server's settings.
///
/// Sizes in `information_schema` shall be those of now; reading them must not write the server's cache, which a read-only session
/// could not.
pub(crate) fn session(limit_seconds: u32) -> Vec<String> {
    vec![
        "SET NAMES utf8mb4".to_owned(),
        "SET SESSION sql_mode = '', sql_quote_show_create = 1".to_owned(),
        "SET SESSION information_schema_stats_expiry = 0".to_owned(),
        format!("SET SESSION max_execution_time = {}, lock_wait_timeout = 5", u64::from(limit_seconds) * 1000),
        "SET SESSION TRANSACTION READ ONLY".to_owned(),
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY".to_owned(),
    ]
}

/// One question, and the file that its answer fills.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Name of the answer: that of the file, or `server`, `objects`.
    pub(crate) name: &'static str,
    /// Columns of the answer, as the file's header has them.
    pub(crate) columns: &'static [&'static str],
    /// The statement.
    pub(crate) sql: String,
    /// Who may ask.
    pub(crate) needs: &'static str,
    /// What planning is like without the answer.
    pub(crate) without: &'static str,
}

pub(crate) const SERVER: &str = "server";
pub(crate) const OBJECTS: &str = "objects";

/// Variables that the planner looks at or that tell how statistics were made. No names of hosts, files or users are among them.
const VARIABLES: &[&str] = &[
    "log_bin",
    "binlog_format",
    "version",
    "version_comment",
    "sql_mode",
    "optimizer_switch",
    "optimizer_search_depth",
    "optimizer_prune_level",
    "eq_range_index_dive_limit",
    "range_optimizer_max_mem_size",
    "optimizer_max_subgraph_pairs",
    "max_seeks_for_key",
    "max_length_for_sort_data",
    "max_sort_length",
    "sort_buffer_size",
    "join_buffer_size",
    "read_rnd_buffer_size",
    "tmp_table_size",
    "max_heap_table_size",
    "big_tables",
    "internal_tmp_mem_storage_engine",
    "default_tmp_storage_engine",
    "histogram_generation_max_mem_size",
    "innodb_stats_method",
    "innodb_stats_persistent",
    "innodb_stats_persistent_sample_pages",
    "innodb_page_size",
    "innodb_buffer_pool_size",
    "innodb_fill_factor",
    "innodb_stats_auto_recalc",
    "default_storage_engine",
    "character_set_server",
    "collation_server",
    "character_set_connection",
    "collation_connection",
    "character_set_client",
    "character_set_results",
    "lower_case_table_names",
    "sql_safe_updates",
    "sql_auto_is_null",
    "cte_max_recursion_depth",
    "group_concat_max_len",
    "max_join_size",
    "sql_big_selects",
    "sql_select_limit",
    "myisam_stats_method",
    "windowing_use_high_precision",
    "show_create_table_skip_secondary_engine",
    "secondary_engine_cost_threshold",
    "use_secondary_engine",
    "explain_format",
    "explain_json_format_version",
    "time_zone",
    "div_precision_increment",
    "old_alter_table",
    "temptable_max_ram",
    "temptable_max_mmap",
    "ft_min_word_len",
    "ft_max_word_len",
    "ngram_token_size",
    "innodb_ft_min_token_size",
    "innodb_ft_max_token_size",
    "block_encryption_mode",
    "default_week_format",
    "lc_time_names",
];

/// The place of a variable in the file.
pub(crate) fn variable_rank(name: &str) -> usize {
    VARIABLES.iter().position(|own| *own == name).unwrap_or(VARIABLES.len())
}

/// The answers that hold values of users' tables, unless one counts definitions.
const VALUES: &[&str] = &["column_statistics.jsonl", "partitions.tsv"];

/// The questions to ask, in order.
pub(crate) fn asked(selection: &Selection, no_values: bool) -> Vec<Question> {
    let mut all = questions(selection);
    all.retain(|question| !no_values || !VALUES.contains(&question.name));
    all
}

/// All questions, in the order in which they are asked: what is in memory first, before the others change it; `INNODB_TABLESTATS`
/// after the definitions, because only tables that were opened have their numbers there, and SHOW CREATE opens them.
pub(crate) fn questions(selection: &Selection) -> Vec<Question> {
    let mut all = server_questions();
    all.extend(innodb_cached_indexes(selection));
    all.extend(dictionary_questions(selection));
    all.extend(persistent_statistics(selection));
    all.push(objects(selection));
    all.push(running_statistics(selection));
    all
}

fn server_questions() -> Vec<Question> {
    let names = VARIABLES.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    vec![
        Question {
            name: SERVER,
            columns: &["version", "version_comment", "date"],
            sql: "SELECT VERSION(), @@version_comment, UTC_DATE()".to_owned(),
            needs: "nothing",
            without: "",
        },
        Question {
            name: "variables.tsv",
            columns: &["variable_name", "value"],
            sql: format!("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})"),
            needs: "nothing",
            without: "MySQL's default variables are assumed",
        },
        Question {
            name: "server_cost.tsv",
            columns: &["cost_name", "cost_value", "last_update", "comment", "default_value"],
            sql: "SELECT cost_name, cost_value, last_update, comment, default_value FROM mysql.server_cost".to_owned(),
            needs: "SELECT on mysql.server_cost",
            without: "MySQL's default cost constants are assumed",
        },
        Question {
            name: "engine_cost.tsv",
            columns: &["engine_name", "device_type", "cost_name", "cost_value", "last_update", "comment", "default_value"],
            sql: "SELECT engine_name, device_type, cost_name, cost_value, last_update, comment, default_value \
                  FROM mysql.engine_cost"
                .to_owned(),
            needs: "SELECT on mysql.engine_cost",
            without: "MySQL's default cost constants are assumed",
        },
    ]
}

fn innodb_cached_indexes(selection: &Selection) -> [Question; 1] {
    let schemas = selection.encoded_schemas("t.NAME");
    [Question {
        name: "innodb_cached_indexes.tsv",
        columns: &["table_name", "index_name", "n_cached_pages"],
        sql: format!(
            "SELECT t.NAME, i.NAME, SUM(c.N_CACHED_PAGES) FROM information_schema.INNODB_CACHED_INDEXES c \
             JOIN information_schema.INNODB_INDEXES i USING (INDEX_ID) \
             JOIN information_schema.INNODB_TABLES t USING (TABLE_ID) WHERE {schemas} GROUP BY t.NAME, i.NAME"
        ),
        needs: "PROCESS",
        without: "what is in the buffer pool is guessed from its size: costs may differ",
    }]
}

fn dictionary_questions(selection: &Selection) -> Vec<Question> {
    let of = |schema: &str, table: &str| selection.condition(schema, table);
    // Where a value may be the word NULL itself, a zero byte stands for NULL: the plain client prints both alike.
    let marked = |columns: &[&str]| {
        columns.iter().map(|column| format!("IFNULL({column}, CHAR(0 USING utf8mb4))")).collect::<Vec<_>>().join(", ")
    };
    vec![
        Question {
            name: "tables.tsv",
            columns: &[
                "table_schema",
                "table_name",
                "table_type",
                "engine",
                "row_format",
                "table_rows",
                "avg_row_length",
                "data_length",
                "index_length",
                "create_options",
            ],
            sql: format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_ROWS, AVG_ROW_LENGTH, DATA_LENGTH, \
                 INDEX_LENGTH, CREATE_OPTIONS FROM information_schema.TABLES WHERE {}",
                of("TABLE_SCHEMA", "TABLE_NAME")
            ),
            needs: "any privilege on the tables",
            without: "rows of tables that are not InnoDB's are unknown",
        },
        Question {
            name: "partitions.tsv",
            columns: &[
                "table_schema",
                "table_name",
                "partition_name",
                "subpartition_name",
                "partition_ordinal_position",
                "partition_method",
                "partition_expression",
                "partition_description",
            ],
            sql: format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, PARTITION_NAME, {}, PARTITION_ORDINAL_POSITION, {} \
                 FROM information_schema.PARTITIONS WHERE PARTITION_NAME IS NOT NULL AND {}",
                marked(&["SUBPARTITION_NAME"]),
                marked(&["PARTITION_METHOD", "PARTITION_EXPRESSION", "PARTITION_DESCRIPTION"]),
                of("TABLE_SCHEMA", "TABLE_NAME")
            ),
            needs: "any privilege on the tables",
            without: "nothing is lost: schema.sql has the partitions too",
        },
        Question {
            name: "statistics.tsv",
            columns: &[
                "table_schema",
                "table_name",
                "index_name",
                "seq_in_index",
                "column_name",
                "expression",
                "sub_part",
                "collation",
                "cardinality",
                "nullable",
                "non_unique",
                "index_type",
                "is_visible",
            ],
            sql: format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, {}, SUB_PART, COLLATION, CARDINALITY, NULLABLE, \
                 NON_UNIQUE, INDEX_TYPE, IS_VISIBLE FROM information_schema.STATISTICS WHERE {}",
                marked(&["COLUMN_NAME", "EXPRESSION"]),
                of("TABLE_SCHEMA", "TABLE_NAME")
            ),
            needs: "any privilege on the tables",
            without: "rows per key of tables that are not InnoDB's are unknown",
        },
        Question {
            name: "column_statistics.jsonl",
            columns: &["schema_name", "table_name", "column_name", "histogram"],
            sql: format!(
                "SELECT SCHEMA_NAME, TABLE_NAME, COLUMN_NAME, HISTOGRAM FROM information_schema.COLUMN_STATISTICS WHERE {}",
                of("SCHEMA_NAME", "TABLE_NAME")
            ),
            needs: "SELECT on the tables, and no --no-values",
            without: "no histograms: 'filtered' is guessed by the server's default filters",
        },
    ]
}

fn running_statistics(selection: &Selection) -> Question {
    let encoded = selection.encoded_schemas("t.NAME");
    Question {
        name: "innodb_tablestats.tsv",
        columns: &["name", "n_cols", "row_format", "zip_page_size", "num_rows", "clust_index_size", "other_index_size"],
        sql: format!(
            "SELECT t.NAME, t.N_COLS, t.ROW_FORMAT, t.ZIP_PAGE_SIZE, s.NUM_ROWS, s.CLUST_INDEX_SIZE, s.OTHER_INDEX_SIZE \
                 FROM information_schema.INNODB_TABLESTATS s JOIN information_schema.INNODB_TABLES t USING (TABLE_ID) \
                 WHERE s.STATS_INITIALIZED = 'Initialized' AND {encoded}"
        ),
        needs: "PROCESS",
        without: "row counts are those of the last ANALYZE TABLE instead of those that the running server uses",
    }
}

fn persistent_statistics(selection: &Selection) -> Vec<Question> {
    let plain = selection.schemas_only("database_name");
    vec![
        Question {
            name: "innodb_table_stats.tsv",
            columns: &[
                "database_name",
                "table_name",
                "n_rows",
                "clustered_index_size",
                "sum_of_other_index_sizes",
                "last_update",
            ],
            sql: format!(
                "SELECT database_name, table_name, n_rows, clustered_index_size, sum_of_other_index_sizes, last_update \
                 FROM mysql.innodb_table_stats WHERE {plain}"
            ),
            needs: "SELECT on mysql.innodb_table_stats",
            without: "row counts and sizes of partitions are unknown",
        },
        Question {
            name: "innodb_index_stats.tsv",
            columns: &["database_name", "table_name", "index_name", "stat_name", "stat_value", "sample_size", "stat_description"],
            sql: format!(
                "SELECT database_name, table_name, index_name, stat_name, stat_value, sample_size, stat_description \
                 FROM mysql.innodb_index_stats WHERE {plain}"
            ),
            needs: "SELECT on mysql.innodb_index_stats",
            without: "rows per key come from information_schema, pages of indexes are guessed: costs differ",
        },
    ]
}

/// The statements that print the definitions: of schemas, tables, views, stored programs.
fn objects(selection: &Selection) -> Question {
    let quoted = |parts: &[&str]| {
        let parts = parts.iter().map(|part| format!("'`', REPLACE({part}, '`', '``'), '`'"));
        parts.collect::<Vec<_>>().join(", '.', ")
    };
    let one = |kind: &str, parts: &[&str], from: &str, condition: &str| {
        let (schema, name) = (parts[0], parts.last().copied().unwrap_or(parts[0]));
        format!(
            "SELECT {kind} AS kind, {schema} AS schema_name, {name} AS object_name, \
             CONCAT('SHOW CREATE ', {kind}, ' ', {}) AS statement FROM information_schema.{from} WHERE {condition}",
            quoted(parts)
        )
    };
    let in_schema = |schema: &str| selection.schemas_only(schema);
    let table = selection.condition("TABLE_SCHEMA", "TABLE_NAME");
    let table_kind = "IF(TABLE_TYPE = 'VIEW', 'VIEW', 'TABLE')";
    let listed = [
        one("'DATABASE'", &["SCHEMA_NAME"], "SCHEMATA", &in_schema("SCHEMA_NAME")),
        one(table_kind, &["TABLE_SCHEMA", "TABLE_NAME"], "TABLES", &format!("TABLE_TYPE <> 'SYSTEM VIEW' AND {table}")),
        one("ROUTINE_TYPE", &["ROUTINE_SCHEMA", "ROUTINE_NAME"], "ROUTINES", &in_schema("ROUTINE_SCHEMA")),
        one(
            "'TRIGGER'",
            &["TRIGGER_SCHEMA", "TRIGGER_NAME"],
            "TRIGGERS",
            &selection.condition("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE"),
        ),
        one("'EVENT'", &["EVENT_SCHEMA", "EVENT_NAME"], "EVENTS", &in_schema("EVENT_SCHEMA")),
    ];
    Question {
        name: OBJECTS,
        columns: &["kind", "schema_name", "object_name", "statement"],
        sql: listed.join(" UNION ALL "),
        needs: "any privilege on the tables",
        without: "nothing can be planned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_reading() {
        let selection = Selection::new(&["shop".into()], &[]).unwrap();
        for question in questions(&selection) {
            assert!(question.sql.starts_with("SELECT ") || question.sql.starts_with("SHOW "), "{}", question.sql);
            assert!(!question.sql.contains(" FOR UPDATE"));
        }
    }
}
