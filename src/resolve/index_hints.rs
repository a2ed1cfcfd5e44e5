//! Which indexes of a table may be used: visibility, USE/FORCE/IGNORE INDEX, the INDEX hints (spec 09 §2, 04 §4).

use crate::catalog::{IndexNo, KeySet, Settings, Switch};
use crate::error::ServerError;
use crate::parse::ast::{IndexHint, IndexHintKind, IndexHintScope};
use crate::query::hints::HintKind;
use crate::query::{Query, TableId, TableKind};

/// Lookup, ORDER BY and GROUP BY, in this order.
const PURPOSES: usize = 3;

/// Sets the index maps and force flags of every table. Errors 1176 and 1221 of old-style hints are found here.
pub fn set_usable_indexes(query: &mut Query, settings: &Settings) -> Result<(), ServerError> {
    for no in 0..query.tables.len() {
        set_for_table(query, TableId(no as u32), settings)?;
    }
    Ok(())
}

/// Sets the index maps and force flags of one table.
pub fn set_for_table(query: &mut Query, id: TableId, settings: &Settings) -> Result<(), ServerError> {
    let available = available(query, id, settings);
    let maps = match hinted(query, id, available) {
        Some(maps) => maps,
        None => old_style(query, id, available)?,
    };
    let table = &mut query[id];
    [table.usable_keys, table.usable_keys_order, table.usable_keys_group] = maps.keys;
    [table.force_index, table.force_index_order, table.force_index_group] = maps.force;
    Ok(())
}

#[derive(Clone, Copy)]
struct Maps {
    keys: [KeySet; PURPOSES],
    force: [bool; PURPOSES],
}

/// Enabled and visible indexes.
fn available(query: &Query, id: TableId, settings: &Settings) -> KeySet {
    let all_visible = settings.switches.on(Switch::UseInvisibleIndexes);
    let mut set = KeySet::EMPTY;
    for (no, index) in query[id].table.indexes.iter().enumerate().take(64) {
        if index.visible || all_visible {
            set.insert(no as IndexNo);
        }
    }
    set
}

/// INDEX, JOIN_INDEX, ORDER_INDEX, GROUP_INDEX; none if no such hint is in force.
fn hinted(query: &Query, id: TableId, available: KeySet) -> Option<Maps> {
    let list = |kind| query.index_list_hint(id, kind);
    let whole = list(HintKind::Index);
    let parts = [list(HintKind::JoinIndex), list(HintKind::OrderIndex), list(HintKind::GroupIndex)];
    if whole.is_none() && parts.iter().all(Option::is_none) {
        return None;
    }
    let mut maps = Maps { keys: [available; PURPOSES], force: [false; PURPOSES] };
    for (force, part) in maps.force.iter_mut().zip(parts) {
        *force = whole.is_some_and(|hint| hint.on) || part.is_some_and(|hint| hint.on);
    }
    if maps.force.contains(&true) {
        maps.keys = [KeySet::EMPTY; PURPOSES];
    }
    for (keys, part) in maps.keys.iter_mut().zip(parts) {
        for hint in whole.into_iter().chain(part) {
            let named = hint.indexes.intersect(available);
            *keys = if hint.on { keys.union(named) } else { keys.minus(named) };
        }
    }
    Some(maps)
}

/// USE, FORCE, IGNORE INDEX.
fn old_style(query: &Query, id: TableId, available: KeySet) -> Result<Maps, ServerError> {
    let mut used = [KeySet::EMPTY; PURPOSES];
    let mut forced = [KeySet::EMPTY; PURPOSES];
    let mut ignored = [KeySet::EMPTY; PURPOSES];
    let mut use_given = [false; PURPOSES];
    for hint in &query[id].index_hints {
        let named = named_indexes(query, id, hint, available)?;
        for purpose in purposes(hint.scope) {
            match hint.kind {
                IndexHintKind::Use => {
                    use_given[purpose] = true;
                    used[purpose] = used[purpose].union(named);
                }
                IndexHintKind::Force => forced[purpose] = forced[purpose].union(named),
                IndexHintKind::Ignore => ignored[purpose] = ignored[purpose].union(named),
            }
        }
    }
    let any_forced = forced.iter().any(|set| !set.is_empty());
    if any_forced && use_given.contains(&true) {
        return Err(ServerError::new(1221, "HY000", "Incorrect usage of USE INDEX and FORCE INDEX"));
    }
    let mut maps = Maps { keys: [available; PURPOSES], force: [any_forced, !forced[1].is_empty(), !forced[2].is_empty()] };
    for purpose in 0..PURPOSES {
        if use_given[purpose] || !forced[purpose].is_empty() {
            maps.keys[purpose] = maps.keys[purpose].intersect(used[purpose].union(forced[purpose]));
        }
        maps.keys[purpose] = maps.keys[purpose].minus(ignored[purpose]);
    }
    Ok(maps)
}

fn purposes(scope: IndexHintScope) -> std::ops::Range<usize> {
    match scope {
        IndexHintScope::All => 0..PURPOSES,
        IndexHintScope::Join => 0..1,
        IndexHintScope::OrderBy => 1..2,
        IndexHintScope::GroupBy => 2..3,
    }
}

fn named_indexes(query: &Query, id: TableId, hint: &IndexHint, available: KeySet) -> Result<KeySet, ServerError> {
    let mut set = KeySet::EMPTY;
    let table = &query[id];
    for name in &hint.indexes {
        let base = matches!(table.kind, TableKind::Base);
        match find(&table.table.indexes, name).filter(|no| base && available.contains(*no)) {
            Some(no) => set.insert(no),
            None => {
                let text = format!("Key '{name}' doesn't exist in table '{}'", table.alias);
                return Err(ServerError::new(1176, "42000", text));
            }
        }
    }
    Ok(set)
}

/// An index by its name or by the beginning of its name, if no other index begins so.
fn find(indexes: &[crate::catalog::Index], name: &str) -> Option<IndexNo> {
    if let Some(no) = indexes.iter().position(|index| index.name.eq_ignore_ascii_case(name)) {
        return Some(no as IndexNo);
    }
    let begins =
        |index: &crate::catalog::Index| index.name.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let mut matching = indexes.iter().enumerate().filter(|(_, index)| begins(index));
    let first = matching.next()?;
    matching.next().is_none().then_some(first.0 as IndexNo)
}
