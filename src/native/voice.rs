//! What the command says: lines of JSON for scripts on standard output, words and bars for people on standard error.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// How talkative it is.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    json: bool,
    quiet: bool,
}

impl Voice {
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// One line of JSON, where scripts listen.
    pub fn line(&self, value: &impl Serialize) {
        if self.json
            && let Ok(text) = serde_json::to_string(value)
        {
            out(&text);
        }
    }

    /// What was asked for: plain text, unless scripts get it as JSON.
    pub fn answer(&self, text: &str, value: &impl Serialize) {
        match self.json {
            true => self.line(value),
            false => out(text),
        }
    }

    /// Something to know on the way.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Something that went wrong.
    pub fn error(&self, text: &str) {
        eprintln!("groundmask: {text}");
    }

    /// A bar where somebody watches a terminal, else nothing that draws.
    pub fn bar(&self, total: u64, template: &str) -> ProgressBar {
        let is_watched = !self.quiet && std::io::stderr().is_terminal();
        let target = match is_watched {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

/// Whoever reads may have gone (`| head`); that is no reason to panic.
fn out(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// `2:05`, `1:02:05`
pub fn clock(ms: f64) -> String {
    let seconds = (ms / 1000.0).round().max(0.0) as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_written_as_on_a_clock() {
        assert_eq!(super::clock(125_000.0), "2:05");
        assert_eq!(super::clock(3_725_400.0), "1:02:05");
        assert_eq!(super::clock(f64::NAN), "0:00");
    }
}
