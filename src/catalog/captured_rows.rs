//! Captured rows by unique key. Keys compare as the index does: numbers by value, text by collation, dates by time.

use super::captured::CapturedRow;
use super::schema::{Column, IndexNo, Table};
use super::statistics::ConstRow;
use super::stored_value;
use super::types::{DataType, ResultClass};
use crate::value::{Temporal, Value};
use bigdecimal::BigDecimal;
use std::collections::BTreeMap;

/// Looks a row up. If the very key was not captured, a row that was captured by another key of the table may answer too.
pub(super) fn find(rows: &[CapturedRow], table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
    let Some(index_no) = index else {
        let only = rows.iter().find(|row| row.index.is_none());
        return only.map_or(ConstRow::Unknown, answer);
    };
    let Some(definition) = table.indexes.get(index_no as usize) else { return ConstRow::Unknown };
    let columns: Vec<&Column> =
        definition.parts.iter().take(key.len()).filter_map(|part| table.columns.get(part.column as usize)).collect();
    if columns.len() != key.len() {
        return ConstRow::Unknown;
    }
    let wanted: Vec<KeyForm> = key.iter().zip(&columns).map(|(value, column)| key_form(value, &column.ty)).collect();
    let same = |values: &mut dyn Iterator<Item = &Value>| {
        let mut matching = 0;
        for ((value, column), wanted) in values.zip(&columns).zip(&wanted) {
            if key_form(value, &column.ty) != *wanted {
                return false;
            }
            matching += 1;
        }
        matching == wanted.len()
    };
    if let Some(row) = rows.iter().find(|row| row.index == index && row.key.len() == key.len() && same(&mut row.key.iter())) {
        return answer(row);
    }
    let by_other_key = rows.iter().filter_map(|row| row.row.as_ref()).find(|row| {
        let mut values = definition.parts.iter().take(key.len()).filter_map(|part| row.get(&part.column));
        same(&mut values)
    });
    by_other_key.map_or(ConstRow::Unknown, |row| ConstRow::Found(row.clone()))
}

fn answer(row: &CapturedRow) -> ConstRow {
    match &row.row {
        Some(values) => ConstRow::Found(BTreeMap::clone(values)),
        None => ConstRow::Missing,
    }
}

/// A key value in the form in which equal values are equal.
#[derive(Debug, PartialEq)]
enum KeyForm {
    Null,
    Number(BigDecimal),
    Real(f64),
    Time(i64, u64),
    Bytes(Vec<u8>),
}

fn key_form(value: &Value, ty: &DataType) -> KeyForm {
    if value.is_null() {
        return KeyForm::Null;
    }
    let text = || text_of(value);
    match ty.result_class() {
        ResultClass::Int | ResultClass::Decimal => number_of(value).map_or_else(|| by_text(&text(), ty), KeyForm::Number),
        ResultClass::Real => match value {
            Value::Double(number) => KeyForm::Real(*number),
            _ => text().trim().parse().map_or_else(|_| by_text(&text(), ty), KeyForm::Real),
        },
        _ if ty.is_temporal() => {
            let typed = match value {
                Value::Str(text) => stored_value::value_of_text(ty, text),
                other => other.clone(),
            };
            match typed {
                Value::Date(time) | Value::DateTime(time) | Value::Time(time) => time_form(&time),
                _ => by_text(&text(), ty),
            }
        }
        _ => by_text(&text(), ty),
    }
}

fn time_form(time: &Temporal) -> KeyForm {
    let days = i64::from(time.year) * 372 + i64::from(time.month) * 31 + i64::from(time.day);
    let seconds = u64::from(time.hour) * 3600 + u64::from(time.minute) * 60 + u64::from(time.second);
    let micros = seconds * 1_000_000 + u64::from(time.microsecond);
    KeyForm::Time(if time.negative { -days - 1 } else { days }, micros)
}

fn number_of(value: &Value) -> Option<BigDecimal> {
    let number = match value {
        Value::Int(number) => BigDecimal::from(*number),
        Value::UInt(number) => BigDecimal::from(*number),
        Value::Decimal(number) => number.clone(),
        Value::Double(number) => BigDecimal::try_from(*number).ok()?,
        Value::Str(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(number.normalized())
}

fn by_text(text: &str, ty: &DataType) -> KeyForm {
    let mut key = Vec::new();
    super::collation::sort_key(ty.collation, text, &mut key);
    KeyForm::Bytes(key)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Decimal(number) => number.to_plain_string(),
        Value::Double(number) => number.to_string(),
        Value::Str(text) | Value::Json(text) => text.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Date(time) => format!("{:04}-{:02}-{:02}", time.year, time.month, time.day),
        Value::DateTime(time) => {
            format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time.year, time.month, time.day, time.hour, time.minute, time.second)
        }
        Value::Time(time) => format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second),
        Value::Null => String::new(),
    }
}
