//! Driving the engine from a program: a fault is an error.

use groundmask::{
    engine::Engine,
    protocol::{Command, Event},
};

pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// # Errors
/// If the engine reports a fault.
pub fn send(engine: &mut Engine, command: Command) -> Outcome<Vec<Event>> {
    without_fault(pollster::block_on(engine.command(command)))
}

/// A slice of so many milliseconds.
///
/// # Errors
/// If the engine reports a fault.
pub fn advance(engine: &mut Engine, budget_ms: f64) -> Outcome<Vec<Event>> {
    without_fault(pollster::block_on(engine.advance(budget_ms)))
}

fn without_fault(events: Vec<Event>) -> Outcome<Vec<Event>> {
    match events.iter().find(|event| matches!(event, Event::Fault(_))) {
        Some(fault) => Err(serde_json::to_string(fault)?.into()),
        None => Ok(events),
    }
}
