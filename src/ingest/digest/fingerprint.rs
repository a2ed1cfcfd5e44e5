//! The fingerprint of pt-query-digest, so that classes can be joined with its reports.
//!
//! The rules were found by running `pt-fingerprint` and `pt-query-digest` 3.2.1 on chosen statements; they are followed also where a
//! better rule would be easy (digits inside of names are numbers, `` `a1` `` becomes `` `a?` ``).

use super::{beginning, hex};
use md5::{Digest, Md5};

/// Bytes of a statement that are looked at; pt-query-digest has no such limit.
const LONGEST: usize = 64 * 1024;

/// The fingerprint of a statement, as `pt-fingerprint` prints it.
pub fn fingerprint(sql: &str) -> String {
    let sql = beginning(sql, LONGEST);
    if find_ignoring_case(sql, "select /*!40001 sql_no_cache */ * from ", 0) == Some(0) {
        return "mysqldump".to_owned();
    }
    if sql.starts_with("administrator command: ") {
        return sql.to_owned();
    }
    if let Some(call) = call(sql) {
        return call;
    }
    let text = first_row(sql);
    let text = without_comments(text);
    if let Some(text) = use_schema(text.trim_start()) {
        return text;
    }
    let text = without_strings(&text);
    let text = collapse_numbers(&text);
    let text = collapse_spaces(&text).to_lowercase();
    let text = replace_null(&text);
    let text = collapse_lists(&text);
    let text = collapse_unions(&text);
    let text = collapse_limits(&text);
    drop_asc(&text)
}

/// The checksum of a fingerprint, as pt-query-digest 3 prints it: MD5 in 32 capital hexadecimal digits. Version 2 printed the last 16.
pub fn checksum(fingerprint: &str) -> String {
    hex(&Md5::digest(fingerprint.as_bytes())).to_uppercase()
}

fn find_ignoring_case(text: &str, what: &str, from: usize) -> Option<usize> {
    let (text, what) = (text.as_bytes(), what.as_bytes());
    let first = what.first()?;
    let (small, big) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(small, big, text.get(from..)?)
        .map(|at| at + from)
        .find(|at| text.get(*at..at + what.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(what)))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// `CALL name(…)` → `call name`.
fn call(sql: &str) -> Option<String> {
    let text = sql.trim_start();
    let rest = text.get(4..).filter(|_| text[..4].eq_ignore_ascii_case("call"))?;
    let name = rest.trim_start();
    let name_at = text.len() - name.len();
    if name_at == 4 {
        return None;
    }
    let end = name.find(char::is_whitespace).unwrap_or(name.len());
    let open = name[..end].rfind('(').filter(|open| *open > 0)?;
    Some(text[..name_at + open].to_lowercase())
}

/// `use x` → `use ?`.
fn use_schema(text: &str) -> Option<String> {
    let name = text.get(4..).filter(|_| text[..4].eq_ignore_ascii_case("use "))?;
    (!name.is_empty() && !name.contains(char::is_whitespace)).then(|| "use ?".to_owned())
}

/// INSERT and REPLACE INTO … VALUES end behind their first row, if more rows follow.
fn first_row(sql: &str) -> &str {
    let keyword = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    if !keyword.eq_ignore_ascii_case("insert") && !keyword.eq_ignore_ascii_case("replace") {
        return sql;
    }
    let mut rest = &sql[keyword.len()..];
    if rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(" ignore")) {
        rest = &rest[7..];
    }
    let behind = rest.trim_start();
    if behind.len() == rest.len() || !behind.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("into")) {
        return sql;
    }
    let mut from = sql.len() - behind.len() + 5;
    while let Some(values) = find_ignoring_case(sql, "values", from) {
        let open = values + 6 + spaces(&sql.as_bytes()[values + 6..]);
        if sql.as_bytes().get(open) == Some(&b'(') {
            return &sql[..row_end(sql, open)];
        }
        from = values + 6;
    }
    sql
}

/// End of the first `)` that `, (` follows, or of the text.
fn row_end(sql: &str, open: usize) -> usize {
    let bytes = sql.as_bytes();
    for close in memchr::memchr_iter(b')', &bytes[open..]).map(|at| at + open) {
        let comma = close + 1 + spaces(&bytes[close + 1..]);
        if bytes.get(comma) == Some(&b',') && bytes.get(comma + 1 + spaces(&bytes[comma + 1..])) == Some(&b'(') {
            return close + 1;
        }
    }
    sql.len()
}

/// `/* … */` but not `/*! … */`; `--` and `#` to the end of the line, if no quote stands there.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['/', '-', '#']) {
        let (before, comment) = rest.split_at(at);
        out.push_str(before);
        let length = comment_length(comment);
        if length == 0 {
            out.push_str(&comment[..1]);
        }
        rest = &comment[length.max(1)..];
    }
    out.push_str(rest);
    out
}

fn comment_length(text: &str) -> usize {
    if text.starts_with("/*") && !text.starts_with("/*!") {
        return text[2..].find("*/").map_or(0, |end| end + 4);
    }
    if text.starts_with('#') || text.starts_with("--") {
        let line = text.find(['\n', '\r']).unwrap_or(text.len());
        return if text[..line].contains(['\'', '"']) { 0 } else { line };
    }
    0
}

/// Strings in either quotes become `?`, one kind after the other.
fn without_strings(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let quoted = matches!(rest.as_bytes().get(at + 1), Some(b'\'' | b'"'));
        plain.push_str(&rest[..if quoted { at } else { at + 1 }]);
        rest = &rest[at + if quoted { 2 } else { 1 }..];
    }
    plain.push_str(rest);
    replace_quoted(&replace_quoted(&plain, '"'), '\'')
}

fn replace_quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(quote) {
        let Some(close) = rest[open + 1..].find(quote) else { break };
        out.push_str(&rest[..open]);
        out.push('?');
        rest = &rest[open + close + 2..];
    }
    out.push_str(rest);
    out
}

/// Digits and signs with what may belong to a number behind them become `?`, and swallow one letter or sign before them.
fn collapse_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        out.push_str(&rest[..start]);
        let behind = rest[start..].find(|c: char| !matches!(c, '0'..='9' | 'a'..='f' | '.' | 'x' | '+' | '-'));
        out.push('?');
        rest = &rest[start + behind.unwrap_or(rest.len() - start)..];
    }
    out.push_str(rest);
    let mut swallowed = String::with_capacity(out.len());
    for ch in out.chars() {
        if ch == '?' && swallowed.ends_with(['x', 'b', '.', '+', '-']) {
            swallowed.pop();
        }
        swallowed.push(ch);
    }
    swallowed
}

fn collapse_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.trim_start().chars() {
        if !ch.is_ascii_whitespace() {
            out.push(ch);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

fn replace_null(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices("null") {
        let alone = (at == 0 || !is_word(bytes[at - 1])) && !bytes.get(at + 4).is_some_and(|byte| is_word(*byte));
        if alone {
            out.push_str(&text[from..at]);
            out.push('?');
            from = at + 4;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// `in (?, ?)` → `in(?+)`, and so with VALUES and VALUE, also with several lists.
fn collapse_lists(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        let word = ["in", "values", "value"].into_iter().find(|word| bytes[at..].starts_with(word.as_bytes()));
        let Some(word) = word.filter(|_| at == 0 || !is_word(bytes[at - 1])) else {
            at += 1;
            continue;
        };
        let end = at + word.len();
        let lists = lists_length(&bytes[end..]);
        if lists > 0 {
            out.push_str(&text[from..end]);
            out.push_str("(?+)");
            from = end + lists;
            at = from;
        } else {
            at += 1;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// Bytes of the lists of `?` that follow, 0 if none does.
fn lists_length(bytes: &[u8]) -> usize {
    let is_filler = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let mut length = 0;
    loop {
        let open = length + bytes[length..].iter().take_while(|byte| is_filler(byte)).count();
        if bytes.get(open) != Some(&b'(') {
            return length;
        }
        let inside = bytes[open + 1..].iter().take_while(|byte| is_filler(byte) || **byte == b'?').count();
        if bytes.get(open + 1 + inside) != Some(&b')') {
            return length;
        }
        length = open + inside + 2;
    }
}

/// `select x union select x` → `select x /*repeat union*/`.
fn collapse_unions(text: &str) -> String {
    let mut text = text.to_owned();
    let mut from = 0;
    while let Some(found) = text[from..].find("select ").map(|at| at + from) {
        from = found + 7;
        if found > 0 && is_word(text.as_bytes()[found - 1]) {
            continue;
        }
        if let Some((end, behind, kind)) = repeated_select(&text, found) {
            let marker = format!(" /*repeat {kind}*/");
            text.replace_range(end..behind, &marker);
            from = end + marker.len();
        }
    }
    text
}

/// The end of the select that begins at a place, where its repetitions end, and the words that join them.
fn repeated_select(text: &str, start: usize) -> Option<(usize, usize, &'static str)> {
    for (union, _) in text[start..].match_indices(" union").map(|(at, word)| (at + start, word)) {
        let select = &text[start..union];
        let mut behind = union;
        let mut kind = None;
        loop {
            let rest = &text[behind..];
            let next = ["union all", "union"].into_iter().find(|kind| {
                let joined =
                    rest.strip_prefix(' ').and_then(|rest| rest.strip_prefix(kind)).and_then(|rest| rest.strip_prefix(' '));
                joined.is_some_and(|rest| rest.starts_with(select))
            });
            let Some(next) = next else { break };
            behind += next.len() + 2 + select.len();
            kind = Some(next);
        }
        if let Some(kind) = kind {
            return Some((union, behind, kind));
        }
    }
    None
}

/// `limit ?, ?` and `limit ? offset ?` → `limit ?`.
fn collapse_limits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("limit ?") {
        let word_before = at > 0 && is_word(rest.as_bytes()[at - 1]);
        out.push_str(&rest[..at + 7]);
        rest = &rest[at + 7..];
        if !word_before {
            rest = [", ?", ",?", " offset ?"].iter().find_map(|more| rest.strip_prefix(more)).unwrap_or(rest);
        }
    }
    out.push_str(rest);
    out
}

/// Drops every ` asc` behind the first expression of an ORDER BY.
fn drop_asc(text: &str) -> String {
    let Some(order) = text.find("order by ") else { return text.to_owned() };
    let Some((head, list)) = text.split_at_checked(order + 10) else { return text.to_owned() };
    format!("{head}{}", list.replace(" asc", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements and what pt-fingerprint 3.2.1 printed for them.
    const RECORDED: &str = include_str!("fingerprints.tsv");

    #[test]
    fn fingerprints_are_those_of_pt_fingerprint() {
        let mut seen = 0;
        let mut wrong = Vec::new();
        for line in RECORDED.lines() {
            let (sql, expected) = line.split_once('\t').expect("two cells");
            let sql = sql.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
            if fingerprint(&sql) != expected {
                wrong.push(format!("{sql}\n  pt   {expected}\n  here {}", fingerprint(&sql)));
            }
            seen += 1;
        }
        assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
        assert!(seen > 100);
    }

    #[test]
    fn checksums_are_those_of_pt_query_digest() {
        assert_eq!(checksum("select ? from t "), "83333FE80152A291A4C2287DAEA70F41");
        assert_eq!(checksum("administrator command: Ping"), "E8390778DC20D4CC04FE01C5B31FD305");
    }
}
