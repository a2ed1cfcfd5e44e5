//! Numbers: reading them from text, rounding, printing (spec 02 §4.8, 03 §2.4, 08 §9.3).

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive, Zero};
use std::str::FromStr;

/// Digits that an exact number may have.
pub const MAX_DECIMAL_DIGITS: i64 = 65;
/// Decimals that an exact number may have.
pub const MAX_DECIMAL_SCALE: i64 = 30;

/// The number that a text begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadNumber<T> {
    /// Its value; zero if the text begins with no number.
    pub value: T,
    /// True if nothing but blanks follows (and there was a number).
    pub whole: bool,
}

/// Length in bytes of the number that `text` begins with, after blanks: (start, end of digits and point, end with exponent).
fn number_extent(text: &str) -> (usize, usize, usize) {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let after_sign = start + usize::from(matches!(bytes.get(start), Some(b'+' | b'-')));
    let integer_end = digits(after_sign);
    let mut end = integer_end;
    let mut any_digit = integer_end > after_sign;
    if bytes.get(end) == Some(&b'.') {
        let fraction_end = digits(end + 1);
        any_digit |= fraction_end > end + 1;
        end = fraction_end;
    }
    if !any_digit {
        return (start, start, start);
    }
    let mut with_exponent = end;
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent_end = digits(end + 1 + sign);
        if exponent_end > end + 1 + sign {
            with_exponent = exponent_end;
        }
    }
    (start, end, with_exponent)
}

fn only_blanks(rest: &str) -> bool {
    rest.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// The approximate number that a text begins with.
pub fn read_double(text: &str) -> ReadNumber<f64> {
    let (start, _, end) = number_extent(text);
    if start == end {
        return ReadNumber { value: 0.0, whole: false };
    }
    let value: f64 = text[start..end].parse().unwrap_or(0.0);
    let clamped = value.clamp(f64::MIN, f64::MAX);
    ReadNumber { value: clamped, whole: only_blanks(&text[end..]) && clamped == value }
}

/// The exact number that a text begins with, cut to what DECIMAL(65,30) holds.
pub fn read_decimal(text: &str) -> ReadNumber<BigDecimal> {
    let (start, _, end) = number_extent(text);
    if start == end {
        return ReadNumber { value: BigDecimal::zero(), whole: false };
    }
    let digits = text[start..end].trim_end_matches('.').replace(".e", "e").replace(".E", "E");
    let exponent = digits.find(['e', 'E']).and_then(|at| digits[at + 1..].parse::<i64>().ok()).unwrap_or(0);
    if exponent.abs() > 400 {
        return ReadNumber { value: BigDecimal::zero(), whole: false };
    }
    match BigDecimal::from_str(&digits) {
        Ok(value) => {
            let (value, exact) = limit_decimal(value);
            ReadNumber { value, whole: exact && only_blanks(&text[end..]) }
        }
        Err(_) => ReadNumber { value: BigDecimal::zero(), whole: false },
    }
}

/// The integer that a text begins with, digits only (`CAST('5.6' AS SIGNED)` is 5), saturated to 64 bits.
pub fn read_integer(text: &str) -> ReadNumber<i128> {
    let (start, end, _) = number_extent(text);
    let digits = &text[start..end];
    let integer_end = start + digits.find('.').unwrap_or(digits.len());
    let value: i128 = match text[start..integer_end].parse() {
        Ok(value) => value,
        Err(_) if integer_end <= start + 1 => return ReadNumber { value: 0, whole: false },
        Err(_) if text[start..].starts_with('-') => i128::from(i64::MIN),
        Err(_) => i128::from(u64::MAX),
    };
    let clamped = value.clamp(i128::from(i64::MIN), i128::from(u64::MAX));
    ReadNumber { value: clamped, whole: clamped == value && only_blanks(&text[integer_end..]) }
}

/// Brings a number into DECIMAL(65,30): decimals beyond are cut, digits beyond give the largest number. False if it changed.
pub fn limit_decimal(value: BigDecimal) -> (BigDecimal, bool) {
    let scale = value.fractional_digit_count();
    let value = if scale < 0 { value.with_scale(0) } else { value };
    let integer_digits = decimal_digits(&value) - value.fractional_digit_count();
    if integer_digits > MAX_DECIMAL_DIGITS {
        let nines = BigDecimal::from(BigInt::from(10).pow(MAX_DECIMAL_DIGITS as u32) - BigInt::from(1));
        return (if is_negative(&value) { -nines } else { nines }, false);
    }
    let room = (MAX_DECIMAL_DIGITS - integer_digits.max(0)).min(MAX_DECIMAL_SCALE);
    if value.fractional_digit_count() > room {
        let cut = value.with_scale_round(room, RoundingMode::HalfUp);
        return (cut, false);
    }
    (value, true)
}

/// Digits of an exact number, without sign and leading zeros.
pub fn decimal_digits(value: &BigDecimal) -> i64 {
    value.digits() as i64
}

/// True for numbers below zero.
pub fn is_negative(value: &BigDecimal) -> bool {
    value.sign() == bigdecimal::num_bigint::Sign::Minus
}

/// An exact number as text: all its decimals, no exponent.
pub fn print_decimal(value: &BigDecimal) -> String {
    let text = value.to_plain_string();
    if text.starts_with('-') && value.is_zero() { text[1..].to_owned() } else { text }
}

/// Rounds half away from zero to `scale` decimals (which may be negative).
pub fn round_decimal(value: &BigDecimal, scale: i64) -> BigDecimal {
    let rounded = value.with_scale_round(scale, RoundingMode::HalfUp);
    if scale < 0 { rounded.with_scale(0) } else { rounded }
}

/// Cuts toward zero to `scale` decimals (which may be negative).
pub fn truncate_decimal(value: &BigDecimal, scale: i64) -> BigDecimal {
    let cut = value.with_scale_round(scale, RoundingMode::Down);
    if scale < 0 { cut.with_scale(0) } else { cut }
}

/// The double nearest to an exact number, read from its digits as the server does.
pub fn decimal_to_double(value: &BigDecimal) -> f64 {
    print_decimal(value).parse().ok().or_else(|| value.to_f64()).unwrap_or(0.0)
}

/// The exact number with the shortest digits that give the double back; none for infinities. False: cut to DECIMAL(65,30).
pub fn double_to_decimal(value: f64) -> Option<(BigDecimal, bool)> {
    if !value.is_finite() {
        return None;
    }
    BigDecimal::from_str(&format!("{value:e}")).ok().map(limit_decimal)
}

/// Rounds half away from zero to an integer of at most 128 bits; none if it is larger.
pub fn decimal_to_integer(value: &BigDecimal) -> Option<i128> {
    round_decimal(value, 0).to_i128()
}

/// Rounds half to even, as doubles are brought to integers.
pub fn double_to_integer(value: f64) -> Option<i128> {
    let rounded = value.round_ties_even();
    (rounded.abs() < 1e38).then_some(rounded as i128)
}

/// Places of the point before or behind the digits up to which no exponent is printed.
const MAX_PLACES_WITHOUT_EXPONENT: i32 = 15;

/// Prints digits `d1d2…` of the number 0.d1d2… × 10^`point`.
fn print_digits(negative: bool, digits: &str, point: i32) -> String {
    let digits = digits.trim_end_matches('0');
    let mut text = String::with_capacity(24);
    if digits.is_empty() {
        return "0".to_owned();
    }
    if negative {
        text.push('-');
    }
    let count = digits.len() as i32;
    if !(-MAX_PLACES_WITHOUT_EXPONENT + 1..=MAX_PLACES_WITHOUT_EXPONENT).contains(&point) {
        text.push_str(&digits[..1]);
        if count > 1 {
            text.push('.');
            text.push_str(&digits[1..]);
        }
        text.push('e');
        text.push_str(&(point - 1).to_string());
    } else if point <= 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', -point as usize));
        text.push_str(digits);
    } else if count <= point {
        text.push_str(digits);
        text.extend(std::iter::repeat_n('0', (point - count) as usize));
    } else {
        text.push_str(&digits[..point as usize]);
        text.push('.');
        text.push_str(&digits[point as usize..]);
    }
    text
}

fn print_scientific(scientific: &str) -> String {
    let negative = scientific.starts_with('-');
    let (mantissa, exponent) = scientific.trim_start_matches('-').split_once('e').unwrap_or((scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    print_digits(negative, &digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

/// A double as the server prints it where the number of decimals is not fixed: the shortest digits that give it back.
pub fn print_double(value: f64) -> String {
    if value.is_finite() { print_scientific(&format!("{value:e}")) } else { "0".to_owned() }
}

/// A FLOAT column's value: six significant digits.
pub fn print_float(value: f64) -> String {
    if value.is_finite() { print_scientific(&format!("{value:.5e}")) } else { "0".to_owned() }
}

/// A double with a fixed number of decimals.
pub fn print_double_fixed(value: f64, decimals: u8) -> String {
    format!("{value:.*}", decimals as usize)
}

/// Rounds a double to `decimals` places (which may be negative): half away from zero, or cut.
pub fn round_double(value: f64, decimals: i64, cut: bool) -> f64 {
    let power = 10f64.powi(decimals.unsigned_abs().min(400) as i32);
    let (scaled, back): (f64, Box<dyn Fn(f64) -> f64>) =
        if decimals >= 0 { (value * power, Box::new(move |x| x / power)) } else { (value / power, Box::new(move |x| x * power)) };
    if decimals < 0 && power.is_infinite() {
        return 0.0;
    }
    if !scaled.is_finite() {
        return value;
    }
    back(if cut { scaled.trunc() } else { scaled.round_ties_even() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_with_their_shortest_digits() {
        for (value, text) in [
            (1e20, "1e20"),
            (1.1, "1.1"),
            (1e14, "100000000000000"),
            (1e15, "1e15"),
            (-5.0, "-5"),
            (0.0, "0"),
            (0.001, "0.001"),
            (1.2300000190734863, "1.2300000190734863"),
            (1.5e-20, "1.5e-20"),
        ] {
            assert_eq!(print_double(value), text);
        }
        assert_eq!(print_float(0.1f32 as f64), "0.1");
    }

    #[test]
    fn text_gives_its_leading_number() {
        assert_eq!(read_double(" 5x"), ReadNumber { value: 5.0, whole: false });
        assert_eq!(read_double("-1.5e2 "), ReadNumber { value: -150.0, whole: true });
        assert_eq!(read_double("abc"), ReadNumber { value: 0.0, whole: false });
        assert_eq!(read_integer("5.6").value, 5);
        assert!(!read_integer("").whole);
        assert_eq!(print_decimal(&read_decimal("12.50").value), "12.50");
        assert_eq!(print_decimal(&read_decimal("1e3").value), "1000");
    }

    #[test]
    fn rounding_goes_away_from_zero() {
        let half = |text: &str| read_decimal(text).value;
        assert_eq!(decimal_to_integer(&half("2.5")), Some(3));
        assert_eq!(decimal_to_integer(&half("-2.5")), Some(-3));
        assert_eq!(double_to_integer(2.5), Some(2));
        assert_eq!(print_decimal(&truncate_decimal(&half("-1.239"), 2)), "-1.23");
    }
}
