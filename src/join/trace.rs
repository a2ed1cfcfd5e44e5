//! How the join planner's decisions print in the trace (spec 09 §5.5, §5.7).

use super::state::{JoinTable, KeyUse};
use crate::access::{RangePlan, RangePlanKind};
use crate::catalog::{IndexNo, Table};
use crate::context::Context;
use crate::parse::ast::{IndexHintKind, IndexHintScope};
use crate::query::{Expr, ExprId, Query, TableId, TableKind};
use serde_json::Value;

/// A number with six significant digits, as the server's trace rounds.
pub(super) fn number(value: f64) -> Value {
    if !value.is_finite() {
        return Value::from(f64::MAX);
    }
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 { Value::from(rounded as i64) } else { Value::from(rounded) }
}

/// A table as the trace names it: `` `name` `alias` ``, or `` `name` `` where both are the same, then its index hints; derived
/// tables have an empty name, and their column list if one was given.
pub fn table_name(query: &Query, id: TableId) -> String {
    let table = &query[id];
    let name: &str = match &table.kind {
        TableKind::Base | TableKind::InformationSchema => &table.table.name,
        TableKind::Derived { cte: Some(name), .. } | TableKind::RecursiveReference { cte: name, .. } => name,
        _ => "",
    };
    let mut text = match name {
        "" => format!(" `{}`", table.alias),
        name if name == &*table.alias => format!("`{name}`"),
        name => format!("`{name}` `{}`", table.alias),
    };
    for hint in &table.index_hints {
        let kind = match hint.kind {
            IndexHintKind::Use => "USE",
            IndexHintKind::Force => "FORCE",
            IndexHintKind::Ignore => "IGNORE",
        };
        let scope = match hint.scope {
            IndexHintScope::All => "",
            IndexHintScope::Join => " FOR JOIN",
            IndexHintScope::OrderBy => " FOR ORDER BY",
            IndexHintScope::GroupBy => " FOR GROUP BY",
        };
        let names: Vec<String> = hint
            .indexes
            .iter()
            .map(|name| if name.eq_ignore_ascii_case("PRIMARY") { "PRIMARY".to_owned() } else { format!("`{name}`") })
            .collect();
        text += &format!(" {kind} INDEX{scope} ({})", names.join(","));
    }
    text
}

/// A range plan as `used_index` prints it.
pub(super) fn range_text(table: &Table, plan: &RangePlan) -> String {
    let name = |index: IndexNo| table.indexes.get(index as usize).map_or("", |index| &index.name).to_owned();
    let list = |plans: &[RangePlan]| plans.iter().map(|plan| range_text(table, plan)).collect::<Vec<_>>().join(",");
    match &plan.kind {
        RangePlanKind::IndexRange(scan) => name(scan.index),
        RangePlanKind::SortUnion(plans) => format!("sort_union({})", list(plans)),
        RangePlanKind::Union(plans) => format!("union({})", list(plans)),
        RangePlanKind::Intersection { scans, clustered, .. } => match clustered {
            Some(clustered) => format!("intersect({},{})", list(scans), range_text(table, clustered)),
            None => format!("intersect({})", list(scans)),
        },
        RangePlanKind::GroupSkip(scan) => format!("index_for_group_by({})", name(scan.index)),
        RangePlanKind::SkipScan(scan) => format!("index_for_skip_scan({})", name(scan.index)),
    }
}

/// `table_dependencies`.
pub(super) fn table_dependencies(ctx: &Context<'_>, query: &Query, tables: &[JoinTable]) {
    ctx.trace(|t| {
        t.open_object(None);
        t.open_array(Some("table_dependencies"));
        for table in tables {
            t.open_object(None);
            t.field("table", table_name(query, table.id));
            t.field("row_may_be_null", query[table.id].nullable_row);
            t.field("map_bit", table.number);
            t.field("depends_on_map_bits", table.dependent.iter().collect::<Vec<u8>>());
            t.close();
        }
        t.close();
        t.close();
    });
}

/// `ref_optimizer_key_uses`.
pub(super) fn key_uses(ctx: &Context<'_>, query: &Query, tables: &[JoinTable], key_uses: &[KeyUse]) {
    ctx.trace(|t| {
        t.open_object(None);
        t.open_array(Some("ref_optimizer_key_uses"));
        for key_use in key_uses {
            let table = &tables[key_use.table as usize];
            let definition = &query[table.id].table;
            let part = definition.indexes.get(key_use.index as usize).and_then(|index| index.parts.get(key_use.part));
            let column = part.and_then(|part| definition.columns.get(part.column as usize));
            t.open_object(None);
            t.field("table", table_name(query, table.id));
            t.field("field", column.map_or("<fulltext>", |column| &column.name));
            t.field("equals", value_name(query, key_use.value));
            t.field("null_rejecting", key_use.null_rejecting);
            t.close();
        }
        t.close();
        t.close();
    });
}

/// A column as `` `table`.`column` ``; other values by what they are, for people.
fn value_name(query: &Query, value: ExprId) -> String {
    if let Some((table, column)) = query.column_of(value) {
        let reference = &query[table];
        let name = reference.table.columns.get(column as usize).map_or("", |column| &column.name);
        return format!("`{}`.`{name}`", reference.alias);
    }
    match &query.exprs[value] {
        Expr::Literal { value, .. } => value.to_text().map_or_else(|| "NULL".to_owned(), |text| text.to_string()),
        _ => "<expression>".to_owned(),
    }
}
