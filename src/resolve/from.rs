//! FROM: the join tree with its nests as they are before simplification (spec 02 §3.1), NATURAL and USING (§1.4).

use super::ast_clause::AstClause;
use super::scope::{Found, Scope, table_columns};
use super::{Resolver, server};
use crate::catalog::schema::same_name;
use crate::error::Result;
use crate::parse::ast::{CompareOp, Expr as AstExpr, Join, JoinKind, Name, TableExpr, TableFactor};
use crate::query::{BlockId, Expr, ExprId, JoinMember, Nest, NestId, NestKind, TableId, TableSet};

/// A condition to resolve once the select list and WHERE are, and where it goes.
pub(super) struct PendingOn<'t> {
    expr: &'t AstExpr,
    scope: Scope,
    member: JoinMember,
}

/// What building the join tree leaves to do.
#[derive(Default)]
pub(super) struct Pending<'t> {
    /// Tables in text order, with their texts.
    pub tables: Vec<(TableId, &'t TableFactor)>,
    pub conditions: Vec<PendingOn<'t>>,
    /// Joins with common columns, inner ones first; done when all tables are known.
    natural: Vec<NaturalJoin<'t>>,
}

/// A NATURAL join or one with USING.
struct NaturalJoin<'t> {
    left: ScopeId,
    right: ScopeId,
    join: &'t Join,
    /// Member that carries the condition.
    member: JoinMember,
    result: ScopeId,
}

/// Index into the scopes of a FROM clause's joins.
type ScopeId = usize;

/// The joins of a FROM clause: each operand's tables, which ON conditions and common columns are looked up in.
#[derive(Default)]
struct Scopes {
    list: Vec<ScopePlan>,
}

enum ScopePlan {
    Table(TableId),
    Joined(ScopeId, ScopeId),
    Natural(usize),
}

impl Resolver<'_> {
    /// Builds the FROM clause of a block: tables, nests, scopes. ON conditions are left to `resolve_on`.
    pub(super) fn build_from<'t>(&mut self, block: BlockId, from: &'t [TableExpr]) -> Result<Pending<'t>> {
        let mut pending = Pending::default();
        let mut scopes = Scopes::default();
        let mut on = Vec::new();
        let mut top = Vec::new();
        for element in from {
            let before = on.len();
            let (member, scope) = self.join_member(block, element, &mut pending, &mut scopes, &mut on)?;
            on.rotate_left(before);
            self.query.blocks[block.0 as usize].from.push(member);
            top.push(scope);
        }
        self.check_aliases(&pending.tables)?;
        self.resolve_tables(block, &pending.tables)?;
        let resolved = self.resolve_scopes(block, &scopes, &mut pending)?;
        let mut whole = Scope::default();
        for scope in top {
            whole = Scope::joined(self, &whole, &resolved[scope]);
        }
        self.state_mut(block).scope = whole;
        for (expr, scope, member) in on {
            let scope = resolved.get(scope).cloned().unwrap_or_default();
            pending.conditions.push(PendingOn { expr, scope, member });
        }
        Ok(pending)
    }

    /// One element of FROM: the member of the join tree and its scope.
    fn join_member<'t>(
        &mut self,
        block: BlockId,
        element: &'t TableExpr,
        pending: &mut Pending<'t>,
        scopes: &mut Scopes,
        on: &mut Vec<(&'t AstExpr, ScopeId, JoinMember)>,
    ) -> Result<(JoinMember, ScopeId)> {
        match element {
            TableExpr::Table(factor) => {
                let table = self.open_factor(block, factor)?;
                pending.tables.push((table, factor));
                scopes.list.push(ScopePlan::Table(table));
                Ok((JoinMember::Table(table), scopes.list.len() - 1))
            }
            TableExpr::Nested(list) => {
                let mut members = Vec::new();
                let mut whole = None;
                let first = on.len();
                for element in list {
                    let before = on.len();
                    let (member, scope) = self.join_member(block, element, pending, scopes, on)?;
                    on[first..].rotate_left(before - first);
                    members.push(member);
                    whole = Some(match whole {
                        None => scope,
                        Some(before) => {
                            scopes.list.push(ScopePlan::Joined(before, scope));
                            scopes.list.len() - 1
                        }
                    });
                }
                let scope = whole.unwrap_or(0);
                match members[..] {
                    [one] => Ok((one, scope)),
                    _ => Ok((JoinMember::Nest(self.nest(members)), scope)),
                }
            }
            TableExpr::Join(join) => self.join(block, join, pending, scopes, on),
        }
    }

    fn join<'t>(
        &mut self,
        block: BlockId,
        join: &'t Join,
        pending: &mut Pending<'t>,
        scopes: &mut Scopes,
        on: &mut Vec<(&'t AstExpr, ScopeId, JoinMember)>,
    ) -> Result<(JoinMember, ScopeId)> {
        let before_left = on.len();
        let (left, left_scope) = self.join_member(block, &join.left, pending, scopes, on)?;
        let before_right = on.len();
        let (right, right_scope) = self.join_member(block, &join.right, pending, scopes, on)?;
        // The server resolves the conditions of the second operand, then the join's own, then those of the first operand.
        let own = match join.kind {
            JoinKind::Right => before_right,
            _ => {
                let inner = on.len() - before_right;
                on[before_left..].rotate_left(before_right - before_left);
                before_left + inner
            }
        };
        // RIGHT JOIN is LEFT JOIN with its operands exchanged.
        let (first, second, first_scope, second_scope) = match join.kind {
            JoinKind::Right => (right, left, right_scope, left_scope),
            _ => (left, right, left_scope, right_scope),
        };
        let outer = matches!(join.kind, JoinKind::Left | JoinKind::Right);
        if outer {
            self.make_nullable(second);
        }
        self.mark_operand(second, outer, join.kind == JoinKind::Straight);
        let nest = self.nest(vec![first, second]);
        if join.natural || !join.using.is_empty() {
            scopes.list.push(ScopePlan::Natural(pending.natural.len()));
            let result = scopes.list.len() - 1;
            pending.natural.push(NaturalJoin { left: first_scope, right: second_scope, join, member: second, result });
            return Ok((JoinMember::Nest(nest), result));
        }
        scopes.list.push(ScopePlan::Joined(left_scope, right_scope));
        let scope = scopes.list.len() - 1;
        if let Some(condition) = &join.on {
            on.insert(own, (condition, scope, second));
        }
        Ok((JoinMember::Nest(nest), scope))
    }

    fn nest(&mut self, members: Vec<JoinMember>) -> NestId {
        let id = NestId(self.query.nests.len() as u32);
        for member in &members {
            match *member {
                JoinMember::Table(table) => self.query[table].nest = Some(id),
                JoinMember::Nest(nest) => self.query[nest].parent = Some(id),
            }
        }
        self.query.nests.push(Nest {
            kind: NestKind::Join,
            members,
            on: None,
            outer_join: false,
            straight: false,
            parent: None,
            depends: TableSet::EMPTY,
            merged_from: None,
        });
        id
    }

    fn mark_operand(&mut self, member: JoinMember, outer: bool, straight: bool) {
        let (outer_join, straight_join) = match member {
            JoinMember::Table(table) => {
                let t = &mut self.query[table];
                (&mut t.outer_join, &mut t.straight)
            }
            JoinMember::Nest(nest) => {
                let n = &mut self.query[nest];
                (&mut n.outer_join, &mut n.straight)
            }
        };
        *outer_join |= outer;
        *straight_join |= straight;
    }

    /// All columns of the tables below count as nullable from here on (spec 02 §0.2-1).
    fn make_nullable(&mut self, member: JoinMember) {
        match member {
            JoinMember::Table(table) => self.query[table].nullable_row = true,
            JoinMember::Nest(nest) => {
                for member in self.query[nest].members.clone() {
                    self.make_nullable(member);
                }
            }
        }
    }

    fn resolve_scopes(&mut self, block: BlockId, scopes: &Scopes, pending: &mut Pending<'_>) -> Result<Vec<Scope>> {
        let mut resolved: Vec<Scope> = Vec::with_capacity(scopes.list.len());
        for plan in &scopes.list {
            let scope = match *plan {
                ScopePlan::Table(table) => Scope { tables: vec![table], columns: None },
                ScopePlan::Joined(left, right) => Scope::joined(self, &resolved[left], &resolved[right]),
                ScopePlan::Natural(index) => {
                    let (scope, equalities) = self.common_columns(&pending.natural[index], &resolved)?;
                    let natural = &pending.natural[index];
                    debug_assert_eq!(natural.result, resolved.len());
                    let condition = self.equalities(block, &equalities);
                    if let Some(condition) = condition {
                        self.set_on(natural.member, condition);
                    }
                    scope
                }
            };
            resolved.push(scope);
        }
        Ok(resolved)
    }

    /// The columns of a NATURAL join or USING, common ones first, and the equalities (spec 02 §1.4).
    fn common_columns(&self, natural: &NaturalJoin<'_>, resolved: &[Scope]) -> Result<(Scope, Vec<(Found, Found)>)> {
        let (left, right) = (&resolved[natural.left], &resolved[natural.right]);
        let (left_columns, right_columns) = (left.all_columns(self), right.all_columns(self));
        let name = |found: Found| self.query[found.0].table.columns[found.1 as usize].name.clone();
        let find = |columns: &[Found], wanted: &Name| -> Result<Option<Found>> {
            let mut matches = columns.iter().filter(|c| same_name(&name(**c), wanted));
            let first = matches.next().copied();
            if matches.next().is_some() {
                return server(1052, "23000", format!("Column '{wanted}' in from clause is ambiguous"));
            }
            Ok(first)
        };
        let mut pairs: Vec<(Found, Found)> = Vec::new();
        if natural.join.natural {
            for &column in &left_columns {
                if let Some(other) = find(&right_columns, &name(column))? {
                    find(&left_columns, &name(column))?;
                    pairs.push((column, other));
                }
            }
        } else {
            for wanted in &natural.join.using {
                match (find(&left_columns, wanted)?, find(&right_columns, wanted)?) {
                    (Some(l), Some(r)) => pairs.push((l, r)),
                    _ => return server(1054, "42S22", format!("Unknown column '{wanted}' in 'from clause'")),
                }
            }
            // The equalities stand in the order of the list; `*` follows the left operand's columns.
        }
        let is_common = |column: &Found, side: fn(&(Found, Found)) -> Found| pairs.iter().any(|p| side(p) == *column);
        let mut columns: Vec<Found> = left_columns.iter().filter(|c| is_common(c, |p| p.0)).copied().collect();
        columns.extend(left_columns.iter().filter(|c| !is_common(c, |p| p.0)));
        columns.extend(right_columns.iter().filter(|c| !is_common(c, |p| p.1)));
        let tables = left.tables.iter().chain(&right.tables).copied().collect();
        Ok((Scope { tables, columns: Some(columns) }, pairs))
    }

    fn equalities(&mut self, block: BlockId, pairs: &[(Found, Found)]) -> Option<ExprId> {
        let mut list = Vec::with_capacity(pairs.len());
        for &(left, right) in pairs {
            let left = self.column(block, left);
            let right = self.column(block, right);
            list.push(self.query.add(block, Expr::Compare { op: CompareOp::Equal, left, right }));
        }
        match list[..] {
            [] => None,
            [one] => Some(one),
            _ => Some(self.query.add(block, Expr::And(list))),
        }
    }

    fn set_on(&mut self, member: JoinMember, condition: ExprId) {
        match member {
            JoinMember::Table(table) => self.query[table].on = Some(condition),
            JoinMember::Nest(nest) => self.query[nest].on = Some(condition),
        }
    }

    /// Resolves the ON conditions: each sees the operands of its own join and enclosing blocks.
    pub(super) fn resolve_on(&mut self, block: BlockId, conditions: &[PendingOn<'_>]) -> Result<()> {
        for PendingOn { expr, scope, member } in conditions {
            let whole = std::mem::replace(&mut self.state_mut(block).scope, scope.clone());
            self.state_mut(block).clause = AstClause::On;
            let condition = self.condition(block, expr);
            self.state_mut(block).scope = whole;
            let condition = condition?;
            self.set_predicate_level(condition);
            self.set_on(*member, condition);
        }
        Ok(())
    }

    /// Names in FROM must be different: error 1066.
    fn check_aliases(&self, tables: &[(TableId, &TableFactor)]) -> Result<()> {
        for (i, (table, _)) in tables.iter().enumerate() {
            let t = &self.query[*table];
            let twice = tables[..i].iter().any(|(other, _)| {
                let o = &self.query[*other];
                super::numbering::same_table_name(self.ctx, &o.alias, &t.alias)
                    && super::numbering::same_table_name(self.ctx, &o.schema, &t.schema)
            });
            if twice {
                return server(1066, "42000", format!("Not unique table/alias: '{}'", t.alias));
            }
        }
        Ok(())
    }

    /// The columns of `t.*`; none if no table has the name.
    pub(super) fn columns_of(&self, block: BlockId, schema: Option<&Name>, name: &str) -> Option<Vec<Found>> {
        let scope = &self.state(block).scope;
        let table = scope.tables.iter().copied().find(|t| {
            let t = &self.query[*t];
            super::numbering::same_table_name(self.ctx, &t.alias, name)
                && schema.is_none_or(|s| super::numbering::same_table_name(self.ctx, &t.schema, s))
        })?;
        Some(table_columns(self, table))
    }
}
