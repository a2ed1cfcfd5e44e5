//! Constants as the server prints them (spec 08 §9.3).

use crate::query::LiteralForm;
use crate::value::{Temporal, Value};
use bigdecimal::BigDecimal;
use std::fmt::Write;

/// Appends a literal. `system_charset`: as in note 1003.
pub fn print(out: &mut String, value: &Value, form: &LiteralForm, system_charset: bool) {
    match form {
        LiteralForm::Plain => print_plain(out, value, system_charset),
        LiteralForm::Text(text) => out.push_str(text),
        LiteralForm::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
        LiteralForm::TypedTemporal => {
            out.push_str(match value {
                Value::Date(_) => "DATE",
                Value::Time(_) => "TIME",
                Value::DateTime(_) => "TIMESTAMP",
                _ => "",
            });
            print_plain(out, value, system_charset);
        }
        LiteralForm::Hex => match value {
            Value::Str(text) => print_hex(out, text.as_bytes()),
            _ => print_plain(out, value, system_charset),
        },
        LiteralForm::Introducer(charset) => {
            out.push('_');
            out.push_str(charset);
            match value {
                Value::Str(text) if system_charset => print_bytes_escaped(out, text, charset),
                Value::Bytes(bytes) if system_charset => {
                    out.push('\'');
                    bytes.iter().for_each(|byte| push_byte(out, *byte));
                    out.push('\'');
                }
                _ => print_plain(out, value, system_charset),
            }
        }
    }
}

/// Appends a value as a literal.
pub fn print_plain(out: &mut String, value: &Value, system_charset: bool) {
    match value {
        Value::Null => out.push_str("NULL"),
        Value::Str(text) => print_string(out, text, system_charset),
        Value::Bytes(bytes) => print_hex(out, bytes),
        Value::Json(text) => {
            out.push_str("json'");
            out.push_str(text);
            out.push('\'');
        }
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) => {
            out.push('\'');
            print_text(out, value);
            out.push('\'');
        }
        _ => print_text(out, value),
    }
}

/// Appends the value of a const table's column: any type between quotes, nothing escaped.
pub fn print_column_value(out: &mut String, value: &Value, system_charset: bool) {
    match value {
        Value::Null => out.push_str("NULL"),
        Value::Str(text) | Value::Json(text) => {
            out.push('\'');
            text.chars().for_each(|c| push_char(out, c, system_charset));
            out.push('\'');
        }
        _ => {
            out.push('\'');
            print_text(out, value);
            out.push('\'');
        }
    }
}

/// Appends the bare text of a value: digits, dates, characters.
pub fn print_text(out: &mut String, value: &Value) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Null => out.write_str("NULL"),
        Value::Int(number) => write!(out, "{number}"),
        Value::UInt(number) => write!(out, "{number}"),
        Value::Decimal(number) => {
            print_decimal(out, number);
            Ok(())
        }
        Value::Double(number) => {
            print_double(out, *number);
            Ok(())
        }
        Value::Str(text) | Value::Json(text) => out.write_str(text),
        Value::Bytes(bytes) => out.write_str(&String::from_utf8_lossy(bytes)),
        Value::Date(date) => print_date(out, date),
        Value::Time(time) => print_time(out, time),
        Value::DateTime(time) => print_date(out, time).and_then(|()| {
            out.push(' ');
            print_time(out, time)
        }),
    };
}

/// `'…'` with the server's escapes.
pub fn print_string(out: &mut String, text: &str, system_charset: bool) {
    out.push('\'');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x1a' => out.push_str("\\Z"),
            _ => push_char(out, c, system_charset),
        }
    }
    out.push('\'');
}

/// Characters of four bytes have no place in the system character set.
fn push_char(out: &mut String, c: char, system_charset: bool) {
    match c.len_utf8() {
        4 if system_charset => out.push('?'),
        4 => out.push_str("????"),
        _ => out.push(c),
    }
}

/// True if the system character set lacks a character of the value.
pub fn is_unconvertible(value: &Value) -> bool {
    matches!(value, Value::Str(text) if text.bytes().any(|byte| byte >= 0xF0))
}

/// ASCII as it is, other bytes as `\xHH`: how warning 1300 shows a string.
pub fn print_bytes(out: &mut String, bytes: &[u8]) {
    bytes.iter().for_each(|byte| push_byte(out, *byte));
}

/// `'…'` where bytes that are not ASCII print as `\xHH`.
fn print_bytes_escaped(out: &mut String, text: &str, charset: &str) {
    let one_byte = charset.starts_with("latin1");
    out.push('\'');
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if c.is_ascii() || one_byte => push_byte(out, byte),
            _ => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_byte(out, byte)),
        }
    }
    out.push('\'');
}

fn push_byte(out: &mut String, byte: u8) {
    if byte.is_ascii() {
        out.push(char::from(byte));
    } else {
        let _ = write!(out, "\\x{byte:02X}");
    }
}

/// `0x…`, or `X''` for no bytes at all.
fn print_hex(out: &mut String, bytes: &[u8]) {
    if bytes.is_empty() {
        out.push_str("X''");
        return;
    }
    out.push_str("0x");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

/// All digits, the scale's zeros included.
fn print_decimal(out: &mut String, number: &BigDecimal) {
    let (digits, scale) = number.as_bigint_and_exponent();
    let start = out.len();
    let _ = write!(out, "{digits}");
    if scale <= 0 {
        if out[start..] != *"0" {
            out.extend(std::iter::repeat_n('0', scale.unsigned_abs().min(100) as usize));
        }
        return;
    }
    let scale = scale as usize;
    let first_digit = start + usize::from(out[start..].starts_with('-'));
    let missing = (scale + 1).saturating_sub(out.len() - first_digit);
    if missing > 0 {
        out.insert_str(first_digit, &"0".repeat(missing));
    }
    out.insert(out.len() - scale, '.');
}

/// Shortest digits that read back as the same number; an exponent where the number is very large or small.
fn print_double(out: &mut String, number: f64) {
    if number == 0.0 {
        out.push('0');
        return;
    }
    let exponent = number.abs().log10().floor();
    let _ = if (-15.0..15.0).contains(&exponent) { write!(out, "{number}") } else { write!(out, "{number:e}") };
}

fn print_date(out: &mut String, date: &Temporal) -> std::fmt::Result {
    write!(out, "{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

fn print_time(out: &mut String, time: &Temporal) -> std::fmt::Result {
    if time.negative {
        out.push('-');
    }
    write!(out, "{:02}:{:02}:{:02}", time.hour, time.minute, time.second)?;
    if time.decimals > 0 {
        let decimals = usize::from(time.decimals.min(6));
        let fraction = time.microsecond / 10u32.pow(6 - decimals as u32);
        write!(out, ".{fraction:0decimals$}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn text(value: Value) -> String {
        let mut out = String::new();
        print_plain(&mut out, &value, true);
        out
    }

    #[test]
    fn numbers() {
        for digits in ["1.50", "-0.001", "0.00", "0", "12345678901234567890.5", "-7"] {
            assert_eq!(text(Value::Decimal(BigDecimal::from_str(digits).unwrap())), digits);
        }
        for (number, digits) in [(1e20, "1e20"), (1.1, "1.1"), (5.0, "5"), (-0.5, "-0.5"), (1.5e-20, "1.5e-20")] {
            assert_eq!(text(Value::Double(number)), digits);
        }
    }

    #[test]
    fn strings() {
        assert_eq!(text(Value::Str("it's \\ \n".into())), "'it\\'s \\\\ \\n'");
        assert_eq!(text(Value::Str("\u{1F361}".into())), "'?'");
        assert_eq!(text(Value::Bytes([5u8, 0xab].as_slice().into())), "0x05ab");
        assert_eq!(text(Value::Bytes([].as_slice().into())), "X''");
    }

    #[test]
    fn dates() {
        let time = Temporal {
            year: 2020,
            month: 1,
            day: 1,
            hour: 10,
            minute: 0,
            second: 0,
            microsecond: 500_000,
            negative: false,
            decimals: 1,
        };
        let mut out = String::new();
        print(&mut out, &Value::DateTime(time), &LiteralForm::TypedTemporal, true);
        assert_eq!(out, "TIMESTAMP'2020-01-01 10:00:00.5'");
    }
}
