//! Polygons out of GeoJSON (RFC 7946), and polygons into the pixels of a mask.

use serde_json::Value;

use super::{
    geo::{Crs, CrsError, GeoRef},
    raster::Raster,
};

/// Largest file that is read, bytes: as parsed values it takes several times that.
const MAX_BYTES: usize = 64 << 20;
/// Geometry collections inside one another at most.
const MAX_DEPTH: usize = 8;
/// Value of a polygon that has no class of its own.
pub const FOREGROUND: u8 = 255;

#[derive(Debug, thiserror::Error)]
pub enum GeoJsonError {
    #[error("no GeoJSON: {0}")]
    Syntax(String),
    #[error("{0} MiB of GeoJSON, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error("no polygon in it")]
    NoPolygon,
    #[error("the image: {0}")]
    Image(CrsError),
    #[error("the GeoJSON: {0}")]
    Own(CrsError),
    #[error("none of its {0} polygons lies on the image")]
    Elsewhere(usize),
}

/// Polygons in longitude and latitude, or in the system the file names.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygons {
    pub polygons: Vec<Polygon>,
    /// EPSG code of the coordinates; 4326 unless the file has the old member `crs`.
    pub epsg: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Exterior first; rings need not be closed.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// The feature's property `class`, where it is a whole number from 0 to 254.
    pub class: Option<u8>,
}

/// Whether a file is GeoJSON by its name.
pub fn is_geojson(path: &str) -> bool {
    let lower = path.to_lowercase();
    lower.ends_with(".geojson") || lower.ends_with(".geo.json")
}

impl Polygons {
    /// # Errors
    /// If the file is no GeoJSON or holds no polygon. Points and lines are passed over.
    pub fn read(bytes: &[u8]) -> Result<Polygons, GeoJsonError> {
        if bytes.len() > MAX_BYTES {
            return Err(GeoJsonError::TooLarge(bytes.len() >> 20));
        }
        let root: Value = serde_json::from_slice(bytes).map_err(|e| GeoJsonError::Syntax(e.to_string()))?;
        let mut polygons = Vec::new();
        collect(&root, None, 0, &mut polygons);
        if polygons.is_empty() {
            return Err(GeoJsonError::NoPolygon);
        }
        let name = root["crs"]["properties"]["name"].as_str().unwrap_or("");
        // urn:ogc:def:crs:EPSG::32633, EPSG:32633; CRS84 is longitude and latitude.
        let epsg = if name.contains("EPSG") {
            name.rsplit(':')
                .next()
                .and_then(|code| code.parse().ok())
                .unwrap_or(4326)
        } else {
            4326
        };
        Ok(Polygons { polygons, epsg })
    }

    /// The mask of an image of `width` x `height` pixels: a pixel takes the class of the last polygon that covers its
    /// middle, 0 where none does. Polygons without a class are [`FOREGROUND`].
    ///
    /// # Errors
    /// If a reference system is missing or unknown, or nothing lies on the image.
    pub fn mask(&self, geo: &GeoRef, width: u32, height: u32) -> Result<Raster, GeoJsonError> {
        let image = geo
            .crs()
            .and_then(|crs| crs.to_lon_lat())
            .map_err(GeoJsonError::Image)?;
        let own = Crs::from_epsg(self.epsg)
            .and_then(|crs| crs.to_lon_lat())
            .map_err(GeoJsonError::Own)?;
        let same = geo.epsg == Some(self.epsg);
        let mut pixels = vec![0u8; width as usize * height as usize];
        let mut placed = 0;
        for polygon in &self.polygons {
            let to_pixel = |p: &[f64; 2]| {
                let [x, y] = if same {
                    *p
                } else {
                    image.from_lon_lat(own.lon_lat(*p)?)?
                };
                let at = geo.to_pixel(x, y);
                at.iter().all(|v| v.is_finite()).then_some(at)
            };
            let rings: Option<Vec<Vec<[f64; 2]>>> = polygon
                .rings
                .iter()
                .map(|ring| ring.iter().map(to_pixel).collect())
                .collect();
            if let Some(rings) = rings
                && fill(
                    &rings,
                    polygon.class.unwrap_or(FOREGROUND),
                    &mut pixels,
                    [height as usize, width as usize],
                )
            {
                placed += 1;
            }
        }
        if placed == 0 {
            return Err(GeoJsonError::Elsewhere(self.polygons.len()));
        }
        let raster = Raster::from_u8(width, height, 1, pixels);
        raster.ok_or_else(|| GeoJsonError::Syntax("an image without pixels".into()))
    }
}

fn collect(value: &Value, class: Option<u8>, depth: usize, out: &mut Vec<Polygon>) {
    if depth > MAX_DEPTH {
        return;
    }
    let each = |key: &str, class: Option<u8>, out: &mut Vec<Polygon>| {
        let list = value[key].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().for_each(|inner| collect(inner, class, depth + 1, out));
    };
    match value["type"].as_str().unwrap_or("") {
        "FeatureCollection" => each("features", class, out),
        "GeometryCollection" => each("geometries", class, out),
        "Feature" => {
            let own = value["properties"]["class"]
                .as_u64()
                .and_then(|n| u8::try_from(n).ok())
                .filter(|n| *n < 255);
            collect(&value["geometry"], own, depth + 1, out);
        }
        "Polygon" => out.extend(polygon(&value["coordinates"], class)),
        "MultiPolygon" => {
            let parts = value["coordinates"].as_array().map(Vec::as_slice).unwrap_or_default();
            out.extend(parts.iter().filter_map(|part| polygon(part, class)));
        }
        _ => {}
    }
}

fn polygon(coordinates: &Value, class: Option<u8>) -> Option<Polygon> {
    let position = |p: &Value| Some([p.get(0)?.as_f64()?, p.get(1)?.as_f64()?]);
    let ring = |r: &Value| r.as_array()?.iter().map(position).collect::<Option<Vec<_>>>();
    let rings = coordinates.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>()?;
    (!rings.is_empty() && rings[0].len() >= 3).then_some(Polygon { rings, class })
}

/// Sets every pixel whose middle is inside by the even-odd rule; `true` if there is one.
fn fill(rings: &[Vec<[f64; 2]>], value: u8, pixels: &mut [u8], [height, width]: [usize; 2]) -> bool {
    let edges: Vec<[[f64; 2]; 2]> = rings
        .iter()
        .flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| [*a, *b]))
        .filter(|[a, b]| a[1] != b[1])
        .collect();
    let rows = edges.iter().flatten().map(|p| p[1]);
    let top = rows.clone().fold(f64::INFINITY, f64::min).max(0.0).floor();
    let bottom = rows.fold(f64::NEG_INFINITY, f64::max).min(height as f64).ceil();
    let mut any = false;
    let mut crossings = Vec::new();
    // Edges by the row they begin in, so that a row looks only at those that can reach it.
    let mut order: Vec<&[[f64; 2]; 2]> = edges.iter().collect();
    order.sort_by(|e, f| e[0][1].min(e[1][1]).total_cmp(&f[0][1].min(f[1][1])));
    let mut active: Vec<&[[f64; 2]; 2]> = Vec::new();
    let mut next = 0;
    for row in top as usize..bottom.max(0.0) as usize {
        let y = row as f64 + 0.5;
        while next < order.len() && order[next][0][1].min(order[next][1][1]) <= y {
            active.push(order[next]);
            next += 1;
        }
        active.retain(|[a, b]| a[1].max(b[1]) > y);
        crossings.clear();
        crossings.extend(
            active
                .iter()
                .map(|[a, b]| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])),
        );
        crossings.sort_by(f64::total_cmp);
        for span in crossings.chunks_exact(2) {
            // The first and one past the last pixel whose middle lies between.
            let from = (span[0] - 0.5).ceil().clamp(0.0, width as f64) as usize;
            let to = (span[1] - 0.5).ceil().clamp(0.0, width as f64) as usize;
            if from < to {
                pixels[row * width + from..row * width + to].fill(value);
                any = true;
            }
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{geo::GeoKeys, raster::Samples};

    fn geo() -> GeoRef {
        GeoRef {
            transform: [500_000.0, 1.0, 0.0, 5_400_000.0, 0.0, -1.0],
            epsg: Some(32633),
            keys: GeoKeys::of_epsg(32633),
        }
    }

    fn file(rings: &[Vec<[f64; 2]>], class: Option<u8>) -> Vec<u8> {
        let to = geo().crs().and_then(|c| c.to_lon_lat()).expect("known");
        let rings: Vec<Vec<[f64; 2]>> = rings
            .iter()
            .map(|r| {
                r.iter()
                    .map(|[c, y]| to.lon_lat(geo().to_map(*c, *y)).expect("on the map"))
                    .collect()
            })
            .collect();
        serde_json::json!({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"class": class}, "geometry": {"type": "Polygon", "coordinates": rings}},
            {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [15, 48]}},
            {"type": "Feature", "properties": null, "geometry": null},
        ]})
        .to_string()
        .into_bytes()
    }

    fn bytes(raster: &Raster) -> &[u8] {
        match &raster.samples {
            Samples::U8(v) => v,
            _ => panic!("more than 8 bits"),
        }
    }

    #[test]
    fn polygons_with_holes_fill_their_pixels() {
        let outer = vec![[2.0, 1.0], [8.0, 1.0], [8.0, 6.0], [2.0, 6.0]];
        let hole = vec![[4.0, 2.0], [6.0, 2.0], [6.0, 4.0], [4.0, 4.0]];
        let polygons = Polygons::read(&file(&[outer, hole], None)).expect("read");
        let mask = polygons.mask(&geo(), 10, 8).expect("placed");
        for (y, row) in bytes(&mask).chunks(10).enumerate() {
            for (x, v) in row.iter().enumerate() {
                let inside =
                    (2..8).contains(&x) && (1..6).contains(&y) && !((4..6).contains(&x) && (2..4).contains(&y));
                assert_eq!(*v == FOREGROUND, inside, "{x} {y}");
            }
        }
    }

    #[test]
    fn classes_come_from_the_property() {
        let square = vec![[0.0, 0.0], [3.0, 0.0], [3.0, 3.0], [0.0, 3.0]];
        let polygons = Polygons::read(&file(&[square], Some(7))).expect("read");
        assert_eq!(bytes(&polygons.mask(&geo(), 4, 4).expect("placed"))[..4], [7, 7, 7, 0]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(matches!(Polygons::read(b"{"), Err(GeoJsonError::Syntax(_))));
        assert!(matches!(
            Polygons::read(b"{\"type\":\"Point\"}"),
            Err(GeoJsonError::NoPolygon)
        ));
        let deep = [b"[".repeat(5000), b"]".repeat(5000)].concat();
        assert!(matches!(Polygons::read(&deep), Err(GeoJsonError::Syntax(_))));
        let far = vec![[5000.0, 0.0], [5003.0, 0.0], [5003.0, 3.0]];
        let polygons = Polygons::read(&file(&[far], None)).expect("read");
        assert!(matches!(polygons.mask(&geo(), 4, 4), Err(GeoJsonError::Elsewhere(1))));
        let nowhere = GeoRef { epsg: None, ..geo() };
        assert!(matches!(
            polygons.mask(&nowhere, 4, 4),
            Err(GeoJsonError::Image(CrsError::None))
        ));
    }
}
