//! The hint comment of note 1003 (spec 09 §1.7).

use super::super::expression::Printer;
use crate::query::hints::{BlockHints, HintKind, HintSwitches, JoinOrderHint, StrategyHint, TableHints};
use crate::query::{BlockId, Command};
use std::fmt::Write;

/// Strategies of SEMIJOIN and SUBQUERY in the order in which they print.
const STRATEGIES: [&str; 5] = ["FIRSTMATCH", "LOOSESCAN", "MATERIALIZATION", "DUPSWEEDOUT", "INTOEXISTS"];

impl Printer<'_, '_> {
    /// `/*+ … */ `: in the first block every hint of the statement, in other blocks the block's own name. `select` is true
    /// for the block's own SELECT, false after the word that starts a change of rows.
    pub(super) fn hint_comment(&mut self, id: BlockId, select: bool) {
        let query = self.query;
        let hints = &query.hints;
        if hints.blocks.is_empty() && hints.variables.is_empty() {
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
            self.all_hints();
        }
        if self.out.len() == empty {
            self.out.truncate(start);
        } else {
            self.push("*/ ");
        }
    }

    fn all_hints(&mut self) {
        let hints = &self.query.hints;
        if let Some(limit) = hints.max_execution_time {
            let _ = write!(self.out, "MAX_EXECUTION_TIME({limit}) ");
        }
        for variable in &hints.variables {
            let quote = if variable.quoted { "'" } else { "" };
            let _ = write!(self.out, "SET_VAR({}={quote}{}{quote}) ", variable.name, variable.value);
        }
        hints.blocks.iter().for_each(|block| self.hints_on(block));
    }

    /// What is said about one block: hints of the block, join orders, then table by table.
    fn hints_on(&mut self, hints: &BlockHints) {
        for kind in HintKind::ALL {
            match kind {
                HintKind::Semijoin => self.strategy_hint(hints.block, kind, hints.semijoin.as_ref()),
                HintKind::Subquery => self.strategy_hint(hints.block, kind, hints.subquery.as_ref()),
                _ => {
                    if self.hint_start(kind, hints.switches) {
                        self.block_name(hints.block);
                        self.push(") ");
                    }
                }
            }
        }
        hints.join_orders.iter().filter(|order| !order.dropped).for_each(|order| self.join_order_hint(hints.block, order));
        hints.tables.iter().filter(|table| table.table.is_some()).for_each(|table| self.table_hints(hints.block, table));
    }

    fn strategy_hint(&mut self, block: BlockId, kind: HintKind, hint: Option<&StrategyHint>) {
        let Some(hint) = hint else { return };
        let mut switches = HintSwitches::default();
        switches.set(kind, hint.on);
        self.hint_start(kind, switches);
        self.block_name(block);
        let listed = STRATEGIES.into_iter().filter(|name| hint.strategies.iter().any(|given| **given == **name));
        for (i, strategy) in listed.enumerate() {
            self.push(if i > 0 { ", " } else { " " });
            self.push(strategy);
        }
        self.push(") ");
    }

    fn join_order_hint(&mut self, block: BlockId, hint: &JoinOrderHint) {
        self.push(&hint.name);
        self.push("(");
        self.block_name(block);
        self.push(" ");
        for (i, table) in hint.tables.iter().enumerate() {
            self.push(if i > 0 { "," } else { "" });
            self.name(&table.name);
            if let Some(name) = &table.query_block {
                self.push("@");
                self.name(name);
            }
        }
        self.push(") ");
    }

    /// Hints on a table, then those on its indexes one by one.
    fn table_hints(&mut self, block: BlockId, hints: &TableHints) {
        for kind in HintKind::ALL {
            if self.hint_start(kind, hints.switches) {
                self.table_name(block, hints);
                self.push(") ");
            }
            let lists = hints.lists.iter().filter(|(other, list)| *other == kind && list.resolved);
            for (_, list) in lists {
                let mut switches = HintSwitches::default();
                switches.set(kind, list.on);
                self.hint_start(kind, switches);
                self.table_name(block, hints);
                for (i, index) in list.names.iter().enumerate() {
                    self.push(if i > 0 { ", " } else { " " });
                    self.name(index);
                }
                self.push(") ");
            }
        }
        for index in hints.indexes.iter().filter(|index| index.index.is_some()) {
            for kind in HintKind::ALL {
                if self.hint_start(kind, index.switches) {
                    self.table_name(block, hints);
                    self.push(" ");
                    self.name(&index.name);
                    self.push(") ");
                }
            }
        }
    }

    /// `[NO_]NAME(` if the hint is given.
    fn hint_start(&mut self, kind: HintKind, switches: HintSwitches) -> bool {
        let Some(on) = switches.get(kind) else { return false };
        self.push(if on { "" } else { "NO_" });
        self.push(kind.name());
        self.push("(");
        true
    }

    fn table_name(&mut self, block: BlockId, hints: &TableHints) {
        self.name(&hints.name);
        self.block_name(block);
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
