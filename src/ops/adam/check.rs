//! Adam on every device against the plain step.

use super::{
    reference::{AdamStep, adam, adam_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "adam",
    run: |case| Box::pin(run(case)),
    plans,
};

const BETAS: (f64, f64) = (0.9, 0.999);

/// Step `t` of a run.
fn step(t: i32) -> AdamStep {
    AdamStep {
        lr: 1e-2,
        beta1: BETAS.0 as f32,
        beta2: BETAS.1 as f32,
        eps: 1e-7,
        correction1: (1.0 / (1.0 - BETAS.0.powi(t))) as f32,
        correction2: (1.0 / (1.0 - BETAS.1.powi(t))) as f32,
    }
}

async fn run(case: &mut Case) -> Result<(), String> {
    let (t, step) = (3, step(3));
    for n in [1usize, 5, 1000, 70_001] {
        let (p, g, m) = (case.random(n), case.random(n), case.random(n));
        let v = case.uniform(n, 0.0, 1.0);
        let wanted: Vec<(f64, f64, f64)> = (0..n)
            .map(|i| {
                let [p, g, m, v] = [p[i], g[i], m[i], v[i]].map(f64::from);
                adam_plain(p, g, m, v, f64::from(step.lr), BETAS, f64::from(step.eps), t)
            })
            .collect();
        let column = |pick: fn(&(f64, f64, f64)) -> f64| wanted.iter().map(|w| pick(w) as f32).collect::<Vec<f32>>();
        let [pt, gt, mt, vt] = [&p, &g, &m, &v].map(|values| case.upload(values, [n]));
        let (pt, mt, vt) = adam(pt, gt, mt, vt, step);
        case.compare(format!("adam {n} p"), &column(|w| w.0), pt).await?;
        case.compare(format!("adam {n} m"), &column(|w| w.1), mt).await?;
        case.compare(format!("adam {n} v"), &column(|w| w.2), vt).await?;
    }
    Ok(())
}

fn plans(_: Variant) -> Vec<Plan> {
    vec![wgsl::adam(7, &step(1)), wgsl::adam(8, &step(1))]
}
