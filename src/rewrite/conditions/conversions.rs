//! Warnings of constants that a comparison cannot bring to the column's type (spec 07 §11, codes 1292).
//!
//! Only what the server says when a comparison is resolved; the range optimizer repeats some of it.

use crate::catalog::{ResultClass, TypeKind};
use crate::context::Context;
use crate::query::typing;
use crate::query::{BlockId, Diagnostic, Expr, ExprId, JoinMember, Level, Query};
use crate::value::{StoreOutcome, Value, store};

/// Leaves the conversion warnings of a block's select list, WHERE, ON and HAVING, in this order.
pub(super) fn warn(ctx: &Context<'_>, query: &mut Query, block: BlockId) {
    let mut roots: Vec<ExprId> = query[block].items.iter().map(|item| item.expr).collect();
    roots.extend(query[block].where_);
    collect_ons(query, &query[block].from, &mut roots);
    roots.extend(query[block].having);
    let mut found = Vec::new();
    for root in roots {
        query.walk(root, &mut |id| match &query.exprs[id] {
            Expr::Compare { left, right, .. } => {
                found.extend(comparison(ctx, query, *left, *right, false));
                found.extend(comparison(ctx, query, *right, *left, false));
            }
            Expr::Between { arg, low, high, .. } => {
                found.extend(comparison(ctx, query, *arg, *low, true).filter(|_| !is_text(query, *low)));
                found.extend(comparison(ctx, query, *arg, *high, true).filter(|_| !is_text(query, *high)));
            }
            Expr::In { arg, list, .. } => {
                for item in list {
                    found.extend(comparison(ctx, query, *arg, *item, true));
                }
            }
            _ => {}
        });
    }
    query.diagnostics.extend(found);
}

fn collect_ons(query: &Query, members: &[JoinMember], roots: &mut Vec<ExprId>) {
    for member in members {
        match *member {
            JoinMember::Table(table) => roots.extend(query[table].on),
            JoinMember::Nest(nest) => {
                collect_ons(query, &query[nest].members, roots);
                // The nest of a merged definition was resolved with the definition.
                if query[nest].merged_from.is_none() {
                    roots.extend(query[nest].on);
                }
            }
        }
    }
}

fn is_text(query: &Query, expr: ExprId) -> bool {
    matches!(&query.exprs[expr], Expr::Literal { value: Value::Str(_), .. })
}

/// The warning of one constant; `in_list`: an element of IN or a bound of BETWEEN.
fn comparison(ctx: &Context<'_>, query: &Query, column: ExprId, constant: ExprId, in_list: bool) -> Option<Diagnostic> {
    let (table, number) = query.column_of(column)?;
    let Expr::Literal { value, .. } = &query.exprs[constant] else { return None };
    let definition = query[table].table.columns.get(usize::from(number))?;
    let ty = &definition.ty;
    let text = value.to_text()?;
    let warning = |text: String| Some(Diagnostic { level: Level::Warning, code: 1292, text });
    if typing::is_temporal(ty) {
        let is_number = matches!(value, Value::Int(_) | Value::UInt(_) | Value::Decimal(_) | Value::Double(_));
        let is_string = matches!(value, Value::Str(_));
        // Zero stands for the zero date.
        let is_number = is_number && text != "0";
        let tried = is_number || is_string && (in_list || ty.kind == TypeKind::Time);
        if !tried {
            return None;
        }
        // The zero date can be compared with whatever the mode says about storing it.
        let mut rules = ctx.settings.store_rules();
        rules.dates.no_zero_date = false;
        let outcome = store(value, ty, rules).outcome;
        if !matches!(outcome, StoreOutcome::Invalid | StoreOutcome::OutOfRange { .. }) {
            return None;
        }
        let kind = match ty.kind {
            TypeKind::Date => "date",
            TypeKind::Time => "time",
            _ => "datetime",
        };
        return warning(format!("Incorrect {kind} value: '{text}' for column '{}' at row 1", definition.name));
    }
    if in_list || !matches!(value, Value::Str(_)) {
        return None;
    }
    match typing::class(ty) {
        ResultClass::Decimal if !value.to_decimal()?.clean => warning(format!("Truncated incorrect DECIMAL value: '{text}'")),
        ResultClass::Int | ResultClass::Real if ty.kind != TypeKind::Bit && !value.to_double()?.clean => {
            warning(format!("Truncated incorrect DOUBLE value: '{text}'"))
        }
        _ => None,
    }
}
