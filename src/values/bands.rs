//! Which bands of its files a network sees.

use serde::{Deserialize, Serialize};

/// A band of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Band {
    /// From 1.
    pub number: u32,
    /// What the file calls it (`B08`, `near infrared`); empty where it says nothing.
    #[serde(default)]
    pub name: String,
}

/// `1, 2, 8`.
pub fn band_numbers(numbers: impl IntoIterator<Item = u32>) -> String {
    let words: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    words.join(", ")
}
