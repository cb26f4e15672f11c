//! Polygons out of a GeoPackage (OGC 12-128r19): the layers of an SQLite database, as QGIS and GDAL write them.
//!
//! A layer's column `class` is the class of its polygons, as in GeoJSON. Read by ourselves: a library for all of SQLite is
//! a megabyte of download and more, and of the database only whole tables are wanted.

mod sqlite;

use std::collections::BTreeSet;

use super::wkb;
use crate::geo::crs;
use crate::geo::{Class, ClassError, LeftOut, Polygons, class_of_number};
use sqlite::{Database, Table, Value};
pub use sqlite::{SqliteError, is_sqlite};

/// Largest file that is read, bytes.
const MAX_BYTES: usize = 512 << 20;
/// Layers at most.
const MAX_LAYERS: usize = 1000;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GpkgError {
    #[error("a GeoPackage of {0} MiB, limit {limit}", limit = MAX_BYTES >> 20)]
    TooLarge(usize),
    #[error(transparent)]
    Database(#[from] SqliteError),
    #[error("a database without layers (no table gpkg_geometry_columns)")]
    NoLayers,
    #[error("it has no layer of polygons")]
    OtherShapes,
    #[error("{0} layers, limit {MAX_LAYERS}")]
    TooManyLayers(usize),
    #[error("its layer has no table")]
    NoTable,
    #[error("all of its {0} polygons are damaged, or have a corner without numbers or too few corners")]
    Broken(usize),
    #[error(transparent)]
    Class(#[from] ClassError),
    #[error("its reference system is not known here: {0}")]
    System(String),
}

/// A layer's name, and its polygons or why they cannot be used.
pub type Layer = (String, Result<Polygons, GpkgError>);

/// Whether a file is a GeoPackage by its name.
pub fn is_gpkg(path: &str) -> bool {
    path.to_lowercase().ends_with(".gpkg")
}

/// The layers that hold polygons, or could not be read; without any polygon in all of them those of no rows.
///
/// # Errors
/// If the file is no GeoPackage, its lists are damaged, or all of its layers hold points and lines.
pub fn read(bytes: &[u8]) -> Result<Vec<Layer>, GpkgError> {
    if bytes.len() > MAX_BYTES {
        return Err(GpkgError::TooLarge(bytes.len() >> 20));
    }
    let database = Database::open(bytes)?;
    let tables = database.tables()?;
    let table = |name: &str| tables.iter().find(|table| table.name.eq_ignore_ascii_case(name));
    let list = table("gpkg_geometry_columns").ok_or(GpkgError::NoLayers)?;
    // Each table once, whatever the list says: it would be read as often.
    let mut listed: Vec<(String, String, i64)> = Vec::new();
    let mut known = BTreeSet::new();
    let columns = ["table_name", "column_name", "srs_id"].map(|name| list.column(name));
    database.rows(list, &mut |row| {
        let [name, column, system] = columns.map(|at| value(row, at));
        if let (Some(name), Some(column), Some(system)) = (name.text(), column.text(), system.integer())
            && known.insert(name.to_ascii_lowercase())
        {
            listed.push((name, column, system));
        }
    })?;
    if listed.len() > MAX_LAYERS {
        return Err(GpkgError::TooManyLayers(listed.len()));
    }
    let systems = match table("gpkg_spatial_ref_sys") {
        Some(table) => systems(&database, table)?,
        None => Vec::new(),
    };
    let mut layers: Vec<Layer> = Vec::new();
    for (name, column, system) in listed {
        let read = table(&name).ok_or(GpkgError::NoTable);
        let read = read.and_then(|table| layer(&database, table, &column));
        let read = read.and_then(|mut polygons| {
            if !polygons.is_empty() {
                polygons.epsg = epsg(&systems, system)?;
            }
            Ok(polygons)
        });
        layers.push((name, read));
    }
    let is_of_use = |layer: &Layer| layer.1.as_ref().is_err() || layer.1.as_ref().is_ok_and(|p| !p.is_empty());
    if layers.iter().any(is_of_use) {
        layers.retain(is_of_use);
    } else {
        let others = |layer: &Layer| layer.1.as_ref().is_ok_and(|p| p.left_out.other_shapes > 0);
        layers.retain(|layer| !others(layer));
        if layers.is_empty() {
            return Err(GpkgError::OtherShapes);
        }
    }
    name_classes(&mut layers);
    Ok(layers)
}

fn value<'a>(row: &[Value<'a>], at: Option<usize>) -> Value<'a> {
    at.and_then(|at| row.get(at)).copied().unwrap_or(Value::Null)
}

/// Several layers are told apart by their names, where they have no classes.
fn name_classes(layers: &mut [Layer]) {
    if layers.iter().filter(|layer| layer.1.is_ok()).count() < 2 {
        return;
    }
    for (name, read) in layers {
        if let Ok(polygons) = read
            && polygons.classes().all(|class| class == Class::None)
        {
            let class = polygons.class_of_text(name);
            polygons.set_class(class);
        }
    }
}

fn layer(database: &Database, table: &Table, geometry: &str) -> Result<Polygons, GpkgError> {
    let (geometry, class) = (table.column(geometry), table.column("class"));
    let mut polygons = Polygons::default();
    let mut wrong = None;
    database.rows(table, &mut |row| {
        let Value::Blob(blob) = value(row, geometry) else {
            return;
        };
        let class = match value(row, class) {
            Value::Integer(number) => class_of_number(number as f64),
            Value::Real(number) => class_of_number(number),
            Value::Text(text) => Ok(polygons.class_of_text(&String::from_utf8_lossy(text))),
            Value::Null | Value::Blob(_) => Ok(Class::None),
        };
        match class {
            Ok(class) => {
                let added = well_known(blob).and_then(|bytes| wkb::add(bytes, class, &mut polygons));
                polygons.left_out.broken += usize::from(added.is_none());
            }
            Err(error) => drop(wrong.get_or_insert(error)),
        }
    })?;
    match (wrong, polygons.left_out) {
        (Some(error), _) if !polygons.is_empty() => Err(error.into()),
        (_, LeftOut { broken, .. }) if broken > 0 && polygons.is_empty() => Err(GpkgError::Broken(broken)),
        _ => Ok(polygons),
    }
}

/// The well-known binary behind the header of a geometry: magic, version, flags (byte order, kind of envelope), system.
fn well_known(blob: &[u8]) -> Option<&[u8]> {
    let flags = *blob.get(3).filter(|_| blob.starts_with(b"GP"))?;
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    blob.get(8 + envelope..)
}

/// A reference system of the file: its number there, who named it, the number by that, and its definition.
struct System {
    id: i64,
    organization: String,
    code: i64,
    definition: String,
}

fn systems(database: &Database, table: &Table) -> Result<Vec<System>, GpkgError> {
    let names = ["srs_id", "organization", "organization_coordsys_id", "definition"];
    let columns = names.map(|name| table.column(name));
    let mut all = Vec::new();
    database.rows(table, &mut |row| {
        let [id, organization, code, definition] = columns.map(|at| value(row, at));
        // The number within the file may be the row's own, which is not written twice.
        let code = code.integer().unwrap_or(0);
        all.push(System {
            id: id.integer().unwrap_or(code),
            organization: organization.text().unwrap_or_default(),
            code,
            definition: definition.text().unwrap_or_default(),
        });
    })?;
    Ok(all)
}

fn epsg(systems: &[System], id: i64) -> Result<u32, GpkgError> {
    let unknown = |what: &str| GpkgError::System(what.chars().take(60).collect());
    let Some(system) = systems.iter().find(|system| system.id == id) else {
        return Err(unknown(&format!("number {id}")));
    };
    let by_name = system.organization.eq_ignore_ascii_case("EPSG").then_some(system.code);
    let by_name = by_name
        .and_then(|code| u32::try_from(code).ok())
        .filter(|code| *code > 0);
    let by_text = || crs::plan_epsg_of_wkt(&system.definition);
    by_name.or_else(by_text).ok_or_else(|| unknown(&system.definition))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_BYTES: usize = 512;

    fn text(text: &str) -> (u8, &[u8]) {
        (13 + 2 * text.len() as u8, text.as_bytes())
    }

    /// A page of rows, behind what else it begins with.
    fn page(start: &[u8], rows: &[&[(u8, &[u8])]]) -> Vec<u8> {
        let mut page = start.to_vec();
        page.extend([13, 0, 0, 0, rows.len() as u8, 0, 0, 0]);
        let cell = |row: &&[(u8, &[u8])]| {
            let kinds = row.iter().map(|value| value.0);
            let values = row.iter().flat_map(|value| value.1).copied();
            let record: Vec<u8> = [row.len() as u8 + 1].into_iter().chain(kinds).chain(values).collect();
            [&[record.len() as u8, 1][..], &record].concat()
        };
        let cells: Vec<Vec<u8>> = rows.iter().map(cell).collect();
        let mut at = PAGE_BYTES - cells.iter().map(Vec::len).sum::<usize>();
        let behind = page.len() + 2 * cells.len();
        let gap = at - behind;
        for cell in &cells {
            page.extend((at as u16).to_be_bytes());
            at += cell.len();
        }
        [page, vec![0; gap], cells.concat()].concat()
    }

    #[test]
    fn a_table_that_is_listed_again_and_again_is_read_once() {
        let mut header = b"SQLite format 3\0".to_vec();
        header.extend((PAGE_BYTES as u16).to_be_bytes());
        header.resize(100, 0);
        let list = [
            text("table"),
            text("gpkg_geometry_columns"),
            text(""),
            (1, &[2][..]),
            text("(table_name, column_name, srs_id)"),
        ];
        let table = |name: &'static str| [text("table"), text(name), text(""), (1, &[3][..]), text("(geom)")];
        let listed = |name: &'static str| [text(name), text("geom"), (1, &[7][..])];
        let file = [
            page(&header, &[&list, &table("a"), &table("b")]),
            page(&[], &[&listed("b"), &listed("a"), &listed("A"), &listed("b")]),
            page(&[], &[]),
        ];
        let layers = read(&file.concat()).expect("layers");
        let names: Vec<&str> = layers.iter().map(|layer| layer.0.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
    }
}
