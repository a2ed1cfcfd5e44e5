//! Tab-separated files of a bundle as tables that can be changed: a header line, `\N` for NULL, `\\ \t \n` escaped.

use std::fmt::Write;

/// A file with its header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tsv {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Lines; a field is none for NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Tsv {
    /// An empty file with these columns.
    pub fn new(header: &[&str]) -> Tsv {
        Tsv { header: header.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    /// Cuts a text. Lines with too few fields are filled up with NULL, fields beyond the header dropped.
    pub fn read(text: &str) -> Tsv {
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let header: Vec<String> = lines.next().map_or(Vec::new(), |line| line.split('\t').map(str::to_owned).collect());
        let row = |line: &str| {
            let mut fields: Vec<Option<String>> = line.split('\t').map(unescape).collect();
            fields.resize(header.len(), None);
            fields
        };
        let rows = lines.map(row).collect();
        Tsv { header, rows }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut out = self.header.join("\t");
        out.push('\n');
        for row in &self.rows {
            for (place, field) in row.iter().enumerate() {
                if place > 0 {
                    out.push('\t');
                }
                match field {
                    Some(text) => escape(text, &mut out),
                    None => out.push_str("\\N"),
                }
            }
            out.push('\n');
        }
        out
    }

    /// Number of a column, without regard to case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|each| each.eq_ignore_ascii_case(name))
    }

    /// A field by the column's name; none for NULL or if there is no such column.
    pub fn get<'a>(&'a self, row: &'a [Option<String>], name: &str) -> Option<&'a str> {
        row.get(self.column(name)?)?.as_deref()
    }

    /// A number by the column's name.
    pub fn number(&self, row: &[Option<String>], name: &str) -> Option<u64> {
        self.get(row, name)?.parse().ok()
    }

    /// Adds a line; every field prints as its text.
    pub fn push(&mut self, fields: &[&dyn std::fmt::Display]) {
        let text = |field: &&dyn std::fmt::Display| Some(field.to_string()).filter(|text| text != "\\N");
        self.rows.push(fields.iter().map(text).collect());
    }
}

/// NULL as a field of [`Tsv::push`].
pub const NULL: &str = "\\N";

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c => {
                let _ = out.write_char(c);
            }
        }
    }
}

/// Undoes the escapes of a field; none for NULL.
pub fn unescape(field: &str) -> Option<String> {
    if field == "\\N" {
        return None;
    }
    if !field.contains('\\') {
        return Some(field.to_owned());
    }
    let mut out = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut tsv = Tsv::new(&["a", "b"]);
        tsv.push(&[&1, &"x\ty\\z\n"]);
        tsv.push(&[&NULL, &""]);
        assert_eq!(tsv.text(), "a\tb\n1\tx\\ty\\\\z\\n\n\\N\t\n");
        assert_eq!(Tsv::read(&tsv.text()), tsv);
        assert_eq!((tsv.number(&tsv.rows[0], "A"), tsv.get(&tsv.rows[1], "a")), (Some(1), None));
    }
}
