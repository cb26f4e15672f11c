//! The ceiling on every device: its numbers mean nothing, but they are as many as asked, finite, and all the same.

use super::{reference::multiply_adds, wgsl};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
    read_back::read_back,
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "multiply_adds",
    run: |case| Box::pin(run(case)),
    plans,
};

async fn run(case: &mut Case) -> Result<(), String> {
    for n in [1, 100] {
        let found = multiply_adds(case.upload(&vec![0.0; n], [n]), 1_000_000);
        let first = read_back(found.clone().narrow(0, 0, 1)).await?;
        case.compare(format!("multiply_adds {n}"), &first.repeat(n), found)
            .await?;
    }
    Ok(())
}

fn plans(_: Variant) -> Vec<Plan> {
    vec![wgsl::multiply_adds(100, 1_000_000)]
}
