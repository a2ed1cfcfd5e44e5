//! How to reach the server: the mysql client's options.

use crate::Failure;
use crate::output::print;
use crate::terminal::Terminal;
use clap::Args;
use myexplain_capture::options::{ConnectionOptions, OptionFiles, Secret};
use myexplain_capture::server::ServerError;
use std::path::PathBuf;

/// Options of the mysql client with its names.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Address of the server
    #[arg(value_name = "ADDRESS", hide_env_values = true)]
    address: Vec<String>,

    /// Host of the server
    #[arg(short, long)]
    host: Option<String>,

    /// TCP port
    #[arg(short = 'P', long)]
    port: Option<u16>,

    /// User
    #[arg(short, long)]
    user: Option<String>,

    /// Ask for the password. With '=PASSWORD' it is taken from the command line, where others can see it
    #[arg(
        short,
        long,
        value_name = "PASSWORD",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        hide_env_values = true
    )]
    password: Option<String>,

    /// Unix socket
    #[arg(short = 'S', long, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// TCP or SOCKET
    #[arg(long)]
    protocol: Option<String>,

    /// DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY
    #[arg(long, value_name = "MODE")]
    ssl_mode: Option<String>,

    /// Trusted authorities (PEM)
    #[arg(long, value_name = "FILE")]
    ssl_ca: Option<PathBuf>,

    /// Own certificate (PEM)
    #[arg(long, value_name = "FILE")]
    ssl_cert: Option<PathBuf>,

    /// Own key (PEM)
    #[arg(long, value_name = "FILE")]
    ssl_key: Option<PathBuf>,

    /// The server's public key, for passwords over connections without encryption (PEM)
    #[arg(long, value_name = "FILE")]
    server_public_key_path: Option<PathBuf>,

    /// Compress what goes over the wire
    #[arg(short = 'C', long)]
    compress: bool,

    /// Read only this option file
    #[arg(long, value_name = "FILE")]
    defaults_file: Option<PathBuf>,

    /// Read this option file too
    #[arg(long, value_name = "FILE")]
    defaults_extra_file: Option<PathBuf>,

    /// Read groups with this suffix too
    #[arg(long, value_name = "SUFFIX")]
    defaults_group_suffix: Option<String>,

    /// Read no option files
    #[arg(long)]
    no_defaults: bool,

    /// Read this login path of ~/.mylogin.cnf too
    #[arg(long, value_name = "NAME")]
    login_path: Option<String>,

    /// Print where and as whom the options connect, and do nothing
    #[arg(long)]
    print_defaults: bool,
}

impl ConnectionArgs {
    /// The user that was named as an option.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    fn address(&self) -> Result<ConnectionOptions, Failure> {
        match self.address.as_slice() {
            [] => Ok(ConnectionOptions::default()),
            [one] => Ok(ConnectionOptions::of_address(one).map_err(|error| error.to_string())?),
            // They are not repeated: one may be a password.
            _ => Err("more than one address is given; options begin with '-', and -p takes no password behind a blank"
                .to_owned()
                .into()),
        }
    }

    /// The schema that the address names.
    pub(crate) fn address_database(&self) -> Result<Option<String>, Failure> {
        Ok(self.address()?.database)
    }

    /// All options, laid over each other; none if they were only to be printed.
    pub(crate) fn options(&self, terminal: Terminal) -> Result<Option<ConnectionOptions>, Failure> {
        let files = OptionFiles {
            only: self.defaults_file.clone(),
            extra: self.defaults_extra_file.clone(),
            none: self.no_defaults,
            group_suffix: self.defaults_group_suffix.clone(),
            login_path: self.login_path.clone(),
        };
        let files = files.read().map_err(|error| error.to_string())?;
        for remark in &files.remarks {
            terminal.remark(remark);
        }
        let asked = self.password.as_deref() == Some("");
        let own = ConnectionOptions {
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            password: self.password.clone().filter(|password| !password.is_empty()).map(Secret::new),
            socket: self.socket.clone(),
            protocol: self.protocol.clone(),
            ssl_mode: self.ssl_mode.as_deref().map(str::parse).transpose().map_err(|error| format!("{error}"))?,
            ssl_ca: self.ssl_ca.clone(),
            ssl_cert: self.ssl_cert.clone(),
            ssl_key: self.ssl_key.clone(),
            server_public_key: self.server_public_key_path.clone(),
            compress: self.compress.then_some(true),
            ..ConnectionOptions::default()
        };
        let mut options = own.over(self.address()?).over(files.options).over(ConnectionOptions::of_environment());
        if self.print_defaults {
            let password = if options.password.is_some() { "with a password" } else { "without a password" };
            print(&format!("{options}, {password}\n"))?;
            return Ok(None);
        }
        if asked {
            let password = myexplain_capture::options::ask_password("Enter password: ");
            options.password = Some(password.map_err(|error| error.to_string())?);
        }
        Ok(Some(options))
    }

    /// A failed connection in words, with what to try.
    pub(crate) fn advise(&self, error: &ServerError) -> String {
        let no_password = self.password.is_none() && error.to_string().contains("ERROR 1045");
        if no_password { format!("{error}; -p asks for a password") } else { error.to_string() }
    }
}
