//! Label Studio's JSON: a list of tasks, each with its image and what annotators drew on it. Polygons, rectangles, ellipses
//! and brush strokes are filled; what several annotators drew adds up; skipped annotations, predictions, and tasks that
//! nobody annotated count for nothing. Coordinates are per cent of the image, turns are in its pixels, in degrees to the
//! right: a rectangle about its first corner, an ellipse about its middle. A brush is a packed picture of four bytes a
//! pixel whose last says what is covered. Source: "Export annotations" and "Units of image annotations" (labelstud.io),
//! and the strokes that `label_studio_sdk.converter.brush` writes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit, ellipse, of_json, turned},
    rle,
};

type Ring = Vec<[f64; 2]>;

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    data: BTreeMap<String, Value>,
    #[serde(default)]
    annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    was_cancelled: bool,
    #[serde(default)]
    result: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    original_width: Option<u32>,
    #[serde(default)]
    original_height: Option<u32>,
    #[serde(default)]
    value: Shape,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Shape {
    points: Vec<[f64; 2]>,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(rename = "radiusX")]
    radius_x: f64,
    #[serde(rename = "radiusY")]
    radius_y: f64,
    rotation: f64,
    rle: Vec<u8>,
    #[serde(flatten)]
    labels: BTreeMap<String, Value>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let tasks: Vec<Task> = match of_json(bytes) {
        Ok(tasks) => tasks,
        // The file of one task.
        Err(error) => vec![of_json::<Task>(bytes).map_err(|_| error)?],
    };
    let mut out = Annotations::default();
    for task in tasks {
        let mut done = task
            .annotations
            .iter()
            .filter(|annotation| !annotation.was_cancelled)
            .peekable();
        if done.peek().is_none() {
            continue;
        }
        let regions: Vec<&Region> = done.flat_map(|annotation| &annotation.result).collect();
        let size = regions.iter().find_map(|region| region.size());
        let [name, other_name] = names(&task.data);
        let mut image = AnnotatedImage::new(name, size, Unit::Pixels);
        image.other_name = other_name;
        for region in regions {
            // Words about the image as a whole.
            if matches!(
                region.kind.as_str(),
                "choices" | "taxonomy" | "textarea" | "rating" | "relation"
            ) {
                continue;
            }
            let class = image.class(region.value.label(&region.kind));
            match region.rings(&budget)? {
                // A brush that covers nothing.
                Some(rings) if rings.is_empty() => {}
                Some(rings) => image.add(rings, class, &mut budget)?,
                None => image.leave_out(),
            }
        }
        out.images.push(image);
    }
    Ok(out)
}

/// The image's path without what its address adds, and that without the eight digits that an upload puts before a name.
fn names(data: &BTreeMap<String, Value>) -> [Option<String>; 2] {
    let texts = || {
        data.iter()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    };
    let image = texts()
        .find(|(key, _)| *key == "image")
        .or_else(|| texts().find(|(_, text)| text.contains('.')));
    let Some((_, address)) = image else {
        return [None, None];
    };
    // Files of its own machine are asked for by "?d=folder/name".
    let path = match address.split_once("?d=") {
        Some((_, path)) => path,
        None => address.split(['?', '#']).next().unwrap_or(address),
    };
    let path = percent_encoding::percent_decode_str(path)
        .decode_utf8_lossy()
        .into_owned();
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path.as_str()), |(folder, name)| (folder, name));
    let is_upload = |(digits, _): &(&str, &str)| digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let own = name
        .split_once('-')
        .filter(is_upload)
        .map(|(_, own)| format!("{folder}/{own}"));
    [Some(path), own]
}

impl Region {
    /// Width and height of the image.
    fn size(&self) -> Option<[u32; 2]> {
        self.original_width
            .zip(self.original_height)
            .map(|(width, height)| [width, height])
    }

    /// What it goes around, in pixels; `None` if it is no area. What cannot be read is a ring without corners.
    fn rings(&self, budget: &Budget) -> Result<Option<Vec<Ring>>, AnnotationError> {
        let broken = || vec![Vec::new()];
        let Some(size) = self.size() else {
            return Ok(Some(broken()));
        };
        let shape = &self.value;
        let unit = size.map(|side| f64::from(side) / 100.0);
        let pixels = |[x, y]: [f64; 2]| [x * unit[0], y * unit[1]];
        let middle = pixels([shape.x, shape.y]);
        Ok(Some(match self.kind.as_str() {
            "polygonlabels" | "polygon" => vec![shape.points.iter().copied().map(pixels).collect()],
            "rectanglelabels" | "rectangle" => {
                let [right, bottom] = pixels([shape.x + shape.width, shape.y + shape.height]);
                let [left, top] = middle;
                let ring = vec![middle, [right, top], [right, bottom], [left, bottom]];
                vec![turned(ring, middle, shape.rotation)]
            }
            "ellipselabels" | "ellipse" => {
                let ring = ellipse(middle, pixels([shape.radius_x, shape.radius_y]));
                vec![turned(ring, middle, shape.rotation)]
            }
            "brushlabels" | "brush" => {
                let [width, height] = size.map(u64::from);
                match covered(&shape.rle, width * height, budget)? {
                    Some(counts) => rle::rings_by_row(&counts, [height, width], budget)?.unwrap_or_else(broken),
                    None => broken(),
                }
            }
            _ => return Ok(None),
        }))
    }
}

impl Shape {
    /// The first label of a region of a kind.
    fn label(&self, kind: &str) -> &str {
        let own = self.labels.get(kind).or_else(|| self.labels.get("labels"));
        own.and_then(|labels| labels.get(0))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Run lengths, row by row, of a packed picture of four values a pixel, background first: those whose fourth is not 0 are
/// covered. `None` if it is damaged or of another number of pixels.
fn covered(bytes: &[u8], pixels: u64, budget: &Budget) -> Result<Option<Vec<u64>>, AnnotationError> {
    let mut bits = Bits { bytes, at: 0 };
    let Some(head) = Head::read(&mut bits).filter(|head| pixels.checked_mul(4) == Some(head.values)) else {
        return Ok(None);
    };
    let mut counts = Counts { all: vec![0] };
    let mut at = 0;
    while at < head.values {
        let Some((length, value)) = head.run(&mut bits) else {
            return Ok(None);
        };
        let mut add = |length: u64, value: u64| {
            // The last value of each pixel counts.
            counts.add((at + length) / 4 - at / 4, value != 0);
            at += length;
        };
        match value {
            Some(value) => add(length, value),
            None => {
                for _ in 0..length {
                    let Some(value) = bits.take(head.word_bits) else {
                        return Ok(None);
                    };
                    add(1, value);
                }
            }
        }
        // Two runs are a rectangle at least.
        budget.check(counts.all.len() * 2)?;
    }
    Ok((at == head.values).then_some(counts.all))
}

/// How a picture is packed.
struct Head {
    values: u64,
    word_bits: u32,
    length_bits: [u32; 4],
}

impl Head {
    fn read(bits: &mut Bits) -> Option<Self> {
        let values = bits.take(32)?;
        let mut size = |count| Some(bits.take(count)? as u32 + 1);
        Some(Self {
            values,
            word_bits: size(5)?,
            length_bits: [size(4)?, size(4)?, size(4)?, size(4)?],
        })
    }

    /// The next run: its length, and its value, or none where each has its own.
    fn run(&self, bits: &mut Bits) -> Option<(u64, Option<u64>)> {
        let is_same = bits.take(1)? == 1;
        let length_bits = self.length_bits.get(bits.take(2)? as usize)?;
        let length = bits.take(*length_bits)? + 1;
        Some((
            length,
            if is_same {
                Some(bits.take(self.word_bits)?)
            } else {
                None
            },
        ))
    }
}

/// Bits of bytes, the highest of each first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u64> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

/// Run lengths, those of the background at even places.
struct Counts {
    all: Vec<u64>,
}

impl Counts {
    fn add(&mut self, length: u64, is_covered: bool) {
        if length == 0 {
            return;
        }
        if is_covered != self.all.len().is_multiple_of(2) {
            self.all.push(0);
        }
        if let Some(last) = self.all.last_mut() {
            *last += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_name() {
        let of = |address: &str| names(&BTreeMap::from([("image".to_owned(), Value::from(address))]));
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
    }

    /// By `label_studio_sdk` 2.1.2, `brush.mask2rle` of a mask of 3 x 4 whose pixels (1, 1), (2, 1), (2, 3) are set.
    #[test]
    fn a_brush_is_its_runs() {
        let brush = [
            0, 0, 0, 48, 57, 27, 254, 19, 0, 143, 254, 216, 4, 127, 241, 128, 71, 254,
        ];
        let budget = Budget::of(b"").expect("a budget");
        let runs = |bytes: &[u8], pixels| covered(bytes, pixels, &budget).expect("few corners");
        assert_eq!(runs(&brush, 12), Some(vec![5, 1, 3, 1, 1, 1]));
        for damaged in [&brush[..brush.len() - 3], &brush[..4], &[]] {
            assert_eq!(runs(damaged, 12), None);
        }
        assert_eq!(runs(&brush, 13), None);
        let few = Budget::with(7);
        assert!(matches!(
            covered(&brush, 12, &few),
            Err(AnnotationError::TooManyCorners)
        ));
    }
}
