//! Batch normalisation on every device against its plain loops.

use super::{
    reference::{BatchNorm, batch_norm, batch_norm_grad_plain, batch_norm_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "norm",
    run: |case| Box::pin(run(case)),
    plans,
};

const EPS: f32 = 1e-3;

async fn run(case: &mut Case) -> Result<(), String> {
    for dims in [[2, 6, 4, 8], [1, 7, 5, 3], [1, 2, 3, 130], [2, 1, 1, 5], [1, 32, 32, 2]] {
        let [b, h, w, c] = dims;
        let rows = b * h * w;
        let (x, gy) = (case.random(rows * c), case.random(rows * c));
        let (gamma, beta) = (case.random(c), case.random(c));
        let BatchNorm { y, mean, inv_std } = batch_norm_plain(rows, c, &x, &gamma, &beta, EPS);
        let (gx, g_gamma, g_beta) = batch_norm_grad_plain(rows, c, &x, &gamma, &mean, &inv_std, &gy);
        let xt = case.tracked(&x, dims);
        let (gt, bt) = (case.tracked(&gamma, [c]), case.tracked(&beta, [c]));
        let (yt, mt, st) = batch_norm(xt.clone(), gt.clone(), bt.clone(), EPS);
        let grads = (yt.clone() * case.upload(&gy, dims)).sum().backward();
        let name = format!("batch_norm {dims:?}");
        case.compare(name.clone(), &y, yt.inner()).await?;
        case.compare(format!("{name} mean"), &mean, mt.inner()).await?;
        case.compare(format!("{name} inv_std"), &inv_std, st.inner()).await?;
        case.compare_gradient(format!("{name} grad x"), &gx, xt.grad(&grads))
            .await?;
        case.compare_gradient(format!("{name} grad gamma"), &g_gamma, gt.grad(&grads))
            .await?;
        case.compare_gradient(format!("{name} grad beta"), &g_beta, bt.grad(&grads))
            .await?;
    }
    Ok(())
}

fn plans(variant: Variant) -> Vec<Plan> {
    [[2, 1, 1, 1], [2, 5, 7, 3], [2, 8, 16, 64], [2, 17, 130, 130]]
        .iter()
        .flat_map(|shape| {
            [
                wgsl::batch_norm(shape, EPS, variant),
                wgsl::batch_norm_grad(shape, variant),
            ]
        })
        .collect()
}
