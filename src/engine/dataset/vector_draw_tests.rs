use super::*;
use crate::{
    formats::{Samples, grey8_png},
    geo::Crs,
    protocol::{Command, Dataset, Fault, Purpose},
};

/// Pixels a side of an image, of a metre each.
const SIDE: u32 = 20;
const PRJ: &str = "PROJCS[\"WGS_1984_UTM_Zone_33N\"]";

/// Files of a drop, and the engine that takes them.
struct Drop(Engine);

impl Drop {
    fn new() -> Drop {
        Drop(Engine::new(Box::new(|| 0.0)))
    }

    fn file(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> &mut Drop {
        let command = Command::AddFile {
            path: path.into(),
            bytes: bytes.into(),
            purpose: Purpose::Train,
        };
        pollster::block_on(self.0.command(command));
        self
    }

    /// An image `column` images to the east of the first.
    fn image(&mut self, stem: &str, column: u32) -> &mut Drop {
        let pixels: Vec<u8> = (0..SIDE * SIDE).map(|n| (n % 251 + column) as u8).collect();
        let east = 500_000.5 + f64::from(column * SIDE);
        self.file(
            &format!("{stem}.png"),
            grey8_png(&pixels, SIDE, SIDE).expect("a picture"),
        )
        .file(&format!("{stem}.pgw"), format!("1\n0\n0\n-1\n{east}\n5399999.5\n"))
        .file(&format!("{stem}.prj"), PRJ)
    }

    fn done(&mut self) -> (Dataset, Vec<Fault>) {
        let command = Command::FilesDone {
            purpose: Purpose::Train,
        };
        let (mut data, mut faults) = (None, Vec::new());
        for event in pollster::block_on(self.0.command(command)) {
            match event {
                Event::Dataset(told) => data = Some(told),
                Event::Fault(fault) => faults.push(fault),
                _ => {}
            }
        }
        (data.expect("told"), faults)
    }

    /// The codes of an image's mask.
    fn codes(&self, image: &str) -> Option<Vec<u16>> {
        let pair = self.0.dataset().pairs.iter().find(|pair| pair.image_path == image)?;
        Some(match &pair.mask.samples {
            Samples::U16(codes) => codes.to_vec(),
            Samples::U8(codes) => codes.iter().map(|code| u16::from(*code)).collect(),
            #[allow(unreachable_patterns)]
            _ => return None,
        })
    }

    /// Pixels of every code but 0.
    fn counts(&self, image: &str) -> Option<BTreeMap<u16, usize>> {
        let mut counts = BTreeMap::new();
        for code in self.codes(image)?.into_iter().filter(|code| *code != 0) {
            *counts.entry(code).or_default() += 1;
        }
        Some(counts)
    }
}

/// A square of `side` metres, its corner so many metres from the first image's upper left one; `class` as JSON.
fn square(x: i32, y: i32, side: i32, class: &str) -> String {
    let to = Crs::from_epsg(32633).and_then(|crs| crs.to_lon_lat()).expect("known");
    let corners = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]];
    let place = |[x, y]: [i32; 2]| to.lon_lat([500_000.0 + f64::from(x), 5_400_000.0 - f64::from(y)]);
    let ring: Vec<_> = corners.into_iter().filter_map(place).collect();
    let class = if class.is_empty() {
        String::new()
    } else {
        format!("\"class\":{class}")
    };
    format!(
        r#"{{"type":"Feature","properties":{{{class}}},"geometry":{{"type":"Polygon","coordinates":[{}]}}}}"#,
        serde_json::json!(ring)
    )
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

fn counts<const N: usize>(all: [(u16, usize); N]) -> Option<BTreeMap<u16, usize>> {
    Some(all.into())
}

#[test]
fn images_without_objects_are_background() {
    let mut drop = Drop::new();
    drop.image("a", 0).image("b", 1).image("c", 2).image("far", 9);
    // Around a to c, with an object on a alone; c has a file of its own too.
    drop.file(
        "osm.geojson",
        collection(&[square(-9, -9, 3, ""), square(2, 2, 4, ""), square(65, 30, 3, "")]),
    );
    drop.file("c.geojson", collection(&[]));
    let (data, faults) = drop.done();
    assert_eq!(data.pairs.len(), 3);
    assert_eq!(drop.counts("a.png"), counts([(255, 16)]));
    assert_eq!(drop.counts("b.png"), counts([]));
    assert_eq!(drop.counts("c.png"), counts([]));
    assert_eq!(drop.codes("far.png"), None);
    assert!(faults.is_empty(), "{faults:?}");
    // Of another name it says nothing.
    drop.file("none.geojson", collection(&[]));
    let (_, faults) = drop.done();
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (faults[0].code, faults[0].file.as_deref()),
        (FaultCode::VectorMask, Some("none.geojson"))
    );
}

#[test]
fn an_empty_collection_needs_no_place() {
    let mut drop = Drop::new();
    let picture = |v| grey8_png(&[v; 64], 8, 8).expect("a picture");
    drop.file("images/a.png", picture(1)).file("images/b.png", picture(2));
    drop.file("labels/a.geojson", collection(&[]))
        .file("labels/b.json", collection(&["null".into()]));
    assert_eq!(drop.done().0.pairs.len(), 2);
    assert_eq!(drop.counts("images/a.png"), counts([]));
}

#[test]
fn all_files_of_an_image_are_drawn() {
    let mut drop = Drop::new();
    drop.image("a", 0);
    drop.file("a.geojson", collection(&[square(0, 0, 2, "")]));
    drop.file("roads.json", collection(&[square(5, 5, 2, "")]));
    drop.file(
        "water.geojsonl",
        format!("{}\n{}\n", square(10, 10, 2, ""), square(15, 15, 2, "")),
    );
    let (data, faults) = drop.done();
    assert!(
        faults.is_empty() && data.faults.is_empty(),
        "{faults:?} {:?}",
        data.faults
    );
    assert_eq!(drop.counts("a.png"), counts([(255, 16)]));
    // What comes later adds to it; what no longer has anything leaves no mask behind.
    drop.file("b.geojson", collection(&[square(18, 0, 2, "")]));
    drop.done();
    assert_eq!(drop.counts("a.png"), counts([(255, 20)]));
    for path in ["a.geojson", "b.geojson", "roads.json", "water.geojsonl"] {
        drop.file(path, collection(&[square(900, 900, 2, "")]));
    }
    let (data, faults) = drop.done();
    assert!(data.pairs.is_empty());
    assert_eq!(faults.len(), 4);
    assert!(
        faults
            .iter()
            .all(|fault| fault.detail.as_deref() == Some("none of its 1 polygons lies on the image"))
    );
}

#[test]
fn names_are_the_same_class_in_all_files() {
    let mut drop = Drop::new();
    drop.image("a", 0).image("b", 1);
    drop.file(
        "a.geojson",
        collection(&[square(0, 0, 2, "\"road\""), square(5, 5, 3, "311"), square(9, 9, 1, "")]),
    );
    drop.file(
        "b.geojson",
        collection(&[square(20, 0, 2, "\"building\""), square(25, 5, 4, "\" road\"")]),
    );
    let (_, faults) = drop.done();
    // Building, road, no class after the largest number.
    assert_eq!(drop.counts("a.png"), counts([(311, 9), (313, 4), (314, 1)]));
    assert_eq!(drop.counts("b.png"), counts([(312, 4), (313, 16)]));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].code, FaultCode::VectorPart);
    let said = faults[0].detail.clone().unwrap_or_default();
    assert!(said.starts_with("1 of 3 polygons have no class"), "{said}");
    // A number from a later drop moves them all.
    drop.file(
        "c.geojson",
        collection(&[square(0, 10, 1, "400"), square(1, 10, 1, "0")]),
    );
    drop.done();
    assert_eq!(drop.counts("a.png"), counts([(311, 9), (400, 1), (402, 4), (403, 1)]));
    assert_eq!(drop.counts("b.png"), counts([(401, 4), (402, 16)]));
}

#[test]
fn numbers_run_out_at_the_end_alone() {
    let mut polygons = Vec::new();
    for class in ["65535", "1", "\"b\"", "\"a\""] {
        let text = collection(&[square(0, 0, 1, class)]);
        polygons.push(crate::formats::vector::geojson::read(text.as_bytes()).expect("read"));
    }
    let all: Vec<&Polygons> = polygons.iter().collect();
    let legend = Codes::of(&all).expect("room").legend();
    assert_eq!(legend, BTreeMap::from([(2, "a".to_owned()), (3, "b".to_owned())]));
}

#[test]
fn bad_files_cost_no_other() {
    let mut drop = Drop::new();
    drop.image("a", 0);
    let broken = square(0, 0, 2, "").replacen("[1", "[null,1", 1);
    drop.file("a.geojson", collection(&[square(5, 5, 2, ""), broken]));
    drop.file("cut.geojson", "{\"type\":\"FeatureCollection\",\"features\":[");
    drop.file("half.geojson", collection(&[square(0, 0, 1, "1.5")]));
    drop.file("package.json", "{\"type\":\"module\"}");
    drop.file("__MACOSX/._a.geojson", "\0\u{5}\u{16}\u{7}");
    let (data, faults) = drop.done();
    assert_eq!(drop.counts("a.png"), counts([(255, 4)]));
    let said: Vec<_> = faults
        .iter()
        .map(|f| (f.code, f.file.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        said,
        [
            (FaultCode::VectorPart, "a.geojson"),
            (FaultCode::VectorMask, "cut.geojson"),
            (FaultCode::VectorMask, "half.geojson"),
        ]
    );
    assert!(
        faults[0]
            .detail
            .as_deref()
            .is_some_and(|d| d.starts_with("1 of 2 polygons left out"))
    );
    assert!(
        faults[2]
            .detail
            .as_deref()
            .is_some_and(|d| d.starts_with("class 1.5 is no whole number"))
    );
    // Settings of another tool hold no outlines, and are passed over.
    assert!(data.faults.is_empty(), "{:?}", data.faults);
}

#[test]
fn what_became_of_the_outlines_is_told() {
    let mut drop = Drop::new();
    drop.image("a", 0).image("b", 1);
    drop.file(
        "osm.geojson",
        collection(&[
            square(2, 2, 4, ""),
            square(9, 9, 2, ""),
            square(-9, -9, 3, ""),
            square(65, 30, 3, ""),
        ]),
    );
    let (data, _) = drop.done();
    let told = |data: &Dataset| data.vectors.clone();
    let wanted = VectorInfo {
        file: "osm.geojson".into(),
        outlines: 4,
        drawn: 2,
        too_small: 0,
        outside: 2,
        images: 1,
        first_image: Some("a.png".into()),
        background: 1,
    };
    assert_eq!(told(&data), std::slice::from_ref(&wanted));
    // It stays told while other files come, and goes with the data.
    drop.file("notes.txt", "words");
    let (data, _) = drop.done();
    assert_eq!(told(&data), [wanted]);
    assert_eq!((data.passed_over.files, data.unpaired.len()), (1, 0));
    let clear = Command::Clear {
        purpose: Purpose::Train,
    };
    pollster::block_on(drop.0.command(clear));
    let (data, _) = drop.done();
    assert!(data.vectors.is_empty() && data.faults.is_empty() && data.passed_over.files == 0);
}

/// Pictures first, outlines in a later drop; and a placed picture says that it is one.
#[test]
fn outlines_that_come_later_find_the_pictures() {
    let mut drop = Drop::new();
    drop.image("a", 0);
    let (data, _) = drop.done();
    assert_eq!((data.pairs.len(), data.unpaired.len()), (0, 1));
    assert!(data.unpaired[0].placed && !data.unpaired[0].is_mask);
    assert!(!data.unpaired[0].thumb_rgba.is_empty());
    drop.file("osm.geojson", collection(&[square(2, 2, 4, "")]));
    let (data, _) = drop.done();
    assert_eq!((data.pairs.len(), data.unpaired.len()), (1, 0));
}
