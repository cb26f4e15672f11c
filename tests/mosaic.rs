//! Scenes cut from a mosaic, predicted each with what lies around it, are the prediction of the mosaic in one piece.
#![cfg(all(feature = "cpu", unix))]

mod common;
#[path = "common/program.rs"]
mod program;

use std::{fs, path::Path, process::Output};

use groundmask::{
    formats::{
        Parts,
        tiff::{GeoTiffSpec, write},
    },
    geo::{GeoKeys, GeoRef},
};
use program::{code_of, folder, groundmask, lines, model, probabilities as map, words_of};

const HEIGHT: usize = 900;
const WIDTH: usize = 1300;
const PIXEL_M: f64 = 0.3;
/// Rows and columns of each scene: of many sizes, some over each other, with a hole.
const SCENES: [[usize; 4]; 7] = [
    [0, 500, 0, 400],
    [0, 300, 400, 1000],
    [0, 640, 1000, 1300],
    [300, 900, 400, 700],
    [500, 900, 0, 400],
    [260, 560, 690, 1000],
    [640, 900, 700, 1300],
];

fn grey(y: usize, x: usize) -> u8 {
    let roof = (x / 37 + y / 23).is_multiple_of(3);
    let noise = (x * 7919 + y * 104_729 + x * y % 31) % 41;
    (if roof { 150 } else { 60 } + noise) as u8
}

/// A cut of the mosaic, where it lies; `off_px` beside it.
fn cut([top, bottom, left, right]: [usize; 4], off_px: f64, is_covered: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let (x, y) = (left as f64 + off_px, top as f64);
    let transform = [
        500_000.0 + x * PIXEL_M,
        PIXEL_M,
        0.0,
        5_400_000.0 - y * PIXEL_M,
        0.0,
        -PIXEL_M,
    ];
    let geo = GeoRef::new(transform, Some(32633), GeoKeys::of_epsg(32633));
    let spec = GeoTiffSpec {
        width: right - left,
        height: bottom - top,
        geo: geo.as_ref(),
        nodata: Some(0.0),
        palette: None,
    };
    let value = |y: usize, x: usize| {
        let at = (y + top, x + left);
        if is_covered(at.0, at.1) { grey(at.0, at.1) } else { 0 }
    };
    write(spec, value, Parts::whole()).expect("written")
}

fn predict(folder: &Path, images: &str, out: &str, more: &[&str]) -> Output {
    let mut program = groundmask();
    program.args(["predict", "--json", "--format", "probability-tif", "--model"]);
    program.arg(folder.join("m.safetensors")).arg(folder.join(images));
    program
        .arg("--out")
        .arg(folder.join(out))
        .args(more)
        .output()
        .expect("run")
}

/// Largest difference of a scene from the mosaic, and how many pixels differ at all.
fn difference(scene: &[f32], [top, bottom, left, right]: [usize; 4], whole: &[f32]) -> (f32, usize) {
    let width = right - left;
    assert_eq!(scene.len(), width * (bottom - top));
    let pairs = (top..bottom).flat_map(|y| (left..right).map(move |x| (y, x)));
    let apart = pairs.map(|(y, x)| (scene[(y - top) * width + x - left] - whole[y * WIDTH + x]).abs());
    apart.fold((0.0, 0), |(worst, count), d| {
        (d.max(worst), count + usize::from(d > 0.0))
    })
}

#[test]
fn scenes_of_a_mosaic_are_its_prediction_in_one_piece() {
    let folder = folder("mosaic");
    model(&folder.join("m.safetensors"));
    fs::create_dir_all(folder.join("scenes")).expect("a folder");
    let is_covered = |y: usize, x: usize| {
        SCENES
            .iter()
            .any(|[top, bottom, left, right]| (*top..*bottom).contains(&y) && (*left..*right).contains(&x))
    };
    for (number, scene) in SCENES.into_iter().enumerate() {
        fs::write(
            folder.join(format!("scenes/s{number}.tif")),
            cut(scene, 0.0, |_, _| true),
        )
        .expect("written");
    }
    let whole = cut([0, HEIGHT, 0, WIDTH], 0.0, is_covered);
    fs::write(folder.join("whole.tif"), whole).expect("written");

    let one_piece = predict(&folder, "whole.tif", "whole", &[]);
    assert_eq!(code_of(&one_piece), 0, "{}", words_of(&one_piece));
    let one_piece = map(&folder.join("whole/whole_probability.tif"));
    let hole = one_piece.iter().filter(|p| **p < 0.0).count();
    assert!(hole > 1000, "{hole} pixels without data");

    // Alone they differ near their edges, or this would prove nothing.
    assert_eq!(code_of(&predict(&folder, "scenes", "alone", &[])), 0);
    for shard in ["1/2", "2/2"] {
        let output = predict(
            &folder,
            "scenes",
            "mosaic",
            &["--mosaic", "--shard", shard, "--jobs", "1"],
        );
        assert_eq!(code_of(&output), 0, "{}", words_of(&output));
    }
    for (number, scene) in SCENES.into_iter().enumerate() {
        let name = format!("s{number}_probability.tif");
        let (alone, _) = difference(&map(&folder.join("alone").join(&name)), scene, &one_piece);
        let together = difference(&map(&folder.join("mosaic").join(&name)), scene, &one_piece);
        println!("scene {number}: alone {alone:.4}, as a part of the mosaic {together:?}");
        assert!(alone > 1e-3, "scene {number} alone: {alone}");
        assert_eq!(together, (0.0, 0), "scene {number}");
    }

    // All in one file, the hole too.
    let one_file = predict(&folder, "scenes", "one", &["--mosaic", "--one-file"]);
    assert_eq!(code_of(&one_file), 0, "{}", words_of(&one_file));
    let one_file = map(&folder.join("one/mosaic_probability.tif"));
    let all = [0, HEIGHT, 0, WIDTH];
    assert_eq!(difference(&one_file, all, &one_piece), (0.0, 0));

    // With another scene beside them they would come out otherwise.
    fs::write(folder.join("scenes/s7.tif"), cut([900, 950, 0, 60], 0.0, |_, _| true)).expect("written");
    let other = predict(&folder, "scenes", "mosaic", &["--mosaic"]);
    assert_eq!(code_of(&other), 2, "{}", words_of(&other));
}

#[test]
fn scenes_that_are_no_mosaic_are_refused_by_name() {
    let folder = folder("no-mosaic");
    model(&folder.join("m.safetensors"));
    fs::create_dir_all(folder.join("scenes")).expect("a folder");
    let at = |name: &str| folder.join("scenes").join(name);
    fs::write(at("a.tif"), cut([0, 64, 0, 64], 0.0, |_, _| true)).expect("written");
    fs::write(at("b.tif"), cut([0, 64, 64, 128], 0.4, |_, _| true)).expect("written");
    let off_grid = predict(&folder, "scenes", "out", &["--mosaic"]);
    assert_eq!(code_of(&off_grid), 1);
    let words = words_of(&off_grid);
    assert!(
        words.contains("b.tif: not on the grid of a.tif") && words.contains("0.40"),
        "{words}"
    );

    fs::remove_file(at("b.tif")).expect("removed");
    fs::write(at("c.png"), program::stripes(40, 1)).expect("written");
    let unplaced = predict(&folder, "scenes", "out", &["--mosaic"]);
    assert!(
        words_of(&unplaced).contains("c.png: no place on the ground"),
        "{}",
        words_of(&unplaced)
    );

    // Beside a damaged one the others would be predicted as beside a hole, and would be others once it is mended.
    fs::remove_file(at("c.png")).expect("removed");
    fs::write(at("d.tif"), b"II*\0 words").expect("written");
    let damaged = predict(&folder, "scenes", "out", &["--mosaic"]);
    assert_eq!(code_of(&damaged), 1, "{}", words_of(&damaged));
    assert_eq!(lines(&damaged, "predicted").len(), 0);
    assert!(
        words_of(&damaged).contains("d.tif: it cannot be read"),
        "{}",
        words_of(&damaged)
    );
}
