//! Numbers as people read them.

/// A time in nanoseconds with three digits and its unit.
pub(super) fn time(nanos: u64) -> String {
    let (value, unit) = match nanos {
        0 => return "0".to_owned(),
        1..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (nanos as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (nanos as f64 / 1e6, "ms"),
        _ => (nanos as f64 / 1e9, "s"),
    };
    match value {
        value if value >= 100_000.0 => format!("{} {unit}", grouped(value.round() as u64)),
        value if value >= 100.0 => format!("{value:.0} {unit}"),
        value if value >= 10.0 => format!("{value:.1} {unit}"),
        value => format!("{value:.2} {unit}"),
    }
}

/// A number with commas between groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A cost or a number of rows.
pub(super) fn figure(value: f64) -> String {
    if value >= 1000.0 { grouped(value.round() as u64) } else { format!("{:.*}", if value >= 100.0 { 0 } else { 2 }, value) }
}

/// Text on one line, cut to so many characters.
pub(super) fn one_line(text: &str, characters: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= characters {
        return line;
    }
    let cut: String = line.chars().take(characters.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// Lines of at most so many characters, broken between words.
pub(super) fn wrapped(text: &str, characters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > characters {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
        }
        length += word_length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let times = [0, 12, 1_500, 25_300_000, 1_000_213_000, 3_600_000_000_000];
        assert_eq!(times.map(time), ["0", "12 ns", "1.50 µs", "25.3 ms", "1.00 s", "3600 s"]);
        assert_eq!([7, 999, 1000, 2_844_047].map(grouped), ["7", "999", "1,000", "2,844,047"]);
        assert_eq!(one_line("SELECT  a\n FROM t", 10), "SELECT a …");
        assert_eq!(wrapped("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
    }
}
