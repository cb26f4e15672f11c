//! Why the command ends before it is through.

use std::fmt::Display;

use groundmask::protocol::{Fault, FieldError};

/// Nothing of use came of it.
pub const FAILED: u8 = 1;
/// The command line or a setting is wrong; clap's own code for it.
pub const USAGE: u8 = 2;
/// Some files are done and others failed; the report says which.
pub const IN_PART: u8 = 3;
/// Interrupted (128 + SIGINT, as shells count); what was under way is saved where it can be.
pub const INTERRUPTED: u8 = 130;

/// An exit code and one line for people.
#[derive(Debug)]
pub struct Stop {
    code: u8,
    text: String,
}

impl Stop {
    pub fn new(code: u8, text: impl Display) -> Self {
        Self {
            code,
            text: text.to_string(),
        }
    }

    pub fn failed(text: impl Display) -> Self {
        Self::new(FAILED, text)
    }

    pub fn usage(text: impl Display) -> Self {
        Self::new(USAGE, text)
    }

    /// About a file or folder.
    pub fn at(path: &std::path::Path, cause: impl Display) -> Self {
        Self::failed(format!("{}: {cause}", path.display()))
    }

    pub fn code(&self) -> u8 {
        self.code
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<&Fault> for Stop {
    fn from(fault: &Fault) -> Self {
        Self::failed(words(fault))
    }
}

/// `images/a.tif: too many pixels (3600 MP, limit 100 MP)`: a fault's code in words, with its data.
pub fn words(fault: &Fault) -> String {
    let file = fault.file.as_ref().map_or_else(String::new, |file| format!("{file}: "));
    let detail = match fault.detail.as_deref() {
        None | Some("") => String::new(),
        Some(detail) => format!(" ({detail})"),
    };
    format!("{file}{}{detail}", spelt(&fault.code))
}

/// `batch: out of range (1 to 64)`
pub fn setting_words(error: &FieldError) -> String {
    let mut data = Vec::new();
    match (error.min, error.max) {
        (Some(min), Some(max)) => data.push(format!("{min} to {max}")),
        (Some(min), None) => data.push(format!("from {min}")),
        _ => {}
    }
    data.extend(error.value.map(|value| value.to_string()));
    data.extend(error.detail.clone());
    let data = match data.is_empty() {
        true => String::new(),
        false => format!(" ({})", data.join(", ")),
    };
    format!("{}: {}{data}", error.field, spelt(&error.code))
}

/// A word of the protocol as people write it: `too_many_pixels` -> `too many pixels`.
pub fn spelt(word: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(word).unwrap_or_default();
    word.as_str().unwrap_or("unknown").replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundmask::protocol::{FaultCode, FieldErrorCode, Stage};

    #[test]
    fn faults_name_their_file_and_their_numbers() {
        let fault = Fault {
            code: FaultCode::TooManyPixels,
            stage: Stage::Decode,
            file: Some("images/a.tif".into()),
            detail: Some("3600 MP, limit 100 MP".into()),
        };
        assert_eq!(words(&fault), "images/a.tif: too many pixels (3600 MP, limit 100 MP)");
        let plain = Fault {
            file: None,
            detail: None,
            ..fault
        };
        assert_eq!(words(&plain), "too many pixels");
        assert_eq!(
            setting_words(&FieldError::out_of_range("batch", 1.0, 64.0)),
            "batch: out of range (1 to 64)"
        );
        let not_a_number = FieldError::new("lr", FieldErrorCode::NotANumber);
        assert_eq!(setting_words(&not_a_number), "lr: not a number");
    }
}
