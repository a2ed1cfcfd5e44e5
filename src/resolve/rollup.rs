//! Grouping as a whole, and the wrappers of WITH ROLLUP (spec 02 §6.6, 08 §9.7).

use super::{Resolver, server};
use crate::error::Result;
use crate::query::{BlockId, Expr, ExprId, Query};

impl Resolver<'_> {
    /// Marks a grouped block and wraps its expressions if it has ROLLUP.
    pub(super) fn finish_grouping(&mut self, block: BlockId) -> Result<()> {
        let b = &mut self.query[block];
        b.grouped = b.has_aggregates || !b.group_by.is_empty();
        self.check_grouping_functions(block)?;
        if self.query[block].rollup && !self.query[block].group_by.is_empty() {
            self.wrap_rollup(block);
        }
        Ok(())
    }

    /// GROUPING() takes group expressions only, and needs ROLLUP.
    fn check_grouping_functions(&self, block: BlockId) -> Result<()> {
        let b = &self.query[block];
        let roots: Vec<ExprId> =
            b.items.iter().map(|i| i.expr).chain(b.having).chain(b.order_by.iter().map(|o| o.expr)).collect();
        let mut calls = Vec::new();
        for root in roots {
            self.query.walk(root, &mut |id| {
                if let Expr::Grouping(args) = &self.query.exprs[id] {
                    calls.push(args.clone());
                }
            });
        }
        for args in calls {
            if !b.rollup {
                return server(1111, "HY000", "Invalid use of group function");
            }
            for (index, arg) in args.iter().enumerate() {
                if !b.group_by.iter().any(|g| self.query.same(g.expr, *arg)) {
                    return server(3602, "HY000", format!("Argument #{} of GROUPING function is not in GROUP BY", index + 1));
                }
            }
        }
        Ok(())
    }

    fn wrap_rollup(&mut self, block: BlockId) {
        let groups: Vec<ExprId> = self.query[block].group_by.iter().map(|g| g.expr).collect();
        let mut changed: Vec<(ExprId, ExprId)> = Vec::new();
        let keep_name: Vec<bool> = (0..self.query[block].items.len()).map(|item| self.keeps_column_name(block, item)).collect();
        for index in 0..self.query[block].items.len() {
            let old = self.query[block].items[index].expr;
            let new = wrap(&mut self.query, block, old, &groups, &changed, false);
            self.query[block].items[index].expr = new;
            changed.push((old, new));
        }
        if let Some(old) = self.query[block].having {
            let new = wrap(&mut self.query, block, old, &groups, &changed, true);
            self.query[block].having = Some(new);
        }
        for index in 0..self.query[block].order_by.len() {
            let element = self.query[block].order_by[index].clone();
            if let Some(item) = element.item
                && self.query.column_of(element.expr).is_some()
                && keep_name[item]
            {
                self.query[block].order_by[index].by_alias = true;
            }
            let known = changed.iter().find(|(old, _)| *old == element.expr).map(|(_, new)| *new);
            let new = match known {
                Some(new) => new,
                None => wrap(&mut self.query, block, element.expr, &groups, &changed, true),
            };
            self.query[block].order_by[index].expr = new;
        }
        for index in 0..self.query[block].windows.len() {
            let mut window = self.query[block].windows[index].clone();
            for element in window.partition_by.iter_mut().chain(&mut window.order_by) {
                element.expr = wrap(&mut self.query, block, element.expr, &groups, &changed, false);
            }
            self.query[block].windows[index] = window;
        }
    }
}

/// Copies an expression with group expressions and aggregates wrapped. References to select items (HAVING, ORDER BY) keep
/// leading to the item, which is wrapped itself.
fn wrap(
    query: &mut Query,
    block: BlockId,
    root: ExprId,
    groups: &[ExprId],
    changed: &[(ExprId, ExprId)],
    references: bool,
) -> ExprId {
    query.copy(root, block, &mut |query, id| {
        if let Expr::Ref { target, kind } = query.exprs[id].clone() {
            let new = changed.iter().find(|(old, _)| *old == target).map_or(target, |(_, new)| *new);
            let reference = query.add(block, Expr::Ref { target: new, kind });
            let position = groups.iter().position(|g| query.same(*g, target));
            return Some(match position {
                Some(position) if references => {
                    query.add(block, Expr::RollupGroupItem { arg: reference, position: position as u32 })
                }
                _ => reference,
            });
        }
        if let Some(position) = groups.iter().position(|g| query.same(*g, id)) {
            return Some(query.add(block, Expr::RollupGroupItem { arg: id, position: position as u32 }));
        }
        match &query.exprs[id] {
            Expr::Aggregate { .. } => Some(query.add(block, Expr::RollupSum(id))),
            _ => None,
        }
    })
}
