//! Functions of texts.

use super::super::comparison::collation_of;
use super::super::{Evaluator, Halt, Outcome};
use crate::catalog::CollationId;
use crate::query::ExprId;
use crate::value::{Value, compare_strings};
use std::cmp::Ordering;

/// Longest text that is made while planning.
const MOST_CHARACTERS: usize = 1 << 16;

impl Evaluator<'_> {
    pub(super) fn text_function(
        &mut self,
        name: &str,
        args: &[ExprId],
        values: &[Value],
        extra: Option<&str>,
    ) -> Option<Outcome> {
        let text = |at: usize| values.get(at).and_then(Value::to_text).unwrap_or_default();
        let integer = |at: usize| values.get(at).and_then(Value::to_integer).map_or(0, |read| read.value as i64);
        let string = |text: String| Ok(Value::text(text));
        Some(match name {
            "concat" => string(values.iter().filter_map(Value::to_text).collect()),
            "lower" => string(text(0).to_lowercase()),
            "upper" => string(text(0).to_uppercase()),
            "substr" => string(substring(&text(0), integer(1), values.get(2).map(|_| integer(2)))),
            "left" => string(text(0).chars().take(integer(1).max(0) as usize).collect()),
            "right" => {
                let (text, count) = (text(0), integer(1).max(0) as usize);
                string(text.chars().skip(text.chars().count().saturating_sub(count)).collect())
            }
            "lpad" | "rpad" => pad(&text(0), integer(1), &text(2), name == "lpad"),
            "repeat" => repeat(&text(0), integer(1)),
            "space" => repeat(" ", integer(0)),
            "replace" => string(if text(1).is_empty() { text(0).into_owned() } else { text(0).replace(&*text(1), &text(2)) }),
            "insert" => string(insert(&text(0), integer(1), integer(2), &text(3))),
            "reverse" => string(text(0).chars().rev().collect()),
            "trim" => string(trim(&text(0), values.get(1).map_or(" ", |_| "").to_owned() + &text(1), extra)),
            "ltrim" => string(text(0).trim_start_matches(' ').to_owned()),
            "rtrim" => string(text(0).trim_end_matches(' ').to_owned()),
            "quote" => string(format!("'{}'", text(0).replace('\\', "\\\\").replace('\'', "\\'"))),
            "substring_index" => string(substring_index(&text(0), &text(1), integer(2))),
            "find_in_set" => {
                let collation = self.collation(args);
                let wanted = text(0);
                let list = text(1);
                let at = if list.is_empty() {
                    None
                } else {
                    list.split(',').position(|part| compare_strings(part, &wanted, collation) == Ordering::Equal)
                };
                Ok(Value::Int(at.map_or(0, |at| at as i64 + 1)))
            }
            "locate" => {
                let from = values.get(2).map_or(1, |_| integer(2));
                Ok(Value::Int(locate(&text(0), &text(1), from, self.collation(args))))
            }
            "ascii" => Ok(Value::Int(text(0).bytes().next().map_or(0, i64::from))),
            "ord" => {
                let text = text(0);
                let first = text.chars().next().map_or(0, char::len_utf8);
                Ok(Value::Int(text.as_bytes()[..first].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))))
            }
            "length" | "bit_length" => {
                let bytes = match &values[0] {
                    Value::Bytes(bytes) => bytes.len(),
                    _ => text(0).len(),
                };
                Ok(Value::Int(bytes as i64 * if name == "length" { 1 } else { 8 }))
            }
            "char_length" => Ok(Value::Int(text(0).chars().count() as i64)),
            "strcmp" => Ok(Value::Int(compare_strings(&text(0), &text(1), self.collation(args)) as i64)),
            "hex" => string(hex(&values[0])),
            "unhex" => Ok(unhex(&text(0)).map_or(Value::Null, |bytes| Value::Bytes(bytes.into()))),
            "format" if values.len() == 2 => format_number(&values[0], integer(1)),
            _ => return None,
        })
    }

    fn collation(&self, args: &[ExprId]) -> CollationId {
        match args {
            [left, right, ..] => collation_of(self.query.exprs.facts(*left), self.query.exprs.facts(*right), &self.query.types),
            _ => self.query.types.collation,
        }
    }
}

fn substring(text: &str, position: i64, length: Option<i64>) -> String {
    let count = text.chars().count() as i64;
    let start = match position {
        0 => return String::new(),
        position if position > 0 => position - 1,
        position if position.unsigned_abs() <= count.unsigned_abs() => count + position,
        _ => return String::new(),
    };
    let length = length.unwrap_or(count).max(0);
    text.chars().skip(start as usize).take(length as usize).collect()
}

fn pad(text: &str, length: i64, padding: &str, left: bool) -> Outcome {
    let Ok(length) = usize::try_from(length) else { return Ok(Value::Null) };
    if length > MOST_CHARACTERS {
        return Err(Halt::Unknown);
    }
    let count = text.chars().count();
    if count >= length {
        return Ok(Value::text(text.chars().take(length).collect::<String>()));
    }
    if padding.is_empty() {
        return Ok(Value::text(""));
    }
    let fill: String = padding.chars().cycle().take(length - count).collect();
    Ok(Value::text(if left { fill + text } else { text.to_owned() + &fill }))
}

fn repeat(text: &str, count: i64) -> Outcome {
    let count = count.max(0) as usize;
    if text.len().saturating_mul(count) > MOST_CHARACTERS { Err(Halt::Unknown) } else { Ok(Value::text(text.repeat(count))) }
}

fn insert(text: &str, position: i64, length: i64, new: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if position < 1 || position > chars.len() as i64 {
        return text.to_owned();
    }
    let start = position as usize - 1;
    let end = if length < 0 { chars.len() } else { (start + length.min(1 << 30) as usize).min(chars.len()) };
    chars[..start].iter().chain(new.chars().collect::<Vec<_>>().iter()).chain(&chars[end..]).collect()
}

fn trim(text: &str, what: String, side: Option<&str>) -> String {
    if what.is_empty() {
        return text.to_owned();
    }
    let side = side.unwrap_or("both").to_ascii_lowercase();
    let mut text = text;
    if side != "trailing" {
        text = text.trim_start_matches(what.as_str());
    }
    if side != "leading" {
        text = text.trim_end_matches(what.as_str());
    }
    text.to_owned()
}

fn substring_index(text: &str, separator: &str, count: i64) -> String {
    if separator.is_empty() || count == 0 {
        return String::new();
    }
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count > 0 {
        text.match_indices(separator).nth(size - 1).map_or(text, |(at, _)| &text[..at]).to_owned()
    } else {
        text.rmatch_indices(separator).nth(size - 1).map_or(text, |(at, _)| &text[at + separator.len()..]).to_owned()
    }
}

fn locate(wanted: &str, text: &str, from: i64, collation: CollationId) -> i64 {
    let count = wanted.chars().count();
    let chars: Vec<char> = text.chars().collect();
    let Ok(start) = usize::try_from(from.saturating_sub(1)) else { return 0 };
    if start > chars.len() {
        return 0;
    }
    for at in start..=chars.len() {
        if at + count > chars.len() {
            break;
        }
        let part: String = chars[at..at + count].iter().collect();
        if compare_strings(&part, wanted, collation) == Ordering::Equal {
            return at as i64 + 1;
        }
    }
    0
}

fn hex(value: &Value) -> String {
    let print = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    match value {
        Value::Int(_) | Value::UInt(_) | Value::Decimal(_) | Value::Double(_) => {
            value.to_integer().map_or_else(String::new, |read| format!("{:X}", read.value as u64))
        }
        Value::Bytes(bytes) => print(bytes),
        _ => print(value.to_text().unwrap_or_default().as_bytes()),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let padded = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    padded
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

fn format_number(value: &Value, decimals: i64) -> Outcome {
    let Some(exact) = value.to_decimal() else { return Ok(Value::Null) };
    let scale = decimals.clamp(0, 30);
    let text = crate::value::number::print_decimal(&crate::value::number::round_decimal(&exact.value, scale));
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    Ok(Value::text(format!("{sign}{grouped}{fraction}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_texts() {
        assert_eq!(substring("Quadratically", 5, Some(6)), "ratica");
        assert_eq!(substring("Sakila", -3, None), "ila");
        assert_eq!(substring_index("www.mysql.com", ".", 2), "www.mysql");
        assert_eq!(substring_index("www.mysql.com", ".", -2), "mysql.com");
        assert_eq!(insert("Quadratic", 3, 4, "What"), "QuWhattic");
        assert_eq!(locate("BAR", "foobarbar", 5, CollationId::UTF8MB4_0900_AI_CI), 7);
        assert_eq!(trim("xxbarxx", "x".into(), Some("leading")), "barxx");
        assert_eq!(format_number(&Value::text("12332.123456"), 4), Ok(Value::text("12,332.1235")));
    }
}
