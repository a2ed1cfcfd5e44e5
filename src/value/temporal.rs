//! Dates and times: reading every form that the server takes, checking, printing, calendar arithmetic.

use super::Temporal;

/// A date, time or both that a text or number was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadTemporal {
    /// The value.
    pub value: Temporal,
    /// False if it was a date alone.
    pub has_time: bool,
    /// False if it was a time alone.
    pub has_date: bool,
    /// Characters behind it, or digits of the fraction behind the sixth, were dropped.
    pub truncated: bool,
}

/// Which incomplete dates are accepted (spec 09 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DateRules {
    /// `0000-00-00` is refused.
    pub no_zero_date: bool,
    /// A zero month or day is refused.
    pub no_zero_in_date: bool,
    /// 31 days for every month.
    pub allow_invalid: bool,
}

/// Days of a month, 1..=12.
pub fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || (year.is_multiple_of(400) && year != 0))
}

/// Number of a day, counted from year 0 (`TO_DAYS`). Zero months and days count as 0.
pub fn day_number(year: u16, month: u8, day: u8) -> i64 {
    if year == 0 && month == 0 {
        return 0;
    }
    let mut year = i64::from(year);
    let month = i64::from(month);
    let mut days = 365 * year + 31 * (month - 1) + i64::from(day);
    if month <= 2 {
        year -= 1;
    } else {
        days -= (month * 4 + 23) / 10;
    }
    let centuries = ((year / 100 + 1) * 3) / 4;
    days + year.div_euclid(4) - centuries
}

/// The date of a day number: (year, month, day); zeros outside of the calendar.
pub fn date_of_day_number(number: i64) -> (u16, u8, u8) {
    if !(366..=3_652_424).contains(&number) {
        return (0, 0, 0);
    }
    let mut year = (number * 100 / 36525) as u16;
    while day_number(year + 1, 1, 1) <= number {
        year += 1;
    }
    while day_number(year, 1, 1) > number {
        year -= 1;
    }
    let mut month = 1;
    while month < 12 && day_number(year, month + 1, 1) <= number {
        month += 1;
    }
    (year, month, (number - day_number(year, month, 1) + 1) as u8)
}

impl Temporal {
    /// The zero date and time.
    pub const ZERO: Temporal =
        Temporal { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, microsecond: 0, negative: false, decimals: 0 };

    /// A date.
    pub fn date(year: u16, month: u8, day: u8) -> Temporal {
        Temporal { year, month, day, ..Temporal::ZERO }
    }

    /// True if the date part is all zero.
    pub fn is_zero_date(&self) -> bool {
        self.year == 0 && self.month == 0 && self.day == 0
    }

    /// True if the time of day is zero.
    pub fn is_midnight(&self) -> bool {
        self.hour == 0 && self.minute == 0 && self.second == 0 && self.microsecond == 0
    }

    /// The date alone.
    pub fn date_part(&self) -> Temporal {
        Temporal::date(self.year, self.month, self.day)
    }

    /// The time of day alone.
    pub fn time_part(&self) -> Temporal {
        Temporal { year: 0, month: 0, day: 0, ..*self }
    }

    /// Microseconds of a time, with sign.
    pub fn time_micros(&self) -> i64 {
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        let micros = seconds * 1_000_000 + i64::from(self.microsecond);
        if self.negative { -micros } else { micros }
    }

    /// A time from microseconds; up to 838:59:59.
    pub fn from_time_micros(micros: i64, decimals: u8) -> Temporal {
        let limited = micros.unsigned_abs().min(838 * 3_600_000_000 + 59 * 60_000_000 + 59_000_000);
        let seconds = limited / 1_000_000;
        Temporal {
            hour: (seconds / 3600) as u16,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            microsecond: (limited % 1_000_000) as u32,
            negative: micros < 0,
            decimals,
            ..Temporal::ZERO
        }
    }

    /// A number that orders dates with times, incomplete ones included.
    pub fn sort_number(&self) -> i128 {
        let date = (i128::from(self.year) * 13 + i128::from(self.month)) * 32 + i128::from(self.day);
        let time = (i128::from(self.hour) * 3600 + i128::from(self.minute) * 60 + i128::from(self.second)) * 1_000_000
            + i128::from(self.microsecond);
        let number = date * 86_400_000_000 * 64 + time;
        if self.negative { -number } else { number }
    }

    /// Microseconds since the beginning of the calendar.
    pub fn micros(&self) -> i64 {
        day_number(self.year, self.month, self.day) * 86_400_000_000 + self.time_micros()
    }

    /// A date with time from microseconds since the beginning of the calendar; none outside of it.
    pub fn from_micros(micros: i64, decimals: u8) -> Option<Temporal> {
        let (year, month, day) = date_of_day_number(micros.div_euclid(86_400_000_000));
        if month == 0 {
            return None;
        }
        let time = Temporal::from_time_micros(micros.rem_euclid(86_400_000_000), decimals);
        Some(Temporal { year, month, day, ..time })
    }

    /// `YYYY-MM-DD`.
    pub fn print_date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn print_fraction(&self) -> String {
        if self.decimals == 0 {
            return String::new();
        }
        let digits = format!("{:06}", self.microsecond);
        format!(".{}", &digits[..usize::from(self.decimals.min(6))])
    }

    /// `[-]hh:mm:ss[.f]`.
    pub fn print_time(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{:02}:{:02}:{:02}{}", self.hour, self.minute, self.second, self.print_fraction())
    }

    /// `YYYY-MM-DD hh:mm:ss[.f]`.
    pub fn print_datetime(&self) -> String {
        format!("{} {:02}:{:02}:{:02}{}", self.print_date(), self.hour, self.minute, self.second, self.print_fraction())
    }

    /// Rounds the fraction of a second half up to `decimals` digits, with carry; none past the end of the calendar.
    pub fn rounded(&self, decimals: u8, is_time: bool) -> Option<Temporal> {
        let unit = 10i64.pow(6 - u32::from(decimals.min(6)));
        let fraction = i64::from(self.microsecond);
        let rest = fraction % unit;
        let up = rest * 2 >= unit && rest > 0;
        let micros = fraction - rest + if up { unit } else { 0 };
        let mut value = Temporal { microsecond: (micros % 1_000_000) as u32, decimals, ..*self };
        if micros < 1_000_000 {
            return Some(value);
        }
        value.microsecond = 0;
        if is_time {
            let total = value.time_micros() + if value.negative { -1_000_000 } else { 1_000_000 };
            return Some(Temporal::from_time_micros(total, decimals));
        }
        if value.month == 0 || value.day == 0 {
            return Some(value);
        }
        Temporal::from_micros(value.micros() + 1_000_000, decimals)
    }

    /// Cuts the fraction of a second to `decimals` digits.
    pub fn with_decimals(&self, decimals: u8) -> Temporal {
        let unit = 10u32.pow(6 - u32::from(decimals.min(6)));
        Temporal { microsecond: self.microsecond - self.microsecond % unit, decimals, ..*self }
    }

    /// True if the calendar has the date under the rules.
    pub fn is_acceptable(&self, rules: DateRules) -> bool {
        if self.is_zero_date() {
            return !rules.no_zero_date || !self.is_midnight();
        }
        if self.month > 12 || self.day > 31 {
            return false;
        }
        if self.month == 0 || self.day == 0 {
            return !rules.no_zero_in_date;
        }
        rules.allow_invalid || self.day <= days_in_month(self.year, self.month)
    }

    /// The number `YYYYMMDDhhmmss` (dates: `YYYYMMDD`, times: `[-]hhmmss`).
    pub fn digits(&self, with_date: bool, with_time: bool) -> i64 {
        let date = i64::from(self.year) * 10_000 + i64::from(self.month) * 100 + i64::from(self.day);
        let time = i64::from(self.hour) * 10_000 + i64::from(self.minute) * 100 + i64::from(self.second);
        let number = match (with_date, with_time) {
            (true, true) => date * 1_000_000 + time,
            (true, false) => date,
            _ => time,
        };
        if self.negative { -number } else { number }
    }
}

fn century(year: u32) -> u32 {
    if year < 70 { year + 2000 } else { year + 1900 }
}

/// A cursor over ASCII text.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
    fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }
    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }
    /// Up to `most` digits: (value, how many).
    fn number(&mut self, most: usize) -> (u32, usize) {
        let start = self.at;
        let mut value = 0u32;
        while self.at - start < most && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            value = value.saturating_mul(10).saturating_add(u32::from(self.bytes[self.at] - b'0'));
            self.at += 1;
        }
        (value, self.at - start)
    }
    fn digits_ahead(&self) -> usize {
        self.bytes[self.at.min(self.bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    }
    /// Fraction of a second behind a point: (microseconds, digits that were written up to 6, digits beyond).
    fn fraction(&mut self) -> (u32, u8, bool) {
        let (value, count) = self.number(6);
        let micros = value * 10u32.pow(6 - count as u32);
        let mut beyond = false;
        let mut round_up = false;
        let ahead = self.digits_ahead();
        if ahead > 0 {
            beyond = true;
            round_up = self.bytes[self.at] >= b'5';
            self.at += ahead;
        }
        (micros + u32::from(round_up && micros < 999_999), count as u8, beyond)
    }
    fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

/// Reads a date or a date with time. None if the text is neither, or the date is refused by the rules.
pub fn read_datetime(text: &str, rules: DateRules) -> Option<ReadTemporal> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    cursor.skip_blanks();
    let run = cursor.digits_ahead();
    if run == 0 {
        return None;
    }
    let next = cursor.bytes.get(cursor.at + run).copied();
    let undelimited = matches!(next, None | Some(b'T' | b'.'));
    // Nothing but these ends a run of digits that holds more than a year.
    if run >= 5 && !undelimited {
        return None;
    }
    let read = if undelimited && run >= 5 { read_undelimited(&mut cursor, run) } else { read_delimited(&mut cursor) }?;
    finish_datetime(cursor, read, rules)
}

fn finish_datetime(mut cursor: Cursor<'_>, mut read: ReadTemporal, rules: DateRules) -> Option<ReadTemporal> {
    let value = &read.value;
    if value.month > 12 || value.day > 31 || value.hour > 23 || value.minute > 59 || value.second > 59 {
        return None;
    }
    if !value.is_acceptable(rules) {
        return None;
    }
    cursor.skip_blanks();
    read.truncated |= !cursor.at_end();
    Some(read)
}

fn temporal(parts: [u32; 6], microsecond: u32, decimals: u8) -> Option<Temporal> {
    Some(Temporal {
        year: u16::try_from(parts[0]).ok().filter(|year| *year <= 9999)?,
        month: u8::try_from(parts[1]).ok()?,
        day: u8::try_from(parts[2]).ok()?,
        hour: u16::try_from(parts[3]).ok()?,
        minute: u8::try_from(parts[4]).ok()?,
        second: u8::try_from(parts[5]).ok()?,
        microsecond,
        negative: false,
        decimals,
    })
}

fn read_undelimited(cursor: &mut Cursor<'_>, run: usize) -> Option<ReadTemporal> {
    let year_digits = if matches!(run, 8 | 14) || run > 14 { 4 } else { 2 };
    let mut parts = [0u32; 6];
    let mut filled = 0;
    for (at, part) in parts.iter_mut().enumerate() {
        let (value, count) = cursor.number(if at == 0 { year_digits } else { 2 });
        if count == 0 {
            if at == 3 && cursor.take(b'T') {
                let (value, count) = cursor.number(2);
                if count > 0 {
                    *part = value;
                    filled = 4;
                    continue;
                }
            }
            break;
        }
        *part = value;
        filled = at + 1;
    }
    if year_digits == 2 {
        parts[0] = century(parts[0]);
    }
    if filled < 2 {
        return None;
    }
    let (mut micros, mut decimals, mut beyond) = (0, 0, false);
    if filled == 6 && cursor.take(b'.') {
        (micros, decimals, beyond) = cursor.fraction();
    }
    let value = temporal(parts, micros, decimals)?;
    Some(ReadTemporal { value, has_time: filled > 3, has_date: true, truncated: beyond })
}

fn read_delimited(cursor: &mut Cursor<'_>) -> Option<ReadTemporal> {
    let mut parts = [0u32; 6];
    let mut filled = 0;
    let mut year_digits = 0;
    let (mut micros, mut decimals, mut beyond) = (0, 0, false);
    for (at, part) in parts.iter_mut().enumerate() {
        // Separators end the parts, however many digits they have.
        let (value, count) = cursor.number(if at == 0 { 4 } else { usize::MAX });
        if count == 0 {
            break;
        }
        if at == 0 {
            year_digits = count;
        }
        *part = value;
        filled = at + 1;
        let before_separator = cursor.at;
        match at {
            2 => {
                if !cursor.take(b'T') {
                    let start = cursor.at;
                    while cursor.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte.is_ascii_punctuation()) {
                        cursor.at += 1;
                    }
                    if cursor.at == start {
                        break;
                    }
                }
                if cursor.digits_ahead() == 0 {
                    cursor.at = before_separator;
                    break;
                }
            }
            5 => {
                if cursor.take(b'.') {
                    (micros, decimals, beyond) = cursor.fraction();
                }
            }
            _ => {
                while cursor.peek().is_some_and(|byte| byte.is_ascii_punctuation()) {
                    cursor.at += 1;
                }
                if cursor.at == before_separator || cursor.digits_ahead() == 0 {
                    cursor.at = before_separator;
                    break;
                }
            }
        }
    }
    if filled < 3 {
        return None;
    }
    if year_digits == 2 && (parts[0] | parts[1] | parts[2]) != 0 {
        parts[0] = century(parts[0]);
    }
    let value = temporal(parts, micros, decimals)?;
    Some(ReadTemporal { value, has_time: filled > 3, has_date: true, truncated: beyond })
}

/// Reads a time: `[-][D ]hh:mm[:ss[.f]]`, `hhmmss`, or the time of a date with time. None if it is none of these.
pub fn read_time(text: &str) -> Option<ReadTemporal> {
    let trimmed = text.trim_start();
    if trimmed.len() >= 12
        && let Some(read) = read_datetime(trimmed, DateRules::default())
        && read.has_time
    {
        return Some(ReadTemporal { value: read.value.time_part(), ..read });
    }
    let mut cursor = Cursor { bytes: trimmed.as_bytes(), at: 0 };
    let negative = cursor.take(b'-');
    let run = cursor.digits_ahead();
    if run == 0 && cursor.peek() != Some(b'.') {
        return None;
    }
    let (first, _) = cursor.number(10);
    let (mut days, hour, minute, second);
    days = 0;
    if cursor.peek() == Some(b' ') && cursor.bytes.get(cursor.at + 1).is_some_and(u8::is_ascii_digit) {
        cursor.at += 1;
        days = first;
        let parts = clock_parts(&mut cursor, None);
        (hour, minute, second) = parts;
    } else if cursor.peek() == Some(b':') {
        (hour, minute, second) = clock_parts(&mut cursor, Some(first));
    } else {
        (hour, minute, second) = (first / 10_000, first / 100 % 100, first % 100);
    }
    let (mut micros, mut decimals, mut beyond) = (0, 0, false);
    if cursor.take(b'.') {
        (micros, decimals, beyond) = cursor.fraction();
    }
    if minute > 59 || second > 59 {
        return None;
    }
    let seconds = (u64::from(days) * 24 + u64::from(hour)) * 3600 + u64::from(minute) * 60 + u64::from(second);
    let total = i64::try_from(seconds).ok()?.checked_mul(1_000_000)? + i64::from(micros);
    let value = Temporal { negative: negative && total != 0, ..Temporal::from_time_micros(total, decimals) };
    let clamped = value.time_micros().abs() != total;
    cursor.skip_blanks();
    Some(ReadTemporal { value, has_time: true, has_date: false, truncated: beyond || clamped || !cursor.at_end() })
}

fn clock_parts(cursor: &mut Cursor<'_>, hour: Option<u32>) -> (u32, u32, u32) {
    let hour = hour.unwrap_or_else(|| cursor.number(4).0);
    let mut rest = [0, 0];
    for part in &mut rest {
        if cursor.peek() == Some(b':') && cursor.bytes.get(cursor.at + 1).is_some_and(u8::is_ascii_digit) {
            cursor.at += 1;
            *part = cursor.number(2).0;
        }
    }
    (hour, rest[0], rest[1])
}

/// Reads the numbers `YYMMDD`, `YYYYMMDD`, `YYMMDDhhmmss` and `YYYYMMDDhhmmss`.
pub fn number_to_datetime(number: i64, microsecond: u32, decimals: u8, rules: DateRules) -> Option<ReadTemporal> {
    if number == 0 && microsecond == 0 {
        return (!rules.no_zero_date).then_some(ReadTemporal {
            value: Temporal::ZERO,
            has_time: false,
            has_date: true,
            truncated: false,
        });
    }
    let (full, has_time) = match number {
        101..=691_231 => (number + 20_000_000, false),
        700_101..=991_231 => (number + 19_000_000, false),
        10_000_101..=99_991_231 => (number, false),
        101_000_000..=691_231_235_959 => (number + 20_000_000_000_000, true),
        700_101_000_000..=991_231_235_959 => (number + 19_000_000_000_000, true),
        10_000_101_000_000..=99_991_231_235_959 => (number, true),
        _ => return None,
    };
    let (date, time) = if has_time { (full / 1_000_000, full % 1_000_000) } else { (full, 0) };
    let part = |number: i64, divisor: i64| (number / divisor % 100) as u32;
    let parts = [(date / 10_000) as u32, part(date, 100), part(date, 1), part(time, 10_000), part(time, 100), part(time, 1)];
    let value = temporal(parts, if has_time { microsecond } else { 0 }, decimals)?;
    if value.month > 12 || value.day > 31 || value.hour > 23 || value.minute > 59 || value.second > 59 {
        return None;
    }
    value.is_acceptable(rules).then_some(ReadTemporal {
        value,
        has_time,
        has_date: true,
        truncated: !has_time && microsecond > 0,
    })
}

/// Reads the number `[-]hhmmss`; longer numbers as a date with time.
pub fn number_to_time(number: i64, microsecond: u32, decimals: u8) -> Option<ReadTemporal> {
    let size = number.unsigned_abs();
    if size > 8_385_959 {
        if size >= 10_000_000_000 && number > 0 {
            let read = number_to_datetime(number, microsecond, decimals, DateRules::default())?;
            return Some(ReadTemporal { value: read.value.time_part(), ..read });
        }
        let largest = Temporal::from_time_micros(i64::MAX, decimals);
        return Some(ReadTemporal {
            value: Temporal { negative: number < 0, ..largest },
            has_time: true,
            has_date: false,
            truncated: true,
        });
    }
    let (hour, minute, second) = (size / 10_000, size / 100 % 100, size % 100);
    if minute > 59 || second > 59 {
        return None;
    }
    let micros = ((hour * 60 + minute) * 60 + second) as i64 * 1_000_000 + i64::from(microsecond);
    let value = Temporal::from_time_micros(if number < 0 { -micros } else { micros }, decimals);
    Some(ReadTemporal { value, has_time: true, has_date: false, truncated: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        read_datetime(text, DateRules::default()).map(|read| read.value.print_datetime())
    }

    #[test]
    fn reads_all_forms_of_dates() {
        assert_eq!(read("2020-01-05").as_deref(), Some("2020-01-05 00:00:00"));
        assert_eq!(read("2020-1-5 3:4:5").as_deref(), Some("2020-01-05 03:04:05"));
        assert_eq!(read("20200105101112.5").as_deref(), Some("2020-01-05 10:11:12.5"));
        assert_eq!(read("70/1/2").as_deref(), Some("1970-01-02 00:00:00"));
        assert_eq!(read("200105").as_deref(), Some("2020-01-05 00:00:00"));
        assert_eq!(read("2020-01-05T10:11:12").as_deref(), Some("2020-01-05 10:11:12"));
        assert_eq!(read("2020-02-30"), None);
        assert_eq!(read("abc"), None);
        assert_eq!(read("1"), None);
        let strict = DateRules { no_zero_in_date: true, ..DateRules::default() };
        assert_eq!(read_datetime("10001", strict), None);
        assert_eq!(read("0000-00-00").as_deref(), Some("0000-00-00 00:00:00"));
    }

    #[test]
    fn reads_times() {
        let time = |text: &str| read_time(text).map(|read| read.value.print_time());
        assert_eq!(time("10:11:12.5").as_deref(), Some("10:11:12.5"));
        assert_eq!(time("-1 2:3").as_deref(), Some("-26:03:00"));
        assert_eq!(time("101112").as_deref(), Some("10:11:12"));
        assert_eq!(time("2020-01-05 10:11:12").as_deref(), Some("10:11:12"));
        assert_eq!(time("abc"), None);
        assert_eq!(number_to_time(5, 0, 0).map(|read| read.value.print_time()).as_deref(), Some("00:00:05"));
    }

    #[test]
    fn the_calendar_goes_both_ways() {
        assert_eq!(day_number(2007, 10, 7), 733_321);
        assert_eq!(day_number(1970, 1, 1), 719_528);
        for number in [366, 719_528, 733_321, 736_389, 3_652_424] {
            let (year, month, day) = date_of_day_number(number);
            assert_eq!(day_number(year, month, day), number);
        }
    }

    #[test]
    fn fractions_round_with_carry() {
        let read = read_datetime("2019-12-31 23:59:59.5", DateRules::default()).map(|read| read.value);
        let rounded = read.and_then(|value| value.rounded(0, false)).map(|value| value.print_datetime());
        assert_eq!(rounded.as_deref(), Some("2020-01-01 00:00:00"));
    }
}
