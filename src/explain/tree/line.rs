//! The words of each node (spec 08 §6).

use super::Writer;
use crate::explain::push_number as push_integer;
use crate::plan::tree::{ChangedTable, HashCondition, JoinType, Node, NodeKind, SortNames, TempTable};
use crate::plan::{AccessMethod, SortStep, TableAccess, WindowStep};
use crate::query::{BlockId, Expr, ExprId, OrderElement, RefKind, TableId, UnitId};

impl<'p> Writer<'p> {
    /// The description of a node, without its numbers.
    pub(super) fn describe(&mut self, node: &Node<'p>) {
        match &node.kind {
            NodeKind::TableScan(access) => self.on("Table scan on ", access),
            NodeKind::TempTableScan(table) => {
                self.push("Table scan on ");
                self.push(temp_table_name(*table));
            }
            NodeKind::IndexScan { access, index, reverse, started } => {
                // Before 9.7 only an index scan that ran while planning knows that it reads the index alone (spec 08 §14).
                let told = *started || self.since_9_7();
                self.index_scan(access, *index, *reverse, told && access.index_only);
            }
            NodeKind::Lookup { access, lookup, block } => self.lookup(access, *lookup, *block),
            NodeKind::SubqueryLookup { unit, left } => self.subquery_lookup(*unit, *left),
            NodeKind::ConstRow(access) => self.on("Constant row from ", access),
            NodeKind::FollowTail(access) => self.on("Scan new records on ", access),
            NodeKind::Range { access, range, block, merged } => self.range(access, range, *block, *merged),
            NodeKind::DynamicRange { access, block } => self.dynamic_range(access, *block),
            NodeKind::SortedMerge => self.push("Sort-deduplicate by row ID"),
            NodeKind::RowIdIntersection => self.push("Intersect rows sorted by row ID"),
            NodeKind::RowIdUnion => self.push("Deduplicate rows sorted by row ID"),
            NodeKind::RowsBeforeExecution => self.push("Rows fetched before execution"),
            NodeKind::ZeroRows(cause) => self.words(&["Zero rows (", cause, ")"]),
            NodeKind::ZeroRowsAggregated(cause) => {
                self.words(&["Zero input rows (", cause, "), aggregated into one output row"]);
            }
            NodeKind::TableFunction => self.push("Materialize table function"),
            NodeKind::CountRows(access) => self.on("Count rows in ", access),
            NodeKind::Filter { conditions, block } => self.filter(conditions, *block),
            NodeKind::NotNullFilter { tested, block } => self.not_null_filter(tested, *block),
            NodeKind::SubqueryFilter { unit, left, block } => self.subquery_filter(*unit, *left, *block),
            NodeKind::NestedLoop(join) => {
                self.push(match join {
                    JoinType::Inner => "Nested loop inner join",
                    JoinType::Left => "Nested loop left join",
                    JoinType::Semi => "Nested loop semijoin",
                    JoinType::Anti => "Nested loop antijoin",
                });
                self.push(self.semijoin_strategy(*join, node.children.first()));
            }
            NodeKind::NestedLoopDuplicateRemoval { access } => {
                self.push(match self.since_9_7() {
                    true => "Nested loop semijoin (FirstMatch) with duplicate removal (LooseScan) on ",
                    false => "Nested loop semijoin with duplicate removal on ",
                });
                self.used_index(access);
            }
            NodeKind::BatchedKeyAccess(join) => self.push(match join {
                JoinType::Inner => "Batched key access inner join",
                JoinType::Left => "Batched key access left join",
                JoinType::Semi => "Batched key access semijoin",
                JoinType::Anti => "Batched key access antijoin",
            }),
            NodeKind::HashJoin { .. } => self.hash_join(node),
            NodeKind::Sort { step, block, names } => self.sort(step, *block, *names),
            NodeKind::Aggregate { functions, grouped, rollup, block } => {
                self.aggregate(functions, *grouped, *rollup, *block);
            }
            NodeKind::TempTableAggregate(_) => self.push("Aggregate using temporary table"),
            NodeKind::Limit { end, offset, counts_all } => {
                self.limit(*end, *offset);
                self.push(if *counts_all { " (no early end due to SQL_CALC_FOUND_ROWS)" } else { "" });
            }
            NodeKind::Stream => self.push("Stream results"),
            NodeKind::Materialize(materialize) => {
                let text = materialize.text.clone();
                self.push(&text);
            }
            NodeKind::InformationSchema(_, access) => self.on("Fill information schema table ", access),
            NodeKind::Append => self.push("Append"),
            NodeKind::Window { step, block } => self.window(step, *block),
            NodeKind::Weedout(tables) => self.weedout(tables),
            NodeKind::RemoveDuplicatesOnIndex(access) => {
                self.push("Remove duplicates from input sorted on ");
                self.used_index(access);
            }
            NodeKind::Alternative { access } => self.alternative(access),
            NodeKind::CacheInvalidator(access) => {
                self.on("Invalidate materialized tables (row from ", access);
                self.push(")");
            }
            NodeKind::Delete(tables) => self.changed("Delete from ", tables),
            NodeKind::Update(tables) => self.changed("Update ", tables),
            NodeKind::InsertInto(table) => self.target_table("Insert into ", *table),
            NodeKind::ReplaceInto(table) => self.target_table("Replace into ", *table),
            NodeKind::NotExecutable => self.push("<not executable by iterator executor>"),
        }
    }

    fn words(&mut self, words: &[&str]) {
        words.iter().for_each(|word| self.push(word));
    }

    fn on(&mut self, words: &str, access: &TableAccess) {
        self.push(words);
        self.alias(access);
    }

    fn target_table(&mut self, words: &str, table: TableId) {
        let alias = &self.query()[table].alias;
        self.words(&[words, alias]);
    }

    pub(super) fn changed(&mut self, words: &str, tables: &[ChangedTable]) {
        self.push(words);
        for (no, changed) in tables.iter().enumerate() {
            let alias = &self.query()[changed.table].alias;
            let how = if changed.immediate { " (immediate)" } else { " (buffered)" };
            self.words(&[if no > 0 { ", " } else { "" }, alias, how]);
        }
    }

    pub(super) fn used_index(&mut self, access: &TableAccess) {
        let index = match &access.method {
            AccessMethod::Lookup(lookup) => Some(lookup.index),
            AccessMethod::IndexScan { index, .. } => Some(*index),
            AccessMethod::Range(range) => range.single_index(),
            _ => None,
        };
        if let Some(index) = index {
            self.index_name(access, index);
        }
    }

    fn filter(&mut self, conditions: &[ExprId], block: BlockId) {
        self.push("Filter: ");
        match conditions {
            [one] => self.expr(*one, block),
            several => {
                self.push("(");
                self.joined(several, " and ", block);
                self.push(")");
            }
        }
    }

    fn joined(&mut self, exprs: &[ExprId], separator: &str, block: BlockId) {
        for (no, expr) in exprs.iter().enumerate() {
            if no > 0 {
                self.push(separator);
            }
            self.expr(*expr, block);
        }
    }

    fn not_null_filter(&mut self, tested: &[ExprId], block: BlockId) {
        self.push("Filter: ");
        let many = tested.len() > 1;
        self.push(if many { "(" } else { "" });
        for (no, expr) in tested.iter().enumerate() {
            self.push(if no > 0 { " and (" } else { "(" });
            self.expr(*expr, block);
            self.push(" is not null)");
        }
        self.push(if many { ")" } else { "" });
    }

    /// The columns that a materialized IN subquery is looked into by, each with its outer operand.
    pub(super) fn subquery_columns(&self, unit: UnitId, left: ExprId) -> Vec<(ExprId, &'p str)> {
        let query = self.query();
        let lefts = match &query.exprs[left] {
            Expr::Row(members) => members.as_slice(),
            _ => std::slice::from_ref(&left),
        };
        let items = query[unit].blocks.first().map_or(&[][..], |block| &query[*block].items);
        lefts.iter().zip(items).map(|(left, item)| (*left, &*item.name)).collect()
    }

    pub(super) fn outer_block(&self, unit: UnitId) -> BlockId {
        self.query()[unit].outer.unwrap_or(BlockId(0))
    }

    fn subquery_lookup(&mut self, unit: UnitId, left: ExprId) {
        self.push("Index lookup on <materialized_subquery> using <auto_distinct_key> (");
        let block = self.outer_block(unit);
        for (no, (left, column)) in self.subquery_columns(unit, left).into_iter().enumerate() {
            self.words(&[if no > 0 { ", " } else { "" }, column, self.equals()]);
            self.expr(left, block);
        }
        self.push(")");
    }

    fn subquery_filter(&mut self, unit: UnitId, left: ExprId, block: BlockId) {
        self.push("Filter: (");
        for (no, (left, column)) in self.subquery_columns(unit, left).into_iter().enumerate() {
            self.push(if no > 0 { " and (" } else { "(" });
            self.expr(left, block);
            self.push(" = `<materialized_subquery>`.");
            self.printer(block).name(column);
            self.push(")");
        }
        self.push(")");
    }

    /// The semijoin strategy that a join carries out, which 9.7 names; `before` is its outer, or its hashed input (spec 08 §14).
    pub(super) fn semijoin_strategy(&self, join: JoinType, before: Option<&Node<'p>>) -> &'static str {
        if !self.since_9_7() {
            return "";
        }
        match (join, before.map(|node| &node.kind)) {
            (JoinType::Semi, _) => " (FirstMatch)",
            (JoinType::Inner, Some(NodeKind::Limit { end: Some(1), offset: 0, .. })) => " (FirstMatch)",
            (JoinType::Inner, Some(NodeKind::RemoveDuplicatesOnIndex(_))) => " (LooseScan)",
            _ => "",
        }
    }

    fn hash_join(&mut self, node: &Node<'p>) {
        let NodeKind::HashJoin { join, conditions, extra, block } = &node.kind else { return };
        let (join, block) = (*join, *block);
        self.push(match join {
            JoinType::Inner => "Inner hash join",
            JoinType::Left => "Left hash join",
            JoinType::Semi => "Hash semijoin",
            JoinType::Anti => "Hash antijoin",
        });
        let strategy = self.semijoin_strategy(join, node.children.get(1));
        self.push(if conditions.is_empty() && strategy.is_empty() { " (no condition)" } else { strategy });
        for (no, hashed) in conditions.iter().enumerate() {
            self.push(if no > 0 { ", " } else { " " });
            self.hash_condition(hashed, block);
        }
        if !extra.is_empty() {
            self.push(", extra conditions: ");
            self.joined(extra, " and ", block);
        }
    }

    pub(super) fn hash_condition(&mut self, hashed: &HashCondition, block: BlockId) {
        match &self.query().exprs[hashed.condition] {
            Expr::Compare { left, right, .. } if hashed.hash_only => {
                self.push("(<hash>(");
                self.expr(*left, block);
                self.push(")=<hash>(");
                self.expr(*right, block);
                self.push("))");
            }
            _ => self.expr(hashed.condition, block),
        }
    }

    fn sort(&mut self, step: &SortStep, block: BlockId, names: SortNames) {
        self.push(match (step.row_ids, step.remove_duplicates) {
            (false, false) => "Sort: ",
            (false, true) => "Sort with duplicate removal: ",
            (true, false) => "Sort row IDs: ",
            (true, true) => "Sort row IDs with duplicate removal: ",
        });
        let fields = self.sort_fields(step, block, names).join(", ");
        self.push(&fields);
        if let Some(limit) = step.limit {
            self.push(", limit input to ");
            push_integer(&mut self.out, limit);
            self.push(" row(s) per chunk");
        }
    }

    /// What is sorted by, each with its direction.
    pub(super) fn sort_fields(&mut self, step: &SortStep, block: BlockId, names: SortNames) -> Vec<String> {
        let fields = step.elements.iter().map(|element| {
            self.text(|writer| {
                writer.sort_element(element, block, names, step.remove_duplicates);
                writer.push(if element.descending { " DESC" } else { "" });
            })
        });
        fields.collect()
    }

    /// A column as an expression; anything else by its name, if it has one.
    fn sort_element(&mut self, element: &OrderElement, block: BlockId, names: SortNames, quoted: bool) {
        let query = self.query();
        let item = element.item.and_then(|place| query[block].items.get(place));
        match (names, item) {
            (SortNames::Columns, Some(item)) => return self.printer(block).name(&item.name),
            (SortNames::Rollup, Some(item)) => return self.push(&item.name),
            (SortNames::Rollup, None) => {
                if let Some(name) = self.column_name(element.expr) {
                    return self.push(name);
                }
            }
            _ => {}
        }
        match self.bare(element.expr) {
            Bare::Column => self.expr(element.expr, block),
            Bare::Outer(name) => self.push(name),
            Bare::Other => match item {
                Some(item) if quoted => self.printer(block).name(&item.name),
                Some(item) => self.push(&item.name),
                None => self.expr(element.expr, block),
            },
        }
    }

    fn column_name(&self, expr: ExprId) -> Option<&'p str> {
        let query = self.query();
        match &query.exprs[expr] {
            Expr::Column { table, column } => query[*table].table.columns.get(usize::from(*column)).map(|c| &*c.name),
            Expr::Ref { target, .. } | Expr::RollupGroupItem { arg: target, .. } => self.column_name(*target),
            _ => None,
        }
    }

    fn bare(&self, expr: ExprId) -> Bare<'p> {
        let query = self.query();
        match &query.exprs[expr] {
            Expr::Column { .. } | Expr::MaterializedColumn { .. } => Bare::Column,
            Expr::Ref { target, kind } => match kind {
                RefKind::View(table, column) => {
                    let columns = &query[*table].table.columns;
                    columns.get(usize::from(*column)).map_or(Bare::Other, |column| Bare::Outer(&column.name))
                }
                _ => self.bare(*target),
            },
            _ => Bare::Other,
        }
    }

    fn aggregate(&mut self, functions: &[ExprId], grouped: bool, rollup: bool, block: BlockId) {
        match (grouped, functions.is_empty(), rollup) {
            (false, ..) => self.push("Aggregate: "),
            (true, true, _) => self.push("Group (no aggregates)"),
            (true, false, true) => self.push("Group aggregate with rollup: "),
            (true, false, false) => self.push("Group aggregate: "),
        }
        self.joined(functions, ", ", block);
    }

    fn limit(&mut self, end: Option<u64>, offset: u64) {
        match (end, offset) {
            (Some(end), 0) => {
                self.push("Limit: ");
                push_integer(&mut self.out, end);
            }
            (None, offset) => {
                self.push("Offset: ");
                push_integer(&mut self.out, offset);
            }
            (Some(end), offset) => {
                self.push("Limit/Offset: ");
                push_integer(&mut self.out, end - offset.min(end));
                self.push("/");
                push_integer(&mut self.out, offset);
            }
        }
        self.push(" row(s)");
    }

    fn window(&mut self, step: &WindowStep, block: BlockId) {
        self.push(match (step.frame_buffer, step.optimized_frame) {
            (false, _) => "Window aggregate: ",
            (true, true) => "Window aggregate with buffering: ",
            (true, false) => "Window multi-pass aggregate with buffering: ",
        });
        self.joined(&step.functions, ", ", block);
    }

    fn weedout(&mut self, tables: &[&TableAccess]) {
        let many = tables.len() > 1;
        self.push(if many { "Remove duplicate (" } else { "Remove duplicate " });
        for (no, access) in tables.iter().enumerate() {
            self.on(if no > 0 { ", " } else { "" }, access);
        }
        self.push(if many { ") rows using temporary table (weedout)" } else { " rows using temporary table (weedout)" });
    }

    fn alternative(&mut self, access: &TableAccess) {
        self.push("Alternative plans for IN subquery: Index lookup unless ");
        let AccessMethod::Lookup(lookup) = &access.method else { return };
        let guarded: Vec<usize> = (0..lookup.values.len()).filter(|part| lookup.guarded_parts >> part & 1 == 1).collect();
        let many = guarded.len() > 1;
        self.push(if many { " any of (" } else { "" });
        for (no, part) in guarded.into_iter().enumerate() {
            self.push(if no > 0 { ", " } else { "" });
            let name = self.part_name(access, lookup.index, part);
            self.push(&name);
        }
        self.push(if many { ") IS NULL" } else { " IS NULL" });
    }
}

/// How a sort element names itself.
enum Bare<'a> {
    Column,
    /// A column of a merged derived table or view: its name there.
    Outer(&'a str),
    Other,
}

pub(super) fn temp_table_name(table: TempTable) -> &'static str {
    match table {
        TempTable::Plain => "<temporary>",
        TempTable::Union => "<union temporary>",
        TempTable::Intersect => "<intersect temporary>",
        TempTable::Except => "<except temporary>",
        TempTable::Result => "<result temporary>",
    }
}
