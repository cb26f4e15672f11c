//! Polygons out of a Shapefile: shapes (`.shp`), their table (`.dbf`) and reference system (`.prj`).
//!
//! Read by ourselves: of the format only polygons are wanted, which takes fewer bytes in the package than a crate for all
//! of it. After ESRI's "Shapefile Technical Description" (1998) and the layout of dBASE III tables. Nothing that a header
//! says is trusted: every read is bounds-checked, and counts are held against the bytes that are there.

pub use super::shapefile_parts::ShapefileError;
use super::{
    dbf, rings,
    shapefile_parts::{MAX_BYTES, bytes_at, count, int, words},
};
use crate::geo::Polygons;
use crate::geo::crs;

/// Polygon, polygon with height, polygon with measure.
const POLYGONS: [i32; 3] = [5, 15, 25];
const NULL_SHAPE: i32 = 0;
const HEADER_BYTES: usize = 100;

/// Whether a file is a Shapefile's main file by its name.
pub fn is_shp(path: &str) -> bool {
    path.to_lowercase().ends_with(".shp")
}

/// Polygons with the class of their table's column `class`, where it has one. Rings of one record are put together as GDAL
/// does. Null shapes and deleted rows are passed over; without any shape it is a file of no polygons.
///
/// `shx` lists the records: what it leaves out is no record any more, however it lies between them (editors leave old
/// shapes and gaps there). Without it all are read one after the other.
///
/// # Errors
/// If one of the files is damaged, holds other shapes or a class that cannot be, or the reference system is missing or
/// unknown.
pub fn read(shp: &[u8], dbf: Option<&[u8]>, prj: Option<&str>, shx: Option<&[u8]>) -> Result<Polygons, ShapefileError> {
    let largest = shp.len().max(dbf.map_or(0, <[u8]>::len));
    if largest > MAX_BYTES {
        return Err(ShapefileError::TooLarge(largest >> 20));
    }
    let mut polygons = Polygons::default();
    let rows = dbf.map(|table| dbf::rows(table, &mut polygons)).transpose()?;
    let mut shapes = 0;
    each_record(shp, shx, |record| {
        let row = rows.as_ref().and_then(|rows| rows.get(shapes));
        shapes += 1;
        if row.is_some_and(|row| row.deleted) {
            return Ok(());
        }
        let shape = shape(record).ok_or(ShapefileError::Corrupt("a record contradicts itself"))?;
        if shape.rings.iter().flatten().flatten().any(|v| !v.is_finite()) {
            polygons.left_out.broken += 1;
            return Ok(());
        }
        let has_rings = !shape.rings.is_empty();
        let put_together = rings::polygons(shape.rings, shape.is_plane);
        polygons.left_out.broken += usize::from(has_rings && put_together.is_empty());
        for polygon in put_together {
            let class = row.map_or(Ok(Default::default()), |row| row.class)?;
            for ring in polygon {
                polygons.push_ring(ring);
            }
            polygons.end_polygon(class);
        }
        Ok(())
    })?;
    if let Some(rows) = &rows
        && rows.len() != shapes
    {
        let table = rows.len();
        return Err(ShapefileError::Table { table, shapes });
    }
    if polygons.is_empty() {
        return match polygons.left_out.broken {
            0 => Ok(polygons),
            broken => Err(ShapefileError::Broken(broken)),
        };
    }
    let prj = prj.ok_or(ShapefileError::NoProjection)?;
    polygons.epsg = crs::plan_epsg_of_wkt(prj).ok_or(ShapefileError::Projection)?;
    Ok(polygons)
}

/// Where the records lie by their list; `None` if it is none, or points beyond the file.
fn listed(shx: &[u8], length: usize) -> Option<Vec<usize>> {
    if bytes_at(shx, 0).map(i32::from_be_bytes) != Some(9994) {
        return None;
    }
    let entries = shx.get(HEADER_BYTES..)?.chunks_exact(8);
    let offset = |entry: &[u8]| words(entry, 0).filter(|at| (HEADER_BYTES..=length.saturating_sub(8)).contains(at));
    entries.map(offset).collect()
}

/// Calls `see` with the content of every record in its order.
fn each_record(
    shp: &[u8],
    shx: Option<&[u8]>,
    mut see: impl FnMut(&[u8]) -> Result<(), ShapefileError>,
) -> Result<(), ShapefileError> {
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
    if !POLYGONS.contains(&kind) && kind != NULL_SHAPE {
        return Err(ShapefileError::OtherShapes(match kind {
            1 | 8 | 11 | 18 | 21 | 28 => "points",
            3 | 13 | 23 => "lines",
            31 => "surfaces",
            _ => "nothing known",
        }));
    }
    let shp = &shp[..said.max(HEADER_BYTES)];
    let record_at = |at: usize| {
        let length = words(shp, at + 4).ok_or(ShapefileError::Corrupt("a record's header is not whole"))?;
        let end = (at + 8).checked_add(length).filter(|end| *end <= shp.len());
        let record = end.and_then(|end| shp.get(at + 8..end));
        record.ok_or(ShapefileError::Corrupt("a record reaches beyond the end"))
    };
    if let Some(records) = shx.and_then(|shx| listed(shx, shp.len())) {
        return records.into_iter().try_for_each(|at| see(record_at(at)?));
    }
    let mut at = HEADER_BYTES;
    while at < shp.len() {
        let record = record_at(at)?;
        see(record)?;
        at += 8 + record.len();
    }
    Ok(())
}

#[derive(Default)]
struct Shape {
    rings: Vec<Vec<[f64; 2]>>,
    /// Neither heights nor measures.
    is_plane: bool,
}

/// One record, without rings where it is null; `None` if its counts do not fit its bytes.
fn shape(record: &[u8]) -> Option<Shape> {
    let kind = int(record, 0)?;
    if kind == NULL_SHAPE {
        return Some(Shape::default());
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
        out.push(ring?);
    }
    Some(Shape {
        rings: out,
        is_plane: kind == POLYGONS[0],
    })
}

#[cfg(test)]
#[path = "shapefile_tests.rs"]
mod tests;
