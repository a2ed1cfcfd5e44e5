//! What the mysql client wraps a result in: frames, vertical rows, tabs; the parts taken out of it.

/// A result as the client shows it: names and cells, not yet told apart from NULL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ClientResult {
    /// Names of the columns.
    pub(super) names: Vec<String>,
    /// Rows of cells.
    pub(super) rows: Vec<Vec<String>>,
    /// Lines that it took.
    pub(super) lines: usize,
    /// Width of the first column where it was framed: servers differ in it.
    pub(super) first_width: usize,
}

/// Rows that are read of one result.
const MAX_ROWS: usize = 4096;

/// A framed table at the start of these lines; Markdown tables too.
pub(super) fn framed(lines: &[&str]) -> Option<ClientResult> {
    let border = usize::from(is_border(lines.first()?));
    let names = cells(lines.get(border)?, None)?;
    if !is_border(lines.get(border + 1)?) {
        return None;
    }
    let first_width = lines.get(border)?.split('|').nth(1).map_or(0, |cell| cell.chars().count().saturating_sub(2));
    let mut result = ClientResult { rows: Vec::new(), lines: border + 2, first_width, names };
    if result.names.len() == 1 {
        return one_cell(&lines[border + 2..], result);
    }
    for line in &lines[border + 2..] {
        if is_border(line) {
            result.lines += 1;
            break;
        }
        let Some(row) = cells(line, Some(result.names.len())).filter(|_| result.rows.len() < MAX_ROWS) else { break };
        result.rows.push(row);
        result.lines += 1;
    }
    Some(result)
}

/// The one cell of FORMAT=TREE and JSON, of many lines: from `| ` to ` |` before the border.
fn one_cell(lines: &[&str], mut result: ClientResult) -> Option<ClientResult> {
    let end = lines.iter().position(|line| is_border(line)).unwrap_or(lines.len());
    let text = lines[..end].join("\n");
    let inner = text.strip_prefix('|')?;
    let inner = inner.strip_prefix(' ').unwrap_or(inner);
    let inner = inner.trim_end().strip_suffix('|').unwrap_or(inner);
    // Of the blanks before the frame only those of the padding go: a line feed ends a tree.
    result.rows.push(vec![inner.trim_end_matches(' ').to_owned()]);
    result.lines += end + usize::from(end < lines.len());
    Some(result)
}

/// `+----+-----+`, or Markdown's `|----|:---:|`.
pub(super) fn is_border(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2
        && line.starts_with(['+', '|'])
        && line.ends_with(['+', '|'])
        && line.contains('-')
        && line.chars().all(|c| matches!(c, '+' | '-' | '|' | ':' | ' '))
}

/// The cells of `| a | b |`.
fn cells(line: &str, wanted: Option<usize>) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let split = |mark: &str| inner.split(mark).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let bare = split("|");
    // A bar inside of a cell has no blanks around it: `ref|filter` of MariaDB.
    let spaced = split(" |");
    match wanted {
        None => Some(spaced),
        Some(wanted) => [spaced, bare].into_iter().find(|cells| cells.len() == wanted),
    }
}

/// Vertical rows (`*** 1. row ***`) at the start of these lines.
pub(super) fn vertical(lines: &[&str]) -> Option<ClientResult> {
    let mut result = ClientResult::default();
    let mut rest = lines;
    while rest.first().is_some_and(|line| is_row_mark(line)) && result.rows.len() < MAX_ROWS {
        let end = rest[1..].iter().position(|line| is_row_mark(line) || is_footer(line)).map_or(rest.len(), |end| end + 1);
        let (names, row) = fields(&rest[1..end]);
        let used = 1 + row.lines;
        if result.names.is_empty() {
            result.names = names;
        }
        result.rows.push(row.cells);
        result.lines += used;
        rest = &rest[used..];
    }
    (!result.rows.is_empty()).then_some(result)
}

struct Fields {
    cells: Vec<String>,
    lines: usize,
}

/// `name: value` lines; a value with several lines goes on until the next name that is aligned with the first.
fn fields(lines: &[&str]) -> (Vec<String>, Fields) {
    let mut names: Vec<String> = Vec::new();
    let mut found = Fields { cells: Vec::new(), lines: 0 };
    for line in lines {
        match field(line).filter(|(name, _)| !is_text_column(names.first().map_or("", String::as_str)) && !name.is_empty()) {
            Some((name, value)) => {
                names.push(name.to_owned());
                found.cells.push(value.to_owned());
            }
            None => match found.cells.last_mut() {
                Some(value) if is_text_column(&names[0]) => {
                    value.push('\n');
                    value.push_str(line);
                }
                _ => break,
            },
        }
        found.lines += 1;
    }
    (names, found)
}

/// `  name: value`, or mycli's `name | value`.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(": ").or_else(|| Some((line.strip_suffix(":")?, "")))?;
    let (name, value) = line.split_once(" | ").filter(|(before, _)| name_like(before)).unwrap_or((name, value));
    Some((name.trim(), value)).filter(|(name, _)| name_like(name))
}

fn name_like(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The one column of FORMAT=TREE and JSON.
pub(super) fn is_text_column(name: &str) -> bool {
    name.eq_ignore_ascii_case("explain") || name.eq_ignore_ascii_case("analyze")
}

/// `*************************** 1. row ***************************`
pub(super) fn is_row_mark(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("*****") && line.ends_with("*****") && line.contains(". row")
}

/// `1 row in set, 1 warning (0.00 sec)`
pub(super) fn is_footer(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(|count| count.parse::<u64>().is_ok())
        && words.next().is_some_and(|word| word == "row" || word == "rows")
}

/// Rows of tabs below a line of names, at the start of these lines.
pub(super) fn tabs(lines: &[&str]) -> Option<ClientResult> {
    let names: Vec<String> = lines.first()?.split('\t').map(str::to_owned).collect();
    let cells = |line: &&str| Some(line.split('\t').map(unescaped).collect::<Vec<_>>()).filter(|row| row.len() == names.len());
    let rows: Vec<Vec<String>> = lines[1..].iter().map_while(cells).take(MAX_ROWS).collect();
    (names.len() > 1 && !rows.is_empty()).then(|| ClientResult { lines: 1 + rows.len(), rows, names, first_width: 0 })
}

/// A cell of batch mode without its escapes.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('\\') | None => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_one_and_of_many_columns() {
        let text = "+----+------+\n| id | type |\n+----+------+\n|  1 | a|b  |\n|  2 |      |\n+----+------+\n2 rows in set";
        let lines: Vec<&str> = text.lines().collect();
        let result = framed(&lines).expect("a table");
        assert_eq!(result.names, ["id", "type"]);
        assert_eq!(result.rows, [["1", "a|b"], ["2", ""]]);
        assert_eq!(result.lines, 6);
        let tree = "+---------+\n| EXPLAIN |\n+---------+\n| -> a  (cost=1 rows=1)\n    -> b\n |\n+---------+";
        let lines: Vec<&str> = tree.lines().collect();
        let result = framed(&lines).expect("a table");
        assert_eq!((result.rows[0][0].as_str(), result.lines), ("-> a  (cost=1 rows=1)\n    -> b\n", 7));
    }

    #[test]
    fn vertical_rows_and_texts() {
        let text = "***** 1. row *****\n           id: 1\n  select_type: SIMPLE\n        Extra: Using where: x\n1 row in set";
        let result = vertical(&text.lines().collect::<Vec<_>>()).expect("a row");
        assert_eq!((result.rows[0][2].as_str(), result.lines), ("Using where: x", 4));
        let tree = "***** 1. row *****\nEXPLAIN: -> Filter: x\n    -> b\n\n1 row in set";
        let result = vertical(&tree.lines().collect::<Vec<_>>()).expect("a row");
        assert_eq!(result.rows[0][0], "-> Filter: x\n    -> b\n");
        assert!(vertical(&["***** 1. row *****"]).is_some());
    }
}
