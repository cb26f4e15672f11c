//! Files of labelling tools: what they are, and the outlines of those that have some, by image and in its pixels.
//!
//! COCO (polygons and run lengths), CVAT, Label Studio, LabelMe, VIA and YOLO's outlines. Boxes of tools that only detect are
//! no masks; whoever drops such a file hears what it is.

mod coco;
mod cvat;
mod json;
mod kinds;
mod label_studio;
mod label_studio_brush;
mod labelme;
mod outlines;
mod rle;
mod via;
mod yolo;

pub use kinds::kind;
pub use outlines::{AnnotatedImage, AnnotationError, Annotations, Unit};

/// The outlines of a file, if it is of a tool that is read here and has some; `None` where it is something else, or holds
/// boxes, points and classes alone.
///
/// # Errors
/// If the file is damaged or too large.
pub fn read(path: &str, bytes: &[u8]) -> Option<Result<Annotations, AnnotationError>> {
    let read = match kind(path, bytes)? {
        "COCO annotations" => coco::read(bytes),
        "CVAT annotations" => cvat::read(bytes),
        "Label Studio annotations" => label_studio::read(bytes),
        "LabelMe annotations" if path.to_lowercase().ends_with(".json") => labelme::read(bytes),
        "VIA annotations" if path.to_lowercase().ends_with(".json") => via::read(bytes),
        "YOLO outlines" => yolo::read(bytes),
        _ => return None,
    };
    match read {
        Ok(annotations) if annotations.images.iter().all(|image| image.polygons.is_empty()) => None,
        read => Some(read),
    }
}

#[cfg(test)]
mod tests;
