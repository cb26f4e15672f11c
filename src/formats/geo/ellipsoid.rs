//! Areas on the WGS 84 ellipsoid.

/// Half the equatorial diameter, metres.
const A: f64 = 6_378_137.0;
/// First eccentricity, squared.
const E2: f64 = 0.006_694_379_990_141_317;

/// Mean radius of the earth, metres.
const MEAN_RADIUS_M: f64 = 6_371_008.8;

/// Great-circle distance of two places (longitude, latitude in degrees) on the mean sphere, in metres: a figure for
/// people, within half a percent.
pub fn distance_m(a: [f64; 2], b: [f64; 2]) -> Option<f64> {
    let [lon_a, lat_a, lon_b, lat_b] = [a[0], a[1], b[0], b[1]].map(f64::to_radians);
    let h = ((lat_b - lat_a) / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * ((lon_b - lon_a) / 2.0).sin().powi(2);
    let distance = 2.0 * MEAN_RADIUS_M * h.sqrt().min(1.0).asin();
    distance.is_finite().then_some(distance)
}

/// `sin` of the authalic latitude times its value at the pole: equal steps are equal areas (Snyder 1987, eq. 3-12).
fn q(latitude: f64) -> f64 {
    let (e, s) = (E2.sqrt(), latitude.sin());
    (1.0 - E2) * (s / (1.0 - E2 * s * s) + (e * s).atanh() / e)
}

/// Area of a ring of (longitude, latitude) in degrees, in square metres, always positive.
///
/// Edges are straight in the cylindrical equal area projection, which for edges of a few hundred metres differs
/// from geodesics by less than a millionth. A ring over the date line is followed the short way.
pub fn ring_area_m2(ring: &[[f64; 2]]) -> f64 {
    let Some(&[first, _]) = ring.first() else {
        return 0.0;
    };
    let points: Vec<[f64; 2]> = ring
        .iter()
        .map(|[longitude, latitude]| {
            let mut turn = (longitude - first).rem_euclid(360.0);
            if turn > 180.0 {
                turn -= 360.0;
            }
            [
                A * turn.to_radians(),
                A / 2.0 * q(latitude.clamp(-90.0, 90.0).to_radians()),
            ]
        })
        .collect();
    let next = points.iter().cycle().skip(1);
    let twice: f64 = points.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    (twice / 2.0).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half the earth: 510,065,621.7 km2 over two (the ellipsoid's known surface).
    #[test]
    fn the_northern_half_of_the_earth() {
        let ring: Vec<[f64; 2]> = (0..360).map(|l| [f64::from(l) - 180.0, 0.0]).collect();
        // The pole as an edge: two quarter turns each of 90 degrees.
        let quarter = [[0.0, 0.0], [90.0, 0.0], [90.0, 90.0], [0.0, 90.0]];
        let eighth = 510_065_621.724 / 8.0;
        assert!((ring_area_m2(&quarter) / 1e6 / eighth - 1.0).abs() < 1e-7);
        assert!(ring_area_m2(&ring) < 1.0);
    }

    /// One arc minute at 50 degrees north: meridian radius times parallel radius.
    #[test]
    fn a_small_square() {
        let d = 1.0f64 / 60.0;
        let ring = [[10.0, 50.0], [10.0 + d, 50.0], [10.0 + d, 50.0 + d], [10.0, 50.0 + d]];
        let (s, c) = (50.0 + d / 2.0).to_radians().sin_cos();
        let w = 1.0 - E2 * s * s;
        let wanted = A * (1.0 - E2) / w.powf(1.5) * d.to_radians() * (A / w.sqrt() * c * d.to_radians());
        assert!((ring_area_m2(&ring) / wanted - 1.0).abs() < 1e-6);
        let over_the_date_line = ring.map(|[x, y]| [x + 169.99 - if x > 10.005 { 360.0 } else { 0.0 }, y]);
        assert!((ring_area_m2(&over_the_date_line) / wanted - 1.0).abs() < 1e-6);
    }
}
