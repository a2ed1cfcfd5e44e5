//! Histograms as ANALYZE TABLE … UPDATE HISTOGRAM builds them (spec 01 §7.3), from all rows.

use super::held::HeldTable;
use myexplain::catalog::{ColumnNo, DataType, Table, TypeKind, collation};
use myexplain::value::Value;
use myexplain::value::compare::{enum_index, set_bits};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// Buckets if nobody says how many.
pub const DEFAULT_BUCKETS: usize = 100;

/// Characters of a text that a histogram looks at.
const CHARACTERS: u32 = 42;

/// The `data-type` of a column's histogram; none if the server refuses one.
fn data_type(ty: &DataType) -> Option<&'static str> {
    Some(match ty.kind {
        TypeKind::BigInt if ty.unsigned => "uint",
        TypeKind::TinyInt
        | TypeKind::SmallInt
        | TypeKind::MediumInt
        | TypeKind::Int
        | TypeKind::BigInt
        | TypeKind::Year
        | TypeKind::Bit => "int",
        TypeKind::Decimal => "decimal",
        TypeKind::Float | TypeKind::Double => "double",
        TypeKind::Date => "date",
        TypeKind::Time => "time",
        TypeKind::DateTime | TypeKind::Timestamp => "datetime",
        TypeKind::Enum => "enum",
        TypeKind::Set => "set",
        TypeKind::Json | TypeKind::Geometry | TypeKind::Null => return None,
        _ => "string",
    })
}

/// The histogram of a column as a line of `column_statistics.jsonl`.
pub fn histogram_line(held: &HeldTable, column: ColumnNo, buckets: usize, last_updated: &str) -> Result<String, String> {
    let table = &*held.table;
    let definition = &table.columns[column as usize];
    let ty = &definition.ty;
    let place = || format!("{}.{}", table.name, definition.name);
    let data_type = data_type(ty).ok_or_else(|| format!("{}: the server makes no histogram of this type", place()))?;
    if is_unique_alone(table, column) {
        return Err(format!("{}: the server makes no histogram of a column with a unique index of its own", place()));
    }
    let prefix = (data_type == "string").then_some(CHARACTERS);
    let order = held.order(column, prefix).ok_or_else(|| format!("{}: not sorted", place()))?;
    let mut counts = vec![0u64; order.values.len()];
    let mut nulls = 0u64;
    for rank in &order.ranks {
        match rank.checked_sub(1) {
            Some(at) => counts[at as usize] += 1,
            None => nulls += 1,
        }
    }
    let total = order.ranks.len() as f64;
    let singleton = buckets >= counts.len();
    let values: Vec<Json> = order.values.iter().map(|value| json_value(value, ty)).collect();
    let made: Vec<Json> = if singleton {
        let mut cumulative = 0;
        let bucket = |(value, count): (&Json, &u64)| {
            cumulative += count;
            json!([value, cumulative as f64 / total])
        };
        values.iter().zip(&counts).map(bucket).collect()
    } else {
        equi_height(&counts, buckets)
            .into_iter()
            .map(|bucket| json!([values[bucket.first], values[bucket.last], bucket.cumulative as f64 / total, bucket.distinct]))
            .collect()
    };
    let collation = if ty.is_string() { ty.collation.0 } else { 8 };
    let histogram = json!({
        "buckets": made,
        "data-type": data_type,
        "null-values": if total > 0.0 { nulls as f64 / total } else { 0.0 },
        "collation-id": collation,
        "last-updated": last_updated,
        "sampling-rate": 1.0,
        "histogram-type": if singleton { "singleton" } else { "equi-height" },
        "number-of-buckets-specified": buckets,
    });
    let line = json!({
        "schema_name": &*table.schema, "table_name": &*table.name, "column_name": &*definition.name, "histogram": histogram,
    });
    let mut text = line.to_string();
    text.push('\n');
    Ok(text)
}

/// Columns and prefixes whose order a histogram needs.
pub fn needed_order(table: &Table, column: ColumnNo) -> Option<u32> {
    let ty = &table.columns[column as usize].ty;
    (data_type(ty) == Some("string")).then_some(CHARACTERS)
}

fn is_unique_alone(table: &Table, column: ColumnNo) -> bool {
    let alone = |index: &myexplain::catalog::Index| {
        index.unique
            && index.visible
            && index.user_parts == 1
            && index.parts[0].column == column
            && index.parts[0].prefix_chars.is_none()
    };
    table.indexes.iter().any(alone)
}

struct Bucket {
    first: usize,
    last: usize,
    cumulative: u64,
    distinct: u64,
}

/// Cuts sorted values with their counts into at most `buckets` buckets.
fn equi_height(counts: &[u64], buckets: usize) -> Vec<Bucket> {
    let capacity = capacity(counts, buckets);
    let mut made: Vec<Bucket> = Vec::new();
    let (mut cumulative, mut inside, mut first) = (0, 0, 0);
    for (at, count) in counts.iter().enumerate() {
        cumulative += count;
        inside += count;
        let remaining = counts.len() - at - 1;
        let empty = buckets - made.len() - 1;
        if remaining > empty && counts.get(at + 1).is_some_and(|next| inside + next <= capacity) {
            continue;
        }
        made.push(Bucket { first, last: at, cumulative, distinct: (at - first + 1) as u64 });
        (inside, first) = (0, at + 1);
    }
    made
}

/// Rows that a bucket may hold: ten steps of a binary search for the least that needs no more buckets than allowed.
fn capacity(counts: &[u64], buckets: usize) -> u64 {
    let total: u64 = counts.iter().sum();
    if buckets == 1 {
        return total;
    }
    let fits = |capacity: u64| {
        let (mut used, mut inside) = (1, 0);
        for count in counts {
            if inside > 0 && inside + count > capacity {
                (used, inside) = (used + 1, 0);
            }
            inside += count;
            if used > buckets {
                return false;
            }
        }
        true
    };
    let (mut low, mut high) = (0, 2 * total / (buckets as u64 - 1) + 1);
    for _ in 0..10 {
        if high <= low + 1 {
            break;
        }
        let middle = (high + low) / 2;
        if fits(middle) { high = middle } else { low = middle }
    }
    high
}

fn json_value(value: &Value, ty: &DataType) -> Json {
    match (value, ty.kind) {
        (Value::Int(number), _) => json!(number),
        (Value::UInt(number), _) => json!(number),
        (Value::Double(number), _) => json!(number),
        (Value::Decimal(number), _) => serde_json::from_str(&number.to_plain_string()).unwrap_or(Json::Null),
        (Value::Date(time), _) => json!(format!("{:04}-{:02}-{:02}", time.year, time.month, time.day)),
        (Value::DateTime(time), _) => json!(format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
            time.year, time.month, time.day, time.hour, time.minute, time.second, time.microsecond
        )),
        (Value::Time(time), _) => {
            let sign = if time.negative { "-" } else { "" };
            json!(format!("{sign}{:02}:{:02}:{:02}.{:06}", time.hour, time.minute, time.second, time.microsecond))
        }
        (Value::Str(text), TypeKind::Enum) => json!(enum_index(ty, text)),
        (Value::Str(text), TypeKind::Set) => json!(set_bits(ty, text).unwrap_or(0)),
        (Value::Str(text) | Value::Json(text), _) => json!(base64_text(&collation::encode(ty.collation, text))),
        (Value::Bytes(bytes), _) => json!(base64_text(bytes)),
        (Value::Null, _) => Json::Null,
    }
}

/// `base64:type254:` and the encoded bytes.
pub(crate) fn base64_text(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::from("base64:type254:");
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                let _ = out.write_char(LETTERS[(number >> (18 - 6 * place) & 63) as usize] as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_about_the_same() {
        // One heavy value gets a bucket of its own.
        let counts = [1, 1, 1, 1, 20, 1, 1, 1, 1, 1];
        let buckets = equi_height(&counts, 4);
        let cuts: Vec<(usize, usize, u64)> = buckets.iter().map(|b| (b.first, b.last, b.cumulative)).collect();
        assert!(buckets.len() <= 4, "{cuts:?}");
        assert!(cuts.contains(&(4, 4, 24)), "{cuts:?}");
        assert_eq!(cuts.last().map(|cut| cut.2), Some(29));
    }

    #[test]
    fn base64_as_the_server_writes_it() {
        assert_eq!(base64_text(b"Acton"), "base64:type254:QWN0b24=");
        assert_eq!(base64_text(b"ab"), "base64:type254:YWI=");
        assert_eq!(base64_text(b"abc"), "base64:type254:YWJj");
    }
}
