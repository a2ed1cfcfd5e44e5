//! Numbers of TREE: three significant digits (spec 08 §7).

use std::fmt::Write;

/// Appends a number that is not negative.
pub fn push_number(out: &mut String, number: f64) {
    if number.abs() < 1e-12 {
        out.push('0');
    } else if number < 0.001 || number + 0.5 >= 1_000_000.0 {
        push_engineering(out, number);
    } else {
        push_decimal(out, number);
    }
}

/// Whole numbers from 100, else three significant digits without trailing zeros; ties go to even.
fn push_decimal(out: &mut String, number: f64) {
    let decimals = (2 - number.abs().log10().floor() as i32).max(0) as usize;
    let start = out.len();
    let _ = write!(out, "{number:.decimals$}");
    if out[start..].contains('.') {
        let kept = out[start..].trim_end_matches('0').trim_end_matches('.').len();
        out.truncate(start + kept);
    }
}

/// A mantissa below 1000 and an exponent that is a multiple of three.
fn push_engineering(out: &mut String, number: f64) {
    let mut exponent = (number.abs().log10() / 3.0).floor() as i32 * 3;
    let mut mantissa = number / 10f64.powi(exponent);
    if mantissa + 0.5 >= 1000.0 {
        mantissa /= 1000.0;
        exponent += 3;
    }
    push_decimal(out, mantissa);
    let _ = write!(out, "e{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
}

#[cfg(test)]
mod tests {
    use super::push_number;

    fn text(number: f64) -> String {
        let mut out = String::new();
        push_number(&mut out, number);
        out
    }

    #[test]
    fn table_of_spec_section_7() {
        let cases = [
            (0.225, "0.225"),
            (4.125, "4.12"),
            (5.125, "5.12"),
            (2.275_000_000_000_000_4, "2.28"),
            (10.1875, "10.2"),
            (99.96, "100"),
            (0.0005, "500e-6"),
            (0.00101, "0.00101"),
            (157_397.4, "157397"),
            (999_999.4, "999999"),
            (999_999.5, "1e+6"),
            (1_050_000.0, "1.05e+6"),
            (999_500_000.0, "1e+9"),
            (19_049.6, "19050"),
            (44.75, "44.8"),
            (10.25, "10.2"),
            (0.0, "0"),
            (35e-5, "350e-6"),
            (2_844_047.0, "2.84e+6"),
            (1.0, "1"),
        ];
        for (number, expected) in cases {
            assert_eq!(text(number), expected, "{number}");
        }
    }
}
