//! The basic JSON functions.

use super::super::{Evaluator, Halt, Outcome};
use crate::query::ExprId;
use crate::value::Value;
use serde_json::Value as Json;

/// A document printed as the server prints it: a blank behind `,` and `:`.
fn print(document: &Json) -> String {
    match document {
        Json::Array(items) => format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            let members: Vec<String> =
                names.iter().map(|name| format!("{}: {}", Json::String((*name).clone()), print(&members[*name]))).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}

fn read(value: &Value) -> Option<Json> {
    serde_json::from_str(&value.to_text()?).ok()
}

fn document(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => (*number).into(),
        Value::UInt(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Json(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        other => match other.to_text() {
            Some(text) => match other {
                Value::Decimal(_) => serde_json::from_str(&text).unwrap_or(Json::Null),
                _ => Json::String(text.into_owned()),
            },
            None => Json::Null,
        },
    }
}

/// Follows a path of members and cells; None: wildcards and other forms that are not covered.
fn follow<'a>(document: &'a Json, path: &str) -> Option<Option<&'a Json>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut at = Some(document);
    while !rest.is_empty() {
        if let Some(cell) = rest.strip_prefix('[') {
            let (number, after) = cell.split_once(']')?;
            let index: usize = number.trim().parse().ok()?;
            at = match at {
                Some(Json::Array(items)) => items.get(index),
                Some(other) if index == 0 => Some(other),
                _ => None,
            };
            rest = after;
        } else if let Some(member) = rest.strip_prefix('.') {
            let (name, after) = match member.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => member.split_at(member.find(['.', '[']).unwrap_or(member.len())),
            };
            if name.contains('*') {
                return None;
            }
            at = at.and_then(|at| at.get(name));
            rest = after;
        } else {
            return None;
        }
    }
    Some(at)
}

impl Evaluator<'_> {
    pub(super) fn json_build(&mut self, name: &str, args: &[ExprId]) -> Outcome {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.value(*arg)?);
        }
        let built = if name == "json_array" {
            Json::Array(values.iter().map(document).collect())
        } else {
            let pairs = values.chunks_exact(2);
            Json::Object(pairs.map(|pair| (pair[0].to_text().unwrap_or_default().into_owned(), document(&pair[1]))).collect())
        };
        Ok(Value::Json(print(&built).into()))
    }

    pub(super) fn json_function(&mut self, name: &str, values: &[Value]) -> Option<Outcome> {
        let json = |document: &Json| Ok(Value::Json(print(document).into()));
        Some(match name {
            "json_valid" => Ok(Value::boolean(read(&values[0]).is_some())),
            "json_unquote" => match read(&values[0]) {
                Some(Json::String(text)) => Ok(Value::text(text)),
                _ => Ok(Value::text(values[0].to_text()?)),
            },
            "json_quote" => Ok(Value::text(Json::String(values[0].to_text()?.into_owned()).to_string())),
            "json_extract" if values.len() == 2 => {
                let Some(whole) = read(&values[0]) else { return Some(Err(Halt::Unknown)) };
                match follow(&whole, &values[1].to_text()?) {
                    Some(Some(found)) => json(found),
                    Some(None) => Ok(Value::Null),
                    None => Err(Halt::Unknown),
                }
            }
            "json_length" if values.len() == 1 => Ok(match read(&values[0])? {
                Json::Array(items) => Value::Int(items.len() as i64),
                Json::Object(members) => Value::Int(members.len() as i64),
                _ => Value::Int(1),
            }),
            "json_contains" if values.len() == 2 => Ok(Value::boolean(contains(&read(&values[0])?, &read(&values[1])?))),
            "member of" => {
                let whole = read(&values[1])?;
                let wanted = document(&values[0]);
                Ok(Value::boolean(match &whole {
                    Json::Array(items) => items.contains(&wanted),
                    other => *other == wanted,
                }))
            }
            _ => return None,
        })
    }
}

fn contains(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Array(items), Json::Array(parts)) => parts.iter().all(|part| items.iter().any(|item| contains(item, part))),
        (Json::Array(items), part) => items.iter().any(|item| contains(item, part)),
        (Json::Object(members), Json::Object(parts)) => {
            parts.iter().all(|(name, part)| members.get(name).is_some_and(|member| contains(member, part)))
        }
        (whole, part) => whole == part,
    }
}
