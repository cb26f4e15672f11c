//! What names do not say: folders that are asked about, masks of parts, masks drawn from polygons.

use super::*;

/// Groups of the question, and its options by their names.
fn asked(paths: &[&str], roles: &[FolderRoles]) -> (Vec<String>, Vec<(String, String)>, Pairing) {
    let paths: Vec<String> = paths.iter().map(|p| p.to_string()).collect();
    let got = pair_by_name(&paths, Known { roles, drawn: &[] });
    let Some(question) = got.question.clone() else {
        return (Vec::new(), Vec::new(), got);
    };
    let name = |i: usize| question.groups[i].name.clone();
    let options = question.options.iter().map(|(i, m)| (name(*i), name(*m))).collect();
    let folders = question.groups.iter().map(|g| g.folder.clone()).collect();
    (folders, options, got)
}

fn both(a: &str, b: &str) -> Vec<(String, String)> {
    vec![(a.into(), b.into()), (b.into(), a.into())]
}

/// Paths, folders of the question in full, their names, and pairs once the first is images.
type Asked<'a> = (&'a [&'a str], [&'a str; 2], [&'a str; 2], usize);

#[test]
fn folders_of_unknown_names_are_asked_about_once() {
    let cases: &[Asked] = &[
        (&["a/1.png", "a/2.png", "b/1.png", "b/2.png"], ["a", "b"], ["a", "b"], 2),
        (
            &[
                "set/A/train/1.png",
                "set/A/val/1.png",
                "set/B/train/1.png",
                "set/B/val/1.png",
            ],
            ["set/A/train", "set/B/train"],
            ["A", "B"],
            2,
        ),
        (
            &["train/x/1.png", "train/y/1.png", "val/x/1.png", "val/y/1.png"],
            ["train/x", "train/y"],
            ["x", "y"],
            2,
        ),
        (
            &["set/1.png", "set/roofs/1.png"],
            ["set", "set/roofs"],
            ["set", "set/roofs"],
            1,
        ),
        (&["1.png", "roofs/1.png"], ["", "roofs"], ["", "roofs"], 1),
        (
            &["s2_0/ROIs_s2_0_p1.tif", "dfc_0/ROIs_dfc_0_p1.tif"],
            ["dfc_0", "s2_0"],
            ["dfc_0", "s2_0"],
            1,
        ),
        (
            &["c/1.jpg", "c/1.png", "c/2.jpg", "c/2.png"],
            ["c/*.jpg", "c/*.png"],
            ["c/*.jpg", "c/*.png"],
            2,
        ),
        (&["1.jpg", "1.png"], ["*.jpg", "*.png"], ["*.jpg", "*.png"], 1),
    ];
    for (paths, folders, names, pairs) in cases {
        let (got_folders, options, got) = asked(paths, &[]);
        assert_eq!(got_folders, folders, "{paths:?}");
        assert_eq!(options, both(names[0], names[1]), "{paths:?}");
        assert!(
            got.pairs.is_empty() && got.images_only.is_empty() && got.masks_only.is_empty(),
            "{got:?}"
        );
        assert_eq!(got.asked.len(), paths.len());
        for (images, masks) in options {
            let (_, none, got) = asked(
                paths,
                &[FolderRoles {
                    images: images.clone(),
                    masks,
                }],
            );
            assert_eq!((none.len(), got.pairs.len()), (0, *pairs), "{paths:?} {got:?}");
            let leaf = images
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .trim_start_matches("*.")
                .to_owned();
            assert!(got.pairs.iter().all(|(i, _, _)| paths[*i].contains(&leaf)), "{got:?}");
        }
    }
}

#[test]
fn known_images_narrow_the_question() {
    // Two dates, one mask: which date?
    let change = ["A/1.png", "B/1.png", "label/1.png"];
    let (_, options, _) = asked(&change, &[]);
    assert_eq!(options, [("A".into(), "label".into()), ("B".into(), "label".into())]);
    let answer = FolderRoles {
        images: "B".into(),
        masks: "label".into(),
    };
    let (_, options, got) = asked(&change, &[answer]);
    assert_eq!(
        (options.len(), got.pairs, got.spare),
        (0, vec![(1, 2, "1".into())], vec![(0, 1)])
    );
    // Two kinds of masks.
    let fields = [
        "images/001_image.png",
        "annotations/001_annotation.png",
        "masks/001_mask.png",
    ];
    let (_, options, _) = asked(&fields, &[]);
    assert_eq!(
        options,
        [
            ("images".into(), "annotations".into()),
            ("images".into(), "masks".into())
        ]
    );
    let answer = FolderRoles {
        images: "images".into(),
        masks: "annotations".into(),
    };
    let (_, _, got) = asked(&fields, &[answer]);
    assert_eq!((got.pairs, got.spare), (vec![(0, 1, "001".into())], vec![(2, 1)]));
    // A word that says nothing alone.
    let (_, options, _) = asked(&["images/1.png", "depth/1.png"], &[]);
    assert_eq!(options, [("images".into(), "depth".into())]);
}

#[test]
fn parts_of_a_set_are_not_asked_about() {
    for paths in [
        &["train/1.png", "val/1.png"][..],
        &["images/train/1.png", "images/val/1.png"],
        &["1/a.png", "2/a.png"],
        &["images/1.png", "images/2.png"],
        &["a/1.png", "b/2.png"],
        &["a.png"],
    ] {
        let (_, options, got) = asked(paths, &[]);
        assert_eq!(
            (options, got.pairs, got.images_only.len()),
            (vec![], vec![], paths.len()),
            "{paths:?}"
        );
    }
}

#[test]
fn what_is_left_beside_pairs_is_no_masks_of_objects() {
    let paths = &[
        "t/images/1.png",
        "t/masks/1.png",
        "t/images/lonely.png",
        "t/masks/a.png",
        "t/masks/b.png",
    ];
    let (_, options, got) = asked(paths, &[]);
    assert_eq!((options, got.parts.len(), got.pairs.len()), (vec![], 0, 1));
    assert_eq!((got.images_only, got.masks_only), (vec![2], vec![3, 4]));
}

#[test]
fn masks_of_objects_and_tasks_are_named_as_such() {
    let (_, _, got) = asked(
        &[
            "t/1/images/1.png",
            "t/1/masks/a.png",
            "t/1/masks/b.png",
            "t/2/images/2.png",
            "t/2/masks/c.png",
        ],
        &[],
    );
    assert_eq!(got.parts, [(1, 0), (2, 0), (4, 3)]);
    assert!(
        got.pairs.is_empty() && got.images_only.is_empty() && got.masks_only.is_empty(),
        "{got:?}"
    );
    let (_, _, got) = asked(
        &[
            "images/a.png",
            "images/b.png",
            "masks/task-1-annotation-3-by-1-tag-roof-0.png",
        ],
        &[],
    );
    assert_eq!(got.tasks, (vec![2], vec![0, 1]));
}

#[test]
fn drawn_masks_need_no_name() {
    let paths: Vec<String> = ["a/1.tif", "b/1.tif", "b/2.tif", "b/2_mask.png"]
        .map(String::from)
        .into();
    let got = pair_by_name(
        &paths,
        Known {
            roles: &[],
            drawn: &[0, 1, 2],
        },
    );
    assert_eq!(got.drawn, [(0, "a/1".into()), (1, "b/1".into())]);
    assert_eq!(got.pairs, [(2, 3, "2".into())]);
    assert!(got.question.is_none() && got.images_only.is_empty());
}

#[test]
fn polygons_are_for_the_images_of_their_name() {
    let named = |vector: &str, images: &[&str]| -> Vec<usize> {
        ImageNames::new(&images.iter().map(|i| i.to_string()).collect::<Vec<_>>()).like(vector)
    };
    let tiles = ["tile.tif", "tile (1).tif", "tile (2).tif"];
    assert_eq!(named("tile (1).geojson", &tiles), [1]);
    assert_eq!(named("tile.geojson", &tiles), [0]);
    assert_eq!(named("tile_mask (2).geojson", &tiles), [2]);
    assert_eq!(named("labels/Tile.shp", &tiles), [0]);
    assert!(named("osm.geojson", &tiles).is_empty());
    assert_eq!(named("houses.v2.json", &["houses.tif", "houses.v2.tif"]), [1]);
    assert_eq!(
        named("labels/1.geojson", &["train/1.tif", "val/1.tif", "val/11.tif"]),
        [0, 1]
    );
    assert_eq!(
        named(
            "geojson/buildings/buildings_AOI_2_Vegas_img1.geojson",
            &[
                "RGB-PanSharpen/RGB-PanSharpen_AOI_2_Vegas_img1.tif",
                "RGB-PanSharpen/RGB-PanSharpen_AOI_2_Vegas_img11.tif"
            ]
        ),
        [0]
    );
}

/// Names of SpaceNet 1, 2, 4 and 7 as their descriptions give them.
#[test]
fn polygons_may_be_called_more_than_their_image() {
    let named = |vector: &str, images: &[&str]| -> Vec<usize> {
        ImageNames::new(&images.iter().map(|i| i.to_string()).collect::<Vec<_>>()).like(vector)
    };
    let tiles = ["t1.tif", "t2.tif", "t10.tif"];
    assert_eq!(named("t1_buildings.geojson", &tiles), [0]);
    assert_eq!(named("vectors/osm-t10.geojson", &tiles), [2]);
    assert_eq!(named("T2 roofs 2024.shp", &tiles), [1]);
    for general in [
        "buildings.geojson",
        "osm_buildings.geojson",
        "osm_buildings_2024_05.geojson",
        "t1_t2_buildings.geojson",
        "t1_2_buildings.geojson",
        "t11_buildings.geojson",
        "t1buildings.geojson",
        "area_t.geojson",
    ] {
        assert!(named(general, &tiles).is_empty(), "{general}");
    }
    let nested = ["berlin.tif", "berlin_mitte.tif", "osm.tif"];
    assert_eq!(named("berlin_mitte_buildings.geojson", &nested), [1]);
    assert_eq!(named("berlin_buildings.geojson", &nested), [0]);
    assert!(named("osm_buildings.geojson", &["buildings.tif", "roads.tif"]).is_empty());
    let rio = ["3band/3band_AOI_1_RIO_img1.tif", "3band/3band_AOI_1_RIO_img11.tif"];
    assert_eq!(named("vectordata/geojson/Geo_AOI_1_RIO_img1.geojson", &rio), [0]);
    assert_eq!(named("vectordata/geojson/Geo_AOI_1_RIO_img11.geojson", &rio), [1]);
    let vegas = "MUL-PanSharpen/MUL-PanSharpen_AOI_2_Vegas_img3.tif";
    assert_eq!(
        named("geojson/buildings/buildings_AOI_2_Vegas_img3.geojson", &[vegas]),
        [0]
    );
    let atlanta = [
        "Pan-Sharpen/Pan-Sharpen_Atlanta_nadir7_catid_1030010003D22F00_733601_3724689.tif",
        "Pan-Sharpen/Pan-Sharpen_Atlanta_nadir8_catid_10300100023BC100_733601_3724689.tif",
        "Pan-Sharpen/Pan-Sharpen_Atlanta_nadir8_catid_10300100023BC100_733601_3725139.tif",
    ];
    let footprints = "geojson/buildings/spacenet-buildings_733601_3724689.geojson";
    assert_eq!(named(footprints, &atlanta), [0, 1]);
    let monthly = [
        "images_masked/global_monthly_2018_01_mosaic_L15-0331E-1257N_1327_3160_13.tif",
        "images_masked/global_monthly_2018_02_mosaic_L15-0331E-1257N_1327_3160_13.tif",
    ];
    let labels = "labels_match/global_monthly_2018_02_mosaic_L15-0331E-1257N_1327_3160_13_Buildings.geojson";
    assert_eq!(named(labels, &monthly), [1]);
    assert!(is_unusable_data(
        "labels/global_monthly_2018_02_mosaic_L15-0331E-1257N_1327_3160_13_UDM.geojson"
    ));
    assert!(!is_unusable_data(labels));
}

#[test]
fn names_of_both_folders_say_nothing_of_either() {
    // The word stands in both, so the folders are asked about.
    let (_, options, _) = asked(&["images/img_1.png", "roofs/img_1.png"], &[]);
    assert_eq!(options, [("images".into(), "roofs".into())]);
    let (_, options, _) = asked(&["a/img_1.png", "b/img_1.png"], &[]);
    assert_eq!(options, both("a", "b"));
    // Here the words tell masks from images.
    let scenes = ["x/img.png", "x/mask.png", "y/img.png", "y/mask.png"];
    let (_, _, got) = asked(&scenes, &[]);
    assert_eq!(got.pairs, [(0, 1, "x".into()), (2, 3, "y".into())]);
    let (_, _, got) = asked(&["raw/x/1.png", "x/1_mask.png", "y/1_mask.png"], &[]);
    assert!(got.question.is_none() && got.masks_only.contains(&2), "{got:?}");
}

/// One band of several to a file, as 38-Cloud has it: which band, nobody says.
#[test]
fn bands_apart_are_asked_about() {
    let paths = [
        "train_blue/blue_patch_1_by_1_LC08.TIF",
        "train_gt/gt_patch_1_by_1_LC08.TIF",
        "train_red/red_patch_1_by_1_LC08.TIF",
    ];
    let (folders, options, _) = asked(&paths, &[]);
    assert_eq!(folders, ["train_blue", "train_gt", "train_red"]);
    assert_eq!(
        options,
        [
            ("train_blue".into(), "train_gt".into()),
            ("train_red".into(), "train_gt".into())
        ]
    );
    let answer = FolderRoles {
        images: "train_red".into(),
        masks: "train_gt".into(),
    };
    let (_, _, got) = asked(&paths, &[answer]);
    assert_eq!(
        got.pairs.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>(),
        [(2, 1)],
        "{got:?}"
    );
    assert_eq!(got.spare, [(0, 2)]);
}

/// Words that are not the same in each pair, or numbers, make no pairs.
#[test]
fn other_names_stay_apart() {
    for paths in [
        &["images/a.png", "labels/a-roof.png"][..],
        &["images/a.png", "images/b.png", "labels/a-roof.png", "labels/b-tree.png"],
        &["images/a.png", "images/b.png", "labels/a_2.png", "labels/b_2.png"],
        &["images/20210503-a.png", "masks/a.png"],
        &["images/1a2b3c4d-a.png", "masks/9f8e7d6c-a.png"],
        &["images/a_0000.png", "labels/a.png"],
        &["images/a_1.png", "images/a_2.png", "masks/b_1.png", "masks/b_2.png"],
        &["x.png", "x_P.png"],
    ] {
        let (_, _, got) = asked(paths, &[]);
        assert!(got.pairs.is_empty(), "{paths:?} {got:?}");
    }
}
