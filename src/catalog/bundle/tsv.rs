//! Tab-separated files with a header line; `\N` is NULL; `\\ \t \n` are escaped (DESIGN §3).

use std::borrow::Cow;

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

/// Cuts a text into fields and hands its lines after the header to `visit`; every line must have as many fields as the header.
pub(super) fn each_row<'a>(text: &'a str, mut visit: impl FnMut(Row<'_, 'a>) -> Result<(), Problem>) -> Result<(), Problem> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, line)| line.split('\t').collect());
    let mut fields: Vec<&str> = Vec::with_capacity(header.len());
    for (number, line) in lines {
        fields.clear();
        fields.extend(line.split('\t'));
        if fields.len() != header.len() {
            let what = format!("{} fields where the header has {}", fields.len(), header.len());
            return Err((number + 1, what));
        }
        visit(Row { header: &header, fields: &fields, line: number + 1 })?;
    }
    Ok(())
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
        let mut seen = Vec::new();
        each_row("a\tb\n1\t\\N\n\n2\tx\\ty\n", |row| {
            seen.push((row.line, row.get("A"), row.get("b").map(unescape)));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [(2, Some("1"), None), (4, Some("2"), Some("x\ty".into()))]);
        assert_eq!(each_row("a\tb\n1\n", |_| Ok(())).unwrap_err().0, 2);
    }
}
