//! A histogram that nobody made.
//!
//! Where the column has one, its values are put into the wanted number of buckets. Else what is known of single values makes one:
//! the members of an ENUM.

use crate::catalog::histogram::{Buckets, EquiHeightBucket, Histogram, HistogramValues};
use crate::catalog::{ColumnNo, Statistics, Table, TypeKind};
use crate::value::Value;

/// Makes the histogram, and tells how.
pub(super) fn derive(
    facts: &dyn Statistics,
    table: &Table,
    column: ColumnNo,
    buckets: u32,
) -> Result<(Histogram, Vec<String>), String> {
    let definition = &table.columns[column as usize];
    refuse_unsupported(table, column)?;
    if let Some(known) = facts.histogram(table, column) {
        let made = rebucketed(known, buckets as usize);
        let count = match &made.buckets {
            Buckets::Singleton(buckets) => buckets.len(),
            Buckets::EquiHeight(buckets) => buckets.len(),
        };
        return Ok((made, vec![format!("{count} buckets from the histogram that is there")]));
    }
    if definition.ty.kind == TypeKind::Enum {
        return Ok(of_members(table, column));
    }
    Err(format!(
        "nothing tells which values '{}' holds: capture its histogram (ANALYZE TABLE {} UPDATE HISTOGRAM ON {} on the server)",
        definition.name, table.name, definition.name
    ))
}

/// What the server makes no histogram of (spec 01 §7.1).
fn refuse_unsupported(table: &Table, column: ColumnNo) -> Result<(), String> {
    let definition = &table.columns[column as usize];
    if matches!(definition.ty.kind, TypeKind::Json | TypeKind::Geometry) {
        return Err(format!("The column '{}' has an unsupported data type.", definition.name));
    }
    let alone = |index: &crate::catalog::Index| {
        index.unique
            && index.visible
            && index.user_parts == 1
            && index.parts[0].column == column
            && index.parts[0].prefix_chars.is_none()
    };
    if table.indexes.iter().any(alone) {
        return Err(format!("The column '{}' is covered by a single-part unique index.", definition.name));
    }
    Ok(())
}

/// Every member as frequent as any other.
fn of_members(table: &Table, column: ColumnNo) -> (Histogram, Vec<String>) {
    let definition = &table.columns[column as usize];
    let members = definition.ty.member_count().max(1);
    let share = 1.0 / members as f64;
    let buckets = (1..=members).map(|no| (Value::Int(no as i64), (share * no as f64).min(1.0))).collect();
    let histogram = Histogram {
        buckets: Buckets::Singleton(buckets),
        null_share: 0.0,
        values: HistogramValues::Enum,
        collation: definition.ty.collation,
        sampling_rate: 1.0,
    };
    (
        histogram,
        vec![format!("{members} buckets: the members of the ENUM, each as frequent as the others (a guess); no NULL (a guess)")],
    )
}

/// The same values in at most `wanted` buckets.
fn rebucketed(known: &Histogram, wanted: usize) -> Histogram {
    let wanted = wanted.max(1);
    let buckets = match &known.buckets {
        Buckets::Singleton(values) if values.len() <= wanted => known.buckets.clone(),
        Buckets::Singleton(values) => {
            let single = |(value, cumulative): &(Value, f64)| EquiHeightBucket {
                low: value.clone(),
                high: value.clone(),
                cumulative_share: *cumulative,
                distinct: 1,
            };
            Buckets::EquiHeight(joined(values.iter().map(single).collect(), wanted))
        }
        Buckets::EquiHeight(buckets) => Buckets::EquiHeight(joined(buckets.clone(), wanted)),
    };
    Histogram { buckets, ..known.clone() }
}

/// Neighbouring buckets joined until there are at most `wanted`, each of about the same share.
fn joined(buckets: Vec<EquiHeightBucket>, wanted: usize) -> Vec<EquiHeightBucket> {
    if buckets.len() <= wanted {
        return buckets;
    }
    let total = buckets.last().map_or(1.0, |bucket| bucket.cumulative_share);
    let mut made: Vec<EquiHeightBucket> = Vec::with_capacity(wanted);
    let mut open: Option<EquiHeightBucket> = None;
    let count = buckets.len();
    for (no, bucket) in buckets.into_iter().enumerate() {
        let merged = match open.take() {
            None => bucket,
            Some(before) => EquiHeightBucket { low: before.low, distinct: before.distinct + bucket.distinct, ..bucket },
        };
        let full = merged.cumulative_share >= total * (made.len() + 1) as f64 / wanted as f64 - 1e-12;
        if (full && made.len() + 1 < wanted) || no + 1 == count { made.push(merged) } else { open = Some(merged) }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(low: i64, high: i64, cumulative_share: f64) -> EquiHeightBucket {
        EquiHeightBucket { low: Value::Int(low), high: Value::Int(high), cumulative_share, distinct: (high - low + 1) as u64 }
    }

    #[test]
    fn buckets_join_to_about_equal_shares() {
        let ten: Vec<_> = (0..10).map(|no| bucket(no * 10, no * 10 + 9, (no + 1) as f64 / 10.0)).collect();
        let made = joined(ten, 4);
        assert_eq!(made.len(), 4);
        assert_eq!(made.iter().map(|bucket| bucket.distinct).sum::<u64>(), 100);
        assert_eq!((&made[0].low, &made[3].high), (&Value::Int(0), &Value::Int(99)));
        assert_eq!(made[3].cumulative_share, 1.0);
    }
}
