//! Fuzzy matching of short texts.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Numbers of the texts that match, best first; all of them, in order, for an empty pattern.
pub fn matches<'t>(pattern: &str, texts: impl Iterator<Item = &'t str>) -> Vec<usize> {
    if pattern.trim().is_empty() {
        return texts.enumerate().map(|(number, _)| number).collect();
    }
    let pattern = Pattern::parse(pattern, CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut characters = Vec::new();
    let mut found: Vec<(u32, usize)> = texts
        .enumerate()
        .filter_map(|(number, text)| {
            let score = pattern.score(Utf32Str::new(text, &mut characters), &mut matcher)?;
            Some((score, number))
        })
        .collect();
    found.sort_by_key(|(score, number)| (std::cmp::Reverse(*score), *number));
    found.into_iter().map(|(_, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn letters_in_order_are_enough() {
        let texts = ["orders by day", "customers", "order lines"];
        assert_eq!(matches("", texts.into_iter()), [0, 1, 2]);
        assert_eq!(matches("ordl", texts.into_iter()), [2]);
        assert_eq!(matches("zz", texts.into_iter()), Vec::<usize>::new());
    }
}
