//! Milliseconds of a training step and of inference of the benchmark's network, natively, on pools of given sizes in turn.
//!
//! `speed BASE:SIZE[,BASE:SIZE...] THREADS[,THREADS...] [ROUNDS] [CHANNELS,...]` prints one JSON line for each network: medians
//! by the number of threads, and the last loss, which must not depend on it. With channels of the images also by those
//! (`1x10`: one thread, ten channels), all in turn.

use std::time::Instant;

use burn::tensor::Device;
use groundmask::bench::{Bench, BenchConfig};

/// Steps, and inferences, timed together in a round.
const CALLS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let list = |at: usize, usual: &str| -> Vec<String> {
        let text = arguments.get(at).map_or(usual, String::as_str);
        text.split(',').map(str::to_owned).collect()
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let rounds = number(&list(2, "5")[0]);
    for network in list(0, "8:128,16:256") {
        let (base, size) = network.split_once(':').expect("BASE:SIZE");
        let threads: Vec<usize> = list(1, "1,2").iter().map(|text| number(text)).collect();
        let channels: Vec<usize> = list(3, "1").iter().map(|text| number(text)).collect();
        measure(number(base), number(size), (&threads, &channels), rounds);
    }
}

fn measure(base: usize, size: usize, (threads, channels): (&[usize], &[usize]), rounds: usize) {
    let cases: Vec<[usize; 2]> = (threads.iter())
        .flat_map(|threads| channels.iter().map(|channels| [*threads, *channels]))
        .collect();
    let mut runs: Vec<_> = cases
        .iter()
        .map(|&[count, channels]| {
            let config = BenchConfig {
                filters: base,
                size,
                batch: 2,
                channels,
                dropout: 0.0,
                deterministic: true,
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
            let bench = Bench::new(config, &Device::flex()).expect("a network");
            (pool.expect("a pool"), bench, Vec::new(), Vec::new(), 0.0)
        })
        .collect();
    // The first round warms up.
    for round in 0..=rounds {
        for (pool, bench, steps, inferences, loss) in &mut runs {
            pool.install(|| {
                let start = Instant::now();
                for _ in 0..CALLS {
                    *loss = pollster::block_on(bench.step()).expect("a step");
                }
                let between = Instant::now();
                for _ in 0..CALLS {
                    pollster::block_on(bench.infer()).expect("an inference");
                }
                if round > 0 {
                    let ms = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e3 / CALLS as f64;
                    steps.push(ms(start, between));
                    inferences.push(ms(between, Instant::now()));
                }
            });
        }
    }
    let by_threads: Vec<String> = cases
        .iter()
        .zip(&mut runs)
        .map(|([count, channels], (_, _, steps, inferences, loss))| {
            let (step, inference) = (median(steps), median(inferences));
            let case = if *channels == 1 {
                count.to_string()
            } else {
                format!("{count}x{channels}")
            };
            format!("\"{case}\":{{\"step_ms\":{step:.2},\"inference_ms\":{inference:.2},\"loss\":{loss:?}}}")
        })
        .collect();
    println!(
        "{{\"base\":{base},\"size\":{size},\"batch\":2,\"threads\":{{{}}}}}",
        by_threads.join(",")
    );
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
