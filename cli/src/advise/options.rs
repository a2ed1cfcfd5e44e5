//! The `[findings]` table of myexplain.toml, and the day.

use crate::config::Config;
use myexplain::advise::{Allow, Day, Options, RuleId, Severity, by_id};
use std::time::{SystemTime, UNIX_EPOCH};
use toml::{Table, Value};

/// What the configuration says about findings:
///
/// ```toml
/// [findings]
/// severity = { MX026 = "off", MX001 = "error" }
///
/// [[findings.allow]]
/// rule = "MX003"
/// table = "salaries"
/// until = "2026-12-31"
/// reason = "a report, once a night"
/// ```
pub(crate) fn options(config: &Config) -> Result<Options, String> {
    let mut options = Options { today: today(), ..Options::default() };
    let Some(table) = config.findings() else { return Ok(options) };
    for (key, value) in table {
        match (key.as_str(), value) {
            ("severity", Value::Table(severities)) => read_severities(severities, &mut options)?,
            ("allow", Value::Array(list)) => {
                for one in list {
                    options.allow.push(read_allow(one)?);
                }
            }
            _ => return Err(format!("[findings] has severity and allow, not '{key}' of this form")),
        }
    }
    Ok(options)
}

fn read_severities(table: &Table, options: &mut Options) -> Result<(), String> {
    for (rule, value) in table {
        let rule = known(rule)?;
        let text = value.as_str().ok_or_else(|| format!("[findings] severity of {rule} is no text"))?;
        let severity = if text == "off" { None } else { Some(text.parse::<Severity>()?) };
        options.severity.insert(rule, severity);
    }
    Ok(())
}

fn read_allow(value: &Value) -> Result<Allow, String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let rule = known(&text("rule").ok_or("[[findings.allow]] needs rule = \"MX001\"")?)?;
    let reason = text("reason").ok_or_else(|| format!("[[findings.allow]] of {rule} needs a reason"))?;
    let until = match value.get("until") {
        None => None,
        Some(Value::Datetime(day)) => Some(day.to_string().parse::<Day>()?),
        Some(day) => Some(day.as_str().unwrap_or_default().parse::<Day>()?),
    };
    Ok(Allow { rule, until, reason, table: text("table") })
}

fn known(text: &str) -> Result<RuleId, String> {
    let rule: RuleId = text.parse()?;
    by_id(rule).map(|rule| rule.id).ok_or_else(|| format!("[findings]: there is no rule {rule}"))
}

/// The day in UTC.
fn today() -> Option<Day> {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs() / 86_400;
    day_of(days)
}

/// The day of the calendar so many days after 1970-01-01.
fn day_of(mut days: u64) -> Option<Day> {
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, length) in lengths.into_iter().enumerate() {
        if days < length {
            return Some(Day { year: year.try_into().ok()?, month: month as u8 + 1, day: days as u8 + 1 });
        }
        days -= length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_the_epoch() {
        let text = |days| day_of(days).map(|day| day.to_string()).unwrap_or_default();
        assert_eq!([text(0), text(59), text(11_016), text(20_778)], ["1970-01-01", "1970-03-01", "2000-02-29", "2026-11-21"]);
    }
}
