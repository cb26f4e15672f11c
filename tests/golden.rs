//! Networks, losses and operators against Keras's tensors and the plain reference, on the CPU.

#[path = "common/numbers.rs"]
mod numbers;

use burn::tensor::Device;
use groundmask::{checks, ops::check::limit};
use numbers::{NETWORKS, assert_within, file};

#[test]
fn networks_compute_what_keras_computes() {
    for (name, weights) in NETWORKS {
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
    assert_within("operators", &errors, |name| limit(name, false));
}

#[test]
fn two_tiles_are_learnt_by_heart() {
    let losses = pollster::block_on(checks::overfit(64, 8, 150, &Device::flex())).expect("losses");
    println!("loss {:.3} -> {:.4}", losses[0], losses[losses.len() - 1]);
    assert!(losses[losses.len() - 1] < 0.05, "{:?}", losses[losses.len() - 1]);
}
