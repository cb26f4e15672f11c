//! The column `class` of a Shapefile's table, after the layout of dBASE III.

use super::shapefile_parts::{ShapefileError, bytes_at, count};
use crate::geo::{Class, ClassError, Polygons, class_of_number};

/// What of a table's row is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Numbers that no class can have only count where a polygon has them.
    pub class: Result<Class, ClassError>,
    pub deleted: bool,
}

/// The column `class`, in whatever case.
struct Column {
    range: std::ops::Range<usize>,
    /// dBASE's letter: N and F are numbers, L is logical, C and others text.
    kind: u8,
}

/// The rows of a table; names of classes are added to those of `polygons`.
pub(super) fn rows(dbf: &[u8], polygons: &mut Polygons) -> Result<Vec<Row>, ShapefileError> {
    let damaged = || ShapefileError::Corrupt("its table (.dbf) is damaged");
    let short = |at: usize| bytes_at(dbf, at).map(|b| usize::from(u16::from_le_bytes(b)));
    let rows = count(dbf, 4).ok_or_else(damaged)?;
    let (head, length) = (short(8).ok_or_else(damaged)?, short(10).ok_or_else(damaged)?);
    if length == 0 {
        return Err(damaged());
    }
    // The first byte of a row says whether it is deleted.
    let (mut at, mut start, mut class) = (32, 1, None);
    while dbf.get(at).is_some_and(|b| *b != 0x0d) && at < head {
        let field = dbf.get(at..at + 32).ok_or_else(damaged)?;
        let name = field[..11].split(|b| *b == 0).next().unwrap_or_default();
        let width = usize::from(field[16]);
        if name.eq_ignore_ascii_case(b"class") && class.is_none() {
            let range = start..start + width;
            class = Some(Column { range, kind: field[11] });
        }
        start += width;
        at += 32;
    }
    let said = rows.checked_mul(length).and_then(|n| n.checked_add(head));
    let end = said.filter(|end| *end <= dbf.len()).ok_or(ShapefileError::CutOff {
        said: rows as u64 * length as u64 + head as u64,
        found: dbf.len(),
    })?;
    let body = dbf.get(head..end).ok_or_else(damaged)?;
    let row = |row: &[u8]| Row {
        class: match &class {
            Some(column) => class_of(row.get(column.range.clone()).unwrap_or_default(), column.kind, polygons),
            None => Ok(Class::None),
        },
        deleted: row.first() == Some(&b'*'),
    };
    Ok(body.chunks_exact(length).map(row).collect())
}

fn class_of(cell: &[u8], kind: u8, polygons: &mut Polygons) -> Result<Class, ClassError> {
    // The code page is named elsewhere, if at all: Latin-1 keeps at least different names different.
    let text = match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => cell.iter().map(|b| char::from(*b)).collect(),
    };
    let plain = text.trim_matches([' ', '\0']);
    match kind.to_ascii_uppercase() {
        // What is no number, as the stars of one that was too long, is nothing.
        b'N' | b'F' => match plain.parse::<f64>() {
            Ok(number) if number.is_finite() => class_of_number(number),
            _ => Ok(Class::None),
        },
        b'L' => Ok(match plain {
            "T" | "t" | "Y" | "y" => Class::Code(1),
            "F" | "f" | "N" | "n" => Class::Code(0),
            _ => Class::None,
        }),
        _ => Ok(polygons.class_of_text(plain)),
    }
}
