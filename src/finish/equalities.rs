//! Multiple equalities turned back into equalities for the chosen order (spec 02 §4.5 "printing back").

use super::place::{OuterJoin, Work};
use crate::error::Result;
use crate::query::{Expr, ExprId, NestId, Query, TableId};
use crate::rewrite::conditions::{self, ChosenOrder};

impl Work<'_, '_> {
    /// Replaces the multiple equalities of WHERE and of the ON conditions that are left.
    pub(super) fn substitute_equalities(&mut self) -> Result<()> {
        self.remember_equalities();
        let materialized: Vec<(NestId, usize)> =
            self.places.iter().enumerate().filter_map(|(index, place)| Some((place.nest?, index))).collect();
        let places: Vec<Option<TableId>> = self.places.iter().map(|place| place.table).collect();
        let rank = |table: TableId| places.iter().position(|place| *place == Some(table)).unwrap_or(usize::MAX - 1);
        let order = ChosenOrder { rank: &rank, materialized: &materialized };
        conditions::substitute_best_equal(self.ctx, self.query, self.block, &order)?;
        self.where_ = self.query[self.block].where_;
        if self.where_.is_none() && self.places.iter().any(|place| !place.outer_joins.is_empty()) {
            self.where_ = Some(self.query.add_boolean(self.block, true));
        }
        Ok(())
    }

    /// Outer joins that hold a table that is not const, in plan order of their first tables.
    fn kept_outer_joins(&self) -> Vec<OuterJoin> {
        let mut joins = Vec::new();
        for place in &self.places[self.state.const_tables..] {
            for join in &place.outer_joins {
                if !joins.contains(join) {
                    joins.push(*join);
                }
            }
        }
        joins
    }

    fn remember_equalities(&mut self) {
        let is_equality = |query: &Query, part: ExprId| matches!(query.exprs[part], Expr::MultipleEqual { .. });
        if let Some(root) = self.where_ {
            self.where_equalities = conjuncts(self.query, root);
            self.where_equalities.retain(|part| is_equality(self.query, *part));
        }
        self.equalities = self.where_equalities.iter().map(|equal| (None, *equal)).collect();
        for join in self.kept_outer_joins() {
            if let Some(on) = self.on_condition(join) {
                let parts = conjuncts(self.query, on);
                let equalities = parts.into_iter().filter(|part| is_equality(self.query, *part));
                self.equalities.extend(equalities.map(|equal| (Some(join), equal)));
            }
        }
    }

    /// Place of the table of a column.
    pub(super) fn place_of_column(&self, column: ExprId) -> Option<usize> {
        match &self.query.exprs[self.query.real(column)] {
            Expr::Column { table, .. } => self.place_of(*table),
            Expr::MaterializedColumn { nest, .. } => self.places.iter().position(|place| place.nest == Some(*nest)),
            _ => None,
        }
    }

    /// The column that stands for `value` at a place: the one of its multiple equality whose table comes first, inside the
    /// same materialized nest if the place lies in one. Substitution has sorted the columns by place.
    pub(super) fn best_equal_column(&self, value: ExprId, index: usize) -> Option<ExprId> {
        let columns_of = |equal: &ExprId| match &self.query.exprs[*equal] {
            Expr::MultipleEqual { columns, .. } => columns.as_slice(),
            _ => &[],
        };
        let mut levels: Vec<Option<OuterJoin>> = self.places[index].outer_joins.iter().map(|join| Some(*join)).collect();
        levels.push(None);
        let holds = |equal: &&ExprId| columns_of(equal).iter().any(|column| self.query.same(*column, value));
        let of_level = |level: Option<OuterJoin>| self.equalities.iter().filter(move |e| e.0 == level).map(|e| &e.1);
        let equal = levels.into_iter().find_map(|level| of_level(level).find(holds))?;
        let nest = self.places[index].inner_of;
        let inside = |column: &&ExprId| self.place_of_column(**column).and_then(|place| self.places[place].inner_of) == nest;
        match nest {
            Some(_) => columns_of(equal).iter().find(inside).copied(),
            None => columns_of(equal).first().copied(),
        }
    }
}

/// The members of a top-level AND, or the condition itself.
pub(super) fn conjuncts(query: &Query, condition: ExprId) -> Vec<ExprId> {
    match &query.exprs[condition] {
        Expr::And(members) => members.clone(),
        _ => vec![condition],
    }
}
