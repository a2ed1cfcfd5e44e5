//! CSV and TSV, record by record.

use super::window::Window;
use std::io;

/// How fields are parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// Commas; fields in quotes may hold anything.
    Comma,
    /// Tabs, with `\t`, `\n`, `\\` inside of fields, as the mysql client's batch mode writes.
    Tab,
}

/// Fields of one record; none stands for NULL.
pub(super) type Record = Vec<Option<Vec<u8>>>;

/// The next record; none at the end.
pub(super) fn next(window: &mut Window<'_>, delimiter: Delimiter) -> io::Result<Option<Record>> {
    loop {
        match record_end(window.data(), delimiter) {
            Some(end) => return Ok(Some(take(window, end, delimiter))),
            None if window.fill()? => {}
            None if window.data().is_empty() => return Ok(None),
            None => {
                let end = window.data().len();
                return Ok(Some(take(window, end, delimiter)));
            }
        }
    }
}

fn take(window: &mut Window<'_>, end: usize, delimiter: Delimiter) -> Record {
    let data = &window.data()[..end];
    let data = data.strip_suffix(b"\n").unwrap_or(data);
    let data = data.strip_suffix(b"\r").unwrap_or(data);
    let record = fields(data, delimiter);
    window.take(end);
    record
}

/// Place behind the line end of the first record.
fn record_end(data: &[u8], delimiter: Delimiter) -> Option<usize> {
    if delimiter == Delimiter::Tab {
        return memchr::memchr(b'\n', data).map(|end| end + 1);
    }
    let mut quoted = false;
    let mut at = 0;
    while at < data.len() {
        match data[at] {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            b'\n' if !quoted => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Cuts a record into its fields.
pub(super) fn fields(data: &[u8], delimiter: Delimiter) -> Record {
    match delimiter {
        Delimiter::Tab => data.split(|byte| *byte == b'\t').map(tab_field).collect(),
        Delimiter::Comma => comma_fields(data),
    }
}

fn tab_field(field: &[u8]) -> Option<Vec<u8>> {
    (field != b"NULL" && field != b"\\N").then(|| unescape(field))
}

fn comma_fields(data: &[u8]) -> Record {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        if data.get(at) == Some(&b'"') {
            let start = at + 1;
            let mut end = start;
            let mut text = Vec::new();
            while end < data.len() {
                match (data[end], data.get(end + 1)) {
                    (b'"', Some(b'"')) => {
                        text.push(b'"');
                        end += 2;
                    }
                    (b'"', _) => break,
                    (b'\\', Some(next)) => {
                        text.extend_from_slice(&unescape(&[b'\\', *next]));
                        end += 2;
                    }
                    (byte, _) => {
                        text.push(byte);
                        end += 1;
                    }
                }
            }
            fields.push(Some(text));
            at = (end + 1).min(data.len());
            at += data[at..].iter().position(|byte| *byte == b',').unwrap_or(data.len() - at);
        } else {
            let end = memchr::memchr(b',', &data[at..]).map_or(data.len(), |end| at + end);
            let field = &data[at..end];
            fields.push((field != b"NULL" && field != b"\\N").then(|| field.to_vec()));
            at = end;
        }
        if at >= data.len() {
            return fields;
        }
        at += 1;
        if at == data.len() {
            fields.push(Some(Vec::new()));
            return fields;
        }
    }
}

fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'0') => out.push(0),
            Some(other @ (b'\\' | b'"' | b'\'' | b',')) => out.push(other),
            Some(other) => out.extend_from_slice(&[b'\\', other]),
            None => out.push(b'\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(record: Record) -> Vec<String> {
        record
            .into_iter()
            .map(|field| field.map_or("NULL".to_owned(), |text| String::from_utf8_lossy(&text).into_owned()))
            .collect()
    }

    #[test]
    fn fields_of_both_kinds() {
        assert_eq!(texts(fields(br#""a,b","c""d",5,NULL,"e\"f""#, Delimiter::Comma)), ["a,b", "c\"d", "5", "NULL", "e\"f"]);
        assert_eq!(texts(fields(b"a\\tb\t\\N\tc\\\\d\t", Delimiter::Tab)), ["a\tb", "NULL", "c\\d", ""]);
        assert_eq!(texts(fields(b"a,,", Delimiter::Comma)), ["a", "", ""]);
    }
}
