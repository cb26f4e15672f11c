//! Gradient clipping by the norm of all gradients together.

use burn::tensor::Tensor;

use crate::ops;

/// Scales all gradients by one factor so that their common norm is at most `limit`. A norm that is not a number makes
/// every gradient so, which the run's health check then sees.
pub(in crate::train) fn by_global_norm(gradients: &mut [Option<Tensor<1>>], limit: f64) {
    let squares: Vec<Tensor<1>> = gradients
        .iter()
        .flatten()
        .map(|g| ops::sum(g.clone() * g.clone()))
        .collect();
    if squares.is_empty() {
        return;
    }
    let norm = ops::sum(Tensor::cat(squares, 0)).sqrt();
    let limit = limit as f32;
    // limit / max(norm, limit), without reading the norm back.
    let factor = norm.clamp_min(limit).recip().mul_scalar(limit);
    for gradient in gradients.iter_mut() {
        if let Some(g) = gradient.take() {
            *gradient = Some(g * factor.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn values(t: &Option<Tensor<1>>) -> Vec<f32> {
        let data = pollster::block_on(t.clone().expect("a gradient").into_data_async()).expect("a device");
        data.try_into_vec::<f32>().expect("floats")
    }

    fn pair(a: &[f32], b: &[f32]) -> Vec<Option<Tensor<1>>> {
        let upload = |v: &[f32]| {
            Some(Tensor::from_data(
                TensorData::new(v.to_vec(), [v.len()]),
                &Device::flex(),
            ))
        };
        vec![upload(a), None, upload(b)]
    }

    #[test]
    fn the_common_norm_is_brought_to_the_limit() {
        // Norm 13.
        let mut g = pair(&[3.0, 4.0], &[12.0]);
        by_global_norm(&mut g, 1.3);
        let scaled = [values(&g[0]), values(&g[2])].concat();
        for (found, wanted) in scaled.iter().zip([0.3, 0.4, 1.2]) {
            assert!((found - wanted).abs() < 1e-6, "{scaled:?}");
        }
        assert!(g[1].is_none());
    }

    #[test]
    fn small_gradients_stay_as_they_are() {
        let mut g = pair(&[0.3, -0.4], &[0.0]);
        by_global_norm(&mut g, 1.0);
        assert_eq!(values(&g[0]), [0.3, -0.4]);
        let mut none: Vec<Option<Tensor<1>>> = vec![None];
        by_global_norm(&mut none, 1.0);
    }

    #[test]
    fn a_norm_that_is_no_number_is_not_hidden() {
        let mut g = pair(&[f32::NAN], &[1.0]);
        by_global_norm(&mut g, 1.0);
        assert!(values(&g[0])[0].is_nan());
    }
}
