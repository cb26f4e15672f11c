//! Tests of [`super`], the module `pair`.

use super::*;
use crate::data::draw::{Draw, Stream};

/// Pairs as (image path, mask path, name).
fn paired(paths: &[&str]) -> Vec<(String, String, String)> {
    let paths: Vec<String> = paths.iter().map(|p| p.to_string()).collect();
    let found = pair_by_name(&paths, Known::default());
    found
        .pairs
        .into_iter()
        .map(|(i, m, name)| (paths[i].clone(), paths[m].clone(), name))
        .collect()
}

fn expect(paths: &[&str], pairs: &[(&str, &str)]) {
    let got = paired(paths);
    let got: Vec<(&str, &str)> = got.iter().map(|(i, m, _)| (i.as_str(), m.as_str())).collect();
    assert_eq!(got, pairs, "{paths:?}");
}

#[test]
fn conventions() {
    for (image, mask) in [
        ("imageRaw/image12.png", "labelRaw/layer12.png"),
        ("image12.png", "layer12.png"),
        ("image/12.png", "label/12.png"),
        ("images/12.jpg", "masks/12.png"),
        ("IMG/12.JPG", "Mask/12.PNG"),
        ("a/imgs/12.png", "a/gt/12.png"),
        ("train/images/7.tif", "train/annotations/7.png"),
        ("images/train/7.tif", "masks/train/7.png"),
        ("train_images/7.tif", "train_masks/7.png"),
        ("data/TrainImages/7.tif", "data/TrainLabels/7.png"),
        ("x.png", "x_mask.png"),
        ("x.png", "x-mask.png"),
        ("x.png", "x.mask.png"),
        ("x.png", "x_label.png"),
        ("x.png", "x_gt.png"),
        ("x.png", "mask_x.png"),
        ("x.png", "label_x.tif"),
        ("104_sat.jpg", "104_mask.png"),
        ("image12.png", "image12_mask.png"),
        ("images/x.png", "masks/x_mask.png"),
        ("all/x.png", "all/x_mask.png"),
        ("images/x.png", "images/x_mask.png"),
        ("images/gt_1.png", "masks/gt_1.png"),
        ("images/image1.png", "masks/image1.png"),
        ("scene1/image.png", "scene1/mask.png"),
        ("photos/1.png", "1_mask.png"),
        ("x/1.png", "x/masks/1.png"),
        ("a\\images\\1.png", "a\\masks\\1.png"),
        ("image/619225-523267-20.png", "label/619225-523267-20.png"),
        ("image/tile_1.5.png", "label/tile_1.5.png"),
    ] {
        expect(&[image, mask], &[(image, mask)]);
        expect(&[mask, image], &[(image, mask)]);
    }
}

/// Marks that systems and browsers give to copies, wherever they stand, and signs that belong to a name.
#[test]
fn copies_and_signs() {
    for (image, mask) in [
        ("tile (1).png", "tile (1)_mask.png"),
        ("tile (1).png", "tile_mask (1).png"),
        ("tile(1).png", "tile_mask(1).png"),
        ("tile(1).png", "tile_mask (1).png"),
        ("tile (1).tif", "tile (1).tif_mask.png"),
        ("tile (copy).png", "tile (copy)_mask.png"),
        ("tile (copy).png", "tile_mask (copy).png"),
        ("tile (3rd copy).png", "tile_mask (3rd copy).png"),
        ("tile (another copy).png", "tile (another copy)_mask.png"),
        ("tile - Copy.png", "tile_mask - Copy.png"),
        ("tile - Copy (2).png", "tile - Copy (2)_mask.png"),
        ("tile - Copy (2).png", "tile_mask - Copy (2).png"),
        ("tile - Kopie (2).png", "tile_mask - Kopie (2).png"),
        ("Kopie von tile.png", "Kopie von tile_mask.png"),
        ("Kopie von tile.png", "Kopie von mask_tile.png"),
        ("Copy of tile.png", "Copy of tile_mask.png"),
        ("tile copy.png", "tile_mask copy.png"),
        ("tile copy 2.png", "tile_mask copy 2.png"),
        ("tile copy 2.png", "tile copy 2_mask.png"),
        ("tile 2.png", "tile_mask 2.png"),
        ("tile 2.png", "tile 2 mask.png"),
        ("images/tile (1).png", "masks/tile (1).png"),
        ("images/tile (1).png", "masks/tile_mask (1).png"),
        ("image (1).png", "mask (1).png"),
        ("image(1).png", "mask (1).png"),
        ("tile_image (1).png", "tile_label (1).png"),
        ("roof 50%.png", "roof 50%_mask.png"),
        ("a#1.png", "a#1_mask.png"),
        ("a+.png", "a+_mask.png"),
        ("a & b.png", "a & b_mask.png"),
        ("a[1].png", "a[1]_mask.png"),
        ("a [1].png", "a_mask [1].png"),
        ("a, b.png", "a, b_mask.png"),
        ("{a}.png", "{a}_mask.png"),
        ("houses.v2.tif", "houses.v2_mask.tif"),
        ("houses.v2.tif", "houses_mask.v2.tif"),
        ("tile .png", "tile _mask.png"),
        ("tile.png", "tile (mask).png"),
        ("tile.png", "[mask] tile.png"),
        ("tile.png", "tilemask.png"),
        ("tile_01.png", "tile_mask_01.png"),
        ("tile-01.png", "tile_mask_01.png"),
        ("img_001.png", "img_mask_001.png"),
    ] {
        expect(&[image, mask], &[(image, mask)]);
        expect(&[mask, image], &[(image, mask)]);
    }
    expect(
        &[
            "t (1).png",
            "t.png",
            "t_mask (1).png",
            "t_mask.png",
            "t (2).png",
            "t (2)_mask.png",
        ],
        &[
            ("t (1).png", "t_mask (1).png"),
            ("t (2).png", "t (2)_mask.png"),
            ("t.png", "t_mask.png"),
        ],
    );
}

/// A near name takes nothing that an exact one has or that is not its own.
#[test]
fn copies_and_signs_stay_apart() {
    for paths in [
        &["tile (1).png", "tile_mask.png"][..],
        &["tile.png", "tile_mask (1).png"],
        &["tile (1).png", "tile_mask (2).png"],
        &["tile 2.png", "tile_mask.png"],
        &["tile - Copy.png", "tile_mask.png"],
        &["roof 50.png", "roof 50%_mask.png"],
        &["roof 50%.png", "roof 50_mask.png"],
        &["a+.png", "a_mask.png"],
        &["a#1.png", "a1_mask.png"],
        &["houses.v2.tif", "houses_mask.tif"],
        &["images/tile (1).png", "masks/tile.png"],
        &["tile_test.png", "tile_mask.png", "tile-mask.png"],
        &["x_L.png", "x_R.png"],
        &["x.png", "x_L.png", "x_R.png"],
    ] {
        expect(paths, &[]);
    }
    let roofs = ["roof 50%.png", "roof 50%_mask.png", "roof 50.png", "roof 50_mask.png"];
    expect(&roofs, &[(roofs[0], roofs[1]), (roofs[2], roofs[3])]);
    let near = ["a 1.png", "a-1.png", "a_1.png", "a_1_mask.png"];
    expect(&near, &[("a_1.png", "a_1_mask.png")]);
    expect(&["a 1.png", "a-1.png", "a_1_mask.png"], &[]);
}

#[test]
fn what_must_not_pair() {
    for paths in [
        ["image1.png", "layer10.png"],
        ["train/images/1.png", "test/masks/1.png"],
        ["a/1.png", "b/1.png"],
        ["image/a.png", "image/b.png"],
        ["image/1.png", "label/01.png"],
        ["images/x.png", "masks/y.png"],
    ] {
        expect(&paths, &[]);
    }
}

#[test]
fn numbers_stay_apart_and_in_natural_order() {
    let got = paired(&[
        "layer10.png",
        "image10.png",
        "image2.png",
        "layer1.png",
        "layer2.png",
        "image1.png",
    ]);
    let names: Vec<&str> = got.iter().map(|(_, _, name)| name.as_str()).collect();
    assert_eq!(names, ["1", "2", "10"]);
}

#[test]
fn one_missing_file_shifts_nothing() {
    let paths: Vec<String> = [
        "image/1.png",
        "image/3.png",
        "label/1.png",
        "label/2.png",
        "label/3.png",
    ]
    .map(String::from)
    .into();
    let got = pair_by_name(&paths, Known::default());
    assert_eq!(got.pairs, [(0, 2, "1".into()), (1, 4, "3".into())]);
    assert_eq!(got.masks_only, [3]);
}

#[test]
fn unicode_case_and_odd_names() {
    let long = "n".repeat(251);
    for (image, mask) in [
        ("image/M\u{fc}nchen.png", "label/Mu\u{308}nchen.png"),
        ("image/\u{d55c}.png", "label/\u{1112}\u{1161}\u{11ab}.png"),
        ("image/__proto__.png", "label/__proto__.png"),
        ("image/\u{1f6f0}\u{fe0f}.png", "label/\u{1f6f0}\u{fe0f}.png"),
        (
            "image/\u{5e9}\u{5dc}\u{5d5}\u{5dd}.png",
            "label/\u{5e9}\u{5dc}\u{5d5}\u{5dd}.png",
        ),
        ("image/<img onerror=x>.png", "label/<img onerror=x>.png"),
        ("image/Tile1.PNG", "label/tile1.png"),
        (&format!("image/{long}.png"), &format!("label/{long}.png")),
        ("image/noextension", "label/noextension"),
    ] {
        expect(&[image, mask], &[(image, mask)]);
    }
    // Equal but for case: the exact partner wins.
    expect(
        &["image/A.png", "image/a.png", "label/a.png", "label/A.png"],
        &[("image/A.png", "label/A.png"), ("image/a.png", "label/a.png")],
    );
    let only_one: Vec<String> = ["image/A.png", "image/a.png", "label/a.png"].map(String::from).into();
    assert_eq!(pair_by_name(&only_one, Known::default()).pairs, [(1, 2, "a".into())]);
    assert_eq!(pair_by_name(&only_one, Known::default()).images_only, [0]);
}

#[test]
fn duplicate_stems_are_listed() {
    let paths: Vec<String> = ["image/a.png", "label/a.png", "image/a.jpg", "b.png", "b.jpg"]
        .map(String::from)
        .into();
    let got = pair_by_name(&paths, Known::default());
    assert_eq!(got.pairs, [(2, 1, "a".into())]);
    assert_eq!(got.ambiguous, [(0, 2)]);
    assert_eq!(got.asked, [3, 4]);
}

#[test]
fn same_names_in_two_sets_get_their_folder() {
    let got = paired(&[
        "train/image/1.png",
        "train/label/1.png",
        "test/image/1.png",
        "test/label/1.png",
    ]);
    let names: Vec<&str> = got.iter().map(|(_, _, name)| name.as_str()).collect();
    assert_eq!(names, ["test/1", "train/1"]);
}

#[test]
fn junk_is_junk() {
    for path in [
        ".DS_Store",
        "a/.DS_Store",
        "Thumbs.db",
        "a/thumbs.DB",
        "__MACOSX/image/1.png",
        "image/._1.png",
        ".git/x.png",
    ] {
        assert!(is_junk(path), "{path}");
    }
    for path in ["a.png", "./a.png", "../a.png", "notes.txt", "a.b/c.png"] {
        assert!(!is_junk(path), "{path}");
    }
    let got = pair_by_name(
        &["image/1.png".into(), "__MACOSX/label/1.png".into(), String::new()],
        Known::default(),
    );
    assert_eq!((got.junk, got.images_only), (vec![2, 1], vec![0]));
}

#[test]
fn order_of_the_list_means_nothing() {
    let mut paths: Vec<String> = Vec::new();
    for i in 0..40 {
        paths.push(format!("set/image/image{i}.png"));
        if i % 7 != 3 {
            paths.push(format!("set/label/layer{i}.png"));
        }
        if i % 5 == 0 {
            paths.push(format!("set/image/image{i}.jpg"));
        }
        paths.push(format!("flat/t{i}.png"));
        paths.push(format!("flat/t{i}_mask.png"));
    }
    paths.extend(["image/A.png", "image/a.png", "label/a.PNG", "x/.DS_Store"].map(String::from));
    let by_path = |paths: &[String]| {
        let p = pair_by_name(paths, Known::default());
        let name = |i: &usize| paths[*i].clone();
        let pairs: Vec<_> = p.pairs.iter().map(|(i, m, n)| (name(i), name(m), n.clone())).collect();
        let clashes: Vec<_> = p.ambiguous.iter().map(|(a, b)| (name(a), name(b))).collect();
        let lists = [p.images_only, p.masks_only, p.junk].map(|list| list.iter().map(name).collect::<Vec<_>>());
        (pairs, clashes, lists)
    };
    let expected = by_path(&paths);
    assert_eq!(expected.0.len(), 34 + 40 + 1);
    let mut draw = Draw::new(1, Stream::Split, 0, 0);
    for _ in 0..20 {
        draw.shuffle(&mut paths);
        assert_eq!(by_path(&paths), expected);
    }
}

/// Every file ends up in exactly one list, whatever the names are.
#[test]
fn nothing_is_lost() {
    const PARTS: [&str; 24] = [
        "image",
        "mask",
        "a",
        "1",
        "_",
        "/",
        ".png",
        "Layer",
        "\u{e9}",
        "raw",
        ".",
        "X",
        "(",
        ")",
        " ",
        "-",
        "copy",
        "manual",
        "Segmentation",
        "gt",
        "Fine",
        "\u{130}",
        "_L",
        "map",
    ];
    let mut draw = Draw::new(2, Stream::Split, 0, 0);
    for _ in 0..600 {
        let paths: Vec<String> = (0..20)
            .map(|_| (0..1 + draw.below(6)).map(|_| PARTS[draw.below(24)]).collect())
            .collect();
        let p = pair_by_name(&paths, Known::default());
        let mut all: Vec<usize> = p.pairs.iter().flat_map(|(i, m, _)| [*i, *m]).collect();
        all.extend(p.ambiguous.iter().map(|(a, _)| *a));
        all.extend(p.spare.iter().chain(&p.parts).map(|(a, _)| *a));
        let mut of_parts: Vec<usize> = p.parts.iter().map(|(_, image)| *image).collect();
        of_parts.dedup();
        all.extend(of_parts);
        all.extend([p.images_only, p.masks_only, p.junk, p.asked, p.tasks.0, p.tasks.1].concat());
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>(), "{paths:?}");
    }
}
