//! Concatenation on every device against its plain loops.

use super::{
    reference::{concat, concat_plain, split_plain},
    wgsl,
};
use crate::ops::{
    check::{Case, OperatorCheck},
    gpu::{plan::Plan, variant::Variant},
};

pub const CHECK: OperatorCheck = OperatorCheck {
    name: "concat",
    run: |case| Box::pin(run(case)),
    plans,
};

async fn run(case: &mut Case) -> Result<(), String> {
    for ([b, h, w, ca], cb) in [
        ([2, 3, 5, 8], 4),
        ([1, 7, 1, 3], 5),
        ([1, 1, 1, 1], 130),
        ([2, 4, 4, 64], 64),
    ] {
        let pixels = b * h * w;
        let (x, y) = (case.random(pixels * ca), case.random(pixels * cb));
        let gy = case.random(pixels * (ca + cb));
        let xt = case.tracked(&x, [b, h, w, ca]);
        let yt = case.tracked(&y, [b, h, w, cb]);
        let joined = concat(xt.clone(), yt.clone());
        let grads = (joined.clone() * case.upload(&gy, [b, h, w, ca + cb])).sum().backward();
        let (ga, gb) = split_plain(&gy, ca, cb);
        let name = format!("concat {b}x{h}x{w} {ca}+{cb}");
        case.compare(name.clone(), &concat_plain(&x, ca, &y, cb), joined.inner())
            .await?;
        case.compare_gradient(format!("{name} grad a"), &ga, xt.grad(&grads))
            .await?;
        case.compare_gradient(format!("{name} grad b"), &gb, yt.grad(&grads))
            .await?;
    }
    Ok(())
}

fn plans(_: Variant) -> Vec<Plan> {
    [(1, 1), (3, 8), (8, 2), (5, 3), (64, 64), (130, 5), (16, 130)]
        .iter()
        .flat_map(|&(ca, cb)| [wgsl::concat(&[2, 5, 7, ca], cb), wgsl::split(&[2, 5, 7, ca + cb], ca)])
        .collect()
}
