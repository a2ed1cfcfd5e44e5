//! Key uses of full-text indexes: MATCH in WHERE (spec 04 §3.5).

use super::state::{JoinTable, KeyUse};
use crate::catalog::IndexKind;
use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, Query};
use crate::value::Value;

/// MATCH in the AND chain of WHERE (spec 04 §3.5).
pub(super) fn full_text_key_uses(query: &Query, block: BlockId, tables: &mut [JoinTable], found: &mut Vec<KeyUse>) {
    let Some(where_) = query[block].where_ else { return };
    let conjuncts: Vec<ExprId> = match &query.exprs[where_] {
        Expr::And(args) => args.clone(),
        _ => vec![where_],
    };
    for conjunct in conjuncts {
        let Some(matching) = full_text_match(query, conjunct) else { continue };
        let Expr::Match { columns, against, .. } = &query.exprs[matching] else { continue };
        let Some((id, _)) = columns.first().and_then(|&column| query.column_of(column)) else { continue };
        let reference = &query[id];
        if reference.block != block {
            continue;
        }
        let index = reference.table.indexes.iter().position(|index| {
            index.kind == IndexKind::FullText
                && index.user_parts == columns.len()
                && columns.iter().all(|&column| {
                    query
                        .column_of(column)
                        .is_some_and(|(_, no)| index.parts[..index.user_parts].iter().any(|part| part.column == no))
                })
        });
        let Some(index) = index.map(|number| number as u8).filter(|number| reference.usable_keys.contains(*number)) else {
            continue;
        };
        let table = &mut tables[reference.number as usize];
        table.keys.insert(index);
        let facts = query.exprs.facts(*against);
        found.push(KeyUse {
            table: table.number,
            index,
            part: KeyUse::FULL_TEXT,
            value: matching,
            used: facts.used,
            ref_or_null: false,
            null_rejecting: false,
            ref_table_rows: f64::INFINITY,
            guarded: false,
            semijoin_pair: None,
            condition: Some(conjunct),
            value_is_null: false,
            value_nullable: false,
        });
    }
}

/// The MATCH of `MATCH`, `MATCH > c`, `MATCH >= c` and their mirror images.
fn full_text_match(query: &Query, conjunct: ExprId) -> Option<ExprId> {
    let is_match = |e: ExprId| matches!(query.exprs[e], Expr::Match { .. });
    if is_match(conjunct) {
        return Some(conjunct);
    }
    let Expr::Compare { op, left, right } = &query.exprs[conjunct] else { return None };
    let number = |e: ExprId| match &query.exprs[e] {
        Expr::Literal { value, .. } => match value {
            Value::Int(n) => Some(*n as f64),
            Value::UInt(n) => Some(*n as f64),
            Value::Double(n) => Some(*n),
            Value::Decimal(n) => n.to_string().parse().ok(),
            _ => None,
        },
        _ => None,
    };
    let (matching, bound, op) = if is_match(*left) {
        (*left, number(*right)?, *op)
    } else if is_match(*right) {
        let mirrored = match op {
            CompareOp::Less => CompareOp::Greater,
            CompareOp::LessEqual => CompareOp::GreaterEqual,
            _ => return None,
        };
        (*right, number(*left)?, mirrored)
    } else {
        return None;
    };
    let usable = match op {
        CompareOp::Greater => bound >= 0.0,
        CompareOp::GreaterEqual => bound > 0.0,
        _ => false,
    };
    usable.then_some(matching)
}
