//! Tests of [`super`]: what becomes of files by their names, and what is said of them.

use super::*;

/// Many greys.
fn picture(shift: u8) -> Raster {
    let greys = (0..256u32)
        .map(|i| (i as u8).wrapping_mul(7).wrapping_add(shift))
        .collect();
    Raster::from_u8(16, 16, 1, greys).expect("a picture")
}

/// Two greys.
fn half(at: usize) -> Raster {
    Raster::from_u8(16, 16, 1, (0..256).map(|i| if i < at { 255 } else { 0 }).collect()).expect("a mask")
}

fn said(data: &crate::data::dataset::Dataset) -> Vec<(&str, Option<String>)> {
    data.faults.iter().map(|f| (f.path.as_str(), f.kind.detail())).collect()
}

#[test]
fn drawn_masks_belong_to_their_images() {
    let mut b = Builder::default();
    for (n, path) in ["tile (1).tif", "masks/raw.tif", "a/1.tif", "b/1.tif"]
        .into_iter()
        .enumerate()
    {
        b.add_raster(path, picture(n as u8));
        b.add_drawn(path, "osm.geojson", half(40 + n), None);
    }
    let data = b.finish();
    let pairs: Vec<(&str, &str, &str)> = data
        .pairs
        .iter()
        .map(|p| (p.name.as_str(), p.image_path.as_str(), p.mask_path.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("a/1", "a/1.tif", "osm.geojson"),
            ("b/1", "b/1.tif", "osm.geojson"),
            ("raw", "masks/raw.tif", "osm.geojson"),
            ("tile (1)", "tile (1).tif", "osm.geojson"),
        ]
    );
    assert_eq!(said(&data), []);
    assert!(data.question.is_none());
    let ones = |data: &crate::data::dataset::Dataset, pair: usize| {
        data.mask_labels(pair)
            .map(|labels| labels.iter().filter(|b| **b == 1).count())
    };
    assert_eq!((ones(&data, 0), ones(&data, 3)), (Some(42), Some(40)));
    // The image again, and other polygons: no second mask. An image called like the polygons is another file.
    b.add_raster("a/1.tif", picture(9));
    b.add_drawn("a/1.tif", "new.geojson", half(7), None);
    b.add_raster("osm.geojson", picture(11));
    let data = b.finish();
    assert_eq!((data.pairs.len(), ones(&data, 0)), (4, Some(7)));
    // A mask by name comes before polygons, and that is said.
    b.add_raster("tile_mask (1).png", half(3));
    let data = b.finish();
    assert_eq!(ones(&data, 3), Some(3));
    assert!(
        said(&data).contains(&("osm.geojson", Some("tile_mask (1).png".into()))),
        "{:?}",
        said(&data)
    );
}

#[test]
fn one_question_and_one_answer() {
    let mut b = Builder::default();
    for n in 1..=3u8 {
        b.add_raster(&format!("set/a/{n}.png"), half(usize::from(n) * 20));
        b.add_raster(&format!("set/b/{n}.png"), picture(n));
    }
    let roles = |images: &str, masks: &str| FolderRoles {
        images: images.into(),
        masks: masks.into(),
    };
    let data = b.finish();
    assert_eq!(said(&data), [("", Some("set/a and set/b: 6 files".into()))]);
    assert!(data.pairs.is_empty());
    let question = data.question.expect("a question");
    assert_eq!(question.options, [roles("a", "b"), roles("b", "a")]);
    assert_eq!((question.suggested, question.files), (Some(1), 6));
    b.set_folder_roles(roles("a", "b"));
    assert_eq!(b.finish().image_path(0), Some("set/a/1.png"));
    b.set_folder_roles(roles("b", "a"));
    b.add_raster("set/b/4.png", picture(4));
    let data = b.finish();
    assert_eq!((b.folder_roles(), data.pairs.len()), (&[roles("b", "a")][..], 3));
    assert_eq!((data.image_path(0), &data.question), (Some("set/b/1.png"), &None));
    assert_eq!(said(&data), [("set/b/4.png", None)]);
    // Pictures of one kind suggest nothing.
    let mut b = Builder::default();
    for path in ["a/1.png", "b/1.png"] {
        b.add_raster(path, picture(1));
    }
    assert_eq!(b.finish().question.and_then(|q| q.suggested), None);
}

#[test]
fn many_alike_are_said_once() {
    let mut b = Builder::default();
    for n in 0..5u8 {
        b.add_raster(&format!("JPEGImages/{n}.jpg"), picture(n));
        b.add_raster(&format!("SegmentationClass/{n}.png"), half(30));
        b.add_raster(&format!("SegmentationObject/{n}.png"), half(60));
    }
    let data = b.finish();
    assert_eq!(data.pairs.len(), 5);
    assert_eq!(
        said(&data),
        [(
            "SegmentationObject/0.png",
            Some("SegmentationClass/0.png, as 4 more".into())
        )]
    );
    let mut b = Builder::default();
    for n in 0..4u8 {
        b.add_raster(&format!("t/{n}/images/{n}.png"), picture(n));
        for m in 0..3 {
            b.add_raster(&format!("t/{n}/masks/{n}{m}x.png"), half(60));
        }
    }
    let detail = "12 in t/0/masks and such folders, for 4 images as t/0/images/0.png";
    assert_eq!(said(&b.finish()), [("t/0/masks/00x.png", Some(detail.into()))]);
    let mut b = Builder::default();
    for n in 0..4u8 {
        b.add_raster(&format!("images/{n}.png"), picture(n));
        b.add_raster(&format!("out/task-{n}-annotation-{n}-by-1-tag-roof-0.png"), half(60));
    }
    let path = "out/task-0-annotation-0-by-1-tag-roof-0.png";
    assert_eq!(said(&b.finish()), [(path, Some("4 in out, images in images".into()))]);
}
