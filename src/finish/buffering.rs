//! Join buffers, and whether a temporary table is needed (spec 06 §5, §6, 04 §11.5).

use super::place::Work;
use crate::catalog::{Engine, Switch};
use crate::join::SemijoinStrategy;
use crate::plan::{AccessType, JoinBuffer};
use crate::query::hints::HintKind;
use crate::query::{Command, Expr, ExprFlags, TableKind};

impl Work<'_, '_> {
    /// Decides the join buffer of every table, in plan order.
    pub(super) fn set_up_join_buffers(&mut self) {
        self.count_only = self.counts_records();
        let forbidden = self.no_buffers_at_all();
        for index in self.state.const_tables..self.places.len() {
            let buffer = if forbidden { JoinBuffer::None } else { self.buffer_for(index) };
            self.places[index].buffer = buffer;
            if buffer == JoinBuffer::None {
                self.revise_earlier_buffers(index);
            }
        }
        let buffered = (self.state.const_tables..self.primary).any(|index| self.places[index].buffer != JoinBuffer::None);
        let expensive = !self.plan_is_const() && self.order_by.iter().any(|element| self.is_expensive(element.expr()));
        if buffered || expensive {
            self.simple_order = false;
            self.simple_group = false;
        }
    }

    /// Multi-table UPDATE and DELETE, full text, and forced ordering indexes rule out buffers (`no_jbuf_after` = 0).
    fn no_buffers_at_all(&self) -> bool {
        let changes_rows = matches!(self.query.command, Command::Update { .. } | Command::Delete { .. });
        let outermost = self.query[self.b().unit].outer.is_none();
        if changes_rows && outermost {
            return true;
        }
        if self.uses_full_text() {
            return true;
        }
        let Some(id) = self.first().and_then(|first| self.places[first].table) else { return false };
        let table = &self.query[id];
        (table.force_index_order && !self.order_by.is_empty()) || (table.force_index_group && !self.group_by.is_empty())
    }

    fn uses_full_text(&self) -> bool {
        let b = self.b();
        let roots = b.items.iter().map(|item| item.expr).chain(self.where_).chain(b.having);
        roots.chain(b.order_by.iter().map(|o| o.expr)).any(|root| self.expr_flags(root).any(ExprFlags::FULL_TEXT))
    }

    fn buffer_for(&self, index: usize) -> JoinBuffer {
        let place = &self.places[index];
        let first_of_its_join = if place.inner_of.is_some() {
            index == self.primary || self.places[index - 1].inner_of != place.inner_of
        } else {
            Some(index) == self.first()
        };
        if first_of_its_join || place.dynamic {
            return JoinBuffer::None;
        }
        let nested_loop = self
            .facts(index)
            .map_or_else(|| self.ctx.settings.switches.on(Switch::BlockNestedLoop), |facts| facts.block_nested_loop);
        let batched = self.batched_key_access(index);
        if !nested_loop && !batched {
            return JoinBuffer::None;
        }
        if let Some(first) = place.first_inner {
            if first != index && self.places[first].buffer == JoinBuffer::None {
                return JoinBuffer::None;
            }
            if first == index
                && let Some(upper) = place.first_upper
                && self.places[upper].buffer == JoinBuffer::None
            {
                return JoinBuffer::None;
            }
        }
        if self.is_dependent_table_function(index) || !self.semijoin_allows_buffer(index) || self.lateral_forbids_buffer(index) {
            return JoinBuffer::None;
        }
        match place.access {
            AccessType::All | AccessType::Index | AccessType::Range | AccessType::IndexMerge => {
                if nested_loop && !self.count_only { JoinBuffer::Hash } else { JoinBuffer::None }
            }
            AccessType::Const | AccessType::System | AccessType::Ref | AccessType::EqRef => {
                let guarded = place.lookup.as_ref().is_some_and(|lookup| lookup.guarded_parts != 0);
                let materialized = self.facts(index).is_none_or(|facts| facts.materialized);
                if batched && !guarded && !materialized { JoinBuffer::BatchedKeyAccess } else { JoinBuffer::None }
            }
            _ => JoinBuffer::None,
        }
    }

    /// Batched key access needs a disk-sweep read of the lookup's index that is possible, and used without asking for its cost
    /// (spec 01 §10.8).
    fn batched_key_access(&self, index: usize) -> bool {
        let place = &self.places[index];
        let (Some(id), Some(lookup)) = (place.table, &place.lookup) else { return false };
        let switches = self.ctx.settings.switches;
        let hinted = self.query.table_hint(id, HintKind::Bka);
        if !hinted.unwrap_or(switches.on(Switch::BatchedKeyAccess)) {
            return false;
        }
        let forced = hinted == Some(true) || self.query.index_hint(id, lookup.index, HintKind::Mrr) == Some(true);
        if !forced && (!switches.on(Switch::Mrr) || switches.on(Switch::MrrCostBased)) {
            return false;
        }
        let table = &self.query[id].table;
        let covering = self.facts(index).is_some_and(|facts| facts.covering.contains(lookup.index));
        let prefixed = |no: usize| {
            let index = &table.indexes[no];
            index.parts[..index.user_parts].iter().any(|part| part.prefix_chars.is_some())
        };
        !covering
            && table.engine != Engine::TempTable
            && table.clustered != Some(lookup.index)
            && (lookup.index as usize) < table.indexes.len()
            && !prefixed(lookup.index as usize)
    }

    fn is_dependent_table_function(&self, index: usize) -> bool {
        let Some(id) = self.places[index].table else { return false };
        match &self.query[id].kind {
            TableKind::JsonTable { document } => !self.used(*document).tables().is_empty(),
            _ => false,
        }
    }

    fn semijoin_allows_buffer(&self, index: usize) -> bool {
        let Some((first, last)) = self.places[index].semijoin_range else { return true };
        match self.places[first].position.semijoin {
            SemijoinStrategy::FirstMatch => first == last && self.places[index].first_inner.is_none(),
            SemijoinStrategy::LooseScan => false,
            _ => true,
        }
    }

    /// A lateral table that is still to come depends on a table before this one (spec 05 §10.5).
    fn lateral_forbids_buffer(&self, index: usize) -> bool {
        (index..self.primary).any(|later| {
            let Some(facts) = self.facts(later) else { return false };
            let depends = facts.lateral_depends;
            !depends.is_empty() && self.places[..index].iter().any(|place| depends.contains(place.number))
        })
    }

    /// No buffer here takes the buffers of earlier tables of the same outer join or FirstMatch range.
    fn revise_earlier_buffers(&mut self, index: usize) {
        let mut first = self.places[index].first_inner;
        while let Some(start) = first {
            for earlier in start..index {
                self.places[earlier].buffer = JoinBuffer::None;
            }
            first = self.places[start].first_upper;
        }
        if let Some((start, _)) = self.places[index].semijoin_range
            && self.places[start].position.semijoin == SemijoinStrategy::FirstMatch
        {
            for earlier in start..index {
                self.places[earlier].buffer = JoinBuffer::None;
            }
        }
    }

    /// `SELECT COUNT(*)` over whole tables, which the engine counts (spec 06 §2).
    fn counts_records(&self) -> bool {
        let b = self.b();
        if b.where_.is_some() || self.where_.is_some() || !b.implicitly_grouped() || self.places.is_empty() {
            return false;
        }
        let plain_tables = self.places.iter().all(|place| {
            place.table.is_some_and(|id| matches!(self.query[id].kind, TableKind::Base))
                && place.outer_joins.is_empty()
                && !self.is_partitioned_subset(place.table)
        });
        if !plain_tables || !self.state.nests.is_empty() {
            return false;
        }
        let roots = self.b().items.iter().map(|item| item.expr).chain(self.having);
        let mut counts = 0;
        for root in roots {
            match self.query.exprs[self.query.real(root)] {
                Expr::Aggregate { kind: crate::query::AggregateKind::CountStar, .. } => counts += 1,
                Expr::Aggregate { kind: crate::query::AggregateKind::Count, distinct: false, ref args, .. }
                    if args.iter().all(|arg| !self.query.exprs.facts(*arg).nullable) =>
                {
                    counts += 1
                }
                _ if self.is_const(root) => {}
                _ => return false,
            }
        }
        counts > 0
    }

    fn is_partitioned_subset(&self, _table: Option<crate::query::TableId>) -> bool {
        false
    }

    /// Is a temporary table needed before windowing (spec 06 §6)?
    pub(super) fn decide_temporary_table(&mut self) {
        let has_windows = !self.b().windows.is_empty();
        let rollup = self.b().rollup && !self.group_optimized_away;
        let ordered = !self.order_by.is_empty();
        let grouped = !self.group_by.is_empty();
        let mut need = rollup && (self.distinct || has_windows || ordered);
        need |= self.b().implicitly_grouped() && self.full_text_outside_aggregates();
        if !self.plan_is_const() {
            need |= grouped && !self.simple_group;
            need |= !has_windows && (self.distinct || (ordered && !self.simple_order) || (grouped && ordered));
            need |= self.buffers_result() && !has_windows;
            let several = self.primary > self.state.const_tables + 1;
            need |= has_windows && several && self.first_window_sorts() && !self.group_optimized_away;
        }
        self.need_temporary = need;
    }

    fn full_text_outside_aggregates(&self) -> bool {
        let outside = |root: &crate::query::ExprId| {
            self.expr_flags(*root).any(ExprFlags::FULL_TEXT) && !self.expr_flags(*root).any(ExprFlags::AGGREGATE)
        };
        self.b().items.iter().map(|item| item.expr).any(|root| outside(&root))
    }

    /// SQL_BUFFER_RESULT, written or implied by INSERT … SELECT from its own target.
    pub(super) fn buffers_result(&self) -> bool {
        let materialized = matches!(self.query[self.b().unit].role, crate::query::UnitRole::Derived(_));
        let outermost = self.query[self.b().unit].outer.is_none();
        let written = match &self.query.command {
            Command::Update { .. } | Command::Delete { .. } if outermost => false,
            _ => self.b().options.sql_buffer_result || (outermost && self.ctx.settings.buffer_result),
        };
        (written && !materialized) || (outermost && self.query.reads_insert_target())
    }
}
