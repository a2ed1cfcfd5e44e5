//! Query expressions: single blocks and set operations (spec 08 §3.8).

use super::block::limit_heading;
use super::materialize::RowsOf;
use super::{Builder, Node, NodeKind, TempTable};
use crate::catalog::TypeKind;
use crate::parse::ast::SetOperator;
use crate::plan::SortStep;
use crate::query::{BlockId, Command, Expr, ExprId, SubqueryStrategy, Term, TermKind, UnitId, UnitRole};
use crate::value::Value;

/// The inputs of a table that a query expression is materialized into.
pub(super) struct TableInputs<'p> {
    pub(super) nodes: Vec<Node<'p>>,
    /// First words of the materialize line if the table is no CTE.
    pub(super) verb: &'static str,
    pub(super) deduplicates: bool,
    pub(super) rows_of: RowsOf,
    /// A LIMIT of the set operation that is applied when the table is read.
    pub(super) limit_above: Option<(Option<u64>, u64)>,
}

impl<'p> Builder<'p> {
    /// The tree of a query expression.
    pub(super) fn unit(&self, unit: UnitId) -> Node<'p> {
        let definition = &self.plan.query[unit];
        let block = definition.blocks.first().copied().unwrap_or(BlockId(0));
        let is_top = unit == self.plan.query.root;
        let feeds_insert = is_top && matches!(self.plan.query.command, Command::Insert(_) | Command::Replace(_));
        self.term(&definition.term, block, !feeds_insert)
    }

    fn term(&self, term: &'p Term, first_block: BlockId, may_stream: bool) -> Node<'p> {
        match &term.kind {
            TermKind::Block(block) => self.block(*block),
            TermKind::Parenthesized(inner) => self.parenthesized(term, inner, first_block),
            TermKind::SetOperation { operator, children, distinct_until } => {
                if self.is_zero_limit(term) {
                    return super::block::zero_rows("Zero limit".into());
                }
                let streams = *operator == SetOperator::Union && may_stream && term.order_by.is_empty();
                let all_streamed = streams && distinct_until.is_none_or(|until| until + 1 < children.len());
                if all_streamed {
                    self.append(term, children, *distinct_until, first_block)
                } else {
                    self.materialized_term(term, first_block)
                }
            }
        }
    }

    /// LIMIT + OFFSET and OFFSET of a term.
    fn limits(&self, term: &Term) -> (Option<u64>, u64) {
        let whole = self.first_block(term).map(|block| self.plan.query[block].unit);
        if let Some(unit) = whole.filter(|unit| std::ptr::eq(&self.plan.query[*unit].term, term))
            && matches!(term.kind, TermKind::SetOperation { .. })
            && self.stops_after_one_row(unit)
        {
            return (Some(1), 0);
        }
        let number = |expr: Option<ExprId>| match expr.map(|expr| &self.plan.query.exprs[expr]) {
            Some(Expr::Literal { value: Value::Int(number), .. }) => u64::try_from(*number).ok(),
            Some(Expr::Literal { value: Value::UInt(number), .. }) => Some(*number),
            _ => None,
        };
        let offset = number(term.offset).unwrap_or(0);
        (number(term.limit).map(|limit| limit.saturating_add(offset)), offset)
    }

    /// The term is the whole of an IN subquery that is executed as EXISTS: one row is enough.
    fn stops_after_one_row(&self, unit: UnitId) -> bool {
        let query = &self.plan.query;
        match query[unit].role {
            UnitRole::Subquery(expr) => {
                matches!(&query.exprs[expr], Expr::Subquery(subquery) if subquery.strategy == SubqueryStrategy::Exists)
            }
            _ => false,
        }
    }

    fn first_block(&self, term: &Term) -> Option<BlockId> {
        let mut term = term;
        loop {
            match &term.kind {
                TermKind::Block(block) => return Some(*block),
                TermKind::Parenthesized(inner) => term = inner,
                TermKind::SetOperation { children, .. } => term = children.first()?,
            }
        }
    }

    fn is_zero_limit(&self, term: &Term) -> bool {
        let (end, offset) = self.limits(term);
        end == Some(offset)
    }

    fn term_limit(&self, term: &Term, node: Node<'p>) -> Node<'p> {
        match self.limits(term) {
            (None, 0) => node,
            (end, offset) => self.limit(end, offset, node),
        }
    }

    /// UNION ALL as a stream; what is deduplicated goes through a table first.
    fn append(&self, term: &'p Term, children: &'p [Term], distinct_until: Option<usize>, block: BlockId) -> Node<'p> {
        let mut streams = Vec::with_capacity(children.len());
        let mut rest = children;
        if let Some(until) = distinct_until {
            let (distinct, others) = children.split_at(until + 1);
            let nodes = distinct.iter().map(|child| self.term(child, block, true)).collect();
            let table = self.scan_of(TempTable::Union, "Union materialize with deduplication", nodes, RowsOf::Sum);
            streams.push(self.stream_of_table(table));
            rest = others;
        }
        for child in rest {
            let node = self.term(child, block, true);
            let is_table = matches!(&node.kind, NodeKind::Materialize(_));
            streams.push(if is_table { self.stream_of_table(node) } else { Node::above(NodeKind::Stream, node) });
        }
        let (mut rows, mut cost, mut init) = (0.0, 0.0, 0.0);
        for stream in &streams {
            rows += stream.rows;
            cost += stream.cost;
            init += stream.init;
        }
        let mut node = Node::new(NodeKind::Append, streams);
        (node.rows, node.cost, node.init) = (rows, cost, init);
        self.term_limit(term, node)
    }

    /// A stream over a materialized operand has the numbers of the scan of its table, not those of the materialization.
    fn stream_of_table(&self, node: Node<'p>) -> Node<'p> {
        let numbers = match &node.kind {
            NodeKind::Materialize(materialize) => materialize.table_path.numbers(),
            _ => node.numbers(),
        };
        Node::new(NodeKind::Stream, vec![node]).with(numbers)
    }

    fn scan_of(&self, table: TempTable, text: &str, inputs: Vec<Node<'p>>, rows_of: RowsOf) -> Node<'p> {
        let scan = Node::new(NodeKind::TempTableScan(table), Vec::new());
        self.materialize(text.to_owned(), scan, inputs, rows_of)
    }

    /// A set operation in a table of its own, sorted and limited when it is read.
    fn materialized_term(&self, term: &'p Term, block: BlockId) -> Node<'p> {
        let inputs = self.inputs_of(term, block, true);
        let table = match &term.kind {
            TermKind::SetOperation { operator: SetOperator::Intersect, .. } => TempTable::Intersect,
            TermKind::SetOperation { operator: SetOperator::Except, .. } => TempTable::Except,
            _ => TempTable::Union,
        };
        let text = format!("{}{}", inputs.verb, if inputs.deduplicates { " with deduplication" } else { "" });
        let node = self.scan_of(table, &text, inputs.nodes, inputs.rows_of);
        self.sorted_and_limited(term, block, node)
    }

    fn sorted_and_limited(&self, term: &'p Term, block: BlockId, mut node: Node<'p>) -> Node<'p> {
        if !term.order_by.is_empty() {
            let (end, _) = self.limits(term);
            let numbers = self.sort_numbers(&node, end);
            let step = SortStep {
                elements: term.order_by.clone(),
                limit: end,
                remove_duplicates: false,
                row_ids: self.has_large_column(block),
            };
            node = self.sort_of_columns(step, block, node).with(numbers);
        }
        self.term_limit(term, node)
    }

    /// A column of a set operation's table is sized by characters times bytes a character: a TEXT of several bytes a character
    /// becomes MEDIUMTEXT, and its rows are sorted by row ids.
    fn has_large_column(&self, block: BlockId) -> bool {
        const LARGEST_TEXT: u64 = 65_535;
        let query = &self.plan.query;
        query[block].items.iter().any(|item| {
            let ty = &query.exprs.facts(item.expr).ty;
            let is_text = ty.is_blob() && !matches!(ty.kind, TypeKind::Json | TypeKind::Geometry);
            is_text && u64::from(ty.length) * u64::from(ty.char_bytes()) > LARGEST_TEXT
        })
    }

    /// `(SELECT …) ORDER BY … LIMIT …`: the block in a table of its own.
    fn parenthesized(&self, term: &'p Term, inner: &'p Term, block: BlockId) -> Node<'p> {
        let node = self.term(inner, block, false);
        let node = self.scan_of(TempTable::Result, "Temporary table", vec![node], RowsOf::Sum);
        self.sorted_and_limited(term, block, node)
    }

    /// The inputs of the table that a derived table, view or CTE is materialized into.
    pub(super) fn table_inputs(&self, unit: UnitId) -> TableInputs<'p> {
        let definition = &self.plan.query[unit];
        let block = definition.blocks.first().copied().unwrap_or(BlockId(0));
        match &definition.term.kind {
            TermKind::SetOperation { .. } if definition.term.order_by.is_empty() => {
                let mut inputs = self.inputs_of(&definition.term, block, false);
                let (end, offset) = self.limits(&definition.term);
                if offset > 0 {
                    inputs.limit_above = Some((end, offset));
                }
                inputs
            }
            _ => TableInputs {
                nodes: vec![self.term(&definition.term, block, true)],
                verb: "Materialize",
                deduplicates: false,
                rows_of: RowsOf::Sum,
                limit_above: None,
            },
        }
    }

    /// The operands of a set operation with their headings (spec 08 §6.4).
    fn inputs_of(&self, term: &'p Term, block: BlockId, _own_table: bool) -> TableInputs<'p> {
        let TermKind::SetOperation { operator, children, distinct_until } = &term.kind else {
            return TableInputs {
                nodes: vec![self.term(term, block, true)],
                verb: "Materialize",
                deduplicates: false,
                rows_of: RowsOf::Sum,
                limit_above: None,
            };
        };
        let distinct = distinct_until.is_some();
        let (verb, rows_of) = match (operator, distinct) {
            (SetOperator::Union, true) => ("Union materialize", RowsOf::Sum),
            (SetOperator::Union, false) => ("Union all materialize", RowsOf::Sum),
            (SetOperator::Intersect, true) => ("Intersect materialize", RowsOf::Smallest),
            (SetOperator::Intersect, false) => ("Intersect all materialize", RowsOf::Smallest),
            (SetOperator::Except, true) => ("Except materialize", RowsOf::First),
            (SetOperator::Except, false) => ("Except all materialize", RowsOf::First),
        };
        let (end, _) = self.limits(term);
        let limit = end.filter(|_| *operator == SetOperator::Union && term.order_by.is_empty());
        let mut nodes = Vec::with_capacity(children.len());
        for (no, child) in children.iter().enumerate() {
            let node = self.term(child, block, false);
            let after_distinct = *operator == SetOperator::Union && distinct_until.is_some_and(|until| no > until);
            let recursive = matches!(&child.kind, TermKind::Block(block) if self.plan.query[*block].recursive);
            let mut parts: Vec<String> = Vec::new();
            if let Some(limit) = limit {
                parts.push(limit_heading(limit, distinct));
            }
            if after_distinct {
                parts.push("disable deduplication".to_owned());
            }
            if recursive {
                parts.push("repeat until convergence".to_owned());
            }
            nodes.push(if parts.is_empty() { node } else { node.under(capitalized(&parts.join(", "))) });
        }
        TableInputs { nodes, verb, deduplicates: distinct, rows_of, limit_above: None }
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
