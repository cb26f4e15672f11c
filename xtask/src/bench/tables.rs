//! The benchmark's tables: operators one by one, and whole steps over widths and sizes.

use anyhow::Result;
use serde_json::{Value, json};

use super::runner::{Runner, count_operations};

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

/// Every pass of every layer, slowest share of the step first as they come, and one JSON line last.
pub fn operators(runner: &Runner, job: &Value) -> Result<()> {
    let mut job = job.clone();
    job["mode"] = json!("ops");
    let found = runner.run(&job)?;
    let ceiling = number(&found, "ceiling");
    println!(
        "{}, ceiling {ceiling:.1} GFLOP/s (multiply-adds on registers)",
        found["adapter"]
    );
    println!(
        "{:32} {:16} {:>10} {:>9} {:>8}",
        "layer", "pass", "ms", "GFLOP/s", "share"
    );
    for row in found["operators"].as_array().into_iter().flatten() {
        let (ms, gflop) = (number(row, "ms"), number(row, "gflop"));
        let rate = gflop / ms * 1e3;
        println!(
            "{:32} {:16} {ms:>10.3} {rate:>9.2} {:>7.1}%",
            row["layer"].as_str().unwrap_or_default(),
            row["pass"].as_str().unwrap_or_default(),
            100.0 * rate / ceiling
        );
    }
    println!("{found}");
    Ok(())
}

/// Widths and sizes; a cell whose step would take too long by the rate measured so far is estimated and marked.
pub fn sizes(runner: &Runner, job: &Value, limit_s: f64) -> Result<()> {
    println!(
        "{:>4} {:>5} {:>10} {:>10} {:>10} {:>8} {:>8}",
        "base", "size", "train ms", "infer ms", "first ms", "GFLOP/s", "share"
    );
    let mut rows = Vec::new();
    let mut rate = f64::NAN;
    for base in [8, 16, 32, 64] {
        for size in [128, 256, 512] {
            let mut job = job.clone();
            job["filters"] = json!(base);
            job["size"] = json!(size);
            count_operations(&mut job);
            let expected_ms = number(&job, "step_flop") / rate / 1e6;
            if expected_ms > limit_s * 1e3 {
                println!(
                    "{base:>4} {size:>5} {expected_ms:>9.0}? {:>10} {:>10} {rate:>8.2}  (not run)",
                    "", ""
                );
                continue;
            }
            // Long steps need no repetition to be told apart.
            if expected_ms > 3e3 {
                job["steps"] = json!(2);
                job["warmup"] = json!(1);
                job["infer"] = json!(2);
            }
            let found = runner.run(&job)?;
            rate = number(&found, "gflops");
            println!(
                "{base:>4} {size:>5} {:>10.0} {:>10.0} {:>10.0} {rate:>8.2} {:>7.1}%",
                number(&found, "train_ms"),
                number(&found, "infer_ms"),
                number(&found, "first_step_ms"),
                100.0 * number(&found, "share_of_ceiling"),
            );
            rows.push(found);
        }
    }
    println!("{}", Value::from(rows));
    Ok(())
}
