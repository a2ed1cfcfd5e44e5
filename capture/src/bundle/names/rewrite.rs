//! Names within SQL replaced by those of a mapping. All else stays, byte by byte.

use super::words::{Kind, Word, cut};
use super::{Names, Role};
use myexplain::parse::{is_keyword, is_reserved_word};

/// How much of a text may be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// What SHOW CREATE prints: all names are in backticks but those of partitions and of partitioning columns.
    Definition,
    /// A statement that somebody wrote: unquoted words are names if they are known, or if they mean nothing else (aliases).
    Statement,
    /// The text of a range: words are columns.
    Range,
}

/// The text with the names of the mapping. Names that it lacks, as aliases, are added.
pub(super) fn rewrite(sql: &str, text: Text, names: &mut Names) -> String {
    let words = cut(sql);
    let mut out = String::with_capacity(sql.len());
    let mut done = 0;
    let mut walk =
        Walk { sql, words: &words, at: 0, owners: Vec::new(), in_interval: false, is_partitioned: false, by_hand: false };
    walk.by_hand = text == Text::Definition && !words.iter().take(8).any(|word| word.kind == Kind::Quoted);
    for (at, word) in words.iter().enumerate() {
        walk.at = at;
        let new = match word.kind {
            Kind::Quoted => walk.quoted(names),
            Kind::Word => walk.word(text, names),
            Kind::Comment if is_remark(walk.own()) => Some(" ".to_owned()),
            _ => None,
        };
        walk.step();
        if let Some(new) = new {
            out.push_str(&sql[done..word.start]);
            match word.kind {
                Kind::Quoted => out.push_str(&format!("`{new}`")),
                _ => out.push_str(&new),
            }
            done = word.end;
        }
    }
    out.push_str(&sql[done..]);
    out
}

/// A comment for people; neither hints nor the marks of version comments are.
fn is_remark(comment: &str) -> bool {
    comment != "*/" && !comment.starts_with("/*!") && !comment.starts_with("/*+")
}

/// A walk along the words of a text.
struct Walk<'a> {
    sql: &'a str,
    words: &'a [Word],
    at: usize,
    /// The words in front of the parentheses that are open.
    owners: Vec<String>,
    /// Behind INTERVAL, until its unit.
    in_interval: bool,
    /// Behind PARTITION BY.
    is_partitioned: bool,
    /// A definition that no server printed: its names have no backticks.
    by_hand: bool,
}

impl Walk<'_> {
    /// The word so many places away, in upper case; empty if there is none.
    fn near(&self, distance: isize) -> String {
        let word = self.at.checked_add_signed(distance).and_then(|at| self.words.get(at));
        word.map_or(String::new(), |word| self.sql[word.start..word.end].to_ascii_uppercase())
    }

    fn is_literal(&self, distance: isize) -> bool {
        let word = self.at.checked_add_signed(distance).and_then(|at| self.words.get(at));
        word.is_some_and(|word| word.kind == Kind::Literal)
    }

    fn step(&mut self) {
        match self.near(0).as_str() {
            "(" => self.owners.push(self.near(-1)),
            ")" => drop(self.owners.pop()),
            "INTERVAL" => self.in_interval = true,
            "BY" if self.near(-1) == "PARTITION" => self.is_partitioned = true,
            _ => {}
        }
    }

    fn own(&self) -> &str {
        self.words.get(self.at).map_or("", |word| &self.sql[word.start..word.end])
    }

    fn quoted(&self, names: &mut Names) -> Option<String> {
        let own = self.own();
        let name = own.get(1..own.len().saturating_sub(1)).unwrap_or_default().replace("``", "`");
        if self.near(-1) == "PARSER" || name.is_empty() {
            return None;
        }
        Some(names.of(&name, Role::Other))
    }

    fn word(&mut self, text: Text, names: &mut Names) -> Option<String> {
        let own = self.own().to_owned();
        match text {
            Text::Range => names.known(&own),
            Text::Definition => self.in_definition(&own, names),
            Text::Statement => self.in_statement(&own, names),
        }
    }

    fn in_definition(&self, own: &str, names: &mut Names) -> Option<String> {
        let before = self.near(-1);
        if self.is_partitioned {
            if matches!(before.as_str(), "PARTITION" | "SUBPARTITION") && !matches!(self.near(0).as_str(), "BY") {
                return Some(names.of(own, Role::Partition));
            }
            let is_list = self.owners.iter().any(|owner| matches!(owner.as_str(), "COLUMNS" | "KEY"));
            return (is_list || self.by_hand && !is_keyword(own)).then(|| names.known(own)).flatten();
        }
        let opens_element = self.owners.len() == 1 && matches!(before.as_str(), "(" | ",");
        (self.by_hand && !is_reserved_word(own) && (opens_element || !is_keyword(own))).then(|| names.known(own)).flatten()
    }

    fn in_statement(&mut self, own: &str, names: &mut Names) -> Option<String> {
        let (before, after) = (self.near(-1), self.near(1));
        let behind_point = before == ".";
        if (before == "@" && !self.is_in_hint())
            || (is_reserved_word(own) && !behind_point)
            || self.means_something(own, &before, &after)
        {
            return None;
        }
        if after == "(" && !behind_point && !matches!(before.as_str(), "WITH" | "RECURSIVE" | "INTO") {
            return names.known(own).filter(|_| names.role(own) == Some(Role::Routine));
        }
        names.known(own).or_else(|| (behind_point || !is_keyword(own)).then(|| names.of(own, Role::Other)))
    }

    /// True where the grammar wants a word of its own: a type, a unit, a character set.
    fn means_something(&mut self, own: &str, before: &str, after: &str) -> bool {
        let upper = own.to_ascii_uppercase();
        let owner = self.owners.last().map_or("", String::as_str);
        if self.in_interval && UNITS.contains(&upper.as_str()) && before != "INTERVAL" {
            self.in_interval = false;
            return true;
        }
        match before {
            "AS" if owner == "CAST" => return true,
            "," if owner == "CONVERT" => return true,
            "(" if matches!(owner, "EXTRACT" | "TIMESTAMPDIFF" | "TIMESTAMPADD" | "GET_FORMAT") => return true,
            "COLLATE" | "CHARSET" => return true,
            "SET" if self.near(-2) == "CHARACTER" => return true,
            "USING" if after == ")" => return true,
            _ => {}
        }
        let opens_literal = self.is_literal(1)
            && (own.starts_with('_') || matches!(upper.as_str(), "DATE" | "TIME" | "TIMESTAMP" | "N" | "X" | "B"));
        opens_literal
            || matches!(
                upper.as_str(),
                "SQL_NO_CACHE"
                    | "SQL_BUFFER_RESULT"
                    | "SQL_BIG_RESULT"
                    | "SQL_SMALL_RESULT"
                    | "ROLLUP"
                    | "EXPANSION"
                    | "NOWAIT"
                    | "SKIP"
                    | "LOCKED"
                    | "DUMPFILE"
                    | "SOUNDS"
                    | "BOOLEAN"
                    | "MODE"
                    | "QUERY"
                    | "ORDINALITY"
                    | "NESTED"
                    | "PATH"
            )
            || (self.is_in_hint() && is_hint_word(&upper))
    }

    fn is_in_hint(&self) -> bool {
        let before = self.words[..self.at].iter().rev().find(|word| word.kind == Kind::Comment);
        before.is_some_and(|word| self.sql[word.start..word.end].starts_with("/*+"))
    }
}

const UNITS: &[&str] = &["MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];

/// Words with a meaning within the parentheses of a hint.
fn is_hint_word(upper: &str) -> bool {
    matches!(upper, "MATERIALIZATION" | "DUPSWEEDOUT" | "FIRSTMATCH" | "LOOSESCAN" | "INTOEXISTS" | "PRIMARY" | "ON" | "OFF")
        || upper.parse::<f64>().is_ok()
}
