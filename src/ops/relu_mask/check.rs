//! The ReLU's mask on every device against its plain loop: a choice, so to the last bit.

use burn::{backend::Dispatch, tensor::Tensor};

use super::{
    reference::{ReluMaskOps, relu_mask_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "relu_mask",
    run: |case| Box::pin(run(case)),
    plans,
};

async fn run(case: &mut Case) -> Result<(), String> {
    for shape in [
        [1, 1, 1, 1],
        [1, 1, 5, 1],
        [2, 3, 7, 5],
        [1, 17, 59, 8],
        [1, 1, 70_001, 1],
    ] {
        let n = shape.iter().product();
        // An output of a ReLU, half of it cut off; on the border 0 and its negative, which both count as cut off.
        let mut y: Vec<f32> = case.random(n).iter().map(|v| v.max(0.0)).collect();
        y.iter_mut().step_by(4).for_each(|v| *v = -0.0);
        let gy = case.random(n);
        let wanted = relu_mask_plain(&y, &gy);
        let (yt, gt) = (case.upload(&y, shape), case.upload(&gy, shape));
        let found = <Dispatch as ReluMaskOps>::relu_mask(yt.into_dispatch(), gt.into_dispatch());
        case.compare(
            format!("relu_mask {shape:?}"),
            &wanted,
            Tensor::<4>::from_dispatch(found),
        )
        .await?;
    }
    Ok(())
}

fn plans(_: Variant) -> Vec<Plan> {
    vec![wgsl::relu_mask(&[2, 3, 7, 5]), wgsl::relu_mask(&[1, 17, 59, 8])]
}
