//! One connection to a server.

use super::answers::Row;
use crate::options::{ConnectionOptions, SslMode};
use mysql::prelude::Queryable;
use mysql::{ClientIdentity, Conn, DriverError, Error, OptsBuilder, SslOpts, Value};
use std::time::Duration;

/// Seconds to wait for a connection.
const CONNECT_SECONDS: u64 = 10;
/// The oldest release whose dictionary has what a capture reads.
const OLDEST: (u32, u32) = (8, 0);

/// Why a server could not be read. No message holds a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// No connection.
    #[error("cannot connect to {place}: {what}")]
    Connect {
        /// User, host and port.
        place: String,
        /// Why.
        what: String,
    },
    /// The connection broke.
    #[error("the connection to {place} broke off: {what}; nothing was written")]
    Lost {
        /// User, host and port.
        place: String,
        /// Why.
        what: String,
    },
    /// The server said no.
    #[error("ERROR {code} ({state}): {text}")]
    Refused {
        /// MySQL's number of the error.
        code: u16,
        /// SQLSTATE.
        state: String,
        /// MySQL's text.
        text: String,
    },
    /// A server that this program does not know.
    #[error("{0}")]
    Unsupported(String),
    /// Nothing could be captured.
    #[error("{0}")]
    Useless(String),
}

impl ServerError {
    /// True if the user lacks a privilege.
    pub fn is_refusal(&self) -> bool {
        matches!(self, ServerError::Refused { code: 1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1345, .. })
    }
}

/// A connection to a server.
pub struct Server {
    conn: Conn,
    place: String,
    version: String,
}

impl std::fmt::Debug for Server {
    /// Without the connection: it knows the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("place", &self.place).field("version", &self.version).finish_non_exhaustive()
    }
}

impl Server {
    /// Connects, and refuses servers that are not MySQL 8.0 or later.
    ///
    /// # Errors
    /// No connection, or another kind of server.
    pub fn connect(options: &ConnectionOptions) -> Result<Server, ServerError> {
        let place = options.to_string();
        let failed = |error: &Error| ServerError::Connect { place: place.clone(), what: reason(error) };
        let mode = options.ssl_mode.unwrap_or(SslMode::Preferred);
        let conn = match Conn::new(opts(options, mode)) {
            Err(Error::DriverError(DriverError::TlsNotSupported)) if mode == SslMode::Preferred => {
                Conn::new(opts(options, SslMode::Disabled))
            }
            other => other,
        };
        let mut server = Server { conn: conn.map_err(|error| failed(&error))?, place: place.clone(), version: String::new() };
        let version = server.rows("SELECT VERSION(), @@version_comment")?;
        let text = |place: usize| version.first().and_then(|row| row.get(place)?.clone()).unwrap_or_default();
        supported(&text(0), &text(1)).map_err(ServerError::Unsupported)?;
        server.version = text(0);
        Ok(server)
    }

    /// The server's version, as it prints it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs a statement for its effect on the session.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), ServerError> {
        self.conn.query_drop(sql).map_err(|error| explain(&self.place, error))
    }

    /// The rows of one statement, as text.
    pub(crate) fn rows(&mut self, sql: &str) -> Result<Vec<Row>, ServerError> {
        Ok(self.table(sql)?.1)
    }

    /// Column names and rows of one statement, as text.
    pub(crate) fn table(&mut self, sql: &str) -> Result<(Vec<String>, Vec<Row>), ServerError> {
        let place = &self.place;
        let mut result = self.conn.query_iter(sql).map_err(|error| explain(place, error))?;
        let columns = result.columns().as_ref().iter().map(|column| column.name_str().into_owned()).collect();
        let mut rows = Vec::new();
        for row in result.by_ref() {
            rows.push(texts(row.map_err(|error| explain(place, error))?));
        }
        Ok((columns, rows))
    }

    /// The rows of several statements that are sent at once: those of all before the first that the server refused, and whether
    /// it refused one.
    pub(crate) fn several(&mut self, statements: &[&str]) -> Result<(Vec<Vec<Row>>, bool), ServerError> {
        let place = &self.place;
        let mut found = Vec::new();
        let mut result = match self.conn.query_iter(statements.join(";\n")) {
            Ok(result) => result,
            Err(Error::MySqlError(_)) => return Ok((found, true)),
            Err(error) => return Err(explain(place, error)),
        };
        while let Some(set) = result.iter() {
            let mut rows = Vec::new();
            for row in set {
                match row {
                    Ok(row) => rows.push(texts(row)),
                    Err(Error::MySqlError(_)) => return Ok((found, true)),
                    Err(error) => return Err(explain(place, error)),
                }
            }
            found.push(rows);
            if found.len() == statements.len() {
                break;
            }
        }
        Ok((found, false))
    }
}

fn texts(row: mysql::Row) -> Row {
    row.unwrap().into_iter().map(text).collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => {
            Some(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
        }
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

fn explain(place: &str, error: Error) -> ServerError {
    match error {
        Error::MySqlError(error) => ServerError::Refused { code: error.code, state: error.state, text: error.message },
        other => ServerError::Lost { place: place.to_owned(), what: reason(&other) },
    }
}

/// Why, in words without anything secret.
fn reason(error: &Error) -> String {
    match error {
        Error::MySqlError(error) => format!("ERROR {} ({}): {}", error.code, error.state, error.message),
        Error::IoError(error) => error.to_string(),
        Error::DriverError(DriverError::TlsNotSupported) => {
            "the server offers no encryption; --ssl-mode=DISABLED goes without".to_owned()
        }
        Error::DriverError(DriverError::CouldNotConnect(Some((_, what, _)))) => what.clone(),
        Error::DriverError(error) => error.to_string(),
        Error::TlsError(error) => format!("encryption failed: {error}; see --ssl-mode and --ssl-ca"),
        // Addresses may hold passwords: the others are not repeated.
        _ => "the connection's options do not fit together".to_owned(),
    }
}

fn opts(options: &ConnectionOptions, mode: SslMode) -> OptsBuilder {
    let socket = options.effective_socket();
    let host = options.host.clone().unwrap_or_else(|| "127.0.0.1".to_owned());
    let mut builder = OptsBuilder::new()
        .user(Some(options.user_name()))
        .pass(options.password.as_ref().map(|password| password.reveal().to_owned()))
        .prefer_socket(false)
        .tcp_connect_timeout(Some(Duration::from_secs(CONNECT_SECONDS)))
        .server_key_path(options.server_public_key.clone())
        .compress(options.compress.filter(|yes| *yes).map(|_| mysql::Compression::default()));
    builder = match socket {
        Some(path) => builder.socket(Some(path.to_string_lossy().into_owned())),
        None => builder.ip_or_hostname(Some(host)).tcp_port(options.port.unwrap_or(3306)).ssl_opts(ssl(options, mode)),
    };
    builder
}

fn ssl(options: &ConnectionOptions, mode: SslMode) -> Option<SslOpts> {
    let identity = options.ssl_cert.clone().zip(options.ssl_key.clone());
    let known = SslOpts::default()
        .with_root_cert_path(options.ssl_ca.clone())
        .with_client_identity(identity.map(|(cert, key)| ClientIdentity::new(cert, key)));
    match mode {
        SslMode::Disabled => None,
        SslMode::Preferred | SslMode::Required => {
            Some(known.with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true))
        }
        SslMode::VerifyCa => Some(known.with_danger_skip_domain_validation(true)),
        SslMode::VerifyIdentity => Some(known),
    }
}

/// Refuses servers whose optimizer is another one.
pub(crate) fn supported(version: &str, comment: &str) -> Result<(), String> {
    let is_of = |name: &str| version.to_lowercase().contains(name) || comment.to_lowercase().contains(name);
    for (word, name) in [("mariadb", "MariaDB"), ("tidb", "TiDB"), ("singlestore", "SingleStore"), ("vitess", "Vitess")] {
        if is_of(word) {
            return Err(format!(
                "the server is {name} ({version}): its optimizer is not MySQL's, so a plan made for MySQL would tell nothing \
                 about it. myexplain plans for MySQL 8.0 and later"
            ));
        }
    }
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(()),
        _ => Err(format!(
            "the server is MySQL {version}: myexplain plans for MySQL 8.0 and later, whose optimizer and dictionary are different. \
             For a plan after an upgrade, load the schema into a newer server, or use 'myexplain bundle from-ddl'"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mysql_8_and_later() {
        for (version, comment) in [("8.0.39", "Source distribution"), ("9.7.4-2", "(Debian)"), ("8.0.35-27", "Percona Server")] {
            assert_eq!(supported(version, comment), Ok(()), "{version}");
        }
        for (version, comment, word) in [
            ("11.4.2-MariaDB-ubu2404", "mariadb.org", "MariaDB"),
            ("5.5.5-10.6.1-MariaDB", "", "MariaDB"),
            ("5.7.44-log", "MySQL Community Server", "5.7.44"),
            ("8.0.11-TiDB-v7.5.0", "TiDB Server", "TiDB"),
            ("what", "", "what"),
        ] {
            assert!(supported(version, comment).unwrap_err().contains(word));
        }
    }
}
