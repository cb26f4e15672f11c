//! VIA (VGG Image Annotator 2): a project, or its export, of many images. Polygons, rectangles, circles and ellipses are
//! filled.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit, ellipse, of_json, turned};

/// Attributes that name a class, in the order in which they are asked for.
const CLASS_NAMES: [&str; 6] = ["class", "label", "category", "type", "name", "object"];

#[derive(Deserialize)]
struct Project {
    #[serde(rename = "_via_img_metadata")]
    images: BTreeMap<String, Image>,
}

#[derive(Deserialize)]
struct Image {
    filename: String,
    #[serde(default)]
    regions: Regions,
}

/// A list; in VIA 1 they had numbers for names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Regions {
    List(Vec<Region>),
    Numbered(BTreeMap<String, Region>),
}

impl Default for Regions {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

#[derive(Deserialize)]
struct Region {
    shape_attributes: Shape,
    #[serde(default)]
    region_attributes: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    name: String,
    #[serde(default)]
    all_points_x: Vec<f64>,
    #[serde(default)]
    all_points_y: Vec<f64>,
    #[serde(default)]
    x: f64,
    #[serde(default)]
    y: f64,
    #[serde(default)]
    width: f64,
    #[serde(default)]
    height: f64,
    #[serde(default)]
    cx: f64,
    #[serde(default)]
    cy: f64,
    #[serde(default)]
    r: Option<f64>,
    #[serde(default)]
    rx: f64,
    #[serde(default)]
    ry: f64,
    /// By which an ellipse is turned about its middle, from x to y, radians; VIA 2 writes it.
    #[serde(default)]
    theta: f64,
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let images = match of_json::<Project>(bytes) {
        Ok(project) => project.images,
        Err(_) => of_json::<BTreeMap<String, Image>>(bytes)?,
    };
    let mut out = Annotations::default();
    for (_, image) in images {
        let mut outlines = AnnotatedImage::new(Some(image.filename), None, Unit::Pixels);
        let regions: Vec<Region> = match image.regions {
            Regions::List(regions) => regions,
            Regions::Numbered(regions) => regions.into_values().collect(),
        };
        for region in regions {
            let class = class_name(&region.region_attributes);
            match region.shape_attributes.ring() {
                Some(ring) => outlines.add(vec![ring], class, &mut budget)?,
                None => outlines.leave_out(),
            }
        }
        out.images.push(outlines);
    }
    Ok(out)
}

/// The text of the attribute that names a class, or of the only one.
fn class_name(attributes: &BTreeMap<String, Value>) -> &str {
    let named = CLASS_NAMES.iter().find_map(|name| {
        let mut all = attributes.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    });
    let only = || attributes.values().next().filter(|_| attributes.len() == 1);
    named.or_else(only).and_then(Value::as_str).unwrap_or_default()
}

impl Shape {
    fn ring(&self) -> Option<Vec<[f64; 2]>> {
        let (x, y) = (self.x, self.y);
        match self.name.as_str() {
            "polygon" => Some(
                self.all_points_x
                    .iter()
                    .zip(&self.all_points_y)
                    .map(|(x, y)| [*x, *y])
                    .collect(),
            ),
            "rect" => {
                let (right, bottom) = (x + self.width, y + self.height);
                Some(vec![[x, y], [right, y], [right, bottom], [x, bottom]])
            }
            "circle" | "ellipse" => {
                let [rx, ry] = self.r.map_or([self.rx, self.ry], |r| [r, r]);
                let middle = [self.cx, self.cy];
                Some(turned(ellipse(middle, [rx, ry]), middle, self.theta.to_degrees()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipse_is_turned() {
        let ring = |text: &str| {
            let shape: Shape = serde_json::from_str(text).expect("a shape");
            shape.ring().expect("a ring")
        };
        let is_at = |ring: &[[f64; 2]], x: f64, y: f64| ring.iter().any(|p| (p[0] - x).hypot(p[1] - y) < 1e-9);
        let level = ring(r#"{"name": "ellipse", "cx": 10, "cy": 20, "rx": 5, "ry": 2}"#);
        assert!(is_at(&level, 15.0, 20.0) && is_at(&level, 10.0, 22.0));
        // Down to the right by 45 degrees: y points down.
        let turned = ring(r#"{"name": "ellipse", "cx": 10, "cy": 20, "rx": 5, "ry": 2, "theta": 0.7853981633974483}"#);
        let part = 0.5f64.sqrt();
        assert!(is_at(&turned, 10.0 + 5.0 * part, 20.0 + 5.0 * part));
        assert!(is_at(&turned, 10.0 - 2.0 * part, 20.0 + 2.0 * part));
    }
}
