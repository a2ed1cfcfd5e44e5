//! What the `mysql` client makes of result rows: table, vertical and batch form (spec 07 §8).

use super::traditional::{COLUMNS, Row};
use std::fmt::Write;

/// A column of a result as far as the client's layout depends on it.
#[derive(Clone, Copy, Debug)]
pub struct ClientColumn {
    /// Name.
    pub name: &'static str,
    /// Right-justified.
    pub numeric: bool,
    /// At least wide enough for `NULL`.
    pub nullable: bool,
}

/// Widest padding.
const WIDEST: usize = 1024;
/// Columns of a result with the server's text of one cell (`Level`, `Code`, `Message`).
pub const WARNING_COLUMNS: [ClientColumn; 3] = [
    ClientColumn { name: "Level", numeric: false, nullable: false },
    ClientColumn { name: "Code", numeric: true, nullable: false },
    ClientColumn { name: "Message", numeric: false, nullable: false },
];
/// The one column of FORMAT=JSON and FORMAT=TREE.
pub const TEXT_COLUMN: [ClientColumn; 1] = [ClientColumn { name: "EXPLAIN", numeric: false, nullable: true }];

/// Table form, without the footer.
pub fn table(columns: &[ClientColumn], rows: &[Vec<Option<&str>>]) -> String {
    let width = |(i, column): (usize, &ClientColumn)| {
        let cells = rows.iter().filter_map(|row| row.get(i).copied().flatten()).map(str::len).max().unwrap_or(0);
        let wide = cells.max(column.name.len());
        if column.nullable { wide.max(4) } else { wide }
    };
    let widths: Vec<usize> = columns.iter().enumerate().map(width).collect();
    let mut line = String::from("+");
    for width in &widths {
        line.extend(std::iter::repeat_n('-', width + 2));
        line.push('+');
    }
    line.push('\n');
    let mut out = line.clone();
    out.push('|');
    for (column, width) in columns.iter().zip(&widths) {
        cell(&mut out, column.name, *width, false);
    }
    out.push('\n');
    out.push_str(&line);
    for row in rows {
        out.push('|');
        for ((column, width), value) in columns.iter().zip(&widths).zip(row) {
            cell(&mut out, value.unwrap_or("NULL"), *width, column.numeric);
        }
        out.push('\n');
    }
    out.push_str(&line);
    out
}

/// ` text |`, padded so that borders stay in line in terms of terminal cells.
fn cell(out: &mut String, text: &str, width: usize, right: bool) {
    let padding = width.min(WIDEST).saturating_sub(text.chars().map(cells).sum());
    out.push(' ');
    if right {
        out.extend(std::iter::repeat_n(' ', padding));
    }
    out.push_str(text);
    if !right {
        out.extend(std::iter::repeat_n(' ', padding));
    }
    out.push_str(" |");
}

/// Terminal cells of a character: East Asian wide ones take two, combining marks none.
fn cells(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0x33FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xA000..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Vertical form (`\G`).
pub fn vertical(columns: &[ClientColumn], rows: &[Vec<Option<&str>>]) -> String {
    let widest = columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (i, row) in rows.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{0} {1}. row {0}", "*".repeat(27), i + 1);
        for (column, value) in columns.iter().zip(row) {
            let _ = writeln!(out, "{:>widest$}: {}", column.name, value.unwrap_or("NULL"));
        }
    }
    out
}

/// Batch form: names and values separated by tabs; `raw` leaves tabs and line ends in values as they are.
pub fn batch(columns: &[ClientColumn], rows: &[Vec<Option<&str>>], raw: bool) -> String {
    let mut out = String::new();
    for (i, column) in columns.iter().enumerate() {
        out.push_str(if i > 0 { "\t" } else { "" });
        out.push_str(column.name);
    }
    out.push('\n');
    for row in rows {
        for (i, value) in row.iter().enumerate() {
            out.push_str(if i > 0 { "\t" } else { "" });
            match value {
                None => out.push_str("NULL"),
                Some(text) if raw => out.push_str(text),
                Some(text) => push_escaped(&mut out, text),
            }
        }
        out.push('\n');
    }
    out
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\0' => out.push_str("\\0"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\\' => out.push_str("\\\\"),
            _ => out.push(c),
        }
    }
}

/// `2 rows in set, 1 warning (0.00 sec)`
pub fn footer(rows: usize, warnings: usize) -> String {
    let mut out = format!("{rows} row{} in set", if rows == 1 { "" } else { "s" });
    if warnings > 0 {
        let _ = write!(out, ", {warnings} warning{}", if warnings == 1 { "" } else { "s" });
    }
    out.push_str(" (0.00 sec)\n");
    out
}

/// The rows of a traditional EXPLAIN as the functions above take them.
pub fn cells_of(rows: &[Row]) -> Vec<Vec<Option<&str>>> {
    rows.iter().map(|row| row.0.iter().map(|cell| cell.as_deref()).collect()).collect()
}

/// Table form of a traditional EXPLAIN.
pub fn explain_table(rows: &[Row]) -> String {
    table(&COLUMNS, &cells_of(rows))
}

/// Vertical form of a traditional EXPLAIN.
pub fn explain_vertical(rows: &[Row]) -> String {
    vertical(&COLUMNS, &cells_of(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_form() {
        let text = table(&WARNING_COLUMNS, &[vec![Some("Note"), Some("1003"), Some("x")]]);
        let expected = "\
+-------+------+---------+
| Level | Code | Message |
+-------+------+---------+
| Note  | 1003 | x       |
+-------+------+---------+
";
        assert_eq!(text, expected);
    }

    /// Eight characters of eleven bytes, two of them wide: eight cells and three blanks (spec 07, example T14).
    #[test]
    fn bytes_make_the_width() {
        let column = [ClientColumn { name: "table", numeric: false, nullable: true }];
        let text = table(&column, &[vec![Some("tabл日")]]);
        assert!(text.contains("| tabл日   |\n"), "{text}");
    }

    #[test]
    fn vertical_and_batch_form() {
        let rows = [vec![Some("Note"), Some("1003"), None]];
        let stars = "*".repeat(27);
        let expected = format!("{stars} 1. row {stars}\n  Level: Note\n   Code: 1003\nMessage: NULL\n");
        assert_eq!(vertical(&WARNING_COLUMNS, &rows), expected);
        assert_eq!(batch(&WARNING_COLUMNS, &rows, false), "Level\tCode\tMessage\nNote\t1003\tNULL\n");
        assert_eq!(batch(&TEXT_COLUMN, &[vec![Some("{\n  \"a\\b\"\n}")]], false), "EXPLAIN\n{\\n  \"a\\\\b\"\\n}\n");
        assert_eq!(footer(1, 2), "1 row in set, 2 warnings (0.00 sec)\n");
    }
}
