//! One job of the benchmark in a browser, and how many operations it has.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::node::Node;

/// Runs jobs in a browser, one at a time.
pub struct Runner {
    node: Node,
    url: String,
}

impl Runner {
    pub fn new(node: Node, url: String) -> Self {
        Self { node, url }
    }

    /// Address of the page with the benchmark.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The JSON the page's job ended with.
    pub fn run(&self, job: &Value) -> Result<Value> {
        let mut script = self.node.command(&["browser/bench.mjs", &job.to_string(), &self.url]);
        let output = script
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start node")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().last().unwrap_or_default();
        if !output.status.success() {
            bail!("the benchmark failed: {line}");
        }
        serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))
    }
}

/// Notes the operations of a job's step and forward pass. A multiply-add is two; the backward pass costs two forward passes.
pub fn count_operations(job: &mut Value) {
    let of = |name: &str| job[name].as_u64().unwrap_or_default();
    let forward = forward_multiply_adds(of("filters"), of("size"), of("batch"));
    job["step_flop"] = json!(6 * forward);
    job["forward_flop"] = json!(2 * forward);
}

/// Multiply-adds of one forward pass of `unet` with `base` filters and one input band, biases left out.
fn forward_multiply_adds(base: u64, size_px: u64, batch: u64) -> u64 {
    /// Poolings of the classic network.
    const DEPTH: u32 = 4;
    let pixels = |level: u32| (size_px >> level) * (size_px >> level);
    let conv = |side: u64, from: u64, to: u64, level: u32| side * side * from * to * pixels(level);
    let filters = |level: u32| base << level;
    let mut sum = 0;
    for level in 0..=DEPTH {
        let from = if level == 0 { 1 } else { filters(level - 1) };
        sum += conv(3, from, filters(level), level) + conv(3, filters(level), filters(level), level);
    }
    for level in (0..DEPTH).rev() {
        // The 2x2 after the upsampling, then two 3x3, the first on the concatenation with the skip.
        sum += conv(2, filters(level + 1), filters(level), level);
        sum += conv(3, 2 * filters(level), filters(level), level) + conv(3, filters(level), filters(level), level);
    }
    sum += conv(3, base, 2, 0) + conv(1, 2, 1, 0);
    batch * sum
}

#[cfg(test)]
mod tests {
    use super::forward_multiply_adds;

    #[test]
    fn multiply_adds_are_those_of_the_classic_network() {
        // 54.61 G for a 256x256 image at width 64 (docs/classic-pipeline.md); both counted layer by layer by another program.
        assert_eq!(forward_multiply_adds(64, 256, 1), 54_605_774_848);
        assert_eq!(forward_multiply_adds(8, 128, 2), 432_865_280);
    }
}
