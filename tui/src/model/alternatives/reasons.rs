//! Causes of the optimizer trace in words.

/// What a cause means; one that is not known is shown as it is.
pub(super) fn reason(cause: &str) -> String {
    let words = match cause {
        "cost" => "dearer",
        "not_applicable" => "no condition, grouping or order on its first part",
        "heuristic_index_cheaper" => "a lookup in the same index is never dearer than a range in it",
        "heuristic_eqref_already_found" => "a lookup that finds at most one row was found before",
        "clustered_pk_chosen_by_heuristics" => "the whole primary key is known: nothing can be cheaper",
        "range_uses_more_keyparts" => "a range uses more parts of this index",
        "covering_index_better_than_full_scan" => "a covering index is taken rather than a scan of the table",
        "force_index" => "FORCE INDEX forbids the table scan",
        "no_range_optimization hint" => "the hint NO_RANGE_OPTIMIZATION forbids it",
        "index_merge_hint" => "an index merge hint forbids it",
        "skip_scan_hint" => "a skip scan hint forbids it",
        "fulltext" => "a full-text index has no ranges",
        "no_valid_range_for_this_index" => "the condition gives no range of this index",
        "depends_on_unread_values" => "the range depends on a table that is not read yet",
        "not_rowid_ordered" => "its rows do not come in the order of row ids",
        "too_few_roworder_scans" => "fewer than two indexes give rows in the order of row ids",
        "too_few_indexes_to_merge" => "fewer than two indexes could be merged",
        "does_not_reduce_cost" | "does_not_reduce_cost_of_intersect" => "it would not make the intersection cheaper",
        "does_not_increase_selectivity" => "another index does not leave fewer rows",
        "always_cheaper_than_not_roworder_retrieval" => "rows in the order of row ids are always cheaper",
        "condition_always_true" => "the condition is always true",
        "not_single_table" => "only for statements of one table",
        "no_join" => "only for SELECT",
        "no_index" => "no index covers it",
        "rollup" => "not with ROLLUP",
        "cannot_do_reverse_ordering" => "not in descending order",
        "has_group_by" => "not with GROUP BY",
        "has_select_distinct" | "has_aggregate_distinct" => "not with DISTINCT",
        "not_group_by_or_distinct" => "there is neither GROUP BY nor DISTINCT",
        "not_applicable_aggregate_function" => "an aggregate other than MIN, MAX or DISTINCT",
        "not_covering" => "the index does not hold all columns",
        "query_references_nonkey_column" => "the statement reads columns that the index does not hold",
        "prefix_not_const_equality" => "the first parts are not compared with constants",
        "no_range_predicate" => "there is no range on a later part",
        "range_predicate_too_complex" => "the range is too complex",
        "disjuntive_predicate_present" | "keypart_in_disjunctive_query" | "minmax_keypart_in_disjunctive_query" => {
            "the condition holds an OR"
        }
        "not_a_key_range" => "the condition is no range of the index",
        "group_attribute_not_prefix_in_index" => "the grouped columns are not the first parts of the index",
        "select_attribute_not_prefix_in_index" => "the selected columns are not the first parts of the index",
        "primary_key_is_clustered" => "the clustered primary key holds whole rows: nothing is skipped",
        "group_field_is_expression" => "grouped by an expression",
        "no_nongroup_keypart_predicate" | "keypart_reference_from_where_clause" | "non_equality_gap_attribute" => {
            "the condition is on a part behind the grouped ones"
        }
        other => return format!("cause: {other}"),
    };
    words.to_owned()
}
