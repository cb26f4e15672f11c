//! Polygons with a class each, in one reference system: what any vector file is read into.

use std::collections::BTreeMap;

/// What a polygon marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Class {
    /// Nothing said: foreground.
    #[default]
    None,
    /// A number; 0 is background, as it is for GDAL.
    Code(u16),
    /// A name, by its place in [`Polygons::names`].
    Name(u32),
}

/// A number that no class can have.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("class {0} is no whole number from 0 to 65535")]
pub struct ClassError(pub f64);

/// What of a file is not among its polygons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Polygons with a corner that is no pair of numbers, or with fewer than three corners.
    pub broken: usize,
    /// Points and lines.
    pub other_shapes: usize,
    /// Lines of a file of one feature a line that are no GeoJSON.
    pub lines: usize,
}

/// The polygons of a file in its order. Each has its outer ring and its holes; inside is what an odd number of its rings
/// goes around.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Polygons {
    /// Corners of all rings, in the file's reference system; of geographic ones longitude first.
    points: Vec<[f64; 2]>,
    /// One past the last corner of every ring. Rings need not be closed.
    ring_ends: Vec<usize>,
    polygons: Vec<Polygon>,
    names: BTreeMap<String, u32>,
    /// EPSG code of the coordinates.
    pub epsg: u32,
    pub left_out: LeftOut,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Polygon {
    /// One past its last ring.
    rings_end: usize,
    class: Class,
}

impl Polygons {
    /// None, in a reference system by its EPSG code.
    pub(crate) fn in_system(epsg: u32) -> Self {
        Self {
            epsg,
            ..Self::default()
        }
    }

    /// Corners of all rings, in the file's reference system.
    pub(crate) fn corners(&self) -> &[[f64; 2]] {
        &self.points
    }

    pub(super) fn class_of(&self, polygon: usize) -> Class {
        self.polygons.get(polygon).map_or(Class::None, |polygon| polygon.class)
    }

    pub fn len(&self) -> usize {
        self.polygons.len()
    }

    /// Whether there is none: a file that says that there is no object.
    pub fn is_empty(&self) -> bool {
        self.polygons.is_empty()
    }

    pub fn classes(&self) -> impl Iterator<Item = Class> + '_ {
        self.polygons.iter().map(|polygon| polygon.class)
    }

    /// Names of classes, sorted, each with the number that [`Class::Name`] has for it.
    pub fn names(&self) -> impl Iterator<Item = (&str, u32)> {
        self.names.iter().map(|(name, number)| (name.as_str(), *number))
    }

    /// Rings of one polygon after the other.
    pub fn rings(&self) -> impl Iterator<Item = Vec<&[[f64; 2]]>> {
        (0..self.len()).map(|polygon| self.rings_of(polygon).map(|range| &self.points[range]).collect())
    }

    /// Of each ring of a polygon where its corners stand in [`corners`](Self::corners).
    pub(super) fn rings_of(&self, polygon: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let end = |at: usize| self.polygons.get(at).map_or(0, |polygon| polygon.rings_end);
        let start = |ring: usize| if ring == 0 { 0 } else { self.ring_ends[ring - 1] };
        let first = if polygon == 0 { 0 } else { end(polygon - 1) };
        (first..end(polygon)).map(move |ring| start(ring)..self.ring_ends[ring])
    }

    /// Adds a ring to the polygon that the next [`end_polygon`](Self::end_polygon) makes.
    pub(crate) fn push_ring(&mut self, corners: impl IntoIterator<Item = [f64; 2]>) {
        self.points.extend(corners);
        self.ring_ends.push(self.points.len());
    }

    /// Adds a polygon of these rings.
    pub(crate) fn add(&mut self, rings: impl IntoIterator<Item = Vec<[f64; 2]>>, class: Class) {
        rings.into_iter().for_each(|ring| self.push_ring(ring));
        self.end_polygon(class);
    }

    /// Gives all polygons a class.
    pub(crate) fn set_class(&mut self, class: Class) {
        self.polygons.iter_mut().for_each(|polygon| polygon.class = class);
    }

    /// Makes a polygon of the rings since the last one.
    pub(crate) fn end_polygon(&mut self, class: Class) {
        let rings_end = self.ring_ends.len();
        self.polygons.push(Polygon { rings_end, class });
    }

    /// The class that a text says: a whole number from 0 to 65535 in whatever spelling (` 2 `, `1.0`) is that number,
    /// anything else a name. Empty is none, and so is what pandas writes for nothing.
    pub(crate) fn class_of_text(&mut self, text: &str) -> Class {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if text.is_empty() || text.eq_ignore_ascii_case("nan") {
            return Class::None;
        }
        if let Some(code) = text.parse().ok().and_then(|number| class_of_number(number).ok()) {
            return code;
        }
        let next = self.names.len() as u32;
        match self.names.get(text) {
            Some(known) => Class::Name(*known),
            None => Class::Name(*self.names.entry(text.to_owned()).or_insert(next)),
        }
    }
}

/// The class of a number.
///
/// # Errors
/// If it is none that a class can have.
pub(crate) fn class_of_number(number: f64) -> Result<Class, ClassError> {
    let whole = number.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&number);
    whole.then_some(Class::Code(number as u16)).ok_or(ClassError(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbers_or_names() {
        let mut polygons = Polygons::default();
        for (text, class) in [
            ("1", Class::Code(1)),
            (" 2 ", Class::Code(2)),
            ("3.0", Class::Code(3)),
            ("+7", Class::Code(7)),
            ("65535", Class::Code(65535)),
            ("", Class::None),
            ("NaN", Class::None),
            ("road", Class::Name(0)),
            ("1.1", Class::Name(1)),
            ("65536", Class::Name(2)),
            (" road", Class::Name(0)),
        ] {
            assert_eq!(polygons.class_of_text(text), class, "{text}");
        }
        let names: Vec<_> = polygons.names().collect();
        assert_eq!(names, [("1.1", 1), ("65536", 2), ("road", 0)]);
        for number in [0.0, 65535.0] {
            assert_eq!(class_of_number(number), Ok(Class::Code(number as u16)));
        }
        for number in [-1.0, 19.11, 65536.0, f64::INFINITY] {
            let error = class_of_number(number).expect_err("refused").to_string();
            assert!(error.starts_with(&format!("class {number} ")), "{error}");
        }
    }
}
