//! Files of statements: `;`, DELIMITER, `\G`, names and settings in comments.

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptStatement {
    /// From a `-- name:` line before it, else `query-N`, N being its number in the file.
    pub name: String,
    /// From `-- set:` lines before it: assignments as one would write them behind SET SESSION, in order.
    pub sets: Vec<String>,
    /// The other comment lines before it, without their marks.
    pub comments: Vec<String>,
    /// Text without its delimiter.
    pub sql: String,
    /// Line on which it begins, from 1.
    pub line: usize,
}

/// Splits a file into its statements. Strings and comments are respected, Windows line ends and a byte order mark are accepted.
pub fn read(text: &str) -> Vec<ScriptStatement> {
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 1,
        delimiter: ";".into(),
        statements: Vec::new(),
        pending: Pending::default(),
    };
    reader.read();
    reader.statements
}

/// The statement that is being read.
#[derive(Default)]
struct Pending {
    name: Option<String>,
    sets: Vec<String>,
    comments: Vec<String>,
    sql: String,
    line: usize,
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    delimiter: String,
    statements: Vec<ScriptStatement>,
    pending: Pending,
}

impl Reader<'_> {
    fn read(&mut self) {
        while !self.rest.is_empty() {
            if self.pending.sql.trim().is_empty() && self.between_statements() {
                continue;
            }
            if let Some(length) = self.delimiter_length() {
                self.skip(length);
                self.end_statement();
                continue;
            }
            let length = piece_length(self.rest);
            self.take(length);
        }
        self.end_statement();
    }

    /// Takes a blank, a comment line or a DELIMITER line before a statement; false if the statement begins here.
    fn between_statements(&mut self) -> bool {
        if self.rest.starts_with(char::is_whitespace) {
            let length = self.rest.chars().next().map_or(0, char::len_utf8);
            self.skip(length);
            return true;
        }
        let line = self.rest.lines().next().unwrap_or("");
        if line.starts_with('#') || line == "--" || line.starts_with("-- ") || line.starts_with("--\t") {
            self.note(line.trim_start_matches(['-', '#']).trim());
            self.skip(line.len());
            return true;
        }
        if let Some(delimiter) = keyword_line(line, "DELIMITER") {
            if !delimiter.is_empty() {
                self.delimiter = delimiter.to_string();
            }
            self.skip(line.len());
            return true;
        }
        self.pending.line = self.line;
        false
    }

    fn note(&mut self, comment: &str) {
        if let Some(name) = comment.strip_prefix("name:") {
            // sqlc writes what the statement returns behind its name: `:many`.
            self.pending.name = Some(name.split(" :").next().unwrap_or_default().trim().to_string());
        } else if let Some(set) = comment.strip_prefix("set:") {
            let set = set.trim();
            self.pending.sets.push(set.strip_suffix(';').unwrap_or(set).to_string());
        } else {
            self.pending.comments.push(comment.to_string());
        }
    }

    fn delimiter_length(&self) -> Option<usize> {
        if self.rest.starts_with(self.delimiter.as_str()) {
            return Some(self.delimiter.len());
        }
        (self.rest.starts_with("\\G") || self.rest.starts_with("\\g")).then_some(2)
    }

    fn end_statement(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let sql = pending.sql.trim();
        if sql.is_empty() {
            // Names and settings wait for the statement that they belong to.
            self.pending = Pending { sql: String::new(), ..pending };
            return;
        }
        let name = pending.name.unwrap_or_else(|| format!("query-{}", self.statements.len() + 1));
        self.statements.push(ScriptStatement {
            name,
            sets: pending.sets,
            comments: pending.comments,
            sql: sql.to_string(),
            line: pending.line,
        });
    }

    fn take(&mut self, length: usize) {
        self.pending.sql.push_str(&self.rest[..length]);
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].bytes().filter(|b| *b == b'\n').count();
        self.rest = &self.rest[length..];
    }
}

/// What follows the word that a line consists of or begins with.
fn keyword_line<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (first, behind) = line.split_at_checked(word.len())?;
    let matches = first.eq_ignore_ascii_case(word) && (behind.is_empty() || behind.starts_with(char::is_whitespace));
    matches.then(|| behind.trim())
}

/// Bytes of the string, quoted name, comment or character that the text begins with.
pub(crate) fn piece_length(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('\'' | '"' | '`')) => super::comment::quoted_length(text, quote),
        Some('#') => text.find('\n').unwrap_or(text.len()),
        Some('-') if text.starts_with("-- ") || text.starts_with("--\n") || text == "--" => text.find('\n').unwrap_or(text.len()),
        Some('/') if text.starts_with("/*") => text[2..].find("*/").map_or(text.len(), |end| end + 4),
        Some(other) => other.len_utf8(),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_settings_and_lines() {
        let read = read("-- name: one\r\n-- set: sql_mode=''\r\nSELECT ';' -- ; no\n , 1;\n\n# two\nSELECT 2\\G\nSELECT 3");
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].name, "one");
        assert_eq!(read[0].sets, ["sql_mode=''"]);
        assert_eq!(read[0].sql, "SELECT ';' -- ; no\n , 1");
        assert_eq!((read[1].name.as_str(), read[1].line), ("query-2", 7));
        assert_eq!(read[1].comments, ["two"]);
        assert_eq!(read[2].sql, "SELECT 3");
    }

    #[test]
    fn delimiters() {
        let read = read("DELIMITER //\nSELECT 1; SELECT 2//\nDELIMITER ;\nSELECT /* ; */ 3;");
        assert_eq!(read.iter().map(|s| s.sql.as_str()).collect::<Vec<_>>(), ["SELECT 1; SELECT 2", "SELECT /* ; */ 3"]);
    }
}
