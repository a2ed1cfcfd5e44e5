//! FORMAT=JSON, version 2: the tree as a document (spec 07 §12). What a line of TREE says in words stands here in members too.

mod access;
mod writing;

use super::{Place, Writer, find_subqueries, subquery_of};
use crate::explain::note;
use crate::plan::Plan;
use crate::plan::tree::{self, ChangedTable, HashCondition, JoinType, Materialize, Node, NodeKind};
use crate::query::{BlockId, Command, Expr, ExprId, InsertTarget, SubqueryExpr, TableKind, UnitId};
use std::collections::BTreeSet;
use writing::Json;

/// The document.
pub fn render(plan: &Plan) -> String {
    let node = tree::build(plan);
    let mut writer = Writer { out: String::new(), plan, marks: None };
    let mut root = vec![
        ("query_plan", writer.operator(&node, plan.query.root)),
        ("query_type", Json::from(query_type(&plan.query.command))),
        ("json_schema_version", Json::from("2.0")),
    ];
    if !matches!(node.kind, NodeKind::NotExecutable) {
        root.push(("query", Json::Text(note::rewritten_for_document(plan))));
    }
    let mut text = String::with_capacity(2048);
    Json::Object(root).write(&mut text, 0);
    text
}

fn query_type(command: &Command) -> &'static str {
    match command {
        Command::Select => "select",
        Command::Insert(_) => "insert",
        Command::Replace(_) => "replace",
        Command::Update { .. } => "update",
        Command::Delete { .. } => "delete",
    }
}

/// Members of an operator.
#[derive(Default)]
struct Members(Vec<(&'static str, Json)>);

impl Members {
    fn add(&mut self, key: &'static str, value: impl Into<Json>) {
        self.0.push((key, value.into()));
    }
    fn flag(&mut self, key: &'static str, on: bool) {
        if on {
            self.add(key, true);
        }
    }
}

impl<'p> Writer<'p> {
    /// A node with everything below it; `unit` is the query expression that it belongs to.
    fn operator(&mut self, node: &Node<'p>, unit: UnitId) -> Json {
        let mut members = Members::default();
        if let Some(heading) = &node.heading {
            members.add("heading", heading.to_string());
        }
        self.operator_with(node, unit, members)
    }

    fn operator_with(&mut self, node: &Node<'p>, unit: UnitId, mut members: Members) -> Json {
        let mut inputs = match &node.kind {
            NodeKind::Materialize(materialize) => {
                return self.materialized(node, materialize, unit, members);
            }
            NodeKind::TempTableAggregate(path) => {
                let mut own = Members(vec![("inputs", Json::List(self.inputs(node, unit)))]);
                self.described(node, unit, &mut own);
                self.described(path, unit, &mut members);
                vec![Json::Object(own.0)]
            }
            NodeKind::InformationSchema(path, _) => {
                let mut own = Members::default();
                self.described(node, unit, &mut own);
                self.described(path, unit, &mut members);
                vec![Json::Object(own.0)]
            }
            _ => {
                self.described(node, unit, &mut members);
                self.inputs(node, unit)
            }
        };
        if let NodeKind::Filter { conditions, .. } = &node.kind {
            let mut found = Vec::new();
            conditions.iter().for_each(|condition| find_subqueries(self.query(), *condition, &mut found));
            inputs.extend(found.into_iter().map(|subquery| self.subquery_operator(subquery, Place::Condition)));
        }
        if !inputs.is_empty() {
            members.add("inputs", Json::List(inputs));
        }
        self.selected(node, &mut members);
        Json::Object(members.0)
    }

    fn inputs(&mut self, node: &Node<'p>, unit: UnitId) -> Vec<Json> {
        node.children.iter().map(|child| self.operator(child, unit)).collect()
    }

    /// Subqueries of the select list.
    fn selected(&mut self, node: &Node<'p>, members: &mut Members) {
        let found: Vec<&SubqueryExpr> = node.projections.iter().filter_map(|unit| subquery_of(self.query(), *unit)).collect();
        let list: Vec<Json> = found.into_iter().map(|subquery| self.subquery_operator(subquery, Place::Projection)).collect();
        if !list.is_empty() {
            members.add("inputs_from_select_list", Json::List(list));
        }
    }

    fn subquery_operator(&mut self, subquery: &'p SubqueryExpr, place: Place) -> Json {
        let query = self.query();
        let mut members = Members::default();
        let heading = self.text(|writer| writer.subquery_heading(subquery, place));
        members.flag("dependent", heading.ends_with("; dependent)"));
        members.flag("cacheable", heading.ends_with("; run only once)"));
        members.add("heading", heading);
        members.add("subquery", true);
        members.add("subquery_location", if matches!(place, Place::Condition) { "condition" } else { "projection" });
        let unit = query[subquery.unit].blocks.first().map_or(query.root, |_| subquery.unit);
        let node = tree::build_subquery(self.plan, subquery);
        self.operator_with(&node, unit, members)
    }

    /// The way in which the table is read, with the materialization as its input.
    fn materialized(&mut self, node: &Node<'p>, materialize: &Materialize<'p>, unit: UnitId, mut members: Members) -> Json {
        let path = &materialize.table_path;
        let inner = self.materialized_unit(path).unwrap_or(unit);
        let mut own = Members::default();
        own.add("operation", materialize.text.as_str());
        own.add("access_type", "materialize");
        materialization_members(&materialize.text, &mut own);
        own.numbers(node.rows, materialize.cost, materialize.cost);
        let inputs: Vec<Json> = node.children.iter().map(|child| self.operator(child, inner)).collect();
        if !inputs.is_empty() {
            own.add("inputs", Json::List(inputs));
        }
        let own = Json::Object(own.0);
        self.described_without_numbers(path, unit, &mut members);
        members.numbers(path.rows, node.cost.max(0.0), node.init);
        let mut below = vec![own];
        if let (NodeKind::Alternative { .. }, Some((first, others))) = (&path.kind, path.children.split_first()) {
            let mut lookup = Members(vec![("inputs", Json::List(below))]);
            self.described(first, unit, &mut lookup);
            below = vec![Json::Object(lookup.0)];
            below.extend(others.iter().map(|other| self.operator(other, unit)));
        }
        members.add("inputs", Json::List(below));
        self.selected(node, &mut members);
        Json::Object(members.0)
    }

    /// The query expression that a derived table is filled from.
    fn materialized_unit(&self, path: &Node<'p>) -> Option<UnitId> {
        let access = match &path.kind {
            NodeKind::TableScan(access) | NodeKind::Lookup { access, .. } | NodeKind::Alternative { access } => access,
            _ => return None,
        };
        match &self.query()[access.table?].kind {
            TableKind::Derived { unit, .. } => Some(*unit),
            _ => None,
        }
    }

    fn described(&mut self, node: &Node<'p>, unit: UnitId, members: &mut Members) {
        self.described_without_numbers(node, unit, members);
        members.numbers(node.rows, node.cost.max(0.0), node.init);
    }

    fn described_without_numbers(&mut self, node: &Node<'p>, unit: UnitId, members: &mut Members) {
        let operation = self.text(|writer| writer.describe(node));
        members.add("operation", operation.as_str());
        if self.access_members(&node.kind, unit, members) {
            return;
        }
        match &node.kind {
            NodeKind::SortedMerge => members.add("access_type", "index_merge"),
            NodeKind::RowIdIntersection => members.add("access_type", "rowid_intersection"),
            NodeKind::RowIdUnion => members.add("access_type", "rowid_union"),
            NodeKind::RowsBeforeExecution => members.add("access_type", "rows_fetched_before_execution"),
            NodeKind::ZeroRows(cause) => {
                members.add("access_type", "zero_rows");
                members.add("zero_rows_cause", cause.to_string());
            }
            NodeKind::ZeroRowsAggregated(cause) => {
                members.add("access_type", "zero_rows_aggregated");
                members.add("zero_rows_cause", *cause);
            }
            NodeKind::TableFunction => members.add("access_type", "materialized_table_function"),
            NodeKind::Filter { conditions, block } => {
                members.add("access_type", "filter");
                members.add("condition", operation.trim_start_matches("Filter: "));
                let columns = self.columns(conditions, *block);
                members.add("filter_columns", columns);
            }
            NodeKind::NotNullFilter { tested, block } => {
                members.add("access_type", "filter");
                members.add("condition", operation.trim_start_matches("Filter: "));
                let columns = self.columns(tested, *block);
                members.add("filter_columns", columns);
            }
            NodeKind::SubqueryFilter { unit, left, block } => {
                members.add("access_type", "filter");
                members.add("condition", operation.trim_start_matches("Filter: "));
                let mut columns: BTreeSet<String> = self.columns(&[*left], *block).into_iter().collect();
                let materialized = self.subquery_columns(*unit, *left);
                columns.extend(materialized.iter().map(|(_, column)| format!("`<materialized_subquery>`.{column}")));
                members.add("filter_columns", columns.into_iter().collect::<Vec<String>>());
            }
            NodeKind::NestedLoop(join) => {
                let strategy = self.semijoin_strategy(*join, node.children.first());
                join_members(*join, "nested_loop", strategy, members);
            }
            NodeKind::BatchedKeyAccess(join) => join_members(*join, "batch_key_access", "", members),
            NodeKind::HashJoin { join, conditions, extra, block } => {
                let strategy = self.semijoin_strategy(*join, node.children.get(1));
                join_members(*join, "hash", strategy, members);
                self.hash_members(conditions, extra, *block, members);
            }
            NodeKind::NestedLoopDuplicateRemoval { .. } => members.add("semijoin_strategy", "firstmatch_with_loosescan"),
            NodeKind::Sort { step, block, names } => {
                members.add("access_type", "sort");
                let fields = self.sort_fields(step, *block, *names);
                members.add("sort_fields", fields);
                if let Some(limit) = step.limit {
                    members.add("per_chunk_limit", limit);
                }
                members.flag("row_ids", step.row_ids);
                members.flag("duplicate_removal", step.remove_duplicates);
            }
            NodeKind::Aggregate { functions, grouped, rollup, block } => {
                members.add("access_type", "aggregate");
                members.flag("group_by", *grouped);
                members.flag("rollup", *rollup);
                let functions = self.expr_texts(functions, *block);
                members.add("functions", functions);
            }
            NodeKind::TempTableAggregate(_) => members.add("access_type", "temp_table_aggregate"),
            NodeKind::Limit { end, offset, counts_all } => {
                members.add("access_type", "limit");
                // No limit at all is -1.
                members.add("limit", end.map_or(Json::Integer(-1), Json::from));
                members.add("limit_offset", *offset);
                members.flag("count_all_rows", *counts_all);
            }
            NodeKind::Stream => members.add("access_type", "stream"),
            NodeKind::Append => members.add("access_type", "append"),
            NodeKind::Window { step, block } => {
                members.add("access_type", "window");
                members.flag("buffering", step.frame_buffer);
                members.flag("multi_pass", step.frame_buffer && !step.optimized_frame);
                let functions = self.expr_texts(&step.functions, *block);
                members.add("functions", functions);
            }
            NodeKind::Weedout(tables) => {
                members.add("semijoin_strategy", "weedout");
                let names: Vec<String> = tables.iter().map(|access| self.text(|writer| writer.alias(access))).collect();
                members.add("tables", names);
            }
            NodeKind::RemoveDuplicatesOnIndex(access) => {
                members.add("access_type", "remove_duplicates_on_index");
                let index = self.text(|writer| writer.used_index(access));
                members.add("index_name", index);
            }
            NodeKind::Alternative { .. } => members.add("access_type", "alternative_plans_for_in_subquery"),
            NodeKind::CacheInvalidator(access) => {
                members.add("access_type", "invalidate_materialized_tables");
                let name = self.text(|writer| writer.alias(access));
                members.add("table_name", name);
            }
            NodeKind::Delete(tables) => {
                members.add("access_type", "delete_rows");
                members.add("tables", self.changed_tables(tables));
            }
            NodeKind::InsertInto(_) | NodeKind::ReplaceInto(_) => self.insert_members(node, members),
            _ => {}
        }
    }

    fn changed_tables(&mut self, tables: &[ChangedTable]) -> String {
        self.text(|writer| writer.changed("", tables))
    }

    fn insert_members(&mut self, node: &Node<'p>, members: &mut Members) {
        let (Command::Insert(target) | Command::Replace(target)) = &self.query().command else { return };
        let InsertTarget { table, from_query, .. } = target;
        let replaces = matches!(node.kind, NodeKind::ReplaceInto(_));
        if !from_query {
            members.add("access_type", if replaces { "replace_values" } else { "insert_values" });
        }
        self.table_members(*table, true, members);
    }

    fn hash_members(&mut self, conditions: &[HashCondition], extra: &[ExprId], block: BlockId, members: &mut Members) {
        let hashed: Vec<String> = conditions.iter().map(|each| self.text(|writer| writer.hash_condition(each, block))).collect();
        members.add("hash_condition", hashed);
        let all: Vec<ExprId> = conditions.iter().map(|each| each.condition).chain(extra.iter().copied()).collect();
        let columns = self.columns(&all, block);
        members.add("join_columns", columns);
        if !extra.is_empty() {
            let extra = self.expr_texts(extra, block);
            members.add("extra_condition", extra);
        }
    }

    fn expr_texts(&mut self, exprs: &[ExprId], block: BlockId) -> Vec<String> {
        exprs.iter().map(|expr| self.text(|writer| writer.expr(*expr, block))).collect()
    }

    /// The columns that expressions name, each once, sorted; with their schema where the table has no alias.
    fn columns(&mut self, exprs: &[ExprId], block: BlockId) -> Vec<String> {
        let query = self.query();
        let mut found = Vec::new();
        for expr in exprs {
            query.walk(*expr, &mut |id| {
                if matches!(query.exprs[id], Expr::Column { .. } | Expr::MaterializedColumn { .. }) {
                    found.push(id);
                }
            });
        }
        let names: BTreeSet<String> = found.into_iter().map(|id| self.qualified_column(id, block)).collect();
        names.into_iter().collect()
    }

    fn qualified_column(&mut self, column: ExprId, block: BlockId) -> String {
        self.text(|writer| {
            let mut printer = writer.printer(block);
            printer.context.hidden_schema = None;
            printer.context.schema_before_alias = false;
            printer.expr(column);
        })
    }
}

/// What the words of a materialization say of it.
fn materialization_members(text: &str, members: &mut Members) {
    let lower = text.to_ascii_lowercase();
    members.flag("cte", text.contains(" CTE "));
    members.flag("recursive", lower.starts_with("materialize recursive "));
    members.flag("temp_table", lower.starts_with("temporary table"));
    members.flag("union", lower.starts_with("union ") || lower.starts_with("materialize union "));
    members.flag("intersect", lower.starts_with("intersect "));
    members.flag("except", lower.starts_with("except "));
    members.flag("deduplication", text.contains("with deduplication"));
    let invalidators = text.split_once(" (invalidate on row from ").and_then(|(_, rest)| rest.split_once(')'));
    if let Some((names, _)) = invalidators {
        members.add("cache_invalidators", names.split("; ").map(str::to_owned).collect::<Vec<String>>());
    }
}

fn join_members(join: JoinType, algorithm: &'static str, strategy: &str, members: &mut Members) {
    members.add("access_type", "join");
    members.add(
        "join_type",
        match join {
            JoinType::Inner => "inner join",
            JoinType::Left => "left join",
            JoinType::Semi => "semijoin",
            JoinType::Anti => "antijoin",
        },
    );
    members.add("join_algorithm", algorithm);
    if !strategy.is_empty() {
        members.add("semijoin_strategy", strategy.trim_matches([' ', '(', ')']).to_ascii_lowercase());
    }
}

impl Members {
    /// Rows, cost, and cost until the first row, as far as they are known (spec 08 §5.1).
    fn numbers(&mut self, rows: f64, cost: f64, init: f64) {
        if rows < 0.0 {
            return;
        }
        self.add("estimated_rows", rows);
        self.add("estimated_total_cost", cost);
        if init >= 0.0 {
            self.add("estimated_first_row_cost", if rows <= 1.0 { cost } else { init + (cost - init) / rows });
        }
    }
}
