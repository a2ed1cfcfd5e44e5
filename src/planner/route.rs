//! Finding out where a proxy in front of a replicated or clustered server must send a statement.

use crate::catalog::Catalog;
use crate::parse::ast::Statement;
use crate::plan::{Route, RouteReason};
use crate::query::{Command, Expr, ExprId, Query};

/// Functions with effects outside the statement, and functions whose result only the session's own connection knows.
const PRIMARY_FUNCTIONS: &[&str] = &[
    "found_rows",
    "get_lock",
    "is_free_lock",
    "is_used_lock",
    "last_insert_id",
    "master_pos_wait",
    "release_all_locks",
    "release_lock",
    "row_count",
    "source_pos_wait",
    "wait_for_executed_gtid_set",
];

/// Classes a resolved statement. Parts that planning removes later count too: a proxy sees the text.
pub(super) fn route(catalog: &Catalog, statement: &Statement, query: &Query) -> Route {
    if !matches!(query.command, Command::Select) {
        return Route::Primary(RouteReason::Write);
    }
    if let Some(lock) = statement.locks {
        return Route::Primary(RouteReason::LockingRead(lock));
    }
    if let Some(target) = statement.into {
        return Route::Primary(RouteReason::Into(target));
    }
    let nodes = (0..query.exprs.len() as u32).map(|id| &query.exprs[ExprId(id)]);
    nodes.filter_map(|node| reason_of(catalog, node)).next().map_or(Route::Replica, Route::Primary)
}

fn reason_of(catalog: &Catalog, node: &Expr) -> Option<RouteReason> {
    match node {
        Expr::AssignUserVariable { name, .. } => Some(RouteReason::UserVariable(name.to_string())),
        Expr::Func { func, .. } if PRIMARY_FUNCTIONS.contains(&func.name()) => {
            Some(RouteReason::Function(func.name().to_ascii_uppercase()))
        }
        Expr::StoredFunction { schema, name, .. } if may_write(catalog, schema, name) => {
            Some(RouteReason::StoredFunction(format!("{schema}.{name}")))
        }
        _ => None,
    }
}

/// A stored function that is declared NO SQL or READS SQL DATA does not write.
fn may_write(catalog: &Catalog, schema: &str, name: &str) -> bool {
    let routine = catalog.schemas.get(schema).and_then(|schema| schema.functions.get(&name.to_lowercase()));
    routine.is_none_or(|routine| {
        let definition = routine.definition.to_ascii_uppercase();
        !(definition.contains("NO SQL") || definition.contains("READS SQL DATA"))
    })
}
