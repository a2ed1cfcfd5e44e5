//! Where the rows of ranges and the shares of conditions came from, as the planner noted it.

use super::{Place, percent};
use myexplain::catalog::IndexNo;
use myexplain::context::notes::{FilterPart, FilterSource, RangeSource};
use myexplain::query::ExprId;

impl Place<'_> {
    /// Where the rows in the ranges of an index came from.
    pub(super) fn range_source(&self, index: IndexNo, rows: f64) -> Option<&'static str> {
        let table = self.access.table?.0;
        let mut notes = self.plan.notes.ranges.iter().rev();
        let note = notes.find(|note| note.table == table && note.index == index && note.rows as f64 == rows)?;
        Some(match note.source {
            RangeSource::Unique => "one, by a whole unique key",
            RangeSource::Dive => "counted in the index (a captured dive)",
            RangeSource::Histogram => "estimated from a histogram",
            RangeSource::IndexStatistics => "estimated from records per key",
            RangeSource::Default => "a default share, nothing better is known",
        })
    }

    /// What the share of passing rows is the product of, a line a factor.
    pub(super) fn filter_parts(&self) -> Vec<String> {
        let Some(table) = self.access.table else { return Vec::new() };
        let share = self.access.filter_effect;
        let mut notes = self.plan.notes.filters.iter().rev();
        let fits = |share: f32, own: f32| (share - own).abs() <= 1e-5 * share.abs().max(1e-6);
        let note = notes.find(|note| note.table == table.0 && fits(share, note.share));
        let parts = note.map(|note| note.parts.as_slice()).unwrap_or_default();
        parts.iter().map(|part| self.filter_part(part)).collect()
    }

    fn filter_part(&self, part: &FilterPart) -> String {
        match part {
            FilterPart::Range { index, rows } => {
                let name = self.index(*index).map_or("", |index| &index.name);
                format!("  filter: {rows} rows in the ranges of {name}")
            }
            FilterPart::Condition { condition, share, source } => {
                let source = match source {
                    FilterSource::Histogram(column) => {
                        let column = self.table().and_then(|table| table.columns.get(usize::from(*column)));
                        let bucket = self.bucket_of(ExprId(*condition)).unwrap_or_default();
                        format!("histogram of {}{bucket}", column.map_or("", |column| &column.name))
                    }
                    FilterSource::IndexStatistics(index) => {
                        format!("records per key of {}", self.index(*index).map_or("", |index| &index.name))
                    }
                    FilterSource::Default(_) => "a default, nothing better is known".to_owned(),
                };
                format!("  filter: {}% for {}: {source}", percent(f64::from(*share) * 100.0), self.expression(ExprId(*condition)))
            }
        }
    }
}
