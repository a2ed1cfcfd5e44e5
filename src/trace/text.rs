//! The optimizer trace as the server prints it (spec 09 §5.2).

use serde_json::Value;

/// Prints a trace: two blanks a level, empty arrays and objects on two lines, numbers in six significant digits.
pub fn render(steps: &[Value]) -> String {
    let mut out = String::from("{\n  \"steps\": ");
    array(&mut out, steps, 1);
    out.push_str("\n}");
    out
}

fn value(out: &mut String, value: &Value, level: usize) {
    match value {
        Value::Array(items) => array(out, items, level),
        Value::Object(fields) => {
            out.push('{');
            for (number, (key, field)) in fields.iter().enumerate() {
                new_line(out, level + 1, number > 0);
                string(out, key);
                out.push_str(": ");
                self::value(out, field, level + 1);
            }
            new_line(out, level, false);
            out.push('}');
        }
        Value::String(text) => string(out, text),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), ..) => out.push_str(&integer.to_string()),
            (_, Some(integer), _) => out.push_str(&integer.to_string()),
            (.., Some(double)) => out.push_str(&six_digits(double)),
            _ => out.push_str("null"),
        },
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Null => out.push_str("null"),
    }
}

fn array(out: &mut String, items: &[Value], level: usize) {
    out.push('[');
    for (number, item) in items.iter().enumerate() {
        new_line(out, level + 1, number > 0);
        value(out, item, level + 1);
    }
    new_line(out, level, false);
    out.push(']');
}

fn new_line(out: &mut String, level: usize, comma: bool) {
    if comma {
        out.push(',');
    }
    out.push('\n');
    for _ in 0..level {
        out.push_str("  ");
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// C's `%g`: six significant digits without trailing zeros, an exponent where it is shorter.
pub fn six_digits(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if !number.is_finite() {
        return if number.is_nan() {
            "nan"
        } else if number > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let scientific = format!("{number:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..6).contains(&exponent) {
        return trimmed(&format!("{number:.*}", (5 - exponent) as usize));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_significant_digits() {
        for (number, text) in
            [(1000.0, "1000"), (0.1, "0.1"), (1e6, "1e+06"), (5.41667e-5, "5.41667e-05"), (30182.9123, "30182.9"), (0.0, "0")]
        {
            assert_eq!(six_digits(number), text);
        }
    }

    #[test]
    fn empty_arrays_take_two_lines() {
        let steps = [serde_json::json!({"ranges": [], "cost": 0.5})];
        assert_eq!(render(&steps), "{\n  \"steps\": [\n    {\n      \"ranges\": [\n      ],\n      \"cost\": 0.5\n    }\n  ]\n}");
    }
}
