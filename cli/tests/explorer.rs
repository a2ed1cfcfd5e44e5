//! The explorer in a real pseudo-terminal.
#![cfg(unix)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a picture may take to come on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The explorer in a terminal of 100 columns and 30 rows.
struct Session {
    screen: Arc<Mutex<vt100::Parser>>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Session {
    fn start(arguments: &[&str]) -> Session {
        let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_myexplain"));
        command.arg("tui");
        arguments.iter().for_each(|argument| command.arg(argument));
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let keyboard = pair.master.take_writer().expect("a writer");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(30, 100, 0)));
        let drawn = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().expect("the screen").process(&bytes[..count]);
            }
        });
        Session { screen, keyboard, child, _terminal: pair.master }
    }

    fn text(&self) -> String {
        self.screen.lock().expect("the screen").screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("keys");
        self.keyboard.flush().expect("keys");
    }

    /// Waits until the screen is as wanted.
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !wanted(&self.text()) {
            assert!(began.elapsed() < PATIENCE, "{what} did not come; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contains(text));
    }

    /// Waits for the end; the alternate screen must have been left.
    fn end(mut self) -> u32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                std::thread::sleep(Duration::from_millis(100));
                let screen = self.screen.lock().expect("the screen");
                assert!(!screen.screen().alternate_screen(), "the terminal was not given back");
                assert!(!screen.screen().hide_cursor(), "the cursor stayed hidden");
                return status.exit_code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn file() -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("explorer.sql");
    let text = "-- name: wide\nSELECT * FROM employees WHERE hire_date > '1986-01-01';\n\
                -- name: by-name\nSELECT * FROM employees WHERE first_name = 'Matt';\n";
    std::fs::write(&path, text).expect("a file");
    path
}

#[test]
fn an_index_made_invisible_turns_ref_into_all() {
    let file = file();
    let mut session = Session::start(&[file.to_str().expect("UTF-8")]);
    session.wait_for("by-name");
    // The list of statements has the keys: down to the second, Enter opens it.
    session.press("j\r");
    session.wait_for("Index lookup on employees using ix_firstname");
    session.wait("ref", |screen| screen.contains(" ref "));
    // What if: down to ix_firstname, Space makes it invisible.
    session.press("6jjj ");
    session.wait_for("Table scan on employees");
    session.wait_for("+ 1 SIMPLE employees ALL");
    session.press("u");
    session.wait_for("Index lookup on employees using ix_firstname");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let session = Session::start(&["-e", "SELECT * FROM employees WHERE first_name = 'Matt'"]);
    session.wait_for("Index lookup on employees");
    let process = session.child.process_id().expect("an id").to_string();
    let status = std::process::Command::new("kill").args(["-TERM", &process]).status().expect("kill");
    assert!(status.success());
    assert_eq!(session.end(), 0);
}
