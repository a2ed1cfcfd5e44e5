//! SET and SET_VAR: names, checks and errors (spec 09 §3.2, §4.2, §4.3).

use super::variables::{self, Domain};
use super::{SWITCH_NAMES, Settings, SqlMode, Switch, SwitchSet};
use crate::catalog::{ServerVersion, collation};
use crate::error::ServerError;
use crate::value::Value;
use std::sync::Arc;

fn wrong_value(name: &str, value: &str) -> ServerError {
    ServerError::new(1231, "42000", format!("Variable '{name}' can't be set to the value of '{value}'"))
}

fn wrong_type(name: &str) -> ServerError {
    ServerError::new(1232, "42000", format!("Incorrect argument type to variable '{name}'"))
}

fn unknown_variable(name: &str) -> ServerError {
    ServerError::new(1193, "HY000", format!("Unknown system variable '{name}'"))
}

/// Takes `@@`, a scope and upper case off a variable's name.
fn bare_name(name: &str) -> String {
    let mut name = name.trim().trim_start_matches('@').to_ascii_lowercase();
    for scope in ["session", "global", "local", "persist"] {
        if let Some(rest) = name.strip_prefix(scope)
            && rest.starts_with(['.', ' '])
        {
            name = rest[1..].trim_start().to_owned();
        }
    }
    name.trim_matches('`').to_owned()
}

/// A value as written: quotes taken off, and whether there were any.
fn bare_value(text: &str) -> (String, bool) {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote) {
            let inner = &text[1..text.len() - 1];
            return (inner.replace(&format!("{quote}{quote}"), &quote.to_string()), true);
        }
    }
    (text.to_owned(), false)
}

/// The value of a user variable as written: NULL, a number or a string.
fn user_value(text: &str) -> Value {
    if text.eq_ignore_ascii_case("null") {
        return Value::Null;
    }
    if let Ok(number) = text.parse() {
        return Value::Int(number);
    }
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Value::Str(Arc::from(inner));
        }
    }
    text.parse().map_or_else(|_| Value::Str(Arc::from(text)), Value::Decimal)
}

impl Settings {
    /// Sets one variable, or a user variable (`@name`), as SET does.
    ///
    /// # Errors
    /// As [`Settings::assign`].
    pub fn assign_any(&mut self, name: &str, value: &str) -> Result<(), ServerError> {
        let name = name.trim();
        match name.strip_prefix('@').filter(|user| !user.starts_with('@')) {
            Some(user) => {
                self.user_variables.insert(user.to_lowercase(), user_value(value.trim()));
                Ok(())
            }
            None => self.assign(name, value.trim()),
        }
    }

    /// Sets one variable as SET SESSION does. `value` is the text as written: quoted or not, DEFAULT included.
    pub fn assign(&mut self, name: &str, value: &str) -> Result<(), ServerError> {
        let name = bare_name(name);
        let (text, quoted) = bare_value(value);
        if !quoted && text.eq_ignore_ascii_case("default") {
            return match variables::default_of(&name, self.version) {
                Some(default) => self.assign(&name, &format!("'{default}'")),
                None => Err(unknown_variable(&name)),
            };
        }
        self.assign_value(&name, &text, quoted)
    }

    fn assign_value(&mut self, name: &str, text: &str, quoted: bool) -> Result<(), ServerError> {
        match name {
            "optimizer_switch" => {
                self.switches = assign_switches(self.version, self.switches, text, quoted)?;
                self.remember(name, self.switches.text(self.version));
                return Ok(());
            }
            "sql_mode" => {
                let (mode, printed) = sql_mode(text)?;
                self.sql_mode = mode;
                self.remember(name, printed);
                return Ok(());
            }
            "names" => return self.assign_names(text),
            "collation_connection" => {
                let info = collation::by_name(text)
                    .ok_or_else(|| ServerError::new(1273, "HY000", format!("Unknown collation: '{text}'")))?;
                self.collation_connection = info.id;
                self.remember("character_set_connection", info.charset().to_owned());
                self.remember(name, info.name.to_owned());
                return Ok(());
            }
            "character_set_connection" => return self.assign_charset_connection(text),
            "time_zone" => {
                self.time_zone_seconds = time_zone_seconds(text)?;
                self.remember(name, text.to_owned());
                return Ok(());
            }
            "timestamp" => {
                let seconds: f64 = text.parse().map_err(|_| wrong_type(name))?;
                if !(0.0..=2_147_483_647.0).contains(&seconds) {
                    return Err(wrong_value(name, text));
                }
                let micros = if seconds == 0.0 { super::DEFAULT_TIMESTAMP_MICROS } else { (seconds * 1e6).round() as i64 };
                self.timestamp_micros = micros;
                self.remember(name, text.to_owned());
                return Ok(());
            }
            _ => {}
        }
        let Some(domain) = variables::domain(name) else {
            return self.assign_other(name, text);
        };
        let value = match domain {
            Domain::Bool => u64::from(boolean(name, text)?),
            Domain::Integer { min, max, block } => integer(name, text, quoted)?.clamp(min, max) / block * block,
        };
        variables::store(self, name, value);
        let printed = match domain {
            Domain::Bool => if value == 1 { "ON" } else { "OFF" }.to_owned(),
            Domain::Integer { .. } => value.to_string(),
        };
        self.remember(name, printed);
        Ok(())
    }

    fn assign_names(&mut self, text: &str) -> Result<(), ServerError> {
        let lower = text.to_ascii_lowercase();
        let (charset, collate) = match lower.split_once(" collate ") {
            Some((charset, collate)) => (charset.trim().to_owned(), Some(collate.trim().to_owned())),
            None => (lower.trim().to_owned(), None),
        };
        let charset = charset.trim_matches('\'').to_owned();
        self.assign_charset_connection(&charset)?;
        for name in ["character_set_client", "character_set_results"] {
            self.remember(name, charset.clone());
        }
        match collate {
            Some(collate) => self.assign("collation_connection", collate.trim_matches('\'')),
            None => Ok(()),
        }
    }

    fn assign_charset_connection(&mut self, text: &str) -> Result<(), ServerError> {
        let info = collation::default_of_charset(text)
            .ok_or_else(|| ServerError::new(1115, "42000", format!("Unknown character set: '{text}'")))?;
        self.collation_connection = info.id;
        self.remember("character_set_connection", info.charset().to_owned());
        self.remember("collation_connection", info.name.to_owned());
        Ok(())
    }

    /// A variable that no stage looks at: its text is kept.
    fn assign_other(&mut self, name: &str, text: &str) -> Result<(), ServerError> {
        if !self.variables.contains_key(name) && variables::default_of(name, self.version).is_none() {
            return Err(unknown_variable(name));
        }
        if name == "explain_json_format_version" && !["1", "2"].contains(&text) {
            return Err(wrong_value(name, text));
        }
        if name == "explain_format" {
            let formats = ["TRADITIONAL", "TRADITIONAL_STRICT", "TREE", "JSON"];
            let by_number = text.parse::<usize>().ok().and_then(|no| formats.get(no).copied());
            let format = by_number.or_else(|| formats.into_iter().find(|format| format.eq_ignore_ascii_case(text)));
            let format = format.ok_or_else(|| wrong_value(name, text))?;
            self.remember(name, format.to_owned());
            return Ok(());
        }
        self.remember(name, text.to_owned());
        Ok(())
    }

    fn remember(&mut self, name: &str, value: String) {
        Arc::make_mut(&mut self.variables).insert(name.to_owned(), value);
    }

    /// Settings of a server: the defaults, changed by what the server says of its variables. Variables that are unknown here are
    /// kept as text; values that cannot be read leave the default.
    pub fn from_variables<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
        let mut settings = Settings::default();
        let rows: Vec<(&str, &str)> = rows.into_iter().collect();
        let own_version = rows.iter().find(|(name, _)| name.eq_ignore_ascii_case("version"));
        settings.version = own_version.and_then(|(_, version)| version.parse().ok()).unwrap_or_default();
        for (name, value) in rows {
            let name = name.to_ascii_lowercase();
            if settings.assign_value(&name, value, true).is_err() {
                settings.remember(&name, value.to_owned());
            }
        }
        settings
    }

    /// Follows another release: variables that have the old default take the new one.
    pub(crate) fn set_version(&mut self, version: ServerVersion) {
        let old = std::mem::replace(&mut self.version, version);
        let own: ServerVersion = self.variables.get("version").and_then(|text| text.parse().ok()).unwrap_or(old);
        let kept = Arc::make_mut(&mut self.variables);
        if own != version {
            kept.insert("version".to_owned(), version.variable().to_owned());
        }
        for name in variables::DIFFERING {
            let chosen = kept.get(*name).is_some_and(|value| variables::default_of(name, old) != Some(value));
            if !chosen || variables::default_of(name, version).is_none() {
                kept.shift_remove(*name);
            }
        }
        if kept.contains_key("optimizer_switch") {
            let switches = self.switches.text(version);
            self.remember("optimizer_switch", switches);
        }
    }

    /// A variable's value as text, by name without `@@` and scope.
    pub fn variable(&self, name: &str) -> Result<&str, ServerError> {
        let bare = bare_name(name);
        if let Some(value) = self.variables.get(&bare) {
            return Ok(value);
        }
        variables::default_of(&bare, self.version).ok_or_else(|| unknown_variable(&bare))
    }
}

fn boolean(name: &str, text: &str) -> Result<bool, ServerError> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err(wrong_value(name, text)),
    }
}

fn integer(name: &str, text: &str, quoted: bool) -> Result<u64, ServerError> {
    let text = text.trim();
    let parsed = match text.strip_prefix('-') {
        Some(digits) => digits.parse::<u64>().map(|_| 0),
        None => text.parse::<u64>(),
    };
    match parsed {
        Ok(value) => Ok(value),
        Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => Ok(u64::MAX),
        Err(_) if quoted && matches!(text.to_ascii_lowercase().as_str(), "on" | "off") => Ok(u64::from(text.len() == 2)),
        Err(_) => Err(wrong_type(name)),
    }
}

/// `SYSTEM` and `UTC` are taken for UTC; named zones need the server's time zone tables.
fn time_zone_seconds(text: &str) -> Result<i32, ServerError> {
    if ["system", "utc", "gmt"].contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(0);
    }
    let offset = || -> Option<i32> {
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let (hours, minutes) = text.trim_start_matches(['+', '-']).split_once(':')?;
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let seconds = sign * (hours * 3600 + minutes * 60);
        (text.starts_with(['+', '-']) && minutes < 60 && (-50_340..=50_400).contains(&seconds)).then_some(seconds)
    };
    offset().ok_or_else(|| ServerError::new(1298, "HY000", format!("Unknown or incorrect time zone: '{text}'")))
}

/// The flags that a release has, in the order of printing (spec 09 §3.1).
fn switch_names(version: ServerVersion) -> &'static [&'static str] {
    match version {
        ServerVersion::V8_0 => &SWITCH_NAMES[..Switch::HashSetOperations as usize],
        _ => &SWITCH_NAMES,
    }
}

impl SwitchSet {
    /// The flags as the variable `optimizer_switch` prints them.
    pub fn text(self, version: ServerVersion) -> String {
        let state = |no: usize| if self.0 >> no & 1 == 1 { "on" } else { "off" };
        let flags = switch_names(version).iter().enumerate().map(|(no, name)| format!("{name}={}", state(no)));
        flags.collect::<Vec<_>>().join(",")
    }
}

/// Applies the value of SET optimizer_switch (spec 09 §3.2).
fn assign_switches(version: ServerVersion, current: SwitchSet, text: &str, quoted: bool) -> Result<SwitchSet, ServerError> {
    let error = |rest: &str| wrong_value("optimizer_switch", rest);
    let names = switch_names(version);
    if !quoted {
        if text.eq_ignore_ascii_case("null") {
            return Err(error("NULL"));
        }
        if let Ok(bits) = text.parse::<u64>() {
            let all = (1u64 << names.len()) - 1;
            return if bits <= all { Ok(SwitchSet(bits as u32)) } else { Err(error(text)) };
        }
        if text.parse::<f64>().is_ok() {
            return Err(wrong_type("optimizer_switch"));
        }
    }
    let (mut base, mut set, mut cleared, mut default_seen) = (current, 0u32, 0u32, false);
    let mut rest = text;
    while !rest.is_empty() {
        let item = rest;
        let end = item.find([',', '=']).unwrap_or(item.len());
        let is_last = end == item.len();
        let name = item[..end].trim_end();
        let default = name.eq_ignore_ascii_case("default") || is_last && !name.is_empty() && is_prefix(name, "default");
        if default && !item[end..].starts_with('=') {
            if default_seen {
                return Err(error(item));
            }
            default_seen = true;
            base = SwitchSet::default();
            rest = &item[end..];
        } else {
            let place = names.iter().position(|switch| switch.eq_ignore_ascii_case(name)).ok_or_else(|| error(item))?;
            let bit = 1u32 << place;
            let value = item[end..].strip_prefix('=').ok_or_else(|| error(item))?;
            if (set | cleared) & bit != 0 {
                return Err(error(item));
            }
            let value_end = value.find(',').unwrap_or(value.len());
            match switch_value(&value[..value_end], value_end == value.len()).ok_or_else(|| error(item))? {
                SwitchValue::On => set |= bit,
                SwitchValue::Off => cleared |= bit,
                SwitchValue::Default if SwitchSet::default().0 & bit != 0 => set |= bit,
                SwitchValue::Default => cleared |= bit,
            }
            rest = &value[value_end..];
        }
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
            if rest.is_empty() {
                return Err(error(""));
            }
        }
    }
    Ok(SwitchSet(base.0 & !cleared | set))
}

enum SwitchValue {
    On,
    Off,
    Default,
}

fn is_prefix(text: &str, of: &str) -> bool {
    of.get(..text.len()).is_some_and(|head| head.eq_ignore_ascii_case(text))
}

/// `on`, `off` or `default`; the last value of all may be cut short, an ambiguous one counts as default.
fn switch_value(text: &str, is_last: bool) -> Option<SwitchValue> {
    let text = text.trim_end();
    if text.eq_ignore_ascii_case("on") {
        return Some(SwitchValue::On);
    }
    if text.eq_ignore_ascii_case("off") {
        return Some(SwitchValue::Off);
    }
    if text.eq_ignore_ascii_case("default") {
        return Some(SwitchValue::Default);
    }
    if !is_last || text.is_empty() {
        return None;
    }
    match (is_prefix(text, "on"), is_prefix(text, "off"), is_prefix(text, "default")) {
        (true, true, _) | (_, _, true) => Some(SwitchValue::Default),
        (true, false, false) => Some(SwitchValue::On),
        (false, true, false) => Some(SwitchValue::Off),
        (false, false, false) => None,
    }
}

/// Modes in the order of their bits, which is that of printing.
const SQL_MODES: &[&str] = &[
    "REAL_AS_FLOAT",
    "PIPES_AS_CONCAT",
    "ANSI_QUOTES",
    "IGNORE_SPACE",
    "NOT_USED",
    "ONLY_FULL_GROUP_BY",
    "NO_UNSIGNED_SUBTRACTION",
    "NO_DIR_IN_CREATE",
    "NOT_USED_9",
    "NOT_USED_10",
    "NOT_USED_11",
    "NOT_USED_12",
    "NOT_USED_13",
    "NOT_USED_14",
    "NOT_USED_15",
    "NOT_USED_16",
    "NOT_USED_17",
    "NOT_USED_18",
    "ANSI",
    "NO_AUTO_VALUE_ON_ZERO",
    "NO_BACKSLASH_ESCAPES",
    "STRICT_TRANS_TABLES",
    "STRICT_ALL_TABLES",
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ALLOW_INVALID_DATES",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "TRADITIONAL",
    "NOT_USED_29",
    "HIGH_NOT_PRECEDENCE",
    "NO_ENGINE_SUBSTITUTION",
    "PAD_CHAR_TO_FULL_LENGTH",
    "TIME_TRUNCATE_FRACTIONAL",
];

/// What the combination modes stand for.
const COMBINATIONS: &[(&str, &[&str])] = &[
    ("ANSI", &["REAL_AS_FLOAT", "PIPES_AS_CONCAT", "ANSI_QUOTES", "IGNORE_SPACE", "ONLY_FULL_GROUP_BY"]),
    (
        "TRADITIONAL",
        &[
            "STRICT_TRANS_TABLES",
            "STRICT_ALL_TABLES",
            "NO_ZERO_IN_DATE",
            "NO_ZERO_DATE",
            "ERROR_FOR_DIVISION_BY_ZERO",
            "NO_ENGINE_SUBSTITUTION",
        ],
    ),
];

/// Reads `sql_mode`: its bits, and its text as the variable prints it.
fn sql_mode(text: &str) -> Result<(SqlMode, String), ServerError> {
    let mut bits = vec![false; SQL_MODES.len()];
    let place = |name: &str| SQL_MODES.iter().position(|mode| mode.eq_ignore_ascii_case(name));
    if let Ok(number) = text.parse::<u64>() {
        if number >> SQL_MODES.len() != 0 {
            return Err(wrong_value("sql_mode", text));
        }
        bits.iter_mut().enumerate().for_each(|(no, bit)| *bit = number >> no & 1 == 1);
    } else {
        for name in text.split(',').map(|name| name.trim_end()).filter(|name| !name.is_empty()) {
            bits[place(name).ok_or_else(|| wrong_value("sql_mode", name))?] = true;
        }
    }
    for (name, parts) in COMBINATIONS {
        if place(name).is_some_and(|no| bits[no]) {
            parts.iter().filter_map(|part| place(part)).for_each(|no| bits[no] = true);
        }
    }
    let on = |name: &str| place(name).is_some_and(|no| bits[no]);
    let mode = SqlMode {
        ansi_quotes: on("ANSI_QUOTES"),
        pipes_as_concat: on("PIPES_AS_CONCAT"),
        high_not_precedence: on("HIGH_NOT_PRECEDENCE"),
        ignore_space: on("IGNORE_SPACE"),
        no_backslash_escapes: on("NO_BACKSLASH_ESCAPES"),
        no_unsigned_subtraction: on("NO_UNSIGNED_SUBTRACTION"),
        only_full_group_by: on("ONLY_FULL_GROUP_BY"),
        strict: on("STRICT_TRANS_TABLES") || on("STRICT_ALL_TABLES"),
        no_zero_date: on("NO_ZERO_DATE"),
        no_zero_in_date: on("NO_ZERO_IN_DATE"),
        allow_invalid_dates: on("ALLOW_INVALID_DATES"),
        error_for_division_by_zero: on("ERROR_FOR_DIVISION_BY_ZERO"),
        pad_char_to_full_length: on("PAD_CHAR_TO_FULL_LENGTH"),
    };
    let printed: Vec<&str> = SQL_MODES.iter().zip(&bits).filter(|(_, on)| **on).map(|(name, _)| *name).collect();
    Ok((mode, printed.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switches(text: &str) -> Result<String, String> {
        let mut settings = Settings::default();
        settings.assign("optimizer_switch", &format!("'{text}'")).map_err(|error| error.text)?;
        Ok(settings.switches.text(settings.version))
    }

    #[test]
    fn switches_take_prefixes_at_the_end_only() {
        assert!(switches("semijoin=off,mrr=of").unwrap().contains("mrr=off"));
        assert!(switches("hash_join=o").unwrap().contains("hash_join=on"));
        assert!(switches("batched_key_access=on,def").unwrap().contains("batched_key_access=on"));
        assert_eq!(switches("").unwrap(), SwitchSet::default().text(ServerVersion::V8_0));
    }

    #[test]
    fn switch_errors_show_the_rest() {
        let message = |rest: &str| Err(format!("Variable 'optimizer_switch' can't be set to the value of '{rest}'"));
        assert_eq!(switches("semijoin=off,foo=on,mrr=off"), message("foo=on,mrr=off"));
        assert_eq!(switches("mrr=off,mrr=on"), message("mrr=on"));
        assert_eq!(switches("mrr=off,"), message(""));
    }

    #[test]
    fn integers_are_cut_to_their_range() {
        let mut settings = Settings::default();
        settings.assign("join_buffer_size", "1000").unwrap();
        assert_eq!(settings.join_buffer_bytes, 896);
        settings.assign("@@session.optimizer_search_depth", "100").unwrap();
        assert_eq!(settings.search_depth, 62);
        assert_eq!(settings.assign("nope", "1").unwrap_err().code, 1193);
        assert_eq!(settings.assign("optimizer_prune_level", "x").unwrap_err().code, 1232);
    }

    #[test]
    fn defaults_follow_the_version() {
        let mut settings = Settings::from_variables([("version", "8.0.39"), ("explain_format", "TRADITIONAL")]);
        assert_eq!(settings.assign("explain_json_format_version", "1").unwrap_err().code, 1193);
        settings.set_version(ServerVersion::V9_7);
        assert_eq!(settings.variable("explain_format").unwrap(), "TREE");
        assert_eq!(settings.variable("explain_json_format_version").unwrap(), "2");
        assert!(settings.variable("version").unwrap().starts_with("9.7"));
        settings.assign("optimizer_switch", "'hash_set_operations=off'").unwrap();
        assert!(settings.variable("optimizer_switch").unwrap().ends_with("hash_set_operations=off"));
        settings.assign("explain_format", "json").unwrap();
        settings.set_version(ServerVersion::V8_0);
        assert_eq!(settings.variable("explain_format").unwrap(), "JSON");
        assert_eq!(settings.variable("version").unwrap(), "8.0.39");
    }

    #[test]
    fn modes_combine() {
        let mut settings = Settings::default();
        settings.assign("sql_mode", "'ansi'").unwrap();
        assert!(settings.sql_mode.ansi_quotes && settings.sql_mode.only_full_group_by && !settings.sql_mode.strict);
        assert_eq!(
            settings.variable("@@sql_mode").unwrap(),
            "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI"
        );
        assert_eq!(settings.assign("sql_mode", "'x'").unwrap_err().code, 1231);
    }
}
