//! From predicates to trees of intervals: which columns a predicate is about, and with what (spec 03 §2.1, §2.2).

use super::convert;
use super::leaf::{LeafOp, Operand, expensive_flags};
use super::setup::Setup;
use super::tree_and_or::{Tree, tree_and, tree_or};
use crate::catalog::ColumnNo;
use crate::evaluate::{Evaluated, evaluate, is_constant};
use crate::parse::ast::CompareOp;
use crate::query::{Expr, ExprId, RefKind, TableSet};
use crate::value::Value;
use crate::value::compare::{ComparisonClass, compare};
use std::cmp::Ordering;

/// What the optimizer trace calls a condition that can never hold.
pub type ImpossibleCause = &'static str;

/// Builds trees for the conditions on one table.
pub struct Builder<'s, 'a> {
    pub(super) setup: &'s Setup<'a>,
    /// Multiple equalities in force at the present level.
    equalities: Vec<ExprId>,
    /// Causes of impossible conditions, in order (optimizer trace).
    pub impossible: Vec<ImpossibleCause>,
    /// The condition in hand is part of an AND.
    nested: bool,
}

impl<'s, 'a> Builder<'s, 'a> {
    /// A builder for the analysis's table.
    pub fn new(setup: &'s Setup<'a>) -> Self {
        Builder { setup, equalities: setup.equalities.to_vec(), impossible: Vec::new(), nested: false }
    }

    pub(super) fn expr(&self, id: ExprId) -> &'a Expr {
        &self.setup.query.exprs[id]
    }

    /// The expression behind references to select elements and view columns.
    pub(super) fn real(&self, mut id: ExprId) -> ExprId {
        while let Expr::Ref { target, kind } = self.expr(id) {
            if matches!(kind, RefKind::Outer(_)) {
                break;
            }
            id = *target;
        }
        id
    }

    pub(super) fn column(&self, id: ExprId) -> Option<ColumnNo> {
        match self.expr(self.real(id)) {
            Expr::Column { table, column } if *table == self.setup.table_id => Some(*column),
            _ => None,
        }
    }

    /// The tree of a condition; none if it says nothing usable (spec 03 §2.1).
    pub fn tree(&mut self, condition: ExprId) -> Option<Tree> {
        if self.setup.out_of_memory() {
            return None;
        }
        let condition = self.real(condition);
        match self.expr(condition) {
            Expr::And(items) => return self.and(items),
            Expr::Or(items) => return self.or(items),
            _ => {}
        }
        if let Some(tree) = self.constant(condition) {
            return Some(tree);
        }
        match self.expr(condition) {
            Expr::Compare { op, left, right } => self.comparison(*op, *left, *right),
            Expr::Between { arg, low, high, negated } => self.between(*arg, *low, *high, *negated),
            Expr::In { arg, list, negated: false } => self.in_list(*arg, list),
            Expr::In { arg, list, negated: true } => self.not_in(*arg, list),
            Expr::IsNull { arg, negated } => self.column_tree(*arg, if *negated { Operand::IsNotNull } else { Operand::IsNull }),
            Expr::Like { arg, pattern, escape } => self.column_tree(*arg, Operand::Like(*pattern, *escape)),
            Expr::MultipleEqual { always_false: true, .. } => Some(Tree::Impossible),
            Expr::MultipleEqual { columns, constant, .. } => self.multiple_equality(condition, columns, *constant),
            Expr::Func { func, args, .. } => match func.name() {
                "member of" => super::multi_valued::member_of(self, args),
                "json_contains" => super::multi_valued::contains(self, args),
                "json_overlaps" => super::multi_valued::overlaps(self, args),
                _ => None,
            },
            _ => None,
        }
    }

    fn and(&mut self, items: &[ExprId]) -> Option<Tree> {
        self.nested = true;
        let outer = self.equalities.len();
        self.equalities.extend(items.iter().filter(|item| matches!(self.setup.query.exprs[**item], Expr::MultipleEqual { .. })));
        let mut result: Option<Tree> = None;
        for item in items {
            let tree = self.tree(*item);
            result = tree_and(result, tree);
            if result == Some(Tree::Impossible) {
                break;
            }
        }
        self.equalities.truncate(outer);
        result
    }

    fn or(&mut self, items: &[ExprId]) -> Option<Tree> {
        let mut result = self.tree(*items.first()?);
        for item in &items[1..] {
            if matches!(result, None | Some(Tree::Always)) {
                break;
            }
            let tree = self.tree(*item);
            result = tree_or(result, tree, self.setup.pruning);
        }
        result
    }

    /// A condition without tables that is cheap to evaluate.
    fn constant(&self, condition: ExprId) -> Option<Tree> {
        if let Expr::MultipleEqual { always_false, .. } = self.expr(condition) {
            return always_false.then_some(Tree::Impossible);
        }
        let facts = self.setup.query.exprs.facts(condition);
        // Conditions on const tables do not count: only a multiple equality notices that its tables became constant.
        if !facts.used.is_empty() || facts.flags.any(expensive_flags()) {
            return None;
        }
        match evaluate(self.setup.ctx, self.setup.query, condition) {
            Evaluated::Known(value) => Some(if convert::is_true(&value) { Tree::Always } else { Tree::Impossible }),
            _ => None,
        }
    }

    fn comparison(&mut self, op: CompareOp, left: ExprId, right: ExprId) -> Option<Tree> {
        let Some(leaf_op) = LeafOp::of(op) else {
            let (column, value) = self.column_and_value(left, right)?;
            let below = self.column_tree(column, Operand::Compare(LeafOp::Less, value));
            below.as_ref()?;
            let above = self.column_tree(column, Operand::Compare(LeafOp::Greater, value));
            return tree_or(below, above, self.setup.pruning);
        };
        if self.is_field(left) {
            let tree = self.column_tree(left, Operand::Compare(leaf_op, right));
            if tree.is_some() {
                return tree;
            }
        }
        if self.is_field(right) {
            return self.column_tree(right, Operand::Compare(leaf_op.mirrored(), left));
        }
        None
    }

    fn is_field(&self, id: ExprId) -> bool {
        matches!(self.expr(self.real(id)), Expr::Column { .. })
    }

    fn column_and_value(&self, left: ExprId, right: ExprId) -> Option<(ExprId, ExprId)> {
        if self.is_field(left) {
            Some((left, right))
        } else if self.is_field(right) {
            Some((right, left))
        } else {
            None
        }
    }

    fn between(&mut self, arg: ExprId, low: ExprId, high: ExprId, negated: bool) -> Option<Tree> {
        use LeafOp::{Greater, GreaterEqual, Less, LessEqual};
        if negated {
            if self.is_field(arg) {
                let below = self.column_tree(arg, Operand::Compare(Less, low));
                below.as_ref()?;
                let above = self.column_tree(arg, Operand::Compare(Greater, high));
                return tree_or(below, above, self.setup.pruning);
            }
            if !self.is_field(low) || !self.is_field(high) {
                return None;
            }
            let above = self.column_tree(low, Operand::Compare(Greater, arg));
            let below = self.column_tree(high, Operand::Compare(Less, arg));
            return tree_or(above, below, self.setup.pruning);
        }
        let mut result = None;
        if self.is_field(arg) {
            let lower = self.column_tree(arg, Operand::Compare(GreaterEqual, low));
            if lower.is_some() {
                let upper = self.column_tree(arg, Operand::Compare(LessEqual, high));
                result = tree_and(lower, upper);
            }
        }
        for (bound, op) in [(low, LessEqual), (high, GreaterEqual)] {
            if self.is_field(bound) {
                result = tree_and(result, self.column_tree(bound, Operand::Compare(op, arg)));
            }
        }
        result
    }

    fn in_list(&mut self, arg: ExprId, list: &[ExprId]) -> Option<Tree> {
        if let Expr::Row(columns) = self.expr(self.real(arg)) {
            return self.row_in_list(columns, list);
        }
        let mut result = self.column_tree(arg, Operand::Compare(LeafOp::Equal, *list.first()?));
        for value in &list[1..] {
            if result.is_none() || self.setup.out_of_memory() {
                return None;
            }
            let tree = self.column_tree(arg, Operand::Compare(LeafOp::Equal, *value));
            result = tree_or(result, tree, self.setup.pruning);
        }
        result
    }

    fn row_in_list(&mut self, columns: &[ExprId], list: &[ExprId]) -> Option<Tree> {
        if !columns.iter().all(|column| self.is_field(*column)) {
            return None;
        }
        let mut result: Option<Option<Tree>> = None;
        for row in list {
            let Expr::Row(values) = self.expr(self.real(*row)) else { return None };
            let mut all = None;
            for (column, value) in columns.iter().zip(values) {
                all = tree_and(all, self.column_tree(*column, Operand::Compare(LeafOp::Equal, *value)));
            }
            all.as_ref()?;
            result = Some(match result {
                None => all,
                Some(before) => tree_or(before, all, self.setup.pruning),
            });
            if matches!(result, Some(None)) {
                return None;
            }
        }
        result.flatten()
    }

    fn not_in(&mut self, arg: ExprId, list: &[ExprId]) -> Option<Tree> {
        const MOST_VALUES: usize = 1000;
        if !self.is_field(arg) || matches!(self.expr(self.real(list[0])), Expr::Row(_)) {
            return None;
        }
        let Some((class, sorted)) = self.sorted_values(arg, list) else {
            let mut result = None;
            for value in list {
                let below = self.column_tree(arg, Operand::Compare(LeafOp::Less, *value));
                let above = self.column_tree(arg, Operand::Compare(LeafOp::Greater, *value));
                result = tree_and(result, tree_or(below, above, self.setup.pruning));
            }
            return result;
        };
        if sorted.is_empty() || sorted.len() > MOST_VALUES {
            return None;
        }
        let mut tree = Some(Tree::Impossible);
        let mut place = 0;
        while place < sorted.len() && tree == Some(Tree::Impossible) {
            tree = self.column_tree(arg, Operand::Compare(LeafOp::Less, sorted[place].0));
            place += 1;
        }
        if matches!(tree, None | Some(Tree::Impossible)) {
            return None;
        }
        let mut last = place - 1;
        for next in place..sorted.len() {
            if compare(&sorted[last].1, &sorted[next].1, class) == Some(Ordering::Equal) {
                continue;
            }
            let gap = self.column_tree(arg, Operand::NotInGap(sorted[last].0, sorted[next].0));
            tree = tree_or(tree, gap, self.setup.pruning);
            tree.as_ref()?;
            last = next;
        }
        let above = self.column_tree(arg, Operand::Compare(LeafOp::Greater, sorted[last].0));
        tree_or(tree, above, self.setup.pruning)
    }

    /// The constants of a NOT IN in order, without NULLs, if all are known and of one class.
    fn sorted_values(&self, arg: ExprId, list: &[ExprId]) -> Option<(ComparisonClass, Vec<(ExprId, Value)>)> {
        let query = self.setup.query;
        let column = &query.exprs.facts(arg).ty;
        let mut common = None;
        let mut values = Vec::with_capacity(list.len());
        for id in list {
            if !query.exprs.facts(*id).used.is_empty() {
                return None;
            }
            match evaluate(self.setup.ctx, query, *id) {
                Evaluated::Known(Value::Null) => continue,
                Evaluated::Known(value) => values.push((*id, value)),
                _ => return None,
            }
            let class = convert::list_class(column, &query.exprs.facts(*id).ty);
            if *common.get_or_insert(class) != class {
                return None;
            }
        }
        let class = common.unwrap_or(ComparisonClass::Int);
        values.sort_by(|a, b| compare(&a.1, &b.1, class).unwrap_or(Ordering::Equal));
        Some((class, values))
    }

    fn multiple_equality(&mut self, condition: ExprId, columns: &[ExprId], constant: Option<ExprId>) -> Option<Tree> {
        let constant = constant?;
        if !self.nested && self.setup.previous.is_empty() && self.has_dormant_constant(condition) {
            return None;
        }
        let used = self.used(constant);
        let mut result = None;
        for column in columns {
            if self.column(*column).is_some() && self.can_take(used) {
                let tree = self.leaves(*column, Operand::Compare(LeafOp::Equal, constant), used);
                result = tree_and(result, tree);
            }
        }
        result
    }

    /// A multiple equality that is all of an ON condition and has its constant from an enclosing level drives lookups, but no
    /// ranges, unless a const table among those that the ON compares made the server look at it again.
    fn has_dormant_constant(&self, condition: ExprId) -> bool {
        let inherited = &self.setup.query.inherited_equalities;
        inherited.iter().any(|(equality, compared)| *equality == condition && !compared.meets(self.setup.readable))
    }

    /// Tables whose values are known; uncorrelated subqueries are constants too.
    pub(super) fn readable(&self) -> TableSet {
        self.setup.readable.union(TableSet::INNER)
    }

    /// May a value that uses these tables narrow ranges (spec 03 §2.1 rule 6)?
    fn can_take(&self, used: TableSet) -> bool {
        used.minus(self.readable()).minus(self.setup.previous).is_empty()
    }

    /// The tree of a predicate on a column and on all columns that equal it (spec 03 §2.1 rule 5).
    fn column_tree(&mut self, column: ExprId, operand: Operand) -> Option<Tree> {
        let used = self.operand_tables(operand);
        let mut result = None;
        if self.column(column).is_some() && self.can_take(used) {
            result = self.leaves(column, operand, used);
        }
        let Expr::Column { table, column: number } = self.expr(self.real(column)) else { return result };
        // LIKE is not carried over to columns that are equal.
        if matches!(operand, Operand::Like(..)) {
            return result;
        }
        let query = self.setup.query;
        let is_member =
            |id: ExprId| matches!(&query.exprs[id], Expr::Column { table: t, column: c } if t == table && c == number);
        for place in 0..self.equalities.len() {
            let equality = self.equalities[place];
            let Expr::MultipleEqual { columns, constant, .. } = self.expr(equality) else { continue };
            // A const table's column that left the equality is still known to be equal.
            let absorbed = || query.absorbed_columns.iter().any(|(from, id)| *from == equality && is_member(*id));
            if !self.can_take(used) || !columns.iter().chain(constant).any(|id| is_member(*id)) && !absorbed() {
                continue;
            }
            for other in columns.iter().filter(|id| !is_member(**id)) {
                if self.column(*other).is_some() {
                    let tree = self.leaves(*other, operand, used);
                    result = if result.is_none() { tree } else { tree_and(result, tree) };
                }
            }
        }
        result
    }

    /// Tables that a value depends on: columns of outer blocks' const tables are constants.
    pub(super) fn used(&self, value: ExprId) -> TableSet {
        let used = self.setup.query.exprs.facts(value).used;
        // The cached left operand of IN stays an outer reference even if its table was read.
        let cached = matches!(self.expr(value), Expr::Cache(_));
        if used.meets(TableSet::OUTER_REF) && !cached && is_constant(self.setup.query, value) {
            used.minus(TableSet::OUTER_REF)
        } else {
            used
        }
    }

    fn operand_tables(&self, operand: Operand) -> TableSet {
        let used = |id: ExprId| self.used(id);
        match operand {
            Operand::Compare(_, value) => used(value),
            Operand::IsNull | Operand::IsNotNull => TableSet::EMPTY,
            Operand::Like(pattern, escape) => used(pattern).union(escape.map_or(TableSet::EMPTY, used)),
            Operand::NotInGap(low, high) => used(low).union(used(high)),
        }
    }
}
