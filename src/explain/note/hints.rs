//! The hint comment of note 1003 (spec 09 §1.7).

use super::super::expression::Printer;
use crate::query::hints::{BlockHints, HintKind, HintSwitches, Hints, JoinOrderHint, StrategyHint, TableHints};
use crate::query::{BlockId, Command};
use std::fmt::Write;

/// Semijoin strategies in the order in which they print.
const STRATEGIES: [&str; 4] = ["FIRSTMATCH", "LOOSESCAN", "MATERIALIZATION", "DUPSWEEDOUT"];

impl Printer<'_, '_> {
    /// `/*+ … */ `: in the first block every hint of the statement, in other blocks the block's own name. `select` is true
    /// for the block's own SELECT, false after the word that starts a change of rows.
    pub(super) fn hint_comment(&mut self, id: BlockId, select: bool) {
        let query = self.query;
        let no_names = || query.blocks.iter().all(|block| block.name.is_none());
        if query.hints == Hints::default() && no_names() {
            return;
        }
        let start = self.out.len();
        self.push("/*+ ");
        let empty = self.out.len();
        let first = query[query.root].blocks.first() == Some(&id);
        let inserts = matches!(&query.command, Command::Insert(_) | Command::Replace(_));
        if let Some(name) = query[id].name.as_ref().filter(|_| select || !inserts) {
            self.push("QB_NAME(");
            self.name(name);
            self.push(") ");
        }
        if first && (!select || !inserts) {
            self.global_hints(&query.hints);
            query.hints.blocks.iter().for_each(|block| self.hints_on(block));
        }
        if self.out.len() == empty {
            self.out.truncate(start);
        } else {
            self.push("*/ ");
        }
    }

    fn global_hints(&mut self, hints: &Hints) {
        // Writing to a String cannot fail.
        if let Some(milliseconds) = hints.max_execution_time {
            let _ = write!(self.out, "MAX_EXECUTION_TIME({milliseconds}) ");
        }
        for variable in &hints.variables {
            let quote = if variable.quoted { "'" } else { "" };
            let _ = write!(self.out, "SET_VAR({}={quote}{}{quote}) ", variable.name, variable.value);
        }
    }

    /// Hints on the block, join orders, then table by table.
    fn hints_on(&mut self, hints: &BlockHints) {
        for kind in HintKind::ALL {
            match kind {
                HintKind::Semijoin => self.strategies(hints, "SEMIJOIN", hints.semijoin.as_ref()),
                HintKind::Subquery => self.strategies(hints, "SUBQUERY", hints.subquery.as_ref()),
                _ => {
                    if self.switch(kind, hints.switches) {
                        self.block_name(hints.block);
                        self.push(") ");
                    }
                }
            }
        }
        hints.join_orders.iter().filter(|order| !order.dropped).for_each(|order| self.join_order(hints, order));
        hints.tables.iter().filter(|table| table.table.is_some()).for_each(|table| self.table_hints(hints, table));
    }

    /// `NAME(` of a hint that was given.
    fn switch(&mut self, kind: HintKind, switches: HintSwitches) -> bool {
        let Some(on) = switches.get(kind) else { return false };
        self.hint_start(kind.name(), on);
        true
    }

    fn hint_start(&mut self, name: &str, on: bool) {
        self.push(if on { "" } else { "NO_" });
        self.push(name);
        self.push("(");
    }

    fn strategies(&mut self, block: &BlockHints, name: &str, hint: Option<&StrategyHint>) {
        let Some(hint) = hint else { return };
        self.hint_start(name, hint.on);
        self.block_name(block.block);
        let known = STRATEGIES.iter().copied().filter(|word| hint.strategies.iter().any(|written| **written == **word));
        let others = hint.strategies.iter().map(|word| &**word).filter(|word| !STRATEGIES.contains(word));
        for (i, word) in known.chain(others).enumerate() {
            self.push(if i > 0 { ", " } else { " " });
            self.push(word);
        }
        self.push(") ");
    }

    fn join_order(&mut self, block: &BlockHints, order: &JoinOrderHint) {
        self.push(&order.name);
        self.push("(");
        self.block_name(block.block);
        self.push(" ");
        for (i, table) in order.tables.iter().enumerate() {
            self.push(if i > 0 { "," } else { "" });
            self.name(&table.name);
            if let Some(name) = &table.query_block {
                self.push("@");
                self.name(name);
            }
        }
        self.push(") ");
    }

    fn table_hints(&mut self, block: &BlockHints, table: &TableHints) {
        for kind in HintKind::ALL {
            if self.switch(kind, table.switches) {
                self.hinted_table(block, table);
                self.push(") ");
            }
            for (_, list) in table.lists.iter().filter(|(other, list)| *other == kind && list.resolved) {
                self.hint_start(kind.name(), list.on);
                self.hinted_table(block, table);
                for (i, index) in list.names.iter().enumerate() {
                    self.push(if i > 0 { ", " } else { " " });
                    self.name(index);
                }
                self.push(") ");
            }
        }
        for index in table.indexes.iter().filter(|index| index.index.is_some()) {
            for kind in HintKind::ALL {
                if self.switch(kind, index.switches) {
                    self.hinted_table(block, table);
                    self.push(" ");
                    self.name(&index.name);
                    self.push(") ");
                }
            }
        }
    }

    fn hinted_table(&mut self, block: &BlockHints, table: &TableHints) {
        self.name(&table.name);
        self.block_name(block.block);
    }

    /// ``@`name` ``
    fn block_name(&mut self, id: BlockId) {
        self.push("@");
        match self.query[id].name.as_deref() {
            Some(name) => self.name(name),
            None => {
                let name = format!("select#{:x}", self.query[id].select_id);
                self.name(&name);
            }
        }
    }
}
