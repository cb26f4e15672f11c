//! Regions as GeoJSON (RFC 7946): longitude and latitude, exterior rings counter-clockwise, areas on the ellipsoid.

use std::fmt::Write;

use crate::{
    formats::{
        Parts,
        geo::{GeoRef, ToLonLat, ellipsoid::ring_area_m2},
    },
    infer::{Region, regions},
};

/// How regions become polygons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorOptions {
    /// Regions of fewer pixels are left out.
    pub smallest_px: u64,
    /// Corners may move by this many pixels when lines are simplified; 0 keeps the pixels' edges.
    pub tolerance_px: f64,
}

impl Default for VectorOptions {
    fn default() -> Self {
        Self {
            smallest_px: 16,
            tolerance_px: 0.0,
        }
    }
}

/// Rings with more corners are not simplified: whether they still cross nothing takes the square of their number.
const SIMPLIFY_CORNERS: usize = 3000;
/// Metres a degree of latitude, roughly.
const METRES_A_DEGREE: f64 = 111_320.0;

/// A GeoJSON file of all regions of the classes from `first_class` up.
///
/// `class(row, column)` gives the class of a pixel; `names[class]` its name. Without a reference system that is
/// known here the coordinates are pixels (column, row from the top left), and the file says so. Gives the file's
/// beginning (see [`Parts::finish`]).
pub fn geojson(
    size: [usize; 2],
    first_class: u8,
    names: &[String],
    class: impl Fn(usize, usize) -> u8,
    geo: Option<&GeoRef>,
    options: VectorOptions,
    mut parts: Parts,
) -> Vec<u8> {
    let placed = geo.and_then(|geo| Some((geo, geo.crs().ok()?.to_lon_lat().ok()?)));
    let mut out = String::from("{\"type\":\"FeatureCollection\",");
    if placed.is_none() {
        out.push_str("\"coordinates_are\":\"pixels: column, row from the top left corner, no reference system\",");
    }
    out.push_str("\"features\":[");
    let mut first = true;
    for number in usize::from(first_class)..names.len().clamp(2, 255) {
        let name = names.get(number).cloned().unwrap_or_else(|| format!("class_{number}"));
        let name = serde_json::Value::from(name).to_string();
        for region in regions(size, options.smallest_px, |y, x| usize::from(class(y, x)) == number) {
            let pixels = polygon(&region, options.tolerance_px);
            let Some((rings, area_m2)) = place(&pixels, placed.as_ref()) else {
                continue;
            };
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            let _ = write!(
                out,
                "\n{{\"type\":\"Feature\",\"properties\":{{\"class\":{number},\"name\":{name},\"area_px\":{}",
                region.area_px
            );
            if let Some(area) = area_m2 {
                let _ = write!(out, ",\"area_m2\":{area:.3}");
            }
            out.push_str("},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[");
            let decimals = decimals(geo.filter(|_| placed.is_some()));
            for (i, ring) in rings.iter().enumerate() {
                out.push_str(if i == 0 { "[" } else { ",[" });
                for (j, [x, y]) in ring.iter().chain(ring.first()).enumerate() {
                    let comma = if j == 0 { "" } else { "," };
                    let _ = write!(out, "{comma}[{x:.decimals$},{y:.decimals$}]");
                }
                out.push(']');
                parts.push(out.as_bytes());
                out.clear();
            }
            out.push_str("]}}");
        }
    }
    out.push_str("\n]}\n");
    parts.push(out.as_bytes());
    parts.finish(Vec::new())
}

/// Digits behind the point: less than a two hundredth of a pixel.
fn decimals(geo: Option<&GeoRef>) -> usize {
    let Some(geo) = geo else { return 3 };
    let degrees = match geo.crs() {
        Ok(crs) if crs.geographic => geo.pixel_size()[1],
        Ok(crs) => geo.pixel_size()[1] * crs.unit_m / METRES_A_DEGREE,
        Err(_) => 1e-7,
    };
    ((200.0 / degrees.max(1e-12)).log10().ceil().max(0.0) as usize).clamp(6, 10)
}

/// Closed rings of points; the exterior comes first.
type Rings = Vec<Vec<[f64; 2]>>;

/// An edge's two ends, its ring, its number there and how many edges the ring has.
type Edge = ([f64; 2], [f64; 2], usize, usize, usize);

/// Rings on the ground with the exterior counter-clockwise, and the area. `None` if the projection ends there.
fn place(pixels: &[Vec<[f64; 2]>], placed: Option<&(&GeoRef, ToLonLat)>) -> Option<(Rings, Option<f64>)> {
    let mut rings = Vec::new();
    let mut area = 0.0;
    for (i, ring) in pixels.iter().enumerate() {
        let mut ring = match placed {
            Some((geo, to)) => ring
                .iter()
                .map(|[x, y]| to.lon_lat(geo.to_map(*x, *y)))
                .collect::<Option<Vec<_>>>()?,
            None => ring.clone(),
        };
        area += if i == 0 { 1.0 } else { -1.0 } * ring_area_m2(&ring);
        if (signed_area(&ring) > 0.0) != (i == 0) {
            ring.reverse();
        }
        rings.push(ring);
    }
    Some((rings, placed.is_some().then_some(area)))
}

fn signed_area(ring: &[[f64; 2]]) -> f64 {
    // From the first corner, so that large coordinates leave digits for small rings.
    let Some([ox, oy]) = ring.first().copied() else {
        return 0.0;
    };
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| (a[0] - ox) * (b[1] - oy) - (b[0] - ox) * (a[1] - oy))
        .sum::<f64>()
        / 2.0
}

/// Boundary and holes in pixels, simplified if that keeps them free of crossings.
fn polygon(region: &Region, tolerance_px: f64) -> Vec<Vec<[f64; 2]>> {
    let rings: Vec<Vec<[f64; 2]>> = std::iter::once(&region.outer)
        .chain(&region.holes)
        .map(|ring| ring.iter().map(|c| c.map(f64::from)).collect())
        .collect();
    let corners: usize = rings.iter().map(Vec::len).sum();
    if tolerance_px <= 0.0 || corners > SIMPLIFY_CORNERS {
        return rings;
    }
    let simple: Vec<Vec<[f64; 2]>> = rings.iter().map(|ring| simplify(ring, tolerance_px)).collect();
    let sound = simple[0].len() >= 3 && !crosses(&simple);
    if !sound {
        return rings;
    }
    // A hole that has shrunk to a line is gone.
    simple
        .into_iter()
        .enumerate()
        .filter(|(i, r)| *i == 0 || r.len() >= 3)
        .map(|(_, r)| r)
        .collect()
}

/// Douglas and Peucker's line simplification, on the two halves of a ring between its farthest corners.
fn simplify(ring: &[[f64; 2]], tolerance: f64) -> Vec<[f64; 2]> {
    let from = ring[0];
    let distance = |p: &[f64; 2]| (p[0] - from[0]).hypot(p[1] - from[1]);
    let far = (0..ring.len())
        .max_by(|a, b| distance(&ring[*a]).total_cmp(&distance(&ring[*b])))
        .unwrap_or(0);
    let closed: Vec<[f64; 2]> = ring.iter().copied().chain([from]).collect();
    let mut out = vec![from];
    for part in [&closed[..=far], &closed[far..]] {
        thin(part, tolerance, &mut out);
        out.push(part[part.len() - 1]);
    }
    out.pop();
    out.dedup();
    out
}

/// Adds the corners between the ends that are farther than `tolerance` from what is kept.
fn thin(line: &[[f64; 2]], tolerance: f64, out: &mut Vec<[f64; 2]>) {
    if line.len() < 3 {
        return;
    }
    let (a, b) = (line[0], line[line.len() - 1]);
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let off = |p: &[f64; 2]| {
        if length == 0.0 {
            (p[0] - a[0]).hypot(p[1] - a[1])
        } else {
            ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])).abs() / length
        }
    };
    let worst = (1..line.len() - 1).max_by(|i, j| off(&line[*i]).total_cmp(&off(&line[*j])));
    if let Some(i) = worst.filter(|i| off(&line[*i]) > tolerance) {
        thin(&line[..=i], tolerance, out);
        out.push(line[i]);
        thin(&line[i..], tolerance, out);
    }
}

/// Whether any two edges of the rings meet elsewhere than at their common corner.
fn crosses(rings: &[Vec<[f64; 2]>]) -> bool {
    let edges: Vec<Edge> = rings
        .iter()
        .enumerate()
        .flat_map(|(r, ring)| (0..ring.len()).map(move |i| (ring[i], ring[(i + 1) % ring.len()], r, i, ring.len())))
        .collect();
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let within = |a: [f64; 2], b: [f64; 2], p: [f64; 2]| {
        p[0] >= a[0].min(b[0]) && p[0] <= a[0].max(b[0]) && p[1] >= a[1].min(b[1]) && p[1] <= a[1].max(b[1])
    };
    edges.iter().enumerate().any(|(n, (a, b, ring, i, len))| {
        edges[n + 1..].iter().any(|(c, d, other, j, _)| {
            let neighbours = ring == other && ((i + 1) % len == *j || (j + 1) % len == *i);
            if neighbours {
                return false;
            }
            let (t1, t2, t3, t4) = (turn(*a, *b, *c), turn(*a, *b, *d), turn(*c, *d, *a), turn(*c, *d, *b));
            (t1 * t2 < 0.0 && t3 * t4 < 0.0)
                || t1 == 0.0 && within(*a, *b, *c)
                || t2 == 0.0 && within(*a, *b, *d)
                || t3 == 0.0 && within(*c, *d, *a)
                || t4 == 0.0 && within(*c, *d, *b)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::geo::GeoKeys;

    fn square(y: usize, x: usize) -> u8 {
        u8::from((2..6).contains(&y) && (3..9).contains(&x))
    }

    fn names() -> Vec<String> {
        vec!["_background".into(), "say \"roof\"".into()]
    }

    fn text(
        size: [usize; 2],
        class: impl Fn(usize, usize) -> u8,
        geo: Option<&GeoRef>,
        options: VectorOptions,
    ) -> String {
        let bytes = geojson(size, 1, &names(), class, geo, options, Parts::whole());
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn without_a_reference_system_pixels_are_said() {
        let text = text([10, 12], square, None, VectorOptions::default());
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(
            value["coordinates_are"]
                .as_str()
                .is_some_and(|s| s.starts_with("pixels"))
        );
        let feature = &value["features"][0];
        assert_eq!(feature["properties"]["area_px"], 24);
        assert_eq!(feature["properties"]["name"], "say \"roof\"");
        assert!(feature["properties"].get("area_m2").is_none());
        assert_eq!(feature["geometry"]["coordinates"][0].as_array().map(Vec::len), Some(5));
    }

    #[test]
    fn areas_are_square_metres_on_the_ground() {
        let geo = GeoRef {
            transform: [500_000.0, 10.0, 0.0, 5_400_000.0, 0.0, -10.0],
            epsg: Some(32633),
            keys: GeoKeys::of_epsg(32633),
        };
        let text = text([10, 12], square, Some(&geo), VectorOptions::default());
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let area = value["features"][0]["properties"]["area_m2"]
            .as_f64()
            .expect("a number");
        // UTM's scale at the central meridian is 0.9996.
        assert!((area / (2400.0 / 0.9996f64.powi(2)) - 1.0).abs() < 1e-5, "{area}");
        let ring = value["features"][0]["geometry"]["coordinates"][0].clone();
        let ring: Vec<[f64; 2]> = serde_json::from_value(ring).expect("a ring");
        assert!(signed_area(&ring[..4]) > 0.0);
        assert!((ring[0][0] - 15.0).abs() < 0.01 && (ring[0][1] - 48.75).abs() < 0.01);
    }

    #[test]
    fn simplified_rings_cross_nothing() {
        // A staircase becomes a line.
        let stairs = |y: usize, x: usize| u8::from(x <= y);
        let exact = text([30, 30], stairs, None, VectorOptions::default());
        let options = VectorOptions {
            tolerance_px: 1.0,
            ..VectorOptions::default()
        };
        let simple = text([30, 30], stairs, None, options);
        let corners = |text: &str| text.matches("],[").count();
        assert!(corners(&simple) * 8 < corners(&exact), "{simple}");
        assert!(crosses(&[vec![[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]]]));
        assert!(!crosses(&[vec![[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]]));
    }
}
