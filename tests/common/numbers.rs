//! Errors of `groundmask::checks`, and what they are held against.
#![allow(dead_code)]

use groundmask::checks::Errors;

/// A file of `tests/golden/`.
pub fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/golden/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Networks with a file, and the file of the weights that each begins with.
pub const NETWORKS: [(&str, &str); 3] = [
    ("unet_norm", "unet_norm"),
    ("unet", "unet_norm"),
    ("unet_small", "unet_small"),
];

/// Gives a line of figures.
pub fn assert_within(what: &str, errors: &Errors, limit: impl Fn(&str) -> f64) -> String {
    assert!(!errors.is_empty());
    let worst = errors.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("not empty");
    let line = format!(
        "{what}: {} comparisons, worst {:.2e} at {}",
        errors.len(),
        worst.1,
        worst.0
    );
    println!("{line}");
    let wrong: Vec<_> = errors
        .iter()
        .filter(|(name, error)| error.is_nan() || *error > limit(name))
        .collect();
    assert!(wrong.is_empty(), "{what}: {wrong:?}");
    line
}
