//! Leaves: the interval that one comparison leaves of one key part (spec 03 §2.3 to §2.7).

use super::convert::{self, Outcome, Stored};
use super::interval::{Bound, Interval, List, ListKind, list_and};
use super::key_value::KeyValue;
use super::predicate::Builder;
use super::setup::{Part, Setup};
use super::tree_and_or::{KeyTree, Tree};
use crate::catalog::{ColumnNo, TypeKind};
use crate::evaluate::{Evaluated, evaluate};
use crate::parse::ast::CompareOp;
use crate::query::{Diagnostic, ExprId, Level, TableSet};
use crate::value::Value;
use std::cmp::Ordering;
use std::rc::Rc;

/// The kinds of comparison that leaves are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafOp {
    /// `=`
    Equal,
    /// `<=>`
    NullSafeEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl LeafOp {
    pub(super) fn of(op: CompareOp) -> Option<LeafOp> {
        Some(match op {
            CompareOp::Equal => LeafOp::Equal,
            CompareOp::NullSafeEqual => LeafOp::NullSafeEqual,
            CompareOp::Less => LeafOp::Less,
            CompareOp::LessEqual => LeafOp::LessEqual,
            CompareOp::Greater => LeafOp::Greater,
            CompareOp::GreaterEqual => LeafOp::GreaterEqual,
            CompareOp::NotEqual => return None,
        })
    }
    pub(super) fn mirrored(self) -> LeafOp {
        match self {
            LeafOp::Less => LeafOp::Greater,
            LeafOp::LessEqual => LeafOp::GreaterEqual,
            LeafOp::Greater => LeafOp::Less,
            LeafOp::GreaterEqual => LeafOp::LessEqual,
            same => same,
        }
    }
    /// `=` and `<=>`.
    pub fn is_equality(self) -> bool {
        matches!(self, LeafOp::Equal | LeafOp::NullSafeEqual)
    }
    fn is_upper(self) -> bool {
        matches!(self, LeafOp::Less | LeafOp::LessEqual)
    }
}

/// What one leaf says.
pub(super) enum Leaf {
    /// Nothing that can be used.
    Nothing,
    Impossible,
    List(List),
}

/// The other side of a comparison, or none for IS [NOT] NULL.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Compare(LeafOp, ExprId),
    IsNull,
    IsNotNull,
    Like(ExprId, Option<ExprId>),
    /// Between two list values of NOT IN, both open in terms of the values.
    NotInGap(ExprId, ExprId),
}
impl<'s, 'a> Builder<'s, 'a> {
    /// One leaf for every place of the column in an index.
    pub(super) fn leaves(&mut self, column: ExprId, operand: Operand, used: TableSet) -> Option<Tree> {
        let number = self.column(column)?;
        let setup = self.setup;
        let mut tree = KeyTree::empty(setup.indexes.len());
        let mut any = false;
        for (place, index) in setup.indexes.iter().enumerate() {
            for (part_no, part) in index.parts.iter().enumerate().filter(|(_, part)| part.column == number) {
                let leaf = if used.minus(self.readable()).is_empty() {
                    self.leaf(column, operand, place, part_no as u8, part)
                } else {
                    Leaf::List(List::maybe(part_no as u8))
                };
                match leaf {
                    Leaf::Nothing => {}
                    Leaf::Impossible => return Some(Tree::Impossible),
                    Leaf::List(list) if list.kind == ListKind::Impossible => return Some(Tree::Impossible),
                    Leaf::List(mut list) => {
                        setup.account(part);
                        list.array = part.array;
                        list.geometry = part.geometry;
                        tree.lists[place] = list_and(tree.lists[place].take(), Some(Rc::new(list)));
                        any = true;
                    }
                }
            }
        }
        any.then_some(Tree::Key(tree))
    }

    fn leaf(&mut self, column: ExprId, operand: Operand, index: usize, part_no: u8, part: &Part) -> Leaf {
        match operand {
            Operand::IsNull => self.is_null(part_no, part),
            Operand::IsNotNull => self.is_not_null(part_no, part),
            Operand::Compare(op, value) => self.compare_leaf(column, op, value, index, part_no, part),
            Operand::Like(pattern, escape) => self.like_leaf(column, pattern, escape, index, part_no, part),
            Operand::NotInGap(low, high) => self.gap_leaf(column, low, high, index, part_no, part),
        }
    }

    fn is_null(&mut self, part_no: u8, part: &Part) -> Leaf {
        if self.setup.inner_of_outer_join {
            return Leaf::Nothing;
        }
        if !part.nullable {
            return Leaf::Impossible;
        }
        Leaf::List(List::of(part_no, Interval::point(KeyValue::Null)))
    }

    fn is_not_null(&mut self, part_no: u8, part: &Part) -> Leaf {
        if self.setup.inner_of_outer_join || !part.nullable {
            return Leaf::Nothing;
        }
        let interval = Interval::between(Bound::open(KeyValue::Null), Bound::INFINITE);
        Leaf::List(List::of(part_no, interval))
    }

    fn compare_leaf(&mut self, column: ExprId, op: LeafOp, value: ExprId, index: usize, part_no: u8, part: &Part) -> Leaf {
        if !self.is_comparable(column, value, op.is_equality(), index, part) {
            return Leaf::Nothing;
        }
        if matches!(part.ty.kind, TypeKind::Enum | TypeKind::Set) && !op.is_equality() {
            return Leaf::Nothing;
        }
        let known = match self.evaluate(value) {
            Ok(Some(known)) => known,
            Ok(None) => return self.unknown_leaf(op, value, part_no, part),
            Err(()) => return Leaf::Nothing,
        };
        if known.is_null() {
            if !part.nullable {
                self.impossible.push("null_field_in_non_null_column");
                return Leaf::Impossible;
            }
            if op != LeafOp::NullSafeEqual {
                self.impossible.push("comparison_with_null_always_false");
                return Leaf::Impossible;
            }
            return Leaf::List(List::of(part_no, Interval::point(KeyValue::Null)));
        }
        let stored = convert::store(part, &known, self.setup.ctx.settings);
        match self.judge(op, &stored, part) {
            Some(leaf) => leaf,
            None => Leaf::List(List::of(part_no, interval_of(op, &stored, part))),
        }
    }

    /// What the way in which a value was stored decides already (spec 03 §2.4).
    fn judge(&mut self, op: LeafOp, stored: &Stored, part: &Part) -> Option<Leaf> {
        let leaf = match stored.outcome {
            Outcome::Usable => return self.judge_sign(op, stored, part),
            Outcome::Bad => Leaf::Nothing,
            Outcome::InvalidCharacters if op.is_equality() => {
                self.impossible.push("invalid_characters_in_string");
                Leaf::Impossible
            }
            Outcome::TimeCut | Outcome::TimeCutInDate if op.is_equality() => Leaf::Impossible,
            Outcome::OutOfRange { .. } if op.is_equality() => {
                self.impossible.push("value_out_of_range");
                Leaf::Impossible
            }
            Outcome::TimeCutInDate => return None,
            Outcome::OutOfRange { above: Some(above) } if above != op.is_upper() => {
                self.impossible.push("value_out_of_range");
                Leaf::Impossible
            }
            _ => Leaf::Nothing,
        };
        Some(leaf)
    }

    /// A negative number against an unsigned column.
    fn judge_sign(&mut self, op: LeafOp, stored: &Stored, part: &Part) -> Option<Leaf> {
        let unsigned = part.ty.unsigned && part.ty.is_integer() || part.ty.kind == TypeKind::Bit;
        if !unsigned || !stored.negative_integer || op.is_equality() {
            return None;
        }
        if op.is_upper() {
            self.impossible.push("unsigned_int_cannot_be_negative");
            return Some(Leaf::Impossible);
        }
        Some(Leaf::Nothing)
    }

    /// A constant that the bundle does not tell: the usual case is assumed, a value within the column's range.
    fn unknown_leaf(&mut self, op: LeafOp, value: ExprId, part_no: u8, part: &Part) -> Leaf {
        self.setup.met_unknown.set(true);
        let stored =
            Stored { key: KeyValue::Unknown(value), outcome: Outcome::Usable, order: Ordering::Equal, negative_integer: false };
        Leaf::List(List::of(part_no, interval_of(op, &stored, part)))
    }

    fn like_leaf(
        &mut self,
        column: ExprId,
        pattern: ExprId,
        escape: Option<ExprId>,
        index: usize,
        part_no: u8,
        part: &Part,
    ) -> Leaf {
        if matches!(part.ty.kind, TypeKind::Enum | TypeKind::Set) || !part.ty.is_string() {
            return Leaf::Nothing;
        }
        if !self.is_comparable(column, pattern, false, index, part) {
            return Leaf::Nothing;
        }
        let Ok(Some(known)) = self.evaluate(pattern) else { return Leaf::Nothing };
        if known.is_null() {
            self.impossible.push("comparison_with_null_always_false");
            return Leaf::Impossible;
        }
        let escape = match escape.map(|id| self.evaluate(id)) {
            None => Some('\\'),
            Some(Ok(Some(value))) => convert::text_of(&value).chars().next(),
            Some(_) => return Leaf::Nothing,
        };
        match super::like::interval(part, &known, escape) {
            Some(interval) => Leaf::List(List::of(part_no, interval)),
            None => Leaf::Nothing,
        }
    }

    /// `low < column < high` of two neighbours in a NOT IN list (spec 03 §2.2).
    fn gap_leaf(&mut self, column: ExprId, low: ExprId, high: ExprId, index: usize, part_no: u8, part: &Part) -> Leaf {
        if !self.is_comparable(column, low, false, index, part) || matches!(part.ty.kind, TypeKind::Enum | TypeKind::Set) {
            return Leaf::Nothing;
        }
        let (Ok(Some(low_value)), Ok(Some(high_value))) = (self.evaluate(low), self.evaluate(high)) else {
            return Leaf::Nothing;
        };
        let low = convert::store(part, &low_value, self.setup.ctx.settings);
        let high = convert::store(part, &high_value, self.setup.ctx.settings);
        if let Some(leaf) = self.judge(LeafOp::Less, &high, part) {
            return leaf;
        }
        let upper = interval_of(LeafOp::Less, &high, part).high;
        let closed = low.order == Ordering::Greater || part.prefix;
        let lower = Bound { value: Some(low.key), open: !closed };
        let interval = Interval::between(lower, upper);
        let (Some(a), Some(b)) = (&interval.low.value, &interval.high.value) else { return Leaf::Nothing };
        let order = a.compare(b);
        if order.is_gt() || order.is_eq() && (interval.low.open || interval.high.open) {
            return Leaf::Impossible;
        }
        Leaf::List(List::of(part_no, interval))
    }

    /// A constant's value: `None` if the bundle does not tell, an error if it cannot be computed now.
    pub fn evaluate(&self, value: ExprId) -> Result<Option<Value>, ()> {
        let facts = self.setup.query.exprs.facts(value);
        if !self.setup.may_evaluate && facts.flags.any(expensive_flags()) {
            return Err(());
        }
        match evaluate(self.setup.ctx, self.setup.query, value) {
            Evaluated::Known(value) => Ok(Some(value)),
            Evaluated::Unknown => Ok(None),
            Evaluated::NotConstant => Err(()),
        }
    }

    fn is_comparable(&self, column: ExprId, value: ExprId, equality: bool, index: usize, part: &Part) -> bool {
        if convert::comparable(self.setup.query, &part.ty, column, value, equality) {
            return true;
        }
        if !self.setup.pruning {
            let name = &self.setup.indexes[index].name;
            let column = &self.setup.table.columns[part.column as usize].name;
            self.setup.diagnostics.borrow_mut().push(Diagnostic {
                level: Level::Warning,
                code: 1739,
                text: format!(
                    "Cannot use range access on index '{name}' due to type or collation conversion on field '{column}'"
                ),
            });
        }
        false
    }

    /// The analysis's surroundings.
    pub fn setup(&self) -> &'s Setup<'a> {
        self.setup
    }

    /// The tree of points of one multi-valued column: their OR.
    pub fn points(&mut self, column: ColumnNo, values: Vec<KeyValue>) -> Option<Tree> {
        let setup = self.setup;
        let mut tree = KeyTree::empty(setup.indexes.len());
        let mut any = false;
        for (place, index) in setup.indexes.iter().enumerate() {
            for (part_no, part) in index.parts.iter().enumerate().filter(|(_, part)| part.column == column && part.array) {
                let mut list = List::of(part_no as u8, Interval::full());
                list.array = true;
                list.intervals = values.iter().rev().cloned().map(Interval::point).collect();
                setup.account(part);
                tree.lists[place] = list_and(tree.lists[place].take(), Some(Rc::new(list)));
                any = true;
            }
        }
        (any && !values.is_empty()).then_some(Tree::Key(tree))
    }
}

pub(super) fn expensive_flags() -> crate::query::ExprFlags {
    use crate::query::ExprFlags;
    ExprFlags::SUBQUERY.union(ExprFlags::STORED_FUNCTION)
}

/// The interval of a comparison with a stored value (spec 03 §2.4 step 3).
fn interval_of(op: LeafOp, stored: &Stored, part: &Part) -> Interval {
    let bound = |open: bool| Bound { value: Some(stored.key.clone()), open: open && !part.prefix };
    let below = || if part.nullable { Bound::open(KeyValue::Null) } else { Bound::INFINITE };
    let order = stored.order;
    match op {
        LeafOp::Equal | LeafOp::NullSafeEqual => Interval::point(stored.key.clone()),
        LeafOp::Less => Interval::between(below(), bound(order.is_ge())),
        LeafOp::LessEqual => Interval::between(below(), bound(order.is_gt())),
        LeafOp::Greater => Interval::between(bound(order.is_le()), Bound::INFINITE),
        LeafOp::GreaterEqual => Interval::between(bound(order.is_lt()), Bound::INFINITE),
    }
}
