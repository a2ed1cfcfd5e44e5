//! The places of the chosen order as the plan shows them: a materialized nest is one place (spec 05 §5.3).

use super::state::{JoinState, MaterializedSemijoin, Position, SemijoinStrategy};

/// Puts the fixed places into the state; materialized ranges become their temporary tables' places.
pub(super) fn lay_out(state: &mut JoinState, fixed: Vec<Position>, row_evaluate: f64) {
    let mut laid_out: Vec<Position> = Vec::with_capacity(fixed.len());
    // The temporary tables' places are stored behind all others, so each takes rows and cost of the one before it there.
    let mut stored_before = fixed.last().copied();
    let mut at = 0;
    while at < fixed.len() {
        let position = fixed[at];
        let materialized = matches!(position.semijoin, SemijoinStrategy::MaterializeLookup | SemijoinStrategy::MaterializeScan);
        let nest = state.nests.iter().find(|nest| nest.inner.contains(position.table)).filter(|_| materialized);
        let Some(nest) = nest else {
            laid_out.push(position);
            at += 1;
            continue;
        };
        let count = position.semijoin_tables as usize;
        let scan = position.semijoin == SemijoinStrategy::MaterializeScan;
        let costs = nest.materialization.as_ref().map(|plan| plan.costs).unwrap_or_default();
        let fan = match laid_out.last() {
            Some(before) if laid_out.len() > state.const_tables => before.prefix_rowcount,
            _ => 1.0,
        };
        let mut place = Position::empty(Position::NEST);
        place.nest = Some(nest.id);
        place.semijoin = position.semijoin;
        place.semijoin_tables = 1;
        place.rows_fetched = if scan { costs.distinct_rows.trunc() } else { 1.0 };
        place.read_cost = fan * if scan { costs.scan } else { costs.lookup };
        let (rows, cost) = stored_before.map_or((1.0, 0.0), |before| (before.prefix_rowcount, before.prefix_cost));
        place.prefix_rowcount = rows * place.rows_fetched;
        place.prefix_cost = cost + place.read_cost + place.prefix_rowcount * row_evaluate;
        stored_before = Some(place);
        laid_out.push(place);
        let mut positions = fixed[at..at + count].to_vec();
        positions.iter_mut().for_each(|inner| {
            inner.semijoin = SemijoinStrategy::None;
            inner.semijoin_tables = 0;
        });
        state.materialized.push(MaterializedSemijoin { nest: nest.id, scan, positions, costs });
        at += count;
    }
    state.positions = laid_out;
}
