//! The loop: threads only send messages; this one draws and does what the state asks for.

use crate::clipboard;
use crate::message::{Effect, Message};
use crate::planning::Planning;
use crate::state::{Start, State};
use crate::terminal::{self, Screen};
use crate::view::view;
use crossterm::event::{self, Event};
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// Runs the explorer until it is left.
///
/// # Errors
/// There is no terminal, or it is gone.
pub fn run(start: Start, mouse: bool) -> io::Result<()> {
    let (sender, inbox) = channel();
    let planning = Planning::start(start.catalog.clone(), sender.clone())?;
    let (mut state, effects) = State::new(start);
    terminal::guard_against_panics();
    let mut screen = terminal::take(mouse)?;
    let size = screen.size()?;
    let mut first = state.update(Message::Resize(size.width, size.height));
    first.extend(effects);
    read_events(sender.clone());
    signals::watch(sender.clone())?;
    let outside = Outside { planning, sender, mouse };
    let result = turn(&mut state, &mut screen, &inbox, &outside, first);
    terminal::give_back();
    result
}

/// What effects need.
struct Outside {
    planning: Planning,
    sender: Sender<Message>,
    mouse: bool,
}

fn turn(
    state: &mut State,
    screen: &mut Screen,
    inbox: &Receiver<Message>,
    outside: &Outside,
    first: Vec<Effect>,
) -> io::Result<()> {
    let mut effects = first;
    loop {
        for effect in effects.drain(..) {
            if effect == Effect::Quit {
                return Ok(());
            }
            perform(effect, outside, screen)?;
        }
        screen.draw(|frame| view(state, frame))?;
        let Ok(message) = inbox.recv() else { return Ok(()) };
        effects = state.update(message);
        // What has come in meanwhile is drawn together.
        while let Ok(message) = inbox.try_recv() {
            effects.extend(state.update(message));
        }
    }
}

fn perform(effect: Effect, outside: &Outside, screen: &mut Screen) -> io::Result<()> {
    let say = |text: String| {
        // The receiver lives as long as the loop.
        let _ = outside.sender.send(Message::Said(text));
    };
    match effect {
        Effect::Plan(request, pause) => outside.planning.request(request, pause),
        Effect::Interrupt => outside.planning.interrupt(),
        Effect::Survey(statements) => outside.planning.survey(statements),
        Effect::Copy(text) => {
            if let Some(sequence) = clipboard::sequence(&text) {
                let mut out = io::stdout();
                out.write_all(sequence.as_bytes())?;
                out.flush()?;
            }
        }
        Effect::Write(path, text) => match std::fs::write(&path, text) {
            Ok(()) => say(format!("written: {}", path.display())),
            Err(error) => say(format!("cannot write {}: {error}", path.display())),
        },
        Effect::Open(path) => match std::fs::read_to_string(&path) {
            Ok(text) => {
                let _ = outside.sender.send(Message::Opened(path, text));
            }
            Err(error) => say(format!("cannot read {}: {error}", path.display())),
        },
        Effect::Suspend => {
            terminal::give_back();
            signals::suspend()?;
            *screen = terminal::take(outside.mouse)?;
            let size = screen.size()?;
            let _ = outside.sender.send(Message::Resize(size.width, size.height));
        }
        Effect::Quit => {}
    }
    Ok(())
}

/// Sends what the terminal says.
fn read_events(sender: Sender<Message>) {
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            let message = match event {
                Event::Key(key) => Message::Key(key),
                Event::Mouse(mouse) => Message::Mouse(mouse),
                Event::Paste(text) => Message::Paste(text),
                Event::Resize(width, height) => Message::Resize(width, height),
                Event::FocusGained | Event::FocusLost => continue,
            };
            if sender.send(message).is_err() {
                return;
            }
        }
        // The terminal has gone.
        let _ = sender.send(Message::Terminate);
    });
}

#[cfg(unix)]
mod signals {
    use super::{Message, Sender, io, thread};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;

    /// Ends in an orderly way on signals that end a process.
    pub(super) fn watch(sender: Sender<Message>) -> io::Result<()> {
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT])?;
        thread::spawn(move || {
            for _ in signals.forever() {
                if sender.send(Message::Terminate).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    /// Stops the process until the shell continues it.
    pub(super) fn suspend() -> io::Result<()> {
        signal_hook::low_level::emulate_default_handler(SIGTSTP)
    }
}

#[cfg(not(unix))]
mod signals {
    use super::{Message, Sender, io};

    pub(super) fn watch(_sender: Sender<Message>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn suspend() -> io::Result<()> {
        Ok(())
    }
}
