//! Polygons out of FlatGeobuf 3 (flatgeobuf.org): a header, an index that is passed over, and features one after the other,
//! each a table of FlatBuffers. A feature's column `class` is the class of its polygons, as in GeoJSON.
//!
//! Read by ourselves: of the two schemas a dozen fields are wanted. Every offset is held against the bytes that are there.

use crate::geo::crs;
use crate::geo::{Class, ClassError, Polygons, class_of_number};

/// Largest file that is read, bytes.
const MAX_BYTES: usize = 512 << 20;
const MAGIC: &[u8] = b"fgb\x03fgb";
const HEADER_AT: usize = 8;
/// Bytes of a node of the index: a box and a place.
const NODE_BYTES: u64 = 40;
/// Geometries within geometries at most.
const MAX_DEPTH: usize = 8;
/// Columns at most.
const MAX_COLUMNS: usize = 4096;
/// Name of the column of classes.
const CLASS: &[u8] = b"class";
/// Bytes of a geometry at least.
const GEOMETRY_BYTES: usize = 16;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FlatGeobufError {
    #[error("{0} MiB of FlatGeobuf, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error("it does not begin as FlatGeobuf 3")]
    Magic,
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    #[error("it holds points or lines, not polygons")]
    OtherShapes,
    #[error("all of its {0} polygons are damaged, or have a corner without numbers or too few corners")]
    Broken(usize),
    #[error(transparent)]
    Class(#[from] ClassError),
    #[error("its reference system is not known here")]
    System,
}

use FlatGeobufError::Damaged;

/// Whether a file is FlatGeobuf by its name.
pub fn is_flatgeobuf(path: &str) -> bool {
    path.to_lowercase().ends_with(".fgb")
}

/// # Errors
/// If the file is no FlatGeobuf, is damaged, holds other shapes alone, a class that cannot be, or names no reference
/// system that is known.
pub fn read(bytes: &[u8]) -> Result<Polygons, FlatGeobufError> {
    if bytes.len() > MAX_BYTES {
        return Err(FlatGeobufError::TooLarge(bytes.len() >> 20));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(FlatGeobufError::Magic);
    }
    let (header, after) = sized(bytes, HEADER_AT).ok_or(Damaged("its header is not whole"))?;
    let header = Header::read(header).ok_or(Damaged("its header contradicts itself"))?;
    let index = index_bytes(header.features, header.node_size).ok_or(Damaged("its index is longer than it can be"))?;
    let mut at = usize::try_from(index).ok().and_then(|index| after.checked_add(index));
    let mut polygons = Polygons::default();
    while let Some(from) = at.filter(|from| *from < bytes.len()) {
        let (feature, after) = sized(bytes, from).ok_or(Damaged("a feature reaches beyond the end"))?;
        at = Some(after);
        let read = Table::root(feature).and_then(|feature| add(&feature, &header, &mut polygons));
        read.ok_or(Damaged("a feature contradicts itself"))??;
    }
    let left_out = polygons.left_out;
    match polygons.is_empty() {
        true if left_out.broken > 0 => return Err(FlatGeobufError::Broken(left_out.broken)),
        true if left_out.other_shapes > 0 => return Err(FlatGeobufError::OtherShapes),
        true => {}
        false => polygons.epsg = header.epsg.ok_or(FlatGeobufError::System)?,
    }
    Ok(polygons)
}

/// What stands behind its length in four bytes, and where it ends.
fn sized(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = u32_at(bytes, at)? as usize;
    let end = at.checked_add(4)?.checked_add(length)?;
    Some((bytes.get(at + 4..end)?, end))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

/// Bytes of a packed R-tree over so many features; 0 for none.
fn index_bytes(features: u64, node_size: u16) -> Option<u64> {
    if node_size == 0 || features == 0 {
        return Some(0);
    }
    let node_size = u64::from(node_size.max(2));
    let (mut level, mut nodes) = (features, features);
    while level > 1 {
        level = level.div_ceil(node_size);
        nodes = nodes.checked_add(level)?;
    }
    // One feature alone has a leaf and a root.
    nodes.checked_add(u64::from(features == 1))?.checked_mul(NODE_BYTES)
}

/// A table of FlatBuffers: its bytes, where it begins, and its list of fields.
struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: usize,
    fields_bytes: usize,
}

impl<'a> Table<'a> {
    fn root(bytes: &'a [u8]) -> Option<Self> {
        Self::at(bytes, u32_at(bytes, 0)? as usize)
    }

    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let back = u32_at(bytes, at)? as i32;
        let fields = usize::try_from(i64::try_from(at).ok()? - i64::from(back)).ok()?;
        let fields_bytes = usize::from(u16_at(bytes, fields)?);
        Some(Self {
            bytes,
            at,
            fields,
            fields_bytes,
        })
    }

    /// Where a field's value lies; `None` where it is not written.
    fn field(&self, number: usize) -> Option<usize> {
        let entry = 4 + 2 * number;
        if entry + 2 > self.fields_bytes {
            return None;
        }
        let offset = usize::from(u16_at(self.bytes, self.fields + entry)?);
        (offset > 0).then(|| self.at + offset)
    }

    fn byte(&self, number: usize) -> Option<u8> {
        self.bytes.get(self.field(number)?).copied()
    }

    /// What a field points to.
    fn target(&self, number: usize) -> Option<usize> {
        let at = self.field(number)?;
        at.checked_add(u32_at(self.bytes, at)? as usize)
    }

    fn table(&self, number: usize) -> Option<Self> {
        Self::at(self.bytes, self.target(number)?)
    }

    /// The bytes of a list of values of a length.
    fn list(&self, number: usize, value_bytes: usize) -> Option<&'a [u8]> {
        let at = self.target(number)?;
        let length = (u32_at(self.bytes, at)? as usize).checked_mul(value_bytes)?;
        self.bytes.get(at + 4..at.checked_add(4)?.checked_add(length)?)
    }

    fn text(&self, number: usize) -> Option<String> {
        self.list(number, 1)
            .map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The tables of a list of at most so many: they take more than the bytes that they are read from, and all may be one.
    fn tables(&self, number: usize, most: usize) -> Option<Vec<Self>> {
        let first = self.target(number)? + 4;
        let offsets = self.list(number, 4).filter(|offsets| offsets.len() / 4 <= most)?;
        let table = |at: usize| Self::at(self.bytes, (first + at).checked_add(u32_at(offsets, at)? as usize)?);
        (0..offsets.len()).step_by(4).map(table).collect()
    }
}

/// Columns whose values are numbers of so many bytes, by their types' numbers; texts and such have a length.
const FIXED_BYTES: [usize; 11] = [1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8];
const TEXT: u8 = 11;
const MULTIPOLYGON: u8 = 6;
const POLYGON: u8 = 3;

struct Header {
    geometry: u8,
    /// Types of the columns.
    columns: Vec<u8>,
    /// The number of the column of classes.
    class: Option<usize>,
    features: u64,
    node_size: u16,
    epsg: Option<u32>,
}

impl Header {
    /// Fields by their numbers in `header.fbs`: 2 type of geometry, 7 columns, 8 features, 9 size of nodes, 10 system.
    fn read(bytes: &[u8]) -> Option<Self> {
        let table = Table::root(bytes)?;
        let columns = match table.field(7) {
            Some(_) => table.tables(7, MAX_COLUMNS)?,
            None => Vec::new(),
        };
        // Not copied: all may be the same long one.
        let names = columns.iter().map(|column| column.list(0, 1).unwrap_or_default());
        let exact = names.clone().position(|name| name == CLASS);
        let features = table
            .field(8)
            .and_then(|at| bytes.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b)));
        Some(Self {
            geometry: table.byte(2).unwrap_or(0),
            class: exact.or_else(|| names.clone().position(|name| name.eq_ignore_ascii_case(CLASS))),
            columns: columns.iter().map(|column| column.byte(1).unwrap_or(0)).collect(),
            features: features.unwrap_or(0),
            node_size: table.field(9).map_or(Some(16), |at| u16_at(bytes, at))?,
            epsg: table.table(10).and_then(|system| epsg(&system)),
        })
    }

    /// The class that the values of a feature say: each the number of its column and its value.
    fn class_of(&self, mut values: &[u8], polygons: &mut Polygons) -> Option<Result<Class, ClassError>> {
        while !values.is_empty() {
            let column = usize::from(u16_at(values, 0)?);
            let kind = *self.columns.get(column)?;
            let (from, length) = match FIXED_BYTES.get(usize::from(kind)) {
                Some(length) => (2, *length),
                None => (6, u32_at(values, 2)? as usize),
            };
            let value = values.get(from..)?.get(..length)?;
            values = &values[from + length..];
            if Some(column) != self.class {
                continue;
            }
            if kind == TEXT {
                return Some(Ok(polygons.class_of_text(&String::from_utf8_lossy(value))));
            }
            let all = value.iter().rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
            let unused = 64 - 8 * length.min(8) as u32;
            let signed = (all << unused) as i64 >> unused;
            return match kind {
                0 | 3 | 5 | 7 => Some(class_of_number(signed as f64)),
                1 | 2 | 4 | 6 | 8 => Some(class_of_number(all as f64)),
                9 => Some(class_of_number(f64::from(f32::from_bits(all as u32)))),
                10 => Some(class_of_number(f64::from_bits(all))),
                _ => Some(Ok(Class::None)),
            };
        }
        Some(Ok(Class::None))
    }
}

/// Fields of a system: 0 who named it, 1 the number by that, 4 its text.
fn epsg(system: &Table) -> Option<u32> {
    let organization = system.text(0).unwrap_or_default();
    let code = system
        .field(1)
        .and_then(|at| u32_at(system.bytes, at))
        .filter(|code| (1..1 << 31).contains(code));
    let by_name = code.filter(|_| organization.is_empty() || organization.eq_ignore_ascii_case("EPSG"));
    by_name.or_else(|| crs::plan_epsg_of_wkt(&system.text(4)?))
}

/// Adds the polygons of a feature: 0 its geometry, 1 its values.
fn add(feature: &Table, header: &Header, polygons: &mut Polygons) -> Option<Result<(), FlatGeobufError>> {
    let class = match feature.field(1) {
        Some(_) => header.class_of(feature.list(1, 1)?, polygons)?,
        None => Ok(Class::None),
    };
    match (class, feature.field(0)) {
        (Err(error), _) => Some(Err(error.into())),
        (Ok(_), None) => Some(Ok(())),
        (Ok(class), Some(_)) => {
            // Offsets may lead to the same place again and again; what a writer makes of a feature is not longer than it.
            let mut left = Left {
                bytes: feature.bytes.len().saturating_mul(2),
                depth: MAX_DEPTH,
            };
            geometry(&feature.table(0)?, header.geometry, class, polygons, &mut left).map(Ok)
        }
    }
}

/// What may still be read of a feature.
struct Left {
    bytes: usize,
    /// Geometries within geometries.
    depth: usize,
}

/// Fields of a geometry: 0 one past each ring's last corner, 1 x and y in turn, 6 its type, 7 its parts.
fn geometry(table: &Table, kind: u8, class: Class, polygons: &mut Polygons, left: &mut Left) -> Option<()> {
    let kind = table.byte(6).filter(|own| *own > 0).unwrap_or(kind);
    left.bytes = left.bytes.checked_sub(GEOMETRY_BYTES)?;
    if table.field(7).is_some() {
        let inner = if kind == MULTIPOLYGON { POLYGON } else { 0 };
        let parts = table.tables(7, left.bytes / GEOMETRY_BYTES)?;
        left.depth = left.depth.checked_sub(1)?;
        for part in &parts {
            geometry(part, inner, class, polygons, left)?;
        }
        left.depth += 1;
        return Some(());
    }
    if kind != POLYGON && kind != MULTIPOLYGON {
        polygons.left_out.other_shapes += 1;
        return Some(());
    }
    let Some(_) = table.field(1) else {
        return Some(());
    };
    left.bytes = left.bytes.checked_sub(table.list(1, 8)?.len())?;
    let corners: Vec<[f64; 2]> = table
        .list(1, 8)?
        .as_chunks::<8>()
        .0
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[x, y]| [f64::from_le_bytes(*x), f64::from_le_bytes(*y)])
        .collect();
    let ends: Vec<usize> = match table.field(0) {
        Some(_) => {
            let ends = table.list(0, 4)?;
            left.bytes = left.bytes.checked_sub(ends.len())?;
            let ends = ends.as_chunks().0.iter();
            ends.map(|end| u32::from_le_bytes(*end) as usize).collect()
        }
        None => vec![corners.len()],
    };
    let mut start = 0;
    let mut rings = Vec::new();
    for end in ends {
        rings.push(corners.get(start..end)?.to_vec());
        start = end;
    }
    let is_sound = |ring: &Vec<[f64; 2]>| ring.len() >= 3 && ring.iter().flatten().all(|v| v.is_finite());
    match !rings.is_empty() && rings.iter().all(is_sound) {
        true => polygons.add(rings, class),
        false => polygons.left_out.broken += 1,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in `packedrtree.cpp`: leaves, and levels of nodes over them.
    #[test]
    fn the_index_is_passed_over() {
        assert_eq!(index_bytes(0, 16), Some(0));
        assert_eq!(index_bytes(9, 0), Some(0));
        assert_eq!(index_bytes(1, 16), Some(80));
        assert_eq!(index_bytes(16, 16), Some(17 * 40));
        assert_eq!(index_bytes(17, 16), Some((17 + 2 + 1) * 40));
        assert_eq!(index_bytes(u64::MAX, 2), None);
    }

    #[test]
    fn what_is_none_is_refused_by_name() {
        assert_eq!(read(b"words"), Err(FlatGeobufError::Magic));
        let with = |header: &[u8]| [MAGIC, &[0], header].concat();
        assert_eq!(read(&with(&[9, 0])), Err(Damaged("its header is not whole")));
        assert_eq!(
            read(&with(&u32::MAX.to_le_bytes())),
            Err(Damaged("its header is not whole"))
        );
        assert_eq!(
            read(&with(&[4, 0, 0, 0, 255, 255, 255, 127])),
            Err(Damaged("its header contradicts itself"))
        );
    }

    /// A header of so many columns, all of which are the same table with one name.
    fn header_of(columns: usize, name: &[u8]) -> Vec<u8> {
        let number = |n: usize| (n as u32).to_le_bytes();
        // The table at 24, its list of fields at 4, the list of columns behind the table, then the column and its name.
        let mut bytes = number(24).to_vec();
        bytes.extend([20, 0, 8, 0].into_iter().chain([0; 14]).chain([4, 0]));
        bytes.extend([number(20), number(4), number(columns)].concat());
        let column = 36 + 4 * columns + 8;
        (0..columns).for_each(|at| bytes.extend(number(column - (36 + 4 * at))));
        bytes.extend([6, 0, 8, 0, 4, 0, 0, 0]);
        bytes.extend([number(8), number(4), number(name.len())].concat());
        [&bytes, name].concat()
    }

    #[test]
    fn columns_are_bounded_and_found_whatever_their_case() {
        let class = |columns: usize, name: &[u8]| Header::read(&header_of(columns, name)).map(|header| header.class);
        assert_eq!(class(1, b"class"), Some(Some(0)));
        assert_eq!(class(3, b"CLASS"), Some(Some(0)));
        assert_eq!(class(3, b"name"), Some(None));
        assert_eq!(class(MAX_COLUMNS, b"class"), Some(Some(0)));
        assert_eq!(class(MAX_COLUMNS + 1, b"class"), None);
    }
}
