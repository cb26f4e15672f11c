//! Label Studio's JSON: a list of tasks, each with its image and what annotators drew on it. Polygons, rectangles, ellipses
//! and brush strokes are filled; what several annotators drew adds up; skipped annotations, predictions, and tasks that
//! nobody annotated count for nothing. Coordinates are per cent of the image, turns are in its pixels, in degrees to the
//! right: a rectangle about its first corner, an ellipse about its middle. Source:
//! "Export annotations" and "Units of image annotations" (labelstud.io).

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use super::{
    json::{FirstText, Number, Object, Text, objects, or_default},
    label_studio_brush::covered,
    outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit, check_brackets, ellipse, of_json, turned},
    rle,
};
use crate::values::image_format_of_ending;

type Ring = Vec<[f64; 2]>;
/// Texts of a task's data that are looked at.
const MAX_TEXTS: usize = 256;

/// Texts of a task, each with its name.
#[derive(Default)]
struct Data(Vec<[String; 2]>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Task {
    #[serde(deserialize_with = "or_default")]
    data: Data,
    #[serde(deserialize_with = "objects")]
    annotations: Vec<Annotation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Annotation {
    #[serde(deserialize_with = "or_default")]
    was_cancelled: bool,
    #[serde(deserialize_with = "objects")]
    result: Vec<Region>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Region {
    id: Text,
    #[serde(rename = "type")]
    kind: Text,
    /// The part of the annotator's page that it is drawn on.
    to_name: Text,
    original_width: Number,
    original_height: Number,
    /// By which the image was turned when it was drawn, degrees.
    image_rotation: Number,
    value: Option<Box<Object<Shape>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Shape {
    #[serde(deserialize_with = "or_default")]
    points: Vec<[Number; 2]>,
    x: Number,
    y: Number,
    width: Number,
    height: Number,
    #[serde(rename = "radiusX")]
    radius_x: Number,
    #[serde(rename = "radiusY")]
    radius_y: Number,
    rotation: Number,
    #[serde(deserialize_with = "or_default")]
    rle: Vec<u8>,
    polygonlabels: FirstText,
    rectanglelabels: FirstText,
    ellipselabels: FirstText,
    brushlabels: FirstText,
    labels: FirstText,
}

/// A region with what it is.
struct Labelled<'a> {
    region: &'a Region,
    class: &'a str,
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    check_brackets(bytes)?;
    let tasks: Vec<Object<Task>> = match of_json(bytes) {
        Ok(tasks) => tasks,
        // The file of one task.
        Err(error) => vec![of_json(bytes).map_err(|_| error)?],
    };
    let mut out = Annotations::default();
    for Object(task) in tasks {
        task.read(&mut out, &mut budget)?;
    }
    Ok(out)
}

impl Task {
    fn read(&self, out: &mut Annotations, budget: &mut Budget) -> Result<(), AnnotationError> {
        let is_done = |annotation: &&Annotation| !annotation.was_cancelled;
        let mut by_picture: BTreeMap<&str, Vec<Labelled>> = BTreeMap::new();
        // Points and lines, on whatever part of the page.
        let mut others = 0;
        for labelled in self.annotations.iter().filter(is_done).flat_map(Annotation::regions) {
            match labelled.region.is_area() {
                true => by_picture.entry(&labelled.region.to_name.0).or_default().push(labelled),
                false => others += 1,
            }
        }
        if by_picture.is_empty() && self.annotations.iter().any(|annotation| is_done(&annotation)) {
            by_picture.insert("", Vec::new());
        }
        let is_one = by_picture.len() == 1;
        for (picture, regions) in by_picture {
            let own = self.data.get(picture);
            let address = match is_one {
                true => own.filter(|text| is_picture(text)).or_else(|| self.data.picture()),
                false => own,
            };
            let size = regions.iter().find_map(|labelled| labelled.region.size());
            let mut image = AnnotatedImage::new(address.map(path), size, Unit::Pixels);
            image.other_name = address.and_then(name_before_upload);
            (0..std::mem::take(&mut others)).for_each(|_| image.leave_out());
            // Of which of the pictures its regions are, is not known.
            let is_nowhere = !is_one && address.is_none();
            for Labelled { region, class } in regions {
                if is_nowhere {
                    image.leave_out();
                    continue;
                }
                let rings = region.rings(budget)?;
                // Else a brush that covers nothing.
                if !rings.is_empty() {
                    image.add(rings, class, budget)?;
                }
            }
            out.images.push(image);
        }
        Ok(())
    }
}

impl Annotation {
    /// What is on its pictures. Where areas and labels are chosen apart, the label is a result of its own with the area's id.
    fn regions(&self) -> impl Iterator<Item = Labelled<'_>> {
        let apart: HashMap<&str, &str> = self.result.iter().filter_map(Region::label_apart).collect();
        let regions = self.result.iter().filter(|region| !region.is_words());
        regions.map(move |region| {
            let own = Some(region.label()).filter(|label| !label.is_empty());
            let class = own.or_else(|| apart.get(region.id.0.as_str()).copied());
            Labelled {
                region,
                class: class.unwrap_or_default(),
            }
        })
    }
}

impl Data {
    fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|[key, _]| key == name).map(|[_, text]| text.as_str())
    }

    /// The address of the task's picture: what is called an image, else what ends as one, else what has an ending.
    fn picture(&self) -> Option<&str> {
        let texts = || self.0.iter().map(|[_, text]| text.as_str());
        self.get("image")
            .or_else(|| texts().find(|text| is_picture(text)))
            .or_else(|| texts().find(|text| text.contains('.')))
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct DataVisitor;
        impl<'de> Visitor<'de> for DataVisitor {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a task's data")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
                let mut texts = Vec::new();
                while let Some((key, Text(text))) = map.next_entry::<String, Text>()? {
                    if !text.is_empty() && texts.len() < MAX_TEXTS {
                        texts.push([key, text]);
                    }
                }
                Ok(Data(texts))
            }
        }
        input.deserialize_map(DataVisitor)
    }
}

fn is_picture(address: &str) -> bool {
    let path = path(address);
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    ending.is_some_and(|ending| image_format_of_ending(&ending).is_some())
}

/// A picture's path without what its address adds.
fn path(address: &str) -> String {
    // Files of its own machine are asked for by "?d=folder/name".
    let path = match address.split_once("?d=") {
        Some((_, path)) => path,
        None => address.split(['?', '#']).next().unwrap_or(address),
    };
    percent_encoding::percent_decode_str(path)
        .decode_utf8_lossy()
        .into_owned()
}

/// The path of a picture that was uploaded, without the eight digits that the upload puts before a name.
fn name_before_upload(address: &str) -> Option<String> {
    if !address.contains("/upload/") || address.contains("?d=") {
        return None;
    }
    let path = path(address);
    let (folder, name) = path.rsplit_once('/')?;
    let (digits, own) = name.split_once('-')?;
    let is_upload = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_upload.then(|| format!("{folder}/{own}"))
}

impl Region {
    /// Words about the image as a whole, or about a region.
    fn is_words(&self) -> bool {
        matches!(
            self.kind.0.as_str(),
            "choices"
                | "taxonomy"
                | "textarea"
                | "rating"
                | "relation"
                | "labels"
                | "number"
                | "datetime"
                | "pairwise"
                | "ranker"
        )
    }

    /// The id and the label of one that is only a label.
    fn label_apart(&self) -> Option<(&str, &str)> {
        let is_one = self.kind.0 == "labels" && !self.id.0.is_empty();
        is_one.then(|| (self.id.0.as_str(), self.label()))
    }

    /// Its first label, if it has one.
    fn label(&self) -> &str {
        let Some(Object(shape)) = self.value.as_deref() else {
            return "";
        };
        let own = match self.kind.0.as_str() {
            "polygonlabels" => &shape.polygonlabels,
            "rectanglelabels" => &shape.rectanglelabels,
            "ellipselabels" => &shape.ellipselabels,
            "brushlabels" => &shape.brushlabels,
            _ => &shape.labels,
        };
        match own.0.is_empty() {
            true => &shape.labels.0,
            false => &own.0,
        }
    }

    /// Width and height of the image.
    fn size(&self) -> Option<[u32; 2]> {
        let side = |side: Number| Some(side.0).filter(|v| (1.0..4e9).contains(v)).map(|v| v as u32);
        Some([side(self.original_width)?, side(self.original_height)?])
    }

    /// What an area goes around, in pixels. What cannot be read is a ring without corners.
    fn rings(&self, budget: &Budget) -> Result<Vec<Ring>, AnnotationError> {
        let broken = || vec![Vec::new()];
        // Corners of a turned image are in the frame that it was turned to.
        let is_turned = (self.image_rotation.0 % 360.0).abs() > 0.0;
        let (Some(size), Some(Object(shape)), false) = (self.size(), self.value.as_deref(), is_turned) else {
            return Ok(broken());
        };
        let unit = size.map(|side| f64::from(side) / 100.0);
        let pixels = |[x, y]: [f64; 2]| [x * unit[0], y * unit[1]];
        let corner = |[x, y]: [Number; 2]| pixels([x.0, y.0]);
        let middle = corner([shape.x, shape.y]);
        let degrees = Some(shape.rotation.0).filter(|degrees| !degrees.is_nan());
        let degrees = degrees.unwrap_or(0.0);
        Ok(match self.kind.0.as_str() {
            "polygonlabels" | "polygon" => vec![shape.points.iter().copied().map(corner).collect()],
            "rectanglelabels" | "rectangle" => {
                let [right, bottom] = pixels([shape.x.0 + shape.width.0, shape.y.0 + shape.height.0]);
                let [left, top] = middle;
                let ring = vec![middle, [right, top], [right, bottom], [left, bottom]];
                vec![turned(ring, middle, degrees)]
            }
            "ellipselabels" | "ellipse" => {
                let ring = ellipse(middle, corner([shape.radius_x, shape.radius_y]));
                vec![turned(ring, middle, degrees)]
            }
            _ => {
                let [width, height] = size.map(u64::from);
                match covered(&shape.rle, width * height, budget)? {
                    Some(counts) => rle::rings_by_row(&counts, [height, width], budget)?.unwrap_or_else(broken),
                    None => broken(),
                }
            }
        })
    }

    fn is_area(&self) -> bool {
        let kind = self.kind.0.strip_suffix("labels").unwrap_or(&self.kind.0);
        matches!(kind, "polygon" | "rectangle" | "ellipse" | "brush")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_name() {
        let of = |address: &str| [Some(path(address)), name_before_upload(address)];
        assert_eq!(
            of("/data/upload/3/0a1b2c3d-plot_1.png"),
            [
                Some("/data/upload/3/0a1b2c3d-plot_1.png".into()),
                Some("/data/upload/3/plot_1.png".into())
            ]
        );
        assert_eq!(
            of("/data/local-files/?d=north/plot%201.png"),
            [Some("north/plot 1.png".into()), None]
        );
        assert_eq!(
            of("https://a.example/b/plot-1.png?sig=x.y"),
            [Some("https://a.example/b/plot-1.png".into()), None]
        );
        // A date, not an upload's digits.
        assert_eq!(name_before_upload("s3://b/20240115-site.png"), None);
        let data = |text: &str| serde_json::from_str::<Data>(text).expect("data");
        let words = data(r#"{"comment": "Roofs ok.", "image_url": "a/0a1b2c3d-a.PNG?sig=x.y", "n": {"a": [1.5]}}"#);
        assert_eq!(words.picture(), Some("a/0a1b2c3d-a.PNG?sig=x.y"));
        let named = data(r#"{"a": "b.png", "image": "c", "z": null}"#);
        assert_eq!(named.picture(), Some("c"));
        assert_eq!(data(r#"{"a": "b", "c": "d.jp2"}"#).picture(), Some("d.jp2"));
    }
}
