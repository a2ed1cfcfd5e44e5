use super::*;

fn sample() -> Report {
    let rule = RuleInfo {
        id: "plan-changed".into(),
        summary: "A plan is not the approved one".into(),
        help: "Approve it or mend it.".into(),
        help_uri: Some("https://example.com/rules/plan-changed".into()),
    };
    let problem = Problem {
        fingerprint: fingerprint(["plan-changed", "db/a b.sql", "by_id"]),
        rule,
        level: Level::Error,
        message: "plan changed, cost 1.00 → 9.00 (×9.0), 100 %: bad".into(),
        detail: vec!["- 1 SIMPLE e ref".into(), "+ 1 SIMPLE e ALL <x> & y".into()],
        line: 12,
        column: 3,
    };
    let good = Case { name: "good #1".into(), file: "db/a b.sql".into(), line: 1, problems: Vec::new() };
    let bad = Case { name: "by_id".into(), file: "db/a b.sql".into(), line: 12, problems: vec![problem] };
    Report { command: "check", cases: vec![good, bad] }
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let schema = serde_json::from_str(include_str!("../../tests/schema/sarif-2.1.0.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for report in [sample(), Report { command: "check", cases: Vec::new() }] {
        let document = serde_json::from_str(&report.render(Form::Sarif)).expect("SARIF is JSON");
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0" })), "the schema refuses nothing");
}

#[test]
fn json_is_valid_by_our_schema() {
    let schema = serde_json::from_str(include_str!("../../../docs/schema/report.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let document = serde_json::from_str(&sample().render(Form::Json)).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn annotations_escape_what_ends_them() {
    let line = sample().render(Form::Github);
    assert!(line.starts_with("::error file=db/a b.sql,line=12,col=3,title=plan-changed%3A by_id::plan changed"), "{line}");
    assert!(line.contains("100 %25: bad%0A- 1 SIMPLE e ref%0A+"), "{line}");
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn the_other_forms() {
    insta::assert_snapshot!("tap", sample().render(Form::Tap));
    insta::assert_snapshot!("junit", sample().render(Form::Junit));
    insta::assert_snapshot!("markdown", sample().render(Form::Markdown));
    insta::assert_snapshot!("gitlab", sample().render(Form::Gitlab));
}
