//! Words that are no identifiers, with the number of their token and the word that a digest text shows for it.
//!
//! `words.tsv` was made by asking a server: `information_schema.keywords` for the words, STATEMENT_DIGEST_TEXT for what it shows, and
//! STATEMENT_DIGEST, whose hash tells the number. Columns: word; `k` keyword, `f` function (only with `(` directly behind it), `h` word
//! of an optimizer hint; token; word shown.

use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("words.tsv");

/// Longest word that is looked up, in bytes.
const LONGEST: usize = 40;

/// Slots of the hash table: a power of two, several times the number of words.
const SLOTS: usize = 4096;

/// Tokens have smaller numbers than this.
const TOKENS: usize = 1400;

/// Words behind which a sign belongs to a number.
const BEFORE_NUMBERS: &[&str] = &[
    "SELECT", "AND", "OR", "XOR", "NOT", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "ELSEIF", "IF", "WHILE", "UNTIL", "DEFAULT",
    "RETURN", "LIKE", "RLIKE", "INTERVAL", "DIV", "MOD",
];

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Number of its token.
    pub(super) token: u16,
    /// Only with `(` directly behind it.
    pub(super) function: bool,
}

#[derive(Clone, Copy)]
struct Slot {
    /// In capitals, filled up with zeros; length 0: free.
    word: [u8; LONGEST],
    length: u8,
    meaning: Word,
}

struct Words {
    slots: Vec<Slot>,
    hints: HashMap<&'static str, u16>,
    texts: Vec<&'static str>,
    before_numbers: Vec<bool>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(Words::read)
}

impl Words {
    fn read() -> Words {
        let free = Slot { word: [0; LONGEST], length: 0, meaning: Word { token: 0, function: false } };
        let mut words = Words {
            slots: vec![free; SLOTS],
            hints: HashMap::new(),
            texts: vec![""; TOKENS],
            before_numbers: vec![false; TOKENS],
        };
        for line in TABLE.lines() {
            let mut cells = line.split('\t');
            let (Some(word), Some(kind), Some(token), Some(shown)) = (cells.next(), cells.next(), cells.next(), cells.next())
            else {
                continue;
            };
            let Ok(token) = token.parse::<u16>() else { continue };
            words.texts[usize::from(token)] = shown;
            words.before_numbers[usize::from(token)] = BEFORE_NUMBERS.contains(&shown);
            if kind == "h" {
                words.hints.insert(word, token);
            } else {
                words.insert(word.as_bytes(), Word { token, function: kind == "f" });
            }
        }
        words
    }

    fn insert(&mut self, name: &[u8], meaning: Word) {
        let mut word = [0; LONGEST];
        word[..name.len()].copy_from_slice(name);
        let mut at = place(&word, name.len());
        while self.slots[at].length != 0 {
            at = (at + 1) % SLOTS;
        }
        self.slots[at] = Slot { word, length: name.len() as u8, meaning };
    }
}

/// Slot where the search for a word begins.
#[inline]
fn place(word: &[u8; LONGEST], length: usize) -> usize {
    let [a, b] = [read(word, 0), read(word, length.saturating_sub(8))];
    let mixed = (a ^ b.rotate_left(29) ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 52) as usize % SLOTS
}

#[inline]
fn read(word: &[u8; LONGEST], at: usize) -> u64 {
    word[at..].first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The keyword or function that a name in any case is.
#[inline]
pub(super) fn find(name: &[u8]) -> Option<Word> {
    if name.len() > LONGEST - 2 || name.len() < 2 {
        return None;
    }
    let mut word = [0; LONGEST];
    for (to, from) in word.iter_mut().zip(name) {
        // Capitals; what is no letter but a word character stays different from all letters.
        *to = if from.is_ascii_lowercase() { from & 0xdf } else { *from };
    }
    let words = words();
    let mut at = place(&word, name.len());
    loop {
        let slot = &words.slots[at];
        if slot.length == 0 {
            return None;
        }
        if usize::from(slot.length) == name.len() && slot.word == word {
            return Some(slot.meaning);
        }
        at = (at + 1) % SLOTS;
    }
}

/// The token of a word of an optimizer hint.
pub(super) fn find_hint(name: &[u8]) -> Option<u16> {
    let name = std::str::from_utf8(name).ok()?.to_ascii_uppercase();
    words().hints.get(name.as_str()).copied()
}

/// The word that a digest text shows for a token.
pub(super) fn text(token: u16) -> &'static str {
    words().texts.get(usize::from(token)).copied().unwrap_or("")
}

/// True if a sign behind this word belongs to a number.
#[inline]
pub(super) fn takes_signed_number(token: u16) -> bool {
    words().before_numbers.get(usize::from(token)).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_table_is_found() {
        let mut seen = 0;
        for line in TABLE.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let token: u16 = cells[2].parse().expect("a number");
            let found = if cells[1] == "h" {
                find_hint(cells[0].to_lowercase().as_bytes())
            } else {
                find(cells[0].to_lowercase().as_bytes()).map(|word| word.token)
            };
            assert_eq!(found, Some(token), "{line}");
            assert!(!text(token).is_empty());
            seen += 1;
        }
        assert!(seen > 800);
        assert_eq!(find(b"employees"), None);
    }
}
