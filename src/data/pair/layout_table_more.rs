//! Names that folders overrule, signs and words that data sets add to names.

use super::{Layout, layout, with_spare};

pub(super) const LAYOUTS: &[Layout] = &[
    layout(
        "sat and map",
        &[("sat/img-1.png", "map/img-1.png"), ("sat/img-10.png", "map/img-10.png")],
    ),
    layout(
        "sat and map, IMG",
        &[("train/sat/IMG_0001.tiff", "train/map/IMG_0001.tif")],
    ),
    layout(
        "sat and map, image1",
        &[
            ("sat/image1.png", "map/image1.png"),
            ("sat/image2.png", "map/image2.png"),
        ],
    ),
    layout(
        "sat and map, _sat",
        &[("sat/a_sat.png", "map/a_sat.png"), ("sat/b_sat.png", "map/b_sat.png")],
    ),
    layout("sat and map, _RGB", &[("sat/a_RGB.png", "map/a_RGB.png")]),
    layout(
        "sat and map, ortho",
        &[
            ("sat/ortho_1.png", "map/ortho_1.png"),
            ("sat/ortho_2.png", "map/ortho_2.png"),
        ],
    ),
    layout("sat and map, photo", &[("sat/photo 1.png", "map/photo 1.png")]),
    layout(
        "sat and map, mask",
        &[
            ("sat/mask_1.png", "map/mask_1.png"),
            ("sat/mask_2.png", "map/mask_2.png"),
        ],
    ),
    layout("sat and map, label", &[("sat/label1.png", "map/label1.png")]),
    layout(
        "sat and map, gt",
        &[("sat/gt_1.png", "map/gt_1.png"), ("sat/gt_2.png", "map/gt_2.png")],
    ),
    layout(
        "source and masks, mask",
        &[
            ("source/mask_1.tif", "binarymasks/mask_1.mask.tif"),
            ("source/mask_2.tif", "binarymasks/mask_2.mask.tif"),
        ],
    ),
    layout(
        "source and masks, label",
        &[("source/label1.tif", "binarymasks/label1.mask.tif")],
    ),
    layout(
        "top and gts, gt",
        &[
            ("top/gt_1.tif", "gts_for_participants/gt_1.tif"),
            ("top/gt_2.tif", "gts_for_participants/gt_2.tif"),
        ],
    ),
    layout(
        "top and gts, seg",
        &[("top/seg_1.tif", "gts_for_participants/seg_1.tif")],
    ),
    layout(
        "train and trainannot, mask",
        &[
            ("train/mask_1.png", "trainannot/mask_1.png"),
            ("train/mask_2.png", "trainannot/mask_2.png"),
        ],
    ),
    layout(
        "train and trainannot, annotation",
        &[("train/annotation1.png", "trainannot/annotation1.png")],
    ),
    layout(
        "CamVid, label",
        &[("701_StillsRaw_full/label_1.png", "LabeledApproved_full/label_1_L.png")],
    ),
    layout(
        "CamVid, mask",
        &[
            ("701_StillsRaw_full/mask_1.png", "LabeledApproved_full/mask_1_L.png"),
            ("701_StillsRaw_full/mask_2.png", "LabeledApproved_full/mask_2_L.png"),
        ],
    ),
    layout(
        "CamVid of fastai",
        &[
            ("images/Seq05VD_f02340.png", "labels/Seq05VD_f02340_P.png"),
            ("images/Seq05VD_f02370.png", "labels/Seq05VD_f02370_P.png"),
        ],
    ),
    layout(
        "CamVid of fastai, one",
        &[("images/0001TP_006690.png", "labels/0001TP_006690_P.png")],
    ),
    layout(
        "Label Studio, masks of a task's file",
        &[
            ("images/tile_a.png", "masks/1a2b3c4d-tile_a.png"),
            ("images/tile_b.png", "masks/9f8e7d6c-tile_b.png"),
        ],
    ),
    layout(
        "Label Studio, images uploaded",
        &[
            ("images/1a2b3c4d-tile_a.png", "masks/tile_a.png"),
            ("images/12345678-tile_b.png", "masks/tile_b_mask.png"),
        ],
    ),
    with_spare(
        "ISPRS Vaihingen, eroded",
        &[(
            "top/top_mosaic_09cm_area1.tif",
            "gts_for_participants/top_mosaic_09cm_area1.tif",
        )],
        &["gts_eroded_for_participants/top_mosaic_09cm_area1_noBoundary.tif"],
    ),
    layout(
        "ISPRS Vaihingen, eroded alone",
        &[(
            "top/top_mosaic_09cm_area3.tif",
            "gts_eroded_for_participants/top_mosaic_09cm_area3_noBoundary.tif",
        )],
    ),
    layout(
        "ISPRS Potsdam, eroded",
        &[(
            "2_Ortho_RGB/top_potsdam_2_10_RGB.tif",
            "5_Labels_all_noBoundary/top_potsdam_2_10_label_noBoundary.tif",
        )],
    ),
    layout(
        "a class's word",
        &[
            ("images/a.png", "labels/a-roof.png"),
            ("images/b.png", "labels/b-roof.png"),
        ],
    ),
    layout(
        "a sensor's words",
        &[
            ("images/x_1_dop_summer.tif", "masks/x_1.tif"),
            ("images/x_2_dop_summer.tif", "masks/x_2.tif"),
        ],
    ),
    with_spare(
        "nnU-Net",
        &[
            ("Dataset001/imagesTr/case_1_0000.png", "Dataset001/labelsTr/case_1.png"),
            ("Dataset001/imagesTr/case_2_0000.png", "Dataset001/labelsTr/case_2.png"),
        ],
        &[
            "Dataset001/imagesTr/case_1_0001.png",
            "Dataset001/imagesTr/case_2_0001.png",
        ],
    ),
    layout(
        "SpaceNet, masks as rasters",
        &[
            (
                "PS-RGB/SN2_buildings_train_AOI_3_Paris_PS-RGB_img1.tif",
                "mask/SN2_buildings_train_AOI_3_Paris_geojson_buildings_img1.tif",
            ),
            (
                "PS-RGB/SN2_buildings_train_AOI_3_Paris_PS-RGB_img10.tif",
                "mask/SN2_buildings_train_AOI_3_Paris_geojson_buildings_img10.tif",
            ),
        ],
    ),
    layout(
        "SpaceNet, both renamed",
        &[(
            "images/SN2_buildings_train_AOI_3_Paris_PS-RGB_img1.tif",
            "masks/SN2_buildings_train_AOI_3_Paris_geojson_buildings_img1.tif",
        )],
    ),
];
