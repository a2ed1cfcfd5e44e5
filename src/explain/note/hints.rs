//! The hint comment of note 1003 (spec 09 §1.7).

use super::super::expression::Printer;
use crate::parse::ast::{Hint, HintArguments, HintTable};
use crate::query::{BlockId, Command, Query};
use std::fmt::Write;

/// Hints of blocks and tables in the order in which they print, without their `NO_`.
const ORDER: [&str; 17] = [
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
];

/// A hint, or one table of it, that speaks of a block.
#[derive(Clone, Copy)]
struct Said<'a> {
    hint: &'a Hint,
    table: Option<&'a HintTable>,
}

impl Printer<'_, '_> {
    /// `/*+ … */ `: in the first block every hint of the statement, in other blocks the block's own name. `select` is true
    /// for the block's own SELECT, false after the word that starts a change of rows.
    pub(super) fn hint_comment(&mut self, id: BlockId, select: bool) {
        let query = self.query;
        if query.blocks.iter().all(|block| block.hints.is_empty() && block.name.is_none()) {
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
        let query = self.query;
        query.blocks.iter().flat_map(|block| &block.hints).for_each(|hint| self.global_hint(hint));
        let mut order = Vec::with_capacity(query.blocks.len());
        let outermost = (0..query.blocks.len()).filter(|no| query[query.blocks[*no].unit].outer.is_none());
        outermost.for_each(|no| push_inner_first(query, BlockId(no as u32), &mut order));
        order.into_iter().for_each(|target| self.hints_on(target));
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

    /// What is said about one block: hints of the block, join orders, then table by table in the order of first mention.
    fn hints_on(&mut self, target: BlockId) {
        let said = said_about(self.query, target);
        let by_kind = |kind: &'static str| said.iter().filter(move |said| kind_of(said.hint) == kind);
        for kind in ORDER {
            by_kind(kind).filter(|said| said.table.is_none()).for_each(|said| self.block_hint(target, said.hint));
        }
        for said in said.iter().filter(|said| is_join_order(said.hint)) {
            self.join_order_hint(target, said.hint);
        }
        let mut done: Vec<&str> = Vec::new();
        for table in said.iter().filter_map(|said| said.table) {
            if done.iter().any(|name| *name == &*table.name) {
                continue;
            }
            done.push(&table.name);
            let same = |said: &&Said<'_>| said.table.is_some_and(|other| other.name == table.name);
            for kind in ORDER {
                by_kind(kind).filter(same).filter(|said| !is_index_by_index(said.hint)).for_each(|said| {
                    self.table_hint(target, said, None);
                });
            }
            self.index_by_index(target, said.iter().filter(same).copied().filter(|said| is_index_by_index(said.hint)));
        }
    }

    /// SEMIJOIN, SUBQUERY, JOIN_FIXED_ORDER, and table hints without a table.
    fn block_hint(&mut self, target: BlockId, hint: &Hint) {
        self.hint_start(hint);
        self.block_name(target);
        if let HintArguments::Strategies(list) = &hint.arguments {
            for (i, strategy) in list.iter().enumerate() {
                self.push(if i > 0 { ", " } else { " " });
                self.push(strategy);
            }
        }
        self.push(") ");
    }

    fn join_order_hint(&mut self, target: BlockId, hint: &Hint) {
        let HintArguments::Tables(list) = &hint.arguments else { return };
        self.hint_start(hint);
        self.block_name(target);
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

    /// A hint about a table; `index`: only that one of its indexes.
    fn table_hint(&mut self, target: BlockId, said: &Said<'_>, index: Option<&str>) {
        let Some(table) = said.table else { return };
        self.hint_start(said.hint);
        self.name(&table.name);
        self.block_name(target);
        match (index, &said.hint.arguments) {
            (Some(index), _) => {
                self.push(" ");
                self.name(index);
            }
            (None, HintArguments::Indexes { indexes, .. }) => {
                for (i, index) in indexes.iter().enumerate() {
                    self.push(if i > 0 { ", " } else { " " });
                    self.name(index);
                }
            }
            _ => {}
        }
        self.push(") ");
    }

    /// Hints that print once for each index, in the order of the indexes' first mention.
    fn index_by_index<'q>(&mut self, target: BlockId, said: impl Iterator<Item = Said<'q>>) {
        for said in said {
            let HintArguments::Indexes { indexes, .. } = &said.hint.arguments else { continue };
            indexes.iter().for_each(|index| self.table_hint(target, &said, Some(index)));
        }
    }

    fn hint_start(&mut self, hint: &Hint) {
        self.push(&hint.name);
        self.push("(");
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

/// Hints of all blocks that speak of `target`, in the order of writing.
fn said_about(query: &Query, target: BlockId) -> Vec<Said<'_>> {
    let mut list = Vec::new();
    for (no, block) in query.blocks.iter().enumerate() {
        let about = |written: Option<&str>| match written {
            Some(name) => block_named(query, name) == Some(target),
            None => no == target.0 as usize,
        };
        for hint in &block.hints {
            let own = hint.query_block.as_deref();
            match &hint.arguments {
                HintArguments::Tables(tables) if !tables.is_empty() && !is_join_order(hint) => {
                    let mine = tables.iter().filter(|table| about(table.query_block.as_deref().or(own)));
                    list.extend(mine.map(|table| Said { hint, table: Some(table) }));
                }
                HintArguments::Indexes { table, .. } if about(table.query_block.as_deref().or(own)) => {
                    list.push(Said { hint, table: Some(table) });
                }
                HintArguments::Tables(_) | HintArguments::Strategies(_) if about(own) => list.push(Said { hint, table: None }),
                _ => {}
            }
        }
    }
    list
}

/// The block of a user's name, or of `select#N`.
fn block_named(query: &Query, name: &str) -> Option<BlockId> {
    let named = |block: &crate::query::Block| match &block.name {
        Some(own) => own.eq_ignore_ascii_case(name),
        None => false,
    };
    let numbered = || {
        let number = u32::from_str_radix(name.strip_prefix("select#")?, 16).ok()?;
        query.blocks.iter().position(|block| block.select_id == number)
    };
    query.blocks.iter().position(named).or_else(numbered).map(|no| BlockId(no as u32))
}

/// Inner blocks become known before the ones around them, siblings in the order of the text.
fn push_inner_first(query: &Query, id: BlockId, order: &mut Vec<BlockId>) {
    for (no, block) in query.blocks.iter().enumerate() {
        if query[block.unit].outer == Some(id) {
            push_inner_first(query, BlockId(no as u32), order);
        }
    }
    order.push(id);
}

/// A hint's name without the negation.
fn kind_of(hint: &Hint) -> &str {
    hint.name.strip_prefix("NO_").unwrap_or(&hint.name)
}

fn is_join_order(hint: &Hint) -> bool {
    matches!(&*hint.name, "JOIN_ORDER" | "JOIN_PREFIX" | "JOIN_SUFFIX")
}

/// Hints whose index form prints once for each index.
fn is_index_by_index(hint: &Hint) -> bool {
    matches!(&hint.arguments, HintArguments::Indexes { indexes, .. } if !indexes.is_empty())
        && matches!(kind_of(hint), "MRR" | "ICP" | "RANGE_OPTIMIZATION")
}
