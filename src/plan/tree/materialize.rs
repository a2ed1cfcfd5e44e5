//! Materialized tables: derived tables, CTEs, semijoins, IN subqueries (spec 08 §3.2, §3.7, §4.4).

use super::join::JoinBuilder;
use super::{Builder, Materialize, Node, NodeKind, Numbers};
use crate::plan::{BlockPlan, TableAccess};
use crate::query::{BlockId, ExprId, NestId, NestKind, TableId, TableKind, UnitId};

/// How the rows of the inputs make those of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowsOf {
    Sum,
    /// INTERSECT.
    Smallest,
    /// EXCEPT.
    First,
}

impl<'p> Builder<'p> {
    /// A MATERIALIZE with its numbers.
    pub(super) fn materialize(&self, text: String, mut table_path: Node<'p>, inputs: Vec<Node<'p>>, rows_of: RowsOf) -> Node<'p> {
        let (mut rows, mut input_cost) = (0.0f64, 0.0);
        for (no, input) in inputs.iter().enumerate().filter(|(_, input)| input.rows >= 0.0) {
            match rows_of {
                _ if no == 0 => rows += input.rows,
                RowsOf::Sum => rows += input.rows,
                RowsOf::Smallest => rows = rows.min(input.rows),
                RowsOf::First => {}
            }
            input_cost += input.cost;
        }
        let numbers = self.materialize_numbers(rows, input_cost, &mut table_path);
        let kind = NodeKind::Materialize(Box::new(Materialize { table_path, cost: numbers.filled, text }));
        Node::new(kind, inputs).with(numbers.node)
    }

    /// Materializes what a table's way of reading (possibly with filter and sort on it) reads; composite nodes go above the
    /// materialization and are priced anew (spec 08 §3.7).
    pub(super) fn materialize_under(&self, path: Node<'p>, make: impl FnOnce(Node<'p>) -> Node<'p>) -> Node<'p> {
        let (mut composite, mut bottom) = (Vec::new(), path);
        while matches!(
            bottom.kind,
            NodeKind::Filter { .. } | NodeKind::Sort { .. } | NodeKind::Limit { .. } | NodeKind::Stream | NodeKind::Window { .. }
        ) && !bottom.children.is_empty()
        {
            let child = bottom.children.remove(0);
            composite.push(bottom);
            bottom = child;
        }
        if bottom.is_zero_rows() {
            return bottom;
        }
        let mut node = make(bottom);
        for mut above in composite.into_iter().rev() {
            above = self.priced_anew(above, node);
            node = above;
        }
        node
    }

    fn priced_anew(&self, mut above: Node<'p>, child: Node<'p>) -> Node<'p> {
        match &above.kind {
            NodeKind::Filter { .. } => {
                let cost = child.cost + self.per_filtered_row() * child.rows;
                above.set(Numbers { rows: child.rows, cost, init: child.init });
            }
            NodeKind::Sort { step, .. } => {
                let numbers = self.sort_numbers(&child, step.limit);
                above.set(numbers);
            }
            NodeKind::Limit { end, offset, .. } => return self.limit(*end, *offset, child),
            _ => above.set(child.numbers()),
        }
        above.children.insert(0, child);
        above
    }

    /// The access of a table together with the materialization that fills it.
    pub(super) fn table_node(&self, access: &'p TableAccess, block: BlockId, plan: &'p BlockPlan, below: &[ExprId]) -> Node<'p> {
        let path = self.access(access, block, below);
        if let Some(nest) = access.materialized {
            return self.materialized_semijoin(nest, block, plan, path);
        }
        let Some(table) = access.table else { return path };
        match &self.plan.query[table].kind {
            TableKind::Derived { .. } => self.derived(table, plan, path),
            TableKind::JsonTable { .. } => {
                let node = Node::new(NodeKind::TableFunction, Vec::new());
                // Without numbers before 9.7 (spec 08 §14).
                if self.since_9_7() { node.with(path.numbers()) } else { node }
            }
            TableKind::InformationSchema => {
                let numbers = path.numbers();
                Node::new(NodeKind::InformationSchema(Box::new(path), access), Vec::new()).with(numbers)
            }
            TableKind::Base | TableKind::RecursiveReference { .. } => path,
        }
    }

    fn materialized_semijoin(&self, nest: NestId, block: BlockId, plan: &'p BlockPlan, path: Node<'p>) -> Node<'p> {
        let inner = |access: &TableAccess| access.inner_of == Some(nest);
        let Some(first) = plan.tables.iter().position(inner) else { return path };
        let last = first + plan.tables[first..].iter().take_while(|access| inner(access)).count();
        let mut input = JoinBuilder::new(self, block, plan).build(first, last);
        let not_null = self.not_null_tests(nest);
        if !not_null.is_empty() {
            input = Node::above(NodeKind::NotNullFilter { tested: not_null, block }, input);
        }
        self.materialize_under(path, |path| {
            self.materialize("Materialize with deduplication".to_owned(), path, vec![input], RowsOf::Sum)
        })
    }

    /// The nullable inner expressions of a materialized semijoin.
    fn not_null_tests(&self, nest: NestId) -> Vec<ExprId> {
        let query = &self.plan.query;
        let (NestKind::Semijoin(info) | NestKind::Antijoin(info)) = &query[nest].kind else { return Vec::new() };
        // The inner side of an antijoin may be null-complemented: all its columns count as nullable.
        let antijoin = matches!(query[nest].kind, NestKind::Antijoin(_));
        let nullable = |inner: ExprId| {
            let facts = query.exprs.facts(inner);
            facts.nullable || antijoin && !facts.used.tables().is_empty()
        };
        info.pairs.iter().map(|(_, inner)| *inner).filter(|inner| nullable(*inner)).collect()
    }

    fn derived(&self, table: TableId, plan: &'p BlockPlan, path: Node<'p>) -> Node<'p> {
        let query = &self.plan.query;
        let TableKind::Derived { unit, cte, shared_with, .. } = &query[table].kind else { return path };
        let first = shared_with.unwrap_or(table);
        let unit = match &query[first].kind {
            TableKind::Derived { unit, .. } => *unit,
            _ => *unit,
        };
        let inputs = self.table_inputs(unit);
        let recursive = query[unit].recursive && query[unit].blocks.iter().any(|block| query[*block].recursive);
        let mut text = match (cte, recursive) {
            (Some(name), true) => format!("Materialize recursive CTE {name}"),
            (Some(name), false) if inputs.nodes.len() > 1 => format!("Materialize union CTE {name}"),
            (Some(name), false) => format!("Materialize CTE {name}"),
            (None, _) => inputs.verb.to_owned(),
        };
        let shared = cte.is_some() && !recursive && self.is_shared(first);
        if shared {
            text.push_str(" if needed");
        }
        let elsewhere = shared && first != table;
        if elsewhere {
            text.push_str(" (query plan printed elsewhere)");
        }
        if inputs.deduplicates {
            text.push_str(" with deduplication");
        }
        let invalidators: Vec<&str> = plan
            .tables
            .iter()
            .filter(|access| access.rematerializes.contains(&table))
            .filter_map(|access| access.table.map(|table| &*query[table].alias))
            .collect();
        if !invalidators.is_empty() {
            text.push_str(&format!(" (invalidate on row from {})", invalidators.join("; ")));
        }
        let (rows_of, nodes, limit) = (inputs.rows_of, inputs.nodes, inputs.limit_above);
        self.materialize_under(path, |path| {
            let mut node = self.materialize(text, path, nodes, rows_of);
            if elsewhere {
                node.children.clear();
            }
            match limit {
                Some((end, offset)) => self.limit(end, offset, node),
                None => node,
            }
        })
    }

    /// The CTE has more than one reference.
    fn is_shared(&self, first: TableId) -> bool {
        let refers = |kind: &TableKind| matches!(kind, TableKind::Derived { shared_with: Some(to), .. } if *to == first);
        self.plan.query.tables.iter().enumerate().any(|(no, table)| no != first.0 as usize && refers(&table.kind))
    }

    /// An IN subquery that is materialized and looked into (spec 05 §12.4).
    pub(super) fn materialized_subquery(&self, unit: UnitId, left: ExprId) -> Node<'p> {
        let query = &self.plan.query;
        let block = query[unit].outer.unwrap_or(BlockId(0));
        let input = self.unit(unit);
        let lookup = Node::new(NodeKind::SubqueryLookup { unit, left }, Vec::new());
        let node = self.materialize("Materialize with deduplication".to_owned(), lookup, vec![input], RowsOf::Sum);
        let node = self.limit(Some(1), 0, node);
        let (rows, cost, init) = (node.rows, node.cost + self.per_filtered_row() * node.rows, node.init);
        let filter = Node::new(NodeKind::SubqueryFilter { unit, left, block }, vec![node]);
        filter.with(Numbers { rows, cost, init })
    }
}
