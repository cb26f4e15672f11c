//! Whole training steps against JAX, on the CPU.

use burn::tensor::Device;
use groundmask::checks;

/// Forward, backward and optimizer together: a wrong factor anywhere shows within two steps.
#[test]
fn losses_of_training_steps_follow_jax() {
    for network in pollster::block_on(checks::losses_beside_jax(&Device::flex())).expect("a device") {
        println!(
            "base {}, tile {} px: {:.6?}",
            network.base, network.tile_px, network.losses
        );
        assert!(
            network.worst() < 2e-5,
            "base {}: {:.6?} (ours, JAX's)",
            network.base,
            network.losses
        );
    }
}
