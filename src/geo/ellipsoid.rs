//! Areas and distances on the WGS 84 ellipsoid.

/// Half the equatorial diameter, metres.
const A: f64 = 6_378_137.0;
/// First eccentricity, squared.
const E2: f64 = 0.006_694_379_990_141_317;

/// Flattening.
const F: f64 = 1.0 / 298.257_223_563;

/// Distance of two places (longitude, latitude in degrees) on the ellipsoid, in metres, within a hundred-thousandth;
/// `None` of places opposite each other, where the series fails.
///
/// Source: the series of Andoyer and Lambert to the first order of the flattening, on reduced latitudes
/// (P. D. Thomas, Spheroidal Geodesics, Reference Systems and Local Geometry, US Naval Oceanographic Office SP-138, 1970).
pub fn distance_m(a: [f64; 2], b: [f64; 2]) -> Option<f64> {
    let [lon_a, lat_a, lon_b, lat_b] = [a[0], a[1], b[0], b[1]].map(f64::to_radians);
    let reduced = |latitude: f64| ((1.0 - F) * latitude.tan()).atan();
    let (u, v) = (reduced(lat_a), reduced(lat_b));
    let (mean, half) = ((u + v) / 2.0, (v - u) / 2.0);
    let turn = ((lon_b - lon_a) / 2.0).sin();
    // Squared sine of half the angle, in a form that keeps its digits for places close to each other.
    let s = half.sin().powi(2) + u.cos() * v.cos() * turn.powi(2);
    if s == 0.0 {
        return Some(0.0);
    }
    let angle = 2.0 * s.sqrt().min(1.0).asin();
    let x = (angle - angle.sin()) * (mean.sin() * half.cos()).powi(2) / (1.0 - s);
    let y = (angle + angle.sin()) * (mean.cos() * half.sin()).powi(2) / s;
    let distance = A * (angle - F / 2.0 * (x + y));
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

    /// Steps along the meridian and along the parallel are what their radii of curvature say; a long line is that of
    /// the manual of GeographicLib's GeodSolve (New York to Singapore, 15,347,628 m).
    #[test]
    fn distances_are_those_of_the_ellipsoid() {
        let d = 0.1f64 / 60.0;
        for latitude in [0.0f64, 31.5, 47.0, 68.0] {
            let (s, c) = (latitude + d / 2.0).to_radians().sin_cos();
            let w = 1.0 - E2 * s * s;
            let north = distance_m([34.4, latitude], [34.4, latitude + d]).expect("known");
            assert!(
                (north / (A * (1.0 - E2) / w.powf(1.5) * d.to_radians()) - 1.0).abs() < 2e-5,
                "{latitude}"
            );
            let east = distance_m([34.4, latitude + d / 2.0], [34.4 + d, latitude + d / 2.0]).expect("known");
            assert!(
                (east / (A / w.sqrt() * c * d.to_radians()) - 1.0).abs() < 2e-5,
                "{latitude}"
            );
        }
        let long = distance_m([-73.778_889, 40.639_722], [103.989_444, 1.359_167]).expect("known");
        assert!((long / 15_347_628.0 - 1.0).abs() < 1e-4, "{long}");
        assert_eq!(distance_m([5.0, 5.0], [5.0, 5.0]), Some(0.0));
        assert_eq!(distance_m([f64::NAN, 5.0], [5.0, 5.0]), None);
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
