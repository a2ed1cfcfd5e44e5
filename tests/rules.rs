//! Every rule's page holds cases: the bad ones trigger the rule, the good ones do not.

use myexplain::advise::{self, RULES, Rule};
use myexplain::catalog::bundle;
use myexplain::parse::script;
use myexplain::planner::parallel;
use myexplain::{Catalog, Planner};
use std::collections::BTreeSet;
use std::path::Path;

/// The statements of the SQL blocks in a section of a page.
fn cases(rule: &Rule, heading: &str) -> Vec<script::ScriptStatement> {
    let section = rule.section(heading);
    let blocks = section.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let found: Vec<_> = blocks.flat_map(script::read).collect();
    assert!(!found.is_empty(), "{} has no case under '{heading}'", rule.id);
    found
}

/// The catalog that a case names (`-- bundle: shop`), else the built-in one, under the case's settings.
fn catalog(case: &script::ScriptStatement) -> Catalog {
    let named = case.comments.iter().find_map(|comment| comment.strip_prefix("bundle:"));
    let mut catalog = named.map_or_else(Catalog::sample, |name| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name.trim()).join("bundle");
        bundle::load(&directory).unwrap_or_else(|error| panic!("{error}"))
    });
    if named.is_some() {
        catalog.current_schema = catalog.schemas.keys().next().map(|name| name.as_str().into());
    }
    for set in &case.sets {
        let (name, value) = set.split_once('=').expect("NAME=VALUE");
        catalog.settings.assign(name.trim(), value.trim()).unwrap_or_else(|error| panic!("{set}: {error}"));
    }
    catalog
}

/// True if the rule fires for a case.
fn fires(rule: &Rule, case: &script::ScriptStatement) -> bool {
    let catalog = catalog(case);
    let what = format!("{} plans {}", rule.id, case.sql);
    if rule.is_for_workloads() {
        let plans = [Planner::new(&catalog).plan(&case.sql).expect(&what)];
        let found = advise::find_in_workload(&catalog, &plans, true, &advise::Options::default());
        return found.found.iter().any(|finding| finding.rule == rule.id);
    }
    advise::find(&catalog, &case.sql).expect(&what).iter().any(|finding| finding.rule == rule.id)
}

#[test]
fn bad_cases_fire_and_good_ones_do_not() {
    let wrong: Vec<String> = parallel::with_room(|| {
        let check = |rule: &Rule| {
            let silent = cases(rule, "Bad").into_iter().filter(|case| !fires(rule, case)).map(|case| (case, "does not fire"));
            let loud = cases(rule, "Good").into_iter().filter(|case| fires(rule, case)).map(|case| (case, "fires"));
            silent.chain(loud).map(|(case, what)| format!("{} {what}: {}", rule.id, case.sql)).collect::<Vec<_>>()
        };
        RULES.iter().flat_map(check).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("docs/rules is there")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(pages, rules);
    for rule in RULES {
        let title = format!("# {} {}\n\n", rule.id, rule.name);
        assert!(rule.page.starts_with(&title), "{}: the page begins otherwise", rule.id);
        assert!(rule.page.contains(&format!("\n\nSeverity: {}.", rule.severity)), "{}: severity", rule.id);
        for (what, text) in [("summary", rule.summary()), ("why", rule.why()), ("what to do", rule.advice())] {
            assert!(text.len() > 20, "{}: no {what}", rule.id);
        }
    }
    assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id), "rules are not sorted");
}
