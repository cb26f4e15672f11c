//! Whole training steps against JAX, on the CPU.

#[path = "common/numbers.rs"]
mod numbers;

use burn::tensor::Device;

/// Forward, backward and optimizer together: a wrong factor anywhere shows within two steps.
#[test]
fn losses_of_training_steps_follow_jax() {
    for (filters, size, losses) in numbers::losses_beside_jax(&Device::flex()) {
        println!("filters {filters}, size {size}: {losses:.6?}");
        for (step, (loss, jax)) in losses.iter().enumerate() {
            assert!(
                (loss - jax).abs() < 2e-5,
                "filters {filters}, step {}: {loss} against {jax}",
                step + 1
            );
        }
    }
}
