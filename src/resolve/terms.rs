//! The tree of a query expression: set operations flattened, parentheses dissolved (spec 06 §16.1).

use crate::parse::ast::{Expr, Limit, Literal, OrderItem, QueryBody, QueryExpr, SetOperator, With};

/// One number of a LIMIT.
#[derive(Clone, Copy, Debug)]
pub(super) enum LimitNumber<'t> {
    /// As written.
    Written(&'t Expr),
    /// Merged from two written ones.
    Merged(u64),
}

/// ORDER BY and LIMIT of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tail<'t> {
    pub order_by: &'t [OrderItem],
    pub count: Option<LimitNumber<'t>>,
    pub offset: Option<LimitNumber<'t>>,
}

impl Tail<'_> {
    fn is_empty(&self) -> bool {
        self.order_by.is_empty() && self.count.is_none()
    }
}

/// A query block with the WITH lists around it and its own ORDER BY and LIMIT.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'t> {
    pub body: &'t QueryBody,
    pub withs: Vec<&'t With>,
    pub tail: Tail<'t>,
}

/// A node of the tree.
#[derive(Clone, Debug)]
pub(super) enum TermPlan<'t> {
    Block(Leaf<'t>),
    Set { operator: SetOperator, children: Vec<TermPlan<'t>>, distinct_until: Option<usize>, tail: Tail<'t> },
    Parenthesized { inner: Box<TermPlan<'t>>, tail: Tail<'t> },
}

impl<'t> TermPlan<'t> {
    /// The blocks in text order.
    pub fn leaves(&self) -> Vec<&Leaf<'t>> {
        let mut leaves = Vec::new();
        self.collect(&mut leaves);
        leaves
    }
    fn collect<'s>(&'s self, leaves: &mut Vec<&'s Leaf<'t>>) {
        match self {
            TermPlan::Block(leaf) => leaves.push(leaf),
            TermPlan::Set { children, .. } => children.iter().for_each(|child| child.collect(leaves)),
            TermPlan::Parenthesized { inner, .. } => inner.collect(leaves),
        }
    }
    fn tail_mut(&mut self) -> &mut Tail<'t> {
        match self {
            TermPlan::Block(leaf) => &mut leaf.tail,
            TermPlan::Set { tail, .. } | TermPlan::Parenthesized { tail, .. } => tail,
        }
    }
    fn add_with(&mut self, with: &'t With) {
        match self {
            TermPlan::Block(leaf) => leaf.withs.insert(0, with),
            TermPlan::Set { children, .. } => children.iter_mut().for_each(|child| child.add_with(with)),
            TermPlan::Parenthesized { inner, .. } => inner.add_with(with),
        }
    }
    /// ORDER BY and LIMIT of every node that is not a block, children first.
    pub fn node_tails(&self, visit: &mut dyn FnMut(&Tail<'t>)) {
        match self {
            TermPlan::Block(_) => {}
            TermPlan::Set { children, tail, .. } => {
                children.iter().for_each(|child| child.node_tails(visit));
                visit(tail);
            }
            TermPlan::Parenthesized { inner, tail } => {
                inner.node_tails(visit);
                visit(tail);
            }
        }
    }
}

/// The tree of a query expression. `top_level` is true for that of the statement, whose UNION ALL can be streamed.
pub(super) fn plan(query: &QueryExpr, top_level: bool) -> TermPlan<'_> {
    let streams = top_level && query.order_by.is_empty();
    let mut term = plan_body(&query.body, streams);
    if let Some(with) = &query.with {
        term.add_with(with);
    }
    let tail = Tail {
        order_by: &query.order_by,
        count: query.limit.as_ref().map(|l| LimitNumber::Written(&l.count)),
        offset: query.limit.as_ref().and_then(|Limit { offset, .. }| offset.as_ref().map(LimitNumber::Written)),
    };
    apply(term, tail)
}

fn apply<'t>(mut term: TermPlan<'t>, outer: Tail<'t>) -> TermPlan<'t> {
    if outer.is_empty() {
        return term;
    }
    let own = term.tail_mut();
    if own.is_empty() {
        *own = outer;
        return term;
    }
    if outer.order_by.is_empty() {
        match (own.count, outer.count) {
            (None, _) => {
                own.count = outer.count;
                own.offset = outer.offset;
                return term;
            }
            (_, None) => return term,
            (Some(a), Some(b)) => {
                let numbers = (number(a), number(b), own.offset.map_or(Some(0), number), outer.offset.map_or(Some(0), number));
                if let (Some(a), Some(b), Some(skip), Some(more)) = numbers {
                    own.count = Some(LimitNumber::Merged(a.min(b)));
                    let offset = skip.saturating_add(more);
                    own.offset = (offset > 0).then_some(LimitNumber::Merged(offset));
                    return term;
                }
            }
        }
    }
    TermPlan::Parenthesized { inner: Box::new(term), tail: outer }
}

fn number(n: LimitNumber<'_>) -> Option<u64> {
    match n {
        LimitNumber::Merged(n) => Some(n),
        LimitNumber::Written(Expr::Literal(Literal::Integer(digits))) => digits.parse().ok(),
        LimitNumber::Written(_) => None,
    }
}

fn plan_body(body: &QueryBody, streams: bool) -> TermPlan<'_> {
    match body {
        QueryBody::Parens(inner) => plan(inner, streams),
        QueryBody::SetOperation { operator, distinct, left, right } => {
            let below = streams && *operator == SetOperator::Union && !*distinct;
            let operands = [plan_body(left, below), plan_body(right, below)];
            set_operation(*operator, *distinct, operands, streams)
        }
        QueryBody::Select(_) | QueryBody::Values(_) | QueryBody::Table(_) => {
            TermPlan::Block(Leaf { body, withs: Vec::new(), tail: Tail::default() })
        }
    }
}

fn set_operation<'t>(operator: SetOperator, distinct: bool, operands: [TermPlan<'t>; 2], streams: bool) -> TermPlan<'t> {
    let top_union_all = streams && operator == SetOperator::Union && !distinct;
    let mut children: Vec<TermPlan<'t>> = Vec::new();
    let mut distinct_until = None;
    for (index, operand) in operands.into_iter().enumerate() {
        let first = index == 0;
        match operand {
            TermPlan::Set { operator: inner, children: inner_children, distinct_until: inner_distinct, tail }
                if inner == operator && tail.count.is_none() && (first || operator != SetOperator::Except) =>
            {
                let merges = match (distinct, inner_distinct) {
                    (true, _) => true,
                    (false, Some(_)) => (first || operator == SetOperator::Intersect) && !top_union_all,
                    (false, None) => operator != SetOperator::Intersect,
                };
                if merges {
                    if !distinct && let Some(until) = inner_distinct {
                        distinct_until = Some(children.len() + until);
                    }
                    children.extend(inner_children);
                } else {
                    children.push(TermPlan::Set {
                        operator: inner,
                        children: inner_children,
                        distinct_until: inner_distinct,
                        tail,
                    });
                }
            }
            other => children.push(other),
        }
    }
    if distinct || (operator == SetOperator::Intersect && distinct_until.is_some()) {
        distinct_until = Some(children.len() - 1);
    }
    TermPlan::Set { operator, children, distinct_until, tail: Tail::default() }
}
