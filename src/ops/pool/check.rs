//! Pooling on every device against its plain loops.

use super::{
    reference::{max_pool2d, max_pool2d_grad_plain, max_pool2d_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "pool",
    run: |case| Box::pin(run(case)),
    plans,
};

async fn run(case: &mut Case) -> Result<(), String> {
    for dims in [[2, 6, 4, 8], [1, 7, 5, 3], [1, 2, 3, 130], [1, 32, 32, 2]] {
        let [b, h, w, c] = dims;
        let pooled = [b, h / 2, w / 2, c];
        let (x, gy) = (case.random(dims.iter().product()), case.random(pooled.iter().product()));
        let xt = case.tracked(&x, dims);
        let yt = max_pool2d(xt.clone());
        let grads = (yt.clone() * case.upload(&gy, pooled)).sum().backward();
        let (y, gx) = (
            max_pool2d_plain(b, h, w, c, &x),
            max_pool2d_grad_plain(b, h, w, c, &x, &gy),
        );
        case.compare(format!("max_pool {dims:?}"), &y, yt.inner()).await?;
        case.compare_gradient(format!("max_pool {dims:?} grad"), &gx, xt.grad(&grads))
            .await?;
    }
    Ok(())
}

fn plans(_: Variant) -> Vec<Plan> {
    [[2, 2, 2, 1], [2, 5, 7, 3], [2, 8, 16, 64], [2, 17, 130, 130]]
        .iter()
        .flat_map(|shape| [wgsl::max_pool2d(shape), wgsl::max_pool2d_grad(shape)])
        .collect()
}
