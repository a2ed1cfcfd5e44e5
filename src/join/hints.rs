//! What optimizer hints say to the join planner (spec 09 §1.6, 05 §1.6).

use super::state::SemijoinStrategy;
use crate::catalog::{Switch, SwitchSet};
use crate::query::{BlockId, Query};

/// Strategies that a semijoin nest may use, as bits of [`SemijoinStrategy`] (spec 05 §1.6); `block` is the subquery's.
pub(super) fn semijoin_strategies(switches: SwitchSet, query: &Query, block: Option<BlockId>) -> u8 {
    let by_switch = [
        (Switch::FirstMatch, FIRST_MATCH),
        (Switch::LooseScan, LOOSE_SCAN),
        (Switch::Materialization, MATERIALIZATION),
        (Switch::DuplicateWeedout, WEEDOUT),
    ]
    .iter()
    .fold(0, |set, (switch, bits)| if switches.on(*switch) { set | bits } else { set });
    let Some(block) = block else { return by_switch };
    match query.semijoin_strategies_hint(block) {
        Some(hint) => {
            let listed = hint.strategies.iter().fold(0, |set, name| set | strategy_bits(name));
            if hint.on { listed } else { by_switch & !listed }
        }
        None => by_switch,
    }
}

const FIRST_MATCH: u8 = SemijoinStrategy::FirstMatch as u8;
const LOOSE_SCAN: u8 = SemijoinStrategy::LooseScan as u8;
const MATERIALIZATION: u8 = SemijoinStrategy::MaterializeLookup as u8 | SemijoinStrategy::MaterializeScan as u8;
const WEEDOUT: u8 = SemijoinStrategy::DuplicateWeedout as u8;

fn strategy_bits(name: &str) -> u8 {
    match name.to_ascii_uppercase().as_str() {
        "FIRSTMATCH" => FIRST_MATCH,
        "LOOSESCAN" => LOOSE_SCAN,
        "MATERIALIZATION" => MATERIALIZATION,
        "DUPSWEEDOUT" => WEEDOUT,
        _ => 0,
    }
}

/// How an IN subquery may be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubqueryChoice {
    /// IN→EXISTS only.
    Exists,
    /// Materialization if possible.
    Materialization,
    /// By cost.
    Cost,
}

/// Spec 05 §8.4, "allowed strategies".
pub(super) fn subquery_choice(switches: SwitchSet, query: &Query, block: BlockId) -> SubqueryChoice {
    if !query[block].windows.is_empty() {
        return SubqueryChoice::Materialization;
    }
    match query.materialization_hint(block) {
        Some(true) => return SubqueryChoice::Materialization,
        Some(false) => return SubqueryChoice::Exists,
        None => {}
    }
    if !switches.on(Switch::Materialization) {
        SubqueryChoice::Exists
    } else if switches.on(Switch::SubqueryMaterializationCostBased) {
        SubqueryChoice::Cost
    } else {
        SubqueryChoice::Materialization
    }
}
