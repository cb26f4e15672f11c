//! Folders and names of published data sets and of annotation tools, as their own descriptions give them.

use super::*;

/// Paths and what becomes of them.
struct Layout {
    of: &'static str,
    pairs: &'static [(&'static str, &'static str)],
    /// Files that are in no pair, and are said to be another form of one.
    spare: &'static [&'static str],
}

const fn layout(of: &'static str, pairs: &'static [(&'static str, &'static str)]) -> Layout {
    Layout { of, pairs, spare: &[] }
}

const fn with_spare(
    of: &'static str,
    pairs: &'static [(&'static str, &'static str)],
    spare: &'static [&'static str],
) -> Layout {
    Layout { of, pairs, spare }
}

const LAYOUTS: &[Layout] = &[
    with_spare(
        "Pascal VOC",
        &[
            ("VOC2012/JPEGImages/1.jpg", "VOC2012/SegmentationClass/1.png"),
            ("VOC2012/JPEGImages/2.jpg", "VOC2012/SegmentationClass/2.png"),
        ],
        &["VOC2012/SegmentationObject/1.png", "VOC2012/SegmentationObject/2.png"],
    ),
    layout(
        "CVAT segmentation mask",
        &[("JPEGImages/t.png", "SegmentationClass/t.png")],
    ),
    layout("CVAT CamVid", &[("default/t.png", "defaultannot/t.png")]),
    with_spare(
        "labelme2voc",
        &[("JPEGImages/a.jpg", "SegmentationClassPNG/a.png")],
        &[
            "SegmentationClassVisualization/a.jpg",
            "SegmentationObjectPNG/a.png",
            "SegmentationObjectVisualization/a.jpg",
        ],
    ),
    layout(
        "MMSegmentation",
        &[
            ("data/img_dir/train/a.jpg", "data/ann_dir/train/a.png"),
            ("data/img_dir/val/a.jpg", "data/ann_dir/val/a.png"),
        ],
    ),
    layout(
        "MMSegmentation, converted",
        &[("img_dir/val/1.png", "ann_dir/val/1_labelTrainIds.png")],
    ),
    with_spare(
        "Cityscapes",
        &[(
            "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png",
            "gtFine/train/aachen/aachen_000000_000019_gtFine_labelTrainIds.png",
        )],
        &[
            "gtFine/train/aachen/aachen_000000_000019_gtFine_color.png",
            "gtFine/train/aachen/aachen_000000_000019_gtFine_instanceIds.png",
            "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png",
        ],
    ),
    layout(
        "Massachusetts",
        &[
            (
                "mass_roads/train/sat/10078660_15.tiff",
                "mass_roads/train/map/10078660_15.tif",
            ),
            (
                "mass_roads/valid/sat/10228690_15.tiff",
                "mass_roads/valid/map/10228690_15.tif",
            ),
        ],
    ),
    layout(
        "Massachusetts, from Kaggle",
        &[
            ("tiff/train/22678915_15.tiff", "tiff/train_labels/22678915_15.tif"),
            ("tiff/val/22828930_15.tiff", "tiff/val_labels/22828930_15.tif"),
        ],
    ),
    with_spare(
        "ISPRS Potsdam",
        &[(
            "2_Ortho_RGB/top_potsdam_2_10_RGB.tif",
            "5_Labels_all/top_potsdam_2_10_label.tif",
        )],
        &[
            "3_Ortho_IRRG/top_potsdam_2_10_IRRG.tif",
            "4_Ortho_RGBIR/top_potsdam_2_10_RGBIR.tif",
            "5_Labels_all_noBoundary/top_potsdam_2_10_label_noBoundary.tif",
        ],
    ),
    layout(
        "ISPRS Potsdam, infrared",
        &[(
            "3_Ortho_IRRG/top_potsdam_7_7_IRRG.tif",
            "5_Labels_all_noBoundary/top_potsdam_7_7_label_noBoundary.tif",
        )],
    ),
    layout(
        "ISPRS Vaihingen",
        &[(
            "top/top_mosaic_09cm_area1.tif",
            "gts_for_participants/top_mosaic_09cm_area1.tif",
        )],
    ),
    layout(
        "CamVid",
        &[(
            "701_StillsRaw_full/0001TP_006690.png",
            "LabeledApproved_full/0001TP_006690_L.png",
        )],
    ),
    layout("CamVid, together", &[("0006R0_f00930.png", "0006R0_f00930_L.png")]),
    layout(
        "CamVid of SegNet",
        &[
            ("CamVid/test/1.png", "CamVid/testannot/1.png"),
            ("CamVid/train/1.png", "CamVid/trainannot/1.png"),
            ("CamVid/val/1.png", "CamVid/valannot/1.png"),
        ],
    ),
    layout("RAMP", &[("source/d7a1.tif", "multimasks/d7a1.mask.tif")]),
    layout("RAMP, polygons", &[("source/d7a1.tif", "labels/d7a1.geojson")]),
    layout(
        "SpaceNet 2",
        &[(
            "AOI_2_Vegas/RGB-PanSharpen/RGB-PanSharpen_AOI_2_Vegas_img1.tif",
            "AOI_2_Vegas/geojson/buildings/buildings_AOI_2_Vegas_img1.geojson",
        )],
    ),
    layout(
        "SpaceNet, newer",
        &[(
            "PS-RGB/SN2_buildings_train_AOI_2_Vegas_PS-RGB_img1.tif",
            "geojson_buildings/SN2_buildings_train_AOI_2_Vegas_geojson_buildings_img1.geojson",
        )],
    ),
    layout(
        "LoveDA",
        &[
            ("Train/Rural/images_png/0.png", "Train/Rural/masks_png/0.png"),
            ("Train/Urban/images_png/0.png", "Train/Urban/masks_png/0.png"),
        ],
    ),
    layout("DeepGlobe", &[("train/119_sat.jpg", "train/119_mask.png")]),
    layout(
        "Inria",
        &[(
            "AerialImageDataset/train/images/austin1.tif",
            "AerialImageDataset/train/gt/austin1.tif",
        )],
    ),
    layout("WHU", &[("train/image/0.tif", "train/label/0.tif")]),
    layout(
        "OpenEarthMap",
        &[("aachen/images/aachen_1.tif", "aachen/labels/aachen_1.tif")],
    ),
    layout(
        "Carvana",
        &[("train/0cdf5b5d0ce1_01.jpg", "train_masks/0cdf5b5d0ce1_01_mask.gif")],
    ),
    with_spare(
        "Supervisely",
        &[("ds0/img/x.jpg", "ds0/masks_machine/x.jpg.png")],
        &["ds0/masks_human/x.jpg.png"],
    ),
    layout(
        "Roboflow",
        &[("train/a_jpg.rf.0f5b.jpg", "train/a_jpg.rf.0f5b_mask.png")],
    ),
    layout(
        "ADE20K",
        &[(
            "images/training/ADE_train_00000001.jpg",
            "annotations/training/ADE_train_00000001.png",
        )],
    ),
    layout(
        "LandCover.ai",
        &[("images/M-33-20-D-c-4-2.tif", "masks/M-33-20-D-c-4-2.tif")],
    ),
    layout(
        "LandCover.ai, cut",
        &[("output/M-33-7-A-d-2-3_0.jpg", "output/M-33-7-A-d-2-3_0_m.png")],
    ),
    with_spare(
        "Semantic Drone",
        &[(
            "dataset/semantic_drone_dataset/original_images/000.jpg",
            "dataset/semantic_drone_dataset/label_images_semantic/000.png",
        )],
        &[],
    ),
    layout(
        "UAVid",
        &[
            (
                "uavid_train/seq1/Images/000000.png",
                "uavid_train/seq1/Labels/000000.png",
            ),
            (
                "uavid_train/seq2/Images/000000.png",
                "uavid_train/seq2/Labels/000000.png",
            ),
        ],
    ),
    layout(
        "FloodNet",
        &[("train/train-org-img/10165.jpg", "train/train-label-img/10165_lab.png")],
    ),
    with_spare(
        "DRIVE",
        &[("training/images/21_training.tif", "training/1st_manual/21_manual1.gif")],
        &["training/mask/21_training_mask.gif"],
    ),
    with_spare(
        "DRIVE, two observers",
        &[("images/01_test.tif", "1st_manual/01_manual1.gif")],
        &["2nd_manual/01_manual2.gif", "mask/01_test_mask.gif"],
    ),
    with_spare(
        "HRF",
        &[("images/01_dr.jpg", "manual1/01_dr.tif")],
        &["mask/01_dr_mask.tif"],
    ),
    with_spare(
        "CHASE",
        &[
            ("Image_01L.jpg", "Image_01L_1stHO.png"),
            ("Image_01R.jpg", "Image_01R_1stHO.png"),
        ],
        &["Image_01L_2ndHO.png", "Image_01R_2ndHO.png"],
    ),
    layout("cracks", &[("images/001.jpg", "groundtruth/001.png")]),
    layout("DeepCrack", &[("train_img/11111.jpg", "train_lab/11111.png")]),
    layout(
        "GeoSeg",
        &[(
            "train/images_1024/top_mosaic_09cm_area1_0.tif",
            "train/masks_1024/top_mosaic_09cm_area1_0.png",
        )],
    ),
    layout(
        "xView2",
        &[
            (
                "images/guatemala-volcano_00000000_post_disaster.png",
                "targets/guatemala-volcano_00000000_post_disaster_target.png",
            ),
            (
                "images/guatemala-volcano_00000000_pre_disaster.png",
                "targets/guatemala-volcano_00000000_pre_disaster_target.png",
            ),
        ],
    ),
    layout("ISIC", &[("ISIC_0000000.jpg", "ISIC_0000000_segmentation.png")]),
    layout(
        "GID",
        &[("image_RGB/GF2_E113.tif", "label_5classes/GF2_E113_label.tif")],
    ),
    layout(
        "BDD100K",
        &[("images/10k/train/7d06.jpg", "labels/sem_seg/masks/train/7d06.png")],
    ),
    with_spare(
        "Mapillary Vistas",
        &[("training/images/a.jpg", "training/v2.0/labels/a.png")],
        &["training/v2.0/instances/a.png", "training/v2.0/panoptic/a.png"],
    ),
    layout(
        "COCO-Stuff",
        &[("images/train2017/1.jpg", "stuffthingmaps/train2017/1.png")],
    ),
    layout("pix2pix of words", &[("input/1.png", "output/1.png")]),
    layout("glued", &[("trainimages/1.png", "trainmasks/1.png")]),
    layout("ground truth in two words", &[("rgb/9.tif", "ground_truth/9.tif")]),
    layout("images of labels", &[("images/3.png", "label_images/3.png")]),
    layout(
        "truth per scene",
        &[("scene 1/photo/a.jpg", "scene 1/photo_mask/a.png")],
    ),
    layout("QGIS, endings kept", &[("tile.tif", "tile.tif.mask.png")]),
];

#[test]
fn known_layouts_pair() {
    for layout in LAYOUTS {
        let mut expected: Vec<(&str, &str)> = layout.pairs.to_vec();
        expected.sort_unstable();
        let mut paths: Vec<String> = expected.iter().flat_map(|(i, m)| [*i, *m]).map(String::from).collect();
        paths.extend(layout.spare.iter().map(|s| s.to_string()));
        for _ in 0..2 {
            let got = pair_by_name(&paths, Known::default());
            let mut pairs: Vec<(&str, &str)> = got
                .pairs
                .iter()
                .map(|(i, m, _)| (paths[*i].as_str(), paths[*m].as_str()))
                .collect();
            pairs.sort_unstable();
            assert_eq!(pairs, expected, "{}: {got:?} {paths:?}", layout.of);
            let mut spare: Vec<&str> = got.spare.iter().map(|(f, _)| paths[*f].as_str()).collect();
            spare.sort_unstable();
            assert_eq!(spare, layout.spare, "{}: {got:?} {paths:?}", layout.of);
            paths.reverse();
        }
    }
    assert!(LAYOUTS.len() >= 40);
}

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
        images_named_like(vector, &images.iter().map(|i| i.to_string()).collect::<Vec<_>>())
    };
    let tiles = ["tile.tif", "tile (1).tif", "tile (2).tif"];
    assert_eq!(named("tile (1).geojson", &tiles), [1]);
    assert_eq!(named("tile.geojson", &tiles), [0]);
    assert_eq!(named("tile_mask (2).geojson", &tiles), [2]);
    assert_eq!(named("labels/Tile.shp", &tiles), [0]);
    assert_eq!(named("osm.geojson", &tiles), []);
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
