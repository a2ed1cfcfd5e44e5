//! Types of the hidden columns behind functional index parts: what CREATE TABLE … SELECT would make of the expression
//! (spec 01 §1.4), for the forms that index parts have.

use super::lexis::{any_word, name, parenthesized, string, word};
use crate::catalog::schema::{Column, same_name};
use crate::catalog::types::{CollationId, DataType, TypeKind};

/// A type, and whether it is that of an array's elements (CAST … AS … ARRAY).
pub(super) struct Typed {
    pub(super) ty: DataType,
    pub(super) is_array: bool,
}

/// Functions that give an INT.
const INT_FUNCTIONS: &[&str] = &[
    "length",
    "char_length",
    "character_length",
    "octet_length",
    "bit_length",
    "ascii",
    "ord",
    "year",
    "month",
    "day",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "hour",
    "minute",
    "second",
    "microsecond",
    "quarter",
    "week",
    "weekday",
    "weekofyear",
    "yearweek",
    "to_days",
    "locate",
    "instr",
    "position",
    "field",
    "find_in_set",
    "sign",
    "datediff",
    "json_length",
    "json_depth",
    "json_valid",
    "isnull",
    "strcmp",
    "interval",
    "period_diff",
    "timestampdiff",
    "extract",
];
/// Functions that keep the type of their string argument.
const SAME_STRING: &[&str] =
    &["lower", "lcase", "upper", "ucase", "trim", "ltrim", "rtrim", "left", "right", "substr", "substring", "reverse", "mid"];
const DOUBLE_FUNCTIONS: &[&str] =
    &["sqrt", "exp", "ln", "log", "log2", "log10", "pow", "power", "sin", "cos", "tan", "atan", "rand", "radians", "degrees"];
const SAME_TYPE: &[&str] = &["ifnull", "coalesce", "nullif", "greatest", "least", "abs"];

/// Type of an index part's expression; BIGINT where it cannot be told.
pub(super) fn type_of(expression: &str, columns: &[Column], connection: CollationId) -> Typed {
    let reader = Reader { columns, connection };
    let (ty, is_array) = reader.expression(expression.trim(), 0).unwrap_or((DataType::bigint(false), false));
    Typed { ty, is_array }
}

struct Reader<'a> {
    columns: &'a [Column],
    connection: CollationId,
}

/// Parentheses deeper than this are not looked into.
const MAX_DEPTH: usize = 40;

impl Reader<'_> {
    fn expression(&self, text: &str, depth: usize) -> Option<(DataType, bool)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let text = text.trim();
        if text.starts_with('(')
            && let Ok(("", inner)) = parenthesized(text)
        {
            return self.expression(inner, depth + 1);
        }
        if let Some((left, operator, right)) = split_binary(text) {
            return Some((self.binary(left, operator, right, depth)?, false));
        }
        self.primary(text, depth)
    }

    fn primary(&self, text: &str, depth: usize) -> Option<(DataType, bool)> {
        if let Ok(("", literal)) = string(text) {
            return Some((DataType::varchar(literal.chars().count() as u32, self.connection), false));
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Some((number_type(text), false));
        }
        if text.starts_with('_') {
            let (rest, _) = any_word(text).ok()?;
            return self.primary(rest, depth + 1);
        }
        let (rest, found) = name(text).ok()?;
        if rest.is_empty() {
            let column = self.columns.iter().find(|column| same_name(&column.name, &found))?;
            return Some((column.ty.clone(), false));
        }
        let (rest, arguments) = parenthesized(rest).ok()?;
        if !rest.is_empty() {
            return None;
        }
        self.call(&found.to_ascii_lowercase(), arguments, depth)
    }

    fn call(&self, function: &str, arguments: &str, depth: usize) -> Option<(DataType, bool)> {
        if function == "cast" {
            return self.cast(arguments);
        }
        let first = || self.expression(split_arguments(arguments).first()?, depth + 1).map(|(ty, _)| ty);
        let ty = match function {
            _ if INT_FUNCTIONS.contains(&function) => DataType::int(),
            _ if DOUBLE_FUNCTIONS.contains(&function) => DataType::double(),
            _ if SAME_STRING.contains(&function) => {
                let argument = first()?;
                let chars = match function {
                    "left" | "right" => constant_argument(arguments, 1).unwrap_or(argument.max_chars()),
                    "substr" | "substring" | "mid" => constant_argument(arguments, 2).unwrap_or(argument.max_chars()),
                    _ => argument.max_chars(),
                };
                string_of(&argument, chars.min(argument.max_chars()), self.connection)
            }
            _ if SAME_TYPE.contains(&function) => first()?,
            "concat" => {
                let types: Vec<DataType> = split_arguments(arguments)
                    .iter()
                    .map(|each| self.expression(each, depth + 1).map(|(ty, _)| ty))
                    .collect::<Option<_>>()?;
                let chars = types.iter().map(DataType::max_chars).fold(0u32, u32::saturating_add);
                let from = types.iter().find(|ty| ty.is_string())?;
                string_of(from, chars, self.connection)
            }
            "date" => DataType::plain(TypeKind::Date, 10, 0),
            "time" => DataType::plain(TypeKind::Time, 10, 0),
            "md5" => DataType::varchar(32, self.connection),
            "sha1" | "sha" => DataType::varchar(40, self.connection),
            "hex" => DataType::varchar(first()?.max_bytes().saturating_mul(2), self.connection),
            "json_unquote" | "json_extract" => {
                DataType { collation: CollationId::UTF8MB4_BIN, ..DataType::plain(TypeKind::LongBlob, u32::MAX, 0) }
            }
            "unix_timestamp" | "crc32" | "mod" | "floor" | "ceil" | "ceiling" | "round" => DataType::bigint(false),
            _ => return None,
        };
        Some((ty, false))
    }

    /// The target of CAST: after the last AS outside of parentheses.
    fn cast(&self, arguments: &str) -> Option<(DataType, bool)> {
        let target = last_as(arguments)?.trim();
        let lower = target.to_ascii_lowercase();
        let (target, is_array) = match lower.strip_suffix("array") {
            Some(head) => (target[..head.len()].trim(), true),
            None => (target, false),
        };
        for (first, unsigned) in [("unsigned", true), ("signed", false)] {
            if word(first)(target).is_ok() {
                return Some((DataType::bigint(unsigned), is_array));
            }
        }
        let mut definition = super::read_type(target)?;
        definition.kind = match definition.kind {
            TypeKind::Char => TypeKind::VarChar,
            other => other,
        };
        Some((super::resolve_type(&definition, self.connection).ok()?, is_array))
    }

    fn binary(&self, left: &str, operator: &str, right: &str, depth: usize) -> Option<DataType> {
        use crate::catalog::types::ResultClass;
        let (left, _) = self.expression(left, depth + 1)?;
        let (right, _) = self.expression(right, depth + 1)?;
        let classes = [left.result_class(), right.result_class()];
        let temporal = left.is_temporal() || right.is_temporal();
        Some(match operator {
            "=" | "<" | ">" | "<=" | ">=" | "<>" | "and" | "or" | "xor" | "like" => DataType::int(),
            "div" | "&" | "|" | "^" | "<<" | ">>" => DataType::bigint(left.unsigned || right.unsigned),
            _ if classes.contains(&ResultClass::Real) || (classes.contains(&ResultClass::Str) && !temporal) => DataType::double(),
            "/" => {
                let scale = (left.decimals + 4).min(30);
                DataType::decimal((left.integer_digits() + u32::from(scale)).min(65), scale)
            }
            _ if classes.contains(&ResultClass::Decimal) => {
                let (whole, scale) = match operator {
                    "*" => (left.integer_digits() + right.integer_digits(), left.decimals + right.decimals),
                    _ => (left.integer_digits().max(right.integer_digits()) + 1, left.decimals.max(right.decimals)),
                };
                DataType::decimal((whole + u32::from(scale)).min(65), scale.min(30))
            }
            _ => DataType::bigint(left.unsigned || right.unsigned),
        })
    }
}

fn number_type(text: &str) -> DataType {
    match text.split_once('.') {
        _ if text.contains(['e', 'E']) => DataType::double(),
        Some((whole, fraction)) => DataType::decimal((whole.len() + fraction.len()) as u32, fraction.len().min(30) as u8),
        None => DataType::plain(TypeKind::BigInt, text.len() as u32, 0),
    }
}

fn string_of(from: &DataType, chars: u32, connection: CollationId) -> DataType {
    let collation = if from.is_string() { from.collation } else { connection };
    DataType::varchar(chars, collation)
}

fn constant_argument(arguments: &str, place: usize) -> Option<u32> {
    split_arguments(arguments).get(place)?.trim().parse().ok()
}

/// Walks over a text outside of quotes and parentheses; `visit` gets the byte position and the rest, and stops it by true.
fn outside(text: &str, mut visit: impl FnMut(usize, &str) -> bool) {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let quoted = if rest.starts_with(['\'', '"']) { string(rest).ok().map(|(after, _)| after) } else { None };
        let named = if rest.starts_with('`') { name(rest).ok().map(|(after, _)| after) } else { None };
        let grouped = if rest.starts_with('(') { parenthesized(rest).ok().map(|(after, _)| after) } else { None };
        if let Some(after) = quoted.or(named).or(grouped) {
            at = text.len() - after.len();
            continue;
        }
        if visit(at, rest) {
            return;
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
}

fn split_arguments(text: &str) -> Vec<&str> {
    let (mut arguments, mut start) = (Vec::new(), 0);
    outside(text, |at, rest| {
        if rest.starts_with(',') {
            arguments.push(&text[start..at]);
            start = at + 1;
        }
        false
    });
    arguments.push(&text[start..]);
    arguments
}

fn last_as(text: &str) -> Option<&str> {
    let mut found = None;
    outside(text, |at, rest| {
        let at_word = at == 0 || text[..at].ends_with([' ', ')', '`', '\'']);
        if at_word && word("as")(rest).is_ok() {
            found = Some(&text[at + 2..]);
        }
        false
    });
    found
}

/// The first operator outside of parentheses: printed expressions hold one a level.
fn split_binary(text: &str) -> Option<(&str, &'static str, &str)> {
    const OPERATORS: &[&str] =
        &["<=", ">=", "<>", "<<", ">>", "+", "-", "*", "/", "%", "=", "<", ">", "&", "|", "^", "div", "and", "or", "xor", "like"];
    let mut found = None;
    outside(text, |at, rest| {
        let operator = OPERATORS.iter().find(|operator| {
            if operator.starts_with(|c: char| c.is_ascii_alphabetic()) {
                text[..at].ends_with([' ', ')', '`']) && word(operator)(rest).is_ok()
            } else {
                rest.starts_with(**operator)
            }
        });
        match operator {
            Some(operator) if at > 0 => {
                found = Some((&text[..at], *operator, &text[at + operator.len()..]));
                true
            }
            _ => false,
        }
    });
    found
}
