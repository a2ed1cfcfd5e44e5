//! Collations and character sets (spec 01 §1.1, 02 §4.5, 08 §3.4).

mod keys;
mod table;
mod weights;

pub use keys::{compare, decode, encode, padded_sort_key, sort_key};

use super::types::CollationId;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A collation as `information_schema.COLLATIONS` describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollationInfo {
    /// Its number.
    pub id: CollationId,
    /// Its name.
    pub name: &'static str,
    charset: u8,
    /// Default of its character set.
    pub is_default: bool,
    /// `SORTLEN`: how many times longer than the text a sort key may be.
    pub weight_bytes: u8,
    /// Trailing spaces do not count in comparisons.
    pub pad_space: bool,
}

impl CollationInfo {
    /// Name of its character set.
    pub fn charset(&self) -> &'static str {
        table::CHARSETS[self.charset as usize].0
    }
    /// Maximum bytes of a character.
    pub fn max_char_bytes(&self) -> u32 {
        u32::from(table::CHARSETS[self.charset as usize].1)
    }
    /// Compares by code points or bytes: `binary` and the `_bin` collations.
    pub fn is_binary_sorting(&self) -> bool {
        self.name == "binary" || self.name.ends_with("_bin")
    }
    /// The character set is one of Unicode's encodings.
    pub fn is_unicode(&self) -> bool {
        matches!(self.charset(), "utf8mb4" | "utf8mb3" | "ucs2" | "utf16" | "utf16le" | "utf32")
    }
    /// Equality under it may carry a constant from one column to another (spec 02 §4.5): all but the `_general_ci` and older
    /// UCA collations of Unicode and the few that expand or contract letters.
    pub fn is_propagation_safe(&self) -> bool {
        if self.is_binary_sorting() || self.is_uca_900() {
            return true;
        }
        !self.is_unicode()
            && !matches!(self.name, "latin1_german2_ci" | "latin2_czech_cs" | "cp1250_czech_cs" | "gb18030_unicode_520_ci")
    }
    /// One of the `utf8mb4_…_0900_…` family.
    pub fn is_uca_900(&self) -> bool {
        self.name.contains("_0900_")
    }
    /// Bytes of the sort key of `chars` characters (spec 08 §3.4): beyond 1024 a hash join only hashes.
    pub fn sort_key_bytes(&self, chars: u64) -> u64 {
        if self.is_uca_900() && !self.is_binary_sorting() {
            let levels = self.uca_900_levels();
            return (chars * 8 * levels + levels - 1) * 2;
        }
        let per_char = match self.name {
            "utf8mb4_0900_bin" => 4,
            "utf8mb3_bin" | "ucs2_bin" => 2,
            "utf8mb4_bin" | "utf16_bin" | "utf16le_bin" | "utf32_bin" => 3,
            _ if self.is_unicode() && self.name.contains("_general_") => 2,
            _ => u64::from(self.weight_bytes) * u64::from(self.max_char_bytes()),
        };
        chars.saturating_mul(per_char)
    }
    fn uca_900_levels(&self) -> u64 {
        let levels = match self.name {
            name if name.ends_with("_ks") => 4,
            name if name.ends_with("_as_cs") => 3,
            name if name.ends_with("_as_ci") => 2,
            _ => 1,
        };
        let reordered = ["utf8mb4_ja_", "utf8mb4_zh_"].iter().any(|language| self.name.starts_with(language));
        levels + u64::from(reordered)
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static CollationInfo>> =
    LazyLock::new(|| table::COLLATIONS.iter().map(|info| (info.name, info)).collect());

/// A collation by name, without regard to case. `utf8_…` means `utf8mb3_…`.
pub fn by_name(name: &str) -> Option<&'static CollationInfo> {
    if let Some(info) = BY_NAME.get(name) {
        return Some(info);
    }
    let lower = name.to_ascii_lowercase();
    let found = BY_NAME.get(lower.as_str()).copied();
    found.or_else(|| BY_NAME.get(format!("utf8mb3_{}", lower.strip_prefix("utf8_")?).as_str()).copied())
}

/// A collation by number; unknown numbers are taken for `binary`.
pub fn info(id: CollationId) -> &'static CollationInfo {
    let found = table::COLLATIONS.binary_search_by_key(&id, |info| info.id);
    let found = found.or_else(|_| table::COLLATIONS.binary_search_by_key(&CollationId::BINARY, |info| info.id));
    &table::COLLATIONS[found.unwrap_or(0)]
}

/// The standard name of a character set, without regard to case; `utf8` means `utf8mb3`.
pub fn charset(name: &str) -> Option<&'static str> {
    let name = if name.eq_ignore_ascii_case("utf8") { "utf8mb3" } else { name };
    table::CHARSETS.iter().map(|(charset, _)| *charset).find(|charset| charset.eq_ignore_ascii_case(name))
}

/// Default collation of a character set, without regard to case.
pub fn default_of_charset(name: &str) -> Option<&'static CollationInfo> {
    let charset = charset(name)?;
    table::COLLATIONS.iter().find(|info| info.is_default && info.charset() == charset)
}

/// The `_bin` collation of a character set.
pub fn binary_of_charset(name: &str) -> Option<&'static CollationInfo> {
    let charset = charset(name)?;
    table::COLLATIONS.iter().find(|info| info.is_binary_sorting() && info.charset() == charset && !info.is_uca_900())
}

/// Order of two strings under a collation.
pub fn compare_strings(a: &str, b: &str, collation: CollationId) -> Ordering {
    compare(collation, a, b)
}

/// Weight of a character in `latin1_swedish_ci`.
pub fn swedish_weight(letter: char) -> u32 {
    u32::from(weights::latin1(letter))
}

/// True if two single characters are the same under the collation (LIKE compares character by character, without padding).
pub fn same_character(a: char, b: char, collation: CollationId) -> bool {
    if a == b {
        return true;
    }
    if a.is_whitespace() || b.is_whitespace() {
        return false;
    }
    let (mut first, mut second) = ([0; 4], [0; 4]);
    compare(collation, a.encode_utf8(&mut first), b.encode_utf8(&mut second)) == Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for collation in table::COLLATIONS {
            assert_eq!(by_name(collation.name), Some(collation));
            assert_eq!(info(collation.id), collation);
        }
        assert_eq!(by_name("UTF8_general_ci").map(|c| c.id), Some(CollationId::UTF8MB3_GENERAL_CI));
        assert_eq!(default_of_charset("latin1").map(|c| c.id), Some(CollationId::LATIN1_SWEDISH_CI));
        assert_eq!(default_of_charset("utf8mb4").map(|c| c.id), Some(CollationId::UTF8MB4_0900_AI_CI));
        assert_eq!(info(CollationId::BINARY).name, "binary");
    }

    #[test]
    fn sort_key_limits_of_spec_08_3_4() {
        let longest = |name: &str| {
            let info = by_name(name).unwrap();
            (1..2000).take_while(|chars| info.sort_key_bytes(*chars) <= 1024).last().unwrap_or(0)
        };
        assert_eq!(longest("utf8mb4_0900_ai_ci"), 64);
        assert_eq!(longest("utf8mb4_0900_as_ci"), 31);
        assert_eq!(longest("utf8mb4_0900_as_cs"), 21);
        assert_eq!(longest("utf8mb4_unicode_ci"), 32);
        assert_eq!(longest("latin1_swedish_ci"), 1024);
        assert_eq!(longest("utf8mb4_general_ci"), 512);
        assert_eq!(longest("utf8mb4_bin"), 341);
        assert_eq!(longest("utf8mb4_0900_bin"), 256);
    }
}
