//! A prefix of a column in an index is enough where the column is only compared with a short LIKE pattern.
//!
//! Seen on a live server: `k(name(10))` covers `SELECT id … WHERE name [NOT] LIKE 'abc%'` as long as the pattern is constant, has
//! `%` only at its end, and is no longer than the prefix; any other use of the column needs all of it.

use super::block_tables::keys_with_columns;
use crate::catalog::{ColumnNo, KeySet};
use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate};
use crate::query::{BlockId, ColumnSet, Expr, ExprId, Query, TableId};

/// Indexes that hold the needed columns when prefixes count where they are enough.
pub(super) fn keys(ctx: &Context<'_>, query: &Query, id: TableId, needed: &ColumnSet) -> KeySet {
    let table = &query[id].table;
    let mut found = KeySet::EMPTY;
    for (number, index) in table.indexes.iter().enumerate() {
        let mut rest = needed.clone();
        let mut shortened = false;
        for part in &index.parts {
            let Some(chars) = part.prefix_chars.filter(|_| needed.contains(part.column)) else { continue };
            if longest_pattern(ctx, query, id, part.column).is_some_and(|longest| longest <= chars as usize) {
                rest.remove(part.column);
                shortened = true;
            }
        }
        if shortened && keys_with_columns(table, &rest, false).contains(number as u8) {
            found.insert(number as u8);
        }
    }
    found
}

/// Characters of the longest LIKE pattern that the column is compared with; none if it is used in any other way.
fn longest_pattern(ctx: &Context<'_>, query: &Query, id: TableId, column: ColumnNo) -> Option<usize> {
    let (mut uses, mut patterns) = (0, Vec::new());
    for block in (0..query.blocks.len() as u32).map(BlockId) {
        for root in query.block_roots(block) {
            query.walk(root, &mut |node| match query.exprs[node] {
                Expr::Column { table, column: used } if table == id && used == column => uses += 1,
                Expr::Like { arg, pattern, escape: None } if is_column(query, arg, id, column) => patterns.push(pattern),
                _ => {}
            });
        }
    }
    if uses == 0 || uses != patterns.len() {
        return None;
    }
    patterns.into_iter().map(|pattern| pattern_chars(ctx, query, pattern)).collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn is_column(query: &Query, expr: ExprId, id: TableId, column: ColumnNo) -> bool {
    query.exprs[expr] == Expr::Column { table: id, column }
}

/// Characters of a constant pattern before its closing `%`; none if one stands before others.
fn pattern_chars(ctx: &Context<'_>, query: &Query, pattern: ExprId) -> Option<usize> {
    let Evaluated::Known(value) = evaluate(ctx, query, pattern) else { return None };
    let text = value.to_text()?;
    let (mut chars, mut count, mut closed) = (text.chars(), 0, false);
    while let Some(c) = chars.next() {
        match c {
            '%' => closed = true,
            _ if closed => return None,
            '\\' => {
                chars.next();
                count += 1;
            }
            _ => count += 1,
        }
    }
    Some(count)
}
