//! Decisions that differ between two plans.

use crate::explain::decisions::{Decisions, TableDecision};
use std::fmt;

/// What about a table changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Aspect {
    /// The order in which tables are joined.
    JoinOrder,
    /// It is read in one of the plans only.
    Table,
    /// `type`.
    Access,
    /// The index and the bytes of its used parts.
    Key,
    /// What the key is compared with.
    Reference,
    /// The partitions that are read.
    Partitions,
    /// Sort, temporary table, join buffer, semijoin strategy and the like.
    Strategy,
    /// `select_type`.
    SelectType,
}

impl Aspect {
    /// A word for people and for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Aspect::JoinOrder => "join order",
            Aspect::Table => "table",
            Aspect::Access => "access",
            Aspect::Key => "key",
            Aspect::Reference => "ref",
            Aspect::Partitions => "partitions",
            Aspect::Strategy => "strategy",
            Aspect::SelectType => "select type",
        }
    }
}

/// One decision that differs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// What changed.
    pub aspect: Aspect,
    /// Name or alias of the table; none for the join order.
    pub table: Option<String>,
    /// Before; none where there was nothing.
    pub before: Option<String>,
    /// After; none where there is nothing.
    pub after: Option<String>,
}

/// `e: access ref → ALL`, `join order: d, e → e, d`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
        match &self.table {
            Some(table) => write!(f, "{table}: {} {} → {}", self.aspect.word(), side(&self.before), side(&self.after)),
            None => write!(f, "{}: {} → {}", self.aspect.word(), side(&self.before), side(&self.after)),
        }
    }
}

/// What differs: the join order of each block first, then the tables in the order of the plans.
pub(super) fn changes(before: &Decisions, after: &Decisions) -> Vec<Change> {
    let pairs = pairs(&before.tables, &after.tables);
    let mut found = join_orders(&before.tables, &after.tables, &pairs);
    for (old, new) in &pairs {
        match (old, new) {
            (Some(old), Some(new)) => found.extend(table_changes(old, new)),
            (Some(old), None) => found.push(appearance(old, Some(old.to_string()), None)),
            (None, Some(new)) => found.push(appearance(new, None, Some(new.to_string()))),
            (None, None) => {}
        }
    }
    found
}

type Pair<'d> = (Option<&'d TableDecision>, Option<&'d TableDecision>);

/// Rows of both plans by block and table, else by table alone; those without a partner at the end.
fn pairs<'d>(before: &'d [TableDecision], after: &'d [TableDecision]) -> Vec<Pair<'d>> {
    type Fits = fn(&TableDecision, &TableDecision) -> bool;
    let mut free: Vec<Option<&TableDecision>> = after.iter().map(Some).collect();
    let mut partners: Vec<Option<&TableDecision>> = vec![None; before.len()];
    let same_block: Fits = |old: &TableDecision, new: &TableDecision| old.id == new.id && old.table == new.table;
    let same_table: Fits = |old: &TableDecision, new: &TableDecision| old.table == new.table;
    for fits in [same_block, same_table] {
        for (old, partner) in before.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            let place = free.iter().position(|new| new.is_some_and(|new| fits(old, new)));
            *partner = place.and_then(|place| free[place].take());
        }
    }
    let paired = before.iter().map(Some).zip(partners);
    paired.chain(free.into_iter().flatten().map(|new| (None, Some(new)))).collect()
}

/// Blocks whose common tables are joined in another order.
fn join_orders(before: &[TableDecision], after: &[TableDecision], pairs: &[Pair<'_>]) -> Vec<Change> {
    let common = |table: &&TableDecision| {
        pairs.iter().any(|(old, new)| match (old, new) {
            (Some(old), Some(new)) => std::ptr::eq(*old, *table) || std::ptr::eq(*new, *table),
            _ => false,
        })
    };
    let mut ids: Vec<Option<u64>> = Vec::new();
    for table in before {
        if !ids.contains(&table.id) {
            ids.push(table.id);
        }
    }
    let order = |tables: &[TableDecision], id: Option<u64>| {
        let names = tables.iter().filter(|table| table.id == id).filter(common).filter_map(|table| table.table.clone());
        names.collect::<Vec<_>>().join(", ")
    };
    let orders = ids.into_iter().map(|id| (order(before, id), order(after, id)));
    let differ = orders.filter(|(old, new)| old != new && sorted(old) == sorted(new));
    differ.map(|(old, new)| Change { aspect: Aspect::JoinOrder, table: None, before: Some(old), after: Some(new) }).collect()
}

fn sorted(order: &str) -> Vec<&str> {
    let mut names: Vec<&str> = order.split(", ").collect();
    names.sort_unstable();
    names
}

fn appearance(table: &TableDecision, before: Option<String>, after: Option<String>) -> Change {
    Change { aspect: Aspect::Table, table: Some(name_of(table)), before, after }
}

fn name_of(table: &TableDecision) -> String {
    table.table.clone().unwrap_or_else(|| match table.id {
        Some(id) => format!("select #{id}"),
        None => "statement".to_owned(),
    })
}

fn table_changes(old: &TableDecision, new: &TableDecision) -> Vec<Change> {
    let key = |table: &TableDecision| {
        let key = table.key.as_ref()?;
        Some(table.key_len.as_ref().map_or_else(|| key.clone(), |bytes| format!("{key}({bytes})")))
    };
    let select_type = |table: &TableDecision| Some(table.select_type.clone()).filter(|text| !text.is_empty());
    // What only one of them does; the rest of Extra is the same.
    let only = |own: &TableDecision, other: &TableDecision| {
        let extra: Vec<&str> = own.extra.iter().filter(|part| !other.extra.contains(part)).map(String::as_str).collect();
        Some(extra.join("; ")).filter(|text| !text.is_empty())
    };
    let aspects = [
        (Aspect::Access, old.access_type.clone(), new.access_type.clone()),
        (Aspect::Key, key(old), key(new)),
        (Aspect::Reference, old.key_ref.clone(), new.key_ref.clone()),
        (Aspect::Partitions, old.partitions.clone(), new.partitions.clone()),
        (Aspect::Strategy, only(old, new), only(new, old)),
        (Aspect::SelectType, select_type(old), select_type(new)),
    ];
    let table = name_of(old);
    let differ = aspects.into_iter().filter(|(_, before, after)| before != after);
    differ.map(|(aspect, before, after)| Change { aspect, table: Some(table.clone()), before, after }).collect()
}
