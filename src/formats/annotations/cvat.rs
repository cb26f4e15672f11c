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

/// A shape until all of its image are there.
struct Shape {
    label: String,
    z_order: i64,
    /// None: it is no area.
    rings: Option<Vec<Ring>>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let mut out = Annotations::default();
    let mut open: Option<(AnnotatedImage, Vec<Shape>)> = None;
    walk(bytes, |seen| -> Result<(), AnnotationError> {
        match seen {
            Seen::Start("image", attributes) => {
                let side = |name| number(&attributes, name).filter(|v| (1.0..4e9).contains(v));
                let size = side("width").zip(side("height")).map(|(w, h)| [w as u32, h as u32]);
                open = Some((
                    AnnotatedImage::new(attributes.get("name"), size, Unit::Pixels),
                    Vec::new(),
                ));
            }
            Seen::End("image", _) => {
                if let Some((mut image, mut shapes)) = open.take() {
                    shapes.sort_by_key(|shape| shape.z_order);
                    for shape in shapes {
                        let class = image.class(&shape.label);
                        match shape.rings {
                            // A mask that covers nothing.
                            Some(rings) if rings.is_empty() => {}
                            Some(rings) => image.add(rings, class, &mut budget)?,
                            None => image.leave_out(),
                        }
                    }
                    out.images.push(image);
                }
            }
            Seen::Start(
                name @ ("polygon" | "mask" | "box" | "ellipse" | "polyline" | "points" | "cuboid"),
                attributes,
            ) => {
                if let Some((_, shapes)) = &mut open {
                    let rings = rings(name, &attributes, &budget)?;
                    shapes.push(Shape {
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

/// What a shape goes around; `None` if it is no area. What cannot be read is a ring without corners: it counts as broken.
fn rings(name: &str, attributes: &Attributes, budget: &Budget) -> Result<Option<Vec<Ring>>, AnnotationError> {
    let numbers = |names: [&str; 4]| -> [f64; 4] { names.map(|name| number(attributes, name).unwrap_or(f64::NAN)) };
    let degrees = number(attributes, "rotation").unwrap_or(0.0);
    let broken = || vec![Vec::new()];
    Ok(Some(match name {
        "polygon" => vec![corners(&attributes.get("points").unwrap_or_default())],
        "mask" => return Ok(Some(mask(attributes, budget)?.unwrap_or_else(broken))),
        "box" => {
            let [left, top, right, bottom] = numbers(["xtl", "ytl", "xbr", "ybr"]);
            let ring = vec![[left, top], [right, top], [right, bottom], [left, bottom]];
            vec![turned(ring, [(left + right) / 2.0, (top + bottom) / 2.0], degrees)]
        }
        "ellipse" => {
            let [x, y, rx, ry] = numbers(["cx", "cy", "rx", "ry"]);
            vec![turned(ellipse([x, y], [rx, ry]), [x, y], degrees)]
        }
        _ => return Ok(None),
    }))
}

/// `x,y;x,y;...`; none if a corner is none.
fn corners(text: &str) -> Ring {
    let corner = |pair: &str| -> Option<[f64; 2]> {
        let (x, y) = pair.split_once(',')?;
        Some([x.trim().parse().ok()?, y.trim().parse().ok()?])
    };
    let all: Option<Ring> = text.split(';').map(corner).collect();
    all.unwrap_or_default()
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
