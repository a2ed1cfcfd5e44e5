//! `column_statistics.jsonl` (spec 01 §7.4).

use super::Loader;
use crate::catalog::histogram::{Buckets, EquiHeightBucket, Histogram, HistogramValues};
use crate::catalog::{CollationId, collation, stored_value};
use crate::error::InputError;
use crate::value::Value;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    schema_name: Cow<'a, str>,
    #[serde(borrow)]
    table_name: Cow<'a, str>,
    #[serde(borrow)]
    column_name: Cow<'a, str>,
    #[serde(borrow)]
    histogram: Json<'a>,
}

#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow)]
    buckets: &'a RawValue,
    #[serde(borrow, rename = "data-type")]
    data_type: Cow<'a, str>,
    #[serde(rename = "null-values", default)]
    null_values: f64,
    #[serde(rename = "collation-id", default)]
    collation_id: u16,
    #[serde(rename = "sampling-rate", default = "one")]
    sampling_rate: f64,
    #[serde(borrow, rename = "histogram-type")]
    histogram_type: Cow<'a, str>,
}

fn one() -> f64 {
    1.0
}

/// A histogram of which only the head has been read: most statements ask for few of a bundle's histograms, and the buckets are
/// most of a bundle's bytes.
#[derive(Debug)]
pub(in crate::catalog) struct StoredHistogram {
    head: Head,
    buckets: Box<str>,
    /// None inside if the buckets are damaged.
    read: OnceLock<Option<Histogram>>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    values: HistogramValues,
    singleton: bool,
    null_share: f64,
    collation: CollationId,
    sampling_rate: f64,
}

impl StoredHistogram {
    /// The histogram; none if its buckets are damaged.
    pub(in crate::catalog) fn get(&self) -> Option<&Histogram> {
        self.read.get_or_init(|| self.head.histogram(&self.buckets).ok()).as_ref()
    }
}

impl Loader<'_> {
    pub(super) fn histograms(&mut self) -> Result<(), InputError> {
        self.each_line("column_statistics.jsonl", "no histograms", Self::histogram_line)
    }

    fn histogram_line(&mut self, line: &str) -> Result<(), String> {
        let line: Line<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let Some(table) = self.named_table(&line.schema_name, &line.table_name) else { return Ok(()) };
        let head = match Head::of(&line.histogram) {
            Ok(head) => head,
            // A kind that a later server has is no damage.
            Err(what) => {
                let column = format!("{}.{}.{}", line.schema_name, line.table_name, line.column_name);
                self.catalog.assumptions.push(format!("no histogram of {column}: {what}"));
                return Ok(());
            }
        };
        let schema = self.statistics.schemas.get_mut(&*line.schema_name);
        if let Some(facts) = schema.and_then(|schema| schema.tables.get_mut(&*table.name)) {
            let stored = StoredHistogram { head, buckets: line.histogram.buckets.get().into(), read: OnceLock::new() };
            facts.histograms.push((Arc::from(line.column_name), stored));
        }
        Ok(())
    }
}

/// A histogram from the text of its JSON.
pub fn histogram_of_text(json: &str) -> Result<Histogram, String> {
    let json: Json<'_> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    Head::of(&json)?.histogram(json.buckets.get())
}

impl Head {
    fn of(json: &Json<'_>) -> Result<Head, String> {
        let values = HistogramValues::by_name(&json.data_type)
            .ok_or_else(|| format!("unknown data-type '{}' of a histogram", json.data_type))?;
        let singleton = match &*json.histogram_type {
            "singleton" => true,
            "equi-height" => false,
            other => return Err(format!("unknown histogram-type '{other}'")),
        };
        let collation = CollationId(json.collation_id);
        Ok(Head { values, singleton, null_share: json.null_values, collation, sampling_rate: json.sampling_rate })
    }

    fn histogram(self, buckets: &str) -> Result<Histogram, String> {
        let Head { values, singleton, null_share, collation, sampling_rate } = self;
        let buckets: Vec<Vec<serde_json::Value>> = serde_json::from_str(buckets).map_err(|error| error.to_string())?;
        let value = |bucket: &[serde_json::Value], place: usize| -> Result<Value, String> {
            let json = bucket.get(place).ok_or("a bucket has too few elements")?;
            value_of(json, values, collation).ok_or_else(|| format!("a bucket holds {json}, which is no {}", values.name()))
        };
        let number = |bucket: &[serde_json::Value], place: usize| -> Result<f64, String> {
            bucket.get(place).and_then(serde_json::Value::as_f64).ok_or_else(|| "a bucket lacks its share of rows".to_owned())
        };
        let equi_height = |b: &Vec<serde_json::Value>| -> Result<EquiHeightBucket, String> {
            Ok(EquiHeightBucket {
                low: value(b, 0)?,
                high: value(b, 1)?,
                cumulative_share: number(b, 2)?,
                distinct: number(b, 3)? as u64,
            })
        };
        let buckets = if singleton {
            Buckets::Singleton(buckets.iter().map(|b| Ok((value(b, 0)?, number(b, 1)?))).collect::<Result<_, String>>()?)
        } else {
            Buckets::EquiHeight(buckets.iter().map(equi_height).collect::<Result<_, String>>()?)
        };
        Ok(Histogram { buckets, null_share, values, collation, sampling_rate })
    }
}

fn value_of(json: &serde_json::Value, values: HistogramValues, collation: CollationId) -> Option<Value> {
    Some(match values {
        HistogramValues::Int | HistogramValues::Enum | HistogramValues::Set => Value::Int(json.as_i64()?),
        HistogramValues::UInt => Value::UInt(json.as_u64()?),
        HistogramValues::Double => Value::Double(json.as_f64()?),
        HistogramValues::Decimal => match json {
            serde_json::Value::String(text) => Value::Decimal(text.parse().ok()?),
            number => Value::Decimal(number.to_string().parse().ok()?),
        },
        HistogramValues::Date => Value::Date(stored_value::date_time(json.as_str()?)?),
        HistogramValues::DateTime => Value::DateTime(stored_value::date_time(json.as_str()?)?),
        HistogramValues::Time => Value::Time(stored_value::time(json.as_str()?)?),
        HistogramValues::Str => {
            let text = json.as_str()?;
            // "base64:type254:" and the bytes in the column's character set.
            let bytes = match text.strip_prefix("base64:type").and_then(|rest| rest.split_once(':')) {
                Some((_, encoded)) => stored_value::decode_base64(encoded)?,
                None => text.as_bytes().to_vec(),
            };
            match collation::decode(collation, &bytes) {
                Some(text) => Value::Str(Arc::from(text)),
                None => Value::Bytes(Arc::from(bytes)),
            }
        }
    })
}
