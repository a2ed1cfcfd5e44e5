use super::*;

/// What a server of version 9.7 said: statement, STATEMENT_DIGEST, STATEMENT_DIGEST_TEXT.
const RECORDED: &str = include_str!("recorded.tsv");

fn unescape(cell: &str) -> String {
    cell.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
}

#[test]
fn digests_are_the_servers() {
    let mut digester = Digester::new(Rules::of_version(90_700));
    let mut seen = 0;
    let mut wrong = Vec::new();
    for line in RECORDED.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [sql, hash, text] = cells[..] else { panic!("{line}") };
        digester.read(unescape(sql).as_bytes());
        if digester.text() != unescape(text) || digester.hash() != hash {
            wrong.push(format!("{sql}\n  server {text}\n  here   {}", digester.text()));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 500);
}

#[test]
fn a_digest_text_has_the_digest_of_its_statements() {
    let mut digester = Digester::new(Rules::of_version(90_700));
    let mut wrong = Vec::new();
    for line in RECORDED.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let text = unescape(cells[2]);
        digester.read_digest_text(text.as_bytes());
        // A backtick in a name is shown bare, and what is cut off is gone.
        if digester.text() != text && !text.contains("x`y") {
            wrong.push(format!("{text}\n  here {}", digester.text()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
