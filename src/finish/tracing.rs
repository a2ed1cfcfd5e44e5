//! What finishing decided, for the trace (spec 09 §5.5). Conditions do not print here: they are read from the plan.

use super::ordering::OrderQuestion;
use super::place::{Place, Work};
use crate::catalog::IndexNo;
use crate::plan::TempTableKind;

impl Work<'_, '_> {
    /// Opens the record of one question for an order. [`Work::trace_order_summary`] closes it.
    pub(super) fn trace_order_question(&self, question: &OrderQuestion<'_>) {
        self.ctx.trace(|trace| {
            trace.open_object(None);
            trace.open_object(Some("reconsidering_access_paths_for_index_ordering"));
            trace.field("clause", if question.is_group { "GROUP BY" } else { "ORDER BY" });
            trace.open_array(Some("steps"));
        });
    }

    /// What the question came to; `before` is the place as it was.
    pub(super) fn trace_order_summary(&self, place: usize, before: &Place, provides: bool, direction: i8) {
        self.ctx.trace(|trace| {
            let entry = &self.places[place];
            let changed = entry.access != before.access
                || entry.lookup != before.lookup
                || entry.range != before.range
                || entry.index != before.index
                || entry.reversed != before.reversed;
            let index = entry.lookup.as_ref().map(|lookup| lookup.index);
            let index = index.or(entry.range.as_ref().and_then(|range| range.single_index())).or(entry.index);
            trace.close();
            trace.open_object(Some("index_order_summary"));
            if let Some(id) = entry.table {
                trace.field("table", crate::join::trace_name(self.query, id));
            }
            trace.field("index_provides_order", provides);
            trace.field(
                "order_direction",
                match direction {
                    _ if !provides => "undefined",
                    -1 => "desc",
                    _ => "asc",
                },
            );
            trace.field("index", self.index_name(place, index));
            trace.field("plan_changed", changed && provides);
            if changed && provides {
                trace.field("access_type", entry.access.name());
            }
            trace.close();
            trace.close();
            trace.close();
        });
    }

    fn index_name(&self, place: usize, index: Option<IndexNo>) -> String {
        let name = index.and_then(|index| Some(self.table(place)?.indexes.get(index as usize)?.name.to_string()));
        name.unwrap_or_else(|| "unknown".to_owned())
    }

    /// Opens the record of a range analysis for one ordering index.
    pub(super) fn trace_ordering_ranges(&self, place: usize, index: IndexNo) {
        self.ctx.trace(|trace| {
            trace.open_object(None);
            trace.open_object(Some("rows_estimation"));
            if let Some(id) = self.places[place].table {
                trace.field("table", crate::join::trace_name(self.query, id));
            }
            trace.field("index", self.index_name(place, Some(index)));
        });
    }

    /// Opens the record of the test whether a range uses more of a key than the lookup.
    pub(super) fn trace_longer_range(&self) {
        self.ctx.trace(|trace| {
            trace.open_object(None);
            trace.open_object(Some("check_if_range_uses_more_keyparts_than_ref"));
        });
    }

    /// Opens the record of a second look at the access of a scan.
    pub(super) fn trace_recheck(&self, index: usize, low_limit: bool) {
        self.ctx.trace(|trace| {
            let place = &self.places[index];
            trace.open_object(None);
            if let Some(id) = place.table {
                trace.field("table", crate::join::trace_name(self.query, id));
            }
            trace.open_object(Some("rechecking_index_usage"));
            trace.field("recheck_reason", if low_limit { "low_limit" } else { "not_first_table" });
            if low_limit {
                trace.field("limit", self.state.select_limit);
                trace.field("row_estimate", place.rows * f64::from(place.filter));
            }
        });
    }

    /// Closes two levels.
    pub(super) fn trace_end(&self) {
        self.ctx.trace(|trace| {
            trace.close();
            trace.close();
        });
    }

    /// `considering_tmp_tables`: sorts and temporary tables in the order in which rows meet them.
    pub(super) fn trace_steps(&self) {
        let sorts = self.places.iter().any(|place| place.sort.is_some());
        if self.steps.is_empty() && !sorts {
            return;
        }
        self.ctx.trace(|trace| {
            trace.open_object(None);
            trace.open_array(Some("considering_tmp_tables"));
            for place in self.places.iter().filter(|place| place.sort.is_some()) {
                let alias = place.table.map_or("", |id| &*self.query[id].alias);
                trace.open_object(None);
                trace.field("adding_sort_to_table", alias);
                trace.close();
            }
            for (number, step) in self.steps.iter().enumerate() {
                trace.open_object(None);
                trace.field("adding_tmp_table_in_plan_at_position", (self.primary + number) as u64);
                if let TempTableKind::Window(window) = step.kind {
                    trace.field("cause", "output_for_window_functions");
                    let buffered = self.window_steps.iter().any(|step| step.window == window && step.frame_buffer);
                    trace.field("with_buffer", buffered);
                }
                trace.field(
                    "write_method",
                    match step.kind {
                        TempTableKind::Aggregate => "continuously_update_group_row",
                        TempTableKind::AggregateThenStore => "write_group_row_when_complete",
                        TempTableKind::Store | TempTableKind::Window(_) => "write_all_rows",
                    },
                );
                if step.duplicate_removal.is_some() {
                    trace.field("reading_from_table_eliminates_duplicates", true);
                }
                trace.close();
                if step.sort.is_some() {
                    trace.open_object(None);
                    trace.field("adding_sort_to_table", "");
                    trace.close();
                }
            }
            trace.close();
            trace.close();
        });
    }

    /// `refine_plan`: the tables that are read.
    pub(super) fn trace_refinement(&self) {
        self.ctx.trace(|trace| {
            trace.open_object(None);
            trace.open_array(Some("refine_plan"));
            for place in &self.places[self.state.const_tables..] {
                trace.open_object(None);
                if let Some(id) = place.table {
                    trace.field("table", crate::join::trace_name(self.query, id));
                }
                trace.close();
            }
            trace.close();
            trace.close();
        });
    }
}
