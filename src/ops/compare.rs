//! How far numbers are from what they should be.

/// Largest difference over the largest wanted value; a NaN or another length is infinitely wrong.
pub fn relative_error(wanted: &[f32], found: &[f32]) -> f64 {
    relative_to(wanted, wanted, found)
}

/// Largest difference over the largest of `scale`: for outputs that a ReLU may have emptied, what it was given.
pub fn relative_to(scale: &[f32], wanted: &[f32], found: &[f32]) -> f64 {
    if wanted.len() != found.len() || found.iter().any(|v| !v.is_finite()) {
        return f64::INFINITY;
    }
    let scale = scale.iter().fold(1e-12f32, |m, v| m.max(v.abs()));
    let difference = |(w, f): (&f32, &f32)| f64::from((w - f).abs() / scale);
    wanted.iter().zip(found).map(difference).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_or_a_zero_output_fails() {
        assert!(relative_error(&[1.0, 2.0], &[f32::NAN, 2.0]).is_infinite());
        assert!(relative_error(&[1.0, 2.0], &[0.0, 0.0]) > 0.9);
        assert!(relative_error(&[1.0], &[]).is_infinite());
    }
}
