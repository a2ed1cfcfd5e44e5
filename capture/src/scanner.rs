//! The statements of a dump, word by word.

/// Walks over a dump.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the beginning.
    pub(crate) fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0 }
    }
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    /// Line, from 1.
    pub(crate) fn line(&self) -> usize {
        1 + self.text[..self.at.min(self.text.len())].matches('\n').count()
    }
    /// Passes blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let is_comment = trimmed.starts_with("-- ") || trimmed.starts_with("--\n") || trimmed.starts_with('#');
            let end = if is_comment {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += end;
        }
    }
    /// Goes to the next statement; false at the end.
    pub(crate) fn next_statement(&mut self) -> bool {
        self.blanks();
        self.at < self.text.len()
    }
    /// Passes the rest of the statement with its semicolon.
    pub(crate) fn skip_statement(&mut self) {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            match bytes[self.at] {
                b';' => {
                    self.at += 1;
                    return;
                }
                quote @ (b'\'' | b'"' | b'`') => self.skip_quoted(quote),
                b'/' if self.rest().starts_with("/*") => {
                    self.at += self.rest().find("*/").map_or(self.rest().len(), |end| end + 2)
                }
                b'-' if self.rest().starts_with("-- ") => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => self.at += 1,
            }
        }
    }
    fn skip_quoted(&mut self, quote: u8) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while self.at < bytes.len() {
            match bytes[self.at] {
                b'\\' if quote != b'`' => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(bytes.len());
    }
    /// Takes a word, if it is there.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let rest = self.rest();
        let matches = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        if matches {
            self.at += word.len();
        }
        matches
    }
    /// Takes a character, if it is there.
    pub(crate) fn symbol(&mut self, symbol: char) -> bool {
        self.blanks();
        let matches = self.rest().starts_with(symbol);
        if matches {
            self.at += symbol.len_utf8();
        }
        matches
    }
    /// Takes a name, quoted or not.
    pub(crate) fn name(&mut self) -> Option<String> {
        self.blanks();
        if self.rest().starts_with('`') {
            let start = self.at;
            self.skip_quoted(b'`');
            return Some(self.text.get(start + 1..self.at.saturating_sub(1))?.replace("``", "`"));
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest[..end].to_owned())
    }
    /// Takes a list of names in parentheses; none if there is none.
    pub(crate) fn names(&mut self) -> Option<Vec<String>> {
        if !self.symbol('(') {
            return None;
        }
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            if !self.symbol(',') {
                break;
            }
        }
        self.symbol(')');
        Some(names)
    }
    /// Takes the values of one row with the comma behind them; none if there is none.
    pub(crate) fn row(&mut self) -> Result<Option<Vec<Option<String>>>, String> {
        if !self.symbol('(') {
            return Ok(None);
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            if !self.symbol(',') {
                break;
            }
        }
        if !self.symbol(')') {
            return Err("a list of values does not end".to_owned());
        }
        self.symbol(',');
        Ok(Some(values))
    }
    /// A literal; none for NULL and DEFAULT.
    pub(crate) fn value(&mut self) -> Result<Option<String>, String> {
        self.blanks();
        if self.word("null") || self.word("default") {
            return Ok(None);
        }
        if self.rest().starts_with('_') {
            self.name(); // _binary, _utf8mb4
            self.blanks();
        }
        match self.rest().as_bytes().first() {
            Some(quote @ (b'\'' | b'"')) => Ok(Some(self.string(*quote))),
            Some(_) => {
                let rest = self.rest();
                let end = rest.find([',', ')', '\n']).unwrap_or(rest.len());
                self.at += end;
                let text = rest[..end].trim();
                if text.is_empty() || text.contains(['(', ' ']) {
                    return Err(format!("'{text}' is no literal"));
                }
                Ok(Some(hexadecimal(text).unwrap_or_else(|| text.to_owned())))
            }
            None => Err("the file ends within a list of values".to_owned()),
        }
    }
    fn string(&mut self, quote: u8) -> String {
        let start = self.at + 1;
        let mut out = String::new();
        let mut chars = self.text[start..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == '\\' {
                match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('0') => out.push('\0'),
                    Some('Z') => out.push('\u{1a}'),
                    Some(other) => out.push(other),
                    None => {}
                }
            } else if c == char::from(quote) {
                if chars.peek().is_some_and(|(_, next)| *next == c) {
                    chars.next();
                    out.push(c);
                } else {
                    self.at = start + at + 1;
                    return out;
                }
            } else {
                out.push(c);
            }
        }
        self.at = self.text.len();
        out
    }
}

/// `0x41` as `mysqldump --hex-blob` writes bytes.
fn hexadecimal(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() % 2 == 0)?;
    let bytes: Option<Vec<u8>> =
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect();
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}
