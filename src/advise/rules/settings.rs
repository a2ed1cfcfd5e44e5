//! Hints and settings that make a plan worse.

use crate::advise::finding::{Draft, RemedyKind};
use crate::advise::subject::Subject;
use crate::catalog::SwitchSet;

/// An index hint without which the plan is cheaper.
pub(super) fn index_hint(subject: &Subject<'_>) -> Vec<Draft> {
    let words = &subject.words;
    let mut drafts = Vec::new();
    for at in 0..words.list.len() {
        let verb = ["use", "force", "ignore"].iter().any(|verb| words.list[at].is(verb));
        let noun = words.list.get(at + 1).is_some_and(|word| word.is("index") || word.is("key"));
        if !verb || !noun {
            continue;
        }
        let Some(open) = (at + 2..words.list.len()).find(|open| words.list[*open].text == "(") else { continue };
        let Some(place) = words.closing(open).and_then(|close| words.place(at, close)) else { continue };
        let note = "the optimizer chooses by itself";
        let Some(remedy) = subject.confirm_sql(RemedyKind::Hint, subject.replaced(place, ""), note) else { continue };
        let text = format!(
            "{} makes the plan dearer: cost {:.0} instead of {:.0}",
            &subject.sql[place.start..place.end],
            remedy.cost_before,
            remedy.cost_after,
        );
        drafts.push(Draft::at(Some(place), text).remedy(Some(remedy)));
    }
    drafts
}

/// An optimizer hint comment without which the plan is cheaper.
pub(super) fn optimizer_hint(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut from = 0;
    while let Some(start) = subject.sql[from..].find("/*+").map(|at| at + from) {
        let Some(end) = subject.sql[start..].find("*/").map(|at| at + start + 2) else { break };
        from = end;
        let place = subject.words.place_of_bytes(start, end);
        let note = "the optimizer chooses by itself";
        let Some(remedy) = subject.confirm_sql(RemedyKind::Hint, subject.replaced(place, ""), note) else { continue };
        let text = format!("the hints make the plan dearer: cost {:.0} instead of {:.0}", remedy.cost_before, remedy.cost_after,);
        drafts.push(Draft::at(Some(place), text).remedy(Some(remedy)));
    }
    drafts
}

/// STRAIGHT_JOIN without which the plan is cheaper.
pub(super) fn straight_join(subject: &Subject<'_>) -> Vec<Draft> {
    let Some(at) = subject.words.find(0, &["straight_join"]) else { return Vec::new() };
    let Some(place) = subject.words.place(at, at) else { return Vec::new() };
    let option = at.checked_sub(1).is_some_and(|before| {
        ["select", "distinct", "all", "high_priority"].iter().any(|word| subject.words.list[before].is(word))
    });
    let sql = subject.replaced(place, if option { "" } else { "JOIN" });
    let Some(remedy) = subject.confirm_sql(RemedyKind::Rewrite, sql, "the optimizer chooses the order") else {
        return Vec::new();
    };
    let text =
        format!("the fixed order makes the plan dearer: cost {:.0} instead of {:.0}", remedy.cost_before, remedy.cost_after);
    vec![Draft::at(Some(place), text).remedy(Some(remedy))]
}

/// A flag of optimizer_switch that is not as it is by default, and makes the plan dearer.
pub(super) fn switch(subject: &Subject<'_>) -> Vec<Draft> {
    let version = subject.plan.settings.version;
    let (mine, default) = (subject.plan.settings.switches.text(version), SwitchSet::default().text(version));
    let mut drafts = Vec::new();
    for (mine, default) in mine.split(',').zip(default.split(',')).filter(|(mine, default)| mine != default) {
        let after = subject.plan_under(|catalog| {
            // A flag of the server's own list is always known.
            let _ = catalog.settings.assign("optimizer_switch", &format!("'{default}'"));
        });
        let sql = format!("SET SESSION optimizer_switch = '{default}'");
        let Some(remedy) = after.and_then(|after| subject.confirm(RemedyKind::Setting, sql, "the server's default", &after))
        else {
            continue;
        };
        let text =
            format!("optimizer_switch has {mine}: cost {:.0}, with the default {:.0}", remedy.cost_before, remedy.cost_after,);
        drafts.push(Draft::at(subject.words.place(0, 0), text).remedy(Some(remedy)));
    }
    drafts
}
