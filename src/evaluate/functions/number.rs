//! Functions of numbers.

use super::super::{Evaluator, Halt, Outcome};
use crate::query::ExprId;
use crate::value::Value;
use crate::value::number::{decimal_to_integer, limit_decimal, round_decimal, round_double, truncate_decimal};
use bigdecimal::RoundingMode;

impl Evaluator<'_> {
    pub(super) fn number_function(&mut self, expr: ExprId, name: &str, values: &[Value]) -> Option<Outcome> {
        let real = |at: usize| values.get(at).and_then(Value::to_double).map_or(0.0, |read| read.value);
        let finite = |value: f64| Ok(if value.is_finite() { Value::Double(value) } else { Value::Null });
        Some(match name {
            "abs" => self.abs(values),
            "sign" => Ok(Value::Int(if real(0) > 0.0 { 1 } else { -i64::from(real(0) < 0.0) })),
            "round" => self.round(expr, values, false),
            "truncate" => self.round(expr, values, true),
            "floor" => self.whole(values, RoundingMode::Floor),
            "ceiling" => self.whole(values, RoundingMode::Ceiling),
            "sqrt" => finite(if real(0) < 0.0 { f64::NAN } else { real(0).sqrt() }),
            "exp" => finite(real(0).exp()),
            "ln" => finite(if real(0) <= 0.0 { f64::NAN } else { real(0).ln() }),
            "log" if values.len() == 1 => finite(if real(0) <= 0.0 { f64::NAN } else { real(0).ln() }),
            "log" => finite(if real(0) <= 0.0 || real(1) <= 0.0 { f64::NAN } else { real(1).ln() / real(0).ln() }),
            "log2" => finite(if real(0) <= 0.0 { f64::NAN } else { real(0).log2() }),
            "log10" => finite(if real(0) <= 0.0 { f64::NAN } else { real(0).log10() }),
            "pow" => finite(real(0).powf(real(1))),
            "sin" => finite(real(0).sin()),
            "cos" => finite(real(0).cos()),
            "tan" => finite(real(0).tan()),
            "cot" => finite(1.0 / real(0).tan()),
            "asin" => finite(real(0).asin()),
            "acos" => finite(real(0).acos()),
            "atan" if values.len() == 2 => finite(real(0).atan2(real(1))),
            "atan" => finite(real(0).atan()),
            "degrees" => finite(real(0).to_degrees()),
            "radians" => finite(real(0).to_radians()),
            "pi" => finite(std::f64::consts::PI),
            "bit_count" => {
                Ok(values[0].to_integer().map_or(Value::Null, |read| Value::Int(i64::from((read.value as u64).count_ones()))))
            }
            "conv" => conv(values),
            "crc32" => Ok(values[0].to_text().map_or(Value::Null, |text| Value::UInt(u64::from(crc32(text.as_bytes()))))),
            _ => return None,
        })
    }

    fn abs(&mut self, values: &[Value]) -> Outcome {
        let value = self.as_number(values[0].clone());
        Ok(match value {
            Value::Int(number) => Value::Int(number.checked_abs().ok_or(Halt::Unknown)?),
            Value::Decimal(number) => Value::Decimal(number.abs()),
            Value::Double(number) => Value::Double(number.abs()),
            other => other,
        })
    }

    fn round(&mut self, expr: ExprId, values: &[Value], cut: bool) -> Outcome {
        let places = match values.get(1) {
            Some(places) => places.to_integer().map_or(0, |read| read.value.clamp(-400, 400) as i64),
            None => 0,
        };
        let value = self.as_number(values[0].clone());
        Ok(match value {
            Value::Int(_) | Value::UInt(_) if places >= 0 => value,
            Value::Int(_) | Value::UInt(_) | Value::Decimal(_) => {
                let is_integer = !matches!(value, Value::Decimal(_));
                let Some(exact) = value.to_decimal() else { return Ok(Value::Null) };
                let scale = places.min(exact.value.fractional_digit_count().max(0)).max(-80);
                let rounded = if cut { truncate_decimal(&exact.value, scale) } else { round_decimal(&exact.value, scale) };
                if is_integer {
                    return decimal_to_integer(&rounded).and_then(Value::integer).ok_or(Halt::Unknown);
                }
                debug_assert!(self.ty(expr).decimals <= 31);
                Value::Decimal(limit_decimal(rounded).0)
            }
            Value::Double(number) => Value::Double(round_double(number, places, cut)),
            other => other,
        })
    }

    fn whole(&mut self, values: &[Value], mode: RoundingMode) -> Outcome {
        let value = self.as_number(values[0].clone());
        Ok(match value {
            Value::Decimal(number) => {
                let whole = number.with_scale_round(0, mode);
                decimal_to_integer(&whole).and_then(Value::integer).unwrap_or(Value::Decimal(whole))
            }
            Value::Double(number) => Value::Double(if mode == RoundingMode::Floor { number.floor() } else { number.ceil() }),
            other => other,
        })
    }
}

fn conv(values: &[Value]) -> Outcome {
    let base = |at: usize| values[at].to_integer().map_or(0, |read| read.value.clamp(-100, 100) as i64);
    let (from, to) = (base(1).unsigned_abs() as u32, base(2).unsigned_abs() as u32);
    if !(2..=36).contains(&from) || !(2..=36).contains(&to) {
        return Ok(Value::Null);
    }
    let text = values[0].to_text().unwrap_or_default();
    let text = text.trim();
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['-', '+']);
    let number = digits
        .chars()
        .map_while(|digit| digit.to_digit(from))
        .fold(0u64, |number, digit| number.saturating_mul(u64::from(from)).saturating_add(u64::from(digit)));
    let mut number = if negative { number.wrapping_neg() } else { number };
    if number == 0 {
        return Ok(Value::text("0"));
    }
    let signed = base(2) < 0 && (number as i64) < 0;
    if signed {
        number = (number as i64).unsigned_abs();
    }
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from_digit((number % u64::from(to)) as u32, to).unwrap_or('0').to_ascii_uppercase());
        number /= u64::from(to);
    }
    if signed {
        digits.push('-');
    }
    Ok(Value::text(digits.into_iter().rev().collect::<String>()))
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
