//! Order and equality of strings under a collation: exact for ASCII, good for letters with accents.

use crate::catalog::CollationId;
use std::cmp::Ordering;

/// How a collation weighs characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighing {
    /// Bytes, no padding.
    Bytes,
    /// Code points; the shorter string is padded with blanks unless `no_pad`.
    CodePoints {
        /// Trailing blanks count.
        no_pad: bool,
    },
    /// `*_general_ci`: capital of the base letter.
    General,
    /// The latin1 table of `latin1_swedish_ci`.
    Swedish,
    /// Unicode collation algorithm.
    Unicode {
        /// Accents count.
        accents: bool,
        /// Case counts.
        case: bool,
        /// Trailing blanks count (`utf8mb4_0900_*`).
        no_pad: bool,
    },
}

/// How the collation weighs.
pub fn weighing(collation: CollationId) -> Weighing {
    match collation.0 {
        63 => Weighing::Bytes,
        309 => Weighing::CodePoints { no_pad: true },
        46
        | 47
        | 65
        | 83
        | 20
        | 21
        | 42..=44
        | 50
        | 53
        | 55
        | 58..=59
        | 61
        | 62
        | 64
        | 66..=82
        | 84..=91
        | 93
        | 96
        | 102
        | 249 => Weighing::CodePoints { no_pad: false },
        8 => Weighing::Swedish,
        5 | 11 | 15 | 31 | 33 | 35 | 45 | 48 | 54 | 92 | 94 | 95 | 223 => Weighing::General,
        128..=151 | 159..=182 | 192..=215 | 224..=248 => Weighing::Unicode { accents: false, case: false, no_pad: false },
        303 | 304 | 278..=300 => Weighing::Unicode { accents: true, case: true, no_pad: true },
        305 => Weighing::Unicode { accents: true, case: false, no_pad: true },
        255..=277 | 306..=323 => Weighing::Unicode { accents: false, case: false, no_pad: true },
        _ => Weighing::General,
    }
}

/// True if a constant may stand for a column of this collation in other predicates (spec 02 §4.5).
pub fn allows_propagation(collation: CollationId) -> bool {
    match weighing(collation) {
        Weighing::Bytes | Weighing::CodePoints { .. } | Weighing::Swedish => true,
        Weighing::Unicode { no_pad, .. } => no_pad,
        Weighing::General => !matches!(collation.0, 31 | 33 | 35 | 45 | 54 | 223),
    }
}

/// Characters in the order of their primary weights, below digits and letters (DUCET 9.0).
const PUNCTUATION: &str = "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// Base letters of the letters with accents of Latin-1 and Latin Extended-A, as runs.
fn base_letters(letter: char) -> Option<&'static str> {
    Some(match letter {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => "a",
        'Æ' | 'æ' => "ae",
        'Ç' | 'ç' | 'Ć'..='č' => "c",
        'Ď'..='đ' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => "e",
        'Ĝ'..='ģ' => "g",
        'Ĥ'..='ħ' => "h",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='İ' => "i",
        'Ĵ' | 'ĵ' => "j",
        'Ķ' | 'ķ' => "k",
        'Ĺ'..='ł' => "l",
        'Ñ' | 'ñ' | 'Ń'..='ň' => "n",
        'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' | 'Ō'..='ő' => "o",
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' => "s",
        'ß' => "ss",
        'Ţ'..='ŧ' => "t",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => "u",
        'Ŵ' | 'ŵ' => "w",
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => "y",
        'Ź'..='ž' => "z",
        _ => return None,
    })
}

fn folded(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Primary weight of a base character; none if the character is ignored.
fn primary(letter: char) -> Option<u32> {
    match letter {
        '0'..='9' => Some(1000 + letter as u32 - '0' as u32),
        'a'..='z' => Some(1100 + (letter as u32 - 'a' as u32) * 4),
        'ð' => Some(1100 + 3 * 4 + 1),
        'ı' => Some(1100 + 8 * 4 + 1),
        'þ' => Some(1100 + 26 * 4),
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' => None,
        letter if letter.is_ascii() => PUNCTUATION.find(letter).map(|at| at as u32 + 1),
        '\u{a0}' => Some(6),
        letter if letter.is_alphanumeric() => Some(0x2000 + letter as u32),
        letter => Some(200 + (letter as u32 & 0x1ff)),
    }
}

/// Primary weights of a text.
fn unicode_primaries(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.chars().flat_map(|letter| {
        let folded_letter = if letter.is_ascii() { letter.to_ascii_lowercase() } else { folded(letter) };
        let bases = if letter.is_ascii() { None } else { base_letters(letter) };
        let single = if bases.is_none() { primary(folded_letter) } else { None };
        bases.unwrap_or("").chars().filter_map(primary).chain(single)
    })
}

fn general_weight(letter: char) -> u32 {
    if letter.is_ascii() {
        return letter.to_ascii_uppercase() as u32;
    }
    match letter {
        'Æ' | 'æ' => 'Æ' as u32,
        'Œ' | 'œ' => 'Œ' as u32,
        'Ø' | 'ø' => 'Ø' as u32,
        'Đ' | 'đ' => 'Đ' as u32,
        'Ħ' | 'ħ' => 'Ħ' as u32,
        'Ł' | 'ł' => 'Ł' as u32,
        'Ŧ' | 'ŧ' => 'Ŧ' as u32,
        letter => match base_letters(letter).and_then(|base| base.chars().next()) {
            Some(base) => base.to_ascii_uppercase() as u32,
            None => letter.to_uppercase().next().unwrap_or(letter) as u32,
        },
    }
}

/// Weight of a character under latin1_swedish_ci.
pub(crate) fn swedish_weight(letter: char) -> u32 {
    let weight = match letter {
        'À'..='Ã' | 'à'..='ã' => 'A',
        'Ä' | 'Æ' | 'ä' | 'æ' => '\\',
        'Å' | 'å' => '[',
        'Ç' | 'ç' => 'C',
        'È'..='Ë' | 'è'..='ë' => 'E',
        'Ì'..='Ï' | 'ì'..='ï' => 'I',
        'Ð' | 'ð' => 'D',
        'Ñ' | 'ñ' => 'N',
        'Ò'..='Õ' | 'ò'..='õ' => 'O',
        'Ö' | 'ö' => ']',
        'Ø' | 'ø' => 'Ø',
        'Ù'..='Û' | 'ù'..='û' => 'U',
        'Ü' | 'ü' | 'Ý' | 'ý' => 'Y',
        'Þ' | 'þ' => 'Þ',
        letter => letter.to_ascii_uppercase(),
    };
    weight as u32
}

/// Compares weights; with `blank`, the shorter side is padded with that weight.
fn compare_weights(mut a: impl Iterator<Item = u32>, mut b: impl Iterator<Item = u32>, blank: Option<u32>) -> Ordering {
    loop {
        let order = match (a.next(), b.next(), blank) {
            (None, None, _) => return Ordering::Equal,
            (Some(x), Some(y), _) => x.cmp(&y),
            (Some(x), None, Some(blank)) => x.cmp(&blank),
            (None, Some(y), Some(blank)) => blank.cmp(&y),
            (Some(_), None, None) => Ordering::Greater,
            (None, Some(_), None) => Ordering::Less,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Order of two strings.
pub fn compare_strings(a: &str, b: &str, collation: CollationId) -> Ordering {
    const BLANK: u32 = ' ' as u32;
    match weighing(collation) {
        Weighing::Bytes => a.as_bytes().cmp(b.as_bytes()),
        Weighing::CodePoints { no_pad } => {
            compare_weights(a.chars().map(u32::from), b.chars().map(u32::from), (!no_pad).then_some(BLANK))
        }
        Weighing::General => compare_weights(a.chars().map(general_weight), b.chars().map(general_weight), Some(BLANK)),
        Weighing::Swedish => compare_weights(a.chars().map(swedish_weight), b.chars().map(swedish_weight), Some(BLANK)),
        Weighing::Unicode { accents, case, no_pad } => {
            let blank = if no_pad { None } else { primary(' ') };
            compare_weights(unicode_primaries(a), unicode_primaries(b), blank)
                .then_with(|| if accents { compare_accents(a, b) } else { Ordering::Equal })
                .then_with(|| if case { compare_case(a, b) } else { Ordering::Equal })
        }
    }
}

fn compare_accents(a: &str, b: &str) -> Ordering {
    let accent = |letter: char| if base_letters(letter).is_some() { folded(letter) as u32 } else { 0 };
    a.chars().map(accent).cmp(b.chars().map(accent))
}

fn compare_case(a: &str, b: &str) -> Ordering {
    a.chars().map(char::is_uppercase).cmp(b.chars().map(char::is_uppercase))
}

/// True if two single characters are the same under the collation (for LIKE, which compares character by character).
pub fn same_character(a: char, b: char, collation: CollationId) -> bool {
    if a == b {
        return true;
    }
    let (mut first, mut second) = ([0; 4], [0; 4]);
    let (a, b): (&str, &str) = (a.encode_utf8(&mut first), b.encode_utf8(&mut second));
    // A blank is no padding when single characters are compared.
    !a.trim().is_empty() && !b.trim().is_empty() && compare_strings(a, b, collation) == Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str, collation: u16) -> Ordering {
        compare_strings(a, b, CollationId(collation))
    }

    #[test]
    fn case_and_accents_fold() {
        assert_eq!(order("Émile", "emile", 255), Ordering::Equal);
        assert_eq!(order("Straße", "strasse", 255), Ordering::Equal);
        assert_eq!(order("Émile", "emile", 305), Ordering::Greater);
        assert_eq!(order("a", "A", 46), Ordering::Greater);
        assert_eq!(order("Ä", "a", 8), Ordering::Greater);
        assert_eq!(order("é", "E", 45), Ordering::Equal);
    }

    #[test]
    fn blanks_count_only_without_padding() {
        assert_eq!(order("a ", "a", 255), Ordering::Greater);
        assert_eq!(order("a ", "a", 45), Ordering::Equal);
        assert_eq!(order("a\t", "a", 45), Ordering::Less);
    }

    #[test]
    fn punctuation_is_ordered_as_the_collation_orders_it() {
        assert_eq!(order("_", "a", 255), Ordering::Less);
        assert_eq!(order("_", "a", 45), Ordering::Greater);
        assert_eq!(order("-", "_", 255), Ordering::Greater);
        assert_eq!(order("#", "0", 255), Ordering::Less);
        assert_eq!(order("z", "9", 255), Ordering::Greater);
        assert_eq!(order("a b", "ab", 255), Ordering::Less);
    }
}
