//! Facts about an expression that every stage asks: type, used tables, nullability, constness (spec 02 conventions, §3.2, §8).

use super::Query;
use super::block::{BlockId, UnitId};
use super::expr::{Expr, ExprId, GuardKind, LiteralForm, RefKind, SubqueryKind, TruthValue};
use super::function::Constness;
use super::tables::{NestId, TableId, TableSet};
use crate::catalog::DataType;
use crate::parse::ast::{CompareOp, TruthTest};
use crate::value::Value;

/// Properties that a node inherits from what it contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ExprFlags(pub u16);

impl ExprFlags {
    /// Contains an aggregate function of its block.
    pub const AGGREGATE: ExprFlags = ExprFlags(1);
    /// Contains a window function.
    pub const WINDOW: ExprFlags = ExprFlags(2);
    /// Contains a subquery.
    pub const SUBQUERY: ExprFlags = ExprFlags(4);
    /// Contains a stored or loadable function: expensive, not evaluated by trivial removal (spec 02 §4.7).
    pub const STORED_FUNCTION: ExprFlags = ExprFlags(8);
    /// Contains what keeps it from being "constant over literals": parameter, variable, NOW() … (spec 02 §4.3).
    pub const NOT_LITERAL: ExprFlags = ExprFlags(16);
    /// Contains a ROLLUP wrapper.
    pub const ROLLUP: ExprFlags = ExprFlags(32);
    /// Contains MATCH … AGAINST.
    pub const FULL_TEXT: ExprFlags = ExprFlags(64);
    /// Contains a system variable (`@@x`).
    pub const SYSTEM_VARIABLE: ExprFlags = ExprFlags(128);

    /// True if any bit of `other` is set.
    pub fn any(self, other: ExprFlags) -> bool {
        self.0 & other.0 != 0
    }
    /// Bits of both.
    pub fn union(self, other: ExprFlags) -> ExprFlags {
        ExprFlags(self.0 | other.0)
    }
}

/// What is known about a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Type of its value.
    pub ty: DataType,
    /// Can it be NULL? (Outer joins as written make columns nullable for good.)
    pub nullable: bool,
    /// Tables of the node's own block that it uses, with the pseudo tables. Renewed by `Query::renew_facts` when table
    /// numbers change.
    pub used: TableSet,
    /// Null-rejection map (spec 02 §3.2) below predicate level.
    pub null_rejected: TableSet,
    /// Inherited properties.
    pub flags: ExprFlags,
    /// Coercibility of the collation, 0 (explicit) ..= 6 (ignorable).
    pub coercibility: u8,
}

/// What follows from a node and the facts of its children: tables and flags.
struct Maps {
    used: TableSet,
    null_rejected: TableSet,
    flags: ExprFlags,
}

impl Query {
    /// Adds a node to the arena as part of `block`, and computes its facts from those of its children, which must be of the
    /// same block (but for targets of outer references).
    pub fn add(&mut self, block: BlockId, node: Expr) -> ExprId {
        let (ty, nullable, coercibility) = self.type_of(&node);
        let maps = self.maps(block, &node);
        let facts = Facts { ty, nullable, used: maps.used, null_rejected: maps.null_rejected, flags: maps.flags, coercibility };
        self.exprs.push(node, facts)
    }

    /// Adds a literal that prints by its value.
    pub fn add_literal(&mut self, block: BlockId, value: Value) -> ExprId {
        self.add(block, Expr::Literal { value, form: LiteralForm::Plain })
    }

    /// Adds the optimizer's own `true` or `false`.
    pub fn add_boolean(&mut self, block: BlockId, value: bool) -> ExprId {
        self.add(block, Expr::Literal { value: Value::Int(value.into()), form: LiteralForm::Boolean(value) })
    }

    /// Renews used tables, null rejection and flags of an expression and all below it, after table numbers or blocks of
    /// tables changed. Types and nullability stay as they were decided.
    pub fn renew_facts(&mut self, block: BlockId, root: ExprId) {
        if let Expr::Ref { kind: RefKind::Outer(other), .. } = self.exprs[root]
            && other != block
        {
            let maps = self.maps(block, &self.exprs[root]);
            self.set_maps(root, maps);
            return;
        }
        for child in self.children(root) {
            self.renew_facts(block, child);
        }
        let maps = self.maps(block, &self.exprs[root]);
        self.set_maps(root, maps);
    }

    fn set_maps(&mut self, id: ExprId, maps: Maps) {
        let facts = self.exprs.facts_mut(id);
        facts.used = maps.used;
        facts.null_rejected = maps.null_rejected;
        facts.flags = maps.flags;
    }

    /// The bit of a table for an asking block: its number, or that of outer references. An outer block's table whose row was
    /// read while planning is constant (spec 05 §9.2).
    pub fn table_bit(&self, block: BlockId, table: TableId) -> TableSet {
        let table = &self[table];
        match table.block == block {
            true => TableSet::of(table.number),
            false if table.const_row.is_some() => TableSet::EMPTY,
            false => TableSet::OUTER_REF,
        }
    }

    /// The bit of a materialized nest's temporary table: these are numbered after the block's leaf tables.
    pub fn nest_bit(&self, block: BlockId, nest: NestId) -> TableSet {
        let index = self[block].semijoin_nests.iter().position(|id| *id == nest).unwrap_or(0);
        TableSet::of((self[block].leaves.len() + index).min(60) as u8)
    }

    /// True if `block` is in the query expression `unit`, at any depth.
    pub fn is_within(&self, mut block: BlockId, unit: UnitId) -> bool {
        loop {
            let own = self[block].unit;
            if own == unit {
                return true;
            }
            match self[own].outer {
                Some(outer) => block = outer,
                None => return false,
            }
        }
    }

    /// What a query expression uses of the block that contains it: that block's tables by outer references,
    /// [`TableSet::OUTER_REF`] for references further out, INNER if it is constant for the execution, RAND if it cannot be
    /// evaluated once.
    pub fn used_by_unit(&self, block: BlockId, unit: UnitId) -> TableSet {
        let mut used = TableSet::EMPTY;
        self.walk_unit(unit, &mut |id| match &self.exprs[id] {
            Expr::Column { table, .. } if !self.is_within(self[*table].block, unit) => {
                used = used.union(self.table_bit(block, *table));
            }
            Expr::Ref { target, kind: RefKind::Outer(of) } if !self.is_within(*of, unit) => {
                used = used.union(if *of == block { self.exprs.facts(*target).used } else { TableSet::OUTER_REF });
            }
            _ => {}
        });
        let flags = self[unit].uncacheable;
        if flags.rand || flags.side_effect || flags.united {
            return used.union(TableSet::RAND);
        }
        if used.is_empty() { TableSet::INNER } else { used }
    }

    fn maps(&self, block: BlockId, node: &Expr) -> Maps {
        let mut used = TableSet::EMPTY;
        let mut all = TableSet::EMPTY;
        let mut flags = ExprFlags::default();
        node.for_each_child(|child| {
            let facts = self.exprs.facts(child);
            used = used.union(facts.used);
            all = all.union(facts.null_rejected);
            flags = flags.union(facts.flags);
        });
        let null_rejected = self.rejected_below(block, node, all);
        let every_table = || TableSet::first(self[block].leaves.len());
        match node {
            Expr::Column { table, .. } => used = self.table_bit(block, *table),
            // A cached left operand of IN stays an outer reference, even if its table is read while planning.
            Expr::Cache(arg) if self.column_of(*arg).is_some_and(|(table, _)| self[table].block != block) => {
                used = TableSet::OUTER_REF;
            }
            Expr::Ref { target, kind: RefKind::Outer(of) } if *of != block => {
                let inherited = self.exprs.facts(*target).flags.0 & !(ExprFlags::AGGREGATE.0 | ExprFlags::WINDOW.0);
                flags = ExprFlags(inherited);
                used = TableSet::OUTER_REF;
            }
            Expr::Func { func, .. } => match func.0.constness {
                Constness::Deterministic => {}
                Constness::Session => flags = flags.union(ExprFlags::NOT_LITERAL),
                Constness::Execution => {
                    used = used.union(TableSet::INNER);
                    flags = flags.union(ExprFlags::NOT_LITERAL);
                }
                Constness::Random | Constness::SideEffect => {
                    used = used.union(TableSet::RAND);
                    flags = flags.union(ExprFlags::NOT_LITERAL);
                }
            },
            Expr::StoredFunction { deterministic, .. } => {
                used = used.union(if *deterministic { TableSet::INNER } else { TableSet::RAND });
                flags = flags.union(ExprFlags::STORED_FUNCTION).union(ExprFlags::NOT_LITERAL);
            }
            Expr::UserVariable(name) => {
                let assigned = self.assigned_variables.iter().any(|v| v.eq_ignore_ascii_case(name));
                used = if assigned { TableSet::RAND } else { TableSet::INNER };
                flags = flags.union(ExprFlags::NOT_LITERAL);
            }
            Expr::AssignUserVariable { .. } | Expr::Parameter { .. } => {
                used = used.union(TableSet::INNER);
                flags = flags.union(ExprFlags::NOT_LITERAL);
            }
            Expr::SystemVariable { .. } => {
                used = TableSet::INNER;
                flags = flags.union(ExprFlags::NOT_LITERAL).union(ExprFlags::SYSTEM_VARIABLE);
            }
            // A guard asks for the state of a table's row.
            Expr::Guard { kind, .. } => match kind {
                GuardKind::IsNotNullComplement(table) | GuardKind::FoundMatch(table) => {
                    used = used.union(self.table_bit(block, *table));
                }
                GuardKind::IsNotNullComplementOfNest(nest) | GuardKind::FoundMatchOfNest(nest) => {
                    used = used.union(self.nest_bit(block, *nest));
                }
                GuardKind::OuterFieldIsNotNull => {}
            },
            Expr::Aggregate { .. } => {
                flags = flags.union(ExprFlags::AGGREGATE);
                if used.tables().is_empty() {
                    used = used.union(every_table());
                }
            }
            Expr::Window { .. } => {
                flags = flags.union(ExprFlags::WINDOW);
                used = used.union(every_table());
            }
            Expr::Grouping(_) => {
                flags = flags.union(ExprFlags::ROLLUP);
                used = used.union(every_table());
            }
            Expr::RollupGroupItem { .. } => {
                flags = flags.union(ExprFlags::ROLLUP);
                used = used.union(every_table());
            }
            Expr::RollupSum(_) => flags = flags.union(ExprFlags::ROLLUP),
            Expr::Match { .. } => flags = flags.union(ExprFlags::FULL_TEXT),
            // It is constant FALSE (spec 02 §4.2).
            Expr::IsNull { arg, negated: false } if !self.exprs.facts(*arg).nullable => used = TableSet::EMPTY,
            Expr::Subquery(subquery) => {
                let inner = self.used_by_unit(block, subquery.unit);
                used = used.union(inner);
                flags = flags.union(ExprFlags::SUBQUERY).union(ExprFlags::NOT_LITERAL);
            }
            Expr::MaterializedColumn { nest, .. } => used = self.nest_bit(block, *nest),
            _ => {}
        }
        Maps { used, null_rejected, flags }
    }

    /// Null rejection below predicate level; `all` is the union over the children.
    fn rejected_below(&self, block: BlockId, node: &Expr, all: TableSet) -> TableSet {
        let of = |id: &ExprId| self.exprs.facts(*id).null_rejected;
        match node {
            Expr::Column { table, .. } => self.table_bit(block, *table).tables(),
            Expr::Ref { kind: RefKind::Outer(of), .. } if *of != block => TableSet::EMPTY,
            Expr::Func { func, .. } if !func.0.null_rejecting => TableSet::EMPTY,
            Expr::StoredFunction { .. }
            | Expr::Compare { op: CompareOp::NullSafeEqual, .. }
            | Expr::IsNull { negated: false, .. }
            | Expr::IsTruth { .. }
            | Expr::Case { .. }
            | Expr::Match { .. }
            | Expr::Subquery(_)
            | Expr::InOptimizer { .. }
            | Expr::QuantifierWrapper { .. }
            | Expr::Aggregate { .. }
            | Expr::Window { .. }
            | Expr::Grouping(_)
            | Expr::RollupGroupItem { .. }
            | Expr::RollupSum(_)
            | Expr::Guard { .. }
            | Expr::IsNotNullTest(_)
            | Expr::AssignUserVariable { .. }
            | Expr::DefaultOf(_)
            | Expr::ValuesOf(_) => TableSet::EMPTY,
            Expr::And(args) | Expr::Or(args) => intersection(args.iter().map(of)),
            Expr::If { then, otherwise, .. } => of(then).intersect(of(otherwise)),
            Expr::Between { arg, low, high, .. } => of(arg).union(of(low).intersect(of(high))),
            Expr::In { arg, list, .. } => of(arg).union(intersection(list.iter().map(of))),
            _ => all,
        }
    }
}

fn intersection(mut maps: impl Iterator<Item = TableSet>) -> TableSet {
    let Some(first) = maps.next() else { return TableSet::EMPTY };
    maps.fold(first, TableSet::intersect)
}

/// Tables whose null-complemented rows make `expr` not TRUE (spec 02 §3.2). At predicate level (the top of WHERE or ON, and
/// inside ANDs there) that is enough; elsewhere it must become NULL.
pub fn null_rejected(query: &Query, expr: ExprId, at_predicate_level: bool) -> TableSet {
    let below = |id: ExprId| query.exprs.facts(id).null_rejected;
    if !at_predicate_level {
        return below(expr);
    }
    match &query.exprs[expr] {
        Expr::And(args) => args.iter().fold(TableSet::EMPTY, |all, arg| all.union(null_rejected(query, *arg, true))),
        Expr::IsTruth { arg, test: TruthTest::True | TruthTest::False, negated: false } => below(*arg),
        Expr::Between { arg, low, high, negated: false } => below(*arg).union(below(*low)).union(below(*high)),
        Expr::In { arg, list, negated: true } => list.iter().fold(below(*arg), |all, item| all.union(below(*item))),
        Expr::Subquery(subquery) if matches!(subquery.kind, SubqueryKind::In) => match (subquery.truth, subquery.left) {
            (TruthValue::Identity | TruthValue::IsTrue, Some(left)) => below(left),
            _ => TableSet::EMPTY,
        },
        Expr::InOptimizer { inner, .. } => null_rejected(query, *inner, true),
        // ANY: a comparison with the subquery rejects by its other side.
        Expr::QuantifierWrapper { all: false, arg } => below(*arg),
        Expr::Ref { target, kind } if !matches!(kind, RefKind::Outer(_)) => null_rejected(query, *target, true),
        _ => below(expr),
    }
}
