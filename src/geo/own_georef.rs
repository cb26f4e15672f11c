//! What a GeoTIFF's tags say about where it lies: pixel scale, tie points, transformation.
//!
//! Read as GDAL reads them, so that an image lies here where QGIS has it; where that differs from OGC GeoTIFF 1.1 the
//! file's remarks say so. Measured over a grid of such files (`tests/peers/test_geo.py`).

use super::{
    geo_keys::{GeoKeys, key},
    georef::GeoRef,
};

/// Farthest that an affine transform may lie from a control point, pixels.
pub(super) const MAX_RESIDUAL_PX: f64 = 0.5;

/// What is worth saying about how an image is placed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeoRefRemark {
    /// The vertical pixel scale is negative. By the standard its rows would run north; GDAL and QGIS drop the sign, and
    /// so is done here.
    NegativeScale,
    /// It has control points that no affine transform meets: so far off the worst, pixels. It has no place.
    ControlPoints { residual_px: f64 },
    /// The .aux.xml beside it cannot be read.
    AuxUnreadable,
    /// The .aux.xml beside it names a value without data, which is not looked at.
    AuxNodata,
}

/// Where a file itself says that it lies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnGeoRef {
    pub geo: Option<GeoRef>,
    /// `geo` is the affine transform nearest to control points: what stands beside the file goes first.
    pub by_control_points: bool,
    /// The system in which it lies, with or without a transform.
    pub epsg: Option<u32>,
    pub keys: GeoKeys,
    pub remark: Option<GeoRefRemark>,
}

impl OwnGeoRef {
    /// From pixel scale, tie points, transformation matrix and keys. Values that place nothing are passed over.
    pub fn from_tags(scale: &[f64], ties: &[f64], matrix: &[f64], mut keys: GeoKeys) -> OwnGeoRef {
        let mut remark = None;
        let mut by_control_points = false;
        let scaled = match (scale, ties) {
            ([sx, sy, ..], [column, row, _, x, y, _, ..]) if *sx != 0.0 && *sy != 0.0 => {
                if *sy < 0.0 {
                    remark = Some(GeoRefRemark::NegativeScale);
                }
                let sy = sy.abs();
                Some([x - column * sx, *sx, 0.0, y + row * sy, 0.0, -sy])
            }
            _ => None,
        };
        let mut transform = scaled.or_else(|| match matrix {
            // Row-major 4 x 4.
            [a, b, _, c, d, e, _, f, rest @ ..] if rest.len() >= 8 && a * e != b * d => Some([*c, *a, *b, *f, *d, *e]),
            _ => None,
        });
        if transform.is_none() {
            match fit(ties) {
                Some((fitted, residual_px)) if residual_px < MAX_RESIDUAL_PX => {
                    transform = Some(fitted);
                    by_control_points = true;
                }
                Some((_, residual_px)) => remark = Some(GeoRefRemark::ControlPoints { residual_px }),
                None => {}
            }
        }
        if keys.short(key::RASTER_TYPE) == Some(2) {
            // The tie point is the middle of a pixel; from here on it is the corner.
            if let Some(t) = &mut transform {
                t[0] -= (t[1] + t[2]) / 2.0;
                t[3] -= (t[4] + t[5]) / 2.0;
            }
            keys.set_short(key::RASTER_TYPE, 1);
        }
        let epsg = keys.epsg();
        OwnGeoRef {
            geo: transform.and_then(|transform| GeoRef::new(transform, epsg, keys.clone())),
            by_control_points,
            epsg,
            keys,
            remark,
        }
    }
}

/// The affine transform nearest to three control points or more, by least squares, and how far the farthest point is
/// from it in pixels. Six numbers a point: column, row, 0, x, y, z. `None` if they do not span a plane.
pub(super) fn fit(ties: &[f64]) -> Option<([f64; 6], f64)> {
    let points: Vec<[f64; 4]> = ties.chunks_exact(6).map(|t| [t[0], t[1], t[3], t[4]]).collect();
    if points.len() < 3 || points.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    let n = points.len() as f64;
    let mean = |i: usize| points.iter().map(|p| p[i]).sum::<f64>() / n;
    let [column, row, x, y] = [mean(0), mean(1), mean(2), mean(3)];
    let sum = |f: &dyn Fn(f64, f64, f64, f64) -> f64| {
        points
            .iter()
            .map(|p| f(p[0] - column, p[1] - row, p[2] - x, p[3] - y))
            .sum::<f64>()
    };
    let (cc, cr, rr) = (
        sum(&|c, _, _, _| c * c),
        sum(&|c, r, _, _| c * r),
        sum(&|_, r, _, _| r * r),
    );
    let determinant = cc * rr - cr * cr;
    if determinant.abs() <= 1e-9 * cc * rr {
        return None;
    }
    let solve = |by_column: f64, by_row: f64| {
        [
            (by_column * rr - by_row * cr) / determinant,
            (by_row * cc - by_column * cr) / determinant,
        ]
    };
    let [a, b] = solve(sum(&|c, _, x, _| c * x), sum(&|_, r, x, _| r * x));
    let [d, e] = solve(sum(&|c, _, _, y| c * y), sum(&|_, r, _, y| r * y));
    let area = a * e - b * d;
    if area == 0.0 || !area.is_finite() {
        return None;
    }
    let off = |p: &[f64; 4]| {
        let (c, r) = (p[0] - column, p[1] - row);
        let (dx, dy) = (p[2] - x - a * c - b * r, p[3] - y - d * c - e * r);
        ((e * dx - b * dy) / area).hypot((a * dy - d * dx) / area)
    };
    let residual_px = points.iter().map(off).fold(0.0, f64::max);
    Some((
        [x - a * column - b * row, a, b, y - d * column - e * row, d, e],
        residual_px,
    ))
}

#[cfg(test)]
#[path = "own_georef_tests.rs"]
mod tests;
