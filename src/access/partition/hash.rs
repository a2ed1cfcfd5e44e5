//! HASH and KEY partitioning: the partition of a row (spec 03 §12.6).

use super::super::key_value::KeyValue;
use super::super::setup::Part;
use crate::catalog::{CollationId, TypeKind, collation};
use crate::value::collation::swedish_weight;

/// The partition of a number among `count`; `linear` uses powers of two.
pub fn of_number(number: Option<i128>, count: usize, linear: bool) -> usize {
    let Some(number) = number else { return 0 };
    if !linear {
        return (number % count as i128).unsigned_abs() as usize;
    }
    linear_place(number as i64 as u64, count)
}

fn linear_place(number: u64, count: usize) -> usize {
    let mask = (count as u64).next_power_of_two() - 1;
    let place = number & mask;
    let place = if place >= count as u64 { number & (mask.div_ceil(2).saturating_sub(1)) } else { place };
    place as usize
}

/// The partition of the values of a KEY; none if a value's hash is not known.
pub fn of_key(values: &[KeyValue], parts: &[Part], count: usize, linear: bool) -> Option<usize> {
    let mut hash = KeyHash { first: 1, second: 4 };
    for (value, part) in values.iter().zip(parts) {
        hash.add(value, part)?;
    }
    let number = hash.first as u32;
    Some(if linear { linear_place(u64::from(number), count) } else { number as usize % count })
}

struct KeyHash {
    first: u64,
    second: u64,
}

impl KeyHash {
    fn byte(&mut self, weight: u64) {
        let mixed = ((self.first & 63).wrapping_add(self.second)).wrapping_mul(weight).wrapping_add(self.first << 8);
        self.first ^= mixed;
        self.second = self.second.wrapping_add(3);
    }

    fn add(&mut self, value: &KeyValue, part: &Part) -> Option<()> {
        if value.is_null() {
            self.first ^= (self.first << 1) | 1;
            return Some(());
        }
        let (bytes, weighed) = image(value, part)?;
        if !weighed {
            bytes.iter().for_each(|byte| self.byte(u64::from(*byte)));
            return Some(());
        }
        let length = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        bytes[..length].iter().for_each(|byte| self.byte(u64::from(swedish_weight(char::from(*byte)))));
        Some(())
    }
}

/// The bytes of a value as the server stores it, and whether the weights of latin1_swedish_ci apply to them.
fn image(value: &KeyValue, part: &Part) -> Option<(Vec<u8>, bool)> {
    let width = part.length as usize;
    Some(match value {
        KeyValue::Integer(number) => match part.ty.kind {
            TypeKind::Year => (vec![if *number == 0 { 0 } else { (*number - 1900) as u8 }], true),
            TypeKind::Bit => ((*number as u64).to_be_bytes().to_vec(), false),
            TypeKind::Enum | TypeKind::Set => ((*number as u64).to_le_bytes()[..width.min(8)].to_vec(), false),
            _ => ((*number as i64).to_le_bytes()[..width.min(8)].to_vec(), true),
        },
        KeyValue::Double(number) if part.ty.kind == TypeKind::Float => ((*number as f32).to_le_bytes().to_vec(), true),
        KeyValue::Double(number) => (number.to_le_bytes().to_vec(), true),
        KeyValue::Moment(moment) if part.ty.kind == TypeKind::Date => {
            let packed = u32::from(moment.year) * 512 + u32::from(moment.month) * 32 + u32::from(moment.day);
            (packed.to_le_bytes()[..3].to_vec(), true)
        }
        KeyValue::Text { text, collation: id } if *id == CollationId::LATIN1_SWEDISH_CI => {
            (text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>()?, true)
        }
        KeyValue::Bytes { bytes, .. } if collation::info(part.ty.collation).id == CollationId::BINARY => (bytes.to_vec(), false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::DataType;
    use std::sync::Arc;

    fn int_part() -> Part {
        Part {
            column: 0,
            name: Arc::from("a"),
            ty: DataType::int(),
            length: 4,
            store_length: 4,
            prefix: false,
            prefix_chars: None,
            nullable: false,
            descending: false,
            array: false,
            geometry: false,
        }
    }

    #[test]
    fn key_of_an_integer() {
        let places: Vec<usize> = [0, 1, 2, 3, 32, 100, 1000, 123_456, -5]
            .iter()
            .filter_map(|value| of_key(&[KeyValue::Integer(*value)], &[int_part()], 7, false))
            .collect();
        assert_eq!(places, [1, 4, 4, 0, 0, 1, 0, 3, 1]);
    }

    #[test]
    fn hash_of_a_number() {
        assert_eq!(of_number(Some(-7), 4, false), 3);
        assert_eq!(of_number(Some(5), 6, true), 5);
        assert_eq!(of_number(Some(7), 6, true), 3);
        assert_eq!(of_number(None, 6, true), 0);
    }
}
