//! `explain --why-not` and `explain --as-hints`: questions about one plan that are answered by planning again.

use myexplain::Catalog;
use myexplain::advise::as_hints::plan_as_hints;
use myexplain::advise::why_not;
use myexplain::planner::parallel::guarded;

/// Why the plan does not use an index, and what would make it.
pub(crate) fn why_not(catalog: &Catalog, sql: &str, index: &str) -> Result<String, String> {
    let answers = guarded(|| why_not::why_not(catalog, sql, index)).map_err(internal)?.map_err(|error| error.to_string())?;
    Ok(answers.iter().map(|answer| answer.to_string()).collect::<Vec<_>>().join("\n"))
}

/// The statement with the hints that pin its plan, and how that was verified, as SQL.
pub(crate) fn as_hints(catalog: &Catalog, sql: &str) -> Result<String, String> {
    let pinned = guarded(|| plan_as_hints(catalog, sql)).map_err(internal)?.map_err(|error| error.to_string())?;
    let mut out = format!("{};\n", pinned.sql.trim_end_matches([';', ' ', '\n']));
    if let Some(why) = &pinned.unpinned {
        return Ok(format!("-- hints cannot pin this plan: {why}\n{out}"));
    }
    let tried = pinned.perturbations;
    out.push_str(&match (pinned.hints.len(), pinned.fragile) {
        (0, 0) => format!("-- no hint is needed: the plan stays the same under all {tried} changes of rows and costs\n"),
        (0, fragile) => {
            format!("-- no hint helps: {fragile} of {tried} changes of rows and costs change the plan with all hints too\n")
        }
        (count, fragile) => format!(
            "-- {count} of {} hints; without them {fragile} of {tried} changes of rows and costs change the plan, with them {}\n",
            pinned.complete,
            tried - pinned.held,
        ),
    });
    Ok(out)
}

fn internal(panic: String) -> String {
    format!("internal error, please report it: {panic}")
}
