use super::*;

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
    let mut out = vec![3, 100, 1, 1];
    out.extend((classes.len() as u32).to_le_bytes());
    out.extend((32u16 + 2 * 32 + 1).to_le_bytes());
    out.extend((1u16 + 4 + 5).to_le_bytes());
    out.resize(32, 0);
    for (name, kind, width) in [("name", b'C', 4u8), ("Class", b'N', 5)] {
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

#[test]
fn polygons_and_classes_are_read() {
    let (shapes, table) = (shp(&[&[&OUTER, &HOLE], &[], &[&HOLE]]), dbf(&["7", "1", "x"]));
    let read = read(&shapes, Some(&table), Some(UTM)).expect("read");
    assert_eq!(read.epsg, 32633);
    assert_eq!(read.polygons.len(), 2);
    assert_eq!(read.polygons[0].rings, [OUTER.to_vec(), HOLE.to_vec()]);
    assert_eq!((read.polygons[0].class, read.polygons[1].class), (Some(7), None));
    let plain = super::read(&shapes, None, Some(UTM)).expect("read");
    assert_eq!(plain.polygons[0].class, None);
}

#[test]
fn deleted_rows_take_their_shapes_with_them() {
    let mut table = dbf(&["1", "2"]);
    let first = table.len() - 2 * 10;
    table[first] = b'*';
    let read = read(&shp(&[&[&OUTER], &[&HOLE]]), Some(&table), Some(UTM)).expect("read");
    assert_eq!(read.polygons.len(), 1);
    assert_eq!(read.polygons[0].class, Some(2));
}

#[test]
fn what_is_wrong_is_named() {
    let good = shp(&[&[&OUTER]]);
    let error = |shp: &[u8], dbf: Option<&[u8]>, prj| read(shp, dbf, prj).expect_err("refused");
    assert_eq!(error(&good, None, None), ShapefileError::NoProjection);
    assert_eq!(error(&good, None, Some("PROJCS[\"Mars\"]")), ShapefileError::Projection);
    assert!(matches!(
        error(b"PK\x03\x04", None, Some(UTM)),
        ShapefileError::Corrupt(_)
    ));
    assert_eq!(error(&shp(&[&[]]), None, Some(UTM)), ShapefileError::NoPolygon);
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
            let _ = read(&lying, Some(&table), Some(UTM));
        }
        for at in 0..table.len() {
            let mut lying = table.clone();
            lying[at] = value;
            let _ = read(&shapes, Some(&lying), Some(UTM));
        }
    }
}
