//! MEMBER OF, JSON_CONTAINS and JSON_OVERLAPS on multi-valued indexes (spec 03 §2.7).

use super::convert;
use super::key_value::KeyValue;
use super::predicate::Builder;
use super::setup::Part;
use super::tree_and_or::Tree;
use crate::catalog::ColumnNo;
use crate::query::{Expr, ExprId};
use crate::value::Value;
use std::cmp::Ordering;

/// `value MEMBER OF (array)`.
pub fn member_of(builder: &mut Builder<'_, '_>, args: &[ExprId]) -> Option<Tree> {
    let [value, array] = args else { return None };
    let column = array_column(builder, *array)?;
    let value = builder.evaluate(*value).ok()??;
    let element = match &value {
        Value::Json(text) => scalar(&serde_json::from_str(text).ok()?)?,
        Value::Null => return None,
        other => other.clone(),
    };
    points(builder, column, vec![element])
}

/// `JSON_CONTAINS(array, document)`.
pub fn contains(builder: &mut Builder<'_, '_>, args: &[ExprId]) -> Option<Tree> {
    let [array, document] = args else { return None };
    let column = array_column(builder, *array)?;
    elements(builder, column, *document)
}

/// `JSON_OVERLAPS(array, document)` in either order.
pub fn overlaps(builder: &mut Builder<'_, '_>, args: &[ExprId]) -> Option<Tree> {
    let [a, b] = args else { return None };
    match (array_column(builder, *a), array_column(builder, *b)) {
        (Some(column), _) => elements(builder, column, *b),
        (_, Some(column)) => elements(builder, column, *a),
        _ => None,
    }
}

fn array_column(builder: &Builder<'_, '_>, id: ExprId) -> Option<ColumnNo> {
    let setup = builder.setup();
    match &setup.query.exprs[id] {
        Expr::Column { table, column } if *table == setup.table_id => {
            let generated = setup.table.columns.get(*column as usize)?.generated.as_ref()?;
            generated.is_array.then_some(*column)
        }
        _ => None,
    }
}

/// A JSON scalar as an SQL value; none for JSON null.
fn scalar(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
        serde_json::Value::Bool(truth) => Value::Int(i64::from(*truth)),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::Int(integer),
            (_, Some(integer)) => Value::UInt(integer),
            _ => Value::Double(number.as_f64()?),
        },
        serde_json::Value::String(text) => Value::Str(text.as_str().into()),
    })
}

fn elements(builder: &mut Builder<'_, '_>, column: ColumnNo, document: ExprId) -> Option<Tree> {
    let document = builder.evaluate(document).ok()??;
    let json: serde_json::Value = serde_json::from_str(&convert::text_of(&document)).ok()?;
    let values = match &json {
        serde_json::Value::Array(items) => items.iter().filter_map(scalar).collect(),
        other => vec![scalar(other)?],
    };
    points(builder, column, values)
}

fn points(builder: &mut Builder<'_, '_>, column: ColumnNo, values: Vec<Value>) -> Option<Tree> {
    let setup = builder.setup();
    let part: &Part = setup.indexes.iter().flat_map(|index| &index.parts).find(|part| part.column == column)?;
    let mut keys: Vec<KeyValue> = values.iter().map(|value| convert::store(part, value, setup.ctx.settings).key).collect();
    keys.sort_by(KeyValue::compare);
    keys.dedup_by(|a, b| a.compare(b) == Ordering::Equal);
    builder.points(column, keys)
}
