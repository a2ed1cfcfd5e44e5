//! Tables of at most one row, known before the search: by row count, or by a unique key bound to constants (spec 04 §2.3,
//! 02 §7.2). Their rows are read now: `TableRef::const_row`.

use super::estimate_rows::Impossible;
use super::key_use::Sargable;
use super::state::{Constness, JoinTable, KeyUse};
use crate::catalog::{ConstRow, IndexNo, KeySet};
use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate};
use crate::query::{BlockId, Expr, ExprId, JoinMember, Query, TableSet};
use crate::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// Which tables are const, and which of them have a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ConstTables {
    pub all: TableSet,
    /// Those with a row, null-complemented ones included.
    pub found: TableSet,
    /// An inner-joined const table has no row.
    pub no_matching_row: bool,
}

struct Extraction<'a, 'c> {
    ctx: &'a Context<'c>,
    query: &'a mut Query,
    block: BlockId,
    tables: &'a mut [JoinTable],
    key_uses: &'a [KeyUse],
    order: &'a mut Vec<u8>,
    result: ConstTables,
}

/// Finds const tables, moves them to the front of `order`, reads their rows and puts their values into multiple equalities.
pub(super) fn extract(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    tables: &mut [JoinTable],
    key_uses: &[KeyUse],
    order: &mut Vec<u8>,
) -> ConstTables {
    let mut extraction = Extraction { ctx, query, block, tables, key_uses, order, result: ConstTables::default() };
    extraction.by_row_count();
    extraction.by_unique_key();
    extraction.result
}

/// Tables whose ranges can never hold become const after the row estimates (spec 04 §5 step 7).
pub(super) fn make_impossible_const(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    tables: &mut [JoinTable],
    order: &mut Vec<u8>,
    consts: &mut ConstTables,
    impossible: &[Impossible],
) {
    let mut extraction = Extraction { ctx, query, block, tables, key_uses: &[], order, result: *consts };
    for found in impossible {
        match *found {
            Impossible::NullRow(number) => extraction.make_const_null(number, Constness::Impossible),
            Impossible::NoRow(number) => extraction.place_const(number, Constness::Impossible, Row::Missing),
        }
    }
    *consts = extraction.result;
}

/// What a const table without a row means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Found,
    NullComplemented,
    Missing,
}

impl Extraction<'_, '_> {
    /// Phase A.
    fn by_row_count(&mut self) {
        for number in 0..self.tables.len() as u8 {
            let table = &self.tables[number as usize];
            let id = table.id;
            let reference = &self.query[id];
            let pruned = table.partitions.as_ref().is_some_and(Vec::is_empty);
            if !table.outer_nests.is_empty() || table.semijoin_nest.is_some() {
                continue;
            }
            let exact = table.statistics.rows_exact;
            let system = if reference.on.is_some() {
                (table.records == 0 || pruned) && exact
            } else {
                let dependent = !table.dependent.minus(self.result.all).is_empty() || !table.dependent.is_empty();
                (table.records <= 1 || pruned) && !dependent && exact && !self.full_text_searched(number)
            };
            if system && table.lateral_depends.is_empty() {
                let row = self.system_row(number);
                self.make_const(number, Constness::System, row);
            }
        }
    }

    fn full_text_searched(&self, number: u8) -> bool {
        self.key_uses[self.tables[number as usize].key_uses.clone()].iter().any(|k| k.part == KeyUse::FULL_TEXT)
    }

    /// The one row of a system table. A derived table's row may have been found out when it was planned.
    fn system_row(&self, number: u8) -> ConstRow {
        let table = &self.tables[number as usize];
        let reference = &self.query[table.id];
        if let Some(known) = &reference.const_row {
            return (**known).clone();
        }
        if table.records == 0 || table.partitions.as_ref().is_some_and(Vec::is_empty) {
            return ConstRow::Missing;
        }
        if table.materialized {
            return ConstRow::Unknown;
        }
        self.ctx.statistics().const_row(&reference.table, None, &[])
    }

    /// Phase B: until no new const table helps another one.
    fn by_unique_key(&mut self) {
        loop {
            let mut referenced = TableSet::EMPTY;
            let before = self.result.all;
            let mut place = self.result.all.len();
            let mut restart = false;
            while place < self.order.len() {
                let number = self.order[place];
                match self.examine(number, &mut referenced) {
                    Step::NullRow => {
                        restart = true;
                        break;
                    }
                    Step::Const | Step::No => place += 1,
                }
            }
            let new = self.result.all.minus(before);
            if !restart && !new.meets(referenced) {
                return;
            }
        }
    }

    fn examine(&mut self, number: u8, referenced: &mut TableSet) -> Step {
        let table = &self.tables[number as usize];
        let id = table.id;
        let uses = table.key_uses.clone();
        let in_nest = !table.outer_nests.is_empty();
        let single_outer = self.query[id].on.is_some() && self.query[id].outer_join && self.query[id].nest.is_none();
        if single_outer {
            for place in uses.clone() {
                let key_use = &self.key_uses[place];
                if key_use.null_rejecting && self.is_const(key_use.used) && self.is_null(key_use) {
                    let index = key_use.index;
                    self.make_const_null(number, Constness::Const { index });
                    return Step::NullRow;
                }
            }
        }
        if !table.dependent.is_empty() {
            let missing = table.dependent.minus(self.result.all);
            if !missing.is_empty() {
                *referenced = referenced.union(missing);
                return Step::No;
            }
            if table.statistics.rows_exact && table.records <= 1 && !in_nest && table.lateral_depends.is_empty() {
                let row = self.system_row(number);
                self.make_const(number, Constness::System, row);
                return Step::Const;
            }
        }
        let mut at = uses.start;
        while at < uses.end {
            let index = self.key_uses[at].index;
            let end = (at..uses.end).find(|&place| self.key_uses[place].index != index).unwrap_or(uses.end);
            if self.examine_index(number, index, at..end, referenced) {
                return Step::Const;
            }
            at = end;
        }
        Step::No
    }

    /// Step 3 of phase B for one index; true if it makes the table const.
    fn examine_index(&mut self, number: u8, index: IndexNo, uses: std::ops::Range<usize>, referenced: &mut TableSet) -> bool {
        let table = &mut self.tables[number as usize];
        table.keys.insert(index);
        let (mut bound, mut constant, mut waiting) = (0u64, 0u64, TableSet::EMPTY);
        let mut values: [Option<ExprId>; 16] = [None; 16];
        for key_use in &self.key_uses[uses.clone()] {
            if key_use.part >= 16 || key_use.value_is_null || key_use.ref_or_null {
                continue;
            }
            bound |= 1 << key_use.part;
            let used = key_use.used.minus(TableSet::INNER);
            if used.minus(self.result.found).is_empty() {
                constant |= 1 << key_use.part;
                values[key_use.part].get_or_insert(key_use.value);
            } else {
                waiting = waiting.union(used);
            }
        }
        let table = &self.tables[number as usize];
        let Some(definition) = self.query[table.id].table.indexes.get(index as usize) else { return false };
        let wanted = (1u64 << definition.user_parts) - 1;
        let full_text = self.key_uses[table.key_uses.clone()].iter().any(|k| k.part == KeyUse::FULL_TEXT);
        if bound != wanted
            || full_text
            || !table.outer_nests.is_empty()
            || table.semijoin_nest.is_some()
            || table.materialized
            || self.expensive_on(number)
        {
            return false;
        }
        if !definition.unique {
            if constant == bound {
                self.tables[number as usize].const_keys.insert(index);
            }
            return false;
        }
        if constant != bound {
            *referenced = referenced.union(waiting);
            return false;
        }
        let parts = definition.user_parts;
        let row = self.read_row(number, index, &values[..parts.min(16)]);
        self.make_const(number, Constness::Const { index }, row);
        true
    }

    fn expensive_on(&self, number: u8) -> bool {
        let table = &self.query[self.tables[number as usize].id];
        table.on.is_some_and(|on| self.query.exprs.facts(on).flags.any(crate::query::ExprFlags::STORED_FUNCTION))
    }

    fn is_const(&self, used: TableSet) -> bool {
        used.minus(TableSet::INNER).minus(self.result.all).is_empty()
    }

    fn is_null(&self, key_use: &KeyUse) -> bool {
        key_use.value_is_null || matches!(evaluate(self.ctx, self.query, key_use.value), Evaluated::Known(Value::Null))
    }

    fn read_row(&self, number: u8, index: IndexNo, values: &[Option<ExprId>]) -> ConstRow {
        let definition = &self.query[self.tables[number as usize].id].table;
        let mut key = Vec::with_capacity(values.len());
        for value in values {
            let Some(value) = value else { return ConstRow::Unknown };
            match evaluate(self.ctx, self.query, *value) {
                Evaluated::Known(Value::Null) => return ConstRow::Missing,
                Evaluated::Known(value) => key.push(value),
                _ => return ConstRow::Unknown,
            }
        }
        self.ctx.statistics().const_row(definition, Some(index), &key)
    }

    fn make_const(&mut self, number: u8, how: Constness, row: ConstRow) {
        let id = self.tables[number as usize].id;
        let on = self.query[id].on;
        let outer = self.query[id].outer_join;
        let mut state = if row == ConstRow::Missing { Row::Missing } else { Row::Found };
        self.query[id].const_row = Some(Arc::new(row));
        if outer {
            if state == Row::Missing {
                state = Row::NullComplemented;
            } else if let Some(on) = on {
                let fails = match evaluate(self.ctx, self.query, on) {
                    Evaluated::Known(value) => value.is_null() || is_zero(&value),
                    _ => false,
                };
                if fails {
                    self.tables[number as usize].const_note = Some("Impossible ON condition");
                    state = Row::NullComplemented;
                }
            }
        }
        match state {
            Row::NullComplemented => self.make_const_null(number, how),
            _ => self.place_const(number, how, state),
        }
    }

    /// All columns of the table are NULL.
    fn make_const_null(&mut self, number: u8, how: Constness) {
        let id = self.tables[number as usize].id;
        self.query[id].const_row = Some(Arc::new(ConstRow::Missing));
        let table = &mut self.tables[number as usize];
        table.const_note.get_or_insert(match how {
            Constness::System => "const row not found",
            Constness::Impossible => "Impossible ON condition",
            _ => "unique row not found",
        });
        self.tables[number as usize].null_row = true;
        self.place_const(number, how, Row::NullComplemented);
    }

    fn place_const(&mut self, number: u8, how: Constness, row: Row) {
        let place = self.result.all.len();
        if let Some(at) = self.order.iter().position(|&other| other == number) {
            self.order[place..=at].rotate_right(1);
        }
        self.result.all.insert(number);
        let table = &mut self.tables[number as usize];
        table.constness = how;
        if how == Constness::System {
            self.query[table.id].system = true;
        }
        let table = &mut self.tables[number as usize];
        match row {
            Row::Missing => self.result.no_matching_row = true,
            _ => {
                table.null_row |= row == Row::NullComplemented;
                self.result.found.insert(number);
            }
        }
        if row != Row::Missing {
            self.put_values_into_equalities(number);
        }
    }

    /// Multiple equalities with a column of the table get its value as constant; all their columns' indexes then have
    /// constant conditions.
    fn put_values_into_equalities(&mut self, number: u8) {
        let id = self.tables[number as usize].id;
        if self.query[id].outer_join {
            return;
        }
        let mut equalities = Vec::new();
        for root in condition_roots(self.query, self.block) {
            self.query.walk(root, &mut |expr| {
                if let Expr::MultipleEqual { columns, .. } = &self.query.exprs[expr]
                    && columns.iter().any(|&column| self.query.column_of(column).is_some_and(|(table, _)| table == id))
                {
                    equalities.push(expr);
                }
            });
        }
        for equality in equalities {
            self.put_value(equality, id);
        }
    }

    fn put_value(&mut self, equality: ExprId, id: crate::query::TableId) {
        let Expr::MultipleEqual { columns, constant, always_false } = self.query.exprs[equality].clone() else { return };
        let of_table = |column: &ExprId| self.query.column_of(*column).is_some_and(|(table, _)| table == id);
        let had_constant = constant.is_some();
        let mut constant = constant;
        let mut contradiction = always_false;
        let mut rest = Vec::with_capacity(columns.len());
        for column in columns {
            // Once constants contradict each other, further columns stay.
            if !of_table(&column) || contradiction {
                rest.push(column);
                continue;
            }
            match constant {
                None => constant = Some(column),
                Some(other) => contradiction = self.differ(other, column),
            }
        }
        if !had_constant {
            for &column in &rest {
                let Some((table, number)) = self.query.column_of(column) else { continue };
                let reference = &self.query[table];
                let starting = reference
                    .table
                    .indexes
                    .iter()
                    .enumerate()
                    .filter(|(_, index)| index.parts.first().is_some_and(|part| part.column == number))
                    .fold(0, |set, (index, _)| set | 1 << index);
                let possible = KeySet(starting).intersect(reference.usable_keys);
                if let Some(table) = self.tables.get_mut(reference.number as usize).filter(|t| t.id == table) {
                    table.keys = table.keys.union(possible);
                    table.const_keys = table.const_keys.union(possible);
                }
            }
        }
        self.query.exprs.replace(equality, Expr::MultipleEqual { columns: rest, constant, always_false: contradiction });
        self.query.renew_facts(self.block, equality);
    }

    fn differ(&self, one: ExprId, other: ExprId) -> bool {
        let (Evaluated::Known(one_value), Evaluated::Known(other_value)) =
            (evaluate(self.ctx, self.query, one), evaluate(self.ctx, self.query, other))
        else {
            return false;
        };
        if one_value.is_null() || other_value.is_null() {
            return true;
        }
        crate::value::compare_in_type(&one_value, &other_value, &self.query.exprs.facts(other).ty) != Ordering::Equal
    }
}

/// Outcome of looking at one table.
enum Step {
    No,
    Const,
    NullRow,
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(n) => *n == 0,
        Value::UInt(n) => *n == 0,
        Value::Double(n) => *n == 0.0,
        Value::Decimal(n) => n.to_string().parse::<f64>() == Ok(0.0),
        _ => false,
    }
}

/// WHERE and all ON conditions of a block.
pub(super) fn condition_roots(query: &Query, block: BlockId) -> Vec<ExprId> {
    let mut roots: Vec<ExprId> = query[block].where_.into_iter().collect();
    let mut rest: Vec<JoinMember> = query[block].from.clone();
    while let Some(member) = rest.pop() {
        match member {
            JoinMember::Table(table) => roots.extend(query[table].on),
            JoinMember::Nest(nest) => {
                roots.extend(query[nest].on);
                rest.extend(query[nest].members.iter().copied());
            }
        }
    }
    roots
}

/// Comparisons that became constant add their indexes (spec 04 §1 step 6).
pub(super) fn add_constant_sargables(query: &Query, tables: &mut [JoinTable], sargables: &[Sargable], consts: TableSet) {
    for sargable in sargables {
        let constant = |value: &ExprId| query.exprs.facts(*value).used.minus(TableSet::INNER).minus(consts).is_empty();
        if !sargable.values.iter().all(constant) {
            continue;
        }
        let table = &mut tables[sargable.table as usize];
        let reference = &query[table.id];
        let starting = reference
            .table
            .indexes
            .iter()
            .enumerate()
            .filter(|(_, index)| index.parts.first().is_some_and(|part| part.column == sargable.column))
            .fold(0, |set, (index, _)| set | 1 << index);
        table.const_keys = table.const_keys.union(KeySet(starting).intersect(reference.usable_keys));
    }
}
