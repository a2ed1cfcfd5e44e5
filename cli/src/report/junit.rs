//! JUnit XML: a test suite a file, a test case a statement.

use super::{Level, Report};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite, XmlString};

pub(super) fn render(report: &Report) -> String {
    let mut document = quick_junit::Report::new(format!("myexplain {}", report.command));
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in &report.cases {
        let failing: Vec<_> = case.problems.iter().filter(|problem| problem.level > Level::Note).collect();
        let mut status = TestCaseStatus::success();
        if let Some(first) = failing.first() {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(&*first.rule.id).set_message(&*first.message);
            let lines = failing.iter().flat_map(|problem| [&problem.message].into_iter().chain(&problem.detail));
            status.set_description(lines.map(String::as_str).collect::<Vec<_>>().join("\n"));
        }
        let mut test = TestCase::new(&*case.name, status);
        test.set_classname(&*case.file);
        test.extra.insert(XmlString::new("file"), XmlString::new(&case.file));
        test.extra.insert(XmlString::new("line"), XmlString::new(case.line.to_string()));
        match suites.iter_mut().find(|suite| suite.name.as_str() == case.file) {
            Some(suite) => _ = suite.add_test_case(test),
            None => {
                let mut suite = TestSuite::new(&*case.file);
                suite.add_test_case(test);
                suites.push(suite);
            }
        }
    }
    document.add_test_suites(suites);
    // Texts with characters that XML forbids are cleaned by the crate; there is nothing else to fail.
    document.to_string().unwrap_or_default()
}
