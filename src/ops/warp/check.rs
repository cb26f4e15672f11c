//! The warp on every device against its plain loops.

use super::{
    reference::{Matrix, warp, warp_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "warp",
    run: |case| Box::pin(run(case)),
    plans,
};

async fn run(case: &mut Case) -> Result<(), String> {
    let out_px = 7;
    for dims in [[2, 9, 9, 4], [3, 12, 12, 2], [1, 5, 5, 1], [2, 8, 7, 13]] {
        let images = case.random(dims.iter().product());
        let off = case.uniform(6 * dims[0], -0.4, 0.4);
        let matrices: Vec<Matrix> = off
            .chunks_exact(6)
            .map(|m| [1.0 + m[0], m[1], 5.0 * m[2], m[3], 1.0 + m[4], 5.0 * m[5]])
            .collect();
        let mut wanted = vec![0.0; dims[0] * out_px * out_px * dims[3]];
        warp_plain(&images, dims, &matrices, out_px, out_px, &mut wanted);
        let found = warp(case.upload(&images, dims), &matrices, out_px);
        case.compare(format!("warp {dims:?}"), &wanted, found).await?;
    }
    Ok(())
}

fn plans(_: Variant) -> Vec<Plan> {
    vec![wgsl::warp(&[2, 9, 7, 3], 4, 5)]
}
