//! How to reach a server: addresses, option files, login paths, the environment and command-line options, laid over each other
//! as the mysql client does it.

mod address;
mod login_path;
mod option_file;

pub use option_file::OptionFiles;

use std::fmt;
use std::path::PathBuf;

/// Why the way to the server is not clear. No message holds a password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OptionsError(String);

/// A password: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }
    /// The password itself, for the one place that hands it to the server.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// When to encrypt, and whom to trust, as `--ssl-mode` of the mysql client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// Never.
    Disabled,
    /// If the server can.
    Preferred,
    /// Always, whoever the server is.
    Required,
    /// Always, with a certificate of a known authority.
    VerifyCa,
    /// Always, with a certificate of a known authority for this very host.
    VerifyIdentity,
}

impl std::str::FromStr for SslMode {
    type Err = OptionsError;
    fn from_str(text: &str) -> Result<SslMode, OptionsError> {
        Ok(match text.to_ascii_uppercase().replace('-', "_").as_str() {
            "DISABLED" | "FALSE" => SslMode::Disabled,
            "PREFERRED" => SslMode::Preferred,
            "REQUIRED" | "TRUE" | "SKIP_VERIFY" => SslMode::Required,
            "VERIFY_CA" => SslMode::VerifyCa,
            "VERIFY_IDENTITY" => SslMode::VerifyIdentity,
            _ => {
                let modes = "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY";
                return Err(OptionsError(format!("'{text}' is no ssl-mode; it is one of {modes}")));
            }
        })
    }
}

/// Where a server is and who asks. What is not given is left to those below: command line over address over option files over
/// environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionOptions {
    /// Host name or address.
    pub host: Option<String>,
    /// TCP port.
    pub port: Option<u16>,
    /// User.
    pub user: Option<String>,
    /// Password; an empty one is one.
    pub password: Option<Secret>,
    /// Unix socket.
    pub socket: Option<PathBuf>,
    /// `TCP` or `SOCKET`.
    pub protocol: Option<String>,
    /// Schema that the address names: what to capture if nothing else says it.
    pub database: Option<String>,
    /// When to encrypt.
    pub ssl_mode: Option<SslMode>,
    /// File of trusted authorities (PEM).
    pub ssl_ca: Option<PathBuf>,
    /// Own certificate (PEM).
    pub ssl_cert: Option<PathBuf>,
    /// Own key (PEM).
    pub ssl_key: Option<PathBuf>,
    /// The server's public key for passwords over connections that are not encrypted (PEM).
    pub server_public_key: Option<PathBuf>,
    /// Compress what goes over the wire.
    pub compress: Option<bool>,
}

impl ConnectionOptions {
    /// Reads an address: `mysql://user@host:3306/db?ssl-mode=REQUIRED`, `h=host,P=3306,u=user,D=db` or `user@tcp(host:3306)/db`.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it: it may hold a password.
    pub fn of_address(text: &str) -> Result<ConnectionOptions, OptionsError> {
        address::read(text)
    }

    /// What the environment says: `MYSQL_HOST`, `MYSQL_TCP_PORT`, `MYSQL_UNIX_PORT`, `MYSQL_PWD`.
    pub fn of_environment() -> ConnectionOptions {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        ConnectionOptions {
            host: text("MYSQL_HOST"),
            port: text("MYSQL_TCP_PORT").and_then(|port| port.parse().ok()),
            socket: text("MYSQL_UNIX_PORT").map(PathBuf::from),
            password: text("MYSQL_PWD").map(Secret),
            ..ConnectionOptions::default()
        }
    }

    /// These options, and where they say nothing, those of `below`.
    #[must_use]
    pub fn over(self, below: ConnectionOptions) -> ConnectionOptions {
        // A host that is named above makes a socket that is named below meaningless, and the other way round.
        let names_host = self.host.is_some() || self.port.is_some();
        let names_socket = self.socket.is_some();
        ConnectionOptions {
            host: self.host.or(below.host.filter(|_| !names_socket)),
            port: self.port.or(below.port.filter(|_| !names_socket)),
            user: self.user.or(below.user),
            password: self.password.or(below.password),
            socket: self.socket.or(below.socket.filter(|_| !names_host)),
            protocol: self.protocol.or(below.protocol),
            database: self.database.or(below.database),
            ssl_mode: self.ssl_mode.or(below.ssl_mode),
            ssl_ca: self.ssl_ca.or(below.ssl_ca),
            ssl_cert: self.ssl_cert.or(below.ssl_cert),
            ssl_key: self.ssl_key.or(below.ssl_key),
            server_public_key: self.server_public_key.or(below.server_public_key),
            compress: self.compress.or(below.compress),
        }
    }

    /// Sets an option by its name in option files and addresses; false if it has no meaning here.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<bool, OptionsError> {
        let text = || Some(value.to_owned());
        match name {
            "host" => self.host = text(),
            "port" => self.port = Some(port(value)?),
            "user" => self.user = text(),
            "password" => self.password = Some(Secret::new(value)),
            "socket" => self.socket = Some(PathBuf::from(value)),
            "protocol" => self.protocol = text(),
            "database" => self.database = text(),
            "ssl-mode" | "sslmode" | "tls" => self.ssl_mode = Some(value.parse()?),
            "ssl-ca" => self.ssl_ca = Some(PathBuf::from(value)),
            "ssl-cert" => self.ssl_cert = Some(PathBuf::from(value)),
            "ssl-key" => self.ssl_key = Some(PathBuf::from(value)),
            "server-public-key-path" => self.server_public_key = Some(PathBuf::from(value)),
            "compress" => self.compress = Some(!matches!(value.to_ascii_lowercase().as_str(), "0" | "off" | "false")),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The user: the one that is named, else the one who is logged in.
    pub fn user_name(&self) -> String {
        let logged_in = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        self.user.clone().or_else(logged_in).unwrap_or_else(|| "root".to_owned())
    }

    /// The socket to go through: the one that is named, or the usual one where the mysql client would take it.
    pub fn effective_socket(&self) -> Option<PathBuf> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        if protocol.eq_ignore_ascii_case("tcp") || !cfg!(unix) {
            return None;
        }
        if self.socket.is_some() {
            return self.socket.clone();
        }
        let is_local = self.host.as_deref().is_none_or(|host| host == "localhost");
        if !is_local || self.port.is_some() {
            return None;
        }
        let usual = ["/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];
        usual.iter().map(PathBuf::from).find(|path| path.exists())
    }
}

impl fmt::Display for ConnectionOptions {
    /// `user@host:port`: never a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.user_name())?;
        match self.effective_socket() {
            Some(socket) => write!(f, "{}", socket.display()),
            None => write!(f, "{}:{}", self.host.as_deref().unwrap_or("127.0.0.1"), self.port.unwrap_or(3306)),
        }
    }
}

/// Asks for a password on the terminal, without showing it.
///
/// # Errors
/// There is no terminal.
pub fn ask_password(prompt: &str) -> Result<Secret, OptionsError> {
    let no_terminal = "cannot ask for a password: there is no terminal; put it into ~/.my.cnf, a login path or MYSQL_PWD";
    rpassword::prompt_password(prompt).map(Secret).map_err(|error| OptionsError(format!("{no_terminal} ({error})")))
}

fn port(text: &str) -> Result<u16, OptionsError> {
    text.parse().map_err(|_| OptionsError(format!("'{text}' is no port: a number up to 65535 is")))
}
