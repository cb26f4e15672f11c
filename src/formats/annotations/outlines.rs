//! The outlines that any of the tools' files ends up as.

use std::f64::consts::TAU;

use crate::geo::Polygons;

/// Largest file that is read, bytes.
const MAX_BYTES: usize = 256 << 20;
/// Corners of all outlines of a file at most: 256 MiB of them.
const MAX_CORNERS: usize = 1 << 24;
/// Objects of a JSON file of many small ones at most.
const MAX_OBJECTS: usize = 1 << 22;
/// Corners of a circle or an ellipse.
const ELLIPSE_CORNERS: u32 = 64;
/// A corner farther from its image than so many of its pixels is none.
const MAX_COORDINATE: f64 = 1e7;

#[derive(Debug, thiserror::Error)]
pub enum AnnotationError {
    #[error("it cannot be read: {0}")]
    Syntax(String),
    #[error("{0} MiB of annotations, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error("its outlines have more than {MAX_CORNERS} corners")]
    TooManyCorners,
    #[error("more than {MAX_OBJECTS} objects are in it")]
    TooManyObjects,
}

/// What coordinates count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// From the image's upper left corner.
    Pixels,
    /// Shares of its width and height.
    Shares,
}

/// The outlines of an image.
#[derive(Debug)]
pub struct AnnotatedImage {
    /// Its name or path as the file has it; none where the file's own name says it.
    pub name: Option<String>,
    /// What it may be called instead, where a tool puts something of its own before names.
    pub other_name: Option<String>,
    /// Width and height that the file says, if it does.
    pub size: Option<[u32; 2]>,
    pub unit: Unit,
    /// In the image's pixels or shares, y down.
    pub polygons: Polygons,
}

/// The outlines of a file, by image.
#[derive(Debug, Default)]
pub struct Annotations {
    pub images: Vec<AnnotatedImage>,
}

impl AnnotatedImage {
    pub(super) fn new(name: Option<String>, size: Option<[u32; 2]>, unit: Unit) -> Self {
        let polygons = Polygons::default();
        let size = size.filter(|size| size.iter().all(|side| *side > 0));
        Self {
            name,
            other_name: None,
            size,
            unit,
            polygons,
        }
    }

    /// Adds what an odd number of rings goes around; one with fewer than three corners, or a corner that is nowhere, is
    /// counted as broken, and its class is none of the image's.
    pub(super) fn add(
        &mut self,
        rings: Vec<Vec<[f64; 2]>>,
        class: &str,
        budget: &mut Budget,
    ) -> Result<(), AnnotationError> {
        let is_sound = |ring: &Vec<[f64; 2]>| {
            ring.len() >= 3
                && ring
                    .iter()
                    .flatten()
                    .all(|v| v.is_finite() && v.abs() <= MAX_COORDINATE)
        };
        if rings.is_empty() || !rings.iter().all(is_sound) {
            self.polygons.left_out.broken += 1;
            return Ok(());
        }
        budget.take(rings.iter().map(Vec::len).sum())?;
        let class = self.polygons.class_of_text(class);
        self.polygons.add(rings, class);
        Ok(())
    }

    /// Notes a box, a point or a line, which is no outline.
    pub(super) fn leave_out(&mut self) {
        self.polygons.left_out.other_shapes += 1;
    }
}

/// Corners that a file may still have.
pub(super) struct Budget(usize);

impl Budget {
    /// Of a file of so many bytes.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, AnnotationError> {
        match bytes.len() {
            n if n > MAX_BYTES => Err(AnnotationError::TooLarge(n >> 20)),
            _ => Ok(Self(MAX_CORNERS)),
        }
    }

    /// # Errors
    /// If there are more corners than are left.
    pub(super) fn check(&self, corners: usize) -> Result<(), AnnotationError> {
        match corners <= self.0 {
            true => Ok(()),
            false => Err(AnnotationError::TooManyCorners),
        }
    }

    /// # Errors
    /// If there are more corners than are left.
    pub(super) fn take(&mut self, corners: usize) -> Result<(), AnnotationError> {
        self.check(corners)?;
        self.0 -= corners;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn with(corners: usize) -> Self {
        Self(corners)
    }
}

/// What a JSON file will take of memory, told by its brackets before it is parsed.
///
/// # Errors
/// If that are more objects than [`MAX_OBJECTS`], or more lists than there can be corners.
pub(super) fn check_brackets(bytes: &[u8]) -> Result<(), AnnotationError> {
    let count = |bracket: u8| bytes.iter().filter(|byte| **byte == bracket).count();
    if count(b'{') > MAX_OBJECTS {
        return Err(AnnotationError::TooManyObjects);
    }
    match count(b'[') > MAX_CORNERS {
        true => Err(AnnotationError::TooManyCorners),
        false => Ok(()),
    }
}

/// A ring about a middle, by its radii along x and y.
pub(super) fn ellipse([x, y]: [f64; 2], [rx, ry]: [f64; 2]) -> Vec<[f64; 2]> {
    let angles = (0..ELLIPSE_CORNERS).map(|corner| TAU * f64::from(corner) / f64::from(ELLIPSE_CORNERS));
    angles
        .map(|angle| [x + rx * angle.cos(), y + ry * angle.sin()])
        .collect()
}

/// A ring turned about a point, from x to y (to the right, as y points down).
pub(super) fn turned(ring: Vec<[f64; 2]>, [x, y]: [f64; 2], degrees: f64) -> Vec<[f64; 2]> {
    if degrees == 0.0 {
        return ring;
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    let corner = |[px, py]: [f64; 2]| {
        let (along, down) = (px - x, py - y);
        [x + along * cos - down * sin, y + along * sin + down * cos]
    };
    ring.into_iter().map(corner).collect()
}

/// JSON of a type, with or without a byte order mark.
pub(super) fn of_json<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, AnnotationError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(text).map_err(|error| AnnotationError::Syntax(error.to_string()))
}
