//! Optimizer hints: blocks and tables by name, duplicates and conflicts, what cannot be found (spec 09 §1.4, §1.5).

use super::set_var::HintedSettings;
use crate::catalog::{KeySet, Settings};
use crate::parse::ast::{Hint, HintArguments, HintTable, Name};
use crate::query::hints::{
    BlockHints, HintKind, HintSwitches, Hints, IndexHints, IndexListHint, JoinOrderHint, StrategyHint, TableHints,
};
use crate::query::{BlockId, Command, Diagnostic, Level, Query, TableId, UnitId, UnitRole};
use std::sync::Arc;

/// Sorts the hints of all blocks into [`Query::hints`] and returns the warnings: first those of reading the hints, then those of
/// names that are not there. To be called when all blocks and tables stand and nothing has been merged.
pub fn resolve_hints(query: &mut Query, settings: &Settings, variables: Option<HintedSettings>) -> Vec<Diagnostic> {
    if query.blocks.iter().all(|block| block.hints.is_empty()) {
        return Vec::new();
    }
    query.hints.home = query.tables.iter().map(|table| table.block).collect();
    let exact_names = settings.lower_case_table_names == 0;
    let (applied, inline, late) = variables.map_or_else(Default::default, |v| (v.applied, v.inline, v.late));
    let mut reader = Reader {
        query,
        hints: Hints::default(),
        warnings: Vec::new(),
        created: 0,
        exact_names,
        variables: inline.into_iter(),
        postponed: Vec::new(),
        finished: Vec::new(),
    };
    reader.read_unit(reader.query.root);
    reader.read_postponed();
    let finished = std::mem::take(&mut reader.finished);
    reader.hints.blocks.sort_by_key(|hints| finished.iter().position(|block| *block == hints.block));
    reader.warnings.extend(late);
    reader.find_in_unit(reader.query.root);
    let Reader { hints, warnings, .. } = reader;
    query.hints.variables = applied;
    query.hints.blocks = hints.blocks;
    query.hints.max_execution_time = hints.max_execution_time;
    warnings
}

struct Reader<'a> {
    query: &'a mut Query,
    hints: Hints,
    warnings: Vec<Diagnostic>,
    /// Highest number of the blocks that exist when the block in hand is finished.
    created: u32,
    exact_names: bool,
    /// Warnings of the SET_VAR hints, in the order in which they are met.
    variables: std::vec::IntoIter<Option<Diagnostic>>,
    /// Hints on indexes in blocks that were not known when the hint was met, and the block that holds each.
    postponed: Vec<(BlockId, Hint)>,
    /// Blocks in the order in which they end: inner before outer. Hints print in this order.
    finished: Vec<BlockId>,
}

/// What a hint is about, as the text of a warning needs it.
#[derive(Default)]
struct Subject<'a> {
    table: Option<&'a HintTable>,
    block: Option<&'a Name>,
    index: Option<&'a Name>,
}

impl Reader<'_> {
    fn read_unit(&mut self, unit: UnitId) {
        for block in self.query[unit].blocks.clone() {
            self.created = self.created.max(self.query[block].select_id);
            for inner in self.units_inside(block) {
                self.read_unit(inner);
            }
            self.read_block(block);
            self.finished.push(block);
        }
    }

    /// Query expressions directly inside a block, in the order of their numbers.
    fn units_inside(&self, block: BlockId) -> Vec<UnitId> {
        let number = |unit: &UnitId| self.query[*unit].blocks.first().map_or(0, |first| self.query[*first].select_id);
        let units = (0..self.query.units.len()).map(|no| UnitId(no as u32));
        let mut inside: Vec<UnitId> = units.filter(|unit| self.query[*unit].outer == Some(block)).collect();
        inside.sort_by_key(number);
        inside
    }

    fn read_block(&mut self, block: BlockId) {
        let hints = std::mem::take(&mut self.query[block].hints);
        if !hints.is_empty() {
            self.known(block);
        }
        hints.iter().for_each(|hint| self.read_hint(block, hint));
        self.query[block].hints = hints;
    }

    fn known(&mut self, block: BlockId) -> &mut BlockHints {
        let place = match self.hints.blocks.iter().position(|hints| hints.block == block) {
            Some(place) => place,
            None => {
                self.hints.blocks.push(BlockHints::new(block));
                self.hints.blocks.len() - 1
            }
        };
        &mut self.hints.blocks[place]
    }

    fn warn(&mut self, code: u16, text: String) {
        self.warnings.push(Diagnostic { level: Level::Warning, code, text });
    }

    fn conflict(&mut self, hint: &Hint, subject: &Subject<'_>) {
        let text = format!("Hint {} is ignored as conflicting/duplicated", describe(hint, subject));
        self.warn(3126, text);
    }

    fn read_hint(&mut self, block: BlockId, hint: &Hint) {
        match (&*hint.name, &hint.arguments) {
            ("QB_NAME", HintArguments::Name(name)) => self.read_block_name(block, hint, name),
            ("RESOURCE_GROUP", HintArguments::Name(name)) => {
                if self.query[self.query.root].blocks.first() == Some(&block) {
                    self.warn(3651, format!("Resource Group '{name}' does not exist."));
                } else {
                    self.warn(3515, "Hints aren't supported in Subquery or Stored procedure or Trigger".to_owned());
                }
            }
            (_, HintArguments::Number(number)) => self.read_execution_time(block, hint, *number),
            (_, HintArguments::Variable { .. }) => {
                let warning = self.variables.next().flatten();
                self.warnings.extend(warning);
            }
            (_, HintArguments::Strategies(strategies)) => self.read_strategies(block, hint, strategies),
            ("JOIN_PREFIX" | "JOIN_SUFFIX" | "JOIN_ORDER", HintArguments::Tables(tables)) => {
                self.read_join_order(block, hint, tables);
            }
            ("JOIN_FIXED_ORDER", _) => self.read_fixed_order(block, hint),
            (_, HintArguments::Tables(tables)) => self.read_tables(block, hint, tables),
            (_, HintArguments::Indexes { table, indexes }) => self.read_indexes(block, hint, table, indexes),
            _ => {}
        }
    }

    fn read_block_name(&mut self, block: BlockId, hint: &Hint, name: &Name) {
        let taken = self.hints.blocks.iter().any(|known| self.query.block_name(known.block).eq_ignore_ascii_case(name));
        if taken || self.query[block].name.is_some() {
            self.conflict(hint, &Subject::default());
        } else {
            self.query[block].name = Some(name.clone());
        }
    }

    fn read_execution_time(&mut self, block: BlockId, hint: &Hint, number: u64) {
        let outermost = self.query[self.query.root].blocks.first() == Some(&block);
        if !outermost || !matches!(self.query.command, Command::Select) {
            let text = "MAX_EXECUTION_TIME hint is supported by top-level standalone SELECT statements only";
            self.warn(3125, text.to_owned());
        } else if self.hints.max_execution_time.is_some() {
            self.conflict(hint, &Subject::default());
        } else {
            self.hints.max_execution_time = Some(number);
        }
    }

    /// The block that a name stands for; without a name, the one that holds the hint. A name that is not found is warned of.
    fn target(&mut self, block: BlockId, name: Option<&Name>, hint: &Hint) -> Option<BlockId> {
        let Some(name) = name else { return Some(block) };
        let found = self.block_named(name);
        if found.is_none() {
            self.warn(3127, format!("Query block name {} is not found for {} hint", quoted(name), hint.name));
        }
        found
    }

    fn block_named(&self, name: &Name) -> Option<BlockId> {
        let known = self.hints.blocks.iter().find(|known| self.query.block_name(known.block).eq_ignore_ascii_case(name));
        known.map(|known| known.block).or_else(|| {
            let mut created = self.query.blocks.iter().enumerate().filter(|(_, other)| other.select_id <= self.created);
            let same = |number: u32| format!("select#{number:x}").eq_ignore_ascii_case(name);
            created.find(|(_, other)| same(other.select_id)).map(|(no, _)| BlockId(no as u32))
        })
    }

    /// Hints on indexes wait for all blocks to stand.
    fn read_postponed(&mut self) {
        self.created = u32::MAX;
        for (block, hint) in std::mem::take(&mut self.postponed) {
            self.read_hint(block, &hint);
        }
    }

    fn read_strategies(&mut self, block: BlockId, hint: &Hint, strategies: &[Arc<str>]) {
        let Some(target) = self.target(block, hint.query_block.as_ref(), hint) else { return };
        let known = self.known(target);
        if known.semijoin.is_some() || known.subquery.is_some() {
            let subject = Subject { block: hint.query_block.as_ref(), ..Subject::default() };
            return self.conflict(hint, &subject);
        }
        let given = Some(StrategyHint { on: &*hint.name != "NO_SEMIJOIN", strategies: strategies.to_vec() });
        if &*hint.name == "SUBQUERY" { known.subquery = given } else { known.semijoin = given }
    }

    fn read_join_order(&mut self, block: BlockId, hint: &Hint, tables: &[HintTable]) {
        let Some(target) = self.target(block, hint.query_block.as_ref(), hint) else { return };
        let known = self.known(target);
        let repeated = &*hint.name != "JOIN_ORDER" && known.join_orders.iter().any(|other| other.name == hint.name);
        if repeated || known.switches.get(HintKind::JoinFixedOrder).is_some() {
            let subject = Subject { block: hint.query_block.as_ref(), ..Subject::default() };
            return self.conflict(hint, &subject);
        }
        known.join_orders.push(JoinOrderHint { name: hint.name.clone(), tables: tables.to_vec(), dropped: false });
    }

    // STRAIGHT_JOIN is set where the hint stands, whichever block it names.
    fn read_fixed_order(&mut self, block: BlockId, hint: &Hint) {
        let Some(target) = self.target(block, hint.query_block.as_ref(), hint) else { return };
        let known = self.known(target);
        if known.switches.get(HintKind::JoinFixedOrder).is_some() || !known.join_orders.is_empty() {
            let subject = Subject { block: hint.query_block.as_ref(), ..Subject::default() };
            return self.conflict(hint, &subject);
        }
        known.switches.set(HintKind::JoinFixedOrder, true);
        self.query[block].options.straight_join = true;
    }

    fn read_tables(&mut self, block: BlockId, hint: &Hint, tables: &[HintTable]) {
        let Some((kind, on)) = HintKind::of_name(&hint.name) else { return };
        if tables.is_empty() {
            let Some(target) = self.target(block, hint.query_block.as_ref(), hint) else { return };
            let known = self.known(target);
            if known.switches.get(kind).is_some() {
                let subject = Subject { block: hint.query_block.as_ref(), ..Subject::default() };
                return self.conflict(hint, &subject);
            }
            return known.switches.set(kind, on);
        }
        for table in tables {
            let name = hint.query_block.as_ref().or(table.query_block.as_ref());
            let Some(target) = self.target(block, name, hint) else { return };
            let block_given = self.known(target).switches.get(kind).is_some();
            let known = self.known_table(target, &table.name);
            if block_given || known.switches.get(kind).is_some() {
                self.conflict(hint, &Subject { table: Some(table), ..Subject::default() });
            } else {
                known.switches.set(kind, on);
            }
        }
    }

    fn known_table(&mut self, block: BlockId, name: &Name) -> &mut TableHints {
        let exact = self.exact_names;
        let tables = &mut self.known(block).tables;
        let place = match tables.iter().position(|table| same_table(&table.name, name, exact)) {
            Some(place) => place,
            None => {
                tables.push(TableHints {
                    name: name.clone(),
                    table: None,
                    switches: HintSwitches::default(),
                    lists: Vec::new(),
                    indexes: Vec::new(),
                });
                tables.len() - 1
            }
        };
        &mut tables[place]
    }

    fn read_indexes(&mut self, block: BlockId, hint: &Hint, table: &HintTable, indexes: &[Name]) {
        let Some((kind, on)) = HintKind::of_name(&hint.name) else { return };
        let name = hint.query_block.as_ref().or(table.query_block.as_ref());
        let late = kind == HintKind::Index && self.query[self.query[block].unit].outer.is_none();
        if let Some(name) = name
            && late
            && self.block_named(name).is_none()
            && self.created != u32::MAX
        {
            return self.postponed.push((block, hint.clone()));
        }
        let Some(target) = self.target(block, name, hint) else { return };
        if matches!(kind, HintKind::Mrr | HintKind::Icp | HintKind::RangeOptimization) {
            self.read_single_indexes(target, hint, table, indexes, (kind, on));
        } else {
            self.read_index_list(target, hint, table, indexes, (kind, on));
        }
    }

    fn read_single_indexes(
        &mut self,
        target: BlockId,
        hint: &Hint,
        table: &HintTable,
        indexes: &[Name],
        (kind, on): (HintKind, bool),
    ) {
        let known = self.known_table(target, &table.name);
        let table_given = known.switches.get(kind).is_some();
        if indexes.is_empty() {
            if table_given {
                return self.conflict(hint, &Subject { table: Some(table), ..Subject::default() });
            }
            return known.switches.set(kind, on);
        }
        for (no, index) in indexes.iter().enumerate() {
            if indexes[..no].iter().any(|other| other.eq_ignore_ascii_case(index)) {
                continue;
            }
            let known = self.known_table(target, &table.name);
            let place = known.indexes.iter().position(|other| other.name.eq_ignore_ascii_case(index)).unwrap_or_else(|| {
                known.indexes.push(new_index(index));
                known.indexes.len() - 1
            });
            if table_given || known.indexes[place].switches.get(kind).is_some() {
                self.conflict(hint, &Subject { table: Some(table), index: Some(index), ..Subject::default() });
            } else {
                known.indexes[place].switches.set(kind, on);
            }
        }
    }

    fn read_index_list(
        &mut self,
        target: BlockId,
        hint: &Hint,
        table: &HintTable,
        indexes: &[Name],
        (kind, on): (HintKind, bool),
    ) {
        let subject = Subject { table: Some(table), ..Subject::default() };
        if &*hint.name == "INDEX_MERGE" && indexes.len() == 1 {
            let text = format!("Invalid number of arguments for hint {}", describe(hint, &subject));
            return self.warn(3614, text);
        }
        let known = self.known_table(target, &table.name);
        if known.lists.iter().any(|(other, list)| *other == kind || excludes(*other, list, kind, indexes)) {
            return self.conflict(hint, &subject);
        }
        let list = IndexListHint { on, names: indexes.to_vec(), indexes: KeySet::EMPTY, resolved: false };
        known.lists.push((kind, list));
        for index in indexes {
            match known.indexes.iter_mut().find(|other| other.name.eq_ignore_ascii_case(index)) {
                Some(other) => other.listed.set(kind, on),
                None => {
                    let mut other = new_index(index);
                    other.listed.set(kind, on);
                    known.indexes.push(other);
                }
            }
        }
    }

    // A block's own names are looked up first, then those of its derived tables, then those of subqueries in expressions.
    fn find_in_unit(&mut self, unit: UnitId) {
        for block in self.query[unit].blocks.clone() {
            let (derived, others): (Vec<UnitId>, Vec<UnitId>) =
                self.units_inside(block).into_iter().partition(|inner| matches!(self.query[*inner].role, UnitRole::Derived(_)));
            self.find_in_block(block);
            derived.into_iter().for_each(|inner| self.find_in_unit(inner));
            others.into_iter().for_each(|inner| self.find_in_unit(inner));
        }
    }

    fn find_in_block(&mut self, block: BlockId) {
        let Some(place) = self.hints.blocks.iter().position(|hints| hints.block == block) else { return };
        let mut hints = std::mem::replace(&mut self.hints.blocks[place], BlockHints::new(block));
        for table in &mut hints.tables {
            self.find_table(block, table);
        }
        self.hints.blocks[place] = hints;
    }

    fn table_named(&self, block: BlockId, name: &str, exact: bool) -> Option<TableId> {
        self.query[block].leaves.iter().copied().find(|id| same_table(&self.query[*id].alias, name, exact))
    }

    fn unresolved(&mut self, name: &str, hint: &str) {
        self.warn(3128, format!("Unresolved name {name} for {hint} hint"));
    }

    fn find_table(&mut self, block: BlockId, hints: &mut TableHints) {
        hints.table = self.table_named(block, &hints.name, self.exact_names);
        let name = format!("{}@{}", quoted(&hints.name), quoted(&self.query.block_name(block)));
        match hints.table {
            None => {
                for kind in HintKind::ALL {
                    let list = hints.lists.iter().find(|(other, _)| *other == kind).map(|(_, list)| list.on);
                    if let Some(on) = hints.switches.get(kind).or(list) {
                        self.unresolved(&name, &written_name(kind, on));
                    }
                }
                // Its indexes are as unknown as the table.
                hints.indexes.iter().for_each(|index| self.unresolved_index(&name, index));
            }
            Some(table) => self.find_indexes(table, &name, hints),
        }
    }

    fn find_indexes(&mut self, table: TableId, name: &str, hints: &mut TableHints) {
        let definition = self.query[table].table.clone();
        let find = |index: &str| {
            let place = definition.indexes.iter().position(|other| other.name.eq_ignore_ascii_case(index));
            place.map(|no| no as u8)
        };
        for (_, list) in &mut hints.lists {
            list.resolved = true;
            if list.names.is_empty() {
                list.indexes = KeySet::first(definition.indexes.len());
            }
            for index in &list.names {
                match find(index) {
                    Some(no) => list.indexes.insert(no),
                    None => list.resolved = false,
                }
            }
        }
        for index in &mut hints.indexes {
            index.index = find(&index.name);
            if index.index.is_none() {
                self.unresolved_index(name, index);
            }
        }
    }

    fn unresolved_index(&mut self, table: &str, index: &IndexHints) {
        for kind in HintKind::ALL {
            if let Some(on) = index.switches.get(kind).or(index.listed.get(kind)) {
                self.unresolved(&format!("{table} {}", quoted(&index.name)), &written_name(kind, on));
            }
        }
    }
}

fn new_index(name: &Name) -> IndexHints {
    IndexHints { name: name.clone(), index: None, switches: HintSwitches::default(), listed: HintSwitches::default() }
}

fn same_table(one: &str, other: &str, exact: bool) -> bool {
    if exact { one == other } else { one.to_lowercase() == other.to_lowercase() }
}

fn written_name(kind: HintKind, on: bool) -> String {
    let negated = !on || matches!(kind, HintKind::Icp | HintKind::RangeOptimization);
    format!("{}{}", if negated { "NO_" } else { "" }, kind.name())
}

/// INDEX excludes JOIN_INDEX, GROUP_INDEX and ORDER_INDEX on the same indexes, and they it.
fn excludes(other: HintKind, list: &IndexListHint, kind: HintKind, indexes: &[Name]) -> bool {
    let part = |kind| matches!(kind, HintKind::JoinIndex | HintKind::GroupIndex | HintKind::OrderIndex);
    let related = other == HintKind::Index && part(kind) || kind == HintKind::Index && part(other);
    let shared = |index: &Name| list.names.iter().any(|other| other.eq_ignore_ascii_case(index));
    related && (indexes.is_empty() || indexes.iter().any(shared))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A hint as warning 3126 writes it.
fn describe(hint: &Hint, subject: &Subject<'_>) -> String {
    let mut text = format!("{}(", hint.name);
    if let Some(table) = subject.table {
        text.push_str(&quoted(&table.name));
        let before_table = hint.query_block.as_ref().filter(|_| matches!(hint.arguments, HintArguments::Indexes { .. }));
        if let Some(block) = table.query_block.as_ref().or(before_table) {
            text.push('@');
            text.push_str(&quoted(block));
        }
    }
    if let Some(block) = subject.block {
        text.push('@');
        text.push_str(&quoted(block));
    }
    if let Some(index) = subject.index {
        text.push(' ');
        text.push_str(&quoted(index));
    }
    let with_blanks = |list: Vec<String>| list.iter().map(|item| format!(" {item}")).collect::<Vec<_>>().join(",");
    match &hint.arguments {
        HintArguments::Name(name) => text.push_str(&quoted(name)),
        HintArguments::Number(number) => text.push_str(&number.to_string()),
        arguments => {
            text.push(' ');
            text.push_str(&match arguments {
                HintArguments::Strategies(list) => {
                    let given = STRATEGIES.iter().filter(|name| list.iter().any(|other| **other == ***name));
                    with_blanks(given.map(|name| (*name).to_owned()).collect())
                }
                HintArguments::Indexes { indexes, .. } if subject.index.is_none() => {
                    with_blanks(indexes.iter().map(|name| quoted(name)).collect())
                }
                HintArguments::Tables(list) if hint.name.starts_with("JOIN_") => join_order_tables(list),
                _ => String::new(),
            });
        }
    }
    text.push(')');
    text
}

/// Strategies in the order in which they print.
const STRATEGIES: [&str; 5] = ["FIRSTMATCH", "LOOSESCAN", "MATERIALIZATION", "DUPSWEEDOUT", "INTOEXISTS"];

fn join_order_tables(list: &[HintTable]) -> String {
    let one = |table: &HintTable| {
        let block = table.query_block.as_ref().map_or(String::new(), |name| format!("@{}", quoted(name)));
        format!("{}{block}", quoted(&table.name))
    };
    list.iter().map(one).collect::<Vec<_>>().join(",")
}
