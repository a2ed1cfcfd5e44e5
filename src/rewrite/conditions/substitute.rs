//! Multiple equalities back into binary ones that suit the join order   (spec 02 §4.5 "Printing back" and its procedure)
//!
//! before: `c.x > 5 AND multiple equal(a.x, b.x, c.x)`, order b, c, a
//! after:  `c.x = b.x AND a.x = b.x AND b.x > 5`
//! holds if: the join order is final and const tables are absorbed
//! not if:   columns reached through merged derived tables and strings inside functions keep their own column

use super::Truth;
use super::equalities::may_replace;
use super::folding::fold;
use super::linked::{Use, for_each_use, replace_use};
use crate::catalog::ColumnNo;
use crate::context::Context;
use crate::error::Result;
use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, JoinMember, NestId, NestKind, Query, TableId};

/// The chosen join order, as far as equalities need it.
pub struct ChosenOrder<'a> {
    /// Place of a table; inner tables of materialized semijoins come behind all others, in their own order.
    pub rank: &'a dyn Fn(TableId) -> usize,
    /// Materialized semijoin nests with the place of their temporary table.
    pub materialized: &'a [(NestId, usize)],
}

/// Replaces the multiple equalities of WHERE and of the ON conditions of tables that are not const.
pub fn substitute_best_equal(ctx: &Context<'_>, query: &mut Query, block: BlockId, order: &ChosenOrder<'_>) -> Result<()> {
    super::absorb_const_tables(ctx, query, block);
    let members = query[block].from.clone();
    if has_outer_join(query, &members) {
        // A block with outer joins and without WHERE prints `where true`.
        query[block].had_where = true;
    }
    let mut substitution = Substitution { ctx, query, block, order, levels: Vec::new() };
    substitution.add_materialized_columns(&members);
    let top = substitution.query[block].where_;
    let top_level = top.map(|condition| substitution.level_of(condition)).unwrap_or_default();
    if let Some(condition) = top {
        let condition = substitution.condition(condition)?;
        substitution.query[block].where_ = Some(condition);
        substitution.query.renew_facts(block, condition);
    }
    substitution.levels.push(top_level);
    substitution.ons(&members)
}

fn has_outer_join(query: &Query, members: &[JoinMember]) -> bool {
    members.iter().any(|member| match *member {
        JoinMember::Table(table) => query[table].outer_join,
        JoinMember::Nest(nest) => query[nest].outer_join || has_outer_join(query, &query[nest].members),
    })
}

struct Substitution<'a, 'c> {
    ctx: &'a Context<'c>,
    query: &'a mut Query,
    block: BlockId,
    order: &'a ChosenOrder<'a>,
    /// Multiple equalities of the levels around the current one, outermost first.
    levels: Vec<Vec<ExprId>>,
}

impl Substitution<'_, '_> {
    /// The multiple equalities of a condition's top level.
    fn level_of(&self, condition: ExprId) -> Vec<ExprId> {
        let in_place = &self.query.equalities_in_place;
        let is_equal = |id: &ExprId| matches!(self.query.exprs[*id], Expr::MultipleEqual { .. }) && !in_place.contains(id);
        match &self.query.exprs[condition] {
            Expr::And(args) => args.iter().copied().filter(is_equal).collect(),
            Expr::MultipleEqual { .. } => vec![condition],
            _ => Vec::new(),
        }
    }

    fn ons(&mut self, members: &[JoinMember]) -> Result<()> {
        for member in members {
            match *member {
                JoinMember::Table(table) => {
                    if let Some(on) = self.query[table].on
                        && self.query[table].const_row.is_none()
                    {
                        let on = self.condition(on)?;
                        self.query[table].on = Some(on);
                        self.query.renew_facts(self.block, on);
                    }
                }
                JoinMember::Nest(nest) => {
                    let inner = self.query[nest].members.clone();
                    let Some(on) = self.query[nest].on else {
                        self.ons(&inner)?;
                        continue;
                    };
                    let level = self.level_of(on);
                    self.levels.push(level);
                    self.ons(&inner)?;
                    self.levels.pop();
                    // A lone multiple equality as the ON of a nest knows no upper levels.
                    let alone = matches!(self.query.exprs[on], Expr::MultipleEqual { .. });
                    let upper = if alone { std::mem::take(&mut self.levels) } else { Vec::new() };
                    let new = self.condition(on)?;
                    if alone {
                        self.levels = upper;
                    }
                    self.query[nest].on = Some(new);
                    self.query.renew_facts(self.block, new);
                }
            }
        }
        Ok(())
    }

    /// Gives every multiple equality that holds an inner expression of a materialized semijoin the temporary table's column,
    /// and ordinary equalities with such an expression on their right that column instead.
    fn add_materialized_columns(&mut self, members: &[JoinMember]) {
        for index in 0..self.order.materialized.len() {
            let (nest, _) = self.order.materialized[index];
            let (NestKind::Semijoin(info) | NestKind::Antijoin(info)) = &self.query[nest].kind else { continue };
            let pairs = info.pairs.clone();
            let Some(condition) = self.holder(nest, members) else { continue };
            for (position, (_, inner)) in pairs.iter().enumerate() {
                let node = Expr::MaterializedColumn { nest, position: position as u32 };
                let column = self.query.add(self.block, node);
                self.add_column(condition, *inner, column);
            }
        }
    }

    /// The condition that holds a semijoin nest's equalities: its own ON (antijoin), that of the outer-join nest around it, or
    /// WHERE.
    fn holder(&self, nest: NestId, members: &[JoinMember]) -> Option<ExprId> {
        debug_assert!(!members.is_empty());
        let mut at = Some(nest);
        while let Some(nest) = at {
            if let Some(on) = self.query[nest].on {
                return Some(on);
            }
            at = self.query[nest].parent;
        }
        self.query[self.block].where_
    }

    fn add_column(&mut self, condition: ExprId, inner: ExprId, column: ExprId) {
        match self.query.exprs[condition].clone() {
            Expr::And(args) => args.into_iter().for_each(|arg| self.add_column(arg, inner, column)),
            Expr::MultipleEqual { mut columns, constant, always_false } => {
                let Some(key) = self.query.column_of(inner) else { return };
                if columns.iter().any(|c| self.query.column_of(*c) == Some(key)) && !columns.contains(&column) {
                    columns.push(column);
                    self.query.exprs.replace(condition, Expr::MultipleEqual { columns, constant, always_false });
                }
            }
            Expr::Compare { op: CompareOp::Equal, left, right }
                if self.query.same(right, inner) && !self.query.same(left, right) =>
            {
                self.query.exprs.replace(condition, Expr::Compare { op: CompareOp::Equal, left, right: column });
            }
            _ => {}
        }
    }

    /// Place of a column in the chosen order; outer references first.
    fn place(&self, column: ExprId) -> usize {
        match &self.query.exprs[self.query.real(column)] {
            Expr::MaterializedColumn { nest, .. } => {
                self.order.materialized.iter().find(|(id, _)| id == nest).map_or(0, |(_, place)| place + 1)
            }
            Expr::Column { table, .. } if self.query[*table].block == self.block => (self.order.rank)(*table) + 1,
            _ => 0,
        }
    }

    /// The materialized semijoin nest that a column's table lies in.
    fn materialized_nest(&self, column: ExprId) -> Option<NestId> {
        let (table, _) = self.query.column_of(column)?;
        let mut at = self.query[table].nest;
        while let Some(nest) = at {
            if self.order.materialized.iter().any(|(id, _)| *id == nest) {
                return Some(nest);
            }
            at = self.query[nest].parent;
        }
        None
    }

    fn columns(&self, equal: ExprId) -> &[ExprId] {
        match &self.query.exprs[equal] {
            Expr::MultipleEqual { columns, .. } => columns,
            _ => &[],
        }
    }

    fn constant(&self, equal: ExprId) -> Option<ExprId> {
        match &self.query.exprs[equal] {
            Expr::MultipleEqual { constant, .. } => *constant,
            _ => None,
        }
    }

    /// Sorts the columns by their tables' places: an exchange sort, which is not stable.
    fn sort(&mut self, equal: ExprId) {
        let mut columns = self.columns(equal).to_vec();
        let mut places: Vec<usize> = columns.iter().map(|column| self.place(*column)).collect();
        for i in 0..columns.len() {
            for j in i + 1..columns.len() {
                if places[i] > places[j] {
                    columns.swap(i, j);
                    places.swap(i, j);
                }
            }
        }
        if let Expr::MultipleEqual { columns: sorted, .. } = &mut self.query.exprs[equal] {
            *sorted = columns;
        }
    }

    fn condition(&mut self, condition: ExprId) -> Result<ExprId> {
        match self.query.exprs[condition].clone() {
            Expr::And(args) => self.conjunction(condition, args),
            Expr::Or(args) => {
                let mut arms = Vec::with_capacity(args.len());
                for arm in args {
                    arms.push(self.condition(arm)?);
                }
                self.query.exprs.replace(condition, Expr::Or(arms));
                Ok(condition)
            }
            Expr::MultipleEqual { .. } => {
                self.sort(condition);
                let parts = self.produce(condition)?;
                Ok(match parts {
                    Produced::Never => self.query.add_boolean(self.block, false),
                    Produced::Parts(parts) => match parts[..] {
                        [] => self.query.add_boolean(self.block, true),
                        [only] => only,
                        _ => self.query.add(self.block, Expr::And(parts)),
                    },
                })
            }
            _ => {
                self.put_best(condition);
                Ok(condition)
            }
        }
    }

    fn conjunction(&mut self, condition: ExprId, args: Vec<ExprId>) -> Result<ExprId> {
        let level = self.level_of(condition);
        for equal in &level {
            self.sort(*equal);
        }
        self.levels.push(level.clone());
        let mut kept = Vec::with_capacity(args.len());
        for arg in args.into_iter().filter(|arg| !level.contains(arg)) {
            kept.push(self.condition(arg)?);
        }
        self.levels.pop();
        for equal in level {
            match self.produce(equal)? {
                Produced::Never => return Ok(self.query.add_boolean(self.block, false)),
                Produced::Parts(parts) => kept.splice(0..0, parts).for_each(drop),
            }
        }
        if kept.is_empty() {
            return Ok(self.query.add_boolean(self.block, true));
        }
        self.query.exprs.replace(condition, Expr::And(kept));
        Ok(condition)
    }

    /// The multiple equality of an upper level that holds a column.
    fn upper(&self, column: ExprId) -> Option<ExprId> {
        self.upper_of(self.query.column_of(column)?)
    }

    fn upper_of(&self, key: (TableId, ColumnNo)) -> Option<ExprId> {
        let holds = |equal: &ExprId| self.columns(*equal).iter().any(|c| self.query.column_of(*c) == Some(key));
        self.levels.iter().rev().find_map(|level| level.iter().copied().find(holds))
    }

    /// The binary equalities of a sorted multiple equality.
    fn produce(&mut self, equal: ExprId) -> Result<Produced> {
        let Expr::MultipleEqual { columns, constant, always_false } = self.query.exprs[equal].clone() else {
            return Ok(Produced::Parts(Vec::new()));
        };
        if always_false {
            return Ok(Produced::Never);
        }
        let mut parts = Vec::new();
        for (at, &column) in columns.iter().enumerate() {
            let nest = self.materialized_nest(column);
            let head = match (constant, nest) {
                (Some(constant), _) => constant,
                (None, Some(nest)) => {
                    columns.iter().copied().find(|c| self.materialized_nest(*c) == Some(nest)).unwrap_or(columns[0])
                }
                (None, None) => columns[0],
            };
            if head == column {
                continue;
            }
            if let Some(upper) = self.upper(column) {
                if constant.is_some() && self.constant(upper).is_some() {
                    continue;
                }
                let in_upper = |c: &ExprId| self.upper(*c) == Some(upper);
                if nest.is_none() && columns[..at].iter().any(in_upper) {
                    continue;
                }
            }
            let node = Expr::Compare { op: CompareOp::Equal, left: column, right: head };
            let predicate = self.query.add(self.block, node);
            self.query.substituted.push((column, equal));
            self.query.substituted.push((head, equal));
            if constant.is_none() {
                parts.push(predicate);
                continue;
            }
            match fold(self.ctx, self.query, self.block, predicate, true)? {
                (_, Truth::False) => return Ok(Produced::Never),
                (_, Truth::True) => {}
                (rest, Truth::Ok) => parts.extend(rest),
            }
        }
        Ok(Produced::Parts(parts))
    }

    /// Replaces linked columns of a predicate by the constant or head column of their multiple equality.
    fn put_best(&mut self, predicate: ExprId) {
        if self.levels.iter().all(Vec::is_empty) {
            return;
        }
        let mut uses: Vec<Use> = Vec::new();
        let wanted = |column| self.upper_of(column).is_some();
        for_each_use(self.ctx, self.query, self.block, predicate, &wanted, &mut |place| uses.push(place));
        for place in uses {
            let Some(equal) = self.upper(place.node) else { continue };
            if let Some(constant) = self.constant(equal) {
                if may_replace(self.ctx, self.query, &place, constant) {
                    replace_use(self.query, &place, constant);
                }
                continue;
            }
            let columns = self.columns(equal);
            let head = match self.materialized_nest(place.node) {
                Some(nest) => columns.iter().copied().find(|c| self.materialized_nest(*c) == Some(nest)),
                None => columns.first().copied(),
            };
            let Some(head) = head else { continue };
            let other_table = self.query.column_of(head).is_none_or(|(table, _)| table != place.column.0);
            if other_table {
                replace_use(self.query, &place, head);
                self.query.substituted.push((head, equal));
            } else {
                self.query.substituted.push((place.node, equal));
            }
        }
    }
}

enum Produced {
    Never,
    Parts(Vec<ExprId>),
}
