//! The readers, by the names of `cargo xtask fuzz`.
//!
//! There is none for `.npz`: Groundmask writes it and does not read it. Zips are read by the page: `fuzz/zip.mjs`.

use std::rc::Rc;
use std::time::Instant;

use groundmask::{
    engine::Engine,
    formats::{
        ImageFile, Limits, annotations,
        bytes::ByRange,
        decode, keras_h5,
        run_file::RunFile,
        tiff::{Beside, Mask, TiffImage, Window, spread},
        vector::{flatgeobuf, geojson, gpkg, json_kinds, kml, osm, shapefile},
        weights_file::WeightsFile,
    },
    geo::{Auxiliary, Fate, GeoKeys, GeoRef, Polygons},
    protocol::{Command, DeviceChoice, Event, Purpose},
};

use crate::seeds;

pub const NAMES: [&str; 13] = [
    "tiff",
    "image",
    "geojson",
    "shapefile",
    "gpkg",
    "flatgeobuf",
    "kml",
    "osm",
    "annotations",
    "sidecar",
    "hdf5",
    "safetensors",
    "gmrun",
];

/// Most pixels of images: the page's own limit would take seconds for each.
const MOST_PIXELS: u64 = 1 << 21;

/// Puts the checksums right that a reader looks at before anything else.
pub fn mend(name: &str, input: &mut [u8]) {
    match name {
        "image" if input.starts_with(b"\x89PNG") => mend_png(input),
        "gmrun" => mend_run(input),
        _ => {}
    }
}

fn mend_png(input: &mut [u8]) {
    let mut at = 8;
    while let Some(head) = input.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let end = at + 8 + length;
        if end + 4 > input.len() {
            return;
        }
        let sum = seeds::crc32(&[&input[at + 4..end]]);
        input[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
}

/// See the layout in `formats::run_file`.
fn mend_run(input: &mut [u8]) {
    const HEAD: usize = 28;
    let Some(last) = input.len().checked_sub(4).filter(|last| *last >= HEAD) else {
        return;
    };
    let total = input.len() as u64;
    input[16..24].copy_from_slice(&total.to_le_bytes());
    let json = u32::from_le_bytes([input[12], input[13], input[14], input[15]]) as usize;
    if let Some(text) = input.get(HEAD..HEAD.saturating_add(json)) {
        let sum = seeds::crc32(&[&input[..24], text]);
        input[24..HEAD].copy_from_slice(&sum.to_le_bytes());
    }
    let sum = seeds::crc32(&[&input[..last]]);
    input[last..].copy_from_slice(&sum.to_le_bytes());
}

/// A reader with what it needs around it.
pub struct Target {
    name: String,
    engine: Option<Engine>,
}

impl Target {
    pub fn new(name: &str) -> Self {
        let mut target = Self {
            name: name.to_owned(),
            engine: None,
        };
        target.begin_anew();
        target
    }

    /// After a panic an engine may be half done.
    pub fn begin_anew(&mut self) {
        self.engine = match self.name.as_str() {
            "hdf5" | "safetensors" => Some(engine()),
            "gmrun" => Some(engine_with_images()),
            _ => None,
        };
    }

    /// What an input of so many bytes may cost, bytes.
    pub fn most_bytes(&self, length: usize) -> usize {
        // Fixed, in MiB, and for each byte.
        let (fixed, each) = match self.name.as_str() {
            // What our reader leaves to the `tiff` crate may take 256 MiB there, its own limit; LZW gives the most for a byte.
            "tiff" => (256 + 48, 4096),
            "image" => (96, 256),
            // A picture of `MOST_PIXELS` in a few shapes, or a network and its optimizer.
            "hdf5" | "safetensors" | "gmrun" => (384, 256),
            _ => (32, 256),
        };
        (fixed << 20) + each * length
    }

    pub fn read(&mut self, input: &[u8]) {
        match self.name.as_str() {
            "tiff" => read_tiff(input),
            "image" => read_image(input),
            "geojson" => read_geojson(input),
            "shapefile" => read_shapefile(input),
            "gpkg" => {
                let layers = gpkg::read(input).unwrap_or_default();
                layers.iter().filter_map(|(_, read)| read.as_ref().ok()).for_each(draw);
            }
            "flatgeobuf" => drop(flatgeobuf::read(input).map(|polygons| draw(&polygons))),
            "kml" => drop(kml::read(input).map(|polygons| draw(&polygons))),
            "osm" => drop(osm::read(input).map(|polygons| draw(&polygons))),
            "annotations" => {
                for path in ["a.json", "a.txt", "a.xml"] {
                    if let Some(Ok(read)) = annotations::read(path, input) {
                        read.images.iter().for_each(|image| draw(&image.polygons));
                    }
                }
            }
            "sidecar" => read_sidecar(input),
            "hdf5" => {
                let _ = keras_h5::read(input.to_vec());
                self.load_model(input);
            }
            "safetensors" => {
                let _ = WeightsFile::read(input);
                self.load_model(input);
            }
            "gmrun" => self.read_run(input),
            other => unreachable!("{other} is not among the names"),
        }
    }

    fn load_model(&mut self, input: &[u8]) {
        let engine = self.engine.as_mut().expect("made with the target");
        let name = format!("model.{}", if self.name == "hdf5" { "h5" } else { "safetensors" });
        let bytes = input.to_vec();
        pollster::block_on(engine.command(Command::LoadModel { name, bytes }));
    }

    fn read_run(&mut self, input: &[u8]) {
        let mut source = input;
        if let Ok(mut file) = RunFile::open(&mut source) {
            let _ = file.verify();
        }
        let _ = Engine::describe_run(None, &mut &*input);
        let engine = self.engine.as_mut().expect("made with the target");
        let events = engine.resume_run(None, &mut &*input, None);
        if events.iter().any(|event| matches!(event, Event::RunResumed { .. })) {
            pollster::block_on(engine.command(Command::Stop));
            engine.release_run();
        }
    }
}

fn engine() -> Engine {
    let start = Instant::now();
    let mut engine = Engine::new(Box::new(move || start.elapsed().as_secs_f64() * 1000.0));
    let device = DeviceChoice::Cpu;
    let calibration = None;
    pollster::block_on(engine.command(Command::Init { device, calibration }));
    engine
}

/// With the images that the runs among the seeds were trained on.
fn engine_with_images() -> Engine {
    let mut engine = engine();
    let purpose = Purpose::Train;
    for (path, bytes) in seeds::images_of_the_run() {
        pollster::block_on(engine.command(Command::AddFile { path, bytes, purpose }));
    }
    pollster::block_on(engine.command(Command::FilesDone { purpose }));
    engine
}

fn limits() -> Limits {
    Limits {
        max_pixels: MOST_PIXELS,
        max_decoded_bytes: 8 * MOST_PIXELS,
        ..Limits::default()
    }
}

fn read_image(input: &[u8]) {
    if let Ok(file) = ImageFile::open(input.to_vec(), &limits()) {
        std::hint::black_box(file.facts());
    }
    let _ = decode(input, &limits());
}

fn read_tiff(input: &[u8]) {
    let raster = decode(input, &limits());
    if let Ok(image) = TiffImage::open(Rc::new(input.to_vec())) {
        let (width, height) = (image.width as usize, image.height as usize);
        // Rows of the middle, as a large scene is read, in the order of the bands.
        let window = Window {
            y: height / 2,
            x: 0,
            height: (height - height / 2).min(64),
            width: width.min(4096),
        };
        let bands: Vec<usize> = (0..image.bands.min(4)).collect();
        let mut sum = 0.0;
        let _ = image.visit(window, &bands, &mut |_, value| sum += value);
        std::hint::black_box(sum);
        // The same where it lies, in squares.
        let far = TiffImage::open(Rc::new(ByRange::new(Box::new(input.to_vec()))));
        if let Ok(far) = far {
            for square in spread(&far.squares(64), 2) {
                if let (Ok(part), Ok(bands)) = (far.part(square, &Beside::default()), far.choose_asked(&[])) {
                    let _ = part.raster(square, &bands);
                }
            }
        }
        if let Some(geo) = &image.geo {
            place(geo);
            std::hint::black_box(geo.world_file());
        }
    }
    if let (Ok(mask), Ok(raster)) = (Mask::open(input.to_vec()), &raster) {
        let _ = mask.apply(raster);
    }
}

/// Where its first pixel is on the earth, and what is written of it.
fn place(geo: &GeoRef) {
    if let Ok(to_lon_lat) = geo.crs().and_then(|crs| crs.to_lon_lat()) {
        std::hint::black_box(to_lon_lat.lon_lat(geo.to_map(0.5, 0.5)));
    }
    std::hint::black_box(geo.aux_xml());
}

fn read_geojson(input: &[u8]) {
    let _ = json_kinds::other_map(input);
    let _ = annotations::kind("a.json", input);
    let _ = geojson::read_if_geojson(&mut input.to_vec());
    if let Ok(polygons) = geojson::read(input) {
        draw(&polygons);
    }
}

fn read_shapefile(input: &[u8]) {
    let [shp, dbf, prj, shx] = seeds::parts(input);
    let there = |part| (!<[u8]>::is_empty(part)).then_some(part);
    let text = String::from_utf8_lossy(prj);
    if let Ok(polygons) = shapefile::read(shp, there(dbf), there(prj).map(|_| &*text), there(shx)) {
        draw(&polygons);
    }
}

/// On an image of 64 x 64 pixels whose corner is the first corner of all.
fn draw(polygons: &Polygons) {
    let Some(&corner) = polygons.rings().flatten().flatten().next() else {
        return;
    };
    let transform = [corner[0], 0.5, 0.0, corner[1], 0.0, -0.5];
    let Some(geo) = GeoRef::new(transform, Some(polygons.epsg), GeoKeys::default()) else {
        return;
    };
    if let Ok(projected) = polygons.project(&geo) {
        let mut canvas = Vec::new();
        let mut fates = vec![Fate::default(); polygons.len()];
        let cover = projected.draw(&geo, [64, 64], |_| 1, &mut canvas, &mut fates);
        std::hint::black_box((cover, canvas));
    }
}

fn read_sidecar(input: &[u8]) {
    let [first, second, _, _] = seeds::parts(input);
    let auxiliary = Auxiliary::read(first);
    std::hint::black_box(auxiliary.nodata());
    let (world, prj) = (String::from_utf8_lossy(first), String::from_utf8_lossy(second));
    for (world, prj) in [(&*world, &*prj), ("1\n0\n0\n-1\n5\n5\n", &*world)] {
        if let Some(geo) = GeoRef::from_world_file(world, Some(prj)) {
            place(&geo);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the tests, and what broke a reader once.
    #[test]
    fn every_reader_survives_its_seeds() {
        for name in NAMES {
            let mut target = Target::new(name);
            let seeds = seeds::of(name);
            assert!(!seeds.is_empty(), "{name}");
            for seed in &seeds {
                let ((), bytes) = crate::memory::peak_of(|| target.read(seed));
                assert!(
                    bytes <= target.most_bytes(seed.len()),
                    "{name}: {bytes} bytes for {}",
                    seed.len()
                );
            }
        }
    }

    #[test]
    fn checksums_are_put_right() {
        let whole = seeds::of("gmrun").remove(0);
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        changed[24] ^= 1;
        mend("gmrun", &mut changed);
        assert_eq!(changed, whole);
    }
}
