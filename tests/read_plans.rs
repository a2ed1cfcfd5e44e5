//! Every recording is read back into a plan whose rendering is the recorded text.

use myexplain::explain::client;
use myexplain::explain::decisions::Decisions;
use myexplain::ingest::plan::{PlanFormat, ReadPlan, ServerGuess};
use myexplain::ingest::reader;
use myexplain::ingest::recording::Recording;
use myexplain::ingest::table::Layout;
use std::fs;
use std::path::{Path, PathBuf};

/// Recordings of the project, and those beside it where they exist.
fn recordings() -> Vec<(PathBuf, Recording)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for corpora in [root.join("fixtures"), root.join("../shared/corpus")] {
        for corpus in fs::read_dir(corpora).into_iter().flatten().flatten() {
            files.extend(fs::read_dir(corpus.path().join("golden")).into_iter().flatten().flatten().map(|file| file.path()));
        }
    }
    files.sort();
    let read = |path: PathBuf| fs::read_to_string(&path).ok().map(|text| (path, Recording::read(&text)));
    let found: Vec<_> = files.into_iter().filter_map(read).collect();
    assert!(found.len() > 400, "only {} recordings", found.len());
    found
}

fn read(path: &Path, text: &str) -> ReadPlan {
    let reading = reader::read(text);
    assert_eq!((reading.plans.len(), reading.unknown_lines), (1, 0), "{}:\n{text}", path.display());
    reading.plans.into_iter().next().expect("one plan")
}

#[test]
fn recordings_are_read_back_to_the_byte() {
    for (path, recording) in recordings() {
        for section in ["traditional", "tree", "json"] {
            let Some(text) = recording.section(section) else { continue };
            let plan = read(&path, text);
            let kind = match plan.format {
                PlanFormat::Table(Layout::Tabs) => "traditional",
                PlanFormat::Tree => "tree",
                PlanFormat::JsonV1 | PlanFormat::JsonV2 => "json",
                other => panic!("{}: {section} was taken for {other}", path.display()),
            };
            assert_eq!(kind, section);
            assert_eq!(plan.render().trim_end_matches('\n'), text, "{}: {section}", path.display());
            assert!(!plan.nodes().is_empty(), "{}: {section}", path.display());
        }
    }
}

/// The forms that the client gives a plan: frames, one line a column, escapes.
#[test]
fn forms_of_the_client_are_read_back() {
    for (path, recording) in recordings() {
        if let Some(text) = recording.section("traditional") {
            let table = read(&path, text).table.expect("a table");
            for layout in [Layout::Framed, Layout::Vertical, Layout::Tabs] {
                let text = table.render(layout);
                let again = read(&path, &text);
                assert_eq!(again.table.as_ref(), Some(&table), "{}\n{text}", path.display());
                assert_eq!(again.render(), text, "{}", path.display());
            }
        }
        for (section, end) in [("tree", "\n"), ("json", "")] {
            let Some(text) = recording.section(section) else { continue };
            let text = format!("{text}{end}");
            let cells = [vec![Some(text.as_str())]];
            let forms = [
                client::table(&client::TEXT_COLUMN, &cells),
                client::vertical(&client::TEXT_COLUMN, &cells),
                client::batch(&client::TEXT_COLUMN, &cells, false),
                client::batch(&client::TEXT_COLUMN, &cells, true),
            ];
            for form in forms {
                let pasted =
                    format!("mysql> EXPLAIN SELECT 1\n    -> FROM t;\n{form}1 row in set, 1 warning (0.00 sec)\n\nmysql> ");
                for pasted in [pasted.replace('\n', "\r\n"), pasted] {
                    let plan = read(&path, &pasted);
                    assert_eq!(plan.render(), text, "{}:\n{pasted}", path.display());
                    if plan.format == PlanFormat::Tree {
                        assert_eq!(plan.sql.as_deref(), Some("EXPLAIN SELECT 1\nFROM t"));
                    }
                }
            }
        }
    }
}

/// JSON tells the decisions of the traditional table: blocks, select types, tables, accesses, keys. 473 of 475 are the same;
/// of the others the server says another select type in JSON.
#[test]
fn formats_agree_on_the_decisions() {
    // Extra is no part of the comparison: JSON says some of it in other words.
    let accesses = |mut decisions: Decisions| {
        decisions.tables.iter_mut().for_each(|table| table.extra.clear());
        decisions
    };
    let (mut same, mut all) = (0, 0);
    for (path, recording) in recordings() {
        let (Some(table), Some(json)) = (recording.section("traditional"), recording.section("json")) else { continue };
        let (table, json) = (read(&path, table), read(&path, json));
        // Version 2 is a tree of iterators: it does not tell select types or how a key is compared.
        if json.format == PlanFormat::JsonV2 {
            continue;
        }
        all += 1;
        same += usize::from(accesses(table.decisions()) == accesses(json.decisions()));
    }
    assert!(same * 100 >= all * 99, "{same} of {all}");
}

/// What real servers printed, in the forms of the client: each plan is rendered as it stands in the text.
#[test]
fn other_servers_are_read_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/explain");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").flatten().map(|file| file.path()).collect();
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("a text");
        let reading = reader::read(&text);
        assert!(!reading.plans.is_empty() && reading.unknown_lines == 0, "{}: {reading:?}", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for plan in &reading.plans {
            let rendered = plan.render();
            // Batch mode escapes line ends.
            let found = text.contains(&rendered) || text.contains(&rendered.replace('\n', "\\n"));
            assert!(found, "{}:\n{rendered}", path.display());
            assert_eq!(name.starts_with("mariadb"), plan.server == ServerGuess::MariaDb, "{name}: {}", plan.server);
            let analyzed = plan.nodes().iter().any(|root| root.walk().iter().any(|(_, node)| node.measured().is_some()));
            assert_eq!(name.contains("analyze"), analyzed, "{name}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Mangled texts: whatever is found in them can be shown and analysed; nothing panics.
    #[test]
    fn mangled_texts_do_not_panic(no in 0usize..1000, cuts in proptest::collection::vec((0.0f64..1.0, 0.0f64..0.1, ".{0,6}"), 0..6)) {
        let files = mangled_sources();
        let mut text: Vec<char> = files[no % files.len()].chars().collect();
        for (start, length, insert) in cuts {
            let start = (start * text.len() as f64) as usize;
            let end = (start + (length * text.len() as f64) as usize).min(text.len());
            text.splice(start..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        for plan in reader::read(&text).plans {
            let nodes = plan.nodes();
            myexplain::ingest::analysis::analyse(&nodes);
            plan.decisions();
            plan.as_table();
            plan.total_cost();
            reader::read(&plan.render());
        }
    }
}

/// The texts of other servers, and some recordings.
fn mangled_sources() -> &'static [String] {
    static SOURCES: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    SOURCES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/explain");
        let others = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|file| fs::read_to_string(file.path()).ok());
        let sections = recordings().into_iter().step_by(7).flat_map(|(_, recording)| recording.sections).map(|(_, text)| text);
        let mut texts: Vec<String> = others.chain(sections).filter(|text| !text.is_empty()).collect();
        texts.sort();
        texts
    })
}
