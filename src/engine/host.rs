//! What the engine is told of the world it runs in.

use crate::protocol::Event;

/// A clock in milliseconds.
pub type Clock = Box<dyn Fn() -> f64>;
/// Takes events that cannot wait for the end of a command.
pub type Post = Box<dyn FnMut(Event)>;
/// Gives the day of today where the user is, as `2026-11-29`.
pub type Today = Box<dyn Fn() -> String>;
