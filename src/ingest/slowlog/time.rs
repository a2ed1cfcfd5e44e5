//! Times as logs write them, to microseconds since 1970 UTC and back.

/// Reads `2024-01-02T03:04:05.678901Z`, also with an offset or with a blank for the `T`, and `240102  3:04:05`; without an offset the
/// time is taken for UTC.
pub fn parse_utc(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    if text.len() >= 19 && text[4] == b'-' {
        let date = [number(&text[0..4])?, number(&text[5..7])?, number(&text[8..10])?];
        let clock = [number(&text[11..13])?, number(&text[14..16])?, number(&text[17..19])?];
        let (micros, rest) = fraction(&text[19..]);
        return Some(micros_of(date, clock)? + micros - offset(rest)?);
    }
    if text.len() >= 14 && text[..6].iter().all(u8::is_ascii_digit) {
        let date = [2000 + number(&text[0..2])?, number(&text[2..4])?, number(&text[4..6])?];
        let mut parts = text[6..].trim_ascii().split(|byte| *byte == b':');
        let mut next = || parts.next().and_then(number);
        return micros_of(date, [next()?, next()?, next()?]);
    }
    None
}

/// A time as `2024-01-02T03:04:05Z`.
pub fn format_utc(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |n, byte| byte.is_ascii_digit().then(|| n * 10 + i64::from(byte - b'0')))
}

/// Microseconds of `.678901` and what follows it.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    let Some(digits) = text.strip_prefix(b".") else { return (0, text) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let places = digits[..length].iter().map(|byte| i64::from(byte - b'0')).chain(std::iter::repeat(0));
    let micros = places.take(6).fold(0, |micros, digit| micros * 10 + digit);
    (micros, &digits[length..])
}

/// Microseconds that `+02:00` is ahead of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let sign = match text.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Some(0),
    };
    let (hours, minutes) = (number(text.get(1..3)?)?, number(text.get(4..6)?)?);
    Some(sign * (hours * 60 + minutes) * 60_000_000)
}

fn micros_of([year, month, day]: [i64; 3], [hour, minute, second]: [i64; 3]) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 60 || second > 61 {
        return None;
    }
    Some((days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_forms() {
        let at = parse_utc(b"2024-01-02T03:04:05.678901Z").expect("a time");
        assert_eq!(at, 1_704_164_645_678_901);
        assert_eq!(format_utc(at), "2024-01-02T03:04:05Z");
        assert_eq!(parse_utc(b"2024-01-02T05:04:05.678901+02:00"), Some(at));
        assert_eq!(parse_utc(b"240102  3:04:05"), Some(1_704_164_645_000_000));
        assert_eq!(parse_utc(b"2024-02-29 00:00:00"), Some(1_709_164_800_000_000));
        assert_eq!(format_utc(951_782_400_000_000), "2000-02-29T00:00:00Z");
        assert_eq!(parse_utc(b"never"), None);
    }
}
