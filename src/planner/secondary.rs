//! Whether the server hands a statement to a secondary engine such as HeatWave's RAPID (spec 09 §4.4).

use super::Planning;
use crate::query::{Command, TableKind};
use std::sync::Arc;

impl Planning<'_> {
    /// The engine that every base table of a read is loaded into, if the statement is dear enough for it.
    pub(super) fn secondary_engine(&self) -> Option<Arc<str>> {
        let reads = match &self.query.command {
            Command::Select => true,
            Command::Insert(target) | Command::Replace(target) => target.from_query,
            Command::Update { .. } | Command::Delete { .. } => false,
        };
        let variables = &self.ctx.settings.variables;
        let mode = variables.get("use_secondary_engine").map_or("ON", String::as_str);
        if !reads || mode.eq_ignore_ascii_case("OFF") {
            return None;
        }
        let mut bases = self.query.tables.iter().filter(|table| table.kind == TableKind::Base);
        let engine = bases.next()?.table.secondary_engine.clone()?;
        if !bases.all(|table| table.table.secondary_engine.as_ref() == Some(&engine)) {
            return None;
        }
        let threshold: f64 =
            variables.get("secondary_engine_cost_threshold").and_then(|text| text.parse().ok()).unwrap_or(100_000.0);
        let blocks = self.query[self.query.root].blocks.iter();
        let cost: f64 = blocks.filter_map(|block| self.blocks[block.0 as usize].as_ref()).map(|plan| plan.best_read).sum();
        let forced = mode.eq_ignore_ascii_case("FORCED");
        if !forced && cost < threshold {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.open_object(Some("secondary_engine_not_used"));
                t.field("reason", "The estimated query cost does not exceed secondary_engine_cost_threshold.");
                t.field("cost", cost);
                t.field("threshold", threshold);
                t.close();
                t.close();
            });
            return None;
        }
        Some(engine)
    }
}
