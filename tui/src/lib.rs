//! The terminal explorer: browse a plan, ask why, try what if.
//!
//! The way of a key: [`message`] → [`update`] (message and state in, new state and effects out) → [`view`] (state in, picture out).
//! [`runtime`] has the only loop, the terminal and the threads; [`planning`] plans beside the interface. State, update and view
//! know no terminal, no clock and no thread, so that tests press keys and look at pictures.

pub mod clipboard;
pub mod content;
pub mod fuzzy;
pub mod headless;
pub mod input;
pub mod keys;
pub mod message;
pub mod model;
pub mod plain;
pub mod planning;
pub mod runtime;
pub mod state;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod what_if;

pub use runtime::run;
pub use state::{Start, State};
pub use theme::{Palette, Theme};
pub use what_if::Step;
