//! CVAT's XML 1.1 "for images": many images, each with its shapes. Polygons, masks, boxes and ellipses are filled, what has
//! a higher `z_order` over the rest, as its own export of segmentation masks draws them. A mask's run lengths go row by row
//! through the box that it says, background first. Source: "XML annotation format" (docs.cvat.ai), and the masks that
//! `cvat_sdk.masks.encode_mask` writes.

use super::{
    outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit, ellipse, turned},
    rle,
};
use crate::formats::vector::xml::{Attributes, Seen, XmlError, walk};

type Ring = Vec<[f64; 2]>;

impl From<XmlError> for AnnotationError {
    fn from(error: XmlError) -> Self {
        Self::Syntax(error.to_string())
    }
}

/// Of the corners of a file, what an image and a shape take beside theirs.
const IMAGE_CORNERS: usize = 16;
const SHAPE_CORNERS: usize = 4;

/// An area until all of its image are there.
struct Shape {
    label: String,
    z_order: i64,
    rings: Vec<Ring>,
}

/// An image until it ends.
struct Open {
    image: AnnotatedImage,
    areas: Vec<Shape>,
    /// What the areas will take of the budget.
    corners: usize,
    /// Somebody looked at it: it has a shape, if only a point, or a tag. The tool lists all images of a task.
    is_annotated: bool,
}

impl Open {
    fn end(mut self, budget: &mut Budget) -> Result<Option<AnnotatedImage>, AnnotationError> {
        self.areas.sort_by_key(|area| area.z_order);
        for area in self.areas {
            // Else a mask that covers nothing.
            if !area.rings.is_empty() {
                self.image.add(area.rings, &area.label, budget)?;
            }
        }
        Ok(self.is_annotated.then_some(self.image))
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let mut out = Annotations::default();
    let mut open: Option<Open> = None;
    walk(bytes, |seen| -> Result<(), AnnotationError> {
        match seen {
            Seen::Start("image", attributes) => {
                budget.take(IMAGE_CORNERS)?;
                let side = |name| number(&attributes, name).filter(|v| (1.0..4e9).contains(v));
                let size = side("width").zip(side("height")).map(|(w, h)| [w as u32, h as u32]);
                open = Some(Open {
                    image: AnnotatedImage::new(attributes.get("name"), size, Unit::Pixels),
                    areas: Vec::new(),
                    corners: 0,
                    is_annotated: false,
                });
            }
            Seen::End("image", _) => {
                if let Some(open) = open.take() {
                    out.images.extend(open.end(&mut budget)?);
                }
            }
            Seen::Start("tag", _) => {
                if let Some(open) = &mut open {
                    open.is_annotated = true;
                }
            }
            Seen::Start("polyline" | "points" | "cuboid", _) => {
                if let Some(open) = &mut open {
                    open.is_annotated = true;
                    open.image.leave_out();
                }
            }
            Seen::Start(name @ ("polygon" | "mask" | "box" | "ellipse"), attributes) => {
                if let Some(open) = &mut open {
                    open.is_annotated = true;
                    let rings = rings(name, &attributes, &budget)?;
                    open.corners += SHAPE_CORNERS + rings.iter().map(Vec::len).sum::<usize>();
                    budget.check(open.corners)?;
                    open.areas.push(Shape {
                        label: attributes.get("label").unwrap_or_default(),
                        z_order: attributes.get("z_order").and_then(|z| z.parse().ok()).unwrap_or(0),
                        rings,
                    });
                }
            }
            Seen::Start(..) | Seen::End(..) => {}
        }
        Ok(())
    })?;
    Ok(out)
}

fn number(attributes: &Attributes, name: &str) -> Option<f64> {
    attributes.get(name)?.trim().parse().ok()
}

/// What an area goes around. What cannot be read is a ring without corners: it counts as broken.
fn rings(name: &str, attributes: &Attributes, budget: &Budget) -> Result<Vec<Ring>, AnnotationError> {
    let numbers = |names: [&str; 4]| -> [f64; 4] { names.map(|name| number(attributes, name).unwrap_or(f64::NAN)) };
    let degrees = number(attributes, "rotation").unwrap_or(0.0);
    Ok(match name {
        "polygon" => vec![corners(&attributes.get("points").unwrap_or_default(), budget)?],
        "mask" => mask(attributes, budget)?.unwrap_or_else(|| vec![Vec::new()]),
        "box" => {
            let [left, top, right, bottom] = numbers(["xtl", "ytl", "xbr", "ybr"]);
            let ring = vec![[left, top], [right, top], [right, bottom], [left, bottom]];
            vec![turned(ring, [(left + right) / 2.0, (top + bottom) / 2.0], degrees)]
        }
        _ => {
            let [x, y, rx, ry] = numbers(["cx", "cy", "rx", "ry"]);
            vec![turned(ellipse([x, y], [rx, ry]), [x, y], degrees)]
        }
    })
}

/// `x,y;x,y;...`; none if a corner is none.
fn corners(text: &str, budget: &Budget) -> Result<Ring, AnnotationError> {
    budget.check(text.bytes().filter(|byte| *byte == b';').count())?;
    let corner = |pair: &str| -> Option<[f64; 2]> {
        let (x, y) = pair.split_once(',')?;
        Some([x.trim().parse().ok()?, y.trim().parse().ok()?])
    };
    let all: Option<Ring> = text.split(';').map(corner).collect();
    Ok(all.unwrap_or_default())
}

fn mask(attributes: &Attributes, budget: &Budget) -> Result<Option<Vec<Ring>>, AnnotationError> {
    let whole = |name| {
        let text = attributes.get(name)?;
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|v| (0.0..4e9).contains(v))
            .map(|v| v as u64)
    };
    let text = attributes.get("rle").unwrap_or_default();
    // Two runs are a rectangle at least.
    budget.check(text.bytes().filter(|byte| *byte == b',').count())?;
    let counts: Option<Vec<u64>> = text.split(',').map(|count| count.trim().parse().ok()).collect();
    let (Some(counts), Some(left), Some(top), Some(width), Some(height)) =
        (counts, whole("left"), whole("top"), whole("width"), whole("height"))
    else {
        return Ok(None);
    };
    let rings = rle::rings_by_row(&counts, [height, width], budget)?;
    let to_image = |[x, y]: [f64; 2]| [x + left as f64, y + top as f64];
    Ok(rings.map(|rings| {
        rings
            .into_iter()
            .map(|ring| ring.into_iter().map(to_image).collect())
            .collect()
    }))
}
