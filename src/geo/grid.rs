//! Images whose pixels lie on one grid: where each lies among all of them.

use super::georef::GeoRef;

/// How far pixels may lie beside those of the grid, in pixels: places are written with so many digits only.
const OFF_GRID_PX: f64 = 0.05;
/// Longest side of all together, pixels.
const MAX_SIDE_PX: i64 = 1 << 24;

/// Images on one grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Width and height of all together.
    pub size: [u32; 2],
    /// Column and row of each image's first pixel among all.
    pub corners: Vec<[u32; 2]>,
    /// Where all together lie.
    pub geo: GeoRef,
}

/// Why images have no grid in common.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OffGrid {
    #[error("another reference system")]
    OtherSystem,
    #[error("too far away")]
    TooFar,
    #[error("its pixels lie up to {0:.2} pixels beside it")]
    Beside(f64),
    #[error("so far from the others that all together would have more than {MAX_SIDE_PX} pixels on a side")]
    TooLarge,
}

impl Layout {
    /// From the place, width and height of each image.
    ///
    /// # Errors
    /// Which image does not lie on the grid of the first, by number, and why; which lies farthest from the others, if all
    /// together would be too large. Of no images the first.
    pub fn of(images: &[(GeoRef, [u32; 2])]) -> Result<Self, (usize, OffGrid)> {
        let Some((grid, _)) = images.first() else {
            return Err((0, OffGrid::TooFar));
        };
        let mut corners = Vec::with_capacity(images.len());
        for (number, (geo, size)) in images.iter().enumerate() {
            let corner = corner_on(grid, geo, *size).map_err(|why| (number, why))?;
            corners.push((corner, *size));
        }
        let along = |axis: usize| {
            let start = corners.iter().map(|(corner, _)| corner[axis]).min();
            let end = corners
                .iter()
                .map(|(corner, size)| corner[axis] + i64::from(size[axis]))
                .max();
            (start.unwrap_or_default(), end.unwrap_or_default())
        };
        let ((left, right), (top, bottom)) = (along(0), along(1));
        if right - left > MAX_SIDE_PX || bottom - top > MAX_SIDE_PX {
            return Err((farthest(&corners), OffGrid::TooLarge));
        }
        // Within the limit, as just seen.
        let px = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let [x, y] = grid.to_map(left as f64, top as f64);
        let [_, a, b, _, d, e] = grid.transform;
        Ok(Self {
            size: [px(right - left), px(bottom - top)],
            corners: corners.iter().map(|([x, y], _)| [px(x - left), px(y - top)]).collect(),
            geo: GeoRef {
                transform: [x, a, b, y, d, e],
                ..grid.clone()
            },
        })
    }
}

/// The image whose corner is farthest from the middle one, by number.
fn farthest(corners: &[([i64; 2], [u32; 2])]) -> usize {
    let middle = [0, 1].map(|axis| {
        let mut all: Vec<i64> = corners.iter().map(|(corner, _)| corner[axis]).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    });
    let away = |(corner, _): &([i64; 2], [u32; 2])| (corner[0].abs_diff(middle[0])).max(corner[1].abs_diff(middle[1]));
    (0..corners.len())
        .max_by_key(|at| away(&corners[*at]))
        .unwrap_or_default()
}

/// Column and row of an image's first pixel on the grid of another.
///
/// # Errors
/// Why its pixels are not those of the grid.
fn corner_on(grid: &GeoRef, geo: &GeoRef, [width, height]: [u32; 2]) -> Result<[i64; 2], OffGrid> {
    let is_same_system = match (grid.epsg, geo.epsg) {
        (Some(a), Some(b)) => a == b,
        _ => grid.keys == geo.keys,
    };
    if !is_same_system {
        return Err(OffGrid::OtherSystem);
    }
    let at = |column: f64, row: f64| {
        let [x, y] = geo.to_map(column, row);
        grid.to_pixel(x, y)
    };
    let first = at(0.0, 0.0);
    let corner = first.map(f64::round);
    // Beyond it a number of pixels is none that is exact; which image is too far is for the whole to say.
    if !corner.iter().all(|n| n.abs() < 1e15) {
        return Err(OffGrid::TooFar);
    }
    // The far corners too: pixels of another size or direction drift away.
    let (w, h) = (f64::from(width), f64::from(height));
    for (column, row) in [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)] {
        let [x, y] = at(column, row);
        let off = (x - corner[0] - column).abs().max((y - corner[1] - row).abs());
        if off.is_nan() || off > OFF_GRID_PX {
            return Err(OffGrid::Beside(off));
        }
    }
    Ok(corner.map(|n| n as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::GeoKeys;

    fn geo(x: f64, y: f64, pixel: f64) -> GeoRef {
        GeoRef::new([x, pixel, 0.0, y, 0.0, -pixel], Some(32633), GeoKeys::default()).expect("placed")
    }

    #[test]
    fn pixels_lie_on_the_grid_or_are_refused() {
        let grid = geo(500_000.0, 5_400_000.0, 0.3);
        let size = [2000, 1000];
        let at = |x: f64, y: f64| corner_on(&grid, &geo(x, y, 0.3), size);
        assert_eq!(at(500_600.0, 5_399_700.0), Ok([2000, 1000]));
        assert_eq!(at(499_400.0 - 1e-4, 5_400_000.0), Ok([-2000, 0]));
        assert!(at(500_000.1, 5_400_000.0).is_err_and(|why| why.to_string().contains("0.33")));
        assert!(corner_on(&grid, &geo(500_000.0, 5_400_000.0, 0.3001), size).is_err());
        let other = GeoRef {
            epsg: Some(32632),
            ..grid.clone()
        };
        assert_eq!(corner_on(&grid, &other, size), Err(OffGrid::OtherSystem));
    }

    /// Images of 600 by 400 pixels, whole pixels from the first.
    fn placed(corners: &[[i64; 2]]) -> Vec<(GeoRef, [u32; 2])> {
        let at = |[x, y]: &[i64; 2]| geo(500_000.0 + *x as f64 * 0.5, 5_400_000.0 - *y as f64 * 0.5, 0.5);
        corners.iter().map(|corner| (at(corner), [600, 400])).collect()
    }

    #[test]
    fn all_together_reach_from_the_first_pixel_to_the_last() {
        let layout = Layout::of(&placed(&[[0, 0], [-600, 100], [0, 400]])).expect("a grid");
        assert_eq!(layout.size, [1200, 800]);
        assert_eq!(layout.corners, [[600, 0], [0, 100], [600, 400]]);
        assert_eq!(layout.geo, geo(499_700.0, 5_400_000.0, 0.5));
    }

    #[test]
    fn an_image_that_lies_elsewhere_is_named() {
        let far = placed(&[[0, 0], [600, 0], [-1_600_000, 54_000_000], [0, 400]]);
        assert_eq!(Layout::of(&far), Err((2, OffGrid::TooLarge)));
    }
}
