//! Published data sets and tools: what pairs with what, and what is another form of a pair.

use super::{Layout, layout, with_spare};

pub(super) const LAYOUTS: &[Layout] = &[
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
    layout("masks within the name", &[("train_v2/1.jpg", "train_masks_v2/1.png")]),
    layout("SuperAnnotate", &[("a.jpg", "a.jpg___fuse.png")]),
    layout("Segments.ai", &[("images/a.jpg", "a_label_ground-truth.png")]),
    layout("QGIS, endings kept", &[("tile.tif", "tile.tif.mask.png")]),
];
