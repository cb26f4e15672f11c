//! LabelMe (the desktop program's JSON): the outlines of one image. Polygons, rectangles by two corners and circles by
//! centre and edge are filled, as its own `shape_to_mask` does.

use serde::Deserialize;

use super::outlines::{AnnotatedImage, AnnotationError, Annotations, Budget, Unit, ellipse, of_json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    image_path: Option<String>,
    image_width: Option<u32>,
    image_height: Option<u32>,
    #[serde(default)]
    shapes: Vec<Shape>,
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    points: Vec<Vec<f64>>,
    #[serde(default)]
    shape_type: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Annotations, AnnotationError> {
    let mut budget = Budget::of(bytes)?;
    let file: File = of_json(bytes)?;
    let size = file.image_width.zip(file.image_height).map(|(w, h)| [w, h]);
    let mut image = AnnotatedImage::new(file.image_path, size, Unit::Pixels);
    for shape in file.shapes {
        let class = shape.label.as_deref().unwrap_or_default();
        let corner = |point: Vec<f64>| <[f64; 2]>::try_from(point).unwrap_or([f64::NAN; 2]);
        let points: Vec<[f64; 2]> = shape.points.into_iter().map(corner).collect();
        let ring = match (shape.shape_type.as_deref().unwrap_or("polygon"), &points[..]) {
            ("polygon", _) => points,
            ("rectangle", &[[left, top], [right, bottom]]) => {
                vec![[left, top], [right, top], [right, bottom], [left, bottom]]
            }
            ("rectangle", [_, _, _, _]) => points,
            ("circle", &[[x, y], [edge_x, edge_y]]) => {
                let radius = (edge_x - x).hypot(edge_y - y);
                ellipse([x, y], [radius, radius])
            }
            _ => {
                image.leave_out();
                continue;
            }
        };
        image.add(vec![ring], class, &mut budget)?;
    }
    Ok(Annotations { images: vec![image] })
}
