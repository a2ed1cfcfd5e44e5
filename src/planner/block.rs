//! One block: optimization steps in the server's order (spec 02 §0.3, 06 §1).

use super::Planning;
use crate::access::partition;
use crate::catalog::{ConstRow, SubqueryResult};
use crate::error::Result;
use crate::evaluate::{Evaluated, evaluate};
use crate::finish;
use crate::join::{self, DerivedEstimate, JoinInput};
use crate::plan::{BlockPlan, Outcome};
use crate::query::{BlockId, Command, TableId, TableKind, TableSet, TermKind, UnitId, UnitRole};
use crate::rewrite::conditions::{self, Truth};
use crate::rewrite::generated_columns;
use crate::rewrite::min_max::{AggregateAnswer, answer_aggregates};
use crate::value::Value;
use crate::value::store::read_typed;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Planning<'_> {
    /// Plans a block and then the subqueries of its expressions.
    pub(crate) fn plan_block(&mut self, block: BlockId) -> Result<()> {
        let plan = self.plan_of_block(block)?;
        let ended_early = matches!(plan.outcome, Outcome::ZeroRows(_)) && !self.query[block].implicitly_grouped();
        self.blocks[block.0 as usize] = Some(plan);
        for unit in self.query[block].inner_units.clone() {
            if matches!(self.query[unit].role, UnitRole::Subquery(_)) {
                // Subqueries of a block without rows are listed, but never planned (spec 05 §9.5) unless planning read them.
                if !ended_early || self.ctx.evaluated_units.borrow().contains(&unit.0) {
                    self.plan_unit(unit)?;
                }
            }
        }
        Ok(())
    }

    fn plan_of_block(&mut self, block: BlockId) -> Result<BlockPlan> {
        let ctx = self.ctx;
        let select_id = self.query[block].select_id;
        let mut depth = 0;
        ctx.trace(|t| {
            depth = t.depth();
            t.open_object(None);
            t.open_object(Some("join_optimization"));
            t.field("select#", select_id);
            t.open_array(Some("steps"));
        });
        self.renew_outer_references(block);
        let plan = self.optimize_block(block);
        ctx.trace(|t| {
            while t.depth() > depth {
                t.close();
            }
        });
        plan
    }

    /// Columns of outer blocks' const tables have become constants (spec 05 §9.2).
    fn renew_outer_references(&mut self, block: BlockId) {
        let dependent = self.query[block].uncacheable.dependent;
        if dependent && self.query.tables.iter().any(|table| table.const_row.is_some() && table.block != block) {
            for root in self.query.block_roots(block) {
                self.query.renew_facts(block, root);
            }
        }
    }

    fn optimize_block(&mut self, block: BlockId) -> Result<BlockPlan> {
        let derived = self.plan_derived_tables(block)?;
        let change = self.is_single_table_change(block);
        if self.limit_is_zero(block) && !change {
            return Ok(self.early(block, Outcome::ZeroRows("Zero limit")));
        }
        if change && self.limit_is_zero(block) {
            return Ok(self.early(block, Outcome::ZeroRows("LIMIT is zero")));
        }
        if change && self.all_partitions_pruned(block) {
            return Ok(self.early(block, Outcome::ZeroRows("No matching rows after partition pruning")));
        }
        generated_columns::substitute(self.ctx, &mut self.query, block);
        if conditions::optimize_where(self.ctx, &mut self.query, block)? == Truth::False {
            return Ok(self.early(block, Outcome::ZeroRows("Impossible WHERE")));
        }
        if conditions::optimize_having(self.ctx, &mut self.query, block)? == Truth::False {
            return Ok(self.early(block, Outcome::ZeroRows("Impossible HAVING")));
        }
        if change {
            return self.plan_of_change(block);
        }
        if self.query[block].values.is_some() {
            return Ok(self.early(block, Outcome::Values));
        }
        if self.query[block].leaves.is_empty() {
            return Ok(self.early(block, Outcome::NoTables));
        }
        match answer_aggregates(self.ctx, &self.query, block) {
            AggregateAnswer::OptimizedAway => return Ok(self.early(block, Outcome::OptimizedAway)),
            AggregateAnswer::NoMatchingRow => return Ok(self.early(block, Outcome::ZeroRows("No matching min/max row"))),
            AggregateAnswer::NotPossible | AggregateAnswer::CountedByEngine => {}
        }
        let input = JoinInput { derived: &derived };
        let state = join::plan(self.ctx, &mut self.query, block, &input)?;
        let state = self.decide_subquery(block, state);
        finish::finish(self.ctx, &mut self.query, state)
    }

    /// UPDATE and DELETE of one table are planned without a join (spec 06 §15.1).
    fn is_single_table_change(&self, block: BlockId) -> bool {
        let is_first = self.query[self.query.root].blocks.first() == Some(&block);
        let changes =
            matches!(self.query.command, Command::Update { multi_table: false, .. } | Command::Delete { multi_table: false, .. });
        is_first && changes
    }

    /// Do the constant conditions of an UPDATE or DELETE, as written, leave no partition? (spec 02 §0.2-17e)
    fn all_partitions_pruned(&self, block: BlockId) -> bool {
        let b = &self.query[block];
        b.leaves.first().is_some_and(|table| {
            self.query[*table].table.partitioning.is_some()
                && partition::prune(self.ctx, &self.query, *table, b.where_, TableSet::EMPTY, true)
                    .is_some_and(|pruned| pruned.used.is_empty())
        })
    }

    fn plan_of_change(&mut self, block: BlockId) -> Result<BlockPlan> {
        let limit = match self.query[block].limit.map(|limit| evaluate(self.ctx, &self.query, limit)) {
            Some(Evaluated::Known(Value::Int(count))) => count.max(0) as u64,
            Some(Evaluated::Known(Value::UInt(count))) => count,
            _ => u64::MAX,
        };
        let table = self.query[block].leaves.first().copied();
        let where_ = self.query[block].where_;
        let partitions = table
            .filter(|table| self.query[*table].table.partitioning.is_some())
            .and_then(|table| partition::prune(self.ctx, &self.query, table, where_, TableSet::EMPTY, true))
            .map(|pruned| pruned.used);
        finish::data_change(self.ctx, &mut self.query, block, limit, partitions)
    }

    fn early(&mut self, block: BlockId, outcome: Outcome) -> BlockPlan {
        finish::without_tables(self.ctx, &mut self.query, block, outcome)
    }

    /// LIMIT plus OFFSET is zero (spec 02 §0.3-2).
    fn limit_is_zero(&self, block: BlockId) -> bool {
        let b = &self.query[block];
        let zero = |expr| matches!(evaluate(self.ctx, &self.query, expr), Evaluated::Known(Value::Int(0) | Value::UInt(0)));
        b.limit.is_some_and(zero) && b.offset.is_none_or(zero) && !b.options.sql_calc_found_rows
    }

    /// Plans the definitions of the block's derived tables; those of at most one row are read now (spec 05 §10.2).
    fn plan_derived_tables(&mut self, block: BlockId) -> Result<Vec<DerivedEstimate>> {
        let mut estimates = Vec::new();
        for table in self.query[block].leaves.clone() {
            let unit = match &self.query[table].kind {
                TableKind::Derived { unit, .. } => *unit,
                TableKind::RecursiveReference { .. } => {
                    let rows = self.rows_of_recursive_reference(block);
                    estimates.push(DerivedEstimate { table, rows, cost: 0.0 });
                    continue;
                }
                _ => continue,
            };
            self.plan_unit(unit)?;
            let Some(estimate) = self.units[unit.0 as usize] else { continue };
            if estimate.rows <= 1 && !self.query[unit].uncacheable.any() {
                self.read_const_derived(table, unit);
            }
            estimates.push(DerivedEstimate { table, rows: estimate.rows, cost: estimate.cost });
        }
        Ok(estimates)
    }

    /// Rows of a recursive CTE's reference to itself: those of the blocks before this one, at least 2.
    fn rows_of_recursive_reference(&self, block: BlockId) -> u64 {
        let unit = self.query[block].unit;
        let before = self.query[unit].blocks.iter().take_while(|b| **b != block);
        let rows: u64 = before.map(|b| self.contribution(*b)).sum();
        rows.max(2)
    }

    /// The row of a definition without tables: values of constant expressions.
    fn constant_row(&self, unit: UnitId) -> ConstRow {
        let TermKind::Block(block) = self.query[unit].term.kind else { return ConstRow::Unknown };
        let b = &self.query[block];
        let plain = b.leaves.is_empty() && b.where_.is_none() && b.having.is_none() && b.values.is_none();
        if !plain || b.limit.is_some() {
            return ConstRow::Unknown;
        }
        let known = b.items.iter().enumerate().filter_map(|(number, item)| match evaluate(self.ctx, &self.query, item.expr) {
            Evaluated::Known(value) => Some((number as u16, value)),
            _ => None,
        });
        ConstRow::Found(known.collect())
    }

    fn read_const_derived(&mut self, table: TableId, unit: UnitId) {
        let schema = self.query.current_schema.clone().unwrap_or_default();
        let captured = self.query[unit].text.as_ref().and_then(|text| self.ctx.statistics().subquery(&schema, text));
        let row = match captured {
            Some(SubqueryResult::Rows { rows, .. }) => match rows.first() {
                None => ConstRow::Missing,
                Some(values) => {
                    let columns = &self.query[table].table.columns;
                    let typed = values.iter().zip(columns).enumerate().map(|(number, (value, column))| {
                        let value = value.as_ref().map_or(Value::Null, |text| read_typed(text, &column.ty));
                        (number as u16, value)
                    });
                    ConstRow::Found(typed.collect::<BTreeMap<_, _>>())
                }
            },
            _ if self.units[unit.0 as usize].is_some_and(|estimate| estimate.rows == 0) => ConstRow::Missing,
            _ => self.constant_row(unit),
        };
        self.query[table].const_row = Some(Arc::new(row));
    }
}
