//! Addresses of servers in the three forms that people are used to.

use super::{ConnectionOptions, OptionsError, port};
use std::path::PathBuf;

const FORMS: &str = "write mysql://user@host:3306/schema, h=host,P=3306,u=user,D=schema or user@tcp(host:3306)/schema";

fn wrong(what: &str) -> OptionsError {
    OptionsError(format!("the server's address {what}; {FORMS}"))
}

pub(super) fn read(text: &str) -> Result<ConnectionOptions, OptionsError> {
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "mysql" | "mysqls" => url(rest),
            _ => Err(wrong("does not begin with mysql://")),
        };
    }
    if text.split(',').all(|part| part.as_bytes().get(1) == Some(&b'=')) && !text.is_empty() {
        return percona(text);
    }
    if text.contains("(") || text.contains('/') || text.contains('@') {
        return go(text);
    }
    Err(wrong("has no form that is known"))
}

/// `user:password@host:port/schema?name=value`.
fn url(text: &str) -> Result<ConnectionOptions, OptionsError> {
    let (text, parameters) = text.split_once('?').unwrap_or((text, ""));
    let (authority, database) = match text.rfind('@') {
        // A password may hold a slash that nobody escaped.
        Some(at) => match text[at..].split_once('/') {
            Some((head, database)) => (&text[..at + head.len()], database),
            None => (text, ""),
        },
        None => text.split_once('/').unwrap_or((text, "")),
    };
    let mut options = ConnectionOptions::default();
    let place = match authority.rsplit_once('@') {
        Some((account, place)) => {
            set_account(&mut options, account, decode)?;
            place
        }
        None => authority,
    };
    set_place(&mut options, &decode(place)?)?;
    if !database.is_empty() {
        options.database = Some(decode(database)?);
    }
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = name.replace('_', "-").to_ascii_lowercase();
        if !options.set(&name, &decode(value)?)? {
            return Err(OptionsError(format!("the server's address has a parameter '{name}' that is not known")));
        }
    }
    Ok(options)
}

/// `h=host,P=3306,u=user,p=password,D=schema,S=socket` as Percona Toolkit has it.
fn percona(text: &str) -> Result<ConnectionOptions, OptionsError> {
    let mut options = ConnectionOptions::default();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let name = match key {
            "h" => "host",
            "P" => "port",
            "u" => "user",
            "p" => "password",
            "D" => "database",
            "S" => "socket",
            // Character set and table mean nothing here.
            "A" | "t" => continue,
            "s" => "ssl-mode",
            _ => return Err(wrong("has a part that is not known")),
        };
        let value = if key == "s" && value == "1" { "REQUIRED" } else { value };
        options.set(name, value)?;
    }
    Ok(options)
}

/// `user:password@tcp(host:3306)/schema?tls=true` as Go's driver has it.
fn go(text: &str) -> Result<ConnectionOptions, OptionsError> {
    let slash = text.rfind('/').unwrap_or(text.len());
    let (head, tail) = text.split_at(slash);
    let tail = tail.strip_prefix('/').unwrap_or("");
    let (database, parameters) = tail.split_once('?').unwrap_or((tail, ""));
    let mut options = ConnectionOptions::default();
    let place = match head.rsplit_once('@') {
        Some((account, place)) => {
            set_account(&mut options, account, |text| Ok(text.to_owned()))?;
            place
        }
        None => head,
    };
    match place.split_once('(') {
        Some((protocol, inner)) => {
            let inner = inner.strip_suffix(')').ok_or_else(|| wrong("lacks a closing parenthesis"))?;
            match protocol {
                "unix" => options.socket = Some(PathBuf::from(inner)),
                _ => set_place(&mut options, inner)?,
            }
        }
        None => set_place(&mut options, place)?,
    }
    if !database.is_empty() {
        options.database = Some(decode(database)?);
    }
    for parameter in parameters.split('&') {
        if let Some(("tls", value)) = parameter.split_once('=') {
            options.set("tls", if value == "true" { "VERIFY_IDENTITY" } else { value })?;
        }
    }
    Ok(options)
}

fn set_account(
    options: &mut ConnectionOptions,
    account: &str,
    decode: impl Fn(&str) -> Result<String, OptionsError>,
) -> Result<(), OptionsError> {
    let (user, password) = account.split_once(':').map_or((account, None), |(user, password)| (user, Some(password)));
    if !user.is_empty() {
        options.user = Some(decode(user)?);
    }
    if let Some(password) = password {
        options.set("password", &decode(password)?)?;
    }
    Ok(())
}

/// `host`, `host:port`, `[::1]:port`.
fn set_place(options: &mut ConnectionOptions, place: &str) -> Result<(), OptionsError> {
    let (host, number) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match place.rsplit_once(':') {
            Some((host, _)) if host.contains(':') => (place, None),
            Some((host, number)) => (host, Some(number)),
            None => (place, None),
        },
    };
    if !host.is_empty() {
        options.host = Some(host.to_owned());
    }
    if let Some(number) = number.filter(|number| !number.is_empty()) {
        options.port = Some(port(number).map_err(|_| wrong("has a port that is no number"))?);
    }
    Ok(())
}

/// Undoes `%40` and the like.
fn decode(text: &str) -> Result<String, OptionsError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'%' {
            let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.push(byte.ok_or_else(|| wrong("has a % that is not followed by two hexadecimal digits"))?);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::super::{Secret, SslMode};
    use super::*;

    fn base() -> ConnectionOptions {
        ConnectionOptions {
            host: Some("db.example".into()),
            port: Some(3307),
            user: Some("anna".into()),
            password: Some(Secret::new("p@ss/word")),
            database: Some("shop".into()),
            ..ConnectionOptions::default()
        }
    }

    #[test]
    fn three_forms_say_the_same() {
        assert_eq!(read("mysql://anna:p%40ss%2Fword@db.example:3307/shop").unwrap(), base());
        assert_eq!(read("h=db.example,P=3307,u=anna,p=p@ss/word,D=shop").unwrap(), base());
        assert_eq!(read("anna:p@ss/word@tcp(db.example:3307)/shop").unwrap(), base());
    }

    #[test]
    fn parameters_sockets_and_addresses() {
        let options = read("mysql://anna@[::1]:3307/?ssl-mode=verify_ca&ssl-ca=/etc/ca.pem").unwrap();
        assert_eq!((options.host.as_deref(), options.port, options.ssl_mode), (Some("::1"), Some(3307), Some(SslMode::VerifyCa)));
        assert_eq!(read("anna@unix(/run/m.sock)/").unwrap().socket, Some(PathBuf::from("/run/m.sock")));
        assert_eq!(read("mysql://anna@/shop?socket=%2Frun%2Fm.sock").unwrap().socket, Some(PathBuf::from("/run/m.sock")));
    }

    #[test]
    fn no_message_repeats_the_address() {
        for text in ["mysql://u:geheim@h:port/", "postgres://u:geheim@h/", "u:geheim@tcp(h", "mysql://u:geheim%zz@h/", "geheim"] {
            let message = read(text).unwrap_err().to_string();
            assert!(!message.contains("geheim"), "{message}");
        }
        assert!(!format!("{:?} {}", base(), base()).contains("p@ss"));
    }
}
