//! Selectivity of predicates (spec 01 §8.2 to §8.4).

use super::distance::{Point, bucket_point, order, point, share_above, share_below};
use super::{Buckets, EquiHeightBucket, Histogram, HistogramValues};
use crate::catalog::ServerVersion;
use crate::catalog::types::{CollationId, DataType};
use crate::value::Value;
use std::cmp::Ordering;

/// Predicates that a histogram can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum HistogramOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Between,
    NotBetween,
    In,
    NotIn,
    IsNull,
    IsNotNull,
}

/// No predicate is thought to keep less than this share of the rows.
const LEAST: f64 = 0.001;

impl Histogram {
    /// Share of a table's rows that satisfy `column operator constants`, in double precision, at least 0.001. None where the
    /// server falls back on its default filters.
    ///
    /// `ty` is the column's type. Each constant comes with the collation of the constant itself, not of the comparison: string
    /// histograms answer only if it is their own (spec 01 §8.2). Constants of the six comparisons are given after their
    /// conversion to the column's type; those of BETWEEN and IN as written.
    pub fn selectivity(
        &self,
        version: ServerVersion,
        ty: &DataType,
        operator: HistogramOperator,
        constants: &[(&Value, CollationId)],
    ) -> Option<f64> {
        use HistogramOperator::*;
        let share = match operator {
            IsNull => self.null_share,
            IsNotNull => 1.0 - self.null_share,
            In | NotIn => self.list(version, ty, operator == NotIn, constants)?,
            _ => {
                let points = constants.iter().map(|constant| self.constant(version, ty, operator, *constant));
                self.ranges(operator, &points.collect::<Option<Vec<Point>>>()?)?
            }
        };
        Some(share.max(LEAST))
    }

    /// Share of a table's rows where the column is, or is not, equal to one of its values that is not known while planning: as if
    /// all values were equally frequent. None for other comparisons.
    pub fn equality_with_unknown(&self, operator: HistogramOperator) -> Option<f64> {
        let distinct = Some(self.distinct_values()).filter(|distinct| *distinct > 0)?;
        let equal = self.not_null() / distinct as f64;
        let share = match operator {
            HistogramOperator::Equal => equal,
            HistogramOperator::NotEqual => self.not_null() - equal,
            _ => return None,
        };
        Some(share.max(LEAST))
    }

    fn not_null(&self) -> f64 {
        1.0 - self.null_share
    }

    fn constant(
        &self,
        version: ServerVersion,
        ty: &DataType,
        operator: HistogramOperator,
        (value, collation): (&Value, CollationId),
    ) -> Option<Point> {
        use HistogramOperator::*;
        if value.is_null() {
            return None;
        }
        if self.values == HistogramValues::Str && collation != self.collation {
            return None;
        }
        let only_equality = matches!(self.values, HistogramValues::Enum | HistogramValues::Set);
        if only_equality && !matches!(operator, Equal | NotEqual | In | NotIn) {
            return None;
        }
        let as_written = matches!(operator, Between | NotBetween | In | NotIn);
        point(version, self.values, ty, value, as_written)
    }

    fn ranges(&self, operator: HistogramOperator, points: &[Point]) -> Option<f64> {
        use HistogramOperator::*;
        let all = self.not_null();
        let first = points.first()?;
        Some(match operator {
            Equal => self.equal(first),
            NotEqual => (all - self.equal(first)).max(0.0),
            Less => self.less(first),
            LessOrEqual => (all - self.greater(first)).max(0.0),
            Greater => self.greater(first),
            GreaterOrEqual => (all - self.less(first)).max(0.0),
            Between => (all - (self.less(first) + self.greater(points.get(1)?))).max(0.0),
            NotBetween => (self.less(first) + self.greater(points.get(1)?)).min(all),
            In | NotIn | IsNull | IsNotNull => return None,
        })
    }

    fn list(&self, version: ServerVersion, ty: &DataType, negated: bool, constants: &[(&Value, CollationId)]) -> Option<f64> {
        let all = self.not_null();
        if !negated {
            let mut sum = 0.0;
            for constant in constants {
                sum += self.equal(&self.constant(version, ty, HistogramOperator::In, *constant)?);
                if sum >= all {
                    break;
                }
            }
            return Some(sum.min(all));
        }
        let mut rest = all;
        for constant in constants {
            if constant.0.is_null() {
                return Some(0.0);
            }
            rest -= self.equal(&self.constant(version, ty, HistogramOperator::NotIn, *constant)?);
            if rest <= 0.0 {
                break;
            }
        }
        Some(rest.max(0.0))
    }

    fn compare(&self, bucket: &Value, x: &Point) -> Ordering {
        bucket_point(bucket, x).map_or(Ordering::Less, |bucket| order(self.collation, &bucket, x))
    }

    /// Share of rows equal to a point.
    fn equal(&self, x: &Point) -> f64 {
        match &self.buckets {
            Buckets::Singleton(buckets) => {
                let at = buckets.partition_point(|(value, _)| self.compare(value, x) == Ordering::Less);
                match buckets.get(at) {
                    Some((value, cumulative)) if self.compare(value, x) == Ordering::Equal => {
                        cumulative - singleton_before(buckets, at)
                    }
                    _ => 0.0,
                }
            }
            Buckets::EquiHeight(buckets) => {
                let at = buckets.partition_point(|bucket| self.compare(&bucket.high, x) == Ordering::Less);
                match buckets.get(at) {
                    Some(bucket) if self.compare(&bucket.low, x) != Ordering::Greater => {
                        (bucket.cumulative_share - before(buckets, at)) / bucket.distinct as f64
                    }
                    _ => 0.0,
                }
            }
        }
    }

    /// Share of rows below a point.
    fn less(&self, x: &Point) -> f64 {
        match &self.buckets {
            Buckets::Singleton(buckets) => {
                let at = buckets.partition_point(|(value, _)| self.compare(value, x) == Ordering::Less);
                singleton_before(buckets, at)
            }
            Buckets::EquiHeight(buckets) => {
                let at = buckets.partition_point(|bucket| self.compare(&bucket.high, x) == Ordering::Less);
                let Some(bucket) = buckets.get(at) else { return self.not_null() };
                let previous = before(buckets, at);
                if self.compare(&bucket.low, x) != Ordering::Less {
                    return previous;
                }
                previous + (bucket.cumulative_share - previous) * self.within(bucket, x, share_below)
            }
        }
    }

    /// Share of rows above a point.
    fn greater(&self, x: &Point) -> f64 {
        let all = self.not_null();
        match &self.buckets {
            Buckets::Singleton(buckets) => {
                let at = buckets.partition_point(|(value, _)| self.compare(value, x) != Ordering::Greater);
                if at == 0 { all } else { all - singleton_before(buckets, at) }
            }
            Buckets::EquiHeight(buckets) => {
                let at = buckets.partition_point(|bucket| self.compare(&bucket.high, x) != Ordering::Greater);
                let Some(bucket) = buckets.get(at) else { return 0.0 };
                let own = bucket.cumulative_share - before(buckets, at);
                let rest = all - bucket.cumulative_share;
                if self.compare(&bucket.low, x) == Ordering::Greater {
                    return own + rest;
                }
                self.within(bucket, x, share_above) * own + rest
            }
        }
    }

    fn within(&self, bucket: &EquiHeightBucket, x: &Point, share: fn(CollationId, &Point, &Point, &Point) -> f64) -> f64 {
        match (bucket_point(&bucket.low, x), bucket_point(&bucket.high, x)) {
            (Some(low), Some(high)) => share(self.collation, x, &low, &high),
            _ => 0.0,
        }
    }
}

/// Cumulative share before a bucket; of all buckets if the place is behind the last.
fn singleton_before(buckets: &[(Value, f64)], place: usize) -> f64 {
    place.checked_sub(1).and_then(|previous| buckets.get(previous)).map_or(0.0, |(_, cumulative)| *cumulative)
}

fn before(buckets: &[EquiHeightBucket], place: usize) -> f64 {
    place.checked_sub(1).and_then(|previous| buckets.get(previous)).map_or(0.0, |bucket| bucket.cumulative_share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use HistogramOperator::*;

    fn six_digits(share: f64) -> String {
        format!("{share:.6}")
    }

    fn worked_example_e15() -> Histogram {
        let bucket = |low, high, cumulative_share, distinct| EquiHeightBucket {
            low: Value::Int(low),
            high: Value::Int(high),
            cumulative_share,
            distinct,
        };
        Histogram {
            buckets: Buckets::EquiHeight(vec![
                bucket(1, 82, 0.109, 82),
                bucket(83, 186, 0.16375, 104),
                bucket(187, 9000, 0.875, 900),
            ]),
            null_share: 0.125,
            values: HistogramValues::Int,
            collation: CollationId::LATIN1_SWEDISH_CI,
            sampling_rate: 1.0,
        }
    }

    #[test]
    fn equi_height_integers() {
        let histogram = worked_example_e15();
        let ty = DataType::int();
        let one = |operator, x: i64| {
            let value = Value::Int(x);
            six_digits(histogram.selectivity(ServerVersion::V8_0, &ty, operator, &[(&value, CollationId::BINARY)]).unwrap())
        };
        assert_eq!(one(Less, 100), "0.117950");
        assert_eq!(one(Greater, 100), "0.756524");
        assert_eq!(one(LessOrEqual, 100), "0.118476");
        assert_eq!(one(GreaterOrEqual, 100), "0.757050");
        assert_eq!(one(Equal, 100), "0.001000");
        assert_eq!(one(NotEqual, 100), "0.874474");
        assert_eq!(six_digits(histogram.selectivity(ServerVersion::V8_0, &ty, IsNull, &[]).unwrap()), "0.125000");
    }

    #[test]
    fn null_constants() {
        let histogram = worked_example_e15();
        let null = [(&Value::Null, CollationId::BINARY)];
        assert_eq!(histogram.selectivity(ServerVersion::V8_0, &DataType::int(), Equal, &null), None);
        assert_eq!(histogram.selectivity(ServerVersion::V8_0, &DataType::int(), NotIn, &null), Some(0.001));
    }

    #[test]
    fn dates_count_days() {
        let date = |text: &str| Value::Date(crate::catalog::stored_value::date_time(text).unwrap());
        let bucket = |low: &str, high: &str, cumulative_share| EquiHeightBucket {
            low: date(low),
            high: date(high),
            cumulative_share,
            distinct: 41,
        };
        let histogram = Histogram {
            buckets: Buckets::EquiHeight(vec![
                bucket("2020-01-01", "2020-06-16", 0.25175),
                bucket("2020-06-17", "2020-07-28", 0.25175 + 0.063),
            ]),
            null_share: 0.0,
            values: HistogramValues::Date,
            collation: CollationId::LATIN1_SWEDISH_CI,
            sampling_rate: 1.0,
        };
        let ty = DataType::plain(crate::catalog::TypeKind::Date, 10, 0);
        let x = date("2020-07-01");
        let below = |version| histogram.selectivity(version, &ty, Less, &[(&x, CollationId::BINARY)]).map(six_digits);
        assert_eq!(below(ServerVersion::V8_0).as_deref(), Some("0.273262"));
        // 0.25175 + 0.063 * 84 / 111: the distance between the numbers 20200617, 20200701 and 20200728 (spec 01 §12).
        assert_eq!(below(ServerVersion::V9_7).as_deref(), Some("0.299426"));
    }

    #[test]
    fn strings_by_weights() {
        let text = |text: &str| Value::Str(text.into());
        let bucket = |low: &str, high: &str, cumulative_share| EquiHeightBucket {
            low: text(low),
            high: text(high),
            cumulative_share,
            distinct: 100,
        };
        let histogram = Histogram {
            buckets: Buckets::EquiHeight(vec![bucket("aaa", "namel01468", 0.4375), bucket("namel01469", "namem03986", 0.5)]),
            null_share: 0.0,
            values: HistogramValues::Str,
            collation: CollationId::UTF8MB4_0900_AI_CI,
            sampling_rate: 1.0,
        };
        let ty = DataType::varchar(20, CollationId::UTF8MB4_0900_AI_CI);
        let x = text("namem");
        let ask = |collation| histogram.selectivity(ServerVersion::V8_0, &ty, Less, &[(&x, collation)]);
        assert_eq!(ask(CollationId::UTF8MB4_0900_AI_CI).map(six_digits).as_deref(), Some("0.499865"));
        assert_eq!(ask(CollationId::UTF8MB4_BIN), None);
    }
}
