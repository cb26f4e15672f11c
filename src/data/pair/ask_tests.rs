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
