//! The clipboard of the terminal, by OSC 52: works over SSH too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes that terminals take; longer texts are cut by many of them without a word.
pub const MOST_BYTES: usize = 74_994;

/// The sequence that puts text on the clipboard; none if it is too long.
pub fn sequence(text: &str) -> Option<String> {
    (text.len() <= MOST_BYTES).then(|| format!("\u{1b}]52;c;{}\u{7}", STANDARD.encode(text)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_base64() {
        assert_eq!(super::sequence("SELECT 1").as_deref(), Some("\u{1b}]52;c;U0VMRUNUIDE=\u{7}"));
        assert_eq!(super::sequence(&"x".repeat(super::MOST_BYTES + 1)), None);
    }
}
