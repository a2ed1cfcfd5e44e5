//! Decisions from FORMAT=JSON by blocks and tables, in the words and the order of the traditional table.

use super::json::Json;
use crate::explain::decisions::{Decisions, TableDecision};

/// The decisions of a document: a block's tables, then the blocks inside of it.
pub(super) fn decisions(root: &Json) -> Decisions {
    let mut walk = Walk { found: Vec::new() };
    let Some(outermost) = root.get("query_block") else { return Decisions::default() };
    walk.block(outermost, Place { id: None, role: Role::Outermost, dependent: false, cacheable: true });
    let others = walk.found.iter().any(|table| table.id != walk.found[0].id && table.select_type != "MATERIALIZED");
    for table in walk.found.iter_mut().filter(|table| table.select_type == "PRIMARY" && !others) {
        table.select_type = "SIMPLE".to_owned();
    }
    Decisions { tables: walk.found }
}

/// What a block is for.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Outermost,
    Derived,
    Materialized,
    Subquery,
    /// A block of a set operation after the first.
    Union(&'static str),
}

/// A block's place in the statement.
#[derive(Clone, Copy)]
struct Place {
    id: Option<u64>,
    role: Role,
    dependent: bool,
    cacheable: bool,
}

impl Place {
    fn select_type(self) -> String {
        let name = match self.role {
            Role::Outermost => return "PRIMARY".to_owned(),
            Role::Derived => "DERIVED",
            Role::Materialized => "MATERIALIZED",
            Role::Subquery => "SUBQUERY",
            Role::Union(name) => name,
        };
        match (self.dependent, self.cacheable) {
            (true, _) => format!("DEPENDENT {name}"),
            (_, false) => format!("UNCACHEABLE {name}"),
            _ => name.to_owned(),
        }
    }
}

struct Walk {
    found: Vec<TableDecision>,
}

/// The set operations: member, name of the blocks after the first, `select_type` of the result.
const RESULTS: [(&str, &str, &str); 4] = [
    ("union_result", "UNION", "UNION RESULT"),
    ("intersect_result", "INTERSECT", "INTERSECT RESULT"),
    ("except_result", "EXCEPT", "EXCEPT RESULT"),
    ("unary_result", "UNION", "RESULT"),
];

impl Walk {
    fn block<'j>(&mut self, value: &'j Json, place: Place) {
        let place = Place { id: value.number_of("select_id").map(|id| id as u64).or(place.id), ..place };
        let first = self.found.len();
        let mut inner: Vec<(&'j Json, Place)> = Vec::new();
        self.operations(value, place, &mut inner);
        if self.found.len() == first
            && let Some(message) = value.text_of("message")
        {
            let extra = vec![message.to_owned()];
            let select_type = change(value).map_or_else(|| place.select_type(), str::to_owned);
            self.found.push(TableDecision { id: place.id, select_type, extra, ..TableDecision::default() });
        }
        for (block, place) in inner {
            self.block(block, place);
        }
    }

    /// The tables of a block; blocks inside of it are put off.
    fn operations<'j>(&mut self, value: &'j Json, place: Place, inner: &mut Vec<(&'j Json, Place)>) {
        let first = self.found.len();
        for (name, member) in value.members() {
            let result = RESULTS.iter().find(|(own, ..)| own == name);
            if let Some((_, union, select_type)) = result {
                self.set_operation(member, place, union, select_type);
            } else if matches!(name.as_str(), "table" | "insert_from") && member.get("table_name").is_some() {
                self.table(member, place, inner);
            } else if name.ends_with("subqueries") {
                put_off(member, Role::Subquery, inner);
            } else if name == "materialized_from_subquery" {
                inner.push((member.get("query_block").unwrap_or(member), place_of(member, Role::Derived, place)));
            } else {
                self.operations(member, place, inner);
            }
        }
        value.elements().iter().for_each(|element| self.operations(element, place, inner));
        self.steps(value, first);
    }

    fn set_operation(&mut self, value: &Json, place: Place, union: &'static str, select_type: &str) {
        let blocks = value.get("query_specifications").map(Json::elements).unwrap_or_default();
        for (no, element) in blocks.iter().enumerate() {
            let role = if no == 0 { place.role } else { Role::Union(union) };
            let inner = place_of(element, role, place);
            match element.get("query_block") {
                Some(block) => self.block(block, inner),
                None => self.operations(element, inner, &mut Vec::new()),
            }
        }
        if let Some(name) = value.text_of("table_name") {
            let mut extra = vec!["Using temporary".to_owned()];
            if value.get("using_filesort").is_some_and(Json::is_true) {
                extra.push("Using filesort".to_owned());
            }
            self.found.push(TableDecision {
                id: value.number_of("select_id").map(|id| id as u64),
                select_type: select_type.to_owned(),
                table: Some(name.to_owned()),
                access_type: value.text_of("access_type").map(str::to_owned),
                extra,
                ..TableDecision::default()
            });
        }
    }

    /// Sorting and temporary tables belong to the first table below them, as in the traditional table.
    fn steps(&mut self, value: &Json, first: usize) {
        let is_operation = value.get("query_block").is_none() && value.get("table_name").is_none();
        let Some(table) = self.found.get_mut(first).filter(|_| is_operation) else { return };
        for (name, text) in [("using_temporary_table", "Using temporary"), ("using_filesort", "Using filesort")] {
            if value.get(name).is_some_and(Json::is_true) && !table.extra.iter().any(|own| own == text) {
                table.extra.push(text.to_owned());
            }
        }
    }

    fn table<'j>(&mut self, value: &'j Json, place: Place, inner: &mut Vec<(&'j Json, Place)>) {
        let text = |name: &str| value.text_of(name).map(str::to_owned);
        let list = |name: &str| {
            let texts: Vec<&str> = value.get(name)?.elements().iter().filter_map(Json::text).collect();
            (!texts.is_empty()).then(|| texts.join(","))
        };
        let name = text("table_name").unwrap_or_default();
        let (key, merge) = merged_key(text("key"));
        if name != "<materialized_subquery>" {
            self.found.push(TableDecision {
                id: place.id,
                select_type: change(value).map_or_else(|| place.select_type(), str::to_owned),
                table: Some(derived_name(value).unwrap_or_else(|| name.clone())),
                partitions: list("partitions"),
                access_type: text("access_type"),
                key,
                key_len: text("key_length"),
                key_ref: list("ref"),
                extra: merge.into_iter().chain(extra(value)).collect(),
            });
        }
        for (member_name, member) in value.members() {
            let role = match name.as_str() {
                "<materialized_subquery>" => Role::Subquery,
                subquery if subquery.starts_with("<subquery") => Role::Materialized,
                _ => Role::Derived,
            };
            if matches!(member_name.as_str(), "materialized_from_subquery" | "materialized") {
                let id = name.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok().filter(|_| role == Role::Materialized);
                let block = member.get("query_block").unwrap_or(member);
                // Such a temporary table is filled once, whatever is said of the subquery that reads it.
                let inside = place_of(member, role, Place { dependent: false, cacheable: true, ..place });
                let inside = if role == Role::Subquery { Place { dependent: false, cacheable: true, ..inside } } else { inside };
                inner.push((block, Place { id, ..inside }));
            } else if member_name.ends_with("subqueries") {
                put_off(member, Role::Subquery, inner);
            } else if matches!(member, Json::Object(_)) {
                self.operations(member, place, inner);
            }
        }
    }
}

fn put_off<'j>(list: &'j Json, role: Role, inner: &mut Vec<(&'j Json, Place)>) {
    let outer = Place { id: None, role, dependent: false, cacheable: true };
    for element in list.elements() {
        let block = element.members().iter().find_map(|(_, member)| member.get("query_block"));
        match element.get("query_block").or(block) {
            Some(block) => inner.push((block, place_of(element, role, outer))),
            None => inner.push((element, place_of(element, role, outer))),
        }
    }
}

/// Place of the block in `{"dependent": …, "cacheable": …, "query_block": …}`.
fn place_of(element: &Json, role: Role, outer: Place) -> Place {
    let truth = |name: &str, default: bool| element.get(name).map_or(default, Json::is_true);
    let (dependent, cacheable) = (truth("dependent", outer.dependent), truth("cacheable", outer.cacheable));
    match role {
        Role::Outermost => Place { id: None, role, dependent: false, cacheable: true },
        _ => Place { id: None, role, dependent, cacheable },
    }
}

/// The number of the first block that is found in a value.
fn first_id(value: &Json) -> u64 {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if let Some(id) = value.number_of("select_id") {
            return id as u64;
        }
        open.extend(value.elements().iter().rev());
        open.extend(value.members().iter().rev().map(|(_, member)| member));
    }
    u64::MAX
}

/// `<derived2>` for a table that is made of block 2.
fn derived_name(value: &Json) -> Option<String> {
    let made_of = value.get("materialized_from_subquery")?;
    let named = value.text_of("table_name").is_some_and(|name| name.starts_with('<'));
    let shared = made_of.get("sharing_temporary_table_with").and_then(|shared| shared.number_of("select_id"));
    let id = shared.map_or_else(|| first_id(made_of), |id| id as u64);
    (!named && id != u64::MAX).then(|| format!("<derived{id}>"))
}

/// The `select_type` of a table whose rows are changed.
fn change(value: &Json) -> Option<&'static str> {
    let words = [("insert", "INSERT"), ("replace", "REPLACE"), ("update", "UPDATE"), ("delete", "DELETE")];
    words.into_iter().find(|(name, _)| value.get(name).is_some_and(Json::is_true)).map(|(_, word)| word)
}

/// The keys of an index merge, and what Extra says of it: `intersect(a,b)` stands in the place of a key in JSON.
fn merged_key(key: Option<String>) -> (Option<String>, Option<String>) {
    let Some(key) = key else { return (None, None) };
    let merge = ["intersect(", "union(", "sort_union("].iter().any(|start| key.starts_with(start));
    if !merge {
        return (Some(key), None);
    }
    let mut names: Vec<&str> = Vec::new();
    for name in
        key.split(['(', ')', ',']).filter(|name| !name.is_empty() && !matches!(*name, "intersect" | "union" | "sort_union"))
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (Some(names.join(",")), Some(format!("Using {key}")))
}

/// Extra in the words of the traditional table.
fn extra(value: &Json) -> Vec<String> {
    let truth = |name: &str| value.get(name).is_some_and(Json::is_true);
    let has = |name: &str| value.get(name).is_some();
    let named = |name: &str, word: &str| Some(format!("{word}{}", value.text_of(name)?));
    let in_brackets = |name: &str, word: &str| Some(format!("{word}({})", value.text_of(name)?));
    let when = |holds: bool, text: &str| holds.then(|| text.to_owned());
    [
        named("message", ""),
        in_brackets("range_checked_for_each_record", "Range checked for each record "),
        when(has("index_condition"), "Using index condition"),
        when(has("attached_condition"), "Using where"),
        when(truth("not_exists"), "Not exists"),
        when(truth("distinct"), "Distinct"),
        when(truth("using_index"), "Using index"),
        when(truth("using_index_for_group_by"), "Using index for group-by"),
        when(truth("using_index_for_skip_scan"), "Using index for skip scan"),
        when(truth("using_MRR"), "Using MRR"),
        when(truth("loosescan"), "LooseScan"),
        in_brackets("first_match", "FirstMatch"),
        when(truth("backward_index_scan"), "Backward index scan"),
        when(value.get("using_temporary_table").is_some_and(|how| how.is_true() || how.text().is_some()), "Using temporary"),
        when(truth("using_filesort"), "Using filesort"),
        in_brackets("using_join_buffer", "Using join buffer "),
    ]
    .into_iter()
    .flatten()
    .collect()
}
