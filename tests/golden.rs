//! Networks, losses and operators against Keras's tensors and the plain reference, on the CPU.

use burn::tensor::Device;
use groundmask::checks::{self, Errors};

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/golden/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn assert_within(what: &str, errors: &Errors, limit: impl Fn(&str) -> f64) {
    assert!(!errors.is_empty());
    let worst = errors.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("not empty");
    println!(
        "{what}: {} comparisons, worst {:.2e} at {}",
        errors.len(),
        worst.1,
        worst.0
    );
    let wrong: Vec<_> = errors
        .iter()
        .filter(|(name, error)| error.is_nan() || *error > limit(name))
        .collect();
    assert!(wrong.is_empty(), "{what}: {wrong:?}");
}

#[test]
fn networks_compute_what_keras_computes() {
    for (name, weights) in [
        ("unet_norm", "unet_norm"),
        ("unet", "unet_norm"),
        ("unet_small", "unet_small"),
    ] {
        let (golden, weights, device) = (file(name), file(weights), Device::flex());
        let errors = pollster::block_on(checks::golden_network(&golden, &weights, &device)).expect(name);
        assert_within(name, &errors, |_| 1e-4);
    }
}

#[test]
fn losses_are_keras_losses() {
    let errors = pollster::block_on(checks::golden_losses(&file("losses"), &Device::flex())).expect("losses");
    assert_within("losses", &errors, |_| 1e-5);
}

#[test]
fn operators_equal_the_plain_reference() {
    let seed = checks::random::seed() as u32;
    let errors = pollster::block_on(checks::operators(seed, &Device::flex())).expect("operators");
    assert_within(
        "operators",
        &errors,
        |name| if name.contains("grad") { 1e-4 } else { 1e-5 },
    );
}

#[test]
fn two_tiles_are_learnt_by_heart() {
    let losses = pollster::block_on(checks::overfit(64, 8, 150, &Device::flex())).expect("losses");
    println!("loss {:.3} -> {:.4}", losses[0], losses[losses.len() - 1]);
    assert!(losses[losses.len() - 1] < 0.05, "{:?}", losses[losses.len() - 1]);
}
