//! Note 1003 of INSERT, REPLACE, UPDATE and DELETE (spec 08 §10.5).

use super::super::expression::Printer;
use crate::plan::Outcome;
use crate::query::{BlockId, Command, ExprId, InsertTarget, JoinMember, TableId};

impl Printer<'_, '_> {
    /// A statement that changes rows.
    pub(super) fn change(&mut self, command: &Command) {
        let query = self.query;
        let root = &query[query.root];
        let Some(block) = root.blocks.first().copied() else { return };
        match command {
            Command::Select => self.query_expression(query.root),
            Command::Insert(target) => self.insert("insert ", target, block),
            Command::Replace(target) => self.insert("replace ", target, block),
            Command::Update { assignments, single_form, ignore, .. } => {
                self.with_clause(root);
                self.push("update ");
                self.hint_comment(block, false);
                self.push(if *ignore { "ignore " } else { "" });
                self.changed_tables(block, *single_form);
                self.assignments(" set ", assignments);
                self.rest(block);
            }
            Command::Delete { targets, single_form, ignore, quick, .. } => {
                self.with_clause(root);
                self.push("delete ");
                self.hint_comment(block, false);
                self.push(if *quick { "quick " } else { "" });
                self.push(if *ignore { "ignore " } else { "" });
                if !*single_form {
                    for (i, target) in targets.iter().enumerate() {
                        self.push(if i > 0 { ", " } else { "" });
                        self.base_table(&query[*target]);
                    }
                    self.push(" ");
                }
                self.push("from ");
                self.changed_tables(block, *single_form);
                self.rest(block);
            }
        }
    }

    /// All tables of the multi-table forms; else the first one alone, even if the statement became a semijoin. A merged view
    /// keeps its parentheses.
    fn changed_tables(&mut self, block: BlockId, single_form: bool) {
        let from = &self.query[block].from;
        let first_only = single_form && matches!(from.first(), Some(JoinMember::Table(_)));
        self.join_list(if first_only { &from[..1] } else { from });
    }

    fn rest(&mut self, id: BlockId) {
        let query = self.query;
        let block = &query[id];
        let plan = self.plan(id);
        let message_only = plan.is_some_and(|plan| matches!(plan.outcome, Outcome::ZeroRows(_)));
        let kept = if super::change_plan(plan) || message_only { block.where_ } else { None };
        let shown = block.written_where.or(plan.map_or(block.where_, |plan| plan.where_.or(kept)));
        self.condition(" where ", shown, block.had_where);
        self.order_list(" order by ", plan.map_or(&block.order_by, |plan| &plan.order_by), Some(id), false);
        self.limit(block.limit, block.offset);
    }

    fn insert(&mut self, word: &str, target: &InsertTarget, block: BlockId) {
        self.push(word);
        self.hint_comment(block, false);
        self.push(if target.ignore { "ignore " } else { "" });
        self.push("into ");
        self.target(target.table);
        if !target.columns.is_empty() {
            self.push(" (");
            self.list(&target.columns, ",");
            self.push(")");
        }
        self.push(" ");
        if target.from_query {
            self.context.const_values = true;
            self.query_expression(self.query.root);
            self.context.const_values = false;
        } else {
            self.push("values ");
            for (i, row) in target.rows.iter().enumerate() {
                self.push(if i > 0 { ",(" } else { "(" });
                self.list(row, ",");
                self.push(")");
            }
        }
        self.assignments(" on duplicate key update ", &target.on_duplicate);
    }

    fn target(&mut self, id: TableId) {
        let table = &self.query[id];
        self.base_table(table);
    }

    /// Assigned values show the values of const tables.
    fn assignments(&mut self, words: &str, pairs: &[(ExprId, ExprId)]) {
        for (i, (column, value)) in pairs.iter().enumerate() {
            self.push(if i == 0 { words } else { "," });
            self.around("", *column, " = ");
            let expand = std::mem::replace(&mut self.context.const_values, true);
            self.expr(*value);
            self.context.const_values = expand;
        }
    }
}
