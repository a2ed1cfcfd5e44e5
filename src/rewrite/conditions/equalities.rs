//! Multiple equalities: all columns that are equal, with the constant that they equal   (spec 02 §4.5 "Building")
//!
//! before: `a.x = b.x AND b.x = c.x AND c.x > 5`
//! after:  `c.x > 5 AND multiple equal(a.x, b.x, c.x)`
//! holds if: the columns have the same type and collation; a constant has the column's result class
//! not if:   `<=>`, INT with INT UNSIGNED, VARCHAR(20) with VARCHAR(30), a string constant with an integer column that does
//!           not hold it exactly

use super::is_constant_before_tables;
use super::linked::{Use, for_each_use, replace_use};
use super::trivial::conjunct_levels;
use crate::catalog::{ColumnNo, ConstRow, DataType, ResultClass, TypeKind};
use crate::context::Context;
use crate::error::Result;
use crate::evaluate::comparison::{class_in, collation_of, converted_to_column};
use crate::evaluate::{Evaluated, evaluate};
use crate::parse::ast::CompareOp;
use crate::query::typing;
use crate::query::{BlockId, Expr, ExprId, JoinMember, Query, TableId, TableSet};
use crate::value::collation;
use crate::value::{ComparisonClass, Value, compare};
use std::cmp::Ordering;

/// A multiple equality while it grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Equal {
    pub columns: Vec<ExprId>,
    pub constant: Option<ExprId>,
    pub always_false: bool,
    /// The constant is that of an enclosing level: tables of the columns that this level itself compares.
    pub inherited: Option<TableSet>,
}

/// The multiple equalities of one AND level.
pub(super) type Level = Vec<Equal>;

/// Builds the multiple equalities of WHERE and of all ON conditions of a block.
pub(super) fn build(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<()> {
    let mut builder = Builder { ctx, query, block, levels: Vec::new(), in_on: false };
    let mut top = Level::new();
    if let Some(condition) = builder.query[block].where_ {
        let (condition, level) = builder.condition(condition)?;
        builder.query[block].where_ = Some(condition);
        builder.query.renew_facts(block, condition);
        top = level;
    }
    let members = builder.query[block].from.clone();
    builder.levels.push(top);
    builder.in_on = true;
    builder.ons(&members)
}

struct Builder<'a, 'c> {
    ctx: &'a Context<'c>,
    query: &'a mut Query,
    block: BlockId,
    /// Levels around the current one, outermost first.
    levels: Vec<Level>,
    /// An ON condition is in hand: one that contradicts itself keeps its equalities, which still drive lookups.
    in_on: bool,
}

/// A column of a block.
type ColumnKey = (TableId, ColumnNo);

impl Builder<'_, '_> {
    fn ons(&mut self, members: &[JoinMember]) -> Result<()> {
        for member in members {
            match *member {
                JoinMember::Table(table) => {
                    if let Some(on) = self.query[table].on {
                        let (on, _) = self.condition(on)?;
                        self.query[table].on = Some(on);
                        self.query.renew_facts(self.block, on);
                    }
                }
                JoinMember::Nest(nest) => {
                    let inner = self.query[nest].members.clone();
                    let mut pushed = false;
                    if let Some(on) = self.query[nest].on {
                        let (on, level) = self.condition(on)?;
                        self.query[nest].on = Some(on);
                        self.query.renew_facts(self.block, on);
                        self.levels.push(level);
                        pushed = true;
                    }
                    self.ons(&inner)?;
                    if pushed {
                        self.levels.pop();
                    }
                }
            }
        }
        Ok(())
    }

    /// Builds the equalities of a condition; gives the new condition and its own level.
    fn condition(&mut self, condition: ExprId) -> Result<(ExprId, Level)> {
        match &self.query.exprs[condition] {
            Expr::And(args) => {
                let args = args.clone();
                self.conjunction(condition, &args)
            }
            Expr::Or(args) => {
                let mut arms = args.clone();
                for arm in &mut arms {
                    *arm = self.condition(*arm)?.0;
                }
                self.query.exprs.replace(condition, Expr::Or(arms));
                Ok((condition, Level::new()))
            }
            _ => self.single(condition),
        }
    }

    fn conjunction(&mut self, condition: ExprId, args: &[ExprId]) -> Result<(ExprId, Level)> {
        let mut level = Level::new();
        let (mut kept, mut split) = (Vec::with_capacity(args.len()), Vec::new());
        for arg in args {
            if !self.takes(&mut level, *arg, &mut split)? {
                kept.push(*arg);
            }
        }
        if !self.in_on && level.iter().any(|equal| equal.always_false) {
            return Ok((self.query.add_boolean(self.block, false), level));
        }
        self.levels.push(level);
        for arg in kept.iter_mut().chain(&mut split) {
            *arg = self.below(*arg)?;
        }
        let level = self.levels.pop().unwrap_or_default();
        kept.extend(split);
        for equal in &level {
            kept.push(self.node(equal));
        }
        let condition = match kept[..] {
            [] => self.query.add_boolean(self.block, true),
            _ => {
                self.query.exprs.replace(condition, Expr::And(kept));
                condition
            }
        };
        Ok((condition, level))
    }

    /// A condition inside a level whose equalities are already on the stack.
    fn below(&mut self, condition: ExprId) -> Result<ExprId> {
        if matches!(&self.query.exprs[condition], Expr::And(_) | Expr::Or(_)) {
            return Ok(self.condition(condition)?.0);
        }
        self.put_constants(condition);
        Ok(condition)
    }

    /// A condition that is no AND: it may be an equality on its own.
    fn single(&mut self, condition: ExprId) -> Result<(ExprId, Level)> {
        let (mut level, mut split) = (Level::new(), Vec::new());
        if !self.takes(&mut level, condition, &mut split)? {
            self.put_constants(condition);
            return Ok((condition, level));
        }
        let mut parts = split;
        for equal in &level {
            parts.push(self.node(equal));
        }
        let condition = match parts[..] {
            [] => self.query.add_boolean(self.block, true),
            [only] => only,
            _ => self.query.add(self.block, Expr::And(parts)),
        };
        Ok((condition, level))
    }

    fn node(&mut self, equal: &Equal) -> ExprId {
        let node =
            Expr::MultipleEqual { columns: equal.columns.clone(), constant: equal.constant, always_false: equal.always_false };
        let id = self.query.add(self.block, node);
        if let Some(compared) = equal.inherited {
            self.query.inherited_equalities.push((id, compared));
        }
        id
    }

    /// Does the predicate move into the level's equalities? Parts of a row equality that do not are appended to `split`.
    fn takes(&mut self, level: &mut Level, predicate: ExprId, split: &mut Vec<ExprId>) -> Result<bool> {
        let Expr::Compare { op: CompareOp::Equal, left, right } = self.query.exprs[predicate] else { return Ok(false) };
        if self.query[self.block].injected.where_.contains(&predicate) && !is_constant_before_tables(self.query, left) {
            return Ok(false);
        }
        self.takes_pair(level, left, right, split, true)
    }

    fn takes_pair(
        &mut self,
        level: &mut Level,
        left: ExprId,
        right: ExprId,
        split: &mut Vec<ExprId>,
        whole: bool,
    ) -> Result<bool> {
        if let (Expr::Row(lefts), Expr::Row(rights)) = (&self.query.exprs[left], &self.query.exprs[right]) {
            if lefts.len() != rights.len() {
                return Ok(false);
            }
            let pairs: Vec<(ExprId, ExprId)> = lefts.iter().copied().zip(rights.iter().copied()).collect();
            for (left, right) in pairs {
                self.takes_pair(level, left, right, split, false)?;
            }
            return Ok(true);
        }
        let taken = self.takes_simple(level, left, right);
        if !taken && !whole {
            split.push(self.query.add(self.block, Expr::Compare { op: CompareOp::Equal, left, right }));
        }
        Ok(taken || !whole)
    }

    /// The column of this block that an expression is, seen through references.
    fn own_column(&self, expr: ExprId) -> Option<ColumnKey> {
        let key = self.query.column_of(expr)?;
        (self.query[key.0].block == self.block).then_some(key)
    }

    fn takes_simple(&mut self, level: &mut Level, left: ExprId, right: ExprId) -> bool {
        match (self.own_column(left), self.own_column(right)) {
            (Some(l), Some(r)) => self.takes_columns(level, (left, l), (right, r)),
            (Some(column), None) => self.takes_constant(level, (left, column), right),
            (None, Some(column)) => self.takes_constant(level, (right, column), left),
            (None, None) => false,
        }
    }

    /// Position of the column's equality in the level, brought from an outer level if it is only there.
    fn find_or_copy(&self, level: &mut Level, column: ColumnKey) -> Option<usize> {
        if let Some(at) = self.position(level, column) {
            return Some(at);
        }
        let mut outer = self.outer(column)?.clone();
        outer.inherited = outer.constant.map(|_| TableSet::EMPTY);
        level.push(outer);
        Some(level.len() - 1)
    }

    fn position(&self, level: &Level, column: ColumnKey) -> Option<usize> {
        level.iter().position(|equal| equal.columns.iter().any(|c| self.query.column_of(*c) == Some(column)))
    }

    fn outer(&self, column: ColumnKey) -> Option<&Equal> {
        self.levels.iter().rev().find_map(|level| self.position(level, column).map(|at| &level[at]))
    }

    fn takes_columns(&mut self, level: &mut Level, left: (ExprId, ColumnKey), right: (ExprId, ColumnKey)) -> bool {
        let ty = |expr: ExprId| &self.query.exprs.facts(self.query.real(expr)).ty;
        if !same_definition(ty(left.0), ty(right.0)) {
            return false;
        }
        if left.1 == right.1 {
            let known = self.position(level, left.1).is_some() || self.outer(left.1).is_some();
            return known || !self.query.exprs.facts(left.0).nullable;
        }
        let holds_both = |equal: &Equal| {
            let has = |column| equal.columns.iter().any(|c| self.query.column_of(*c) == Some(column));
            has(left.1) && has(right.1)
        };
        if level.iter().any(holds_both) {
            return true;
        }
        let (in_level, in_outer) = (
            self.position(level, left.1).is_some() || self.position(level, right.1).is_some(),
            self.outer(left.1).is_some_and(holds_both),
        );
        if !in_level && in_outer {
            return true;
        }
        let (l, r) = (self.find_or_copy(level, left.1), self.find_or_copy(level, right.1));
        let keys = (left.1, right.1);
        let (left, right) = (self.query.real(left.0), self.query.real(right.0));
        match (l, r) {
            (Some(l), Some(r)) if l == r => {}
            (Some(l), Some(r)) => {
                let other = level[r].clone();
                level[l].columns.extend(other.columns.iter().copied());
                level[l].always_false |= other.always_false;
                if let Some(constant) = other.constant {
                    let mut equal = std::mem::take(&mut level[l]);
                    if !self.add_constant(&mut equal, constant) {
                        equal.constant = equal.constant.or(Some(constant));
                    }
                    level[l] = equal;
                }
                level.remove(r);
            }
            (Some(l), None) => level[l].columns.push(right),
            (None, Some(r)) => level[r].columns.push(left),
            (None, None) => level.push(Equal { columns: vec![left, right], ..Equal::default() }),
        }
        let numbers = [keys.0, keys.1].map(|(table, _)| self.query[table].number);
        if let Some(at) = self.position(level, keys.0)
            && let Some(compared) = &mut level[at].inherited
        {
            numbers.into_iter().for_each(|number| compared.insert(number));
        }
        true
    }

    fn takes_constant(&mut self, level: &mut Level, (column, key): (ExprId, ColumnKey), constant: ExprId) -> bool {
        if !is_constant_before_tables(self.query, constant) || !self.fits(column, constant) {
            return false;
        }
        match self.find_or_copy(level, key) {
            Some(at) => {
                let mut equal = std::mem::take(&mut level[at]);
                let taken = self.add_constant(&mut equal, constant);
                if taken {
                    equal.inherited = None;
                }
                level[at] = equal;
                taken
            }
            None => {
                let column = self.query.real(column);
                level.push(Equal { columns: vec![column], constant: Some(constant), ..Equal::default() });
                true
            }
        }
    }

    /// May the constant stand for the column?
    fn fits(&self, column: ExprId, constant: ExprId) -> bool {
        let facts = |expr: ExprId| self.query.exprs.facts(expr);
        // The zero date of `IS NULL` is a number that a column cannot take under NO_ZERO_DATE.
        if let Expr::Literal { value: Value::Date(date) | Value::DateTime(date), .. } = &self.query.exprs[constant]
            && date.is_zero_date()
            && self.ctx.settings.sql_mode.no_zero_date
        {
            return false;
        }
        if converted_to_column(self.ctx, self.query, column, constant).is_some() {
            return true;
        }
        // A user variable without a value has no class.
        if matches!(&self.query.exprs[constant], Expr::UserVariable(_))
            && matches!(evaluate(self.ctx, self.query, constant), Evaluated::Known(value) if value.is_null())
        {
            return true;
        }
        let (own, other) = (&facts(self.query.real(column)).ty, &facts(constant).ty);
        if typing::class(own) != typing::class(other) || matches!(&self.query.exprs[constant], Expr::Row(_)) {
            return false;
        }
        if typing::class(own) != ResultClass::Str {
            return true;
        }
        if (own.kind == TypeKind::Json) != (other.kind == TypeKind::Json) {
            return false;
        }
        if typing::is_temporal(own) {
            return !typing::has_date(other) || typing::has_date(own);
        }
        if typing::is_temporal(other) {
            return false;
        }
        own.kind == TypeKind::Json
            || (collation_of(facts(column), facts(constant), &self.query.types) == own.collation
                && collation::info(own.collation).is_propagation_safe())
    }

    /// Gives an equality a constant; with a second one they are compared. False: they cannot be.
    fn add_constant(&mut self, equal: &mut Equal, constant: ExprId) -> bool {
        let Some(own) = equal.constant else {
            equal.constant = Some(constant);
            return true;
        };
        let Some(column) = equal.columns.first().copied() else { return false };
        if let Some(order) = compare_constants(self.ctx, self.query, column, own, constant) {
            equal.always_false |= order != Some(Ordering::Equal);
        }
        true
    }

    /// Replaces columns of a predicate by the constants of their equalities.
    fn put_constants(&mut self, predicate: ExprId) {
        if self.levels.iter().all(Vec::is_empty) {
            return;
        }
        let mut uses = Vec::new();
        let wanted = |column: ColumnKey| self.outer(column).is_some_and(|equal| equal.constant.is_some());
        for_each_use(self.ctx, self.query, self.block, predicate, &wanted, &mut |place| uses.push(place));
        for place in uses {
            if let Some(constant) = self.outer(place.column).and_then(|equal| equal.constant)
                && may_replace(self.ctx, self.query, &place, constant)
            {
                replace_use(self.query, &place, constant);
            }
        }
    }
}

/// May a constant of the column's equality stand where the column is used?
pub(super) fn may_replace(ctx: &Context<'_>, query: &Query, place: &Use, constant: ExprId) -> bool {
    if query.exprs.facts(constant).nullable && !query.exprs.facts(place.node).nullable {
        return false;
    }
    let Some(class) = place.class else { return true };
    let own = match class_in(ctx, query, place.node, constant) {
        // A date compared with a number that it holds is compared as a date.
        ComparisonClass::Int if typing::has_date(&query.exprs.facts(place.node).ty) => ComparisonClass::DateTime,
        own => own,
    };
    own == class
}

/// Order of two constants as values of a column; none if one of them is not known.
fn compare_constants(ctx: &Context<'_>, query: &Query, column: ExprId, left: ExprId, right: ExprId) -> Option<Option<Ordering>> {
    let value = |constant: ExprId| match converted_to_column(ctx, query, column, constant) {
        Some(value) => Some(value),
        None => match evaluate(ctx, query, constant) {
            Evaluated::Known(value) => Some(value),
            _ => None,
        },
    };
    let (l, r) = (value(left)?, value(right)?);
    let ty = &query.exprs.facts(query.real(column)).ty;
    let class = match ty.kind {
        TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp => ComparisonClass::DateTime,
        TypeKind::Time => ComparisonClass::Time,
        _ => match typing::class(ty) {
            ResultClass::Int => ComparisonClass::Decimal,
            ResultClass::Decimal => ComparisonClass::Decimal,
            ResultClass::Real => ComparisonClass::Real,
            _ => ComparisonClass::Str(ty.collation),
        },
    };
    Some(compare(&l, &r, class))
}

/// Are two columns defined alike, so that one can stand for the other?
fn same_definition(a: &DataType, b: &DataType) -> bool {
    if a.kind != b.kind || a.unsigned != b.unsigned || a.zerofill != b.zerofill {
        return false;
    }
    match a.kind {
        TypeKind::Char | TypeKind::VarChar => a.length == b.length && a.collation == b.collation,
        TypeKind::Decimal | TypeKind::Bit => a.length == b.length && a.decimals == b.decimals,
        TypeKind::Float | TypeKind::Double | TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp => {
            a.decimals == b.decimals
        }
        TypeKind::Enum | TypeKind::Set => a.members == b.members && a.collation == b.collation,
        TypeKind::TinyBlob | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob => a.collation == b.collation,
        _ => true,
    }
}

/// After const tables were read: their columns leave the multiple equalities of WHERE and ON and become the constant
/// (spec 02 §4.5 "Printing back" (i)). Columns of outer-joined const tables stay.
pub fn absorb_const_tables(ctx: &Context<'_>, query: &mut Query, block: BlockId) {
    let mut roots: Vec<ExprId> = query[block].where_.into_iter().collect();
    let members = query[block].from.clone();
    collect_ons(query, &members, &mut roots);
    for root in roots {
        let mut equals = Vec::new();
        conjunct_levels(query, root, &mut equals);
        for equal in equals {
            absorb(ctx, query, equal);
        }
        query.renew_facts(block, root);
    }
}

/// The ON conditions of a FROM list, at any depth, outer ones first.
pub(in crate::rewrite) fn collect_ons(query: &Query, members: &[JoinMember], found: &mut Vec<ExprId>) {
    for member in members {
        match *member {
            JoinMember::Table(table) => found.extend(query[table].on),
            JoinMember::Nest(nest) => {
                found.extend(query[nest].on);
                collect_ons(query, &query[nest].members, found);
            }
        }
    }
}

fn absorb(ctx: &Context<'_>, query: &mut Query, equal: ExprId) {
    let Expr::MultipleEqual { columns, constant, always_false } = &query.exprs[equal] else { return };
    let (mut kept, mut constant, mut always_false) = (Vec::with_capacity(columns.len()), *constant, *always_false);
    for &column in columns {
        let leaves = query.column_of(column).is_some_and(|(table, _)| {
            let table = &query[table];
            !table.outer_join && matches!(table.const_row.as_deref(), Some(ConstRow::Found(_) | ConstRow::Unknown))
        });
        // Once constants contradict each other, further columns stay.
        if !leaves || always_false {
            kept.push(column);
            continue;
        }
        let Some(own) = constant else {
            constant = Some(column);
            continue;
        };
        if compare_constants(ctx, query, column, own, column).is_some_and(|order| order != Some(Ordering::Equal)) {
            always_false = true;
        }
    }
    if kept.len() != columns.len() || always_false {
        let gone: Vec<ExprId> = columns.iter().copied().filter(|column| !kept.contains(column)).collect();
        query.absorbed_columns.extend(gone.into_iter().map(|column| (equal, column)));
        query.exprs.replace(equal, Expr::MultipleEqual { columns: kept, constant, always_false });
    }
}
