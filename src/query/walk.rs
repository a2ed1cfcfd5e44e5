//! Walking, copying and comparing expressions.

use super::expr::{Expr, ExprId, RefKind};
use super::{BlockId, Query, TermKind, UnitId};
use crate::query::{JoinMember, Term, WindowFrameBound};
use smallvec::SmallVec;

/// Direct sub-expressions of a node; of a subquery only its left operand.
pub type Children = SmallVec<[ExprId; 4]>;

impl Expr {
    /// Calls `visit` for each direct sub-expression, in printing order. A subquery's blocks are not entered.
    pub fn for_each_child(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            Expr::Literal { .. }
            | Expr::Column { .. }
            | Expr::Parameter { .. }
            | Expr::UserVariable(_)
            | Expr::SystemVariable { .. }
            | Expr::AntijoinMarker
            | Expr::MaterializedColumn { .. } => {}
            Expr::Ref { target, .. } => visit(*target),
            Expr::AssignUserVariable { value, .. } => visit(*value),
            Expr::Func { args, .. } | Expr::StoredFunction { args, .. } | Expr::Window { args, .. } => {
                args.iter().copied().for_each(visit)
            }
            Expr::And(args) | Expr::Or(args) | Expr::Row(args) | Expr::Grouping(args) => args.iter().copied().for_each(visit),
            Expr::Negate(arg)
            | Expr::BitNot(arg)
            | Expr::Not(arg)
            | Expr::RollupSum(arg)
            | Expr::DefaultOf(arg)
            | Expr::ValuesOf(arg)
            | Expr::Cache(arg)
            | Expr::IsNotNullTest(arg)
            | Expr::RefNullHelper(arg) => visit(*arg),
            Expr::IsNull { arg, .. }
            | Expr::IsTruth { arg, .. }
            | Expr::Cast { arg, .. }
            | Expr::ConvertUsing { arg, .. }
            | Expr::Collate { arg, .. }
            | Expr::RollupGroupItem { arg, .. }
            | Expr::QuantifierWrapper { arg, .. } => visit(*arg),
            Expr::Guard { condition, .. } => visit(*condition),
            Expr::Arithmetic { left, right, .. } | Expr::Compare { left, right, .. } | Expr::Xor(left, right) => {
                visit(*left);
                visit(*right);
            }
            Expr::InOptimizer { left, inner } => {
                visit(*left);
                visit(*inner);
            }
            Expr::Between { arg, low, high, .. } => {
                visit(*arg);
                visit(*low);
                visit(*high);
            }
            Expr::In { arg, list, .. } => {
                visit(*arg);
                list.iter().copied().for_each(visit);
            }
            Expr::Like { arg, pattern, escape } => {
                visit(*arg);
                visit(*pattern);
                escape.iter().copied().for_each(visit);
            }
            Expr::Case { operand, branches, otherwise } => {
                operand.iter().copied().for_each(&mut visit);
                for (when, then) in branches {
                    visit(*when);
                    visit(*then);
                }
                otherwise.iter().copied().for_each(visit);
            }
            Expr::If { condition, then, otherwise } => {
                visit(*condition);
                visit(*then);
                visit(*otherwise);
            }
            Expr::DateAdd { date, amount, .. } => {
                visit(*date);
                visit(*amount);
            }
            Expr::Match { columns, against, .. } => {
                columns.iter().copied().for_each(&mut visit);
                visit(*against);
            }
            Expr::Aggregate { args, order_by, .. } => {
                args.iter().copied().for_each(&mut visit);
                order_by.iter().for_each(|o| visit(o.expr));
            }
            Expr::Subquery(subquery) => subquery.left.iter().copied().for_each(visit),
            Expr::MultipleEqual { columns, constant, .. } => {
                constant.iter().copied().for_each(&mut visit);
                columns.iter().copied().for_each(visit);
            }
        }
    }

    /// Calls `change` with a mutable reference to each direct sub-expression, in the order of [`Expr::for_each_child`].
    pub fn for_each_child_mut(&mut self, mut change: impl FnMut(&mut ExprId)) {
        match self {
            Expr::Literal { .. }
            | Expr::Column { .. }
            | Expr::Parameter { .. }
            | Expr::UserVariable(_)
            | Expr::SystemVariable { .. }
            | Expr::AntijoinMarker
            | Expr::MaterializedColumn { .. } => {}
            Expr::Ref { target, .. } => change(target),
            Expr::AssignUserVariable { value, .. } => change(value),
            Expr::Func { args, .. } | Expr::StoredFunction { args, .. } | Expr::Window { args, .. } => {
                args.iter_mut().for_each(change)
            }
            Expr::And(args) | Expr::Or(args) | Expr::Row(args) | Expr::Grouping(args) => args.iter_mut().for_each(change),
            Expr::Negate(arg)
            | Expr::BitNot(arg)
            | Expr::Not(arg)
            | Expr::RollupSum(arg)
            | Expr::DefaultOf(arg)
            | Expr::ValuesOf(arg)
            | Expr::Cache(arg)
            | Expr::IsNotNullTest(arg)
            | Expr::RefNullHelper(arg) => change(arg),
            Expr::IsNull { arg, .. }
            | Expr::IsTruth { arg, .. }
            | Expr::Cast { arg, .. }
            | Expr::ConvertUsing { arg, .. }
            | Expr::Collate { arg, .. }
            | Expr::RollupGroupItem { arg, .. }
            | Expr::QuantifierWrapper { arg, .. } => change(arg),
            Expr::Guard { condition, .. } => change(condition),
            Expr::Arithmetic { left, right, .. } | Expr::Compare { left, right, .. } | Expr::Xor(left, right) => {
                change(left);
                change(right);
            }
            Expr::InOptimizer { left, inner } => {
                change(left);
                change(inner);
            }
            Expr::Between { arg, low, high, .. } => {
                change(arg);
                change(low);
                change(high);
            }
            Expr::In { arg, list, .. } => {
                change(arg);
                list.iter_mut().for_each(change);
            }
            Expr::Like { arg, pattern, escape } => {
                change(arg);
                change(pattern);
                escape.iter_mut().for_each(change);
            }
            Expr::Case { operand, branches, otherwise } => {
                operand.iter_mut().for_each(&mut change);
                for (when, then) in branches {
                    change(when);
                    change(then);
                }
                otherwise.iter_mut().for_each(change);
            }
            Expr::If { condition, then, otherwise } => {
                change(condition);
                change(then);
                change(otherwise);
            }
            Expr::DateAdd { date, amount, .. } => {
                change(date);
                change(amount);
            }
            Expr::Match { columns, against, .. } => {
                columns.iter_mut().for_each(&mut change);
                change(against);
            }
            Expr::Aggregate { args, order_by, .. } => {
                args.iter_mut().for_each(&mut change);
                order_by.iter_mut().for_each(|o| change(&mut o.expr));
            }
            Expr::Subquery(subquery) => subquery.left.iter_mut().for_each(change),
            Expr::MultipleEqual { columns, constant, .. } => {
                constant.iter_mut().for_each(&mut change);
                columns.iter_mut().for_each(change);
            }
        }
    }
}

impl Query {
    /// Direct sub-expressions of a node, in printing order.
    pub fn children(&self, id: ExprId) -> Children {
        let mut children = Children::new();
        self.exprs[id].for_each_child(|child| children.push(child));
        children
    }

    /// Visits a node and all below it, parents first, in printing order. Subqueries' blocks are not entered.
    pub fn walk(&self, root: ExprId, visit: &mut dyn FnMut(ExprId)) {
        visit(root);
        self.exprs[root].for_each_child(|child| self.walk(child, visit));
    }

    /// As [`Query::walk`], and into the blocks of subqueries.
    pub fn walk_deep(&self, root: ExprId, visit: &mut dyn FnMut(ExprId)) {
        visit(root);
        self.exprs[root].for_each_child(|child| self.walk_deep(child, visit));
        if let Expr::Subquery(subquery) = &self.exprs[root] {
            self.walk_unit(subquery.unit, visit);
        }
    }

    /// True if `test` holds for a node at or below `root` (subqueries' blocks are not entered).
    pub fn any(&self, root: ExprId, test: &mut dyn FnMut(&Query, ExprId) -> bool) -> bool {
        if test(self, root) {
            return true;
        }
        let mut found = false;
        self.exprs[root].for_each_child(|child| found = found || self.any(child, test));
        found
    }

    /// Visits every expression of a query expression, with those of the query expressions inside.
    pub fn walk_unit(&self, unit: UnitId, visit: &mut dyn FnMut(ExprId)) {
        for &block in &self[unit].blocks {
            self.walk_block(block, visit);
        }
        self.walk_term(&self[unit].term, visit);
    }

    fn walk_term(&self, term: &Term, visit: &mut dyn FnMut(ExprId)) {
        for element in &term.order_by {
            self.walk_deep(element.expr, visit);
        }
        match &term.kind {
            TermKind::Block(_) => {}
            TermKind::SetOperation { children, .. } => children.iter().for_each(|child| self.walk_term(child, visit)),
            TermKind::Parenthesized(inner) => self.walk_term(inner, visit),
        }
    }

    /// Visits every expression of a block, with those of the query expressions inside: select list, FROM, WHERE, GROUP BY,
    /// HAVING, windows, ORDER BY.
    pub fn walk_block(&self, block: BlockId, visit: &mut dyn FnMut(ExprId)) {
        let b = &self[block];
        b.items.iter().for_each(|item| self.walk_deep(item.expr, visit));
        self.walk_members(&b.from, visit);
        if let Some(root) = b.where_ {
            self.walk_deep(root, visit);
        }
        b.group_by.iter().for_each(|o| self.walk_deep(o.expr, visit));
        if let Some(root) = b.having {
            self.walk_deep(root, visit);
        }
        for window in &b.windows {
            window.partition_by.iter().chain(&window.order_by).for_each(|o| self.walk_deep(o.expr, visit));
            if let Some(frame) = &window.frame {
                for bound in [&frame.start, &frame.end] {
                    if let WindowFrameBound::Preceding(e) | WindowFrameBound::Following(e) = bound {
                        self.walk_deep(*e, visit);
                    }
                }
            }
        }
        b.order_by.iter().for_each(|o| self.walk_deep(o.expr, visit));
        b.values.iter().flatten().flatten().for_each(|e| self.walk_deep(*e, visit));
    }

    fn walk_members(&self, members: &[JoinMember], visit: &mut dyn FnMut(ExprId)) {
        for member in members {
            match *member {
                JoinMember::Table(id) => {
                    let table = &self[id];
                    match &table.kind {
                        super::TableKind::Derived { unit, .. } => self.walk_unit(*unit, visit),
                        super::TableKind::JsonTable { document } => self.walk_deep(*document, visit),
                        _ => {}
                    }
                    if let Some(on) = table.on {
                        self.walk_deep(on, visit);
                    }
                }
                JoinMember::Nest(id) => {
                    self.walk_members(&self[id].members, visit);
                    if let Some(on) = self[id].on {
                        self.walk_deep(on, visit);
                    }
                }
            }
        }
    }

    /// The expression behind references: what a [`Expr::Ref`] leads to in the end.
    pub fn real(&self, mut id: ExprId) -> ExprId {
        while let Expr::Ref { target, .. } = &self.exprs[id] {
            id = *target;
        }
        id
    }

    /// Copies an expression for `block`. `replace` is asked first for every node: what it gives stands in the copy instead.
    /// Subqueries are not copied: the copy's node names the same query expression.
    pub fn copy(
        &mut self,
        root: ExprId,
        block: BlockId,
        replace: &mut dyn FnMut(&mut Query, ExprId) -> Option<ExprId>,
    ) -> ExprId {
        if let Some(other) = replace(self, root) {
            return other;
        }
        let mut node = self.exprs[root].clone();
        node.for_each_child_mut(|child| *child = self.copy(*child, block, replace));
        let (ty, coercibility) = {
            let facts = self.exprs.facts(root);
            (facts.ty.clone(), facts.coercibility)
        };
        let copy = self.add(block, node);
        let facts = self.exprs.facts_mut(copy);
        facts.ty = ty;
        facts.coercibility = coercibility;
        copy
    }

    /// Structural equality: the same operation on the same operands. References count as what they lead to; names of
    /// variables are compared without case.
    pub fn same(&self, a: ExprId, b: ExprId) -> bool {
        let (a, b) = (self.real(a), self.real(b));
        if a == b {
            return true;
        }
        let (x, y) = (&self.exprs[a], &self.exprs[b]);
        if std::mem::discriminant(x) != std::mem::discriminant(y) || !same_payload(x, y) {
            return false;
        }
        let (p, q) = (self.children(a), self.children(b));
        p.len() == q.len() && p.iter().zip(&q).all(|(l, r)| self.same(*l, *r))
    }

    /// The column that an expression is, seen through references, if it is one.
    pub fn column_of(&self, id: ExprId) -> Option<(super::TableId, crate::catalog::ColumnNo)> {
        match self.exprs[self.real(id)] {
            Expr::Column { table, column } => Some((table, column)),
            _ => None,
        }
    }

    /// The merged derived table, view or CTE through which an expression reaches its column, if it does.
    pub fn through_view(&self, mut id: ExprId) -> bool {
        while let Expr::Ref { target, kind } = &self.exprs[id] {
            if matches!(kind, RefKind::View(..)) {
                return true;
            }
            id = *target;
        }
        false
    }
}

impl Expr {
    /// Is what is in a node beside its sub-expressions the same as in another node of the same variant?
    pub fn same_operation(&self, other: &Expr) -> bool {
        same_payload(self, other)
    }
}

/// Equality of what is in a node beside its sub-expressions; the variants are known to be the same.
fn same_payload(x: &Expr, y: &Expr) -> bool {
    match (x, y) {
        (Expr::Literal { value: a, .. }, Expr::Literal { value: b, .. }) => a == b,
        (Expr::Column { table: t, column: c }, Expr::Column { table: u, column: d }) => t == u && c == d,
        (Expr::Parameter { name: a }, Expr::Parameter { name: b }) => a.is_some() && a == b,
        (Expr::UserVariable(a), Expr::UserVariable(b)) => a.eq_ignore_ascii_case(b),
        (Expr::AssignUserVariable { .. }, _) => false,
        (Expr::SystemVariable { scope: s, name: a }, Expr::SystemVariable { scope: t, name: b }) => {
            s == t && a.eq_ignore_ascii_case(b)
        }
        (Expr::Func { func: f, extra: e, .. }, Expr::Func { func: g, extra: h, .. }) => f == g && e == h,
        (Expr::StoredFunction { schema: s, name: a, .. }, Expr::StoredFunction { schema: t, name: b, .. }) => {
            s == t && a.eq_ignore_ascii_case(b)
        }
        (Expr::Arithmetic { op: a, .. }, Expr::Arithmetic { op: b, .. }) => a == b,
        (Expr::Compare { op: a, .. }, Expr::Compare { op: b, .. }) => a == b,
        (Expr::IsNull { negated: a, .. }, Expr::IsNull { negated: b, .. }) => a == b,
        (Expr::IsTruth { test: t, negated: a, .. }, Expr::IsTruth { test: u, negated: b, .. }) => t == u && a == b,
        (Expr::Between { negated: a, .. }, Expr::Between { negated: b, .. }) => a == b,
        (Expr::In { negated: a, .. }, Expr::In { negated: b, .. }) => a == b,
        (Expr::Like { escape: a, .. }, Expr::Like { escape: b, .. }) => a.is_some() == b.is_some(),
        (Expr::Case { operand: o, otherwise: e, .. }, Expr::Case { operand: p, otherwise: f, .. }) => {
            o.is_some() == p.is_some() && e.is_some() == f.is_some()
        }
        (Expr::Cast { ty: t, array: a, .. }, Expr::Cast { ty: u, array: b, .. }) => t == u && a == b,
        (Expr::ConvertUsing { charset: a, .. }, Expr::ConvertUsing { charset: b, .. }) => a.eq_ignore_ascii_case(b),
        (Expr::Collate { collation: a, .. }, Expr::Collate { collation: b, .. }) => a.eq_ignore_ascii_case(b),
        (Expr::DateAdd { unit: u, subtract: s, .. }, Expr::DateAdd { unit: v, subtract: t, .. }) => u == v && s == t,
        (Expr::Match { mode: a, columns: c, .. }, Expr::Match { mode: b, columns: d, .. }) => a == b && c.len() == d.len(),
        (
            Expr::Aggregate { kind: k, distinct: d, separator: s, order_by: o, .. },
            Expr::Aggregate { kind: l, distinct: e, separator: t, order_by: p, .. },
        ) => k == l && d == e && s == t && o.len() == p.len() && o.iter().zip(p).all(|(a, b)| a.descending == b.descending),
        (Expr::Window { function: f, window: w, .. }, Expr::Window { function: g, window: v, .. }) => f == g && w == v,
        (Expr::RollupGroupItem { position: a, .. }, Expr::RollupGroupItem { position: b, .. }) => a == b,
        (Expr::Subquery(a), Expr::Subquery(b)) => a.unit == b.unit,
        (Expr::QuantifierWrapper { all: a, .. }, Expr::QuantifierWrapper { all: b, .. }) => a == b,
        (Expr::Guard { kind: a, .. }, Expr::Guard { kind: b, .. }) => a == b,
        (Expr::MultipleEqual { columns: a, constant: c, .. }, Expr::MultipleEqual { columns: b, constant: d, .. }) => {
            a.len() == b.len() && c.is_some() == d.is_some()
        }
        (Expr::MaterializedColumn { nest: n, position: p }, Expr::MaterializedColumn { nest: m, position: q }) => {
            n == m && p == q
        }
        _ => true,
    }
}
