//! Reads a range as the optimizer trace prints it: `'d001' <= dept_no <= 'd003'`, `a = 1 AND 2 < b`.

use myexplain::catalog::{Index, Table, stored_value};
use myexplain::value::Value;

/// The interval of one index part: ends with whether they belong to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartRange {
    /// Lower end.
    pub low: Option<(Value, bool)>,
    /// Upper end.
    pub high: Option<(Value, bool)>,
}

/// Intervals of the index's first parts; none if the text is not understood.
pub fn parse(text: &str, table: &Table, index: &Index) -> Option<Vec<PartRange>> {
    let mut rest = text;
    let mut ranges = Vec::new();
    for part in &index.parts {
        let column = table.columns.get(part.column as usize)?;
        let typed = |token: Token| match token {
            Token::Null => Value::Null,
            Token::Text(text) => stored_value::value_of_text(&column.ty, &text),
        };
        if rest.is_empty() {
            break;
        }
        let mut range = PartRange::default();
        if !starts_with_name(rest, &column.name) {
            // A value in front, or a part that is not bounded at all.
            let (token, after) = value(rest)?;
            let (closed, after) = operator(after)?;
            if !starts_with_name(after, &column.name) {
                ranges.push(range);
                continue;
            }
            range.low = Some((typed(token), closed));
            rest = after;
        }
        rest = rest.strip_prefix(&*column.name)?;
        if let Some(after) = rest.strip_prefix(" = ") {
            let (token, after) = value(after)?;
            let value = typed(token);
            range = PartRange { low: Some((value.clone(), true)), high: Some((value, true)) };
            rest = after;
        } else if let Some((closed, after)) = operator(rest) {
            let (token, after) = value(after)?;
            range.high = Some((typed(token), closed));
            rest = after;
        }
        ranges.push(range);
        match rest.strip_prefix(" AND ") {
            Some(after) => rest = after,
            None => break,
        }
    }
    rest.is_empty().then_some(ranges)
}

fn starts_with_name(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|after| after.is_empty() || after.starts_with(' '))
}

fn operator(text: &str) -> Option<(bool, &str)> {
    text.strip_prefix(" <= ").map(|after| (true, after)).or_else(|| text.strip_prefix(" < ").map(|after| (false, after)))
}

enum Token {
    Null,
    Text(String),
}

fn value(text: &str) -> Option<(Token, &str)> {
    if let Some(inner) = text.strip_prefix('\'') {
        let mut out = String::new();
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => return Some((Token::Text(out), &inner[at + 1..])),
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    '0' => out.push('\0'),
                    'Z' => out.push('\u{1a}'),
                    other => out.push(other),
                },
                c => out.push(c),
            }
        }
        return None;
    }
    let end = text.find(' ').unwrap_or(text.len());
    let word = &text[..end];
    match word {
        "NULL" => Some((Token::Null, &text[end..])),
        _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') && !word.starts_with("0x") => {
            Some((Token::Text(word.to_owned()), &text[end..]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myexplain::Catalog;

    #[test]
    fn ranges_of_the_trace() {
        let catalog = Catalog::sample();
        let table = &catalog.schemas["employees"].tables["dept_emp"];
        let read = |index: usize, text: &str| parse(text, table, &table.indexes[index]);
        let text = |text: &str| Value::Str(text.into());
        let both = read(0, "'d001' <= dept_no < 'd\\'3'").unwrap();
        assert_eq!(both, [PartRange { low: Some((text("d001"), true)), high: Some((text("d'3"), false)) }]);
        let two = read(0, "dept_no = 'd001' AND 10 < emp_no").unwrap();
        assert_eq!(two[1], PartRange { low: Some((Value::Int(10), false)), high: None });
        assert_eq!(two[0].low, two[0].high);
        assert_eq!(read(0, "emp_no = 5").map(|ranges| ranges.len()), None);
        assert_eq!(read(0, "0x6400 <= dept_no"), None);
    }
}
