//! Pictures of every pane at the smallest and at a large size, and what keys do.

use myexplain::Catalog;
use myexplain_tui::headless::Headless;
use myexplain_tui::state::{Form, Pane};
use myexplain_tui::{Palette, Start, Theme};
use std::sync::Arc;

const FILE: &str = "\
-- name: by-name
SELECT e.last_name, s.salary
FROM employees e JOIN salaries s ON s.emp_no = e.emp_no
WHERE e.first_name = 'Matt' AND s.to_date > '2002-01-01';

-- name: wide-range
SELECT * FROM employees WHERE hire_date > '1986-01-01';

-- name: broken
SELECT *
FORM employees;

-- name: staff
SELECT e.last_name FROM employees e
WHERE e.emp_no IN (SELECT t.emp_no FROM titles t WHERE t.title = 'Staff')
  AND e.gender = 'F' AND e.birth_date < '1955-01-01'
ORDER BY e.hire_date LIMIT 5;
";

fn start(text: &str) -> Start {
    Start {
        catalog: Arc::new(Catalog::sample()),
        bundle: "employees".into(),
        file: (!text.is_empty()).then(|| "queries.sql".into()),
        text: text.into(),
        theme: Theme::new(Palette::Dark, false),
        options: "-b fixtures/employees/bundle".into(),
        changes: Vec::new(),
    }
}

fn explorer(text: &str, columns: u16, rows: u16) -> Headless {
    let Ok(explorer) = Headless::new(start(text), columns, rows);
    explorer
}

/// The picture after keys, in both sizes.
fn pictures(name: &str, text: &str, keys: &str) {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut explorer = explorer(text, columns, rows);
        explorer.press(keys);
        let Ok(picture) = explorer.text();
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), picture);
    }
}

#[test]
fn queries() {
    pictures("queries", FILE, "1o");
}

#[test]
fn plan() {
    pictures("plan", FILE, "<Enter>j");
}

#[test]
fn detail() {
    pictures("detail", FILE, "<Enter>j4");
}

#[test]
fn why() {
    pictures("why", FILE, "<Enter>jj<Down>5z");
}

#[test]
fn what_if() {
    pictures("what_if", FILE, "<Enter>6jjj<Space>");
}

#[test]
fn comparison() {
    pictures("comparison", FILE, "<Enter>6jjj<Space>7z");
}

#[test]
fn statement_that_is_typed() {
    pictures("typing", FILE, "<Enter>e<End> /* typed */");
}

#[test]
fn error_in_the_statement() {
    pictures("error", FILE, "]]2");
}

#[test]
fn forms() {
    for form in Form::ALL {
        if form != Form::Tree {
            pictures(
                &format!("form_{}", form.name().to_lowercase()).replace("form_tree", "form_tree_text"),
                FILE,
                &format!(":form {}<Enter>", form.name()),
            );
        }
    }
}

#[test]
fn nothing_to_show_yet() {
    pictures("empty", "", "");
}

#[test]
fn help() {
    pictures("help", FILE, "<Enter>?");
}

#[test]
fn export() {
    pictures("export", FILE, "<Enter>6jjj<Space>x");
}

#[test]
fn plan_of_a_server() {
    let analyzed = "\
-> Nested loop inner join  (cost=350 rows=2625) (actual time=0.1..9.5 rows=240 loops=1)
    -> Covering index lookup on e using ix_firstname (first_name='Matt')  (cost=25.4 rows=247) (actual time=0.05..0.2 rows=233 loops=1)
    -> Filter: (s.to_date > DATE'2002-01-01')  (cost=0.257 rows=10.6) (actual time=0.02..0.03 rows=1 loops=233)
        -> Index lookup on s using PRIMARY (emp_no=e.emp_no)  (cost=0.257 rows=10.6) (actual time=0.02..0.03 rows=9.7 loops=233)
";
    pictures("server", analyzed, "j4");
}

#[test]
fn ascii_without_colours() {
    let mut start = start(FILE);
    start.theme = Theme::new(Palette::None, true);
    let Ok(mut explorer) = Headless::new(start, 80, 24);
    explorer.press("<Enter>6jjj<Space>");
    let Ok(picture) = explorer.text();
    assert!(picture.is_ascii(), "{picture}");
    let Ok(buffer) = explorer.draw();
    let coloured =
        buffer.content.iter().find(|cell| cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset);
    assert!(coloured.is_none(), "{coloured:?}");
    insta::assert_snapshot!("ascii_80x24", picture);
}

#[test]
fn too_small_a_terminal_is_told_politely() {
    let mut explorer = explorer(FILE, 60, 10);
    let Ok(picture) = explorer.text();
    assert!(picture.contains("80 columns and 24 rows"), "{picture}");
    explorer.press("q");
    assert!(explorer.ended);
}

#[test]
fn an_invisible_index_changes_the_plan_and_undo_brings_it_back() {
    let mut explorer = explorer(FILE, 80, 24);
    let access = |explorer: &Headless| {
        explorer.state.current.as_ref().map(|planned| planned.tables[0].access_type.clone()).unwrap_or_default()
    };
    assert_eq!(access(&explorer), "ref");
    explorer.press(":invisible employees.ix_firstname<Enter>");
    assert_eq!(access(&explorer), "ALL");
    explorer.press("u");
    assert_eq!(access(&explorer), "ref");
    explorer.press("U");
    assert_eq!(access(&explorer), "ALL");
}

#[test]
fn hints_switches_costs_and_rows() {
    let mut explorer = explorer("SELECT * FROM employees WHERE hire_date > '1986-01-01'", 80, 24);
    let current = |explorer: &Headless| explorer.state.current.clone().expect("a plan");
    assert_eq!(current(&explorer).tables[0].access_type, "ALL");
    explorer.press("6jf");
    assert_eq!(current(&explorer).tables[0].index.as_deref(), Some("ix_hiredate"), "forced");
    explorer.press("f");
    assert_eq!(current(&explorer).tables[0].access_type, "ALL", "ignored");
    explorer.press("f");
    assert!(explorer.state.what_if.changes.is_empty(), "as it was");
    let before = current(&explorer).cost;
    explorer.press(":rows employees=10x<Enter>");
    assert!(current(&explorer).cost > 5.0 * before);
    explorer.press(":cost row_evaluate_cost=0.5<Enter>:switch mrr=off<Enter>");
    assert_eq!(explorer.state.what_if.changes.steps().len(), 3);
    explorer.press("x");
    let command = explorer.state.what_if.changes.as_command("", "SELECT 1");
    assert_eq!(command, "myexplain explain --rows employees=10x --cost row_evaluate_cost=0.5 --switch mrr=off -e 'SELECT 1'");
}

#[test]
fn a_hypothetical_index_is_guessed_from_the_conditions() {
    let mut explorer = explorer("SELECT * FROM employees WHERE last_name = 'Facello' AND birth_date > '1960-01-01'", 80, 24);
    explorer.press("6a<Enter>");
    let planned = explorer.state.current.clone().expect("a plan");
    assert_eq!(planned.tables[0].index.as_deref(), Some("ix_last_name_birth_date"));
}

#[test]
fn what_is_typed_is_planned_and_errors_show_their_place() {
    let mut explorer = explorer("", 80, 24);
    explorer.press("eSELECT * FORM employees");
    assert_eq!(explorer.state.failure.as_ref().and_then(|failure| failure.at), Some((0, 9)));
    explorer.press("<C-w><C-w>");
    explorer.press("FROM employees");
    assert!(explorer.state.failure.is_none(), "{:?}", explorer.state.failure);
    assert_eq!(explorer.state.current.as_ref().map(|planned| planned.tables.len()), Some(1));
}

#[test]
fn an_answer_to_an_old_request_is_dropped() {
    let mut explorer = explorer(FILE, 80, 24);
    let current = explorer.state.current.clone();
    let answer = myexplain_tui::message::Answer {
        id: explorer.state.newest - 1,
        base: None,
        outcome: Err(myexplain_tui::model::Failure::new("old")),
    };
    explorer.send(myexplain_tui::message::Message::Planned(Box::new(answer)));
    assert!(explorer.state.failure.is_none());
    assert_eq!(explorer.state.current.map(|planned| planned.cost), current.map(|planned| planned.cost));
}

#[test]
fn filter_sort_copy_and_save() {
    let mut explorer = explorer(FILE, 80, 24);
    explorer.press("1/stf<Enter>");
    assert_eq!(explorer.state.queries.selected().map(|query| query.name.as_str()), Some("staff"));
    explorer.press("<Esc>:sort cost<Enter>");
    let first = explorer.state.queries.shown[0];
    assert_eq!(explorer.state.queries.all[first].name, "wide-range");
    explorer.press("1g<Enter>:form JSON<Enter>y");
    assert!(explorer.copied[0].starts_with('{'), "{}", explorer.copied[0]);
    explorer.press(":save out.txt<Enter>");
    let (path, text) = &explorer.written[0];
    assert_eq!(path, "out.txt");
    let recording = myexplain::ingest::recording::Recording::read(text);
    let names: Vec<&str> = recording.sections.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["sql", "traditional", "warnings", "tree", "json"]);
}

#[test]
fn every_key_in_every_pane_of_every_size_keeps_its_composure() {
    let keys = "jkhlJKHgGfFow+- uUmnNyYpz[]ax<Esc>?<Esc>:nonsense<Enter>/e<Enter>n<C-d><C-u><PageDown><End><Home>05j<Tab>";
    for (columns, rows) in [(80, 24), (119, 30), (160, 50), (20, 5), (160, 5), (160, 1), (2, 2), (1, 1)] {
        for pane in Pane::ALL {
            let mut explorer = explorer(FILE, columns, rows);
            explorer.press(&format!("{}{keys}{keys}", pane.number() + 1));
            let Ok(picture) = explorer.text();
            assert!(!picture.trim().is_empty());
        }
    }
}
