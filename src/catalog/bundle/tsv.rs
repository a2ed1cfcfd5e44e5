//! Tab-separated files with a header line; `\N` is NULL; `\\ \t \n` are escaped (DESIGN §3).

use std::borrow::Cow;

/// A file cut into fields. Fields are borrowed from the text.
#[derive(Debug)]
pub(super) struct Tsv<'a> {
    header: Vec<&'a str>,
    rows: Vec<(usize, Vec<&'a str>)>,
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'t, 'a> {
    header: &'t [&'a str],
    fields: &'t [&'a str],
    /// Line in the file, from 1.
    pub(super) line: usize,
}

/// What is wrong, with its line.
pub(super) type Problem = (usize, String);

impl<'a> Tsv<'a> {
    /// Cuts a text; every line must have as many fields as the header.
    pub(super) fn read(text: &'a str) -> Result<Tsv<'a>, Problem> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, line)| line.split('\t').collect());
        let mut rows = Vec::new();
        for (number, line) in lines {
            let fields: Vec<&str> = line.split('\t').collect();
            if fields.len() != header.len() {
                let what = format!("{} fields where the header has {}", fields.len(), header.len());
                return Err((number + 1, what));
            }
            rows.push((number + 1, fields));
        }
        Ok(Tsv { header, rows })
    }
    /// The lines after the header.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_, 'a>> {
        self.rows.iter().map(|(line, fields)| Row { header: &self.header, fields, line: *line })
    }
}

impl<'a> Row<'_, 'a> {
    /// A field by the header's name, without regard to case; none for NULL or if there is no such column.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let place = self.header.iter().position(|column| column.eq_ignore_ascii_case(name))?;
        self.fields.get(place).copied().filter(|field| *field != "\\N")
    }
    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&'a str, Problem> {
        self.get(name).ok_or_else(|| (self.line, format!("column '{name}' is missing or NULL")))
    }
    /// A number that must be there.
    pub(super) fn number(&self, name: &str) -> Result<u64, Problem> {
        let text = self.need(name)?;
        text.parse().map_err(|_| (self.line, format!("column '{name}' holds '{text}', not a whole number")))
    }
}

/// Undoes the escapes of a field.
pub(super) fn unescape(field: &str) -> Cow<'_, str> {
    if !field.contains('\\') {
        return Cow::Borrowed(field);
    }
    let mut out = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_name() {
        let tsv = Tsv::read("a\tb\n1\t\\N\n\n2\tx\\ty\n").unwrap();
        let rows: Vec<Row<'_, '_>> = tsv.rows().collect();
        assert_eq!((rows[0].get("A"), rows[0].get("b"), rows[1].line), (Some("1"), None, 4));
        assert_eq!(unescape(rows[1].get("b").unwrap()), "x\ty");
        assert_eq!(Tsv::read("a\tb\n1\n").unwrap_err().0, 2);
    }
}
