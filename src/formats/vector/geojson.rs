//! Polygons out of GeoJSON (RFC 7946): collections, single features, bare geometries, and one of them a line.
//!
//! A byte order mark and UTF-16 are taken, and `NaN` where a number should stand (Python writes it): a polygon with such a
//! corner is left out and counted. The property `class` is a number or a name ([`Class`]).

use std::borrow::Cow;

use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::Value;

use super::{
    WGS_84, crs_name,
    json::{Features, Nest, Object, ObjectSeed, Scalar},
};
use crate::geo::{Class, ClassError, Polygons, class_of_number};

/// Largest file that is read, bytes.
const MAX_BYTES: usize = 256 << 20;
/// Member `crs` of so many lines or geometries are looked at.
const MAX_SYSTEMS: usize = 64;
/// The types of the standard, in lower case.
const GEOMETRIES: [&str; 7] = [
    "point",
    "multipoint",
    "linestring",
    "multilinestring",
    "polygon",
    "multipolygon",
    "geometrycollection",
];

#[derive(Debug, thiserror::Error)]
pub enum GeoJsonError {
    #[error("no GeoJSON: {0}")]
    Syntax(String),
    #[error("no GeoJSON: its type is none of those")]
    OtherType,
    #[error("it describes an image (an item of a catalogue), not objects on it")]
    DescribesImage,
    #[error("{0} MiB of GeoJSON, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error("it holds points or lines, not polygons")]
    OtherShapes,
    #[error("all of its {0} polygons have a corner without numbers, or too few corners")]
    Broken(usize),
    #[error(transparent)]
    Class(#[from] ClassError),
    #[error("the property class of a feature is neither number nor text")]
    ClassOfParts,
    #[error("its reference system is not known here: {0}")]
    System(String),
    #[error("it names several reference systems")]
    Systems,
    #[error("its coordinates are no degrees, and it names no reference system")]
    NoDegrees,
}

/// Whether a file is GeoJSON by its name.
pub fn is_geojson(path: &str) -> bool {
    let lower = path.to_lowercase();
    [
        ".geojson",
        ".geo.json",
        ".geojsonl",
        ".geojsons",
        ".geojsonseq",
        ".geojsonld",
        ".ndgeojson",
    ]
    .iter()
    .any(|end| lower.ends_with(end))
}

/// Whether a file may be GeoJSON by its name, and has to be looked into: annotations of other tools have the same.
pub fn may_be_geojson(path: &str) -> bool {
    let lower = path.to_lowercase();
    [".json", ".jsonl", ".jsons", ".jsonseq", ".ndjson", ".ldjson"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// The polygons of a file, if it is GeoJSON; `None` where it is something else in JSON, or no JSON at all. The bytes stay
/// those of the file, but for `NaN` and what stands between records.
pub fn read_if_geojson(bytes: &mut Vec<u8>) -> Option<Result<Polygons, GeoJsonError>> {
    let mut file = Cow::Owned(std::mem::take(bytes));
    let read = read_in_place(&mut file);
    *bytes = file.into_owned();
    match read {
        Err(GeoJsonError::OtherType | GeoJsonError::DescribesImage) => None,
        // Cut off, and yet meant as one.
        Err(GeoJsonError::Syntax(_))
            if !bytes[..bytes.len().min(4096)]
                .windows(17)
                .any(|w| w == b"FeatureCollection") =>
        {
            None
        }
        read => Some(read),
    }
}

/// The polygons of a file; bytes that are given away are not copied.
///
/// # Errors
/// If the file is no GeoJSON, holds other shapes alone, or names a reference system or a class that cannot be. Without
/// any geometry it is a file of no polygons.
pub fn read<'a>(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Polygons, GeoJsonError> {
    read_in_place(&mut bytes.into())
}

fn read_in_place(file: &mut Cow<[u8]>) -> Result<Polygons, GeoJsonError> {
    if file.len() > MAX_BYTES {
        return Err(GeoJsonError::TooLarge(file.len() >> 20));
    }
    let mut utf8 = from_utf16(file).map(Cow::Owned);
    let text = utf8.as_mut().unwrap_or(file);
    make_plain(text);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = Reader::default();
    let mut at = 0;
    let mut values = 0;
    loop {
        at += text[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if at == text.len() && values > 0 {
            break;
        }
        let mut input = serde_json::Deserializer::from_slice(&text[at..]);
        match ObjectSeed(&mut reader).deserialize(&mut input) {
            Ok(object) => {
                reader.end(object, values == 0)?;
                at += input.into_iter::<IgnoredAny>().byte_offset();
            }
            Err(error) if values == 0 => return Err(GeoJsonError::Syntax(error.to_string())),
            Err(_) => {
                reader.polygons.left_out.lines += 1;
                let line = text[at..].iter().position(|b| *b == b'\n');
                at = line.map_or(text.len(), |end| at + end);
            }
        }
        values += 1;
    }
    reader.finish()
}

/// The text of a file in UTF-16.
fn from_utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let (bytes, unit) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes as fn([u8; 2]) -> u16),
        [b'{' | b'[', 0, ..] => (bytes, u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0, b'{' | b'[', ..] => (bytes, u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => return None,
    };
    let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Some(text.into_bytes())
}

/// Makes `NaN` and `Infinity` empty texts, and white space of what stands between the records of a sequence (RFC 8142).
fn make_plain(text: &mut Cow<[u8]>) {
    if !text.contains(&0x1e) && !text.windows(3).any(|w| w == b"NaN" || w == b"Inf") {
        return;
    }
    let text = text.to_mut();
    let (mut at, mut quoted) = (0, false);
    while at < text.len() {
        let word = match text[at] {
            b'"' => {
                quoted = !quoted;
                0
            }
            b'\\' if quoted => {
                at += 1;
                0
            }
            0x1e => {
                text[at] = b' ';
                0
            }
            _ if quoted => 0,
            _ => ["NaN", "-NaN", "Infinity", "-Infinity"]
                .iter()
                .find(|word| text[at..].starts_with(word.as_bytes()))
                .map_or(0, |word| word.len()),
        };
        if word > 0 {
            text[at..at + word].fill(b' ');
            text[at..at + 2].fill(b'"');
        }
        at += word.max(1);
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    polygons: Polygons,
    /// Members `crs` of the objects that are a line or the file, and of those inside.
    systems: [Vec<Value>; 2],
    describes_image: bool,
    /// The first thing that makes the file useless.
    error: Option<GeoJsonError>,
}

impl Features for Reader {
    fn add(&mut self, feature: Object) {
        self.note_system(1, feature.crs);
        self.describes_image |= feature.describes_image;
        let Some(geometry) = feature.geometry else {
            return;
        };
        let class = match feature.class {
            Scalar::None => Ok(Class::None),
            Scalar::Number(number) => class_of_number(number).map_err(GeoJsonError::Class),
            Scalar::Text(text) => Ok(self.polygons.class_of_text(&text)),
            Scalar::Parts => Err(GeoJsonError::ClassOfParts),
        };
        match class {
            Ok(class) => self.geometry(*geometry, class),
            Err(error) => drop(self.error.get_or_insert(error)),
        }
    }
}

impl Reader {
    /// Takes in an object that is a line or the file.
    fn end(&mut self, mut object: Object, first: bool) -> Result<(), GeoJsonError> {
        let kind = object.kind.clone().unwrap_or_default();
        self.note_system(0, object.crs.take());
        self.describes_image |= object.describes_image;
        match kind.as_str() {
            "featurecollection" => {}
            "feature" => self.add(object),
            _ if GEOMETRIES.contains(&kind.as_str()) => self.geometry(object, Class::None),
            _ if first => return Err(GeoJsonError::OtherType),
            _ => self.polygons.left_out.lines += 1,
        }
        Ok(())
    }

    fn note_system(&mut self, depth: usize, member: Option<Value>) {
        let systems = &mut self.systems[depth];
        if let Some(member) = member
            && systems.len() < MAX_SYSTEMS
            && !systems.contains(&member)
        {
            systems.push(member);
        }
    }

    fn geometry(&mut self, geometry: Object, class: Class) {
        self.note_system(1, geometry.crs);
        match (geometry.kind.as_deref().unwrap_or_default(), geometry.coordinates) {
            ("polygon", rings) => self.polygon(&rings, class),
            ("multipolygon", Nest::List(parts)) => parts.iter().for_each(|part| self.polygon(part, class)),
            ("geometrycollection", _) => {
                geometry
                    .geometries
                    .into_iter()
                    .for_each(|inner| self.geometry(inner, class));
            }
            ("point" | "multipoint" | "linestring" | "multilinestring", _) => self.polygons.left_out.other_shapes += 1,
            _ => self.polygons.left_out.broken += 1,
        }
    }

    fn polygon(&mut self, rings: &Nest, class: Class) {
        match corners(rings) {
            // Without coordinates it is an empty polygon.
            Some(rings) if rings.is_empty() => {}
            Some(rings) if rings[0].len() >= 3 => {
                for ring in rings {
                    self.polygons.push_ring(ring);
                }
                self.polygons.end_polygon(class);
            }
            _ => self.polygons.left_out.broken += 1,
        }
    }

    fn finish(mut self) -> Result<Polygons, GeoJsonError> {
        if self.describes_image {
            return Err(GeoJsonError::DescribesImage);
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        // The file's own word comes before that of its parts, which GDAL does not look at.
        let [own, inner] = &self.systems;
        let systems = if own.iter().any(|member| !member.is_null()) {
            own
        } else {
            inner
        };
        let mut code = None;
        for system in systems {
            match (code, crs_name::epsg(system).map_err(GeoJsonError::System)?) {
                (_, None) => {}
                (Some(known), Some(other)) if known != other => return Err(GeoJsonError::Systems),
                (_, found) => code = found,
            }
        }
        let polygons = &mut self.polygons;
        polygons.epsg = code.unwrap_or(WGS_84);
        // Beyond a turn around the globe; a little over the poles is rounding.
        let degrees = |[x, y]: &[f64; 2]| x.abs() <= 540.0 && y.abs() <= 90.001;
        if code.is_none() && !polygons.corners().iter().all(degrees) {
            return Err(GeoJsonError::NoDegrees);
        }
        match polygons.left_out {
            _ if !polygons.is_empty() => {}
            left_out if left_out.broken > 0 => return Err(GeoJsonError::Broken(left_out.broken)),
            left_out if left_out.other_shapes > 0 => return Err(GeoJsonError::OtherShapes),
            _ => {}
        }
        Ok(self.polygons)
    }
}

/// Rings of a polygon; `None` if a corner is no pair of numbers.
fn corners(rings: &Nest) -> Option<Vec<Vec<[f64; 2]>>> {
    let Nest::List(rings) = rings else {
        return None;
    };
    let corner = |nest: &Nest| match nest {
        Nest::Position(corner) => Some(*corner),
        _ => None,
    };
    let ring = |nest: &Nest| match nest {
        Nest::List(ring) => ring.iter().map(corner).collect(),
        _ => None,
    };
    rings.iter().map(ring).collect()
}

#[cfg(test)]
#[path = "geojson_tests.rs"]
mod tests;
