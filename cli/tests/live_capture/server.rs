//! The live server, and this program run against it.

use myexplain::catalog::Catalog;
use myexplain::ingest::recording::Recording;
use myexplain::parse::script::ScriptStatement;
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// A server whose administrator the tests are.
pub struct Live {
    opts: Opts,
    conn: Mutex<Conn>,
}

/// What a command said.
pub struct Told {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Live {
    /// The server that `MYEXPLAIN_LIVE` names; none, and a remark, without.
    pub fn find() -> Option<Live> {
        let Ok(address) = std::env::var("MYEXPLAIN_LIVE") else {
            eprintln!("SKIPPED: MYEXPLAIN_LIVE names no server; 'export MYEXPLAIN_LIVE=$(.ci/mysql start)'");
            return None;
        };
        let opts: Opts =
            OptsBuilder::from_opts(Opts::from_url(&address).expect("the address of a server")).prefer_socket(false).into();
        let conn = Conn::new(opts.clone()).unwrap_or_else(|error| panic!("MYEXPLAIN_LIVE does not answer: {error}"));
        Some(Live { opts, conn: Mutex::new(conn) })
    }

    pub fn user(&self) -> &str {
        self.opts.get_user().unwrap_or("root")
    }

    pub fn password(&self) -> &str {
        self.opts.get_pass().unwrap_or("")
    }

    /// Host and port.
    pub fn place(&self) -> String {
        format!("{}:{}", self.opts.get_ip_or_hostname(), self.opts.get_tcp_port())
    }

    pub fn address(&self, user: &str, schema: &str) -> String {
        format!("mysql://{user}@{}/{schema}", self.place())
    }

    pub fn version(&self) -> String {
        self.conn.lock().unwrap().query_first("SELECT VERSION()").unwrap().unwrap()
    }

    pub fn run(&self, sql: &str) {
        self.conn.lock().unwrap().query_drop(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub fn run_all(&self, statements: &[&str]) {
        statements.iter().for_each(|sql| self.run(sql));
    }

    /// Runs statements with a current schema.
    pub fn run_in(&self, schema: &str, statements: &[&str]) {
        let mut conn = self.conn.lock().unwrap();
        assert!(conn.select_db(schema).is_ok(), "{schema}");
        for sql in statements {
            conn.query_drop(sql).unwrap_or_else(|error| panic!("{}: {error}", sql.chars().take(300).collect::<String>()));
        }
    }

    pub fn number(&self, sql: &str) -> u64 {
        self.conn.lock().unwrap().query_first(sql).unwrap().unwrap()
    }

    /// Runs this program, without a password.
    pub fn myexplain(&self, words: &[&str]) -> Told {
        self.myexplain_as("", words)
    }

    /// Runs this program with a password in the environment, without anybody's option files.
    pub fn myexplain_as(&self, password: &str, words: &[&str]) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_myexplain"));
        command.args(words).arg("--no-config").env("MYSQL_PWD", password).env("HOME", "/nonexistent").env_remove("MYSQL_HOST");
        let output = command.stdin(Stdio::null()).output().unwrap();
        Told {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What the plain mysql client prints for a script, run as the script's head says.
    pub fn client(&self, script: &str) -> Vec<u8> {
        let client = std::env::var("MYEXPLAIN_LIVE_CLIENT").unwrap_or_else(|_| "mysql".to_owned());
        let mut words = client.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["-h", &self.opts.get_ip_or_hostname(), "-P", &self.opts.get_tcp_port().to_string()]);
        command.args(["-u", self.user(), "--batch", "--skip-column-names", "--force"]).env("MYSQL_PWD", self.password());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| {
            panic!("'{client}' cannot be run ({error}); MYEXPLAIN_LIVE_CLIENT names the mysql client");
        });
        let mut input = child.stdin.take().unwrap();
        let script = script.to_owned();
        let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        output.stdout
    }

    /// What the planner says of a statement.
    pub fn planned(&self, catalog: &Catalog, statement: &ScriptStatement) -> Recording {
        let mut catalog = catalog.clone();
        for set in &statement.sets {
            let (name, value) = set.split_once('=').unwrap();
            catalog.settings.assign(name.trim(), value.trim()).unwrap();
        }
        let outcome = myexplain::Planner::new(&catalog).plan(&statement.sql);
        Recording::of_plan(&statement.sets, &statement.sql, &outcome)
    }
}
