//! Writing to the terminal or a pipe.

use std::io::Write;

/// Writes a sentence to stderr; a closed stderr is nobody's business.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", message.trim_end());
}

/// Writes text to stdout in one go.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
