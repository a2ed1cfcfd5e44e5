//! Values as captures write them: canonical text of a column's value, typed by the column (DESIGN §3).

use super::types::{DataType, TypeKind};
use crate::value::{Temporal, Value};
use std::sync::Arc;

/// The value that a column's text stands for. A text that does not fit the type stays text.
pub fn value_of_text(ty: &DataType, text: &str) -> Value {
    use TypeKind::*;
    let plain = || Value::Str(Arc::from(text));
    match ty.kind {
        TinyInt | SmallInt | MediumInt | Int | BigInt if ty.unsigned => text.parse().map(Value::UInt).unwrap_or_else(|_| plain()),
        TinyInt | SmallInt | MediumInt | Int | BigInt | Year => text.parse().map(Value::Int).unwrap_or_else(|_| plain()),
        Decimal => text.parse().map(Value::Decimal).unwrap_or_else(|_| plain()),
        Float | Double => text.parse().map(Value::Double).unwrap_or_else(|_| plain()),
        Bit => bit_value(text),
        Date => date_time(text).map(Value::Date).unwrap_or_else(plain),
        DateTime | Timestamp => {
            date_time(text).map(|value| Value::DateTime(Temporal { decimals: ty.decimals.min(6), ..value })).unwrap_or_else(plain)
        }
        Time => time(text).map(|value| Value::Time(Temporal { decimals: ty.decimals.min(6), ..value })).unwrap_or_else(plain),
        Json => Value::Json(Arc::from(text)),
        Geometry => Value::Bytes(Arc::from(text.as_bytes())),
        _ if ty.is_binary_string() => Value::Bytes(Arc::from(text.as_bytes())),
        _ => plain(),
    }
}

fn bit_value(text: &str) -> Value {
    let hex = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let bits = || u64::from_str_radix(text.strip_prefix("b'")?.strip_suffix('\'')?, 2).ok();
    let bytes = || text.bytes().fold(0u64, |value, byte| value << 8 | u64::from(byte));
    Value::UInt(hex.or_else(bits).or_else(|| text.parse().ok()).unwrap_or_else(bytes))
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

fn microseconds(fraction: &str) -> Option<(u32, u8)> {
    let kept = fraction.get(..fraction.len().min(6))?;
    let value: u32 = digits(kept)?;
    Some((value * 10u32.pow(6 - kept.len() as u32), kept.len() as u8))
}

fn clock(text: &str) -> Option<(u16, u8, u8, u32, u8)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (micros, decimals) = if fraction.is_empty() { (0, 0) } else { microseconds(fraction)? };
    let mut parts = whole.split(':');
    let hour: u16 = digits(parts.next()?)?;
    let minute: u8 = digits(parts.next()?)?;
    let second: u8 = parts.next().map_or(Some(0), digits)?;
    (parts.next().is_none() && minute < 60 && second < 60).then_some((hour, minute, second, micros, decimals))
}

/// `YYYY-MM-DD[ hh:mm:ss[.ffffff]]`.
pub fn date_time(text: &str) -> Option<Temporal> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?)?, digits::<u8>(parts.next()?)?, digits::<u8>(parts.next()?)?);
    let (hour, minute, second, microsecond, decimals) = time.map_or(Some((0, 0, 0, 0, 0)), clock)?;
    let valid = parts.next().is_none() && month <= 12 && day <= 31 && hour < 24;
    let value = Temporal { year, month, day, hour, minute, second, microsecond, negative: false, decimals };
    valid.then_some(value)
}

/// `[-]hhh:mm:ss[.ffffff]`.
pub fn time(text: &str) -> Option<Temporal> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (hour, minute, second, microsecond, decimals) = clock(text)?;
    let value = Temporal { year: 0, month: 0, day: 0, hour, minute, second, microsecond, negative, decimals };
    (hour <= 838).then_some(value)
}

/// Bytes of a base64 text; blanks and line ends are skipped. None if it is malformed.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' | b'\n' | b'\r' | b' ' => continue,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_get_their_column_s_type() {
        assert_eq!(value_of_text(&DataType::int(), "42"), Value::Int(42));
        let date = value_of_text(&DataType::plain(TypeKind::Date, 10, 0), "1990-01-31");
        assert!(matches!(date, Value::Date(Temporal { year: 1990, month: 1, day: 31, .. })));
        let long = time("-838:59:59.5").unwrap();
        assert_eq!((long.hour, long.negative, long.microsecond), (838, true, 500_000));
        assert_eq!(decode_base64("QWN0b24=").unwrap(), b"Acton");
        assert_eq!(date_time("2020-13-01"), None);
    }
}
