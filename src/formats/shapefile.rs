//! Polygons out of a Shapefile: shapes (`.shp`), their table (`.dbf`) and reference system (`.prj`).
//!
//! Read by ourselves: of the format only polygons are wanted, which takes fewer bytes in the package than a crate for all
//! of it. After ESRI's "Shapefile Technical Description" (1998) and the layout of dBASE III tables. Nothing that a header
//! says is trusted: every read is bounds-checked, and counts are held against the bytes that are there.

use super::{
    geo::crs,
    geojson::{Polygon, Polygons},
};

/// Largest `.shp` or `.dbf` that is read, bytes.
const MAX_BYTES: usize = 256 << 20;
/// Polygon, polygon with height, polygon with measure.
const POLYGONS: [i32; 3] = [5, 15, 25];
const NULL_SHAPE: i32 = 0;
const HEADER_BYTES: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapefileError {
    #[error("no Shapefile: {0}")]
    Corrupt(&'static str),
    #[error("cut off: {found} of {said} bytes are there")]
    CutOff { said: u64, found: usize },
    #[error("{0} MiB of Shapefile, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error("it holds {0}, not polygons")]
    OtherShapes(&'static str),
    #[error("no polygon in it")]
    NoPolygon,
    #[error("no .prj file beside it says what its coordinates are")]
    NoProjection,
    #[error("the reference system of its .prj file is not known here")]
    Projection,
    #[error("its table (.dbf) holds {table} rows for {shapes} shapes")]
    Table { table: usize, shapes: usize },
}

/// Whether a file is a Shapefile's main file by its name.
pub fn is_shp(path: &str) -> bool {
    path.to_lowercase().ends_with(".shp")
}

/// Whether a file is a Shapefile's table by its name.
pub fn is_dbf(path: &str) -> bool {
    path.to_lowercase().ends_with(".dbf")
}

/// Whether a file belongs to a Shapefile and is not needed: indices and metadata.
pub fn is_companion(path: &str) -> bool {
    let lower = path.to_lowercase();
    [".shx", ".sbn", ".sbx", ".qix", ".qpj", ".shp.xml"]
        .iter()
        .any(|end| lower.ends_with(end))
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn int(bytes: &[u8], at: usize) -> Option<i32> {
    bytes_at(bytes, at).map(i32::from_le_bytes)
}

/// A length or count: not negative.
fn count(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(int(bytes, at)?).ok()
}

/// Lengths and record numbers are in the other byte order, lengths in 16-bit words.
fn words(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(i32::from_be_bytes(bytes_at(bytes, at)?))
        .ok()?
        .checked_mul(2)
}

/// Polygons with the class of their table's column `class` (a whole number from 0 to 254), where it has one.
///
/// # Errors
/// If one of the files is damaged, holds other shapes, or the reference system is missing or unknown.
pub fn read(shp: &[u8], dbf: Option<&[u8]>, prj: Option<&str>) -> Result<Polygons, ShapefileError> {
    let largest = shp.len().max(dbf.map_or(0, <[u8]>::len));
    if largest > MAX_BYTES {
        return Err(ShapefileError::TooLarge(largest >> 20));
    }
    let shapes = shapes(shp)?;
    let rows = dbf.map(table).transpose()?;
    if let Some(rows) = &rows
        && rows.len() != shapes.len()
    {
        return Err(ShapefileError::Table {
            table: rows.len(),
            shapes: shapes.len(),
        });
    }
    let rows = rows.unwrap_or_else(|| vec![Row::default(); shapes.len()]);
    let polygons: Vec<Polygon> = shapes
        .into_iter()
        .zip(rows)
        .filter(|(rings, row)| !rings.is_empty() && !row.deleted)
        .map(|(rings, row)| Polygon {
            rings,
            class: row.class,
        })
        .collect();
    if polygons.is_empty() {
        return Err(ShapefileError::NoPolygon);
    }
    let prj = prj.ok_or(ShapefileError::NoProjection)?;
    let epsg = crs::plan_epsg_of_wkt(prj).ok_or(ShapefileError::Projection)?;
    Ok(Polygons { polygons, epsg })
}

type Rings = Vec<Vec<[f64; 2]>>;

/// Rings of every record in its order; none where the shape is null.
fn shapes(shp: &[u8]) -> Result<Vec<Rings>, ShapefileError> {
    let short = ShapefileError::Corrupt("its header is not whole");
    if bytes_at(shp, 0).map(i32::from_be_bytes) != Some(9994) {
        return Err(ShapefileError::Corrupt("it does not begin as one"));
    }
    let said = words(shp, 24).ok_or(short.clone())?;
    let kind = int(shp, 32).ok_or(short.clone())?;
    if shp.len() < HEADER_BYTES {
        return Err(short);
    }
    if said > shp.len() {
        let said = said as u64;
        return Err(ShapefileError::CutOff { said, found: shp.len() });
    }
    if !POLYGONS.contains(&kind) {
        return Err(ShapefileError::OtherShapes(match kind {
            1 | 8 | 11 | 18 | 21 | 28 => "points",
            3 | 13 | 23 => "lines",
            31 => "surfaces",
            _ => "nothing known",
        }));
    }
    let shp = &shp[..said.max(HEADER_BYTES)];
    let mut all = Vec::new();
    let mut at = HEADER_BYTES;
    while at < shp.len() {
        let length = words(shp, at + 4).ok_or(ShapefileError::Corrupt("a record's header is not whole"))?;
        let end = (at + 8).checked_add(length).filter(|end| *end <= shp.len());
        let record = end.and_then(|end| shp.get(at + 8..end));
        let record = record.ok_or(ShapefileError::Corrupt("a record reaches beyond the end"))?;
        all.push(rings(record).ok_or(ShapefileError::Corrupt("a record contradicts itself"))?);
        at += 8 + length;
    }
    Ok(all)
}

/// Rings of one record; `None` if its counts do not fit its bytes.
fn rings(record: &[u8]) -> Option<Rings> {
    let kind = int(record, 0)?;
    if kind == NULL_SHAPE {
        return Some(Vec::new());
    }
    if !POLYGONS.contains(&kind) {
        return None;
    }
    // The box of four numbers is not needed. Heights and measures come after the points.
    let (parts, points) = (count(record, 36)?, count(record, 40)?);
    let start = 44usize.checked_add(parts.checked_mul(4)?)?;
    let coordinates = record.get(start..start.checked_add(points.checked_mul(16)?)?)?;
    let first = |part: usize| match part < parts {
        true => count(record, 44 + 4 * part),
        false => Some(points),
    };
    let mut out = Vec::new();
    for part in 0..parts {
        let ring = coordinates.get(first(part)?.checked_mul(16)?..first(part + 1)?.checked_mul(16)?)?;
        let number = |at: usize| bytes_at(ring, at).map(f64::from_le_bytes);
        let ring: Option<Vec<[f64; 2]>> = (0..ring.len())
            .step_by(16)
            .map(|at| Some([number(at)?, number(at + 8)?]))
            .collect();
        let ring = ring?;
        if ring.iter().flatten().any(|v| !v.is_finite()) {
            return None;
        }
        if ring.len() >= 3 {
            out.push(ring);
        }
    }
    Some(out)
}

/// What of a table's row is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Row {
    class: Option<u8>,
    deleted: bool,
}

/// The rows of a table.
fn table(dbf: &[u8]) -> Result<Vec<Row>, ShapefileError> {
    let damaged = || ShapefileError::Corrupt("its table (.dbf) is damaged");
    let short = |at: usize| bytes_at(dbf, at).map(|b| usize::from(u16::from_le_bytes(b)));
    let rows = count(dbf, 4).ok_or_else(damaged)?;
    let (head, length) = (short(8).ok_or_else(damaged)?, short(10).ok_or_else(damaged)?);
    if length == 0 {
        return Err(damaged());
    }
    // The first byte of a row says whether it is deleted.
    let (mut at, mut column, mut class) = (32, 1, None);
    while dbf.get(at).is_some_and(|b| *b != 0x0d) && at < head {
        let field = dbf.get(at..at + 32).ok_or_else(damaged)?;
        let name = field[..11].split(|b| *b == 0).next().unwrap_or_default();
        let width = usize::from(field[16]);
        if name.eq_ignore_ascii_case(b"class") && class.is_none() {
            class = Some(column..column + width);
        }
        column += width;
        at += 32;
    }
    let said = rows.checked_mul(length).and_then(|n| n.checked_add(head));
    let end = said.filter(|end| *end <= dbf.len()).ok_or(ShapefileError::CutOff {
        said: rows as u64 * length as u64 + head as u64,
        found: dbf.len(),
    })?;
    let body = dbf.get(head..end).ok_or_else(damaged)?;
    let row = |row: &[u8]| Row {
        class: class.clone().and_then(|class| number(row.get(class)?)),
        deleted: row.first() == Some(&b'*'),
    };
    Ok(body.chunks_exact(length).map(row).collect())
}

/// `   7`, `7.000` or `+7`; `None` for anything else than a whole number from 0 to 254.
fn number(cell: &[u8]) -> Option<u8> {
    let value: f64 = std::str::from_utf8(cell).ok()?.trim_matches([' ', '\0']).parse().ok()?;
    (value.fract() == 0.0 && (0.0..255.0).contains(&value)).then_some(value as u8)
}

#[cfg(test)]
#[path = "shapefile_tests.rs"]
mod tests;
