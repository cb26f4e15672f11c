//! The text of the tag `GDAL_NODATA` as a number of the samples' own type, and samples compared with it.
//!
//! GDAL's own reading is followed (3.10, measured through rasterio), odd as it is in places: what it takes for missing
//! is what every other program around takes for missing.

use super::parts::Kind;

/// A text as the value that samples of a type may have; `None` if none of them can.
///
/// Floats are rounded to their type. Integers lose their fraction; a value outside of the type's range means nothing.
pub(super) fn of_text(text: &str, kind: Kind, bits: usize) -> Option<f64> {
    let text = text.split('\0').next().unwrap_or_default();
    if text.is_empty() {
        return None;
    }
    let value = number(text);
    match (kind, bits) {
        (Kind::Float, 64) => Some(value),
        (Kind::Float, _) => Some(f64::from(value as f32)),
        (Kind::Signed, 64) => Some(whole(text).clamp(i64::MIN.into(), i64::MAX.into()) as f64),
        (Kind::Unsigned, 64) => Some(whole(text))
            .filter(|v| (0..=u64::MAX.into()).contains(v))
            .map(|v| v as f64),
        _ => {
            // Samples of 1, 2 and 4 bits are bytes to GDAL.
            let span = 2f64.powi(bits.max(8) as i32);
            let low = if kind == Kind::Signed { -span / 2.0 } else { 0.0 };
            (low..=low + span - 1.0).contains(&value).then(|| value.trunc())
        }
    }
}

/// Whether a sample is that value: floats within two steps of their single precision (relative to the sum, which for
/// values near the largest overflows, and then all of them are equal).
pub(super) fn equal(nodata: f64, value: f64, kind: Kind, bits: usize) -> bool {
    if nodata.is_nan() {
        return value.is_nan();
    }
    if nodata == value {
        return true;
    }
    const NEAR: f32 = 2.0 * f32::EPSILON;
    match (kind, bits) {
        (Kind::Float, 64) => (value - nodata).abs() < f64::from(NEAR) * (value + nodata).abs(),
        (Kind::Float, _) => {
            let (value, nodata) = (value as f32, nodata as f32);
            (value - nodata).abs() < NEAR * (value + nodata).abs()
        }
        _ => false,
    }
}

/// The number a text begins with, 0 if it begins with none. A comma is a decimal point.
fn number(text: &str) -> f64 {
    let text = text.trim();
    match text {
        "nan" | "NaN" | "+nan" | "+NaN" | "1.#QNAN" | "1.#SNAN" | "-1.#QNAN" | "-1.#SNAN" | "-1.#IND" => {
            return f64::NAN;
        }
        "inf" | "Inf" | "INF" | "Infinity" | "+inf" | "+Inf" | "+INF" | "+Infinity" | "1.#INF" | "1.#inf" => {
            return f64::INFINITY;
        }
        "-inf" | "-Inf" | "-INF" | "-Infinity" | "-1.#INF" | "-1.#inf" => return f64::NEG_INFINITY,
        _ => {}
    }
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let sign = |at: usize| usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let start = sign(0);
    let before = digits(start);
    let mut end = start + before;
    let mut after = 0;
    if matches!(bytes.get(end), Some(b'.' | b',')) {
        after = digits(end + 1);
        end += 1 + after;
    }
    if before + after == 0 {
        return 0.0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let from = end + 1 + sign(end + 1);
        if digits(from) > 0 {
            end = from + digits(from);
        }
    }
    let plain = text.get(..end).unwrap_or_default().replace(',', ".");
    plain.parse().unwrap_or(0.0)
}

/// The whole number a text begins with, 0 if it begins with none; clamped to 128 bits.
fn whole(text: &str) -> i128 {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = digits.bytes().take_while(u8::is_ascii_digit).fold(0i128, |n, digit| {
        n.saturating_mul(10).saturating_add(i128::from(digit - b'0'))
    });
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What rasterio 1.4.4 (GDAL 3.10.3) gives as missing of a one-row file of these values: text, values, missing.
    #[test]
    fn float32_texts_are_gdals() {
        const LOWEST: f64 = f32::MIN as f64;
        let near = f64::from(-9999.9f32);
        let values = [
            0.0,
            -9999.0,
            near,
            255.0,
            1.0,
            f64::from(-3.4e38f32),
            LOWEST,
            -LOWEST,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            5.0,
            0.5,
        ];
        let large = [f64::from(-3.4e38f32), LOWEST];
        let cases: &[(&str, &[f64])] = &[
            ("-3.4e+38", &large),
            ("-3.4E38", &large),
            ("-9999.9", &[near]),
            ("-9999,9", &[near]),
            ("-3.4028234663852886e+38", &large),
            ("-3.40282346638529e+38", &large),
            ("-3.402823e+38", &large),
            ("3.402823466e+38", &[-LOWEST]),
            ("1e40", &[f64::INFINITY]),
            ("-1.7976931348623157e+308", &[f64::NEG_INFINITY]),
            ("nan", &[f64::NAN]),
            ("NaN", &[f64::NAN]),
            (" nan", &[f64::NAN]),
            ("1.#QNAN", &[f64::NAN]),
            ("-1.#IND", &[f64::NAN]),
            ("-nan", &[0.0]),
            ("NAN", &[0.0]),
            ("inf", &[f64::INFINITY]),
            ("-INF", &[f64::NEG_INFINITY]),
            ("1.#INF", &[f64::INFINITY]),
            ("infinity", &[0.0]),
            (" -9999 ", &[-9999.0]),
            ("-9999\n", &[-9999.0]),
            ("-9999 foo", &[-9999.0]),
            ("-9999foo", &[-9999.0]),
            ("-9999\0foo", &[-9999.0]),
            ("0,5", &[0.5]),
            ("0x5", &[0.0]),
            ("  ", &[0.0]),
            ("none", &[0.0]),
            ("-0", &[0.0]),
            ("+5", &[5.0]),
            ("5.", &[5.0]),
            ("1e", &[1.0]),
            ("1e+", &[1.0]),
            ("1.#IND", &[1.0]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            let nodata = of_text(text, Kind::Float, 32);
            let missing: Vec<f64> = values
                .into_iter()
                .filter(|v| nodata.is_some_and(|n| equal(n, *v, Kind::Float, 32)))
                .collect();
            assert_eq!(
                format!("{missing:?}"),
                format!("{expected:?}"),
                "{text:?} is {nodata:?}"
            );
        }
    }

    #[test]
    fn integer_texts_are_gdals() {
        use Kind::{Signed, Unsigned};
        let cases = [
            ("255", Unsigned, 8, Some(255.0)),
            ("255.0", Unsigned, 8, Some(255.0)),
            ("256", Unsigned, 8, None),
            ("-1", Unsigned, 8, None),
            ("-0.5", Unsigned, 8, None),
            ("0.5", Unsigned, 8, Some(0.0)),
            ("254.6", Unsigned, 8, Some(254.0)),
            ("255.4", Unsigned, 8, None),
            ("nan", Unsigned, 8, None),
            ("inf", Unsigned, 8, None),
            ("foo", Unsigned, 8, Some(0.0)),
            ("255 foo", Unsigned, 8, Some(255.0)),
            ("", Unsigned, 8, None),
            ("255", Unsigned, 1, Some(255.0)),
            ("-128", Signed, 8, Some(-128.0)),
            ("255", Signed, 8, None),
            ("-9999.5", Signed, 16, Some(-9999.0)),
            ("32768", Signed, 16, None),
            ("65535", Unsigned, 16, Some(65535.0)),
            ("-32768", Unsigned, 16, None),
            ("4294967294.7", Unsigned, 32, Some(4_294_967_294.0)),
            ("-2147483649", Signed, 32, None),
            ("1.9", Signed, 64, Some(1.0)),
            ("1e3", Signed, 64, Some(1.0)),
            ("-9223372036854775808", Signed, 64, Some(i64::MIN as f64)),
            ("-5", Unsigned, 64, None),
            ("nan", Unsigned, 64, Some(0.0)),
        ];
        for (text, kind, bits, expected) in cases {
            assert_eq!(of_text(text, kind, bits), expected, "{text:?} in {bits} bits, {kind:?}");
        }
    }

    /// Neighbours of a value are that value in GDAL, in double precision too; 1e-40 is not 0.
    #[test]
    fn neighbours_count_as_equal() {
        let one = |v: f64, bits| equal(1.0, v, Kind::Float, bits);
        assert!(one(1.0 + 1e-7, 64) && one(f64::from(1.0f32 + 4.0e-7), 32));
        assert!(!one(1.0 + 1e-6, 64) && !one(f64::from(1.0f32 + 6e-7), 32));
        assert!(!equal(0.0, 1e-40, Kind::Float, 32));
        assert!(!equal(-3.4e38, f64::from(f32::MIN), Kind::Float, 64));
        assert!(!equal(1.0, 1.0 + 1e-7, Kind::Signed, 32));
    }
}
