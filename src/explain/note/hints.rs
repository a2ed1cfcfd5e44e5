//! The hint comment of note 1003 (spec 09 §1.7).

use super::super::expression::Printer;
use crate::parse::ast::{Hint, HintArguments, HintTable};
use crate::query::{Block, BlockId, Command};
use std::fmt::Write;

/// Hints of blocks and tables in the order in which they print.
const ORDER: [&str; 18] = [
    "BKA",
    "BNL",
    "ICP",
    "MRR",
    "RANGE_OPTIMIZATION",
    "SEMIJOIN",
    "SUBQUERY",
    "MERGE",
    "JOIN_FIXED_ORDER",
    "INDEX_MERGE",
    "SKIP_SCAN",
    "HASH_JOIN",
    "INDEX",
    "JOIN_INDEX",
    "GROUP_INDEX",
    "ORDER_INDEX",
    "DERIVED_CONDITION_PUSHDOWN",
    "",
];

impl Printer<'_, '_> {
    /// `/*+ … */ `: in the first block every hint of the statement, in other blocks the block's own name.
    pub(super) fn hint_comment(&mut self, id: BlockId) {
        let query = self.query;
        if query.blocks.iter().all(|block| block.hints.is_empty()) {
            return;
        }
        let block = &query[id];
        let start = self.out.len();
        self.push("/*+ ");
        let empty = self.out.len();
        let first = query[query.root].blocks.first() == Some(&id);
        let is_select_of_insert =
            matches!(&query.command, Command::Insert(_) | Command::Replace(_)) && self.out[..start].ends_with("select ");
        if let Some(name) =
            block.name.as_ref().filter(|_| !first || matches!(query.command, Command::Select) || is_select_of_insert)
        {
            self.push("QB_NAME(");
            self.name(name);
            self.push(") ");
        }
        if first && !is_select_of_insert {
            self.all_hints();
        }
        if self.out.len() == empty {
            self.out.truncate(start);
        } else {
            self.push("*/ ");
        }
    }

    fn all_hints(&mut self) {
        let query = self.query;
        for hint in query.blocks.iter().flat_map(|block| &block.hints) {
            self.global_hint(hint);
        }
        // Inner blocks become known before the ones around them.
        for block in query.blocks.iter().rev() {
            for kind in ORDER {
                block.hints.iter().filter(|hint| kind_of(hint) == kind).for_each(|hint| self.hint(block, hint));
            }
            block.hints.iter().filter(|hint| is_join_order(hint)).for_each(|hint| self.hint(block, hint));
        }
    }

    fn global_hint(&mut self, hint: &Hint) {
        match &hint.arguments {
            HintArguments::Number(number) => {
                let _ = write!(self.out, "{}({number}) ", hint.name);
            }
            HintArguments::Variable { name, value, quoted } => {
                let quote = if *quoted { "'" } else { "" };
                let _ = write!(self.out, "SET_VAR({name}={quote}{value}{quote}) ");
            }
            _ => {}
        }
    }

    fn hint(&mut self, block: &Block, hint: &Hint) {
        let own = hint.query_block.as_deref();
        match &hint.arguments {
            HintArguments::Strategies(list) => {
                self.hint_start(hint);
                self.block_name(block, own);
                for (i, strategy) in list.iter().enumerate() {
                    self.push(if i > 0 { ", " } else { " " });
                    self.push(strategy);
                }
                self.push(") ");
            }
            HintArguments::Tables(list) if is_join_order(hint) => {
                self.hint_start(hint);
                self.block_name(block, own);
                for (i, table) in list.iter().enumerate() {
                    self.push(if i > 0 { "," } else { " " });
                    self.name(&table.name);
                    if let Some(name) = &table.query_block {
                        self.push("@");
                        self.name(name);
                    }
                }
                self.push(") ");
            }
            HintArguments::Tables(list) if list.is_empty() => {
                self.hint_start(hint);
                self.block_name(block, own);
                self.push(") ");
            }
            HintArguments::Tables(list) => {
                for table in list {
                    self.hint_start(hint);
                    self.hint_table(block, own, table);
                    self.push(") ");
                }
            }
            HintArguments::Indexes { table, indexes } => self.index_hint(block, hint, table, indexes),
            _ => {}
        }
    }

    fn index_hint(&mut self, block: &Block, hint: &Hint, table: &HintTable, indexes: &[std::sync::Arc<str>]) {
        let own = hint.query_block.as_deref();
        let one_each = matches!(kind_of(hint), "MRR" | "ICP" | "RANGE_OPTIMIZATION");
        if one_each && !indexes.is_empty() {
            for index in indexes {
                self.hint_start(hint);
                self.hint_table(block, own, table);
                self.push(" ");
                self.name(index);
                self.push(") ");
            }
            return;
        }
        self.hint_start(hint);
        self.hint_table(block, own, table);
        for (i, index) in indexes.iter().enumerate() {
            self.push(if i > 0 { ", " } else { " " });
            self.name(index);
        }
        self.push(") ");
    }

    fn hint_start(&mut self, hint: &Hint) {
        self.push(&hint.name);
        self.push("(");
    }

    fn hint_table(&mut self, block: &Block, own: Option<&str>, table: &HintTable) {
        self.name(&table.name);
        self.block_name(block, table.query_block.as_deref().or(own));
    }

    /// ``@`name` ``
    fn block_name(&mut self, block: &Block, written: Option<&str>) {
        self.push("@");
        match written.or(block.name.as_deref()) {
            Some(name) => self.name(name),
            None => {
                let name = format!("select#{:x}", block.select_id);
                self.name(&name);
            }
        }
    }
}

/// A hint's name without the negation.
fn kind_of(hint: &Hint) -> &str {
    hint.name.strip_prefix("NO_").unwrap_or(&hint.name)
}

fn is_join_order(hint: &Hint) -> bool {
    matches!(&*hint.name, "JOIN_ORDER" | "JOIN_PREFIX" | "JOIN_SUFFIX")
}
