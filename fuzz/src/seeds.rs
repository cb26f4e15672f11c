//! What the search begins with: files of the tests, and every input that broke a reader once.

use std::fs;
use std::path::{Path, PathBuf};

use groundmask::formats::{
    keras_h5::{self, KerasLayer},
    weights_file::FileTensor,
};

/// Longer files take too long to change often enough.
const LONGEST: u64 = 160 << 10;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The inputs of a target, in a fixed order.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = found(target);
    let files = test_files();
    let read = |path: &Path| fs::read(path).unwrap_or_default();
    let with = |endings: &[&str]| {
        let is = |path: &&PathBuf| endings.iter().any(|end| path.to_string_lossy().ends_with(end));
        files.iter().filter(is).map(|path| read(path)).collect::<Vec<_>>()
    };
    match target {
        "tiff" => seeds.extend(with(&[".tif"])),
        "image" => seeds.extend(with(&[".png", ".jpg", ".webp"])),
        "geojson" => {
            seeds.extend(with(&["json"]));
            seeds.extend([LINES, NESTED, CLASSES].map(|text| text.as_bytes().to_vec()));
        }
        "shapefile" => {
            for shp in files.iter().filter(|path| path.extension().is_some_and(|e| e == "shp")) {
                let beside = |ending| read(&shp.with_extension(ending));
                seeds.push(joined(&[&read(shp), &beside("dbf"), &beside("prj"), &beside("shx")]));
            }
        }
        "sidecar" => {
            for first in with(&[".aux.xml", ".pgw"]).into_iter().chain([AUXILIARY.into()]) {
                seeds.extend(with(&[".prj"]).iter().map(|prj| joined(&[&first, prj])));
            }
        }
        "hdf5" => seeds.push(keras_weights()),
        "safetensors" => seeds.extend(with(&[".safetensors"])),
        "gmrun" => seeds.extend(with(&[".gmrun"])),
        _ => {}
    }
    seeds
}

/// `fuzz/found/FAULT/TARGET...`, what broke a reader once, and `fuzz/seeds/TARGET...`, made by other programs.
fn found(target: &str) -> Vec<Vec<u8>> {
    let is = |path: &&PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(target))
    };
    let all = ["fuzz/found", "fuzz/seeds"]
        .map(|folder| below(&root().join(folder)))
        .concat();
    all.iter().filter(is).filter_map(|path| fs::read(path).ok()).collect()
}

fn test_files() -> Vec<PathBuf> {
    let folders = ["tests/strangers/files", "tests/golden"].map(|folder| below(&root().join(folder)));
    let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|m| m.len() <= LONGEST);
    folders.concat().into_iter().filter(small).collect()
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files.extend(below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// What one of the seeds of `gmrun` was trained on.
pub fn images_of_the_run() -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/golden/before_ranges/png8");
    let sides = ["image", "label"].into_iter();
    let names = sides.flat_map(|side| (0..4).map(move |t| (side, t)));
    names
        .map(|(side, t)| {
            let bytes = fs::read(folder.join(format!("{side}_{t}.png"))).expect("a golden file");
            (format!("{side}/{t}.png"), bytes)
        })
        .collect()
}

/// Several files as one input: the length of each in 32 bits before it.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let with_length = |part: &&[u8]| [&(part.len() as u32).to_le_bytes()[..], part].concat();
    parts.iter().map(with_length).collect::<Vec<_>>().concat()
}

/// The files of an input; what it has not is empty.
pub fn parts(mut input: &[u8]) -> [&[u8]; 4] {
    [(); 4].map(|()| {
        let Some((length, rest)) = input.split_first_chunk::<4>() else {
            return std::mem::take(&mut input);
        };
        let length = (u32::from_le_bytes(*length) as usize).min(rest.len());
        let (part, rest) = rest.split_at(length);
        input = rest;
        part
    })
}

/// As PNG and zip have it (ISO 3309).
pub fn crc32(parts: &[&[u8]]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let mut c = n as u32;
            let mut bit = 0;
            while bit < 8 {
                c = if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
                bit += 1;
            }
            table[n] = c;
            n += 1;
        }
        table
    };
    let bytes = parts.iter().copied().flatten();
    !bytes.fold(!0, |c: u32, byte| {
        TABLE[((c ^ u32::from(*byte)) & 0xff) as usize] ^ (c >> 8)
    })
}

fn keras_weights() -> Vec<u8> {
    let tensor = |name: &str, shape: &[usize]| FileTensor {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: vec![0.25; shape.iter().product()],
    };
    let layers = ["conv2d_1", "conv2d_2"].map(|name| KerasLayer {
        name: name.to_owned(),
        weights: vec![tensor("kernel", &[3, 3, 1, 4]), tensor("bias", &[4])],
    });
    keras_h5::write(&layers).expect("a file")
}

const LINES: &str = "\
{\"type\":\"Feature\",\"properties\":{\"class\":1},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[1,2],[3,2],[3,4],[1,2]]]}}
{\"type\":\"Feature\",\"properties\":{},\"geometry\":null}
";
const NESTED: &str = r#"{"type":"GeometryCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32636"}},
"geometries":[{"type":"MultiPolygon","coordinates":[[[[0,0,7],[9,0,7],[9,9,7],[0,0,7]],[[1,1],[2,1],[2,2],[1,1]]]]},
{"type":"Point","coordinates":[1e3,-2.5]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}"#;
const CLASSES: &str = r#"{"type":"FeatureCollection","name":"a","features":[
{"type":"Feature","id":7,"properties":{"class":"roof","DN":3,"other":[1,{"a":null}]},"geometry":{"type":"Polygon","coordinates":[[[32.5,0.3],[32.6,0.3],[32.6,0.4],[32.5,0.3]]]}},
{"type":"Feature","properties":{"class":"\u0077ater"},"geometry":{"type":"Polygon","coordinates":[[[32.5,0.3],[32.6,0.3],[32.6,0.4],[32.5,0.3]]]}}]}"#;
const AUXILIARY: &str = r#"<PAMDataset><SRS dataAxisToSRSAxisMapping="1,2">EPSG:32636</SRS><GeoTransform>5e5, 0.5, 0, 4e4, 0, -0.5</GeoTransform>
<Metadata domain="IMAGE_STRUCTURE"><MDI key="NBITS">1</MDI></Metadata><PAMRasterBand band="1"><NoDataValue>-9999</NoDataValue></PAMRasterBand></PAMDataset>"#;
