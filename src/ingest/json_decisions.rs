//! Decisions from FORMAT=JSON by blocks and tables.

use super::json::Json;
use crate::explain::decisions::{Decisions, TableDecision};

/// One a table, in the order of the document, in the words of the traditional table.
pub(super) fn decisions(root: &Json) -> Decisions {
    let mut walk = Walk { found: Vec::new() };
    walk.value(root, &Place::default());
    Decisions { tables: walk.found }
}

/// The block that a table stands in, and what is done to the rows of its first table.
#[derive(Clone, Default)]
struct Place {
    id: Option<u64>,
    select_type: &'static str,
}

struct Walk {
    found: Vec<TableDecision>,
}

impl Walk {
    fn value(&mut self, value: &Json, place: &Place) {
        let mut place = place.clone();
        if let Some(id) = value.number_of("select_id") {
            place.id = Some(id as u64);
        }
        let first = self.found.len();
        for (name, member) in value.members() {
            match name.as_str() {
                "table" | "insert_from" if member.get("table_name").is_some() => self.table(member, &place),
                _ => self.inner(name, member, &place),
            }
        }
        for element in value.elements() {
            self.value(element, &place);
        }
        if self.found.len() == first
            && let Some(message) = value.text_of("message").filter(|_| value.get("table_name").is_none())
        {
            let (id, select_type) = (place.id, place.select_type.to_owned());
            self.found.push(TableDecision { id, select_type, extra: vec![message.to_owned()], ..TableDecision::default() });
        }
        self.steps(value, first);
    }

    fn inner(&mut self, name: &str, member: &Json, place: &Place) {
        let select_type = match name {
            "materialized_from_subquery" | "materialized" => "DERIVED",
            _ if name.ends_with("subqueries") => "SUBQUERY",
            "query_specifications" => "UNION",
            _ => place.select_type,
        };
        self.value(member, &Place { select_type, ..place.clone() });
    }

    /// Sorting and temporary tables belong to the first table below them, as in the traditional table.
    fn steps(&mut self, value: &Json, first: usize) {
        let Some(table) = self.found.get_mut(first) else { return };
        for (name, text) in [("using_temporary_table", "Using temporary"), ("using_filesort", "Using filesort")] {
            if value.get(name).is_some_and(Json::is_true) && !table.extra.iter().any(|own| own == text) {
                table.extra.push(text.to_owned());
            }
        }
    }

    fn table(&mut self, value: &Json, place: &Place) {
        let text = |name: &str| value.text_of(name).map(str::to_owned);
        let list = |name: &str| {
            let texts: Vec<&str> = value.get(name)?.elements().iter().filter_map(Json::text).collect();
            (!texts.is_empty()).then(|| texts.join(","))
        };
        self.found.push(TableDecision {
            id: place.id,
            select_type: place.select_type.to_owned(),
            table: text("table_name"),
            partitions: list("partitions"),
            access_type: text("access_type"),
            key: text("key"),
            key_len: text("key_length"),
            key_ref: list("ref"),
            extra: extra(value),
        });
        for (name, member) in value.members() {
            if matches!(member, Json::Object(_) | Json::Array(_)) {
                self.inner(name, member, place);
            }
        }
    }
}

/// Extra in the words of the traditional table.
fn extra(value: &Json) -> Vec<String> {
    let truth = |name: &str| value.get(name).is_some_and(Json::is_true);
    let mut found = Vec::new();
    let mut add = |holds: bool, text: &str| {
        if holds {
            found.push(text.to_owned());
        }
    };
    add(value.get("message").is_some(), value.text_of("message").unwrap_or_default());
    add(value.get("index_condition").is_some(), "Using index condition");
    add(value.get("attached_condition").is_some(), "Using where");
    add(truth("using_index"), "Using index");
    add(truth("using_index_for_group_by"), "Using index for group-by");
    add(truth("using_index_for_skip_scan"), "Using index for skip scan");
    add(truth("using_MRR"), "Using MRR");
    add(truth("distinct"), "Distinct");
    add(truth("not_exists"), "Not exists");
    add(truth("loosescan"), "LooseScan");
    add(truth("backward_index_scan"), "Backward index scan");
    add(truth("using_temporary_table"), "Using temporary");
    add(truth("using_filesort"), "Using filesort");
    let named = [
        ("first_match", "FirstMatch"),
        ("using_join_buffer", "Using join buffer"),
        ("range_checked_for_each_record", "Range checked for each record"),
    ];
    found.extend(named.iter().filter_map(|(name, word)| Some(format!("{word} ({})", value.text_of(name)?))));
    found
}
