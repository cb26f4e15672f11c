use super::*;
use crate::{
    data::builder::Builder,
    formats::{Limits, Parts, grey8_png, tiff::GeoTiffSpec},
    geo::GeoRef,
    protocol::{Dataset, FaultCode},
};

/// An engine that holds images of up to a megapixel.
fn engine() -> Engine {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let limits = Limits {
        max_pixels: 1 << 20,
        ..Limits::default()
    };
    engine.data.builder = Builder::new(limits, 1 << 30);
    engine
}

fn place() -> GeoRef {
    let prj = "PROJCS[\"WGS_1984_UTM_Zone_33N\"]";
    GeoRef::from_world_file("0.5\n0\n0\n-0.5\n500000.25\n5399999.75\n", Some(prj)).expect("placed")
}

fn geotiff(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let geo = place();
    let spec = GeoTiffSpec {
        width,
        height,
        geo: Some(&geo),
        nodata: None,
        palette: None,
    };
    crate::formats::tiff::write(spec, |y, x| value(x, y), Parts::whole()).expect("written")
}

fn open(engine: &mut Engine, path: &str, bytes: Vec<u8>) -> u32 {
    let opened = engine.open_file(path.to_owned(), Box::new(bytes), Purpose::Train);
    assert!(opened.is_some(), "its bytes are wanted");
    engine.plan_parts()
}

fn done(engine: &mut Engine) -> Dataset {
    let command = Command::FilesDone {
        purpose: Purpose::Train,
    };
    let events = pollster::block_on(engine.command(command));
    let mut sets = events.into_iter().filter_map(|event| match event {
        Event::Dataset(set) => Some(set),
        _ => None,
    });
    sets.next_back().expect("told")
}

fn add(engine: &mut Engine, path: &str, bytes: Vec<u8>) {
    let command = Command::AddFile {
        path: path.to_owned(),
        bytes,
        purpose: Purpose::Train,
    };
    pollster::block_on(engine.command(command));
}

/// A square of ground in metres from the image's corner to the right and down, as GeoJSON.
fn outline([left, top, right, bottom]: [f64; 4]) -> Vec<u8> {
    let corner = |x: f64, y: f64| format!("[{}, {}]", 500_000.0 + x, 5_400_000.0 - y);
    let ring = [
        corner(left, top),
        corner(right, top),
        corner(right, bottom),
        corner(left, bottom),
        corner(left, top),
    ];
    format!(
        r#"{{"type": "FeatureCollection", "crs": {{"type": "name", "properties": {{"name": "urn:ogc:def:crs:EPSG::32633"}}}},
            "features": [{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Polygon", "coordinates": [[{}]]}}}}]}}"#,
        ring.join(", ")
    )
    .into_bytes()
}

#[test]
fn an_image_that_can_be_held_is_taken_in_whole() {
    let mut engine = engine();
    assert_eq!(open(&mut engine, "a.tif", geotiff(600, 500, |x, y| (x + y) as u8)), 0);
    let far = done(&mut engine);
    let mut held = self::engine();
    add(&mut held, "a.tif", geotiff(600, 500, |x, y| (x + y) as u8));
    let near = done(&mut held);
    assert_eq!(far.unpaired.len(), 1);
    assert_eq!(far.unpaired[0].thumb_rgba, near.unpaired[0].thumb_rgba);
    assert_eq!(far.faults, near.faults);
}

#[test]
fn squares_of_a_larger_one_are_images_with_their_outlines() {
    let mut engine = engine();
    // Two roofs, one of them over the border of two squares.
    add(&mut engine, "roofs.geojson", outline([100.0, 100.0, 140.0, 120.0]));
    add(&mut engine, "more.geojson", outline([500.0, 200.0, 530.0, 210.0]));
    let value = |x: usize, y: usize| (x * 3 + y * 5) as u8;
    assert_eq!(open(&mut engine, "town/ortho.tif", geotiff(3000, 2100, value)), 2);
    let set = done(&mut engine);
    let names: Vec<&str> = set.pairs.iter().map(|pair| pair.image_path.as_str()).collect();
    // The outlines lie in the first two columns of the first row of squares.
    assert_eq!(
        names,
        ["town/ortho_y000000_x000000.tif", "town/ortho_y000000_x001024.tif"]
    );
    let said: Vec<(FaultCode, &str)> = set
        .faults
        .iter()
        .map(|fault| (fault.code, fault.detail.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(said, [(FaultCode::ImageParts, "2 parts, 33.3 % of 3000 × 2100 px")]);
    // 80 x 40 pixels of the first; of the second 24 of 60 columns lie in the first square.
    let sums: Vec<usize> = engine
        .dataset()
        .pairs
        .iter()
        .map(|pair| pair.labels.iter().filter(|label| **label != 0).count())
        .collect();
    assert_eq!(sums, [80 * 40 + 24 * 20, 36 * 20]);
    let second = &engine.dataset().pairs[1].image;
    assert_eq!(second.rgba8_at(10, 20)[0], value(1034, 20));
}

#[test]
fn a_mask_of_the_same_size_is_cut_along_the_same_squares() {
    let mut engine = engine();
    let image = geotiff(2048, 2048, |x, y| (x ^ y) as u8);
    let mask = geotiff(2048, 2048, |x, y| if x > 1000 && y > 1500 { 255 } else { 0 });
    assert_eq!(open(&mut engine, "images/a.tif", image), 4);
    // Those of the image come with them.
    assert_eq!(open(&mut engine, "masks/a.tif", mask), 4 + 4);
    for _ in 0..8 {
        assert!(engine.add_part());
    }
    assert!(!engine.add_part());
    let set = done(&mut engine);
    assert_eq!(set.pairs.len(), 4, "{:?}", set.faults);
    assert!(
        set.pairs
            .iter()
            .all(|pair| pair.mask_path == pair.image_path.replace("images", "masks"))
    );
}

#[test]
fn a_file_that_comes_again_replaces_its_squares() {
    let mut engine = engine();
    assert_eq!(open(&mut engine, "a.tif", geotiff(2048, 1100, |x, _| x as u8)), 2);
    assert_eq!(done(&mut engine).unpaired.len(), 2);
    assert_eq!(open(&mut engine, "a.tif", geotiff(500, 400, |x, _| x as u8)), 0);
    let set = done(&mut engine);
    assert_eq!(set.unpaired.len(), 1);
    assert!(
        set.faults.iter().all(|fault| fault.code == FaultCode::NoMask),
        "{:?}",
        set.faults
    );
}

#[test]
fn what_is_missing_by_a_file_beside_it_is_missing_in_the_squares() {
    let image = || geotiff(2048, 1100, |x, y| if x % 2 == 0 { 7 } else { (x ^ y) as u8 | 8 });
    let missing = |engine: &Engine| -> Vec<u8> {
        let squares = &engine.dataset().unpaired;
        squares.iter().map(|square| square.raster.rgba8_at(2, 2)[3]).collect()
    };
    let mut by_value = engine();
    let xml = "<PAMDataset><PAMRasterBand band=\"1\"><NoDataValue>7</NoDataValue></PAMRasterBand></PAMDataset>";
    add(&mut by_value, "a.tif.aux.xml", xml.into());
    open(&mut by_value, "a.tif", image());
    done(&mut by_value);
    assert_eq!(missing(&by_value), [0, 0]);
    // A mask of another size is no mask of this image, and says so at each square.
    let mut by_mask = engine();
    add(&mut by_mask, "a.tif.msk", crate::data::mask_files::tests::msk());
    open(&mut by_mask, "a.tif", image());
    let set = done(&mut by_mask);
    assert_eq!(set.unpaired.len(), 0);
    assert!(
        set.faults
            .iter()
            .any(|fault| fault.code == FaultCode::Corrupt || fault.code == FaultCode::UnsupportedFormat),
        "{:?}",
        set.faults
    );
}

/// The mask sorts first, is empty where the image is not, and would have more squares by its bytes.
#[test]
fn the_image_says_which_squares_not_its_mask() {
    let mut engine = engine();
    let noise = |x: usize, y: usize| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) as u8;
    open(
        &mut engine,
        "labels/a.tif",
        geotiff(
            2048,
            2048,
            |x, y| if x < 1024 && y < 1024 { noise(x, y) & 1 } else { 0 },
        ),
    );
    open(&mut engine, "photos/a.tif", geotiff(2048, 2048, noise));
    let set = done(&mut engine);
    let labels = set.pairs.iter().filter(|pair| pair.mask_path.starts_with("labels"));
    assert_eq!(labels.count(), 4, "{:?}", set.faults);
}

#[test]
fn sheets_of_one_size_have_squares_of_their_own() {
    let mut engine = engine();
    let at = |east: f64| -> Vec<u8> {
        let mut geo = place();
        geo.transform[0] += east;
        let spec = GeoTiffSpec {
            width: 2048,
            height: 2048,
            geo: Some(&geo),
            nodata: None,
            palette: None,
        };
        crate::formats::tiff::write(spec, |y, x| (x ^ y) as u8, Parts::whole()).expect("written")
    };
    add(
        &mut engine,
        "roof.geojson",
        outline([1024.0 + 600.0, 600.0, 1024.0 + 620.0, 610.0]),
    );
    open(&mut engine, "east.tif", at(1024.0));
    open(&mut engine, "a_west.tif", at(0.0));
    let set = done(&mut engine);
    let names: Vec<&str> = set.pairs.iter().map(|pair| pair.image_path.as_str()).collect();
    assert_eq!(names, ["east_y001024_x001024.tif"]);
}

#[test]
fn what_comes_later_beside_the_file_reaches_its_squares() {
    let mut engine = engine();
    open(
        &mut engine,
        "a.tif",
        geotiff(2048, 1100, |x, y| if x % 2 == 0 { 7 } else { (x ^ y) as u8 | 8 }),
    );
    done(&mut engine);
    let xml = "<PAMDataset><PAMRasterBand band=\"1\"><NoDataValue>7</NoDataValue></PAMRasterBand></PAMDataset>";
    add(&mut engine, "a.tif.aux.xml", xml.into());
    done(&mut engine);
    let squares = &engine.dataset().unpaired;
    let alpha: Vec<u8> = squares.iter().map(|square| square.raster.rgba8_at(2, 2)[3]).collect();
    assert_eq!(alpha, [0, 0]);
}

#[test]
fn a_small_file_of_the_same_path_replaces_its_squares() {
    let mut engine = engine();
    open(&mut engine, "a.tif", geotiff(2048, 1100, |x, y| (x ^ y) as u8));
    done(&mut engine);
    add(&mut engine, "a.tif", geotiff(60, 50, |x, y| (x + y) as u8));
    let set = done(&mut engine);
    assert_eq!(set.unpaired.len(), 1);
    assert!(set.faults.iter().all(|fault| fault.code != FaultCode::ImageParts));
}

#[test]
fn squares_follow_outlines_that_come_later() {
    let mut engine = engine();
    let image = || geotiff(3000, 2100, |x, y| (x ^ y) as u8);
    assert_eq!(open(&mut engine, "a.tif", image()), 6);
    assert_eq!(done(&mut engine).unpaired.len(), 6);
    add(&mut engine, "roof.geojson", outline([700.0, 600.0, 720.0, 610.0]));
    let set = done(&mut engine);
    let names: Vec<&str> = set.pairs.iter().map(|pair| pair.image_path.as_str()).collect();
    assert_eq!(names, ["a_y001024_x001024.tif"]);
    assert!(set.unpaired.is_empty());
    // As if they had come together, so that a run goes on with the same data.
    let mut together = self::engine();
    add(&mut together, "roof.geojson", outline([700.0, 600.0, 720.0, 610.0]));
    open(&mut together, "a.tif", image());
    assert_eq!(done(&mut together).fingerprint, set.fingerprint);
}

#[test]
fn what_is_no_tiff_is_wanted_whole_and_what_is_damaged_is_named() {
    let mut engine = engine();
    let png = grey8_png(&[7; 64], 8, 8).expect("a picture");
    let opened = engine.open_file("a.png".into(), Box::new(png), Purpose::Train);
    assert!(opened.is_none());
    let mut cut = geotiff(2048, 1100, |x, y| (x * y) as u8);
    cut.truncate(200);
    assert_eq!(open(&mut engine, "a.tif", cut), 0);
    let set = done(&mut engine);
    assert_eq!(set.faults[0].file.as_deref(), Some("a.tif"));
}
