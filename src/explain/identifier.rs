//! Names of schemas, tables and columns (spec 08 §9.2).

use super::context::PrintContext;
use super::keywords::is_keyword;

/// Appends a name, quoted as the context asks for.
pub fn print(out: &mut String, name: &str, context: &PrintContext<'_>) {
    if context.always_quote || needs_quotes(name) {
        print_quoted(out, name, if context.ansi_quotes { '"' } else { '`' });
    } else {
        out.push_str(name);
    }
}

/// Appends a name between quotes; quotes inside are doubled.
pub fn print_quoted(out: &mut String, name: &str, quote: char) {
    out.push(quote);
    if name.contains(quote) {
        for c in name.chars() {
            if c == quote {
                out.push(quote);
            }
            out.push(c);
        }
    } else {
        out.push_str(name);
    }
    out.push(quote);
}

/// True if the lexer would not read the bare name as one identifier.
pub fn needs_quotes(name: &str) -> bool {
    let bytes = name.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'$' || *b >= 0x80;
    bytes.is_empty() || bytes[0] == b'$' || !bytes.iter().all(plain) || bytes.iter().all(u8::is_ascii_digit) || is_keyword(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_where_the_lexer_needs_them() {
        for name in ["", "name", "YEAR", "my t", "$a", "12", "a-b", "<subquery2>"] {
            assert!(needs_quotes(name), "{name}");
        }
        for name in ["id", "title", "count", "a$", "1a", "über"] {
            assert!(!needs_quotes(name), "{name}");
        }
    }

    #[test]
    fn doubles_quotes_inside() {
        let mut out = String::new();
        print_quoted(&mut out, "a`b", '`');
        assert_eq!(out, "`a``b`");
    }
}
