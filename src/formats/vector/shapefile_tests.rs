use super::*;
use crate::geo::Class;

const UTM: &str = "PROJCS[\"WGS_1984_UTM_Zone_33N\"]";

/// A square with a hole, its class beside it, written after the description of the format.
fn shp(shapes: &[&[&[[f64; 2]]]]) -> Vec<u8> {
    let mut records = Vec::new();
    for (i, rings) in shapes.iter().enumerate() {
        let mut record = 5i32.to_le_bytes().to_vec();
        record.extend([0; 32]);
        let points: usize = rings.iter().map(|r| r.len()).sum();
        record.extend((rings.len() as i32).to_le_bytes());
        record.extend((points as i32).to_le_bytes());
        let mut first = 0i32;
        for ring in *rings {
            record.extend(first.to_le_bytes());
            first += ring.len() as i32;
        }
        for value in rings.iter().flat_map(|ring| ring.iter()).flatten() {
            record.extend(value.to_le_bytes());
        }
        if rings.is_empty() {
            record = 0i32.to_le_bytes().to_vec();
        }
        records.extend((i as i32 + 1).to_be_bytes());
        records.extend((record.len() as i32 / 2).to_be_bytes());
        records.extend(record);
    }
    let mut out = 9994i32.to_be_bytes().to_vec();
    out.extend([0; 20]);
    out.extend((((100 + records.len()) / 2) as i32).to_be_bytes());
    out.extend(1000i32.to_le_bytes());
    out.extend(5i32.to_le_bytes());
    out.resize(100, 0);
    out.extend(records);
    out
}

fn dbf(classes: &[&str]) -> Vec<u8> {
    dbf_of(b'N', classes)
}

fn dbf_of(kind: u8, classes: &[&str]) -> Vec<u8> {
    let mut out = vec![3, 100, 1, 1];
    out.extend((classes.len() as u32).to_le_bytes());
    out.extend((32u16 + 2 * 32 + 1).to_le_bytes());
    out.extend((1u16 + 4 + 5).to_le_bytes());
    out.resize(32, 0);
    for (name, kind, width) in [("name", b'C', 4u8), ("Class", kind, 5)] {
        let mut field = name.as_bytes().to_vec();
        field.resize(11, 0);
        field.push(kind);
        field.resize(16, 0);
        field.push(width);
        field.resize(32, 0);
        out.extend(field);
    }
    out.push(0x0d);
    for class in classes {
        out.extend(format!(" abcd{class:>5}").as_bytes());
    }
    out
}

const OUTER: [[f64; 2]; 5] = [[1., 1.], [1., 8.], [8., 8.], [8., 1.], [1., 1.]];
const HOLE: [[f64; 2]; 5] = [[3., 3.], [5., 3.], [5., 5.], [3., 5.], [3., 3.]];

fn classes(table: &[u8], count: usize) -> Result<Vec<Class>, ShapefileError> {
    let shapes: Vec<&[&[[f64; 2]]]> = vec![&[&OUTER]; count];
    let polygons = read_alone(&shp(&shapes), Some(table), Some(UTM))?;
    Ok(polygons.classes().collect())
}

fn read_alone(shp: &[u8], dbf: Option<&[u8]>, prj: Option<&str>) -> Result<Polygons, ShapefileError> {
    read(shp, dbf, prj, None)
}

#[test]
fn polygons_and_classes_are_read() {
    let (shapes, table) = (shp(&[&[&OUTER, &HOLE], &[], &[&OUTER]]), dbf(&["7", "1", "x"]));
    let read = read_alone(&shapes, Some(&table), Some(UTM)).expect("read");
    assert_eq!(read.epsg, 32633);
    assert_eq!(read.rings().next(), Some(vec![OUTER.as_slice(), HOLE.as_slice()]));
    assert_eq!(read.classes().collect::<Vec<_>>(), [Class::Code(7), Class::None]);
    let plain = super::read(&shapes, None, Some(UTM), None).expect("read");
    assert!(plain.classes().all(|class| class == Class::None));
}

/// As GDAL writes integers, doubles and texts.
#[test]
fn columns_of_numbers_and_of_text() {
    let cells = ["    1", "2.000", "", "*****", "65535"];
    let codes = [
        Class::Code(1),
        Class::Code(2),
        Class::None,
        Class::None,
        Class::Code(65535),
    ];
    for kind in [b'N', b'F'] {
        assert_eq!(classes(&dbf_of(kind, &cells), 5), Ok(codes.to_vec()));
    }
    let texts = ["1", "road", "lake", "road", ""];
    let names = [
        Class::Code(1),
        Class::Name(0),
        Class::Name(1),
        Class::Name(0),
        Class::None,
    ];
    assert_eq!(classes(&dbf_of(b'C', &texts), 5), Ok(names.to_vec()));
    assert_eq!(
        classes(&dbf_of(b'L', &["T", "F", "?"]), 3),
        Ok(vec![Class::Code(1), Class::Code(0), Class::None])
    );
    for cell in ["1.500", "-1", "65536"] {
        let error = classes(&dbf_of(b'N', &["1", cell]), 2)
            .expect_err("refused")
            .to_string();
        assert!(
            error.starts_with("class ") && error.contains(cell.trim_end_matches('0')),
            "{error}"
        );
    }
}

/// fiona 1.10: rings of one direction are parts, a null shape is none, a corner that is no number costs its record.
#[test]
fn rings_become_polygons() {
    let inner: Vec<[f64; 2]> = HOLE.iter().rev().copied().collect();
    let count = |rings: &[&[[f64; 2]]]| read_alone(&shp(&[rings]), None, Some(UTM)).expect("read").len();
    assert_eq!(count(&[&OUTER, &HOLE]), 1);
    assert_eq!(count(&[&HOLE, &OUTER]), 1);
    assert_eq!(count(&[&OUTER, &inner]), 2);
    let mut odd = HOLE;
    odd[1][0] = f64::NAN;
    let polygons = read_alone(&shp(&[&[&OUTER], &[&odd]]), None, Some(UTM)).expect("read");
    assert_eq!((polygons.len(), polygons.left_out.broken), (1, 1));
    assert_eq!(
        read_alone(&shp(&[&[&odd]]), None, Some(UTM)),
        Err(ShapefileError::Broken(1))
    );
    // No shape: no objects, wherever that is.
    for shapes in [shp(&[]), shp(&[&[], &[]])] {
        assert!(read_alone(&shapes, None, None).expect("read").is_empty());
    }
}

#[test]
fn deleted_rows_take_their_shapes_with_them() {
    let mut table = dbf(&["1", "2"]);
    let first = table.len() - 2 * 10;
    table[first] = b'*';
    assert_eq!(classes(&table, 2), Ok(vec![Class::Code(2)]));
}

#[test]
fn what_is_wrong_is_named() {
    let good = shp(&[&[&OUTER]]);
    let error = |shp: &[u8], dbf: Option<&[u8]>, prj| read_alone(shp, dbf, prj).expect_err("refused");
    assert_eq!(error(&good, None, None), ShapefileError::NoProjection);
    assert_eq!(error(&good, None, Some("PROJCS[\"Mars\"]")), ShapefileError::Projection);
    assert!(matches!(
        error(b"PK\x03\x04", None, Some(UTM)),
        ShapefileError::Corrupt(_)
    ));
    let table = dbf(&["1", "2"]);
    let mismatch = error(&good, Some(&table), Some(UTM));
    assert_eq!(mismatch, ShapefileError::Table { table: 2, shapes: 1 });
    let mut lines = good.clone();
    lines[32] = 3;
    assert_eq!(error(&lines, None, Some(UTM)), ShapefileError::OtherShapes("lines"));
    for cut in 0..good.len() {
        error(&good[..cut], None, Some(UTM));
    }
    let table = dbf(&["1"]);
    for cut in 0..table.len() {
        error(&good, Some(&table[..cut]), Some(UTM));
    }
}

/// Any byte changed: an error or other polygons; never a panic, never a huge allocation.
#[test]
fn lying_bytes_never_panic() {
    let (shapes, table) = (shp(&[&[&OUTER, &HOLE], &[&HOLE]]), dbf(&["7", "1"]));
    for value in [0x00, 0x7f, 0x80, 0xff] {
        for at in 0..shapes.len() {
            let mut lying = shapes.clone();
            lying[at] = value;
            let _ = read_alone(&lying, Some(&table), Some(UTM));
        }
        for at in 0..table.len() {
            let mut lying = table.clone();
            lying[at] = value;
            let _ = read_alone(&shapes, Some(&lying), Some(UTM));
        }
    }
}

/// An editor wrote a record anew at the end and left the old one where it was.
#[test]
fn the_list_says_which_records_count() {
    let moved: Vec<[f64; 2]> = OUTER.iter().map(|[x, y]| [x + 1000.0, *y]).collect();
    let shapes = shp(&[&[&OUTER], &[&moved]]);
    let first = HEADER_BYTES;
    let second = first + 8 + words(&shapes, first + 4).expect("a length");
    let list = |records: &[usize]| {
        let mut shx = shapes[..HEADER_BYTES].to_vec();
        for at in records {
            shx.extend(((at / 2) as i32).to_be_bytes());
            shx.extend(&shapes[at + 4..at + 8]);
        }
        shx
    };
    let read = |shx: &[u8]| read(&shapes, None, Some(UTM), Some(shx)).expect("read").len();
    assert_eq!(
        (read(&list(&[first, second])), read(&list(&[second])), read(&list(&[]))),
        (2, 1, 0)
    );
    // A list that cannot be is none.
    let mut beyond = list(&[second]);
    let at = beyond.len() - 8;
    beyond[at..at + 4].copy_from_slice(&i32::MAX.to_be_bytes());
    assert_eq!((read(&beyond), read(b"no list")), (2, 2));
}
