//! Whole training steps against JAX, on the CPU.

use burn::tensor::Device;
use groundmask::{
    bench::{Bench, BenchConfig},
    checks::JAX_LOSSES,
};

/// Forward, backward and optimizer together: a wrong factor anywhere shows within two steps.
#[test]
fn losses_of_training_steps_follow_jax() {
    for (filters, size, wanted) in JAX_LOSSES {
        let config = BenchConfig {
            channels: 1,
            filters,
            size,
            batch: 2,
            dropout: 0.0,
            deterministic: true,
        };
        let mut bench = Bench::new(config, &Device::flex()).expect("a network");
        let losses: Vec<f64> = wanted
            .iter()
            .map(|_| pollster::block_on(bench.step()).expect("a loss"))
            .collect();
        println!("filters {filters}, size {size}: {losses:.6?}");
        for (step, (loss, jax)) in losses.iter().zip(wanted).enumerate() {
            assert!(
                (loss - jax).abs() < 2e-5,
                "filters {filters}, step {}: {loss} against {jax}",
                step + 1
            );
        }
    }
}
