//! How tables are read.

use super::LARGE_TABLE;
use crate::advise::finding::Draft;
use crate::advise::sargable;
use crate::advise::subject::{Reading, Subject};
use crate::plan::{AccessMethod, AccessType};

/// Share of the rows that may stay at most, so that a full scan counts as a waste.
const SMALL_SHARE: f32 = 0.3;

/// Tables that are scanned from end to end.
pub(super) fn scans<'a>(subject: &Subject<'a>) -> Vec<Reading<'a>> {
    let scanned =
        |reading: &Reading<'_>| reading.access.access_type == AccessType::All && reading.access.method == AccessMethod::TableScan;
    subject.readings().into_iter().filter(scanned).collect()
}

/// MX001: a large table is scanned for a condition that no index serves.
pub(super) fn full_scan(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in scans(subject) {
        if reading.table_rows() < LARGE_TABLE || reading.access.filter_effect > SMALL_SHARE {
            continue;
        }
        let conditions = sargable::of_block(subject, reading.block);
        let Some(condition) = conditions.iter().find(|one| one.table == reading.id && one.is_constant()) else { continue };
        let filtered = f64::from(reading.access.filter_effect) * 100.0;
        let text = format!(
            "{} is read from end to end: {:.0} rows, of which about {filtered:.2} % pass {}",
            reading.table.alias,
            reading.table_rows(),
            subject.text(reading.block, condition.expr),
        );
        let place = subject.place_of_column((condition.table, condition.column));
        let draft = Draft::at(place.or_else(|| subject.place_of_table(reading.id)), text).on(reading.definition());
        drafts.push(draft.number("rows", reading.table_rows(), "rows").number("filtered", filtered, "%"));
    }
    drafts
}
