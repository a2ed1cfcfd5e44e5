//! Expressions that equal the definition of an indexed generated column or of a functional index part → that column (spec 04 §3).
//! before: SELECT * FROM t WHERE LOWER(s) = 'abc'     -- KEY ((LOWER(s)))
//! after:  SELECT * FROM t WHERE <hidden column> = 'abc'
//! holds if: the other operands are constants of the column's class, and strings compare in the column's collation
//! not if:   `<>`, IS NULL, a number against a string · the operands are written in another order than in the definition

use crate::catalog::{ColumnNo, DataType, ResultClass, Table};
use crate::context::Context;
use crate::parse;
use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, Query, TableId, TableKind};
use crate::resolve;

/// An indexed generated column with its definition, resolved by itself.
struct Candidate {
    table: TableId,
    column: ColumnNo,
    ty: DataType,
    array: bool,
    definition: Query,
    expr: ExprId,
}

/// Replaces expressions in WHERE and the ON conditions of a block.
pub fn substitute(ctx: &Context<'_>, query: &mut Query, block: BlockId) {
    let candidates = candidates(ctx, query, block);
    if candidates.is_empty() {
        return;
    }
    let mut roots: Vec<ExprId> = query[block].where_.into_iter().collect();
    let members = query[block].from.clone();
    super::conditions::equalities::collect_ons(query, &members, &mut roots);
    for root in roots {
        let mut found = Vec::new();
        query.walk(root, &mut |predicate| find(query, predicate, &candidates, &mut found));
        for (operand, candidate) in &found {
            let candidate = &candidates[*candidate];
            query[candidate.table].read_set.insert(candidate.column);
            let node = Expr::Column { table: candidate.table, column: candidate.column };
            let column = query.add(block, node.clone());
            let facts = query.exprs.facts(column).clone();
            query.exprs.replace(*operand, node);
            *query.exprs.facts_mut(*operand) = facts;
        }
        if !found.is_empty() {
            query.renew_facts(block, root);
        }
    }
}

fn candidates(ctx: &Context<'_>, query: &Query, block: BlockId) -> Vec<Candidate> {
    let mut found = Vec::new();
    for &table in &query[block].leaves {
        if !matches!(query[table].kind, TableKind::Base) {
            continue;
        }
        let definition = query[table].table.clone();
        for (number, column) in definition.columns.iter().enumerate() {
            let Some(generated) = &column.generated else { continue };
            let number = number as ColumnNo;
            if !is_indexed(query, table, &definition, number) {
                continue;
            }
            let text = if generated.is_array { array_argument(&generated.expression) } else { &generated.expression };
            if let Some((resolved, expr)) = resolve_alone(ctx, &definition, text)
                && !matches!(resolved.exprs[expr], Expr::Column { .. } | Expr::Literal { .. })
            {
                let ty = column.ty.clone();
                let array = generated.is_array;
                found.push(Candidate { table, column: number, ty, array, definition: resolved, expr });
            }
        }
    }
    found
}

fn is_indexed(query: &Query, table: TableId, definition: &Table, column: ColumnNo) -> bool {
    let usable = query[table].usable_keys;
    definition
        .indexes
        .iter()
        .enumerate()
        .any(|(number, index)| usable.contains(number as u8) && index.parts.iter().any(|part| part.column == column))
}

/// The argument of `cast(… as … array)`.
pub fn array_argument(expression: &str) -> &str {
    let inner = expression.trim().trim_start_matches('(');
    let inner = inner.get(..5).filter(|start| start.eq_ignore_ascii_case("cast(")).map_or(inner, |_| &inner[5..]);
    inner.to_ascii_lowercase().rfind(" as ").map_or(inner, |end| &inner[..end])
}

/// Resolves an expression over one table.
fn resolve_alone(ctx: &Context<'_>, table: &Table, expression: &str) -> Option<(Query, ExprId)> {
    let quoted = |name: &str| name.replace('`', "``");
    let sql = format!("SELECT {expression} FROM `{}`.`{}`", quoted(&table.schema), quoted(&table.name));
    let statement = parse::statement(&sql, ctx.settings).ok()?;
    let query = resolve::resolve(ctx, &statement).ok()?;
    let expr = query.real(query[BlockId(0)].items.first()?.expr);
    Some((query, expr))
}

/// Adds the operand of a predicate that a candidate stands for.
fn find(query: &Query, predicate: ExprId, candidates: &[Candidate], found: &mut Vec<(ExprId, usize)>) {
    use CompareOp::{Equal, Greater, GreaterEqual, Less, LessEqual};
    let mut try_operand = |operand: ExprId, others: &[ExprId]| {
        let operand = query.real(operand);
        let place = candidates.iter().position(|candidate| {
            !candidate.array
                && others.iter().all(|other| fits(query, candidate, *other))
                && same(query, operand, candidate, candidate.expr)
        });
        if let Some(place) = place {
            found.push((operand, place));
        }
    };
    match &query.exprs[predicate] {
        Expr::Compare { op: Equal | Less | LessEqual | Greater | GreaterEqual, left, right } => {
            try_operand(*left, &[*right]);
            try_operand(*right, &[*left]);
        }
        Expr::Between { arg, low, high, .. } => try_operand(*arg, &[*low, *high]),
        Expr::In { arg, list, .. } => try_operand(*arg, list),
        Expr::Func { func, args, .. } => {
            let operands: &[ExprId] = match (func.name(), args.as_slice()) {
                ("member of", [_, array]) => std::slice::from_ref(array),
                ("json_contains", [array, _]) => std::slice::from_ref(array),
                ("json_overlaps", [_, _]) => args,
                _ => return,
            };
            for operand in operands {
                let operand = query.real(*operand);
                let others_constant =
                    args.iter().all(|arg| query.real(*arg) == operand || query.exprs.facts(*arg).used.is_empty());
                let place = candidates
                    .iter()
                    .position(|candidate| candidate.array && others_constant && same(query, operand, candidate, candidate.expr));
                if let Some(place) = place {
                    found.push((operand, place));
                }
            }
        }
        _ => {}
    }
}

/// May a constant be compared with the column in the column's own class?
fn fits(query: &Query, candidate: &Candidate, other: ExprId) -> bool {
    let facts = query.exprs.facts(other);
    if !facts.used.is_empty() {
        return false;
    }
    let class = candidate.ty.result_class();
    if facts.ty.result_class() != class {
        return false;
    }
    let stronger = facts.coercibility < 2 && facts.ty.collation != candidate.ty.collation;
    class != ResultClass::Str || !candidate.ty.is_plain_string() || !facts.ty.is_string() || !stronger
}

/// Is an expression of the statement the same as one of a candidate's definition?
fn same(query: &Query, expr: ExprId, candidate: &Candidate, defined: ExprId) -> bool {
    let (expr, defined) = (query.real(expr), candidate.definition.real(defined));
    let (ours, theirs) = (&query.exprs[expr], &candidate.definition.exprs[defined]);
    if let (Expr::Column { table, column }, Expr::Column { column: other, .. }) = (ours, theirs) {
        return *table == candidate.table && column == other;
    }
    if std::mem::discriminant(ours) != std::mem::discriminant(theirs) || !ours.same_operation(theirs) {
        return false;
    }
    let (ours, theirs) = (query.children(expr), candidate.definition.children(defined));
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| same(query, *ours, candidate, *theirs))
}
