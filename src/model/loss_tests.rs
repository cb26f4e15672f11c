//! Tests of [`super`], the module `loss`; a file of their own, compiled under `#[cfg(test)]` only.

use burn::tensor::{Device, TensorData};

use super::*;
use crate::{
    checks::random::{self, Random},
    ops::{
        Arithmetic,
        cpu::tests::{assert_close, computing_as},
    },
};

fn value(t: Tensor<1>) -> f64 {
    let data = pollster::block_on(t.into_data_async()).expect("a device");
    f64::from(data.try_into_vec::<f32>().expect("floats")[0])
}

fn upload(values: &[f32], bands: usize) -> Tensor<4> {
    let shape = [1, values.len() / bands, 1, bands];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

/// Four pixels of which two are known are those two; none known is 0.
#[test]
fn pixels_that_nothing_is_known_of_count_for_nothing() {
    for (kind, foreground_weight) in [(Loss::Bce, 1.0), (Loss::Bce, 3.0), (Loss::BceDice, 2.0)] {
        let config = LossConfig {
            foreground_weight,
            ..LossConfig::of(kind)
        };
        let loss = |logits: &[f32], target: &[f32], bands: usize| {
            value(loss_from_logits(upload(logits, 1), upload(target, bands), config))
        };
        let all = loss(&[0.7, 9.0, -1.2, -30.0], &[1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2);
        let known = loss(&[0.7, -1.2], &[1.0, 0.0], 1);
        assert!((all - known).abs() < 1e-6, "{all} {known}");
    }
    let config = LossConfig::of(Loss::Bce);
    assert_eq!(
        value(loss_from_logits(upload(&[3.0], 1), upload(&[0.0, 0.0], 2), config)),
        0.0
    );
}

#[test]
fn pixels_that_nothing_is_known_of_have_no_gradient() {
    let logits = upload(&[0.3, -0.2, 0.9], 1).autodiff().require_grad();
    let config = LossConfig {
        foreground_weight: 2.0,
        ..LossConfig::of(Loss::BceDice)
    };
    let target = upload(&[1.0, 1.0, 0.0, 0.0, 0.0, 1.0], 2).autodiff();
    let loss = loss_from_logits(logits.clone(), target, config);
    let gradient = logits.grad(&loss.backward()).expect("a gradient");
    let data = pollster::block_on(gradient.into_data_async()).expect("a device");
    let values = data.try_into_vec::<f32>().expect("floats");
    assert!(
        values[1] == 0.0 && values[0].abs() > 1e-3 && values[2].abs() > 1e-3,
        "{values:?}"
    );
}

/// By hand, in f64: three pixels of three classes, the last one not labelled.
#[test]
fn cross_entropy_and_dice_by_hand() {
    let logits = [1.0f32, -0.5, 2.0, 0.3, 0.1, -1.0, 5.0, 5.0, -5.0];
    let target = [0.0f32, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let weights = [1.0f64, 2.0, 3.0];
    let soft = |row: &[f32]| -> Vec<f64> {
        let e: Vec<f64> = row.iter().map(|v| f64::from(*v).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.iter().map(|v| v / sum).collect()
    };
    let (p0, p1) = (soft(&logits[..3]), soft(&logits[3..6]));
    let entropy = (3.0 * -p0[2].ln() + 1.0 * -p1[0].ln()) / 4.0;
    let sizes = [1.0, 0.0, 1.0];
    let overlap = [p1[0], 0.0, p0[2]];
    let dice: f64 = (0..3)
        .map(|c| (2.0 * overlap[c] + 1.0) / (p0[c] + p1[c] + sizes[c] + 1.0))
        .sum();
    let loss = |kind, weights: &[f64]| {
        let weights: Vec<f32> = weights.iter().map(|w| *w as f32).collect();
        let config = LossConfig::of(kind);
        value(loss_from_class_logits(
            upload(&logits, 3),
            upload(&target, 3),
            config,
            &weights,
        ))
    };
    assert!((loss(Loss::Bce, &weights) - entropy).abs() < 1e-6);
    let wanted = entropy + 1.0 - dice / 3.0;
    assert!((loss(Loss::BceDice, &weights) - wanted).abs() < 1e-6);
    let plain = (-p0[2].ln() - p1[0].ln()) / 2.0;
    assert!((loss(Loss::Bce, &[]) - plain).abs() < 1e-6);
}

#[test]
fn pixels_without_a_label_have_no_gradient() {
    let logits = upload(&[0.3, -0.2, 0.9, 2.0], 2).autodiff().require_grad();
    let config = LossConfig::of(Loss::BceDice);
    let loss = loss_from_class_logits(logits.clone(), upload(&[1.0, 0.0, 0.0, 0.0], 2).autodiff(), config, &[]);
    let gradient = logits.grad(&loss.backward()).expect("a gradient");
    let data = pollster::block_on(gradient.into_data_async()).expect("a device");
    let values = data.try_into_vec::<f32>().expect("floats");
    assert!(values[..2].iter().all(|v| v.abs() > 1e-3), "{values:?}");
    assert!(values[2..].iter().all(|v| *v == 0.0), "{values:?}");
}

#[test]
fn a_batch_without_labels_is_no_division_by_zero() {
    let config = LossConfig::of(Loss::Bce);
    let loss = value(loss_from_class_logits(
        upload(&[1.0, 2.0], 2),
        upload(&[0.0, 0.0], 2),
        config,
        &[],
    ));
    assert_eq!(loss, 0.0);
}

/// By hand, in f64, from the setting to the loss. The weights and the third pixel, of which nothing is known, stay.
#[test]
fn smoothed_labels_by_hand() {
    let smoothing = |loss, label_smoothing| {
        LossConfig::from(&TrainConfig {
            loss,
            label_smoothing,
            ..TrainConfig::default()
        })
    };
    let config = LossConfig {
        foreground_weight: 3.0,
        ..smoothing(Loss::Bce, 0.2)
    };
    let p = |z: f64| 1.0 / (1.0 + (-z).exp());
    let entropy = |z: f64, y: f64| -y * p(z).ln() - (1.0 - y) * (1.0 - p(z)).ln();
    let wanted = (3.0 * entropy(0.7, 0.9) + entropy(-1.2, 0.1)) / 4.0;
    let (logits, target) = ([0.7, -1.2, 5.0], [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    let found = value(loss_from_logits(upload(&logits, 1), upload(&target, 2), config));
    assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");

    let logits = [1.0f32, -0.5, 2.0, 0.3, 0.1, -1.0, 5.0, 5.0, -5.0];
    let target = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let log_p = |row: &[f32], class: usize| {
        let sum: f64 = row.iter().map(|v| f64::from(*v).exp()).sum();
        f64::from(row[class]) - sum.ln()
    };
    // 0.9 of the label and 0.1 of it spread over three classes.
    let entropy = |row: &[f32], class: usize| {
        let all: f64 = (0..3).map(|c| log_p(row, c)).sum();
        -0.9 * log_p(row, class) - 0.1 / 3.0 * all
    };
    let wanted = (3.0 * entropy(&logits[..3], 2) + entropy(&logits[3..6], 0)) / 4.0;
    let classes = |config| {
        let weights = [1.0, 2.0, 3.0];
        value(loss_from_class_logits(
            upload(&logits, 3),
            upload(&target, 3),
            config,
            &weights,
        ))
    };
    let found = classes(smoothing(Loss::Bce, 0.1));
    assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");
    // Dice goes by the labels themselves.
    let dice = |s| classes(smoothing(Loss::BceDice, s)) - classes(smoothing(Loss::Bce, s));
    assert!((dice(0.1) - dice(0.0)).abs() < 1e-5);
}

/// A loss and its gradient for the logits, computed in one way.
fn judged(arithmetic: Arithmetic, classes: usize, logits: &[f32], target: &[f32]) -> (f64, Vec<f32>) {
    let device = Device::flex();
    let upload = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [2, 9, 5, classes]);
        Tensor::<4>::from_data(data, &device).autodiff()
    };
    let config = LossConfig {
        label_smoothing: 0.1,
        ..LossConfig::of(Loss::BceDice)
    };
    computing_as(arithmetic, || {
        let (logits, target) = (upload(logits).require_grad(), upload(target));
        let loss = match classes {
            1 => loss_from_logits(logits.clone(), target, config),
            _ => loss_from_class_logits(logits.clone(), target, config, &[]),
        };
        let grads = loss.backward();
        let gradient = logits.grad(&grads).expect("a gradient");
        let data = pollster::block_on(gradient.into_data_async()).expect("a device");
        (value(loss.inner()), data.try_into_vec::<f32>().expect("floats"))
    })
}

#[test]
fn losses_by_the_pages_sums_are_ones_own_but_for_rounding() {
    let mut random = Random::new(random::seed());
    for classes in [1, 3, 6] {
        let logits: Vec<f32> = random.floats(90 * classes).iter().map(|v| 8.0 * v).collect();
        let mut target = vec![0.0; 90 * classes];
        for pixel in target.chunks_exact_mut(classes) {
            match classes {
                1 => pixel[0] = random.below(2) as f32,
                _ => pixel[random.below(classes)] = 1.0,
            }
        }
        let [(own, own_gradient), (page, page_gradient)] =
            [Arithmetic::Own, Arithmetic::PagePlain].map(|one| judged(one, classes, &logits, &target));
        assert!((page - own).abs() < 1e-5, "{classes}: {page} and {own}");
        assert_close(&page_gradient, &own_gradient, 1e-5, "gradient");
    }
}
