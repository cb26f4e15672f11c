//! Regions as GeoJSON (RFC 7946): longitude and latitude, exterior rings counter-clockwise, areas on the ellipsoid.

use std::fmt::Write;

use crate::{
    formats::Parts,
    geo::{GeoRef, ToLonLat, ellipsoid::ring_area_m2},
    infer::{Ground, Region, Ring, objects, regions, right_angled, signed_area, simplified},
};

/// How regions become polygons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorOptions {
    /// Regions of fewer pixels are left out.
    pub smallest_px: u64,
    /// Corners may move by this many pixels when lines are simplified; 0 keeps the pixels' edges.
    pub tolerance_px: f64,
    /// Outlines get right angles where they nearly have; their lines are simplified then in any case.
    pub right_angles: bool,
    /// Objects that touch become polygons of their own.
    pub separate: bool,
}

impl Default for VectorOptions {
    fn default() -> Self {
        Self {
            smallest_px: 16,
            tolerance_px: 0.0,
            right_angles: false,
            separate: false,
        }
    }
}

/// Corners may move by this much to find the lines that are made right-angled, where nothing else was asked for, pixels.
const LINES_PX: f64 = 1.5;

/// Metres a degree of latitude, roughly.
const METRES_A_DEGREE: f64 = 111_320.0;

/// A map of classes that outlines are drawn of.
pub struct Classes<'a> {
    /// Height and width.
    pub size: [usize; 2],
    /// The first class that outlines are made of, and how many classes there are.
    pub first: u8,
    pub count: usize,
    /// Class of a pixel by row and column.
    pub class: &'a dyn Fn(usize, usize) -> u8,
    /// The class between objects, if one of them is.
    pub between: Option<Between<'a>>,
    /// Where it lies on the ground.
    pub geo: Option<&'a GeoRef>,
}

/// The class between objects that touch.
#[derive(Clone, Copy)]
pub struct Between<'a> {
    pub class: u8,
    /// How sure the network is of the class of a pixel, by row and column, 0 to 255.
    pub sureness: &'a dyn Fn(usize, usize) -> u8,
}

/// A region of one class as a polygon.
pub struct Shape {
    pub class: u8,
    pub area_px: u64,
    /// Columns and rows of its corners, the boundary first, then its holes.
    pub pixels: Vec<Ring>,
    /// Longitudes and latitudes, and the area on the ellipsoid in m2, where the reference system is known.
    pub ground: Option<(Vec<Ring>, f64)>,
}

impl Classes<'_> {
    fn to_lon_lat(&self) -> Option<(&GeoRef, ToLonLat)> {
        let geo = self.geo?;
        Some((geo, geo.crs().ok()?.to_lon_lat().ok()?))
    }

    /// Calls for each region, class by class. Those beyond the reach of the image's projection are left out.
    pub fn shapes(&self, options: VectorOptions, mut take: impl FnMut(Shape)) {
        let placed = self.to_lon_lat();
        let mut add = |class: u8, region: Region| {
            let pixels = outline(&region, options);
            let ground = match &placed {
                Some((geo, to)) => match project(&pixels, geo, to) {
                    Some(ground) => Some(ground),
                    None => return,
                },
                None => None,
            };
            let area_px = region.area_px;
            take(Shape {
                class,
                area_px,
                pixels,
                ground,
            });
        };
        let classes = usize::from(self.first)..self.count.clamp(2, 255);
        if options.separate {
            return self.objects(classes, options.smallest_px, add);
        }
        for number in classes {
            let inside = |y, x| usize::from((self.class)(y, x)) == number;
            for region in regions(self.size, options.smallest_px, inside) {
                add(number as u8, region);
            }
        }
    }

    /// Each object by itself. The first of several classes is none, and left out where there is a class between the others.
    fn objects(&self, classes: std::ops::Range<usize>, smallest_px: u64, mut add: impl FnMut(u8, Region)) {
        if classes.start == 0 && self.between.is_none() {
            let found = regions(self.size, smallest_px, |y, x| (self.class)(y, x) == 0);
            found.into_iter().for_each(|region| add(0, region));
        }
        let ground = |y: usize, x: usize| match (self.class)(y, x) {
            0 => Ground::Outside,
            class => match self.between {
                Some(between) if class == between.class => Ground::Boundary((between.sureness)(y, x)),
                _ if classes.contains(&usize::from(class)) => Ground::Inside(class),
                _ => Ground::Outside,
            },
        };
        objects(self.size, smallest_px, ground, add);
    }
}

/// Boundary and holes of a region as they were asked for.
fn outline(region: &Region, options: VectorOptions) -> Vec<Ring> {
    let pixels = simplified(region, options.tolerance_px);
    if !options.right_angles {
        return pixels;
    }
    let (lines, exact) = match options.tolerance_px > 0.0 {
        true => (pixels.clone(), simplified(region, 0.0)),
        false => (simplified(region, LINES_PX), pixels.clone()),
    };
    right_angled(&lines, &exact).unwrap_or(pixels)
}

/// A GeoJSON file of the regions of one or several images.
///
/// One image without a reference system that is known here gives pixels (column, row from the top left), and the file
/// says so; several have to have one ([`has_place`]), as those that have none are left out.
pub struct Geojson<'a> {
    /// What is not handed over yet.
    out: String,
    parts: Parts<'a>,
    first: bool,
    several: bool,
}

impl<'a> Geojson<'a> {
    pub fn new(several: bool, parts: Parts<'a>) -> Self {
        Self {
            out: String::from("{\"type\":\"FeatureCollection\","),
            parts,
            first: true,
            several,
        }
    }

    /// The regions of an image, whose name is told where there are several. `names[class]` is a class's name.
    pub fn add(&mut self, image: &str, classes: &Classes, names: &[String], options: VectorOptions) {
        let placed = has_place(classes.geo);
        if self.several && !placed {
            return;
        }
        if !placed {
            let pixels = "pixels: column, row from the top left corner, no reference system";
            let _ = write!(self.out, "\"coordinates_are\":\"{pixels}\",");
        }
        let image = self.several.then(|| serde_json::Value::from(image).to_string());
        let decimals = decimals(classes.geo.filter(|_| placed));
        classes.shapes(options, |shape| self.feature(&shape, image.as_deref(), names, decimals));
    }

    fn feature(&mut self, shape: &Shape, image: Option<&str>, names: &[String], decimals: usize) {
        let before = if std::mem::take(&mut self.first) {
            "\"features\":["
        } else {
            ","
        };
        let number = shape.class;
        let name = names
            .get(usize::from(number))
            .cloned()
            .unwrap_or_else(|| format!("class_{number}"));
        let name = serde_json::Value::from(name);
        let out = &mut self.out;
        let _ = write!(out, "{before}\n{{\"type\":\"Feature\",\"properties\":{{");
        if let Some(image) = image {
            let _ = write!(out, "\"image\":{image},");
        }
        let _ = write!(out, "\"class\":{number},\"name\":{name},\"area_px\":{}", shape.area_px);
        if let Some((_, area)) = &shape.ground {
            let _ = write!(out, ",\"area_m2\":{area:.3}");
        }
        out.push_str("},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[");
        let rings = shape.ground.as_ref().map_or(&shape.pixels, |(rings, _)| rings);
        for (i, ring) in rings.iter().enumerate() {
            out.push_str(if i == 0 { "[" } else { ",[" });
            let turned = shape.ground.is_none() && (signed_area(ring) > 0.0) != (i == 0);
            let mut corners: Vec<&[f64; 2]> = ring.iter().collect();
            if turned {
                corners.reverse();
            }
            for (j, [x, y]) in corners.iter().chain(corners.first()).enumerate() {
                let comma = if j == 0 { "" } else { "," };
                let _ = write!(out, "{comma}[{x:.decimals$},{y:.decimals$}]");
            }
            out.push(']');
            self.parts.push(out.as_bytes());
            out.clear();
        }
        out.push_str("]}}");
    }

    /// The file's beginning (see [`Parts::finish`]).
    pub fn finish(mut self) -> Vec<u8> {
        if self.first {
            self.out.push_str("\"features\":[");
        }
        self.out.push_str("\n]}\n");
        self.parts.push(self.out.as_bytes());
        self.parts.finish(Vec::new())
    }
}

/// Whether outlines of an image can be given in longitude and latitude.
pub fn has_place(geo: Option<&GeoRef>) -> bool {
    geo.and_then(|geo| geo.crs().ok()?.to_lon_lat().ok()).is_some()
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

/// Rings on the ground with the exterior counter-clockwise, and the area. `None` if the projection ends there.
fn project(pixels: &[Ring], geo: &GeoRef, to: &ToLonLat) -> Option<(Vec<Ring>, f64)> {
    let mut rings = Vec::new();
    let mut area = 0.0;
    for (i, ring) in pixels.iter().enumerate() {
        let on_ground = ring.iter().map(|[x, y]| to.lon_lat(geo.to_map(*x, *y)));
        let mut ring = on_ground.collect::<Option<Ring>>()?;
        area += if i == 0 { 1.0 } else { -1.0 } * ring_area_m2(&ring);
        if (signed_area(&ring) > 0.0) != (i == 0) {
            ring.reverse();
        }
        rings.push(ring);
    }
    Some((rings, area))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::GeoKeys;

    fn square(y: usize, x: usize) -> u8 {
        u8::from((2..6).contains(&y) && (3..9).contains(&x))
    }

    fn utm() -> GeoRef {
        GeoRef {
            transform: [500_000.0, 10.0, 0.0, 5_400_000.0, 0.0, -10.0],
            epsg: Some(32633),
            keys: GeoKeys::of_epsg(32633),
        }
    }

    fn names() -> Vec<String> {
        vec!["_background".into(), "say \"roof\"".into()]
    }

    fn classes<'a>(size: [usize; 2], class: &'a dyn Fn(usize, usize) -> u8, geo: Option<&'a GeoRef>) -> Classes<'a> {
        let (first, count) = (1, 2);
        Classes {
            size,
            first,
            count,
            class,
            between: None,
            geo,
        }
    }

    fn text(
        size: [usize; 2],
        class: impl Fn(usize, usize) -> u8,
        geo: Option<&GeoRef>,
        options: VectorOptions,
    ) -> String {
        let mut file = Geojson::new(false, Parts::whole());
        file.add("a", &classes(size, &class, geo), &names(), options);
        String::from_utf8(file.finish()).expect("UTF-8")
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
        let geo = utm();
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
    fn stairs_become_a_line() {
        let stairs = |y: usize, x: usize| u8::from(x <= y);
        let exact = text([30, 30], stairs, None, VectorOptions::default());
        let options = VectorOptions {
            tolerance_px: 1.0,
            ..VectorOptions::default()
        };
        let simple = text([30, 30], stairs, None, options);
        let corners = |text: &str| text.matches("],[").count();
        assert!(corners(&simple) * 8 < corners(&exact), "{simple}");
    }

    #[test]
    fn an_empty_file_is_whole() {
        for geo in [None, Some(utm())] {
            let text = text([10, 12], |_, _| 0, geo.as_ref(), VectorOptions::default());
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(value["features"].as_array().map(Vec::len), Some(0));
            assert_eq!(value["coordinates_are"].is_string(), geo.is_none());
        }
    }

    /// Several images in one file: each feature says its own, images without a place are not mixed in.
    #[test]
    fn several_images_are_one_file() {
        let (geo, class) = (utm(), square as fn(usize, usize) -> u8);
        let mut file = Geojson::new(true, Parts::whole());
        for (name, geo) in [("north", Some(&geo)), ("photo", None), ("so\"uth", Some(&geo))] {
            file.add(
                name,
                &classes([10, 12], &class, geo),
                &names(),
                VectorOptions::default(),
            );
        }
        let value: serde_json::Value = serde_json::from_slice(&file.finish()).expect("JSON");
        let features = value["features"].as_array().expect("a list");
        let images: Vec<_> = features
            .iter()
            .filter_map(|f| f["properties"]["image"].as_str())
            .collect();
        assert_eq!((images, features.len()), (vec!["north", "so\"uth"], 2));
        assert!(value.get("coordinates_are").is_none());
    }
}
