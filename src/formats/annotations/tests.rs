use super::*;
use crate::geo::Class;

fn of(path: &str, text: &str) -> Annotations {
    read(path, text.as_bytes()).expect("known").expect("read")
}

/// Names of classes and numbers of rings, polygon by polygon.
fn told(image: &AnnotatedImage) -> Vec<(String, usize)> {
    let name = |class| match class {
        Class::Name(place) => image
            .polygons
            .names()
            .find(|(_, at)| *at == place)
            .map(|(name, _)| name.to_owned()),
        _ => None,
    };
    let rings = image.polygons.rings().map(|rings| rings.len());
    image
        .polygons
        .classes()
        .map(|class| name(class).unwrap_or_default())
        .zip(rings)
        .collect()
}

#[test]
fn coco_has_polygons_and_runs_by_image() {
    let text = r#"{"annotations": [
        {"id": 1, "image_id": 7, "category_id": 2, "segmentation": [[0, 0, 4, 0, 4, 4], [5, 5, 6, 5, 6, 6, 5, 6]]},
        {"id": 2, "image_id": 7, "category_id": 1, "segmentation": {"size": [5, 4], "counts": [6, 2, 3, 2, 7]}},
        {"id": 3, "image_id": 7, "category_id": 1, "segmentation": {"size": [5, 4], "counts": "62304"}, "iscrowd": 1},
        {"id": 4, "image_id": 7, "category_id": 1, "segmentation": [], "bbox": [1, 2, 3, 4]},
        {"id": 5, "image_id": 7, "category_id": 1, "segmentation": [[1, 2, 3]]},
        {"id": 6, "image_id": 9, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4]]}],
        "categories": [{"id": 1, "name": "road"}, {"id": 2, "name": "roof"}],
        "images": [{"id": 7, "file_name": "a/b.png", "width": 4, "height": 5}]}"#;
    let read = of("a.json", text);
    let image = &read.images[0];
    assert_eq!((image.name.as_deref(), image.size), (Some("a/b.png"), Some([4, 5])));
    assert_eq!(
        told(image),
        [
            ("roof".into(), 1),
            ("roof".into(), 1),
            ("road".into(), 1),
            ("road".into(), 1)
        ]
    );
    assert_eq!(
        (image.polygons.left_out.broken, image.polygons.left_out.other_shapes),
        (1, 1)
    );
}

#[test]
fn labelme_via_and_yolo_are_read() {
    let labelme = r#"{"version": "5.4", "imagePath": "..\\a.png", "imageWidth": 8, "imageHeight": 6, "shapes": [
        {"label": "roof", "points": [[0, 0], [3, 0], [3, 3]], "shape_type": "polygon"},
        {"label": "roof", "points": [[0, 0], [3, 2]], "shape_type": "rectangle"},
        {"label": "tree", "points": [[4, 4], [5, 4]], "shape_type": "circle"},
        {"label": "tree", "points": [[4, 4]], "shape_type": "point"}]}"#;
    let read = of("a.json", labelme);
    assert_eq!(
        told(&read.images[0]),
        [("roof".into(), 1), ("roof".into(), 1), ("tree".into(), 1)]
    );
    assert_eq!(read.images[0].polygons.left_out.other_shapes, 1);
    let via = r#"{"_via_settings": {}, "_via_img_metadata": {"a.png12": {"filename": "a.png", "size": 12, "regions": [
        {"shape_attributes": {"name": "polygon", "all_points_x": [0, 3, 3], "all_points_y": [0, 0, 3]}, "region_attributes": {"Class": "roof"}},
        {"shape_attributes": {"name": "point", "cx": 1, "cy": 1}, "region_attributes": {}}]}}}"#;
    let read = of("via.json", via);
    assert_eq!(
        (read.images[0].name.as_deref(), told(&read.images[0])),
        (Some("a.png"), vec![("roof".into(), 1)])
    );
    let read = of(
        "labels/a.txt",
        "0 0.1 0.1 0.5 0.1 0.5 0.5\n3 0.2 0.2 0.5 0.2 0.5 0.5 0.2 0.5\n",
    );
    assert_eq!((read.images[0].unit, told(&read.images[0]).len()), (Unit::Shares, 2));
}

#[test]
fn what_has_no_outlines_or_is_broken_is_told() {
    assert!(read("a.json", br#"{"images": [], "annotations": []}"#).is_none());
    assert!(read("a.txt", b"0 0.5 0.5 0.1 0.2\n").is_none());
    assert!(read("a.json", b"[1]").is_none());
    let broken = br#"{"images": [{"id": 1}], "annotations": [{"segmentation": [[1, 2"#;
    assert!(matches!(read("a.json", broken), Some(Err(AnnotationError::Syntax(_)))));
    // Numbers that lie: refused or left out, and nothing is made of them.
    let lying = r#"{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [
        {"image_id": 1, "segmentation": {"size": [4294967296, 4294967296], "counts": [0, 9223372036854775807]}},
        {"image_id": 1, "segmentation": [[1e300, 0, 1, 1, 2, 2]]}, {"image_id": 1, "segmentation": [[0, 0, 1, 1, 2, 0]]}]}"#;
    let read = of("a.json", lying);
    assert_eq!(
        (told(&read.images[0]).len(), read.images[0].polygons.left_out.broken),
        (1, 2)
    );
}
