//! The rules, a group of related ones in a file. A check returns drafts; ids, severities and pages are in the list below.

mod access;
mod changes;
mod joins;
mod ordering;
mod predicates;
mod schema;
mod settings;
mod subqueries;

pub(super) use predicates::operands;

use super::finding::Severity::{Error, Info, Warning};
use super::rule::{Check, Rule, RuleId};

/// Rows from which on a table counts as large: a full scan of fewer rows is cheap.
const LARGE_TABLE: f64 = 10_000.0;

/// Rows that must be read, so that reading them in vain matters.
const MANY_ROWS: f64 = 1_000.0;

macro_rules! rule {
    ($id:literal, $page:literal, $name:literal, $severity:ident, $kind:ident($check:path)) => {
        Rule {
            id: RuleId($id),
            name: $name,
            severity: $severity,
            page: include_str!(concat!("../../../docs/rules/", $page, ".md")),
            check: Check::$kind($check),
        }
    };
}

/// All rules by id.
pub(super) const ALL: &[Rule] = &[
    rule!(1, "MX001", "full-scan", Warning, Statement(access::full_scan)),
    rule!(2, "MX002", "unbounded-read", Info, Statement(access::unbounded_read)),
    rule!(3, "MX003", "function-on-column", Warning, Statement(predicates::function_on_column)),
    rule!(4, "MX004", "implicit-conversion", Warning, Statement(predicates::implicit_conversion)),
    rule!(5, "MX005", "charset-conversion", Warning, Statement(predicates::charset_conversion)),
    rule!(6, "MX006", "leading-wildcard", Warning, Statement(predicates::leading_wildcard)),
    rule!(7, "MX007", "missing-histogram", Info, Statement(joins::missing_histogram)),
    rule!(8, "MX008", "join-without-index", Warning, Statement(joins::join_without_index)),
    rule!(9, "MX009", "cross-join", Error, Statement(joins::cross_join)),
    rule!(10, "MX010", "range-checked", Warning, Statement(access::range_checked)),
    rule!(11, "MX011", "filesort", Warning, Statement(ordering::filesort)),
    rule!(12, "MX012", "limit-drops-index", Warning, Statement(ordering::limit_drops_index)),
    rule!(13, "MX013", "temporary-for-grouping", Warning, Statement(ordering::temporary_for_grouping)),
    rule!(14, "MX014", "dependent-subquery", Warning, Statement(subqueries::dependent_subquery)),
    rule!(15, "MX015", "uncacheable-subquery", Warning, Statement(subqueries::uncacheable_subquery)),
    rule!(16, "MX016", "dive-limit", Info, Statement(access::dive_limit)),
    rule!(17, "MX017", "range-memory", Warning, Statement(access::range_memory)),
    rule!(18, "MX018", "offset-paging", Warning, Statement(ordering::offset_paging)),
    rule!(19, "MX019", "index-intersection", Info, Statement(access::index_intersection)),
    rule!(20, "MX020", "or-over-columns", Warning, Statement(access::or_over_columns)),
    rule!(21, "MX021", "not-in-nullable", Warning, Statement(subqueries::not_in_nullable)),
    rule!(22, "MX022", "order-by-random", Warning, Statement(ordering::order_by_random)),
    rule!(23, "MX023", "having-for-where", Warning, Statement(ordering::having_for_where)),
    rule!(24, "MX024", "union-for-union-all", Info, Statement(subqueries::union_for_union_all)),
    rule!(25, "MX025", "large-derived-table", Info, Statement(joins::large_derived_table)),
    rule!(26, "MX026", "limit-without-order", Info, Statement(ordering::limit_without_order)),
    rule!(27, "MX027", "change-without-where", Error, Statement(changes::change_without_where)),
    rule!(28, "MX028", "locks-by-scan", Warning, Statement(access::locks_by_scan)),
    rule!(29, "MX029", "random-condition", Warning, Statement(predicates::random_condition)),
    rule!(30, "MX030", "compare-with-null", Error, Statement(predicates::compare_with_null)),
    rule!(31, "MX031", "impossible-where", Warning, Statement(predicates::impossible_where)),
    rule!(32, "MX032", "outer-join-made-inner", Info, Statement(joins::outer_join_made_inner)),
    rule!(33, "MX033", "count-for-exists", Warning, Statement(subqueries::count_for_exists)),
    rule!(34, "MX034", "redundant-index", Info, Workload(schema::redundant_index)),
    rule!(35, "MX035", "unused-index", Info, Workload(schema::unused_index)),
    rule!(36, "MX036", "beyond-histogram", Warning, Statement(predicates::beyond_histogram)),
    rule!(37, "MX037", "missing-statistics", Warning, Workload(schema::missing_statistics)),
    rule!(38, "MX038", "no-primary-key", Warning, Workload(schema::no_primary_key)),
    rule!(39, "MX039", "wide-primary-key", Info, Workload(schema::wide_primary_key)),
    rule!(40, "MX040", "useless-inner-order", Info, Statement(subqueries::useless_inner_order)),
    rule!(41, "MX041", "index-hint", Warning, Statement(settings::index_hint)),
    rule!(42, "MX042", "straight-join", Warning, Statement(settings::straight_join)),
    rule!(43, "MX043", "all-partitions", Warning, Statement(access::all_partitions)),
    rule!(44, "MX044", "range-before-equality", Info, Statement(access::range_before_equality)),
    rule!(45, "MX045", "almost-covering", Info, Statement(access::almost_covering)),
    rule!(46, "MX046", "optimizer-hint", Warning, Statement(settings::optimizer_hint)),
    rule!(47, "MX047", "natural-join", Info, Statement(joins::natural_join)),
    rule!(48, "MX048", "switch-off-default", Warning, Statement(settings::switch)),
    rule!(49, "MX049", "shallow-search", Info, Statement(joins::shallow_search)),
    rule!(50, "MX050", "calc-found-rows", Warning, Statement(ordering::calc_found_rows)),
    rule!(51, "MX051", "date-as-upper-end", Warning, Statement(predicates::date_as_upper_end)),
    rule!(52, "MX052", "needless-distinct", Info, Statement(ordering::needless_distinct)),
    rule!(53, "MX053", "needless-outer-join", Info, Statement(joins::needless_outer_join)),
    rule!(54, "MX054", "insert-without-columns", Info, Statement(changes::insert_without_columns)),
    rule!(55, "MX055", "change-limit-without-order", Warning, Statement(changes::change_limit_without_order)),
    rule!(56, "MX056", "replace-rows", Info, Statement(changes::replace_rows)),
];
