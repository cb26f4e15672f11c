//! The up-convolution on every device, forward and all gradients, against its plain loops.

use super::{
    reference::{up_conv2d, up_conv2d_data_grad_plain, up_conv2d_plain, up_conv2d_weight_grad_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    conv::check::{Plain, awkward_shapes, check_layer, shapes},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "up_conv",
    run: |case| Box::pin(run(case)),
    plans,
};

async fn run(case: &mut Case) -> Result<(), String> {
    let plain = Plain {
        forward: up_conv2d_plain,
        data_grad: up_conv2d_data_grad_plain,
        weight_grad: up_conv2d_weight_grad_plain,
    };
    for (i, s) in shapes(2).enumerate() {
        check_layer(case, &s, up_conv2d, plain, 2, i % 2 == 0).await?;
    }
    Ok(())
}

fn plans(variant: Variant) -> Vec<Plan> {
    awkward_shapes(2)
        .flat_map(|s| {
            [
                wgsl::up_conv2d(&s, true, variant),
                wgsl::up_conv2d_data_grad(&s, variant),
                wgsl::up_conv2d_weight_grad(&s, variant),
            ]
        })
        .collect()
}
